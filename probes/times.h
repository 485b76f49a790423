/* What programs write about pings, as times. Whatever they write is bounded by its
 * length and may be nonsense. */
#ifndef PROBES_TIMES_H
#define PROBES_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "round.h"

/* The pings of one run of a program, in the order of their sending. */
struct times {
	unsigned count;	       /* of NS that are filled, lost ones among them */
	unsigned answered;     /* of those */
	enum ping_outcome why; /* what became of the others */
	bool tried;	       /* the program got so far as to send anything */
	char text[160];	       /* its complaint; empty: none */
	int64_t ns[ROUND_MAX_PINGS + 1]; /* -1: lost */
};

/* Empty T: nothing was tried, everything timed out. */
void times_clear(struct times *t);
/* Ping AT (from 0) took NS; what lies between the last one and it is lost. */
void times_put(struct times *t, unsigned at, int64_t ns);
/* The next ping took NS, or is lost (-1). */
void times_add(struct times *t, int64_t ns);
/* Keep the first line of TEXT with a letter in it as what the program says. */
void times_say(struct times *t, const char *text);

/* fping -C, nfsping -C: "NAME : 1.23 - 1.3", milliseconds. HOST is how the program
 * names the target. */
void times_fping(struct times *t, const char *text, const char *host);
/* Cisco's ping with option V: "Reply to request 3 (4 ms)". */
void times_ios(struct times *t, const char *text);
/* ping of BSD and Linux: "64 bytes from 192.0.2.1: icmp_seq=0 ttl=64 time=0.1 ms". Its
 * first ping has number FIRST. */
void times_ping(struct times *t, const char *text, unsigned first);
/* sipsak -vv -A: the time behind each "** reply". With more replies than PINGS only
 * the final ones count, or the provisional ones. */
void times_sipsak(struct times *t, const char *text, unsigned pings, bool final);
#endif
