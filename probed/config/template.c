#include "config/template.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/source.h"

/* --- SmokePing's own -------------------------------------------------------------- */

/* The words that are seen on the pages of its versions. */
static const char *const stock_words[] = { "smokeping", "latency", "page", "for",
	"toggle", "menu", "auto", "refresh", "running", "on", "by", "maintained",
	"targets", "home", "nbsp" };
/* What they load. */
static const char *const stock_files[] = { "smokeping-screen.css",
	"smokeping-print.css", "smokeping.js", "smokeping-zoom.js", "prototype.js",
	"scriptaculous.js", "cropper.js" };
/* Elements with which a page brings something of its own. */
static const char *const own_elements[] = { "style", "img", "iframe", "object", "embed",
	"svg", "video", "audio", "canvas", "form", "input", "base" };

static bool
listed(const char *const *list, size_t count, const char *s, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == len && strncasecmp(list[i], s, len) == 0)
			return true;
	return false;
}
#define LISTED(list, s, len) listed(list, sizeof list / sizeof list[0], s, len)

/* The value of attribute NAME in the LEN bytes of a tag; NULL when it has none. */
static const char *
attribute(const char *tag, size_t len, const char *name, size_t *value_len)
{
	size_t n = strlen(name);

	for (size_t i = 1; i + n + 1 < len; i++) {
		if (!isspace((unsigned char)tag[i - 1]) ||
		    strncasecmp(tag + i, name, n) != 0 || tag[i + n] != '=')
			continue;
		const char *at = tag + i + n + 1, *end = tag + len;
		char quote = *at == '"' || *at == '\'' ? *at++ : '\0';
		const char *stop = at;
		while (stop < end &&
		       (quote != '\0' ? *stop != quote
				      : !isspace((unsigned char)*stop) && *stop != '>'))
			stop++;
		*value_len = (size_t)(stop - at);
		return at;
	}
	return NULL;
}

/* Is what attribute NAME of a tag loads one of the stock's files, or nothing? */
static bool
loads_stock(const char *tag, size_t len, const char *name)
{
	size_t n;
	const char *url = attribute(tag, len, name, &n);

	if (url == NULL || (n > 5 && strncasecmp(url, "data:", 5) == 0))
		return true;
	n = strcspn(url, "?\"'>") < n ? strcspn(url, "?\"'>") : n;
	if (memmem(url, n, "//", 2) == url || memmem(url, n, "://", 3) != NULL)
		return false;
	for (size_t i = n; i > 0; i--)
		if (url[i - 1] == '/') {
			url += i;
			n -= i;
			break;
		}
	return LISTED(stock_files, url, n);
}

/* Is the script of LEN bytes the one that tells the step? */
static bool
tells_step(const char *s, size_t len)
{
	static const char wanted[] = "window.options={step:<##step##>}";
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		if (isspace((unsigned char)s[i]) || s[i] == ';')
			continue;
		if (s[i] != wanted[at] || wanted[at] == '\0')
			return false;
		at++;
	}
	return wanted[at] == '\0' || at == 0;
}

/* A tag at TEXT: its length with all that belongs to it, 0 when it is none of the
 * stock's. */
static size_t
stock_tag(const char *text)
{
	const char *end = strchr(text, '>');
	const char *name = text + 1 + (text[1] == '/');
	size_t name_len =
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789!");

	if (end == NULL)
		return 0;
	/* A placeholder in an attribute: <meta content="<##step##>"> */
	for (const char *hole = text;
	     (hole = strstr(hole + 1, "<##")) != NULL && hole < end;)
		if ((end = strchr(end + 1, '>')) == NULL)
			return 0;
	size_t len = (size_t)(end - text) + 1, n;
	if (LISTED(own_elements, name, name_len) ||
	    attribute(text, len, "style", &n) != NULL ||
	    attribute(text, len, "onclick", &n) != NULL)
		return 0;
	if (name_len == 4 && strncasecmp(name, "link", 4) == 0)
		return loads_stock(text, len, "href") ? len : 0;
	if (text[1] == '/' || name_len != 6 || strncasecmp(name, "script", 6) != 0)
		return len;
	const char *close = strcasestr(end, "</script");
	if (close == NULL || !loads_stock(text, len, "src") ||
	    !tells_step(end + 1, (size_t)(close - end) - 1))
		return 0;
	return (size_t)(close - text);
}

