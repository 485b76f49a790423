#include "t/scenariorun.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "recorder/condition.h"
#include "t/eventsread.h"
#include "t/scenariobox.h"

struct ear {
	struct outcome *o;
	struct msg_verdict last;
};

/* Was anything told, and not yet to be over? */
static bool
is_any_open(const struct outcome *o)
{
	for (unsigned i = 0; i < o->words; i++) {
		unsigned last = o->words - 1;
		while (strcmp(o->word[last].subject, o->word[i].subject) != 0)
			last--;
		if (!o->word[last].over)
			return true;
	}
	return false;
}

static void
hear_verdict(void *ctx, const struct msg_verdict *v)
{
	struct ear *e = ctx;

	e->last = *v;
	e->o->calmed |= v->fine && is_any_open(e->o);
}

static struct told *
told_of(struct outcome *o, enum segment segment, const char *subject)
{
	for (unsigned i = 0; i < o->tolds; i++)
		if (o->told[i].segment == segment &&
		    strcmp(o->told[i].subject, subject) == 0)
			return &o->told[i];
	if (o->tolds == TOLD_MAX)
		return NULL;
	struct told *x = &o->told[o->tolds++];
	*x = (struct told){ .segment = segment, .low = NAN, .high = NAN };
	snprintf(x->subject, sizeof x->subject, "%s", subject);
	return x;
}

static void
note(struct outcome *o, const struct infer_finding *f, bool over, double now)
{
	struct word *x = &o->word[o->words];
	unsigned last = o->words;
	double since = (double)f->begin;

	sscanf(finding_fact_of(f, "phase"), "%lf to ", &since);
	while (last > 0 && strcmp(o->word[last - 1].subject, f->subject) != 0)
		last--;
	o->moved |= last > 0 && !o->word[last - 1].over &&
		    o->word[last - 1].begin != (double)f->begin;
	if (last > 0 && o->word[last - 1].over == over &&
	    o->word[last - 1].begin == (double)f->begin &&
	    o->word[last - 1].since == since &&
	    o->word[last - 1].confidence == f->confidence &&
	    strcmp(o->word[last - 1].cause, f->cause) == 0)
		return;
	if (o->words == WORDS_MAX)
		return;
	*x = (struct word){ .segment = f->segment,
		.confidence = f->confidence,
		.at = now,
		.begin = (double)f->begin,
		.since = since,
		.over = over };
	snprintf(x->cause, sizeof x->cause, "%s", f->cause);
	snprintf(x->subject, sizeof x->subject, "%s", f->subject);
	o->words++;
}

static void
hear_found(void *ctx, const struct infer_finding *f, bool over, double now)
{
	struct ear *e = ctx;
	struct told *x;

	if (strcmp(f->kind, VERDICT_KIND) != 0)
		return;
	note(e->o, f, over, now);
	if ((x = told_of(e->o, f->segment, f->subject)) == NULL)
		return;
	if (f->confidence > x->best)
		x->best = f->confidence;
	if (f->confidence == CONFIDENCE_SURE && x->sure == 0)
		x->sure = now;
}

bool
scenario_is_cause(const char *words, const char *cause)
{
	size_t len = strlen(cause);
	const char *at = strstr(words, cause);

	return at != NULL && (at == words || at[-1] == '|') &&
	       (at[len] == '\0' || at[len] == '|');
}

/* Is one of WORDS, '|' between them, in SENTENCE? */
static bool
is_said(const char *words, const char *sentence)
{
	char word[80];

	for (;; words++) {
		size_t len = strcspn(words, "|");
		snprintf(word, sizeof word, "%.*s", (int)len, words);
		if (strstr(sentence, word) != NULL)
			return true;
		words += len;
		if (*words == '\0')
			return false;
	}
}

/* --- what is in events.db --------------------------------------------------------- */

static const char *
text_of(sqlite3_stmt *s, int column)
{
	const unsigned char *text = sqlite3_column_text(s, column);

	return text != NULL ? (const char *)text : "";
}

static void
read_verdict(sqlite3_stmt *s, struct outcome *o)
{
	struct told *x = told_of(o, segment_by_word(text_of(s, 2)), text_of(s, 1));
	enum confidence is = confidence_by_word(text_of(s, 4));

	if (x == NULL)
		return;
	snprintf(x->cause, sizeof x->cause, "%s", text_of(s, 3));
	snprintf(x->sentence, sizeof x->sentence, "%s", text_of(s, 5));
	if (x->begin == 0)
		x->begin = sqlite3_column_int64(s, 6);
	x->end = sqlite3_column_int64(s, 7);
	if (sqlite3_column_type(s, 8) != SQLITE_NULL) {
		x->low = sqlite3_column_double(s, 8);
		x->high = sqlite3_column_double(s, 9);
	}
	if (is > x->best)
		x->best = is;
}

static sqlite3_stmt *
ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fatalx("%s", sqlite3_errmsg(db));
	return s;
}

