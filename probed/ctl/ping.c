#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/icmpsock.h"
#include "base/mem.h"
#include "ctl/ctl.h"
#include "link/msg.h"
#include "prober/run.h"
#include "prober/tick.h"

#define PING_COUNT 5
#define PING_PERIOD_MS 1000
#define PING_TIMEOUT_MAX_MS 2000
/* fping's gap between two packets to different hosts. */
#define PING_STAGGER_NS (10 * CLOCK_NS_PER_MS)
/* Nothing that counts goes out before the sockets' stamping woke up. */
#define PING_FIRST_NS (100 * CLOCK_NS_PER_MS)
/* All of it is one round, of a step that is longer than any. */
#define PING_STEP_NS (1000000 * CLOCK_NS_PER_S)

enum {
	PING_OK,
	PING_SOME_LOST,
	PING_NOT_FOUND,
	PING_USAGE,
	PING_NO_SOCKET
};

struct ping_host {
	const char *name; /* as given */
	struct addr address;
	unsigned count;
	struct ping *ping; /* COUNT, once it is done */
	char *detail;
};

static struct {
	double period_ms, timeout_ms;
	unsigned count;
	struct ping_host *host;
	size_t hosts, left;
	struct event_base *base;
	struct probe_host probe;
	struct msg_counters counters;
	uint8_t key[16];
} ctl;

static int
ping_usage(void)
{
	fputs(
	    "usage: probectl ping [-c COUNT] [-p PERIOD_MS] [-t TIMEOUT_MS] HOST...\n",
	    stderr);
	return PING_USAGE;
}

/* A number of LEAST to MOST. 0, or -1 after telling. */
static int
ping_number(const char *what, const char *text, double least, double most, double *v)
{
	char *end;

	*v = strtod(text, &end);
	if (end != text && *end == '\0' && isfinite(*v) && *v >= least && *v <= most)
		return 0;
	fprintf(stderr, "probectl ping: %s %s, expected %g to %g\n", what, text, least,
	    most);
	return -1;
}

static int
ping_options(int argc, char **argv)
{
	double count = PING_COUNT;
	int bad = 0, c;

	ctl.period_ms = PING_PERIOD_MS;
	ctl.timeout_ms = 0;
	optind = 1;
	while ((c = getopt(argc, argv, "c:p:t:")) != -1) {
		if (c == 'c')
			bad |= ping_number("count", optarg, 1, ROUND_MAX_PINGS, &count);
		else if (c == 'p')
			bad |= ping_number("period", optarg, 1, 1e6, &ctl.period_ms);
		else if (c == 't')
			bad |= ping_number("timeout", optarg, 1, 1e6, &ctl.timeout_ms);
		else
			return ping_usage();
	}
	if (bad != 0)
		return PING_USAGE;
	if (optind >= argc)
		return ping_usage();
	ctl.count = (unsigned)count;
	if (ctl.timeout_ms == 0)
		ctl.timeout_ms = fmin(ctl.period_ms, PING_TIMEOUT_MAX_MS);
	return 0;
}

/* 0, or -1 after telling. */
static int
ping_find(struct ping_host *h)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *found;

	if (addr_parse(&h->address, h->name) == 0)
		return 0;
	int e = getaddrinfo(h->name, NULL, &hints, &found);
	if (e != 0) {
		fprintf(stderr, "%s: %s\n", h->name, gai_strerror(e));
		return -1;
	}
	memcpy(&h->address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}

/* --- what runs ask and say -------------------------------------------------------- */

static enum run_address
ping_address(void *ctx, struct run *run, struct addr *address)
{
	const struct ping_host *h = run_tag(run);

	(void)ctx;
	*address = h->address;
	return RUN_ADDRESS_HERE;
}

static void
ping_done(void *ctx, struct run *run, const struct round *round)
{
	struct ping_host *h = run_tag(run);

	(void)ctx;
	if (h->ping != NULL)
		return;
	h->ping = mem_alloc(round->count * sizeof *h->ping);
	memcpy(h->ping, round->ping, round->count * sizeof *h->ping);
	h->detail = mem_str(run_probe(run)->detail);
	if (--ctl.left == 0)
		event_base_loopbreak(ctl.base);
}

/* --- doing it --------------------------------------------------------------------- */

static int
ping_sockets(struct icmpsock socks[2])
{
	static const int family[2] = { AF_INET, AF_INET6 };
	struct err err;

	for (unsigned i = 0; i < 2; i++) {
		if (icmpsock_open(&socks[i], family[i]) == 0 &&
		    probe_icmp.socket(socks[i].fd, &err) != 0) {
			fprintf(stderr, "probectl ping: %s\n", err.text);
			return -1;
		}
		ctl.probe.icmp_rung[i] = (uint8_t)socks[i].rung;
	}
	for (size_t i = 0; i < ctl.hosts; i++) {
		unsigned side = ctl.host[i].address.sa.sa_family == AF_INET6;

		if (socks[side].fd < 0) {
			fprintf(stderr, "%s: cannot ping: %s\n", ctl.host[i].name,
			    socks[side].why);
			return -1;
		}
	}
	if (probe_icmp.open(&ctl.probe, &err) != 0) {
		fprintf(stderr, "probectl ping: %s\n", err.text);
		return -1;
	}
	return 0;
}

