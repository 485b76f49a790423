/* GET /api/v1/flows/top: who filled the line between two times. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "web/access.h"
#include "web/api.h"
#include "web/request.h"
#include "web/talkername.h"
#include "web/talkers.h"

#define LIMIT_DEFAULT 10
#define LIMIT_MAX 1000
#define SPAN_DEFAULT 3600

static void
put_int(struct json *j, const char *key, uint64_t v)
{
	jw_key(j, key);
	jw_int(j, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

static void
put_num(struct json *j, const char *key, double v)
{
	jw_key(j, key);
	jw_num(j, v);
}

/* Numbers with three digits behind the point are enough for octets and shares alike. */
static double
rounded(double v)
{
	return round(v * 1e6) / 1e6;
}

static double
share_of(uint64_t octets, uint64_t all)
{
	return all == 0 ? NAN : rounded((double)octets / (double)all);
}

static void
put_sum(struct json *j, const struct minute_sum *s)
{
	double octets = talkers_octets_interval(s),
	       packets = talkers_packets_interval(s);
	double all = (double)minute_octets(s);

	put_int(j, "octets", minute_octets(s));
	put_int(j, "octets_in", s->octets[MINUTE_IN]);
	put_int(j, "octets_out", s->octets[MINUTE_OUT]);
	put_int(j, "octets_other", s->octets[MINUTE_OTHER]);
	put_num(j, "octets_low", octets < all ? round(all - octets) : 0);
	put_num(j, "octets_high", round(all + octets));
	put_int(j, "packets", minute_packets(s));
	put_int(j, "packets_in", s->packets[MINUTE_IN]);
	put_int(j, "packets_out", s->packets[MINUTE_OUT]);
	put_int(j, "packets_other", s->packets[MINUTE_OTHER]);
	all = (double)minute_packets(s);
	put_num(j, "packets_low", packets < all ? round(all - packets) : 0);
	put_num(j, "packets_high", round(all + packets));
	put_int(j, "flows", s->flows);
	put_int(j, "unknown_octets", s->unknown_octets);
}

struct table {
	struct json *j;
	enum minute_by by;
	const struct toplist_row *row;
	size_t count;
	uint64_t all;
};

static void
ip_column(const struct table *t, const char *name, bool second)
{
	char text[ADDR_TEXT];

	jw_key(t->j, name);
	jw_array(t->j);
	for (size_t i = 0; i < t->count; i++)
		jw_str(t->j,
		    flow_ip_text(second ? &t->row[i].key.b : &t->row[i].key.a, text));
	jw_array_end(t->j);
}

/* One number of each row's key. */
#define KEY_COLUMN(t, name, member)                                                    \
	do {                                                                           \
		jw_key((t)->j, name);                                                  \
		jw_array((t)->j);                                                      \
		for (size_t i = 0; i < (t)->count; i++)                                \
			jw_int((t)->j, (t)->row[i].key.member);                        \
		jw_array_end((t)->j);                                                  \
	} while (0)

static void
put_keys(const struct table *t)
{
	switch (t->by) {
	case MINUTE_HOST:
	case MINUTE_PEER:
		ip_column(t, "address", false);
		break;
	case MINUTE_INTERFACE:
		ip_column(t, "exporter", false);
		KEY_COLUMN(t, "interface", number);
		break;
	case MINUTE_PORT:
		KEY_COLUMN(t, "protocol", proto);
		KEY_COLUMN(t, "port", dport);
		break;
	case MINUTE_PROTOCOL:
		KEY_COLUMN(t, "protocol", proto);
		break;
	case MINUTE_AS:
		KEY_COLUMN(t, "as", number);
		break;
	case MINUTE_DSCP:
		KEY_COLUMN(t, "dscp", tos);
		break;
	case MINUTE_FLOW:
		ip_column(t, "source", false);
		ip_column(t, "destination", true);
		KEY_COLUMN(t, "protocol", proto);
		KEY_COLUMN(t, "source_port", sport);
		KEY_COLUMN(t, "destination_port", dport);
		break;
	case MINUTE_TOTAL:
	case MINUTE_BYS:
		break;
	}
}

static void
put_names(const struct table *t)
{
	char name[TALKERNAME], more[TALKERNAME];

	for (unsigned detail = 0; detail < 2; detail++) {
		jw_key(t->j, detail ? "detail" : "name");
		jw_array(t->j);
		for (size_t i = 0; i < t->count; i++) {
			talker_name(t->by, &t->row[i].key, name, more);
			jw_str(t->j, detail ? more : name);
		}
		jw_array_end(t->j);
	}
}

static double
low(const struct toplist_row *r)
{
	double v = (double)minute_octets(&r->sum) - talkers_octets_interval(&r->sum);

	return v > 0 ? round(v) : 0;
}

