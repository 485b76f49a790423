/* What a load test says of a line: how fast, and how long others wait meanwhile. Pure. */
#ifndef INFER_LOAD_H
#define INFER_LOAD_H

#include <stddef.h>

/* Some lines carry more for the first seconds than for ever ("power boost"). */
#define LOAD_BURST_S 5
/* So much must follow for a sustained rate. */
#define LOAD_SUSTAINED_MIN_S 1

struct load_sample {
	double s;     /* seconds, ascending */
	double bytes; /* so far */
};

struct load_rates {
	double burst_bps;     /* bit/s from the first byte on, LOAD_BURST_S at most */
	double sustained_bps; /* behind that; NAN where it was not long enough */
	double seconds;	      /* from the first byte to the last sample */
};
/* All NAN (0 seconds) where nothing came. */
void load_rates(const struct load_sample *sample, size_t n, struct load_rates *r);

/* A fresh connection, in seconds; a step that there was not is NAN. */
struct load_fresh {
	double tcp, tls, http; /* handshakes, and from the request to its answer */
};
/* The Q-quantile of the TCP handshakes among the N; NAN when N is 0. */
double load_rtt(const struct load_fresh *f, size_t n, double q);
/* Round trips per minute as a fresh connection has them: 60 s by the mean of the steps of
 * each, of these the mean without the slowest 5 %. It is the part of
 * draft-ietf-ippm-responsiveness that needs no connection of the load itself, and its
 * trimmed mean (not the 90th percentile of some clients). NAN when N is 0. */
double load_rpm(const struct load_fresh *f, size_t n);
#define LOAD_RPM_FORM "fresh connections, trimmed mean"

/* "A+" to "F" by how many seconds others wait longer under load, the mean of both
 * directions: 5, 30, 60, 200 and 400 ms. "" when that is NAN. */
const char *load_grade(double added_s);

#endif
