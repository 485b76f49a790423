/* Is an address inside the own network? Asked for each flow, so the prefixes are kept
 * as words. */
#ifndef COLLECTOR_INSIDE_H
#define COLLECTOR_INSIDE_H

#include <stdint.h>
#include <string.h>

#include "base/prefix.h"
#include "flow.h"

#define INSIDE_PREFIXES PREFIXES_OWN

enum side {
	SIDE_NOBODY, /* no address, or one of many: multicast, broadcast */
	SIDE_OWN,
	SIDE_REMOTE
};

struct inside {
	unsigned count;
	struct inside_prefix {
		uint64_t word[2], mask[2]; /* as they lie in memory */
		bool six;		   /* not for mapped IPv4 addresses */
	} prefix[INSIDE_PREFIXES];
};

/* Those of LIST; what is beyond INSIDE_PREFIXES is left out: false. */
bool inside_set(struct inside *in, const struct prefixes *list);
/* ADDRESS: 16 bytes as they lie in memory, IPv4 mapped. */
enum side inside_of(const struct inside *in, const uint64_t address[2]);
/* Which of them ADDRESS is in: the first; IN->count when it is in none. */
unsigned inside_place(const struct inside *in, const uint64_t address[2]);
bool inside_is_four(const uint64_t address[2]);
/* IP of such words; len 0: none. */
void inside_ip(struct flow_ip *ip, const uint64_t address[2]);

/* And back, for each flow. */
static inline void
inside_words(uint64_t address[2], const struct flow_ip *ip)
{
	uint8_t bytes[16] = { 0 };

	if (ip->len == 4) {
		bytes[10] = bytes[11] = 0xff;
		memcpy(bytes + 12, ip->bytes, 4);
	} else if (ip->len == 16) {
		memcpy(bytes, ip->bytes, 16);
	}
	memcpy(address, bytes, 16);
}

#endif
