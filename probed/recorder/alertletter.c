#include "recorder/alertletter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/pattern.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stats.h"
#include "infer/finding.h"
#include "infer/odds.h"

#define LEVEL 0.95 /* of intervals */

/* A JSON text under construction. */
struct text {
	char *s;
	size_t len;
	FILE *out;
	struct json j;
};

static void
text_begin(struct text *t)
{
	*t = (struct text){ 0 };
	t->out = mem_stream(&t->s, &t->len);
	jw_init(&t->j, t->out);
}

static char *
text_end(struct text *t)
{
	mem_stream_end(t->out);
	return t->s;
}

/* The names in LIST, split at commas and the blanks around them. */
static void
put_names(struct json *j, const char *list)
{
	static const char blank[] = " \t";

	while (*list != '\0') {
		list += strspn(list, blank);
		size_t len = strcspn(list, ","), cut = len;
		while (cut > 0 && strchr(blank, list[cut - 1]) != NULL)
			cut--;
		if (cut > 0) {
			char *name = mem_strn(list, cut);
			jw_str(j, name);
			free(name);
		}
		list += len;
		list += *list == ',';
	}
}

/* In SmokePing's order: of all alerts, of the target, of the alert; then ours, who see
 * themselves what they want to hear. */
static char *
receivers(const struct conf *conf, const struct alert_news *n)
{
	const struct conf_section *all = conf_top(conf, "Alerts");
	const struct conf_section *ours = conf_top(conf, "Actions");
	struct text t;

	text_begin(&t);
	jw_array(&t.j);
	put_names(&t.j, conf_value(all, "to", ""));
	put_names(&t.j, n->alertee);
	put_names(&t.j, n->alert->to);
	for (const struct conf_section *s = ours != NULL ? ours->first : NULL;
	     s != NULL; s = s->next)
		jw_str(&t.j, s->name);
	jw_array_end(&t.j);
	return text_end(&t);
}

static char *
summary(const struct alert_news *n, bool own_load)
{
	const char *name = n->alert->name, *comment = n->alert->comment,
		   *own = own_load ? ", during a load test of our own" : "";

	if (isnan(n->lost))
		return mem_printf("%s: %s (nothing is known%s)", name, comment, own);
	if (isnan(n->median))
		return mem_printf("%s: %s (%.0f %% lost%s)", name, comment, n->lost, own);
	return mem_printf("%s: %s (%.0f %% lost, median %.1f ms%s)", name, comment,
	    n->lost, n->median * 1000, own);
}

/* The list in TEXT, "loss: S, 0%", without its name. */
static const char *
bare(const char *text)
{
	const char *list = strstr(text, ": ");

	return list != NULL ? list + 2 : text;
}

/* The number that the newest round is held against, seconds or a ratio: that of the
 * last comparison of a pattern. NAN: a matcher's are its own. */
static double
threshold(const struct alert *a)
{
	const char *s = a->pattern;
	double last = NAN, v;

	if (strchr(s, '(') != NULL)
		return NAN;
	for (; *s != '\0'; s += *s == ',') {
		if (compare_read(&s) != COMPARE_NONE && number_read(&s, false, &v) == 0)
			last = v / (a->of_loss ? 100 : 1000);
		s += strcspn(s, ",");
	}
	return last;
}

/* The median of the answered pings of ROW, with its interval. */
static void
put_median(const struct alert_news *n, struct infer_finding *f)
{
	struct finding_number *x = finding_number_of(f, "rtt", "s", "", n->median,
	    n->alert->of_loss ? NAN : threshold(n->alert));
	double v[ROUND_MAX_PINGS];
	uint64_t low, high;
	unsigned count = 0;

	for (unsigned i = 0; i < n->pings && i < ROUND_MAX_PINGS; i++)
		if (!isnan(n->row->rank[i]))
			v[count++] = n->row->rank[i];
	double level = odds_median(count, LEVEL, &low, &high);
	if (count == 0)
		return;
	stats_sort(v, count);
	finding_interval(x, v[low], v[high], level);
}

/* What its newest round was, as numbers. */
static void
put_numbers(const struct alert_news *n, struct infer_finding *f)
{
	unsigned known = n->row->answered + n->row->lost;
	double low, high;

	finding_init(f, ALERTLETTER_KIND, n->path, n->alert->name);
	struct finding_number *loss = finding_number_of(f, "loss", "ratio", "",
	    n->lost / 100, n->alert->of_loss ? threshold(n->alert) : NAN);
	odds_exact(n->row->lost, known, LEVEL, &low, &high);
	finding_interval(loss, low, high, LEVEL);
	put_median(n, f);
	finding_fact(f, "rule", "%s", n->alert->pattern);
	f->quality.samples = known;
	if (n->pings > 0)
		f->quality.unknown = (double)n->row->unknown / n->pings;
	if (strchr(n->alert->pattern, '(') != NULL)
		snprintf(f->quality.note, sizeof f->quality.note,
		    "the rule has its own thresholds and looks at earlier rounds, too");
}

