/* The rules of the grammar. A complaint never ends the reading: the line is left out
 * and the next one is looked at. */
#include "config/grammar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/entry.h"
#include "config/meant.h"
#include "config/missing.h"

struct frame *
grammar_frame(struct grammar *g)
{
	return &g->frame[g->depth - 1];
}

const char *
grammar_path(const struct grammar *g)
{
	static char buf[512];
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 1; i < g->depth && len + 1 < sizeof(buf); i++)
		len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%s",
		    i > 1 ? "/" : "", g->frame[i].section->name);
	return buf;
}

/* --- sections by parent and name ------------------------------------------------- */

static size_t
slot_hash(const struct conf_section *parent, const char *name)
{
	return (
	    size_t)(conf_target_id(name) ^ ((uintptr_t)parent * 0x9e3779b97f4a7c15));
}

static struct conf_section **
slot_find(const struct grammar *g, const struct conf_section *parent, const char *name)
{
	size_t i = slot_hash(parent, name) & (g->slots - 1);

	while (g->slot[i] != NULL &&
	       (g->slot[i]->parent != parent || strcmp(g->slot[i]->name, name) != 0))
		i = (i + 1) & (g->slots - 1);
	return &g->slot[i];
}

static void
slots_grow(struct grammar *g)
{
	struct conf_section **old = g->slot;
	size_t count = g->slots;

	g->slots = count == 0 ? 1024 : count * 2;
	g->slot = mem_zero(g->slots, sizeof(struct conf_section *));
	for (size_t i = 0; i < count; i++)
		if (old[i] != NULL)
			*slot_find(g, old[i]->parent, old[i]->name) = old[i];
	free(old);
}

/* --- leaving and entering -------------------------------------------------------- */

/* The innermost section has all its variables and rows: no more can come, since its
 * children follow or it ends. */
static void
seal(struct grammar *g)
{
	struct frame *f = grammar_frame(g);
	struct conf_section *s = f->section;
	struct arena *arena = &g->tree->arena;

	if (f->sealed)
		return;
	f->sealed = true;
	s->var = arena_copy(arena, g->var, g->vars * sizeof(*g->var));
	s->vars = g->vars;
	s->row = arena_copy(arena, g->row, g->rows * sizeof(*g->row));
	s->rows = g->rows;
	g->vars = g->rows = 0;
	if (f->schema == NULL || g->checked || g->depth == 1 || s == g->assumed)
		return;
	missing_entries(g, f);
}

static void
leave(struct grammar *g)
{
	seal(g);
	if (grammar_frame(g)->schema != NULL && !g->checked)
		missing_sections(g, grammar_frame(g));
	g->depth--;
}

void
grammar_top(struct grammar *g)
{
	while (g->depth > 1)
		leave(g);
	g->skipping = false;
}

/* Open NAME inside the innermost section; its rule SCHEMA may be NULL. */
static struct frame *
enter(struct grammar *g, const char *name, const struct schema *schema, struct place at)
{
	struct conf_section *s = arena_zero(&g->tree->arena, sizeof(*s));
	struct frame *outer = grammar_frame(g), *f;

	seal(g);
	s->name = arena_str(&g->tree->arena, name);
	s->at = at;
	s->parent = outer->section;
	if (outer->last == NULL)
		outer->section->first = s;
	else
		outer->last->next = s;
	outer->last = s;
	if (++g->sections * 2 > g->slots)
		slots_grow(g);
	*slot_find(g, s->parent, s->name) = s;
	f = &g->frame[g->depth++];
	memset(f, 0, sizeof(*f));
	f->section = s;
	f->schema = schema;
	if (schema != NULL && schema->kind == SCHEMA_TARGET) {
		f->probe = outer->probe;
		f->lax =
		    outer->lax || (outer->probe == NULL && outer->schema == schema &&
				      schema == schema_target);
	}
	entry_inherit(g, outer, schema);
	return f;
}

/* --- probes ---------------------------------------------------------------------- */

static void
probe_add(struct grammar *g, const char *name, const struct module *module,
    const char *module_name, struct conf_section *section)
{
	struct probe_def *p = arena_zero(&g->tree->arena, sizeof(*p));
	struct probe_def **end = &g->probes;

	while (*end != NULL)
		end = &(*end)->next;
	p->name = arena_str(&g->tree->arena, name);
	p->module = module;
	p->module_name = arena_str(&g->tree->arena, module_name);
	p->section = section;
	*end = p;
	grammar_frame(g)->probe = p;
}

