/* Single pings, as the recorder's ring has them: each with its outcome. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "rawring.h"
#include "store.h"
#include "web/api.h"
#include "web/request.h"

#define PINGS_SPAN_S 600L
/* The ring is read through by the loop itself: an hour of 256 MiB a day takes 10 ms. */
#define PINGS_SPAN_MAX_S (3 * 3600L)
#define PINGS_DEFAULT 100
#define PINGS_LEAST 10 /* more than end in one second */
#define PINGS_MOST 10000
#define PINGS_VALUES_MAX (128 * 1024L) /* pings in one answer: about 4 MB of text */

struct pings {
	struct json j;
	int64_t next; /* seconds; 0: that was all */
	long limit, rounds, values;
};

static double
seconds(int64_t wall_ns)
{
	return (double)(wall_ns / CLOCK_NS_PER_US) / 1e6;
}

static void
put_count(struct json *j, const char *key, unsigned n)
{
	jw_key(j, key);
	jw_int(j, n);
}

static void
put_word(struct json *j, const char *key, const char *word)
{
	jw_key(j, key);
	jw_str(j, word);
}

/* The three columns of R's pings, in the order of sending. */
static void
put_pings(struct json *j, const struct round *r)
{
	jw_key(j, "outcome");
	jw_array(j);
	for (unsigned i = 0; i < r->count; i++)
		jw_str(j, ping_outcome_word(r->ping[i].outcome));
	jw_array_end(j);
	jw_key(j, "rtt");
	jw_array(j);
	for (unsigned i = 0; i < r->count; i++)
		if (r->ping[i].rtt_ns >= 0)
			jw_num(j, (double)r->ping[i].rtt_ns / 1e9);
		else
			jw_null(j);
	jw_array_end(j);
	jw_key(j, "stamp");
	jw_array(j);
	for (unsigned i = 0; i < r->count; i++)
		if (r->ping[i].rtt_ns >= 0 && r->ping[i].stamp < STAMP_KINDS)
			jw_str(j, ping_stamp_word(r->ping[i].stamp));
		else
			jw_null(j);
	jw_array_end(j);
}

static void
put_extras(struct json *j, const struct round *r)
{
	jw_key(j, "extras");
	jw_object(j);
	for (unsigned i = 0; i < r->extras; i++) {
		jw_key(j, extra_kind(r->extra[i].kind)->word);
		jw_num(j, r->extra[i].value);
	}
	jw_object_end(j);
}

static void
put_round(struct json *j, const struct round *r)
{
	bool unknown = r->state == ROUND_UNKNOWN;
	char address[ADDR_TEXT];

	jw_object(j);
	jw_key(j, "row");
	jw_int(j, r->row);
	jw_key(j, "begin");
	jw_num(j, seconds(r->begin_ns));
	jw_key(j, "end");
	jw_num(j, seconds(r->end_ns));
	put_word(j, "state", unknown ? "unknown" : "measured");
	put_word(j, "cause", unknown ? ping_outcome_word(r->cause) : NULL);
	jw_key(j, "suspect");
	jw_bool(j, r->suspect);
	put_word(j, "address",
	    r->address.sa.sa_family == AF_UNSPEC ? NULL
						 : addr_text(&r->address, address));
	put_count(j, "duplicates", r->duplicates);
	put_count(j, "late", r->late);
	put_count(j, "forged", r->forged);
	put_count(j, "wrong_source", r->wrong_source);
	put_count(j, "truncated", r->truncated);
	put_count(j, "reordered", r->reordered);
	put_count(j, "ttl_changes", r->ttl_changes);
	jw_key(j, "ttl");
	if (r->ttl != 0)
		jw_int(j, r->ttl);
	else
		jw_null(j);
	jw_key(j, "jitter");
	jw_num(j, round_jitter(r));
	put_extras(j, r);
	put_pings(j, r);
	jw_object_end(j);
}

static int
pings_each(void *ctx, const struct round *r)
{
	struct pings *p = ctx;

	if (p->rounds == p->limit || p->values + r->count > PINGS_VALUES_MAX) {
		p->next = r->end_ns / CLOCK_NS_PER_S;
		return 1;
	}
	put_round(&p->j, r);
	p->rounds++;
	p->values += r->count;
	return 0;
}

void
pings_handle(struct request *r)
{
	char file[STORE_PATH];
	struct pings p = { .next = 0 };
	int64_t start, end;
	const struct conf_target *t = api_wanted_target(r, file);

	if (t == NULL || request_time(r, "end", clock_wall_s() + 1, &end) < 0 ||
	    request_time(
		r, "start", end > PINGS_SPAN_S ? end - PINGS_SPAN_S : 0, &start) < 0 ||
	    request_int(r, "limit", PINGS_DEFAULT, PINGS_LEAST, PINGS_MOST, &p.limit) <
		0)
		return;
	if (start < 0 || start >= end || end - start > PINGS_SPAN_MAX_S) {
		reply_error(r, 400,
		    "parameter start: %lld, expected a time before the end, %lld, and "
		    "at most %ld s before it",
		    (long long)start, (long long)end, PINGS_SPAN_MAX_S);
		return;
	}
	jw_init(&p.j, request_out(r));
	jw_object(&p.j);
	put_word(&p.j, "target", t->path);
	jw_key(&p.j, "start");
	jw_int(&p.j, start);
	jw_key(&p.j, "end");
	jw_int(&p.j, end);
	put_word(&p.j, "unit", "s");
	jw_key(&p.j, "rounds");
	jw_array(&p.j);
	rawring_read(
	    t->id, start * CLOCK_NS_PER_S, end * CLOCK_NS_PER_S, pings_each, &p);
	jw_array_end(&p.j);
	jw_key(&p.j, "next");
	if (p.next != 0)
		jw_int(&p.j, p.next);
	else
		jw_null(&p.j);
	jw_object_end(&p.j);
	api_answer(r);
}
