#include "base/wire.h"

#include <string.h>

void
wire_init(struct wire *w, const void *data, size_t len)
{
	w->start = w->at = data;
	w->end = w->start + len;
	w->bad = false;
}

bool
wire_ok(const struct wire *w)
{
	return !w->bad;
}

size_t
wire_left(const struct wire *w)
{
	return w->bad ? 0 : (size_t)(w->end - w->at);
}

size_t
wire_offset(const struct wire *w)
{
	return (size_t)(w->at - w->start);
}

const uint8_t *
wire_bytes(struct wire *w, size_t len)
{
	if (wire_left(w) < len || w->bad) {
		w->bad = true;
		return NULL;
	}
	const uint8_t *p = w->at;
	w->at += len;
	return p;
}

/* Big-endian integer of LEN bytes, 0 when they are not there. */
static uint64_t
wire_int(struct wire *w, size_t len)
{
	const uint8_t *p = wire_bytes(w, len);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
wire_u8(struct wire *w)
{
	return (uint8_t)wire_int(w, 1);
}

uint16_t
wire_u16(struct wire *w)
{
	return (uint16_t)wire_int(w, 2);
}

uint32_t
wire_u32(struct wire *w)
{
	return (uint32_t)wire_int(w, 4);
}

uint64_t
wire_u64(struct wire *w)
{
	return wire_int(w, 8);
}

int64_t
wire_i64(struct wire *w)
{
	return (int64_t)wire_int(w, 8);
}

double
wire_f64(struct wire *w)
{
	uint64_t bits = wire_int(w, 8);
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

void
wire_skip(struct wire *w, size_t len)
{
	(void)wire_bytes(w, len);
}

struct wire
wire_sub(struct wire *w, size_t len)
{
	struct wire sub;
	const uint8_t *p = wire_bytes(w, len);

	wire_init(&sub, p, p == NULL ? 0 : len);
	sub.bad = p == NULL;
	return sub;
}

void
pack_init(struct pack *p, void *data, size_t size)
{
	p->start = p->at = data;
	p->end = p->start + size;
	p->bad = false;
}

bool
pack_ok(const struct pack *p)
{
	return !p->bad;
}

size_t
pack_len(const struct pack *p)
{
	return (size_t)(p->at - p->start);
}

void
pack_bytes(struct pack *p, const void *data, size_t len)
{
	if (p->bad || (size_t)(p->end - p->at) < len) {
		p->bad = true;
		return;
	}
	if (len != 0)
		memcpy(p->at, data, len);
	p->at += len;
}

static void
pack_int(struct pack *p, uint64_t v, size_t len)
{
	uint8_t b[8];

	for (size_t i = len; i-- > 0; v >>= 8)
		b[i] = (uint8_t)v;
	pack_bytes(p, b, len);
}

void
pack_u8(struct pack *p, uint8_t v)
{
	pack_int(p, v, 1);
}

void
pack_u16(struct pack *p, uint16_t v)
{
	pack_int(p, v, 2);
}

void
pack_u32(struct pack *p, uint32_t v)
{
	pack_int(p, v, 4);
}

void
pack_u64(struct pack *p, uint64_t v)
{
	pack_int(p, v, 8);
}

void
pack_i64(struct pack *p, int64_t v)
{
	pack_int(p, (uint64_t)v, 8);
}

void
pack_f64(struct pack *p, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	pack_int(p, bits, 8);
}
