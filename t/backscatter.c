/* Backscatter: intervals, the test of evenness, grouping, and whether the interval
 * holds the truth as often as it says. The attacks are made here packet by packet, and
 * share nothing with what judges them; seeds are fixed. RUNS=100: so many of each
 * kind, not 2000. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/backscattertext.h"
#include "infer/count.h"
#include "infer/recent.h"
#include "link/msgvictim.h"
#include "t/tap.h"

#define BEGIN_MS INT64_C(1700000000000)

/* --- dice ------------------------------------------------------------------------- */

static uint64_t dice;

static uint64_t
roll(void) /* splitmix64 */
{
	uint64_t z = dice += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static double
chance(void)
{
	return ((double)(roll() >> 11) + 0.5) / 9007199254740992.0;
}

/* --- a world ---------------------------------------------------------------------- */

static struct prefixes own, telescope;
static struct space *space;
static struct victims *victims;

static void
open_world(const char *own_text, const char *telescope_text)
{
	struct err err;

	(void)prefixes_parse(&own, own_text, &err);
	(void)prefixes_parse(&telescope, telescope_text, &err);
	space = space_new(&own, &telescope, (uint32_t)(BEGIN_MS / 1000), 0);
	victims = victims_new(space);
}

static void
close_world(void)
{
	victims_free(victims);
	space_free(space);
}

static struct flow_ip
v4(uint32_t address)
{
	struct flow_ip ip = { .len = 4 };
	uint32_t bytes = htonl(address);

	memcpy(ip.bytes, &bytes, 4);
	return ip;
}

static uint32_t
number(const char *text)
{
	struct in_addr a;

	(void)inet_pton(AF_INET, text, &a);
	return ntohl(a.s_addr);
}

static struct flow
packet(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport, uint16_t flags)
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
		.rate = 1,
		.rate_from = SAMPLING_PROTOCOL,
		.has = FLOW_HAS_PROTO | FLOW_HAS_SPORT | FLOW_HAS_DPORT |
		       FLOW_HAS_FLAGS | FLOW_HAS_PACKETS | FLOW_HAS_OCTETS |
		       FLOW_HAS_TTL };
}

/* When the attack that is being made begins. */
static int64_t begin_ms = BEGIN_MS;

/* What a sweep says of the victims. */
static struct victim last;
static unsigned told, ended;

static void
on_victim(void *ctx, const struct victim *m, bool over)
{
	(void)ctx;
	last = *m;
	told++;
	ended += over;
}

static void
sweep(int64_t now_ms)
{
	told = ended = 0;
	victims_sweep(victims, now_ms, on_victim, NULL);
}

/* --- formulas --------------------------------------------------------------------- */

static void
near(double got, double want, double within, const char *what)
{
	ok(fabs(got - want) <= within, "%s", what);
	if (!(fabs(got - want) <= within))
		printf("# got %.9g, expected %.9g\n", got, want);
}

/* Values recomputed from chi-square tables. */
static void
intervals(void)
{
	static const struct {
		uint64_t count;
		double low, high;
	} table[] = { { 0, 0, 3.69 }, { 1, 0.03, 5.57 }, { 2, 0.24, 7.22 },
		{ 3, 0.62, 8.77 }, { 5, 1.62, 11.67 }, { 10, 4.80, 18.39 },
		{ 25, 16.18, 36.90 }, { 50, 37.11, 65.92 }, { 100, 81.36, 121.63 } };
	double low, high;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {

		poisson_interval(table[i].count, 0.95, &low, &high);
		ok(fabs(low - table[i].low) < 0.0051 &&
			fabs(high - table[i].high) < 0.0051,
		    "the interval of a count of %u", (unsigned)table[i].count);
	}
	poisson_interval(400, 0.95, &low, &high);
	ok(fabs(low - 361.8) < 0.06 && fabs(high - 441.2) < 0.06, "and of 400");
	poisson_interval(100000000, 0.95, &low, &high);
	near(high - 1e8, 1.959964 * 1e4, 5, "and of a hundred millions");
	near(gamma_p(3, 3), 1 - exp(-3) * 8.5, 1e-12, "P(3, 3), by its sum");
	near(gamma_quantile(25, gamma_p(25, 31.4)), 31.4, 1e-9, "there and back");
	ok(!(gamma_quantile(NAN, 0.5) > 0),
	    "of a shape that is none there is no value");
	weighted_interval(0, 0, 0, 0.95, &low, &high);
	ok(low == 0 && high == 0, "what weighs nothing sums up to nothing");
}

