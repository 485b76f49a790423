/* A round as SmokePing's row: what counts as loss, what stays unknown. */
#include "round.h"

#include "tap.h"

/* Fill R from a word: digits answer in that many ms, T timeout, L late, N no route,
 * X not sent, S stalled. */
static void
fill(struct round *r, const char *word)
{
	memset(r, 0, sizeof *r);
	r->count = (uint16_t)strlen(word);
	for (size_t i = 0; word[i] != '\0'; i++) {
		struct ping *p = &r->ping[i];
		p->rtt_ns = -1;
		switch (word[i]) {
		case 'T':
			p->outcome = PING_TIMEOUT;
			break;
		case 'L':
			p->outcome = PING_LATE;
			p->rtt_ns = 3000000000;
			break;
		case 'N':
			p->outcome = PING_NO_ROUTE;
			break;
		case 'X':
			p->outcome = PING_NOT_SENT;
			break;
		case 'S':
			p->outcome = PING_STALLED;
			break;
		default:
			p->outcome = PING_ANSWERED;
			p->rtt_ns = (word[i] - '0') * 1000000LL;
		}
	}
}

static const char *
ranks(const struct round_row *row, unsigned count)
{
	static char text[256];
	size_t at = 0;

	for (unsigned i = 0; i < count; i++)
		at += (size_t)(isnan(row->rank[i])
				   ? snprintf(text + at, sizeof text - at, "U")
				   : snprintf(text + at, sizeof text - at, "%.0f",
					 row->rank[i] * 1e3));
	return text;
}

static void
jitter(void)
{
	struct round r;

	fill(&r, "1428");
	is_close(
	    round_jitter(&r) * 1e3, (3 + 2 + 6) / 3.0, 1e-9, "jitter of neighbours");
	fill(&r, "1T4L58");
	is_close(round_jitter(&r) * 1e3, 3, 1e-9, "only where both were answered");
	fill(&r, "1TT");
	ok(isnan(round_jitter(&r)), "or none");
}

int
main(void)
{
	static const struct {
		const char *pings;
		double loss, median_ms;
		const char *ranks;
	} table[] = {
		{ "9T1T2T3T45", 4, 4, "UU123459UU" }, /* SmokePing's own example */
		{ "31425", 0, 3, "12345" },
		{ "1234", 0, 3, "1234" },
		{ "TTTTT", 5, NAN, "UUUUU" },
		{ "LNTLN", 5, NAN, "UUUUU" },	/* late and unreachable are loss */
		{ "12X45", 0, 4, "1245U" },	/* not sent is no loss */
		{ "1TX45", 1.25, 4, "U145U" },	/* one of four, so 1.25 of five */
		{ "TTTXX", 5, NAN, "UUUUU" },	/* all that were measured */
		{ "XXX45", NAN, NAN, "UUUUU" }, /* more unknown than known */
		{ "XX345", 0, 4, "U345U" },
		{ "XX34", 0, 4, "U34U" }, /* half is not more than half */
		{ "SSSSS", NAN, NAN, "UUUUU" },
		{ "TTXXX", NAN, NAN, "UUUUU" },
	};
	struct round r;
	struct round_row row;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		fill(&r, table[i].pings);
		round_row(&r, &row);
		is_close(row.loss, table[i].loss, 0, table[i].pings);
		is_close(row.median * 1e3, table[i].median_ms, 1e-9, "  median");
		is_str(ranks(&row, r.count), table[i].ranks, "  ranks");
		is_int(row.answered + row.lost + row.unknown, r.count,
		    "  all accounted for");
	}
	fill(&r, "12345");
	r.state = ROUND_UNKNOWN;
	round_row(&r, &row);
	ok(isnan(row.loss) && isnan(row.median),
	    "an unknown round has no loss, no median");
	is_str(ranks(&row, 5), "UUUUU", "and no ranks");

	for (int o = 0; o < PING_OUTCOMES; o++)
		ok(ping_outcome_word(o) != NULL && ping_outcome_text(o) != NULL,
		    "outcome %d has its words", o);
	ok(!ping_is_loss(PING_ANSWERED) && ping_is_loss(PING_TIMEOUT) &&
		ping_is_loss(PING_CUT_OFF) && !ping_is_loss(PING_NOT_SENT) &&
		!ping_is_loss(PING_NO_NAME) && ping_is_loss(PING_NEVER_LEFT),
	    "loss ends where our own fault begins");
	for (int o = 0; o < PING_OUTCOMES; o++)
		ok(ping_is_loss(o) + ping_is_unknown(o) ==
			(o != PING_ANSWERED && o != PING_OPEN),
		    "outcome %d is loss or unknown, never both", o);
	/* Raw files have these numbers. */
	ok(PING_CUT_OFF == 13 && PING_CANNOT == 17 && PING_REASSEMBLY == 19 &&
		PING_OUTCOMES <= 64,
	    "no outcome has another number than it had");
	jitter();
	return tap_done();
}
