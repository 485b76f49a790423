/* Who was asked to be forgotten (traffic.h), in .smokebox/state/forgotten: minutes that
 * had begun by then still come for a while, and a crash in the middle of forgetting
 * must not end it. As soon as neither can be any more, he is not in this file either.
 *
 *    18 bytes "smokebox forget 1\n"
 *     1       how many follow
 *    each 16 bytes, 1: the prefix, its bits; 8: when, epoch seconds; 1: it is not done
 *
 * Nothing here reads a clock: NOW is epoch seconds. */
#ifndef RECORDER_FORGOTTEN_H
#define RECORDER_FORGOTTEN_H

#include <stdbool.h>

#include "base/log.h"
#include "base/prefix.h"
#include "minute.h"

#define FORGOTTEN_MAX 32
/* A minute is final six minutes later; where the recorder is away it waits longer. */
#define FORGOTTEN_S 3600

struct forgotten {
	unsigned count;
	struct forgotten_one {
		struct prefix prefix;
		int64_t when;
		bool pending; /* what is kept has not been gone through */
	} one[FORGOTTEN_MAX];
};

/* What a recorder before this one was asked. 0, or -1 with ERR: then nothing is known.
 */
int forgotten_read(struct forgotten *f, struct err *err);
/* P is to be forgotten: pending, and on disk. -1 with ERR, and all as before, when it
 * cannot be written down, or too many were within the last hour. */
int forgotten_add(
    struct forgotten *f, const struct prefix *p, int64_t now, struct err *err);
/* The first one that is pending, NULL: none is. Valid until the next call. */
const struct prefix *forgotten_pending(const struct forgotten *f);
/* What is kept has been gone through for P. 0, or -1 with ERR: after a crash it would
 * be again. */
int forgotten_done(struct forgotten *f, const struct prefix *p, struct err *err);
/* Drop those of whom no minute can come any more. As forgotten_done(). */
int forgotten_age(struct forgotten *f, int64_t now, struct err *err);
/* Take their rows out of the PART->rows at ROW, where the minute had begun when they
 * were forgotten; GONE gets the sum added. */
void forgotten_leave_out(const struct forgotten *f, struct minute_part *part,
    struct minute_row *row, struct minute_sum *gone);

#endif
