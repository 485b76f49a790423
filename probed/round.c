#include "round.h"

#include <math.h>
#include <stddef.h>

#include "base/stats.h"

static const struct {
	const char *word, *text;
} outcomes[PING_OUTCOMES] = {
	[PING_ANSWERED] = { "answered", "answered" },
	[PING_TIMEOUT] = { "timeout", "no answer in time" },
	[PING_LATE] = { "late", "answered too late" },
	[PING_NO_ROUTE] = { "no_route", "no route to it" },
	[PING_HOST_UNREACHABLE] = { "host_unreachable", "host unreachable" },
	[PING_PORT_UNREACHABLE] = { "port_unreachable", "port unreachable" },
	[PING_PROHIBITED] = { "prohibited", "administratively prohibited" },
	[PING_TTL_EXCEEDED] = { "ttl_exceeded", "time to live exceeded on the way" },
	[PING_TOO_BIG] = { "too_big", "packet too big for the path" },
	[PING_ICMP_OTHER] = { "icmp_other", "rejected on the way" },
	[PING_REFUSED] = { "refused", "connection refused" },
	[PING_SYN_LOST] = { "syn_lost", "handshake packet lost" },
	[PING_BAD_ANSWER] = { "bad_answer", "answer not as required" },
	[PING_CUT_OFF] = { "cut_off", "answer cut off" },
	[PING_NOT_SENT] = { "not_sent", "could not be sent from here" },
	[PING_NO_NAME] = { "no_name", "name does not resolve" },
	[PING_STALLED] = { "stalled", "this host was stalled" },
	[PING_CANNOT] = { "cannot", "cannot be measured here" },
	[PING_OPEN] = { "open", "in flight" },
};

bool
ping_is_loss(enum ping_outcome outcome)
{
	return outcome > PING_ANSWERED && outcome <= PING_LAST_LOSS;
}

const char *
ping_outcome_text(enum ping_outcome outcome)
{
	return outcomes[outcome].text;
}

const char *
ping_outcome_word(enum ping_outcome outcome)
{
	return outcomes[outcome].word;
}

void
round_row(const struct round *r, struct round_row *row)
{
	double sorted[ROUND_MAX_PINGS];
	size_t n = 0;

	row->lost = row->unknown = 0;
	for (unsigned i = 0; i < r->count; i++) {
		if (r->ping[i].outcome == PING_ANSWERED)
			sorted[n++] = (double)r->ping[i].rtt_ns / 1e9;
		else if (ping_is_loss(r->ping[i].outcome))
			row->lost++;
		else
			row->unknown++;
	}
	row->answered = (unsigned)n;
	if (r->state == ROUND_UNKNOWN || row->unknown * 2 > r->count) {
		row->loss = NAN;
		n = 0;
	} else {
		row->loss = (double)row->lost * r->count / (r->count - row->unknown);
	}
	stats_sort(sorted, n);
	row->median = stats_median_upper(sorted, n);
	stats_place(row->rank, r->count, sorted, n);
}
