/* What a configuration makes of a file that is there. */
#ifndef RECORDER_FIT_H
#define RECORDER_FIT_H

#include <stddef.h>

#include "recorder/archives.h"
#include "store.h"

enum fit {
	FIT_GOOD,    /* goes on as it is */
	FIT_SIZES,   /* goes on as it is, though its archives are not the table's */
	FIT_CHANGE,  /* its history is to be carried over into another file */
	FIT_FOREIGN, /* no file of ours */
};

/* Judge FILE, whose header is RRD, for a target with STEP and PINGS. TABLE is that of
 * *** Database ***; CHANGED: it is known to be another one than when the file was made
 * or fitted last. WHY (SIZE bytes) gets what is different; WANT (zeroed, to be freed;
 * may be NULL) the archives that FIT_CHANGE should lead to.
 *
 * SmokePing goes on with archives of other sizes than the table's, and so do we, unless
 * the table was changed. With another step they are scaled, so that they cover the time
 * that they did: one row a step in rows, the others in steps. */
enum fit fit_judge(const char *file, const struct store_rrd *rrd, unsigned step,
    unsigned pings, const struct archives *table, bool changed, struct archives *want,
    char *why, size_t size);

/* Fill WANT (zeroed, to be freed) with the archives of RRD as they are. */
void fit_same(struct archives *want, const struct store_rrd *rrd);

#endif
