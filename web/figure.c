#include "web/figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH_MAX 40 /* of a number, and digits behind its point */

/* The figure of SECONDS into BUF; its unit comes back, "" for NAN. */
static const char *
rtt_figure(char *buf, size_t size, double seconds)
{
	double ms = seconds * 1e3;

	buf[0] = '\0';
	if (isnan(seconds))
		return "";
	if (ms >= 9999.5) {
		snprintf(buf, size, "%.1f", seconds);
		return "s";
	}
	snprintf(buf, size, "%.*f",
	    ms < 0.0995 ? 3
	    : ms < 9.95 ? 2
	    : ms < 99.5 ? 1
			: 0,
	    ms);
	return "ms";
}

static void
percent_figure(char *buf, size_t size, double ratio)
{
	double pct = ratio * 100;

	if (isnan(ratio))
		buf[0] = '\0';
	/* Neither a little loss nor a little less than all may be rounded away. */
	else if (pct > 0 && pct < 0.05)
		snprintf(buf, size, "<0.1");
	else if (pct < 100 && pct >= 99.95)
		snprintf(buf, size, ">99.9");
	else
		snprintf(buf, size, "%.*f", pct == 0 || pct >= 9.95 ? 0 : 1, pct);
}

void
figure_rtt(struct html *h, const char *name, const char *unit, double seconds)
{
	char text[FIGURE_TEXT];

	html_text(h, unit, rtt_figure(text, sizeof text, seconds));
	html_text(h, name, text);
}

void
figure_percent(struct html *h, const char *name, double ratio)
{
	char text[FIGURE_TEXT];

	percent_figure(text, sizeof text, ratio);
	html_text(h, name, text);
}

const char *
figure_rtt_text(char buf[FIGURE_TEXT], double seconds)
{
	char text[FIGURE_TEXT - 4];
	const char *unit = rtt_figure(text, sizeof text, seconds);

	snprintf(buf, FIGURE_TEXT, "%s%s%s", text, *unit != '\0' ? " " : "–", unit);
	return buf;
}

const char *
figure_percent_text(char buf[FIGURE_TEXT], double ratio)
{
	char text[FIGURE_TEXT - 4];

	percent_figure(text, sizeof text, ratio);
	snprintf(buf, FIGURE_TEXT, "%s%s", text, isnan(ratio) ? "–" : " %");
	return buf;
}

static const struct {
	int64_t seconds;
	const char *word;
} unit[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };

void
figure_age(char *buf, size_t size, int64_t seconds)
{
	unsigned i = 0;

	while (i < 3 && seconds < 2 * unit[i].seconds)
		i++;
	int64_t n = seconds / unit[i].seconds;
	snprintf(buf, size, "%" PRId64 " %s%s", n, unit[i].word, n == 1 ? "" : "s");
}

void
figure_span(char *buf, size_t size, int64_t seconds)
{
	unsigned i = 0;

	/* The largest unit that divides it, or that leaves a figure worth reading. */
	while (i < 3 &&
	       (seconds < unit[i].seconds ||
		   (seconds % unit[i].seconds != 0 && seconds < unit[i].seconds * 10)))
		i++;
	int64_t n = (seconds + unit[i].seconds / 2) / unit[i].seconds;
	snprintf(buf, size, "%" PRId64 " %s%s", n, unit[i].word, n == 1 ? "" : "s");
}

/* --- in the words of a configuration ---------------------------------------------- */

/* A conversion at S, behind its %: flags, width, precision and letter into SPEC as
 * printf() takes them for a double (or a long long), bounded. Its length, or 0. */
static size_t
conversion(const char *s, char spec[32], char *letter)
{
	static const char flags[] = "-+ 0#";
	size_t n = strspn(s, flags), at = 0;
	long width = 0, digits = -1;

	spec[at++] = '%';
	for (const char *f = flags; *f != '\0'; f++)
		if (memchr(s, *f, n) != NULL)
			spec[at++] = *f;
	for (; s[n] >= '0' && s[n] <= '9'; n++)
		width = width > WIDTH_MAX ? width : width * 10 + (s[n] - '0');
	if (s[n] == '.')
		for (n++, digits = 0; s[n] >= '0' && s[n] <= '9'; n++)
			digits =
			    digits > WIDTH_MAX ? digits : digits * 10 + (s[n] - '0');
	if (width > WIDTH_MAX)
		width = WIDTH_MAX;
	if (digits > WIDTH_MAX)
		digits = WIDTH_MAX;
	if (width > 0)
		at += (size_t)sprintf(spec + at, "%ld", width);
	if (digits >= 0)
		at += (size_t)sprintf(spec + at, ".%ld", digits);
	n += strspn(s + n, "hlqLV"); /* sizes say nothing in Perl */
	*letter = s[n];
	spec[at] = '\0';
	return s[n] != '\0' && strchr("diufFeEgGs", s[n]) != NULL ? n + 1 : 0;
}

/* VALUE as SPEC and LETTER have it, NAN as Perl has a number that is missing. The
 * format is put together above, from a list of what is harmless. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void
put_number(FILE *out, char spec[32], char letter, double value)
{
	char number[64];

	if (letter == 's') {
		number[0] = '\0';
		if (!isnan(value))
			snprintf(number, sizeof number, "%.15g", value);
		strcat(spec, "s");
		fprintf(out, spec, number);
		return;
	}
	if (isnan(value))
		value = 0;
	if (strchr("diu", letter) != NULL) {
		strcat(spec, "lld");
		fprintf(out, spec, fabs(value) < 9e18 ? (long long)value : 0LL);
	} else {
		snprintf(number, sizeof number, "%c", letter);
		strcat(spec, number);
		fprintf(out, spec, value);
	}
}
#pragma GCC diagnostic pop

void
figure_as(FILE *out, const char *format, double value)
{
	char spec[32], letter;

	while (*format != '\0') {
		size_t len;
		if (*format != '%') {
			putc(*format++, out);
		} else if (format[1] == '%') {
			putc('%', out);
			format += 2;
		} else if ((len = conversion(format + 1, spec, &letter)) > 0) {
			put_number(out, spec, letter, value);
			format += 1 + len;
			value = NAN; /* there is one number only */
		} else {
			putc(*format++, out);
		}
	}
}
