#include "runner/batch.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/conf.h"

#define BATCH_GATHER_MS 100
#define BATCH_HOSTS 1000 /* of one run; an argument list has an end */

/* One run, from its gathering to its end. */
struct flight {
	struct batch *batch;
	TAILQ_HEAD(, batch_seat) seats;
	unsigned count;
	size_t keep;
	int64_t until, margin_ns;
	struct event timer;
	struct exec *exec; /* NULL: it is still gathering */
};

struct batch {
	char *key;
	struct argv argv; /* without a host */
	struct exec_pool *pool;
	unsigned users;
	struct flight *next; /* that gathers */
	LIST_ENTRY(batch) link;
};

static LIST_HEAD(, batch) all = LIST_HEAD_INITIALIZER(all);

static char *
batch_key(const char *probe, const struct argv *argv)
{
	char *key = mem_str(probe);

	for (size_t i = 0; i + 1 < argv->count; i++) {
		char *longer = mem_printf("%s\n%s", key, argv->word[i]);

		free(key);
		key = longer;
	}
	return key;
}

struct batch *
batch_take(const char *probe, const struct argv *argv, struct exec_pool *pool)
{
	char *key = batch_key(probe, argv);
	struct batch *b;

	LIST_FOREACH(b, &all, link)
	if (strcmp(b->key, key) == 0)
		break;
	if (b == NULL) {
		b = mem_zero(1, sizeof *b);
		b->key = key;
		b->pool = pool;
		for (size_t i = 0; i + 1 < argv->count; i++)
			argv_add(&b->argv, "%s", argv->word[i]);
		LIST_INSERT_HEAD(&all, b, link);
	} else {
		free(key);
	}
	b->users++;
	return b;
}

void
batch_drop(struct batch *b)
{
	if (b == NULL || --b->users > 0)
		return;
	LIST_REMOVE(b, link);
	argv_free(&b->argv);
	free(b->key);
	free(b);
}

uint64_t
batch_hash(const struct batch *b)
{
	return conf_target_id(b->key);
}

/* --- a run ------------------------------------------------------------------------ */

/* Everybody who is still there hears of R. */
static void
flight_end(struct flight *f, const struct exec_result *r)
{
	struct batch_seat *seat;

	while ((seat = TAILQ_FIRST(&f->seats)) != NULL) {
		TAILQ_REMOVE(&f->seats, seat, link);
		seat->flight = NULL;
		seat->done(seat->ctx, r);
	}
	event_del(&f->timer);
	free(f);
}

static void
flight_done(void *ctx, const struct exec_result *r)
{
	flight_end(ctx, r);
}

static bool
flight_has(const struct flight *f, const struct batch_seat *before)
{
	const struct batch_seat *seat;

	TAILQ_FOREACH(seat, &f->seats, link) {
		if (seat == before)
			return false;
		if (strcmp(seat->host, before->host) == 0)
			return true;
	}
	return false;
}

static void
flight_start(struct flight *f)
{
	static const struct exec_result full = {
		.end = EXEC_WAITED, .out = "", .err = ""
	};
	struct argv argv = { 0 };
	struct batch_seat *seat;

	f->batch->next = NULL;
	for (size_t i = 0; i < f->batch->argv.count; i++)
		argv_add(&argv, "%s", f->batch->argv.word[i]);
	TAILQ_FOREACH(seat, &f->seats, link)
		if (!flight_has(f, seat))
			argv_add(&argv, "%s", seat->host);
	struct exec_spec spec = {
		.argv = (const char *const *)argv.word,
		.limit_ns = f->until - clock_mono_ns() - f->margin_ns,
		.until_ns = f->until,
		.keep = f->keep,
	};
	f->exec = exec_start(f->batch->pool, &spec, flight_done, f);
	argv_free(&argv);
	if (f->exec == NULL)
		flight_end(f, &full);
}

static void
flight_on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	flight_start(ctx);
}

void
batch_join(struct batch *b, struct event_base *base, struct batch_seat *seat,
    size_t keep, int64_t margin_ns)
{
	static const struct timeval gather = { 0, BATCH_GATHER_MS * 1000 };
	struct flight *f = b->next;

	if (f == NULL) {
		f = b->next = mem_zero(1, sizeof *f);
		f->batch = b;
		f->keep = keep;
		f->margin_ns = margin_ns;
		f->until = seat->until;
		TAILQ_INIT(&f->seats);
		event_assign(&f->timer, base, -1, 0, flight_on_timer, f);
		event_add(&f->timer, &gather);
	}
	TAILQ_INSERT_TAIL(&f->seats, seat, link);
	seat->flight = f;
	if (seat->until < f->until)
		f->until = seat->until;
	if (++f->count == BATCH_HOSTS) {
		event_del(&f->timer);
		flight_start(f);
	}
}

void
batch_leave(struct batch_seat *seat)
{
	struct flight *f = seat->flight;

	if (f == NULL)
		return;
	TAILQ_REMOVE(&f->seats, seat, link);
	seat->flight = NULL;
	if (!TAILQ_EMPTY(&f->seats))
		return;
	/* Nobody is left for whom it would fly. */
	if (f->exec != NULL)
		exec_cancel(f->exec);
	else
		f->batch->next = NULL;
	event_del(&f->timer);
	free(f);
}
