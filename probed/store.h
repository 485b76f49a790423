/* The layout on disk, shared by the one writer (recorder) and the readers (web,
 * painter): SmokePing's RRD files, and our own state beside them. Paths are relative to
 * DATADIR, which is every worker's working directory. */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define STORE_DIR ".smokebox"
#define STORE_RAW STORE_DIR "/raw"
#define STORE_STATE STORE_DIR "/state"
#define STORE_ASIDE STORE_DIR "/set-aside"
#define STORE_SOCKET STORE_DIR "/probectl.sock"
#define STORE_PATH 1024 /* room for any of these paths */

/* "A.B.C" (and "A.B.C~slave") to "A/B/C.rrd" ("A/B/C~slave.rrd"). BUF has STORE_PATH
 * bytes. 0, or -1 when PATH is empty, too long, or has an element that the grammar does
 * not allow (so no path can leave DATADIR). */
int store_rrd_path(char *buf, const char *path);

/* Data sources in order: uptime, loss, median, ping1 ... pingN. */
#define STORE_DS_UPTIME 0
#define STORE_DS_LOSS 1
#define STORE_DS_MEDIAN 2
#define STORE_DS_PING 3 /* ping1 */

/* Before librrd maps a file: does its size agree with its header (a short file would
 * be a SIGBUS)? 0, or -1 with ERR saying what is wrong with it. ENOENT is an error too;
 * errno tells it apart. */
int store_rrd_sound(const char *file, struct err *err);

#endif
