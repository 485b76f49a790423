/* What a worker may still do after it has locked itself in: one word per profile. */
#ifndef LINK_SANDBOX_H
#define LINK_SANDBOX_H

#include <stddef.h>

enum sandbox_profile {
	SANDBOX_PROBER,	  /* inet sockets; reads resolver and CA files */
	SANDBOX_RECORDER, /* reads and writes below the working directory */
	SANDBOX_WEB,	  /* accepts; reads DATADIR; writes .smokebox/state/draft */
	SANDBOX_PAINTER,  /* reads DATADIR, fonts, time zones; no sockets of its own */
	SANDBOX_COURIER,  /* inet sockets; reads events, CA files; writes its cursors */
	SANDBOX_COLLECTOR, /* inet sockets it was given */
	SANDBOX_RUNNER,	   /* executes: only the capability sets are emptied */
};

/* Allow reading PATH (a file or a whole directory) after the lock: for what only the
 * configuration names, a CA file say. Before sandbox_enter(); a path that does not
 * exist is ignored. Later it does nothing. */
void sandbox_read(const char *path);

/* Likewise write below the directory PATH. */
void sandbox_write(const char *path);

/* Lock this process in for good: no new privileges, empty capability sets (also the
 * bounding set where permitted), Landlock, seccomp. What the kernel lacks is skipped
 * and named in HOW ("no-new-privs, landlock 4, seccomp 61 calls"), which is SIZE bytes.
 * Ends the process if something that should work does not. */
void sandbox_enter(enum sandbox_profile profile, char *how, size_t size);

#endif
