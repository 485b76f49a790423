#include "infer/effect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stats.h"

#define DRAWS 1000 /* of the bootstrap */
/* A block is so many times the cube root of the number of rounds. */
#define BLOCK 2.0
#define OUTSIDE 0.05 /* of the draws, on both ends together */
#define Z_95 1.96    /* standard deviations that hold as much, ... */
#define Z_STRICT 2.5 /* ... and for one of four measures */

/* A value and the round that it is of. */
struct of_round {
	double value;
	size_t round;
};

/* A side made ready: known rounds only, what is ranked in its order. */
struct ready {
	size_t rounds;
	struct of_round *median, *rtt; /* ascending */
	size_t medians, rtts;
	double *jitter, *loss; /* of each round */
	uint32_t *answers;     /* of each round */
	uint32_t *times;       /* that a round was drawn */
};

struct sum {
	double median, p95, jitter, loss;
};

/* --- one side --------------------------------------------------------------------- */

static int
by_value(const void *a, const void *b)
{
	double x = ((const struct of_round *)a)->value,
	       y = ((const struct of_round *)b)->value;

	return x < y ? -1 : x > y;
}

static void
make_ready(struct ready *r, const struct effect_side *s)
{
	size_t most = s->rounds < EFFECT_ROUNDS_MAX ? s->rounds : EFFECT_ROUNDS_MAX;

	*r = (struct ready){ 0 };
	r->median = mem_zero(most + 1, sizeof *r->median);
	r->rtt = mem_zero(most * s->pings + 1, sizeof *r->rtt);
	r->jitter = mem_zero(most + 1, sizeof *r->jitter);
	r->loss = mem_zero(most + 1, sizeof *r->loss);
	r->answers = mem_zero(most + 1, sizeof *r->answers);
	r->times = mem_zero(most + 1, sizeof *r->times);
	for (size_t i = 0; i < most; i++) {
		if (isnan(s->loss[i]))
			continue;
		size_t at = r->rounds++;
		r->loss[at] = s->loss[i];
		r->jitter[at] = s->jitter[i];
		if (!isnan(s->median[i]))
			r->median[r->medians++] = (struct of_round){ s->median[i], at };
		for (unsigned k = 0; k < s->pings; k++) {
			double v = s->rtt[i * s->pings + k];
			if (isnan(v))
				continue;
			r->rtt[r->rtts++] = (struct of_round){ v, at };
			r->answers[at]++;
		}
	}
	qsort(r->median, r->medians, sizeof *r->median, by_value);
	qsort(r->rtt, r->rtts, sizeof *r->rtt, by_value);
}

static void
ready_free(struct ready *r)
{
	free(r->median);
	free(r->rtt);
	free(r->jitter);
	free(r->loss);
	free(r->answers);
	free(r->times);
}

/* The value of the N ascending ones of V that has ABOVE of their weight above it, each
 * as often as its round was drawn. From the top, which is near. */
static double
weighted(const struct ready *r, const struct of_round *v, size_t n, double above)
{
	double seen = 0;

	while (n > 0) {
		seen += r->times[v[--n].round];
		if (seen > above)
			return v[n].value;
	}
	return NAN;
}

/* The figures of R, each round as often as it was drawn. */
static struct sum
sum_up(const struct ready *r)
{
	double medians = 0, answers = 0, jitter = 0, jitters = 0, loss = 0, rounds = 0;

	for (size_t i = 0; i < r->medians; i++)
		medians += r->times[r->median[i].round];
	for (size_t i = 0; i < r->rounds; i++) {
		double w = r->times[i];
		answers += w * r->answers[i];
		loss += w * r->loss[i];
		rounds += w;
		if (!isnan(r->jitter[i])) {
			jitter += w * r->jitter[i];
			jitters += w;
		}
	}
	return (struct sum){
		.median = weighted(r, r->median, r->medians, floor((medians - 1) / 2)),
		.p95 = weighted(r, r->rtt, r->rtts, floor(answers * 0.05)),
		.jitter = jitters > 0 ? jitter / jitters : NAN,
		.loss = rounds > 0 ? loss / rounds : NAN,
	};
}

/* --- chance ----------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t
next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static size_t
block_of(const struct ready *r)
{
	return (size_t)ceil(BLOCK * cbrt((double)r->rounds));
}

/* Draw as many rounds as R has, in blocks that begin anywhere and go round its end. */
static void
draw(struct ready *r, uint64_t *state)
{
	size_t block = block_of(r), left = r->rounds;

	memset(r->times, 0, r->rounds * sizeof *r->times);
	while (left > 0) {
		size_t at = (size_t)(((next(state) >> 32) * r->rounds) >> 32);
		size_t n = block < left ? block : left;

		left -= n;
		for (; n > 0; n--) {
			r->times[at]++;
			at = at + 1 < r->rounds ? at + 1 : 0;
		}
	}
}

