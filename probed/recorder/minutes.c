#include "recorder/minutes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/whole.h"
#include "config/conf.h"
#include "minutering.h"
#include "recorder/minutes_impl.h"

#define WAITING_MAX (4U * 1024 * 1024)
/* Looking for old files, and for hours that are over. */
#define LOOK_S 30

/* --- writing ---------------------------------------------------------------------- */

static void
close_hour(struct minutes_open_hour *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
	o->used = 0;
}

void
minutes_let_go(struct minutes *m, int64_t hour)
{
	for (unsigned i = 0; i < MINUTES_OPEN; i++)
		if (m->open[i].fd >= 0 && m->open[i].hour == hour)
			close_hour(&m->open[i]);
}

void
minutes_tell(struct minutes *m, const struct minutering_damage *damage)
{
	char text[sizeof damage->what + 80];

	if (damage->count == 0 || !log_allowed(&m->damaged, 60, NULL))
		return;
	snprintf(text, sizeof text, "%s; %u record%s left out", damage->what,
	    damage->count, damage->count == 1 ? " is" : "s are");
	log_warnx("%s", text);
	if (m->trouble != NULL)
		m->trouble(m->ctx, text);
}

/* Where the sound part of the hour's file ends. 0: there is none yet, or it is not
 * ours. */
static uint64_t
sound_end(struct minutes *m, int64_t hour)
{
	struct minutering_damage damage = { 0 };
	struct minutering_file *f =
	    minutering_open(MINUTERING_MINUTES, hour, &damage, NULL);
	struct minutetable t;

	while (f != NULL && minutering_next(f, &t))
		if (minutering_rows(f, &t))
			minutetable_free(&t);
	uint64_t end = f != NULL ? minutering_sound(f) : 0;
	minutering_close(f);
	minutes_tell(m, &damage);
	return end;
}

