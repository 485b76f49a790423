/* Pictures: every kind, format and theme is drawn, and pixels are what they should be.
 */
#include "web/graph.h"

#include <config.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "link/msgdraw.h"
#include "web/draw.h"
#include "web/series.h"

#include "tap.h"

#include "drawn.h"

/* --- a world ---------------------------------------------------------------------- */

static char dir[] = "/tmp/smokebox-graph.XXXXXX";

/* A configuration with DETAIL and PRESENTATION lines of the test's own. */
static struct conf *
configure(const char *presentation, const char *detail)
{
	struct conf_report report = { 0 };
	FILE *out = fopen("config", "w");

	fprintf(out,
	    "*** General ***\nowner = x\ncgiurl = http://x.example/\ncontact = x@y.example\ndatadir = %s\n"
	    "*** Database ***\nstep = %d\npings = 20\n"
	    "AVERAGE 0.5 1 8640\nAVERAGE 0.5 6 10080\n"
	    "*** Presentation ***\n%s\n+ overview\nwidth = 600\nheight = 50\nrange = 1h\n"
	    "+ detail\nwidth = 600\nheight = 200\n%s\n"
	    "\"Short\" 1h\n\"Middle\" 6000s\n\"Long\" 1d\n"
	    "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n++ F20\n++ F3\npings = 3\n"
	    "++ F5\npings = 5\n++ F100\npings = 100\n"
	    "*** Targets ***\nprobe = F20\nmenu = Top\ntitle = Top\n"
	    "+ G\nmenu = G\ntitle = Group\n"
	    "++ Twenty\nhost = 127.0.0.1\nmenu = Twenty\ntitle = Twenty: \\ 100%% <b>\n"
	    "++ Three\nprobe = F3\nhost = 127.0.0.1\nmenu = Three\ntitle = Three\n"
	    "++ Five\nprobe = F5\nhost = 127.0.0.1\nmenu = Five\ntitle = Five\n"
	    "++ Hundred\nprobe = F100\nhost = 127.0.0.1\nmenu = Hundred\ntitle = Hundred\n"
	    "++ Not\nhost = 127.0.0.1\nmenu = Not\ntitle = Not yet\n"
	    "++ Broken\nhost = 127.0.0.1\nmenu = Broken\ntitle = Broken\n"
	    "++ Many\nhost = /G/Twenty /G/Five /G/Not\nmenu = Many\ntitle = Many\n",
	    dir, STEP, presentation, detail);
	fclose(out);
	struct conf *conf = conf_load("config", &report);
	if (conf == NULL) {
		conf_report_print(&report, stdout);
		puts("Bail out! the configuration of this test is refused");
		exit(1);
	}
	conf_report_free(&report);
	return conf;
}

static struct msg_draw
ask_for(const char *path)
{
	return (struct msg_draw){
		.id = 77,
		.target = conf_target_id(path),
		.zoom = 1,
		.start = START,
		.end = END,
		.width = 600,
		.height = 200,
		.top = TOP,
		.label = "A while",
	};
}

/* --- pixels ----------------------------------------------------------------------- */

/* Is COLOR what OVER makes of UNDER at PCT per cent, give or take rounding? */
static bool
is_blend(uint32_t color, uint32_t over, uint32_t under, unsigned pct)
{
	for (int shift = 0; shift <= 16; shift += 8) {
		double want = ((over >> shift & 255) * pct +
				  (under >> shift & 255) * (100.0 - pct)) /
			      100;
		if (fabs((color >> shift & 255) - want) > 3)
			return false;
	}
	return true;
}

/* Draw and read back; false after a failed test. */
static bool
draw_png(const struct conf *conf, const struct msg_draw *ask, struct graph *g,
    struct png *png, const char *what)
{
	struct err err = { "" };

	if (!ok(graph_draw(g, conf, ask, &err) == 0, "%s is drawn", what)) {
		printf("# %s\n", err.text);
		return false;
	}
	bool fine = ok(png_read(png, g->data, g->size), "%s is a PNG", what);
	if (!fine) {
		free(png->pixel);
		graph_free(g);
	}
	return fine;
}

