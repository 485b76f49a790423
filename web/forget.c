/* POST /api/v1/forget: an address that nobody is to see in the traffic any more. The
 * recorder takes it out of its files, which may take long: the answer comes at once, and
 * GET /api/v1/forget says how far the one that was asked last is: by its ticket, which
 * the first answer told, a client knows whether that is still its own. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/json.h"
#include "link/msgminute.h"
#include "link/worker.h"
#include "web/access.h"
#include "web/api.h"
#include "web/livetraffic.h"
#include "web/request.h"
#include "web/suspects.h"

enum forget_state {
	FORGET_NONE, /* nobody was to be forgotten, since web started */
	FORGET_WORKING,
	FORGET_DONE,
	FORGET_FAILED
};

/* What was asked last. */
static struct {
	struct prefix prefix;
	enum forget_state state;
	uint32_t ticket;
	char address[64];
	uint64_t rows;	/* that told of it, when it is done */
	char text[256]; /* why it failed */
} forget;

/* Of whom, is for those to know who may see hosts. */
static void
answer(struct request *r)
{
	static const char *const words[] = {
		[FORGET_NONE] = "none",
		[FORGET_WORKING] = "working",
		[FORGET_DONE] = "done",
		[FORGET_FAILED] = "failed",
	};
	bool hosts = access_hosts(r) && forget.state != FORGET_NONE;
	struct json j;

	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_key(&j, "state");
	jw_str(&j, words[forget.state]);
	jw_key(&j, "ticket");
	if (forget.state != FORGET_NONE)
		jw_int(&j, forget.ticket);
	else
		jw_null(&j);
	jw_key(&j, "address");
	jw_str(&j, hosts ? forget.address : NULL);
	jw_key(&j, "rows");
	if (hosts && forget.state == FORGET_DONE)
		jw_int(&j, (int64_t)forget.rows);
	else
		jw_null(&j);
	jw_key(&j, "trouble");
	jw_str(&j, hosts && forget.state == FORGET_FAILED ? forget.text : NULL);
	jw_object_end(&j);
	api_answer(r);
}

static void
leave_out(const struct prefix *p)
{
	livetraffic_forget(p);
	suspects_forget_hosts(p);
}

int
forget_message(struct msg_in *in)
{
	struct msg_forgotten f;

	if (msg_get_forgotten(in, &f) < 0)
		return -1;
	if (f.ticket != forget.ticket || forget.state != FORGET_WORKING)
		return 0;
	/* What the recorder told before it heard of it. */
	leave_out(&forget.prefix);
	forget.state = f.text[0] == '\0' ? FORGET_DONE : FORGET_FAILED;
	forget.rows = f.rows;
	snprintf(forget.text, sizeof forget.text, "%s", f.text);
	return 0;
}

void
forget_recorder_gone(void)
{
	if (forget.state != FORGET_WORKING)
		return;
	forget.state = FORGET_FAILED;
	snprintf(forget.text, sizeof forget.text,
	    "the recorder was started again meanwhile: it goes on with what it had heard "
	    "of, but nobody counts the rows; asking again makes sure");
}

static void
ask(struct request *r, struct link *recorder, const char *text)
{
	static struct msg_out out;
	struct msg_forget f;
	struct err err;

	if (text == NULL || prefix_parse(&f.prefix, text, &err) < 0) {
		reply_error(r, 400, "parameter address: %s",
		    text == NULL ? "is missing, expected an address or a prefix"
				 : err.text);
		return;
	}
	/* Nobody who waits since before web was started again finds his ticket here. */
	if (forget.state == FORGET_NONE &&
	    getrandom(&forget.ticket, sizeof forget.ticket, 0) !=
		(ssize_t)sizeof forget.ticket)
		fatal("getrandom");
	f.ticket = ++forget.ticket;
	msg_begin(&out, MSG_FORGET);
	msg_put_forget(&out, &f);
	link_send(recorder, &out, -1, LINK_MUST);
	leave_out(&f.prefix);
	forget.prefix = f.prefix;
	forget.state = FORGET_WORKING;
	snprintf(forget.address, sizeof forget.address, "%s", text);
	answer(r);
}

void
forget_handle(struct request *r)
{
	struct link *recorder = worker_link(ROOM_RECORDER);

	if (!request_is_post(r))
		answer(r);
	else if (recorder == NULL)
		reply_error(r, 503, "the recorder is being started again, try again");
	else if (forget.state == FORGET_WORKING)
		reply_error(r, 503,
		    "another address is being forgotten just now, try again");
	else
		ask(r, recorder, request_arg(r, "address"));
}
