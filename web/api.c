/* The JSON interface. Shapes are contract: members are added, never changed. */
#include <config.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "store.h"
#include "web/metrics.h"
#include "web/request.h"
#include "web/series.h"
#include "web/state.h"

#define JSON_TYPE "application/json"
#define POINTS_DEFAULT 1000
#define POINTS_MAX 10000
/* Numbers in one answer: about 10 MB of text. */
#define VALUES_MAX (1024 * 1024)
#define TARGETS_DEFAULT 1000
#define TARGETS_MAX 10000

static int64_t
now_s(void)
{
	return clock_wall_ns() / CLOCK_NS_PER_S;
}

static void
put_str(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_str(j, value);
}

static void
put_int(struct json *j, const char *key, int64_t value)
{
	json_key(j, key);
	json_int(j, value);
}

static void
put_num(struct json *j, const char *key, double value)
{
	json_key(j, key);
	json_num(j, value);
}

static void
put_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	json_bool(j, value);
}

static void
answer(struct request *r)
{
	fputc('\n', request_out(r));
	request_set_header(r, "Cache-Control", "no-store");
	reply(r, 200, JSON_TYPE);
}

/* --- status ----------------------------------------------------------------------- */

static const char *
worker_state_word(unsigned state)
{
	static const char *const words[WORKER_STATES] = { "starting", "ready", "down" };

	return state < WORKER_STATES ? words[state] : "unknown";
}

static void
put_workers(struct json *j)
{
	json_key(j, "workers");
	json_array(j);
	for (int room = ROOM_PARENT; room < ROOMS; room++) {
		const struct msg_worker *w = state_worker((enum room)room);

		if (w == NULL)
			continue;
		json_object(j);
		put_str(j, "name", room_name((enum room)room));
		put_str(j, "state", worker_state_word(w->state));
		put_int(j, "pid", w->pid);
		put_int(j, "uid", w->uid);
		put_int(j, "restarts", w->restarts);
		put_int(j, "generation", w->generation);
		put_int(j, "since", w->since);
		put_str(j, "sandbox", w->lock);
		put_str(j, "last_end", w->last_end[0] != '\0' ? w->last_end : NULL);
		json_object_end(j);
	}
	json_array_end(j);
}

