#include "base/service.h"

#include <netinet/in.h>
#include <stddef.h>

/* Services with a number that clients may have as well: what is met often in small
 * networks (names of IANA's registry, or common use). */
static const uint16_t named[] = {
	1080,
	1194,
	1433,
	1434,
	1521,
	1701,
	1723,
	1812,
	1813,
	1883,
	1900,
	1935,
	2049,
	2055,
	2375,
	2376,
	3074,
	3128,
	3283,
	3306,
	3389,
	3478,
	3479,
	3480,
	3702,
	4070,
	4242,
	4500,
	4739,
	5004,
	5005,
	5060,
	5061,
	5201,
	5222,
	5223,
	5228,
	5349,
	5353,
	5355,
	5432,
	5671,
	5672,
	5683,
	5900,
	5938,
	6343,
	6379,
	6667,
	6881,
	7680,
	8000,
	8080,
	8088,
	8123,
	8333,
	8443,
	8801,
	8883,
	8888,
	9000,
	9001,
	9090,
	9092,
	9100,
	9200,
	9418,
	9993,
	10001,
	11211,
	19302,
	22000,
	25565,
	27015,
	27017,
	32400,
	32414,
	41641,
	51413,
	51820,
};
#define SYSTEM_PORTS 1024

bool
service_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_UDPLITE;
}

static bool
is_named(uint16_t port)
{
	size_t low = 0, high = sizeof named / sizeof *named;

	if (port < SYSTEM_PORTS)
		return port != 0;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (named[middle] == port)
			return true;
		if (named[middle] < port)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

uint16_t
service_port(uint16_t sport, uint16_t dport)
{
	bool source = is_named(sport), destination = is_named(dport);

	if (source != destination)
		return source ? sport : dport;
	if (sport == 0 || dport == 0)
		return sport == 0 ? dport : sport;
	return sport < dport ? sport : dport;
}
