#include "prober/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "round.h"

/* One probe. */
struct walk_shot {
	int64_t sent; /* 0: not yet */
	int64_t rtt;  /* -1: no answer yet */
};

struct walk {
	struct walk_plan plan;
	struct walk_ops ops;
	struct hop hop[HOPS_MAX + 1]; /* by TTL */
	struct walk_shot *shot;	      /* plan.probes for every TTL */
	unsigned low, high;	      /* TTLs that were probed; HIGH 0: none yet */
	unsigned end;	   /* the nearest where the target answers, or somebody lets
			    * nothing pass; 0: not known */
	bool onward, back; /* goes on farther; goes back nearer */
	bool known;	   /* LOW is, and is not asked again */
	bool cut;	   /* given up before the end */
	bool over;
	int error;
	unsigned sent;
	int64_t next; /* no probe before */
};

static struct walk_shot *
walk_shot(const struct walk *w, unsigned ttl, unsigned k)
{
	return &w->shot[(ttl - 1) * w->plan.probes + k];
}

struct walk *
walk_new(const struct walk_plan *plan, const struct walk_ops *ops)
{
	struct walk *w = mem_zero(1, sizeof *w);
	size_t shots = (size_t)plan->last * plan->probes;

	w->plan = *plan;
	w->ops = *ops;
	w->shot = mem_zero(shots, sizeof *w->shot);
	for (size_t i = 0; i < shots; i++)
		w->shot[i].rtt = -1;
	for (unsigned ttl = 0; ttl <= HOPS_MAX; ttl++)
		w->hop[ttl].ttl = (uint8_t)ttl;
	w->low = plan->first;
	w->onward = true;
	w->back = plan->first > 1;
	return w;
}

void
walk_free(struct walk *w)
{
	if (w == NULL)
		return;
	free(w->shot);
	free(w);
}

bool
walk_is_over(const struct walk *w)
{
	return w->over;
}

int
walk_errno(const struct walk *w)
{
	return w->error;
}

unsigned
walk_sent(const struct walk *w)
{
	return w->sent;
}

/* --- what to send next -----------------------------------------------------------
 *
 * Each of these gives the TTL to probe at NOW, or 0; *AT is brought forward to when it
 * is worth asking again. */

/* Until when the last probe to TTL is waited for; 0: all are answered. */
static int64_t
walk_waits(const struct walk *w, unsigned ttl)
{
	int64_t until = 0;

	for (unsigned k = 0; k < w->hop[ttl].sent; k++) {
		const struct walk_shot *s = walk_shot(w, ttl, k);

		if (s->rtt < 0 && s->sent + w->plan.wait_ns > until)
			until = s->sent + w->plan.wait_ns;
	}
	return until;
}

static void
sooner(int64_t *at, int64_t when)
{
	if (when < *at)
		*at = when;
}

/* Has somebody answered at TTL, or said so of it? */
static bool
walk_heard(const struct walk *w, unsigned ttl)
{
	return w->hop[ttl].answered > 0 || w->hop[ttl].why != PING_ANSWERED;
}

static unsigned
walk_onward(struct walk *w, int64_t now, int64_t *at)
{
	unsigned next = w->high == 0 ? w->plan.first : w->high + 1;
	unsigned silent = 0;
	int64_t until = 0;

	if (!w->onward)
		return 0;
	if (w->end != 0 || next > w->plan.last) {
		w->onward = false;
		w->cut = w->end == 0;
		return 0;
	}
	while (next - silent > w->low && !walk_heard(w, next - silent - 1)) {
		int64_t waits = walk_waits(w, next - ++silent);

		if (waits > until)
			until = waits;
	}
	if (silent < WALK_SILENT)
		return next;
	if (now < until) {
		sooner(at, until);
		return 0;
	}
	w->onward = false;
	w->cut = true;
	return 0;
}

static unsigned
walk_back(struct walk *w, int64_t now, int64_t *at)
{
	const struct hop *h = &w->hop[w->low];

	if (!w->back || w->high == 0)
		return 0;
	if (!walk_heard(w, w->low)) {
		int64_t until = walk_waits(w, w->low);

		if (now < until) {
			sooner(at, until);
			return 0;
		}
	}
	/* The target, or who ends the way, may be nearer. */
	bool known = h->answered > 0 && w->end != w->low && w->ops.known != NULL;
	for (unsigned i = 0; known && i < h->addresses; i++)
		known = w->ops.known(w->ops.ctx, w->low, &h->address[i]);
	if (known || w->low == 1) {
		w->known = known;
		w->back = false;
		return 0;
	}
	return w->low - 1;
}

/* Farther than this nobody is asked again: one hop behind the last that was heard of,
 * for it may be the next one that lost its probe. */
static unsigned
walk_edge(const struct walk *w)
{
	unsigned edge = w->high;

	if (w->end != 0)
		return w->end;
	while (edge > w->low && !walk_heard(w, edge - 1) && !walk_heard(w, edge))
		edge--;
	return edge;
}

