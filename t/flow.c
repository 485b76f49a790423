/* Flow decoders: what exporters are known to do wrong, what nobody should believe, and
 * what is bounded. Real captures are in t/flowdata.sh.t. */
#include "base/mem.h"
#include "collector/packet.h"
#include "t/flowgram.h"
#include "t/tap.h"

/* --- the tests -------------------------------------------------------------------- */

static void
test_v5(void)
{
	afresh();
	v5(2, 10000, 7, 0x4000 | 100);
	v5_record(1000, 5000);
	v5_record(1000, 5000);
	give();
	is_int(flows, 2, "v5: two records");
	ok(flow[0].octets == 1500 && flow[0].packets == 10 && flow[0].sport == 443 &&
		flow[0].dport == 50000 && flow[0].flags == 0x12 && flow[0].proto == 6 &&
		flow[0].tos == 0xb8 && flow[0].in == 3 && flow[0].out == 4 &&
		flow[0].src_as == 64500 && flow[0].dst_len == 16,
	    "v5: every field");
	is_int(flow[0].start_ms, WALL * 1000LL - 9000, "v5: begin, by the uptime");
	is_int(flow[0].end_ms, WALL * 1000LL - 5000, "v5: end");
	is_int(flow[0].rate, 100, "v5: interval below the two bits of mode");
	ok(flow[0].rate_from == SAMPLING_PROTOCOL, "v5: said by the header");

	afresh();
	v5(1, 2000, 7, 1000);
	v5_record(UINT32_MAX - 999, 500);
	give();
	is_int(flow[0].start_ms, WALL * 1000LL - 3000, "v5: an uptime that wrapped");
	is_int(flow[0].rate, 1000, "v5: mode 0 with an interval still samples");
	is_int(all_faults(), 0, "v5: which is no fault");

	afresh();
	v5(2, 10000, 7, 0x8000);
	v5_record(1000, 5000);
	v5_record(1000, 5000);
	give();
	ok(flows == 2 && flow[1].rate == 1 && flow[1].rate_from == SAMPLING_UNKNOWN,
	    "v5: a mode with an interval of 0: unknown");
	is_int(faults[FAULT_FLOW_RATE], 1, "v5: and a fault of the datagram");

	afresh();
	v5(31, 0, 0, 0);
	give();
	is_int(faults[FAULT_FLOW_COUNT], 1, "v5: more than thirty records is a lie");
	v5(2, 0, 0, 0);
	v5_record(0, 0);
	give();
	is_int(faults[FAULT_FLOW_SHORT], 1, "v5: a record that is not there");
	is_int(flows, 0, "and no flow of them");
	v5(1, 10000, 0, 0);
	v5_record(6000, 5000);
	give();
	ok(faults[FAULT_FLOW_TIME] == 1 && flow[0].start_ms == flow[0].end_ms,
	    "v5: what ends before it begins has no length");
}

