#include "collector/wificount.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MINUTE_MS 60000
/* More than that between two samples has not passed: the counter began anew. */
#define STEP_MAX (1U << 31)

struct radio {
	bool used, seen; /* by the samples of this turn */
	struct wifi is;	 /* its span is what is told */
	bool begun;	 /* LAST is a sample to go on from, of LAST_MS */
	struct nl80211_station last;
	int64_t last_ms;
	bool was_linked; /* ever: the first access point is no change */
	uint8_t bssid[6];
	/* The minute that is being filled. */
	int64_t minute; /* since the epoch; -1: none yet */
	struct wifi_span open;
	unsigned levels[WIFI_LEVELS]; /* samples in each mean */
	unsigned samples;
};

struct wificount {
	void (*emit)(void *ctx, const struct wifi *w);
	void *ctx;
	struct radio radio[WIFI_MAX];
};

struct wificount *
wificount_new(void (*emit)(void *ctx, const struct wifi *w), void *ctx)
{
	struct wificount *t = mem_zero(1, sizeof *t);

	t->emit = emit;
	t->ctx = ctx;
	return t;
}

void
wificount_free(struct wificount *t)
{
	free(t);
}

/* --- minutes ---------------------------------------------------------------------- */

/* The minute is over: tell of it, unless nothing is known of it. */
static void
close_minute(struct wificount *t, struct radio *r)
{
	struct wifi w = r->is;

	if (r->minute < 0 || r->samples == 0)
		return;
	w.span = r->open;
	if (w.span.known_ms > MINUTE_MS) /* a clock was set back within it */
		w.span.known_ms = MINUTE_MS;
	for (unsigned i = 0; i < WIFI_LEVELS; i++)
		w.span.level[i] =
		    r->levels[i] > 0 ? r->open.level[i] / r->levels[i] : NAN;
	for (unsigned i = 0; i < WIFI_JOINS && w.span.known_ms == 0; i++)
		w.span.count[i] = NAN;
	t->emit(t->ctx, &w);
}

static void
enter_minute(struct wificount *t, struct radio *r, int64_t minute)
{
	if (minute == r->minute)
		return;
	close_minute(t, r);
	r->minute = minute;
	r->open = (struct wifi_span){ .minute = true, .begin_ms = minute * MINUTE_MS };
	memset(r->levels, 0, sizeof r->levels);
	r->samples = 0;
}

/* Spread COUNT, which passed from FROM to TO, over the minutes in between. */
static void
spread(struct wificount *t, struct radio *r, int64_t from, int64_t to,
    const double count[WIFI_COUNTS])
{
	for (int64_t at = from; at < to;) {
		int64_t minute = at / MINUTE_MS, end = (minute + 1) * MINUTE_MS;

		end = end < to ? end : to;
		enter_minute(t, r, minute);
		for (unsigned i = 0; i < WIFI_JOINS; i++)
			r->open.count[i] +=
			    count[i] * (double)(end - at) / (double)(to - from);
		r->open.known_ms += (uint32_t)(end - at);
		r->samples++;
		at = end;
	}
}

/* --- samples ---------------------------------------------------------------------- */

static struct radio *
radio_of(struct wificount *t, const struct nl80211_interface *i)
{
	struct radio *room = NULL;

	for (unsigned k = 0; k < WIFI_MAX; k++) {
		struct radio *r = &t->radio[k];

		if (r->used && strcmp(r->is.name, i->name) == 0) {
			/* One that went and came back counts from nothing. */
			if (r->is.index != i->index)
				r->begun = false;
			return r;
		}
		if (!r->used && room == NULL)
			room = r;
	}
	if (room == NULL)
		return NULL;
	*room = (struct radio){ .used = true, .minute = -1 };
	memcpy(room->is.name, i->name, sizeof room->is.name);
	return room;
}

/* Has R, linked with S, joined it since the last sample? */
static bool
joined(const struct radio *r, const struct nl80211_station *s)
{
	return !r->is.linked || memcmp(r->bssid, s->bssid, sizeof r->bssid) != 0 ||
	       (r->begun && s->connected_s >= 0 &&
		   s->connected_s < r->last.connected_s);
}

