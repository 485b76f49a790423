#include "web/eventlog.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "eventsdb.h"
#include "store.h"
#include "web/prepared.h"

static struct {
	sqlite3 *db;
	dev_t dev; /* which file it is */
	ino_t ino;
	int64_t opened; /* how often: versions are those of one connection */
} log_file;

void
eventlog_close(void)
{
	prepared_forget();
	/* Who reads it still, further up, ends it. */
	sqlite3_close_v2(log_file.db);
	log_file.db = NULL;
}

/* Have the file open that is there now. False with ERR; when there is none, with an
 * empty one. */
static bool
have(struct err *err)
{
	struct stat st;

	err->text[0] = '\0';
	if (stat(STORE_EVENTS, &st) != 0) {
		eventlog_close();
		return false;
	}
	if (log_file.db != NULL && st.st_dev == log_file.dev &&
	    st.st_ino == log_file.ino)
		return true;
	eventlog_close();
	log_file.db = eventsdb_read(err);
	log_file.dev = st.st_dev;
	log_file.ino = st.st_ino;
	log_file.opened++;
	return log_file.db != NULL;
}

/* --- asking ----------------------------------------------------------------------- */

static const char columns[] =
    "SELECT id, kind, subject, source, \"begin\", \"end\", confidence, summary, worst, "
    "CASE WHEN json_valid(evidence) AND json_type(evidence) = 'object' THEN evidence "
    "ELSE '{}' END, suppressed_by, priority FROM incident WHERE 1";

/* SUBJECT's groups: "A" and "A.B" of "A.B.C". Malloced: a list for SQL, of names that
 * the configuration's grammar let through. */
static char *
groups_of(const char *subject)
{
	char *list = mem_str("?4,''");

	for (const char *p = strchr(subject, '.'); p != NULL; p = strchr(p + 1, '.')) {
		char *one =
		    sqlite3_mprintf("%s,'%.*q'", list, (int)(p - subject), subject);
		free(list);
		list = mem_str(one);
		sqlite3_free(one);
	}
	return list;
}

/* What fills the line of one's own delays everything that is measured from here. */
/* Found by infer/tslp.h over days. */
#define RECURRING "(kind = 'congestion' AND source = 'recurring')"
#define OWN_LINE "(kind = 'congestion' AND source = 'line')"

/* What Q says of the subject. Malloced. */
static char *
subject_words(const struct eventlog_query *q)
{
	if (q->subject == NULL)
		return mem_str("");
	/* "A.B~slave" is A.B as a slave sees it. */
	static const char slaves[] =
	    "(subject > ?4 || '~' AND subject < ?4 || char(127))";
	if (!q->with_all)
		return mem_printf(" AND (subject = ?4 OR (subject > ?4 || '.' AND "
				  "subject < ?4 || '/') OR %s)",
		    slaves);
	char *list = groups_of(q->subject), *text;
	if (q->slave == NULL)
		text = mem_printf(
		    " AND (subject IN (%s) OR %s OR " OWN_LINE ")", list, slaves);
	else if (*q->slave == '\0')
		text = mem_printf(" AND (subject IN (%s) OR " OWN_LINE ")", list);
	else {
		/* What is noted of the target concerns its slaves. */
		char *own = sqlite3_mprintf("'%q~%q'", q->subject, q->slave);
		text =
		    mem_printf(" AND (subject = %s OR (subject IN (%s) AND (subject <> "
			       "?4 OR kind IN ('note', 'gap'))))",
			own, list);
		sqlite3_free(own);
	}
	free(list);
	return text;
}

