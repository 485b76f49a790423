#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "edit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/source.h"
#include "edit/guard.h"
#include "edit/mask.h"
#include "mirror.h"
#include "reload.h"

#define SECONDS 20 /* that it may take ... */
#define CPU_S 10   /* ... and of these, at work */
#define MEMORY (1024UL << 20)
#define WRITES (64UL * EDIT_TEXT_MAX) /* of all files as one text, too */
#define FDS 4096

void
check_tell(const struct edit_job *job, const struct msg_edited *answer)
{
	static struct msg_out out;
	size_t len;

	msg_begin(&out, MSG_EDITED);
	msg_put_edited(&out, answer);
	len = msg_end(&out);
	if (ftruncate(job->answer, 0) != 0 ||
	    pwrite(job->answer, out.data, len, 0) != (ssize_t)len)
		log_warn("no answer to web about a file");
}

/* --- where it may nothing --------------------------------------------------------- */

static void
limit(int what, rlim_t most)
{
	const struct rlimit l = { most, most };

	setrlimit(what, &l);
}

/* Become who may nothing but compute, within bounds. */
static bool
give_up_rights(const struct rights *rights)
{
	cap_t none = cap_init();
	bool gave = rights_become(rights) == 0 && none != NULL;

	/* Not all kernels let it go where it was never had. */
	if (gave && getuid() != 0)
		(void)cap_set_proc(none);
	else if (gave)
		gave = cap_set_proc(none) == 0;
	if (none != NULL)
		cap_free(none);
	gave = gave && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
#ifndef WITH_SANITIZERS
	limit(RLIMIT_AS, MEMORY);
#endif
	limit(RLIMIT_CPU, CPU_S);
	limit(RLIMIT_FSIZE, WRITES);
	limit(RLIMIT_CORE, 0);
	alarm(SECONDS);
	return gave;
}

/* The draft's bytes; NULL when they are too many. */
static char *
read_draft(int fd, size_t *len)
{
	char *text = mem_alloc(EDIT_TEXT_MAX + 2);
	ssize_t n = 1;

	for (*len = 0; n > 0 && *len <= EDIT_TEXT_MAX; *len += n > 0 ? (size_t)n : 0)
		n = pread(fd, text + *len, EDIT_TEXT_MAX + 1 - *len, (off_t)*len);
	if (n < 0 || *len > EDIT_TEXT_MAX) {
		free(text);
		return NULL;
	}
	text[*len] = '\0';
	return text;
}

struct telling {
	const struct check *check;
	struct msg_edited *answer;
	unsigned severity; /* only these */
};

static void
put_row(struct msg_edited *a, unsigned severity, const char *name, unsigned line,
    const char *text)
{
	struct msg_edited_row *row = &a->row[a->rows];

	if (a->rows == EDIT_ROWS) {
		a->more++;
		return;
	}
	a->rows++;
	*row = (struct msg_edited_row){ .kind = (uint8_t)severity, .number = line };
	snprintf(row->name, sizeof row->name, "%s", name);
	snprintf(row->text, sizeof row->text, "%s", text);
}

/* What the file is called that complaints call SHOWN. */
static const char *
name_of(const struct edit_job *job, const char *shown)
{
	for (size_t i = 0; shown != NULL && i < job->files; i++)
		if (strcmp(job->file[i].shown, shown) == 0)
			return job->file[i].name;
	return shown != NULL ? shown : "";
}

static void
tell(void *ctx, const struct conf_problem *p)
{
	struct telling *t = ctx;

	if (p->severity == t->severity)
		put_row(t->answer, p->severity, name_of(t->check->job, p->at.file),
		    p->at.line, p->text);
}

/* Errors first: there may be no room for all. */
static void
tell_all(const struct check *check, struct msg_edited *answer,
    const struct conf_report *report)
{
	struct telling t = { check, answer, CONF_ERROR };

	conf_report_each_new(report, NULL, tell, &t);
	t.severity = CONF_WARNING;
	conf_report_each_new(report, reload_told(), tell, &t);
}

/* The draft as text with its secrets, or NULL after having said what is wrong. */
static char *
whole_text(const struct check *check, struct msg_edited *answer, size_t *len)
{
	struct mask *mask = mask_new(check->now, check->len, reload_conf());
	size_t draft_len;
	char *draft = read_draft(check->draft, &draft_len), *whole = NULL;
	unsigned line = 0;

	if (draft != NULL)
		whole = mask_back(mask, draft, draft_len, len, &line);
	if (draft == NULL)
		snprintf(answer->text, sizeof answer->text,
		    "the text is too long, expected at most %d bytes", EDIT_TEXT_MAX);
	else if (whole == NULL)
		put_row(answer, CONF_ERROR, check->file->name, line,
		    MASK_MARK
		    " stands for a secret that is not shown: such a line stays as "
		    "it is and in its section, or is written anew with another "
		    "secret");
	if (whole == NULL)
		answer->end = draft == NULL ? EDIT_FAILED : EDIT_WRONG;
	free(draft);
	mask_free(mask);
	return whole;
}