static void
formulas(void)
{
	struct backscatter_estimate e = backscatter_estimate(25, 600, 65536, 100);

	near(e.pps, 273067, 1, "25 of a hundred each in 600 s at a /16");
	ok(fabs(e.low - 176714) < 2 && fabs(e.high - 403100) < 2, "with its interval");
	near(backscatter_estimate(1, 100, 256, 1).pps, 167772.16, 0.01,
	    "one in 100 s at a /24");
	near(backscatter_smallest(600, 256, 1, 1), 8.4e4, 400,
	    "the smallest of which a /24 sees one in ten minutes");
	near(backscatter_smallest(3600, 65536, 1, 25), 610, 5,
	    "and a /16 25 in an hour");
	near(backscatter_smallest(600, 256, 100, 1), 8.4e6, 4e4,
	    "sampled: a hundredfold");
	e = backscatter_estimate(7, 60, 0, 1);
	ok(e.pps == 0 && isinf(e.high), "without an address anything is possible");
}

static double
a2_of(size_t k, double first, double step, double n)
{
	double u[64];

	for (size_t i = 0; i < k; i++)
		u[i] = (first + step * (double)i + 0.5) / n;
	return uniform_a2(u, k);
}

static void
evenness(void)
{
	uint32_t offset[256];
	unsigned rejected = 0;

	near(a2_of(8, 16, 32, 256), 0.0913, 5e-5, "A2 of what is spread evenly");
	near(a2_of(8, 100, 1, 256), 3.209, 5e-4, "of neighbours in the middle");
	near(a2_of(8, 0, 1, 256), 23.856, 5e-4, "of the first eight");
	dice = 7;
	for (unsigned run = 0; run < 2000; run++) {
		for (unsigned i = 0; i < 40; i++)
			offset[i] = (uint32_t)(roll() % 65536);
		rejected +=
		    uniform_test(offset, 40, 65536, run, NULL) == UNIFORM_REJECTED;
	}
	ok(rejected > 70 && rejected < 130, "rejects 5 of 100 that are uniform");
	if (rejected <= 70 || rejected >= 130)
		printf("# %u of 2000\n", rejected);
	for (unsigned i = 0; i < 40; i++)
		offset[i] = i;
	is_int(uniform_test(offset, 40, 65536, 1, NULL), UNIFORM_REJECTED,
	    "addresses one after the other are not");
	is_int(uniform_test(offset, 7, 65536, 1, NULL), UNIFORM_UNTESTED,
	    "seven say nothing");
	is_int(uniform_test(offset, 40, 63, 1, NULL), UNIFORM_UNTESTED,
	    "nor do few that could have been hit");
}

/* --- memory and space ------------------------------------------------------------- */

static void
remembered(void)
{
	struct recent *r = recent_new(1000);
	unsigned known = 0;

	ok(!recent_note(r, "a", 1, 100, 60), "new");
	ok(recent_note(r, "a", 1, 150, 60), "known within its time");
	ok(recent_has(r, "a", 1, 210, 60) && !recent_has(r, "a", 1, 211, 60),
	    "and no longer");
	ok(recent_note(r, "a", 1, 90, 60), "a clock that steps back forgets nothing");
	for (uint32_t i = 0; i < 700; i++)
		(void)recent_note(r, &i, sizeof i, 300, 60);
	for (uint32_t i = 0; i < 700; i++)
		known += recent_has(r, &i, sizeof i, 300, 60);
	ok(known > 600, "most of what there should be room for is known (%u)", known);
	for (uint32_t i = 0; i < 100000; i++)
		(void)recent_note(r, &i, sizeof i, 300, 60);
	known = 0;
	for (uint32_t i = 0; i < 100000; i++)
		known += recent_has(r, &i, sizeof i, 300, 60);
	ok(known > 500 && known < 10000, "far too many are no trouble (%u)", known);
	recent_free(r);
}

