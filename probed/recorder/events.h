/* The one writer of events.db (eventsdb.h). What is put waits in memory, in order, and
 * is written in batches by events_work(): a disk that is full or slow holds nobody up,
 * and what waits is tried again. A file that is broken or not ours is moved away by
 * name. Reading, at the start only, is in the second half. */
#ifndef RECORDER_EVENTS_H
#define RECORDER_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"

/* Bytes that may wait. Beyond it the oldest goes; a repeated state of an incident that
 * nobody is told of is not even taken when half of it waits. */
#define EVENTS_QUEUE_MAX (16UL * 1024 * 1024)
/* What is kept; outbox and incidents are pruned once an hour. */
#define EVENTS_OUTBOX_KEEP_S (14 * 86400)
#define EVENTS_OUTBOX_ROWS 100000
#define EVENTS_INCIDENTS_ROWS 300000

struct events;

struct events_ops {
	/* One sentence for people: a file set aside, a disk that is full. */
	void (*trouble)(void *ctx, const char *text);
};

/* A row of the table incident; strings are borrowed, none is NULL. */
struct incident {
	int64_t id; /* 0: new */
	const char *kind, *subject, *source;
	int64_t begin, end; /* epoch seconds; end 0: open */
	const char *confidence, *summary;
	double worst;		/* NAN: there is none */
	const char *evidence;	/* a JSON object */
	int64_t suppressed_by;	/* 0: by none */
	int64_t priority;	/* 0: none */
};

/* A row of the outbox, on its way; borrowed likewise. */
struct letter {
	const char *what;      /* "open" "update" "close" "note" "test" */
	const char *receivers; /* JSON array */
	const char *body;      /* JSON object */
	/* For condition.c. Not 0: it waits, as a row of held, since or until then
	 * (epoch seconds). */
	int64_t due;
	bool waited; /* it does not wait any more */
};

/* OPS is borrowed. Never fails: what is wrong with the file is told, and tried again
 * by events_work(). */
struct events *events_open(const struct events_ops *ops, void *ctx, size_t queue_max);
/* Without writing what waits. NULL allowed. */
void events_close(struct events *ev);

/* Write INCIDENT as it is now, together with LETTER (NULL: nobody is told): either both
 * will be in the file, or none. Returns its id, a new one where it was 0. */
int64_t events_put(
    struct events *ev, const struct incident *in, const struct letter *letter);
/* Incident ID, which is over, is explained by incident BY. */
void events_explain(struct events *ev, int64_t id, int64_t by);
/* A letter alone, of incident INCIDENT or (0) of none, which cannot wait. TIME: epoch
 * seconds. */
void events_letter(
    struct events *ev, int64_t time, int64_t incident, const struct letter *letter);
/* The letter that waits for INCIDENT will not be sent. */
void events_drop_held(struct events *ev, int64_t incident);
void events_silence(struct events *ev, int64_t begin, int64_t end,
    const char *subject_prefix, const char *reason);
/* That of the row ID ends at NOW. */
void events_silence_end(struct events *ev, int64_t id, int64_t now);
void events_set_meta(struct events *ev, const char *key, const char *value);

/* A row of the table target; borrowed. */
struct events_target {
	const char *path, *host, *address, *probe;
	int64_t step, pings;
};
void events_set_target(struct events *ev, const struct events_target *t);

/* Who filled the line is kept in incidents that ended for so long. */
void events_keep_talkers(struct events *ev, int64_t seconds);
/* Take every address of P out of what is kept: sentences and evidence of incidents that
 * traffic explains (culprit.h), but of attacks that are not over, and letters. *AT is 0
 * at first, *ROWS is added to: call again while it returns 1. 0: done, -1 with ERR. */
int events_forget(struct events *ev, const struct prefix *p, int64_t *at, uint64_t *rows,
    struct err *err);

/* Write for about BUDGET_NS. Returns ns after which to call again (0: at once), or -1
 * when nothing waits. */
int64_t events_work(struct events *ev, int64_t budget_ns);

struct events_counts {
	uint64_t written;   /* operations */
	uint64_t queued;    /* waiting now */
	uint64_t lost;	    /* thrown away from a full queue, or refused by SQLite */
	uint64_t set_aside; /* files */
};
struct events_counts events_counts(const struct events *ev);

/* --- reading, at the start: what waits to be written is not seen ------------------ */

/* Every open incident, in the order of its id; HELD is the letter that waits for it, or
 * NULL. Both are the reader's until return. */
typedef void (*events_incident_fn)(
    void *ctx, const struct incident *in, const struct letter *held);
void events_each_open(struct events *ev, events_incident_fn fn, void *ctx);
/* Every one that is over, whose letter waits: HELD is never NULL. */
void events_each_over(struct events *ev, events_incident_fn fn, void *ctx);
/* Every silence that ends after NOW. */
typedef void (*events_silence_fn)(void *ctx, int64_t begin, int64_t end,
    const char *subject_prefix, const char *reason);
void events_each_silence(
    struct events *ev, int64_t now, events_silence_fn fn, void *ctx);
typedef void (*events_target_fn)(void *ctx, const struct events_target *t);
void events_each_target(struct events *ev, events_target_fn fn, void *ctx);
void events_one_target(
    struct events *ev, const char *path, events_target_fn fn, void *ctx);
/* Malloced; NULL when there is none. */
char *events_meta(struct events *ev, const char *key);

#endif
