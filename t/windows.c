/* What own hosts exchange within one and five seconds: what is too much is told, with
 * bounds that hold; what is not, and what only looks so (few samples, one record of a
 * long flow), is not; and no flood of addresses hides a host. */
#include <netinet/in.h>

#include "collector/windows.h"
#include "t/tap.h"

#define T0 1700000000000LL

static struct windows *w;
static int64_t now;
static struct msg_suspicion last, all[WINDOWS_TOLD];
static unsigned told;

static void
on_suspicion(void *ctx, const struct msg_suspicion *s)
{
	(void)ctx;
	last = *s;
	if (told < WINDOWS_TOLD)
		all[told] = *s;
	told++;
}

static void
tick(void)
{
	now += 1000;
	told = 0;
	windows_tick(w, now, on_suspicion, NULL);
}

static void
afresh(void)
{
	static const struct windows_thresholds t = { 2000, 2500000, 1000 };

	if (w != NULL)
		windows_free(w);
	w = windows_new(99);
	windows_configure(w, &t);
	now = T0;
	tick();
}

/* 10.A.B.C */
static const uint64_t *
host(unsigned abc)
{
	static uint64_t words[2];
	uint8_t bytes[16] = { [10] = 0xff,
		[11] = 0xff,
		10,
		(uint8_t)(abc >> 16),
		(uint8_t)(abc >> 8),
		(uint8_t)abc };

	memcpy(words, bytes, sizeof words);
	return words;
}

/* PACKETS of 100 octets, not sampled. */
static struct window_share
packets(double n)
{
	return (struct window_share){ .packets = n,
		.octets = 100 * n,
		.flows = 1,
		.samples = (uint32_t)n,
		.proto = IPPROTO_UDP,
		.other = 12345 };
}

/* One in RATE was looked at, and there were N. */
static struct window_share
samples(double n, double rate)
{
	struct window_share s = packets(n * rate);

	s.samples = (uint32_t)n;
	s.packets_var = rate * rate * n;
	s.octets_var = rate * rate * n * 100 * 100;
	return s;
}

static void
test_rates(void)
{
	struct window_share s = packets(1900);

	afresh();
	for (unsigned i = 0; i < 20; i++) {
		windows_add(w, host(1), false, &s);
		tick();
		if (told != 0)
			break;
	}
	is_int(told, 0, "below the thresholds nothing is told");

	afresh();
	s = packets(2100);
	for (unsigned i = 0; i < 6; i++) {
		windows_add(w, host(1), false, &s);
		tick();
	}
	is_int(told, 1, "above it is, once a second");
	is_close(last.packets.value, 2100, 1e-3, "packets per second");
	ok(last.packets.low == last.packets.value, "which are exact, not sampled");
	is_close(last.octets.value, 210000, 1e-3, "octets per second");
	is_int(last.why, SUSPICION_PACKETS, "it is the packets");
	is_int(last.window_ms, 5000, "in five seconds");
	is_int(last.host.len, 4, "it names the host");
	ok(!last.out, "which gets them");
	is_close(last.udp, 1, 1e-6, "all UDP");
	is_int(last.time_ms, now, "now");
	tick();
	is_int(told, 0, "it ends with the traffic");

	afresh();
	s = packets(7000);
	windows_add(w, host(1), true, &s);
	tick();
	ok(told == 1 && last.window_ms == 1000,
	    "a single second three times as high is told");
	ok(last.out, "and which way");
	afresh();
	s = packets(100);
	s.octets = 200000 * 100.0;
	windows_add(w, host(1), false, &s);
	tick();
	is_int(last.why, SUSPICION_OCTETS, "octets count");
	afresh();
	s = packets(1);
	s.flows = 6000;
	windows_add(w, host(1), false, &s);
	tick();
	is_int(last.why, SUSPICION_FLOWS, "records count");
}

static void
test_shares(void)
{
	struct window_share s = packets(3000);

	afresh();
	windows_add(w, host(1), false, &s);
	s.proto = IPPROTO_TCP;
	s.syn = true;
	windows_add(w, host(1), false, &s);
	s.syn = false;
	s.fragment = true;
	windows_add(w, host(1), false, &s);
	s.proto = IPPROTO_ICMP;
	windows_add(w, host(1), false, &s);
	tick();
	is_close(last.tcp, 0.5, 1e-6, "share of TCP");
	is_close(last.syn, 0.25, 1e-6, "share of SYN");
	is_close(last.udp, 0.25, 1e-6, "share of UDP");
	is_close(last.icmp, 0.25, 1e-6, "share of ICMP");
	is_close(last.fragments, 0.5, 1e-6, "share of fragments");
}

