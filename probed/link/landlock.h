/* Which files a locked worker still reaches, by Landlock. */
#ifndef LINK_LANDLOCK_H
#define LINK_LANDLOCK_H

#include "link/sandbox.h"

/* Restrict this (single-threaded) process for good. Returns the kernel's Landlock ABI,
 * or 0 when it has none; ends the process if the kernel has it and refuses. */
int landlock_enter(enum sandbox_profile profile);

#endif
