/* Helping somebody who mistyped: what was probably meant, what would be right. */
#include "config/meant.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_MEANT 31 /* letters of a name that is looked up by likeness */

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

const char *
meant_module(const char *name)
{
	static char buf[64];
	const struct module *module;

	for (size_t i = 0; (module = module_at(i)) != NULL; i++)
		if (strcasecmp(module->name, name) == 0 ||
		    (strlen(name) > 3 && distance(module->name, name) < 2)) {
			snprintf(buf, sizeof(buf), ", expected '%s'?", module->name);
			return buf;
		}
	return "";
}

const char *
meant_sections(const struct schema *schema, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	if (schema->child == NULL)
		return buf;
	for (const struct schema *s = schema->child; s->name != NULL && len < size; s++)
		if (s->name[0] != '/' && !s->internal)
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
			    len > 0 ? ", " : "", s->name);
	if (len == 0)
		snprintf(buf, size, "letters, digits, - and _");
	return buf;
}

const char *
meant_key(const struct frame *f, const char *name)
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

void
meant_keys(const struct frame *f, char *buf, size_t size)
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
