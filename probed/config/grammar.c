/* The rules of the grammar. A complaint never ends the reading: the line is left out
 * and the next one is looked at. */
#include "config/grammar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define VARS_MAX 4096 /* of one section */
#define CELLS_MAX 16
#define NAME_MAX_MEANT 31 /* letters of a name that is looked up by likeness */

static struct frame *
top(struct grammar *g)
{
	return &g->frame[g->depth - 1];
}

/* "Targets/A/B", in a buffer that the next call overwrites. */
static const char *
section_path(const struct grammar *g)
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

/* --- which variables ------------------------------------------------------------- */

static const struct probe_def *
probe_find(const struct grammar *g, const char *name)
{
	for (const struct probe_def *p = g->probes; p != NULL; p = p->next)
		if (strcmp(p->name, name) == 0 && !p->template)
			return p;
	return NULL;
}

/* The rule for variable NAME in F; NULL when there is none. */
static const struct schema_key *
key_find(const struct frame *f, const char *name)
{
	const struct schema_key *key;

	if (f->schema == NULL)
		return NULL;
	key = schema_key_find(f->schema->key, name);
	if (key != NULL || f->schema->kind == SCHEMA_PLAIN)
		return key;
	key = module_key(f->probe != NULL ? f->probe->module : NULL, name);
	if (key != NULL && f->schema->kind == SCHEMA_TARGET &&
	    !(key->flags & KEY_TARGET))
		key = NULL;
	return key != NULL ? key : schema_key_find(schema_own, name);
}

/* True when a section inside F takes over variable NAME. */
static bool
inherits(const struct frame *f, const struct schema *child, const char *name)
{
	const struct schema_key *key;

	if (child == NULL || child->key == NULL)
		return false;
	if (child->kind == SCHEMA_PROBE)
		return true;
	key = schema_key_find(child->key, name);
	if (key != NULL && (key->flags & KEY_INHERITED))
		return true;
	if (child->kind != SCHEMA_TARGET)
		return false;
	if (f->lax)
		return key == NULL;
	key = module_key(f->probe != NULL ? f->probe->module : NULL, name);
	if (key == NULL)
		key = schema_key_find(schema_own, name);
	return key != NULL && (key->flags & KEY_TARGET);
}

static void
remember_idle(struct grammar *g, const struct schema_key *key, struct place at)
{
	for (size_t i = 0; i < g->idles; i++)
		if (g->idle[i].key == key) {
			g->idle[i].count++;
			return;
		}
	g->idle = mem_grow(g->idle, g->idles + 1, sizeof(*g->idle));
	g->idle[g->idles].key = key;
	g->idle[g->idles].at = at;
	g->idle[g->idles++].count = 1;
}

/* --- what is missing ------------------------------------------------------------- */

static void
missing_key(struct grammar *g, const struct conf_section *s, const char *path,
    const struct schema_key *key)
{
	if (conf_var(s, key->name) != NULL)
		return;
	if (key->flags & KEY_MANDATORY)
		report_error(g->report, s->at,
		    "mandatory variable '%s' not defined in %s, expected %s = %s",
		    key->name, path, key->name,
		    key->expected != NULL ? key->expected : "...");
	else if (key->flags & KEY_WANTED)
		report_warning(g->report, s->at,
		    "'%s' is not defined in %s: SmokePing would refuse that", key->name,
		    path);
}

static void
missing_keys(struct grammar *g, const struct frame *f)
{
	const char *path = section_path(g);

	if (f->schema->key != NULL)
		for (const struct schema_key *k = f->schema->key; k->name != NULL; k++)
			missing_key(g, f->section, path, k);
}

static void
missing_sections(struct grammar *g, const struct frame *f)
{
	if (f->schema->child == NULL)
		return;
	for (const struct schema *s = f->schema->child; s->name != NULL; s++)
		if (s->mandatory && conf_child(f->section, s->name) == NULL)
			report_error(g->report, f->section->at,
			    "mandatory section '%s' not defined in %s, expected + %s",
			    s->name, section_path(g), s->name);
}

