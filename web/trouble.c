#include "web/trouble.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/eventlog.h"

struct reading {
	struct trouble *t;
	int64_t start, end;
	size_t room[TROUBLES], began_room;
};

static void
add_span(struct reading *r, enum trouble_of of, int64_t begin, int64_t end)
{
	struct trouble *t = r->t;

	begin = begin < r->start ? r->start : begin;
	end = end > r->end ? r->end : end;
	if (end <= begin)
		return;
	if (t->count[of] == r->room[of]) {
		r->room[of] = r->room[of] * 2 + 64;
		t->span[of] = mem_grow(t->span[of], r->room[of], sizeof *t->span[of]);
	}
	t->span[of][t->count[of]++] = (struct trouble_span){ begin, end };
}

static void
on_row(void *ctx, const struct eventlog_row *row)
{
	static const char *const quiet[] = { "note", "loadtest", "backscatter" };
	struct reading *r = ctx;
	int64_t end = row->end != 0 ? row->end : r->end;

	for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++)
		if (strcmp(row->kind, quiet[i]) == 0)
			return;
	if (strcmp(row->kind, "gap") == 0) {
		add_span(r, TROUBLE_GAP, row->begin, end);
		return;
	}
	if (strcmp(row->kind, "loss") == 0)
		add_span(r, TROUBLE_DOWN, row->begin, end);
	add_span(r, TROUBLE_ANY, row->begin, end);
	if (row->begin < r->start)
		return;
	struct trouble *t = r->t;
	if (t->incidents == r->began_room) {
		r->began_room = r->began_room * 2 + 64;
		t->began = mem_grow(t->began, r->began_room, sizeof *t->began);
	}
	t->began[t->incidents++] = row->begin;
}

static int
by_begin(const void *a, const void *b)
{
	const struct trouble_span *x = a, *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* What overlaps or touches becomes one. */
static void
put_together(struct trouble_span *span, size_t *count)
{
	size_t n = 0;

	if (*count == 0)
		return;
	qsort(span, *count, sizeof *span, by_begin);
	for (size_t i = 1; i < *count; i++)
		if (span[i].begin > span[n].end)
			span[++n] = span[i];
		else if (span[i].end > span[n].end)
			span[n].end = span[i].end;
	*count = n + 1;
}

int
trouble_read(
    struct trouble *t, const char *subject, int64_t start, int64_t end, struct err *err)
{
	struct reading r = { .t = t, .start = start, .end = end };
	struct eventlog_query q = {
		.start = start, .end = end, .subject = subject, .limit = TROUBLE_ROWS
	};

	*t = (struct trouble){ .first = eventlog_first() };
	int rows = eventlog_each(&q, on_row, &r, err);
	if (rows >= 0 && subject != NULL) {
		/* What was not measured at all stands nowhere but with everything. */
		struct eventlog_query all = { .start = start,
			.end = end,
			.kind = "gap",
			.subject = subject,
			.with_all = true,
			.limit = TROUBLE_ROWS };
		rows = eventlog_each(&all, on_row, &r, err);
	}
	if (rows < 0) {
		trouble_free(t);
		return -1;
	}
	for (unsigned of = 0; of < TROUBLES; of++)
		put_together(t->span[of], &t->count[of]);
	if (t->incidents > 0)
		qsort(t->began, t->incidents, sizeof *t->began, by_time);
	return 0;
}

void
trouble_free(struct trouble *t)
{
	for (unsigned of = 0; of < TROUBLES; of++)
		free(t->span[of]);
	free(t->began);
	*t = (struct trouble){ 0 };
}

int64_t
trouble_within(const struct trouble *t, enum trouble_of of, int64_t from, int64_t to)
{
	int64_t sum = 0;
	size_t low = 0, high = t->count[of];

	/* The first that ends behind FROM. */
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (t->span[of][mid].end > from)
			high = mid;
		else
			low = mid + 1;
	}
	for (size_t i = low; i < t->count[of] && t->span[of][i].begin < to; i++) {
		const struct trouble_span *s = &t->span[of][i];
		int64_t a = s->begin > from ? s->begin : from,
			b = s->end < to ? s->end : to;
		sum += b > a ? b - a : 0;
	}
	return sum;
}

unsigned
trouble_began(const struct trouble *t, int64_t from, int64_t to)
{
	unsigned n = 0;

	for (size_t i = 0; i < t->incidents && t->began[i] < to; i++)
		n += t->began[i] >= from;
	return n;
}

bool
trouble_last(const struct trouble *t, enum trouble_of of, struct trouble_span *last)
{
	if (t->count[of] == 0)
		return false;
	*last = t->span[of][t->count[of] - 1];
	return true;
}

bool
trouble_known(const struct trouble *t, int64_t from, int64_t to)
{
	return t->first != 0 && to > t->first &&
	       trouble_within(t, TROUBLE_GAP, from, to) * 2 <= to - from;
}

unsigned
trouble_level(int64_t seconds)
{
	static const int64_t above[] = { 0, 300, 1800, 7200, 8 * 3600 };
	unsigned level = 0;

	while (level < sizeof above / sizeof above[0] && seconds > above[level])
		level++;
	return level;
}