/* A module or an instance was opened. */
static void
enter_probe(struct grammar *g, const char *name, struct place at)
{
	struct frame *f = grammar_frame(g);

	if (g->depth == 3) {
		const struct module *module = module_find(name);

		probe_add(g, name, module, name, f->section);
		if (module == NULL)
			f->lax = true;
		if (g->checked)
			return;
		if (module == NULL)
			report_warning(g->report, at,
			    "probe module %s is not one of SmokePing's: its targets "
			    "cannot be measured%s",
			    name, meant_module(name));
		else if (module->home == MODULE_NOBODY)
			report_warning(g->report, at,
			    "probe module %s is not built in yet: its targets cannot "
			    "be measured",
			    name);
		else if (module->ours)
			report_warning(g->report, at,
			    "SmokePing would refuse the probe module %s, which it does "
			    "not have",
			    name);
		return;
	}
	struct probe_def *outer = (struct probe_def *)(f - 1)->probe;

	outer->template = true;
	f->lax = (f - 1)->lax;
	if (!g->checked && entry_probe(g, name) != NULL) {
		report_warning(g->report, at,
		    "probe %s is defined twice: the later one is used", name);
		for (struct probe_def *p = g->probes; p != NULL; p = p->next)
			if (strcmp(p->name, name) == 0)
				p->template = true;
	}
	probe_add(g, name, outer->module, outer->module_name, f->section);
}

/* --- sections -------------------------------------------------------------------- */

static const struct schema *
section_rule(struct grammar *g, const char *name, struct place at)
{
	const struct schema *outer = grammar_frame(g)->schema, *rule;
	char names[512];

	if (outer == NULL)
		return NULL;
	if (outer->child == NULL) {
		report_error(g->report, at,
		    "no sections are allowed in %s, expected none called '%s'",
		    grammar_path(g), name);
		return NULL;
	}
	rule = schema_child(outer, name);
	if (rule != NULL && rule->internal && !g->checked)
		rule = NULL;
	if (rule == NULL && strcmp(name, "PROBE_CONF") == 0)
		report_error(g->report, at,
		    "PROBE_CONF sections are neither needed nor supported any longer, "
		    "expected its variables in the section itself");
	else if (rule == NULL)
		report_error(g->report, at, "unknown section '%s', expected %s", name,
		    meant_sections(outer, names, sizeof(names)));
	return rule;
}

static void
section_remarks(
    struct grammar *g, const struct schema *rule, const char *name, struct place at)
{
	if (g->checked || rule == NULL)
		return;
	if (rule->ours && !g->ours)
		report_warning(g->report, at,
		    "SmokePing would refuse the section %s: better put it into the "
		    "file smokebox beside the main file",
		    name);
	if (rule->idle != NULL)
		report_warning(g->report, at, "%s: %s", name, rule->idle);
}

/* True when the innermost section has something called NAME. */
static bool
taken(const struct grammar *g, const char *name)
{
	const struct conf_section *outer = g->frame[g->depth - 1].section;
	const struct conf_section *other = *slot_find(g, outer, name);

	return (other != NULL && other != g->assumed) || conf_var(outer, name) != NULL;
}

/* A section of DEPTH (1: "*** X ***", 2: "+ X") begins. */
static void
section(struct grammar *g, size_t depth, const char *name, struct place at)
{
	const struct schema *rule;

	g->skipping = false;
	if (depth > g->depth || depth >= GRAMMAR_DEPTH) {
		report_error(g->report, at,
		    depth >= GRAMMAR_DEPTH
			? "section nesting error, expected at most 62 plus signs"
			: "section nesting error, expected at most %zu plus sign%s here",
		    g->depth - 1, g->depth == 2 ? "" : "s");
		g->skipping = true;
		return;
	}
	while (g->depth > depth)
		leave(g);
	seal(g);
	rule = section_rule(g, name, at);
	if (taken(g, name))
		report_error(g->report, at,
		    "section or variable already exists: '%s', expected each name once "
		    "in %s",
		    name, g->depth > 1 ? grammar_path(g) : "the configuration");
	section_remarks(g, rule, name, at);
	enter(g, name, rule, at);
	if (depth == 1 && strcmp(name, "Probes") == 0)
		g->probes_seen = true;
	if (rule != NULL && rule->kind == SCHEMA_PROBE)
		enter_probe(g, name, at);
}