static void
test_samples(void)
{
	struct window_share s = samples(3, 10000);

	afresh();
	windows_add(w, host(1), false, &s);
	tick();
	is_int(told, 0, "three samples prove nothing, whatever they stand for");
	/* 400 samples: 2000 +- 100 a second. */
	afresh();
	s = samples(80, 26);
	for (unsigned i = 0; i < 5; i++) {
		windows_add(w, host(1), false, &s);
		tick();
	}
	is_int(told, 0, "an estimate whose lower bound is below is not told");
	s = samples(100, 26);
	for (unsigned i = 0; i < 5; i++) {
		windows_add(w, host(1), false, &s);
		tick();
	}
	is_int(told, 1, "one whose lower bound is above is");
	is_int((long long)last.samples, 500, "with the samples that it rests on");
	ok(last.packets.low > 2000 && last.packets.low < last.packets.value &&
		last.packets.high > last.packets.value,
	    "and its bounds");
}

static void
test_long(void)
{
	/* 60 s at 3000 packets/s, told when they are over. */
	struct window_share s = packets(60 * 3000);
	unsigned seconds = 0;
	double most = 0;

	afresh();
	s.lasts_s = 60;
	windows_add(w, host(1), false, &s);
	for (unsigned i = 0; i < 120; i++) {
		tick();
		seconds += told;
		if (told != 0 && last.packets.value > most)
			most = last.packets.value;
	}
	ok(seconds >= 40 && seconds <= 60,
	    "a long flow counts for as long as it lasted (%u s)", seconds);
	is_close(most, 3000, 1, "with its mean rate: no spike when it is told");
	/* Half an hour at 500: at most 300 s are believed. */
	afresh();
	s = packets(300 * 1000);
	s.lasts_s = 300;
	windows_add(w, host(1), false, &s);
	seconds = 0;
	for (unsigned i = 0; i < 400; i++) {
		tick();
		seconds += told;
	}
	is_int(seconds, 0, "a very long one makes no spike");
}

static void
test_addresses(void)
{
	static const unsigned counts[] = { 1, 10, 100, 1000, 100000 };
	struct window_share s = packets(7000);

	for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
		uint64_t state = 17;

		afresh();
		for (unsigned k = 0; k < counts[i]; k++) {
			state += 0x9e3779b97f4a7c15ULL;
			uint64_t z = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ULL;
			z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
			s.other = z ^ z >> 31;
			windows_add(w, host(1), false, &s);
			windows_add(w, host(1), false, &s);
		}
		tick();
		/* Three standard errors. */
		ok(fabs(last.ends.value - counts[i]) <= 0.39 * counts[i] + 0.5,
		    "%u addresses are about so many: %.1f", counts[i], last.ends.value);
	}
}

static void
test_crowd(void)
{
	struct window_share little = packets(1), much = packets(7000);
	bool seen = true;

	afresh();
	for (unsigned second = 0; second < 10; second++) {
		for (unsigned i = 0; i < 20000; i++)
			windows_add(w, host(1000 + second * 20000 + i), false, &little);
		windows_add(w, host(7), false, &much);
		tick();
		if (second >= 1) {
			bool there = false;

			for (unsigned i = 0; i < told; i++)
				there = there || all[i].host.bytes[3] == 7;
			seen = seen && there;
		}
		if (windows_count(w) > WINDOWS_HOSTS)
			break;
	}
	ok(seen, "many addresses do not hide the one that has much, after a second");
	ok(windows_count(w) <= WINDOWS_HOSTS, "and memory is bounded");
	ok(windows_crowded(w) > 0, "who was not watched is counted");
	for (unsigned i = 0; i < 70; i++)
		tick();
	is_int(windows_count(w), 0, "hosts without traffic are forgotten");

	/* The greatest are told when there are too many. */
	afresh();
	for (unsigned i = 0; i < 200; i++) {
		struct window_share s = packets(7000 + 10 * i);

		windows_add(w, host(i), false, &s);
	}
	tick();
	is_int(told, WINDOWS_TOLD, "so many suspicions in a second");
	is_close(all[0].packets.value, 7000 + 1990, 1, "the greatest first");
}

static void
test_clock(void)
{
	struct window_share s = packets(2100);

	afresh();
	for (unsigned i = 0; i < 5; i++) {
		windows_add(w, host(1), false, &s);
		tick();
	}
	is_int(told, 1, "(it is told)");
	now -= 86400000;
	windows_add(w, host(1), false, &s);
	tick();
	is_int(told, 0, "a second of no known length is not judged");
	windows_add(w, host(1), false, &s);
	tick();
	is_close(told == 0 ? 0 : last.packets.value, 2100, 1,
	    "and after it rates are right again");
}

