#include "web/share.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/query.h"
#include "web/request.h"

/* "https://box.lan/PREFIX/A/B~slave" as value NAME; without R, as our own pages have
 * it.
 */
static void
put_address(struct html *page, const struct request *r, const char *name,
    const char *prefix, const struct conf_target *t, const char *slave)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	if (r != NULL)
		request_address(r, out);
	else
		fputs(request_base(), out);
	fputs(prefix, out);
	for (const char *p = t->path; *p != '\0'; p++)
		if (*p == '.')
			fputc('/', out);
		else
			query_encode(out, (char[]){ *p, '\0' });
	if (*slave != '\0') {
		fputc('~', out);
		query_encode(out, slave);
	}
	mem_stream_end(out);
	html_text(page, name, text);
	free(text);
}

void
share_put(struct html *page, const struct request *r, const struct conf_target *t,
    const char *slave, const char *start, const char *end)
{
	char *menu = html_strip(t->menu);

	/* What would end the words in brackets of Markdown. */
	for (char *p = menu; *p != '\0'; p++)
		if (strchr("[]()\\`\n", *p) != NULL)
			*p = ' ';
	html_flag(page, "share", true);
	html_text(page, "sh_name", menu);
	html_text(page, "sh_path", t->path);
	html_text(page, "sh_start", start);
	html_text(page, "sh_end", end);
	/* Several together have neither rounds nor a badge of their own. */
	html_flag(page, "sh_rounds", t->kind != CONF_MULTIHOST);
	put_address(page, r, "sh_page", "/t/", t, slave);
	put_address(page, r, "sh_graph", "/graph/", t, slave);
	put_address(page, r, "sh_badge", "/badge/", t, slave);
	put_address(page, NULL, "sh_badge_here", "/badge/", t, slave);
	free(menu);
}
