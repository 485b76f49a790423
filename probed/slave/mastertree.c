#include "slave/mastertree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"

#define STAMP_MAX 1000000000U /* September 2001 as a time */

struct maker {
	const struct conf *conf;
	const struct conf_slave *slave;
	bool own;
	const struct conf_probe **used; /* by a target that is told; conf->probe_count */
};

static void
put(struct data *table, const char *key, const char *text)
{
	if (text != NULL)
		data_add(table, key, data_text(text));
}

static void
put_number(struct data *table, const char *key, unsigned n)
{
	char text[16];

	snprintf(text, sizeof text, "%u", n);
	put(table, key, text);
}

/* --- General, Database ----------------------------------------------------------- */

static struct data *
make_general(const struct maker *m)
{
	/* Nothing that a slave has no use for, nor a password. */
	static const struct {
		const char *key, *fallback;
	} keys[] = {
		{ "owner", "unknown" },
		{ "contact", "nobody@localhost" },
		{ "cgiurl", "http://localhost/smokeping.cgi" },
		{ "datadir", NULL },
		{ "dyndir", NULL },
		{ "piddir", NULL },
		{ "display_name", NULL },
		{ "offset", NULL },
		{ "syslogfacility", NULL },
		{ "syslogpriority", NULL },
		{ "concurrentprobes", "yes" },
		{ "changeprocessnames", "yes" },
	};
	const struct conf_section *general = conf_top(m->conf, "General");
	struct data *table = data_new(DATA_TABLE);

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		put(table, keys[i].key,
		    conf_value(general, keys[i].key, keys[i].fallback));
	return table;
}

static struct data *
make_database(const struct maker *m)
{
	struct data *table = data_new(DATA_TABLE), *rows = data_new(DATA_LIST);

	put_number(table, "step", m->conf->step);
	put_number(table, "pings", m->conf->pings);
	for (size_t i = 0; i < m->conf->rra_count; i++) {
		const struct conf_rra *a = &m->conf->rra[i];
		struct data *row = data_new(DATA_LIST);
		char text[32];

		data_add(row, NULL, data_text(a->cf));
		snprintf(text, sizeof text, "%g", a->xff);
		data_add(row, NULL, data_text(text));
		snprintf(text, sizeof text, "%u", a->steps);
		data_add(row, NULL, data_text(text));
		snprintf(text, sizeof text, "%u", a->rows);
		data_add(row, NULL, data_text(text));
		data_add(rows, NULL, row);
	}
	data_add(table, "_table", rows);
	return table;
}

/* --- Probes ---------------------------------------------------------------------- */

/* The variables that P's section has, and the defaults of its module, since a slave
 * takes what it gets as complete. */
static struct data *
make_probe(const struct maker *m, const struct conf_probe *p)
{
	struct data *table = data_new(DATA_TABLE);
	const struct module *module = module_find(p->module);
	const struct schema_key *k;

	for (size_t i = 0; i < p->section->vars; i++) {
		const struct conf_var *v = &p->section->var[i];

		if (m->own || schema_key_find(schema_own, v->key) == NULL ||
		    module_key(module, v->key) != NULL)
			put(table, v->key, v->value);
	}
	for (size_t i = 0; (k = module_key_at(module, i)) != NULL; i++)
		if (k->fallback != NULL && conf_var(p->section, k->name) == NULL)
			put(table, k->name, k->fallback);
	return table;
}

static struct data *
make_probes(const struct maker *m)
{
	struct data *probes = data_new(DATA_TABLE);

	for (size_t i = 0; i < m->conf->probe_count; i++) {
		const struct conf_probe *p = m->used[i];
		struct data *module;

		if (p == NULL)
			continue;
		if (strcmp(p->name, p->module) == 0) {
			data_add(probes, p->name, make_probe(m, p));
			continue;
		}
		module = data_get(probes, p->module);
		if (module == NULL)
			module = data_add(probes, p->module, data_new(DATA_TABLE));
		data_add(module, p->name, make_probe(m, p));
	}
	return probes;
}

/* --- Targets --------------------------------------------------------------------- */

static bool
measures(const struct maker *m, const struct conf_target *t)
{
	for (size_t i = 0; i < t->slaves; i++)
		if (t->slave[i] == m->slave)
			return true;
	return false;
}

