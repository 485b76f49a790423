#include "web/drawmarks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "web/eventlog.h"

#define ROWS 2000 /* looked at for one graph */
#define KEPT 64	  /* answers */

/* What is marked on graphs of one width. */
struct marks {
	int64_t start, end, slot;
	struct draw_mark *mark;
	unsigned count;
};

/* The answer for all that PATH and SLAVE have between two times. */
struct kept {
	char *path; /* NULL: free */
	char slave[sizeof((struct msg_draw *)NULL)->slave];
	struct marks marks;
	int64_t version; /* of events.db */
};
static struct kept kept[KEPT];
static unsigned turn;

/* --- reading ---------------------------------------------------------------------- */

static enum draw_tone
tone_of(const struct eventlog_row *row)
{
	if (strcmp(row->kind, "note") == 0)
		return TONE_NOTE;
	/* No fault of the line's: what was measured then is by our own doing. */
	if (strcmp(row->kind, "gap") == 0 || strcmp(row->kind, "loadtest") == 0)
		return TONE_GAP;
	return strcmp(row->kind, "congestion") == 0 ? TONE_WARN : TONE_BAD;
}

/* Make one of the two marks next to each other that lie closest, which may be another
 * one's neighbour then. Rows come from the newest to the oldest. */
static void
join_closest(struct marks *m)
{
	unsigned best = 1;

	for (unsigned i = 2; i < m->count; i++)
		if (m->mark[i - 1].begin - m->mark[i].end <
		    m->mark[best - 1].begin - m->mark[best].end)
			best = i;
	struct draw_mark *a = &m->mark[best - 1], *b = &m->mark[best];
	if (b->end > a->end)
		a->end = b->end;
	a->begin = b->begin;
	a->count += b->count;
	if (b->tone > a->tone) {
		a->tone = b->tone;
		memcpy(a->label, b->label, sizeof a->label);
	}
	memmove(b, b + 1, (m->count - best - 1) * sizeof *b);
	m->count--;
}

/* What the graph's legend says of ROW, as plot.js does: its kind first, where what was
 * summed up does not say it. */
static void
put_label(struct draw_mark *k, const struct eventlog_row *row)
{
	static const char *const plain[] = { "note", "gap", "alert", "loadtest",
		"loss" };
	bool says = false;

	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		says |= strcmp(row->kind, plain[i]) == 0;
	snprintf(k->label, sizeof k->label, "%s%s%s", says ? "" : row->kind,
	    says ? "" : ": ", row->summary);
}

static void
add_mark(void *ctx, const struct eventlog_row *row)
{
	struct marks *m = ctx;
	struct draw_mark k = { .begin = row->begin,
		.end = row->end != 0 ? row->end : m->end,
		.tone = (uint8_t)tone_of(row),
		.count = 1 };

	put_label(&k, row);
	if (k.begin < m->start)
		k.begin = m->start;
	if (k.end > m->end)
		k.end = m->end;
	if (k.begin > k.end)
		return;
	/* What falls into the same pixel is seen once. */
	if (m->count > 0) {
		struct draw_mark *last = &m->mark[m->count - 1];
		if (last->tone == k.tone && last->begin - k.end < m->slot) {
			last->begin = k.begin < last->begin ? k.begin : last->begin;
			last->end = k.end > last->end ? k.end : last->end;
			last->count++;
			return;
		}
	}
	if (m->count == DRAW_MARKS)
		join_closest(m);
	m->mark[m->count++] = k;
}

/* --- keeping ---------------------------------------------------------------------- */

static const struct kept *
find(const struct msg_draw *d, const char *path, int64_t slot, int64_t version)
{
	for (size_t i = 0; i < KEPT; i++) {
		const struct kept *k = &kept[i];
		if (k->path != NULL && k->version == version &&
		    k->marks.start == d->start && k->marks.end == d->end &&
		    k->marks.slot == slot && strcmp(k->path, path) == 0 &&
		    strcmp(k->slave, d->slave) == 0)
			return k;
	}
	return NULL;
}

/* In the place of what was kept longest ago. */
static void
keep(const struct msg_draw *d, const char *path, const struct marks *m, int64_t version)
{
	struct kept *k = &kept[turn++ % KEPT];
	size_t size = m->count * sizeof *m->mark;

	free(k->path);
	free(k->marks.mark);
	*k = (struct kept){ mem_str(path), "", *m, version };
	memcpy(k->slave, d->slave, sizeof k->slave);
	k->marks.mark = mem_alloc(size + 1);
	memcpy(k->marks.mark, m->mark, size);
}

void
drawmarks_put(struct msg_draw *d, const struct conf_target *t)
{
	struct marks m = { d->start, d->end, (d->end - d->start) / d->width, d->mark,
		0 };
	struct eventlog_query q = { .start = d->start,
		.end = d->end,
		.subject = t->path,
		.with_all = true,
		.slave = d->slave,
		.limit = ROWS };
	static struct log_limit limit;
	const struct kept *k;
	int64_t version;
	struct err err;
	bool known = eventlog_version(&version);

	if (known && (k = find(d, t->path, m.slot, version)) != NULL) {
		d->marks = (uint8_t)k->marks.count;
		memcpy(d->mark, k->marks.mark, k->marks.count * sizeof *d->mark);
		return;
	}
	int rows = eventlog_each(&q, add_mark, &m, &err);
	if (rows < 0 && log_allowed(&limit, 60, NULL))
		log_warnx("%s", err.text);
	d->marks = (uint8_t)m.count;
	if (known && rows >= 0)
		keep(d, t->path, &m, version);
}