static double
of_measure(const struct sum *s, int m)
{
	return m == EFFECT_MEDIAN   ? s->median
	       : m == EFFECT_P95    ? s->p95
	       : m == EFFECT_JITTER ? s->jitter
				    : s->loss;
}

/* How much too narrow the draws are at Z standard deviations: blocks leave out what is
 * between them, and a few of them know their spread no better than Student's t. */
static double
widen(const struct ready *b, const struct ready *a, double z)
{
	double blocks = (double)b->rounds / (double)block_of(b) +
			(double)a->rounds / (double)block_of(a);

	return sqrt(blocks / (blocks - 2)) * (1 + (z * z + 1) / (4 * (blocks - 2)));
}

/* Both intervals of a change from N differences that were drawn of B and A. */
static void
judge(struct effect_change *c, bool loss, double *difference, size_t n,
    const struct ready *b, const struct ready *a)
{
	double strict = OUTSIDE / EFFECT_MEASURES, is = c->after - c->before;
	double wide = widen(b, a, Z_95), wider = widen(b, a, Z_STRICT);
	double least = loss ? EFFECT_LEAST_LOSS
			    : fmax(EFFECT_LEAST_S, EFFECT_LEAST_SHARE * c->before);

	c->low = c->high = NAN;
	/* Where a draw has no value, as of rounds that were nearly all lost, the others
	 * are no fair choice. */
	if (n < DRAWS)
		return;
	stats_sort(difference, n);
	c->low = is + wide * (stats_quantile(difference, n, OUTSIDE / 2) - is);
	c->high = is + wide * (stats_quantile(difference, n, 1 - OUTSIDE / 2) - is);
	double low = is + wider * (stats_quantile(difference, n, strict / 2) - is);
	double high = is + wider * (stats_quantile(difference, n, 1 - strict / 2) - is);
	if (loss) { /* which no share of pings can go beyond */
		c->low = fmax(c->low, -1);
		c->high = fmin(c->high, 1);
	}
	c->shown =
	    ((low > 0 && c->low > 0) || (high < 0 && c->high < 0)) && fabs(is) >= least;
}

/* Did so much more get lost that nothing else is simply better, though that may be
 * chance: as of one outage, which says little of how often there is one. */
static bool
is_doubtful(const struct effect_change *loss)
{
	return !loss->shown && loss->after >= loss->before + EFFECT_DOUBT_LOSS &&
	       loss->after >= 2 * loss->before;
}

static enum effect_word
word_for(const struct effect *e)
{
	bool better = false, worse = false;

	for (int m = 0; m < EFFECT_MEASURES; m++) {
		better |= e->change[m].shown && e->change[m].high < 0;
		worse |= e->change[m].shown && e->change[m].low > 0;
	}
	return better && (worse || e->doubt) ? EFFECT_MIXED
	       : better			     ? EFFECT_BETTER
	       : worse			     ? EFFECT_WORSE
					     : EFFECT_NONE;
}

static void
set_all_once(struct ready *r)
{
	for (size_t i = 0; i < r->rounds; i++)
		r->times[i] = 1;
}

void
effect_find(struct effect *e, const struct effect_side *before,
    const struct effect_side *after, uint64_t seed)
{
	struct ready b, a;
	double *difference[EFFECT_MEASURES];
	size_t n[EFFECT_MEASURES] = { 0 };

	*e = (struct effect){ 0 };
	make_ready(&b, before);
	make_ready(&a, after);
	e->before = b.rounds;
	e->after = a.rounds;
	set_all_once(&b);
	set_all_once(&a);
	struct sum was = sum_up(&b), is = sum_up(&a);
	for (int m = 0; m < EFFECT_MEASURES; m++) {
		e->change[m] = (struct effect_change){ of_measure(&was, m),
			of_measure(&is, m), NAN, NAN, false };
		difference[m] = mem_alloc(DRAWS * sizeof *difference[m]);
	}
	if (b.rounds >= EFFECT_ROUNDS_MIN && a.rounds >= EFFECT_ROUNDS_MIN) {
		for (int i = 0; i < DRAWS; i++) {
			draw(&b, &seed);
			draw(&a, &seed);
			was = sum_up(&b);
			is = sum_up(&a);
			for (int m = 0; m < EFFECT_MEASURES; m++) {
				double d = of_measure(&is, m) - of_measure(&was, m);
				if (!isnan(d))
					difference[m][n[m]++] = d;
			}
		}
		for (int m = 0; m < EFFECT_MEASURES; m++)
			judge(&e->change[m], m == EFFECT_LOSS, difference[m], n[m], &b,
			    &a);
		e->doubt = is_doubtful(&e->change[EFFECT_LOSS]);
		e->word = word_for(e);
	}
	for (int m = 0; m < EFFECT_MEASURES; m++)
		free(difference[m]);
	ready_free(&b);
	ready_free(&a);
}

