/* ICMP echo (SmokePing's FPing, FPing6, FPingContinuous): pings out, the clocks, and
 * what a target keeps from round to round. icmp_verdict.c says what comes back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msg.h"
#include "probes/hopicmp.h"
#include "probes/icmp_impl.h"
#include "probes/icmp_io.h"

#define ICMP_STEP_NS CLOCK_NS_PER_MS /* the clocks moved apart by more: it was set */
/* After so many rounds of silence a target gets another id, once: a firewall or a
 * translator may hold on to a session that leads nowhere any more. */
#define ICMP_DARK_ROUNDS 3

struct icmp icmp;

static struct {
	struct event *prompt; /* where the kernel does not stamp */
	int *waiting;	      /* sockets that came before open() */
	unsigned waitings;
} icmp_begin;

/* --- slots ------------------------------------------------------------------------ */

static uint32_t
icmp_slot(const struct probe_run *run, unsigned seq)
{
	return run->index << (ICMP_SEQ_BITS + ICMP_TURN_BITS) |
	       (run->opts->turn % ICMP_TURNS) << ICMP_SEQ_BITS | seq;
}

struct probe_run *
icmp_slot_run(uint32_t slot)
{
	struct probe_run *run =
	    probe_run_by_index(slot >> (ICMP_SEQ_BITS + ICMP_TURN_BITS));

	/* A target that cannot be measured has no options, and sends nothing. */
	return run != NULL && run->type == &probe_icmp && run->opts != NULL ? run : NULL;
}

bool
icmp_slot_is_open(const struct probe_run *run, uint32_t slot)
{
	const struct icmp_round *round = run->state;

	return round != NULL && icmp_slot_turn(slot) == run->opts->turn % ICMP_TURNS &&
	       icmp_slot_seq(slot) < round->room;
}

struct icmp_shot *
icmp_slot_shot(uint32_t slot)
{
	const struct probe_run *run = icmp_slot_run(slot);

	if (run == NULL || !icmp_slot_is_open(run, slot))
		return NULL;
	struct icmp_round *round = run->state;
	return &round->shot[icmp_slot_seq(slot)];
}

void
icmp_explain(struct probe_run *run, const char *text)
{
	struct icmp_round *round = run->state;

	if (round != NULL)
		round->explained = true;
	if (run->detail == NULL || strcmp(run->detail, text) != 0)
		probe_detail(run, text);
}

struct echo_proof
icmp_proof(const struct probe_run *run, uint32_t slot, const struct addr *to)
{
	const struct probe_opts *o = run->opts;

	return (struct echo_proof){ .slot = slot,
		.serial = o->serial[icmp_slot_turn(slot)],
		.id = icmp_io_id(o->socket),
		.seq = (uint16_t)(o->first_seq + icmp_slot_seq(slot)),
		.constant = !o->varying,
		.to = *to };
}

/* --- sockets ---------------------------------------------------------------------- */

/* Choose the socket for this round: a target keeps its own, so that its flow is one.
 * False, with a reason to show, when there is none. */
static bool
icmp_choose(struct probe_run *run)
{
	struct probe_opts *o = run->opts;
	int family = run->address.sa.sa_family;

	if (o->socket_family != family) {
		struct icmpsock_class class = o->class;

		class.family = family;
		int socket = icmp_io_choose(&class, run->target);
		if (socket < 0) {
			probe_detail(
			    run, o->class.mark != 0
				     ? "no ICMP socket with its fwmark: probed "
				       "needs CAP_NET_ADMIN or CAP_NET_RAW"
				 : family == AF_INET ? "no ICMP socket for IPv4"
						     : "no ICMP socket for IPv6");
			return false;
		}
		o->socket = (unsigned)socket;
		o->socket_family = family;
		o->dark = 0;
		o->moved = false;
	}
	run->overflow = icmp_io_overflow(o->socket);
	return true;
}

/* ROUND of RUN is over. Was there nothing but silence? Then, after some more of them,
 * take another id. */
static void
icmp_look_back(struct probe_run *run, const struct icmp_round *round)
{
	struct probe_opts *o = run->opts;

	if (round->heard) {
		o->dark = 0;
		o->moved = false;
		return;
	}
	if (round->last_mono == 0 ||
	    clock_mono_ns() - round->last_mono < run->timeout_ns || o->moved ||
	    ++o->dark < ICMP_DARK_ROUNDS)
		return;
	unsigned other = icmp_io_other(o->socket, run->target);
	o->moved = true;
	if (other == o->socket)
		return;
	o->socket = other;
	icmp.host->counters->new_ids++;
}

/* --- rounds ----------------------------------------------------------------------- */

