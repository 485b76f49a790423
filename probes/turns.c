#include "probes/turns.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/net.h"

#define TURNS_FORKS 5 /* basefork's default */
#define TURNS_FORKS_MAX 1000

struct turns {
	char *probe;
	unsigned users, atonce, acting;
	bool giving; /* turns_next() is at work */
	TAILQ_HEAD(, turn) waiting;
	LIST_ENTRY(turns) link;
};

static LIST_HEAD(, turns) all = LIST_HEAD_INITIALIZER(all);

struct turns *
turns_of(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct turns *s;
	long forks;

	if (net_var_number(
		conf, t, "forks", 1, TURNS_FORKS_MAX, TURNS_FORKS, &forks, err) != 0)
		return NULL;
	LIST_FOREACH(s, &all, link)
	if (strcmp(s->probe, t->probe->name) == 0)
		break;
	if (s == NULL) {
		s = mem_zero(1, sizeof *s);
		s->probe = mem_str(t->probe->name);
		TAILQ_INIT(&s->waiting);
		LIST_INSERT_HEAD(&all, s, link);
	}
	s->atonce = (unsigned)forks;
	s->users++;
	return s;
}

void
turns_drop(struct turns *s)
{
	if (--s->users > 0)
		return;
	LIST_REMOVE(s, link);
	free(s->probe);
	free(s);
}

static void
turns_next(struct turns *s)
{
	struct turn *t;

	/* Whoever is done at once gives its turn back from inside go(): the loop that
	 * called it goes on, and no queue of them piles up on the stack. */
	if (s->giving)
		return;
	s->giving = true;
	while (s->acting < s->atonce && (t = TAILQ_FIRST(&s->waiting)) != NULL) {
		TAILQ_REMOVE(&s->waiting, t, link);
		t->acts = true;
		s->acting++;
		t->go(t->ctx);
	}
	s->giving = false;
}

void
turns_take(struct turns *s, struct turn *t)
{
	if (t->of != NULL)
		return;
	t->of = s;
	t->acts = false;
	TAILQ_INSERT_TAIL(&s->waiting, t, link);
	turns_next(s);
}

void
turns_give(struct turn *t)
{
	struct turns *s = t->of;

	if (s == NULL)
		return;
	t->of = NULL;
	if (t->acts)
		s->acting--;
	else
		TAILQ_REMOVE(&s->waiting, t, link);
	turns_next(s);
}
