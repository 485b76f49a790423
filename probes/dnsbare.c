/* What lies between a connection and its messages where nothing does: TCP itself. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "probes/dnsstream.h"
#include "probes/net.h"

struct bare {
	int fd;
};

static void *
bare_begin(struct probe_run *run, int fd)
{
	struct bare *b = mem_zero(1, sizeof *b);

	(void)run;
	b->fd = fd;
	return b;
}

/* The connection is over, or may go on: then WAIT says for what. */
static enum dnsstream_step
bare_step(enum dnsstream_step wait)
{
	return errno == EAGAIN || errno == EINTR ? wait : DNSSTREAM_CUT;
}

static enum dnsstream_step
bare_read(void *session, void *buf, size_t size, size_t *len, int64_t *wall_ns,
    char why[DNSSTREAM_WHY])
{
	const struct bare *b = session;
	struct net_packet p = net_read(b->fd, buf, size);

	(void)why;
	if (p.len < 0)
		return bare_step(DNSSTREAM_READ);
	*len = (size_t)p.len;
	*wall_ns = p.wall_ns;
	return p.len == 0 ? DNSSTREAM_CUT : DNSSTREAM_DONE;
}

static enum dnsstream_step
bare_write(
    void *session, const void *buf, size_t size, size_t *len, char why[DNSSTREAM_WHY])
{
	const struct bare *b = session;
	ssize_t n = send(b->fd, buf, size, MSG_NOSIGNAL);

	(void)why;
	if (n < 0)
		return bare_step(DNSSTREAM_WRITE);
	*len = (size_t)n;
	return DNSSTREAM_DONE;
}

const struct dnsstream_layer dnsbare_layer = {
	.begin = bare_begin,
	.end = free,
	.read = bare_read,
	.write = bare_write,
};
