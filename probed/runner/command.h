/* What the rounds of a target run, of the modules that measure by one program: what is
 * called with which arguments, and how its output is read. The rows know the programs;
 * command.c knows how rounds are held. */
#ifndef RUNNER_COMMAND_H
#define RUNNER_COMMAND_H

#include "config/conf.h"
#include "prober/probe.h"
#include "runner/argv.h"
#include "runner/outputs.h"

struct batch;
struct command_row;
struct exec_pool;
struct share;

/* How one target is measured. The argument list is complete: it does not change from
 * round to round. */
struct probe_opts {
	const struct command_row *row;
	struct argv argv, env;
	char *input;	 /* for its standard input, which then stays open */
	char *host;	 /* the target's, as it is handed over */
	unsigned pings;	 /* of a round, one to be forgotten included */
	int64_t timeout; /* one ping's, as configured */
	int64_t limit;	 /* how long one run may take; 0: as long as its round */
	int64_t first;	 /* by when it must have written something; 0: no matter */
	int64_t sleep;	 /* before it is started */
	int64_t step;
	int offset;	   /* per cent of the step; -1: its phase is ours to choose */
	bool stdout_first; /* where fping writes its times */
	bool final;	   /* sipsak: of too many replies the final ones */
	enum irtt_metric metric;
	struct share *writes, *reads; /* whose results are shared */
	uint64_t read;		      /* the last result of READS that was used */
	struct exec_pool *pool;
	struct batch *batch; /* with whom it shares a run; NULL: nobody */
};

enum command_flags {
	COMMAND_EACH = 1 << 0,	 /* one run, one ping */
	COMMAND_DEVICE = 1 << 1, /* another device measures: where that one could not be
				    asked, nothing was measured */
	COMMAND_BASE =
	    1 << 2, /* one run for all targets, without a deadline of its own */
};

struct command_row {
	const char *module;
	unsigned flags;
	int local; /* exit status for faults on our own side; 0: it has none */
	/* Add what the target's variables ask for to O->argv, of which the program is
	 * there already, and fill in the rest. 0, or -1 with ERR. */
	int (*build)(struct probe_opts *o, const struct conf *conf,
	    const struct conf_target *t, struct err *err);
	/* Read what the program wrote on OUT and ERR into T, which is cleared. */
	void (*read)(const struct probe_opts *o, struct times *t, const char *out,
	    size_t len, const char *err);
};

/* The row of MODULE, NULL when there is none. */
const struct command_row *command_row(const char *module);

/* What a target's run needs, or NULL with ERR saying why it cannot be measured. */
struct probe_opts *command_options(
    const struct conf *conf, const struct conf_target *t, struct err *err);
void command_free(struct probe_opts *o);

#endif
