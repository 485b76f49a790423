/* What was learned of lines and links: what is read is what would be written, and can
 * be judged whatever the clock shows. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "infer/bloat.h"
#include "infer/tslp.h"
#include "recorder/lines.h"
#include "recorder/links.h"

static const int64_t times[] = FUZZ_TIMES;
#define TIMES (sizeof times / sizeof times[0])

static void
same(const struct wire *w, const struct pack *p, const uint8_t *start,
    const uint8_t *again)
{
	if (!pack_ok(p) || pack_len(p) != wire_offset(w) ||
	    memcmp(start, again, pack_len(p)) != 0)
		abort();
}

/* A clock that is set to summer time and back, far from Greenwich. */
static int32_t
offset(void *ctx, int64_t time)
{
	(void)ctx;
	return time / 15000000 % 2 == 0 ? 14 * 3600 : -11 * 3600;
}

static void
judge(struct tslp_series *s, int64_t now, bool near)
{
	struct tslp_question q = { .far = s,
		.near = near ? s : NULL,
		.offset = near ? offset : NULL,
		.behind = { s },
		.behinds = near,
		.now = now };
	struct tslp_result r;
	struct tslp_shift shift;

	tslp_judge(&q, &r);
	if (r.begin_min > 1440 || r.end_min > 1440 || r.days > TSLP_DAYS + 1)
		abort();
	tslp_shift(&q, &shift);
	tslp_at(s, now);
}

static void
series(const uint8_t *data, size_t size)
{
	static struct tslp_series s, copy;
	static uint8_t again[TSLP_STATE];
	struct wire w;
	struct pack p;

	wire_init(&w, data, size);
	tslp_get(&s, &w);
	if (!wire_ok(&w))
		return;
	pack_init(&p, again, sizeof again);
	tslp_put(&s, &p);
	same(&w, &p, data, again);
	/* Its own time, and some around it. */
	int64_t own = s.newest * TSLP_BIN_S;
	judge(&s, own, false);
	judge(&s, own, true);
	judge(&s, own > INT64_MAX - 86400 ? own : own + 86400, true);
	judge(&s, own < 86400 ? 0 : own - 86400, true);
	for (size_t i = 0; i < TIMES; i++) {
		judge(&s, times[i], i % 2 == 0);
		copy = s;
		tslp_ping(&copy, times[i], 10);
		tslp_use(&copy, times[i], 0.5);
		tslp_change(&copy, times[i]);
		if (tslp_at(&copy, times[i]) == NULL && times[i] >= TSLP_BIN_S &&
		    copy.newest != s.newest)
			abort();
	}
	tslp_ping(&s, own, 10);
}

static void
line(const uint8_t *data, size_t size)
{
	static struct bloat b, copy;
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
	for (size_t t = 0; t < TIMES; t++) {
		copy = b;
		bloat_judge(&copy, &r);
		for (unsigned i = 0; i < 3; i++)
			bloat_add(&copy, times[t] + i, 20, rate);
		bloat_judge(&copy, &r);
		bloat_now(&copy, &r, times[TIMES - 1 - t], &now);
		bloat_now(&copy, &r, times[t] + 2, &now);
		if (now.pairs > BLOAT_RECENT || r.grade > BLOAT_F)
			abort();
	}
}

static void
ignore(void *ctx, const struct msg_line *m)
{
	(void)ctx, (void)m;
}

/* The file, without its sum, which keeps most of what is made up from the readers. */
static void
file(const uint8_t *data, size_t size)
{
	static const struct links_ops ops = { NULL, offset, NULL };
	static uint8_t again[LINES_STATE + LINKS_STATE];
	struct lines *lines = lines_new(NULL, NULL, ignore, NULL, times[0]);
	struct links *links = links_new(NULL, NULL, &ops, NULL, times[0]);
	struct wire w;
	struct pack p;

	wire_init(&w, data, size);
	lines_get(lines, &w);
	if (wire_ok(&w))
		links_get(links, &w);
	if (wire_ok(&w)) {
		pack_init(&p, again, sizeof again);
		lines_put(lines, &p);
		links_put(links, &p);
		if (!pack_ok(&p))
			abort();
		for (size_t i = 0; i < TIMES; i++) {
			struct lines_busy b;

			lines_busy(lines, times[i], &b);
			lines_use(lines, times[i]);
			links_use(links, times[i], 0.5);
			links_changed(links, "", times[i]);
		}
	}
	lines_free(lines);
	links_free(links);
}

/* The first byte says of what the rest tells. */
int
fuzz_congestion(const uint8_t *data, size_t size)
{
	static void (*const of[])(const uint8_t *, size_t) = { series, line, file };

	if (size > 0)
		of[data[0] % 3](data + 1, size - 1);
	return 0;
}
