/* What the recorder wants to know of events.db when it starts. A query that fails gives
 * no rows: what is wrong with the file is told, and seen to, when it is written. */
#include <math.h>

#include "base/log.h"
#include "base/mem.h"
#include "recorder/events_impl.h"

static sqlite3_stmt *
begin(struct events *ev, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = events_db(ev);

	if (db != NULL && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		log_warnx("events.db: %s", sqlite3_errmsg(db));
	return stmt;
}

static const char *
text(sqlite3_stmt *stmt, int column)
{
	const char *s = (const char *)sqlite3_column_text(stmt, column);

	return s != NULL ? s : "";
}

#define INCIDENT_SQL                                                                                                                                         \
	"SELECT id, kind, subject, source, \"begin\", confidence, summary, worst, " /* It goes into letters as it is, and one member more is put into it. */ \
	"CASE WHEN json_valid(evidence) AND json_type(evidence) = 'object' "                                                                                 \
	"THEN evidence ELSE '{}' END, suppressed_by, priority, due, what, receivers, "                                                                       \
	"body FROM incident "

static void
each_incident(sqlite3_stmt *stmt, events_incident_fn fn, void *ctx)
{
	while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW) {
		struct incident in = { .id = sqlite3_column_int64(stmt, 0),
			.kind = text(stmt, 1),
			.subject = text(stmt, 2),
			.source = text(stmt, 3),
			.begin = sqlite3_column_int64(stmt, 4),
			.confidence = text(stmt, 5),
			.summary = text(stmt, 6),
			.worst = sqlite3_column_type(stmt, 7) == SQLITE_NULL
				     ? NAN
				     : sqlite3_column_double(stmt, 7),
			.evidence = text(stmt, 8),
			.suppressed_by = sqlite3_column_int64(stmt, 9),
			.priority = sqlite3_column_int64(stmt, 10) };
		struct letter held = { .what = text(stmt, 12),
			.receivers = text(stmt, 13),
			.body = text(stmt, 14),
			.due = sqlite3_column_int64(stmt, 11) };
		bool waits = sqlite3_column_type(stmt, 12) != SQLITE_NULL;
		fn(ctx, &in, waits ? &held : NULL);
	}
	sqlite3_finalize(stmt);
}

void
events_each_open(struct events *ev, events_incident_fn fn, void *ctx)
{
	each_incident(begin(ev, INCIDENT_SQL "LEFT JOIN held ON incident = id "
					     "WHERE \"end\" IS NULL ORDER BY id"),
	    fn, ctx);
}

void
events_each_over(struct events *ev, events_incident_fn fn, void *ctx)
{
	each_incident(begin(ev, INCIDENT_SQL "JOIN held ON incident = id "
					     "WHERE \"end\" IS NOT NULL ORDER BY id"),
	    fn, ctx);
}

void
events_each_silence(
    struct events *ev, int64_t now, events_silence_fn fn, void *ctx)
{
	sqlite3_stmt *stmt = begin(ev,
	    "SELECT \"begin\", \"end\", subject_prefix, reason FROM silence "
	    "WHERE \"end\" > ? ORDER BY id");

	if (stmt != NULL)
		sqlite3_bind_int64(stmt, 1, now);
	while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
		fn(ctx, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
		    text(stmt, 2), text(stmt, 3));
	sqlite3_finalize(stmt);
}

static void
each_target(sqlite3_stmt *stmt, events_target_fn fn, void *ctx)
{
	while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW) {
		struct events_target t = { text(stmt, 0), text(stmt, 1), text(stmt, 2),
			text(stmt, 3), sqlite3_column_int64(stmt, 4),
			sqlite3_column_int64(stmt, 5) };
		fn(ctx, &t);
	}
	sqlite3_finalize(stmt);
}

#define TARGET_SQL "SELECT path, host, address, probe, step, pings FROM target"

void
events_each_target(struct events *ev, events_target_fn fn, void *ctx)
{
	each_target(begin(ev, TARGET_SQL), fn, ctx);
}

void
events_one_target(
    struct events *ev, const char *path, events_target_fn fn, void *ctx)
{
	sqlite3_stmt *stmt = begin(ev, TARGET_SQL " WHERE path = ?");

	if (stmt != NULL)
		sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
	each_target(stmt, fn, ctx);
}

char *
events_meta(struct events *ev, const char *key)
{
	sqlite3_stmt *stmt = begin(ev, "SELECT value FROM meta WHERE key = ?");
	char *value = NULL;

	if (stmt != NULL)
		sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
		value = mem_str(text(stmt, 0));
	sqlite3_finalize(stmt);
	return value;
}
