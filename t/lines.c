/* Who measures a target and how that is drawn: several hosts in one graph, slaves, the
 * uptime of dynamic hosts, the colours that a configuration gives them. */
#include "web/graph.h"

#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "web/draw.h"
#include "web/vantage.h"

#include "tap.h"

#include "drawn.h"

static char dir[] = "/tmp/smokebox-lines.XXXXXX";

/* A configuration with lines of the test's own: sections before + detail, settings of
 * it, sections in it. */
static struct conf *
configure(const char *presentation, const char *detail, const char *inside)
{
	struct conf_report report = { 0 };
	FILE *out = fopen("config", "w");

	fprintf(out,
	    "*** General ***\nowner = x\ncgiurl = http://x.example/\n"
	    "contact = x@y.example\ndatadir = %s\ndisplay_name = The box\n"
	    "*** Database ***\nstep = %d\npings = 20\n"
	    "AVERAGE 0.5 1 8640\nAVERAGE 0.5 6 10080\n"
	    "*** Presentation ***\n+ overview\nwidth = 600\nheight = 50\nrange = 1h\n%s\n"
	    "+ detail\nwidth = 600\nheight = 200\n%s\n\"Middle\" 6000s\n%s\n"
	    "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n++ F20\n++ F5\npings = 5\n"
	    "+ FTPtransfer\nmode = get\nsrcfile = sent\n++ Get\n"
	    "++ Put\nmode = put\nsrcfile = %s/sent\n"
	    "*** Slaves ***\nsecrets = %s/secrets\n"
	    "+ far\ndisplay_name = Far: away\ncolor = c02030\nlocation = The Moon\n"
	    "+ near.example\ndisplay_name = Near\ncolor = 2030c0\n"
	    "*** Targets ***\nprobe = F20\nmenu = Top\ntitle = Top\n"
	    "+ G\nmenu = G\ntitle = Group\n"
	    "++ Twenty\nhost = 127.0.0.1\nmenu = Twenty\ntitle = Twenty\n"
	    "slaves = far near.example\n"
	    "++ Five\nprobe = F5\nhost = 127.0.0.1\nmenu = Five\ntitle = Five\n"
	    "++ Not\nhost = 127.0.0.1\nmenu = Not\ntitle = Not yet\n"
	    "++ Only\nhost = 127.0.0.1\nmenu = Only\ntitle = Only\nnomasterpoll = yes\n"
	    "slaves = far\n"
	    "++ Put\nprobe = Put\nhost = 127.0.0.1\n"
	    "++ Get\nprobe = Get\nhost = 127.0.0.1\n"
	    "++ Broken\nhost = 127.0.0.1\nmenu = Broken\ntitle = Broken\n"
	    "++ Called\nhost = DYNAMIC\nmenu = Called\ntitle = Called\n"
	    "++ Many\nhost = /G/Twenty /G/Not /G/Twenty~far /G/Five\nmenu = Many\n"
	    "title = Many\n",
	    dir, STEP, presentation, detail, inside, dir, dir);
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

/* --- who -------------------------------------------------------------------------- */

static void
test_names(const struct conf *conf)
{
	static const struct {
		const char *name;
		char separator;
		const char *path, *slave; /* NULL: nothing is meant */
	} table[] = {
		{ "", '/', "", "" },
		{ "G/Twenty", '/', "G.Twenty", "" },
		{ "G/Twenty~far", '/', "G.Twenty", "far" },
		{ "G/Twenty~near.example", '/', "G.Twenty", "near.example" },
		{ "G.Twenty~near.example", '.', "G.Twenty", "near.example" },
		{ "G/Only~near.example", '/', "G.Only", "near.example" },
		{ "G/Many", '/', "G.Many", "" },
		{ "G.Twenty", '/', NULL, NULL },
		{ "G/Twenty", '.', NULL, NULL },
		{ "G/Twenty~", '/', NULL, NULL },
		{ "G/Twenty~gone", '/', NULL, NULL },
		{ "G/Twenty~far~far", '/', NULL, NULL },
		{ "G/Twenty~../far", '/', NULL, NULL },
		{ "G/Twenty~Far: away", '/', NULL, NULL },
		{ "G/Many~far", '/', NULL, NULL },
		{ "G~far", '/', NULL, NULL },
		{ "~far", '/', NULL, NULL },
		{ "~", '/', NULL, NULL },
		{ "../G/Twenty", '/', NULL, NULL },
	};
	char slave[VANTAGE_NAME], file[1024];

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const struct conf_target *t =
		    vantage_parse(conf, table[i].name, table[i].separator, slave);
		if (table[i].path == NULL) {
			ok(t == NULL, "'%s' is nobody", table[i].name);
			continue;
		}
		is_str(t != NULL ? t->path : "nobody", table[i].path, table[i].name);
		is_str(slave, table[i].slave, "  as seen by");
	}
	const struct conf_target *t = conf_target_by_path(conf, "G.Twenty");
	ok(vantage_file(file, t, "near.example") == 0, "it has a file");
	is_str(file, "G/Twenty~near.example.rrd", "beside that of this box");
}

