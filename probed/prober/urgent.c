#include "prober/urgent.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* Without a sleep, as real-time. It is counted in ticks. */
#define URGENT_MOST_US (100 * 1000)
/* As one of the others: the kernel's smallest. Who asks for less at a time gets it
 * sooner, in front of those that run. */
#define URGENT_SLICE_NS (100 * CLOCK_NS_PER_US)

static int urgent_nice;

/* Among the others. It takes no right. */
static void
urgent_step_back(void)
{
	struct sched_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.size = sizeof attr;
	attr.sched_policy = SCHED_NORMAL;
	attr.sched_nice = urgent_nice;
	attr.sched_runtime = URGENT_SLICE_NS;
	syscall(SYS_sched_setattr, 0, &attr, 0U);
	/* Its timers had no slack, the others' have by default. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

/* At each signal the kernel puts the limit up by a second. */
static void
urgent_set_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_RTTIME, &limit) != 0)
		return;
	limit.rlim_cur =
	    limit.rlim_max < URGENT_MOST_US ? limit.rlim_max : URGENT_MOST_US;
	setrlimit(RLIMIT_RTTIME, &limit);
}

static void
urgent_too_long(int sig)
{
	int saved = errno;

	(void)sig;
	urgent_step_back();
	urgent_set_limit();
	errno = saved;
}

void
urgent_guard(void)
{
	struct sigaction act;

	memset(&act, 0, sizeof act);
	act.sa_handler = urgent_too_long;
	act.sa_flags = SA_RESTART;
	sigemptyset(&act.sa_mask);
	if (sigaction(SIGXCPU, &act, NULL) != 0)
		fatal("SIGXCPU");
	urgent_nice = getpriority(PRIO_PROCESS, 0);
	urgent_step_back();
	urgent_set_limit();
}
