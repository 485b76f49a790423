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
#define BEGUN_SETS 4096
#define BEGUN_WAYS 16 /* likewise */
/* Updates come every minute; one that is silent for so long has ended unheard. */
#define SILENT_MS (3600 * 1000LL)
/* Events of one moment come in any order: an update may come after the end. */
#define ENDED_MS 60000
/* Ends in a row that are less than what was told: then they are no sums. And as many
 * that are not: then they are. */
#define ENDS_LESS 3
#define ENDS_NOT_LESS 32

enum event {
	EVENT_CREATE = 1,
	EVENT_DELETE = 2,
	EVENT_UPDATE = 5,
};

struct told {
	uint64_t flow; /* a hash; 0: free */
	int64_t at_ms;
	bool ended; /* and its end was a sum */
	uint64_t octets, packets, reverse_octets, reverse_packets;
};

/* A flow whose begin was told of, which is when it counted as one. */
struct begun {
	uint64_t flow; /* 0: free */
	int64_t at_ms;
};

struct nsel {
	uint64_t secret;
	struct told told[SETS][WAYS];
	struct begun begun[BEGUN_SETS][BEGUN_WAYS];
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
	return t->flow == 0 || now_ms < t->at_ms ||
	       now_ms - t->at_ms > (t->ended ? ENDED_MS : SILENT_MS);
}

/* How long ago AT_MS was; what is ahead, since the clock was set back, is the oldest.
 */
static int64_t
age_of(int64_t at_ms, int64_t now_ms)
{
	return at_ms > now_ms ? INT64_MAX : now_ms - at_ms;
}

/* Which of two places to give away: that of a flow that is over, then the older one. */
static bool
is_better(const struct told *t, const struct told *than, int64_t now_ms)
{
	if ((t->flow == 0) != (than->flow == 0))
		return t->flow == 0;
	if (t->ended != than->ended)
		return t->ended;
	return age_of(t->at_ms, now_ms) > age_of(than->at_ms, now_ms);
}

/* The place of FLOW, or the one that it would have: then that of another flow, or free.
 */
static struct told *
place_of(struct nsel *n, uint64_t flow, bool guest, int64_t now_ms)
{
	struct told *set = n->told[(flow >> 8) % SETS];
	unsigned first = guest ? 0 : 1, ways = guest ? 1 : WAYS;
	struct told *best = &set[first];

	for (unsigned i = first; i < ways; i++) {
		if (set[i].flow == flow)
			return &set[i];
		if (is_better(&set[i], best, now_ms))
			best = &set[i];
	}
	return best;
}

/* A sum of BYTES has run over when it is less than what was told, WAS, by so much that
 * what came since is little against what it can hold. The sum, then; else NOW as it is.
 */
