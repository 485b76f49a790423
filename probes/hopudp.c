/* Datagrams to one port: a flow of UDP, which needs no rights at all. Its probes are
 * told apart by their payload, so that routers that quote no more than the header of
 * it, which are old, seem silent. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/hoperr.h"
#include "probes/hopio.h"
#include "probes/net.h"

#define UDP_PORT 33434 /* traceroute's first: nobody listens there */
#define UDP_SIZE 32
#define UDP_TAG 8
#define UDP_READS 64

struct udp_probe {
	int64_t mono, wall, left; /* sent, and by the driver (0: it has not said) */
};

struct udp {
	int fd;
	struct addr to;
	uint8_t tag[UDP_TAG];
	unsigned *order; /* serials as they were sent */
	unsigned sent;
	struct udp_probe probe[]; /* by serial */
};

static int
udp_open(struct hopio *io, struct err *err)
{
	struct udp *u = mem_zero(1, sizeof *u + io->plan.serials * sizeof u->probe[0]);

	u->to = io->plan.to;
	if (addr_port(&u->to) == 0)
		addr_set_port(&u->to, UDP_PORT);
	u->fd = hoperr_socket(u->to.sa.sa_family);
	if (u->fd < 0) {
		free(u);
		return err_set(err, "no socket for UDP: %s", strerror(errno));
	}
	if (getrandom(u->tag, sizeof u->tag, 0) != sizeof u->tag)
		fatal("getrandom");
	u->order = mem_zero(io->plan.serials, sizeof *u->order);
	io->own = u;
	return 0;
}

static void
udp_close(struct hopio *io)
{
	struct udp *u = io->own;

	close(u->fd);
	free(u->order);
	free(u);
}

static int
udp_send(struct hopio *io, unsigned ttl, unsigned serial)
{
	struct udp *u = io->own;
	struct udp_probe *p = &u->probe[serial];
	uint8_t data[UDP_SIZE] = { 0 };

	memcpy(data, u->tag, UDP_TAG);
	data[UDP_TAG] = (uint8_t)(serial >> 8);
	data[UDP_TAG + 1] = (uint8_t)serial;
	p->wall = clock_wall_ns();
	p->mono = clock_mono_ns();
	if (hoperr_send(u->fd, &u->to, ttl, data, sizeof data) != 0)
		return -1;
	u->order[u->sent++] = serial;
	return 0;
}

static int64_t
udp_rtt(const struct udp_probe *p, int64_t wall_ns)
{
	enum ping_stamp stamp;

	return net_rtt(p->left, wall_ns, p->wall, p->mono, &stamp);
}

static void
udp_error(struct hopio *io, const struct hoperr *e)
{
	struct udp *u = io->own;
	unsigned serial = (unsigned)e->quoted[UDP_TAG] << 8 | e->quoted[UDP_TAG + 1];

	if (e->quoted_len < UDP_TAG + 2 || !addr_same_host(&e->to, &u->to) ||
	    memcmp(e->quoted, u->tag, UDP_TAG) != 0 || serial >= io->plan.serials ||
	    u->probe[serial].mono == 0)
		return;
	hopio_error(io, serial, &e->from, e->type, e->code,
	    udp_rtt(&u->probe[serial], e->wall_ns));
}

static void
udp_receive(struct hopio *io)
{
	struct udp *u = io->own;
	struct hoperr e;
	char ignored[64];

	for (int i = 0; i < UDP_READS && hoperr_read(u->fd, &e) == 0; i++)
		if (e.sent && e.id < u->sent)
			u->probe[u->order[e.id]].left = e.wall_ns;
		else if (e.icmp)
			udp_error(io, &e);
	for (int i = 0; i < UDP_READS; i++)
		if (recv(u->fd, ignored, sizeof ignored, MSG_DONTWAIT) < 0)
			break;
}

const struct hopio_type hopio_udp = {
	.grain = 10 * CLOCK_NS_PER_MS,
	.open = udp_open,
	.close = udp_close,
	.send = udp_send,
	.receive = udp_receive,
};
