#include "web/html.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "web/asset.h"
#include "web/query.h"

#define DEPTH_MAX 16 /* templates in templates */

struct value {
	const char *name; /* a literal of the caller's */
	char *text;	  /* NULL: a list */
	bool markup;	  /* text is safe as it is */
	struct html *first, *last;
	struct value *next;
};

struct html {
	struct html *outer, *next; /* the next item of the same list */
	struct value *values;
};

struct html *
html_new(void)
{
	return mem_zero(1, sizeof(struct html));
}

static void
value_clear(struct value *v)
{
	struct html *next;

	free(v->text);
	for (struct html *item = v->first; item != NULL; item = next) {
		next = item->next;
		html_free(item);
	}
	v->text = NULL;
	v->first = v->last = NULL;
}

void
html_free(struct html *h)
{
	if (h == NULL)
		return;
	for (struct value *v = h->values, *next; v != NULL; v = next) {
		next = v->next;
		value_clear(v);
		free(v);
	}
	free(h);
}

static struct value *
own_value(struct html *h, const char *name)
{
	struct value *v;

	for (v = h->values; v != NULL; v = v->next)
		if (strcmp(v->name, name) == 0)
			return v;
	v = mem_zero(1, sizeof *v);
	v->name = name;
	v->next = h->values;
	h->values = v;
	return v;
}

static void
set(struct html *h, const char *name, char *text, bool markup)
{
	struct value *v = own_value(h, name);

	value_clear(v);
	v->text = text;
	v->markup = markup;
}

void
html_text(struct html *h, const char *name, const char *text)
{
	set(h, name, mem_str(text != NULL ? text : ""), false);
}

void
html_plain(struct html *h, const char *name, const char *text)
{
	set(h, name, html_strip(text), false);
}

void
html_printf(struct html *h, const char *name, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		fatal("vasprintf");
	va_end(ap);
	set(h, name, text, false);
}

void
html_markup(struct html *h, const char *name, const char *markup)
{
	set(h, name, mem_str(markup != NULL ? markup : ""), true);
}

void
html_flag(struct html *h, const char *name, bool on)
{
	set(h, name, mem_str(on ? "1" : ""), false);
}

struct html *
html_item(struct html *h, const char *name)
{
	struct value *v = own_value(h, name);
	struct html *item = html_new();

	item->outer = h;
	if (v->last != NULL)
		v->last->next = item;
	else
		v->first = item;
	v->last = item;
	return item;
}

void
html_escape(FILE *out, const char *s)
{
	while (*s != '\0') {
		size_t len = query_utf8(s);
		unsigned char c = (unsigned char)*s;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\'')
			fputs("&#39;", out);
		else if (len == 0 || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			fputs("\xef\xbf\xbd", out);
		else
			fwrite(s, 1, len, out);
		s += len > 0 ? len : 1;
	}
}

/* --- templates -------------------------------------------------------------------- */

/* A tag: "{{" KIND NAME "}}". KIND is one of "#^/>!" or 0. */
struct tag {
	const char *begin, *end; /* with braces, and a whole line when alone on it */
	char kind;
	const char *name;
	size_t len;
};

struct render {
	FILE *out;
	const char *file;
	unsigned depth;
};

static const struct value *
find(const struct html *h, const char *name, size_t len)
{
	for (; h != NULL; h = h->outer)
		for (const struct value *v = h->values; v != NULL; v = v->next)
			if (strncmp(v->name, name, len) == 0 && v->name[len] == '\0')
				return v;
	return NULL;
}

static bool
is_set(const struct value *v)
{
	return v != NULL &&
	       (v->first != NULL || (v->text != NULL && v->text[0] != '\0'));
}

/* A section or partial alone on its line takes the line with it. TEXT is where the
 * template begins. */
static void
widen_tag(struct tag *t, const char *text, const char *end)
{
	const char *from = t->begin, *to = t->end;

	while (from > text && (from[-1] == ' ' || from[-1] == '\t'))
		from--;
	while (to < end && (*to == ' ' || *to == '\t'))
		to++;
	if (t->kind != 0 && (from == text || from[-1] == '\n') &&
	    (to == end || *to == '\n')) {
		t->begin = from;
		t->end = to < end ? to + 1 : to;
	}
}

