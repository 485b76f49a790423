/* What exporters sent, in an RRD each. There are so many at most, those of earlier runs
 * with them, and of guests half of that: anybody could be one. */
#ifndef RECORDER_EXPORTERFILES_H
#define RECORDER_EXPORTERFILES_H

#include "base/log.h"
#include "link/msgflow.h"

#define EXPORTERFILES_MAX 256 /* 0.8 MB each */
/* One of which nothing is told for so long, and that was not written for as long as its
 * longest archive lasts, goes. */
#define EXPORTERFILES_SILENT_S 86400
#define EXPORTERFILES_KEEP_S (401LL * 86400)

struct exporterfiles;

struct exporterfiles *exporterfiles_new(void);
void exporterfiles_free(struct exporterfiles *t);
/* Count those that are there. Of whom nobody says that he is named, is a guest. */
void exporterfiles_begin(struct exporterfiles *t);
/* X has sent so much by NOW_S (epoch); RUN_S: seconds, monotonic. 0, also where there is
 * no room for a file; or -1 with ERR. */
int exporterfiles_take(struct exporterfiles *t, const struct msg_exporter *x,
    int64_t now_s, int64_t run_s, struct err *err);
void exporterfiles_sweep(struct exporterfiles *t, int64_t now_s, int64_t run_s);

#endif
