#include "collector/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/backscatter.h"

struct watch {
	struct prefixes local, telescope;
	struct space *space;
	struct victims *victims;
};

/* While it tells. */
struct telling {
	struct watch *w;
	int64_t now_ms;
	void (*tell)(void *ctx, const struct msg_victim *v);
	void *ctx;
};

struct watch *
watch_new(void)
{
	return mem_zero(1, sizeof(struct watch));
}

static void
stop(struct watch *w)
{
	victims_free(w->victims);
	space_free(w->space);
	w->victims = NULL;
	w->space = NULL;
}

static bool
same(const struct prefixes *a, const struct prefixes *b)
{
	return a->count == b->count &&
	       (a->count == 0 ||
		   memcmp(a->prefix, b->prefix, a->count * sizeof *a->prefix) == 0);
}

static void
copy(struct prefixes *to, const struct prefixes *from)
{
	prefixes_free(to);
	to->count = from->count;
	to->prefix = mem_zero(from->count + 1, sizeof *to->prefix);
	if (from->count != 0)
		memcpy(to->prefix, from->prefix, from->count * sizeof *to->prefix);
}

void
watch_configure(struct watch *w, const struct prefixes *local,
    const struct prefixes *telescope, int64_t now_ms)
{
	if (same(&w->local, local) && same(&w->telescope, telescope))
		return;
	stop(w);
	copy(&w->local, local);
	copy(&w->telescope, telescope);
	w->space =
	    space_new(local, telescope, (uint32_t)(now_ms / 1000), SPACE_QUIET_S);
	if (space_size(w->space) == 0)
		stop(w);
	else
		w->victims = victims_new(w->space);
}

void
watch_flow(struct watch *w, const struct flow *f, int64_t now_ms)
{
	if (w->victims != NULL)
		victims_flow(w->victims, f, now_ms);
}

static void
on_victim(void *ctx, const struct victim *m, bool over)
{
	struct telling *t = ctx;
	struct msg_victim v = { .now_ms = t->now_ms, .over = over };
	uint32_t now_s = (uint32_t)(t->now_ms / 1000);

	/* A clock that stepped back: what was seen lies ahead, and is told of later.
	 * The numbers alone tell noise; the recorder judges the rest. */
	if (m->last_ms > t->now_ms ||
	    backscatter_state(m, UNIFORM_UNTESTED) == BACKSCATTER_NOISE)
		return;
	v.victim = *m;
	v.victim.offsets =
	    space_rank(t->w->space, v.victim.offset, v.victim.offsets, now_s);
	v.quiet = space_quiet(t->w->space, now_s);
	t->tell(t->ctx, &v);
}

void
watch_tell(struct watch *w, int64_t now_ms,
    void (*tell)(void *ctx, const struct msg_victim *v), void *ctx)
{
	struct telling t = { w, now_ms, tell, ctx };

	if (w->victims != NULL)
		victims_sweep(w->victims, now_ms, on_victim, &t);
}
