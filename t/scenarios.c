/* The judge against a generator of networks. A scenario makes a network of links and
 * hosts, lets something happen to it, and says what a good judge calls it; rounds of
 * pings through it are fed to the judge with a turned clock. The generator knows
 * nothing of how the judge thinks, and shares no code with it.
 *
 *	t/scenarios.t [SEEDS [FIRST]]
 *
 * Runs each scenario with SEEDS networks and onsets (default SCENARIO_SEEDS of the
 * environment, else 1), and once more with a seed drawn fresh. Names of scenarios may
 * follow: only those run.
 *
 * That a scenario is right in 16 of 20, and sure in time in 16 of 20, is a claim of 20
 * seeds (CLAIMED). Of fewer, one that falls short is left out by name, unless so few
 * are no chance any more. The first seed alone, as by default, is known: each scenario
 * is right there.
 *
 * Live, with real flow datagrams and steps of 1 s: a line that dies and a far end that
 * does (t/verdictlive.sh.t), an upload that fills it (t/fullline.sh.t), the same by
 * counters (t/congested.sh.t), an attack that does not hurt (t/attack.sh.t), a victim
 * elsewhere (t/telescope.sh.t). */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "infer/odds.h"
#include "infer/radio.h"
#include "infer/verdict.h"
#include "t/scenarios.h"
#include "t/tap.h"

#define DAY 86400.
#define HOUR 3600.
#define FARS 6
#define START 1700006400. /* a day begins, by UTC */

/* --- chance ----------------------------------------------------------------------- */

static uint64_t chance_state;

