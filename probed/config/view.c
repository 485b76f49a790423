/* What the other rooms ask for, derived once from the sections. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"
#include "config/tree.h"
#include "round.h"

#define STEP_DEFAULT 10
#define PINGS_DEFAULT 5

struct view {
	struct conf_tree *tree;
	struct conf_report *report;
	bool quiet; /* no warnings */
	struct target_node **node;
	size_t nodes, room;
};

/* A number of seconds or pings as the checks let it through; FALLBACK for none. */
static unsigned
number(const char *text, unsigned fallback)
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

	conf->step = number(conf_value(s, "step", NULL), STEP_DEFAULT);
	conf->pings = number(conf_value(s, "pings", NULL), PINGS_DEFAULT);
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
		rra[i].steps = number(s->row[i].cell[2], 1);
		rra[i].rows = number(s->row[i].cell[3], 1);
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

static void
view_presentation(struct view *v)
{
	struct conf *conf = &v->tree->conf;
	const struct conf_section *s =
	    conf_child(conf_top(conf, "Presentation"), "detail");
	const struct conf_section *colors = conf_child(s, "loss_colors");

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
	return (int)(number(text, 0) % 100);
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
	p->known = m != NULL && m->native;
	p->section = section;
	p->step = conf->step;
	if (apart) {
		p->step = number(conf_value(section, "step", NULL), conf->step);
		offset = conf_value(section, "offset", offset);
	}
	p->pings =
	    number(conf_value(section, "pings", pings != NULL ? pings->fallback : NULL),
		conf->pings);
	p->offset_pct = offset_pct(offset);
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
}

/* The last one of that name counts. */
static const struct conf_probe *
probe_by_name(const struct conf *conf, const char *name)
{
	for (size_t i = conf->probe_count; i-- > 0;)
		if (strcmp(conf->probe[i].name, name) == 0)
			return &conf->probe[i];
	return NULL;
}

/* --- targets --------------------------------------------------------------------- */

static void
warn(struct view *v, const struct conf_target *t, const char *key, const char *text)
{
	const struct conf_var *var = conf_var(t->section, key);

	if (!v->quiet)
		report_warning(
		    v->report, var != NULL ? var->at : t->section->at, "%s", text);
}

/* How T is measured: kind, pings, and why not. */
static void
view_measured(struct view *v, struct conf_target *t)
{
	struct arena *arena = &v->tree->arena;
	const struct module *m;
	const char *pings;

	t->kind = CONF_MEASURED;
	if (t->probe == NULL) {
		t->step = v->tree->conf.step;
		t->pings = v->tree->conf.pings;
		t->note = "cannot measure: no probe is chosen here";
		return;
	}
	m = module_find(t->probe->module);
	t->step = t->probe->step;
	t->pings = t->probe->pings;
	pings = conf_value(t->section, "pings", NULL);
	if (pings != NULL && (m == NULL || !m->fping))
		t->pings = number(pings, t->pings);
	if (t->pings > ROUND_MAX_PINGS) {
		t->note = arena_printf(arena,
		    "cannot measure: %u pings a round are too many, expected at most %d",
		    t->pings, ROUND_MAX_PINGS);
		t->pings = ROUND_MAX_PINGS;
		warn(v, t, "host", t->note);
	} else if (m == NULL) {
		t->note = arena_printf(arena,
		    "cannot measure: probe module %s is not one of SmokePing's",
		    t->probe->module);
	} else if (!m->native) {
		t->note = arena_printf(arena,
		    "cannot measure: probe %s is not built in yet", t->probe->module);
	}
}

