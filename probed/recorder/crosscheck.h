/* Do flows and counters of an interface say the same? Minute by minute, over an hour. A
 * sampling rate that is wrong, or a direction that is not exported, shows as a factor.
 */
#ifndef RECORDER_CROSSCHECK_H
#define RECORDER_CROSSCHECK_H

#include <stdint.h>

#include "link/msgif.h"
#include "minute.h"

#define CROSSCHECK_MINUTES 60
/* With less of both nothing is said. */
#define CROSSCHECK_MIN_MINUTES 30
#define CROSSCHECK_MIN_OCTETS 1e6
#define CROSSCHECK_GAP 0.15
#define CROSSCHECK_ERRORS 3.0
/* What counters count of a packet and flows of IP do not: the Ethernet header and its
 * checksum. */
#define CROSSCHECK_FRAME 18

struct crosscheck {
	struct crosscheck_minute {
		int64_t begin_s;
		bool counted, flows;
		double octets; /* by counters, both ways */
		double flow_octets, flow_packets, octets_var, packets_var;
	} minute[CROSSCHECK_MINUTES];
};

/* OCTETS passed in the minute, in and out, by counters. */
void crosscheck_counters(struct crosscheck *c, int64_t begin_s, double octets);
/* SUM is what flows say of the minute, NULL: nothing passed. FRAMES: its octets are
 * those of whole frames. */
void crosscheck_flows(
    struct crosscheck *c, int64_t begin_s, const struct minute_sum *sum, bool frames);

struct crosscheck_result {
	enum if_check check;
	double factor, error; /* counters by flows; its standard error, by sampling */
	unsigned minutes;
};
/* As of NOW_S: of the hour before it. */
struct crosscheck_result crosscheck_judge(const struct crosscheck *c, int64_t now_s);

#endif
