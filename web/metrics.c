#include "web/metrics.h"

#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "infer/segment.h"
#include "web/blockades.h"
#include "web/eventlog.h"
#include "web/exporters.h"
#include "web/interfaces.h"
#include "web/news.h"
#include "web/radios.h"
#include "web/request.h"
#include "web/slavebook.h"
#include "web/state.h"
#include "web/verdictshow.h"
#include "web/ways.h"

#define TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define OPEN_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* One exposition on its way out. */
struct page {
	FILE *out;
	bool open; /* OpenMetrics */
};

/* Begin the family NAME; OpenMetrics names a counter's family without its _total and an
 * info without its _info. */
static void
family(const struct page *p, const char *name, const char *type, const char *help)
{
	size_t len = strlen(name);

	if (p->open && strcmp(type, "counter") == 0)
		len -= strlen("_total");
	else if (strcmp(type, "info") == 0 && p->open)
		len -= strlen("_info");
	else if (strcmp(type, "info") == 0)
		type = "gauge";
	fprintf(p->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)len, name, help,
	    (int)len, name, type);
}

/* A label's value, escaped, in quotes. */
static void
label(FILE *out, const char *name, const char *value, bool first)
{
	fprintf(out, "%s%s=\"", first ? "" : ",", name);
	for (const char *s = value != NULL ? value : ""; *s != '\0'; s++) {
		if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '\\' || *s == '"')
			fprintf(out, "\\%c", *s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

static void
number(FILE *out, double v)
{
	if (isnan(v))
		fputs(" NaN\n", out);
	else if (isinf(v))
		fputs(v > 0 ? " +Inf\n" : " -Inf\n", out);
	else
		fprintf(out, " %.17g\n", v);
}

/* One sample without labels, or with one. */
static void
plain(const struct page *p, const char *name, double v)
{
	fputs(name, p->out);
	number(p->out, v);
}

static void
labelled(const struct page *p, const char *name, const char *key, const char *value,
    uint64_t v)
{
	fprintf(p->out, "%s{", name);
	label(p->out, key, value, true);
	fprintf(p->out, "} %" PRIu64 "\n", v);
}

static void
two_labels(const struct page *p, const char *name, const char *key, const char *value,
    const char *other, const char *other_value, uint64_t v)
{
	fprintf(p->out, "%s{", name);
	label(p->out, key, value, true);
	label(p->out, other, other_value, false);
	fprintf(p->out, "} %" PRIu64 "\n", v);
}

/* --- smokeping_prober's names ------------------------------------------------------
 */

/* A target that has been heard of. */
struct shown {
	const struct live *live;
	char *labels; /* {ip,host,source,tos,target without the closing brace */
};

/* What of a target a family shows. */
typedef void (*show_fn)(const struct page *p, const char *name, const struct shown *s);

/* The labels of T, made once for all of its samples. */
static char *
labels_of(const struct conf_target *t, const struct live *live)
{
	const struct conf *conf = state_conf();
	const char *tos = conf_target_value(conf, t, "tos", NULL);
	char ip[ADDR_TEXT] = "", *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		fatal("open_memstream");
	addr_text(&live->target.address, ip);
	fputc('{', out);
	label(out, "ip", ip, true);
	label(out, "host", t->host, false);
	label(out, "source", conf_target_value(conf, t, "sourceaddress", NULL), false);
	label(out, "tos", tos != NULL ? tos : "0", false);
	label(out, "target", t->path, false);
	fclose(out);
	return text;
}

static void
open_sample(const struct page *p, const char *name, const struct shown *s)
{
	fputs(name, p->out);
	fputs(s->labels, p->out);
}

static void
sample(const struct page *p, const char *name, const struct shown *s, double v)
{
	open_sample(p, name, s);
	fputc('}', p->out);
	number(p->out, v);
}

static void
show_sent(const struct page *p, const char *name, const struct shown *s)
{
	sample(p, name, s, (double)s->live->sent);
}

/* Counters that are a member of struct live_odd. */
#define SHOW_ODD(member)                                                               \
	static void show_##member(                                                     \
	    const struct page *p, const char *name, const struct shown *s)             \
	{                                                                              \
		sample(p, name, s, (double)s->live->odd_all.member);                   \
	}
SHOW_ODD(duplicates)
SHOW_ODD(late)
SHOW_ODD(reordered)
SHOW_ODD(ttl_changes)
SHOW_ODD(forged)
SHOW_ODD(wrong_source)
SHOW_ODD(truncated)

static void
show_stamps(const struct page *p, const char *name, const struct shown *s)
{
	for (unsigned i = 0; i < STAMP_KINDS; i++) {
		open_sample(p, name, s);
		fprintf(p->out, ",stamp=\"%s\"} %" PRIu64 "\n",
		    ping_stamp_word((enum ping_stamp)i), s->live->odd_all.stamp[i]);
	}
}

static void
show_send_errors(const struct page *p, const char *name, const struct shown *s)
{
	sample(p, name, s, (double)s->live->send_errors);
}

static void
histogram(const struct page *p, const char *name, const struct shown *s,
    const struct live_times *times)
{
	char part[80];
	uint64_t sum = 0;
	double bound = 50e-6;

	snprintf(part, sizeof part, "%s_bucket", name);
	for (int i = 0; i < LIVE_BUCKETS; i++, bound *= 2) {
		sum += times->bucket[i];
		open_sample(p, part, s);
		fprintf(p->out, ",le=\"%.10g\"} %" PRIu64 "\n", bound, sum);
	}
	open_sample(p, part, s);
	fprintf(p->out, ",le=\"+Inf\"} %" PRIu64 "\n", times->count);
	snprintf(part, sizeof part, "%s_sum", name);
	sample(p, part, s, times->sum);
	snprintf(part, sizeof part, "%s_count", name);
	sample(p, part, s, (double)times->count);
}

static void
show_rtt(const struct page *p, const char *name, const struct shown *s)
{
	histogram(p, name, s, &s->live->rtts);
}

static void
show_jitter(const struct page *p, const char *name, const struct shown *s)
{
	histogram(p, name, s, &s->live->jitters);
}

/* The figures of the last round that have UNIT. */
static void
show_extras(
    const struct page *p, const char *name, const struct shown *s, enum extra_unit unit)
{
	for (unsigned i = 0; i < s->live->extras; i++) {
		const struct round_extra *e = &s->live->extra[i];
		const struct extra_kind *kind = extra_kind(e->kind);

		if (kind->unit != unit)
			continue;
		open_sample(p, name, s);
		fprintf(p->out, ",figure=\"%s\"}", kind->word);
		number(p->out, e->value);
	}
}

static void
show_seconds(const struct page *p, const char *name, const struct shown *s)
{
	show_extras(p, name, s, EXTRA_SECONDS);
}

static void
show_ratios(const struct page *p, const char *name, const struct shown *s)
{
	show_extras(p, name, s, EXTRA_RATIO);
}

static void
show_days(const struct page *p, const char *name, const struct shown *s)
{
	show_extras(p, name, s, EXTRA_DAYS);
}

static void
show_numbers(const struct page *p, const char *name, const struct shown *s)
{
	show_extras(p, name, s, EXTRA_NUMBER);
}

static void
show_median(const struct page *p, const char *name, const struct shown *s)
{
	if (s->live->measured)
		sample(p, name, s, s->live->median);
}

static void
show_loss(const struct page *p, const char *name, const struct shown *s)
{
	if (s->live->measured)
		sample(p, name, s, s->live->loss_ratio);
}

static void
show_row(const struct page *p, const char *name, const struct shown *s)
{
	if (s->live->measured)
		sample(p, name, s, (double)s->live->row);
}

/* Every target that has been heard of into ALL; how many. */
static size_t
heard_of(struct shown *all)
{
	const struct conf *conf = state_conf();
	size_t count = 0;

	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		const struct live *live =
		    t->kind == CONF_MEASURED || t->kind == CONF_DYNAMIC
			? state_live(t->id)
			: NULL;

		if (live != NULL)
			all[count++] = (struct shown){ live, labels_of(t, live) };
	}
	return count;
}

