/* Hops that limit their answers, give none, or are slow to: what did so before is not
 * blamed, nor does it prove anything. */
#include "t/scenariofaults.h"
#include "t/scenarios.h"

/* Hops that limit their answers, or give none, from the start, and something else. */
static void
core_loss_limited_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 0.3 + w->b * 0.4;
	fault_core_loss(w, t);
}

static void
core_dead_limited_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 0.3 + w->b * 0.4;
	fault_core_dead(w, t);
}

static void
line_loss_limited_gateway(struct world *w, double t)
{
	w->own_loss[GATEWAY] = 0.3 + w->b * 0.3;
	fault_line_loss(w, t);
}

static void
line_dead_limited_gateway(struct world *w, double t)
{
	w->own_loss[GATEWAY] = 0.3 + w->b * 0.3;
	fault_line_dead(w, t);
}

static void
line_dead_limited_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 0.3 + w->b * 0.4;
	fault_line_dead(w, t);
}

/* So many that what limits its answers answers some of each round. */
static void
make_many_pings(struct world *w)
{
	w->pings = 20;
}

static void
line_dead_mute_gateway(struct world *w, double t)
{
	w->own_loss[GATEWAY] = 1;
	fault_line_dead(w, t);
}

static void
lan_loss_limited_access(struct world *w, double t)
{
	w->own_loss[ACCESS] = 0.3 + w->b * 0.4;
	fault_lan_loss(w, t);
}

static void
peer_loss_limited_core(struct world *w, double t)
{
	w->own_loss[PROVIDER] = 0.3 + w->b * 0.4;
	fault_peer_loss(w, t);
}

#define SLOW_BEFORE(NAME, HOP, DELAY, THING)                                           \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		if (t >= -HOUR)                                                        \
			w->own_delay[HOP] = DELAY;                                     \
		THING(w, t);                                                           \
	}

/* A hop that begins to limit its answers, or to give none, an hour before something
 * else. */
#define LIMITS_BEFORE(NAME, HOP, LOSS, THING)                                          \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		if (t >= -HOUR)                                                        \
			w->own_loss[HOP] = LOSS;                                       \
		THING(w, t);                                                           \
	}

/* One that begins at the very moment at which something loses packets elsewhere. */
#define LIMITS_WITH(NAME, HOP, LOSS, LINK)                                             \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		if (!world_on(w, t))                                                   \
			return;                                                        \
		w->own_loss[HOP] = LOSS;                                               \
		w->link[LINK].more_loss = 0.2 + w->a * 0.1;                            \
	}

/* A little more than what the slow router hides. */
static void
line_slower(struct world *w, double t)
{
	w->truth = 0.02 + w->a * 0.008;
	if (world_on(w, t))
		w->link[LINE].more_delay = w->truth;
}

SLOW_BEFORE(gateway_slow_line_delay, GATEWAY, 0.015, line_slower)
SLOW_BEFORE(gateway_slow_wifi_delay, GATEWAY, 0.015, fault_lan_delay)
SLOW_BEFORE(access_slow_core_delay, ACCESS, 0.03, fault_core_delay)
LIMITS_BEFORE(gateway_mute_line_loss, GATEWAY, 1, fault_line_loss)
LIMITS_BEFORE(gateway_mute_line_dead, GATEWAY, 1, fault_line_dead)
LIMITS_BEFORE(gateway_mute_core_loss, GATEWAY, 1, fault_core_loss)
LIMITS_BEFORE(gateway_limits_line_loss, GATEWAY, 0.4, fault_line_loss)
LIMITS_BEFORE(access_mute_core_loss, ACCESS, 1, fault_core_loss)
LIMITS_BEFORE(access_mute_core_dead, ACCESS, 1, fault_core_dead)
LIMITS_BEFORE(access_limits_core_loss, ACCESS, 0.4, fault_core_loss)
LIMITS_WITH(access_mutes_core_loss, ACCESS, 1, CORE)
LIMITS_WITH(access_limits_much_core_loss, ACCESS, 0.8, CORE)
LIMITS_WITH(access_limits_more_core_loss, ACCESS, 0.6, CORE)
LIMITS_WITH(gateway_mutes_line_loss, GATEWAY, 1, LINE)