static void
test_vantages(const struct conf *conf)
{
	struct vantage list[VANTAGES];
	const struct conf_target *t = conf_target_by_path(conf, "G.Twenty");

	is_int((long long)vantage_list(conf, t, list, VANTAGES), 3, "three measure it");
	is_str(list[0].slave, "", "this box first");
	is_str(list[0].display, "The box", "  by its name");
	is_str(list[1].slave, "far", "then its slaves");
	is_str(list[1].display, "Far: away", "  as they are called");
	is_str(list[1].location, "The Moon", "  and where they are");
	is_str(list[2].color, "2030c0", "  and their colour");
	is_int(
	    (long long)vantage_list(conf, t, list, 2), 2, "no more than there is room");
	is_str(vantage_first(conf, t), "", "this box stands for all");
	t = conf_target_by_path(conf, "G.Only");
	is_int((long long)vantage_list(conf, t, list, VANTAGES), 1, "nomasterpoll");
	is_str(vantage_first(conf, t), "far", "leaves it to the first slave");
	t = conf_target_by_path(conf, "G.Many");
	is_int((long long)vantage_list(conf, t, list, VANTAGES), 0,
	    "several hosts are measured elsewhere");
}

/* --- pixels ----------------------------------------------------------------------- */

static struct msg_draw
ask_for(const char *path, enum draw_kind kind, const char *slave)
{
	struct msg_draw ask = { .target = conf_target_id(path),
		.kind = (uint8_t)kind,
		.zoom = 1,
		.start = START,
		.end = END,
		.width = 600,
		.height = 200,
		.top = TOP,
		.label = "A while" };

	snprintf(ask.slave, sizeof ask.slave, "%s", slave);
	return ask;
}

static bool
draw_png(const struct conf *conf, const struct msg_draw *ask, struct graph *g,
    struct png *png, const char *what)
{
	struct err err = { "" };

	*g = (struct graph){ 0 };
	*png = (struct png){ 0 };
	bool fine =
	    graph_draw(g, conf, ask, &err) == 0 && png_read(png, g->data, g->size);
	if (!ok(fine, "%s is drawn", what))
		printf("# %s\n", err.text);
	return fine;
}

/* Within a pixel of VALUE, is most of SEGMENT of COLOR? */
static bool
shows(const struct png *png, const struct graph *g, enum segment segment, double value,
    uint32_t color)
{
	double pixel = TOP / g->head.plot_height;

	for (int i = -1; i <= 1; i++)
		if (color_at(png, g, segment, value + i * pixel) == color)
			return true;
	printf("# %06x, expected %06x\n", color_at(png, g, segment, value), color);
	return false;
}

static void
done(struct graph *g, struct png *png)
{
	free(png->pixel);
	graph_free(g);
}

