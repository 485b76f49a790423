#include "probes/pace.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"

#define PACE_LOCAL 100
#define PACE_PUBLIC 10
/* Servers remembered. More than these are not all in use within one turn's time. */
#define PACE_SERVERS 8192

struct pace_server {
	uint8_t address[17]; /* its length, itself, zeros */
	int64_t next_ns;     /* nobody has a turn from here on */
	UT_hash_handle hh;
};

static struct pace_server *pace_servers;

static bool
pace_is_local(const struct addr *a)
{
	const uint8_t *b;
	unsigned len;

	if (addr_is_loopback(a))
		return true;
	b = addr_bytes(a, &len);
	if (len == 4) /* RFC 1918, RFC 3927, RFC 6598 */
		return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
		       (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
		       (b[0] == 100 && (b[1] & 0xc0) == 64);
	/* RFC 4193, RFC 4291 */
	return len == 16 &&
	       ((b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80));
}

unsigned
pace_default(const struct addr *server)
{
	return pace_is_local(server) ? PACE_LOCAL : PACE_PUBLIC;
}

static void
pace_forget(int64_t before_ns)
{
	struct pace_server *s, *next;

	HASH_ITER(hh, pace_servers, s, next) {
		if (s->next_ns > before_ns)
			continue;
		HASH_DEL(pace_servers, s);
		free(s);
	}
}

void
pace_close(void)
{
	pace_forget(INT64_MAX);
}

static struct pace_server *
pace_server(const struct addr *server, int64_t now)
{
	uint8_t key[17] = { 0 };
	struct pace_server *s;
	unsigned len;
	const uint8_t *bytes = addr_bytes(server, &len);

	if (len == 0 || len > 16)
		return NULL;
	key[0] = (uint8_t)len;
	memcpy(key + 1, bytes, len);
	HASH_FIND(hh, pace_servers, key, sizeof key, s);
	if (s != NULL)
		return s;
	if (HASH_COUNT(pace_servers) >= PACE_SERVERS)
		pace_forget(now);
	if (HASH_COUNT(pace_servers) >= PACE_SERVERS)
		return NULL;
	s = mem_zero(1, sizeof *s);
	memcpy(s->address, key, sizeof key);
	HASH_ADD(hh, pace_servers, address, sizeof s->address, s);
	return s;
}

int64_t
pace_turn(const struct addr *server, unsigned per_second, int64_t patience_ns)
{
	int64_t now = clock_mono_ns(), wait;
	struct pace_server *s = pace_server(server, now);

	if (s == NULL || per_second == 0)
		return 0;
	wait = s->next_ns > now ? s->next_ns - now : 0;
	if (wait > patience_ns)
		return -1;
	s->next_ns = now + wait + CLOCK_NS_PER_S / per_second;
	return wait;
}
