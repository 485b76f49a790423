/* Who filled the line while something was wrong, and just before: a member of the
 * evidence of an incident, kept in it, so that letters have it, and who looks when the
 * minutes of that time are gone. */
#ifndef RECORDER_CULPRITS_H
#define RECORDER_CULPRITS_H

#include "recorder/events.h"
#include "recorder/talk.h"

/* The evidence of IN with "talkers" in it, {"during":{...},"before":{...}} as of NOW: of
 * its span, a day at most, and of as long a span before, a quarter of an hour at least.
 * To be freed; NULL where incidents of its kind are not explained by traffic, or none
 * was told. */
char *culprits_evidence(const struct talk *t, const struct incident *in, int64_t now);

#endif
