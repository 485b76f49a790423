#include "web/talkers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "web/exporters.h"
#include "web/livetraffic.h"

/* What is longer is drawn by the hour. */
#define FINE_S (36 * 3600)
/* Minutes of which is known whether the ring has them: those that may be in memory,
 * too. */
#define SEEN 64
/* A minute grows for less. */
#define GROWS_S (8 * MINUTE_S)

/* A minute or hour of a table was given by the ring. */
struct seen {
	int64_t minute[MINUTE_BYS][SEEN]; /* begin of minute M at M % SEEN */
};

static void
note_seen(struct seen *s, const struct minutetable *t)
{
	int64_t first = t->begin_s / MINUTE_S;

	if (t->minutes == 0)
		s->minute[t->by][first % SEEN] = t->begin_s;
	for (unsigned k = 0; k < 60 && t->minutes != 0; k++)
		if (t->minutes >> k & 1)
			s->minute[t->by][(first + k) % SEEN] =
			    t->begin_s + k * MINUTE_S;
}

static bool
is_seen(const struct seen *s, enum minute_by by, int64_t begin)
{
	return s->minute[by][begin / MINUTE_S % SEEN] == begin;
}

/* Is what memory has of a minute in the ring, too? Not what grows still: then the ring
 * has the half that was told before the collector was started again. One that is not
 * final though it is long over lost its end on the way here. */
static bool
is_known(const struct seen *s, enum minute_by by, int64_t begin, bool final, int64_t now)
{
	return is_seen(s, by, begin) && (final || now - begin > GROWS_S);
}

/* How much of a table's time is over at NOW. */
static int64_t
seconds_of(const struct minutetable *t, int64_t now)
{
	if (t->minutes != 0)
		return __builtin_popcountll(t->minutes) * MINUTE_S;
	if (now - t->begin_s >= MINUTE_S || now < t->begin_s)
		return MINUTE_S;
	return now - t->begin_s;
}

/* --- summing up ------------------------------------------------------------------- */

struct asking {
	struct talkers *t;
	int64_t now;
	int64_t minute; /* the one whose total came last: two halves are one minute */
	struct seen seen;
};

static int
take(void *ctx, const struct minutetable *t)
{
	struct asking *a = ctx;
	struct talkers *all = a->t;
	int64_t end = t->begin_s + (t->minutes != 0 ? MINUTERING_HOUR : MINUTE_S);

	if (t->by == MINUTE_TOTAL) {
		bool again = is_seen(&a->seen, MINUTE_TOTAL, t->begin_s);
		if (!again)
			all->covered_s += seconds_of(t, a->now);
		for (size_t i = 0; i < t->rows; i++)
			minute_add(&all->total, &t->row[i].sum);
		minute_add(&all->total, &t->rest);
	}
	note_seen(&a->seen, t);
	if (t->begin_s < all->start)
		all->start = t->begin_s;
	if (end > all->end)
		all->end = end;
	all->growing |= !t->final;
	if (all->list[t->by] != NULL)
		toplist_add(all->list[t->by], t);
	return 0;
}

static bool
skip(void *ctx, enum minute_by by, int64_t begin, bool final)
{
	const struct asking *a = ctx;

	return is_known(&a->seen, by, begin, final, a->now);
}

void
talkers_ask(struct talkers *t, unsigned tables, int64_t start, int64_t end, int64_t now)
{
	struct asking a = { .t = t, .now = now };

	memset(t, 0, sizeof *t);
	/* Of what is to come nothing is known. */
	if (end > now + MINUTE_S)
		end = now + MINUTE_S;
	if (start > end)
		start = end;
	t->tables = tables;
	t->start = start - start % MINUTE_S;
	t->end = (end + MINUTE_S - 1) / MINUTE_S * MINUTE_S;
	for (unsigned by = 0; by < MINUTE_BYS; by++)
		if (tables >> by & 1)
			t->list[by] = toplist_new((enum minute_by)by);
	tables |= 1U << MINUTE_TOTAL;
	start = t->start;
	end = t->end;
	minutering_read(tables, start, end, false, take, &a, &t->damage);
	livetraffic_each(tables, start, end, skip, take, &a);
	t->until = t->end < now ? t->end : now;
}

void
talkers_free(struct talkers *t)
{
	for (unsigned by = 0; by < MINUTE_BYS; by++) {
		toplist_free(t->list[by]);
		t->list[by] = NULL;
	}
}

