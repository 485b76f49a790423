#include <math.h>
#include <string.h>

#include "t/scenarioworld.h"

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

uint8_t
world_family(const struct world *w, unsigned node)
{
	if (!w->dual)
		return 0;
	return node >= GATEWAY6 || (node >= END && (node - END) % 2 == 1) ? 6 : 4;
}

double
world_step(const struct world *w, unsigned node)
{
	return w->seldoms[node] ? w->step * w->seldom : w->step;
}

unsigned
world_way(const struct world *w, unsigned node, enum link out[LINKS])
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

/* Over the first N links on the way to NODE: seconds, or -1; OWN_LOSS of who answers.
 */
static double
cross(const struct world *w, unsigned node, unsigned n, double delay, double own_loss)
{
	enum link on_way[LINKS];
	double lives = 1 - own_loss;

	world_way(w, node, on_way);
	for (unsigned i = 0; i < n; i++) {
		const struct link_state *l = &w->link[on_way[i]];
		delay += l->delay + l->more_delay;
		lives *= (1 - l->loss) * (1 - l->more_loss);
		if (w->hit != 0 && w->hit == world_family(w, node))
			lives *= 1 - w->hit_loss[on_way[i]];
		if (l->tail > 0 && chance() < 0.5)
			delay += l->tail * chance();
	}
	return chance() >= lives ? -1 : delay;
}

double
world_ping(const struct world *w, unsigned node)
{
	enum link on_way[LINKS];
	unsigned n = world_way(w, node, on_way);
	double rtt = cross(w, node, n, 0.0001 + w->own_delay[node], w->own_loss[node]);

	return rtt < 0 ? -1 : rtt - log(1 - chance()) * w->jitter[node];
}

double
world_probe(const struct world *w, unsigned node, unsigned hops)
{
	return cross(w, node, hops, 0.0001, 0);
}

bool
world_turns(const struct world *w, unsigned node)
{
	return node >= END && node < GATEWAY6 &&
	       ((node - END) * 2 < w->fars || node == w->victim);
}

void
world_calm(struct world *w)
{
	for (int i = 0; i < LINKS; i++)
		w->link[i].more_delay = w->link[i].more_loss = w->link[i].tail = 0;
	memset(w->own_loss, 0, sizeof w->own_loss);
	memset(w->own_delay, 0, sizeof w->own_delay);
	memset(w->hit_loss, 0, sizeof w->hit_loss);
	w->stalled = w->off = w->cannot_send = w->no_route = w->overflow = false;
	w->home = w->turn = 0;
	w->attack = w->scan = w->set_back = 0;
	w->is_congested = false;
}

void
world_build(struct world *w, bool clear)
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
	w->victim = END + (unsigned)(chance() * w->fars);
}

bool
world_on(const struct world *w, double t)
{
	return t >= 0 && t < w->length;
}

double
world_hour(const struct world *w, double t)
{
	return fmod(w->onset + t - START, DAY) / HOUR;
}
