#include "web/culprits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "web/talkers.h"

#define SPAN_LEAST_S 900
#define SPAN_MOST_S 86400
#define SHOWN 5

bool
culprits_wanted(const struct eventlog_row *row)
{
	static const char *const kinds[] = { "loss", "latency", "attack", "congestion",
		"verdict", "alert" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(row->kind, kinds[i]) == 0)
			return talkers_known();
	return false;
}

static void
put_rates(struct json *j, const struct minute_sum *sum, int64_t seconds)
{
	double s = seconds > 0 ? (double)seconds : NAN;

	jw_put_num(j, "bps_in", round(8 * (double)sum->octets[MINUTE_IN] / s));
	jw_put_num(j, "bps_out", round(8 * (double)sum->octets[MINUTE_OUT] / s));
	jw_put_num(j, "pps_in", round((double)sum->packets[MINUTE_IN] / s));
	jw_put_num(j, "pps_out", round((double)sum->packets[MINUTE_OUT] / s));
}

static void
put_hosts(struct json *j, const struct talkers *t)
{
	size_t count;
	struct toplist_row *row =
	    toplist_top(t->list[MINUTE_HOST], SHOWN, &count, NULL, NULL, NULL);
	char text[ADDR_TEXT];

	jw_key(j, "hosts");
	jw_array(j);
	for (size_t i = 0; i < count; i++) {
		jw_object(j);
		jw_put_str(j, "host", flow_ip_text(&row[i].key.a, text));
		put_rates(j, &row[i].sum, t->covered_s);
		jw_object_end(j);
	}
	jw_array_end(j);
	free(row);
}

static void
put_span(struct json *j, const char *key, int64_t start, int64_t end, int64_t now,
    bool hosts)
{
	struct talkers t;

	talkers_ask(&t, hosts ? 1U << MINUTE_HOST : 0, start, end, now);
	jw_key(j, key);
	jw_object(j);
	jw_put_int(j, "start", t.start);
	jw_put_int(j, "end", t.end);
	jw_put_num(j, "coverage", talkers_coverage(&t));
	put_rates(j, &t.total, t.covered_s);
	if (hosts)
		put_hosts(j, &t);
	jw_object_end(j);
	talkers_free(&t);
}

void
culprits_put(struct json *j, const struct eventlog_row *row, int64_t now, bool hosts)
{
	int64_t end = row->end != 0 ? row->end : now, begin = row->begin, span;

	if (end - begin > SPAN_MOST_S)
		end = begin + SPAN_MOST_S;
	span = end - begin < SPAN_LEAST_S ? SPAN_LEAST_S : end - begin;
	jw_object(j);
	put_span(j, "during", begin, end > begin ? end : begin + 1, now, hosts);
	/* Whole minutes: what is in the first of it belongs to it. */
	begin -= begin % MINUTE_S;
	put_span(j, "before", begin - span, begin, now, hosts);
	jw_object_end(j);
}
