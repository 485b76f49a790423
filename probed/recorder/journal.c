#include "recorder/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "link/msghost.h"
#include "recorder/alertletter.h"
#include "recorder/alerts.h"
#include "recorder/attack.h"
#include "recorder/audience.h"
#include "recorder/backscatter.h"
#include "recorder/culprits.h"
#include "recorder/events.h"
#include "recorder/judge.h"
#include "recorder/loadtests.h"
#include "recorder/notes.h"
#include "recorder/outage.h"
#include "recorder/silence.h"

/* Rounds and lines wait no longer than this for a turn of writing. */
#define TURN_NS (10 * CLOCK_NS_PER_MS)
#define LAST_NS CLOCK_NS_PER_S
#define GRACE_S 5 /* more than two steps, for a round to be stored */

struct journal {
	const struct conf *conf;
	struct events *ev;
	struct conditions *conditions;
	struct silences *silences;
	struct outages *outages;
	struct alerts *alerts;
	struct notes *notes;
	struct backscatters *backscatters;
	struct attackbook *attacks;
	struct loadtests *loadtests;
	struct judge *judge; /* NULL: nobody judges the path */
	const struct talk *talk; /* NULL: nobody knows who talks */
	char *parents; /* the list that behind() made last */
	const struct journal_ops *ops;
	void *ctx;
};

/* --- what conditions ask ---------------------------------------------------------- */

/* The target that SUBJECT is a path of, also of a slave's ("A.B~slave"). */
static const struct conf_target *
target_of(const struct journal *j, const char *subject)
{
	char path[1024];
	size_t len = strcspn(subject, "~");

	if (len == 0 || len >= sizeof path)
		return NULL;
	memcpy(path, subject, len);
	path[len] = '\0';
	return conf_target_by_path(j->conf, path);
}

/* Does the slave NAME measure T? */
static bool
measures(const struct conf_target *t, const char *name)
{
	for (size_t i = 0; t != NULL && i < t->slaves; i++)
		if (strcmp(t->slave[i]->name, name) == 0)
			return true;
	return false;
}

/* The paths in LIST as the slave NAME sees them, where it does; to be freed. */
static char *
seen_by(const struct journal *j, const char *list, const char *name)
{
	static const char between[] = " \t,";
	char *text;
	size_t size;
	FILE *out = mem_stream(&text, &size);

	while (*(list += strspn(list, between)) != '\0') {
		size_t len = strcspn(list, between);
		char *path = mem_strn(list, len);
		bool own = measures(conf_target_by_path(j->conf, path), name);

		fprintf(out, "%s%s%s ", path, own ? "~" : "", own ? name : "");
		free(path);
		list += len;
	}
	mem_stream_end(out);
	return text;
}

static const char *
behind(void *ctx, const char *subject, unsigned *grace)
{
	struct journal *j = ctx;
	const struct conf_target *t = target_of(j, subject);
	const char *slave = strchr(subject, '~'), *list;

	if (t == NULL)
		return NULL;
	unsigned step = t->step > j->conf->step ? t->step : j->conf->step;
	*grace = 2 * step + GRACE_S;
	list = conf_target_value(j->conf, t, "behind", NULL);
	if (list == NULL || slave == NULL)
		return list;
	free(j->parents);
	return j->parents = seen_by(j, list, slave + 1);
}

static char *
audience(void *ctx, const char *kind, enum condition_ears ears)
{
	const struct journal *j = ctx;

	/* Each of these names whom it is for, or is for nobody. */
	if (strcmp(kind, ALERTLETTER_KIND) == 0)
		return NULL;
	return audience_of(j->conf, kind, ears == EARS_ALL ? NULL : VERDICT_KIND,
	    ears == EARS_VERDICT);
}

/* Was the line filled by ourselves while the last rounds of SUBJECT up to NOW were
 * measured? */
static bool
own_load(const struct journal *j, const char *subject, int64_t now)
{
	const struct conf_target *t = target_of(j, subject);

	return t != NULL && j->loadtests != NULL &&
	       loadtests_touch(j->loadtests, now - (int64_t)t->step, now);
}

static int64_t
explained(void *ctx, const char *subject, int64_t since, unsigned *grace)
{
	struct journal *j = ctx;

	return j->judge != NULL ? judge_explains(j->judge, subject, since, grace) : 0;
}

static unsigned
distance(void *ctx, const char *subject)
{
	const struct journal *j = ctx;

	return j->judge != NULL ? judge_distance(j->judge, subject) : 0;
}

/* With who filled the line then. */
static char *
evidence(void *ctx, const struct incident *in)
{
	const struct journal *j = ctx;

	return j->talk != NULL ? culprits_evidence(j->talk, in, clock_wall_s()) : NULL;
}

static bool
silent(void *ctx, const char *subject, int64_t now)
{
	const struct journal *j = ctx;

	return silences_cover(j->silences, subject, now) || own_load(j, subject, now);
}

