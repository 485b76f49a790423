#include "infer/attack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"

#define ABOVE_S 10
#define ABOVE_FAST_S 4
#define FAST 2 /* times the threshold */
#define CALM_S 10
#define BELOW 0.7
#define BELOW_S 60
#define USUAL_FACTOR 3
#define LINE_PART 0.8
/* Never below what is usual. */
#define USUAL_LEAST 1.2
/* What is far below is not looked after. */
#define FORGET_S 120
/* Part of the floors that is learned. */
#define UNIT (1.0 / 3)

struct key {
	uint8_t len, out, bytes[16];
};

struct watched {
	UT_hash_handle hh;
	struct key key;
	struct attack a;
	int64_t seen_s, seen_ms; /* the last that was said of it */
	unsigned above;	   /* seconds in Suspect above the threshold */
	int64_t relapse_s; /* when it was over last */
	int64_t whole_s;   /* when last not too much was lost of what was said */
	double greatest[BASELINE_FIGURES];
	int64_t minute_s; /* that GREATEST is of */
	bool spoiled;	  /* not normal in it: not learned */
	bool restored;	  /* of before a restart, and not seen since */
};

struct attacks {
	struct attack_settings set;
	struct baselines *base;
	struct watched *all;
	attack_fn fn;
	void *ctx;
	int64_t now_s; /* of the last tick */
};

const char *
attack_state_word(enum attack_state state)
{
	static const char *const words[ATTACK_STATES] = { "normal", "suspect",
		"under attack", "recovering" };

	return words[state];
}

/* --- thresholds ------------------------------------------------------------------- */

void
attacks_threshold(const struct attacks *a, const struct flow_ip *host, bool out,
    double threshold[BASELINE_FIGURES], double usual[BASELINE_FIGURES])
{
	const double floor[BASELINE_FIGURES] = { a->set.packets, a->set.octets,
		a->set.flows };
	double line = LINE_PART * a->set.line[out];

	for (enum baseline_figure f = 0; f < BASELINE_FIGURES; f++) {
		usual[f] = baselines_usual(a->base, host, out, f);
		threshold[f] = fmax(floor[f], USUAL_FACTOR * usual[f]);
		if (f == BASELINE_OCTETS && line > 0)
			threshold[f] = fmin(threshold[f], line);
		threshold[f] = fmax(threshold[f], USUAL_LEAST * usual[f]);
	}
}

/* How much of its threshold V is, by the figure that is most of it. BOUND: by lower
 * bounds, else as estimated. */
static double
ratio(const struct attack *a, const struct vector *v, bool bound,
    enum baseline_figure *figure)
{
	const double value[BASELINE_FIGURES] = { bound ? v->low_packets : v->packets,
		bound ? v->low_octets : v->octets, v->flows };
	double most = 0;

	for (enum baseline_figure f = 0; f < BASELINE_FIGURES; f++)
		if (v->weight * value[f] / a->threshold[f] > most) {
			most = v->weight * value[f] / a->threshold[f];
			*figure = f;
		}
	return most;
}

/* --- who is looked after ---------------------------------------------------------- */

static struct watched *
find(const struct attacks *all, const struct flow_ip *host, bool out, struct key *key)
{
	struct watched *w;

	*key = (struct key){ .len = host->len, .out = out };
	memcpy(key->bytes, host->bytes, host->len);
	HASH_FIND(hh, all->all, key, sizeof *key, w);
	return w;
}

static void
forget(struct attacks *all, struct watched *w)
{
	HASH_DEL(all->all, w);
	free(w);
}

static void end_minute(struct attacks *all, struct watched *w);

/* Make room: the one seen longest ago goes, unless something is the matter with it. */
static void
make_room(struct attacks *all)
{
	struct watched *w, *next, *oldest = NULL;

	HASH_ITER(hh, all->all, w, next)
		if (w->a.state == ATTACK_NORMAL &&
		    (oldest == NULL || w->seen_s < oldest->seen_s))
			oldest = w;
	if (oldest == NULL)
		return;
	if (oldest->minute_s != 0)
		end_minute(all, oldest);
	forget(all, oldest);
}

