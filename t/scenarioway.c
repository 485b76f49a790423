/* Provider, transit, and what lies beyond a router where nothing tells. */
#include <math.h>
#include <stdio.h>

#include "t/scenariofaults.h"
#include "t/scenarios.h"

static void
another_way(struct world *w, double t)
{
	if (world_on(w, t))
		w->link[PEER1].more_delay = 0.012 + w->a * 0.03;
	w->turn = world_on(w, t);
}

/* The way to far end FAR, from hour to hour. */
static void
name_congestion(struct world *w, unsigned far, double begin, double end, bool is)
{
	const char path[] = { 'F', 'a', 'r', '.', (char)('a' + far), '\0' };

	w->is_congested = is;
	finding_init(&w->congestion, "congestion", path, "recurring");
	finding_cause(&w->congestion, "congestion");
	finding_sentence(&w->congestion, "so says another judge");
	w->congestion.segment = SEGMENT_TRANSIT;
	w->congestion.confidence = CONFIDENCE_LIKELY;
	finding_fact(&w->congestion, "hours", "%02d:%02d-%02d:%02d", (int)begin,
	    (int)(begin * 60) % 60, (int)end, (int)(end * 60) % 60);
}

static void
evenings(struct world *w, double t)
{
	double hour = world_hour(w, t), begin = 18.5 + w->a, end = 21.5 + w->b;

	if (world_on(w, t) && hour >= begin && hour < end) {
		double rise = fmin(1, fmin(hour - begin, end - hour) * 3);
		w->link[PEER1].more_delay = rise * (0.02 + w->a * 0.025);
	}
}

/* What is known of evenings, or of others, is no cause at this hour, or here. */
static void
loss_before_the_evening(struct world *w, double t)
{
	fault_peer_loss(w, t);
	name_congestion(w, 0, 18, 22, true);
}

static void
loss_besides_congestion(struct world *w, double t)
{
	fault_peer_loss(w, t);
	name_congestion(w, w->fars - 1, 0, 12, true);
}

static void
loss_at_its_hours(struct world *w, double t)
{
	fault_peer_loss(w, t);
	name_congestion(w, 0, 1, 6, true);
}

static const struct scenario way[] = {
	{ "core loss behind a carrier's NAT", SEGMENT_PROVIDER, "loss", true, QUIET,
	    LONG, 0, make_carrier_nat, fault_core_loss },
	{ "core loss, hops are seldom asked", SEGMENT_PROVIDER, "loss", false, QUIET,
	    LONG, 0, make_seldom_hops, fault_core_loss },
	{ "core loss", SEGMENT_PROVIDER, "loss", true, QUIET, LONG, 0, make_plain,
	    fault_core_loss },
	{ "core dead", SEGMENT_PROVIDER, "outage", true, QUIET, LONG, 0, make_plain,
	    fault_core_dead },
	{ "core delay", SEGMENT_PROVIDER, "delay", false, WEEK, LONG, 0, make_plain,
	    fault_core_delay },
	{ "peering loss", SEGMENT_TRANSIT, "loss", true, QUIET, LONG, 0, make_plain,
	    fault_peer_loss },
	{ "peering dead", SEGMENT_TRANSIT, "outage", true, QUIET, LONG, 0, make_plain,
	    fault_peer_dead },
	{ "peering in the evenings", SEGMENT_TRANSIT, "delay|congestion", false, DAY,
	    14 * DAY + 20 * HOUR, 0, make_plain, evenings },
	{ "peering loss, congested in the evenings", SEGMENT_TRANSIT, "loss", false,
	    QUIET, LONG, 0, make_plain, loss_before_the_evening },
	{ "peering loss, another one is congested", SEGMENT_TRANSIT, "loss", false,
	    QUIET, LONG, 0, make_plain, loss_besides_congestion },
	{ "peering loss, congested at this hour", SEGMENT_TRANSIT, "congestion", false,
	    QUIET, LONG, 0, make_plain, loss_at_its_hours },
	{ "another way", SEGMENT_TRANSIT, "route", false, WEEK, LONG, 0, make_plain,
	    another_way },
	{ "dead beyond the router, hops hidden", SEGMENT_BEYOND, "outage", true, QUIET,
	    LONG, 0, make_no_hops, fault_line_dead },
	{ "loss beyond the router, hops hidden", SEGMENT_BEYOND, "loss", false, QUIET,
	    LONG, 0, make_no_hops, fault_core_loss },
	{ "dead, no gateway answers", SEGMENT_BEYOND, "outage", false, QUIET, LONG, 0,
	    make_no_gateway, fault_line_dead },
	{ "dead, nothing near answers", SEGMENT_BEYOND, "outage", false, QUIET, LONG, 0,
	    make_silent_gateway_and_hops, fault_line_dead },
};

const struct scenario_table scenarios_way = { way, sizeof way / sizeof way[0] };
