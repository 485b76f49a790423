/* What changed in how targets are measured, and when nobody measured: dated notes and
 * gaps, for people who wonder at a step in a graph. Kind "note" or "gap", source
 * "start", "restart", "worker", "takeover", "setting", "address", "route", "blockade",
 * "operator"; subject is the target, or "" for all of them.
 *
 * What targets were like is kept in the table target, so that a change is seen too when
 * it was made while nothing ran. */
#ifndef RECORDER_NOTES_H
#define RECORDER_NOTES_H

#include "config/conf.h"
#include "link/msg.h"
#include "recorder/events.h"
#include "round.h"

#define NOTE_MAX 1000 /* bytes of an operator's */

struct notes;

/* Before the lock: who started us, and since when this machine runs. */
struct notes *notes_new(void);
/* EV is open: say that we start, and since when nothing was measured. Both are
 * borrowed, CONF, which says who is told, until notes_configure(). */
void notes_begin(struct notes *n, struct events *ev, const struct conf *conf);
/* Since when nothing was measured before this start; false when it is not known. */
bool notes_gap(const struct notes *n, int64_t *begin, int64_t *end);
void notes_free(struct notes *n);
/* Go over to NEXT: what is different about its targets, and which ones are taken over
 * from another program. */
void notes_configure(struct notes *n, const struct conf *next);
/* R, of T, is stored: is its address another one? */
void notes_round(struct notes *n, const struct conf_target *t, const struct round *r);
/* The line to worker ROOM is there, or went down. */
void notes_line(struct notes *n, enum room room, bool up);
/* The file of the target PATH was carried over or moved: TEXT says how. */
void notes_file(struct notes *n, const char *path, const char *text);
/* The way to SUBJECT, a path or "" for several, is another one since TIME (epoch
 * seconds): TEXT says how, EVIDENCE is a JSON object. */
void notes_route(struct notes *n, const char *subject, int64_t time, const char *text,
    const char *evidence);
/* TEXT says what has to be done by hand against what is announced. */
void notes_stranded(struct notes *n, const char *text);
/* An operator's words on SUBJECT, a path or "". 0, or -1 with ERR. */
int notes_put(struct notes *n, const char *subject, const char *text, struct err *err);

#endif