static void
test_message(void)
{
	static struct msg_out out;
	struct msg_suspicion s = { .host = { 4, { 10, 0, 0, 1 } },
		.why = SUSPICION_FLOWS,
		.time_ms = T0,
		.window_ms = 5000,
		.packets = { 10, 5, 15 },
		.octets = { 100, 50, 150 },
		.flows = 3,
		.ends = { 2, 1, 3 },
		.samples = 9,
		.tcp = 0.5 },
			     got;
	struct suspicions list = { .count = 0 };
	struct msg_in in;

	msg_begin(&out, MSG_SUSPICION);
	msg_put_suspicion(&out, &s);
	size_t len = msg_end(&out);
	ok(msg_parse(&in, out.data, len, -1) == 0 &&
		msg_get_suspicion(&in, &got) == 0 && got.packets.high == 15 &&
		got.tcp == 0.5 && got.host.bytes[0] == 10,
	    "a suspicion travels");
	bool refused = true;
	for (size_t cut = 2; cut < len; cut++)
		refused = refused && (msg_parse(&in, out.data, cut, -1) != 0 ||
					 msg_get_suspicion(&in, &got) != 0);
	ok(refused, "one that is cut off is not believed");
	s.packets.low = 11;
	msg_begin(&out, MSG_SUSPICION);
	msg_put_suspicion(&out, &s);
	len = msg_end(&out);
	ok(msg_parse(&in, out.data, len, -1) != 0 || msg_get_suspicion(&in, &got) != 0,
	    "nor one whose bounds do not hold its value");

	for (unsigned i = 0; i < 3 * SUSPICIONS; i++) {
		s.host.bytes[3] = (uint8_t)(i % (SUSPICIONS + 4));
		s.time_ms = i;
		suspicions_add(&list, &s);
	}
	ok(list.count == SUSPICIONS && list.one[0].time_ms == 3 * SUSPICIONS - 1 &&
		list.one[SUSPICIONS - 1].time_ms == 2 * SUSPICIONS,
	    "of many the last are kept, the newest first");
	s = list.one[5];
	suspicions_add(&list, &s);
	ok(list.count == SUSPICIONS && list.one[5].time_ms == 3 * SUSPICIONS - 5 &&
		list.one[0].time_ms == 3 * SUSPICIONS - 6,
	    "one of a host that is there takes its place");
}

static struct own_host noted[WINDOWS_NOTED];
static unsigned notes;

static void
on_note(void *ctx, const struct own_host *h)
{
	(void)ctx;
	if (notes < WINDOWS_NOTED)
		noted[notes++] = *h;
}

/* A second in which the tellers 1 and 2 tell host 1 gets, and sends, so many packets.
 */
static void
both_tell(const double in[2], const double out[2])
{
	notes = 0;
	for (unsigned i = 0; i < 2; i++) {
		struct window_share s = packets(in[i]);

		s.class = CLASS_UDP;
		s.teller = 1 + i;
		if (in[i] > 0)
			windows_add(w, host(1), false, &s);
		s.packets = out[i];
		if (out[i] > 0)
			windows_add(w, host(1), true, &s);
	}
	tick();
}

/* Several tell of a host: the same, or one of them what is not so. */
static void
test_tellers(void)
{
	static const double nothing[2] = { 0, 0 }, same[2] = { 1900, 1900 },
			    flood[2] = { 10, 2100 }, alone[2] = { 2100, 0 },
			    other[2] = { 0, 50 }, lie[2] = { 50, 5000 };
	unsigned wrong = 0;

	afresh();
	windows_note(w, on_note);
	for (unsigned i = 0; i < 10; i++) {
		both_tell(same, nothing);
		wrong += told != 0;
	}
	is_int(wrong, 0, "what two tell alike is not added up");
	is_int(windows_count(w), 2, "each is watched alone");

	afresh();
	windows_note(w, on_note);
	for (unsigned i = 0; i < 10; i++)
		both_tell(flood, nothing);
	ok(told == 1 && fabs(last.packets.value - 2100) < 1,
	    "little of one does not hide much of the other");
	for (unsigned i = 0; i < 10; i++)
		both_tell((const double[]){ 2200, 2100 }, nothing);
	ok(told == 1 && fabs(last.packets.value - 2200) < 1,
	    "a host is told once, by the one that tells more");
	ok(notes == 2 && noted[0].time_ms == noted[1].time_ms &&
		noted[0].way[0].class[CLASS_UDP].packets > 2150 &&
		noted[1].way[0].class[CLASS_UDP].packets < 2150,
	    "and noted by both, with the same time");

	/* Where routes differ each sees one way. */
	afresh();
	windows_note(w, on_note);
	for (unsigned i = 0; i < 10; i++)
		both_tell(alone, other);
	ok(notes == 1 && noted[0].way[0].class[CLASS_UDP].packets > 2000,
	    "one tells what comes in");
	is_close(noted[0].way[1].class[CLASS_UDP].packets, 50, 1,
	    "and what goes out is what the other one tells");
	/* Who sees both is not contradicted. */
	afresh();
	windows_note(w, on_note);
	for (unsigned i = 0; i < 10; i++)
		both_tell(alone, lie);
	wrong = 0;
	for (unsigned i = 0; i < notes; i++)
		wrong += noted[i].way[0].class[CLASS_UDP].packets > 2000 &&
			 noted[i].way[1].class[CLASS_UDP].packets < 51;
	is_int(wrong, 1,
	    "answers that another one makes up are not those of who has some");
}

int
main(void)
{
	test_rates();
	test_shares();
	test_samples();
	test_long();
	test_addresses();
	test_crowd();
	test_clock();
	test_message();
	test_tellers();
	windows_free(w);
	return tap_done();
}
