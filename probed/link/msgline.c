#include "link/msgline.h"

#include <math.h>

static void
put_way(struct pack *p, const struct bloat_way *w)
{
	pack_f64(p, w->rate);
	pack_u8(p, w->measured);
	for (unsigned i = 0; i < BLOAT_TENTHS; i++) {
		pack_u32(p, w->pairs[i]);
		pack_f64(p, w->added_ms[i]);
	}
	pack_u32(p, w->loaded);
	pack_f64(p, w->rise_ms);
	pack_f64(p, w->high_ms);
	pack_f64(p, w->loss);
	pack_f64(p, w->p_loss);
	pack_f64(p, w->sustained);
	pack_f64(p, w->buffer);
	pack_f64(p, w->shaper);
}

static void
get_way(struct wire *w, struct bloat_way *to)
{
	to->rate = wire_f64(w);
	uint8_t measured = wire_u8(w);
	to->measured = measured == 1;
	for (unsigned i = 0; i < BLOAT_TENTHS; i++) {
		to->pairs[i] = wire_u32(w);
		to->added_ms[i] = wire_f64(w);
	}
	to->loaded = wire_u32(w);
	to->rise_ms = wire_f64(w);
	to->high_ms = wire_f64(w);
	to->loss = wire_f64(w);
	to->p_loss = wire_f64(w);
	to->sustained = wire_f64(w);
	to->buffer = wire_f64(w);
	to->shaper = wire_f64(w);
	if (measured > 1 || !(to->rate >= 0))
		w->bad = true;
}

void
msg_put_line(struct msg_out *out, const struct msg_line *m)
{
	const struct bloat_result *r = &m->bloat;
	struct pack *p = &out->pack;

	if_put_key(p, &m->key);
	msg_str(out, m->target);
	pack_u32(p, r->idle);
	pack_f64(p, r->idle_ms);
	pack_f64(p, r->noise_ms);
	pack_f64(p, r->idle_loss);
	for (unsigned way = 0; way < BLOAT_WAYS; way++)
		put_way(p, &r->way[way]);
	pack_f64(p, r->rise_ms);
	pack_u8(p, (uint8_t)r->ways);
	pack_u8(p, (uint8_t)r->grade);
	pack_i64(p, r->since);
}

int
msg_get_line(struct msg_in *in, struct msg_line *m)
{
	struct bloat_result *r = &m->bloat;
	struct wire *w = &in->wire;

	if_get_key(w, &m->key);
	msg_get_str(in, m->target, sizeof m->target);
	r->idle = wire_u32(w);
	r->idle_ms = wire_f64(w);
	r->noise_ms = wire_f64(w);
	r->idle_loss = wire_f64(w);
	for (unsigned way = 0; way < BLOAT_WAYS; way++)
		get_way(w, &r->way[way]);
	r->rise_ms = wire_f64(w);
	r->ways = wire_u8(w);
	uint8_t grade = wire_u8(w);
	r->grade = (enum bloat_grade)grade;
	r->since = wire_i64(w);
	if (r->ways > BLOAT_WAYS || grade > BLOAT_F || r->since < 0)
		w->bad = true;
	return msg_done(in);
}

void
msg_put_marks(struct msg_out *out, const struct msg_marks *m)
{
	struct pack *p = &out->pack;

	if_put_key(p, &m->key);
	pack_i64(p, m->begin_s);
	for (unsigned way = 0; way < IF_WAYS; way++) {
		pack_u64(p, m->of[way].not_capable);
		pack_u64(p, m->of[way].ect0);
		pack_u64(p, m->of[way].ect1);
		pack_u64(p, m->of[way].ce);
	}
}

int
msg_get_marks(struct msg_in *in, struct msg_marks *m)
{
	struct wire *w = &in->wire;

	if_get_key(w, &m->key);
	m->begin_s = wire_i64(w);
	for (unsigned way = 0; way < IF_WAYS; way++) {
		struct lineload_marks *of = &m->of[way];

		of->not_capable = wire_u64(w);
		of->ect0 = wire_u64(w);
		of->ect1 = wire_u64(w);
		of->ce = wire_u64(w);
		/* So that sums of some minutes are right. */
		if ((of->not_capable | of->ect0 | of->ect1 | of->ce) > UINT32_MAX)
			w->bad = true;
	}
	if (m->begin_s <= 0 || m->begin_s % 60 != 0)
		w->bad = true;
	return msg_done(in);
}
