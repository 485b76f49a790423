/* probectl-report: what is said of the history itself, without a daemon. probectl runs
 * it, so that it need not carry librrd around itself. */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include <stddef.h>

#include "base/log.h"
#include "config/conf.h"

/* What was said in front of the command; NULL: not said. */
struct report {
	const char *data, *config;
};

/* All return an exit status; ARGV[0] is the command's name. */
int report_smokeinfo(const struct report *r, int argc, char **argv);
int report_tsmoke(const struct report *r, int argc, char **argv);
int report_email(const struct report *r, int argc, char **argv);

/* The configuration at CONFIG (NULL: the one that R says, or that is installed), and
 * its data directory, or R's, as working directory. NULL: it was said what is wrong. */
struct conf *report_open(const struct report *r, const char *config);

/* Call EACH with the path ("A.B", or "A.B~slave") of every file of history that CONF
 * wants, in the order of smokeinfo: what is inside a target before the target itself.
 */
enum report_slaves {
	SLAVES_TOO,
	SLAVES_NOT
};
void report_files(const struct conf *conf, enum report_slaves slaves,
    void (*each)(void *ctx, const struct conf_target *t, const char *path), void *ctx);

/* Have librrd work out the COUNT lines of PRINT among the elements ELEMENT (NULL ends
 * them; "FILE" stands for the file of PATH, at most once in each) from START to END
 * (its words), with STEP seconds (0: as it likes). NAN for what is unknown. 0, or -1
 * with ERR. */
int report_print(const char *path, const char *start, const char *end, unsigned step,
    const char *const *element, double *value, size_t count, struct err *err);

#define REPORT_FAILED 1
#define REPORT_USAGE 2

#endif