/* What is told of every target that has been heard of. */
static const struct {
	const char *name, *type, *help;
	show_fn show;
} families[] = {
	{ "smokeping_requests_total", "counter", "Pings sent.", show_sent },
	{ "smokeping_response_duration_seconds", "histogram",
	    "Round trip times of answered pings.", show_rtt },
	{ "smokeping_response_duplicates_total", "counter",
	    "Answers that came more than once.", show_duplicates },
	{ "smokeping_send_errors_total", "counter",
	    "Pings that could not be sent from here.", show_send_errors },
	{ "smokebox_target_median_seconds", "gauge",
	    "Median of the last round; NaN when nothing answered.", show_median },
	{ "smokebox_target_loss_ratio", "gauge",
	    "Pings lost in the last round, 0 to 1; NaN when unknown.", show_loss },
	{ "smokebox_target_last_round_timestamp_seconds", "gauge",
	    "End of the last round stored.", show_row },
	{ "smokebox_target_jitter_seconds", "histogram",
	    "Differences between the times of neighbouring pings.", show_jitter },
	{ "smokebox_target_answers_total", "counter",
	    "Answers, by who stamped the two ends of their time.", show_stamps },
	{ "smokebox_target_late_total", "counter", "Answers behind the timeout.",
	    show_late },
	{ "smokebox_target_reordered_total", "counter",
	    "Answers that came behind one of a later ping.", show_reordered },
	{ "smokebox_target_ttl_changes_total", "counter",
	    "Answers with another TTL than the one before.", show_ttl_changes },
	{ "smokebox_target_forged_total", "counter",
	    "Answers that could not prove themselves.", show_forged },
	{ "smokebox_target_wrong_source_total", "counter",
	    "Genuine answers from another address.", show_wrong_source },
	{ "smokebox_target_truncated_total", "counter",
	    "Answers shorter than what was sent.", show_truncated },
	{ "smokebox_target_figure_seconds", "gauge",
	    "Further times of the last round, such as phases of a fetch.",
	    show_seconds },
	{ "smokebox_target_figure_ratio", "gauge", "Further ratios of the last round.",
	    show_ratios },
	{ "smokebox_target_figure_days", "gauge",
	    "Further figures of the last round, in days.", show_days },
	{ "smokebox_target_figure", "gauge",
	    "Further figures of the last round without a unit.", show_numbers },
};