static void
test_templates(void)
{
	static const uint16_t nothing[][2] = { { 8, 0 }, { 12, 0 } };
	static const uint16_t gaps[][2] = { { 8, 4 }, { 95, 0 }, { 1, 4 } };
	static const uint16_t fat[][2] = { { 8, 50 }, { 1, 4 } };
	static const uint16_t wide[][2] = { { 1, 12 }, { 2, 3 } };

	afresh();
	v9_plain(0, 1, 1);
	give();
	is_int(faults[FAULT_FLOW_NO_TEMPLATE], 1, "v9: data before its template");
	learn_plain(1);
	v9_plain(1, 1, 3);
	give();
	ok(flows == 3 && flow[2].octets == 102, "v9: data behind it");
	clear();
	v9_plain(2, 2, 1);
	give();
	is_int(faults[FAULT_FLOW_NO_TEMPLATE], 1,
	    "the template of another source id is not used");
	v9_plain(2, 1, 1);
	give_from(2, 2055);
	is_int(faults[FAULT_FLOW_NO_TEMPLATE], 2, "nor that of another exporter");

	afresh();
	v9(0, 1);
	template(0, 256, 2, nothing);
	give();
	is_int(faults[FAULT_FLOW_TEMPLATE], 1,
	    "v9: a template whose records have no length");
	v9(0, 1);
	template(0, 257, 3, gaps);
	set(257);
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 77);
	end_set();
	give();
	ok(flows == 1 && flow[0].octets == 77,
	    "v9: a field of no length is passed over");
	clear();
	v9(0, 1);
	template(0, 258, 2, fat);
	set(258);
	for (unsigned i = 0; i < 50; i++)
		pack_u8(&p, 0xaa);
	pack_u32(&p, 77);
	end_set();
	give();
	ok(flows == 1 && flow[0].src.len == 0 && flow[0].octets == 77,
	    "v9: an IPv4 address of fifty bytes is none");
	clear();
	v9(0, 1);
	template(0, 259, 2, wide);
	set(259);
	pack_u32(&p, 0xffffffff);
	pack_u64(&p, 5);
	pack_u8(&p, 1);
	pack_u16(&p, 0x0203);
	end_set();
	give();
	ok(flows == 1 && flow[0].octets == 5 && flow[0].packets == 0x010203,
	    "numbers of twelve and of three bytes");

	afresh();
	v9(0, 1);
	set(256);
	length_at[0] = length_at[1] = 0;
	give();
	is_int(faults[FAULT_FLOW_SET], 1, "v9: a set of no length ends the datagram");
	v9(0, 1);
	template(0, 256, 4, plain);
	for (unsigned i = 0; i < 25; i++)
		pack_u32(&p, 0);
	give();
	is_int(faults[FAULT_FLOW_SET], 1, "v9: zeroes at the end are filling");
	v9(0, 1);
	set(0);
	pack_u16(&p, 300);
	pack_u16(&p, 65535);
	end_set();
	give();
	is_int(faults[FAULT_FLOW_TEMPLATE], 1, "v9: a template of 65535 fields");

	afresh();
	learn_plain(1);
	now += 5 * 3600 * 1000LL;
	v9_plain(1, 1, 1);
	give();
	now += 5 * 3600 * 1000LL;
	v9_plain(2, 1, 1);
	give();
	is_int(flows, 2, "a template that is used stays");
	now += 7 * 3600 * 1000LL;
	exporters_sweep(all, now);
	ok(all->template_bytes == 0 && only_exporter() != NULL,
	    "one that is not goes after six hours");
	now += 25 * 3600 * 1000LL;
	exporters_sweep(all, now);
	is_int(all->count, 0, "and its exporter after a day");
}

static void
test_bounds(void)
{
	uint16_t field[2][2] = { { 8, 4 }, { 1, 4 } };

	afresh();
	for (unsigned i = 0; i < EXPORTER_TEMPLATES_MAX + 10; i++) {
		v9(i, 1);
		template(0, 256 + i, 4, plain);
		give();
		/* The first is in use all the time. */
		v9_plain(i, 1, 1);
		give();
	}
	is_int(HASH_COUNT(only_exporter()->templates), EXPORTER_TEMPLATES_MAX,
	    "so many templates and no more");
	is_int(
	    flows, EXPORTER_TEMPLATES_MAX + 10, "the one in use is not the one to go");
	is_int((long long)all->evicted, 10, "those that went are counted");

	afresh();
	for (unsigned i = 0; i < EXPORTER_CHANGES_MAX + 20; i++) {
		field[1][1] = (uint16_t)(1 + i % 8);
		v9(i, 1);
		template(0, 256, 2, field);
		give();
	}
	/* Two of the nineteen say what is there. */
	is_int(faults[FAULT_FLOW_TEMPLATE], 17,
	    "a template that changes all the time is left");
	now += 60000;
	field[1][1] = 2;
	v9(0, 1);
	template(0, 256, 2, field);
	give();
	is_int(faults[FAULT_FLOW_TEMPLATE], 17, "and may change again a minute later");

	/* Five hundred fields each: far more than one exporter's share of memory. */
	static uint16_t many[500][2];
	for (unsigned i = 0; i < 500; i++)
		many[i][0] = (uint16_t)(1 + i % 200), many[i][1] = 4;
	afresh();
	learn_plain(1);
	struct exporter *first = only_exporter();
	for (unsigned i = 0; i < 100; i++) {
		v9(i, 1);
		template(0, 300 + i, 500, many);
		give_from(2, 2055);
	}
	ok(first->hh.next != NULL &&
		((struct exporter *)first->hh.next)->template_bytes <=
		    EXPORTER_TEMPLATE_BYTES_MAX,
	    "an exporter's templates take no more than its share");
	v9_plain(1, 1, 1);
	give();
	is_int(flows, 1, "and those of others stay");

	afresh();
	for (unsigned i = 0; i < EXPORTER_DOMAINS_MAX + 5; i++)
		learn_plain(i);
	ok(all->count == EXPORTER_DOMAINS_MAX && faults[FAULT_FLOW_FULL] == 5,
	    "one address has so many domains");
	for (unsigned i = 0; i < EXPORTERS_MAX; i++) {
		v9(0, 1);
		give_from(256 + i, 2055);
	}
	is_int(all->count, EXPORTERS_MAX, "and there are so many exporters");
	clear();
	learn_plain(3);
	v9_plain(1, 3, 1);
	give();
	is_int(flows, 1, "those that were there first are not disturbed");

	afresh();
	by_port = true;
	v9(0, 1);
	template(0, 256, 4, plain);
	give_from(1, 1111);
	v9_plain(1, 1, 1);
	give_from(1, 2222);
	is_int(faults[FAULT_FLOW_NO_TEMPLATE], 1,
	    "behind one address, ports tell exporters apart where that is asked");
}

