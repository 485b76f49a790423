#include "recorder/alerts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "alert/rule.h"
#include "base/clock.h"
#include "base/mem.h"
#include "recorder/recall.h"
#include "store.h"

/* An alert and its test. */
struct entry {
	struct alert alert;
	struct rule *rule;
};

/* How it stands with one alert at one target. */
struct state {
	const struct entry *entry;
	char *name, *test; /* copies, for comparing with the next configuration */
	bool holds;
};

/* A target with alerts, or what a slave sees of it: each is judged for itself. */
struct watch {
	UT_hash_handle hh;
	uint64_t id;
	char *path;
	const char *slave, *host, *alertee;
	unsigned step, pings;
	struct values values;
	struct state *state; /* by priority, those without one first */
	size_t states;
	bool recalled; /* what its file holds was looked at */
	int64_t row;   /* the last one from there */
	bool wanted;
};

struct alerts {
	const struct alerts_ops *ops;
	void *ctx;
	struct entry *entry;
	size_t entries;
	struct watch *watch; /* by id; only targets with alerts */
	struct log_limit unread;
};

const char *
alert_what_text(enum alert_what what)
{
	static const char *const text[] = { "is active", "was raised", "was cleared",
		"" };

	return text[what];
}

static struct watch *
find(const struct alerts *a, uint64_t id)
{
	struct watch *w;

	HASH_FIND(hh, a->watch, &id, sizeof id, w);
	return w;
}

static void
states_free(struct state *state, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(state[i].name);
		free(state[i].test);
	}
	free(state);
}

static void
watch_free(struct alerts *a, struct watch *w)
{
	HASH_DEL(a->watch, w);
	states_free(w->state, w->states);
	values_free(&w->values);
	free(w->path);
	free(w);
}

/* --- configuration --------------------------------------------------------------- */

/* Those of CONF that can hold. */
static void
entries_read(struct alerts *a, const struct conf *conf)
{
	const struct conf_section *top = conf_top(conf, "Alerts"), *s;
	size_t n = 0;

	for (s = top != NULL ? top->first : NULL; s != NULL; s = s->next)
		n++;
	a->entry = mem_zero(n + 1, sizeof *a->entry);
	a->entries = 0;
	for (s = top != NULL ? top->first : NULL; s != NULL; s = s->next) {
		struct entry *e = &a->entry[a->entries];
		enum rule_type type;

		e->alert = (struct alert){
			.name = s->name,
			.type = conf_value(s, "type", ""),
			.pattern = conf_value(s, "pattern", ""),
			.comment = conf_value(s, "comment", ""),
			.to = conf_value(s, "to", ""),
			.template = conf_value(s, "mailtemplate", NULL),
			.edge = strcmp(conf_value(s, "edgetrigger", "no"), "yes") == 0,
			.priority =
			    (unsigned)strtoul(conf_value(s, "priority", "0"), NULL, 10),
		};
		/* What does not parse was complained of when the text was checked. */
		if (rule_type(&type, e->alert.type) < 0 ||
		    rule_parse(&e->rule, type, e->alert.pattern, NULL) != RULE_READY)
			continue;
		e->alert.of_loss = rule_of_loss(e->rule);
		a->entries++;
	}
}

static void
entries_free(struct entry *entry, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rule_free(entry[i].rule);
	free(entry);
}

static const struct entry *
entry_named(const struct alerts *a, const char *name, size_t len)
{
	/* The last one of that name counts, as everywhere. */
	for (size_t i = a->entries; i-- > 0;)
		if (strlen(a->entry[i].alert.name) == len &&
		    memcmp(a->entry[i].alert.name, name, len) == 0)
			return &a->entry[i];
	return NULL;
}

/* Put E behind those of its priority or a higher one; twice is once. */
static void
state_add(struct watch *w, const struct entry *e)
{
	size_t at = w->states;

	for (size_t i = 0; i < w->states; i++)
		if (w->state[i].entry == e)
			return;
	w->state = mem_grow(w->state, w->states + 1, sizeof *w->state);
	while (at > 0 && w->state[at - 1].entry->alert.priority > e->alert.priority) {
		w->state[at] = w->state[at - 1];
		at--;
	}
	w->state[at] = (struct state){
		.entry = e,
		.name = mem_str(e->alert.name),
		.test = mem_printf("%s %s", e->alert.type, e->alert.pattern),
	};
	w->states++;
}

