/* What exporters are known to do: one line or more for each kind of device, made by
 * hand. And what has brought other decoders down, a line each. */
#include "collector/packet.h"
#include "t/flowgram.h"
#include "t/tap.h"

#define SRC 0xc0000201u
#define DST 0xc6336402u

static void
ends(void)
{
	pack_u32(&p, SRC);
	pack_u32(&p, DST);
}

/* --- exporters -------------------------------------------------------------------- */

static void
test_softflowd(void)
{
	/* OpenWrt's old one: a count of 2 over five sets. */
	afresh();
	v9(0, 0);
	template(0, 256, 4, plain);
	template(0, 257, 4, plain);
	for (unsigned i = 0; i < 3; i++) {
		set(256 + i % 2);
		plain_record(i);
		plain_record(i);
		end_set();
	}
	bytes[3] = 2;
	give();
	ok(flows == 6 && all_faults() == 0, "softflowd 0.9: a count that is too small");
	is_int(flow[0].in, 0, "and no interfaces");

	/* 1.x: the rate by options, with the capture's name; long flows keep their
	 * span. */
	afresh();
	ipfix(0, 0);
	DEFINE(true, true, 300, 1, { 144, 4, 0 }, { 160, 8, 0 }, { 305, 4, 0 },
	    { 306, 4, 0 }, { 84, 65535, 0 });
	set(300);
	pack_u32(&p, 1);
	pack_u64(&p, (WALL - 7200) * 1000ULL);
	pack_u32(&p, 1);
	pack_u32(&p, 99);
	pack_u8(&p, 4);
	pack_bytes(&p, "eth0", 4);
	end_set();
	DEFINE(true, false, 301, 0, { 8, 4, 0 }, { 12, 4, 0 }, { 22, 4, 0 },
	    { 21, 4, 0 }, { 1, 8, 0 }, { 2, 8, 0 }, { 10, 4, 0 }, { 14, 4, 0 });
	set(301);
	ends();
	pack_u32(&p, 0);
	pack_u32(&p, 7200000);
	pack_u64(&p, 1);
	pack_u64(&p, 1);
	pack_u32(&p, 5);
	pack_u32(&p, 5);
	end_set();
	end_message();
	give();
	ok(options == 1 && flow[0].rate == 100 &&
		flow[0].rate_from == SAMPLING_ONLY_SAMPLER,
	    "softflowd 1: one packet and a space of 99");
	ok(flow[0].end_ms - flow[0].start_ms == 7200000 &&
		flow[0].end_ms == WALL * 1000LL,
	    "a flow of two hours keeps its span, by the clock of its options");
	ok(flow[0].in == 5 && flow[0].out == 5, "in and out are one interface");
}

/* Who has been up for longer than 32 bits of milliseconds, which are 49 days. */
static void
test_uptime(void)
{
	const uint64_t up = 60 * 86400000ULL;

	afresh();
	ipfix(0, 0);
	DEFINE(true, true, 300, 1, { 144, 4, 0 }, { 160, 8, 0 });
	set(300);
	pack_u32(&p, 1);
	pack_u64(&p, WALL * 1000ULL - up);
	end_set();
	DEFINE(
	    true, false, 301, 0, { 8, 4, 0 }, { 12, 4, 0 }, { 22, 4, 0 }, { 21, 4, 0 });
	set(301);
	ends();
	pack_u32(&p, (uint32_t)(up - 9000));
	pack_u32(&p, (uint32_t)(up - 1000));
	end_set();
	end_message();
	give();
	ok(flow[0].start_ms == WALL * 1000LL - 9000 &&
		flow[0].end_ms == WALL * 1000LL - 1000,
	    "IPFIX: an uptime that has run over since it began");
	afresh();
	v9(0, 0); /* up for a minute */
	DEFINE(false, false, 301, 0, { 8, 4, 0 }, { 12, 4, 0 }, { 22, 4, 0 },
	    { 21, 4, 0 });
	set(301);
	ends();
	pack_u32(&p, UINT32_MAX - 19999);
	pack_u32(&p, 30000);
	end_set();
	give();
	ok(flow[0].start_ms == WALL * 1000LL - 80000 &&
		flow[0].end_ms == WALL * 1000LL - 30000 && all_faults() == 0,
	    "version 9: one that runs over within a flow");
}

