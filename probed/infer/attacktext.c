#include "infer/attacktext.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define OUT " out"
#define WHOLE "network"
/* A sampled rate says one in so many. */
#define SAMPLING_MOST 4e9

void
attack_subject(const struct attack *a, char *buf)
{
	char text[ADDR_TEXT];

	snprintf(buf, ATTACK_SUBJECT, "%s%s",
	    a->host.len == 0 ? WHOLE : flow_ip_text(&a->host, text), a->out ? OUT : "");
}

int
attack_subject_read(const char *text, struct flow_ip *host, bool *out)
{
	char copy[ATTACK_SUBJECT];
	size_t len = strlen(text), tail = sizeof OUT - 1;

	memset(host, 0, sizeof *host);
	if (len >= sizeof copy)
		return -1;
	*out = len > tail && strcmp(text + len - tail, OUT) == 0;
	snprintf(copy, sizeof copy, "%.*s", (int)(*out ? len - tail : len), text);
	if (strcmp(copy, WHOLE) == 0)
		return 0;
	if (inet_pton(AF_INET, copy, host->bytes) == 1)
		host->len = 4;
	else if (inet_pton(AF_INET6, copy, host->bytes) == 1)
		host->len = 16;
	return host->len == 0 ? -1 : 0;
}

/* "12.3 Mbit/s"; "12.3 k packets/s" where UNIT begins with a blank. */
static void
scaled(double v, const char *unit, char *buf, size_t size)
{
	static const char *const prefix[] = { "", "k", "M", "G", "T" };
	unsigned i = 0;

	while (v >= 999.5 && i < 4) {
		v /= 1000;
		i++;
	}
	snprintf(buf, size, "%.3g%s%s%s", v, i > 0 || isalpha((unsigned char)*unit) ? " " : "",
	    prefix[i], unit);
}

/* Counts of addresses are known no better. */
static double
two_digits(double v)
{
	double unit = v >= 100 ? pow(10, floor(log10(v)) - 1) : 1;

	return round(v / unit) * unit;
}

static const char *
figure_unit(enum baseline_figure f)
{
	static const char *const units[] = { " packets/s", "bit/s", " flows/s" };

	return units[f];
}

static double
in_units(enum baseline_figure f, double value)
{
	return f == BASELINE_OCTETS ? 8 * value : value;
}

void
attack_summary(const struct attack *a, char *buf)
{
	char who[ADDR_TEXT], name[VECTOR_NAME], pps[32], low[32], high[32], bps[32];
	char least[32], port[32] = "", ends[64] = "";
	const struct vector *v = &a->peak;

	if (a->host.len == 0)
		snprintf(who, sizeof who, "The own network");
	else
		flow_ip_text(&a->host, who);
	scaled(v->packets, "", pps, sizeof pps);
	scaled(v->low_packets, "", low, sizeof low);
	scaled(v->high_packets, "", high, sizeof high);
	scaled(8 * v->octets, "bit/s", bps, sizeof bps);
	scaled(in_units(a->figure, a->threshold[a->figure]), figure_unit(a->figure),
	    least, sizeof least);
	if (v->port != 0)
		snprintf(port, sizeof port, "%s port %u",
		    v->class == CLASS_AMPLIFIER ? ", from" : ", to", v->port);
	if (a->out && v->port != 0)
		snprintf(port, sizeof port, ", own port %u", v->port);
	if (v->ends >= 1.5)
		snprintf(ends, sizeof ends, ", %s about %.0f addresses",
		    a->out ? "to" : "from", two_digits(v->ends));
	else
		snprintf(ends, sizeof ends, ", %s one address", a->out ? "to" : "from");
	snprintf(buf, ATTACK_SUMMARY,
	    "%s %s: %s of up to %s packets/s (%s to %s), %s%s%s; its threshold is %s%s", who,
	    a->out ? "sends what looks like an attack" : "is under attack",
	    vector_name(v, name), pps, low, high, bps, ends, port, least,
	    a->stale ? "; nobody tells of it any more" : "");
}

const char *
attack_confidence(const struct attack *a)
{
	if (!a->learned)
		return "likely";
	/* Few others may be somebody's own doing. */
	return a->peak.weight < 1 || a->host.len == 0 ? "likely" : "sure";
}

/* In units of people: bits. */
static void
put_rate(struct infer_finding *f, const char *name, const struct attack *a,
    const struct vector *v, enum baseline_figure figure, bool judged)
{
	bool octets = figure == BASELINE_OCTETS;
	double unit = octets ? 8 : 1;
	struct finding_number *n =
	    finding_number_of(f, name, octets ? "bit/s" : "packets/s", "",
		unit * (octets ? v->octets : v->packets),
		judged ? unit * a->threshold[figure] : NAN);

	finding_interval(n, unit * (octets ? v->low_octets : v->low_packets),
	    unit * (octets ? v->high_octets : v->high_packets), VECTOR_LEVEL);
}

static void
put_numbers(const struct attack *a, struct infer_finding *f)
{
	const struct vector *v = &a->peak;
	const double *t = a->threshold, *u = a->usual;

	put_rate(f, "packets", a, v, BASELINE_PACKETS, true);
	put_rate(f, "bits", a, v, BASELINE_OCTETS, true);
	finding_number_of(f, "flows", "flows/s", "", v->flows, t[BASELINE_FLOWS]);
	finding_number(f, "sources", "count", v->ends);
	finding_number_of(f, "times_threshold", "ratio", "", a->peak_ratio, 1);
	put_rate(f, "packets_now", a, &a->now, BASELINE_PACKETS, false);
	put_rate(f, "bits_now", a, &a->now, BASELINE_OCTETS, false);
	finding_number(f, "usual_packets", "packets/s", u[BASELINE_PACKETS]);
	finding_number(f, "usual_bits", "bit/s", 8 * u[BASELINE_OCTETS]);
	finding_number_of(f, "lost", "ratio", "", a->lost, ATTACK_LOST_MOST);
	finding_number(f, "window", "s", (double)a->window_ms / 1000);
	finding_number(f, "hold", "s", (double)a->hold_s);
}

