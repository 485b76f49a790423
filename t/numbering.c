/* What never came, where several processes send behind one address by one name: each
 * has its own numbers, and what is missing of one is not told of another. */
#include "collector/numbering.h"

#include "t/flowgram.h"
#include "t/tap.h"

/* The next number of who sends from each port. */
static uint32_t next[10];

/* A datagram of one record from PORT, SKIP numbers further on than the last. */
static void
v9_from(unsigned port, unsigned skip)
{
	next[port] += skip;
	v9_plain(next[port]++, 1, 1);
	give_from(1, port);
}

static void
v5_from(unsigned port, unsigned skip)
{
	next[port] += skip;
	v5(1, 100000, next[port]++, 0);
	v5_record(0, 0);
	give_from(1, port);
}

static void
ipfix_from(unsigned port, unsigned skip)
{
	next[port] += skip;
	ipfix(next[port], 1);
	next[port] += 2;
	set(256);
	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 0; k < 4; k++)
			pack_u32(&p, 1);
	end_set();
	end_message();
	give_from(1, port);
}

static void
sflow_from(unsigned port, unsigned skip)
{
	next[port] += skip;
	sflow(1, next[port]++);
	sflow_sample(100, 3, 4, 1, sizeof frame);
	give_from(1, port);
}

static struct sequence_told
told(void)
{
	return numbering_told(&only_exporter()->numbering);
}

static bool
nothing_lost(void)
{
	struct sequence_told t = told();

	return t.lost == 0 && t.reordered == 0 && t.restarts == 0 && t.mixed == 0;
}

/* Port i begins at FIRST[i]. */
static void
begin(const uint32_t *first, unsigned count)
{
	afresh();
	for (unsigned i = 0; i < count; i++)
		next[i + 1] = first[i];
}

static const struct way {
	const char *name;
	void (*send)(unsigned port, unsigned skip);
	unsigned unit; /* numbers of a datagram */
} ways[] = {
	{ "NetFlow 9", v9_from, 1 },
	{ "NetFlow 5", v5_from, 1 },
	{ "IPFIX", ipfix_from, 2 },
	{ "sFlow", sflow_from, 1 },
};

/* The template of what is sent from PORT by W. */
static void
define_from(const struct way *w, unsigned port)
{
	if (w->send == v9_from) {
		v9(next[port]++, 1);
		template(0, 256, 4, plain);
		give_from(1, port);
	} else if (w->send == ipfix_from) {
		ipfix(next[port], 1);
		template(2, 256, 4, plain);
		end_message();
		give_from(1, port);
	}
}

static void
test_two(const struct way *w)
{
	static const uint32_t firsts[][2] = { { 1000, 1000000 }, { 1000, 1030 },
		{ 1030, 1000 }, { 5, 4000000000 }, { 0, 900000 } };

	for (unsigned i = 0; i < sizeof firsts / sizeof *firsts; i++) {
		begin(firsts[i], 2);
		define_from(w, 1);
		define_from(w, 2);
		for (unsigned k = 0; k < 100; k++) {
			w->send(1, 0);
			w->send(2, 0);
			if (k % 3 == 0)
				w->send(2, 0);
		}
		if (!ok(nothing_lost(),
			"%s: two processes, from %u and %u: nothing is lost", w->name,
			firsts[i][0], firsts[i][1]))
			printf("# lost %llu reordered %llu restarts %llu mixed %llu\n",
			    (unsigned long long)told().lost,
			    (unsigned long long)told().reordered,
			    (unsigned long long)told().restarts,
			    (unsigned long long)told().mixed);
		w->send(1, 3 * w->unit);
		w->send(2, 0);
		is_int((long long)told().lost, 3 * w->unit, "what is lost of one is");
		w->send(1, 0);
		w->send(2, 5 * w->unit);
		w->send(1, 0);
		is_int((long long)told().lost, 8 * w->unit, "and of the other");
		ok(told().restarts == 0 && told().mixed == 0,
		    "and nothing else is wrong");
	}
}

/* NetFlow 9 whose numbers are of records, as some have them: two in a datagram. */
static void
v9_records_from(unsigned port, unsigned skip)
{
	next[port] += skip;
	v9_plain(next[port], 1, 2);
	next[port] += 2;
	give_from(1, port);
}

/* One process that numbers datagrams and one that numbers records: neither is lost from
 * sight, and no datagram is more than it surely was. */
