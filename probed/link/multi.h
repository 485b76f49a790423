/* libcurl's multi interface on the event loop: its sockets and its timer become events,
 * finished transfers come back through a callback. */
#ifndef LINK_MULTI_H
#define LINK_MULTI_H

#include <curl/curl.h>

struct event_base;
struct multi;

/* DONE is called from the loop, outside of libcurl, with a transfer that ended; it owns
 * EASY from then on (it is no longer added). */
struct multi *multi_new(
    struct event_base *base, void (*done)(CURL *easy, CURLcode result));
void multi_free(struct multi *m);

/* Start EASY at the next turn of the loop. 0, or -1. */
/* From now on who is done stays, with its connection, until it is removed. */
void multi_keep(struct multi *m);
int multi_add(struct multi *m, CURL *easy);
/* Take back an EASY that was added and is not done. */
void multi_remove(struct multi *m, CURL *easy);

#endif
