#include "round.h"

#include <math.h>
#include <stddef.h>

#include "base/stats.h"

enum verdict {
	NEITHER,
	LOSS,
	UNKNOWN
};

/* clang-format off */
static const struct {
	enum verdict verdict;
	const char *word, *text;
} outcomes[PING_OUTCOMES] = {
	[PING_ANSWERED] = { NEITHER, "answered", "answered" },
	[PING_TIMEOUT] = { LOSS, "timeout", "no answer in time" },
	[PING_LATE] = { LOSS, "late", "answered too late" },
	[PING_NO_ROUTE] = { LOSS, "no_route", "no route to it" },
	[PING_HOST_UNREACHABLE] = { LOSS, "host_unreachable", "host unreachable" },
	[PING_PORT_UNREACHABLE] = { LOSS, "port_unreachable", "port unreachable" },
	[PING_PROHIBITED] = { LOSS, "prohibited", "administratively prohibited" },
	[PING_TTL_EXCEEDED] = { LOSS, "ttl_exceeded", "time to live exceeded on the way" },
	[PING_TOO_BIG] = { LOSS, "too_big", "packet too big for the path" },
	[PING_ICMP_OTHER] = { LOSS, "icmp_other", "rejected on the way" },
	[PING_REFUSED] = { LOSS, "refused", "connection refused" },
	[PING_SYN_LOST] = { LOSS, "syn_lost", "handshake packet lost" },
	[PING_BAD_ANSWER] = { LOSS, "bad_answer", "answer not as required" },
	[PING_CUT_OFF] = { LOSS, "cut_off", "answer cut off" },
	[PING_NOT_SENT] = { UNKNOWN, "not_sent", "could not be sent from here" },
	[PING_NO_NAME] = { UNKNOWN, "no_name", "name does not resolve" },
	[PING_STALLED] = { UNKNOWN, "stalled", "this host was stalled" },
	[PING_CANNOT] = { UNKNOWN, "cannot", "cannot be measured here" },
	[PING_OPEN] = { NEITHER, "open", "in flight" },
	[PING_REASSEMBLY] = { LOSS, "reassembly", "fragments lost on the way" },
	[PING_PARAMETER] = { LOSS, "parameter", "packet not understood on the way" },
	[PING_NO_NEIGHBOUR] = { LOSS, "no_neighbour",
	    "the next hop does not answer ARP or neighbour discovery" },
	[PING_NEVER_LEFT] = { LOSS, "never_left",
	    "never left this host: the next hop or the link is down" },
};
/* clang-format on */