static void
test_light(const struct conf *conf)
{
	static const uint8_t grey[] = { 0xdd, 0xca, 0xb7, 0xa4, 0x91, 0x7e, 0x6b, 0x58,
		0x45, 0x32 };
	struct msg_draw ask = ask_for("G.Twenty");
	struct graph g;
	struct png png;

	if (!draw_png(conf, &ask, &g, &png, "the light detail graph"))
		return;
	is_int(g.head.plot_width, 600, "plot width");
	is_int(g.head.plot_height, 200, "plot height");
	is_int(g.head.width, png.width, "picture width");
	is_int(g.head.height, png.height, "picture height");
	is_int(g.head.width, 697, "as wide as SmokePing's");
	is_int(g.head.id, 77, "the number of the request comes back");
	is_close(g.head.high, TOP, 1e-9, "y reaches to what was asked");
	is_close(g.head.low, 0, 1e-9, "and begins at 0");
	for (unsigned i = 1; i <= 10; i++) {
		uint32_t want = grey[i - 1] * 0x10101u;
		double low = 0.010 + (i - 1) * 0.001 + 0.0005;
		double high = 0.029 - (i - 1) * 0.001 - 0.0005;
		uint32_t got = color_at(&png, &g, CLEAN, low);

		/* The innermost band holds the median's line. */
		if (i < 10)
			ok(got == want, "band %u of 20 pings from below is %06x (%06x)",
			    i, want, got);
		got = color_at(&png, &g, CLEAN, high);
		if (i < 9)
			ok(got == want, "from above, too (%06x)", got);
	}
	ok(color_at(&png, &g, CLEAN, 0.0201) == 0x26ff00, "median without loss");
	ok(color_at(&png, &g, LOSSY, 0.0201) == 0xff00ff, "median with 4 of 20 lost");
	ok(color_at(&png, &g, LOSSY, 0.0105) == 0xffffff, "lost pings draw no smoke");
	ok(color_at(&png, &g, ODD, 0.0189) == 0x00b8ff, "median with 1 of 20 lost");
	uint32_t clean = color_at(&png, &g, CLEAN, 0.035);
	uint32_t dead = color_at(&png, &g, DEAD, 0.035);
	ok(clean == 0xffffff, "the canvas is white");
	ok(is_blend(dead, 0xa00000, 0xffffff, 62), "total loss is red (%06x)", dead);
	ok(color_at(&png, &g, DEAD, 0.003) == dead, "from bottom to top");
	uint32_t nothing = color_at(&png, &g, NOTHING, 0.0351);
	ok(nothing != clean && nothing != dead, "no data is neither (%06x)", nothing);
	free(png.pixel);
	graph_free(&g);
}

static void
test_dark(const struct conf *conf)
{
	struct msg_draw ask = ask_for("G.Twenty");
	struct graph g;
	struct png png;

	ask.theme = DRAW_DARK;
	if (!draw_png(conf, &ask, &g, &png, "the dark detail graph"))
		return;
	uint32_t clean = color_at(&png, &g, CLEAN, 0.035);
	uint32_t dead = color_at(&png, &g, DEAD, 0.035);
	uint32_t nothing = color_at(&png, &g, NOTHING, 0.0351);
	uint32_t outer = color_at(&png, &g, CLEAN, 0.0105);
	uint32_t inner = color_at(&png, &g, CLEAN, 0.0175);
	ok((clean >> 8 & 255) < 0x40, "the canvas is dark (%06x)", clean);
	ok((outer & 255) < (inner & 255), "smoke brightens inwards (%06x %06x)", outer,
	    inner);
	ok(is_blend(dead, 0xa00000, clean, 72), "total loss is red (%06x)", dead);
	ok(nothing != clean && nothing != dead, "no data is neither (%06x)", nothing);
	free(png.pixel);
	graph_free(&g);
}

