/* The JSON interface. Shapes are contract: members are added, never changed. */
#include "web/api.h"

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fnv.h"
#include "base/json.h"
#include "base/mem.h"
#include "store.h"
#include "web/access.h"
#include "web/edit.h"
#include "web/blockades.h"
#include "web/browsers.h"
#include "web/csv.h"
#include "web/effects.h"
#include "web/exporters.h"
#include "web/interfaces.h"
#include "web/incidents.h"
#include "web/loadtests.h"
#include "web/look.h"
#include "web/metrics.h"
#include "web/news.h"
#include "web/path.h"
#include "web/radios.h"
#include "web/request.h"
#include "web/row.h"
#include "web/series.h"
#include "web/server.h"
#include "web/silences.h"
#include "web/slaveshow.h"
#include "web/state.h"
#include "web/stream.h"
#include "web/suspects.h"
#include "web/vantage.h"
#include "web/verdictshow.h"
#include "web/viewname.h"
#include "web/window.h"
#include "web/tls.h"
#include "web/words.h"

#define JSON_TYPE "application/json"
#define POINTS_DEFAULT 1000
#define POINTS_MAX 10000
/* Of a mean, whose last ones are noise that would double the text. */
#define DIGITS 12
/* Numbers in one answer: about 10 MB of text. */
#define VALUES_MAX (1024 * 1024)
#define TARGETS_DEFAULT 1000
#define TARGETS_MAX 10000

void
api_answer(struct request *r)
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
	jw_key(j, "workers");
	jw_array(j);
	for (int room = ROOM_PARENT; room < ROOMS; room++) {
		const struct msg_worker *w = state_worker((enum room)room);

		if (w == NULL)
			continue;
		jw_object(j);
		jw_put_str(j, "name", room_name((enum room)room));
		jw_put_str(j, "state", worker_state_word(w->state));
		jw_put_int(j, "pid", w->pid);
		jw_put_int(j, "uid", w->uid);
		jw_put_int(j, "restarts", w->restarts);
		jw_put_int(j, "generation", w->generation);
		jw_put_int(j, "since", w->since);
		jw_put_str(j, "sandbox", w->lock);
		jw_put_str(j, "last_end", w->last_end[0] != '\0' ? w->last_end : NULL);
		jw_object_end(j);
	}
	jw_array_end(j);
}

/* The complaints that are errors, or those that are warnings. */
static void
put_problems(struct json *j, const char *key, bool errors)
{
	size_t n;
	const struct state_problem *p = state_problems(&n);

	jw_key(j, key);
	jw_array(j);
	for (size_t i = 0; i < n; i++) {
		if (p[i].error != errors)
			continue;
		jw_object(j);
		jw_put_str(j, "place", p[i].place);
		jw_put_str(j, "text", p[i].text);
		jw_object_end(j);
	}
	jw_array_end(j);
}

static void
put_config(struct json *j)
{
	jw_key(j, "config");
	jw_object(j);
	jw_put_int(j, "generation", state_conf()->generation);
	jw_put_bool(j, "refused", state_config_refused());
	jw_put_int(j, "checked", state_config_checked());
	put_problems(j, "errors", true);
	put_problems(j, "warnings", false);
	jw_object_end(j);
}

/* Our own HTTPS: null where nobody is served by it. */
static void
put_tls(struct json *j)
{
	jw_key(j, "tls");
	/* What is configured since the start takes a restart. */
	if (!server_has_tls()) {
		jw_null(j);
		return;
	}
	jw_object(j);
	jw_put_some(j, "valid_until", tls_valid_until());
	jw_put_str(j, "error", tls_trouble());
	jw_object_end(j);
}

