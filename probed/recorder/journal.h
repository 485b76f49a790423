/* All that the recorder knows of what happened, put together: events.db, the conditions
 * with what keeps their letters back, outages, notes. It knows no loop: who has one
 * calls journal_work() and journal_tick(). The clock is base/clock.h's. */
#ifndef RECORDER_JOURNAL_H
#define RECORDER_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "link/msg.h"
#include "recorder/condition.h"
#include "round.h"

struct journal_ops {
	/* One sentence for people: what is wrong with events.db. */
	void (*trouble)(void *ctx, const char *text);
	/* Something waits to be written: journal_work() soon, unless that is due. */
	void (*work)(void *ctx);
};

struct journal;

/* Before the lock. OPS is borrowed. */
struct journal *journal_new(const struct journal_ops *ops, void *ctx);
/* Locked in: open the file, begin. CONF, as after it NEXT, must last until the next
 * call; journal_configure() follows. */
void journal_begin(struct journal *j, const struct conf *conf);
/* Write for a turn. Returns ns after which to call again (0: at once), or -1 when
 * nothing waits. */
int64_t journal_work(struct journal *j);
/* Once a second: what waits for a time. */
void journal_tick(struct journal *j, int64_t now);
/* Go over to NEXT. */
void journal_configure(struct journal *j, const struct conf *next);
/* A round of TARGET waits to be written: the last moment to see its file as it is. */
void journal_expect(struct journal *j, uint64_t target);
/* R is stored. */
void journal_round(struct journal *j, const struct round *r);
/* The line to ROOM is there, or went down. May come before journal_begin(). */
void journal_line(struct journal *j, enum room room, bool up);
/* The file of the target PATH was carried over or moved: TEXT says how. */
void journal_file(struct journal *j, const char *path, const char *text);
/* The way to SUBJECT is another one: as notes_route(). */
void journal_route(struct journal *j, const char *subject, int64_t time,
    const char *text, const char *evidence);
/* MSG_NOTE, MSG_SILENCE or MSG_SILENCE_END. 0, or -1 when it is not to be believed. */
int journal_message(struct journal *j, struct msg_in *in);
/* MSG_STRANDED. 0, or -1 likewise. */
int journal_stranded(struct journal *j, struct msg_in *in);
/* MSG_VICTIM. 0, or -1 when it is not to be believed. */
int journal_victim(struct journal *j, struct msg_in *in);
/* MSG_HOST. 0, or -1 likewise. */
int journal_host(struct journal *j, struct msg_in *in);
/* One that sends flows is as X. */
struct msg_exporter;
void journal_exporter(struct journal *j, const struct msg_exporter *x);
/* Since when nothing was measured before this start, epoch seconds; false when it is not
 * known. */
bool journal_gap(const struct journal *j, int64_t *begin, int64_t *end);
/* Did we fill the line ourselves while R was measured? */
bool journal_own_load(const struct journal *j, const struct round *r);
/* Who judges the path; borrowed. */
struct judge;
struct talk;
void journal_judge(struct journal *j, struct judge *judge);
/* For others who judge: the conditions, and events.db. After calls from outside of
 * journal_round(), journal_kick() sees that what was put is written. */
/* Who fills the line, for what incidents tell of it; NULL: nobody knows any more. It is
 * borrowed. */
void journal_talk(struct journal *j, const struct talk *talk);
/* Nobody is to see an address of P in what happened, or in what is usual: as
 * events_forget(). */
int journal_forget(struct journal *j, const struct prefix *p, int64_t *at,
    uint64_t *rows, struct err *err);
struct conditions *journal_conditions(struct journal *j);
struct events *journal_events(struct journal *j);
/* NULL until journal_begin(). */
struct loadtests *journal_loadtests(struct journal *j);
void journal_kick(struct journal *j);
/* Write what waits, for a second at most, and free all. */
void journal_end(struct journal *j);

#endif