static void
targets(const struct page *p)
{
	struct shown *all = mem_zero(state_conf()->target_count + 1, sizeof *all);
	size_t count = heard_of(all);

	for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
		family(p, families[f].name, families[f].type, families[f].help);
		for (size_t i = 0; i < count; i++)
			families[f].show(p, families[f].name, &all[i]);
	}
	family(p, "smokeping_receive_errors_total", "counter",
	    "Packets that came cut short or not as answers to ours.");
	plain(p, "smokeping_receive_errors_total",
	    (double)(state_counters()->truncated + state_counters()->forged));
	for (size_t i = 0; i < count; i++)
		free(all[i].labels);
	free(all);
}

/* --- the box itself -----------------------------------------------------------------
 */

static void
prober(const struct page *p)
{
	const struct msg_counters *c = state_counters();

	family(p, "smokebox_rounds_total", "counter", "Rounds by outcome.");
	labelled(p, "smokebox_rounds_total", "outcome", "measured", c->rounds_measured);
	labelled(p, "smokebox_rounds_total", "outcome", "unknown", c->rounds_unknown);
	family(p, "smokebox_rounds_skipped_total", "counter",
	    "Rounds that were due and never began.");
	plain(p, "smokebox_rounds_skipped_total", (double)c->rounds_skipped);
	family(p, "smokebox_pings_total", "counter", "Pings by how they ended.");
	for (int o = 0; o < PING_OUTCOMES; o++)
		if (o != PING_OPEN)
			labelled(p, "smokebox_pings_total", "verdict",
			    ping_outcome_word((enum ping_outcome)o), c->ping[o]);
	family(p, "smokebox_packets_odd_total", "counter",
	    "Packets that were counted apart.");
	labelled(p, "smokebox_packets_odd_total", "kind", "duplicate", c->duplicates);
	labelled(p, "smokebox_packets_odd_total", "kind", "forged", c->forged);
	labelled(
	    p, "smokebox_packets_odd_total", "kind", "wrong_source", c->wrong_source);
	labelled(p, "smokebox_packets_odd_total", "kind", "truncated", c->truncated);
	labelled(p, "smokebox_packets_odd_total", "kind", "overflow", c->overflow);
	labelled(
	    p, "smokebox_packets_odd_total", "kind", "late_closed", c->late_closed);
	labelled(
	    p, "smokebox_packets_odd_total", "kind", "stamp_fault", c->stamp_faults);
	labelled(p, "smokebox_packets_odd_total", "kind", "reordered", c->reordered);
	labelled(p, "smokebox_packets_odd_total", "kind", "ttl_change", c->ttl_changes);
	family(p, "smokebox_icmp_new_ids_total", "counter",
	    "Targets that got another ICMP id after nothing but loss.");
	plain(p, "smokebox_icmp_new_ids_total", (double)c->new_ids);
	family(p, "smokebox_icmp_sockets", "gauge", "ICMP sockets in use.");
	labelled(p, "smokebox_icmp_sockets", "family", "v4", c->icmp_sockets[0]);
	labelled(p, "smokebox_icmp_sockets", "family", "v6", c->icmp_sockets[1]);
	family(p, "smokebox_reflector_packets_total", "counter",
	    "STAMP packets that came to the reflector, by what was done.");
	labelled(
	    p, "smokebox_reflector_packets_total", "outcome", "answered", c->reflected);
	for (int why = 0; why < REFUSED_KINDS; why++)
		labelled(p, "smokebox_reflector_packets_total", "outcome",
		    msg_refused_word((enum msg_refused)why), c->refused[why]);
	family(p, "smokebox_answers_total", "counter",
	    "Answers by who stamped the two ends of their time.");
	for (int i = 0; i < STAMP_KINDS; i++)
		labelled(p, "smokebox_answers_total", "stamp",
		    ping_stamp_word((enum ping_stamp)i), c->stamp[i]);
	family(p, "smokebox_prober_loop_seconds", "summary",
	    "Length of one turn of the prober's loop in the last minute.");
	static const char *const quantile[] = { "0.5", "0.99", "1" };
	for (int i = 0; i < 3; i++) {
		fprintf(p->out, "smokebox_prober_loop_seconds{quantile=\"%s\"}",
		    quantile[i]);
		number(p->out, (double)c->loop_ns[i] / 1e9);
	}
}

