/* Smoke graphs by librrd. Not for two threads: librrd's drawing is not safe. */
#ifndef WEB_GRAPH_H
#define WEB_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "config/conf.h"
#include "link/msg.h"

struct graph {
	struct msg_picture head; /* sizes and scale; ok is 1 */
	uint8_t *data;
	size_t size;
};

/* Draw what ASK asks for of a target of CONF, from its RRD below the working directory.
 * A target without a file yet gets a picture that says so. 0, or -1 with ERR; free with
 * graph_free() when 0. */
int graph_draw(struct graph *g, const struct conf *conf, const struct msg_draw *ask,
    struct err *err);
void graph_free(struct graph *g);

/* Load fonts and code before the first reader waits for them. */
void graph_warm_up(void);

#endif
