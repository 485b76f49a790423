/* Reading events.db: what happened, for pages, API and graphs. */
#ifndef WEB_EVENTLOG_H
#define WEB_EVENTLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "config/conf.h"
#include "link/msg.h"

/* A row; the reader's until return. Numbers that are not there are 0, WORST is NAN. */
struct eventlog_row {
	int64_t id, begin, end; /* end 0: open */
	const char *kind, *subject, *source, *confidence, *summary;
	double worst;
	const char *evidence; /* a JSON object */
	int64_t suppressed_by, priority;
};
typedef void (*eventlog_fn)(void *ctx, const struct eventlog_row *row);

struct eventlog_query {
	int64_t start, end;  /* what touches this span; end 0: until ever */
	const char *kind;    /* NULL: all */
	const char *subject; /* it and what is below it; NULL: all */
	bool with_all; /* instead of what is below: what concerns a group it is in, or
			  all */
	/* With with_all: only what SLAVE sees of the subject, "" is this box; NULL:
	 * what all of them see. */
	const char *slave;
	enum {
		EVENTLOG_ALL,
		EVENTLOG_OPEN,
		EVENTLOG_CLOSED
	} which;
	int64_t
	    after; /* only what comes behind the row of this id; 0: from the newest */
	int64_t id; /* only that one; 0: all */
	int64_t newer; /* only those that were written first behind this id; 0: all */
	unsigned limit;
};

/* Call FN for the rows that Q asks for, the newest beginning first. Returns how many
 * there were, or -1 with ERR; none as long as there is no file. */
int eventlog_each(
    const struct eventlog_query *q, eventlog_fn fn, void *ctx, struct err *err);
/* A number that is another one whenever somebody may have written to the file since.
 * False as long as there is no file. */
bool eventlog_version(int64_t *version);
/* The highest id in it, 0: no row. False as long as there is no file. */
bool eventlog_last(int64_t *last);
/* When the first row begins: what was before, nobody wrote down. 0: there is none. */
int64_t eventlog_first(void);
/* Call FACT for the members of EVIDENCE, a JSON object, that are plain values, and for
 * the numbers and facts of a finding. */
void eventlog_facts(const char *evidence,
    void (*fact)(void *ctx, const char *key, const char *value), void *ctx);
/* The number at PATH ("$.a.b") of TEXT, JSON; NAN where there is none. */
double eventlog_number(const char *text, const char *path);
/* EVIDENCE without the texts of facts that name hosts, and without the talkers' hosts;
 * "{}" where that cannot be made. To be freed. */
char *eventlog_veil(const char *evidence);
/* A silence that an operator asked for; the reader's until return. */
struct eventlog_silence {
	int64_t id, begin, end;
	const char *subject, *reason;
};
/* Call FN for those that end after NOW, in the order of their begin: at most 1000.
 * Returns 0, or -1 with ERR. */
int eventlog_silences(int64_t now,
    void (*fn)(void *ctx, const struct eventlog_silence *s), void *ctx,
    struct err *err);
/* How many are open and not suppressed, as far as one counts. */
#define EVENTLOG_COUNTED 1000
unsigned eventlog_open_count(void);
/* How many of one KIND are open, and have or have not a greater one that speaks for
 * them; of these so many a RECURRING congestion. */
struct eventlog_open {
	const char *kind;
	bool suppressed;
	uint64_t count, recurring;
};
/* Call FN for each kind of which any is open. 0, or -1 with ERR when that cannot be
 * read; none as long as there is no file. */
int eventlog_open_kinds(
    void (*fn)(void *ctx, const struct eventlog_open *row), void *ctx, struct err *err);
void eventlog_close(void);

#endif
