#include "probes/ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51 /* linux/in.h since Linux 6.3 */
#endif

/* Endpoints share this many cursors: two that share one go through its ports faster. At
 * 235 connections a second of one cursor the default 28232 ports last for 120 s. */
#define PORTS_CURSORS 4096
/* Ports tried before the kernel may choose: some are reserved or somebody's. */
#define PORTS_TRIES 4

static struct {
	unsigned low, high;
	bool opened, by_range;
	uint32_t seed;
	uint16_t next[PORTS_CURSORS]; /* behind LOW */
} ports = { .low = 32768, .high = 60999 };

/* --- which ports ----------------------------------------------------------------- */

static void
ports_look(void)
{
	FILE *in = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned low, high;

	if (in == NULL)
		return;
	if (fscanf(in, "%u %u", &low, &high) == 2 && low > 0 && low <= high &&
	    high <= UINT16_MAX) {
		ports.low = low;
		ports.high = high;
	}
	fclose(in);
}

void
ports_open(void)
{
	uint32_t range = 0;
	int fd;

	if (ports.opened)
		return;
	ports.opened = true;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	ports_look();
	ports.by_range = fd >= 0 && setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE,
					&range, sizeof range) == 0;
	if (fd >= 0)
		close(fd);
	if (getrandom(&ports.seed, sizeof ports.seed, 0) != sizeof ports.seed ||
	    getrandom(ports.next, 256, 0) != 256)
		fatal("getrandom");
	/* 256 bytes are what comes in one piece for sure. */
	for (size_t i = 128; i < PORTS_CURSORS; i++)
		ports.next[i] = (uint16_t)(ports.next[i % 128] + i * 40503U);
}

bool
ports_by_range(void)
{
	return ports.by_range;
}

void
ports_bind_them(void)
{
	ports.by_range = false;
}

/* FNV-1a: spreads, and needs to do no more. */
static unsigned
ports_cursor(const struct addr *to)
{
	unsigned len, port = addr_port(to);
	const uint8_t *byte = addr_bytes(to, &len);
	uint32_t h = 2166136261U ^ ports.seed;

	for (unsigned i = 0; i < len; i++)
		h = (h ^ byte[i]) * 16777619U;
	h = (h ^ (port & 255)) * 16777619U;
	h = (h ^ (port >> 8)) * 16777619U;
	return (h ^ h >> 16) % PORTS_CURSORS;
}

static unsigned
ports_next(unsigned cursor)
{
	unsigned count = ports.high - ports.low + 1;
	unsigned at = ports.next[cursor] % count;

	ports.next[cursor] = (uint16_t)((at + 1) % count);
	return ports.low + at;
}

/* --- connecting ------------------------------------------------------------------ */

static bool
ports_taken(int error)
{
	return error == EADDRNOTAVAIL || error == EADDRINUSE;
}

static int
ports_connect_by_range(int fd, const struct via *v, const struct addr *to)
{
	unsigned cursor = ports_cursor(to);
	uint32_t range;

	if (via_bind(v, fd, to->sa.sa_family, 0) != 0)
		return -1;
	for (unsigned i = 0; i < PORTS_TRIES; i++) {
		range = ports_next(cursor);
		range |= range << 16;
		setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof range);
		if (connect(fd, &to->sa, addr_len(to)) == 0)
			return 0;
		if (!ports_taken(errno))
			return -1;
	}
	range = 0;
	setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof range);
	return connect(fd, &to->sa, addr_len(to));
}

int
ports_connect(int fd, const struct via *v, const struct addr *to)
{
	int family = to->sa.sa_family;
	unsigned cursor = ports_cursor(to), tries = 0;

	if (ports.by_range)
		return ports_connect_by_range(fd, v, to);
	while (via_bind(v, fd, family, ports_next(cursor)) != 0) {
		if (!ports_taken(errno))
			return -1;
		/* EADDRNOTAVAIL: or the source is not this host's */
		if (++tries == PORTS_TRIES && via_bind(v, fd, family, 0) != 0)
			return -1;
		if (tries == PORTS_TRIES)
			break;
	}
	return connect(fd, &to->sa, addr_len(to));
}
