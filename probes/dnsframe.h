/* Messages behind their length of two bytes (RFC 1035 section 4.2.2), collected from
 * what a connection gives, however it is cut. */
#ifndef PROBES_DNSFRAME_H
#define PROBES_DNSFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: empty. */
struct dnsframe {
	uint8_t *data; /* the length, and what came of the message */
	size_t len, room;
};

/* Take of the *LEN bytes at *DATA what the frame lacks; both move behind it. True when
 * it is complete: dnsframe_message() tells until the next call, which begins anew. No
 * more memory is taken than bytes came. */
bool dnsframe_take(struct dnsframe *f, const uint8_t **data, size_t *len);
/* The message of a complete frame, of *SIZE bytes, borrowed. */
const uint8_t *dnsframe_message(const struct dnsframe *f, size_t *size);
void dnsframe_free(struct dnsframe *f);

#endif