static const struct scenario hops[] = {
	/* What limits its answers was so before, and is not blamed; nor does it
	 * prove anything, unless nothing at all gets through elsewhere. */
	{ "core loss, access hop limits", SEGMENT_BEYOND, "loss", true, QUIET, LONG, 0,
	    make_plain, core_loss_limited_access },
	{ "core loss, access hop silent", SEGMENT_BEYOND, "loss", true, QUIET, LONG, 0,
	    make_silent_access, fault_core_loss },
	{ "core dead, access hop limits", SEGMENT_PROVIDER, "outage", true, QUIET, LONG,
	    0, make_plain, core_dead_limited_access },
	{ "core dead, access hop silent", SEGMENT_BEYOND, "outage", true, QUIET, LONG,
	    0, make_silent_access, fault_core_dead },
	{ "core loss, access hop mute since an hour", SEGMENT_BEYOND, "loss", false,
	    QUIET, LONG, 0, make_plain, access_mute_core_loss },
	{ "core dead, access hop mute since an hour", SEGMENT_BEYOND, "outage", false,
	    QUIET, LONG, 0, make_plain, access_mute_core_dead },
	{ "line loss, gateway limits", SEGMENT_BEYOND, "loss", false, QUIET, LONG, 0,
	    make_plain, line_loss_limited_gateway },
	{ "line loss, gateway limits, wifi", SEGMENT_BEYOND, "loss", false, QUIET, LONG,
	    0, make_wireless, line_loss_limited_gateway },
	{ "line dead, gateway limits", SEGMENT_ACCESS, "outage", true, QUIET, LONG, 0,
	    make_many_pings, line_dead_limited_gateway },
	{ "line dead, access hop limits", SEGMENT_ACCESS, "outage", true, QUIET, LONG,
	    0, make_plain, line_dead_limited_access },
	{ "line dead, gateway mute", SEGMENT_BEYOND, "outage", false, QUIET, LONG, 0,
	    make_plain, line_dead_mute_gateway },
	{ "line dead, gateway mute, wifi", SEGMENT_BEYOND, "outage", false, QUIET, LONG,
	    0, make_wireless, line_dead_mute_gateway },
	{ "wifi loss, access hop limits", SEGMENT_WIFI, "loss", true, QUIET, LONG, 0,
	    make_wireless, lan_loss_limited_access },
	{ "peering loss, core hop limits", SEGMENT_TRANSIT, "loss", true, QUIET, LONG,
	    0, make_plain, peer_loss_limited_core },
	/* One that began to, an hour before. */
	{ "line loss, gateway mute since an hour, wifi", SEGMENT_BEYOND, "loss", false,
	    QUIET, LONG, 0, make_wireless, gateway_mute_line_loss },
	{ "line loss, gateway mute since an hour", SEGMENT_BEYOND, "loss", false, QUIET,
	    LONG, 0, make_plain, gateway_mute_line_loss },
	{ "line dead, gateway mute since an hour, wifi", SEGMENT_BEYOND, "outage",
	    false, QUIET, LONG, 0, make_wireless, gateway_mute_line_dead },
	{ "core loss, gateway mute since an hour, wifi", SEGMENT_PROVIDER, "loss",
	    false, QUIET, LONG, 0, make_wireless, gateway_mute_core_loss },
	{ "line loss, gateway limits since an hour, wifi", SEGMENT_BEYOND, "loss",
	    false, QUIET, LONG, 0, make_wireless, gateway_limits_line_loss },
	{ "line loss, gateway limits since an hour of two days", SEGMENT_BEYOND, "loss",
	    false, 2 * DAY, LONG, 0, make_wireless, gateway_limits_line_loss },
	{ "core loss, access hop limits since an hour", SEGMENT_BEYOND, "loss", false,
	    QUIET, LONG, 0, make_plain, access_limits_core_loss },
	{ "core loss, access hop limits since an hour of two days", SEGMENT_BEYOND,
	    "loss", false, 2 * DAY, LONG, 0, make_plain, access_limits_core_loss },
	/* One that loses more than what lies behind it does is no measure of that. */
	{ "core loss, access hop mute from then on", SEGMENT_BEYOND, "loss", false,
	    QUIET, LONG, 0, make_plain, access_mutes_core_loss },
	{ "core loss, access hop limits from then on", SEGMENT_BEYOND, "loss", false,
	    QUIET, LONG, 0, make_plain, access_limits_much_core_loss },
	{ "core loss, access hop limits to 40 % from then on", SEGMENT_BEYOND, "loss",
	    false, QUIET, LONG, 0, make_plain, access_limits_more_core_loss },
	{ "line loss, gateway mute from then on, wifi", SEGMENT_BEYOND, "loss", false,
	    QUIET, LONG, 0, make_wireless, gateway_mutes_line_loss },
	{ "line delay, gateway slow since an hour, wifi", SEGMENT_ACCESS, "delay",
	    false, WEEK, LONG, 0, make_wireless, gateway_slow_line_delay },
	{ "wifi delay, gateway slow since an hour", SEGMENT_WIFI, "delay", false, WEEK,
	    LONG, 0, make_wireless, gateway_slow_wifi_delay },
	{ "core delay, access hop slow since an hour", SEGMENT_PROVIDER, "delay", false,
	    WEEK, LONG, 0, make_plain, access_slow_core_delay },
};

const struct scenario_table scenarios_hops = { hops, sizeof hops / sizeof hops[0] };