static void
ipfix_template(void)
{
	set(2);
	pack_u16(&p, 300);
	pack_u16(&p, 6);
	pack_u32(&p, 8u << 16 | 4);
	pack_u32(&p, 12u << 16 | 4);
	pack_u32(&p, 2u << 16 | 8);
	pack_u32(&p, 0x8002u << 16 | 8);
	pack_u32(&p, 29305);
	pack_u32(&p, 0x8001u << 16 | 2);
	pack_u32(&p, 29305);
	pack_u32(&p, (0x8000u | 100) << 16 | 65535);
	pack_u32(&p, 6871);
	end_set();
}

static void
ipfix_record(uint64_t there, uint64_t back, unsigned extra)
{
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 0xc6336402);
	pack_u64(&p, there);
	pack_u64(&p, back);
	pack_u16(&p, 999);
	if (extra >= 255) {
		pack_u8(&p, 255);
		pack_u16(&p, (uint16_t)extra);
	} else {
		pack_u8(&p, (uint8_t)extra);
	}
	for (unsigned i = 0; i < extra; i++)
		pack_u8(&p, 'x');
}

static void
test_ipfix(void)
{
	afresh();
	ipfix(0, 1);
	ipfix_template();
	set(300);
	ipfix_record(5, 6, 3);
	ipfix_record(5, 0, 300);
	ipfix_record(0, 6, 0);
	end_set();
	end_message();
	give();
	is_int(flows, 3, "ipfix: fields of variable length, short and long");
	ok((flow[0].has & FLOW_HAS_REVERSE) && flow[0].reverse_packets == 6 &&
		flow[0].reverse_octets == 999,
	    "the way back of a biflow");
	char text[ADDR_TEXT];
	is_str(flow_ip_text(&flow[2].src, text), "198.51.100.2",
	    "a biflow of answers alone is a flow the other way");
	ok(flow[2].packets == 6 && flow[2].octets == 999 &&
		!(flow[2].has & FLOW_HAS_REVERSE),
	    "with the answers' packets");

	/* CVE-2019-14459: a withdrawal with too little behind it. */
	for (unsigned rest = 1; rest <= 3; rest++) {
		ipfix(0, 1);
		set(2);
		pack_u16(&p, 300);
		pack_u16(&p, 0);
		for (unsigned i = 0; i < rest; i++)
			pack_u8(&p, 0xff);
		end_set();
		end_message();
		give();
	}
	clear();
	ipfix(0, 1);
	set(300);
	ipfix_record(5, 6, 3);
	end_set();
	end_message();
	give();
	is_int(
	    faults[FAULT_FLOW_NO_TEMPLATE], 1, "a template that was withdrawn is gone");
	ipfix(0, 1);
	ipfix_template();
	set(2);
	pack_u16(&p, 2);
	pack_u16(&p, 0);
	end_set();
	end_message();
	give();
	is_int(HASH_COUNT(only_exporter()->templates), 0, "all of them withdrawn");

	clear();
	ipfix(0, 1);
	ipfix_template();
	set(300);
	ipfix_record(5, 6, 3);
	end_set();
	p.at[-4] = 200; /* its variable field promises more than there is */
	end_message();
	give();
	ok(flows == 0 && faults[FAULT_FLOW_SHORT] == 1, "a variable field that lies");
	clear();
	ipfix(0, 1);
	end_message();
	bytes[3] = 200;
	give();
	is_int(faults[FAULT_FLOW_SHORT], 1, "a message longer than its datagram");
	bytes[3] = 4;
	give();
	is_int(faults[FAULT_FLOW_SHORT], 2, "a message shorter than its header");

	afresh();
	ipfix(0, 1);
	template(2, 256, 4, plain);
	end_message();
	give();
	now += 91 * 60 * 1000LL;
	ipfix(0, 1);
	set(256);
	plain_record(1);
	end_set();
	end_message();
	give();
	is_int(faults[FAULT_FLOW_NO_TEMPLATE], 1,
	    "ipfix: templates age after ninety minutes");
}