static void
icmp_begin_round(struct probe_run *run)
{
	struct probe_opts *o = run->opts;

	o->turn++;
	o->serial[o->turn % ICMP_TURNS] = ++icmp.serial;
	o->first_seq = o->next_seq;
	if (o->interface[0] != '\0')
		o->way.interface = addr_interface(o->interface);
}

/* The open round of RUN, with room for ping SEQ: as many as the last one had. NULL when
 * there is no socket for it. */
static struct icmp_round *
icmp_round(struct probe_run *run, unsigned seq)
{
	struct icmp_round *round = run->state;
	unsigned room = round == NULL ? 0 : round->room;

	if (round == NULL) {
		if (!icmp_choose(run))
			return NULL;
		icmp_begin_round(run);
	}
	if (seq >= room) {
		unsigned more = room != 0		? room * 2
				: run->opts->pings != 0 ? run->opts->pings
							: 8;

		while (seq >= more)
			more *= 2;
		round = realloc(round, sizeof *round + more * sizeof round->shot[0]);
		if (round == NULL)
			fatal("no memory for %u pings", more);
		if (room == 0)
			memset(round, 0, sizeof *round);
		memset(round->shot + room, 0, (more - room) * sizeof round->shot[0]);
		round->room = more;
		run->state = round;
	}
	if (seq >= round->pings)
		round->pings = seq + 1;
	return round;
}

/* --- out -------------------------------------------------------------------------- */

#define ICMP_LINE 64 /* bytes that come into the cache together */

static void
icmp_soon(const struct probe_run *run, unsigned seq)
{
	const struct icmp_round *round = run->state;

	for (size_t at = 0; at < sizeof *run->opts; at += ICMP_LINE)
		__builtin_prefetch((const char *)run->opts + at);
	if (round != NULL) {
		__builtin_prefetch(round);
		__builtin_prefetch(&round->shot[seq]);
	}
}

void
icmp_expect(uint32_t slot, unsigned depth)
{
	probe_fetch(
	    slot >> (ICMP_SEQ_BITS + ICMP_TURN_BITS), icmp_slot_seq(slot), depth);
}

static void
icmp_ping(struct probe_run *run, unsigned seq)
{
	uint8_t head[ECHO_SENT];

	if (run->index >= ICMP_RUNS_MAX) {
		probe_detail(run, "too many targets");
		probe_lost(run, seq, PING_CANNOT, true);
		return;
	}
	if (icmp_round(run, seq) == NULL) {
		probe_lost(run, seq, PING_CANNOT, true);
		return;
	}
	if (run->opts->interface[0] != '\0' && run->opts->way.interface == 0) {
		icmp_explain(run, "its interface is not here");
		probe_lost(run, seq, PING_NOT_SENT, true);
		return;
	}
	struct echo_proof proof = icmp_proof(run, icmp_slot(run, seq), &run->address);
	run->opts->next_seq = (uint16_t)(proof.seq + 1);
	echo_write(head, icmp.host->key, &proof, run->opts->way.size);
	icmp_remember(&proof);
	/* Whether it leaves at all can be in doubt, and the first of a round may wait
	 * for the next hop's address: that is not to be guessed from its neighbours. */
	run->opts->way.stamp = !run->opts->answered || seq == 0;
	run->opts->answered = false;
	icmp_io_put(
	    run->opts->socket, proof.slot, head, &run->address, &run->opts->way);
}

static void
icmp_flush(struct probe_host *host)
{
	(void)host;
	icmp_io_flush();
}

void
icmp_sent(uint32_t slot, int64_t mono_ns, bool asked)
{
	struct icmp_shot *shot = icmp_slot_shot(slot);

	if (hopicmp_slot(slot))
		hopicmp_sent(slot, mono_ns);
	if (shot == NULL)
		return;
	struct icmp_round *round = icmp_slot_run(slot)->state;
	shot->sent_mono = mono_ns;
	if (!asked)
		shot->left_wall = ICMP_UNASKED;
	round->last_mono = mono_ns;
}

void
icmp_not_sent(uint32_t slot, int error)
{
	struct probe_run *run = icmp_slot_run(slot);

	if (hopicmp_slot(slot)) {
		hopicmp_not_sent(slot, error);
		return;
	}
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
	else if (error == ENOBUFS)
		icmp_explain(run,
		    "no buffer: with many hosts on the same link, raise "
		    "net.ipv4.neigh.default.gc_thresh3 (or net.ipv6....)");
	else
		icmp_explain(run, strerror(error));
	probe_lost(run, icmp_slot_seq(slot), why, true);
}

/* --- in --------------------------------------------------------------------------- */

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

/* A ping that its driver never took over waits for the next hop's address, or its link
 * is down. That can be told where the packets of this target were stamped before. */
