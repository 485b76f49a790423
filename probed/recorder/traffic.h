/* Minutes of traffic, as the collector tells them: on to web at once, and into the ring
 * when they are final. */
#ifndef RECORDER_TRAFFIC_H
#define RECORDER_TRAFFIC_H

#include "config/conf.h"
#include "link/link.h"

struct event_base;
struct relay;
struct traffic;

/* RELAY is borrowed: it tells web. */
struct traffic *traffic_new(struct event_base *base, struct relay *relay);
/* The files are there now: DATADIR is this directory. */
void traffic_begin(struct traffic *t);
void traffic_configure(struct traffic *t, const struct conf *conf);
/* A new line, or NULL when it went down: to web, who wants to know what was forgotten,
 * and to the collector, who has to forget as well. */
void traffic_web(struct traffic *t, struct link *web);
void traffic_collector(struct traffic *t, struct link *collector);
/* MSG_MINUTE of the collector's, MSG_FORGET of web's. 0, or -1 when it is not to be
 * believed. */
int traffic_minute(struct traffic *t, struct msg_in *in);
int traffic_forget(struct traffic *t, struct msg_in *in);
/* Write what waits, end. */
void traffic_free(struct traffic *t);

#endif
