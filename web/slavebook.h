/* What is known of each slave that calls: when, with what, and what was wrong. */
#ifndef WEB_SLAVEBOOK_H
#define WEB_SLAVEBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"

enum slave_fault {
	FAULT_UNKNOWN,	 /* nobody is called so */
	FAULT_SECRET,	 /* no secret is known here */
	FAULT_PROTOCOL,	 /* another one, or not understood */
	FAULT_SIGNATURE, /* its secret is another one */
	FAULT_REPLAY,	 /* the same call again, or one of another time */
	FAULT_LINE,	 /* what it sent of a round cannot be read */
	FAULT_TARGET,	 /* a round of what is not its to measure */
	FAULT_ROW,	 /* a round of another count of pings, or not well formed */
	FAULT_TIME,	 /* a round of the future, or of long ago */
	FAULT_BUSY,	 /* the recorder is not there or does not keep up */
	FAULTS
};
const char *slave_fault_word(enum slave_fault fault); /* "signature" */

#define SLAVEBOOK_TEXT 256

struct slavenote {
	char *name;
	int64_t seen;		  /* epoch seconds of its last good call; 0: never */
	char address[80];	  /* that it came from */
	char agent[64];		  /* what it says that it is */
	const char *protocol;	  /* "smokeping 2", "smokebox 1"; "" before the first */
	bool current;		  /* it has the configuration that is in force */
	uint64_t rounds, configs; /* taken from it; told to it */
	uint64_t fault[FAULTS];
	char trouble[SLAVEBOOK_TEXT]; /* what was wrong last; "" nothing ever */
	int64_t trouble_at;
	uint32_t stamp; /* of its configuration (mastertree.h) for each kind; 0: not
			   made yet, or it has no targets */
	uint32_t own_stamp;
};

/* The note of SLAVE, made when it is missing; NULL: the one of all who are not known. */
struct slavenote *slavebook_note(const struct conf_slave *slave);
/* Something is wrong with a call: counted, kept and, within limits, logged. */
void slavebook_fault(struct slavenote *note, enum slave_fault fault, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Another configuration is in force: notes of who is no slave any more go. */
void slavebook_reload(const struct conf *next);
void slavebook_free(void);

#endif
