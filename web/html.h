/* Pages from templates: the one place where HTML is put together and escaped.
 *
 * A template is a file of static/ with tags in double braces:
 *   {{name}}                  a value; text is escaped, markup is not
 *   {{#name}} ... {{/name}}   for every item of a list; once for a value that is not ""
 *   {{^name}} ... {{/name}}   when there is no such list or value
 *   {{>file}}                 another template, with the same values
 *   {{! a remark }}
 * A name is looked up in the item, then in what surrounds it. A tag alone on its line
 * leaves no line behind. */
#ifndef WEB_HTML_H
#define WEB_HTML_H

#include <stdbool.h>
#include <stdio.h>

struct html; /* values by name, and lists of such */

struct html *html_new(void);
void html_free(struct html *h); /* with all its items; NULL allowed */

/* Text, escaped when it is shown. */
void html_text(struct html *h, const char *name, const char *text);
void html_printf(struct html *h, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Text of a configuration, without its markup. */
void html_plain(struct html *h, const char *name, const char *text);
/* Markup that is known to be safe: literals, or from html_safe(). */
void html_markup(struct html *h, const char *name, const char *markup);
/* A name that is there or not. */
void html_flag(struct html *h, const char *name, bool on);
/* A new item of list NAME, which belongs to H. */
struct html *html_item(struct html *h, const char *name);

/* Write template FILE ("page.html") with the values of H. A fault in a template is
 * ours: it ends the process (a test renders every one). */
void html_render(FILE *out, const char *file, const struct html *h);

/* Write S as text: & < > " ' become entities, control characters and broken UTF-8
 * U+FFFD. */
void html_escape(FILE *out, const char *s);

/* S, HTML from a configuration, made safe and balanced: a few plain tags and links to
 * http, https, mailto and our own pages stay, all other markup becomes text. Malloced.
 */
char *html_safe(const char *s);
/* S without its tags, entities decoded as far as they are simple. Malloced. */
char *html_strip(const char *s);

#endif