static void
v9_sampler(uint32_t source, unsigned id, uint32_t rate)
{
	v9_sampler_row(source, id, rate);
	give();
}

/* A record of the template 257 that names sampler ID. */
static void
named_sampler(unsigned id)
{
	v9(1, 1);
	set(257);
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 100);
	pack_u8(&p, (uint8_t)id);
	end_set();
	give();
}

/* And one of IPFIX's template 260 with a selector. */
static void
selector(unsigned id)
{
	ipfix(2, 1);
	set(260);
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 100);
	pack_u64(&p, id);
	end_set();
	end_message();
	give();
}

static void
test_sampling(void)
{
	static const uint16_t selected[][2] = { { 8, 4 }, { 1, 4 }, { 302, 8 } };
	static const uint16_t named[][2] = { { 8, 4 }, { 1, 4 }, { 48, 1 } };
	static const uint16_t own[][2] = { { 8, 4 }, { 1, 4 }, { 34, 4 } };
	static const uint16_t spaced[][2] = { { 8, 4 }, { 305, 4 }, { 306, 4 } };

	afresh();
	learn_plain(1);
	v9_plain(1, 1, 1);
	give();
	ok(flow[0].rate == 1 && flow[0].rate_from == SAMPLING_UNKNOWN,
	    "nobody said at what rate: unknown");
	v9_sampler(2, 1, 512);
	v9_plain(1, 1, 1);
	give();
	ok(flow[1].rate == 512 && flow[1].rate_from == SAMPLING_OTHER_DOMAIN,
	    "another domain's, where that is the only one");
	v9_sampler(3, 1, 100);
	v9_plain(1, 1, 1);
	give();
	ok(flow[2].rate_from == SAMPLING_UNKNOWN, "not where domains disagree");
	v9_sampler(1, 7, 1000);
	v9_plain(1, 1, 1);
	give();
	ok(flow[3].rate == 1000 && flow[3].rate_from == SAMPLING_ONLY_SAMPLER,
	    "the one sampler of its own domain");
	v9_sampler(1, 9, 0);
	is_int(faults[FAULT_FLOW_RATE], 1, "a rate of 0 is a fault");
	v9_plain(1, 1, 1);
	give();
	ok(flow[4].rate == 1000, "which teaches nothing");
	v9_sampler(1, 8, 2000);
	v9_plain(1, 1, 1);
	give();
	ok(flow[5].rate_from == SAMPLING_UNKNOWN, "two samplers, and no name");

	clear();
	v9(1, 1);
	template(0, 257, 3, named);
	set(257);
	for (unsigned i = 0; i < 3; i++) {
		static const uint8_t sampler[] = { 8, 7, 0 };
		pack_u32(&p, 0xc0000201);
		pack_u32(&p, 100);
		pack_u8(&p, sampler[i]);
	}
	end_set();
	give();
	ok(flow[0].rate == 2000 && flow[1].rate == 1000 &&
		flow[0].rate_from == SAMPLING_SAMPLER,
	    "the sampler that a record names");
	ok(flow[2].rate == 1 && flow[2].rate_from == SAMPLING_RECORD,
	    "sampler 0, which nobody described: not sampled");

	/* One that nobody described: what another takes says nothing of it. */
	afresh();
	v9(0, 1);
	template(0, 257, 3, named);
	give();
	v9_sampler(1, 7, 1000);
	named_sampler(8);
	ok(flow[0].rate == 1 && flow[0].rate_from == SAMPLING_UNKNOWN,
	    "a sampler that nobody described: unknown, though there is another one");
	v9_sampler(2, 8, 300);
	v9_sampler(3, 9, 400);
	named_sampler(8);
	ok(flow[1].rate == 300 && flow[1].rate_from == SAMPLING_OTHER_DOMAIN,
	    "unless another domain describes it");
	named_sampler(9);
	named_sampler(8);
	ok(flow[2].rate == 400 && flow[3].rate == 300, "each by its name");
	v9_sampler(4, 8, 301);
	named_sampler(8);
	ok(flow[4].rate_from == SAMPLING_UNKNOWN, "and no two differently");
	named_sampler(7);
	ok(flow[5].rate == 1000 && flow[5].rate_from == SAMPLING_SAMPLER,
	    "the one that is described is known all the time");
	guest = true;
	clear();
	for (unsigned i = 0; i < 60; i++) { /* with 60 names, again and again */
		for (unsigned id = 20; id < 80; id++)
			named_sampler(id);
		clear();
	}
	named_sampler(9);
	ok(flow[0].rate_from == SAMPLING_UNKNOWN,
	    "a guest who makes up names is not looked for in all domains");
	now += 2000;
	named_sampler(9);
	ok(flow[1].rate == 400, "but in a moment");
	v9_sampler(3, 17, 500);
	unsigned right = 0;
	for (unsigned i = 0; i < 300; i++) { /* two in turns, of like numbers */
		clear();
		named_sampler(i % 2 == 0 ? 9 : 17);
		right += flow[0].rate == (i % 2 == 0 ? 400 : 500);
	}
	is_int(right, 300, "and then all the time, as is another one in turns");
	right = 0;
	for (unsigned i = 0; i < 300; i++) { /* others' rates change all the time */
		clear();
		v9_sampler(5, 30, 1000 + i);
		named_sampler(9);
		right += flow[0].rate == 400;
	}
	is_int(right, 300, "whatever others say of theirs meanwhile");
	guest = false;

	afresh();
	ipfix(0, 1);
	template(2, 260, 3, selected);
	end_message();
	give();
	selector(0);
	ok(flow[0].rate == 1 && flow[0].rate_from == SAMPLING_UNKNOWN,
	    "ipfix: selector 0 is one like others: unknown until it is described");
	ipfix(1, 1);
	set(3);
	pack_u16(&p, 400);
	pack_u16(&p, 3);
	pack_u16(&p, 1);
	pack_u32(&p, 302u << 16 | 8);
	pack_u32(&p, 305u << 16 | 4);
	pack_u32(&p, 306u << 16 | 4);
	end_set();
	set(400);
	pack_u64(&p, 0);
	pack_u32(&p, 1);
	pack_u32(&p, 99);
	end_set();
	end_message();
	give();
	selector(0);
	ok(flow[1].rate == 100 && flow[1].rate_from == SAMPLING_SAMPLER,
	    "ipfix: and then by what describes it");
	selector(1);
	ok(flow[2].rate_from == SAMPLING_UNKNOWN, "ipfix: which is not for selector 1");

	clear();
	v9(1, 1);
	template(0, 258, 3, own);
	set(258);
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 100);
	pack_u32(&p, 2048);
	end_set();
	template(0, 259, 3, spaced);
	set(259);
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 10);
	pack_u32(&p, 990);
	end_set();
	give();
	ok(flow[0].rate == 2048 && flow[0].rate_from == SAMPLING_RECORD,
	    "the record's own interval");
	is_int(flow[1].rate, 100, "ten of a thousand, by interval and space");
}

