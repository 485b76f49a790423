/* The alerts of targets: what each has seen, what holds, and what is to be told. */
#ifndef RECORDER_ALERTS_H
#define RECORDER_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"
#include "round.h"

struct alerts;

/* One alert as the configuration has it. Strings live until the next
 * alerts_configure(). */
struct alert {
	const char *name, *type, *pattern, *comment;
	const char *to;	      /* receivers beside those of all alerts; "": none */
	const char *template; /* file of a mail template, or NULL */
	bool edge;	      /* edgetrigger: told when it is raised and when cleared */
	unsigned priority;    /* 0: none */
	bool of_loss;	      /* it looks at losses, else at round-trip times */
};

enum alert_what {
	ALERT_ACTIVE,  /* it holds once more, without edge trigger */
	ALERT_RAISED,  /* it holds and did not before, with edge trigger */
	ALERT_CLEARED, /* the other way round, with edge trigger */
	ALERT_NOTHING, /* SmokePing has nothing to say now */
};

/* SmokePing's words: "is active", "was raised", "was cleared". */
const char *alert_what_text(enum alert_what what);

/* An alert that begins, goes on or ends at a target. */
struct alert_news {
	const struct alert *alert;
	uint64_t target;
	const char *path;	    /* "A.B", or "A.B~slave" of what a slave sees */
	const char *slave;	    /* its name; NULL: this box */
	const char *host, *alertee; /* ALERTEE: of the target; "": none */
	int64_t time;		    /* epoch seconds: the end of its round */
	bool before, holds;
	enum alert_what what;	/* to be sent; */
	bool hushed;		/* but an alert of higher priority was, instead */
	const char *loss, *rtt; /* SmokePing's lists: "loss: S, 0%, 40%" */
	double lost;		/* of that round, in percent; NAN when unknown */
	double median;		/* seconds, NAN when unknown */
	unsigned pings;
	const struct round_row *row; /* that round; ours */
};

struct alerts_ops {
	/* Did ALERT hold at PATH before the start, or before its pattern changed? */
	bool (*held)(void *ctx, const char *path, const char *alert);
	/* For everything that begins, is to be sent, or ends. N is ours. */
	void (*news)(void *ctx, const struct alert_news *n);
};

/* OPS is borrowed. */
struct alerts *alerts_new(const struct alerts_ops *ops, void *ctx);
void alerts_free(struct alerts *a);
/* Go over to CONF, which has to stay until the next call. What a target's alerts have
 * seen is kept, and what held is kept where the alert did not change. */
void alerts_configure(struct alerts *a, const struct conf *conf);

/* Is ALERT judged at PATH? */
bool alerts_watch(const struct alerts *a, const char *path, const char *alert);

/* A round of TARGET is about to be written: see first, once, what its file holds. */
void alerts_expect(struct alerts *a, uint64_t target);
/* R is in its file. */
void alerts_round(struct alerts *a, const struct round *r);

#endif
