/* A walk over a network that is made here, on a clock that is turned: who answers, how
 * late, how often, and what the walk makes of it. */
#include "prober/walk.h"

#include <errno.h>

#include "round.h"
#include "tap.h"

#define MS CLOCK_NS_PER_MS
#define FLIGHTS 4096

/* A router, or what stands at a distance. */
struct router {
	unsigned addresses; /* 10.0.TTL.1 and on, in turn */
	int64_t delay;
	unsigned lost; /* of every ten of its answers the first so many */
	bool silent;
	bool limited; /* six answers, then one a second */
	uint8_t why;  /* 0: it forwards */
};

static struct {
	struct router router[HOPS_MAX + 1];
	unsigned distance; /* of the target; 0: it never answers */
	int64_t now;
	/* what was sent */
	unsigned sent, ttl[FLIGHTS];
	int64_t at[FLIGHTS];
	unsigned asked[HOPS_MAX + 1], answered[HOPS_MAX + 1];
	/* what is on its way back */
	struct {
		int64_t due;
		unsigned serial;
		struct walk_answer answer;
	} flight[FLIGHTS];
	unsigned flights;
	int refuse;	/* errno of sending */
	unsigned known; /* hops up to there are known */
	unsigned known_asked;
} net;

static struct addr
hop_address(unsigned ttl, unsigned k)
{
	char text[ADDR_TEXT];
	struct addr a;

	snprintf(text, sizeof text, "10.0.%u.%u", ttl, k + 1);
	if (addr_parse(&a, text) != 0)
		abort();
	return a;
}

static struct addr
target_address(void)
{
	struct addr a;

	if (addr_parse(&a, "198.51.100.1") != 0)
		abort();
	return a;
}

/* DISTANCE - 1 routers, 2 ms from each to the next, and the target behind them. */
static void
net_make(unsigned distance)
{
	memset(&net, 0, sizeof net);
	net.now = 1000 * CLOCK_NS_PER_S;
	net.distance = distance;
	for (unsigned ttl = 1; ttl <= HOPS_MAX; ttl++)
		net.router[ttl] =
		    (struct router){ .addresses = 1, .delay = ttl * 2 * MS };
}

static bool
net_answers(const struct router *r, unsigned ttl)
{
	unsigned number = net.asked[ttl]++;

	if (r->silent || number % 10 < r->lost)
		return false;
	if (r->limited && net.answered[ttl] >= 6)
		return false;
	net.answered[ttl]++;
	return true;
}

static int
net_send(void *ctx, unsigned ttl, unsigned serial)
{
	unsigned at = ttl;
	const struct router *r;
	struct walk_answer a = { .why = PING_TTL_EXCEEDED, .ttl = 64 };

	(void)ctx;
	if (net.refuse != 0) {
		errno = net.refuse;
		return -1;
	}
	net.ttl[net.sent] = ttl;
	net.at[net.sent++] = net.now;
	/* Somebody on the way may let nothing pass. */
	for (unsigned i = 1; i < at && i != net.distance; i++)
		if (net.router[i].why != 0)
			at = i;
	if (net.distance != 0 && at >= net.distance) {
		at = net.distance;
		a.why = PING_ANSWERED;
	}
	r = &net.router[at];
	if (!net_answers(r, at))
		return 0;
	a.from = a.why == PING_ANSWERED
		     ? target_address()
		     : hop_address(at, (net.asked[at] - 1) % r->addresses);
	if (r->why != 0)
		a.why = r->why;
	a.rtt_ns = r->delay;
	net.flight[net.flights].due = net.now + r->delay;
	net.flight[net.flights].serial = serial;
	net.flight[net.flights++].answer = a;
	return 0;
}

static bool
net_known(void *ctx, unsigned ttl, const struct addr *a)
{
	struct addr want = hop_address(ttl, 0);

	(void)ctx;
	net.known_asked++;
	return ttl <= net.known && addr_same_host(a, &want);
}

/* What arrives next, before UNTIL; -1: nothing does. */
static int
net_next(int64_t until)
{
	int first = -1;

	for (unsigned i = 0; i < net.flights; i++)
		if (net.flight[i].due <= until &&
		    (first < 0 || net.flight[i].due < net.flight[first].due))
			first = (int)i;
	return first;
}

/* Walk to the end, in SECONDS at most. */
static struct hops
walk(unsigned first, unsigned last, unsigned probes)
{
	static const struct walk_ops ops = { net_send, net_known, NULL };
	struct walk_plan plan = { .to = target_address(),
		.method = HOPS_ICMP,
		.reason = HOPS_NEW,
		.first = first,
		.last = last,
		.probes = probes,
		.step_ns = 50 * MS,
		.period_ns = CLOCK_NS_PER_S,
		.wait_ns = CLOCK_NS_PER_S };
	struct walk *w = walk_new(&plan, &ops);
	struct addr here = hop_address(9, 9);
	struct hops p;
	int64_t next;

	while ((next = walk_turn(w, net.now)) != INT64_MAX) {
		int i = net_next(next);

		if (i < 0) {
			net.now = next;
			continue;
		}
		if (net.flight[i].due > net.now)
			net.now = net.flight[i].due;
		walk_answer(w, net.flight[i].serial, &net.flight[i].answer);
		net.flight[i].due = INT64_MAX;
	}
	is_int(walk_is_over(w), true, "it ends");
	walk_result(w, &p);
	hops_judge(&p, &here);
	is_int(walk_sent(w), net.sent, "its own count of probes");
	is_int(walk_errno(w), net.refuse, "its errno");
	walk_free(w);
	return p;
}

