#include "prober/tick.h"

#include <string.h>
#include <sys/time.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "prober/run.h"

/* Times are counted in classes of a quarter of a power of two. */
#define TICK_CLASSES 160
#define TICK_MINUTE_NS (60 * CLOCK_NS_PER_S)

struct tick_minute {
	uint32_t count[TICK_CLASSES];
	uint32_t all;
	uint64_t most_ns;
};

static struct {
	struct event *timer;
	void (*after)(void *ctx);
	void *ctx;
	struct tick_minute minute[2]; /* this one and the last */
	int64_t minute_end;
} tick;

static unsigned
tick_class(uint64_t ns)
{
	unsigned log = 63 - (unsigned)__builtin_clzll(ns | 4);
	unsigned class = log * 4 + (unsigned)((ns | 4) >> (log - 2) & 3);

	return class < TICK_CLASSES ? class : TICK_CLASSES - 1;
}

/* The upper end of CLASS. */
static uint64_t
tick_class_ns(unsigned class)
{
	return (uint64_t)(class % 4 + 5) << (class / 4 - 2);
}

static void
tick_note(int64_t now, uint64_t ns)
{
	if (now >= tick.minute_end) {
		tick.minute[1] = tick.minute[0];
		memset(&tick.minute[0], 0, sizeof tick.minute[0]);
		tick.minute_end = now + TICK_MINUTE_NS;
	}
	struct tick_minute *m = &tick.minute[0];
	m->count[tick_class(ns)]++;
	m->all++;
	if (ns > m->most_ns)
		m->most_ns = ns;
}

static uint64_t
tick_quantile(const struct tick_minute *m, double q)
{
	double left = q * m->all;

	for (unsigned class = 0; class < TICK_CLASSES; class ++) {
		left -= m->count[class];
		if (m->count[class] != 0 && left <= 0) {
			uint64_t ns = tick_class_ns(class);
			return ns < m->most_ns ? ns : m->most_ns;
		}
	}
	return 0;
}

void
tick_times(uint64_t ns[3])
{
	const struct tick_minute *m = &tick.minute[tick.minute[1].all != 0];

	ns[0] = tick_quantile(m, 0.5);
	ns[1] = tick_quantile(m, 0.99);
	ns[2] = m->most_ns;
}

void
tick_again(void)
{
	int64_t wait = runs_next() - clock_mono_ns();

	if (wait < 0)
		wait = 0;
	wait = (wait + CLOCK_NS_PER_US - 1) / CLOCK_NS_PER_US;
	struct timeval tv = { .tv_sec = wait / 1000000, .tv_usec = wait % 1000000 };
	if (event_add(tick.timer, &tv) != 0)
		fatalx("no timer for the prober");
}

static void
tick_on_time(evutil_socket_t fd, short what, void *ctx)
{
	int64_t begin = clock_mono_ns();

	(void)fd;
	(void)what;
	(void)ctx;
	runs_tick();
	if (tick.after != NULL)
		tick.after(tick.ctx);
	int64_t end = clock_mono_ns();
	tick_note(end, (uint64_t)(end - begin));
	tick_again();
}

void
tick_start(struct event_base *base, void (*after)(void *ctx), void *ctx)
{
	memset(&tick, 0, sizeof tick);
	tick.after = after;
	tick.ctx = ctx;
	tick.timer = event_new(base, -1, 0, tick_on_time, NULL);
	if (tick.timer == NULL)
		fatalx("no timer for the prober");
	tick_again();
}

void
tick_stop(void)
{
	if (tick.timer != NULL)
		event_free(tick.timer);
	tick.timer = NULL;
}
