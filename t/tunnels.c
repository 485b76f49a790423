/* Packets in packets: what a tunnel carries is what its sender chose to write there. It
 * is told, and never judged by: a flood counts for the host that it was sent to. */
#include <netinet/in.h>

#include "base/prefix.h"
#include "collector/packet.h"
#include "collector/tally.h"
#include "collector/watch.h"
#include "collector/windows.h"
#include "t/flowgram.h"
#include "t/tap.h"

#define ATTACKER 0xc6336401  /* 198.51.100.1 */
#define OWN 0x0a000007	     /* 10.0.0.7: what is flooded */
#define INNOCENT 0x0a000042  /* 10.0.0.66: what is written inside */
#define ELSEWHERE 0xcb007105 /* 203.0.113.5: a "victim" that is written inside */

/* --- packets ---------------------------------------------------------------------- */

static uint8_t packet[512];
static struct pack w;

/* An IPv4 header; what follows is LEN bytes. */
static void
ip4(uint32_t src, uint32_t dst, unsigned proto, unsigned len)
{
	pack_u16(&w, 0x4500);
	pack_u16(&w, (uint16_t)(20 + len));
	pack_u32(&w, 0);
	pack_u8(&w, 61);
	pack_u8(&w, (uint8_t)proto);
	pack_u16(&w, 0);
	pack_u32(&w, src);
	pack_u32(&w, dst);
}

static void
ip6(unsigned last_of_dst, unsigned next, unsigned len)
{
	static const uint8_t net[14] = { 0x20, 0x01, 0x0d, 0xb8 };

	pack_u32(&w, 0x60000000);
	pack_u16(&w, (uint16_t)len);
	pack_u8(&w, (uint8_t)next);
	pack_u8(&w, 60);
	pack_bytes(&w, net, sizeof net);
	pack_u16(&w, 1);
	pack_bytes(&w, net, sizeof net);
	pack_u16(&w, (uint16_t)last_of_dst);
}

static void
ethernet(unsigned type)
{
	for (unsigned i = 0; i < 12; i++)
		pack_u8(&w, 2);
	pack_u16(&w, (uint16_t)type);
}

static void
udp(unsigned sport, unsigned dport, unsigned len)
{
	pack_u16(&w, (uint16_t)sport);
	pack_u16(&w, (uint16_t)dport);
	pack_u16(&w, (uint16_t)(8 + len));
	pack_u16(&w, 0);
}

/* TCP from ELSEWHERE:80 to INNOCENT:50000: what a flooded server answers. */
#define ANSWER 40
static void
answer(void)
{
	ip4(ELSEWHERE, INNOCENT, IPPROTO_TCP, 20);
	pack_u16(&w, 80);
	pack_u16(&w, 50000);
	pack_u64(&w, 1);
	pack_u16(&w, 0x5012);
	pack_u16(&w, 1000);
	pack_u32(&w, 0);
}

enum kind {
	IPIP,
	SIX_IN_FOUR,
	GRE,
	GRE_BRIDGE,
	GRE_TWICE,
	VXLAN,
	GENEVE,
	NONSENSE,
	/* Whose inside is not read. */
	PPTP,
	GTP_U,
	L2TP2,
	L2TP3,
	L2TP3_IP,
	KINDS
};
static const char *const names[KINDS] = { "IP in IP", "IPv6 in IPv4", "GRE",
	"Ethernet in GRE", "GRE in GRE", "VXLAN", "GENEVE", "GRE with nonsense in it",
	"GRE of PPTP", "GTP-U", "L2TPv2", "L2TPv3 over UDP", "L2TPv3 over IP" };