/* What the probe of a target with a host needs and nobody gave. */
static void
missing_target(struct grammar *g, const struct frame *f)
{
	const struct module *module = f->probe != NULL ? f->probe->module : NULL;
	const struct schema_key *k;

	if (module == NULL || conf_var(f->section, "host") == NULL)
		return;
	for (size_t i = 0; (k = module_key_at(module, i)) != NULL; i++) {
		if ((k->flags & KEY_TARGET) == 0 || (k->flags & KEY_MANDATORY) == 0)
			continue;
		if (conf_var(f->probe->section, k->name) == NULL)
			missing_key(g, f->section, section_path(g), k);
	}
}

/* What a probe needs, once it is known whether it is a template. */
static void
missing_probe(struct grammar *g, const struct probe_def *probe)
{
	const struct schema_key *k;
	char *path;

	if (probe->template || probe->module == NULL)
		return;
	path = mem_printf("Probes/%s", probe->module_name);
	if (strcmp(probe->name, probe->module_name) != 0) {
		free(path);
		path = mem_printf("Probes/%s/%s", probe->module_name, probe->name);
	}
	for (size_t i = 0; (k = module_key_at(probe->module, i)) != NULL; i++)
		if ((k->flags & KEY_MANDATORY) && !(k->flags & KEY_TARGET))
			missing_key(g, probe->section, path, k);
	free(path);
}

/* --- leaving and entering -------------------------------------------------------- */

/* The innermost section has all its variables and rows: no more can come, since its
 * children follow or it ends. */
static void
seal(struct grammar *g)
{
	struct frame *f = top(g);
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
	missing_keys(g, f);
	if (f->schema->kind == SCHEMA_TARGET && !f->lax)
		missing_target(g, f);
}

static void
leave(struct grammar *g)
{
	seal(g);
	if (top(g)->schema != NULL && !g->checked)
		missing_sections(g, top(g));
	g->depth--;
}

void
grammar_top(struct grammar *g)
{
	while (g->depth > 1)
		leave(g);
	g->skipping = false;
}

static void
take_over(struct grammar *g, const struct frame *from, const struct schema *schema)
{
	for (size_t i = 0; i < from->section->vars; i++) {
		struct conf_var var = from->section->var[i];

		if (!inherits(from, schema, var.key))
			continue;
		var.inherited = true;
		if (g->vars == g->var_room) {
			g->var_room = g->var_room * 2 + 16;
			g->var = mem_grow(g->var, g->var_room, sizeof(*g->var));
		}
		g->var[g->vars++] = var;
	}
}

/* Open NAME inside the innermost section; its rule SCHEMA may be NULL. */
static struct frame *
enter(struct grammar *g, const char *name, const struct schema *schema, struct place at)
{
	struct conf_section *s = arena_zero(&g->tree->arena, sizeof(*s));
	struct frame *outer = top(g), *f;

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
	take_over(g, outer, schema);
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
	top(g)->probe = p;
}

/* A module or an instance was opened. */
static void
enter_probe(struct grammar *g, const char *name, struct place at)
{
	struct frame *f = top(g);

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
			    "cannot be measured",
			    name);
		else if (!module->native)
			report_warning(g->report, at,
			    "probe module %s is not built in yet: its targets cannot "
			    "be measured",
			    name);
		return;
	}
	struct probe_def *outer = (struct probe_def *)(f - 1)->probe;

	outer->template = true;
	f->lax = (f - 1)->lax;
	if (!g->checked && probe_find(g, name) != NULL) {
		report_warning(g->report, at,
		    "probe %s is defined twice: the later one is used", name);
		for (struct probe_def *p = g->probes; p != NULL; p = p->next)
			if (strcmp(p->name, name) == 0)
				p->template = true;
	}
	probe_add(g, name, outer->module, outer->module_name, f->section);
}

/* "probe = NAME": from here on its variables are legal. */
static bool
choose_probe(struct grammar *g, const char *name, struct place at)
{
	struct frame *f = top(g);

	f->lax = false;
	f->probe = probe_find(g, name);
	if (f->probe != NULL) {
		f->lax = f->probe->module == NULL;
		return true;
	}
	f->lax = true;
	if (g->checked && !g->probes_seen)
		return true;
	report_error(g->report, at,
	    "probe %s missing from the Probes section, expected a probe that is "
	    "defined there before this line",
	    name);
	return false;
}

