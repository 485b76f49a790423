#include "edit/edit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "edit/child.h"
#include "reload.h"
#include "roster.h"

#define QUEUE 16  /* questions that wait */
#define UNREAD 16 /* answers that web has not taken: it gets no more then */

static struct {
	int datadir;
	const struct rights *rights;
	struct event *tick; /* SIGCHLD may be taken by another's wait */
	struct msg_edit queue[QUEUE];
	unsigned waiting;
	struct msg_edit ask; /* of the child at work */
	pid_t pid;	     /* 0: none */
	int answer, text;    /* its memory files */
	struct edit_file file[EDIT_FILES];
	size_t files;
} self;

static const struct timeval soon = { 0, 200 * 1000 };

/* --- answering -------------------------------------------------------------------- */

static void
count_unread(void *ctx, const void *data, size_t len, enum link_keep keep)
{
	unsigned *count = ctx;
	struct msg_in in;

	(void)keep;
	if (msg_parse(&in, data, len, -1) == 0 && in.type == MSG_EDITED)
		(*count)++;
}

/* Send ANSWER; who asks and does not listen is left without. */
static void
send_answer(const struct msg_edited *answer, int fd)
{
	static struct msg_out out;
	struct link *web = roster_of(ROOM_WEB)->link;
	unsigned unread = 0;

	if (web == NULL)
		return;
	link_waiting(web, count_unread, &unread);
	if (unread >= UNREAD)
		return;
	msg_begin(&out, MSG_EDITED);
	msg_put_edited(&out, answer);
	link_send(web, &out, fd, LINK_MUST);
}

static void
refuse(uint32_t ticket, enum edit_end end, const char *why)
{
	static struct msg_edited answer;

	answer = (struct msg_edited){ .ticket = ticket, .end = (uint8_t)end };
	strncpy(answer.text, why, sizeof answer.text - 1);
	send_answer(&answer, -1);
}

/* What the child at work has said; false when it is none. */
static bool
read_answer(struct msg_edited *answer)
{
	static uint8_t data[MSG_MAX];
	ssize_t n = pread(self.answer, data, sizeof data, 0);
	struct msg_in in;

	return n > 0 && msg_parse(&in, data, (size_t)n, -1) == 0 &&
	       in.type == MSG_EDITED && msg_get_edited(&in, answer) == 0 &&
	       answer->ticket == self.ask.ticket;
}

/* The file's generation after it was written. */
static uint32_t
next_generation(void)
{
	bool strict;

	self.files = edit_files(reload_conf(), reload_path(&strict), self.file);
	for (size_t i = 0; i < self.files; i++)
		if (self.file[i].number == self.ask.file)
			return self.file[i].generation;
	return 0;
}

static void next(void);

/* The child at work has ended. */
static void
finish(bool well)
{
	static struct msg_edited answer;

	self.pid = 0;
	event_del(self.tick);
	if (!well || !read_answer(&answer)) {
		refuse(self.ask.ticket, EDIT_FAILED,
		    "the process that looks after files failed");
	} else {
		bool saved = self.ask.what == EDIT_SAVE && answer.end == EDIT_DONE;

		if (saved)
			answer.generation = next_generation();
		send_answer(
		    &answer, lseek(self.text, 0, SEEK_END) > 0 ? self.text : -1);
		if (saved) {
			log_info("%s was changed through web", answer.name);
			reload_now();
		}
	}
	close(self.answer);
	close(self.text);
	next();
}

void
edit_reap(void)
{
	int status = 0;

	if (self.pid == 0)
		return;
	pid_t pid = waitpid(self.pid, &status, WNOHANG);
	if (pid == 0)
		return;
	/* Its end may have been somebody else's catch: what it said counts then. */
	finish(pid != self.pid || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	edit_reap();
}

/* --- asking ----------------------------------------------------------------------- */

/* Nobody may, for a reason in WHY; or may everything? */
static bool
may_edit(bool *all, const char **why)
{
	const char *edit = conf_value(conf_top(reload_conf(), "Web"), "edit", "yes");

	*all = strcmp(edit, "all") == 0;
	if (reload_is_slave())
		*why = "this box is a slave: what it measures is told by its master";
	else if (strcmp(edit, "no") == 0)
		*why =
		    "edit = no in *** Web *** of the file smokebox: files are changed on "
		    "the box itself";
	else
		*why = NULL;
	return *why == NULL;
}

static void
work(const struct edit_job *job)
{
	sigset_t all, before;

	/* No handler of ours may run in the child: it would tell the parent's loop. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	self.pid = fork();
	if (self.pid == 0) {
		/* What is begun is finished, whoever is to end meanwhile. */
		signal(SIGTERM, SIG_IGN);
		signal(SIGINT, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		signal(SIGCHLD, SIG_DFL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		edit_child(job);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void
begin(const struct msg_edit *ask)
{
	struct edit_job job = { .ask = *ask,
		.file = self.file,
		.rights = self.rights,
		.datadir = self.datadir };
	const char *why;
	bool strict;

	if (!may_edit(&job.all, &why)) {
		refuse(ask->ticket, EDIT_OFF, why);
		return;
	}
	self.answer = memfd_create("answer", MFD_CLOEXEC);
	self.text = memfd_create("text", MFD_CLOEXEC);
	if (self.answer >= 0 && self.text >= 0) {
		self.ask = *ask;
		job.answer = self.answer;
		job.text = self.text;
		job.files = self.files =
		    edit_files(reload_conf(), reload_path(&strict), self.file);
		work(&job);
	}
	if (self.pid > 0) {
		if (event_add(self.tick, &soon) != 0)
			fatalx("no timer");
		return;
	}
	self.pid = 0;
	refuse(ask->ticket, EDIT_FAILED, strerror(errno));
	if (self.answer >= 0)
		close(self.answer);
	if (self.text >= 0)
		close(self.text);
}

static void
next(void)
{
	while (self.pid == 0 && self.waiting > 0) {
		struct msg_edit ask = self.queue[0];

		memmove(self.queue, self.queue + 1, --self.waiting * sizeof ask);
		begin(&ask);
	}
}

int
edit_message(struct msg_in *in)
{
	struct msg_edit ask;

	if (msg_get_edit(in, &ask) < 0)
		return -1;
	if (self.tick == NULL)
		refuse(ask.ticket, EDIT_OFF, "nothing is edited here");
	else if (self.waiting == QUEUE)
		refuse(ask.ticket, EDIT_FAILED,
		    "too many ask for files at once: try again");
	else {
		self.queue[self.waiting++] = ask;
		next();
	}
	return 0;
}

void
edit_init(struct event_base *base, int datadir, const struct rights *rights)
{
	self.datadir = datadir;
	self.rights = rights;
	self.tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	if (self.tick == NULL)
		fatalx("no event");
}
