/* All runs together: the table that finds one by its index, and the turns in which
 * everything happens. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "prober/run_impl.h"

/* As many pings are to share a wake-up: more would queue up in front of a slow line. */
#define RUN_GRAIN_PINGS 8
#define RUN_IDLE_NS CLOCK_NS_PER_S
/* An answer that came within this of a stall's end may have waited for it. */
#define RUN_WAKE_NS (2 * CLOCK_NS_PER_MS)

struct runs runs;

/* --- the set ---------------------------------------------------------------------- */

void
runs_open(struct probe_host *host, const struct run_ops *ops)
{
	memset(&runs, 0, sizeof runs);
	runs.host = host;
	runs.ops = *ops;
	runs.wheel = wheel_new(clock_mono_ns() / RUN_TICK_NS);
	runs.hold = INT64_MIN / 2;
	runs_add_rate(0);
	watch_start(&runs.watch);
}

void
runs_hold(int64_t until)
{
	runs.hold = until;
}

void
runs_close(void)
{
	for (size_t i = 0; i < runs.indexes; i++)
		if (runs.by_index[i] != NULL)
			run_remove(runs.by_index[i]);
	free(runs.by_index);
	free(runs.spare);
	wheel_free(runs.wheel);
	memset(&runs, 0, sizeof runs);
}

size_t
runs_count(void)
{
	return runs.used;
}

size_t
runs_type(const struct probe_type *type)
{
	size_t i = 0;

	while (i < runs.types && runs.type[i].type != type)
		i++;
	if (i == RUNS_TYPES)
		fatalx("more than %d kinds of measurement", RUNS_TYPES);
	if (i == runs.types) {
		runs.type[i].type = type;
		runs.types++;
	}
	return i;
}

uint32_t
runs_take_index(struct run *run)
{
	if (runs.spares == 0) {
		size_t more = runs.indexes == 0 ? 64 : runs.indexes;

		runs.by_index =
		    mem_grow(runs.by_index, runs.indexes + more, sizeof *runs.by_index);
		runs.spare =
		    mem_grow(runs.spare, runs.indexes + more, sizeof *runs.spare);
		memset(runs.by_index + runs.indexes, 0, more * sizeof *runs.by_index);
		for (size_t i = more; i-- > 0;)
			runs.spare[runs.spares++] = runs.indexes + i;
		runs.indexes += more;
	}
	size_t index = runs.spare[--runs.spares];
	runs.by_index[index] = run;
	runs.used++;
	return (uint32_t)index;
}

void
runs_add_rate(double more)
{
	runs.rate += more;
	runs.grain = RUN_TICK_NS;
	while (runs.grain < RUN_COARSE_NS &&
	       runs.rate * (double)runs.grain / CLOCK_NS_PER_S < RUN_GRAIN_PINGS)
		runs.grain *= 2;
}

bool
runs_stalled(int64_t sent, int64_t rtt, enum ping_stamp stamp, int64_t now)
{
	const struct watch *w = &runs.watch;
	bool overdue = watch_overdue(w, now); /* nobody has looked yet */
	int64_t from = overdue ? w->due : w->from;
	int64_t to = overdue ? now : w->to;

	if (stamp == STAMP_USER && (overdue || runs.settling))
		return sent < to;
	return sent <= from && sent + rtt >= to - RUN_WAKE_NS;
}

/* --- turns ------------------------------------------------------------------------ */

static void
runs_receive(void)
{
	for (size_t i = 0; i < runs.types; i++)
		if (runs.type[i].type->receive != NULL)
			runs.type[i].type->receive(runs.host);
}

static void
runs_flush(void)
{
	for (size_t i = 0; i < runs.types; i++)
		if (runs.type[i].type->flush != NULL)
			runs.type[i].type->flush(runs.host);
}

static struct run *
runs_of(struct wheel_entry *e)
{
	return (struct run *)((char *)e - offsetof(struct run, timer));
}

/* With many targets each turn finds another one's memory far away. That of the third
 * from here is fetched meanwhile, and what the first one's ping leads to. */
static void
runs_fetch(void)
{
	struct wheel_entry *ahead[3];
	unsigned n = wheel_ahead(runs.wheel, ahead, 3);

	if (n == 3)
		run_fetch(runs_of(ahead[2]));
	if (n > 0)
		run_fetch_ping(runs_of(ahead[0]), runs_of(ahead[0])->seq);
}

void
runs_tick(void)
{
	int64_t now = clock_mono_ns();
	unsigned news = watch_look(&runs.watch, now);
	struct wheel_entry *e;

	runs.looked = now;
	runs.watch.due = INT64_MAX;
	runs_receive();
	if (news & (WATCH_STEP | WATCH_SUSPEND))
		for (size_t i = 0; i < runs.indexes; i++)
			if (runs.by_index[i] != NULL)
				run_shake(runs.by_index[i], news, now);
	/* After a stall types that listen by themselves get one turn of the loop to
	 * read what has come, before anything expires. */
	runs.settling = (news & WATCH_STALL) != 0;
	if (runs.settling) {
		runs.watch.due = now;
		return;
	}
	spacing_turn(now, runs.rate);
	while ((e = wheel_take(runs.wheel, now / RUN_TICK_NS)) != NULL) {
		runs_fetch();
		run_turn(runs_of(e), now);
	}
	runs_flush();
	runs.watch.due = runs_next();
}

int64_t
runs_next(void)
{
	if (runs.settling)
		return runs.looked;
	int64_t next = wheel_next(runs.wheel);

	next = next > INT64_MAX / RUN_TICK_NS ? INT64_MAX : next * RUN_TICK_NS;
	if (next > runs.looked + RUN_IDLE_NS)
		next = runs.looked + RUN_IDLE_NS;
	int64_t ask = (runs.looked / runs.grain + 1) * runs.grain;
	return runs.open != 0 && ask < next ? ask : next;
}