/* --- lines ----------------------------------------------------------------------- */

/* "*** NAME ***": cuts LINE and gives the name; NULL when it is none. */
static char *
header(char *line)
{
	size_t len = strlen(line);
	char *name = line + 3;

	if (len < 6 || strncmp(line, "***", 3) != 0 ||
	    strcmp(line + len - 3, "***") != 0)
		return NULL;
	len -= 6;
	while (len > 0 && lex_space(*name)) {
		name++;
		len--;
	}
	while (len > 0 && lex_space(name[len - 1]))
		len--;
	name[len] = '\0';
	return name;
}

/* True when a line that is no header could stand in the innermost section. */
static bool
could_stand(const struct grammar *g, const char *line)
{
	const struct frame *f = &g->frame[g->depth - 1];
	char *copy, *key, *value;
	bool can;

	if (g->depth == 1)
		return false;
	if (f->schema == NULL || f->lax)
		return true;
	if (line[0] == '+') {
		size_t plus = strspn(line, "+");
		const char *name = line + plus;

		while (lex_space(*name))
			name++;
		return plus < g->depth && g->frame[plus].schema != NULL &&
		       schema_child(g->frame[plus].schema, name) != NULL;
	}
	copy = mem_str(line);
	can = lex_pair(copy, &key, &value) ? entry_key(f, key) != NULL
					   : f->schema->table != NULL;
	free(copy);
	return can;
}

/* The first line of a file is no header and cannot stand where we are: say so once, and
 * go on as if the header named like the file were there. */
static void
headless(struct grammar *g, const char *line, struct place at)
{
	const struct schema *rule = schema_child(&schema_root, g->file_name);
	const char *name = rule != NULL ? rule->name : NULL;

	if (g->depth > 1 &&
	    (name == NULL || strcmp(g->frame[1].section->name, name) == 0 ||
		could_stand(g, line)))
		return;
	if (name != NULL)
		at.line = 1; /* that is where it should be */
	report_error(g->report, at, "text before any section, expected *** %s ***%s",
	    name != NULL ? name : "Targets", name != NULL ? "" : " or another one");
	grammar_top(g);
	if (name != NULL && conf_child(g->tree->conf.root, name) == NULL) {
		g->assumed = enter(g, name, rule, at)->section;
		if (strcmp(name, "Probes") == 0)
			g->probes_seen = true;
	} else {
		enter(g, name != NULL ? name : "?", NULL, at);
	}
}

void
grammar_line(struct grammar *g, char *line, struct place at)
{
	char *name = header(line), *key, *value;
	size_t plus;

	if (name != NULL) {
		g->fresh_file = false;
		section(g, 1, name, at);
		return;
	}
	if ((g->fresh_file || g->depth == 1) && !g->skipping)
		headless(g, line, at);
	g->fresh_file = false;
	if (g->checked && line[0] == '"') {
		entry_row(g, line, at); /* even with an = in a cell */
	} else if (line[0] == '+') {
		plus = strspn(line, "+");
		for (name = line + plus; lex_space(*name); name++)
			continue;
		section(g, plus + 1, name, at);
	} else if (g->skipping) {
		return;
	} else if (lex_pair(line, &key, &value)) {
		entry_variable(g, key, value, at);
	} else {
		entry_row(g, line, at);
	}
}

/* --- begin and end --------------------------------------------------------------- */

void
grammar_init(
    struct grammar *g, struct conf_tree *tree, struct conf_report *report, bool checked)
{
	struct conf_section *root = arena_zero(&tree->arena, sizeof(*root));

	memset(g, 0, sizeof(*g));
	g->tree = tree;
	g->report = report;
	g->checked = checked;
	g->file_name = "";
	root->name = "";
	tree->conf.root = root;
	g->depth = 1;
	g->frame[0].section = root;
	g->frame[0].schema = &schema_root;
	slots_grow(g);
}

void
grammar_finish(struct grammar *g, struct place whole)
{
	grammar_top(g);
	if (g->checked)
		return;
	missing_at_end(g, whole);
}

void
grammar_free(struct grammar *g)
{
	free(g->var);
	free(g->row);
	free(g->idle);
	free(g->slot);
}
