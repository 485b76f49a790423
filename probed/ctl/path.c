/* probectl path: one walk along the way to a host, from here, without a daemon. */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/icmpsock.h"
#include "base/mem.h"
#include "ctl/ctl.h"
#include "ctl/pathtext.h"
#include "link/msg.h"
#include "prober/probe.h"
#include "probes/hopio.h"

#define PATH_PROBES 10
#define PATH_STEP_NS (50 * CLOCK_NS_PER_MS)
/* Hops often answer no more than once a second. */
#define PATH_PERIOD_MS 1000
#define PATH_WAIT_MS 1000
/* Nothing that counts goes out before the sockets' stamping woke up. */
#define PATH_FIRST_NS (100 * CLOCK_NS_PER_MS)

enum {
	PATH_REACHED,
	PATH_NOT_REACHED,
	PATH_NOT_FOUND,
	PATH_USAGE,
	PATH_NO_SOCKET
};

static struct {
	unsigned probes, last, port, period_ms, wait_ms;
	enum hops_method method;
	int family;
	bool json;
	struct probe_host host;
	struct msg_counters counters;
	uint8_t key[16];
	struct hopio *io;
	struct walk *walk;
} path;

static int
path_usage(void)
{
	fputs("usage: probectl path [-4 | -6] [-c COUNT] [-i MS] [-m icmp|udp|tcp] "
	      "[-M HOPS] [-p PORT] [-t MS] [--json] HOST\n",
	    stderr);
	return PATH_USAGE;
}

/* A whole number of LEAST to MOST. 0, or -1 after telling. */
static int
path_number(const char *what, unsigned least, unsigned most, unsigned *v)
{
	char *end;
	unsigned long n = strtoul(optarg, &end, 10);

	if (end != optarg && *end == '\0' && n >= least && n <= most) {
		*v = (unsigned)n;
		return 0;
	}
	fprintf(stderr, "probectl path: %s %s, expected %u to %u\n", what, optarg,
	    least, most);
	return -1;
}

static int
path_method(void)
{
	path.method = hops_method_of(optarg);
	if (path.method != HOPS_METHODS)
		return 0;
	fprintf(
	    stderr, "probectl path: method %s, expected icmp, udp or tcp\n", optarg);
	return -1;
}

static int
path_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int bad = 0, c;

	path.probes = PATH_PROBES;
	path.last = HOPS_MAX;
	path.method = HOPS_ICMP;
	path.period_ms = PATH_PERIOD_MS;
	path.wait_ms = PATH_WAIT_MS;
	optind = 0;
	while ((c = getopt_long(argc, argv, "46c:i:m:M:p:t:", longs, NULL)) != -1) {
		if (c == '4')
			path.family = AF_INET;
		else if (c == '6')
			path.family = AF_INET6;
		else if (c == 'c')
			bad |= path_number("count", 1, WALK_PROBES, &path.probes);
		else if (c == 'i')
			bad |= path_number("interval", 1, 60000, &path.period_ms);
		else if (c == 't')
			bad |= path_number("timeout", 1, 60000, &path.wait_ms);
		else if (c == 'm')
			bad |= path_method();
		else if (c == 'M')
			bad |= path_number("hops", 1, HOPS_MAX, &path.last);
		else if (c == 'p')
			bad |= path_number("port", 1, 65535, &path.port);
		else if (c == 'j')
			path.json = true;
		else
			return path_usage();
	}
	if (bad != 0)
		return PATH_USAGE;
	return optind + 1 == argc ? 0 : path_usage();
}

/* The address of HOST. 0, or -1 after telling. */
static int
path_find(const char *host, struct addr *a)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_family = path.family },
			*found;

	memset(a, 0, sizeof *a);
	if (addr_parse(a, host) == 0 &&
	    (path.family == AF_UNSPEC || a->sa.sa_family == path.family))
		return 0;
	int e = getaddrinfo(host, NULL, &hints, &found);
	if (e != 0) {
		fprintf(stderr, "%s: %s\n", host, gai_strerror(e));
		return -1;
	}
	memcpy(a, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}

static bool
path_is_boxed(void)
{
	return access("/.dockerenv", F_OK) == 0 ||
	       access("/run/.containerenv", F_OK) == 0;
}

