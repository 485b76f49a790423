#include "recorder/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "recorder/archives.h"
#include "recorder/rrdfile.h"

/* A lock is held for as long as a reader maps a file: a moment. */
#define BUSY_NS (3 * CLOCK_NS_PER_MS)
#define BUSY_TRIES 200
/* Files that are stuck are tried a few at a time, so that ten thousand of them on a
 * full disk cost nothing; the first success frees all. */
#define STUCK_NS CLOCK_NS_PER_S
#define STUCK_TRIES 64
#define TELL_S 60
/* A row may lie ahead of the clock by this and two steps (clocks are set). */
#define AHEAD_S 60

/* A round that waits. */
struct row {
	TAILQ_ENTRY(row) next; /* of its series, in order of coming */
	TAILQ_ENTRY(row) age;  /* of all */
	struct series *series;
	size_t size;
	struct round round; /* cut off behind its last ping */
};
TAILQ_HEAD(rows, row);

enum place_of {
	IN_NO_LIST, /* nothing waits */
	IN_READY,
	IN_BUSY,
	IN_STUCK,
	LISTS
};

/* One target's file and what waits for it. */
struct series {
	UT_hash_handle hh;
	uint64_t id;
	struct rrdfile file;
	struct rows rows;
	enum place_of in;
	TAILQ_ENTRY(series) list;
	int64_t due_ns; /* IN_BUSY */
	unsigned tries;
	bool wanted;	    /* the configuration has it */
	struct round *last; /* cut off likewise */
};
TAILQ_HEAD(series_list, series);

struct history {
	const struct history_ops *ops;
	void *ctx;
	struct series *series; /* by id */
	struct series_list list[LISTS];
	struct rows age;
	size_t queued, queue_max; /* bytes */
	int64_t stuck_due_ns;
	bool stuck_told;
	struct archives archives;
	struct history_counts counts;
	struct log_limit full, stuck, past, differs;
	struct rrdfile_report report;
};

size_t
history_round_size(const struct round *r)
{
	return offsetof(struct round, ping) + r->count * sizeof r->ping[0];
}

static void __attribute__((format(printf, 3, 4)))
tell(struct history *h, uint64_t target, const char *fmt, ...)
{
	char text[2200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_warnx("%s", text);
	h->ops->trouble(h->ctx, target, text);
}

/* --- lists ----------------------------------------------------------------------- */

static void
move_to(struct history *h, struct series *s, enum place_of in)
{
	if (s->in != IN_NO_LIST)
		TAILQ_REMOVE(&h->list[s->in], s, list);
	s->in = in;
	if (in != IN_NO_LIST)
		TAILQ_INSERT_TAIL(&h->list[in], s, list);
}

static void
row_free(struct history *h, struct row *row)
{
	TAILQ_REMOVE(&row->series->rows, row, next);
	TAILQ_REMOVE(&h->age, row, age);
	h->queued -= row->size;
	h->counts.queued--;
	free(row);
}

static void
drop_rows(struct history *h, struct series *s)
{
	struct row *row;

	while ((row = TAILQ_FIRST(&s->rows)) != NULL) {
		row_free(h, row);
		h->counts.dropped++;
	}
	move_to(h, s, IN_NO_LIST);
}

static void
series_free(struct history *h, struct series *s)
{
	drop_rows(h, s);
	HASH_DEL(h->series, s);
	rrdfile_free(&s->file);
	free(s->last);
	free(s);
}

static struct series *
find(const struct history *h, uint64_t id)
{
	struct series *s;

	HASH_FIND(hh, h->series, &id, sizeof id, s);
	return s;
}

/* --- writing --------------------------------------------------------------------- */

/* What rrdfile found on its way. */
static void
tell_report(struct history *h, const struct series *s)
{
	const struct rrdfile_report *report = &h->report;
	unsigned skipped;

	if (report->set_aside) {
		h->counts.set_aside++;
		tell(h, s->id, "%s", report->text);
	}
	if (report->made)
		log_debug("%s: made", s->file.path);
	if (report->differs && log_allowed(&h->differs, TELL_S, &skipped))
		log_info("%s: its archives are not as in *** Database ***, and stay as "
			 "they are (%u more files likewise)",
		    s->file.path, skipped);
}

static void
tell_past(struct history *h, const struct series *s, const struct round *r)
{
	int64_t ahead = s->file.last - r->row;

	/* The same row again is what a restart in the midst of a step does. */
	if (ahead <= s->file.step || !log_allowed(&h->past, TELL_S, NULL))
		return;
	tell(h, s->id,
	    "%s: the clock went back, or was ahead once: what comes is %lld s older "
	    "than the last row and is not stored until the clock is there again",
	    s->file.path, (long long)ahead);
}

static void
keep_last(struct series *s, const struct round *r)
{
	size_t size = history_round_size(r);

	s->last = mem_grow(s->last, size, 1);
	memcpy(s->last, r, size);
}

/* The first COUNT rounds of S are dealt with. */
static void
settle(struct history *h, struct series *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct row *row = TAILQ_FIRST(&s->rows);
		if (h->report.past[i]) {
			h->counts.past++;
			tell_past(h, s, &row->round);
		} else {
			h->counts.written++;
			h->counts.unknown += row->round.state == ROUND_UNKNOWN;
			keep_last(s, &row->round);
			h->ops->stored(h->ctx, &row->round);
		}
		row_free(h, row);
	}
}

