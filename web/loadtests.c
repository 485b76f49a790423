#include "web/loadtests.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "config/loadtest.h"
#include "link/msgload.h"
#include "link/worker.h"
#include "web/api.h"
#include "web/eventlog.h"
#include "web/html.h"
#include "web/request.h"
#include "web/session.h"
#include "web/state.h"
#include "web/when.h"

#define KIND "loadtest" /* recorder/loadtests.h */
#define LISTED 20
#define SHOWN 5
#define WAITING 8

static struct {
	uint32_t ticket; /* the last one that was given */
	struct {
		uint32_t ticket;
		struct request *r; /* NULL: the place is free */
	} waiting[WAITING];
} all;

/* --- beginning one ---------------------------------------------------------------- */

static void
gone(void *ctx)
{
	struct request **place = ctx;

	*place = NULL;
}

static bool
is_api(const struct request *r)
{
	return strncmp(request_path(r), "/api/", 5) == 0;
}

static void
begun(struct request *r)
{
	struct json j;

	if (!is_api(r)) {
		reply_redirect(r, "/traffic#loadtests");
		return;
	}
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_put_bool(&j, "begun", true);
	jw_object_end(&j);
	api_answer(r);
}

int
loadtests_message(struct msg_in *in)
{
	struct msg_loadtest t;

	if (msg_get_loadtest(in, &t) < 0)
		return -1;
	for (unsigned i = 0; i < WAITING; i++) {
		struct request *r = all.waiting[i].r;

		if (r == NULL || all.waiting[i].ticket != t.id)
			continue;
		all.waiting[i].r = NULL;
		if (t.refused)
			reply_error(r, 409, "%s", t.text);
		else
			begun(r);
	}
	return 0;
}

void
loadtests_recorder_gone(void)
{
	for (unsigned i = 0; i < WAITING; i++) {
		struct request *r = all.waiting[i].r;

		all.waiting[i].r = NULL;
		if (r != NULL)
			reply_error(r, 503,
			    "the recorder was started again meanwhile: try again");
	}
}

static void
begin(struct request *r)
{
	struct link *recorder = worker_link(ROOM_RECORDER);
	struct msg_loadtest t = { .id = all.ticket + 1 };
	struct msg_out out;
	unsigned place = 0;

	while (place < WAITING && all.waiting[place].r != NULL)
		place++;
	if (recorder == NULL || place == WAITING) {
		reply_error(r, 503,
		    recorder == NULL ? "the recorder is being started again, try again"
				     : "too many ask for a load test at once");
		return;
	}
	all.ticket++;
	msg_begin(&out, MSG_LOADTEST);
	msg_put_loadtest(&out, &t);
	link_send(recorder, &out, -1, LINK_MUST);
	all.waiting[place].ticket = t.id;
	all.waiting[place].r = r;
	request_park(r, gone, &all.waiting[place].r);
}

/* --- the list --------------------------------------------------------------------- */

static void
put_json(void *ctx, const struct eventlog_row *row)
{
	struct json *j = ctx;

	jw_object(j);
	jw_put_int(j, "id", row->id);
	jw_put_int(j, "begin", row->begin);
	jw_put_some(j, "end", row->end);
	jw_put_str(j, "asked", row->source);
	jw_put_str(j, "summary", row->summary);
	jw_key(j, "evidence");
	json_raw(j, row->evidence);
	jw_object_end(j);
}

void
loadtests_handle(struct request *r)
{
	struct eventlog_query q = { .kind = KIND, .limit = LISTED };
	struct json j;
	struct err err;

	if (request_is_post(r)) {
		begin(r);
		return;
	}
	if (!is_api(r)) {
		reply_redirect(r, "/traffic#loadtests");
		return;
	}
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_put_bool(&j, "configured", loadtest_wanted(state_conf()));
	jw_key(&j, "loadtests");
	jw_array(&j);
	if (eventlog_each(&q, put_json, &j, &err) < 0) {
		reply_error(r, 503, "load tests cannot be read: %s", err.text);
		return;
	}
	jw_array_end(&j);
	jw_object_end(&j);
	api_answer(r);
}

/* --- for people ------------------------------------------------------------------- */

static void
put_row(void *ctx, const struct eventlog_row *row)
{
	struct html *item = html_item(ctx, "loadtest");
	char when[WHEN_TEXT];

	when_text(when, sizeof when, row->begin, false);
	html_text(item, "l_when", when);
	html_text(item, "l_text", row->summary);
	html_flag(item, "l_running", row->end == 0);
}

void
loadtests_put(struct html *page, const struct request *r)
{
	struct eventlog_query q = { .kind = KIND, .limit = SHOWN };
	char token[SESSION_TOKEN];
	struct err err;
	bool wanted = loadtest_wanted(state_conf());

	if (!wanted)
		return;
	html_flag(page, "loadtests", true);
	if (eventlog_each(&q, put_row, page, &err) == 0)
		html_flag(page, "loadtests_none", true);
	if (session_token(r, token))
		html_text(page, "l_token", token);
	else
		html_flag(page, "l_elsewhere", true);
}