/* Medians: 21 ms of 22 pings, beside the grid, 16 ms of the slave's 12, 12 ms of 5. */
static void
test_many(void)
{
	struct conf *conf = configure("", "", "");
	struct msg_draw ask = ask_for("G.Many", DRAW_DETAIL, "");
	struct graph g;
	struct png png;

	if (draw_png(conf, &ask, &g, &png, "several hosts")) {
		ok(shows(&png, &g, CLEAN, 0.021, 0x004586), "the first colour");
		ok(shows(&png, &g, CLEAN, 0.016, 0xff420e),
		    "the second, though one without history is between them");
		ok(shows(&png, &g, CLEAN, 0.012, 0xffde20), "the third");
		ok(shows(&png, &g, DEAD, TOP * 0.99, 0xffde20), "all lost: the third");
		ok(shows(&png, &g, DEAD, TOP * 0.955, 0xff420e), "and the second");
		ok(shows(&png, &g, DEAD, TOP * 0.925, 0x004586), "and the first");
		ok(shows(&png, &g, NOTHING, TOP * 0.99, 0xffffff),
		    "nothing known is bare");
	}
	done(&g, &png);
	conf_free(conf);

	conf =
	    configure("+ multihost\ncolors = 112233 445566", "logarithmic = yes", "");
	if (draw_png(conf, &ask, &g, &png, "with colours of one's own")) {
		is_close(g.head.low, 0.001, 1e-9, "logarithmic from a millisecond");
		bool seen[2] = { false };
		for (unsigned y = 0; y < g.head.plot_height; y++) {
			uint32_t c = png.pixel[(g.head.upper + y) * png.width +
					       g.head.left + SEGMENT / 2];
			seen[0] |= c == 0x112233;
			seen[1] |= c == 0x445566;
		}
		ok(seen[0] && seen[1], "these colours, in rotation");
	}
	done(&g, &png);
	conf_free(conf);
}

/* A note is a dashed line over several lines, and nowhere else. */
static void
test_note(void)
{
	struct conf *conf = configure("", "", "");
	struct msg_draw ask = ask_for("G.Many", DRAW_DETAIL, "");
	unsigned differs = 0, left = 100000, right = 0;
	struct graph g, noted;
	struct png png, with;

	bool fine = draw_png(conf, &ask, &g, &png, "several hosts without a note");
	ask.marks = 1;
	ask.mark[0].begin = ask.mark[0].end = START + 50 * STEP;
	ask.mark[0].tone = TONE_NOTE;
	fine &= draw_png(conf, &ask, &noted, &with, "and with one");
	for (unsigned i = 0; fine && i < png.width * png.height; i++) {
		unsigned x = i % png.width;
		if (png.pixel[i] == with.pixel[i])
			continue;
		differs++;
		left = x < left ? x : left;
		right = x > right ? x : right;
	}
	ok(differs > 60 && right - left <= 2, "%u pixels at %u to %u differ", differs,
	    left, right);
	done(&g, &png);
	done(&noted, &with);
	conf_free(conf);
}

static void
test_slaves(void)
{
	struct conf *conf = configure("", "", "");
	struct msg_draw ask = ask_for("G.Twenty", DRAW_OVERVIEW, "");
	struct graph g;
	struct png png;
	struct err err;

	if (draw_png(conf, &ask, &g, &png, "an overview of box and slaves")) {
		ok(shows(&png, &g, CLEAN, 0.021, 0x004586), "this box");
		ok(shows(&png, &g, CLEAN, 0.016, 0xc02030), "the slave, in its colour");
		ok(shows(&png, &g, DEAD, TOP * 0.97, 0xc02030), "lost by the slave");
	}
	done(&g, &png);
	ask = ask_for("G.Twenty", DRAW_OVERVIEW, "far");
	if (draw_png(conf, &ask, &g, &png, "an overview of one slave")) {
		ok(shows(&png, &g, CLEAN, 0.016, 0xc02030), "has its line");
		ok(!shows(&png, &g, CLEAN, 0.021, 0x004586), "and no other");
	}
	done(&g, &png);
	ask = ask_for("G.Twenty", DRAW_DETAIL, "far");
	if (draw_png(conf, &ask, &g, &png, "what a slave sees")) {
		ok(shows(&png, &g, CLEAN, 0.016, 0x26ff00), "is its median");
		ok(color_at(&png, &g, CLEAN, 0.0265) == 0xffffff,
		    "not this box's smoke");
	}
	done(&g, &png);
	ask = ask_for("G.Only", DRAW_OVERVIEW, "");
	if (draw_png(conf, &ask, &g, &png, "what only a slave measures"))
		ok(shows(&png, &g, CLEAN, 0.012, 0xc02030), "has the slave's line");
	done(&g, &png);
	ask = ask_for("G.Twenty", DRAW_DETAIL, "near.example");
	if (draw_png(conf, &ask, &g, &png, "a slave without a round"))
		ok(g.size > 0, "has a picture that says so");
	done(&g, &png);
	ask = ask_for("G.Twenty", DRAW_DETAIL, "gone");
	ok(graph_draw(&g, conf, &ask, &err) < 0 && strstr(err.text, "gone") != NULL,
	    "an unknown slave is refused: %s", err.text);
	for (unsigned kind = 0; kind < DRAW_KINDS; kind++) {
		ask = ask_for("G.Broken", kind, "");
		ok(graph_draw(&g, conf, &ask, &err) < 0 &&
			strstr(err.text, "Broken") != NULL,
		    "a broken history is said to be: %s", err.text);
	}
	conf_free(conf);

	conf = configure("", "", "");
	ask = ask_for("G.Twenty", DRAW_OVERVIEW, "");
	ask.theme = DRAW_DARK;
	if (draw_png(conf, &ask, &g, &png, "in the dark"))
		ok(!shows(&png, &g, CLEAN, 0.021, 0x004586), "lines are lighter");
	done(&g, &png);
	conf_free(conf);
}

