/* When a ping left and its answer came, by the stamps of driver and kernel: with a
 * clock turned by hand. */
#include "t/icmpfar.h"

#define US CLOCK_NS_PER_US

/* The next request of ours that FD gets. */
static struct echo catch (int fd)
{
	int64_t give_up = clock() / CLOCKS_PER_SEC + 5;
	struct echo e = { 0 };
	uint8_t data[300];

	while (clock() / CLOCKS_PER_SEC < give_up) {
		ssize_t n = recv(fd, data, sizeof data, MSG_DONTWAIT);

		if (n > 0 && echo_read(&e, data, (size_t)n, AF_INET, true) == 0 &&
		    e.kind == ECHO_REQUEST && e.slot != ICMP_SLOT_NOBODY)
			return e;
	}
	ok(false, "a request came");
	return e;
}

/* What the driver, the kernel and our reading of the answer say, after the sending. 0:
 * nothing. */
static const struct stamped {
	int64_t left, stamp, read;
	const char *what;
	int64_t rtt;
	enum ping_stamp kind;
	unsigned faults;
	bool unasked; /* the driver was not asked: LEFT is by the packets around */
} stamped[] = {
	{ 10 * US, 110 * US, 300 * US, "both stamps", 100 * US, STAMP_KERNEL, 0,
	    false },
	{ 0, 110 * US, 300 * US, "no stamp of the driver", 110 * US, STAMP_KERNEL_RX, 0,
	    false },
	{ 10 * US, 0, 300 * US, "no stamp of arrival", 300 * US, STAMP_USER, 0, false },
	{ 120 * US, 110 * US, 300 * US, "left after it came", 110 * US, STAMP_KERNEL_RX,
	    1, false },
	{ -2 * MS, 110 * US, 300 * US, "left before it was sent", 110 * US,
	    STAMP_KERNEL_RX, 1, false },
	{ 10 * US, 400 * US, 300 * US, "came after it was read", 300 * US, STAMP_USER,
	    1, false },
	{ 10 * US, 9 * US, 300 * US, "times that take nothing", 9 * US, STAMP_KERNEL_RX,
	    1, false },
	{ 10 * US, 110 * US, 300 * US, "left between two others", 100 * US,
	    STAMP_KERNEL_NEAR, 0, true },
	{ 0, 110 * US, 300 * US, "nobody was asked when it left", 110 * US,
	    STAMP_KERNEL_RX, 0, true },
	{ -2 * MS, 110 * US, 300 * US, "others that left before it was sent", 110 * US,
	    STAMP_KERNEL_RX, 0, true },
	{ 120 * US, 110 * US, 300 * US, "others that left after it came", 110 * US,
	    STAMP_KERNEL_RX, 1, true },
	{ 10 * US, 110 * US, 300 * US, "both stamps again", 100 * US, STAMP_KERNEL, 0,
	    false },
};
#define STAMPED (sizeof stamped / sizeof stamped[0])

/* Answer E at once, as S says. */
static void
stamp(const struct stamped *s, const struct echo *e)
{
	int64_t sent = clock_wall_ns();

	if (s->unasked)
		icmp_sent(e->slot, clock_mono_ns(), false);
	if (s->left != 0 && s->unasked)
		icmp_left_near(e->slot, sent + s->left);
	else if (s->left != 0)
		icmp_left(e->slot, sent + s->left);
	if (s->left > 0 && !s->unasked)
		icmp_left(e->slot, sent + s->left + 5 * US); /* one too many */
	icmp_came(&(struct icmp_came){ .echo = e,
	    .from = &to,
	    .stamp_ns = s->stamp == 0 ? 0 : sent + s->stamp,
	    .wall_ns = sent + s->read,
	    .ttl = 64 });
}

static struct run *
by_hand(unsigned count)
{
	struct run_spec spec = { .target = 1,
		.path = "A",
		.name = "a",
		.type = &probe_icmp,
		.opts = probe_icmp.options(NULL, NULL, NULL),
		.plan = { .step = 100 * CLOCK_NS_PER_S,
		    .sampler = SAMPLER_BURST,
		    .count = count,
		    .gap = 10 * MS,
		    .timeout = 100 * MS } };

	plan_settle(&spec.plan);
	free(got);
	got = NULL;
	return run_add(&spec);
}

static void
stamps(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	struct echo e, last = { 0 };
	uint64_t faults[STAMPED];

	(void)addr_parse(&to, "127.0.0.1");
	clock_fake(1000 * CLOCK_NS_PER_S, BEGIN, 1000 * CLOCK_NS_PER_S);
	open_hosts(1);
	struct run *run = by_hand(STAMPED + 4);
	for (unsigned i = 0; i < STAMPED; i++) {
		turn(i == 0 ? 0 : 10 * MS);
		e = catch (fd);
		/* The real kernel's stamp may come at any time, and is a fault too. */
		probe_icmp.receive(&host);
		faults[i] = counters.stamp_faults;
		stamp(&stamped[i], &e);
		faults[i] = counters.stamp_faults - faults[i];
	}
	/* The clock is set between sending and answer. */
	turn(10 * MS);
	e = catch (fd);
	clock_fake(clock_mono_ns(), clock_wall_ns() + 20 * MS, clock_boot_ns());
	probe_icmp.receive(&host);
	stamp(&stamped[0], &e);
	turn(10 * MS);
	e = catch (fd);
	stamp(&stamped[0], &e);
	turn(10 * MS);
	e = catch (fd);
	icmp_sent(e.slot, clock_mono_ns(), false);
	turn(10 * MS);
	last = catch (fd);
	for (unsigned i = 0; i < 30 && got == NULL; i++)
		turn(10 * MS);
	if (!ok(got != NULL, "a round by hand"))
		return;
	for (unsigned i = 0; i < STAMPED; i++) {
		const struct ping *p = &got->ping[i];

		ok(p->outcome == PING_ANSWERED && p->rtt_ns == stamped[i].rtt &&
			p->stamp == stamped[i].kind && faults[i] == stamped[i].faults,
		    "%s: %lld ns by kind %d, %u faults", stamped[i].what,
		    (long long)p->rtt_ns, p->stamp, (unsigned)faults[i]);
	}
	is_int(got->ping[STAMPED].outcome, PING_STALLED,
	    "an answer over a step of the clock says nothing");
	ok(got->ping[STAMPED + 1].outcome == PING_ANSWERED &&
		got->ping[STAMPED + 1].rtt_ns == 100 * US,
	    "the next one does");
	is_int(got->ping[STAMPED + 2].outcome, PING_TIMEOUT,
	    "no answer, and nobody was asked whether it left");
	is_int(got->ping[STAMPED + 3].outcome, PING_NEVER_LEFT,
	    "no answer, and no driver that took it, as it took the one before");
	stamp(&stamped[0], &last);
	is_int((long long)counters.late_closed, 1, "which comes when all is over");
	last.tag[0] ^= 1;
	stamp(&stamped[0], &last);
	ok(counters.late_closed == 1 && counters.forged == 1, "a forged one does not");
	run_remove(run);
	close_host();
	close(fd);
	clock_real();
}

int
main(void)
{
	enter_world();
	allow_datagrams(true);
	stamps();
	free(got);
	return tap_done();
}
