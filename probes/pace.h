/* Not too many questions a second to one server, all targets together: public resolvers
 * leave out what is too much for them, and that would look like loss. */
#ifndef PROBES_PACE_H
#define PROBES_PACE_H

#include <stdint.h>

#include "base/addr.h"

/* Queries per second that SERVER gets where nothing else is set: 10, or 100 when it is
 * of one's own network (loopback, private, link local). */
unsigned pace_default(const struct addr *server);

/* Take the next turn of SERVER, which has PER_SECOND of them, evenly spaced. Returns in
 * how many ns it comes; -1, and none is taken, when that is more than PATIENCE_NS. */
int64_t pace_turn(const struct addr *server, unsigned per_second, int64_t patience_ns);

/* Forget all servers. */
void pace_close(void);

#endif
