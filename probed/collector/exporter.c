#include "collector/exporter.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "collector/nsel.h"
#include "collector/template.h"

#define EXPORTER_AGE_MS (24 * 3600 * 1000LL)
/* A guest who may go for a newcomer: silent for so long, or a new one for so long. */
#define GUEST_SILENT_MS (3600 * 1000LL)
#define PORT_SILENT_MS (900 * 1000LL) /* a proxy forgets a port sooner */
#define GUEST_NEW_SILENT_MS (60 * 1000LL)
/* New guests a second, and at once. */
#define GUESTS_RATE 4
#define GUESTS_BURST 64
/* Unknown samplers that are looked for among all exporters in a second: of an exporter,
 * and of a guest, who may have made the names up. */
#define LOOKS 2000
#define GUEST_LOOKS 100
#define AHEAD_MS (5 * 60 * 1000LL)
#define ELSEWHERE_MS (3600 * 1000LL)
/* How often an exporter is asked what other domains' samplers agree on: a second, and
 * at once. */
#define OTHERS_RATE 4
#define OTHERS_BURST 32
#define NO_PORT (UINT16_MAX + 1u)

/* --- the table -------------------------------------------------------------------- */

struct exporters *
exporters_new(void)
{
	struct exporters *e = mem_zero(1, sizeof *e);

	TAILQ_INIT(&e->by_use);
	return e;
}

static void
exporter_forget(struct exporters *e, struct exporter *x)
{
	template_drop_all(e, x);
	HASH_DEL(e->all, x);
	e->number[x->number] = false;
	e->count--;
	e->guests -= x->guest;
	e->version++;
	samples_free(x->samples);
	numbering_free(&x->numbering);
	free(x);
}

void
exporters_free(struct exporters *e)
{
	struct exporter *x, *next;

	HASH_ITER(hh, e->all, x, next)
		exporter_forget(e, x);
	rates_free(&e->rates);
	nsel_free(e->nsel);
	free(e);
}

struct exporter_key
exporter_key(const struct addr *from, enum flow_protocol protocol,
    const struct flow_ip *agent, uint64_t domain)
{
	struct exporter_key key;
	unsigned len;
	const uint8_t *bytes = addr_bytes(from, &len);

	memset(&key, 0, sizeof key);
	if (len == 4) {
		key.address[10] = key.address[11] = 0xff;
		memcpy(key.address + 12, bytes, 4);
	} else if (len == 16) {
		memcpy(key.address, bytes, 16);
		key.scope = from->v6.sin6_scope_id;
	}
	if (agent != NULL)
		memcpy(key.agent, agent->bytes, agent->len);
	key.domain = domain;
	key.protocol = protocol;
	return key;
}

/* How many of ADDRESS there are. */
static unsigned
exporter_domains(const struct exporters *e, const uint8_t address[16])
{
	const struct exporter *x;
	unsigned n = 0;

	for (x = e->all; x != NULL; x = x->hh.next)
		n += memcmp(x->key.address, address, 16) == 0;
	return n;
}

bool
bucket_take(struct bucket *b, uint32_t rate, uint32_t burst, int64_t now_ms)
{
	int64_t passed = now_ms - b->filled_ms;

	if (b->filled_ms == 0 || passed < 0 || passed >= 60000) {
		b->tokens = burst;
		b->filled_ms = now_ms;
	} else if (passed * rate >= 1000) {
		uint64_t tokens = b->tokens + (uint64_t)passed * rate / 1000;

		b->tokens = tokens < burst ? (uint32_t)tokens : burst;
		/* What is less than one is not lost. */
		b->filled_ms += (int64_t)((uint64_t)passed * rate / 1000 * 1000 / rate);
	}
	if (b->tokens == 0)
		return false;
	b->tokens--;
	return true;
}

static bool
exporter_is_new(const struct exporter *x, int64_t now_ms)
{
	return now_ms - x->first_ms < EXPORTER_NEW_MS;
}

/* The guest that may go for another one: of those that are silent, the one that was
 * heard longest ago; one who was heard for long may be silent for longer. */
