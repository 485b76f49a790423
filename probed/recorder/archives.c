#include "recorder/archives.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
archives_free(struct archives *a)
{
	for (size_t i = 0; i < a->count; i++)
		free((char *)(uintptr_t)a->rra[i].cf); /* const is for readers */
	free(a->rra);
	*a = (struct archives){ NULL, 0 };
}

bool
archives_same(const struct archives *a, const struct conf *conf)
{
	if (a->count != conf->rra_count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->rra[i].cf, conf->rra[i].cf) != 0 ||
		    a->rra[i].xff != conf->rra[i].xff ||
		    a->rra[i].steps != conf->rra[i].steps ||
		    a->rra[i].rows != conf->rra[i].rows)
			return false;
	return true;
}

void
archives_take(struct archives *a, const struct conf *conf)
{
	archives_free(a);
	a->rra = mem_zero(conf->rra_count, sizeof *a->rra);
	a->count = conf->rra_count;
	for (size_t i = 0; i < a->count; i++) {
		a->rra[i] = conf->rra[i];
		a->rra[i].cf = mem_str(conf->rra[i].cf);
	}
}
