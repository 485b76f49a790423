/* One run of a scenario: rounds of pings go into the judge, and what it says is kept.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/radio.h"
#include "infer/verdict.h"
#include "t/scenariorun.h"

static double now_is;

static void
note(struct outcome *o, const struct infer_finding *f, bool over)
{
	struct word *x = &o->word[o->words];
	unsigned last = o->words;

	while (last > 0 && strcmp(o->word[last - 1].subject, f->subject) != 0)
		last--;
	if (last > 0 && o->word[last - 1].over == over &&
	    o->word[last - 1].begin == (double)f->begin &&
	    o->word[last - 1].confidence == f->confidence &&
	    strcmp(o->word[last - 1].cause, f->cause) == 0)
		return;
	if (o->words == WORDS_MAX)
		return;
	*x = (struct word){ .segment = f->segment,
		.confidence = f->confidence,
		.at = now_is,
		.begin = (double)f->begin,
		.over = over };
	snprintf(x->cause, sizeof x->cause, "%s", f->cause);
	snprintf(x->subject, sizeof x->subject, "%s", f->subject);
	o->words++;
}

static void
hear(void *ctx, const struct infer_finding *f, int64_t time, bool over)
{
	struct outcome *o = ctx;
	struct told *x = NULL;

	(void)time;
	note(o, f, over);
	for (unsigned i = 0; i < o->tolds; i++)
		if (o->told[i].segment == f->segment &&
		    strcmp(o->told[i].subject, f->subject) == 0)
			x = &o->told[i];
	if (x == NULL) {
		if (o->tolds == TOLD_MAX)
			return;
		x = &o->told[o->tolds++];
		memset(x, 0, sizeof *x);
		x->first = now_is;
	}
	x->segment = f->segment;
	snprintf(x->cause, sizeof x->cause, "%s", f->cause);
	snprintf(x->subject, sizeof x->subject, "%s", f->subject);
	if (!over)
		snprintf(x->sentence, sizeof x->sentence, "%s", f->sentence);
	x->low = x->high = NAN;
	for (unsigned i = 0; i < f->numbers; i++)
		if (strcmp(f->number[i].name, "added_delay") == 0 &&
		    strcmp(f->number[i].of, "Far.a") == 0) {
			x->low = f->number[i].low;
			x->high = f->number[i].high;
		}
	if (f->confidence > x->best)
		x->best = f->confidence;
	if (f->confidence == CONFIDENCE_SURE && x->sure == 0)
		x->sure = now_is;
}

static const enum verdict_role roles[] = { VERDICT_BRIDGE, VERDICT_HOME,
	VERDICT_GATEWAY, VERDICT_ACCESS, VERDICT_PROVIDER, VERDICT_RESOLVER };

/* By traces: the link that the ways to all that are bad cross, and to none that is
 * good.
 */
static unsigned
where_ways_part(void *ctx, const uint64_t *bad, size_t bads, const uint64_t *good,
    size_t goods, char hop[VERDICT_HOP])
{
	const struct world *w = ctx;
	unsigned crossed[LINKS] = { 0 };
	enum link on_way[LINKS];

	for (size_t i = 0; i < bads + goods; i++) {
		uint64_t id = i < bads ? bad[i] : good[i - bads];
		unsigned n = world_way(w, (unsigned)id - 1, on_way);
		for (unsigned k = 0; k < n; k++)
			crossed[on_way[k]] += i < bads ? 1 : NODES;
	}
	for (unsigned k = 0; k < LINKS; k++)
		if (crossed[k] == bads) {
			snprintf(hop, VERDICT_HOP, "10.0.0.%u", k);
			return k + 1;
		}
	return 0;
}

static void
enlist(struct verdict *v, struct world *w)
{
	static const char *const names[] = { "bridge", "printer", "gateway", "access",
		"core", "resolver" };
	char name[32];

	for (unsigned i = 0; i < NODES; i++) {
		if (!w->there[i])
			continue;
		if (i < END || i >= GATEWAY6)
			snprintf(name, sizeof name, "Net.%s%s",
			    names[i < END ? i : i - GATEWAY6 + GATEWAY],
			    i < END ? "" : "6");
		else
			snprintf(name, sizeof name, "Far.%c", 'a' + (int)(i - END));
		verdict_series(
		    v, &(struct verdict_series){ .id = 1 + i,
			   .path = name,
			   .role = i < END	   ? roles[i]
				   : i >= GATEWAY6 ? roles[i - GATEWAY6 + GATEWAY]
						   : VERDICT_FAR,
			   .network = i,
			   .family = world_family(w, i),
			   .step = (uint32_t)w->step,
			   .pings = w->pings });
	}
	verdict_medium(v, w->medium);
	verdict_cuts(v, where_ways_part, w);
}

