/* What the other rooms ask for, derived once from the sections. */
#include "config/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/schema.h"
#include "config/tools.h"
#include "config/tree.h"

#define STEP_DEFAULT 10
#define PINGS_DEFAULT 5

unsigned
view_number(const char *text, unsigned fallback)
{
	double n = text != NULL && *text != '\0' ? schema_number(text) : 0;

	return n < 1 ? fallback : n > 4294967295.0 ? 4294967295U : (unsigned)n;
}

/* --- Database, Presentation ------------------------------------------------------ */

/* Ten seconds' rows: a day, a week in minutes, 60 days in 10 minutes, two years in 2 h;
 * used when a Database has no table. */
static const struct conf_rra default_rra[] = {
	{ "AVERAGE", 0.5, 1, 8640 },
	{ "AVERAGE", 0.5, 6, 10080 },
	{ "AVERAGE", 0.5, 60, 8640 },
	{ "MIN", 0.5, 60, 8640 },
	{ "MAX", 0.5, 60, 8640 },
	{ "AVERAGE", 0.5, 720, 8760 },
	{ "MIN", 0.5, 720, 8760 },
	{ "MAX", 0.5, 720, 8760 },
};

static const struct conf_period default_period[] = {
	{ "Last 3 Hours", 3 * 3600 },
	{ "Last 30 Hours", 30 * 3600 },
	{ "Last 10 Days", 10 * 86400 },
	{ "Last 400 Days", 400 * 86400 },
};

static void
view_database(struct view *v)
{
	struct conf *conf = &v->tree->conf;
	const struct conf_section *s = conf_top(conf, "Database");
	struct conf_rra *rra;

	conf->step = view_number(conf_value(s, "step", NULL), STEP_DEFAULT);
	conf->pings = view_number(conf_value(s, "pings", NULL), PINGS_DEFAULT);
	if (s == NULL || s->rows == 0) {
		conf->rra = default_rra;
		conf->rra_count = sizeof(default_rra) / sizeof(*default_rra);
		if (s != NULL && !v->quiet)
			report_warning(v->report, s->at,
			    "Database has no table of archives: the built-in one is used");
		return;
	}
	rra = arena_zero(&v->tree->arena, s->rows * sizeof(*rra));
	for (size_t i = 0; i < s->rows; i++) {
		rra[i].cf = s->row[i].cell[0];
		rra[i].xff = schema_number(s->row[i].cell[1]);
		rra[i].steps = view_number(s->row[i].cell[2], 1);
		rra[i].rows = view_number(s->row[i].cell[3], 1);
	}
	conf->rra = rra;
	conf->rra_count = s->rows;
}

/* "30h" in seconds. */
static unsigned
duration(const char *text)
{
	double n = schema_number(text);

	switch (text[strlen(text) - 1]) {
	case 'm':
		n *= 60;
		break;
	case 'h':
		n *= 3600;
		break;
	case 'd':
		n *= 86400;
		break;
	case 'w':
		n *= 7 * 86400;
		break;
	case 'y':
		n *= 365.0 * 86400;
		break;
	default:
		break;
	}
	return n < 1 ? 1 : n > 4294967295.0 ? 4294967295U : (unsigned)n;
}

/* "256M" in bytes. */
static uint64_t
bytes(const char *text)
{
	uint64_t n = strtoull(text, NULL, 10);

	return n << (text[strlen(text) - 1] == 'G' ? 30 : 20);
}

static void
view_collector(struct view *v)
{
	struct conf *conf = &v->tree->conf;
	const struct conf_section *s = conf_top(conf, "Collector");
	const char *keep = conf_value(s, "keep_talkers", NULL),
		   *size = conf_value(s, "talkers_size", NULL);

	conf->keep_talkers = keep != NULL ? duration(keep) : CONF_KEEP_TALKERS;
	conf->talkers_size = size != NULL ? bytes(size) : CONF_TALKERS_SIZE;
}

static void
view_presentation(struct view *v)
{
	struct conf *conf = &v->tree->conf;
	const struct conf_section *presentation = conf_top(conf, "Presentation");
	const struct conf_section *s = conf_child(presentation, "detail");
	const char *range =
	    conf_value(conf_child(presentation, "overview"), "range", NULL);
	const struct conf_section *colors = conf_child(s, "loss_colors");

	conf->overview_range = range != NULL ? duration(range) : 0;
	conf->period = default_period;
	conf->periods = sizeof(default_period) / sizeof(*default_period);
	if (s != NULL && s->rows > 0) {
		struct conf_period *p =
		    arena_zero(&v->tree->arena, s->rows * sizeof(*p));

		for (size_t i = 0; i < s->rows; i++) {
			p[i].label = s->row[i].cell[0];
			p[i].seconds = duration(s->row[i].cell[1]);
		}
		conf->period = p;
		conf->periods = s->rows;
	}
	if (colors != NULL && colors->rows > 0) {
		struct conf_loss_color *c =
		    arena_zero(&v->tree->arena, colors->rows * sizeof(*c));

		for (size_t i = 0; i < colors->rows; i++) {
			c[i].upto = schema_number(colors->row[i].cell[0]);
			c[i].color = colors->row[i].cell[1];
			c[i].legend = colors->row[i].cell[2];
		}
		conf->loss_color = c;
		conf->loss_colors = colors->rows;
	}
}

