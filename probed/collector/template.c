#include "collector/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MINUTE_MS 60000
/* RFC 3954 leaves it open; RFC 7011 section 8.4: three times the refresh, which is
 * thirty minutes where nothing else is said. Data that decodes keeps a template. */
#define AGE_NETFLOW9_MS (6 * 3600 * 1000LL)
#define AGE_IPFIX_MS (90 * 60 * 1000LL)

/* --- variants --------------------------------------------------------------------- */

static struct template *
newest(const struct exporter *x, uint32_t id)
{
	struct template *t;

	HASH_FIND(hh, x->templates, &id, sizeof id, t);
	return t;
}

static unsigned
place_of(const struct template *t, unsigned port)
{
	unsigned i = 0;

	while (i < t->ports && t->port[i].port != port)
		i++;
	return i;
}

static void
leave_port(struct template *t, unsigned port)
{
	unsigned at = place_of(t, port);

	if (at == t->ports)
		return;
	t->ports--;
	memmove(t->port + at, t->port + at + 1, (t->ports - at) * sizeof *t->port);
}

/* T is what PORT has from now on, by its own word or as it FOLLOWS. */
static void
take_port(struct template *t, unsigned port, bool follows)
{
	if (t->ports != 0 && t->port[0].port == port && t->port[0].follows == follows)
		return;
	leave_port(t, port);
	if (t->ports == TEMPLATE_PORTS_MAX)
		t->ports--;
	memmove(t->port + 1, t->port, t->ports++ * sizeof *t->port);
	t->port[0] = (struct template_port){ (uint16_t)port, follows };
}

/* Take T out of the variants of its id. */
static void
unlink_variant(struct template *t)
{
	struct exporter *x = t->exporter;
	struct template *at = newest(x, t->id);

	if (at != t) {
		while (at->older != t)
			at = at->older;
		at->older = t->older;
		return;
	}
	HASH_DEL(x->templates, t);
	if (t->older != NULL)
		HASH_ADD(hh, x->templates, id, sizeof t->older->id, t->older);
}

/* Have T, which is none of the variants of its id, be the newest of them. */
static void
link_variant(struct template *t)
{
	struct exporter *x = t->exporter;

	t->older = newest(x, t->id);
	if (t->older != NULL)
		HASH_DEL(x->templates, t->older);
	HASH_ADD(hh, x->templates, id, sizeof t->id, t);
}

/* Have T be the oldest variant of its id. */
static void
move_last(struct template *t)
{
	struct template *at;

	unlink_variant(t);
	at = newest(t->exporter, t->id);
	t->older = NULL;
	if (at == NULL) {
		link_variant(t);
		return;
	}
	while (at->older != NULL)
		at = at->older;
	at->older = t;
}

struct template *
template_of(const struct exporter *x, uint32_t id, unsigned port)
{
	struct template *t = newest(x, id);

	while (t != NULL && place_of(t, port) == t->ports)
		t = t->older;
	return t;
}

/* Where there is no room for another variant of ID, the one goes that was used longest
 * ago: that of a process which is no more, perhaps. */
static void
limit_variants(struct exporters *e, const struct exporter *x, uint32_t id)
{
	struct template *oldest = NULL;
	unsigned count = 0;

	for (struct template *t = newest(x, id); t != NULL; t = t->older) {
		count++;
		if (oldest == NULL || t->used_ms <= oldest->used_ms)
			oldest = t;
	}
	if (count >= TEMPLATE_VARIANTS_MAX) {
		template_drop(e, oldest);
		e->no_room[CEILING_VARIANTS]++;
	}
}

/* --- use and age ------------------------------------------------------------------ */

void
template_drop(struct exporters *e, struct template *t)
{
	unlink_variant(t);
	TAILQ_REMOVE(&e->by_use, t, use);
	e->template_bytes -= t->bytes;
	if (t->exporter->guest)
		e->guest_template_bytes -= t->bytes;
	t->exporter->template_bytes -= t->bytes;
	free(t->raw);
	free(t);
}

void
template_withdraw(struct exporters *e, struct template *t, unsigned port)
{
	leave_port(t, port);
	if (t->ports == 0)
		template_drop(e, t);
}

void
template_withdraw_kind(
    struct exporters *e, struct exporter *x, unsigned port, bool options)
{
	struct template *t, *next, *of;

	HASH_ITER(hh, x->templates, t, next) {
		of = template_of(x, t->id, port);
		if (of != NULL && of->options == options)
			template_withdraw(e, of, port);
	}
}

void
template_drop_all(struct exporters *e, struct exporter *x)
{
	while (x->templates != NULL)
		template_drop(e, x->templates);
}

static bool
template_is_old(const struct template *t, int64_t now_ms)
{
	return now_ms - t->used_ms >
	       (t->exporter->protocol == FLOW_IPFIX ? AGE_IPFIX_MS : AGE_NETFLOW9_MS);
}

