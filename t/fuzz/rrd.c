/* A file where an RRD should be: whatever passes our eyes must be a file that librrd
 * can read from one end to the other. */
#include "t/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rrd.h>

#include "recorder/newhead.h"
#include "recorder/oldfile.h"
#include "recorder/rrdrow.h"
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

/* Around both ends of each archive, with our own eyes. */
static void
read_rows(const char *file, const struct store_rrd *rrd)
{
	static double value[20 * CELLS_MAX];

	for (unsigned long i = 0; i < rrd->rra_count; i++) {
		unsigned long seconds = rrd->rra[i].steps * rrd->step;
		int64_t last = rrd->last / (int64_t)seconds;
		int64_t rows = (int64_t)rrd->rra[i].rows;

		for (int64_t from = last - rows - 9; from < last + 9; from += rows + 2)
			(void)store_rrd_rows(file, seconds, from * (int64_t)seconds, 20,
			    rrd->ds_count, value, NULL);
	}
}

/* As one that is carried over. */
static void
carry(const char *file, const struct store_rrd *rrd)
{
	static struct conf_rra rra[] = { { "AVERAGE", 0.5, 1, 10 },
		{ "MAX", 0.5, 12, 10 } };
	static const struct archives want = { rra, 2 };
	struct oldfile *f = oldfile_open(file, 7, NULL);
	double row[STORE_DS_PING + 7];

	if (f == NULL)
		return;
	for (int64_t width = 1; width < 100000; width = width * 3 + 1)
		for (int64_t k = 0; k < 20; k++)
			oldfile_row(f, (enum oldfile_cf)(k % OLDFILE_CFS),
			    rrd->last - (k + 1) * width, rrd->last - k * width, 0.5,
			    row);
	free(newhead_make(f, 60, 7, &want));
	oldfile_close(f);
}

/* As one that goes on. */
static void
go_on(const char *file, const struct store_rrd *rrd)
{
	char text[4 * (STORE_DS_PING + 1000) + 1] = "U:1:1e-3";
	struct rrdfile f = { .path = (char *)file,
		.step = (unsigned)rrd->step,
		.pings = rrd->pings,
		.last = rrd->last,
		.archives = (uint32_t)rrd->rra_count,
		.dev = rrd->dev,
		.ino = rrd->ino,
		.size = rrd->size };

	for (unsigned i = 0; i < rrd->pings; i++)
		strcat(text, i % 3 == 0 ? ":U" : ":2e3");
	(void)rrdrow_write(&f, rrd->last + (int64_t)rrd->step, text);
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
		if (rrd.ds_count <= CELLS_MAX)
			read_rows(file, &rrd);
		unsigned long rows = 0;
		for (unsigned long i = 0; i < rrd.rra_count; i++)
			rows += rrd.rra[i].rows;
		if (rrd.series && rrd.pings < 1000 && rows < CELLS_MAX)
			carry(file, &rrd);
		if (rrd.series && rrd.pings < 1000)
			go_on(file, &rrd);
		store_rrd_free(&rrd);
	}
	close(fd);
	return 0;
}
