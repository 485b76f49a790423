/* What a victim's answers say of the attack on it (Moore, Voelker and Savage 2001;
 * Moore et al. 2006): how strong it is, how sure that is, and how much less would not
 * have been seen. IPv4 only: of 2^128 addresses none stands for the others. */
#ifndef INFER_BACKSCATTER_H
#define INFER_BACKSCATTER_H

#include <stdbool.h>
#include <stdint.h>

#include "infer/uniform.h"
#include "infer/victims.h"

#define BACKSCATTER_LEVEL 0.95 /* of intervals, and of what would have been seen */
/* What is confirmed: so many packets, in so long, so many of them in one minute, at so
 * many addresses. */
#define BACKSCATTER_PACKETS 25
#define BACKSCATTER_MS 60000
#define BACKSCATTER_MINUTE 30
#define BACKSCATTER_ADDRESSES 2

/* From COUNT answers that came to N quiet addresses in SECONDS, one of RATE packets
 * being looked at: answers per second of the victim to all of IPv4, if it is attacked
 * evenly from there; at least so many, since some never arrive. LOW and HIGH hold the
 * expectation with 95 %. N 0: HIGH is infinite. */
struct backscatter_estimate {
	double pps, low, high;
};
struct backscatter_estimate backscatter_estimate(
    uint64_t count, double seconds, uint64_t n, uint32_t rate);

/* The weakest attack of SECONDS of which N addresses see ATLEAST answers in 95 of 100
 * cases. */
double backscatter_smallest(
    double seconds, uint64_t n, uint32_t rate, uint64_t atleast);

enum backscatter_state {
	BACKSCATTER_NOISE,
	BACKSCATTER_SUSPECTED, /* 5 packets at 3 addresses */
	BACKSCATTER_CONFIRMED, /* 25 packets, 60 s, 30 packets in a minute, 2 addresses,
				* and nothing speaks against an even spread */
};
const char *backscatter_state_word(enum backscatter_state state); /* "confirmed" */

/* By the numbers of M and the test of its addresses. */
enum backscatter_state backscatter_state(
    const struct victim *m, enum uniform_verdict uniform);

struct backscatter {
	enum backscatter_state state;
	struct backscatter_estimate estimate;
	/* What was counted: distinct answers, or packets where repeats cannot be told
	 * (anything sampled): then the estimate is of packets, and an upper one of
	 * answers. Where packets were sampled differently, each stands for as many as
	 * its own sampling says; the interval holds that too, but not what two
	 * exporters both saw, which counts twice, nor the part of one that saw none. */
	bool packets;
	bool several; /* exporters told of it */
	uint64_t count;
	double seconds; /* in which they came, after the first */
	uint64_t n;	/* quiet addresses */
	uint32_t rate_min, rate; /* of sampling: the least and the greatest there was */
	bool rate_unknown;	 /* of some nobody said how it was sampled: as if not */
	enum uniform_verdict uniform;
	double a2;	    /* NAN: not tested */
	double smallest;    /* 25 packets of it, 95 % */
	enum response kind; /* the commonest */
};

/* Judge M by NOW_MS; of N quiet addresses its offsets are the ranks (space_rank()). */
struct backscatter backscatter_judge(
    const struct victim *m, int64_t now_ms, bool over, uint64_t n);

#endif