/* The longest row of TTLs one after the other, in the order of sending. */
static unsigned
sent_to(unsigned ttl)
{
	unsigned n = 0;

	for (unsigned i = 0; i < net.sent; i++)
		n += net.ttl[i] == ttl;
	return n;
}

static void
plain(void)
{
	net_make(4);
	struct hops p = walk(1, HOPS_MAX, 3);

	is_int(p.count, 4, "three routers and the target");
	is_int(p.flags, HOPS_REACHED, "which is reached");
	is_int(net.sent, 12, "with three probes each, and not one more");
	for (unsigned i = 0; i < 4; i++) {
		const struct hop *h = &p.hop[i];
		struct addr a = i == 3 ? target_address() : hop_address(i + 1, 0);

		ok(h->ttl == i + 1 && h->sent == 3 && h->answered == 3 &&
			h->addresses == 1 && addr_same_host(&h->address[0], &a),
		    "hop %u is who it is", i + 1);
		ok(h->min_ns == (i + 1) * 2 * MS && h->median_ns == h->min_ns &&
			h->max_ns == h->min_ns,
		    "and as far");
		is_int(h->flags, i == 3 ? HOP_TARGET : 0, "and what it is");
		is_int(h->reply_ttl, 64, "with the TTL of its answers");
	}
	int64_t least_step = INT64_MAX, least_period = INT64_MAX;
	int64_t last[HOPS_MAX + 1] = { 0 };
	for (unsigned i = 0; i < net.sent; i++) {
		if (i > 0 && net.at[i] - net.at[i - 1] < least_step)
			least_step = net.at[i] - net.at[i - 1];
		int64_t *before = &last[net.ttl[i]];
		if (*before != 0 && net.at[i] - *before < least_period)
			least_period = net.at[i] - *before;
		*before = net.at[i];
	}
	is_int(least_step, 50 * MS, "probes are 50 ms apart");
	ok(least_period >= CLOCK_NS_PER_S, "those to one hop a second");
}

static void
far_and_slow(void)
{
	net_make(8);
	for (unsigned i = 1; i <= 8; i++)
		net.router[i].delay = 900 * MS;
	struct hops p = walk(1, HOPS_MAX, 2);
	is_int(p.count, 8, "slow hops are waited for");
	is_int(p.flags, HOPS_REACHED, "and so is the target");
	unsigned most = 0;
	for (unsigned i = 0; i < net.sent; i++)
		if (net.ttl[i] > most)
			most = net.ttl[i];
	ok(most <= 8 + WALK_SILENT, "nobody runs far past it: %u", most);

	net_make(40);
	p = walk(1, HOPS_MAX, 1);
	is_int(p.count, HOPS_MAX, "too far");
	is_int(p.flags, HOPS_CUT, "is told");
	is_int(net.sent, HOPS_MAX, "and nobody asked beyond");
	net_make(9);
	p = walk(1, 5, 1);
	is_int(p.count, 5, "no farther than the plan says");
}

static void
silence(void)
{
	net_make(9);
	for (unsigned ttl = 3; ttl <= 6; ttl++)
		net.router[ttl].silent = true;
	struct hops p = walk(1, HOPS_MAX, 2);
	is_int(p.count, 9, "four silent hops are passed");
	for (unsigned ttl = 3; ttl <= 6; ttl++)
		ok(p.hop[ttl - 1].flags == HOP_SILENT &&
			p.hop[ttl - 1].addresses == 0 && p.hop[ttl - 1].median_ns == -1,
		    "hop %u is silent, and those behind it are not", ttl);

	net_make(9);
	for (unsigned ttl = 3; ttl <= 9; ttl++)
		net.router[ttl].silent = true;
	p = walk(1, HOPS_MAX, 2);
	is_int(p.count, 2, "five are the end");
	is_int(p.flags, HOPS_CUT, "which is told");
	is_int(sent_to(7), 1, "the fifth was asked once");
	is_int(sent_to(8), 0, "and nobody behind it");
	is_int(p.hop[1].flags, 0, "the last that answers is no silent one");

	net_make(0);
	for (unsigned ttl = 1; ttl <= HOPS_MAX; ttl++)
		net.router[ttl].silent = true;
	p = walk(1, HOPS_MAX, 3);
	is_int(p.count, 0, "nobody at all");
	is_int(p.flags, HOPS_CUT, "is a way that is cut");
	ok(net.sent <= 3 * WALK_SILENT, "after few probes");
}