static void
store(const struct page *p)
{
	const struct msg_store *s = state_store();

	family(
	    p, "smokebox_store_rows_total", "counter", "Rows of history by outcome.");
	labelled(p, "smokebox_store_rows_total", "outcome", "written", s->rows_written);
	labelled(p, "smokebox_store_rows_total", "outcome", "unknown", s->rows_unknown);
	labelled(p, "smokebox_store_rows_total", "outcome", "failed", s->failed);
	family(p, "smokebox_store_retries_total", "counter",
	    "Writes tried again because a reader held the file.");
	plain(p, "smokebox_store_retries_total", (double)s->retries);
	family(p, "smokebox_store_set_aside_total", "counter",
	    "Broken files that were moved out of the way.");
	plain(p, "smokebox_store_set_aside_total", (double)s->set_aside);
	family(p, "smokebox_store_carried_total", "counter",
	    "Files whose history went over into one with other settings.");
	plain(p, "smokebox_store_carried_total", (double)s->carried);
	family(p, "smokebox_store_queued_rounds", "gauge",
	    "Rounds that wait for the disk.");
	plain(p, "smokebox_store_queued_rounds", (double)s->queued);
	family(p, "smokebox_store_raw_bytes", "gauge",
	    "Size of the ring of single pings.");
	plain(p, "smokebox_store_raw_bytes", (double)s->raw_bytes);
}

/* One family of the collector's, a sample for each protocol that it knows. */
static void
per_protocol(const struct page *p, const char *name, const char *help,
    const uint64_t value[FLOW_PROTOCOLS])
{
	family(p, name, "counter", help);
	for (int i = FLOW_UNKNOWN + 1; i < FLOW_PROTOCOLS; i++)
		labelled(p, name, "protocol", flow_protocol_word((enum flow_protocol)i),
		    value[i]);
}

static void
count_row(void *ctx, const struct eventlog_row *row)
{
	unsigned *n = ctx;

	(void)row;
	++*n;
}

/* NAN where they cannot be read. */
static double
open_attacks(void)
{
	struct eventlog_query q = { .kind = "attack", .which = EVENTLOG_OPEN,
		.limit = 1000 };
	unsigned n = 0;
	struct err err;

	return eventlog_each(&q, count_row, &n, &err) < 0 ? NAN : n;
}