static void
spaces(void)
{
	struct flow_ip ip = v4(number("192.0.2.77"));
	uint32_t now_s = (uint32_t)(BEGIN_MS / 1000), offset;
	struct err err;

	open_world("192.0.2.0/24 198.51.100.0/25 2001:db8::/32", "192.0.2.64/26");
	is_int((long long)space_size(space), 256 + 128,
	    "an address in both lists counts once, IPv6 not at all");
	is_int((long long)space_quiet(space, now_s), 384, "all are quiet at first");
	is_int(space_find(space, &ip, now_s, &offset), SPACE_TELESCOPE,
	    "what is in both is the telescope's");
	ok(offset >= 320 && offset < 384, "whose places come last");
	ip = v4(number("192.0.2.1"));
	space_sent(space, &ip, now_s);
	is_int(space_find(space, &ip, now_s + 100, NULL), SPACE_USED,
	    "who sent is no longer quiet");
	is_int((long long)space_quiet(space, now_s), 383, "and not counted");
	offset = 320;
	space_rank(space, &offset, 1, now_s);
	is_int(offset, 319, "nor in the ranks of those behind");
	uint32_t some[3] = { 1, 2, 383 };
	ip = v4(number("192.0.2.2"));
	space_sent(space, &ip, now_s);
	/* Two are used by now: which places those have, the prefixes' order says. */
	unsigned left = space_rank(space, some, 3, now_s);
	ok(left < 3 && some[left - 1] == space_quiet(space, now_s) - 1,
	    "who is used has no rank, and the last quiet one has the last");
	is_int((long long)space_quiet(space, now_s + SPACE_QUIET_S), 384,
	    "until a day later");
	ip = v4(number("192.0.3.0"));
	is_int(space_find(space, &ip, now_s, NULL), SPACE_OUTSIDE, "beside it");
	ip = (struct flow_ip){ .len = 16, .bytes = { 0x20, 1, 0xd, 0xb8 } };
	is_int(space_find(space, &ip, now_s, NULL), SPACE_OUTSIDE, "IPv6 is outside");
	close_world();
	(void)prefixes_parse(&own, "192.0.2.0/24", &err);
	space = space_new(&own, &telescope, now_s, SPACE_QUIET_S);
	is_int((long long)space_quiet(space, now_s + 60), 64,
	    "own ones are not called quiet before a day has passed");
	space_free(space);
	(void)prefixes_parse(&own, "192.168.0.0/16 172.31.0.0/16 8.8.8.0/24", &err);
	(void)prefixes_parse(&telescope, "172.31.5.0/24", &err);
	space = space_new(&own, &telescope, now_s, 0);
	is_int((long long)space_quiet(space, now_s), 512,
	    "private addresses are no quiet ones, unless one says so");
	ip = v4(number("192.168.7.7"));
	is_int(space_find(space, &ip, now_s, NULL), SPACE_USED, "but one's own");
	space_free(space);
	(void)prefixes_parse(&own, "0.0.0.0/0", &err);
	(void)prefixes_parse(&telescope, "", &err);
	space = space_new(&own, &telescope, now_s, 0);
	is_int((long long)space_size(space),
	    (1LL << 32) - (1 << 24) * 2 - (1 << 20) - (1 << 16) * 2 - (1 << 22),
	    "all of IPv4 that is not private");
	is_int((long long)space_quiet(space, now_s), SPACE_OWN_MAX,
	    "of which so many are watched");
	space_free(space);
}

/* --- grouping --------------------------------------------------------------------- */

#define VICTIM 0xc6336407u /* 198.51.100.7 */

