/* Is this process in a container? */
#ifndef BASE_CONTAINER_H
#define BASE_CONTAINER_H

#include <stdbool.h>

/* By the marks that Docker and podman leave; to be asked before the files are out of
 * sight. Tests set SMOKEBOX_TEST=container. */
bool container_inside(void);

#endif
