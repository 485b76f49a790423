#include "web/interfaces.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/livetraffic.h"
#include "web/state.h"

#define INTERFACES_MAX 8192
#define POLLERS_MAX 1024
/* The collector tells of all that it asks every few seconds. */
#define POLLER_GONE_NS (12 * CLOCK_NS_PER_S)
/* What was seen last longer ago is not now any more, unless it is asked more seldom:
 * then three times as long. */
#define NOW_MS 90000
#define NOW_SAMPLES 3
/* Most exporters tell of a flow within a minute: of what is over for so long, nearly
 * all is told. */
#define TOLD_S MINUTE_S

struct entry {
	UT_hash_handle hh;
	struct if_key key;
	struct interface interface;
};

static struct {
	struct entry *all;
	struct interface **list; /* in order; NULL: to be made */
	struct msg_poller *poller;
	int64_t *poller_told;
	size_t pollers;
	struct msg_iftotals totals;
	uint64_t grown;	 /* as of this version of the live minutes, */
	int64_t grown_s; /* and in this minute */
} interfaces;

/* --- the operator's words -------------------------------------------------------- */

/* Is S, of *** Collector *** interfaces, about KEY? */
static bool
is_about(const struct conf_section *s, const struct if_key *key, const char *name)
{
	const char *device = conf_value(s, "device", ""),
		   *index = conf_value(s, "index", NULL),
		   *called = conf_value(s, "name", NULL);
	char text[ADDR_TEXT];

	if (strcmp(flow_ip_text(&key->device, text), device) != 0)
		return false;
	if (index != NULL)
		return strtoul(index, NULL, 10) == key->index;
	return called != NULL && strcmp(called, name) == 0;
}

/* What the operator says of it holds: the line behind a port is often slower than the
 * port. */
static void
apply_words(struct interface *i)
{
	struct msg_interface *m = &i->is;
	const struct conf_section *group =
	    conf_child(conf_top(state_conf(), "Collector"), "interfaces");

	i->titled = false;
	for (const struct conf_section *s = group == NULL ? NULL : group->first;
	     s != NULL; s = s->next) {
		const char *speed = conf_value(s, "speed", NULL),
			   *title = conf_value(s, "title", NULL);

		if (!is_about(s, &m->key, m->names.name))
			continue;
		snprintf(m->names.alias, sizeof m->names.alias, "%s",
		    title != NULL ? title : s->name);
		i->titled = title != NULL && *title != '\0';
		if (speed != NULL)
			if_speed_parse(speed, m->names.speed);
		return;
	}
}

/* --- messages -------------------------------------------------------------------- */

static void
drop_entry(struct entry *e)
{
	HASH_DEL(interfaces.all, e);
	free(e->interface.line);
	free(e);
	free(interfaces.list);
	interfaces.list = NULL;
}

static int
on_interface(struct msg_in *in)
{
	struct msg_interface m;
	struct entry *e;

	if (msg_get_interface(in, &m) != 0)
		return -1;
	HASH_FIND(hh, interfaces.all, &m.key, sizeof m.key, e);
	if (m.gone) {
		if (e != NULL)
			drop_entry(e);
		return 0;
	}
	if (e == NULL) {
		if (HASH_COUNT(interfaces.all) >= INTERFACES_MAX)
			return 0;
		e = mem_zero(1, sizeof *e);
		e->key = m.key;
		HASH_ADD(hh, interfaces.all, key, sizeof e->key, e);
		free(interfaces.list);
		interfaces.list = NULL;
	}
	e->interface.is = m;
	apply_words(&e->interface);
	e->interface.told_ns = clock_mono_ns();
	return 0;
}

/* Of an interface that we heard of: the recorder tells of both. */
static int
on_line(struct msg_in *in)
{
	struct msg_line m;
	struct entry *e;

	if (msg_get_line(in, &m) != 0)
		return -1;
	HASH_FIND(hh, interfaces.all, &m.key, sizeof m.key, e);
	if (e == NULL)
		return 0;
	if (e->interface.line == NULL)
		e->interface.line = mem_alloc(sizeof m);
	*e->interface.line = m;
	return 0;
}

static void
drop_gone_pollers(int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < interfaces.pollers; i++) {
		if (now - interfaces.poller_told[i] > POLLER_GONE_NS)
			continue;
		interfaces.poller[kept] = interfaces.poller[i];
		interfaces.poller_told[kept++] = interfaces.poller_told[i];
	}
	interfaces.pollers = kept;
}

static int
on_poller(struct msg_in *in)
{
	int64_t now = clock_mono_ns();
	struct msg_poller m;
	size_t i = 0;

	if (msg_get_poller(in, &m) != 0)
		return -1;
	while (i < interfaces.pollers &&
	       (interfaces.poller[i].source != m.source ||
		   strcmp(interfaces.poller[i].name, m.name) != 0))
		i++;
	if (i == interfaces.pollers) {
		drop_gone_pollers(now);
		i = interfaces.pollers;
		if (i == POLLERS_MAX)
			return 0;
		interfaces.poller = mem_grow(interfaces.poller, i + 1, sizeof m);
		interfaces.poller_told =
		    mem_grow(interfaces.poller_told, i + 1, sizeof now);
		interfaces.pollers++;
	}
	interfaces.poller[i] = m;
	interfaces.poller_told[i] = now;
	return 0;
}