static void
test_units(void)
{
	for (unsigned first = 1; first <= 2; first++) {
		begin((const uint32_t[]){ 1000, 900000 }, 2);
		v9(next[1]++, 1);
		template(0, 256, 4, plain);
		give_from(1, 1);
		v9(next[2], 1);
		template(0, 256, 4, plain);
		next[2]++;
		give_from(1, 2);
		for (unsigned k = 0; k < 100; k++) {
			if (first == 1)
				v9_from(1, 0);
			v9_records_from(2, 0);
			if (first == 2)
				v9_from(1, 0);
		}
		ok(nothing_lost(), "datagrams and records: nothing is lost");
		is_str(numbering_unit(&only_exporter()->numbering), "records",
		    "what is told are records");
		v9_from(1, 3);
		v9_records_from(2, 10);
		is_int((long long)told().lost, 13,
		    "ten of them, and three datagrams at least");
	}
	begin((const uint32_t[]){ 1000, 900000 }, 2);
	for (unsigned k = 0; k < 30; k++) {
		sflow_from(1, 0);
		sflow_from(2, 0);
	}
	is_str(numbering_unit(&only_exporter()->numbering), "datagrams",
	    "where all number datagrams those are told");
}

static void
test_bursts(void)
{
	static const uint32_t first[] = { 1000, 50000 };

	begin(first, 2);
	for (unsigned k = 0; k < 20; k++)
		for (unsigned i = 0; i < 50; i++)
			v5_from(1 + k % 2, 0);
	ok(nothing_lost(), "by turns of fifty: nothing is lost");
	v5_from(2, 7);
	is_int((long long)told().lost, 7, "but what is");
}

/* One process with several sockets has one line of numbers. */
static void
test_sockets(void)
{
	afresh();
	for (uint32_t n = 0; n < 300; n++) {
		next[1 + n % 3] = n + (n >= 200 ? 4 : 0);
		v5_from(1 + n % 3, 0);
	}
	ok(told().lost == 4 && told().reordered == 0 && told().restarts == 0,
	    "several ports of one process: what is lost is missing of all of them");
}

static void
test_three(void)
{
	static const uint32_t first[] = { 100, 7000, 200000, 6000000, 300000000 };

	begin(first, 4);
	for (unsigned i = 0; i < 50; i++)
		for (unsigned k = 1; k <= 4; k++)
			v5_from(k, 0);
	ok(nothing_lost(), "four processes: nothing is lost");
	for (unsigned k = 1; k <= 4; k++)
		v5_from(k, k);
	is_int((long long)told().lost, 1 + 2 + 3 + 4, "but what is of each");

	/* Two sockets of one process, and another process. */
	begin(first, 3);
	for (unsigned i = 0; i < 50; i++) {
		next[1] = 10 * i;
		v5_from(1, 0);
		next[2] = 10 * i + 1;
		v5_from(2, 0);
		for (unsigned k = 2; k < 10; k++)
			v5_from(1 + k % 2, next[2 - k % 2] - next[1 + k % 2]);
		v5_from(3, 0);
	}
	ok(nothing_lost(), "a process of two sockets beside another: nothing is lost");

	begin(first, 5);
	for (unsigned i = 0; i < 200; i++)
		for (unsigned k = 1; k <= 5; k++)
			v5_from(k, 0);
	ok(told().lost == 0 && told().mixed > 0,
	    "of five two share a count, which knows that it is mixed");
}

/* One process begins anew, from another port. */
static void
test_restart(void)
{
	static const uint32_t first[] = { 1000, 50000, 0 };

	begin(first, 3);
	for (unsigned i = 0; i < 50; i++) {
		v5_from(1, 0);
		v5_from(2, 0);
	}
	for (unsigned i = 0; i < 50; i++) {
		v5_from(1, 0);
		v5_from(3, 0);
	}
	ok(told().lost == 0 && told().mixed == 0,
	    "beside one that begins anew: nothing is lost");
	v5_from(3, 2);
	v5_from(1, 1);
	is_int((long long)told().lost, 3, "but what is of both");

	begin(first, 3);
	for (unsigned i = 0; i < 50; i++)
		v5_from(2, 0);
	for (unsigned i = 0; i < 50; i++)
		v5_from(3, 0);
	ok(told().lost == 0 && told().restarts == 1,
	    "one alone that begins anew from another port has begun anew");
}

/* More ports than are known, each with numbers of its own. */
static void
test_many(void)
{
	uint32_t n = 1;

	afresh();
	for (unsigned i = 0; i < 20000; i++) {
		n = n * 1664525 + 1013904223;
		v5(1, 100000, n, 0);
		v5_record(0, 0);
		give_from(1, 1 + (n >> 16) % 20);
	}
	is_int((long long)told().received, 20000,
	    "whatever is sent, all that came is counted");
	ok(told().lost < 20000 * 1000, "and no more is lost than can be");
}

int
main(void)
{
	for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
		test_two(&ways[i]);
	test_units();
	test_bursts();
	test_sockets();
	test_three();
	test_restart();
	test_many();
	exporters_free(all);
	return tap_done();
}
