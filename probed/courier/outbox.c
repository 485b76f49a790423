#include "courier/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "eventsdb.h"
#include "store.h"

/* The names in a row's receivers; a list that is no JSON has none. */
#define NAMES "json_each(CASE WHEN json_valid(receivers) THEN receivers ELSE '[]' END)"
#define FOR_US "EXISTS (SELECT 1 FROM " NAMES " AS r WHERE r.value = ?1)"
#define ATTACKS "FROM incident WHERE kind = 'attack' AND \"end\" IS NULL"

enum query {
	QUERY_NEWEST,
	QUERY_RECEIVERS,
	QUERY_TIME,
	QUERY_NEXT,
	QUERY_COUNT,
	QUERY_ATTACKS,
	QUERIES
};

static const char *const queries[QUERIES] = {
	[QUERY_NEWEST] = "SELECT max(coalesce((SELECT max(id) FROM outbox), 0), "
			 "coalesce((SELECT seq FROM sqlite_sequence WHERE name = "
			 "'outbox'), 0))",
	[QUERY_RECEIVERS] = "SELECT DISTINCT r.value FROM outbox, " NAMES
			    " AS r WHERE outbox.id > ?1 AND r.type = 'text'",
	[QUERY_TIME] = "SELECT time FROM outbox WHERE id = ?1",
	[QUERY_NEXT] =
	    "SELECT id, time, incident, what, body FROM outbox WHERE id > ?2 "
	    "AND (?3 = 0 OR id <= ?3) AND " FOR_US " ORDER BY id LIMIT 1",
	[QUERY_COUNT] =
	    "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE id > ?2 AND " FOR_US
	    " LIMIT 10000)",
	[QUERY_ATTACKS] = "SELECT id, \"begin\", evidence " ATTACKS " ORDER BY id",
};

struct outbox {
	sqlite3 *db;
	sqlite3_stmt *stmt[QUERIES];
	struct stat st;	 /* which file it is */
	struct stat log; /* its log, as it was seen last */
	int64_t newest;
	struct log_limit unwell;
};

/* --- the file -------------------------------------------------------------------- */

static void
outbox_close(struct outbox *o)
{
	for (int q = 0; q < QUERIES; q++) {
		sqlite3_finalize(o->stmt[q]);
		o->stmt[q] = NULL;
	}
	sqlite3_close(o->db);
	o->db = NULL;
}

/* It does not work: say why, once in a while, and begin anew at the next look. */
static void
unwell(struct outbox *o, int code)
{
	/* Somebody moves the log into the file; or there is a log, but nobody who may
	 * write has opened it yet: the recorder will. */
	bool passing = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_READONLY;

	if (!passing && log_allowed(&o->unwell, 60, NULL))
		log_warnx("%s cannot be read: %s (%d)", STORE_EVENTS,
		    o->db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(o->db), code);
	if ((code & 0xff) != SQLITE_BUSY)
		outbox_close(o);
}

/* The recorder has made the file, and puts all of its tables in at once, in a moment.
 */
static bool
is_unmade(sqlite3 *db)
{
	sqlite3_stmt *s;
	bool unmade;

	if (sqlite3_prepare_v2(db, "SELECT 1 FROM sqlite_schema", -1, &s, NULL) !=
	    SQLITE_OK)
		return false;
	unmade = sqlite3_step(s) == SQLITE_DONE;
	sqlite3_finalize(s);
	return unmade;
}

static bool
outbox_open(struct outbox *o)
{
	int code = SQLITE_OK;
	struct err err;

	if (stat(STORE_EVENTS, &o->st) != 0 || o->st.st_size == 0)
		return false;
	o->db = eventsdb_read(&err);
	if (o->db == NULL) {
		if (log_allowed(&o->unwell, 60, NULL))
			log_warnx("%s", err.text);
		return false;
	}
	if (is_unmade(o->db)) {
		outbox_close(o);
		return false;
	}
	for (int q = 0; q < QUERIES && code == SQLITE_OK; q++)
		code = sqlite3_prepare_v2(o->db, queries[q], -1, &o->stmt[q], NULL);
	if (code == SQLITE_OK)
		return true;
	unwell(o, code);
	outbox_close(o);
	return false;
}

struct outbox *
outbox_new(void)
{
	return mem_zero(1, sizeof(struct outbox));
}

void
outbox_free(struct outbox *o)
{
	outbox_close(o);
	free(o);
}

/* --- asking ---------------------------------------------------------------------- */

/* Begin Q; NULL while there is no file. */
static sqlite3_stmt *
begin(struct outbox *o, enum query q)
{
	return o->db == NULL ? NULL : o->stmt[q];
}

/* The next row of S: true. Behind the last, or when it fails, false; then S is ready
 * for another time, if it still is there. FAILED (NULL allowed) tells which it was. */
