/* Dialogs over TCP. */
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/dialog.h"
#include "probes/net.h"

static void stream_on_event(evutil_socket_t fd, short what, void *ctx);
static void stream_go(struct dialog *d);

/* Wait until D's socket is ready for WHAT, or its time is up. */
static void
stream_wait(struct dialog *d, short what)
{
	int64_t left = d->begun_ns + d->run->timeout_ns - clock_mono_ns();

	event_del(&d->ev);
	event_assign(&d->ev, d->run->host->base, d->fd, what, stream_on_event, d);
	net_timer(&d->ev, left > CLOCK_NS_PER_MS ? left : CLOCK_NS_PER_MS);
}

/* --- the end --------------------------------------------------------------------- */

static void
stream_extras(struct dialog *d)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (d->first_ns != 0)
		probe_extra(d->run, EXTRA_FIRST_BYTE,
		    (double)(d->first_ns - d->connected_ns) / CLOCK_NS_PER_S);
	if (getsockopt(d->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0)
		probe_extra(d->run, EXTRA_RETRANS, info.tcpi_total_retrans);
}

/* The other end is gone before the step was done. */
static void
stream_cut(struct dialog *d, const char *how)
{
	const char *awaits = d->step->awaits;

	if (d->why[0] == '\0')
		snprintf(d->why, sizeof d->why, "%s before its %s", how,
		    awaits != NULL ? awaits : "end of the dialog");
	dialog_lost(d, PING_CUT_OFF);
}

/* --- steps ----------------------------------------------------------------------- */

static bool
stream_is_end(const struct dialog_step *step)
{
	return step->say == NULL && step->take == NULL;
}

static void
stream_begin_step(struct dialog *d)
{
	d->said = d->out_len = d->out_at = 0;
	d->saying = d->more_to_say = d->step->say != NULL;
	if ((d->step->flags & DIALOG_COURTESY) && !d->answered) {
		stream_extras(d);
		dialog_answered(d);
	}
}

/* On to the next step. False when there is none, and D is gone. */
static bool
stream_next(struct dialog *d)
{
	if (d->step->flags & DIALOG_STOPS)
		dialog_stop(d);
	d->step++;
	if (!stream_is_end(d->step)) {
		stream_begin_step(d);
		return true;
	}
	if (!d->answered) {
		stream_extras(d);
		dialog_answered(d);
	}
	dialog_drop(d, true);
	return false;
}

/* --- speaking -------------------------------------------------------------------- */

/* Have the protocol compose what is said next. */
static void
stream_compose(struct dialog *d)
{
	struct pack p;

	if (d->out == NULL)
		d->out = mem_alloc(DIALOG_ROOM);
	pack_init(&p, d->out, DIALOG_ROOM);
	d->more_to_say = d->step->say(d, &p);
	d->out_len = pack_ok(&p) ? pack_len(&p) : 0;
	d->out_at = 0;
	if ((d->step->flags & DIALOG_STARTS) && !d->started) {
		d->started = true;
		d->sent_wall = clock_wall_ns();
		d->sent_mono = clock_mono_ns();
	}
}

/* Send what there is. 1: all was said, 0: not yet, -1: D is gone. */
static int
stream_say(struct dialog *d)
{
	while (d->saying) {
		if (d->out_at == d->out_len && !d->more_to_say) {
			d->saying = false;
			d->rx_wall = 0;
			break;
		}
		if (d->out_at == d->out_len)
			stream_compose(d);
		if (d->out_len == 0)
			continue;
		ssize_t n = send(
		    d->fd, d->out + d->out_at, d->out_len - d->out_at, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n < 0) {
			stream_cut(d, "it hung up");
			return -1;
		}
		d->out_at += (size_t)n;
		d->said += (size_t)n;
	}
	return 1;
}

/* --- listening ------------------------------------------------------------------- */