static void
collector(const struct page *p)
{
	const struct msg_flows *f = exporters_totals();
	size_t count;
	const struct msg_exporter *x = exporters_list(&count);
	char who[2 * ADDR_TEXT + 32];

	per_protocol(p, "smokebox_collector_datagrams_total",
	    "Datagrams of flows that came.", f->datagrams);
	per_protocol(p, "smokebox_collector_records_total",
	    "Flow records that were decoded.", f->records);
	family(p, "smokebox_collector_errors_total", "counter",
	    "What was not understood in datagrams, by reason.");
	for (int i = 0; i < FLOW_FAULTS; i++)
		labelled(p, "smokebox_collector_errors_total", "reason",
		    flow_fault_word((enum flow_fault)i), f->faults[i]);
	family(p, "smokebox_collector_drops_total", "counter",
	    "Datagrams that the sockets had no room for.");
	plain(p, "smokebox_collector_drops_total", (double)f->drops);
	family(p, "smokebox_collector_strangers_total", "counter",
	    "Datagrams of senders that are not allowed to send.");
	plain(p, "smokebox_collector_strangers_total", (double)f->strangers);
	family(p, "smokebox_collector_tallied_total", "counter",
	    "Flow records by what the tallies did with them: counted, or left out.");
	const struct {
		const char *word;
		uint64_t count;
	} tally[] = { { "counted", f->tallied }, { "own", f->own },
		{ "twice", f->twice }, { "others", f->others },
		{ "absurd", f->absurd } };
	for (size_t i = 0; i < sizeof tally / sizeof *tally; i++)
		labelled(p, "smokebox_collector_tallied_total", "as", tally[i].word,
		    tally[i].count);
	family(p, "smokebox_collector_misdated_total", "counter",
	    "Flows that ended before the oldest open minute or shares of such (late), that "
	    "ended after now (early) or lasted longer than can be (cut).");
	labelled(p, "smokebox_collector_misdated_total", "how", "late", f->late);
	labelled(p, "smokebox_collector_misdated_total", "how", "early", f->early);
	labelled(p, "smokebox_collector_misdated_total", "how", "cut", f->cut);
	family(p, "smokebox_collector_late_octets_total", "counter",
	    "Octets of long flows whose minutes were over when they were told of: in no "
	    "minute.");
	plain(p, "smokebox_collector_late_octets_total", (double)f->late_octets);
	family(p, "smokebox_collector_unknown_sampling_total", "counter",
	    "Flow records of exporters that do not say how they sample.");
	plain(p, "smokebox_collector_unknown_sampling_total", (double)f->unknown);
	family(p, "smokebox_collector_guest_interfaces_total", "counter",
	    "Flows of interfaces that had no room, told of by senders that are not "
	    "named.");
	plain(p, "smokebox_collector_guest_interfaces_total",
	    (double)f->guest_interfaces);
	family(p, "smokebox_collector_new_guest_interfaces_total", "counter",
	    "Flows of interfaces that had no room, told of by senders that are not "
	    "named and were first heard within ten minutes.");
	plain(p, "smokebox_collector_new_guest_interfaces_total",
	    (double)f->new_guest_interfaces);
	family(p, "smokebox_collector_no_room_total", "counter",
	    "What exporters told and there was no more room for.");
	labelled(
	    p, "smokebox_collector_no_room_total", "what", "templates", f->evicted);
	for (int i = 0; i < FLOW_CEILINGS; i++)
		labelled(p, "smokebox_collector_no_room_total", "what",
		    flow_ceiling_word((enum flow_ceiling)i), f->no_room[i]);
	family(p, "smokebox_collector_lessons_left", "gauge",
	    "Exporters and templates that would not be known after a restart, for want "
	    "of room.");
	plain(p, "smokebox_collector_lessons_left", f->lessons_left);
	family(p, "smokebox_collector_unmarked_total", "counter",
	    "Packets whose ECN bits no interface had room for.");
	plain(p, "smokebox_collector_unmarked_total", (double)f->unmarked);
	family(p, "smokebox_collector_suspicions_total", "counter",
	    "Seconds in which a host had more traffic than a threshold.");
	plain(p, "smokebox_collector_suspicions_total", (double)f->suspicions);
	family(p, "smokebox_attacks", "gauge",
	    "Attacks on own hosts, and by them, that go on.");
	plain(p, "smokebox_attacks", open_attacks());
	family(p, "smokebox_blockades", "gauge",
	    "What is announced against them by *** Actions ***.");
	plain(p, "smokebox_blockades", blockades_announced());
	family(p, "smokebox_collector_lost_total", "counter",
	    "What an exporter sent and never came, by its sequence numbers.");
	for (size_t i = 0; i < count; i++) {
		snprintf(who, sizeof who, "%s/%" PRIu64,
		    x[i].agent[0] != '\0' ? x[i].agent : x[i].address, x[i].domain);
		fprintf(p->out, "smokebox_collector_lost_total{");
		label(p->out, "exporter", who, true);
		label(p->out, "protocol",
		    flow_protocol_word((enum flow_protocol)x[i].protocol), false);
		label(p->out, "unit",
		    x[i].protocol == FLOW_PACKETS ? "packets"
		    : x[i].lost_datagrams	  ? "datagrams"
						  : "records",
		    false);
		/* Two may name the same agent, or be behind one address. */
		label(p->out, "source", x[i].address, false);
		snprintf(who, sizeof who, "%u", (unsigned)x[i].port);
		if (x[i].port != 0)
			label(p->out, "port", who, false);
		fprintf(p->out, "} %" PRIu64 "\n", x[i].lost);
	}
}

/* The labels of one interface; more may follow. */
static void
interface_labels(FILE *out, const char *family_name, const struct interface *i)
{
	char text[ADDR_TEXT], index[12];

	fprintf(out, "%s{", family_name);
	label(out, "device", flow_ip_text(&i->is.key.device, text), true);
	snprintf(index, sizeof index, "%u", (unsigned)i->is.key.index);
	label(out, "index", index, false);
	label(out, "name", i->is.names.name, false);
}

/* A gauge of all interfaces in both directions. */
static void
per_interface(const struct page *p, const char *name, const char *help,
    double (*value)(const struct interface *i, enum if_way way))
{
	size_t count;
	struct interface *const *list = interfaces_list(&count);

	family(p, name, "gauge", help);
	for (size_t k = 0; k < count; k++)
		for (unsigned way = 0; way < IF_WAYS; way++) {
			double v = value(list[k], (enum if_way)way);

			if (isnan(v))
				continue;
			interface_labels(p->out, name, list[k]);
			label(p->out, "way", way == IF_IN ? "in" : "out", false);
			fputc('}', p->out);
			number(p->out, v);
		}
}

static double
interface_rate(const struct interface *i, enum if_count count, enum if_way way)
{
	const struct if_span *s = interface_now(i);

	return s == NULL ? NAN : if_rate(s, count, way);
}

static double
interface_bits(const struct interface *i, enum if_way way)
{
	return 8 * interface_rate(i, IF_OCTETS, way);
}

static double
interface_packets(const struct interface *i, enum if_way way)
{
	return interface_rate(i, IF_PACKETS, way);
}