static void
answers(void)
{
	struct flow f;

	open_world("192.0.2.0/24", "203.0.113.0/24");
	/* Six copies of one SYN/ACK. */
	for (int i = 0; i < 6; i++) {
		f = packet(VICTIM, number("203.0.113.9"), 80, 4711, 0x12);
		victims_flow(victims, &f, BEGIN_MS + 1000 * ((1 << i) - 1));
	}
	sweep(BEGIN_MS + 40000);
	is_int((long long)last.packets, 6, "six copies of a SYN/ACK are six packets");
	is_int((long long)last.responses, 1, "and one answer");
	is_int(last.port[0].port, 80, "of its port");
	ok(last.ttl_min == 57 && last.ttl_max == 57, "with its hops");

	/* A server that was asked. */
	f = packet(number("192.0.2.5"), VICTIM + 1, 40000, 443, 0x02);
	victims_flow(victims, &f, BEGIN_MS);
	f = packet(VICTIM + 1, number("192.0.2.5"), 443, 40000, 0x12);
	victims_flow(victims, &f, BEGIN_MS + 20);
	f.dport = 40001;
	victims_flow(victims, &f, BEGIN_MS + 30);
	sweep(BEGIN_MS + 40000);
	is_int(told, 2, "at another port nobody asked");
	is_int((long long)last.packets, 1, "who was asked may answer");

	/* An error of a router on the way: it is about the destination that it quotes.
	 */
	f = (struct flow){ .src = v4(number("10.9.9.9")),
		.dst = v4(number("203.0.113.200")),
		.proto = IPPROTO_ICMP,
		.icmp_type = 3,
		.icmp_code = 3,
		.packets = 1,
		.octets = 56,
		.rate = 1,
		.has = FLOW_HAS_PROTO | FLOW_HAS_ICMP | FLOW_HAS_PACKETS |
		       FLOW_HAS_QUOTE };
	f.quote = (struct flow_quote){ .src = f.dst,
		.dst = v4(VICTIM + 2),
		.proto = IPPROTO_UDP,
		.sport = 1234,
		.dport = 27015 };
	victims_flow(victims, &f, BEGIN_MS);
	sweep(BEGIN_MS + 400000);
	is_int(ended, 3, "after five minutes of silence all is over");
	f.quote.src = v4(number("203.0.113.201"));
	victims_flow(victims, &f, BEGIN_MS + 400000);
	f.quote.src = f.dst;
	victims_flow(victims, &f, BEGIN_MS + 400000);
	sweep(BEGIN_MS + 400001);
	ok(told == 1 && memcmp(&last.address, &f.quote.dst, sizeof last.address) == 0 &&
		last.port[0].port == 27015 && last.kind[RESPONSE_UNREACHABLE] == 1,
	    "the victim is whom the error is about, not who sends it");
	is_int((long long)last.packets, 1,
	    "an error about another sender's packet is nobody's");

	/* What is no answer. */
	f = packet(VICTIM + 3, number("203.0.113.1"), 4711, 80, 0x02);
	victims_flow(victims, &f, BEGIN_MS + 400002);
	f = packet(VICTIM + 3, number("203.0.113.1"), 80, 4711, 0x12);
	f.packets = 40;
	f.octets = 40000;
	victims_flow(victims, &f, BEGIN_MS + 400002);
	f = packet(VICTIM + 3, number("203.0.113.1"), 80, 4711, 0x12);
	f.src = (struct flow_ip){ 0 };
	victims_flow(victims, &f, BEGIN_MS + 400002);
	f = packet(VICTIM + 3, number("192.0.3.1"), 80, 4711, 0x12);
	victims_flow(victims, &f, BEGIN_MS + 400002);
	sweep(BEGIN_MS + 400003);
	is_int(
	    told, 1, "a scan, a conversation, nobody and what goes elsewhere are none");
	close_world();
}

/* Whatever is sent, no more than so many are kept. */
static void
bounded(void)
{
	open_world("", "203.0.113.0/24");
	for (uint32_t i = 0; i < VICTIMS_MAX + 100; i++) {
		struct flow f = packet(i << 8, number("203.0.113.1"), 80, 1, 0x12);

		victims_flow(victims, &f, BEGIN_MS);
	}
	sweep(BEGIN_MS);
	is_int(told, VICTIMS_MAX, "a full table takes nobody more");
	sweep(BEGIN_MS + 300000);
	sweep(BEGIN_MS + 300000);
	is_int(told, 0, "until they are over");
	struct flow f = packet(VICTIM, number("203.0.113.1"), 80, 1, 0x12);
	victims_flow(victims, &f, BEGIN_MS + 300000);
	sweep(BEGIN_MS - 300000);
	sweep(BEGIN_MS + 300000);
	is_int(told, 0, "or a clock was set far back");
	close_world();
}

/* --- attacks ---------------------------------------------------------------------- */

#define COPIES_MAX 6
#define PENDING 4096

struct attack {
	double pps; /* answers/s of the victim */
	double seconds;
	uint32_t first; /* the telescope */
	uint64_t n;
	uint32_t rate;	   /* of sampling */
	uint32_t odd_rate; /* of another exporter, at odd addresses; 0: the same */
	unsigned copies;   /* of each SYN/ACK */
	uint16_t flags;
	double limit; /* ICMP errors of the victim, a second; 0: TCP */
	bool uneven;  /* sources are forged from the first eighth only */
};