static uint64_t
chance_next(void)
{
	uint64_t z = (chance_state += 0x9e3779b97f4a7c15U);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

void
scenario_seed(const char *name, uint64_t seed)
{
	chance_state = seed * 1000003;
	for (const char *p = name; *p != '\0'; p++)
		chance_state = chance_state * 31 + (unsigned char)*p;
}

double
chance(void)
{
	return (double)(chance_next() >> 11) * 0x1p-53;
}

double
between(double low, double high)
{
	return low + chance() * (high - low);
}

/* --- a network -------------------------------------------------------------------- */

enum link {
	LAN,
	ROUTER,
	LINE,
	CORE,
	PEER1,
	PEER2,
	LAST,
	LINKS = LAST + FARS
};

enum node {
	BRIDGE,
	PRINTER,
	GATEWAY,
	ACCESS,
	PROVIDER,
	RESOLVER,
	END,
	GATEWAY6 = END + FARS, /* the same hops by IPv6 */
	ACCESS6,
	PROVIDER6,
	NODES
};

struct link_state {
	double delay, loss; /* always */
	double more_delay, more_loss,
	    tail; /* now; TAIL: half of the packets wait so long */
};

struct world {
	double step;
	unsigned pings, fars;
	struct link_state link[LINKS];
	bool there[NODES];
	double own_loss[NODES], own_delay[NODES]; /* of the host's answers, now */
	double jitter[NODES], phase[NODES];
	double usual_loss;    /* everywhere */
	double truth; /* what everything takes longer; 0: nothing, or it varies */
	bool dual;	      /* every other far end is measured by IPv6 */
	uint8_t hit;	      /* the family that alone loses so much on links: */
	double hit_loss[LINKS];
	double onset, length; /* of what happens, epoch seconds */
	double a, b;	      /* of the scenario: drawn once */
	double in, out;	      /* use of the line, now; NAN: nobody counts */
	bool stalled, off, cannot_send, no_route, overflow;
	enum verdict_error error; /* of what is lost at the end itself */
	enum node victim;
	bool moved,
	    rerouted; /* in this round, of those beyond PEER1 or of the victim */
	enum verdict_medium medium;
	struct infer_finding neighbour;
	bool has_neighbour, told_neighbour;
	/* What the box's own radio tells, now; signal 0: it has none, or tells nothing.
	 */
	double signal, retries;
	bool unlinked;
	struct radio radio;
};

struct scenario {
	const char *name;
	enum segment segment; /* SEGMENT_NONE: nothing is the matter */
	const char *cause;    /* words that are right, '|' between them */
	bool clear;
	double warm, length, after; /* seconds */
	void (*make)(struct world *w);
	void (*at)(
	    struct world *w, double t); /* T: seconds since the onset; may be < 0 */
};

static bool
on(const struct world *w, double t)
{
	return t >= 0 && t < w->length;
}

static uint8_t
family_of(const struct world *w, unsigned node)
{
	if (!w->dual)
		return 0;
	return node >= GATEWAY6 || (node >= END && (node - END) % 2 == 1) ? 6 : 4;
}

/* Links between this box and NODE. */
static unsigned
way(const struct world *w, unsigned node, enum link out[LINKS])
{
	unsigned n = 0;

	if (node >= GATEWAY6)
		node = node - GATEWAY6 + GATEWAY;

	if (node == BRIDGE)
		return 0;
	out[n++] = LAN;
	if (node == PRINTER)
		return n;
	out[n++] = ROUTER;
	if (node == GATEWAY)
		return n;
	out[n++] = LINE;
	if (node == ACCESS)
		return n;
	out[n++] = CORE;
	if (node == PROVIDER || node == RESOLVER)
		return n;
	out[n++] = (node - END) * 2 < w->fars ? PEER1 : PEER2;
	out[n++] = LAST + (node - END);
	return n;
}

/* One ping: seconds, or -1 when it is lost. */
static double
ping(const struct world *w, unsigned node)
{
	enum link on_way[LINKS];
	unsigned n = way(w, node, on_way);
	double delay = 0.0001 + w->own_delay[node], lives = 1 - w->own_loss[node];

	for (unsigned i = 0; i < n; i++) {
		const struct link_state *l = &w->link[on_way[i]];
		delay += l->delay + l->more_delay;
		lives *= (1 - l->loss) * (1 - l->more_loss);
		if (w->hit != 0 && w->hit == family_of(w, node))
			lives *= 1 - w->hit_loss[on_way[i]];
		if (l->tail > 0 && chance() < 0.5)
			delay += l->tail * chance();
	}
	if (chance() >= lives)
		return -1;
	return delay - log(1 - chance()) * w->jitter[node];
}

static void
calm(struct world *w)
{
	for (int i = 0; i < LINKS; i++)
		w->link[i].more_delay = w->link[i].more_loss = w->link[i].tail = 0;
	memset(w->own_loss, 0, sizeof w->own_loss);
	memset(w->own_delay, 0, sizeof w->own_delay);
	memset(w->hit_loss, 0, sizeof w->hit_loss);
	w->stalled = w->off = w->cannot_send = w->no_route = w->overflow = false;
	w->moved = w->rerouted = false;
}

static void
build(struct world *w, bool clear)
{
	static const struct {
		double step;
		unsigned pings;
	} paces[] = { { 60, 20 }, { 300, 20 }, { 30, 10 }, { 60, 10 } };
	/* Half as many pings take twice the time to be sure of. */
	unsigned pace = (unsigned)(chance() * (clear ? 3 : 4));

	memset(w, 0, sizeof *w);
	w->step = paces[pace].step;
	w->pings = paces[pace].pings;
	w->fars = 4 + (unsigned)(chance() * 3);
	w->usual_loss = between(0, 0.0005);
	w->link[LAN].delay = between(0.0002, 0.002);
	w->link[ROUTER].delay = 0.0002;
	w->link[LINE].delay = between(0.004, 0.015);
	w->link[CORE].delay = between(0.001, 0.006);
	w->link[PEER1].delay = between(0.001, 0.020);
	w->link[PEER2].delay = between(0.001, 0.020);
	for (int i = 0; i < LINKS; i++) {
		if (i >= LAST)
			w->link[i].delay = between(0.001, 0.080);
		w->link[i].loss = w->usual_loss;
	}
	for (unsigned i = 0; i < GATEWAY6; i++) {
		w->there[i] = i < END + w->fars && i != BRIDGE && i != PRINTER;
		w->jitter[i] =
		    i <= GATEWAY ? between(0.0001, 0.0005) : between(0.0002, 0.0015);
		w->phase[i] = chance() * w->step;
	}
	w->in = w->out = NAN;
	w->medium = VERDICT_WIRED;
	w->victim = END + (unsigned)(chance() * w->fars);
}

/* --- a run ------------------------------------------------------------------------ */

struct told {
	enum segment segment;
	char cause[FINDING_WORD], subject[FINDING_SUBJECT], sentence[FINDING_SENTENCE];
	enum confidence best;
	double first, sure; /* times; 0: never */
	double low, high;   /* of the delay to a far end that is known; NAN: none */
};

#define TOLD_MAX 64
static struct told told[TOLD_MAX];
static unsigned tolds;
static double now_is;

static void
hear(void *ctx, const struct infer_finding *f, int64_t time, bool over)
{
	struct told *x = NULL;

	(void)ctx;
	(void)time;
	(void)over;
	for (unsigned i = 0; i < tolds; i++)
		if (told[i].segment == f->segment &&
		    strcmp(told[i].subject, f->subject) == 0)
			x = &told[i];
	if (x == NULL) {
		if (tolds == TOLD_MAX)
			return;
		x = &told[tolds++];
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
		unsigned n = way(w, (unsigned)id - 1, on_way);
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
			   .family = family_of(w, i),
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
		if (i == 0 || sc->segment == SEGMENT_NONE || !whole) {
			calm(w);
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
		double one = w->no_route ? -1 : ping(w, node);
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
	calm(w);
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

struct score {
	bool right, sure_soon;
	unsigned wrong; /* findings that were wrong */
};

static bool
is_cause(const char *words, const char *cause)
{
	size_t len = strlen(cause);
	const char *at = strstr(words, cause);

	return at != NULL && (at == words || at[-1] == '|') &&
	       (at[len] == '\0' || at[len] == '|');
}

static unsigned calibration[CONFIDENCES][2]; /* right, wrong */
static unsigned delays[2]; /* known ones that their interval holds, or not */
static bool verbose, quiet;

static struct score
run(const struct scenario *sc, uint64_t seed)
{
	struct world w;
	struct score score = { .right = sc->segment == SEGMENT_NONE };
	unsigned order[NODES], n = 0;
	double begin;

	scenario_seed(sc->name, seed);
	build(&w, sc->clear);
	w.onset = START + sc->warm + chance() * 4 * w.step;
	w.length = sc->length;
	w.a = chance();
	w.b = chance();
	sc->make(&w);
	struct verdict *v = verdict_new(hear, NULL);
	tolds = 0;
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
	begin = START;
	for (double t = begin; t < w.onset + w.length + sc->after; t += w.step) {
		for (unsigned i = 0; i < n; i++) {
			now_is = t + w.phase[order[i]];
			verdict_tick(v, (int64_t)now_is);
			one_round(v, &w, sc, order[i], now_is);
		}
		tell_counters(v, &w, sc, t + w.step);
	}
	for (unsigned i = 0; i < tolds; i++) {
		bool right = told[i].segment == sc->segment &&
			     is_cause(sc->cause, told[i].cause);
		calibration[told[i].best][!right]++;
		if (w.truth > 0 && right)
			delays[!(told[i].low <= w.truth && w.truth <= told[i].high)]++;
		score.right |= right;
		score.wrong += !right;
		/* From the first round that could see it. */
		score.sure_soon |=
		    right && told[i].sure > 0 &&
		    told[i].sure <= w.onset + 6.25 * fmax(w.step, w.step < 5 ? 4 : 60);
	}
	if (score.wrong > 0 || sc->segment == SEGMENT_NONE)
		score.right &= score.wrong == 0;
	struct infer_finding f;
	bool fine = verdict_now(v, &f);
	/* What another judge says is told where no window shows it. */
	if (sc->segment != SEGMENT_NONE && tolds == 0 && f.segment == sc->segment &&
	    is_cause(sc->cause, f.cause))
		score.right = true;
	if (sc->segment == SEGMENT_NONE && !fine)
		score.right = false;
	if (verbose || (!score.right && !quiet)) {
		printf("# %s seed %llu step %.0f pings %u fars %u: %s\n", sc->name,
		    (unsigned long long)seed, w.step, w.pings, w.fars,
		    score.right ? "right" : "WRONG");
		for (unsigned i = 0; i < tolds && i < 6; i++)
			printf("#   %+.0f s %s %s %s: %s\n", told[i].first - w.onset,
			    segment_word(told[i].segment), told[i].cause,
			    confidence_word(told[i].best), told[i].sentence);
		if (tolds == 0)
			printf("#   %s\n", f.sentence);
	}
	verdict_free(v);
	return score;
}

/* --- what is made of a network ---------------------------------------------------- */

static void
plain(struct world *w)
{
	(void)w;
}

static void
wireless(struct world *w)
{
	w->medium = VERDICT_WIRELESS;
	w->link[LAN].delay = between(0.001, 0.004);
	w->jitter[GATEWAY] = between(0.0005, 0.0015);
}

static void
with_printer(struct world *w)
{
	w->there[PRINTER] = true;
}

static void
counted(struct world *w)
{
	w->in = w->out = 0.05;
}

static void
in_container(struct world *w)
{
	w->there[BRIDGE] = true;
	w->medium = VERDICT_MEDIUM_UNKNOWN;
}

static void
dual_without_hops(struct world *w)
{
	w->dual = true;
	w->hit = 6;
}

/* Both families, of which the sixth may fail alone. */
static void
dual(struct world *w)
{
	dual_without_hops(w);
	for (unsigned i = GATEWAY6; i < NODES; i++) {
		unsigned twin = i - GATEWAY6 + GATEWAY;
		w->there[i] = true;
		w->jitter[i] = w->jitter[twin];
		w->phase[i] = fmod(w->phase[twin] + w->step / 3, w->step);
	}
}

static void
dual_fourth(struct world *w)
{
	dual(w);
	w->hit = 4;
}

static void
no_hops(struct world *w)
{
	w->there[ACCESS] = w->there[PROVIDER] = false;
}

static void
no_gateway(struct world *w)
{
	w->there[GATEWAY] = false;
}

static void
silent_gateway_and_hops(struct world *w)
{
	no_hops(w);
	no_gateway(w);
}

static void
refusing(struct world *w)
{
	w->error = VERDICT_REFUSED;
}

static void
unreachable(struct world *w)
{
	w->error = VERDICT_UNREACHABLE;
}

static void
filtered(struct world *w)
{
	w->error = VERDICT_PROHIBITED;
}

static void
fast(struct world *w)
{
	w->step = 1;
	w->pings = 5;
	for (unsigned i = 0; i < NODES; i++)
		w->phase[i] = chance();
}

/* --- what happens ----------------------------------------------------------------- */

static void
nothing(struct world *w, double t)
{
	(void)w;
	(void)t;
}

#define LINK_LOSS(NAME, LINK, LOW, HIGH)                                               \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		if (on(w, t))                                                          \
			w->link[LINK].more_loss = LOW + w->a * (HIGH - LOW);           \
	}
#define LINK_DELAY(NAME, LINK, LOW, HIGH)                                              \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		w->truth = LOW + w->a * (HIGH - LOW);                                  \
		if (on(w, t))                                                          \
			w->link[LINK].more_delay = w->truth;                           \
	}

LINK_LOSS(lan_loss, LAN, 0.2, 0.4)
LINK_LOSS(lan_light, LAN, 0.06, 0.1)
LINK_LOSS(lan_dead, LAN, 1, 1)
LINK_LOSS(router_loss, ROUTER, 0.2, 0.4)
LINK_LOSS(router_dead, ROUTER, 1, 1)
LINK_LOSS(line_loss, LINE, 0.2, 0.4)
LINK_LOSS(line_light, LINE, 0.05, 0.08)
LINK_LOSS(line_dead, LINE, 1, 1)
LINK_LOSS(core_loss, CORE, 0.2, 0.4)
LINK_LOSS(core_dead, CORE, 1, 1)
LINK_LOSS(peer_loss, PEER1, 0.2, 0.4)
LINK_LOSS(peer_dead, PEER1, 1, 1)
LINK_DELAY(line_delay, LINE, 0.02, 0.1)
LINK_DELAY(core_delay, CORE, 0.02, 0.06)

static void
lan_delay(struct world *w, double t)
{
	if (on(w, t))
		w->link[LAN].tail = 0.1 + w->a * 0.1;
}

static void
upload(struct world *w, double t)
{
	w->in = 0.1;
	w->out = 0.05;
	if (!on(w, t))
		return;
	w->out = 0.88 + w->b * 0.1;
	w->link[LINE].more_delay = 0.08 + w->a * 0.2;
}

static void
deep(struct world *w, double t)
{
	upload(w, t);
	if (on(w, t)) {
		w->link[LINE].more_delay = 0.3 + w->a * 0.6;
		w->link[LINE].more_loss = 0.02;
	}
}

static void
shallow(struct world *w, double t)
{
	upload(w, t);
	if (on(w, t)) {
		w->link[LINE].more_delay = 0.001;
		w->link[LINE].more_loss = 0.06 + 0.06 * w->a;
	}
}

/* Streams that do not slow down: a queue that is always at its end. */
static void
deep_udp(struct world *w, double t)
{
	deep(w, t);
	if (on(w, t)) {
		w->out = 1;
		w->link[LINE].more_loss = 0.03 + 0.05 * w->b;
	}
}

static void
shallow_udp(struct world *w, double t)
{
	shallow(w, t);
	if (on(w, t)) {
		w->out = 1;
		w->link[LINE].more_loss = 0.12 + 0.1 * w->a;
	}
}

static void
end_loss(struct world *w, double t)
{
	if (on(w, t))
		w->own_loss[w->victim] = 0.25 + w->a * 0.4;
}

static void
end_dead(struct world *w, double t)
{
	if (on(w, t))
		w->own_loss[w->victim] = 1;
}

static void
end_delay(struct world *w, double t)
{
	if (on(w, t))
		w->own_delay[w->victim] = 0.03 + w->a * 0.1;
}

static void
end_moved(struct world *w, double t)
{
	end_dead(w, t);
	w->moved = t >= 0 && t < w->step;
}

static void
end_moved_far(struct world *w, double t)
{
	end_delay(w, t);
	w->moved = t >= 0 && t < w->step;
}

/* What changes all the time is no reason. */
static void
end_loss_turning(struct world *w, double t)
{
	end_loss(w, t);
	w->moved = fmod(t + 10 * DAY, 600) < w->step;
}

static void
end_delay_turning(struct world *w, double t)
{
	end_delay(w, t);
	w->rerouted = true;
}

static void
another_way(struct world *w, double t)
{
	if (on(w, t))
		w->link[PEER1].more_delay = 0.012 + w->a * 0.03;
	w->rerouted = t >= 0 && t < w->step;
}

static void
resolver_dead(struct world *w, double t)
{
	if (on(w, t))
		w->own_loss[RESOLVER] = 1;
}

static void
resolver_slow(struct world *w, double t)
{
	if (on(w, t))
		w->own_delay[RESOLVER] = 0.05 + w->a * 0.1;
}

static void
resolver_refuses(struct world *w, double t)
{
	resolver_dead(w, t);
}

static void
interface_down(struct world *w, double t)
{
	w->cannot_send = on(w, t);
}

static void
route_gone(struct world *w, double t)
{
	w->no_route = on(w, t);
}

static void
name_neighbour(struct world *w, const char *kind, enum segment segment, bool is)
{
	finding_init(&w->neighbour, kind, "192.168.1.30", kind);
	finding_cause(&w->neighbour, kind);
	finding_sentence(&w->neighbour, "so says another judge");
	w->neighbour.segment = segment;
	w->neighbour.confidence = CONFIDENCE_LIKELY;
	w->has_neighbour = is;
}

/* Of BITS, at a host at home. */
static void
name_attack(struct world *w, double bits, bool is)
{
	name_neighbour(w, "attack", SEGMENT_NONE, is);
	finding_number(&w->neighbour, "bits", "bit/s", bits);
	finding_fact(&w->neighbour, "attacked", "192.168.1.30");
	finding_fact(&w->neighbour, "direction", "incoming");
}

static void
attack(struct world *w, double t)
{
	w->in = on(w, t) ? 1 : 0.1;
	w->out = 0.1;
	name_attack(w, 30e6 + w->b * 15e6, on(w, t + 10));
	if (on(w, t)) {
		w->link[LINE].more_loss = 0.2 + w->a * 0.3;
		w->link[LINE].more_delay = 0.05;
	}
}

/* One that nobody saw fill the line, or that somebody saw does not. */
static void
loss_besides_attack(struct world *w, double t)
{
	line_loss(w, t);
	if (!isnan(w->in))
		w->in = 0.08;
	name_attack(w, 2e6, true);
}

static void
dead_besides_attack(struct world *w, double t)
{
	line_dead(w, t);
	name_attack(w, 1e6, true);
}

static void
radio(struct world *w, double t)
{
	lan_loss(w, t);
	name_neighbour(w, "wifi", SEGMENT_WIFI, on(w, t + 10));
}

static void
with_radio(struct world *w)
{
	wireless(w);
	w->signal = between(-68, -40);
	w->retries = between(0.01, 0.12);
}

static void
with_weak_radio(struct world *w)
{
	with_radio(w);
	w->signal = -80;
	w->retries = 0.3;
}

/* Far from the access point: pings are lost in spite of repetitions. */
static void
weak_signal(struct world *w, double t)
{
	lan_loss(w, t);
	w->signal = on(w, t + 10) ? -78 - 8 * w->a : -60;
	w->retries = on(w, t + 10) ? 0.28 + 0.3 * w->b : 0.05;
}

/* Another one sends on the channel: the signal is fine. */
static void
disturbed(struct world *w, double t)
{
	lan_loss(w, t);
	w->retries = on(w, t + 10) ? 0.28 + 0.3 * w->b : 0.05;
}

static void
weak_and_slow(struct world *w, double t)
{
	lan_delay(w, t);
	w->signal = on(w, t + 10) ? -80 : -60;
	w->retries = on(w, t + 10) ? 0.4 : 0.05;
}

static void
wifi_left(struct world *w, double t)
{
	lan_dead(w, t);
	w->unlinked = on(w, t + 10);
}

static void
wifi_left_no_route(struct world *w, double t)
{
	route_gone(w, t);
	w->unlinked = on(w, t + 10);
}

static void
wifi_left_silent(struct world *w, double t)
{
	interface_down(w, t);
	w->unlinked = on(w, t + 10);
}

/* A weak signal from the start that harms nobody. */
static void
weak_but_fine(struct world *w, double t)
{
	(void)t;
	w->signal = -79;
	w->retries = 0.25;
}

static double
hour_of(const struct world *w, double t)
{
	return fmod(w->onset + t - START, DAY) / HOUR;
}

/* The way to far end FAR, from hour to hour. */
static void
name_congestion(struct world *w, unsigned far, double begin, double end, bool is)
{
	name_neighbour(w, "congestion", SEGMENT_TRANSIT, is);
	snprintf(w->neighbour.subject, sizeof w->neighbour.subject, "Far.%c",
	    'a' + (int)far);
	finding_fact(&w->neighbour, "hours", "%02d:%02d-%02d:%02d", (int)begin,
	    (int)(begin * 60) % 60, (int)end, (int)(end * 60) % 60);
}

static void
evenings(struct world *w, double t)
{
	double hour = hour_of(w, t), begin = 18.5 + w->a, end = 21.5 + w->b;

	if (on(w, t) && hour >= begin && hour < end) {
		double rise = fmin(1, fmin(hour - begin, end - hour) * 3);
		w->link[PEER1].more_delay = rise * (0.02 + w->a * 0.025);
	}
	name_congestion(w, 0, begin, end, t > 4 * DAY);
}

/* What is known of evenings, or of others, is no cause at this hour, or here. */
static void
loss_before_the_evening(struct world *w, double t)
{
	peer_loss(w, t);
	name_congestion(w, 0, 18, 22, true);
}

static void
loss_besides_congestion(struct world *w, double t)
{
	peer_loss(w, t);
	name_congestion(w, w->fars - 1, 0, 12, true);
}

static void
loss_at_its_hours(struct world *w, double t)
{
	peer_loss(w, t);
	name_congestion(w, 0, 1, 6, true);
}

/* One far end is dead from the first day on; then the line fails. */
static void
dead_end_and(struct world *w, double t)
{
	(void)t;
	w->own_loss[w->victim] = 1;
}

static void
dead_then_line(struct world *w, double t)
{
	dead_end_and(w, t);
	line_dead(w, t);
}

static void
dead_then_core(struct world *w, double t)
{
	dead_end_and(w, t);
	core_loss(w, t);
}

/* A router that is slow to answer itself while others fill the line behind it. */
static void
upload_slow_router(struct world *w, double t)
{
	upload(w, t);
	if (on(w, t))
		w->own_delay[GATEWAY] = 0.008 + w->b * 0.004;
}

static void
delay_slow_router(struct world *w, double t)
{
	line_delay(w, t);
	if (on(w, t))
		w->own_delay[GATEWAY] = 0.008 + w->b * 0.001;
}

/* One thing, and an hour later another. */
#define THEN(NAME, FIRST, SECOND)                                                      \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		FIRST(w, t);                                                           \
		if (t >= HOUR)                                                         \
			SECOND(w, t);                                                  \
	}

THEN(upload_then_resolver, upload, resolver_dead)
THEN(upload_then_end, upload, end_dead)
THEN(light_then_resolver, line_light, resolver_dead)
THEN(light_then_end, line_light, end_dead)
THEN(loss_then_resolver, line_loss, resolver_dead)
THEN(delay_then_end, core_delay, end_dead)
THEN(peer_then_line, peer_dead, line_dead)

/* A hop that begins to limit its answers, or to give none, an hour before something
 * else. */
#define LIMITS_BEFORE(NAME, HOP, LOSS, THING)                                          \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		if (t >= -HOUR)                                                        \
			w->own_loss[HOP] = LOSS;                                       \
		THING(w, t);                                                           \
	}

