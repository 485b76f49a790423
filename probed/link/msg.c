#include "link/msg.h"

#include <math.h>
#include <string.h>

#include "link/msgdraw.h"

/* --- frame ----------------------------------------------------------------------- */

void
msg_begin(struct msg_out *out, enum msg_type type)
{
	pack_init(&out->pack, out->data, sizeof out->data);
	pack_u16(&out->pack, (uint16_t)type);
}

void
msg_str(struct msg_out *out, const char *s)
{
	size_t len = s == NULL ? 0 : strlen(s);

	if (len > UINT16_MAX) {
		out->pack.bad = true;
		return;
	}
	pack_u16(&out->pack, (uint16_t)len);
	pack_bytes(&out->pack, s, len);
}

size_t
msg_end(struct msg_out *out)
{
	return pack_ok(&out->pack) ? pack_len(&out->pack) : 0;
}

int
msg_parse(struct msg_in *in, const void *data, size_t len, int fd)
{
	unsigned type;

	in->fd = fd;
	wire_init(&in->wire, data, len);
	type = wire_u16(&in->wire);
	in->type = (enum msg_type)type;
	if (!wire_ok(&in->wire) || len > MSG_MAX || type == 0 || type >= MSG_TYPES)
		return -1;
	return 0;
}

void
msg_get_str(struct msg_in *in, char *buf, size_t size)
{
	size_t len = wire_u16(&in->wire);
	const uint8_t *p = wire_bytes(&in->wire, len);

	buf[0] = '\0';
	if (p == NULL)
		return;
	if (len >= size || memchr(p, 0, len) != NULL) {
		in->wire.bad = true;
		return;
	}
	memcpy(buf, p, len);
	buf[len] = '\0';
}

int
msg_done(struct msg_in *in)
{
	return wire_ok(&in->wire) && wire_left(&in->wire) == 0 ? 0 : -1;
}

/* --- pieces with a range --------------------------------------------------------- */

/* A value below LIMIT; anything else makes the message bad. */
static uint8_t
get_below(struct msg_in *in, unsigned limit)
{
	uint8_t v = wire_u8(&in->wire);

	if (v < limit)
		return v;
	in->wire.bad = true;
	return 0;
}

/* A wall or row time: not before the epoch, and far from where arithmetic with steps
 * would overflow. */
static int64_t
get_seconds(struct msg_in *in)
{
	int64_t v = wire_i64(&in->wire);

	if (v >= 0 && v < INT64_MAX / 1000000000)
		return v;
	in->wire.bad = true;
	return 0;
}

static int64_t
get_ns(struct msg_in *in)
{
	int64_t v = wire_i64(&in->wire);

	if (v >= 0)
		return v;
	in->wire.bad = true;
	return 0;
}

/* A number that people would call one: neither NAN nor infinite. */
static double
get_finite(struct msg_in *in)
{
	double v = wire_f64(&in->wire);

	if (isfinite(v))
		return v;
	in->wire.bad = true;
	return 0;
}

void
msg_put_addr(struct msg_out *out, const struct addr *a)
{
	struct pack *p = &out->pack;
	unsigned len;
	const uint8_t *bytes;

	if (a->sa.sa_family != AF_INET && a->sa.sa_family != AF_INET6) {
		pack_u8(p, 0);
		return;
	}
	bytes = addr_bytes(a, &len);
	pack_u8(p, a->sa.sa_family == AF_INET ? 4 : 6);
	pack_bytes(p, bytes, len);
	pack_u16(p, (uint16_t)addr_port(a));
	if (a->sa.sa_family == AF_INET6)
		pack_u32(p, a->v6.sin6_scope_id);
}

void
msg_get_addr(struct msg_in *in, struct addr *a)
{
	unsigned family = wire_u8(&in->wire);
	const uint8_t *bytes;

	memset(a, 0, sizeof *a);
	a->sa.sa_family = AF_UNSPEC;
	if (family == 4) {
		a->sa.sa_family = AF_INET;
		if ((bytes = wire_bytes(&in->wire, 4)) != NULL)
			memcpy(&a->v4.sin_addr, bytes, 4);
		addr_set_port(a, wire_u16(&in->wire));
	} else if (family == 6) {
		a->sa.sa_family = AF_INET6;
		if ((bytes = wire_bytes(&in->wire, 16)) != NULL)
			memcpy(&a->v6.sin6_addr, bytes, 16);
		addr_set_port(a, wire_u16(&in->wire));
		a->v6.sin6_scope_id = wire_u32(&in->wire);
	} else if (family != 0) {
		in->wire.bad = true;
	}
}