/* Give T its kind from the form of its host. */
static void
view_host(struct view *v, struct conf_target *t)
{
	t->host = conf_value(t->section, "host", NULL);
	if (t->host == NULL) {
		t->kind = CONF_GROUP;
		return;
	}
	if (t->host[0] == '/') {
		t->kind = CONF_MULTIHOST;
		return;
	}
	view_measured(v, t);
	if (strncmp(t->host, "DYNAMIC", 7) == 0) {
		t->kind = CONF_DYNAMIC;
		if (t->note == NULL)
			t->note = "cannot measure: hosts that tell their own address "
				  "are not served yet";
	} else if (t->host[0] == '\0') {
		t->note = "cannot measure: host is empty";
		warn(v, t, "host", "host is empty, expected a name or an address");
	} else if (strchr(t->host, '/') != NULL) {
		t->note = arena_printf(&v->tree->arena,
		    "cannot measure: %s is not the name of a host", t->host);
		if (!v->quiet)
			report_warning(v->report, conf_var(t->section, "host")->at,
			    "'%s' is not the name of a host, expected it without / and "
			    "what follows (SmokePing never probes it)",
			    t->host);
	}
}

static void
view_target(struct view *v, struct conf_target *t)
{
	const struct conf_section *s = t->section;
	const char *probe = conf_value(s, "probe", NULL);

	if (probe != NULL)
		t->probe = probe_by_name(&v->tree->conf, probe);
	view_host(v, t);
	t->menu = conf_value(s, "menu", t->host != NULL ? t->host : "unknown");
	t->title = conf_value(s, "title", t->host != NULL ? t->host : "unknown");
	t->remark = conf_value(s, "remark", NULL);
	t->hide = strcmp(conf_value(s, "hide", "no"), "yes") == 0;
	t->nomasterpoll = strcmp(conf_value(s, "nomasterpoll", "no"), "yes") == 0;
}

static struct target_node *
node_add(struct view *v, const struct conf_section *s, struct conf_target *parent)
{
	struct target_node *n = arena_zero(&v->tree->arena, sizeof(*n));
	struct conf_target *t = &n->target;

	t->section = s;
	t->parent = parent;
	t->name = parent != NULL ? s->name : "";
	t->path = parent == NULL ? ""
		  : *parent->path == '\0'
		      ? s->name
		      : arena_printf(&v->tree->arena, "%s.%s", parent->path, s->name);
	t->id = conf_target_id(t->path);
	view_target(v, t);
	if (v->nodes == v->room) {
		v->room = v->room * 2 + 256;
		v->node = mem_grow(v->node, v->room, sizeof(struct target_node *));
	}
	v->node[v->nodes++] = n;
	return n;
}

/* Nodes for S and all inside it, depth first. The grammar bounds the depth. */
static struct conf_target *
node_tree(struct view *v, const struct conf_section *s, struct conf_target *parent)
{
	struct conf_target *t = &node_add(v, s, parent)->target, *last = NULL;

	for (const struct conf_section *c = s->first; c != NULL; c = c->next) {
		struct conf_target *child = node_tree(v, c, t);

		if (last == NULL)
			t->first = child;
		else
			last->next = child;
		last = child;
	}
	return t;
}

static int
by_id(const void *a, const void *b)
{
	uint64_t x = (*(struct target_node *const *)a)->target.id;
	uint64_t y = (*(struct target_node *const *)b)->target.id;

	return x < y ? -1 : x > y;
}

/* The index by id; two targets of one id cannot be told apart in messages. */
static void
index_targets(struct view *v)
{
	struct conf *conf = &v->tree->conf;
	size_t n = v->nodes - 1;

	conf->target_count = n;
	conf->target = arena_copy(&v->tree->arena, v->node + 1, n * sizeof(*v->node));
	v->tree->by_id = arena_copy(&v->tree->arena, v->node + 1, n * sizeof(*v->node));
	if (n > 1)
		qsort(v->tree->by_id, n, sizeof(*v->tree->by_id), by_id);
	for (size_t i = 1; i < n; i++) {
		const struct conf_target *a = &v->tree->by_id[i - 1]->target;
		const struct conf_target *b = &v->tree->by_id[i]->target;

		if (a->id == b->id && strcmp(a->path, b->path) != 0)
			report_error(v->report, b->section->at,
			    "the path %s has the same hash as %s, expected another name "
			    "for one of them",
			    b->path, a->path);
	}
}

