#include "link/msgflow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store.h"

static void
put_all(struct pack *p, const uint64_t *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pack_u64(p, v[i]);
}

static void
get_all(struct wire *w, uint64_t *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		v[i] = wire_u64(w);
}

static bool
get_bool(struct wire *w)
{
	uint8_t v = wire_u8(w);

	w->bad |= v > 1;
	return v == 1;
}

void
msg_put_flows(struct msg_out *out, const struct msg_flows *f)
{
	struct pack *p = &out->pack;

	put_all(p, f->datagrams, FLOW_PROTOCOLS);
	put_all(p, f->records, FLOW_PROTOCOLS);
	put_all(p, f->faults, FLOW_FAULTS);
	pack_u64(p, f->drops);
	pack_u64(p, f->strangers);
	pack_u64(p, f->evicted);
	put_all(p, f->no_room, FLOW_CEILINGS);
	pack_u32(p, f->lessons_left);
	pack_u32(p, f->exporters);
	pack_u64(p, f->tallied);
	pack_u64(p, f->late);
	pack_u64(p, f->early);
	pack_u64(p, f->cut);
	pack_u64(p, f->own);
	pack_u64(p, f->twice);
	pack_u64(p, f->others);
	pack_u64(p, f->absurd);
	pack_u64(p, f->unknown);
	pack_u64(p, f->guest_interfaces);
	pack_u64(p, f->new_guest_interfaces);
	pack_u64(p, f->late_octets);
	pack_u64(p, f->suspicions);
	pack_u64(p, f->crowded);
	pack_u32(p, f->watched);
	pack_u64(p, f->unmarked);
}

int
msg_get_flows(struct msg_in *in, struct msg_flows *f)
{
	struct wire *w = &in->wire;

	get_all(w, f->datagrams, FLOW_PROTOCOLS);
	get_all(w, f->records, FLOW_PROTOCOLS);
	get_all(w, f->faults, FLOW_FAULTS);
	f->drops = wire_u64(w);
	f->strangers = wire_u64(w);
	f->evicted = wire_u64(w);
	get_all(w, f->no_room, FLOW_CEILINGS);
	f->lessons_left = wire_u32(w);
	f->exporters = wire_u32(w);
	f->tallied = wire_u64(w);
	f->late = wire_u64(w);
	f->early = wire_u64(w);
	f->cut = wire_u64(w);
	f->own = wire_u64(w);
	f->twice = wire_u64(w);
	f->others = wire_u64(w);
	f->absurd = wire_u64(w);
	f->unknown = wire_u64(w);
	f->guest_interfaces = wire_u64(w);
	f->new_guest_interfaces = wire_u64(w);
	f->late_octets = wire_u64(w);
	f->suspicions = wire_u64(w);
	f->crowded = wire_u64(w);
	f->watched = wire_u32(w);
	f->unmarked = wire_u64(w);
	return msg_done(in);
}

void
msg_put_exporter(struct msg_out *out, const struct msg_exporter *x)
{
	struct pack *p = &out->pack;

	msg_str(out, x->address);
	msg_str(out, x->agent);
	pack_u8(p, x->protocol);
	pack_u64(p, x->domain);
	pack_u64(p, x->datagrams);
	pack_u64(p, x->records);
	pack_u64(p, x->options);
	pack_u64(p, x->counters);
	pack_u64(p, x->discards);
	pack_u64(p, x->faults);
	pack_u64(p, x->no_template);
	pack_u64(p, x->lost);
	pack_u64(p, x->reordered);
	pack_u64(p, x->restarts);
	pack_u64(p, x->mixed);
	pack_u8(p, x->lost_datagrams);
	pack_u32(p, x->templates);
	pack_u32(p, x->rate);
	pack_u8(p, x->rate_from);
	pack_i64(p, x->last_ms);
	pack_u32(p, x->port);
	pack_u8(p, x->guest);
	pack_u8(p, x->agent_elsewhere);
	pack_i64(p, x->ahead_ms);
	pack_u32(p, x->active_s);
	pack_u32(p, x->inactive_s);
	pack_u64(p, x->flood);
	pack_u64(p, x->cut_short);
	pack_u64(p, x->octets);
	pack_u64(p, x->late_octets);
	pack_u64(p, x->hour_octets);
	pack_u64(p, x->hour_late_octets);
	pack_u64(p, x->samples);
	pack_u64(p, x->sample_drops);
	pack_u64(p, x->samples_lost);
	pack_u64(p, x->samples_untracked);
	pack_u8(p, x->discarded_count);
	for (unsigned i = 0; i < x->discarded_count; i++) {
		pack_u32(p, x->discarded[i].interface);
		pack_u32(p, x->discarded[i].reason);
		pack_u64(p, x->discarded[i].count);
	}
	pack_u8(p, x->tells);
	put_all(p, x->fault, FLOW_FAULTS);
	pack_u8(p, x->template_count);
	for (unsigned i = 0; i < x->template_count; i++) {
		pack_u32(p, x->template[i].id);
		pack_u8(p, x->template[i].options);
		pack_i64(p, x->template[i].used_ms);
	}
	pack_u32(p, x->waits_for);
	pack_i64(p, x->waits_ms);
}

