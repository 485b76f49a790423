/* The lines of one's own: how full they are by their counters, and, of those that lead
 * out, how much a ping beyond them waits for one's own traffic (infer/bloat.h). What is
 * the matter becomes an incident of kind congestion.
 *
 * A line that leads out is an interface that UPnP tells of (a home router's own), or
 * one for which *** Collector *** interfaces says by BEYOND which target lies behind
 * it. */
#ifndef RECORDER_LINES_H
#define RECORDER_LINES_H

#include "base/wire.h"
#include "config/conf.h"
#include "infer/lineload.h"
#include "link/msgif.h"
#include "link/msgline.h"
#include "recorder/condition.h"
#include "round.h"

#define LINES_MAX 512	/* interfaces of which something was told within a day */
#define LINES_OUT_MAX 8 /* that lead out */

struct lines;

/* CS is borrowed; EV is asked for what is open, and not kept (NULL:
 * nothing is). TELL: something is new of
 * a line that leads out. */
struct lines *lines_new(struct conditions *cs, struct events *ev,
    void (*tell)(void *ctx, const struct msg_line *m), void *ctx, int64_t now);
void lines_free(struct lines *l);
/* CONF must last until the next call. */
void lines_configure(struct lines *l, const struct conf *conf);
/* What UPnP's interface has beyond it, as far as is known; 0: nothing is. */
void lines_beyond(struct lines *l, uint64_t target);

/* Something is new of an interface. */
void lines_interface(struct lines *l, const struct msg_interface *m);
/* So many packets of the minute BEGIN carried so which ECN marks. */
void lines_marks(struct lines *l, const struct if_key *key, int64_t begin,
    const struct lineload_marks of[IF_WAYS]);
void lines_round(struct lines *l, const struct round *r);
/* About once a second, at NOW (epoch seconds): end what nothing is heard of any more,
 * and forget it in the end. */
void lines_tick(struct lines *l, int64_t now);
/* A new web hears of all. */
void lines_tell(struct lines *l);
/* How full the line that leads out is, its fuller way, over its last minute, unless
 * that is more than two minutes ago at NOW; NAN: it is not known. */
double lines_use(const struct lines *l, int64_t now);

/* What a line that leads out carried in its last minute; NAN: not known. */
struct lines_busy {
	int64_t time; /* its end, epoch seconds */
	double use[IF_WAYS], bps[IF_WAYS]; /* of the line's rate, 0..1; bit/s */
	double line[IF_WAYS]; /* bit/s: as it is known, or measured where a queue delays */
	double holds[IF_WAYS]; /* octets that its queue holds, by pings under load */
};
/* Of the fullest of them, unless that was more than two minutes ago at NOW. False:
 * none is known. */
bool lines_busy(const struct lines *l, int64_t now, struct lines_busy *b);
/* Is the line filled on purpose (a load test) between BEGIN and END? Then it is not
 * congested, whatever pings and counters say. NULL: never. */
void lines_own(
    struct lines *l, bool (*own)(void *ctx, int64_t begin, int64_t end), void *ctx);

/* What they learned, for the state file (recorder/learned.h): each line's by PUT, and
 * one such back. It is taken where it is the same interface and target. */
void lines_put(const struct lines *l, struct pack *p);
void lines_get(struct lines *l, struct wire *w);
/* Bytes that lines_put() writes at most. */
#define LINES_STATE (LINES_OUT_MAX * (64UL + MSG_LINE_TARGET + BLOAT_STATE))

#endif