int
interfaces_message(struct msg_in *in)
{
	switch (in->type) {
	case MSG_INTERFACE:
		return on_interface(in);
	case MSG_LINE:
		return on_line(in);
	case MSG_POLLER:
		return on_poller(in);
	default:
		return msg_get_iftotals(in, &interfaces.totals);
	}
}

void
interfaces_forget(void)
{
	struct entry *e, *next;

	HASH_ITER(hh, interfaces.all, e, next)
		drop_entry(e);
	free(interfaces.poller);
	free(interfaces.poller_told);
	memset(&interfaces, 0, sizeof interfaces);
}

/* --- minutes that grow ------------------------------------------------------------ */

/* The tables of two minutes. */
struct growing {
	int64_t begin_s[2]; /* the one that is told by now, the one behind it */
};

static bool
skip_none(void *ctx, enum minute_by by, int64_t begin, bool final)
{
	(void)ctx, (void)by, (void)begin, (void) final;
	return false;
}

static void
set_growing(struct interface *i, int64_t begin_s, const struct minute_sum *sum)
{
	struct if_span *s = &i->growing;
	bool known = minute_ways_known(sum);

	*s = (struct if_span){ .minute = true,
		.begin_ms = begin_s * 1000,
		.known_ms = INTERFACE_STEP * 1000 };
	for (unsigned way = 0; way < IF_WAYS; way++) {
		enum minute_way from = way == IF_IN ? MINUTE_IN : MINUTE_OUT;

		s->count[IF_OCTETS][way] = known ? (double)sum->octets[from] : NAN;
		s->count[IF_PACKETS][way] = known ? (double)sum->packets[from] : NAN;
		s->count[IF_DISCARDS][way] = s->count[IF_ERRORS][way] = NAN;
	}
}

/* How many of T's rows are of devices that the operator does not name? */
static size_t
guest_rows(const struct minutetable *t)
{
	size_t guests = 0;

	for (size_t k = 0; k < t->rows; k++) {
		struct if_key key = if_key(&t->row[k].key.a, t->row[k].key.number);
		const struct entry *e;

		HASH_FIND(hh, interfaces.all, &key, sizeof key, e);
		guests += e == NULL || !e->interface.is.named;
	}
	return guests;
}

/* Of an exporter that tells of others, one that it does not tell of carried nothing;
 * but where senders whom nobody named had so many rows, one of theirs may have had no
 * room.
 */
static void
set_silent(const struct minutetable *t)
{
	static const struct minute_sum nothing;
	struct entry *e, *next;
	bool guests = guest_rows(t) < MINUTE_GUEST_INTERFACES;

	if (t->rest_rows > 0)
		return;
	HASH_ITER(hh, interfaces.all, e, next) {
		bool told = false;

		if (e->interface.growing.known_ms > 0 || !e->interface.is.flows ||
		    (!guests && !e->interface.is.named))
			continue;
		for (size_t k = 0; k < t->rows && !told; k++) {
			struct if_key key = if_key(&t->row[k].key.a, e->key.index);
			told = memcmp(&key, &e->key, sizeof key) == 0;
		}
		if (told)
			set_growing(&e->interface, t->begin_s, &nothing);
	}
}

/* The later minute is for those of whom the earlier one says nothing: they are new. */
static int
take_growing(void *ctx, const struct minutetable *t)
{
	const struct growing *g = ctx;
	struct entry *e;

	for (size_t k = 0; k < t->rows; k++) {
		struct if_key key = if_key(&t->row[k].key.a, t->row[k].key.number);

		HASH_FIND(hh, interfaces.all, &key, sizeof key, e);
		if (e != NULL &&
		    (t->begin_s == g->begin_s[0] || e->interface.growing.known_ms == 0))
			set_growing(&e->interface, t->begin_s, &t->row[k].sum);
	}
	if (t->begin_s == g->begin_s[0])
		set_silent(t);
	return 0;
}

static void
grow(void)
{
	int64_t now_s = clock_wall_s();
	int64_t minute_s = now_s - now_s % MINUTE_S;
	struct growing g = { { minute_s - TOLD_S - MINUTE_S, minute_s - MINUTE_S } };
	struct entry *e, *next;

	if (interfaces.grown == livetraffic_version() && interfaces.grown_s == minute_s)
		return;
	interfaces.grown = livetraffic_version();
	interfaces.grown_s = minute_s;
	HASH_ITER(hh, interfaces.all, e, next)
		e->interface.growing = (struct if_span){ .known_ms = 0 };
	for (unsigned k = 0; k < 2; k++)
		livetraffic_each(1U << MINUTE_INTERFACE, g.begin_s[k],
		    g.begin_s[k] + MINUTE_S, skip_none, take_growing, &g);
}

