#include "collector/ifcount.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "collector/exporter.h"

#define MINUTE_MS 60000
/* Two samples closer than that are one told twice. */
#define TWICE_MS 500
/* How far a device's uptime and our clock may be apart between two samples. */
#define SLACK_MS 5000
/* What no line carries: 4 Tbit/s. */
#define CEILING_BITS 4e12

/* No padding: hashed as bytes. */
struct entry_key {
	struct if_key of;
	uint32_t source;
};

struct entry {
	UT_hash_handle hh;
	struct entry_key key;
	struct if_names names;
	uint8_t bits;
	bool guest; /* it takes of the guests' share */
	bool begun; /* LAST is a sample to go on from */
	struct ifcount_sample last;
	struct if_span open; /* the minute that is being filled; begin_ms 0: none */
};

/* How many entries a device has. */
struct device {
	UT_hash_handle hh;
	struct flow_ip ip;
	unsigned entries;
};

struct ifcount {
	void (*emit)(void *ctx, const struct msg_ifcounters *m);
	void *ctx;
	struct entry *entries;
	struct device *devices;
	unsigned guests; /* entries */
	struct msg_iftotals totals;
};

struct ifcount *
ifcount_new(void (*emit)(void *ctx, const struct msg_ifcounters *m), void *ctx)
{
	struct ifcount *t = mem_zero(1, sizeof *t);

	t->emit = emit;
	t->ctx = ctx;
	return t;
}

/* --- the table ------------------------------------------------------------------- */

static struct device *
device_of(const struct ifcount *t, const struct flow_ip *ip)
{
	struct device *d;

	HASH_FIND(hh, t->devices, ip, sizeof *ip, d);
	return d;
}

static struct entry *
find(const struct ifcount *t, const struct entry_key *key)
{
	struct entry *e;

	HASH_FIND(hh, t->entries, key, sizeof *key, e);
	return e;
}

static void
set_guest(struct ifcount *t, struct entry *e, bool guest)
{
	t->guests += guest;
	t->guests -= e->guest;
	e->guest = guest;
}

static struct entry *
find_or_add(struct ifcount *t, const struct entry_key *key, bool guest)
{
	struct entry *e = find(t, key);

	if (e != NULL) {
		/* Whoever was named once has its place. */
		set_guest(t, e, e->guest && guest);
		return e;
	}
	struct device *d = device_of(t, &key->of.device);
	unsigned most = guest ? IFCOUNT_GUEST_MAX : IFCOUNT_DEVICE_MAX;
	if (HASH_COUNT(t->entries) >= IFCOUNT_MAX ||
	    (guest && t->guests >= IFCOUNT_GUESTS_MAX) ||
	    (d != NULL && d->entries >= most)) {
		t->totals.no_room++;
		return NULL;
	}
	if (d == NULL) {
		d = mem_zero(1, sizeof *d);
		d->ip = key->of.device;
		HASH_ADD(hh, t->devices, ip, sizeof d->ip, d);
	}
	d->entries++;
	e = mem_zero(1, sizeof *e);
	e->key = *key;
	set_guest(t, e, guest);
	HASH_ADD(hh, t->entries, key, sizeof e->key, e);
	return e;
}

static void
forget(struct ifcount *t, struct entry *e)
{
	struct device *d = device_of(t, &e->key.of.device);

	set_guest(t, e, false);
	if (--d->entries == 0) {
		HASH_DEL(t->devices, d);
		free(d);
	}
	HASH_DEL(t->entries, e);
	free(e);
}

void
ifcount_free(struct ifcount *t)
{
	struct entry *e, *next;

	HASH_ITER(hh, t->entries, e, next)
		forget(t, e);
	free(t);
}

/* --- spans ----------------------------------------------------------------------- */

static void
emit(struct ifcount *t, const struct entry *e, const struct if_span *span)
{
	struct msg_ifcounters m = { .key = e->key.of,
		.source = (uint8_t)e->key.source,
		.bits = e->bits,
		.names = e->names,
		.span = *span };

	t->emit(t->ctx, &m);
}

