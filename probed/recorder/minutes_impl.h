/* The writer of the ring of minutes from the inside: for minutes.c, which writes what
 * comes, and minutesum.c, which makes hours of it and forgets. */
#ifndef RECORDER_MINUTES_IMPL_H
#define RECORDER_MINUTES_IMPL_H

#include <sys/queue.h>

#include "minutering.h"
#include "recorder/minutes.h"

#define MINUTES_OPEN 4 /* hours that are written to at once */

struct minutes_open_hour {
	int fd; /* -1: none */
	int64_t hour;
	uint64_t bytes, used;
};

struct minutes_waiting {
	STAILQ_ENTRY(minutes_waiting) link;
	int64_t hour;
	uint8_t *record;
	size_t len;
};

struct minutes {
	void (*trouble)(void *ctx, const char *text);
	void *ctx;
	int64_t keep_s, now, looked;
	uint64_t max_bytes, lost, uses;
	struct minuteparts parts;
	struct minutes_open_hour open[MINUTES_OPEN];
	STAILQ_HEAD(, minutes_waiting) waiting;
	size_t waiting_bytes;
	struct log_limit damaged, stuck;
	/* The hour being summed up. */
	struct {
		int fd; /* of the file being made; -1: none is */
		int64_t hour;
		unsigned by; /* the table that is next */
	} sum;
	/* What is being forgotten. */
	struct {
		bool on;
		struct prefix prefix;
		struct minutering_hour *list; /* NULL: nothing is begun yet */
		size_t count, next;	      /* files, two an hour */
		uint64_t rows;
		void (*done)(void *ctx, uint64_t rows, const char *text);
		void *ctx;
	} forget;
};

/* minutes.c */
/* A new file called NAME of HOUR, its head written; its descriptor, or -1 with ERR. */
int minutes_make_file(const char *name, int64_t hour, struct err *err);
/* Close HOUR's file, which is about to be another one. */
void minutes_let_go(struct minutes *m, int64_t hour);
void minutes_tell(struct minutes *m, const struct minutering_damage *damage);

/* minutesum.c: true when a step was done. */
bool minutes_sum_begin(
    struct minutes *m, const struct minutering_hour *list, size_t count);
bool minutes_sum_step(struct minutes *m);
/* What is being summed up is not whole any more when it is of HOUR. */
void minutes_hour_changed(struct minutes *m, int64_t hour);
void minutes_sum_end(struct minutes *m);
bool minutes_forget_step(struct minutes *m);
void minutes_forget_end(struct minutes *m);

#endif
