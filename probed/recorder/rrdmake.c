/* librrd takes half a millisecond to make a file. Many targets have their first round
 * in the same step and want equal files, down to the time of the last update: so librrd
 * makes one, and the others are copies of it. (Equal is then also the row at which
 * archives begin, which librrd draws by lot.) */
#include "recorder/rrdmake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rrd.h>

#include "base/mem.h"
#include "recorder/aside.h"
#include "store.h"

static const char blank_path[] = STORE_NEW "/blank.rrd";

/* What librrd made last, and what BLANK_PATH is a copy of, once two were alike. */
static struct {
	unsigned step, pings;
	struct archives archives;
	int64_t start;
	bool kept;
} blank;

static bool
is_blank(unsigned step, unsigned pings, const struct archives *archives, int64_t start)
{
	return blank.step == step && blank.pings == pings && blank.start == start &&
	       archives_equal(&blank.archives, archives);
}

static void
remember(unsigned step, unsigned pings, const struct archives *archives, int64_t start)
{
	archives_copy(&blank.archives, archives->rra, archives->count);
	blank.step = step;
	blank.pings = pings;
	blank.start = start;
	blank.kept = false;
}

/* librrd does not say why it could not make a file of SIZE bytes: find out. */
static const char *
why_not(off_t size)
{
	static const char name[] = STORE_NEW "/try";
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int error = errno;

	if (fd >= 0) {
		error = posix_fallocate(fd, 0, size);
		close(fd);
		unlink(name);
	}
	return error != 0 ? strerror(error) : NULL;
}

static int
make(const char *path, unsigned step, unsigned pings, const struct archives *archives,
    int64_t start, const char **why)
{
	size_t n = STORE_DS_PING + pings + archives->count, at = 0;
	char **arg = mem_zero(n, sizeof *arg);
	unsigned beat = 2 * step;
	off_t rows = 0;

	arg[at++] = mem_printf("DS:uptime:GAUGE:%u:0:U", beat);
	arg[at++] = mem_printf("DS:loss:GAUGE:%u:0:%u", beat, pings);
	arg[at++] = mem_printf("DS:median:GAUGE:%u:0:U", beat);
	for (unsigned i = 1; i <= pings; i++)
		arg[at++] = mem_printf("DS:ping%u:GAUGE:%u:0:U", i, beat);
	for (size_t i = 0; i < archives->count; i++) {
		rows += archives->rra[i].rows;
		arg[at++] = mem_printf("RRA:%s:%.10g:%u:%u", archives->rra[i].cf,
		    archives->rra[i].xff, archives->rra[i].steps,
		    archives->rra[i].rows);
	}
	rrd_clear_error();
	int result = rrd_create_r2(
	    path, step, (time_t)start, 1, NULL, NULL, (int)n, (const char **)arg);
	for (size_t i = 0; i < n; i++)
		free(arg[i]);
	free(arg);
	if (result == 0)
		return 0;
	*why = why_not(rows * (off_t)((STORE_DS_PING + pings) * sizeof(double)));
	if (*why == NULL)
		*why = rrd_get_error();
	return -1;
}

int
rrdmake(const char *path, unsigned step, unsigned pings,
    const struct archives *archives, int64_t start, const char **why)
{
	bool again = is_blank(step, pings, archives, start);

	if (again && blank.kept && aside_copy(blank_path, path) == 0)
		return 0;
	/* It was deleted, or there is no room, which librrd's own try will tell. */
	if (make(path, step, pings, archives, start, why) != 0)
		return -1;
	if (again)
		blank.kept = aside_copy(path, blank_path) == 0;
	else
		remember(step, pings, archives, start);
	return 0;
}
