/* What is usual, of a file that somebody wrote. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/hourly.h"
#include "infer/verdict.h"
#include "t/fuzz.h"

static void
ignore(void *ctx, const struct infer_finding *f, int64_t time, bool over)
{
	(void)ctx;
	(void)f;
	(void)time;
	(void)over;
}

int
fuzz_usual(const uint8_t *data, size_t size)
{
	struct verdict *v = verdict_new(ignore, NULL);
	struct hourly_usual u;
	struct hourly b;
	struct wire w;

	/* The file; its sum keeps most of what is made up from the reader. */
	(void)verdict_load(v, data, size);
	verdict_free(v);
	wire_init(&w, data, size);
	if (hourly_get(&b, &w) < 0)
		return 0;
	/* One that is taken can be asked, added to, written and read again. */
	for (int64_t h = 0; h < 48; h++) {
		int64_t time = b.hour * 3600 + h * 3600;
		if (hourly_usual(&b, time, &u) &&
		    (isnan(u.median) || u.median < 0 || isnan(u.mad)))
			abort();
		hourly_add(&b, time, 0.01, 0.02, false);
	}
	static const int64_t times[] = FUZZ_TIMES;
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		if (hourly_usual(&b, times[i], &u) &&
		    (isnan(u.median) || u.median < 0 || isnan(u.mad)))
			abort();
		hourly_add(&b, times[i], 0.01, 0.02, false);
	}
	uint8_t buf[HOURLY_BYTES], again[HOURLY_BYTES];
	hourly_put(&b, buf);
	wire_init(&w, buf, sizeof buf);
	if (hourly_get(&b, &w) < 0)
		abort();
	hourly_put(&b, again);
	if (memcmp(buf, again, sizeof buf) != 0)
		abort();
	return 0;
}
