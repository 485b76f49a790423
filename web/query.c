#include "web/query.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <rrd.h>

#include "base/mem.h"

#define TIME_MAX 64		    /* characters of a time */
#define AT_MAX (60LL * 366 * 86400) /* seconds of one offset; fits an int */
#define EPOCH_MAX 4294967296LL	    /* SmokePing takes larger ones for "now" */

static const char not_a_time[] =
    "not a time, expected e.g. 1700000000, now-3h, 2026-01-31 18:00";

size_t
query_utf8(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	if (u[0] < 0x80)
		return u[0] != 0;
	size_t len = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return len;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode LEN bytes at S into new memory. PLUS: '+' is a space. */
static char *
decode(const char *s, size_t len, bool plus, struct err *err)
{
	char *text = mem_alloc(len + 1), *to = text;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];
		if (c == '%') {
			int high = len - i > 2 ? hex_digit(s[i + 1]) : -1;
			int low = len - i > 2 ? hex_digit(s[i + 2]) : -1;
			if (high < 0 || low < 0) {
				err_set(err, "broken escape, expected %% and two "
					     "hexadecimal digits");
				goto bad;
			}
			c = (char)(high << 4 | low);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if ((unsigned char)c < 0x20 || c == 0x7f) {
			err_set(err, "control character, expected text");
			goto bad;
		}
		*to++ = c;
	}
	*to = '\0';
	for (const char *p = text; *p != '\0';) {
		size_t step = query_utf8(p);
		if (step == 0) {
			err_set(err, "broken UTF-8, expected text in UTF-8");
			goto bad;
		}
		p += step;
	}
	return text;
bad:
	free(text);
	return NULL;
}

/* "name=value" of LEN bytes; the value may be missing. */
static int
add_arg(struct query *q, const char *s, size_t len, struct err *err)
{
	if (len == 0)
		return 0;
	if (q->args == QUERY_ARGS_MAX)
		return err_set(
		    err, "too many arguments, expected at most %d", QUERY_ARGS_MAX);

	const char *equals = memchr(s, '=', len);
	size_t name = equals != NULL ? (size_t)(equals - s) : len;
	struct query_arg *arg = &q->arg[q->args];
	arg->name = decode(s, name, true, err);
	if (arg->name == NULL)
		return -1;
	arg->value = equals != NULL ? decode(equals + 1, len - name - 1, true, err)
				    : mem_str("");
	if (arg->value == NULL) {
		free(arg->name);
		return -1;
	}
	q->args++;
	return 0;
}

/* Behind "http://host:port" of the absolute form. */
static const char *
skip_authority(const char *target)
{
	const char *colon = strstr(target, "://");

	if (target[0] == '/' || colon == NULL)
		return target;
	colon += 3;
	colon += strcspn(colon, "/?");
	return *colon == '/' ? colon : "/";
}

int
query_parse(struct query *q, const char *target, struct err *err)
{
	memset(q, 0, sizeof *q);
	if (strlen(target) > QUERY_MAX)
		return err_set(
		    err, "address too long, expected at most %d bytes", QUERY_MAX);
	target = skip_authority(target);
	if (target[0] != '/')
		return err_set(err, "bad path, expected it to begin with /");

	size_t len = strcspn(target, "?#");
	q->path = decode(target, len, false, err);
	if (q->path == NULL)
		return -1;
	if (target[len] != '?')
		return 0;
	for (const char *at = target + len + 1;;) {
		size_t n = strcspn(at, "&;#");
		if (add_arg(q, at, n, err) != 0) {
			query_free(q);
			return -1;
		}
		if (at[n] == '\0' || at[n] == '#')
			return 0;
		at += n + 1;
	}
}

void
query_free(struct query *q)
{
	for (size_t i = 0; i < q->args; i++) {
		free(q->arg[i].name);
		free(q->arg[i].value);
	}
	free(q->path);
	memset(q, 0, sizeof *q);
}

const char *
query_arg(const struct query *q, const char *name)
{
	for (size_t i = 0; i < q->args; i++)
		if (strcmp(q->arg[i].name, name) == 0)
			return q->arg[i].value;
	return NULL;
}

const char *
query_arg_nth(const struct query *q, const char *name, size_t n)
{
	for (size_t i = 0; i < q->args; i++)
		if (strcmp(q->arg[i].name, name) == 0 && n-- == 0)
			return q->arg[i].value;
	return NULL;
}

