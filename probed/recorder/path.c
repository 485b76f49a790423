#include "recorder/path.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uthash.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "infer/pathtext.h"
#include "link/msghere.h"
#include "pathfile.h"

/* A round is bad with so many pings lost, and such a share of them; or when its median
 * is twice the usual one, and so much above it. */
#define BAD_LOST 2
#define BAD_SHARE 0.1
#define BAD_SLOW_S 0.010
#define USUAL_SHARE 0.125 /* of a good round in what is usual */
/* A slow one raises it so far at most: what lasts becomes usual, in a quarter of an hour
 * to an hour of rounds a minute, and a single one spoils nothing. */
#define USUAL_RAISE 1.0625
/* A target's way is walked because of bad rounds no more often than this ... */
#define WALK_S 60
/* ... and those of all together so often: when the line is bad, all are. */
#define WALKS 8
#define WALKS_EVERY_S 2
/* How the way is now is written so often, when nothing changed. */
#define WRITE_S 900
/* Bad walks of one target are kept no closer than this. */
#define BAD_S 20
/* Targets whose way changed in the same place within this have one note. */
#define GATHER_S 90
#define GATHERED 16 /* places at once */
#define NAMED 3	    /* targets in a note; the others are counted */
#define TROUBLE_S 3600

struct path {
	UT_hash_handle hh;
	uint64_t id;
	struct route route;
	struct path_bad bad;
	int64_t bad_written, written; /* epoch seconds */
	bool dirty;		      /* not on disk as it is */
	bool round_bad;		      /* the last round was */
	double usual;	/* median of its rounds, seconds; 0: none yet */
	int64_t walked; /* when a walk was asked for last */
};

/* Ways that changed at one place. */
struct gathered {
	int64_t time, begun;
	uint8_t ttl;
	struct addr from, to;
	unsigned count;
	uint64_t id[NAMED];
};

struct paths {
	const struct paths_ops *ops;
	void *ctx;
	const struct conf *conf;
	struct path *path;
	struct here here;
	bool is_here;
	struct ladder *ladder;
	int64_t ladder_at;
	bool stale; /* the ladder is */
	struct gathered gathered[GATHERED];
	unsigned gathereds;
	unsigned walks; /* that may be asked for now */
	int64_t walks_at;
	struct log_limit trouble, full;
	struct hops hops; /* the one just read */
	struct round_row row;
};

static struct path *
find(const struct paths *p, uint64_t id)
{
	struct path *w;

	HASH_FIND(hh, p->path, &id, sizeof id, w);
	return w;
}

/* --- disk ------------------------------------------------------------------------- */

static void
complain(struct paths *p, const struct err *err)
{
	char text[sizeof err->text + 64];

	if (!log_allowed(&p->trouble, TROUBLE_S, NULL))
		return;
	snprintf(
	    text, sizeof text, "the ways to targets cannot be kept: %s", err->text);
	log_warnx("%s", text);
	p->ops->trouble(p->ctx, text);
}

static bool
write_record(struct paths *p, const struct path_record *record)
{
	struct err err;

	if (pathfile_add(record, &err) == 0)
		return true;
	complain(p, &err);
	return false;
}

static void
write_now(struct paths *p, struct path *w, int64_t now)
{
	struct path_record *r = mem_zero(1, sizeof *r);

	r->kind = PATH_NOW;
	r->time = now > w->route.since ? now : w->route.since;
	r->since = w->route.since;
	r->changes = w->route.changes;
	r->way = w->route.way;
	w->written = now;
	if (write_record(p, r))
		w->dirty = false;
	free(r);
}

static void
write_change(struct paths *p, const struct path *w)
{
	struct path_record *r = mem_zero(1, sizeof *r);
	const struct route_change *c = &w->route.change;

	r->kind = PATH_CHANGE;
	r->time = r->since = c->time;
	r->changes = w->route.changes;
	r->ttl = c->ttl;
	r->from = c->from;
	r->to = c->to;
	r->way = w->route.way;
	write_record(p, r);
	free(r);
}

static void
write_bad(struct paths *p, struct path *w, const struct hops *walk)
{
	struct path_record *r;

	if (w->bad.time >= w->bad_written && w->bad.time - w->bad_written < BAD_S)
		return;
	w->bad_written = w->bad.time;
	r = mem_zero(1, sizeof *r);
	r->kind = PATH_BAD;
	r->time = r->since = w->bad.time;
	r->ttl = w->bad.ttl;
	r->elsewhere = w->bad.elsewhere;
	r->from = w->bad.from;
	r->to = w->bad.to;
	r->way = *walk;
	write_record(p, r);
	free(r);
}

