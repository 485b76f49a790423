/* Rows of a target's history, read from its RRD. */
#ifndef WEB_SERIES_H
#define WEB_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define SERIES_ARCHIVES 32

/* What an RRD of SmokePing's layout holds. */
struct series_file {
	unsigned step, pings, columns; /* columns = 3 + pings, see STORE_DS_* */
	int64_t last_update;
	unsigned archives;
	struct {
		unsigned step; /* seconds a row */
		unsigned rows;
	} archive[SERIES_ARCHIVES]; /* of the AVERAGE ones */
};

/* Look into FILE. 0, or -1 with ERR when it is broken or not of that layout. */
int series_look(const char *file, struct series_file *sf, struct err *err);

/* The seconds per row of the archive for START with rows of about WANT seconds: the
 * coarsest one that covers START and is not coarser than WANT, else the finest that
 * covers it, else the one that goes back furthest. */
unsigned series_choose(const struct series_file *sf, int64_t start, unsigned want);

/* When the Kth archive begins. */
int64_t series_archive_begin(const struct series_file *sf, unsigned k);
/* When the archive that goes back furthest begins. librrd makes rows for whatever span
 * it is asked, and 400 days of a short archive's rows are hundreds of megabytes. */
int64_t series_begin(const struct series_file *sf);

/* One row: the values of all columns over (TIME - step, TIME]; NAN is unknown. */
typedef void (*series_row_fn)(void *ctx, int64_t time, const double *value);
/* Call ROW for every row of the AVERAGE archive with STEP seconds that ends in
 * (START, END] and within the archive, in order. Memory is bounded whatever the span.
 * 0, or -1 with ERR. */
int series_scan(const char *file, const struct series_file *sf, unsigned step,
    int64_t start, int64_t end, series_row_fn row, void *ctx, struct err *err);

/* After a call of librrd failed: was it only because the recorder was writing? Then
 * waits a millisecond, clears the error and returns true, a few times. TRIES starts 0.
 */
bool series_locked(unsigned *tries);

/* COUNT rows of COLUMNS values; row k ends at start + (k+1) * step. */
struct series {
	int64_t start;
	unsigned step, pings, columns;
	size_t count;
	double *value;
	struct series_file file; /* that they come from; no archives: there is none */
};

/* Read START..END in at most POINTS rows. Where the archive is finer than that, rows
 * are averaged over what is known; one is unknown when less than half of it is known.
 * 0, or -1 with ERR. */
int series_read(struct series *s, const char *file, int64_t start, int64_t end,
    unsigned points, struct err *err);
void series_free(struct series *s);

#endif
