/* Radius: a login at a RADIUS server. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/dialog.h"
#include "probes/net.h"
#include "probes/radiuswire.h"
#include "probes/secrets.h"

#define RADIUS_TEXT 253 /* octets of an attribute */

struct radius {
	struct radius_login login;
	char *user, *password, *secret;
	bool reject_is_good;
};

/* In a dialog's note. */
struct radius_note {
	uint8_t id, authenticator[RADIUS_AUTHENTICATOR];
};

static bool
radius_say(struct dialog *d, struct pack *out)
{
	const struct radius *r = d->opts->own;
	struct radius_note *n = (void *)d->note;

	_Static_assert(sizeof *n <= sizeof d->note, "it fits");
	net_random(n, sizeof *n);
	radius_request(out, &r->login, n->id, n->authenticator);
	return false;
}

static enum dialog_turn
radius_take(struct dialog *d)
{
	const struct radius *r = d->opts->own;
	const struct radius_note *n = (const void *)d->note;
	uint8_t code;

	switch (radius_answer(
	    d->in, d->in_len, n->id, n->authenticator, r->secret, &code)) {
	case RADIUS_STRANGE:
		return DIALOG_MORE;
	case RADIUS_UNSIGNED:
		/* It may be forged, and a better one come yet. */
		dialog_blame(d, "the server's answer is not signed with our secret");
		return DIALOG_MORE;
	default:
		break;
	}
	if (code == RADIUS_ACCEPT || (code == RADIUS_REJECT && r->reject_is_good))
		return DIALOG_NEXT;
	return dialog_blame(d, "the server %s",
	    code == RADIUS_REJECT ? "rejects the login (Access-Reject)"
				  : "wants more than a password (Access-Challenge)");
}

static const struct dialog_step radius_steps[] = {
	{ "answer", radius_say, radius_take, DIALOG_STOPS },
	{ NULL, NULL, NULL, 0 },
};

static void
radius_free(void *own)
{
	struct radius *r = own;

	if (r->password != NULL)
		explicit_bzero(r->password, strlen(r->password));
	if (r->secret != NULL)
		explicit_bzero(r->secret, strlen(r->secret));
	free(r->user);
	free(r->password);
	free(r->secret);
	free(r);
}

static int
radius_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *user = net_var(conf, t, "username");
	const char *nas = net_var(conf, t, "nas_ip_address");
	const char *reject = net_var(conf, t, "allowreject");
	struct radius *r = mem_zero(1, sizeof *r);
	struct in_addr address = { 0 };

	o->own = r;
	o->udp = true;
	if (user == NULL || strlen(user) > RADIUS_TEXT)
		return err_set(err, "username: expected 1 to %d letters", RADIUS_TEXT);
	if (nas != NULL && inet_pton(AF_INET, nas, &address) != 1)
		return err_set(
		    err, "nas_ip_address = %s: expected an IPv4 address", nas);
	r->user = mem_str(user);
	r->secret = secrets_secret(conf, t, &o->remark, err);
	if (r->secret == NULL)
		return -1;
	r->password = secrets_password(conf, t, user, &o->remark, err);
	if (r->password == NULL)
		return -1;
	if (strlen(r->password) > RADIUS_PASSWORD)
		return err_set(
		    err, "password: expected %d letters at most", RADIUS_PASSWORD);
	r->reject_is_good = reject != NULL && strcmp(reject, "true") == 0;
	r->login = (struct radius_login){ r->user, r->password, r->secret,
		ntohl(address.s_addr) };
	return 0;
}

const struct dialog_kind dialog_radius = {
	.module = "Radius",
	.port = 1812,
	.steps = radius_steps,
	.options = radius_options,
	.free_own = radius_free,
};
