/* One output of a program: read as it comes, of which the beginning is kept. */
#ifndef RUNNER_STREAM_H
#define RUNNER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event_struct.h>

struct stream {
	int fd;	    /* -1: closed */
	char *text; /* LEN bytes and a NUL; NULL: nothing came */
	size_t len, keep;
	uint64_t seen; /* bytes in all */
	/* its own: */
	size_t room;
	struct event ev;
	void (*more)(void *ctx);
	void *ctx;
};

/* Of S, which is not open yet, KEEP bytes will be kept. */
void stream_init(struct stream *s, size_t keep);
/* Read S->fd, which does not block, on BASE; MORE is called whenever something came,
 * and may close S. */
void stream_open(
    struct stream *s, struct event_base *base, void (*more)(void *ctx), void *ctx);
/* Read once. False at the end, which closes it, or when there is nothing now. */
bool stream_read(struct stream *s);
void stream_close(struct stream *s);
void stream_free(struct stream *s);

#endif