static void
put_icmp(struct json *j, const struct msg_counters *c)
{
	static const char *const rung[] = { NULL, "datagram", "raw" };

	jw_key(j, "icmp");
	jw_object(j);
	jw_put_str(j, "v4", c->icmp4 <= ICMP_RAW ? rung[c->icmp4] : NULL);
	jw_put_str(j, "v6", c->icmp6 <= ICMP_RAW ? rung[c->icmp6] : NULL);
	jw_put_str(j, "v4_why", c->icmp4_why[0] != '\0' ? c->icmp4_why : NULL);
	jw_put_str(j, "v6_why", c->icmp6_why[0] != '\0' ? c->icmp6_why : NULL);
	jw_put_int(j, "v4_sockets", c->icmp_sockets[0]);
	jw_put_int(j, "v6_sockets", c->icmp_sockets[1]);
	jw_put_int(j, "v4_buffer", c->icmp_buffer[0]);
	jw_put_int(j, "v6_buffer", c->icmp_buffer[1]);
	jw_put_int(j, "new_ids", (int64_t)c->new_ids);
	jw_object_end(j);
}

static void
put_pings(struct json *j, const struct msg_counters *c)
{
	jw_key(j, "rounds");
	jw_object(j);
	jw_put_int(j, "scheduled", (int64_t)c->rounds_scheduled);
	jw_put_int(j, "measured", (int64_t)c->rounds_measured);
	jw_put_int(j, "unknown", (int64_t)c->rounds_unknown);
	jw_put_int(j, "skipped", (int64_t)c->rounds_skipped);
	jw_put_int(j, "dropped", (int64_t)c->dropped_rounds);
	jw_object_end(j);
	jw_key(j, "pings");
	jw_object(j);
	for (int o = 0; o < PING_OUTCOMES; o++)
		if (o != PING_OPEN)
			jw_put_int(j, ping_outcome_word((enum ping_outcome)o),
			    (int64_t)c->ping[o]);
	jw_object_end(j);
	jw_key(j, "overload");
	jw_object(j);
	jw_put_int(j, "receive_overflow", (int64_t)c->overflow);
	jw_put_int(j, "send_errors", (int64_t)c->send_errors);
	jw_put_int(j, "truncated", (int64_t)c->truncated);
	jw_put_int(j, "forged", (int64_t)c->forged);
	jw_put_int(j, "wrong_source", (int64_t)c->wrong_source);
	jw_put_int(j, "duplicates", (int64_t)c->duplicates);
	jw_put_int(j, "late_closed", (int64_t)c->late_closed);
	jw_put_int(j, "stamp_faults", (int64_t)c->stamp_faults);
	jw_put_int(j, "reordered", (int64_t)c->reordered);
	jw_put_int(j, "ttl_changes", (int64_t)c->ttl_changes);
	jw_put_num(j, "loop_p50", (double)c->loop_ns[0] / 1e9);
	jw_put_num(j, "loop_p99", (double)c->loop_ns[1] / 1e9);
	jw_put_num(j, "loop_max", (double)c->loop_ns[2] / 1e9);
	jw_object_end(j);
}

/* The STAMP reflector: what it answered, and what not for which reason. */
static void
put_reflector(struct json *j, const struct msg_counters *c)
{
	jw_key(j, "reflector");
	jw_object(j);
	jw_put_int(j, "answered", (int64_t)c->reflected);
	for (int why = 0; why < REFUSED_KINDS; why++)
		jw_put_int(j, msg_refused_word((enum msg_refused)why),
		    (int64_t)c->refused[why]);
	jw_object_end(j);
}

static void
put_store(struct json *j)
{
	const struct msg_store *s = state_store();

	jw_key(j, "store");
	jw_object(j);
	jw_put_int(j, "rows_written", (int64_t)s->rows_written);
	jw_put_int(j, "rows_unknown", (int64_t)s->rows_unknown);
	jw_put_int(j, "retries", (int64_t)s->retries);
	jw_put_int(j, "failed", (int64_t)s->failed);
	jw_put_int(j, "set_aside", (int64_t)s->set_aside);
	jw_put_int(j, "carried", (int64_t)s->carried);
	jw_put_int(j, "queued", (int64_t)s->queued);
	jw_put_int(j, "raw_bytes", (int64_t)s->raw_bytes);
	jw_object_end(j);
}

