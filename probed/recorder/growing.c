#include "recorder/growing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/msgminute.h"

/* More than are open at once. */
#define MINUTES 16

struct growing {
	struct minutetable table[MINUTES][MINUTE_BYS]; /* of minute M at M % MINUTES;
							  begin_s 0: none */
	struct minuteparts parts;
};

struct growing *
growing_new(void)
{
	return mem_zero(1, sizeof(struct growing));
}

static void
drop(struct minutetable *t)
{
	minutetable_free(t);
	memset(t, 0, sizeof *t);
}

void
growing_free(struct growing *g)
{
	if (g == NULL)
		return;
	for (unsigned i = 0; i < MINUTES * MINUTE_BYS; i++)
		drop(&g->table[i / MINUTE_BYS][i % MINUTE_BYS]);
	minuteparts_free(&g->parts);
	free(g);
}

/* Minutes end in their order: what did not end before the one at BEGIN_S, such as a
 * table that nobody is to keep any more, never will. */
static void
drop_older(struct growing *g, int64_t begin_s)
{
	for (unsigned i = 0; i < MINUTES * MINUTE_BYS; i++) {
		struct minutetable *t = &g->table[i / MINUTE_BYS][i % MINUTE_BYS];

		if (t->begin_s != 0 && t->begin_s < begin_s)
			drop(t);
	}
}

void
growing_take(
    struct growing *g, const struct minute_part *part, const struct minute_row *row)
{
	struct minutetable *t;

	if (part->begin_s <= 0 || !minuteparts_take(&g->parts, part, row))
		return;
	t = &g->table[part->begin_s / MINUTE_S % MINUTES][part->by];
	if (part->final) {
		if (t->begin_s == part->begin_s)
			drop(t);
		drop_older(g, part->begin_s);
		return;
	}
	drop(t);
	*t = g->parts.table;
	t->row = mem_alloc((t->rows + 1) * sizeof *t->row);
	if (t->rows > 0)
		memcpy(t->row, g->parts.table.row, t->rows * sizeof *t->row);
}

uint64_t
growing_forget(struct growing *g, const struct prefix *p)
{
	uint64_t rows = 0;

	for (unsigned i = 0; i < MINUTES * MINUTE_BYS; i++) {
		struct minutetable *t = &g->table[i / MINUTE_BYS][i % MINUTE_BYS];
		struct minute_sum gone = { 0 };
		size_t before = t->rows;

		if (t->begin_s == 0)
			continue;
		t->rows = minute_forget(p, t->by, t->row, NULL, t->rows, &gone);
		minute_add(&t->rest, &gone);
		t->forgotten += minute_octets(&gone);
		rows += before - t->rows;
	}
	return rows;
}

static void
give(const struct minutetable *t,
    void (*each)(
	void *ctx, const struct minute_part *part, const struct minute_row *row),
    void *ctx)
{
	size_t parts = (t->rows + MSG_MINUTE_ROWS - 1) / MSG_MINUTE_ROWS, done = 0;
	struct minute_part part = { .begin_s = t->begin_s,
		.final = true,
		.by = t->by,
		.parts = (uint16_t)(parts == 0 ? 1 : parts),
		.rest = t->rest,
		.forgotten = t->forgotten,
		.rest_rows = t->rest_rows };

	for (; part.part < part.parts; part.part++) {
		size_t rows = t->rows - done;

		if (rows > MSG_MINUTE_ROWS)
			rows = MSG_MINUTE_ROWS;
		part.rows = (uint16_t)rows;
		each(ctx, &part, t->row + done);
		done += rows;
	}
}

/* A minute that has a table; NULL: none is left. */
static struct minutetable *
oldest(struct growing *g)
{
	struct minutetable *old = NULL;

	for (unsigned i = 0; i < MINUTES * MINUTE_BYS; i++) {
		struct minutetable *t = &g->table[i / MINUTE_BYS][i % MINUTE_BYS];

		if (t->begin_s != 0 && (old == NULL || t->begin_s < old->begin_s))
			old = t;
	}
	return old;
}

void
growing_end(struct growing *g,
    void (*each)(
	void *ctx, const struct minute_part *part, const struct minute_row *row),
    void *ctx)
{
	struct minutetable *t;

	while ((t = oldest(g)) != NULL) {
		give(t, each, ctx);
		drop(t);
	}
	minuteparts_free(&g->parts);
}