static void
test_bsd(void)
{
	/* OPNsense's ng_netflow repeats templates every ten minutes. */
	afresh();
	learn_plain(0);
	for (unsigned i = 0; i < 3; i++) {
		now += 599000;
		v9_plain(i + 1, 0, 1);
		give();
	}
	is_int(flows, 3, "ng_netflow: templates that come every ten minutes");

	/* pflow tells when the state goes: an IPv6 flow that lasted a day, by seconds.
	 */
	afresh();
	ipfix(0, 0);
	DEFINE(true, false, 257, 0, { 27, 16, 0 }, { 28, 16, 0 }, { 150, 4, 0 },
	    { 151, 4, 0 }, { 1, 8, 0 }, { 2, 8, 0 });
	set(257);
	for (unsigned i = 0; i < 2; i++)
		pack_bytes(&p, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	pack_u32(&p, WALL - 86400);
	pack_u32(&p, WALL);
	pack_u64(&p, 1ULL << 40);
	pack_u64(&p, 1ULL << 30);
	end_set();
	end_message();
	give();
	ok(flow[0].src.len == 16 && flow[0].octets == 1ULL << 40 &&
		flow[0].end_ms - flow[0].start_ms == 86400000,
	    "pflow: a day, and 64-bit counters");
}

static void
test_home(void)
{
	/* MikroTik: uptimes without saying when it was 0; the translator's side. */
	afresh();
	ipfix(0, 0);
	DEFINE(true, false, 258, 0, { 8, 4, 0 }, { 12, 4, 0 }, { 22, 4, 0 },
	    { 21, 4, 0 }, { 225, 4, 0 }, { 226, 4, 0 }, { 227, 2, 0 }, { 228, 2, 0 },
	    { 1, 4, 0 }, { 2, 4, 0 });
	set(258);
	ends();
	pack_u32(&p, 1000);
	pack_u32(&p, 61000);
	pack_u32(&p, 0xcb007101);
	pack_u32(&p, DST);
	pack_u16(&p, 1024);
	pack_u16(&p, 443);
	pack_u32(&p, 5);
	pack_u32(&p, 6);
	end_set();
	end_message();
	give();
	ok(flow[0].end_ms == WALL * 1000LL && flow[0].start_ms == WALL * 1000LL - 60000,
	    "MikroTik: times relative to nothing end at the export");
	char text[ADDR_TEXT];
	is_str(flow_ip_text(&flow[0].post_src, text), "203.0.113.1",
	    "and the address behind the translator");
	ok(flow[0].post_sport == 1024 && (flow[0].has & FLOW_HAS_POST_PORTS),
	    "with its port");
	afresh();
	v5(1, 10000, 0, 0);
	v5_record(1000, 2000);
	memset(bytes + 24 + 12, 0, 4);
	give();
	ok(flow[0].in == 0 && flow[0].out == 0 && all_faults() == 0,
	    "and version 5 without interfaces");

	/* EdgeRouter: the interval in options, TTLs, and both directions. */
	afresh();
	v9(0, 0);
	DEFINE(false, true, 512, 1, { 1, 4, 0 }, { 34, 4, 0 }, { 35, 1, 0 });
	set(512);
	pack_u32(&p, 0);
	pack_u32(&p, 16);
	pack_u8(&p, 2);
	end_set();
	DEFINE(false, false, 513, 0, { 8, 4, 0 }, { 12, 4, 0 }, { 52, 1, 0 },
	    { 61, 1, 0 }, { 1, 4, 0 });
	set(513);
	for (unsigned i = 0; i < 2; i++) {
		ends();
		pack_u8(&p, 63);
		pack_u8(&p, (uint8_t)i);
		pack_u32(&p, 100);
	}
	end_set();
	give();
	ok(flow[0].rate == 16 && flow[0].ttl == 63 && !flow[0].egress &&
		flow[1].egress && (flow[0].has & FLOW_HAS_EGRESS),
	    "EdgeRouter: interval, TTL, and which way it was seen");

	/* UniFi says nothing of sampling when it is off; an interval of 0 is none. */
	afresh();
	learn_plain(0);
	v9(1, 0);
	DEFINE(false, true, 512, 1, { 1, 4, 0 }, { 34, 4, 0 });
	set(512);
	pack_u32(&p, 0);
	pack_u32(&p, 0);
	end_set();
	give();
	v9_plain(2, 0, 1);
	give();
	ok(flow[0].rate == 1 && flow[0].rate_from == SAMPLING_UNKNOWN,
	    "UniFi: no sampling told is not known, and an interval of 0 teaches nothing");
}

static void
test_fritzbox(void)
{
	/* The rate in each record, and AVM's own fields, one of them of variable
	 * length. */
	afresh();
	ipfix(0, 0);
	DEFINE(true, false, 260, 0, { 304, 2, 0 }, { 305, 4, 0 }, { 306, 4, 0 },
	    { 8, 4, 0 }, { 1, 4, 26866 }, { 2, 65535, 26866 }, { 12, 4, 0 },
	    { 1, 8, 0 });
	set(260);
	for (unsigned i = 0; i < 2; i++) {
		pack_u16(&p, 1);
		pack_u32(&p, 1);
		pack_u32(&p, 31);
		pack_u32(&p, SRC);
		pack_u32(&p, 0xffffffff);
		pack_u8(&p, (uint8_t)(i * 7));
		pack_bytes(&p, "phone-1", i * 7);
		pack_u32(&p, DST);
		pack_u64(&p, 777 + i);
	}
	end_set();
	end_message();
	give();
	ok(flows == 2 && flow[1].octets == 778 && flow[0].rate == 32 &&
		flow[0].rate_from == SAMPLING_RECORD && flow[1].dst.len == 4,
	    "Fritz!Box: the rate in each record, AVM's fields passed over");
}

static void
test_old(void)
{
	/* fprobe: versions 1 and 7. */
	afresh();
	pack_init(&p, bytes, sizeof bytes);
	pack_u16(&p, 1);
	pack_u16(&p, 1);
	pack_u32(&p, 10000);
	pack_u32(&p, WALL);
	pack_u32(&p, 0);
	ends();
	pack_u32(&p, 0);
	pack_u16(&p, 3);
	pack_u16(&p, 4);
	pack_u32(&p, 10);
	pack_u32(&p, 1500);
	pack_u32(&p, 1000);
	pack_u32(&p, 5000);
	pack_u16(&p, 443);
	pack_u16(&p, 50000);
	pack_u16(&p, 0);
	pack_u8(&p, 6);
	pack_u8(&p, 0xb8);
	pack_u8(&p, 0x12);
	for (unsigned i = 0; i < 11; i++)
		pack_u8(&p, 0);
	give();
	ok(flows == 1 && flow[0].proto == 6 && flow[0].flags == 0x12 &&
		flow[0].tos == 0xb8 && flow[0].octets == 1500 &&
		flow[0].protocol == FLOW_NETFLOW1,
	    "fprobe: version 1");
	pack_init(&p, bytes, sizeof bytes);
	pack_u16(&p, 7);
	pack_u16(&p, 1);
	pack_u32(&p, 10000);
	pack_u32(&p, WALL);
	pack_u32(&p, 0);
	pack_u32(&p, 0);
	pack_u32(&p, 0);
	v5_record(1000, 5000);
	pack_u32(&p, 0xc0000209); /* the router that it bypassed */
	give();
	ok(flows == 2 && flow[1].octets == 1500 && flow[1].src_as == 64500 &&
		flow[1].rate_from == SAMPLING_UNKNOWN &&
		flow[1].protocol == FLOW_NETFLOW7,
	    "and version 7, which tells no sampling");

	/* ipt_NETFLOW: short counters, a sampler by name, and translations of no flow.
	 */
	afresh();
	v9_sampler_row(0, 3, 10);
	give();
	v9(1, 0);
	DEFINE(false, false, 260, 0, { 8, 4, 0 }, { 12, 4, 0 }, { 1, 2, 0 },
	    { 2, 1, 0 }, { 48, 1, 0 });
	set(260);
	ends();
	pack_u16(&p, 1500);
	pack_u8(&p, 1);
	pack_u8(&p, 3);
	end_set();
	DEFINE(false, false, 261, 0, { 323, 8, 0 }, { 230, 1, 0 }, { 8, 4, 0 },
	    { 12, 4, 0 }, { 225, 4, 0 });
	set(261);
	pack_u64(&p, WALL * 1000ULL);
	pack_u8(&p, 1);
	ends();
	pack_u32(&p, SRC);
	end_set();
	give();
	ok(flow[0].octets == 1500 && flow[0].packets == 1 && flow[0].rate == 10 &&
		flow[0].rate_from == SAMPLING_SAMPLER,
	    "ipt_NETFLOW: counters of two bytes and one, and a sampler");
	ok(flows == 2 && !(flow[1].has & (FLOW_HAS_OCTETS | FLOW_HAS_PACKETS)) &&
		flow[1].octets == 0 && flow[1].start_ms == WALL * 1000LL,
	    "what a translator did is no traffic, and has its moment");
}

static void
test_merged(void)
{
	/* deltaFlowCount: an aggregating exporter. */
	static const uint32_t said[][2] = { { 5, 100 }, { 0, 100 }, { 1, 100 },
		{ 500, 100 }, { UINT32_MAX, UINT32_MAX } };
	static const uint32_t are[] = { 4, 0, 0, 99, 65534 };
	afresh();
	ipfix(0, 0);
	DEFINE(
	    true, false, 300, 0, { 8, 4, 0 }, { 12, 4, 0 }, { 3, 4, 0 }, { 2, 4, 0 });
	set(300);
	for (unsigned i = 0; i < 5; i++) {
		ends();
		pack_u32(&p, said[i][0]);
		pack_u32(&p, said[i][1]);
	}
	end_set();
	end_message();
	give();
	for (unsigned i = 0; i < 5; i++)
		ok(flow[i].merged == are[i],
		    "a record that says to be %u flows of %u packets", said[i][0],
		    said[i][1]);
}

static void
test_cisco(void)
{
	/* IOS-XR: a sampler that is named and whose rate nobody tells. */
	afresh();
	v9(0, 0);
	DEFINE(false, true, 512, 1, { 1, 4, 0 }, { 48, 2, 0 }, { 84, 6, 0 });
	set(512);
	pack_u32(&p, 0);
	pack_u16(&p, 1);
	pack_bytes(&p, "sample", 6);
	end_set();
	DEFINE(false, false, 260, 0, { 8, 4, 0 }, { 48, 1, 0 }, { 1, 4, 0 });
	set(260);
	pack_u32(&p, SRC);
	pack_u8(&p, 1);
	pack_u32(&p, 100);
	end_set();
	give();
	ok(options == 1 && flow[0].rate == 1 && flow[0].rate_from == SAMPLING_UNKNOWN,
	    "IOS-XR: a sampler without a rate: not known");
}

static void
test_big(void)
{
	/* Junos: 305 alone in options; several source ids. */
	afresh();
	ipfix(0, 524288);
	DEFINE(true, true, 512, 1, { 149, 4, 0 }, { 305, 4, 0 });
	set(512);
	pack_u32(&p, 524288);
	pack_u32(&p, 1000);
	end_set();
	end_message();
	give();
	ipfix(0, 524289);
	template(2, 256, 4, plain);
	set(256);
	plain_record(100);
	end_set();
	end_message();
	give();
	ok(flow[0].rate == 1000 && flow[0].rate_from == SAMPLING_OTHER_DOMAIN,
	    "Junos: an interval without a space, told under another domain");

	/* Huawei: the rate in records; interfaces of two or of four bytes. */
	afresh();
	v9(0, 0);
	DEFINE(false, false, 260, 0, { 8, 4, 0 }, { 10, 2, 0 }, { 14, 2, 0 },
	    { 34, 4, 0 });
	DEFINE(false, false, 261, 0, { 8, 4, 0 }, { 10, 4, 0 }, { 14, 4, 0 },
	    { 34, 4, 0 });
	set(260);
	pack_u32(&p, SRC);
	pack_u16(&p, 7);
	pack_u16(&p, 65535);
	pack_u32(&p, 256);
	end_set();
	set(261);
	pack_u32(&p, SRC);
	pack_u32(&p, 7);
	pack_u32(&p, 0x10000007);
	pack_u32(&p, 256);
	end_set();
	give();
	ok(flow[0].out == 65535 && flow[1].out == 0x10000007 && flow[1].rate == 256,
	    "Huawei: interfaces of either size, and the rate in the record");

	/* H3C: a field of variable length in NetFlow v9. */
	afresh();
	v9(0, 0);
	DEFINE(false, false, 260, 0, { 8, 4, 0 }, { 82, 65535, 0 }, { 1, 4, 0 });
	set(260);
	pack_u32(&p, SRC);
	pack_u8(&p, 3);
	pack_bytes(&p, "abc", 3);
	pack_u32(&p, 42);
	end_set();
	give();
	ok(flows == 1 && flow[0].octets == 42 && all_faults() == 0,
	    "H3C: a variable length in version 9");

	/* Nokia: several templates, of several cards. */
	afresh();
	for (unsigned card = 1; card <= 3; card++) {
		ipfix(0, card);
		for (unsigned id = 256; id < 260; id++)
			template(2, id, 4, plain);
		DEFINE(true, true, 512, 1, { 144, 4, 0 }, { 305, 4, 0 }, { 306, 4, 0 });
		set(512);
		pack_u32(&p, card);
		pack_u32(&p, 1);
		pack_u32(&p, card * 100 - 1);
		end_set();
		set(258);
		plain_record(card);
		end_set();
		end_message();
		give();
	}
	ok(flows == 3 && flow[0].rate == 100 && flow[1].rate == 200 &&
		flow[2].rate == 300,
	    "Nokia: each card has its own rate");
	is_int(all->count, 3, "and its own templates");
}

static void
test_firewalls(void)
{
	/* FortiGate: fields of no length, and options about applications. */
	afresh();
	v9(0, 0);
	DEFINE(false, true, 512, 1, { 1, 4, 0 }, { 95, 4, 0 }, { 96, 8, 0 },
	    { 34, 4, 0 }, { 35, 1, 0 });
	set(512);
	pack_u32(&p, 0);
	pack_u32(&p, 80);
	pack_bytes(&p, "HTTP\0\0\0\0", 8);
	pack_u32(&p, 100);
	pack_u8(&p, 1);
	end_set();
	DEFINE(false, false, 260, 0, { 8, 4, 0 }, { 95, 0, 0 }, { 96, 0, 0 },
	    { 12, 4, 0 }, { 1, 4, 0 });
	set(260);
	ends();
	pack_u32(&p, 9);
	end_set();
	give();
	ok(flow[0].octets == 9 && flow[0].rate == 100 && all_faults() == 0,
	    "FortiGate: fields without length, and an application's options");

	/* Palo Alto: zeroes at the end, and flows that end before they begin. */
	afresh();
	v9(0, 0);
	DEFINE(
	    false, false, 260, 0, { 8, 4, 0 }, { 22, 4, 0 }, { 21, 4, 0 }, { 1, 4, 0 });
	set(260);
	pack_u32(&p, SRC);
	pack_u32(&p, 50000);
	pack_u32(&p, 40000);
	pack_u32(&p, 9);
	end_set();
	for (unsigned i = 0; i < 333; i++)
		pack_u32(&p, 0);
	give();
	ok(flows == 1 && faults[FAULT_FLOW_TIME] == 1 && all_faults() == 1 &&
		flow[0].start_ms == flow[0].end_ms,
	    "Palo Alto: zeroes behind, and times that cannot be");

	/* VMware: the tenant's fields and a segment of layer 2; Barracuda: more of its
	 * own.
	 */
	afresh();
	ipfix(0, 0);
	DEFINE(true, false, 260, 0, { 8, 4, 0 }, { 12, 4, 0 }, { 880, 1, 6876 },
	    { 881, 4, 6876 }, { 351, 8, 0 }, { 1, 8, 0 });
	set(260);
	ends();
	pack_u8(&p, 6);
	pack_u32(&p, SRC);
	pack_u64(&p, 5001);
	pack_u64(&p, 321);
	end_set();
	DEFINE(true, false, 261, 0, { 1, 4, 10704 }, { 2, 1, 10704 },
	    { 27, 65535, 10704 }, { 8, 4, 0 }, { 85, 8, 0 }, { 86, 8, 0 });
	set(261);
	pack_u32(&p, 1);
	pack_u8(&p, 1);
	pack_u8(&p, 0);
	pack_u32(&p, SRC);
	pack_u64(&p, 654);
	pack_u64(&p, 3);
	end_set();
	end_message();
	give();
	ok(flow[0].octets == 321 && flow[0].src.len == 4, "VMware: its own fields");
	ok(flow[1].octets == 654 && flow[1].packets == 3,
	    "Barracuda: its own fields, and totals where there are no deltas");

	/* pmacctd's nfprobe: absolute times in version 9, sampler by 49 and 50. */
	afresh();
	v9(0, 0);
	DEFINE(
	    false, true, 512, 1, { 1, 4, 0 }, { 48, 1, 0 }, { 49, 1, 0 }, { 50, 4, 0 });
	set(512);
	pack_u32(&p, 0);
	pack_u8(&p, 1);
	pack_u8(&p, 2);
	pack_u32(&p, 20);
	end_set();
	DEFINE(false, false, 260, 0, { 8, 4, 0 }, { 152, 8, 0 }, { 153, 8, 0 },
	    { 1, 4, 0 }, { 48, 1, 0 });
	set(260);
	pack_u32(&p, SRC);
	pack_u64(&p, WALL * 1000ULL - 500);
	pack_u64(&p, WALL * 1000ULL - 100);
	pack_u32(&p, 9);
	pack_u8(&p, 1);
	end_set();
	give();
	ok(flow[0].start_ms == WALL * 1000LL - 500 && flow[0].rate == 20 &&
		flow[0].rate_from == SAMPLING_SAMPLER,
	    "nfprobe: times of the clock in version 9, and its sampler");
}

/* --- sFlow ------------------------------------------------------------------------ */

static uint8_t *sample_at, *record_at;

static void
put_length(uint8_t *at, size_t len)
{
	struct pack q;

	pack_init(&q, at, 4);
	pack_u32(&q, (uint32_t)len);
}

static void
begin_sample(uint32_t records, uint32_t in, uint32_t out)
{
	pack_u32(&p, 1);
	sample_at = p.at;
	pack_u32(&p, 0);
	pack_u32(&p, 1);
	pack_u32(&p, 3);
	pack_u32(&p, 100);
	pack_u32(&p, 5000);
	pack_u32(&p, 0);
	pack_u32(&p, in);
	pack_u32(&p, out);
	pack_u32(&p, records);
}

static void
end_sample(void)
{
	put_length(sample_at, (size_t)(p.at - sample_at) - 4);
}

static void
begin_record(uint32_t tag)
{
	pack_u32(&p, tag);
	record_at = p.at;
	pack_u32(&p, 0);
}

static void
end_record(void)
{
	put_length(record_at, (size_t)(p.at - record_at) - 4);
}

static void
test_switches(void)
{
	/* hsflowd: what TCP says of a connection, and its own host's counters. */
	afresh();
	sflow(2, 1);
	begin_sample(2, 0x3fffffff, 2);
	begin_record(2209);
	for (unsigned i = 0; i < 12; i++)
		pack_u32(&p, i);
	end_record();
	sflow_header(sizeof frame);
	end_sample();
	pack_u32(&p, 2); /* counters */
	sample_at = p.at;
	pack_u32(&p, 0);
	pack_u32(&p, 1);
	pack_u32(&p, 2u << 24 | 1);
	pack_u32(&p, 1);
	begin_record(2003);
	for (unsigned i = 0; i < 17; i++)
		pack_u32(&p, i);
	end_record();
	end_sample();
	give();
	ok(flows == 1 && flow[0].sport == 443 && counters == 1 &&
		!counter.of_interface && all_faults() == 0,
	    "hsflowd: records beside the packet are passed over");

	/* A build of it for FRR: a record that is longer than its sample. */
	afresh();
	sflow(2, 1);
	begin_sample(1, 1, 2);
	begin_record(2209);
	pack_u32(&p, 0);
	end_record();
	put_length(record_at, 0x465e0020); /* as tcpdump's test has it */
	end_sample();
	begin_sample(1, 1, 2);
	sflow_header(sizeof frame);
	end_sample();
	give();
	ok(all_faults() >= 1 && flows >= 1 && flow[flows - 1].sport == 443,
	    "a record longer than its sample: the next sample is read");

	/* Huawei: a router record of 24 bytes where 20 are due. */
	afresh();
	sflow(1, 1);
	begin_sample(2, 1, 2);
	begin_record(1002);
	pack_u32(&p, 1);
	pack_u32(&p, 0xc0000263);
	pack_u32(&p, 24);
	pack_u32(&p, 16);
	pack_u32(&p, 0);
	pack_u32(&p, 0);
	end_record();
	sflow_header(sizeof frame);
	end_sample();
	give();
	char text[ADDR_TEXT];
	is_str(flow_ip_text(&flow[0].next_hop, text), "192.0.2.99",
	    "Huawei: a router record that is too long");
	ok(flows == 1 && flow[0].src_len == 24 && flow[0].dst_len == 16 &&
		flow[0].sport == 443,
	    "has what is known of it, and the packet behind it is read");

	/* Cumulus: a link that nobody knows; counted by its length all the same. */
	afresh();
	sflow(2, 1);
	begin_sample(1, 1, 2);
	sflow_header(sizeof frame);
	record_at = sample_at + 4 + 32 + 8;
	put_length(record_at, 99);
	end_sample();
	begin_sample(1, 1, 2);
	sflow_header(sizeof frame);
	end_sample();
	give();
	ok(flows == 2 && flow[0].src.len == 0 && flow[0].octets == 1518 &&
		flow[1].src.len == 4,
	    "Cumulus: a header of no known link, and the next one is read");

	/* sfprobe: the device itself on both sides, an extended switch of zeroes. */
	afresh();
	sflow(1, 1);
	begin_sample(2, 0x3fffffff, 0x3fffffff);
	begin_record(1001);
	for (unsigned i = 0; i < 4; i++)
		pack_u32(&p, 0);
	end_record();
	sflow_header(sizeof frame);
	end_sample();
	give();
	ok(flows == 1 && flow[0].in == 0 && flow[0].out == 0 && all_faults() == 0,
	    "sfprobe: no interfaces, and VLAN 0");

	/* Dell's PowerConnect: lengths that are not multiples of four end nothing. */
	afresh();
	sflow(1, 1);
	begin_sample(1, 1, 2);
	sflow_header(sizeof frame);
	end_sample();
	put_length(sample_at, (size_t)(p.at - sample_at) - 4 - 3);
	give();
	ok(flows == 0 && all_faults() == 1,
	    "PowerConnect: a sample of an odd length is a fault and no more");
}

/* --- what has brought others down ------------------------------------------------- */

static void
test_netflow_falls(void)
{
	/* nfdump: options templates of IPFIX that are replaced, and used meanwhile. */
	afresh();
	for (unsigned i = 0; i < 20; i++) {
		ipfix(i, 1);
		DEFINE(true, true, 400, 1, { 149, 4, 0 },
		    { 305, (uint16_t)(1 + i % 4), 0 });
		set(400);
		pack_u32(&p, 1);
		for (unsigned k = 0; k < 1 + i % 4; k++)
			pack_u8(&p, 1);
		end_set();
		end_message();
		give();
	}
	ok(options >= 20 && HASH_COUNT(only_exporter()->templates) == 1,
	    "options templates that are replaced again and again");

	/* nfdump: option lengths whose sum runs over; FastNetMon: loops by them. */
	afresh();
	v9(0, 1);
	set(1);
	pack_u16(&p, 400);
	pack_u16(&p, 65532);
	pack_u16(&p, 65532);
	pack_u32(&p, 1u << 16 | 4);
	end_set();
	give();
	v9(0, 1);
	set(1);
	pack_u16(&p, 401);
	pack_u16(&p, 65532);
	pack_u16(&p, 4);
	pack_u32(&p, 1u << 16 | 4);
	end_set();
	give();
	is_int(faults[FAULT_FLOW_TEMPLATE], 2, "option lengths that are not there");
	v9(0, 1);
	DEFINE(false, true, 402, 1, { 1, 65000, 0 }, { 34, 65000, 0 });
	give();
	is_int(faults[FAULT_FLOW_TEMPLATE], 3, "a record of more than 65535 bytes");
	/* nProbe: options of no length at all. */
	v9(0, 1);
	DEFINE(false, true, 403, 1, { 1, 0, 0 }, { 34, 0, 0 });
	set(403);
	pack_u64(&p, 0);
	end_set();
	give();
	ok(faults[FAULT_FLOW_TEMPLATE] == 4 && options == 0,
	    "nProbe: an options template without length is none");

	/* nfdump: a withdrawal with a count of 0xffff. */
	afresh();
	ipfix(0, 1);
	set(2);
	pack_u16(&p, 300);
	pack_u16(&p, 0xffff);
	end_set();
	end_message();
	give();
	is_int(faults[FAULT_FLOW_TEMPLATE], 1, "65535 fields in an empty set");

	/* FastNetMon: a set that is longer than what is left, and one that ends amid a
	 * record; Graylog: one of no length, again and again. */
	afresh();
	learn_plain(1);
	v9(1, 1);
	set(256);
	plain_record(1);
	pack_u64(&p, 0);
	end_set();
	length_at[0] = 0xff;
	give();
	ok(flows == 0 && faults[FAULT_FLOW_SET] == 1, "a set longer than its datagram");
	v9(2, 1);
	set(256);
	plain_record(1);
	pack_u64(&p, 0);
	end_set();
	give();
	is_int(flows, 1, "half a record at the end of a set");
	v9(3, 1);
	pack_u16(&p, 256);
	pack_u16(&p, 0);
	is_int((long long)pack_len(&p), 24, "a datagram of 24 bytes");
	give();
	is_int(faults[FAULT_FLOW_SET], 2, "whose set has no length");

	/* A template that is used while it is replaced: in one datagram. */
	afresh();
	v9(0, 1);
	template(0, 256, 4, plain);
	set(256);
	plain_record(7);
	end_set();
	DEFINE(false, false, 256, 0, { 1, 8, 0 }, { 8, 4, 0 });
	set(256);
	pack_u64(&p, 9);
	pack_u32(&p, SRC);
	end_set();
	give();
	ok(flows == 2 && flow[0].octets == 7 && flow[1].octets == 9,
	    "a template that is replaced between two sets of its data");

	/* An interface's name that is longer than its record. */
	afresh();
	v9(0, 1);
	DEFINE(false, true, 404, 1, { 2, 4, 0 }, { 82, 65535, 0 });
	set(404);
	pack_u32(&p, 3);
	pack_u8(&p, 200);
	pack_bytes(&p, "eth", 3);
	end_set();
	give();
	ok(options == 0 && faults[FAULT_FLOW_SHORT] == 1,
	    "a name longer than its record");

	/* softflowd falls and begins anew: no loss. */
	afresh();
	for (unsigned i = 0; i < 5; i++) {
		v5(1, 500000 + i * 1000, 1000 + i, 0);
		v5_record(0, 0);
		give();
	}
	v5(1, 1000, 0, 0);
	v5_record(0, 0);
	give();
	ok(numbering_told(&only_exporter()->numbering).lost == 0 &&
		numbering_told(&only_exporter()->numbering).restarts == 1,
	    "an exporter that begins anew has lost nothing");
}

static void
test_sflow_falls(void)
{
	/* Counts inside records that four thousand million times four bytes would
	 * follow. */
	static const uint32_t tag[] = { 1003, 1006, 1012, 1023 };

	for (unsigned i = 0; i < 4; i++) {
		afresh();
		sflow(2, 1);
		begin_sample(1, 1, 2);
		begin_record(tag[i]);
		if (tag[i] == 1003) {
			pack_u32(&p, 1);
			pack_u32(&p, 0xc0000263);
			pack_u32(&p, 64500);
			pack_u32(&p, 64501);
			pack_u32(&p, 64502);
			pack_u32(&p, 0x40000001); /* segments of a path */
			pack_u32(&p, 2);
		}
		pack_u32(&p, 0x40000001);
		pack_u32(&p, 1);
		end_record();
		end_sample();
		begin_sample(1, 1, 2);
		sflow_header(sizeof frame);
		end_sample();
		give();
		ok(flows >= 1 && flow[flows - 1].sport == 443,
		    "record %u with a count that runs over: the next sample is read",
		    tag[i]);
	}

	/* A sample that is longer than its datagram. */
	afresh();
	sflow(1, 1);
	begin_sample(1, 1, 2);
	sflow_header(sizeof frame);
	put_length(sample_at, 0xfffffffc);
	give();
	ok(flows == 0 && all_faults() == 1, "a sample longer than its datagram");
}

static void
test_packet_falls(void)
{
	static const uint8_t options_cut[] = { 0x4f, 0, 0, 80, 0, 1, 0, 0, 60, 17, 0, 0,
		192, 0, 2, 1, 198, 51, 100, 2, 1, 2, 3, 4 };
	static const uint8_t six[] = { 0x60, 0, 0, 0, 0, 16, 44, 60, 0x20, 1, 0xd, 0xb8,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 2, 17, 0, 0, 8, 0, 0, 0, 1, 1, 2, 3, 4, 0, 8, 0, 0 };
	struct packet k;

	ok(packet_read(&k, PACKET_IP, options_cut, sizeof options_cut) == 0 &&
		!(k.has & FLOW_HAS_SPORT) && k.src.len == 4,
	    "an IPv4 header that goes on behind what was captured");
	ok(packet_read(&k, PACKET_IP, six, sizeof six) == 0 && k.fragment == 1 &&
		!(k.has & FLOW_HAS_SPORT) && k.proto == 17,
	    "a later fragment of IPv6 has no ports");
	for (size_t len = 0; len < sizeof six; len++) {
		uint8_t *copy = malloc(len + 1);

		memcpy(copy, six, len);
		(void)packet_read(&k, PACKET_IP, copy, len);
		free(copy);
	}
	ok(packet_read(&k, PACKET_IP, six, 44) == 0 && !(k.has & FLOW_HAS_SPORT),
	    "nor has one whose header is cut off");
}

int
main(void)
{
	test_softflowd();
	test_uptime();
	test_bsd();
	test_home();
	test_fritzbox();
	test_old();
	test_cisco();
	test_merged();
	test_big();
	test_firewalls();
	test_switches();
	test_netflow_falls();
	test_sflow_falls();
	test_packet_falls();
	exporters_free(all);
	return tap_done();
}
