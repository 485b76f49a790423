/* Who is told of news, as the courier says, and trying one of them. */
#ifndef WEB_NEWS_H
#define WEB_NEWS_H

#include <stddef.h>

#include "base/json.h"
#include "link/link.h"
#include "web/request.h"

/* The line to the courier, NULL when it went down. */
void news_courier(struct link *link);
/* A message from it. 0, or -1 when it is not to be believed. */
int news_message(struct msg_in *in);
void news_free(void);

/* What is known of them, in order of their names. */
const struct msg_receiver *news_receivers(size_t *count);
/* The name of R for whoever asks: mail addresses and paths of programs are told in full
 * only where LOCAL, by probectl's socket. At most SIZE bytes. */
void news_name(const struct msg_receiver *r, bool local, char *buf, size_t size);
/* "courier": { "receivers": [ ... ] } into the object J. */
void news_put(struct json *j, bool local);

/* POST /-/notify?receiver=NAME: 200 when a test was delivered, 502 and why when not. */
void news_notify(struct request *r);

#endif
