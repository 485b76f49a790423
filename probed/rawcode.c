#include "rawcode.h"

#include <math.h>
#include <string.h>

#include "base/wire.h"

#define STAMP_SHIFT 6

uint32_t
rawcode_crc(const uint8_t *data, size_t len)
{
	static uint32_t table[256];
	uint32_t crc = ~0U;

	if (table[1] == 0)
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;
			for (int bit = 0; bit < 8; bit++)
				c = (c & 1) != 0 ? c >> 1 ^ 0xedb88320 : c >> 1;
			table[i] = c;
		}
	for (size_t i = 0; i < len; i++)
		crc = table[(crc ^ data[i]) & 0xff] ^ crc >> 8;
	return ~crc;
}

static bool
has_rtt(uint8_t outcome)
{
	return outcome == PING_ANSWERED || outcome == PING_LATE;
}

static void
put_number(struct pack *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		pack_u8(p, (uint8_t)(v | 0x80));
	pack_u8(p, (uint8_t)v);
}

static uint64_t
get_number(struct wire *w)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint8_t byte = wire_u8(w);
		v |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return v;
	}
	w->bad = true; /* more than 63 bits */
	return 0;
}

size_t
rawcode_put(uint8_t *buf, const struct round *r)
{
	struct pack body, head;
	const uint8_t *address = NULL;
	unsigned address_len = 0;

	if (r->address.sa.sa_family != AF_UNSPEC)
		address = addr_bytes(&r->address, &address_len);
	pack_init(&body, buf + RAWCODE_HEAD, RAWCODE_MAX);
	pack_u64(&body, r->target);
	pack_i64(&body, r->row);
	pack_i64(&body, r->begin_ns);
	pack_i64(&body, r->end_ns);
	pack_u32(&body, r->step);
	pack_u16(&body, r->count);
	pack_u8(&body, r->state);
	pack_u8(&body, r->cause);
	pack_u8(&body, r->suspect);
	pack_u8(&body, (uint8_t)address_len);
	pack_bytes(&body, address, address_len);
	pack_u16(&body, r->duplicates);
	pack_u16(&body, r->late);
	pack_u16(&body, r->forged);
	pack_u16(&body, r->wrong_source);
	pack_u16(&body, r->truncated);
	for (unsigned i = 0; i < r->count; i++) {
		const struct ping *ping = &r->ping[i];
		pack_u8(&body, (uint8_t)(ping->outcome | ping->stamp << STAMP_SHIFT));
		if (has_rtt(ping->outcome))
			put_number(
			    &body, ping->rtt_ns < 0 ? 0 : (uint64_t)ping->rtt_ns);
	}
	pack_u16(&body, r->reordered);
	pack_u16(&body, r->ttl_changes);
	pack_u8(&body, r->ttl);
	pack_u8(&body, r->extras);
	for (unsigned i = 0; i < r->extras; i++) {
		pack_u8(&body, r->extra[i].kind);
		pack_f64(&body, r->extra[i].value);
	}
	size_t len = pack_len(&body);
	pack_init(&head, buf, RAWCODE_HEAD);
	pack_u32(&head, (uint32_t)len);
	pack_u32(&head, rawcode_crc(buf + RAWCODE_HEAD, len));
	return RAWCODE_HEAD + len;
}

uint64_t
rawcode_peek(const uint8_t *body, int64_t *end_ns)
{
	struct wire w;

	wire_init(&w, body, RAWCODE_MIN);
	uint64_t target = wire_u64(&w);
	wire_skip(&w, 16);
	*end_ns = wire_i64(&w);
	return target;
}

static void
get_address(struct wire *w, struct addr *a)
{
	unsigned len = wire_u8(w);
	const uint8_t *bytes = wire_bytes(w, len);

	memset(a, 0, sizeof *a);
	if (bytes == NULL || len == 0) {
		a->sa.sa_family = AF_UNSPEC;
	} else if (len == 4) {
		a->v4.sin_family = AF_INET;
		memcpy(&a->v4.sin_addr, bytes, 4);
	} else if (len == 16) {
		a->v6.sin6_family = AF_INET6;
		memcpy(&a->v6.sin6_addr, bytes, 16);
	} else {
		w->bad = true;
	}
}

static void
get_ping(struct wire *w, struct ping *ping)
{
	uint8_t byte = wire_u8(w);

	ping->outcome = byte & ((1U << STAMP_SHIFT) - 1);
	ping->stamp = byte >> STAMP_SHIFT;
	ping->rtt_ns = has_rtt(ping->outcome) ? (int64_t)get_number(w) : -1;
	if (ping->outcome >= PING_OUTCOMES || ping->stamp >= STAMP_KINDS)
		w->bad = true;
}

/* What stands behind the pings; nothing in rings of the first version. */
static void
get_rest(struct wire *w, struct round *r)
{
	r->reordered = r->ttl_changes = 0;
	r->ttl = r->extras = 0;
	if (wire_left(w) == 0)
		return;
	r->reordered = wire_u16(w);
	r->ttl_changes = wire_u16(w);
	r->ttl = wire_u8(w);
	r->extras = wire_u8(w);
	if (r->extras > ROUND_MAX_EXTRAS)
		w->bad = true;
	for (unsigned i = 0; wire_ok(w) && i < r->extras; i++) {
		r->extra[i].kind = wire_u8(w);
		r->extra[i].value = wire_f64(w);
		if (r->extra[i].kind >= EXTRAS || !isfinite(r->extra[i].value))
			w->bad = true;
	}
}

int
rawcode_get(const uint8_t *body, size_t len, struct round *r)
{
	struct wire w;

	wire_init(&w, body, len);
	r->target = wire_u64(&w);
	r->row = wire_i64(&w);
	r->begin_ns = wire_i64(&w);
	r->end_ns = wire_i64(&w);
	r->step = wire_u32(&w);
	r->count = wire_u16(&w);
	r->state = wire_u8(&w);
	r->cause = wire_u8(&w);
	r->suspect = wire_u8(&w) != 0;
	get_address(&w, &r->address);
	r->duplicates = wire_u16(&w);
	r->late = wire_u16(&w);
	r->forged = wire_u16(&w);
	r->wrong_source = wire_u16(&w);
	r->truncated = wire_u16(&w);
	if (!wire_ok(&w) || r->count < 1 || r->count > ROUND_MAX_PINGS ||
	    r->state > ROUND_UNKNOWN || r->cause >= PING_OUTCOMES)
		return -1;
	for (unsigned i = 0; i < r->count; i++)
		get_ping(&w, &r->ping[i]);
	get_rest(&w, r);
	return wire_ok(&w) && wire_left(&w) == 0 ? 0 : -1;
}
