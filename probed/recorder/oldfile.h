/* An RRD of a target that is carried over into another one: its rows by time, at any
 * width, as rows with the wanted number of pings. Reads by itself, in blocks, so that a
 * file that is cut off meanwhile is an error and no SIGBUS. */
#ifndef RECORDER_OLDFILE_H
#define RECORDER_OLDFILE_H

#include <stdint.h>

#include "base/log.h"
#include "store.h"

struct oldfile;

/* Open PATH, which must be a series; rows come with PINGS pings. NULL with ERR. */
struct oldfile *oldfile_open(const char *path, unsigned pings, struct err *err);
void oldfile_close(struct oldfile *f);

const struct store_rrd *oldfile_head(const struct oldfile *f);
/* Its definitions of data sources, ds_count of them, and what is under way in its
 * archive I: ds_count of them. As on disk. */
const struct ds_def_t *oldfile_ds(const struct oldfile *f);
const struct cdp_prep_t *oldfile_cdp(const struct oldfile *f, unsigned long i);
/* When its oldest row begins: where the archive that goes back furthest does. */
int64_t oldfile_begin(const struct oldfile *f);

/* How rows become one. */
enum oldfile_cf {
	OLDFILE_AVERAGE,
	OLDFILE_MIN,
	OLDFILE_MAX,
	OLDFILE_LAST,
	OLDFILE_CFS
};
/* OLDFILE_CFS for a name that is none of them. */
enum oldfile_cf oldfile_cf(const char *name);

/* Fill ROW, STORE_DS_PING + PINGS values, with what the file knows of (FROM, TO], from
 * the archive that says it best: one of the same width, a finer one, a coarser one. A
 * value is unknown when more than XFF of the time is. */
void oldfile_row(struct oldfile *f, enum oldfile_cf cf, int64_t from, int64_t to,
    double xff, double *row);
/* Likewise, but the sums over (FROM, last update] of value times seconds, NAN where
 * nothing is known, and in KNOWN for how many seconds it is. */
void oldfile_rest(struct oldfile *f, int64_t from, double *sum, double *known);

/* What went wrong while reading rows, an errno, or 0. */
int oldfile_error(const struct oldfile *f);

#endif