/* NULL when there is no room, since all are attacked. */
static struct watched *
watched(struct attacks *all, const struct flow_ip *host, bool out)
{
	struct key key;
	struct watched *w = find(all, host, out, &key);

	if (w != NULL)
		return w;
	if (HASH_COUNT(all->all) >= 2 * ATTACK_HOSTS)
		make_room(all);
	if (HASH_COUNT(all->all) >= 2 * ATTACK_HOSTS)
		return NULL;
	w = mem_zero(1, sizeof *w);
	w->key = key;
	w->a.host = *host;
	w->a.out = out;
	w->a.now.class = w->a.peak.class = VECTOR_CLASSES;
	HASH_ADD(hh, all->all, key, sizeof w->key, w);
	return w;
}

/* --- learning --------------------------------------------------------------------- */

static void
end_minute(struct attacks *all, struct watched *w)
{
	/* What may be an attack is not usual. */
	if (!w->spoiled)
		baselines_learn(all->base, &w->a.host, w->a.out, w->greatest, w->minute_s);
	memset(w->greatest, 0, sizeof w->greatest);
	w->spoiled = w->a.state != ATTACK_NORMAL;
}

static void
learn(struct attacks *all, struct watched *w, const struct vector *v, int64_t now_s)
{
	int64_t minute_s = now_s - now_s % 60;
	const double figure[BASELINE_FIGURES] = { v->packets, v->octets, v->flows };

	if (minute_s != w->minute_s) {
		if (w->minute_s != 0)
			end_minute(all, w);
		w->minute_s = minute_s;
	}
	for (unsigned f = 0; f < BASELINE_FIGURES; f++)
		w->greatest[f] = fmax(w->greatest[f], v->weight * figure[f]);
	if (w->a.state != ATTACK_NORMAL)
		w->spoiled = true;
}

/* --- the states ------------------------------------------------------------------- */

/* Is anything wrong with a host of this way? Then the network as a whole need not be
 * told of. */
static bool
is_explained(const struct attacks *all, bool out)
{
	for (const struct watched *w = all->all; w != NULL; w = w->hh.next)
		if (w->a.host.len != 0 && w->a.out == out && w->a.state != ATTACK_NORMAL)
			return true;
	return false;
}

static void
tell(struct attacks *all, const struct watched *w)
{
	if (all->fn != NULL)
		all->fn(all->ctx, &w->a);
}

static void
set_hold(struct attacks *all, struct watched *w)
{
	int64_t hold = all->set.hold_s;

	for (unsigned i = 0; i < w->a.relapses && hold < ATTACK_HOLD_MOST_S; i++)
		hold *= 2;
	w->a.hold_s = hold < ATTACK_HOLD_MOST_S ? hold : ATTACK_HOLD_MOST_S;
	if (w->a.hold_s < all->set.hold_s)
		w->a.hold_s = all->set.hold_s;
}

static void
normal(struct attacks *all, struct watched *w)
{
	struct attack *a = &w->a;

	if (a->host.len == 0 && is_explained(all, a->out))
		return;
	attacks_threshold(all, &a->host, a->out, a->threshold, a->usual);
	a->ratio = ratio(a, &a->now, true, &a->figure);
	if (a->ratio <= 1)
		return;
	a->state = ATTACK_SUSPECT;
	a->begin_s = w->whole_s = w->seen_s;
	a->peak_ratio = 0;
	a->lost = 0;
	a->below_s = 0;
	w->above = 0;
}

static void
begin(struct attacks *all, struct watched *w, int64_t now_s)
{
	w->a.state = ATTACK_UNDER;
	w->a.under_s = now_s;
	if (w->relapse_s == 0 || now_s - w->relapse_s > ATTACK_RELAPSE_S)
		w->a.relapses = 0;
	else
		w->a.relapses++;
	set_hold(all, w);
}

static void
suspect(struct attacks *all, struct watched *w, int64_t now_s)
{
	struct attack *a = &w->a;

	if (a->host.len == 0 && is_explained(all, a->out)) {
		a->state = ATTACK_NORMAL;
		return;
	}
	if (a->ratio > 1) {
		w->above++;
		a->below_s = 0;
		if (w->above >= ABOVE_S ||
		    (w->above >= ABOVE_FAST_S && a->ratio >= FAST))
			begin(all, w, now_s);
		return;
	}
	if (a->below_s == 0)
		a->below_s = now_s;
	if (now_s - a->below_s >= CALM_S)
		a->state = ATTACK_NORMAL;
}

static void
under(struct watched *w, int64_t now_s, double estimate)
{
	struct attack *a = &w->a;

	if (estimate >= BELOW)
		a->below_s = 0;
	else if (a->below_s == 0)
		a->below_s = now_s;
	else if (now_s - a->below_s >= (a->hold_s < BELOW_S ? a->hold_s : BELOW_S))
		a->state = ATTACK_RECOVERING;
}

