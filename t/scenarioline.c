/* The access line: dead, lossy, slow, full, under attack. */
#include <math.h>

#include "t/scenariofaults.h"
#include "t/scenarios.h"

static void
deep(struct world *w, double t)
{
	fault_upload(w, t);
	if (world_on(w, t)) {
		w->link[LINE].more_delay = 0.3 + w->a * 0.6;
		w->link[LINE].more_loss = 0.02;
	}
}

static void
shallow(struct world *w, double t)
{
	fault_upload(w, t);
	if (world_on(w, t)) {
		w->link[LINE].more_delay = 0.001;
		w->link[LINE].more_loss = 0.06 + 0.06 * w->a;
	}
}

/* Streams that do not slow down: a queue that is always at its end. */
static void
deep_udp(struct world *w, double t)
{
	deep(w, t);
	if (world_on(w, t)) {
		w->out = 1;
		w->link[LINE].more_loss = 0.03 + 0.05 * w->b;
	}
}

static void
shallow_udp(struct world *w, double t)
{
	shallow(w, t);
	if (world_on(w, t)) {
		w->out = 1;
		w->link[LINE].more_loss = 0.12 + 0.1 * w->a;
	}
}

static void
attack(struct world *w, double t)
{
	w->in = world_on(w, t) ? 1 : 0.1;
	w->out = 0.1;
	name_attack(w, 30e6 + w->b * 15e6, world_on(w, t + 10));
	if (world_on(w, t)) {
		w->link[LINE].more_loss = 0.2 + w->a * 0.3;
		w->link[LINE].more_delay = 0.05;
	}
}

/* One that nobody saw fill the line, or that somebody saw does not. */
static void
loss_besides_attack(struct world *w, double t)
{
	fault_line_loss(w, t);
	if (!isnan(w->in))
		w->in = 0.08;
	name_attack(w, 2e6, true);
}

static void
dead_besides_attack(struct world *w, double t)
{
	fault_line_dead(w, t);
	name_attack(w, 1e6, true);
}

/* A router that is slow to answer itself while others fill the line behind it. */
static void
upload_slow_router(struct world *w, double t)
{
	fault_upload(w, t);
	if (world_on(w, t))
		w->own_delay[GATEWAY] = 0.008 + w->b * 0.004;
}

static void
delay_slow_router(struct world *w, double t)
{
	fault_line_delay(w, t);
	if (world_on(w, t))
		w->own_delay[GATEWAY] = 0.008 + w->b * 0.001;
}

/* The same while somebody uploads, which is what delays. */
static void
upload_besides_attack(struct world *w, double t)
{
	fault_upload(w, t);
	w->in = 0.2;
	name_attack(w, 2e6, world_on(w, t + 10));
}

/* Rows of this time are in the files already. */
static void
dead_in_the_past(struct world *w, double t)
{
	w->set_back = t >= -1800 ? 6 * HOUR : 0;
	fault_line_dead(w, t);
}

static void
dead_after_sleep(struct world *w, double t)
{
	w->off = t >= -HOUR && t < 0;
	fault_line_dead(w, t);
}

static void
dead_across_restart(struct world *w, double t)
{
	w->restarts = true;
	w->off = t >= HOUR && t < HOUR + 300;
	fault_line_dead(w, t);
}

static const struct scenario line[] = {
	{ "line loss, the wifi is fine", SEGMENT_ACCESS, "loss", true, QUIET, LONG, 0,
	    make_with_radio, fault_line_loss },
	{ "line dead, the wifi is weak", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    make_with_weak_radio, fault_line_dead },
	{ "upload", SEGMENT_ACCESS, "bufferbloat", true, WEEK, LONG, 0, make_counted,
	    fault_upload },
	{ "upload on the first day", SEGMENT_ACCESS, "bufferbloat", false, QUIET, LONG,
	    0, make_counted, fault_upload },
	{ "deep FIFO", SEGMENT_ACCESS, "bufferbloat", true, WEEK, LONG, 0, make_counted,
	    deep },
	{ "short FIFO", SEGMENT_ACCESS, "saturation", false, QUIET, LONG, 0,
	    make_counted, shallow },
	{ "deep FIFO, UDP", SEGMENT_ACCESS, "bufferbloat", true, WEEK, LONG, 0,
	    make_counted, deep_udp },
	{ "short FIFO, UDP", SEGMENT_ACCESS, "saturation", false, QUIET, LONG, 0,
	    make_counted, shallow_udp },
	{ "upload besides a small attack", SEGMENT_ACCESS, "bufferbloat", true, WEEK,
	    LONG, 0, make_counted, upload_besides_attack },
	{ "upload, a slow router", SEGMENT_ACCESS, "bufferbloat", true, WEEK, LONG, 0,
	    make_counted, upload_slow_router },
	{ "line delay, a slow router", SEGMENT_ACCESS, "delay", false, WEEK, LONG, 0,
	    make_plain, delay_slow_router },
	{ "line loss besides a small attack", SEGMENT_ACCESS, "loss", true, QUIET, LONG,
	    0, make_counted, loss_besides_attack },
	{ "line loss besides an attack, nobody counts", SEGMENT_ACCESS, "loss", true,
	    QUIET, LONG, 0, make_plain, loss_besides_attack },
	{ "line dead besides an attack, nobody counts", SEGMENT_ACCESS, "outage", true,
	    QUIET, LONG, 0, make_plain, dead_besides_attack },
	{ "line dead", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0, make_plain,
	    fault_line_dead },
	{ "line dead, 1 s steps", SEGMENT_ACCESS, "outage", true, 600, 300, 0,
	    make_fast, fault_line_dead },
	{ "line dead, far ends are seldom asked", SEGMENT_ACCESS, "outage", false,
	    QUIET, LONG, 0, make_seldom_ends, fault_line_dead },
	{ "line loss, far ends are seldom asked", SEGMENT_ACCESS, "loss", false, QUIET,
	    LONG, 0, make_seldom_ends, fault_line_loss },
	{ "line dead, hops are seldom asked", SEGMENT_ACCESS, "outage", false, QUIET,
	    LONG, 0, make_seldom_hops, fault_line_dead },
	{ "line loss", SEGMENT_ACCESS, "loss", true, QUIET, LONG, 0, make_plain,
	    fault_line_loss },
	{ "line light loss", SEGMENT_ACCESS, "loss", false, QUIET, 3 * LONG, 0,
	    make_plain, fault_line_light },
	{ "line delay", SEGMENT_ACCESS, "delay", false, WEEK, LONG, 0, make_plain,
	    fault_line_delay },
	{ "line loss in front of a carrier's NAT", SEGMENT_ACCESS, "loss", true, QUIET,
	    LONG, 0, make_carrier_nat, fault_line_loss },
	{ "line dead after the clock was set back", SEGMENT_ACCESS, "outage", true,
	    QUIET, LONG, 0, make_plain, dead_in_the_past },
	{ "line dead after a suspend", SEGMENT_ACCESS, "outage", false, QUIET, LONG, 0,
	    make_plain, dead_after_sleep },
	{ "line dead across a restart", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    make_plain, dead_across_restart },
	{ "line dead, from a container", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    make_in_container, fault_line_dead },
	{ "attack that hurts", SEGMENT_ACCESS, "attack", true, QUIET, LONG, 0,
	    make_counted, attack },
};

const struct scenario_table scenarios_line = { line, sizeof line / sizeof line[0] };
