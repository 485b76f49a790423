#include "collector/lessons.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "collector/exporter.h"
#include "collector/sets.h"
#include "collector/template.h"

#define VERSION 2
#define VERSION_PLAIN 1 /* does not say from which ports they came */
#define SAMPLER_BYTES 15u
/* Of an exporter without samplers; of a template without its own bytes. */
#define EXPORTER_BYTES (16u + 16 + 8 + 4 + 4 + 1 + 2 + 8 + 8 + 8 + 4 + 4 + 2)
#define TEMPLATE_BYTES (4u + 1 + 8 + 2 + 2)

/* --- writing ---------------------------------------------------------------------- */

static bool
is_learned(const struct exporter *x)
{
	return x->templates != NULL || x->samplers != 0 || x->init_ms != 0 ||
	       x->active_s != 0;
}

/* Those that have something to be kept, and whose packets are not our own. */
static bool
is_kept(const struct exporter *x)
{
	return x->protocol != FLOW_PACKETS && is_learned(x);
}

static void
write_samplers(struct pack *p, const struct exporter *x, bool last)
{
	for (unsigned i = 0; i < x->samplers; i++) {
		if ((x->sampler[i].port == x->sampler_port) != last)
			continue;
		pack_u8(p, x->sampler[i].has_id);
		pack_u16(p, x->sampler[i].port);
		pack_u64(p, x->sampler[i].id);
		pack_u32(p, x->sampler[i].rate);
	}
}

static void
write_exporter(struct pack *p, const struct exporter *x)
{
	pack_bytes(p, x->key.address, 16);
	pack_bytes(p, x->key.agent, 16);
	pack_u64(p, x->key.domain);
	pack_u32(p, x->key.scope);
	pack_u32(p, x->key.port);
	pack_u8(p, (uint8_t)x->protocol);
	pack_u16(p, (uint16_t)addr_port(&x->address));
	pack_i64(p, x->first_ms < x->last_ms ? x->first_ms : x->last_ms);
	pack_i64(p, x->last_ms);
	pack_i64(p, x->init_ms);
	pack_u32(p, x->active_s);
	pack_u32(p, x->inactive_s);
	pack_u16(p, (uint16_t)x->samplers);
	/* Those of the port that told last are the last. */
	write_samplers(p, x, false);
	write_samplers(p, x, true);
}

static size_t
template_size(const struct template *t)
{
	return TEMPLATE_BYTES + t->raw_len;
}

/* Exporters that are guests, or those that are named, as many as leave LEFT bytes;
 * their places in the list by number, 1 for the first. *OUT: more by those that do not
 * fit. */
static void
write_exporters(struct pack *p, const struct exporters *e, bool guests, size_t left,
    uint32_t *place, uint32_t *count, uint32_t *out)
{
	for (const struct exporter *x = e->all; x != NULL; x = x->hh.next) {
		if (x->guest != guests || !is_kept(x))
			continue;
		if ((size_t)(p->end - p->at) <
		    left + EXPORTER_BYTES + x->samplers * SAMPLER_BYTES) {
			++*out;
			continue;
		}
		write_exporter(p, x);
		place[x->number] = ++*count;
	}
}

size_t
lessons_write(const struct exporters *e, uint8_t *buf, size_t size, uint32_t *left_out)
{
	uint32_t place[EXPORTERS_MAX] = { 0 }; /* in the list, by number */
	uint32_t count = 0;
	const struct template *t;
	struct pack p;

	pack_init(&p, buf, size);
	pack_u8(&p, VERSION);
	uint8_t *count_at = p.at;
	pack_u32(&p, 0);
	*left_out = 0;
	write_exporters(&p, e, false, 0, place, &count, left_out);
	/* A guest can use as many as it likes all the time; it gets what is left. */
	size_t named = 0;
	TAILQ_FOREACH(t, &e->by_use, use)
		named += t->exporter->guest ? 0 : template_size(t);
	write_exporters(&p, e, true, named, place, &count, left_out);
	size_t room = (size_t)(p.end - p.at), left = room > named ? room - named : 0;
	TAILQ_FOREACH_REVERSE(t, &e->by_use, template_list, use)
	{
		uint32_t at = place[t->exporter->number];

		if (at == 0 || (size_t)(p.end - p.at) < template_size(t) ||
		    (t->exporter->guest && left < template_size(t))) {
			++*left_out;
			continue;
		}
		if (t->exporter->guest)
			left -= template_size(t);
		pack_u32(&p, at - 1);
		pack_u8(&p, t->options);
		pack_u16(&p, t->port[0].port);
		pack_i64(&p, t->used_ms);
		pack_u16(&p, t->raw_len);
		pack_bytes(&p, t->raw, t->raw_len);
	}
	size_t len = pack_len(&p);
	pack_init(&p, count_at, sizeof count);
	pack_u32(&p, count);
	return len;
}

/* --- reading ---------------------------------------------------------------------- */

struct reading {
	struct exporters *e;
	int64_t now_ms;
	bool plain;
	struct exporter_key *key; /* of each; they may go again for want of room */
	bool (*may)(void *ctx, const struct addr *from, bool *guest);
	void *ctx;
};

static struct addr
address_of(const struct exporter_key *key, unsigned port)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct addr a = { .sa.sa_family = AF_INET6 };

	if (memcmp(key->address, mapped, sizeof mapped) == 0) {
		a.sa.sa_family = AF_INET;
		memcpy(&a.v4.sin_addr, key->address + 12, 4);
	} else {
		memcpy(&a.v6.sin6_addr, key->address, 16);
		a.v6.sin6_scope_id = key->scope;
	}
	addr_set_port(&a, port);
	return a;
}