/* Read what is there behind what was heard before. False when D is gone. */
static bool
stream_hear(struct dialog *d)
{
	if (d->buf == NULL)
		d->buf = mem_alloc(DIALOG_ROOM);
	if (d->in_len > 0)
		memmove(d->buf, d->in, d->in_len);
	d->in = d->buf;
	if (d->in_len == DIALOG_ROOM) {
		snprintf(d->why, sizeof d->why,
		    "its %s has more than %d bytes in one piece",
		    d->step->awaits != NULL ? d->step->awaits : "answer", DIALOG_ROOM);
		dialog_lost(d, PING_BAD_ANSWER);
		return false;
	}
	struct net_packet p =
	    net_read(d->fd, d->buf + d->in_len, DIALOG_ROOM - d->in_len);
	if (p.len < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	d->rx_wall = p.len > 0 ? p.wall_ns : 0;
	if (p.len <= 0) {
		d->ended = true;
		d->reset = p.len < 0;
		return true;
	}
	if (d->first_ns == 0)
		d->first_ns = clock_mono_ns();
	d->in_len += (size_t)p.len;
	d->heard += (size_t)p.len;
	if (d->heard <= d->opts->most)
		return true;
	snprintf(d->why, sizeof d->why, "it says more than %zu bytes", d->opts->most);
	dialog_lost(d, PING_BAD_ANSWER);
	return false;
}

/* Have the step look at what was heard. 1: go on with a new step, 0: wait for more, -1:
 * D is gone. */
static int
stream_take(struct dialog *d)
{
	enum dialog_turn turn = d->step->take == NULL ? DIALOG_NEXT : d->step->take(d);

	switch (turn) {
	case DIALOG_NEXT:
		return stream_next(d) ? 1 : -1;
	case DIALOG_AGAIN:
		stream_begin_step(d);
		return 1;
	case DIALOG_BAD:
		dialog_lost(d, PING_BAD_ANSWER);
		return -1;
	default:
		break;
	}
	if (!d->ended)
		return 0;
	stream_cut(d, d->reset ? "it reset the connection" : "it hung up");
	return -1;
}

/* Say and take as much as can be; then wait. */
static void
stream_go(struct dialog *d)
{
	for (;;) {
		int said = stream_say(d);
		if (said < 0)
			return;
		bool takes = said == 1 || (d->step->flags & DIALOG_AT_ONCE);
		int took = takes ? stream_take(d) : 0;
		if (took < 0)
			return;
		if (took == 1)
			continue;
		/* With its buffer full it has to speak before it hears more. */
		bool hears = takes || d->in_len < DIALOG_ROOM;
		stream_wait(d, (short)((hears && !d->ended ? EV_READ : 0) |
				       (said == 0 ? EV_WRITE : 0)));
		return;
	}
}

/* --- the connection -------------------------------------------------------------- */

static void
stream_connected(struct dialog *d, int error)
{
	int on = 1;
	struct handshake h = handshake_judge(&d->opts->handshake, d->fd,
	    d->run->address.sa.sa_family, error, d->begun_ns);

	if (h.outcome != PING_ANSWERED) {
		if (h.why != NULL)
			snprintf(d->why, sizeof d->why, "%s", h.why);
		dialog_lost(d, h.outcome);
		return;
	}
	d->connected = true;
	d->connected_ns = clock_mono_ns();
	probe_extra(d->run, EXTRA_CONNECT, (double)h.rtt_ns / CLOCK_NS_PER_S);
	setsockopt(d->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	stream_begin_step(d);
	stream_go(d);
}

static void
stream_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct dialog *d = ctx;
	int error = 0;
	socklen_t len = sizeof error;

	if (what & EV_TIMEOUT) {
		/* The host calls the ping lost at the same time. */
		dialog_overdue(d);
		dialog_drop(d, false);
	} else if (!d->connected) {
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
			error = errno;
		stream_connected(d, error);
	} else if ((what & EV_READ) == 0 || stream_hear(d))
		stream_go(d);
}

void
dialog_stream_ping(struct probe_run *run, unsigned seq)
{
	struct dialog *d = dialog_new(run, seq);
	int family = run->address.sa.sa_family;

	if (d == NULL) {
		dialog_not_sent(run, seq, errno);
		return;
	}
	d->fd = handshake_socket(&run->opts->handshake, family);
	if (d->fd < 0) {
		int error = errno;
		dialog_drop(d, false);
		dialog_not_sent(run, seq, error);
		return;
	}
	d->sent_wall = clock_wall_ns();
	d->sent_mono = d->begun_ns = clock_mono_ns();
	if (handshake_connect(&run->opts->handshake, d->fd, run->address) == 0)
		stream_connected(d, 0);
	else if (errno == EINPROGRESS)
		stream_wait(d, EV_WRITE);
	else
		stream_connected(d, errno);
}