/* --- rounds ---------------------------------------------------------------------- */

void
msg_put_round(struct msg_out *out, const struct round *r)
{
	struct pack *p = &out->pack;

	pack_u64(p, r->target);
	pack_i64(p, r->row);
	pack_i64(p, r->begin_ns);
	pack_i64(p, r->end_ns);
	pack_u32(p, r->step);
	pack_u16(p, r->count);
	pack_u8(p, r->state);
	pack_u8(p, r->cause);
	pack_u16(p, r->duplicates);
	pack_u16(p, r->late);
	pack_u16(p, r->forged);
	pack_u16(p, r->wrong_source);
	pack_u16(p, r->truncated);
	pack_u8(p, r->suspect);
	msg_put_addr(out, &r->address);
	for (unsigned i = 0; i < r->count && i < ROUND_MAX_PINGS; i++) {
		pack_i64(p, r->ping[i].rtt_ns);
		pack_u8(p, r->ping[i].outcome);
		pack_u8(p, r->ping[i].stamp);
	}
	pack_u16(p, r->reordered);
	pack_u16(p, r->ttl_changes);
	pack_u8(p, r->ttl);
	pack_u8(p, r->extras);
	for (unsigned i = 0; i < r->extras && i < ROUND_MAX_EXTRAS; i++) {
		pack_u8(p, r->extra[i].kind);
		pack_f64(p, r->extra[i].value);
	}
}

/* Of a ping that is decided. */
static uint8_t
get_outcome(struct msg_in *in)
{
	uint8_t outcome = get_below(in, PING_OUTCOMES);

	if (outcome == PING_OPEN)
		in->wire.bad = true;
	return outcome;
}

static void
get_ping(struct msg_in *in, struct ping *ping)
{
	ping->rtt_ns = wire_i64(&in->wire);
	ping->outcome = get_outcome(in);
	ping->stamp = get_below(in, STAMP_KINDS);
	/* Answered pings have a time, late ones may, others have none. */
	if (ping->outcome == PING_ANSWERED ? ping->rtt_ns < 0
	    : ping->outcome == PING_LATE   ? ping->rtt_ns < -1
					   : ping->rtt_ns != -1)
		in->wire.bad = true;
}

int
msg_get_round(struct msg_in *in, struct round *r)
{
	struct wire *w = &in->wire;

	r->target = wire_u64(w);
	r->row = get_seconds(in);
	r->begin_ns = get_ns(in);
	r->end_ns = get_ns(in);
	r->step = wire_u32(w);
	r->count = wire_u16(w);
	r->state = get_below(in, ROUND_UNKNOWN + 1);
	r->cause = get_outcome(in);
	r->duplicates = wire_u16(w);
	r->late = wire_u16(w);
	r->forged = wire_u16(w);
	r->wrong_source = wire_u16(w);
	r->truncated = wire_u16(w);
	r->suspect = get_below(in, 2);
	msg_get_addr(in, &r->address);
	if (r->step == 0 || r->step > INT32_MAX || r->count == 0 ||
	    r->count > ROUND_MAX_PINGS)
		w->bad = true;
	for (unsigned i = 0; wire_ok(w) && i < r->count; i++)
		get_ping(in, &r->ping[i]);
	r->reordered = wire_u16(w);
	r->ttl_changes = wire_u16(w);
	r->ttl = wire_u8(w);
	r->extras = get_below(in, ROUND_MAX_EXTRAS + 1);
	for (unsigned i = 0; wire_ok(w) && i < r->extras; i++) {
		r->extra[i].kind = get_below(in, EXTRAS);
		r->extra[i].value = get_finite(in);
	}
	return msg_done(in);
}

/* --- targets and counters -------------------------------------------------------- */

void
msg_put_target(struct msg_out *out, const struct msg_target *t)
{
	pack_u64(&out->pack, t->target);
	pack_u8(&out->pack, t->state);
	msg_put_addr(out, &t->address);
	msg_str(out, t->text);
}

