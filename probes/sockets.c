#include "probes/sockets.h"

#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define SOCKETS_LOOK 32	 /* places looked at for one that is spare */
#define SOCKETS_PART_S 2 /* for the other end to close */
#define SOCKETS_READS 16 /* of what it still says; then it is reset */

static TAILQ_HEAD(, socket_place) places = TAILQ_HEAD_INITIALIZER(places);
static unsigned used;

/* --- places ---------------------------------------------------------------------- */

/* The first ones were taken first, so most are spare before the others. */
static bool
sockets_free_one(void)
{
	struct socket_place *p;
	int64_t now = clock_mono_ns();
	unsigned looked = 0;

	TAILQ_FOREACH(p, &places, link) {
		if (p->spare_at <= now) {
			p->drop(p);
			return true;
		}
		if (++looked == SOCKETS_LOOK)
			break;
	}
	return false;
}

bool
sockets_take(struct socket_place *place, int64_t spare_at,
    void (*drop)(struct socket_place *place))
{
	if (used >= SOCKETS_MAX && !sockets_free_one())
		return false;
	place->spare_at = spare_at;
	place->drop = drop;
	TAILQ_INSERT_TAIL(&places, place, link);
	used++;
	return true;
}

void
sockets_give(struct socket_place *place)
{
	TAILQ_REMOVE(&places, place, link);
	used--;
}

unsigned
sockets_used(void)
{
	return used;
}

/* --- the end of a connection ----------------------------------------------------- */

struct parting {
	struct socket_place place; /* first */
	struct event ev;
	int fd;
	unsigned reads;
	int64_t until;
	LIST_ENTRY(parting) link;
};

static LIST_HEAD(, parting) partings = LIST_HEAD_INITIALIZER(partings);

void
sockets_reset(int fd)
{
	const struct linger reset = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
}

static void
sockets_parted(struct parting *p, bool in_peace)
{
	event_del(&p->ev);
	if (in_peace)
		close(p->fd);
	else
		sockets_reset(p->fd);
	LIST_REMOVE(p, link);
	sockets_give(&p->place);
	free(p);
}

static void
sockets_drop_parting(struct socket_place *place)
{
	sockets_parted((struct parting *)place, false);
}

static void
sockets_on_parting(evutil_socket_t fd, short what, void *ctx)
{
	static char waste[16384];
	struct parting *p = ctx;
	ssize_t n = (what & EV_TIMEOUT) ? -1 : recv(fd, waste, sizeof waste, 0);

	if (n > 0 && ++p->reads < SOCKETS_READS && clock_mono_ns() < p->until)
		return;
	sockets_parted(p, n == 0);
}

void
sockets_part(struct event_base *base, int fd)
{
	static const struct timeval most = { SOCKETS_PART_S, 0 };
	struct parting *p = mem_zero(1, sizeof *p);

	p->fd = fd;
	p->until = clock_mono_ns() + SOCKETS_PART_S * CLOCK_NS_PER_S;
	if (shutdown(fd, SHUT_WR) != 0 ||
	    !sockets_take(&p->place, clock_mono_ns(), sockets_drop_parting)) {
		free(p);
		sockets_reset(fd);
		return;
	}
	LIST_INSERT_HEAD(&partings, p, link);
	event_assign(&p->ev, base, fd, EV_READ | EV_PERSIST, sockets_on_parting, p);
	event_add(&p->ev, &most);
}

void
sockets_close(void)
{
	struct parting *p;

	while ((p = LIST_FIRST(&partings)) != NULL)
		sockets_parted(p, false);
}
