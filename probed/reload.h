/* The configuration over time: read at start, looked at again when asked or when a file
 * changed, taken over when it is good. A bad one leaves the old one in force and is
 * told to the log and to web. */
#ifndef RELOAD_H
#define RELOAD_H

#include <stdbool.h>

#include "config/conf.h"

struct event_base;

/* Read PATH and print every complaint. NULL when it cannot be used (STRICT: or has
 * warnings). */
struct conf *reload_first(const char *path, bool strict);
/* Print what --check prints of a good one. */
void reload_summary(const struct conf *conf);

/* From now on watch its files. CHANGED is called with a good new tree and the old one,
 * which is freed after return. */
void reload_watch(struct event_base *base,
    void (*changed)(const struct conf *next, const struct conf *old));
/* Look now, whether files changed or not. */
void reload_now(void);
const struct conf *reload_conf(void); /* in force */

#endif
