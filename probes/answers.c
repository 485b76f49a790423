#include "probes/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* --- to the host ------------------------------------------------------------------ */

static void
answers_give(const struct answers *a, unsigned n)
{
	if (n < a->count && a->ns[n] >= 0)
		probe_reply(a->run, a->first + n, a->ns[n], STAMP_USER);
	else
		probe_lost(a->run, a->first + n, a->why, true);
}

void
answers_ask(struct answers *a, unsigned seq)
{
	a->asked = seq - a->first + 1;
	if (a->told)
		answers_give(a, seq - a->first);
}

void
answers_take(struct answers *a, const struct times *t)
{
	a->why = t->why;
	a->text = t->text[0] == '\0' ? NULL : mem_str(t->text);
	a->count = t->count < a->pings ? t->count : a->pings;
	a->ns = mem_alloc(a->count * sizeof *a->ns);
	memcpy(a->ns, t->ns, a->count * sizeof *a->ns);
}

void
answers_tell(struct answers *a)
{
	a->told = true;
	probe_detail(a->run, a->text);
	for (unsigned n = 0; n < a->asked; n++)
		answers_give(a, n);
}

void
answers_free(struct answers *a)
{
	free(a->ns);
	free(a->text);
}

/* --- whose fault it is ------------------------------------------------------------ */

void
answers_blame(struct times *t, const char *who, enum ping_outcome why, const char *what)
{
	const char *slash = strrchr(who, '/');

	t->why = why;
	snprintf(t->text, sizeof t->text, "%.24s: %.130s",
	    slash == NULL ? who : slash + 1, what);
}
