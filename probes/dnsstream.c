#include "probes/dnsstream.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/dnsframe.h"
#include "probes/dnsquery.h"
#include "probes/net.h"

/* Connections, all runs together. When a whole network is down those whose pings are
 * lost already give way. */
#define STREAM_CONNECTIONS 1000
/* Reads in one turn, and bytes without an answer among them: no server holds the loop
 * or talks for ever. The largest message is half as long. */
#define STREAM_READS 16
#define STREAM_BYTES (128 * 1024)
/* A connection is kept so much longer than a ping's timeout, for late answers. */
#define STREAM_LATE_NS (2 * CLOCK_NS_PER_S)
/* That a connection ends is seen so late at most, besides what the network takes. */
#define STREAM_CROSSED_NS (100 * CLOCK_NS_PER_MS)

enum stream_state {
	STREAM_DIALLING,
	STREAM_SHAKING,
	STREAM_OPEN,
};

struct stream_query {
	struct dnsquery q;
	struct event turn;
	const struct dnsstream_layer *layer;
	LIST_ENTRY(stream_query) link; /* of those that wait, or of its connection */
};

LIST_HEAD(stream_queries, stream_query);

struct stream_conn {
	struct probe_run *run;
	const struct dnsstream_layer *layer;
	void *session; /* NULL: not connected yet */
	struct event ev;
	int fd;
	enum stream_state state;
	bool more; /* there may be more to read than the kernel knows of */
	bool worn; /* somebody was not answered: no more queries over it */
	int64_t begun_mono, begun_wall;
	int64_t dialled_ns, shaken_ns;	/* what that took */
	int64_t asked_mono, heard_mono; /* last */
	unsigned answers;
	size_t bytes; /* since the last answer */
	struct dnsframe in;
	uint8_t *out; /* OUT_LEN bytes that wait to be written */
	size_t out_len;
	struct stream_queries queries;
	LIST_ENTRY(stream_conn) of_run;
	TAILQ_ENTRY(stream_conn) of_all;
};

/* A run's. */
struct stream {
	struct stream_queries waiting; /* for their turn */
	LIST_HEAD(, stream_conn) conns;
};

/* In the order of dialling. */
static TAILQ_HEAD(, stream_conn) stream_conns = TAILQ_HEAD_INITIALIZER(stream_conns);
static unsigned stream_count;

/* --- lives ----------------------------------------------------------------------- */

static void
stream_query_drop(struct stream_query *s)
{
	event_del(&s->turn);
	LIST_REMOVE(s, link);
	dnsquery_free(&s->q);
	free(s);
}

static void
stream_drop(struct stream_conn *c)
{
	struct stream_query *s;

	while ((s = LIST_FIRST(&c->queries)) != NULL)
		stream_query_drop(s);
	event_del(&c->ev);
	if (c->session != NULL)
		c->layer->end(c->session);
	close(c->fd);
	LIST_REMOVE(c, of_run);
	TAILQ_REMOVE(&stream_conns, c, of_all);
	stream_count--;
	dnsframe_free(&c->in);
	free(c->out);
	free(c);
}

/* All who wait at C get OUTCOME; C is gone then. WHY: in words, or NULL. */
static void
stream_fail(struct stream_conn *c, enum ping_outcome outcome, const char *why)
{
	struct probe_run *run = c->run;
	struct stream_query *s;
	char text[DNSSTREAM_WHY];

	snprintf(text, sizeof text, "%s", why != NULL ? why : "");
	if (!LIST_EMPTY(&c->queries))
		probe_detail(run, why != NULL ? text : NULL);
	while ((s = LIST_FIRST(&c->queries)) != NULL) {
		unsigned seq = s->q.seq;
		stream_query_drop(s);
		probe_lost(run, seq, outcome, true);
	}
	stream_drop(c);
}

/* Did C end because the other end closed what was idle, when our question was on its
 * way? Its word of that takes no longer than a round trip from when we asked. */
static bool
stream_was_idle(const struct stream_conn *c)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (c->answers == 0 || c->heard_mono >= c->asked_mono ||
	    getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return false;
	return clock_mono_ns() - c->asked_mono <
	       2 * info.tcpi_rtt * CLOCK_NS_PER_US + STREAM_CROSSED_NS;
}

/* The other end closed C, or it broke by errno. */
static void
stream_cut(struct stream_conn *c, const char *why)
{
	/* That is no loss, and asking again would be a second query. */
	if (stream_was_idle(c))
		stream_fail(c, PING_NOT_SENT,
		    "the server closed the idle connection just as it was asked");
	else
		stream_fail(c, PING_CUT_OFF,
		    why != NULL && why[0] != '\0'
			? why
			: "the server closes the connection without an answer");
}

