/* All who judge in the recorder, put together: rounds, ways, radios, counters and what
 * the collector suspects go in, each judge hears what concerns it and what the others
 * find, and incidents come out (journal.h, events.db).
 *
 * This is the seam that it is driven by. Whoever holds it brings the loop, the lines to
 * other workers and the files of history: there is neither libevent nor librrd behind
 * it but in files of interfaces' and radios' minutes. The working directory is DATADIR.
 * Time is base/clock.h's, which can be turned. */
#ifndef RECORDER_COURT_H
#define RECORDER_COURT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "link/msgif.h"
#include "link/msgline.h"
#include "link/msgpath.h"
#include "link/msgverdict.h"
#include "link/msgwifi.h"
#include "minute.h"
#include "recorder/journal.h"
#include "recorder/path.h"
#include "recorder/talk.h"
#include "round.h"

struct court_ops {
	/* To web, if it is there: */
	void (*path)(void *ctx, const struct msg_path *m);
	void (*here)(void *ctx, const struct here *h);
	void (*verdict)(void *ctx, const struct msg_verdict *v);
	void (*line)(void *ctx, const struct msg_line *m);
	void (*wifi)(void *ctx, const struct msg_wifi *m);
	/* One sentence for people. */
	void (*trouble)(void *ctx, const char *text);
	/* To the prober: walk to a target now, please. */
	void (*walk)(void *ctx, const struct msg_trace *trace);
	/* As of journal_ops: court_work() soon. */
	void (*work)(void *ctx);
	/* A finding whose incident is open, as it is now; OVER: it is none any more.
	 * NULL: nobody asks for it. */
	void (*found)(void *ctx, const struct infer_finding *f, bool over);
};

struct court;

/* Before the lock. OPS is borrowed. */
struct court *court_new(const struct court_ops *ops, void *ctx);
/* Locked in, and before the ring of single pings is written: it tells when there were
 * rounds last. CONF as of journal_begin(); court_configure() follows. */
void court_begin(struct court *c, const struct conf *conf);
/* Go over to NEXT, which must last until the next call. */
void court_configure(struct court *c, const struct conf *next);
/* Write what waits, for a second at most, and free all. */
void court_end(struct court *c);

/* As journal_work(). */
int64_t court_work(struct court *c);
/* About once a second, and every few seconds. */
void court_tick(struct court *c);
void court_look(struct court *c);

/* R is stored; or has no place in history, and is the matter all the same. */
void court_round(struct court *c, const struct round *r);
void court_refused(struct court *c, const struct round *r);
/* MSG_HOPS or MSG_HERE of the prober; MSG_WIFI, MSG_MARKS, MSG_VICTIM or MSG_HOST of
 * the collector. 0, or -1 when it is not to be believed. */
int court_message(struct court *c, struct msg_in *in);
/* Something is new of an interface, by who keeps the book of them (ifbook.h). */
void court_interface(struct court *c, const struct msg_interface *m);
/* As talk_minute(). */
void court_minute(
    struct court *c, const struct minute_part *part, const struct minute_row *row);
/* Tell a new web all. */
void court_tell(struct court *c);

/* For who has words for them alone. */
struct journal *court_journal(struct court *c);
struct talk *court_talk(struct court *c);

#endif
