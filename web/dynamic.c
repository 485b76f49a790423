#include "web/dynamic.h"

#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "link/worker.h"
#include "slave/sign.h"
#include "web/client.h"
#include "web/http.h"
#include "web/request.h"
#include "web/state.h"

#define LOG_S 60

/* --- by whom ---------------------------------------------------------------------- */

/* Takes no longer for a target that there is than for another, nor for a secret that
 * begins well. */
static bool
knows(const struct conf_target *t, const char *secret)
{
	const char *wanted = t == NULL ? NULL : conf_dynamic_hash(t);
	char given[SIGN_DYNAMIC];

	sign_dynamic(secret, given);
	return sign_same(given, wanted != NULL ? wanted : "----------------------") &&
	       wanted != NULL;
}

static void
answer(struct request *r, unsigned status)
{
	request_set_header(r, "Cache-Control", "no-store");
	reply_bytes(r, status, "text/html; charset=utf-8", "", 0);
}

/* What is wrong goes to the log, for the operator: a stranger learns nothing. */
static void
refuse(struct request *r, const char *target)
{
	static struct log_limit limit;
	char from[ADDR_TEXT], name[101];
	size_t n = 0;

	server_peer_text(r, from);
	for (; target[n] != '\0' && n + 1 < sizeof name; n++)
		name[n] = target[n] > ' ' && target[n] < 127 ? target[n] : '?';
	name[n] = '\0';
	if (log_allowed(&limit, LOG_S, NULL))
		log_warnx("%s tells an address for %s, which is no dynamic host or has "
			  "another secret: left out",
		    from, name);
	answer(r, 404);
}

bool
dynamic_call(struct request *r)
{
	const char *target = request_arg(r, "target");
	const char *secret = request_arg(r, "secret");
	struct link *recorder = worker_link(ROOM_RECORDER);
	const struct conf_target *t;
	struct msg_out out;
	struct addr a;

	if (target == NULL || secret == NULL || *target == '\0' || *secret == '\0')
		return false;
	t = conf_target_by_path(state_conf(), target);
	if (!knows(t, secret)) {
		refuse(r, target);
	} else if (client_address(r, &a) != 0) {
		reply_error(r, 400,
		    "it cannot be said which address this comes from, expected it over "
		    "TCP, and from one of the proxies (this machine, where none are "
		    "named) with X-Forwarded-For");
	} else if (recorder == NULL) {
		request_set_header(r, "Retry-After", "10");
		reply_error(r, 503, "the recorder is being started again, try later");
	} else {
		msg_begin(&out, MSG_ADDRESS);
		msg_put_address(&out, t->id, &a);
		link_send(recorder, &out, -1, LINK_MUST);
		answer(r, 200);
	}
	return true;
}
