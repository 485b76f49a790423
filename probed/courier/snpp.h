/* Letters to pagers: the Simple Network Paging Protocol (RFC 1861), as SmokePing's
 * snpp: is reached by snpphost. */
#ifndef COURIER_SNPP_H
#define COURIER_SNPP_H

#include "courier/address.h"
#include "courier/letter.h"
#include "courier/transfer.h"

#define SNPP_ROOM 2000 /* bytes of text in a message */

struct event_base;
struct snpp;

/* To be called once, before and behind everything else here. */
void snpp_open(struct event_base *base);
void snpp_close(void);

/* Hand P to A's pager. DONE is called once, from the loop. */
struct snpp *snpp_send(
    const struct address *a, const struct parcel *p, outcome_fn done, void *ctx);
/* Give it up; DONE is not called. */
void snpp_cancel(struct snpp *s);

#endif