/* How it stood with NAME by the same TEST, or NULL. */
static struct state *
state_before(struct state *old, size_t count, const struct state *now)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(old[i].name, now->name) == 0 &&
		    strcmp(old[i].test, now->test) == 0)
			return &old[i];
	return NULL;
}

/* The alerts that LIST names become those of W; returns how many rounds they look at.
 */
static size_t
states_make(struct alerts *a, struct watch *w, const char *list)
{
	size_t keep = 0;

	w->state = NULL;
	w->states = 0;
	while (*list != '\0') {
		size_t len = strcspn(list, ",");
		const struct entry *e = entry_named(a, list, len);

		if (e != NULL) {
			state_add(w, e);
			if (rule_length(e->rule) > keep)
				keep = rule_length(e->rule);
		}
		list += len;
		list += *list == ',';
	}
	return keep;
}

/* Go over from the OLD states of W. */
static void
states_take_over(struct alerts *a, struct watch *w, struct state *old, size_t olds)
{
	for (size_t i = 0; i < w->states; i++) {
		struct state *before = state_before(old, olds, &w->state[i]);
		w->state[i].holds =
		    before != NULL ? before->holds
				   : a->ops->held(a->ctx, w->path, w->state[i].name);
	}
	states_free(old, olds);
}

static struct watch *
watch_new(struct alerts *a, const struct conf_target *t, uint64_t id, const char *path)
{
	struct watch *w = mem_zero(1, sizeof *w);

	w->id = id;
	w->path = mem_str(path);
	w->step = t->step;
	w->pings = t->pings;
	HASH_ADD(hh, a->watch, id, sizeof w->id, w);
	return w;
}

/* Judge the alerts in LIST by what SLAVE (NULL: this box) sees of T. */
static void
want(struct alerts *a, const struct conf_target *t, const struct conf_slave *slave,
    const char *list)
{
	uint64_t id = conf_series_id(t, slave);
	struct watch *w = find(a, id);
	char path[STORE_PATH];

	if (conf_series_path(t, slave, path, sizeof path) < 0)
		return;
	if (w == NULL)
		w = watch_new(a, t, id, path);
	struct state *old = w->state;
	size_t olds = w->states, keep = states_make(a, w, list);
	states_take_over(a, w, old, olds);
	/* Rounds of another kind, or a longer pattern: what is in the file counts. */
	if (w->step != t->step || w->pings != t->pings || keep > w->values.keep) {
		values_free(&w->values);
		w->recalled = false;
	}
	w->step = t->step;
	w->pings = t->pings;
	w->slave = slave != NULL ? slave->name : NULL;
	w->host = t->host;
	w->alertee = conf_value(t->section, "alertee", "");
	w->values.keep = keep;
	w->wanted = w->states > 0;
}

void
alerts_configure(struct alerts *a, const struct conf *conf)
{
	struct entry *old = a->entry;
	size_t olds = a->entries;
	struct watch *w, *next;

	entries_read(a, conf);
	HASH_ITER(hh, a->watch, w, next)
		w->wanted = false;
	for (size_t i = 0; i < conf->target_count && a->entries > 0; i++) {
		const struct conf_target *t = conf->target[i];
		if ((t->kind != CONF_MEASURED && t->kind != CONF_DYNAMIC) ||
		    t->step == 0 || t->pings == 0)
			continue;
		const char *list = conf_value(t->section, "alerts", "");
		if (*list == '\0')
			continue;
		want(a, t, NULL, list);
		for (size_t k = 0; k < t->slaves; k++)
			want(a, t, t->slave[k], list);
	}
	HASH_ITER(hh, a->watch, w, next)
		if (!w->wanted)
			watch_free(a, w);
	entries_free(old, olds);
}

