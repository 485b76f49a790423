#include "link/msgwifi.h"

#include <string.h>

#define WIDTH_MAX 10000 /* MHz; the widest of 60 GHz have 8640 */

void
msg_put_wifi(struct msg_out *out, const struct msg_wifi *m)
{
	pack_u8(&out->pack, m->sight);
	if (m->sight != WIFI_SEEN)
		return;
	pack_u8(&out->pack, m->leads);
	msg_str(out, m->wifi.name);
	pack_u32(&out->pack, m->wifi.index);
	pack_u8(&out->pack, m->wifi.linked);
	pack_u32(&out->pack, m->wifi.width);
	wifi_put_span(&out->pack, &m->wifi.span);
}

int
msg_get_wifi(struct msg_in *in, struct msg_wifi *m)
{
	struct wire *w = &in->wire;
	uint8_t leads, linked;

	memset(m, 0, sizeof *m);
	m->sight = wire_u8(w);
	if (m->sight >= WIFI_SIGHTS)
		return -1;
	if (m->sight != WIFI_SEEN)
		return msg_done(in);
	leads = wire_u8(w);
	msg_get_str(in, m->wifi.name, sizeof m->wifi.name);
	m->wifi.index = wire_u32(w);
	linked = wire_u8(w);
	m->wifi.width = wire_u32(w);
	wifi_get_span(w, &m->wifi.span);
	m->leads = leads == 1;
	m->wifi.linked = linked == 1;
	if (leads > 1 || linked > 1 || m->wifi.width > WIDTH_MAX ||
	    !wifi_name_fits(m->wifi.name))
		return -1;
	return msg_done(in);
}
