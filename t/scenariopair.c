/* One thing is the matter for hours, and in the middle third of them another. */
#include "t/scenariofaults.h"
#include "t/scenarios.h"

static bool
second(const struct world *w, double t)
{
	return t >= w->length / 3 && t < w->length * 2 / 3;
}

#define SECOND(NAME, FIRST, ...)                                                       \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		FIRST(w, t);                                                           \
		if (second(w, t)) {                                                    \
			__VA_ARGS__;                                                   \
		}                                                                      \
	}

SECOND(peer_dead_line_dead, fault_peer_dead, fault_line_dead(w, t))
SECOND(peer_dead_core_loss, fault_peer_dead, fault_core_loss(w, t))
SECOND(peer_dead_lan_dead, fault_peer_dead, fault_lan_dead(w, t))
SECOND(peer_loss_line_dead, fault_peer_loss, fault_line_dead(w, t))
SECOND(core_loss_line_dead, fault_core_loss, fault_line_dead(w, t))
SECOND(lan_loss_line_dead, fault_lan_loss, fault_line_dead(w, t))
SECOND(line_loss_line_dead, fault_line_loss, fault_line_dead(w, t))
SECOND(upload_lan_loss, fault_upload, fault_lan_loss(w, t))
SECOND(upload_peer_loss, fault_upload, fault_peer_loss(w, t))
SECOND(upload_line_dead, fault_upload, fault_line_dead(w, t))
SECOND(light_core_loss, fault_line_light, fault_core_loss(w, t))
SECOND(peer_dead_end_dead, fault_peer_dead, w->own_loss[END + w->fars - 1] = 1)

/* On the same way, and not twice as much. */
static void
core_loss_line_loss(struct world *w, double t)
{
	if (world_on(w, t))
		w->link[CORE].more_loss = 0.2 + w->a * 0.05;
	if (second(w, t))
		w->link[LINE].more_loss = 0.3 + w->b * 0.1;
}

static void
line_loss_lan_loss(struct world *w, double t)
{
	if (world_on(w, t))
		w->link[LINE].more_loss = 0.2 + w->a * 0.05;
	if (second(w, t))
		w->link[LAN].more_loss = 0.3 + w->b * 0.1;
}

SECOND(light_end_dead, fault_line_light, fault_end_dead(w, t))
SECOND(upload_hit, fault_upload, w->hit_loss[LINE] = 1)
SECOND(lan_loss_peer_dead, fault_lan_loss, fault_peer_dead(w, t))
SECOND(core_loss_hit, fault_core_loss, w->hit_loss[LINE] = 1)
SECOND(peer_dead_hit, fault_peer_dead, w->hit_loss[LINE] = 1)
SECOND(core_dead_line_dead, fault_core_dead, fault_line_dead(w, t))
SECOND(line_dead_lan_dead, fault_line_dead, fault_lan_dead(w, t))

static void
make_dual_counted(struct world *w)
{
	make_dual(w);
	make_counted(w);
}

static void
hit_line_dead(struct world *w, double t)
{
	if (world_on(w, t))
		w->hit_loss[LINE] = 1;
	if (second(w, t))
		fault_line_dead(w, t);
}

/* Smokebox is started anew at BEGIN, seconds since the onset. */
static void
restart(struct world *w, double t, double begin)
{
	w->restarts = true;
	w->off |= t >= begin && t < begin + 100;
}

static void
peer_dead_line_dead_restart(struct world *w, double t)
{
	peer_dead_line_dead(w, t);
	restart(w, t, w->length / 2);
}

/* Amid the one, and amid both. */
static void
core_loss_end_dead_restart(struct world *w, double t)
{
	fault_core_loss(w, t);
	if (second(w, t))
		fault_end_dead(w, t);
	restart(w, t, w->length / 6);
	restart(w, t, w->length * 5 / 6);
}