int
minutes_make_file(const char *name, int64_t hour, struct err *err)
{
	uint8_t head[MINUTERING_HEAD];

	if ((mkdir(STORE_DIR, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(STORE_FLOWS, 0700) < 0 && errno != EEXIST))
		return err_set(err, "%s: %s", STORE_FLOWS, strerror(errno));
	int fd =
	    open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	minutering_head(head, hour);
	if (fd >= 0 && write_whole(fd, head, sizeof head) == 0)
		return fd;
	err_set(err, "%s: %s", name, strerror(errno));
	if (fd >= 0) {
		unlink(name);
		close(fd);
	}
	return -1;
}

static int
open_hour(struct minutes *m, struct minutes_open_hour *o, int64_t hour, struct err *err)
{
	char name[MINUTERING_NAME];
	uint64_t end = sound_end(m, hour);

	close_hour(o);
	minutering_name(name, MINUTERING_MINUTES, hour);
	o->hour = hour;
	o->bytes = end;
	if (end == 0) {
		o->fd = minutes_make_file(name, hour, err);
		o->bytes = MINUTERING_HEAD;
		return o->fd < 0 ? -1 : 0;
	}
	o->fd = open(name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (o->fd < 0)
		return err_set(err, "%s: %s", name, strerror(errno));
	off_t all = lseek(o->fd, 0, SEEK_END);
	if (all > (off_t)end)
		log_info("%s: cut off %lld bytes of an unfinished record", name,
		    (long long)(all - (off_t)end));
	if (all < (off_t)end || ftruncate(o->fd, (off_t)end) < 0 ||
	    lseek(o->fd, (off_t)end, SEEK_SET) < 0) {
		err_set(err, "%s: %s", name, strerror(errno));
		close_hour(o);
		return -1;
	}
	return 0;
}

/* The open file of HOUR; the one used longest ago makes room. NULL with ERR. */
static struct minutes_open_hour *
have_hour(struct minutes *m, int64_t hour, struct err *err)
{
	struct minutes_open_hour *oldest = &m->open[0];
	struct stat st;

	for (unsigned i = 0; i < MINUTES_OPEN; i++) {
		struct minutes_open_hour *o = &m->open[i];
		/* Deleted behind our back? Then another one is begun. */
		if (o->fd >= 0 && (fstat(o->fd, &st) < 0 || st.st_nlink == 0))
			close_hour(o);
		if (o->fd >= 0 && o->hour == hour) {
			o->used = ++m->uses;
			return o;
		}
		if (o->fd < 0 || o->used < oldest->used)
			oldest = o;
	}
	oldest->used = ++m->uses;
	return open_hour(m, oldest, hour, err) < 0 ? NULL : oldest;
}

static int
append(
    struct minutes *m, int64_t hour, const uint8_t *data, size_t len, struct err *err)
{
	char name[MINUTERING_NAME], sum[MINUTERING_NAME];
	struct minutes_open_hour *o;

	/* An hour whose minutes had to go keeps its sum: a clock that was set back adds
	 * nothing to it. */
	minutering_name(name, MINUTERING_MINUTES, hour);
	minutering_name(sum, MINUTERING_SUM, hour);
	if (access(name, F_OK) < 0 && access(sum, F_OK) == 0) {
		m->lost++;
		return 0;
	}
	o = have_hour(m, hour, err);
	if (o == NULL)
		return -1;
	/* A sum without this would be wrong. */
	minutering_name(name, MINUTERING_SUM, hour);
	if (unlink(name) < 0 && errno != ENOENT)
		return err_set(err, "%s: %s", name, strerror(errno));
	minutes_hour_changed(m, hour);
	if (write_whole(o->fd, data, len) < 0) {
		minutering_name(name, MINUTERING_MINUTES, hour);
		err_set(err, "%s: %s", name, strerror(errno));
		/* Half a record would end the file for every reader. */
		if (ftruncate(o->fd, (off_t)o->bytes) < 0 ||
		    lseek(o->fd, (off_t)o->bytes, SEEK_SET) < 0)
			close_hour(o);
		return -1;
	}
	o->bytes += len;
	return 0;
}

void
minutes_take(struct minutes *m, const struct minute_part *part,
    const struct minute_row *row, int64_t now)
{
	size_t len;

	if (!part->final || !minuteparts_take(&m->parts, part, row))
		return;
	m->now = now;
	uint8_t *record = minutering_record(&m->parts.table, &len);
	if (record == NULL || m->waiting_bytes + len > WAITING_MAX) {
		m->lost++;
		free(record);
		return;
	}
	struct minutes_waiting *w = mem_alloc(sizeof *w);
	w->hour = part->begin_s - part->begin_s % MINUTERING_HOUR;
	w->record = record;
	w->len = len;
	STAILQ_INSERT_TAIL(&m->waiting, w, link);
	m->waiting_bytes += len;
}

static void
drop_first(struct minutes *m)
{
	struct minutes_waiting *w = STAILQ_FIRST(&m->waiting);

	STAILQ_REMOVE_HEAD(&m->waiting, link);
	m->waiting_bytes -= w->len;
	free(w->record);
	free(w);
}

int
minutes_flush(struct minutes *m, struct err *err)
{
	struct minutes_waiting *w;

	while ((w = STAILQ_FIRST(&m->waiting)) != NULL) {
		if (append(m, w->hour, w->record, w->len, err) < 0)
			return -1;
		drop_first(m);
	}
	return 0;
}

/* --- what is old, and what is too much -------------------------------------------- */

static uint64_t
delete_file(enum minutering_kind kind, struct minutering_hour *h)
{
	char name[MINUTERING_NAME];
	uint64_t bytes = h->bytes[kind];

	minutering_name(name, kind, h->hour);
	if (bytes == 0 || (unlink(name) < 0 && errno != ENOENT))
		return 0;
	h->bytes[kind] = 0;
	return bytes;
}

/* Delete what is older than the ring may be; then, while it is too large, the minutes
 * of the oldest hours that are summed up, then the oldest hours. Never the newest. */
static void
trim(struct minutes *m, struct minutering_hour *list, size_t count)
{
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++)
		all +=
		    list[i].bytes[MINUTERING_MINUTES] + list[i].bytes[MINUTERING_SUM];
	for (size_t i = 0; i + 1 < count; i++)
		if (list[i].hour + MINUTERING_HOUR <= m->now - m->keep_s) {
			minutes_let_go(m, list[i].hour);
			all -= delete_file(MINUTERING_MINUTES, &list[i]);
			all -= delete_file(MINUTERING_SUM, &list[i]);
		}
	for (size_t i = 0; i + 1 < count && all > m->max_bytes; i++)
		if (list[i].bytes[MINUTERING_SUM] != 0) {
			minutes_let_go(m, list[i].hour);
			all -= delete_file(MINUTERING_MINUTES, &list[i]);
		}
	for (size_t i = 0; i + 1 < count && all > m->max_bytes; i++) {
		minutes_let_go(m, list[i].hour);
		all -= delete_file(MINUTERING_MINUTES, &list[i]);
		all -= delete_file(MINUTERING_SUM, &list[i]);
	}
}

bool
minutes_work(struct minutes *m, int64_t now)
{
	size_t count;

	m->now = now;
	if (minutes_forget_step(m) || minutes_sum_step(m))
		return true;
	/* A clock that was set back must not end the looking. */
	if (now >= m->looked && now - m->looked < LOOK_S)
		return false;
	m->looked = now;
	struct minutering_hour *list = minutering_list(&count);
	trim(m, list, count);
	bool more = minutes_sum_begin(m, list, count);
	free(list);
	return more;
}

/* --- life ------------------------------------------------------------------------- */

/* Files that were being made when we were killed. */
static void
sweep(void)
{
	DIR *dir = opendir(STORE_FLOWS);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const char *end = strrchr(entry->d_name, '.');
		if (end != NULL && strcmp(end, ".new") == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir != NULL)
		closedir(dir);
}

struct minutes *
minutes_open(void (*trouble)(void *ctx, const char *text), void *ctx)
{
	struct minutes *m = mem_zero(1, sizeof *m);

	m->trouble = trouble;
	m->ctx = ctx;
	m->keep_s = CONF_KEEP_TALKERS;
	m->max_bytes = CONF_TALKERS_SIZE;
	m->looked = INT64_MIN / 2;
	m->sum.fd = -1;
	STAILQ_INIT(&m->waiting);
	for (unsigned i = 0; i < MINUTES_OPEN; i++)
		m->open[i].fd = -1;
	sweep();
	return m;
}

void
minutes_limit(struct minutes *m, int64_t keep_s, uint64_t max_bytes)
{
	m->keep_s = keep_s;
	m->max_bytes = max_bytes;
	m->looked = INT64_MIN / 2;
}

uint64_t
minutes_lost(const struct minutes *m)
{
	return m->lost + m->parts.torn;
}

void
minutes_close(struct minutes *m)
{
	if (m == NULL)
		return;
	minutes_sum_end(m);
	minutes_forget_end(m);
	for (unsigned i = 0; i < MINUTES_OPEN; i++)
		close_hour(&m->open[i]);
	while (!STAILQ_EMPTY(&m->waiting))
		drop_first(m);
	minuteparts_free(&m->parts);
	free(m);
}
