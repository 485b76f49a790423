/* What is kept of the way to a target: what is read is what would be written, and goes
 * on as the way to a target whatever the clock shows. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "infer/ladder.h"
#include "infer/pathtext.h"
#include "infer/route.h"
#include "pathfile.h"
#include "web/when.h"

#define WAYS 8

static const int64_t times[] = FUZZ_TIMES;

/* As the recorder begins with what it reads, and a page shows it. */
static void
go_on(const struct path_record *p, const struct hops *walk, int64_t now)
{
	struct route r = { .way = p->way,
		.since = p->since,
		.seen = p->time,
		.changes = p->changes,
		.change = { p->time, p->ttl, p->from, p->to } };
	struct addr from, to;
	char text[PATHTEXT_CHANGE], when[WHEN_TEXT];

	for (unsigned i = 0; i < ROUTE_WALKS + 1; i++)
		(void)route_take(&r, i % 2 == 0 ? walk : &p->way, now + 10 * i);
	(void)route_break(&p->way, walk, &from, &to);
	change_text(p->ttl, &p->from, &p->to, text);
	break_text(p->elsewhere, p->ttl, &p->from, &p->to, text);
	when_text(when, sizeof when, p->time, true);
	when_text(when, sizeof when, p->since, false);
	if (r.way.count > HOPS_MAX)
		abort();
	route_free(&r);
}

static void
climb(struct hops *way, size_t ways)
{
	struct ladder_target target[WAYS] = { 0 };
	struct here here;

	memset(&here, 0, sizeof here);
	for (size_t i = 0; i < ways; i++)
		target[i] = (struct ladder_target){
			.id = i + 1, .address = way[i].address, .way = &way[i]
		};
	struct ladder *l = ladder_make(&here, target, ways);
	for (size_t i = 0; i < ways; i++)
		ladder_shared(l, 1, i + 1, NULL);
	ladder_free(l);
}

int
fuzz_path(const uint8_t *data, size_t size)
{
	static struct path_record record;
	static struct msg_out out;
	static struct hops way[WAYS];
	size_t ways = 0;

	for (size_t at = 0, n; (n = pathfile_get(data + at, size - at, &record)) > 0;
	     at += n) {
		if (pathfile_put(&out, &record) != n ||
		    memcmp(out.data, data + at, n) != 0)
			abort();
		way[ways++ % WAYS] = record.way;
		for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
			go_on(&record, &way[0], times[i]);
	}
	climb(way, ways < WAYS ? ways : WAYS);
	return 0;
}
