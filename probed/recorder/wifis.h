/* This host's radios, as the collector sees them: a file of each, a row a minute
 * (wifi.h); what they tell of themselves, for who judges; and which of them this host's
 * way out is by. */
#ifndef RECORDER_WIFIS_H
#define RECORDER_WIFIS_H

#include <stdbool.h>
#include <stdint.h>

#include "here.h"
#include "infer/finding.h"
#include "infer/verdict.h"
#include "link/msgwifi.h"

struct wifis_ops {
	/* To web, if it is there. */
	void (*tell)(void *ctx, const struct msg_wifi *m);
	/* How the radio does that leads out (infer/radio.h); OVER: that is not known
	 * any more. */
	void (*judge)(void *ctx, const struct infer_finding *f, bool over);
	/* What probes leave by, when that changes. */
	void (*medium)(void *ctx, enum verdict_medium medium);
	void (*trouble)(void *ctx, const char *text);
};

struct wifis;

/* OPS is borrowed. */
struct wifis *wifis_new(const struct wifis_ops *ops, void *ctx);
void wifis_free(struct wifis *w);
/* MSG_WIFI at NOW, epoch seconds. 0, or -1 when it is not to be believed. */
int wifis_message(struct wifis *w, struct msg_in *in, int64_t now);
/* The ways out are these now. While there are none, those before are remembered: a
 * radio that lost its access point has lost them with it. */
void wifis_here(struct wifis *w, const struct here *h);
/* Every few seconds: who is not told of any more is not known. */
void wifis_tick(struct wifis *w, int64_t now);
/* A new web hears of all. */
void wifis_tell(struct wifis *w);

#endif
