/* A firewall's events of flows (Cisco NSEL): each octet and each flow counts once. */
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

/* ASA: EVENT of flow ID at PORT, with OCTETS there and a tenth of them back, of which
 * there are 32 bits; by 85 alone where TOTAL. What it adds to what was told. */
static uint64_t
asa(unsigned event, uint32_t id, uint64_t octets, bool total)
{
	v9(0, 0);
	if (total)
		DEFINE(false, false, 264, 0, { 148, 4, 0 }, { 8, 4, 0 }, { 12, 4, 0 },
		    { 233, 1, 0 }, { 85, 4, 0 });
	else
		DEFINE(false, false, 265, 0, { 148, 4, 0 }, { 8, 4, 0 }, { 12, 4, 0 },
		    { 233, 1, 0 }, { 231, 4, 0 }, { 232, 4, 0 });
	set(total ? 264 : 265);
	pack_u32(&p, id);
	ends();
	pack_u8(&p, (uint8_t)event);
	pack_u32(&p, (uint32_t)octets);
	if (!total)
		pack_u32(&p, (uint32_t)(octets / 10));
	end_set();
	flows = 0;
	give();
	return flows == 1 && (total || (flow[0].told_octets == 0) ==
					   (flow[0].told_reverse_octets == 0))
		   ? flow[0].octets - flow[0].told_octets
		   : UINT64_MAX;
}

/* The end of flow ID of a firewall, of OCTETS after an update of 1000. */
static long long
asa_end(uint32_t id, uint32_t octets)
{
	asa(5, id, 1000, false);
	return (long long)asa(2, id, octets, false);
}

/* A firewall that tells at the end, too, what came since. */
static void
of_deltas(void)
{
	afresh();
	is_int(asa_end(1, 300), 300, "less than before: it is no sum");
	is_int(asa_end(2, 1300), 300, "once is no proof");
	is_int(asa_end(3, 300) + asa_end(4, 200), 500, "nor is twice");
	is_int(asa_end(5, 999), 999, "thrice in a row is");
	is_int(asa_end(6, 1300), 1300, "then nothing of this firewall's is one");
	ok(asa(5, 6, 500, false) == 500, "nor is what comes after an end in it");
	for (unsigned i = 0; i < 31; i++)
		asa_end(100 + i, 1300);
	is_int(
	    asa_end(200, 1300), 300, "but when ends have been sums for long they are");

	/* Palo Alto: deltas by their name. */
	static const struct {
		unsigned event;
		uint64_t octets;
	} told[] = { { 5, 100 }, { 5, 100 }, { 2, 250 }, { 5, 30 } };
	uint64_t all_octets = 0;
	bool more = false;
	afresh();
	for (unsigned i = 0; i < 4; i++) {
		v9(0, 0);
		DEFINE(false, false, 257, 0, { 8, 4, 0 }, { 12, 4, 0 }, { 1, 8, 0 },
		    { 2, 4, 0 }, { 148, 8, 0 }, { 233, 1, 0 });
		set(257);
		ends();
		pack_u64(&p, told[i].octets);
		pack_u32(&p, 1);
		pack_u64(&p, 1);
		pack_u8(&p, (uint8_t)told[i].event);
		end_set();
		flows = 0;
		give();
		all_octets += flow[0].octets - flow[0].told_octets;
		more |= told[i].event == 2 && flow[0].more;
	}
	is_int((long long)all_octets, 480,
	    "Palo Alto: what came since is no sum at the end");
	ok(more, "of a flow that was told of it is");
}

/* An update that comes with the end, or a little after it. */
static void
of_order(void)
{
	afresh();
	ok(asa(5, 1, 1000, false) == 1000 && asa(2, 1, 1500, false) == 500 &&
		asa(5, 1, 500, false) == 0 && flow[0].more,
	    "an update after the end is in it");
	ok(asa(2, 2, 1500, false) == 1500 && asa(5, 2, 1500, false) == 0,
	    "as it is where nothing was told before");
	ok(asa(1, 2, 0, false) == 0 && asa(5, 2, 700, false) == 700 &&
		asa(2, 2, 900, false) == 200,
	    "but not in one that begins anew");
	now += 61 * 1000;
	ok(asa(5, 1, 500, false) == 500, "nor when the end is long over");
	/* More ends than there is room for. */
	asa(5, 100000, 1000, false);
	for (unsigned i = 0; i < 20000; i++)
		asa(2, i, 10, false);
	is_int((long long)asa(2, 100000, 1500, false), 500,
	    "flows that are over take no place of one that goes on");
	is_int(faults[FAULT_FLOW_FULL], 0, "and leave theirs");
}

