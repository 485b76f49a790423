/* Two things at once, and things that are told apart from what they look like. */
#include <math.h>

#include "t/scenariofaults.h"
#include "t/scenarios.h"

/* One far end is dead from the first day on; then the line fails. */
static void
dead_end_and(struct world *w, double t)
{
	(void)t;
	w->own_loss[w->victim] = 1;
}

static void
dead_then_line(struct world *w, double t)
{
	dead_end_and(w, t);
	fault_line_dead(w, t);
}

static void
dead_then_core(struct world *w, double t)
{
	dead_end_and(w, t);
	fault_core_loss(w, t);
}

static void
two_ends(struct world *w, double t)
{
	if (world_on(w, t))
		w->own_loss[END] = w->own_loss[END + w->fars - 1] = 1;
}

/* Dead for a quarter of two minutes: lost pings come in runs, and rounds of one target
 * meet others than those of another. */
static void
line_comes_and_goes(struct world *w, double t)
{
	if (world_on(w, t) && fmod(t, 120) < 30)
		w->link[LINE].more_loss = 1;
}

static void
line_dead_again(struct world *w, double t)
{
	if (world_on(w, t) && fmod(t, 600) < 180)
		w->link[LINE].more_loss = 1;
}

static void
end_dead_again(struct world *w, double t)
{
	if (world_on(w, t) && fmod(t, 900) < 300)
		w->own_loss[w->victim] = 1;
}

/* The way to most far ends adds its own. */
static void
line_and_peer_loss(struct world *w, double t)
{
	w->size = 0.15;
	if (world_on(w, t)) {
		w->link[LINE].more_loss = 0.15;
		w->link[PEER1].more_loss = 0.12;
	}
}

static void
line_and_peer_delay(struct world *w, double t)
{
	w->size = 0.03 + w->a * 0.03;
	if (world_on(w, t)) {
		w->link[LINE].more_delay = w->size;
		w->link[PEER1].more_delay = 0.04;
	}
}

static void
core_and_peer_delay(struct world *w, double t)
{
	w->size = 0.03 + w->a * 0.03;
	if (world_on(w, t)) {
		w->link[CORE].more_delay = w->size;
		w->link[PEER1].more_delay = 0.04;
	}
}

/* Whether the line is dead, too, or the hop at its end says nothing, nobody knows. */
static void
core_dead_then_mute(struct world *w, double t)
{
	fault_core_dead(w, t);
	if (world_on(w, t - HOUR))
		w->own_loss[ACCESS] = 1;
}

static void
every_five_minutes(struct world *w)
{
	w->step = 300;
	w->pings = 20;
	for (unsigned i = 0; i < NODES; i++)
		w->phase[i] = chance() * w->step;
}

static void
make_restless_five_minutes(struct world *w)
{
	make_restless(w);
	every_five_minutes(w);
}

static void
make_bursts(struct world *w)
{
	w->bursts = true;
}

/* One thing, and an hour later another. */
#define THEN(NAME, FIRST, SECOND)                                                      \
	static void NAME(struct world *w, double t)                                    \
	{                                                                              \
		FIRST(w, t);                                                           \
		if (t >= HOUR)                                                         \
			SECOND(w, t);                                                  \
	}

THEN(upload_then_resolver, fault_upload, fault_resolver_dead)
THEN(upload_then_end, fault_upload, fault_end_dead)
THEN(light_then_resolver, fault_line_light, fault_resolver_dead)
THEN(light_then_end, fault_line_light, fault_end_dead)
THEN(loss_then_resolver, fault_line_loss, fault_resolver_dead)
THEN(delay_then_end, fault_core_delay, fault_end_dead)
THEN(peer_then_line, fault_peer_dead, fault_line_dead)

static void
make_wireless_counted(struct world *w)
{
	make_wireless(w);
	make_counted(w);
}

static void
wifi_delay_upload(struct world *w, double t)
{
	w->in = w->out = 0.05;
	fault_lan_delay(w, t);
	if (t >= HOUR && t < 2 * HOUR)
		fault_upload(w, t);
}

static const struct scenario_two doubles[] = {
	{ { "line dead, one end dead before", SEGMENT_ACCESS, "outage", true, QUIET,
	      LONG, 0, make_plain, dead_then_line },
	    SEGMENT_FAR },
	{ { "core loss, one end dead before", SEGMENT_PROVIDER, "loss", false, QUIET,
	      LONG, 0, make_plain, dead_then_core },
	    SEGMENT_FAR },
	/* What is dead while less is the matter with the path. */
	{ { "upload, then the resolver dead", SEGMENT_RESOLVER, "outage", false, WEEK,
	      LONG, 0, make_counted, upload_then_resolver },
	    SEGMENT_ACCESS },
	{ { "upload, then an end dead", SEGMENT_FAR, "outage", false, WEEK, LONG, 0,
	      make_counted, upload_then_end },
	    SEGMENT_ACCESS },
	{ { "line light loss, then the resolver dead", SEGMENT_RESOLVER, "outage",
	      false, QUIET, LONG, 0, make_plain, light_then_resolver },
	    SEGMENT_ACCESS },
	{ { "line light loss, then an end dead", SEGMENT_FAR, "outage", false, QUIET,
	      LONG, 0, make_plain, light_then_end },
	    SEGMENT_ACCESS },
	{ { "line loss, then the resolver dead", SEGMENT_RESOLVER, "outage", false,
	      QUIET, LONG, 0, make_plain, loss_then_resolver },
	    SEGMENT_ACCESS },
	{ { "peering dead, then the line dead", SEGMENT_ACCESS, "outage", false, QUIET,
	      LONG, 0, make_plain, peer_then_line },
	    SEGMENT_TRANSIT },
	{ { "wifi delay, an upload for an hour", SEGMENT_ACCESS, "bufferbloat", false,
	      WEEK, LONG, HOUR, make_wireless_counted, wifi_delay_upload },
	    SEGMENT_WIFI },
	{ { "core delay, then an end dead", SEGMENT_FAR, "outage", false, WEEK, LONG, 0,
	      make_plain, delay_then_end },
	    SEGMENT_PROVIDER },
};

