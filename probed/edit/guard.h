/* What of a configuration may not be changed by who has nothing but web's password:
 * what programs run, which files are read or written, and secrets with where they are
 * sent. */
#ifndef EDIT_GUARD_H
#define EDIT_GUARD_H

#include "config/conf.h"

/* Is all of that the same in OLD and NEXT? EDITED is the path of the file that is
 * another one in NEXT. If not, WHY says what is not, and AT where it stands in NEXT
 * (line 0: it is not there any more). */
bool guard_same(const struct conf *old, const struct conf *next, const char *edited,
    struct place *at, struct err *why);

#endif