static const struct scenario_pair pairs[] = {
	{ { "peering dead, the line for an hour", SEGMENT_TRANSIT, "outage", false,
	      QUIET, LONG, HOUR, make_plain, peer_dead_line_dead },
	    SEGMENT_ACCESS, "outage" },
	{ { "peering dead, core loss for an hour", SEGMENT_TRANSIT, "outage", false,
	      QUIET, LONG, HOUR, make_plain, peer_dead_core_loss },
	    SEGMENT_PROVIDER, "loss" },
	{ { "peering dead, the wifi for an hour", SEGMENT_TRANSIT, "outage", false,
	      QUIET, LONG, HOUR, make_wireless, peer_dead_lan_dead },
	    SEGMENT_WIFI, "outage" },
	{ { "peering loss, the line dead for an hour", SEGMENT_TRANSIT, "loss", false,
	      QUIET, LONG, HOUR, make_plain, peer_loss_line_dead },
	    SEGMENT_ACCESS, "outage" },
	{ { "core loss, the line dead for an hour", SEGMENT_PROVIDER, "loss", false,
	      QUIET, LONG, HOUR, make_plain, core_loss_line_dead },
	    SEGMENT_ACCESS, "outage" },
	{ { "wifi loss, the line dead for an hour", SEGMENT_WIFI, "loss", false, QUIET,
	      LONG, HOUR, make_wireless, lan_loss_line_dead },
	    SEGMENT_ACCESS, "outage" },
	{ { "line loss, dead for an hour", SEGMENT_ACCESS, "loss", false, QUIET, LONG,
	      HOUR, make_plain, line_loss_line_dead },
	    SEGMENT_ACCESS, "outage" },
	{ { "upload, cable loss for an hour", SEGMENT_ACCESS, "bufferbloat", false,
	      WEEK, LONG, HOUR, make_counted, upload_lan_loss },
	    SEGMENT_HOME, "loss" },
	{ { "upload, peering loss for an hour", SEGMENT_ACCESS, "bufferbloat", true,
	      WEEK, LONG, HOUR, make_counted, upload_peer_loss },
	    SEGMENT_TRANSIT, "loss" },
	{ { "upload, the line dead for an hour", SEGMENT_ACCESS, "bufferbloat", false,
	      WEEK, LONG, HOUR, make_counted, upload_line_dead },
	    SEGMENT_ACCESS, "outage" },
	{ { "peering dead, another end for an hour", SEGMENT_TRANSIT, "outage", false,
	      QUIET, LONG, HOUR, make_plain, peer_dead_end_dead },
	    SEGMENT_FAR, "outage" },
	{ { "line light loss, the core for an hour", SEGMENT_ACCESS, "loss", true,
	      QUIET, 3 * LONG, LONG, make_plain, light_core_loss },
	    SEGMENT_PROVIDER, "loss" },
	{ { "core loss, about as much of the line", SEGMENT_PROVIDER, "loss", true,
	      QUIET, 2 * LONG, LONG, make_plain, core_loss_line_loss },
	    SEGMENT_ACCESS, "loss" },
	{ { "line loss, about as much of the wifi", SEGMENT_ACCESS, "loss", true, QUIET,
	      2 * LONG, LONG, make_wireless, line_loss_lan_loss },
	    SEGMENT_WIFI, "loss" },
	{ { "line light loss, an end dead between", SEGMENT_ACCESS, "loss", true, QUIET,
	      3 * LONG, LONG, make_plain, light_end_dead },
	    SEGMENT_FAR, "outage" },
	{ { "upload, IPv6 dead for an hour", SEGMENT_ACCESS, "bufferbloat", false, WEEK,
	      LONG, HOUR, make_dual_counted, upload_hit },
	    SEGMENT_ACCESS, "outage" },
	{ { "IPv6 dead, the line for an hour", SEGMENT_ACCESS, "outage", false, QUIET,
	      LONG, HOUR, make_dual, hit_line_dead },
	    SEGMENT_ACCESS, "outage" },
	{ { "wifi loss, the peering dead for an hour", SEGMENT_WIFI, "loss", false,
	      QUIET, LONG, HOUR, make_wireless, lan_loss_peer_dead },
	    SEGMENT_TRANSIT, "outage" },
	{ { "core loss, IPv6 dead for an hour", SEGMENT_PROVIDER, "loss", false, QUIET,
	      LONG, HOUR, make_dual, core_loss_hit },
	    SEGMENT_ACCESS, "outage" },
	{ { "peering dead, IPv6 dead for an hour", SEGMENT_TRANSIT, "outage", false,
	      QUIET, LONG, HOUR, make_dual, peer_dead_hit },
	    SEGMENT_ACCESS, "outage" },
	{ { "core dead, the line for an hour", SEGMENT_PROVIDER, "outage", false, QUIET,
	      LONG, HOUR, make_plain, core_dead_line_dead },
	    SEGMENT_ACCESS, "outage" },
	{ { "peering dead, the line for an hour, a restart", SEGMENT_TRANSIT, "outage",
	      false, QUIET, 2 * LONG, LONG, make_plain, peer_dead_line_dead_restart },
	    SEGMENT_ACCESS, "outage" },
	{ { "core loss, an end dead between, restarts", SEGMENT_PROVIDER, "loss", false,
	      QUIET, 3 * LONG, LONG, make_plain, core_loss_end_dead_restart },
	    SEGMENT_FAR, "outage" },
	{ { "line dead, the wifi for an hour", SEGMENT_ACCESS, "outage", false, QUIET,
	      LONG, HOUR, make_wireless, line_dead_lan_dead },
	    SEGMENT_WIFI, "outage" },
};

const struct scenario_pairs scenarios_pair = { pairs, sizeof pairs / sizeof pairs[0] };
