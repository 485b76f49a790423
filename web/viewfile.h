/* A view of ours as a file: its figures as CSV or JSON, and all of it as PDF or as a
 * picture. Whoever makes a page tells what is in it, once for all of them. */
#ifndef WEB_VIEWFILE_H
#define WEB_VIEWFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct html;
struct request;
struct viewfile;

/* What a figure is, and so how people read it. Programs get seconds, ratios and epoch
 * seconds as they are. */
enum viewfile_kind {
	VIEWFILE_TEXT,
	VIEWFILE_WORD,	 /* a short text, which is not broken */
	VIEWFILE_TIME,	 /* epoch seconds; 0 is none */
	VIEWFILE_RTT,	 /* seconds */
	VIEWFILE_LENGTH, /* whole seconds of a duration */
	VIEWFILE_RATIO,
	VIEWFILE_OCTETS,
	VIEWFILE_RATE, /* bits a second */
	VIEWFILE_NUMBER
};

struct viewfile_column {
	const char *name; /* to programs */
	const char *head; /* to people; NULL: not for them */
	enum viewfile_kind kind;
};

/* The view called WHAT that R asks for, the rest of whose address is its format, and
 * whose argument "table" is one of TABLES (NULL at their end), the first where it is
 * missing; TITLE stands above it, and the time of writing below, unless it is NULL:
 * then who writes the document sees to both. NULL after having answered. */
struct viewfile *viewfile_new(
    struct request *r, const char *what, const char *title, const char *const *tables);
/* The span that it is about, for its name and for programs. */
void viewfile_span(struct viewfile *v, int64_t start, int64_t end);

#define VIEWFILE_WHEN 40
/* WHEN (epoch seconds) to BUF, which is returned: with its date always, since a file
 * goes on to others and is read later. */
const char *viewfile_when(char buf[VIEWFILE_WHEN], int64_t when, bool with_zone);

/* Where it is a PDF or a picture, the document (paper.h), to which headings, texts and
 * drawings are written; else NULL. */
FILE *viewfile_paper(struct viewfile *v);
/* Is table NAME wanted, so that it need not be found for nothing? */
bool viewfile_wants(const struct viewfile *v, const char *name);
/* The table NAME begins, COUNT COLUMNS wide, which are copied but for their texts,
 * under the heading TITLE; PICTURED: it is in pictures, too. Cells follow row by row.
 */
void viewfile_table(struct viewfile *v, const char *name, const char *title,
    const struct viewfile_column *column, size_t count, bool pictured);
void viewfile_str(struct viewfile *v, const char *text); /* NULL: not known */
void viewfile_num(struct viewfile *v, double value);	 /* NAN: not known */
void viewfile_int(struct viewfile *v, int64_t value);

/* Answer with all of it, and be done with V. */
void viewfile_answer(struct viewfile *v);
/* Be done with V, whose request was answered by somebody else. */
void viewfile_free(struct viewfile *v);

/* The addresses of R's page PATH ("/traffic"), as files, for template files.html;
 * TABLES as above, each called by TITLES for people. PICTURES: it has drawings. */
void viewfile_links(struct html *page, const struct request *r, const char *path,
    const char *const *tables, const char *const *titles, bool pictures);

#endif
