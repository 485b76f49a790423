/* The alerts of targets: what is remembered over restarts and reloads, what is told. */
#include "t/tap.h"

#include <sys/stat.h>
#include <unistd.h>

#include <rrd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/conf.h"
#include "recorder/alerts.h"
#include "recorder/recall.h"

#define STEP 10
#define PINGS 5
#define BASE 1700000000

static char dir[] = "/tmp/smokebox-alerts.XXXXXX";
static char heard[2000];	  /* "ALERT WHAT; ..." */
static const char *was_held = ""; /* " A B " */
static char lists[500], where[100];

/* --- a configuration -------------------------------------------------------------- */

static struct conf *
conf_of(const char *alerts, const char *targets)
{
	struct conf_report report = { 0 };
	char *text =
	    mem_printf("*** General ***\nowner = o\ncontact = a@b\ncgiurl = http://x/\n"
		       "datadir = /d\n"
		       "*** Alerts ***\nto = a@b\nfrom = c@d\n%s"
		       "*** Database ***\nstep = %d\npings = %d\nAVERAGE 0.5 1 100\n"
		       "*** Presentation ***\n+ overview\nwidth = 60\nheight = 50\n"
		       "+ detail\nwidth = 60\nheight = 50\n"
		       "*** Probes ***\n+ FPing\n"
		       "*** Targets ***\nprobe = FPing\nmenu = m\ntitle = t\n%s",
		alerts, STEP, PINGS, targets);
	FILE *f = fopen("config", "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0)
		exit(1);
	free(text);
	struct conf *conf = conf_load("config", &report);
	if (conf == NULL) {
		conf_report_print(&report, stdout);
		puts("Bail out! the configuration does not load");
		exit(1);
	}
	conf_report_free(&report);
	return conf;
}

#define BURST                                                                          \
	"+ burst\ntype = loss\npattern = >0%,>0%,>0%\ncomment = c\nedgetrigger = yes\n"
#define SHORT "+ short\ntype = loss\npattern = >0%\ncomment = c\n"
#define ONE "+ A\nhost = h\nalerts = burst\n"

/* --- what is told ----------------------------------------------------------------- */

static bool
held(void *ctx, const char *path, const char *alert)
{
	char word[100];

	(void)ctx;
	(void)path;
	snprintf(word, sizeof word, " %s ", alert);
	return strstr(was_held, word) != NULL;
}

static void
news(void *ctx, const struct alert_news *n)
{
	size_t at = strlen(heard);

	(void)ctx;
	snprintf(heard + at, sizeof heard - at, "%s%s %s%s", at > 0 ? "; " : "",
	    n->alert->name,
	    n->what != ALERT_NOTHING ? alert_what_text(n->what) : "is over",
	    n->hushed ? " (hushed)" : "");
	snprintf(lists, sizeof lists, "%s %s", n->loss, n->rtt);
	snprintf(where, sizeof where, "%s %s", n->path, n->slave ? n->slave : "here");
}

static const struct alerts_ops ops = { held, news };

/* A round of PATH for row N with LOST pings (-1: unknown). */
static void
give_of(struct alerts *a, const char *path, int n, int lost)
{
	struct round *r = mem_zero(1, sizeof *r);

	r->target = conf_target_id(path);
	r->step = STEP;
	r->count = PINGS;
	r->row = BASE + (int64_t)n * STEP;
	r->end_ns = r->row * CLOCK_NS_PER_S;
	r->state = lost < 0 ? ROUND_UNKNOWN : ROUND_MEASURED;
	for (int i = 0; i < PINGS; i++) {
		r->ping[i].outcome = lost < 0	? PING_STALLED
				     : i < lost ? PING_TIMEOUT
						: PING_ANSWERED;
		r->ping[i].rtt_ns = lost >= 0 && i >= lost ? 20 * CLOCK_NS_PER_MS : -1;
	}
	alerts_round(a, r);
	free(r);
}

static void
give(struct alerts *a, int n, int lost)
{
	give_of(a, "A", n, lost);
}

/* A's file with rows as in WORDS: lost pings, or U. */
static void
make_file(const char *words)
{
	const char *create[4 + PINGS] = { "DS:uptime:GAUGE:20:0:U",
		"DS:loss:GAUGE:20:0:5", "DS:median:GAUGE:20:0:180" };
	static char ping[PINGS][40];
	size_t n = 3;

	unlink("A.rrd");
	for (int i = 0; i < PINGS; i++) {
		snprintf(ping[i], sizeof ping[i], "DS:ping%d:GAUGE:20:0:180", i + 1);
		create[n++] = ping[i];
	}
	create[n++] = "RRA:AVERAGE:0.5:1:100";
	rrd_clear_error();
	if (rrd_create_r("A.rrd", STEP, BASE, (int)n, create) != 0)
		printf("# %s\n", rrd_get_error());
	int64_t row = BASE;
	for (const char *w = words; *w != '\0'; w++) {
		char line[200];
		if (*w == ' ')
			continue;
		row += STEP;
		if (*w == 'U')
			snprintf(
			    line, sizeof line, "%lld:U:U:U:U:U:U:U:U", (long long)row);
		else
			snprintf(line, sizeof line,
			    "%lld:U:%c:0.02:0.02:0.02:0.02:0.02:0.02", (long long)row,
			    *w);
		const char *one = line;
		if (rrd_update_r("A.rrd", NULL, 1, &one) != 0)
			printf("# %s\n", rrd_get_error());
	}
}

/* --- tests ------------------------------------------------------------------------ */

static void
remember(void *ctx, int64_t row, double lost, unsigned pings, double median)
{
	char *text = ctx;
	size_t at = strlen(text);

	(void)median;
	if (isnan(lost))
		snprintf(text + at, 200 - at, "U");
	else
		snprintf(text + at, 200 - at, "%.0f", lost);
	if (pings != PINGS || row <= BASE)
		snprintf(text, 200, "wrong");
}

static void
test_recall(void)
{
	static const struct {
		const char *rows, *want, *what;
		size_t count;
	} cases[] = {
		{ "0 1 2 3 4", "234", "the last rows", 3 },
		{ "0 1 2", "012", "no more than there are", 10 },
		{ "1 U U 2", "12", "rows in which nobody measured are left out", 10 },
		{ "1 2 U U", "12UU", "rounds of which nothing is known are not", 10 },
		{ "U U", "UU", "also where there is nothing else", 2 },
	};
	char text[200];
	struct err err = { "" };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		make_file(cases[i].rows);
		text[0] = '\0';
		recall("A.rrd", STEP, PINGS, cases[i].count, remember, text, &err);
		is_str(text, cases[i].want, cases[i].what);
	}
	text[0] = '\0';
	is_int(recall("A.rrd", 2 * STEP, PINGS, 3, remember, text, &err), 1,
	    "a file of another step");
	is_str(text, "", "tells nothing");
	is_int(recall("none.rrd", STEP, PINGS, 3, remember, text, &err), 0,
	    "a file that is not there is none");
	FILE *f = fopen("short.rrd", "w");
	if (f != NULL) {
		fputs("RRD", f);
		fclose(f);
	}
	ok(recall("short.rrd", STEP, PINGS, 3, remember, text, &err) < 0 &&
		strstr(err.text, "short.rrd") != NULL,
	    "a broken one is an error");
}

