#include "recorder/firsts.h"

#include <stdlib.h>

#include <uthash.h>

#include "base/mem.h"

struct first {
	uint64_t target;
	UT_hash_handle hh;
};

struct firsts {
	struct first *waited;
};

struct firsts *
firsts_new(const struct conf *conf)
{
	struct firsts *f = mem_zero(1, sizeof *f);

	for (size_t i = 0; i < conf->target_count; i++) {
		struct first *one;

		if (!conf_target_is_pinged(conf->target[i]))
			continue;
		one = mem_zero(1, sizeof *one);
		one->target = conf->target[i]->id;
		HASH_ADD(hh, f->waited, target, sizeof one->target, one);
	}
	return f;
}

void
firsts_seen(struct firsts *f, uint64_t target)
{
	struct first *one;

	HASH_FIND(hh, f->waited, &target, sizeof target, one);
	if (one == NULL)
		return;
	HASH_DEL(f->waited, one);
	free(one);
}

bool
firsts_all(const struct firsts *f)
{
	return f->waited == NULL;
}

void
firsts_free(struct firsts *f)
{
	struct first *one, *next;

	if (f == NULL)
		return;
	HASH_ITER(hh, f->waited, one, next) {
		HASH_DEL(f->waited, one);
		free(one);
	}
	free(f);
}