/* --- alerts ----------------------------------------------------------------------- */

static bool
alert_held(void *ctx, const char *path, const char *alert)
{
	const struct journal *j = ctx;

	return condition_open(j->conditions, ALERTLETTER_KIND, path, alert) != 0;
}

static void
alert_news(void *ctx, const struct alert_news *n)
{
	const struct journal *j = ctx;

	alertletter_tell(
	    j->conditions, j->conf, n, n->holds && own_load(j, n->path, n->time));
}

static const struct alerts_ops alerts_ops = { alert_held, alert_news };

/* --- turns ------------------------------------------------------------------------ */

int64_t
journal_work(struct journal *j)
{
	return events_work(j->ev, TURN_NS);
}

void
journal_kick(struct journal *j)
{
	if (events_counts(j->ev).queued > 0)
		j->ops->work(j->ctx);
}

void
journal_tick(struct journal *j, int64_t now)
{
	backscatters_tick(j->backscatters, now);
	attackbook_tick(j->attacks, now);
	loadtests_tick(j->loadtests, now);
	conditions_tick(j->conditions, now);
	/* Pruning is due once in a while though nothing is put. */
	j->ops->work(j->ctx);
}

/* --- what comes ------------------------------------------------------------------- */

void
journal_expect(struct journal *j, uint64_t target)
{
	alerts_expect(j->alerts, target);
}

void
journal_round(struct journal *j, const struct round *r)
{
	const struct conf_target *t = conf_target_by_id(j->conf, r->target);
	const struct conf_slave *slave = NULL;

	/* What address a slave asks is its own affair. */
	if (t != NULL) {
		notes_round(j->notes, t, r);
		loadtests_round(j->loadtests, t->path, r);
	} else
		t = conf_series_by_id(j->conf, r->target, &slave);
	if (t != NULL)
		outages_round(j->outages, t, slave, r);
	alerts_round(j->alerts, r);
	journal_kick(j);
}

void
journal_file(struct journal *j, const char *path, const char *text)
{
	notes_file(j->notes, path, text);
	journal_kick(j);
}

void
journal_route(struct journal *j, const char *subject, int64_t time, const char *text,
    const char *evidence)
{
	notes_route(j->notes, subject, time, text, evidence);
	journal_kick(j);
}

void
journal_line(struct journal *j, enum room room, bool up)
{
	notes_line(j->notes, room, up);
	if (j->ev != NULL)
		journal_kick(j);
}

int
journal_victim(struct journal *j, struct msg_in *in)
{
	struct msg_victim v;

	if (msg_get_victim(in, &v) != 0)
		return -1;
	backscatters_take(j->backscatters, &v);
	journal_kick(j);
	return 0;
}

int
journal_host(struct journal *j, struct msg_in *in)
{
	struct own_host h;

	if (msg_get_host(in, &h) != 0)
		return -1;
	attackbook_host(j->attacks, &h);
	return 0;
}

void
journal_exporter(struct journal *j, const struct msg_exporter *x)
{
	attackbook_exporter(j->attacks, x);
}

/* Subjects that are paths: nobody looks after those that are not configured. */
static bool
watched(void *ctx, const struct incident *in)
{
	const struct journal *j = ctx;

	if (strcmp(in->kind, ALERTLETTER_KIND) == 0)
		return alerts_watch(j->alerts, in->subject, in->source);
	if (strcmp(in->kind, CONDITION_DOWN_KIND) != 0)
		return true;
	const struct conf_target *t = target_of(j, in->subject);
	const char *slave = strchr(in->subject, '~');
	return slave != NULL ? measures(t, slave + 1)
			     : t != NULL && conf_target_is_pinged(t);
}

void
journal_configure(struct journal *j, const struct conf *next)
{
	j->conf = next;
	silences_configure(j->silences, next);
	notes_configure(j->notes, next);
	loadtests_configure(j->loadtests, next);
	alerts_configure(j->alerts, next);
	attackbook_configure(j->attacks, next);
	events_keep_talkers(j->ev, next->keep_talkers);
	conditions_end(j->conditions, watched, j, clock_wall_s(),
	    "it is not measured any more, as the configuration says");
	outages_reload(j->outages);
	journal_kick(j);
}

/* TEXT holds nothing that would not be words. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* SUBJECT is "" or something in the configuration. */
static bool
is_subject(const struct journal *j, const char *subject)
{
	return *subject == '\0' || conf_target_by_path(j->conf, subject) != NULL;
}

static int
end_silence(struct journal *j, struct msg_in *in)
{
	int64_t id = wire_i64(&in->wire), begin = wire_i64(&in->wire);
	int64_t end = wire_i64(&in->wire);
	char subject[1024];
	struct err err;

	msg_get_str(in, subject, sizeof subject);
	if (msg_done(in) < 0)
		return -1;
	if (silences_end(j->silences, id, begin, end, subject, &err) < 0)
		log_warnx("left out: %s", err.text);
	journal_kick(j);
	return 0;
}

