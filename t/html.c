/* Templates, and that nothing from outside becomes markup. */
#include <stdlib.h>

#include "t/tap.h"
#include "web/asset.h"
#include "web/html.h"

static char *
escaped(const char *s)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	html_escape(out, s);
	fclose(out);
	return text;
}

static char *
rendered(const char *file, struct html *h)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	html_render(out, file, h);
	fclose(out);
	return text;
}

static void
test_escape(void)
{
	static const char *const table[][2] = {
		{ "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\x01", "\xef\xbf\xbd" },
		{ "\xff<", "\xef\xbf\xbd&lt;" },
		{ "\xc3<script>", "\xef\xbf\xbd&lt;script&gt;" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char *text = escaped(table[i][0]);
		is_str(text, table[i][1], "escaped");
		free(text);
	}
}

static void
test_safe(void)
{
	static const char *const table[][2] = {
		{ "plain & simple", "plain &amp; simple" },
		{ "a &amp; b &nbsp;&#8364; &x", "a &amp; b &nbsp;&#8364; &amp;x" },
		{ "<b>bold</b><br>", "<b>bold</b><br>" },
		{ "<B class=x onclick=evil()>bold", "<b>bold</b>" },
		{ "<script>alert(1)</script>",
		    "&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "<img src=x onerror=alert(1)>",
		    "&lt;img src=x onerror=alert(1)&gt;" },
		{ "<img SRC='/p/x.png' width=16 height=\"9x\" alt='A \"b' onload=e()>",
		    "<img src=\"/p/x.png\" alt=\"A &quot;b\" width=\"16\">" },
		{ "<img src=\"https://a.example/x.png\" height=\"20\"/>",
		    "<img src=\"https://a.example/x.png\" alt=\"\" height=\"20\">" },
		{ "<img src=data:image/png;base64,AA==>",
		    "<img src=\"data:image/png;base64,AA==\" alt=\"\">" },
		{ "<img src=data:text/html,x>", "&lt;img src=data:text/html,x&gt;" },
		{ "<img src=//a.example/x>", "&lt;img src=//a.example/x&gt;" },
		{ "<img src=http://a.example/x>", "&lt;img src=http://a.example/x&gt;" },
		{ "<img src=javascript:e()>", "&lt;img src=javascript:e()&gt;" },
		{ "<a href=\"https://a.example/?x=1&y=2\">go</a>",
		    "<a rel=\"noopener noreferrer\" "
		    "href=\"https://a.example/?x=1&amp;y=2\">go</a>" },
		{ "<a href='/t/A'>go</a>",
		    "<a rel=\"noopener noreferrer\" href=\"/t/A\">go</a>" },
		{ "<a href=javascript:alert(1)>go</a>",
		    "&lt;a href=javascript:alert(1)&gt;go&lt;/a&gt;" },
		{ "<a href=\"//evil.example\">go</a>",
		    "&lt;a href=&quot;//evil.example&quot;&gt;go&lt;/a&gt;" },
		{ "<a href=\" javascript:x\">go</a>",
		    "&lt;a href=&quot; javascript:x&quot;&gt;go&lt;/a&gt;" },
		{ "<a href='http://x/\"onmouseover=\"evil()'>go</a>",
		    "<a rel=\"noopener noreferrer\" "
		    "href=\"http://x/&quot;onmouseover=&quot;evil()\">go</a>" },
		{ "<b><i>x</b>y</i>", "<b><i>x</i></b>y&lt;/i&gt;" },
		{ "</div></main>", "&lt;/div&gt;&lt;/main&gt;" },
		{ "1 < 2", "1 &lt; 2" },
		{ "<", "&lt;" },
		{ "<b", "&lt;b" },
		{ "&", "&amp;" },
		{ "<!-- x -->", "&lt;!-- x --&gt;" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char *text = html_safe(table[i][0]);
		is_str(text, table[i][1], table[i][0]);
		free(text);
	}
	char *text = html_strip("A <b>bold</b> &amp; 1 < 2<br>x");
	is_str(text, "A bold & 1 < 2x", "stripped of tags");
	free(text);
}

/* Without any value, and with a value for what a list would be. */
static void
test_every_template(void)
{
	unsigned count = 0;

	for (const struct asset *a = assets; a->name != NULL; a++) {
		if (strcmp(a->type, "template") != 0)
			continue;
		struct html *h = html_new();
		char *text = rendered(a->name, h);
		ok(strstr(text, "{{") == NULL && strstr(text, "}}") == NULL,
		    "%s leaves no tag", a->name);
		free(text);
		html_free(h);
		count++;
	}
	ok(count > 5, "%u templates", count);
}

static void
test_values(void)
{
	struct html *h = html_new();

	html_text(h, "status", "404");
	html_text(h, "title", "<b>");
	html_printf(h, "why", "%s", "x");
	html_markup(h, "why", "<i>known</i>");
	char *text = rendered("error.html", h);
	ok(strstr(text, "<h1>&lt;b&gt;</h1>") != NULL, "text is escaped");
	ok(strstr(text, "<i>known</i>") != NULL, "markup is not");
	ok(strstr(text, "404") != NULL, "a value is shown");
	free(text);
	html_free(h);
}

static void
test_lists(void)
{
	struct html *h = html_new();

	for (int i = 0; i < 3; i++) {
		struct html *item = html_item(h, "problem");
		html_text(item, "kind", i == 0 ? "error" : "warning");
		html_printf(item, "place", "Targets:%d", i);
	}
	html_flag(h, "refused", false);
	char *text = rendered("config.html", h);
	ok(strstr(text, "Targets:0") != NULL && strstr(text, "Targets:2") != NULL,
	    "every item of a list");
	ok(strstr(text, "Nothing to complain") == NULL, "no word for an empty list");
	ok(strstr(text, "is refused") == NULL, "a flag that is off");
	free(text);
	html_free(h);
}

int
main(void)
{
	test_escape();
	test_safe();
	test_every_template();
	test_values();
	test_lists();
	return tap_done();
}