double
talkers_coverage(const struct talkers *t)
{
	double share = (double)t->covered_s / (double)(t->until - t->start);

	if (t->until <= t->start)
		return NAN;
	return share > 1 ? 1 : share;
}

double
talkers_octets_interval(const struct minute_sum *sum)
{
	return TALKERS_SIGMAS * sqrt(sum->octets_var);
}

double
talkers_packets_interval(const struct minute_sum *sum)
{
	return TALKERS_SIGMAS * sqrt(sum->packets_var);
}

static bool
skip_none(void *ctx, enum minute_by by, int64_t begin, bool final)
{
	(void)ctx, (void)by, (void)begin, (void)final;
	return false;
}

static int
note_any(void *ctx, const struct minutetable *t)
{
	bool *any = ctx;

	(void)t;
	*any = true;
	return 1;
}

bool
talkers_known(void)
{
	static bool known; /* what was there once is of interest from then on */
	size_t count;

	if (known)
		return true;
	exporters_list(&count);
	known = count > 0;
	if (!known)
		livetraffic_each(
		    1U << MINUTE_TOTAL, 0, INT64_MAX, skip_none, note_any, &known);
	if (!known) {
		free(minutering_list(&count));
		known = count > 0;
	}
	return known;
}

/* --- the course of time ----------------------------------------------------------- */

struct following {
	struct talkers_course *c;
	const struct minute_key *key;
	unsigned count;
	enum minute_by by;
	int64_t now;
	struct seen seen;
};

/* Half of what goes neither in nor out is drawn on either side? No: it is no use of the
 * line, and not drawn. */
static int
follow(void *ctx, const struct minutetable *t)
{
	struct following *f = ctx;
	int64_t at = (t->begin_s - f->c->start) / f->c->step;
	bool again = is_seen(&f->seen, t->by, t->begin_s);

	note_seen(&f->seen, t);
	if (t->begin_s < f->c->start || at >= f->c->slots)
		return 0;
	struct talkers_slot *slot = &f->c->slot[at];
	for (size_t i = 0; i < t->rows; i++) {
		const struct minute_row *row = &t->row[i];
		if (t->by == MINUTE_TOTAL) {
			slot->all[0] += row->sum.octets[MINUTE_IN];
			slot->all[1] += row->sum.octets[MINUTE_OUT];
			continue;
		}
		for (unsigned k = 0; k < f->count; k++)
			if (minute_key_compare(&f->key[k], &row->key) == 0) {
				slot->key[k][0] += row->sum.octets[MINUTE_IN];
				slot->key[k][1] += row->sum.octets[MINUTE_OUT];
			}
	}
	if (t->by == MINUTE_TOTAL) {
		slot->known = true;
		slot->seconds += again ? 0 : (double)seconds_of(t, f->now);
	}
	return 0;
}

static bool
skip_followed(void *ctx, enum minute_by by, int64_t begin, bool final)
{
	const struct following *f = ctx;

	return is_known(&f->seen, by, begin, final, f->now);
}

void
talkers_course(struct talkers_course *c, enum minute_by by,
    const struct minute_key *key, unsigned count, int64_t start, int64_t end,
    int64_t now)
{
	static const int64_t steps[] = { 60, 120, 300, 600, 900, 1800, 3600, 7200,
		10800, 21600, 43200, 86400, 7 * 86400, 30 * 86400, 366 * 86400 };
	struct following f = { c, key, count, by, now, { { { 0 } } } };
	struct minutering_damage damage;
	bool fine = end - start <= FINE_S;
	unsigned tables = 1U << MINUTE_TOTAL | (count > 0 ? 1U << by : 0);
	unsigned i = fine ? 0 : 6;

	memset(c, 0, sizeof *c);
	while (i + 1 < sizeof steps / sizeof steps[0] &&
	       (end - start) / steps[i] + 2 > TALKERS_SLOTS)
		i++;
	c->step = steps[i];
	c->start = start - start % c->step;
	c->slots = (unsigned)((end - c->start + c->step - 1) / c->step);
	if (c->slots > TALKERS_SLOTS)
		c->slots = TALKERS_SLOTS;
	end = c->start + c->slots * c->step;
	minutering_read(tables, c->start, end, fine, follow, &f, &damage);
	livetraffic_each(tables, c->start, end, skip_followed, follow, &f);
}
