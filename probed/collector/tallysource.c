/* What the tally learns of exporters: who they are, and what of theirs counts. */
#include <netinet/in.h>
#include <string.h>

#include "collector/begins.h"
#include "collector/tallyparts.h"
#include "collector/witness.h"

#define PART_MINUTES 10

void
source_rank(const struct tally *t, struct source *s)
{
	unsigned place = inside_place(&t->prefer, s->word);

	if (place < t->prefer.count && place < WITNESS_UNRANKED)
		s->rank = (uint8_t)place;
	else
		s->rank = s->guest ? WITNESS_GUEST : WITNESS_UNRANKED;
}

static bool
is_address(const uint64_t a[2], const uint64_t b[2])
{
	return a[0] == b[0] && a[1] == b[1];
}

/* The slot of a source with ADDRESS, or where one would be. */
static uint16_t *
sender_at(struct tally *t, const uint64_t address[2])
{
	unsigned at = gather_hash(address, 2, t->secret) % TALLY_SENDERS;

	for (; t->sender[at] != 0; at = (at + 1) % TALLY_SENDERS) {
		const struct source *s = &t->source[t->sender[at] - 1];

		if (is_address(s->word, address) || is_address(s->from, address))
			break;
	}
	return &t->sender[at];
}

static void
learn_sender(struct tally *t, const uint64_t address[2], unsigned source)
{
	uint16_t *at = sender_at(t, address);

	if (*at == 0)
		*at = (uint16_t)(source + 1);
}

/* A source is new: who sends? Sources are few, and so are new ones. */
static void
learn_senders(struct tally *t)
{
	memset(t->sender, 0, sizeof t->sender);
	for (unsigned i = 0; i < EXPORTERS_MAX; i++) {
		const struct source *s = &t->source[i];

		if (s->serial == 0)
			continue;
		learn_sender(t, s->word, i);
		learn_sender(t, s->from, i);
	}
}

/* S tells of the interfaces of the address that it sends from, and is named. What it
 * told as a guest is its as well; not what others did who sent from its agent's
 * address. */
static void
name_interfaces(struct tally *t, const struct source *s)
{
	for (unsigned i = 0; i < TALLY_OPEN; i++)
		if (t->open[i].begun)
			open_minute_name(&t->open[i], s->word);
}

void
source_clear(struct source *s)
{
	ifset_clear(&s->in[0]);
	ifset_clear(&s->in[1]);
	begins_free(s->begins);
}

struct source *
source_of(struct tally *t, const struct exporter *x)
{
	struct source *s = &t->source[x->number];

	if (s->serial == x->serial && s->guest == x->guest)
		return s;
	/* The number was another's, or it was a guest: records may still be gathered.
	 */
	tally_drain(t);
	source_clear(s);
	struct source was = s->serial == x->serial ? *s : (struct source){ 0 };
	*s = (struct source){ .serial = x->serial,
		.guest = x->guest,
		.octets = was.octets,
		.late_octets = was.late_octets };
	memcpy(s->part, was.part, sizeof s->part);
	struct flow_ip device = exporter_device(x), from = exporter_from(x);
	inside_words(s->word, &device);
	inside_words(s->from, &from);
	learn_senders(t);
	if (!s->guest && is_address(s->word, s->from))
		name_interfaces(t, s);
	s->samples = x->protocol == FLOW_SFLOW5;
	/* Interfaces whose packets are looked at have no address of their own; a device
	 * that tells of flows and of samples sees the same packets twice. */
	uint64_t tell[5] = { s->word[0], s->word[1], 0, 0, s->samples };
	memcpy(tell + 2, x->interface, sizeof x->interface);
	_Static_assert(sizeof x->interface == 16, "two words");
	s->device = gather_hash(tell, 5, t->secret) | 1;
	source_rank(t, s);
	t->several |= t->device != 0 && t->device != s->device;
	t->device = s->device;
	return s;
}

/* Who does not know where it came in has no two ways: of interface 0 it is asked
 * whether anything came in by one that is known. */
static bool
came_in(const struct ifset *in, uint32_t interface, uint64_t secret)
{
	return interface == 0 ? in->count > 0 : ifset_has(in, interface, secret);
}

