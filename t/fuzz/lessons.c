#include "t/fuzz.h"

#include <stdlib.h>

#include "collector/exporter.h"
#include "collector/lessons.h"
#include "collector/template.h"
#include "recorder/taught.h"

static bool
may(void *ctx, const struct addr *from, bool *guest)
{
	(void)ctx;
	*guest = addr_port(from) % 2 == 1;
	return addr_port(from) % 8 != 7;
}

/* The first byte says whether it is a file or what is inside. */
int
fuzz_lessons(const uint8_t *data, size_t size)
{
	static uint8_t again[LESSONS_MAX];
	const uint8_t *inside;
	size_t len;
	uint32_t left;
	struct err err;

	if (size < 1)
		return 0;
	if (data[0] % 2 == 1) {
		if (taught_open(data + 1, size - 1, &inside, &len, &err) == 0 &&
		    (inside < data || inside + len > data + size))
			abort();
		return 0;
	}
	static const int64_t times[] = FUZZ_TIMES;
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct exporters *then = exporters_new();

		(void)lessons_read(
		    then, data + 1, size - 1, times[i] * 1000, may, NULL, &err);
		exporters_free(then);
	}
	struct exporters *e = exporters_new();
	(void)lessons_read(e, data + 1, size - 1, 1700000100000, may, NULL, &err);
	if (e->count > EXPORTERS_MAX || e->guests > EXPORTERS_MAX ||
	    e->template_bytes - e->guest_template_bytes > TEMPLATES_BYTES_MAX)
		abort();
	/* What was learned can be written, and learned again. */
	len = lessons_write(e, again, sizeof again, &left);
	struct exporters *other = exporters_new();
	if (lessons_read(other, again, len, 1700000100000, may, NULL, &err) != 0)
		abort();
	exporters_free(other);
	exporters_free(e);
	return 0;
}
