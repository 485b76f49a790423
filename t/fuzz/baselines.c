/* The file of what is usual at hosts: what is believed is written as it was read,
 * and goes on being learned whatever the clock shows. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"
#include "infer/baseline.h"

static void
go_on(struct baselines *b)
{
	static const int64_t times[] = FUZZ_TIMES;
	static const double much[BASELINE_FIGURES] = { 7e5, 1e300, 301 };
	static const struct flow_ip host = { .len = 4, .bytes = { 10 } };
	struct prefix all = { .bits = 0 };

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		baselines_learn(b, &host, i % 2 == 0, much, times[i]);
		baselines_pass(b, times[i]);
		for (int f = 0; f < BASELINE_FIGURES; f++)
			if (!(baselines_usual(b, &host, false, f) >= 0))
				abort();
		if (baselines_learned(b) < 0 || baselines_learned(b) > 7 * 86400 ||
		    baselines_count(b) > BASELINES_MAX)
			abort();
	}
	baselines_forget(b, &all);
}

int
fuzz_baselines(const uint8_t *data, size_t size)
{
	static const double unit[BASELINE_FIGURES] = { 700, 800000, 300 };
	struct baselines *b = baselines_new(unit);
	struct baselines *again = baselines_new(unit);
	struct err err;

	if (baselines_read(b, (const char *)data, size, &err) == 0) {
		size_t len, len2;
		char *text = baselines_write(b, &len), *text2;

		if (baselines_read(again, text, len, &err) != 0)
			abort();
		text2 = baselines_write(again, &len2);
		if (len2 != len || memcmp(text, text2, len) != 0)
			abort();
		free(text);
		free(text2);
		go_on(b);
	}
	baselines_free(b);
	baselines_free(again);
	return 0;
}
