#include "runner/errands.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/worker.h"
#include "runner/exec.h"
#include "runner/inforce.h"

#define SENDMAIL "/usr/lib/sendmail" /* SmokePing's, where none is configured */
#define ATONCE 5
#define INPUT_MAX (4U << 20)
#define KEEP 500 /* bytes of what a program complains about, for the log */

struct job {
	uint64_t id;
	enum errand_purpose purpose;
	uint64_t in_force; /* what it is about; 0: news */
	struct exec *exec;
	char *program;
	LIST_ENTRY(job) link;
};

static struct {
	const struct conf *conf;
	struct link *courier;
	struct exec_pool *pool;
	LIST_HEAD(, job) jobs;
} room;

/* --- whose programs --------------------------------------------------------------- */

/* Does the list of recipients in SECTION's KEY have "|PROGRAM"? */
static bool
listed(const struct conf_section *section, const char *key, const char *program)
{
	char *list = mem_str(conf_value(section, key, "")), *rest = list, *one;
	bool found = false;

	while ((one = strsep(&rest, ",")) != NULL) {
		one += strspn(one, " \t");
		for (size_t len = strlen(one); len > 0 && strchr(" \t", one[len - 1]);
		     len--)
			one[len - 1] = '\0';
		found = found || (one[0] == '|' && strcmp(one + 1, program) == 0);
	}
	free(list);
	return found;
}

/* What the courier hands to the mailer, whether or not anybody is mailed to: no option
 * of it but -f. Some mailers' options read files or run programs. */
static bool
is_mail(const char *const *argv)
{
	return argv[1] != NULL && strcmp(argv[1], "-f") == 0 && argv[2] != NULL &&
	       argv[2][0] != '-' && argv[3] != NULL && argv[3][0] != '-' &&
	       argv[4] == NULL;
}

/* Is its program one that is told of news? */
static bool
is_configured(const char *const *argv)
{
	const char *program = argv[0];
	const struct conf_section *alerts = conf_top(room.conf, "Alerts");
	const struct conf_section *actions = conf_top(room.conf, "Actions");
	const char *sendmail =
	    conf_value(conf_top(room.conf, "General"), "sendmail", SENDMAIL);

	if (listed(alerts, "to", program))
		return true;
	for (const struct conf_section *s = alerts == NULL ? NULL : alerts->first;
	     s != NULL; s = s->next)
		if (listed(s, "to", program))
			return true;
	for (const struct conf_section *s = actions == NULL ? NULL : actions->first;
	     s != NULL; s = s->next)
		if (!conf_action_blocks(s) &&
		    strcmp(conf_value(s, "program", ""), program) == 0)
			return true;
	for (size_t i = 0; i < room.conf->target_count; i++)
		if (listed(room.conf->target[i]->section, "alertee", program))
			return true;
	return strcmp(program, sendmail) == 0 && is_mail(argv);
}

/* --- running them ----------------------------------------------------------------- */

static void
tell(uint64_t id, enum errand_end end, int code)
{
	static struct msg_out out;
	struct msg_errand_done m = { id, (uint8_t)end, (uint32_t)code };

	msg_begin(&out, MSG_ERRAND_DONE);
	msg_put_errand_done(&out, &m);
	link_send(room.courier, &out, -1, LINK_MUST);
}

/* Nobody but us can know what has to be done by hand, and it is not to be overlooked in
 * a log. */
static void
tell_stranded(uint64_t in_force, int error)
{
	static struct msg_out out;
	char *text = inforce_stranded(in_force, error);

	if (text == NULL)
		return;
	log_warnx("%s", text);
	if (strlen(text) >= STRANDED_MAX)
		text[STRANDED_MAX - 1] = '\0';
	msg_begin(&out, MSG_STRANDED);
	msg_str(&out, text);
	link_send(worker_link(ROOM_RECORDER), &out, -1, LINK_MUST);
	free(text);
}

/* The program ended so: what does that say of what is in force? */
static void
account(const struct job *job, const struct exec_result *result)
{
	if (job->purpose == ERRAND_NEWS)
		return;
	if (result->end == EXEC_EXITED && result->code == 0)
		inforce_done(job->in_force, job->purpose == ERRAND_WITHDRAW);
	else if (result->end == EXEC_FAILED && job->purpose == ERRAND_WITHDRAW)
		tell_stranded(job->in_force, result->code);
}

static void
on_done(void *ctx, const struct exec_result *result)
{
	static const enum errand_end ends[] = {
		[EXEC_EXITED] = ERRAND_EXITED,
		[EXEC_SIGNALLED] = ERRAND_SIGNALLED,
		[EXEC_TIMEOUT] = ERRAND_TIMEOUT,
		[EXEC_FLOODED] = ERRAND_TIMEOUT,
		[EXEC_WAITED] = ERRAND_TIMEOUT,
		[EXEC_FAILED] = ERRAND_FAILED,
	};
	struct job *job = ctx;
	bool well = result->end == EXEC_EXITED && result->code == 0;

	if (!well && result->err_len > 0)
		log_warnx("%s says: %.*s", job->program,
		    (int)strcspn(result->err, "\r\n"), result->err);
	account(job, result);
	tell(job->id, ends[result->end], result->code);
	LIST_REMOVE(job, link);
	free(job->program);
	free(job);
}

/* What stands behind FD, to be freed; LEN gets its length. NULL without a descriptor.
 */