/* What happened: bands behind, lines in front, and nothing where nothing was. */
static void
test_marks(const struct conf *conf)
{
	struct msg_draw ask = ask_for("G.Twenty");
	struct graph g, plain;
	struct png png, before;

	if (!draw_png(conf, &ask, &plain, &before, "without marks"))
		return;
	ask.marks = 2;
	ask.mark[0] =
	    (struct draw_mark){ ask.start - 900, ask.start - 800, TONE_BAD, 1, "" };
	ask.mark[1] =
	    (struct draw_mark){ ask.end + 900, ask.end + 900, TONE_NOTE, 1, "" };
	if (!draw_png(conf, &ask, &g, &png, "with marks that lie outside"))
		return;
	ok(png.width == before.width && png.height == before.height &&
		memcmp(png.pixel, before.pixel,
		    (size_t)png.width * png.height * sizeof png.pixel[0]) == 0,
	    "which change no pixel");
	free(png.pixel);
	graph_free(&g);
	for (unsigned theme = 0; theme < DRAW_THEMES; theme++) {
		ask.theme = (uint8_t)theme;
		ask.mark[0] =
		    (struct draw_mark){ START + (LOSSY + 0.1) * SEGMENT * STEP,
			    START + (LOSSY + 0.9) * SEGMENT * STEP, TONE_WARN, 1, "" };
		ask.mark[1] = (struct draw_mark){ START + 0.1 * SEGMENT * STEP,
			START + 0.9 * SEGMENT * STEP, TONE_BAD, 1, "" };
		if (!draw_png(conf, &ask, &g, &png, "bands"))
			return;
		uint32_t bad = color_at(&png, &g, CLEAN, 0.035);
		uint32_t warn = color_at(&png, &g, LOSSY, 0.035);
		uint32_t none = color_at(&png, &g, AGAIN, 0.035);
		ok(bad != none && warn != none && bad != warn,
		    "each has its tint (%06x %06x on %06x)", bad, warn, none);
		if (theme == DRAW_LIGHT)
			ok(color_at(&png, &g, CLEAN, 0.0201) == 0x26ff00,
			    "behind what is drawn");
		free(png.pixel);
		graph_free(&g);
	}
	ask.theme = DRAW_LIGHT;
	for (unsigned i = 0; i < 2; i++)
		snprintf(ask.mark[i].label, sizeof ask.mark[i].label,
		    "loss: 100 %% loss: \\ %u \xc3\xa4", i);
	if (!draw_png(conf, &ask, &g, &png, "bands with words"))
		return;
	unsigned two = png.height;
	free(png.pixel);
	graph_free(&g);
	ask.mark[1].count = 5;
	memset(ask.mark[1].label, 'x', sizeof ask.mark[1].label - 1);
	if (!draw_png(conf, &ask, &g, &png, "that stand for more, and are long"))
		return;
	ok(two > before.height && png.height > two && png.width == before.width,
	    "a line of the legend for each, one for the rest, none wider");
	free(png.pixel);
	graph_free(&g);
	free(before.pixel);
	graph_free(&plain);
}

/* --- everything is drawn ---------------------------------------------------------- */

static bool
begins(const struct graph *g, unsigned format)
{
	static const char *const magic[DRAW_FORMATS] = { "\x89PNG", "<?xml", "%PDF" };

	return g->size > 100 &&
	       memcmp(g->data, magic[format], strlen(magic[format])) == 0;
}

