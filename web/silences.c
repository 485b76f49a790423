#include "web/silences.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "config/window.h"
#include "link/worker.h"
#include "web/api.h"
#include "web/csv.h"
#include "web/eventlog.h"
#include "web/state.h"
#include "web/viewname.h"
#include "web/when.h"
#include "web/words.h"

/* Call FN for every window of the configuration; HOLDS: now. */
static void
each_window(
    int64_t now, void (*fn)(void *ctx, const struct window *w, bool holds), void *ctx)
{
	const struct conf_section *top = conf_top(state_conf(), "Silences");
	const struct conf_section *s = top != NULL ? top->first : NULL;
	time_t t = (time_t)now;
	struct window w;
	struct place at;
	struct tm local;
	struct err err;

	if (localtime_r(&t, &local) == NULL)
		return;
	for (; s != NULL; s = s->next)
		if (window_parse(&w, s, &at, &err) == 0)
			fn(ctx, &w, window_holds(&w, now, &local));
}

/* --- for programs ----------------------------------------------------------------- */

static void
json_asked(void *ctx, const struct eventlog_silence *s)
{
	struct json *j = ctx;

	jw_object(j);
	jw_put_int(j, "id", s->id);
	jw_put_str(j, "name", NULL);
	jw_put_int(j, "begin", s->begin);
	jw_put_int(j, "end", s->end);
	jw_put_str(j, "target", s->subject);
	jw_put_str(j, "reason", s->reason);
	jw_put_bool(j, "active", s->begin <= clock_wall_s());
	jw_object_end(j);
}

static void
json_window(void *ctx, const struct window *w, bool holds)
{
	struct json *j = ctx;
	bool once = w->until != 0;

	if (once && w->until <= clock_wall_s())
		return;
	jw_object(j);
	jw_put_some(j, "id", 0);
	jw_put_str(j, "name", w->name);
	jw_put_some(j, "begin", once ? w->from : 0);
	jw_put_some(j, "end", once ? w->until : 0);
	jw_put_str(j, "target", w->targets);
	jw_put_str(j, "reason", w->reason);
	jw_put_bool(j, "active", holds);
	jw_object_end(j);
}

static void
csv_row(
    FILE *out, const char *name, const char *target, const char *reason, bool active)
{
	const char *const text[] = { name, target, reason };

	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
		csv_text(out, text[i]);
		fputc(',', out);
	}
	fprintf(out, "%s\r\n", active ? "yes" : "no");
}

static void
csv_asked(void *ctx, const struct eventlog_silence *s)
{
	FILE *out = ctx;

	fprintf(out, "%" PRId64 ",%" PRId64 ",%" PRId64 ",", s->id, s->begin, s->end);
	csv_row(out, "", s->subject, s->reason, s->begin <= clock_wall_s());
}

static void
csv_window(void *ctx, const struct window *w, bool holds)
{
	FILE *out = ctx;
	bool once = w->until != 0;

	if (once && w->until <= clock_wall_s())
		return;
	fputc(',', out);
	if (once)
		fprintf(out, "%" PRId64 ",%" PRId64 ",", w->from, w->until);
	else
		fputs(",,", out);
	csv_row(out, w->name, w->targets, w->reason, holds);
}

/* The same as a table. */
static void
answer_csv(struct request *r, int64_t now)
{
	struct err err;

	fputs("id,begin,end,name,target,reason,active\r\n", request_out(r));
	if (eventlog_silences(now, csv_asked, request_out(r), &err) < 0) {
		reply_error(r, 503, "silences cannot be read: %s", err.text);
		return;
	}
	each_window(now, csv_window, request_out(r));
	viewname_set(r, VIEW_KEPT, "silences", now, now, "csv");
	reply(r, 200, "text/csv; charset=utf-8; header=present");
}

void
silences_handle(struct request *r)
{
	int64_t now = clock_wall_s();
	struct json j;
	struct err err;
	bool csv;

	if (request_is_post(r)) {
		words_silence(r);
		return;
	}
	if (request_format(r, &csv) < 0)
		return;
	if (csv) {
		answer_csv(r, now);
		return;
	}
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_key(&j, "silences");
	jw_array(&j);
	if (eventlog_silences(now, json_asked, &j, &err) < 0) {
		reply_error(r, 503, "silences cannot be read: %s", err.text);
		return;
	}
	each_window(now, json_window, &j);
	jw_array_end(&j);
	jw_object_end(&j);
	api_answer(r);
}

/* --- ending ----------------------------------------------------------------------- */

struct search {
	int64_t id;
	bool found;
	struct msg_out out;
};

static void
take(void *ctx, const struct eventlog_silence *s)
{
	struct search *search = ctx;

	if (s->id != search->id)
		return;
	search->found = true;
	msg_begin(&search->out, MSG_SILENCE_END);
	pack_i64(&search->out.pack, s->id);
	pack_i64(&search->out.pack, s->begin);
	pack_i64(&search->out.pack, s->end);
	msg_str(&search->out, s->subject);
}

void
silences_end_handle(struct request *r)
{
	static struct search search;
	struct err err;
	long id;

	search.found = false;
	if (!request_must_post(r) || request_int(r, "id", 0, 0, 1000000000, &id) < 0)
		return;
	search.id = id;
	if (eventlog_silences(clock_wall_s(), take, &search, &err) < 0)
		reply_error(r, 503, "silences cannot be read: %s", err.text);
	else if (!search.found)
		reply_error(r, 404,
		    "parameter id: no silence %ld lasts or is to come, see "
		    "/api/v1/silences",
		    id);
	else
		words_pass_on(r, &search.out);
}

/* --- for people ------------------------------------------------------------------- */

struct list {
	struct html *page;
	bool any;
};

static struct html *
put(struct list *l, const char *targets, const char *reason)
{
	struct html *item = html_item(l->page, "silence");

	l->any = true;
	html_text(item, "s_of", *targets != '\0' ? targets : "all targets");
	html_text(item, "s_reason", reason);
	return item;
}

static void
put_until(struct html *item, const char *name, int64_t time)
{
	char when[40];

	when_text(when, sizeof when, time, false);
	html_text(item, name, when);
}

static void
page_asked(void *ctx, const struct eventlog_silence *s)
{
	struct html *item = put(ctx, s->subject, s->reason);

	html_printf(item, "s_id", "%" PRId64, s->id);
	if (s->begin > clock_wall_s())
		put_until(item, "s_begin", s->begin);
	put_until(item, "s_end", s->end);
}

static void
page_window(void *ctx, const struct window *w, bool holds)
{
	if (!holds)
		return;
	struct html *item = put(ctx, w->targets, w->reason);

	html_text(item, "s_name", w->name);
	if (w->until != 0)
		put_until(item, "s_end", w->until);
}

void
silences_put(struct html *page)
{
	struct list l = { page, false };
	struct err err;

	/* Incidents of the same file say why where it cannot be read. */
	eventlog_silences(clock_wall_s(), page_asked, &l, &err);
	each_window(clock_wall_s(), page_window, &l);
	html_flag(page, "silences", l.any);
}
