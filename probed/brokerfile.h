/* The file in which the courier remembers at which brokers of MQTT this box is shown
 * (courier/announced.h). Their passwords are in it, so it lies where nobody but the
 * parent can open a file, and the courier is handed it open. */
#ifndef BROKERFILE_H
#define BROKERFILE_H

#include <stdbool.h>

/* Open it below DATADIR (O_PATH), made where it is missing. Where that cannot be, memory
 * that lasts as long as we do, with a warning when it is NEEDED. A descriptor. */
int brokerfile_open(int datadir, bool needed);
/* DATADIR was emptied: the same again, with what OLD holds, which is closed. */
int brokerfile_anew(int datadir, int old);

#endif