/* --- asking ---------------------------------------------------------------------- */

static int
by_key(const void *a, const void *b)
{
	const struct if_key *x = &(*(struct interface *const *)a)->is.key,
			    *y = &(*(struct interface *const *)b)->is.key;
	int order =
	    x->device.len != y->device.len
		? x->device.len - y->device.len
		: memcmp(x->device.bytes, y->device.bytes, sizeof x->device.bytes);

	return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

struct interface *const *
interfaces_list(size_t *count)
{
	struct entry *e, *next;
	size_t n = 0;

	grow();
	*count = HASH_COUNT(interfaces.all);
	if (interfaces.list != NULL || *count == 0)
		return interfaces.list;
	interfaces.list = mem_zero(*count, sizeof(struct interface *));
	HASH_ITER(hh, interfaces.all, e, next)
		interfaces.list[n++] = &e->interface;
	qsort(interfaces.list, n, sizeof(struct interface *), by_key);
	return interfaces.list;
}

const struct msg_poller *
interfaces_pollers(size_t *count)
{
	drop_gone_pollers(clock_mono_ns());
	*count = interfaces.pollers;
	return interfaces.poller;
}

const struct msg_iftotals *
interfaces_totals(void)
{
	return &interfaces.totals;
}

static bool
is_fresh(const struct if_span *s, int64_t now_ms)
{
	int64_t old_ms = (int64_t)s->known_ms * NOW_SAMPLES;

	return s->known_ms > 0 &&
	       s->begin_ms + s->known_ms > now_ms - (old_ms > NOW_MS ? old_ms : NOW_MS);
}

const struct if_span *
interface_now(const struct interface *i)
{
	int64_t now_ms = clock_wall_ns() / CLOCK_NS_PER_MS;

	return is_fresh(&i->is.now, now_ms) ? &i->is.now
	       : i->growing.known_ms > 0    ? &i->growing
					    : NULL;
}

const char *
interface_name(const struct interface *i, char *buf)
{
	if (i->titled)
		snprintf(buf, INTERFACE_TEXT, "%s", i->is.names.alias);
	else if (i->is.names.name[0] != '\0')
		snprintf(buf, INTERFACE_TEXT, "%s", i->is.names.name);
	else
		snprintf(
		    buf, INTERFACE_TEXT, "interface %u", (unsigned)i->is.key.index);
	return buf;
}

/* --- status ---------------------------------------------------------------------- */

static void
put_int(struct json *j, const char *key, uint64_t v)
{
	jw_key(j, key);
	jw_int(j, (int64_t)v);
}

static void
put_str(struct json *j, const char *key, const char *v)
{
	jw_key(j, key);
	jw_str(j, v[0] != '\0' ? v : NULL);
}

static void
put_poller(struct json *j, const struct msg_poller *p)
{
	jw_object(j);
	put_str(j, "name", p->name);
	put_str(j, "source", if_source_word((enum if_source)p->source));
	put_str(j, "address", p->address);
	put_int(j, "answers", p->answers);
	put_int(j, "failures", p->failures);
	put_int(j, "interfaces", p->interfaces);
	jw_key(j, "last");
	if (p->last_s > 0)
		jw_int(j, p->last_s);
	else
		jw_null(j);
	put_str(j, "trouble", p->text);
	jw_object_end(j);
}

/* Interfaces whose flows and counters differ. */
static void
put_differing(struct json *j)
{
	size_t count;
	struct interface *const *list = interfaces_list(&count);
	char text[ADDR_TEXT];

	jw_key(j, "differing");
	jw_array(j);
	for (size_t i = 0; i < count; i++) {
		const struct msg_interface *m = &list[i]->is;

		if (m->check != IF_CHECK_FACTOR)
			continue;
		jw_object(j);
		put_str(j, "device", flow_ip_text(&m->key.device, text));
		put_int(j, "index", m->key.index);
		put_str(j, "name", m->names.name);
		jw_key(j, "factor");
		jw_num(j, m->factor);
		jw_object_end(j);
	}
	jw_array_end(j);
}

void
interfaces_put(struct json *j)
{
	const struct msg_iftotals *t = interfaces_totals();
	size_t count;
	const struct msg_poller *p = interfaces_pollers(&count);

	jw_key(j, "interfaces");
	jw_object(j);
	/* The collector tells of its counters before the recorder does. */
	put_int(j, "known",
	    HASH_COUNT(interfaces.all) > t->interfaces ? HASH_COUNT(interfaces.all)
						       : t->interfaces);
	put_int(j, "counted", t->interfaces);
	put_int(j, "samples", t->samples);
	put_int(j, "resets", t->resets);
	put_int(j, "wraps", t->wraps);
	put_int(j, "gaps", t->gaps);
	put_int(j, "doubts", t->doubts);
	put_int(j, "no_room", t->no_room);
	put_differing(j);
	jw_object_end(j);
	jw_key(j, "pollers");
	jw_array(j);
	for (size_t i = 0; i < count; i++)
		put_poller(j, &p[i]);
	jw_array_end(j);
}