static double
high(const struct toplist_row *r)
{
	return round((double)minute_octets(&r->sum) + talkers_octets_interval(&r->sum));
}

#define COLUMN(t, name, value)                                                         \
	do {                                                                           \
		jw_key((t)->j, name);                                                  \
		jw_array((t)->j);                                                      \
		for (size_t i = 0; i < (t)->count; i++) {                              \
			const struct toplist_row *r = &(t)->row[i];                    \
			jw_num((t)->j, (double)(value));                               \
		}                                                                      \
		jw_array_end((t)->j);                                                  \
	} while (0)

static void
put_columns(const struct table *t)
{
	jw_key(t->j, "columns");
	jw_object(t->j);
	put_keys(t);
	put_names(t);
	COLUMN(t, "octets", minute_octets(&r->sum));
	COLUMN(t, "octets_in", r->sum.octets[MINUTE_IN]);
	COLUMN(t, "octets_out", r->sum.octets[MINUTE_OUT]);
	COLUMN(t, "octets_other", r->sum.octets[MINUTE_OTHER]);
	COLUMN(t, "packets", minute_packets(&r->sum));
	COLUMN(t, "packets_in", r->sum.packets[MINUTE_IN]);
	COLUMN(t, "packets_out", r->sum.packets[MINUTE_OUT]);
	COLUMN(t, "packets_other", r->sum.packets[MINUTE_OTHER]);
	COLUMN(t, "flows", r->sum.flows);
	/* What passes through interfaces is no part of it: it goes through several. */
	COLUMN(t, "share",
	    t->by == MINUTE_INTERFACE ? NAN : share_of(minute_octets(&r->sum), t->all));
	COLUMN(t, "octets_low", low(r));
	COLUMN(t, "octets_high", high(r));
	COLUMN(t, "missing", r->missing);
	COLUMN(t, "unknown_octets", r->sum.unknown_octets);
	jw_object_end(t->j);
}

static void
put_answer(struct json *j, const struct talkers *t, enum minute_by by, size_t limit)
{
	struct table table = { .j = j, .by = by, .all = minute_octets(&t->total) };
	uint64_t rest_rows, unlisted;
	struct minute_sum rest;
	struct toplist_row *row =
	    toplist_top(t->list[by], limit, &table.count, &rest, &rest_rows, &unlisted);

	table.row = row;
	jw_object(j);
	jw_key(j, "by");
	jw_str(j, minute_by_word(by));
	jw_key(j, "start");
	jw_int(j, t->start);
	jw_key(j, "end");
	jw_int(j, t->end);
	put_num(j, "coverage", rounded(talkers_coverage(t)));
	put_int(j, "covered", (uint64_t)t->covered_s);
	jw_key(j, "growing");
	jw_bool(j, t->growing);
	put_int(j, "damaged", t->damage.count);
	put_num(j, "confidence", 0.99);
	jw_key(j, "total");
	jw_object(j);
	put_sum(j, &t->total);
	jw_object_end(j);
	put_int(j, "count", table.count);
	put_columns(&table);
	jw_key(j, "rest");
	jw_object(j);
	put_int(j, "rows", rest_rows);
	put_int(j, "unlisted", unlisted);
	put_int(j, "forgotten", toplist_forgotten(t->list[by]));
	put_sum(j, &rest);
	jw_object_end(j);
	jw_object_end(j);
	free(row);
}

/* Argument by; MINUTE_BYS after having answered. */
static enum minute_by
parse_by(struct request *r)
{
	const char *word = request_arg(r, "by");
	enum minute_by by =
	    word == NULL || *word == '\0' ? MINUTE_HOST : minute_by_of(word);

	if (by == MINUTE_BYS)
		reply_error(r, 400,
		    "parameter by: expected host, peer, port, protocol, as, dscp, interface, "
		    "flow or total");
	return by;
}

void
talkers_handle(struct request *r)
{
	int64_t now = clock_wall_s(), start, end;
	struct talkers t;
	struct json j;
	long limit;
	enum minute_by by = parse_by(r);

	if (by == MINUTE_BYS || request_short_time(r, "end", now, &end) < 0 ||
	    request_short_time(r, "start", end - SPAN_DEFAULT, &start) < 0 ||
	    request_int(r, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX, &limit) < 0)
		return;
	if (start >= end || start < 0) {
		reply_error(r, 400, "parameter start: %lld is not before the end, %lld",
		    (long long)start, (long long)end);
		return;
	}
	if (!access_hosts(r) && access_is_private(by)) {
		reply_error(r, 403,
		    "who talks to whom is for those who know the password, expected by=total, "
		    "protocol, dscp or interface");
		return;
	}
	talkers_ask(&t, 1U << by, start, end, now);
	jw_init(&j, request_out(r));
	put_answer(&j, &t, by, (size_t)limit);
	talkers_free(&t);
	api_answer(r);
}
