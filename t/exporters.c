/* Who may send, and how much of it is listened to: those who are named, guests, and a
 * flood of forged addresses. */
#include "collector/lessons.h"
#include "collector/senders.h"
#include "t/flowgram.h"
#include "t/tap.h"

static enum sender
judge(const struct senders *s, const char *address)
{
	struct addr a;

	addr_parse(&a, address);
	return senders_judge(s, &a);
}

static void
test_senders(void)
{
	struct senders s = { 0 };
	struct addr a;
	struct err err;
	char line[SENDERS_LINE];
	static const uint8_t v9_head[] = { 0, 9, 0, 1 }, sflow_head[] = { 0, 0, 0, 5 };

	senders_configure(&s, NULL, "172.17.0.1", &err);
	ok(judge(&s, "192.168.1.1") == SENDER_GUEST &&
		judge(&s, "fe80::1") == SENDER_GUEST &&
		judge(&s, "192.0.2.1") == SENDER_STRANGER,
	    "where nothing is set, neighbours may send");
	ok(judge(&s, "172.17.0.1") == SENDER_PROXY,
	    "a proxy is a neighbour that may not");
	addr_parse(&a, "172.17.0.1");
	const struct stranger *t = senders_refuse(&s, &a, v9_head, sizeof v9_head, NOW);
	ok(t->proxy && t->protocol == FLOW_NETFLOW9 && t->datagrams == 1,
	    "it is noted, with what it speaks");
	is_str(senders_line(&s, t, line), "allow = private 172.17.0.1",
	    "and what would let it in");
	senders_configure(&s, "private 172.17.0.1", "172.17.0.1", &err);
	ok(judge(&s, "172.17.0.1") == SENDER_NAMED && senders_by_port(&s, &a) &&
		judge(&s, "10.1.1.1") == SENDER_GUEST,
	    "which then does so, and others stay");
	senders_sweep(&s, NOW);
	is_int(s.strangers, 0, "it is no stranger any more");
	senders_configure(&s, "192.0.2.0/24", "", &err);
	ok(judge(&s, "192.0.2.1") == SENDER_NAMED &&
		judge(&s, "10.1.1.1") == SENDER_STRANGER,
	    "those who are named, and nobody else");
	ok(senders_configure(&s, "192.0.2.0/99", "", &err) != 0 &&
		judge(&s, "192.0.2.1") == SENDER_NAMED,
	    "a bad list changes nothing");

	addr_parse(&a, "203.0.113.200");
	for (unsigned i = 0; i < 5; i++)
		senders_refuse(&s, &a, sflow_head, sizeof sflow_head, NOW);
	for (unsigned i = 0; i < 1000; i++) {
		struct addr forged = a;

		forged.v4.sin_addr.s_addr = htonl(0xcb007100 + i % 150);
		t = senders_refuse(&s, &forged, sflow_head, 3, NOW + i);
	}
	ok(s.strangers == STRANGERS_MAX && s.refused == 1006 &&
		t->protocol == FLOW_UNKNOWN,
	    "so many strangers are kept, all are counted");
	t = senders_refuse(&s, &a, sflow_head, sizeof sflow_head, NOW + 1000);
	ok(t->datagrams == 6 && t->protocol == FLOW_SFLOW5 && t->first_ms == NOW,
	    "the busy one is still known");
	t = senders_refuse(&s, &a, v9_head, sizeof v9_head, NOW + 1000);
	is_int(t->protocol, FLOW_SFLOW5, "it speaks what most of its datagrams do");
	senders_sweep(&s, NOW + 25 * 3600 * 1000LL);
	is_int(s.strangers, 0, "who is silent for a day is forgotten");
	senders_free(&s);
}

