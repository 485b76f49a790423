/* One family of addresses fails alone, or both do. */
#include "t/scenariofaults.h"
#include "t/scenarios.h"

#define HIT_LOSS(NAME, LINK, LOW, HIGH)                                                \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		if (world_on(w, t))                                                    \
			w->hit_loss[LINK] = LOW + w->a * (HIGH - LOW);                 \
	}

HIT_LOSS(hit_at_router, ROUTER, 1, 1)
HIT_LOSS(hit_at_line, LINE, 1, 1)
HIT_LOSS(hit_in_core, CORE, 0.25, 0.4)

/* By one family more is lost than by the other. */
static void
line_loss_and_hit(struct world *w, double t)
{
	if (world_on(w, t)) {
		w->link[LINE].more_loss = 0.1;
		w->hit_loss[LINE] = 0.25;
	}
}

static void
core_loss_and_hit(struct world *w, double t)
{
	if (world_on(w, t)) {
		w->link[CORE].more_loss = 0.1;
		w->hit_loss[CORE] = 0.25;
	}
}

static const struct scenario family[] = {
	/* One family alone: its own hops tell from where on, and no transit is blamed.
	 */
	{ "IPv6 dead at the router", SEGMENT_ROUTER, "outage", false, QUIET, LONG, 0,
	    make_dual, hit_at_router },
	{ "IPv6 dead behind the router", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    make_dual, hit_at_line },
	{ "IPv6 dead, its hops are not measured", SEGMENT_BEYOND, "outage", true, QUIET,
	    LONG, 0, make_dual_without_hops, hit_at_line },
	{ "IPv6 loss in the core", SEGMENT_PROVIDER, "loss", false, QUIET, LONG, 0,
	    make_dual_six, hit_in_core },
	{ "IPv6 loss in the core, with few ends", SEGMENT_BEYOND, "loss", false, QUIET,
	    LONG, 0, make_dual_few, hit_in_core },
	{ "IPv4 dead behind the router", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    make_dual_fourth, hit_at_line },
	{ "line dead, both families", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    make_dual, fault_line_dead },
	{ "line loss, both families", SEGMENT_ACCESS, "loss", false, QUIET, LONG, 0,
	    make_dual, fault_line_loss },
	{ "line loss, more by IPv6", SEGMENT_ACCESS, "loss", false, QUIET, LONG, 0,
	    make_dual_six, line_loss_and_hit },
	{ "core loss, more by IPv6", SEGMENT_PROVIDER, "loss", false, QUIET, LONG, 0,
	    make_dual_six, core_loss_and_hit },
	{ "peering dead, both families", SEGMENT_TRANSIT, "outage", false, QUIET, LONG,
	    0, make_dual, fault_peer_dead },
	{ "end dead, both families", SEGMENT_FAR, "outage", false, QUIET, LONG, 0,
	    make_dual, fault_end_dead },
};

const struct scenario_table scenarios_family = { family,
	sizeof family / sizeof family[0] };