/* Sums of four bytes. */
static void
of_rolling(void)
{
	afresh();
	asa(5, 1, 3000000000, false);
	asa(5, 1, 2000000000, false);
	ok(asa(2, 1, 5000000100, false) == 100 && flow[0].octets == 5000000100,
	    "a sum that has run over goes on");
	is_int(asa_end(2, 1300), 300, "and says nothing of other ends");
	afresh();
	asa(5, 1, 4000000000, false);
	is_int((long long)asa(2, 1, 4300000000, false), 300000000,
	    "so does one that ran over at the end");
	for (unsigned i = 2; i < 6; i++) {
		asa(5, i, 4000000000, false);
		asa(2, i, 4300000000, false);
	}
	is_int(asa_end(6, 1300), 300, "however often");
	afresh();
	ok(asa(5, 1, 4000000000, true) == 4000000000 &&
		asa(5, 1, 4300000000, true) == 300000000 &&
		asa(2, 1, 4400000000, true) == 100000000,
	    "sums whatever the event run over, too");
	ok(asa(5, 2, 1000, true) == 1000 && asa(5, 2, 300, true) == 300,
	    "what is less than a little has begun anew");
}

static void
test_firewall(void)
{
	afresh();
	is_int((long long)asa(2, 1, 5000, false), 5000,
	    "a firewall that tells of a flow's end alone: all of it counts");
	ok(asa(1, 2, 0, false) == 0 && asa(5, 2, 1000, false) == 1000 &&
		asa(5, 2, 500, false) == 500,
	    "of one that goes on what came since");
	is_int((long long)asa(2, 2, 1800, false), 300,
	    "at its end what was not told before");
	is_int((long long)asa(2, 2, 1800, false), 1800, "once: then it is another one");
	ok(asa(5, 3, 700, false) == 700 && asa(1, 3, 0, false) == 0 &&
		asa(2, 3, 900, false) == 900,
	    "one that begins anew by the same number is another one, too");
	ok(asa(5, 4, 100, false) == 100 && asa(5, 5, 50, false) == 50 &&
		asa(2, 4, 150, false) == 50 && asa(2, 5, 60, false) == 10,
	    "flows are told apart");
	ok(asa(5, 6, 1000, true) == 1000 && asa(5, 6, 1500, true) == 500 &&
		asa(2, 6, 1600, true) == 100,
	    "sums are sums, whatever the event");
	asa(5, 7, 1000, false);
	now += 2 * 3600 * 1000LL;
	is_int((long long)asa(2, 7, 1500, false), 1500,
	    "what was silent for hours has ended unheard");
	of_deltas();
	of_order();
	of_rolling();
	is_int(faults[FAULT_FLOW_FULL], 0, "there was room");

	/* More flows than there is room for, and a guest's on top of that. */
	afresh();
	for (unsigned i = 0; i < 500; i++)
		asa(5, i, 1000, false);
	is_int(faults[FAULT_FLOW_FULL], 0, "hundreds of flows have room");
	guest = true;
	v9(0, 0);
	DEFINE(false, false, 265, 0, { 148, 4, 0 }, { 8, 4, 0 }, { 12, 4, 0 },
	    { 233, 1, 0 }, { 231, 4, 0 }, { 232, 4, 0 });
	give_from(2, 2055);
	for (unsigned i = 0; i < 20000; i++) {
		v9(0, 0);
		set(265);
		pack_u32(&p, i);
		ends();
		pack_u8(&p, 5);
		pack_u32(&p, 1);
		pack_u32(&p, 1);
		end_set();
		give_from(2, 2055);
		now++;
	}
	guest = false;
	ok(faults[FAULT_FLOW_FULL] > 10000, "a guest's flood has not, and is counted");
	unsigned kept = 0;
	for (unsigned i = 0; i < 500; i++)
		kept += asa(2, i, 1000, false) == 0;
	is_int(kept, 500, "and takes no place of who is named");
}

static void
test_events(void)
{
	/* ASA: events of flows, of which only some have bytes. */
	static const uint8_t event[] = { 1, 5, 2, 3 };

	afresh();
	v9(0, 0);
	DEFINE(false, false, 263, 0, { 148, 4, 0 }, { 8, 4, 0 }, { 12, 4, 0 },
	    { 233, 1, 0 }, { 33002, 2, 0 }, { 323, 8, 0 }, { 231, 4, 0 }, { 232, 4, 0 },
	    { 33000, 12, 0 }, { 40000, 20, 0 });
	set(263);
	for (unsigned i = 0; i < 4; i++) {
		pack_u32(&p, 4711);
		ends();
		pack_u8(&p, event[i]);
		pack_u16(&p, 2030);
		pack_u64(&p, WALL * 1000ULL);
		pack_u32(&p, event[i] == 2 || event[i] == 5 ? 1000 : 0);
		pack_u32(&p, event[i] == 2 || event[i] == 5 ? 50 : 0);
		for (unsigned k = 0; k < 32; k++)
			pack_u8(&p, 'a');
	}
	end_set();
	give();
	ok(flows == 4 && flow[0].event == 1 && flow[0].octets == 0 &&
		flow[3].event == 3,
	    "ASA: a flow that begins, and one that was denied, have no bytes");
	ok(flow[1].octets == 1000 && flow[1].reverse_octets == 50 &&
		(flow[2].has & FLOW_HAS_REVERSE) && flow[2].octets == 1000,
	    "those that go on and end have them of both ways");
	ok(flow[1].told_octets == 0 && flow[2].told_octets == 1000 &&
		flow[2].told_reverse_octets == 50 && flow[2].more,
	    "what was told while it went on is not told anew at its end");
}

