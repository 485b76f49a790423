/* Nothing is the matter. */
#include <math.h>

#include "t/scenariofaults.h"
#include "t/scenarios.h"

/* A weak signal from the start that harms nobody. */
static void
weak_but_fine(struct world *w, double t)
{
	(void)t;
	w->signal = -79;
	w->retries = 0.25;
}

static void
limited_access(struct world *w, double t)
{
	(void)t;
	w->own_loss[ACCESS] = 0.3 + w->a * 0.4;
}

static void
limited_core(struct world *w, double t)
{
	w->own_loss[PROVIDER] = world_hour(w, t) > 12 ? 0.6 : 0;
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
	double hour = world_hour(w, t);

	if (hour > 18 && hour < 23)
		w->own_delay[ACCESS] = 0.02 + w->a * 0.03;
}

static void
ecmp(struct world *w, double t)
{
	double k = floor(t / 7200);

	w->turn = fmod(k, 2) != 0;
	w->link[PEER1].more_delay = w->turn ? 0.001 : 0;
}

static void
cpu_stalls(struct world *w, double t)
{
	w->stalled = fmod(fabs(t), 5 * HOUR) < 600;
}

static void
suspends(struct world *w, double t)
{
	double hour = world_hour(w, t);

	w->off = hour > 1 && hour < 7;
}

static void
restarts(struct world *w, double t)
{
	w->restarts = true;
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
	double hour = world_hour(w, t);

	w->in = 0.1;
	w->out = hour > 2 && hour < 4 ? 0.95 : 0.05;
	w->link[LINE].more_delay = w->out > 0.5 ? 0.0015 : 0;
}

static void
harmless_attack(struct world *w, double t)
{
	w->in = world_hour(w, t) > 12 ? 0.5 : 0.1;
	w->out = 0.1;
	name_attack(w, 20e6, world_hour(w, t) > 12);
}

static void
scans(struct world *w, double t)
{
	w->in = w->out = 0.1;
	w->scan = fmod(fabs(t), HOUR) < 600 ? 2e6 : 0;
}

/* Each flow has its queue: who sends without end loses his own packets. */
static void
two_queues_udp(struct world *w, double t)
{
	double hour = world_hour(w, t);

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
	double hour = world_hour(w, t);

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

/* For a day, and right again. */
static void
wrong_clock(struct world *w, double t)
{
	w->set_back = t > 0.8 * DAY && t < 1.8 * DAY ? 3 * HOUR : 0;
}

static const struct scenario fine[] = {
	/* healthy */
	{ "quiet", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_plain, fault_nothing },
	{ "access hop limits", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_plain,
	    limited_access },
	{ "core hop limits", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_plain,
	    limited_core },
	{ "gateway limits", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_plain,
	    limited_gateway },
	{ "hop slow in the evening", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_plain,
	    slow_hop },
	{ "ECMP", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_plain, ecmp },
	{ "own stalls", SEGMENT_NONE, "this box stood still", false, 0, 3 * DAY, 0,
	    make_plain, cpu_stalls },
	{ "suspended at night", SEGMENT_NONE, " 00:5| 01:0", false, 0, 3 * DAY, 0,
	    make_plain, suspends },
	{ "clock set back for a day", SEGMENT_NONE, "the clock was set back", false, 0,
	    3 * DAY, 0, make_plain, wrong_clock },
	{ "own restarts", SEGMENT_NONE, "smokebox did not run", false, 0, 3 * DAY, 0,
	    make_plain, restarts },
	{ "speed tests", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_counted,
	    speed_tests },
	{ "backup through a fair queue", SEGMENT_NONE, "", false, 0, 3 * DAY, 0,
	    make_counted, gentle_backup },
	{ "UDP through a queue of its own", SEGMENT_NONE, "", false, 0, 3 * DAY, 0,
	    make_counted, two_queues_udp },
	{ "attack that does not hurt", SEGMENT_NONE, "", false, 0, 3 * DAY, 0,
	    make_counted, harmless_attack },
	{ "scans", SEGMENT_NONE, "", false, 0, 2 * DAY, 0, make_counted, scans },
	{ "short bursts", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_wireless,
	    short_bursts },
	{ "weak signal that harms nobody", SEGMENT_NONE, "", false, 0, 3 * DAY, 0,
	    make_wireless, weak_but_fine },
	{ "slower by day", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_plain,
	    evening_rise },
	{ "receive buffer overflows", SEGMENT_NONE, "", false, 0, 2 * DAY, 0,
	    make_plain, overflows },
	{ "poor end", SEGMENT_NONE, "", false, 0, 3 * DAY, 0, make_plain, poor_end },
};

const struct scenario_table scenarios_fine = { fine, sizeof fine / sizeof fine[0] };
