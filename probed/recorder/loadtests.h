/* Load tests: when one may be made, and what came of it. Each is an incident of kind
 * "loadtest" that concerns all, so that every graph shows when it was; what else was seen
 * meanwhile is by our own doing.
 *
 * Never two at once, and never while the line carries something, as far as an interface
 * tells. */
#ifndef RECORDER_LOADTESTS_H
#define RECORDER_LOADTESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "interface.h"
#include "link/msgload.h"
#include "recorder/events.h"
#include "round.h"

#define LOADTESTS_KIND "loadtest"
/* From one to the next. */
#define LOADTESTS_PAUSE_S 5

struct loadtests;

/* What the line carries. */
struct loadtests_line {
	char name[INTERFACE_TEXT];
	double bps[IF_WAYS];
};

struct loadtests_ops {
	/* Have test ID begin. False: nobody is there to make it. */
	bool (*begin)(void *ctx, uint32_t id);
	/* What does the line that the configuration calls NAME (NULL: of which UPnP tells)
	 * carry now? False: not known. */
	bool (*line)(void *ctx, const char *name, struct loadtests_line *line);
	/* What to say to web, who asked with TICKET; WHY "" where it begins. */
	void (*answer)(void *ctx, uint32_t ticket, const char *why);
};

/* EV is borrowed. What was left open by the last run was cut off. */
struct loadtests *loadtests_new(struct events *ev, int64_t now_s);
void loadtests_free(struct loadtests *l);
/* OPS is borrowed; before it is there nothing begins. */
void loadtests_attach(struct loadtests *l, const struct loadtests_ops *ops, void *ctx);
void loadtests_configure(struct loadtests *l, const struct conf *conf);

/* An operator wants one. */
void loadtests_ask(struct loadtests *l, uint32_t ticket, int64_t now_s);
void loadtests_result(struct loadtests *l, const struct msg_loadresult *r, int64_t now_s);
/* Whoever makes them is gone. */
void loadtests_gone(struct loadtests *l, int64_t now_s);
/* Once a second: the time of the day, and one of which nothing is heard any more. */
void loadtests_tick(struct loadtests *l, int64_t now_s);
/* A round of this box's own target at PATH. */
void loadtests_round(struct loadtests *l, const char *path, const struct round *r);

/* Since when one runs, epoch seconds; 0: none does. */
int64_t loadtests_running(const struct loadtests *l);
/* Was the line filled by one between BEGIN and END, epoch seconds? */
bool loadtests_touch(const struct loadtests *l, int64_t begin, int64_t end);

#endif