static void
turn_hour(struct source *s, int64_t hour)
{
	if (s->hour == hour)
		return;
	ifset_clear(&s->in[1]);
	if (s->hour + 1 == hour)
		s->in[1] = s->in[0];
	else
		ifset_clear(&s->in[0]);
	s->in[0] = (struct ifset){ 0 };
	s->hour = hour;
}

/* Was F, of something that left, told of when it came in? softflowd calls the answers
 * of what it saw on one interface, if it names it at all, egress: they are not. */
bool
source_is_twice(struct source *s, const struct flow *f, int64_t now_ms, uint64_t secret)
{
	if (!(f->has & FLOW_HAS_EGRESS) || (f->in == f->out && f->in != 0))
		return false;
	turn_hour(s, now_ms / HOUR_MS);
	if (!f->egress)
		ifset_add(&s->in[0], f->in, secret);
	return f->egress &&
	       (came_in(&s->in[0], f->in, secret) || came_in(&s->in[1], f->in, secret));
}

/* A datagram of flows that is itself in a flow: an exporter that sees its own would be
 * heard for ever. Whatever else comes to our ports is traffic: it may be a flood. */
bool
source_is_own(struct tally *t, const struct gather_key *key, const struct source *s)
{
	if (key->proto != IPPROTO_UDP)
		return false;
	for (unsigned i = 0; i < t->set.ports; i++)
		if (key->dport == t->set.port[i])
			return is_address(key->src, s->word) ||
			       is_address(key->src, s->from) ||
			       (inside_of(&t->self, key->dst) == SIDE_OWN &&
				   *sender_at(t, key->src) != 0);
	return false;
}

struct hour_part *
source_part(const struct tally *t, struct source *s)
{
	int64_t number = t->now / PART_MINUTES;
	struct hour_part *p = &s->part[number % SOURCE_PARTS];

	if (p->number != number)
		*p = (struct hour_part){ .number = number };
	return p;
}

/* Does another source of S's device tell of interfaces, by records of flows? A guest,
 * who may send in its name, does not outdo one that is named. */
static bool
is_outdone(const struct tally *t, const struct source *s)
{
	for (unsigned i = 0; i < EXPORTERS_MAX; i++) {
		const struct source *o = &t->source[i];

		if (o->serial != 0 && !o->samples && o->guest <= s->guest &&
		    o->word[0] == s->word[0] && o->word[1] == s->word[1] &&
		    o->told + TALLY_OUTDONE > t->now)
			return true;
	}
	return false;
}

bool
source_tells(const struct tally *t, struct source *s)
{
	if (s->samples && s->asked != t->now) {
		s->asked = t->now;
		s->outdone = is_outdone(t, s);
	}
	if (s->outdone)
		return false;
	s->told = t->now;
	return true;
}

bool
source_is_device(
    const struct tally *t, const struct source *s, const uint64_t address[2])
{
	static const uint8_t loopback[13] = { [10] = 0xff, 0xff, 127 };

	if (is_address(s->word, address) || is_address(s->from, address))
		return true;
	/* This host has several, and may send from any of them. */
	return (memcmp(s->from, loopback, sizeof loopback) == 0 ||
		   inside_of(&t->self, s->from) == SIDE_OWN) &&
	       inside_of(&t->self, address) == SIDE_OWN;
}

bool
tally_tells(const struct tally *t, const struct exporter *x)
{
	const struct source *s = &t->source[x->number];

	return s->serial == x->serial && !s->outdone && s->told != 0 &&
	       s->told + TALLY_OUTDONE > t->now;
}

uint64_t
tally_octets(const struct tally *t, const struct exporter *x, uint64_t *late)
{
	const struct source *s = &t->source[x->number];

	*late = s->serial == x->serial ? s->late_octets : 0;
	return s->serial == x->serial ? s->octets : 0;
}

uint64_t
tally_hour(const struct tally *t, const struct exporter *x, uint64_t *late)
{
	const struct source *s = &t->source[x->number];
	int64_t number = t->now / PART_MINUTES;
	uint64_t octets = 0;

	*late = 0;
	for (unsigned i = 0; s->serial == x->serial && i < SOURCE_PARTS; i++)
		if (s->part[i].number > number - SOURCE_PARTS &&
		    s->part[i].number <= number) {
			octets += s->part[i].octets;
			*late += s->part[i].late_octets;
		}
	return octets;
}