/* A proxy that takes another port after every pause. */
static void
test_ports(void)
{
	struct exporters *e = exporters_new();
	struct addr from;
	unsigned taken = 0, at_once = 0;

	addr_parse(&from, "172.17.0.1");
	for (unsigned i = 0; i < 200; i++) {
		struct exporter_key key = exporter_key(&from, FLOW_NETFLOW9, NULL, 0);
		struct exporter *x;

		key.port = 40000 + i;
		x = exporters_get(e, &key, false, NOW + i * 100000LL);
		if (x != NULL) {
			x->last_ms = NOW + i * 100000LL;
			taken++;
		}
	}
	is_int(taken, 200, "a port that fell silent makes room for the next one");
	for (unsigned i = 0; i < 200; i++) {
		struct exporter_key key = exporter_key(&from, FLOW_NETFLOW9, NULL, 0);

		key.port = 50000 + i;
		at_once += exporters_get(e, &key, false, NOW + 200 * 100000LL) != NULL;
	}
	ok(at_once >= 1 && at_once < EXPORTER_DOMAINS_MAX,
	    "those that are heard do not (%u)", at_once);
	exporters_free(e);
}

/* From HOST below 192.0.2.0: a template and a record, of source id SOURCE. */
static void
whole_from(unsigned host, uint32_t source)
{
	v9(0, source);
	template(0, 256, 4, plain);
	set(256);
	plain_record(100);
	end_set();
	give_from(host, 2055);
}

/* A thousand forged addresses a second for a quarter of an hour, each with templates,
 * beside a good one that sends one datagram a second. */
static void
flood(bool good_is_guest)
{
	uint64_t good = 0;

	afresh();
	guest = good_is_guest;
	whole_from(1, 1);
	for (unsigned s = 0; s < 16 * 60; s++) {
		now += 1000;
		guest = true;
		for (unsigned i = 0; i < 100; i++)
			whole_from(0x1000 + (s * 100 + i) % 50000, i);
		clear();
		guest = good_is_guest;
		v9_plain(s + 1, 1, 1);
		give_from(1, 2055);
		good += flows;
		if (s % 10 == 0)
			exporters_sweep(all, now);
	}
	/* And as many in one second as are listened to of all new ones. */
	guest = true;
	for (unsigned i = 0; i < EXPORTER_GUEST_RATE + 1000; i++)
		whole_from(0x20000 + i % 200, 1);
	ok(faults[FAULT_FLOW_FULL] + faults[FAULT_FLOW_FLOOD] > EXPORTER_GUEST_RATE,
	    "the flood is counted");
	clear();
	guest = good_is_guest;
	v9_plain(16 * 60 + 1, 1, 1);
	give_from(1, 2055);
	good += flows;
	is_int((long long)good, 16 * 60 + 1,
	    good_is_guest ? "a flood of forged guests: all of a good guest's is heard"
			  : "and all of one who is named");
	ok(all->count <= EXPORTER_GUESTS_MAX + 1 && all->guests <= EXPORTER_GUESTS_MAX,
	    "of the forged ones a few hundred have a place");
	ok(all->guest_template_bytes <=
		EXPORTER_GUESTS_MAX * EXPORTER_GUEST_TEMPLATE_BYTES_MAX,
	    "and no more memory than guests' share");
}

static void
test_guests(void)
{
	afresh();
	guest = true;
	for (unsigned i = 0; i < EXPORTER_GUEST_TEMPLATES_MAX + 10; i++) {
		v9(i, 1);
		template(0, 256 + i, 4, plain);
		give();
	}
	is_int(HASH_COUNT(only_exporter()->templates), EXPORTER_GUEST_TEMPLATES_MAX,
	    "a guest has few templates");
	for (unsigned i = 0; i < EXPORTER_GUEST_DOMAINS_MAX + 5; i++)
		learn_plain(i);
	is_int(all->count, EXPORTER_GUEST_DOMAINS_MAX, "and few domains");
	size_t bytes_before = all->guest_template_bytes;
	guest = false;
	learn_plain(1);
	ok(all->guests == EXPORTER_GUEST_DOMAINS_MAX - 1 &&
		all->guest_template_bytes < bytes_before,
	    "until it is named");

	afresh();
	guest = true;
	for (unsigned i = 0; i < EXPORTER_GUEST_RATE + 100; i++) {
		v5(1, 2000, i, 0);
		v5_record(0, 0);
		give();
	}
	ok(flows == EXPORTER_GUEST_RATE && faults[FAULT_FLOW_FLOOD] == 100,
	    "so many datagrams a second of a guest, others are counted");
	clear();
	for (unsigned i = 0; i < EXPORTER_GUEST_RATE; i++) {
		v5(1, 2000, i, 0);
		v5_record(0, 0);
		give_from(2 + i % 40, 2055);
	}
	is_int(flows, 0, "all new ones share them");
	now += 500;
	for (unsigned i = 0; i < EXPORTER_GUEST_RATE; i++) {
		v5(1, 2000, i, 0);
		v5_record(0, 0);
		give_from(2 + i % 40, 2055);
	}
	is_int(flows, EXPORTER_GUEST_RATE / 2, "half of them half a second later");
	clear();
	guest = false;
	for (unsigned i = 0; i < 2 * EXPORTER_GUEST_RATE; i++) {
		v5(1, 2000, i, 0);
		v5_record(0, 0);
		give_from(100, 2055);
	}
	is_int(flows, 2 * EXPORTER_GUEST_RATE, "one who is named may send more");

	/* All places taken by guests: one who is named gets one. */
	afresh();
	guest = true;
	for (unsigned i = 0; i < EXPORTERS_MAX; i++) {
		now += 1000;
		learn_plain(1);
		give_from(i, 2055);
	}
	is_int(all->guests, EXPORTER_GUESTS_MAX, "guests have so many places");
	guest = false;
	for (unsigned i = 0; i < EXPORTERS_MAX; i++) {
		v9(0, 1);
		give_from(0x2000 + i, 2055);
	}
	ok(all->count == EXPORTERS_MAX && all->guests == 0,
	    "which they leave to those who are named");
	flood(true);
	flood(false);
}

