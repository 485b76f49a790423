/* Which receivers of *** Actions *** hear of which kind of incident. */
#ifndef RECORDER_AUDIENCE_H
#define RECORDER_AUDIENCE_H

#include <stdbool.h>

#include "config/conf.h"

/* Those of CONF that ask for KIND and, where OTHER is not NULL, ask for OTHER as well
 * (TOO) or do not: a JSON array, malloced; NULL: nobody does. */
char *audience_of(
    const struct conf *conf, const char *kind, const char *other, bool too);

#endif
