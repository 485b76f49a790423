#include "collector/samples.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/mem.h"
#include "collector/gather.h"

#define ROOM_FIRST 8
#define SILENT_S 3600
/* A greater gap is no loss but a restart; one backwards of less is a late sample. */
#define GAP_MOST 10000
#define LATE_MOST 1000

struct samples_source {
	struct samples_step last; /* RATE 0: none yet */
	uint32_t heard_s;
	/* Since the window began. */
	uint64_t taken, dropped, passed;
	uint32_t rate; /* by the last window's pool; 0: as it is told */
};

/* --- the table -------------------------------------------------------------------- */

struct samples *
samples_new(void)
{
	struct samples *s = mem_zero(1, sizeof *s);

	if (getrandom(&s->secret, sizeof s->secret, 0) != sizeof s->secret)
		fatalx("no random numbers");
	return s;
}

void
samples_free(struct samples *s)
{
	if (s == NULL)
		return;
	free(s->source);
	free(s->slot);
	free(s);
}

/* The slot of the source of STEP, or the empty one where it would be: of slots there
 * are twice as many as of sources. */
static unsigned
find(const struct samples *s, const struct samples_step *step)
{
	uint64_t word = (uint64_t)step->type << 32 | step->source;
	unsigned mask = 2 * s->room - 1;
	unsigned at = (unsigned)gather_hash(&word, 1, s->secret) & mask;

	for (; s->slot[at] != 0; at = (at + 1) & mask) {
		const struct samples_step *last = &s->source[s->slot[at] - 1].last;

		if (last->source == step->source && last->type == step->type)
			break;
	}
	return at;
}

static void
place_all(struct samples *s)
{
	memset(s->slot, 0, 2 * s->room * sizeof *s->slot);
	for (unsigned i = 0; i < s->count; i++)
		s->slot[find(s, &s->source[i].last)] = (uint16_t)(i + 1);
}

static void
grow(struct samples *s)
{
	s->room = s->room == 0 ? ROOM_FIRST : 2 * s->room;
	s->source = mem_grow(s->source, s->room, sizeof *s->source);
	s->slot = mem_grow(s->slot, 2 * s->room, sizeof *s->slot);
	place_all(s);
}

/* Our clock may have been set meanwhile. */
static bool
is_silent(const struct samples_source *s, int64_t now_s)
{
	return llabs(now_s - s->heard_s) >= SILENT_S;
}

/* Have a source go that is silent. It is looked for once in a second: who makes up
 * sources does not have us look through all of them each time. */
static bool
make_room(struct samples *s, int64_t now_s)
{
	unsigned i = 0;

	if (s->looked_s == now_s)
		return false;
	s->looked_s = now_s;
	while (i < s->count && !is_silent(&s->source[i], now_s))
		i++;
	if (i == s->count)
		return false;
	s->source[i] = s->source[--s->count];
	place_all(s);
	return true;
}

/* That of STEP, a new one perhaps; NULL: there is no room for it. */
static struct samples_source *
source_of(
    struct samples *s, const struct samples_step *step, unsigned most, int64_t now_s)
{
	unsigned at = 0;

	if (s->room != 0) {
		at = find(s, step);
		if (s->slot[at] != 0)
			return &s->source[s->slot[at] - 1];
	}
	if (s->count >= most && !make_room(s, now_s))
		return NULL;
	if (s->count == s->room)
		grow(s);
	at = find(s, step);
	s->slot[at] = (uint16_t)(s->count + 1);
	struct samples_source *new = &s->source[s->count++];
	*new = (struct samples_source){ .last = { .type = step->type,
					    .source = step->source } };
	return new;
}

/* --- what samples say ------------------------------------------------------------- */

static uint32_t
by_pool(const struct samples_source *s, uint32_t told)
{
	double taken = (double)s->taken;
	double rate = (double)s->passed / taken;
	double meant = told * (1 + (double)s->dropped / taken);

	if (s->dropped == 0 || rate <= told || rate < meant / 2 || rate > meant * 2 ||
	    rate >= UINT32_MAX)
		return 0;
	return (uint32_t)(rate + 0.5);
}

static uint32_t
rate_of(const struct samples_source *s)
{
	return s->rate != 0 ? s->rate : s->last.rate;
}

static void
begin(struct samples_source *s, const struct samples_step *step)
{
	*s = (struct samples_source){ .last = *step, .heard_s = s->heard_s };
}

uint32_t
samples_add(
    struct samples *all, const struct samples_step *step, unsigned most, int64_t now_ms)
{
	struct samples_source *s = source_of(all, step, most, now_ms / 1000);

	if (s == NULL) {
		all->untracked++;
		return step->rate;
	}
	s->heard_s = (uint32_t)(now_ms / 1000);
	uint32_t gap = step->number - s->last.number;
	uint32_t dropped = step->drops - s->last.drops;
	if (s->last.rate != step->rate) { /* the first one, too */
		begin(s, step);
		return step->rate;
	}
	if (gap == 0 || gap > UINT32_MAX - LATE_MOST) {
		/* One that comes late was not lost. */
		if (gap != 0 && all->lost > 0)
			all->lost--;
		return rate_of(s);
	}
	if (gap > GAP_MOST || dropped > UINT32_MAX / 2) {
		begin(s, step);
		return step->rate;
	}
	all->taken += gap;
	all->lost += gap - 1;
	all->dropped += dropped;
	s->taken += gap;
	s->dropped += dropped;
	s->passed += (uint32_t)(step->pool - s->last.pool);
	s->last = *step;
	if (s->taken >= SAMPLES_WINDOW) {
		s->rate = by_pool(s, step->rate);
		s->taken = s->dropped = s->passed = 0;
	}
	return rate_of(s);
}