/* The words of Q. Malloced. */
static char *
words(const struct eventlog_query *q)
{
	char *subject = subject_words(q);
	char *text = mem_printf(
	    "%s%s%s%s%s%s%s%s%s ORDER BY \"begin\" DESC, id DESC LIMIT ?6", columns,
	    q->start > 0 ? " AND (\"end\" IS NULL OR \"end\" >= ?1)" : "",
	    q->end > 0 ? " AND \"begin\" <= ?2" : "",
	    q->kind != NULL ? " AND kind = ?3" : "", subject,
	    q->which == EVENTLOG_OPEN	  ? " AND \"end\" IS NULL"
	    : q->which == EVENTLOG_CLOSED ? " AND \"end\" IS NOT NULL"
					  : "",
	    q->after > 0 ? " AND (\"begin\", id) < (SELECT \"begin\", id FROM incident "
			   "WHERE id = ?5)"
			 : "",
	    q->id > 0 ? " AND id = ?7" : "", q->newer > 0 ? " AND id > ?8" : "");

	free(subject);
	return text;
}

static const char *
text_of(sqlite3_stmt *stmt, int column)
{
	const char *s = (const char *)sqlite3_column_text(stmt, column);

	return s != NULL ? s : "";
}

static void
hand_out(sqlite3_stmt *stmt, eventlog_fn fn, void *ctx)
{
	struct eventlog_row row = { .id = sqlite3_column_int64(stmt, 0),
		.kind = text_of(stmt, 1),
		.subject = text_of(stmt, 2),
		.source = text_of(stmt, 3),
		.begin = sqlite3_column_int64(stmt, 4),
		.end = sqlite3_column_int64(stmt, 5),
		.confidence = text_of(stmt, 6),
		.summary = text_of(stmt, 7),
		.worst = sqlite3_column_type(stmt, 8) == SQLITE_NULL
			     ? NAN
			     : sqlite3_column_double(stmt, 8),
		.evidence = text_of(stmt, 9),
		.suppressed_by = sqlite3_column_int64(stmt, 10),
		.priority = sqlite3_column_int64(stmt, 11) };

	fn(ctx, &row);
}

static int
run(const struct eventlog_query *q, const char *text, eventlog_fn fn, void *ctx,
    int *count)
{
	sqlite3_stmt *stmt = prepared_get(log_file.db, text);
	int r;

	if (stmt == NULL)
		return sqlite3_errcode(log_file.db);
	sqlite3_bind_int64(stmt, 1, q->start);
	sqlite3_bind_int64(stmt, 2, q->end);
	sqlite3_bind_text(stmt, 3, q->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 4, q->subject, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 5, q->after);
	sqlite3_bind_int64(stmt, 6, q->limit);
	sqlite3_bind_int64(stmt, 7, q->id);
	sqlite3_bind_int64(stmt, 8, q->newer);
	while ((r = sqlite3_step(stmt)) == SQLITE_ROW) {
		hand_out(stmt, fn, ctx);
		++*count;
	}
	prepared_put(stmt);
	return r == SQLITE_DONE ? SQLITE_OK : r;
}

int
eventlog_each(
    const struct eventlog_query *q, eventlog_fn fn, void *ctx, struct err *err)
{
	char *text = words(q);
	int count = 0, r = SQLITE_OK;

	/* A file that was moved away or is being made: once more with what is there. */
	for (int tries = 0; tries < 2; tries++) {
		if (!have(err)) {
			free(text);
			return err->text[0] == '\0' ? 0 : -1;
		}
		r = run(q, text, fn, ctx, &count);
		if (r == SQLITE_OK || count > 0)
			break;
		err_set(err, "%s: %s", STORE_EVENTS, sqlite3_errmsg(log_file.db));
		if ((r & 0xff) != SQLITE_BUSY)
			eventlog_close();
	}
	free(text);
	return r == SQLITE_OK ? count : -1;
}

/* The one number that SQL asks for into *N. */
static bool
one_number(const char *sql, int64_t *n)
{
	sqlite3_stmt *stmt = prepared_get(log_file.db, sql);
	bool ok = stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW;

	if (ok)
		*n = sqlite3_column_int64(stmt, 0);
	prepared_put(stmt);
	return ok;
}

bool
eventlog_version(int64_t *version)
{
	struct err err;

	if (!have(&err) || !one_number("PRAGMA data_version", version))
		return false;
	*version += log_file.opened << 32;
	return true;
}

bool
eventlog_last(int64_t *last)
{
	struct err err;

	return have(&err) && one_number("SELECT max(id) FROM incident", last);
}

