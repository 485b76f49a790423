#include "recorder/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "recorder/aside.h"
#include "recorder/identity.h"
#include "recorder/renamed.h"
#include "store.h"

#define HEAD "smokebox files 1\n"
#define LINE_MAX_LEN 4096
#define POSSIBLE_MAX 8

/* --- entries --------------------------------------------------------------------- */

struct ledger_entry *
ledger_find(const struct ledger *l, const char *path)
{
	struct ledger_entry *e;

	HASH_FIND_STR(l->entry, path, e);
	return e;
}

static struct ledger_entry *
entry_add(struct ledger *l, const char *path)
{
	struct ledger_entry *e = mem_zero(1, sizeof *e);

	e->path = mem_str(path);
	HASH_ADD_KEYPTR(hh, l->entry, e->path, strlen(e->path), e);
	l->changed = true;
	return e;
}

static void
entry_free(struct ledger *l, struct ledger_entry *e)
{
	HASH_DEL(l->entry, e);
	free(e->path);
	free(e->words);
	free(e);
	l->changed = true;
}

void
ledger_free(struct ledger *l)
{
	struct ledger_entry *e, *next;

	HASH_ITER(hh, l->entry, e, next)
		entry_free(l, e);
}

void
ledger_set_table(struct ledger *l, struct ledger_entry *e, uint64_t table)
{
	l->changed |= e->table != table;
	e->table = table;
}

/* --- on disk --------------------------------------------------------------------- */

/* "WHAT HOST TABLE PATH WORDS", numbers in hexadecimal digits. */
static bool
take_line(struct ledger *l, char *line)
{
	uint64_t what, host, table;
	char path[STORE_PATH], file[STORE_PATH];
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%16" SCNx64 " %16" SCNx64 " %16" SCNx64 " %1023s %n", &what,
		&host, &table, path, &at) != 4 ||
	    at == 0 || store_rrd_path(file, path) < 0 || ledger_find(l, path) != NULL)
		return false;
	struct ledger_entry *e = entry_add(l, path);
	e->what = what;
	e->host = host;
	e->table = table;
	e->words = mem_str(line + at);
	return true;
}

unsigned
ledger_take(struct ledger *l, FILE *f)
{
	char line[LINE_MAX_LEN];
	unsigned broken = 0;

	if (fgets(line, sizeof line, f) == NULL || strcmp(line, HEAD) != 0)
		return 1;
	while (fgets(line, sizeof line, f) != NULL)
		broken += !take_line(l, line);
	return broken;
}

void
ledger_read(struct ledger *l)
{
	FILE *f = fopen(LEDGER, "re");

	if (f == NULL) {
		if (errno != ENOENT)
			log_warn("%s", LEDGER);
		return;
	}
	unsigned broken = ledger_take(l, f);
	fclose(f);
	l->changed = broken != 0;
	if (broken != 0)
		log_warnx("%s: %u lines are not understood and left out; renamed "
			  "targets may not find their history by themselves",
		    LEDGER, broken);
}

int
ledger_write(struct ledger *l)
{
	static const char fresh[] = LEDGER ".new";
	FILE *f = aside_parents(fresh) < 0 ? NULL : fopen(fresh, "we");
	struct ledger_entry *e;

	if (f == NULL)
		return -1;
	fputs(HEAD, f);
	for (e = l->entry; e != NULL; e = e->hh.next)
		fprintf(f, "%016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %s %s\n",
		    e->what, e->host, e->table, e->path, e->words);
	bool bad = fflush(f) != 0 || ferror(f);
	int error = errno;
	bad |= fclose(f) != 0;
	if (!bad && rename(fresh, LEDGER) == 0) {
		l->changed = false;
		return 0;
	}
	if (!bad)
		error = errno;
	unlink(fresh);
	errno = error;
	return -1;
}

/* --- whose is what --------------------------------------------------------------- */

/* A target that is gone, or one that is new. */
struct loose {
	const char *path, *name; /* NAME: its last element */
	uint64_t what, host;
	bool taken; /* by a certain move */
};

struct list {
	struct loose *at;
	size_t count;
};

static void
list_add(struct list *list, const char *path, uint64_t what, uint64_t host)
{
	const char *dot = strrchr(path, '.');

	list->at = mem_grow(list->at, list->count + 1, sizeof *list->at);
	list->at[list->count++] = (struct loose){
		.path = path,
		.name = dot == NULL ? path : dot + 1,
		.what = what,
		.host = host,
	};
}

static struct list
list_gone(const struct ledger *l, const struct conf *conf)
{
	struct list list = { NULL, 0 };
	struct ledger_entry *e;

	for (e = l->entry; e != NULL; e = e->hh.next) {
		const struct conf_target *t = conf_target_by_path(conf, e->path);
		if ((t == NULL || !identity_has_file(t)) && renamed_has_files(e->path))
			list_add(&list, e->path, e->what, e->host);
	}
	return list;
}

static struct list
list_new(const struct ledger *l, const struct conf *conf)
{
	struct list list = { NULL, 0 };

	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		char file[STORE_PATH];
		if (identity_has_file(t) && ledger_find(l, t->path) == NULL &&
		    store_rrd_path(file, t->path) == 0 && access(file, F_OK) != 0)
			list_add(
			    &list, t->path, identity_of(conf, t), identity_host(t));
	}
	return list;
}

