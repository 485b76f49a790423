#include "pathfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "link/msghops.h"
#include "store.h"

/* A record: u32 of bytes behind it, then u32 of what it is, and its fields. */
#define MAGIC 0x50415431U /* "PAT1" */
#define HEAD 4
/* No clock shows a later time, nor has a calendar one of all that 64 bits can tell. */
#define TIME_END (INT64_MAX / 1000000000)

const char *
path_kind_word(enum path_kind kind)
{
	static const char *const word[PATH_KINDS] = { "now", "change", "bad" };

	return word[kind];
}

const char *
pathfile_name(uint64_t id, char buf[PATHFILE_NAME])
{
	snprintf(buf, PATHFILE_NAME, STORE_PATHS "/%016" PRIx64, id);
	return buf;
}

/* --- records ---------------------------------------------------------------------- */

size_t
pathfile_put(struct msg_out *out, const struct path_record *p)
{
	struct pack *to = &out->pack;

	pack_init(to, out->data, sizeof out->data);
	pack_u32(to, 0);
	pack_u32(to, MAGIC);
	pack_u8(to, p->kind);
	pack_i64(to, p->time);
	pack_i64(to, p->since);
	pack_u32(to, p->changes);
	pack_u8(to, p->elsewhere);
	pack_u8(to, p->ttl);
	msg_put_addr(out, &p->from);
	msg_put_addr(out, &p->to);
	msg_put_hops(out, &p->way);
	size_t len = msg_end(out);
	uint32_t rest = (uint32_t)(len - HEAD);
	for (unsigned i = 0; i < HEAD; i++)
		out->data[i] = (uint8_t)(rest >> (24 - 8 * i));
	return len;
}

size_t
pathfile_get(const uint8_t *data, size_t len, struct path_record *p)
{
	struct msg_in in = { .type = MSG_HOPS, .fd = -1 };
	struct wire *w = &in.wire;

	if (len < HEAD)
		return 0;
	wire_init(w, data, HEAD);
	size_t rest = wire_u32(w);
	if (rest > len - HEAD || rest > MSG_MAX)
		return 0;
	wire_init(w, data + HEAD, rest);
	memset(p, 0, sizeof *p);
	if (wire_u32(w) != MAGIC)
		return 0;
	p->kind = wire_u8(w);
	p->time = wire_i64(w);
	p->since = wire_i64(w);
	p->changes = wire_u32(w);
	uint8_t elsewhere = wire_u8(w);
	p->elsewhere = elsewhere == 1;
	p->ttl = wire_u8(w);
	msg_get_addr(&in, &p->from);
	msg_get_addr(&in, &p->to);
	if (p->kind >= PATH_KINDS || p->since < 0 || p->since > p->time ||
	    p->time >= TIME_END || elsewhere > 1 || !wire_ok(w) ||
	    msg_get_hops(&in, &p->way) != 0)
		return 0;
	return HEAD + rest;
}

/* --- files ------------------------------------------------------------------------ */

/* All of the file NAME, malloced; NULL when there is none, or none of ours. */
static uint8_t *
read_all(const char *name, size_t *len)
{
	FILE *f = fopen(name, "re");
	struct stat st;
	uint8_t *data = NULL;

	*len = 0;
	if (f == NULL)
		return NULL;
	if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= PATHFILE_MAX + MSG_MAX) {
		data = mem_alloc((size_t)st.st_size);
		*len = fread(data, 1, (size_t)st.st_size, f);
	}
	fclose(f);
	return data;
}

size_t
pathfile_read(
    uint64_t id, void (*each)(void *ctx, const struct path_record *record), void *ctx)
{
	char name[PATHFILE_NAME];
	size_t len, at = 0, n, count = 0;
	uint8_t *data = read_all(pathfile_name(id, name), &len);
	struct path_record *p = mem_zero(1, sizeof *p);

	while (data != NULL && (n = pathfile_get(data + at, len - at, p)) > 0) {
		at += n;
		if (p->way.target != id)
			continue;
		each(ctx, p);
		count++;
	}
	free(p);
	free(data);
	return count;
}

