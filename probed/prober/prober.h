/* The life of a measuring worker. There are three of them, which differ in the kinds of
 * measurement that they link (probe_rows) and in what they may still do once they are
 * locked in. */
#ifndef PROBER_PROBER_H
#define PROBER_PROBER_H

#include "config/conf.h"
#include "link/worker.h"
#include "prober/probe.h"

/* Somebody who lives in a measuring process beside its probes. */
struct prober_guest {
	enum msg_socket kind; /* of the sockets that are its own */
	void (*socket)(int fd);
	void (*open)(struct msg_counters *counters);
	void (*configure)(const struct conf *conf); /* at first, and on reload */
	void (*listen)(struct event_base *base);    /* to what has come since */
	void (*close)(void);
	/* The line to a peer that is not the recorder (NULL: it went down), and what
	 * comes over it, or from the recorder to the guest itself: 0, or -1 when it is not to be believed. NULL: none has one. */
	void (*peer)(enum room room, struct link *link);
	int (*message)(struct link *link, struct msg_in *in);
};

/* Who walks the ways to the targets that are measured. */
struct prober_walker {
	void (*open)(struct event_base *base, const struct conf *conf);
	void (*configure)(const struct conf *conf); /* on reload */
	/* Target ID, measured by RUN, is at ADDRESS now (AF_UNSPEC: nowhere). */
	void (*target)(
	    uint64_t id, const struct addr *address, const struct probe_run *run);
	void (*forget)(uint64_t id);
	void (*moved)(uint64_t id); /* its answers come with another TTL */
	int (*message)(struct msg_in *in); /* MSG_TRACE: 0, or -1 */
	void (*close)(void);
};

/* Measure, as ROOM locked in by SANDBOX, every target whose home is HOME. The prober
 * also tells of those that nobody can measure. GUEST and WALKER may be NULL. */
void prober_main(enum room room, enum sandbox_profile sandbox, enum module_home home,
    const struct prober_guest *guest, const struct prober_walker *walker)
    __attribute__((noreturn));

#endif
