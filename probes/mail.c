/* EchoPingSmtp: how soon a mail server greets. SendEmail: how long it takes to hand it
 * a whole mail (RFC 5321). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "probes/dialog.h"
#include "probes/echoping.h"
#include "probes/net.h"

#define MAIL_LINES 100	    /* of one reply */
#define MAIL_BODY (1 << 20) /* bytes */
#define MAIL_LINE 80	    /* letters of a line of the body, its end among them */

/* In a dialog's note. */
struct mail_note {
	bool notify; /* the server can be asked for no delivery reports */
	bool plain;  /* it knows HELO only */
};

struct mail {
	char name[256]; /* ours */
	char *from, *to;
	char *text; /* the mail, with its last line */
};

/* --- replies --------------------------------------------------------------------- */

/* The code of a reply, 0: it is not complete, -1: blamed. SEEN is told of each line's
 * text. */
static int
mail_reply(struct dialog *d, void (*seen)(struct dialog *d, const char *text))
{
	const char *line;

	while ((line = dialog_line(d)) != NULL) {
		if (!isdigit((unsigned char)line[0]) ||
		    !isdigit((unsigned char)line[1]) ||
		    !isdigit((unsigned char)line[2]) ||
		    (line[3] != ' ' && line[3] != '-' && line[3] != '\0')) {
			dialog_blame(d, "no mail server says '%.100s'", line);
			return -1;
		}
		if (seen != NULL && line[3] != '\0')
			seen(d, line + 4);
		int code = atoi(line);
		if (line[3] != '-') {
			snprintf(
			    d->why, sizeof d->why, "the server says '%.150s'", line);
			d->count = 0;
			return code;
		}
		if (++d->count > MAIL_LINES) {
			dialog_blame(d, "a reply of more than %d lines", MAIL_LINES);
			return -1;
		}
	}
	return 0;
}

/* A reply of HUNDRED is what is needed. */
static enum dialog_turn
mail_expect(struct dialog *d, int hundred)
{
	int code = mail_reply(d, NULL);

	if (code == 0)
		return DIALOG_MORE;
	if (code / 100 != hundred)
		return DIALOG_BAD;
	d->why[0] = '\0';
	return DIALOG_NEXT;
}

static enum dialog_turn
mail_done(struct dialog *d)
{
	return mail_expect(d, 2);
}

static enum dialog_turn
mail_go_on(struct dialog *d)
{
	return mail_expect(d, 3);
}

/* It may as well hang up. */
static enum dialog_turn
mail_bye(struct dialog *d)
{
	if (d->ended)
		return DIALOG_NEXT;
	int code = mail_reply(d, NULL);
	d->why[0] = '\0';
	return code == 0 ? DIALOG_MORE : DIALOG_NEXT;
}

static bool
mail_quit(struct dialog *d, struct pack *out)
{
	(void)d;
	dialog_text(out, "QUIT\r\n");
	return false;
}

/* --- EchoPingSmtp ---------------------------------------------------------------- */

static int
smtp_options(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	(void)o;
	return echoping_check(conf, t, err);
}

static const struct dialog_step smtp_steps[] = {
	{ "greeting", NULL, mail_done, DIALOG_STOPS },
	{ "goodbye", mail_quit, mail_bye, DIALOG_COURTESY },
	{ NULL, NULL, NULL, 0 },
};

const struct dialog_kind dialog_smtp = {
	.module = "EchoPingSmtp",
	.port = 25,
	.steps = smtp_steps,
	.options = smtp_options,
};

/* --- SendEmail ------------------------------------------------------------------- */

static struct mail_note *
mail_note(struct dialog *d)
{
	_Static_assert(sizeof(struct mail_note) <= sizeof d->note, "it fits");
	return (void *)d->note;
}

static void
mail_ehlo_line(struct dialog *d, const char *text)
{
	if (strncasecmp(text, "DSN", 3) == 0 && (text[3] == '\0' || text[3] == ' '))
		mail_note(d)->notify = true;
}

static bool
mail_ehlo(struct dialog *d, struct pack *out)
{
	const struct mail *m = d->opts->own;

	dialog_text(out, "EHLO ");
	dialog_text(out, m->name);
	dialog_text(out, "\r\n");
	return false;
}

static enum dialog_turn
mail_ehlo_done(struct dialog *d)
{
	int code = mail_reply(d, mail_ehlo_line);

	if (code == 0)
		return DIALOG_MORE;
	/* RFC 5321 section 3.2: one that does not know EHLO knows HELO. */
	mail_note(d)->plain = code / 100 == 5;
	if (code / 100 != 2 && code / 100 != 5)
		return DIALOG_BAD;
	d->why[0] = '\0';
	return DIALOG_NEXT;
}

