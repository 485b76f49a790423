/* Which system calls a locked worker may still make, by seccomp. */
#ifndef LINK_SECCOMP_H
#define LINK_SECCOMP_H

#include <stdbool.h>

#include "link/sandbox.h"

/* Load the list of PROFILE for good. Returns how many calls it allows, or 0 when the
 * kernel has no seccomp; ends the process if it has and refuses. */
unsigned seccomp_enter(enum sandbox_profile profile);
/* May one locked in as PROFILE make sockets of its own? */
bool seccomp_leaves_sockets(enum sandbox_profile profile);

#endif