static void
test_all(const struct conf *conf)
{
	static const char *const paths[] = { "G.Twenty", "G.Three", "G.Five",
		"G.Hundred", "G.Not", "G.Many" };
	unsigned failed = 0, drawn = 0;
	struct err err;

	for (size_t p = 0; p < sizeof paths / sizeof paths[0]; p++)
		for (unsigned k = 0; k < DRAW_KINDS * DRAW_FORMATS * DRAW_LOOKS; k++) {
			struct msg_draw ask = ask_for(paths[p]);
			struct graph g;

			ask.kind = k % DRAW_KINDS;
			ask.format = k / DRAW_KINDS % DRAW_FORMATS;
			if (ask.format != DRAW_PNG &&
			    strcmp(paths[p], "G.Hundred") == 0)
				continue; /* as all the others, but slow */
			ask.theme = k / DRAW_KINDS / DRAW_FORMATS;
			ask.top = 0;
			ask.width = p % 2 ? 300 : 600;
			ask.height = ask.kind == DRAW_STRIP ? 30 : 100;
			if (graph_draw(&g, conf, &ask, &err) < 0) {
				printf(
				    "# %s kind %u: %s\n", paths[p], ask.kind, err.text);
				failed++;
				continue;
			}
			drawn++;
			failed += !begins(&g, ask.format);
			graph_free(&g);
		}
	is_int(failed, 0, "every kind, format and theme of every target is drawn");
	is_int(drawn, (5 * DRAW_FORMATS + 1) * DRAW_KINDS * DRAW_LOOKS, "all of them");
}

/* Spans from long before the file to long after it, at every kind. Of the longer ones,
 * each place has one kind and each kind a place. */
static void
test_spans(const struct conf *conf)
{
	static const long spans[] = { 60, 3000, 50000, 700000, 40000000, 350000000 };
	unsigned failed = 0, drawn = 0;
	struct err err;

	for (size_t s = 0; s < sizeof spans / sizeof spans[0]; s++)
		for (long k = -8; k <= 8; k += 4)
			for (unsigned kind = 0; kind < DRAW_KINDS; kind++) {
				struct msg_draw ask = ask_for("G.Twenty");
				struct graph g;

				if (spans[s] > 10000000 &&
				    kind != (unsigned)(k + 8) / 4 % DRAW_KINDS)
					continue;
				ask.kind = (uint8_t)kind;
				ask.width = 120;
				ask.height = 40;
				ask.top = 0;
				/* The file's longest archive begins 604800 s before
				 * END. */
				ask.end =
				    (k < 0 ? END - 604800 : END) + k * spans[s] / 4;
				ask.start = ask.end - spans[s];
				if (graph_draw(&g, conf, &ask, &err) == 0) {
					graph_free(&g);
					drawn++;
					continue;
				}
				failed++;
				printf("# %ld s, %ld: %s\n", spans[s], k, err.text);
			}
	ok(failed == 0, "%u spans around the ends of a history are drawn", drawn);
}

/* The text tells no time to come where only the last pixel is not over yet. */
static void
test_end(const struct conf *conf)
{
	static const struct {
		long long span, ahead, told; /* told: behind the time of drawing */
	} table[] = { { 3600, 0, 0 }, { 3600, STEP, 0 }, { 3600, 3600, 3600 },
		{ 30 * 86400, 4000, 0 }, { 30 * 86400, 4320, 0 },
		{ 30 * 86400, 5000, 5000 }, { 400 * 86400, 57600, 0 },
		{ 400 * 86400, -5, -5 }, { 3600, -86400, -86400 } };

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct msg_draw ask = ask_for("G.Twenty");
		struct draw d = { .conf = conf, .ask = &ask };

		d.target = conf_target_by_id(conf, ask.target);
		ask.end = END + table[i].ahead;
		ask.start = ask.end - table[i].span;
		ok(draw_end(&d, END) - END == table[i].told,
		    "a graph of %lld s that ends %lld s ahead tells when",
		    table[i].span, table[i].ahead);
	}
}

static void
test_zoom(const struct conf *conf)
{
	struct msg_draw ask = ask_for("G.Twenty");
	struct graph g;
	struct png png;

	ask.zoom = 2;
	if (!draw_png(conf, &ask, &g, &png, "a picture for a fine screen"))
		return;
	is_int(png.width, g.head.width * 2, "has twice the pixels of its size");
	free(png.pixel);
	graph_free(&g);
	ask = ask_for("G.Twenty");
	ask.kind = DRAW_STRIP;
	ask.height = 40;
	if (!draw_png(conf, &ask, &g, &png, "a strip"))
		return;
	is_int(png.width, 600, "is as wide as asked");
	is_int(png.height, 40, "and as high");
	ok(color_at(&png, &g, CLEAN, 0.0285) == 0xdddddd, "with its smoke");
	ok(color_at(&png, &g, ODD, 0.035) == 0xffffff,
	    "which a lost ping does not make reach to the top");
	free(png.pixel);
	graph_free(&g);
}

