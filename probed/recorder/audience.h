/* Which receivers of *** Actions *** hear of which kind of incident. */
#ifndef RECORDER_AUDIENCE_H
#define RECORDER_AUDIENCE_H

#include "config/conf.h"

/* Those of CONF that ask for KIND, a JSON array, malloced; NULL: nobody does. */
char *audience_of(const struct conf *conf, const char *kind);

#endif
