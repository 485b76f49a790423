/* What passes through interfaces, by their counters and by flows: kept in RRDs,
 * compared, and told to web. Of each source there is a file; one that never carried a
 * byte has none. How many there may be is in ifdevice.h. */
#ifndef RECORDER_IFBOOK_H
#define RECORDER_IFBOOK_H

#include "link/msgflow.h"
#include "link/msgif.h"
#include "minute.h"

/* An interface of which nothing is told for IFBOOK_KEEP_S, on a clock that nobody sets, is
 * forgotten; one with a file only when that was not written for IFBOOK_FILED_KEEP_S: then
 * its longest archive is over, so that nothing is lost. */
#define IFBOOK_KEEP_S 86400
#define IFBOOK_FILED_KEEP_S (401LL * 86400)

struct ifbook;

/* TELL is called for an interface of which something is new; TROUBLE for what an
 * operator should know. */
struct ifbook *ifbook_new(void (*tell)(void *ctx, const struct msg_interface *m),
    void (*trouble)(void *ctx, const char *text), void *ctx);
void ifbook_free(struct ifbook *t);
/* Once, locked in: remember the interfaces of the last run. */
void ifbook_begin(struct ifbook *t);

/* What the collector counted at an interface, M, is to be written. */
void ifbook_counters(struct ifbook *t, const struct msg_ifcounters *m);
/* A collector was there until LEFT_S, and is again from NOW_S on (both epoch; the same:
 * it has just left, or none was there before). Minutes that grew then are told in
 * pieces: what flows say of them is unknown. */
void ifbook_halves(struct ifbook *t, int64_t left_s, int64_t now_s);
/* A part of the table MINUTE_INTERFACE came at NOW_S. Of one that is not final nothing
 * is taken but which interfaces there are; one that is final before its time, since its
 * collector ended meanwhile, is passed over. */
void ifbook_minute(struct ifbook *t, const struct minute_part *part,
    const struct minute_row *rows, int64_t now_s);
void ifbook_exporter(struct ifbook *t, const struct msg_exporter *x, int64_t now_s);
/* What the interface called NAME (its name or alias, or "DEVICE/INDEX"; NULL: of which
 * UPnP tells) carries now by its counters, as seen not long before NOW_S. NULL: not
 * known. */
const struct msg_interface *ifbook_line(
    const struct ifbook *t, const char *name, int64_t now_s);
/* A new web hears of all. */
void ifbook_tell(struct ifbook *t);
/* Every few seconds: forget who is silent for long, write down which interfaces there
 * are, where that changed. It is NOW_S since the epoch, and MONO_S on the monotonic
 * clock. */
void ifbook_sweep(struct ifbook *t, int64_t now_s, int64_t mono_s);

#endif
