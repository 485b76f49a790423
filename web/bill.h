/* What a month of an interface comes to: the 95th percentile of its averages over five
 * minutes, each way. Averages that are not known are not zero: they are left out, and
 * it is said how many are known. */
#ifndef WEB_BILL_H
#define WEB_BILL_H

#include <stdbool.h>
#include <stdint.h>

#include "interface.h"

#define BILL_RULE                                                                      \
	"95th percentile of 5-minute averages in bit/s: in ascending order the "       \
	"ceil(0.95 n)th of the n known ones; unknown ones are left out, not counted "  \
	"as zero"

struct bill {
	int64_t begin, end;	/* of the month, local time, epoch seconds */
	bool estimate;		/* from flows, there being no counters */
	double rate[IF_WAYS];	/* bit/s; NAN: nothing is known */
	double mean[IF_WAYS];	/* bit/s, of the known ones */
	double octets[IF_WAYS]; /* that passed in the known ones */
	unsigned known, passed; /* intervals: known, and of the month until now */
};

/* The month that T lies in, or the one BACK months before it. */
void bill_month(int64_t t, unsigned back, int64_t *begin, int64_t *end);
/* "2026-11" as such a month. 0, or -1. */
int bill_month_parse(const char *text, int64_t *begin, int64_t *end);
/* "2026-11" of the month that begins at BEGIN; BUF has 16 bytes. */
const char *bill_month_text(int64_t begin, char *buf);

/* A few of these are kept for some minutes: reading takes milliseconds. */
struct bill_cache {
	struct {
		struct bill bill;
		int64_t read; /* when; 0: never */
	} month[2];
};
/* The same; valid until the next call for this CACHE. */
const struct bill *bill_get(struct bill_cache *cache, const struct if_key *key,
    bool counted, bool flows, int64_t begin, int64_t end, int64_t now);

#endif
