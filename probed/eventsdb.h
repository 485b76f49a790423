/* events.db: what happened (incidents), what is to be told of it (the outbox), and when
 * nothing is to be told (silences). SQLite in WAL mode, DATADIR/.smokebox/events.db.
 * The recorder writes it alone (recorder/events.h); web and courier read it.
 *
 *   incident  id           1, 2, ... in the order of being opened; never used again
 *             kind         "loss", "alert", "verdict", "gap", "note", ...
 *             subject      path of a target or group, address, interface, segment;
 *                          "" is the whole box
 *             source       what opened it: an alert's name, "down", "operator"
 *             begin, end   epoch seconds; end is NULL while it is open
 *             confidence   "sure", "likely", "hint"
 *             summary      one sentence
 *             worst        the worst value seen, NULL: there is none
 *             evidence     a JSON object
 *             suppressed_by  the incident that explains this one: nobody is told
 *             priority     of the alert, NULL: none
 *   outbox    id           in the order of being written: a reader's cursor
 *             time         epoch seconds
 *             incident     NULL: of none (a test)
 *             what         "open", "update", "close", "note", "test"
 *             receivers    JSON array of names and addresses as configured
 *             body         JSON object: all that a letter needs
 *   silence   begin, end   epoch seconds
 *             subject_prefix  it and what is below it; "" is all
 *             reason
 *   held      a letter that waits, by incident: see recorder/condition.h
 *   target    what a target was when last seen: see recorder/notes.h
 *   meta      words about this box, by key
 *
 * An incident and its row in the outbox come in one transaction. The outbox is bounded
 * by age and number (recorder/events.h). application_id says whose file it is,
 * user_version which form it has: readers take any form from 1 on, since forms only
 * ever get more columns and tables. */
#ifndef EVENTSDB_H
#define EVENTSDB_H

#include <sqlite3.h>

#include "base/log.h"

#define EVENTSDB_APPLICATION 0x736d6b62 /* "smkb" */
#define EVENTSDB_FORM 1

/* Open the file for writing, made when it is missing, or for reading. It is reached by
 * its relative path: the directories above DATADIR need not be searchable. NULL with
 * ERR. The caller sqlite3_close()s it. */
sqlite3 *eventsdb_write(struct err *err);
/* A reader closes and opens again after any error but SQLITE_BUSY: the file may be
 * another one by now. */
sqlite3 *eventsdb_read(struct err *err);

#endif
