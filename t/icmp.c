/* ICMP echo: the bytes by tables, then real sockets in a network namespace of our own
 * whose kernel does not answer, so that this test is the far end and answers as it
 * likes: twice, too short, too late, from elsewhere, forged, by an error. */
#include <errno.h>
#include <fcntl.h>
#include <arpa/inet.h>
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
#include "probes/icmp_reason.h"
#include "t/tap.h"

#define MS CLOCK_NS_PER_MS
#define LEAST (ECHO_HEADER + ECHO_MARK) /* bytes of an echo that can prove itself */

static const uint8_t key[16] = "0123456789abcdef";

/* --- the bytes -------------------------------------------------------------------- */

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

	echo_write(head, key, &proof, 56);
	is_int(checksum(head, ECHO_SENT), 0, "the checksum is right");
	is_int(checksum(head, ECHO_SENT + 40), 0, "with any number of zeroes behind");
	is_int(echo_read(&e, head, ECHO_SENT + 40, AF_INET, false), 0, "read back");
	is_int(e.kind, ECHO_REQUEST, "a request");
	ok(e.id == 6 && e.seq == 7 && e.slot == 0x01020304 && e.payload == 54,
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

	for (size_t len = 0; len < LEAST; len++) {
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

	proof.constant = true;
	bool same = true, tags_differ = false;
	uint8_t first[ECHO_SENT];
	echo_write(first, key, &proof, 14);
	for (unsigned i = 0; i < 70000; i++) {
		proof.seq = (uint16_t)i;
		proof.slot = i * 2654435761U;
		proof.serial = i / 7;
		echo_write(head, key, &proof, 14);
		same = same && memcmp(head, first, 4) == 0 &&
		       checksum(head, ECHO_SENT) == 0;
		tags_differ = tags_differ || memcmp(head + 12, first + 12, 8) != 0;
	}
	ok(same && tags_differ, "the checksum can be the same for all of a flow");
	proof.id++;
	echo_write(head, key, &proof, 14);
	ok(memcmp(head + 2, first + 2, 2) != 0, "another id has another one");
	echo_write(head, key, &proof, 13);
	ok(head[20] == 0 && head[21] == 0 && checksum(head, ECHO_SENT) == 0,
	    "a payload below 14 bytes has no room for that, and is right");

	proof = proof_for("2001:db8::1");
	echo_write(head, key, &proof, 56);
	is_int(head[0], ICMP6_ECHO_REQUEST, "a request of version 6");
	(void)echo_read(&e, head, ECHO_SENT, AF_INET6, false);
	ok(e.kind == ECHO_REQUEST && echo_proves(e.tag, key, &proof), "proves itself");
}

/* --- what errors mean ------------------------------------------------------------- */

static void
reasons(void)
{
	static const struct {
		int family;
		uint8_t type, code;
		bool local;
		enum ping_outcome outcome;
	} map[] = {
		{ AF_INET, 3, 0, false, PING_NO_ROUTE },
		{ AF_INET, 3, 1, false, PING_HOST_UNREACHABLE },
		{ AF_INET, 3, 1, true, PING_NO_NEIGHBOUR },
		{ AF_INET, 3, 2, false, PING_PORT_UNREACHABLE },
		{ AF_INET, 3, 3, false, PING_PORT_UNREACHABLE },
		{ AF_INET, 3, 4, false, PING_TOO_BIG },
		{ AF_INET, 3, 5, false, PING_ICMP_OTHER },
		{ AF_INET, 3, 6, false, PING_NO_ROUTE },
		{ AF_INET, 3, 7, false, PING_HOST_UNREACHABLE },
		{ AF_INET, 3, 9, false, PING_PROHIBITED },
		{ AF_INET, 3, 10, false, PING_PROHIBITED },
		{ AF_INET, 3, 11, false, PING_NO_ROUTE },
		{ AF_INET, 3, 13, false, PING_PROHIBITED },
		{ AF_INET, 4, 0, false, PING_ANSWERED },
		{ AF_INET, 5, 1, false, PING_ANSWERED },
		{ AF_INET, 11, 0, false, PING_TTL_EXCEEDED },
		{ AF_INET, 11, 1, false, PING_REASSEMBLY },
		{ AF_INET, 12, 0, false, PING_PARAMETER },
		{ AF_INET6, 1, 0, false, PING_NO_ROUTE },
		{ AF_INET6, 1, 1, false, PING_PROHIBITED },
		{ AF_INET6, 1, 3, false, PING_HOST_UNREACHABLE },
		{ AF_INET6, 1, 3, true, PING_NO_NEIGHBOUR },
		{ AF_INET6, 1, 4, false, PING_PORT_UNREACHABLE },
		{ AF_INET6, 1, 5, false, PING_PROHIBITED },
		{ AF_INET6, 1, 6, false, PING_PROHIBITED },
		{ AF_INET6, 1, 7, false, PING_NO_ROUTE },
		{ AF_INET6, 2, 0, false, PING_TOO_BIG },
		{ AF_INET6, 3, 0, false, PING_TTL_EXCEEDED },
		{ AF_INET6, 3, 1, false, PING_REASSEMBLY },
		{ AF_INET6, 4, 1, false, PING_PARAMETER },
		{ AF_INET6, 137, 0, false, PING_ANSWERED },
	};

	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		ok(icmp_reason(map[i].family, map[i].type, map[i].code, map[i].local) ==
			map[i].outcome,
		    "v%d %u/%u%s: %s", map[i].family == AF_INET ? 4 : 6, map[i].type,
		    map[i].code, map[i].local ? " of our own" : "",
		    ping_outcome_word(map[i].outcome));
}

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
static void
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

static void
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

static enum run_address
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
static int64_t
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
static struct round *
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

static struct round *
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

static void
take_socket(const struct icmpsock *s)
{
	static const struct run_ops ops = { .done = on_done, .address = on_address };
	struct err err;

	memset(&counters, 0, sizeof counters);
	runs_open(&host, &ops);
	ok(probe_icmp.socket(s->fd, &err) == 0 && probe_icmp.open(&host, &err) == 0,
	    "opened");
}

static void
open_host(int family, enum icmp_rung rung)
{
	struct icmpsock s;

	(void)icmpsock_open(&s, family);
	is_int(s.rung, rung, rung == ICMP_RAW ? "a raw socket" : "a datagram socket");
	take_socket(&s);
}

static void
close_host(void)
{
	runs_close();
	probe_icmp.close(&host);
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

/* COUNT replies that are nobody's, into the first socket in use. */
static void
flood(int fd, unsigned count)
{
	uint8_t reply[64] = { ICMP_ECHOREPLY };
	struct addr self;

	reply[4] = (uint8_t)(icmp_io_id(0) >> 8);
	reply[5] = (uint8_t)icmp_io_id(0);
	reply[2] = (uint8_t)~reply[4]; /* the checksum: nothing else is in it */
	reply[3] = (uint8_t)~reply[5];
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
	take_socket(&s);
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

static void
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

/* --- stamps, by a clock turned by hand -------------------------------------------- */

#define US CLOCK_NS_PER_US
/* Later than any stamp of the real kernel, which then makes no sense. */
#define BEGIN (4102444800 * CLOCK_NS_PER_S)

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
turn(int64_t ns)
{
	clock_fake_advance(ns);
	runs_tick();
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

/* --- several sockets -------------------------------------------------------------- */

/* One more round of one ping, by a clock turned by hand: it goes on when the far end
 * has heard the ping, and we the answer if there is one. */
static void
next_round(struct far *far)
{
	uint64_t begun = counters.rounds_scheduled;
	unsigned done = dones, heard = far->heard, seen = far->seen;
	clock_t give_up = clock() + 5 * CLOCKS_PER_SEC;

	while (counters.rounds_scheduled == begun && clock() < give_up)
		turn(10 * MS);
	while (far->heard == heard && clock() < give_up)
		far_turn(far, false);
	while (far->seen != seen && dones == done && clock() < give_up)
		runs_tick();
	while (dones == done && clock() < give_up)
		turn(10 * MS);
}

/* Rounds until UNTIL are done, one a second. */
static void
rounds(struct far *far, unsigned until)
{
	for (unsigned i = dones; i < until; i++)
		next_round(far);
}

static struct run *
every_second(uint64_t target, int64_t phase)
{
	struct run_spec spec = { .target = target,
		.path = "A",
		.name = "a",
		.type = &probe_icmp,
		.opts = probe_icmp.options(NULL, NULL, NULL),
		.plan = { .step = CLOCK_NS_PER_S,
		    .sampler = SAMPLER_BURST,
		    .count = 1,
		    .gap = 5 * MS,
		    .timeout = 50 * MS } };

	spec.plan.phase = phase;
	plan_settle(&spec.plan);
	dones = 0;
	return run_add(&spec);
}

/* A host that does not answer its own calls: that one target is silent while another
 * one answers by another id does not say that the first one's id was taken. */
static void
no_theft(void)
{
	struct far far = { .family = AF_INET,
		.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) };

	(void)addr_parse(&to, "127.0.0.1");
	clock_fake(1000 * CLOCK_NS_PER_S, BEGIN, 1000 * CLOCK_NS_PER_S);
	open_hosts(3);
	far.deaf = icmp_io_id(0);
	struct run *silent = every_second(2, 0);
	struct run *other = every_second(1, 150 * MS);
	rounds(&far, 4);
	ok(!answered[0] && answered[1] && !answered[2] && answered[3],
	    "one is silent, another one is not");
	is_int((long long)counters.new_ids, 0, "nobody has taken an id");
	run_remove(silent);
	run_remove(other);
	close_host();
	close(far.fd);
	clock_real();
}

/* Somebody on the way remembers a session of ours that leads nowhere any more. */
static void
new_id(void)
{
	struct far far = { .family = AF_INET,
		.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) };

	(void)addr_parse(&to, "127.0.0.1");
	clock_fake(1000 * CLOCK_NS_PER_S, BEGIN, 1000 * CLOCK_NS_PER_S);
	open_hosts(2);
	uint16_t first = icmp_io_id(0), second = icmp_io_id(1);
	ok(first != second, "each with an id of its own");
	struct run *run = every_second(1, 0);
	rounds(&far, 1);
	ok(answered[0], "an answer");
	far.deaf = first;
	rounds(&far, 5);
	ok(!answered[1] && !answered[2] && !answered[3], "three rounds of silence");
	ok(answered[4], "and an answer by another id");
	is_int((long long)counters.new_ids, 1, "which is counted");
	far.deaf = second;
	rounds(&far, 9);
	ok(!answered[7] && answered[8], "the next time it goes back to the first");
	far.silent = true;
	rounds(&far, 14);
	is_int(
	    (long long)counters.new_ids, 3, "who is silent for long moves only once");
	run_remove(run);
	close_host();
	close(far.fd);
	clock_real();
}

/* Another program takes our id, and gets all answers: no loss. False when we were put
 * aside meanwhile and have stalled by ourselves. */
static bool
try_theft(const char *target, bool last)
{
	struct icmpsock s[2];
	struct err err;
	struct addr self;
	socklen_t size = sizeof self;
	static const struct run_ops ops = { .done = on_done, .address = on_address };
	int64_t give_up = clock_mono_ns() + 60 * CLOCK_NS_PER_S, watch = 0;
	int thief = -1;
	bool calm = false;

	(void)addr_parse(&to, target);
	int family = to.sa.sa_family;
	memset(&counters, 0, sizeof counters);
	runs_open(&host, &ops);
	for (unsigned i = 0; i < 2; i++)
		ok(icmpsock_open(&s[i], family) == 0 &&
			probe_icmp.socket(s[i].fd, &err) == 0,
		    "socket %u", i);
	(void)probe_icmp.open(&host, &err);
	struct run_spec spec = { .target = 1,
		.path = "A",
		.name = "a",
		.type = &probe_icmp,
		.opts = probe_icmp.options(NULL, NULL, NULL),
		.plan = { .step = 100000 * CLOCK_NS_PER_S,
		    .sampler = SAMPLER_BURST,
		    .count = 60,
		    .gap = 20 * MS,
		    .timeout = 200 * MS } };
	spec.plan.phase = (clock_wall_ns() + 60 * MS) % spec.plan.step;
	plan_settle(&spec.plan);
	free(got);
	got = NULL;
	struct run *run = run_add(&spec);
	int64_t take_at = clock_mono_ns() + 300 * MS;
	while (got == NULL && clock_mono_ns() < give_up) {
		if (thief < 0 && clock_mono_ns() > take_at) {
			thief = socket(family, SOCK_DGRAM | SOCK_CLOEXEC,
			    family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
			ok(getsockname(s[0].fd, &self.sa, &size) == 0 &&
				bind(thief, &self.sa, size) == 0,
			    "somebody binds to our id");
		}
		if (runs_next() <= clock_mono_ns())
			runs_tick();
		calm = put_aside(&watch) < ASIDE;
		usleep(200);
	}
	if (!calm && !last) {
		run_remove(run);
		close_host();
		close(thief);
		return false;
	}
	unsigned lost = 0, stalled = 0;
	for (unsigned i = 0; got != NULL && i < got->count; i++) {
		lost += ping_is_loss(got->ping[i].outcome);
		stalled += got->ping[i].outcome == PING_STALLED;
	}
	ok(got != NULL && got->ping[5].outcome == PING_ANSWERED &&
		got->ping[59].outcome == PING_ANSWERED,
	    "answers come before and after");
	is_int(lost, 0, "nothing is lost");
	ok(stalled > 5 && stalled < 40, "%u pings are unknown", stalled);
	is_int((long long)counters.new_ids, 1, "the target has another id");
	run_remove(run);
	close_host();
	close(thief);
	return true;
}

static void
theft(const char *target)
{
	for (unsigned i = 0; i < TRIES && !try_theft(target, i == TRIES - 1); i++)
		;
}

/* Answers of a target come by its socket; what another one loses is not its fault. */
static void
apart(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	unsigned by[4] = { 0 };
	struct icmpsock_class class = { .family = AF_INET };

	open_hosts(4);
	for (unsigned i = 0; i < 300; i++)
		by[icmp_io_choose(&class, i)]++;
	ok(by[0] == 100 && by[1] == 100 && by[2] == 100 && by[3] == 0,
	    "targets are spread over all but the last socket");
	is_int(icmp_io_other(1, 5), 3, "which is for those who need another id");
	is_int(icmp_io_other(3, 5), 2, "who goes away from there goes home");
	class.df = true;
	is_int(icmp_io_choose(&class, 0), -1, "none is of another class");
	(void)icmp_io_overflow(0);
	flood(fd, 1);
	probe_icmp.receive(&host);
	flood(fd, 200000);
	probe_icmp.receive(&host);
	flood(fd, 1);
	probe_icmp.receive(&host);
	ok(counters.overflow > 0 && *icmp_io_overflow(0) > 0 &&
		*icmp_io_overflow(1) < 0 && *icmp_io_overflow(2) < 0,
	    "one that overflows does so alone");
	close_host();
	close(fd);
}

/* A socket tells by itself of what class it is. */
static void
classes(void)
{
	static const struct icmpsock_class all[] = { { AF_INET, false, 0 },
		{ AF_INET, true, 0 }, { AF_INET6, false, 0 }, { AF_INET6, true, 0 },
		{ AF_INET, false, 0x80000001 }, { AF_INET6, true, 7 } };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct icmpsock_class class;
		enum icmp_rung rung;
		struct icmpsock s;

		if (icmpsock_open_class(&s, &all[i]) != 0) {
			ok(false, "class %zu: %s", i, s.why);
			continue;
		}
		ok(icmpsock_read(s.fd, &class, &rung) == 0 &&
			icmpsock_same(&class, &all[i]) && rung == s.rung,
		    "class %zu is read back", i);
		close(s.fd);
	}
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct err err;
	ok(icmp_io_open(fd, &err) != 0, "no ICMP socket: %s", err.text);
}

/* --- a world of our own ----------------------------------------------------------- */

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
	reasons();
	if (!own_world()) {
		printf(
		    "ok %u # SKIP no right to make a network namespace\n", ++tap_count);
		return tap_done();
	}
	(void)write_file("/proc/sys/net/ipv4/ping_group_range", "1 0");
	one_kind("127.0.0.1", ICMP_RAW);
	one_kind("::1", ICMP_RAW);
	inherited();
	apart();
	classes();
	(void)write_file("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
	one_kind("127.0.0.1", ICMP_DATAGRAM);
	one_kind("::1", ICMP_DATAGRAM);
	inherited();
	apart();
	busy();
	local_faults();
	no_theft();
	new_id();
	classes();
	stamps();
	(void)write_file("/proc/sys/net/ipv4/icmp_echo_ignore_all", "0");
	(void)write_file("/proc/sys/net/ipv6/icmp/echo_ignore_all", "0");
	theft("127.0.0.1");
	theft("::1");
	free(got);
	return tap_done();
}
