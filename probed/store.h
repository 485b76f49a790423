/* The layout on disk, shared by the one writer (recorder) and the readers (web,
 * painter): SmokePing's RRD files, and our own state beside them. Paths are relative to
 * DATADIR, which is every worker's working directory. */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"

#define STORE_DIR ".smokebox"
#define STORE_RAW STORE_DIR "/raw"
#define STORE_STATE_NAME "state"
#define STORE_STATE STORE_DIR "/" STORE_STATE_NAME
#define STORE_PASSWORD STORE_STATE "/password" /* its hash, as crypt(5) has it */
#define STORE_COPIES_NAME "configurations"
#define STORE_COPIES STORE_STATE "/" STORE_COPIES_NAME
#define STORE_DRAFT_NAME "draft"
#define STORE_DRAFT                                                                    \
	STORE_STATE "/" STORE_DRAFT_NAME /* web writes texts there: 0, 1 ... */
#define STORE_ASIDE STORE_DIR "/set-aside"
#define STORE_NEW STORE_DIR "/new" /* RRD files being made */
#define STORE_TRAFFIC STORE_DIR "/traffic" /* interfaces and exporters: interface.h */
#define STORE_BROWSERS STORE_DIR "/browsers" /* ADDRESS.rrd: median, p95, lost */
#define STORE_BROWSERS_MAX 64
#define STORE_EVENTS STORE_DIR "/events.db"    /* eventsdb.h */
#define STORE_COURIER STORE_DIR "/courier"     /* its cursors */
#define STORE_TOLD STORE_COURIER "/config"     /* what our master tells to measure */
#define STORE_PATHS STORE_DIR "/path"	       /* of the ways to targets: pathfile.h */
#define STORE_USUAL STORE_STATE "/usual"       /* delays: recorder/judge.h */
#define STORE_IN_FORCE STORE_STATE "/in-force" /* announced: runner/inforce.h */
#define STORE_LOCK STORE_DIR "/lock"
#define STORE_SOCKET STORE_DIR "/probectl.sock"
#define STORE_PATH 1024 /* room for any of these paths */

/* "A.B.C" (and "A.B.C~slave") to "A/B/C.rrd" ("A/B/C~slave.rrd"). BUF has STORE_PATH
 * bytes. 0, or -1 when PATH is empty, too long, or has an element that the grammar does
 * not allow (so no path can leave DATADIR): elements are [-_0-9a-zA-Z]+, a slave's name
 * may have dots too. */
int store_rrd_path(char *buf, const char *path);

/* Data sources in order: uptime, loss, median, ping1 ... pingN. */
#define STORE_DS_UPTIME 0
#define STORE_DS_LOSS 1
#define STORE_DS_MEDIAN 2
#define STORE_DS_PING 3 /* ping1 */
#define STORE_DS_MAX 4096 /* data sources of a file, more than any real one has */

/* What the header of an RRD says. Fill with store_rrd_read(), end with
 * store_rrd_free().
 */
struct store_rrd {
	unsigned long step;
	int64_t last; /* epoch seconds of its last update */
	unsigned long ds_count, rra_count;
	bool series;	/* its DS are uptime, loss, median, ping1 ... in this order */
	unsigned pings; /* of a series */
	struct store_rra {
		char cf[20];
		double xff;
		unsigned long steps, rows;
		unsigned long current; /* its newest row */
	} * rra;
	uint64_t rows_at; /* where in the file the first archive's rows begin */
	dev_t dev; /* which file this was said of */
	ino_t ino;
	off_t size;
	bool sparse; /* has holes: writing to it by mmap may need room on the disk */
};

/* Read the header of FILE (a path relative to DATADIR) with our own eyes and check it:
 * format and machine, every count and index that librrd would believe, and that the
 * file is as long as they demand. What rrdcached has of it is written first. 0, or -1
 * with ERR saying what is wrong with it; errno is then that of open() or read(), EINVAL
 * when the contents are wrong, or EAGAIN when rrdcached is away. */
int store_rrd_read(const char *file, struct store_rrd *rrd, struct err *err);
void store_rrd_free(struct store_rrd *rrd);

/* Read COUNT rows of COLUMNS values of FILE's archive of averages with SECONDS a row,
 * the longest where there are several, into VALUE: the first row ends at FIRST, a
 * multiple of SECONDS; NAN is what the archive does not have. It is locked meanwhile as
 * librrd does; rrdcached is not asked. 0, or -1 with ERR; errno is then as of
 * store_rrd_read(), EINVAL also where there is no such archive or another number of
 * columns, and EAGAIN while somebody writes. */
int store_rrd_rows(const char *file, unsigned long seconds, int64_t first, size_t count,
    unsigned long columns, double *value, struct err *err);

/* Before librrd maps a file, have rrdcached write what it has of it, and look: does its
 * size agree with its header (a short file would be a SIGBUS)? 0, or -1 with ERR saying
 * what is wrong with it. ENOENT is an error too; errno tells it apart. */
int store_rrd_sound(const char *file, struct err *err);

#endif
