#include "web/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "link/worker.h"
#include "store.h"
#include "web/page.h"
#include "web/request.h"
#include "web/session.h"
#include "web/taste.h"

#define PATIENCE_S 40 /* longer than the longest check */

struct edit_call {
	struct request *r; /* NULL: it does not wait any more */
	void *ctx;
	void (*free_ctx)(void *ctx);
	uint32_t ticket; /* of what was asked last; 0: nothing is open */
	int64_t until_ns;
	edit_then then;
	bool drafted, used;
};

static struct {
	struct edit_call call[EDIT_DRAFTS]; /* each with the draft of its number */
	struct event *tick;
	uint32_t ticket;
} all;

static const struct timeval second = { 1, 0 };

/* --- who may ---------------------------------------------------------------------- */

bool
edit_may(struct request *r)
{
	request_set_header(r, "Cache-Control", "no-store");
	if (request_is_local(r) || (request_is_trusted(r) && session_is_open(r)))
		return true;
	if (session_wanted() && strncmp(request_path(r), "/api/", 5) != 0)
		page_login_first(r,
		    "The files of the configuration are for those who know the password.");
	else if (session_wanted())
		reply_error(r, 403,
		    "the files of the configuration are for those who know the password: "
		    "log in first");
	else
		reply_error(r, 403,
		    "Files of the configuration are seen and changed by those only who know "
		    "a password, and none is set: probectl password sets one.");
	return false;
}

/* --- drafts ----------------------------------------------------------------------- */

static unsigned
draft_of(const struct edit_call *call)
{
	return (unsigned)(call - all.call);
}

static void
draft_name(const struct edit_call *call, char name[64])
{
	snprintf(name, 64, STORE_DRAFT "/%u", draft_of(call));
}

static void
draft_remove(struct edit_call *call)
{
	char name[64];

	if (!call->drafted)
		return;
	draft_name(call, name);
	unlink(name);
	call->drafted = false;
}

/* 0, or an errno. */
static int
draft_write(struct edit_call *call, const char *text)
{
	size_t len = strlen(text);
	char name[64];
	int fd, error = 0;

	draft_name(call, name);
	unlink(name); /* of a web worker before this one */
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	call->drafted = true;
	for (size_t at = 0; error == 0 && at < len;) {
		ssize_t n = write(fd, text + at, len - at);

		if (n <= 0)
			error = n == 0 ? EIO : errno;
		else
			at += (size_t)n;
	}
	close(fd);
	return error;
}

/* --- calls ------------------------------------------------------------------------ */

static void
end(struct edit_call *call)
{
	draft_remove(call);
	if (call->free_ctx != NULL)
		call->free_ctx(call->ctx);
	memset(call, 0, sizeof *call);
}

/* Its request will not be answered any more. */
static void
gone(void *arg)
{
	struct edit_call *call = arg;

	call->r = NULL;
	/* The draft is being read, perhaps. */
	if (call->ticket == 0)
		end(call);
}

static void
give_up(struct edit_call *call)
{
	struct request *r = call->r;

	if (r != NULL)
		reply_error(r, 503, "no answer came about the file: try again");
	end(call);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	int64_t now = clock_mono_ns();

	(void)fd;
	(void)what;
	(void)arg;
	for (unsigned i = 0; i < EDIT_DRAFTS; i++)
		if (all.call[i].used && all.call[i].until_ns < now)
			give_up(&all.call[i]);
}

struct edit_call *
edit_begin(struct request *r, void *ctx, void (*free_ctx)(void *ctx))
{
	struct edit_call *call = all.call;

	while (call < all.call + EDIT_DRAFTS && call->used)
		call++;
	if (call == all.call + EDIT_DRAFTS) {
		if (free_ctx != NULL)
			free_ctx(ctx);
		reply_error(r, 503, "too many edit at once: try again");
		return NULL;
	}
	*call = (struct edit_call){
		.r = r, .ctx = ctx, .free_ctx = free_ctx, .used = true
	};
	request_park(r, gone, call);
	return call;
}

void *
edit_ctx(const struct edit_call *call)
{
	return call->ctx;
}