static void
close_minute(struct ifcount *t, struct entry *e)
{
	if (e->open.begin_ms != 0 && e->open.known_ms > 0)
		emit(t, e, &e->open);
	e->open.begin_ms = 0;
}

static void
open_minute(struct ifcount *t, struct entry *e, int64_t begin_ms)
{
	if (e->open.begin_ms == begin_ms)
		return;
	close_minute(t, e);
	e->open = (struct if_span){ .minute = true, .begin_ms = begin_ms };
}

/* Lay SPAN, evenly, over the minutes that it lies in. */
static void
spread(struct ifcount *t, struct entry *e, const struct if_span *span)
{
	int64_t end = span->begin_ms + span->known_ms;

	for (int64_t at = span->begin_ms; at < end;) {
		int64_t minute = at / MINUTE_MS * MINUTE_MS;
		int64_t until = minute + MINUTE_MS < end ? minute + MINUTE_MS : end;
		double share = (double)(until - at) / span->known_ms;

		open_minute(t, e, minute);
		e->open.known_ms += (uint32_t)(until - at);
		for (unsigned i = 0; i < IF_COUNTS; i++)
			for (unsigned way = 0; way < IF_WAYS; way++)
				e->open.count[i][way] += share * span->count[i][way];
		at = until;
	}
	/* The next sample will be of the next minute. */
	if (end % MINUTE_MS == 0)
		close_minute(t, e);
}

/* --- from two samples ------------------------------------------------------------ */

/* Is what lies between the two samples told by the uptime: did the device go on (1),
 * begin anew (-1), or cannot that be said (0)? */
static int
went_on(const struct ifcount_sample *a, const struct ifcount_sample *b)
{
	if (!a->has_uptime || !b->has_uptime || b->uptime == 0 || b->uptime_per_s == 0)
		return 0;
	double passed = (double)(b->time_ms - a->time_ms);
	double slack = SLACK_MS + passed / 10;
	double up = (double)(b->uptime - a->uptime) * 1000 / b->uptime_per_s;

	if (fabs(up - passed) <= slack)
		return 1;
	if (b->uptime < a->uptime ||
	    (double)b->uptime * 1000 / b->uptime_per_s + slack < passed)
		return -1;
	return 0;
}

/* Did the octets of both directions go back at once? A reset does that, and 32 bits
 * that run over hardly do. */
static bool
both_fell(const struct ifcount_sample *a, const struct ifcount_sample *b)
{
	for (unsigned way = 0; way < IF_WAYS; way++)
		if (a->raw[RAW_OCTETS][way] == UINT64_MAX ||
		    b->raw[RAW_OCTETS][way] >= a->raw[RAW_OCTETS][way])
			return false;
	return true;
}

/* Does a line of SPEED bit/s (0: any) carry OCTETS in SECONDS? What devices say of
 * their speed is often too low (tunnels, virtual ones), so that it only tells apart
 * what is far off. */
static bool
carries(uint64_t speed, double octets, double seconds)
{
	double most = speed == 0 ? CEILING_BITS : 1.5 * (double)speed;

	if (most > CEILING_BITS)
		most = CEILING_BITS;
	return octets * 8 <= most * seconds + 1e6;
}

enum step {
	STEP_FINE,
	STEP_WRAP,
	STEP_RESET,
	STEP_DOUBT,
};

/* What was added from A to B in a counter of BITS; *ADDED is set when it is known. ON:
 * it did not begin anew meanwhile, by the uptime. */
static enum step
added_to(uint64_t a, uint64_t b, unsigned bits, bool on, uint64_t *added)
{
	if (b >= a) {
		*added = b - a;
		return STEP_FINE;
	}
	/* Some fill a counter of 64 bits from one of 32. */
	if (bits == 32 || (on && a <= UINT32_MAX)) {
		*added = (b - a) & UINT32_MAX;
		return STEP_WRAP;
	}
	if (a > UINT64_MAX / 4 * 3 && b < UINT64_MAX / 4) {
		*added = b - a;
		return STEP_WRAP;
	}
	return STEP_RESET;
}

