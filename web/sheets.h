/* Documents (paper.h) for browsers as PDF or as a picture: laid out by the painter, one
 * at a time. */
#ifndef WEB_SHEETS_H
#define WEB_SHEETS_H

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct link;
struct msg_in;
struct request;

void sheets_init(struct event_base *base);
/* The line to the painter is LINK now, or down (NULL): what it owed will not come. */
void sheets_painter(struct link *link);
/* Take MSG_SHEET. 0, or -1 when it is not to be believed. */
int sheets_message(struct msg_in *in);
void sheets_stop(void);

/* As what a document is wanted. */
struct sheets_form {
	uint8_t format, theme; /* enum draw_format, theme of struct msg_draw */
};

/* Answer R, now or later, with the document TEXT of LEN bytes in FORM, in a file named
 * by WHAT and the span from START to END. */
void sheets_answer(struct request *r, const char *text, size_t len,
    const struct sheets_form *form, const char *what, int64_t start, int64_t end);

#endif