void
edit_ask(struct edit_call *call, enum edit_what what, const char *name, uint32_t number,
    uint32_t generation, const char *text, edit_then then)
{
	static struct msg_out out;
	struct msg_edit ask = { .what = (uint8_t)what,
		.file = name != NULL ? edit_number(name) : 0,
		.number = text != NULL ? draft_of(call) : number,
		.generation = generation };
	bool fits = text == NULL || strlen(text) <= EDIT_TEXT_MAX;
	int error = fits && text != NULL ? draft_write(call, text) : 0;
	struct request *r = call->r;

	if (!fits || error != 0) {
		if (!fits)
			reply_error(r, 413,
			    "the text is too long, expected at most %d bytes",
			    EDIT_TEXT_MAX);
		else
			reply_error(r, 500,
			    "no draft can be written to " STORE_DRAFT ": %s",
			    strerror(error));
		end(call);
		return;
	}
	if (++all.ticket == 0)
		all.ticket = 1;
	ask.ticket = call->ticket = all.ticket;
	call->then = then;
	call->until_ns = clock_mono_ns() + PATIENCE_S * CLOCK_NS_PER_S;
	msg_begin(&out, MSG_EDIT);
	msg_put_edit(&out, &ask);
	link_send(worker_link(ROOM_PARENT), &out, -1, LINK_MUST);
}

/* What FD, which may be -1, holds: malloced. */
static char *
take_text(int fd)
{
	char *text = mem_alloc(EDIT_TEXT_MAX * 2 + 1);
	size_t len = 0;
	ssize_t n = fd < 0 ? 0 : 1;

	while (n > 0 && len < EDIT_TEXT_MAX * 2) {
		n = pread(fd, text + len, EDIT_TEXT_MAX * 2 - len, (off_t)len);
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = '\0';
	return mem_grow(text, len + 1, 1);
}

static void
answered(struct edit_call *call, const struct msg_edited *said, int fd)
{
	char *text;

	call->ticket = 0;
	draft_remove(call);
	if (call->r == NULL) {
		end(call);
		return;
	}
	text = take_text(fd);
	taste_begin(call->r);
	call->then(call->r, call, said, text);
	taste_end();
	free(text);
	/* Nothing more was asked: R is answered, and has let go of the call. */
	if (call->used && call->ticket == 0)
		end(call);
}

int
edit_message(struct msg_in *in)
{
	static struct msg_edited said;

	/* The process that wrote it had looked at a stranger's text: what it says is
	 * nobody's fault but its own. */
	if (msg_get_edited(in, &said) < 0) {
		log_warnx("what is said of a file cannot be understood");
		return 0;
	}
	for (unsigned i = 0; i < EDIT_DRAFTS; i++)
		if (all.call[i].used && all.call[i].ticket == said.ticket) {
			answered(&all.call[i], &said, in->fd);
			break;
		}
	return 0;
}

unsigned
edit_status(const struct msg_edited *said)
{
	static const unsigned status[] = { [EDIT_DONE] = 200,
		[EDIT_WRONG] = 422,
		[EDIT_STALE] = 409,
		[EDIT_GUARDED] = 403,
		[EDIT_UNKNOWN] = 404,
		[EDIT_READ_ONLY] = 409,
		[EDIT_OFF] = 403,
		[EDIT_FAILED] = 500 };

	return status[said->end];
}

const char *
edit_reason(const struct msg_edited *said)
{
	switch (said->end) {
	case EDIT_WRONG:
		return "It is not taken, since it would not do as a configuration.";
	case EDIT_STALE:
		return "The file was changed by somebody else meanwhile.";
	case EDIT_GUARDED:
		return "That may not be changed from here.";
	case EDIT_READ_ONLY:
		return "The file cannot be written.";
	default:
		return "";
	}
}

void
edit_init(struct event_base *base)
{
	if (getrandom(&all.ticket, sizeof all.ticket, 0) != (ssize_t)sizeof all.ticket)
		fatal("getrandom");
	all.tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	if (all.tick == NULL || event_add(all.tick, &second) != 0)
		fatalx("no timer for edits");
}

void
edit_stop(void)
{
	if (all.tick != NULL)
		event_free(all.tick);
	all.tick = NULL;
	for (unsigned i = 0; i < EDIT_DRAFTS; i++)
		if (all.call[i].used)
			end(&all.call[i]);
}