/* What the operator says of ADDRESS, and of all. */
static void
say(const char *address, uint32_t rate, uint32_t fallback, uint32_t of_all)
{
	struct rates_rule *rule = mem_zero(1, sizeof *rule);
	struct err err;

	rule->rate.rate = rate;
	rule->fallback = fallback;
	prefixes_parse(&rule->address, address, &err);
	rates_set(&all->rates, rule, 1, of_all);
}

static bool
last_is(uint32_t rate, enum flow_sampling from)
{
	give();
	return flow[flows - 1].rate == rate && flow[flows - 1].rate_from == from;
}

static void
test_operator(void)
{
	afresh();
	learn_plain(1);
	say("192.0.2.1", 0, 7, 9);
	v9_plain(1, 1, 1);
	ok(last_is(7, SAMPLING_DEFAULT), "the operator's default where nobody tells");
	say("203.0.113.0/24", 5, 7, 9);
	v9_plain(1, 1, 1);
	ok(last_is(9, SAMPLING_DEFAULT), "that of all, for those who are not named");
	v5(1, 1000, 0, 0);
	v5_record(0, 0);
	ok(last_is(9, SAMPLING_DEFAULT), "v5: a header of zeroes tells nothing");
	v5(1, 1001, 1, 1);
	v5_record(0, 0);
	ok(last_is(1, SAMPLING_PROTOCOL), "v5: an interval of 1 is told");
	v5(1, 1002, 2, 100);
	v5_record(0, 0);
	ok(last_is(100, SAMPLING_PROTOCOL), "v5: what is told goes before a default");
	v5(1, 1003, 3, 0x4000);
	v5_record(0, 0);
	ok(last_is(9, SAMPLING_DEFAULT), "v5: a mode with an interval of 0 is not");
	v9_sampler(1, 7, 1000);
	v9_plain(1, 1, 1);
	ok(last_is(1000, SAMPLING_ONLY_SAMPLER), "so does a sampler");
	say("192.0.2.1", 5, 7, 9);
	v9_plain(1, 1, 1);
	ok(last_is(5, SAMPLING_OPERATOR), "the operator's own word is the last");
	v5(1, 1003, 3, 100);
	v5_record(0, 0);
	ok(last_is(5, SAMPLING_OPERATOR), "in v5, too");
	say("192.0.2.9", 3, 0, 0);
	v9_plain(1, 1, 1);
	ok(last_is(1000, SAMPLING_ONLY_SAMPLER), "and holds until it is taken back");
	sflow(1, 1);
	sflow_sample(100, 3, 4, 1, sizeof frame);
	ok(last_is(3, SAMPLING_OPERATOR), "sFlow: an agent is named by its address");
	guest = true;
	sflow(1, 2);
	sflow_sample(100, 3, 4, 1, sizeof frame);
	ok(last_is(100, SAMPLING_PROTOCOL),
	    "but not a guest's, who may say what it likes");
	guest = false;
}