#define SLOW_BEFORE(NAME, HOP, DELAY, THING)                                           \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		if (t >= -HOUR)                                                        \
			w->own_delay[HOP] = DELAY;                                     \
		THING(w, t);                                                           \
	}

LINK_DELAY(line_slower, LINE, 0.02, 0.028)
SLOW_BEFORE(gateway_slow_line_delay, GATEWAY, 0.015, line_slower)
SLOW_BEFORE(gateway_slow_wifi_delay, GATEWAY, 0.015, lan_delay)
SLOW_BEFORE(access_slow_core_delay, ACCESS, 0.03, core_delay)
LIMITS_BEFORE(gateway_mute_line_loss, GATEWAY, 1, line_loss)
LIMITS_BEFORE(gateway_mute_line_dead, GATEWAY, 1, line_dead)
LIMITS_BEFORE(gateway_mute_core_loss, GATEWAY, 1, core_loss)
LIMITS_BEFORE(gateway_limits_line_loss, GATEWAY, 0.4, line_loss)
LIMITS_BEFORE(access_limits_core_loss, ACCESS, 0.4, core_loss)

static void
two_ends(struct world *w, double t)
{
	if (on(w, t))
		w->own_loss[END] = w->own_loss[END + w->fars - 1] = 1;
}

#define HIT_LOSS(NAME, LINK, LOW, HIGH)                                                \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		if (on(w, t))                                                          \
			w->hit_loss[LINK] = LOW + w->a * (HIGH - LOW);                 \
	}