static void
end(struct watched *w, int64_t now_s)
{
	w->a.state = ATTACK_NORMAL;
	w->relapse_s = now_s;
}

static void
recovering(struct attacks *all, struct watched *w, int64_t now_s, double estimate)
{
	struct attack *a = &w->a;

	if (a->ratio > 1) {
		a->state = ATTACK_UNDER;
		/* What a restart brought back has not been away. */
		a->relapses += !w->restored;
		w->restored = false;
		a->below_s = 0;
		set_hold(all, w);
	} else if (estimate >= BELOW)
		a->below_s = now_s;
	else if (now_s - a->below_s >= a->hold_s)
		end(w, now_s);
}

/* Of what is not told it is not known that it was below: the time since the last tick
 * does not count. */
static void
stand_still(const struct attacks *all, struct watched *w, int64_t now_s)
{
	int64_t passed = now_s - all->now_s;

	if (w->a.below_s != 0 && passed > 0)
		w->a.below_s =
		    w->a.below_s + passed < now_s ? w->a.below_s + passed : now_s;
}

/* W as it is now, a second further. */
static void
step(struct attacks *all, struct watched *w, int64_t now_s, double lost)
{
	struct attack *a = &w->a;
	enum attack_state was = a->state;
	enum baseline_figure figure = a->figure;
	double estimate;

	if (was == ATTACK_NORMAL) {
		normal(all, w);
		was = a->state;
	}
	if (was == ATTACK_NORMAL)
		return;
	a->ratio = ratio(a, &a->now, true, &figure);
	estimate = ratio(a, &a->now, false, &(enum baseline_figure){ 0 });
	if (a->ratio > a->peak_ratio) {
		a->peak = a->now;
		a->peak_ratio = a->ratio;
		a->figure = figure;
	}
	a->learned_s = baselines_learned(all->base);
	a->learned = a->learned_s >= all->set.learn_s;
	a->lost = fmax(a->lost, lost);
	if (!(lost > ATTACK_LOST_MOST))
		w->whole_s = now_s;
	else if (now_s - w->whole_s < ATTACK_UNHEARD_S)
		stand_still(all, w, now_s);
	if (was == ATTACK_SUSPECT)
		suspect(all, w, now_s);
	else if (was == ATTACK_UNDER)
		under(w, now_s, estimate);
	else
		recovering(all, w, now_s, estimate);
	if (a->state == ATTACK_UNDER || a->state == ATTACK_RECOVERING ||
	    (a->state == ATTACK_NORMAL && was != ATTACK_SUSPECT))
		tell(all, w);
}

/* --- seconds ---------------------------------------------------------------------- */

/* Is W what V says, which H has? Where several tell of it at the same time, the one
 * that sees more of an attack is right. And while there is one, who sees none of it
 * does not speak for who told of it and is silent. */
static bool
is_so(struct attacks *all, struct watched *w, const struct vector *v,
    const struct own_host *h)
{
	struct attack *a = &w->a;
	enum baseline_figure f = 0;
	double most;

	if (a->state == ATTACK_NORMAL)
		attacks_threshold(all, &a->host, a->out, a->threshold, a->usual);
	most = ratio(a, v, true, &f);
	if (w->seen_ms == h->time_ms)
		return most > ratio(a, &a->now, true, &f);
	return a->state == ATTACK_NORMAL || h->host.len == 0 || most > 1 ||
	       flow_ip_same(&a->exporter, &h->exporter);
}

void
attacks_see(struct attacks *all, const struct own_host *h)
{
	int64_t now_s = h->time_ms / 1000;

	for (unsigned out = 0; out < 2; out++) {
		struct vector v = vector_look(h, out);
		struct key key;

		/* Without a trace of one nobody is looked after. */
		if (v.class == VECTOR_CLASSES && find(all, &h->host, out, &key) == NULL)
			continue;
		struct watched *w = watched(all, &h->host, out);
		if (w == NULL || !is_so(all, w, &v, h))
			continue;
		w->seen_ms = h->time_ms;
		w->a.now = v;
		w->a.exporter = h->exporter;
		w->a.window_ms = h->window_ms;
		w->seen_s = w->a.heard_s = now_s;
		w->a.stale = false;
		learn(all, w, &v, now_s);
	}
}

/* Nothing was said of W this second: there is little, or nobody who tells. True when it
 * is frozen. */
