/* The fields of NetFlow v9 and IPFIX that are read (IANA's IPFIX registry; RFC 5103 for
 * those of the way back), and the record that they are read into. */
#ifndef COLLECTOR_FIELD_H
#define COLLECTOR_FIELD_H

#include <stdbool.h>
#include <stdint.h>

enum field_kind {
	FIELD_NOTHING, /* passed over */
	FIELD_NUMBER,  /* unsigned, 1 to 8 bytes; of longer ones the last eight */
	FIELD_FLOAT,   /* 4 or 8 bytes */
	FIELD_IP4,
	FIELD_IP6,
	FIELD_MAC,
	FIELD_BYTES, /* borrowed from the datagram */
};

/* clang-format off */
/* Numbers first, then what has a place of its own. */
enum field_slot {
	F_OCTETS, F_PACKETS, F_OUT_OCTETS, F_OUT_PACKETS, F_TOTAL_OCTETS, F_TOTAL_PACKETS,
	F_FORWARD_OCTETS, F_FORWARD_PACKETS, F_ANSWER_OCTETS, F_ANSWER_PACKETS,
	F_REVERSE_OCTETS, F_REVERSE_PACKETS, F_REVERSE_TOTAL_OCTETS,
	F_REVERSE_TOTAL_PACKETS, F_REVERSE_FLAGS,
	F_DROPPED_OCTETS, F_DROPPED_PACKETS,
	F_PROTO, F_TOS, F_FLAGS, F_SPORT, F_DPORT, F_POST_SPORT, F_POST_DPORT,
	F_IN, F_OUT, F_PHYSICAL_IN, F_PHYSICAL_OUT,
	F_SRC_AS, F_DST_AS, F_SRC_LEN4, F_DST_LEN4, F_SRC_LEN6, F_DST_LEN6,
	F_FIRST, F_LAST, F_START_S, F_END_S, F_START_MS, F_END_MS, F_START_US, F_END_US,
	F_START_NS, F_END_NS, F_START_AGO, F_END_AGO, F_INIT_MS, F_DURATION,
	F_SEEN_S, F_SEEN_MS, F_SEEN_US, F_SEEN_NS,
	F_ICMP4, F_ICMP6, F_ICMP_TYPE4, F_ICMP_CODE4, F_ICMP_TYPE6, F_ICMP_CODE6,
	F_RATE, F_ALGORITHM, F_SAMPLER, F_SAMPLER_MODE, F_SAMPLER_RATE, F_SELECTOR,
	F_INTERVAL, F_SPACE, F_SIZE, F_POPULATION, F_PROBABILITY,
	F_DIRECTION, F_VLAN, F_OUT_VLAN, F_MIN_TTL, F_FRAGMENT, F_STATUS, F_END_REASON,
	F_EVENT, F_FLOW_ID, F_FLOWS, F_LABEL, F_ACTIVE, F_INACTIVE, F_FRAME_SIZE,
	FIELD_NUMBERS,
	F_SRC4 = FIELD_NUMBERS, F_DST4, F_SRC6, F_DST6, F_NEXT4, F_NEXT6,
	F_BGP_NEXT4, F_BGP_NEXT6, F_POST_SRC4, F_POST_DST4, F_POST_SRC6, F_POST_DST6,
	FIELD_IPS,
	F_SRC_MAC = FIELD_IPS, F_DST_MAC,
	FIELD_MACS,
	F_NAME = FIELD_MACS, F_FRAME, F_PACKET,
	FIELD_SLOTS,
	FIELD_SKIP = 255
};
/* clang-format on */

typedef struct {
	uint64_t bits[2];
} field_mask;
_Static_assert(FIELD_SLOTS <= 128, "a bit for each slot");

static inline bool
field_in(const field_mask *m, enum field_slot slot)
{
	return m->bits[slot / 64] >> slot % 64 & 1;
}

/* One record as it was read: what its template has not is not to be looked at. */
struct field_record {
	uint64_t number[FIELD_NUMBERS];
	uint8_t ip[FIELD_IPS - FIELD_NUMBERS][16];
	uint8_t mac[FIELD_MACS - FIELD_IPS][6];
	struct {
		const uint8_t *at;
		uint16_t len;
	} bytes[FIELD_SLOTS - FIELD_MACS];
};

/* What field ID of PEN (0: none; 29305: the way back) is. SCOPE: it is a scope of
 * NetFlow v9, which has numbers of its own. False when it is passed over. */
bool field_known(uint32_t pen, uint16_t id, bool scope, enum field_slot *slot,
    enum field_kind *kind);

#endif
