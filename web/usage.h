/* Rows of an interface's history (interface.h). */
#ifndef WEB_USAGE_H
#define WEB_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/json.h"
#include "base/log.h"
#include "interface.h"

/* One row: VALUE holds the COLUMNS data sources per second over (TIME - step, TIME];
 * NAN is unknown. */
typedef void (*usage_row_fn)(
    void *ctx, int64_t time, const double *value, unsigned columns);

/* Call ROW for the rows that end in (START, END], of the archive with STEP seconds: 60,
 * 300 or 3600. 0, or -1 with ERR: then there may have been some. */
int usage_scan(const struct if_key *key, bool flows, unsigned step, int64_t start,
    int64_t end, usage_row_fn row, void *ctx, struct err *err);
/* The same of the file at PATH, which has at most INTERFACE_DS data sources. */
int usage_scan_file(const char *path, unsigned step, int64_t start, int64_t end,
    usage_row_fn row, void *ctx, struct err *err);

/* COUNT rows of the first INTERFACE_DS columns (NAN where there are fewer); row k ends
 * at start + (k + 1) * step. */
struct usage {
	int64_t start;
	unsigned step;
	size_t count;
	double *value;
};
/* Read START .. END in at most POINTS rows, averaged over what is known. 0, or -1. */
int usage_read(struct usage *u, const struct if_key *key, bool flows, int64_t start,
    int64_t end, int64_t now, unsigned points, struct err *err);
int usage_read_file(struct usage *u, const char *path, int64_t start, int64_t end,
    int64_t now, unsigned points, struct err *err);
void usage_free(struct usage *u);
/* U as members of an object: start, step, count, and columns, of which there are
 * COLUMNS, called as NAME has them (into BUF, where it needs that). */
#define USAGE_NAME 32
void usage_put(struct json *j, const struct usage *u, unsigned columns,
    const char *(*name)(unsigned column, char buf[USAGE_NAME]));
/* The same as lines of CSV: the second at which a row ends, and its columns. */
void usage_csv(FILE *out, const struct usage *u, unsigned columns,
    const char *(*name)(unsigned column, char buf[USAGE_NAME]));

#endif
