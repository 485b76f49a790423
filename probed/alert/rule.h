/* The test of an alert: a pattern of losses or round-trip times, or a matcher, decided
 * as SmokePing decides it. Pure: no clock, no files. */
#ifndef ALERT_RULE_H
#define ALERT_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "alert/values.h"
#include "base/log.h"

/* A rule that looks back over more rounds is refused. */
#define RULE_LENGTH_MAX 20000

enum rule_type {
	RULE_RTT,     /* ">100,>100": milliseconds */
	RULE_LOSS,    /* ">0%,*12*,>0%" */
	RULE_MATCHER, /* "CheckLoss(l=>30,x=>2)" */
};

struct rule;

enum rule_answer {
	RULE_READY,
	RULE_IDLE, /* SmokePing takes it, and here it never holds: ERR says why */
	RULE_BAD,  /* SmokePing refuses it: ERR says what was expected */
};

/* "rtt", "loss", "matcher" to TYPE. 0, or -1. */
int rule_type(enum rule_type *type, const char *word);
/* Read TEXT, a pattern or a call of a matcher. RULE gets NULL unless RULE_READY. */
enum rule_answer rule_parse(
    struct rule **rule, enum rule_type type, const char *text, struct err *err);
/* NULL is fine. */
void rule_free(struct rule *rule);

/* Does it look at losses? Else at round-trip times. */
bool rule_of_loss(const struct rule *rule);
/* Of how many rounds it needs to know. */
size_t rule_length(const struct rule *rule);
/* Does it hold after the last round of V? BEFORE: it did after the one before. */
bool rule_holds(const struct rule *rule, const struct values *v, bool before);

#endif
