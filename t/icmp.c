/* ICMP echo: the bytes by tables, then real sockets in a network namespace of our own
 * whose kernel does not answer, so that this test is the far end and answers as it
 * likes: twice, too short, too late, from elsewhere, forged, by an error. */
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
#include <unistd.h>

#include <linux/icmp.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/icmpsock.h"
#include "base/mem.h"
#include "link/msg.h"
#include "prober/run.h"
#include "probes/echo.h"
#include "probes/icmp_io.h"
#include "t/tap.h"

#define MS CLOCK_NS_PER_MS

static const uint8_t key[16] = "0123456789abcdef";

/* --- the bytes -----------------------------------------------------------------------
 */

static struct echo_proof
proof_for(const char *to)
{
	struct echo_proof p = { .slot = 0x01020304, .serial = 5, .id = 6, .seq = 7 };

	(void)addr_parse(&p.to, to);
	return p;
}

static unsigned
checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	if (len % 2 != 0)
		sum += (uint32_t)data[len - 1] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void
codec(void)
{
	uint8_t packet[60 + ECHO_SENT + 40] = { 0x4f };
	uint8_t *head = packet + 60;
	struct echo_proof proof = proof_for("192.0.2.1");
	struct echo e;

	echo_write(head, key, &proof);
	is_int(checksum(head, ECHO_SENT), 0, "the checksum is right");
	is_int(checksum(head, ECHO_SENT + 40), 0, "with any number of zeroes behind");
	is_int(echo_read(&e, head, ECHO_SENT + 40, AF_INET, false), 0, "read back");
	is_int(e.kind, ECHO_REQUEST, "a request");
	ok(e.id == 6 && e.seq == 7 && e.slot == 0x01020304 && e.payload == 52,
	    "with id, sequence, slot and length");
	ok(echo_proves(e.tag, key, &proof), "its tag proves it");
	is_int(echo_read(&e, packet, sizeof packet, AF_INET, true), 0,
	    "behind an IP header with options");
	ok(echo_proves(e.tag, key, &proof), "too");
	head[0] = ICMP_ECHOREPLY;
	(void)echo_read(&e, head, ECHO_SENT, AF_INET, false);
	is_int(e.kind, ECHO_REPLY, "a reply");
	head[1] = 1;
	(void)echo_read(&e, head, ECHO_SENT, AF_INET, false);
	is_int(e.kind, ECHO_OTHER, "a reply with a code is none");

	struct echo_proof other = proof;
	other.slot++;
	ok(!echo_proves(e.tag, key, &other), "another slot: not proved");
	other = proof;
	other.serial++;
	ok(!echo_proves(e.tag, key, &other), "another round: not proved");
	other = proof;
	other.seq++;
	ok(!echo_proves(e.tag, key, &other), "another sequence: not proved");
	other = proof_for("192.0.2.2");
	ok(!echo_proves(e.tag, key, &other), "another address: not proved");
	ok(!echo_proves(e.tag, (const uint8_t *)"another secret..", &proof),
	    "another secret: not proved");

	for (size_t len = 0; len < ECHO_SENT; len++) {
		uint8_t *exact = mem_alloc(len == 0 ? 1 : len);

		memcpy(exact, head, len);
		int r = echo_read(&e, exact, len, AF_INET, false);
		free(exact);
		if ((r == 0) != (len >= ECHO_HEADER) || (r == 0 && e.marked))
			ok(false, "cut to %zu bytes: %d", len, r);
	}
	ok(true, "cut anywhere: no mark");
	uint8_t nonsense[28] = { 0x44 };
	is_int(echo_read(&e, nonsense, sizeof nonsense, AF_INET, true), -1,
	    "an IP header of 16 bytes is none");
	nonsense[0] = 0x65;
	is_int(echo_read(&e, nonsense, sizeof nonsense, AF_INET, true), -1,
	    "nor is one of version 6");
	nonsense[0] = 0x4f;
	is_int(echo_read(&e, nonsense, sizeof nonsense, AF_INET, true), -1,
	    "nor one that ends behind the packet");

	proof = proof_for("2001:db8::1");
	echo_write(head, key, &proof);
	is_int(head[0], ICMP6_ECHO_REQUEST, "a request of version 6");
	(void)echo_read(&e, head, ECHO_SENT, AF_INET6, false);
	ok(e.kind == ECHO_REQUEST && echo_proves(e.tag, key, &proof), "proves itself");
}

/* --- a far end
 * ------------------------------------------------------------------------ */

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
	unsigned seen;
};

static void
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

/* "Net unreachable", quoting REQUEST as a router would. */
static void
far_error(
    const struct far *far, const uint8_t *request, size_t len, const struct addr *to)
{
	uint8_t packet[300] = { ICMP_DEST_UNREACH };

	if (far->family == AF_INET) {
		struct iphdr ip = { .version = 4,
			.ihl = 5,
			.ttl = 1,
			.protocol = IPPROTO_ICMP,
			.tot_len = htons((uint16_t)(20 + len)),
			.saddr = to->v4.sin_addr.s_addr,
			.daddr = to->v4.sin_addr.s_addr };

		memcpy(packet + 8, &ip, sizeof ip);
		memcpy(packet + 28, request, len);
		far_send(far, packet, 28 + len, to, NULL);
	} else {
		struct ip6_hdr ip = { .ip6_src = to->v6.sin6_addr,
			.ip6_dst = to->v6.sin6_addr };

		packet[0] = ICMP6_DST_UNREACH;
		ip.ip6_ctlun.ip6_un1.ip6_un1_flow = htonl(6u << 28);
		ip.ip6_ctlun.ip6_un1.ip6_un1_plen = htons((uint16_t)len);
		ip.ip6_ctlun.ip6_un1.ip6_un1_nxt = IPPROTO_ICMPV6;
		memcpy(packet + 8, &ip, sizeof ip);
		memcpy(packet + 48, request, len);
		far_send(far, packet, 48 + len, to, NULL);
	}
}

