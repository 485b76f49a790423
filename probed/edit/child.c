#include "edit/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "copies.h"
#include "edit/check.h"
#include "edit/draft.h"
#include "edit/mask.h"
#include "edit/place.h"
#include "reload.h"
#include "store.h"

static struct msg_edited answer;

static void
fail(enum edit_end end, const char *why)
{
	answer.end = (uint8_t)end;
	snprintf(answer.text, sizeof answer.text, "%s", why);
}

/* --- reading ---------------------------------------------------------------------- */

/* All of FD, which is to be text of at most EDIT_TEXT_MAX bytes: malloced with a zero
 * behind it, or NULL with ERR. */
static char *
slurp(int fd, size_t *len, struct err *err)
{
	char *text = mem_alloc(EDIT_TEXT_MAX + 2);
	ssize_t n = 1;

	for (*len = 0; n > 0 && *len <= EDIT_TEXT_MAX; *len += n > 0 ? (size_t)n : 0)
		n = pread(fd, text + *len, EDIT_TEXT_MAX + 1 - *len, (off_t)*len);
	if (n >= 0 && *len <= EDIT_TEXT_MAX) {
		text[*len] = '\0';
		return text;
	}
	free(text);
	if (n < 0)
		err_set(err, "it cannot be read: %s", strerror(errno));
	else
		err_set(
		    err, "it has more than a megabyte, which is too much to edit here");
	return NULL;
}

/* What F holds now. NULL: ANSWER says why not. */
static char *
read_file(const struct edit_file *f, size_t *len)
{
	struct stat st;
	struct err err;
	char *text = NULL;
	int fd;

	*len = 0;
	if (f->st.st_size < 0)
		return mem_str("");
	fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0)
		fail(EDIT_FAILED, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		fail(EDIT_FAILED, "it is no ordinary file");
	else if (!edit_same(&st, &f->st))
		fail(EDIT_STALE, "the file is being changed just now");
	else if ((text = slurp(fd, len, &err)) == NULL)
		fail(EDIT_FAILED, err.text);
	if (fd >= 0)
		close(fd);
	return text;
}