/* Put S where it is tried again, and say so. */
static void
stick(struct history *h, struct series *s)
{
	unsigned skipped;

	if (TAILQ_EMPTY(&h->list[IN_STUCK]))
		h->stuck_due_ns = clock_mono_ns() + STUCK_NS;
	move_to(h, s, IN_STUCK);
	if (!log_allowed(&h->stuck, TELL_S, &skipped))
		return;
	h->stuck_told = true;
	if (h->report.set_aside) /* told, with the reason, a moment ago */
		return;
	tell(h, s->id,
	    "%s; its rounds are kept in memory and tried again (%llu rounds of all "
	    "targets wait)",
	    h->report.text, (unsigned long long)h->counts.queued);
}

static void
unstick(struct history *h)
{
	struct series *s;

	while ((s = TAILQ_FIRST(&h->list[IN_STUCK])) != NULL)
		move_to(h, s, IN_READY);
	if (h->stuck_told)
		log_info("history is being written again");
	h->stuck_told = false;
	h->stuck = (struct log_limit){ 0 };
}

/* Write as much of S as one call takes. */
static enum rrdfile_outcome
write_series(struct history *h, struct series *s)
{
	const struct round *round[RRDFILE_BATCH];
	struct row *row;
	size_t count = 0;

	TAILQ_FOREACH(row, &s->rows, next) {
		if (count == RRDFILE_BATCH)
			break;
		round[count++] = &row->round;
	}
	if (count == 0)
		return RRDFILE_DONE;
	enum rrdfile_outcome outcome =
	    rrdfile_write(&s->file, &h->archives, round, count, &h->report);
	tell_report(h, s);
	if (outcome == RRDFILE_DONE)
		settle(h, s, count);
	return outcome;
}

static void
work_on(struct history *h, struct series *s)
{
	bool was_stuck = s->in == IN_STUCK;

	switch (write_series(h, s)) {
	case RRDFILE_DONE:
		s->tries = 0;
		move_to(h, s, TAILQ_EMPTY(&s->rows) ? IN_NO_LIST : IN_READY);
		if (was_stuck)
			unstick(h);
		if (s->in == IN_NO_LIST && !s->wanted)
			series_free(h, s);
		break;
	case RRDFILE_BUSY:
		h->counts.retries++;
		s->due_ns = clock_mono_ns() + BUSY_NS;
		if (++s->tries % BUSY_TRIES != 0) {
			move_to(h, s, IN_BUSY);
			break;
		}
		snprintf(h->report.text, sizeof h->report.text,
		    "%s: another process holds its lock and does not let go",
		    s->file.path);
		stick(h, s);
		break;
	case RRDFILE_STUCK:
		stick(h, s);
		break;
	}
}

/* Those whose time has come become ready. */
static void
look_at_waiting(struct history *h, int64_t now)
{
	struct series *s;

	while ((s = TAILQ_FIRST(&h->list[IN_BUSY])) != NULL && s->due_ns <= now)
		move_to(h, s, IN_READY);
	if (TAILQ_EMPTY(&h->list[IN_STUCK]) || h->stuck_due_ns > now)
		return;
	h->stuck_due_ns = now + STUCK_NS;
	/* One that is still stuck goes to the end, a success sets all free. */
	struct series *last = TAILQ_LAST(&h->list[IN_STUCK], series_list);
	for (unsigned i = 0; i < STUCK_TRIES; i++) {
		s = TAILQ_FIRST(&h->list[IN_STUCK]);
		if (s == NULL)
			break;
		bool round_trip = s == last;
		work_on(h, s);
		if (round_trip)
			break;
	}
}

int64_t
history_work(struct history *h, int64_t budget_ns)
{
	int64_t now = clock_mono_ns(), end = now + budget_ns;
	struct series *s;

	look_at_waiting(h, now);
	while ((s = TAILQ_FIRST(&h->list[IN_READY])) != NULL) {
		if (now >= end)
			return 0;
		work_on(h, s);
		now = clock_mono_ns();
	}
	int64_t due = -1;
	if ((s = TAILQ_FIRST(&h->list[IN_BUSY])) != NULL)
		due = s->due_ns;
	if (!TAILQ_EMPTY(&h->list[IN_STUCK]) && (due < 0 || h->stuck_due_ns < due))
		due = h->stuck_due_ns;
	return due < 0 ? -1 : due <= now ? 0 : due - now;
}

/* --- taking ---------------------------------------------------------------------- */

