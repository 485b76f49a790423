#include "runner/snmp.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/tools.h"
#include "prober/schedule.h"
#include "probes/answers.h"
#include "probes/net.h"
#include "runner/exec.h"
#include "runner/pool.h"
#include "runner/trouble.h"

#define SNMP_KEEP (256U << 10)
/* One request with its repetitions. */
#define SNMP_LIMIT_NS (30 * CLOCK_NS_PER_S)
#define SNMP_AGAIN_NS (5 * CLOCK_NS_PER_S)
#define SNMP_EARLY_NS (150 * CLOCK_NS_PER_MS)
/* What the requests of a round may take besides the pings. */
#define SNMP_REQUESTS_S 5

struct job {
	struct answers answers;
	struct snmp_round round;
	unsigned step;
	struct exec *exec;
	struct event timer; /* to the next step, or to the telling */
	int64_t until;
	bool known, ended; /* the times are there; nothing more is to be done */
};

/* --- a round ---------------------------------------------------------------------- */

/* It came to T, unless that is known already. */
static void
job_take(struct job *j, const struct times *t)
{
	if (!j->known)
		answers_take(&j->answers, t);
	j->known = true;
}

static void
job_end(struct job *j)
{
	j->ended = true;
	net_timer(&j->timer, ANSWERS_SETTLE_NS);
}

/* Nothing was measured, as PROGRAM says in WHAT. */
static void
job_fail(struct job *j, struct times *t, const char *program, const char *what)
{
	char text[sizeof t->text];

	snprintf(text, sizeof text, "%s", what);
	answers_blame(t, program, PING_NOT_SENT, text);
	job_take(j, t);
	job_end(j);
}

static const struct snmp_step *
job_step(const struct job *j)
{
	return &j->round.o->row->step[j->step];
}

static const char *
job_program(const struct job *j)
{
	return j->round.o->program[job_step(j)->program];
}

static void
job_next(struct job *j, struct times *t)
{
	if (++j->step < j->round.o->row->steps) {
		net_timer(&j->timer, 0);
		return;
	}
	answers_blame(t, j->round.o->program[SNMP_WALK], PING_NOT_SENT,
	    "the router has no results");
	job_take(j, t);
	job_end(j);
}

static void
job_went_well(struct job *j, const char *out, struct times *t)
{
	const struct snmp_step *step = job_step(j);
	enum snmp_next next =
	    step->then == NULL ? SNMP_ON : step->then(&j->round, out, t);

	switch (next) {
	case SNMP_ON:
		if (t->tried)
			job_take(j, t);
		job_next(j, t);
		return;
	case SNMP_AGAIN:
		net_timer(&j->timer, SNMP_AGAIN_NS);
		return;
	case SNMP_NO:
		job_fail(j, t, job_program(j), t->text);
		return;
	}
}

static void
job_done(void *ctx, const struct exec_result *r)
{
	static struct times t;
	struct job *j = ctx;

	j->exec = NULL;
	times_clear(&t);
	if (r->end == EXEC_EXITED && r->code == 0) {
		job_went_well(j, r->out, &t);
	} else if (job_step(j)->may_fail) {
		job_next(j, &t);
	} else if (r->end == EXEC_EXITED) {
		times_say(&t, r->err);
		if (t.text[0] == '\0')
			times_say(&t, r->out);
		job_fail(j, &t, job_program(j), t.text);
	} else {
		trouble_of(&t, job_program(j), r);
		if (t.why == PING_TIMEOUT)
			t.why = PING_NOT_SENT; /* the router's word, not the target's */
		job_take(j, &t);
		job_end(j);
	}
}

static void
job_ask(struct job *j)
{
	static const char *const env[] = { "SNMPCONFPATH=/nonexistent", NULL };
	const struct probe_opts *o = j->round.o;
	struct argv a = { 0 };

	argv_add(&a, "%s", job_program(j));
	argv_add(&a, "-v2c");
	argv_add(&a, "-c");
	argv_add(&a, "%s", o->community);
	argv_add(&a, "-t");
	argv_add(&a, "%u", o->row->timeout);
	argv_add(&a, "-r");
	argv_add(&a, "%u", o->row->retries);
	argv_add(&a, "-m");
	argv_add(&a, "%s", ""); /* no MIB files */
	argv_add(&a, "-Onq");
	argv_add(&a, "%s", o->router);
	job_step(j)->objects(&j->round, &a);
	struct exec_spec spec = {
		.argv = (const char *const *)a.word,
		.env = env,
		.limit_ns = SNMP_LIMIT_NS,
		.until_ns = j->until,
		.keep = SNMP_KEEP,
	};
	j->exec = exec_start(o->pool, &spec, job_done, j);
	argv_free(&a);
	if (j->exec == NULL) {
		static struct times t;
		times_clear(&t);
		job_fail(j, &t, job_program(j), "too many programs are waiting");
	}
}

