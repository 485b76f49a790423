/* Which page is at which address, and the static files. */
#include <stdio.h>
#include <string.h>

#include "slave/report.h"
#include "web/asset.h"
#include "web/badge.h"
#include "web/calendar.h"
#include "web/compare.h"
#include "web/edit.h"
#include "web/effects.h"
#include "web/incidents.h"
#include "web/loadtests.h"
#include "web/news.h"
#include "web/page.h"
#include "web/path.h"
#include "web/report.h"
#include "web/request.h"
#include "web/slave.h"
#include "web/taste.h"
#include "web/trafficview.h"
#include "web/words.h"

/* Answer with asset NAME. FOREVER: its address changes with its content. */
static void
static_reply(struct request *r, const char *name, bool forever)
{
	const struct asset *a = asset_find(name);
	char etag[64];

	/* Templates are no files for browsers. */
	if (a == NULL || strcmp(a->type, "template") == 0) {
		reply_error(r, 404, "There is nothing at %s.", request_path(r));
		return;
	}
	bool gzip = a->gzip != NULL && request_takes_gzip(r);
	snprintf(etag, sizeof etag, "\"%s%s\"", a->hash, gzip ? "-gz" : "");
	request_set_header(r, "Cache-Control",
	    forever ? "public, max-age=31536000, immutable" : "public, max-age=3600");
	request_set_header(r, "Vary", "Accept-Encoding");
	if (reply_not_modified(r, etag))
		return;
	if (gzip)
		request_set_header(r, "Content-Encoding", "gzip");
	reply_bytes(
	    r, 200, a->type, gzip ? a->gzip : a->data, gzip ? a->gzip_len : a->len);
}

static void
static_serve(struct request *r)
{
	const char *rest = request_rest(r), *slash = strchr(rest, '/');
	const char *name = slash != NULL ? slash + 1 : rest;
	const struct asset *a = asset_find(name);
	bool current = a != NULL && slash != NULL &&
		       strlen(a->hash) == (size_t)(slash - rest) &&
		       strncmp(a->hash, rest, strlen(a->hash)) == 0;

	static_reply(r, name, current);
}

static void
description(struct request *r)
{
	static_reply(r, "openapi.json", false);
}

static void
grafana(struct request *r)
{
	static_reply(r, "grafana.json", false);
}

static void
favicon(struct request *r)
{
	static_reply(r, "icon.svg", false);
}

static void
robots(struct request *r)
{
	static const char text[] = "User-agent: *\nDisallow: /\n";

	reply_bytes(r, 200, "text/plain; charset=utf-8", text, sizeof text - 1);
}

/* A slave comes to the address that readers of SmokePing's pages come to. */
#define SLAVES(path, exact)                                                            \
	{                                                                              \
		path, exact, slave_call, slave_body_max, "slave"                       \
	}

const struct upload_route upload_routes[] = {
	SLAVES("/smokeping", true),
	SLAVES("/smokeping/", false),
	SLAVES("/smokeping.cgi", true),
	SLAVES("/smokeping.fcgi", true),
	SLAVES("/cgi-bin/smokeping.cgi", true),
	SLAVES("/cgi-bin/smokeping.fcgi", true),
	{ REPORT_PATH, true, slave_report, slave_report_max, NULL },
	{ 0 },
};

const struct route page_routes[] = {
	{ "/api/v1/openapi.json", true, false, description },
	{ "/grafana.json", true, false, grafana },
	{ "/", true, false, page_top },
	{ "/t/", false, false, page_by_path },
	{ "/targets", true, false, page_targets },
	{ "/badge/", false, false, badge_handle },
	{ "/report", true, false, report_handle },
	{ "/h/", false, false, page_by_place },
	{ "/search", true, false, page_search },
	{ "/incidents", true, false, page_incidents },
	{ "/path", true, false, page_path },
	{ "/traffic", true, false, page_traffic },
	{ "/loadtest", true, ROUTE_FORM_OF_OPERATORS, loadtests_handle },
	{ "/note", true, ROUTE_FORM_OF_OPERATORS, words_note_form },
	{ "/login", true, ROUTE_FORM_OF_READERS, page_login },
	{ "/logout", true, ROUTE_FORM_OF_READERS, page_logout },
	{ "/charts", true, false, page_charts },
	{ "/charts/", false, false, page_charts },
	{ "/calendar", true, false, page_calendar },
	{ "/look", true, ROUTE_FORM_OF_READERS, taste_handle },
	{ "/status", true, false, page_status },
	{ "/compare", true, false, page_compare },
	{ "/config", true, false, page_config },
	{ "/config/edit", true, ROUTE_TEXT_OF_EDITORS, edit_page },
	{ "/config/history", true, false, edit_history },
	{ "/config/undo", true, ROUTE_TEXT_OF_EDITORS, edit_undo },
	{ "/smokeping", true, false, page_smokeping },
	{ "/smokeping/", false, false, page_smokeping },
	{ "/smokeping.cgi", true, false, page_smokeping },
	{ "/smokeping.fcgi", true, false, page_smokeping },
	{ "/cgi-bin/smokeping.cgi", true, false, page_smokeping },
	{ "/cgi-bin/smokeping.fcgi", true, false, page_smokeping },
	{ "/css/", false, false, page_skin_file },
	{ "/js/", false, false, page_skin_file },
	{ "/healthz", true, false, page_ready },
	{ "/-/healthy", true, false, page_healthy },
	{ "/-/ready", true, false, page_ready },
	{ "/-/reload", true, true, page_reload },
	{ "/-/notify", true, true, news_notify },
	{ "/static/", false, false, static_serve },
	{ "/favicon.ico", true, false, favicon },
	{ "/robots.txt", true, false, robots },
	{ 0 },
};

/* Pages as files: "/traffic.csv". */
const struct route file_routes[] = {
	{ "/calendar.", false, false, calendarfile_handle },
	{ "/charts.", false, false, charts_file },
	{ "/compare.", false, false, comparefile_handle },
	{ "/effect.", false, false, effects_file },
	{ "/incidents.", false, false, incidents_file },
	{ "/overview.", false, false, overviewfile_handle },
	{ "/path.", false, false, wayfile_handle },
	{ "/report.", false, false, report_file },
	{ "/status.", false, false, status_file },
	{ "/traffic.", false, false, trafficfile_handle },
	{ 0 },
};
