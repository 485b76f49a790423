#include "recorder/trafficfile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rrd.h>

#include "recorder/aside.h"
#include "store.h"

static const char *const archives[] = {
	"RRA:AVERAGE:0.5:1:2880",  /* minutes: two days */
	"RRA:AVERAGE:0.5:5:20160", /* five minutes: 70 days */
	"RRA:AVERAGE:0.5:60:9600", /* hours: 400 days */
};
#define ARCHIVES (sizeof archives / sizeof *archives)

#define BEAT "120:0:U"
static const char *const rates[INTERFACE_DS] = {
	"DS:in_octets:GAUGE:" BEAT,
	"DS:out_octets:GAUGE:" BEAT,
	"DS:in_packets:GAUGE:" BEAT,
	"DS:out_packets:GAUGE:" BEAT,
	"DS:in_discards:GAUGE:" BEAT,
	"DS:out_discards:GAUGE:" BEAT,
	"DS:in_errors:GAUGE:" BEAT,
	"DS:out_errors:GAUGE:" BEAT,
};
static const char *const totals[] = {
	"DS:datagrams:DERIVE:" BEAT,
	"DS:records:DERIVE:" BEAT,
	"DS:lost:DERIVE:" BEAT,
};
static const char *const browser[] = {
	"DS:median:GAUGE:" BEAT,
	"DS:p95:GAUGE:" BEAT,
	"DS:lost:GAUGE:" BEAT,
};

static const char *const wifi[WIFI_DS] = {
	[WIFI_SIGNAL] = "DS:signal:GAUGE:120:-128:127",
	[WIFI_FREQUENCY] = "DS:frequency:GAUGE:" BEAT,
	[WIFI_SEND_RATE] = "DS:send_rate:GAUGE:" BEAT,
	[WIFI_RECEIVE_RATE] = "DS:receive_rate:GAUGE:" BEAT,
	[WIFI_LEVELS + WIFI_FRAMES] = "DS:frames:GAUGE:" BEAT,
	[WIFI_LEVELS + WIFI_RETRIES] = "DS:retries:GAUGE:" BEAT,
	[WIFI_LEVELS + WIFI_FAILED] = "DS:failed:GAUGE:" BEAT,
	[WIFI_LEVELS + WIFI_JOINS] = "DS:joins:GAUGE:" BEAT,
};
_Static_assert(WIFI_DS <= TRAFFICFILE_DS_MAX, "readers have room for these");

static unsigned
sources_of(enum trafficfile_kind kind, const char *const **ds)
{
	*ds = kind == TRAFFIC_EXPORTER  ? totals
	      : kind == TRAFFIC_BROWSER ? browser
	      : kind == TRAFFIC_WIFI	? wifi
					: rates;
	return kind == TRAFFIC_COUNTERS  ? INTERFACE_DS
	       : kind == TRAFFIC_FLOWS	 ? INTERFACE_FLOW_DS
	       : kind == TRAFFIC_BROWSER ? sizeof browser / sizeof *browser
	       : kind == TRAFFIC_WIFI	 ? WIFI_DS
					 : sizeof totals / sizeof *totals;
}

/* Under another name first, so that a kill leaves no half file: STORE_NEW is emptied at
 * the start. */
static int
make(struct trafficfile *file, const char *path, int64_t end_s, struct err *err)
{
	static const char fresh[] = STORE_NEW "/traffic.rrd";
	const char *arg[TRAFFICFILE_DS_MAX + ARCHIVES];
	const char *const *ds;
	unsigned n = sources_of(file->kind, &ds);

	memcpy(arg, ds, n * sizeof *arg);
	for (unsigned i = 0; i < ARCHIVES; i++)
		arg[n++] = archives[i];
	if (aside_parents(path) < 0 || aside_parents(fresh) < 0 ||
	    (unlink(fresh) < 0 && errno != ENOENT))
		return err_set(err, "%s: %s", path, strerror(errno));
	rrd_clear_error();
	if (rrd_create_r2(fresh, INTERFACE_STEP, (time_t)(end_s - INTERFACE_STEP), 1,
		NULL, NULL, (int)n, arg) != 0)
		return err_set(err, "%s: %s", path, rrd_get_error());
	if (rename(fresh, path) < 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	file->last = end_s - INTERFACE_STEP;
	file->judged = true;
	return 0;
}

static int
judge(struct trafficfile *file, const char *path, int64_t end_s, struct err *err)
{
	char name[STORE_PATH];
	struct store_rrd rrd;
	const char *const *ds;

	errno = 0;
	if (store_rrd_read(path, &rrd, err) < 0) {
		if (errno == ENOENT)
			return make(file, path, end_s, err);
		if (errno != EINVAL)
			return -1;
	} else {
		bool ours = rrd.step == INTERFACE_STEP && rrd.rra_count == ARCHIVES &&
			    rrd.ds_count == sources_of(file->kind, &ds);

		file->last = rrd.last;
		store_rrd_free(&rrd);
		if (ours) {
			file->judged = true;
			return 0;
		}
	}
	if (aside_move(path, name, sizeof name) < 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	log_warnx("%s is no file of traffic: it is kept as %s and a new one begins",
	    path, name);
	return make(file, path, end_s, err);
}

/* "TIME:V:V..."; VALUE NULL: all unknown. */
static void
row_text(const struct trafficfile *file, int64_t time, const double *value, char *buf,
    size_t size)
{
	const char *const *ds;
	unsigned n = sources_of(file->kind, &ds);
	size_t at = (size_t)snprintf(buf, size, "%lld", (long long)time);

	for (unsigned i = 0; i < n && at < size; i++)
		at += (size_t)(value == NULL || isnan(value[i])
				   ? snprintf(buf + at, size - at, ":U")
			       : file->kind == TRAFFIC_EXPORTER
				   ? snprintf(buf + at, size - at, ":%.0f", value[i])
				   : snprintf(buf + at, size - at, ":%.10e", value[i]));
}

int
trafficfile_write(struct trafficfile *file, const char *path, int64_t end_s,
    const double *value, struct err *err)
{
	char before[256], row[256];
	const char *arg[2];
	int n = 0;

	if (!file->judged && judge(file, path, end_s, err) < 0)
		return -1;
	if (end_s <= file->last)
		return 0;
	/* Of totals librrd makes rates, for which it needs the one before. */
	if (end_s - file->last > INTERFACE_STEP) {
		row_text(file, end_s - INTERFACE_STEP, NULL, before, sizeof before);
		arg[n++] = before;
	}
	row_text(file, end_s, value, row, sizeof row);
	arg[n++] = row;
	rrd_clear_error();
	if (rrd_update_r(path, NULL, n, arg) != 0) {
		file->judged = false;
		return err_set(err, "%s: %s", path, rrd_get_error());
	}
	file->last = end_s;
	return 0;
}

int64_t
trafficfile_written_s(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mtime : 0;
}
