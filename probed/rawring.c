#include "rawring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "rawcode.h"

/* A round is stored a little after it ended, and clocks are set by a little. */
#define SLACK_NS (600 * CLOCK_NS_PER_S)

/* --- segments on disk ------------------------------------------------------------ */

void
rawring_name(char buf[RAWRING_NAME], unsigned number)
{
	snprintf(buf, RAWRING_NAME, STORE_RAW "/%010u.raw", number);
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
	const struct rawring_segment *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Fill S from the file's head. -1 when it is none of ours. */
static int
segment_look(struct rawring_segment *s, unsigned number)
{
	char name[RAWRING_NAME];
	uint8_t head[RAWRING_HEAD];
	struct wire w;
	struct stat st;

	rawring_name(name, number);
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, head, sizeof head);
	if (fstat(fd, &st) < 0)
		n = -1;
	close(fd);
	if (n != sizeof head || memcmp(head, RAWRING_MAGIC, sizeof RAWRING_MAGIC) != 0)
		return -1;
	wire_init(&w, head + sizeof RAWRING_MAGIC, sizeof head - sizeof RAWRING_MAGIC);
	*s = (struct rawring_segment){ .number = number,
		.begun_ns = wire_i64(&w),
		.last_ns = st.st_mtim.tv_sec * CLOCK_NS_PER_S + st.st_mtim.tv_nsec,
		.bytes = (uint64_t)st.st_size };
	return 0;
}

struct rawring
rawring_list(unsigned *next)
{
	struct rawring list = { NULL, 0 };
	DIR *dir = opendir(STORE_RAW);
	struct dirent *entry;
	struct rawring_segment s;

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
	char name[RAWRING_NAME];

	rawring_name(name, number);
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	struct scan *s = mem_alloc(sizeof *s);
	s->fd = fd;
	s->offset = RAWRING_HEAD;
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
rawring_read(
    uint64_t target, int64_t from_ns, int64_t to_ns, rawring_fn each, void *ctx)
{
	struct rawring list = rawring_list(NULL);
	struct round *r = mem_alloc(sizeof *r);
	size_t given = 0;
	bool end = false;

	for (size_t i = 0; i < list.count && !end; i++) {
		const struct rawring_segment *g = &list.at[i];
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

/* Give EACH at most MOST rounds of PLACE's segment; END is set when it wants no more. */
static size_t
follow_segment(
    struct rawring_place *place, size_t most, rawring_fn each, void *ctx, bool *end)
{
	struct scan *s = scan_open(place->segment);
	struct round *r = mem_alloc(sizeof *r);
	const uint8_t *body;
	size_t len, given = 0;
	uint32_t crc;

	if (s != NULL && place->offset > RAWRING_HEAD)
		s->offset = place->offset;
	while (s != NULL && !*end && given < most &&
	       (body = scan_next(s, &len, &crc)) != NULL &&
	       rawcode_crc(body, len) == crc) {
		place->offset = s->offset;
		if (rawcode_get(body, len, r) < 0)
			continue;
		given++;
		*end = each(ctx, r) != 0;
	}
	if (s != NULL)
		scan_close(s);
	free(r);
	return given;
}

size_t
rawring_follow(struct rawring_place *place, size_t most, rawring_fn each, void *ctx)
{
	struct rawring list = rawring_list(NULL);
	size_t given = 0;
	bool end = false;

	/* In a ring that was emptied, numbers begin at 1 again. */
	if (list.count > 0 && place->segment > list.at[list.count - 1].number)
		*place = (struct rawring_place){ 0 };
	for (size_t i = 0; i < list.count && given < most && !end; i++) {
		if (list.at[i].number < place->segment)
			continue;
		if (list.at[i].number > place->segment)
			*place = (struct rawring_place){ list.at[i].number, 0 };
		else if (place->offset > list.at[i].bytes)
			place->offset = 0; /* another one of that number */
		given += follow_segment(place, most - given, each, ctx, &end);
	}
	free(list.at);
	return given;
}

uint64_t
rawring_sound(unsigned number)
{
	struct scan *s = scan_open(number);
	const uint8_t *body;
	size_t len;
	uint32_t crc;
	uint64_t good = RAWRING_HEAD;

	if (s == NULL)
		return 0;
	while (
	    (body = scan_next(s, &len, &crc)) != NULL && rawcode_crc(body, len) == crc)
		good = s->offset;
	scan_close(s);
	return good;
}