static struct exporter *
exporters_idle_guest(const struct exporters *e, int64_t now_ms)
{
	struct exporter *best = NULL;

	for (struct exporter *x = e->all; x != NULL; x = x->hh.next) {
		bool brief = x->last_ms - x->first_ms < EXPORTER_NEW_MS;

		if (!x->guest || now_ms - x->last_ms <
				     (brief ? GUEST_NEW_SILENT_MS : GUEST_SILENT_MS))
			continue;
		if (best == NULL || x->last_ms < best->last_ms)
			best = x;
	}
	return best;
}

/* A proxy sends from a new port whenever it was silent for a while: of the ports of
 * ADDRESS that nothing came from since, the one that was heard longest ago. */
static struct exporter *
exporters_idle_port(
    const struct exporters *e, const uint8_t address[16], int64_t now_ms)
{
	struct exporter *best = NULL;

	for (struct exporter *x = e->all; x != NULL; x = x->hh.next)
		if (x->key.port != 0 && memcmp(x->key.address, address, 16) == 0 &&
		    now_ms - x->last_ms >= PORT_SILENT_MS &&
		    (best == NULL || x->last_ms < best->last_ms))
			best = x;
	return best;
}

/* Whoever is named takes the place of a guest, if need be. */
static struct exporter *
exporters_any_guest(const struct exporters *e)
{
	struct exporter *best = NULL;

	for (struct exporter *x = e->all; x != NULL; x = x->hh.next)
		if (x->guest && (best == NULL || x->last_ms < best->last_ms))
			best = x;
	return best;
}

static bool
exporters_make_room(
    struct exporters *e, const struct exporter_key *key, bool guest, int64_t now_ms)
{
	struct exporter *out = NULL;

	if (guest && !bucket_take(&e->new_guests, GUESTS_RATE, GUESTS_BURST, now_ms))
		return false;
	if (exporter_domains(e, key->address) >=
	    (guest ? EXPORTER_GUEST_DOMAINS_MAX : EXPORTER_DOMAINS_MAX)) {
		out = exporters_idle_port(e, key->address, now_ms);
		if (out == NULL)
			return false;
		exporter_forget(e, out);
	}
	if (guest ? e->guests < EXPORTER_GUESTS_MAX && e->count < EXPORTERS_MAX
		  : e->count < EXPORTERS_MAX)
		return true;
	out = guest ? exporters_idle_guest(e, now_ms) : exporters_any_guest(e);
	if (out == NULL)
		return false;
	exporter_forget(e, out);
	return true;
}

/* Two addresses that send in the name of one agent: a relay, or a forger. */
static void
exporters_compare_agent(struct exporters *e, struct exporter *x)
{
	static const uint8_t none[16];

	if (memcmp(x->key.agent, none, sizeof none) == 0)
		return;
	for (struct exporter *o = e->all; o != NULL; o = o->hh.next)
		if (memcmp(o->key.agent, x->key.agent, sizeof none) == 0 &&
		    memcmp(o->key.address, x->key.address, 16) != 0)
			o->agent_elsewhere = x->agent_elsewhere = true;
}

/* Is there another address, heard of not long ago, that has X's agent? */
static bool
is_elsewhere(const struct exporters *e, const struct exporter *x, int64_t now_ms)
{
	for (const struct exporter *o = e->all; o != NULL; o = o->hh.next)
		if (memcmp(o->key.agent, x->key.agent, sizeof x->key.agent) == 0 &&
		    memcmp(o->key.address, x->key.address, 16) != 0 &&
		    now_ms - o->last_ms <= ELSEWHERE_MS)
			return true;
	return false;
}

/* The operator named it since, or does so no more. */
static void
exporter_set_guest(struct exporters *e, struct exporter *x, bool guest)
{
	if (x->guest == guest)
		return;
	x->guest = guest;
	x->said_version = 0; /* whom it names as its agent counts, or no more */
	if (guest) {
		e->guests++;
		e->guest_template_bytes += x->template_bytes;
	} else {
		e->guests--;
		e->guest_template_bytes -= x->template_bytes;
	}
}

struct exporter *
exporters_get(
    struct exporters *e, const struct exporter_key *key, bool guest, int64_t now_ms)
{
	struct exporter *x;

