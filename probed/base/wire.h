/* Bounded big-endian reading and writing. Bytes from outside are read through a
 * struct wire only: it knows its end and remembers the first short read, after which
 * every read gives 0, so a decoder checks wire_ok() once where it matters. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
	const uint8_t *at, *end, *start;
	bool bad;
};

void wire_init(struct wire *w, const void *data, size_t len);
bool wire_ok(const struct wire *w);
size_t wire_left(const struct wire *w);
size_t wire_offset(const struct wire *w); /* bytes consumed */
uint8_t wire_u8(struct wire *w);
uint16_t wire_u16(struct wire *w);
uint32_t wire_u32(struct wire *w);
uint64_t wire_u64(struct wire *w);
int64_t wire_i64(struct wire *w);
double wire_f64(struct wire *w); /* IEEE 754 bits */
/* The next LEN bytes, borrowed; NULL and bad when there are fewer. */
const uint8_t *wire_bytes(struct wire *w, size_t len);
void wire_skip(struct wire *w, size_t len);
/* A window of the next LEN bytes; W moves behind it. Bad when there are fewer. */
struct wire wire_sub(struct wire *w, size_t len);

/* Writer over a caller's buffer; an overrun sets bad and writes nothing more. */
struct pack {
	uint8_t *start, *at, *end;
	bool bad;
};

void pack_init(struct pack *p, void *data, size_t size);
bool pack_ok(const struct pack *p);
size_t pack_len(const struct pack *p);
void pack_u8(struct pack *p, uint8_t v);
void pack_u16(struct pack *p, uint16_t v);
void pack_u32(struct pack *p, uint32_t v);
void pack_u64(struct pack *p, uint64_t v);
void pack_i64(struct pack *p, int64_t v);
void pack_f64(struct pack *p, double v);
void pack_bytes(struct pack *p, const void *data, size_t len);

#endif