/* --- sections -------------------------------------------------------------------- */

/* The names that a list of sections allows, for a message. */
static const char *
names_of_sections(const struct schema *schema, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	if (schema->child == NULL)
		return buf;
	for (const struct schema *s = schema->child; s->name != NULL && len < size; s++)
		if (s->name[0] != '/')
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
			    len > 0 ? ", " : "", s->name);
	if (len == 0)
		snprintf(buf, size, "letters, digits, - and _");
	return buf;
}

static const struct schema *
section_rule(struct grammar *g, const char *name, struct place at)
{
	const struct schema *outer = top(g)->schema, *rule;
	char names[512];

	if (outer == NULL)
		return NULL;
	if (outer->child == NULL) {
		report_error(g->report, at,
		    "no sections are allowed in %s, expected none called '%s'",
		    section_path(g), name);
		return NULL;
	}
	rule = schema_child(outer, name);
	if (rule == NULL && strcmp(name, "PROBE_CONF") == 0)
		report_error(g->report, at,
		    "PROBE_CONF sections are neither needed nor supported any longer, "
		    "expected its variables in the section itself");
	else if (rule == NULL)
		report_error(g->report, at, "unknown section '%s', expected %s", name,
		    names_of_sections(outer, names, sizeof(names)));
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
		    name, g->depth > 1 ? section_path(g) : "the configuration");
	section_remarks(g, rule, name, at);
	enter(g, name, rule, at);
	if (depth == 1 && strcmp(name, "Probes") == 0)
		g->probes_seen = true;
	if (rule != NULL && rule->kind == SCHEMA_PROBE)
		enter_probe(g, name, at);
}

/* --- variables ------------------------------------------------------------------- */

/* How many letters must be changed, added, left out or swapped with their neighbour to
 * make A into B. */
static size_t
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	uint8_t d[NAME_MAX_MEANT + 1][NAME_MAX_MEANT + 1];

	if (la > NAME_MAX_MEANT || lb > NAME_MAX_MEANT)
		return NAME_MAX_MEANT;
	for (size_t i = 0; i <= la; i++)
		for (size_t j = 0; j <= lb; j++) {
			uint8_t best = (uint8_t)(i + j), way;

			if (i > 0 && j > 0) {
				best =
				    (uint8_t)(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
				way = (uint8_t)(d[i - 1][j] + 1);
				best = way < best ? way : best;
				way = (uint8_t)(d[i][j - 1] + 1);
				best = way < best ? way : best;
			}
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1]) {
				way = (uint8_t)(d[i - 2][j - 2] + 1);
				best = way < best ? way : best;
			}
			d[i][j] = best;
		}
	return d[la][lb];
}

/* The name that was probably meant, or "". */
static const char *
meant(const struct frame *f, const char *name)
{
	const char *best = "";
	size_t least = 3;
	const struct schema_key *k;

	for (k = f->schema->key; k != NULL && k->name != NULL; k++)
		if (k->name[0] != '/' && distance(name, k->name) < least) {
			least = distance(name, k->name);
			best = k->name;
		}
	if (f->probe == NULL || f->probe->module == NULL)
		return best;
	for (size_t i = 0; (k = module_key_at(f->probe->module, i)) != NULL; i++) {
		bool legal = f->schema->kind == SCHEMA_PROBE || (k->flags & KEY_TARGET);

		if (legal && distance(name, k->name) < least) {
			least = distance(name, k->name);
			best = k->name;
		}
	}
	return best;
}

/* The variables that F knows, for a message. */
static void
names_of_keys(const struct frame *f, char *buf, size_t size)
{
	size_t len = 0;
	const struct schema_key *k;

	buf[0] = '\0';
	for (k = f->schema->key; k != NULL && k->name != NULL && len < size; k++)
		if (k->name[0] != '/')
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
			    len > 0 ? ", " : "", k->name);
	if (f->probe == NULL || f->probe->module == NULL)
		return;
	for (size_t i = 0;
	     (k = module_key_at(f->probe->module, i)) != NULL && len < size; i++)
		if (f->schema->kind == SCHEMA_PROBE || (k->flags & KEY_TARGET))
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
			    len > 0 ? ", " : "", k->name);
}