static double
interface_discards(const struct interface *i, enum if_way way)
{
	return interface_rate(i, IF_DISCARDS, way);
}

static double
interface_errors(const struct interface *i, enum if_way way)
{
	return interface_rate(i, IF_ERRORS, way);
}

static double
interface_speed(const struct interface *i, enum if_way way)
{
	return i->is.names.speed[way] > 0 ? (double)i->is.names.speed[way] : NAN;
}

/* Of the line behind I, which leads out; NULL where nothing is known. */
static const struct bloat_way *
line_way(const struct interface *i, enum if_way way)
{
	return i->line != NULL ? &i->line->bloat.way[way] : NULL;
}

static double
line_added(const struct interface *i, enum if_way way)
{
	const struct bloat_way *w = line_way(i, way);

	return w != NULL ? w->rise_ms / 1000 : NAN;
}

static double
line_buffer(const struct interface *i, enum if_way way)
{
	const struct bloat_way *w = line_way(i, way);

	return w != NULL ? w->buffer : NAN;
}

static double
line_shaper(const struct interface *i, enum if_way way)
{
	const struct bloat_way *w = line_way(i, way);

	return w != NULL ? w->shaper : NAN;
}

/* How the devices that are asked are, and the collector's table. */
static void
counting(const struct page *p)
{
	const struct msg_iftotals *t = interfaces_totals();
	const struct {
		const char *name, *help;
		uint64_t value;
	} totals[] = {
		{ "smokebox_interface_samples_total", "Samples of counters.",
		    t->samples },
		{ "smokebox_interface_resets_total", "Counters that began anew.",
		    t->resets },
		{ "smokebox_interface_wraps_total", "Counters that ran over.",
		    t->wraps },
		{ "smokebox_interface_gaps_total", "Too long between two samples.",
		    t->gaps },
		{ "smokebox_interface_doubts_total",
		    "Jumps of counters that are not believed.", t->doubts },
	};
	size_t count;
	const struct msg_poller *x = interfaces_pollers(&count);

	for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
		family(p, totals[i].name, "counter", totals[i].help);
		plain(p, totals[i].name, (double)totals[i].value);
	}
	family(p, "smokebox_poller_up", "gauge",
	    "Does the device answer that is asked for its counters?");
	for (size_t i = 0; i < count; i++) {
		fprintf(p->out, "smokebox_poller_up{");
		label(p->out, "name", x[i].name, true);
		label(p->out, "source", if_source_word((enum if_source)x[i].source),
		    false);
		fprintf(p->out, "} %d\n", x[i].answers > 0 && x[i].text[0] == '\0');
	}
}

/* Whose fault it is: of segments that are measured from here. */
static void
verdict_families(const struct page *p)
{
	const struct msg_verdict *v = verdictshow();

	if (v == NULL)
		return;
	family(p, "smokebox_segment_bad", "gauge",
	    "Is this part of the path to blame just now? Only of those that own probes "
	    "cross.");
	for (int i = SEGMENT_NONE + 1; i < SEGMENTS; i++)
		if (v->level[i] == VERDICT_FINE || v->level[i] == VERDICT_BAD)
			labelled(p, "smokebox_segment_bad", "segment",
			    segment_word((enum segment)i), v->level[i] == VERDICT_BAD);
	family(p, "smokebox_verdict_fine", "gauge", "Is nothing to blame?");
	plain(p, "smokebox_verdict_fine", v->fine);
}

static void
interface_families(const struct page *p)
{
	size_t count;
	struct interface *const *list = interfaces_list(&count);

	per_interface(p, "smokebox_interface_bits_per_second",
	    "What the interface carries, by counters, else by flows, of which some may be "
	    "told later.",
	    interface_bits);
	per_interface(p, "smokebox_interface_packets_per_second",
	    "Packets through the interface.", interface_packets);
	per_interface(p, "smokebox_interface_discards_per_second",
	    "Packets that the interface discarded.", interface_discards);
	per_interface(p, "smokebox_interface_errors_per_second", "Packets with errors.",
	    interface_errors);
	per_interface(p, "smokebox_interface_speed_bits_per_second",
	    "What the interface can carry.", interface_speed);
	per_interface(p, "smokebox_interface_added_delay_seconds",
	    "Median delay that the line adds while it carries 80 % of its rate or more.",
	    line_added);
	per_interface(p, "smokebox_interface_queue_bytes",
	    "What the queue in front of the line holds.", line_buffer);
	per_interface(p, "smokebox_interface_shaper_bits_per_second",
	    "A rate for a shaper that keeps that queue empty.", line_shaper);
	family(p, "smokebox_interface_flow_factor", "gauge",
	    "What counters say by what flows say, over an hour.");
	for (size_t k = 0; k < count; k++) {
		if (list[k]->is.check == IF_CHECK_NONE || isnan(list[k]->is.factor))
			continue;
		interface_labels(p->out, "smokebox_interface_flow_factor", list[k]);
		fputc('}', p->out);
		number(p->out, list[k]->is.factor);
	}
	counting(p);
}

