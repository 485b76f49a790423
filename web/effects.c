#include "web/effects.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "infer/effect.h"
#include "store.h"
#include "web/api.h"
#include "web/figure.h"
#include "web/series.h"
#include "web/vantage.h"
#include "web/state.h"
#include "web/window.h"

#define KEPT 256 /* that are not found anew */

/* What was found of a note and a target. */
struct found {
	int64_t note, at; /* at: when the note is of */
	uint64_t target;
	int64_t span;  /* seconds of each side; 0: this place is free */
	bool estimate; /* rows are means of many rounds */
	struct effect effect;
};

static struct found kept[KEPT];

static int64_t
now_s(void)
{
	return clock_wall_ns() / CLOCK_NS_PER_S;
}

/* Seconds of each side, of a note at AT: no more of one than there is of the other. */
static int64_t
span_of(const struct conf_target *t, int64_t at)
{
	int64_t span = EFFECTS_SPAN_S, since = now_s() - at;

	if (span > (int64_t)t->step * EFFECTS_ROUNDS)
		span = (int64_t)t->step * EFFECTS_ROUNDS;
	if (span > since)
		span = since;
	return span > 0 ? span / t->step * t->step : 0;
}

/* Columns of the rows of S from FIRST on, COUNT of them, as a side; freed by
 * side_free(). */
static struct effect_side
side_of(const struct series *s, size_t first, size_t count)
{
	double *rtt = mem_alloc((count * s->pings + 1) * sizeof *rtt);
	double *median = mem_alloc((count + 1) * sizeof *median);
	double *jitter = mem_alloc((count + 1) * sizeof *jitter);
	double *loss = mem_alloc((count + 1) * sizeof *loss);

	for (size_t i = 0; i < count; i++) {
		const double *row = s->value + (first + i) * s->columns;
		memcpy(rtt + i * s->pings, row + STORE_DS_PING, s->pings * sizeof *rtt);
		median[i] = row[STORE_DS_MEDIAN];
		jitter[i] = window_spread(row + STORE_DS_PING, s->pings);
		loss[i] = row[STORE_DS_LOSS] / s->pings;
	}
	return (struct effect_side){ count, s->pings, rtt, median, jitter, loss };
}

static void
side_free(struct effect_side *s)
{
	free((void *)s->rtt);
	free((void *)s->median);
	free((void *)s->jitter);
	free((void *)s->loss);
}

/* Compare the rows of S that end by AT with those that begin at it or later: one in
 * which it lies is of neither. */
static void
compare(struct found *f, const struct series *s)
{
	size_t before = f->at > s->start ? (size_t)((f->at - s->start) / s->step) : 0;
	size_t after =
	    f->at > s->start ? (size_t)((f->at - s->start + s->step - 1) / s->step) : 0;

	if (before > s->count)
		before = s->count;
	if (after > s->count)
		after = s->count;
	struct effect_side was = side_of(s, 0, before),
			   is = side_of(s, after, s->count - after);
	f->estimate = s->step > s->file.step;
	effect_find(&f->effect, &was, &is, (uint64_t)f->note ^ f->target);
	side_free(&was);
	side_free(&is);
}

/* What was different of T as SLAVE sees it behind NOTE, which is of AT. Kept, since
 * what has passed does not change. NULL when that cannot be read. */
static const struct found *
find(const struct conf_target *t, const char *slave, int64_t note, int64_t at)
{
	uint64_t target = vantage_id(t, slave);
	struct found *f = &kept[((uint64_t)note * 31 + target) % KEPT];
	int64_t span = span_of(t, at);
	char file[STORE_PATH];
	struct series s;
	struct stat st;

	if (f->span == span && f->note == note && f->target == target && f->at == at &&
	    span > 0)
		return f;
	*f = (struct found){ .note = note, .at = at, .target = target, .span = span };
	if (span == 0 || vantage_file(file, t, slave) != 0 || stat(file, &st) != 0)
		return NULL;
	if (series_read(&s, file, at - span, at + span, 2 * EFFECTS_ROUNDS + 2, NULL) !=
	    0) {
		f->span = 0;
		return NULL;
	}
	compare(f, &s);
	series_free(&s);
	return f;
}

/* --- for people ------------------------------------------------------------------- */

/* With so many digits that what is small is seen. */
static int
digits_of(double most)
{
	return most < 0.0995 ? 3 : most < 9.95 ? 2 : most < 99.5 ? 1 : 0;
}

static void
put_one(struct html *h, const char *name, double value, bool loss)
{
	if (isnan(value))
		html_text(h, name, "–");
	else
		html_printf(h, name, "%.*f", loss ? 1 : digits_of(value), value);
}

/* "15.3" and "14.9" of H, and their unit. */
static void
put_pair(struct html *h, const struct effect_change *c, bool loss)
{
	double scale = loss ? 100 : 1e3;

	put_one(h, "e_before", c->before * scale, loss);
	put_one(h, "e_after", c->after * scale, loss);
	html_text(h, "e_unit", loss ? "%" : "ms");
}

