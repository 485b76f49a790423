/* probectl tsmoke: who is down, and a table of availability, as SmokePing's tool of
 * that name mails them. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <uthash.h>

#include "base/mem.h"
#include "ctl/mailout.h"
#include "ctl/report.h"
#include "store.h"

/* Nobody answered for so long, or for two rounds: it is down. */
#define DOWN_S 300
/* A round with this share of Database's pings lost is one in which it was not there. */
#define LOST 0.1

struct options {
	bool morning, weekly, testmail, listrrds;
	const char *to;
	int detail; /* levels of groups below the first; -1: no tables of detail */
	enum report_slaves slaves;
	const char *only; /* these slaves, with commas; NULL or "": all */
};

static const struct span {
	const char *word, *mark, *start;
	unsigned seconds, step;
} spans[] = {
	{ "Quarter", "QUARTERDETAIL", "-7776000", 7776000, 4320 },
	{ "Month", "MONTHDETAIL", "-2592000", 2592000, 4320 },
	{ "Week", "WEEKDETAIL", "-604800", 604800, 4320 },
	{ "Day", "DAYDETAIL", "-86400", 86400, 1008 },
};
#define SPANS (sizeof spans / sizeof spans[0])

/* A target or a group of them. */
struct node {
	UT_hash_handle hh;
	char *path; /* "A.B" */
	unsigned dots;
	double sum[SPANS]; /* of the percentages of all inside it */
	unsigned count[SPANS];
};

struct work {
	const struct conf *conf;
	const struct options *o;
	FILE *out;
	unsigned all, down;
	struct node *nodes;
};

static const char usage[] =
    "usage: probectl [--config PATH] tsmoke [options]\n"
    "  --morning        who is down\n"
    "  --weekly         availability in the last day, week, month, quarter, as HTML\n"
    "  --detail N       tables of groups, N levels deep, in the weekly report\n"
    "  --listrrds       the files of history\n"
    "  --slaves[=LIST]  what slaves measured as well\n"
    "  --to ADDRESS     mail the report there instead of printing it\n"
    "  --testmail       a letter to see whether mail arrives\n"
    "  --quiet          nothing (for SmokePing's sake: there is no greeting)\n";

/* --- files ----------------------------------------------------------------------- */

/* Is the slave of PATH, if it is one's, among those that are wanted? */
static bool
wanted(const struct options *o, const char *path)
{
	const char *slave = strchr(path, '~');
	const char *p = o->only;
	size_t len;

	if (slave == NULL || p == NULL || *p == '\0')
		return true;
	len = strlen(++slave);
	for (; *p != '\0'; p += strcspn(p, ","), p += *p == ',')
		if (strcspn(p, ",") == len && strncmp(p, slave, len) == 0)
			return true;
	return false;
}

static void
list_one(void *ctx, const struct conf_target *t, const char *path)
{
	const struct work *w = ctx;
	char file[STORE_PATH];

	(void)t;
	if (wanted(w->o, path) && store_rrd_path(file, path) == 0)
		fprintf(w->out, "RRD: %s/%s\n", w->conf->datadir, file);
}

/* --- who is down ----------------------------------------------------------------- */

static void
down_one(void *ctx, const struct conf_target *t, const char *path)
{
	static const char *const element[] = {
		"DEF:median=FILE:median:AVERAGE",
		"VDEF:most=median,MAXIMUM",
		"PRINT:most:%le",
		NULL,
	};
	struct work *w = ctx;
	unsigned span = 2 * t->step > DOWN_S ? 2 * t->step : DOWN_S;
	const char *name = strrchr(path, '.'), *slave;
	char *start;
	double most;
	struct err err;

	if (!wanted(w->o, path))
		return;
	start = mem_printf("-%u", span);
	w->all++;
	if (report_print(path, start, "now", 1, element, &most, 1, &err) != 0)
		fprintf(stderr, "probectl: %s\n", err.text);
	free(start);
	if (!isnan(most))
		return;
	w->down++;
	slave = strchr(path, '~');
	/* A slave's name may have dots. */
	if (slave != NULL)
		for (name = slave; name > path && *name != '.'; name--)
			continue;
	name = name == NULL || *name != '.' ? path : name + 1;
	if (slave != NULL)
		fprintf(w->out, "%.*s from %s\n", (int)(slave - name), name, slave + 1);
	else
		fprintf(w->out, "%s\n", name);
}

