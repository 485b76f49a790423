#include "recorder/events.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "eventsdb.h"
#include "recorder/aside.h"
#include "recorder/events_impl.h"
#include "recorder/scrub.h"
#include "store.h"

#define BUSY_NS (20 * CLOCK_NS_PER_MS)
#define STUCK_NS (2 * CLOCK_NS_PER_S)
#define PRUNE_NS (3600 * CLOCK_NS_PER_S)
#define PRUNE_MORE_NS (200 * CLOCK_NS_PER_MS)
#define PRUNE_ROWS 500 /* in one go */
/* An end that is written down later than this keeps its talkers until the next start.
 */
#define TALKERS_LATE_S (3 * 86400)
#define TEXT_OF(n) #n
#define LIMIT(n) "LIMIT " TEXT_OF(n)
#define TELL_S 60
/* Files up to this size are looked through when they are opened (30 MB/s and more). */
#define CHECK_MAX (16L * 1024 * 1024)

enum statement {
	PUT_INCIDENT,
	PUT_LETTER,
	EXPLAIN,
	PUT_HELD,
	DROP_HELD,
	PUT_SILENCE,
	END_SILENCE,
	PUT_META,
	PUT_TARGET,
	PRUNE_OLD,
	PRUNE_MANY,
	PRUNE_INCIDENTS,
	PRUNE_SILENCES,
	PRUNE_TALKERS,
	STATEMENTS
};

static const char *const sql[STATEMENTS] = {
	[PUT_INCIDENT] = "INSERT INTO incident VALUES(?,?,?,?,?,?,?,?,?,?,?,?) "
			 "ON CONFLICT(id) DO UPDATE SET \"end\"=excluded.\"end\", "
			 "confidence=excluded.confidence, summary=excluded.summary, "
			 "worst=excluded.worst, evidence=excluded.evidence, "
			 "suppressed_by=excluded.suppressed_by, "
			 "priority=excluded.priority",
	[PUT_LETTER] = "INSERT INTO outbox(time,incident,what,receivers,body) "
		       "VALUES(?,?,?,?,?)",
	[EXPLAIN] = "UPDATE incident SET suppressed_by=? WHERE id=?",
	[PUT_HELD] = "INSERT OR REPLACE INTO held VALUES(?,?,?,?,?)",
	[DROP_HELD] = "DELETE FROM held WHERE incident=?",
	[PUT_SILENCE] = "INSERT INTO silence(\"begin\",\"end\",subject_prefix,reason) "
			"VALUES(?,?,?,?)",
	[END_SILENCE] = "UPDATE silence SET \"end\"=? WHERE id=? AND \"end\">?1",
	[PUT_META] = "INSERT OR REPLACE INTO meta VALUES(?,?)",
	[PUT_TARGET] = "INSERT OR REPLACE INTO target VALUES(?,?,?,?,?,?)",
	[PRUNE_OLD] = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox "
		      "WHERE time<? ORDER BY id " LIMIT(PRUNE_ROWS) ")",
	[PRUNE_MANY] =
	    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE "
	    "id<=(SELECT max(id) FROM outbox)-? ORDER BY id " LIMIT(PRUNE_ROWS) ")",
	/* Open ones stay, however old. */
	[PRUNE_INCIDENTS] =
	    "DELETE FROM incident WHERE id IN (SELECT id FROM incident "
	    "WHERE id<=(SELECT max(id) FROM incident)-? "
	    "AND \"end\" IS NOT NULL ORDER BY id " LIMIT(PRUNE_ROWS) ")",
	[PRUNE_SILENCES] = "DELETE FROM silence WHERE \"end\"<?",
	/* Rates stay, of whom does not. */
	[PRUNE_TALKERS] =
	    "UPDATE incident SET summary=ifnull(replace(summary, (SELECT "
	    "json_extract(value,'$.text') FROM json_each(evidence,'$.facts') WHERE "
	    "json_extract(value,'$.name')='talker'), 'a device'), summary), "
	    "evidence=json_remove(evidence, '$.talkers.during.hosts', "
	    "'$.talkers.before.hosts', ifnull((SELECT fullkey FROM "
	    "json_each(evidence,'$.facts') WHERE "
	    "json_extract(value,'$.name')='talker'), '$.none')) "
	    /* Of most the index tells that they are none of these. */
	    "WHERE id IN (SELECT id FROM incident WHERE \"end\">=? AND "
	    "\"begin\"<=?2 AND \"end\"<=?2) AND json_valid(evidence) AND "
	    "(evidence LIKE '%\"hosts\":[%' OR evidence LIKE '%\"talker\"%')",
};

