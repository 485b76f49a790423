#include "link/msgpath.h"

#include "link/msghops.h"

void
msg_put_path(struct msg_out *out, const struct msg_path *p)
{
	pack_i64(&out->pack, p->since);
	pack_i64(&out->pack, p->seen);
	pack_u32(&out->pack, p->changes);
	msg_put_hops(out, &p->way);
}

int
msg_get_path(struct msg_in *in, struct msg_path *p)
{
	p->since = wire_i64(&in->wire);
	p->seen = wire_i64(&in->wire);
	p->changes = wire_u32(&in->wire);
	if (p->since < 0 || p->seen < p->since)
		in->wire.bad = true;
	return msg_get_hops(in, &p->way);
}
