#include "collector/windows.h"

#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "collector/gather.h"
#include "collector/inside.h"

#define SECONDS 5
/* Rates of long flows are kept in steps of so many seconds: 320 s ahead. */
#define STEP_S 20
#define STEPS 16
/* Registers of a count of distinct addresses (HyperLogLog: Flajolet, Fusy, Gandouet,
 * Meunier 2007); its standard error is 1.04 / sqrt(REGISTERS). */
#define REGISTERS 64
#define REGISTERS_ALPHA 0.709
#define REGISTERS_ERROR (1.04 / 8)
/* The same for each class, where it is asked whether they are many, and about how many:
 * a standard error of 18 %. */
#define CLASS_REGISTERS 32
#define CLASS_REGISTERS_ALPHA 0.697
/* Part of a threshold from which on hosts are noted. */
#define NOTED (1.0 / 3)
/* A host without traffic for so many seconds is not watched any more. */
#define IDLE_S 60
/* One side of an interval with 5 % outside of it on each. */
#define Z95 1.645
/* So many packets are needed where they are samples. */
#define SAMPLES_LEAST 25
/* Part of a threshold that one flow needs to take the place of another host. */
#define NOTABLE 0.05
/* A single second has to be so much above the threshold. */
#define SECOND_FACTOR 3
#define SLOTS (2 * WINDOWS_HOSTS)

struct cell {
	float packets, octets, packets_var, octets_var;
	float tcp, syn, udp, icmp, fragments; /* packets */
	uint64_t flows;
	uint32_t samples;
};

struct rate {
	float packets, octets, packets_var, octets_var;
};

struct class_cell {
	float packets, octets, packets_var, octets_var;
	uint32_t samples;
};

/* One class of packets (infer/vector.h), one way. */
struct class {
	struct class_cell cell[SECONDS];
	struct rate later[STEPS];
	uint8_t other[2][CLASS_REGISTERS];
	/* A vote (Boyer and Moore 1981) for the port that most have, by packets. */
	struct {
		uint16_t port;
		float weight, all;
	} vote[2];
};

struct way {
	struct class *class[VECTOR_CLASSES]; /* NULL: there was none of it yet */
	struct cell cell[SECONDS];
	struct rate later[STEPS];
	uint8_t other[2][REGISTERS]; /* this and the last SECONDS */
};

struct watched {
	uint64_t host[2], teller;
	uint32_t hash;
	bool heard[2];	      /* this way, since it is watched */
	uint64_t exporter[2]; /* who told of it last */
	int64_t last;	      /* tick */
	struct way way[2];
};

struct windows {
	uint64_t secret;
	struct windows_thresholds thresholds;
	struct watched *host; /* COUNT of ROOM */
	unsigned count, room;
	/* By hash: more of it << 16 | 1 + a host's number; 0: none. */
	uint32_t slot[SLOTS];
	int64_t tick, step; /* counted */
	int64_t begun_ms;   /* the second that runs; 0: none yet */
	double lasted[SECONDS];
	uint64_t crowded;
	bool is_crowded;
	uint64_t teller; /* of the last share */
	bool several;	 /* there was another one */
	void (*note)(void *ctx, const struct own_host *h);
};

/* --- hosts ------------------------------------------------------------------------ */

static void
clear(struct watched *h)
{
	for (unsigned way = 0; way < 2; way++)
		for (unsigned c = 0; c < VECTOR_CLASSES; c++)
			free(h->way[way].class[c]);
	memset(h, 0, sizeof *h);
}

static unsigned
number_in(uint32_t slot)
{
	return (slot & 0xffff) - 1;
}

static void
place(struct windows *w, unsigned number)
{
	uint32_t hash = w->host[number].hash;
	unsigned at = hash % SLOTS;

	while (w->slot[at] != 0)
		at = (at + 1) % SLOTS;
	w->slot[at] = (hash & 0xffff0000) | (number + 1);
}

/* Empty the slot of host NUMBER, and move those behind it that would not be found. */
static void
unplace(struct windows *w, unsigned number)
{
	unsigned at = w->host[number].hash % SLOTS, next;

	while (number_in(w->slot[at]) != number)
		at = (at + 1) % SLOTS;
	for (next = (at + 1) % SLOTS; w->slot[next] != 0; next = (next + 1) % SLOTS) {
		unsigned home = w->host[number_in(w->slot[next])].hash % SLOTS;

		if ((next - home) % SLOTS < (next - at) % SLOTS)
			continue;
		w->slot[at] = w->slot[next];
		at = next;
	}
	w->slot[at] = 0;
}