struct alerts *
alerts_new(const struct alerts_ops *ops, void *ctx)
{
	struct alerts *a = mem_zero(1, sizeof *a);

	a->ops = ops;
	a->ctx = ctx;
	return a;
}

void
alerts_free(struct alerts *a)
{
	struct watch *w, *next;

	HASH_ITER(hh, a->watch, w, next)
		watch_free(a, w);
	entries_free(a->entry, a->entries);
	free(a);
}

bool
alerts_watch(const struct alerts *a, const char *path, const char *alert)
{
	const struct watch *w = find(a, conf_target_id(path));

	for (size_t i = 0; w != NULL && i < w->states; i++)
		if (strcmp(w->state[i].name, alert) == 0)
			return true;
	return false;
}

/* --- rounds ---------------------------------------------------------------------- */

static void
remember(void *ctx, int64_t row, double lost, unsigned pings, double median)
{
	struct watch *w = ctx;

	w->row = row;
	values_push(&w->values, lost, pings, median);
}

/* See what W's file holds. True when that is known. */
static bool
look_back(struct alerts *a, struct watch *w)
{
	char file[STORE_PATH];
	struct err err;
	int r = 0;

	if (store_rrd_path(file, w->path) == 0)
		r = recall(file, w->step, w->pings, w->values.keep, remember, w, &err);
	if (r < 0 && log_allowed(&a->unread, 60, NULL))
		log_warnx(
		    "alerts of %s begin without its history: %s", w->path, err.text);
	return r <= 0;
}

void
alerts_expect(struct alerts *a, uint64_t target)
{
	struct watch *w = a->watch != NULL ? find(a, target) : NULL;

	if (w != NULL && !w->recalled)
		w->recalled = look_back(a, w);
}

/* As SmokePing has it: ten digits behind the point, in seconds. */
static double
as_stored(double seconds)
{
	char text[32];

	snprintf(text, sizeof text, "%.10e", seconds);
	return isnan(seconds) ? NAN : strtod(text, NULL);
}

static enum alert_what
what_of(const struct alert *alert, bool before, bool holds)
{
	if (!alert->edge)
		return holds ? ALERT_ACTIVE : ALERT_NOTHING;
	if (before == holds)
		return ALERT_NOTHING;
	return holds ? ALERT_RAISED : ALERT_CLEARED;
}

void
alerts_round(struct alerts *a, const struct round *r)
{
	struct watch *w = a->watch != NULL ? find(a, r->target) : NULL;
	bool said = false; /* by an alert that has a priority */
	char *loss = NULL, *rtt = NULL;
	struct round_row row;

	if (w == NULL || r->step != w->step || r->count != w->pings)
		return;
	if (!w->recalled)
		look_back(a, w);
	w->recalled = true;
	round_row(r, &row);
	double median = as_stored(row.median);
	if (r->row > w->row)
		values_push(&w->values, row.loss, w->pings, median);
	for (size_t i = 0; i < w->states; i++) {
		struct state *s = &w->state[i];
		const struct alert *alert = &s->entry->alert;
		struct alert_news n = {
			.alert = alert,
			.target = w->id,
			.path = w->path,
			.slave = w->slave,
			.host = w->host,
			.alertee = w->alertee,
			.time = r->end_ns / CLOCK_NS_PER_S,
			.before = s->holds,
			.lost = row.loss * 100 / w->pings,
			.median = median,
			.pings = w->pings,
			.row = &row,
		};

		s->holds = rule_holds(s->entry->rule, &w->values, s->holds);
		n.holds = s->holds;
		n.what = what_of(alert, n.before, n.holds);
		if (n.what == ALERT_NOTHING && n.before == n.holds)
			continue;
		if (n.what != ALERT_NOTHING && alert->priority > 0) {
			n.hushed = said;
			said = true;
		}
		if (loss == NULL) {
			loss = values_loss_text(&w->values);
			rtt = values_rtt_text(&w->values);
		}
		n.loss = loss;
		n.rtt = rtt;
		a->ops->news(a->ctx, &n);
	}
	free(loss);
	free(rtt);
}
