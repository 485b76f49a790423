#include "web/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/zone.h"
#include "web/asset.h"
#include "web/eventlog.h"
#include "web/query.h"
#include "web/request.h"
#include "web/row.h"
#include "web/session.h"
#include "web/taste.h"

#define REFRESH_MIN_S 30 /* between two looks without scripts */
#define PROBLEMS_SHOWN 3 /* in the banner; the rest is one click away */

/* --- banners: what the reader must know on whatever page -------------------------- */

static struct html *
banner(struct html *page, const char *kind, const char *text)
{
	struct html *b = html_item(page, "banner");

	html_text(b, "kind", kind);
	html_text(b, "text", text);
	html_text(b, "href", "");
	return b;
}

static void
banner_config(struct html *page)
{
	size_t count, shown = 0;
	const struct state_problem *problem = state_problems(&count);

	if (!state_config_refused())
		return;
	struct html *b = banner(page, "bad",
	    "The configuration on disk is refused; the one before it goes on running.");
	for (size_t i = 0; i < count && problem[i].error; i++)
		if (shown++ < PROBLEMS_SHOWN)
			html_printf(html_item(b, "line"), "line", "%s: %s",
			    problem[i].place, problem[i].text);
	if (shown > PROBLEMS_SHOWN)
		html_printf(html_item(b, "line"), "line", "and %zu more",
		    shown - PROBLEMS_SHOWN);
	html_printf(b, "href", "%s/config", request_base());
	html_text(b, "more", "Configuration");
}

/* What a reader misses while ROOM is down. */
static const char *
missing_without(enum room room)
{
	switch (room) {
	case ROOM_PROBER:
		return "nothing is measured; these rounds will be unknown, not loss";
	case ROOM_RECORDER:
		return "rounds wait to be stored";
	case ROOM_PAINTER:
		return "graphs come late";
	case ROOM_COURIER:
		return "no message leaves";
	case ROOM_COLLECTOR:
		return "no flows are taken";
	case ROOM_FETCHER:
		return "HTTP and what else needs TLS is not measured; these rounds will be "
		       "unknown, not loss";
	case ROOM_RUNNER:
		return "targets of external programs are not measured";
	default:
		return "something is missing";
	}
}

static void
banner_workers(struct html *page)
{
	char text[512];

	for (unsigned room = 0; room < ROOMS; room++) {
		const struct msg_worker *w = state_worker(room);
		if (w == NULL || w->state != WORKER_DOWN)
			continue;
		snprintf(text, sizeof text,
		    "The %s is down%s%s and is started again: %s.", room_name(room),
		    w->last_end[0] != '\0' ? ", " : "", w->last_end,
		    missing_without(room));
		banner(page, "bad", text);
	}
}

static void
banner_icmp(struct html *page)
{
	const struct msg_counters *c = state_counters();

	if (c->icmp4 != 0 || c->icmp6 != 0 || c->icmp4_why[0] == '\0')
		return;
	struct html *b =
	    banner(page, "bad", "This machine does not let smokebox send ICMP.");
	html_printf(html_item(b, "line"), "line", "IPv4: %s", c->icmp4_why);
	if (c->icmp6_why[0] != '\0')
		html_printf(html_item(b, "line"), "line", "IPv6: %s", c->icmp6_why);
	html_text(html_item(b, "line"), "line",
	    "Or start probed as root. Other probes go on meanwhile.");
}

/* Whoever looks at fresh graphs does not see that they are kept in memory only. */
static void
banner_store(struct html *page)
{
	uint64_t queued = state_store()->queued;
	size_t troubles;
	const struct state_trouble *t = state_troubles(&troubles);

	if (queued == 0 || troubles == 0)
		return;
	struct html *b = banner(page, "bad", "History is not being written.");
	html_printf(html_item(b, "line"), "line", "%" PRIu64 " %s in memory. %s",
	    queued, queued == 1 ? "round waits" : "rounds wait", t[0].text);
}

/* --- the frame -------------------------------------------------------------------- */

/* Sentences that were written when something happened tell the time of this machine. */
static void
put_own_zone(struct html *page, const time_t *now)
{
	char reader[ZONE_NAME], text[64] = "";
	struct tm tm;

	snprintf(reader, sizeof reader, "%s", zone_used());
	zone_use("");
	localtime_r(now, &tm);
	strftime(text, sizeof text, "%Z", &tm);
	zone_use(reader);
	html_text(page, "zone_own", text);
}

static void
put_footer(struct html *page)
{
	time_t now = (time_t)(clock_wall_s());
	struct tm tm;
	char text[64];

	html_text(page, "version", PACKAGE_VERSION);
	localtime_r(&now, &tm);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	html_text(page, "clock", text);
	strftime(text, sizeof text, "%Z", &tm);
	html_text(page, "zone", text);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &tm);
	html_text(page, "clock_iso", text);
	if (*zone_used() != '\0')
		put_own_zone(page, &now);
}

/* The way in, or out. */
static void
put_session(struct html *page, struct request *r)
{
	bool wanted = session_wanted(), in = wanted && session_is_open(r);

	html_flag(page, "session_out", in);
	html_flag(page, "session_in", wanted && !in);
}

static void
put_owner(struct html *page)
{
	const struct conf_section *general = conf_top(state_conf(), "General");

	html_text(page, "owner", conf_value(general, "owner", NULL));
	html_text(page, "contact", conf_value(general, "contact", NULL));
}

