#include "recorder/raw.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "recorder/rawcode.h"
#include "store.h"

#define MAGIC "smokebox raw 1\n" /* and its NUL: 16 bytes */
#define HEAD 32
#define SEGMENT_AGE_NS (3600 * CLOCK_NS_PER_S)
#define WAITING_MAX (4U * 1024 * 1024)
#define NAME_SIZE (sizeof STORE_RAW "/0123456789.raw")
/* A round is stored a little after it ended, and clocks are set by a little. */
#define SLACK_NS (600 * CLOCK_NS_PER_S)

/* --- segments on disk ------------------------------------------------------------ */

struct segment {
	unsigned number;
	int64_t begun_ns, last_ns; /* wall */
	uint64_t bytes;
};

struct segments {
	struct segment *at; /* ascending */
	size_t count;
};

static void
segment_name(char *buf, unsigned number)
{
	snprintf(buf, NAME_SIZE, STORE_RAW "/%010u.raw", number);
}

/* The number in "0000000017.raw", or -1. */
static int64_t
name_number(const char *name)
{
	if (strlen(name) != 14 || strspn(name, "0123456789") != 10 ||
	    strcmp(name + 10, ".raw") != 0)
		return -1;
	unsigned long n = strtoul(name, NULL, 10);
	return n > UINT32_MAX - 1 ? -1 : (int64_t)n;
}

static int
by_number(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Fill S from the file's head. -1 when it is none of ours. */
static int
segment_look(struct segment *s, unsigned number)
{
	char name[NAME_SIZE];
	uint8_t head[HEAD];
	struct wire w;
	struct stat st;

	segment_name(name, number);
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, head, sizeof head);
	if (fstat(fd, &st) < 0)
		n = -1;
	close(fd);
	if (n != sizeof head || memcmp(head, MAGIC, sizeof MAGIC) != 0)
		return -1;
	wire_init(&w, head + sizeof MAGIC, sizeof head - sizeof MAGIC);
	*s = (struct segment){ .number = number,
		.begun_ns = wire_i64(&w),
		.last_ns = st.st_mtim.tv_sec * CLOCK_NS_PER_S + st.st_mtim.tv_nsec,
		.bytes = (uint64_t)st.st_size };
	return 0;
}

/* What lies there, oldest first. NEXT, if not NULL, gets the first number that no file
 * has, ours or not. */
static struct segments
segments_list(unsigned *next)
{
	struct segments list = { NULL, 0 };
	DIR *dir = opendir(STORE_RAW);
	struct dirent *entry;
	struct segment s;

	if (next != NULL)
		*next = 1;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int64_t number = name_number(entry->d_name);
		if (number < 0)
			continue;
		if (next != NULL && number >= *next)
			*next = (unsigned)number + 1;
		if (segment_look(&s, (unsigned)number) < 0)
			continue;
		list.at = mem_grow(list.at, list.count + 1, sizeof *list.at);
		list.at[list.count++] = s;
	}
	if (dir != NULL)
		closedir(dir);
	if (list.count > 1)
		qsort(list.at, list.count, sizeof *list.at, by_number);
	return list;
}

/* --- reading a segment ----------------------------------------------------------- */

/* A window that moves over the file. Not a mapping: the file may be cut meanwhile. */
struct scan {
	int fd;
	uint64_t offset; /* of the next record in the file */
	size_t at, len;	 /* of the window */
	uint8_t window[128 * 1024];
};

static struct scan *
scan_open(unsigned number)
{
	char name[NAME_SIZE];

	segment_name(name, number);
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	struct scan *s = mem_alloc(sizeof *s);
	s->fd = fd;
	s->offset = HEAD;
	s->at = s->len = 0;
	return s;
}

static void
scan_close(struct scan *s)
{
	close(s->fd);
	free(s);
}