static uint64_t
unrolled(uint64_t now, uint64_t was, unsigned bytes)
{
	if (bytes >= 8 || now >= was)
		return now;
	uint64_t since = (now - was) & ((1ULL << 8 * bytes) - 1);
	return since < 1ULL << (8 * bytes - 1) && was >> (8 * bytes - 1) != 0
		   ? was + since
		   : now;
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
note_all(struct flow *f)
{
	f->told_octets = f->octets;
	f->told_packets = f->packets;
	f->told_reverse_octets = f->reverse_octets;
	f->told_reverse_packets = f->reverse_packets;
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

static void
unroll(struct flow *f, const struct told *t, const struct nsel_record *r)
{
	f->octets = unrolled(f->octets, t->octets, r->bytes);
	f->reverse_octets =
	    unrolled(f->reverse_octets, t->reverse_octets, r->reverse_bytes);
}

/* What an end that is LESS than what was told before, or is not, says of X. */
static void
learn(struct exporter *x, bool less)
{
	x->ends_otherwise = less != x->ends_by_deltas ? x->ends_otherwise + 1 : 0;
	if (x->ends_otherwise < (less ? ENDS_LESS : ENDS_NOT_LESS))
		return;
	x->ends_by_deltas = less;
	x->ends_otherwise = 0;
}

/* F is the end, by R, of what T was told of. Is it a sum? */
static bool
end_known(struct exporter *x, const struct nsel_record *r, struct flow *f,
    const struct told *t)
{
	if (r->tells == NSEL_SINCE)
		return false;
	if (r->tells == NSEL_TOTAL || !x->ends_by_deltas)
		unroll(f, t, r);
	bool less = is_less(f, t);
	if (r->tells == NSEL_BY_EVENT && (t->octets | t->reverse_octets) != 0)
		learn(x, less);
	if (r->tells == NSEL_BY_EVENT && x->ends_by_deltas)
		return false;
	note_told(f, t);
	return !less;
}

/* The end of FLOW, whose place is T, and which may be KNOWN. */
static void
end(struct told *t, uint64_t flow, bool known, struct exporter *x,
    const struct nsel_record *r, struct flow *f, int64_t now_ms)
{
	bool sum = known ? end_known(x, r, f, t)
			 : r->tells == NSEL_TOTAL ||
			       (r->tells == NSEL_BY_EVENT && !x->ends_by_deltas);

	/* An update of it that is still to come is in the sum. Nobody who goes on gives
	 * his place for that. */
	if (sum && (t->flow == flow || t->ended || is_silent(t, now_ms)))
		*t = (struct told){ .flow = flow, .at_ms = now_ms, .ended = true };
	else if (t->flow == flow)
		t->flow = 0;
}

/* The place of FLOW among those that have begun, or the one that it would have. */
static struct begun *
begun_place(struct nsel *n, uint64_t flow, bool guest, int64_t now_ms)
{
	struct begun *set = n->begun[(flow >> 8) % BEGUN_SETS];
	unsigned first = guest ? 0 : 1, ways = guest ? 1 : BEGUN_WAYS;
	struct begun *best = &set[first];

	for (unsigned i = first; i < ways; i++) {
		if (set[i].flow == flow)
			return &set[i];
		if (best->flow != 0 &&
		    (set[i].flow == 0 ||
			age_of(set[i].at_ms, now_ms) > age_of(best->at_ms, now_ms)))
			best = &set[i];
	}
	return best;
}

bool
nsel_flow(struct nsel *n, const struct exporter *x, const struct nsel_record *r,
    struct flow *f, int64_t now_ms)
{
	uint64_t flow = name_of(n, x, r->id, f);
	struct begun *b = begun_place(n, flow, x->guest, now_ms);
	bool found = b->flow == flow;

	if (f->event == EVENT_CREATE) {
		bool room = found || b->flow == 0 || now_ms - b->at_ms > SILENT_MS;

		*b = (struct begun){ .flow = flow, .at_ms = now_ms };
		return room;
	}
	if (!found || (f->event != EVENT_DELETE && f->event != EVENT_UPDATE))
		return true;
	f->more = true;
	b->at_ms = now_ms;
	if (f->event == EVENT_DELETE)
		b->flow = 0;
	return true;
}

bool
nsel_octets(struct nsel *n, struct exporter *x, const struct nsel_record *r,
    struct flow *f, int64_t now_ms)
{
	uint64_t flow = name_of(n, x, r->id, f);
	struct told *t = place_of(n, flow, x->guest, now_ms);
	bool there = t->flow == flow && !is_silent(t, now_ms);
	bool known = there && !t->ended;

	f->more |= known && f->event != EVENT_CREATE;
	if (f->event == EVENT_CREATE && t->flow == flow)
		t->flow = 0;
	if (f->event == EVENT_DELETE)
		end(t, flow, known, x, r, f, now_ms);
	if (f->event != EVENT_UPDATE)
		return true;
	if (there && t->ended) {
		f->more = true;
		note_all(f);
		return true;
	}
	bool went = t->flow != flow && !t->ended && !is_silent(t, now_ms);
	if (!known)
		*t = (struct told){ .flow = flow };
	if (r->tells == NSEL_TOTAL) {
		unroll(f, t, r);
		note_told(f, t);
	}
	t->at_ms = now_ms;
	add(t, f);
	return !went;
}
