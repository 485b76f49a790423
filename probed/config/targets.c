/* The targets as others see them: kind, step, pings, what they draw together, and why
 * one of them cannot be measured. */
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "config/schema.h"
#include "config/tree.h"
#include "config/view.h"
#include "round.h"

/* The last one of that name counts. */
static const struct conf_probe *
probe_by_name(const struct conf *conf, const char *name)
{
	for (size_t i = conf->probe_count; i-- > 0;)
		if (strcmp(conf->probe[i].name, name) == 0)
			return &conf->probe[i];
	return NULL;
}

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
		t->pings = view_number(pings, t->pings);
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
	} else if (m->home == MODULE_NOBODY) {
		t->note = arena_printf(arena,
		    "cannot measure: probe %s is not built in yet", t->probe->module);
	}
}

#define DYNAMIC "DYNAMIC"

const char *
conf_dynamic_hash(const struct conf_target *t)
{
	const char *host = conf_value(t->section, "host", "");

	return t->kind == CONF_DYNAMIC && host[strlen(DYNAMIC)] == '/' &&
		       host[strlen(DYNAMIC) + 1] != '\0'
		   ? host + strlen(DYNAMIC) + 1
		   : NULL;
}

bool
conf_lacks_address(const struct conf_target *t)
{
	return t->kind == CONF_DYNAMIC && strcmp(t->host, DYNAMIC) == 0;
}

void
conf_set_address(struct conf *conf, const struct conf_target *t, const char *address)
{
	struct target_node *node = (struct target_node *)t;

	if (t->kind != CONF_DYNAMIC)
		return;
	if (node->told == NULL)
		node->told = arena_zero(&((struct conf_tree *)conf)->arena, ADDR_TEXT);
	if (address != NULL)
		strncpy(node->told, address, ADDR_TEXT - 1);
	node->target.host = address != NULL ? node->told : DYNAMIC;
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
	if (strncmp(t->host, DYNAMIC, strlen(DYNAMIC)) == 0) {
		t->kind = CONF_DYNAMIC;
		t->host = DYNAMIC; /* who sees the rest may find the secret */
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
	t->filtered = strcmp(conf_value(s, "filtered", "no"), "yes") == 0;
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
		*slave++ = '~';
	if (other != NULL &&
	    (other->kind == CONF_MEASURED || other->kind == CONF_DYNAMIC)) {
		if (slave != NULL && !v->quiet &&
		    conf_child(conf_top(&v->tree->conf, "Slaves"), slave) == NULL)
			report_warning(v->report, conf_var(t->section, "host")->at,
			    "there is no slave %s in *** Slaves ***: not drawn in this "
			    "graph",
			    slave);
		return path;
	}
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

/* --- hierarchies ----------------------------------------------------------------- */

/* SmokePing does not start where a place is in a hierarchy that Presentation lacks. */
static void
check_parents(struct view *v, const struct conf_target *t)
{
	static const char blank[] = " \t";
	const struct conf_var *var = conf_var(t->section, "parents");
	const struct conf_section *all =
	    conf_child(conf_top(&v->tree->conf, "Presentation"), "hierarchies");

	if (var == NULL || v->quiet)
		return;
	for (const char *p = var->value + strspn(var->value, blank); *p != '\0';
	     p += strspn(p, blank)) {
		size_t len = strcspn(p, blank), id_len = strcspn(p, ": \t");
		char *id = arena_strn(&v->tree->arena, p, id_len);

		if (conf_child(all, id) == NULL)
			report_warning(v->report, var->at,
			    "there is no hierarchy %s in Presentation: %.*s is left out",
			    id, (int)len, p);
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
targets_build(struct view *v)
{
	static const struct conf_section none = { .name = "Targets" };
	const struct conf_section *top = conf_top(&v->tree->conf, "Targets");

	v->tree->conf.targets = node_tree(v, top != NULL ? top : &none, NULL);
	index_targets(v);
	for (size_t i = 1; i < v->nodes; i++)
		if (v->node[i]->target.kind == CONF_MULTIHOST)
			view_members(v, &v->node[i]->target);
	view_overrides(v);
	slaves_assign(v);
	for (size_t i = 1; i < v->nodes; i++) {
		check_parents(v, &v->node[i]->target);
		trains_check(v, &v->node[i]->target);
		behind_check(v, &v->node[i]->target);
	}
	free(v->node);
}
