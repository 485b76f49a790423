#include "infer/backscattertext.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "infer/finding.h"

#define SAMPLING_TEXT 80

/* How they were sampled, into BUF (SAMPLING_TEXT bytes). */
static const char *
sampling_text(const struct backscatter *b, char *buf)
{
	if (b->rate_unknown)
		return "if none were left out: an exporter does not say how it samples";
	if (b->rate_min == b->rate)
		snprintf(buf, SAMPLING_TEXT, "sampled 1:%u", b->rate);
	else
		snprintf(
		    buf, SAMPLING_TEXT, "sampled 1:%u to 1:%u", b->rate_min, b->rate);
	return buf;
}

/* Of packets it is not known which are the same. */
static const char *
overlap_text(const struct backscatter *b)
{
	return b->packets && b->several ? "; what two exporters both saw counts twice"
					: "";
}

const char *
backscatter_confidence(const struct backscatter *b)
{
	if (b->state != BACKSCATTER_CONFIRMED)
		return "hint";
	return b->uniform == UNIFORM_KEPT && !b->packets ? "sure" : "likely";
}

static void
put_estimate(struct json *j, const struct backscatter *b)
{
	bool said = b->n > 0 && b->count > 1;

	jw_key(j, "estimate_pps");
	jw_num(j, said ? b->estimate.pps : NAN);
	jw_key(j, "low_pps");
	jw_num(j, said ? b->estimate.low : NAN);
	jw_key(j, "high_pps");
	jw_num(j, said ? b->estimate.high : NAN);
	jw_key(j, "monitored_addresses");
	jw_int(j, (int64_t)b->n);
	jw_key(j, "smallest_pps");
	jw_num(j, b->smallest);
}

/* What it was confirmed by. */
static void
put_numbers(
    const struct victim *m, const struct backscatter *b, struct infer_finding *f)
{
	struct finding_number *n;

	n = finding_number(f, "attack", b->packets ? "packets/s" : "answers/s",
	    b->n > 0 && b->count > 1 ? b->estimate.pps : NAN);
	if (b->n > 0)
		finding_interval(
		    n, b->estimate.low, b->estimate.high, BACKSCATTER_LEVEL);
	finding_number(f, "smallest_seen", "answers/s", b->smallest);
	finding_number_of(
	    f, "packets", "count", "", (double)m->packets, BACKSCATTER_PACKETS);
	finding_number(f, b->packets ? "response_packets" : "responses", "count",
	    (double)b->count);
	finding_number_of(f, "duration", "s", "",
	    (double)(m->last_ms - m->first_ms) / 1000, BACKSCATTER_MS / 1000.0);
	finding_number_of(f, "packets_in_a_minute", "count", "", (double)m->minute_max,
	    BACKSCATTER_MINUTE);
	finding_number_of(
	    f, "addresses", "count", "", (double)m->addresses, BACKSCATTER_ADDRESSES);
	finding_number(f, "quiet_addresses", "count", (double)b->n);
	finding_number_of(f, "unevenness", "A2", "", b->a2, UNIFORM_A2_5);
}

static void
put_quality(
    const struct victim *m, const struct backscatter *b, struct infer_finding *f)
{
	const char *asked = m->rate_max > 1
				? "only addresses that never send are looked at"
				: "nobody here had asked";
	char sampling[SAMPLING_TEXT];

	f->quality.samples = m->packets;
	/* What is lost on the way to us cannot be known of somebody else's packets. */
	f->quality.unknown = NAN;
	f->quality.sampling = b->rate_unknown ? 0 : b->rate;
	snprintf(f->quality.note, sizeof f->quality.note, "%s; %s%s", asked,
	    sampling_text(b, sampling),
	    b->n == 0 ? "; nothing is watched that stands for all" : overlap_text(b));
}