/* What passed since the last sample; false when that cannot be known. */
static bool
differences(const struct radio *r, const struct nl80211_station *s, int64_t now_ms,
    double count[WIFI_COUNTS])
{
	double passed[NL80211_COUNTERS];

	if (!r->begun || now_ms <= r->last_ms || now_ms - r->last_ms > WIFICOUNT_GAP_MS)
		return false;
	for (unsigned i = 0; i < NL80211_COUNTERS; i++) {
		uint32_t step = (uint32_t)s->count[i] - (uint32_t)r->last.count[i];

		passed[i] = NAN;
		if (s->count[i] < 0 || r->last.count[i] < 0)
			continue;
		if (step >= STEP_MAX)
			return false;
		passed[i] = step;
	}
	memcpy(count, passed, sizeof passed);
	return true;
}

static void
add_levels(struct radio *r, const double level[WIFI_LEVELS])
{
	for (unsigned i = 0; i < WIFI_LEVELS; i++)
		if (!isnan(level[i])) {
			r->open.level[i] += level[i];
			r->levels[i]++;
		}
	r->samples++;
}

static void
take_linked(struct wificount *t, struct radio *r, const struct nl80211_interface *i,
    const struct nl80211_station *s, int64_t now_ms)
{
	_Static_assert((int)NL80211_FRAMES == WIFI_FRAMES &&
			   (int)NL80211_RETRIES == WIFI_RETRIES &&
			   (int)NL80211_FAILED == WIFI_FAILED,
	    "the same order");
	struct wifi_span *span = &r->is.span;
	bool anew = joined(r, s);

	if (anew)
		r->begun = false;
	if (differences(r, s, now_ms, span->count)) {
		span->begin_ms = r->last_ms;
		span->known_ms = (uint32_t)(now_ms - r->last_ms);
		spread(t, r, r->last_ms, now_ms, span->count);
	}
	/* To be linked where it was not seen before is no change. */
	if (anew && r->was_linked)
		span->count[WIFI_JOINS] = 1;
	memcpy(span->level, s->level, sizeof span->level);
	span->level[WIFI_FREQUENCY] = i->frequency > 0 ? i->frequency : NAN;
	enter_minute(t, r, now_ms / MINUTE_MS);
	add_levels(r, span->level);
	r->open.count[WIFI_JOINS] += span->count[WIFI_JOINS];
	r->last = *s;
	r->last_ms = now_ms;
	memcpy(r->bssid, s->bssid, sizeof r->bssid);
	r->is.linked = r->was_linked = r->begun = true;
}

void
wificount_take(struct wificount *t, const struct nl80211_interface *i,
    const struct nl80211_station *s, int64_t now_ms)
{
	struct radio *r = radio_of(t, i);

	if (r == NULL)
		return;
	r->seen = true;
	r->is.index = i->index;
	r->is.width = i->width;
	r->is.span = (struct wifi_span){ .begin_ms = now_ms };
	for (unsigned k = 0; k < WIFI_LEVELS; k++)
		r->is.span.level[k] = NAN;
	for (unsigned k = 0; k < WIFI_JOINS; k++)
		r->is.span.count[k] = NAN;
	/* A clock that was set back: what is open belongs to no minute any more. */
	if (r->minute > now_ms / MINUTE_MS) {
		r->minute = -1;
		r->begun = false;
	}
	if (s != NULL) {
		take_linked(t, r, i, s, now_ms);
	} else {
		r->is.linked = r->begun = false;
		enter_minute(t, r, now_ms / MINUTE_MS);
		r->samples++;
	}
	t->emit(t->ctx, &r->is);
}

void
wificount_sweep(struct wificount *t)
{
	for (unsigned k = 0; k < WIFI_MAX; k++) {
		struct radio *r = &t->radio[k];

		if (r->used && !r->seen) {
			close_minute(t, r);
			r->used = false;
		}
		r->seen = false;
	}
}

unsigned
wificount_radios(const struct wificount *t)
{
	unsigned n = 0;

	for (unsigned k = 0; k < WIFI_MAX; k++)
		n += t->radio[k].used;
	return n;
}
