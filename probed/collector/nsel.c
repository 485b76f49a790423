#include "collector/nsel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/mem.h"
#include "collector/exporter.h"
#include "collector/gather.h"

#define SETS 2048
#define WAYS 8 /* the first is for guests */
/* Updates come every minute; one that is silent for so long has ended unheard. */
#define SILENT_MS (3600 * 1000LL)

enum event {
	EVENT_CREATE = 1,
	EVENT_DELETE = 2,
	EVENT_UPDATE = 5,
};

struct told {
	uint64_t flow; /* a hash; 0: free */
	int64_t at_ms;
	uint64_t octets, packets, reverse_octets, reverse_packets;
};

struct nsel {
	uint64_t secret;
	struct told told[SETS][WAYS];
};

struct nsel *
nsel_new(void)
{
	struct nsel *n = mem_zero(1, sizeof *n);

	if (getrandom(&n->secret, sizeof n->secret, 0) != sizeof n->secret)
		fatalx("no random numbers");
	return n;
}

void
nsel_free(struct nsel *n)
{
	free(n);
}

static uint64_t
name_of(
    const struct nsel *n, const struct exporter *x, uint64_t id, const struct flow *f)
{
	uint64_t word[7] = { x->serial, id, 0, 0, 0, 0,
		(uint64_t)f->proto << 32 | (uint64_t)f->sport << 16 | f->dport };

	memcpy(word + 2, f->src.bytes, f->src.len);
	memcpy(word + 4, f->dst.bytes, f->dst.len);
	return gather_hash(word, 7, n->secret) | 1;
}

static bool
is_silent(const struct told *t, int64_t now_ms)
{
	return t->flow == 0 || now_ms - t->at_ms > SILENT_MS || now_ms < t->at_ms;
}

/* The place of FLOW, or the one that it would have: then that of another flow, or free.
 */
static struct told *
place_of(struct nsel *n, uint64_t flow, bool guest)
{
	struct told *set = n->told[(flow >> 8) % SETS];
	unsigned first = guest ? 0 : 1, ways = guest ? 1 : WAYS;
	struct told *oldest = &set[first];

	for (unsigned i = first; i < ways; i++) {
		if (set[i].flow == flow)
			return &set[i];
		if (set[i].flow == 0 ||
		    (oldest->flow != 0 && set[i].at_ms < oldest->at_ms))
			oldest = &set[i];
	}
	return oldest;
}

static void
note_told(struct flow *f, const struct told *t)
{
	/* No more than there is; and who tells a total of less has begun anew. */
#define TOLD(member) f->told_##member = t->member <= f->member ? t->member : 0
	TOLD(octets);
	TOLD(packets);
	TOLD(reverse_octets);
	TOLD(reverse_packets);
#undef TOLD
}

static void
add(struct told *t, const struct flow *f)
{
	t->octets += f->octets - f->told_octets;
	t->packets += f->packets - f->told_packets;
	t->reverse_octets += f->reverse_octets - f->told_reverse_octets;
	t->reverse_packets += f->reverse_packets - f->told_reverse_packets;
}

static bool
is_less(const struct flow *f, const struct told *t)
{
	return f->octets < t->octets || f->reverse_octets < t->reverse_octets;
}

bool
nsel_event(struct nsel *n, struct exporter *x, uint64_t id, bool total, struct flow *f,
    int64_t now_ms)
{
	uint64_t flow = name_of(n, x, id, f);
	struct told *t = place_of(n, flow, x->guest);
	bool known = t->flow == flow && !is_silent(t, now_ms);

	f->more |= known && f->event != EVENT_CREATE;
	if (f->event == EVENT_CREATE || f->event == EVENT_DELETE) {
		if (known && f->event == EVENT_DELETE) {
			x->ends_by_deltas |= !total && is_less(f, t);
			if (total || !x->ends_by_deltas)
				note_told(f, t);
		}
		if (t->flow == flow)
			t->flow = 0;
		return true;
	}
	if (f->event != EVENT_UPDATE)
		return true;
	bool went = t->flow != flow && !is_silent(t, now_ms);
	if (!known)
		*t = (struct told){ .flow = flow };
	if (total)
		note_told(f, t);
	t->at_ms = now_ms;
	add(t, f);
	return !went;
}