static void
put_evidence(struct json *j, const struct victim *m, const struct backscatter *b)
{
	static struct infer_finding f;

	jw_object(j);
	jw_key(j, "state");
	jw_str(j, backscatter_state_word(b->state));
	jw_key(j, "attack");
	jw_str(j, response_attack(b->kind));
	jw_key(j, "packets");
	jw_int(j, (int64_t)m->packets);
	jw_key(j, "responses");
	jw_int(j, (int64_t)m->responses);
	jw_key(j, "counts");
	jw_str(j, b->packets ? "response packets" : "responses");
	jw_key(j, "sources");
	jw_int(j, (int64_t)m->addresses);
	put_estimate(j, b);
	jw_key(j, "minute_max");
	jw_int(j, (int64_t)m->minute_max);
	jw_key(j, "sampling");
	jw_int(j, m->rate_max);
	jw_key(j, "uniform");
	jw_str(j, uniform_word(b->uniform));
	jw_key(j, "a2");
	jw_num(j, b->a2);
	for (unsigned i = 1; i < RESPONSE_KINDS; i++)
		if (m->kind[i] != 0) {
			jw_key(j, response_word((enum response)i));
			jw_int(j, (int64_t)m->kind[i]);
		}
	jw_key(j, "ports");
	jw_array(j);
	for (unsigned i = 0; i < VICTIM_PORTS && m->port[i].packets != 0; i++)
		jw_int(j, m->port[i].port);
	jw_array_end(j);
	jw_key(j, "ttl");
	jw_array(j);
	jw_int(j, m->ttl_min);
	jw_int(j, m->ttl_max);
	jw_array_end(j);
	finding_init(&f, "backscatter", "", "telescope");
	put_numbers(m, b, &f);
	put_quality(m, b, &f);
	finding_put(j, &f);
	jw_object_end(j);
}

void
backscatter_summary(
    char *buf, size_t size, const char *who, const struct backscatter *b)
{
	const char *what = response_attack(b->kind);
	char sampling[SAMPLING_TEXT];

	if (b->n > 0 && b->count > 1 && !b->packets)
		snprintf(buf, size,
		    "%s is under a %s of at least %.3g answers/s (%.3g to %.3g), by %llu "
		    "responses at %llu quiet addresses",
		    who, what, b->estimate.pps, b->estimate.low, b->estimate.high,
		    (unsigned long long)b->count, (unsigned long long)b->n);
	else if (b->n > 0 && b->count > 1)
		snprintf(buf, size,
		    "%s is under a %s and sends %sabout %.3g response packets/s (%.3g to "
		    "%.3g), by %llu of them at %llu quiet addresses, %s%s",
		    who, what, b->rate_unknown && !b->several ? "" : "up to ",
		    b->estimate.pps, b->estimate.low, b->estimate.high,
		    (unsigned long long)b->count, (unsigned long long)b->n,
		    sampling_text(b, sampling), overlap_text(b));
	else
		snprintf(buf, size,
		    "%s answers what nobody here asked (a %s with forged senders, "
		    "perhaps); too little is watched to say how strong it is",
		    who, what);
}

char *
backscatter_evidence(const struct victim *m, const struct backscatter *b)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	struct json j;

	jw_init(&j, out);
	put_evidence(&j, m, b);
	mem_stream_end(out);
	return text;
}

void
backscatter_json(
    struct json *j, const struct victim *m, const struct backscatter *b, bool over)
{
	char who[ADDR_TEXT], text[BACKSCATTER_SUMMARY];

	flow_ip_text(&m->address, who);
	backscatter_summary(text, sizeof text, who, b);
	jw_object(j);
	jw_key(j, "kind");
	jw_str(j, "backscatter");
	jw_key(j, "subject");
	jw_str(j, who);
	jw_key(j, "begin");
	jw_num(j, (double)m->first_ms / 1000);
	jw_key(j, "end");
	jw_num(j, over ? (double)m->last_ms / 1000 : NAN);
	jw_key(j, "confidence");
	jw_str(j, backscatter_confidence(b));
	jw_key(j, "summary");
	jw_str(j, text);
	jw_key(j, "evidence");
	put_evidence(j, m, b);
	jw_object_end(j);
}