static void
take_bytes(uint8_t *to, struct wire *w, size_t len)
{
	const uint8_t *bytes = wire_bytes(w, len);

	if (bytes != NULL)
		memcpy(to, bytes, len);
}

static bool
is_sound(
    const struct exporter_key *key, int64_t first_ms, int64_t last_ms, int64_t init_ms)
{
	return key->protocol > FLOW_UNKNOWN && key->protocol < FLOW_PACKETS &&
	       key->port <= UINT16_MAX && first_ms >= 0 && first_ms <= last_ms &&
	       init_ms >= 0;
}

/* W is bad when it is none. */
static struct exporter_key
read_exporter(struct reading *r, struct wire *w)
{
	struct exporter_key key;
	struct exporter *x = NULL;
	bool guest = false;

	memset(&key, 0, sizeof key);
	take_bytes(key.address, w, 16);
	take_bytes(key.agent, w, 16);
	key.domain = wire_u64(w);
	key.scope = wire_u32(w);
	key.port = wire_u32(w);
	key.protocol = wire_u8(w);
	struct addr from = address_of(&key, wire_u16(w));
	int64_t first_ms = wire_i64(w), last_ms = wire_i64(w), init_ms = wire_i64(w);
	uint32_t active = wire_u32(w), inactive = wire_u32(w);
	unsigned samplers = wire_u16(w);
	if (samplers > EXPORTER_SAMPLERS_MAX ||
	    !is_sound(&key, first_ms, last_ms, init_ms))
		w->bad = true;
	/* Who may send is looked at anew; guests had come one by one. */
	r->e->new_guests = (struct bucket){ 0 };
	if (wire_ok(w) && r->may(r->ctx, &from, &guest))
		x = exporters_get(r->e, &key, guest, r->now_ms);
	/* It may have sent already, and told some of it anew: that counts. */
	bool fresh = x != NULL && x->datagrams == 0;
	bool told = x != NULL && x->samplers > 0;
	if (fresh) {
		x->address = from;
		x->last_ms = last_ms < r->now_ms ? last_ms : r->now_ms;
	}
	if (x != NULL) {
		/* Our clock may have been set back since. */
		if (first_ms < x->first_ms)
			x->first_ms = first_ms;
		x->init_ms = x->init_ms == 0 ? init_ms : x->init_ms;
		x->active_s = x->active_s == 0 ? active : x->active_s;
		x->inactive_s = x->inactive_s == 0 ? inactive : x->inactive_s;
	}
	for (unsigned i = 0; i < samplers && wire_ok(w); i++) {
		unsigned has = wire_u8(w), port = r->plain ? 0 : wire_u16(w);
		uint64_t id = wire_u64(w);
		uint32_t rate = wire_u32(w);

		w->bad |= has > 1 || rate == 0;
		if (x == NULL || !wire_ok(w))
			continue;
		if (told)
			exporter_recall_sampler(r->e, x, port, has == 1, id, rate);
		else
			exporter_learn_sampler(r->e, x, port, has == 1, id, rate);
	}
	return key;
}

static void
read_template(struct reading *r, struct wire *w, uint32_t exporters)
{
	struct exporter *x;
	uint32_t at = wire_u32(w);
	unsigned options = wire_u8(w), port = r->plain ? 0 : wire_u16(w);
	int64_t used_ms = wire_i64(w);
	struct wire raw = wire_sub(w, wire_u16(w));

	if (!wire_ok(w) || at >= exporters || options > 1 || used_ms < 0) {
		w->bad = true;
		return;
	}
	if (used_ms > r->now_ms)
		return; /* how old it is nobody knows */
	HASH_FIND(hh, r->e->all, &r->key[at], sizeof r->key[at], x);
	/* Who was named may be a guest by now, who has less room. */
	if (x != NULL &&
	    sets_learn(r->e, x, port, options == 1, raw, used_ms, r->now_ms) != 0 &&
	    !x->guest)
		w->bad = true;
}

int
lessons_read(struct exporters *e, const uint8_t *data, size_t len, int64_t now_ms,
    bool (*may)(void *ctx, const struct addr *from, bool *guest), void *ctx,
    struct err *err)
{
	struct reading r = { .e = e, .now_ms = now_ms, .may = may, .ctx = ctx };
	struct wire w;

	wire_init(&w, data, len);
	unsigned version = wire_u8(&w);
	uint32_t count = wire_u32(&w);
	r.plain = version == VERSION_PLAIN;
	if (!wire_ok(&w) || (version != VERSION && !r.plain) || count > EXPORTERS_MAX ||
	    count > wire_left(&w) / EXPORTER_BYTES)
		return err_set(err,
		    "%zu bytes of version %u with %u exporters, expected "
		    "version %u and no more than fit",
		    len, version, count, VERSION);
	r.key = mem_zero(count + 1, sizeof *r.key);
	for (uint32_t i = 0; i < count && wire_ok(&w); i++)
		r.key[i] = read_exporter(&r, &w);
	while (wire_ok(&w) && wire_left(&w) > 0)
		read_template(&r, &w, count);
	free(r.key);
	if (!wire_ok(&w))
		return err_set(err, "byte %zu of %zu is nothing that was written there",
		    wire_offset(&w), len);
	return 0;
}