/* "−0.6 to −0.2 ms" */
static void
put_interval(struct html *h, const struct effect_change *c, bool loss)
{
	double scale = loss ? 100 : 1e3, low = c->low * scale, high = c->high * scale;
	double most = fmax(fabs(low), fabs(high));
	int digits = digits_of(most);

	if (isnan(low)) {
		html_text(h, "e_interval", "");
		return;
	}
	html_printf(h, "e_interval", "%s%.*f to %s%.*f%s", low < 0 ? "−" : "+", digits,
	    fabs(low), high < 0 ? "−" : "+", digits, fabs(high),
	    loss ? " points" : " ms");
}

/* Notes on how this box itself began to measure: nothing out there was changed. */
static bool
is_our_own(const char *source)
{
	return strcmp(source, "start") == 0 || strcmp(source, "takeover") == 0 ||
	       strcmp(source, "worker") == 0;
}

void
effects_put(
    struct html *item, const struct conf_target *t, const struct eventlog_row *row)
{
	const char *slave = vantage_first(state_conf(), t);
	const struct found *f;
	char text[400], span[32];

	html_text(item, "e_sentence", "");
	if (strcmp(row->kind, "note") != 0 || t->kind == CONF_MULTIHOST ||
	    is_our_own(row->source))
		return;
	f = find(t, slave, row->id, row->begin);
	/* A note at the beginning of all history has nothing to be compared with, and
	 * of an old one that was not measured there will never be more. */
	if (f == NULL || f->effect.before < EFFECT_ROUNDS_MIN ||
	    (f->effect.word == EFFECT_TOO_LITTLE &&
		now_s() - row->begin > 2 * EFFECT_ROUNDS_MIN * (int64_t)t->step))
		return;
	effect_sentence(&f->effect, text, sizeof text);
	html_text(item, "e_sentence", text);
	html_text(item, "e_word",
	    f->effect.word == EFFECT_BETTER  ? "good"
	    : f->effect.word == EFFECT_WORSE ? "wrong"
					     : "");
	figure_span(span, sizeof span, f->span);
	html_text(item, "e_span", span);
	for (int m = 0; m < EFFECT_MEASURES; m++) {
		const struct effect_change *c = &f->effect.change[m];
		struct html *h = html_item(item, "e_change");
		html_text(h, "e_name", effect_measure_word(m));
		html_text(h, "e_about", f->estimate || m == EFFECT_JITTER ? "≈ " : "");
		html_flag(h, "e_shown", c->shown);
		put_pair(h, c, m == EFFECT_LOSS);
		put_interval(h, c, m == EFFECT_LOSS);
	}
}

/* --- for programs ----------------------------------------------------------------- */

struct note {
	int64_t at;
	bool found;
};

static void
on_note(void *ctx, const struct eventlog_row *row)
{
	struct note *n = ctx;

	n->at = row->begin;
	n->found = strcmp(row->kind, "note") == 0;
}

static void
put_changes(struct json *j, const struct effect *e)
{
	jw_key(j, "changes");
	jw_object(j);
	for (int m = 0; m < EFFECT_MEASURES; m++) {
		const struct effect_change *c = &e->change[m];
		jw_key(j, m == EFFECT_LOSS ? "loss_ratio" : effect_measure_word(m));
		jw_object(j);
		jw_put_num(j, "before", c->before);
		jw_put_num(j, "after", c->after);
		jw_put_num(j, "low", c->low);
		jw_put_num(j, "high", c->high);
		jw_put_bool(j, "shown", c->shown);
		jw_object_end(j);
	}
	jw_object_end(j);
}

void
effects_handle(struct request *r)
{
	static const char *const words[EFFECT_WORDS] = { "too_little", "none", "better",
		"worse", "mixed" };
	struct eventlog_query q = { .limit = 1 };
	struct note note = { 0, false };
	char file[STORE_PATH], text[400];
	const struct conf_target *t;
	struct err err;
	struct json j;
	long id;

	if (request_int(r, "id", 0, 1, INT32_MAX, &id) != 0)
		return;
	if (id == 0) {
		reply_error(
		    r, 400, "parameter id: is missing, expected a note's number");
		return;
	}
	q.id = id;
	if ((t = api_wanted_target(r, file)) == NULL)
		return;
	if (eventlog_each(&q, on_note, &note, &err) < 0) {
		reply_error(r, 503, "incidents cannot be read: %s", err.text);
		return;
	}
	if (!note.found) {
		reply_error(r, 404, "parameter id: there is no note %ld", id);
		return;
	}
	const char *slave = strchr(request_arg(r, "target"), '~');
	const struct found *f = find(
	    t, slave != NULL ? slave + 1 : vantage_first(state_conf(), t), id, note.at);
	static const struct effect nothing;
	const struct effect *e = f != NULL ? &f->effect : &nothing;
	effect_sentence(e, text, sizeof text);
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_put_int(&j, "id", id);
	jw_put_str(&j, "target", request_arg(r, "target"));
	jw_put_int(&j, "time", note.at);
	jw_put_int(&j, "span", f != NULL ? f->span : 0);
	jw_put_str(&j, "unit", "s");
	jw_put_bool(&j, "exact", f == NULL || !f->estimate);
	jw_put_int(&j, "rounds_before", (int64_t)e->before);
	jw_put_int(&j, "rounds_after", (int64_t)e->after);
	jw_put_str(&j, "word", words[e->word]);
	jw_put_str(&j, "summary", text);
	if (f != NULL)
		put_changes(&j, e);
	jw_object_end(&j);
	api_answer(r);
}