static double
radio_retries(const struct wifi *w)
{
	return wifi_retry_share(&w->span);
}

static double
radio_failed(const struct wifi *w)
{
	return wifi_failed_share(&w->span);
}

static double
radio_linked(const struct wifi *w)
{
	return w->linked;
}

static double
radio_signal(const struct wifi *w)
{
	return w->span.level[WIFI_SIGNAL];
}

static double
radio_frequency(const struct wifi *w)
{
	return w->span.level[WIFI_FREQUENCY] * 1e6;
}

static double
radio_send_rate(const struct wifi *w)
{
	return w->span.level[WIFI_SEND_RATE];
}

static double
radio_receive_rate(const struct wifi *w)
{
	return w->span.level[WIFI_RECEIVE_RATE];
}

/* What the radios of this host tell; nothing where there is none. */
static void
radio_families(const struct page *p)
{
	static const struct {
		const char *name, *help;
		double (*value)(const struct wifi *w);
	} shown[] = {
		{ "smokebox_wifi_connected", "Is it connected to an access point?",
		    radio_linked },
		{ "smokebox_wifi_signal_dbm", "Mean signal of the access point.",
		    radio_signal },
		{ "smokebox_wifi_frequency_hertz", "Frequency of the channel.",
		    radio_frequency },
		{ "smokebox_wifi_send_bits_per_second", "Rate of the last frames sent.",
		    radio_send_rate },
		{ "smokebox_wifi_receive_bits_per_second",
		    "Rate of the last frames received.", radio_receive_rate },
		{ "smokebox_wifi_retry_ratio",
		    "Share of transmissions that are repetitions.", radio_retries },
		{ "smokebox_wifi_failed_ratio",
		    "Share of frames that were never acknowledged.", radio_failed },
	};
	size_t count;
	const struct msg_wifi *m = radios_list(&count);

	for (size_t i = 0; count > 0 && i < sizeof shown / sizeof *shown; i++) {
		family(p, shown[i].name, "gauge", shown[i].help);
		for (size_t k = 0; k < count; k++) {
			double v = shown[i].value(&m[k].wifi);

			if (isnan(v))
				continue;
			fprintf(p->out, "%s{", shown[i].name);
			label(p->out, "interface", m[k].wifi.name, true);
			fputc('}', p->out);
			number(p->out, v);
		}
	}
}

/* One family of the courier's, a sample for each receiver. */
static void
per_receiver(const struct page *p, const char *name, const char *type, const char *help,
    uint64_t (*value)(const struct msg_receiver *r))
{
	size_t count;
	const struct msg_receiver *r = news_receivers(&count);
	char who[300];

	family(p, name, type, help);
	for (size_t i = 0; i < count; i++) {
		news_name(&r[i], false, who, sizeof who);
		fprintf(p->out, "%s{", name);
		label(p->out, "receiver", who, true);
		label(p->out, "type", r[i].type, false);
		fprintf(p->out, "} %" PRIu64 "\n", value(&r[i]));
	}
}

static uint64_t
letters_sent(const struct msg_receiver *r)
{
	return r->sent;
}

static uint64_t
letters_failed(const struct msg_receiver *r)
{
	return r->failed;
}

static uint64_t
letters_waiting(const struct msg_receiver *r)
{
	return r->waiting;
}

static uint64_t
is_well(const struct msg_receiver *r)
{
	return r->error[0] == '\0';
}

static void
courier(const struct page *p)
{
	per_receiver(p, "smokebox_courier_sent_total", "counter",
	    "Letters that a receiver took.", letters_sent);
	per_receiver(p, "smokebox_courier_failed_total", "counter",
	    "Letters that were given up.", letters_failed);
	per_receiver(p, "smokebox_courier_waiting", "gauge",
	    "Letters in the outbox that a receiver has not got yet.", letters_waiting);
	per_receiver(p, "smokebox_courier_up", "gauge",
	    "1 when the last try to deliver did not fail.", is_well);
}

static void
sinks(const struct page *p)
{
	static const char lines[] = "smokebox_sink_lines_total";
	const struct msg_sink *s[STATE_SINKS];
	size_t n = state_sinks(s, STATE_SINKS);

	family(p, lines, "counter", "Rounds for a sink by outcome.");
	for (size_t i = 0; i < n; i++) {
		two_labels(p, lines, "sink", s[i]->name, "outcome", "sent", s[i]->sent);
		two_labels(
		    p, lines, "sink", s[i]->name, "outcome", "dropped", s[i]->dropped);
	}
	family(p, "smokebox_sink_waiting_lines", "gauge",
	    "Rounds that wait to be sent to a sink.");
	for (size_t i = 0; i < n; i++)
		labelled(p, "smokebox_sink_waiting_lines", "sink", s[i]->name,
		    s[i]->waiting);
	family(p, "smokebox_sink_failed_requests_total", "counter",
	    "Requests to a sink that were not accepted.");
	for (size_t i = 0; i < n; i++)
		labelled(p, "smokebox_sink_failed_requests_total", "sink", s[i]->name,
		    s[i]->failed);
}

