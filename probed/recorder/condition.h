/* The one machine that says when something is the matter and when it is over. Whoever
 * judges (alerts, outages, attacks, congestion, verdicts) calls condition_raise() each
 * time that it sees it and condition_clear() each time that it does not; an incident
 * opens and closes by that, is written to events.db, and letters go to the outbox.
 *
 * Letters wait while nothing is to be told of their subject (a silence), or where it
 * lies behind something that is down (then the incident is suppressed by that one), or
 * may be found to be so in a moment; and of a verdict as long as it is no more than a
 * hint, unless that is all that is known of several. What is over while its letter
 * waits for a verdict goes on waiting: if none comes, one letter tells from when to
 * when it was, and of all that were down then; what is silent, or explained, is not
 * told at all. What was told is told to be over. What is over and soon comes again is
 * told twice and no more: its last end waits until it stays so. A letter that waits
 * outlives a restart. Who is told of no verdicts waits for none: he would hear nothing.
 */
#ifndef RECORDER_CONDITION_H
#define RECORDER_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "recorder/events.h"

/* What a target is that answers nothing: others may lie behind it. */
#define CONDITION_DOWN_KIND "loss"
#define CONDITION_DOWN_SOURCE "down"

struct conditions;

/* Whom to tell of a kind. */
enum condition_ears {
	EARS_ALL,
	EARS_VERDICT,	/* who is told of verdicts, too */
	EARS_NO_VERDICT /* and who is not */
};

/* What somebody saw; borrowed. Kind, subject and source together are the condition: it
 * has one open incident at most. */
struct finding {
	const char *kind, *subject, *source; /* as in eventsdb.h */
	int64_t time;			     /* epoch seconds of what was seen */
	const char *confidence;		     /* NULL: "sure" */
	const char *summary;		     /* one sentence; NULL: as it was */
	double worst;			     /* NAN: there is none. The largest stays */
	const char *evidence;		     /* JSON object; NULL: as it was */
	bool total; /* nothing gets through: that is told anew */
	int64_t priority;		     /* 0: none */
	/* Open, or close, only after so many calls in a row; 0 is 1. Begin and end are
	 * the times of the first of them. */
	unsigned hold;
	/* Who is to be told at this call, a JSON array. The letter's word is "open",
	 * "update" or "close", as it comes. NULL: who asks for this kind (see audience
	 * below), and only of its opening and its end. */
	const char *receivers;
	const char *body; /* JSON object; NULL: one is made of the incident */
};

struct conditions_ops {
	/* Paths with blanks between them of the targets that SUBJECT lies behind, and
	 * how many seconds it may take until they are known to be down too. NULL: none.
	 */
	const char *(*behind)(void *ctx, const char *subject, unsigned *grace_s);
	/* The id of an open verdict that says why SUBJECT is the matter since SINCE
	 * (epoch seconds), though nobody has configured that; 0: there is none. *GRACE
	 * is for how many seconds from then there may still be one. NULL: nobody
	 * knows. */
	int64_t (*explained)(
	    void *ctx, const char *subject, int64_t since, unsigned *grace);
	/* How far SUBJECT is from here, on the way out: of those that were down
	 * together the nearest is told. */
	unsigned (*distance)(void *ctx, const char *subject);
	/* Is nothing to be told of SUBJECT at NOW? */
	bool (*silent)(void *ctx, const char *subject, int64_t now);
	/* Who of EARS is told of incidents of KIND where whoever judges names nobody: a
	 * JSON array, to be freed; NULL: nobody. */
	char *(*audience)(void *ctx, const char *kind, enum condition_ears ears);
	/* The evidence of IN with what else belongs to it as it opens or ends, to be
	 * freed; NULL: nothing does. NULL: nobody knows more. */
	char *(*evidence)(void *ctx, const struct incident *in);
};

/* EV and OPS are borrowed. What is open in EV is open again. */
struct conditions *conditions_new(
    struct events *ev, const struct conditions_ops *ops, void *ctx);
void conditions_free(struct conditions *cs);

/* It is the matter. Returns the id of the open incident; 0 while F's hold is not
 * reached. */
int64_t condition_raise(struct conditions *cs, const struct finding *f);
/* It is not the matter. Costs next to nothing when it was not. Returns the id of the
 * incident that this closed, else 0. */
int64_t condition_clear(struct conditions *cs, const struct finding *f);
/* The id of the open incident, 0 when there is none: also those of before a restart. */
int64_t condition_open(const struct conditions *cs, const char *kind,
    const char *subject, const char *source);

/* When that began, epoch seconds; 0 when there is none. */
int64_t condition_begin(const struct conditions *cs, const char *kind,
    const char *subject, const char *source);
/* Its evidence, borrowed until it is raised again; NULL when there is none. */
const char *condition_evidence(const struct conditions *cs, const char *kind,
    const char *subject, const char *source);

/* Close every open incident that WATCHED says nobody looks after any more (its target
 * or alert left the configuration), at NOW; WHY ("the target was removed") goes into
 * its evidence. Nobody is told. */
void conditions_end(struct conditions *cs,
    bool (*watched)(void *ctx, const struct incident *in), void *ctx, int64_t now,
    const char *why);

/* Nobody is to see an address of P in what is told of what is open; but of attacks on
 * it, which would not be known again. */
void conditions_forget(struct conditions *cs, const struct prefix *p);
/* About once a second: letters that waited go, or go on waiting. */
void conditions_tick(struct conditions *cs, int64_t now);
/* Put what changed since it was last written: before the end. */
void conditions_flush(struct conditions *cs);

#endif
