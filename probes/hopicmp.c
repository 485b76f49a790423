/* Echo requests with the id and the checksum of a target's pings, so that routers that
 * share their load send both by one way. They leave by the sockets of icmp_io.h, and
 * their slots are those of a run that does not exist. */
#include "probes/hopicmp.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "probes/hopio.h"
#include "probes/icmp_impl.h"
#include "probes/icmp_reason.h"

#define HOP_SLOTS (ICMP_SLOT_NOBODY - ICMP_SLOT_HOPS)
#define HOP_SIZE 56

struct hop_shot {
	struct hopio *io; /* NULL: nobody waits for it any more */
	unsigned serial;
	uint32_t number; /* in the tag */
	uint16_t id, seq;
	int64_t mono, left; /* sent; by the driver, wall clock, 0: it has not said */
	int error;
};

static struct hop_shot hop_shots[HOP_SLOTS];
static uint32_t hop_next, hop_number;

struct hop_own {
	unsigned socket;
	struct icmp_way way;
};

static struct hop_shot *
hop_shot(uint32_t slot)
{
	return &hop_shots[slot - ICMP_SLOT_HOPS];
}

static struct echo_proof
hop_proof(uint32_t slot)
{
	const struct hop_shot *s = hop_shot(slot);

	return (struct echo_proof){ .slot = slot,
		.serial = s->number,
		.id = s->id,
		.seq = s->seq,
		.constant = true,
		.to = s->io->plan.to };
}

static int
hop_open(struct hopio *io, struct err *err)
{
	struct icmpsock_class class = { .family = io->plan.to.sa.sa_family };
	int socket = icmp.host == NULL ? -1 : icmp_io_choose(&class, io->plan.seed);

	if (socket < 0)
		return err_set(err, "no ICMP socket for %s",
		    class.family == AF_INET ? "IPv4" : "IPv6");
	struct hop_own *own = mem_zero(1, sizeof *own);
	own->socket = (unsigned)socket;
	own->way = (struct icmp_way){ .size = HOP_SIZE, .tos = -1 };
	if (io->plan.way != NULL)
		own->way = *io->plan.way;
	own->way.alone = true;
	own->way.stamp = true;
	if (own->way.size < ECHO_MARK + ECHO_LEVEL)
		own->way.size = ECHO_MARK + ECHO_LEVEL;
	io->own = own;
	return 0;
}

static void
hop_close(struct hopio *io)
{
	for (unsigned i = 0; i < HOP_SLOTS; i++)
		if (hop_shots[i].io == io)
			hop_shots[i].io = NULL;
	free(io->own);
}

static int
hop_send(struct hopio *io, unsigned ttl, unsigned serial)
{
	struct hop_own *own = io->own;
	uint32_t slot = ICMP_SLOT_HOPS + hop_next++ % HOP_SLOTS;
	struct hop_shot *s = hop_shot(slot);
	uint8_t head[ECHO_SENT];

	hop_number++;
	*s = (struct hop_shot){ .io = io,
		.serial = serial,
		.number = hop_number,
		.id = icmp_io_id(own->socket),
		.seq = (uint16_t)hop_number };
	struct echo_proof proof = hop_proof(slot);
	echo_write(head, icmp.host->key, &proof, own->way.size);
	icmp_remember(&proof);
	own->way.ttl = (int)ttl;
	icmp_io_put(own->socket, slot, head, &io->plan.to, &own->way);
	if (s->error == 0)
		return 0;
	s->io = NULL;
	errno = s->error;
	return -1;
}

static void
hop_receive(struct hopio *io)
{
	(void)io;
	probe_icmp.receive(icmp.host);
}

const struct hopio_type hopio_icmp = {
	.grain = 10 * CLOCK_NS_PER_MS,
	.open = hop_open,
	.close = hop_close,
	.send = hop_send,
	.receive = hop_receive,
};

/* --- told by icmp.c ------------------------------------------------------------------
 */

void
hopicmp_sent(uint32_t slot, int64_t mono_ns)
{
	hop_shot(slot)->mono = mono_ns;
}