/* What the operator says of all and of interfaces of theirs. */
static void
say_list(const char *text)
{
	struct rates_rule *rule = mem_zero(1, sizeof *rule);
	struct err err;

	ok(prefixes_parse(&rule->address, "192.0.2.0/24", &err) == 0 &&
		ratelist_parse(&rule->rate, text, &err) == 0,
	    "said: %s", text);
	rates_set(&all->rates, rule, 1, 0);
}

/* One record of NetFlow v9: from interface IN to OUT, seen on its way out or in. */
static void
v9_way(uint16_t in, uint16_t out, bool egress)
{
	static const uint16_t fields[][2] = { { 8, 4 }, { 2, 4 }, { 10, 2 }, { 14, 2 },
		{ 61, 1 } };

	clear();
	v9(1, 1);
	template(0, 270, 5, fields);
	set(270);
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 10);
	pack_u16(&p, in);
	pack_u16(&p, out);
	pack_u8(&p, egress);
	end_set();
}

static void
test_interfaces(void)
{
	afresh();
	say_list("1000, 3:100 4:10");
	v9_way(3, 4, false);
	ok(last_is(100, SAMPLING_INTERFACE), "the interface that it came in by");
	v9_way(3, 4, true);
	ok(last_is(10, SAMPLING_INTERFACE), "or left by, where it was seen then");
	v9_way(0, 4, false);
	ok(last_is(10, SAMPLING_INTERFACE), "or where no other is told");
	v9_way(5, 4, false);
	ok(last_is(1000, SAMPLING_OPERATOR),
	    "another, of which nothing is said by itself");
	v9_way(0, 0, false);
	ok(last_is(1000, SAMPLING_OPERATOR), "and where none is told");
	v5(1, 1000, 0, 77);
	v5_record(0, 0);
	ok(last_is(100, SAMPLING_INTERFACE), "v5, too");
	sflow(1, 1);
	sflow_sample(64, 4, 3, 1, sizeof frame);
	ok(last_is(100, SAMPLING_INTERFACE), "sFlow: the source of the sample");
	sflow(1, 2);
	sflow_sample(64, 4, 5, 1, sizeof frame);
	ok(last_is(100, SAMPLING_INTERFACE), "whatever ways it tells");
	say_list("4:10");
	v5(1, 1001, 1, 77);
	v5_record(0, 0);
	ok(last_is(77, SAMPLING_PROTOCOL), "others by what they tell");
	say_list("5");
	v9_way(3, 4, false);
	ok(last_is(5, SAMPLING_OPERATOR), "and what was said before is forgotten");
}

static struct sequence_told
sequence_of(void)
{
	return numbering_told(&only_exporter()->numbering);
}