/* --- walking ---------------------------------------------------------------------- */

static int
path_send(void *ctx, unsigned ttl, unsigned serial)
{
	(void)ctx;
	return hopio_send(path.io, ttl, serial);
}

static void
path_come(void *ctx, unsigned serial, const struct walk_answer *a)
{
	(void)ctx;
	walk_answer(path.walk, serial, a);
}

static void
path_sleep(int64_t ns)
{
	struct timespec ts = { ns / CLOCK_NS_PER_S, ns % CLOCK_NS_PER_S };

	if (ns > 0)
		nanosleep(&ts, NULL);
}

/* An ICMP socket for the family of TO. 0, or -1 with ERR. */
static int
path_socket(const struct addr *to, struct err *err)
{
	struct icmpsock s;

	if (path.method != HOPS_ICMP)
		return 0;
	if (sodium_init() < 0)
		fatalx("no random numbers");
	randombytes_buf(path.key, sizeof path.key);
	path.host = (struct probe_host){ .key = path.key, .counters = &path.counters };
	if (icmpsock_open(&s, to->sa.sa_family) != 0)
		return err_set(err, "%s (-m udp needs no rights)", s.why);
	if (probe_icmp.socket(s.fd, err) != 0 || probe_icmp.open(&path.host, err) != 0)
		return -1;
	path_sleep(PATH_FIRST_NS);
	return 0;
}

static void
path_walk(const struct addr *to, struct hops *p)
{
	static const struct walk_ops ops = { .send = path_send };
	const struct walk_plan plan = { .to = *to,
		.method = (uint8_t)path.method,
		.reason = HOPS_ASKED,
		.first = 1,
		.last = path.last,
		.probes = path.probes,
		.step_ns = PATH_STEP_NS,
		.period_ns = path.period_ms * CLOCK_NS_PER_MS,
		.wait_ns = path.wait_ms * CLOCK_NS_PER_MS };
	int64_t start = clock_wall_ns(), next;

	path.walk = walk_new(&plan, &ops);
	while ((next = walk_turn(path.walk, clock_mono_ns())) != INT64_MAX) {
		int64_t rest = next - clock_mono_ns();

		path_sleep(rest < hopio_grain(path.io) ? rest : hopio_grain(path.io));
		hopio_receive(path.io);
	}
	walk_result(path.walk, p);
	p->start_ns = start;
	p->end_ns = clock_wall_ns();
}

static int
path_tell(const struct hops *p, const char *host, int error)
{
	char text[PATHTEXT];

	if (error != 0)
		snprintf(text, sizeof text, "No probe to %s can be sent: %s.", host,
		    strerror(error));
	else
		pathtext_sentence(p, path_is_boxed(), text);
	if (path.json) {
		pathtext_json(stdout, p, host, text);
	} else {
		if (p->count > 0)
			pathtext_table(stdout, p);
		printf("%s\n", text);
	}
	return p->flags & HOPS_REACHED ? PATH_REACHED : PATH_NOT_REACHED;
}

int
ctl_path(int argc, char **argv)
{
	int status = path_options(argc, argv);
	struct hopio_plan plan = { .method = path.method };
	struct hops p;
	struct err err;

	if (status != 0)
		return status;
	const char *host = argv[optind];
	if (path_find(host, &plan.to) != 0)
		return PATH_NOT_FOUND;
	struct addr source = hopio_source(&plan.to);
	plan.method = path.method;
	addr_set_port(&plan.to, path.port);
	plan.serials = HOPS_MAX * path.probes;
	if (path_socket(&plan.to, &err) != 0 ||
	    (path.io = hopio_open(&plan, path_come, NULL, &err)) == NULL) {
		fprintf(stderr, "%s: cannot walk there: %s\n", host, err.text);
		status = PATH_NO_SOCKET;
	} else {
		path_walk(&plan.to, &p);
		hops_judge(&p, &source);
		status = path_tell(&p, host, walk_errno(path.walk));
		walk_free(path.walk);
		hopio_close(path.io);
	}
	if (path.method == HOPS_ICMP)
		probe_icmp.close(&path.host);
	return status;
}
