/* Rounds of the ICMP probe, with a far end that does whatever a network may. */
#include "t/icmpfar.h"

static void
one_kind(const char *target, enum icmp_rung rung)
{
	(void)addr_parse(&to, target);
	int family = to.sa.sa_family;
	struct far far = { .family = family,
		.fd = socket(family, SOCK_RAW | SOCK_CLOEXEC,
		    family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6) };

	printf("# %s\n", target);
	open_host(family, rung);
	/* 14 deeds, and 14 ordinary pings that keep the round open. */
	struct round *r = one_round(&far, DEEDS + 14, true);
	if (!ok(r != NULL, "a round came to its end"))
		return;
	is_int(r->ping[ANSWER].outcome, PING_ANSWERED, "an answer");
	ok(r->ping[ANSWER].rtt_ns > 0 && r->ping[ANSWER].rtt_ns < 100 * MS,
	    "with a time that can be");
	is_int(r->ping[TWICE].outcome, PING_ANSWERED, "answered twice");
	is_int(r->duplicates, 1, "is a duplicate");
	is_int(r->ping[SHORT].outcome, PING_ANSWERED, "a cut answer with its tag");
	is_int(r->truncated, 1, "is counted");
	is_int(r->ping[TINY].outcome, PING_TIMEOUT, "one without tag is none");
	is_int(r->ping[ELSEWHERE].outcome, PING_TIMEOUT, "one from elsewhere is none");
	is_int(r->wrong_source, 1, "and counted");
	is_int(r->ping[FORGE].outcome, PING_TIMEOUT, "a forged one is none");
	is_int(r->forged, 1, "and counted");
	is_int((long long)counters.forged, 2, "as the one without tag");
	is_int(r->ping[SILENCE].outcome, PING_TIMEOUT, "silence");
	is_int(r->ping[ERROR].outcome, PING_NO_ROUTE, "an ICMP error tells the reason");
	is_int(r->ping[ERROR_ANSWER].outcome, PING_ANSWERED,
	    "a genuine answer wins over it");
	is_int(r->ping[ERROR_FORGED].outcome, PING_TIMEOUT,
	    "an error that quotes no packet of ours is none");
	is_int(r->ping[ERROR_BEHIND].outcome, PING_NO_ROUTE,
	    "headers in front of ours are walked");
	is_int(r->ping[ERROR_SHORT].outcome, PING_NO_ROUTE,
	    "eight bytes of our packet are enough");
	is_int(r->ping[ERROR_SHORT_OTHER].outcome, PING_TIMEOUT, "but for another's");
	is_int(r->ping[LATE].outcome, PING_LATE, "a late one is late");
	ok(r->ping[LATE].rtt_ns > TIMEOUT && r->ping[LATE].rtt_ns < 3 * TIMEOUT,
	    "and tells by how much");
	unsigned kernel = 0;
	for (unsigned i = DEEDS; i < r->count; i++)
		kernel += r->ping[i].outcome == PING_ANSWERED &&
			  r->ping[i].stamp == STAMP_KERNEL;
	is_int(kernel, 14, "the others are stamped by the kernel on both sides");

	close_host();
	icmp_io_without_keys(true);
	open_host(family, rung);
	icmp_io_without_keys(false);
	r = one_round(&far, 100, false);
	kernel = 0;
	for (unsigned i = 0; r != NULL && i < r->count; i++)
		kernel += r->ping[i].outcome == PING_ANSWERED &&
			  r->ping[i].stamp == STAMP_KERNEL;
	is_int(kernel, 100, "also where the kernel numbers the stamps itself");
	close_host();
	close(far.fd);
}

/* Rounds of ten pings, of eight targets in step, of whom the far end does not hear the
 * last. Counts the stamps of all but the first pings. */
static struct {
	unsigned by[STAMP_KINDS], lost, rounds;
} batch;

static void
on_batch(void *ctx, struct run *run, const struct round *r)
{
	(void)ctx;
	(void)run;
	for (unsigned i = 1; i < r->count; i++)
		if (r->ping[i].outcome == PING_ANSWERED)
			batch.by[r->ping[i].stamp]++;
		else
			batch.lost += r->ping[i].outcome == PING_TIMEOUT;
	batch.rounds++;
}

