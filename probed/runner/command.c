/* Rounds of which the pings are sent by external programs: as a rule one run of a
 * program is one round, and its output tells of all pings. Some programs send one. */
#include "runner/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/clock.h"
#include "base/mem.h"
#include "prober/schedule.h"
#include "probes/answers.h"
#include "probes/net.h"
#include "runner/batch.h"
#include "runner/exec.h"
#include "runner/share.h"
#include "runner/trouble.h"

/* IRTT writes about 1 KB per ping. */
#define COMMAND_KEEP (4U << 20)
/* A program is told of before the host calls its pings lost. */
#define COMMAND_EARLY_NS (150 * CLOCK_NS_PER_MS)
/* What a program waits in the queue before that is counted as time it did not have. */
#define COMMAND_QUEUE_NS (300 * CLOCK_NS_PER_MS)
/* Room for waiting, where each ping has a run of its own. */
#define COMMAND_EACH_NS CLOCK_NS_PER_S

/* One run of a program. */
struct job {
	struct probe_run *run;
	struct answers answers;
	struct exec *exec;
	struct event timer; /* to its beginning, then to its telling */
	struct share_reader reader;
	struct batch_seat seat;
	int64_t until;
	bool started, ended;
	LIST_ENTRY(job) link;
};

LIST_HEAD(jobs, job);

/* It came to T. */
static void
job_ended(struct job *j, const struct times *t)
{
	j->ended = true;
	answers_take(&j->answers, t);
	share_leave(&j->reader);
	net_timer(&j->timer, ANSWERS_SETTLE_NS);
}

/* --- what a run came to --------------------------------------------------------------
 */

static const char *
job_program(const struct job *j)
{
	return j->run->opts->argv.word[0];
}

/* Do programs say of a name that it does not resolve? In English, by LC_ALL. */
static bool
says_no_name(const char *text)
{
	static const char *const way[] = { "no such host", "Name or service not known",
		"Temporary failure in name resolution", "Could not resolve hostname",
		"No address associated with hostname", "not known" };

	for (size_t i = 0; i < sizeof way / sizeof way[0]; i++)
		if (strstr(text, way[i]) != NULL)
			return true;
	return false;
}

/* What the program complained of: the line that begins with the target's host, since it
 * may have had many, else the first. */
static void
job_complaint(const struct job *j, struct times *t, const char *err)
{
	const char *host = j->run->opts->host;
	size_t len = strlen(host);

	t->text[0] = '\0';
	for (const char *line = err; line != NULL && t->text[0] == '\0';) {
		if (strncmp(line, host, len) == 0 &&
		    (line[len] == ':' || line[len] == ' '))
			times_say(t, line);
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	if (t->text[0] == '\0')
		times_say(t, err);
}

/* A program that ended without any time: whose fault is it? */
static void
job_blame(const struct job *j, struct times *t, const struct exec_result *r)
{
	const struct command_row *row = j->run->opts->row;
	bool local = row->local != 0 && r->code == row->local;
	char what[sizeof t->text];

	if (t->tried && t->why == PING_TIMEOUT)
		return; /* it did what it should, and nobody answered */
	memcpy(what, t->text, sizeof what);
	job_complaint(j, t, r->err);
	if (t->text[0] != '\0')
		memcpy(what, t->text, sizeof what);
	else if (what[0] == '\0' && r->code != 0)
		snprintf(what, sizeof what, "it ended with status %d", r->code);
	else if (what[0] == '\0')
		snprintf(what, sizeof what, "it said nothing of any ping");
	answers_blame(t, job_program(j), t->why, what);
	if (says_no_name(what))
		t->why = PING_NO_NAME;
	else if (local || (row->flags & COMMAND_DEVICE) != 0)
		t->why = PING_NOT_SENT;
}

static void
job_read(const struct job *j, struct times *t, const struct exec_result *r)
{
	const struct probe_opts *o = j->run->opts;

	o->row->read(o, t, r->out, r->out_len, r->err);
	if (o->writes != NULL)
		share_put(o->writes, r->out, r->out_len);
	if (t->answered == 0)
		job_blame(j, t, r);
	else if (r->cut)
		answers_blame(
		    t, job_program(j), PING_NOT_SENT, "it wrote more than is read");
}

/* One result at a time is looked at, and it is too large for a stack. */
static struct times *
job_times(void)
{
	static struct times t;

	times_clear(&t);
	return &t;
}

static void
job_done(void *ctx, const struct exec_result *r)
{
	struct job *j = ctx;
	struct times *t = job_times();

	j->exec = NULL;
	if (r->end == EXEC_EXITED)
		job_read(j, t, r);
	else
		trouble_of(t, job_program(j), r);
	job_ended(j, t);
}

/* The target that writes has a result. */
static void
job_heard(void *ctx, const char *text, size_t len)
{
	struct job *j = ctx;
	struct probe_opts *o = j->run->opts;
	struct times t; /* the writer's are under way */

	times_clear(&t);
	o->read = share_number(o->reads);
	o->row->read(o, &t, text, len, "");
	if (len == 0)
		answers_blame(&t, job_program(j), PING_NOT_SENT,
		    "the target that writes has no result");
	job_ended(j, &t);
}

/* --- running -------------------------------------------------------------------------
 */

static void
job_execute(struct job *j)
{
	const struct probe_opts *o = j->run->opts;

	if (o->batch != NULL) {
		j->seat = (struct batch_seat){
			.done = job_done, .ctx = j, .host = o->host, .until = j->until
		};
		batch_join(o->batch, j->run->host->base, &j->seat, COMMAND_KEEP,
		    COMMAND_QUEUE_NS);
		return;
	}
	int64_t left = j->until - clock_mono_ns() - COMMAND_QUEUE_NS;
	struct exec_spec spec = {
		.argv = (const char *const *)o->argv.word,
		.env = (const char *const *)o->env.word,
		.input = o->input,
		.input_len = o->input == NULL ? 0 : strlen(o->input),
		.input_open = true,
		.limit_ns = o->limit == 0 || o->limit > left ? left : o->limit,
		.first_ns = o->first,
		.until_ns = j->until,
		.keep = COMMAND_KEEP,
	};

	j->exec = exec_start(o->pool, &spec, job_done, j);
	if (j->exec == NULL) {
		struct times *t = job_times();
		answers_blame(
		    t, job_program(j), PING_NOT_SENT, "too many programs are waiting");
		job_ended(j, t);
	}
}

/* Wait for the other target's result, or take the one that there is. */
static void
job_share(struct job *j)
{
	struct probe_opts *o = j->run->opts;
	size_t len;
	const char *text = share_get(o->reads, o->step / 2, &o->read, &len);

	if (text != NULL) {
		job_heard(j, text, len);
		return;
	}
	j->reader.tell = job_heard;
	j->reader.ctx = j;
	share_wait(o->reads, &j->reader);
	net_timer(&j->timer, j->until - clock_mono_ns());
}

static void
job_on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct job *j = ctx;

	(void)fd;
	(void)what;
	if (j->ended) {
		answers_tell(&j->answers);
	} else if (!j->started) {
		j->started = true;
		if (j->run->opts->reads != NULL)
			job_share(j);
		else
			job_execute(j);
	} else {
		struct times *t = job_times();
		answers_blame(t, job_program(j), PING_NOT_SENT,
		    "no result came from the target that writes what is read here");
		job_ended(j, t);
	}
}

