#include "web/diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define AROUND 3	  /* lines that are the same, shown beside others */
#define CELLS (4UL << 20) /* of the table of what is common */

struct span {
	const char *s;
	size_t len;
};

struct side {
	struct span *line;
	size_t count;
};

struct rows {
	struct diff_row *row;
	size_t count, room;
};

static struct side
split(const char *text)
{
	size_t room = 64;
	struct side side = { .line = mem_grow(NULL, room, sizeof *side.line) };

	while (*text != '\0') {
		size_t len = strcspn(text, "\n"), shown = len;

		if (side.count == room)
			side.line =
			    mem_grow(side.line, room = room * 2, sizeof *side.line);
		while (shown > 0 && text[shown - 1] == '\r')
			shown--;
		side.line[side.count++] = (struct span){ text, shown };
		text += len + (text[len] == '\n');
	}
	return side;
}

static bool
same(const struct span *a, const struct span *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

static void
add(struct rows *r, enum diff_kind kind, size_t before, size_t after,
    const struct span *line)
{
	if (r->count == r->room)
		r->row = mem_grow(r->row, r->room = r->room * 2 + 64, sizeof *r->row);
	r->row[r->count++] =
	    (struct diff_row){ kind, kind == DIFF_NEW ? 0 : (unsigned)before + 1,
		    kind == DIFF_GONE ? 0 : (unsigned)after + 1, line->s, line->len };
}

/* The lines from FIRST on, A of one side and B of the other, where nothing at the ends
 * is common. */
static void
middle(struct rows *r, const struct side *x, const struct side *y, size_t first,
    size_t a, size_t b)
{
	const struct span *p = x->line + first, *q = y->line + first;
	uint16_t *common = NULL; /* lines from here on that both have */
	size_t i = 0, k = 0, wide = b + 1;

	if (a > 0 && b > 0 && a < UINT16_MAX && b < UINT16_MAX &&
	    (a + 1) * wide <= CELLS)
		common = mem_zero((a + 1) * wide, sizeof *common);
	for (size_t n = a; common != NULL && n-- > 0;)
		for (size_t m = b; m-- > 0;) {
			uint16_t down = common[(n + 1) * wide + m],
				 right = common[n * wide + m + 1];

			common[n * wide + m] = same(&p[n], &q[m])
						   ? common[(n + 1) * wide + m + 1] + 1
					       : down > right ? down
							      : right;
		}
	while (i < a || k < b) {
		if (common != NULL && i < a && k < b && same(&p[i], &q[k])) {
			add(r, DIFF_SAME, first + i, first + k, &p[i]);
			i++;
			k++;
		} else if (i < a && (common == NULL || k == b ||
					common[(i + 1) * wide + k] >=
					    common[i * wide + k + 1])) {
			add(r, DIFF_GONE, first + i, 0, &p[i]);
			i++;
		} else {
			add(r, DIFF_NEW, 0, first + k, &q[k]);
			k++;
		}
	}
	free(common);
}

/* Is row AT near enough to one that is different? */
static bool
near(const struct rows *r, size_t at)
{
	size_t from = at > AROUND ? at - AROUND : 0;

	for (size_t i = from; i <= at + AROUND && i < r->count; i++)
		if (r->row[i].kind != DIFF_SAME)
			return true;
	return false;
}

/* Leave out what is far from any difference. */
static size_t
condense(struct rows *all, struct diff_row **rows)
{
	struct rows kept = { 0 };

	for (size_t i = 0; i < all->count; i++) {
		const struct diff_row *row = &all->row[i];
		const struct span none = { "", 0 };

		if (near(all, i)) {
			add(&kept, row->kind, row->before - 1, row->after - 1,
			    &(struct span){ row->text, row->len });
		} else if (kept.count == 0 ||
			   kept.row[kept.count - 1].kind != DIFF_GAP) {
			add(&kept, DIFF_GAP, row->before - 1, row->after - 1, &none);
		}
	}
	free(all->row);
	*rows = kept.row;
	return kept.count;
}

size_t
diff_rows(const char *before, const char *after, struct diff_row **rows)
{
	struct side x = split(before), y = split(after);
	struct rows all = { 0 };
	size_t head = 0, tail = 0, count = 0;

	while (head < x.count && head < y.count && same(&x.line[head], &y.line[head]))
		head++;
	while (tail < x.count - head && tail < y.count - head &&
	       same(&x.line[x.count - 1 - tail], &y.line[y.count - 1 - tail]))
		tail++;
	*rows = NULL;
	if (head < x.count || head < y.count) {
		for (size_t i = 0; i < head; i++)
			add(&all, DIFF_SAME, i, i, &x.line[i]);
		middle(
		    &all, &x, &y, head, x.count - head - tail, y.count - head - tail);
		for (size_t i = 0; i < tail; i++)
			add(&all, DIFF_SAME, x.count - tail + i, y.count - tail + i,
			    &x.line[x.count - tail + i]);
		count = condense(&all, rows);
	}
	free(x.line);
	free(y.line);
	return count;
}