static const uint16_t turned[][2] = { { 12, 4 }, { 8, 4 }, { 2, 4 }, { 1, 4 } };

static bool
everybody_may(void *ctx, const struct addr *from, bool *is_guest)
{
	(void)ctx;
	(void)from;
	*is_guest = false;
	return true;
}

/* NetFlow v9. */
static void
define_from(unsigned port, const uint16_t (*fields)[2])
{
	v9(0, 1);
	template(0, 256, 4, fields);
	give_from(1, port);
}

/* A record of 100 and 3; what comes out of it, as octets. */
static unsigned
octets_from(unsigned port)
{
	flows = 0;
	v9_plain(0, 1, 1);
	give_from(1, port);
	return flows == 1 ? (unsigned)flow[0].octets : 0;
}

static unsigned
templates(void)
{
	const struct template *t;
	unsigned n = 0;

	TAILQ_FOREACH(t, &all->by_use, use)
		n++;
	return n;
}

/* One process tells that its sampler ID takes one in RATE. */
static void
sampler_named(unsigned port, uint32_t id, uint32_t rate)
{
	v9(0, 1);
	set(1);
	pack_u16(&p, 400);
	pack_u16(&p, 4);
	pack_u16(&p, 8);
	pack_u32(&p, 1 << 16 | 4);
	pack_u32(&p, 48 << 16 | 4);
	pack_u32(&p, 50 << 16 | 4);
	end_set();
	set(400);
	pack_u32(&p, 0);
	pack_u32(&p, id);
	pack_u32(&p, rate);
	end_set();
	give_from(1, port);
}

static void
sampler_from(unsigned port, uint32_t rate)
{
	sampler_named(port, 7, rate);
}

/* The rate of a record that names sampler ID, by the template 257. */
static uint32_t
rate_of(unsigned port, uint32_t id)
{
	flows = 0;
	v9(1, 1);
	set(257);
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 100);
	pack_u32(&p, id);
	end_set();
	give_from(1, port);
	return flows == 1 ? flow[0].rate : 0;
}

static uint32_t
rate_from(unsigned port)
{
	return octets_from(port) == 0 ? 0 : flow[0].rate;
}

/* Two processes of one host, with one source id and one template id: they are told
 * apart by what they send, and an exporter that begins anew at another port is one
 * still. */