/* Copies of what nobody acknowledges come after so many seconds. */
static const double delay[COPIES_MAX] = { 0, 1, 3, 7, 15, 31 };

/* Those that will be looked at; each number of copies has its own, so that they are in
 * order. */
static struct pending {
	double at;
	struct flow flow;
} pending[COPIES_MAX][PENDING];
static unsigned head[COPIES_MAX], tail[COPIES_MAX];

static struct flow
answer(const struct attack *a)
{
	uint32_t dst =
	    a->first + (uint32_t)(roll() % (a->uneven ? (a->n + 7) / 8 : a->n));
	struct flow f =
	    packet(VICTIM, dst, 80, (uint16_t)(1024 + roll() % 64000), a->flags);

	f.rate = a->odd_rate != 0 && dst % 2 != 0 ? a->odd_rate : a->rate;
	if (a->limit > 0) {
		f.proto = IPPROTO_ICMP;
		f.icmp_type = 3;
		f.icmp_code = 3;
		f.has =
		    FLOW_HAS_PROTO | FLOW_HAS_ICMP | FLOW_HAS_PACKETS | FLOW_HAS_QUOTE;
		f.quote = (struct flow_quote){ .src = f.dst,
			.dst = f.src,
			.proto = IPPROTO_UDP,
			.sport = f.dport,
			.dport = 53 };
	}
	return f;
}

/* How many do not happen before one with chance P does. */
static double
failures(double p)
{
	return p < 1 ? floor(log(chance()) / log1p(-p)) : 0;
}

static void
see(const struct flow *f, double at)
{
	victims_flow(victims, f, begin_ms + (int64_t)(at * 1000));
}

/* What is due before AT, the earliest first. */
static void
send_pending(double at)
{
	for (;;) {
		int next = -1;

		for (int k = 0; k < COPIES_MAX; k++)
			if (head[k] != tail[k] &&
			    (next < 0 ||
				pending[k][head[k]].at < pending[next][head[next]].at))
				next = k;
		if (next < 0 || pending[next][head[next]].at >= at)
			return;
		see(&pending[next][head[next]].flow, pending[next][head[next]].at);
		head[next] = (head[next] + 1) % PENDING;
	}
}

/* Answers with all their copies: each packet is looked at or not, by itself. How many
 * are not before the next one that is, is drawn, instead of each. */
static void
attack_copied(const struct attack *a, double rate)
{
	double at = -log(chance()) / rate, skip = failures(1.0 / a->rate);

	memset(head, 0, sizeof head);
	memset(tail, 0, sizeof tail);
	for (; at < a->seconds; at += -log(chance()) / rate) {
		struct flow f;

		send_pending(at);
		if (skip >= a->copies) {
			skip -= a->copies;
			continue;
		}
		f = answer(a);
		for (unsigned k = 0; k < a->copies; k++) {
			if (skip-- > 0)
				continue;
			pending[k][tail[k]] = (struct pending){ at + delay[k], f };
			tail[k] = (tail[k] + 1) % PENDING;
			if (tail[k] == head[k])
				abort();
			skip = failures(1.0 / a->rate);
		}
	}
	send_pending(a->seconds);
}

/* Let A pass, packet by packet. Those that come by, or are looked at, are a part of all
 * that the victim sends, each by its own chance; so the gap to the next of them is
 * drawn, which leaves the same packets at the same times as drawing all. */
static void
attack(const struct attack *a)
{
	double part = (double)a->n / 4294967296.0, rate = a->pps * part, at, number;

	if (a->limit > 0 && a->limit < a->pps) {
		/* One after the other, evenly: of those that it would send the others
		 * are not sent. */
		part /= a->rate;
		for (number = 1 + failures(part); number / a->limit < a->seconds;
		     number += 1 + failures(part)) {
			struct flow f = answer(a);

			see(&f, number / a->limit);
		}
		return;
	}
	if (a->copies > 1) {
		attack_copied(a, rate);
		return;
	}
	rate /= a->rate; /* as many exponential gaps are one */
	for (at = -log(chance()) / rate; at < a->seconds; at += -log(chance()) / rate) {
		struct flow f = answer(a);

		if (f.rate == a->rate || chance() < (double)a->rate / f.rate)
			see(&f, at);
	}
}

/* What is to be estimated: answers; or where they are sampled, packets, of which the
 * last copies come when nobody looks any more. */
