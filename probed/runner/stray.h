/* Processes that programs left behind. */
#ifndef RUNNER_STRAY_H
#define RUNNER_STRAY_H

#include <stdbool.h>
#include <sys/types.h>

#define STRAYS_MAX 32

/* Programs that fled their process group became our children when their parents died.
 * Some (a shared ssh connection) are of use; many are not: more than STRAYS_MAX are
 * ended. OURS tells whether a child is no stray. */
void strays_end(bool (*ours)(pid_t pid));

#endif
