/* Which page is at which address. */
#include "web/asset.h"
#include "web/page.h"
#include "web/request.h"

static void
favicon(struct request *r)
{
	asset_reply(r, "icon.svg", false);
}

static void
robots(struct request *r)
{
	static const char text[] = "User-agent: *\nDisallow: /\n";

	reply_bytes(r, 200, "text/plain; charset=utf-8", text, sizeof text - 1);
}

const struct route page_routes[] = {
	{ "/", true, false, page_now },
	{ "/t/", false, false, page_by_path },
	{ "/targets", true, false, page_targets },
	{ "/search", true, false, page_search },
	{ "/config", true, false, page_config },
	{ "/smokeping", true, false, page_smokeping },
	{ "/smokeping/", false, false, page_smokeping },
	{ "/smokeping.cgi", true, false, page_smokeping },
	{ "/smokeping.fcgi", true, false, page_smokeping },
	{ "/cgi-bin/smokeping.cgi", true, false, page_smokeping },
	{ "/healthz", true, false, page_ready },
	{ "/-/healthy", true, false, page_healthy },
	{ "/-/ready", true, false, page_ready },
	{ "/-/reload", true, true, page_reload },
	{ "/static/", false, false, asset_serve },
	{ "/favicon.ico", true, false, favicon },
	{ "/robots.txt", true, false, robots },
	{ 0 },
};
