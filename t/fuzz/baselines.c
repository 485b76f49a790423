/* The file of what is usual at hosts: what is believed is written as it was read. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "infer/baseline.h"

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
	}
	baselines_free(b);
	baselines_free(again);
	return 0;
}
