/* Who there is: a row per worker with what it gets and may do, the lines between them,
 * and what the parent knows of each one's process. */
#ifndef ROSTER_H
#define ROSTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/conf.h"
#include "link/link.h"

struct event;

struct roster_row {
	enum room room;
	int nice;
	bool urgent;		/* real-time where permitted, once it is ready */
	int beat_seconds;	/* without a sign of life, until it is killed */
	unsigned phase;		/* of the end: 0 goes first */
	unsigned parts;		/* of the configuration: enum conf_part */
};

/* One row's process. */
struct worker {
	const struct roster_row *row;
	bool wanted;
	int program; /* descriptor of its executable */
	pid_t pid;   /* 0: none */
	enum worker_state state;
	struct link *link;
	int64_t started_ns, beat_ns;
	int64_t renewed_ns; /* told to end, to be started again; 0: not */
	int64_t since;	    /* wall seconds */
	unsigned restarts, backoff;
	uint32_t generation; /* in force there */
	char lock[160], last_end[160];
	const char *killed_for; /* why we ended it, if we did */
	struct event *restart;
};

#define ROSTER 8
#define ROSTER_PHASES 3
extern struct worker roster[ROSTER];

/* The worker of ROOM; NULL: the parent's, which has none. */
struct worker *roster_of(enum room room);
const char *roster_name(const struct worker *w);
/* Is there to be a line between A and B? */
bool roster_line(enum room a, enum room b);
/* What W is told of CONF: its row's parts, and more where CONF gives it more to do. */
unsigned roster_parts(const struct worker *w, const struct conf *conf);
/* Something was announced against attacks before this start: a runner is wanted
 * whatever a configuration says. */
void roster_has_in_force(void);
/* Does CONF want this one to run? All are wanted but fetcher and runner, which are
 * where the configuration has something for them to do. */
bool roster_wants(const struct worker *w, const struct conf *conf);

#endif
