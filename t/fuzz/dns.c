#include "t/fuzz.h"

#include <stdlib.h>

#include "probes/dnstext.h"

/* The first byte says how the id is met and which question was asked; the rest is the
 * answer. Everything in it is printed, its options are looked for. */
int
fuzz_dns(const uint8_t *data, size_t size)
{
	static const char *const names[] = { ".", "w.org", "www.example.org",
		"a.b.c.d" };
	struct dnswire_question q;
	struct dnswire_answer a;
	struct dnswire_record rr;
	struct err err;

	if (size < 3)
		return 0;
	if (dnswire_ask(&q, names[data[0] & 3], "A", &err) != 0)
		abort();
	uint16_t id = (uint16_t)(data[1] << 8 | data[2]);
	if (dnswire_match(&a, data + 1, size - 1, id, &q, (data[0] & 4) != 0) != 0)
		return 0;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (out == NULL)
		abort();
	while (dnswire_next(&a, &rr) == 1)
		dnstext_record(&rr, out);
	for (unsigned code = 0; code < 16; code++) {
		size_t n;
		const uint8_t *option = dnswire_option(&a, code, &n);
		if (option != NULL)
			fwrite(option, 1, n, out);
	}
	fclose(out);
	free(text);
	return 0;
}
