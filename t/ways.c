/* When which way is walked, and what that costs, on a network and a clock that are made
 * here: 8 hops to every target, of which the first four are the same. */
#include "prober/ways.h"

#include <errno.h>
#include <stdlib.h>

#include "prober/waytree.h"
#include "probes/hopio.h"
#include "round.h"
#include "tap.h"

#define S CLOCK_NS_PER_S
#define MS CLOCK_NS_PER_MS
#define COMMON 4
#define DISTANCE 8
#define FLIGHTS 65536
#define FOUND 8192

static struct {
	struct {
		int64_t due;
		struct hopio *io;
		unsigned serial;
		struct walk_answer answer;
	} flight[FLIGHTS];
	unsigned first, flights; /* those that may still be due */
	unsigned open;		 /* flows */
	unsigned long sent, at_ttl[HOPS_MAX + 1];
	int64_t last, closest; /* when a probe was sent; least time between two */
	int64_t hop1_last, hop1_closest;
	unsigned moved; /* hop 2 is 10.2.0.(1 + this) */
	bool refuse;
	unsigned down; /* nobody answers from this hop on; 0: all do */
} net;

static struct {
	struct hops p[FOUND];
	unsigned count;
} found;

static struct addr
address(unsigned a, unsigned b, unsigned c, unsigned d)
{
	struct addr x = { 0 };

	x.v4.sin_family = AF_INET;
	x.v4.sin_addr.s_addr = htonl(a << 24 | b << 16 | c << 8 | d);
	return x;
}

/* Target ID. */
static struct addr
target(unsigned id)
{
	return address(198, 18, id >> 8, id & 255);
}

static struct addr
router(const struct addr *to, unsigned ttl)
{
	uint32_t id = ntohl(to->v4.sin_addr.s_addr) & 0xffff;

	if (ttl == 2)
		return address(10, 2, 0, 1 + net.moved);
	if (ttl <= COMMON)
		return address(10, ttl, 0, 1);
	return address(11, ttl, id >> 8, id & 255);
}

/* --- instead of probes/hopio.c
 * --------------------------------------------------------
 */

struct hopio *
hopio_open(const struct hopio_plan *plan, hopio_fn come, void *ctx, struct err *err)
{
	struct hopio *io = calloc(1, sizeof *io);

	if (net.refuse || plan->method == HOPS_ICMP) {
		free(io);
		err_set(err, "none");
		return NULL;
	}
	net.open++;
	io->plan = *plan;
	io->come = come;
	io->ctx = ctx;
	return io;
}

void
hopio_close(struct hopio *io)
{
	if (io == NULL)
		return;
	for (unsigned i = net.first; i < net.flights; i++)
		if (net.flight[i % FLIGHTS].io == io)
			net.flight[i % FLIGHTS].io = NULL;
	net.open--;
	free(io);
}

static void
closest(int64_t *last, int64_t *least, int64_t now)
{
	if (*last != 0 && now - *last < *least)
		*least = now - *last;
	*last = now;
}

int
hopio_send(struct hopio *io, unsigned ttl, unsigned serial)
{
	int64_t now = clock_mono_ns();
	struct walk_answer a = { .why =
				     ttl < DISTANCE ? PING_TTL_EXCEEDED : PING_ANSWERED,
		.from = ttl < DISTANCE ? router(&io->plan.to, ttl) : io->plan.to,
		.rtt_ns = ttl * MS };

	net.sent++;
	net.at_ttl[ttl]++;
	closest(&net.last, &net.closest, now);
	if (ttl == 1)
		closest(&net.hop1_last, &net.hop1_closest, now);
	if (net.down != 0 && ttl >= net.down)
		return 0;
	if (net.flights - net.first == FLIGHTS)
		abort();
	net.flight[net.flights % FLIGHTS].due = now + a.rtt_ns;
	net.flight[net.flights % FLIGHTS].io = io;
	net.flight[net.flights % FLIGHTS].serial = serial;
	net.flight[net.flights++ % FLIGHTS].answer = a;
	return 0;
}

