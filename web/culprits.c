#include "web/culprits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "culprit.h"
#include "web/talkers.h"
#include "web/veil.h"

bool
culprits_wanted(const struct eventlog_row *row)
{
	return culprit_explains(row->kind) &&
	       (talkers_known() || culprit_of(row->evidence) != NULL);
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
	    toplist_top(t->list[MINUTE_HOST], CULPRIT_HOSTS, &count, NULL, NULL, NULL);
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

/* How much of the time of an incident is known by KEPT, as the recorder wrote it. */
static double
kept_coverage(const char *kept)
{
	const char *at = kept != NULL ? strstr(kept, "\"coverage\":") : NULL;

	return at != NULL ? strtod(at + strlen("\"coverage\":"), NULL) : 0;
}

/* The same by the ring, now. */
static double
ring_coverage(const struct culprit_spans *s, int64_t now)
{
	struct talkers t;

	talkers_ask(&t, 0, s->begin, s->end, now);
	double share = talkers_coverage(&t);
	talkers_free(&t);
	return isnan(share) ? 0 : share;
}

/* What the recorder kept, "{...}" with the brace behind that ends the evidence. */
static void
put_kept(struct json *j, const char *kept, bool hosts)
{
	char *text = mem_strn(kept, strlen(kept) - 1);

	if (!hosts) {
		char *object = mem_printf("{\"talkers\":%s}", text);
		char *veiled = veil_evidence(object);
		const char *inside = culprit_of(veiled);

		free(text);
		text = inside != NULL ? mem_strn(inside, strlen(inside) - 1)
				      : mem_str("{}");
		free(veiled);
		free(object);
	}
	json_raw(j, text);
	free(text);
}

void
culprits_put(struct json *j, const struct eventlog_row *row, int64_t now, bool hosts)
{
	const char *kept = culprit_of(row->evidence);
	struct culprit_spans s;

	culprit_spans(row->begin, row->end, now, &s);
	jw_key(j, "talkers");
	if (kept != NULL && row->end != 0 &&
	    ring_coverage(&s, now) < kept_coverage(kept)) {
		put_kept(j, kept, hosts);
		return;
	}
	jw_object(j);
	put_span(j, "during", s.begin, s.end, now, hosts);
	put_span(j, "before", s.before, s.begin - s.begin % MINUTE_S, now, hosts);
	jw_object_end(j);
}
