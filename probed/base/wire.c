#include "base/wire.h"

#include <string.h>

double
wire_f64(struct wire *w)
{
	uint64_t bits = wire_u64(w);
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
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
