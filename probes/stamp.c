/* STAMP (RFC 8762) as sender: a round is a session with a reflector, over a UDP socket
 * of its own. The reflector's stamps take its own time out of the round trip and show
 * each way apart; where it counts what it answers, so does its count for loss. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/train.h"
#include "link/msg.h"
#include "probes/net.h"
#include "probes/oneway.h"
#include "probes/stampwire.h"
#include "probes/via.h"

/* Datagrams read in one turn: a flood must not hold the loop. */
#define STAMP_READS 64
/* The kernel takes a datagram over within this of our sending it. */
#define STAMP_LEAVES_NS (50 * CLOCK_NS_PER_MS)

/* Settings, and what a run keeps from round to round. */
struct probe_opts {
	struct stamp_key key;
	unsigned port, size;
	struct via via;
	int family;
	bool stateful; /* the reflector counts */
	bool synced;   /* our clock is right */
	struct oneway there, back;
};

struct stamp_shot {
	int64_t sent_mono, sent_wall, left_wall; /* 0: not */
	uint64_t sent;				 /* on the wire */
	bool answered;
};

struct stamp_session {
	struct probe_run *run;
	int fd;
	struct event ev;
	uint16_t ssid;
	unsigned room;	    /* of pings in the arrays */
	uint32_t datagrams; /* sent; the kernel numbers their stamps so */
	uint16_t *order;    /* which ping each of them was */
	struct stamp_shot *shot;
	unsigned points;
	struct oneway_point *there, *back;
	struct oneway_loss loss;
	int64_t best_rtt, offset; /* of the clocks, by the fastest packet; ns */
	bool synced;		  /* the reflector's clock is right */
};

/* --- options ---------------------------------------------------------------------- */

static int
stamp_read_key(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *key = net_var(conf, t, "key");
	const char *file = net_var(conf, t, "keyfile");

	if (key == NULL && file != NULL)
		return err_set(err, "no key could be read from keyfile %s", file);
	if (key == NULL)
		return 0;
	if (strlen(key) > sizeof o->key.octets)
		return err_set(err, "a key of %zu letters, expected at most %zu",
		    strlen(key), sizeof o->key.octets);
	o->key.len = (uint16_t)strlen(key);
	memcpy(o->key.octets, key, o->key.len);
	return 0;
}

static int
stamp_read_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *mode = net_var(conf, t, "mode");
	struct conf_train train;
	bool voice = conf_train(conf, t, &train);
	long port, size;

	if (net_var_number(conf, t, "port", 1, 65535, STAMP_PORT, &port, err) != 0 ||
	    net_var_number(conf, t, "size", STAMP_PLAIN, STAMP_MAX - 28,
		voice && train.bytes > STAMP_PLAIN ? train.bytes : STAMP_PLAIN, &size,
		err) != 0 ||
	    net_var_family(conf, t, "protocol", &o->family, err) != 0 ||
	    via_read(&o->via, conf, t, &o->family, err) != 0 ||
	    stamp_read_key(o, conf, t, err) != 0)
		return -1;
	if (voice && o->via.tos < 0)
		o->via.tos = TRAIN_TOS;
	o->port = (unsigned)port;
	o->size = (unsigned)size;
	o->stateful = mode == NULL || strcmp(mode, "stateful") == 0;
	o->synced = net_var_true(conf, t, "synchronised");
	return 0;
}

static struct probe_opts *
stamp_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	if (stamp_read_options(o, conf, t, err) == 0)
		return o;
	free(o);
	return NULL;
}

static void
stamp_free_opts(struct probe_opts *o)
{
	if (o != NULL)
		sodium_memzero(&o->key, sizeof o->key);
	free(o);
}

static void
stamp_wants(const struct probe_opts *o, const char **host, int *family)
{
	(void)host;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}

/* --- answers ---------------------------------------------------------------------- */

/* One packet's share in what the round shows of each way. T1 and T4 are our stamps, T2
 * and T3 the reflector's; wall clocks. */
static void
stamp_look(struct stamp_session *s, const struct stamp_shot *shot, const int64_t t[4],
    int64_t rtt)
{
	int64_t there = t[1] - t[0], back = t[3] - t[2];

	s->there[s->points] = (struct oneway_point){ shot->sent_mono, there };
	s->back[s->points++] = (struct oneway_point){ shot->sent_mono, back };
	if (s->best_rtt == 0 || rtt < s->best_rtt) {
		s->best_rtt = rtt;
		s->offset = (there - back) / 2;
	}
}