/* A layer's work on C ended with STEP. True when C broke, and is gone. */
static bool
stream_broke(struct stream_conn *c, enum dnsstream_step step, const char *why)
{
	if (step == DNSSTREAM_BAD)
		stream_fail(c, PING_BAD_ANSWER, why);
	else if (step == DNSSTREAM_CUT)
		stream_cut(c, why);
	return step == DNSSTREAM_BAD || step == DNSSTREAM_CUT;
}

/* Are all pings of C decided by now? */
static bool
stream_is_over(const struct stream_conn *c, int64_t now)
{
	return now - c->asked_mono > c->run->timeout_ns;
}

static bool
stream_room(void)
{
	int64_t now = clock_mono_ns();
	struct stream_conn *c;

	if (stream_count < STREAM_CONNECTIONS)
		return true;
	TAILQ_FOREACH(c, &stream_conns, of_all) {
		if (!stream_is_over(c, now))
			continue;
		stream_drop(c);
		return true;
	}
	return false;
}

/* --- answers --------------------------------------------------------------------- */

/* What C took besides the time of the answer to S, which was read at WALL_NS. */
static void
stream_tell_phases(
    const struct stream_conn *c, const struct dnsquery *q, int64_t wall_ns)
{
	const double second = CLOCK_NS_PER_S;
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;
	enum ping_stamp stamp;

	probe_extra(c->run, EXTRA_QUERY,
	    (double)net_rtt(0, wall_ns, q->sent_wall, q->sent_mono, &stamp) / second);
	if (c->answers > 0)
		return;
	probe_extra(c->run, EXTRA_CONNECT, (double)c->dialled_ns / second);
	if (c->layer->shake != NULL)
		probe_extra(c->run, EXTRA_TLS, (double)c->shaken_ns / second);
	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0)
		probe_extra(c->run, EXTRA_RETRANS, info.tcpi_total_retrans);
}

/* S was answered by A, read at WALL_NS. True when its connection is gone with it. */
static bool
stream_answer(struct stream_conn *c, struct stream_query *s, struct dnswire_answer *a,
    int64_t wall_ns)
{
	struct probe_run *run = c->run;
	struct dnsquery_verdict verdict;
	unsigned seq = s->q.seq;
	bool reuse = run->opts->reuse;
	enum ping_stamp stamp;
	int64_t rtt = net_rtt(0, wall_ns, reuse ? s->q.sent_wall : c->begun_wall,
	    reuse ? s->q.sent_mono : c->begun_mono, &stamp);

	dnsquery_judge(&s->q, a, &verdict);
	if (verdict.good)
		stream_tell_phases(c, &s->q, wall_ns);
	stream_query_drop(s);
	c->answers++;
	c->bytes = 0;
	if (!reuse)
		stream_drop(c);
	dnsquery_report(run, seq, &verdict, rtt, stamp);
	return !reuse;
}

/* A message came. True when C is gone. */
static bool
stream_message(
    struct stream_conn *c, const uint8_t *message, size_t size, int64_t wall_ns)
{
	struct dnswire_answer a;
	struct stream_query *s;

	LIST_FOREACH(s, &c->queries, link)
	{
		if (s->q.sent_mono != 0 && dnsquery_match(&s->q, &a, message, size))
			return stream_answer(c, s, &a, wall_ns);
	}
	/* Late, when its ping was given up with another connection's; else strange. */
	probe_forged(c->run);
	if (!LIST_EMPTY(&c->queries))
		probe_detail(c->run, "the server's answer is to another question");
	return false;
}

/* Feed what was read into frames. True when C is gone. */
static bool
stream_feed(struct stream_conn *c, const uint8_t *data, size_t len, int64_t wall_ns)
{
	size_t size;

	c->heard_mono = clock_mono_ns();
	c->bytes += len;
	while (dnsframe_take(&c->in, &data, &len)) {
		const uint8_t *message = dnsframe_message(&c->in, &size);
		if (stream_message(c, message, size, wall_ns))
			return true;
	}
	if (c->bytes <= STREAM_BYTES)
		return false;
	stream_fail(c, PING_BAD_ANSWER, "the server sends without end");
	return true;
}

/* Read what has come. True when C is gone. */
static bool
stream_receive(struct stream_conn *c)
{
	uint8_t buf[4096];
	char why[DNSSTREAM_WHY] = "";

	c->more = false;
	for (int i = 0; i < STREAM_READS; i++) {
		size_t len = 0;
		int64_t wall_ns = 0;
		errno = 0;
		enum dnsstream_step step =
		    c->layer->read(c->session, buf, sizeof buf, &len, &wall_ns, why);
		if (step != DNSSTREAM_DONE)
			return stream_broke(c, step, why);
		if (stream_feed(c, buf, len, wall_ns))
			return true;
	}
	c->more = true;
	return false;
}

