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
#include "web/request.h"
#include "web/state.h"

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

static void
show_duplicates(const struct page *p, const char *name, const struct shown *s)
{
	sample(p, name, s, (double)s->live->duplicates);
}

static void
show_send_errors(const struct page *p, const char *name, const struct shown *s)
{
	sample(p, name, s, (double)s->live->send_errors);
}

static void
show_histogram(const struct page *p, const char *name, const struct shown *s)
{
	char part[80];
	uint64_t sum = 0;
	double bound = 50e-6;

	snprintf(part, sizeof part, "%s_bucket", name);
	for (int i = 0; i < LIVE_BUCKETS; i++, bound *= 2) {
		sum += s->live->bucket[i];
		open_sample(p, part, s);
		fprintf(p->out, ",le=\"%.10g\"} %" PRIu64 "\n", bound, sum);
	}
	open_sample(p, part, s);
	fprintf(p->out, ",le=\"+Inf\"} %" PRIu64 "\n", s->live->answered);
	snprintf(part, sizeof part, "%s_sum", name);
	sample(p, part, s, s->live->rtt_sum);
	snprintf(part, sizeof part, "%s_count", name);
	sample(p, part, s, (double)s->live->answered);
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

/* A family with samples of the COUNT targets in ALL. */
static void
per_target(const struct page *p, const char *name, const char *type, const char *help,
    show_fn show, const struct shown *all, size_t count)
{
	family(p, name, type, help);
	for (size_t i = 0; i < count; i++)
		show(p, name, &all[i]);
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

static void
targets(const struct page *p)
{
	struct shown *all = mem_zero(state_conf()->target_count + 1, sizeof *all);
	size_t count = heard_of(all);

	per_target(p, "smokeping_requests_total", "counter", "Pings sent.", show_sent,
	    all, count);
	per_target(p, "smokeping_response_duration_seconds", "histogram",
	    "Round trip times of answered pings.", show_histogram, all, count);
	per_target(p, "smokeping_response_duplicates_total", "counter",
	    "Answers that came more than once.", show_duplicates, all, count);
	per_target(p, "smokeping_send_errors_total", "counter",
	    "Pings that could not be sent from here.", show_send_errors, all, count);
	family(p, "smokeping_receive_errors_total", "counter",
	    "Packets that came cut short or not as answers to ours.");
	plain(p, "smokeping_receive_errors_total",
	    (double)(state_counters()->truncated + state_counters()->forged));
	per_target(p, "smokebox_target_median_seconds", "gauge",
	    "Median of the last round; NaN when nothing answered.", show_median, all,
	    count);
	per_target(p, "smokebox_target_loss_ratio", "gauge",
	    "Pings lost in the last round, 0 to 1; NaN when unknown.", show_loss, all,
	    count);
	per_target(p, "smokebox_target_last_round_timestamp_seconds", "gauge",
	    "End of the last round stored.", show_row, all, count);
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
	for (int o = 0; o < PING_OPEN; o++)
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
	family(p, "smokebox_store_queued_rounds", "gauge",
	    "Rounds that wait for the disk.");
	plain(p, "smokebox_store_queued_rounds", (double)s->queued);
	family(p, "smokebox_store_raw_bytes", "gauge",
	    "Size of the ring of single pings.");
	plain(p, "smokebox_store_raw_bytes", (double)s->raw_bytes);
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
	targets(&p);
	if (p.open)
		fputs("# EOF\n", p.out);
	reply(r, 200, p.open ? OPEN_TYPE : TEXT_TYPE);
}