/* The answer A to ping SEQ, which came as P. */
static void
stamp_reply(struct stamp_session *s, unsigned seq, const struct stamp_answer *a,
    const struct net_packet *p)
{
	struct stamp_shot *shot = &s->shot[seq];
	enum ping_stamp stamp;
	int64_t total = net_rtt(
	    shot->left_wall, p->wall_ns, shot->sent_wall, shot->sent_mono, &stamp);
	int64_t now = clock_wall_ns();
	int64_t t[4] = { shot->left_wall != 0 ? shot->left_wall : shot->sent_wall,
		stamp_to_ns(a->received, a->error, now),
		stamp_to_ns(a->sent, a->error, now),
		p->wall_ns != 0 ? p->wall_ns : now };
	int64_t held = t[2] - t[1];

	if (shot->answered) { /* a duplicate, for the gate to count */
		probe_reply(s->run, seq, total, stamp);
		return;
	}
	shot->answered = true;
	/* A reflector that claims to have held it for longer than it was away, or to
	 * have answered before it came: its stamps are of no use. */
	bool sane = held >= 0 && held <= total;
	int64_t rtt = sane ? total - held : total;
	oneway_answered(&s->loss, seq, a->seq);
	/* Our clock was set meanwhile where its stamps were not used. */
	if (sane && (stamp != STAMP_USER || p->wall_ns == 0))
		stamp_look(s, shot, t, rtt);
	s->synced = (a->error & STAMP_SYNCED) != 0;
	probe_detail(s->run, sane ? NULL : "the reflector's stamps make no sense");
	probe_reply(s->run, seq, rtt, stamp);
}

/* Does A answer a packet of S? The stamp, which nobody else has seen, proves it where
 * there is no key. A reflector that does not know of session ids answers with 0. */
static bool
stamp_is_ours(const struct stamp_session *s, const struct stamp_answer *a)
{
	return (a->ssid == s->ssid || a->ssid == 0) && a->asked.seq < s->room &&
	       s->shot[a->asked.seq].sent_mono != 0 &&
	       s->shot[a->asked.seq].sent == a->asked.sent;
}

static void
stamp_datagram(struct stamp_session *s, const void *data, const struct net_packet *p)
{
	struct probe_run *run = s->run;
	struct stamp_answer a;

	if (p->truncated ||
	    stamp_read_answer(&a, data, (size_t)p->len, &run->opts->key) !=
		STAMP_GOOD ||
	    !stamp_is_ours(s, &a)) {
		probe_forged(run);
		return;
	}
	if (!addr_same_host(&p->from, &run->address) ||
	    addr_port(&p->from) != run->opts->port) {
		probe_wrong_source(run);
		return;
	}
	stamp_reply(s, a.asked.seq, &a, p);
}

/* An ICMP error about the datagram that begins with LEN octets of DATA. */
static void
stamp_error(struct stamp_session *s, const struct net_packet *p, const uint8_t *data)
{
	enum ping_outcome why =
	    net_icmp(s->run->address.sa.sa_family, p->type, p->code);
	struct wire w;

	wire_init(&w, data, (size_t)p->len);
	uint32_t seq = wire_u32(&w);
	if (!wire_ok(&w) || seq >= s->room || s->shot[seq].sent_mono == 0)
		return;
	if (why == PING_REFUSED) {
		why = PING_PORT_UNREACHABLE;
		probe_detail(s->run, "no reflector listens there");
	}
	probe_lost(s->run, seq, why, false);
}

/* P is when a datagram left. A number that is not its own (the kernel counts what it
 * fails to send, too) would be that of a later one: it does not fit its time. */
static void
stamp_left(struct stamp_session *s, const struct net_packet *p)
{
	if (p->number >= s->datagrams)
		return;
	struct stamp_shot *shot = &s->shot[s->order[p->number]];
	if (p->wall_ns >= shot->sent_wall &&
	    p->wall_ns < shot->sent_wall + STAMP_LEAVES_NS)
		shot->left_wall = p->wall_ns;
}

static void
stamp_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct stamp_session *s = ctx;
	uint8_t buf[STAMP_MAX + 1];

	(void)what;
	for (int i = 0; i < STAMP_READS; i++) {
		struct net_packet p = net_read_quoted(fd, buf, sizeof buf);

		if (p.len < 0)
			break;
		if (p.icmp)
			stamp_error(s, &p, buf);
		else if (p.wall_ns != 0)
			stamp_left(s, &p);
	}
	for (int i = 0; i < STAMP_READS; i++) {
		struct net_packet p = net_read(fd, buf, sizeof buf);

		/* An error here was in the error queue as well. */
		if (p.len >= 0)
			stamp_datagram(s, buf, &p);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
	}
}

/* --- sending ---------------------------------------------------------------------- */