/* The complaints that are errors, or those that are warnings. */
static void
put_problems(struct json *j, const char *key, bool errors)
{
	size_t n;
	const struct state_problem *p = state_problems(&n);

	json_key(j, key);
	json_array(j);
	for (size_t i = 0; i < n; i++) {
		if (p[i].error != errors)
			continue;
		json_object(j);
		put_str(j, "place", p[i].place);
		put_str(j, "text", p[i].text);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
put_config(struct json *j)
{
	json_key(j, "config");
	json_object(j);
	put_int(j, "generation", state_conf()->generation);
	put_bool(j, "refused", state_config_refused());
	put_int(j, "checked", state_config_checked());
	put_problems(j, "errors", true);
	put_problems(j, "warnings", false);
	json_object_end(j);
}

static void
put_icmp(struct json *j, const struct msg_counters *c)
{
	static const char *const rung[] = { NULL, "datagram", "raw" };

	json_key(j, "icmp");
	json_object(j);
	put_str(j, "v4", c->icmp4 <= ICMP_RAW ? rung[c->icmp4] : NULL);
	put_str(j, "v6", c->icmp6 <= ICMP_RAW ? rung[c->icmp6] : NULL);
	put_str(j, "v4_why", c->icmp4_why[0] != '\0' ? c->icmp4_why : NULL);
	put_str(j, "v6_why", c->icmp6_why[0] != '\0' ? c->icmp6_why : NULL);
	json_object_end(j);
}

static void
put_pings(struct json *j, const struct msg_counters *c)
{
	json_key(j, "rounds");
	json_object(j);
	put_int(j, "scheduled", (int64_t)c->rounds_scheduled);
	put_int(j, "measured", (int64_t)c->rounds_measured);
	put_int(j, "unknown", (int64_t)c->rounds_unknown);
	put_int(j, "skipped", (int64_t)c->rounds_skipped);
	put_int(j, "dropped", (int64_t)c->dropped_rounds);
	json_object_end(j);
	json_key(j, "pings");
	json_object(j);
	for (int o = 0; o < PING_OPEN; o++)
		put_int(
		    j, ping_outcome_word((enum ping_outcome)o), (int64_t)c->ping[o]);
	json_object_end(j);
	json_key(j, "overload");
	json_object(j);
	put_int(j, "receive_overflow", (int64_t)c->overflow);
	put_int(j, "send_errors", (int64_t)c->send_errors);
	put_int(j, "truncated", (int64_t)c->truncated);
	put_int(j, "forged", (int64_t)c->forged);
	put_int(j, "wrong_source", (int64_t)c->wrong_source);
	put_int(j, "duplicates", (int64_t)c->duplicates);
	put_num(j, "loop_p50", (double)c->loop_ns[0] / 1e9);
	put_num(j, "loop_p99", (double)c->loop_ns[1] / 1e9);
	put_num(j, "loop_max", (double)c->loop_ns[2] / 1e9);
	json_object_end(j);
}

static void
put_store(struct json *j)
{
	const struct msg_store *s = state_store();

	json_key(j, "store");
	json_object(j);
	put_int(j, "rows_written", (int64_t)s->rows_written);
	put_int(j, "rows_unknown", (int64_t)s->rows_unknown);
	put_int(j, "retries", (int64_t)s->retries);
	put_int(j, "failed", (int64_t)s->failed);
	put_int(j, "set_aside", (int64_t)s->set_aside);
	put_int(j, "queued", (int64_t)s->queued);
	put_int(j, "raw_bytes", (int64_t)s->raw_bytes);
	json_object_end(j);
}

static void
put_troubles(struct json *j)
{
	size_t n;
	const struct state_trouble *t = state_troubles(&n);

	json_key(j, "troubles");
	json_array(j);
	for (size_t i = 0; i < n; i++) {
		const struct conf_target *target =
		    t[i].target ? conf_target_by_id(state_conf(), t[i].target) : NULL;

		json_object(j);
		put_int(j, "time", t[i].when);
		put_str(j, "target", target != NULL ? target->path : NULL);
		put_str(j, "text", t[i].text);
		json_object_end(j);
	}
	json_array_end(j);
}

/* When the oldest of the processes that are running was started. */
static int64_t
oldest_start(void)
{
	int64_t oldest = state_started();

	for (int room = ROOM_PARENT; room < ROOMS; room++) {
		const struct msg_worker *w = state_worker((enum room)room);

		if (w != NULL && w->since > 0 && w->since < oldest)
			oldest = w->since;
	}
	return oldest;
}

static void
handle_status(struct request *r)
{
	const struct msg_counters *c = state_counters();
	struct json j;
	int64_t now = now_s();

	json_init(&j, request_out(r));
	json_object(&j);
	put_str(&j, "version", PACKAGE_VERSION);
	put_int(&j, "time", now);
	put_int(&j, "uptime", now > oldest_start() ? now - oldest_start() : 0);
	put_workers(&j);
	put_config(&j);
	put_icmp(&j, c);
	put_pings(&j, c);
	put_store(&j);
	json_key(&j, "exporters");
	json_array(&j);
	json_array_end(&j);
	put_troubles(&j);
	json_object_end(&j);
	answer(r);
}

/* --- targets ---------------------------------------------------------------------- */

static void
put_last(struct json *j, const struct live *live)
{
	json_key(j, "last");
	if (live == NULL || !live->measured) {
		json_null(j);
		return;
	}
	json_object(j);
	put_int(j, "time", live->row);
	put_num(j, "median", live->median);
	put_num(j, "loss", live->loss);
	put_num(j, "loss_ratio", live->loss_ratio);
	put_num(j, "jitter", live->jitter);
	put_bool(j, "unknown", live->unknown);
	json_object_end(j);
}

static void
put_target(struct json *j, const struct conf_target *t)
{
	static const char *const kinds[] = { [CONF_GROUP] = "group",
		[CONF_MEASURED] = "measured",
		[CONF_MULTIHOST] = "multihost",
		[CONF_DYNAMIC] = "dynamic" };
	const struct live *live = state_live(t->id);
	char address[ADDR_TEXT] = "", why[256] = "";
	enum look look = state_look(t, why, sizeof why);

	if (live != NULL)
		addr_text(&live->target.address, address);
	json_object(j);
	put_str(j, "path", t->path);
	put_str(j, "title", t->title);
	put_str(j, "menu", t->menu);
	put_str(j, "probe", t->probe != NULL ? t->probe->name : NULL);
	put_str(j, "host", t->host);
	put_str(j, "address", address[0] != '\0' ? address : NULL);
	put_int(j, "step", t->step);
	put_int(j, "pings", t->pings);
	put_str(j, "state", look_word(look));
	put_str(j, "why", why[0] != '\0' ? why : NULL);
	put_str(j, "kind", kinds[t->kind]);
	put_bool(j, "hidden", t->hide);
	put_last(j, live);
	json_object_end(j);
}

/* The index of the first target behind AFTER, or the count when there is none so
 * called. */
static size_t
index_after(const struct conf *conf, const char *after)
{
	size_t i = 0;

	if (after == NULL || after[0] == '\0')
		return 0;
	while (i < conf->target_count && strcmp(conf->target[i]->path, after) != 0)
		i++;
	return i < conf->target_count ? i + 1 : i;
}

static void
handle_targets(struct request *r)
{
	const struct conf *conf = state_conf();
	const char *after = request_arg(r, "after"), *next = NULL;
	struct json j;
	long limit, put = 0;

	if (request_int(r, "limit", TARGETS_DEFAULT, 1, TARGETS_MAX, &limit) < 0)
		return;
	if (after != NULL && after[0] != '\0' &&
	    conf_target_by_path(conf, after) == NULL) {
		reply_error(r, 400,
		    "parameter after: no target is called %s, expected the next of the page before",
		    after);
		return;
	}
	json_init(&j, request_out(r));
	json_object(&j);
	json_key(&j, "targets");
	json_array(&j);
	for (size_t i = index_after(conf, after); i < conf->target_count; i++) {
		if (conf->target[i]->kind == CONF_GROUP)
			continue;
		if (put == limit) {
			next = after;
			break;
		}
		put_target(&j, conf->target[i]);
		after = conf->target[i]->path;
		put++;
	}
	json_array_end(&j);
	put_str(&j, "next", next);
	json_object_end(&j);
	answer(r);
}

/* --- rounds ----------------------------------------------------------------------- */

/* V without the noise behind its twelfth digit, which would double the text. */
static double
twelve_digits(double v)
{
	char text[32];

	if (isnan(v))
		return v;
	snprintf(text, sizeof text, "%.12g", v);
	return strtod(text, NULL);
}

/* One member of "columns": the values of column C. */
static void
put_column(
    struct json *j, const char *key, const struct series *s, unsigned c, double by)
{
	if (key != NULL)
		json_key(j, key);
	json_array(j);
	for (size_t i = 0; i < s->count; i++)
		json_num(j, twelve_digits(s->value[i * s->columns + c] / by));
	json_array_end(j);
}

static void
put_series(struct json *j, const char *path, const struct series *s)
{
	json_object(j);
	put_str(j, "target", path);
	put_int(j, "start", s->start);
	put_int(j, "end", s->start + (int64_t)s->count * s->step);
	put_int(j, "step", s->step);
	put_int(j, "count", (int64_t)s->count);
	put_str(j, "unit", "s");
	put_int(j, "pings", s->pings);
	json_key(j, "columns");
	json_object(j);
	put_column(j, "median", s, STORE_DS_MEDIAN, 1);
	put_column(j, "loss", s, STORE_DS_LOSS, 1);
	put_column(j, "loss_ratio", s, STORE_DS_LOSS, s->pings);
	json_key(j, "ping");
	json_array(j);
	for (unsigned i = 0; i < s->pings && s->count > 0; i++)
		put_column(j, NULL, s, STORE_DS_PING + i, 1);
	json_array_end(j);
	json_object_end(j);
	json_object_end(j);
}

/* The target named by the argument, with "~slave" allowed behind it; NULL after having
 * answered. */
static const struct conf_target *
wanted_target(struct request *r, char *file)
{
	const char *path = request_arg(r, "target");

	if (path == NULL || path[0] == '\0') {
		reply_error(
		    r, 400, "parameter target: is missing, expected a path as A.B.C");
		return NULL;
	}
	char *plain = mem_strn(path, strcspn(path, "~"));
	const struct conf_target *t = conf_target_by_path(state_conf(), plain);
	free(plain);
	if (t == NULL || store_rrd_path(file, path) < 0) {
		reply_error(r, 404, "parameter target: no target is called %s", path);
		return NULL;
	}
	if (t->kind == CONF_GROUP || t->kind == CONF_MULTIHOST) {
		reply_error(r, 400,
		    "parameter target: %s has no rounds of its own, expected a "
		    "target that is measured",
		    path);
		return NULL;
	}
	return t;
}

/* Read the rounds of T, which may have none yet. 0, or -1 after having answered. */
static int
read_rounds(struct request *r, const struct conf_target *t, const char *file,
    int64_t start, int64_t end, unsigned points, struct series *s)
{
	struct err err;

	if (access(file, F_OK) < 0 && errno == ENOENT) {
		*s = (struct series){ .start = start / t->step * t->step,
			.step = t->step,
			.pings = t->pings };
		return 0;
	}
	if (series_read(s, file, start, end, points, &err) < 0) {
		reply_error(r, 500, "the history cannot be read: %s", err.text);
		return -1;
	}
	return 0;
}

static void
handle_rounds(struct request *r)
{
	char file[STORE_PATH];
	int64_t now = now_s(), start, end;
	struct series s;
	struct json j;
	long points;
	const struct conf_target *t = wanted_target(r, file);

	if (t == NULL || request_time(r, "end", now, &end) < 0 ||
	    request_time(r, "start", end > 3 * 3600 ? end - 3 * 3600 : 0, &start) < 0 ||
	    request_int(r, "points", POINTS_DEFAULT, 1, POINTS_MAX, &points) < 0)
		return;
	if (start >= end || start < 0) {
		reply_error(r, 400, "parameter start: %lld is not before the end, %lld",
		    (long long)start, (long long)end);
		return;
	}
	long most = VALUES_MAX / (t->pings + STORE_DS_PING);
	if (points > most)
		points = most;
	if (read_rounds(r, t, file, start, end, (unsigned)points, &s) < 0)
		return;
	json_init(&j, request_out(r));
	put_series(&j, request_arg(r, "target"), &s);
	series_free(&s);
	answer(r);
}

/* --- others ----------------------------------------------------------------------- */

/* The shortest answer there is, for a browser that measures its own way to here. */
static void
handle_echo(struct request *r)
{
	struct json j;

	json_init(&j, request_out(r));
	json_object(&j);
	put_num(&j, "time", (double)(clock_wall_ns() / CLOCK_NS_PER_US) / 1e6);
	json_object_end(&j);
	answer(r);
}

static void
handle_unknown(struct request *r)
{
	reply_error(r, 404,
	    "%s does not exist, expected /api/v1/status, /api/v1/targets, "
	    "/api/v1/rounds or /api/v1/echo",
	    request_path(r));
}

const struct route api_routes[] = {
	{ "/api/v1/status", true, false, handle_status },
	{ "/api/v1/targets", true, false, handle_targets },
	{ "/api/v1/rounds", true, false, handle_rounds },
	{ "/api/v1/echo", true, false, handle_echo },
	{ "/api", false, false, handle_unknown },
	{ "/metrics", true, false, metrics_handle },
	{ NULL, false, false, NULL },
};
