#include "link/msgsuspicion.h"

#include <math.h>
#include <string.h>

static void
put_figure(struct pack *p, const struct suspicion_figure *f)
{
	pack_f64(p, f->value);
	pack_f64(p, f->low);
	pack_f64(p, f->high);
}

/* A number of 0 to MOST. */
static double
get_number(struct wire *w, double most)
{
	double v = wire_f64(w);

	if (!(v >= 0 && v <= most)) {
		w->bad = true;
		return 0;
	}
	return v;
}

static void
get_figure(struct wire *w, struct suspicion_figure *f)
{
	f->value = get_number(w, HUGE_VAL);
	f->low = get_number(w, f->value);
	f->high = get_number(w, HUGE_VAL);
	if (f->high < f->value || !isfinite(f->high))
		w->bad = true;
}

void
msg_put_suspicion(struct msg_out *out, const struct msg_suspicion *s)
{
	struct pack *p = &out->pack;

	flow_ip_put(p, &s->host);
	pack_u8(p, s->out);
	pack_u8(p, s->why);
	pack_i64(p, s->time_ms);
	pack_u32(p, s->window_ms);
	put_figure(p, &s->packets);
	put_figure(p, &s->octets);
	pack_f64(p, s->flows);
	put_figure(p, &s->ends);
	pack_u64(p, s->samples);
	pack_f64(p, s->tcp);
	pack_f64(p, s->syn);
	pack_f64(p, s->udp);
	pack_f64(p, s->icmp);
	pack_f64(p, s->fragments);
}

int
msg_get_suspicion(struct msg_in *in, struct msg_suspicion *s)
{
	struct wire *w = &in->wire;

	memset(s, 0, sizeof *s);
	flow_ip_get(w, &s->host);
	uint8_t out = wire_u8(w);
	s->out = out == 1;
	s->why = wire_u8(w);
	s->time_ms = wire_i64(w);
	s->window_ms = wire_u32(w);
	get_figure(w, &s->packets);
	get_figure(w, &s->octets);
	s->flows = get_number(w, 1e15);
	get_figure(w, &s->ends);
	s->samples = wire_u64(w);
	s->tcp = get_number(w, 1);
	s->syn = get_number(w, 1);
	s->udp = get_number(w, 1);
	s->icmp = get_number(w, 1);
	s->fragments = get_number(w, 1);
	if (out > 1 || s->why == 0 || s->why > SUSPICION_WHY || s->time_ms < 0)
		w->bad = true;
	return msg_done(in);
}

static bool
same_subject(const struct msg_suspicion *a, const struct msg_suspicion *b)
{
	return a->out == b->out && flow_ip_same(&a->host, &b->host);
}

void
suspicions_add(struct suspicions *list, const struct msg_suspicion *s)
{
	unsigned at = 0;

	while (at < list->count && !same_subject(&list->one[at], s))
		at++;
	if (at == list->count && list->count < SUSPICIONS)
		list->count++;
	if (at == SUSPICIONS)
		at--;
	memmove(&list->one[1], &list->one[0], at * sizeof *list->one);
	list->one[0] = *s;
}

void
suspicions_forget(struct suspicions *list, const struct prefix *p)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < list->count; i++)
		if (!flow_ip_in(&list->one[i].host, p))
			list->one[kept++] = list->one[i];
	list->count = kept;
}
