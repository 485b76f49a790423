#include "collector/ports.h"

#include <string.h>

/* Datagrams overtake each other, and two lines may meet: one sign is none. Nor are the
 * two that a last word gives which comes after the first one from the next port. */
#define SURE 3
#define SIGNS_MOST 8

static unsigned
find(const struct ports *p, unsigned port)
{
	unsigned i = 0;

	while (i < p->count && p->seen[i].port != port)
		i++;
	return i;
}

/* A place for PORT. */
static unsigned
add(struct ports *p, unsigned port)
{
	unsigned at = 0;

	if (p->count < PORTS_MAX)
		at = p->count++;
	else
		for (unsigned i = 1; i < PORTS_MAX; i++)
			if (p->seen[i].heard < p->seen[at].heard)
				at = i;
	memset(&p->seen[at], 0, sizeof p->seen[at]);
	p->seen[at].port = (uint16_t)port;
	for (unsigned i = 0; i < PORTS_MAX; i++)
		p->apart[at][i] = p->apart[i][at] = 0;
	return at;
}

static void
sign(struct ports *p, unsigned a, unsigned b, bool apart)
{
	int n = p->apart[a][b] + (apart ? 1 : -1);

	if (n >= -SIGNS_MOST && n <= SIGNS_MOST)
		p->apart[a][b] = p->apart[b][a] = (int8_t)n;
}

/* AT, heard before, goes on with NUMBER: what did others send meanwhile? */
static void
compare(struct ports *p, unsigned at, uint32_t number)
{
	uint32_t was = p->seen[at].number, step = number - was;

	/* It begins anew, came late, or does not number anything. */
	if (step == 0 || step > INT32_MAX)
		return;
	for (unsigned i = 0; i < p->count; i++) {
		uint32_t other = p->seen[i].number - was;

		/* What has no records may have the number of what follows. */
		if (i != at && p->seen[i].heard > p->seen[at].heard && other != 0 &&
		    other != step)
			sign(p, at, i, other > step);
	}
}

void
ports_hear(struct ports *p, unsigned port, uint32_t number)
{
	unsigned at = p->last;

	if (p->count == 0 || p->seen[at].port != port) {
		at = find(p, port);
		if (at == p->count)
			at = add(p, port);
		else
			compare(p, at, number);
		p->last = at;
	}
	p->seen[at].number = number;
	p->seen[at].heard = ++p->turn;
}

/* The signs of A and B; 0 where one of them is not known. */
static int
signs(const struct ports *p, unsigned a, unsigned b)
{
	unsigned at = find(p, a), other = find(p, b);

	return at == p->count || other == p->count ? 0 : p->apart[at][other];
}

bool
ports_apart(const struct ports *p, unsigned a, unsigned b)
{
	return p->count > 1 && a != b && signs(p, a, b) >= SURE;
}

bool
ports_follow(const struct ports *p, unsigned port, unsigned leader)
{
	return p->count > 1 && port != leader && signs(p, port, leader) <= -SURE &&
	       !p->seen[find(p, port)].own && !p->seen[find(p, leader)].own;
}

void
ports_own(struct ports *p, unsigned port)
{
	unsigned at = find(p, port);

	if (at < p->count)
		p->seen[at].own = true;
}
