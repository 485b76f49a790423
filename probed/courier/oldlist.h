/* The list of what is announced against attacks, as couriers kept it themselves before
 * the runner had its book (runner/inforce.h): read after an upgrade, never written. */
#ifndef COURIER_OLDLIST_H
#define COURIER_OLDLIST_H

#include <stdbool.h>

#include "link/msginforce.h"

/* Is there one? */
bool oldlist_is_there(void);
/* Call EACH with all that it has, without settings: nobody wrote those down. What
 * cannot be believed is told to the log, and a file that has such is set aside. Returns
 * how many EACH was called with. */
unsigned oldlist_read(void (*each)(const struct msg_in_force *m));
/* Nothing of it is announced any more. */
void oldlist_remove(void);

#endif