/* Is it UTF-8 without control characters, which a browser gives back as it was? */
static bool
is_text(const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)s[i++];
		unsigned more = c < 0x80		? 0
				: c >= 0xc2 && c < 0xe0 ? 1
				: c >= 0xe0 && c < 0xf0 ? 2
				: c >= 0xf0 && c < 0xf5 ? 3
							: 9;
		unsigned char first = i < len ? (unsigned char)s[i] : 0;

		if (more == 9 || more > len - i || c == 0x7f ||
		    (c < ' ' && c != '\t' && c != '\n' && c != '\r') ||
		    (c == 0xe0 && first < 0xa0) || (c == 0xed && first > 0x9f) ||
		    (c == 0xf0 && first < 0x90) || (c == 0xf4 && first > 0x8f))
			return false;
		for (; more > 0; more--)
			if (((unsigned char)s[i++] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

/* --- the questions ---------------------------------------------------------------- */

static uint8_t
flags_of(const struct edit_file *f, const char **why)
{
	int error = place_check(f->path, f->st.st_size >= 0);
	unsigned flags = f->st.st_size < 0 ? EDIT_IS_MISSING : 0;

	*why = "";
	if (error == 0)
		return (uint8_t)flags;
	*why = error == EROFS
		   ? "it is on a read-only mount: it is changed where that comes from"
		   : strerror(error);
	return (uint8_t)(flags | EDIT_IS_READ_ONLY);
}

static void
list(const struct edit_job *job)
{
	for (size_t i = 0; i < job->files && i < EDIT_ROWS; i++) {
		const struct edit_file *f = &job->file[i];
		struct msg_edited_row *row = &answer.row[answer.rows++];
		const char *why;

		row->kind = flags_of(f, &why);
		row->number = f->generation;
		row->when = f->st.st_size < 0 ? 0 : f->st.st_mtim.tv_sec;
		row->size = f->st.st_size < 0 ? 0 : f->st.st_size;
		snprintf(row->name, sizeof row->name, "%s", f->name);
		snprintf(row->text, sizeof row->text, "%s", why);
	}
}

/* Hand out the LEN bytes of TEXT, without secrets. */
static void
hand_out(const struct edit_job *job, const char *text, size_t len)
{
	struct mask *mask = mask_new(text, len, reload_conf());
	size_t shown_len;
	char *shown = mask_shown(mask, &shown_len);

	if (!is_text(text, len))
		fail(EDIT_FAILED,
		    "it is not plain text in UTF-8, as browsers write it: "
		    "it is changed by an editor on the box itself");
	else if (pwrite(job->text, shown, shown_len, 0) != (ssize_t)shown_len)
		fail(EDIT_FAILED, strerror(errno));
	free(shown);
	mask_free(mask);
}

struct search {
	const struct edit_job *job;
	const char *now;
	size_t now_len;
	char *last; /* text of the version before, in the list */
	size_t last_len;
	int64_t when;
};

/* Among versions, each text once: when it was seen first. */
static bool
list_version(void *ctx, uint32_t number, int64_t when, int fd)
{
	struct search *s = ctx;
	struct msg_edited_row *row = &answer.row[answer.rows];
	struct err err;
	size_t len;
	char *text = slurp(fd, &len, &err);

	if (text == NULL)
		return true;
	if (s->last != NULL && s->last_len == len && memcmp(s->last, text, len) == 0) {
		row[-1].when = when;
		row[-1].number = number;
		free(text);
		return true;
	}
	if (answer.rows == EDIT_ROWS) {
		free(text);
		return false;
	}
	answer.rows++;
	row->number = number;
	row->when = when;
	row->size = (int64_t)len;
	if (s->now_len == len && memcmp(s->now, text, len) == 0)
		row->kind = EDIT_IS_NOW;
	free(s->last);
	s->last = text;
	s->last_len = len;
	return true;
}

static void
no_copies(int error)
{
	snprintf(answer.text, sizeof answer.text,
	    "there are no copies in " STORE_COPIES ": %s", strerror(error));
}

static void
versions(const struct edit_job *job, const struct edit_file *f)
{
	struct search s = { .job = job };
	int error;
	char *now = read_file(f, &s.now_len);

	if (now == NULL)
		return;
	s.now = now;
	error = copies_versions(job->datadir, f->path, list_version, &s);
	if (error != 0)
		no_copies(error);
	free(s.last);
	free(now);
}

static bool
take_version(void *ctx, uint32_t number, int64_t when, int fd)
{
	struct search *s = ctx;
	struct err err;

	if (number != s->job->ask.number)
		return true;
	s->when = when;
	s->last = slurp(fd, &s->last_len, &err);
	return false;
}

static void
text(const struct edit_job *job, const struct edit_file *f)
{
	struct search s = { .job = job };
	int error = 0;

	if (job->ask.number == 0)
		s.last = read_file(f, &s.last_len);
	else
		error = copies_versions(job->datadir, f->path, take_version, &s);
	if (s.last != NULL) {
		if (job->ask.number != 0)
			answer.when = s.when;
		hand_out(job, s.last, s.last_len);
	} else if (job->ask.number != 0) {
		answer.end = EDIT_UNKNOWN;
		if (error != 0)
			no_copies(error);
		else
			fail(EDIT_UNKNOWN, "there is no such version any more");
	}
	free(s.last);
}

/* --- drafts ----------------------------------------------------------------------- */

/* Put WHOLE, a memory file, into F, which holds the LEN bytes of NOW. */
static void
put(const struct edit_job *job, const struct edit_file *f, const char *now, size_t len,
    int whole)
{
	bool there = f->st.st_size >= 0;
	size_t new_len;
	struct err err;
	char *new = slurp(whole, &new_len, &err);
	int error = 0;

	if (new == NULL) {
		fail(EDIT_FAILED, err.text);
		return;
	}
	if (there)
		error =
		    copies_keep_text(job->datadir, f->path, now, len, f->st.st_mode);
	if (error != 0) {
		snprintf(answer.text, sizeof answer.text,
		    "nothing is written, since what is there cannot be kept in " STORE_COPIES
		    ": %s",
		    strerror(error));
		answer.end = EDIT_FAILED;
	} else if ((error = place_text(f->path, there ? &f->st : NULL, now, len, new,
			new_len)) == ESTALE) {
		fail(EDIT_STALE, "the file was changed just now");
	} else if (error == EROFS) {
		fail(EDIT_READ_ONLY,
		    "it is on a read-only mount: it is changed where that comes from");
	} else if (error != 0) {
		fail(EDIT_FAILED, strerror(error));
	}
	free(new);
}

static void
draft(const struct edit_job *job, const struct edit_file *f)
{
	struct check check = { .job = job, .file = f };
	const char *why;
	struct err err;
	char *now;

	answer.flags = flags_of(f, &why);
	if (job->ask.generation != f->generation) {
		fail(EDIT_STALE, "the file is another one than that was made of");
		return;
	}
	if (job->ask.what == EDIT_SAVE && (answer.flags & EDIT_IS_READ_ONLY) != 0) {
		fail(EDIT_READ_ONLY, why);
		return;
	}
	check.draft = draft_open(
	    job->datadir, job->rights->uid, job->ask.number, EDIT_TEXT_MAX, &err);
	if (check.draft < 0) {
		fail(EDIT_FAILED, err.text);
		return;
	}
	now = read_file(f, &check.len);
	check.now = now;
	check.whole = memfd_create("whole", MFD_CLOEXEC);
	if (check.whole < 0 && now != NULL)
		fail(EDIT_FAILED, strerror(errno));
	if (answer.end != EDIT_DONE) {
		free(now);
		return;
	}
	/* From here on the answer is what the check made of it, unless writing fails.
	 */
	if (check_draft(&check, &answer) && job->ask.what == EDIT_SAVE) {
		put(job, f, now, check.len, check.whole);
		if (answer.end != EDIT_DONE)
			check_tell(job, &answer);
	}
	_exit(0);
}

static const struct edit_file *
find(const struct edit_job *job)
{
	for (size_t i = 0; i < job->files; i++)
		if (job->file[i].number == job->ask.file)
			return &job->file[i];
	return NULL;
}

/* What this child has no use for is closed: lines to workers, listening sockets. */
static void
close_others(const struct edit_job *job)
{
	int keep[3] = { job->datadir, job->answer, job->text };
	unsigned from = 3;

	for (int i = 0; i < 3; i++)
		for (int k = i + 1; k < 3; k++)
			if (keep[k] < keep[i]) {
				int fd = keep[i];
				keep[i] = keep[k];
				keep[k] = fd;
			}
	for (int i = 0; i < 3; i++) {
		if ((unsigned)keep[i] > from)
			close_range(from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	close_range(from, ~0U, 0);
}

void
edit_child(const struct edit_job *job)
{
	const struct edit_file *f = find(job);
	const char *why = "";

	close_others(job);
	answer.ticket = job->ask.ticket;
	if (f != NULL) {
		answer.flags = flags_of(f, &why);
		answer.generation = f->generation;
		answer.when = f->st.st_size < 0 ? 0 : f->st.st_mtim.tv_sec;
		snprintf(answer.name, sizeof answer.name, "%s", f->name);
		snprintf(answer.text, sizeof answer.text, "%s", why);
	}
	if (job->ask.what == EDIT_LIST)
		list(job);
	else if (f == NULL)
		fail(EDIT_UNKNOWN, "there is no such file");
	else if (job->ask.what == EDIT_TEXT)
		text(job, f);
	else if (job->ask.what == EDIT_VERSIONS)
		versions(job, f);
	else
		draft(job, f);
	check_tell(job, &answer);
	_exit(0);
}