static void
test_uptime(void)
{
	struct msg_draw ask = ask_for("G.Called", DRAW_DETAIL, "");
	struct conf *conf = configure("", "", "");
	struct graph g;
	struct png png;

	row_uptime = "1800";
	make("G/Called.rrd", 20);
	row_uptime = "U";
	if (draw_png(conf, &ask, &g, &png, "a dynamic host")) {
		ok(shows(&png, &g, CLEAN, 0.035, 0xffd3d3), "half an hour up");
		ok(shows(&png, &g, CLEAN, 0.003, 0xffd3d3), "below the smoke, too");
	}
	done(&g, &png);
	conf_free(conf);
	conf = configure(
	    "", "", "++ uptime_colors\n5000 ddeeff \"new: er\"\n1000 aabbcc newest");
	if (draw_png(conf, &ask, &g, &png, "with uptime_colors"))
		ok(shows(&png, &g, CLEAN, 0.035, 0xddeeff), "they are its colours");
	done(&g, &png);
	conf_free(conf);
	conf = configure("", "loss_background = yes", "");
	if (draw_png(conf, &ask, &g, &png, "with a background by loss"))
		ok(shows(&png, &g, CLEAN, 0.035, 0xffffff), "there is none by uptime");
	done(&g, &png);
	conf_free(conf);
}

/* What the pings of a transfer are called tells how large it is. */
static void
test_desc(const struct conf *conf)
{
	char text[100];
	FILE *out = fopen("sent", "w");

	fprintf(out, "%2560s", "");
	fclose(out);
	draw_probe_desc(conf, conf_target_by_path(conf, "G.Put"), text, sizeof text);
	is_str(text, "FTP File transfers (2 KB)", "a file that is sent has a size");
	unlink("sent");
	draw_probe_desc(conf, conf_target_by_path(conf, "G.Put"), text, sizeof text);
	is_str(text, "FTP File transfers", "one that is not there has none");
	draw_probe_desc(conf, conf_target_by_path(conf, "G.Get"), text, sizeof text);
	is_str(text, "FTP File transfers", "nor has one that is fetched");
}

static int
clean_up(void)
{
	char *command = mem_printf("rm -rf %s", dir);
	int status = chdir("/") == 0 ? system(command) : -1;

	free(command);
	return status;
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0 || mkdir("G", 0755) < 0) {
		puts("Bail out! no directory");
		return 1;
	}
	setenv("TZ", "UTC", 1);
	close(open("secrets", O_CREAT | O_WRONLY, 0600));
	close(open("G/Broken.rrd", O_CREAT | O_WRONLY, 0644));
	make("G/Twenty.rrd", 22);
	make("G/Twenty~far.rrd", 12);
	make("G/Only~far.rrd", 5);
	make("G/Five.rrd", 5);
	struct conf *conf = configure("", "", "");
	test_names(conf);
	test_vantages(conf);
	test_desc(conf);
	conf_free(conf);
	test_many();
	test_note();
	test_slaves();
	test_uptime();
	clean_up();
	return tap_done();
}
