#include "web/livetraffic.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/msgminute.h"

/* Minutes are final after a few of them; a disk that is full may be emptied meanwhile.
 */
#define MINUTES 30
#define BYTES_MAX (8UL * 1024 * 1024)

/* A table, packed. */
struct table {
	int64_t begin_s; /* 0: none */
	bool final;
	uint8_t *data;
	size_t len;
};

static struct {
	struct table table[MINUTES][MINUTE_BYS]; /* of minute M at M % MINUTES */
	size_t bytes;
	uint64_t version;
	struct minuteparts parts;
	struct minute_row row[MSG_MINUTE_ROWS];
} live;

static void
drop(struct table *t)
{
	live.bytes -= t->len;
	free(t->data);
	memset(t, 0, sizeof *t);
}

/* Drop the oldest minute. */
static void
drop_oldest(void)
{
	struct table *oldest = NULL;

	for (unsigned i = 0; i < MINUTES * MINUTE_BYS; i++) {
		struct table *t = &live.table[i / MINUTE_BYS][i % MINUTE_BYS];
		if (t->data != NULL && (oldest == NULL || t->begin_s < oldest->begin_s))
			oldest = t;
	}
	if (oldest != NULL)
		drop(oldest);
}

static void
keep(const struct minutetable *whole)
{
	struct table *t = &live.table[whole->begin_s / MINUTE_S % MINUTES][whole->by];
	size_t len;
	uint8_t *data = minutetable_write(whole, &len);

	/* Of a minute that is older than what is kept of its place nothing is wanted,
	 * unless the clock was set back. */
	if (data == NULL || (t->begin_s > whole->begin_s &&
				t->begin_s - whole->begin_s < MINUTES * MINUTE_S * 2)) {
		free(data);
		return;
	}
	drop(t);
	*t = (struct table){ whole->begin_s, whole->final, data, len };
	live.bytes += len;
	live.version++;
	while (live.bytes > BYTES_MAX)
		drop_oldest();
}

int
livetraffic_message(struct msg_in *in)
{
	struct minute_part part;

	if (msg_get_minute(in, &part, live.row) < 0)
		return -1;
	if (minuteparts_take(&live.parts, &part, live.row))
		keep(&live.parts.table);
	return 0;
}

uint64_t
livetraffic_version(void)
{
	return live.version;
}

void
livetraffic_each(unsigned tables, int64_t start, int64_t end,
    bool (*skip)(void *ctx, enum minute_by by, int64_t begin, bool final),
    minutering_fn each, void *ctx)
{
	struct minutetable whole;

	for (unsigned i = 0; i < MINUTES; i++)
		for (unsigned by = 0; by < MINUTE_BYS; by++) {
			const struct table *t = &live.table[i][by];
			if ((tables >> by & 1) == 0 || t->data == NULL ||
			    t->begin_s < start || t->begin_s >= end ||
			    skip(ctx, (enum minute_by)by, t->begin_s, t->final) ||
			    minutetable_read(t->data, t->len, &whole) < 0)
				continue;
			each(ctx, &whole);
			minutetable_free(&whole);
		}
}

void
livetraffic_forget(const struct prefix *p)
{
	struct minutetable whole;

	for (unsigned i = 0; i < MINUTES * MINUTE_BYS; i++) {
		struct table *t = &live.table[i / MINUTE_BYS][i % MINUTE_BYS];
		struct minute_sum gone = { 0 };
		if (t->data == NULL || minutetable_read(t->data, t->len, &whole) < 0)
			continue;
		size_t kept =
		    minute_forget(p, whole.by, whole.row, NULL, whole.rows, &gone);
		if (kept < whole.rows) {
			whole.rows = kept;
			minute_add(&whole.rest, &gone);
			whole.forgotten += minute_octets(&gone);
			drop(t);
			keep(&whole);
		}
		minutetable_free(&whole);
	}
	minuteparts_free(&live.parts);
}

void
livetraffic_free(void)
{
	for (unsigned i = 0; i < MINUTES * MINUTE_BYS; i++)
		drop(&live.table[i / MINUTE_BYS][i % MINUTE_BYS]);
	minuteparts_free(&live.parts);
}
