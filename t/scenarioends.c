/* Single far ends, and the resolver. */
#include <math.h>

#include "t/scenariofaults.h"
#include "t/scenarios.h"

static void
end_moved(struct world *w, double t)
{
	fault_end_dead(w, t);
	w->home = t >= 0;
}

static void
end_moved_far(struct world *w, double t)
{
	fault_end_delay(w, t);
	w->home = t >= 0;
}

/* What changes all the time is no reason. */
static void
end_loss_turning(struct world *w, double t)
{
	fault_end_loss(w, t);
	w->home = (unsigned)fmod(floor((t + 10 * DAY) / 600), 2);
}

static void
end_delay_turning(struct world *w, double t)
{
	fault_end_delay(w, t);
	w->turn = (unsigned)fmod(floor((t + 10 * DAY) / w->step), 2);
}

static void
resolver_refuses(struct world *w, double t)
{
	fault_resolver_dead(w, t);
}

static const struct scenario ends[] = {
	{ "end loss", SEGMENT_FAR, "loss", true, QUIET, LONG, 0, make_plain,
	    fault_end_loss },
	{ "end dead", SEGMENT_FAR, "outage", true, QUIET, LONG, 0, make_plain,
	    fault_end_dead },
	{ "end unreachable", SEGMENT_FAR, "unreachable", true, QUIET, LONG, 0,
	    make_unreachable, fault_end_dead },
	{ "end filtered", SEGMENT_FAR, "filtered", true, QUIET, LONG, 0, make_filtered,
	    fault_end_dead },
	{ "end refuses", SEGMENT_FAR, "refused", true, QUIET, LONG, 0, make_refusing,
	    fault_end_dead },
	{ "end moved and dead", SEGMENT_FAR, "address", true, QUIET, LONG, 0,
	    make_plain, end_moved },
	{ "end moved far away", SEGMENT_FAR, "address", false, WEEK, LONG, 0,
	    make_plain, end_moved_far },
	{ "end delay", SEGMENT_FAR, "delay", false, WEEK, LONG, 0, make_plain,
	    fault_end_delay },
	{ "end loss, its name turns", SEGMENT_FAR, "loss", false, QUIET, LONG, 0,
	    make_plain, end_loss_turning },
	{ "end delay, its way turns", SEGMENT_FAR, "delay", false, WEEK, LONG, 0,
	    make_plain, end_delay_turning },
	{ "resolver dead", SEGMENT_RESOLVER, "outage", true, QUIET, LONG, 0, make_plain,
	    fault_resolver_dead },
	{ "resolver slow", SEGMENT_RESOLVER, "delay", false, WEEK, LONG, 0, make_plain,
	    fault_resolver_slow },
	{ "resolver refuses", SEGMENT_RESOLVER, "refused", true, QUIET, LONG, 0,
	    make_refusing, resolver_refuses },
};

const struct scenario_table scenarios_ends = { ends, sizeof ends / sizeof ends[0] };
