/* A file where an RRD should be: whatever passes our eyes must be a file that librrd
 * can read from one end to the other. */
#include "t/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rrd.h>

#include "store.h"

/* More than this is only slow. */
#define CELLS_MAX 10000

static void
fetch(const char *file, const struct store_rrd *rrd)
{
	for (unsigned long i = 0; i < rrd->rra_count; i++) {
		time_t end = (time_t)rrd->last, start = end - 100 * (time_t)rrd->step;
		unsigned long step = rrd->step, ds;
		char **names;
		rrd_value_t *data;
		rrd_clear_error();
		if (rrd->rra[i].rows * rrd->ds_count > CELLS_MAX || start < 0 ||
		    rrd_fetch_r(file, rrd->rra[i].cf, &start, &end, &step, &ds, &names,
			&data) != 0)
			continue;
		for (unsigned long k = 0; k < ds; k++)
			free(names[k]);
		free(names);
		free(data);
	}
}

int
fuzz_rrd(const uint8_t *data, size_t size)
{
	struct store_rrd rrd;
	char file[32];
	int fd = memfd_create("rrd", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
	if (store_rrd_read(file, &rrd, NULL) == 0) {
		/* A row's step may be huge without being wrong: not what is asked. Nor
		 * is that librrd 1.7 leaks the live head of the format before 0003. */
		if (rrd.step < 86400 && rrd.last < 1LL << 32 && data[7] >= '3')
			fetch(file, &rrd);
		store_rrd_free(&rrd);
	}
	close(fd);
	return 0;
}