static bool
next(struct outbox *o, sqlite3_stmt *s, bool *failed)
{
	int code = sqlite3_step(s);

	if (failed != NULL)
		*failed = code != SQLITE_ROW && code != SQLITE_DONE;
	if (code == SQLITE_ROW)
		return true;
	sqlite3_reset(s);
	if (code != SQLITE_DONE)
		unwell(o, code);
	return false;
}

bool
outbox_look(struct outbox *o, int64_t *newest)
{
	sqlite3_stmt *s;
	struct stat st;

	*newest = 0;
	if (o->db != NULL &&
	    (stat(STORE_EVENTS, &st) != 0 || st.st_ino != o->st.st_ino ||
		st.st_dev != o->st.st_dev))
		outbox_close(o);
	if (o->db == NULL && !outbox_open(o))
		return false;
	s = begin(o, QUERY_NEWEST);
	if (s == NULL || !next(o, s, NULL))
		return false;
	*newest = o->newest = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return true;
}

bool
outbox_touched(struct outbox *o)
{
	struct stat st;

	if (stat(STORE_EVENTS "-wal", &st) != 0)
		return false;
	bool same = st.st_ino == o->log.st_ino && st.st_size == o->log.st_size &&
		    st.st_mtim.tv_sec == o->log.st_mtim.tv_sec &&
		    st.st_mtim.tv_nsec == o->log.st_mtim.tv_nsec;
	o->log = st;
	return !same;
}

int64_t
outbox_newest(const struct outbox *o)
{
	return o->newest;
}

void
outbox_receivers(struct outbox *o, int64_t after,
    void (*seen)(void *ctx, const char *name), void *ctx)
{
	sqlite3_stmt *s = begin(o, QUERY_RECEIVERS);

	if (s == NULL)
		return;
	sqlite3_bind_int64(s, 1, after);
	while (next(o, s, NULL)) {
		const char *name = (const char *)sqlite3_column_text(s, 0);

		if (name != NULL && *name != '\0')
			seen(ctx, name);
	}
}

bool
outbox_knows(struct outbox *o, const struct cursor *c)
{
	sqlite3_stmt *s = begin(o, QUERY_TIME);
	bool knows = true;

	if (s == NULL || c->done == 0)
		return true;
	if (c->done > o->newest)
		return false;
	sqlite3_bind_int64(s, 1, c->done);
	/* Old rows are taken away; one that is there has to be the one. */
	if (next(o, s, NULL)) {
		knows = sqlite3_column_int64(s, 0) == c->done_time;
		sqlite3_reset(s);
	}
	return knows;
}

int
outbox_next(struct outbox *o, const char *receiver, int64_t after, int64_t last,
    struct letter *l, struct err *err)
{
	sqlite3_stmt *s = begin(o, QUERY_NEXT);
	bool failed;

	err->text[0] = '\0';
	if (s == NULL)
		return -1;
	sqlite3_bind_text(s, 1, receiver, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, after);
	sqlite3_bind_int64(s, 3, last);
	if (!next(o, s, &failed))
		return failed ? -1 : 0;
	l->id = sqlite3_column_int64(s, 0);
	/* It may have come since the last look: it is known from now on. */
	if (l->id > o->newest)
		o->newest = l->id;
	l->time = sqlite3_column_int64(s, 1);
	l->incident = sqlite3_column_int64(s, 2);
	if (letter_read(l, (const char *)sqlite3_column_text(s, 3),
		(const char *)sqlite3_column_text(s, 4), err) != 0 &&
	    letter_read(l, (const char *)sqlite3_column_text(s, 3), "{}", NULL) != 0)
		fatalx("an empty letter cannot be read");
	sqlite3_reset(s);
	return 1;
}

bool
outbox_attacks(struct outbox *o,
    void (*each)(void *ctx, int64_t incident, int64_t begin, const char *evidence),
    void *ctx)
{
	sqlite3_stmt *s = begin(o, QUERY_ATTACKS);
	bool failed = true;

	if (s == NULL)
		return false;
	while (next(o, s, &failed)) {
		const char *evidence = (const char *)sqlite3_column_text(s, 2);

		if (evidence != NULL)
			each(ctx, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
			    evidence);
	}
	return !failed;
}

int64_t
outbox_count(struct outbox *o, const char *receiver, int64_t after)
{
	sqlite3_stmt *s = begin(o, QUERY_COUNT);
	int64_t count = 0;

	if (s == NULL)
		return 0;
	sqlite3_bind_text(s, 1, receiver, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, after);
	if (next(o, s, NULL)) {
		count = sqlite3_column_int64(s, 0);
		sqlite3_reset(s);
	}
	return count;
}
