#include "prober/spacing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"
#include "prober/schedule.h"

#define SPACING_LEAST 1000.0 /* packets a second */
/* What may leave at once: so many packets, or what this time is worth. */
#define SPACING_ROOM 64.0
#define SPACING_ROOM_NS (4 * CLOCK_NS_PER_MS)
#define SPACING_NETWORKS 256

struct spacing_lane {
	char *name;
	int64_t gap, free_at, went_at;
	unsigned users;
	LIST_ENTRY(spacing_lane) next;
};
static LIST_HEAD(, spacing_lane) lanes = LIST_HEAD_INITIALIZER(lanes);

static struct {
	uint32_t turn;
	int64_t filled; /* when tokens were last added */
	double tokens;	/* below 0: promised */
	double most;	/* so many come in a second */
	/* Who had a packet in which turn. One that takes another's place is forgotten:
	 * this is courtesy, no rule. */
	struct {
		uint32_t turn;
		uint64_t network;
	} seen[SPACING_NETWORKS];
} spacing;

struct spacing_lane *
spacing_lane_take(const char *name, int64_t gap)
{
	struct spacing_lane *lane;

	LIST_FOREACH(lane, &lanes, next)
	{
		if (strcmp(lane->name, name) == 0)
			break;
	}
	if (lane == NULL) {
		lane = mem_zero(1, sizeof *lane);
		lane->name = mem_str(name);
		lane->free_at = lane->went_at = INT64_MIN / 2;
		LIST_INSERT_HEAD(&lanes, lane, next);
	}
	if (gap > lane->gap)
		lane->gap = gap;
	lane->users++;
	return lane;
}

void
spacing_lane_leave(struct spacing_lane *lane)
{
	if (lane == NULL || --lane->users > 0)
		return;
	LIST_REMOVE(lane, next);
	free(lane->name);
	free(lane);
}

int64_t
spacing_lane_reserve(struct spacing_lane *lane, int64_t now, int64_t latest)
{
	int64_t at = lane->free_at > now ? lane->free_at : now;

	if (at > latest)
		return INT64_MAX;
	lane->free_at = at + lane->gap;
	return at;
}

int64_t
spacing_lane_go(struct spacing_lane *lane, int64_t now)
{
	if (now < lane->went_at + lane->gap)
		return lane->went_at + lane->gap;
	lane->went_at = now;
	if (lane->free_at < now + lane->gap)
		lane->free_at = now + lane->gap;
	return now;
}

void
spacing_turn(int64_t now, double rate)
{
	double most = rate * 2 > SPACING_LEAST ? rate * 2 : SPACING_LEAST;
	double room = most * (double)SPACING_ROOM_NS / CLOCK_NS_PER_S;

	if (room < SPACING_ROOM)
		room = SPACING_ROOM;
	spacing.turn++;
	spacing.most = most;
	/* A clock that is turned by a test may go back. */
	if (now > spacing.filled)
		spacing.tokens +=
		    most * (double)(now - spacing.filled) / CLOCK_NS_PER_S;
	if (spacing.tokens > room)
		spacing.tokens = room;
	spacing.filled = now;
}

bool
spacing_take(void)
{
	if (spacing.tokens < 1)
		return false;
	spacing.tokens -= 1;
	return true;
}

int64_t
spacing_promise(void)
{
	spacing.tokens -= 1;
	return (int64_t)(-spacing.tokens / spacing.most * CLOCK_NS_PER_S) + 1;
}

bool
spacing_first(const struct addr *to)
{
	uint64_t network = 0;
	unsigned len;
	const uint8_t *bytes = addr_bytes(to, &len);

	memcpy(&network, bytes, len == 4 ? 3 : 8);
	unsigned at = (unsigned)(schedule_mix(network) % SPACING_NETWORKS);
	if (spacing.seen[at].turn == spacing.turn &&
	    spacing.seen[at].network == network)
		return false;
	spacing.seen[at].turn = spacing.turn;
	spacing.seen[at].network = network;
	return true;
}
