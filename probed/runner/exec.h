/* Bounded execution of external programs on the event loop: no shell, a clean
 * environment, closed descriptors, resource limits, a process group of its own that is
 * ended at the deadline, few at once and the others in a queue. It knows nothing of
 * probes: hooks and mail are run by it too. */
#ifndef RUNNER_EXEC_H
#define RUNNER_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;

#define EXEC_TOTAL 50	       /* programs at once, all pools together */
#define EXEC_QUEUE 20000       /* that wait, all pools together */
#define EXEC_FLOOD (16U << 20) /* bytes on one stream after which it is ended */
#define EXEC_GRACE_S 1	       /* between SIGTERM and SIGKILL */

/* Programs that share a bound (one probe, say). */
struct exec_pool;
/* One program, waiting or running. */
struct exec;

/* What is to be run. Everything is copied. */
struct exec_spec {
	const char *const *argv; /* [0] is the program: a path, it is not searched */
	const char *const *env;	 /* NAME=VALUE besides the usual ones; NULL: none */
	const void *input;	 /* for its standard input; NULL: /dev/null */
	size_t input_len;
	bool input_open;  /* its standard input stays open behind INPUT */
	int64_t limit_ns; /* how long it may run */
	int64_t first_ns; /* by when it must have written something; 0: no matter */
	int64_t until_ns; /* monotonic: over by then, waiting included; 0: none */
	size_t keep;	  /* bytes of stdout and of stderr that are kept */
};

enum exec_end {
	EXEC_EXITED,	/* code: its exit status */
	EXEC_SIGNALLED, /* it died by signal CODE that we had not sent */
	EXEC_TIMEOUT,	/* limit_ns or first_ns passed: it is being ended */
	EXEC_FLOODED,	/* it wrote more than EXEC_FLOOD: it is being ended */
	EXEC_WAITED, /* until_ns came before it had had its time: others were first */
	EXEC_FAILED, /* it could not be started: CODE is errno */
};

struct exec_result {
	enum exec_end end;
	int code;
	const char *out, *err; /* what it wrote, a NUL behind it; valid in the call */
	size_t out_len, err_len;
	bool cut; /* it wrote more than was kept */
	int64_t ran_ns;
};

/* Called once, from the loop, never from within exec_start(). */
typedef void (*exec_done)(void *ctx, const struct exec_result *result);

/* Before the first program: handle SIGCHLD on BASE. A second call does nothing. */
void exec_open(struct event_base *base);
/* End all programs, without asking. Nobody is called any more. */
void exec_close(void);

/* ATONCE: how many of its programs run at once, at least 1. */
struct exec_pool *exec_pool_new(unsigned atonce);
void exec_pool_bound(struct exec_pool *pool, unsigned atonce);
/* None of its programs may still be owned by anybody (see exec_cancel()). */
void exec_pool_free(struct exec_pool *pool);

/* Run SPEC as soon as there is room. NULL when EXEC_QUEUE wait already. The result is
 * the caller's until DONE is called or it is cancelled. */
struct exec *exec_start(
    struct exec_pool *pool, const struct exec_spec *spec, exec_done done, void *ctx);
/* End it; DONE is not called. */
void exec_cancel(struct exec *e);

/* For status and tests: how many run (those being ended too), how many wait. */
unsigned exec_running(void);
unsigned exec_waiting(void);

#endif