int
msg_get_target(struct msg_in *in, struct msg_target *t)
{
	t->target = wire_u64(&in->wire);
	t->state = get_below(in, TARGET_STATES);
	msg_get_addr(in, &t->address);
	msg_get_str(in, t->text, sizeof t->text);
	return msg_done(in);
}

void
msg_put_address(struct msg_out *out, uint64_t target, const struct addr *a)
{
	pack_u64(&out->pack, target);
	msg_put_addr(out, a);
}

int
msg_get_address(struct msg_in *in, uint64_t *target, struct addr *a)
{
	*target = wire_u64(&in->wire);
	msg_get_addr(in, a);
	return msg_done(in);
}

const char *
msg_refused_word(enum msg_refused why)
{
	static const char *const word[REFUSED_KINDS] = { "prefix", "packet", "key",
		"rate", "sessions" };

	return word[why];
}

/* The plain u64 fields, in wire order; writer and reader walk the same table. */
#define COUNTER_FIELDS 22
static void
counter_fields(struct msg_counters *c, uint64_t *field[COUNTER_FIELDS])
{
	uint64_t *const all[COUNTER_FIELDS] = { &c->rounds_scheduled,
		&c->rounds_measured, &c->rounds_unknown, &c->rounds_skipped,
		&c->duplicates, &c->forged, &c->wrong_source, &c->truncated,
		&c->overflow, &c->send_errors, &c->dropped_rounds, &c->late_closed,
		&c->stamp_faults, &c->new_ids, &c->reordered, &c->ttl_changes,
		&c->reflected, &c->refused[REFUSED_PREFIX], &c->refused[REFUSED_PACKET],
		&c->refused[REFUSED_KEY], &c->refused[REFUSED_RATE],
		&c->refused[REFUSED_SESSIONS] };

	memcpy(field, all, sizeof all);
}

void
msg_put_counters(struct msg_out *out, const struct msg_counters *c)
{
	struct msg_counters copy = *c;
	struct pack *p = &out->pack;
	uint64_t *field[COUNTER_FIELDS];

	counter_fields(&copy, field);
	pack_u8(p, c->room);
	for (unsigned i = 0; i < COUNTER_FIELDS; i++)
		pack_u64(p, *field[i]);
	for (unsigned i = 0; i < PING_OUTCOMES; i++)
		pack_u64(p, c->ping[i]);
	for (unsigned i = 0; i < STAMP_KINDS; i++)
		pack_u64(p, c->stamp[i]);
	for (unsigned i = 0; i < 3; i++)
		pack_u64(p, c->loop_ns[i]);
	pack_u8(p, c->icmp4);
	pack_u8(p, c->icmp6);
	for (unsigned i = 0; i < 2; i++) {
		pack_u16(p, c->icmp_sockets[i]);
		pack_u32(p, c->icmp_buffer[i]);
	}
	msg_str(out, c->icmp4_why);
	msg_str(out, c->icmp6_why);
}

int
msg_get_counters(struct msg_in *in, struct msg_counters *c)
{
	struct wire *w = &in->wire;
	uint64_t *field[COUNTER_FIELDS];

	counter_fields(c, field);
	c->room = get_below(in, ROOMS);
	for (unsigned i = 0; i < COUNTER_FIELDS; i++)
		*field[i] = wire_u64(w);
	for (unsigned i = 0; i < PING_OUTCOMES; i++)
		c->ping[i] = wire_u64(w);
	for (unsigned i = 0; i < STAMP_KINDS; i++)
		c->stamp[i] = wire_u64(w);
	for (unsigned i = 0; i < 3; i++)
		c->loop_ns[i] = wire_u64(w);
	c->icmp4 = get_below(in, ICMP_RAW + 1);
	c->icmp6 = get_below(in, ICMP_RAW + 1);
	for (unsigned i = 0; i < 2; i++) {
		c->icmp_sockets[i] = wire_u16(w);
		c->icmp_buffer[i] = wire_u32(w);
	}
	msg_get_str(in, c->icmp4_why, sizeof c->icmp4_why);
	msg_get_str(in, c->icmp6_why, sizeof c->icmp6_why);
	return msg_done(in);
}