static void
test_sequence(void)
{
	struct sequence s;

	afresh();
	for (unsigned i = 0; i < 5; i++) {
		v5(1, 1000 + i, i == 4 ? 13 : i, 0);
		v5_record(0, 0);
		give();
	}
	is_int((long long)sequence_of().lost, 9, "v5: records that never came");
	v5(1, 1010, 5, 0);
	v5_record(0, 0);
	give();
	ok(sequence_of().lost == 8 && sequence_of().reordered == 1,
	    "one of them was only late");

	static const uint32_t order[] = { 0, 1, 4, 2, 3, 5, 6, 8, 7, 9 };
	sequence_begin(&s, FLOW_NETFLOW5);
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		sequence_add(&s,
		    &(struct sequence_step){ .number = 30 * order[i], .records = 30 });
	ok(s.told.lost == 0 && s.told.restarts == 0 && s.told.reordered == 3,
	    "records of datagrams in another order are not lost");

	sequence_begin(&s, FLOW_NETFLOW9);
	for (uint32_t i = 0; i < 400; i++)
		sequence_add(
		    &s, &(struct sequence_step){ .number = i % 2 ? 90000 + i : i,
			    .clock = i % 2 ? i : 900000 + i,
			    .records = 4 });
	ok(s.told.lost == 0 && s.told.restarts == 0 && s.told.mixed > 100,
	    "numbers of two senders are no loss, and are told");
	sequence_begin(&s, FLOW_NETFLOW9);
	for (uint32_t i = 0; i < 100; i++)
		sequence_add(&s, &(struct sequence_step){
				     .number = i < 50 ? i : i + 500, .records = 4 });
	ok(s.told.lost == 500 && s.told.mixed == 0, "one jump is a great loss");

	/* Exporters that count records where they should count datagrams. */
	sequence_begin(&s, FLOW_NETFLOW9);
	for (uint32_t i = 0, n = 0; i < 30; i++, n += 7)
		sequence_add(&s,
		    &(struct sequence_step){ .number = n, .clock = i, .records = 7 });
	is_int((long long)s.told.lost, 0, "v9: numbers that count records");
	is_str(sequence_unit(&s), "records", "which it says");
	sequence_add(&s, &(struct sequence_step){
			     .number = 30 * 7 + 14, .clock = 31, .records = 7 });
	is_int((long long)s.told.lost, 14, "and then a gap is loss of records");

	/* softflowd 1.1: the total with this message's own, without options. */
	sequence_begin(&s, FLOW_IPFIX);
	for (uint32_t i = 0, n = 0; i < 40; i++) {
		uint32_t records = 3 + i * 7 % 11;
		n += records;
		sequence_add(&s, &(struct sequence_step){ .number = n,
				     .clock = i,
				     .records = records,
				     .options = i % 5 == 0 });
	}
	ok(s.told.lost == 0 && s.way == 2,
	    "ipfix: numbers that include their own message");

	sequence_begin(&s, FLOW_IPFIX);
	for (uint32_t i = 0, n = 0; i < 10; i++) {
		uint32_t records = 3 + i % 4;
		sequence_add(
		    &s, &(struct sequence_step){
			    .number = n, .clock = 1000 + i, .records = records });
		n += records + (i == 5 ? 9 : 0);
	}
	is_int((long long)s.told.lost, 9, "ipfix: as the standard says");
	sequence_add(
	    &s, &(struct sequence_step){ .number = 0, .clock = 10, .records = 1 });
	ok(s.told.lost == 9 && s.told.restarts == 1, "a restart is no loss");
}

/* --- sFlow ------------------------------------------------------------------------ */

