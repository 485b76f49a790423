#include "web/culprits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "culpritspan.h"
#include "web/talkers.h"
#include "web/veil.h"

bool
culprits_wanted(const struct eventlog_row *row)
{
	return culprit_explains(row->kind) &&
	       (talkers_known() || culprit_of(row->evidence) != NULL);
}

static void
put_span(struct json *j, const char *key, int64_t start, int64_t end, int64_t now,
    bool hosts)
{
	struct talkers t;

	talkers_ask(&t, hosts ? 1U << MINUTE_HOST : 0, start, end, now);
	culprit_put(j, key,
	    &(struct culprit_traffic){ .start = t.start,
		.end = t.end,
		.covered_s = t.covered_s,
		.coverage = talkers_coverage(&t),
		.total = &t.total,
		.hosts = hosts ? t.list[MINUTE_HOST] : NULL });
	talkers_free(&t);
}

/* How much of the time of an incident is known by what the recorder kept of it. */
static double
kept_coverage(const struct eventlog_row *row)
{
	double share = eventlog_number(row->evidence, "$.talkers.during.coverage");

	return isnan(share) ? 0 : share;
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
	    ring_coverage(&s, now) < kept_coverage(row)) {
		put_kept(j, kept, hosts);
		return;
	}
	jw_object(j);
	put_span(j, "during", s.begin, s.end, now, hosts);
	put_span(j, "before", s.before, s.begin - s.begin % MINUTE_S, now, hosts);
	jw_object_end(j);
}