static double
truth(const struct attack *a)
{
	double pps = a->limit > 0 && a->limit < a->pps ? a->limit : a->pps, sent = 0;

	if (a->rate == 1)
		return pps;
	for (unsigned k = 0; k < a->copies; k++)
		sent += pps * fmax(a->seconds - delay[k], 0);
	return sent / a->seconds;
}

static bool
covers(const struct attack *a, double pps)
{
	int64_t end_ms = begin_ms + (int64_t)(a->seconds * 1000);
	struct backscatter_estimate e;

	sweep(end_ms);
	e = told == 0 ? backscatter_estimate(0, a->seconds, a->n, a->rate)
		      : backscatter_judge(&last, end_ms, false, a->n).estimate;
	return e.low <= pps && pps <= e.high;
}

/* Of RUNS attacks like A how many are covered. */
static double
coverage(const struct attack *a, unsigned runs)
{
	unsigned good = 0;

	victims = victims_new(space);
	for (unsigned run = 0; run < runs; run++) {
		attack(a);
		good += covers(a, truth(a));
		/* The next one begins when this one is long over. */
		begin_ms += ((int64_t)a->seconds + 2 * VICTIM_TIMEOUT_S) * 1000;
		sweep(begin_ms);
	}
	begin_ms = BEGIN_MS;
	victims_free(victims);
	return (double)good / runs;
}

/* Make A such that COUNT of it are to be expected: packets that are looked at, and
 * where all are, answers. */
static void
expect(struct attack *a, double count)
{
	double each = a->rate * 4294967296.0 / (double)a->n;

	if (a->limit > 0)
		a->seconds = count * each / a->limit;
	else
		a->pps = count * each / a->seconds / (a->rate > 1 ? a->copies : 1);
}

/* A ten-minute attack is a long one; of a victim that may send 200 errors a second a
 * small telescope sees too little for an event at all. */
#define LIMITED_MOST_S 172800

/* Such as A, of which COUNT are to be expected: the interval holds the truth in LOW to
 * HIGH of RUNS. */
static void
calibrate_of(struct attack a, const char *name, double count, double low, double high,
    unsigned runs)
{
	double share;

	expect(&a, count);
	if (a.seconds > LIMITED_MOST_S) {
		printf(
		    "# %s, n %llu, 1:%u, %g expected: not run, that takes an attack of "
		    "%.0f days\n",
		    name, (unsigned long long)a.n, a.rate, count, a.seconds / 86400.0);
		return;
	}
	share = coverage(&a, runs);
	ok(share >= low && share <= high,
	    "%s, n %llu, 1:%u, %g expected: %.2f %% covered", name,
	    (unsigned long long)a.n, a.rate, count, 100 * share);
}

static void
calibrate(struct attack a, const char *name, unsigned runs)
{
	static const double much[] = { 30, 100, 400 },
			    little[] = { 0.25, 1, 2, 3, 4, 6, 8, 10 };

	for (size_t i = 0; i < sizeof much / sizeof *much; i++)
		calibrate_of(a, name, much[i], 0.935, 0.975, runs);
	for (size_t i = 0; i < sizeof little / sizeof *little; i++)
		calibrate_of(a, name, little[i], 0.95, 1, runs);
}

static void
calibrated(void)
{
	static const struct {
		const char *prefix;
		uint32_t first;
		uint64_t n;
	} size[] = { { "203.0.113.0/24", 0xcb007100u, 256 },
		{ "203.0.0.0/16", 0xcb000000u, 65536 },
		{ "44.0.0.0/8", 0x2c000000u, 1 << 24 } };
	static const struct {
		const char *name;
		unsigned copies;
		uint16_t flags;
		double limit;
	} kind[] = { { "RST", 1, 0x14, 0 }, { "six copies of SYN/ACK", 6, 0x12, 0 },
		{ "at most 200 ICMP errors/s", 1, 0, 200 } };
	const char *wanted = getenv("RUNS");
	unsigned runs = wanted != NULL ? (unsigned)atoi(wanted) : 2000;
	struct err err;

	(void)prefixes_parse(&own, "", &err);
	for (unsigned s = 0; s < 3; s++) {
		(void)prefixes_parse(&telescope, size[s].prefix, &err);
		space = space_new(&own, &telescope, 0, 0);
		for (uint32_t rate = 1; rate <= 100; rate += 99)
			for (unsigned k = 0; k < sizeof kind / sizeof *kind; k++) {
				dice = s * 1000 + rate + 10000 * k;
				calibrate((struct attack){ .pps = 50000,
					      .seconds = 600,
					      .first = size[s].first,
					      .n = size[s].n,
					      .rate = rate,
					      .copies = kind[k].copies,
					      .flags = kind[k].flags,
					      .limit = kind[k].limit },
				    kind[k].name, runs);
			}
		space_free(space);
	}
}