static bool
mail_helo(struct dialog *d, struct pack *out)
{
	const struct mail *m = d->opts->own;

	if (!mail_note(d)->plain)
		return false;
	dialog_text(out, "HELO ");
	dialog_text(out, m->name);
	dialog_text(out, "\r\n");
	return false;
}

static enum dialog_turn
mail_helo_done(struct dialog *d)
{
	return mail_note(d)->plain ? mail_expect(d, 2) : DIALOG_NEXT;
}

static bool
mail_from(struct dialog *d, struct pack *out)
{
	const struct mail *m = d->opts->own;

	dialog_text(out, "MAIL FROM:<");
	dialog_text(out, m->from);
	dialog_text(out, ">\r\n");
	return false;
}

static bool
mail_to(struct dialog *d, struct pack *out)
{
	const struct mail *m = d->opts->own;

	dialog_text(out, "RCPT TO:<");
	dialog_text(out, m->to);
	dialog_text(out, mail_note(d)->notify ? "> NOTIFY=NEVER\r\n" : ">\r\n");
	return false;
}

static bool
mail_data(struct dialog *d, struct pack *out)
{
	(void)d;
	dialog_text(out, "DATA\r\n");
	return false;
}

static bool
mail_text(struct dialog *d, struct pack *out)
{
	const struct mail *m = d->opts->own;
	size_t left = strlen(m->text) - d->said, room = (size_t)(out->end - out->at);

	pack_bytes(out, m->text + d->said, left < room ? left : room);
	return left > room;
}

/* clang-format off */
static const struct dialog_step mail_steps[] = {
	{ "greeting",                NULL,      mail_done,      0 },
	{ "answer to EHLO",          mail_ehlo, mail_ehlo_done, 0 },
	{ "answer to HELO",          mail_helo, mail_helo_done, 0 },
	{ "answer to MAIL FROM",     mail_from, mail_done,      0 },
	{ "answer to RCPT TO",       mail_to,   mail_done,      0 },
	{ "answer to DATA",          mail_data, mail_go_on,     0 },
	{ "acceptance of the mail",  mail_text, mail_done,      0 },
	{ "goodbye",                 mail_quit, mail_bye,       DIALOG_STOPS },
	{ NULL, NULL, NULL, 0 },
};
/* clang-format on */

/* The mail as SmokePing writes it. */
static char *
mail_compose(const struct mail *m, const char *subject, const char *host, size_t size)
{
	static const char as[MAIL_LINE] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
					  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	char *text = NULL;
	size_t len = 0;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n\r\n", m->from, m->to,
	    subject);
	for (size_t i = 0; size > 0 && i < size / MAIL_LINE; i++)
		fprintf(out, "%s\r\n", as);
	if (size > 0)
		fprintf(out, "%.*s\r\n", (int)(size % MAIL_LINE), as);
	else
		fprintf(out,
		    "This is a test email sent by smokebox to check speed of mx server "
		    "%s.\r\nNobody needs to read it.\r\n",
		    host);
	fputs(".\r\n", out);
	mem_stream_end(out);
	return text;
}

/* An address without the brackets it may stand in. NULL with ERR when it is none. */
static char *
mail_address(const char *text, const char *key, struct err *err)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len > 2 && text[0] == '<' && text[len - 1] == '>') {
		text++;
		len -= 2;
	}
	if (len > 0 && len <= 254 && strcspn(text, " \t<>") >= len)
		return mem_strn(text, len);
	err_set(err, "%s = %s: expected a mail address", key, text == NULL ? "" : text);
	return NULL;
}

static void
mail_free(void *own)
{
	struct mail *m = own;

	free(m->from);
	free(m->to);
	free(m->text);
	free(m);
}

static int
mail_options(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *subject = net_var(conf, t, "subject");
	struct mail *m = mem_zero(1, sizeof *m);
	long size;

	o->own = m;
	if (gethostname(m->name, sizeof m->name - 1) != 0 || m->name[0] == '\0')
		strcpy(m->name, "localhost");
	m->from = mail_address(net_var(conf, t, "from"), "from", err);
	if (m->from == NULL)
		return -1;
	m->to = mail_address(net_var(conf, t, "to"), "to", err);
	if (m->to == NULL ||
	    net_var_number(conf, t, "bodysize", 0, MAIL_BODY, 0, &size, err) != 0)
		return -1;
	m->text =
	    mail_compose(m, subject == NULL ? "Test" : subject, t->host, (size_t)size);
	return 0;
}

const struct dialog_kind dialog_mail = {
	.module = "SendEmail",
	.port = 25,
	.steps = mail_steps,
	.options = mail_options,
	.free_own = mail_free,
};
