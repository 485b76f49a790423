/* Processes behind one address: which ports are of one of them, and whose templates and
 * samplers count for whom. */
#include "collector/ports.h"

#include "t/flowgram.h"
#include "t/tap.h"

/* --- numbers ---------------------------------------------------------------------- */

static void
test_lines(void)
{
	struct ports s = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		ports_hear(&s, 1, 5000 + i);
		ports_hear(&s, 2, 70 + i);
	}
	ok(ports_apart(&s, 1, 2) && ports_apart(&s, 2, 1) && !ports_apart(&s, 1, 1),
	    "each has a line of numbers: two processes");
	ok(!ports_follow(&s, 1, 2), "of which none follows the other");
	ports_hear(&s, 3, 0);
	ok(!ports_apart(&s, 1, 3), "one who has said nothing but a word is unknown");

	s = (struct ports){ 0 };
	for (uint32_t n = UINT32_MAX - 6; n != 8; n++)
		ports_hear(&s, 1 + n % 3, n);
	ok(!ports_apart(&s, 1, 2) && ports_follow(&s, 1, 2) && ports_follow(&s, 3, 1),
	    "all ports in one line, which runs over: one process");
	ports_hear(&s, 1, 9);
	ports_hear(&s, 2, 8);
	ports_hear(&s, 1, 11);
	ports_hear(&s, 2, 10);
	ok(!ports_apart(&s, 1, 2), "and is, when some overtake each other");
	ports_own(&s, 1);
	ok(!ports_follow(&s, 1, 2) && !ports_follow(&s, 2, 1) && ports_follow(&s, 2, 3),
	    "who has its own neither follows nor leads");

	s = (struct ports){ 0 };
	for (unsigned i = 0; i < 20; i++)
		ports_hear(&s, 1 + i % 2, 0);
	ok(!ports_apart(&s, 1, 2) && !ports_follow(&s, 1, 2),
	    "without numbers nothing is known");

	s = (struct ports){ 0 };
	for (unsigned i = 0; i < 20; i++)
		ports_hear(&s, 1 + i / 10, i % 10);
	ok(!ports_apart(&s, 1, 2) && !ports_follow(&s, 1, 2),
	    "nor where one takes the place of another");

	s = (struct ports){ 0 };
	for (unsigned i = 0; i < 20; i++)
		ports_hear(&s, 1 + i / 10, i < 10 ? 1000 + i : i - 10);
	ports_hear(&s, 1, 1010);
	ports_hear(&s, 2, 10);
	ok(!ports_apart(&s, 1, 2), "not even if its last word comes after the first");

	s = (struct ports){ 0 };
	for (unsigned i = 0; i < 100; i++)
		ports_hear(&s, i % 50, i);
	is_int(s.count, PORTS_MAX, "of fifty ports some are known");
	ports_hear(&s, 49, 1000);
	ok(!ports_apart(&s, 0, 49) && !ports_follow(&s, 0, 49),
	    "and of those that are not nothing");
}

/* --- what counts for whom --------------------------------------------------------- */

static const uint16_t turned[][2] = { { 12, 4 }, { 8, 4 }, { 2, 4 }, { 1, 4 } };
static const uint16_t otherwise[][2] = { { 1, 4 }, { 12, 4 }, { 8, 4 }, { 2, 4 } };
static const uint16_t naming[][2] = { { 8, 4 }, { 1, 4 }, { 48, 4 } };

/* Numbers of the process behind each port. */
static uint32_t number[10000];
static uint32_t *line[10000];

/* A process with number FIRST next sends from PORT; or that of port LIKE. */
static void
process(unsigned port, uint32_t first)
{
	number[port] = first;
	line[port] = &number[port];
}

static void
socket_of(unsigned port, unsigned like)
{
	line[port] = line[like];
}

static void
define_from(unsigned port, const uint16_t (*fields)[2])
{
	v9((*line[port])++, 1);
	template(0, 256, 4, fields);
	give_from(1, port);
}

static void
sampler_from(unsigned port, unsigned id, uint32_t rate)
{
	v9_sampler_row(1, id, rate);
	uint8_t *at = bytes + 12;
	uint32_t n = htonl((*line[port])++);

	memcpy(at, &n, sizeof n);
	give_from(1, port);
}

/* Octets of a record of 100 and 3 from PORT, as it is read. */
static unsigned
octets_from(unsigned port)
{
	flows = 0;
	v9_plain((*line[port])++, 1, 1);
	give_from(1, port);
	return flows == 1 ? (unsigned)flow[0].octets : 0;
}

static uint32_t
rate_from(unsigned port)
{
	return octets_from(port) == 0 ? 0 : flow[0].rate;
}

static uint32_t
rate_naming(unsigned port, unsigned id)
{
	flows = 0;
	v9((*line[port])++, 1);
	set(257);
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 100);
	pack_u32(&p, id);
	end_set();
	give_from(1, port);
	return flows == 1 ? flow[0].rate : 0;
}

/* Both say something, in turn. */
static void
talk(unsigned a, unsigned b)
{
	for (unsigned i = 0; i < 4; i++) {
		(void)octets_from(a);
		(void)octets_from(b);
	}
}

