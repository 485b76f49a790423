#include "collector/sets.h"

#include <string.h>

#define SET_HEAD 4
#define SET_FIRST_DATA 256
#define PEN_BIT 0x8000

/* Where the walk is. */
struct walk {
	struct decoding *d;
	struct record_clock *clock;
	struct sets_count count;
	bool ipfix;
	unsigned port; /* where it came from */
};

/* --- templates -------------------------------------------------------------------- */

/* COUNT fields of a template, of which the first SCOPES are scopes. */
static int
set_fields(struct walk *k, struct wire *w, struct template_field *field, unsigned count,
    unsigned scopes)
{
	for (unsigned i = 0; i < count; i++) {
		uint16_t id = wire_u16(w), len = wire_u16(w);

		/* NetFlow v9 numbers its scopes apart, and has no enterprise bit. */
		field[i] = (struct template_field){
			.id = id, .len = len, .scope = !k->ipfix && i < scopes
		};
		if (k->ipfix && (id & PEN_BIT)) {
			field[i].id = id & (PEN_BIT - 1);
			field[i].pen = wire_u32(w);
		}
	}
	return wire_ok(w) ? 0 : -1;
}

static void
set_define(struct walk *k, struct wire *w, uint32_t id, unsigned count, unsigned scopes,
    bool options, const uint8_t *begin)
{
	static struct template_field field[TEMPLATE_FIELDS_MAX];
	struct decoding *d = k->d;
	const char *why;

	if (set_fields(k, w, field, count, scopes) != 0) {
		decoding_fault(d, FAULT_FLOW_TEMPLATE, begin,
		    "template %u of %u fields does not end within its set", id, count);
		return;
	}
	if (template_define(d->exporters, d->exporter, id, k->port, options, field,
		count, begin, (size_t)(w->at - begin), d->d->arrived_ms, &why) != 0)
		decoding_fault(
		    d, FAULT_FLOW_TEMPLATE, begin, "template %u: %s", id, why);
}

/* IPFIX: a template without fields is withdrawn; with the number of its set, all. */
static void
set_withdraw(struct walk *k, uint32_t id, bool options)
{
	struct decoding *d = k->d;
	struct template *t;

	if (!template_may_change(d->exporter, d->d->arrived_ms))
		return;
	if (id < SET_FIRST_DATA) {
		template_withdraw_kind(d->exporters, d->exporter, k->port, options);
		return;
	}
	t = template_of(d->exporter, id, k->port);
	if (t != NULL)
		template_withdraw(d->exporters, t, k->port);
}

/* A set of templates: their id, how many fields, the fields. */
static void
set_templates(struct walk *k, struct wire w)
{
	while (wire_left(&w) >= 4) {
		const uint8_t *begin = w.at;
		uint32_t id = wire_u16(&w);
		unsigned count = wire_u16(&w);

		if (count == 0 && k->ipfix && (id >= SET_FIRST_DATA || id == 2)) {
			set_withdraw(k, id, false);
			continue;
		}
		if (!k->ipfix && id == 0 && count == 0)
			return; /* padding */
		if (id < SET_FIRST_DATA || count == 0 || count > TEMPLATE_FIELDS_MAX ||
		    count * 4 > wire_left(&w)) {
			decoding_fault(k->d, FAULT_FLOW_TEMPLATE, begin,
			    "template %u of %u fields in %zu bytes, expected an id from "
			    "256 on and 1 to %u fields that fit",
			    id, count, wire_left(&w), TEMPLATE_FIELDS_MAX);
			return;
		}
		set_define(k, &w, id, count, 0, false, begin);
		if (!wire_ok(&w))
			return;
	}
}

/* A set of options templates. NetFlow v9 gives the bytes of scope and option fields,
 * IPFIX their number. */
static void
set_options_templates(struct walk *k, struct wire w)
{
	while (wire_left(&w) >= 6) {
		const uint8_t *begin = w.at;
		uint32_t id = wire_u16(&w);
		unsigned first = wire_u16(&w), count, scopes;

		if (k->ipfix && first == 0 && (id >= SET_FIRST_DATA || id == 3)) {
			set_withdraw(k, id, true);
			continue;
		}
		unsigned second = wire_u16(&w);
		if (!k->ipfix && id == 0 && first == 0)
			return; /* padding */
		count = k->ipfix ? first : (first + second) / 4;
		scopes = k->ipfix ? second : first / 4;
		bool odd = !k->ipfix && (first % 4 != 0 || second % 4 != 0);
		if (id < SET_FIRST_DATA || count == 0 || count > TEMPLATE_FIELDS_MAX ||
		    scopes > count || odd || count * 4 > wire_left(&w)) {
			decoding_fault(k->d, FAULT_FLOW_TEMPLATE, begin,
			    "options template %u of %u fields, %u of them scopes, in %zu "
			    "bytes, expected an id from 256 on and 1 to %u fields that fit",
			    id, count, scopes, wire_left(&w), TEMPLATE_FIELDS_MAX);
			return;
		}
		set_define(k, &w, id, count, scopes, true, begin);
		if (!wire_ok(&w))
			return;
	}
}

