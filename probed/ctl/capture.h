/* Capture files (pcap, pcapng; libpcap reads them): their packets, and the UDP
 * datagrams in them. */
#ifndef CTL_CAPTURE_H
#define CTL_CAPTURE_H

#include "collector/decode.h"
#include "collector/packet.h"

/* What a file held beside datagrams. */
struct capture_count {
	unsigned long packets, datagrams;
	unsigned long cut;	 /* not captured whole: not decoded */
	unsigned long fragments; /* of IP: not put together */
	unsigned long others;	 /* no UDP */
};

/* Who takes what is in a file, in its order; NUMBER counts packets from 1. Any function
 * may be NULL. */
struct capture_sink {
	void *ctx;
	/* Every packet whose headers make sense, at AT_MS (epoch). */
	void (*packet)(void *ctx, const struct packet *p, int64_t at_ms);
	/* A UDP datagram that is there as a whole. */
	void (*datagram)(void *ctx, const struct datagram *d, unsigned long number);
};

/* Read FILE ("-": standard input). 0, or -1 with ERR; what came before the fault was
 * taken. */
int capture_read(const char *file, const struct capture_sink *sink,
    struct capture_count *count, struct err *err);

/* The packet P, seen AT_MS, as the flow F of HERE that it is by itself, of a packet
 * that was not sampled. CACHE: where it is not the first of a flow there, F says so;
 * NULL: it is not looked up. */
struct flowcache;
void capture_flow(const struct packet *p, int64_t at_ms, const struct exporter *here,
    struct flowcache *cache, struct flow *f);

#endif
