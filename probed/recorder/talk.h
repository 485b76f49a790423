/* Who fills the line: the last minutes of traffic, of each its greatest own hosts and
 * what they talk by. For who judges, and for incidents, which keep the talkers of their
 * time; what is older than this is read from the ring (minutering.h).
 *
 * Nothing here reads a clock: all times are epoch seconds. */
#ifndef RECORDER_TALK_H
#define RECORDER_TALK_H

#include <stdint.h>

#include "base/prefix.h"
#include "minute.h"
#include "toplist.h"

#define TALK_MINUTES 64

struct talk;

struct talk *talk_new(void);
void talk_free(struct talk *t);
/* Take the minutes of the last hour before NOW out of the ring. */
void talk_begin(struct talk *t, int64_t now);
/* A part of a table came. One that is told anew, as minutes that still grow are, is in
 * place of what was. */
void talk_minute(struct talk *t, const struct minute_part *part,
    const struct minute_row *row);
/* Forget every address of P; how many rows told of them. */
uint64_t talk_forget(struct talk *t, const struct prefix *p);

/* Of the own hosts the one that receives most (OUT: sends most) in BEGIN to END, with the
 * port of the service that takes most of it, where one does, into TEXT ("192.168.1.30,
 * port 443"). Returns its share of all that went that way, 0 to 1; 0 and "" where no
 * host has a third of it, or none is known. */
double talk_top(const struct talk *t, int64_t begin, int64_t end, bool out, char *text,
    size_t size);

/* What was tallied from START to END, whole minutes that both lie in. */
struct talk_span {
	int64_t start, end;
	int64_t covered_s; /* of it */
	struct minute_sum total;
	struct toplist *hosts;
};
/* To be freed by talk_span_free(). What is older than the minutes here comes out of the
 * ring. */
void talk_span(
    const struct talk *t, int64_t start, int64_t end, struct talk_span *span);
void talk_span_free(struct talk_span *span);

#endif
