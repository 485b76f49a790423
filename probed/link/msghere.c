#include "link/msghere.h"

#include <string.h>

void
msg_put_here(struct msg_out *out, const struct here *h)
{
	for (unsigned i = 0; i < 2; i++) {
		msg_put_addr(out, &h->gateway[i]);
		pack_u8(&out->pack, h->link[i]);
		pack_u32(&out->pack, h->interface[i]);
	}
	pack_u8(&out->pack, h->addresses);
	for (unsigned i = 0; i < h->addresses; i++) {
		msg_put_addr(out, &h->address[i].address);
		pack_u8(&out->pack, h->address[i].bits);
	}
	pack_u8(&out->pack, h->resolvers);
	for (unsigned i = 0; i < h->resolvers; i++)
		msg_put_addr(out, &h->resolver[i]);
}

static void
get_plain(struct msg_in *in, struct addr *a)
{
	msg_get_addr(in, a);
	if (a->sa.sa_family == AF_UNSPEC || addr_port(a) != 0)
		in->wire.bad = true;
}

int
msg_get_here(struct msg_in *in, struct here *h)
{
	struct wire *w = &in->wire;

	memset(h, 0, sizeof *h);
	for (unsigned i = 0; i < 2; i++) {
		int other = i == 0 ? AF_INET6 : AF_INET;

		msg_get_addr(in, &h->gateway[i]);
		h->link[i] = wire_u8(w);
		h->interface[i] = wire_u32(w);
		if (h->link[i] >= HERE_LINKS || h->gateway[i].sa.sa_family == other ||
		    (h->gateway[i].sa.sa_family != AF_UNSPEC &&
			addr_port(&h->gateway[i]) != 0))
			return -1;
	}
	h->addresses = wire_u8(w);
	if (h->addresses > HERE_ADDRESSES)
		return -1;
	for (unsigned i = 0; wire_ok(w) && i < h->addresses; i++) {
		struct here_address *own = &h->address[i];

		get_plain(in, &own->address);
		own->bits = wire_u8(w);
		if (own->bits > (own->address.sa.sa_family == AF_INET ? 32 : 128))
			w->bad = true;
	}
	h->resolvers = wire_u8(w);
	if (h->resolvers > HERE_RESOLVERS)
		return -1;
	for (unsigned i = 0; wire_ok(w) && i < h->resolvers; i++)
		get_plain(in, &h->resolver[i]);
	return msg_done(in);
}
