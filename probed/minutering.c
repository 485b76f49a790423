#include "minutering.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/mem.h"

static const char *const ending[MINUTERING_KINDS] = {
	[MINUTERING_MINUTES] = ".minutes",
	[MINUTERING_SUM] = ".hour",
};

#define DIGITS 10 /* of an hour in a name: enough until 2286 */

/* --- which files there are -------------------------------------------------------- */

void
minutering_name(char *buf, enum minutering_kind kind, int64_t hour)
{
	snprintf(buf, MINUTERING_NAME, STORE_FLOWS "/%0*" PRId64 "%s", DIGITS, hour,
	    ending[kind]);
}

/* The hour in a file's name, and its kind; -1 for another file. */
static int64_t
name_hour(const char *name, enum minutering_kind *kind)
{
	if (strspn(name, "0123456789") != DIGITS)
		return -1;
	unsigned k = 0;
	while (k < MINUTERING_KINDS && strcmp(name + DIGITS, ending[k]) != 0)
		k++;
	*kind = (enum minutering_kind)k;
	int64_t hour = strtoll(name, NULL, 10);
	return k < MINUTERING_KINDS && hour % MINUTERING_HOUR == 0 ? hour : -1;
}

static int
by_hour(const void *a, const void *b)
{
	const struct minutering_hour *x = a, *y = b;

	return (x->hour > y->hour) - (x->hour < y->hour);
}

/* Make one of the two entries that each hour may have. */
static size_t
join(struct minutering_hour *list, size_t count)
{
	size_t kept = 0;

	if (count > 1)
		qsort(list, count, sizeof *list, by_hour);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || list[kept - 1].hour != list[i].hour) {
			list[kept++] = list[i];
			continue;
		}
		for (unsigned k = 0; k < MINUTERING_KINDS; k++)
			list[kept - 1].bytes[k] += list[i].bytes[k];
	}
	return kept;
}

struct minutering_hour *
minutering_list(size_t *count)
{
	struct minutering_hour *list = NULL;
	DIR *dir = opendir(STORE_FLOWS);
	struct dirent *entry;
	enum minutering_kind kind;
	struct stat st;
	size_t n = 0, room = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int64_t hour = name_hour(entry->d_name, &kind);
		if (hour < 0 ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (n == room) {
			room = room * 2 + 64;
			list = mem_grow(list, room, sizeof *list);
		}
		list[n] = (struct minutering_hour){ .hour = hour };
		list[n++].bytes[kind] = (uint64_t)st.st_size;
	}
	if (dir != NULL)
		closedir(dir);
	*count = join(list, n);
	return list;
}

/* --- one file --------------------------------------------------------------------- */

struct minutering_file {
	int fd;
	enum minutering_kind kind;
	int64_t hour;
	uint64_t at, next; /* the record told last, and the one behind it */
	uint64_t sound, size;
	struct minutering_damage *damage;
};

static void
note_damage(struct minutering_file *f, const char *why, bool torn)
{
	char name[MINUTERING_NAME];
	bool first = f->damage->count == 0 && !f->damage->torn;

	f->damage->count += !torn;
	f->damage->torn |= torn;
	if (!first)
		return;
	minutering_name(name, f->kind, f->hour);
	snprintf(f->damage->what, sizeof f->damage->what, "%s byte %" PRIu64 ": %s",
	    name, f->at, why);
}

/* LEN bytes from OFFSET, or as many as there are; -1 when it cannot be read. */
static ssize_t
read_at(int fd, uint8_t *buf, size_t len, uint64_t offset)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, buf + got, len - got, (off_t)(offset + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

void
minutering_head(uint8_t buf[MINUTERING_HEAD], int64_t hour)
{
	struct pack p;

	pack_init(&p, buf, MINUTERING_HEAD);
	pack_bytes(&p, MINUTERING_MAGIC, MINUTERING_HEAD - 8);
	pack_i64(&p, hour);
}

struct minutering_file *
minutering_open(enum minutering_kind kind, int64_t hour,
    struct minutering_damage *damage, struct err *err)
{
	char name[MINUTERING_NAME];
	uint8_t head[MINUTERING_HEAD], want[MINUTERING_HEAD];
	struct stat st;

	minutering_name(name, kind, hour);
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		int why = errno;
		err_set(err, "%s: %s", name, strerror(why));
		if (fd >= 0)
			close(fd);
		errno = why;
		return NULL;
	}
	minutering_head(want, hour);
	if (!S_ISREG(st.st_mode) || read_at(fd, head, sizeof head, 0) != sizeof head ||
	    memcmp(head, want, sizeof head) != 0) {
		static const char why[] =
		    "no file of the ring of minutes, or of another hour";
		close(fd);
		err_set(err, "%s: %s", name, why);
		if (damage->count++ == 0)
			snprintf(
			    damage->what, sizeof damage->what, "%s: %s", name, why);
		errno = EINVAL;
		return NULL;
	}
	struct minutering_file *f = mem_zero(1, sizeof *f);
	f->fd = fd;
	f->kind = kind;
	f->hour = hour;
	f->next = f->at = f->sound = MINUTERING_HEAD;
	f->size = (uint64_t)st.st_size;
	f->damage = damage;
	return f;
}

void
minutering_close(struct minutering_file *f)
{
	if (f == NULL)
		return;
	close(f->fd);
	free(f);
}