bool
template_is_stock(const char *text)
{
	while (*text != '\0') {
		size_t len = 1;
		if (strncmp(text, "<!--", 4) == 0) {
			const char *end = strstr(text, "-->");
			len = end != NULL ? (size_t)(end - text) + 3 : strlen(text);
		} else if (strncmp(text, "<##", 3) == 0) {
			len = strcspn(text, ">");
			len += text[len] == '>'; /* else it is the last thing */
		} else if (*text == '<') {
			len = stock_tag(text);
			if (len == 0)
				return false;
		} else if (isalnum((unsigned char)*text) || (*text & 0x80) != 0) {
			while (isalnum((unsigned char)text[len]) ||
			       (text[len] & 0x80) != 0)
				len++;
			if (!LISTED(stock_words, text, len))
				return false;
		}
		text += len;
	}
	return true;
}

/* --- reading ---------------------------------------------------------------------- */

/* TEXT in one line: what a line cannot hold, and backslashes, as \ and two hexadecimal
 * digits. */
static char *
one_line(struct arena *arena, const char *text, size_t len)
{
	char *line = mem_alloc(len * 3 + 1), *to = line, *kept;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool edge = i == 0 || i + 1 == len;
		if (c < ' ' || c == '\\' || c == 0x7f || (c == ' ' && edge))
			to += sprintf(to, "\\%02x", c);
		else
			*to++ = (char)c;
	}
	*to = '\0';
	kept = arena_str(arena, line);
	free(line);
	return kept;
}

/* All of the file at PATH, with a zero behind it; NULL with errno. */
static char *
slurp(const char *path, size_t *len, struct stat *st)
{
	int fd = source_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		errno = EISDIR;
		return NULL;
	}
	text = mem_alloc(TEMPLATE_MAX + 2);
	*len = 0;
	while (*len <= TEMPLATE_MAX &&
	       (n = read(fd, text + *len, TEMPLATE_MAX + 1 - *len)) > 0)
		*len += (size_t)n;
	close(fd);
	text[*len] = '\0';
	if (*len <= TEMPLATE_MAX && memchr(text, '\0', *len) == NULL)
		return text;
	errno = *len > TEMPLATE_MAX ? EFBIG : EILSEQ;
	free(text);
	return NULL;
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

void
template_read(struct conf_tree *tree, struct conf_report *report, const char *dir,
    void (*note)(void *ctx, const char *path, const struct stat *st), void *ctx)
{
	struct conf_section *s =
	    (struct conf_section *)conf_top(&tree->conf, "Presentation");
	const struct conf_var *file = s != NULL ? conf_var(s, "template") : NULL;
	struct arena *arena = &tree->arena;
	struct stat st;
	size_t len;

	if (file == NULL || *file->value == '\0' ||
	    conf_var(s, "template_text") != NULL)
		return;
	char *path = mem_printf("%s%s", file->value[0] == '/' ? "" : dir, file->value);
	char *text = slurp(path, &len, &st);
	int why = errno;
	note(ctx, path, text != NULL ? &st : NULL);
	if (text == NULL && why == ENOENT) {
		/* A configuration that was moved as a whole. */
		char *beside = mem_printf("%s%s", dir, last_part(path));
		text = slurp(beside, &len, &st);
		note(ctx, beside, text != NULL ? &st : NULL);
		free(beside);
	}
	if (text == NULL &&
	    (why != ENOENT || strcmp(last_part(path), "basepage.html") != 0))
		report_warning(report, file->at,
		    "template %s cannot be read: %s: our own pages are shown", path,
		    strerror(why));
	if (text != NULL && !template_is_stock(text)) {
		struct conf_var *vars = arena_zero(arena, (s->vars + 1) * sizeof *vars);
		memcpy(vars, s->var, s->vars * sizeof *vars);
		vars[s->vars++] = (struct conf_var){ "template_text",
			one_line(arena, text, len), file->at, false };
		s->var = vars;
	}
	free(text);
	free(path);
}
