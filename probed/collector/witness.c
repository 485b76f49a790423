#include "collector/witness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WAYS 4 /* places that a host may have */
/* Who is to be believed instead sees so much more, ... */
#define MORE 1.25
/* ... or not so much less and has less than half the variance. */
#define LESS 0.8
/* It may see but a part of the host's traffic, which few samples do not tell. */
#define LEAST 0.5
/* What is left of former periods is at most so many times the other's. */
#define LEAD 2
/* Standard errors that sampling explains. */
#define ERRORS 3

struct place {
	uint64_t host; /* 0: free */
	uint32_t period, minute; /* of the last word of anybody */
	/* Who is believed, and the greatest of the others. */
	struct one {
		uint64_t exporter; /* 0: none */
		uint8_t rank;
		uint32_t minute; /* of its last word */
		double octets, var; /* in this period and, fading, in those before */
	} believed, other;
};

struct witnesses {
	uint64_t secret;
	struct place place[WITNESS_HOSTS];
};

struct witnesses *
witnesses_new(uint64_t secret)
{
	struct witnesses *w = mem_zero(1, sizeof *w);

	w->secret = secret | 1;
	return w;
}

void
witnesses_free(struct witnesses *w)
{
	free(w);
}

void
witnesses_clear(struct witnesses *w)
{
	memset(w->place, 0, sizeof w->place);
}

static struct place *
place_of(struct witnesses *w, uint64_t host)
{
	uint64_t at = (host * w->secret >> 32) % (WITNESS_HOSTS / WAYS) * WAYS;
	struct place *oldest = &w->place[at];

	for (unsigned i = 0; i < WAYS; i++) {
		struct place *p = &w->place[at + i];

		if (p->host == host)
			return p;
		if (p->host == 0 || (oldest->host != 0 && p->minute < oldest->minute))
			oldest = p;
	}
	*oldest = (struct place){ .host = host };
	return oldest;
}

static void
swap(struct place *p)
{
	struct one was = p->believed;

	p->believed = p->other;
	p->other = was;
}

/* A period is over: is the other one to be believed? */
static void
judge(struct place *p)
{
	const struct one *a = &p->believed, *b = &p->other;
	double error = ERRORS * ERRORS * (a->var + b->var); /* squared */
	double more = b->octets - MORE * a->octets, less = LESS * a->octets - b->octets;

	/* Who is preferred is believed as long as it says anything. */
	if (b->exporter == 0 || a->rank != b->rank)
		return;
	if ((more > 0 && more * more > error) ||
	    (b->var < a->var / 2 && b->octets >= LEAST * a->octets &&
		(less < 0 || less * less < error)))
		swap(p);
}

static void
fade(struct one *o, uint32_t periods)
{
	double left = periods > 30 ? 0 : 1.0 / (double)(1u << periods);

	o->octets *= left;
	o->var *= left * left;
}

/* One absurd period of A does not outweigh many of B. */
static void
bound(struct one *a, const struct one *b)
{
	double part;

	if (b->exporter == 0 || a->octets <= LEAD * b->octets)
		return;
	part = LEAD * b->octets / a->octets;
	a->octets *= part;
	a->var *= part * part;
}

static void
add(struct one *o, const struct testimony *t)
{
	o->exporter = t->exporter;
	o->rank = t->rank;
	o->minute = t->minute;
	o->octets += t->octets;
	o->var += t->octets_var;
}

/* T's teller is not believed. */
static enum witness_use
use_of(const struct place *p, const struct testimony *t)
{
	return t->rank == p->believed.rank ? WITNESS_WATCHED : WITNESS_NOTHING;
}

enum witness_use
witness_hear(struct witnesses *w, const struct testimony *t)
{
	struct place *p = place_of(w, t->host);
	uint32_t period = t->minute / WITNESS_PERIOD_MIN;

	if (p->believed.exporter == 0)
		p->period = period;
	if (period > p->period) {
		judge(p);
		fade(&p->believed, period - p->period);
		fade(&p->other, period - p->period);
		bound(&p->believed, &p->other);
		bound(&p->other, &p->believed);
		p->period = period;
	}
	p->minute = t->minute;
	if (p->believed.exporter == 0 || p->believed.exporter == t->exporter) {
		add(&p->believed, t);
		return WITNESS_COUNTS;
	}
	/* A third takes the second's place once it says more. */
	if (p->other.exporter != t->exporter) {
		bool better = p->other.exporter == 0 || t->rank < p->other.rank ||
			      (t->rank == p->other.rank && t->octets > p->other.octets);

		if (!better) {
			p->other.octets -= t->octets;
			return use_of(p, t);
		}
		p->other = (struct one){ 0 };
	}
	add(&p->other, t);
	/* The operator's word holds at once; and who is silent is not waited for. */
	if (p->other.rank < p->believed.rank ||
	    p->believed.minute + WITNESS_PERIOD_MIN < t->minute) {
		swap(p);
		return WITNESS_COUNTS;
	}
	return use_of(p, t);
}