void
hopio_receive(struct hopio *io)
{
	int64_t now = clock_mono_ns();

	while (net.first < net.flights && net.flight[net.first % FLIGHTS].io == NULL)
		net.first++;
	for (unsigned i = net.first; i < net.flights; i++) {
		unsigned k = i % FLIGHTS;

		if (net.flight[k].io != io || net.flight[k].due > now)
			continue;
		net.flight[k].io = NULL;
		io->come(io->ctx, net.flight[k].serial, &net.flight[k].answer);
	}
}

int64_t
hopio_grain(const struct hopio *io)
{
	(void)io;
	return 10 * MS;
}

struct addr
hopio_source(const struct addr *to)
{
	(void)to;
	return address(192, 0, 2, 1);
}

/* --- turning the clock ------------------------------------------------------------ */

static void
on_found(void *ctx, const struct hops *p)
{
	(void)ctx;
	if (found.count < FOUND)
		found.p[found.count++] = *p;
}

static void
go_on(struct ways *ways, int64_t seconds)
{
	int64_t end = clock_mono_ns() + seconds * S;

	for (;;) {
		int64_t now = clock_mono_ns(), next = ways_turn(ways, now);

		if (next > end)
			next = end;
		if (next <= now && now >= end)
			return;
		clock_fake_advance(next > now ? next - now : MS);
		if (clock_mono_ns() >= end)
			return;
	}
}

static struct ways *
begin(unsigned targets, int64_t every)
{
	struct ways_settings set = { true, HOPS_ICMP, every };
	struct ways *ways = ways_new(&set, on_found, NULL);

	memset(&net, 0, sizeof net);
	net.closest = net.hop1_closest = INT64_MAX;
	found.count = 0;
	for (unsigned i = 1; i <= targets; i++) {
		struct addr to = target(i);
		ways_target(ways, i, &to, NULL, clock_mono_ns());
	}
	return ways;
}

static void
end(struct ways *ways)
{
	ways_free(ways);
	is_int(net.open, 0, "no flow stays open");
}

/* How many walks for REASON were found to ID (0: all); *LAST is the last one. */
static unsigned
walks(enum hops_reason reason, uint64_t id, const struct hops **last)
{
	unsigned n = 0;

	for (unsigned i = 0; i < found.count; i++)
		if (found.p[i].reason == reason &&
		    (id == 0 || found.p[i].target == id)) {
			n++;
			if (last != NULL)
				*last = &found.p[i];
		}
	return n;
}

static void
one(void)
{
	struct ways *ways = begin(1, 0);
	const struct hops *p = NULL;

	go_on(ways, 4);
	is_int((long long)net.sent, 0, "what is new settles first");
	go_on(ways, 20);
	is_int(walks(HOPS_NEW, 1, &p), 1, "then it is walked to, once");
	is_int(p->count, DISTANCE, "all hops are found");
	is_int(p->flags, HOPS_REACHED, "and the target");
	is_int(p->method, HOPS_UDP, "by UDP, where there is no ICMP");
	is_int((long long)net.sent, 3 * DISTANCE, "three probes to each");
	struct addr to = target(1);
	ok(addr_same_host(&p->address, &to), "it is told whose way it is");

	ok(!ways_want(ways, 1, HOPS_ASKED, clock_mono_ns()), "it was just walked");
	ok(!ways_want(ways, 2, HOPS_ASKED, clock_mono_ns()), "nobody knows this one");
	go_on(ways, 30);
	ok(ways_want(ways, 1, HOPS_BAD, clock_mono_ns()), "a round is bad");
	go_on(ways, 20);
	is_int(walks(HOPS_BAD, 1, NULL), 1, "it is walked to at once");
	go_on(ways, 20);
	is_int(walks(HOPS_BAD, 1, NULL), 2, "half a minute later");
	go_on(ways, 80);
	is_int(walks(HOPS_BAD, 1, NULL), 2, "not earlier again");
	go_on(ways, 30);
	is_int(walks(HOPS_BAD, 1, NULL), 3, "than two minutes after");
	go_on(ways, 3600);
	is_int(found.count, 4, "and that is all");
	ok(ways_want(ways, 1, HOPS_CHANGED, clock_mono_ns()), "something changes");
	go_on(ways, 30);
	is_int(walks(HOPS_CHANGED, 1, NULL), 1, "it is looked at");
	ok(!ways_want(ways, 1, HOPS_CHANGED, clock_mono_ns()), "again too soon");
	go_on(ways, 600);
	ok(ways_want(ways, 1, HOPS_CHANGED, clock_mono_ns()), "later it may");
	go_on(ways, 60);
	go_on(ways, 86400);
	is_int(walks(HOPS_DAILY, 1, NULL), 1, "and every day it is walked to");

	to = target(77);
	ways_target(ways, 1, &to, NULL, clock_mono_ns());
	go_on(ways, 20);
	is_int(walks(HOPS_NEW, 1, &p), 2, "another address is new");
	ok(addr_same_host(&p->address, &to), "and goes there");
	ways_target(ways, 1, &to, NULL, clock_mono_ns());
	go_on(ways, 20);
	is_int(walks(HOPS_NEW, 1, NULL), 2, "the same one is not");
	ways_forget(ways, 1);
	ways_forget(ways, 1);
	unsigned long sent = net.sent;
	go_on(ways, 90000);
	is_int((long long)net.sent, (long long)sent, "nobody walks to who is gone");
	end(ways);
}

