#include "web/hierarchy.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "web/state.h"
#include "web/vantage.h"

#define DEPTH_MAX 64 /* elements of a path */

struct node {
	struct spot place; /* first: cast back */
	UT_hash_handle hh; /* by path */
};

struct tree {
	char *id;
	struct node *nodes; /* by path, the root too */
	struct tree *next;
};
static struct tree *trees;

static struct node *
find(const struct tree *t, const char *path)
{
	struct node *n;

	HASH_FIND_STR(t->nodes, path, n);
	return n;
}

static struct node *
node_new(struct tree *t, struct spot *parent, const char *path, const char *name)
{
	struct node *n = mem_zero(1, sizeof *n);

	n->place.path = mem_str(path);
	n->place.name = mem_str(name);
	n->place.parent = parent;
	if (parent != NULL) {
		n->place.next = parent->first;
		parent->first = &n->place;
	}
	HASH_ADD_KEYPTR(hh, t->nodes, n->place.path, strlen(path), n);
	return n;
}

/* The place NAME below PARENT, made where it is missing. */
static struct spot *
child(struct tree *t, struct spot *parent, const char *name)
{
	char *path = *parent->path != '\0' ? mem_printf("%s.%s", parent->path, name)
					   : mem_str(name);
	struct node *n = find(t, path);

	if (n == NULL)
		n = node_new(t, parent, path, name);
	free(path);
	return &n->place;
}

/* Hang TARGET below PLACE, "/A/B" of LEN bytes. */
static void
hang(struct tree *t, const struct conf_target *target, const char *place, size_t len)
{
	struct spot *at = &find(t, "")->place;
	const char *end = place + len;

	for (unsigned depth = 0; place < end && depth < DEPTH_MAX; depth++) {
		place += strspn(place, "/");
		size_t n = strcspn(place, "/ \t");
		if (place >= end || n == 0)
			break;
		char *name = mem_strn(place, n);
		at = child(t, at, name);
		free(name);
		place += n;
	}
	child(t, at, target->name)->target = target;
}

static int
by_name(const void *a, const void *b)
{
	const struct spot *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Children were put in front of each other; SmokePing shows them by name. */
static void
sort(struct spot *p)
{
	struct spot **child;
	size_t n = 0;

	for (struct spot *c = p->first; c != NULL; c = c->next)
		n++;
	if (n < 2)
		return;
	child = mem_alloc(n * sizeof *child);
	n = 0;
	for (struct spot *c = p->first; c != NULL; c = c->next)
		child[n++] = c;
	qsort(child, n, sizeof *child, by_name);
	for (size_t i = 0; i < n; i++)
		child[i]->next = i + 1 < n ? child[i + 1] : NULL;
	p->first = child[0];
	free(child);
}

static struct tree *
build(const char *id)
{
	const struct conf *conf = state_conf();
	struct tree *t = mem_zero(1, sizeof *t);
	struct node *n, *tmp;
	size_t id_len = strlen(id);

	t->id = mem_str(id);
	node_new(t, NULL, "", "");
	for (size_t i = 0; i < conf->target_count; i++) {
		const char *at = conf_value(conf->target[i]->section, "parents", "");
		while (*(at += strspn(at, " \t")) != '\0') {
			size_t len = strcspn(at, " \t");
			if (len > id_len && strncmp(at, id, id_len) == 0 &&
			    at[id_len] == ':')
				hang(t, conf->target[i], at + id_len + 1,
				    len - id_len - 1);
			at += len;
		}
	}
	HASH_ITER(hh, t->nodes, n, tmp)
		sort(&n->place);
	t->next = trees;
	trees = t;
	return t;
}

const struct spot *
hierarchy_root(const char *id)
{
	const struct conf_section *all =
	    conf_child(conf_top(state_conf(), "Presentation"), "hierarchies");
	struct tree *t = trees;

	if (conf_child(all, id) == NULL)
		return NULL;
	while (t != NULL && strcmp(t->id, id) != 0)
		t = t->next;
	if (t == NULL)
		t = build(id);
	return &find(t, "")->place;
}

const struct spot *
hierarchy_spot(const struct spot *root, const char *path)
{
	for (const struct tree *t = trees; t != NULL; t = t->next)
		if (&find(t, "")->place == root) {
			const struct node *n = find(t, path);
			return n != NULL ? &n->place : NULL;
		}
	return NULL;
}

const struct spot *
hierarchy_parse(const struct spot *root, const char *path, char *slave)
{
	size_t len = strcspn(path, "~");
	char *place = mem_strn(path, len);
	const struct spot *p = hierarchy_spot(root, place);

	free(place);
	slave[0] = '\0';
	if (p == NULL || path[len] == '\0')
		return p;
	if (p->target == NULL)
		return NULL;
	char *name = mem_printf("%s%s", p->target->path, path + len);
	if (vantage_parse(state_conf(), name, '.', slave) == NULL)
		p = NULL;
	free(name);
	return p;
}

static int
by_id(const void *a, const void *b)
{
	const struct conf_section *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

const struct conf_section **
hierarchy_list(size_t *count)
{
	const struct conf_section *all =
	    conf_child(conf_top(state_conf(), "Presentation"), "hierarchies");
	const struct conf_section **list;
	size_t n = 0;

	for (const struct conf_section *s = all != NULL ? all->first : NULL; s != NULL;
	     s = s->next)
		n++;
	list = mem_alloc((n + 1) * sizeof *list);
	*count = n;
	n = 0;
	for (const struct conf_section *s = all != NULL ? all->first : NULL; s != NULL;
	     s = s->next)
		list[n++] = s;
	qsort(list, n, sizeof *list, by_id);
	return list;
}

const char *
spot_menu(const struct spot *p)
{
	return p->target != NULL ? p->target->menu : p->name;
}

void
hierarchy_forget(void)
{
	struct tree *t;

	while ((t = trees) != NULL) {
		struct node *n, *tmp;
		trees = t->next;
		HASH_ITER(hh, t->nodes, n, tmp) {
			HASH_DEL(t->nodes, n);
			free((char *)n->place.path);
			free((char *)n->place.name);
			free(n);
		}
		free(t->id);
		free(t);
	}
}