void
msg_add_counters(struct msg_counters *sum, const struct msg_counters *c)
{
	struct msg_counters copy = *c;
	uint64_t *to[COUNTER_FIELDS], *from[COUNTER_FIELDS];

	counter_fields(sum, to);
	counter_fields(&copy, from);
	for (unsigned i = 0; i < COUNTER_FIELDS; i++)
		*to[i] += *from[i];
	for (unsigned i = 0; i < PING_OUTCOMES; i++)
		sum->ping[i] += c->ping[i];
	for (unsigned i = 0; i < STAMP_KINDS; i++)
		sum->stamp[i] += c->stamp[i];
	for (unsigned i = 0; i < 3; i++)
		if (c->loop_ns[i] > sum->loop_ns[i])
			sum->loop_ns[i] = c->loop_ns[i];
	if (c->room != ROOM_PROBER)
		return;
	sum->icmp4 = c->icmp4;
	sum->icmp6 = c->icmp6;
	memcpy(sum->icmp_sockets, c->icmp_sockets, sizeof sum->icmp_sockets);
	memcpy(sum->icmp_buffer, c->icmp_buffer, sizeof sum->icmp_buffer);
	memcpy(sum->icmp4_why, c->icmp4_why, sizeof sum->icmp4_why);
	memcpy(sum->icmp6_why, c->icmp6_why, sizeof sum->icmp6_why);
}

/* --- news and who gets them ------------------------------------------------------- */

void
msg_put_errand(struct msg_out *out, const struct msg_errand *e)
{
	unsigned args = 0;

	while (args <= ERRAND_ARGS && e->argv[args] != NULL)
		args++;
	pack_u64(&out->pack, e->id);
	pack_u8(&out->pack, e->purpose);
	pack_u64(&out->pack, e->in_force);
	pack_u32(&out->pack, e->limit_s);
	msg_str(out, e->letter);
	pack_u8(&out->pack, (uint8_t)args);
	for (unsigned i = 0; i < args; i++)
		msg_str(out, e->argv[i]);
}

int
msg_get_errand(struct msg_in *in, struct msg_errand *e)
{
	char *at = e->text, *end = e->text + sizeof e->text;

	e->id = wire_u64(&in->wire);
	e->purpose = get_below(in, ERRAND_PURPOSES);
	e->in_force = wire_u64(&in->wire);
	e->limit_s = wire_u32(&in->wire);
	msg_get_str(in, e->letter, sizeof e->letter);
	unsigned args = get_below(in, ERRAND_ARGS + 1);
	if (args == 0)
		in->wire.bad = true;
	for (unsigned i = 0; i < args && wire_ok(&in->wire); i++) {
		e->argv[i] = at;
		msg_get_str(in, at, (size_t)(end - at));
		at += strlen(at) + 1;
		if (at == end && i + 1 < args)
			in->wire.bad = true;
	}
	e->argv[args] = NULL;
	return msg_done(in);
}

void
msg_put_errand_done(struct msg_out *out, const struct msg_errand_done *d)
{
	pack_u64(&out->pack, d->id);
	pack_u8(&out->pack, d->end);
	pack_u32(&out->pack, d->code);
}

int
msg_get_errand_done(struct msg_in *in, struct msg_errand_done *d)
{
	d->id = wire_u64(&in->wire);
	d->end = get_below(in, ERRAND_ENDS);
	d->code = wire_u32(&in->wire);
	return msg_done(in);
}

void
msg_put_receiver(struct msg_out *out, const struct msg_receiver *r)
{
	pack_u64(&out->pack, r->id);
	msg_str(out, r->name);
	msg_str(out, r->type);
	pack_u8(&out->pack, r->gone);
	pack_u64(&out->pack, r->sent);
	pack_u64(&out->pack, r->failed);
	pack_u32(&out->pack, r->waiting);
	pack_i64(&out->pack, r->last_s);
	msg_str(out, r->error);
}

int
msg_get_receiver(struct msg_in *in, struct msg_receiver *r)
{
	r->id = wire_u64(&in->wire);
	msg_get_str(in, r->name, sizeof r->name);
	msg_get_str(in, r->type, sizeof r->type);
	r->gone = get_below(in, 2);
	r->sent = wire_u64(&in->wire);
	r->failed = wire_u64(&in->wire);
	r->waiting = wire_u32(&in->wire);
	r->last_s = get_seconds(in);
	msg_get_str(in, r->error, sizeof r->error);
	return msg_done(in);
}

void
msg_put_tried(struct msg_out *out, const struct msg_tried *t)
{
	pack_u32(&out->pack, t->ticket);
	pack_u8(&out->pack, t->how);
	msg_str(out, t->text);
}