static void
put_sinks(struct json *j)
{
	const struct msg_sink *s[STATE_SINKS];
	size_t n = state_sinks(s, STATE_SINKS);

	jw_key(j, "sinks");
	jw_array(j);
	for (size_t i = 0; i < n; i++) {
		jw_object(j);
		jw_put_str(j, "name", s[i]->name);
		jw_put_str(j, "url", s[i]->url);
		jw_put_int(j, "sent", (int64_t)s[i]->sent);
		jw_put_int(j, "dropped", (int64_t)s[i]->dropped);
		jw_put_int(j, "waiting", (int64_t)s[i]->waiting);
		jw_put_int(j, "failed_requests", (int64_t)s[i]->failed);
		jw_put_some(j, "sent_at", s[i]->sent_at);
		jw_put_some(j, "failed_at", s[i]->failed_at);
		jw_put_str(j, "error", s[i]->failed > 0 ? s[i]->error : NULL);
		jw_object_end(j);
	}
	jw_array_end(j);
}

static void
put_troubles(struct json *j)
{
	size_t n;
	const struct state_trouble *t = state_troubles(&n);

	jw_key(j, "troubles");
	jw_array(j);
	for (size_t i = 0; i < n; i++) {
		const struct conf_target *target =
		    t[i].target ? conf_target_by_id(state_conf(), t[i].target) : NULL;

		jw_object(j);
		jw_put_int(j, "time", t[i].when);
		jw_put_str(j, "target", target != NULL ? target->path : NULL);
		jw_put_str(j, "text", t[i].text);
		jw_object_end(j);
	}
	jw_array_end(j);
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
	int64_t now = clock_wall_s();

	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_put_str(&j, "version", PACKAGE_VERSION);
	jw_put_int(&j, "time", now);
	jw_put_int(&j, "uptime", now > oldest_start() ? now - oldest_start() : 0);
	put_workers(&j);
	put_config(&j);
	put_tls(&j);
	put_icmp(&j, c);
	put_pings(&j, c);
	put_reflector(&j, c);
	put_store(&j);
	slaveshow_status(&j);
	news_put(&j, request_is_local(r));
	put_sinks(&j);
	exporters_put(&j);
	suspects_put(&j, access_hosts(r));
	blockades_put(&j, 0, access_hosts(r));
	verdictshow_put(&j, access_hosts(r));
	interfaces_put(&j);
	radios_put(&j);
	put_troubles(&j);
	jw_object_end(&j);
	api_answer(r);
}

/* --- targets ---------------------------------------------------------------------- */

/* How many of the last round's answers were stamped by whom. */
static void
put_stamps(struct json *j, const struct live_odd *odd)
{
	jw_key(j, "stamps");
	jw_object(j);
	for (unsigned i = 0; i < STAMP_KINDS; i++)
		jw_put_int(
		    j, ping_stamp_word((enum ping_stamp)i), (int64_t)odd->stamp[i]);
	jw_object_end(j);
}

static void
put_extras(struct json *j, const struct live *live)
{
	jw_key(j, "extras");
	jw_object(j);
	for (unsigned i = 0; i < live->extras; i++)
		jw_put_num(
		    j, extra_kind(live->extra[i].kind)->word, live->extra[i].value);
	jw_object_end(j);
}

