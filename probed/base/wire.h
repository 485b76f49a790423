/* Bounded big-endian reading and writing. Bytes from outside are read through a
 * struct wire only: it knows its end and remembers the first short read, after which
 * every read gives 0, so a decoder checks wire_ok() once where it matters. Reading is
 * inline: decoders of flows do little else. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wire {
	const uint8_t *at, *end, *start;
	bool bad;
};

static inline void
wire_init(struct wire *w, const void *data, size_t len)
{
	static const uint8_t nothing[1];

	/* Nothing may come as NULL, from which not even nothing can be counted. */
	if (data == NULL) {
		data = nothing;
		len = 0;
	}
	w->start = w->at = data;
	w->end = w->start + len;
	w->bad = false;
}

static inline bool
wire_ok(const struct wire *w)
{
	return !w->bad;
}

static inline size_t
wire_left(const struct wire *w)
{
	return w->bad ? 0 : (size_t)(w->end - w->at);
}

/* Bytes consumed. */
static inline size_t
wire_offset(const struct wire *w)
{
	return (size_t)(w->at - w->start);
}

/* The next LEN bytes, borrowed; NULL and bad when there are fewer. */
static inline const uint8_t *
wire_bytes(struct wire *w, size_t len)
{
	const uint8_t *p = w->at;

	if (w->bad || (size_t)(w->end - p) < len) {
		w->bad = true;
		return NULL;
	}
	w->at = p + len;
	return p;
}

static inline uint8_t
wire_u8(struct wire *w)
{
	const uint8_t *p = wire_bytes(w, 1);

	return p == NULL ? 0 : *p;
}

static inline uint16_t
wire_u16(struct wire *w)
{
	const uint8_t *p = wire_bytes(w, sizeof(uint16_t));
	uint16_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof v);
	return be16toh(v);
}

static inline uint32_t
wire_u32(struct wire *w)
{
	const uint8_t *p = wire_bytes(w, sizeof(uint32_t));
	uint32_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof v);
	return be32toh(v);
}

static inline uint64_t
wire_u64(struct wire *w)
{
	const uint8_t *p = wire_bytes(w, sizeof(uint64_t));
	uint64_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof v);
	return be64toh(v);
}

static inline int64_t
wire_i64(struct wire *w)
{
	return (int64_t)wire_u64(w);
}

double wire_f64(struct wire *w); /* IEEE 754 bits */

static inline void
wire_skip(struct wire *w, size_t len)
{
	(void)wire_bytes(w, len);
}

/* A window of the next LEN bytes; W moves behind it. Bad when there are fewer. */
static inline struct wire
wire_sub(struct wire *w, size_t len)
{
	struct wire sub;
	const uint8_t *p = wire_bytes(w, len);

	wire_init(&sub, p, p == NULL ? 0 : len);
	sub.bad = p == NULL;
	return sub;
}

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
