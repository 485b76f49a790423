/* What pages take from a configuration: formats of charts, and which page is
 * SmokePing's own. */
#include <stdlib.h>

#include "config/template.h"
#include "t/tap.h"
#include "web/figure.h"

static void
test_formats(void)
{
	static const struct {
		const char *format;
		double value;
		const char *text;
	} table[] = {
		{ "Packets Lost %f", 3, "Packets Lost 3.000000" },
		{ "%.2f s", 0.01234, "0.01 s" },
		{ "%5.1lf|%-6d|%%", 12.34, " 12.3|0     |%" },
		{ "%d", 17.9, "17" },
		{ "%s", 0.25, "0.25" },
		{ "%e %s", 1, "1.000000e+00 " },
		{ "%n %p %c %*d", 1, "%n %p %c %*d" },
		{ "%hn%ln", 1, "%hn%ln" },
		{ "100%", 1, "100%" },
		{ "%", 1, "%" },
		{ "%999999999999999999999.9s", 1,
		    "                                       1" },
		{ "%.99999f", 0.5, "0.5000000000000000000000000000000000000000" },
		{ "", 1, "" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char *text;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		figure_as(out, table[i].format, table[i].value);
		fclose(out);
		is_str(text, table[i].text, table[i].format);
		free(text);
	}
}

#define STOCK                                                                             \
	"<!DOCTYPE html><html><head><META http-equiv=\"Refresh\" "                        \
	"content=\"<##step##>\"><title>SmokePing Latency Page for <##title##></title>"    \
	"<link rel=\"stylesheet\" type=\"text/css\" "                                     \
	"href=\"/smokeping/css/smokeping-screen.css\" media=\"screen\"></head><body "     \
	"id=\"body\"><!-- Anything --><div class=\"sidebar\"><##menu##></div><p>Running " \
	"on <##smokeping##> by <##author##></p><p>Maintained by <a "                      \
	"href=\"mailto:<##contact##>\"><##owner##></a></p>"

static void
test_stock(void)
{
	static const struct {
		const char *text;
		bool stock;
	} table[] = {
		{ STOCK "</body></html>", true },
		{ STOCK "<script src=\"js//cropper/cropper.js\"></script>", true },
		{ STOCK
		    "<script src=\"js/scriptaculous/scriptaculous.js?load=builder\" "
		    "type=\"text/javascript\"></script>",
		    true },
		{ STOCK
		    "<script>\n window.options = {\n step: <##step##>\n }\n</script>",
		    true },
		{ STOCK "<link rel=\"icon\" href=\"data:image/png;base64,AA==\">",
		    true },
		{ STOCK "<p>Our company</p>", false },
		{ STOCK "<img src=\"logo.png\">", false },
		{ STOCK "<style>body { color: red }</style>", false },
		{ STOCK "<script>alert(1)</script>", false },
		{ STOCK "<script src=\"https://x.example/smokeping.js\"></script>",
		    false },
		{ STOCK "<script src=\"//x.example/smokeping.js\"></script>", false },
		{ STOCK "<script src=\"js/jquery.js\"></script>", false },
		{ STOCK "<link rel=\"stylesheet\" href=\"theme/smokeping-dark.css\">",
		    false },
		{ STOCK "<p style=\"color: red\">Menu</p>", false },
		{ STOCK "<p", false },
		{ STOCK "<script>", false },
		{ STOCK "<!-- no end", true },
		{ "\xc3\xa9", false },
		{ "<##menu##>", true },
		{ "", true },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		ok(template_is_stock(table[i].text) == table[i].stock, "%s: ...%s",
		    table[i].stock ? "SmokePing's own" : "somebody's",
		    table[i].text +
			(strlen(table[i].text) > 50 ? strlen(table[i].text) - 50 : 0));
}

int
main(void)
{
	test_formats();
	test_stock();
	return tap_done();
}
