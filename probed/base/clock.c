#include "base/clock.h"

#include <stdbool.h>
#include <time.h>

static bool clock_faked;
static int64_t clock_fake_mono, clock_fake_wall, clock_fake_boot;

static int64_t
clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * CLOCK_NS_PER_S + ts.tv_nsec;
}

int64_t
clock_mono_ns(void)
{
	return clock_faked ? clock_fake_mono : clock_read(CLOCK_MONOTONIC);
}

int64_t
clock_wall_ns(void)
{
	return clock_faked ? clock_fake_wall : clock_read(CLOCK_REALTIME);
}

int64_t
clock_boot_ns(void)
{
	return clock_faked ? clock_fake_boot : clock_read(CLOCK_BOOTTIME);
}

void
clock_fake(int64_t mono_ns, int64_t wall_ns, int64_t boot_ns)
{
	clock_faked = true;
	clock_fake_mono = mono_ns;
	clock_fake_wall = wall_ns;
	clock_fake_boot = boot_ns;
}

void
clock_fake_advance(int64_t ns)
{
	clock_fake_mono += ns;
	clock_fake_wall += ns;
	clock_fake_boot += ns;
}

void
clock_real(void)
{
	clock_faked = false;
}
