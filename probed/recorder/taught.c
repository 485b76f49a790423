#include "recorder/taught.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/mem.h"
#include "base/wire.h"
#include "link/msgtaught.h"
#include "store.h"

#define FILE_NAME STORE_STATE "/templates"
#define FILE_NEW FILE_NAME ".new"
#define MAGIC "smokebox templates 1\n"
#define MAGIC_LEN (sizeof MAGIC - 1)
/* Magic, u32 length, the bytes, u32 CRC-32 of them. */
#define FILE_MAX (MAGIC_LEN + 4 + TAUGHT_MAX + 4)
#define EVERY_S 60

struct taught {
	struct msg_taught coming, whole; /* WHOLE: the newest that is not written yet */
	bool waiting;
	int64_t written_s; /* 0: never */
	uint32_t set;
	struct log_limit stuck;
	struct msg_out out;
};

/* --- the file ------------------------------------------------------------------------
 */

int
taught_open(const uint8_t *file, size_t len, const uint8_t **inside, size_t *inside_len,
    struct err *err)
{
	struct wire w;

	wire_init(&w, file, len);
	const uint8_t *magic = wire_bytes(&w, MAGIC_LEN);
	if (magic == NULL || memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		return err_set(err, "it does not begin as such a file does");
	*inside_len = wire_u32(&w);
	*inside = wire_bytes(&w, *inside_len);
	uint32_t sum = wire_u32(&w);
	if (!wire_ok(&w) || wire_left(&w) != 0 || *inside_len > TAUGHT_MAX)
		return err_set(err, "%zu bytes, expected those that it speaks of", len);
	if (crc32(0, *inside, (uInt)*inside_len) != sum)
		return err_set(err, "its checksum is another");
	return 0;
}

/* Nobody else may tell us what traffic is. */
static int
is_ours(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(err, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return err_set(
		    err, "others may write to it, expected a file of our own");
	return 0;
}

/* The whole file into *FILE, which the caller frees; its length, 0 where there is none,
 * -1 with ERR. */
static ssize_t
read_file(uint8_t **file, struct err *err)
{
	int fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = 1;

	*file = NULL;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(err, "%s", strerror(errno));
	if (is_ours(fd, err) != 0) {
		close(fd);
		return -1;
	}
	*file = mem_alloc(FILE_MAX + 1);
	while (len <= FILE_MAX && (n = read(fd, *file + len, FILE_MAX + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		err_set(err, "%s", strerror(errno));
	close(fd);
	return n < 0 ? -1 : (ssize_t)len;
}

static int
write_all(int fd, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n <= 0) {
			errno = n < 0 ? errno : ENOSPC;
			return -1;
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
write_file(const uint8_t *data, size_t len, struct err *err)
{
	int fd =
	    open(FILE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	uint8_t head[4], sum[4];
	struct pack p;

	pack_init(&p, head, sizeof head);
	pack_u32(&p, (uint32_t)len);
	pack_init(&p, sum, sizeof sum);
	pack_u32(&p, (uint32_t)crc32(0, data, (uInt)len));
	if (fd < 0 || fchmod(fd, 0600) != 0 || write_all(fd, MAGIC, MAGIC_LEN) != 0 ||
	    write_all(fd, head, sizeof head) != 0 || write_all(fd, data, len) != 0 ||
	    write_all(fd, sum, sizeof sum) != 0 || fsync(fd) != 0 ||
	    rename(FILE_NEW, FILE_NAME) != 0)
		err_set(err, FILE_NAME ": %s", strerror(errno));
	else
		err->text[0] = '\0';
	if (fd >= 0)
		close(fd);
	return err->text[0] == '\0' ? 0 : -1;
}

/* --- to and from the collector -------------------------------------------------------
 */

static void
flush(struct taught *t)
{
	struct err err;

	if (!t->waiting)
		return;
	if (write_file(t->whole.data, t->whole.len, &err) == 0)
		t->waiting = false;
	else if (log_allowed(&t->stuck, 60, NULL))
		log_warnx("what exporters have taught cannot be kept: %s", err.text);
}

void
taught_work(struct taught *t, int64_t now_s)
{
	if (!t->waiting || (now_s >= t->written_s && now_s - t->written_s < EVERY_S))
		return;
	t->written_s = now_s;
	flush(t);
}

int
taught_message(struct taught *t, struct msg_in *in)
{
	int whole = msg_take_taught(&t->coming, in);

	if (whole <= 0)
		return whole;
	msg_taught_free(&t->whole);
	t->whole = t->coming;
	t->coming = (struct msg_taught){ 0 };
	t->waiting = true;
	return 0;
}

void
taught_collector(struct taught *t, struct link *collector)
{
	const uint8_t *inside = NULL;
	uint8_t *file = NULL;
	size_t len = 0;
	struct err err;
	ssize_t n;

	if (collector == NULL)
		return;
	/* What was said last, where that is not in the file yet. */
	if (t->waiting) {
		msg_send_taught(
		    collector, &t->out, ++t->set, t->whole.data, t->whole.len);
		return;
	}
	n = read_file(&file, &err);
	if (n < 0 ||
	    (n > 0 && taught_open(file, (size_t)n, &inside, &len, &err) != 0)) {
		log_warnx(FILE_NAME ": %s: it is not used", err.text);
		len = 0;
	}
	msg_send_taught(collector, &t->out, ++t->set, inside, len);
	free(file);
}

struct taught *
taught_new(void)
{
	return mem_zero(1, sizeof(struct taught));
}

void
taught_free(struct taught *t)
{
	flush(t);
	msg_taught_free(&t->coming);
	msg_taught_free(&t->whole);
	free(t);
}