int
sets_learn(struct exporters *e, struct exporter *x, unsigned port, bool options,
    struct wire raw, int64_t used_ms, int64_t now_ms)
{
	static const struct flow_sink nobody;
	struct datagram datagram = {
		.arrived_ms = used_ms, .data = raw.at, .len = wire_left(&raw)
	};
	struct decoding d = {
		.exporters = e, .exporter = x, .d = &datagram, .sink = &nobody
	};
	struct walk k = { .d = &d, .ipfix = x->protocol == FLOW_IPFIX, .port = port };
	struct wire peek = raw;
	uint32_t id = wire_u16(&peek);
	struct template *t;

	if ((x->protocol != FLOW_NETFLOW9 && x->protocol != FLOW_IPFIX) ||
	    id < SET_FIRST_DATA)
		return -1;
	if (template_of(x, id, port) != NULL)
		return 0;
	/* How many may change in a minute was asked when they came. */
	x->changes = 0;
	if (options)
		set_options_templates(&k, raw);
	else
		set_templates(&k, raw);
	t = template_of(x, id, port);
	if (t == NULL)
		return -1;
	template_backdate(e, t, used_ms, now_ms);
	return 0;
}

/* --- data ------------------------------------------------------------------------- */

/* Data of X wait for template ID. */
static void
note_wait(struct exporter *x, uint32_t id, int64_t now_ms)
{
	if (x->waits_ms == 0 ||
	    (x->waits_for != id && now_ms - x->waited_ms > EXPORTER_WAITS_MS)) {
		x->waits_for = id;
		x->waits_ms = now_ms;
	}
	if (x->waits_for == id)
		x->waited_ms = now_ms;
}

static void
set_data(struct walk *k, uint32_t id, struct wire w)
{
	static struct field_record record;
	struct decoding *d = k->d;
	struct template *t =
	    template_find(d->exporters, d->exporter, id, k->port, d->d->arrived_ms);

	if (t == NULL) {
		k->count.unknown = true;
		d->exporter->no_template++;
		note_wait(d->exporter, id, d->d->arrived_ms);
		decoding_fault(d, FAULT_FLOW_NO_TEMPLATE, w.at,
		    "data for template %u, which was not sent", id);
		return;
	}
	if (d->exporter->waits_for == id)
		d->exporter->waits_ms = 0;
	/* What is left of less than a record is padding. */
	while (wire_left(&w) >= t->len) {
		const uint8_t *begin = w.at;

		if (!record_read(t, &w, &record)) {
			/* Padding may look like the start of a record. */
			if (wire_left(&w) + (size_t)(w.at - begin) > 3)
				decoding_fault(d, FAULT_FLOW_SHORT, begin,
				    "a record of template %u does not end within its set",
				    id);
			return;
		}
		if (t->options) {
			k->count.options++;
			record_option(d, t, &record, begin);
			if (field_in(&t->seen, F_INIT_MS) && d->exporter->init_ms != 0)
				k->clock->init_ms = d->exporter->init_ms;
		} else {
			k->count.records++;
			record_flow(d, t, &record, k->clock, begin);
		}
	}
}

/* --- the walk --------------------------------------------------------------------- */

static void
set_one(struct walk *k, uint32_t id, struct wire w)
{
	if (id == (k->ipfix ? 2 : 0))
		set_templates(k, w);
	else if (id == (k->ipfix ? 3 : 1))
		set_options_templates(k, w);
	else if (id >= SET_FIRST_DATA)
		set_data(k, id, w);
	else
		decoding_fault(k->d, FAULT_FLOW_SET, w.at - SET_HEAD,
		    "a set with the reserved id %u", id);
}

static bool
all_zero(struct wire w)
{
	while (wire_left(&w) > 0)
		if (wire_u8(&w) != 0)
			return false;
	return true;
}

struct sets_count
sets_decode(struct decoding *d, struct wire w, struct record_clock *clock)
{
	struct walk k = { .d = d,
		.clock = clock,
		.ipfix = d->exporter->protocol == FLOW_IPFIX,
		.port = addr_port(&d->d->from) };

	while (wire_left(&w) >= SET_HEAD) {
		struct wire rest = w;
		uint32_t id = wire_u16(&w), len = wire_u16(&w);

		/* Some fill the rest of a datagram with zeroes. */
		if (id == 0 && len == 0 && all_zero(rest))
			break;
		if (len < SET_HEAD || len - SET_HEAD > wire_left(&w)) {
			decoding_fault(d, FAULT_FLOW_SET, rest.at,
			    "set %u of %u bytes, expected 4 to %zu", id, len,
			    wire_left(&rest));
			break;
		}
		set_one(&k, id, wire_sub(&w, len - SET_HEAD));
	}
	return k.count;
}