/* --- flows ------------------------------------------------------------------------ */

/* EVENT of flow ID, as an ASA tells of begins: without octets. How many flows it is. */
static unsigned
bare(unsigned event, uint32_t id)
{
	v9(0, 0);
	DEFINE(false, false, 266, 0, { 148, 4, 0 }, { 8, 4, 0 }, { 12, 4, 0 },
	    { 233, 1, 0 });
	set(266);
	pack_u32(&p, id);
	ends();
	pack_u8(&p, (uint8_t)event);
	end_set();
	flows = 0;
	give();
	return flows - flow[0].more;
}

/* The same with octets. */
static unsigned
whole(unsigned event, uint32_t id, uint64_t octets)
{
	asa(event, id, octets, false);
	return flows - flow[0].more;
}

static void
test_flows(void)
{
	afresh();
	ok(bare(1, 1) == 1 && whole(2, 1, 500) == 0, "a begin and an end are one flow");
	is_int((long long)(flow[0].octets - flow[0].told_octets), 500,
	    "with all octets of its end");
	ok(whole(1, 2, 0) == 1 && whole(5, 2, 500) == 0 && whole(5, 2, 500) == 0 &&
		whole(2, 2, 1500) == 0,
	    "so is what was told between them");
	ok(bare(1, 3) == 1 && bare(5, 3) == 0 && bare(2, 3) == 0,
	    "without octets as well");
	ok(whole(2, 3, 500) == 1, "an end behind the end is another's");
	ok(whole(2, 4, 500) == 1, "an end whose begin was not heard is a flow");
	ok(whole(5, 5, 500) == 1 && whole(5, 5, 500) == 0 && whole(2, 5, 1500) == 0,
	    "so is what is told first of one whose begin was not");
	ok(bare(1, 6) == 1 && bare(1, 6) == 1 && whole(2, 6, 500) == 0,
	    "two begins are two");
	ok(bare(3, 7) == 1 && bare(3, 7) == 1, "what is denied is one each time");
	ok(bare(1, 8) == 1 && bare(3, 8) == 1 && bare(2, 8) == 0,
	    "and takes no begin away");
	bare(1, 9);
	now += 3 * 3600 * 1000LL;
	is_int(whole(2, 9, 500), 0, "a begin is known for hours");
	bare(1, 10);
	ok(asa(2, 10, 100, true) == 100 && flow[0].more, "by other records of it, too");
	is_int(faults[FAULT_FLOW_FULL], 0, "there was room");
}

static void
test_flows_room(void)
{
	unsigned again = 0;

	afresh();
	for (unsigned i = 0; i < 10000; i++)
		bare(1, i);
	is_int((long long)all->no_room[CEILING_BEGINS], 0,
	    "thousands of flows at once have room");
	guest = true;
	for (unsigned i = 0; i < 20000; i++)
		bare(1, 1000000 + i);
	ok(all->no_room[CEILING_BEGINS] > 10000,
	    "a guest's have less, which is counted");
	guest = false;
	for (unsigned i = 0; i < 10000; i++)
		again += whole(2, i, 100);
	is_int(again, 0, "and take no place of who is named");
	all->no_room[CEILING_BEGINS] = 0;
	for (unsigned i = 0; i < 100000; i++)
		bare(1, i);
	ok(all->no_room[CEILING_BEGINS] > 30000 && all->no_room[CEILING_BEGINS] < 60000,
	    "what is beyond is counted, too");
	is_int(whole(2, 99999, 100), 0, "the oldest have gone for it");
	now -= 7200000;
	again = 0;
	for (unsigned i = 0; i < 5000; i++)
		bare(1, 500000 + i);
	for (unsigned i = 0; i < 5000; i++)
		again += whole(2, 500000 + i, 100);
	ok(again < 50, "a clock that is set back does not keep their places (%u)",
	    again);
}

int
main(void)
{
	test_firewall();
	test_events();
	test_flows();
	test_flows_room();
	exporters_free(all);
	return tap_done();
}
