#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/decimal.h"

void
jw_init(struct json *j, FILE *out)
{
	j->out = out;
	j->comma = false;
}

static void
json_before(struct json *j)
{
	if (j->comma)
		putc(',', j->out);
	j->comma = true;
}

static void
json_open(struct json *j, char c)
{
	json_before(j);
	putc(c, j->out);
	j->comma = false;
}

static void
json_close(struct json *j, char c)
{
	putc(c, j->out);
	j->comma = true;
}

void
jw_object(struct json *j)
{
	json_open(j, '{');
}

void
jw_object_end(struct json *j)
{
	json_close(j, '}');
}

void
jw_array(struct json *j)
{
	json_open(j, '[');
}

void
jw_array_end(struct json *j)
{
	json_close(j, ']');
}

/* Length of the well-formed UTF-8 sequence at S (RFC 3629 §4), or 0. */
static size_t
json_utf8(const unsigned char *s)
{
	static const struct {
		unsigned char first, last, low, high, len;
	} form[] = { { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 } };

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
		if (s[0] < form[i].first || s[0] > form[i].last)
			continue;
		if (s[1] < form[i].low || s[1] > form[i].high)
			return 0;
		for (size_t k = 2; k < form[i].len; k++)
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return form[i].len;
	}
	return 0;
}

static void
json_quoted(struct json *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', j->out);
	while (*s != '\0') {
		size_t n = json_utf8(s);
		if (n == 0)
			fputs("\\ufffd", j->out);
		else if (*s == '"' || *s == '\\')
			fprintf(j->out, "\\%c", *s);
		else if (*s < ' ' || *s == 0x7f || *s == '<' || *s == '>' || *s == '&')
			fprintf(j->out, "\\u%04x", *s); /* safe inside HTML as well */
		else
			fwrite(s, 1, n, j->out);
		s += n == 0 ? 1 : n;
	}
	putc('"', j->out);
}

void
jw_key(struct json *j, const char *key)
{
	json_before(j);
	json_quoted(j, key);
	putc(':', j->out);
	j->comma = false;
}

void
jw_str(struct json *j, const char *s)
{
	if (s == NULL) {
		jw_null(j);
		return;
	}
	json_before(j);
	json_quoted(j, s);
}

void
jw_num(struct json *j, double v)
{
	char text[DECIMAL_TEXT];

	if (!isfinite(v)) {
		jw_null(j);
		return;
	}
	json_before(j);
	fwrite(text, 1, decimal_exact(text, v), j->out);
}

void
jw_rounded(struct json *j, double v, int digits)
{
	char text[DECIMAL_TEXT];

	if (!isfinite(v)) {
		jw_null(j);
		return;
	}
	json_before(j);
	fwrite(text, 1, decimal_text(text, v, digits), j->out);
}

void
jw_int(struct json *j, int64_t v)
{
	json_before(j);
	fprintf(j->out, "%" PRId64, v);
}

void
jw_bool(struct json *j, bool v)
{
	json_before(j);
	fputs(v ? "true" : "false", j->out);
}

void
jw_null(struct json *j)
{
	json_before(j);
	fputs("null", j->out);
}

void
jw_put_str(struct json *j, const char *key, const char *value)
{
	jw_key(j, key);
	jw_str(j, value);
}

void
jw_put_num(struct json *j, const char *key, double value)
{
	jw_key(j, key);
	jw_num(j, value);
}

void
jw_put_int(struct json *j, const char *key, int64_t value)
{
	jw_key(j, key);
	jw_int(j, value);
}

void
jw_put_bool(struct json *j, const char *key, bool value)
{
	jw_key(j, key);
	jw_bool(j, value);
}

void
jw_put_some(struct json *j, const char *key, int64_t value)
{
	jw_key(j, key);
	if (value != 0)
		jw_int(j, value);
	else
		jw_null(j);
}

void
json_raw(struct json *j, const char *text)
{
	json_before(j);
	fputs(text, j->out);
}
