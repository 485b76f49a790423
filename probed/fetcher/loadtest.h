/* Load tests, run where HTTP is measured: *** Loadtest ***. The recorder says when. One at
 * a time; bounded in bytes and time; what is left of it when it ends is cut off. */
#ifndef FETCHER_LOADTEST_H
#define FETCHER_LOADTEST_H

#include "prober/prober.h"

extern const struct prober_guest loadtest_guest;

#endif