static void
put_last(struct json *j, const struct live *live)
{
	jw_key(j, "last");
	if (live == NULL || !live->measured) {
		jw_null(j);
		return;
	}
	jw_object(j);
	jw_put_int(j, "time", live->row);
	jw_put_num(j, "median", live->median);
	jw_put_num(j, "loss", live->loss);
	jw_put_num(j, "loss_ratio", live->loss_ratio);
	jw_put_num(j, "jitter", live->jitter);
	jw_put_bool(j, "unknown", live->unknown);
	jw_put_bool(j, "suspect", live->suspect);
	jw_put_int(j, "late", (int64_t)live->odd.late);
	jw_put_int(j, "duplicates", (int64_t)live->odd.duplicates);
	jw_put_int(j, "reordered", (int64_t)live->odd.reordered);
	jw_put_int(j, "forged", (int64_t)live->odd.forged);
	jw_put_int(j, "wrong_source", (int64_t)live->odd.wrong_source);
	jw_put_int(j, "truncated", (int64_t)live->odd.truncated);
	jw_key(j, "ttl");
	if (live->ttl != 0)
		jw_int(j, live->ttl);
	else
		jw_null(j);
	jw_put_int(j, "ttl_changes", (int64_t)live->odd.ttl_changes);
	put_stamps(j, &live->odd);
	put_extras(j, live);
	jw_object_end(j);
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
	enum look look = look_of(t, why, sizeof why);

	if (live != NULL)
		addr_text(&live->target.address, address);
	jw_object(j);
	jw_put_str(j, "path", t->path);
	jw_put_str(j, "title", t->title);
	jw_put_str(j, "menu", t->menu);
	jw_put_str(j, "probe", t->probe != NULL ? t->probe->name : NULL);
	jw_put_str(j, "host", t->host);
	jw_put_str(j, "address", address[0] != '\0' ? address : NULL);
	jw_put_int(j, "step", t->step);
	jw_put_int(j, "pings", t->pings);
	jw_put_str(j, "state", look_word(look));
	jw_put_str(j, "why", why[0] != '\0' ? why : NULL);
	jw_put_str(j, "kind", kinds[t->kind]);
	jw_put_bool(j, "hidden", row_hidden(t));
	put_last(j, live);
	slaveshow_target(j, t);
	jw_object_end(j);
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

/* Those that a request asks for, one after the other. */
struct asked {
	const struct conf_target *below;
	size_t at;
	long left;
	bool csv, more;
};

static int
asked_read(struct request *r, struct asked *a)
{
	const struct conf *conf = state_conf();
	const char *after = request_arg(r, "after"), *below = request_arg(r, "below");

	*a = (struct asked){ .below = conf->targets };
	if (request_format(r, &a->csv) != 0)
		return -1;
	if (request_int(r, "limit", a->csv ? TARGETS_MAX : TARGETS_DEFAULT, 1,
		TARGETS_MAX, &a->left) < 0)
		return -1;
	if (after != NULL && after[0] != '\0' &&
	    conf_target_by_path(conf, after) == NULL) {
		reply_error(r, 400,
		    "parameter after: no target is called %s, expected the next of the page before",
		    after);
		return -1;
	}
	if (below != NULL && below[0] != '\0')
		a->below = conf_target_by_path(conf, below);
	if (a->below == NULL) {
		reply_error(r, 400, "parameter below: no group is called %s", below);
		return -1;
	}
	a->at = index_after(conf, after);
	return 0;
}

static bool
is_below(const struct conf_target *t, const struct conf_target *group)
{
	while (t != NULL && t != group)
		t = t->parent;
	return t != NULL;
}

/* NULL: there are no more, or more than wanted. */
static const struct conf_target *
asked_next(struct asked *a)
{
	const struct conf *conf = state_conf();

	for (; a->at < conf->target_count; a->at++) {
		const struct conf_target *t = conf->target[a->at];

		if (t->kind == CONF_GROUP || !is_below(t, a->below))
			continue;
		a->more = a->left == 0;
		if (a->more)
			return NULL;
		a->left--;
		a->at++;
		return t;
	}
	return NULL;
}

static void
targets_csv(struct request *r, struct asked *a)
{
	const char *below = a->below->path != NULL ? a->below->path : "";
	int64_t now = clock_wall_s();
	const struct conf_target *t;

	viewname_set(r, VIEW_KEPT, *below != '\0' ? below : "targets", now, now, "csv");
	request_set_header(r, "Cache-Control", "no-store");
	csv_targets_begin(request_out(r));
	while ((t = asked_next(a)) != NULL)
		csv_target(request_out(r), t);
	reply(r, 200, "text/csv; charset=utf-8; header=present");
}

static void
handle_targets(struct request *r)
{
	const struct conf_target *t, *last = NULL;
	struct asked asked;
	struct json j;

	if (asked_read(r, &asked) < 0)
		return;
	if (asked.csv) {
		targets_csv(r, &asked);
		return;
	}
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_key(&j, "targets");
	jw_array(&j);
	while ((t = asked_next(&asked)) != NULL) {
		put_target(&j, t);
		last = t;
	}
	jw_array_end(&j);
	jw_put_str(&j, "next", asked.more ? last->path : NULL);
	jw_object_end(&j);
	api_answer(r);
}

/* --- rounds ----------------------------------------------------------------------- */

/* One member of "columns": the values of column C. */
static void
put_column(
    struct json *j, const char *key, const struct series *s, unsigned c, double by)
{
	if (key != NULL)
		jw_key(j, key);
	jw_array(j);
	for (size_t i = 0; i < s->count; i++)
		jw_rounded(j, s->value[i * s->columns + c] / by, DIGITS);
	jw_array_end(j);
}

/* What the file keeps: seconds and rounds a row, rows, and where they begin now. */
static void
put_archives(struct json *j, const struct series_file *sf)
{
	jw_key(j, "archives");
	jw_array(j);
	for (unsigned k = 0; k < sf->archives; k++) {
		jw_object(j);
		jw_put_int(j, "step", sf->archive[k].step);
		jw_put_int(j, "rounds", sf->archive[k].step / sf->step);
		jw_put_int(j, "rows", sf->archive[k].rows);
		jw_put_int(j, "begin", series_archive_begin(sf, k));
		jw_object_end(j);
	}
	jw_array_end(j);
}

static void
put_series(struct json *j, const char *path, const struct series *s, bool ranks)
{
	jw_object(j);
	jw_put_str(j, "target", path);
	jw_put_int(j, "start", s->start);
	jw_put_int(j, "end", s->start + (int64_t)s->count * s->step);
	jw_put_int(j, "step", s->step);
	jw_put_int(j, "count", (int64_t)s->count);
	jw_put_str(j, "unit", "s");
	jw_put_int(j, "pings", s->pings);
	put_archives(j, &s->file);
	jw_key(j, "columns");
	jw_object(j);
	put_column(j, "median", s, STORE_DS_MEDIAN, 1);
	put_column(j, "loss", s, STORE_DS_LOSS, 1);
	put_column(j, "loss_ratio", s, STORE_DS_LOSS, s->pings);
	jw_key(j, "ping");
	jw_array(j);
	for (unsigned i = 0; ranks && i < s->pings && s->count > 0; i++)
		put_column(j, NULL, s, STORE_DS_PING + i, 1);
	jw_array_end(j);
	jw_object_end(j);
	jw_object_end(j);
}

/* The tag of what put_series() makes of these. */
static void
tag_series(
    char *etag, size_t size, const char *path, const struct series *s, bool ranks)
{
	uint64_t h = fnv_one(FNV_BEGIN, ranks);

	h = fnv(h, path, strlen(path));
	h = fnv_one(fnv_one(h, (uint64_t)s->start), s->step);
	h = fnv_one(fnv_one(h, s->count), s->pings);
	h = fnv_one(fnv_one(h, (uint64_t)s->file.last_update), s->file.step);
	for (unsigned k = 0; k < s->file.archives; k++)
		h = fnv_one(
		    fnv_one(h, s->file.archive[k].step), s->file.archive[k].rows);
	for (size_t i = 0; i < s->count * s->columns; i++) {
		uint64_t word;
		memcpy(&word, &s->value[i], sizeof word);
		/* What differs in the upper bits only has to be seen in the lower ones.
		 */
		h = fnv_one(h, word ^ word >> 32);
	}
	snprintf(etag, size, "\"%016" PRIx64 "\"", h);
}

const struct conf_target *
api_wanted_target(struct request *r, char *file)
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

/* The rounds of T in FILE, which R's arguments choose from, called NAME in the answer.
 * KEPT: as a file that somebody keeps. */
static void
answer_rounds(struct request *r, const struct conf_target *t, const char *file,
    const char *name, bool kept)
{
	int64_t now = clock_wall_s(), start, end;
	struct series s;
	struct json j;
	long points;
	const char *wanted = request_arg(r, "ranks");
	char etag[24];

	if (request_time(r, "end", now, &end) < 0 ||
	    request_time(r, "start", end > 3 * 3600 ? end - 3 * 3600 : 0, &start) < 0 ||
	    request_int(r, "points", POINTS_DEFAULT, 1, POINTS_MAX, &points) < 0)
		return;
	if (wanted != NULL && strcmp(wanted, "yes") != 0 && strcmp(wanted, "no") != 0) {
		reply_error(r, 400, "parameter ranks: expected yes or no");
		return;
	}
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
	bool ranks = wanted == NULL || *wanted == 'y';
	if (kept)
		viewname_set(r, VIEW_KEPT, name, start, end, "json");
	tag_series(etag, sizeof etag, name, &s, ranks);
	if (!reply_not_modified(r, etag)) {
		jw_init(&j, request_out(r));
		put_series(&j, name, &s, ranks);
		fputc('\n', request_out(r));
		reply(r, 200, JSON_TYPE);
	}
	series_free(&s);
}

static void
handle_rounds(struct request *r)
{
	char file[STORE_PATH];
	const struct conf_target *t = api_wanted_target(r, file);

	if (t != NULL)
		answer_rounds(r, t, file, request_arg(r, "target"), false);
}

void
api_rounds(struct request *r, const struct conf_target *t, const char *slave)
{
	char file[STORE_PATH], name[STORE_PATH];

	if (t->kind == CONF_MULTIHOST || vantage_file(file, t, slave) < 0) {
		reply_error(r, 404, "%s has no rounds of its own.", t->path);
		return;
	}
	snprintf(
	    name, sizeof name, "%s%s%s", t->path, *slave != '\0' ? "~" : "", slave);
	answer_rounds(r, t, file, name, true);
}

/* --- others ----------------------------------------------------------------------- */

static void
handle_unknown(struct request *r)
{
	reply_error(r, 404,
	    "%s does not exist, expected one of those that /api/v1/openapi.json describes",
	    request_path(r));
}

const struct route api_routes[] = {
	{ "/api/v1/status", true, false, handle_status },
	{ "/api/v1/targets", true, false, handle_targets },
	{ "/api/v1/rounds", true, false, handle_rounds },
	{ "/api/v1/effect", true, false, effects_handle },
	{ "/api/v1/figures", true, false, window_handle },
	{ "/api/v1/stream", true, false, stream_handle },
	{ "/api/v1/charts", true, false, charts_handle },
	{ "/api/v1/pings", true, false, pings_handle },
	{ "/api/v1/incidents", true, false, incidents_handle },
	{ "/api/v1/path", true, false, path_handle },
	{ "/api/v1/interfaces", true, false, interfaces_handle },
	{ "/api/v1/flows/top", true, false, talkers_handle },
	{ "/api/v1/forget", true, true, forget_handle },
	{ "/api/v1/notes", true, true, words_note },
	{ "/api/v1/silences", true, true, silences_handle },
	{ "/api/v1/silences/end", true, true, silences_end_handle },
	{ "/api/v1/merge", true, true, words_merge },
	{ "/api/v1/echo", true, ROUTE_FORM_OF_READERS, browsers_echo },
	{ "/api/v1/browsers", true, false, browsers_handle },
	{ "/api/v1/config", true, false, edit_api_list },
	{ "/api/v1/config/file", true, false, edit_api_file },
	{ "/api/v1/config/history", true, false, edit_api_history },
	{ "/api/v1/config/check", true, ROUTE_TEXT_OF_EDITORS, edit_api_check },
	{ "/api/v1/config/save", true, ROUTE_TEXT_OF_EDITORS, edit_api_save },
	{ "/api/v1/loadtests", true, ROUTE_FORM_OF_OPERATORS, loadtests_handle },
	{ "/api", false, false, handle_unknown },
	{ "/metrics", true, false, metrics_handle },
	{ NULL, false, false, NULL },
};