/* The octets of one direction. */
static enum step
octets_added(const struct entry *e, const struct ifcount_sample *b, bool on,
    unsigned way, double seconds, double *out)
{
	const struct ifcount_sample *a = &e->last;
	uint64_t speed = e->names.speed[way], added = 0;
	unsigned bits = b->bits[RAW_OCTETS];

	*out = NAN;
	if (a->raw[RAW_OCTETS][way] == UINT64_MAX ||
	    b->raw[RAW_OCTETS][way] == UINT64_MAX)
		return STEP_FINE;
	/* So long that 32 bits may have run over more than once. */
	if (bits == 32 && (double)speed / 8 * seconds > (double)UINT32_MAX)
		return STEP_DOUBT;
	enum step step = added_to(
	    a->raw[RAW_OCTETS][way], b->raw[RAW_OCTETS][way], bits, on, &added);
	if (step == STEP_RESET)
		return step;
	if (!carries(step == STEP_WRAP ? speed : 0, (double)added, seconds))
		return step == STEP_WRAP ? STEP_RESET : STEP_DOUBT;
	*out = (double)added;
	return step;
}

/* What else is counted: its parts together, unknown where one cannot be told. */
static double
others_added(const struct entry *e, const struct ifcount_sample *b, bool on,
    const enum ifcount_raw *raw, unsigned raws, unsigned way)
{
	const struct ifcount_sample *a = &e->last;
	double sum = NAN;

	for (unsigned i = 0; i < raws; i++) {
		uint64_t from = a->raw[raw[i]][way], to = b->raw[raw[i]][way], added;

		if (from == UINT64_MAX || to == UINT64_MAX)
			continue;
		if (added_to(from, to, b->bits[raw[i]], on, &added) == STEP_RESET ||
		    (double)added > CEILING_BITS)
			return NAN;
		sum = isnan(sum) ? (double)added : sum + (double)added;
	}
	return sum;
}

/* The span between E's last sample and B. How it came out; only FINE and WRAP fill
 * SPAN. */
static enum step
between(const struct entry *e, const struct ifcount_sample *b, struct if_span *span)
{
	static const enum ifcount_raw packets[] = { RAW_UNICAST, RAW_MULTICAST,
		RAW_BROADCAST },
				      discards[] = { RAW_DISCARDS },
				      errors[] = { RAW_ERRORS };
	const struct ifcount_sample *a = &e->last;
	int64_t passed = b->time_ms - a->time_ms;
	int on = went_on(a, b);
	enum step worst = STEP_FINE;

	if (on < 0 || a->discontinuity != b->discontinuity || both_fell(a, b))
		return STEP_RESET;
	*span =
	    (struct if_span){ .begin_ms = a->time_ms, .known_ms = (uint32_t)passed };
	for (unsigned way = 0; way < IF_WAYS; way++) {
		enum step step = octets_added(e, b, on > 0, way, (double)passed / 1000,
		    &span->count[IF_OCTETS][way]);

		if (step > worst)
			worst = step;
		span->count[IF_PACKETS][way] =
		    others_added(e, b, on > 0, packets, 3, way);
		span->count[IF_DISCARDS][way] =
		    others_added(e, b, on > 0, discards, 1, way);
		span->count[IF_ERRORS][way] =
		    others_added(e, b, on > 0, errors, 1, way);
	}
	return worst;
}

/* --- in -------------------------------------------------------------------------- */