/* Broken files and nonsense are refused with words. */
/* The text speaks of the rows that are drawn, and never of numbers that there are not.
 */
static void
test_known(const struct conf *conf)
{
	static const struct {
		long long from, to;
		unsigned width;
		enum draw_known known;
	} table[] = {
		{ START, END, 600, DRAW_ANSWERED },
		{ START + 2 * SEGMENT * STEP, START + 3 * SEGMENT * STEP, 600,
		    DRAW_SILENT },
		{ START + 3 * SEGMENT * STEP, START + 4 * SEGMENT * STEP, 600,
		    DRAW_NOTHING },
		{ START - 200000, START - 100000, 600, DRAW_NOTHING },
		{ END - 20 * STEP, END, 20, DRAW_ANSWERED },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct msg_draw ask = ask_for("G.Twenty");
		struct draw d = { .conf = conf, .ask = &ask };
		struct draw_facts facts;
		struct err err;

		ask.start = table[i].from;
		ask.end = table[i].to;
		ask.width = (uint16_t)table[i].width;
		d.target = conf_target_by_id(conf, ask.target);
		if (ok(draw_facts(&d, "G/Twenty.rrd", &facts, &err) == 0, "span %zu",
			i))
			is_int(facts.known, table[i].known, "what is known of it");
	}
}

static void
test_refusals(const struct conf *conf)
{
	struct msg_draw ask = ask_for("G.Broken");
	struct graph g;
	struct err err;

	close(open("G/Broken.rrd", O_CREAT | O_WRONLY, 0644));
	ok(graph_draw(&g, conf, &ask, &err) < 0, "a file of zero bytes is refused");
	ok(strstr(err.text, "Broken") != NULL, "by name: %s", err.text);
	if (rename("G/Three.rrd", "G/Broken.rrd") < 0)
		puts("Bail out! rename");
	ok(graph_draw(&g, conf, &ask, &err) == 0,
	    "a history with another number of pings than configured is drawn");
	graph_free(&g);
	ok(truncate("G/Broken.rrd", 5000) == 0 && graph_draw(&g, conf, &ask, &err) < 0,
	    "so is a short one: %s", err.text);
	ask = ask_for("G");
	ok(graph_draw(&g, conf, &ask, &err) < 0, "so is a group: %s", err.text);
	ask = ask_for("G.Nobody");
	ok(graph_draw(&g, conf, &ask, &err) < 0, "so is nobody: %s", err.text);
	ask = ask_for("G.Twenty");
	ask.end = ask.start;
	ok(graph_draw(&g, conf, &ask, &err) < 0, "so is an empty span: %s", err.text);
	ask.start = END - 4000000;
	ask.end = END - 3000000;
	ok(graph_draw(&g, conf, &ask, &err) == 0,
	    "a span from before the file is drawn %s", err.text);
	graph_free(&g);
	ask = ask_for("G.Twenty");
	ask.width = 60000;
	ok(graph_draw(&g, conf, &ask, &err) < 0, "so is a giant: %s", err.text);
}

/* --- how high --------------------------------------------------------------------- */

static double
height(const struct conf *conf, enum draw_kind kind, long span)
{
	struct msg_draw ask = ask_for("G.Twenty");
	struct graph g;
	struct err err;

	ask.kind = kind;
	ask.start = END - span;
	ask.top = 0;
	if (graph_draw(&g, conf, &ask, &err) < 0)
		return NAN;
	double high = g.head.high;
	graph_free(&g);
	return high;
}