static void
test_sflow(void)
{
	afresh();
	sflow(1, 1);
	sflow_sample(1000, 3, 0x3fffffff, 1, sizeof frame);
	give();
	ok(flows == 1 && flow[0].octets == 1518 && flow[0].packets == 1 &&
		flow[0].rate == 1000,
	    "sflow: a sampled header");
	ok(flow[0].sport == 443 && flow[0].dport == 50000 && flow[0].flags == 0x12 &&
		flow[0].vlan == 100 && (flow[0].tos & 3) == 2,
	    "its ports, flags, VLAN and ECN");
	ok(flow[0].in == 3 && flow[0].out == 0, "the device itself is no interface");
	is_int(flow[0].start_ms, now, "its time is when it came");
	sflow(1, 2);
	sflow_sample(0, 3, 2u << 30 | 5, 1, sizeof frame);
	give();
	ok(flow[1].rate == 1 && faults[FAULT_FLOW_RATE] == 1,
	    "a rate of 0 is 1, and counted");
	is_int(flow[1].out, 0, "five outputs are no interface");
	ok((flow[0].has & FLOW_HAS_EGRESS) && !flow[0].egress,
	    "sampled by the interface that it came in at: on its way in");
	clear();
	sflow(1, 3);
	sflow_sample(1000, 4, 3, 1, sizeof frame);
	give();
	ok((flow[0].has & FLOW_HAS_EGRESS) && flow[0].egress,
	    "by the one that it leaves at: on its way out");
	clear();
	sflow(1, 3);
	sflow_sample(1000, 4, 5, 1, sizeof frame);
	give();
	ok(flows == 1 && !(flow[0].has & FLOW_HAS_EGRESS),
	    "by another one: that is not known");
	clear();
	sflow(1, 3);
	sflow_sample(1000, 1, 2, 1, 0x465e0020);
	give();
	is_int(faults[FAULT_FLOW_HEADER], 1, "a header that is longer than its record");
	clear();
	sflow(1, 4);
	uint8_t *at = p.at;
	sflow_sample(1000, 1, 2, 1, sizeof frame);
	/* The frame's length, behind 40 bytes of the sample and 12 of the record. */
	at[52] = 0xff;
	give();
	ok(flows == 1 && flow[0].packets == 1 && !(flow[0].has & FLOW_HAS_OCTETS) &&
		flow[0].octets == 0 && flow[0].sport == 443 &&
		faults[FAULT_FLOW_HEADER] == 1,
	    "a frame of four thousand million bytes: a packet of unknown length");
	clear();
	sflow(1, 4);
	sflow_sample(1000, 1, 2, UINT32_MAX, sizeof frame);
	give();
	is_int(faults[FAULT_FLOW_COUNT], 1, "four thousand million records");
	sflow(UINT32_MAX, 5);
	sflow_sample(1000, 1, 2, 1, sizeof frame);
	give();
	ok(faults[FAULT_FLOW_COUNT] == 2, "four thousand million samples");
	sflow(1, 6);
	bytes[7] = 9;
	give();
	is_int(faults[FAULT_FLOW_ADDRESS], 1, "an agent of no kind of address");
	is_int((long long)sequence_of().lost, 0, "no datagram is missed");
	sflow(0, 9);
	give();
	is_int((long long)sequence_of().lost, 3, "but then three");
	pack_init(&p, bytes, sizeof bytes);
	pack_u32(&p, 4);
	give();
	is_int(faults[FAULT_FLOW_VERSION], 1, "sFlow 4 is another protocol");
	pack_init(&p, bytes, sizeof bytes);
	pack_u16(&p, 8);
	pack_u16(&p, 1);
	give();
	is_int(faults[FAULT_FLOW_VERSION], 2, "NetFlow 8 too");
}

static void
test_packets(void)
{
	static const uint8_t fragment[] = { 0x45, 0, 0, 40, 0, 1, 0x20, 3, 60, 17, 0, 0,
		192, 0, 2, 1, 198, 51, 100, 2, 1, 2, 3, 4 };
	static const uint8_t ihl[] = { 0x41, 0, 0, 40, 0, 1, 0, 0, 60, 17, 0, 0, 192, 0,
		2, 1, 198, 51, 100, 2, 1, 2, 3, 4 };
	struct packet k;

	ok(packet_read(&k, PACKET_IP, fragment, sizeof fragment) == 0 &&
		!(k.has & FLOW_HAS_SPORT) && k.fragment == 3,
	    "a later fragment has no ports");
	is_int(packet_read(&k, PACKET_IP, ihl, sizeof ihl), -1,
	    "an IPv4 header of four bytes is none");
	for (size_t len = 0; len <= sizeof frame; len++) {
		uint8_t *copy = malloc(len + 1);
		memcpy(copy, frame, len);
		(void)packet_read(&k, PACKET_ETHERNET, copy, len);
		free(copy);
	}
	ok(packet_read(&k, PACKET_ETHERNET, frame, 36) == -1 && k.src.len == 0 &&
		k.dst.len == 0 && !(k.has & FLOW_HAS_PROTO),
	    "one that is cut off between its addresses has neither");
	ok(packet_read(&k, PACKET_ETHERNET, frame, 44) == 0 && k.sport == 443 &&
		!(k.has & FLOW_HAS_FLAGS),
	    "a packet that is cut off has what there was");
}

int
main(void)
{
	test_v5();
	test_templates();
	test_bounds();
	test_ipfix();
	test_sampling();
	test_operator();
	test_interfaces();
	test_sequence();
	test_sflow();
	test_packets();
	exporters_free(all);
	return tap_done();
}
