/* What this host is in: its addresses, its ways out, whom it asks for names. From the
 * prober, which may ask the kernel, to the recorder and on to web. */
#ifndef HERE_H
#define HERE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define HERE_ADDRESSES 16
#define HERE_RESOLVERS 4

/* What a default route leads into. */
enum here_link {
	HERE_NONE,   /* there is no default route */
	HERE_PLAIN,  /* a network with a router in it */
	HERE_POINT,  /* a line to the provider (PPP): this host is the router */
	HERE_TUNNEL, /* a tunnel or VPN */
	HERE_BRIDGE, /* a container engine's pair: its host is the router */
	HERE_LINKS
};

struct here_address {
	struct addr address; /* port 0; link-local ones are left out */
	uint8_t bits;	     /* of its network's prefix */
};

struct here {
	struct addr gateway[2]; /* IPv4, IPv6; AF_UNSPEC: none */
	uint8_t link[2];	/* enum here_link */
	uint32_t interface[2];	/* ifIndex that they are reached by; 0: none */
	uint8_t addresses;
	struct here_address address[HERE_ADDRESSES];
	uint8_t resolvers;
	struct addr resolver[HERE_RESOLVERS]; /* as /etc/resolv.conf names them */
};

#endif