static void
test_height(void)
{
	/* The highest median: 20 ms, in every period. */
	struct conf *conf = configure("", "");
	is_close(height(conf, DRAW_DETAIL, 3600), 0.024, 1e-6,
	    "1.2 times the highest median");
	is_close(
	    height(conf, DRAW_DETAIL, 86400), 0.024, 1e-6, "shared by all periods");
	struct msg_draw many = ask_for("G.Many");
	struct graph all;
	many.top = 0;
	ok(graph_draw(&all, conf, &many, NULL) == 0, "several hosts in one");
	is_close(all.head.high, 0.024, 1e-6, "are as high as the highest of them");
	graph_free(&all);
	/* Three rows, while a day's graph leaves its last 144 s out. */
	create("G/Not.rrd", 20);
	for (int i = ROWS - 3; i < ROWS; i++) {
		char *v = update_of(START + (i + 1) * (long long)STEP, 20, 0);
		rrd_update_r("G/Not.rrd", NULL, 1, (const char *[]){ v });
		free(v);
	}
	many = ask_for("G.Not");
	many.start = END - 86400;
	many.top = 0;
	ok(graph_draw(&all, conf, &many, NULL) == 0, "a young history is drawn");
	is_close(all.head.high, 0.024, 1e-6, "to its own height");
	graph_free(&all);
	is_close(height(conf, DRAW_NAVIGATOR, 6000), 0.030, 1e-6,
	    "1.5 times in the navigator");
	conf_free(conf);
	conf = configure("", "max_rtt = 0.015");
	is_close(height(conf, DRAW_DETAIL, 3600), 0.015, 1e-6, "never above max_rtt");
	conf_free(conf);
	conf = configure("", "unison_tolerance = 2");
	is_close(height(conf, DRAW_DETAIL, 3600), 0.024, 1e-6, "with a tolerance, too");
	conf_free(conf);
	conf = configure("", "logarithmic = yes");
	struct msg_draw ask = ask_for("G.Twenty");
	struct graph g;
	struct err err = { "" };
	ok(graph_draw(&g, conf, &ask, &err) == 0, "a logarithmic graph is drawn %s",
	    err.text);
	is_close(g.head.low, 0.001, 1e-9, "from a millisecond");
	graph_free(&g);
	conf_free(conf);
}

static void
test_configured(void)
{
	struct conf *conf = configure("graphborders = yes\nhtmltitle = yes",
	    "loss_background = yes\nnodata_color = e0e0ff");
	struct msg_draw ask = ask_for("G.Twenty");
	struct graph g;
	struct png png;

	if (draw_png(conf, &ask, &g, &png, "with loss_background")) {
		uint32_t got = color_at(&png, &g, LOSSY, 0.035);
		ok(got == 0xffa9fe, "4 of 20 lost is ffa9fe behind (%06x)", got);
		got = color_at(&png, &g, LOSSY, 0.003);
		ok(got == 0xffa9fe, "below the smoke, too (%06x)", got);
		got = color_at(&png, &g, DEAD, 0.035);
		ok(got == 0xff8a8a, "total loss is ff8a8a (%06x)", got);
		got = color_at(&png, &g, NOTHING, 0.035);
		ok(got == 0xe0e0ff, "no data has the colour that was set (%06x)", got);
		free(png.pixel);
		graph_free(&g);
	}
	conf_free(conf);
}

/* --- how much --------------------------------------------------------------------- */

/* Mostly from before the file: not a row may be made for that. */
static void
test_before_history(const struct conf *conf)
{
	struct msg_draw ask = ask_for("G.Twenty");
	struct rusage before, after;
	struct graph g;
	struct err err;

	ask.top = 0;
	ask.start = END - 400 * 86400LL;
	getrusage(RUSAGE_SELF, &before);
	if (ok(graph_draw(&g, conf, &ask, &err) == 0, "400 days of a short history"))
		graph_free(&g);
	getrusage(RUSAGE_SELF, &after);
	ok(after.ru_maxrss - before.ru_maxrss < 64 * 1024,
	    "take no memory for the rows that were never there (%ld kB)",
	    after.ru_maxrss - before.ru_maxrss);
	/* A week in eleven years: less than a pixel. */
	ask.width = 120;
	ask.start = END - 350000000;
	for (unsigned kind = 0; kind < DRAW_KINDS; kind++) {
		ask.kind = (uint8_t)kind;
		if (ok(graph_draw(&g, conf, &ask, &err) == 0, "eleven years, kind %u",
			kind))
			graph_free(&g);
	}
	getrusage(RUSAGE_SELF, &after);
	ok(after.ru_maxrss - before.ru_maxrss < 64 * 1024, "take none either (%ld kB)",
	    after.ru_maxrss - before.ru_maxrss);
}