/* --- asking ---------------------------------------------------------------------- */

/* Write what waits. True when C is gone. */
static bool
stream_flush(struct stream_conn *c)
{
	char why[DNSSTREAM_WHY] = "";

	while (c->out_len > 0) {
		size_t len = 0;
		enum dnsstream_step step =
		    c->layer->write(c->session, c->out, c->out_len, &len, why);
		if (step != DNSSTREAM_DONE)
			return stream_broke(c, step, why);
		c->out_len -= len;
		memmove(c->out, c->out + len, c->out_len);
	}
	return false;
}

/* Put the questions that wait for C to open behind each other; true when C is gone. */
static bool
stream_ask(struct stream_conn *c)
{
	struct stream_query *s;

	LIST_FOREACH(s, &c->queries, link)
	{
		uint8_t buf[2 + DNSWIRE_QUERY_MAX];
		if (s->q.sent_mono != 0)
			continue;
		/* In one piece: RFC 7766 section 8. */
		size_t len = dnsquery_write(&s->q, buf + 2);
		buf[0] = (uint8_t)(len >> 8);
		buf[1] = (uint8_t)len;
		c->out = mem_grow(c->out, c->out_len + len + 2, 1);
		memcpy(c->out + c->out_len, buf, len + 2);
		c->out_len += len + 2;
		dnsquery_sent(&s->q);
		c->asked_mono = s->q.sent_mono;
	}
	return stream_flush(c);
}

/* --- the connection's course ------------------------------------------------------ */

static void stream_on_event(evutil_socket_t fd, short what, void *ctx);

/* Wait for WHAT of C. */
static void
stream_watch(struct stream_conn *c, short what)
{
	event_del(&c->ev);
	event_assign(&c->ev, c->run->host->base, c->fd, what, stream_on_event, c);
	if (c->state == STREAM_OPEN && LIST_EMPTY(&c->queries))
		event_add(&c->ev, NULL); /* idle; the round's end ends it */
	else
		net_timer(&c->ev, c->run->timeout_ns + STREAM_LATE_NS);
}

/* Go on with what is open. */
static void
stream_go_on(struct stream_conn *c)
{
	if (stream_flush(c) || stream_receive(c))
		return;
	stream_watch(c, c->out_len > 0 ? EV_READ | EV_WRITE : EV_READ);
	if (c->more)
		event_active(&c->ev, EV_READ, 0);
}

static void
stream_open(struct stream_conn *c)
{
	c->state = STREAM_OPEN;
	if (!stream_ask(c))
		stream_go_on(c);
}

static void
stream_shake(struct stream_conn *c)
{
	char why[DNSSTREAM_WHY] = "";

	switch (c->layer->shake(c->session, why)) {
	case DNSSTREAM_DONE:
		c->shaken_ns = clock_mono_ns() - c->begun_mono - c->dialled_ns;
		stream_open(c);
		break;
	case DNSSTREAM_READ:
		stream_watch(c, EV_READ);
		break;
	case DNSSTREAM_WRITE:
		stream_watch(c, EV_WRITE);
		break;
	case DNSSTREAM_BAD:
		stream_fail(c, PING_BAD_ANSWER, why);
		break;
	case DNSSTREAM_CUT:
		stream_fail(c, PING_CUT_OFF,
		    "the server closes the connection during the handshake");
		break;
	}
}

/* The handshake of TCP ended by ERROR (errno, 0: well). */
static void
stream_dialled(struct stream_conn *c, int error)
{
	const struct probe_opts *o = c->run->opts;
	struct handshake h = handshake_judge(
	    &o->dial, c->fd, c->run->address.sa.sa_family, error, c->begun_mono);

	/* A second SYN makes no difference to a query that is timed alone. */
	if (h.outcome != PING_ANSWERED && !(h.outcome == PING_SYN_LOST && o->reuse)) {
		stream_fail(c, h.outcome, h.why);
		return;
	}
	c->dialled_ns = h.rtt_ns;
	c->session = c->layer->begin(c->run, c->fd);
	if (c->layer->shake == NULL) {
		stream_open(c);
		return;
	}
	c->state = STREAM_SHAKING;
	stream_shake(c);
}

static void
stream_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct stream_conn *c = ctx;
	int64_t most = c->run->timeout_ns + STREAM_LATE_NS;
	int error = 0;
	socklen_t len = sizeof error;

	/* A server that keeps sending a little keeps nobody waiting longer. */
	if ((what & EV_TIMEOUT) != 0 ||
	    (!LIST_EMPTY(&c->queries) && clock_mono_ns() - c->asked_mono > most)) {
		stream_drop(c);
		return;
	}
	switch (c->state) {
	case STREAM_DIALLING:
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
			error = errno;
		stream_dialled(c, error);
		break;
	case STREAM_SHAKING:
		stream_shake(c);
		break;
	case STREAM_OPEN:
		stream_go_on(c);
		break;
	}
}

