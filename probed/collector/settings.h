/* What *** Collector *** says of tallies and of what is watched, and *** Detection *** of
 * suspicions. */
#ifndef COLLECTOR_SETTINGS_H
#define COLLECTOR_SETTINGS_H

#include "collector/tally.h"
#include "collector/watch.h"
#include "collector/windows.h"
#include "config/conf.h"

/* This host's addresses, which are of the own network where the configuration does not
 * say what is. Called once, before the lock: they are asked of the kernel. */
void settings_begin(void);
/* Take over what CONF says; what cannot be used is told, and as before. */
void settings_tally(struct tally_settings *set, const struct conf *conf);
void settings_thresholds(struct windows_thresholds *t, const struct conf *conf);
/* What is watched for victims of attacks: SET's own network, and telescope. */
void settings_watch(struct watch *watch, const struct conf *conf,
    const struct tally_settings *set, int64_t now_ms);

#endif
