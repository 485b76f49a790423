/* The overview graph: a median line within one standard deviation of the pings; and the
 * graph of several hosts, a line each. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/draw.h"

#define COLORS                                                                         \
	"004586 ff420e ffde20 579d1c 7e0021 83caff 314004 aecf00 4b1f6f ff950e "       \
	"c5000b 0084d1"

/* One line of the graph. */
struct line {
	unsigned k; /* from 1: the suffix of its names */
	const char *file;
	const struct series_file *sf;
	unsigned pings;
	uint32_t color;
	char label[160];
};

/* "A,B,+,C,+" over the pings, each as FORM has it (with two numbers, K and i). */
static void
sum(struct args *a, const char *name, const struct line *l, const char *term,
    const char *tail)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "CDEF:%s%u=", name, l->k);
	for (unsigned i = 1; i <= l->pings; i++) {
		fprintf(out, "p%up%u,", l->k, i);
		if (term[0] != '\0')
			fprintf(out, "m%u,%s,", l->k, term);
		if (i > 1)
			fprintf(out, "+,");
	}
	fprintf(out, "%u,/%s", l->pings, tail);
	fclose(out);
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
		draw_def(d, name, l->file, ds, l->sf);
		args_add(a, "CDEF:p%up%u=pin%up%u,UN,0,pin%up%u,IF", l->k, i, l->k, i,
		    l->k, i);
	}
	sum(a, "m", l, "", "");
	sum(a, "sdev", l, "-,DUP,*", ",SQRT");
}

/* The line with its band and its text. */
static void
line_args(struct draw *d, const struct line *l, double most)
{
	struct args *a = &d->args;
	unsigned k = l->k;
	char name[32];
	enum draw_known known = draw_look(d, l->file, l->sf);

	snprintf(name, sizeof name, "median%u", k);
	draw_def(d, name, l->file, "median", l->sf);
	snprintf(name, sizeof name, "loss%u", k);
	draw_def(d, name, l->file, "loss", l->sf);
	args_add(a, "CDEF:ploss%u=loss%u,%u,/,100,*", k, k, l->pings);
	args_add(a, "CDEF:dm%u=median%u,0,%.10g,LIMIT", k, k, most);
	deviation(d, l);
	args_add(a, "CDEF:dmlow%u=dm%u,sdev%u,2,/,-", k, k, k);
	args_add(a, "CDEF:s2d%u=sdev%u", k, k);
	args_add(a, "AREA:dmlow%u", k);
	args_add(a, "AREA:s2d%u#%06x30::STACK", k, l->color);
	args_add(a, "LINE1:dm%u#%06x:%s", k, l->color, args_text(l->label));
	args_add(a, "VDEF:avmed%u=median%u,AVERAGE", k, k);
	args_add(a, "VDEF:avsd%u=sdev%u,AVERAGE", k, k);
	args_add(a, "CDEF:msr%u=median%u,POP,avmed%u,avsd%u,/", k, k, k, k);
	args_add(a, "VDEF:avmsr%u=msr%u,AVERAGE", k, k);
	if (known == DRAW_ANSWERED) {
		args_add(a, "GPRINT:avmed%u:%%5.1lf %%ss av md ", k);
		args_add(a, "GPRINT:ploss%u:AVERAGE:%%5.1lf %%%% av ls", k);
		args_add(a, "GPRINT:avsd%u:%%5.1lf %%ss av sd", k);
		args_add(a, "GPRINT:avmsr%u:%%5.1lf %%s am/as\\l", k);
	} else if (known == DRAW_SILENT) {
		args_add(a, "GPRINT:ploss%u:AVERAGE:  %s  %%5.1lf %%%% av ls\\l", k,
		    draw_known_text(known));
	} else {
		args_add(a, "COMMENT:  %s\\l", draw_known_text(known));
	}
	/* Down must not look like never measured. */
	args_add(a, "CDEF:dead%u=loss%u,%g,GT,INF,UNKN,IF", k, k, l->pings - 1 + 0.001);
	if (d->target->kind != CONF_MULTIHOST)
		args_add(
		    a, "AREA:dead%u#a00000%02x", k, d->theme.total_pct * 255 / 100);
}

