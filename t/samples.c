/* What sFlow agents say of their own sampling, and of what they throw away. */
#include "collector/samples.h"

#include "t/flowgram.h"
#include "t/tap.h"

/* Samples NUMBER of one in 100, by an agent that had a pool and dropped so many. */
static uint32_t
sample_of(
    struct samples *s, uint32_t source, uint32_t number, uint32_t pool, uint32_t drops)
{
	return samples_add(s,
	    &(struct samples_step){ .source = source,
		.number = number,
		.rate = 100,
		.pool = pool,
		.drops = drops },
	    SAMPLES_SOURCES, now);
}

static void
test_samples(void)
{
	struct samples *s = samples_new();
	uint32_t rate = 0, pool = UINT32_MAX - 5000, number = UINT32_MAX - 50;

	for (unsigned i = 0; i < 600; i++)
		rate = sample_of(s, 3, number + i, pool + 100 * i, 7);
	ok(rate == 100 && s->dropped == 0 && s->taken == 599 && s->lost == 0,
	    "an agent that drops nothing is believed, over the end of numbers");
	number += 600, pool += 60000;
	for (unsigned i = 0; i < 600; i++)
		rate = sample_of(s, 3, number + i, pool + 150 * i, 7 + i / 2);
	ok(rate == 150 && s->dropped == 299,
	    "one that drops a third is taken by its pool");
	is_int(sample_of(s, 3, number + 599, pool, 7), 150, "a copy changes nothing");
	is_int(sample_of(s, 4, 1, 1, 0), 100, "another source is by itself");
	rate = sample_of(s, 3, number + 609, pool + 150 * 609, 7 + 305);
	ok(s->lost == 9 && rate == 150, "nine that never came");
	sample_of(s, 3, number + 605, pool + 150 * 605, 7 + 303);
	is_int((long long)s->lost, 8, "one of them came late");
	is_int(sample_of(s, 3, 5, 100, 0), 100, "a restart begins anew");
	is_int((long long)s->lost, 8, "and is no loss");
	for (unsigned i = 0; i < 600; i++)
		rate = sample_of(s, 3, 6 + i, 0, i);
	is_int(rate, 100, "a pool that stands still is none");
	for (unsigned i = 0; i < 600; i++)
		rate = sample_of(s, 3, 700 + i, 1000000 * i, 600 + i);
	is_int(rate, 100, "nor is one that grows beyond what was dropped");
	samples_free(s);
}

/* A sample of SOURCE and TYPE as a decoder gives it. */
static uint32_t
one_of(struct samples *s, uint32_t type, uint32_t source, uint32_t number,
    uint32_t pool, unsigned most)
{
	return samples_add(s,
	    &(struct samples_step){ .type = type,
		.source = source,
		.number = number,
		.rate = 100,
		.pool = pool,
		.drops = number / 2 },
	    most, now);
}

/* Each source is followed by itself, whatever its number; of too many some are not. */
static void
test_sources(void)
{
	struct samples *s = samples_new();
	bool by_pool = true;

	afresh();
	/* They take turns; numbers are alike modulo any power of two. */
	for (unsigned n = 1; n <= 2 * SAMPLES_WINDOW; n++)
		for (unsigned i = 0; i < 32; i++) {
			uint32_t rate =
			    one_of(s, i % 2, i << 16, n, 150 * n, SAMPLES_SOURCES);

			by_pool &= n <= SAMPLES_WINDOW || rate == 150;
		}
	ok(by_pool, "sources whose numbers are alike are each taken by their pool");
	ok(s->taken == 32 * (2 * SAMPLES_WINDOW - 1) && s->lost == 0 &&
		s->untracked == 0,
	    "and none of them disturbs another");
	samples_free(s);

	s = samples_new();
	for (unsigned n = 1; n <= 3; n++)
		for (unsigned i = 0; i < SAMPLES_SOURCES + 10; i++)
			(void)one_of(s, 0, i, n, 150 * n, SAMPLES_SOURCES);
	ok(s->taken == 2 * SAMPLES_SOURCES && s->untracked == 3 * 10,
	    "of too many sources those that came first are followed, the others counted");
	is_int(s->count, SAMPLES_SOURCES, "and there are so many");
	now += 3600 * 1000 - 1000;
	(void)one_of(s, 0, 5000, 1, 150, SAMPLES_SOURCES);
	is_int((long long)s->untracked, 31, "nobody goes who was heard within an hour");
	now += 1000;
	for (unsigned i = 1; i < SAMPLES_SOURCES; i++)
		(void)one_of(s, 0, i, 4, 600, SAMPLES_SOURCES);
	(void)one_of(s, 0, 5000, 1, 150, SAMPLES_SOURCES);
	ok(s->untracked == 31 && s->taken == 3 * SAMPLES_SOURCES - 1,
	    "but then the one that was silent does");
	(void)one_of(s, 0, 5000, 3, 450, SAMPLES_SOURCES);
	ok(s->taken == 3 * SAMPLES_SOURCES + 1 && s->lost == 1,
	    "and the new one is followed");
	now += 1000;
	(void)one_of(s, 0, 0, 5, 750, SAMPLES_SOURCES);
	is_int((long long)s->untracked, 32, "while the one that went is not");
	samples_free(s);
}