static void
test_processes(void)
{
	static uint8_t kept[LESSONS_MAX];
	struct err err;

	afresh();
	define_from(1111, plain);
	is_int(octets_from(1111), 100, "a process has a template");
	define_from(2222, turned);
	ok(octets_from(2222) == 3 && octets_from(1111) == 100 && octets_from(2222) == 3,
	    "another one another by the same id: they do not mix");
	define_from(1111, plain);
	ok(octets_from(2222) == 3 && octets_from(1111) == 100,
	    "nor when one is sent again");
	is_int(octets_from(3333), 100, "from another port it is the last one");
	is_int(all->count, 1, "all of it is one exporter");
	sampler_from(1111, 100);
	sampler_from(2222, 10);
	ok(rate_from(1111) == 100 && rate_from(2222) == 10 && rate_from(3333) == 10,
	    "their samplers do not mix either");

	/* What they have taught is told apart in what is kept, too. */
	uint32_t left;
	size_t len = lessons_write(all, kept, sizeof kept, &left);
	afresh();
	is_int(lessons_read(all, kept, len, now + 1000, everybody_may, NULL, &err), 0,
	    "what is kept is read");
	ok(octets_from(1111) == 100 && octets_from(2222) == 3 &&
		octets_from(3333) == 100,
	    "and knows whose template is whose");
	ok(rate_from(1111) == 100 && rate_from(2222) == 10 && rate_from(3333) == 10,
	    "and whose sampler");

	/* One that has a socket for each sampler is one process. */
	static const uint16_t naming[3][2] = { { 8, 4 }, { 1, 4 }, { 48, 4 } };
	sampler_named(1111, 8, 500);
	sampler_named(2222, 9, 600);
	v9(0, 1);
	template(0, 257, 3, naming);
	give_from(1, 1111);
	ok(rate_of(1111, 8) == 500 && rate_of(1111, 9) == 600 &&
		rate_of(2222, 8) == 500 && rate_of(3333, 8) == 500,
	    "a sampler is known whichever socket told of it");
	sampler_named(1111, 9, 601);
	ok(rate_of(1111, 9) == 601 && rate_of(2222, 9) == 600,
	    "each port's own goes before");
	sampler_named(4444, 9, 602);
	ok(rate_of(5555, 8) == 500 && flow[0].rate_from == SAMPLING_SAMPLER,
	    "and what all say is believed");

	/* It begins anew, and sends by another port. */
	afresh();
	define_from(1111, plain);
	is_int(octets_from(2222), 100, "one that begins anew is read by what it had");
	define_from(2222, turned);
	is_int(octets_from(2222), 3, "until it sends another template");
	is_int(octets_from(4444), 3, "of which that is the last");
	for (unsigned i = 0; i < 100; i++) {
		/* Never the same as one before. */
		uint16_t own[4][2] = { { 1, 4 }, { 8, 4 }, { (uint16_t)(1000 + i), 4 },
			{ 12, 4 } };
		now += 60000;
		define_from(5000 + i, own);
		sampler_from(5000 + i, 1000 + i);
		ok(octets_from(5000 + i) == 0xc0000201 &&
			rate_from(5000 + i) == 1000 + i,
		    "it begins anew for the %uth time", i);
	}
	ok(all->count == 1 && templates() <= 2 * TEMPLATE_VARIANTS_MAX &&
		faults[FAULT_FLOW_FULL] == 0,
	    "which fills nothing up");

	/* One process that sends by many ports, always the same. */
	afresh();
	for (unsigned i = 0; i < 200; i++) {
		define_from(6000 + i % 20, plain);
		if (octets_from(6000 + i * 7 % 20) != 100)
			ok(false, "datagram %u of many ports", i);
	}
	ok(templates() == 1 && faults[FAULT_FLOW_TEMPLATE] == 0,
	    "a template that comes from twenty ports is one");

	/* One is withdrawn; the other process has its own. */
	afresh();
	for (unsigned port = 1; port <= 2; port++) {
		ipfix(0, 1);
		template(2, 256, 4, port == 1 ? plain : turned);
		end_message();
		give_from(1, port);
	}
	ipfix(0, 1);
	set(2);
	pack_u16(&p, 256);
	pack_u16(&p, 0);
	end_set();
	end_message();
	give_from(1, 2);
	ipfix(0, 1);
	set(256);
	plain_record(100);
	end_set();
	end_message();
	give_from(1, 1);
	ok(flows == 1 && flow[0].octets == 100 && templates() == 1,
	    "a process withdraws its own template and no other's");
}

