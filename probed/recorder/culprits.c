#include "recorder/culprits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "culpritspan.h"

static double
coverage(const struct talk_span *s, int64_t now)
{
	int64_t end = s->end < now ? s->end : now;
	double share = end > s->start
			   ? (double)s->covered_s / (double)(end - s->start)
			   : NAN;

	return share > 1 ? 1 : share;
}

/* False: nothing was tallied then. */
static bool
put_span(struct json *j, const char *key, const struct talk *t, int64_t start,
    int64_t end, int64_t now)
{
	struct talk_span s;

	talk_span(t, start, end, &s);
	culprit_put(j, key,
	    &(struct culprit_traffic){ .start = s.start,
		.end = s.end,
		.covered_s = s.covered_s,
		.coverage = coverage(&s, now),
		.total = &s.total,
		.hosts = s.hosts });
	talk_span_free(&s);
	return s.covered_s > 0;
}

char *
culprits_evidence(const struct talk *t, const struct incident *in, int64_t now)
{
	char *text;
	size_t size, len = culprit_without(in->evidence);
	struct json j;
	struct culprit_spans s;

	if (!culprit_explains(in->kind) || len < 2)
		return NULL;
	culprit_spans(in->begin, in->end, now, &s);
	FILE *out = mem_stream(&text, &size);
	/* "{...}" without its end. */
	fprintf(out, "%.*s%s", (int)(len - 1), in->evidence, len > 2 ? "," : "");
	jw_init(&j, out);
	jw_key(&j, "talkers");
	jw_object(&j);
	bool any = put_span(&j, "during", t, s.begin, s.end, now);
	any |= put_span(&j, "before", t, s.before, s.begin - s.begin % MINUTE_S, now);
	jw_object_end(&j);
	putc('}', out);
	mem_stream_end(out);
	if (any)
		return text;
	free(text);
	return NULL;
}