/* Two exporters, of which each looks at its part of the packets, and sees some. */
static void
differently(void)
{
	struct attack a = { .seconds = 600,
		.first = 0xcb000000u,
		.n = 65536,
		.rate = 10,
		.odd_rate = 200,
		.copies = 1,
		.flags = 0x14 };
	char text[BACKSCATTER_SUMMARY];
	struct backscatter b;
	struct err err;

	(void)prefixes_parse(&telescope, "203.0.0.0/16", &err);
	space = space_new(&own, &telescope, 0, 0);
	dice = 99;
	for (unsigned packets = 3000; packets <= 30000; packets *= 10) {
		a.pps = packets / a.seconds * 65536;
		double share = coverage(&a, 1000);
		ok(share >= 0.935,
		    "%u packets, looked at 1:10 and 1:200: %.2f %% covered", packets,
		    100 * share);
	}

	/* One that sees all, and one that happened to look at one of a thousand. */
	a.rate = 1;
	a.odd_rate = 0;
	a.pps = 400 / 600.0 * 65536;
	victims = victims_new(space);
	attack(&a);
	struct flow f = answer(&a);
	f.rate = 1000;
	see(&f, 300);
	sweep(begin_ms + 600000);
	b = backscatter_judge(&last, begin_ms + 600000, false, a.n);
	ok(b.estimate.low < a.pps && a.pps < b.estimate.high &&
		b.estimate.pps < 4 * a.pps,
	    "one of a thousand among all counts as a thousand, no more");
	backscatter_summary(text, sizeof text, "198.51.100.7", &b);
	ok(strstr(text, "sampled 1:1 to 1:1000") != NULL, "and is told: %s", text);
	victims_free(victims);
	space_free(space);
}

/* Copies are not answers where they cannot be told from them, and not called so. */
static void
words(void)
{
	struct attack a = { .seconds = 600,
		.first = 0xcb000000u,
		.n = 65536,
		.rate = 100,
		.copies = 6,
		.flags = 0x12 };
	char text[BACKSCATTER_SUMMARY];
	struct backscatter b;

	space = space_new(&own, &telescope, 0, 0);
	for (unsigned i = 0; i < 3; i++) {
		if (i == 1)
			a.rate = 1;
		expect(&a, 100);
		dice = 4;
		victims = victims_new(space);
		attack(&a);
		if (i == 2) {
			struct flow f = answer(&a);

			f.rate_from = SAMPLING_UNKNOWN;
			see(&f, 300);
		}
		sweep(begin_ms + 600000);
		b = backscatter_judge(&last, begin_ms + 600000, false, a.n);
		backscatter_summary(text, sizeof text, "198.51.100.7", &b);
		victims_free(victims);
		if (i == 0)
			ok(strstr(text, "sends up to about ") != NULL &&
				strstr(text, " response packets/s") != NULL &&
				strstr(text, "at least") == NULL,
			    "sampled: %s", text);
		else if (i == 1)
			ok(strstr(text, "of at least ") != NULL &&
				strstr(text, " answers/s") != NULL,
			    "all: %s", text);
		else
			ok(strstr(text, "up to") == NULL &&
				strstr(text, "at least") == NULL &&
				strstr(text, "does not say how it samples") != NULL,
			    "not known: %s", text);
	}
	space_free(space);
}

