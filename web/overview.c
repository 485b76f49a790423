/* The overview graph: a median line within one standard deviation of the pings, for
 * this box and each slave; and the graph of several hosts, a line each. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "web/draw.h"

#define COLORS                                                                         \
	"004586 ff420e ffde20 579d1c 7e0021 83caff 314004 aecf00 4b1f6f ff950e "       \
	"c5000b 0084d1"

/* How far the longest mark of a total loss hangs down, as a share of the height. */
#define DEAD_MARK 0.09

/* One line of the graph. */
struct line {
	unsigned k; /* from 1: the suffix of its names */
	const struct conf_target *target;
	char file[STORE_PATH];
	struct series_file sf;
	unsigned pings;
	uint32_t color;
	char label[200];
};

/* Lines to be drawn, of COUNT that there should be. */
struct lines {
	struct line *line;
	size_t drawn, count;
	bool broken; /* a file that is there cannot be drawn: WHY */
	struct err why;
	bool brief; /* the history of one is too short for the range */
};

/* "A,B,+,C,+" over the pings, each as FORM has it (with two numbers, K and i). */
static void
sum(struct args *a, const char *name, const struct line *l, const char *term,
    const char *tail)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = mem_stream(&text, &size);

	fprintf(out, "CDEF:%s%u=", name, l->k);
	for (unsigned i = 1; i <= l->pings; i++) {
		fprintf(out, "p%up%u,", l->k, i);
		if (term[0] != '\0')
			fprintf(out, "m%u,%s,", l->k, term);
		if (i > 1)
			fprintf(out, "+,");
	}
	fprintf(out, "%u,/%s", l->pings, tail);
	mem_stream_end(out);
	args_add(a, "%s", text);
	free(text);
}

/* Standard deviation of the pings around their mean, lost ones counted as 0:
 * SmokePing's way, which widens the band with loss. */
static void
deviation(struct draw *d, const struct line *l)
{
	struct args *a = &d->args;
	char name[32], ds[16];

	for (unsigned i = 1; i <= l->pings; i++) {
		snprintf(name, sizeof name, "pin%up%u", l->k, i);
		snprintf(ds, sizeof ds, "ping%u", i);
		draw_def(d, name, l->file, ds, &l->sf);
		args_add(a, "CDEF:p%up%u=pin%up%u,UN,0,pin%up%u,IF", l->k, i, l->k, i,
		    l->k, i);
	}
	sum(a, "m", l, "", "");
	sum(a, "sdev", l, "-,DUP,*", ",SQRT");
}

/* What is known of the line, in figures; the first ones on a narrow graph. */
static void
line_text(struct draw *d, const struct line *l, const char *spread)
{
	struct args *a = &d->args;
	unsigned k = l->k;

	switch (draw_look(d, l->file, &l->sf)) {
	case DRAW_ANSWERED:
		args_add(a, "GPRINT:avmed%u:%%5.1lf %%ss av md ", k);
		args_add(a, "GPRINT:ploss%u:AVERAGE:%%5.1lf %%%% av ls%s", k,
		    d->narrow ? "\\l" : "");
		if (d->narrow)
			break;
		args_add(a, "%s", spread);
		args_add(a, "GPRINT:avmsr%u:%%5.1lf %%s am/as\\l", k);
		break;
	case DRAW_SILENT:
		args_add(a, "GPRINT:ploss%u:AVERAGE:  %s  %%5.1lf %%%% av ls\\l", k,
		    draw_known_text(DRAW_SILENT));
		break;
	default:
		args_add(a, "COMMENT:  %s\\l", draw_known_text(DRAW_SHORT));
	}
}

/* The spread that the text tells: on an overview that of the pings, else that of the
 * medians. */
static void
spread_text(const struct draw *d, const struct line *l, char *buf, size_t size)
{
	struct draw_facts facts;
	struct err err;

	if (d->ask->kind == DRAW_OVERVIEW)
		snprintf(buf, size, "GPRINT:avsd%u:%%5.1lf %%ss av sd", l->k);
	else
		snprintf(buf, size, "COMMENT:%5.1lf ms sd",
		    draw_facts(d, l->file, &facts, &err) == 0 ? facts.deviation * 1000
							      : 0);
}

/* Down must not look like never measured: a column, or of several LINES a mark from
 * above in the line's own colour, which leaves the longer ones before it seen. */
