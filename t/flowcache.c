/* Packets into flows: when a flow ends, that nothing is lost, and that it is bounded.
 */
#include <stdlib.h>

#include "collector/flowcache.h"
#include "t/tap.h"

#define NOW 1700000000000LL
#define SYN 0x02
#define ACK 0x10
#define FIN 0x01
#define RST 0x04

static struct flow last;
static unsigned gone;
static uint64_t octets, packets;

static void
on_done(void *ctx, struct flow *f)
{
	(void)ctx;
	last = *f;
	gone++;
	octets += f->octets;
	packets += f->packets;
}

static struct packet
tcp(unsigned host, uint16_t port, uint16_t flags)
{
	struct packet p = { .has = FLOW_HAS_PROTO | FLOW_HAS_TOS | FLOW_HAS_TTL |
				   FLOW_HAS_SPORT | FLOW_HAS_DPORT | FLOW_HAS_FLAGS,
		.src = { 4, { 10, 0, (uint8_t)(host >> 8), (uint8_t)host } },
		.dst = { 4, { 192, 0, 2, 1 } },
		.proto = 6,
		.ttl = 64,
		.sport = port,
		.dport = 443,
		.flags = flags };

	return p;
}

static bool
give(struct flowcache *c, const struct packet *p, uint32_t size, int64_t at_ms)
{
	struct flowcache_seen s = {
		.packet = p, .octets = size, .in = 3, .now_ms = NOW + at_ms
	};

	return flowcache_add(c, &s);
}

static struct flowcache *
fresh(unsigned room)
{
	gone = 0;
	octets = packets = 0;
	return flowcache_new(room, on_done, NULL);
}

static void
test_ends(void)
{
	struct flowcache *c = fresh(16);
	struct packet p = tcp(1, 1000, SYN), q = tcp(1, 1001, ACK);

	ok(give(c, &p, 60, 0), "a packet of no flow is its first");
	p.flags = ACK;
	p.ttl = 60;
	ok(!give(c, &p, 1500, 10000), "the next one is not");
	flowcache_sweep(c, NOW + 10000 + FLOWCACHE_IDLE_MS - 1);
	is_int(gone, 0, "a flow that is not idle for long stays");
	flowcache_sweep(c, NOW + 10000 + FLOWCACHE_IDLE_MS);
	ok(gone == 1 && last.octets == 1560 && last.packets == 2 &&
		last.flags == (SYN | ACK) && last.ttl == 60 &&
		last.end_reason == FLOWCACHE_IDLE,
	    "an idle one goes, with all its packets");
	ok(last.start_ms == NOW && last.end_ms == NOW + 10000 && last.in == 3 &&
		last.out == 0 && last.rate == 1 &&
		last.rate_from == SAMPLING_PROTOCOL && last.sport == 1000,
	    "its span, interface and ports");
	ok(give(c, &p, 40, 40000) && flowcache_count(c) == 1,
	    "what comes later is another flow");

	gone = 0;
	for (int i = 0; i < 65; i++)
		give(c, &q, 100, 50000 + i * 1000);
	ok(gone == 1 && last.sport == 1001 && last.packets == 60 &&
		last.end_reason == FLOWCACHE_ACTIVE,
	    "one that is active for a minute goes, and begins anew");
	flowcache_flush(c);
	ok(gone == 3 && flowcache_count(c) == 0 && packets == 2 + 1 + 65,
	    "all of them, no packet twice, none lost");

	gone = 0;
	p = tcp(2, 2000, ACK);
	give(c, &p, 100, 200000);
	p.flags = FIN | ACK;
	give(c, &p, 40, 200100);
	p.flags = ACK;
	give(c, &p, 40, 200150);
	flowcache_sweep(c, NOW + 201100);
	is_int(gone, 0, "behind a FIN comes still an ACK");
	flowcache_sweep(c, NOW + 201150);
	ok(gone == 1 && last.packets == 3 && last.end_reason == FLOWCACHE_ENDED,
	    "and then it goes");
	p.flags = RST;
	give(c, &p, 40, 300000);
	p.flags = SYN;
	give(c, &p, 60, 300010);
	ok(gone == 2 && last.flags == RST && last.packets == 1,
	    "a SYN behind a RST begins anew at once");
	flowcache_flush(c);

	gone = 0;
	give(c, &q, 100, 400000);
	give(c, &q, 100, 400000 - 3600000);
	ok(gone == 1 && flowcache_count(c) == 1,
	    "a clock that is set back: what was goes");
	flowcache_free(c);
}

static void
test_keys(void)
{
	struct flowcache *c = fresh(16);
	struct packet p = tcp(1, 1000, ACK);

	give(c, &p, 100, 0);
	p.tos = 3;
	give(c, &p, 100, 0);
	is_int(flowcache_count(c), 2, "what a queue has marked is a flow of its own");
	p.has |= FLOW_HAS_VLAN;
	p.vlan = 7;
	give(c, &p, 100, 0);
	is_int(flowcache_count(c), 3, "another VLAN");
	struct flowcache_seen out = {
		.packet = &p, .octets = 100, .out = 3, .now_ms = NOW
	};
	flowcache_add(c, &out);
	is_int(flowcache_count(c), 4, "the other way");
	struct packet ping = p;
	ping.has = FLOW_HAS_PROTO | FLOW_HAS_ICMP;
	ping.proto = 1;
	ping.icmp_type = 8;
	give(c, &ping, 84, 0);
	ping.icmp_type = 0;
	give(c, &ping, 84, 0);
	is_int(flowcache_count(c), 6, "an echo and its reply");
	struct packet fragment = tcp(9, 0, 0);
	fragment.has = FLOW_HAS_PROTO | FLOW_HAS_FRAGMENT;
	fragment.fragment = 185;
	give(c, &fragment, 1500, 1);
	flowcache_flush(c);
	ok(!(last.has & (FLOW_HAS_SPORT | FLOW_HAS_FRAGMENT)) && last.octets == 1500,
	    "later fragments are a flow without ports");
	struct packet six = tcp(1, 1000, ACK);
	six.src.len = six.dst.len = 16;
	give(c, &six, 100, 0);
	flowcache_flush(c);
	ok(last.src.len == 16 && memcmp(&last.src, &six.src, sizeof last.src) == 0,
	    "IPv6");
	flowcache_free(c);
}

static void
test_bounds(void)
{
	struct flowcache *c = fresh(64);
	uint64_t sent = 0, sent_octets = 0;
	unsigned most = 0;

	srand(7);
	for (unsigned i = 0; i < 200000; i++) {
		/* One in four of a few that stay, the others from anywhere. */
		struct packet p =
		    i % 4 == 0 ? tcp(1, (uint16_t)(i % 5), ACK)
			       : tcp((unsigned)rand() & 0xffff, (uint16_t)rand(), SYN);
		uint32_t size = 40 + (uint32_t)rand() % 1460;

		give(c, &p, size, i);
		sent++;
		sent_octets += size;
		if (flowcache_count(c) > most)
			most = flowcache_count(c);
		if (i % 1000 == 0)
			flowcache_sweep(c, NOW + i);
	}
	ok(most == 64, "so many flows and no more");
	ok(flowcache_evicted(c) > 100000, "those that went early are counted");
	flowcache_flush(c);
	ok(packets == sent && octets == sent_octets,
	    "every packet and byte came out once");
	flowcache_free(c);
}

int
main(void)
{
	test_ends();
	test_keys();
	test_bounds();
	return tap_done();
}
