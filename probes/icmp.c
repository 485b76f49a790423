/* ICMP echo (SmokePing's FPing, FPing6, FPingContinuous): which reply belongs to which
 * ping, what its time is, and what an error means. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <linux/icmp.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msg.h"
#include "prober/probe.h"
#include "probes/echo.h"
#include "probes/icmp_opts.h"

/* A slot, which every packet carries: whose, of which of its last four rounds, which
 * ping. The serial of a round, which no two rounds share, goes into the tag. */
#define ICMP_SEQ_BITS 10
_Static_assert(ROUND_MAX_PINGS < 1 << ICMP_SEQ_BITS, "a ping's number fits its slot");
#define ICMP_RUNS_MAX ((1u << (32 - ICMP_SEQ_BITS - ICMP_TURN_BITS)) - 1)

#define ICMP_STEP_NS CLOCK_NS_PER_MS /* the clocks moved apart by more: it was set */

struct icmp_shot {
	int64_t sent_mono; /* 0: not yet */
	int64_t left_wall; /* when the driver took it over; 0: it has not said */
};

/* A run's open round. */
struct icmp_round {
	unsigned room;
	struct icmp_shot shot[];
};

static struct {
	struct probe_host *host;
	struct event *prompt[ICMP_SIDES]; /* where the kernel does not stamp */
	uint32_t serial;
	int64_t offset;	 /* wall - monotonic */
	int64_t stepped; /* monotonic: when OFFSET last moved */
} icmp;

/* --- slots --------------------------------------------------------------------------
 */

static uint32_t
icmp_slot(const struct probe_run *run, unsigned seq)
{
	return run->index << (ICMP_SEQ_BITS + ICMP_TURN_BITS) |
	       (run->opts->turn % ICMP_TURNS) << ICMP_SEQ_BITS | seq;
}

static unsigned
icmp_slot_seq(uint32_t slot)
{
	return slot % (1 << ICMP_SEQ_BITS);
}

static unsigned
icmp_slot_turn(uint32_t slot)
{
	return slot >> ICMP_SEQ_BITS & (ICMP_TURNS - 1);
}

/* Whose SLOT is; NULL when it is nobody's any more. */
static struct probe_run *
icmp_slot_run(uint32_t slot)
{
	struct probe_run *run =
	    probe_run_by_index(slot >> (ICMP_SEQ_BITS + ICMP_TURN_BITS));

	return run != NULL && run->type == &probe_icmp ? run : NULL;
}

static bool
icmp_slot_is_open(const struct probe_run *run, uint32_t slot)
{
	const struct icmp_round *round = run->state;

	return round != NULL && icmp_slot_turn(slot) == run->opts->turn % ICMP_TURNS &&
	       icmp_slot_seq(slot) < round->room;
}

/* The ping of an open round that SLOT names; NULL when it names none. */
static struct icmp_shot *
icmp_slot_shot(uint32_t slot)
{
	const struct probe_run *run = icmp_slot_run(slot);

	if (run == NULL || !icmp_slot_is_open(run, slot))
		return NULL;
	struct icmp_round *round = run->state;
	return &round->shot[icmp_slot_seq(slot)];
}

static struct icmp_round *
icmp_round(struct probe_run *run, unsigned seq)
{
	struct icmp_round *round = run->state;
	unsigned room = round == NULL ? 0 : round->room;

	if (round == NULL) {
		run->opts->turn++;
		run->opts->serial[run->opts->turn % ICMP_TURNS] = ++icmp.serial;
		run->opts->first_seq = run->opts->next_seq;
		if (run->opts->interface[0] != '\0')
			run->opts->way.interface =
			    icmp_find_interface(run->opts->interface);
	}
	if (seq >= room) {
		unsigned more = room == 0 ? 8 : room * 2;

		while (seq >= more)
			more *= 2;
		round = realloc(round, sizeof *round + more * sizeof round->shot[0]);
		if (round == NULL)
			fatal("no memory for %u pings", more);
		memset(round->shot + room, 0, (more - room) * sizeof round->shot[0]);
		round->room = more;
		run->state = round;
	}
	return round;
}

/* --- out ----------------------------------------------------------------------------
 */

static void
icmp_ping(struct probe_run *run, unsigned seq)
{
	enum icmp_side side = run->address.sa.sa_family == AF_INET6 ? ICMP_V6 : ICMP_V4;
	uint8_t head[ECHO_SENT];

	if (!icmp_io_has(side) || run->index >= ICMP_RUNS_MAX) {
		probe_detail(run, side == ICMP_V4 ? "no ICMP socket for IPv4"
						  : "no ICMP socket for IPv6");
		probe_lost(run, seq, PING_CANNOT, true);
		return;
	}
	(void)icmp_round(run, seq);
	if (run->opts->interface[0] != '\0' && run->opts->way.interface == 0) {
		probe_detail(run, "its interface is not here");
		probe_lost(run, seq, PING_NOT_SENT, true);
		return;
	}
	struct echo_proof proof = { .slot = icmp_slot(run, seq),
		.serial = run->opts->serial[run->opts->turn % ICMP_TURNS],
		.id = icmp_io_id(side),
		.seq = (uint16_t)(run->opts->first_seq + seq),
		.to = run->address };
	run->opts->next_seq = (uint16_t)(proof.seq + 1);
	echo_write(head, icmp.host->key, &proof);
	icmp_io_put(side, proof.slot, head, &run->address, &run->opts->way);
}