static void
loss(void)
{
	net_make(5);
	net.router[3].lost = 1; /* its first answer */
	struct hops p = walk(1, HOPS_MAX, 10);
	is_int(p.hop[2].answered, 9, "one answer is lost");
	is_int(p.hop[2].flags, 0, "which may be chance");

	net_make(5);
	net.router[2].limited = true;
	p = walk(1, HOPS_MAX, 10);
	is_int(p.hop[1].answered, 6, "a hop that limits its answers");
	is_int(p.hop[1].flags, HOP_LIMITED, "is marked");

	/* the target loses its first answers: it is farther away at first */
	net_make(5);
	net.router[5].lost = 2;
	p = walk(1, HOPS_MAX, 5);
	is_int(p.count, 5, "the target is where it answers first of all");
	ok(p.hop[4].flags == HOP_TARGET && p.hop[4].answered < p.hop[4].sent,
	    "with its loss");
}

static void
many_addresses(void)
{
	net_make(4);
	net.router[2].addresses = 2;
	net.router[3].addresses = 6;
	struct hops p = walk(1, HOPS_MAX, 12);
	is_int(p.hop[1].addresses, 2, "two routers share a hop");
	is_int(p.hop[2].addresses, HOP_ADDRESSES, "of six some are kept");
	is_int(p.hop[2].answered, 12, "and all count");
}

static void
ended(void)
{
	net_make(6);
	net.router[3].why = PING_PROHIBITED;
	struct hops p = walk(1, HOPS_MAX, 2);
	is_int(p.count, 3, "somebody lets nothing pass");
	is_int(p.flags, HOPS_ENDED, "there it ends");
	is_int(p.hop[2].why, PING_PROHIBITED, "for that reason");
	is_int(p.hop[2].answered, 2, "which is an answer of his");

	net_make(1);
	net.refuse = ENETUNREACH;
	p = walk(1, HOPS_MAX, 2);
	is_int(p.count, 0, "without a route nothing is found");
	is_int(net.sent, 0, "and nothing more is tried");
}

/* From the middle: onward, and back only to where the way is known. */
static void
from_the_middle(void)
{
	net_make(8);
	net.known = 5;
	struct hops p = walk(5, HOPS_MAX, 3);
	is_int(p.count, 4, "hops before a known one are not probed");
	is_int(p.hop[0].ttl, 5, "the known one is the first");
	is_int(net.sent, 10, "which had one probe, the three behind it three each");

	net_make(8);
	net.known = 3;
	p = walk(5, HOPS_MAX, 1);
	is_int(p.hop[0].ttl, 3, "back to the last that is known");
	is_int(p.count, 6, "and onward to the target");

	net_make(2);
	net.known = 0;
	p = walk(5, HOPS_MAX, 1);
	is_int(p.count, 2, "a target that is nearer");
	is_int(p.hop[1].flags, HOP_TARGET, "is found there");
	is_int(p.flags, HOPS_REACHED, "and reached");

	net_make(8);
	net.known = 3;
	net.router[5].silent = true;
	net.router[4].silent = true;
	p = walk(5, HOPS_MAX, 1);
	is_int(p.hop[0].ttl, 3, "silent ones are passed on the way back too");
	is_int(p.count, 6, "all are there");
}

/* Answers that nobody waits for. */
static void
strange(void)
{
	static const struct walk_ops ops = { net_send, NULL, NULL };
	struct walk_plan plan = {
		.to = target_address(), .first = 1, .last = 4, .probes = 2, .wait_ns = 1
	};
	struct walk_answer a = { .from = hop_address(1, 0),
		.rtt_ns = 5,
		.why = PING_TTL_EXCEEDED,
		.labels = 9,
		.label = { 1, 2, 3, 4 } };
	struct hops p;

	net_make(9);
	struct walk *w = walk_new(&plan, &ops);
	walk_turn(w, net.now);
	walk_answer(w, 1, &a);
	walk_answer(w, 8, &a);
	walk_answer(w, 4000000, &a);
	walk_answer(w, 0, &a);
	walk_answer(w, 0, &a);
	walk_result(w, &p);
	is_int(p.hop[0].answered, 1, "only what was sent is answered, and once");
	is_int(p.hop[0].labels, HOP_LABELS, "labels are as many as there is room for");
	a.from.sa.sa_family = AF_UNSPEC;
	a.why = PING_NO_NEIGHBOUR;
	walk_turn(w, net.now + 1);
	walk_answer(w, 2, &a);
	walk_result(w, &p);
	ok(p.flags == HOPS_ENDED && p.hop[1].why == PING_NO_NEIGHBOUR &&
		p.hop[1].answered == 0 && p.hop[1].addresses == 0,
	    "what our own kernel says is nobody's answer");
	walk_free(w);
	walk_free(NULL);
}

int
main(void)
{
	plain();
	far_and_slow();
	silence();
	loss();
	many_addresses();
	ended();
	from_the_middle();
	strange();
	return tap_done();
}
