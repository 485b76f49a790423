/* SSH and AnotherSSH: how soon an SSH server greets (RFC 4253 section 4.2). Nobody logs
 * in, and no keys are exchanged. */
#include <string.h>

#include "base/mem.h"
#include "probes/dialog.h"
#include "probes/net.h"

#define SSH_LINES 50 /* that may stand in front of the greeting */

/* --- SSH: what ssh-keyscan does until it has the greeting ------------------------ */

static enum dialog_turn
ssh_greeting(struct dialog *d)
{
	const char *line;

	while ((line = dialog_line(d)) != NULL) {
		if (strncmp(line, "SSH-", 4) == 0)
			return DIALOG_NEXT;
		if (++d->count > SSH_LINES)
			return dialog_blame(d,
			    "no SSH greeting in %d lines, the last is '%.80s'",
			    SSH_LINES, line);
		snprintf((char *)d->note, sizeof d->note, "%s", line);
		/* Where nothing better follows in time. */
		snprintf(d->why, sizeof d->why, "no SSH greeting, but '%.80s'", line);
	}
	if (d->ended && d->count > 0)
		return dialog_blame(
		    d, "it does not speak SSH, but says '%s'", (char *)d->note);
	return DIALOG_MORE;
}

static bool
ssh_greet(struct dialog *d, struct pack *out)
{
	(void)d;
	dialog_text(out, "SSH-2.0-smokebox\r\n");
	return false;
}

static int
ssh_options(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *af = net_var(conf, t, "ssh_af");
	int family = AF_UNSPEC;

	if (af == NULL || strcmp(af, "0") == 0)
		return 0;
	if (net_var_family(conf, t, "ssh_af", &family, err) != 0)
		return -1;
	if (o->family != AF_UNSPEC && o->family != family)
		return err_set(
		    err, "ssh_af = %s: expected the family of sourceaddress", af);
	o->family = family;
	return 0;
}

static const struct dialog_step ssh_steps[] = {
	{ "greeting", NULL, ssh_greeting, DIALOG_STOPS },
	/* so that its log does not call us a scanner that said nothing */
	{ NULL, ssh_greet, NULL, DIALOG_COURTESY },
	{ NULL, NULL, NULL, 0 },
};

const struct dialog_kind dialog_ssh = {
	.module = "SSH",
	.port = 22,
	.steps = ssh_steps,
	.options = ssh_options,
};

/* --- AnotherSSH: a greeting that is none, and the end of it ---------------------- */

static enum dialog_turn
another_first(struct dialog *d)
{
	return d->in_len > 0 ? DIALOG_NEXT : DIALOG_MORE;
}

static enum dialog_turn
another_greeting(struct dialog *d)
{
	const char *line = dialog_line(d);

	if (line == NULL)
		return DIALOG_MORE;
	if (strncmp(line, "SSH", 3) == 0)
		return DIALOG_NEXT;
	return dialog_blame(d, "it does not speak SSH, but says '%.80s'", line);
}

/* What was heard by now, some servers' first packet of key exchange, is no answer to
 * it. */
static bool
another_say(struct dialog *d, struct pack *out)
{
	dialog_took(d, d->in_len);
	dialog_text(out, d->opts->own);
	pack_u8(out, '\n');
	return false;
}

/* Whatever it says to that, or nothing at all. */
static enum dialog_turn
another_end(struct dialog *d)
{
	return d->in_len > 0 || d->ended ? DIALOG_NEXT : DIALOG_MORE;
}

/* clang-format off */
static const struct dialog_step another_connect[] = {
	{ "greeting",         NULL,        another_first,    DIALOG_STOPS },
	{ "greeting",         NULL,        another_greeting, 0 },
	{ "answer to ours",   another_say, another_end,      0 },
	{ NULL, NULL, NULL, 0 },
};
static const struct dialog_step another_established[] = {
	{ "greeting",         NULL,        another_greeting, 0 },
	{ "answer to ours",   another_say, another_end,      DIALOG_STARTS | DIALOG_STOPS },
	{ NULL, NULL, NULL, 0 },
};
static const struct dialog_step another_complete[] = {
	{ "greeting",         NULL,        another_greeting, 0 },
	{ "answer to ours",   another_say, another_end,      DIALOG_STOPS },
	{ NULL, NULL, NULL, 0 },
};
/* clang-format on */

static int
another_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *interval = net_var(conf, t, "interval");
	const char *greeting = net_var(conf, t, "greeting");

	dialog_prefer_v4(o, t);
	if (interval != NULL && strcmp(interval, "connect") == 0)
		o->steps = another_connect;
	else if (interval != NULL && strcmp(interval, "complete") == 0)
		o->steps = another_complete;
	else if (interval != NULL && strcmp(interval, "established") != 0)
		return err_set(err,
		    "interval = %s: expected connect, established or complete",
		    interval);
	if (greeting == NULL)
		greeting = "SSH-Latency-Measurement-Sorry-for-this-logmessage";
	if (strlen(greeting) > 1000)
		return err_set(err, "greeting: expected at most 1000 letters");
	o->own = mem_str(greeting);
	return 0;
}

const struct dialog_kind dialog_another_ssh = {
	.module = "AnotherSSH",
	.port = 22,
	.steps = another_established,
	.options = another_options,
};