/* The same packets, sampled by one exporter, and by two. */
static void
exporters(void)
{
	const struct exporter *const first = (const void *)"1", *const second =
								    (const void *)"2";
	struct attack a = { .seconds = 600,
		.first = 0xcb000000u,
		.n = 65536,
		.rate = 100,
		.flags = 0x12 };
	char text[BACKSCATTER_SUMMARY];

	space = space_new(&own, &telescope, 0, 0);
	for (unsigned i = 0; i < 3; i++) {
		a.rate = i == 2 ? 1 : 100;
		expect(&a, 100);
		victims = victims_new(space);
		for (unsigned k = 0; k < 200; k++) {
			struct flow f = answer(&a);

			f.exporter = first;
			see(&f, k * 3);
			f.exporter = second;
			if (i != 0)
				see(&f, k * 3);
		}
		sweep(begin_ms + 600000);
		struct backscatter b =
		    backscatter_judge(&last, begin_ms + 600000, false, a.n);
		backscatter_summary(text, sizeof text, "198.51.100.7", &b);
		victims_free(victims);
		ok((strstr(text, "what two exporters both saw counts twice") != NULL) ==
			(i == 1),
		    "%s: %s",
		    i == 0   ? "one exporter"
		    : i == 1 ? "two, of sampled packets"
			     : "two, of answers that are told apart",
		    text);
	}
	space_free(space);
}

/* Does what the collector says of LAST get through as it is? */
static bool
wired(struct msg_victim *got)
{
	static struct msg_out out;
	struct msg_victim v = {
		.victim = last, .now_ms = last.last_ms, .quiet = 65536
	};
	struct msg_in in;

	msg_begin(&out, MSG_VICTIM);
	msg_put_victim(&out, &v);
	return msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&
	       msg_get_victim(&in, got) == 0;
}

static void
told_on(void)
{
	struct attack a = { .seconds = 600,
		.first = 0xcb000000u,
		.n = 65536,
		.rate = 100,
		.copies = 6,
		.flags = 0x12 };
	struct msg_victim got;
	struct victim was;

	space = space_new(&own, &telescope, 0, 0);
	expect(&a, 100);
	victims = victims_new(space);
	attack(&a);
	sweep(begin_ms + 600000);
	was = last;
	ok(wired(&got) && got.victim.stand == last.stand &&
		got.victim.stand_squares == last.stand_squares &&
		got.victim.stand_first == 100,
	    "what was seen is told on");
	double *const lie[] = { &last.stand, &last.stand_squares, &last.stand_first };
	const double value[] = { NAN, INFINITY, -1, 0, 1e300 };
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < sizeof value / sizeof *value; k++) {
			last = was;
			*lie[i] = value[k];
			ok(!wired(&got), "sum %u as %g is not believed", i, value[k]);
		}
	last = was;
	last.rate_min = 0;
	ok(!wired(&got), "a sampling of none is not believed");
	victims_free(victims);
	space_free(space);
}

static void
special(void)
{
	struct attack a = { .seconds = 600,
		.first = 0xcb000000u,
		.n = 65536,
		.rate = 1,
		.copies = 1,
		.pps = 50000,
		.limit = 200 };
	struct backscatter b;

	space = space_new(&own, &telescope, 0, 0);
	dice = 42;
	victims = victims_new(space);
	expect(&a, 100);
	attack(&a);
	sweep(BEGIN_MS + (int64_t)(a.seconds * 1000));
	b = backscatter_judge(
	    &last, BEGIN_MS + (int64_t)(a.seconds * 1000), false, a.n);
	is_int(b.kind, RESPONSE_UNREACHABLE, "ICMP errors are told to be of UDP");
	victims_free(victims);

	/* Uneven forging is seen, and never confirmed. */
	a = (struct attack){ .seconds = 600,
		.first = 0xcb000000u,
		.n = 65536,
		.rate = 1,
		.copies = 1,
		.flags = 0x14,
		.uneven = true,
		.pps = 400 / 600.0 * 65536 };
	victims = victims_new(space);
	attack(&a);
	sweep(BEGIN_MS + 600000);
	b = backscatter_judge(&last, BEGIN_MS + 600000, false, a.n);
	is_int(b.uniform, UNIFORM_REJECTED, "uneven forging is told");
	ok(b.state != BACKSCATTER_CONFIRMED, "and not confirmed");
	victims_free(victims);
	a.uneven = false;
	victims = victims_new(space);
	attack(&a);
	sweep(BEGIN_MS + 600000);
	b = backscatter_judge(&last, BEGIN_MS + 600000, false, a.n);
	is_int(b.state, BACKSCATTER_CONFIRMED, "an even one is");
	ok(!b.packets && b.count == last.responses, "by distinct answers");
	victims_free(victims);
	space_free(space);
}

int
main(void)
{
	intervals();
	formulas();
	evenness();
	remembered();
	spaces();
	answers();
	bounded();
	calibrated();
	differently();
	words();
	exporters();
	told_on();
	special();
	return tap_done();
}
