#include "recorder/outage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "infer/finding.h"
#include "infer/odds.h"
#include "store.h"

#define PINGS_SURE 10	 /* so many say it in one round */
#define UNKNOWN_MOST 0.5 /* of a round */
#define LEVEL 0.95

/* A target that is down, or about to be. All others have none. */
struct down {
	UT_hash_handle hh;
	uint64_t id;
	char *path;
	uint64_t rounds, pings; /* lost since */
	uint64_t unknown;	/* pings of these rounds, */
	uint64_t gaps;		/* and rounds between of which nothing is known */
};

struct outages {
	struct conditions *cs;
	struct down *down;
};

static struct down *
find(const struct outages *o, uint64_t id)
{
	struct down *d;

	HASH_FIND(hh, o->down, &id, sizeof id, d);
	return d;
}

static struct down *
add(struct outages *o, uint64_t id, const char *path)
{
	struct down *d = mem_zero(1, sizeof *d);

	d->id = id;
	d->path = mem_str(path);
	HASH_ADD(hh, o->down, id, sizeof d->id, d);
	return d;
}

static void
forget(struct outages *o, struct down *d)
{
	HASH_DEL(o->down, d);
	free(d->path);
	free(d);
}

/* How R's pings ended. */
struct ended {
	unsigned answered, lost, unknown;
	enum ping_outcome cause; /* of most of the lost */
};

static void
count(const struct round *r, struct ended *e)
{
	unsigned seen[PING_OUTCOMES] = { 0 };

	*e = (struct ended){ .cause = PING_TIMEOUT };
	for (unsigned i = 0; i < r->count; i++) {
		unsigned outcome = r->ping[i].outcome;
		if (outcome == PING_ANSWERED) {
			e->answered++;
		} else if (ping_is_loss(outcome)) {
			e->lost++;
			if (++seen[outcome] > seen[e->cause])
				e->cause = outcome;
		}
	}
	e->unknown = r->count - e->answered - e->lost;
}

/* Why D is down: all pings of so many rounds, of which half may be unknown. */
static void
put_finding(
    const struct down *d, const struct ended *e, unsigned hold, struct infer_finding *f)
{
	double low, high, all = (double)(d->pings + d->unknown);

	finding_init(f, CONDITION_DOWN_KIND, d->path, CONDITION_DOWN_SOURCE);
	finding_cause(f, ping_outcome_word(e->cause));
	odds_exact(d->pings, d->pings, LEVEL, &low, &high);
	finding_interval(
	    finding_number_of(f, "loss", "ratio", "", 1, 1), low, high, LEVEL);
	finding_number_of(f, "rounds", "count", "", (double)d->rounds, hold);
	finding_number(f, "pings_lost", "count", (double)d->pings);
	finding_number_of(
	    f, "unknown", "ratio", "", (double)d->unknown / all, UNKNOWN_MOST);
	f->quality.samples = d->pings;
	f->quality.unknown = (double)d->unknown / all;
	if (d->gaps > 0)
		snprintf(f->quality.note, sizeof f->quality.note,
		    "nothing is known of %llu rounds in between",
		    (unsigned long long)d->gaps);
}

/* Malloced JSON. */
static char *
evidence(const struct down *d, const struct conf_target *t,
    const struct conf_slave *slave, const struct round *r, const struct ended *e,
    unsigned hold)
{
	static struct infer_finding f;
	char address[ADDR_TEXT], *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	jw_put_str(&j, "host", t->host);
	addr_text(&r->address, address);
	jw_put_str(&j, "address", address[0] != '\0' ? address : NULL);
	if (slave != NULL)
		jw_put_str(&j, "slave", slave->name);
	jw_put_int(&j, "rounds", (int64_t)d->rounds);
	jw_put_int(&j, "pings_lost", (int64_t)d->pings);
	put_finding(d, e, hold, &f);
	finding_put(&j, &f);
	jw_object_end(&j);
	mem_stream_end(out);
	return text;
}

void
outages_round(struct outages *o, const struct conf_target *t,
    const struct conf_slave *slave, const struct round *r)
{
	struct down *d = find(o, r->target);
	struct ended e;
	char path[STORE_PATH];
	struct finding f = { .kind = CONDITION_DOWN_KIND,
		.source = CONDITION_DOWN_SOURCE,
		.subject = path,
		.worst = NAN,
		.hold = r->count >= PINGS_SURE ? 1 : 2 };

	if (r->state == ROUND_UNKNOWN && d != NULL)
		d->gaps++;
	if (r->state == ROUND_UNKNOWN ||
	    conf_series_path(t, slave, path, sizeof path) < 0)
		return;
	count(r, &e);
	if (e.answered > 0) {
		if (d == NULL)
			return;
		f.time = r->begin_ns / CLOCK_NS_PER_S;
		if (condition_clear(o->cs, &f) != 0 ||
		    condition_open(o->cs, f.kind, f.subject, f.source) == 0)
			forget(o, d);
		return;
	}
	/* Where more than half of it is unknown it is not known to be lost. */
	if (e.lost == 0 || e.unknown > UNKNOWN_MOST * r->count) {
		if (d != NULL)
			d->gaps++;
		return;
	}
	if (d == NULL)
		d = add(o, r->target, path);
	d->rounds++;
	d->pings += e.lost;
	d->unknown += e.unknown;
	char *text = evidence(d, t, slave, r, &e, f.hold);
	char *summary = mem_printf("100 %% loss: %s", ping_outcome_text(e.cause));
	f.time = r->begin_ns / CLOCK_NS_PER_S;
	f.summary = summary;
	f.evidence = text;
	f.worst = 100;
	condition_raise(o->cs, &f);
	free(summary);
	free(text);
}

void
outages_reload(struct outages *o)
{
	struct down *d, *next;

	HASH_ITER(hh, o->down, d, next)
		if (condition_open(o->cs, CONDITION_DOWN_KIND, d->path,
			CONDITION_DOWN_SOURCE) == 0)
			forget(o, d);
}

static void
restore(void *ctx, const struct incident *in, const struct letter *held)
{
	(void)held;
	if (strcmp(in->kind, CONDITION_DOWN_KIND) == 0 &&
	    strcmp(in->source, CONDITION_DOWN_SOURCE) == 0 &&
	    find(ctx, conf_target_id(in->subject)) == NULL)
		add(ctx, conf_target_id(in->subject), in->subject);
}

struct outages *
outages_new(struct conditions *cs, struct events *ev)
{
	struct outages *o = mem_zero(1, sizeof *o);

	o->cs = cs;
	events_each_open(ev, restore, o);
	return o;
}

void
outages_free(struct outages *o)
{
	struct down *d, *next;

	HASH_ITER(hh, o->down, d, next)
		forget(o, d);
	free(o);
}
