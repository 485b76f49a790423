#include "recorder/links.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "infer/congestion.h"
#include "infer/finding.h"
#include "recorder/found.h"

/* A quarter is judged so long after its end: rounds come when they are over. */
#define LATE_S 330
#define CLEARS 4      /* judgements without it */
#define RECURS_BINS 4 /* quarters between two judgements of weeks */
#define ALIKE_MIN 60  /* minutes that hours may differ and be the same */

/* What was open before a restart and is of nobody who is judged meanwhile is over. */
#define UNJUDGED_S 86400

#define SOURCE_RECURRING "recurring"
#define SOURCE_SHIFT "shift"

struct series {
	UT_hash_handle hh;
	uint64_t target;
	char *path; /* the key */
	struct tslp_series is;
	struct addr address; /* of the last round */
	uint8_t ttl;
	bool configured;
	enum links_place place;
	bool crosses;
	int64_t judged; /* number of the quarter */
	struct tslp_result result;
};

/* An incident of before a restart. */
struct before {
	char *subject;
	char source[16];
};

struct links {
	struct conditions *cs;
	const struct links_ops *ops;
	void *ctx;
	const struct conf *conf;
	struct series *all;
	int64_t began;
	struct before *before;
	unsigned befores;
	int64_t counted;   /* hour in which this was: */
	unsigned left_out; /* targets with a place that there is no room for */
	struct log_limit crowd;
};

/* --- series ----------------------------------------------------------------------- */

static struct series *
find(const struct links *l, const char *path)
{
	struct series *s;

	HASH_FIND_STR(l->all, path, s);
	return s;
}

static struct series *
find_or_add(struct links *l, const char *path)
{
	struct series *s = find(l, path);

	if (s != NULL || HASH_COUNT(l->all) >= LINKS_MAX)
		return s;
	s = mem_zero(1, sizeof *s);
	s->path = mem_str(path);
	tslp_clear(&s->is);
	HASH_ADD_KEYPTR(hh, l->all, s->path, strlen(s->path), s);
	return s;
}

static void
drop(struct links *l, struct series *s)
{
	HASH_DEL(l->all, s);
	free(s->path);
	free(s);
}

static void
clear(struct links *l, const char *subject, const char *source, int64_t time,
    unsigned hold)
{
	static struct infer_finding f;

	finding_init(&f, CONGESTION_KIND, subject, source);
	found_clear(l->cs, &f, time, hold);
}

/* A far end makes room for a hop, before which it would be compared with nothing: one
 * that is not congested, the last by name. */
static void
make_room(struct links *l)
{
	struct series *s, *next, *last = NULL;

	HASH_ITER(hh, l->all, s, next)
		if (s->place == LINKS_FAR && s->result.verdict != TSLP_CONGESTED &&
		    (last == NULL || strcmp(s->path, last->path) > 0))
			last = s;
	if (last == NULL)
		return;
	clear(l, last->path, SOURCE_SHIFT, clock_wall_s(), 0);
	drop(l, last);
}

static bool
has_moved(const struct series *s, const struct round *r)
{
	/* Another hop count for a whole round: another way back, or there. */
	return (s->address.sa.sa_family != AF_UNSPEC &&
		   r->address.sa.sa_family != AF_UNSPEC &&
		   !addr_same_host(&s->address, &r->address)) ||
	       (s->ttl != 0 && r->ttl != 0 && r->ttl_changes == 0 && s->ttl != r->ttl);
}

void
links_round(struct links *l, const struct round *r)
{
	const struct conf_target *t = conf_target_by_id(l->conf, r->target);
	int64_t begin = r->begin_ns / CLOCK_NS_PER_S;
	int64_t long_s = (r->end_ns - r->begin_ns) / CLOCK_NS_PER_S;
	bool crosses = false;

	if (t == NULL || r->state != ROUND_MEASURED || r->suspect || long_s < 0)
		return;
	enum links_place place = l->ops->place(l->ctx, r->target, &crosses);
	struct series *s = find(l, t->path);
	/* One that is known already goes on where its place is not known for a while,
	 * as after a start. */
	if (s == NULL && place == LINKS_NOWHERE)
		return;
	if (s == NULL && place < LINKS_FAR && HASH_COUNT(l->all) >= LINKS_MAX)
		make_room(l);
	if (s == NULL && (s = find_or_add(l, t->path)) == NULL)
		return;
	s->target = r->target;
	s->configured = true;
	if (place != LINKS_NOWHERE) {
		s->place = place;
		s->crosses = crosses;
	}
	if (has_moved(s, r))
		tslp_change(&s->is, begin);
	if (r->address.sa.sa_family != AF_UNSPEC)
		s->address = r->address;
	if (r->ttl != 0 && r->ttl_changes == 0)
		s->ttl = r->ttl;
	for (unsigned i = 0; i < r->count; i++) {
		const struct ping *p = &r->ping[i];
		int64_t time = begin + long_s * i / r->count;

		if (p->outcome == PING_ANSWERED)
			tslp_ping(&s->is, time, (double)p->rtt_ns / 1e6);
		else if (ping_is_loss((enum ping_outcome)p->outcome))
			tslp_ping(&s->is, time, NAN);
	}
}

