/* Rounds on their way to a recorder that stalls, dies and comes back. */
#include "prober/report.h"

#include <stdlib.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "base/log.h"
#include "link/link.h"
#include "t/tap.h"

static struct event_base *base;
static unsigned taken;
static int64_t last_row;
static bool in_order = true;
static unsigned heres;

static void
on_gone(void *ctx, struct link *link)
{
	(void)ctx;
	(void)link;
	report_to(NULL); /* as the prober does */
}

static int
on_message(void *ctx, struct link *link, struct msg_in *in)
{
	static struct round r;

	(void)ctx;
	(void)link;
	if (in->type == MSG_HERE) {
		heres++;
		return 0;
	}
	if (msg_get_round(in, &r) != 0)
		return -1;
	in_order = in_order && r.row > last_row;
	last_row = r.row;
	taken++;
	return 0;
}

/* A line to a recorder; RECORDER gets its end. */
static struct link *
line(struct link **recorder)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) !=
	    0)
		abort();
	*recorder = link_new(base, fd[1], ROOM_PROBER, 0, on_message, NULL, NULL);
	return link_new(base, fd[0], ROOM_RECORDER, REPORT_MAX, NULL, on_gone, NULL);
}

static void
settle(void)
{
	for (unsigned i = 0; i < 1000; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* COUNT rounds, from ROW on. */
static void
rounds(int64_t row, unsigned count)
{
	static struct round r = { .target = 1, .step = 1, .count = 1 };

	r.ping[0] = (struct ping){ .rtt_ns = 1 };
	for (unsigned i = 0; i < count; i++) {
		r.row = row + i;
		report_round(&r);
	}
}

/* What this host is in is told again, since a line may drop it. */
static void
here(void)
{
	struct link *recorder, *prober = line(&recorder);

	report_to(prober);
	report_here();
	settle();
	is_int(heres, 1, "what this host is in is told at once");
	for (unsigned i = 0; i < 3; i++) {
		clock_fake_advance(16 * CLOCK_NS_PER_S);
		report_here();
	}
	settle();
	is_int(heres, 1, "not at every look");
	clock_fake_advance(16 * CLOCK_NS_PER_S);
	report_here();
	settle();
	is_int(heres, 2, "but once more after a minute");
	report_free();
	link_free(prober);
	link_free(recorder);
}

int
main(void)
{
	struct link *recorder, *prober;
	struct msg_counters counters = { 0 };

	log_init("t/report", LOG_LEVEL_WARN);
	base = event_base_new();
	prober = line(&recorder);
	report_to(prober);
	clock_fake(CLOCK_NS_PER_S, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
	rounds(1, 10);
	report_gathered(false);
	settle();
	is_int(taken, 0, "rounds are gathered");
	clock_fake_advance(REPORT_GATHER_NS);
	report_gathered(false);
	settle();
	is_int(taken, 10, "and go together");
	rounds(11, 2000);
	report_gathered(false);
	settle();
	ok(taken > 500, "at once when they are many");

	report_gathered(true);
	settle();
	taken = 0;
	last_row = 0;
	rounds(1, 3000);
	report_gathered(true);
	report_counters(&counters);
	size_t waiting = link_queued(prober);
	ok(waiting > 0, "behind a stalled recorder rounds wait");
	rounds(3001, 5);
	link_free(recorder); /* it is killed */
	settle();
	rounds(3006, 5);

	prober = line(&recorder);
	report_to(prober);
	settle();
	ok(taken > 10 && last_row == 3010, "its successor gets them, and those after");
	ok(in_order, "in order");
	report_counters(&counters);
	is_int((long long)counters.dropped_rounds, 0, "none was dropped");
	report_free();
	link_free(prober);
	link_free(recorder);
	here();
	event_base_free(base);
	return tap_done();
}
