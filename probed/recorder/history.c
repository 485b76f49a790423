#include "recorder/history_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "recorder/identity.h"
#include "recorder/rawlog.h"
#include "store.h"

/* A lock is held for as long as a reader maps a file: a moment. */
#define BUSY_NS (3 * CLOCK_NS_PER_MS)
#define BUSY_TRIES 200
/* Files that are stuck are tried a few at a time, so that ten thousand of them on a
 * full disk cost nothing; the first success frees all. */
#define STUCK_NS CLOCK_NS_PER_S
#define STUCK_TRIES 64
/* A row may lie ahead of the clock by this and two steps (clocks are set). */
#define AHEAD_S 60

/* Bytes that a copy of R needs: only as many pings as it has. */
static size_t
history_round_size(const struct round *r)
{
	return offsetof(struct round, ping) + r->count * sizeof r->ping[0];
}

void
history_tell(struct history *h, uint64_t target, const char *fmt, ...)
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

void
history_move(struct history *h, struct series *s, enum place_of in)
{
	if (s == TAILQ_FIRST(&h->list[IN_OLD]))
		history_give_up(h);
	if (s->in != IN_NO_LIST)
		TAILQ_REMOVE(&h->list[s->in], s, list);
	s->in = in;
	if (in != IN_NO_LIST)
		TAILQ_INSERT_TAIL(&h->list[in], s, list);
}

void
history_ready(struct history *h, struct series *s)
{
	history_move(h, s, s->file.judged ? IN_READY : IN_NEW);
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

void
history_drop_rows(struct history *h, struct series *s)
{
	struct row *row;

	while ((row = TAILQ_FIRST(&s->rows)) != NULL) {
		row_free(h, row);
		h->counts.dropped++;
	}
	history_move(h, s, IN_NO_LIST);
}

static void
series_free(struct history *h, struct series *s)
{
	history_drop_rows(h, s);
	HASH_DEL(h->series, s);
	rrdfile_free(&s->file);
	free(s->under);
	free(s->rawlog);
	free(s->last);
	free(s);
}

struct series *
history_find(const struct history *h, uint64_t id)
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
		history_tell(h, s->id, "%s", report->text);
	}
	if (report->made)
		log_debug("%s: made", s->file.path);
	if (report->differs && log_allowed(&h->differs, HISTORY_TELL_S, &skipped))
		log_info("%s: its archives are not as in *** Database ***, and stay as "
			 "they are (%u more files likewise)",
		    s->file.path, skipped);
}

static void
tell_past(struct history *h, const struct series *s, int64_t behind)
{
	/* The same row again is what a restart in the midst of a step does, or another
	 * setting: nothing that is missed. */
	if (behind == 0)
		return;
	h->counts.past++;
	if (behind <= s->file.step || !log_allowed(&h->past, HISTORY_TELL_S, NULL))
		return;
	history_tell(h, s->id,
	    "%s: the clock went back, or was ahead once: what comes is %lld s older "
	    "than the last row and is not stored until the clock is there again",
	    s->file.path, (long long)behind);
}

static void
log_row(const struct series *s, const struct round *r)
{
	char *row;

	if (s->rawlog == NULL)
		return;
	row = rrdfile_row(&s->file, r);
	rawlog_add(s->file.path, s->rawlog, r->row, row);
	free(row);
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
		if (h->report.behind[i] >= 0) {
			tell_past(h, s, h->report.behind[i]);
			if (h->report.behind[i] > 0 && !s->slave)
				h->ops->refused(h->ctx, &row->round);
		} else {
			h->counts.written++;
			h->counts.unknown += row->round.state == ROUND_UNKNOWN;
			keep_last(s, &row->round);
			log_row(s, &row->round);
			h->ops->stored(h->ctx, &row->round);
		}
		row_free(h, row);
	}
}

