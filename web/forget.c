/* POST /api/v1/forget: an address that nobody is to see in the traffic any more. The
 * recorder takes it out of its files; web waits for its answer. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "link/msgminute.h"
#include "link/worker.h"
#include "web/api.h"
#include "web/livetraffic.h"
#include "web/request.h"

static struct {
	struct request *waiting; /* the one that was asked last; NULL: it is gone */
	uint32_t ticket;
	bool busy;
} forget;

static void
gone(void *ctx)
{
	(void)ctx;
	forget.waiting = NULL;
}

static void
answer(struct request *r, uint64_t rows)
{
	struct json j;

	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_key(&j, "rows");
	jw_int(&j, (int64_t)rows);
	jw_object_end(&j);
	api_answer(r);
}

int
forget_message(struct msg_in *in)
{
	struct msg_forgotten f;

	if (msg_get_forgotten(in, &f) < 0)
		return -1;
	struct request *r = forget.waiting;
	if (f.ticket != forget.ticket || !forget.busy)
		return 0;
	forget.busy = false;
	forget.waiting = NULL;
	if (r == NULL)
		return 0;
	if (f.text[0] == '\0')
		answer(r, f.rows);
	else
		reply_error(r, 503, "not all of it is forgotten: %s", f.text);
	return 0;
}

void
forget_recorder_gone(void)
{
	struct request *r = forget.waiting;

	forget.busy = false;
	forget.waiting = NULL;
	if (r != NULL)
		reply_error(r, 503,
		    "the recorder was started again meanwhile: not all of it is forgotten, "
		    "try again");
}

void
forget_handle(struct request *r)
{
	const char *text = request_arg(r, "address");
	struct link *recorder = worker_link(ROOM_RECORDER);
	struct msg_forget f;
	static struct msg_out out;
	struct err err;

	if (!request_is_post(r)) {
		request_set_header(r, "Allow", "POST");
		reply_error(r, 405, "expected POST");
		return;
	}
	if (text == NULL || prefix_parse(&f.prefix, text, &err) < 0) {
		reply_error(r, 400, "parameter address: %s",
		    text == NULL ? "is missing, expected an address or a prefix"
				 : err.text);
		return;
	}
	if (recorder == NULL || forget.busy) {
		reply_error(r, 503,
		    recorder == NULL
			? "the recorder is being started again, try again"
			: "another address is being forgotten just now, try again");
		return;
	}
	f.ticket = ++forget.ticket;
	msg_begin(&out, MSG_FORGET);
	msg_put_forget(&out, &f);
	link_send(recorder, &out, -1, LINK_MUST);
	livetraffic_forget(&f.prefix);
	forget.busy = true;
	forget.waiting = r;
	request_park(r, gone, NULL);
}
