/* This process's place with the scheduler. The parent makes it real-time where that is
 * permitted, so that a ping leaves on time whatever else runs here: among those that
 * are not, one that wakes up may wait for a tick of the kernel's clock (4 ms at 250 Hz)
 * behind one that does not even have a right to so much. */
#ifndef PROBER_URGENT_H
#define PROBER_URGENT_H

/* Be ready for it, before the lock: should we then not sleep for a tenth of a second,
 * as while a long configuration is read, we go back among the others, to a place where
 * little is done at a time but soon (sched_setattr(2), Linux 6.12), and the parent's
 * next promotion is awaited. That place is taken at once. */
void urgent_guard(void);

#endif