/* Put S where it is tried again, and say so. */
void
history_stick(struct history *h, struct series *s)
{
	unsigned skipped;

	if (TAILQ_EMPTY(&h->list[IN_STUCK]))
		h->stuck_due_ns = clock_mono_ns() + STUCK_NS;
	history_move(h, s, IN_STUCK);
	if (!log_allowed(&h->stuck, HISTORY_TELL_S, &skipped))
		return;
	h->stuck_told = true;
	if (h->report.set_aside) /* told, with the reason, a moment ago */
		return;
	history_tell(h, s->id,
	    "%s; its rounds are kept in memory and tried again (%llu rounds of all "
	    "targets wait)",
	    h->report.text, (unsigned long long)h->counts.queued);
}

void
history_unstick(struct history *h)
{
	struct series *s;

	while ((s = TAILQ_FIRST(&h->list[IN_STUCK])) != NULL)
		history_ready(h, s);
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
	/* The entry tells of the target's own file. */
	if (s->entry != NULL && !s->slave)
		ledger_set_table(&h->ledger, s->entry, s->file.table);
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
		if (TAILQ_EMPTY(&s->rows))
			history_move(h, s, IN_NO_LIST);
		else
			history_ready(h, s);
		if (was_stuck)
			history_unstick(h);
		if (s->in == IN_NO_LIST && !s->wanted)
			series_free(h, s);
		break;
	case RRDFILE_BUSY:
		h->counts.retries++;
		s->due_ns = clock_mono_ns() + BUSY_NS;
		if (++s->tries % BUSY_TRIES != 0) {
			history_move(h, s, IN_BUSY);
			break;
		}
		snprintf(h->report.text, sizeof h->report.text,
		    "%s: another process holds its lock and does not let go",
		    s->file.path);
		history_stick(h, s);
		break;
	case RRDFILE_CHANGE:
		history_move(h, s, IN_OLD);
		break;
	case RRDFILE_STUCK:
		history_stick(h, s);
		break;
	}
}

/* Those whose time has come become ready. */
static void
look_at_waiting(struct history *h, int64_t now)
{
	struct series *s;

	while ((s = TAILQ_FIRST(&h->list[IN_BUSY])) != NULL && s->due_ns <= now)
		history_ready(h, s);
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

static struct series *
next_ready(struct history *h)
{
	struct series *s = TAILQ_FIRST(&h->list[IN_READY]);

	return s != NULL ? s : TAILQ_FIRST(&h->list[IN_NEW]);
}

int64_t
history_work(struct history *h, int64_t budget_ns)
{
	int64_t now = clock_mono_ns(), end = now + budget_ns;
	struct series *s;

	history_keep_ledger(h, false);

	look_at_waiting(h, now);
	/* A new file costs a hundred times what a row does. So that thousands of them
	 * keep nobody waiting, one is made in a turn, and more when nothing else is to
	 * be done in it. */
	if ((s = TAILQ_FIRST(&h->list[IN_NEW])) != NULL)
		work_on(h, s);
	/* Nor do rounds wait for old files: these get half of a turn, and what is left.
	 */
	history_carry(h, now + budget_ns / 2);
	while ((s = next_ready(h)) != NULL) {
		now = clock_mono_ns();
		if (now >= end)
			return 0;
		work_on(h, s);
	}
	history_carry(h, end);
	if (!TAILQ_EMPTY(&h->list[IN_OLD]) || next_ready(h) != NULL)
		return 0;
	now = clock_mono_ns();
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
		/* What is being carried over is carried to the end. */
		if (TAILQ_EMPTY(&s->rows) && s->in != IN_OLD) {
			history_move(h, s, IN_NO_LIST);
			if (!s->wanted)
				series_free(h, s);
		}
		if (log_allowed(&h->full, HISTORY_TELL_S, &skipped))
			history_tell(h, 0,
			    "the disk does not keep up: %lu MiB of rounds wait, the "
			    "oldest are thrown away and stay unknown",
			    (unsigned long)(h->queue_max >> 20));
	}
}

enum history_answer
history_put(struct history *h, const struct round *r)
{
	struct series *s = history_find(h, r->target);
	int64_t now = clock_wall_s();

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
		history_ready(h, s);
	return HISTORY_TAKEN;
}