static struct job *
job_new(struct probe_run *run, unsigned first, unsigned pings)
{
	struct job *j = mem_zero(1, sizeof *j);

	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct jobs));
		LIST_INIT((struct jobs *)run->state);
	}
	j->run = run;
	j->answers = (struct answers){ .run = run, .first = first, .pings = pings };
	j->until = clock_mono_ns() + run->timeout_ns - COMMAND_EARLY_NS;
	event_assign(&j->timer, run->host->base, -1, 0, job_on_timer, j);
	LIST_INSERT_HEAD((struct jobs *)run->state, j, link);
	net_timer(&j->timer, run->opts->sleep);
	return j;
}

static void
job_free(struct job *j)
{
	event_del(&j->timer);
	share_leave(&j->reader);
	batch_leave(&j->seat);
	if (j->exec != NULL)
		exec_cancel(j->exec);
	LIST_REMOVE(j, link);
	answers_free(&j->answers);
	free(j);
}

/* --- the type ------------------------------------------------------------------------
 */

static void
command_ping(struct probe_run *run, unsigned seq)
{
	struct jobs *jobs = run->state;
	struct job *j = jobs == NULL ? NULL : LIST_FIRST(jobs);

	if ((run->opts->row->flags & COMMAND_EACH) != 0)
		j = job_new(run, seq, 1);
	else if (j == NULL)
		j = job_new(run, 0, run->opts->pings);
	answers_ask(&j->answers, seq);
}

static void
command_end(struct probe_run *run)
{
	struct jobs *jobs = run->state;
	struct job *j;

	while (jobs != NULL && (j = LIST_FIRST(jobs)) != NULL)
		job_free(j);
	free(jobs);
	run->state = NULL;
}

static void
command_plan(const struct probe_opts *o, struct plan *plan)
{
	const struct share *share = o->reads != NULL ? o->reads : o->writes;

	if ((o->row->flags & COMMAND_EACH) != 0) {
		plan->timeout = o->limit + COMMAND_EACH_NS;
		return;
	}
	plan->sampler = SAMPLER_WHOLE;
	/* Who writes and who reads begin at the same time, as do those who share a run:
	 * also where the configuration has a common offset, without the distances that
	 * single pings have. */
	if (share != NULL && o->offset < 0)
		plan->phase = plan_phase(share_hash(share), plan->step);
	if (o->batch != NULL)
		plan->phase = o->offset < 0
				  ? plan_phase(batch_hash(o->batch), plan->step)
				  : plan->step / 100 * o->offset;
}

static int
command_open(struct probe_host *host, struct err *err)
{
	(void)err;
	exec_open(host->base);
	return 0;
}

static void
command_close(struct probe_host *host)
{
	(void)host;
	exec_close();
}

const struct probe_type probe_command = {
	.name = "command",
	.options = command_options,
	.free_opts = command_free,
	.plan = command_plan,
	.open = command_open,
	.ping = command_ping,
	.end = command_end,
	.close = command_close,
};
