#include "link/msgflight.h"

#define HEAD (8 + 8 + 2 + 2) /* bytes before the pings */

bool
msg_put_flight(struct msg_out *out, const struct msg_flight *f)
{
	struct pack *p = &out->pack;

	if ((size_t)(p->end - p->at) < HEAD + f->sent * sizeof f->ping[0])
		return false;
	pack_u64(p, f->target);
	pack_i64(p, f->begin_ns);
	pack_u16(p, f->count);
	pack_u16(p, f->sent);
	for (unsigned i = 0; i < f->sent; i++)
		pack_u32(p, f->ping[i]);
	return true;
}

int
msg_get_flight(struct msg_in *in, struct msg_flight *f)
{
	struct wire *w = &in->wire;

	if (wire_ok(w) && wire_left(w) == 0)
		return 0;
	f->target = wire_u64(w);
	f->begin_ns = wire_i64(w);
	f->count = wire_u16(w);
	f->sent = wire_u16(w);
	if (!wire_ok(w) || f->begin_ns < 0 || f->count > ROUND_MAX_PINGS ||
	    f->sent == 0 || f->sent > f->count)
		return -1;
	for (unsigned i = 0; i < f->sent; i++)
		f->ping[i] = wire_u32(w);
	return wire_ok(w) ? 1 : -1;
}