static const struct extra_kind extras[EXTRAS] = {
	[EXTRA_LOOKUP] = { "lookup", "name lookup", EXTRA_SECONDS, EXTRA_MEAN },
	[EXTRA_CONNECT] = { "connect", "connect", EXTRA_SECONDS, EXTRA_MEAN },
	[EXTRA_TLS] = { "tls", "TLS handshake", EXTRA_SECONDS, EXTRA_MEAN },
	[EXTRA_FIRST_BYTE] = { "first_byte", "first byte", EXTRA_SECONDS, EXTRA_MEAN },
	[EXTRA_TRANSFER] = { "transfer", "transfer", EXTRA_SECONDS, EXTRA_MEAN },
	[EXTRA_REDIRECTS] = { "redirects", "redirects", EXTRA_SECONDS, EXTRA_MEAN },
	[EXTRA_STATUS] = { "status", "HTTP status", EXTRA_NUMBER, EXTRA_LAST },
	[EXTRA_CERT_DAYS] = { "certificate_days", "certificate ends in", EXTRA_DAYS,
	    EXTRA_LEAST },
	[EXTRA_QUERY] = { "query", "query", EXTRA_SECONDS, EXTRA_MEAN },
	[EXTRA_RCODE] = { "rcode", "DNS RCODE", EXTRA_NUMBER, EXTRA_LAST },
	[EXTRA_MOVED] = { "instance_changes", "changes of the answering server",
	    EXTRA_NUMBER, EXTRA_TOTAL },
	[EXTRA_RETRANS] = { "retransmissions", "TCP retransmissions", EXTRA_NUMBER,
	    EXTRA_TOTAL },
	[EXTRA_IPDV] = { "ipdv_p95", "variation, packet to packet (95 %)",
	    EXTRA_SECONDS, EXTRA_LAST },
	[EXTRA_PDV95] = { "pdv_p95", "delay above the least (95 %)", EXTRA_SECONDS,
	    EXTRA_LAST },
	[EXTRA_PDV99] = { "pdv_p99", "delay above the least (99 %)", EXTRA_SECONDS,
	    EXTRA_LAST },
	[EXTRA_RTP_JITTER] = { "rtp_jitter", "RTP jitter", EXTRA_SECONDS, EXTRA_LAST },
	[EXTRA_LOSS_RUN] = { "loss_run", "most lost in a row", EXTRA_NUMBER,
	    EXTRA_LAST },
	[EXTRA_BURST] = { "burst_ratio", "burst ratio of loss", EXTRA_NUMBER,
	    EXTRA_LAST },
	[EXTRA_TOO_LATE] = { "too_late", "too late for a voice buffer", EXTRA_RATIO,
	    EXTRA_LAST },
	[EXTRA_R] = { "r_factor", "voice: R (E-model)", EXTRA_NUMBER, EXTRA_LAST },
	[EXTRA_MOS] = { "mos", "voice: MOS (E-model)", EXTRA_NUMBER, EXTRA_LAST },
	[EXTRA_R_SIMPLE] = { "r_factor_simple", "voice: R (shortcut)", EXTRA_NUMBER,
	    EXTRA_LAST },
	[EXTRA_MOS_SIMPLE] = { "mos_simple", "voice: MOS (shortcut)", EXTRA_NUMBER,
	    EXTRA_LAST },
	[EXTRA_FORWARD_LOSS] = { "forward_loss", "lost on the way there", EXTRA_RATIO,
	    EXTRA_LAST },
	[EXTRA_BACKWARD_LOSS] = { "backward_loss", "lost on the way back", EXTRA_RATIO,
	    EXTRA_LAST },
	[EXTRA_FORWARD_VARIATION] = { "forward_variation",
	    "variation on the way there (95 %)", EXTRA_SECONDS, EXTRA_LAST },
	[EXTRA_BACKWARD_VARIATION] = { "backward_variation",
	    "variation on the way back (95 %)", EXTRA_SECONDS, EXTRA_LAST },
	[EXTRA_CLOCK_OFFSET] = { "clock_offset", "its clock is ahead by", EXTRA_SECONDS,
	    EXTRA_LAST },
	[EXTRA_CLASS] = { "traffic_class", "traffic class of answers", EXTRA_NUMBER,
	    EXTRA_LAST },
	[EXTRA_HOPS] = { "hops", "hops", EXTRA_NUMBER, EXTRA_LAST },
};

const struct extra_kind *
extra_kind(enum extra extra)
{
	return &extras[extra];
}

bool
ping_is_loss(enum ping_outcome outcome)
{
	return outcomes[outcome].verdict == LOSS;
}

bool
ping_is_unknown(enum ping_outcome outcome)
{
	return outcomes[outcome].verdict == UNKNOWN;
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

const char *
ping_stamp_word(enum ping_stamp stamp)
{
	static const char *const word[STAMP_KINDS] = { "user", "kernel_rx", "kernel",
		"kernel_near" };

	return word[stamp];
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

double
round_jitter(const struct round *r)
{
	double rtt[ROUND_MAX_PINGS];

	for (unsigned i = 0; i < r->count; i++)
		rtt[i] = r->ping[i].outcome == PING_ANSWERED
			     ? (double)r->ping[i].rtt_ns / 1e9
			     : NAN;
	return stats_jitter(rtt, r->count);
}
