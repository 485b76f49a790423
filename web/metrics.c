#include "web/metrics.h"

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "infer/segment.h"
#include "web/blockades.h"
#include "web/eventlog.h"
#include "web/exposition.h"
#include "web/incidents.h"
#include "web/metricsparts.h"
#include "web/news.h"
#include "web/request.h"
#include "web/slavebook.h"
#include "web/state.h"
#include "web/verdictshow.h"
#include "web/ways.h"

#define TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define OPEN_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

static void
prober(const struct exposition *p)
{
	const struct msg_counters *c = state_counters();

	expo_family(p, "smokebox_rounds_total", "counter", "Rounds by outcome.");
	expo_labelled(
	    p, "smokebox_rounds_total", "outcome", "measured", c->rounds_measured);
	expo_labelled(
	    p, "smokebox_rounds_total", "outcome", "unknown", c->rounds_unknown);
	expo_family(p, "smokebox_rounds_skipped_total", "counter",
	    "Rounds that were due and never began.");
	expo_plain(p, "smokebox_rounds_skipped_total", (double)c->rounds_skipped);
	expo_family(p, "smokebox_pings_total", "counter", "Pings by how they ended.");
	for (int o = 0; o < PING_OUTCOMES; o++)
		if (o != PING_OPEN)
			expo_labelled(p, "smokebox_pings_total", "verdict",
			    ping_outcome_word((enum ping_outcome)o), c->ping[o]);
	expo_family(p, "smokebox_packets_odd_total", "counter",
	    "Packets that were counted apart.");
	expo_labelled(
	    p, "smokebox_packets_odd_total", "kind", "duplicate", c->duplicates);
	expo_labelled(p, "smokebox_packets_odd_total", "kind", "forged", c->forged);
	expo_labelled(
	    p, "smokebox_packets_odd_total", "kind", "wrong_source", c->wrong_source);
	expo_labelled(
	    p, "smokebox_packets_odd_total", "kind", "truncated", c->truncated);
	expo_labelled(p, "smokebox_packets_odd_total", "kind", "overflow", c->overflow);
	expo_labelled(
	    p, "smokebox_packets_odd_total", "kind", "late_closed", c->late_closed);
	expo_labelled(
	    p, "smokebox_packets_odd_total", "kind", "stamp_fault", c->stamp_faults);
	expo_labelled(
	    p, "smokebox_packets_odd_total", "kind", "reordered", c->reordered);
	expo_labelled(
	    p, "smokebox_packets_odd_total", "kind", "ttl_change", c->ttl_changes);
	expo_family(p, "smokebox_icmp_new_ids_total", "counter",
	    "Targets that got another ICMP id after nothing but loss.");
	expo_plain(p, "smokebox_icmp_new_ids_total", (double)c->new_ids);
	expo_family(p, "smokebox_icmp_sockets", "gauge", "ICMP sockets in use.");
	expo_labelled(p, "smokebox_icmp_sockets", "family", "v4", c->icmp_sockets[0]);
	expo_labelled(p, "smokebox_icmp_sockets", "family", "v6", c->icmp_sockets[1]);
	expo_family(p, "smokebox_reflector_packets_total", "counter",
	    "STAMP packets that came to the reflector, by what was done.");
	expo_labelled(
	    p, "smokebox_reflector_packets_total", "outcome", "answered", c->reflected);
	for (int why = 0; why < REFUSED_KINDS; why++)
		expo_labelled(p, "smokebox_reflector_packets_total", "outcome",
		    msg_refused_word((enum msg_refused)why), c->refused[why]);
	expo_family(p, "smokebox_answers_total", "counter",
	    "Answers by who stamped the two ends of their time.");
	for (int i = 0; i < STAMP_KINDS; i++)
		expo_labelled(p, "smokebox_answers_total", "stamp",
		    ping_stamp_word((enum ping_stamp)i), c->stamp[i]);
	expo_family(p, "smokebox_prober_loop_seconds", "summary",
	    "Length of one turn of the prober's loop in the last minute.");
	static const char *const quantile[] = { "0.5", "0.99", "1" };
	for (int i = 0; i < 3; i++) {
		fprintf(p->out, "smokebox_prober_loop_seconds{quantile=\"%s\"}",
		    quantile[i]);
		expo_number(p->out, (double)c->loop_ns[i] / 1e9);
	}
}

