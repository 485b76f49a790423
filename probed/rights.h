/* Whom the workers become: by --user, else PUID and PGID, else the owner of DATADIR;
 * where that is root or the change is not permitted, the uid stays and only the
 * capabilities go. */
#ifndef RIGHTS_H
#define RIGHTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/log.h"

struct stat;

struct rights {
	uid_t uid;
	gid_t gid;
	bool change;   /* ids are to be changed; else they stay */
	char why[160]; /* in words, for the log */
};

/* Make use of every capability that is permitted. A program file that lends them so that
 * they have to be raised (setcap ...+p) starts without them too, and can say what it
 * misses; one that has them at once (+ep) does not start at all where they are barred. */
void rights_raise(void);

/* Choose by USER (of --user, may be NULL), the environment, and the owner of DATADIR.
 * 0, or -1 with ERR when PUID, PGID or USER make no sense. */
int rights_choose(
    struct rights *r, const char *user, const struct stat *datadir, struct err *err);

/* Become R, for good, in a child; supplementary groups are given up. 0, or -1 with
 * errno.
 */
int rights_become(const struct rights *r);

#endif
