#include "recorder/culprits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "culprit.h"

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
put_hosts(struct json *j, const struct talk_span *s)
{
	size_t count;
	struct toplist_row *row =
	    toplist_top(s->hosts, CULPRIT_HOSTS, &count, NULL, NULL, NULL);
	char text[ADDR_TEXT];

	jw_key(j, "hosts");
	jw_array(j);
	for (size_t i = 0; i < count; i++) {
		jw_object(j);
		jw_put_str(j, "host", flow_ip_text(&row[i].key.a, text));
		put_rates(j, &row[i].sum, s->covered_s);
		jw_object_end(j);
	}
	jw_array_end(j);
	free(row);
}

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
	jw_key(j, key);
	jw_object(j);
	jw_put_int(j, "start", s.start);
	jw_put_int(j, "end", s.end);
	jw_put_num(j, "coverage", coverage(&s, now));
	put_rates(j, &s.total, s.covered_s);
	put_hosts(j, &s);
	jw_object_end(j);
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
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		fatal("open_memstream");
	/* "{...}" without its end. */
	fprintf(out, "%.*s%s", (int)(len - 1), in->evidence, len > 2 ? "," : "");
	jw_init(&j, out);
	jw_key(&j, "talkers");
	jw_object(&j);
	bool any = put_span(&j, "during", t, s.begin, s.end, now);
	any |= put_span(&j, "before", t, s.before, s.begin - s.begin % MINUTE_S, now);
	jw_object_end(&j);
	putc('}', out);
	if (fclose(out) != 0)
		fatal("open_memstream");
	if (any)
		return text;
	free(text);
	return NULL;
}
