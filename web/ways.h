/* The ways to targets, and what this host is in, as the recorder tells of them; and the
 * ladder that comes of it. */
#ifndef WEB_WAYS_H
#define WEB_WAYS_H

#include "config/conf.h"
#include "infer/ladder.h"
#include "link/msgpath.h"

/* MSG_PATH or MSG_HERE. 0, or -1 when it is not to be believed. */
int ways_message(struct msg_in *in);
/* Over to NEXT: forget those that are gone. */
void ways_reload(const struct conf *next);
void ways_forget(void);

/* NULL when nobody has walked to the target ID yet. */
const struct msg_path *ways_get(uint64_t id);
/* NULL as long as nobody has told what this host is in. Valid until the next message,
 * or call. */
const struct ladder *ways_ladder(void);
const struct here *ways_here(void);
/* The target that is measured at one of the addresses of A, or NULL. */
const struct conf_target *ways_target_at(const struct ladder_anchor *a);

/* The hop that the figures of H come from: where it was not probed for its own target,
 * that of another one's way over the same router; else H itself. */
const struct hop *ways_figures(const struct hop *h);

/* waysuggest.c: lines to be added to Targets, so that all anchors that were found are
 * measured, and far ends in three networks; malloced. NULL when nothing is missing, or
 * nothing is known yet. */
char *ways_suggest(void);

#endif