static void
store(const struct exposition *p)
{
	const struct msg_store *s = state_store();

	expo_family(
	    p, "smokebox_store_rows_total", "counter", "Rows of history by outcome.");
	expo_labelled(
	    p, "smokebox_store_rows_total", "outcome", "written", s->rows_written);
	expo_labelled(
	    p, "smokebox_store_rows_total", "outcome", "unknown", s->rows_unknown);
	expo_labelled(p, "smokebox_store_rows_total", "outcome", "failed", s->failed);
	expo_family(p, "smokebox_store_retries_total", "counter",
	    "Writes tried again because a reader held the file.");
	expo_plain(p, "smokebox_store_retries_total", (double)s->retries);
	expo_family(p, "smokebox_store_set_aside_total", "counter",
	    "Broken files that were moved out of the way.");
	expo_plain(p, "smokebox_store_set_aside_total", (double)s->set_aside);
	expo_family(p, "smokebox_store_carried_total", "counter",
	    "Files whose history went over into one with other settings.");
	expo_plain(p, "smokebox_store_carried_total", (double)s->carried);
	expo_family(p, "smokebox_store_queued_rounds", "gauge",
	    "Rounds that wait for the disk.");
	expo_plain(p, "smokebox_store_queued_rounds", (double)s->queued);
	expo_family(p, "smokebox_store_raw_bytes", "gauge",
	    "Size of the ring of single pings.");
	expo_plain(p, "smokebox_store_raw_bytes", (double)s->raw_bytes);
}

/* Those that are open by kind, and by whether a greater one speaks for them. */
struct open_incidents {
	uint64_t of[INCIDENTS_KINDS][2], recurring;
};

static void
count_open(void *ctx, const struct eventlog_open *row)
{
	struct open_incidents *n = ctx;

	for (unsigned i = 0; i < INCIDENTS_KINDS; i++)
		if (strcmp(incidents_kind[i], row->kind) == 0)
			n->of[i][row->suppressed] += row->count;
	n->recurring += row->recurring;
}

static void
incidents(const struct exposition *p)
{
	struct open_incidents n = { 0 };
	uint64_t attacks = 0;
	struct err err;

	expo_family(p, "smokebox_blockades", "gauge",
	    "What is announced against attacks by *** Actions ***.");
	expo_plain(p, "smokebox_blockades", blockades_announced());
	/* What cannot be read is not none. */
	if (eventlog_open_kinds(count_open, &n, &err) < 0)
		return;
	expo_family(p, "smokebox_open_incidents", "gauge",
	    "Incidents that go on, by kind; suppressed: a greater one speaks for it. "
	    "Backscatter: victims elsewhere.");
	for (unsigned i = 0; i < INCIDENTS_KINDS; i++)
		for (unsigned s = 0; s < 2; s++)
			expo_two_labels(p, "smokebox_open_incidents", "kind",
			    incidents_kind[i], "suppressed", s ? "yes" : "no",
			    n.of[i][s]);
	expo_family(p, "smokebox_recurring_congestions", "gauge",
	    "Links that are congested at the same hours on most days.");
	expo_plain(p, "smokebox_recurring_congestions", (double)n.recurring);
	for (unsigned i = 0; i < INCIDENTS_KINDS; i++)
		if (strcmp(incidents_kind[i], "attack") == 0)
			attacks = n.of[i][0] + n.of[i][1];
	expo_family(p, "smokebox_attacks", "gauge",
	    "Attacks on own hosts, and by them, that go on.");
	expo_plain(p, "smokebox_attacks", (double)attacks);
}

/* Whose fault it is: of segments that are measured from here. */
static void
verdict(const struct exposition *p)
{
	const struct msg_verdict *v = verdictshow();

	if (v == NULL)
		return;
	expo_family(p, "smokebox_segment_bad", "gauge",
	    "Is this part of the path to blame just now? Only of those that own probes "
	    "cross.");
	for (int i = SEGMENT_NONE + 1; i < SEGMENTS; i++)
		if (v->level[i] >= VERDICT_FINE)
			expo_labelled(p, "smokebox_segment_bad", "segment",
			    segment_word((enum segment)i), v->level[i] == VERDICT_BAD);
	expo_family(p, "smokebox_verdict_fine", "gauge", "Is nothing to blame?");
	expo_plain(p, "smokebox_verdict_fine", v->fine);
}