void
links_changed(struct links *l, const char *path, int64_t time)
{
	struct series *s, *next;

	HASH_ITER(hh, l->all, s, next)
		if (*path == '\0' || strcmp(path, s->path) == 0)
			tslp_change(&s->is, time);
}

void
links_use(struct links *l, int64_t time, double use)
{
	struct series *s, *next;

	if (isnan(use))
		return;
	HASH_ITER(hh, l->all, s, next)
		tslp_use(&s->is, time, use);
}

uint64_t
links_beyond(const struct links *l)
{
	const struct series *s, *next, *best = NULL;

	HASH_ITER(hh, l->all, s, next)
		if (s->configured && s->place >= LINKS_ACCESS &&
		    (best == NULL || s->place < best->place ||
			(s->place == best->place && strcmp(s->path, best->path) < 0)))
			best = s;
	return best == NULL ? 0 : best->target;
}

/* --- judging ---------------------------------------------------------------------- */

static bool
same_family(const struct series *a, const struct series *b)
{
	return a->address.sa.sa_family == b->address.sa.sa_family;
}

/* What is measured before FAR, as near to it as there is. */
static const struct series *
near_of(const struct links *l, const struct series *far)
{
	const struct series *s, *next, *best = NULL;

	HASH_ITER(hh, l->all, s, next) {
		if (!s->configured || s->place == LINKS_NOWHERE ||
		    s->place >= far->place || !same_family(s, far))
			continue;
		/* Who is reached another way has not crossed the access hop. */
		if (far->place == LINKS_FAR && !far->crosses &&
		    s->place >= LINKS_ACCESS)
			continue;
		/* A router of transit is one of many: whose is not known. */
		if (s->place == LINKS_TRANSIT)
			continue;
		if (best == NULL || s->place > best->place ||
		    (s->place == best->place && strcmp(s->path, best->path) < 0))
			best = s;
	}
	return best;
}

static unsigned
behind_of(const struct links *l, const struct series *far,
    const struct tslp_series *behind[TSLP_BEHIND])
{
	const struct series *s, *next;
	unsigned n = 0;

	if (far->place != LINKS_ACCESS && far->place != LINKS_PROVIDER)
		return 0;
	HASH_ITER(hh, l->all, s, next)
		if (n < TSLP_BEHIND && s->configured && s->place == LINKS_FAR &&
		    s->crosses && same_family(s, far))
			behind[n++] = &s->is;
	return n;
}

static unsigned
apart(unsigned a, unsigned b)
{
	unsigned d = a > b ? a - b : b - a;

	return d > 720 ? 1440 - d : d;
}

/* Is O congested at the same hours as S? */
static bool
is_alike(const struct tslp_result *s, const struct tslp_result *o)
{
	return o->verdict == TSLP_CONGESTED &&
	       apart(o->begin_min, s->begin_min) <= ALIKE_MIN &&
	       apart(o->end_min, s->end_min) <= ALIKE_MIN;
}

/* Other far ends that are slow at the same hours as S: they say what targets behind a
 * link would. All others count as compared. */
static void
count_alike(const struct links *l, const struct series *s, struct tslp_result *r)
{
	const struct series *o, *next;

	if (s->place != LINKS_FAR || r->verdict != TSLP_CONGESTED)
		return;
	HASH_ITER(hh, l->all, o, next) {
		if (o == s || !o->configured || o->place != LINKS_FAR ||
		    o->result.days == 0)
			continue;
		r->behinds++;
		r->behinds_slow += is_alike(r, &o->result);
	}
}

/* Far ends behind one link, of which one tells for all. */
struct crowd {
	const struct series *first; /* by path */
	unsigned others, cut;
	char hop[ADDR_TEXT], also[FINDING_FACT];
};

/* Who shares S's link: far ends that are slow at its hours, and whose ways are one with
 * that to S where none of the others' leads. */