/* One of KIND from ATTACKER to OWN, from the IP header on. Returns its length. */
static unsigned
make(enum kind kind)
{
	pack_init(&w, packet, sizeof packet);
	switch (kind) {
	case IPIP:
		ip4(ATTACKER, OWN, IPPROTO_IPIP, ANSWER);
		answer();
		break;
	case SIX_IN_FOUR:
		ip4(ATTACKER, OWN, IPPROTO_IPV6, 48);
		ip6(2, IPPROTO_UDP, 8);
		udp(53, 4000, 0);
		break;
	case GRE:
		ip4(ATTACKER, OWN, IPPROTO_GRE, 4 + ANSWER);
		pack_u32(&w, 0x0800);
		answer();
		break;
	case GRE_BRIDGE:
		ip4(ATTACKER, OWN, IPPROTO_GRE, 4 + 14 + ANSWER);
		pack_u32(&w, 0x6558);
		ethernet(0x0800);
		answer();
		break;
	case GRE_TWICE:
		ip4(ATTACKER, OWN, IPPROTO_GRE, 4 + 20 + 4 + ANSWER);
		pack_u32(&w, 0x0800);
		ip4(ATTACKER, INNOCENT + 1, IPPROTO_GRE, 4 + ANSWER);
		pack_u32(&w, 0x0800);
		answer();
		break;
	case VXLAN:
		ip4(ATTACKER, OWN, IPPROTO_UDP, 8 + 8 + 14 + ANSWER);
		udp(40000, 4789, 8 + 14 + ANSWER);
		pack_u64(&w, 0x0800000000000100);
		ethernet(0x0800);
		answer();
		break;
	case GENEVE:
		ip4(ATTACKER, OWN, IPPROTO_UDP, 8 + 8 + ANSWER);
		udp(40000, 6081, 8 + ANSWER);
		pack_u32(&w, 0x0800);
		pack_u32(&w, 0x100);
		answer();
		break;
	case PPTP:
		ip4(ATTACKER, OWN, IPPROTO_GRE, 12 + 2 + ANSWER);
		pack_u32(&w, 0x3001880b);
		pack_u32(&w, (2 + ANSWER) << 16 | 7);
		pack_u32(&w, 1);
		pack_u16(&w, 0x0021);
		answer();
		break;
	case GTP_U:
		ip4(ATTACKER, OWN, IPPROTO_UDP, 8 + 8 + ANSWER);
		udp(40000, 2152, 8 + ANSWER);
		pack_u32(&w, 0x30ff0000 | ANSWER);
		pack_u32(&w, 0x1234);
		answer();
		break;
	case L2TP2:
		ip4(ATTACKER, OWN, IPPROTO_UDP, 8 + 6 + 4 + ANSWER);
		udp(1701, 1701, 6 + 4 + ANSWER);
		pack_u16(&w, 2);
		pack_u32(&w, 0x00010002);
		pack_u32(&w, 0xff030021);
		answer();
		break;
	case L2TP3:
		ip4(ATTACKER, OWN, IPPROTO_UDP, 8 + 8 + 14 + ANSWER);
		udp(1701, 1701, 8 + 14 + ANSWER);
		pack_u32(&w, 3);
		pack_u32(&w, 0x1234);
		ethernet(0x0800);
		answer();
		break;
	case L2TP3_IP:
		ip4(ATTACKER, OWN, 115, 4 + 14 + ANSWER);
		pack_u32(&w, 0x1234);
		ethernet(0x0800);
		answer();
		break;
	default:
		ip4(ATTACKER, OWN, IPPROTO_GRE, 4 + 4);
		pack_u32(&w, 0x0800);
		pack_u32(&w, 0xffffffff);
		break;
	}
	return (unsigned)pack_len(&w);
}

static uint32_t
four(const struct flow_ip *ip)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v = v << 8 | ip->bytes[i];
	return ip->len == 4 ? v : 0;
}

