#include "link/msghops.h"

#include <string.h>

static void
put_hop(struct msg_out *out, const struct hop *h)
{
	struct pack *p = &out->pack;

	pack_u8(p, h->ttl);
	pack_u8(p, h->flags);
	pack_u8(p, h->why);
	pack_u8(p, h->reply_ttl);
	pack_u16(p, h->sent);
	pack_u16(p, h->answered);
	pack_i64(p, h->min_ns);
	pack_i64(p, h->median_ns);
	pack_i64(p, h->max_ns);
	pack_u8(p, h->addresses);
	for (unsigned i = 0; i < h->addresses; i++)
		msg_put_addr(out, &h->address[i]);
	pack_u8(p, h->labels);
	for (unsigned i = 0; i < h->labels; i++)
		pack_u32(p, h->label[i]);
}

void
msg_put_hops(struct msg_out *out, const struct hops *p)
{
	struct pack *pack = &out->pack;

	pack_u64(pack, p->target);
	msg_put_addr(out, &p->address);
	pack_u8(pack, p->method);
	pack_u8(pack, p->reason);
	pack_u8(pack, p->flags);
	pack_i64(pack, p->start_ns);
	pack_i64(pack, p->end_ns);
	pack_u8(pack, p->count);
	for (unsigned i = 0; i < p->count; i++)
		put_hop(out, &p->hop[i]);
}

/* Of answers there is a least, a middle and a greatest time; of none there is none. */
static bool
times_hold(const struct hop *h)
{
	if (h->answered == 0)
		return h->min_ns == -1 && h->median_ns == -1 && h->max_ns == -1;
	return h->min_ns >= 0 && h->min_ns <= h->median_ns && h->median_ns <= h->max_ns;
}

/* A hop of a way to an address of FAMILY, behind the one at BEFORE. */
static void
get_hop(struct msg_in *in, struct hop *h, unsigned before, int family)
{
	struct wire *w = &in->wire;

	h->ttl = wire_u8(w);
	h->flags = wire_u8(w);
	h->why = wire_u8(w);
	h->reply_ttl = wire_u8(w);
	h->sent = wire_u16(w);
	h->answered = wire_u16(w);
	h->min_ns = wire_i64(w);
	h->median_ns = wire_i64(w);
	h->max_ns = wire_i64(w);
	h->addresses = wire_u8(w);
	if (h->addresses > HOP_ADDRESSES)
		w->bad = true;
	for (unsigned i = 0; wire_ok(w) && i < h->addresses; i++) {
		msg_get_addr(in, &h->address[i]);
		if (h->address[i].sa.sa_family != family ||
		    addr_port(&h->address[i]) != 0)
			w->bad = true;
	}
	h->labels = wire_u8(w);
	if (h->labels > HOP_LABELS)
		w->bad = true;
	for (unsigned i = 0; wire_ok(w) && i < h->labels; i++)
		if ((h->label[i] = wire_u32(w)) >= 1u << 20)
			w->bad = true;
	if (h->ttl <= before || h->flags >= HOP_FLAGS || h->why >= PING_OUTCOMES ||
	    h->why == PING_OPEN || h->answered > h->sent || !times_hold(h) ||
	    (h->answered > 0 && h->addresses == 0))
		w->bad = true;
}

int
msg_get_hops(struct msg_in *in, struct hops *p)
{
	struct wire *w = &in->wire;
	unsigned before = 0;

	memset(p, 0, sizeof *p);
	p->target = wire_u64(w);
	msg_get_addr(in, &p->address);
	p->method = wire_u8(w);
	p->reason = wire_u8(w);
	p->flags = wire_u8(w);
	p->start_ns = wire_i64(w);
	p->end_ns = wire_i64(w);
	p->count = wire_u8(w);
	if (p->address.sa.sa_family == AF_UNSPEC || addr_port(&p->address) != 0 ||
	    p->method >= HOPS_METHODS || p->reason >= HOPS_REASONS ||
	    p->flags >= HOPS_FLAGS || p->start_ns < 0 || p->end_ns < p->start_ns ||
	    p->count > HOPS_MAX)
		return -1;
	for (unsigned i = 0; wire_ok(w) && i < p->count; i++) {
		get_hop(in, &p->hop[i], before, p->address.sa.sa_family);
		before = p->hop[i].ttl;
	}
	return msg_done(in);
}

void
msg_put_trace(struct msg_out *out, const struct msg_trace *t)
{
	pack_u64(&out->pack, t->target);
	pack_u8(&out->pack, t->reason);
}

int
msg_get_trace(struct msg_in *in, struct msg_trace *t)
{
	t->target = wire_u64(&in->wire);
	t->reason = wire_u8(&in->wire);
	if (t->reason != HOPS_BAD && t->reason != HOPS_ASKED)
		return -1;
	return msg_done(in);
}
