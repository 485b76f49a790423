/* The configuration's files, seen and edited by who knows the password: what pages and
 * the JSON interface share. The parent looks after the files; see link/msgedit.h. */
#ifndef WEB_EDIT_H
#define WEB_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "link/msgedit.h"

struct event_base;
struct request;

#define EDIT_BODY_MAX (3UL * EDIT_TEXT_MAX + 8192) /* bytes of a form with a text */

/* A question to the parent, for a request that waits. */
struct edit_call;

/* What was said to it; TEXT is what came along, "" nothing. Reply to R now, or ask
 * again. */
typedef void (*edit_then)(struct request *r, struct edit_call *call,
    const struct msg_edited *said, const char *text);

/* May the reader of R see and change the configuration's files? When not, it is
 * answered. */
bool edit_may(struct request *r);
/* A call for R, which waits from now on; CTX is freed by FREE_CTX with it. NULL after
 * having answered. */
struct edit_call *edit_begin(struct request *r, void *ctx, void (*free_ctx)(void *ctx));
void *edit_ctx(const struct edit_call *call);
/* Ask for something of the file called NAME (NULL: of all); NUMBER is a version,
 * GENERATION that of a draft's file. TEXT is the draft, where it is about one, else
 * NULL. THEN is called with the answer, if R still waits; without an answer R gets a
 * 503. */
void edit_ask(struct edit_call *call, enum edit_what what, const char *name,
    uint32_t number, uint32_t generation, const char *text, edit_then then);
/* The HTTP status that SAID stands for. */
unsigned edit_status(const struct msg_edited *said);
/* In one sentence, why not. */
const char *edit_reason(const struct msg_edited *said);

/* For the worker's main file: begin; an answer of the parent's came; stop. */
void edit_init(struct event_base *base);
int edit_message(struct msg_in *in);
void edit_stop(void);

/* The pages (editpage.c) and the JSON interface (edit_api.c). */
void edit_page(struct request *r);
void edit_history(struct request *r);
void edit_undo(struct request *r);
void edit_api_list(struct request *r);
void edit_api_file(struct request *r);
void edit_api_history(struct request *r);
void edit_api_check(struct request *r);
void edit_api_save(struct request *r);

#endif
