/* How far a receiver is in the outbox: one small file each, the courier's only memory.
 */
#ifndef COURIER_CURSOR_H
#define COURIER_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define CURSOR_DIR ".smokebox/courier"
#define CURSOR_NAME_MAX 1000 /* bytes of a receiver's name */

struct cursor {
	int64_t done,
	    done_time; /* row that was delivered last, and its time; 0: none */
	/* The parcel under way: all rows for the receiver from behind DONE up to this
	 * one; 0: none. It stays as it is until it was delivered, so that a repeat is
	 * the same and has the same id. */
	int64_t parcel;
};

/* The cursor of the receiver NAME; all zero when there is none. 0, or -1 with ERR when
 * the file is not what we wrote: then too it is all zero. */
int cursor_load(const char *name, struct cursor *c, struct err *err);
/* Write it so that after a crash the file is the old one or the new one. 0, or -1. */
int cursor_save(const char *name, const struct cursor *c, struct err *err);
/* Read LEN bytes of TEXT as the file of NAME. 0, or -1. */
int cursor_parse(const char *text, size_t len, const char *name, struct cursor *c);

#endif
