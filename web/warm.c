#include "web/warm.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/history.h"
#include "web/request.h"
#include "web/row.h"
#include "web/state.h"

#define FEW 20			       /* histories that are read at once */
#define SLICE_NS (4 * CLOCK_NS_PER_MS) /* others wait no longer than for this */

/* A page that waits for its histories. By id: the configuration may change meanwhile.
 */
struct warm {
	struct request *request;
	struct event *timer;
	const struct warm_kind *kind;
	uint64_t *id;
	size_t count, done;
	int64_t span;
};

static struct event_base *base;

void
warm_init(struct event_base *event_base)
{
	base = event_base;
}

static void
warm_free(struct warm *w)
{
	event_free(w->timer);
	free(w->id);
	free(w);
}

/* Whoever asked is gone. */
static void
on_gone(void *ctx)
{
	warm_free(ctx);
}

static void
on_slice(evutil_socket_t fd, short what, void *ctx)
{
	struct warm *w = ctx;
	int64_t end = clock_mono_ns() + SLICE_NS;

	(void)fd;
	(void)what;
	while (w->done < w->count && clock_mono_ns() < end) {
		const struct conf_target *t =
		    conf_target_by_id(state_conf(), w->id[w->done++]);
		if (t != NULL)
			w->kind->read(t, w->span);
	}
	if (w->done < w->count) {
		static const struct timeval soon = { 0, 0 };
		evtimer_add(w->timer, &soon);
		return;
	}
	struct request *r = w->request;
	warm_free(w);
	request_again(r);
}

bool
warm_of(struct request *r, const struct warm_kind *kind,
    const struct conf_target *const *target, size_t count, int64_t span)
{
	static const struct timeval now = { 0, 0 };
	struct warm *w;
	size_t n = 0;

	if (base == NULL || request_was_parked(r))
		return false;
	uint64_t *id = mem_alloc((count + 1) * sizeof *id);
	for (size_t i = 0; i < count; i++)
		if (target[i]->kind != CONF_MULTIHOST &&
		    target[i]->kind != CONF_GROUP && !kind->known(target[i], span))
			id[n++] = target[i]->id;
	if (n <= FEW) {
		free(id);
		return false;
	}
	w = mem_zero(1, sizeof *w);
	w->request = r;
	w->kind = kind;
	w->id = id;
	w->count = n;
	w->span = span;
	w->timer = evtimer_new(base, on_slice, w);
	if (w->timer == NULL)
		fatalx("cannot make a timer");
	request_park(r, on_gone, w);
	evtimer_add(w->timer, &now);
	return true;
}

bool
warm_begin(struct request *r, const struct conf_target *const *target, size_t count,
    int64_t span)
{
	static const struct warm_kind rows = { row_past_known, row_past };

	return warm_of(r, &rows, target, count, span);
}
