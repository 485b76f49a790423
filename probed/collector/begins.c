#include "collector/begins.h"

#include <stdlib.h>

#include "base/mem.h"

#define FLOWS 64
/* An uptime and the seconds of a header make a begin that differs by up to a second
 * from datagram to datagram, and clocks are put right meanwhile. */
#define SAME_MS 2000
/* Two records whose ends lie closer may be of the same packets, seen at two places. */
#define APART_MS 10000
/* What is told again is told within an hour, the longest active timeout, and a little.
 * A flow has its place for so long, whoever else would have it: of many flows that are
 * all told once a minute, each would take the place of another before it is told again.
 */
#define AGAIN_MS (61 * 60000LL)
/* How long a sign holds: longer than places may be taken by flows that are over. */
#define HOLDS_MS (2 * AGAIN_MS)

struct begin {
	uint64_t flow;
	int64_t start_ms, end_ms;
	int64_t at_ms; /* when it was told; 0: free */
};

struct begins {
	struct begin begin[FLOWS]; /* flow F at F % FLOWS */
	int64_t sign_ms;	   /* of the last one; 0: none yet */
};

struct begins *
begins_new(void)
{
	return mem_zero(1, sizeof(struct begins));
}

void
begins_free(struct begins *b)
{
	free(b);
}

static bool
is_recent(int64_t at_ms, int64_t within_ms, int64_t now_ms)
{
	return at_ms != 0 && now_ms >= at_ms && now_ms - at_ms <= within_ms;
}

bool
begins_again(
    struct begins *b, uint64_t flow, int64_t start_ms, int64_t end_ms, int64_t now_ms)
{
	struct begin *was = &b->begin[flow % FLOWS];
	bool recent = is_recent(was->at_ms, AGAIN_MS, now_ms);
	bool same = recent && was->flow == flow;
	bool later = start_ms - was->start_ms > SAME_MS;
	bool again = same && !later && was->start_ms - start_ms <= SAME_MS &&
		     end_ms - was->end_ms >= APART_MS;

	if (again)
		b->sign_ms = now_ms;
	if (!recent || again || (same && later))
		*was = (struct begin){ flow, start_ms, end_ms, now_ms };
	return is_recent(b->sign_ms, HOLDS_MS, now_ms);
}