static void
load(void *ctx, const struct path_record *r)
{
	struct path *w = ctx;

	if (r->kind == PATH_BAD)
		return;
	/* A change is followed by how it is only a while later. */
	w->route.way = r->way;
	w->route.since = r->since;
	w->route.seen = r->time;
	w->route.changes = r->changes;
	if (r->kind == PATH_CHANGE)
		w->route.change = (struct route_change){
			.time = r->time, .ttl = r->ttl, .from = r->from, .to = r->to
		};
}

/* --- targets ---------------------------------------------------------------------- */

static struct path *
add(struct paths *p, uint64_t id)
{
	struct path *w;
	struct err err;

	if (HASH_COUNT(p->path) >= PATHS_MAX) {
		if (log_allowed(&p->full, TROUBLE_S, NULL))
			log_warnx("the ways to %d targets are kept, not those to more",
			    PATHS_MAX);
		return NULL;
	}
	w = mem_zero(1, sizeof *w);
	w->id = id;
	HASH_ADD(hh, p->path, id, sizeof w->id, w);
	if (pathfile_mend(id, false, &err) != 0)
		complain(p, &err);
	pathfile_read(id, load, w);
	return w;
}

static void
forget(struct paths *p, struct path *w)
{
	HASH_DEL(p->path, w);
	route_free(&w->route);
	free(w);
}

static void
tell(const struct paths *p, const struct path *w)
{
	struct msg_path *m;

	if (w->route.way.count == 0)
		return;
	m = mem_alloc(sizeof *m);
	m->since = w->route.since;
	m->seen = w->route.seen > m->since ? w->route.seen : m->since;
	m->changes = w->route.changes;
	m->way = w->route.way;
	p->ops->tell(p->ctx, m);
	free(m);
}

static void tell_gathered(struct paths *p, unsigned at);

void
paths_configure(struct paths *p, const struct conf *next, int64_t now)
{
	struct path *w, *after;

	/* As long as the targets that they are about have names. */
	while (p->gathereds > 0)
		tell_gathered(p, 0);
	p->conf = next;
	p->stale = true;
	HASH_ITER(hh, p->path, w, after) {
		const struct conf_target *t = conf_target_by_id(next, w->id);

		if (t != NULL && conf_target_is_pinged(t))
			continue;
		if (w->dirty && w->route.way.count > 0)
			write_now(p, w, now);
		forget(p, w);
	}
	for (size_t i = 0; i < next->target_count; i++) {
		const struct conf_target *t = next->target[i];
		char name[PATHFILE_NAME];

		if (conf_target_is_pinged(t) && find(p, t->id) == NULL &&
		    access(pathfile_name(t->id, name), F_OK) == 0 &&
		    (w = add(p, t->id)) != NULL)
			tell(p, w);
	}
}

/* --- what is told ----------------------------------------------------------------- */

void
paths_tell(const struct paths *p)
{
	struct path *w, *next;

	if (p->is_here)
		p->ops->here(p->ctx, &p->here);
	HASH_ITER(hh, p->path, w, next)
		tell(p, w);
}

static const char *
name_of(const struct paths *p, uint64_t id)
{
	const struct conf_target *t = conf_target_by_id(p->conf, id);

	return t != NULL ? t->path : "?";
}

static char *
note_text(const struct paths *p, const struct gathered *g)
{
	char change[PATHTEXT_CHANGE], *text;
	size_t size;
	unsigned named = g->count < NAMED ? g->count : NAMED;
	FILE *out = mem_stream(&text, &size);

	fprintf(out, "The way to ");
	for (unsigned i = 0; i < named; i++)
		fprintf(out, "%s%s",
		    i == 0				? ""
		    : g->count > named || i + 1 < named ? ", "
							: " and ",
		    name_of(p, g->id[i]));
	if (g->count > named)
		fprintf(out, " and %u more", g->count - named);
	fprintf(out, " %s.", change_text(g->ttl, &g->from, &g->to, change));
	mem_stream_end(out);
	return text;
}

static char *
note_evidence(const struct paths *p, const struct gathered *g)
{
	char text[ADDR_TEXT], *evidence;
	struct json j;
	size_t size;
	FILE *out = mem_stream(&evidence, &size);

	jw_init(&j, out);
	jw_object(&j);
	jw_put_int(&j, "hop", g->ttl);
	jw_put_str(&j, "from", addr_text(&g->from, text));
	jw_put_str(&j, "to", addr_text(&g->to, text));
	jw_put_int(&j, "count", g->count);
	jw_key(&j, "targets");
	jw_array(&j);
	for (unsigned i = 0; i < g->count && i < NAMED; i++)
		jw_str(&j, name_of(p, g->id[i]));
	jw_array_end(&j);
	jw_object_end(&j);
	mem_stream_end(out);
	return evidence;
}

