#include "infer/backscattertext.h"

#include <math.h>
#include <stdio.h>

#include "base/log.h"

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

static void
put_evidence(struct json *j, const struct victim *m, const struct backscatter *b)
{
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
	jw_object_end(j);
}

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
		    "%.3g), by %llu of them at %llu quiet addresses, %s",
		    who, what, b->rate_unknown ? "" : "up to ", b->estimate.pps,
		    b->estimate.low, b->estimate.high, (unsigned long long)b->count,
		    (unsigned long long)b->n, sampling_text(b, sampling));
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
	FILE *out = open_memstream(&text, &len);
	struct json j;

	if (out == NULL)
		fatal("open_memstream");
	jw_init(&j, out);
	put_evidence(&j, m, b);
	fclose(out);
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
