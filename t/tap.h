/* Forty lines of TAP: ok, is, is_close, skip, done. A test program calls these and ends
 * with return tap_done(). */
#ifndef TAP_H
#define TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned tap_count, tap_failed;

__attribute__((format(printf, 2, 3), unused)) static bool
ok(bool passed, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %u - ", passed ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	tap_failed += !passed;
	return passed;
}

__attribute__((unused)) static bool
is_str(const char *got, const char *want, const char *what)
{
	bool same =
	    got == want || (got != NULL && want != NULL && strcmp(got, want) == 0);

	if (!ok(same, "%s", what))
		printf("#      got: %s\n# expected: %s\n", got ? got : "NULL",
		    want ? want : "NULL");
	return same;
}

__attribute__((unused)) static bool
is_int(long long got, long long want, const char *what)
{
	if (!ok(got == want, "%s", what))
		printf("#      got: %lld\n# expected: %lld\n", got, want);
	return got == want;
}

/* Equal within EPS; two NANs are equal. */
__attribute__((unused)) static bool
is_close(double got, double want, double eps, const char *what)
{
	bool same = (isnan(got) && isnan(want)) || fabs(got - want) <= eps;

	if (!ok(same, "%s", what))
		printf("#      got: %.17g\n# expected: %.17g\n", got, want);
	return same;
}

/* One test is left out: the text says which, and why. */
__attribute__((unused, format(printf, 1, 2))) static void
tap_skip(const char *fmt, ...)
{
	va_list ap;

	printf("ok %d # SKIP ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

__attribute__((unused)) static int
tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed != 0;
}

__attribute__((unused, noreturn)) static void
tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

#endif
