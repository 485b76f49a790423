/* How targets look: what is judged from their last round. */
#ifndef WEB_LOOK_H
#define WEB_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"

/* What a reader sees of a target, in one word and one sentence. */
enum look {
	LOOK_WAITING, /* no round yet */
	LOOK_FINE,
	LOOK_LOSS,     /* some pings lost */
	LOOK_DOWN,     /* every ping lost */
	LOOK_CANNOT,   /* cannot measure: no name, no permission, unknown probe */
	LOOK_UNKNOWN,  /* last round unknown, or none for three steps */
	LOOK_FILTERED, /* left out by --filter: not measured */
	LOOKS
};
/* How T looks, and WHY (SIZE bytes), "" where that needs no words. */
enum look look_of(const struct conf_target *t, char *why, size_t size);
/* The same of T as SLAVE ("" is this box) sees it. */
enum look look_from(
    const struct conf_target *t, const char *slave, char *why, size_t size);
/* By when the first result of T is there, of one that waits for it (epoch seconds): 0
 * where it has one, none is to come, or it is overdue. */
int64_t look_expected(const struct conf_target *t);
/* By when the first of all is; 0 where there is one already, or it is overdue. */
int64_t look_first_expected(void);
/* Has no target any result yet? */
bool look_is_new(void);
const char *look_word(enum look look); /* "waiting", "fine", "loss" ... */
const char *look_said(enum look look); /* the same to people: "cannot measure" */

#endif