static void
total_loss(struct draw *d, const struct line *l, bool alone, size_t lines)
{
	struct args *a = &d->args;

	args_add(a, "CDEF:dead%u=loss%u,%g,GT,INF,UNKN,IF", l->k, l->k,
	    l->pings - 1 + 0.001);
	if (alone)
		args_add(
		    a, "AREA:dead%u#a00000%02x", l->k, d->theme.total_pct * 255 / 100);
	else
		args_add(a, "TICK:dead%u#%06x:-%g", l->k, l->color,
		    DEAD_MARK * (double)(lines - l->k + 1) / (double)lines);
}

/* The line with its band and its text. */
static void
line_args(struct draw *d, const struct lines *all, const struct line *l, double most)
{
	struct args *a = &d->args;
	unsigned k = l->k;
	char name[32], spread[64];

	snprintf(name, sizeof name, "median%u", k);
	draw_def(d, name, l->file, "median", &l->sf);
	snprintf(name, sizeof name, "loss%u", k);
	draw_def(d, name, l->file, "loss", &l->sf);
	args_add(a, "CDEF:ploss%u=loss%u,%u,/,100,*", k, k, l->pings);
	args_add(a, "CDEF:dm%u=median%u,0,%.10g,LIMIT", k, k, most);
	deviation(d, l);
	args_add(a, "CDEF:dmlow%u=dm%u,sdev%u,2,/,-", k, k, k);
	args_add(a, "CDEF:s2d%u=sdev%u", k, k);
	args_add(a, "AREA:dmlow%u", k);
	args_add(a, "AREA:s2d%u#%06x30::STACK", k, l->color);
	args_add(a, "LINE1:dm%u#%06x:%s%s", k, l->color, args_text(l->label),
	    d->narrow ? "\\l" : "");
	args_add(a, "VDEF:avmed%u=median%u,AVERAGE", k, k);
	args_add(a, "VDEF:avsd%u=sdev%u,AVERAGE", k, k);
	args_add(a, "CDEF:msr%u=median%u,POP,avmed%u,avsd%u,/", k, k, k, k);
	args_add(a, "VDEF:avmsr%u=msr%u,AVERAGE", k, k);
	if (d->ask->kind != DRAW_STRIP) {
		spread_text(d, l, spread, sizeof spread);
		line_text(d, l, spread);
	}
	total_loss(d, l, all->count == 1, all->drawn);
}

/* The K-th (from 0) of the colours of graphs with several lines, in rotation. */
static uint32_t
color_of(const struct draw *d, size_t k)
{
	const char *list = draw_setting(d, "multihost", "colors", COLORS);
	uint32_t color[64];
	size_t n = 0;

	for (char *end; n < 64; list = end) {
		unsigned long v = strtoul(list, &end, 16);
		if (end == list)
			break;
		color[n++] = (uint32_t)(v & 0xffffff);
	}
	return n > 0 ? color[k % n] : 0x004586;
}

/* --- which lines ------------------------------------------------------------------ */

/* Room for the next line, from FILE; NULL when nothing is there to be drawn. */
static struct line *
next_line(const struct draw *d, struct lines *all, const struct conf_target *t,
    const char *slave, uint32_t color)
{
	struct line *l = &all->line[all->drawn];

	if (vantage_file(l->file, t, slave) < 0 || access(l->file, F_OK) < 0)
		return NULL;
	if (series_look(l->file, &l->sf, &all->why) < 0) {
		all->broken = true;
		return NULL;
	}
	if (draw_too_short(d, &l->sf)) {
		all->brief = true;
		return NULL;
	}
	l->k = (unsigned)++all->drawn;
	l->target = t;
	l->pings = l->sf.pings;
	l->color = d->theme.dark ? theme_loss(&d->theme, color) : color;
	return l;
}

/* Several hosts; those without a file are skipped, and take no colour. */
static void
member_lines(struct draw *d, struct lines *all)
{
	const struct conf_target *many = d->target;
	char slave[VANTAGE_NAME], name[160];

	all->count = many->members;
	all->line = mem_zero(all->count + 1, sizeof *all->line);
	for (size_t i = 0; i < many->members; i++) {
		const struct conf_target *t =
		    vantage_parse(d->conf, many->member[i], '.', slave);
		struct vantage v;
		struct line *l;

		if (t == NULL || !vantage_find(d->conf, slave, &v) ||
		    (l = next_line(d, all, t, slave, color_of(d, all->drawn))) == NULL)
			continue;
		snprintf(name, sizeof name, "%.80s%s%.60s", t->menu,
		    *slave != '\0' ? "<" : "", *slave != '\0' ? v.display : "");
		snprintf(l->label, sizeof l->label, "%-20s", name);
	}
}

