/* Rounds of the ICMP probe in a network namespace of our own whose kernel does not
 * answer, so that the test is the far end and answers as it likes: twice, too short,
 * too late, from elsewhere, forged, by an error. */
#ifndef T_ICMPFAR_H
#define T_ICMPFAR_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/icmp.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/icmpsock.h"
#include "base/mem.h"
#include "link/msg.h"
#include "prober/run.h"
#include "prober/run_impl.h"
#include "probes/echo.h"
#include "probes/icmp_io.h"
#include "t/echosum.h"
#include "t/tap.h"

#define MS CLOCK_NS_PER_MS
#define LEAST (ECHO_HEADER + ECHO_MARK) /* bytes of an echo that can prove itself */
/* Later than any stamp of the real kernel, which then makes no sense. */
#define BEGIN (4102444800 * CLOCK_NS_PER_S)

static const uint8_t key[16] = "0123456789abcdef";

/* --- a far end -------------------------------------------------------------------- */

/* What to do about the request with this number. */
enum deed {
	ANSWER,
	TWICE,
	SHORT,
	TINY,
	ELSEWHERE,
	FORGE,
	SILENCE,
	ERROR,
	ERROR_ANSWER,
	ERROR_FORGED,
	ERROR_BEHIND,
	ERROR_SHORT,
	ERROR_SHORT_OTHER,
	LATE,
	DEEDS
};

#define TIMEOUT (300 * MS)

struct far {
	int family, fd;
	int64_t late_at; /* when to send LATE; 0: not yet */
	uint8_t late[200];
	size_t late_len;
	struct addr late_to;
	unsigned heard, seen;  /* requests that came, and that were dealt with */
	uint16_t deaf;	       /* none with this id is dealt with; 0: all are */
	bool silent;	       /* none at all */
	in_addr_t dumb;	       /* none to this address; 0: all are */
	char asked[ADDR_TEXT]; /* who is asked, if not the address of lo; "" else */
};

static inline void
far_send(const struct far *far, uint8_t *packet, size_t len, const struct addr *to,
    const char *from)
{
	uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = { 0 };
	struct iovec iov = { packet, len };
	struct msghdr m = { .msg_name = (void *)(uintptr_t)to,
		.msg_namelen = addr_len(to),
		.msg_iov = &iov,
		.msg_iovlen = 1 };
	struct addr source;

	if (far->family == AF_INET) {
		packet[2] = packet[3] = 0;
		unsigned sum = checksum(packet, len);
		packet[2] = (uint8_t)(sum >> 8);
		packet[3] = (uint8_t)sum;
	}
	if (from == NULL && far->asked[0] != '\0')
		from = far->asked;
	if (from != NULL && addr_parse(&source, from) == 0) {
		struct cmsghdr *c = (struct cmsghdr *)(void *)control;
		struct in_pktinfo v4 = { .ipi_spec_dst = source.v4.sin_addr };
		struct in6_pktinfo v6 = { .ipi6_addr = source.v6.sin6_addr };
		bool is4 = far->family == AF_INET;
		size_t size = is4 ? sizeof v4 : sizeof v6;

		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(size);
		c->cmsg_level = is4 ? IPPROTO_IP : IPPROTO_IPV6;
		c->cmsg_type = is4 ? IP_PKTINFO : IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(c), is4 ? (void *)&v4 : (void *)&v6, size);
	}
	if (sendmsg(far->fd, &m, 0) != (ssize_t)len)
		printf("# far end: %s\n", strerror(errno));
}

/* "Net unreachable", quoting the first LEN bytes of REQUEST as a router would; BEHIND
 * an IP option (IPv6: a hop-by-hop header) of 8 bytes. */
