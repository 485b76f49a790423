/* Conditions from the inside, for condition*.c only. */
#ifndef RECORDER_CONDITION_IMPL_H
#define RECORDER_CONDITION_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "recorder/condition.h"
#include "recorder/events.h"

/* What is over and comes again so soon, for the second time and more often, is told to
 * be over only once it stayed so for that long, and not told to begin meanwhile. */
#define AGAIN_S 5400
#define VERDICT "verdict"
/* What a letter is called that waits; and where others have it: */
#define OPENS "open"
#define OPENS_REST "rest"
#define ENDED "close"
#define ENDS "close %u" /* of what came so often */
#define ENDS_OTHERS "others %u"
#define OVER "over %lld" /* of what ended then, and was not told before */
#define ANEW "{}" /* in place of its words: those of the incident as it is by then */

/* Why a condition is the matter: ids of open incidents, 0 where there is none, and how
 * long one may still come. */
struct reason {
	int64_t behind, verdict;
	int64_t guess; /* a verdict that is no more than that */
	unsigned behind_grace, verdict_grace;
};

/* One that is open, or might become so. */
struct condition {
	UT_hash_handle hh; /* by key */
	UT_hash_handle by_id;
	char *key; /* kind, subject, source: each behind a NUL */
	size_t key_len;
	char *kind, *subject, *source, *confidence, *summary, *evidence;
	int64_t id; /* 0: not open */
	int64_t begin;
	double worst;
	int64_t priority, suppressed_by;
	unsigned raises, clears; /* in a row */
	int64_t cleared;	 /* time of the first of them */
	int64_t written;	 /* when its row was, last */
	bool dirty;
	bool total;	 /* as of the finding */
	bool waits;	 /* on the list, with the letter: */
	char *receivers; /* NULL: nobody is to be told */
	char *body;	 /* NULL: it tells the incident as it is when it goes */
	int64_t since;	 /* when it began to wait for what may still be known */
	bool back;  /* what explained it is over; it may be over in a moment as well */
	bool asked; /* a guess that is all that is known of several */
	unsigned askers;   /* of a guess: how many would be told of it, at this tick */
	struct reason why; /* of one that waits, as of this tick */
	bool parted;	   /* who is told of no verdicts has had it */
	TAILQ_ENTRY(condition) link;
	/* What came and went, and may come again: */
	struct {
		unsigned times; /* that it began, each soon after its last end */
		int64_t end;	/* the last; 0: there was none */
		/* Of whom was told that it began, and not yet that it is over: */
		enum {
			NOBODY,
			OTHERS,
			ALL
		} told;
		int64_t id, begin; /* by a letter of this incident; */
		unsigned since;	   /* it came so often from then on */
		bool total;	   /* they were told that it is dead */
	} bout;
	/* What it was the last time, and is over. Where its letter waits to see what
	 * explains it, and what else was the matter then, to whom it goes; NULL: that
	 * it began was told. */
	struct {
		int64_t id; /* 0: nothing is to be told of it */
		int64_t begin, end, since;
		char *receivers;
	} past;
	bool rests; /* on the list of what may come again */
	TAILQ_ENTRY(condition) resting;
};

struct conditions {
	struct events *ev;
	const struct conditions_ops *ops;
	void *ctx;
	struct condition *all, *by_id;
	TAILQ_HEAD(, condition) waiting, resting;
};

/* --- conditionbook.c: which there are, and their rows -------------------------------
 */

/* NULL: there is none. */
struct condition *condition_find(const struct conditions *cs, const char *kind,
    const char *subject, const char *source);
struct condition *condition_by_id(const struct conditions *cs, int64_t id);
/* One that is not there yet. */
struct condition *condition_new(
    struct conditions *cs, const char *kind, const char *subject, const char *source);
void condition_free(struct conditions *cs, struct condition *c);
/* No letter of C waits any more. WRITTEN: it is in the file, and nobody else sees to
 * that. */
