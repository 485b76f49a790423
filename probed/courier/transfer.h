/* Letters on their way by libcurl: HTTP and SMTP, on the event loop. */
#ifndef COURIER_TRANSFER_H
#define COURIER_TRANSFER_H

#include <stddef.h>

#include "courier/address.h"
#include "courier/letter.h"

struct event_base;
struct transfer;

/* What became of a parcel. */
enum fate {
	FATE_DELIVERED, /* the receiver took it */
	FATE_LATER,	/* not now: try again */
	FATE_REFUSED,	/* this one it will hardly ever take */
};

struct outcome {
	enum fate fate;
	long after_s;	/* the receiver wants to be left alone so long; 0: not said */
	char text[256]; /* why, without secrets; "" when delivered */
};

typedef void (*outcome_fn)(void *ctx, const struct outcome *outcome);

/* To be called once, before and behind everything else here. */
void transfer_open(struct event_base *base);
void transfer_close(void);

/* Post P to A's service. DONE is called once, from the loop. */
struct transfer *transfer_post(
    const struct address *a, const struct parcel *p, outcome_fn done, void *ctx);
/* Hand MESSAGE (lines ended by a newline; it is taken over), of LEN bytes, to the first
 * of A's servers that takes it. HOST is our name. */
struct transfer *transfer_mail(const struct address *a, char *message, size_t len,
    const char *host, outcome_fn done, void *ctx);
/* Give it up; DONE is not called. */
void transfer_cancel(struct transfer *t);

#endif