/* The next tag in AT..END of the template that begins at TEXT. */
static bool
next_tag(const struct render *r, struct tag *t, const char *text, const char *at,
    const char *end)
{
	const char *open = memmem(at, (size_t)(end - at), "{{", 2);

	if (open == NULL)
		return false;
	const char *close = memmem(open, (size_t)(end - open), "}}", 2);
	if (close == NULL)
		fatalx("template %s: tag without end", r->file);
	t->begin = open;
	t->end = close + 2;
	t->name = open + 2;
	t->kind = strchr("#^/>!", *t->name) != NULL ? *t->name++ : '\0';
	t->len = (size_t)(close - t->name);
	widen_tag(t, text, end);
	return true;
}

/* The tag that closes OPEN. */
static struct tag
closing_tag(
    const struct render *r, const struct tag *open, const char *text, const char *end)
{
	struct tag t;
	unsigned depth = 1;

	for (const char *at = open->end; next_tag(r, &t, text, at, end); at = t.end) {
		if (t.len != open->len || memcmp(t.name, open->name, t.len) != 0)
			continue;
		depth += t.kind == '#' || t.kind == '^';
		depth -= t.kind == '/';
		if (depth == 0)
			return t;
	}
	fatalx("template %s: {{%c%.*s}} has no end", r->file, open->kind,
	    (int)open->len, open->name);
}

static void render_part(struct render *r, const struct html *h, const char *text,
    const char *at, const char *end);

static void
render_file(struct render *r, const struct html *h, const char *file)
{
	size_t len;
	const char *text = asset_template(file, &len);
	const char *outer = r->file;

	if (text == NULL || r->depth == DEPTH_MAX)
		fatalx("template %s: cannot include %s", r->file, file);
	r->file = file;
	r->depth++;
	render_part(r, h, text, text, text + len);
	r->depth--;
	r->file = outer;
}

static void
render_value(struct render *r, const struct html *h, const struct tag *t)
{
	const struct value *v = find(h, t->name, t->len);

	if (v == NULL || v->text == NULL)
		return;
	if (v->markup)
		fputs(v->text, r->out);
	else
		html_escape(r->out, v->text);
}

/* From OPEN to its end. Returns the tag at that end. */
static struct tag
render_section(struct render *r, const struct html *h, const struct tag *open,
    const char *text, const char *end)
{
	struct tag close = closing_tag(r, open, text, end);
	const struct value *v = find(h, open->name, open->len);

	if (open->kind == '^') {
		if (!is_set(v))
			render_part(r, h, text, open->end, close.begin);
	} else if (is_set(v) && v->first == NULL) {
		render_part(r, h, text, open->end, close.begin);
	} else if (is_set(v)) {
		for (const struct html *item = v->first; item != NULL;
		     item = item->next)
			render_part(r, item, text, open->end, close.begin);
	}
	return close;
}

static void
render_part(struct render *r, const struct html *h, const char *text, const char *at,
    const char *end)
{
	struct tag t;
	char file[64];

	while (next_tag(r, &t, text, at, end)) {
		fwrite(at, 1, (size_t)(t.begin - at), r->out);
		if (t.kind == '\0') {
			render_value(r, h, &t);
		} else if (t.kind == '>') {
			snprintf(file, sizeof file, "%.*s", (int)t.len, t.name);
			render_file(r, h, file);
		} else if (t.kind == '#' || t.kind == '^') {
			t = render_section(r, h, &t, text, end);
		} else if (t.kind == '/') {
			fatalx("template %s: {{/%.*s}} without beginning", r->file,
			    (int)t.len, t.name);
		}
		at = t.end;
	}
	fwrite(at, 1, (size_t)(end - at), r->out);
}

void
html_render(FILE *out, const char *file, const struct html *h)
{
	struct render r = { .out = out, .file = file };

	render_file(&r, h, file);
}
