#include "link/msgvictim.h"

#include <string.h>

void
msg_put_victim(struct msg_out *out, const struct msg_victim *v)
{
	const struct victim *m = &v->victim;
	struct pack *p = &out->pack;

	pack_i64(p, v->now_ms);
	pack_u8(p, v->over);
	pack_u64(p, v->quiet);
	flow_ip_put(p, &m->address);
	pack_i64(p, m->first_ms);
	pack_i64(p, m->last_ms);
	pack_i64(p, m->lag_ms);
	for (unsigned i = 0; i < RESPONSE_KINDS; i++)
		pack_u64(p, m->kind[i]);
	pack_u64(p, m->packets);
	pack_u64(p, m->octets);
	pack_u64(p, m->responses);
	pack_u64(p, m->quiet);
	pack_f64(p, m->stand);
	pack_f64(p, m->stand_squares);
	pack_f64(p, m->stand_first);
	pack_u64(p, m->addresses);
	pack_u64(p, m->quiet_addresses);
	pack_u64(p, m->minute_max);
	pack_u32(p, m->rate_min);
	pack_u32(p, m->rate_max);
	pack_u8(p, m->rate_unknown);
	pack_u8(p, m->several);
	pack_u8(p, m->ttl_min);
	pack_u8(p, m->ttl_max);
	for (unsigned i = 0; i < VICTIM_PORTS; i++) {
		pack_u16(p, m->port[i].port);
		pack_u64(p, m->port[i].packets);
	}
	pack_u16(p, (uint16_t)m->offsets);
	for (unsigned i = 0; i < m->offsets; i++)
		pack_u32(p, m->offset[i]);
}

/* Are the sums of what was seen those of packets of M's sampling? They are rounded. */
static bool
can_be(const struct victim *m)
{
	const double most = (double)m->rate_max * (1 + 1e-9), quiet = (double)m->quiet;

	return m->quiet == 0
		   ? m->stand == 0 && m->stand_squares == 0 && m->stand_first == 0
		   : m->stand >= quiet * (1 - 1e-9) && m->stand <= quiet * most &&
			 m->stand_squares >= m->stand * (1 - 1e-9) &&
			 m->stand_squares <= m->stand * most && m->stand_first >= 1 &&
			 m->stand_first <= m->stand * (1 + 1e-9);
}

int
msg_get_victim(struct msg_in *in, struct msg_victim *v)
{
	struct victim *m = &v->victim;
	struct wire *w = &in->wire;

	memset(v, 0, sizeof *v);
	v->now_ms = wire_i64(w);
	uint8_t over = wire_u8(w);
	v->over = over == 1;
	v->quiet = wire_u64(w);
	flow_ip_get(w, &m->address);
	m->first_ms = wire_i64(w);
	m->last_ms = wire_i64(w);
	m->lag_ms = wire_i64(w);
	for (unsigned i = 0; i < RESPONSE_KINDS; i++)
		m->kind[i] = wire_u64(w);
	m->packets = wire_u64(w);
	m->octets = wire_u64(w);
	m->responses = wire_u64(w);
	m->quiet = wire_u64(w);
	m->stand = wire_f64(w);
	m->stand_squares = wire_f64(w);
	m->stand_first = wire_f64(w);
	m->addresses = wire_u64(w);
	m->quiet_addresses = wire_u64(w);
	m->minute_max = wire_u64(w);
	m->rate_min = wire_u32(w);
	m->rate_max = wire_u32(w);
	uint8_t unknown = wire_u8(w);
	m->rate_unknown = unknown == 1;
	uint8_t several = wire_u8(w);
	m->several = several == 1;
	m->ttl_min = wire_u8(w);
	m->ttl_max = wire_u8(w);
	for (unsigned i = 0; i < VICTIM_PORTS; i++) {
		m->port[i].port = wire_u16(w);
		m->port[i].packets = wire_u64(w);
	}
	m->offsets = wire_u16(w);
	if (m->address.len == 0 || m->offsets > VICTIM_OFFSETS || over > 1 ||
	    unknown > 1 || several > 1 || m->first_ms < 0 || m->lag_ms < 0 ||
	    m->last_ms < m->first_ms || v->now_ms < m->last_ms || m->rate_min < 1 ||
	    m->rate_max < m->rate_min || !can_be(m))
		return -1;
	for (unsigned i = 0; i < m->offsets; i++)
		if ((m->offset[i] = wire_u32(w)) >= v->quiet)
			w->bad = true;
	return msg_done(in);
}