	HASH_FIND(hh, e->all, key, sizeof *key, x);
	if (x != NULL) {
		exporter_set_guest(e, x, guest);
		if (now_ms - x->last_ms > ELSEWHERE_MS)
			exporters_compare_agent(e, x);
		return x;
	}
	if (!exporters_make_room(e, key, guest, now_ms))
		return NULL;
	x = mem_zero(1, sizeof *x);
	x->key = *key;
	x->protocol = (enum flow_protocol)key->protocol;
	x->domain = key->domain;
	x->first_ms = x->last_ms = now_ms;
	x->ahead_ms[0] = x->ahead_ms[1] = INT64_MIN;
	while (e->number[x->number])
		x->number++;
	e->number[x->number] = true;
	x->serial = ++e->serial;
	numbering_begin(&x->numbering, x->protocol);
	HASH_ADD(hh, e->all, key, sizeof x->key, x);
	e->count++;
	exporter_set_guest(e, x, guest);
	exporters_compare_agent(e, x);
	return x;
}

struct flow_ip
exporter_device(const struct exporter *x)
{
	if (x->agent.len != 0 && !x->guest)
		return x->agent;
	return exporter_from(x);
}

struct flow_ip
exporter_from(const struct exporter *x)
{
	struct addr from = x->address;

	addr_unmap(&from); /* a socket of both families maps IPv4 */
	return flow_ip_of(&from);
}

bool
exporters_may(struct exporters *e, struct exporter *x, int64_t now_ms)
{
	/* New ones share what one has, so that a thousand forged addresses are not
	 * listened to a thousand times as often. */
	struct bucket *b = exporter_is_new(x, now_ms) ? &e->new_datagrams : &x->bucket;

	return bucket_take(b, EXPORTER_GUEST_RATE, EXPORTER_GUEST_RATE, now_ms);
}

void
exporter_clock(struct exporter *x, int64_t export_ms, int64_t now_ms)
{
	int64_t ahead = export_ms - now_ms;

	if (now_ms - x->ahead_from_ms >= AHEAD_MS || now_ms < x->ahead_from_ms) {
		x->ahead_ms[1] = x->ahead_ms[0];
		x->ahead_ms[0] = INT64_MIN;
		x->ahead_from_ms = now_ms;
	}
	if (ahead > x->ahead_ms[0])
		x->ahead_ms[0] = ahead;
}

int64_t
exporter_ahead_ms(const struct exporter *x)
{
	return x->ahead_ms[0] > x->ahead_ms[1] ? x->ahead_ms[0] : x->ahead_ms[1];
}

void
exporters_sweep(struct exporters *e, int64_t now_ms)
{
	struct exporter *x, *next;

	template_sweep(e, now_ms);
	HASH_ITER(hh, e->all, x, next)
		if (now_ms - x->last_ms > EXPORTER_AGE_MS)
			exporter_forget(e, x);
	for (x = e->all; x != NULL; x = x->hh.next)
		x->agent_elsewhere = x->agent_elsewhere && is_elsewhere(e, x, now_ms);
}

/* --- sampling --------------------------------------------------------------------- */

/* Have the oldest go that is not PORT's. */
static bool
sampler_make_room(struct exporter *x, unsigned port)
{
	struct sampler *s = x->sampler;
	unsigned i = 0;

	while (i < x->samplers && s[i].port == port)
		i++;
	if (i == x->samplers)
		return false;
	x->samplers--;
	memmove(s + i, s + i + 1, (x->samplers - i) * sizeof *s);
	return true;
}

/* The place of a sampler among those of X; behind the last: it has none such. */
static unsigned
sampler_find(const struct exporter *x, unsigned port, bool has_id, uint64_t id)
{
	const struct sampler *s = x->sampler;
	unsigned i = 0;

	while (i < x->samplers && (s[i].port != port || s[i].has_id != has_id ||
				      (has_id && s[i].id != id)))
		i++;
	return i;
}

