/* Dialogs over UDP: one datagram each way, by the kernel's stamps. */
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "probes/dialog.h"
#include "probes/net.h"

/* Datagrams read in one turn: a flood must not hold the loop. */
#define DATAGRAM_READS 16

static uint8_t datagram[DIALOG_DATAGRAM + 1];

/* True when the datagram decided D, which is gone then. */
static bool
datagram_take(struct dialog *d, const struct net_packet *p)
{
	d->in = datagram;
	d->in_len = (size_t)p->len;
	d->rx_wall = p->wall_ns;
	switch (d->step->take(d)) {
	case DIALOG_NEXT:
		dialog_answered(d);
		dialog_drop(d, true);
		return true;
	case DIALOG_BAD:
		dialog_lost(d, PING_BAD_ANSWER);
		return true;
	default: /* why that is may be said when nothing better comes */
		probe_forged(d->run);
		return false;
	}
}

/* The error queue: transmit stamps and ICMP errors. True when D is decided. */
static bool
datagram_errors(struct dialog *d)
{
	for (int i = 0; i < DATAGRAM_READS; i++) {
		struct net_packet p = net_read_error(d->fd);
		if (p.len < 0)
			break;
		if (!p.icmp) {
			if (d->tx_wall == 0)
				d->tx_wall = p.wall_ns;
			continue;
		}
		enum ping_outcome why =
		    net_icmp(d->run->address.sa.sa_family, p.type, p.code);
		if (why == PING_REFUSED) {
			dialog_lost(d, why);
			return true;
		}
		probe_lost(d->run, d->seq, why, false);
	}
	return false;
}

static void
datagram_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct dialog *d = ctx;

	(void)what;
	if (datagram_errors(d))
		return;
	for (int i = 0; i < DATAGRAM_READS; i++) {
		struct net_packet p = net_read(fd, datagram, sizeof datagram);
		/* An error here was reported through the error queue already. */
		if (p.len < 0 || datagram_take(d, &p))
			return;
	}
}

/* A connected socket; -1 with errno. */
static int
datagram_socket(struct dialog *d)
{
	const struct via *via = &d->opts->handshake.via;
	struct addr to = d->run->address;
	int family = to.sa.sa_family;

	d->fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (d->fd < 0)
		return -1;
	addr_set_port(&to, d->opts->handshake.port);
	net_stamps(d->fd, family);
	if (via_apply(via, d->fd, family) != 0 || via_bind(via, d->fd, family, 0) != 0)
		return -1;
	return connect(d->fd, &to.sa, addr_len(&to));
}

static int
datagram_send(struct dialog *d)
{
	struct pack p;

	pack_init(&p, datagram, DIALOG_DATAGRAM);
	d->step->say(d, &p);
	if (!pack_ok(&p)) {
		errno = EMSGSIZE;
		return -1;
	}
	d->sent_wall = clock_wall_ns();
	d->sent_mono = d->begun_ns = clock_mono_ns();
	return send(d->fd, datagram, pack_len(&p), 0) < 0 ? -1 : 0;
}

void
dialog_datagram_ping(struct probe_run *run, unsigned seq)
{
	struct dialog *d = dialog_new(run, seq);

	if (d == NULL || datagram_socket(d) != 0 || datagram_send(d) != 0) {
		enum ping_outcome why = net_errno(errno, NULL);
		if (why == PING_NOT_SENT)
			probe_detail(run, strerror(errno));
		if (d != NULL)
			dialog_drop(d, false);
		probe_lost(run, seq, why, true);
		return;
	}
	event_assign(
	    &d->ev, run->host->base, d->fd, EV_READ | EV_PERSIST, datagram_on_event, d);
	event_add(&d->ev, NULL);
}