/* Have LEN bytes in the window from AT on. */
static bool
scan_fill(struct scan *s, size_t len)
{
	if (s->len - s->at >= len)
		return true;
	memmove(s->window, s->window + s->at, s->len - s->at);
	s->len -= s->at;
	s->at = 0;
	while (s->len < len) {
		ssize_t n = pread(s->fd, s->window + s->len, sizeof s->window - s->len,
		    (off_t)(s->offset + s->len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s->len += (size_t)n;
	}
	return true;
}

/* The next record's body, LEN bytes, or NULL at the end or where it is torn. */
static const uint8_t *
scan_next(struct scan *s, size_t *len, uint32_t *crc)
{
	struct wire w;

	if (!scan_fill(s, RAWCODE_HEAD))
		return NULL;
	wire_init(&w, s->window + s->at, RAWCODE_HEAD);
	*len = wire_u32(&w);
	*crc = wire_u32(&w);
	if (*len < RAWCODE_MIN || *len > RAWCODE_MAX ||
	    !scan_fill(s, RAWCODE_HEAD + *len))
		return NULL;
	const uint8_t *body = s->window + s->at + RAWCODE_HEAD;
	s->at += RAWCODE_HEAD + *len;
	s->offset += RAWCODE_HEAD + *len;
	return body;
}

size_t
raw_read(uint64_t target, int64_t from_ns, int64_t to_ns, raw_round_fn each, void *ctx)
{
	struct segments list = segments_list(NULL);
	struct round *r = mem_alloc(sizeof *r);
	size_t given = 0;
	bool end = false;

	for (size_t i = 0; i < list.count && !end; i++) {
		const struct segment *g = &list.at[i];
		const uint8_t *body;
		size_t len;
		uint32_t crc;
		if (g->last_ns + SLACK_NS < from_ns || g->begun_ns - SLACK_NS > to_ns)
			continue;
		struct scan *s = scan_open(g->number);
		while (s != NULL && !end && (body = scan_next(s, &len, &crc)) != NULL) {
			int64_t ended;
			uint64_t id = rawcode_peek(body, &ended);
			if ((target != 0 && id != target) || ended < from_ns ||
			    ended >= to_ns || rawcode_crc(body, len) != crc ||
			    rawcode_get(body, len, r) < 0)
				continue;
			given++;
			end = each(ctx, r) != 0;
		}
		if (s != NULL)
			scan_close(s);
	}
	free(r);
	free(list.at);
	return given;
}

/* --- the writer ------------------------------------------------------------------ */

struct raw {
	uint64_t max_bytes, bytes, lost;
	int64_t keep_ns, looked_ns; /* mono; when the ring was last trimmed by age */
	struct segments list;	    /* the last one is being written when FD is open */
	int fd;
	unsigned next;
	uint8_t *waiting;
	size_t waiting_len, waiting_size;
};

/* How far the records of a segment are whole. */
static uint64_t
sound_length(unsigned number)
{
	struct scan *s = scan_open(number);
	const uint8_t *body;
	size_t len;
	uint32_t crc;
	uint64_t good = HEAD;

	if (s == NULL)
		return 0;
	while (
	    (body = scan_next(s, &len, &crc)) != NULL && rawcode_crc(body, len) == crc)
		good = s->offset;
	scan_close(s);
	return good;
}

/* Open the newest segment, cut off what a kill has torn. */
static void
take_up(struct raw *raw)
{
	char name[NAME_SIZE];

	if (raw->list.count == 0)
		return;
	struct segment *s = &raw->list.at[raw->list.count - 1];
	segment_name(name, s->number);
	uint64_t good = sound_length(s->number);
	int fd = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return;
	if (good < s->bytes) {
		log_info("%s: cut off %llu bytes of an unfinished record", name,
		    (unsigned long long)(s->bytes - good));
		if (ftruncate(fd, (off_t)good) < 0) {
			close(fd); /* then it ends here, and another begins */
			return;
		}
		raw->bytes -= s->bytes - good;
		s->bytes = good;
	}
	raw->fd = fd;
}

static void
look_around(struct raw *raw)
{
	free(raw->list.at);
	raw->list = segments_list(&raw->next);
	raw->bytes = 0;
	for (size_t i = 0; i < raw->list.count; i++)
		raw->bytes += raw->list.at[i].bytes;
	take_up(raw);
}

struct raw *
raw_open(uint64_t max_bytes, unsigned keep_seconds)
{
	struct raw *raw = mem_zero(1, sizeof *raw);

	raw->max_bytes = max_bytes;
	raw->keep_ns = keep_seconds * CLOCK_NS_PER_S;
	raw->fd = -1;
	look_around(raw);
	return raw;
}

void
raw_close(struct raw *raw)
{
	if (raw == NULL)
		return;
	if (raw->fd >= 0)
		close(raw->fd);
	free(raw->list.at);
	free(raw->waiting);
	free(raw);
}

void
raw_add(struct raw *raw, const struct round *r)
{
	if (raw->waiting_len > WAITING_MAX) {
		raw->lost++;
		return;
	}
	if (raw->waiting_size - raw->waiting_len < RAWCODE_HEAD + RAWCODE_MAX) {
		raw->waiting_size += 4 * (RAWCODE_HEAD + RAWCODE_MAX);
		raw->waiting = mem_grow(raw->waiting, raw->waiting_size, 1);
	}
	raw->waiting_len += rawcode_put(raw->waiting + raw->waiting_len, r);
}

/* Delete the oldest segments while there is too much of them, or they are too old. */
static void
trim(struct raw *raw)
{
	int64_t oldest = clock_wall_ns() - raw->keep_ns;
	char name[NAME_SIZE];
	size_t gone = 0;

	/* Never the one being written. */
	while (gone + 1 < raw->list.count &&
	       (raw->bytes > raw->max_bytes || raw->list.at[gone].last_ns < oldest)) {
		segment_name(name, raw->list.at[gone].number);
		if (unlink(name) < 0 && errno != ENOENT)
			break;
		raw->bytes -= raw->list.at[gone].bytes;
		gone++;
	}
	raw->list.count -= gone;
	if (gone != 0)
		memmove(raw->list.at, raw->list.at + gone,
		    raw->list.count * sizeof *raw->list.at);
}

static int
write_all(int fd, const void *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data = (const uint8_t *)data + n;
		len -= (size_t)n;
	}
	return 0;
}

static int
begin_segment(struct raw *raw, struct err *err)
{
	char name[NAME_SIZE];
	uint8_t head[HEAD];
	struct pack p;
	struct segment s = { .number = raw->next,
		.begun_ns = clock_wall_ns(),
		.last_ns = clock_wall_ns(),
		.bytes = HEAD };

	if (raw->fd >= 0)
		close(raw->fd);
	raw->fd = -1;
	pack_init(&p, head, sizeof head);
	pack_bytes(&p, MAGIC, sizeof MAGIC);
	pack_i64(&p, s.begun_ns);
	pack_u64(&p, 0);
	if ((mkdir(STORE_DIR, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(STORE_RAW, 0755) < 0 && errno != EEXIST))
		return err_set(err, "%s: %s", STORE_RAW, strerror(errno));
	segment_name(name, s.number);
	int fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(err, "%s: %s", name, strerror(errno));
	if (write_all(fd, head, sizeof head) < 0) {
		err_set(err, "%s: %s", name, strerror(errno));
		unlink(name);
		close(fd);
		return -1;
	}
	raw->fd = fd;
	raw->next++;
	raw->bytes += HEAD;
	raw->list.at = mem_grow(raw->list.at, raw->list.count + 1, sizeof s);
	raw->list.at[raw->list.count++] = s;
	return 0;
}

/* Have a segment that more may be appended to. */
static int
have_segment(struct raw *raw, struct err *err)
{
	struct stat st;

	/* Deleted behind our back? Then go on with what is there. */
	if (raw->fd >= 0 && (fstat(raw->fd, &st) < 0 || st.st_nlink == 0)) {
		close(raw->fd);
		raw->fd = -1;
		look_around(raw);
	}
	if (raw->fd >= 0) {
		const struct segment *s = &raw->list.at[raw->list.count - 1];
		int64_t age = clock_wall_ns() - s->begun_ns;
		if (s->bytes < raw->max_bytes / 16 && age >= 0 && age < SEGMENT_AGE_NS)
			return 0;
	}
	if (begin_segment(raw, err) < 0)
		return -1;
	trim(raw);
	return 0;
}

int
raw_flush(struct raw *raw, struct err *err)
{
	if (raw->waiting_len == 0)
		return 0;
	if (have_segment(raw, err) < 0)
		return -1;
	struct segment *s = &raw->list.at[raw->list.count - 1];
	if (write_all(raw->fd, raw->waiting, raw->waiting_len) < 0) {
		err_set(err, "%s: %s", STORE_RAW, strerror(errno));
		/* Half a record would end this segment for every reader. */
		if (ftruncate(raw->fd, (off_t)s->bytes) < 0) {
			close(raw->fd);
			raw->fd = -1;
		}
		return -1;
	}
	s->bytes += raw->waiting_len;
	s->last_ns = clock_wall_ns();
	raw->bytes += raw->waiting_len;
	raw->waiting_len = 0;
	int64_t now = clock_mono_ns();
	if (now - raw->looked_ns > 60 * CLOCK_NS_PER_S || raw->bytes > raw->max_bytes) {
		raw->looked_ns = now;
		trim(raw);
	}
	return 0;
}

uint64_t
raw_bytes(const struct raw *raw)
{
	return raw->bytes;
}

uint64_t
raw_lost(const struct raw *raw)
{
	return raw->lost;
}