void
hopicmp_not_sent(uint32_t slot, int error)
{
	hop_shot(slot)->error = error;
}

void
hopicmp_left(uint32_t slot, int64_t wall_ns)
{
	struct hop_shot *s = hop_shot(slot);

	if (s->left == 0)
		s->left = wall_ns;
}

/* By the best stamps that make sense: see verdict_answer(). */
static int64_t
hop_rtt(const struct hop_shot *s, int64_t stamp_ns)
{
	int64_t user = clock_mono_ns() - s->mono;
	int64_t kernel = stamp_ns - s->left;
	int64_t half = stamp_ns - (s->mono + icmp.offset);

	if (stamp_ns == 0 || s->mono <= icmp.stepped)
		return user;
	if (s->left != 0 && kernel > 0 && kernel <= user)
		return kernel;
	return half > 0 && half <= user ? half : user;
}

void
hopicmp_came(const struct icmp_came *c)
{
	const struct hop_shot *s = hop_shot(c->echo->slot);
	struct walk_answer a = { .from = *c->from, .why = PING_ANSWERED };

	if (s->io == NULL || s->mono == 0)
		return;
	struct echo_proof proof = hop_proof(c->echo->slot);
	if (c->echo->id != proof.id || c->echo->seq != proof.seq ||
	    !echo_proves(c->echo->tag, icmp.host->key, &proof))
		return;
	a.rtt_ns = hop_rtt(s, c->stamp_ns);
	if (c->ttl > 0 && c->ttl <= 255)
		a.ttl = (uint8_t)c->ttl;
	s->io->come(s->io->ctx, s->serial, &a);
}

bool
hopicmp_quoted(const struct icmp_refused *r, uint32_t slot)
{
	const struct hop_shot *s = hop_shot(slot);

	if (s->io == NULL || s->mono == 0)
		return false;
	struct echo_proof proof = hop_proof(slot);
	if (r->echo->id != proof.id || r->echo->seq != proof.seq)
		return false;
	return r->echo->marked ? echo_proves(r->echo->tag, icmp.host->key, &proof)
			       : addr_same_host(r->to, &s->io->plan.to);
}

void
hopicmp_refused(const struct icmp_refused *r, uint32_t slot, bool by_us)
{
	const struct hop_shot *s = hop_shot(slot);
	int family = s->io->plan.to.sa.sa_family;
	struct walk_answer a = { .from = *r->by, .rtt_ns = hop_rtt(s, r->stamp_ns) };
	enum ping_outcome why = icmp_reason(family, r->type, r->code, by_us);

	if (why == PING_ANSWERED)
		return;
	if (by_us)
		a.from.sa.sa_family = AF_UNSPEC;
	a.why = (uint8_t)why;
	if (r->ttl > 0 && r->ttl <= 255)
		a.ttl = (uint8_t)r->ttl;
	a.labels = hopicmp_labels(r->beyond, r->beyond_len, a.label);
	s->io->come(s->io->ctx, s->serial, &a);
}

/* --- extensions ---------------------------------------------------------------------
 */

uint8_t
hopicmp_labels(const uint8_t *data, size_t len, uint32_t label[HOP_LABELS])
{
	struct wire w;
	uint8_t labels = 0;

	wire_init(&w, data, len);
	if (wire_u8(&w) >> 4 != 2) /* version; the kernel has looked at the checksum */
		return 0;
	wire_skip(&w, 3);
	while (wire_ok(&w) && wire_left(&w) >= 4) {
		unsigned size = wire_u16(&w);
		unsigned class = wire_u8(&w);
		unsigned type = wire_u8(&w);
		struct wire object = wire_sub(&w, size < 4 ? wire_left(&w) : size - 4);

		while (class == 1 && type == 1 && labels < HOP_LABELS &&
		       wire_left(&object) >= 4)
			label[labels++] = wire_u32(&object) >> 12;
		if (size < 4)
			break;
	}
	return labels;
}