/* Packets in the second that runs. */
static float
current(const struct windows *w, const struct watched *h)
{
	unsigned at = (unsigned)(w->tick % SECONDS);

	return h->way[0].cell[at].packets + h->way[1].cell[at].packets;
}

/* Is S alone so much that it may take another's place at once? */
static bool
is_notable(const struct windows *w, const struct window_share *s)
{
	return s->packets > NOTABLE * w->thresholds.packets ||
	       s->octets > NOTABLE * w->thresholds.octets ||
	       s->flows > NOTABLE * w->thresholds.flows;
}

/* A place for one of HASH that has S; NULL when there is none for it. */
static struct watched *
make_room(struct windows *w, uint32_t hash, const struct window_share *s)
{
	unsigned number = w->count;

	if (w->count == WINDOWS_HOSTS) {
		w->crowded++;
		w->is_crowded = true;
		number = (hash >> 13) % WINDOWS_HOSTS;
		if (!is_notable(w, s) ||
		    current(w, &w->host[number]) >= (float)s->packets)
			return NULL;
		unplace(w, number);
		clear(&w->host[number]);
		return &w->host[number];
	}
	if (w->count++ == w->room) {
		w->room = w->room == 0 ? 16 : 2 * w->room;
		w->host = mem_grow(w->host, w->room, sizeof *w->host);
	}
	memset(&w->host[number], 0, sizeof w->host[number]);
	return &w->host[number];
}

static bool
is_of(const struct watched *h, const uint64_t host[2])
{
	return h->host[0] == host[0] && h->host[1] == host[1];
}

static struct watched *
watched(struct windows *w, const uint64_t host[2], const struct window_share *s)
{
	const uint64_t key[3] = { host[0], host[1], s->teller };
	uint32_t hash = (uint32_t)gather_hash(key, 3, w->secret);

	for (unsigned at = hash % SLOTS; w->slot[at] != 0; at = (at + 1) % SLOTS) {
		struct watched *h = &w->host[number_in(w->slot[at])];

		if (((w->slot[at] ^ hash) & 0xffff0000) == 0 &&
		    h->teller == s->teller && is_of(h, host))
			return h;
	}
	struct watched *h = make_room(w, hash, s);
	if (h == NULL)
		return NULL;
	memcpy(h->host, host, sizeof h->host);
	h->teller = s->teller;
	h->hash = hash;
	place(w, (unsigned)(h - w->host));
	return h;
}

static float
recent(const struct watched *h)
{
	float packets = 0;

	for (unsigned way = 0; way < 2; way++)
		for (unsigned i = 0; i < SECONDS; i++)
			packets += h->way[way].cell[i].packets;
	return packets;
}

