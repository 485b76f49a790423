#include "recorder/taught.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/mem.h"
#include "base/statefile.h"
#include "base/wire.h"
#include "link/msgtaught.h"
#include "store.h"

#define FILE_NAME STORE_STATE "/templates"
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

/* --- the file --------------------------------------------------------------------- */

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

/* 0, or -1 with ERR. */
static int
write_file(const uint8_t *data, size_t len, struct err *err)
{
	size_t size = MAGIC_LEN + 4 + len + 4;
	uint8_t *file = mem_alloc(size);
	struct pack p;

	pack_init(&p, file, size);
	pack_bytes(&p, MAGIC, MAGIC_LEN);
	pack_u32(&p, (uint32_t)len);
	pack_bytes(&p, data, len);
	pack_u32(&p, (uint32_t)crc32(0, data, (uInt)len));
	int status = statefile_write(FILE_NAME, file, size, err);
	free(file);
	return status;
}

/* --- to and from the collector ---------------------------------------------------- */

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
	void *file = NULL;
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
	n = statefile_read(FILE_NAME, FILE_MAX, &file, &err);
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
