#include "web/browsers.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "link/msgbrowser.h"
#include "link/worker.h"
#include "store.h"
#include "web/access.h"
#include "web/api.h"
#include "web/asset.h"
#include "web/client.h"
#include "web/html.h"
#include "web/http.h"
#include "web/request.h"
#include "web/state.h"
#include "web/usage.h"
#include "web/words.h"

#define PLACES 256 /* addresses whose last minute is remembered */
#define POINTS_MAX 5000

static bool
wanted(void)
{
	return strcmp(conf_value(conf_top(state_conf(), "Web"), "record_browsers", "no"),
		   "yes") == 0;
}

void
browsers_put(struct html *page)
{
	html_printf(
	    page, "echo_js", "%s%s", request_base(), asset_url("echo.js"));
	html_flag(page, "echo_record", wanted());
}

/* --- a minute's figures ----------------------------------------------------------- */

/* Has CLIENT told of this minute already? One who tells without end takes nobody's
 * place but its own: where two share one here, both are heard. */
static bool
told_before(const struct addr *client, int64_t minute)
{
	static struct {
		struct addr client;
		int64_t minute;
	} place[PLACES];
	unsigned len, hash = 2166136261u;
	const uint8_t *bytes = addr_bytes(client, &len);

	for (unsigned i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	unsigned at = hash % PLACES;
	bool same = place[at].minute == minute &&
		    addr_same_host(&place[at].client, client);
	place[at].client = *client;
	place[at].minute = minute;
	return same;
}

/* Argument NAME in milliseconds as seconds. 0, or -1 after having answered. */
static int
read_ms(struct request *r, const char *name, double *s)
{
	const char *text = request_arg(r, name);
	char *end;

	*s = text != NULL && *text != '\0' ? strtod(text, &end) / 1000 : NAN;
	if (!isnan(*s) && *end == '\0' && *s >= 0 && *s <= BROWSER_RTT_MAX)
		return 0;
	reply_error(r, 400, "parameter %s: expected milliseconds, 0 to %.0f", name,
	    BROWSER_RTT_MAX * 1000);
	return -1;
}

static int
read_figures(struct request *r, struct msg_browser *m)
{
	long count, lost;

	if (request_int(r, "count", 0, 0, BROWSER_COUNT_MAX, &count) != 0 ||
	    request_int(r, "lost", 0, 0, BROWSER_COUNT_MAX, &lost) != 0)
		return -1;
	m->count = (uint16_t)count;
	m->lost = (uint16_t)lost;
	m->median = m->p95 = NAN;
	if (count > 0 &&
	    (read_ms(r, "median", &m->median) != 0 || read_ms(r, "p95", &m->p95) != 0))
		return -1;
	if (msg_browser_fits(m))
		return 0;
	reply_error(r, 400,
	    "parameter count: expected 1 to %d with those that were lost, and a median "
	    "that is not above p95",
	    BROWSER_COUNT_MAX);
	return -1;
}

/* Whose way is it? This machine's own where it reads its own pages. */
static int
whose(const struct request *r, struct addr *client)
{
	if (client_address(r, client) == 0)
		return 0;
	if (request_header(r, "X-Forwarded-For") != NULL || !server_peer(r, client))
		return -1;
	addr_unmap(client);
	addr_set_port(client, 0);
	return 0;
}

static void
take(struct request *r)
{
	struct msg_browser m;
	struct msg_out out;
	struct json j;

	if (!wanted()) {
		reply_error(r, 403,
		    "not recorded: put record_browsers = yes into the section *** Web *** "
		    "of the file smokebox");
		return;
	}
	if (read_figures(r, &m) != 0)
		return;
	if (whose(r, &m.client) != 0) {
		reply_error(r, 400, "the proxy in between does not tell whose way this is");
		return;
	}
	if (m.client.sa.sa_family == AF_INET6)
		m.client.v6.sin6_scope_id = 0;
	/* No error: of two pages at one address, both tell. */
	if (told_before(&m.client, clock_wall_s() / INTERFACE_STEP)) {
		jw_init(&j, request_out(r));
		jw_object(&j);
		jw_put_bool(&j, "taken", false);
		jw_object_end(&j);
		api_answer(r);
		return;
	}
	msg_begin(&out, MSG_BROWSER);
	msg_put_browser(&out, &m);
	words_pass_on(r, &out);
}

void
browsers_echo(struct request *r)
{
	struct json j;

	if (request_is_post(r)) {
		take(r);
		return;
	}
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_put_num(&j, "time", (double)(clock_wall_ns() / CLOCK_NS_PER_US) / 1e6);
	jw_object_end(&j);
	api_answer(r);
}

/* --- for programs ----------------------------------------------------------------- */

static void
put_history(struct json *j, const struct usage *u)
{
	static const char *const column[] = { "median", "p95", "lost" };

	jw_put_int(j, "start", u->start);
	jw_put_int(j, "step", u->step);
	jw_put_int(j, "count", (int64_t)u->count);
	jw_put_str(j, "unit", "s");
	jw_key(j, "columns");
	jw_object(j);
	for (unsigned c = 0; c < sizeof column / sizeof *column; c++) {
		jw_key(j, column[c]);
		jw_array(j);
		for (size_t k = 0; k < u->count; k++)
			jw_num(j, u->value[k * INTERFACE_DS + c]);
		jw_array_end(j);
	}
	jw_object_end(j);
}

/* The history of the browser at the address of argument "address". */
static void
handle_one(struct request *r)
{
	int64_t now = clock_wall_s(), start, end;
	char path[STORE_PATH], text[ADDR_TEXT];
	struct usage u;
	struct addr a;
	struct json j;
	struct err err;
	long points;

	/* A zone would ask the kernel for interfaces, and no browser is told with one. */
	if (strchr(request_arg(r, "address"), '%') != NULL ||
	    addr_parse(&a, request_arg(r, "address")) != 0) {
		reply_error(r, 400, "parameter address: expected an IP address");
		return;
	}
	if (request_range(r, now, &start, &end) != 0 ||
	    request_int(r, "points", 500, 1, POINTS_MAX, &points) != 0)
		return;
	snprintf(path, sizeof path, STORE_BROWSERS "/%s.rrd", addr_text(&a, text));
	if (usage_read_file(&u, path, start, end, now, (unsigned)points, &err) < 0) {
		reply_error(r, 404, "parameter address: nothing is recorded of %s", text);
		return;
	}
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_put_str(&j, "address", text);
	put_history(&j, &u);
	jw_object_end(&j);
	usage_free(&u);
	api_answer(r);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
browsers_handle(struct request *r)
{
	char *name[STORE_BROWSERS_MAX];
	size_t n = 0;
	struct json j;

	if (!access_hosts(r)) {
		reply_error(r, 403, "who reads the pages is told only to who has the password");
		return;
	}
	if (request_arg(r, "address") != NULL) {
		handle_one(r);
		return;
	}
	DIR *dir = opendir(STORE_BROWSERS);
	const struct dirent *e;
	while (dir != NULL && n < STORE_BROWSERS_MAX && (e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name);
		if (len > 4 && strcmp(e->d_name + len - 4, ".rrd") == 0)
			name[n++] = mem_strn(e->d_name, len - 4);
	}
	if (dir != NULL)
		closedir(dir);
	if (n > 1)
		qsort(name, n, sizeof *name, by_name);
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_put_bool(&j, "recorded", wanted());
	jw_key(&j, "browsers");
	jw_array(&j);
	for (size_t i = 0; i < n; i++) {
		jw_object(&j);
		jw_put_str(&j, "address", name[i]);
		jw_object_end(&j);
		free(name[i]);
	}
	jw_array_end(&j);
	jw_object_end(&j);
	api_answer(r);
}
