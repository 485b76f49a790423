#include "link/msgload.h"

#include <math.h>

#define RTT_MAX 60.0   /* seconds; nobody waits that long */
#define RATE_MAX 1e12  /* bit/s */
#define RPM_MAX 1e9
#define SECONDS_MAX 120.0
#define FRESH_MAX 10000

const char *
load_way_word(enum load_way way)
{
	return way == LOAD_UP ? "upload" : "download";
}

void
msg_put_loadtest(struct msg_out *out, const struct msg_loadtest *t)
{
	pack_u32(&out->pack, t->id);
	pack_u8(&out->pack, t->refused);
	msg_str(out, t->text);
}

int
msg_get_loadtest(struct msg_in *in, struct msg_loadtest *t)
{
	t->id = wire_u32(&in->wire);
	t->refused = wire_u8(&in->wire);
	msg_get_str(in, t->text, sizeof t->text);
	return msg_done(in) != 0 || t->refused > 1 ? -1 : 0;
}

/* NAN travels as a negative number, which none of these can be. */
static void
put_known(struct msg_out *out, double v)
{
	pack_f64(&out->pack, isnan(v) ? -1 : v);
}

static double
get_known(struct msg_in *in, double most, bool *bad)
{
	double v = wire_f64(&in->wire);

	if (v == -1)
		return NAN;
	if (!(v >= 0 && v <= most) || signbit(v))
		*bad = true;
	return v;
}

static void
put_fresh(struct msg_out *out, const struct msg_loadfresh *f)
{
	pack_u16(&out->pack, f->made);
	pack_u16(&out->pack, f->failed);
	put_known(out, f->rtt);
	put_known(out, f->rtt90);
	put_known(out, f->rpm);
}

static void
get_fresh(struct msg_in *in, struct msg_loadfresh *f, bool *bad)
{
	f->made = wire_u16(&in->wire);
	f->failed = wire_u16(&in->wire);
	f->rtt = get_known(in, RTT_MAX, bad);
	f->rtt90 = get_known(in, RTT_MAX, bad);
	f->rpm = get_known(in, RPM_MAX, bad);
	if (f->made > FRESH_MAX || f->failed > FRESH_MAX)
		*bad = true;
}

void
msg_put_loadresult(struct msg_out *out, const struct msg_loadresult *r)
{
	pack_u32(&out->pack, r->id);
	pack_u8(&out->pack, r->failed);
	put_fresh(out, &r->idle);
	for (unsigned i = 0; i < LOAD_WAYS; i++) {
		const struct msg_loadway *w = &r->way[i];

		pack_u8(&out->pack, (uint8_t)(w->tried | w->full << 1));
		pack_i64(&out->pack, w->begin_ms);
		pack_i64(&out->pack, w->end_ms);
		pack_u64(&out->pack, w->bytes);
		put_known(out, w->burst_bps);
		put_known(out, w->sustained_bps);
		put_known(out, w->seconds);
		put_fresh(out, &w->fresh);
	}
	msg_str(out, r->text);
}

int
msg_get_loadresult(struct msg_in *in, struct msg_loadresult *r)
{
	bool bad = false;

	r->id = wire_u32(&in->wire);
	uint8_t failed = wire_u8(&in->wire);
	get_fresh(in, &r->idle, &bad);
	for (unsigned i = 0; i < LOAD_WAYS; i++) {
		struct msg_loadway *w = &r->way[i];
		uint8_t flags = wire_u8(&in->wire);

		w->tried = (flags & 1) != 0;
		w->full = (flags & 2) != 0;
		w->begin_ms = wire_i64(&in->wire);
		w->end_ms = wire_i64(&in->wire);
		w->bytes = wire_u64(&in->wire);
		w->burst_bps = get_known(in, RATE_MAX, &bad);
		w->sustained_bps = get_known(in, RATE_MAX, &bad);
		w->seconds = get_known(in, SECONDS_MAX, &bad);
		get_fresh(in, &w->fresh, &bad);
		if (flags > 3 || w->begin_ms < 0 || w->end_ms < w->begin_ms ||
		    w->bytes > 1ULL << 50)
			bad = true;
	}
	r->failed = failed != 0;
	msg_get_str(in, r->text, sizeof r->text);
	return msg_done(in) != 0 || bad || failed > 1 ? -1 : 0;
}