bool
exporter_learn_sampler(struct exporters *e, struct exporter *x, unsigned port,
    bool has_id, uint64_t id, uint32_t rate)
{
	struct sampler *s = x->sampler;
	unsigned i = sampler_find(x, port, has_id, id);

	if (i == EXPORTER_SAMPLERS_MAX) {
		if (!sampler_make_room(x, port))
			return false;
		e->no_room[CEILING_SAMPLERS]++;
		i = x->samplers;
	}
	if (i == x->samplers || s[i].rate != rate)
		e->version++, e->lessons++;
	x->sampler_port = (uint16_t)port;
	s[i] = (struct sampler){
		.id = id, .has_id = has_id, .port = (uint16_t)port, .rate = rate
	};
	if (i == x->samplers)
		x->samplers++;
	return true;
}

void
exporter_recall_sampler(struct exporters *e, struct exporter *x, unsigned port,
    bool has_id, uint64_t id, uint32_t rate)
{
	uint16_t told = x->sampler_port;

	if (x->samplers == EXPORTER_SAMPLERS_MAX ||
	    sampler_find(x, port, has_id, id) < x->samplers)
		return;
	exporter_learn_sampler(e, x, port, has_id, id, rate);
	x->sampler_port = told;
}

/* Whose samplers count for what X sends from PORT: its own; else those of the port that
 * told last, which it has taken the place of or which is another of its process's. */
static unsigned
sampler_port(const struct exporter *x, unsigned port)
{
	for (unsigned i = 0; i < x->samplers; i++)
		if (x->sampler[i].port == port)
			return port;
	return ports_apart(&x->ports, port, x->sampler_port) ? NO_PORT
							     : x->sampler_port;
}

/* The rate that all samplers of X have that PORT told of; 0 when they differ or there
 * is none. */
static uint32_t
exporter_one_rate(const struct exporter *x, unsigned port)
{
	uint32_t rate = 0;

	for (unsigned i = 0; i < x->samplers; i++) {
		if (x->sampler[i].port != port)
			continue;
		if (rate != 0 && x->sampler[i].rate != rate)
			return 0;
		rate = x->sampler[i].rate;
	}
	return rate;
}

/* The rate that all domains of X's address which have samplers agree on, or 0: some
 * exporters send their options under another domain than their data. */
static uint32_t
exporter_agreed(const struct exporters *e, const struct exporter *x)
{
	uint32_t rate = 0;

	for (const struct exporter *o = e->all; o != NULL; o = o->hh.next) {
		if (o == x || o->samplers == 0 || o->protocol != x->protocol ||
		    memcmp(o->key.address, x->key.address, 16) != 0)
			continue;
		uint32_t one = exporter_one_rate(o, o->sampler_port);
		if (one == 0 || (rate != 0 && one != rate))
			return 0;
		rate = one;
	}
	return rate;
}

static uint32_t
exporter_other_domains(const struct exporters *e, struct exporter *x)
{
	/* Version 0: nobody has a sampler. It is asked for each flow: who says another
	 * rate every time does not have us look at everybody every time. */
	if (x->others_version != e->version &&
	    bucket_take(&x->others_asked, OTHERS_RATE, OTHERS_BURST, x->last_ms)) {
		x->others_rate = exporter_agreed(e, x);
		x->others_version = e->version;
	}
	return x->others_rate;
}

/* Of the sampler that is called ID, as told of for FROM or, since a process may have
 * several sockets, as all ports did that told of it and are not another process's; 0: X
 * has none of that name. */
static uint32_t
exporter_sampler(const struct exporter *x, uint64_t id, unsigned from)
{
	unsigned port = sampler_port(x, from);
	uint32_t rate = 0;
	bool differ = false;

	for (unsigned i = 0; i < x->samplers; i++) {
		const struct sampler *s = &x->sampler[i];

		if (!s->has_id || s->id != id)
			continue;
		if (s->port == port)
			return s->rate;
		if (ports_apart(&x->ports, from, s->port))
			continue;
		differ |= rate != 0 && s->rate != rate;
		rate = s->rate;
	}
	return differ ? 0 : rate;
}

/* Of what PORT of X said without the name of a sampler; 0: nothing. */
static uint32_t
exporter_nameless(const struct exporter *x, unsigned port)
{
	for (unsigned i = 0; i < x->samplers; i++)
		if (!x->sampler[i].has_id && x->sampler[i].port == port)
			return x->sampler[i].rate;
	return 0;
}

