/* Who filled the line: the ring of minutes and the minutes that still grow, summed up
 * over a span of time. */
#ifndef WEB_TALKERS_H
#define WEB_TALKERS_H

#include "minutering.h"
#include "toplist.h"

/* 99 % of a normal distribution lie within so many standard deviations. */
#define TALKERS_SIGMAS 2.5758

/* More is all that was to be tallied. */
#define TALKERS_ALL 0.995

struct talkers {
	unsigned tables;    /* what is in it: 1 << enum minute_by */
	int64_t start, end; /* what it is about: whole minutes, or hours where only
			     * those are left */
	int64_t until;	    /* the same, but not beyond now: what can be known of it */
	int64_t covered_s;  /* so much of it was tallied */
	bool growing;	    /* some of its minutes are not final yet */
	struct minute_sum total;
	struct toplist *list[MINUTE_BYS]; /* NULL: not asked for */
	struct minutering_damage damage;
};

/* Sum up START..END (epoch seconds), as of NOW, by every one of TABLES. To be freed. */
void talkers_ask(
    struct talkers *t, unsigned tables, int64_t start, int64_t end, int64_t now);
void talkers_free(struct talkers *t);

/* The share of the span that was tallied, 0 to 1; NAN where there is none yet. */
double talkers_coverage(const struct talkers *t);
/* Half the 99 % interval that sampling gives to the octets, or the packets, of SUM. */
double talkers_octets_interval(const struct minute_sum *sum);
double talkers_packets_interval(const struct minute_sum *sum);
/* Did the ring or the collector ever tell of traffic? */
bool talkers_known(void);

/* Octets into the network and out of it, by slots of time, for a chart: of the COUNT
 * keys of table BY and of all traffic. */
#define TALKERS_SLOTS 240
#define TALKERS_DRAWN 5
struct talkers_slot {
	bool known;
	double seconds; /* that were tallied */
	uint64_t all[2];
	uint64_t key[TALKERS_DRAWN][2]; /* enum minute_way: in, out */
};
struct talkers_course {
	int64_t start, step; /* seconds */
	unsigned slots;
	struct talkers_slot slot[TALKERS_SLOTS];
};
void talkers_course(struct talkers_course *c, enum minute_by by,
    const struct minute_key *key, unsigned count, int64_t start, int64_t end,
    int64_t now);

#endif
