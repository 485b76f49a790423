/* Numbers as text, beside printf()'s. */
#include "base/decimal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tap.h"

#define RANDOM 20000

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t
next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* As printf() has it with each number of digits; and shortest as a loop over it finds.
 */
static bool
agrees(double v)
{
	char have[DECIMAL_TEXT], want[64];
	size_t len;

	for (int digits = 1; digits <= 17; digits++) {
		len = decimal_text(have, v, digits);
		snprintf(want, sizeof want, "%.*g", digits, v);
		if (len != strlen(have) || strcmp(have, want) != 0) {
			printf("# %a to %d digits: %s, expected %s\n", v, digits, have,
			    want);
			return false;
		}
	}
	len = decimal_exact(have, v);
	for (int digits = 9; digits <= 17; digits += 4) {
		snprintf(want, sizeof want, "%.*g", digits, v);
		if (strtod(want, NULL) == v)
			break;
	}
	if (len != strlen(have) || strcmp(have, want) != 0)
		printf("# %a exactly: %s, expected %s\n", v, have, want);
	return len == strlen(have) && strcmp(have, want) == 0;
}

/* Middles between two texts of few digits, whole powers of ten, both with neighbours.
 */
static bool
agrees_around(double v)
{
	return agrees(v) && agrees(nextafter(v, 0)) && agrees(nextafter(v, INFINITY)) &&
	       agrees(-v);
}

int
main(void)
{
	static const double odd[] = { 0, -0.0, 1, 0.5, 0.1, 0.3, 5e-324,
		2.2250738585072014e-308, 1.7976931348623157e308, 123456789, 1e15, 1e16,
		9007199254740993, 0.00001, 0.0001, 99999.5, 999999999.5, 0.12345678950,
		2.5, 0.25, 0.125, 0.0625 };
	bool good = true;

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		good = good && agrees_around(odd[i]);
	ok(good, "odd numbers");
	for (int e = -330; e <= 308 && good; e++) {
		char text[64];
		for (int k = 1; k < 100 && good; k++) {
			snprintf(text, sizeof text, "%d5e%d", k, e);
			good = agrees_around(strtod(text, NULL));
		}
		snprintf(text, sizeof text, "1e%d", e);
		good = good && agrees_around(strtod(text, NULL));
		snprintf(text, sizeof text, "9.999999999995e%d", e);
		good = good && agrees_around(strtod(text, NULL));
	}
	ok(good, "powers of ten, and middles between two texts");
	for (int i = 0; i < RANDOM && good; i++) {
		uint64_t bits = next();
		double v;
		memcpy(&v, &bits, sizeof v);
		good = !isfinite(v) || agrees(v);
	}
	ok(good, "any bits");
	for (int i = 0; i < RANDOM && good; i++) {
		double ns = (double)(next() % 3000000000u);
		good = agrees(ns / 1e9) && agrees(ns / 7e9) && agrees(ns / 1e12);
	}
	ok(good, "round trips of nanoseconds, and their means");
	return tap_done();
}
