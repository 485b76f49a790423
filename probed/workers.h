/* The workers: one table row each; started, watched, restarted, ended. */
#ifndef WORKERS_H
#define WORKERS_H

#include "config/conf.h"
#include "link/msg.h"
#include "rights.h"

struct event_base;

struct workers_setup {
	struct event_base *base;
	int datadir; /* O_PATH */
	const struct rights *rights;
	void (*ready)(void);  /* all that are wanted run, for the first time */
	void (*reload)(void); /* web asks for a look at the configuration */
	int (*edit)(struct msg_in *in); /* MSG_EDIT; -1: it is not to be believed */
	void (*done)(void);   /* --debug: every target has had its round */
	void (*ended)(void);  /* after workers_stop(): the last one is gone */
};

/* Open every worker's program. 0, or -1 with ERR. */
int workers_open(const struct workers_setup *setup, struct err *err);
/* Start what CONF wants; later: go over to CONF, which stays the caller's and must live
 * until the next call. Nobody is restarted. */
void workers_configure(const struct conf *conf);
/* Give everyone who runs the sockets from the one numbered FIRST on. */
void workers_sockets(unsigned first);
/* Tell ROOM, if it runs, of its socket of KIND, which is another one now. */
void workers_socket(enum room room, enum msg_socket kind);
/* End ROOM's worker, if it runs, in order, and start it again at once: what it is
 * locked into is there no more. It is no death of it. */
void workers_renew(enum room room);
/* A child has ended: collect it. */
void workers_reap(void);
/* End them all in order within 5 s; a second call ends them at once. */
void workers_stop(void);

#endif