/* What was answered of the sampler ID; NULL: it was not asked for lately. */
static struct exporter_elsewhere *
elsewhere_answer(struct exporter *x, uint64_t id)
{
	for (unsigned i = 0; i < EXPORTER_ELSEWHERE; i++)
		if (x->elsewhere[i].version != 0 && x->elsewhere[i].id == id)
			return &x->elsewhere[i];
	return NULL;
}

/* The rate of the sampler ID in other domains of X's address, where they agree; 0:
 * none has it. All exporters are looked at, so the answer is kept; it stands while
 * nobody may look again, whatever others say of theirs meanwhile. */
static uint32_t
exporter_elsewhere(const struct exporters *e, struct exporter *x, uint64_t id)
{
	struct exporter_elsewhere *answer = elsewhere_answer(x, id);
	double looks = x->guest ? GUEST_LOOKS : LOOKS;
	uint32_t rate = 0;

	if (e->version == 0) /* nobody has a sampler */
		return 0;
	if (answer != NULL && answer->version == e->version)
		return answer->rate;
	if (!bucket_take(&x->looks, looks, looks, x->last_ms))
		return answer != NULL ? answer->rate : 0;
	for (const struct exporter *o = e->all; o != NULL; o = o->hh.next) {
		uint32_t one = o == x || o->protocol != x->protocol ||
				       memcmp(o->key.address, x->key.address, 16) != 0
				   ? 0
				   : exporter_sampler(o, id, o->sampler_port);

		if (one != 0 && rate != 0 && one != rate) {
			rate = 0;
			break;
		}
		rate = one != 0 ? one : rate;
	}
	if (answer == NULL)
		answer = &x->elsewhere[x->elsewhere_next++ % EXPORTER_ELSEWHERE];
	*answer = (struct exporter_elsewhere){
		.id = id, .version = e->version, .rate = rate
	};
	return rate;
}

void
exporter_said(const struct exporters *e, struct exporter *x)
{
	static const struct flow_ip none;

	if (x->said_version == e->rates.version)
		return;
	x->said = rates_of(&e->rates, &x->address, x->guest ? &none : &x->agent);
	x->said_version = e->rates.version;
}

static bool
sampling_is(struct flow *flow, uint32_t rate, enum flow_sampling from)
{
	if (rate == 0)
		return false;
	flow->rate = rate;
	flow->rate_from = from;
	return true;
}

bool
exporter_sampling_said(const struct exporter *x, uint32_t interface, struct flow *flow)
{
	const struct ratelist *said = &x->said.rate;

	if (interface == 0)
		interface = flow->egress || flow->in == 0 ? flow->out : flow->in;
	return sampling_is(flow, ratelist_of(said, interface), SAMPLING_INTERFACE) ||
	       sampling_is(flow, said->rate, SAMPLING_OPERATOR);
}

void
exporter_sampling(const struct exporters *e, struct exporter *x,
    const struct sampling_hint *hint, struct flow *flow)
{
	if (exporter_sampling_said(x, hint->interface, flow) ||
	    sampling_is(flow, hint->rate, SAMPLING_RECORD))
		return;
	unsigned from = addr_port(&x->address);
	if (hint->has_sampler &&
	    sampling_is(
		flow, exporter_sampler(x, hint->sampler, from), SAMPLING_SAMPLER))
		return;
	if (hint->off) {
		sampling_is(flow, 1, SAMPLING_RECORD);
		return;
	}
	unsigned port = sampler_port(x, from);
	/* Of a sampler that nobody described nothing is known by what another takes. */
	bool found =
	    hint->has_sampler
		? sampling_is(
		      flow, exporter_nameless(x, port), SAMPLING_ONLY_SAMPLER) ||
		      sampling_is(flow, exporter_elsewhere(e, x, hint->sampler),
			  SAMPLING_OTHER_DOMAIN)
		: sampling_is(
		      flow, exporter_one_rate(x, port), SAMPLING_ONLY_SAMPLER) ||
		      (x->samplers == 0 &&
			  sampling_is(flow, exporter_other_domains(e, x),
			      SAMPLING_OTHER_DOMAIN));
	if (found || sampling_is(flow, x->said.fallback, SAMPLING_DEFAULT))
		return;
	sampling_is(flow, 1, SAMPLING_UNKNOWN);
}
