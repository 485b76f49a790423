#include "prober/walker.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "link/msghops.h"
#include "prober/report.h"
#include "prober/ways.h"
#include "probes/icmp_opts.h"

static struct {
	struct ways *ways;
	struct event *turn;
} w;

static void
walker_arm(int64_t next)
{
	int64_t ns = next - clock_mono_ns();
	struct timeval tv;

	if (next == INT64_MAX) {
		event_del(w.turn);
		return;
	}
	if (ns < 0)
		ns = 0;
	tv.tv_sec = ns / CLOCK_NS_PER_S;
	tv.tv_usec = ns % CLOCK_NS_PER_S / CLOCK_NS_PER_US;
	event_add(w.turn, &tv);
}

static void
walker_on_turn(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what, (void)ctx;
	walker_arm(ways_turn(w.ways, clock_mono_ns()));
}

static void
walker_found(void *ctx, const struct hops *found)
{
	(void)ctx;
	report_hops(found);
}

static struct ways_settings
walker_settings(const struct conf *conf)
{
	const struct conf_section *s = conf_top(conf, "Path");

	return (struct ways_settings){
		.on = strcmp(conf_value(s, "walk", "yes"), "yes") == 0,
		.method = hops_method_of(conf_value(s, "method", "icmp")),
		.every_ns = atoi(conf_value(s, "every", "10")) * CLOCK_NS_PER_S,
	};
}

static void
walker_open(struct event_base *base, const struct conf *conf)
{
	struct ways_settings settings = walker_settings(conf);

	w.ways = ways_new(&settings, walker_found, NULL);
	w.turn = event_new(base, -1, 0, walker_on_turn, NULL);
	if (w.turn == NULL)
		fatalx("no timer for walks");
	walker_arm(0);
}

static void
walker_configure(const struct conf *conf)
{
	struct ways_settings settings = walker_settings(conf);

	ways_configure(w.ways, &settings);
	walker_arm(0);
}

static void
walker_target(uint64_t id, const struct addr *address, const struct probe_run *run)
{
	const struct icmp_way *way = run->type == &probe_icmp ? &run->opts->way : NULL;

	if (address->sa.sa_family == AF_UNSPEC || addr_is_loopback(address))
		ways_forget(w.ways, id);
	else
		ways_target(w.ways, id, address, way, clock_mono_ns());
}

static void
walker_forget(uint64_t id)
{
	ways_forget(w.ways, id);
}

static void
walker_want(uint64_t id, enum hops_reason reason)
{
	if (ways_want(w.ways, id, reason, clock_mono_ns()))
		walker_arm(0);
}

static void
walker_moved(uint64_t id)
{
	walker_want(id, HOPS_CHANGED);
}

static int
walker_message(struct msg_in *in)
{
	struct msg_trace t;

	if (msg_get_trace(in, &t) != 0)
		return -1;
	walker_want(t.target, (enum hops_reason)t.reason);
	return 0;
}

static void
walker_close(void)
{
	event_free(w.turn);
	ways_free(w.ways);
}

const struct prober_walker walker = {
	.open = walker_open,
	.configure = walker_configure,
	.target = walker_target,
	.forget = walker_forget,
	.moved = walker_moved,
	.message = walker_message,
	.close = walker_close,
};
