/* TCP without memory: everything that an answer needs stands in the segment that asks.
 * A connection opens, one request of one segment is answered by one page, it closes. */
#include "t/sim/sim.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/wire.h"

#define MSS 1400
#define MAX_SEGMENTS 40
#define HEADER 256

enum {
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16
};

struct segment {
	uint16_t from, to;
	uint32_t seq, ack;
	uint8_t flags;
	uint32_t stamp; /* TSval, 0: none */
	const uint8_t *data;
	size_t len;
};

/* The value of the time stamp among the options in W; 0: there is none. */
static uint32_t
read_stamp(struct wire w)
{
	while (wire_ok(&w) && wire_left(&w) > 0) {
		uint8_t kind = wire_u8(&w);
		if (kind == 0)
			break;
		if (kind == 1)
			continue;
		uint8_t len = wire_u8(&w);
		if (kind == 8 && len == 10)
			return wire_u32(&w);
		wire_skip(&w, len < 2 ? SIZE_MAX : len - 2U);
	}
	return 0;
}

static int
read_segment(struct segment *s, const struct request *r)
{
	struct wire w;

	wire_init(&w, r->data, r->len);
	s->from = wire_u16(&w);
	s->to = wire_u16(&w);
	s->seq = wire_u32(&w);
	s->ack = wire_u32(&w);
	size_t head = (wire_u8(&w) >> 4) * 4U;
	s->flags = wire_u8(&w);
	if (!wire_ok(&w) || head < 20 || head > r->len)
		return -1;
	wire_skip(&w, 6);
	s->stamp = r->does->stamps ? read_stamp(wire_sub(&w, head - 20)) : 0;
	s->data = r->data + head;
	s->len = r->len - head;
	return 0;
}

static bool
is_open(const struct request *r, uint16_t port)
{
	for (unsigned i = 0; i < 4; i++)
		if (r->does->tcp == SIM_TCP_OPEN && port != 0 &&
		    r->does->port[i] == port)
			return true;
	return false;
}

/* Our first sequence number: the same for a repeated SYN. */
static uint32_t
first_seq(const struct request *r, const struct segment *s)
{
	struct dice d = { .state = (uint64_t)r->host << 32 | s->from };

	return (uint32_t)dice_bits(&d);
}

bool
tcp_is_reset(const struct request *r)
{
	struct segment s;

	return read_segment(&s, r) == 0 && (s.flags & SYN) != 0 && !is_open(r, s.to);
}

static size_t
page_header(const struct request *r, char *buf)
{
	return (size_t)snprintf(buf, HEADER,
	    "HTTP/1.0 %u Simulated\r\nContent-Type: text/plain\r\n"
	    "Content-Length: %u\r\nConnection: close\r\n\r\n",
	    r->does->http, r->does->body);
}

static size_t
page_len(const struct request *r)
{
	char header[HEADER];

	return page_header(r, header) + r->does->body;
}

/* Bytes AT..AT+LEN of the page. */
static void
page_bytes(const struct request *r, size_t at, uint8_t *out, size_t len)
{
	char header[HEADER];
	size_t head = page_header(r, header);

	for (size_t i = 0; i < len; i++, at++)
		out[i] =
		    at < head ? (uint8_t)header[at] : (uint8_t)('a' + (at - head) % 26);
}

unsigned
tcp_read(const struct request *r)
{
	struct segment s;

	if (read_segment(&s, r) != 0 || (s.flags & RST) != 0 ||
	    r->does->tcp == SIM_TCP_SILENT)
		return 0;
	if ((s.flags & (SYN | FIN)) != 0 || s.len == 0)
		return (s.flags & (SYN | FIN)) != 0;
	if (r->does->http == 0)
		return 1;
	size_t count = (page_len(r) + MSS - 1) / MSS;
	return count > MAX_SEGMENTS ? MAX_SEGMENTS : (unsigned)count;
}

static void
put_segment(struct answer *a, const struct segment *s, uint32_t seq, uint32_t ack,
    uint8_t flags)
{
	struct pack p;

	pack_init(&p, a->data, sizeof a->data);
	pack_u16(&p, s->to);
	pack_u16(&p, s->from);
	pack_u32(&p, seq);
	pack_u32(&p, ack);
	size_t words = 5 + ((flags & SYN) != 0) + (s->stamp != 0 ? 3 : 0);
	pack_u8(&p, (uint8_t)(words << 4));
	pack_u8(&p, flags);
	pack_u16(&p, (flags & RST) != 0 ? 0 : 65535);
	pack_u32(&p, 0);
	if ((flags & SYN) != 0)
		pack_u32(&p, 0x02040000 | MSS);
	if (s->stamp != 0) {
		pack_u32(&p, 0x0101080a);
		pack_u32(&p, 1); /* ours stands still */
		pack_u32(&p, s->stamp);
	}
	a->len = pack_len(&p);
}

void
tcp_segment(const struct request *r, unsigned k, struct answer *a)
{
	struct segment s;

	if (read_segment(&s, r) != 0)
		return;
	uint32_t next = s.seq + (uint32_t)s.len + ((s.flags & (SYN | FIN)) != 0);
	if ((s.flags & SYN) != 0) {
		bool open = is_open(r, s.to);
		put_segment(a, &s, open ? first_seq(r, &s) : 0, next,
		    open ? SYN | ACK : RST | ACK);
		return;
	}
	if ((s.flags & FIN) != 0 || r->does->http == 0) {
		put_segment(a, &s, s.ack, next, ACK);
		return;
	}
	size_t all = page_len(r), at = (size_t)k * MSS;
	size_t len = all - at < MSS ? all - at : MSS;
	bool last = at + len == all;
	put_segment(
	    a, &s, s.ack + (uint32_t)at, next, (uint8_t)(ACK | PSH | (last ? FIN : 0)));
	page_bytes(r, at, a->data + a->len, len);
	a->len += len;
}