static int
compare_floats(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* Hosts that are idle leave; and when there was no room, the lesser half, so that
 * newcomers whose packets come one by one find some. */
static void
drop_hosts(struct windows *w)
{
	static float packets[WINDOWS_HOSTS];
	float least = -1;
	unsigned kept = 0;

	if (w->is_crowded) {
		for (unsigned i = 0; i < w->count; i++)
			packets[i] = recent(&w->host[i]);
		qsort(packets, w->count, sizeof *packets, compare_floats);
		least = packets[w->count / 2];
	}
	for (unsigned i = 0; i < w->count; i++) {
		struct watched *h = &w->host[i];

		if (w->tick - h->last > IDLE_S || (least >= 0 && recent(h) <= least)) {
			clear(h);
			continue;
		}
		if (kept != i)
			w->host[kept] = *h;
		kept++;
	}
	w->is_crowded = false;
	if (kept == w->count)
		return;
	w->count = kept;
	memset(w->slot, 0, sizeof w->slot);
	for (unsigned i = 0; i < w->count; i++)
		place(w, i);
}

/* --- adding ----------------------------------------------------------------------- */

static void
add_now(struct cell *c, const struct window_share *s)
{
	float packets = (float)s->packets;

	c->packets += packets;
	c->octets += (float)s->octets;
	c->packets_var += (float)s->packets_var;
	c->octets_var += (float)s->octets_var;
	if (s->proto == IPPROTO_TCP)
		c->tcp += packets;
	else if (s->proto == IPPROTO_UDP)
		c->udp += packets;
	else if (s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6)
		c->icmp += packets;
	if (s->syn)
		c->syn += packets;
	if (s->fragment)
		c->fragments += packets;
	c->samples += s->samples;
}

/* Its mean rate, for as long as it lasted. */
static void
add_later(struct rate *later, int64_t step, const struct window_share *s)
{
	unsigned steps = s->lasts_s / STEP_S;
	float k;

	if (steps == 0)
		steps = 1;
	if (steps > STEPS - 1)
		steps = STEPS - 1;
	k = 1.0F / (float)(steps * STEP_S);
	for (unsigned i = 0; i < steps; i++) {
		struct rate *r = &later[(step + i) % STEPS];

		r->packets += (float)s->packets * k;
		r->octets += (float)s->octets * k;
		r->packets_var += (float)s->packets_var * k * k;
		r->octets_var += (float)s->octets_var * k * k;
	}
}

/* REGISTERS of them at OTHER. */
static void
add_other(uint8_t *other, unsigned registers, uint64_t hash)
{
	unsigned at = hash % registers;
	uint8_t rank = (uint8_t)(__builtin_ctzll(hash / registers | 1ULL << 57) + 1);

	if (other[at] < rank)
		other[at] = rank;
}

static void
add_vote(struct class *k, uint16_t port, float packets)
{
	k->vote[0].all += packets;
	if (k->vote[0].port == port)
		k->vote[0].weight += packets;
	else if (k->vote[0].weight >= packets)
		k->vote[0].weight -= packets;
	else {
		k->vote[0].weight = packets - k->vote[0].weight;
		k->vote[0].port = port;
	}
}

static void
add_class(const struct windows *w, struct way *way, const struct window_share *s)
{
	struct class **k = &way->class[s->class];

	if (*k == NULL)
		*k = mem_zero(1, sizeof **k);
	add_other((*k)->other[0], CLASS_REGISTERS, s->other);
	add_vote(*k, s->port, (float)s->packets);
	if (s->lasts_s != 0) {
		add_later((*k)->later, w->step, s);
		return;
	}
	struct class_cell *c = &(*k)->cell[w->tick % SECONDS];
	c->packets += (float)s->packets;
	c->octets += (float)s->octets;
	c->packets_var += (float)s->packets_var;
	c->octets_var += (float)s->octets_var;
	c->samples += s->samples;
}

void
windows_add(
    struct windows *w, const uint64_t host[2], bool out, const struct window_share *s)
{
	struct watched *h = watched(w, host, s);

	if (h == NULL)
		return;
	struct way *way = &h->way[out];
	struct cell *c = &way->cell[w->tick % SECONDS];
	h->last = w->tick;
	h->heard[out] = true;
	w->several |= w->teller != 0 && s->teller != 0 && w->teller != s->teller;
	if (s->teller != 0)
		w->teller = s->teller;
	c->flows += s->flows;
	if (s->lasts_s == 0)
		add_now(c, s);
	else
		add_later(way->later, w->step, s);
	add_other(way->other[0], REGISTERS, s->other);
	add_class(w, way, s);
	memcpy(h->exporter, s->exporter, sizeof h->exporter);
}

/* --- looking ---------------------------------------------------------------------- */

static struct suspicion_figure
figure(double value, double var)
{
	double d = Z95 * sqrt(var);

	return (struct suspicion_figure){ value, value > d ? value - d : 0, value + d };
}

static double
count_registers(const uint8_t *a, const uint8_t *b, unsigned registers, double alpha)
{
	double sum = 0, empty = 0, n;

	for (unsigned i = 0; i < registers; i++) {
		uint8_t rank = a[i] > b[i] ? a[i] : b[i];

		sum += ldexp(1, -rank);
		empty += rank == 0;
	}
	n = alpha * registers * registers / sum;
	/* Few of them are counted by the registers that are empty. */
	if (n <= 2.5 * registers && empty > 0)
		n = registers * log(registers / empty);
	return n;
}

static struct suspicion_figure
count_other(const struct way *way)
{
	double n = count_registers(
	    way->other[0], way->other[1], REGISTERS, REGISTERS_ALPHA);

	return figure(n, n * n * REGISTERS_ERROR * REGISTERS_ERROR);
}

static void
add_cell(struct cell *to, const struct cell *c)
{
	to->packets += c->packets;
	to->octets += c->octets;
	to->packets_var += c->packets_var;
	to->octets_var += c->octets_var;
	to->tcp += c->tcp;
	to->syn += c->syn;
	to->udp += c->udp;
	to->icmp += c->icmp;
	to->fragments += c->fragments;
	to->flows += c->flows;
	to->samples += c->samples;
}

static double
share(float part, float whole)
{
	return part >= whole ? 1 : part / whole;
}

/* What is too much in C of SECONDS, and the rate of long flows besides; FACTOR is on
 * the thresholds. Sets S and the greatest figure by its threshold. */
static double
look(const struct windows *w, const struct cell *c, const struct rate *later,
    double seconds, double factor, struct msg_suspicion *s)
{
	const struct windows_thresholds *t = &w->thresholds;
	double most = 0;

	s->packets = figure(c->packets / seconds + later->packets,
	    c->packets_var / seconds / seconds + later->packets_var);
	s->octets = figure(c->octets / seconds + later->octets,
	    c->octets_var / seconds / seconds + later->octets_var);
	s->flows = (double)c->flows / seconds;
	s->why = 0;
	/* Too few samples for a normal distribution. */
	if (c->packets_var > 0 && c->samples < SAMPLES_LEAST && later->packets == 0)
		return 0;
	if (s->packets.low > factor * t->packets)
		s->why |= SUSPICION_PACKETS;
	if (s->octets.low > factor * t->octets)
		s->why |= SUSPICION_OCTETS;
	if (s->flows > factor * t->flows)
		s->why |= SUSPICION_FLOWS;
	most = fmax(s->packets.low / t->packets,
	    fmax(s->octets.low / t->octets, s->flows / t->flows));
	return s->why == 0 ? 0 : most / factor;
}

/* The rest of a suspicion. */
static void
describe(
    const struct watched *h, bool out, const struct cell *c, struct msg_suspicion *s)
{
	s->out = out;
	s->samples = c->samples;
	inside_ip(&s->host, h->host);
	s->ends = count_other(&h->way[out]);
	if (c->packets <= 0)
		return;
	s->tcp = share(c->tcp, c->packets);
	s->syn = share(c->syn, c->packets);
	s->udp = share(c->udp, c->packets);
	s->icmp = share(c->icmp, c->packets);
	s->fragments = share(c->fragments, c->packets);
}

/* The greater suspicion of the two windows of H; 0: none. */
static double
look_at(
    const struct windows *w, const struct watched *h, bool out, struct msg_suspicion *s)
{
	const struct way *way = &h->way[out];
	const struct rate *later = &way->later[w->step % STEPS];
	const struct cell *now = &way->cell[w->tick % SECONDS];
	struct cell all = { 0 };
	struct msg_suspicion five = { 0 };
	double seconds = 0, one, most;

	for (unsigned i = 0; i < SECONDS; i++)
		if (w->lasted[i] > 0) {
			add_cell(&all, &way->cell[i]);
			seconds += w->lasted[i];
		}
	most = look(w, &all, later, seconds, 1, &five);
	one = look(w, now, later, w->lasted[w->tick % SECONDS], SECOND_FACTOR, s);
	if (most == 0 && one == 0)
		return 0;
	if (one > most) {
		s->window_ms = (uint32_t)(w->lasted[w->tick % SECONDS] * 1000);
		describe(h, out, now, s);
		return one;
	}
	*s = five;
	s->window_ms = (uint32_t)(seconds * 1000);
	describe(h, out, &all, s);
	return most;
}

/* --- the passing of seconds ------------------------------------------------------- */

struct found {
	double most;
	unsigned host;
	bool out;
};

static int
compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->most > y->most ? -1 : x->most < y->most;
}