static void
test_headers(void)
{
	static const uint8_t wire[14] = { [12] = 0x88, [13] = 0x47 };
	struct packet k;

	for (enum kind kind = 0; kind < KINDS; kind++) {
		unsigned len = make(kind);

		ok(packet_read(&k, PACKET_IP, packet, len) == 0 &&
			four(&k.src) == ATTACKER && four(&k.dst) == OWN &&
			k.ip_length == len && k.ttl == 61 &&
			!(k.has & FLOW_HAS_QUOTE) && !(k.has & FLOW_HAS_FLAGS),
		    "%s is what its outermost header says", names[kind]);
		if (kind >= NONSENSE) {
			ok(!(k.has & FLOW_HAS_INNER), "with nothing inside");
			continue;
		}
		ok((k.has & FLOW_HAS_INNER) != 0, "with something inside");
		if (kind == SIX_IN_FOUR)
			ok(k.inner.dst.len == 16 && k.inner.dst.bytes[15] == 2 &&
				k.inner.proto == IPPROTO_UDP && k.inner.sport == 53,
			    "which is told");
		else
			ok(four(&k.inner.src) == ELSEWHERE &&
				four(&k.inner.dst) == INNOCENT &&
				k.inner.proto == IPPROTO_TCP && k.inner.sport == 80 &&
				k.inner.dport == 50000,
			    "which is told");
		for (unsigned cut = 20; cut < len; cut++) {
			uint8_t *copy = malloc(cut);

			memcpy(copy, packet, cut);
			if (packet_read(&k, PACKET_IP, copy, cut) != 0 ||
			    four(&k.dst) != OWN)
				ok(false, "cut off behind %u bytes", cut);
			free(copy);
		}
	}
	make(VXLAN);
	ok(packet_read(&k, PACKET_IP, packet, 28) == 0 && k.sport == 40000 &&
		k.dport == 4789,
	    "ports are the outermost, too");
	for (enum kind kind = GTP_U; kind <= L2TP3; kind++) {
		unsigned len = make(kind);

		ok(packet_read(&k, PACKET_IP, packet, len) == 0 &&
			k.proto == IPPROTO_UDP &&
			k.dport == (kind == GTP_U ? 2152 : 1701),
		    "%s is UDP, and known by its port", names[kind]);
	}

	/* A pseudowire has no IP around it. */
	pack_init(&w, packet, sizeof packet);
	pack_bytes(&w, wire, sizeof wire);
	pack_u32(&w, 0x00010140);
	pack_u32(&w, 0);
	ethernet(0x0800);
	answer();
	ok(packet_read(&k, PACKET_ETHERNET, packet, pack_len(&w)) == 0 &&
		four(&k.dst) == INNOCENT && !(k.has & FLOW_HAS_INNER) &&
		k.src_mac[0] == 0,
	    "Ethernet over MPLS: the IP packet in it is the outermost");
}

/* --- floods ----------------------------------------------------------------------- */

#define RATE 100
#define SAMPLES 200 /* a second: 20000 packets */

static struct tally *tally;
static struct windows *windows;
static struct watch *watched;
static unsigned of_own, of_innocent, of_others, victims;

static void
on_sample(void *ctx, const struct flow *f)
{
	(void)ctx;
	flows++;
	flow[0] = *f;
	tally_flow(tally, f, now);
	watch_flow(watched, f, now);
}

static void
on_suspicion(void *ctx, const struct msg_suspicion *s)
{
	(void)ctx;
	if (s->host.len == 0)
		return; /* of the whole network */
	if (four(&s->host) == OWN && !s->out)
		of_own++;
	else if (four(&s->host) == INNOCENT)
		of_innocent++;
	else
		of_others++;
}

static void
on_victim(void *ctx, const struct msg_victim *v)
{
	(void)ctx;
	(void)v;
	victims++;
}

static unsigned told_hosts, told_own, told_wrong;

static void
on_part(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	(void)ctx;
	for (unsigned i = 0; i < part->rows; i++) {
		const struct minute_key *key = &row[i].key;

		if (part->by == MINUTE_HOST) {
			told_hosts++;
			told_own += four(&key->a) == OWN;
		} else if (part->by == MINUTE_PEER) {
			told_wrong += four(&key->a) != ATTACKER;
		} else if (part->by == MINUTE_FLOW) {
			told_wrong += four(&key->a) != ATTACKER || four(&key->b) != OWN;
		}
	}
}