/* Read the configuration as it would be; NULL after having said what is wrong. */
static struct conf *
read_conf(const struct check *check, struct msg_edited *answer)
{
	struct conf_report report = { 0 };
	struct place at = { NULL, 0 };
	struct err err;
	bool strict;
	struct conf *conf = conf_load(reload_path(&strict), &report);

	if (conf != NULL && mirror_filter(conf, &at, &err) != 0)
		conf_report_add(&report, at, err.text);
	tell_all(check, answer, &report);
	if (conf == NULL || report.errors > 0 || (strict && report.warnings > 0)) {
		answer->end = EDIT_WRONG;
		conf_free(conf);
		conf = NULL;
	} else {
		reload_fit(conf);
	}
	conf_report_free(&report);
	return conf;
}

/* What those who measure say of CONF, in a malloced text; whether it would do for them
 * goes to FINE. */
static char *
consulted(const struct check *check, const struct conf *conf, bool *fine)
{
	int out = memfd_create("said", MFD_CLOEXEC);
	off_t len;
	char *text;

	*fine = out >= 0 && consult_workers(&check->asked, conf, out);
	len = out < 0 ? 0 : lseek(out, 0, SEEK_END);
	text = mem_zero((size_t)len + 1, 1);
	if (out >= 0) {
		ssize_t n = pread(out, text, (size_t)len, 0);
		text[n < 0 ? 0 : n] = '\0';
		close(out);
	}
	return text;
}

/* One line of it, "FILE:LINE: warning: TEXT", unless BEFORE has TEXT too. */
static void
tell_line(const struct check *check, struct msg_edited *answer, char *line,
    const char *before)
{
	static const char word[] = ": warning: ";
	char *text = strstr(line, word), *colon, *same;

	if (text == NULL)
		return;
	same = mem_printf("%s\n", text);
	bool said = strstr(before, same) != NULL;
	free(same);
	*text = '\0';
	colon = strrchr(line, ':');
	if (said || colon == NULL)
		return;
	*colon = '\0';
	put_row(answer, CONF_WARNING, name_of(check->job, line),
	    (unsigned)strtoul(colon + 1, NULL, 10), text + sizeof word - 1);
}

/* Which targets of CONF could not be measured, of those that can be now: only they know
 * who measure. */
static void
consult(const struct check *check, const struct conf *conf, struct msg_edited *answer)
{
	bool fine, strict;
	char *said = consulted(check, conf, &fine), *save = NULL;

	reload_path(&strict);
	if (!fine) {
		char *before = consulted(check, reload_conf(), &fine);

		for (char *line = strtok_r(said, "\n", &save); line != NULL;
		     line = strtok_r(NULL, "\n", &save))
			tell_line(check, answer, line, before);
		free(before);
		if (strict)
			answer->end = EDIT_WRONG;
	}
	free(said);
}

static void
look(const struct check *check, struct msg_edited *answer)
{
	size_t len;
	char *whole = whole_text(check, answer, &len);
	struct place at;
	struct err why;
	struct conf *conf;

	if (whole == NULL)
		return;
	if (pwrite(check->whole, whole, len, 0) != (ssize_t)len) {
		answer->end = EDIT_FAILED;
		snprintf(answer->text, sizeof answer->text, "%s", strerror(errno));
		return;
	}
	free(whole);
	source_hold(check->file->path, check->whole);
	conf = read_conf(check, answer);
	if (conf == NULL)
		return;
	if (!check->job->all &&
	    !guard_same(reload_conf(), conf, check->file->path, &at, &why)) {
		answer->end = EDIT_GUARDED;
		snprintf(answer->text, sizeof answer->text, "%s", why.text);
		if (at.line > 0)
			put_row(answer, CONF_ERROR, name_of(check->job, at.file),
			    at.line, why.text);
	} else {
		consult(check, conf, answer);
	}
	conf_free(conf);
}

/* --- around it -------------------------------------------------------------------- */

/* Everything that the configuration was read from, and where it is, is held open for
 * who may not. Files that are not in use are not there for it, unless everything may be
 * changed: then it reads them as whom it is. */
static void
hold_sources(const struct edit_job *job)
{
	const struct conf *conf = reload_conf();
	struct rlimit l = { FDS, FDS };
	bool strict;
	const char *path = reload_path(&strict);

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
	source_hold(path, open(path, O_PATH | O_CLOEXEC));
	for (size_t i = 0; i < conf->files; i++)
		source_hold(conf->file[i].path,
		    open(conf->file[i].path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
	if (!job->all)
		source_close();
}

bool
check_draft(struct check *check, struct msg_edited *answer)
{
	int status = 0;
	pid_t pid;

	consult_open(&check->asked);
	hold_sources(check->job);
	pid = fork();
	if (pid == 0) {
		close(check->job->datadir);
		if (!give_up_rights(check->job->rights))
			_exit(2);
		look(check, answer);
		check_tell(check->job, answer);
		_exit(answer->end == EDIT_DONE ? 0 : 1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			pid = -1;
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) < 2)
		return WEXITSTATUS(status) == 0;
	answer->end = EDIT_FAILED;
	snprintf(answer->text, sizeof answer->text, "the check came to no end: %s",
	    pid < 0		  ? strerror(errno)
	    : WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
				  : "it could not give up its rights");
	check_tell(check->job, answer);
	return false;
}