/* The variables of T's probe that are in force here. */
static void
put_variables(const struct maker *m, struct data *table, const struct conf_target *t)
{
	const struct module *module = module_find(t->probe->module);
	const struct schema_key *k;

	for (size_t i = 0; (k = module_key_at(module, i)) != NULL; i++)
		if ((k->flags & KEY_TARGET) != 0 && strcmp(k->name, "host") != 0 &&
		    strcmp(k->name, "pings") != 0)
			put(table, k->name,
			    conf_target_value(m->conf, t, k->name, NULL));
	if (module != NULL && !module->fping)
		put_number(table, "pings", t->pings);
	for (k = schema_own; m->own && k->name != NULL; k++) {
		const struct conf_var *v = conf_target_var(m->conf, t, k->name);

		if (module_key(module, k->name) == NULL && v != NULL)
			put(table, k->name, v->value);
	}
}

/* T and what is below it; NULL when there is nothing for the slave. */
static struct data *
make_target(const struct maker *m, const struct conf_target *t)
{
	struct data *table = data_new(DATA_TABLE);
	bool any = t->kind == CONF_MEASURED && t->probe != NULL && measures(m, t);

	if (t->probe != NULL)
		put(table, "probe", t->probe->name);
	put(table, "menu", t->menu);
	put(table, "title", t->title);
	put(table, "nomasterpoll", "no"); /* it polls whatever the master does */
	if (any) {
		put(table, "host", t->host);
		put(table, "slaves", m->slave->name);
		put_variables(m, table, t);
	}
	for (const struct conf_target *c = t->first; c != NULL; c = c->next) {
		struct data *inner = make_target(m, c);

		if (inner != NULL)
			data_add(table, c->name, inner);
		any = any || inner != NULL;
	}
	if (!any) {
		data_free(table);
		return NULL;
	}
	if (t->probe != NULL)
		m->used[t->probe - m->conf->probe] = t->probe;
	return table;
}

/* --- overrides ------------------------------------------------------------------- */

/* Put VALUE at PATH, "Probes.FPing.binary". */
static void
override(struct data *tree, const char *path, const char *value)
{
	struct data *at = tree;
	const char *dot;

	while ((dot = strchr(path, '.')) != NULL) {
		char *key = mem_strn(path, (size_t)(dot - path));
		struct data *inner = data_get(at, key);

		/* A probe that it does not use is none of its business. */
		if ((inner == NULL || inner->kind != DATA_TABLE) &&
		    at == data_get(tree, "Probes")) {
			free(key);
			return;
		}
		if (inner == NULL || inner->kind != DATA_TABLE)
			inner = data_set(at, key, data_new(DATA_TABLE));
		free(key);
		at = inner;
		path = dot + 1;
	}
	if (*path != '\0')
		data_set(at, path, data_text(value));
}

/* --- all ------------------------------------------------------------------------- */

struct data *
mastertree_make(const struct conf *conf, const struct conf_slave *slave, bool own)
{
	struct maker m = { conf, slave, own,
		mem_zero(conf->probe_count + 1, sizeof *m.used) };
	struct data *targets = make_target(&m, conf->targets), *tree = NULL;
	const struct conf_section *s = conf_child(slave->section, "override");

	if (targets != NULL) {
		tree = data_new(DATA_TABLE);
		data_add(tree, "General", make_general(&m));
		data_add(tree, "Database", make_database(&m));
		data_add(tree, "Probes", make_probes(&m));
		data_add(tree, "Targets", targets);
		for (size_t i = 0; s != NULL && i < s->vars; i++)
			override(tree, s->var[i].key, s->var[i].value);
	}
	free(m.used);
	return tree;
}

uint32_t
mastertree_stamp(struct data *tree)
{
	char *text = NULL, number[16];
	size_t len;
	FILE *out = mem_stream(&text, &len);

	data_write_perl(tree, out);
	mem_stream_end(out);
	uint32_t stamp = 1 + (uint32_t)(conf_target_id(text) % (STAMP_MAX - 1));
	free(text);
	snprintf(number, sizeof number, "%u", stamp);
	data_set(tree, "__last", data_text(number));
	return stamp;
}