static int
by_what(const void *a, const void *b)
{
	const struct loose *x = a, *y = b;

	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
by_host(const void *a, const void *b)
{
	const struct loose *x = a, *y = b;

	return (x->host > y->host) - (x->host < y->host);
}

struct moves {
	struct ledger_move *at;
	size_t count;
};

static void
moves_add(struct moves *m, struct loose *from, struct loose *to, bool certain)
{
	m->at = mem_grow(m->at, m->count + 1, sizeof *m->at);
	m->at[m->count++] = (struct ledger_move){ from->path, to->path, certain };
	from->taken |= certain;
	to->taken |= certain;
}

static int
by_what_alone(const void *a, const void *b)
{
	const struct loose *x = a, *y = b;

	return (x->what > y->what) - (x->what < y->what);
}

/* How many at the head of LIST, COUNT long, are equal to LIKE by ORDER. */
static size_t
run_of(const struct loose *list, size_t count, const struct loose *like,
    int (*order)(const void *, const void *))
{
	size_t n = 0;

	while (n < count && order(&list[n], like) == 0)
		n++;
	return n;
}

/* Go through both lists, sorted by ORDER, and have PAIR look at what is equal. */
static void
for_equal(struct moves *m, struct list *gone, struct list *new,
    int (*order)(const void *, const void *),
    void (*pair)(struct moves *, struct loose *, size_t, struct loose *, size_t))
{
	size_t a = 0, b = 0;

	while (a < gone->count && b < new->count) {
		int which = order(&gone->at[a], &new->at[b]);
		if (which == 0) {
			const struct loose *like = &gone->at[a];
			size_t gones = run_of(like, gone->count - a, like, order);
			size_t news = run_of(&new->at[b], new->count - b, like, order);
			pair(m, &gone->at[a], gones, &new->at[b], news);
			a += gones;
			b += news;
		} else if (which < 0) {
			a++;
		} else {
			b++;
		}
	}
}

/* The only one of COUNT that is not taken, or NULL. */
static struct loose *
only(struct loose *list, size_t count)
{
	struct loose *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (list[i].taken)
			continue;
		if (found != NULL)
			return NULL;
		found = &list[i];
	}
	return found;
}

static void
pair_only(
    struct moves *m, struct loose *gone, size_t gones, struct loose *new, size_t news)
{
	struct loose *from = only(gone, gones), *to = only(new, news);

	if (from != NULL && to != NULL)
		moves_add(m, from, to, true);
}

/* All of them are possible; a few are enough for people. */
static void
pair_all(
    struct moves *m, struct loose *gone, size_t gones, struct loose *new, size_t news)
{
	struct loose *possible[POSSIBLE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < gones && n < POSSIBLE_MAX; i++)
		if (!gone[i].taken)
			possible[n++] = &gone[i];
	for (size_t k = 0; k < news; k++)
		for (size_t i = 0; i < n && !new[k].taken; i++)
			moves_add(m, possible[i], &new[k], false);
}

struct ledger_move *
ledger_moves(const struct ledger *l, const struct conf *conf, size_t *count)
{
	struct moves m = { NULL, 0 };
	struct list gone = list_gone(l, conf), new = { NULL, 0 };

	if (gone.count != 0)
		new = list_new(l, conf);
	if (new.count != 0) {
		qsort(gone.at, gone.count, sizeof *gone.at, by_what);
		qsort(new.at, new.count, sizeof *new.at, by_what);
		/* By name first: a group was renamed. */
		for_equal(&m, &gone, &new, by_what, pair_only);
		for_equal(&m, &gone, &new, by_what_alone, pair_only);
		qsort(gone.at, gone.count, sizeof *gone.at, by_host);
		qsort(new.at, new.count, sizeof *new.at, by_host);
		for_equal(&m, &gone, &new, by_host, pair_all);
	}
	free(gone.at);
	free(new.at);
	*count = m.count;
	return m.at;
}

void
ledger_rename(struct ledger *l, const char *from, const char *to)
{
	struct ledger_entry *old = ledger_find(l, from), *e;

	if (old == NULL || ledger_find(l, to) != NULL)
		return;
	e = entry_add(l, to);
	e->what = old->what;
	e->host = old->host;
	e->table = old->table;
	e->words = mem_str(old->words);
	entry_free(l, old);
}

void
ledger_settle(struct ledger *l, const struct conf *conf)
{
	struct ledger_entry *e, *next;

	for (e = l->entry; e != NULL; e = e->hh.next)
		e->wanted = false;
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		if (!identity_has_file(t))
			continue;
		uint64_t what = identity_of(conf, t);
		e = ledger_find(l, t->path);
		if (e == NULL)
			e = entry_add(l, t->path);
		e->wanted = true;
		if (e->what == what && e->words != NULL)
			continue;
		l->changed = true;
		e->what = what;
		e->host = identity_host(t);
		free(e->words);
		e->words = mem_printf(
		    "%.200s %.100s", t->host, t->probe == NULL ? "" : t->probe->name);
	}
	HASH_ITER(hh, l->entry, e, next)
		if (!e->wanted && !renamed_has_files(e->path))
			entry_free(l, e);
}
