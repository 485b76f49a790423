/* Matchers: "CheckLoss(l=>30,x=>2)". */
#ifndef ALERT_MATCHER_H
#define ALERT_MATCHER_H

#include "alert/pattern.h"
#include "alert/rule.h"

#define MATCHER_ARGS 5

struct matcher_kind;

/* One call. */
struct matcher {
	const struct matcher_kind *kind;
	bool given[MATCHER_ARGS];
	double arg[MATCHER_ARGS]; /* in the order of KIND's */
	enum compare compare;	  /* of the argument that is one */
};

enum matcher_arg_type {
	ARG_COUNT, /* digits */
	ARG_DECIMAL,
	ARG_COMPARE, /* "<" */
};

struct matcher_arg {
	const char *name; /* NULL ends the list */
	enum matcher_arg_type type;
	bool optional; /* 0 without it, unless the test knows better */
};

struct matcher_kind {
	const char *name;
	struct matcher_arg arg[MATCHER_ARGS + 1];
	size_t (*length)(const struct matcher *m);
	bool (*holds)(const struct matcher *m, const struct values *v, bool before);
	bool of_loss; /* it looks at losses, else at round-trip times */
	/* Why this call can never be decided, or NULL. */
	const char *(*idle)(const struct matcher *m);
};

/* All of SmokePing's; a nameless one ends it. */
extern const struct matcher_kind matcher_kinds[];

/* As rule_parse(), of a call. MATCHER gets NULL unless RULE_READY. */
enum rule_answer matcher_parse(
    struct matcher **matcher, const char *text, struct err *err);
void matcher_free(struct matcher *m); /* NULL allowed */
size_t matcher_length(const struct matcher *m);
bool matcher_holds(const struct matcher *m, const struct values *v, bool before);

#endif