/* The K-th (from 0) of a list of colours, in rotation. */
static uint32_t
color_of(const char *list, size_t k)
{
	size_t n = 0;
	uint32_t color[64];

	for (char *end; n < 64; list = end) {
		unsigned long v = strtoul(list, &end, 16);
		if (end == list)
			break;
		color[n++] = (uint32_t)(v & 0xffffff);
	}
	return n ? color[k % n] : 0x004586;
}

/* The height that all members of a graph of several hosts fit under. */
static double
members_top(const struct draw *d)
{
	char file[STORE_PATH];
	double top = 0;

	for (size_t i = 0; i < d->target->members; i++) {
		struct series_file sf;

		if (store_rrd_path(file, d->target->member[i]) == 0 &&
		    series_look(file, &sf, NULL) == 0)
			top = fmax(top, top_of(d, file, &sf));
	}
	return top;
}

/* An overview graph takes its height from what it shows; one of several hosts in the
 * size of a detail graph goes by the rules of those. */
static void
overview_options(struct draw *d)
{
	struct args *a = &d->args;

	if (d->ask->kind != DRAW_OVERVIEW && d->top <= 0)
		d->top = members_top(d);
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
	args_add(a, "--vertical-label");
	args_add(a, "Seconds");
}

/* The lines of several hosts; those without a file are skipped. Returns how many. */
static unsigned
member_lines(struct draw *d, double most)
{
	char file[STORE_PATH], path[STORE_PATH], name[120];
	const char *colors = draw_setting(d, "multihost", "colors", COLORS);
	unsigned drawn = 0;

	for (size_t i = 0; i < d->target->members; i++) {
		const char *member = d->target->member[i];
		struct series_file sf;
		struct line l = { .k = (unsigned)i + 1, .file = file };

		if (store_rrd_path(file, member) < 0 ||
		    series_look(file, &sf, NULL) < 0)
			continue;
		snprintf(path, sizeof path, "%s", member);
		char *slave = strchr(path, '~');
		if (slave != NULL)
			*slave++ = '\0';
		const struct conf_target *t = conf_target_by_path(d->conf, path);
		if (t == NULL)
			continue;
		l.pings = sf.pings;
		l.sf = &sf;
		l.color = color_of(colors, i);
		if (d->theme.dark)
			l.color = theme_loss(&d->theme, l.color);
		snprintf(name, sizeof name, "%.60s%s%.40s", t->menu, slave ? "<" : "",
		    slave ? slave : "");
		snprintf(l.label, sizeof l.label, "%-20s", name);
		line_args(d, &l, most);
		drawn++;
	}
	return drawn;
}

/* The one line of one target. */
static int
single_line(struct draw *d, double most, struct err *err)
{
	struct series_file sf;
	struct line l = { .k = 1, .file = d->file, .label = "med RTT" };
	const char *color = draw_setting(d, "overview", "median_color", NULL);

	if (series_look(d->file, &sf, err) < 0)
		return -1;
	l.pings = sf.pings;
	l.sf = &sf;
	l.color = color == NULL ? d->theme.overview : color_of(color, 0);
	if (d->theme.dark)
		l.color = theme_loss(&d->theme, l.color);
	line_args(d, &l, most);
	return 0;
}

static void
footer(struct draw *d)
{
	char desc[128], date[128];

	if (d->target->kind == CONF_MULTIHOST)
		snprintf(desc, sizeof desc, "%zu hosts", d->target->members);
	else
		draw_probe_desc(d->conf, d->target, desc, sizeof desc);
	draw_date(d, "overview", date, sizeof date);
	args_add(&d->args, "COMMENT:%s", args_text(desc));
	args_add(&d->args, "COMMENT:%s\\j", args_text(date));
}

int
overview_args(struct draw *d, struct err *err)
{
	double most = atof(draw_setting(d, "overview", "max_rtt", "100000"));

	overview_options(d);
	if (d->ask->kind != DRAW_OVERVIEW && d->top > 0)
		most = d->top;
	if (d->target->kind != CONF_MULTIHOST) {
		if (single_line(d, most, err) < 0)
			return -1;
	} else if (member_lines(d, most) == 0) {
		args_add(
		    &d->args, "COMMENT:None of its hosts has been measured yet.\\l");
	}
	args_add(&d->args, "HRULE:0#%06x", d->theme.zero);
	footer(d);
	return 0;
}