static void
test_edge(void)
{
	struct conf *conf = conf_of(BURST, ONE);
	struct alerts *a = alerts_new(&ops, NULL);

	make_file("");
	heard[0] = '\0';
	alerts_configure(a, conf);
	ok(alerts_watch(a, "A", "burst") && !alerts_watch(a, "A", "short") &&
		!alerts_watch(a, "B", "burst"),
	    "what is watched");
	give(a, 1, 1);
	give(a, 2, 5);
	is_str(heard, "", "two of three are not enough");
	give(a, 3, 2);
	give(a, 4, 2);
	is_str(heard, "burst was raised", "raised once");
	is_str(lists, "loss: 20%, 100%, 40% rtt: 20ms, U, 20ms", "with what it saw");
	give(a, 5, -1);
	is_str(heard, "burst was raised; burst was cleared",
	    "a round of which nothing is known has no loss");
	alerts_free(a);
	conf_free(conf);
}

/* As if we had been killed between any two rounds. */
static void
test_restart(void)
{
	struct conf *conf = conf_of(BURST, ONE);

	make_file("0 1");
	was_held = "";
	heard[0] = '\0';
	struct alerts *a = alerts_new(&ops, NULL);
	alerts_configure(a, conf);
	alerts_expect(a, conf_target_id("A"));
	give(a, 3, 1);
	is_str(heard, "", "after a restart: 0 1 | 1");
	give(a, 4, 1);
	is_str(heard, "burst was raised", "0 1 | 1 1");
	alerts_free(a);

	make_file("0 1 1 1");
	was_held = " burst ";
	heard[0] = '\0';
	a = alerts_new(&ops, NULL);
	alerts_configure(a, conf);
	alerts_expect(a, conf_target_id("A"));
	give(a, 7, 1);
	is_str(heard, "", "what was raised is not raised again");
	give(a, 8, 0);
	is_str(heard, "burst was cleared", "and cleared when it ends");
	alerts_free(a);

	/* The round itself may be in the file already. */
	make_file("1 1 1");
	was_held = "";
	heard[0] = '\0';
	a = alerts_new(&ops, NULL);
	alerts_configure(a, conf);
	give(a, 3, 1);
	is_str(lists, "loss: 20%, 20%, 20% rtt: 20ms, 20ms, 20ms",
	    "no round counts twice");
	is_str(heard, "burst was raised", "and none is missed");
	alerts_free(a);
	conf_free(conf);
}