/* How much is the matter just now. */
static void
put_open(struct html *item)
{
	unsigned n = eventlog_open_count();

	if (n > 0)
		html_printf(item, "n_open", "%u%s", n,
		    n == EVENTLOG_COUNTED ? "+" : "");
}

/* The way back from where the look is chosen. */
static void
put_look_back(struct html *page, const struct request *r)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	request_here(r, out);
	mem_stream_end(out);
	char *encoded;
	out = mem_stream(&encoded, &len);
	query_encode(out, text);
	mem_stream_end(out);
	html_text(page, "look_back", encoded);
	free(encoded);
	free(text);
}

struct html *
page_new(struct request *r, const char *title, const char *here)
{
	static const char *const place[][3] = { { "now", "/", "Now" },
		{ "targets", "/targets", "Targets" },
		{ "path", "/path", "Path" },
		{ "traffic", "/traffic", "Traffic" },
		{ "incidents", "/incidents", "Incidents" },
		{ "charts", "/charts", "Charts" },
		{ "config", "/config", "Configuration" } };
	struct html *page = html_new();
	const struct conf_section *web = conf_top(state_conf(), "Web");

	html_text(page, "title", title);
	html_text(page, "site", conf_value(web, "title", "smokebox"));
	html_text(page, "base", request_base());
	html_printf(page, "css", "%s%s", request_base(), asset_url("smokebox.css"));
	html_printf(page, "js", "%s%s", request_base(), asset_url("smokebox.js"));
	html_printf(page, "icon", "%s%s", request_base(), asset_url("icon.svg"));
	html_printf(page, "step", "%u", state_conf()->step);
	html_printf(page, "refresh", "%u",
	    state_conf()->step > REFRESH_MIN_S ? state_conf()->step : REFRESH_MIN_S);
	for (size_t i = 0; i < sizeof place / sizeof place[0]; i++) {
		struct html *item = html_item(page, "nav");
		html_printf(item, "href", "%s%s", request_base(), place[i][1]);
		html_text(item, "word", place[i][2]);
		html_flag(
		    item, "current", here != NULL && strcmp(here, place[i][0]) == 0);
		if (strcmp(place[i][0], "incidents") == 0 && request_is_trusted(r))
			put_open(item);
	}
	taste_put(page, r);
	html_printf(page, "dark_css", "%s%s", request_base(), asset_url("dark.css"));
	put_look_back(page, r);
	html_text(page, "query", request_arg(r, "q"));
	put_footer(page);
	put_session(page, r);
	/* Who came by a name that is not ours learns nothing of the house. */
	if (request_is_trusted(r)) {
		put_owner(page);
		banner_config(page);
		banner_workers(page);
		banner_icmp(page);
		banner_store(page);
	}
	return page;
}

void
page_trail(struct html *page, const struct conf_target *t)
{
	if (t == NULL || t->parent == NULL)
		return;
	page_trail(page, t->parent);
	struct html *item = html_item(page, "crumb");
	char *menu = html_strip(t->menu);
	html_text(item, "menu", menu);
	row_href(item, "href", t);
	free(menu);
}

/* --- lists of many pages ---------------------------------------------------------- */

int
page_first(struct request *r, size_t per, size_t *first)
{
	long number;

	if (request_int(r, "page", 1, 1, 1000000, &number) != 0)
		return -1;
	*first = (size_t)(number - 1) * per;
	return 0;
}

/* Value NAME is the address of the page with number NUMBER. */
static void
put_turn(struct request *r, struct html *page, const char *name, size_t number)
{
	char *text, digits[24];
	size_t len;
	FILE *out = mem_stream(&text, &len);

	snprintf(digits, sizeof digits, "%zu", number);
	request_link(r, out, "page", digits);
	mem_stream_end(out);
	html_text(page, name, text);
	free(text);
}

void
page_turns(struct request *r, struct html *page, size_t first, size_t per, size_t all)
{
	size_t here = first / per + 1;

	html_flag(page, "turns", all > per);
	if (all <= per)
		return;
	html_printf(page, "turn_from", "%zu", first < all ? first + 1 : all);
	html_printf(page, "turn_to", "%zu", first + per < all ? first + per : all);
	html_printf(page, "turn_all", "%zu", all);
	if (here > 1)
		put_turn(r, page, "turn_back", first < all ? here - 1 : (all - 1) / per + 1);
	if (first + per < all)
		put_turn(r, page, "turn_on", here + 1);
}

void
page_send(struct request *r, struct html *page, unsigned status, const char *body)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	html_render(out, body, page);
	mem_stream_end(out);
	html_markup(page, "body", text);
	free(text);
	html_render(request_out(r), "page.html", page);
	html_free(page);
	request_set_header(r, "Vary", "Cookie");
	reply(r, status, "text/html; charset=utf-8");
}

/* The heading of an error, in a reader's words. */
static const char *
error_heading(unsigned status)
{
	switch (status) {
	case 400:
		return "That request does not make sense here";
	case 403:
		return "Not from there";
	case 404:
		return "Nothing here";
	case 405:
		return "Not that way";
	case 413:
		return "Too much";
	case 421:
		return "Not my name";
	case 503:
		return "Just now it does not work";
	default:
		return "Something is wrong";
	}
}

void
page_error(struct request *r, unsigned status, const char *text)
{
	struct html *page = page_new(r, error_heading(status), NULL);

	html_text(page, "refresh", "");
	html_printf(page, "status", "%u", status);
	html_text(page, "why", text);
	page_send(r, page, status, "error.html");
}