HIT_LOSS(hit_at_router, ROUTER, 1, 1)
HIT_LOSS(hit_at_line, LINE, 1, 1)
HIT_LOSS(hit_in_core, CORE, 0.25, 0.4)

/* Hops that limit their answers, or give none, from the start, and something else. */
static void
core_loss_limited_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 0.3 + w->b * 0.4;
	core_loss(w, t);
}

static void
core_loss_mute_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 1;
	core_loss(w, t);
}

static void
core_dead_limited_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 0.3 + w->b * 0.4;
	core_dead(w, t);
}

static void
core_dead_mute_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 1;
	core_dead(w, t);
}

static void
line_loss_limited_gateway(struct world *w, double t)
{
	w->own_loss[GATEWAY] = 0.3 + w->b * 0.3;
	line_loss(w, t);
}

static void
line_dead_limited_gateway(struct world *w, double t)
{
	w->own_loss[GATEWAY] = 0.3 + w->b * 0.3;
	line_dead(w, t);
}

static void
line_dead_limited_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 0.3 + w->b * 0.4;
	line_dead(w, t);
}

static void
line_dead_mute_gateway(struct world *w, double t)
{
	w->own_loss[GATEWAY] = 1;
	line_dead(w, t);
}

static void
lan_loss_limited_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 0.3 + w->b * 0.4;
	lan_loss(w, t);
}