static char *
morning(struct work *w, const char *to)
{
	char *list, *letter;
	size_t size;

	w->out = mem_stream(&list, &size);
	report_files(w->conf, w->o->slaves, down_one, w);
	mem_stream_end(w->out);
	letter = mem_printf("Subject: Of %u Hosts, %u Down\n"
			    "To: %s\n"
			    "Content-Type: text/plain; charset=utf-8\n"
			    "Content-Transfer-Encoding: 8bit\n"
			    "MIME-Version: 1.0\n"
			    "\n"
			    "Of %u Hosts, %u Down:\n"
			    "\n"
			    "%s",
	    w->all, w->down, to, w->all, w->down, list);
	free(list);
	return letter;
}

/* --- availability ---------------------------------------------------------------- */

static struct node *
node_of(struct work *w, const char *path, size_t len)
{
	struct node *p;

	HASH_FIND(hh, w->nodes, path, len, p);
	if (p != NULL)
		return p;
	p = mem_zero(1, sizeof *p);
	p->path = mem_strn(path, len);
	for (const char *c = p->path; *c != '\0' && *c != '~'; c++)
		p->dots += *c == '.';
	HASH_ADD_KEYPTR(hh, w->nodes, p->path, len, p);
	return p;
}

/* Count PERCENT for PATH and all that it lies in. */
static void
count(struct work *w, const char *path, size_t span, double percent)
{
	const char *slave = strchr(path, '~');
	size_t len = strlen(path);

	while (len > 0) {
		struct node *p = node_of(w, path, len);

		p->sum[span] += percent;
		p->count[span]++;
		if (slave != NULL && path + len > slave)
			len = (size_t)(slave - path);
		while (len > 0 && path[--len] != '.')
			continue;
	}
}

static void
measure_one(void *ctx, const struct conf_target *t, const char *path)
{
	struct work *w = ctx;
	char *lost = mem_printf(
	    "CDEF:avail=loss,UN,0,loss,IF,%g,GE,0,100,IF", w->conf->pings * LOST);
	const char *const element[] = { "DEF:loss=FILE:loss:AVERAGE", lost,
		"VDEF:all=avail,AVERAGE", "PRINT:all:%.2lf", NULL };
	struct err err;

	(void)t;
	for (size_t i = 0; i < SPANS && wanted(w->o, path); i++) {
		double percent;

		if (report_print(path, spans[i].start, "-600", spans[i].step, element,
			&percent, 1, &err) != 0) {
			fprintf(stderr, "probectl: %s\n", err.text);
			break;
		}
		if (!isnan(percent))
			count(w, path, i, percent);
	}
	free(lost);
}

static int
by_path(const struct node *a, const struct node *b)
{
	return strcmp(a->path, b->path);
}

/* --- tables ---------------------------------------------------------------------- */

static const char *
compiled(void)
{
	static char text[64];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm);
	return text;
}

static void
summary_cell(FILE *out, const struct node *p, size_t span)
{
	double v;

	if (p->count[span] == 0) {
		fputs("<td class='UpNo'>-</td>", out);
		return;
	}
	v = p->sum[span] / p->count[span];
	fprintf(out, "<td class='%s'>%.2f%%</td>",
	    v >= 99   ? "Up99"
	    : v >= 95 ? "Up95"
	    : v >= 90 ? "Up90"
		      : "UpNo",
	    v);
}

static void
summary(const struct work *w, FILE *out)
{
	fprintf(out,
	    "<table border='1'>\n"
	    "<tr><td class='appHeader' colspan='5'>IT Network Systems Availability "
	    "Summary</td></tr>\n"
	    "<tr><td class='appHeader' colspan='5'>Compiled: %s</td></tr>\n"
	    "<tr><td class='subhead'>Service</td>",
	    compiled());
	for (size_t i = 0; i < SPANS; i++)
		fprintf(out, "<td class='subhead'>Past %s</td>", spans[i].word);
	fputs("</tr>\n", out);
	for (const struct node *p = w->nodes; p != NULL; p = p->hh.next) {
		if (p->dots > 0)
			continue;
		fprintf(out, "<tr><td class='SubHead'>%s</td>", p->path);
		for (size_t i = 0; i < SPANS; i++)
			summary_cell(out, p, i);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n"
	      "<table border='1'>\n"
	      "<tr><td class='appHeader'>Legend:</td></tr>\n"
	      "<tr><td class='Up99'>99% and more: GREEN</td></tr>\n"
	      "<tr><td class='Up95'>95% and more: BLUE</td></tr>\n"
	      "<tr><td class='Up90'>90% and more: YELLOW</td></tr>\n"
	      "<tr><td class='UpNo'>less than 90%: RED</td></tr>\n"
	      "</table>\n",
	    out);
}