/* One text a step forward; user_version counts them. */
static const char *const forms[EVENTSDB_FORM] = {
	"CREATE TABLE incident(id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, "
	"subject TEXT NOT NULL, source TEXT NOT NULL, \"begin\" INTEGER NOT NULL, "
	"\"end\" INTEGER, confidence TEXT NOT NULL, summary TEXT NOT NULL, worst REAL, "
	"evidence TEXT NOT NULL, suppressed_by INTEGER, priority INTEGER);"
	"CREATE INDEX incident_time ON incident(\"begin\", \"end\");"
	"CREATE INDEX incident_subject ON incident(subject, \"begin\", \"end\");"
	"CREATE INDEX incident_kind ON incident(kind, \"begin\");"
	"CREATE INDEX incident_open ON incident(\"begin\") WHERE \"end\" IS NULL;"
	"CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, "
	"time INTEGER NOT NULL, incident INTEGER, what TEXT NOT NULL, "
	"receivers TEXT NOT NULL, body TEXT NOT NULL);"
	"CREATE INDEX outbox_time ON outbox(time);"
	"CREATE TABLE silence(id INTEGER PRIMARY KEY AUTOINCREMENT, "
	"\"begin\" INTEGER NOT NULL, \"end\" INTEGER NOT NULL, "
	"subject_prefix TEXT NOT NULL, reason TEXT NOT NULL);"
	"CREATE TABLE held(incident INTEGER PRIMARY KEY, due INTEGER NOT NULL, "
	"what TEXT NOT NULL, receivers TEXT NOT NULL, body TEXT NOT NULL);"
	"CREATE TABLE target(path TEXT PRIMARY KEY, host TEXT NOT NULL, "
	"address TEXT NOT NULL, probe TEXT NOT NULL, step INTEGER NOT NULL, "
	"pings INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",
};

/* An operation that waits: a statement and what is bound to it. */
struct op {
	TAILQ_ENTRY(op) next;
	size_t size;
	uint8_t statement, values;
	bool chained; /* the next one belongs into the same transaction */
	struct {
		enum { NONE, INTEGER, REAL, TEXT } type;
		int64_t i;
		double d;
		const char *s; /* behind the struct */
	} value[12];
};
TAILQ_HEAD(ops, op);

struct events {
	const struct events_ops *ops;
	void *ctx;
	sqlite3 *db; /* NULL: could not be opened, tried again */
	sqlite3_stmt *stmt[STATEMENTS];
	dev_t dev; /* which file it is */
	ino_t ino;
	int64_t last_id;
	bool seen; /* an id of the file was learned: ids of ours can be right */
	struct ops queue;
	size_t queued, queue_max;
	int64_t due_ns; /* not before, when something went wrong */
	int64_t prune_ns;
	int64_t keep_talkers;  /* seconds; 0: not known yet */
	int64_t talkers_until; /* pruned of all that ended before; 0: not yet */
	struct events_counts counts;
	struct log_limit stuck, full;
	bool stuck_told;
};

static void __attribute__((format(printf, 2, 3)))
tell(struct events *ev, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_warnx("%s", text);
	ev->ops->trouble(ev->ctx, text);
}

/* --- the queue ------------------------------------------------------------------- */

static void
drop(struct events *ev, struct op *op)
{
	TAILQ_REMOVE(&ev->queue, op, next);
	ev->queued -= op->size;
	ev->counts.queued--;
	free(op);
}

