/* Other vantage points: who they are, which targets they measure, and the names of what
 * they see. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/tree.h"
#include "config/view.h"

#define SERIES_PATH 2048

static const char blank[] = " \t\n\v\f\r";

void
slaves_build(struct view *v)
{
	struct conf *conf = &v->tree->conf;
	const struct conf_section *top = conf_top(conf, "Slaves");
	struct conf_slave *slave;
	size_t n = 0;

	for (const struct conf_section *s = top != NULL ? top->first : NULL; s != NULL;
	     s = s->next)
		n++;
	slave = arena_zero(&v->tree->arena, (n + 1) * sizeof *slave);
	conf->slave = slave;
	conf->slave_count = n;
	for (const struct conf_section *s = top != NULL ? top->first : NULL; s != NULL;
	     s = s->next, slave++) {
		slave->name = s->name;
		slave->display_name = conf_value(s, "display_name", s->name);
		slave->location = conf_value(s, "location", "");
		slave->color = conf_value(s, "color", "0000ff");
		slave->secret = conf_value(s, "secret", NULL);
		slave->section = s;
	}
}

const struct conf_slave *
conf_slave_by_name(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->slave_count; i++)
		if (strcmp(conf->slave[i].name, name) == 0)
			return &conf->slave[i];
	return NULL;
}

/* --- series ---------------------------------------------------------------------- */

int
conf_series_path(
    const struct conf_target *t, const struct conf_slave *slave, char *buf, size_t size)
{
	return conf_series_named(t, slave != NULL ? slave->name : "", buf, size);
}

int
conf_series_named(
    const struct conf_target *t, const char *slave, char *buf, size_t size)
{
	int n =
	    snprintf(buf, size, "%s%s%s", t->path, *slave != '\0' ? "~" : "", slave);

	return n >= 0 && (size_t)n < size ? 0 : -1;
}

uint64_t
conf_series_id(const struct conf_target *t, const struct conf_slave *slave)
{
	char path[SERIES_PATH];

	/* What is longer is no file name either (STORE_PATH), so that it stands for
	 * nothing. */
	if (slave == NULL)
		return t->id;
	if (conf_series_path(t, slave, path, sizeof path) < 0)
		return 0;
	return conf_target_id(path);
}

static int
by_id(const void *a, const void *b)
{
	const struct series *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

const struct conf_target *
conf_series_by_id(const struct conf *conf, uint64_t id, const struct conf_slave **slave)
{
	const struct conf_tree *tree = (const struct conf_tree *)conf;
	struct series key = { .id = id };
	const struct series *s = tree->series_count == 0
				     ? NULL
				     : bsearch(&key, tree->series, tree->series_count,
					   sizeof *tree->series, by_id);

	if (s == NULL)
		return NULL;
	if (slave != NULL)
		*slave = s->slave;
	return s->target;
}

/* --- who measures what ----------------------------------------------------------- */

/* The slaves that VAR names, into SLAVE, which has room for all there are. How many. */
static size_t
read_names(struct view *v, const struct conf_var *var, const struct conf_slave **slave)
{
	const struct conf *conf = &v->tree->conf;
	size_t n = 0;

	for (const char *p = var->value; *(p += strspn(p, blank)) != '\0';) {
		size_t len = strcspn(p, blank), i = 0;
		char *name = mem_strn(p, len);
		const struct conf_slave *s = conf_slave_by_name(conf, name);

		while (i < n && slave[i] != s)
			i++;
		if (s != NULL && i == n)
			slave[n++] = s;
		if (s == NULL && !var->inherited && !v->quiet)
			report_warning(v->report, var->at,
			    "slave '%s' is not defined in the '*** Slaves ***' "
			    "section: SmokePing would refuse that",
			    name);
		free(name);
		p += len;
	}
	return n;
}

void
slaves_assign(struct view *v)
{
	struct conf_tree *tree = v->tree;
	size_t most = tree->conf.slave_count, total = 0, n = 0;
	const struct conf_slave **found = mem_zero(most + 1, sizeof *found);
	struct series *series;

	for (size_t i = 0; i < v->nodes; i++) {
		struct conf_target *t = &v->node[i]->target;
		const struct conf_var *var = conf_var(t->section, "slaves");
		size_t count = var == NULL ? 0 : read_names(v, var, found);

		if (t->kind != CONF_MEASURED || count == 0)
			continue;
		t->slave = arena_copy(&tree->arena, found, count * sizeof *found);
		t->slaves = count;
		total += count;
	}
	free(found);
	series = arena_zero(&tree->arena, (total + 1) * sizeof *series);
	for (size_t i = 0; i < v->nodes; i++) {
		const struct conf_target *t = &v->node[i]->target;

		for (size_t k = 0; k < t->slaves; k++)
			series[n++] = (struct series){ conf_series_id(t, t->slave[k]),
				t, t->slave[k] };
	}
	if (n > 1)
		qsort(series, n, sizeof *series, by_id);
	tree->series = series;
	tree->series_count = n;
}