/* "YYYY-MM-DD[ HH:MM[:SS]]" in local time: SmokePing's and a date field's form. */
static bool
parse_date(const char *text, int64_t *out)
{
	struct tm tm = { .tm_isdst = -1 };
	int at = 0, day = 0, time = 0, second = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &day) !=
		3 ||
	    day == 0)
		return false;
	at = day;
	if ((text[at] == ' ' || text[at] == 'T') &&
	    sscanf(text + at + 1, "%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &time) == 2 &&
	    time != 0) {
		at += 1 + time;
		if (text[at] == ':' &&
		    sscanf(text + at + 1, "%2d%n", &tm.tm_sec, &second) == 1)
			at += 1 + second;
	}
	if (text[at] != '\0' || tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 ||
	    tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 24 ||
	    tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*out = mktime(&tm);
	return true;
}

/* Words of the AT syntax, and how many seconds those have that are units. librrd takes
 * what it does not know for the end of the text, and lets large figures overflow. */
static const struct word {
	const char *word;
	long seconds;
} at_words[] = { { "now", 0 }, { "today", 0 }, { "tomorrow", 0 }, { "yesterday", 0 },
	{ "noon", 0 }, { "midnight", 0 }, { "teatime", 0 }, { "am", 0 }, { "pm", 0 },
	{ "start", 0 }, { "end", 0 }, { "e", 0 }, { "epoch", 0 }, { "s", 1 },
	{ "sec", 1 }, { "second", 1 }, { "seconds", 1 }, { "m", 31 * 86400 },
	{ "min", 60 }, { "minute", 60 }, { "minutes", 60 }, { "h", 3600 },
	{ "hr", 3600 }, { "hour", 3600 }, { "hours", 3600 }, { "d", 86400 },
	{ "day", 86400 }, { "days", 86400 }, { "w", 7 * 86400 }, { "wk", 7 * 86400 },
	{ "week", 7 * 86400 }, { "weeks", 7 * 86400 }, { "mon", 31 * 86400 },
	{ "month", 31 * 86400 }, { "months", 31 * 86400 }, { "y", 366 * 86400 },
	{ "yr", 366 * 86400 }, { "year", 366 * 86400 }, { "years", 366 * 86400 },
	{ "jan", 0 }, { "feb", 0 }, { "mar", 0 }, { "apr", 0 }, { "may", 0 },
	{ "jun", 0 }, { "jul", 0 }, { "aug", 0 }, { "sep", 0 }, { "oct", 0 },
	{ "nov", 0 }, { "dec", 0 }, { "january", 0 }, { "february", 0 }, { "march", 0 },
	{ "april", 0 }, { "june", 0 }, { "july", 0 }, { "august", 0 },
	{ "september", 0 }, { "october", 0 }, { "november", 0 }, { "december", 0 },
	{ "sun", 0 }, { "mon", 0 }, { "tue", 0 }, { "wed", 0 }, { "thu", 0 },
	{ "fri", 0 }, { "sat", 0 }, { "sunday", 0 }, { "monday", 0 }, { "tuesday", 0 },
	{ "wednesday", 0 }, { "thursday", 0 }, { "friday", 0 }, { "saturday", 0 } };

static const struct word *
at_word(const char *s, size_t len)
{
	for (size_t i = 0; i < sizeof at_words / sizeof at_words[0]; i++)
		if (strlen(at_words[i].word) == len &&
		    strncasecmp(at_words[i].word, s, len) == 0)
			return &at_words[i];
	return NULL;
}

/* Is TEXT made of the syntax's own words, and of figures that do not overflow? */
static bool
at_is_plain(const char *text)
{
	int64_t figure = 0;

	while (*text != '\0') {
		size_t digits = strspn(text, "0123456789"), letters = 0;
		if (digits > 0) {
			if (digits > 10)
				return false;
			figure = strtoll(text, NULL, 10);
			text += digits;
			continue;
		}
		while (isalpha((unsigned char)text[letters]))
			letters++;
		if (letters > 0) {
			const struct word *w = at_word(text, letters);
			if (w == NULL || figure * w->seconds > AT_MAX)
				return false;
			figure = 0;
			text += letters;
		} else if (strchr(" -+:/.,", *text++) == NULL) {
			return false;
		}
	}
	return true;
}

/* RRDtool's AT syntax, whose "now" is the kernel's. */
static int
parse_at(const char *text, int64_t other, int64_t *out, struct err *err)
{
	static const char *const days[] = { "today", "yesterday", "tomorrow" };
	char whole[TIME_MAX + 16];
	rrd_time_value_t at;

	/* librrd wants an hour before a day; without one it is the day's begin. */
	snprintf(whole, sizeof whole, "%s", text);
	for (unsigned i = 0; i < 3; i++)
		if (strncasecmp(text, days[i], strlen(days[i])) == 0)
			snprintf(whole, sizeof whole, "midnight %s", text);
	char *why = rrd_parsetime(whole, &at);

	if (why != NULL)
		return err_set(err, "%s", not_a_time);
	int64_t offset = at.offset;
	if (offset < -EPOCH_MAX || offset > EPOCH_MAX)
		return err_set(err, "a time too far away");
	*out = offset;
	if (at.type == RELATIVE_TO_START_TIME || at.type == RELATIVE_TO_END_TIME)
		*out += other;
	else if (at.type == ABSOLUTE_TIME)
		*out += mktime(&at.tm);
	return 0;
}

int
query_time(const char *text, int64_t now, int64_t other, int64_t *out, struct err *err)
{
	size_t len = strlen(text), digits = strspn(text, "0123456789");

	int64_t t = 0;

	if (len == 0 || len > TIME_MAX)
		return err_set(
		    err, "not a time, expected at most %d characters", TIME_MAX);
	if (digits == len && len != 8) {
		t = len > 10 ? now : strtoll(text, NULL, 10);
		if (t > EPOCH_MAX)
			t = now;
	} else if (!parse_date(text, &t)) {
		if (!at_is_plain(text))
			return err_set(err, "%s", not_a_time);
		if (parse_at(text, other, &t, err) != 0)
			return -1;
	}
	if (t < 0 || t > EPOCH_MAX)
		return err_set(err, "a time too far away, expected 1970 to 2106");
	*out = t;
	return 0;
}

void
query_encode(FILE *out, const char *s)
{
	for (; *s != '\0'; s++)
		if (isalnum((unsigned char)*s) || strchr("-_.~/", *s) != NULL)
			putc(*s, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*s);
}
