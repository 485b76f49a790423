#include "recorder/loadtext.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "infer/load.h"

/* Added by WAY; NAN. Less than at rest is noise, and nothing. */
static double
added(const struct loadtext *t, unsigned way)
{
	const struct msg_loadway *w = &t->result.way[way];
	double more = w->fresh.rtt - t->result.idle.rtt;

	if (!t->over || !w->tried || isnan(more))
		return NAN;
	return more > 0 ? more : 0;
}

double
loadtext_added(const struct loadtext *t)
{
	double sum = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < LOAD_WAYS; i++)
		if (!isnan(added(t, i))) {
			sum += added(t, i);
			n++;
		}
	return n > 0 ? sum / n : NAN;
}

/* The lowest of the ways. */
static double
rpm(const struct loadtext *t)
{
	double least = NAN;

	for (unsigned i = 0; i < LOAD_WAYS; i++)
		if (t->result.way[i].tried)
			least = fmin(least, t->result.way[i].fresh.rpm);
	return least;
}

/* --- the sentence ----------------------------------------------------------------- */

static void
put_rate(FILE *out, double bps)
{
	if (bps >= 1e9)
		fprintf(out, "%.3g Gbit/s", bps / 1e9);
	else if (bps >= 1e6)
		fprintf(out, "%.3g Mbit/s", bps / 1e6);
	else
		fprintf(out, "%.3g kbit/s", bps / 1e3);
}

static void
put_way(FILE *out, const struct loadtext *t, unsigned way, bool first)
{
	const struct msg_loadway *w = &t->result.way[way];

	fprintf(out, "%s%s ", first ? "" : ", ", load_way_word((enum load_way)way));
	if (isnan(w->burst_bps)) {
		fprintf(out, "not measured");
		return;
	}
	put_rate(out, isnan(w->sustained_bps) ? w->burst_bps : w->sustained_bps);
	if (isnan(w->sustained_bps)) {
		fprintf(out, " (in %.2g s, too short to last)", w->seconds);
	} else if (fabs(w->burst_bps / w->sustained_bps - 1) >= 0.1) {
		fprintf(out, " (");
		put_rate(out, w->burst_bps);
		fprintf(out, " in the first %d s)", LOAD_BURST_S);
	}
}

static void
put_wait(FILE *out, const struct loadtext *t)
{
	bool first = true;

	for (unsigned i = 0; i < LOAD_WAYS; i++) {
		double more = added(t, i);

		if (isnan(more))
			continue;
		fprintf(out, "%s %.3g ms longer during the %s",
		    first ? "; others wait" : " and", more * 1000,
		    load_way_word((enum load_way)i));
		first = false;
	}
	if (first)
		return;
	fprintf(out, ": grade %s", load_grade(loadtext_added(t)));
	if (!isnan(rpm(t)) && !isnan(t->result.idle.rpm))
		fprintf(out, ", %.0f round trips a minute (%.0f at rest)", rpm(t),
		    t->result.idle.rpm);
}

char *
loadtext_summary(const struct loadtext *t)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	bool first = true;

	fprintf(out, "Own load test");
	if (!t->over)
		fprintf(out, " is running");
	else if (t->result.failed)
		fprintf(out, ", not complete: %s", t->result.text);
	for (unsigned i = 0; t->over && i < LOAD_WAYS; i++)
		if (t->result.way[i].tried) {
			if (first)
				fprintf(out, "%s ", t->result.failed ? ";" : ":");
			put_way(out, t, i, first);
			first = false;
		}
	if (t->over)
		put_wait(out, t);
	putc('.', out);
	mem_stream_end(out);
	return text;
}

/* --- the numbers ------------------------------------------------------------------ */

/* "WAY_NAME" */
static const char *
key(unsigned way, const char *name)
{
	static char text[64];

	snprintf(text, sizeof text, "%s_%s",
	    way == LOAD_WAYS ? "idle" : load_way_word((enum load_way)way), name);
	return text;
}

static void
put_num(struct json *j, unsigned way, const char *name, double v)
{
	jw_key(j, key(way, name));
	jw_num(j, v);
}

static void
put_fresh(struct json *j, unsigned way, const struct msg_loadfresh *f)
{
	put_num(j, way, "rtt", f->rtt);
	put_num(j, way, "rtt90", f->rtt90);
	put_num(j, way, "rpm", f->rpm);
	put_num(j, way, "connections", f->made);
	put_num(j, way, "failed", f->failed);
}

static void
put_pings(struct json *j, unsigned way, const struct loadtext_pings *p)
{
	if (p->count == 0)
		return;
	jw_key(j, key(way, "pings_target"));
	jw_str(j, p->path);
	put_num(j, way, "pings", p->count);
	put_num(j, way, "pings_rtt", p->loaded);
	put_num(j, way, "pings_idle_rtt", p->idle);
}

static void
put_numbers(struct json *j, const struct loadtext *t)
{
	jw_put_str(j, "rpm_form", LOAD_RPM_FORM);
	put_fresh(j, LOAD_WAYS, &t->result.idle);
	for (unsigned i = 0; i < LOAD_WAYS; i++) {
		const struct msg_loadway *w = &t->result.way[i];

		if (!w->tried)
			continue;
		put_num(j, i, "begin", (double)w->begin_ms / 1000);
		put_num(j, i, "end", (double)w->end_ms / 1000);
		put_num(j, i, "bytes", (double)w->bytes);
		put_num(j, i, "seconds", w->seconds);
		jw_key(j, key(i, "ended_by"));
		jw_str(j, w->full ? "bytes" : t->result.failed ? "failure" : "time");
		put_num(j, i, "burst_bps", w->burst_bps);
		put_num(j, i, "sustained_bps", w->sustained_bps);
		put_fresh(j, i, &w->fresh);
		put_num(j, i, "added", added(t, i));
		put_pings(j, i, &t->pings[i]);
	}
	jw_put_num(j, "added", loadtext_added(t));
	const char *grade = load_grade(loadtext_added(t));
	jw_key(j, "grade");
	jw_str(j, *grade != '\0' ? grade : NULL);
	jw_key(j, "why");
	jw_str(j, t->result.failed ? t->result.text : NULL);
}

char *
loadtext_evidence(const struct loadtext *t)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	jw_key(&j, "line");
	jw_str(&j, t->line.name[0] != '\0' ? t->line.name : NULL);
	if (t->line.name[0] != '\0') {
		jw_put_num(&j, "line_in_bps", t->line.bps[IF_IN]);
		jw_put_num(&j, "line_out_bps", t->line.bps[IF_OUT]);
	}
	if (t->over)
		put_numbers(&j, t);
	jw_object_end(&j);
	mem_stream_end(out);
	return text;
}
