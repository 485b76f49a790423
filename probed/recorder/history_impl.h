/* For history.c and inherit.c: what waits for which file, and the lists that files are
 * in. */
#ifndef RECORDER_HISTORY_IMPL_H
#define RECORDER_HISTORY_IMPL_H

#include <sys/queue.h>

#include <uthash.h>

#include "base/log.h"
#include "recorder/archives.h"
#include "recorder/history.h"
#include "recorder/ledger.h"
#include "recorder/migrate.h"
#include "recorder/rhythm.h"
#include "recorder/rrdfile.h"

#define HISTORY_TELL_S 60

/* A round that waits. */
struct row {
	TAILQ_ENTRY(row) next; /* of its series, in order of coming */
	TAILQ_ENTRY(row) age;  /* of all */
	struct series *series;
	size_t size;
	struct round round; /* cut off behind its last ping */
};
TAILQ_HEAD(rows, row);

enum place_of {
	IN_NO_LIST, /* nothing waits */
	IN_READY,
	IN_NEW, /* ready, but its file was not looked at yet, or is to be made */
	IN_BUSY,
	IN_OLD, /* its file has to be carried over into another one first */
	IN_STUCK,
	LISTS
};

/* One target's file and what waits for it. */
struct series {
	UT_hash_handle hh;
	uint64_t id;
	struct rrdfile file;
	struct ledger_entry *entry; /* NULL: no target any more */
	struct rows rows;
	enum place_of in;
	TAILQ_ENTRY(series) list;
	int64_t due_ns; /* IN_BUSY */
	unsigned tries;
	bool wanted; /* the configuration has it */
	char *under; /* a file whose history is to be laid under it, or NULL */
	char *rawlog; /* how its plain log is called, or NULL */
	bool slave;  /* what a slave sees */
	struct rhythm rhythm;
	struct round *last; /* cut off likewise */
};
TAILQ_HEAD(series_list, series);

struct history {
	const struct history_ops *ops;
	void *ctx;
	struct series *series; /* by id */
	struct series_list list[LISTS];
	struct rows age;
	size_t queued, queue_max; /* bytes */
	int64_t stuck_due_ns;
	bool stuck_told;
	struct archives archives;
	struct migration *migration; /* of the first one IN_OLD, once it is begun */
	struct ledger ledger;
	int64_t ledger_due_ns; /* not to be written before */
	struct history_counts counts;
	struct log_limit full, stuck, past, differs;
	struct rrdfile_report report;
};

/* history.c: */
void history_tell(struct history *h, uint64_t target, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct series *history_find(const struct history *h, uint64_t id);
void history_move(struct history *h, struct series *s, enum place_of in);
void history_ready(struct history *h, struct series *s);
void history_drop_rows(struct history *h, struct series *s);
/* Write what waits for S now, as far as that goes. */
void history_drain(struct history *h, struct series *s);
/* Put S where it is tried again, and say so, with the text of the report. */
void history_stick(struct history *h, struct series *s);
void history_unstick(struct history *h);

/* inherit.c: */
/* Carry files over until END, one after the other. */
void history_carry(struct history *h, int64_t end);
/* Leave the one that is being carried over as it is. */
void history_give_up(struct history *h);
/* Targets that have another name than before find their history there. */
void history_follow_names(struct history *h, const struct conf *conf);
/* Write the ledger when it has changed, and not at once unless NOW. */
void history_keep_ledger(struct history *h, bool now);

#endif