static int
by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
one_round(struct verdict *v, struct world *w, const struct scenario *sc, unsigned node,
    double end)
{
	struct verdict_round r = { .id = 1 + node,
		.time = (int64_t)end,
		.sent = w->pings,
		.median = NAN,
		.p90 = NAN };
	double rtt[64], since = end - w->step - w->onset;
	unsigned n = 0;
	bool whole = since > w->step && since + w->step < w->length - w->step;

	whole |= since + w->step < 0;

	for (unsigned i = 0; i < w->pings; i++) {
		double t = end - w->step + w->step * i / w->pings;
		/* Once a round will do where nothing begins or ends within it. */
		if (i == 0 || sc->segment == SEGMENT_NONE || !whole || w->restless) {
			world_calm(w);
			sc->at(w, t - w->onset);
		}
		if (w->off)
			return;
		r.suspect |= w->overflow;
		r.moved |= w->moved && node == w->victim;
		r.route_changed |= w->rerouted && node >= END &&
				   ((node - END) * 2 < w->fars || node == w->victim);
		if (w->stalled || w->cannot_send) {
			r.unknown++;
			r.why = w->stalled ? VERDICT_STALLED : VERDICT_NOT_SENT;
			continue;
		}
		double one = w->no_route ? -1 : world_ping(w, node);
		if (one < 0) {
			r.lost++;
			r.error = w->no_route ? VERDICT_NO_ROUTE
				  : node == w->victim || node == RESOLVER
				      ? w->error
				      : VERDICT_TIMEOUT;
		} else
			rtt[n++] = one;
	}
	if (n > 0) {
		qsort(rtt, n, sizeof rtt[0], by_time);
		r.median = rtt[n / 2];
		r.p90 = rtt[n * 9 / 10];
	}
	verdict_round(v, &r);
}

/* Two minutes of what the radio tells. */
static void
tell_radio(struct verdict *v, struct world *w)
{
	struct wifi one = { .name = "wlan0",
		.linked = !w->unlinked,
		.span = { .known_ms = 10000,
		    .count = { 200, 200 * w->retries / (1 - w->retries), 0, 0 },
		    .level = { w->signal, 5180, 86e6, NAN } } };
	struct infer_finding f;

	if (w->signal == 0)
		return;
	for (unsigned i = 0; i < RADIO_SPANS; i++)
		radio_take(&w->radio, &one);
	radio_tell(&w->radio, &f);
	verdict_neighbour(v, &f, false);
}

static void
tell_counters(struct verdict *v, struct world *w, const struct scenario *sc, double t)
{
	world_calm(w);
	sc->at(w, t - w->onset);
	if (!isnan(w->out))
		verdict_use(v, &(struct verdict_use){ .time = (int64_t)t,
				   .in = w->in,
				   .out = w->out,
				   .in_bps = w->in * 50e6,
				   .out_bps = w->out * 10e6,
				   .in_line = 50e6,
				   .out_line = 10e6 });
	tell_radio(v, w);
	if (w->has_neighbour != w->told_neighbour) {
		verdict_neighbour(v, &w->neighbour, !w->has_neighbour);
		w->told_neighbour = w->has_neighbour;
	}
}

bool
scenario_is_cause(const char *words, const char *cause)
{
	size_t len = strlen(cause);
	const char *at = strstr(words, cause);

	return at != NULL && (at == words || at[-1] == '|') &&
	       (at[len] == '\0' || at[len] == '|');
}

static void
judge_told(const struct scenario *sc, const struct world *w, struct outcome *o)
{
	for (unsigned i = 0; i < o->tolds; i++) {
		struct told *x = &o->told[i];
		x->right =
		    x->segment == sc->segment && scenario_is_cause(sc->cause, x->cause);
		o->right |= x->right;
		o->wrong += !x->right;
		/* From the first round that could see it. */
		o->sure_soon |=
		    x->right && x->sure > 0 &&
		    x->sure <= w->onset + 6.25 * fmax(w->step, w->step < 5 ? 4 : 60);
	}
	if (o->wrong > 0)
		o->right = false;
}

void
scenario_run(const struct scenario *sc, uint64_t seed, struct outcome *o)
{
	struct world w;
	unsigned order[NODES], n = 0;

	scenario_seed(sc->name, seed);
	world_build(&w, sc->clear);
	w.onset = START + sc->warm + chance() * 4 * w.step;
	w.length = sc->length;
	w.a = chance();
	w.b = chance();
	sc->make(&w);
	memset(o, 0, sizeof *o);
	o->right = sc->segment == SEGMENT_NONE;
	struct verdict *v = verdict_new(hear, o);
	enlist(v, &w);
	for (unsigned i = 0; i < NODES; i++)
		if (w.there[i])
			order[n++] = i;
	for (unsigned i = 1; i < n; i++)
		for (unsigned k = i; k > 0 && w.phase[order[k]] < w.phase[order[k - 1]];
		     k--) {
			unsigned swap = order[k];
			order[k] = order[k - 1];
			order[k - 1] = swap;
		}
	for (double t = START; t < w.onset + w.length + sc->after; t += w.step) {
		for (unsigned i = 0; i < n; i++) {
			now_is = t + w.phase[order[i]];
			verdict_tick(v, (int64_t)now_is);
			one_round(v, &w, sc, order[i], now_is);
		}
		tell_counters(v, &w, sc, t + w.step);
	}
	judge_told(sc, &w, o);
	struct infer_finding f;
	bool fine = verdict_now(v, &f);
	/* What another judge says is told where no window shows it. */
	if (sc->segment != SEGMENT_NONE && o->tolds == 0 && f.segment == sc->segment &&
	    scenario_is_cause(sc->cause, f.cause))
		o->right = true;
	if (sc->segment == SEGMENT_NONE && !fine)
		o->right = false;
	verdict_free(v);
	o->truth = w.truth;
	o->size = w.size;
	snprintf(o->last, sizeof o->last, "%s", f.sentence);
	o->step = w.step;
	o->onset = w.onset;
	o->pings = w.pings;
	o->fars = w.fars;
}
