#include "recorder/archives.h"

#include <stdint.h>
#include <stdio.h>
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

static bool
rra_equal(
    const struct conf_rra *a, size_t a_count, const struct conf_rra *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (strcmp(a[i].cf, b[i].cf) != 0 || a[i].xff != b[i].xff ||
		    a[i].steps != b[i].steps || a[i].rows != b[i].rows)
			return false;
	return true;
}

bool
archives_equal(const struct archives *a, const struct archives *b)
{
	return rra_equal(a->rra, a->count, b->rra, b->count);
}

void
archives_copy(struct archives *a, const struct conf_rra *rra, size_t count)
{
	archives_free(a);
	a->rra = mem_zero(count, sizeof *a->rra);
	a->count = count;
	for (size_t i = 0; i < count; i++) {
		a->rra[i] = rra[i];
		a->rra[i].cf = mem_str(rra[i].cf);
	}
}

bool
archives_same(const struct archives *a, const struct conf *conf)
{
	return rra_equal(a->rra, a->count, conf->rra, conf->rra_count);
}

void
archives_take(struct archives *a, const struct conf *conf)
{
	archives_copy(a, conf->rra, conf->rra_count);
}

uint64_t
archives_hash(const struct archives *a)
{
	char text[128];
	uint64_t hash = a->count + 1;

	for (size_t i = 0; i < a->count; i++) {
		snprintf(text, sizeof text, "%s:%.6g:%u:%u:%016llx", a->rra[i].cf,
		    a->rra[i].xff, a->rra[i].steps, a->rra[i].rows,
		    (unsigned long long)hash);
		hash = conf_target_id(text);
	}
	return hash != 0 ? hash : 1;
}
