/* The internet's checksum (RFC 1071), as tests know it. */
#ifndef T_ECHOSUM_H
#define T_ECHOSUM_H

#include <stddef.h>
#include <stdint.h>

static inline unsigned
checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	if (len % 2 != 0)
		sum += (uint32_t)data[len - 1] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

#endif