/* --- probes ---------------------------------------------------------------------- */

static int
offset_pct(const char *text)
{
	if (text == NULL || strchr(text, '%') == NULL)
		return -1;
	return (int)(view_number(text, 0) % 100);
}

/* Fill P from the module or instance SECTION. */
static void
view_probe(struct view *v, struct conf_probe *p, const struct conf_section *section,
    const struct conf_section *module)
{
	const struct conf *conf = &v->tree->conf;
	const struct conf_section *general = conf_top(conf, "General");
	/* One process for all: their own step and offset do not count. */
	bool apart = strcmp(conf_value(general, "concurrentprobes", "yes"), "no") != 0;
	const struct module *m = module_find(module->name);
	const struct schema_key *pings = module_key(m, "pings");
	const char *offset = conf_value(general, "offset", NULL);

	p->name = section->name;
	p->module = module->name;
	p->home = m != NULL ? m->home : MODULE_NOBODY;
	p->section = section;
	p->step = conf->step;
	if (apart) {
		p->step = view_number(conf_value(section, "step", NULL), conf->step);
		offset = conf_value(section, "offset", offset);
	}
	p->pings = view_number(
	    conf_value(section, "pings", pings != NULL ? pings->fallback : NULL),
	    conf->pings);
	p->offset_pct = offset_pct(offset);
}

/* Its targets cannot be measured where a program is missing; the rest can. */
static void
view_tools(struct view *v, const struct conf_probe *p)
{
	const struct conf_var *binary = conf_var(p->section, "binary");
	const char *program;
	char path[TOOLS_PATH];
	struct err err;

	for (unsigned n = 0; (program = tools_of(p, n)) != NULL; n++) {
		if (tools_find(program, path, &err) == 0)
			continue;
		report_warning(v->report, binary != NULL ? binary->at : p->section->at,
		    "%s: targets of probe %s cannot be measured", err.text, p->name);
		return;
	}
}

/* Likewise where a file is missing that a probe reads. */
static void
view_files(struct view *v, const struct conf_probe *p)
{
	static const char *const key[] = { "passwordfile", "secretfile", "srcfile" };
	const struct conf_var *var;

	for (size_t i = 0; i < sizeof key / sizeof key[0]; i++) {
		var = conf_var(p->section, key[i]);
		if (var == NULL || *var->value == '\0' || access(var->value, R_OK) == 0)
			continue;
		/* What is fetched is written there. */
		if (strcmp(conf_value(p->section, "mode", "put"), "put") == 0)
			report_warning(v->report, var->at,
			    "%s %s: %s: targets of probe %s may not be measured",
			    key[i], var->value, strerror(errno), p->name);
	}
}

static void
view_probes(struct view *v)
{
	struct conf *conf = &v->tree->conf;
	const struct conf_section *top = conf_top(conf, "Probes");
	struct conf_probe *probe;
	size_t count = 0;

	for (const struct conf_section *m = top != NULL ? top->first : NULL; m != NULL;
	     m = m->next) {
		count += m->first == NULL;
		for (const struct conf_section *i = m->first; i != NULL; i = i->next)
			count++;
	}
	probe = arena_zero(&v->tree->arena, (count + 1) * sizeof(*probe));
	conf->probe = probe;
	for (const struct conf_section *m = top != NULL ? top->first : NULL; m != NULL;
	     m = m->next) {
		if (m->first == NULL)
			view_probe(v, probe++, m, m);
		for (const struct conf_section *i = m->first; i != NULL; i = i->next)
			view_probe(v, probe++, i, m);
	}
	conf->probe_count = count;
	for (size_t i = 0; i < count && !v->quiet; i++) {
		view_tools(v, &conf->probe[i]);
		view_files(v, &conf->probe[i]);
	}
}

/* --- all ------------------------------------------------------------------------- */

void
view_build(struct conf_tree *tree, struct conf_report *report, bool quiet)
{
	struct view v = { .tree = tree, .report = report, .quiet = quiet };

	tree->conf.datadir =
	    conf_value(conf_top(&tree->conf, "General"), "datadir", ".");
	view_database(&v);
	view_presentation(&v);
	charts_build(&v);
	view_probes(&v);
	slaves_build(&v);
	conf_note_master(&v.tree->conf);
	conf_note_pace(&v.tree->conf);
	view_collector(&v);
	targets_build(&v);
	sinks_build(&v);
	windows_check(&v);
	if (quiet)
		return;
	alerts_check(&v);
	actions_check(&v);
	pollers_check(&v);
	collector_check(&v);
}
