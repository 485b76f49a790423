/* FNV-1a of 64 bits: by what comes out two texts are told apart that nobody made to be
 * the same. Against malice it is no protection. */
#ifndef BASE_FNV_H
#define BASE_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_BEGIN 0xcbf29ce484222325ULL

/* H goes on with BYTE, or with a whole word as if it were one. */
static inline uint64_t
fnv_one(uint64_t h, uint64_t byte)
{
	return (h ^ byte) * 0x100000001b3ULL;
}

/* H, at first FNV_BEGIN, goes on with LEN bytes. */
static inline uint64_t
fnv(uint64_t h, const void *data, size_t len)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < len; i++)
		h = fnv_one(h, at[i]);
	return h;
}

#endif
