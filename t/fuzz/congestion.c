#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "infer/bloat.h"
#include "infer/tslp.h"

static void
same(const struct wire *w, const struct pack *p, const uint8_t *start,
    const uint8_t *again)
{
	if (!pack_ok(p) || pack_len(p) != wire_offset(w) ||
	    memcmp(start, again, pack_len(p)) != 0)
		abort();
}

static void
series(const uint8_t *data, size_t size)
{
	static struct tslp_series s;
	static uint8_t again[TSLP_STATE];
	struct tslp_question q = { .far = &s, .near = &s, .now = 1700000000 };
	struct tslp_result r;
	struct tslp_shift shift;
	struct wire w;
	struct pack p;

	wire_init(&w, data, size);
	tslp_get(&s, &w);
	if (!wire_ok(&w))
		return;
	pack_init(&p, again, sizeof again);
	tslp_put(&s, &p);
	same(&w, &p, data, again);
	/* What was believed can be judged, at its own time, too. */
	tslp_judge(&q, &r);
	q.now = s.newest * TSLP_BIN_S;
	q.near = NULL;
	tslp_judge(&q, &r);
	tslp_shift(&q, &shift);
	tslp_ping(&s, q.now, 10);
}

static void
line(const uint8_t *data, size_t size)
{
	static struct bloat b;
	static uint8_t again[BLOAT_STATE];
	static const double rate[BLOAT_WAYS] = { 1e6, 2e5 };
	struct bloat_result r;
	struct bloat_now now;
	struct wire w;
	struct pack p;

	wire_init(&w, data, size);
	bloat_get(&b, &w);
	if (!wire_ok(&w))
		return;
	pack_init(&p, again, sizeof again);
	bloat_put(&b, &p);
	same(&w, &p, data, again);
	for (unsigned i = 0; i < 3; i++)
		bloat_add(&b, 1700000000 + i, 20, rate);
	bloat_judge(&b, &r);
	bloat_now(&b, &r, 1700000002, &now);
	if (now.pairs > BLOAT_RECENT || r.grade > BLOAT_F)
		abort();
}

/* The first byte says of what the rest tells. */
int
fuzz_congestion(const uint8_t *data, size_t size)
{
	if (size > 0)
		(data[0] % 2 == 0 ? series : line)(data + 1, size - 1);
	return 0;
}
