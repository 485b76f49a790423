/* How a radio does: what it tells of itself over two minutes, as a finding that the
 * verdict cites (infer/verdict.h). It is no finding of its own: a weak signal that
 * harms nobody is nobody's concern.
 *
 * Pure; times are the caller's. */
#ifndef INFER_RADIO_H
#define INFER_RADIO_H

#include "infer/finding.h"
#include "wifi.h"

#define RADIO_KIND "wifi"
/* Bounds of a bad one. Designs for voice ask for -67 dBm at the edge of a cell, for
 * fewer than 20 % retransmissions and at most 1 % loss (Cisco, Unified Wireless IP
 * Phone 7925G Deployment Guide); a signal is called bad 8 dB below that. */
#define RADIO_SIGNAL (-75.0)
#define RADIO_RETRIES 0.20
#define RADIO_FAILED 0.01
#define RADIO_SPANS 12 /* that are looked at together */

struct radio {
	char name[WIFI_NAME];
	struct wifi_span ring[RADIO_SPANS];
	unsigned spans; /* ever */
	unsigned out;	/* spans in a row without an access point */
	bool gone;
};

/* Zeroed, it knows nothing. Take what was seen last of it; a whole minute says nothing
 * new. */
void radio_take(struct radio *r, const struct wifi *w);
/* The interface is there no more. */
void radio_gone(struct radio *r);
/* What is to be said of it: F's cause is "signal", "retries", "failed" or "unlinked",
 * or
 * "", with CONFIDENCE_NONE, while it is fine. Its sentence has no full stop: it becomes
 * a part of another one. */
void radio_tell(const struct radio *r, struct infer_finding *f);

#endif
