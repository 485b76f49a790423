#include "eventsdb.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "store.h"

#define BUSY_MS 50

/* SQLite would make an absolute path of ours, and look at every directory in it. */
static int
full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	sqlite3_snprintf(size, out, "%s", name);
	return SQLITE_OK;
}

/* The system's way to files, but for the paths. */
static const char *
relative_vfs(void)
{
	static sqlite3_vfs vfs;
	sqlite3_vfs *system = sqlite3_vfs_find("unix");

	if (vfs.zName == NULL && system != NULL) {
		vfs = *system;
		vfs.zName = "smokebox";
		vfs.xFullPathname = full_path;
		sqlite3_vfs_register(&vfs, 0);
	}
	return vfs.zName;
}

static sqlite3 *
open_db(const char *name, int flags, struct err *err)
{
	sqlite3 *db = NULL;
	int r = sqlite3_open_v2(
	    name, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, relative_vfs());

	if (r != SQLITE_OK) {
		err_set(err, "%s: %s", STORE_EVENTS,
		    db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(r));
		sqlite3_close(db);
		return NULL;
	}
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, BUSY_MS);
	return db;
}

/* Incidents tell who filled the line: nobody else reads them. Earlier ones of us let
 * everybody do so. */
static void
tighten(void)
{
	static const char *const names[] = { STORE_EVENTS, STORE_EVENTS "-wal",
		STORE_EVENTS "-shm" };
	struct stat st;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (lstat(names[i], &st) == 0 && S_ISREG(st.st_mode) &&
		    (st.st_mode & 077) != 0 && chmod(names[i], 0600) < 0)
			log_warn("%s can be read by others", names[i]);
}

sqlite3 *
eventsdb_write(struct err *err)
{
	tighten();
	/* The log and its index get what the file has. */
	mode_t before = umask(077);
	sqlite3 *db =
	    open_db(STORE_EVENTS, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
	umask(before);
	return db;
}

/* As root SQLite would give the log's index to the owner of the file, which a reader that
 * is locked in may not do. */
static int
keep_owner(int fd, uid_t uid, gid_t gid)
{
	(void)fd;
	(void)uid;
	(void)gid;
	return 0;
}

sqlite3 *
eventsdb_read(struct err *err)
{
	sqlite3_vfs *system = sqlite3_vfs_find("unix");

	if (system != NULL)
		system->xSetSystemCall(
		    system, "fchown", (sqlite3_syscall_ptr)keep_owner);
	/* Not even the index of the log may be written by a reader that is locked in. */
	return open_db(
	    "file:" STORE_EVENTS "?mode=ro&readonly_shm=1", SQLITE_OPEN_READONLY, err);
}
