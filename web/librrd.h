/* The one door to librrd's drawing: its habits are dealt with here. */
#ifndef WEB_LIBRRD_H
#define WEB_LIBRRD_H

#include <rrd.h>

#include "web/args.h"

/* rrd_graph_v() on A, which stays as it is; tried again for a moment while another
 * process holds the file. The caller frees the answer by rrd_info_free(); NULL: it
 * failed, rrd_get_error() says why. Not for two threads at once. */
rrd_info_t *librrd_graph(const struct args *a);

#endif