/* Write LEN bytes to NAME as a whole, or not at all. */
static int
replace(const char *name, const uint8_t *data, size_t len, struct err *err)
{
	char temporary[PATHFILE_NAME + 8];
	FILE *f;
	bool bad;

	snprintf(temporary, sizeof temporary, "%s.new", name);
	f = fopen(temporary, "we");
	if (f == NULL)
		return err_set(err, "%s: %s", temporary, strerror(errno));
	bad = len > 0 && fwrite(data, 1, len, f) != len;
	bad |= fclose(f) != 0;
	if (bad || rename(temporary, name) != 0) {
		err_set(err, "%s: %s", name, strerror(errno));
		unlink(temporary);
		return -1;
	}
	return 0;
}

/* Move what is to be kept of the LEN bytes at DATA, whole records, to its begin: the
 * latest of how it is now, and the newest of the others. A line that is bad every night
 * must not push out when the way changed: each kind has half of the room. Returns how
 * many bytes. */
static size_t
choose(uint8_t *data, size_t len)
{
	struct path_record *p = mem_zero(1, sizeof *p);
	size_t at, n, now = len, kept = 0, bytes[PATH_KINDS] = { 0 };

	for (at = 0; at < len && (n = pathfile_get(data + at, len - at, p)) > 0; at += n) {
		if (p->kind == PATH_NOW)
			now = at;
		bytes[p->kind] += n;
	}
	for (at = 0; at < len && (n = pathfile_get(data + at, len - at, p)) > 0; at += n) {
		bool keep = p->kind == PATH_NOW
				? at == now
				: bytes[p->kind] <= (size_t)PATHFILE_KEEP / 2;

		if (!keep)
			bytes[p->kind] -= n;
		else {
			memmove(data + kept, data + at, n);
			kept += n;
		}
	}
	free(p);
	return kept;
}

/* The bytes of DATA that are whole records. */
static size_t
whole(const uint8_t *data, size_t len)
{
	struct path_record *p = mem_zero(1, sizeof *p);
	size_t at = 0, n;

	while ((n = pathfile_get(data + at, len - at, p)) > 0)
		at += n;
	free(p);
	return at;
}

int
pathfile_mend(uint64_t id, bool smaller, struct err *err)
{
	char name[PATHFILE_NAME];
	struct stat st;
	size_t len;
	uint8_t *data;
	int r = 0;

	if (stat(pathfile_name(id, name), &st) != 0)
		return 0;
	if (st.st_size == 0)
		return 0;
	/* What cannot be read is not ours to throw away. */
	data = read_all(name, &len);
	if (data == NULL)
		return err_set(err, "%s: no file of ours, or not readable", name);
	size_t good = whole(data, len);
	if (smaller && good > 0)
		good = choose(data, good);
	if ((off_t)good != st.st_size)
		r = replace(name, data, good, err);
	free(data);
	return r;
}

/* Behind what is in FD, or not at all. */
static int
append(int fd, const char *name, const uint8_t *data, size_t len, struct err *err)
{
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t n = write(fd, data, len);

	if (n == (ssize_t)len)
		return 0;
	err_set(err, "%s: %s", name, n < 0 ? strerror(errno) : "the disk is full");
	if (n > 0 && ftruncate(fd, end) != 0)
		err_set(err, "%s: %s", name, strerror(errno));
	return -1;
}

int
pathfile_add(const struct path_record *record, struct err *err)
{
	struct msg_out *out = mem_alloc(sizeof *out);
	char name[PATHFILE_NAME];
	struct stat st;
	size_t len = pathfile_put(out, record);
	int fd, r = -1;

	pathfile_name(record->way.target, name);
	if (stat(name, &st) == 0 && st.st_size + (off_t)len > PATHFILE_MAX &&
	    pathfile_mend(record->way.target, true, err) != 0) {
		free(out);
		return -1;
	}
	if ((mkdir(STORE_DIR, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(STORE_PATHS, 0755) < 0 && errno != EEXIST)) {
		free(out);
		return err_set(err, "%s: %s", STORE_PATHS, strerror(errno));
	}
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		err_set(err, "%s: %s", name, strerror(errno));
	else {
		r = append(fd, name, out->data, len, err);
		if (close(fd) != 0 && r == 0)
			r = err_set(err, "%s: %s", name, strerror(errno));
	}
	free(out);
	return r;
}