static void
detail(const struct work *w, FILE *out, size_t span)
{
	if (w->o->detail < 0)
		return;
	fprintf(out,
	    "<table border='1'>\n"
	    "<tr><td class='appHeader' colspan='3'>IT Network Systems Availability "
	    "Previous %u Day(s)</td></tr>\n"
	    "<tr><td class='appHeader' colspan='3'>Compiled: %s</td></tr>\n"
	    "<tr><td class='SubHead'>Service</td><td class='SubHead'>Seconds</td>"
	    "<td class='SubHead'>Percent</td></tr>\n",
	    spans[span].seconds / 86400, compiled());
	for (const struct node *p = w->nodes; p != NULL; p = p->hh.next) {
		if (p->dots > (unsigned)w->o->detail || p->count[span] == 0)
			continue;
		double v = p->sum[span] / p->count[span];
		fprintf(out,
		    "<tr><td class='%s'>%s</td><td class='SubDetail'>%.0f</td>"
		    "<td class='SubDetail'>%.2f%%</td></tr>\n",
		    p->dots > 0 ? "SubSubHead" : "SubHead", p->path,
		    (100 - v) * spans[span].seconds / 100, v);
	}
	fputs("</table>\n", out);
}

/* LINE of the template, marks replaced. */
static void
fill(const struct work *w, FILE *out, const char *line)
{
	while (*line != '\0') {
		if (strncmp(line, "<##", 3) != 0) {
			putc(*line++, out);
			continue;
		}
		const char *end = strstr(line, "##>");
		size_t len = end == NULL ? 0 : (size_t)(end - line) - 3;
		bool known = false;
		if (len == 7 && strncasecmp(line + 3, "SUMMARY", len) == 0) {
			summary(w, out);
			known = true;
		}
		for (size_t i = 0; i < SPANS && !known; i++)
			if (len == strlen(spans[i].mark) &&
			    strncasecmp(line + 3, spans[i].mark, len) == 0) {
				detail(w, out, i);
				known = true;
			}
		if (known)
			line = end + 3;
		else
			putc(*line++, out);
	}
}

/* Headers that Debian's template begins with are ours to write. */
static bool
is_header(const char *line)
{
	return strncasecmp(line, "MIME-Version:", 13) == 0 ||
	       strncasecmp(line, "Content-Type:", 13) == 0;
}

static const char plain[] = "<!DOCTYPE html>\n"
			    "<html><head><title>IT System Availability Report</title>"
			    "</head><body>\n"
			    "<##SUMMARY##>\n<##DAYDETAIL##>\n<##WEEKDETAIL##>\n"
			    "<##MONTHDETAIL##>\n<##QUARTERDETAIL##>\n"
			    "</body></html>\n";

static void
page(const struct work *w, FILE *out)
{
	const char *name = conf_value(conf_top(w->conf, "General"), "tmail", NULL);
	FILE *in = name == NULL ? NULL : fopen(name, "r");
	char *line = NULL;
	size_t room = 0;
	bool head = true;

	if (in == NULL) {
		if (name != NULL)
			fprintf(stderr,
			    "probectl: General's tmail %s: %s: a plain page instead\n",
			    name, strerror(errno));
		fill(w, out, plain);
		return;
	}
	while (getline(&line, &room, in) > 0) {
		head = head && is_header(line);
		if (!head)
			fill(w, out, line);
	}
	free(line);
	fclose(in);
}

