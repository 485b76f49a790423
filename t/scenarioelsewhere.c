/* Backscatter at telescopes of several sizes, all packets and one in a thousand: what
 * is an attack elsewhere is to be called one, with an interval that holds its rate, and
 * what proves nothing is not. The attack is made packet by packet. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "infer/backscatter.h"
#include "t/scenarios.h"

#define BEGIN_MS INT64_C(1700000000000)
#define VICTIM 0xc6336407u /* 198.51.100.7 */

#define ACK 0x10
#define RST 0x04
#define SYN 0x02

struct elsewhere {
	const char *name, *telescope, *own;
	uint32_t network; /* that of the prefix */
	unsigned bits;	  /* of it */
	uint32_t rate;	  /* one packet of so many is looked at */
	double low, high; /* answers per second of the victim, to all of IPv4 */
	unsigned seconds;
	unsigned copies; /* of each SYN/ACK; 0: it answers by RST */
	enum {
		PROVES,	     /* confirmed, of this kind and rate */
		SAYS_LITTLE, /* seen perhaps, never confirmed */
		OWN_DOING,   /* own scan: nothing is seen */
		AT_ONE,	     /* many answer one address: nobody is a victim */
	} want;
};

static const struct elsewhere elsewhere[] = {
	{ "backscatter at a /8", "44.0.0.0/8", "", 0x2c000000, 8, 1, 5e3, 5e4, 120, 4,
	    PROVES },
	{ "backscatter at a /8, resets", "44.0.0.0/8", "", 0x2c000000, 8, 1, 5e3, 5e4,
	    120, 0, PROVES },
	{ "backscatter at a /8, one in 1000", "44.0.0.0/8", "", 0x2c000000, 8, 1000,
	    2e5, 2e6, 300, 4, PROVES },
	{ "backscatter at a /24", "203.0.113.0/24", "", 0xcb007100, 24, 1, 2e7, 2e8,
	    120, 4, PROVES },
	{ "backscatter at a /24, one in 1000", "203.0.113.0/24", "", 0xcb007100, 24,
	    1000, 2e7, 2e8, 600, 4, SAYS_LITTLE },
	{ "backscatter at one address", "203.0.113.9/32", "", 0xcb007109, 32, 1, 1e8,
	    2e9, 300, 4, SAYS_LITTLE },
	{ "backscatter at one address, one in 1000", "203.0.113.9/32", "", 0xcb007109,
	    32, 1000, 1e8, 2e9, 300, 4, SAYS_LITTLE },
	{ "own scan is answered", "", "203.0.113.0/24", 0xcb007100, 24, 1, 2e7, 2e8,
	    120, 0, OWN_DOING },
	{ "many answer one address", "203.0.113.0/24", "", 0xcb007100, 24, 1, 2e7, 2e8,
	    120, 1, AT_ONE },
};

static const double copy_after_s[] = { 0, 1, 3, 7 };

struct seen {
	struct space *space;
	struct backscatter judged; /* of who was seen most of */
	unsigned victims;	   /* that are more than noise */
	int64_t now_ms;
};

static struct flow_ip
v4(uint32_t address)
{
	struct flow_ip ip = { .len = 4 };
	uint32_t bytes = htonl(address);

	memcpy(ip.bytes, &bytes, 4);
	return ip;
}

static struct flow
packet(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport, uint16_t flags,
    int64_t at_ms, uint32_t rate)
{
	return (struct flow){ .src = v4(src),
		.dst = v4(dst),
		.proto = IPPROTO_TCP,
		.sport = sport,
		.dport = dport,
		.flags = flags,
		.ttl = 57,
		.packets = 1,
		.octets = 44,
		.start_ms = at_ms,
		.end_ms = at_ms,
		.rate = rate,
		.rate_from = SAMPLING_PROTOCOL,
		.has = FLOW_HAS_PROTO | FLOW_HAS_SPORT | FLOW_HAS_DPORT |
		       FLOW_HAS_FLAGS | FLOW_HAS_PACKETS | FLOW_HAS_OCTETS |
		       FLOW_HAS_TTL | FLOW_HAS_START | FLOW_HAS_END };
}

static void
on_victim(void *ctx, const struct victim *m, bool over)
{
	struct seen *s = ctx;
	struct victim ranked = *m;
	uint32_t now_s = (uint32_t)(s->now_ms / 1000);

	ranked.offsets = space_rank(s->space, ranked.offset, ranked.offsets, now_s);
	struct backscatter b =
	    backscatter_judge(&ranked, s->now_ms, over, space_quiet(s->space, now_s));
	if (b.state == BACKSCATTER_NOISE)
		return;
	s->victims++;
	s->judged = b;
}

/* An answer that is on its way. */
struct answer {
	double at; /* seconds since the begin */
	uint32_t dst;
	uint16_t dport;
};