static void
hold_batch(struct far *far, bool *calm)
{
	struct run_spec spec = { .path = "A",
		.name = "a",
		.type = &probe_icmp,
		.plan = { .step = 100000 * CLOCK_NS_PER_S,
		    .sampler = SAMPLER_BURST,
		    .count = 10,
		    .gap = 30 * MS,
		    .timeout = TIMEOUT } };
	struct run *run[8];
	int64_t give_up = clock_mono_ns() + 60 * CLOCK_NS_PER_S, watch = 0;

	spec.plan.phase = (clock_wall_ns() + 60 * MS) % spec.plan.step;
	plan_settle(&spec.plan);
	memset(&batch, 0, sizeof batch);
	for (unsigned i = 0; i < 8; i++) {
		spec.target = i;
		spec.opts = probe_icmp.options(NULL, NULL, NULL);
		run[i] = run_add(&spec);
	}
	while (batch.rounds < 8 && clock_mono_ns() < give_up) {
		far_turn(far, false);
		if (runs_next() <= clock_mono_ns())
			runs_tick();
		*calm = put_aside(&watch) < ASIDE;
		usleep(200);
	}
	for (unsigned i = 0; i < 8; i++)
		run_remove(run[i]);
}

/* So many pings that not each of them gets a stamp. */
static void
busy(void)
{
	static const struct run_ops ops = { .done = on_batch, .address = on_address };
	struct far far = { .family = AF_INET,
		.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) };
	struct addr silent;
	bool calm = false;

	(void)addr_parse(&to, "127.0.0.1");
	(void)addr_parse(&silent, "127.0.7.1");
	open_host(AF_INET, ICMP_DATAGRAM);
	runs.ops = ops;
	each_its_own = true;
	far.dumb = silent.v4.sin_addr.s_addr;
	icmp_io_busy_from(0);
	for (unsigned i = 0; i < TRIES && !(calm && batch.by[STAMP_KERNEL_NEAR] > 0);
	     i++)
		hold_batch(&far, &calm);
	icmp_io_busy_from(UINT32_MAX);
	each_its_own = false;
	is_int(batch.lost, 9, "of eight targets one is silent");
	ok(batch.by[STAMP_KERNEL] >= 9 && batch.by[STAMP_KERNEL_NEAR] >= 1 &&
		batch.by[STAMP_KERNEL_NEAR] <= 9 * 6,
	    "a batch: %u have a stamp, %u are between two, of %u nothing is known",
	    batch.by[STAMP_KERNEL], batch.by[STAMP_KERNEL_NEAR],
	    batch.by[STAMP_KERNEL_RX]);
	hold_batch(&far, &calm);
	is_int(batch.by[STAMP_KERNEL_NEAR], 0, "of few pings each has its stamp");
	close_host();
	close(far.fd);
}

static void
local_faults(void)
{
	struct far far = { .family = AF_INET, .fd = -1 };

	open_host(AF_INET, ICMP_DATAGRAM);
	(void)addr_parse(&to, "192.0.2.1");
	struct round *r = one_round(&far, 3, false);
	is_int(r->ping[0].outcome, PING_NO_ROUTE, "no route is loss with its reason");
	is_int(r->state, ROUND_MEASURED, "and known");
	(void)addr_parse(&to, "::1");
	r = one_round(&far, 3, false);
	is_int(r->ping[0].outcome, PING_CANNOT, "without a socket nothing is known");
	is_int(r->state, ROUND_UNKNOWN, "about the round");
	close_host();
}

int
main(void)
{
	enter_world();
	allow_datagrams(false);
	one_kind("127.0.0.1", ICMP_RAW);
	one_kind("::1", ICMP_RAW);
	allow_datagrams(true);
	one_kind("127.0.0.1", ICMP_DATAGRAM);
	one_kind("::1", ICMP_DATAGRAM);
	busy();
	local_faults();
	free(got);
	return tap_done();
}