/* Is the host of ONE, that way, among COUNT at FOUND, by another's word? */
static bool
is_told(const struct windows *w, const struct found *found, unsigned count,
    const struct found *one)
{
	for (unsigned i = 0; i < count; i++)
		if (found[i].out == one->out &&
		    is_of(&w->host[found[i].host], w->host[one->host].host))
			return true;
	return false;
}

static void
tell_all(struct windows *w, int64_t now_ms,
    void (*tell)(void *ctx, const struct msg_suspicion *s), void *ctx)
{
	static struct found found[2 * WINDOWS_HOSTS];
	unsigned count = 0, told = 0;
	struct msg_suspicion s;

	for (unsigned i = 0; i < w->count; i++)
		for (unsigned out = 0; out < 2; out++) {
			s = (struct msg_suspicion){ 0 };
			double most = look_at(w, &w->host[i], out, &s);

			if (most > 0)
				found[count++] = (struct found){ most, i, out };
		}
	qsort(found, count, sizeof *found, compare_found);
	for (unsigned i = 0; i < count && told < WINDOWS_TOLD; i++) {
		if (is_told(w, found, told, &found[i]))
			continue;
		found[told] = found[i];
		s = (struct msg_suspicion){ 0 };
		(void)look_at(w, &w->host[found[told].host], found[told].out, &s);
		told++;
		s.time_ms = now_ms;
		tell(ctx, &s);
	}
}

