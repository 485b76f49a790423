#include "infer/lineload.h"

#include <math.h>
#include <string.h>

#include "infer/share.h"

#define MINUTE_S 60
#define BACK_S 3600 /* a clock that was set back, no late minute */

/* The place of the minute BEGIN; AHEAD is how many follow the newest till there, and so
 * many were emptied. Negative: too old. */
static int
advance(int64_t *newest, int64_t begin, int64_t *ahead)
{
	int64_t number = begin / MINUTE_S;
	bool back = begin < *newest - BACK_S;

	if (begin <= 0 || (begin <= *newest && !back))
		return -1;
	*ahead = *newest == 0 || back ? LINELOAD_MINUTES : number - *newest / MINUTE_S;
	if (*ahead > LINELOAD_MINUTES)
		*ahead = LINELOAD_MINUTES;
	*newest = number * MINUTE_S;
	return (int)(number % LINELOAD_MINUTES);
}

/* The place AGO minutes before the one at NEWEST. */
static unsigned
place(int64_t newest, unsigned ago)
{
	return (unsigned)((newest / MINUTE_S - ago) % LINELOAD_MINUTES);
}

void
lineload_add(
    struct lineload *l, int64_t begin, const struct lineload_minute of[LINELOAD_WAYS])
{
	int64_t ahead;

	if (advance(&l->minute, begin, &ahead) < 0)
		return;
	for (unsigned way = 0; way < LINELOAD_WAYS; way++) {
		for (unsigned ago = 1; ago < ahead; ago++)
			l->known[way][place(l->minute, ago)] = false;
		l->known[way][place(l->minute, 0)] = true;
		l->of[way][place(l->minute, 0)] = of[way];
	}
}

void
lineload_mark(
    struct lineload *l, int64_t begin, const struct lineload_marks of[LINELOAD_WAYS])
{
	static const struct lineload_marks none;
	int64_t ahead;

	if (advance(&l->marked, begin, &ahead) < 0)
		return;
	for (unsigned way = 0; way < LINELOAD_WAYS; way++) {
		for (unsigned ago = 1; ago < ahead; ago++)
			l->marks[way][place(l->marked, ago)] = none;
		l->marks[way][place(l->marked, 0)] = of[way];
	}
}

static double
share(double part, double rest)
{
	return part + rest > 0 ? part / (part + rest) : NAN;
}

static void
judge_marks(const struct lineload *l, unsigned way, struct lineload_is *is)
{
	struct lineload_marks sum = { 0 };

	for (unsigned i = 0; i < LINELOAD_MINUTES; i++) {
		sum.ect0 += l->marks[way][i].ect0;
		sum.ect1 += l->marks[way][i].ect1;
		sum.ce += l->marks[way][i].ce;
	}
	is->capable = sum.ect0 + sum.ect1 + sum.ce;
	is->l4s = sum.ect1 > 0;
	if (is->capable < LINELOAD_MARKS_MIN)
		return;
	is->marks = (double)sum.ce / (double)is->capable;
	share_interval(
	    (double)sum.ce, (double)is->capable, &is->marks_low, &is->marks_high);
}

/* Minutes in a row up to the newest with a use of LEAST. */
static unsigned
in_a_row(const struct lineload *l, unsigned way, double least)
{
	unsigned n = 0;

	while (n < LINELOAD_MINUTES && l->known[way][place(l->minute, n)] &&
	       l->of[way][place(l->minute, n)].use >= least)
		n++;
	return n;
}

void
lineload_judge(
    const struct lineload *l, unsigned way, int64_t now_s, struct lineload_is *is)
{
	double errors = 0, packets = 0;

	memset(is, 0, sizeof *is);
	is->use = is->discards = is->discards_n = is->errors = is->errors_n = NAN;
	is->marks = is->marks_low = is->marks_high = NAN;
	if (now_s - l->marked <= LINELOAD_STALE_S)
		judge_marks(l, way, is);
	if (l->minute == 0 || now_s - l->minute > LINELOAD_STALE_S)
		return;
	const struct lineload_minute *now = &l->of[way][place(l->minute, 0)];
	is->use = now->use;
	is->busy = in_a_row(l, way, LINELOAD_BUSY);
	is->full = in_a_row(l, way, LINELOAD_FULL);
	is->discards = share(now->discards, now->packets);
	is->discards_n = now->discards;
	is->bursts = now->use < 0.5 && is->discards >= LINELOAD_DISCARDS &&
		     now->discards >= LINELOAD_DISCARDS_MIN;
	for (unsigned i = 0; i < LINELOAD_MINUTES; i++) {
		if (!l->known[way][i] || isnan(l->of[way][i].errors) ||
		    isnan(l->of[way][i].packets))
			continue;
		errors += l->of[way][i].errors;
		packets += l->of[way][i].packets;
	}
	is->errors = share(errors, packets);
	is->errors_n = isnan(is->errors) ? NAN : errors;
}
