/* The next row of an RRD without librrd, which maps and unmaps the whole file for it:
 * two thirds of what a row costs. Only the common case, and then to the bit what
 * librrd's rrd_update() makes of the file: SmokePing's data sources, the next step
 * after the last one, and no consolidated row complete with it. For everything else
 * the answer is that it is not ours. */
#ifndef RECORDER_RRDROW_H
#define RECORDER_RRDROW_H

#include <stdint.h>

#include "recorder/rrdfile.h"

enum rrdrow_outcome {
	RRDROW_DONE,
	RRDROW_NOT_OURS, /* nothing was written: librrd is to do it, or to say what is
			  * wrong */
	RRDROW_FAILED,	 /* writing failed, and errno says why; the row may be offered
			  * again */
};

/* Write the row of time ROW (epoch seconds) to FILE, which was judged and is FILE
 * still; TEXT is the values as rrd_update() has them, a colon between two. The file is
 * locked as librrd locks it. */
enum rrdrow_outcome rrdrow_write(
    const struct rrdfile *file, int64_t row, const char *text);

#endif