static void
test_apart(void)
{

	/* Two exporters with the same template id and source id behind one address. */
	afresh();
	by_port = true;
	v9(0, 1);
	template(0, 256, 4, plain);
	give_from(1, 1111);
	v9(0, 1);
	template(0, 256, 4, turned);
	give_from(1, 2222);
	for (unsigned i = 1; i <= 10; i++) {
		v9_plain(i, 1, 1);
		give_from(1, 1111);
		v9_plain(i, 1, 1);
		give_from(1, 2222);
	}
	bool first = true, second = true;
	for (unsigned i = 0; i < 20; i += 2) {
		first &= flow[i].octets == 100 && flow[i].packets == 3;
		second &= flow[i + 1].octets == 3 && flow[i + 1].packets == 100;
	}
	ok(flows == 20 && first && second,
	    "two with one template id behind one address do not mix");
	const struct exporter *x = all->all, *y = x->hh.next;
	ok(all->count == 2 && numbering_told(&x->numbering).lost == 0 &&
		numbering_told(&y->numbering).lost == 0,
	    "nor do their numbers");

	/* One address, told apart by the source id alone. */
	afresh();
	v9(0, 1);
	template(0, 256, 4, plain);
	give();
	v9(0, 2);
	template(0, 256, 4, turned);
	give();
	v9_plain(1, 1, 1);
	give();
	v9_plain(1, 2, 1);
	give();
	ok(flow[0].octets == 100 && flow[1].octets == 3,
	    "two source ids of one address do not either");

	afresh();
	sflow(0, 1);
	give_from(1, 6343);
	ok(!only_exporter()->agent_elsewhere, "an agent at one address");
	sflow(0, 1);
	give_from(2, 6343);
	x = all->all, y = x->hh.next;
	ok(all->count == 2 && x->agent_elsewhere && y->agent_elsewhere,
	    "one agent at two addresses is noted");
	for (unsigned i = 0; i < 70; i++) {
		now += 60000;
		sflow(0, 1);
		give_from(1, 6343);
		exporters_sweep(all, now);
		if (i == 30)
			ok(x->agent_elsewhere && y->agent_elsewhere,
			    "for a while, though one is silent");
	}
	ok(!x->agent_elsewhere, "but not for ever");
	sflow(0, 1);
	give_from(2, 6343);
	exporters_sweep(all, now);
	ok(x->agent_elsewhere && y->agent_elsewhere, "until it comes again");
}

static void
test_clock(void)
{
	afresh();
	sflow(0, 1);
	give();
	is_int(exporter_ahead_ms(only_exporter()), INT64_MIN, "sFlow tells no time");

	afresh();
	now = WALL * 1000LL - 7000;
	for (unsigned i = 0; i < 5; i++) {
		v9(i, 1);
		give();
		now += 100; /* each was on its way for longer */
	}
	is_int(exporter_ahead_ms(only_exporter()), 7000,
	    "a clock that is seven seconds ahead");
	now = WALL * 1000LL + 3000 + 11 * 60000;
	v9(5, 1);
	give();
	now += 5 * 60000;
	v9(6, 1);
	give();
	is_int(exporter_ahead_ms(only_exporter()), -3000 - 11 * 60000,
	    "what it was ten minutes ago is forgotten");

	afresh();
	v5(1, 10000, 0, 0);
	v5_record(1000, 2000);
	memset(bytes + 8, 0, 4);
	give();
	ok(faults[FAULT_FLOW_CLOCK] == 1 && flows == 1,
	    "a clock in 1970 is counted, and its flows are there");
	is_int(exporter_ahead_ms(only_exporter()), -NOW, "and how far it is away");
}

static void
test_timeouts(void)
{
	afresh();
	v9(0, 1);
	set(1);
	pack_u16(&p, 400);
	pack_u16(&p, 4);
	pack_u16(&p, 8);
	pack_u32(&p, 1u << 16 | 4);
	pack_u32(&p, 36u << 16 | 2);
	pack_u32(&p, 37u << 16 | 2);
	pack_u16(&p, 0);
	end_set();
	set(400);
	pack_u32(&p, 0);
	pack_u16(&p, 60);
	pack_u16(&p, 15);
	end_set();
	give();
	ok(only_exporter()->active_s == 60 && only_exporter()->inactive_s == 15,
	    "the timeouts that an exporter tells");
}

int
main(void)
{
	test_senders();
	test_ports();
	test_guests();
	test_apart();
	test_processes();
	test_clock();
	test_timeouts();
	exporters_free(all);
	return tap_done();
}