int
msg_get_tried(struct msg_in *in, struct msg_tried *t)
{
	t->ticket = wire_u32(&in->wire);
	t->how = get_below(in, TRIED_KINDS);
	msg_get_str(in, t->text, sizeof t->text);
	return msg_done(in);
}

void
msg_put_store(struct msg_out *out, const struct msg_store *s)
{
	struct pack *p = &out->pack;

	pack_u64(p, s->rows_written);
	pack_u64(p, s->rows_unknown);
	pack_u64(p, s->retries);
	pack_u64(p, s->failed);
	pack_u64(p, s->set_aside);
	pack_u64(p, s->carried);
	pack_u64(p, s->queued);
	pack_u64(p, s->raw_bytes);
}

int
msg_get_store(struct msg_in *in, struct msg_store *s)
{
	struct wire *w = &in->wire;

	s->rows_written = wire_u64(w);
	s->rows_unknown = wire_u64(w);
	s->retries = wire_u64(w);
	s->failed = wire_u64(w);
	s->set_aside = wire_u64(w);
	s->carried = wire_u64(w);
	s->queued = wire_u64(w);
	s->raw_bytes = wire_u64(w);
	return msg_done(in);
}

void
msg_put_sink(struct msg_out *out, const struct msg_sink *s)
{
	struct pack *p = &out->pack;

	msg_str(out, s->name);
	msg_str(out, s->url);
	pack_u64(p, s->sent);
	pack_u64(p, s->dropped);
	pack_u64(p, s->waiting);
	pack_u64(p, s->failed);
	pack_i64(p, s->sent_at);
	pack_i64(p, s->failed_at);
	msg_str(out, s->error);
}

int
msg_get_sink(struct msg_in *in, struct msg_sink *s)
{
	struct wire *w = &in->wire;

	msg_get_str(in, s->name, sizeof s->name);
	msg_get_str(in, s->url, sizeof s->url);
	s->sent = wire_u64(w);
	s->dropped = wire_u64(w);
	s->waiting = wire_u64(w);
	s->failed = wire_u64(w);
	s->sent_at = get_seconds(in);
	s->failed_at = get_seconds(in);
	msg_get_str(in, s->error, sizeof s->error);
	return msg_done(in);
}

/* --- workers --------------------------------------------------------------------- */

void
msg_put_worker(struct msg_out *out, const struct msg_worker *m)
{
	struct pack *p = &out->pack;

	pack_u8(p, m->room);
	pack_u8(p, m->state);
	pack_u32(p, m->pid);
	pack_u32(p, m->uid);
	pack_u32(p, m->restarts);
	pack_u32(p, m->generation);
	pack_i64(p, m->since);
	msg_str(out, m->lock);
	msg_str(out, m->last_end);
}

int
msg_get_worker(struct msg_in *in, struct msg_worker *m)
{
	struct wire *w = &in->wire;

	m->room = get_below(in, ROOMS);
	m->state = get_below(in, WORKER_STATES);
	m->pid = wire_u32(w);
	m->uid = wire_u32(w);
	m->restarts = wire_u32(w);
	m->generation = wire_u32(w);
	m->since = get_seconds(in);
	msg_get_str(in, m->lock, sizeof m->lock);
	msg_get_str(in, m->last_end, sizeof m->last_end);
	return msg_done(in);
}

/* --- pictures -------------------------------------------------------------------- */

void
msg_put_draw(struct msg_out *out, const struct msg_draw *d)
{
	struct pack *p = &out->pack;

	pack_u32(p, d->id);
	pack_u64(p, d->target);
	pack_u8(p, d->kind);
	pack_u8(p, d->format);
	pack_u8(p, d->theme);
	pack_u8(p, d->zoom);
	pack_i64(p, d->start);
	pack_i64(p, d->end);
	pack_u16(p, d->width);
	pack_u16(p, d->height);
	pack_f64(p, d->top);
	msg_str(out, d->label);
	msg_str(out, d->slave);
	msg_str(out, d->zone);
	pack_u8(p, d->marks);
	for (unsigned i = 0; i < d->marks; i++) {
		pack_i64(p, d->mark[i].begin);
		pack_i64(p, d->mark[i].end);
		pack_u8(p, d->mark[i].tone);
		pack_u16(p, d->mark[i].count);
		msg_str(out, d->mark[i].label);
	}
}