const struct scenario_twos scenarios_two = { doubles,
	sizeof doubles / sizeof doubles[0] };

/* A router that starts anew, and its line, which is up later: less than two windows. */
static void
router_starts_anew(struct world *w, double t)
{
	if (t >= 0 && t < 150)
		w->link[ROUTER].more_loss = 1;
	if (t >= 150 && t < 330)
		w->link[LINE].more_loss = 1;
}

/* Things of which nothing that is wrong may be sure. */
static const struct scenario chances[] = {
	{ "router starts anew, every 5 minutes", SEGMENT_ACCESS, "loss|outage", false,
	    QUIET, 330, HOUR, make_restless_five_minutes, router_starts_anew },
	{ "two ends of different peers at once", SEGMENT_FAR, "outage", false, QUIET,
	    LONG, 0, make_plain, two_ends },
	{ "line dead for half a minute of two", SEGMENT_ACCESS, "loss|outage", false,
	    QUIET, LONG, 0, make_restless, line_comes_and_goes },
	/* One end shows later than others that it is over. */
	{ "line loss, and an hour after it", SEGMENT_ACCESS, "loss", false, QUIET, HOUR,
	    HOUR, make_plain, fault_line_loss },
	{ "core loss, and an hour after it", SEGMENT_PROVIDER, "loss", false, QUIET,
	    HOUR, HOUR, make_plain, fault_core_loss },
	{ "wifi loss, and an hour after it", SEGMENT_WIFI, "loss", false, QUIET, HOUR,
	    HOUR, make_wireless, fault_lan_loss },
	{ "line dead for half a minute of two, by bursts", SEGMENT_ACCESS,
	    "loss|outage", false, QUIET, LONG, 0, make_bursts, line_comes_and_goes },
	{ "core dead, access hop mute an hour later", SEGMENT_PROVIDER, "outage", false,
	    QUIET, LONG, 0, make_plain, core_dead_then_mute },
};

const struct scenario_table scenarios_chance = { chances,
	sizeof chances / sizeof chances[0] };

static void
line_dead_each_hour(struct world *w, double t)
{
	if (world_on(w, t) && fmod(t, HOUR) < 900)
		w->link[LINE].more_loss = 1;
}

static const struct scenario agains[] = {
	{ "line dead for 15 minutes of each hour", SEGMENT_ACCESS, "outage|loss", false,
	    QUIET, 8 * HOUR, LONG, make_restless, line_dead_each_hour },
	{ "line dead for 3 minutes of 10", SEGMENT_ACCESS, "outage|loss", false, QUIET,
	    2 * HOUR, LONG, make_restless, line_dead_again },
	{ "an end dead for 5 minutes of 15", SEGMENT_FAR, "outage|loss", false, QUIET,
	    2 * HOUR, LONG, make_restless, end_dead_again },
};

const struct scenario_table scenarios_again = { agains,
	sizeof agains / sizeof agains[0] };

static void
make_five_minutes(struct world *w)
{
	make_bursts(w);
	every_five_minutes(w);
}

/* Each target meets every other outage, or none; so nothing proves where it is. */
static const struct scenario_two hours[] = {
	{ { "line dead for half a minute of two, every 5 minutes", SEGMENT_ACCESS,
	      "loss|outage", false, QUIET, LONG, 0, make_five_minutes,
	      line_comes_and_goes },
	    SEGMENT_BEYOND },
};

const struct scenario_twos scenarios_hour = { hours, sizeof hours / sizeof hours[0] };

static const struct scenario sizes[] = {
	{ "line loss, a peering adds more", SEGMENT_ACCESS, "loss", true, QUIET, LONG,
	    0, make_plain, line_and_peer_loss },
	{ "line delay, a peering adds more", SEGMENT_ACCESS, "delay", true, WEEK, LONG,
	    0, make_plain, line_and_peer_delay },
	{ "core delay, a peering adds more", SEGMENT_PROVIDER, "delay", true, WEEK,
	    LONG, 0, make_plain, core_and_peer_delay },
};

const struct scenario_table scenarios_size = { sizes, sizeof sizes / sizeof sizes[0] };
