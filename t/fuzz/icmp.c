#include "t/fuzz.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/icmpsock.h"
#include "link/msg.h"
#include "prober/run.h"
#include "probes/echo.h"
#include "probes/hopicmp.h"
#include "probes/icmp_io.h"

static const uint8_t key[16] = "fuzzing the tags";
static struct msg_counters counters;
static struct probe_host host = { .key = key, .counters = &counters };

static void
on_done(void *ctx, struct run *run, const struct round *r)
{
	(void)ctx;
	(void)run;
	(void)r;
}

static enum run_address
on_address(void *ctx, struct run *run, struct addr *addr)
{
	(void)ctx;
	(void)run;
	(void)addr_parse(addr, "127.0.0.1");
	return RUN_ADDRESS_HERE;
}

/* A world with one run, made once: with a ping on its way where this host may ping
 * itself, else without. */
static void
begin(void)
{
	static const struct run_ops ops = { .done = on_done, .address = on_address };
	struct run_spec spec = { .target = 1,
		.path = "A",
		.name = "a",
		.type = &probe_icmp,
		.plan = { .step = 10 * CLOCK_NS_PER_S,
		    .sampler = SAMPLER_BURST,
		    .count = 5,
		    .gap = CLOCK_NS_PER_S,
		    .timeout = CLOCK_NS_PER_S },
		.first_at = 1 };
	static bool begun;
	struct icmpsock s;
	struct err err;

	if (begun)
		return;
	begun = true;
	clock_fake(CLOCK_NS_PER_S, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
	runs_open(&host, &ops);
	if ((icmpsock_open(&s, AF_INET) == 0 && probe_icmp.socket(s.fd, &err) != 0) ||
	    probe_icmp.open(&host, &err) != 0)
		abort();
	spec.opts = probe_icmp.options(NULL, NULL, NULL);
	plan_settle(&spec.plan);
	run_add(&spec);
	runs_tick();
	runs_tick();
}

/* The first byte says which family, whether an IP header is in front, and whether it
 * came as a reply or was quoted by an error (of the type and code that follow). */
int
fuzz_icmp(const uint8_t *data, size_t size)
{
	struct echo e;
	struct addr from;

	if (size < 3)
		return 0;
	begin();
	uint32_t label[HOP_LABELS];
	if (hopicmp_labels(data + 3, size - 3, label) > HOP_LABELS)
		abort();
	uint16_t id = icmp_io_id(0);
	int family = data[0] & 1 ? AF_INET6 : AF_INET;
	(void)addr_parse(&from, data[0] & 8 ? "127.0.0.1" : "127.0.0.2");
	if (echo_read(&e, data + 3, size - 3, family, (data[0] & 2) != 0) != 0)
		return 0;
	if (data[0] & 16)
		e.id = id;
	if (data[0] & 4)
		icmp_refused(&(struct icmp_refused){ .echo = &e,
		    .to = &from,
		    .by = &from,
		    .type = data[1],
		    .code = data[2] });
	else
		icmp_came(&(struct icmp_came){
		    .echo = &e, .from = &from, .stamp_ns = data[1], .ttl = data[2] });
	return 0;
}
