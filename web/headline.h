/* What is wrong with a page's targets, as one sentence, and below it which ones and
 * why. */
#ifndef WEB_HEADLINE_H
#define WEB_HEADLINE_H

#include <stdbool.h>

#include "config/conf.h"
#include "web/html.h"

struct headline;

struct headline *headline_new(void);
/* Count T in. */
void headline_add(struct headline *h, const struct conf_target *t);
/* Put it into PAGE, for template now.html; H is freed. Returns whether a target does
 * not answer or loses pings. */
bool headline_put(struct html *page, struct headline *h);

/* Where no target has a result yet, "beginning" of PAGE is a sentence that says by when
 * the first are there; else it is "". */
void headline_beginning(struct html *page);
/* That sentence, until the next call; "" likewise. */
const char *headline_beginning_text(void);

#endif