static void
put_quality(const struct attack *a, struct infer_finding *f)
{
	const struct vector *v = &a->peak;
	double seen = (double)v->samples * 1000 / (double)(a->window_ms + 1);
	double each = seen > 0 ? v->packets / seen : 1;

	f->quality.samples = v->samples;
	f->quality.unknown = a->lost;
	f->quality.sampling = each < SAMPLING_MOST ? (uint32_t)llround(each) : 0;
	f->quality.learned = a->learned ? LEARNED_ENOUGH : LEARNED_LITTLE;
	if (a->learned_s > 0)
		f->quality.baseline_s = (double)a->learned_s;
	snprintf(f->quality.note, sizeof f->quality.note, "%s%s%s",
	    a->learned ? "" : "what is usual is not learned yet",
	    !a->learned && a->stale ? "; " : "",
	    a->stale ? "nobody tells of it any more" : "");
}

void
attack_finding(const struct attack *a, struct infer_finding *f)
{
	char text[ATTACK_SUMMARY], name[VECTOR_NAME];
	const struct vector *v = a->now.class != VECTOR_CLASSES ? &a->now : &a->peak;

	attack_subject(a, text);
	finding_init(f, ATTACK_KIND, text, ATTACK_SOURCE);
	/* Of one that a restart brought back nothing is known but that it was. */
	if (a->peak.class == VECTOR_CLASSES)
		return;
	finding_cause(f, vector_word(&a->peak));
	f->confidence = confidence_by_word(attack_confidence(a));
	f->begin = a->begin_s;
	f->worst = a->peak.packets;
	put_rate(f, "bits", a, v, BASELINE_OCTETS, true);
	put_rate(f, "packets", a, v, BASELINE_PACKETS, true);
	put_quality(a, f);
	if (a->host.len != 0)
		finding_fact(f, "attacked", "%s", flow_ip_text(&a->host, text));
	finding_fact(f, "vector", "%s", vector_name(&a->peak, name));
	finding_fact(f, "direction", "%s", a->out ? "outgoing" : "incoming");
	attack_summary(a, text);
	finding_sentence(f, "%s", text);
}

static void
put_evidence(struct json *j, const struct attack *a)
{
	static struct infer_finding f;
	const struct vector *v = &a->peak;
	char text[ADDR_TEXT], name[VECTOR_NAME];

	jw_object(j);
	jw_put_str(j, "state", attack_state_word(a->state));
	jw_put_str(j, "vector", vector_name(v, name));
	jw_put_str(j, "type", vector_word(v));
	jw_put_str(j, "host", a->host.len != 0 ? flow_ip_text(&a->host, text) : NULL);
	jw_put_str(j, "direction", a->out ? "outgoing" : "incoming");
	jw_put_num(j, "pps", v->packets);
	jw_put_num(j, "low_pps", v->low_packets);
	jw_put_num(j, "high_pps", v->high_packets);
	jw_put_num(j, "bps", 8 * v->octets);
	jw_put_num(j, "low_bps", 8 * v->low_octets);
	jw_put_num(j, "high_bps", 8 * v->high_octets);
	jw_put_num(j, "flows", v->flows);
	jw_put_num(j, "sources", floor(v->ends + 0.5));
	jw_put_int(j, "protocol", vector_proto(v, a->host.len == 16));
	jw_put_int(j, "port", v->port);
	jw_put_bool(j, "source_port", v->class == CLASS_AMPLIFIER);
	jw_put_str(j, "exceeded", figure_unit(a->figure) + (a->figure != BASELINE_OCTETS));
	jw_put_num(j, "threshold", in_units(a->figure, a->threshold[a->figure]));
	jw_put_int(j, "relapses", a->relapses);
	jw_put_str(j, "exporter",
	    a->exporter.len != 0 ? flow_ip_text(&a->exporter, text) : NULL);
	finding_init(&f, ATTACK_KIND, "", ATTACK_SOURCE);
	finding_cause(&f, vector_word(v));
	put_numbers(a, &f);
	put_quality(a, &f);
	finding_put(j, &f);
	jw_object_end(j);
}

char *
attack_evidence(const struct attack *a)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	struct json j;

	jw_init(&j, out);
	put_evidence(&j, a);
	mem_stream_end(out);
	return text;
}

void
attack_json(struct json *j, const struct attack *a, bool over)
{
	char subject[ATTACK_SUBJECT], text[ATTACK_SUMMARY];

	attack_subject(a, subject);
	attack_summary(a, text);
	jw_object(j);
	jw_put_str(j, "kind", ATTACK_KIND);
	jw_put_str(j, "subject", subject);
	jw_put_int(j, "begin", a->begin_s);
	jw_put_num(j, "end", over ? (double)a->below_s : NAN);
	jw_put_str(j, "confidence", attack_confidence(a));
	jw_put_str(j, "summary", text);
	jw_key(j, "evidence");
	put_evidence(j, a);
	jw_object_end(j);
}
