/* What radios count, as the kernel tells it every few seconds, into what passed in each
 * minute. The counters have 32 bits and begin anew with every access point that is
 * joined; what passed from one to the next is not known, and never guessed. */
#ifndef COLLECTOR_WIFICOUNT_H
#define COLLECTOR_WIFICOUNT_H

#include "collector/nl80211.h"

/* Longer between two samples (a suspend) is a gap: nothing of it is known. */
#define WIFICOUNT_GAP_MS (6 * WIFI_POLL_S * 1000)

struct wificount;
/* EMIT is called for what passed since the last sample, and for every minute that is
 * over, W being borrowed. */
struct wificount *wificount_new(
    void (*emit)(void *ctx, const struct wifi *w), void *ctx);
void wificount_free(struct wificount *t);

/* Interface I as it is at NOW_MS (epoch); S is the access point that it is linked with,
 * NULL when with none. At most WIFI_MAX are followed. */
void wificount_take(struct wificount *t, const struct nl80211_interface *i,
    const struct nl80211_station *s, int64_t now_ms);
/* All that there are were taken: the others are gone. */
void wificount_sweep(struct wificount *t);
/* How many there are. */
unsigned wificount_radios(const struct wificount *t);

#endif