static void
job_on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct job *j = ctx;
	const struct snmp_row *row = j->round.o->row;

	(void)fd;
	(void)what;
	if (j->ended) {
		answers_tell(&j->answers);
	} else if (job_step(j)->objects == NULL) {
		/* The pings are under way. */
		j->step++;
		net_timer(&j->timer,
		    (j->round.o->pings * row->each + row->more) * CLOCK_NS_PER_S);
	} else {
		job_ask(j);
	}
}

static void
snmp_ping(struct probe_run *run, unsigned seq)
{
	struct job *j = run->state;

	if (j == NULL) {
		uint64_t chance = schedule_mix(run->target ^ (uint64_t)clock_wall_ns());
		run->state = j = mem_zero(1, sizeof *j);
		j->answers.run = run;
		j->answers.pings = run->opts->pings;
		j->round.o = run->opts;
		j->round.number = (uint32_t)(1 + chance % INT32_MAX);
		snprintf(j->round.target, sizeof j->round.target, "%08x",
		    ntohl(run->address.v4.sin_addr.s_addr));
		j->until = clock_mono_ns() + run->timeout_ns - SNMP_EARLY_NS;
		event_assign(&j->timer, run->host->base, -1, 0, job_on_timer, j);
		net_timer(&j->timer, 0);
	}
	answers_ask(&j->answers, seq);
}

static void
snmp_end(struct probe_run *run)
{
	struct job *j = run->state;

	if (j == NULL)
		return;
	event_del(&j->timer);
	if (j->exec != NULL)
		exec_cancel(j->exec);
	answers_free(&j->answers);
	free(j);
	run->state = NULL;
}

/* --- options ---------------------------------------------------------------------- */

static void
snmp_free(struct probe_opts *o)
{
	for (unsigned i = 0; i < SNMP_PROGRAMS; i++)
		free(o->program[i]);
	free(o->community);
	free(o->router);
	free(o->host);
	free(o->name);
	free(o->vrf);
	if (o->pool != NULL)
		pool_drop(o->pool);
	free(o);
}

static int
find_programs(struct probe_opts *o, struct err *err)
{
	static const char *const name[SNMP_PROGRAMS] = { "snmpget", "snmpset",
		"snmpwalk" };
	char path[TOOLS_PATH];

	for (unsigned i = 0; i < SNMP_PROGRAMS; i++) {
		if (tools_find(name[i], path, err) != 0)
			return -1;
		o->program[i] = mem_str(path);
	}
	return 0;
}

/* "community@router", both by names of people's own choice. */
static int
find_router(struct probe_opts *o, const char *key, const char *value, struct err *err)
{
	const char *at = value == NULL ? NULL : strrchr(value, '@');

	if (value == NULL)
		return err_set(err, "%s is not set", key);
	o->community =
	    at == NULL ? mem_str("public") : mem_strn(value, (size_t)(at - value));
	o->router = mem_str(at == NULL ? value : at + 1);
	if (o->router[0] == '\0' || o->router[0] == '-')
		return err_set(
		    err, "%s: expected community@router, and a router's name", key);
	return 0;
}

static int
read_options(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	unsigned seconds = o->pings * o->row->each + o->row->more + SNMP_REQUESTS_S;

	if (seconds >= t->step)
		return err_set(err,
		    "the router takes up to %u s for %u pings, expected a step longer "
		    "than that",
		    seconds, o->pings);
	if (find_programs(o, err) != 0 ||
	    find_router(o, o->row->router, net_var(conf, t, o->row->router), err) !=
		0 ||
	    o->row->build(o, conf, t, err) != 0)
		return -1;
	o->pool = pool_take(conf, t, err);
	return o->pool == NULL ? -1 : 0;
}

static struct probe_opts *
snmp_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	o->row = snmp_row(t->probe->module);
	o->host = mem_str(t->host);
	o->pings = t->pings;
	if (read_options(o, conf, t, err) == 0)
		return o;
	snmp_free(o);
	return NULL;
}

static void
snmp_wants(const struct probe_opts *o, const char **host, int *family)
{
	(void)o;
	(void)host;
	*family = AF_INET; /* these tables know no other */
}

static void
snmp_plan(const struct probe_opts *o, struct plan *plan)
{
	(void)o;
	plan->sampler = SAMPLER_WHOLE;
}

static int
snmp_open(struct probe_host *host, struct err *err)
{
	(void)err;
	exec_open(host->base);
	return 0;
}

static void
snmp_close(struct probe_host *host)
{
	(void)host;
	exec_close();
}

const struct probe_type probe_snmp = {
	.name = "snmp",
	.needs = PROBE_ADDRESS,
	.options = snmp_options,
	.free_opts = snmp_free,
	.wants = snmp_wants,
	.plan = snmp_plan,
	.open = snmp_open,
	.ping = snmp_ping,
	.end = snmp_end,
	.close = snmp_close,
};