int
journal_message(struct journal *j, struct msg_in *in)
{
	char subject[1024], text[NOTE_MAX + 1];
	int64_t begin = 0, end = 0;
	struct err err = { "" };
	int r = 0;

	if (in->type == MSG_SILENCE_END)
		return end_silence(j, in);
	if (in->type == MSG_SILENCE) {
		begin = wire_i64(&in->wire);
		end = wire_i64(&in->wire);
	}
	msg_get_str(in, subject, sizeof subject);
	msg_get_str(in, text, sizeof text);
	if (msg_done(in) < 0 || !is_plain(subject) || !is_plain(text))
		return -1;
	if (!is_subject(j, subject)) /* a reload crossed it */
		r = err_set(&err, "there is no target %.200s", subject);
	else if (in->type == MSG_NOTE)
		r = notes_put(j->notes, subject, text, &err);
	else
		r = silences_add(j->silences, begin, end, subject, text, &err);
	if (r < 0)
		log_warnx("left out: %s", err.text);
	journal_kick(j);
	return 0;
}

int
journal_stranded(struct journal *j, struct msg_in *in)
{
	char text[STRANDED_MAX];

	msg_get_str(in, text, sizeof text);
	if (msg_done(in) != 0 || !is_plain(text))
		return -1;
	notes_stranded(j->notes, text);
	journal_kick(j);
	return 0;
}

/* --- life ------------------------------------------------------------------------- */

bool
journal_own_load(const struct journal *j, const struct round *r)
{
	return j->loadtests != NULL &&
	       loadtests_touch(j->loadtests, r->begin_ns / CLOCK_NS_PER_S,
		   r->end_ns / CLOCK_NS_PER_S);
}

bool
journal_gap(const struct journal *j, int64_t *begin, int64_t *end)
{
	return notes_gap(j->notes, begin, end);
}

void
journal_judge(struct journal *j, struct judge *judge)
{
	j->judge = judge;
}

void
journal_talk(struct journal *j, const struct talk *talk)
{
	j->talk = talk;
}

int
journal_forget(struct journal *j, const struct prefix *p, int64_t *at, uint64_t *rows,
    struct err *err)
{
	if (*at == 0) {
		conditions_forget(j->conditions, p);
		*rows += attackbook_forget(j->attacks, p);
	}
	return events_forget(j->ev, p, at, rows, err);
}

struct conditions *
journal_conditions(struct journal *j)
{
	return j->conditions;
}

struct loadtests *
journal_loadtests(struct journal *j)
{
	return j->loadtests;
}

struct events *
journal_events(struct journal *j)
{
	return j->ev;
}

static void
tell(void *ctx, const char *text)
{
	const struct journal *j = ctx;

	j->ops->trouble(j->ctx, text);
}

struct journal *
journal_new(const struct journal_ops *ops, void *ctx)
{
	struct journal *j = mem_zero(1, sizeof *j);

	/* With TZ set, libc reads the zone once, now; without it, it would look again
	 * at every local time. */
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
	j->ops = ops;
	j->ctx = ctx;
	j->notes = notes_new();
	return j;
}

void
journal_begin(struct journal *j, const struct conf *conf)
{
	static const struct events_ops events_ops = { tell };
	static const struct conditions_ops ops = { behind, explained, distance, silent,
		audience, evidence };

	j->conf = conf;
	j->ev = events_open(&events_ops, j, EVENTS_QUEUE_MAX);
	j->silences = silences_new(j->ev);
	j->conditions = conditions_new(j->ev, &ops, j);
	j->outages = outages_new(j->conditions, j->ev);
	j->backscatters = backscatters_new(j->conditions, j->ev, clock_wall_s());
	j->attacks = attackbook_new(j->conditions, j->ev, conf, clock_wall_s());
	j->alerts = alerts_new(&alerts_ops, j);
	j->loadtests = loadtests_new(j->ev, clock_wall_s());
	notes_begin(j->notes, j->ev, conf);
}

void
journal_end(struct journal *j)
{
	if (j->ev != NULL) {
		int64_t end = clock_mono_ns() + LAST_NS;

		loadtests_free(j->loadtests);

		conditions_flush(j->conditions);
		while (clock_mono_ns() < end && events_work(j->ev, TURN_NS) == 0)
			;
		if (events_counts(j->ev).queued > 0)
			log_warnx("%llu entries of events.db could not be written",
			    (unsigned long long)events_counts(j->ev).queued);
		alerts_free(j->alerts);
		outages_free(j->outages);
		backscatters_free(j->backscatters);
		attackbook_free(j->attacks);
		conditions_free(j->conditions);
		silences_free(j->silences);
		events_close(j->ev);
	}
	notes_free(j->notes);
	free(j->parents);
	free(j);
}
