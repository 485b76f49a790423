/* The configuration over time: read at start, looked at again when asked or when a file
 * changed, taken over when it is good. A bad one leaves the old one in force and is
 * told to the log and to web. */
#ifndef RELOAD_H
#define RELOAD_H

#include <stdbool.h>

#include "config/conf.h"

struct event_base;

/* This box is MASTER's slave (borrowed): what is read from now on is what that one told,
 * which is trusted with nothing. */
void reload_master(const struct conf_master *master);
/* Of what is read from now on only these targets are measured: see conf_filter(). FILTER
 * is borrowed. */
void reload_filter(const char *const *filter, size_t count);
/* What the installation has that is tried beside another one is left alone: see
 * --shadow. */
void reload_shadow(bool shadow);
/* Likewise rounds follow each other in this way: see conf_set_pace(). */
void reload_pace(bool once, bool nosleep);
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
/* Tell web once more what was complained of, and what sockets_note() says now. */
void reload_tell(void);
const struct conf *reload_conf(void); /* in force */
const struct conf_report *reload_told(void); /* what was complained of in that */
/* Where it was read, and whether warnings are errors. */
const char *reload_path(bool *strict);
/* Does it come from a master? */
bool reload_is_slave(void);
/* Make CONF, which was read there, what the command line wants of it. */
void reload_fit(struct conf *conf);

#endif
