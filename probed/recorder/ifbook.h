/* What passes through interfaces, by their counters and by flows: kept in RRDs,
 * compared, and told to web. Of each source there is a file; one that never carried a
 * byte has none. */
#ifndef RECORDER_IFBOOK_H
#define RECORDER_IFBOOK_H

#include "link/msgflow.h"
#include "link/msgif.h"
#include "minute.h"

#define IFBOOK_INTERFACES 8192 /* that are known at a time */
#define IFBOOK_FILED 512       /* that have files (3 MB each at most) */
#define IFBOOK_EXPORTERS 256   /* that have files (0.8 MB each) */

struct ifbook;

/* TELL is called for an interface of which something is new; TROUBLE for what an
 * operator should know. */
struct ifbook *ifbook_new(void (*tell)(void *ctx, const struct msg_interface *m),
    void (*trouble)(void *ctx, const char *text), void *ctx);
void ifbook_free(struct ifbook *t);
/* Once, locked in: remember the interfaces of the last run. */
void ifbook_begin(struct ifbook *t);

void ifbook_counters(struct ifbook *t, const struct msg_ifcounters *m);
/* A part of the table MINUTE_INTERFACE; one that is not final is passed over. */
void ifbook_minute(
    struct ifbook *t, const struct minute_part *part, const struct minute_row *rows);
void ifbook_exporter(struct ifbook *t, const struct msg_exporter *x, int64_t now_s);
/* A new web hears of all. */
void ifbook_tell(struct ifbook *t);
/* Every few seconds: write down which interfaces there are, where that changed. */
void ifbook_sweep(struct ifbook *t, int64_t now_s);

#endif
