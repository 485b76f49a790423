/* TacacsPlus: a login at a TACACS+ server. As in SmokePing the connection is not part
 * of the time. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/dialog.h"
#include "probes/net.h"
#include "probes/secrets.h"
#include "probes/tacacswire.h"

#define TACACS_ROUNDS 5 /* questions that we answer in one login */

struct tacacs {
	char *user, *password, *secret;
	uint8_t type; /* enum tacacs_type */
};

/* In a dialog's note. */
struct tacacs_note {
	struct tacacs_session session;
	uint8_t asked; /* enum tacacs_status of the last reply, 0: none came */
	uint8_t random[17];
};

static bool
tacacs_say(struct dialog *d, struct pack *out)
{
	const struct tacacs *t = d->opts->own;
	struct tacacs_note *n = (void *)d->note;

	_Static_assert(sizeof *n <= sizeof d->note, "it fits");
	if (n->asked != 0) {
		tacacs_continue(out, &n->session,
		    n->asked == TACACS_GETUSER ? t->user : t->password);
		return false;
	}
	net_random(n->random, sizeof n->random);
	net_random(&n->session.id, sizeof n->session.id);
	n->session.secret = t->secret;
	n->session.type = t->type;
	tacacs_start(out, &n->session, t->user, t->password, n->random);
	return false;
}

static enum dialog_turn
tacacs_judge(struct dialog *d, const struct tacacs_reply *r)
{
	struct tacacs_note *n = (void *)d->note;

	switch (r->status) {
	case TACACS_PASS:
		return DIALOG_NEXT;
	case TACACS_GETUSER:
	case TACACS_GETPASS:
		n->asked = r->status;
		if (++d->count <= TACACS_ROUNDS)
			return DIALOG_AGAIN;
		return dialog_blame(d, "the server asks again and again");
	case TACACS_FAIL:
		return dialog_blame(d, "the server denies the login%s%s",
		    r->message[0] == '\0' ? "" : ": ", r->message);
	case TACACS_ERROR:
		return dialog_blame(d, "the server has an error%s%s",
		    r->message[0] == '\0' ? "" : ": ", r->message);
	default:
		return dialog_blame(d,
		    "the server wants something else than a password (status %u)",
		    r->status);
	}
}

static enum dialog_turn
tacacs_take(struct dialog *d)
{
	struct tacacs_note *n = (void *)d->note;
	int len = tacacs_length(d->in, d->in_len, &n->session);
	struct tacacs_reply r;

	if (len < 0)
		return dialog_blame(d, "the server's packet is no answer to ours");
	if (len == 0 || (size_t)len > d->in_len)
		return DIALOG_MORE;
	int sane = tacacs_read(&r, d->in, (size_t)len, &n->session);
	dialog_took(d, (size_t)len);
	if (sane != 0)
		return dialog_blame(
		    d, "the server's answer makes no sense: is the secret the same?");
	return tacacs_judge(d, &r);
}

static const struct dialog_step tacacs_steps[] = {
	{ "answer", tacacs_say, tacacs_take, DIALOG_STARTS | DIALOG_STOPS },
	{ NULL, NULL, NULL, 0 },
};

static void
tacacs_free(void *own)
{
	struct tacacs *t = own;

	if (t->password != NULL)
		explicit_bzero(t->password, strlen(t->password));
	if (t->secret != NULL)
		explicit_bzero(t->secret, strlen(t->secret));
	free(t->user);
	free(t->password);
	free(t->secret);
	free(t);
}

static int
tacacs_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *user = net_var(conf, t, "username");
	const char *type = net_var(conf, t, "authtype");
	struct tacacs *own = mem_zero(1, sizeof *own);

	o->own = own;
	dialog_prefer_v4(o, t);
	own->type = type == NULL || strcmp(type, "ASCII") == 0 ? TACACS_ASCII
		    : strcmp(type, "PAP") == 0		       ? TACACS_PAP
		    : strcmp(type, "CHAP") == 0		       ? TACACS_CHAP
							       : 0;
	if (own->type == 0)
		return err_set(err, "authtype = %s: expected ASCII, PAP or CHAP", type);
	if (user == NULL || strlen(user) > TACACS_TEXT)
		return err_set(err, "username: expected 1 to %d letters", TACACS_TEXT);
	own->user = mem_str(user);
	own->secret = secrets_secret(conf, t, &o->remark, err);
	if (own->secret == NULL)
		return -1;
	own->password = secrets_password(conf, t, user, &o->remark, err);
	if (own->password == NULL)
		return -1;
	if (strlen(own->password) > TACACS_TEXT)
		return err_set(
		    err, "password: expected %d letters at most", TACACS_TEXT);
	return 0;
}

const struct dialog_kind dialog_tacacs = {
	.module = "TacacsPlus",
	.port = 49,
	.steps = tacacs_steps,
	.options = tacacs_options,
	.free_own = tacacs_free,
};