/* Octets and packets of WAY in the last seconds by their thresholds. */
static double
weight_of(const struct windows *w, const struct way *way, double seconds)
{
	const struct windows_thresholds *t = &w->thresholds;
	double packets = 0, octets = 0, flows = 0;

	for (unsigned i = 0; i < SECONDS; i++)
		if (w->lasted[i] > 0) {
			packets += way->cell[i].packets;
			octets += way->cell[i].octets;
			flows += way->cell[i].flows;
		}
	packets = packets / seconds + way->later[w->step % STEPS].packets;
	octets = octets / seconds + way->later[w->step % STEPS].octets;
	return fmax(
	    fmax(packets / t->packets, octets / t->octets), flows / seconds / t->flows);
}

/* What H exchanges OUT. Its teller may see the other way alone, where routes differ;
 * then it is what another one tells, the greatest. But who sees both ways is not
 * contradicted: answers that somebody made up would hide an attack. */
static const struct way *
way_of(const struct windows *w, const struct watched *h, bool out, double seconds)
{
	const struct way *greatest = &h->way[out];
	double most = 0;

	if (h->heard[out] || h->teller == 0 || !w->several)
		return greatest;
	for (unsigned i = 0; i < w->count; i++) {
		const struct watched *o = &w->host[i];

		if (!o->heard[out] || !is_of(o, h->host))
			continue;
		double weight = weight_of(w, &o->way[out], seconds);
		if (weight > most) {
			most = weight;
			greatest = &o->way[out];
		}
	}
	return greatest;
}

static struct vector_sum
sum_of(const struct windows *w, const struct class *k, double seconds)
{
	const struct rate *later = &k->later[w->step % STEPS];
	const unsigned newer = k->vote[0].all >= k->vote[1].all ? 0 : 1;
	struct vector_sum s = { 0 };

	for (unsigned i = 0; i < SECONDS; i++) {
		const struct class_cell *c = &k->cell[i];

		if (w->lasted[i] <= 0)
			continue;
		s.packets += c->packets;
		s.octets += c->octets;
		s.packets_var += c->packets_var;
		s.octets_var += c->octets_var;
		s.samples += c->samples;
	}
	s.packets = s.packets / seconds + later->packets;
	s.octets = s.octets / seconds + later->octets;
	s.packets_var = s.packets_var / seconds / seconds + later->packets_var;
	s.octets_var = s.octets_var / seconds / seconds + later->octets_var;
	s.ends = count_registers(
	    k->other[0], k->other[1], CLASS_REGISTERS, CLASS_REGISTERS_ALPHA);
	s.port = k->vote[newer].port;
	/* What is left to a part P of all is (2P - 1) of it. */
	s.port_rules = s.port != 0 && k->vote[newer].weight >= 0.5F * k->vote[newer].all;
	return s;
}

static void
note(const struct windows *w, const struct watched *h, double seconds, int64_t now_ms,
    void *ctx)
{
	struct own_host m = { .time_ms = now_ms,
		.window_ms = (uint32_t)(seconds * 1000) };

	inside_ip(&m.host, h->host);
	inside_ip(&m.exporter, h->exporter);
	for (unsigned out = 0; out < 2; out++) {
		const struct way *way = way_of(w, h, out, seconds);

		for (unsigned i = 0; i < SECONDS; i++)
			if (w->lasted[i] > 0)
				m.way[out].flows += way->cell[i].flows / seconds;
		for (unsigned c = 0; c < VECTOR_CLASSES; c++)
			if (way->class[c] != NULL)
				m.way[out].class[c] = sum_of(w, way->class[c], seconds);
	}
	w->note(ctx, &m);
}