static void
read_events(const struct world *w, struct outcome *o)
{
	struct err err;
	sqlite3 *db = eventsdb_read(&err);

	if (db == NULL)
		fatalx("%s", err.text);
	sqlite3_stmt *s = ask(db,
	    "SELECT id, subject, json_extract(evidence, '$.segment'), "
	    "json_extract(evidence, '$.cause'), confidence, summary, \"begin\", "
	    "coalesce(\"end\", 0), json_extract(n, '$[0]'), json_extract(n, '$[1]') "
	    "FROM (SELECT *, (SELECT json_extract(value, '$.interval') FROM "
	    "json_each(evidence, '$.numbers') WHERE json_extract(value, '$.name') = "
	    "'added_delay' AND json_extract(value, '$.of') = 'Far.a' LIMIT 1) AS n "
	    "FROM incident WHERE kind = 'verdict') ORDER BY id");
	while (sqlite3_step(s) == SQLITE_ROW)
		read_verdict(s, o);
	sqlite3_finalize(s);
	s = ask(db,
	    "SELECT count(*), count(v.id), (SELECT count(*) FROM outbox, incident ON "
	    "incident = incident.id WHERE what = 'open' AND \"begin\" >= ?1 AND kind "
	    "IN ('verdict', '" CONDITION_DOWN_KIND "')) FROM incident i LEFT JOIN "
	    "incident v ON v.id = i.suppressed_by AND v.kind = 'verdict' WHERE "
	    "i.kind = '" CONDITION_DOWN_KIND "' AND i.\"begin\" >= ?1");
	sqlite3_bind_int64(s, 1, (int64_t)(w->onset - w->set_back - 700));
	if (sqlite3_step(s) == SQLITE_ROW) {
		o->alarms = (unsigned)sqlite3_column_int(s, 0);
		o->explained = (unsigned)sqlite3_column_int(s, 1);
		o->letters = (unsigned)sqlite3_column_int(s, 2);
	}
	sqlite3_finalize(s);
	s = ask(db,
	    "SELECT count(*) FILTER (WHERE what = 'close'), (SELECT max(n) FROM (SELECT "
	    "count(*) AS n FROM outbox, incident ON incident = incident.id WHERE "
	    "\"begin\" >= ?1 AND kind IN ('verdict', '" CONDITION_DOWN_KIND
	    "') GROUP BY kind, subject, what)) FROM outbox, incident ON incident = "
	    "incident.id WHERE \"begin\" >= ?1 AND kind IN ('verdict', "
	    "'" CONDITION_DOWN_KIND "')");
	sqlite3_bind_int64(s, 1, (int64_t)(w->onset - w->set_back - 700));
	if (sqlite3_step(s) == SQLITE_ROW) {
		o->ends = (unsigned)sqlite3_column_int(s, 0);
		o->most = (unsigned)sqlite3_column_int(s, 1);
	}
	sqlite3_finalize(s);
	s = ask(db, "SELECT count(*) FILTER (WHERE kind = 'attack'), count(*) FILTER "
		    "(WHERE kind = 'gap') FROM incident");
	if (sqlite3_step(s) == SQLITE_ROW) {
		o->attacks = (unsigned)sqlite3_column_int(s, 0);
		o->gaps = (unsigned)sqlite3_column_int(s, 1);
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
}

/* --- a run ------------------------------------------------------------------------ */

static void
judge_told(const struct scenario *sc, const struct world *w, struct outcome *o)
{
	const double about = 2 * fmax(w->step * fmax(1, w->seldom), 60);

	for (unsigned i = 0; i < o->tolds; i++) {
		struct told *x = &o->told[i];
		x->right =
		    x->segment == sc->segment && scenario_is_cause(sc->cause, x->cause);
		o->right |= x->right;
		o->wrong += !x->right;
		/* From the first round that could see it. */
		o->sure_soon |=
		    x->right && x->sure > 0 &&
		    x->sure <= w->onset + 6.25 * fmax(w->step, w->step < 5 ? 4 : 60);
		double late = (double)x->begin + w->set_back - w->onset;
		o->in_time |= x->right && fabs(late) <= about;
		o->early |= x->right && late < -about;
	}
	if (o->wrong > 0)
		o->right = false;
}

void
scenario_run(const struct scenario *sc, uint64_t seed, struct outcome *o)
{
	static const struct box_ears ears = { hear_verdict, hear_found };
	static struct ear ear;
	struct world w;

	scenario_seed(sc->name, seed);
	world_build(&w, sc->clear);
	w.onset = START + sc->warm + chance() * 4 * w.step;
	w.length = sc->length;
	w.a = chance();
	w.b = chance();
	sc->make(&w);
	memset(o, 0, sizeof *o);
	memset(&ear, 0, sizeof ear);
	ear.o = o;
	o->right = sc->segment == SEGMENT_NONE;
	struct box *b = box_new(&w, sc, &ears, &ear);
	box_run(b, w.onset + w.length + sc->after);
	box_free(b);
	read_events(&w, o);
	events_clean();
	judge_told(sc, &w, o);
	/* What another judge says is told where no window shows it. */
	if (sc->segment != SEGMENT_NONE && o->tolds == 0 &&
	    ear.last.segment == sc->segment &&
	    scenario_is_cause(sc->cause, ear.last.cause))
		o->right = true;
	/* Whatever it did to the line; and nothing else was called one. */
	if ((o->attacks > 0) != w.attacked)
		o->right = false;
	o->fine = ear.last.fine;
	if (sc->segment == SEGMENT_NONE &&
	    (!o->fine || !is_said(sc->cause, ear.last.sentence)))
		o->right = false;
	if (o->moved || o->calmed)
		o->right = false;
	/* A restart is told of, and no gap where there was none. */
	if ((o->gaps > 0) != w.restarts)
		o->right = false;
	o->truth = w.truth;
	o->size = w.size;
	snprintf(o->last, sizeof o->last, "%s", ear.last.sentence);
	o->step = w.step;
	o->onset = w.onset;
	o->pings = w.pings;
	o->fars = w.fars;
}
