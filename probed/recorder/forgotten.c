#include "recorder/forgotten.h"

#include <stdlib.h>
#include <string.h>

#include "base/statefile.h"
#include "base/wire.h"
#include "minutetable.h"
#include "store.h"

#define FILE_NAME STORE_STATE "/forgotten"
#define MAGIC "smokebox forget 1\n"
#define MAGIC_LEN (sizeof MAGIC - 1)
#define ONE_LEN 26
#define FILE_MAX (MAGIC_LEN + 1 + FORGOTTEN_MAX * ONE_LEN)

static int
write_down(const struct forgotten *f, struct err *err)
{
	uint8_t file[FILE_MAX];
	struct pack p;

	pack_init(&p, file, sizeof file);
	pack_bytes(&p, MAGIC, MAGIC_LEN);
	pack_u8(&p, (uint8_t)f->count);
	for (unsigned i = 0; i < f->count; i++) {
		const struct forgotten_one *o = &f->one[i];

		pack_bytes(&p, o->prefix.bytes, sizeof o->prefix.bytes);
		pack_u8(&p, o->prefix.bits);
		pack_i64(&p, o->when);
		pack_u8(&p, o->pending);
	}
	return statefile_write(FILE_NAME, file, pack_len(&p), err);
}

static bool
get(struct forgotten *f, struct wire *w, size_t len)
{
	const uint8_t *magic = wire_bytes(w, MAGIC_LEN);

	if (magic == NULL || memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		return false;
	unsigned count = wire_u8(w);
	if (count > FORGOTTEN_MAX || len != MAGIC_LEN + 1 + (size_t)count * ONE_LEN)
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct forgotten_one *o = &f->one[i];

		memcpy(o->prefix.bytes, wire_bytes(w, sizeof o->prefix.bytes),
		    sizeof o->prefix.bytes);
		o->prefix.bits = wire_u8(w);
		o->when = wire_i64(w);
		unsigned pending = wire_u8(w);
		if (o->prefix.bits > 128 || o->when < 0 || pending > 1)
			return false;
		o->pending = pending == 1;
	}
	f->count = count;
	return wire_ok(w);
}

int
forgotten_read(struct forgotten *f, struct err *err)
{
	struct wire w;
	void *file;
	ssize_t len = statefile_read(FILE_NAME, FILE_MAX, &file, err);
	int status = len < 0 ? -1 : 0;

	memset(f, 0, sizeof *f);
	if (len > 0) {
		wire_init(&w, file, (size_t)len);
		if (!get(f, &w, (size_t)len)) {
			memset(f, 0, sizeof *f);
			status =
			    err_set(err, "expected a file of who is to be forgotten");
		}
	}
	free(file);
	return status;
}

static struct forgotten_one *
find(struct forgotten *f, const struct prefix *p)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->one[i].prefix.bits == p->bits &&
		    memcmp(f->one[i].prefix.bytes, p->bytes, sizeof p->bytes) == 0)
			return &f->one[i];
	return NULL;
}

/* True when some went. A clock that was set back keeps nobody for longer. */
static bool
drop_old(struct forgotten *f, int64_t now)
{
	unsigned kept = 0, before = f->count;

	for (unsigned i = 0; i < before; i++) {
		int64_t age = now - f->one[i].when;

		if (f->one[i].pending || (age < FORGOTTEN_S && age > -FORGOTTEN_S))
			f->one[kept++] = f->one[i];
	}
	f->count = kept;
	return kept < before;
}

int
forgotten_add(struct forgotten *f, const struct prefix *p, int64_t now, struct err *err)
{
	struct forgotten before = *f;
	struct forgotten_one *o;

	drop_old(f, now);
	o = find(f, p);
	if (o == NULL && f->count == FORGOTTEN_MAX) {
		*f = before;
		return err_set(err,
		    "%u others were forgotten within the last hour, try again later, "
		    "or a prefix that holds them",
		    FORGOTTEN_MAX);
	}
	if (o == NULL)
		o = &f->one[f->count++];
	*o = (struct forgotten_one){ *p, now, true };
	if (write_down(f, err) == 0)
		return 0;
	*f = before;
	return -1;
}

const struct prefix *
forgotten_pending(const struct forgotten *f)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->one[i].pending)
			return &f->one[i].prefix;
	return NULL;
}

int
forgotten_done(struct forgotten *f, const struct prefix *p, struct err *err)
{
	struct forgotten_one *o = find(f, p);

	if (o == NULL || !o->pending)
		return 0;
	o->pending = false;
	return write_down(f, err);
}

int
forgotten_age(struct forgotten *f, int64_t now, struct err *err)
{
	return drop_old(f, now) ? write_down(f, err) : 0;
}

void
forgotten_leave_out(const struct forgotten *f, struct minute_part *part,
    struct minute_row *row, struct minute_sum *gone)
{
	for (unsigned i = 0; i < f->count; i++)
		if (part->begin_s <= f->one[i].when)
			part->rows = (uint16_t)minute_forget(
			    &f->one[i].prefix, part->by, row, NULL, part->rows, gone);
}