static void
tell_gathered(struct paths *p, unsigned at)
{
	struct gathered *g = &p->gathered[at];
	char *text = note_text(p, g), *evidence = note_evidence(p, g);

	p->ops->note(
	    p->ctx, g->count == 1 ? name_of(p, g->id[0]) : "", g->time, text, evidence);
	free(text);
	free(evidence);
	p->gathereds--;
	memmove(g, g + 1, (p->gathereds - at) * sizeof *g);
}

/* One router's change is that of all targets behind it: they have one note. */
static void
gather(struct paths *p, uint64_t id, const struct route_change *c, int64_t now)
{
	struct gathered *g = p->gathered;
	unsigned i;

	for (i = 0; i < p->gathereds; i++)
		if (g[i].ttl == c->ttl && addr_same_host(&g[i].from, &c->from) &&
		    addr_same_host(&g[i].to, &c->to))
			break;
	if (i == GATHERED)
		tell_gathered(p, i = 0);
	if (i == GATHERED || i >= p->gathereds) {
		i = p->gathereds++;
		g[i] = (struct gathered){ .time = c->time,
			.begun = now,
			.ttl = c->ttl,
			.from = c->from,
			.to = c->to };
	}
	if (c->time < g[i].time)
		g[i].time = c->time;
	if (g[i].count < NAMED)
		g[i].id[g[i].count] = id;
	g[i].count++;
}

/* --- walks ------------------------------------------------------------------------ */

/* Ask for a walk, unless too many were asked for. */
static void
ask(struct paths *p, struct path *w, enum hops_reason reason, int64_t now)
{
	struct msg_trace trace = { .target = w->id, .reason = (uint8_t)reason };

	if (now < p->walks_at) /* the clock was set back */
		p->walks_at = now;
	while (p->walks < WALKS && p->walks_at + WALKS_EVERY_S <= now) {
		p->walks++;
		p->walks_at += WALKS_EVERY_S;
	}
	if (p->walks == WALKS)
		p->walks_at = now;
	if (p->walks == 0)
		return;
	p->walks--;
	w->walked = now;
	p->ops->walk(p->ctx, &trace);
}

/* Of a walk that was made since a round is bad: what does it say beside the last good
 * one? */
static void
judge_bad(struct paths *p, struct path *w, const struct hops *walk, int64_t now)
{
	struct path_bad *b = &w->bad;

	if (w->route.way.count == 0)
		return;
	*b = (struct path_bad){ .time = now };
	b->from.sa.sa_family = b->to.sa.sa_family = AF_UNSPEC;
	const struct hop *other = route_difference(&w->route.way, walk);
	if (other != NULL) {
		b->elsewhere = true;
		b->ttl = other->ttl;
		b->from = hops_at(&w->route.way, other->ttl)->address[0];
		b->to = other->address[0];
	} else if ((walk->flags & HOPS_REACHED) == 0 &&
		   (w->route.way.flags & HOPS_REACHED) != 0)
		b->ttl = (uint8_t)route_break(&w->route.way, walk, &b->from, &b->to);
	else {
		b->same = true; /* which the way as it is says already */
		return;
	}
	write_bad(p, w, walk);
}

static int
take_hops(struct paths *p, struct msg_in *in, int64_t now)
{
	struct hops *walk = &p->hops;
	const struct conf_target *t;
	struct path *w;

	if (msg_get_hops(in, walk) != 0)
		return -1;
	t = conf_target_by_id(p->conf, walk->target);
	/* A reload reaches the prober and us a moment apart. */
	if (t == NULL || walk->count == 0 ||
	    ((w = find(p, walk->target)) == NULL && (w = add(p, walk->target)) == NULL))
		return 0;
	if (walk->reason == HOPS_BAD)
		judge_bad(p, w, walk, now);
	switch (route_take(&w->route, walk, now)) {
	case ROUTE_CHANGED:
		write_change(p, w);
		gather(p, w->id, &w->route.change, now);
		write_now(p, w, now);
		p->stale = true;
		break;
	case ROUTE_FIRST:
	case ROUTE_LEARNED:
		write_now(p, w, now);
		p->stale = true;
		break;
	case ROUTE_ODD:
		/* Sure sooner, with some more. */
		if (now - w->walked >= ROUTE_CONFIRM_S / 3)
			ask(p, w, HOPS_ASKED, now);
		break;
	case ROUTE_SAME:
		w->dirty = true;
		break;
	case ROUTE_BROKEN:
		break;
	}
	tell(p, w);
	return 0;
}

static int
take_here(struct paths *p, struct msg_in *in)
{
	struct here h;

	if (msg_get_here(in, &h) != 0)
		return -1;
	/* It comes again every minute, and goes on to web, which may have missed it. */
	p->stale |= !p->is_here || memcmp(&p->here, &h, sizeof h) != 0;
	memcpy(&p->here, &h, sizeof h);
	p->is_here = true;
	p->ops->here(p->ctx, &h);
	return 0;
}

