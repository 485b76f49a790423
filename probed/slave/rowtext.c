#include "slave/rowtext.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_MAX 40	     /* letters of a number */
#define SECONDS_MAX 1000000.0 /* of an RTT */

/* What stands between colons. */
struct fields {
	const char *at, *end;
	bool over;
};

/* The next field, as *LEN bytes; NULL when there is none. */
static const char *
next(struct fields *f, size_t *len)
{
	const char *begin = f->at, *colon;

	if (f->over)
		return NULL;
	colon = memchr(begin, ':', (size_t)(f->end - begin));
	f->over = colon == NULL;
	*len = (size_t)((f->over ? f->end : colon) - begin);
	f->at = f->over ? f->end : colon + 1;
	return begin;
}

/* The next field is U (NAN) or a number from 0 to MOST. 0, or -1 with ERR naming it. */
static int
number(struct fields *f, const char *name, unsigned index, double most, double *v,
    struct err *err)
{
	char text[FIELD_MAX + 1], *end;
	size_t len;
	const char *s = next(f, &len);

	if (s == NULL)
		return err_set(err, "%s%.0u is missing", name, index);
	*v = NAN;
	if (len == 1 && *s == 'U')
		return 0;
	if (len > 0 && len <= FIELD_MAX) {
		memcpy(text, s, len);
		text[len] = '\0';
		*v = strtod(text, &end);
		/* neither "nan" nor "0x1p3" nor blanks */
		if (strspn(text, "0123456789.eE+-") == len && end == text + len &&
		    *v >= 0 && *v <= most)
			return 0;
	}
	return err_set(err, "%s%.0u: expected U or a number from 0 to %.0f", name, index,
	    most);
}

int
rowtext_read(
    const char *text, size_t len, unsigned pings, struct round *r, struct err *err)
{
	struct fields f = { text, text + len, false };
	double uptime, loss, median, rtt;
	unsigned answered = 0;
	size_t rest;

	memset(r, 0, offsetof(struct round, ping));
	r->count = (uint16_t)pings;
	if (pings == 0 || pings > ROUND_MAX_PINGS)
		return err_set(err, "%u pings, expected 1 to %d", pings, ROUND_MAX_PINGS);
	if (number(&f, "uptime", 0, 1e12, &uptime, err) < 0 ||
	    number(&f, "loss", 0, pings, &loss, err) < 0 ||
	    number(&f, "median", 0, SECONDS_MAX, &median, err) < 0)
		return -1;
	for (unsigned i = 0; i < pings; i++) {
		if (number(&f, "ping", i + 1, SECONDS_MAX, &rtt, err) < 0)
			return -1;
		if (!isnan(rtt))
			r->ping[answered++] = (struct ping){ llround(rtt * 1e9),
				PING_ANSWERED, STAMP_USER };
	}
	if (next(&f, &rest) != NULL)
		return err_set(err, "more than %u pings", pings);
	if (isnan(loss)) {
		r->state = ROUND_UNKNOWN;
		r->cause = PING_CANNOT;
		for (unsigned i = 0; i < pings; i++)
			r->ping[i] = (struct ping){ -1, PING_CANNOT, STAMP_USER };
		return 0;
	}
	if (answered > 0 && loss >= pings)
		return err_set(err, "loss: %g lost and %u answered of %u pings", loss,
		    answered, pings);
	/* A row of another smokebox may lack pings of which nothing is known, and has the
	 * loss that there would be had they fared like the others (round_row()). */
	double lost = answered == 0 ? pings : loss * answered / (pings - loss);
	if (answered == 0 ? loss < pings : lround(lost) > (long)(pings - answered))
		return err_set(err, "loss: %g lost and %u answered of %u pings", loss,
		    answered, pings);
	r->state = ROUND_MEASURED;
	for (unsigned i = answered; i < pings; i++)
		r->ping[i] = (struct ping){ -1,
			i - answered < (unsigned)lround(lost) ? PING_TIMEOUT : PING_CANNOT, STAMP_USER };
	return 0;
}

void
rowtext_write(FILE *out, const struct round *r)
{
	static struct round_row row; /* large */

	round_row(r, &row);
	fputc('U', out);
	if (isnan(row.loss)) {
		for (unsigned i = 0; i < r->count + 2U; i++)
			fputs(":U", out);
		return;
	}
	fprintf(out, ":%.10g", row.loss);
	if (isnan(row.median))
		fputs(":U", out);
	else
		fprintf(out, ":%.10e", row.median);
	for (unsigned i = 0; i < r->count; i++)
		if (isnan(row.rank[i]))
			fputs(":U", out);
		else
			fprintf(out, ":%.10e", row.rank[i]);
}

/* --- lines ----------------------------------------------------------------------- */

/* "/A/B" as "A.B". */
static int
read_path(const char *s, size_t len, struct rowline *out)
{
	if (len < 2 || len > sizeof out->path || s[0] != '/' || s[len - 1] == '/')
		return -1;
	for (size_t i = 1; i < len; i++) {
		char c = s[i];

		if (c == '/' ? s[i - 1] == '/'
			     : strchr("-_0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
				   c) == NULL ||
				   c == '\0')
			return -1;
		out->path[i - 1] = c == '/' ? '.' : c;
	}
	out->path[len - 1] = '\0';
	return 0;
}

int
rowline_read(const char *line, size_t len, struct rowline *out, struct err *err)
{
	const char *tab = memchr(line, '\t', len), *end = line + len, *second;

	second = tab == NULL ? NULL : memchr(tab + 1, '\t', (size_t)(end - tab - 1));
	if (second == NULL)
		return err_set(err, "expected PATH, a tab, a time, a tab and a row");
	if (read_path(line, (size_t)(tab - line), out) < 0)
		return err_set(err, "path: expected /Group/Host of letters, digits, - and _");
	out->time = 0;
	size_t digits = (size_t)(second - tab - 1);
	for (const char *p = tab + 1; p < second; p++) {
		if (*p < '0' || *p > '9' || digits > 11)
			return err_set(err, "time: expected epoch seconds");
		out->time = out->time * 10 + (*p - '0');
	}
	if (digits == 0)
		return err_set(err, "time: expected epoch seconds");
	out->row = second + 1;
	out->row_len = (size_t)(end - second - 1);
	return 0;
}