static void
peer_loss_limited_core(struct world *w, double t)
{
	w->own_loss[PROVIDER] = 0.3 + w->b * 0.4;
	peer_loss(w, t);
}

/* --- healthy ---------------------------------------------------------------------- */

static void
limited_access(struct world *w, double t)
{
	(void)t;
	w->own_loss[ACCESS] = 0.3 + w->a * 0.4;
}

static void
limited_core(struct world *w, double t)
{
	w->own_loss[PROVIDER] = hour_of(w, t) > 12 ? 0.6 : 0;
}

static void
limited_gateway(struct world *w, double t)
{
	(void)t;
	w->own_loss[GATEWAY] = 0.3 + w->a * 0.3;
}

static void
slow_hop(struct world *w, double t)
{
	double hour = hour_of(w, t);

	if (hour > 18 && hour < 23)
		w->own_delay[ACCESS] = 0.02 + w->a * 0.03;
}

static void
ecmp(struct world *w, double t)
{
	double k = floor(t / 7200);

	w->rerouted = t - k * 7200 < w->step;
	w->link[PEER1].more_delay = fmod(k, 2) == 0 ? 0 : 0.001;
}

static void
cpu_stalls(struct world *w, double t)
{
	w->stalled = fmod(fabs(t), 5 * HOUR) < 600;
}

static void
suspends(struct world *w, double t)
{
	double hour = hour_of(w, t);

	w->off = hour > 1 && hour < 7;
}

static void
restarts(struct world *w, double t)
{
	w->off = fmod(fabs(t), 7 * HOUR) < 400;
}

static void
speed_tests(struct world *w, double t)
{
	bool runs = fmod(fabs(t), 6 * HOUR) < 30;

	w->in = runs ? 1 : 0.1;
	w->out = 0.05;
	if (runs) {
		w->link[LINE].more_delay = 0.2;
		w->link[LINE].more_loss = 0.01;
	}
}

static void
gentle_backup(struct world *w, double t)
{
	double hour = hour_of(w, t);

	w->in = 0.1;
	w->out = hour > 2 && hour < 4 ? 0.95 : 0.05;
	w->link[LINE].more_delay = w->out > 0.5 ? 0.0015 : 0;
}

static void
harmless_attack(struct world *w, double t)
{
	w->in = hour_of(w, t) > 12 ? 0.5 : 0.1;
	w->out = 0.1;
	name_attack(w, 20e6, hour_of(w, t) > 12);
}

static void
scans(struct world *w, double t)
{
	w->in = w->out = 0.1;
	name_neighbour(w, "scan", SEGMENT_NONE, fmod(fabs(t), HOUR) < 600);
}

/* The same while somebody uploads, which is what delays. */
static void
upload_besides_attack(struct world *w, double t)
{
	upload(w, t);
	w->in = 0.2;
	name_attack(w, 2e6, on(w, t + 10));
}

/* Each flow has its queue: who sends without end loses his own packets. */
static void
two_queues_udp(struct world *w, double t)
{
	double hour = hour_of(w, t);

	w->in = 0.1;
	w->out = hour > 2 && hour < 4 ? 1 : 0.05;
	w->link[LINE].more_delay = w->out > 0.5 ? 0.002 : 0;
}

/* A microwave oven, a lift: short enough to be over before it can be blamed. */
static void
short_bursts(struct world *w, double t)
{
	if (fmod(fabs(t), 3 * HOUR) < 4)
		w->link[LAN].more_loss = 0.9;
}

static void
evening_rise(struct world *w, double t)
{
	double hour = hour_of(w, t);

	w->link[LINE].more_delay = 0.001 * (1 + sin((hour - 14) / 24 * 2 * M_PI));
}

static void
overflows(struct world *w, double t)
{
	w->overflow = fmod(fabs(t), 4 * HOUR) < 1000;
	if (w->overflow)
		for (int i = 0; i < NODES; i++)
			w->own_loss[i] = 0.3;
}

static void
poor_end(struct world *w, double t)
{
	(void)t;
	w->own_loss[w->victim] = 0.008;
}

#define WEEK (8 * DAY)
#define QUIET (2 * HOUR)
#define LONG (3 * HOUR)

