/* Take addresses out of texts: sentences, evidence, letters. */
#ifndef RECORDER_SCRUB_H
#define RECORDER_SCRUB_H

#include <stdbool.h>

#include "base/prefix.h"

/* Every address in TEXT that P holds becomes the word "gone", in place: it never gets
 * longer. In JSON it stays JSON, since only what stands between quotes has addresses.
 * Was there one? */
bool scrub(char *text, const struct prefix *p);

#endif
