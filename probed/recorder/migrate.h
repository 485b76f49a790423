/* A target's RRD becomes one with other pings, another step, other archives: a new file
 * is made beside it in slices, the old one is kept under a dated name, and the new one
 * takes its place at once, so that a kill at any moment leaves one or the other. */
#ifndef RECORDER_MIGRATE_H
#define RECORDER_MIGRATE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"
#include "recorder/archives.h"

/* A disk with less than that left is not filled further. */
#define MIGRATE_FREE_PCT 20

struct migration;

/* Bytes of a file with so many pings and these archives. */
off_t migrate_size(unsigned pings, const struct archives *archives);

/* Is there room on the disk of PATH for SIZE more bytes? 0, or -1 with ERR: what is
 * there, what is needed. */
int migrate_room(const char *path, off_t size, struct err *err);

/* Begin to make PATH ("A/B/C.rrd", relative to DATADIR) a file with STEP, PINGS and
 * ARCHIVES, which are copied. UNDER, if not NULL, is another file whose history fills
 * what PATH does not know. NULL with ERR; errno is EINVAL when trying again is of no
 * use. */
struct migration *migrate_begin(const char *path, const char *under, unsigned step,
    unsigned pings, const struct archives *archives, struct err *err);
/* Give up what was begun, or free what is done. */
void migrate_free(struct migration *m);

enum migrate_state {
	MIGRATE_MORE,
	MIGRATE_DONE,
	MIGRATE_FAILED, /* nothing has changed; ERR says why */
};
/* Go on for about BUDGET_NS. */
enum migrate_state migrate_work(
    struct migration *m, int64_t budget_ns, struct err *err);

/* One sentence on what was done: what changed, bytes before and after, the name of the
 * dated copy. */
const char *migrate_text(const struct migration *m);

#endif