/* --- dialling -------------------------------------------------------------------- */

static int
stream_socket(const struct probe_run *run)
{
	int on = 1, stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	int fd = handshake_socket(&run->opts->dial, run->address.sa.sa_family);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps);
	return fd;
}

static struct stream_conn *
stream_new(struct probe_run *run, int fd, const struct dnsstream_layer *layer)
{
	struct stream *stream = run->state;
	struct stream_conn *c = mem_zero(1, sizeof *c);

	c->run = run;
	c->layer = layer;
	c->fd = fd;
	c->state = STREAM_DIALLING;
	LIST_INIT(&c->queries);
	event_assign(&c->ev, run->host->base, fd, EV_WRITE, stream_on_event, c);
	LIST_INSERT_HEAD(&stream->conns, c, of_run);
	TAILQ_INSERT_TAIL(&stream_conns, c, of_all);
	stream_count++;
	return c;
}

static void
stream_dial(struct stream_query *s)
{
	struct probe_run *run = s->q.run;
	unsigned seq = s->q.seq;
	int fd = -1;

	errno = EMFILE;
	if (!stream_room() || (fd = stream_socket(run)) < 0) {
		enum ping_outcome why = net_errno(errno, NULL);
		stream_query_drop(s);
		probe_lost(run, seq, why, true);
		return;
	}
	struct stream_conn *c = stream_new(run, fd, s->layer);
	LIST_REMOVE(s, link);
	LIST_INSERT_HEAD(&c->queries, s, link);
	c->begun_wall = clock_wall_ns();
	c->begun_mono = c->asked_mono = clock_mono_ns();
	if (handshake_connect(&run->opts->dial, fd, run->address) == 0)
		stream_dialled(c, 0);
	else if (errno == EINPROGRESS)
		stream_watch(c, EV_WRITE);
	else
		stream_dialled(c, errno);
}

/* --- queries --------------------------------------------------------------------- */

/* A connection of RUN that may carry one more question, or NULL. */
static struct stream_conn *
stream_reusable(const struct probe_run *run)
{
	const struct stream *stream = run->state;
	int64_t now = clock_mono_ns();
	struct stream_conn *c;

	if (!run->opts->reuse)
		return NULL;
	LIST_FOREACH(c, &stream->conns, of_run)
	{
		/* Silent for so long it may be broken without having said so. */
		if (!LIST_EMPTY(&c->queries) && stream_is_over(c, now))
			c->worn = true;
		if (!c->worn)
			return c;
	}
	return NULL;
}

static void
stream_send(struct stream_query *s)
{
	struct stream_conn *c = stream_reusable(s->q.run);

	if (c == NULL) {
		stream_dial(s);
		return;
	}
	LIST_REMOVE(s, link);
	LIST_INSERT_HEAD(&c->queries, s, link);
	if (c->state == STREAM_OPEN && !stream_ask(c))
		stream_watch(c, c->out_len > 0 ? EV_READ | EV_WRITE : EV_READ);
}

static void
stream_on_turn(evutil_socket_t fd, short what, void *ctx)
{
	struct stream_query *s = ctx;

	(void)fd, (void)what;
	probe_sent(s->q.run, s->q.seq);
	stream_send(s);
}

void
dnsstream_ping(struct probe_run *run, unsigned seq, const struct dnsstream_layer *layer)
{
	struct stream_query *s = mem_zero(1, sizeof *s);

	if (run->state == NULL)
		run->state = mem_zero(1, sizeof(struct stream));
	struct stream *stream = run->state;
	dnsquery_init(&s->q, run, seq);
	s->layer = layer;
	evtimer_assign(&s->turn, run->host->base, stream_on_turn, s);
	LIST_INSERT_HEAD(&stream->waiting, s, link);
	int64_t wait = dnsquery_turn(&s->q);
	if (wait < 0)
		stream_query_drop(s);
	else if (wait == 0)
		stream_send(s);
	else
		net_timer(&s->turn, wait);
}

void
dnsstream_end(struct probe_run *run)
{
	struct stream *stream = run->state;
	struct stream_conn *c;
	struct stream_query *s;

	if (stream == NULL)
		return;
	while ((c = LIST_FIRST(&stream->conns)) != NULL)
		stream_drop(c);
	while ((s = LIST_FIRST(&stream->waiting)) != NULL)
		stream_query_drop(s);
	free(stream);
	run->state = NULL;
}