/* --- words ------------------------------------------------------------------------ */

const char *
effect_word(enum effect_word word)
{
	static const char *const words[EFFECT_WORDS] = { "too little is known",
		"no difference shown", "better", "worse", "mixed" };

	return words[word];
}

const char *
effect_measure_word(enum effect_measure m)
{
	static const char *const words[EFFECT_MEASURES] = { "median", "p95", "jitter",
		"loss" };

	return words[m];
}

/* "12 to 26 ms", "0.2 to 0.6 percentage points": how far, without its direction. */
static void
extent(char *buf, size_t size, int m, const struct effect_change *c)
{
	double low = fmin(fabs(c->low), fabs(c->high)) * (m == EFFECT_LOSS ? 100 : 1e3);
	double high =
	    fmax(fabs(c->low), fabs(c->high)) * (m == EFFECT_LOSS ? 100 : 1e3);
	int digits = high < 0.0995 ? 3 : high < 9.95 ? 2 : high < 99.5 ? 1 : 0;

	const char *unit = m == EFFECT_LOSS ? "percentage points" : "ms";
	if (high - low < pow(10, -digits) / 2)
		snprintf(buf, size, "%.*f %s", digits, high, unit);
	else
		snprintf(buf, size, "%.*f to %.*f %s", digits, low, digits, high, unit);
}

/* Those that fell (SIGN -1) or rose, each with its extent, to BUF from AT on. The end.
 */
static size_t
list(const struct effect *e, int sign, char *buf, size_t at, size_t size)
{
	unsigned said = 0;

	for (int m = 0; m < EFFECT_MEASURES; m++) {
		const struct effect_change *c = &e->change[m];
		char how[64];
		bool fell = c->high < 0;

		if (!c->shown || (fell ? -1 : 1) != sign || at >= size)
			continue;
		extent(how, sizeof how, m, c);
		int n = snprintf(buf + at, size - at, "%s%s%s by %s",
		    said > 0 ? ", " : "", effect_measure_word(m),
		    said > 0 ? ""
		    : fell   ? " fell"
			     : " rose",
		    how);
		at += n > 0 ? (size_t)n : 0;
		said++;
	}
	return at < size ? at : size - 1;
}

void
effect_sentence(const struct effect *e, char *buf, size_t size)
{
	size_t at;

	if (e->word == EFFECT_TOO_LITTLE) {
		snprintf(buf, size,
		    "Too little is known: %zu rounds before and %zu after, it takes %d of "
		    "each.",
		    e->before, e->after, EFFECT_ROUNDS_MIN);
		return;
	}
	if (e->word == EFFECT_NONE) {
		snprintf(buf, size, "No difference shown.");
		return;
	}
	at = (size_t)snprintf(buf, size, "%s: ",
	    e->word == EFFECT_BETTER  ? "Better"
	    : e->word == EFFECT_WORSE ? "Worse"
				      : "Mixed");
	size_t begin = at;
	if (e->word != EFFECT_WORSE)
		at = list(e, -1, buf, at, size);
	size_t fallen = at;
	if (e->word == EFFECT_MIXED && at < size)
		at += (size_t)snprintf(buf + at, size - at, "; ");
	size_t risen = at;
	if (e->word != EFFECT_BETTER && at < size)
		at = list(e, 1, buf, at, size);
	if (at == risen && fallen > begin) /* nothing did, for certain */
		at = fallen;
	if (at < size)
		at += (size_t)snprintf(buf + at, size - at, " (95 %%)");
	if (e->doubt && e->word == EFFECT_MIXED && at < size)
		at += (size_t)snprintf(buf + at, size - at,
		    "; loss was %.1f %% and is %.1f %%, which may be chance",
		    e->change[EFFECT_LOSS].before * 100,
		    e->change[EFFECT_LOSS].after * 100);
	if (at < size)
		snprintf(buf + at, size - at, ".");
}
