/* Does this program run in a container whose engine passes datagrams on to it, so that
 * they seem to come from the gateway? */
#ifndef COLLECTOR_GATEWAY_H
#define COLLECTOR_GATEWAY_H

#include <stddef.h>

#define GATEWAY_TEXT 128

/* What helps: also in docker/compose.yaml. */
#define GATEWAY_ADVICE "give the container its host's network (network_mode: host)"

/* The addresses of the default routes' gateways, blanks between them, into BUF; "" when
 * this is no container, or one that is on its host's own network. */
const char *gateway_of_container(char buf[GATEWAY_TEXT]);

#endif