static int
clean_up(void)
{
	char *command = mem_printf("rm -rf %s", dir);
	int status = chdir("/") == 0 ? system(command) : -1;

	free(command);
	return status;
}

/* Old configurations are in Latin-1, and a label may be cut within a letter. */
static void
test_texts(void)
{
	is_str(
	    args_text("a: b\\n c\303\251 \351\n"), "a\\: b n c\303\251 ? ", "a legend");
	is_str(
	    args_title("a: b\\n c\303\251 \351\n"), "a: b\\n c\303\251 ? ", "a title");
}

/* What the foot of a graph calls the pings of a target. */
static void
test_descriptions(void)
{
	static const char text[] =
	    "#@ checked 1\n*** Probes ***\n+ FPing\n++ P\n++ V\npings = 500\n"
	    "+ FPing6\n+ FPingContinuous\npacketsize = 100\n+ STAMP\n"
	    "+ EchoPingHttp\n+ RemoteFPing\npacketsize = 200\n+ Qstat\n+ SipSak\n"
	    "*** Targets ***\nprobe = P\nmenu = m\ntitle = t\n"
	    "+ A\nhost = a\n+ B\nprobe = FPing6\nhost = a\n"
	    "+ C\nprobe = FPingContinuous\nhost = a\n+ D\nprobe = V\nhost = a\n"
	    "+ E\nprobe = STAMP\nhost = a\n+ F\nprobe = EchoPingHttp\nhost = a\n"
	    "+ G\nprobe = RemoteFPing\nhost = a\n+ H\nprobe = Qstat\nhost = a\n"
	    "+ I\nprobe = SipSak\nhost = a\n"
	    "*** Overrides ***\n+ D\nsampler = voice\n";
	static const char *const want[] = { "ICMP Echo Pings (56 Bytes)",
		"IPv6-ICMP Echo Pings (56 Bytes)", "ICMP Echo Pings (100 Bytes)",
		"ICMP Echo Pings (172 Bytes)", "STAMP packets",
		"HTTP pings using echoping(1)", "Remote ICMP Echo Pings (200 Bytes)",
		"Game server q3s pings", "SIP OPTIONS messages" };
	struct conf_report report = { 0 };
	struct conf *conf = conf_parse_checked(text, sizeof text - 1, &report);
	char got[80];

	for (size_t i = 0; conf != NULL && i < sizeof want / sizeof want[0]; i++) {
		draw_probe_desc(conf, conf->target[i], got, sizeof got);
		is_str(got, want[i], "what pings are called");
	}
	ok(conf != NULL, "of every probe");
	conf_report_free(&report);
	conf_free(conf);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0 || mkdir("G", 0755) < 0) {
		puts("Bail out! no directory");
		return 1;
	}
	setenv("TZ", "UTC", 1);
	graph_warm_up();
	make("G/Twenty.rrd", 20);
	make("G/Three.rrd", 3);
	make("G/Five.rrd", 5);
	make("G/Hundred.rrd", 100);
	struct conf *conf = configure("", "");
	test_light(conf);
	test_dark(conf);
	test_all(conf);
	test_marks(conf);
	/* Before others that take much: it looks at the most that was taken. */
	test_before_history(conf);
	test_spans(conf);
	test_end(conf);
	test_zoom(conf);
	test_height();
	test_configured();
	test_known(conf);
	test_refusals(conf);
	test_texts();
	test_descriptions();
	conf_free(conf);
	clean_up();
	return tap_done();
}
