/* Attacks on own hosts, from packets on: a home and those who attack it are made packet
 * by packet and sampled one in a hundred, as sFlow does; the windows of the collector
 * and the states behind them must see every attack in time and never take a speed test,
 * a backup, an update or a scan for one.
 *
 * t/attack.t [DAYS [SEED]]: so many days of a home's life (default ATTACK_DAYS of the
 * environment, else 1), each of another seed; 140 are twenty weeks. */
#include <netinet/in.h>

#include "collector/windows.h"
#include "infer/attack.h"
#include "infer/attacktext.h"
#include "link/msghost.h"
#include "t/tap.h"

#define T0 1700000000LL /* a midnight, nearly */
#define DAY 86400
#define SAMPLING 100

static const struct windows_thresholds floors = { 2000, 2500000, 1000 };
static const struct attack_settings settings = { .packets = 2000,
	.octets = 2500000,
	.flows = 1000,
	.hold_s = 300,
	.learn_s = DAY };

/* --- chance ------------------------------------------------------------------------- */

static uint64_t seed_state;

static void
seed(uint64_t s)
{
	seed_state = s * 0x9e3779b97f4a7c15ULL + 1;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t
chance64(void)
{
	uint64_t z = (seed_state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static double
chance(void)
{
	return (double)(chance64() >> 11) * 0x1p-53;
}

static unsigned
below(unsigned n)
{
	return (unsigned)(chance64() % n);
}

static double
between(double a, double b)
{
	return a + (b - a) * chance();
}

/* Events where MEAN are to be expected. */
static unsigned
poisson(double mean)
{
	double p = 1, least;
	unsigned n = 0;

	if (mean > 60) {
		double z = sqrt(-2 * log(1 - chance())) * cos(6.283185307 * chance());
		double v = mean + sqrt(mean) * z + 0.5;

		return v > 0 ? (unsigned)v : 0;
	}
	least = exp(-mean);
	while ((p *= chance()) > least)
		n++;
	return n;
}

/* --- from packets to states --------------------------------------------------------- */

static struct windows *windows;
static struct attacks *attacks;
static int64_t now_s;
static unsigned told, began, ended, above;
static struct attack last;
static double lost; /* NAN: the exporter is silent */

static double
lost_now(void *ctx, const struct flow_ip *exporter)
{
	(void)ctx, (void)exporter;
	return lost;
}

static void
on_attack(void *ctx, const struct attack *a)
{
	(void)ctx;
	told++;
	if (a->state == ATTACK_UNDER && last.state != ATTACK_UNDER)
		began++;
	if (a->state == ATTACK_NORMAL)
		ended++;
	last = *a;
}

static void
on_suspicion(void *ctx, const struct msg_suspicion *s)
{
	(void)ctx;
	above += s->host.len != 0;
}

/* By way of the wire. */
static void
on_host(void *ctx, const struct own_host *h)
{
	static struct msg_out out;
	struct msg_in in;
	struct own_host got;

	(void)ctx;
	msg_begin(&out, MSG_HOST);
	msg_put_host(&out, h);
	if (msg_parse(&in, out.data, msg_end(&out), -1) != 0 ||
	    msg_get_host(&in, &got) != 0) {
		ok(false, "what the collector says is believed");
		exit(1);
	}
	attacks_see(attacks, &got);
}

static void
tick(void)
{
	now_s++;
	windows_tick(windows, now_s * 1000, on_suspicion, NULL);
	attacks_tick(attacks, now_s, lost_now, NULL);
}

static void
afresh(void)
{
	if (windows != NULL)
		windows_free(windows);
	attacks_free(attacks);
	windows = windows_new(7);
	windows_configure(windows, &floors);
	windows_note(windows, on_host);
	attacks = attacks_new(&settings);
	attacks_listen(attacks, on_attack, NULL);
	told = began = ended = 0;
	last = (struct attack){ .state = ATTACK_NORMAL };
	lost = 0;
	now_s = T0;
	tick();
}

struct packet {
	uint8_t proto, flags, icmp;
	uint16_t outside, own; /* ports */
	unsigned size;
	uint64_t other; /* who */
	bool fragment;
};

/* 10.0.0.N gets, or sends, a packet that was the one of EACH. */
static void
sampled(unsigned n, bool out, const struct packet *p, double each)
{
	static const uint64_t whole[2];
	uint8_t bytes[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, (uint8_t)n };
	uint64_t host[2];
	struct window_share s = { .packets = each,
		.octets = each * p->size,
		.packets_var = each > 1 ? each * each : 0,
		.octets_var = each > 1 ? each * each * p->size * p->size : 0,
		.flows = 1,
		.samples = 1,
		.proto = p->proto,
		.syn = p->proto == IPPROTO_TCP && (p->flags & 0x12) == 2,
		.fragment = p->fragment,
		.other = (p->other + 1) * 0x9e3779b97f4a7c15ULL };

	s.other ^= s.other >> 29;
	s.other *= 0xbf58476d1ce4e5b9ULL;
	s.other ^= s.other >> 32;
	s.class = vector_class(p->proto, p->flags, p->outside, !p->fragment, p->fragment,
	    p->icmp == 1);
	s.port = s.class == CLASS_AMPLIFIER ? p->outside : p->own;
	memcpy(host, bytes, sizeof host);
	windows_add(windows, whole, out, &s);
	windows_add(windows, host, out, &s);
}

/* One second of PPS packets like P, from OTHERS that begin with P's other. SPORTS: the
 * port outside varies; DPORTS: the own one does. */
static void
stream(unsigned host, bool out, double pps, struct packet p, unsigned others,
    bool any_outside, bool any_own)
{
	uint64_t first = p.other;

	for (unsigned k = poisson(pps / SAMPLING); k > 0; k--) {
		p.other = first + below(others);
		if (any_outside)
			p.outside = (uint16_t)(1024 + below(60000));
		if (any_own)
			p.own = (uint16_t)(1 + below(65535));
		sampled(host, out, &p, SAMPLING);
	}
}

/* --- a home ------------------------------------------------------------------------- */

enum habit {
	WEB,
	VIDEO_TCP,
	VIDEO_QUIC,
	CALL,
	GAME,
	TORRENT,
	VPN,
	SPEED_TEST,
	BIG_SPEED_TEST,
	UPDATE,
	BACKUP,
	BACKUP_QUIC,
	SCANNED,
	SCANNING,
	PINGING,
	RESOLVING,
	HABITS
};

/* How long one lasts, in s, and how often a day it comes. */
static const struct {
	double least, most, a_day;
	bool at_night;
} life[HABITS] = {
	[WEB] = { 60, 1800, 30, false },
	[VIDEO_TCP] = { 600, 7200, 4, false },
	[VIDEO_QUIC] = { 600, 7200, 5, false },
	[CALL] = { 600, 3600, 3, false },
	[GAME] = { 1200, 7200, 2, false },
	[TORRENT] = { 1800, 14400, 0.7, true },
	[VPN] = { 1800, 14400, 1, false },
	[SPEED_TEST] = { 30, 30, 3, false },
	[BIG_SPEED_TEST] = { 30, 30, 1, false },
	[UPDATE] = { 120, 1800, 2, true },
	[BACKUP] = { 1800, 10800, 1, true },
	[BACKUP_QUIC] = { 600, 3600, 0.5, true },
	[SCANNED] = { 5, 60, 6, false },
	[SCANNING] = { 30, 300, 0.3, false },
	[PINGING] = { 3600, 14400, 1, false },
	[RESOLVING] = { 7200, 14400, 3, false },
};

#define DOINGS 64
struct doing {
	enum habit habit;
	unsigned host, others, age;
	int64_t until;
	uint64_t first; /* of the others */
	double rate, back;
};
static struct doing doings[DOINGS];
static unsigned doing_count;

static const struct packet data = { IPPROTO_TCP, 0x10, 0, 443, 50000, 1452, 0, false };
static const struct packet ack = { IPPROTO_TCP, 0x10, 0, 443, 50000, 54, 0, false };
static const struct packet syn = { IPPROTO_TCP, 0x02, 0, 443, 50000, 60, 0, false };
static const struct packet quic = { IPPROTO_UDP, 0, 0, 443, 50000, 1250, 0, false };
static const struct packet udp = { IPPROTO_UDP, 0, 0, 40000, 40000, 1200, 0, false };

/* RATE bit/s of data in (OUT: out), with acknowledgements, over OTHERS. */
static void
tcp(const struct doing *d, bool out, double rate)
{
	struct packet p = data, a = ack, s = syn;
	double pps = rate / 8 / 1452;

	p.other = a.other = s.other = d->first;
	stream(d->host, out, pps, p, d->others, false, false);
	stream(d->host, !out, pps * d->back, a, d->others, false, false);
	stream(d->host, true, d->others / 20.0, s, d->others, false, false);
}

static void
datagrams(const struct doing *d, struct packet p, bool out, double rate, double back,
    unsigned back_size)
{
	double pps = rate / 8 / p.size;

	p.other = d->first;
	stream(d->host, out, pps, p, d->others, false, false);
	p.size = back_size;
	stream(d->host, !out, pps * back, p, d->others, false, false);
}

static void
scan(const struct doing *d)
{
	struct packet p = syn, r = ack;

	p.other = r.other = d->first;
	if (d->habit == SCANNED) {
		/* Every port of one host, from few; it refuses a part. */
		stream(d->host, false, d->rate, p, d->others, true, true);
		r.size = 40;
		stream(d->host, true, d->rate * d->back, r, d->others, true, true);
		return;
	}
	p.own = 61000;
	stream(d->host, true, d->rate, p, 1000000, false, false);
	stream(d->host, false, d->rate * d->back * 0.1, r, 1000000, false, false);
}

static void
act(struct doing *d)
{
	struct packet p = udp;
	bool busy = (d->age / 5) % 4 == 0; /* video comes in pieces */

	switch (d->habit) {
	case WEB:
		tcp(d, false, chance() < 0.1 ? between(1e6, 60e6) : 1e5);
		break;
	case VIDEO_TCP:
		tcp(d, false, busy ? 4 * d->rate : 1e4);
		break;
	case VIDEO_QUIC:
		datagrams(d, quic, false, busy ? 4 * d->rate : 1e4, d->back, 60);
		break;
	case CALL:
		datagrams(d, p, false, d->rate, between(0.8, 1.2), 1000);
		break;
	case GAME:
		p.size = 150;
		p.outside = 27015;
		datagrams(d, p, false, 3e5, 0.9, 100);
		break;
	case TORRENT:
		datagrams(d, p, false, d->rate, d->back, 200);
		tcp(d, false, d->rate / 4);
		break;
	case VPN:
		p.outside = 51820;
		datagrams(d, p, false, d->rate, d->back, 130);
		p.fragment = true;
		p.other = d->first;
		stream(d->host, false, d->rate / 8 / 1500 / 2, p, d->others, false, false);
		break;
	case SPEED_TEST:
	case BIG_SPEED_TEST:
		tcp(d, d->age >= 15, d->rate);
		break;
	case UPDATE:
		tcp(d, false, d->rate);
		break;
	case BACKUP:
		tcp(d, true, d->rate);
		break;
	case BACKUP_QUIC:
		datagrams(d, quic, true, d->rate, d->back, 60);
		break;
	case SCANNED:
	case SCANNING:
		scan(d);
		break;
	case PINGING:
		p = (struct packet){ IPPROTO_ICMP, 0, 0, 0, 0, 84, d->first, false };
		stream(d->host, true, d->rate, p, d->others, false, false);
		p.icmp = 1;
		stream(d->host, false, d->rate * d->back, p, d->others, false, false);
		break;
	case RESOLVING:
		p = (struct packet){ IPPROTO_UDP, 0, 0, 53, 50000, 70, d->first, false };
		stream(d->host, true, d->rate, p, d->others, false, true);
		p.size = 400;
		stream(d->host, false, d->rate * 0.98, p, d->others, false, true);
		break;
	default:
		break;
	}
	d->age++;
}

static void
begin(enum habit h)
{
	struct doing *d = &doings[doing_count];

	if (doing_count == DOINGS)
		return;
	doing_count++;
	*d = (struct doing){ .habit = h,
		.host = 2 + below(12),
		.others = 1 + below(4),
		.until = now_s + (int64_t)between(life[h].least, life[h].most),
		.first = chance64() >> 8,
		.rate = between(5e6, 25e6),
		.back = between(0.05, 0.5) };
	if (h == WEB)
		d->others = 5 + below(60);
	else if (h == VIDEO_QUIC || h == BACKUP_QUIC)
		d->back = between(0.08, 0.3);
	else if (h == TORRENT) {
		d->others = 30 + below(200);
		d->rate = between(10e6, 60e6);
		d->back = between(0.3, 0.8);
	} else if (h == VPN) {
		d->others = 1;
		d->rate = between(5e6, 80e6);
	} else if (h == SPEED_TEST) {
		d->others = 1 + below(12);
		d->rate = between(20e6, 100e6);
	} else if (h == BIG_SPEED_TEST) {
		d->others = 1 + below(32);
		d->rate = between(300e6, 1000e6);
		d->back = between(0.02, 0.1); /* offloads merge what they acknowledge */
	} else if (h == UPDATE) {
		d->others = 1 + below(40);
		d->rate = between(20e6, 100e6);
	} else if (h == SCANNED) {
		d->rate = between(100, 5000);
		d->back = between(0, 1);
	} else if (h == SCANNING) {
		d->rate = between(500, 4000);
		d->back = between(0, 0.5);
	} else if (h == PINGING) {
		d->others = 1 + below(2000);
		d->rate = between(50, 3000);
		d->back = between(0.9, 1);
	} else if (h == RESOLVING) {
		d->others = 1 + below(100);
		d->rate = between(1, 500);
	} else if (h == CALL)
		d->rate = between(5e5, 6e6);
}

static void
live(void)
{
	int64_t hour = (now_s - T0) % DAY / 3600;
	bool night = hour < 7;

	for (enum habit h = 0; h < HABITS; h++) {
		double each = life[h].a_day / DAY;

		each *= night == life[h].at_night ? (night ? 2.5 : 1.3) : 0.3;
		if (chance() < each)
			begin(h);
	}
	for (unsigned i = 0; i < doing_count; i++) {
		act(&doings[i]);
		if (now_s >= doings[i].until)
			doings[i--] = doings[--doing_count];
	}
}

/* DAYS of it; the number of false alarms. */
static unsigned
simulate(unsigned days, uint64_t first)
{
	unsigned alarms = 0;

	for (unsigned day = 0; day < days; day++) {
		/* Seven days in a row are one home's. */
		if (day % 7 == 0)
			afresh();
		seed(first + day);
		doing_count = 0;
		for (unsigned s = 0; s < DAY; s++) {
			unsigned before = began;

			live();
			tick();
			if (began == before)
				continue;
			char text[ATTACK_SUMMARY];
			attack_summary(&last, text);
			printf("# day %u, %u s: %s\n", day, s, text);
			for (unsigned i = 0; i < doing_count; i++)
				printf("#   host %u habit %u\n", doings[i].host,
				    doings[i].habit);
			alarms++;
		}
	}
	return alarms;
}

/* --- attacks ------------------------------------------------------------------------ */

enum kind {
	KIND_SYN,
	KIND_ACK,
	KIND_UDP,
	KIND_NTP,
	KIND_DNS,
	KIND_ICMP,
	KIND_FRAGMENT,
	KIND_GRE,
	KINDS
};

static const char *const kind_names[KINDS] = { "SYN flood", "flood of bare TCP packets",
	"UDP flood", "NTP amplification", "DNS amplification", "ICMP flood",
	"flood of fragments", "flood of other protocols" };

/* A second of it, TIMES the threshold of HOST. */
static void
attack(enum kind kind, unsigned host, double times)
{
	double pps = times * settings.packets;
	double of_bits = times * settings.octets;
	struct packet p = { .proto = IPPROTO_UDP, .own = 80, .size = 100, .other = 77 };

	switch (kind) {
	case KIND_SYN:
		p.proto = IPPROTO_TCP;
		p.flags = 2;
		p.size = 40;
		stream(host, false, pps, p, 1000000, true, false);
		/* It answers as long as it can. */
		p.flags = 0x12;
		stream(host, true, pps / 2, p, 1000000, true, false);
		break;
	case KIND_ACK:
		p.proto = IPPROTO_TCP;
		p.flags = 0x10;
		p.size = 40;
		stream(host, false, pps, p, 1000000, true, false);
		p.flags = 0x04;
		stream(host, true, pps / 3, p, 1000000, true, false);
		break;
	case KIND_NTP:
		p.outside = 123;
		p.size = 468;
		stream(host, false, pps, p, 800, false, true);
		break;
	case KIND_DNS:
		p.outside = 53;
		p.size = 1452;
		stream(host, false, of_bits / p.size / 2, p, 3000, false, false);
		p.fragment = true;
		stream(host, false, of_bits / p.size / 2, p, 3000, false, false);
		break;
	case KIND_ICMP:
		p.proto = IPPROTO_ICMP;
		stream(host, false, pps, p, 50000, false, false);
		p.icmp = 1;
		stream(host, true, pps, p, 50000, false, false);
		break;
	case KIND_FRAGMENT:
		p.fragment = true;
		stream(host, false, pps, p, 500, false, false);
		break;
	case KIND_GRE:
		p.proto = 47;
		stream(host, false, pps, p, 500, false, false);
		break;
	default:
		stream(host, false, pps, p, 500, true, true);
		break;
	}
}

/* Seconds until host 5 is under attack, among what a home does; LIMIT: not by then. */
static unsigned
seconds_until(enum kind kind, double times, uint64_t s, unsigned limit)
{
	afresh();
	seed(s);
	doing_count = 0;
	for (unsigned i = 0; i < 300; i++) {
		live();
		tick();
	}
	for (unsigned i = 1; i <= limit; i++) {
		live();
		attack(kind, 5, times);
		tick();
		if (began > 0)
			return i;
	}
	return limit;
}

static void
test_detection(unsigned runs)
{
	char name[VECTOR_NAME];

	for (enum kind k = 0; k < KINDS; k++) {
		unsigned slow = 0, slower = 0, wrong = 0, false_ones = 0;

		for (unsigned r = 0; r < runs; r++) {
			unsigned at = seconds_until(k, 3, 100 + r, 40);
			slow = at > slow ? at : slow;
			wrong += strcmp(vector_name(&last.peak, name), kind_names[k]) != 0 ||
				 last.host.len != 4 || last.host.bytes[3] != 5 || last.out;
			at = seconds_until(k, 1.5, 200 + r, 60);
			slower = at > slower ? at : slower;
			seconds_until(k, 0.7, 300 + r, 300);
			false_ones += began;
		}
		ok(slow <= 10, "%s at 3 x its threshold is one within 10 s (%u)",
		    kind_names[k], slow);
		ok(slower <= 25, "at 1.5 x within 25 s (%u)", slower);
		is_int(false_ones, 0, "at 0.7 x never");
		is_int(wrong, 0, "and it is called what it is");
	}
}

/* --- the states --------------------------------------------------------------------- */

static void
run(double times, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		if (times > 0)
			attack(KIND_UDP, 5, times);
		tick();
	}
}

static void
test_states(void)
{
	char text[ATTACK_SUMMARY], subject[ATTACK_SUBJECT];
	struct flow_ip host;
	bool out;

	afresh();
	seed(1);
	run(3, 20);
	is_int(last.state, ATTACK_UNDER, "under attack");
	is_int(last.under_s - last.begin_s <= 10, 1, "since not long");
	attack_summary(&last, text);
	ok(strstr(text, "10.0.0.5 is under attack: UDP flood of up to ") == text &&
		strstr(text, "its threshold is 2 k packets/s") != NULL,
	    "in a sentence: %s", text);
	ok(last.now.low_packets < 6300 && last.now.high_packets > 5700,
	    "the truth is within its interval");
	ok(last.peak.ends > 300 && last.peak.ends < 800, "500 senders are about %.0f",
	    last.peak.ends);
	is_str(attack_confidence(&last), "likely", "in the first day not sure");
	run(0, 30);
	is_int(last.state, ATTACK_UNDER, "a pause of 30 s is not its end");
	run(0, 50);
	is_int(last.state, ATTACK_RECOVERING, "after 60 s it recovers");
	is_int(last.hold_s, 300, "for the hold");
	run(3, 5);
	is_int(last.state, ATTACK_UNDER, "above again it is back at once");
	is_int(last.hold_s, 600, "and the hold is twice as long");
	is_int(last.relapses, 1, "it is a relapse");
	run(0, 600);
	is_int(last.state, ATTACK_RECOVERING, "less than it is not enough");
	run(0, 120);
	is_int(last.state, ATTACK_NORMAL, "then it is over");
	is_int(ended, 1, "and told to be");
	ok(last.below_s < now_s - 600, "as of when it fell");
	run(3, 20);
	ok(last.state == ATTACK_UNDER && last.hold_s == 1200,
	    "another one within a day holds longer still");

	lost = NAN;
	run(0, 10);
	told = 0;
	run(0, 600);
	is_int(told, 0, "where nobody tells any more nothing moves");
	is_int(ended, 1, "it is not over");
	run(0, 3100);
	is_int(ended, 2, "but after an hour");
	ok(last.stale, "and said why");

	afresh();
	attack_subject(&last, subject);
	is_str(subject, "network", "the network has a name");
	is_int(attack_subject_read("192.0.2.7 out", &host, &out), 0, "a subject is read");
	ok(out && host.len == 4 && host.bytes[3] == 7, "as it was written");
	is_int(attack_subject_read("example.org", &host, &out), -1, "no name is");
	attack_subject_read("10.0.0.5", &host, &out);
	attacks_restore(attacks, &host, out, now_s - 100, now_s);
	run(3, 3);
	is_int(last.state, ATTACK_UNDER, "one of before a restart is back in 3 s");
	is_int(last.relapses, 0, "which is no relapse");
	afresh();
	attacks_restore(attacks, &host, out, now_s - 100, now_s);
	run(0, 310);
	is_int(ended, 1, "or over after the hold");
}

/* A flood over all hosts, of which none is hit much. */
static void
test_carpet(void)
{
	afresh();
	seed(2);
	for (unsigned i = 0; i < 20; i++) {
		for (unsigned host = 0; host < 60; host++)
			attack(KIND_UDP, host, 0.1);
		tick();
	}
	is_int(last.state, ATTACK_UNDER, "what hits all hosts a little is one");
	is_int(last.host.len, 0, "on the network");
}

/* So many pings a second come to host NUMBER of many. */
static void
pinged(unsigned number, double pps)
{
	struct own_host h = { .time_ms = now_s * 1000,
		.window_ms = 5000,
		.host = { 4, { 10, 2, (uint8_t)(number >> 8), (uint8_t)number } } };

	h.way[0].class[CLASS_ICMP] = (struct vector_sum){
		.packets = pps, .octets = 64 * pps, .samples = 1000, .ends = 1
	};
	attacks_see(attacks, &h);
}

/* Somebody touches more hosts than are looked after; then one of them is attacked. */
static void
test_room(void)
{
	afresh();
	for (unsigned i = 0; i < 3 * ATTACK_HOSTS; i++) {
		pinged(i, 10);
		if (i % 64 == 63)
			tick();
	}
	is_int(told, 0, "a little at each of 1536 hosts is nothing");
	for (unsigned i = 0; i < 20; i++) {
		pinged(9999, 6000);
		tick();
	}
	is_int(last.state, ATTACK_UNDER, "and leaves room for the one that is attacked");
}

/* What an exporter tells while it loses a part of it: a tenth is too much. */
static void
test_loss(void)
{
	afresh();
	seed(5);
	run(3, 20);
	is_int(last.state, ATTACK_UNDER, "an attack whose exporter begins to lose");
	lost = 0.12;
	run(0.3, 600);
	is_int(last.state, ATTACK_UNDER, "is not over by what is left of it");
	ok(!last.stale && last.lost == 0.12, "which is told");
	run(3, 20);
	run(0.3, 20);
	lost = 0.05;
	run(0.3, 57);
	is_int(last.state, ATTACK_UNDER, "the time with too little does not count");
	run(0.3, 20);
	is_int(last.state, ATTACK_RECOVERING, "but that with enough does");
	lost = 0.5;
	run(0.3, 600);
	is_int(last.state, ATTACK_RECOVERING, "nor does it recover by it");
	run(3, 10);
	is_int(last.state, ATTACK_UNDER, "though what is above is seen");
	run(0.3, 2900);
	is_int(last.state, ATTACK_UNDER, "for an hour");
	run(0.3, 300);
	is_int(last.state, ATTACK_RECOVERING, "then what is left has to do");
	lost = 0;
	run(0, 2000);
	is_int(ended, 1, "and it ends");

	/* What an exporter loses always is not kept open for ever by it. */
	afresh();
	lost = 0.3;
	run(3, 20);
	is_int(last.state, ATTACK_UNDER, "one that always loses sees attacks, too");
	run(0.3, 3500);
	is_int(last.state, ATTACK_UNDER, "and holds them for an hour");
	run(0.3, 60 + 300 + 130);
	is_int(ended, 1, "and their ends, late");
}

static void
test_clock(void)
{
	afresh();
	seed(4);
	run(3, 20);
	run(0, 30);
	ok(last.state == ATTACK_UNDER && last.below_s > 0, "an attack that is below");
	now_s -= DAY;
	run(0, 500);
	is_int(last.state, ATTACK_NORMAL, "ends though the clock was set back by a day");
}

/* --- what is usual ------------------------------------------------------------------ */

/* Something of this home that gets UDP from many and never answers. */
static void
telemetry(double pps, unsigned seconds)
{
	struct packet p = udp;

	for (unsigned i = 0; i < seconds; i++) {
		stream(9, false, pps, p, 60, false, false);
		tick();
	}
}

static void
test_baseline(void)
{
	const struct flow_ip nine = { 4, { 10, 0, 0, 9 } };
	double threshold[BASELINE_FIGURES], usual[BASELINE_FIGURES];
	double again[BASELINE_FIGURES];
	struct err err;
	size_t len;

	afresh();
	seed(3);
	for (unsigned i = 0; i < 100; i++) {
		telemetry(1300, 30);
		run(0, 30);
	}
	attacks_threshold(attacks, &nine, false, threshold, usual);
	ok(usual[BASELINE_PACKETS] >= 1300 && usual[BASELINE_PACKETS] < 2500,
	    "1300 a second are usual (%g)", usual[BASELINE_PACKETS]);
	is_close(threshold[BASELINE_PACKETS], 3 * usual[BASELINE_PACKETS], 1e-6,
	    "three times that is too much");
	telemetry(2500, 60);
	is_int(began, 0, "twice as much is not");

	struct baselines *b = attacks_baselines(attacks);
	char *text = baselines_write(b, &len);
	const double unit[BASELINE_FIGURES] = { 2000.0 / 3, 2500000.0 / 3, 1000.0 / 3 };
	struct baselines *other = baselines_new(unit);
	is_int(baselines_read(other, text, len, &err), 0, "they are kept");
	again[0] = baselines_usual(other, &nine, false, BASELINE_PACKETS);
	is_close(again[0], usual[BASELINE_PACKETS], 1e-6, "as they were");
	is_int(baselines_learned(other), baselines_learned(b), "with the time learned");
	unsigned taken = 0;
	for (size_t i = 0; i < len; i++)
		taken += baselines_read(other, text, i, &err) == 0;
	is_int(taken, 0, "no part of the file is taken for it");
	text[len / 2] = 'x';
	is_int(baselines_read(other, text, len, &err), -1, "nor a changed one");
	is_int(baselines_count(other), 0, "then nothing is known");
	free(text);

	for (unsigned i = 0; i < 3 * BASELINES_MAX; i++) {
		struct flow_ip host = { 4, { 10, 1, (uint8_t)(i >> 8), (uint8_t)i } };

		baselines_learn(other, &host, false, (double[]){ 5000, 0, 0 }, T0 + i);
	}
	is_int(baselines_count(other), BASELINES_MAX, "of so many hosts at most");
	struct prefix p;
	prefix_parse(&p, "10.1.11.255", NULL);
	is_int(baselines_forget(other, &p), 1, "the last one is forgotten");
	is_int(baselines_forget(other, &p), 0, "once");
	is_int(baselines_count(other), BASELINES_MAX - 1, "and nobody else");
	text = baselines_write(other, &len);
	ok(len < BASELINES_TEXT && baselines_read(other, text, len, &err) == 0,
	    "which fit into the file");
	free(text);

	/* The longest there is: every step of every figure, of IPv6. */
	for (unsigned i = 0; i < BASELINES_MAX; i++)
		for (double f = 1e3; f < 1e7; f *= 1.3)
			for (unsigned n = 0; n < 12; n++) {
				struct flow_ip host = { 16, { 0xfd, 1, [14] =
								(uint8_t)(i >> 8),
							       (uint8_t)i } };

				baselines_learn(other, &host, true,
				    (double[]){ f, 1250 * f, f / 2 }, T0 + 10000 + i);
			}
	text = baselines_write(other, &len);
	ok(len < BASELINES_TEXT && baselines_read(other, text, len, &err) == 0,
	    "which fit though each has seen everything (%zu bytes)", len);
	free(text);
	baselines_free(other);
}

/* Two tell of a host: the one that sees an attack is believed, whatever the other says.
 */
static void
test_views(void)
{
	struct own_host flood = { .host = { 4, { 10, 0, 0, 77 } },
		.exporter = { 4, { 10, 0, 0, 1 } },
		.window_ms = 5000 },
			much = flood;

	flood.way[0].class[CLASS_ICMP] =
	    (struct vector_sum){ .packets = 3 * floors.packets,
		    .octets = 100 * floors.packets,
		    .ends = 1000 };
	/* Much more, of connections; and of an attack less than the threshold. */
	much.exporter.bytes[3] = 2;
	much.way[0].class[CLASS_TCP] =
	    (struct vector_sum){ .packets = 50 * floors.packets,
		    .octets = 50000 * floors.packets,
		    .ends = 3 };
	much.way[0].class[CLASS_ICMP] =
	    (struct vector_sum){ .packets = 0.1 * floors.packets,
		    .octets = 0.9 * floors.octets,
		    .ends = 3 };
	for (unsigned first = 0; first < 2; first++) {
		afresh();
		for (unsigned i = 0; i < 30; i++) {
			now_s++;
			flood.time_ms = much.time_ms = now_s * 1000;
			attacks_see(attacks, first == 0 ? &flood : &much);
			attacks_see(attacks, first == 0 ? &much : &flood);
			attacks_tick(attacks, now_s, lost_now, NULL);
		}
		ok(began == 1 && last.state == ATTACK_UNDER &&
			last.exporter.bytes[3] == 1,
		    "the flood that one of two sees is found, %s",
		    first == 0 ? "told first" : "told last");
		lost = NAN;
		for (unsigned i = 0; i < 120; i++) {
			now_s++;
			much.time_ms = now_s * 1000;
			attacks_see(attacks, &much);
			attacks_tick(attacks, now_s, lost_now, NULL);
		}
		ok(last.state == ATTACK_UNDER && last.exporter.bytes[3] == 1,
		    "when it is silent, the other one does not say that it is over");
		lost = 0;
		attacks_tick(attacks, ++now_s, lost_now, NULL);
		for (unsigned i = 0; i < 70; i++)
			attacks_tick(attacks, ++now_s, lost_now, NULL);
		ok(last.state == ATTACK_RECOVERING,
		    "but its own silence of the host does");
	}
}

int
main(int argc, char **argv)
{
	const char *wanted = argc > 1 ? argv[1] : getenv("ATTACK_DAYS");
	unsigned days = wanted != NULL ? (unsigned)atoi(wanted) : 1;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	test_states();
	test_carpet();
	test_room();
	test_loss();
	test_clock();
	test_baseline();
	test_views();
	test_detection(argc > 1 ? 20 : 3);
	printf("# %u days from seed %llu\n", days, (unsigned long long)first);
	above = 0;
	is_int(simulate(days, first), 0, "nothing that a home does is an attack");
	ok(above > 1000 * days, "though it is above the floors for %u seconds", above);
	windows_free(windows);
	attacks_free(attacks);
	return tap_done();
}
