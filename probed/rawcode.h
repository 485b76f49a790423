/* The bytes of one round in the raw ring; rawring.h has the format. */
#ifndef RAWCODE_H
#define RAWCODE_H

#include <stddef.h>
#include <stdint.h>

#include "round.h"

#define RAWCODE_HEAD 8				/* length, CRC */
#define RAWCODE_MIN 53				/* no address, one ping */
#define RAWCODE_MAX (74 + ROUND_MAX_PINGS * 10 + ROUND_MAX_EXTRAS * 9) /* body */

/* CRC-32 as of zip. */
uint32_t rawcode_crc(const uint8_t *data, size_t len);
/* Write R as a record to BUF, which has RAWCODE_HEAD + RAWCODE_MAX bytes. Returns its
 * length. */
size_t rawcode_put(uint8_t *buf, const struct round *r);
/* Target and end of a body of at least RAWCODE_MIN bytes. */
uint64_t rawcode_peek(const uint8_t *body, int64_t *end_ns);
/* Read a body. 0, or -1 when it is none. */
int rawcode_get(const uint8_t *body, size_t len, struct round *r);

#endif