static const struct scenario scenarios[] = {
	{ "wifi loss", SEGMENT_WIFI, "loss", true, QUIET, LONG, 0, wireless, lan_loss },
	{ "wifi light loss", SEGMENT_WIFI, "loss", false, QUIET, 3 * LONG, 0, wireless,
	    lan_light },
	{ "wifi dead", SEGMENT_WIFI, "outage", true, QUIET, LONG, 0, wireless,
	    lan_dead },
	{ "wifi delay", SEGMENT_WIFI, "delay", false, WEEK, LONG, 0, wireless,
	    lan_delay },
	{ "wifi loss, counters agree", SEGMENT_WIFI, "radio", true, QUIET, LONG, 0,
	    wireless, radio },
	{ "wifi loss, its signal is weak", SEGMENT_WIFI, "radio", true, QUIET, LONG, 0,
	    with_radio, weak_signal },
	{ "wifi loss, its channel is disturbed", SEGMENT_WIFI, "radio", true, QUIET,
	    LONG, 0, with_radio, disturbed },
	{ "wifi delay, its signal is weak", SEGMENT_WIFI, "radio", false, WEEK, LONG, 0,
	    with_radio, weak_and_slow },
	{ "wifi loss, its radio is fine", SEGMENT_WIFI, "loss", true, QUIET, LONG, 0,
	    with_radio, lan_loss },
	{ "wifi left", SEGMENT_WIFI, "unlinked", true, QUIET, LONG, 0, with_radio,
	    wifi_left },
	{ "wifi left, no route", SEGMENT_WIFI, "unlinked", true, QUIET, LONG, 0,
	    with_radio, wifi_left_no_route },
	{ "wifi left, nothing sent", SEGMENT_WIFI, "unlinked", true, QUIET, LONG, 0,
	    with_radio, wifi_left_silent },
	{ "line loss, the wifi is fine", SEGMENT_ACCESS, "loss", true, QUIET, LONG, 0,
	    with_radio, line_loss },
	{ "line dead, the wifi is weak", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    with_weak_radio, line_dead },
	{ "cable loss", SEGMENT_HOME, "loss", true, QUIET, LONG, 0, with_printer,
	    lan_loss },
	{ "cable or router dead", SEGMENT_HOME, "outage", false, QUIET, LONG, 0, plain,
	    router_dead },
	{ "router dead", SEGMENT_ROUTER, "outage", true, QUIET, LONG, 0, with_printer,
	    router_dead },
	{ "router loss", SEGMENT_ROUTER, "loss", true, QUIET, LONG, 0, with_printer,
	    router_loss },
	{ "upload", SEGMENT_ACCESS, "bufferbloat", true, WEEK, LONG, 0, counted,
	    upload },
	{ "upload on the first day", SEGMENT_ACCESS, "bufferbloat", false, QUIET, LONG,
	    0, counted, upload },
	{ "deep FIFO", SEGMENT_ACCESS, "bufferbloat", true, WEEK, LONG, 0, counted,
	    deep },
	{ "short FIFO", SEGMENT_ACCESS, "saturation", false, QUIET, LONG, 0, counted,
	    shallow },
	{ "deep FIFO, UDP", SEGMENT_ACCESS, "bufferbloat", true, WEEK, LONG, 0, counted,
	    deep_udp },
	{ "short FIFO, UDP", SEGMENT_ACCESS, "saturation", false, QUIET, LONG, 0,
	    counted, shallow_udp },
	{ "upload besides a small attack", SEGMENT_ACCESS, "bufferbloat", true, WEEK,
	    LONG, 0, counted, upload_besides_attack },
	{ "upload, a slow router", SEGMENT_ACCESS, "bufferbloat", true, WEEK, LONG, 0,
	    counted, upload_slow_router },
	{ "line delay, a slow router", SEGMENT_ACCESS, "delay", false, WEEK, LONG, 0,
	    plain, delay_slow_router },
	{ "line loss besides a small attack", SEGMENT_ACCESS, "loss", true, QUIET, LONG,
	    0, counted, loss_besides_attack },
	{ "line loss besides an attack, nobody counts", SEGMENT_ACCESS, "loss", true,
	    QUIET, LONG, 0, plain, loss_besides_attack },
	{ "line dead besides an attack, nobody counts", SEGMENT_ACCESS, "outage", true,
	    QUIET, LONG, 0, plain, dead_besides_attack },
	{ "line dead", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0, plain,
	    line_dead },
	{ "line dead, 1 s steps", SEGMENT_ACCESS, "outage", true, 600, 300, 0, fast,
	    line_dead },
	{ "line loss", SEGMENT_ACCESS, "loss", true, QUIET, LONG, 0, plain, line_loss },
	{ "line light loss", SEGMENT_ACCESS, "loss", false, QUIET, 3 * LONG, 0, plain,
	    line_light },
	{ "line delay", SEGMENT_ACCESS, "delay", false, WEEK, LONG, 0, plain,
	    line_delay },
	{ "line loss by carrier NAT", SEGMENT_ACCESS, "loss", false, QUIET, LONG, 0,
	    plain, line_loss },
	{ "line dead, from a container", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    in_container, line_dead },
	{ "core loss", SEGMENT_PROVIDER, "loss", true, QUIET, LONG, 0, plain,
	    core_loss },
	{ "core dead", SEGMENT_PROVIDER, "outage", true, QUIET, LONG, 0, plain,
	    core_dead },
	{ "core delay", SEGMENT_PROVIDER, "delay", false, WEEK, LONG, 0, plain,
	    core_delay },
	{ "peering loss", SEGMENT_TRANSIT, "loss", true, QUIET, LONG, 0, plain,
	    peer_loss },
	{ "peering dead", SEGMENT_TRANSIT, "outage", true, QUIET, LONG, 0, plain,
	    peer_dead },
	{ "peering in the evenings", SEGMENT_TRANSIT, "delay|congestion", false, DAY,
	    14 * DAY + 20 * HOUR, 0, plain, evenings },
	{ "peering loss, congested in the evenings", SEGMENT_TRANSIT, "loss", false,
	    QUIET, LONG, 0, plain, loss_before_the_evening },
	{ "peering loss, another one is congested", SEGMENT_TRANSIT, "loss", false,
	    QUIET, LONG, 0, plain, loss_besides_congestion },
	{ "peering loss, congested at this hour", SEGMENT_TRANSIT, "congestion", false,
	    QUIET, LONG, 0, plain, loss_at_its_hours },
	{ "another way", SEGMENT_TRANSIT, "route", false, WEEK, LONG, 0, plain,
	    another_way },
	{ "end loss", SEGMENT_FAR, "loss", true, QUIET, LONG, 0, plain, end_loss },
	{ "end dead", SEGMENT_FAR, "outage", true, QUIET, LONG, 0, plain, end_dead },
	{ "end unreachable", SEGMENT_FAR, "unreachable", true, QUIET, LONG, 0,
	    unreachable, end_dead },
	{ "end filtered", SEGMENT_FAR, "filtered", true, QUIET, LONG, 0, filtered,
	    end_dead },
	{ "end refuses", SEGMENT_FAR, "refused", true, QUIET, LONG, 0, refusing,
	    end_dead },
	{ "end moved and dead", SEGMENT_FAR, "address", true, QUIET, LONG, 0, plain,
	    end_moved },
	{ "end moved far away", SEGMENT_FAR, "address", false, WEEK, LONG, 0, plain,
	    end_moved_far },
	{ "end delay", SEGMENT_FAR, "delay", false, WEEK, LONG, 0, plain, end_delay },
	{ "end loss, its name turns", SEGMENT_FAR, "loss", false, QUIET, LONG, 0, plain,
	    end_loss_turning },
	{ "end delay, its way turns", SEGMENT_FAR, "delay", false, WEEK, LONG, 0, plain,
	    end_delay_turning },
	{ "resolver dead", SEGMENT_RESOLVER, "outage", true, QUIET, LONG, 0, plain,
	    resolver_dead },
	{ "resolver slow", SEGMENT_RESOLVER, "delay", false, WEEK, LONG, 0, plain,
	    resolver_slow },
	{ "resolver refuses", SEGMENT_RESOLVER, "refused", true, QUIET, LONG, 0,
	    refusing, resolver_refuses },
	{ "dead beyond the router, hops hidden", SEGMENT_BEYOND, "outage", true, QUIET,
	    LONG, 0, no_hops, line_dead },
	{ "loss beyond the router, hops hidden", SEGMENT_BEYOND, "loss", false, QUIET,
	    LONG, 0, no_hops, core_loss },
	{ "dead, no gateway answers", SEGMENT_BEYOND, "outage", false, QUIET, LONG, 0,
	    no_gateway, line_dead },
	{ "dead, nothing near answers", SEGMENT_BEYOND, "outage", false, QUIET, LONG, 0,
	    silent_gateway_and_hops, line_dead },
	/* What limits its answers was so before, and is not blamed; nor does it prove
	 * anything, unless nothing at all gets through elsewhere. */
	{ "core loss, access hop limits", SEGMENT_BEYOND, "loss", true, QUIET, LONG, 0,
	    plain, core_loss_limited_access },
	{ "core loss, access hop mute", SEGMENT_BEYOND, "loss", true, QUIET, LONG, 0,
	    plain, core_loss_mute_access },
	{ "core dead, access hop limits", SEGMENT_PROVIDER, "outage", true, QUIET, LONG,
	    0, plain, core_dead_limited_access },
	{ "core dead, access hop mute", SEGMENT_BEYOND, "outage", true, QUIET, LONG, 0,
	    plain, core_dead_mute_access },
	{ "line loss, gateway limits", SEGMENT_BEYOND, "loss", false, QUIET, LONG, 0,
	    plain, line_loss_limited_gateway },
	{ "line loss, gateway limits, wifi", SEGMENT_BEYOND, "loss", false, QUIET, LONG,
	    0, wireless, line_loss_limited_gateway },
	{ "line dead, gateway limits", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    plain, line_dead_limited_gateway },
	{ "line dead, access hop limits", SEGMENT_ACCESS, "outage", true, QUIET, LONG,
	    0, plain, line_dead_limited_access },
	{ "line dead, gateway mute", SEGMENT_BEYOND, "outage", false, QUIET, LONG, 0,
	    plain, line_dead_mute_gateway },
	{ "line dead, gateway mute, wifi", SEGMENT_BEYOND, "outage", false, QUIET, LONG,
	    0, wireless, line_dead_mute_gateway },
	{ "wifi loss, access hop limits", SEGMENT_WIFI, "loss", true, QUIET, LONG, 0,
	    wireless, lan_loss_limited_access },
	{ "peering loss, core hop limits", SEGMENT_TRANSIT, "loss", true, QUIET, LONG,
	    0, plain, peer_loss_limited_core },
	/* One that began to, an hour before. */
	{ "line loss, gateway mute since an hour, wifi", SEGMENT_BEYOND, "loss", false,
	    QUIET, LONG, 0, wireless, gateway_mute_line_loss },
	{ "line loss, gateway mute since an hour", SEGMENT_BEYOND, "loss", false, QUIET,
	    LONG, 0, plain, gateway_mute_line_loss },
	{ "line dead, gateway mute since an hour, wifi", SEGMENT_BEYOND, "outage",
	    false, QUIET, LONG, 0, wireless, gateway_mute_line_dead },
	{ "core loss, gateway mute since an hour, wifi", SEGMENT_PROVIDER, "loss",
	    false, QUIET, LONG, 0, wireless, gateway_mute_core_loss },
	{ "line loss, gateway limits since an hour, wifi", SEGMENT_BEYOND, "loss",
	    false, QUIET, LONG, 0, wireless, gateway_limits_line_loss },
	{ "line loss, gateway limits since an hour of two days", SEGMENT_BEYOND, "loss",
	    false, 2 * DAY, LONG, 0, wireless, gateway_limits_line_loss },
	{ "core loss, access hop limits since an hour", SEGMENT_BEYOND, "loss", false,
	    QUIET, LONG, 0, plain, access_limits_core_loss },
	{ "core loss, access hop limits since an hour of two days", SEGMENT_BEYOND,
	    "loss", false, 2 * DAY, LONG, 0, plain, access_limits_core_loss },
	{ "line delay, gateway slow since an hour, wifi", SEGMENT_ACCESS, "delay",
	    false, WEEK, LONG, 0, wireless, gateway_slow_line_delay },
	{ "wifi delay, gateway slow since an hour", SEGMENT_WIFI, "delay", false, WEEK,
	    LONG, 0, wireless, gateway_slow_wifi_delay },
	{ "core delay, access hop slow since an hour", SEGMENT_PROVIDER, "delay", false,
	    WEEK, LONG, 0, plain, access_slow_core_delay },
	/* One family alone: its own hops tell from where on, and no transit is blamed.
	 */
	{ "IPv6 dead at the router", SEGMENT_ROUTER, "outage", false, QUIET, LONG, 0,
	    dual, hit_at_router },
	{ "IPv6 dead behind the router", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    dual, hit_at_line },
	{ "IPv6 dead, its hops are not measured", SEGMENT_BEYOND, "outage", true, QUIET,
	    LONG, 0, dual_without_hops, hit_at_line },
	{ "IPv6 loss in the core", SEGMENT_PROVIDER, "loss", false, QUIET, LONG, 0,
	    dual, hit_in_core },
	{ "IPv4 dead behind the router", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    dual_fourth, hit_at_line },
	{ "line dead, both families", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    dual, line_dead },
	{ "line loss, both families", SEGMENT_ACCESS, "loss", false, QUIET, LONG, 0,
	    dual, line_loss },
	{ "peering dead, both families", SEGMENT_TRANSIT, "outage", false, QUIET, LONG,
	    0, dual, peer_dead },
	{ "end dead, both families", SEGMENT_FAR, "outage", false, QUIET, LONG, 0, dual,
	    end_dead },
	{ "interface down", SEGMENT_HOST, "not_sent", true, QUIET, LONG, 0, plain,
	    interface_down },
	{ "no route", SEGMENT_HOST, "outage", true, QUIET, LONG, 0, plain, route_gone },
	{ "attack that hurts", SEGMENT_ACCESS, "attack", true, QUIET, LONG, 0, counted,
	    attack },
	/* healthy */
	{ "quiet", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain, nothing },
	{ "access hop limits", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain,
	    limited_access },
	{ "core hop limits", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain,
	    limited_core },
	{ "gateway limits", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain,
	    limited_gateway },
	{ "hop slow in the evening", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain,
	    slow_hop },
	{ "ECMP", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain, ecmp },
	{ "own stalls", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain, cpu_stalls },
	{ "suspended at night", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain,
	    suspends },
	{ "own restarts", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain, restarts },
	{ "speed tests", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, counted, speed_tests },
	{ "backup through a fair queue", SEGMENT_NONE, "", false, 0, 3 * DAY, 0,
	    counted, gentle_backup },
	{ "UDP through a queue of its own", SEGMENT_NONE, "", false, 0, 3 * DAY, 0,
	    counted, two_queues_udp },
	{ "attack that does not hurt", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, counted,
	    harmless_attack },
	{ "scans", SEGMENT_NONE, "", false, 0, 2 * DAY, 0, counted, scans },
	{ "short bursts", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, wireless,
	    short_bursts },
	{ "weak signal that harms nobody", SEGMENT_NONE, "", false, 0, 3 * DAY, 0,
	    wireless, weak_but_fine },
	{ "slower by day", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain,
	    evening_rise },
	{ "receive buffer overflows", SEGMENT_NONE, "", false, 0, 2 * DAY, 0, plain,
	    overflows },
	{ "poor end", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, plain, poor_end },
};

