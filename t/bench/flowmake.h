/* Datagrams of flows whose sums are known. They are made beforehand; only their heads
 * change from one sending to the next. */
#ifndef BENCH_FLOWMAKE_H
#define BENCH_FLOWMAKE_H

#include <stddef.h>
#include <stdint.h>

#define FLOWMAKE_MAX 1500

enum flowmake_protocol {
	FLOWMAKE_V5,
	FLOWMAKE_V9,
	FLOWMAKE_IPFIX,
	FLOWMAKE_SFLOW,
	FLOWMAKE_PROTOCOLS
};

struct flowmake_how {
	enum flowmake_protocol protocol;
	uint32_t keys; /* different 5-tuples */
	uint32_t sampling;
};

struct flowmake {
	uint8_t data[FLOWMAKE_MAX];
	uint16_t len;
	uint16_t records;	  /* 0: it holds templates */
	uint32_t octets, packets; /* of its records together, unscaled */
};

/* Records of one datagram, and bytes before the first. */
unsigned flowmake_records(const struct flowmake_how *how);
size_t flowmake_head_size(const struct flowmake_how *how);

/* The flows of the keys from KEY on, without a head; M zeroed. */
void flowmake(struct flowmake *m, const struct flowmake_how *how, uint32_t key);
/* The template that v9 and IPFIX need. */
void flowmake_template(struct flowmake *m, const struct flowmake_how *how);
/* The head, as AGENT sends it at NOW_S; SEQUENCE is its own, and moves on. */
void flowmake_head(struct flowmake *m, const struct flowmake_how *how, uint32_t agent,
    uint32_t *sequence, uint32_t now_s);

#endif
