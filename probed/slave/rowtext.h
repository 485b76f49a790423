/* A round as the update string that SmokePing gives to RRDtool:
 * "uptime:loss:median:ping1:...:pingN". */
#ifndef SLAVE_ROWTEXT_H
#define SLAVE_ROWTEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "round.h"

/* Read LEN bytes at TEXT, a row of PINGS pings, as a round: count, state, pings (the
 * answered ones first, by time; of the others only that they were lost is known). What
 * else R has is left zero. 0, or -1 with ERR naming the field. */
int rowtext_read(
    const char *text, size_t len, unsigned pings, struct round *r, struct err *err);
/* Write R so; an unknown one is all U. */
void rowtext_write(FILE *out, const struct round *r);

/* One line of what a slave sends: "/A/B", TAB, epoch seconds, TAB, an update string. */
struct rowline {
	char path[512]; /* "A.B" */
	int64_t time;
	const char *row; /* in the line; ROW_LEN bytes */
	size_t row_len;
};

/* Take LEN bytes at LINE, without its newline, apart. 0, or -1 with ERR. */
int rowline_read(const char *line, size_t len, struct rowline *out, struct err *err);

#endif
