/* What the files that make a report share: what it is to tell of, and what a span of it
 * was like. */
#ifndef WEB_REPORTPARTS_H
#define WEB_REPORTPARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/conf.h"
#include "infer/lossrange.h"

struct html;
struct request;
struct series;

#define REPORT_TARGETS 8 /* of one report */
#define REPORT_DAYS 62	 /* of it that are told one by one */

/* Times are seconds of the wall clock. */
struct report {
	int64_t start, end;
	const struct conf_target *target[REPORT_TARGETS];
	size_t targets;
	bool more;  /* targets than that */
	bool hosts; /* of the house are told */
	bool young; /* nothing was measured before START */
	/* Of one incident (id not 0), whose begin and end these are: */
	int64_t id, begin, over;
	bool open, named; /* it is of the first target */
	char *kind, *subject, *confidence, *summary;
	FILE *out; /* the document */
};

/* report.c: take from R's arguments what is to be told. 0, or -1 with R answered.
 * P begins as all zero, and is the caller's to free in both cases. */
int report_take(struct request *r, struct report *p);
/* Free what P holds. */
void report_free(struct report *p);

/* What a span of a series was like. */
struct report_sum {
	struct lossrange loss;
	size_t rows, known, medians;
	double *median; /* MEDIANS of them in seconds, in order; the caller's to free */
	double pings;	/* a row */
};

/* reportsum.c: the rows of T as it is measured here, over START..END. False: there are
 * none. S is the caller's to free in both cases. */
bool report_rows(
    struct series *s, const struct conf_target *t, int64_t start, int64_t end);
/* What FROM..TO of S was like. */
void report_sum(struct report_sum *u, const struct series *s, int64_t from, int64_t to);
/* The first midnight behind WHEN, by the clock of the house. */
int64_t report_next_day(int64_t when);

/* reporttext.c: write all sections of P into its document. */
void report_write(struct report *p);

/* reportpath.c: write the way to T into document OUT: as it was between START and END,
 * when something was wrong, and before; or (TROUBLE false) as it is and how it changed.
 * Addresses of the house only where HOSTS. */
void report_path(FILE *out, const struct conf_target *t, int64_t start, int64_t end,
    bool trouble, bool hosts);
/* Is TEXT an address that is only known in the house? */
bool report_is_private(const char *text);

/* reportpage.c: the document TEXT, which is taken apart, as list "block" of PAGE. */
void report_show(struct html *page, char *text);

#endif