/* Hosts of which there may be more to say. */
static void
note_all(const struct windows *w, int64_t now_ms, void *ctx)
{
	static struct found found[WINDOWS_HOSTS];
	unsigned count = 0;
	double seconds = 0;

	for (unsigned i = 0; i < SECONDS; i++)
		seconds += w->lasted[i] > 0 ? w->lasted[i] : 0;
	if (w->note == NULL || seconds <= 0)
		return;
	for (unsigned i = 0; i < w->count; i++) {
		const struct way *way = w->host[i].way;
		double weight = fmax(
		    weight_of(w, &way[0], seconds), weight_of(w, &way[1], seconds));

		if (weight >= NOTED)
			found[count++] = (struct found){ weight, i, false };
	}
	qsort(found, count, sizeof *found, compare_found);
	for (unsigned i = 0; i < count && i < WINDOWS_NOTED; i++)
		note(w, &w->host[found[i].host], seconds, now_ms, ctx);
}

static void
turn_class(struct class *k, int64_t tick, int64_t step, int64_t gone, bool block)
{
	k->cell[tick % SECONDS] = (struct class_cell){ 0 };
	for (int64_t i = 0; i < gone; i++)
		k->later[(step + i) % STEPS] = (struct rate){ 0 };
	if (!block)
		return;
	memcpy(k->other[1], k->other[0], CLASS_REGISTERS);
	memset(k->other[0], 0, CLASS_REGISTERS);
	k->vote[1] = k->vote[0];
	k->vote[0].port = 0;
	k->vote[0].weight = k->vote[0].all = 0;
}

/* What is over makes room for what comes. */
static void
turn(struct windows *w, int64_t now_ms)
{
	int64_t step = now_ms / 1000 / STEP_S;
	/* Of a clock that stepped nothing is left. */
	int64_t gone =
	    step >= w->step && step - w->step < STEPS ? step - w->step : STEPS;
	bool block = ++w->tick % SECONDS == 0;

	for (unsigned i = 0; i < w->count; i++)
		for (unsigned out = 0; out < 2; out++) {
			struct way *way = &w->host[i].way[out];

			way->cell[w->tick % SECONDS] = (struct cell){ 0 };
			for (int64_t k = 0; k < gone; k++)
				way->later[(w->step + k) % STEPS] = (struct rate){ 0 };
			for (unsigned c = 0; c < VECTOR_CLASSES; c++)
				if (way->class[c] != NULL)
					turn_class(way->class[c], w->tick, w->step,
					    gone, block);
			if (!block)
				continue;
			memcpy(way->other[1], way->other[0], REGISTERS);
			memset(way->other[0], 0, REGISTERS);
		}
	w->step = step;
}

void
windows_tick(struct windows *w, int64_t now_ms,
    void (*tell)(void *ctx, const struct msg_suspicion *s), void *ctx)
{
	int64_t lasted = now_ms - w->begun_ms;

	/* The first, and one of a clock that stepped, are of no known length. */
	if (w->begun_ms != 0 && lasted > 0 && lasted < 60000) {
		w->lasted[w->tick % SECONDS] = (double)lasted / 1000;
		tell_all(w, now_ms, tell, ctx);
		note_all(w, now_ms, ctx);
	} else {
		w->lasted[w->tick % SECONDS] = 0;
	}
	w->begun_ms = now_ms;
	turn(w, now_ms);
	drop_hosts(w);
}

/* --- life ------------------------------------------------------------------------- */

struct windows *
windows_new(uint64_t secret)
{
	struct windows *w = mem_zero(1, sizeof *w);

	w->secret = secret;
	return w;
}

void
windows_free(struct windows *w)
{
	for (unsigned i = 0; i < w->count; i++)
		clear(&w->host[i]);
	free(w->host);
	free(w);
}

void
windows_configure(struct windows *w, const struct windows_thresholds *t)
{
	w->thresholds = *t;
}

void
windows_note(struct windows *w, void (*tell)(void *ctx, const struct own_host *h))
{
	w->note = tell;
}

uint64_t
windows_crowded(const struct windows *w)
{
	return w->crowded;
}

unsigned
windows_count(const struct windows *w)
{
	return w->count;
}
