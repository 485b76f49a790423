#include "web/taste.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/zone.h"
#include "link/msgdraw.h"
#include "web/http.h"
#include "web/page.h"
#include "web/request.h"
#include "web/wish.h"

#define KEEP_S (400 * 86400) /* as long as browsers keep any */
#define ZONES "/usr/share/zoneinfo"
#define LISTED 800

static const struct {
	const char *theme, *word, *dark; /* dark: where it is so; paper never is */
} themes[] = {
	{ "", "as the system is", "screen and (prefers-color-scheme: dark)" },
	{ "light", "light", "screen and (max-width: 0px)" },
	{ "dark", "dark", "screen" },
};
#define THEMES (sizeof themes / sizeof themes[0])

/* What R's browser keeps. */
static void
wish_of(const struct request *r, struct wish *w)
{
	wish_find(w, request_header(r, "Cookie"));
}

/* Does the reader who is answered want safe colours? */
static bool safe;

uint8_t
taste_theme(bool dark)
{
	return (uint8_t)((dark ? DRAW_DARK : DRAW_LIGHT) + (safe ? DRAW_SAFE : 0));
}

void
taste_begin(const struct request *r)
{
	struct wish w;

	wish_of(r, &w);
	zone_use(w.zone);
	safe = w.safe;
}

void
taste_end(void)
{
	zone_use("");
	safe = false;
}

void
taste_put(struct html *page, const struct request *r)
{
	struct wish w;

	wish_of(r, &w);
	html_flag(page, "renew", w.renew);
	/* What stands in the addresses of pictures. */
	html_text(page, "light_theme", w.safe ? "&theme=safe" : "");
	html_text(page, "dark_theme", w.safe ? "&theme=dark-safe" : "&theme=dark");
	for (size_t i = 0; i < THEMES; i++)
		if (strcmp(w.theme, themes[i].theme) == 0) {
			html_text(page, "theme", themes[i].theme);
			html_text(page, "dark", themes[i].dark);
		}
}

/* --- the page --------------------------------------------------------------------- */

/* The names of zone1970.tab: country, place, name, perhaps a remark, by tabs. */
static void
list_zones(struct html *page)
{
	FILE *f = fopen(ZONES "/zone1970.tab", "re");
	char line[512];
	unsigned n = 0;

	html_text(html_item(page, "zone_known"), "z", "UTC");
	while (f != NULL && n < LISTED && fgets(line, sizeof line, f) != NULL) {
		char *save, *name = NULL;
		if (line[0] == '#')
			continue;
		save = line;
		for (int i = 0; i < 3; i++)
			name = strsep(&save, "\t\n");
		if (name != NULL && zone_is_name(name)) {
			html_text(html_item(page, "zone_known"), "z", name);
			n++;
		}
	}
	if (f != NULL)
		fclose(f);
}

static const char *
way_back(const struct request *r)
{
	const char *back = request_arg(r, "back");

	return back != NULL && back[0] == '/' && back[1] != '/' && back[1] != '\\' &&
		       strlen(back) < 2000
		   ? back
		   : "/";
}

static void
save(struct request *r)
{
	const char *theme = request_arg(r, "theme"), *zone = request_arg(r, "zone");
	size_t i = 0;

	theme = theme != NULL ? theme : "";
	zone = zone != NULL ? zone : "";
	while (i < THEMES && strcmp(theme, themes[i].theme) != 0)
		i++;
	if (i == THEMES) {
		reply_error(r, 400, "parameter theme: expected light, dark or nothing");
		return;
	}
	const char *colors = request_arg(r, "colors");
	if (colors != NULL && *colors != '\0' && strcmp(colors, "safe") != 0) {
		reply_error(r, 400, "parameter colors: expected safe or nothing");
		return;
	}
	if (*zone != '\0' && !wish_zone_exists(zone)) {
		reply_error(r, 400,
		    "parameter zone: no time zone is called %s, expected one as Europe/Berlin",
		    zone);
		return;
	}
	char *text =
	    mem_printf(WISH_COOKIE "=%s:%s%s%s; Path=%s/; Max-Age=%d; SameSite=Lax%s",
		theme, zone, request_arg(r, "renew") != NULL ? ":renew" : "",
		colors != NULL && *colors != '\0' ? ":safe" : "", request_base(),
		KEEP_S, server_is_tls(r) ? "; Secure" : "");
	request_set_header(r, "Set-Cookie", text);
	free(text);
	reply_redirect(r, way_back(r));
}

void
taste_handle(struct request *r)
{
	struct wish w;

	request_set_header(r, "Cache-Control", "no-store");
	if (request_is_post(r)) {
		save(r);
		return;
	}
	wish_of(r, &w);
	struct html *page = page_new(r, "Look and time zone", NULL);
	for (size_t i = 0; i < THEMES; i++) {
		struct html *item = html_item(page, "choice");
		html_text(item, "v", themes[i].theme);
		html_text(item, "word", themes[i].word);
		html_flag(item, "chosen", strcmp(w.theme, themes[i].theme) == 0);
	}
	html_flag(page, "safe", w.safe);
	html_text(page, "zone_wanted", w.zone);
	html_text(page, "back", way_back(r));
	html_text(page, "refresh", "");
	list_zones(page);
	page_send(r, page, 200, "look.html");
}