/* The colour of V's line on the graph of one target. */
static uint32_t
vantage_color(const struct draw *d, const struct vantage *v)
{
	const char *color = v->color;

	if (color == NULL)
		color = draw_setting(d, "overview", "median_color", NULL);
	return color != NULL ? (uint32_t)strtoul(color, NULL, 16) & 0xffffff
			     : color_of(d, 0);
}

/* One target, from one box or from all that measure it. */
static void
vantage_lines(struct draw *d, struct lines *all)
{
	struct vantage list[VANTAGES];

	list[0] = d->vantage;
	all->count = 1;
	if (d->ask->slave[0] == '\0')
		all->count = vantage_list(d->conf, d->target, list, VANTAGES);
	all->line = mem_zero(all->count + 1, sizeof *all->line);
	for (size_t i = 0; i < all->count; i++) {
		struct line *l = next_line(
		    d, all, d->target, list[i].slave, vantage_color(d, &list[i]));
		char name[160];

		if (l == NULL)
			continue;
		snprintf(name, sizeof name, "median RTT from %.128s", list[i].display);
		snprintf(l->label, sizeof l->label, all->count > 1 ? "%-25s" : "%s",
		    all->count > 1 ? name : "med RTT");
	}
}

/* --- the graph -------------------------------------------------------------------- */

/* The height that all lines of a graph of several hosts fit under. */
static double
lines_top(const struct draw *d, const struct lines *all)
{
	double top = 0;

	for (size_t i = 0; i < all->drawn; i++)
		top = fmax(top, top_of(d, all->line[i].file, &all->line[i].sf, 0));
	return top;
}

/* An overview graph takes its height from what it shows; one of several hosts in the
 * size of a detail graph goes by the rules of those. */
static void
scale(struct draw *d, const struct lines *all)
{
	struct args *a = &d->args;

	if (d->ask->kind != DRAW_OVERVIEW) {
		if (d->top <= 0)
			d->top = lines_top(d, all);
		draw_scale(d);
		return;
	}
	if (d->top > 0) {
		args_add(a, "--upper-limit");
		args_add(a, "%.10g", d->top);
	} else {
		args_add(a, "--alt-autoscale-max");
		args_add(a, "--alt-y-grid");
	}
	args_add(a, "--rigid");
	args_add(a, "--lower-limit");
	args_add(a, "0");
}

static void
footer(struct draw *d, const struct lines *all)
{
	bool small = d->ask->kind == DRAW_OVERVIEW;
	char desc[128] = "", other[128], date[128];

	for (size_t i = 0; i < all->drawn; i++) {
		draw_probe_desc(d->conf, all->line[i].target, other, sizeof other);
		if (i == 0)
			snprintf(desc, sizeof desc, "%s", other);
		else if (strcmp(desc, other) != 0)
			snprintf(desc, sizeof desc, "various probes");
	}
	draw_date(d, small ? "overview" : "detail", date, sizeof date);
	args_add(&d->args, "COMMENT:%s%s", args_text(desc), d->narrow ? "\\l" : "");
	args_add(&d->args, "COMMENT:%s%s%s", small ? "" : "end\\: ", args_text(date),
	    d->narrow ? "\\l" : "\\j");
}

static void
lines_args(struct draw *d, const struct lines *all)
{
	double most = atof(draw_setting(d, "overview", "max_rtt", "100000"));

	scale(d, all);
	if (d->ask->kind == DRAW_STRIP) {
		args_add(&d->args, "--only-graph");
	} else {
		draw_title(d);
		args_add(&d->args, "--vertical-label");
		args_add(&d->args, "Seconds");
	}
	if (d->ask->kind != DRAW_OVERVIEW)
		most = d->top;
	for (size_t i = 0; i < all->drawn; i++)
		line_args(d, all, &all->line[i], most);
	draw_notes(d);
	args_add(&d->args, "HRULE:0#%06x", d->theme.zero);
	if (d->ask->kind != DRAW_STRIP)
		footer(d, all);
}

int
overview_args(struct draw *d, struct err *err)
{
	bool several = d->target->kind == CONF_MULTIHOST;
	struct lines all = { 0 };

	if (several)
		member_lines(d, &all);
	else
		vantage_lines(d, &all);
	if (all.drawn > 0)
		lines_args(d, &all);
	else if (all.brief)
		draw_empty(d, draw_known_text(DRAW_SHORT));
	else if (!all.broken)
		draw_empty(d, several ? "None of its hosts has been measured yet."
				      : DRAW_NO_ROUND);
	free(all.line);
	return all.drawn == 0 && all.broken && !all.brief
		   ? err_set(err, "%s", all.why.text)
		   : 0;
}
