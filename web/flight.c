#include "web/flight.h"

#include <sys/queue.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "round.h"
#include "web/html.h"

#define KEPT 4096    /* targets */
#define DOTS 30	     /* more pings than that are told in words only */
#define OVERDUE_S 30 /* behind its step a round has ended somewhere else */

struct entry {
	struct flight f;
	uint32_t *ping; /* owned: F's */
	char *text;	/* flight_text(), or NULL */
	TAILQ_ENTRY(entry) link;
	UT_hash_handle hh; /* by the id */
};

static struct {
	struct entry *by_id;
	TAILQ_HEAD(entries, entry) order; /* by number */
	size_t count;
	uint64_t last;
} all = { .order = TAILQ_HEAD_INITIALIZER(all.order) };

static void
forget(struct entry *e)
{
	TAILQ_REMOVE(&all.order, e, link);
	HASH_DEL(all.by_id, e);
	all.count--;
	free(e->ping);
	free(e->text);
	free(e);
}

static struct entry *
entry_of(uint64_t id)
{
	struct entry *e;

	HASH_FIND(hh, all.by_id, &id, sizeof id, e);
	return e;
}

static void
take(const struct msg_flight *m)
{
	struct entry *e = entry_of(m->target);

	if (e == NULL) {
		if (all.count == KEPT)
			forget(TAILQ_FIRST(&all.order));
		e = mem_zero(1, sizeof *e);
		e->f.id = m->target;
		HASH_ADD(hh, all.by_id, f.id, sizeof e->f.id, e);
		all.count++;
	} else {
		TAILQ_REMOVE(&all.order, e, link);
	}
	free(e->text);
	e->text = NULL;
	e->ping = mem_grow(e->ping, m->sent, sizeof *e->ping);
	memcpy(e->ping, m->ping, m->sent * sizeof *e->ping);
	e->f.ping = e->ping;
	e->f.begin_ns = m->begin_ns;
	e->f.count = m->count;
	e->f.sent = m->sent;
	e->f.number = ++all.last;
	TAILQ_INSERT_TAIL(&all.order, e, link);
}

int
flight_message(struct msg_in *in)
{
	static struct msg_flight m; /* large */
	int more;

	while ((more = msg_get_flight(in, &m)) > 0)
		take(&m);
	return more; /* 0 at the end */
}

void
flight_over(const struct round *r)
{
	struct entry *e = entry_of(r->target);

	/* The next one may have begun before this was stored. */
	if (e != NULL && e->f.begin_ns <= r->begin_ns)
		forget(e);
}

const struct flight *
flight_of(const struct conf_target *t)
{
	const struct entry *e = entry_of(t->id);
	int64_t overdue = ((int64_t)t->step + OVERDUE_S) * CLOCK_NS_PER_S;

	return e != NULL && clock_wall_ns() - e->f.begin_ns < overdue ? &e->f : NULL;
}

const struct flight *
flight_after(uint64_t number)
{
	struct entry *e, *found = NULL;

	TAILQ_FOREACH_REVERSE(e, &all.order, entries, link)
	{
		if (e->f.number <= number)
			break;
		found = e;
	}
	return found != NULL ? &found->f : NULL;
}

const struct flight *
flight_next(const struct flight *f)
{
	/* It is the first member. */
	struct entry *e = TAILQ_NEXT((const struct entry *)f, link);

	return e != NULL ? &e->f : NULL;
}

/* The places of F's pings that are WHAT. */
static void
put_places(struct json *j, const char *key, const struct flight *f, uint32_t what)
{
	jw_key(j, key);
	jw_array(j);
	for (unsigned i = 0; i < f->sent; i++)
		if (f->ping[i] == what)
			jw_int(j, i);
	jw_array_end(j);
}

static bool
is_answered(uint32_t ping)
{
	return ping < FLIGHT_UNKNOWN;
}

static unsigned
answered(const struct flight *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->sent; i++)
		n += is_answered(f->ping[i]);
	return n;
}

const char *
flight_text(const struct flight *f, const char *path)
{
	struct entry *e = entry_of(f->id);
	struct json j;
	size_t len;

	if (e->text != NULL)
		return e->text;
	FILE *out = mem_stream(&e->text, &len);
	jw_init(&j, out);
	jw_object(&j);
	jw_put_str(&j, "target", path);
	jw_put_num(&j, "begin", (double)(f->begin_ns / CLOCK_NS_PER_MS) / 1e3);
	jw_put_int(&j, "pings", f->count);
	jw_put_int(&j, "sent", f->sent);
	jw_put_int(&j, "answered", answered(f));
	jw_key(&j, "ping");
	jw_array(&j);
	for (unsigned i = 0; i < f->sent; i++)
		jw_num(&j, is_answered(f->ping[i])
			       ? (double)f->ping[i] * FLIGHT_UNIT_NS / 1e9
			       : NAN);
	jw_array_end(&j);
	put_places(&j, "lost", f, FLIGHT_LOST);
	put_places(&j, "open", f, FLIGHT_OPEN);
	jw_object_end(&j);
	mem_stream_end(out);
	return e->text;
}

void
flight_put(struct html *h, const struct conf_target *t)
{
	const struct flight *f = t != NULL ? flight_of(t) : NULL;

	html_text(h, "flight_path", t != NULL ? t->path : "");
	if (f == NULL) {
		html_text(h, "flight", "");
		return;
	}
	html_printf(h, "flight", "%u of %u pings sent, %u answered", f->sent, f->count,
	    answered(f));
	for (unsigned i = 0; f->count <= DOTS && i < f->count; i++)
		html_text(html_item(h, "dot"), "d",
		    i >= f->sent		   ? "to-come"
		    : f->ping[i] == FLIGHT_OPEN	   ? "open"
		    : f->ping[i] == FLIGHT_LOST	   ? "lost"
		    : f->ping[i] == FLIGHT_UNKNOWN ? "unknown"
						   : "answered");
}

void
flight_stop(void)
{
	while (!TAILQ_EMPTY(&all.order))
		forget(TAILQ_FIRST(&all.order));
}