int
paths_message(struct paths *p, struct msg_in *in, int64_t now)
{
	if (in->type == MSG_HERE)
		return take_here(p, in);
	return in->type == MSG_HOPS ? take_hops(p, in, now) : -1;
}

/* --- rounds ----------------------------------------------------------------------- */

static bool
is_bad(struct path *w, const struct round_row *row)
{
	double known = row->answered + row->lost;

	if (row->answered == 0 ||
	    (row->lost >= BAD_LOST && row->lost >= BAD_SHARE * known))
		return true;
	if (w->usual > 0 && row->median > 2 * w->usual &&
	    row->median > w->usual + BAD_SLOW_S) {
		w->usual *= USUAL_RAISE;
		return true;
	}
	w->usual = w->usual > 0 ? w->usual + USUAL_SHARE * (row->median - w->usual)
				: row->median;
	return false;
}

void
paths_round(struct paths *p, const struct round *r, int64_t now)
{
	struct path *w = find(p, r->target);

	if (w == NULL || r->state != ROUND_MEASURED)
		return;
	round_row(r, &p->row);
	if (isnan(p->row.loss))
		return;
	bool was = w->round_bad;
	w->round_bad = is_bad(w, &p->row);
	if (w->round_bad && !was && (now < w->walked || now - w->walked >= WALK_S))
		ask(p, w, HOPS_BAD, now);
}

/* --- life ------------------------------------------------------------------------- */

void
paths_tick(struct paths *p, int64_t now)
{
	struct path *w, *next;

	for (unsigned i = p->gathereds; i-- > 0;)
		if (now < p->gathered[i].begun ||
		    now - p->gathered[i].begun >= GATHER_S)
			tell_gathered(p, i);
	HASH_ITER(hh, p->path, w, next)
		if (w->dirty && (now < w->written || now - w->written >= WRITE_S))
			write_now(p, w, now);
}

struct paths *
paths_new(const struct paths_ops *ops, void *ctx)
{
	struct paths *p = mem_zero(1, sizeof *p);

	p->ops = ops;
	p->ctx = ctx;
	p->walks = WALKS;
	return p;
}

void
paths_free(struct paths *p)
{
	struct path *w, *next;

	if (p == NULL)
		return;
	while (p->gathereds > 0)
		tell_gathered(p, 0);
	HASH_ITER(hh, p->path, w, next) {
		if (w->dirty)
			write_now(p, w, w->route.seen);
		forget(p, w);
	}
	ladder_free(p->ladder);
	free(p);
}

/* --- for who judges --------------------------------------------------------------- */

static struct addr
address_of(const struct conf_target *t, const struct path *w)
{
	struct addr a = { .sa.sa_family = AF_UNSPEC };
	char interface[ADDR_INTERFACE];

	if (w != NULL && w->route.way.count > 0)
		return w->route.way.address;
	/* Which interface a link-local one is at is no matter. */
	if (t->host == NULL || (addr_parse_scoped(&a, t->host, interface) != 0 &&
				   addr_parse(&a, t->host) != 0))
		a.sa.sa_family = AF_UNSPEC;
	return a;
}

static void
make_ladder(struct paths *p)
{
	struct ladder_target *list = mem_zero(LADDER_TARGETS, sizeof *list);
	size_t count = 0;

	for (size_t i = 0; i < p->conf->target_count && count < LADDER_TARGETS; i++) {
		const struct conf_target *t = p->conf->target[i];
		const struct path *w = find(p, t->id);

		if (!conf_target_is_pinged(t))
			continue;
		list[count++] = (struct ladder_target){ .id = t->id,
			.address = address_of(t, w),
			.way = w != NULL && w->route.way.count > 0 ? &w->route.way
								   : NULL };
	}
	ladder_free(p->ladder);
	p->ladder = ladder_make(&p->here, list, count);
	free(list);
}

const struct ladder *
paths_ladder(struct paths *p, int64_t now)
{
	if (!p->is_here || p->conf == NULL)
		return NULL;
	if (p->ladder == NULL ||
	    (p->stale &&
		(now < p->ladder_at || now - p->ladder_at >= PATHS_LADDER_S))) {
		make_ladder(p);
		p->ladder_at = now;
		p->stale = false;
	}
	return p->ladder;
}

const struct route *
paths_route(const struct paths *p, uint64_t target)
{
	const struct path *w = find(p, target);

	return w != NULL && w->route.way.count > 0 ? &w->route : NULL;
}

const struct path_bad *
paths_bad(const struct paths *p, uint64_t target)
{
	const struct path *w = find(p, target);

	return w != NULL && w->bad.time > 0 ? &w->bad : NULL;
}