static void
unknown_variable(struct grammar *g, const char *name, struct place at)
{
	const struct frame *f = top(g);
	char names[400];
	const char *close = meant(f, name);

	if (*close != '\0') {
		report_error(g->report, at, "unknown variable '%s', expected '%s'?",
		    name, close);
		return;
	}
	names_of_keys(f, names, sizeof(names));
	report_error(
	    g->report, at, "unknown variable '%s', expected one of %s", name, names);
}

/* True when KEY may be set to VALUE here; else it was said why not. */
static bool
variable_fits(struct grammar *g, const struct schema_key *key, const char *name,
    const char *value, struct place at)
{
	const char *expected = key->expected;

	if (schema_fits(key, value))
		return true;
	if (key->error == NULL)
		report_error(g->report, at, "syntax error in value of '%s'%s%s", name,
		    expected != NULL ? ", expected " : "",
		    expected != NULL ? expected : "");
	else
		report_error(g->report, at, "%s%s%s", key->error,
		    expected != NULL ? ", expected " : "",
		    expected != NULL ? expected : "");
	return false;
}

/* What a target section wants of the order of its variables. */
static bool
target_order(struct grammar *g, const char *name, const char *value, struct place at)
{
	struct frame *f = top(g);

	if (strcmp(name, "probe") == 0) {
		if (f->probe_late) {
			report_error(g->report, at,
			    "probe must be defined before the host or any probe "
			    "variables, expected it in front of them");
			return false;
		}
		return choose_probe(g, value, at);
	}
	if (g->depth > 2 && (strcmp(name, "host") == 0 ||
				schema_key_find(f->schema->key, name) == NULL))
		f->probe_late = true;
	return true;
}

static void
variable_remarks(struct grammar *g, const struct schema_key *key, struct place at)
{
	if (g->checked)
		return;
	if ((key->flags & KEY_OURS) && !g->ours && strcmp(section_path(g), "") != 0 &&
	    strcmp(g->frame[1].section->name, "Overrides") != 0)
		report_warning(g->report, at,
		    "SmokePing would refuse '%s': better put it into *** Overrides *** "
		    "of the file smokebox",
		    key->name);
	if (key->flags & KEY_IDLE)
		remember_idle(g, key, at);
}

/* Keep NAME = VALUE; an inherited value gives way. False when it was set before. */
static bool
variable_put(struct grammar *g, const struct schema_key *key, const char *name,
    const char *value, struct place at)
{
	struct conf_var *var = NULL;
	struct arena *arena = &g->tree->arena;

	for (size_t i = 0; i < g->vars && var == NULL; i++)
		if (strcmp(g->var[i].key, name) == 0)
			var = &g->var[i];
	if (var != NULL && !var->inherited)
		return false;
	if (var == NULL) {
		if (g->vars == g->var_room) {
			g->var_room = g->var_room * 2 + 16;
			g->var = mem_grow(g->var, g->var_room, sizeof(*g->var));
		}
		var = &g->var[g->vars++];
	}
	var->key =
	    key != NULL && key->name[0] != '/' ? key->name : arena_str(arena, name);
	var->value = arena_str(arena, value);
	var->at = at;
	var->inherited = false;
	return true;
}

/* Stray keys behind an include (a known pattern in the wild) that steer nothing here.
 */
static bool
harmless(const struct grammar *g, const char *name)
{
	return g->depth > 1 && !g->checked &&
	       (strcmp(name, "syslogfacility") == 0 ||
		   strcmp(name, "syslogpriority") == 0);
}

