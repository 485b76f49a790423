#include "link/msgif.h"

#include <math.h>

static void
put_names(struct msg_out *out, const struct if_names *n)
{
	msg_str(out, n->device);
	msg_str(out, n->name);
	msg_str(out, n->alias);
	pack_u64(&out->pack, n->speed[IF_IN]);
	pack_u64(&out->pack, n->speed[IF_OUT]);
}

static void
get_names(struct msg_in *in, struct if_names *n)
{
	msg_get_str(in, n->device, sizeof n->device);
	msg_get_str(in, n->name, sizeof n->name);
	msg_get_str(in, n->alias, sizeof n->alias);
	n->speed[IF_IN] = wire_u64(&in->wire);
	n->speed[IF_OUT] = wire_u64(&in->wire);
}

static bool
get_bool(struct wire *w)
{
	uint8_t v = wire_u8(w);

	if (v > 1)
		w->bad = true;
	return v == 1;
}

void
msg_put_ifcounters(struct msg_out *out, const struct msg_ifcounters *m)
{
	if_put_key(&out->pack, &m->key);
	pack_u8(&out->pack, m->source);
	pack_u8(&out->pack, m->bits);
	put_names(out, &m->names);
	if_put_span(&out->pack, &m->span);
}

int
msg_get_ifcounters(struct msg_in *in, struct msg_ifcounters *m)
{
	if_get_key(&in->wire, &m->key);
	m->source = wire_u8(&in->wire);
	m->bits = wire_u8(&in->wire);
	get_names(in, &m->names);
	if_get_span(&in->wire, &m->span);
	if (m->source >= IF_SOURCES || (m->bits != 32 && m->bits != 64))
		in->wire.bad = true;
	return msg_done(in);
}

void
msg_put_poller(struct msg_out *out, const struct msg_poller *m)
{
	struct pack *p = &out->pack;

	msg_str(out, m->name);
	msg_str(out, m->address);
	pack_u8(p, m->source);
	pack_u64(p, m->answers);
	pack_u64(p, m->failures);
	pack_i64(p, m->last_s);
	pack_u32(p, m->interfaces);
	msg_str(out, m->text);
}

int
msg_get_poller(struct msg_in *in, struct msg_poller *m)
{
	struct wire *w = &in->wire;

	msg_get_str(in, m->name, sizeof m->name);
	msg_get_str(in, m->address, sizeof m->address);
	m->source = wire_u8(w);
	m->answers = wire_u64(w);
	m->failures = wire_u64(w);
	m->last_s = wire_i64(w);
	m->interfaces = wire_u32(w);
	msg_get_str(in, m->text, sizeof m->text);
	if (m->source >= IF_SOURCES)
		w->bad = true;
	return msg_done(in);
}

void
msg_put_iftotals(struct msg_out *out, const struct msg_iftotals *m)
{
	struct pack *p = &out->pack;

	pack_u32(p, m->interfaces);
	pack_u32(p, m->pollers);
	pack_u64(p, m->samples);
	pack_u64(p, m->resets);
	pack_u64(p, m->wraps);
	pack_u64(p, m->gaps);
	pack_u64(p, m->doubts);
	pack_u64(p, m->no_room);
}

int
msg_get_iftotals(struct msg_in *in, struct msg_iftotals *m)
{
	struct wire *w = &in->wire;

	m->interfaces = wire_u32(w);
	m->pollers = wire_u32(w);
	m->samples = wire_u64(w);
	m->resets = wire_u64(w);
	m->wraps = wire_u64(w);
	m->gaps = wire_u64(w);
	m->doubts = wire_u64(w);
	m->no_room = wire_u64(w);
	return msg_done(in);
}

const char *
if_check_word(enum if_check check)
{
	static const char *const words[] = {
		[IF_CHECK_NONE] = "none",
		[IF_CHECK_FINE] = "fine",
		[IF_CHECK_FACTOR] = "differs",
	};

	return words[check];
}

void
msg_put_interface(struct msg_out *out, const struct msg_interface *m)
{
	struct pack *p = &out->pack;

	if_put_key(p, &m->key);
	pack_u8(p, m->counted);
	pack_u8(p, m->flows);
	pack_u8(p, m->named);
	pack_u8(p, m->source);
	pack_u8(p, m->bits);
	put_names(out, &m->names);
	if_put_span(p, &m->now);
	if_put_span(p, &m->minute);
	if_put_span(p, &m->by_flow);
	pack_u8(p, m->check);
	pack_f64(p, m->factor);
	pack_f64(p, m->factor_error);
	pack_u32(p, m->check_minutes);
	pack_u8(p, m->gone);
}

int
msg_get_interface(struct msg_in *in, struct msg_interface *m)
{
	struct wire *w = &in->wire;

	if_get_key(w, &m->key);
	m->counted = get_bool(w);
	m->flows = get_bool(w);
	m->named = get_bool(w);
	m->source = wire_u8(w);
	m->bits = wire_u8(w);
	get_names(in, &m->names);
	if_get_span(w, &m->now);
	if_get_span(w, &m->minute);
	if_get_span(w, &m->by_flow);
	m->check = wire_u8(w);
	m->factor = wire_f64(w);
	m->factor_error = wire_f64(w);
	m->check_minutes = wire_u32(w);
	m->gone = get_bool(w);
	if (m->source >= IF_SOURCES || m->check > IF_CHECK_FACTOR ||
	    (m->bits != 0 && m->bits != 32 && m->bits != 64))
		w->bad = true;
	return msg_done(in);
}
