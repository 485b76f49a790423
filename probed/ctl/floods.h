/* Attacks on own hosts in a capture, and by them: the windows of the collector and the
 * judge of the recorder, second by second of a clock that is the capture's. */
#ifndef CTL_FLOODS_H
#define CTL_FLOODS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "infer/attack.h"

struct floods;
struct tally;

/* An attack that is over, or, OVER false, was not when the capture ended; borrowed. */
typedef void (*floods_fn)(void *ctx, const struct attack *a, bool over);

/* What TALLY, which is borrowed, hears of is looked at. D: from what on. */
struct floods *floods_new(
    struct tally *tally, const struct conf_detection *d, floods_fn fn, void *ctx);
void floods_free(struct floods *f); /* NULL allowed */
/* The second that ends at NOW_MS (epoch) is over, and the tally has been told; ALIVE:
 * if there had been traffic in it, it would be in the capture. */
void floods_second(struct floods *f, int64_t now_ms, bool alive);
/* Is nothing under way that seconds without traffic would end? */
bool floods_quiet(const struct floods *f);
/* Tell of attacks that are not over. */
void floods_end(struct floods *f);

#endif