void condition_stop_waiting(struct conditions *cs, struct condition *c, bool written);
/* Take over what F says. */
void condition_take(struct condition *c, const struct finding *f);

/* Is C of what comes and goes, as where a line is bad? Alerts go to whom SmokePing
 * would tell, each time; what others find has a hold of its own. */
bool condition_may_come_again(const struct condition *c);
/* Is C a guess at whose fault it is? Such is worth a look, and no letter. */
bool condition_is_guess(const struct condition *c);

/* The row of C, which ended at END (0: is open); it borrows the texts of C. */
struct incident condition_row(const struct condition *c, int64_t end);
/* The same as C opens, or ended at END, with all that belongs to it; *MORE is to be
 * freed. */
struct incident condition_whole_row(
    const struct conditions *cs, const struct condition *c, int64_t end, char **more);
/* The words of a letter about IN, the row of C. Malloced. */
char *condition_words(const struct condition *c, struct incident in);
/* Write the row of C, which ended at END (0: is open), with LETTER (NULL: none). */
void condition_put(struct conditions *cs, struct condition *c, int64_t end,
    const struct letter *letter);
/* Write the whole row, with a letter called WHAT to RECEIVERS (NULL: nobody) in the
 * words of BODY (NULL: those of the row). WAITED: it does not any more. */
void condition_put_and_tell(struct conditions *cs, struct condition *c, int64_t end,
    const char *what, const char *receivers, const char *body, bool waited);

/* --- conditionbout.c: what comes again ----------------------------------------------
 */

/* Those who were told that C began, and not yet that it is over: a JSON array, to be
 * freed; NULL: nobody. */
char *bout_who(const struct conditions *cs, const struct condition *c);
/* WHO are told that C began, by a letter of incident ID, which began at BEGIN. */
void bout_note(struct condition *c, int64_t id, int64_t begin, int who);
/* They are all told that it is over. */
void bout_forget(struct condition *c);
/* C opens, by F: is it the same again? */
void bout_begin(struct conditions *cs, struct condition *c, const struct finding *f);
/* Is it, that C is dead by F, more than was told of it? */
bool bout_is_news(const struct condition *c, const struct finding *f);
/* C ended, and may come again. */
void bout_rest(struct conditions *cs, struct condition *c);
/* C is over, and may come again: it is told when it did not. */
void bout_hold_end(struct conditions *cs, const struct condition *c);
/* Tell that C is over, whom was told that it began. */
void bout_end(struct conditions *cs, struct condition *c);
/* C rests: where it stayed over for long enough by NOW, it is told, and freed. */
void bout_look(struct conditions *cs, struct condition *c, int64_t now);

/* --- conditionwait.c: letters that wait ---------------------------------------------
 */

/* Why C, which is the matter since SINCE, is that. */
struct reason reason_of(
    const struct conditions *cs, const struct condition *c, int64_t since);
/* The incident that explains it; 0: none does. */
int64_t reason_id(const struct reason *why);
/* For how many seconds one may still come. */
unsigned reason_longest(const struct reason *why);

/* C is open, and F's letter has to wait since SINCE; or, where nobody is to be told, it
 * may be found what explains it. */
void wait_begin(
    struct conditions *cs, struct condition *c, const struct finding *f, int64_t since);
/* Write the row of C and the letter that waits for it. */
void wait_put(struct conditions *cs, struct condition *c);
/* Nothing but a verdict, or that there may be one, holds the letter of C back: who is
 * told of none has it now. */
void wait_tell_others(struct conditions *cs, struct condition *c);
/* The letter that waited goes, with the row as it is now. */
void wait_send(struct conditions *cs, struct condition *c);
/* C is over since END, and its letter goes on waiting. */
void wait_over(struct conditions *cs, struct condition *c, int64_t end);
/* What C was is told, or will not be. */
void wait_drop_past(struct conditions *cs, struct condition *c);

#endif