static unsigned
walk_again(const struct walk *w, int64_t now, int64_t *at)
{
	unsigned edge = walk_edge(w);

	/* The nearest first, of those that had fewest. */
	for (unsigned k = 1; k < w->plan.probes; k++)
		for (unsigned ttl = w->low + w->known; ttl <= edge; ttl++) {
			if (w->hop[ttl].sent != k)
				continue;
			int64_t due =
			    walk_shot(w, ttl, k - 1)->sent + w->plan.period_ns;

			if (due <= now)
				return ttl;
			sooner(at, due);
		}
	return 0;
}

/* --- turns ------------------------------------------------------------------------ */

static void
walk_send(struct walk *w, unsigned ttl, int64_t now)
{
	struct hop *h = &w->hop[ttl];
	unsigned k = h->sent;

	if (w->high == 0 || ttl > w->high)
		w->high = ttl;
	if (ttl < w->low)
		w->low = ttl;
	/* It may be answered before send() returns. */
	walk_shot(w, ttl, k)->sent = now;
	h->sent++;
	w->next = now + w->plan.step_ns;
	if (w->ops.send(w->ops.ctx, ttl, (ttl - 1) * w->plan.probes + k) == 0) {
		w->sent++;
		return;
	}
	w->error = errno;
	w->over = true;
}

int64_t
walk_turn(struct walk *w, int64_t now)
{
	int64_t at = INT64_MAX;
	unsigned ttl;

	if (w->over)
		return INT64_MAX;
	if (now < w->next)
		return w->next;
	if ((ttl = walk_back(w, now, &at)) != 0 ||
	    (ttl = walk_onward(w, now, &at)) != 0 ||
	    (ttl = walk_again(w, now, &at)) != 0) {
		walk_send(w, ttl, now);
		return w->over ? INT64_MAX : w->next;
	}
	if (at != INT64_MAX)
		return at;
	/* All is sent: wait for what is on its way. */
	unsigned edge = walk_edge(w);
	int64_t until = 0;

	for (ttl = w->low; ttl <= edge; ttl++)
		if (walk_waits(w, ttl) > until)
			until = walk_waits(w, ttl);
	if (now < until)
		return until;
	w->over = true;
	return INT64_MAX;
}

static void
walk_end_at(struct walk *w, unsigned ttl)
{
	if (w->end == 0 || ttl < w->end)
		w->end = ttl;
}

void
walk_answer(struct walk *w, unsigned serial, const struct walk_answer *a)
{
	unsigned ttl = serial / w->plan.probes + 1;
	struct hop *h;
	struct walk_shot *s;

	if (w->over || ttl > w->plan.last)
		return;
	h = &w->hop[ttl];
	s = walk_shot(w, ttl, serial % w->plan.probes);
	if (s->sent == 0 || s->rtt >= 0)
		return;
	bool target =
	    a->why == PING_ANSWERED ||
	    (a->why != PING_TTL_EXCEEDED && addr_same_host(&a->from, &w->plan.to));

	if (target)
		h->flags |= HOP_TARGET;
	if (a->why != PING_TTL_EXCEEDED) {
		if (a->why != PING_PORT_UNREACHABLE || !target)
			h->why = a->why;
		walk_end_at(w, ttl);
	}
	if (a->from.sa.sa_family == AF_UNSPEC)
		return;
	s->rtt = a->rtt_ns > 0 ? a->rtt_ns : 1;
	h->answered++;
	hop_add_address(h, &a->from);
	if (a->ttl != 0)
		h->reply_ttl = a->ttl;
	if (a->labels > 0) {
		h->labels = a->labels < HOP_LABELS ? a->labels : HOP_LABELS;
		memcpy(h->label, a->label, h->labels * sizeof *h->label);
	}
}

/* --- what it found ---------------------------------------------------------------- */

static int
compare_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
walk_times(const struct walk *w, struct hop *h)
{
	int64_t ns[WALK_PROBES];
	unsigned count = 0;

	h->min_ns = h->median_ns = h->max_ns = -1;
	for (unsigned k = 0; k < h->sent; k++)
		if (walk_shot(w, h->ttl, k)->rtt >= 0)
			ns[count++] = walk_shot(w, h->ttl, k)->rtt;
	if (count == 0)
		return;
	qsort(ns, count, sizeof *ns, compare_ns);
	h->min_ns = ns[0];
	h->median_ns = ns[count / 2];
	h->max_ns = ns[count - 1];
}

void
walk_result(const struct walk *w, struct hops *p)
{
	unsigned end = w->end != 0 ? w->end : w->high;

	memset(p, 0, sizeof *p);
	p->address = w->plan.to;
	addr_set_port(&p->address, 0);
	p->method = w->plan.method;
	p->reason = w->plan.reason;
	while (w->end == 0 && end >= w->low && end > 0 && !walk_heard(w, end))
		end--;
	for (unsigned ttl = w->low; w->high != 0 && ttl <= end; ttl++) {
		struct hop *h = &p->hop[p->count++];

		*h = w->hop[ttl];
		walk_times(w, h);
	}
	if (w->end == 0)
		p->flags = HOPS_CUT;
	else if (w->hop[w->end].flags & HOP_TARGET)
		p->flags = HOPS_REACHED;
	else
		p->flags = HOPS_ENDED;
}
