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
#include "web/paper.h"
#include "web/viewfile.h"
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

/* Seconds of each side, of a note at AT: no more of one than there is of the other. */
static int64_t
span_of(const struct conf_target *t, int64_t at)
{
	int64_t span = EFFECTS_SPAN_S, since = clock_wall_s() - at;

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
		clock_wall_s() - row->begin > 2 * EFFECT_ROUNDS_MIN * (int64_t)t->step))
		return;
	effect_sentence(&f->effect, text, sizeof text);
	html_text(item, "e_sentence", text);
	html_text(item, "e_word",
	    f->effect.word == EFFECT_BETTER  ? "good"
	    : f->effect.word == EFFECT_WORSE ? "wrong"
					     : "");
	figure_span(span, sizeof span, f->span);
	html_text(item, "e_span", span);
	html_printf(item, "e_id", "%" PRId64, row->id);
	html_text(item, "e_target", t->path);
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

static const char *const words[EFFECT_WORDS] = { "too_little", "none", "better",
	"worse", "mixed" };

/* What R asks of. */
struct question {
	long id;
	int64_t at; /* when the note is of */
	const struct conf_target *target;
	const struct found *found; /* NULL: nothing */
	const struct effect *effect;
};

/* 0, or -1 after having answered. */
static int
ask(struct request *r, struct question *q)
{
	static const struct effect nothing;
	struct eventlog_query log = { .limit = 1 };
	struct note note = { 0, false };
	char file[STORE_PATH];
	struct err err;

	if (request_int(r, "id", 0, 1, INT32_MAX, &q->id) != 0)
		return -1;
	if (q->id == 0) {
		reply_error(
		    r, 400, "parameter id: is missing, expected a note's number");
		return -1;
	}
	log.id = q->id;
	if ((q->target = api_wanted_target(r, file)) == NULL)
		return -1;
	if (eventlog_each(&log, on_note, &note, &err) < 0) {
		reply_error(r, 503, "incidents cannot be read: %s", err.text);
		return -1;
	}
	if (!note.found) {
		reply_error(r, 404, "parameter id: there is no note %ld", q->id);
		return -1;
	}
	const char *slave = strchr(request_arg(r, "target"), '~');
	q->at = note.at;
	q->found = find(q->target,
	    slave != NULL ? slave + 1 : vantage_first(state_conf(), q->target), q->id,
	    note.at);
	q->effect = q->found != NULL ? &q->found->effect : &nothing;
	return 0;
}