/* The oldest, with what it belongs to. */
static void
lose_oldest(struct events *ev)
{
	struct op *op;
	bool chained;

	do {
		op = TAILQ_FIRST(&ev->queue);
		if (op == NULL)
			return;
		chained = op->chained;
		drop(ev, op);
		ev->counts.lost++;
	} while (chained);
	if (log_allowed(&ev->full, TELL_S, NULL))
		tell(ev,
		    "%s cannot be written and %lu MiB wait: the oldest incidents are lost",
		    STORE_EVENTS, (unsigned long)(ev->queue_max >> 20));
}

/* Nothing is lost between two that belong together. */
static void
make_room(struct events *ev, size_t size)
{
	const struct op *last = TAILQ_LAST(&ev->queue, ops);

	if (last != NULL && last->chained)
		return;
	while (ev->queued + size > ev->queue_max && !TAILQ_EMPTY(&ev->queue))
		lose_oldest(ev);
}

/* Take an operation: FORM has a letter for each value: i int64_t, o the same and 0 is
 * NULL, d double and NAN is NULL, s text. */
static struct op *
add(struct events *ev, enum statement statement, const char *form, ...)
{
	size_t size = sizeof(struct op);
	va_list ap, again;

	va_start(ap, form);
	va_copy(again, ap);
	for (const char *f = form; *f != '\0'; f++)
		switch (*f) {
		case 's':
			size += strlen(va_arg(again, const char *)) + 1;
			break;
		case 'd':
			(void)va_arg(again, double);
			break;
		default:
			(void)va_arg(again, int64_t);
		}
	va_end(again);
	make_room(ev, size);
	struct op *op = mem_zero(1, size);
	char *text = (char *)(op + 1);
	op->statement = (uint8_t)statement;
	op->size = size;
	for (const char *f = form; *f != '\0'; f++) {
		unsigned k = op->values++;
		if (*f == 's') {
			const char *s = va_arg(ap, const char *);
			op->value[k].type = TEXT;
			op->value[k].s = text;
			text = stpcpy(text, s) + 1;
		} else if (*f == 'd') {
			op->value[k].d = va_arg(ap, double);
			op->value[k].type = isfinite(op->value[k].d) ? REAL : NONE;
		} else {
			op->value[k].i = va_arg(ap, int64_t);
			op->value[k].type =
			    *f == 'o' && op->value[k].i == 0 ? NONE : INTEGER;
		}
	}
	va_end(ap);
	TAILQ_INSERT_TAIL(&ev->queue, op, next);
	ev->queued += size;
	ev->counts.queued++;
	return op;
}

/* --- the file -------------------------------------------------------------------- */

static void
shut(struct events *ev)
{
	for (unsigned i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(ev->stmt[i]);
		ev->stmt[i] = NULL;
	}
	sqlite3_close(ev->db);
	ev->db = NULL;
}

/* What is wrong with the file cannot be mended by waiting. */
static bool
is_broken(int r)
{
	return (r & 0xff) == SQLITE_CORRUPT || (r & 0xff) == SQLITE_NOTADB;
}

/* The file and its log go to a place of their own, and WHY is told. */
static void
put_aside(struct events *ev, const char *why)
{
	static const char *const names[] = { STORE_EVENTS "-wal", STORE_EVENTS };
	char name[STORE_PATH + 64] = "";

	shut(ev);
	unlink(STORE_EVENTS "-shm"); /* made anew from the other two */
	for (unsigned i = 0; i < 2; i++)
		if (access(names[i], F_OK) == 0 &&
		    aside_move(names[i], name, sizeof name) < 0) {
			tell(ev, "%s: %s; it cannot be moved away: %s", STORE_EVENTS,
			    why, strerror(errno));
			return;
		}
	ev->counts.set_aside++;
	tell(ev, "%s: %s; it is kept as %s and a new one begins", STORE_EVENTS, why,
	    name);
}

