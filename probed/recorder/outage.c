#include "recorder/outage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "store.h"

#define PINGS_SURE 10 /* so many say it in one round */

/* A target that is down, or about to be. All others have none. */
struct down {
	UT_hash_handle hh;
	uint64_t id;
	char *path;
	uint64_t rounds, pings; /* lost since */
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

/* How R's pings ended: answered, lost, and for what reason most of the lost. */
static void
count(
    const struct round *r, unsigned *answered, unsigned *lost, enum ping_outcome *cause)
{
	unsigned seen[PING_OUTCOMES] = { 0 };

	*answered = *lost = 0;
	*cause = PING_TIMEOUT;
	for (unsigned i = 0; i < r->count; i++) {
		unsigned outcome = r->ping[i].outcome;
		if (outcome == PING_ANSWERED) {
			++*answered;
		} else if (ping_is_loss(outcome)) {
			++*lost;
			if (++seen[outcome] > seen[*cause])
				*cause = outcome;
		}
	}
}

/* Malloced JSON. */
static char *
evidence(const struct down *d, const struct conf_target *t,
    const struct conf_slave *slave, const struct round *r, enum ping_outcome cause)
{
	char address[ADDR_TEXT], *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json j;

	if (out == NULL)
		fatal("open_memstream");
	jw_init(&j, out);
	jw_object(&j);
	jw_key(&j, "host");
	jw_str(&j, t->host);
	jw_key(&j, "address");
	addr_text(&r->address, address);
	jw_str(&j, address[0] != '\0' ? address : NULL);
	if (slave != NULL) {
		jw_key(&j, "slave");
		jw_str(&j, slave->name);
	}
	jw_key(&j, "cause");
	jw_str(&j, ping_outcome_word(cause));
	jw_key(&j, "rounds");
	jw_int(&j, (int64_t)d->rounds);
	jw_key(&j, "pings_lost");
	jw_int(&j, (int64_t)d->pings);
	jw_object_end(&j);
	fclose(out);
	return text;
}

void
outages_round(struct outages *o, const struct conf_target *t,
    const struct conf_slave *slave, const struct round *r)
{
	struct down *d = find(o, r->target);
	enum ping_outcome cause;
	unsigned answered, lost;
	char path[STORE_PATH];
	struct finding f = { .kind = CONDITION_DOWN_KIND,
		.source = CONDITION_DOWN_SOURCE,
		.subject = path,
		.worst = NAN,
		.hold = r->count >= PINGS_SURE ? 1 : 2 };

	if (r->state == ROUND_UNKNOWN ||
	    conf_series_path(t, slave, path, sizeof path) < 0)
		return;
	count(r, &answered, &lost, &cause);
	if (answered > 0) {
		if (d == NULL)
			return;
		f.time = r->begin_ns / CLOCK_NS_PER_S;
		if (condition_clear(o->cs, &f) != 0 ||
		    condition_open(o->cs, f.kind, f.subject, f.source) == 0)
			forget(o, d);
		return;
	}
	/* Half of it unknown is not known to be lost. */
	if (lost == 0 || lost < (unsigned)(r->count + 1) / 2)
		return;
	if (d == NULL)
		d = add(o, r->target, path);
	d->rounds++;
	d->pings += lost;
	char *text = evidence(d, t, slave, r, cause);
	char *summary = mem_printf("100 %% loss: %s", ping_outcome_text(cause));
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
