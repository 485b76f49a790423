#include "base/clock.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

static bool clock_faked;
static int64_t clock_fake_mono, clock_fake_wall, clock_fake_boot;

/* What a test shifts the clocks by: a file of its, mapped. */
static const volatile struct clock_shift {
	int64_t wall, boot;
} * clock_shift;

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
	int64_t shift = clock_shift == NULL ? 0 : clock_shift->wall;

	return clock_faked ? clock_fake_wall : clock_read(CLOCK_REALTIME) + shift;
}

int64_t
clock_wall_s(void)
{
	return clock_wall_ns() / CLOCK_NS_PER_S;
}

int64_t
clock_boot_ns(void)
{
	int64_t shift = clock_shift == NULL ? 0 : clock_shift->boot;

	return clock_faked ? clock_fake_boot : clock_read(CLOCK_BOOTTIME) + shift;
}

int64_t
clock_stamp_ns(const struct timespec *ts)
{
	int64_t shift = clock_shift == NULL ? 0 : clock_shift->wall;

	return ts->tv_sec * CLOCK_NS_PER_S + ts->tv_nsec + shift;
}

void
clock_hook(void)
{
	const char *test = getenv("SMOKEBOX_TEST");
	char path[256];

	if (test == NULL || (test = strstr(test, "clock=")) == NULL)
		return;
	test += strlen("clock=");
	snprintf(path, sizeof path, "%.*s", (int)strcspn(test, ","), test);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at = fd < 0
		       ? MAP_FAILED
		       : mmap(NULL, sizeof *clock_shift, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		fatal("the clocks of a test, %s", path);
	clock_shift = at;
	close(fd);
}

const char *
clock_span_text(int64_t s, char buf[CLOCK_SPAN_TEXT])
{
	if (s < 120)
		snprintf(buf, CLOCK_SPAN_TEXT, "%lld s", (long long)s);
	else if (s < 7200)
		snprintf(buf, CLOCK_SPAN_TEXT, "%lld min", (long long)s / 60);
	else if (s < 172800)
		snprintf(buf, CLOCK_SPAN_TEXT, "%lld h %lld min", (long long)s / 3600,
		    (long long)s / 60 % 60);
	else
		snprintf(buf, CLOCK_SPAN_TEXT, "%lld d %lld h", (long long)s / 86400,
		    (long long)s / 3600 % 24);
	return buf;
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
