/* Starting one worker's program: found and opened while the parent still may, run with
 * clean descriptors and environment, as whom and how nicely the table says. */
#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>

#include "base/log.h"
#include "link/msg.h"
#include "rights.h"

/* Open the program of ROOM: beside our own, else in LIBEXECDIR/smokebox. A descriptor,
 * or -1 with ERR. */
int spawn_find(enum room room, struct err *err);

struct spawn {
	enum room room;
	int program; /* of spawn_find() */
	int control; /* becomes descriptor 3 */
	int datadir; /* becomes the working directory */
	int nice;    /* wanted; passed over where not permitted */
	const struct rights *rights;
};

/* Become PROGRAM, which spawn_find() has opened, also where an emulator of another
 * architecture runs it for the kernel. Returns only if that fails, with errno. */
void spawn_exec(int program, char *const argv[], char *const env[]);

/* Start it. Its pid, or -1 with errno. */
pid_t spawn(const struct spawn *s);

/* Put PID in front of everything here that is not real-time: SCHED_FIFO of the lowest
 * priority, where that is permitted. 1: it was not; 0: it was, or is not permitted. */
int spawn_urge(pid_t pid);

#endif
