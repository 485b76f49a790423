/* Links that are not one's own, watched over weeks: of every target that has a place on
 * the path the least delay of each quarter of an hour is kept, and what is farther is
 * compared with what is nearer (infer/tslp.h). What recurs becomes an incident of kind
 * congestion, as does a queue that stands now where it is likely one. */
#ifndef RECORDER_LINKS_H
#define RECORDER_LINKS_H

#include "base/addr.h"
#include "base/wire.h"
#include "config/conf.h"
#include "infer/tslp.h"
#include "recorder/condition.h"
#include "round.h"

#define LINKS_MAX 64 /* targets, 25 kB each */

/* Where on the path a target lies, nearest first. */
enum links_place {
	LINKS_NOWHERE, /* it is not known, or is none of the path's */
	LINKS_GATEWAY,
	LINKS_ACCESS, /* the first hop behind one's own line */
	LINKS_PROVIDER,
	LINKS_TRANSIT,
	LINKS_FAR,
	LINKS_PLACES
};

struct links_ops {
	/* Where TARGET lies. CROSSES: the way to it leads over the access hop. */
	enum links_place (*place)(void *ctx, uint64_t target, bool *crosses);
	/* As of tslp_question. */
	int32_t (*offset)(void *ctx, int64_t time);
	/* As ladder_cut(), the hop's address into HOP; NULL: nobody knows. */
	unsigned (*cut)(void *ctx, const uint64_t *bad, size_t bads,
	    const uint64_t *good, size_t goods, char hop[ADDR_TEXT]);
};

struct links;

/* CS and OPS are borrowed; EV is asked for what is open, and not kept (NULL: nothing
 * is). */
struct links *links_new(struct conditions *cs, struct events *ev,
    const struct links_ops *ops, void *ctx, int64_t now);
void links_free(struct links *l);
/* CONF must last until the next call. */
void links_configure(struct links *l, const struct conf *conf);
void links_round(struct links *l, const struct round *r);
/* Since TIME the target PATH ("": all) is reached another way. */
void links_changed(struct links *l, const char *path, int64_t time);
/* Around TIME the line that leads out was so full; NAN: not known. */
void links_use(struct links *l, int64_t time, double use);
/* About once a second, at NOW (epoch seconds): judge one of those that are due. */
void links_tick(struct links *l, int64_t now);
/* The nearest target behind one's own line that is measured; 0: none is. */
uint64_t links_beyond(const struct links *l);

/* What they learned, for the state file: as lines_put() and lines_get(). */
void links_put(const struct links *l, struct pack *p);
void links_get(struct links *l, struct wire *w);
/* Bytes that links_put() writes at most. */
#define LINKS_STATE (LINKS_MAX * (16UL + 1024 + TSLP_STATE))

#endif