static void
icmp_flush(struct probe_host *host)
{
	(void)host;
	icmp_io_flush();
}

void
icmp_sent(uint32_t slot, int64_t mono_ns)
{
	struct icmp_shot *shot = icmp_slot_shot(slot);

	if (shot != NULL)
		shot->sent_mono = mono_ns;
}

void
icmp_not_sent(uint32_t slot, int error)
{
	struct probe_run *run = icmp_slot_run(slot);

	icmp.host->counters->send_errors++;
	if (run == NULL || !icmp_slot_is_open(run, slot))
		return;
	enum ping_outcome why = PING_NOT_SENT;
	if (error == ENETUNREACH)
		why = PING_NO_ROUTE;
	else if (error == EHOSTUNREACH)
		why = PING_HOST_UNREACHABLE;
	else if (error == EMSGSIZE)
		why = PING_TOO_BIG;
	else
		probe_detail(run, strerror(error));
	probe_lost(run, icmp_slot_seq(slot), why, true);
}

void
icmp_left(uint32_t slot, int64_t wall_ns)
{
	struct icmp_shot *shot = icmp_slot_shot(slot);

	if (shot != NULL)
		shot->left_wall = wall_ns;
}

/* --- in -----------------------------------------------------------------------------
 */

/* The proof that an echo of SLOT from (or for) TO would need. */
static struct echo_proof
icmp_proof(const struct probe_run *run, const struct echo *e, const struct addr *to)
{
	return (struct echo_proof){ .slot = e->slot,
		.serial = run->opts->serial[icmp_slot_turn(e->slot)],
		.id = e->id,
		.seq = e->seq,
		.to = *to };
}

/* An answer to ping SHOT of RUN: its time by the best stamps that make sense. */
static void
icmp_answer(struct probe_run *run, unsigned seq, const struct icmp_shot *shot,
    const struct icmp_came *c)
{
	/* The wall clock was set while it was on its way: no stamps to trust, and our
	 * own reading may be a tick late. */
	if (shot->sent_mono <= icmp.stepped) {
		probe_lost(run, seq, PING_STALLED, true);
		return;
	}
	if (run->detail != NULL)
		probe_detail(run, NULL);
	int64_t sent = shot->sent_mono + icmp.offset;
	int64_t user = c->wall_ns - sent;
	int64_t kernel = c->stamp_ns - shot->left_wall;
	int64_t half = c->stamp_ns - sent;
	if (c->stamp_ns != 0 && shot->left_wall != 0 && kernel > 0 && kernel <= user)
		probe_reply(run, seq, kernel, STAMP_KERNEL);
	else if (c->stamp_ns != 0 && half > 0 && half <= user)
		probe_reply(run, seq, half, STAMP_KERNEL_RX);
	else
		probe_reply(run, seq, user, STAMP_USER);
}

/* A reply with our id and a mark: verdict by the mark. */
static void
icmp_verdict(struct probe_run *run, const struct icmp_came *c)
{
	const struct echo *e = c->echo;
	bool open = icmp_slot_is_open(run, e->slot);
	struct echo_proof proof = icmp_proof(run, e, open ? &run->address : c->from);

	if (!echo_proves(e->tag, icmp.host->key, &proof)) {
		probe_forged(run);
		return;
	}
	if (!open) /* genuine, of a round that is closed: it was counted as lost there
		    */
		return;
	const struct icmp_round *round = run->state;
	const struct icmp_shot *shot = &round->shot[icmp_slot_seq(e->slot)];
	if (!addr_same_host(c->from, &run->address)) {
		probe_wrong_source(run);
		return;
	}
	if (e->payload < run->opts->way.size && !c->cut)
		probe_truncated(run);
	icmp_answer(run, icmp_slot_seq(e->slot), shot, c);
}

void
icmp_came(const struct icmp_came *c)
{
	struct probe_run *run = NULL;

	if (c->echo->marked && c->echo->slot == ICMP_SLOT_NOBODY)
		return;
	if (c->echo->marked)
		run = icmp_slot_run(c->echo->slot);
	if (run != NULL)
		icmp_verdict(run, c);
	else
		icmp.host->counters->forged++;
}

void
icmp_overflow(unsigned packets)
{
	probe_overflow(&probe_icmp, packets);
}

