/* A judge's finding becomes an incident, in the one place where that is done. */
#ifndef RECORDER_FOUND_H
#define RECORDER_FOUND_H

#include "infer/finding.h"
#include "recorder/condition.h"

/* F is the matter at TIME (epoch seconds); it opens after HOLD calls in a row (0 is 1),
 * with the begin that F gives if that is earlier. As condition_raise(). */
int64_t found_raise(
    struct conditions *cs, const struct infer_finding *f, int64_t time, unsigned hold);
/* It is over since TIME, after HOLD calls; F's texts are the last ones. As
 * condition_clear(). */
int64_t found_clear(
    struct conditions *cs, const struct infer_finding *f, int64_t time, unsigned hold);

/* The same of a finding whose incident somebody else makes: only who listens hears. */
void found_tell(const struct infer_finding *f, bool over);

/* Who hears of every finding of the others, once one is open and as long as it is: a
 * judge who takes them for reasons. FN NULL: nobody. */
void found_listen(
    void (*fn)(void *ctx, const struct infer_finding *f, bool over), void *ctx);

#endif