static void
variable(struct grammar *g, const char *name, const char *value, struct place at)
{
	struct frame *f = top(g);
	const struct schema_key *key = key_find(f, name);

	if (f->sealed) /* cannot happen: children follow variables */
		return;
	if (key == NULL && f->schema != NULL && !f->lax) {
		if (harmless(g, name)) {
			report_warning(g->report, at,
			    "'%s' belongs into *** General ***: left out", name);
			return;
		}
		if (f->schema->key == NULL)
			report_error(g->report, at,
			    "no variables are allowed in %s, expected none called '%s'",
			    section_path(g), name);
		else
			unknown_variable(g, name, at);
		return;
	}
	if (g->vars >= VARS_MAX) {
		report_error(
		    g->report, at, "too many variables, expected at most %d", VARS_MAX);
		return;
	}
	if (key != NULL && !variable_fits(g, key, name, value, at))
		return;
	if (f->schema != NULL && f->schema->kind == SCHEMA_TARGET &&
	    !target_order(g, name, value, at))
		value = ""; /* complained of; kept so that it is not missing as well */
	if (!variable_put(g, key, name, value, at)) {
		report_error(g->report, at,
		    "variable already defined: '%s', expected it once in %s", name,
		    section_path(g));
		return;
	}
	if (key != NULL)
		variable_remarks(g, key, at);
}

/* --- tables ---------------------------------------------------------------------- */

static bool
cell_fits(struct grammar *g, const struct schema_key *column, size_t n,
    const char *value, struct place at)
{
	if (schema_fits(column, value))
		return true;
	if (column->error == NULL)
		report_error(g->report, at, "syntax error in column %zu", n + 1);
	else
		report_error(g->report, at, "column %zu: %s%s%s", n + 1, column->error,
		    column->expected != NULL ? ", expected " : "",
		    column->expected != NULL ? column->expected : "");
	return false;
}

static void
table_row(struct grammar *g, char *line, struct place at)
{
	const struct frame *f = top(g);
	const struct schema_table *table = f->schema != NULL ? f->schema->table : NULL;
	char *cell[CELLS_MAX];
	size_t cells;
	struct conf_row *row;

	if (f->schema == NULL || f->sealed)
		return;
	if (table == NULL) {
		report_error(g->report, at,
		    "table syntax error, expected KEY = VALUE or a section");
		return;
	}
	cells = lex_cells(line, cell, CELLS_MAX);
	if (cells != table->columns) {
		report_error(g->report, at,
		    "row must have %zu columns (has %zu), expected blanks between them "
		    "and quotes around text with blanks",
		    table->columns, cells);
		return;
	}
	for (size_t i = 0; i < cells; i++)
		if (!cell_fits(g, &table->column[i], i, cell[i], at))
			return;
	if (g->rows == g->row_room) {
		g->row_room = g->row_room * 2 + 16;
		g->row = mem_grow(g->row, g->row_room, sizeof(*g->row));
	}
	row = &g->row[g->rows++];
	row->cells = cells;
	row->at = at;
	row->cell = arena_zero(&g->tree->arena, cells * sizeof(*row->cell));
	for (size_t i = 0; i < cells; i++)
		row->cell[i] = arena_str(&g->tree->arena, cell[i]);
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
	can = lex_pair(copy, &key, &value) ? key_find(f, key) != NULL
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
		table_row(g, line, at); /* even with an = in a cell */
	} else if (line[0] == '+') {
		plus = strspn(line, "+");
		for (name = line + plus; lex_space(*name); name++)
			continue;
		section(g, plus + 1, name, at);
	} else if (g->skipping) {
		return;
	} else if (lex_pair(line, &key, &value)) {
		variable(g, key, value, at);
	} else {
		table_row(g, line, at);
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
	for (const struct schema *s = schema_root.child; s->name != NULL; s++)
		if (s->mandatory && conf_child(g->tree->conf.root, s->name) == NULL)
			report_error(g->report, whole,
			    "mandatory variable '%s' not defined, expected a section "
			    "*** %s ***",
			    s->name, s->name);
	for (const struct probe_def *p = g->probes; p != NULL; p = p->next)
		missing_probe(g, p);
	for (size_t i = 0; i < g->idles; i++) {
		const struct idle *idle = &g->idle[i];
		const char *name =
		    idle->key->name[0] == '/' ? "influx_..." : idle->key->name;

		if (idle->count == 1)
			report_warning(
			    g->report, idle->at, "'%s' is not acted on yet", name);
		else
			report_warning(g->report, idle->at,
			    "'%s' is not acted on yet (here and in %u other places)",
			    name, idle->count - 1);
	}
}

void
grammar_free(struct grammar *g)
{
	free(g->var);
	free(g->row);
	free(g->idle);
	free(g->slot);
}
