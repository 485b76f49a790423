/* What other judges found, as the verdict hears it: attacks on hosts at home, congested
 * links, the radio. Each kind has room of its own. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "infer/verdict_impl.h"

#define MARGIN_MIN 15 /* a quarter of an hour: hours are found in such steps */
#define DAY_MIN 1440

/* Of links, twice as many as are judged, and the own lines. */
static const struct {
	const char *kind;
	unsigned room;
} kinds[] = { { "wifi", 8 }, { "attack", 64 }, { "congestion", 160 } };

static bool
is_kind(const struct infer_finding *f, const char *kind)
{
	return strcmp(f->kind, kind) == 0;
}

static void
drop(struct slot *slot, const struct infer_finding *o)
{
	struct diagnosis *const has[] = { &slot->d, &slot->also, &slot->next };

	for (size_t i = 0; i < sizeof has / sizeof has[0]; i++)
		if (has[i]->other == o)
			has[i]->other = NULL;
}

/* Nothing points to O any more. */
static void
forget_other(struct verdict *v, const struct infer_finding *o)
{
	struct series *s, *next;

	drop(&v->path, o);
	drop(&v->under, o);
	drop(&v->host, o);
	HASH_ITER(hh, v->series, s, next)
		drop(&s->slot, o);
}

/* AT is over. What the verdict tells of an attack is told to its end. */
static void
let_go(struct verdict *v, struct infer_finding *at)
{
	struct infer_finding *old = at;

	if (is_kind(at, "attack") &&
	    (v->past_attack == NULL || v->path.d.other != v->past_attack)) {
		old = v->past_attack;
		v->past_attack = at;
	}
	if (old != NULL)
		forget_other(v, old);
	free(old);
}

static bool
has_room(const struct verdict *v, const char *kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < v->neighbours; i++)
		n += is_kind(v->neighbour[i], kind);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return n < kinds[i].room;
	return false;
}

void
verdict_neighbour(struct verdict *v, const struct infer_finding *f, bool over)
{
	/* A radio is better before the verdict ends, whose last words are of what was. */
	if (!over && is_kind(f, "wifi") && f->confidence != CONFIDENCE_NONE) {
		if (v->bad_radio == NULL)
			v->bad_radio = mem_alloc(sizeof *v->bad_radio);
		*v->bad_radio = *f;
	}
	for (unsigned i = 0; i < v->neighbours; i++) {
		struct infer_finding *at = v->neighbour[i];
		if (!is_kind(at, f->kind) || strcmp(at->subject, f->subject) != 0 ||
		    strcmp(at->source, f->source) != 0)
			continue;
		if (over) {
			v->neighbour[i] = v->neighbour[--v->neighbours];
			let_go(v, at);
		} else
			*at = *f;
		return;
	}
	if (over || !has_room(v, f->kind))
		return;
	v->neighbour =
	    mem_grow(v->neighbour, v->neighbours + 1, sizeof v->neighbour[0]);
	v->neighbour[v->neighbours] = mem_alloc(sizeof *f);
	*v->neighbour[v->neighbours++] = *f;
}

void
verdict_others_free(struct verdict *v)
{
	for (unsigned i = 0; i < v->neighbours; i++)
		free(v->neighbour[i]);
	free(v->neighbour);
	free(v->bad_radio);
	free(v->past_attack);
}

/* --- the radio -------------------------------------------------------------------- */

const struct infer_finding *
verdict_radio(const struct verdict *v)
{
	for (unsigned i = 0; v->medium == VERDICT_WIRELESS && i < v->neighbours; i++)
		if (is_kind(v->neighbour[i], "wifi"))
			return v->neighbour[i];
	return NULL;
}

const struct infer_finding *
verdict_unlinked(const struct verdict *v)
{
	const struct infer_finding *f = verdict_radio(v);

	return f != NULL && strcmp(f->cause, "unlinked") == 0 ? f : NULL;
}

/* --- attacks ---------------------------------------------------------------------- */

bool
verdict_goes_out(const struct infer_finding *attack)
{
	return strcmp(finding_fact_of(attack, "direction"), "outgoing") == 0;
}

/* Does attack F fill the line, as far as U counts: it goes the way in which the line is
 * fuller, is a good part of what the line carried then, and that was all it can, or the
 * attack alone is much of that. */
