#include "web/png.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/mem.h"
#include "web/deflate.h"

#define LEVEL 3 /* of zlib, for the few pictures that are not opaque */
#define PIXELS_MAX (1U << 26)
#define HEADER (8 + 12 + 13)
#define CHUNK 12 /* around its data */

static bool
is_opaque(const uint32_t *pixel, unsigned width, unsigned height, size_t stride)
{
	for (unsigned y = 0; y < height; y++, pixel += stride)
		for (unsigned x = 0; x < width; x++)
			if (pixel[x] >> 24 != 0xff)
				return false;
	return true;
}

/* Rows of r, g, b, alpha, each behind the number of its filter, which is none. PNG does
 * not have alpha in its colours. */
static void
alpha_rows(
    uint8_t *out, const uint32_t *pixel, unsigned width, unsigned height, size_t stride)
{
	for (unsigned y = 0; y < height; y++, pixel += stride) {
		*out++ = 0;
		for (unsigned x = 0; x < width; x++) {
			unsigned alpha = pixel[x] >> 24;

			for (unsigned shift = 24; shift > 0; shift -= 8) {
				unsigned v = pixel[x] >> (shift - 8) & 0xff;
				v = alpha == 0 ? 0 : (v * 255 + alpha / 2) / alpha;
				*out++ = (uint8_t)(v > 255 ? 255 : v);
			}
			*out++ = (uint8_t)alpha;
		}
	}
}

static uint8_t *
put_u32(uint8_t *at, uint32_t v)
{
	for (unsigned shift = 32; shift > 0; shift -= 8)
		*at++ = (uint8_t)(v >> (shift - 8));
	return at;
}

/* Finish the chunk at AT whose LEN bytes lie behind its length and TYPE. Where the next
 * one begins. */
static uint8_t *
chunk(uint8_t *at, const char *type, size_t len)
{
	put_u32(at, (uint32_t)len);
	memcpy(at + 4, type, 4);
	uLong sum = crc32(crc32(0, NULL, 0), at + 4, (uInt)(len + 4));
	return put_u32(at + 8 + len, (uint32_t)sum);
}

static uint8_t *
header(uint8_t *at, unsigned width, unsigned height, bool opaque)
{
	static const uint8_t magic[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	uint8_t *data = at + sizeof magic + 8;

	memcpy(at, magic, sizeof magic);
	put_u32(data, width);
	put_u32(data + 4, height);
	data[8] = 8;		  /* bits of a channel */
	data[9] = opaque ? 2 : 6; /* r, g, b; or with alpha */
	memset(data + 10, 0, 3);  /* the only packing, the only filters, no interlace */
	return chunk(at + sizeof magic, "IHDR", 13);
}

/* Pack pixels with alpha to OUT, which has ROOM bytes. How many they are, 0: none. */
static size_t
pack_alpha(uint8_t *out, size_t room, const uint32_t *pixel, unsigned width,
    unsigned height, size_t stride)
{
	size_t len = ((size_t)width * 4 + 1) * height;
	uint8_t *raw = mem_alloc(len);
	uLongf packed = room;

	alpha_rows(raw, pixel, width, height, stride);
	int status = compress2(out, &packed, raw, (uLong)len, LEVEL);
	free(raw);
	return status == Z_OK ? packed : 0;
}

uint8_t *
png_pack(
    const uint32_t *pixel, unsigned width, unsigned height, size_t stride, size_t *size)
{
	if (width == 0 || height == 0 || height > PIXELS_MAX / width)
		return NULL;
	bool opaque = is_opaque(pixel, width, height, stride);
	size_t room = opaque ? deflate_bound(width, height)
			     : compressBound(((uLong)width * 4 + 1) * height);
	uint8_t *file = mem_alloc(HEADER + CHUNK + room + CHUNK);
	uint8_t *at = header(file, width, height, opaque);
	/* Graphs are areas of one colour: without filters. */
	size_t packed = opaque ? deflate_rows(at + 8, pixel, width, height, stride)
			       : pack_alpha(at + 8, room, pixel, width, height, stride);

	if (packed == 0) {
		free(file);
		return NULL;
	}
	at = chunk(at, "IDAT", packed);
	at = chunk(at, "IEND", 0);
	*size = (size_t)(at - file);
	return file;
}
