/* A real-time process that does not sleep goes back among the others, each time. */
#include "prober/urgent.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "t/tap.h"

#define PATIENCE_NS (20 * CLOCK_NS_PER_S)

/* Be real-time and busy until it is no more. False: it is still. */
static bool
thrown_out(void)
{
	static const struct sched_param lowest = { .sched_priority = 1 };
	int64_t end = clock_mono_ns() + PATIENCE_NS;

	if (sched_setscheduler(0, SCHED_FIFO, &lowest) != 0)
		return false;
	while (sched_getscheduler(0) == SCHED_FIFO)
		if (clock_mono_ns() > end)
			return false;
	return true;
}

int
main(void)
{
	static const struct sched_param lowest = { .sched_priority = 1 };
	static const struct sched_param none = { .sched_priority = 0 };
	struct rlimit limit;

	setpriority(PRIO_PROCESS, 0, 3);
	urgent_guard();
	is_int(sched_getscheduler(0), SCHED_OTHER, "among the others at first");
	is_int(getpriority(PRIO_PROCESS, 0), 3, "as nice as before");
	getrlimit(RLIMIT_RTTIME, &limit);
	is_int(
	    (long long)limit.rlim_cur, 100000, "a tenth of a second without a sleep");
	if (sched_setscheduler(0, SCHED_FIFO, &lowest) != 0) {
		tap_skip("not permitted to be real-time");
		return tap_done();
	}
	sched_setscheduler(0, SCHED_OTHER, &none);
	for (unsigned i = 0; i < 2; i++)
		ok(thrown_out(), "out of it, time %u", i + 1);
	is_int(getpriority(PRIO_PROCESS, 0), 3, "as nice as before");
	getrlimit(RLIMIT_RTTIME, &limit);
	is_int((long long)limit.rlim_cur, 100000, "and no more is allowed than before");
	return tap_done();
}