static enum ping_outcome
icmp_silence(const struct probe_run *run, unsigned seq)
{
	const struct icmp_round *round = run->state;

	if (round == NULL || seq >= round->room || round->shot[seq].sent_mono == 0)
		return PING_TIMEOUT;
	if (run->opts->stamped && round->shot[seq].left_wall == 0)
		return PING_NEVER_LEFT;
	icmp_io_doubt(run->opts->socket, round->shot[seq].sent_mono);
	return PING_TIMEOUT;
}

/* What RUN sent since is not lost, and what it sends from now on has another id. */
static void
icmp_escape(struct probe_run *run, int64_t since)
{
	const struct icmp_round *round = run->state;
	struct probe_opts *o = run->opts;

	for (unsigned i = 0; round != NULL && i < round->room; i++)
		if (round->shot[i].sent_mono > since)
			probe_lost(run, i, PING_STALLED, false);
	o->socket = icmp_io_other(o->socket, run->target);
	run->overflow = icmp_io_overflow(o->socket);
	icmp.host->counters->new_ids++;
}

void
icmp_stolen(unsigned socket, int64_t since)
{
	for (uint32_t i = 0; i < probe_run_end(); i++) {
		struct probe_run *run = probe_run_by_index(i);

		if (run != NULL && run->type == &probe_icmp &&
		    run->opts->socket_family != AF_UNSPEC &&
		    run->opts->socket == socket)
			icmp_escape(run, since);
	}
}

static void
icmp_end(struct probe_run *run)
{
	const struct icmp_round *round = run->state;

	if (round != NULL) {
		run->opts->pings = round->pings;
		icmp_look_back(run, round);
		if (!round->explained && run->detail != NULL)
			probe_detail(run, NULL);
	}
	free(run->state);
	run->state = NULL;
}

/* --- begin and end ---------------------------------------------------------------- */

static void
icmp_on_packet(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	icmp_receive(ctx);
}

static void
icmp_count_sockets(struct msg_counters *c)
{
	static const int family[2] = { AF_INET, AF_INET6 };

	for (unsigned i = 0; i < 2; i++) {
		unsigned buffer;

		c->icmp_sockets[i] = (uint16_t)icmp_io_count(family[i], &buffer);
		c->icmp_buffer[i] = buffer;
	}
}

/* Use FD from now on. 0, or -1 with ERR. */
static int
icmp_use(int fd, struct err *err)
{
	unsigned buffer;

	if (icmp_io_open(fd, err) != 0)
		return -1;
	icmp_count_sockets(icmp.host->counters);
	unsigned newest =
	    icmp_io_count(AF_INET, &buffer) + icmp_io_count(AF_INET6, &buffer) - 1;
	if (icmp_io_stamps(newest) || icmp.host->base == NULL ||
	    icmp_begin.prompt != NULL)
		return 0;
	icmp_begin.prompt = event_new(icmp.host->base, icmp_io_poll(),
	    EV_READ | EV_PERSIST, icmp_on_packet, icmp.host);
	event_add(icmp_begin.prompt, NULL);
	return 0;
}

static int
icmp_socket(int fd, struct err *err)
{
	if (icmp.host != NULL)
		return icmp_use(fd, err);
	icmp_begin.waiting = mem_grow(
	    icmp_begin.waiting, icmp_begin.waitings + 1, sizeof *icmp_begin.waiting);
	icmp_begin.waiting[icmp_begin.waitings++] = fd;
	return 0;
}

static int
icmp_open(struct probe_host *host, struct err *err)
{
	unsigned good = 0, wanted = icmp_begin.waitings;

	icmp.host = host;
	icmp_look_at_clocks();
	icmp.stepped = 0;
	for (unsigned i = 0; i < icmp_begin.waitings; i++)
		good += icmp_use(icmp_begin.waiting[i], err) == 0;
	free(icmp_begin.waiting);
	icmp_begin.waiting = NULL;
	icmp_begin.waitings = 0;
	return good == 0 && wanted != 0 ? -1 : 0;
}

static void
icmp_close(struct probe_host *host)
{
	(void)host;
	if (icmp_begin.prompt != NULL)
		event_free(icmp_begin.prompt);
	icmp_begin.prompt = NULL;
	icmp_io_close();
	memset(&icmp, 0, sizeof icmp);
}

const struct probe_type probe_icmp = {
	.name = "icmp",
	.needs = PROBE_ADDRESS | PROBE_ICMP,
	.options = icmp_options,
	.free_opts = icmp_free_opts,
	.wants = icmp_wants,
	.socket = icmp_socket,
	.open = icmp_open,
	.ping = icmp_ping,
	.soon = icmp_soon,
	.flush = icmp_flush,
	.receive = icmp_receive,
	.silence = icmp_silence,
	.end = icmp_end,
	.close = icmp_close,
};