static bool
miss(struct attacks *all, struct watched *w, int64_t now_s, bool alive)
{
	if (alive) {
		w->a.now = (struct vector){ .class = VECTOR_CLASSES };
		w->a.heard_s = now_s;
		w->a.stale = false;
		return false;
	}
	w->a.stale = true;
	stand_still(all, w, now_s);
	if (w->a.state == ATTACK_SUSPECT)
		w->a.state = ATTACK_NORMAL;
	if (w->a.state == ATTACK_NORMAL || now_s - w->a.heard_s < ATTACK_UNHEARD_S)
		return true;
	/* It ends with what is known of it. */
	w->a.below_s = w->a.heard_s;
	end(w, now_s);
	tell(all, w);
	return true;
}

/* What a clock that was set back has made a thing of the future began just now: it must
 * not hold an attack open until then. */
static void
set_back(struct watched *w, int64_t now_s)
{
	int64_t *times[] = { &w->seen_s, &w->relapse_s, &w->whole_s, &w->a.below_s,
		&w->a.heard_s };

	for (unsigned i = 0; i < sizeof times / sizeof times[0]; i++)
		if (*times[i] > now_s)
			*times[i] = now_s;
}

void
attacks_tick(struct attacks *all, int64_t now_s, attack_lost_fn lost_fn, void *ctx)
{
	static const struct flow_ip anybody;
	struct watched *w, *next;

	if (lost_fn(ctx, &anybody) <= ATTACK_LOST_MOST)
		baselines_pass(all->base, now_s);
	HASH_ITER(hh, all->all, w, next)
	{
		if (now_s < all->now_s)
			set_back(w, now_s);
		/* A second's messages may come a moment behind the tick. */
		bool seen = now_s - w->seen_s <= 1 && now_s >= w->seen_s;
		double lost = lost_fn(ctx, &w->a.exporter);

		if (!seen && miss(all, w, now_s, !isnan(lost)))
			continue;
		if (w->a.state == ATTACK_NORMAL && now_s - w->seen_s > FORGET_S &&
		    (w->relapse_s == 0 || now_s - w->relapse_s > ATTACK_RELAPSE_S)) {
			if (w->minute_s != 0)
				end_minute(all, w);
			forget(all, w);
			continue;
		}
		step(all, w, now_s, lost);
	}
	all->now_s = now_s;
}

bool
attacks_quiet(const struct attacks *all)
{
	for (const struct watched *w = all->all; w != NULL; w = w->hh.next)
		if (w->a.state != ATTACK_NORMAL)
			return false;
	return true;
}

void
attacks_restore(struct attacks *all, const struct flow_ip *host, bool out,
    int64_t begin_s, int64_t now_s)
{
	struct watched *w = watched(all, host, out);

	if (w == NULL)
		return;
	attacks_threshold(all, host, out, w->a.threshold, w->a.usual);
	w->a.state = ATTACK_RECOVERING;
	w->a.begin_s = w->a.under_s = begin_s;
	w->a.heard_s = w->a.below_s = w->whole_s = now_s;
	w->spoiled = w->restored = true;
	set_hold(all, w);
}

/* --- life ------------------------------------------------------------------------- */

static void
units(const struct attack_settings *set, double unit[BASELINE_FIGURES])
{
	unit[BASELINE_PACKETS] = UNIT * set->packets;
	unit[BASELINE_OCTETS] = UNIT * set->octets;
	unit[BASELINE_FLOWS] = UNIT * set->flows;
}

void
attacks_configure(struct attacks *all, const struct attack_settings *settings)
{
	double unit[BASELINE_FIGURES];

	all->set = *settings;
	units(settings, unit);
	baselines_configure(all->base, unit);
}

struct baselines *
attacks_baselines(struct attacks *all)
{
	return all->base;
}

void
attacks_listen(struct attacks *all, attack_fn fn, void *ctx)
{
	all->fn = fn;
	all->ctx = ctx;
}

struct attacks *
attacks_new(const struct attack_settings *settings)
{
	struct attacks *all = mem_zero(1, sizeof *all);
	double unit[BASELINE_FIGURES];

	all->set = *settings;
	units(settings, unit);
	all->base = baselines_new(unit);
	return all;
}

void
attacks_free(struct attacks *all)
{
	struct watched *w, *next;

	if (all == NULL)
		return;
	HASH_ITER(hh, all->all, w, next)
		forget(all, w);
	baselines_free(all->base);
	free(all);
}