static void
gather(const struct links *l, const struct series *s, struct crowd *c)
{
	uint64_t bad[LINKS_MAX] = { s->target }, good[LINKS_MAX];
	const struct series *alike[LINKS_MAX], *o, *next;
	unsigned alikes = 0, goods = 0, bads = 1;
	size_t len = 0;

	*c = (struct crowd){ .first = s };
	if (l->ops->cut == NULL || s->place != LINKS_FAR ||
	    s->result.verdict != TSLP_CONGESTED)
		return;
	HASH_ITER(hh, l->all, o, next) {
		if (o == s || !o->configured || o->place == LINKS_NOWHERE ||
		    !same_family(o, s))
			continue;
		if (o->place == LINKS_FAR && is_alike(&s->result, &o->result))
			alike[alikes++] = o;
		else
			good[goods++] = o->target;
	}
	for (unsigned i = 0; i < alikes; i++) {
		const uint64_t two[2] = { s->target, alike[i]->target };
		if (l->ops->cut(l->ctx, two, 2, good, goods, c->hop) == 0)
			continue;
		bad[bads++] = alike[i]->target;
		if (strcmp(alike[i]->path, c->first->path) < 0)
			c->first = alike[i];
		if (len < sizeof c->also)
			len += (size_t)snprintf(c->also + len, sizeof c->also - len,
			    "%s%s", len > 0 ? ", " : "", alike[i]->path);
	}
	if (bads > 1)
		c->cut = l->ops->cut(l->ctx, bad, bads, good, goods, c->hop);
	if (c->cut == 0)
		c->first = s;
	else
		c->others = bads - 1;
}

/* How many of N series rise by most of what FAR does. */
static unsigned
rise_alike(const struct tslp_question *far, const struct tslp_shift *shift)
{
	unsigned n = 0;

	for (unsigned i = 0; i < far->behinds; i++) {
		struct tslp_question q = *far;
		struct tslp_shift other;

		q.far = far->behind[i];
		q.near = NULL;
		tslp_shift(&q, &other);
		n += other.bins > 0 && other.rise_ms >= 0.7 * shift->rise_ms;
	}
	return n;
}

static void
judge_weeks(struct links *l, struct series *s, const struct tslp_question *q,
    const struct congestion_link *link)
{
	static struct infer_finding f;

	tslp_judge(q, &s->result);
	struct tslp_result r = s->result;
	count_alike(l, s, &r);
	struct crowd crowd;
	struct congestion_link of = *link;
	gather(l, s, &crowd);
	of.others = crowd.others;
	of.cut = crowd.cut;
	of.hop = crowd.hop;
	of.also = crowd.also;
	if (crowd.first != s)
		clear(l, s->path, SOURCE_RECURRING, q->now, CLEARS);
	else if (congestion_recurring(&of, &r, &f))
		found_raise(l->cs, &f, q->now, 2);
	else if (r.verdict != TSLP_FEW) /* too few days is no end */
		clear(l, s->path, SOURCE_RECURRING, q->now, CLEARS);
}

static void
judge(struct links *l, struct series *s, int64_t now, bool weeks)
{
	static struct infer_finding f;
	const struct series *near = near_of(l, s);
	struct tslp_question q = { .far = &s->is,
		.near = near != NULL ? &near->is : NULL,
		.near_beyond_line = near != NULL && near->place >= LINKS_ACCESS,
		.now = now,
		.offset = l->ops->offset,
		.ctx = l->ctx };
	struct congestion_link link = { .subject = s->path,
		.near = near != NULL ? near->path : NULL,
		.far = s->path,
		.near_beyond_line = q.near_beyond_line,
		.left_out = l->left_out,
		.now = now };
	struct tslp_shift shift;

	q.behinds = behind_of(l, s, q.behind);
	if (weeks)
		judge_weeks(l, s, &q, &link);
	tslp_shift(&q, &shift);
	if (congestion_shift(&link, &shift, q.behinds, rise_alike(&q, &shift), &f) &&
	    f.confidence >= CONFIDENCE_LIKELY)
		found_raise(l->cs, &f, now, 0);
	else
		clear(l, s->path, SOURCE_SHIFT, now, CLEARS);
}

/* Of what was open before the start, what nobody will judge any more: its target is
 * gone, or has no place on the way. */
static void
settle(struct links *l, int64_t now)
{
	if (now < l->began) /* the clock was set back */
		l->began = now;
	if (l->befores == 0 || now - l->began < UNJUDGED_S)
		return;
	while (l->befores > 0) {
		struct before *b = &l->before[--l->befores];
		const struct series *s = find(l, b->subject);

		if (s == NULL || s->judged == 0)
			clear(l, b->subject, b->source, l->began, 0);
		free(b->subject);
	}
}