static char *
read_input(int fd, size_t *len)
{
	struct stat st;

	*len = 0;
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < 0 || st.st_size > INPUT_MAX)
		return NULL;
	char *text = mem_alloc((size_t)st.st_size + 1);
	ssize_t n = pread(fd, text, (size_t)st.st_size, 0);
	if (n < 0) {
		free(text);
		return NULL;
	}
	*len = (size_t)n;
	return text;
}

static void
begin(const struct msg_errand *e, const char *input, size_t len)
{
	char *id = mem_printf("SMOKEBOX_ID=%s", e->letter);
	const char *env[] = { id, NULL };
	struct job *job = mem_zero(1, sizeof *job);
	const struct exec_spec spec = {
		.argv = e->argv,
		.env = env,
		.input = input,
		.input_len = len,
		.limit_ns = (int64_t)e->limit_s * CLOCK_NS_PER_S,
		.keep = KEEP,
	};

	job->id = e->id;
	job->purpose = (enum errand_purpose)e->purpose;
	job->in_force = e->in_force;
	job->program = mem_str(e->argv[0]);
	job->exec = exec_start(room.pool, &spec, on_done, job);
	free(id);
	if (job->exec != NULL) {
		LIST_INSERT_HEAD(&room.jobs, job, link);
		return;
	}
	tell(e->id, ERRAND_FAILED, 0);
	free(job->program);
	free(job);
}

/* Is a program at work on what has the number IN_FORCE? A courier that was killed may
 * have left it: one that withdraws beside one that announces could be done before it.
 */
static bool
is_under_way(uint64_t in_force)
{
	const struct job *job;

	LIST_FOREACH(job, &room.jobs, link)
	if (job->purpose != ERRAND_NEWS && job->in_force == in_force)
		return true;
	return false;
}

/* May E be begun, with LEN bytes of INPUT? If not, ERRAND_EXITED is not what it says.
 */
static enum errand_end
judge(const struct msg_errand *e, const char *input, size_t len)
{
	bool withdraw = e->purpose == ERRAND_WITHDRAW;
	const struct msg_in_force *m;
	struct err err;

	if (e->purpose == ERRAND_NEWS)
		return is_configured(e->argv) ? ERRAND_EXITED : ERRAND_NOT_OURS;
	if (is_under_way(e->in_force))
		return ERRAND_FAILED; /* with code 0: not now */
	m = inforce_find(e->in_force);
	if (m == NULL || !inforce_allows(m, room.conf, e->argv, input, len, withdraw))
		return ERRAND_NOT_OURS;
	if (withdraw)
		inforce_leaves(e->in_force);
	else if (inforce_write(&err) != 0) {
		log_warnx("nothing is announced against attacks, since it cannot be "
			  "written down: %s",
		    err.text);
		return ERRAND_UNWRITTEN;
	}
	return ERRAND_EXITED;
}

static int
take_errand(struct msg_in *in)
{
	static struct msg_errand e;
	size_t len;

	if (msg_get_errand(in, &e) != 0 || e.limit_s == 0 || e.limit_s > 3600)
		return -1;
	char *input = read_input(in->fd, &len);
	if (in->fd >= 0 && input == NULL)
		return -1;
	enum errand_end end = judge(&e, input != NULL ? input : "", len);
	if (end == ERRAND_EXITED)
		begin(&e, input, len);
	else
		tell(e.id, end, 0);
	free(input);
	return 0;
}

static int
errands_message(struct link *link, struct msg_in *in)
{
	static struct msg_in_force m;

	if (link_peer(link) != ROOM_COURIER)
		return -1;
	if (in->type == MSG_ERRAND)
		return take_errand(in);
	if (in->type != MSG_IN_FORCE || msg_get_in_force(in, &m) != 0 || m.last)
		return -1;
	/* What may not be is told when it is asked for. */
	(void)inforce_put(room.conf, &m);
	return 0;
}

/* --- a guest's life --------------------------------------------------------------- */

static void
errands_socket(int fd)
{
	close(fd);
}

static void
errands_open(struct msg_counters *counters)
{
	(void)counters;
	inforce_load();
}

static void
errands_configure(const struct conf *conf)
{
	room.conf = conf;
}

static void
errands_listen(struct event_base *base)
{
	exec_open(base);
	if (room.pool == NULL)
		room.pool = exec_pool_new(ATONCE);
}

static void
tell_in_force(void *ctx, const struct msg_in_force *m)
{
	static struct msg_out out;

	(void)ctx;
	msg_begin(&out, MSG_IN_FORCE);
	msg_put_in_force(&out, m);
	link_send(room.courier, &out, -1, LINK_MUST);
}

static void
errands_peer(enum room peer, struct link *link)
{
	static const struct msg_in_force last = { .last = true };

	if (peer != ROOM_COURIER)
		return;
	room.courier = link;
	if (link == NULL)
		return;
	inforce_each(tell_in_force, NULL);
	tell_in_force(NULL, &last);
}

static void
errands_close(void)
{
	struct job *job;

	while ((job = LIST_FIRST(&room.jobs)) != NULL) {
		exec_cancel(job->exec);
		LIST_REMOVE(job, link);
		free(job->program);
		free(job);
	}
	if (room.pool != NULL)
		exec_pool_free(room.pool);
	room.pool = NULL;
	inforce_free();
}

const struct prober_guest errands = {
	.kind = SOCKET_KINDS,
	.socket = errands_socket,
	.open = errands_open,
	.configure = errands_configure,
	.listen = errands_listen,
	.close = errands_close,
	.peer = errands_peer,
	.message = errands_message,
};