static void
test_samplers(void)
{
	afresh();
	process(1111, 5000);
	process(2222, 0);
	define_from(1111, plain);
	sampler_from(1111, 7, 100);
	define_from(2222, plain);
	talk(1111, 2222);
	ok(rate_from(1111) == 100 && flow[0].rate_from == SAMPLING_ONLY_SAMPLER,
	    "a process that samples");
	ok(rate_from(2222) == 1 && flow[0].rate_from == SAMPLING_UNKNOWN,
	    "another one, which says nothing of that, is not scaled by its rate");
	v9(number[2222]++, 1);
	template(0, 257, 3, naming);
	give_from(1, 2222);
	ok(rate_naming(2222, 7) == 1 && flow[0].rate_from == SAMPLING_UNKNOWN,
	    "nor by what it calls one of its samplers");

	/* It begins anew. */
	process(3333, 0);
	define_from(3333, plain);
	is_int(rate_from(3333), 100, "one that begins anew at another port is");
	talk(3333, 2222);
	is_int(rate_from(3333), 100, "whatever the other says meanwhile");
	sampler_from(3333, 7, 200);
	ok(rate_from(3333) == 200 && rate_from(2222) == 1,
	    "until it tells another rate, of itself alone");
	/* And the other one does. */
	process(4444, 100000);
	define_from(4444, plain);
	talk(3333, 4444);
	ok(rate_from(4444) == 1 && rate_from(3333) == 200,
	    "nor is the other one when it begins anew");

	afresh();
	process(1111, 5000);
	socket_of(2222, 1111);
	define_from(1111, plain);
	define_from(2222, plain);
	sampler_from(1111, 7, 100);
	talk(1111, 2222);
	ok(rate_from(1111) == 100 && rate_from(2222) == 100,
	    "a process with two sockets samples by both");
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

static void
test_templates(void)
{
	afresh();
	process(1111, 5000);
	process(2222, 0);
	define_from(1111, plain);
	define_from(2222, plain);
	talk(1111, 2222);
	define_from(1111, turned);
	ok(octets_from(1111) == 3 && octets_from(2222) == 100,
	    "what a process defines anew does not hold for another one");
	define_from(2222, plain);
	ok(octets_from(1111) == 3 && octets_from(2222) == 100,
	    "nor what that one sends again");
	/* The newest is the first one's: that of the other is read by its own. */
	define_from(1111, turned);
	process(3333, 0);
	is_int(
	    octets_from(3333), 3, "of one that begins anew nobody knows whose it is");
	talk(1111, 3333);
	is_int(octets_from(3333), 100, "until it is seen whose it is not");
	is_int(octets_from(1111), 3, "and the other has its own");

	/* All templates are another process's: no guess is made of what that may be. */
	afresh();
	process(1111, 5000);
	process(2222, 0);
	define_from(1111, plain);
	talk(1111, 2222);
	clear();
	ok(octets_from(2222) == 0 && faults[FAULT_FLOW_NO_TEMPLATE] == 1,
	    "who has sent none is not read by those of another process");

	afresh();
	process(1111, 5000);
	socket_of(2222, 1111);
	socket_of(3333, 1111);
	define_from(1111, plain);
	define_from(2222, plain);
	define_from(3333, plain);
	for (unsigned i = 0; i < 4; i++) {
		talk(1111, 2222);
		talk(3333, 2222);
	}
	define_from(2222, turned);
	ok(octets_from(1111) == 3 && octets_from(2222) == 3 && octets_from(3333) == 3,
	    "what one socket of a process defines anew holds for all of them");
	is_int(templates(), 1, "and nothing is left of what was before");
	define_from(1111, turned);
	define_from(3333, plain);
	ok(octets_from(3333) == 100 && octets_from(1111) == 3 && octets_from(2222) == 3,
	    "one that defines it otherwise has its own, which is no other's");
	define_from(1111, otherwise);
	ok(octets_from(3333) == 100 && octets_from(1111) == 0xc0000201 &&
		octets_from(2222) == 0xc0000201,
	    "and does not follow any more, while others do");
}

/* Thirty records of template 256 from PORT, numbered from FIRST; octets of one. */
static uint64_t
thirty(unsigned port, uint32_t first)
{
	ipfix(first, 3);
	set(256);
	for (unsigned i = 0; i < 30; i++)
		plain_record(100);
	end_set();
	end_message();
	flows = 0;
	give_from(1, port);
	return flow[0].octets;
}

/* Two processes whose numbers happen to lie within a datagram of each other look like
 * one; what each means by a template is not the other's for that. */
static void
test_close(void)
{
	afresh();
	ipfix(1000, 3);
	template(2, 256, 4, plain);
	end_message();
	give_from(1, 1111);
	ipfix(1010, 3);
	template(2, 256, 4, turned);
	end_message();
	give_from(1, 2222);
	for (unsigned i = 0; i < 6; i++) {
		thirty(1111, 1000 + 30 * i);
		thirty(2222, 1010 + 30 * i);
	}
	thirty(1111, 1180);
	ipfix(1190, 3);
	template(2, 256, 4, turned);
	end_message();
	give_from(1, 2222);
	is_int((long long)thirty(1111, 1210), 100,
	    "who repeats its template does not redefine another's");
}

/* An exporter that takes another port at each start is one process after the other. */
static void
test_restart(void)
{
	bool read = true;

	afresh();
	for (unsigned i = 0; i < 30; i++) {
		process(5000 + i, i % 3 == 0 ? 0 : i * 1000);
		read &= i == 0 || (octets_from(5000 + i) == (i % 2 == 0 ? 3 : 100) &&
				      flow[0].rate == 99 + i);
		define_from(5000 + i, i % 2 == 0 ? plain : turned);
		sampler_from(5000 + i, 7, 100 + i);
		for (unsigned k = 0; k < 5; k++)
			read &= octets_from(5000 + i) == (i % 2 == 0 ? 100 : 3) &&
				flow[0].rate == 100 + i;
	}
	ok(read, "thirty restarts: what it said last holds until it says it anew");
	is_int(all->count, 1, "and all of them are one exporter");
}

int
main(void)
{
	test_lines();
	test_samplers();
	test_templates();
	test_close();
	test_restart();
	exporters_free(all);
	return tap_done();
}