/* The first value of a query, or FALLBACK. R, when not NULL, gets SQLite's answer. */
static int64_t
ask_int(sqlite3 *db, const char *query, int64_t fallback, int *r)
{
	sqlite3_stmt *stmt;
	int64_t v = fallback;
	int result = sqlite3_prepare_v2(db, query, -1, &stmt, NULL);

	if (result == SQLITE_OK) {
		result = sqlite3_step(stmt);
		if (result == SQLITE_ROW)
			v = sqlite3_column_int64(stmt, 0);
		sqlite3_finalize(stmt);
	}
	if (r != NULL)
		*r = result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
	return v;
}

/* Is it a file of ours that we can go on with? SQLITE_OK, SQLITE_NOTADB with WHY when
 * it is to be set aside, or SQLite's error. */
static int
recognise(struct events *ev, int64_t *form, char *why, size_t size)
{
	int r;
	int64_t tables =
	    ask_int(ev->db, "SELECT count(*) FROM sqlite_schema", 0, &r);
	int64_t whose = ask_int(ev->db, "PRAGMA application_id", 0, NULL);
	struct stat st;

	*form = ask_int(ev->db, "PRAGMA user_version", 0, NULL);
	if (r != SQLITE_OK) {
		snprintf(why, size, "%s", sqlite3_errmsg(ev->db));
		return r;
	}
	if (tables == 0)
		return SQLITE_OK; /* fresh, or a kill came before the first table */
	if (whose != EVENTSDB_APPLICATION) {
		snprintf(why, size, "is another program's database");
		return SQLITE_NOTADB;
	}
	if (*form < 1 || *form > EVENTSDB_FORM) {
		snprintf(why, size,
		    "has form %lld, of a newer smokebox; this one knows up to %d",
		    (long long)*form, EVENTSDB_FORM);
		return SQLITE_NOTADB;
	}
	if (stat(STORE_EVENTS, &st) == 0 && st.st_size <= CHECK_MAX &&
	    ask_int(ev->db,
		"SELECT quick_check <> 'ok' FROM pragma_quick_check(1)", 1, &r) != 0) {
		snprintf(why, size, "%s",
		    r == SQLITE_OK ? "is damaged" : sqlite3_errmsg(ev->db));
		return r == SQLITE_OK ? SQLITE_CORRUPT : r;
	}
	return SQLITE_OK;
}

/* From FORM to the newest, each step whole or not at all. */
static int
migrate(struct events *ev, int64_t form)
{
	int r = SQLITE_OK;

	for (; form < EVENTSDB_FORM && r == SQLITE_OK; form++) {
		char *text = mem_printf("BEGIN IMMEDIATE; %s PRAGMA application_id=%d; "
					"PRAGMA user_version=%lld; COMMIT",
		    forms[form], EVENTSDB_APPLICATION, (long long)form + 1);
		r = sqlite3_exec(ev->db, text, NULL, NULL, NULL);
		free(text);
		if (r != SQLITE_OK && !sqlite3_get_autocommit(ev->db))
			sqlite3_exec(ev->db, "ROLLBACK", NULL, NULL, NULL);
	}
	return r;
}

static int
prepare(struct events *ev)
{
	int r = SQLITE_OK;

	for (unsigned i = 0; i < STATEMENTS && r == SQLITE_OK; i++)
		r = sqlite3_prepare_v3(ev->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
		    &ev->stmt[i], NULL);
	return r;
}

static void
learn_ids(struct events *ev)
{
	int64_t last =
	    ask_int(ev->db, "SELECT seq FROM sqlite_sequence WHERE name='incident'", 0,
		NULL);

	if (last > ev->last_id)
		ev->last_id = last;
	ev->seen = true;
}

