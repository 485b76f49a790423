/* Congestion, put together: own lines (recorder/lines.h), links of others
 * (recorder/links.h), what both learned in a file, so that a restart costs nothing. */
#ifndef RECORDER_CONGESTIONS_H
#define RECORDER_CONGESTIONS_H

#include "config/conf.h"
#include "link/msgif.h"
#include "link/msgline.h"
#include "recorder/condition.h"
#include "recorder/lines.h"
#include "recorder/links.h"
#include "round.h"

struct congestions_ops {
	/* As of links_ops. */
	enum links_place (*place)(void *ctx, uint64_t target, bool *crosses);
	/* Something is new of a line that leads out. */
	void (*tell)(void *ctx, const struct msg_line *m);
	/* The state cannot be kept, or was not as it was left. */
	void (*trouble)(void *ctx, const char *text);
	/* What the line that leads out carries is known anew; NULL: nobody asks. */
	void (*busy)(void *ctx, const struct lines_busy *b);
	/* As of lines_own(); NULL: never. */
	bool (*own)(void *ctx, int64_t begin, int64_t end);
	/* As of links_ops; NULL: never. */
	unsigned (*cut)(void *ctx, const uint64_t *bad, size_t bads,
	    const uint64_t *good, size_t goods, char hop[ADDR_TEXT]);
};

struct congestions;

/* CS and OPS are borrowed; EV is asked for what is open, and not kept. Reads what was
 * learned. */
struct congestions *congestions_new(struct conditions *cs, struct events *ev,
    const struct congestions_ops *ops, void *ctx, int64_t now);
/* Writes it. */
void congestions_free(struct congestions *c);
/* CONF must last until the next call. */
void congestions_configure(struct congestions *c, const struct conf *conf);
/* R is stored; something is new of an interface; MSG_MARKS came (0, or -1 when it is
 * not to be believed); a way changed (links_changed()). */
void congestions_round(struct congestions *c, const struct round *r);
void congestions_interface(struct congestions *c, const struct msg_interface *m);
int congestions_marks(struct congestions *c, struct msg_in *in);
void congestions_changed(struct congestions *c, const char *path, int64_t time);
/* About once a second. */
void congestions_tick(struct congestions *c, int64_t now);
/* A new web hears of all. */
void congestions_tell(struct congestions *c);

#endif
