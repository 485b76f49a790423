#include "web/taste.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/http.h"
#include "web/page.h"
#include "web/request.h"

#define COOKIE "smokebox-look"
#define KEEP_S (400 * 86400) /* as long as browsers keep any */

static const struct {
	const char *theme, *word, *dark, *screen;
} themes[] = {
	{ "", "as the system is", "(prefers-color-scheme: dark)",
	    "screen and (prefers-color-scheme: dark)" },
	{ "light", "light", "(max-width: 0px)", "not all" },
	{ "dark", "dark", "(min-width: 0px)", "screen" },
};
#define THEMES (sizeof themes / sizeof themes[0])

/* --- the cookie ------------------------------------------------------------------- */

/* The one of R's wish; without, as the system is. */
static size_t
theme_of(const struct request *r)
{
	const char *at = request_header(r, "Cookie");
	const size_t len = strlen(COOKIE "=");

	while (at != NULL && strncmp(at, COOKIE "=", len) != 0) {
		at = strchr(at, ';');
		at = at != NULL ? at + 1 + strspn(at + 1, " ") : NULL;
	}
	for (size_t i = 1; at != NULL && i < THEMES; i++)
		if (strlen(themes[i].theme) == strcspn(at + len, "; ") &&
		    strncmp(at + len, themes[i].theme, strlen(themes[i].theme)) == 0)
			return i;
	return 0;
}

void
taste_put(struct html *page, const struct request *r)
{
	size_t i = theme_of(r);

	html_text(page, "theme", themes[i].theme);
	html_text(page, "dark", themes[i].dark);
	html_text(page, "dark_screen", themes[i].screen);
}

/* --- the page --------------------------------------------------------------------- */

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
	const char *theme = request_arg(r, "theme");
	size_t i = 0;

	theme = theme != NULL ? theme : "";
	while (i < THEMES && strcmp(theme, themes[i].theme) != 0)
		i++;
	if (i == THEMES) {
		reply_error(r, 400, "parameter theme: expected light, dark or nothing");
		return;
	}
	char *text = mem_printf(COOKIE "=%s; Path=%s/; Max-Age=%d; SameSite=Lax%s",
	    theme, request_base(), KEEP_S, server_is_tls(r) ? "; Secure" : "");
	request_set_header(r, "Set-Cookie", text);
	free(text);
	reply_redirect(r, way_back(r));
}

void
taste_handle(struct request *r)
{
	request_set_header(r, "Cache-Control", "no-store");
	if (request_is_post(r)) {
		save(r);
		return;
	}
	struct html *page = page_new(r, "Look", NULL);
	for (size_t i = 0; i < THEMES; i++) {
		struct html *item = html_item(page, "choice");
		html_text(item, "v", themes[i].theme);
		html_text(item, "word", themes[i].word);
		html_flag(item, "chosen", theme_of(r) == i);
	}
	html_text(page, "back", way_back(r));
	html_text(page, "refresh", "");
	page_send(r, page, 200, "look.html");
}
