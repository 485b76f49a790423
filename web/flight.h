/* Rounds that are under way, as far as they are: which pings were sent, and what came
 * of them. Of each target the last that was heard of is kept, of many targets those
 * that were heard of last. */
#ifndef WEB_FLIGHT_H
#define WEB_FLIGHT_H

#include <stdint.h>

#include "config/conf.h"
#include "link/msgflight.h"

struct html;
struct round;

struct flight {
	uint64_t id;
	int64_t begin_ns;
	uint16_t count, sent;
	uint64_t number;      /* greater than that of what was heard before */
	const uint32_t *ping; /* struct msg_flight's */
};

/* MSG_FLIGHT. 0, or -1 when it is not to be believed. */
int flight_message(struct msg_in *in);
/* R is stored: what was under way of it is over. */
void flight_over(const struct round *r);
/* What is under way of T, or NULL: nothing, or what was is too long ago. */
const struct flight *flight_of(const struct conf_target *t);

/* The first that was heard of behind NUMBER, and the next behind F; or NULL. */
const struct flight *flight_after(uint64_t number);
const struct flight *flight_next(const struct flight *f);
/* F of target PATH as JSON; owned by F. */
const char *flight_text(const struct flight *f, const char *path);

/* What pages show in H of what is under way of T (NULL: of nobody's): "flight_path",
 * "flight", in words, and its dots. */
void flight_put(struct html *h, const struct conf_target *t);

/* All is forgotten. */
void flight_stop(void);

#endif