static void
test_reload(void)
{
	struct conf *first = conf_of(BURST SHORT, ONE);
	struct conf *both =
	    conf_of(BURST SHORT, "+ A\nhost = h\nalerts = short,burst\n");
	struct conf *longer =
	    conf_of("+ burst\ntype = loss\npattern = ==0%,>0%,>0%,>0%\n"
		    "comment = c\nedgetrigger = yes\n" SHORT,
		ONE);
	struct conf *none = conf_of(BURST, "+ A\nhost = h\n");

	make_file("0 1 1");
	was_held = "";
	heard[0] = '\0';
	struct alerts *a = alerts_new(&ops, NULL);
	alerts_configure(a, first);
	alerts_expect(a, conf_target_id("A"));
	give(a, 4, 1);
	is_str(heard, "burst was raised", "raised before a reload");
	heard[0] = '\0';
	alerts_configure(a, both);
	give(a, 5, 1);
	is_str(
	    heard, "short is active", "one more alert, and what was raised stays so");
	heard[0] = '\0';
	make_file("0 1 1 1");
	was_held = " burst ";
	alerts_configure(a, longer);
	give(a, 5, 1);
	is_str(heard, "burst was cleared",
	    "another pattern takes over the incident, and sees the file");
	is_str(lists, "loss: 20%, 20%, 20%, 20% rtt: 20ms, 20ms, 20ms, 20ms",
	    "as far back as it needs");
	heard[0] = '\0';
	was_held = "";
	alerts_configure(a, none);
	ok(!alerts_watch(a, "A", "burst"), "no alert, nothing watched");
	give(a, 6, 5);
	is_str(heard, "", "and nothing told");
	alerts_free(a);
	conf_free(first);
	conf_free(both);
	conf_free(longer);
	conf_free(none);
}

static void
test_priority(void)
{
	struct conf *conf = conf_of("+ low\ntype = loss\npattern = >0%\ncomment = c\n"
				    "priority = 2\n"
				    "+ high\ntype = loss\npattern = >50%\ncomment = c\n"
				    "priority = 1\nedgetrigger = yes\n"
				    "+ never\ntype = matcher\npattern = Mine(x=>1)\n"
				    "comment = c\n" SHORT,
	    "+ A\nhost = h\nalerts = low,high,never,nowhere,short\n");
	struct alerts *a = alerts_new(&ops, NULL);

	unlink("A.rrd");
	heard[0] = '\0';
	alerts_configure(a, conf);
	give(a, 1, 1);
	is_str(heard, "short is active; low is active", "without priority first");
	heard[0] = '\0';
	give(a, 2, 5);
	is_str(heard, "short is active; high was raised; low is active (hushed)",
	    "only the first of those with one");
	heard[0] = '\0';
	give(a, 3, 0);
	is_str(heard, "short is over; high was cleared; low is over", "all is over");
	alerts_free(a);
	conf_free(conf);
}

/* What a slave sees is judged for itself. */
static void
test_slave(void)
{
	FILE *f = fopen("secrets", "w");

	if (f == NULL || fputs("far:hush\n", f) == EOF || fclose(f) != 0 ||
	    chmod("secrets", 0600) < 0)
		return;
	struct conf *conf = conf_of(BURST "*** Slaves ***\nsecrets = secrets\n+ far\n"
					  "display_name = Far\ncolor = 0000ff\n",
	    "+ A\nhost = h\nalerts = burst\nslaves = far\n");
	struct alerts *a = alerts_new(&ops, NULL);

	unlink("A.rrd");
	was_held = "";
	heard[0] = '\0';
	alerts_configure(a, conf);
	ok(alerts_watch(a, "A", "burst") && alerts_watch(a, "A~far", "burst"),
	    "this box and a slave are watched");
	for (int i = 1; i <= 3; i++) {
		give(a, i, i == 2);
		give_of(a, "A~far", i, 1);
	}
	is_str(heard, "burst was raised", "raised by what the slave sees alone");
	is_str(where, "A~far far", "and it says so");
	alerts_free(a);
	conf_free(conf);
	unlink("secrets");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		return 1;
	test_recall();
	test_edge();
	test_restart();
	test_reload();
	test_priority();
	test_slave();
	unlink("A.rrd");
	unlink("short.rrd");
	unlink("config");
	rmdir(dir);
	return tap_done();
}
