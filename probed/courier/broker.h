/* A connection to a broker of MQTT, kept up: libmosquitto on the event loop. Names are
 * looked up, and connections begun, in a thread of their own, since libmosquitto waits
 * for both; a broker that is slow, silent or hostile holds up nobody. Nothing is queued
 * here: who publishes does so while there is room, and says everything again when the
 * line is up again. */
#ifndef COURIER_BROKER_H
#define COURIER_BROKER_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct broker;

struct broker_setup {
	const char *url;	     /* mqtt://HOST:PORT, mqtts://... */
	const char *user, *password; /* NULL: none */
	const char *ca;		     /* PEM file; NULL: whom the system believes */
	const char *id;		     /* ours there */
	const char *status; /* topic that says whether we are "online"; NULL: none */
};

struct broker_ops {
	/* The line is up: subscribe; all that was published may be gone. */
	void (*up)(void *ctx);
	/* There is room: publish, until broker_publish() has none. */
	void (*room)(void *ctx);
	/* Something came to a topic of ours. PAYLOAD has LEN bytes, and is not to be
	 * believed. */
	void (*message)(void *ctx, const char *topic, const void *payload, size_t len);
	/* No line: WHY, one tame line of text. It is tried again in PAUSE_S seconds. */
	void (*down)(void *ctx, const char *why, unsigned pause_s);
};

/* SETUP is copied, OPS borrowed. It begins to connect at the next turn of the loop. */
struct broker *broker_new(struct event_base *base, const struct broker_setup *setup,
    const struct broker_ops *ops, void *ctx);
/* Hang up: the broker tells all that we are offline. NULL allowed. */
void broker_free(struct broker *b);

/* Is the line up? */
bool broker_is_up(const struct broker *b);
/* Have message() called for topics that FILTER fits; to be said anew at each up(). */
void broker_subscribe(struct broker *b, const char *filter);
/* Publish PAYLOAD, retained; "" takes back what was. False: there is no room now, and
 * nothing was done; room() is called once there is. Not from message(). */
bool broker_publish(struct broker *b, const char *topic, const char *payload);
/* There is something to be published. */
void broker_ask(struct broker *b);
/* Say that we are offline, and hang up as soon as that is on its way. */
void broker_last(struct broker *b);
/* Is all said, after broker_last()? */
bool broker_idle(const struct broker *b);

#endif
