/* Every target's rounds on their way to disk: queued per target, written in batches,
 * tried again while a file is locked or the disk is full. */
#ifndef RECORDER_HISTORY_H
#define RECORDER_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "config/conf.h"
#include "round.h"

/* Bytes of rounds that may wait for the disk; beyond it the oldest is thrown away. */
#define HISTORY_QUEUE_MAX (64UL * 1024 * 1024)

struct history;

/* Whom history tells. R is history's until return. */
struct history_ops {
	void (*stored)(void *ctx, const struct round *r);
	/* A round of our own that is older than the last row of its file, as when the
	 * clock was set back: it is not stored. */
	void (*refused)(void *ctx, const struct round *r);
	/* One sentence for people; TARGET 0: about no single one. */
	void (*trouble)(void *ctx, uint64_t target, const char *text);
	/* The file of the target PATH was carried over or moved: TEXT says how. */
	void (*carried)(void *ctx, const char *path, const char *text);
};

/* OPS is borrowed. */
struct history *history_new(const struct history_ops *ops, void *ctx, size_t queue_max);
void history_free(struct history *h);

/* Go over to CONF: files of targets that did not change stay as they are known, rounds
 * of targets that are gone are still written. CONF is not needed after return. */
void history_configure(struct history *h, const struct conf *conf);

/* Have the history of FROM, a path that is no target any more, go on as that of the
 * target TO, under what TO has by now. It is done by history_work() and told by
 * trouble(). 0, or -1 with ERR. */
int history_merge(struct history *h, const char *from, const char *to, struct err *err);

enum history_answer {
	HISTORY_TAKEN,
	HISTORY_STRANGER, /* no such target, or not with this step or count of pings */
	HISTORY_BAD_ROW,  /* off the grid, or too far in the future */
};
enum history_answer history_put(struct history *h, const struct round *r);

/* Likewise for a round that a slave measured: its target is that of what the slave sees
 * (conf_series_id()), its row the time at which it ended, which a SmokePing does not
 * put into the grid: R gets the row that it is stored for (rhythm.h). */
enum history_answer history_put_slave(struct history *h, struct round *r);

/* Write for about BUDGET_NS. Returns ns after which to call again (0: at once), or -1
 * when nothing waits. */
int64_t history_work(struct history *h, int64_t budget_ns);

/* The last round of TARGET that was stored since the start, or NULL. */
/* TARGET, a dynamic host, told its address then (epoch seconds; 0: it has none): its
 * rows have the age of it from now on. */
void history_since(struct history *h, uint64_t target, int64_t since);
const struct round *history_last(const struct history *h, uint64_t target);
/* The ids of all targets; the caller frees. */
uint64_t *history_targets(const struct history *h, size_t *count);

struct history_counts {
	uint64_t written, unknown; /* rounds on disk, and how many of them unknown */
	uint64_t retries;	   /* a file was locked */
	uint64_t past;		   /* not newer than what the file had */
	uint64_t dropped;	   /* from a full queue, or when a target changed */
	uint64_t set_aside;	   /* files */
	uint64_t migrated;	   /* files */
	uint64_t queued;	   /* rounds waiting now */
};
struct history_counts history_counts(const struct history *h);

#endif
