/* The judge of the path (infer/verdict.h) in the recorder: rounds and the ladder go in,
 * incidents of kind "verdict" come out, and web is told how things stand. What is usual
 * is kept in STORE_USUAL over a restart. */
#ifndef RECORDER_JUDGE_H
#define RECORDER_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "infer/finding.h"
#include "infer/verdict.h"
#include "link/msgverdict.h"
#include "recorder/condition.h"
#include "recorder/lines.h"
#include "recorder/path.h"
#include "round.h"

struct judge_ops {
	/* To web, if it is there. */
	void (*tell)(void *ctx, const struct msg_verdict *v);
};

struct judge;

/* OPS and PATHS are borrowed. */
struct judge *judge_new(const struct judge_ops *ops, void *ctx, struct paths *paths);
/* Locked in: read what is usual, and which verdicts are open. CS is borrowed, EV is not
 * kept. */
void judge_begin(struct judge *j, struct conditions *cs, struct events *ev);
/* What is not on disk yet is written. NULL allowed. */
void judge_free(struct judge *j);
/* NEXT must last until the next call. */
void judge_configure(struct judge *j, const struct conf *next);
/* R is stored. */
void judge_round(struct judge *j, const struct round *r, int64_t now);
/* Every few seconds. */
void judge_tick(struct judge *j, int64_t now);
/* Tell a new web. */
void judge_tell(struct judge *j);
/* Another judge's finding, as it is now; OVER: it is none any more. */
void judge_hear(struct judge *j, const struct infer_finding *f, bool over);
/* What the line that leads out carries; who knows who fills it is asked by TALKER. */
void judge_busy(struct judge *j, const struct lines_busy *b);
void judge_talkers(struct judge *j, verdict_talker_fn talker, void *ctx);
/* Since BEGIN an own load test runs; 0: none does. */
void judge_load(struct judge *j, int64_t begin);
/* What probes leave by. */
void judge_medium(struct judge *j, enum verdict_medium medium);
/* Nothing was measured from BEGIN to END: WHY is a word or two. */
void judge_gap(struct judge *j, int64_t begin, int64_t end, const char *why);

/* The id of the open incident that explains what is the matter with SUBJECT, a path; 0:
 * there is none. It is the matter since SINCE, epoch seconds; *GRACE is for how many
 * seconds from then there may still be one. */
int64_t judge_explains(
    struct judge *j, const char *subject, int64_t since, unsigned *grace);
/* How far SUBJECT, a path, is from here on the way out, as its place is known. */
unsigned judge_distance(const struct judge *j, const char *subject);

#endif
