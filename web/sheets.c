#include "web/sheets.h"

#include <sys/mman.h>
#include <sys/queue.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/fnv.h"
#include "base/log.h"
#include "base/mem.h"
#include "link/link.h"
#include "web/paper.h"
#include "web/picture.h"
#include "web/request.h"
#include "web/taste.h"
#include "web/viewname.h"

#define WAITING_MAX 8 /* readers at once: a document takes as long as ten graphs */
#define PATIENCE_S 30

struct job {
	struct request *request;
	uint32_t id;
	int fd; /* the document */
	uint32_t size;
	struct sheets_form form;
	bool sent;
	int64_t since_ns, start, end;
	char etag[24];
	char *what;
	TAILQ_ENTRY(job) link;
};

static struct {
	struct link *painter;
	struct event *sweep;
	TAILQ_HEAD(, job) jobs; /* the first one may be with the painter */
	unsigned waiting;
	uint32_t next_id;
} all = { .jobs = TAILQ_HEAD_INITIALIZER(all.jobs) };

static void
job_free(struct job *j)
{
	TAILQ_REMOVE(&all.jobs, j, link);
	all.waiting--;
	if (j->fd >= 0)
		close(j->fd);
	free(j->what);
	free(j);
}

/* One at a time, so that graphs go on between two of them. */
static void
pump(void)
{
	struct job *j = TAILQ_FIRST(&all.jobs);
	struct msg_out out;

	if (j == NULL || j->sent || all.painter == NULL)
		return;
	struct msg_paper paper = { .id = j->id,
		.size = j->size,
		.format = j->form.format,
		.theme = j->form.theme };
	msg_begin(&out, MSG_PAPER);
	msg_put_paper(&out, &paper);
	link_send(all.painter, &out, j->fd, LINK_MUST);
	j->sent = true;
}

static void
refuse(struct job *j, const char *why)
{
	struct request *r = j->request;

	job_free(j);
	request_set_header(r, "Retry-After", "5");
	reply_error(r, 503, "%s", why);
}

void
sheets_painter(struct link *link)
{
	struct job *j = TAILQ_FIRST(&all.jobs);

	all.painter = link;
	if (j != NULL && j->sent)
		refuse(j, "It could not be laid out: its painter ended.");
	pump();
}

/* What the painter made of J, whose request is answered by it. */
static void
deliver(struct job *j, const void *data, size_t size)
{
	static const struct {
		const char *ext, *type;
	} as[DRAW_FORMATS] = { { "png", "image/png" }, { "svg", "image/svg+xml" },
		{ "pdf", "application/pdf" } };
	struct request *r = j->request;
	uint8_t format = j->form.format;

	taste_begin(r);
	viewname_set(r, VIEW_SHOWN, j->what, j->start, j->end, as[format].ext);
	taste_end();
	request_set_header(r, "ETag", j->etag);
	request_set_header(r, "Vary", "Cookie");
	if (format == DRAW_SVG)
		request_set_header(r, "Content-Security-Policy",
		    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
		    "frame-ancestors 'self'");
	job_free(j);
	reply_bytes(r, 200, as[format].type, data, size);
}

int
sheets_message(struct msg_in *in)
{
	struct msg_picture head;
	struct job *j = TAILQ_FIRST(&all.jobs);

	if (msg_get_picture(in, &head) != 0)
		return -1;
	if (j == NULL || !j->sent || j->id != head.id)
		return 0; /* given up meanwhile */
	void *data = head.ok ? picture_read(in->fd, head.size) : NULL;
	if (data == NULL) {
		refuse(j, head.text[0] != '\0' ? head.text : "the painter failed");
	} else {
		deliver(j, data, head.size);
		free(data);
	}
	pump();
	return 0;
}

/* Who has waited too long is told so. */
static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct job *j;

	(void)fd;
	(void)what;
	(void)arg;
	while ((j = TAILQ_FIRST(&all.jobs)) != NULL &&
	       clock_mono_ns() - j->since_ns > PATIENCE_S * CLOCK_NS_PER_S)
		refuse(j, "The painter is too busy just now: try again.");
	pump();
}

void
sheets_init(struct event_base *base)
{
	struct timeval second = { 1, 0 };

	all.sweep = event_new(base, -1, EV_PERSIST, on_sweep, NULL);
	if (all.sweep == NULL || event_add(all.sweep, &second) != 0)
		fatalx("cannot make a timer");
}

void
sheets_stop(void)
{
	struct job *j;

	if (all.sweep != NULL)
		event_free(all.sweep);
	all.sweep = NULL;
	while ((j = TAILQ_FIRST(&all.jobs)) != NULL)
		refuse(j, "stopping");
}

static void
job_gone(void *ctx)
{
	struct job *j = ctx;

	job_free(j);
	pump();
}

/* A sealed descriptor of TEXT with a NUL behind it, or -1. */
static int
seal(const char *text, size_t len)
{
	int fd = memfd_create("paper", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	for (size_t at = 0; fd >= 0 && at < len + 1;) {
		ssize_t n = write(fd, text + at, len + 1 - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			close(fd);
			return -1;
		}
		at += (size_t)n;
	}
	if (fd >= 0)
		fcntl(fd, F_ADD_SEALS,
		    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

void
sheets_answer(struct request *r, const char *text, size_t len,
    const struct sheets_form *form, const char *what, int64_t start, int64_t end)
{
	uint64_t tag =
	    fnv_one(fnv_one(fnv(FNV_BEGIN, text, len), form->format), form->theme);
	char etag[24];

	if (len >= PAPER_MAX) {
		reply_error(r, 400,
		    "That is %zu kB of text, and no more than %ld kB are laid out: choose a "
		    "shorter time or fewer targets, or take CSV or JSON.",
		    len / 1024, PAPER_MAX / 1024);
		return;
	}
	snprintf(etag, sizeof etag, "\"%016" PRIx64 "\"", tag);
	if (reply_not_modified(r, etag))
		return;
	int fd = all.waiting < WAITING_MAX ? seal(text, len) : -1;
	if (fd < 0) {
		request_set_header(r, "Retry-After", "5");
		reply_error(r, 503, "Too much is to be laid out just now: try again.");
		return;
	}
	struct job *j = mem_zero(1, sizeof *j);
	j->request = r;
	j->id = ++all.next_id;
	j->fd = fd;
	j->size = (uint32_t)len + 1;
	j->form = *form;
	j->since_ns = clock_mono_ns();
	j->start = start;
	j->end = end;
	memcpy(j->etag, etag, sizeof etag);
	j->what = mem_str(what);
	TAILQ_INSERT_TAIL(&all.jobs, j, link);
	all.waiting++;
	request_park(r, job_gone, j);
	pump();
}
