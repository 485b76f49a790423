/* What came back: which ping it belongs to, what its time is, what an error means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "link/msg.h"
#include "prober/schedule.h"
#include "probes/hopicmp.h"
#include "probes/icmp_impl.h"
#include "probes/icmp_io.h"
#include "probes/icmp_reason.h"

/* A kernel's stamp may seem this much too early: our reading of the clocks' distance is
 * no better while we are being put aside. */
#define VERDICT_SLACK_NS CLOCK_NS_PER_MS

/* --- replies ---------------------------------------------------------------------- */

void
icmp_left(uint32_t slot, int64_t wall_ns)
{
	struct probe_run *run = slot == ICMP_SLOT_NOBODY ? NULL : icmp_slot_run(slot);
	struct icmp_shot *shot = icmp_slot_shot(slot);

	if (hopicmp_slot(slot))
		hopicmp_left(slot, wall_ns);
	if (run == NULL || shot == NULL || shot->left_wall != 0)
		return;
	/* Not this packet's, where the kernel counts and we count otherwise. */
	if (wall_ns < shot->sent_mono + icmp.offset - VERDICT_SLACK_NS) {
		if (shot->sent_mono > icmp.stepped)
			icmp.host->counters->stamp_faults++;
		return;
	}
	shot->left_wall = wall_ns;
	run->opts->stamped = true;
}

void
icmp_left_near(uint32_t slot, int64_t wall_ns)
{
	struct icmp_shot *shot = slot == ICMP_SLOT_NOBODY ? NULL : icmp_slot_shot(slot);

	if (shot != NULL && shot->left_wall == ICMP_UNASKED &&
	    wall_ns >= shot->sent_mono + icmp.offset - VERDICT_SLACK_NS)
		shot->left_wall = -wall_ns;
}

/* An answer to ping SHOT of RUN: its time by the best stamps that make sense. */
static void
verdict_answer(struct probe_run *run, unsigned seq, const struct icmp_shot *shot,
    const struct icmp_came *c)
{
	/* The wall clock was set while it was on its way: no stamps to trust, and our
	 * own reading may be a tick late. */
	if (shot->sent_mono <= icmp.stepped) {
		probe_lost(run, seq, PING_STALLED, true);
		return;
	}
	if (c->ttl > 0 && c->ttl <= 255)
		probe_ttl(run, (uint8_t)c->ttl);
	if (run->opts->way.tos >= 0 && c->tos >= 0)
		probe_extra(run, EXTRA_CLASS, c->tos);
	run->opts->answered = true;
	if (c->stamp_ns != 0 && shot->left_wall == 0)
		run->opts->stamped = false; /* its way out does not stamp */
	bool near = shot->left_wall < ICMP_UNASKED;
	int64_t left = near ? -shot->left_wall : shot->left_wall;
	int64_t sent = shot->sent_mono + icmp.offset;
	int64_t user = c->wall_ns - sent;
	int64_t kernel = c->stamp_ns - left;
	int64_t half = c->stamp_ns - sent;
	bool both = c->stamp_ns != 0 && left > 0 && !run->opts->as_fping;
	if (both && kernel > 0 && kernel <= user) {
		probe_reply(run, seq, kernel, near ? STAMP_KERNEL_NEAR : STAMP_KERNEL);
		return;
	}
	if (both)
		icmp.host->counters->stamp_faults++;
	if (c->stamp_ns != 0 && half > 0 && half <= user)
		probe_reply(run, seq, half, STAMP_KERNEL_RX);
	else
		probe_reply(run, seq, user, STAMP_USER);
}

/* A genuine reply to RUN's ping, by the wrong one: a host of several addresses, or a
 * translator on the way. */
static void
verdict_stranger(struct probe_run *run, const struct addr *from)
{
	char text[2 * ADDR_TEXT + 64], by[ADDR_TEXT], to[ADDR_TEXT];

	snprintf(text, sizeof text, "answers come from %s, not from %s",
	    addr_text(from, by), addr_text(&run->address, to));
	icmp_explain(run, text);
	probe_wrong_source(run);
}

/* A reply with our id and a mark: verdict by the mark. */
static void
verdict(struct probe_run *run, const struct icmp_came *c)
{
	const struct echo *e = c->echo;
	bool open = icmp_slot_is_open(run, e->slot);
	struct echo_proof proof =
	    icmp_proof(run, e->slot, open ? &run->address : c->from);

	proof.id = e->id;
	proof.seq = e->seq;
	if (!echo_proves(e->tag, icmp.host->key, &proof)) {
		probe_forged(run);
		return;
	}
	if (!open) { /* it was counted as lost there */
		icmp.host->counters->late_closed++;
		return;
	}
	struct icmp_round *round = run->state;
	if (!addr_same_host(c->from, &run->address)) {
		verdict_stranger(run, c->from);
		return;
	}
	round->heard = true;
	if (e->payload < run->opts->way.size && !c->cut)
		probe_truncated(run);
	verdict_answer(
	    run, icmp_slot_seq(e->slot), &round->shot[icmp_slot_seq(e->slot)], c);
}

void
icmp_came(const struct icmp_came *c)
{
	struct probe_run *run = NULL;

	if (c->echo->marked && c->echo->slot == ICMP_SLOT_NOBODY)
		return;
	if (c->echo->marked && hopicmp_slot(c->echo->slot)) {
		hopicmp_came(c);
		return;
	}
	if (c->echo->marked)
		run = icmp_slot_run(c->echo->slot);
	if (run != NULL)
		verdict(run, c);
	else
		icmp.host->counters->forged++;
}