int
msg_get_exporter(struct msg_in *in, struct msg_exporter *x)
{
	struct wire *w = &in->wire;

	msg_get_str(in, x->address, sizeof x->address);
	msg_get_str(in, x->agent, sizeof x->agent);
	x->protocol = wire_u8(w);
	x->domain = wire_u64(w);
	x->datagrams = wire_u64(w);
	x->records = wire_u64(w);
	x->options = wire_u64(w);
	x->counters = wire_u64(w);
	x->discards = wire_u64(w);
	x->faults = wire_u64(w);
	x->no_template = wire_u64(w);
	x->lost = wire_u64(w);
	x->reordered = wire_u64(w);
	x->restarts = wire_u64(w);
	x->mixed = wire_u64(w);
	x->lost_datagrams = get_bool(w);
	x->templates = wire_u32(w);
	x->rate = wire_u32(w);
	x->rate_from = wire_u8(w);
	x->last_ms = wire_i64(w);
	x->port = wire_u32(w);
	x->guest = get_bool(w);
	x->agent_elsewhere = get_bool(w);
	x->ahead_ms = wire_i64(w);
	x->active_s = wire_u32(w);
	x->inactive_s = wire_u32(w);
	x->flood = wire_u64(w);
	x->cut_short = wire_u64(w);
	x->octets = wire_u64(w);
	x->late_octets = wire_u64(w);
	x->hour_octets = wire_u64(w);
	x->hour_late_octets = wire_u64(w);
	x->samples = wire_u64(w);
	x->sample_drops = wire_u64(w);
	x->samples_lost = wire_u64(w);
	x->samples_untracked = wire_u64(w);
	x->discarded_count = wire_u8(w);
	if (x->discarded_count > MSG_DISCARDS) {
		w->bad = true;
		x->discarded_count = 0;
	}
	for (unsigned i = 0; i < x->discarded_count; i++) {
		x->discarded[i].interface = wire_u32(w);
		x->discarded[i].reason = wire_u32(w);
		x->discarded[i].count = wire_u64(w);
	}
	x->tells = get_bool(w);
	get_all(w, x->fault, FLOW_FAULTS);
	x->template_count = wire_u8(w);
	if (x->template_count > MSG_TEMPLATES) {
		w->bad = true;
		x->template_count = 0;
	}
	for (unsigned i = 0; i < x->template_count; i++) {
		x->template[i].id = wire_u32(w);
		x->template[i].options = get_bool(w);
		x->template[i].used_ms = wire_i64(w);
	}
	x->waits_for = wire_u32(w);
	x->waits_ms = wire_i64(w);
	if (x->protocol >= FLOW_PROTOCOLS || x->rate_from >= SAMPLING_SOURCES)
		w->bad = true;
	return msg_done(in);
}

void
msg_put_stranger(struct msg_out *out, const struct msg_stranger *s)
{
	struct pack *p = &out->pack;

	msg_str(out, s->address);
	pack_u8(p, s->proxy);
	pack_u8(p, s->protocol);
	pack_u64(p, s->datagrams);
	pack_i64(p, s->first_ms);
	pack_i64(p, s->last_ms);
	msg_str(out, s->line);
}

int
msg_get_stranger(struct msg_in *in, struct msg_stranger *s)
{
	struct wire *w = &in->wire;

	msg_get_str(in, s->address, sizeof s->address);
	s->proxy = get_bool(w);
	s->protocol = wire_u8(w);
	s->datagrams = wire_u64(w);
	s->first_ms = wire_i64(w);
	s->last_ms = wire_i64(w);
	msg_get_str(in, s->line, sizeof s->line);
	if (s->protocol >= FLOW_PROTOCOLS)
		w->bad = true;
	return msg_done(in);
}

const char *
exporter_name(const struct msg_exporter *x)
{
	return x->agent[0] != '\0' && !x->guest ? x->agent : x->address;
}

const char *
exporter_word(const struct msg_exporter *x, char buf[EXPORTER_WORD])
{
	snprintf(buf, EXPORTER_WORD, "%s-%s-%" PRIu64 "-%u", exporter_name(x),
	    flow_protocol_word((enum flow_protocol)x->protocol), x->domain,
	    (unsigned)x->port);
	return buf;
}

bool
exporter_path(const struct msg_exporter *x, char buf[EXPORTER_PATH])
{
	char word[EXPORTER_WORD];

	snprintf(buf, EXPORTER_PATH, STORE_TRAFFIC "/exporters/%s.rrd",
	    exporter_word(x, word));
	return strchr(word, '/') == NULL;
}