/* The same as it comes; one whom nobody named has few. */
static void
test_decoded(void)
{
	afresh();
	for (unsigned i = 0; i < 2; i++) {
		sflow(1, 1 + i);
		sflow_sample(100, 3, 4, 1, sizeof frame);
		give();
	}
	ok(only_exporter()->samples->taken == 0 &&
		flow[1].rate_from == SAMPLING_PROTOCOL,
	    "a decoded sample with the same number is a copy");

	for (unsigned k = 0; k < 2; k++) {
		afresh();
		guest = k == 0;
		for (unsigned n = 1; n <= 2; n++)
			for (unsigned i = 0; i < 100; i++) {
				sflow(1, 100 * n + i);
				sflow_sample(100, 3, 4, 1, sizeof frame);
				/* Its number and source. */
				bytes[28 + 8 + 3] = (uint8_t)n;
				bytes[28 + 12 + 3] = (uint8_t)i;
				give();
			}
		ok(flows == 200 &&
			all->no_room[CEILING_SOURCES] == (guest ? 2 * 36 : 0) &&
			only_exporter()->samples->untracked ==
			    all->no_room[CEILING_SOURCES] &&
			only_exporter()->samples->taken == (guest ? 64 : 100),
		    "%s",
		    guest ? "a guest has 64 sources, and what is beyond is counted"
			  : "who is named has as many as it needs");
	}
}

static void
test_discards(void)
{
	afresh();
	for (unsigned i = 0; i < 100; i++) {
		static const uint32_t reasons[] = { 259, 258 };

		sflow(1, 3 + i);
		pack_u32(&p, 5);
		pack_u32(&p, 32);
		pack_u32(&p, i);
		pack_u64(&p, 3);
		pack_u32(&p, 0);
		pack_u32(&p, 3);
		pack_u32(&p, i < 2 ? 0 : i < 10 ? 4 : 100 + i);
		pack_u32(&p, reasons[i % 2]);
		pack_u32(&p, 0);
		give();
	}
	const struct exporter *x = only_exporter();
	ok(discards == 100 && x->discards == 100 &&
		x->discarded_count == EXPORTER_DISCARDS_MAX &&
		x->discarded[0].interface == 3 && x->discarded[0].reason == 259 &&
		x->discarded[2].interface == 4 && x->discarded[2].count == 4 &&
		x->discarded[3].reason == 258 && x->discarded[3].count == 4,
	    "discards by interface and reason, as far as there is room");
	uint64_t listed = 0;
	for (unsigned i = 0; i < x->discarded_count; i++)
		listed += x->discarded[i].count;
	ok(all->no_room[CEILING_DISCARDS] > 0 &&
		listed + all->no_room[CEILING_DISCARDS] == 100,
	    "what had no room is counted");
	is_str(flow_discard_word(259), "no buffer space", "which has a word");
	ok(flow_discard_word(16) == NULL && flow_discard_word(263) == NULL &&
		flow_discard_word(UINT32_MAX) == NULL,
	    "not every one has");
}

int
main(void)
{
	test_samples();
	test_sources();
	test_decoded();
	test_discards();
	exporters_free(all);
	return tap_done();
}