/* --- errors ----------------------------------------------------------------------- */

/* The newest packets by whom they were for, id and sequence, since some routers quote
 * no more than eight bytes: 256 KiB. Of those with the same hash the newest few stay.
 */
#define RECENT_BITS 14
#define RECENT_WAYS 4
static uint32_t recent[1 << RECENT_BITS][RECENT_WAYS];

static uint32_t *
verdict_recent(const struct addr *to, uint16_t id, uint16_t seq)
{
	uint64_t mixed = (uint64_t)id << 16 | seq;
	unsigned len;
	const uint8_t *bytes = addr_bytes(to, &len);

	for (unsigned i = 0; i + 4 <= len; i += 4) {
		uint32_t word;
		memcpy(&word, bytes + i, sizeof word);
		mixed = schedule_mix(mixed ^ (uint64_t)word << 32);
	}
	return recent[mixed >> (64 - RECENT_BITS)];
}

void
icmp_remember(const struct echo_proof *proof)
{
	uint32_t *way = verdict_recent(&proof->to, proof->id, proof->seq);

	memmove(way + 1, way, (RECENT_WAYS - 1) * sizeof *way);
	way[0] = proof->slot;
}

/* The run of the open ping SLOT, if R can quote it: where the tag is quoted it must
 * prove itself, else numbers and address have to do. */
static struct probe_run *
verdict_quotes(const struct icmp_refused *r, uint32_t slot)
{
	const struct echo *e = r->echo;
	struct probe_run *run = slot == ICMP_SLOT_NOBODY ? NULL : icmp_slot_run(slot);

	if (run == NULL || !icmp_slot_is_open(run, slot))
		return NULL;
	struct echo_proof proof = icmp_proof(run, slot, &run->address);
	if (e->id != proof.id || e->seq != proof.seq)
		return NULL;
	if (e->marked)
		return echo_proves(e->tag, icmp.host->key, &proof) ? run : NULL;
	return addr_same_host(r->to, &run->address) ? run : NULL;
}

/* The run whose open ping R quotes, and *SLOT; NULL when it quotes none of ours, but
 * maybe a hop's probe. */
static struct probe_run *
verdict_quoted(const struct icmp_refused *r, uint32_t *slot)
{
	const struct echo *e = r->echo;
	const uint32_t *way = verdict_recent(r->to, e->id, e->seq);
	struct probe_run *run = NULL;

	*slot = e->slot;
	if (e->marked)
		return verdict_quotes(r, *slot);
	for (unsigned i = 0; i < RECENT_WAYS && run == NULL; i++) {
		*slot = way[i];
		if (hopicmp_slot(*slot) && hopicmp_quoted(r, *slot))
			break;
		run = verdict_quotes(r, *slot);
	}
	return run;
}

/* Is BY an address of this host? Only such a one can be bound to. Asked for errors that
 * quote pings of ours, so that nobody can make us ask often; still, the last answer is
 * kept for a second. */
static bool
verdict_by_us(const struct addr *by)
{
	static struct addr last;
	static int64_t until;
	static bool ours;
	struct addr any = *by;

	if (by->sa.sa_family == AF_UNSPEC)
		return false;
	if (clock_mono_ns() < until && addr_same_host(by, &last))
		return ours;
	addr_set_port(&any, 0);
	int fd = socket(by->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ours = fd >= 0 && bind(fd, &any.sa, addr_len(&any)) == 0;
	if (fd >= 0)
		close(fd);
	last = *by;
	until = clock_mono_ns() + CLOCK_NS_PER_S;
	return ours;
}

/* Who says so, and what more it says. */
static void
verdict_explain(
    struct probe_run *run, const struct icmp_refused *r, enum ping_outcome why)
{
	char by[ADDR_TEXT], text[ADDR_TEXT + 80], mtu[24] = "";

	if (r->by->sa.sa_family == AF_UNSPEC)
		return;
	if (why == PING_TOO_BIG && r->info != 0)
		snprintf(mtu, sizeof mtu, ", MTU %u", r->info);
	snprintf(text, sizeof text, "says %s%s%s", addr_text(r->by, by), mtu,
	    r->echo->marked ? "" : ", quoting little of our packet");
	icmp_explain(run, text);
}

void
icmp_refused(const struct icmp_refused *r)
{
	uint32_t slot;
	struct probe_run *run = verdict_quoted(r, &slot);

	if (run == NULL) {
		if (hopicmp_slot(slot) && hopicmp_quoted(r, slot))
			hopicmp_refused(r, slot, verdict_by_us(r->by));
		return;
	}
	int family = run->address.sa.sa_family;
	enum ping_outcome why = icmp_reason(family, r->type, r->code, false);
	if (why == PING_ANSWERED)
		return;
	if (why == PING_HOST_UNREACHABLE && verdict_by_us(r->by))
		why = icmp_reason(family, r->type, r->code, true);
	struct icmp_round *round = run->state;
	round->heard = true;
	probe_lost(run, icmp_slot_seq(slot), why, false);
	if (why != PING_NO_NEIGHBOUR)
		verdict_explain(run, r, why);
}

void
icmp_overflow(unsigned packets)
{
	icmp.host->counters->overflow += packets;
}
