#include "web/prepared.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KEPT 24 /* a few kilobytes each */

static struct kept {
	sqlite3_stmt *stmt; /* NULL: free */
	bool used;
	uint64_t turn; /* when it was put back */
} kept[KEPT];
static uint64_t turns;

/* The one that SQL is kept as and nobody uses. */
static struct kept *
find(sqlite3 *db, const char *sql)
{
	for (size_t i = 0; i < KEPT; i++)
		if (kept[i].stmt != NULL && !kept[i].used &&
		    sqlite3_db_handle(kept[i].stmt) == db &&
		    strcmp(sqlite3_sql(kept[i].stmt), sql) == 0)
			return &kept[i];
	return NULL;
}

/* A place for another one, which nobody has asked for longest; NULL: all are in use. */
static struct kept *
make_room(void)
{
	struct kept *oldest = NULL;

	for (size_t i = 0; i < KEPT; i++) {
		if (kept[i].stmt == NULL)
			return &kept[i];
		if (!kept[i].used && (oldest == NULL || kept[i].turn < oldest->turn))
			oldest = &kept[i];
	}
	if (oldest != NULL) {
		sqlite3_finalize(oldest->stmt);
		oldest->stmt = NULL;
	}
	return oldest;
}

sqlite3_stmt *
prepared_get(sqlite3 *db, const char *sql)
{
	struct kept *k = find(db, sql);
	sqlite3_stmt *stmt = NULL;

	if (k != NULL) {
		k->used = true;
		return k->stmt;
	}
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
	    SQLITE_OK)
		return NULL;
	if ((k = make_room()) != NULL)
		*k = (struct kept){ stmt, true, 0 };
	return stmt;
}

void
prepared_put(sqlite3_stmt *stmt)
{
	for (size_t i = 0; stmt != NULL && i < KEPT; i++)
		if (kept[i].stmt == stmt) {
			sqlite3_reset(stmt);
			sqlite3_clear_bindings(stmt);
			kept[i].used = false;
			kept[i].turn = ++turns;
			return;
		}
	sqlite3_finalize(stmt);
}

void
prepared_forget(void)
{
	for (size_t i = 0; i < KEPT; i++) {
		if (!kept[i].used)
			sqlite3_finalize(kept[i].stmt);
		kept[i] = (struct kept){ 0 };
	}
}
