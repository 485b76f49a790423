/* How many ICMP sockets of which classes a configuration needs: arithmetic only. */
#ifndef ICMPNEED_H
#define ICMPNEED_H

#include <stddef.h>

#include "base/icmpsock.h"
#include "config/conf.h"

#define ICMPNEED_CLASSES 16
#define ICMPNEED_SOCKETS 16 /* at most, of one class; all together the prober takes */

struct icmpneed {
	struct icmpsock_class class;
	double rate; /* pings per second, at most */
};

/* What CONF needs into NEED: the plain classes of both families first, whether needed
 * or not. Returns how many; *MISSED is how many targets found no more room, *ECHOES how
 * many there are. */
size_t icmpneed_read(const struct conf *conf, struct icmpneed need[ICMPNEED_CLASSES],
    size_t *missed, size_t *echoes);
/* How many sockets with receive buffers of BUFFER bytes hold what comes at RATE during
 * a stall of 100 ms, and one more, for targets that need another id. At most
 * ICMPNEED_SOCKETS: where that is too few, *RMEM is what net.core.rmem_max has to be,
 * else 0. */
unsigned icmpneed_sockets(double rate, unsigned buffer, unsigned *rmem);

#endif
