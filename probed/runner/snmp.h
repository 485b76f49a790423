/* Pings that a router sends, asked for by SNMP: a row of a table is made, filled in and
 * started; later another table has the times. */
#ifndef RUNNER_SNMP_H
#define RUNNER_SNMP_H

#include "config/conf.h"
#include "prober/probe.h"
#include "runner/argv.h"
#include "runner/walk.h"

struct exec_pool;
struct snmp_row;

enum snmp_program {
	SNMP_GET,
	SNMP_SET,
	SNMP_WALK,
	SNMP_PROGRAMS
};

/* How one target is measured. */
struct probe_opts {
	const struct snmp_row *row;
	char *program[SNMP_PROGRAMS]; /* paths */
	char *community, *router;
	char *host;	/* the target's name */
	char *name;	/* that is asked for (DNS), or the table's index (DISMAN) */
	char *vrf;	/* NULL: none */
	char source[9]; /* address as hexadecimal digits; empty: none */
	unsigned pings, packetsize, tos, port;
	struct exec_pool *pool;
};

/* One round of one target. */
struct snmp_round {
	const struct probe_opts *o;
	char target[9];	 /* address as hexadecimal digits */
	uint32_t number; /* of the row that was made */
	bool modern;	 /* it knows more than the first version of the MIB */
	struct walk ms;
};

/* What a step makes of its output. */
enum snmp_next {
	SNMP_ON,    /* go on */
	SNMP_AGAIN, /* the same step, some seconds later */
	SNMP_NO,    /* there is nothing to be had: T says why */
};

struct snmp_step {
	enum snmp_program program;
	/* The objects of this step, for the command line. NULL: it only waits. */
	void (*objects)(const struct snmp_round *r, struct argv *a);
	/* NULL: whatever it wrote is right. */
	enum snmp_next (*then)(struct snmp_round *r, const char *out, struct times *t);
	bool may_fail;
};

struct snmp_row {
	const char *module, *router; /* router: the variable that names it */
	unsigned retries, timeout;   /* of a request */
	unsigned each,
	    more; /* seconds that a ping takes, and that all together take more */
	const struct snmp_step *step;
	unsigned steps;
	/* The variables that only this module has. 0, or -1 with ERR. */
	int (*build)(struct probe_opts *o, const struct conf *conf,
	    const struct conf_target *t, struct err *err);
};

const struct snmp_row *snmp_row(const char *module);

#endif
