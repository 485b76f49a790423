/* HTML out of a configuration (remarks, titles), made safe to show. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "web/html.h"

#define OPEN_MAX_TAGS 32 /* tags open at once; deeper ones become text */

static const char *const plain_tags[] = { "div", "span", "font", "h1", "h5", "h6",
	"big", "del", "ins", "strike", "abbr", "kbd", "samp", "var", "cite", "q",
	"nobr", "thead", "tbody", "caption", "b", "i", "em", "strong", "u", "s", "p",
	"ul", "ol", "li", "code", "pre", "small", "sub", "sup", "tt", "h2", "h3", "h4",
	"table", "tr", "td", "th", "center", "blockquote", "dl", "dt", "dd", NULL };
static const char *const void_tags[] = { "br", "hr", NULL };

struct safe {
	FILE *out;
	const char *open[OPEN_MAX_TAGS];
	unsigned depth;
};

/* The word of LIST that NAME of LEN bytes is, or NULL. */
static const char *
listed(const char *const *list, const char *name, size_t len)
{
	for (; *list != NULL; list++)
		if (strlen(*list) == len && strncasecmp(*list, name, len) == 0)
			return *list;
	return NULL;
}

/* May a link lead to the LEN bytes at URL? */
static bool
link_is_safe(const char *url, size_t len)
{
	static const char *const scheme[] = { "http://", "https://", "mailto:", "/",
		"?", "#" };

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)url[i] <= ' ' || url[i] == '\\')
			return false;
	if (len >= 2 && url[0] == '/' && url[1] == '/')
		return false;
	for (size_t i = 0; i < sizeof scheme / sizeof scheme[0]; i++)
		if (len >= strlen(scheme[i]) &&
		    strncasecmp(url, scheme[i], strlen(scheme[i])) == 0)
			return true;
	return false;
}

/* An entity ("&amp;", "&#8364;") at S: its length, or 0. */
static size_t
entity(const char *s)
{
	size_t n = 1;

	if (s[n] == '#')
		n++;
	size_t begin = n;
	while (isalnum((unsigned char)s[n]) && n < 32)
		n++;
	return n > begin && s[n] == ';' ? n + 1 : 0;
}

/* One piece of text at S; returns the bytes used. */
static size_t
put_text(FILE *out, const char *s)
{
	size_t len = *s == '&' ? entity(s) : 0;

	if (len > 0) {
		fwrite(s, 1, len, out);
		return len;
	}
	len = strcspn(s + 1, "<&") + 1;
	char *piece = mem_strn(s, len);
	html_escape(out, piece);
	free(piece);
	return len;
}

/* The value of NAME ("href=") in the LEN bytes of attributes at S. */
static const char *
find_value(const char *s, size_t len, const char *name, size_t *value_len)
{
	size_t name_len = strlen(name);

	for (size_t i = 0; i + name_len < len; i++) {
		if (!isspace((unsigned char)s[i]) ||
		    strncasecmp(s + i + 1, name, name_len) != 0)
			continue;
		const char *at = s + i + 1 + name_len, *end = s + len;
		char quote = at < end && (*at == '"' || *at == '\'') ? *at++ : '\0';
		const char *stop = at;
		while (stop < end && (quote != '\0' ? *stop != quote
						    : !isspace((unsigned char)*stop)))
			stop++;
		*value_len = (size_t)(stop - at);
		return at;
	}
	return NULL;
}

static void
put_value(FILE *out, const char *value, size_t len)
{
	for (size_t used = 0; used < len;) {
		char *rest = mem_strn(value + used, len - used);
		used += put_text(out, rest);
		free(rest);
	}
}

static bool
open_link(struct safe *s, const char *attributes, size_t len)
{
	size_t url_len;
	const char *url = find_value(attributes, len, "href=", &url_len);

	if (url == NULL || !link_is_safe(url, url_len))
		return false;
	fputs("<a rel=\"noopener noreferrer\" href=\"", s->out);
	put_value(s->out, url, url_len);
	fputs("\">", s->out);
	s->open[s->depth++] = "a";
	return true;
}