int
msg_get_draw(struct msg_in *in, struct msg_draw *d)
{
	struct wire *w = &in->wire;

	d->id = wire_u32(w);
	d->target = wire_u64(w);
	d->kind = get_below(in, DRAW_KINDS);
	d->format = get_below(in, DRAW_FORMATS);
	d->theme = get_below(in, DRAW_LOOKS);
	d->zoom = get_below(in, 3);
	d->start = get_seconds(in);
	d->end = get_seconds(in);
	d->width = wire_u16(w);
	d->height = wire_u16(w);
	d->top = get_finite(in);
	msg_get_str(in, d->label, sizeof d->label);
	msg_get_str(in, d->slave, sizeof d->slave);
	msg_get_str(in, d->zone, sizeof d->zone);
	d->marks = get_below(in, DRAW_MARKS + 1);
	for (unsigned i = 0; i < d->marks; i++) {
		d->mark[i].begin = get_seconds(in);
		d->mark[i].end = get_seconds(in);
		d->mark[i].tone = get_below(in, TONES);
		d->mark[i].count = wire_u16(w);
		msg_get_str(in, d->mark[i].label, sizeof d->mark[i].label);
		if (d->mark[i].begin > d->mark[i].end)
			w->bad = true;
	}
	if (d->zoom == 0 || d->start >= d->end || d->width == 0 || d->height == 0 ||
	    d->top < 0 || (d->zone[0] != '\0' && !zone_is_name(d->zone)))
		w->bad = true;
	return msg_done(in);
}

void
msg_put_picture(struct msg_out *out, const struct msg_picture *m)
{
	struct pack *p = &out->pack;

	pack_u32(p, m->id);
	pack_u32(p, m->generation);
	pack_u8(p, m->ok);
	pack_u32(p, m->size);
	pack_u16(p, m->width);
	pack_u16(p, m->height);
	pack_u16(p, m->left);
	pack_u16(p, m->upper);
	pack_u16(p, m->plot_width);
	pack_u16(p, m->plot_height);
	pack_f64(p, m->low);
	pack_f64(p, m->high);
	msg_str(out, m->text);
}

int
msg_get_picture(struct msg_in *in, struct msg_picture *m)
{
	struct wire *w = &in->wire;

	m->id = wire_u32(w);
	m->generation = wire_u32(w);
	m->ok = get_below(in, 2);
	m->size = wire_u32(w);
	m->width = wire_u16(w);
	m->height = wire_u16(w);
	m->left = wire_u16(w);
	m->upper = wire_u16(w);
	m->plot_width = wire_u16(w);
	m->plot_height = wire_u16(w);
	m->low = wire_f64(w); /* NAN where nothing was drawn */
	m->high = wire_f64(w);
	msg_get_str(in, m->text, sizeof m->text);
	return msg_done(in);
}

void
msg_put_paper(struct msg_out *out, const struct msg_paper *m)
{
	pack_u32(&out->pack, m->id);
	pack_u32(&out->pack, m->size);
	pack_u8(&out->pack, m->format);
	pack_u8(&out->pack, m->theme);
}

int
msg_get_paper(struct msg_in *in, struct msg_paper *m)
{
	m->id = wire_u32(&in->wire);
	m->size = wire_u32(&in->wire);
	m->format = get_below(in, DRAW_FORMATS);
	m->theme = get_below(in, DRAW_LOOKS);
	if (m->size == 0)
		in->wire.bad = true;
	return msg_done(in);
}

/* --- words ----------------------------------------------------------------------- */

const char *
room_name(enum room room)
{
	static const char *const names[ROOMS] = {
		[ROOM_PARENT] = "parent",
		[ROOM_PROBER] = "prober",
		[ROOM_RECORDER] = "recorder",
		[ROOM_WEB] = "web",
		[ROOM_PAINTER] = "painter",
		[ROOM_COURIER] = "courier",
		[ROOM_COLLECTOR] = "collector",
		[ROOM_RUNNER] = "runner",
		[ROOM_FETCHER] = "fetcher",
	};

	return (unsigned)room < ROOMS ? names[room] : "unknown";
}

bool
room_measures(enum room room)
{
	return room == ROOM_PROBER || room == ROOM_FETCHER || room == ROOM_RUNNER;
}