static void
workers(const struct page *p)
{
	family(p, "smokebox_worker_up", "gauge", "1 when the worker is at work.");
	for (int room = ROOM_PARENT; room < ROOMS; room++) {
		const struct msg_worker *w = state_worker((enum room)room);

		if (w != NULL)
			labelled(p, "smokebox_worker_up", "worker",
			    room_name((enum room)room), w->state == WORKER_READY);
	}
	family(p, "smokebox_worker_restarts_total", "counter",
	    "How often the worker had to be started again.");
	for (int room = ROOM_PARENT; room < ROOMS; room++) {
		const struct msg_worker *w = state_worker((enum room)room);

		if (w != NULL)
			labelled(p, "smokebox_worker_restarts_total", "worker",
			    room_name((enum room)room), w->restarts);
	}
}

static void
faults(const struct page *p, const char *name, const struct slavenote *note)
{
	for (int fault = 0; fault < FAULTS; fault++) {
		fprintf(p->out, "%s{", name);
		label(p->out, "slave", note->name, true);
		label(
		    p->out, "reason", slave_fault_word((enum slave_fault)fault), false);
		fprintf(p->out, "} %" PRIu64 "\n", note->fault[fault]);
	}
}

/* Other vantage points that send their rounds here; an empty name is who is none. */
static void
slaves(const struct page *p)
{
	const struct conf *conf = state_conf();

	if (conf->slave_count == 0)
		return;
	family(
	    p, "smokebox_slave_rounds_total", "counter", "Rounds taken from a slave.");
	for (size_t i = 0; i < conf->slave_count; i++)
		labelled(p, "smokebox_slave_rounds_total", "slave", conf->slave[i].name,
		    slavebook_note(&conf->slave[i])->rounds);
	family(p, "smokebox_slave_seen_timestamp_seconds", "gauge",
	    "When the slave called last; 0: never.");
	for (size_t i = 0; i < conf->slave_count; i++)
		labelled(p, "smokebox_slave_seen_timestamp_seconds", "slave",
		    conf->slave[i].name,
		    (uint64_t)slavebook_note(&conf->slave[i])->seen);
	family(p, "smokebox_slave_errors_total", "counter",
	    "What was wrong with calls of slaves and with what they sent.");
	for (size_t i = 0; i < conf->slave_count; i++)
		faults(
		    p, "smokebox_slave_errors_total", slavebook_note(&conf->slave[i]));
	faults(p, "smokebox_slave_errors_total", slavebook_note(NULL));
}

/* Few series: of targets whose way is known. */
static void
ways(const struct page *p)
{
	const struct conf *conf = state_conf();

	family(p, "smokebox_path_hops", "gauge",
	    "Hops to the target, as far as its way is known.");
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct msg_path *m = ways_get(conf->target[i]->id);

		if (m != NULL && m->way.count > 0)
			labelled(p, "smokebox_path_hops", "target", conf->target[i]->path,
			    m->way.hop[m->way.count - 1].ttl);
	}
	family(p, "smokebox_path_changes_total", "counter",
	    "Times that the way to the target became another one.");
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct msg_path *m = ways_get(conf->target[i]->id);

		if (m != NULL)
			labelled(p, "smokebox_path_changes_total", "target",
			    conf->target[i]->path, m->changes);
	}
}

static void
build(const struct page *p)
{
	family(p, "smokebox_build_info", "info", "What is running.");
	labelled(p, "smokebox_build_info", "version", PACKAGE_VERSION, 1);
	family(p, "smokebox_config_generation", "gauge",
	    "Counts configurations taken into force.");
	plain(p, "smokebox_config_generation", state_conf()->generation);
	family(p, "smokebox_config_refused", "gauge",
	    "1 when the files on disk are in error and an older configuration runs.");
	plain(p, "smokebox_config_refused", state_config_refused());
}

void
metrics_handle(struct request *r)
{
	const char *accept = request_header(r, "Accept");
	struct page p = {
		.out = request_out(r),
		.open = accept != NULL &&
			strstr(accept, "application/openmetrics-text") != NULL,
	};

	build(&p);
	workers(&p);
	prober(&p);
	store(&p);
	collector(&p);
	verdict_families(&p);
	interface_families(&p);
	radio_families(&p);
	slaves(&p);
	courier(&p);
	sinks(&p);
	ways(&p);
	targets(&p);
	if (p.open)
		fputs("# EOF\n", p.out);
	reply(r, 200, p.open ? OPEN_TYPE : TEXT_TYPE);
}