void
effects_handle(struct request *r)
{
	struct question q;
	char text[400];
	struct json j;

	if (ask(r, &q) != 0)
		return;
	const struct found *f = q.found;
	const struct effect *e = q.effect;
	effect_sentence(e, text, sizeof text);
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_put_int(&j, "id", q.id);
	jw_put_str(&j, "target", request_arg(r, "target"));
	jw_put_int(&j, "time", q.at);
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

/* --- as a file -------------------------------------------------------------------- */

/* Units of the drawing. */
#define BAR_LEFT 150.0
#define BAR_RIGHT 130.0
#define BAR_HEIGHT 40.0
#define LETTER 12

/* VALUE of measure M with its unit. */
static const char *
measure_text(char buf[FIGURE_TEXT], enum effect_measure m, double value)
{
	return m == EFFECT_LOSS ? figure_percent_text(buf, value)
				: figure_rtt_text(buf, value);
}

/* Before and after as two bars of one scale. */
static void
draw_change(FILE *out, const struct effect_change *c, enum effect_measure m, double y)
{
	double most =
	    fmax(isnan(c->before) ? 0 : c->before, isnan(c->after) ? 0 : c->after);
	double room = PAPER_WIDTH - BAR_LEFT - BAR_RIGHT;
	const double value[] = { c->before, c->after };
	char text[FIGURE_TEXT];

	paper_word(
	    out, INK_TEXT, 0, y + 20, ANCHOR_LEFT, LETTER, effect_measure_word(m));
	for (int i = 0; i < 2; i++) {
		double width =
		    isnan(value[i]) || most == 0 ? 0 : room * value[i] / most;
		paper_word(out, INK_PALE, BAR_LEFT - 8, y + 12 + i * 15, ANCHOR_RIGHT,
		    LETTER - 2, i == 0 ? "before" : "after");
		paper_box(out, FORM_BOX, i == 0 ? INK_REST : INK_KEY, BAR_LEFT,
		    y + 3 + i * 15, fmax(width, 1), 11);
		paper_word(out, INK_TEXT, BAR_LEFT + width + 8, y + 12 + i * 15,
		    ANCHOR_LEFT, LETTER - 2, measure_text(text, m, value[i]));
	}
}

static void
draw_effect(FILE *out, const struct question *q)
{
	char *title = html_strip(q->target->title), when[VIEWFILE_WHEN], span[32],
	     text[400];

	effect_sentence(q->effect, text, sizeof text);
	paper_printf(out, PAPER_TEXT, "%s: %s", title, text);
	figure_span(span, sizeof span, q->found != NULL ? q->found->span : 0);
	paper_printf(out, PAPER_SMALL, "%s before and after %s.", span,
	    viewfile_when(when, q->at, true));
	for (int m = 0; m < EFFECT_MEASURES; m++)
		draw_change(
		    out, &q->effect->change[m], (enum effect_measure)m, m * BAR_HEIGHT);
	paper_drawing(out, PAPER_WIDTH, EFFECT_MEASURES * BAR_HEIGHT, "");
	free(title);
}

static void
put_interval_text(
    struct viewfile *f, const struct effect_change *c, enum effect_measure m)
{
	char low[FIGURE_TEXT], high[FIGURE_TEXT], *text;

	if (isnan(c->low)) {
		viewfile_str(f, NULL);
		return;
	}
	measure_text(low, m, fabs(c->low));
	measure_text(high, m, fabs(c->high));
	text = mem_printf(
	    "%s%s to %s%s", c->low < 0 ? "−" : "+", low, c->high < 0 ? "−" : "+", high);
	viewfile_str(f, text);
	free(text);
}

static const char *const tables[] = { "changes", NULL };

void
effects_file(struct request *r)
{
	static const struct viewfile_column column[] = {
		{ "measure", "", VIEWFILE_TEXT }, { "before", NULL, VIEWFILE_NUMBER },
		{ "after", NULL, VIEWFILE_NUMBER }, { "low", NULL, VIEWFILE_NUMBER },
		{ "high", NULL, VIEWFILE_NUMBER }, { "shown", NULL, VIEWFILE_NUMBER }
	};
	static const struct viewfile_column people[] = { { "measure", "",
							     VIEWFILE_TEXT },
		{ "interval", "difference, 95 %", VIEWFILE_TEXT },
		{ "shown", "a difference is", VIEWFILE_TEXT } };
	struct viewfile *f =
	    viewfile_new(r, "effect", "Before and after a note", tables);
	struct question q;

	if (f == NULL)
		return;
	if (ask(r, &q) != 0) {
		viewfile_free(f);
		return;
	}
	FILE *paper = viewfile_paper(f);
	if (q.found != NULL)
		viewfile_span(f, q.at - q.found->span, q.at + q.found->span);
	if (paper != NULL)
		draw_effect(paper, &q);
	viewfile_table(f, "changes", "How sure this is",
	    paper != NULL ? people : column, paper != NULL ? 3 : 6, true);
	for (int m = 0; m < EFFECT_MEASURES; m++) {
		const struct effect_change *c = &q.effect->change[m];
		viewfile_str(f, m == EFFECT_LOSS && paper == NULL
				    ? "loss_ratio"
				    : effect_measure_word(m));
		if (paper != NULL) {
			put_interval_text(f, c, (enum effect_measure)m);
			viewfile_str(f, c->shown ? "shown" : "not shown");
			continue;
		}
		viewfile_num(f, c->before);
		viewfile_num(f, c->after);
		viewfile_num(f, c->low);
		viewfile_num(f, c->high);
		viewfile_int(f, c->shown);
	}
	viewfile_answer(f);
}