/* Once an hour: who has a place on the way and none in here. */
static void
count_left_out(struct links *l, int64_t now)
{
	unsigned n = 0;
	bool crosses;

	if (l->conf == NULL || now / 3600 == l->counted)
		return;
	l->counted = now / 3600;
	if (HASH_COUNT(l->all) >= LINKS_MAX)
		for (size_t i = 0; i < l->conf->target_count; i++) {
			const struct conf_target *t = l->conf->target[i];
			n += conf_target_is_pinged(t) && find(l, t->path) == NULL &&
			     l->ops->place(l->ctx, t->id, &crosses) != LINKS_NOWHERE;
		}
	if (n > l->left_out && log_allowed(&l->crowd, 3600, NULL))
		log_warnx("the ways to %u targets are not watched for congestion: "
			  "%d are at most",
		    n, LINKS_MAX);
	l->left_out = n;
}

void
links_tick(struct links *l, int64_t now)
{
	settle(l, now);
	count_left_out(l, now);
	int64_t due = (now - LATE_S) / TSLP_BIN_S;
	struct series *s, *next;

	HASH_ITER(hh, l->all, s, next) {
		if (s->judged == due || !s->configured || s->place == LINKS_NOWHERE)
			continue;
		bool weeks =
		    s->judged == 0 || due / RECURS_BINS != s->judged / RECURS_BINS;
		s->judged = due;
		judge(l, s, due * TSLP_BIN_S, weeks);
		break;
	}
}

/* --- life ------------------------------------------------------------------------- */

void
links_configure(struct links *l, const struct conf *conf)
{
	struct series *s, *next;

	l->conf = conf;
	HASH_ITER(hh, l->all, s, next) {
		const struct conf_target *t = conf_target_by_path(conf, s->path);

		if (t != NULL && conf_target_is_pinged(t)) {
			s->target = t->id;
			s->configured = true;
			continue;
		}
		clear(l, s->path, SOURCE_RECURRING, clock_wall_s(), 0);
		clear(l, s->path, SOURCE_SHIFT, clock_wall_s(), 0);
		drop(l, s);
	}
}

static void
restore(void *ctx, const struct incident *in, const struct letter *held)
{
	struct links *l = ctx;
	struct before *b;

	(void)held;
	if (strcmp(in->kind, CONGESTION_KIND) != 0 || l->befores >= 2 * LINKS_MAX ||
	    (strcmp(in->source, SOURCE_RECURRING) != 0 &&
		strcmp(in->source, SOURCE_SHIFT) != 0))
		return;
	l->before = mem_grow(l->before, l->befores + 1, sizeof *l->before);
	b = &l->before[l->befores++];
	b->subject = mem_str(in->subject);
	snprintf(b->source, sizeof b->source, "%s", in->source);
}

struct links *
links_new(struct conditions *cs, struct events *ev, const struct links_ops *ops,
    void *ctx, int64_t now)
{
	struct links *l = mem_zero(1, sizeof *l);

	l->began = now;
	if (ev != NULL)
		events_each_open(ev, restore, l);
	l->cs = cs;
	l->ops = ops;
	l->ctx = ctx;
	return l;
}

void
links_free(struct links *l)
{
	struct series *s, *next;

	if (l == NULL)
		return;
	HASH_ITER(hh, l->all, s, next)
		drop(l, s);
	while (l->befores > 0)
		free(l->before[--l->befores].subject);
	free(l->before);
	free(l);
}

/* --- what they learned ------------------------------------------------------------ */

void
links_put(const struct links *l, struct pack *p)
{
	const struct series *s, *next;

	HASH_ITER(hh, l->all, s, next) {
		if (strlen(s->path) > 1000)
			continue;
		pack_u8(p, 1);
		pack_u16(p, (uint16_t)strlen(s->path));
		pack_bytes(p, s->path, strlen(s->path));
		tslp_put(&s->is, p);
	}
	pack_u8(p, 0);
}

void
links_get(struct links *l, struct wire *w)
{
	struct tslp_series *is = mem_alloc(sizeof *is);

	for (unsigned n = 0; wire_u8(w) == 1 && n < LINKS_MAX; n++) {
		char path[1024];
		unsigned len = wire_u16(w);
		const uint8_t *text = wire_bytes(w, len);

		if (text == NULL || len >= sizeof path || len == 0 ||
		    memchr(text, '\0', len) != NULL) {
			w->bad = true;
			break;
		}
		memcpy(path, text, len);
		path[len] = '\0';
		tslp_get(is, w);
		if (!wire_ok(w))
			break;
		struct series *s = find_or_add(l, path);
		if (s != NULL && s->is.newest == 0)
			s->is = *is;
	}
	free(is);
}