static void
follow(struct ifcount *t, struct entry *e, const struct ifcount_sample *s)
{
	int64_t passed = s->time_ms - e->last.time_ms;
	struct if_span span;

	if (passed < 0 || passed > IFCOUNT_GAP_MS) {
		t->totals.gaps++;
		return;
	}
	switch (between(e, s, &span)) {
	case STEP_WRAP:
		t->totals.wraps++;
		/* fall through */
	case STEP_FINE:
		emit(t, e, &span);
		spread(t, e, &span);
		break;
	case STEP_RESET:
		t->totals.resets++;
		break;
	case STEP_DOUBT:
		t->totals.doubts++;
		break;
	}
}

void
ifcount_take(struct ifcount *t, const struct ifcount_sample *s)
{
	struct entry_key key = { s->key, (uint32_t)s->source };
	struct entry *e = find_or_add(t, &key, s->guest);

	if (e == NULL || s->time_ms <= 0)
		return;
	if (e->begun && s->time_ms >= e->last.time_ms &&
	    s->time_ms - e->last.time_ms < TWICE_MS)
		return;
	t->totals.samples++;
	if (s->names != NULL) {
		struct if_names before = e->names;

		/* A name that came another way stays where this one has none. */
		e->names = *s->names;
		if (e->names.name[0] == '\0')
			memcpy(e->names.name, before.name, sizeof before.name);
	}
	e->bits = s->bits[RAW_OCTETS];
	if (e->begun)
		follow(t, e, s);
	/* A minute that time went behind, or back within, is over. */
	if (e->open.begin_ms > s->time_ms || s->time_ms < e->last.time_ms)
		close_minute(t, e);
	e->last = *s;
	e->last.names = NULL;
	e->begun = true;
}

void
ifcount_sflow(struct ifcount *t, const struct flow_counters *c)
{
	const struct exporter *x = c->exporter;
	struct if_names names = { .speed = { c->speed, c->speed } };

	if (!c->of_interface)
		return;
	if (c->interface == FLOW_INTERFACE_SELF)
		snprintf(names.name, sizeof names.name, "this device itself");
	struct flow_ip device = exporter_device(x);
	struct ifcount_sample s = { .key = if_key(&device, c->interface),
		.source = IF_SFLOW,
		.guest = x->guest,
		.time_ms = c->time_ms,
		.has_uptime = true,
		.uptime = x->numbering.clock,
		.uptime_per_s = 1000,
		.bits = { 64, 32, 32, 32, 32, 32 },
		.raw = { { c->in_octets, c->out_octets },
		    { c->in_unicast, c->out_unicast },
		    { c->in_multicast, c->out_multicast },
		    { c->in_broadcast, c->out_broadcast },
		    { c->in_discards, c->out_discards },
		    { c->in_errors, c->out_errors } },
		.names = &names };
	ifcount_take(t, &s);
}

void
ifcount_name(struct ifcount *t, const struct if_key *key, const char *name)
{
	struct msg_ifcounters m = { .key = *key, .source = IF_FLOW, .bits = 64 };

	snprintf(m.names.name, sizeof m.names.name, "%s", name);
	for (unsigned source = 0; source < IF_SOURCES; source++) {
		struct entry_key k = { *key, source };
		struct entry *e = find(t, &k);

		if (e != NULL && e->names.name[0] == '\0')
			memcpy(e->names.name, m.names.name, sizeof e->names.name);
	}
	t->emit(t->ctx, &m);
}

void
ifcount_sweep(struct ifcount *t, int64_t now_ms)
{
	struct entry *e, *next;

	HASH_ITER(hh, t->entries, e, next) {
		int64_t silent = now_ms - e->last.time_ms;

		if (silent <= IFCOUNT_GAP_MS)
			continue;
		close_minute(t, e);
		e->begun = false;
		if (silent > IFCOUNT_KEEP_MS)
			forget(t, e);
	}
}

void
ifcount_totals(const struct ifcount *t, struct msg_iftotals *totals)
{
	uint32_t pollers = totals->pollers;

	*totals = t->totals;
	totals->interfaces = HASH_COUNT(t->entries);
	totals->pollers = pollers;
}