/* Two things at once are told by their two findings: what SC says, and ALSO. */
struct twofold {
	struct scenario sc;
	enum segment also;
};

static const struct twofold doubles[] = {
	{ { "line dead, one end dead before", SEGMENT_ACCESS, "outage", true, QUIET,
	      LONG, 0, plain, dead_then_line },
	    SEGMENT_FAR },
	{ { "core loss, one end dead before", SEGMENT_PROVIDER, "loss", false, QUIET,
	      LONG, 0, plain, dead_then_core },
	    SEGMENT_FAR },
	/* What is dead while less is the matter with the path. */
	{ { "upload, then the resolver dead", SEGMENT_RESOLVER, "outage", false, WEEK,
	      LONG, 0, counted, upload_then_resolver },
	    SEGMENT_ACCESS },
	{ { "upload, then an end dead", SEGMENT_FAR, "outage", false, WEEK, LONG, 0,
	      counted, upload_then_end },
	    SEGMENT_ACCESS },
	{ { "line light loss, then the resolver dead", SEGMENT_RESOLVER, "outage",
	      false, QUIET, LONG, 0, plain, light_then_resolver },
	    SEGMENT_ACCESS },
	{ { "line light loss, then an end dead", SEGMENT_FAR, "outage", false, QUIET,
	      LONG, 0, plain, light_then_end },
	    SEGMENT_ACCESS },
	{ { "line loss, then the resolver dead", SEGMENT_RESOLVER, "outage", false,
	      QUIET, LONG, 0, plain, loss_then_resolver },
	    SEGMENT_ACCESS },
	{ { "peering dead, then the line dead", SEGMENT_ACCESS, "outage", false, QUIET,
	      LONG, 0, plain, peer_then_line },
	    SEGMENT_TRANSIT },
	{ { "core delay, then an end dead", SEGMENT_FAR, "outage", false, WEEK, LONG, 0,
	      plain, delay_then_end },
	    SEGMENT_PROVIDER },
};