static inline void
far_error(const struct far *far, const uint8_t *request, size_t len,
    const struct addr *to, bool behind)
{
	static const uint8_t options4[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	static const uint8_t options6[8] = { IPPROTO_ICMPV6, 0, 1, 4, 0, 0, 0, 0 };
	uint8_t packet[300] = { 0 };
	size_t more = behind ? 8 : 0, at;

	if (far->family == AF_INET) {
		struct iphdr ip = { .version = 4,
			.ihl = (5 + more / 4) & 15,
			.ttl = 1,
			.protocol = IPPROTO_ICMP,
			.tot_len = htons((uint16_t)(20 + more + 64)),
			.saddr = to->v4.sin_addr.s_addr,
			.daddr = to->v4.sin_addr.s_addr };

		packet[0] = ICMP_DEST_UNREACH;
		memcpy(packet + 8, &ip, sizeof ip);
		memcpy(packet + 28, options4, more);
		at = 28 + more;
	} else {
		struct ip6_hdr ip = { .ip6_src = to->v6.sin6_addr,
			.ip6_dst = to->v6.sin6_addr };

		packet[0] = ICMP6_DST_UNREACH;
		ip.ip6_ctlun.ip6_un1.ip6_un1_flow = htonl(6u << 28);
		ip.ip6_ctlun.ip6_un1.ip6_un1_plen = htons((uint16_t)(64 + more));
		ip.ip6_ctlun.ip6_un1.ip6_un1_nxt =
		    behind ? IPPROTO_HOPOPTS : IPPROTO_ICMPV6;
		memcpy(packet + 8, &ip, sizeof ip);
		memcpy(packet + 48, options6, more);
		at = 48 + more;
	}
	memcpy(packet + at, request, len);
	far_send(far, packet, at + len, to, NULL);
}

static inline void
far_do(
    struct far *far, enum deed deed, uint8_t *echo, size_t len, const struct addr *to)
{
	uint8_t request[200];
	const char *elsewhere = far->family == AF_INET ? "127.0.0.9" : "fd00::9";

	memcpy(request, echo, len);
	echo[0] = far->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	switch (deed) {
	case TWICE:
		far_send(far, echo, len, to, NULL);
		far_send(far, echo, len, to, NULL);
		break;
	case SHORT:
		far_send(far, echo, LEAST, to, NULL);
		break;
	case TINY:
		far_send(far, echo, LEAST - 1, to, NULL);
		break;
	case ELSEWHERE:
		far_send(far, echo, len, to, elsewhere);
		break;
	case FORGE:
		echo[ECHO_HEADER + 4] ^= 1;
		far_send(far, echo, len, to, NULL);
		break;
	case ERROR_FORGED:
		request[ECHO_HEADER + 4] ^= 1;
		far_error(far, request, len, to, false);
		break;
	case ERROR:
		far_error(far, request, len, to, false);
		break;
	case ERROR_BEHIND:
		far_error(far, request, len, to, true);
		break;
	case ERROR_SHORT:
		far_error(far, request, 8, to, false);
		break;
	case ERROR_SHORT_OTHER:
		request[6] ^= 0x40; /* the sequence number */
		far_error(far, request, 8, to, false);
		break;
	case LATE:
		memcpy(far->late, echo, len);
		far->late_len = len;
		far->late_to = *to;
		far->late_at = clock_mono_ns() + TIMEOUT + 100 * MS;
		break;
	case ERROR_ANSWER:
		far_error(far, request, len, to, false);
		far_send(far, echo, len, to, NULL);
		break;
	case SILENCE:
		break;
	default:
		far_send(far, echo, len, to, NULL);
	}
}

/* Read requests and do what their number asks for. */
static inline void
far_turn(struct far *far, bool obey)
{
	uint8_t data[300];
	struct addr from;
	socklen_t size = sizeof from;
	ssize_t n;

	if (far->late_at != 0 && clock_mono_ns() >= far->late_at) {
		far_send(far, far->late, far->late_len, &far->late_to, NULL);
		far->late_at = 0;
	}
	while ((n = recvfrom(
		    far->fd, data, sizeof data, MSG_DONTWAIT, &from.sa, &size)) > 0) {
		uint8_t *echo = data + (far->family == AF_INET ? 20 : 0);
		size_t len = (size_t)(data + n - echo);
		struct echo e;

		size = sizeof from;
		if (echo_read(&e, echo, len, far->family, false) != 0 ||
		    e.kind != ECHO_REQUEST || e.slot == ICMP_SLOT_NOBODY || len > 200)
			continue;
		far->heard++;
		if (far->dumb != 0 && memcmp(data + 16, &far->dumb, 4) == 0)
			continue;
		if (far->dumb != 0)
			inet_ntop(AF_INET, data + 16, far->asked, sizeof far->asked);
		if (far->silent || e.id == far->deaf)
			continue;
		addr_set_port(&from, 0);
		far->seen++;
		far_do(far, obey ? e.slot % (1 << 10) : ANSWER, echo, len, &from);
	}
}

/* --- a round ---------------------------------------------------------------------- */

#define ANSWERED 32
static struct round *got; /* the first one */
static unsigned dones;
static bool answered[ANSWERED]; /* was its first ping, round by round */
static struct msg_counters counters;
static struct probe_host host = { .key = key, .counters = &counters };
static struct addr to;

static inline void
on_done(void *ctx, struct run *run, const struct round *r)
{
	(void)ctx;
	(void)run;
	answered[dones++ % ANSWERED] = r->ping[0].outcome == PING_ANSWERED;
	if (got == NULL) {
		got = mem_alloc(sizeof *got);
		*got = *r;
	}
}

static bool each_its_own; /* network: 127.0.INDEX.1 */

static inline enum run_address
on_address(void *ctx, struct run *run, struct addr *addr)
{
	(void)ctx;
	*addr = to;
	if (each_its_own)
		addr->v4.sin_addr.s_addr |= htonl(run_probe(run)->index << 8);
	return RUN_ADDRESS_HERE;
}

/* We are the far end as well. Where we were put aside for longer than this between two
 * turns it answered late, or not at all, and the round is held again. */
#define ASIDE (50 * MS)
#define TRIES 30

/* The longest time between two calls since WATCH was 0. */
static inline int64_t
put_aside(int64_t *watch)
{
	static int64_t longest;
	int64_t now = clock_mono_ns();

	if (*watch == 0)
		longest = 0;
	else if (now - *watch > longest)
		longest = now - *watch;
	*watch = now;
	return longest;
}

/* One round of COUNT pings to TO; the far end does as their number asks, or answers. */
static inline struct round *
try_round(struct far *far, unsigned count, bool obey, bool *calm)
{
	struct run_spec spec = { .target = 1,
		.path = "A",
		.name = "a",
		.type = &probe_icmp,
		.opts = probe_icmp.options(NULL, NULL, NULL),
		.plan = { .step = 100000 * CLOCK_NS_PER_S,
		    .sampler = SAMPLER_BURST,
		    .count = count,
		    .gap = 5 * MS,
		    .timeout = TIMEOUT } };
	int64_t give_up = clock_mono_ns() + 60 * CLOCK_NS_PER_S, watch = 0;

	/* Late answers need a round that is still open: a last ping far behind. */
	if (obey)
		spec.plan.gap = 50 * MS;
	spec.plan.phase = (clock_wall_ns() + 60 * MS) % spec.plan.step;
	plan_settle(&spec.plan);
	free(got);
	got = NULL;
	struct run *run = run_add(&spec);
	while (got == NULL && clock_mono_ns() < give_up) {
		far_turn(far, obey);
		if (runs_next() <= clock_mono_ns())
			runs_tick();
		*calm = put_aside(&watch) < ASIDE;
		usleep(200);
	}
	run_remove(run);
	far->late_at = 0;
	return got;
}

static inline struct round *
one_round(struct far *far, unsigned count, bool obey)
{
	bool calm = false;
	struct round *r = NULL;

	for (unsigned i = 0; i < TRIES && !calm; i++) {
		counters.forged = 0;
		r = try_round(far, count, obey, &calm);
	}
	return r;
}

static inline void
take_socket(const struct icmpsock *s)
{
	static const struct run_ops ops = { .done = on_done, .address = on_address };
	struct err err;

	memset(&counters, 0, sizeof counters);
	runs_open(&host, &ops);
	ok(probe_icmp.socket(s->fd, &err) == 0 && probe_icmp.open(&host, &err) == 0,
	    "opened");
}

static inline void
open_host(int family, enum icmp_rung rung)
{
	struct icmpsock s;

	(void)icmpsock_open(&s, family);
	is_int(s.rung, rung, rung == ICMP_RAW ? "a raw socket" : "a datagram socket");
	take_socket(&s);
}

static inline void
close_host(void)
{
	runs_close();
	probe_icmp.close(&host);
}

static inline void
open_hosts(unsigned count)
{
	static const struct run_ops ops = { .done = on_done, .address = on_address };
	struct icmpsock s;
	struct err err;
	bool good = true;

	memset(&counters, 0, sizeof counters);
	runs_open(&host, &ops);
	for (unsigned i = 0; i < count; i++)
		good = good && icmpsock_open(&s, AF_INET) == 0 &&
		       probe_icmp.socket(s.fd, &err) == 0;
	ok(good && probe_icmp.open(&host, &err) == 0, "%u sockets", count);
	ok(counters.icmp_sockets[0] == count && counters.icmp_sockets[1] == 0 &&
		counters.icmp_buffer[0] > 100000,
	    "are counted, with their buffer");
}

/* By a clock turned by hand: NS later. */
static inline void
turn(int64_t ns)
{
	clock_fake_advance(ns);
	runs_tick();
}

/* --- a world of our own ----------------------------------------------------------- */

static inline bool
write_file(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* A namespace with lo up, two addresses, and a kernel that does not answer echoes. */
static inline bool
own_world(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (unshare(CLONE_NEWNET) != 0)
		return false;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	close(fd);
	return up && system("ip address add fd00::9/128 dev lo nodad") == 0 &&
	       write_file("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1") &&
	       write_file("/proc/sys/net/ipv6/icmp/echo_ignore_all", "1");
}

/* Into such a world, or end the test where that is not allowed. */
static inline void
enter_world(void)
{
	if (sodium_init() < 0)
		exit(1);
	if (own_world())
		return;
	printf("ok %u # SKIP no right to make a network namespace\n", ++tap_count);
	exit(tap_done());
}

/* May datagram sockets send pings, or raw ones only? */
static inline void
allow_datagrams(bool allowed)
{
	(void)write_file(
	    "/proc/sys/net/ipv4/ping_group_range", allowed ? "0 2147483647" : "1 0");
}

#endif
