/* How long pages take from here to those who read them: a file for each address that
 * tells, a row a minute. Only where *** Web *** record_browsers says so.
 *
 * Whoever tells lies about nothing but its own way, for web says whose address it is; so
 * what has to be bounded is how many there are. */
#ifndef RECORDER_BROWSERS_H
#define RECORDER_BROWSERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "link/msgbrowser.h"

/* Of one site, an IPv4 /24 or IPv6 /56: a quarter of all. In the latter a host has as
 * many addresses as it likes. */
#define BROWSERS_SITE_MAX 16
#define BROWSERS_IDLE_S 86400	  /* who did not tell for so long makes room */

struct browsers;

/* DATADIR is this directory; the files that are there are known from then on. */
struct browsers *browsers_new(void);
void browsers_free(struct browsers *b);
/* Write what B's client told at NOW_S (epoch) as the minute that ended last; a second
 * row for one minute is passed over. 0; 1 when there are too many others; -1 with ERR. */
int browsers_take(
    struct browsers *b, const struct msg_browser *m, int64_t now_s, struct err *err);

#endif