/* Things of which nothing that is wrong may be sure. */
static const struct scenario chances[] = {
	{ "two ends of different peers at once", SEGMENT_FAR, "outage", false, QUIET,
	    LONG, 0, plain, two_ends },
};

/* --- sums ------------------------------------------------------------------------- */

static char **wanted_name; /* up to NULL; none: all are wanted */

static bool
is_wanted(const char *name)
{
	for (char **w = wanted_name; *w != NULL; w++)
		if (strcmp(*w, name) == 0)
			return true;
	return *wanted_name == NULL;
}

static void
say(bool enough, const char *text)
{
	ok(enough, "%s", text);
}

#define CLAIMED 20
#define SHARE 0.8

/* RIGHT of SEEDS from FIRST on: is that what is claimed? WHAT says of what. */
static void
claim(unsigned right, unsigned seeds, uint64_t first, const char *what)
{
	bool enough = right * 20 >= seeds * 16;

	if (!enough && seeds < CLAIMED && (seeds > 1 || first != 1) &&
	    odds_at_most(right, seeds, SHARE) > 0.001)
		tap_skip("%s: in %u of %u, 16 of %d are claimed", what, right, seeds,
		    CLAIMED);
	else
		ok(enough, "%s in %u of %u", what, right, seeds);
}

/* SEEDS runs of SC from FIRST on. */
static void
try(const struct scenario *sc, unsigned seeds, uint64_t first, struct sums *all)
{
	unsigned right = 0, soon = 0;

	for (unsigned i = 0; i < seeds; i++) {
		struct score one = run(sc, first + i);
		right += one.right;
		soon += one.sure_soon;
	}
	all->runs += seeds;
	all->right += right;
	all->scenarios++;
	char what[200];

	snprintf(what, sizeof what, "%s: %s, %s", sc->name, segment_word(sc->segment),
	    sc->cause);
	if (sc->segment == SEGMENT_NONE)
		ok(right == seeds, "%s: fine in %u of %u", sc->name, right, seeds);
	else
		claim(right, seeds, first, what);
	snprintf(what, sizeof what, "%s: sure within 5 rounds", sc->name);
	if (sc->clear)
		claim(soon, seeds, first, what);
}

static void
try_double(const struct twofold *two, unsigned seeds, uint64_t first)
{
	const struct scenario *sc = &two->sc;
	unsigned right = 0;

	quiet = true;
	for (unsigned i = 0; i < seeds; i++) {
		unsigned kept[CONFIDENCES][2];
		memcpy(kept, calibration, sizeof kept);
		run(sc, first + i);
		memcpy(calibration, kept, sizeof kept);
		bool also = false, it = false, other = false;
		for (unsigned k = 0; k < tolds; k++)
			if (told[k].segment == sc->segment &&
			    is_cause(sc->cause, told[k].cause))
				it = true;
			else if (told[k].segment == two->also)
				also = true;
			else
				other = true;
		right += also && it && !other;
	}
	quiet = false;
	char what[200];

	snprintf(what, sizeof what, "%s: both told, and nothing else,", sc->name);
	claim(right, seeds, first, what);
}

static void
try_chance(const struct scenario *sc, unsigned seeds, uint64_t first)
{
	unsigned sure = 0;

	quiet = true;
	for (unsigned i = 0; i < seeds; i++) {
		unsigned kept[CONFIDENCES][2];
		memcpy(kept, calibration, sizeof kept);
		run(sc, first + i);
		sure += calibration[CONFIDENCE_SURE][1] > kept[CONFIDENCE_SURE][1];
		memcpy(calibration, kept, sizeof kept);
	}
	quiet = false;
	ok(sure == 0, "%s: nothing else is sure", sc->name);
}

static void
tell_calibration(void)
{
	static const double at_least[CONFIDENCES] = { 0, 0.6, 0.9, 0.99 };

	printf("# word    right  wrong  share\n");
	for (int c = CONFIDENCE_HINT; c < CONFIDENCES; c++) {
		unsigned right = calibration[c][0], wrong = calibration[c][1];
		double share =
		    right + wrong > 0 ? (double)right / (right + wrong) : NAN;
		printf("# %-7s %5u %6u  %.4f\n", confidence_word((enum confidence)c),
		    right, wrong, share);
		/* Of few runs one that is wrong may be chance: more than that is not.
		 */
		ok(right + wrong == 0 || share >= at_least[c] ||
			odds_at_least(wrong, right + wrong, 1 - at_least[c]) > 0.01,
		    "%s is right in at least %.0f %%",
		    confidence_word((enum confidence)c), at_least[c] * 100);
	}
	/* Of few runs one that is wrong may be chance, here, too. */
	unsigned all = delays[0] + delays[1];
	ok(all == 0 || odds_at_least(delays[1], all, 0.05) > 0.01,
	    "the interval of a delay holds it in %u of %u", delays[0], all);
}

int
main(int argc, char **argv)
{
	const char *wanted = argc > 1 ? argv[1] : getenv("SCENARIO_SEEDS");
	unsigned seeds = wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : 1;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct sums all = { 0 };
	double healthy = 0;

	wanted_name = argc > 3 ? argv + 3 : argv + argc;
	verbose = getenv("VERBOSE") != NULL;
	setenv("TZ", "UTC", 1); /* by which hours of a day are named */
	for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
		if (scenarios[i].segment == SEGMENT_NONE)
			healthy += scenarios[i].length / DAY;
		if (is_wanted(scenarios[i].name))
			try(&scenarios[i], seeds, first, &all);
	}
	for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++)
		if (is_wanted(doubles[i].sc.name))
			try_double(&doubles[i], seeds, first);
	for (size_t i = 0; i < sizeof chances / sizeof chances[0]; i++)
		if (is_wanted(chances[i].name))
			try_chance(&chances[i], seeds, first);
	scenarios_elsewhere(
	    &(struct scenario_watch){ seeds, first, is_wanted, claim, say }, &all);
	ok(all.right * 100 >= all.runs * 95,
	    "right segment and cause in %u of %u runs of %u "
	    "scenarios",
	    all.right, all.runs, all.scenarios);
	if (argc <= 3)
		ok(healthy >= 30, "%.0f healthy days a seed", healthy);
	if (argc <= 3) {
		uint64_t drawn =
		    ((uint64_t)time(NULL) * 1000 + (uint64_t)getpid()) % 1000000007;
		printf("# drawn fresh: seed %llu (t/scenarios.t 1 %llu)\n",
		    (unsigned long long)drawn, (unsigned long long)drawn);
		unsigned right = 0, n = sizeof scenarios / sizeof scenarios[0];
		for (unsigned i = 0; i < n; i++)
			right += run(&scenarios[i], drawn).right;
		ok(right * 100 >= n * 90, "fresh: right in %u of %u", right, n);
	}
	tell_calibration();
	return tap_done();
}