static void
shared(void)
{
	enum {
		TARGETS = 100
	};
	struct ways *ways = begin(TARGETS, 0);
	const struct hops *p = NULL;
	unsigned whole = 0;

	go_on(ways, 600);
	is_int(walks(HOPS_NEW, 0, NULL), TARGETS, "all are walked to");
	for (unsigned i = 0; i < found.count; i++) {
		p = &found.p[i];
		struct addr fourth = address(10, COMMON, 0, 1);
		whole += p->count == DISTANCE && (p->flags & HOPS_REACHED) != 0 &&
			 addr_same_host(&p->hop[COMMON - 1].address[0], &fourth);
	}
	is_int(whole, TARGETS, "and every way is whole");
	is_int(p->hop[0].flags, HOP_SHARED, "its first hops are known from others");
	is_int(p->hop[0].sent, 0, "without a probe");
	is_int(p->hop[COMMON - 1].sent, 1, "with one where it begins");
	is_int(p->hop[DISTANCE - 1].sent, WAYS_PROBES, "and its last ones are not");
	ok(net.at_ttl[1] <= 3 * 6, "the first hop had %lu probes", net.at_ttl[1]);
	ok(net.at_ttl[2] <= 3 * 6, "the second %lu", net.at_ttl[2]);
	ok(net.sent <= TARGETS * 3 * (DISTANCE - COMMON + 1) + 100,
	    "%lu probes in all, not %u", net.sent, TARGETS * 3 * DISTANCE);
	ok(net.closest >= WAYS_STEP_NS, "no two closer than 50 ms: %lld us",
	    (long long)(net.closest / 1000));
	ok(net.hop1_closest >= 50 * MS, "hop 1 is not hurried");

	/* All rounds are bad at once, as when the line is down. */
	unsigned asked = 0;
	net.down = 3;
	for (unsigned i = 1; i <= TARGETS; i++)
		asked += ways_want(ways, i, HOPS_BAD, clock_mono_ns());
	is_int(asked, WAYS_BAD_MAX, "so many walks may wait");
	memset(net.at_ttl, 0, sizeof net.at_ttl);
	go_on(ways, 20);
	ok(walks(HOPS_BAD, 0, &p) > 2, "walks that end nowhere end soon: %u",
	    walks(HOPS_BAD, 0, NULL));
	is_int(p->flags, HOPS_CUT, "and say so");
	is_int(p->count, 2, "who is there answers still");
	ok(net.at_ttl[1] <= 60, "hop 1 has %lu probes in 20 s", net.at_ttl[1]);
	ok(net.closest >= WAYS_STEP_NS, "within the budget");
	end(ways);
}