/* May a picture come from the LEN bytes at URL: encrypted, or from here? */
static bool
picture_is_safe(const char *url, size_t len)
{
	static const char inside[] = "data:image/";

	if (len >= sizeof inside - 1 &&
	    strncasecmp(url, inside, sizeof inside - 1) == 0) {
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)url[i] <= ' ')
				return false;
		return true;
	}
	return link_is_safe(url, len) &&
	       (url[0] == '/' || (len > 8 && strncasecmp(url, "https://", 8) == 0));
}

static bool
put_picture(struct safe *s, const char *attributes, size_t len)
{
	static const char *const size[] = { "width=", "height=" };
	size_t n;
	const char *value = find_value(attributes, len, "src=", &n);

	if (value == NULL || !picture_is_safe(value, n))
		return false;
	fputs("<img src=\"", s->out);
	put_value(s->out, value, n);
	fputs("\" alt=\"", s->out);
	value = find_value(attributes, len, "alt=", &n);
	if (value != NULL)
		put_value(s->out, value, n);
	putc('"', s->out);
	for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
		value = find_value(attributes, len, size[i], &n);
		if (value != NULL && n > 0 && n < 5 && strspn(value, "0123456789") >= n)
			fprintf(s->out, " %s\"%.*s\"", size[i], (int)n, value);
	}
	putc('>', s->out);
	return true;
}

static bool
close_tag(struct safe *s, const char *name, size_t len)
{
	unsigned at = s->depth;

	while (at > 0 && (strlen(s->open[at - 1]) != len ||
			     strncasecmp(s->open[at - 1], name, len) != 0))
		at--;
	if (at == 0)
		return false;
	while (s->depth >= at)
		fprintf(s->out, "</%s>", s->open[--s->depth]);
	return true;
}

/* "<...>" of LEN bytes at S: true when it was let through. */
static bool
put_tag(struct safe *s, const char *text, size_t len)
{
	bool closing = text[1] == '/';
	const char *name = text + 1 + closing;
	size_t n = 0;

	while (isalnum((unsigned char)name[n]))
		n++;
	if (closing)
		return close_tag(s, name, n);
	const char *known = listed(void_tags, name, n);
	if (known != NULL) {
		fprintf(s->out, "<%s>", known);
		return true;
	}
	if (n == 3 && strncasecmp(name, "img", 3) == 0)
		return put_picture(s, name + n, len - (size_t)(name + n - text) - 1);
	if (s->depth == OPEN_MAX_TAGS)
		return false;
	if (n == 1 && (*name | 0x20) == 'a')
		return open_link(s, name + n, len - (size_t)(name + n - text) - 1);
	known = listed(plain_tags, name, n);
	if (known == NULL)
		return false;
	fprintf(s->out, "<%s>", known);
	s->open[s->depth++] = known;
	return true;
}

char *
html_safe(const char *text)
{
	struct safe s = { 0 };
	char *result;
	size_t len;

	s.out = mem_stream(&result, &len);
	while (*text != '\0') {
		const char *end = *text == '<' ? strchr(text, '>') : NULL;
		if (end != NULL && put_tag(&s, text, (size_t)(end - text) + 1))
			text = end + 1;
		else
			text += put_text(s.out, text);
	}
	while (s.depth > 0)
		fprintf(s.out, "</%s>", s.open[--s.depth]);
	mem_stream_end(s.out);
	return result;
}

/* Is "<..." at S a tag, as against a lone less-than sign? */
static bool
looks_like_tag(const char *s)
{
	return isalpha((unsigned char)s[1]) ||
	       (s[1] == '/' && isalpha((unsigned char)s[2]));
}

char *
html_strip(const char *text)
{
	static const struct {
		const char *entity, *text;
	} simple[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" },
		{ "&quot;", "\"" }, { "&nbsp;", " " }, { "&#39;", "'" } };
	char *result;
	size_t len;
	FILE *out = mem_stream(&result, &len);

	while (*text != '\0') {
		const char *end = strchr(text, '>');
		size_t i = 0, n = sizeof simple / sizeof simple[0];
		if (*text == '<' && end != NULL && looks_like_tag(text)) {
			text = end + 1;
			continue;
		}
		while (
		    i < n && strncmp(text, simple[i].entity, strlen(simple[i].entity)))
			i++;
		if (i < n) {
			fputs(simple[i].text, out);
			text += strlen(simple[i].entity);
		} else {
			putc(*text++, out);
		}
	}
	mem_stream_end(out);
	return result;
}