/* A datagram of 20 samples of a packet of LEN bytes. */
static void
samples(unsigned number, unsigned len)
{
	static const struct flow_sink sink = { .flow = on_sample, .fault = on_fault };
	unsigned padded = (len + 3) & ~3u;

	pack_init(&p, bytes, sizeof bytes);
	pack_u32(&p, 5);
	pack_u32(&p, 1);
	pack_u32(&p, 0x0a000001);
	pack_u32(&p, 0);
	pack_u32(&p, number);
	pack_u32(&p, number * 1000);
	pack_u32(&p, 20);
	for (unsigned i = 0; i < 20; i++) {
		pack_u32(&p, 1);
		pack_u32(&p, 32 + 24 + padded);
		pack_u32(&p, number * 20 + i);
		pack_u32(&p, 1);
		pack_u32(&p, RATE);
		pack_u64(&p, 0);
		pack_u32(&p, 1);
		pack_u32(&p, 2);
		pack_u32(&p, 1);
		pack_u32(&p, 1);
		pack_u32(&p, 16 + padded);
		pack_u32(&p, 11);
		pack_u32(&p, len);
		pack_u32(&p, 0);
		pack_u32(&p, len);
		pack_bytes(&p, packet, padded);
	}
	struct datagram d = { .arrived_ms = now, .data = bytes, .len = pack_len(&p) };
	d.from.v4.sin_family = AF_INET;
	d.from.v4.sin_addr.s_addr = htonl(0x0a000001);
	flow_decode(all, &d, &sink);
}

static void
begin(void)
{
	static const struct windows_thresholds thresholds = { 2000, 2500000, 1000 };
	struct tally_settings set = { .talkers = TALLY_FULL };
	struct prefixes telescope = { 0 };
	struct err err;

	afresh();
	tally = tally_new(77);
	windows = windows_new(78);
	/* What it saw before is forgotten when it watches nothing. */
	if (watched == NULL)
		watched = watch_new();
	watch_configure(watched, &telescope, &telescope, now);
	windows_configure(windows, &thresholds);
	if (prefixes_parse(&set.local, "10.0.0.0/24", &err) != 0 ||
	    prefixes_parse(&telescope, "10.0.0.64/26", &err) != 0)
		ok(false, "%s", err.text);
	tally_configure(tally, &set);
	tally_watch(tally, windows);
	watch_configure(watched, &set.local, &telescope, now);
	prefixes_free(&set.local);
	prefixes_free(&telescope);
	of_own = of_innocent = of_others = victims = 0;
	told_hosts = told_own = told_wrong = 0;
}

/* Five seconds of the flood in packet[], LEN bytes each. */
static void
flood(unsigned len)
{
	unsigned number = 0;

	begin();
	windows_tick(windows, now, on_suspicion, NULL);
	for (unsigned second = 0; second < 5; second++) {
		for (unsigned i = 0; i < SAMPLES / 20; i++)
			samples(++number, len);
		now += 1000;
		tally_tick(tally, now, on_part, NULL);
		windows_tick(windows, now, on_suspicion, NULL);
		watch_tell(watched, now, on_victim, NULL);
	}
	tally_close(tally, on_part, NULL);
	tally_free(tally);
	windows_free(windows);
}

static void
test_floods(void)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		unsigned len = make(kind);

		flood(len);
		ok(flows == 5 * SAMPLES && faults[FAULT_FLOW_HEADER] == 0 &&
			of_own >= 4,
		    "a flood of %s: whom it is sent to is suspected to be flooded (%u)",
		    names[kind], of_own);
		is_int(of_innocent + of_others, 0, "whom it carries is not");
		ok(told_hosts == told_own && told_own == 1 && told_wrong == 0,
		    "nor does anybody have traffic but the two who exchange it");
		is_int(victims, 0, "and nobody is a victim elsewhere");
	}

	/* The same answers by themselves are what the watch is for. */
	pack_init(&w, packet, sizeof packet);
	answer();
	begin();
	for (unsigned i = 0; i < 30; i++) {
		for (unsigned host = 0; host < 3; host++) {
			packet[19] = (uint8_t)(66 + host);
			samples(3 * i + host + 1, ANSWER);
		}
		now += 1000;
	}
	watch_tell(watched, now, on_victim, NULL);
	ok(victims > 0, "not in a tunnel they are told of");
	tally_free(tally);
	windows_free(windows);
}

int
main(void)
{
	test_headers();
	test_floods();
	exporters_free(all);
	return tap_done();
}