static void
watched(void)
{
	struct ways *ways = begin(3, 10 * S);
	const struct hops *p = NULL;

	go_on(ways, 130);
	memset(net.at_ttl, 0, sizeof net.at_ttl);
	net.hop1_last = 0;
	net.hop1_closest = INT64_MAX;
	found.count = 0;
	go_on(ways, 600);
	ok(net.at_ttl[1] >= 59 && net.at_ttl[1] <= 61,
	    "in ten minutes hop 1 has a probe in ten seconds: %lu", net.at_ttl[1]);
	ok(net.at_ttl[7] >= 3 * 59 && net.at_ttl[7] <= 3 * 61,
	    "and each of three routers at hop 7: %lu", net.at_ttl[7]);
	is_int((long long)net.at_ttl[8], 0, "targets are pinged anyway");
	ok(net.hop1_closest >= 9 * S, "not more often: %lld ms",
	    (long long)(net.hop1_closest / MS));
	is_int(walks(HOPS_WATCH, 0, &p), 3 * 10, "every minute it is told, for each");
	is_int(found.count, 3 * 10, "and there is nothing else");
	unsigned sent = 0, answered = 0;
	for (unsigned i = 0; i < found.count; i++)
		for (unsigned k = 0; k < found.p[i].count; k++) {
			sent += found.p[i].hop[k].sent;
			answered += found.p[i].hop[k].answered;
		}
	is_int(answered, sent, "nothing is lost, nor counted twice");
	ok(sent >= (COMMON + 9) * 59 && sent <= (COMMON + 9) * 61,
	    "each hop is told of once: %u", sent);
	is_int(p->hop[p->count - 1].median_ns, 7 * MS, "with its time");

	/* Whose hops these were goes; others take care of them. */
	uint64_t owner = 0;
	for (unsigned i = 0; i < found.count; i++)
		if (found.p[i].hop[0].ttl == 1)
			owner = found.p[i].target;
	ways_forget(ways, owner);
	found.count = 0;
	memset(net.at_ttl, 0, sizeof net.at_ttl);
	go_on(ways, 120);
	ok(net.at_ttl[1] >= 11 && net.at_ttl[1] <= 13, "hop 1 is probed on: %lu",
	    net.at_ttl[1]);
	is_int(walks(HOPS_WATCH, owner, NULL), 0, "for somebody else");

	/* Somebody else answers at hop 2. */
	net.moved = 1;
	go_on(ways, 60);
	ok(walks(HOPS_CHANGED, 0, &p) >= 1, "a hop that is another is walked to");
	struct addr other = address(10, 2, 0, 2);
	ok(addr_same_host(&p->hop[1].address[0], &other), "and found");

	net.down = 1;
	found.count = 0;
	go_on(ways, 180);
	walks(HOPS_WATCH, 0, &p);
	ok(p->hop[0].sent >= 5 && p->hop[0].answered == 0 && p->hop[0].min_ns == -1,
	    "hops that do not answer are lost");
	end(ways);
}

static void
many(void)
{
	struct ways_settings off = { false, HOPS_UDP, 10 * S };
	struct ways *ways = begin(WAYS_MAX + 500, 10 * S);

	go_on(ways, 7200);
	unsigned news = walks(HOPS_NEW, 0, NULL);
	ok(news == WAYS_MAX, "%u targets are walked to in two hours", news);
	ok(net.sent <= 7200 * 20, "%lu probes, 20 a second at most", net.sent);
	ok(net.closest >= WAYS_STEP_NS, "none closer than 50 ms");
	ways_configure(ways, &off);
	is_int(net.open, 0, "switched off, no flow is open");
	unsigned long sent = net.sent;
	go_on(ways, 600);
	is_int((long long)net.sent, (long long)sent, "and nothing is sent");
	end(ways);

	ways = begin(2, 10 * S);
	net.refuse = true;
	go_on(ways, 600);
	is_int(found.count, 0, "without sockets there are no walks");
	end(ways);
}

int
main(void)
{
	clock_fake(1000 * S, 1700000000 * S, 1000 * S);
	one();
	shared();
	watched();
	many();
	return tap_done();
}
