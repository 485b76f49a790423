/* SQL that is kept: who asks the same gets the same, and never what another one uses.
 */
#include "web/prepared.h"

#include "tap.h"

static sqlite3 *
open_db(void)
{
	sqlite3 *db;

	if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
	    sqlite3_exec(db, "CREATE TABLE t (n)", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "INSERT INTO t VALUES (7)", NULL, NULL, NULL) != SQLITE_OK)
		exit(1);
	return db;
}

static int64_t
number(sqlite3_stmt *stmt)
{
	return sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
}

int
main(void)
{
	static const char sql[] = "SELECT n + coalesce(?1, 0) FROM t";
	sqlite3 *db = open_db(), *other = open_db();
	sqlite3_stmt *a = prepared_get(db, sql), *b, *c;

	sqlite3_bind_int(a, 1, 3);
	is_int(number(a), 10, "a value is bound");
	b = prepared_get(db, sql);
	ok(a != b, "what is in use is not given to another one");
	is_int(number(b), 7, "which has values of its own");
	prepared_put(b);
	is_int(sqlite3_step(a), SQLITE_DONE, "the first one goes on");
	prepared_put(a);
	c = prepared_get(db, sql);
	ok(c == a || c == b, "the same is given again");
	is_int(number(c), 7, "without the values of before");
	prepared_put(c);
	a = prepared_get(other, sql);
	ok(sqlite3_db_handle(a) == other, "another file has its own");
	prepared_put(a);

	bool good = true;
	for (int i = 0; i < 200; i++) {
		char text[40];
		snprintf(text, sizeof text, "SELECT %d FROM t", i % 60);
		a = prepared_get(db, text);
		good = good && number(a) == i % 60;
		prepared_put(a);
	}
	ok(good, "more than is kept");
	sqlite3_exec(db, "DROP TABLE t; CREATE TABLE t (m, n)", NULL, NULL, NULL);
	sqlite3_exec(db, "INSERT INTO t VALUES (1, 9)", NULL, NULL, NULL);
	a = prepared_get(db, sql);
	is_int(number(a), 9, "a table that was made anew");
	ok(prepared_get(db, "SELECT nothing") == NULL, "what is no SQL is told");
	prepared_put(NULL);
	prepared_forget();
	ok(sqlite3_close(other) == SQLITE_OK, "nothing keeps a file open");
	ok(sqlite3_close(db) == SQLITE_BUSY, "but who uses it");
	prepared_put(a);
	ok(sqlite3_close(db) == SQLITE_OK, "until it is put back");
	return tap_done();
}