static void
template_use(struct exporters *e, struct template *t, int64_t now_ms)
{
	t->used_ms = now_ms;
	if (TAILQ_NEXT(t, use) == NULL)
		return;
	TAILQ_REMOVE(&e->by_use, t, use);
	TAILQ_INSERT_TAIL(&e->by_use, t, use);
}

/* Is T of other processes than who sends from PORT? */
static bool
is_others(const struct exporter *x, const struct template *t, unsigned port)
{
	unsigned i = 0;

	while (i < t->ports && t->port[i].port != port &&
	       ports_apart(&x->ports, port, t->port[i].port))
		i++;
	return i == t->ports;
}

struct template *
template_find(
    struct exporters *e, struct exporter *x, uint32_t id, unsigned port, int64_t now_ms)
{
	struct template *t = template_of(x, id, port);

	if (t == NULL)
		t = newest(x, id);
	while (t != NULL && is_others(x, t, port))
		t = t->older;
	if (t == NULL)
		return NULL;
	if (template_is_old(t, now_ms)) {
		template_drop(e, t);
		return NULL;
	}
	template_use(e, t, now_ms);
	return t;
}

void
template_backdate(
    struct exporters *e, struct template *t, int64_t used_ms, int64_t now_ms)
{
	if (t->used_ms > used_ms)
		return; /* since it is known better by now */
	t->used_ms = used_ms;
	move_last(t);
	TAILQ_REMOVE(&e->by_use, t, use);
	TAILQ_INSERT_HEAD(&e->by_use, t, use);
	if (template_is_old(t, now_ms))
		template_drop(e, t);
}

void
template_sweep(struct exporters *e, int64_t now_ms)
{
	struct template *t;

	while ((t = TAILQ_FIRST(&e->by_use)) != NULL && template_is_old(t, now_ms))
		template_drop(e, t);
}

/* --- compiling -------------------------------------------------------------------- */

/* The length of a record, the least where some fields are variable; 0 when it has
 * none, and -1 when it is too long. */
static int
template_len(const struct template_field *field, unsigned count, bool *variable)
{
	uint32_t len = 0;

	*variable = false;
	for (unsigned i = 0; i < count; i++) {
		if (field[i].len == TEMPLATE_VARIABLE) {
			*variable = true;
			len++; /* its own length, at least */
		} else {
			len += field[i].len;
		}
	}
	return len >= TEMPLATE_VARIABLE ? -1 : (int)len;
}

/* Can a field of KIND be read from LEN bytes? */
static bool
template_fits(enum field_kind kind, uint16_t len)
{
	switch (kind) {
	case FIELD_NUMBER:
		return len >= 1;
	case FIELD_FLOAT:
		return len == 4 || len == 8;
	case FIELD_IP4:
		return len == 4;
	case FIELD_IP6:
		return len == 16;
	case FIELD_MAC:
		return len == 6;
	case FIELD_BYTES:
		return len >= 1;
	case FIELD_NOTHING:
		break;
	}
	return false;
}

static void
template_compile(struct template *t, const struct template_field *field, unsigned count)
{
	uint16_t offset = 0;

	for (unsigned i = 0; i < count; i++) {
		enum field_slot slot = FIELD_SKIP;
		enum field_kind kind = FIELD_NOTHING;
		uint16_t len = field[i].len;
		bool read = field_known(field[i].pen, field[i].id, field[i].scope,
				&slot, &kind) &&
			    (len == TEMPLATE_VARIABLE ? kind == FIELD_BYTES
						      : template_fits(kind, len));

		/* RFC 7011, section 8: of fields that come again the first is the
		 * outermost, which is the flow that was measured. */
		if (read && field_in(&t->seen, slot))
			read = false;
		if (read && slot == F_SRC6 && !field_in(&t->seen, F_SRC4))
			t->six_first = true;
		if (read)
			t->seen.bits[slot / 64] |= 1ULL << slot % 64;
		if (read || t->variable)
			t->step[t->steps++] = (struct template_step){ .offset = offset,
				.len = len,
				.slot = (uint8_t)(read ? slot : FIELD_SKIP),
				.kind = (uint8_t)(read ? kind : FIELD_NOTHING) };
		if (!t->variable)
			offset = (uint16_t)(offset + len);
	}
}

/* --- defining --------------------------------------------------------------------- */

bool
template_may_change(struct exporter *x, int64_t now_ms)
{
	if (now_ms - x->changes_ms >= MINUTE_MS || now_ms < x->changes_ms) {
		x->changes_ms = now_ms;
		x->changes = 0;
	}
	return x->changes++ < EXPORTER_CHANGES_MAX;
}

/* Have the template of X (NULL: of anybody who is named) go that was used longest ago.
 */
static void
template_evict(struct exporters *e, const struct exporter *x)
{
	struct template *t;

	TAILQ_FOREACH(t, &e->by_use, use)
		if (x == NULL ? !t->exporter->guest : t->exporter == x) {
			template_drop(e, t);
			e->evicted++;
			return;
		}
}

