/* SQL of events.db, kept in the form that SQLite runs: to make that takes three times
 * as long as to look for what happened to one target. */
#ifndef WEB_PREPARED_H
#define WEB_PREPARED_H

#include <sqlite3.h>

/* SQL for DB, ready to have values bound to it, of nobody else until prepared_put();
 * NULL when it cannot be made, and sqlite3_errmsg() tells why. */
sqlite3_stmt *prepared_get(sqlite3 *db, const char *sql);
/* Done with STMT, which may be NULL: what it holds of the file is released. */
void prepared_put(sqlite3_stmt *stmt);
/* Let go of all that is kept, before its connection is closed; what is in use is let go
 * of when it is put back. */
void prepared_forget(void);

#endif