enum history_answer
history_put_slave(struct history *h, struct round *r)
{
	struct series *s = history_find(h, r->target);

	if (s == NULL || !s->slave || r->step != s->file.step)
		return HISTORY_STRANGER;
	r->row = rhythm_row(&s->rhythm, r->row, r->step);
	return history_put(h, r);
}

/* --- configuration --------------------------------------------------------------- */

/* Write what waits for S now, as far as that goes. */
void
history_drain(struct history *h, struct series *s)
{
	while (!TAILQ_EMPTY(&s->rows) && write_series(h, s) == RRDFILE_DONE)
		;
	if (TAILQ_EMPTY(&s->rows))
		history_move(h, s, IN_NO_LIST);
}

/* Have a series for what SLAVE (NULL: this box) sees of T, kept as it is unless its
 * step or pings changed. */
static void
want(struct history *h, const struct conf_target *t, const struct conf_slave *slave)
{
	uint64_t id = conf_series_id(t, slave);
	struct series *s = history_find(h, id);
	char path[2 * STORE_PATH];
	struct rrdfile file;

	if (s != NULL)
		s->entry = ledger_find(&h->ledger, t->path);
	if (s != NULL && s->file.step == t->step && s->file.pings == t->pings) {
		s->wanted = true;
		return;
	}
	if (conf_series_path(t, slave, path, sizeof path) < 0 ||
	    rrdfile_init(&file, path, t->step, t->pings) < 0) {
		history_tell(h, id,
		    "%.200s: its path is too long for a file; not stored", t->path);
		return;
	}
	if (s == NULL) {
		s = mem_zero(1, sizeof *s);
		s->id = id;
		TAILQ_INIT(&s->rows);
		HASH_ADD(hh, h->series, id, sizeof s->id, s);
	} else {
		history_drain(h, s);
		history_drop_rows(h, s); /* they do not fit any more */
		rrdfile_free(&s->file);
		free(s->last);
		s->last = NULL;
	}
	s->file = file;
	s->entry = ledger_find(&h->ledger, t->path);
	if (s->entry != NULL)
		s->file.table = s->entry->table;
	s->slave = slave != NULL;
	s->rhythm = (struct rhythm){ 0 };
	s->wanted = true;
}

/* Likewise, and its plain log. */
static void
want_both(
    struct history *h, const struct conf_target *t, const struct conf_slave *slave)
{
	const char *rawlog = conf_value(t->section, "rawlog", "");
	struct series *s;

	want(h, t, slave);
	s = history_find(h, conf_series_id(t, slave));
	if (s == NULL)
		return;
	free(s->rawlog);
	s->rawlog = *rawlog != '\0' ? mem_str(rawlog) : NULL;
}

void
history_configure(struct history *h, const struct conf *conf)
{
	struct series *s, *next;
	bool same = archives_same(&h->archives, conf);

	if (h->ledger.entry == NULL)
		ledger_read(&h->ledger);
	history_follow_names(h, conf);
	ledger_settle(&h->ledger, conf);
	HASH_ITER(hh, h->series, s, next) {
		s->wanted = false;
		s->entry = NULL;
		if (!same) {
			history_drain(h, s);
			s->file.judged = false;
		}
	}
	if (!same)
		archives_take(&h->archives, conf);
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		if (!identity_has_file(t))
			continue;
		want_both(h, t, NULL);
		for (size_t k = 0; k < t->slaves; k++)
			want_both(h, t, t->slave[k]);
	}
	history_keep_ledger(h, true);
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

	history_give_up(h);
	history_keep_ledger(h, true);
	ledger_free(&h->ledger);
	HASH_ITER(hh, h->series, s, next)
		series_free(h, s);
	archives_free(&h->archives);
	free(h);
}

void
history_since(struct history *h, uint64_t target, int64_t since)
{
	struct series *s = history_find(h, target);

	if (s != NULL)
		s->file.since = since;
}

const struct round *
history_last(const struct history *h, uint64_t target)
{
	const struct series *s = history_find(h, target);

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