static bool
fills(const struct infer_finding *f, const struct verdict_use *u)
{
	const struct finding_number *bits = finding_find(f, "bits");
	bool out = verdict_goes_out(f);
	double carried = out ? u->out_bps : u->in_bps;

	if (out != verdict_is_out(u) ||
	    (bits != NULL && bits->value < VERDICT_HURTS * carried))
		return false;
	return (out ? u->out : u->in) >= VERDICT_BUSY ||
	       (bits != NULL && bits->value >= VERDICT_HURTS * verdict_line(u, out));
}

static double
bits_of(const struct infer_finding *attack)
{
	const struct finding_number *bits = finding_find(attack, "bits");

	return bits != NULL ? bits->value : 0;
}

/* The greatest attack, of those that fill the line by U where U is not NULL. */
static const struct infer_finding *
greatest(const struct verdict *v, const struct verdict_use *u, unsigned *n)
{
	const struct infer_finding *most = NULL;

	*n = 0;
	for (unsigned i = 0; i < v->neighbours; i++) {
		const struct infer_finding *f = v->neighbour[i];
		if (!is_kind(f, "attack") || (u != NULL && !fills(f, u)))
			continue;
		++*n;
		if (most == NULL || bits_of(f) > bits_of(most))
			most = f;
	}
	return most;
}

const struct infer_finding *
verdict_attack(const struct verdict *v, const struct verdict_use *u, unsigned *n)
{
	*n = 0;
	return u != NULL ? greatest(v, u, n) : NULL;
}

const struct infer_finding *
verdict_any_attack(const struct verdict *v)
{
	unsigned n;

	return greatest(v, NULL, &n);
}

/* --- congested links -------------------------------------------------------------- */

bool
verdict_in_hours(const struct infer_finding *f, int64_t time)
{
	unsigned h, m, end_h, end_m;
	time_t t = (time_t)time;
	struct tm tm;

	if (sscanf(finding_fact_of(f, "hours"), "%2u:%2u-%2u:%2u", &h, &m, &end_h,
		&end_m) != 4 ||
	    localtime_r(&t, &tm) == NULL)
		return true;
	/* From the margin before the begin on, round the clock. */
	unsigned begin = h * 60 + m + DAY_MIN - MARGIN_MIN,
		 now = (unsigned)(tm.tm_hour * 60 + tm.tm_min) + 2 * DAY_MIN,
		 length = (end_h * 60 + end_m + 2 * DAY_MIN - h * 60 - m) % DAY_MIN +
			  2 * MARGIN_MIN;

	return (now - begin) % DAY_MIN < length;
}

/* Is F about the target PATH, or about a link that it shares? */
static bool
is_about(const struct infer_finding *f, const char *path)
{
	size_t len = strlen(path);

	if (strcmp(f->subject, path) == 0)
		return true;
	for (const char *at = finding_fact_of(f, "also");
	     len > 0 && (at = strstr(at, path)) != NULL; at += len)
		if ((at[len] == '\0' || at[len] == ',') &&
		    (at == finding_fact_of(f, "also") || at[-1] == ' '))
			return true;
	return false;
}

/* Is a target that F is about bad by SIGN? */
static bool
is_of_bad(
    const struct verdict *v, const struct infer_finding *f, enum verdict_sign sign)
{
	const struct series *s, *next;

	HASH_ITER(hh, v->series, s, next)
		if (s->track[sign].bad && is_about(f, s->path))
			return true;
	return false;
}

const struct infer_finding *
verdict_congestion(
    const struct verdict *v, enum segment segment, enum verdict_sign sign)
{
	int64_t now = (v->judged + 1) * v->length;

	for (unsigned i = 0; i < v->neighbours; i++) {
		const struct infer_finding *f = v->neighbour[i];
		if (!is_kind(f, "congestion") || f->segment != segment ||
		    !verdict_in_hours(f, now))
			continue;
		/* The own line has no target, and there is but one. */
		if (segment == SEGMENT_ACCESS || is_of_bad(v, f, sign))
			return f;
	}
	return NULL;
}

const struct infer_finding *
verdict_congested_now(const struct verdict *v)
{
	int64_t now = (v->judged + 1) * v->length;

	for (unsigned i = 0; i < v->neighbours; i++) {
		const struct infer_finding *f = v->neighbour[i];
		if (is_kind(f, "congestion") && f->segment != SEGMENT_NONE &&
		    f->confidence >= CONFIDENCE_LIKELY && verdict_in_hours(f, now))
			return f;
	}
	return NULL;
}
