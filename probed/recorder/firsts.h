/* Whose first round since the start is still to come: with --debug, that is when the
 * work is done. */
#ifndef RECORDER_FIRSTS_H
#define RECORDER_FIRSTS_H

#include "config/conf.h"

struct firsts;

/* All that is pinged from here by CONF. */
struct firsts *firsts_new(const struct conf *conf);
void firsts_free(struct firsts *f); /* NULL allowed */
/* A round of TARGET came. */
void firsts_seen(struct firsts *f, uint64_t target);
/* Nobody is waited for (any more). */
bool firsts_all(const struct firsts *f);

#endif
