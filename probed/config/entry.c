/* What stands in a section: variables and rows. */
#include "config/entry.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/meant.h"

#define VARS_MAX 4096 /* of one section */
#define CELLS_MAX 16

/* --- which variables ------------------------------------------------------------- */

const struct probe_def *
entry_probe(const struct grammar *g, const char *name)
{
	for (const struct probe_def *p = g->probes; p != NULL; p = p->next)
		if (strcmp(p->name, name) == 0 && !p->template)
			return p;
	return NULL;
}

const struct schema_key *
entry_key(const struct frame *f, const char *name)
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

void
entry_inherit(struct grammar *g, const struct frame *from, const struct schema *schema)
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

/* --- variables ------------------------------------------------------------------- */

static void
entry_idle(struct grammar *g, const struct schema_key *key, struct place at)
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

/* "probe = NAME": from here on its variables are legal. */
static bool
choose_probe(struct grammar *g, const char *name, struct place at)
{
	struct frame *f = grammar_frame(g);

	f->lax = false;
	f->probe = entry_probe(g, name);
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

static void
unknown_variable(struct grammar *g, const char *name, struct place at)
{
	const struct frame *f = grammar_frame(g);
	char names[400];
	const char *close = meant_key(f, name);

	if (*close != '\0') {
		report_error(g->report, at, "unknown variable '%s', expected '%s'?",
		    name, close);
		return;
	}
	meant_keys(f, names, sizeof(names));
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
	struct frame *f = grammar_frame(g);

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
variable_remarks(
    struct grammar *g, const struct schema_key *key, const char *value, struct place at)
{
	const struct module *module;

	if (g->checked)
		return;
	if ((key->flags & KEY_OURS) && !g->ours && strcmp(grammar_path(g), "") != 0 &&
	    strcmp(g->frame[1].section->name, "Overrides") != 0)
		report_warning(g->report, at,
		    "SmokePing would refuse '%s': better put it into *** Overrides *** "
		    "of the file smokebox",
		    key->name);
	if (key->instead != NULL &&
	    (key->same == NULL || strcmp(value, key->same) != 0))
		entry_idle(g, key, at);
	module =
	    grammar_frame(g)->probe == NULL ? NULL : grammar_frame(g)->probe->module;
	if ((key->flags & KEY_TOOL) && module != NULL && module->home != MODULE_RUNNER)
		report_note(g->report, at,
		    "'%s' has no effect: %s is measured without another program",
		    key->name, module->name);
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

void
entry_variable(struct grammar *g, const char *name, const char *value, struct place at)
{
	struct frame *f = grammar_frame(g);
	const struct schema_key *key = entry_key(f, name);

	if (key != NULL && (key->flags & KEY_INTERNAL) && !g->checked)
		key = NULL;
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
			    grammar_path(g), name);
		else
			unknown_variable(g, name, at);
		return;
	}
	if (g->vars >= VARS_MAX) {
		report_error(
		    g->report, at, "too many variables, expected at most %d", VARS_MAX);
		return;
	}
	bool fits = key == NULL || variable_fits(g, key, name, value, at);
	if (!fits && !(key->flags & (KEY_MANDATORY | KEY_WANTED)))
		return;
	/* What is complained of is kept where it would be missing as well. */
	if (!fits)
		value = "";
	if (f->schema != NULL && f->schema->kind == SCHEMA_TARGET &&
	    !target_order(g, name, value, at))
		value = "";
	if (!variable_put(g, key, name, value, at)) {
		report_error(g->report, at,
		    "variable already defined: '%s', expected it once in %s", name,
		    grammar_path(g));
		return;
	}
	if (key != NULL && fits)
		variable_remarks(g, key, value, at);
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

void
entry_row(struct grammar *g, char *line, struct place at)
{
	const struct frame *f = grammar_frame(g);
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