/* --- multihost ------------------------------------------------------------------- */

/* One word of a multihost's host ("/A/B~slave") as "A.B~slave", when it names a
 * measured target; else a warning. */
static const char *
member(struct view *v, const struct conf_target *t, const char *word, size_t len)
{
	char *path = arena_strn(&v->tree->arena, word + 1, len - 1), *slave;
	const struct conf_target *other;

	for (char *p = path; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	slave = strchr(path, '~');
	if (slave != NULL)
		*slave = '\0';
	other = *path != '\0' ? conf_target_by_path(&v->tree->conf, path) : NULL;
	if (slave != NULL)
		*slave = '~';
	if (other != NULL &&
	    (other->kind == CONF_MEASURED || other->kind == CONF_DYNAMIC))
		return path;
	if (!v->quiet)
		report_warning(v->report, conf_var(t->section, "host")->at,
		    "there is no target %.*s with a host: left out of this graph",
		    (int)len, word);
	return NULL;
}

static void
view_members(struct view *v, struct conf_target *t)
{
	static const char blank[] = " \t\n\v\f\r";
	size_t words = 0;
	const char *p, *path;

	for (p = t->host + strspn(t->host, blank); *p != '\0'; p += strspn(p, blank)) {
		words++;
		p += strcspn(p, blank);
	}
	t->member = arena_zero(&v->tree->arena, words * sizeof(*t->member));
	for (p = t->host + strspn(t->host, blank); *p != '\0'; p += strspn(p, blank)) {
		size_t len = strcspn(p, blank);

		path = *p == '/' ? member(v, t, p, len) : NULL;
		if (path != NULL)
			t->member[t->members++] = path;
		else if (*p != '/' && !v->quiet)
			report_warning(v->report, conf_var(t->section, "host")->at,
			    "'%.*s' is left out of this graph, expected the path of a "
			    "target such as /Group/Host",
			    (int)len, p);
		p += len;
	}
}

/* --- overrides ------------------------------------------------------------------- */

static void
view_overrides(struct view *v)
{
	struct conf_tree *tree = v->tree;
	const struct conf_section *top = conf_top(&tree->conf, "Overrides");

	if (top == NULL)
		return;
	tree->probe_overrides = arena_zero(&tree->arena,
	    (tree->conf.probe_count + 1) * sizeof(*tree->probe_overrides));
	for (const struct conf_section *s = top->first; s != NULL; s = s->next) {
		const struct conf_target *t;
		bool found = false;

		if (strncmp(s->name, "probe:", 6) == 0) {
			for (size_t i = 0; i < tree->conf.probe_count; i++)
				if (strcmp(tree->conf.probe[i].name, s->name + 6) ==
				    0) {
					tree->probe_overrides[i] = s;
					found = true;
				}
		} else if ((t = conf_target_by_path(&tree->conf, s->name)) != NULL) {
			((struct target_node *)t)->overrides = s;
			found = true;
		}
		if (!found && !v->quiet)
			report_warning(v->report, s->at,
			    "there is no %s for this override, expected the path of a "
			    "target (Group.Host) or probe:NAME",
			    s->name);
	}
}

/* --- all ------------------------------------------------------------------------- */

void
view_build(struct conf_tree *tree, struct conf_report *report, bool quiet)
{
	static const struct conf_section no_targets = { .name = "Targets" };
	struct view v = { .tree = tree, .report = report, .quiet = quiet };
	const struct conf_section *targets = conf_top(&tree->conf, "Targets");

	tree->conf.datadir =
	    conf_value(conf_top(&tree->conf, "General"), "datadir", ".");
	view_database(&v);
	view_presentation(&v);
	view_probes(&v);
	tree->conf.targets =
	    node_tree(&v, targets != NULL ? targets : &no_targets, NULL);
	index_targets(&v);
	for (size_t i = 1; i < v.nodes; i++)
		if (v.node[i]->target.kind == CONF_MULTIHOST)
			view_members(&v, &v.node[i]->target);
	view_overrides(&v);
	free(v.node);
}
