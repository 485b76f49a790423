/* Interface counters as devices tell them, at whatever times, into what passed in each
 * minute. Counters run over (32 bits do so every 34 s at 1 Gbit/s), begin anew with a
 * reboot, and are not heard of for a while: what cannot be known is left out, never
 * guessed, and each minute says how much of it is known. */
#ifndef COLLECTOR_IFCOUNT_H
#define COLLECTOR_IFCOUNT_H

#include "collector/decode.h"
#include "link/msgif.h"

#define IFCOUNT_MAX 8192 /* interfaces; those of one device: */
#define IFCOUNT_DEVICE_MAX 2048
/* Of a guest, who sends sFlow and is not on the list of allowed senders, and of all
 * guests: they leave room for who is. */
#define IFCOUNT_GUEST_MAX 512
#define IFCOUNT_GUESTS_MAX (IFCOUNT_MAX / 2)
/* Longer between two samples is a gap: nothing of it is known. */
#define IFCOUNT_GAP_MS (10 * 60 * 1000)
/* One that is not heard of for so long is forgotten. */
#define IFCOUNT_KEEP_MS (60 * 60 * 1000)

/* Counters as they stand, each of its own width. */
enum ifcount_raw {
	RAW_OCTETS,
	RAW_UNICAST,
	RAW_MULTICAST,
	RAW_BROADCAST,
	RAW_DISCARDS,
	RAW_ERRORS,
	RAWS
};

struct ifcount_sample {
	struct if_key key;
	enum if_source source;
	bool guest;		     /* who tells is not named by the operator */
	int64_t time_ms;	     /* when it was told, epoch */
	uint64_t raw[RAWS][IF_WAYS]; /* UINT64_MAX: it does not count that */
	uint8_t bits[RAWS];	     /* 32, 64 */
	/* Since when it counts: the device's uptime, as it runs over in 32 bits. */
	bool has_uptime;
	uint32_t uptime, uptime_per_s; /* units a second: 1000, 100, 1 */
	uint64_t discontinuity;	       /* another value: the counters began anew */
	const struct if_names *names;  /* borrowed for the call */
};

struct ifcount;
/* EMIT is called for every span that is complete: of whole minutes, in their order,
 * and of what lies between the last two samples. */
struct ifcount *ifcount_new(
    void (*emit)(void *ctx, const struct msg_ifcounters *m), void *ctx);
void ifcount_free(struct ifcount *t);

/* A sample came: what counters grew by since the last one is emitted. */
void ifcount_take(struct ifcount *t, const struct ifcount_sample *s);
/* The same of a counter sample of sFlow; one of no interface is passed over. */
void ifcount_sflow(struct ifcount *t, const struct flow_counters *c);
/* An exporter of flows says what its interface is called: that is given out, too, as a
 * span in which nothing is known. */
void ifcount_name(struct ifcount *t, const struct if_key *key, const char *name);

/* Give out minutes that nothing more will come to, forget what was not heard of. */
void ifcount_sweep(struct ifcount *t, int64_t now_ms);

/* Its totals; pollers is left as it is. */
void ifcount_totals(const struct ifcount *t, struct msg_iftotals *totals);

#endif
