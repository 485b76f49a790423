#include "recorder/exporterfiles.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uthash.h>

#include "base/mem.h"
#include "interface.h"
#include "recorder/trafficfile.h"
#include "store.h"

#define EXPORTERS_DIR STORE_TRAFFIC "/exporters"

struct exporter_file {
	UT_hash_handle hh;
	struct trafficfile file;
	bool guest;	  /* it takes of the guests' share */
	int64_t minute_s; /* of the last row; 0: nothing was told yet */
	int64_t heard_s;  /* RUN_S when anything was told */
	char path[];
};

struct exporterfiles {
	struct exporter_file *all; /* by path */
	unsigned guests;
};

struct exporterfiles *
exporterfiles_new(void)
{
	return mem_zero(1, sizeof(struct exporterfiles));
}

static void
forget(struct exporterfiles *t, struct exporter_file *f)
{
	t->guests -= f->guest;
	HASH_DEL(t->all, f);
	free(f);
}

void
exporterfiles_free(struct exporterfiles *t)
{
	struct exporter_file *f, *next;

	HASH_ITER(hh, t->all, f, next)
		forget(t, f);
	free(t);
}

static struct exporter_file *
add(struct exporterfiles *t, const char *path, bool guest)
{
	struct exporter_file *f = mem_zero(1, sizeof *f + strlen(path) + 1);

	strcpy(f->path, path);
	f->file.kind = TRAFFIC_EXPORTER;
	f->guest = guest;
	t->guests += guest;
	HASH_ADD_KEYPTR(hh, t->all, f->path, strlen(f->path), f);
	return f;
}

void
exporterfiles_begin(struct exporterfiles *t)
{
	DIR *dir = opendir(EXPORTERS_DIR);
	const struct dirent *e;
	char path[EXPORTER_PATH];

	while (dir != NULL && HASH_COUNT(t->all) < EXPORTERFILES_MAX &&
	       (e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name);

		if (len <= 4 || strcmp(e->d_name + len - 4, ".rrd") != 0 ||
		    (size_t)snprintf(path, sizeof path, EXPORTERS_DIR "/%s", e->d_name) >=
			sizeof path)
			continue;
		add(t, path, true);
	}
	if (dir != NULL)
		closedir(dir);
}

int
exporterfiles_take(struct exporterfiles *t, const struct msg_exporter *x, int64_t now_s,
    int64_t run_s, struct err *err)
{
	int64_t end_s = now_s / INTERFACE_STEP * INTERFACE_STEP;
	double value[] = { (double)x->datagrams, (double)x->records, (double)x->lost };
	char path[EXPORTER_PATH];
	struct exporter_file *f;

	if (!exporter_path(x, path))
		return 0;
	HASH_FIND_STR(t->all, path, f);
	if (f == NULL) {
		if (HASH_COUNT(t->all) >= EXPORTERFILES_MAX ||
		    (x->guest && t->guests >= EXPORTERFILES_MAX / 2))
			return 0;
		f = add(t, path, x->guest);
	} else if (f->guest && !x->guest) {
		f->guest = false;
		t->guests--;
	}
	f->heard_s = run_s;
	/* What came before this minute is not its. */
	if (f->minute_s == 0)
		f->minute_s = end_s;
	if (end_s <= f->minute_s)
		return 0;
	f->minute_s = end_s;
	return trafficfile_write(&f->file, f->path, end_s, value, err);
}

void
exporterfiles_sweep(struct exporterfiles *t, int64_t now_s, int64_t run_s)
{
	struct exporter_file *f, *next;

	HASH_ITER(hh, t->all, f, next) {
		/* The clock of the day may jump: by itself it makes nothing old. */
		if (run_s - f->heard_s <= EXPORTERFILES_SILENT_S ||
		    now_s - trafficfile_written_s(f->path) <= EXPORTERFILES_KEEP_S)
			continue;
		unlink(f->path);
		forget(t, f);
	}
}
