/* What becomes of the minutes that are written: hours are summed up when they are over,
 * and addresses are forgotten. All in small steps, since the recorder has other work.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/whole.h"
#include "recorder/minutes_impl.h"
#include "toplist.h"

/* Minutes come late, since flows are told when they are over. */
#define HOUR_OVER_S 600

static void
new_name(char *buf, int64_t hour)
{
	minutering_name(buf, MINUTERING_SUM, hour);
	char *end = strrchr(buf, '.');
	strcpy(end, ".new");
}

/* Make the file being made the one of its KIND. */
static int
put_in_place(int *fd, enum minutering_kind kind, int64_t hour, struct err *err)
{
	char from[MINUTERING_NAME], to[MINUTERING_NAME];
	int status = fdatasync(*fd);

	if (close(*fd) < 0)
		status = -1;
	*fd = -1;
	new_name(from, hour);
	minutering_name(to, kind, hour);
	if (status == 0 && rename(from, to) == 0)
		return 0;
	err_set(err, "%s: %s", from, strerror(errno));
	unlink(from);
	return -1;
}

/* --- hours ------------------------------------------------------------------------ */

void
minutes_sum_end(struct minutes *m)
{
	char name[MINUTERING_NAME];

	if (m->sum.fd < 0)
		return;
	close(m->sum.fd);
	m->sum.fd = -1;
	new_name(name, m->sum.hour);
	unlink(name);
}

void
minutes_hour_changed(struct minutes *m, int64_t hour)
{
	if (m->sum.hour == hour)
		minutes_sum_end(m);
}

bool
minutes_sum_begin(struct minutes *m, const struct minutering_hour *list, size_t count)
{
	char name[MINUTERING_NAME];
	struct err err;

	for (size_t i = 0; i < count; i++) {
		const struct minutering_hour *h = &list[i];
		if (h->bytes[MINUTERING_MINUTES] == 0 ||
		    h->bytes[MINUTERING_SUM] != 0 ||
		    h->hour + MINUTERING_HOUR + HOUR_OVER_S > m->now)
			continue;
		new_name(name, h->hour);
		m->sum.fd = minutes_make_file(name, h->hour, &err);
		m->sum.hour = h->hour;
		m->sum.by = 0;
		if (m->sum.fd >= 0)
			return true;
		if (log_allowed(&m->stuck, 60, NULL))
			log_warnx("an hour of traffic is not summed up: %s", err.text);
		return false;
	}
	return false;
}

struct summing {
	struct toplist *list;
	uint64_t minutes;
};

static int
sum_table(void *ctx, const struct minutetable *t)
{
	struct summing *s = ctx;

	toplist_add(s->list, t);
	s->minutes |= 1ULL << (t->begin_s % MINUTERING_HOUR / MINUTE_S);
	return 0;
}

/* The hour's table BY into the file being made. */
static int
sum_up(struct minutes *m, enum minute_by by, struct err *err)
{
	struct summing s = { toplist_new(by), 0 };
	struct minutering_damage damage;
	int status = 0;
	size_t len;

	minutering_read(1U << by, m->sum.hour, m->sum.hour + MINUTERING_HOUR, true,
	    sum_table, &s, &damage);
	minutes_tell(m, &damage);
	if (s.minutes != 0) {
		struct minutetable t =
		    toplist_hour(s.list, by, m->sum.hour, s.minutes, MINUTES_HOUR_ROWS);
		uint8_t *record = minutering_record(&t, &len);
		if (write_whole(m->sum.fd, record, len) < 0)
			status = err_set(err, "%s", strerror(errno));
		free(record);
		minutetable_free(&t);
	}
	toplist_free(s.list);
	return status;
}

bool
minutes_sum_step(struct minutes *m)
{
	struct err err;
	int status;

	if (m->sum.fd < 0)
		return false;
	if (m->sum.by < MINUTE_BYS)
		status = sum_up(m, (enum minute_by)m->sum.by++, &err);
	else {
		status = put_in_place(&m->sum.fd, MINUTERING_SUM, m->sum.hour, &err);
		/* There may be another hour: after a pause there are many. */
		m->looked = INT64_MIN / 2;
	}
	if (status == 0)
		return true;
	minutes_sum_end(m);
	m->looked = m->now;
	if (log_allowed(&m->stuck, 60, NULL))
		log_warnx("an hour of traffic is not summed up: %s", err.text);
	return false;
}

/* --- forgetting ------------------------------------------------------------------- */

