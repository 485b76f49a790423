/* What should be there and is not. */
#include "config/missing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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
	const char *path = grammar_path(g);

	if (f->schema->key != NULL)
		for (const struct schema_key *k = f->schema->key; k->name != NULL; k++)
			missing_key(g, f->section, path, k);
}

void
missing_sections(struct grammar *g, const struct frame *f)
{
	if (f->schema->child == NULL)
		return;
	for (const struct schema *s = f->schema->child; s->name != NULL; s++)
		if (s->mandatory && conf_child(f->section, s->name) == NULL)
			report_error(g->report, f->section->at,
			    "mandatory section '%s' not defined in %s, expected + %s",
			    s->name, grammar_path(g), s->name);
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
			missing_key(g, f->section, grammar_path(g), k);
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

void
missing_entries(struct grammar *g, const struct frame *f)
{
	missing_keys(g, f);
	if (f->schema->kind == SCHEMA_TARGET && !f->lax)
		missing_target(g, f);
}

void
missing_at_end(struct grammar *g, struct place whole)
{
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
		const char *name = idle->key->name;

		if (idle->count == 1)
			report_warning(g->report, idle->at, "'%s' has no effect: %s",
			    name, idle->key->instead);
		else
			report_warning(g->report, idle->at,
			    "'%s' has no effect: %s (here and in %u other places)",
			    name, idle->key->instead, idle->count - 1);
	}
}
