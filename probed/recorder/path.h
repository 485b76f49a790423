/* The ways to targets: what the prober finds on them is put together, compared with
 * what was, kept on disk (pathfile.h) and told to web. When a round goes bad the way is
 * walked at once, and that walk kept beside the last good one. */
#ifndef RECORDER_PATH_H
#define RECORDER_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "infer/ladder.h"
#include "infer/route.h"
#include "link/msghops.h"
#include "link/msgpath.h"
#include "round.h"

/* Ways that are kept: of so many targets. Those behind are not. */
#define PATHS_MAX 1024

struct paths_ops {
	/* Walk to TARGET now, please. */
	void (*walk)(void *ctx, const struct msg_trace *trace);
	/* To web, if it is there. */
	void (*tell)(void *ctx, const struct msg_path *path);
	void (*here)(void *ctx, const struct here *here);
	/* SUBJECT (a path, or "" for all) is reached another way since TIME: TEXT says
	 * how, EVIDENCE is a JSON object. */
	void (*note)(void *ctx, const char *subject, int64_t time, const char *text,
	    const char *evidence);
	void (*trouble)(void *ctx, const char *text);
};

/* The last walk that was made since a round was bad. */
struct path_bad {
	int64_t time;	/* epoch seconds; 0: there was none */
	bool same;	/* it was as always: whatever it is, routing it is not */
	uint8_t ttl;	/* else: where it ends, or leads elsewhere; 0: not known */
	bool elsewhere; /* it leads elsewhere */
	struct addr from, to; /* the last router as always, and whom it met or should */
};

struct paths;

/* OPS is borrowed. */
struct paths *paths_new(const struct paths_ops *ops, void *ctx);
/* What is not on disk yet is written. NULL allowed. */
void paths_free(struct paths *p);
/* Those of NEXT are looked after, which must last until the next call. */
void paths_configure(struct paths *p, const struct conf *next, int64_t now);
/* MSG_HOPS or MSG_HERE, of the prober. 0, or -1 when it is not to be believed. */
int paths_message(struct paths *p, struct msg_in *in, int64_t now);
/* R is stored: is it bad? */
void paths_round(struct paths *p, const struct round *r, int64_t now);
/* Every few seconds. */
void paths_tick(struct paths *p, int64_t now);
/* Tell a new web all. */
void paths_tell(const struct paths *p);

/* --- for who judges --------------------------------------------------------------- */

/* As of the last walks; anew when something changed, at most every PATHS_LADDER_S. NULL
 * as long as the prober has not told what this host is in. Good until the next call. */
#define PATHS_LADDER_S 10
const struct ladder *paths_ladder(struct paths *p, int64_t now);
/* NULL when its way is not known. */
const struct route *paths_route(const struct paths *p, uint64_t target);
const struct path_bad *paths_bad(const struct paths *p, uint64_t target);

#endif