static char *
weekly(struct work *w, const char *to)
{
	struct node *p, *next;
	char *letter;
	size_t size;
	FILE *out = mem_stream(&letter, &size);

	report_files(w->conf, w->o->slaves, measure_one, w);
	HASH_SORT(w->nodes, by_path);
	fprintf(out,
	    "Subject: IT System Availability\n"
	    "To: %s\n"
	    "Content-Type: text/html; charset=utf-8\n"
	    "Content-Transfer-Encoding: 8bit\n"
	    "MIME-Version: 1.0\n"
	    "\n",
	    to);
	page(w, out);
	mem_stream_end(out);
	HASH_ITER(hh, w->nodes, p, next) {
		HASH_DEL(w->nodes, p);
		free(p->path);
		free(p);
	}
	return letter;
}

/* --- sending --------------------------------------------------------------------- */

static char *
test_letter(const char *to)
{
	return mem_printf("Subject: tsmoke test\nTo: %s\n\n"
			  "This is a test mail with 'probectl tsmoke --testmail'.\n",
	    to);
}

/* LETTER to TO, or to standard output; freed. */
static int
deliver(const struct work *w, char *letter, const char *to, bool mail)
{
	const char *from = conf_value(conf_top(w->conf, "Alerts"), "from",
	    conf_value(conf_top(w->conf, "General"), "contact", "smokebox"));
	struct err err;
	int r = 0;

	if (!mail)
		fputs(letter, stdout);
	else if ((r = mailout(w->conf, from, to, letter, &err)) != 0)
		fprintf(stderr, "probectl: %s\n", err.text);
	free(letter);
	return r == 0 ? 0 : REPORT_FAILED;
}

static int
run(struct work *w)
{
	const struct options *o = w->o;
	const char *to =
	    o->to != NULL
		? o->to
		: conf_value(conf_top(w->conf, "Alerts"), "to",
		      conf_value(conf_top(w->conf, "General"), "contact", ""));
	int status = 0;

	if (o->testmail)
		status |= deliver(w, test_letter(to), to, true);
	if (o->listrrds) {
		w->out = stdout;
		report_files(w->conf, o->slaves, list_one, w);
	}
	if (o->morning)
		status |= deliver(w, morning(w, to), to, o->to != NULL);
	if (o->weekly)
		status |= deliver(w, weekly(w, to), to, o->to != NULL);
	return status;
}

/* --- options --------------------------------------------------------------------- */

static int
take_detail(struct options *o, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 0 || n > 64) {
		fprintf(
		    stderr, "probectl: --detail %s, expected 0 to 64 levels\n", text);
		return -1;
	}
	/* SmokePing's takes 0 for none. */
	o->detail = n == 0 ? -1 : (int)n;
	return 0;
}

static int
take_to(struct options *o, const char *text)
{
	if (strpbrk(text, "\r\n") != NULL || strchr(text, '@') == NULL) {
		fprintf(stderr, "probectl: --to '%s', expected an address\n", text);
		return -1;
	}
	o->to = text;
	return 0;
}

/* -1: go on; else the status to leave with. */
static int
options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "morning", no_argument, NULL, 'm' },
		{ "weekly", no_argument, NULL, 'w' },
		{ "testmail", no_argument, NULL, 't' },
		{ "listrrds", no_argument, NULL, 'l' },
		{ "to", required_argument, NULL, 'T' },
		{ "detail", required_argument, NULL, 'd' },
		{ "slaves", optional_argument, NULL, 's' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c, r = 0;

	while (r == 0 && (c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 'm':
			o->morning = true;
			break;
		case 'w':
			o->weekly = true;
			break;
		case 't':
			o->testmail = true;
			break;
		case 'l':
			o->listrrds = true;
			break;
		case 'T':
			r = take_to(o, optarg);
			break;
		case 'd':
			r = take_detail(o, optarg);
			break;
		case 's':
			o->slaves = SLAVES_TOO;
			o->only = optarg;
			break;
		case 'q':
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			r = -1;
		}
	}
	if (r == 0 && optind == argc &&
	    (o->morning || o->weekly || o->testmail || o->listrrds))
		return -1;
	fputs(usage, stderr);
	return REPORT_USAGE;
}

int
report_tsmoke(const struct report *r, int argc, char **argv)
{
	struct options o = { .detail = -1, .slaves = SLAVES_NOT };
	struct work w = { .o = &o };
	int status = options(&o, argc, argv);
	struct conf *conf;

	if (status >= 0)
		return status;
	conf = report_open(r, NULL);
	if (conf == NULL)
		return REPORT_FAILED;
	w.conf = conf;
	status = run(&w);
	conf_free(conf);
	return status;
}
