/* Minutes that still grow: what is left of them when nobody tells of them any more. */
#include <stdlib.h>
#include <string.h>

#include "recorder/growing.h"
#include "t/tap.h"

#define T0 1700000040LL /* the begin of a minute */

static struct growing *growing;
static unsigned given[MINUTE_BYS]; /* tables, and rows, that the end has given */
static unsigned rows;
static uint64_t forgotten;
static int64_t first;

/* Two hosts of the minute at BEGIN. */
static void
tell(int64_t begin, enum minute_by by, bool final)
{
	struct minute_part part = {
		.begin_s = begin, .by = by, .final = final, .parts = 1, .rows = 2
	};
	struct minute_row row[2];

	memset(row, 0, sizeof row);
	for (unsigned i = 0; i < 2; i++) {
		row[i].key.a = (struct flow_ip){ 4, { 10, 0, 0, (uint8_t)(i + 1) } };
		row[i].sum.octets[MINUTE_IN] = 100 + i;
	}
	growing_take(growing, &part, row);
}

static void
each(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	(void)ctx, (void)row;
	if (first == 0)
		first = part->begin_s;
	given[part->by] += part->final;
	rows += part->rows;
	forgotten += part->forgotten;
}

static void
end(void)
{
	memset(given, 0, sizeof given);
	rows = 0, first = 0, forgotten = 0;
	growing_end(growing, each, NULL);
}

int
main(void)
{
	struct prefix p;

	growing = growing_new();
	tell(T0 + 60, MINUTE_HOST, false);
	tell(T0, MINUTE_HOST, false);
	tell(T0, MINUTE_HOST, false);
	tell(T0, MINUTE_PORT, false);
	end();
	ok(given[MINUTE_HOST] == 2 && given[MINUTE_PORT] == 1 && rows == 6,
	    "what grew is given as final, each table once");
	is_int(first, T0, "the oldest first");
	end();
	is_int(rows, 0, "and nothing is kept");

	tell(T0, MINUTE_HOST, false);
	tell(T0, MINUTE_PORT, false);
	tell(T0, MINUTE_PORT, true);
	end();
	ok(given[MINUTE_HOST] == 1 && given[MINUTE_PORT] == 0,
	    "what has ended grows no more");

	/* Hosts are told of no more: their tables never end. */
	tell(T0, MINUTE_HOST, false);
	tell(T0 + 60, MINUTE_HOST, false);
	tell(T0 + 60, MINUTE_TOTAL, true);
	end();
	ok(given[MINUTE_HOST] == 1 && first == T0 + 60,
	    "nor is anything of an older minute kept");

	tell(T0, MINUTE_HOST, false);
	(void)prefix_parse(&p, "10.0.0.2", NULL);
	is_int((long long)growing_forget(growing, &p), 1, "an address is forgotten");
	end();
	is_int(rows, 1, "and only the other one given");
	is_int((long long)forgotten, 101, "with what the one had apart");
	growing_free(growing);
	return tap_done();
}