/* One family of the courier's, a sample for each receiver. */
static void
per_receiver(const struct exposition *p, const char *name, const char *type,
    const char *help, uint64_t (*value)(const struct msg_receiver *r))
{
	size_t count;
	const struct msg_receiver *r = news_receivers(&count);
	char who[300];

	expo_family(p, name, type, help);
	for (size_t i = 0; i < count; i++) {
		news_name(&r[i], false, who, sizeof who);
		fprintf(p->out, "%s{", name);
		expo_label(p->out, "receiver", who, true);
		expo_label(p->out, "type", r[i].type, false);
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
courier(const struct exposition *p)
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
sinks(const struct exposition *p)
{
	static const char lines[] = "smokebox_sink_lines_total";
	const struct msg_sink *s[STATE_SINKS];
	size_t n = state_sinks(s, STATE_SINKS);

	expo_family(p, lines, "counter", "Rounds for a sink by outcome.");
	for (size_t i = 0; i < n; i++) {
		expo_two_labels(
		    p, lines, "sink", s[i]->name, "outcome", "sent", s[i]->sent);
		expo_two_labels(
		    p, lines, "sink", s[i]->name, "outcome", "dropped", s[i]->dropped);
	}
	expo_family(p, "smokebox_sink_waiting_lines", "gauge",
	    "Rounds that wait to be sent to a sink.");
	for (size_t i = 0; i < n; i++)
		expo_labelled(p, "smokebox_sink_waiting_lines", "sink", s[i]->name,
		    s[i]->waiting);
	expo_family(p, "smokebox_sink_failed_requests_total", "counter",
	    "Requests to a sink that were not accepted.");
	for (size_t i = 0; i < n; i++)
		expo_labelled(p, "smokebox_sink_failed_requests_total", "sink",
		    s[i]->name, s[i]->failed);
}

static void
workers(const struct exposition *p)
{
	expo_family(p, "smokebox_worker_up", "gauge", "1 when the worker is at work.");
	for (int room = ROOM_PARENT; room < ROOMS; room++) {
		const struct msg_worker *w = state_worker((enum room)room);

		if (w != NULL)
			expo_labelled(p, "smokebox_worker_up", "worker",
			    room_name((enum room)room), w->state == WORKER_READY);
	}
	expo_family(p, "smokebox_worker_restarts_total", "counter",
	    "How often the worker had to be started again.");
	for (int room = ROOM_PARENT; room < ROOMS; room++) {
		const struct msg_worker *w = state_worker((enum room)room);

		if (w != NULL)
			expo_labelled(p, "smokebox_worker_restarts_total", "worker",
			    room_name((enum room)room), w->restarts);
	}
}

static void
faults(const struct exposition *p, const char *name, const struct slavenote *note)
{
	for (int fault = 0; fault < FAULTS; fault++) {
		fprintf(p->out, "%s{", name);
		expo_label(p->out, "slave", note->name, true);
		expo_label(
		    p->out, "reason", slave_fault_word((enum slave_fault)fault), false);
		fprintf(p->out, "} %" PRIu64 "\n", note->fault[fault]);
	}
}

/* Other vantage points that send their rounds here; an empty name is who is none. */
static void
slaves(const struct exposition *p)
{
	const struct conf *conf = state_conf();

	if (conf->slave_count == 0)
		return;
	expo_family(
	    p, "smokebox_slave_rounds_total", "counter", "Rounds taken from a slave.");
	for (size_t i = 0; i < conf->slave_count; i++)
		expo_labelled(p, "smokebox_slave_rounds_total", "slave",
		    conf->slave[i].name, slavebook_note(&conf->slave[i])->rounds);
	expo_family(p, "smokebox_slave_seen_timestamp_seconds", "gauge",
	    "When the slave called last; 0: never.");
	for (size_t i = 0; i < conf->slave_count; i++)
		expo_labelled(p, "smokebox_slave_seen_timestamp_seconds", "slave",
		    conf->slave[i].name,
		    (uint64_t)slavebook_note(&conf->slave[i])->seen);
	expo_family(p, "smokebox_slave_errors_total", "counter",
	    "What was wrong with calls of slaves and with what they sent.");
	for (size_t i = 0; i < conf->slave_count; i++)
		faults(
		    p, "smokebox_slave_errors_total", slavebook_note(&conf->slave[i]));
	faults(p, "smokebox_slave_errors_total", slavebook_note(NULL));
}

/* Few series: of targets whose way is known. */
static void
ways(const struct exposition *p)
{
	const struct conf *conf = state_conf();

	expo_family(p, "smokebox_path_hops", "gauge",
	    "Hops to the target, as far as its way is known.");
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct msg_path *m = ways_get(conf->target[i]->id);

		if (m != NULL && m->way.count > 0)
			expo_labelled(p, "smokebox_path_hops", "target",
			    conf->target[i]->path, m->way.hop[m->way.count - 1].ttl);
	}
	expo_family(p, "smokebox_path_changes_total", "counter",
	    "Times that the way to the target became another one.");
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct msg_path *m = ways_get(conf->target[i]->id);

		if (m != NULL)
			expo_labelled(p, "smokebox_path_changes_total", "target",
			    conf->target[i]->path, m->changes);
	}
}

static void
build(const struct exposition *p)
{
	expo_family(p, "smokebox_build_info", "info", "What is running.");
	expo_labelled(p, "smokebox_build_info", "version", PACKAGE_VERSION, 1);
	expo_family(p, "smokebox_config_generation", "gauge",
	    "Counts configurations taken into force.");
	expo_plain(p, "smokebox_config_generation", state_conf()->generation);
	expo_family(p, "smokebox_config_refused", "gauge",
	    "1 when the files on disk are in error and an older configuration runs.");
	expo_plain(p, "smokebox_config_refused", state_config_refused());
}

void
metrics_handle(struct request *r)
{
	const char *accept = request_header(r, "Accept");
	struct exposition p = {
		.out = request_out(r),
		.open = accept != NULL &&
			strstr(accept, "application/openmetrics-text") != NULL,
	};

	build(&p);
	workers(&p);
	prober(&p);
	store(&p);
	metrics_flows(&p);
	incidents(&p);
	verdict(&p);
	metrics_interfaces(&p);
	slaves(&p);
	courier(&p);
	sinks(&p);
	ways(&p);
	metrics_targets(&p);
	if (p.open)
		fputs("# EOF\n", p.out);
	reply(r, 200, p.open ? OPEN_TYPE : TEXT_TYPE);
}
