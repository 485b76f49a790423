/* What stands in events.db, for units whose working directory is one of their own. */
#ifndef T_EVENTSREAD_H
#define T_EVENTSREAD_H

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "eventsdb.h"

/* The answer to SQL as text: values with "|" between them, rows with a blank. */
__attribute__((unused)) static const char *
events_query(const char *sql)
{
	static char text[4000];
	struct err err;
	sqlite3 *db = eventsdb_read(&err);
	sqlite3_stmt *stmt = NULL;
	size_t at = 0;

	text[0] = '\0';
	if (db == NULL || sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		snprintf(text, sizeof text, "! %s",
		    db != NULL ? sqlite3_errmsg(db) : err.text);
	while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(stmt) && at < sizeof text;
		     i++) {
			const char *s = (const char *)sqlite3_column_text(stmt, i);
			at += (size_t)snprintf(text + at, sizeof text - at, "%s%s",
			    i > 0    ? "|"
			    : at > 0 ? " "
				     : "",
			    s != NULL ? s : "NULL");
		}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return text;
}

__attribute__((unused)) static int
events_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level == 0 ? 0 : remove(path);
}

/* Everything in the working directory goes. */
__attribute__((unused)) static void
events_clean(void)
{
	nftw(".", events_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
