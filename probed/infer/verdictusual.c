/* What is usual, over a restart: baselines as bytes, and those of series that did not
 * come yet. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/verdict_impl.h"

/* Baselines that were loaded, of series that are not there. */
struct verdict_stash {
	UT_hash_handle hh;
	uint64_t id;
	struct hourly baseline;
};

static void
drop(struct verdict *v, struct verdict_stash *st)
{
	HASH_DEL(v->stash, st);
	free(st);
}

void
verdict_stash_take(struct verdict *v, struct series *s)
{
	struct verdict_stash *st;

	HASH_FIND(hh, v->stash, &s->id, sizeof s->id, st);
	if (st == NULL)
		return;
	s->baseline = st->baseline;
	drop(v, st);
}

void
verdict_stash_free(struct verdict *v)
{
	struct verdict_stash *st, *next;

	HASH_ITER(hh, v->stash, st, next)
		drop(v, st);
}

/* --- bytes ------------------------------------------------------------------------ */

#define MAGIC "smokebox-usual1\n"
#define HEAD (sizeof MAGIC - 1 + 4)

/* A sum of all that lies before it: a file cut or torn is not read. (FNV-1a) */
static uint32_t
check_of(const uint8_t *p, size_t len)
{
	uint32_t h = 2166136261U;

	while (len-- > 0)
		h = (h ^ *p++) * 16777619U;
	return h;
}

static uint8_t *
put_be(uint8_t *at, uint64_t v, unsigned bytes)
{
	for (unsigned i = bytes; i > 0; i--)
		*at++ = (uint8_t)(v >> (8 * (i - 1)));
	return at;
}

uint8_t *
verdict_save(const struct verdict *v, size_t *len)
{
	const struct series *s, *next;
	const struct verdict_stash *st, *more;
	uint32_t n = 0;

	size_t room = HASH_COUNT(v->series) + HASH_COUNT(v->stash);
	uint8_t *buf = mem_alloc(HEAD + room * (8 + HOURLY_BYTES) + 4);
	uint8_t *at = buf + HEAD;
	HASH_ITER(hh, v->series, s, next)
		if (s->baseline.first != 0) {
			at = put_be(at, s->id, 8);
			hourly_put(&s->baseline, at);
			at += HOURLY_BYTES;
			n++;
		}
	/* Of series whose role is not known again yet. */
	HASH_ITER(hh, v->stash, st, more)
		if (n < VERDICT_SERIES) {
			at = put_be(at, st->id, 8);
			hourly_put(&st->baseline, at);
			at += HOURLY_BYTES;
			n++;
		}
	if (n == 0) {
		free(buf);
		return NULL;
	}
	memcpy(buf, MAGIC, sizeof MAGIC - 1);
	put_be(buf + sizeof MAGIC - 1, n, 4);
	at = put_be(at, check_of(buf, (size_t)(at - buf)), 4);
	*len = (size_t)(at - buf);
	return buf;
}

static void
take_baseline(struct verdict *v, uint64_t id, const struct hourly *b)
{
	struct series *s = verdict_find(v, id);
	struct verdict_stash *st;

	if (s != NULL) {
		s->baseline = *b;
		s->usual_until = 0;
		return;
	}
	HASH_FIND(hh, v->stash, &id, sizeof id, st);
	if (st == NULL) {
		st = mem_zero(1, sizeof *st);
		st->id = id;
		HASH_ADD(hh, v->stash, id, sizeof st->id, st);
	}
	st->baseline = *b;
}

int
verdict_load(struct verdict *v, const uint8_t *buf, size_t len)
{
	struct hourly b;
	struct wire w, again;

	if (len < HEAD + 4 || memcmp(buf, MAGIC, sizeof MAGIC - 1) != 0)
		return -1;
	wire_init(&w, buf + sizeof MAGIC - 1, len - (sizeof MAGIC - 1));
	uint32_t n = wire_u32(&w);
	if (n > VERDICT_SERIES || len != HEAD + n * (size_t)(8 + HOURLY_BYTES) + 4)
		return -1;
	again = w;
	for (uint32_t i = 0; i < n; i++) {
		wire_u64(&w);
		if (hourly_get(&b, &w) < 0)
			return -1;
	}
	if (wire_u32(&w) != check_of(buf, len - 4) || !wire_ok(&w))
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t id = wire_u64(&again);
		hourly_get(&b, &again);
		take_baseline(v, id, &b);
	}
	return 0;
}