static int
stamp_socket(const struct probe_run *run)
{
	int family = run->address.sa.sa_family;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	if (fd < 0)
		return -1;
	net_stamps_numbered(fd, family);
	if (via_apply(&run->opts->via, fd, family) == 0 &&
	    via_bind(&run->opts->via, fd, family, 0) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static struct stamp_session *
stamp_open_session(struct probe_run *run)
{
	int fd = stamp_socket(run);

	if (fd < 0)
		return NULL;
	struct stamp_session *s = mem_zero(1, sizeof *s);
	s->run = run;
	s->fd = fd;
	s->ssid = (uint16_t)(1 + randombytes_uniform(UINT16_MAX));
	event_assign(
	    &s->ev, run->host->base, fd, EV_READ | EV_PERSIST, stamp_on_event, s);
	event_add(&s->ev, NULL);
	run->state = s;
	return s;
}

/* Make room for ping SEQ. */
static void
stamp_grow(struct stamp_session *s, unsigned seq)
{
	unsigned more = s->room == 0 ? 16 : s->room;

	if (seq < s->room)
		return;
	while (seq >= more)
		more *= 2;
	s->order = mem_grow(s->order, more, sizeof *s->order);
	s->shot = mem_grow(s->shot, more, sizeof *s->shot);
	memset(s->shot + s->room, 0, (more - s->room) * sizeof *s->shot);
	s->there = mem_grow(s->there, more, sizeof *s->there);
	s->back = mem_grow(s->back, more, sizeof *s->back);
	s->room = more;
}

static int
stamp_send(const struct stamp_session *s, const uint8_t *data, size_t len)
{
	struct addr to = s->run->address;

	addr_set_port(&to, s->run->opts->port);
	/* The first try may only tell of an ICMP error about an earlier one. */
	for (int tries = 0; tries < 2; tries++)
		if (sendto(s->fd, data, len, 0, &to.sa, addr_len(&to)) == (ssize_t)len)
			return 0;
	return -1;
}

static void
stamp_ping(struct probe_run *run, unsigned seq)
{
	struct stamp_session *s = run->state;
	uint8_t buf[STAMP_MAX];

	if (s == NULL)
		s = stamp_open_session(run);
	if (s == NULL) {
		run->host->counters->send_errors++;
		probe_detail(run, strerror(errno));
		probe_lost(run, seq, PING_NOT_SENT, true);
		return;
	}
	stamp_grow(s, seq);
	struct stamp_shot *shot = &s->shot[seq];
	*shot = (struct stamp_shot){ .sent_mono = clock_mono_ns(),
		.sent_wall = clock_wall_ns() };
	shot->sent = stamp_from_ns(shot->sent_wall);
	struct stamp_question q = { .seq = seq,
		.sent = shot->sent,
		.error = STAMP_ERROR_1MS | (run->opts->synced ? STAMP_SYNCED : 0),
		.ssid = s->ssid };
	size_t len = stamp_write_question(buf, run->opts->size, &q, &run->opts->key);
	if (stamp_send(s, buf, len) == 0) {
		s->order[s->datagrams++] = (uint16_t)seq;
		return;
	}
	shot->sent_mono = 0;
	run->host->counters->send_errors++;
	probe_detail(run, strerror(errno));
	probe_lost(run, seq, net_errno(errno, NULL), true);
}

/* --- a round's end ---------------------------------------------------------------- */

static void
stamp_figures(struct probe_run *run)
{
	struct stamp_session *s = run->state;
	double there, back;

	if (s == NULL)
		return;
	if (run->opts->stateful && oneway_split(&s->loss, &there, &back)) {
		probe_extra(run, EXTRA_FORWARD_LOSS, there);
		probe_extra(run, EXTRA_BACKWARD_LOSS, back);
	}
	probe_extra(run, EXTRA_FORWARD_VARIATION,
	    oneway_variation(&run->opts->there, s->there, s->points));
	probe_extra(run, EXTRA_BACKWARD_VARIATION,
	    oneway_variation(&run->opts->back, s->back, s->points));
	if (s->points > 0 && s->synced && run->opts->synced)
		probe_extra(run, EXTRA_CLOCK_OFFSET, (double)s->offset / 1e9);
}

static void
stamp_end(struct probe_run *run)
{
	struct stamp_session *s = run->state;

	if (s == NULL)
		return;
	event_del(&s->ev);
	close(s->fd);
	free(s->order);
	free(s->shot);
	free(s->there);
	free(s->back);
	free(s);
	run->state = NULL;
}

const struct probe_type probe_stamp = {
	.name = "stamp",
	.needs = PROBE_ADDRESS,
	.options = stamp_options,
	.free_opts = stamp_free_opts,
	.wants = stamp_wants,
	.ping = stamp_ping,
	.figures = stamp_figures,
	.end = stamp_end,
};
