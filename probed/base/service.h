/* Which of a flow's two ports is the service's. */
#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Has PROTO (an IP protocol) ports? */
bool service_has_ports(uint8_t proto);
/* The port that a client asked for: where one of the two is named and the other is not,
 * that one; else the lower. */
uint16_t service_port(uint16_t sport, uint16_t dport);

#endif
