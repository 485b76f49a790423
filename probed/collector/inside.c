#include "collector/inside.h"

#include <string.h>

static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };

bool
inside_set(struct inside *in, const struct prefixes *list)
{
	in->count = 0;
	for (size_t i = 0; i < list->count && i < INSIDE_PREFIXES; i++) {
		struct inside_prefix *p = &in->prefix[in->count++];
		uint8_t mask[16] = { 0 };

		for (unsigned bit = 0; bit < list->prefix[i].bits; bit++)
			mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		memcpy(p->word, list->prefix[i].bytes, 16);
		memcpy(p->mask, mask, 16);
		p->six = list->prefix[i].bits < 96;
	}
	return list->count <= INSIDE_PREFIXES;
}

bool
inside_is_four(const uint64_t address[2])
{
	uint64_t word[2];

	memcpy(word, mapped, sizeof word);
	return address[0] == 0 && memcmp(&address[1], &word[1], 4) == 0;
}

static bool
is_nobody(const uint64_t address[2], bool four)
{
	const uint8_t *b = (const uint8_t *)address;

	if (!four)
		return b[0] == 0xff || (address[0] == 0 && address[1] == 0);
	return (b[12] & 0xf0) == 0xe0 || b[12] == 0 ||
	       (b[12] == 0xff && b[13] == 0xff && b[14] == 0xff && b[15] == 0xff);
}

static inline unsigned
place(const struct inside *in, const uint64_t address[2], bool four)
{
	unsigned i = 0;

	for (; i < in->count; i++) {
		const struct inside_prefix *p = &in->prefix[i];

		if (((address[0] ^ p->word[0]) & p->mask[0]) == 0 &&
		    ((address[1] ^ p->word[1]) & p->mask[1]) == 0 && !(four && p->six))
			break;
	}
	return i;
}

unsigned
inside_place(const struct inside *in, const uint64_t address[2])
{
	return place(in, address, inside_is_four(address));
}

enum side
inside_of(const struct inside *in, const uint64_t address[2])
{
	bool four = inside_is_four(address);

	if (is_nobody(address, four))
		return SIDE_NOBODY;
	return place(in, address, four) < in->count ? SIDE_OWN : SIDE_REMOTE;
}

void
inside_ip(struct flow_ip *ip, const uint64_t address[2])
{
	const uint8_t *bytes = (const uint8_t *)address;

	if (inside_is_four(address)) {
		ip->len = 4;
		memcpy(ip->bytes, bytes + 12, 4);
	} else if ((address[0] | address[1]) != 0) {
		ip->len = 16;
		memcpy(ip->bytes, bytes, 16);
	}
}