static void
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
		far_send(far, echo, ECHO_SENT, to, NULL);
		break;
	case TINY:
		far_send(far, echo, ECHO_SENT - 1, to, NULL);
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
		far_error(far, request, len, to);
		break;
	case ERROR:
		far_error(far, request, len, to);
		break;
	case LATE:
		memcpy(far->late, echo, len);
		far->late_len = len;
		far->late_to = *to;
		far->late_at = clock_mono_ns() + TIMEOUT + 100 * MS;
		break;
	case ERROR_ANSWER:
		far_error(far, request, len, to);
		far_send(far, echo, len, to, NULL);
		break;
	case SILENCE:
		break;
	default:
		far_send(far, echo, len, to, NULL);
	}
}

/* Read requests and do what their number asks for. */
static void
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
		addr_set_port(&from, 0);
		far->seen++;
		far_do(far, obey ? e.slot % (1 << 10) : ANSWER, echo, len, &from);
	}
}

/* --- a round
 * --------------------------------------------------------------------------- */

static struct round *got;
static struct msg_counters counters;
static struct probe_host host = { .key = key, .counters = &counters };
static struct addr to;

static void
on_done(void *ctx, struct run *run, const struct round *r)
{
	(void)ctx;
	(void)run;
	if (got == NULL) {
		got = mem_alloc(sizeof *got);
		*got = *r;
	}
}

static enum run_address
on_address(void *ctx, struct run *run, struct addr *addr)
{
	(void)ctx;
	(void)run;
	*addr = to;
	return RUN_ADDRESS_HERE;
}

/* One round of COUNT pings to TO; the far end does as their number asks, or answers. */
static struct round *
one_round(struct far *far, unsigned count, bool obey)
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
	int64_t give_up = clock_mono_ns() + 20 * CLOCK_NS_PER_S;

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
		usleep(200);
	}
	run_remove(run);
	return got;
}

static void
take_socket(int family, const struct icmpsock *s)
{
	static const struct run_ops ops = { .done = on_done, .address = on_address };
	unsigned side = family == AF_INET6;
	struct err err;

	host.icmp_fd[side] = s->fd;
	host.icmp_fd[!side] = -1;
	host.icmp_rung[side] = (uint8_t)s->rung;
	memset(&counters, 0, sizeof counters);
	runs_open(&host, &ops);
	ok(probe_icmp.open(&host, &err) == 0, "opened");
}

static void
open_host(int family, enum icmp_rung rung)
{
	struct icmpsock s;

	(void)icmpsock_open(&s, family);
	is_int(s.rung, rung, rung == ICMP_RAW ? "a raw socket" : "a datagram socket");
	take_socket(family, &s);
}

static void
close_host(void)
{
	runs_close();
	probe_icmp.close(&host);
	for (unsigned i = 0; i < 2; i++)
		if (host.icmp_fd[i] >= 0)
			close(host.icmp_fd[i]);
}

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
	/* 11 deeds, and 14 ordinary pings that keep the round open. */
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

/* COUNT replies that are nobody's, into every raw socket here. */
static void
flood(int fd, unsigned count)
{
	static const uint8_t reply[64] = { ICMP_ECHOREPLY };
	struct addr self;

	(void)addr_parse(&self, "127.0.0.1");
	while (count-- > 0)
		(void)sendto(fd, reply, sizeof reply, 0, &self.sa, addr_len(&self));
}

/* A prober that is started again gets the socket of the one before. */
static void
inherited(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP), small = 1;
	struct icmpsock s;

	(void)icmpsock_open(&s, AF_INET);
	(void)setsockopt(s.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	flood(fd, 100);
	take_socket(AF_INET, &s);
	flood(fd, 1);
	probe_icmp.receive(&host);
	is_int((long long)counters.overflow, 0, "what it lost before is not ours");
	flood(fd, 100);
	probe_icmp.receive(&host);
	flood(fd, 1);
	probe_icmp.receive(&host);
	ok(counters.overflow > 0, "what is lost from now on is");
	close_host();
	close(fd);
}

/* --- a world of our own
 * ------------------------------------------------------------------ */

static bool
write_file(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* A namespace with lo up, two addresses, and a kernel that does not answer echoes. */
static bool
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

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	codec();
	if (!own_world()) {
		printf(
		    "ok %u # SKIP no right to make a network namespace\n", ++tap_count);
		return tap_done();
	}
	(void)write_file("/proc/sys/net/ipv4/ping_group_range", "1 0");
	one_kind("127.0.0.1", ICMP_RAW);
	one_kind("::1", ICMP_RAW);
	inherited();
	(void)write_file("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
	one_kind("127.0.0.1", ICMP_DATAGRAM);
	one_kind("::1", ICMP_DATAGRAM);
	local_faults();
	free(got);
	return tap_done();
}