int64_t
eventlog_first(void)
{
	int64_t first = 0;
	struct err err;

	/* A note may be dated back, but not that of the first start. */
	if (!have(&err) ||
	    !one_number("SELECT min(\"begin\") FROM incident WHERE kind <> 'note' "
			"OR source = 'start'",
		&first))
		return 0;
	return first;
}

/* "Far.a loss": what a number is called. */
static void
hand_number(sqlite3_stmt *stmt, void (*fact)(void *ctx, const char *key, const char *value),
    void *ctx)
{
	const char *unit = text_of(stmt, 2), *of = text_of(stmt, 1);
	double factor = strcmp(unit, "ratio") == 0 ? 100
			: strcmp(unit, "s") == 0   ? 1000
						   : 1;
	const char *shown = factor == 100    ? " %"
			    : factor == 1000 ? " ms"
			    : strcmp(unit, "count") == 0 || *unit == '\0' ? ""
									  : NULL;
	char *key = mem_printf("%s%s%s", of, *of != '\0' ? " " : "", text_of(stmt, 0));
	char *value = mem_printf("%.4g%s%s", sqlite3_column_double(stmt, 3) * factor,
	    shown != NULL ? shown : " ", shown != NULL ? "" : unit);

	fact(ctx, key, value);
	free(key);
	free(value);
}

/* Numbers and facts of a finding (infer/finding.h), which are lists. */
static void
finding_facts(const char *evidence,
    void (*fact)(void *ctx, const char *key, const char *value), void *ctx)
{
	sqlite3_stmt *stmt = NULL;

	stmt = prepared_get(log_file.db,
	    "SELECT json_extract(value, '$.name'), json_extract(value, '$.of'), "
	    "json_extract(value, '$.unit'), json_extract(value, '$.value') "
	    "FROM json_each(?, '$.numbers') "
	    "WHERE json_extract(value, '$.value') IS NOT NULL");
	if (stmt != NULL) {
		sqlite3_bind_text(stmt, 1, evidence, -1, SQLITE_STATIC);
		while (sqlite3_step(stmt) == SQLITE_ROW)
			hand_number(stmt, fact, ctx);
		prepared_put(stmt);
	}
	stmt = prepared_get(log_file.db,
	    "SELECT json_extract(value, '$.name'), json_extract(value, '$.text') "
	    "FROM json_each(?, '$.facts')");
	if (stmt != NULL) {
		sqlite3_bind_text(stmt, 1, evidence, -1, SQLITE_STATIC);
		while (sqlite3_step(stmt) == SQLITE_ROW)
			fact(ctx, text_of(stmt, 0), text_of(stmt, 1));
		prepared_put(stmt);
	}
}

void
eventlog_facts(const char *evidence,
    void (*fact)(void *ctx, const char *key, const char *value), void *ctx)
{
	sqlite3_stmt *stmt = NULL;

	if (log_file.db != NULL)
		stmt = prepared_get(log_file.db,
		    "SELECT key, CASE type WHEN 'true' THEN 'yes' WHEN 'false' THEN 'no' "
		    "ELSE atom END FROM json_each(?) WHERE atom IS NOT NULL");
	if (stmt == NULL)
		return;
	sqlite3_bind_text(stmt, 1, evidence, -1, SQLITE_STATIC);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		fact(ctx, text_of(stmt, 0), text_of(stmt, 1));
	prepared_put(stmt);
	finding_facts(evidence, fact, ctx);
}

double
eventlog_number(const char *text, const char *path)
{
	sqlite3_stmt *stmt = NULL;
	double number = NAN;

	if (log_file.db != NULL)
		stmt = prepared_get(log_file.db, "SELECT json_extract(?1, ?2)");
	if (stmt != NULL) {
		sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) == SQLITE_ROW &&
		    (sqlite3_column_type(stmt, 0) == SQLITE_FLOAT ||
			sqlite3_column_type(stmt, 0) == SQLITE_INTEGER))
			number = sqlite3_column_double(stmt, 0);
	}
	prepared_put(stmt);
	return number;
}

