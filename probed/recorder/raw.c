#include "recorder/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/whole.h"
#include "base/wire.h"
#include "rawcode.h"
#include "rawring.h"

#define SEGMENT_AGE_NS (3600 * CLOCK_NS_PER_S)
#define WAITING_MAX (4U * 1024 * 1024)

struct raw {
	uint64_t max_bytes, bytes, lost;
	int64_t keep_ns, looked_ns; /* mono; when the ring was last trimmed by age */
	struct rawring list;	    /* the last one is being written when FD is open */
	int fd;
	unsigned next;
	uint8_t *waiting;
	size_t waiting_len, waiting_size;
};

/* Open the newest segment, cut off what a kill has torn. */
static void
take_up(struct raw *raw)
{
	char name[RAWRING_NAME];

	if (raw->list.count == 0)
		return;
	struct rawring_segment *s = &raw->list.at[raw->list.count - 1];
	rawring_name(name, s->number);
	uint64_t good = rawring_sound(s->number);
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
	raw->list = rawring_list(&raw->next);
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
	char name[RAWRING_NAME];
	size_t gone = 0;

	/* Never the one being written. */
	while (gone + 1 < raw->list.count &&
	       (raw->bytes > raw->max_bytes || raw->list.at[gone].last_ns < oldest)) {
		rawring_name(name, raw->list.at[gone].number);
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
begin_segment(struct raw *raw, struct err *err)
{
	char name[RAWRING_NAME];
	uint8_t head[RAWRING_HEAD];
	struct pack p;
	struct rawring_segment s = { .number = raw->next,
		.begun_ns = clock_wall_ns(),
		.last_ns = clock_wall_ns(),
		.bytes = RAWRING_HEAD };

	if (raw->fd >= 0)
		close(raw->fd);
	raw->fd = -1;
	pack_init(&p, head, sizeof head);
	pack_bytes(&p, RAWRING_MAGIC, sizeof RAWRING_MAGIC);
	pack_i64(&p, s.begun_ns);
	pack_u64(&p, 0);
	if ((mkdir(STORE_DIR, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(STORE_RAW, 0755) < 0 && errno != EEXIST))
		return err_set(err, "%s: %s", STORE_RAW, strerror(errno));
	rawring_name(name, s.number);
	int fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(err, "%s: %s", name, strerror(errno));
	if (write_whole(fd, head, sizeof head) < 0) {
		err_set(err, "%s: %s", name, strerror(errno));
		unlink(name);
		close(fd);
		return -1;
	}
	raw->fd = fd;
	raw->next++;
	raw->bytes += RAWRING_HEAD;
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
		const struct rawring_segment *s = &raw->list.at[raw->list.count - 1];
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
	struct rawring_segment *s = &raw->list.at[raw->list.count - 1];
	if (write_whole(raw->fd, raw->waiting, raw->waiting_len) < 0) {
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