/* Is T a table that may stand in F? */
static bool
belongs(const struct minutering_file *f, const struct minutetable *t)
{
	if (f->kind == MINUTERING_SUM)
		return t->minutes != 0 && t->begin_s == f->hour;
	return t->minutes == 0 && t->begin_s >= f->hour &&
	       t->begin_s < f->hour + MINUTERING_HOUR;
}

bool
minutering_next(struct minutering_file *f, struct minutetable *t)
{
	uint8_t head[MINUTERING_RECORD + MINUTETABLE_HEAD];
	struct wire w;

	for (;;) {
		f->at = f->next;
		if (f->at >= f->size)
			return false;
		ssize_t got = read_at(f->fd, head, sizeof head, f->at);
		wire_init(&w, head, got > 0 ? (size_t)got : 0);
		uint64_t len = wire_u32(&w);
		wire_u32(&w);
		if (!wire_ok(&w) || len > MINUTERING_MAX ||
		    len > f->size - f->at - MINUTERING_RECORD) {
			note_damage(f, "the rest is torn", true);
			return false;
		}
		f->next = f->at + MINUTERING_RECORD + len;
		size_t have = wire_left(&w) < len ? wire_left(&w) : (size_t)len;
		if (minutetable_peek(wire_bytes(&w, have), have, t) == 0 &&
		    belongs(f, t))
			return true;
		note_damage(f, "no table", false);
	}
}

uint8_t *
minutering_bytes(struct minutering_file *f, size_t *len)
{
	uint8_t *data = mem_alloc((size_t)(f->next - f->at));
	struct wire w;

	*len = (size_t)(f->next - f->at);
	if (read_at(f->fd, data, *len, f->at) == (ssize_t)*len) {
		wire_init(&w, data, *len);
		wire_u32(&w);
		uint32_t crc = wire_u32(&w);
		if (crc32(0, data + MINUTERING_RECORD,
			(uInt)(*len - MINUTERING_RECORD)) == crc)
			return data;
	}
	free(data);
	note_damage(f, "damaged", false);
	return NULL;
}

bool
minutering_rows(struct minutering_file *f, struct minutetable *t)
{
	size_t len;
	uint8_t *data = minutering_bytes(f, &len);

	if (data == NULL)
		return false;
	bool good =
	    minutetable_read(data + MINUTERING_RECORD, len - MINUTERING_RECORD, t) == 0;
	free(data);
	if (good && !belongs(f, t)) {
		minutetable_free(t);
		good = false;
	}
	if (good)
		f->sound = f->next;
	else
		note_damage(f, "damaged", false);
	return good;
}

uint64_t
minutering_sound(const struct minutering_file *f)
{
	return f->sound;
}

uint8_t *
minutering_record(const struct minutetable *t, size_t *len)
{
	size_t body_len;
	uint8_t *body = minutetable_write(t, &body_len);
	struct pack p;

	if (body == NULL)
		return NULL;
	uint8_t *data = mem_alloc(MINUTERING_RECORD + body_len);
	pack_init(&p, data, MINUTERING_RECORD + body_len);
	pack_u32(&p, (uint32_t)body_len);
	pack_u32(&p, (uint32_t)crc32(0, body, (uInt)body_len));
	pack_bytes(&p, body, body_len);
	free(body);
	*len = MINUTERING_RECORD + body_len;
	return data;
}

/* --- many hours ------------------------------------------------------------------- */

struct reading {
	unsigned tables;
	int64_t start, end;
	minutering_fn each;
	void *ctx;
	struct minutering_damage *damage;
	bool over;
};

/* True when something of it was given. */
static bool
read_file(struct reading *r, enum minutering_kind kind, int64_t hour)
{
	struct minutering_file *f = minutering_open(kind, hour, r->damage, NULL);
	struct minutetable t;
	bool given = false;

	while (f != NULL && !r->over && minutering_next(f, &t)) {
		if ((r->tables >> t.by & 1) == 0 ||
		    (kind == MINUTERING_MINUTES &&
			(t.begin_s < r->start || t.begin_s >= r->end)))
			continue;
		if (!minutering_rows(f, &t))
			continue;
		r->over = r->each(r->ctx, &t) != 0;
		given = true;
		minutetable_free(&t);
	}
	minutering_close(f);
	return given;
}

void
minutering_read(unsigned tables, int64_t start, int64_t end, bool fine,
    minutering_fn each, void *ctx, struct minutering_damage *damage)
{
	struct reading r = { tables, start, end, each, ctx, damage, false };
	size_t count;
	struct minutering_hour *list = minutering_list(&count);

	memset(damage, 0, sizeof *damage);
	for (size_t i = 0; i < count && !r.over; i++) {
		const struct minutering_hour *h = &list[i];
		bool whole = h->hour >= start && h->hour + MINUTERING_HOUR <= end;
		if (h->hour + MINUTERING_HOUR <= start || h->hour >= end)
			continue;
		bool sum = h->bytes[MINUTERING_SUM] != 0 &&
			   ((whole && !fine) || h->bytes[MINUTERING_MINUTES] == 0);
		/* A damaged sum is made good by what it was made from. */
		if (sum && (read_file(&r, MINUTERING_SUM, h->hour) ||
			       h->bytes[MINUTERING_MINUTES] == 0))
			continue;
		read_file(&r, MINUTERING_MINUTES, h->hour);
		damage->count += damage->torn && i + 1 < count;
		damage->torn = false;
	}
	free(list);
}