/* One answer of the victim, each of its copies; those that are looked at go in. */
static void
answer(const struct elsewhere *e, struct victims *v, const struct answer *a)
{
	uint16_t flags = e->copies > 0 ? SYN | ACK : RST | ACK;
	uint32_t src = VICTIM;
	uint32_t dst = a->dst;
	struct flow f;

	if (e->want == AT_ONE) {
		src += 1 + (uint32_t)(chance() * 4000);
		dst &= ~UINT32_C(0xff);
	}
	int64_t at_ms = BEGIN_MS + (int64_t)(a->at * 1000);
	if (e->want == OWN_DOING) {
		f = packet(dst, src, a->dport, 80, SYN, at_ms - 20, e->rate);
		victims_flow(v, &f, at_ms - 20);
	}
	f = packet(src, dst, 80, a->dport, flags, at_ms, e->rate);
	if (e->rate == 1 || chance() < 1.0 / e->rate)
		victims_flow(v, &f, at_ms);
}

#define WAITING 65536

/* Answers in the order of their times: those that begin, and copies of earlier ones,
 * which are kept in a queue for each delay. */
static void
play(const struct elsewhere *e, struct victims *v, double rate_here)
{
	static struct answer queue[4][WAITING];
	unsigned head[4] = { 0 }, tail[4] = { 0 };
	double next = -log(1 - chance()) / rate_here;
	uint64_t size = UINT64_C(1) << (32 - e->bits);

	for (;;) {
		struct answer a = { .at = next };
		unsigned from = 0;

		for (unsigned k = 1; k < e->copies; k++)
			if (head[k] != tail[k] &&
			    queue[k][head[k] % WAITING].at < a.at) {
				a = queue[k][head[k] % WAITING];
				from = k;
			}
		if (a.at >= e->seconds)
			return;
		if (from > 0) {
			head[from]++;
		} else {
			a.dst = e->network + (uint32_t)(chance() * (double)size);
			a.dport = (uint16_t)(1024 + chance() * 60000);
			next += -log(1 - chance()) / rate_here;
			for (unsigned k = 1; k < e->copies; k++)
				if (tail[k] - head[k] < WAITING) {
					struct answer *c =
					    &queue[k][tail[k]++ % WAITING];
					*c = a;
					c->at += copy_after_s[k];
				}
		}
		answer(e, v, &a);
	}
}

static bool
is_right(const struct elsewhere *e, const struct seen *s, double answers)
{
	const struct backscatter *b = &s->judged;
	unsigned copies = e->copies > 0 ? e->copies : 1;

	if (e->want == OWN_DOING || e->want == AT_ONE)
		return s->victims == 0;
	if (e->want == SAYS_LITTLE)
		return s->victims == 0 || b->state != BACKSCATTER_CONFIRMED;
	/* Where it is sampled, what is counted are packets, and it says so. */
	double truth = b->packets ? answers * copies : answers;

	return s->victims == 1 && b->state == BACKSCATTER_CONFIRMED &&
	       b->packets == (e->rate > 1) &&
	       b->kind == (e->copies > 0 ? RESPONSE_SYN_ACK : RESPONSE_RST) &&
	       b->estimate.low <= truth && truth <= b->estimate.high;
}

static bool
run(const struct elsewhere *e, uint64_t seed)
{
	struct prefixes own = { 0 }, telescope = { 0 };
	struct seen s = { .now_ms = BEGIN_MS + 1000LL * e->seconds };
	struct err err;
	double answers;

	scenario_seed(e->name, seed);
	answers = e->low * pow(e->high / e->low, chance());
	(void)prefixes_parse(&own, e->own, &err);
	(void)prefixes_parse(&telescope, e->telescope, &err);
	s.space = space_new(&own, &telescope, (uint32_t)(BEGIN_MS / 1000), 0);
	struct victims *v = victims_new(s.space);
	play(e, v, answers * ldexp(1, -(int)e->bits));
	victims_sweep(v, s.now_ms, on_victim, &s);
	victims_free(v);
	space_free(s.space);
	prefixes_free(&own);
	prefixes_free(&telescope);
	return is_right(e, &s, answers);
}

void
scenarios_elsewhere(const struct scenario_watch *w, struct sums *all)
{
	static const char *const words[] = { "confirmed, with its rate",
		"not confirmed", "nobody's victim", "nobody's victim" };
	char text[200], all_of[240];

	for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
		const struct elsewhere *e = &elsewhere[i];
		unsigned right = 0;

		if (!w->wanted(e->name))
			continue;
		for (unsigned k = 0; k < w->seeds; k++)
			right += run(e, w->first + k);
		all->runs += w->seeds;
		all->right += right;
		all->scenarios++;
		snprintf(text, sizeof text, "%s: %s", e->name, words[e->want]);
		/* One interval of twenty may miss; what proves nothing never proves. */
		if (e->want == PROVES)
			w->claim(right, w->seeds, w->first, text);
		else {
			snprintf(all_of, sizeof all_of, "%s in %u of %u", text, right,
			    w->seeds);
			w->say(right == w->seeds, all_of);
		}
	}
}
