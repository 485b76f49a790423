/* smokeping_prober's names where it has them. */
#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/exposition.h"
#include "web/metricsparts.h"
#include "web/state.h"

/* A target that has been heard of. */
struct shown {
	const struct live *live;
	char *labels; /* {ip,host,source,tos,target without the closing brace */
};

/* What of a target a family shows. */
typedef void (*show_fn)(
    const struct exposition *p, const char *name, const struct shown *s);

/* The labels of T, made once for all of its samples. */
static char *
labels_of(const struct conf_target *t, const struct live *live)
{
	const struct conf *conf = state_conf();
	const char *tos = conf_target_value(conf, t, "tos", NULL);
	char ip[ADDR_TEXT] = "", *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	addr_text(&live->target.address, ip);
	fputc('{', out);
	expo_label(out, "ip", ip, true);
	expo_label(out, "host", t->host, false);
	expo_label(
	    out, "source", conf_target_value(conf, t, "sourceaddress", NULL), false);
	expo_label(out, "tos", tos != NULL ? tos : "0", false);
	expo_label(out, "target", t->path, false);
	mem_stream_end(out);
	return text;
}

static void
open_sample(const struct exposition *p, const char *name, const struct shown *s)
{
	fputs(name, p->out);
	fputs(s->labels, p->out);
}

static void
sample(const struct exposition *p, const char *name, const struct shown *s, double v)
{
	open_sample(p, name, s);
	fputc('}', p->out);
	expo_number(p->out, v);
}

static void
show_sent(const struct exposition *p, const char *name, const struct shown *s)
{
	sample(p, name, s, (double)s->live->sent);
}

/* Counters that are a member of struct live_odd. */
#define SHOW_ODD(member)                                                               \
	static void show_##member(                                                     \
	    const struct exposition *p, const char *name, const struct shown *s)       \
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
show_stamps(const struct exposition *p, const char *name, const struct shown *s)
{
	for (unsigned i = 0; i < STAMP_KINDS; i++) {
		open_sample(p, name, s);
		fprintf(p->out, ",stamp=\"%s\"} %" PRIu64 "\n",
		    ping_stamp_word((enum ping_stamp)i), s->live->odd_all.stamp[i]);
	}
}

static void
show_send_errors(const struct exposition *p, const char *name, const struct shown *s)
{
	sample(p, name, s, (double)s->live->send_errors);
}

static void
histogram(const struct exposition *p, const char *name, const struct shown *s,
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
show_rtt(const struct exposition *p, const char *name, const struct shown *s)
{
	histogram(p, name, s, &s->live->rtts);
}

static void
show_jitter(const struct exposition *p, const char *name, const struct shown *s)
{
	histogram(p, name, s, &s->live->jitters);
}

/* The figures of the last round that have UNIT. */
static void
show_extras(const struct exposition *p, const char *name, const struct shown *s,
    enum extra_unit unit)
{
	for (unsigned i = 0; i < s->live->extras; i++) {
		const struct round_extra *e = &s->live->extra[i];
		const struct extra_kind *kind = extra_kind(e->kind);

		if (kind->unit != unit)
			continue;
		open_sample(p, name, s);
		fprintf(p->out, ",figure=\"%s\"}", kind->word);
		expo_number(p->out, e->value);
	}
}

static void
show_seconds(const struct exposition *p, const char *name, const struct shown *s)
{
	show_extras(p, name, s, EXTRA_SECONDS);
}

static void
show_ratios(const struct exposition *p, const char *name, const struct shown *s)
{
	show_extras(p, name, s, EXTRA_RATIO);
}

static void
show_days(const struct exposition *p, const char *name, const struct shown *s)
{
	show_extras(p, name, s, EXTRA_DAYS);
}

static void
show_numbers(const struct exposition *p, const char *name, const struct shown *s)
{
	show_extras(p, name, s, EXTRA_NUMBER);
}

static void
show_median(const struct exposition *p, const char *name, const struct shown *s)
{
	if (s->live->measured)
		sample(p, name, s, s->live->median);
}

static void
show_loss(const struct exposition *p, const char *name, const struct shown *s)
{
	if (s->live->measured)
		sample(p, name, s, s->live->loss_ratio);
}

static void
show_row(const struct exposition *p, const char *name, const struct shown *s)
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

void
metrics_targets(const struct exposition *p)
{
	struct shown *all = mem_zero(state_conf()->target_count + 1, sizeof *all);
	size_t count = heard_of(all);

	for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
		expo_family(p, families[f].name, families[f].type, families[f].help);
		for (size_t i = 0; i < count; i++)
			families[f].show(p, families[f].name, &all[i]);
	}
	expo_family(p, "smokeping_receive_errors_total", "counter",
	    "Packets that came cut short or not as answers to ours.");
	expo_plain(p, "smokeping_receive_errors_total",
	    (double)(state_counters()->truncated + state_counters()->forged));
	for (size_t i = 0; i < count; i++)
		free(all[i].labels);
	free(all);
}
