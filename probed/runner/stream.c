#include "runner/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"

#define STREAM_CHUNK 65536

void
stream_init(struct stream *s, size_t keep)
{
	*s = (struct stream){ .fd = -1, .keep = keep };
}

static void
stream_take(struct stream *s, const char *data, size_t len)
{
	size_t keep = s->keep - s->len;

	s->seen += len;
	if (keep > len)
		keep = len;
	if (s->len + keep + 1 > s->room) {
		s->room = (s->len + keep + 1) * 2;
		s->text = mem_grow(s->text, s->room, 1);
	}
	memcpy(s->text + s->len, data, keep);
	s->len += keep;
	s->text[s->len] = '\0';
}

bool
stream_read(struct stream *s)
{
	static char chunk[STREAM_CHUNK];
	ssize_t n = s->fd < 0 ? 0 : read(s->fd, chunk, sizeof chunk);

	if (n > 0) {
		stream_take(s, chunk, (size_t)n);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		stream_close(s);
	return false;
}

static void
stream_on_read(evutil_socket_t fd, short what, void *ctx)
{
	struct stream *s = ctx;

	(void)fd;
	(void)what;
	if (stream_read(s))
		s->more(s->ctx);
}

void
stream_open(
    struct stream *s, struct event_base *base, void (*more)(void *ctx), void *ctx)
{
	s->more = more;
	s->ctx = ctx;
	event_assign(&s->ev, base, s->fd, EV_READ | EV_PERSIST, stream_on_read, s);
	event_add(&s->ev, NULL);
}

void
stream_close(struct stream *s)
{
	if (s->fd < 0)
		return;
	if (event_initialized(&s->ev))
		event_del(&s->ev);
	close(s->fd);
	s->fd = -1;
}

void
stream_free(struct stream *s)
{
	stream_close(s);
	free(s->text);
	s->text = NULL;
}
