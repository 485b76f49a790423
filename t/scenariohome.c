/* This box, its radio, the home network and its router. */
#include "t/scenariofaults.h"
#include "t/scenarios.h"

/* Frames that no repetition saves. */
static void
failing(struct world *w, double t)
{
	fault_lan_loss(w, t);
	w->failed = world_on(w, t + 10) ? 0.05 + 0.1 * w->b : 0;
}

/* Far from the access point: pings are lost in spite of repetitions. */
static void
weak_signal(struct world *w, double t)
{
	fault_lan_loss(w, t);
	w->signal = world_on(w, t + 10) ? -78 - 8 * w->a : -60;
	w->retries = world_on(w, t + 10) ? 0.28 + 0.3 * w->b : 0.05;
}

/* Another one sends on the channel: the signal is fine. */
static void
disturbed(struct world *w, double t)
{
	fault_lan_loss(w, t);
	w->retries = world_on(w, t + 10) ? 0.28 + 0.3 * w->b : 0.05;
}

static void
weak_and_slow(struct world *w, double t)
{
	fault_lan_delay(w, t);
	w->signal = world_on(w, t + 10) ? -80 : -60;
	w->retries = world_on(w, t + 10) ? 0.4 : 0.05;
}

static void
wifi_left(struct world *w, double t)
{
	fault_lan_dead(w, t);
	w->unlinked = world_on(w, t + 10);
}

static void
wifi_left_no_route(struct world *w, double t)
{
	fault_route_gone(w, t);
	w->unlinked = world_on(w, t + 10);
}

static void
wifi_left_silent(struct world *w, double t)
{
	fault_interface_down(w, t);
	w->unlinked = world_on(w, t + 10);
}

static const struct scenario home[] = {
	{ "wifi loss", SEGMENT_WIFI, "loss", true, QUIET, LONG, 0, make_wireless,
	    fault_lan_loss },
	{ "wifi light loss", SEGMENT_WIFI, "loss", false, QUIET, 3 * LONG, 0,
	    make_wireless, fault_lan_light },
	{ "wifi dead", SEGMENT_WIFI, "outage", true, QUIET, LONG, 0, make_wireless,
	    fault_lan_dead },
	{ "wifi delay", SEGMENT_WIFI, "delay", false, WEEK, LONG, 0, make_wireless,
	    fault_lan_delay },
	{ "wifi loss, its frames fail", SEGMENT_WIFI, "radio", true, QUIET, LONG, 0,
	    make_with_radio, failing },
	{ "wifi loss, its signal is weak", SEGMENT_WIFI, "radio", true, QUIET, LONG, 0,
	    make_with_radio, weak_signal },
	{ "wifi loss, its channel is disturbed", SEGMENT_WIFI, "radio", true, QUIET,
	    LONG, 0, make_with_radio, disturbed },
	{ "wifi delay, its signal is weak", SEGMENT_WIFI, "radio", false, WEEK, LONG, 0,
	    make_with_radio, weak_and_slow },
	{ "wifi loss, its radio is fine", SEGMENT_WIFI, "loss", true, QUIET, LONG, 0,
	    make_with_radio, fault_lan_loss },
	{ "wifi left", SEGMENT_WIFI, "unlinked", true, QUIET, LONG, 0, make_with_radio,
	    wifi_left },
	{ "wifi left, no route", SEGMENT_WIFI, "unlinked", true, QUIET, LONG, 0,
	    make_with_radio, wifi_left_no_route },
	{ "wifi left, nothing sent", SEGMENT_WIFI, "unlinked", true, QUIET, LONG, 0,
	    make_with_radio, wifi_left_silent },
	{ "cable loss", SEGMENT_HOME, "loss", true, QUIET, LONG, 0, make_with_printer,
	    fault_lan_loss },
	{ "cable or router dead", SEGMENT_HOME, "outage", false, QUIET, LONG, 0,
	    make_plain, fault_router_dead },
	{ "router dead", SEGMENT_ROUTER, "outage", true, QUIET, LONG, 0,
	    make_with_printer, fault_router_dead },
	{ "router loss", SEGMENT_ROUTER, "loss", true, QUIET, LONG, 0,
	    make_with_printer, fault_router_loss },
	{ "interface down", SEGMENT_HOST, "not_sent", true, QUIET, LONG, 0, make_plain,
	    fault_interface_down },
	{ "interface down for 40 s of 300", SEGMENT_HOST, "unsent", false, QUIET, LONG,
	    0, make_restless, fault_interface_blinks },
	{ "no route", SEGMENT_HOST, "outage", true, QUIET, LONG, 0, make_plain,
	    fault_route_gone },
};

const struct scenario_table scenarios_home = { home, sizeof home / sizeof home[0] };