static void
ping_add(struct ping_host *h, size_t position)
{
	struct run_spec spec = { .target = position + 1,
		.path = h->name,
		.name = h->name,
		.type = &probe_icmp,
		.opts = probe_icmp.options(NULL, NULL, NULL),
		.family = h->address.sa.sa_family };
	struct plan *p = &spec.plan;

	p->step = PING_STEP_NS;
	p->phase =
	    (clock_wall_ns() + PING_FIRST_NS + (int64_t)position * PING_STAGGER_NS) %
	    PING_STEP_NS;
	p->sampler = SAMPLER_BURST;
	p->count = ctl.count;
	p->gap = (int64_t)(ctl.period_ms * CLOCK_NS_PER_MS);
	p->timeout = (int64_t)(ctl.timeout_ms * CLOCK_NS_PER_MS);
	plan_settle(p);
	run_set_tag(run_add(&spec), h);
}

static int
ping_all(void)
{
	static const struct run_ops ops = { .done = ping_done,
		.address = ping_address };
	struct icmpsock socks[2];
	struct event_config *config = event_config_new();
	int status = PING_NO_SOCKET;

	if (sodium_init() < 0 || config == NULL)
		fatalx("no random numbers, or no memory");
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	ctl.base = event_base_new_with_config(config);
	event_config_free(config);
	if (ctl.base == NULL)
		fatalx("no event loop");
	randombytes_buf(ctl.key, sizeof ctl.key);
	ctl.probe = (struct probe_host){
		.base = ctl.base, .key = ctl.key, .counters = &ctl.counters
	};
	runs_open(&ctl.probe, &ops);
	if (ping_sockets(socks) == 0) {
		for (size_t i = 0; i < ctl.hosts; i++)
			ping_add(&ctl.host[i], i);
		ctl.left = ctl.hosts;
		tick_start(ctl.base, NULL, NULL);
		event_base_dispatch(ctl.base);
		tick_stop();
		status = PING_OK;
	}
	runs_close();
	probe_icmp.close(&ctl.probe);
	event_base_free(ctl.base);
	return status;
}

/* --- telling ---------------------------------------------------------------------- */

/* One line as of fping -C, and why on the standard error where there is a reason.
 * Returns whether there was an answer. */
static bool
ping_print(const struct ping_host *h, int width)
{
	enum ping_outcome why = PING_TIMEOUT;
	bool answered = false;

	printf("%-*s :", width, h->name);
	for (unsigned i = 0; i < ctl.count; i++) {
		if (h->ping[i].outcome == PING_ANSWERED) {
			printf(" %.4f",
			    (double)h->ping[i].rtt_ns / (double)CLOCK_NS_PER_MS);
			answered = true;
		} else {
			fputs(" -", stdout);
			if (h->ping[i].outcome != PING_TIMEOUT)
				why = h->ping[i].outcome;
		}
	}
	putchar('\n');
	fflush(stdout);
	if (why != PING_TIMEOUT)
		fprintf(stderr, "%s: %s%s%s\n", h->name, ping_outcome_text(why),
		    h->detail == NULL ? "" : ": ", h->detail == NULL ? "" : h->detail);
	return answered;
}

static int
ping_print_all(int status)
{
	int width = 0;

	for (size_t i = 0; i < ctl.hosts; i++)
		if ((int)strlen(ctl.host[i].name) > width)
			width = (int)strlen(ctl.host[i].name);
	for (size_t i = 0; i < ctl.hosts; i++)
		if (!ping_print(&ctl.host[i], width) && status == PING_OK)
			status = PING_SOME_LOST;
	return status;
}

int
ctl_ping(int argc, char **argv)
{
	int status = ping_options(argc, argv);

	if (status != 0)
		return status;
	ctl.host = mem_zero((size_t)(argc - optind), sizeof *ctl.host);
	ctl.hosts = 0;
	for (int i = optind; i < argc; i++) {
		struct ping_host *h = &ctl.host[ctl.hosts];

		h->name = argv[i];
		if (ping_find(h) == 0)
			ctl.hosts++;
		else
			status = PING_NOT_FOUND;
	}
	if (ctl.hosts != 0) {
		int done = ping_all();

		status = done == PING_OK ? ping_print_all(status) : done;
	}
	for (size_t i = 0; i < ctl.hosts; i++) {
		free(ctl.host[i].ping);
		free(ctl.host[i].detail);
	}
	free(ctl.host);
	return status;
}
