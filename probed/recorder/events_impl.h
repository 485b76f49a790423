/* For eventsread.c only: the file that EV writes, or NULL while it cannot be opened. */
#ifndef RECORDER_EVENTS_IMPL_H
#define RECORDER_EVENTS_IMPL_H

#include "eventsdb.h"
#include "recorder/events.h"

sqlite3 *events_db(struct events *ev);

#endif
