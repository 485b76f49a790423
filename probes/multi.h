/* What failures of libcurl's transfers mean for pings. */
#ifndef PROBES_MULTI_H
#define PROBES_MULTI_H

#include "link/multi.h"
#include "round.h"

/* What RESULT, a failure of EASY, means for a ping. */
enum ping_outcome multi_outcome(CURL *easy, CURLcode result);

#endif