/* Take the rows of P out of T; how many there were. */
static size_t
forget_rows(struct minutetable *t, const struct prefix *p)
{
	struct minute_sum gone = { 0 };
	size_t before = t->rows;

	t->rows = minute_forget(p, t->by, t->row, t->missing, t->rows, &gone);
	if (t->rows == before)
		return 0;
	minute_add(&t->rest, &gone);
	t->forgotten += minute_octets(&gone);
	return before - t->rows;
}

static bool
has_addresses(enum minute_by by)
{
	return by == MINUTE_HOST || by == MINUTE_PEER || by == MINUTE_FLOW;
}

/* Write all tables of F but for P's rows to FD. How many rows went; -1 with ERR. */
static int64_t
copy_without(struct minutering_file *f, int fd, const struct prefix *p, struct err *err)
{
	struct minutetable t;
	int64_t gone = 0;
	size_t len;

	while (minutering_next(f, &t)) {
		uint8_t *record = minutering_bytes(f, &len);
		if (record == NULL)
			continue;
		/* Packing takes longer than all else: only what changes is packed
		 * again. */
		if (has_addresses(t.by)) {
			size_t rows = 0;
			bool good = minutetable_read(record + MINUTERING_RECORD,
					len - MINUTERING_RECORD, &t) == 0;
			if (good)
				rows = forget_rows(&t, p);
			gone += (int64_t)rows;
			if (!good || rows > 0) {
				free(record);
				record = good ? minutering_record(&t, &len) : NULL;
			}
			if (good)
				minutetable_free(&t);
			if (record == NULL)
				continue;
		}
		int status = write_whole(fd, record, len);
		free(record);
		if (status < 0)
			return err_set(err, "%s", strerror(errno));
	}
	return gone;
}

/* Forget in one file. What is damaged in it may be what is to be forgotten: it goes. */
static int
forget_in(struct minutes *m, enum minutering_kind kind, int64_t hour, struct err *err)
{
	char name[MINUTERING_NAME];
	struct minutering_damage damage = { 0 };
	struct minutering_file *f = minutering_open(kind, hour, &damage, err);

	if (f == NULL)
		return errno == ENOENT ? 0 : -1;
	new_name(name, hour);
	int fd = minutes_make_file(name, hour, err);
	int64_t gone = fd < 0 ? -1 : copy_without(f, fd, &m->forget.prefix, err);
	minutering_close(f);
	minutes_tell(m, &damage);
	if (gone > 0 || (gone == 0 && (damage.count > 0 || damage.torn))) {
		minutes_let_go(m, hour);
		m->forget.rows += (uint64_t)gone;
		return put_in_place(&fd, kind, hour, err);
	}
	if (fd >= 0) {
		close(fd);
		unlink(name);
	}
	return gone < 0 ? -1 : 0;
}

bool
minutes_forget(struct minutes *m, const struct prefix *p,
    void (*done)(void *ctx, uint64_t rows, const char *text), void *ctx)
{
	if (m->forget.on)
		return false;
	memset(&m->forget, 0, sizeof m->forget);
	m->forget.on = true;
	m->forget.prefix = *p;
	m->forget.done = done;
	m->forget.ctx = ctx;
	return true;
}

void
minutes_forget_end(struct minutes *m)
{
	free(m->forget.list);
	memset(&m->forget, 0, sizeof m->forget);
}

static void
tell_done(struct minutes *m, const char *text)
{
	void (*done)(void *ctx, uint64_t rows, const char *text) = m->forget.done;
	void *ctx = m->forget.ctx;
	uint64_t rows = m->forget.rows;

	minutes_forget_end(m);
	done(ctx, rows, text);
}

bool
minutes_forget_step(struct minutes *m)
{
	struct err err;

	if (!m->forget.on)
		return false;
	if (m->forget.list == NULL) {
		/* What waits has to be in a file, and what is half made without it. */
		if (minutes_flush(m, &err) < 0) {
			tell_done(m, err.text);
			return true;
		}
		minutes_sum_end(m);
		minuteparts_free(&m->parts);
		m->forget.list = minutering_list(&m->forget.count);
		if (m->forget.list == NULL)
			m->forget.list = mem_zero(1, sizeof *m->forget.list);
	}
	if (m->forget.next == m->forget.count * MINUTERING_KINDS) {
		tell_done(m, NULL);
		return true;
	}
	size_t at = m->forget.next++;
	const struct minutering_hour *h = &m->forget.list[at / MINUTERING_KINDS];
	enum minutering_kind kind = (enum minutering_kind)(at % MINUTERING_KINDS);
	if (h->bytes[kind] != 0 && forget_in(m, kind, h->hour, &err) < 0)
		tell_done(m, err.text);
	return true;
}
