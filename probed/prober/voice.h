/* What a train of packets says about voice over the same path: variation of delay,
 * runs of loss, and a grade. Pure arithmetic.
 *
 * A grade needs packets as close to each other as voice has them. Pings that are
 * seconds apart show how a path changes, not how it treats a stream. */
#ifndef PROBER_VOICE_H
#define PROBER_VOICE_H

#include "config/train.h"

/* Of one train. Times in seconds. */
struct voice {
	unsigned count, lost; /* packets of which anything is known; lost by the path */
	double rtt;	      /* median; NAN when none came back */
	double ipdv_p95;      /* |D(i) - D(i-1)| of neighbours, RFC 3393 */
	double pdv_p95, pdv_p99; /* D(i) - D(least), RFC 5481 */
	double rtp_jitter;	 /* RFC 3550 6.4.1, at the end of the train */
	double jitter;		 /* mean of |D(i) - D(i-1)| */
	double buffer;		 /* of a receiver that adapts to this path */
	double too_late;	 /* share of the packets that came behind the buffer */
	unsigned longest;	 /* run of losses */
	/* Mean length of a run of losses, over the one that losses at random would have
	 * (ITU-T G.107): 1 is random, more comes in bursts. BURST of losses on the
	 * path, HEARD of those and of what came behind the buffer. */
	double burst, heard;
};

/* Measure a train of N packets sent GAP seconds apart. D holds their delays in seconds
 * in the order of sending, INFINITY for a lost one, NAN where nothing is known. Figures
 * for which there are too few packets are NAN. */
void voice_measure(struct voice *v, const double *d, unsigned n, double gap);

/* The E-model's transmission rating R, 0..93.2, narrowband with its default constants
 * (ITU-T G.107, delay as fitted by Cole and Rosenbluth): DELAY_MS from mouth to ear,
 * LOSS_PCT lost or too late, BURST as above (below 1 it counts as 1). */
double voice_r(enum train_codec codec, double delay_ms, double loss_pct, double burst);
/* The mean opinion score for R, 1..4.5 (G.107 Annex B). */
double voice_mos(double r);
/* R by the E-model for a train: half the RTT, the buffer and 25 ms of codec from mouth
 * to ear; what came behind the buffer is lost. 0 when nothing came back. */
double voice_grade(const struct voice *v, enum train_codec codec);
/* R by the shortcut that monitoring tools use: e = RTT + 2 jitter + 10 ms, R = 93.2 -
 * e/40 below 160 ms, else 93.2 - (e - 120)/10, less 2.5 per percent of loss. */
double voice_simple_r(double rtt_ms, double jitter_ms, double loss_pct);

#endif
