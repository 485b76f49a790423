#include "collector/sequence.h"

#include <string.h>

#define HITS 20
#define HITS_MASK ((1u << HITS) - 1)
/* Datagrams. One so far behind was overtaken; a number that is further off, either way,
 * has jumped: much was lost, or the exporter began anew. */
#define REORDER 64
/* Two jumps within so many datagrams are not two disasters but two senders, whose
 * numbers have nothing to do with each other. */
#define JUMPS 20
#define RECORDS_MAX 4096 /* of a datagram: none holds more */
#define CLOCK_BACK_S 60	 /* IPFIX: export times may come out of order by less */

enum way {
	/* NetFlow v9: the number counts datagrams, or (some) records */
	WAY_DATAGRAMS = 0,
	WAY_RECORDS = 1,
	/* IPFIX: all data records before this message; the same without options; or
	 * with this message's own, without options (softflowd 1.1) */
	WAY_STANDARD = 0,
	WAY_NO_OPTIONS = 1,
	WAY_INCLUSIVE = 2,
};

void
sequence_begin(struct sequence *s, enum flow_protocol protocol)
{
	memset(s, 0, sizeof *s);
	s->protocol = protocol;
	s->largest = 1;
	s->since_jump = JUMPS;
}

static unsigned
sequence_ways(const struct sequence *s)
{
	return s->protocol == FLOW_IPFIX ? 3 : s->protocol == FLOW_NETFLOW9 ? 2 : 1;
}

/* By how much the number of a datagram grows over the one before, by WAY, where the
 * growth is that of BEFORE's records (false) or of its own (true). */
static uint32_t
sequence_growth(
    const struct sequence *s, unsigned way, const struct sequence_step *step)
{
	switch (s->protocol) {
	case FLOW_IPFIX:
		return way == WAY_STANDARD ? step->records + step->options
					   : step->records;
	case FLOW_NETFLOW9:
		return way == WAY_RECORDS ? step->records + step->options : 1;
	case FLOW_SFLOW5:
		return 1;
	default:
		return step->records;
	}
}

static bool
sequence_counts_datagrams(const struct sequence *s)
{
	return s->protocol == FLOW_SFLOW5 ||
	       (s->protocol == FLOW_NETFLOW9 && s->way == WAY_DATAGRAMS);
}

const char *
sequence_unit(const struct sequence *s)
{
	return sequence_counts_datagrams(s) ? "datagrams" : "records";
}

static uint32_t
sequence_far(const struct sequence *s)
{
	return sequence_counts_datagrams(s) ? 10000 : 1000000;
}

/* Did the exporter begin anew? Its own clock went back. */
static bool
sequence_restarted(const struct sequence *s, const struct sequence_step *step)
{
	int32_t forward = (int32_t)(step->clock - s->clock);

	return s->protocol == FLOW_IPFIX
		   ? forward < -CLOCK_BACK_S
		   : forward < 0 && s->clock - step->clock > 60000;
}

/* The best explanation; of equal ones the standard's. */
static uint8_t
sequence_best(const struct sequence *s)
{
	unsigned best = 0;

	for (unsigned way = 1; way < sequence_ways(s); way++)
		if (__builtin_popcount(s->hits[way]) >
		    __builtin_popcount(s->hits[best]))
			best = way;
	return (uint8_t)best;
}

/* Numbers of so many datagrams, at most. */
static int64_t
sequence_window(const struct sequence *s)
{
	return sequence_counts_datagrams(s) ? REORDER : REORDER * (int64_t)s->largest;
}

/* The number jumped, by which LOST of them never came; 0: or there was a restart. */
static void
sequence_jump(struct sequence *s, uint32_t lost)
{
	if (s->since_jump < JUMPS) {
		s->told.lost -=
		    s->jump_lost < s->told.lost ? s->jump_lost : s->told.lost;
		s->told.restarts -= s->jump_restart;
		s->jump_lost = 0;
		s->jump_restart = false;
		s->told.mixed++;
	} else {
		s->jump_lost = lost;
		s->jump_restart = lost == 0;
		s->told.lost += s->jump_lost;
		s->told.restarts += s->jump_restart;
	}
	s->since_jump = 0;
}

/* OWN: what the datagram itself adds to its exporter's number. */
static void
sequence_judge(struct sequence *s, int32_t gap, uint32_t own)
{
	int64_t window = sequence_window(s);

	if (gap == 0 || (gap > 0 && s->uncertain))
		return;
	if (gap > 0 && gap <= window) {
		s->told.lost += (uint32_t)gap;
	} else if (gap < 0 && gap > -window) {
		s->told.reordered++;
		s->told.lost -= own < s->told.lost ? own : s->told.lost;
	} else {
		sequence_jump(
		    s, gap > 0 && (uint32_t)gap <= sequence_far(s) ? (uint32_t)gap : 0);
	}
}

/* What is expected of the next one, by each way. */
static void
sequence_expect(struct sequence *s, const struct sequence_step *step)
{
	for (unsigned way = 0; way < sequence_ways(s); way++) {
		bool inclusive = s->protocol == FLOW_IPFIX && way == WAY_INCLUSIVE;

		/* An inclusive number grows by the next one's records: see below. */
		s->expected[way] =
		    step->number + (inclusive ? 0 : sequence_growth(s, way, step));
	}
	s->begun = true;
	s->clock = step->clock;
	s->uncertain = step->unknown;
}

void
sequence_add(struct sequence *s, const struct sequence_step *step)
{
	int32_t gap[SEQUENCE_WAYS] = { 0 };

	s->told.received +=
	    sequence_counts_datagrams(s) ? 1 : step->records + step->options;
	if (s->since_jump < JUMPS)
		s->since_jump++;
	if (step->records + step->options > s->largest)
		s->largest = step->records + step->options < RECORDS_MAX
				 ? step->records + step->options
				 : RECORDS_MAX;
	if (!s->begun || sequence_restarted(s, step)) {
		if (s->begun)
			sequence_jump(s, 0);
		sequence_expect(s, step);
		return;
	}
	for (unsigned way = 0; way < sequence_ways(s); way++) {
		bool inclusive = s->protocol == FLOW_IPFIX && way == WAY_INCLUSIVE;

		gap[way] = (int32_t)(step->number - s->expected[way] -
				     (inclusive ? step->records : 0));
		s->hits[way] = (s->hits[way] << 1 | (gap[way] == 0)) & HITS_MASK;
	}
	s->way = sequence_best(s);
	sequence_judge(s, gap[s->way], sequence_growth(s, s->way, step));
	/* One that was overtaken says nothing of what comes next. */
	if (gap[s->way] >= 0 || gap[s->way] <= -sequence_window(s))
		sequence_expect(s, step);
}

void
sequence_told_least(struct sequence_told *t, const struct sequence_told *than)
{
#define LEAST(member) t->member = t->member < than->member ? t->member : than->member
	LEAST(lost);
	LEAST(reordered);
	LEAST(restarts);
	LEAST(mixed);
#undef LEAST
}

void
sequence_take_back(struct sequence *s, const struct sequence_told *then)
{
	sequence_told_least(&s->told, then);
	s->begun = false;
	s->since_jump = JUMPS;
}