static void
make_room(struct history *h, size_t size)
{
	struct row *row;
	unsigned skipped;

	while (
	    h->queued + size > h->queue_max && (row = TAILQ_FIRST(&h->age)) != NULL) {
		struct series *s = row->series;
		row_free(h, row);
		h->counts.dropped++;
		if (TAILQ_EMPTY(&s->rows)) {
			move_to(h, s, IN_NO_LIST);
			if (!s->wanted)
				series_free(h, s);
		}
		if (log_allowed(&h->full, TELL_S, &skipped))
			tell(h, 0,
			    "the disk does not keep up: %lu MiB of rounds wait, the "
			    "oldest are thrown away and stay unknown",
			    (unsigned long)(h->queue_max >> 20));
	}
}

enum history_answer
history_put(struct history *h, const struct round *r)
{
	struct series *s = find(h, r->target);
	int64_t now = clock_wall_ns() / CLOCK_NS_PER_S;

	if (s == NULL || !s->wanted || r->step != s->file.step ||
	    r->count != s->file.pings)
		return HISTORY_STRANGER;
	/* One row far ahead would close the file to all that come before it. */
	if (r->row <= 0 || r->row % r->step != 0 ||
	    r->row > now + AHEAD_S + 2 * (int64_t)r->step)
		return HISTORY_BAD_ROW;

	size_t len = history_round_size(r);
	size_t size = offsetof(struct row, round) + len;
	make_room(h, size);
	struct row *row = mem_alloc(size);
	row->series = s;
	row->size = size;
	memcpy(&row->round, r, len);
	TAILQ_INSERT_TAIL(&s->rows, row, next);
	TAILQ_INSERT_TAIL(&h->age, row, age);
	h->queued += size;
	h->counts.queued++;
	if (s->in == IN_NO_LIST)
		move_to(h, s, IN_READY);
	return HISTORY_TAKEN;
}

/* --- configuration --------------------------------------------------------------- */

/* Write what waits for S now, as far as that goes. */
static void
drain(struct history *h, struct series *s)
{
	while (!TAILQ_EMPTY(&s->rows) && write_series(h, s) == RRDFILE_DONE)
		;
	if (TAILQ_EMPTY(&s->rows))
		move_to(h, s, IN_NO_LIST);
}

/* Have a series for T, kept as it is unless its step or pings changed. */
static void
want(struct history *h, const struct conf_target *t)
{
	struct series *s = find(h, t->id);
	struct rrdfile file;

	if (s != NULL && s->file.step == t->step && s->file.pings == t->pings) {
		s->wanted = true;
		return;
	}
	if (rrdfile_init(&file, t->path, t->step, t->pings) < 0) {
		tell(h, t->id, "%.200s: its path is too long for a file; not stored",
		    t->path);
		return;
	}
	if (s == NULL) {
		s = mem_zero(1, sizeof *s);
		s->id = t->id;
		TAILQ_INIT(&s->rows);
		HASH_ADD(hh, h->series, id, sizeof s->id, s);
	} else {
		drain(h, s);
		drop_rows(h, s); /* they do not fit any more */
		rrdfile_free(&s->file);
		free(s->last);
		s->last = NULL;
	}
	s->file = file;
	s->wanted = true;
}

void
history_configure(struct history *h, const struct conf *conf)
{
	struct series *s, *next;
	bool same = archives_same(&h->archives, conf);

	HASH_ITER(hh, h->series, s, next) {
		s->wanted = false;
		if (!same) {
			drain(h, s);
			s->file.judged = false;
		}
	}
	if (!same)
		archives_take(&h->archives, conf);
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		if ((t->kind == CONF_MEASURED || t->kind == CONF_DYNAMIC) &&
		    t->step > 0 && t->pings > 0 && t->pings <= ROUND_MAX_PINGS)
			want(h, t);
	}
	HASH_ITER(hh, h->series, s, next)
		if (!s->wanted && TAILQ_EMPTY(&s->rows))
			series_free(h, s);
}

/* --- the rest -------------------------------------------------------------------- */

struct history *
history_new(const struct history_ops *ops, void *ctx, size_t queue_max)
{
	struct history *h = mem_zero(1, sizeof *h);

	h->ops = ops;
	h->ctx = ctx;
	h->queue_max = queue_max;
	for (int i = 0; i < LISTS; i++)
		TAILQ_INIT(&h->list[i]);
	TAILQ_INIT(&h->age);
	return h;
}

void
history_free(struct history *h)
{
	struct series *s, *next;

	HASH_ITER(hh, h->series, s, next)
		series_free(h, s);
	archives_free(&h->archives);
	free(h);
}

const struct round *
history_last(const struct history *h, uint64_t target)
{
	const struct series *s = find(h, target);

	return s == NULL ? NULL : s->last;
}

uint64_t *
history_targets(const struct history *h, size_t *count)
{
	const struct series *s;
	uint64_t *id = mem_zero(HASH_COUNT(h->series), sizeof *id);

	*count = 0;
	for (s = h->series; s != NULL; s = s->hh.next)
		if (s->wanted)
			id[(*count)++] = s->id;
	return id;
}

struct history_counts
history_counts(const struct history *h)
{
	return h->counts;
}
