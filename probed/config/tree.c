/* The tree: its memory and how it is read. */
#include "config/tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fnv.h"
#include "base/mem.h"
#include "config/schema.h"

#define BLOCK_SIZE (64 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

static void *
arena_room(struct arena *arena, size_t size, size_t align)
{
	struct arena_block *block = arena->block;
	size_t at = block == NULL ? 0 : (block->used + align - 1) & ~(align - 1);

	if (block == NULL || at > block->size || block->size - at < size) {
		size_t room = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;

		block = mem_alloc(sizeof(*block) + room);
		block->size = room;
		block->used = 0;
		block->next = arena->block;
		arena->block = block;
		at = 0;
	}
	block->used = at + size;
	return block->data + at;
}

void *
arena_zero(struct arena *arena, size_t size)
{
	return memset(arena_room(arena, size, sizeof(void *)), 0, size);
}

void *
arena_copy(struct arena *arena, const void *from, size_t size)
{
	if (size == 0)
		return NULL;
	return memcpy(arena_room(arena, size, sizeof(void *)), from, size);
}

char *
arena_strn(struct arena *arena, const char *s, size_t len)
{
	char *copy = arena_room(arena, len + 1, 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_str(struct arena *arena, const char *s)
{
	return s == NULL ? NULL : arena_strn(arena, s, strlen(s));
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text, *copy;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		fatal("vasprintf");
	va_end(ap);
	copy = arena_str(arena, text);
	free(text);
	return copy;
}

static void
arena_free(struct arena *arena)
{
	struct arena_block *next;

	for (struct arena_block *b = arena->block; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	arena->block = NULL;
}

const struct conf_var *
conf_var(const struct conf_section *section, const char *key)
{
	if (section == NULL)
		return NULL;
	for (size_t i = 0; i < section->vars; i++)
		if (strcmp(section->var[i].key, key) == 0)
			return &section->var[i];
	return NULL;
}

const char *
conf_value(const struct conf_section *section, const char *key, const char *fallback)
{
	const struct conf_var *var = conf_var(section, key);

	return var != NULL ? var->value : fallback;
}

const struct conf_section *
conf_child(const struct conf_section *section, const char *name)
{
	if (section == NULL)
		return NULL;
	for (const struct conf_section *s = section->first; s != NULL; s = s->next)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

const struct conf_section *
conf_top(const struct conf *conf, const char *name)
{
	return conf_child(conf->root, name);
}

void
tree_add_section(
    struct conf *conf, const char *name, const struct conf_var *var, size_t vars)
{
	struct arena *arena = &((struct conf_tree *)conf)->arena;
	struct conf_section *s = arena_zero(arena, sizeof *s), **end;

	s->name = name;
	s->at = (struct place){ "command line", 1 };
	s->parent = conf->root;
	s->vars = vars;
	s->var = arena_copy(arena, var, vars * sizeof *var);
	for (size_t i = 0; i < vars; i++) {
		s->var[i].value = arena_str(arena, var[i].value);
		s->var[i].at = s->at;
	}
	for (end = &conf->root->first; *end != NULL; end = &(*end)->next)
		continue;
	*end = s;
}

void
conf_forget(struct conf *conf, const char *section, const char *key)
{
	struct conf_var *var =
	    (struct conf_var *)conf_var(conf_top(conf, section), key);

	if (var != NULL)
		var->value = "";
}

/* The same everywhere and at every start. */
uint64_t
conf_target_id(const char *path)
{
	return fnv(FNV_BEGIN, path, strlen(path));
}

const struct conf_target *
conf_target_by_id(const struct conf *conf, uint64_t id)
{
	const struct conf_tree *tree = (const struct conf_tree *)conf;
	size_t low = 0, high = conf->target_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct conf_target *t = &tree->by_id[mid]->target;

		if (t->id == id)
			return t;
		if (t->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct conf_target *
conf_target_by_path(const struct conf *conf, const char *path)
{
	const struct conf_target *t;

	if (*path == '\0')
		return conf->targets;
	t = conf_target_by_id(conf, conf_target_id(path));
	return t != NULL && strcmp(t->path, path) == 0 ? t : NULL;
}

const struct conf_section *
conf_target_override(const struct conf_target *t)
{
	return ((const struct target_node *)t)->overrides;
}

const struct conf_section *
conf_probe_override(const struct conf *conf, const struct conf_probe *p)
{
	const struct conf_tree *tree = (const struct conf_tree *)conf;

	if (p == NULL || tree->probe_overrides == NULL)
		return NULL;
	return tree->probe_overrides[p - conf->probe];
}

/* What *** Overrides *** say for T: nearest section of its path first, then its probe.
 */
static const struct conf_var *
override_var(const struct conf *conf, const struct conf_target *t, const char *key)
{
	for (const struct conf_target *n = t; n != NULL; n = n->parent) {
		const struct conf_var *var = conf_var(conf_target_override(n), key);

		if (var != NULL)
			return var;
	}
	return conf_var(conf_probe_override(conf, t->probe), key);
}

const struct conf_var *
conf_target_var(const struct conf *conf, const struct conf_target *t, const char *key)
{
	const struct conf_var *var = override_var(conf, t, key);

	if (var == NULL)
		var = conf_var(t->section, key);
	if (var == NULL && t->probe != NULL)
		var = conf_var(t->probe->section, key);
	return var;
}

const char *
conf_target_value(const struct conf *conf, const struct conf_target *t, const char *key,
    struct place *at)
{
	const struct conf_var *var = conf_target_var(conf, t, key);
	const struct schema_key *k;

	if (var != NULL) {
		if (at != NULL)
			*at = var->at;
		return var->value;
	}
	if (t->probe == NULL)
		return NULL;
	if (at != NULL)
		*at = t->section->at;
	k = module_key(module_find(t->probe->module), key);
	return k != NULL ? k->fallback : NULL;
}

/* Does LIST, "KEY VALUE VALUE ", name the value of KEY that is in force at T? */
static bool
is_heavy(const struct conf *conf, const struct conf_target *t, const char *list)
{
	size_t len = strcspn(list, " ");
	char key[32];

	if (len >= sizeof key)
		return false;
	memcpy(key, list, len);
	key[len] = '\0';
	const char *value = conf_target_value(conf, t, key, NULL);
	if (value == NULL || *value == '\0')
		return false;
	for (list += len; *(list += strspn(list, " ")) != '\0'; list += len) {
		len = strcspn(list, " ");
		if (strlen(value) == len && strncasecmp(list, value, len) == 0)
			return true;
	}
	return false;
}

bool
conf_target_is_pinged(const struct conf_target *t)
{
	return (t->kind == CONF_MEASURED || t->kind == CONF_DYNAMIC) &&
	       !t->nomasterpoll && !t->filtered;
}

enum module_home
conf_target_home(const struct conf *conf, const struct conf_target *t)
{
	const struct module *m;

	if (t->probe == NULL)
		return MODULE_NOBODY;
	m = module_find(t->probe->module);
	if (m != NULL && m->heavy != NULL && is_heavy(conf, t, m->heavy))
		return MODULE_FETCHER;
	return t->probe->home;
}

void
conf_free(struct conf *conf)
{
	struct conf_tree *tree = (struct conf_tree *)conf;

	if (tree == NULL)
		return;
	arena_free(&tree->arena);
	free(tree);
}
