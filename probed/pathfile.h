/* What is kept on disk of the ways to a target: .smokebox/path/ID, one file each, of
 * records one behind the other. Written by the recorder, read by web. Its size is
 * bounded: when it has grown to PATHFILE_MAX bytes the oldest records go, until
 * PATHFILE_KEEP are left; one of 12 hops has 700 bytes, so that is some 90 changes. */
#ifndef PATHFILE_H
#define PATHFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "hops.h"
#include "link/msg.h"

#define PATHFILE_NAME 64
#define PATHFILE_MAX (128L * 1024)
#define PATHFILE_KEEP (64L * 1024)

enum path_kind {
	PATH_NOW,    /* the way as it is: one stays in a file, the latest */
	PATH_CHANGE, /* another way: WAY is the new one */
	PATH_BAD,    /* walked since a round was bad, and it was not as before */
	PATH_KINDS
};
const char *path_kind_word(enum path_kind kind); /* "change" */

struct path_record {
	uint8_t kind;	      /* enum path_kind */
	int64_t time;	      /* epoch seconds */
	int64_t since;	      /* of PATH_NOW: when the way began; else TIME */
	uint32_t changes;     /* of PATH_NOW: ever */
	bool elsewhere;	      /* of PATH_BAD: it led elsewhere, and did not just end */
	uint8_t ttl;	      /* where CHANGE differs first, or BAD has nobody any more;
			       * 0: not known */
	struct addr from, to; /* CHANGE: which router was there, and which is; BAD: the
			       * last one that answered, and who should have next, or
			       * (elsewhere) who should be there and who is */
	struct hops way;
};

/* RECORD as bytes into OUT: how many. */
size_t pathfile_put(struct msg_out *out, const struct path_record *record);
/* The record that begins at DATA, of LEN bytes, into RECORD: how many it has; 0 where
 * there is none. */
size_t pathfile_get(const uint8_t *data, size_t len, struct path_record *record);

/* The name below DATADIR of the file of target ID into BUF. */
const char *pathfile_name(uint64_t id, char buf[PATHFILE_NAME]);
/* Write RECORD behind the others of its target. 0, or -1 with ERR. */
int pathfile_add(const struct path_record *record, struct err *err);
/* Take off what a crash left half written behind the last whole record; SMALLER: and
 * what is beyond PATHFILE_KEEP. The same. */
int pathfile_mend(uint64_t id, bool smaller, struct err *err);
/* Call EACH with every record of target ID, oldest first; it is the reader's until
 * return. What is broken, and all behind it, is left out. Returns how many; 0 also when
 * there is no file. */
size_t pathfile_read(
    uint64_t id, void (*each)(void *ctx, const struct path_record *record), void *ctx);

#endif
