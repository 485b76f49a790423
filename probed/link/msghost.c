#include "link/msghost.h"

#include <math.h>
#include <string.h>

#define MOST 1e18

static bool
is_empty(const struct vector_sum *s)
{
	return s->packets <= 0 && s->octets <= 0;
}

/* Classes without packets are but a bit. */
void
msg_put_host(struct msg_out *out, const struct own_host *h)
{
	struct pack *p = &out->pack;

	flow_ip_put(p, &h->host);
	flow_ip_put(p, &h->exporter);
	pack_i64(p, h->time_ms);
	pack_u32(p, h->window_ms);
	for (unsigned way = 0; way < 2; way++) {
		uint16_t there = 0;

		for (unsigned c = 0; c < VECTOR_CLASSES; c++)
			there |=
			    (uint16_t)(!is_empty(&h->way[way].class[c]) << c);
		pack_f64(p, h->way[way].flows);
		pack_u16(p, there);
		for (unsigned c = 0; c < VECTOR_CLASSES; c++) {
			const struct vector_sum *s = &h->way[way].class[c];

			if (is_empty(s))
				continue;
			pack_f64(p, s->packets);
			pack_f64(p, s->octets);
			pack_f64(p, s->packets_var);
			pack_f64(p, s->octets_var);
			pack_u32(p, s->samples);
			pack_f64(p, s->ends);
			pack_u16(p, s->port);
			pack_u8(p, s->port_rules);
		}
	}
}

static double
get_number(struct wire *w)
{
	double v = wire_f64(w);

	if (!(v >= 0 && v <= MOST)) {
		w->bad = true;
		return 0;
	}
	return v;
}

static void
get_sum(struct wire *w, struct vector_sum *s)
{
	s->packets = get_number(w);
	s->octets = get_number(w);
	s->packets_var = wire_f64(w);
	s->octets_var = wire_f64(w);
	s->samples = wire_u32(w);
	s->ends = get_number(w);
	s->port = wire_u16(w);
	uint8_t rules = wire_u8(w);
	s->port_rules = rules == 1;
	if (rules > 1 || is_empty(s) || !(s->packets_var >= 0) || !(s->octets_var >= 0) ||
	    !isfinite(s->packets_var) || !isfinite(s->octets_var))
		w->bad = true;
}

int
msg_get_host(struct msg_in *in, struct own_host *h)
{
	struct wire *w = &in->wire;

	memset(h, 0, sizeof *h);
	flow_ip_get(w, &h->host);
	flow_ip_get(w, &h->exporter);
	h->time_ms = wire_i64(w);
	h->window_ms = wire_u32(w);
	if (h->time_ms < 0 || h->window_ms == 0 || h->window_ms > 600000)
		w->bad = true;
	for (unsigned way = 0; way < 2 && wire_ok(w); way++) {
		h->way[way].flows = get_number(w);
		uint16_t there = wire_u16(w);
		if (there >> VECTOR_CLASSES != 0)
			w->bad = true;
		for (unsigned c = 0; c < VECTOR_CLASSES; c++)
			if (there >> c & 1)
				get_sum(w, &h->way[way].class[c]);
	}
	return msg_done(in);
}
