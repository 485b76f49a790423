#include "base/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POWERS 23 /* of ten, which a double has exactly */
#define DIGITS_MAX                                                                     \
	13 /* so that a product's rounding stays far below the last of them */

static const double power[POWERS] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* N / 10^PLACES, N of DIGITS digits. */
struct rounded {
	uint64_t n;
	int places;
};

/* V, above 0, to DIGITS significant digits. False where doubles cannot tell: it is too
 * large or small, or lies within their precision of the middle between two of them. */
static bool
round_to(struct rounded *r, double v, int digits)
{
	int two;

	if (digits > DIGITS_MAX)
		return false;
	frexp(v, &two);
	/* log10(2) = 1233 / 4096, downwards: one place too many at most. */
	int places = digits - 1 - ((two - 1) * 1233 >> 12);
	if (places < 1 || places >= POWERS)
		return false;
	double scaled = v * power[places];
	if (scaled >= power[digits])
		scaled = v * power[--places];
	uint64_t n = (uint64_t)scaled;
	double rest = scaled - (double)n;
	if (fabs(rest - 0.5) <= scaled * 0x1p-52)
		return false;
	r->n = n + (rest > 0.5);
	r->places = places;
	if (r->n == (uint64_t)power[digits]) {
		r->n /= 10;
		r->places--;
	}
	return true;
}

/* R, of DIGITS digits, behind a minus where NEGATIVE. */
static size_t
put(char *buf, const struct rounded *r, int digits, bool negative)
{
	char digit[DIGITS_MAX], *out = buf;
	int exponent = digits - 1 - r->places, count = digits;
	uint64_t n = r->n;

	for (int i = digits; i > 0; n /= 10)
		digit[--i] = (char)('0' + n % 10);
	while (count > 1 && digit[count - 1] == '0')
		count--;
	if (negative)
		*out++ = '-';
	bool scientific = exponent < -4 || exponent >= digits;
	int whole = scientific ? 1 : exponent + 1; /* digits before the point */
	if (whole <= 0) {
		memcpy(out, "0.0000", 6);
		out += 2 - whole;
	}
	for (int i = 0; i < count || i < whole; i++) {
		if (i == whole && whole > 0)
			*out++ = '.';
		*out++ = i < count ? digit[i] : '0';
	}
	if (scientific) {
		int e = abs(exponent);
		*out++ = 'e';
		*out++ = exponent < 0 ? '-' : '+';
		*out++ = (char)('0' + e / 10);
		*out++ = (char)('0' + e % 10);
	}
	*out = '\0';
	return (size_t)(out - buf);
}

/* Zero, which has no first digit. */
static size_t
put_zero(char *buf, bool negative)
{
	strcpy(buf, negative ? "-0" : "0");
	return strlen(buf);
}

size_t
decimal_text(char buf[DECIMAL_TEXT], double v, int digits)
{
	struct rounded r;

	if (v == 0)
		return put_zero(buf, signbit(v));
	if (round_to(&r, fabs(v), digits))
		return put(buf, &r, digits, v < 0);
	return (size_t)snprintf(buf, DECIMAL_TEXT, "%.*g", digits, v);
}

size_t
decimal_exact(char buf[DECIMAL_TEXT], double v)
{
	struct rounded r;
	size_t len = 0;

	if (v == 0)
		return put_zero(buf, signbit(v));
	for (int digits = 9; digits <= 17; digits += 4) {
		/* Both are exact, so that the quotient is what reading gives. */
		if (round_to(&r, fabs(v), digits)) {
			if ((double)r.n / power[r.places] == fabs(v))
				return put(buf, &r, digits, v < 0);
			continue;
		}
		len = (size_t)snprintf(buf, DECIMAL_TEXT, "%.*g", digits, v);
		if (strtod(buf, NULL) == v)
			break;
	}
	return len;
}