static bool
template_is_full(const struct exporter *x, size_t bytes)
{
	return HASH_COUNT(x->templates) >=
		   (x->guest ? EXPORTER_GUEST_TEMPLATES_MAX : EXPORTER_TEMPLATES_MAX) ||
	       (x->template_bytes + bytes > (x->guest
						    ? EXPORTER_GUEST_TEMPLATE_BYTES_MAX
						    : EXPORTER_TEMPLATE_BYTES_MAX) &&
		   x->templates != NULL);
}

/* Room for BYTES more, and for one more of X: its own go first. All guests' shares
 * together are no more than is to spare for them. */
static void
template_make_room(struct exporters *e, const struct exporter *x, size_t bytes)
{
	while (template_is_full(x, bytes))
		template_evict(e, x);
	while (
	    !x->guest && e->template_bytes != e->guest_template_bytes &&
	    e->template_bytes - e->guest_template_bytes + bytes > TEMPLATES_BYTES_MAX)
		template_evict(e, NULL);
}

static bool
is_alike(const struct template *t, bool options, const uint8_t *raw, size_t raw_len)
{
	return t->options == options && t->raw_len == raw_len &&
	       memcmp(t->raw, raw, raw_len) == 0;
}

/* Ports that will have what another one has defined. */
struct followers {
	uint16_t port[TEMPLATE_PORTS_MAX];
	unsigned count;
};

/* PORT defines template ID by KEPT, or anew where that is NULL: what else it has goes,
 * and that of those that follow it where it was the same: ports whose numbers look like
 * those of one process may be two, as long as their numbers are close. */
static void
leave_older(struct exporters *e, struct exporter *x, uint32_t id, unsigned port,
    const struct template *kept, struct followers *f)
{
	struct template *t = template_of(x, id, port), *older;
	const struct template *was = t;

	/* It was to follow another one, and does not. */
	if (t != NULL && t != kept && t->port[place_of(t, port)].follows)
		ports_own(&x->ports, port);
	f->count = 0;
	for (t = newest(x, id); t != NULL; t = older) {
		older = t->older;
		if (t == kept)
			continue;
		for (unsigned i = t->ports; i-- > 0;) {
			unsigned other = t->port[i].port;
			bool follows = t == was && ports_follow(&x->ports, other, port);

			if (follows && f->count < TEMPLATE_PORTS_MAX)
				f->port[f->count++] = (uint16_t)other;
			if (follows || other == port)
				leave_port(t, other);
		}
		if (t->ports == 0)
			template_drop(e, t);
	}
}

static void
take_ports(struct template *t, unsigned port, const struct followers *f)
{
	for (unsigned i = 0; i < f->count; i++)
		take_port(t, f->port[i], true);
	take_port(t, port, false);
}

/* The variant that is like that, which PORT has from now on; NULL when there is none.
 */
static struct template *
take_alike(struct exporters *e, struct exporter *x, uint32_t id, unsigned port,
    bool options, const uint8_t *raw, size_t raw_len)
{
	struct template *t = newest(x, id);
	struct followers f;

	while (t != NULL && !is_alike(t, options, raw, raw_len))
		t = t->older;
	if (t == NULL)
		return NULL;
	leave_older(e, x, id, port, t, &f);
	take_ports(t, port, &f);
	if (newest(x, id) != t) {
		unlink_variant(t);
		link_variant(t);
	}
	return t;
}

int
template_define(struct exporters *e, struct exporter *x, uint32_t id, unsigned port,
    bool options, const struct template_field *field, unsigned count,
    const uint8_t *raw, size_t raw_len, int64_t now_ms, const char **why)
{
	struct followers f;
	struct template *t;
	bool variable;
	int len = template_len(field, count, &variable);

	if (len <= 0) {
		*why = len == 0 ? "its records have no length"
				: "its records are too long";
		return -1;
	}
	t = take_alike(e, x, id, port, options, raw, raw_len);
	if (t != NULL) {
		if (now_ms >= t->used_ms)
			template_use(e, t, now_ms);
		return 0;
	}
	size_t bytes = sizeof *t + count * sizeof t->step[0] + raw_len;
	if ((newest(x, id) != NULL || template_is_full(x, bytes)) &&
	    !template_may_change(x, now_ms)) {
		*why = "its exporter changes templates too often";
		return -1;
	}
	leave_older(e, x, id, port, NULL, &f);
	limit_variants(e, x, id);
	template_make_room(e, x, bytes);
	t = mem_zero(1, sizeof *t + count * sizeof t->step[0]);
	t->exporter = x;
	t->id = id;
	t->options = options;
	t->variable = variable;
	t->len = (uint16_t)len;
	t->bytes = bytes;
	t->used_ms = now_ms;
	t->raw = mem_alloc(raw_len);
	memcpy(t->raw, raw, raw_len);
	t->raw_len = (uint16_t)raw_len;
	template_compile(t, field, count);
	take_ports(t, port, &f);
	link_variant(t);
	TAILQ_INSERT_TAIL(&e->by_use, t, use);
	e->lessons++;
	e->template_bytes += bytes;
	if (x->guest)
		e->guest_template_bytes += bytes;
	x->template_bytes += bytes;
	return 0;
}
