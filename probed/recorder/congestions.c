#include "recorder/congestions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zlib.h>

#include "base/mem.h"
#include "base/statefile.h"
#include "store.h"

#define FILE_NAME STORE_STATE "/congestion"
#define EVERY_S 900
#define USE_S 60
#define BUSY_S 15
#define TELL_S 3600
#define STATE_MAX (LINKS_STATE + LINES_STATE + 2)

struct congestions {
	const struct congestions_ops *ops;
	void *ctx;
	struct lines *lines;
	struct links *links;
	int64_t written_s, use_s, busy_s; /* end of the minute told last */
	struct log_limit stuck;
};

/* --- the file --------------------------------------------------------------------- */

#define MAGIC "smokebox congestion 1\n"
#define MAGIC_LEN (sizeof MAGIC - 1)
/* Magic, u32 CRC-32 of what follows, lines, links. */
#define HEAD_LEN (MAGIC_LEN + 4)

static int
take(struct congestions *c, const uint8_t *file, size_t len, struct err *err)
{
	struct wire w;

	wire_init(&w, file, len);
	const uint8_t *magic = wire_bytes(&w, MAGIC_LEN);
	if (magic == NULL || memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		return err_set(err, "it does not begin as such a file does");
	uint32_t sum = wire_u32(&w);
	if (!wire_ok(&w) || crc32(0, file + HEAD_LEN, (uInt)(len - HEAD_LEN)) != sum)
		return err_set(err, "its checksum is another");
	lines_get(c->lines, &w);
	links_get(c->links, &w);
	if (!wire_ok(&w) || wire_left(&w) != 0)
		return err_set(
		    err, "its lines or links are none, at byte %zu", wire_offset(&w));
	return 0;
}

static void
complain(struct congestions *c, const char *what, const struct err *err)
{
	char text[sizeof err->text + 120];

	if (!log_allowed(&c->stuck, TELL_S, NULL))
		return;
	snprintf(
	    text, sizeof text, "what is known of congestion %s: %s", what, err->text);
	log_warnx("%s", text);
	c->ops->trouble(c->ctx, text);
}

static void
read_state(struct congestions *c)
{
	struct err err;
	void *file;
	ssize_t len = statefile_read(FILE_NAME, HEAD_LEN + STATE_MAX, &file, &err);

	if (len < 0 || (len > 0 && take(c, file, (size_t)len, &err) != 0))
		complain(c, "begins anew, " FILE_NAME " is not used", &err);
	free(file);
}

static void
write_state(struct congestions *c)
{
	uint8_t *file = mem_alloc(HEAD_LEN + STATE_MAX);
	struct pack head, p;
	struct err err;

	pack_init(&p, file + HEAD_LEN, STATE_MAX);
	lines_put(c->lines, &p);
	links_put(c->links, &p);
	pack_init(&head, file, HEAD_LEN);
	pack_bytes(&head, MAGIC, MAGIC_LEN);
	pack_u32(&head, (uint32_t)crc32(0, file + HEAD_LEN, (uInt)pack_len(&p)));
	if (!pack_ok(&p))
		log_warnx("what is known of congestion is more than its file may be");
	else if (statefile_write(FILE_NAME, file, HEAD_LEN + pack_len(&p), &err) != 0)
		complain(c, "cannot be kept", &err);
	free(file);
}

/* --- what comes ------------------------------------------------------------------- */

void
congestions_round(struct congestions *c, const struct round *r)
{
	links_round(c->links, r);
	lines_round(c->lines, r);
}

void
congestions_interface(struct congestions *c, const struct msg_interface *m)
{
	lines_interface(c->lines, m);
}

int
congestions_marks(struct congestions *c, struct msg_in *in)
{
	struct msg_marks m;

	if (msg_get_marks(in, &m) != 0)
		return -1;
	lines_marks(c->lines, &m.key, m.begin_s, m.of);
	return 0;
}

void
congestions_changed(struct congestions *c, const char *path, int64_t time)
{
	links_changed(c->links, path, time);
}

static void
tell_busy(struct congestions *c, int64_t now)
{
	struct lines_busy b;

	if (c->ops->busy == NULL || !lines_busy(c->lines, now, &b) ||
	    (b.time < c->busy_s + BUSY_S && b.time >= c->busy_s))
		return;
	c->busy_s = b.time;
	c->ops->busy(c->ctx, &b);
}

void
congestions_tick(struct congestions *c, int64_t now)
{
	lines_tick(c->lines, now);
	links_tick(c->links, now);
	tell_busy(c, now);
	if (now - c->use_s >= USE_S || now < c->use_s) {
		c->use_s = now;
		lines_beyond(c->lines, links_beyond(c->links));
		/* Its last minute is one to two minutes ago. */
		links_use(c->links, now - 60, lines_use(c->lines, now));
	}
	if (c->written_s == 0 || now < c->written_s)
		c->written_s = now;
	if (now - c->written_s >= EVERY_S) {
		c->written_s = now;
		write_state(c);
	}
}

void
congestions_tell(struct congestions *c)
{
	lines_tell(c->lines);
}

/* --- life ------------------------------------------------------------------------- */

static enum links_place
place(void *ctx, uint64_t target, bool *crosses)
{
	const struct congestions *c = ctx;

	return c->ops->place(c->ctx, target, crosses);
}

static int32_t
offset(void *ctx, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	(void)ctx;
	return localtime_r(&t, &tm) != NULL ? (int32_t)tm.tm_gmtoff : 0;
}

static void
tell(void *ctx, const struct msg_line *m)
{
	const struct congestions *c = ctx;

	c->ops->tell(c->ctx, m);
}

static unsigned
cut(void *ctx, const uint64_t *bad, size_t bads, const uint64_t *good, size_t goods,
    char hop[ADDR_TEXT])
{
	const struct congestions *c = ctx;

	return c->ops->cut != NULL ? c->ops->cut(c->ctx, bad, bads, good, goods, hop)
				   : 0;
}

void
congestions_configure(struct congestions *c, const struct conf *conf)
{
	lines_configure(c->lines, conf);
	links_configure(c->links, conf);
}

struct congestions *
congestions_new(struct conditions *cs, struct events *ev,
    const struct congestions_ops *ops, void *ctx, int64_t now)
{
	static const struct links_ops links_ops = { place, offset, cut };
	struct congestions *c = mem_zero(1, sizeof *c);

	c->ops = ops;
	c->ctx = ctx;
	c->lines = lines_new(cs, ev, tell, c, now);
	c->links = links_new(cs, ev, &links_ops, c, now);
	if (ops->own != NULL)
		lines_own(c->lines, ops->own, ctx);
	read_state(c);
	return c;
}

void
congestions_free(struct congestions *c)
{
	if (c == NULL)
		return;
	write_state(c);
	lines_free(c->lines);
	links_free(c->links);
	free(c);
}
