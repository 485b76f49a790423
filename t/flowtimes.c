/* When the packets of a record were, by those of its fields that may tell. */
#include "t/flowgram.h"
#include "t/tap.h"

#define WALL_MS (WALL * 1000LL)

/* One record of version 9 of fields with eight bytes each (161 has four). */
static void
tell(const uint16_t *field, const uint64_t *value, unsigned count)
{
	uint16_t id_len[8][2];

	afresh();
	v9(0, 0);
	for (unsigned i = 0; i < count; i++) {
		id_len[i][0] = field[i];
		id_len[i][1] = field[i] == 161 ? 4 : 8;
	}
	template(0, 256, count, id_len);
	set(256);
	for (unsigned i = 0; i < count; i++)
		if (field[i] == 161)
			pack_u32(&p, (uint32_t)value[i]);
		else
			pack_u64(&p, value[i]);
	end_set();
	give();
}

static bool
lasts(int64_t start_ms, int64_t end_ms)
{
	return flows == 1 && flow[0].start_ms == start_ms && flow[0].end_ms == end_ms;
}

#define BOTH (FLOW_HAS_START | FLOW_HAS_END)

/* A firewall says when a flow began and when what it tells of happened. */
static void
test_moment(void)
{
	tell((const uint16_t[]){ 152, 323 },
	    (const uint64_t[]){ WALL_MS - 90000, WALL_MS - 1000 }, 2);
	ok(lasts(WALL_MS - 90000, WALL_MS - 1000) && (flow[0].has & BOTH) == BOTH,
	    "from its begin to the moment of which it is told");
	tell((const uint16_t[]){ 323, 152 },
	    (const uint64_t[]){ WALL_MS - 1000, WALL_MS - 90000 }, 2);
	ok(lasts(WALL_MS - 90000, WALL_MS - 1000), "in whatever order they stand");
	tell((const uint16_t[]){ 323 }, (const uint64_t[]){ WALL_MS - 1000 }, 1);
	ok(lasts(WALL_MS - 1000, WALL_MS - 1000) &&
		(flow[0].has & BOTH) == FLOW_HAS_END,
	    "a moment alone is all of it");
	tell((const uint16_t[]){ 152, 153, 323 },
	    (const uint64_t[]){ WALL_MS - 90000, WALL_MS - 30000, WALL_MS - 1000 }, 3);
	ok(lasts(WALL_MS - 90000, WALL_MS - 30000),
	    "an end that is told goes before a moment");
	tell((const uint16_t[]){ 152, 161, 323 },
	    (const uint64_t[]){ WALL_MS - 90000, 20000, WALL_MS - 1000 }, 3);
	ok(lasts(WALL_MS - 90000, WALL_MS - 70000), "and so does how long it lasted");
	tell((const uint16_t[]){ 161, 323 },
	    (const uint64_t[]){ 20000, WALL_MS - 1000 }, 2);
	ok(lasts(WALL_MS - 21000, WALL_MS - 1000), "which reaches back from a moment");
	is_int(faults[FAULT_FLOW_TIME], 0, "which is no fault");
	tell((const uint16_t[]){ 152, 323 },
	    (const uint64_t[]){ WALL_MS - 1000, WALL_MS - 2000 }, 2);
	ok(lasts(WALL_MS - 2000, WALL_MS - 2000) && faults[FAULT_FLOW_TIME] == 1,
	    "a moment before the begin is one");
	tell((const uint16_t[]){ 152 }, (const uint64_t[]){ WALL_MS - 1000 }, 1);
	ok(lasts(WALL_MS - 1000, WALL_MS - 1000) &&
		(flow[0].has & BOTH) == FLOW_HAS_START,
	    "without a moment a begin is all that is known");
}

int
main(void)
{
	test_moment();
	exporters_free(all);
	return tap_done();
}
