#include "runner/errands.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "runner/exec.h"

#define SENDMAIL "/usr/lib/sendmail" /* SmokePing's, where none is configured */
#define ATONCE 5
#define INPUT_MAX (4U << 20)
#define FORMERS 256
#define KEEP 500 /* bytes of what a program complains about, for the log */

struct job {
	uint64_t id;
	struct exec *exec;
	char *program;
	LIST_ENTRY(job) link;
};

static struct {
	const struct conf *conf;
	struct link *courier;
	struct exec_pool *pool;
	LIST_HEAD(, job) jobs;
	/* Programs of actions that block: what they announced they may withdraw when a
	 * reload has taken them away. */
	char **former;
	size_t formers;
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

static bool
was_configured(const char *program)
{
	for (size_t i = 0; i < room.formers; i++)
		if (strcmp(room.former[i], program) == 0)
			return true;
	return false;
}

/* They are named by who may change the configuration, so there are few. */
static void
remember(const struct conf *conf)
{
	const struct conf_section *actions = conf_top(conf, "Actions");

	for (const struct conf_section *s = actions == NULL ? NULL : actions->first;
	     s != NULL; s = s->next) {
		const char *program = conf_value(s, "program", "");

		if (!conf_action_blocks(s) || was_configured(program) ||
		    room.formers >= FORMERS)
			continue;
		room.former =
		    mem_grow(room.former, room.formers + 1, sizeof *room.former);
		room.former[room.formers++] = mem_str(program);
	}
}

static bool
is_configured(const char *const *argv)
{
	const char *program = argv[0];
	const struct conf_section *alerts = conf_top(room.conf, "Alerts");
	const struct conf_section *actions = conf_top(room.conf, "Actions");
	const char *sendmail =
	    conf_value(conf_top(room.conf, "General"), "sendmail", SENDMAIL);

	if (listed(alerts, "to", program) || was_configured(program))
		return true;
	for (const struct conf_section *s = alerts == NULL ? NULL : alerts->first;
	     s != NULL; s = s->next)
		if (listed(s, "to", program))
			return true;
	for (const struct conf_section *s = actions == NULL ? NULL : actions->first;
	     s != NULL; s = s->next)
		if (strcmp(conf_value(s, "program", ""), program) == 0)
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

static int
errands_message(struct link *link, struct msg_in *in)
{
	static struct msg_errand e;
	size_t len;

	if (link_peer(link) != ROOM_COURIER || in->type != MSG_ERRAND ||
	    msg_get_errand(in, &e) != 0 || e.limit_s == 0 || e.limit_s > 3600)
		return -1;
	char *input = read_input(in->fd, &len);
	if (in->fd >= 0 && input == NULL)
		return -1;
	if (is_configured(e.argv))
		begin(&e, input, len);
	else
		tell(e.id, ERRAND_NOT_OURS, 0);
	free(input);
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
}

static void
errands_configure(const struct conf *conf)
{
	room.conf = conf;
	remember(conf);
}

static void
errands_listen(struct event_base *base)
{
	exec_open(base);
	if (room.pool == NULL)
		room.pool = exec_pool_new(ATONCE);
}

static void
errands_peer(enum room peer, struct link *link)
{
	if (peer == ROOM_COURIER)
		room.courier = link;
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
	for (size_t i = 0; i < room.formers; i++)
		free(room.former[i]);
	free(room.former);
	room.former = NULL;
	room.formers = 0;
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
