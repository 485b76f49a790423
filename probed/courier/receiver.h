/* One receiver and what waits for it: order, pauses after failures, digests, bounds. */
#ifndef COURIER_RECEIVER_H
#define COURIER_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "courier/address.h"
#include "courier/cursor.h"
#include "courier/dispatch.h"
#include "courier/letter.h"
#include "courier/outbox.h"

#define RECEIVER_ERROR 256

struct receiver {
	char *name;
	uint64_t id; /* hash of the name, for messages and the cursor's file */
	struct address *address;
	struct address *next_address; /* from the next letter on; NULL: the same */
	bool configured;	      /* *** Actions *** or *** Alerts *** has it */
	struct cursor cursor;
	int64_t passed; /* rows up to here are not for it, whatever the cursor says */
	struct parcel parcel;
	struct dispatch *dispatch; /* the parcel on its way; NULL: none */
	unsigned failures;	   /* tries of this parcel that failed, in a row */
	unsigned refusals;
	int64_t refused_ns; /* the first of them, monotonic */
	int64_t next_ns;    /* no try before, monotonic */
	bool held;	    /* the bound of its rate held letters up */
	double tokens;
	int64_t tokens_ns;

	struct parcel trial_parcel;
	struct dispatch *trial;
	void (*trial_done)(uint32_t ticket, const struct outcome *outcome);
	uint32_t ticket;

	/* For people. */
	uint64_t sent, failed; /* letters, since this process began */
	int64_t waiting, last_s;
	char error[RECEIVER_ERROR];
	bool changed; /* and not told */
};

/* NAME's, with its cursor as it was left. O is borrowed. */
struct receiver *receiver_new(
    const struct conf *conf, const char *name, struct outbox *o);
void receiver_free(struct receiver *r);
/* CONF is in force: what is on its way goes on as it was. */
void receiver_configure(struct receiver *r, const struct conf *conf);

/* Send what can be sent now. RECOVERED is called when it takes letters again. */
void receiver_step(struct receiver *r, void (*recovered)(void));
/* From now on nothing is sent any more; what is on its way may arrive. */
void receiver_halt(void);
/* Count again what waits. */
void receiver_count(struct receiver *r);
/* Do not wait for the end of a pause. */
void receiver_hurry(struct receiver *r);
/* Send a letter that says that it is a test, now and beside all that waits. DONE is
 * called once, with TICKET; at once where it cannot be tried. */
void receiver_try(struct receiver *r, uint32_t ticket,
    void (*done)(uint32_t ticket, const struct outcome *outcome));

#endif