/* Facts of RFC 792 and RFC 4443 as reasons; PING_ANSWERED: no reason for a loss. */
static enum ping_outcome
icmp_reason_v4(unsigned type, unsigned code)
{
	if (type == ICMP_TIME_EXCEEDED)
		return code == 0 ? PING_TTL_EXCEEDED : PING_ICMP_OTHER;
	if (type == ICMP_PARAMETERPROB)
		return PING_ICMP_OTHER;
	if (type != ICMP_DEST_UNREACH)
		return PING_ANSWERED;
	switch (code) {
	case ICMP_NET_UNREACH:
	case ICMP_NET_UNKNOWN:
	case ICMP_NET_UNR_TOS:
		return PING_NO_ROUTE;
	case ICMP_PROT_UNREACH:
	case ICMP_PORT_UNREACH:
		return PING_PORT_UNREACHABLE;
	case ICMP_FRAG_NEEDED:
		return PING_TOO_BIG;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
		return PING_PROHIBITED;
	case ICMP_SR_FAILED:
	case ICMP_PREC_VIOLATION:
	case ICMP_PREC_CUTOFF:
		return PING_ICMP_OTHER;
	default:
		return PING_HOST_UNREACHABLE;
	}
}

static enum ping_outcome
icmp_reason_v6(unsigned type, unsigned code)
{
	if (type == ICMP6_TIME_EXCEEDED)
		return code == 0 ? PING_TTL_EXCEEDED : PING_ICMP_OTHER;
	if (type == ICMP6_PACKET_TOO_BIG)
		return PING_TOO_BIG;
	if (type == ICMP6_PARAM_PROB)
		return PING_ICMP_OTHER;
	if (type != ICMP6_DST_UNREACH)
		return PING_ANSWERED;
	switch (code) {
	case ICMP6_DST_UNREACH_NOROUTE:
	case 7: /* error in source routing header */
		return PING_NO_ROUTE;
	case ICMP6_DST_UNREACH_ADMIN:
	case 5: /* source address failed policy */
	case 6: /* reject route */
		return PING_PROHIBITED;
	case ICMP6_DST_UNREACH_NOPORT:
		return PING_PORT_UNREACHABLE;
	default:
		return PING_HOST_UNREACHABLE;
	}
}

void
icmp_refused(enum icmp_side side, const struct echo *e, unsigned type, unsigned code)
{
	enum ping_outcome why =
	    side == ICMP_V4 ? icmp_reason_v4(type, code) : icmp_reason_v6(type, code);
	struct probe_run *run = e->marked ? icmp_slot_run(e->slot) : NULL;

	if (why == PING_ANSWERED || run == NULL || !icmp_slot_is_open(run, e->slot))
		return;
	struct echo_proof proof = icmp_proof(run, e, &run->address);
	if (echo_proves(e->tag, icmp.host->key, &proof))
		probe_lost(run, icmp_slot_seq(e->slot), why, false);
}

/* Did the wall clock move against the monotonic one since we last looked? The closest
 * of three readings counts: a process may be put aside within one. */
static void
icmp_look_at_clocks(void)
{
	int64_t best = INT64_MAX, offset = icmp.offset;

	for (unsigned tries = 0; tries < 3; tries++) {
		int64_t before = clock_mono_ns();
		int64_t wall = clock_wall_ns();
		int64_t after = clock_mono_ns();

		if (after - before >= best)
			continue;
		best = after - before;
		offset = wall - before - best / 2;
	}
	if (best > ICMP_STEP_NS)
		return;
	if (llabs(offset - icmp.offset) > ICMP_STEP_NS)
		icmp.stepped = clock_mono_ns();
	icmp.offset = offset;
}

static void
icmp_receive(struct probe_host *host)
{
	(void)host;
	icmp_look_at_clocks();
	icmp_io_receive();
}

static void
icmp_end(struct probe_run *run)
{
	free(run->state);
	run->state = NULL;
}

/* --- begin and end ------------------------------------------------------------------
 */

static void
icmp_on_packet(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	icmp_receive(ctx);
}

static int
icmp_open(struct probe_host *host, struct err *err)
{
	icmp.host = host;
	icmp_look_at_clocks();
	icmp.stepped = 0;
	for (enum icmp_side side = 0; side < ICMP_SIDES; side++) {
		int fd = host->icmp_fd[side];

		if (fd < 0)
			continue;
		if (icmp_io_open(side, fd, host->icmp_rung[side], err) != 0)
			return -1;
		if (icmp_io_stamps(side) || host->base == NULL)
			continue;
		icmp.prompt[side] = event_new(
		    host->base, fd, EV_READ | EV_PERSIST, icmp_on_packet, host);
		event_add(icmp.prompt[side], NULL);
	}
	return 0;
}

static void
icmp_close(struct probe_host *host)
{
	(void)host;
	for (enum icmp_side side = 0; side < ICMP_SIDES; side++)
		if (icmp.prompt[side] != NULL)
			event_free(icmp.prompt[side]);
	icmp_io_close();
	memset(&icmp, 0, sizeof icmp);
}

const struct probe_type probe_icmp = {
	.name = "icmp",
	.needs = PROBE_ADDRESS | PROBE_ICMP,
	.options = icmp_options,
	.free_opts = icmp_free_opts,
	.wants = icmp_wants,
	.open = icmp_open,
	.ping = icmp_ping,
	.flush = icmp_flush,
	.receive = icmp_receive,
	.end = icmp_end,
	.close = icmp_close,
};
