/* STAMP on the wire: test packets of sender and reflector (RFC 8762 section 4), plain
 * or with an HMAC, their session id (RFC 8972 section 3), and what else may follow. */
#ifndef PROBES_STAMPWIRE_H
#define PROBES_STAMPWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_PORT 862
#define STAMP_PLAIN 44	 /* octets of a packet, both ways */
#define STAMP_SEALED 112 /* with an HMAC */
#define STAMP_MAX 1500	 /* more is not sent and not answered */
#define STAMP_KEY_MAX 256

/* A key for the authenticated mode; LEN 0: the plain mode. */
struct stamp_key {
	uint16_t len;
	uint8_t octets[STAMP_KEY_MAX];
};

/* What a sender's packet says. Stamps are as on the wire. */
struct stamp_question {
	uint32_t seq;
	uint64_t sent;
	uint16_t error, ssid;
};

/* What a reflector's packet says. */
struct stamp_answer {
	uint32_t seq; /* its own where it is stateful, else the sender's */
	uint64_t sent, received;
	uint16_t error, ssid;
	struct stamp_question asked; /* without its ssid */
	uint8_t ttl;		     /* of the question, as it came */
};

enum stamp_verdict {
	STAMP_GOOD,
	STAMP_SHORT,  /* no packet of this mode */
	STAMP_FORGED, /* its HMAC is not by our key */
};

/* --- stamps ---------------------------------------------------------------------- */

/* Error estimates: S, the clock is synchronised; Z, the stamp is PTP's and not NTP's.
 * The rest is a scale and a multiplier, which must not be 0 (RFC 4656 4.1.2). */
#define STAMP_SYNCED 0x8000
#define STAMP_PTP 0x4000
#define STAMP_ERROR_1MS 0x1601 /* 2^22 / 2^32 s */

/* WALL_NS (since 1970) as an NTP stamp: 32 bits of seconds since 1900, 32 of fraction.
 */
uint64_t stamp_from_ns(int64_t wall_ns);
/* Nanoseconds since 1970 of STAMP, in the form that ERROR tells, in the era that is
 * nearest to NEAR_NS. */
int64_t stamp_to_ns(uint64_t stamp, uint16_t error, int64_t near_ns);

/* --- packets --------------------------------------------------------------------- */

/* Write a question into BUF, padded to SIZE octets (RFC 8972 4.1; at most STAMP_MAX).
 * Returns its length: SIZE, or what the mode needs at least. */
size_t stamp_write_question(uint8_t buf[STAMP_MAX], size_t size,
    const struct stamp_question *q, const struct stamp_key *key);
enum stamp_verdict stamp_read_question(struct stamp_question *q, const void *data,
    size_t len, const struct stamp_key *key);

/* Make the LEN octets of a question in BUF, which stamp_read_question() found good, the
 * answer A: as long as the question. Of what follows the base packet, padding comes
 * back as it is and all else is marked as not understood (RFC 8972 section 4). */
void stamp_write_answer(uint8_t *buf, size_t len, const struct stamp_answer *a,
    const struct stamp_key *key);
enum stamp_verdict stamp_read_answer(
    struct stamp_answer *a, const void *data, size_t len, const struct stamp_key *key);

#endif