char *
eventlog_veil(const char *evidence)
{
	/* Facts that only those may read who may see hosts: names, and what the judge of
	 * attacks says. */
	static const char sql[] =
	    "SELECT json_remove(CASE WHEN json_type(?1,'$.facts')='array' THEN "
	    "json_set(?1,'$.facts',(SELECT json_group_array(json_object('name',name,"
	    "'text',CASE WHEN name IN ('talker','attacked','attack') THEN 'a device' "
	    "ELSE text END)) FROM (SELECT json_extract(value,'$.name') AS name, "
	    "json_extract(value,'$.text') AS text FROM json_each(?1,'$.facts')))) "
	    "ELSE ?1 END, '$.talkers.during.hosts', '$.talkers.before.hosts')";
	sqlite3_stmt *stmt = NULL;
	char *text = NULL;

	if (log_file.db != NULL)
		stmt = prepared_get(log_file.db, sql);
	if (stmt != NULL) {
		sqlite3_bind_text(stmt, 1, evidence, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			text = mem_str(text_of(stmt, 0));
	}
	prepared_put(stmt);
	if (text == NULL || *text == '\0') {
		free(text);
		text = mem_str("{}");
	}
	return text;
}

int
eventlog_silences(int64_t now, void (*fn)(void *ctx, const struct eventlog_silence *s),
    void *ctx, struct err *err)
{
	sqlite3_stmt *stmt = NULL;

	if (!have(err))
		return err->text[0] == '\0' ? 0 : -1;
	stmt = prepared_get(log_file.db,
	    "SELECT id, \"begin\", \"end\", subject_prefix, reason FROM silence "
	    "WHERE \"end\" > ? ORDER BY \"begin\", id LIMIT 1000");
	if (stmt == NULL)
		return err_set(
		    err, "%s: %s", STORE_EVENTS, sqlite3_errmsg(log_file.db));
	sqlite3_bind_int64(stmt, 1, now);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		struct eventlog_silence s = { sqlite3_column_int64(stmt, 0),
			sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2),
			text_of(stmt, 3), text_of(stmt, 4) };
		fn(ctx, &s);
	}
	prepared_put(stmt);
	return 0;
}

unsigned
eventlog_open_count(void)
{
	sqlite3_stmt *stmt = NULL;
	unsigned n = 0;
	struct err err;

	if (have(&err))
		stmt = prepared_get(log_file.db,
		    "SELECT count(*) FROM (SELECT 1 FROM incident WHERE \"end\" IS NULL "
		    "AND suppressed_by IS NULL LIMIT ?)");
	if (stmt == NULL)
		return 0;
	sqlite3_bind_int(stmt, 1, EVENTLOG_COUNTED);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		n = (unsigned)sqlite3_column_int(stmt, 0);
	prepared_put(stmt);
	return n;
}

int
eventlog_open_kinds(
    void (*fn)(void *ctx, const struct eventlog_open *row), void *ctx, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int r;

	err->text[0] = '\0';
	if (!have(err))
		return err->text[0] == '\0' ? 0 : -1;
	stmt = prepared_get(log_file.db,
	    "SELECT kind, suppressed_by IS NOT NULL, count(*), sum(" RECURRING
	    ") FROM incident WHERE \"end\" IS NULL GROUP BY 1, 2");
	r = stmt != NULL ? SQLITE_OK : sqlite3_errcode(log_file.db);
	while (r == SQLITE_OK && (r = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct eventlog_open row = { .kind = text_of(stmt, 0),
			.suppressed = sqlite3_column_int(stmt, 1) != 0,
			.count = (uint64_t)sqlite3_column_int64(stmt, 2),
			.recurring = (uint64_t)sqlite3_column_int64(stmt, 3) };

		fn(ctx, &row);
		r = SQLITE_OK;
	}
	prepared_put(stmt);
	if (r == SQLITE_DONE)
		return 0;
	return err_set(err, "%s: %s", STORE_EVENTS, sqlite3_errstr(r));
}
