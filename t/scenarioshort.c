/* What is over before it can be judged, or stops a home in which little is measured:
 * one fault is one letter. */
#include "t/scenariofaults.h"
#include "t/scenarios.h"

#define SHORT 100

/* Rounds of half a minute or one: a whole one fits into what is short. */
static void
make_minutes(struct world *w)
{
	double step = chance() < 0.5 ? 30 : 60;

	for (unsigned i = 0; i < NODES; i++)
		w->phase[i] *= step / w->step;
	w->step = step;
}

static void
make_minutes_no_hops(struct world *w)
{
	make_minutes(w);
	make_no_hops(w);
}

/* Far ends each minute, what is near twice as often. */
static void
make_mixed(struct world *w)
{
	w->step = 30;
	w->pings = 20;
	w->seldom = 2;
	for (unsigned i = 0; i < NODES; i++) {
		w->seldoms[i] = i >= END && i < END + FARS;
		w->phase[i] = chance() * w->step;
	}
}

/* The router, and one target behind it. */
static void
make_two(struct world *w)
{
	make_minutes_no_hops(w);
	w->there[RESOLVER] = false;
	for (unsigned i = 1; i < w->fars; i++)
		w->there[END + i] = false;
	w->fars = 1;
	w->victim = END;
}

static const struct scenario shorts[] = {
	{ "line dead for 100 s", SEGMENT_ACCESS, "outage|loss", false, QUIET, SHORT,
	    HOUR, make_minutes, fault_line_dead },
	{ "line dead for 100 s, hops hidden", SEGMENT_BEYOND, "outage|loss", false,
	    QUIET, SHORT, HOUR, make_minutes_no_hops, fault_line_dead },
	{ "line dead for 100 s, mixed steps", SEGMENT_ACCESS, "outage|loss", false,
	    QUIET, SHORT, HOUR, make_mixed, fault_line_dead },
	{ "line dead for 4 minutes, far ends are seldom asked", SEGMENT_ACCESS,
	    "outage|loss", false, QUIET, 240, HOUR, make_seldom_ends, fault_line_dead },
	{ "wifi dead for 100 s", SEGMENT_WIFI, "outage|loss", false, QUIET, SHORT, HOUR,
	    make_mixed, fault_lan_dead },
	{ "line dead for 3 minutes", SEGMENT_ACCESS, "outage|loss", false, QUIET, 180,
	    HOUR, make_minutes, fault_line_dead },
	{ "peering dead for 100 s", SEGMENT_TRANSIT, "outage|loss", false, QUIET, SHORT,
	    HOUR, make_minutes, fault_peer_dead },
	{ "an end dead for 100 s", SEGMENT_FAR, "outage|loss", false, QUIET, SHORT,
	    HOUR, make_minutes, fault_end_dead },
	{ "router dead for 100 s, one target behind it", SEGMENT_HOME, "outage|loss",
	    false, QUIET, SHORT, HOUR, make_two, fault_router_dead },
	{ "router dead, one target behind it", SEGMENT_HOME, "outage|loss", false,
	    QUIET, LONG, HOUR, make_two, fault_router_dead },
};

const struct scenario_table scenarios_short = { shorts,
	sizeof shorts / sizeof shorts[0] };