/* JUDGES says what the worst value is: per cents of loss, or seconds. */
static char *
evidence(const struct alert_news *n, bool own_load)
{
	static struct infer_finding f;
	struct text t;

	put_numbers(n, &f);
	text_begin(&t);
	jw_object(&t.j);
	jw_put_str(&t.j, "judges", n->alert->of_loss ? "loss" : "rtt");
	jw_put_str(&t.j, "pattern", n->alert->pattern);
	jw_put_str(&t.j, "loss", bare(n->loss));
	jw_put_str(&t.j, "rtt", bare(n->rtt));
	if (own_load)
		jw_put_bool(&t.j, "own_load_test", true);
	finding_put(&t.j, &f);
	jw_object_end(&t.j);
	return text_end(&t);
}

/* The path without "~slave". */
static void
put_target(struct json *j, const char *path)
{
	char *target = mem_strn(path, strcspn(path, "~"));

	jw_put_str(j, "target", target);
	free(target);
}

/* All that a mail, a program or a message needs. BEGIN: of the incident, 0: now. */
static char *
body(const struct alert_news *n, const char *sentence, int64_t begin)
{
	struct text t;

	text_begin(&t);
	jw_object(&t.j);
	jw_put_str(&t.j, "kind", ALERTLETTER_KIND);
	jw_put_str(&t.j, "subject", n->path);
	jw_put_str(&t.j, "source", n->alert->name);
	put_target(&t.j, n->path);
	jw_key(&t.j, "slave");
	jw_str(&t.j, n->slave);
	jw_put_str(&t.j, "host", n->host);
	jw_put_str(&t.j, "alert", n->alert->name);
	jw_put_str(&t.j, "state", alert_what_text(n->what));
	jw_key(&t.j, "edge");
	jw_bool(&t.j, n->alert->edge);
	jw_put_str(&t.j, "pattern", n->alert->pattern);
	jw_put_str(&t.j, "comment", n->alert->comment);
	jw_put_str(&t.j, "loss", n->loss);
	jw_put_str(&t.j, "rtt", n->rtt);
	jw_put_str(&t.j, "summary", sentence);
	jw_key(&t.j, "priority");
	if (n->alert->priority != 0)
		jw_int(&t.j, n->alert->priority);
	else
		jw_null(&t.j);
	jw_key(&t.j, "begin");
	jw_int(&t.j, begin != 0 ? begin : n->time);
	jw_key(&t.j, "end");
	if (n->holds)
		jw_null(&t.j);
	else
		jw_int(&t.j, n->time);
	jw_object_end(&t.j);
	return text_end(&t);
}

/* SmokePing's line, which people's logs are searched for. */
static void
log_line(const struct alert_news *n)
{
	char lost[32] = "";

	if (!isnan(n->lost))
		snprintf(lost, sizeof lost, "%g", n->lost * n->pings / 100);
	log_info("Alert %s %s for %.*s%s%s%s %s(%s/%u)  %s prevmatch: %d comment: %s",
	    n->alert->name, alert_what_text(n->what), (int)strcspn(n->path, "~"),
	    n->path, n->slave != NULL ? " [from " : "",
	    n->slave != NULL ? n->slave : "", n->slave != NULL ? "]" : "", n->loss,
	    lost, n->pings, n->rtt, n->before, n->alert->comment);
}

void
alertletter_tell(struct conditions *conditions, const struct conf *conf,
    const struct alert_news *n, bool own_load)
{
	bool told = n->what != ALERT_NOTHING && !n->hushed;
	char *sentence = summary(n, own_load), *facts = evidence(n, own_load);
	char *names = told ? receivers(conf, n) : NULL;
	int64_t begin =
	    condition_begin(conditions, ALERTLETTER_KIND, n->path, n->alert->name);
	char *text = told ? body(n, sentence, begin) : NULL;
	struct finding f = {
		.kind = ALERTLETTER_KIND,
		.subject = n->path,
		.source = n->alert->name,
		.time = n->time,
		.summary = sentence,
		.worst = n->alert->of_loss ? n->lost : n->median,
		.evidence = facts,
		.priority = n->alert->priority,
		.receivers = names,
		.body = text,
	};

	if (told)
		log_line(n);
	if (n->holds) {
		condition_raise(conditions, &f);
	} else {
		/* What it was stays in the record; the letter says how it is now. */
		f.summary = f.evidence = NULL;
		f.worst = NAN;
		condition_clear(conditions, &f);
	}
	free(sentence);
	free(facts);
	free(names);
	free(text);
}
