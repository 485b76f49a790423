#include "web/ways.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msghere.h"
#include "web/state.h"

#define WAYS_MAX 2048 /* twice what the recorder keeps: a reload may cross them */
/* A ladder is made anew no more often than this, and for who asks. */
#define LADDER_NS (2 * CLOCK_NS_PER_S)

struct way {
	UT_hash_handle hh;
	uint64_t id;
	struct msg_path path;
};

static struct {
	struct way *way;
	struct here here;
	bool is_here, stale;
	struct ladder *ladder;
	int64_t made_ns;
} ways;

static struct way *
find(uint64_t id)
{
	struct way *w;

	HASH_FIND(hh, ways.way, &id, sizeof id, w);
	return w;
}

static void
forget(struct way *w)
{
	HASH_DEL(ways.way, w);
	free(w);
}

static int
on_path(struct msg_in *in)
{
	static struct msg_path m;
	struct way *w;

	if (msg_get_path(in, &m) != 0)
		return -1;
	w = find(m.way.target);
	if (w == NULL) {
		if (HASH_COUNT(ways.way) >= WAYS_MAX)
			return 0;
		w = mem_zero(1, sizeof *w);
		w->id = m.way.target;
		HASH_ADD(hh, ways.way, id, sizeof w->id, w);
	}
	w->path = m;
	ways.stale = true;
	return 0;
}

int
ways_message(struct msg_in *in)
{
	struct here h;

	if (in->type == MSG_PATH)
		return on_path(in);
	if (in->type != MSG_HERE || msg_get_here(in, &h) != 0)
		return -1;
	/* Told every minute, whether it changed or not. */
	ways.stale |= !ways.is_here || memcmp(&ways.here, &h, sizeof h) != 0;
	memcpy(&ways.here, &h, sizeof h);
	ways.is_here = true;
	return 0;
}

void
ways_reload(const struct conf *next)
{
	struct way *w, *after;

	HASH_ITER(hh, ways.way, w, after)
		if (conf_target_by_id(next, w->id) == NULL)
			forget(w);
	ladder_free(ways.ladder);
	ways.ladder = NULL;
}

void
ways_forget(void)
{
	struct way *w, *after;

	HASH_ITER(hh, ways.way, w, after)
		forget(w);
	ladder_free(ways.ladder);
	memset(&ways, 0, sizeof ways);
}

/* --- asking ----------------------------------------------------------------------- */

const struct msg_path *
ways_get(uint64_t id)
{
	const struct way *w = find(id);

	return w != NULL ? &w->path : NULL;
}

/* Where T is, by the way to it, its last round, or its host. */
static struct addr
address_of(const struct conf_target *t, const struct way *w)
{
	const struct live *live = state_live(t->id);
	struct addr a = { .sa.sa_family = AF_UNSPEC };
	char interface[ADDR_INTERFACE];

	if (w != NULL)
		return w->path.way.address;
	if (live != NULL && live->target.address.sa.sa_family != AF_UNSPEC)
		return live->target.address;
	/* Which interface a link-local one is at is no matter. */
	if (t->host == NULL || (addr_parse_scoped(&a, t->host, interface) != 0 &&
				   addr_parse(&a, t->host) != 0))
		a.sa.sa_family = AF_UNSPEC;
	return a;
}

static void
make(void)
{
	const struct conf *conf = state_conf();
	struct ladder_target *list = mem_zero(LADDER_TARGETS, sizeof *list);
	size_t count = 0;

	for (size_t i = 0; i < conf->target_count && count < LADDER_TARGETS; i++) {
		const struct conf_target *t = conf->target[i];
		const struct way *w = find(t->id);

		if (conf_target_is_pinged(t))
			list[count++] = (struct ladder_target){ .id = t->id,
				.address = address_of(t, w),
				.way = w != NULL ? &w->path.way : NULL };
	}
	ladder_free(ways.ladder);
	ways.ladder = ladder_make(&ways.here, list, count);
	ways.made_ns = clock_mono_ns();
	ways.stale = false;
	free(list);
}

const struct ladder *
ways_ladder(void)
{
	if (!ways.is_here)
		return NULL;
	if (ways.ladder == NULL ||
	    (ways.stale && clock_mono_ns() - ways.made_ns >= LADDER_NS))
		make();
	return ways.ladder;
}

const struct hop *
ways_figures(const struct hop *h)
{
	struct way *w, *next;

	if (h->sent > 0 || h->addresses == 0)
		return h;
	HASH_ITER(hh, ways.way, w, next)
		for (unsigned i = 0; i < w->path.way.count; i++) {
			const struct hop *other = &w->path.way.hop[i];

			if (other->ttl == h->ttl && other->sent > 0 &&
			    hop_has_address(other, &h->address[0]))
				return other;
		}
	return h;
}

const struct here *
ways_here(void)
{
	return ways.is_here ? &ways.here : NULL;
}

const struct conf_target *
ways_target_at(const struct ladder_anchor *a)
{
	const struct conf *conf = state_conf();

	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		struct addr at;

		if (!conf_target_is_pinged(t))
			continue;
		at = address_of(t, find(t->id));
		for (unsigned k = 0; k < a->addresses; k++)
			if (at.sa.sa_family == a->address[k].sa.sa_family &&
			    addr_same_host(&at, &a->address[k]))
				return t;
	}
	return NULL;
}