/* SQLITE_OK when EV->db is open and of our form; else it is closed and WHY says why. */
static int
try_open(struct events *ev, char *why, size_t size)
{
	/* NORMAL: a commit waits for no disk; after a loss of power the last ones may be
	 * missing, and the file is whole. The log and its index stay when we leave, so
	 * that a reader who comes before us finds them. */
	static const char settings[] =
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-512;"
	    "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=4194304;"
	    "PRAGMA wal_autocheckpoint=500; PRAGMA secure_delete=ON";
	struct err err;
	struct stat st;
	int64_t form = 0;
	int persist = 1;

	if (aside_parents(STORE_EVENTS) < 0) {
		snprintf(why, size, "%s", strerror(errno));
		return SQLITE_CANTOPEN;
	}
	ev->db = eventsdb_write(&err);
	if (ev->db == NULL) {
		snprintf(why, size, "%s", err.text + sizeof STORE_EVENTS + 1);
		return SQLITE_CANTOPEN;
	}
	sqlite3_file_control(ev->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
	int r = recognise(ev, &form, why, size);
	if (r == SQLITE_OK) {
		r = sqlite3_exec(ev->db, settings, NULL, NULL, NULL);
		if (r == SQLITE_OK)
			r = migrate(ev, form);
		if (r == SQLITE_OK)
			r = prepare(ev);
		if (r == SQLITE_OK && stat(STORE_EVENTS, &st) < 0)
			r = SQLITE_CANTOPEN;
		if (r != SQLITE_OK)
			snprintf(why, size, "%s", sqlite3_errmsg(ev->db));
	}
	if (r != SQLITE_OK) {
		/* Statements that could not be prepared: tables are not as they were. */
		if (r == SQLITE_ERROR)
			r = SQLITE_CORRUPT;
		shut(ev);
		return r;
	}
	ev->dev = st.st_dev;
	ev->ino = st.st_ino;
	learn_ids(ev);
	return r;
}

static void
stuck(struct events *ev, const char *why)
{
	ev->due_ns = clock_mono_ns() + STUCK_NS;
	if (!log_allowed(&ev->stuck, TELL_S, NULL))
		return;
	ev->stuck_told = true;
	tell(ev, "%s: %s; what happens is kept in memory and tried again", STORE_EVENTS,
	    why);
}

/* Have a file to write to. */
static bool
have(struct events *ev)
{
	struct stat st;
	char why[512] = "";
	int r = SQLITE_OK;

	/* Deleted or replaced behind our back? SQLite would go on with what has no name
	 * any more. */
	if (ev->db != NULL && (stat(STORE_EVENTS, &st) < 0 || st.st_dev != ev->dev ||
				  st.st_ino != ev->ino)) {
		log_info("%s is gone, and made again", STORE_EVENTS);
		shut(ev);
	}
	for (unsigned tries = 0; ev->db == NULL && tries < 2; tries++) {
		r = try_open(ev, why, sizeof why);
		if (r == SQLITE_OK)
			break;
		if (!is_broken(r))
			break;
		put_aside(ev, why);
	}
	if (ev->db == NULL)
		stuck(ev, why);
	return ev->db != NULL;
}

/* --- writing --------------------------------------------------------------------- */

static int
run(struct events *ev, const struct op *op)
{
	sqlite3_stmt *stmt = ev->stmt[op->statement];

	for (int i = 0; i < op->values; i++)
		switch (op->value[i].type) {
		case NONE:
			sqlite3_bind_null(stmt, i + 1);
			break;
		case INTEGER:
			sqlite3_bind_int64(stmt, i + 1, op->value[i].i);
			break;
		case REAL:
			sqlite3_bind_double(stmt, i + 1, op->value[i].d);
			break;
		case TEXT:
			sqlite3_bind_text(
			    stmt, i + 1, op->value[i].s, -1, SQLITE_STATIC);
			break;
		}
	int r = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	/* There may be more to prune: in a while, so that nobody is held up. */
	if (r == SQLITE_DONE && op->statement >= PRUNE_OLD &&
	    sqlite3_changes(ev->db) >= PRUNE_ROWS)
		ev->prune_ns = clock_mono_ns() + PRUNE_MORE_NS;
	return r == SQLITE_DONE || r == SQLITE_ROW ? SQLITE_OK : r;
}

/* Operations from the front, whole chains, until END_NS: COUNT of them succeeded. */
static int
run_batch(struct events *ev, int64_t end_ns, size_t *count)
{
	const struct op *op;

	*count = 0;
	int r = sqlite3_exec(ev->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (r != SQLITE_OK)
		return r;
	TAILQ_FOREACH(op, &ev->queue, next) {
		r = run(ev, op);
		if (r != SQLITE_OK)
			break;
		++*count;
		if (!op->chained && clock_mono_ns() >= end_ns)
			break;
	}
	if (r == SQLITE_OK)
		r = sqlite3_exec(ev->db, "COMMIT", NULL, NULL, NULL);
	return r;
}

/* Operation AT would fail for ever, and all behind it wait: it goes, and what belongs
 * to it. */
static void
refuse(struct events *ev, size_t at, const char *why)
{
	struct op *op = TAILQ_FIRST(&ev->queue), *first = op, *next;

	for (; op != NULL && at > 0; at--) {
		next = TAILQ_NEXT(op, next);
		if (!op->chained)
			first = next;
		op = next;
	}
	tell(ev, "%s: an entry is refused: %s", STORE_EVENTS, why);
	for (bool more = true; first != NULL && more; first = next) {
		next = TAILQ_NEXT(first, next);
		more = first->chained;
		drop(ev, first);
		ev->counts.lost++;
	}
}

/* The batch failed with R at its operation AT. */
static void
judge_failure(struct events *ev, int r, size_t at)
{
	char why[512];

	snprintf(why, sizeof why, "%s", sqlite3_errmsg(ev->db));
	if (!sqlite3_get_autocommit(ev->db))
		sqlite3_exec(ev->db, "ROLLBACK", NULL, NULL, NULL);
	if ((r & 0xff) == SQLITE_BUSY || (r & 0xff) == SQLITE_LOCKED) {
		ev->due_ns = clock_mono_ns() + BUSY_NS;
	} else if (is_broken(r)) {
		put_aside(ev, why);
	} else if ((r & 0xff) == SQLITE_CONSTRAINT || (r & 0xff) == SQLITE_TOOBIG ||
		   (r & 0xff) == SQLITE_MISMATCH) {
		refuse(ev, at, why);
	} else {
		/* No room, no permission ...; what the file is now shows on opening. */
		shut(ev);
		stuck(ev, why);
	}
}

static void
prune(struct events *ev, int64_t now_ns)
{
	int64_t now = clock_wall_s();

	if (now_ns < ev->prune_ns)
		return;
	ev->prune_ns = now_ns + PRUNE_NS;
	add(ev, PRUNE_OLD, "i", now - (int64_t)EVENTS_OUTBOX_KEEP_S);
	add(ev, PRUNE_MANY, "i", (int64_t)EVENTS_OUTBOX_ROWS);
	add(ev, PRUNE_INCIDENTS, "i", (int64_t)EVENTS_INCIDENTS_ROWS);
	add(ev, PRUNE_SILENCES, "i", now - (int64_t)EVENTS_OUTBOX_KEEP_S);
	if (ev->keep_talkers == 0)
		return;
	/* What ended before was seen to before. */
	int64_t until = now - ev->keep_talkers, from = ev->talkers_until;
	if (from > until)
		from = until;
	add(ev, PRUNE_TALKERS, "ii",
	    from > TALKERS_LATE_S ? from - (int64_t)TALKERS_LATE_S : 0, until);
	ev->talkers_until = until;
}

/* Written: the first COUNT operations. */
static void
settle(struct events *ev, size_t count)
{
	ev->counts.written += count;
	while (count-- > 0)
		drop(ev, TAILQ_FIRST(&ev->queue));
	if (ev->stuck_told)
		log_info("%s is being written again", STORE_EVENTS);
	ev->stuck_told = false;
	ev->stuck = (struct log_limit){ 0 };
}

int64_t
events_work(struct events *ev, int64_t budget_ns)
{
	int64_t now = clock_mono_ns(), end = now + budget_ns;
	size_t count;

	if (ev->counts.queued == 0 && now < ev->prune_ns)
		return -1;
	prune(ev, now);
	if (now < ev->due_ns)
		return ev->due_ns - now;
	if (!have(ev))
		return ev->due_ns > now ? ev->due_ns - now : STUCK_NS;
	int r = run_batch(ev, end, &count);
	if (r == SQLITE_OK)
		settle(ev, count);
	else
		judge_failure(ev, r, count);
	now = clock_mono_ns();
	return TAILQ_EMPTY(&ev->queue) ? -1 : now < ev->due_ns ? ev->due_ns - now : 0;
}

void
events_keep_talkers(struct events *ev, int64_t seconds)
{
	if (ev->keep_talkers != seconds) {
		ev->talkers_until = 0;
		ev->prune_ns = 0;
	}
	ev->keep_talkers = seconds;
}

/* --- forgetting ------------------------------------------------------------------- */

/* Incidents and letters that are looked through in one go. */
#define FORGET_ROWS 1000
#define EXPLAINED                                                                      \
	"kind IN ('loss','alert','congestion','verdict','attack') AND NOT "            \
	"(kind='attack' AND \"end\" IS NULL)"

/* SQL: scrub(TEXT) is TEXT without the addresses, NULL where it has none. */
static void
scrub_in_sql(sqlite3_context *context, int count, sqlite3_value **value)
{
	const char *text = (const char *)sqlite3_value_text(value[0]);
	char *copy = text != NULL ? mem_str(text) : NULL;

	(void)count;
	if (copy != NULL && scrub(copy, sqlite3_user_data(context)))
		sqlite3_result_text(context, copy, -1, SQLITE_TRANSIENT);
	else
		sqlite3_result_null(context);
	free(copy);
}

static int
forget_step(struct events *ev, const char *text, int64_t at, uint64_t *rows)
{
	sqlite3_stmt *stmt = NULL;
	int r = sqlite3_prepare_v2(ev->db, text, -1, &stmt, NULL);

	if (r != SQLITE_OK)
		return r;
	sqlite3_bind_int64(stmt, 1, at);
	sqlite3_bind_int64(stmt, 2, at + FORGET_ROWS);
	r = sqlite3_step(stmt);
	if (r == SQLITE_DONE)
		*rows += (uint64_t)sqlite3_changes(ev->db);
	sqlite3_finalize(stmt);
	return r == SQLITE_DONE ? SQLITE_OK : r;
}

int
events_forget(struct events *ev, const struct prefix *p, int64_t *at, uint64_t *rows,
    struct err *err)
{
	static const char *const texts[] = {
		"UPDATE incident SET summary=ifnull(scrub(summary),summary), "
		"evidence=ifnull(scrub(evidence),evidence), "
		"subject=CASE kind WHEN 'attack' THEN ifnull(scrub(subject),subject) "
		"ELSE subject END WHERE id>? AND id<=? AND " EXPLAINED
		" AND (scrub(summary) IS NOT NULL OR scrub(evidence) IS NOT NULL)",
		"UPDATE outbox SET body=scrub(body) WHERE id>? AND id<=? AND scrub(body) "
		"IS NOT NULL",
		"UPDATE held SET body=scrub(body) WHERE incident>? AND incident<=? AND "
		"scrub(body) IS NOT NULL"
	};

	/* What waits has to be in the file. */
	if (*at == 0 && !TAILQ_EMPTY(&ev->queue))
		events_work(ev, CLOCK_NS_PER_MS);
	if (!have(ev))
		return err_set(err, "%s cannot be written", STORE_EVENTS);
	if (*at == 0 && !TAILQ_EMPTY(&ev->queue))
		return 1;
	int r = sqlite3_create_function(ev->db, "scrub", 1,
	    SQLITE_UTF8 | SQLITE_DETERMINISTIC, (void *)(uintptr_t)p, scrub_in_sql, NULL,
	    NULL);
	for (size_t i = 0; r == SQLITE_OK && i < sizeof texts / sizeof texts[0]; i++)
		r = forget_step(ev, texts[i], *at, rows);
	if ((r & 0xff) == SQLITE_BUSY || (r & 0xff) == SQLITE_LOCKED)
		return 1;
	if (r != SQLITE_OK)
		return err_set(err, "%s: %s", STORE_EVENTS, sqlite3_errmsg(ev->db));
	*at += FORGET_ROWS;
	if (*at < ask_int(ev->db,
		      "SELECT max(ifnull((SELECT max(id) FROM incident),0), "
		      "ifnull((SELECT max(id) FROM outbox),0))",
		      0, NULL))
		return 1;
	/* Out of the log as well; where somebody reads just now it is written over
	 * later. */
	sqlite3_wal_checkpoint_v2(ev->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return 0;
}

/* --- taking ---------------------------------------------------------------------- */

static int64_t
next_id(struct events *ev)
{
	/* As long as the file cannot be read, ids that it cannot have. */
	if (!ev->seen && ev->last_id == 0)
		ev->last_id = clock_wall_ns() / CLOCK_NS_PER_MS;
	return ++ev->last_id;
}

void
events_letter(
    struct events *ev, int64_t time, int64_t incident, const struct letter *letter)
{
	if (letter->due != 0) {
		add(ev, PUT_HELD, "iisss", incident, letter->due, letter->what,
		    letter->receivers, letter->body);
		return;
	}
	struct op *op = add(ev, PUT_LETTER, "iosss", time, incident, letter->what,
	    letter->receivers, letter->body);
	if (letter->waited) {
		op->chained = true;
		add(ev, DROP_HELD, "i", incident);
	}
}

int64_t
events_put(
    struct events *ev, const struct incident *in, const struct letter *letter)
{
	int64_t id = in->id != 0 ? in->id : next_id(ev);

	if (in->id != 0 && in->end == 0 && letter == NULL &&
	    ev->queued > ev->queue_max / 2)
		return id;
	struct op *op = add(ev, PUT_INCIDENT, "isssiossdsoo", id, in->kind, in->subject,
	    in->source, in->begin, in->end, in->confidence, in->summary, in->worst,
	    in->evidence, in->suppressed_by, in->priority);
	if (letter == NULL)
		return id;
	op->chained = true;
	events_letter(ev, clock_wall_s(), id, letter);
	return id;
}

void
events_explain(struct events *ev, int64_t id, int64_t by)
{
	add(ev, EXPLAIN, "ii", by, id);
}

void
events_drop_held(struct events *ev, int64_t incident)
{
	add(ev, DROP_HELD, "i", incident);
}

void
events_silence(struct events *ev, int64_t begin, int64_t end,
    const char *subject_prefix, const char *reason)
{
	add(ev, PUT_SILENCE, "iiss", begin, end, subject_prefix, reason);
}

void
events_silence_end(struct events *ev, int64_t id, int64_t now)
{
	add(ev, END_SILENCE, "ii", now, id);
}

void
events_set_meta(struct events *ev, const char *key, const char *value)
{
	add(ev, PUT_META, "ss", key, value);
}

void
events_set_target(struct events *ev, const struct events_target *t)
{
	add(ev, PUT_TARGET, "ssssii", t->path, t->host, t->address, t->probe, t->step,
	    t->pings);
}

struct events_counts
events_counts(const struct events *ev)
{
	return ev->counts;
}

/* --- life ------------------------------------------------------------------------ */

sqlite3 *
events_db(struct events *ev)
{
	return ev->db;
}

struct events *
events_open(const struct events_ops *ops, void *ctx, size_t queue_max)
{
	struct events *ev = mem_zero(1, sizeof *ev);

	ev->ops = ops;
	ev->ctx = ctx;
	ev->queue_max = queue_max;
	TAILQ_INIT(&ev->queue);
	have(ev);
	return ev;
}

void
events_close(struct events *ev)
{
	struct op *op;

	if (ev == NULL)
		return;
	while ((op = TAILQ_FIRST(&ev->queue)) != NULL)
		drop(ev, op);
	shut(ev);
	free(ev);
}
