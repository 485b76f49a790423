#include "web/png.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "base/log.h"
#include "base/mem.h"

/* Graphs are areas of one colour: with no filter, libdeflate packs them so as small as
 * libpng does with all its filters at level 6, in a sixth of the time. */
#define LEVEL 2
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

/* Rows of r, g, b, each behind the number of its filter, which is none. */
static void
opaque_rows(
    uint8_t *out, const uint32_t *pixel, unsigned width, unsigned height, size_t stride)
{
	for (unsigned y = 0; y < height; y++, pixel += stride) {
		*out++ = 0;
		for (unsigned x = 0; x < width; x++) {
			*out++ = (uint8_t)(pixel[x] >> 16);
			*out++ = (uint8_t)(pixel[x] >> 8);
			*out++ = (uint8_t)pixel[x];
		}
	}
}

/* The same with alpha, which PNG does not have in its colours. */
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
	uint32_t sum = libdeflate_crc32(0, at + 4, len + 4);
	return put_u32(at + 8 + len, sum);
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

uint8_t *
png_pack(
    const uint32_t *pixel, unsigned width, unsigned height, size_t stride, size_t *size)
{
	if (width == 0 || height == 0 || height > PIXELS_MAX / width)
		return NULL;
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(LEVEL);
	if (z == NULL)
		fatal("out of memory");
	bool opaque = is_opaque(pixel, width, height, stride);
	size_t len = ((size_t)width * (opaque ? 3 : 4) + 1) * height;
	size_t room = libdeflate_zlib_compress_bound(z, len);
	uint8_t *raw = mem_alloc(len);
	uint8_t *file = mem_alloc(HEADER + CHUNK + room + CHUNK);
	uint8_t *at = header(file, width, height, opaque);

	if (opaque)
		opaque_rows(raw, pixel, width, height, stride);
	else
		alpha_rows(raw, pixel, width, height, stride);
	size_t packed = libdeflate_zlib_compress(z, raw, len, at + 8, room);
	libdeflate_free_compressor(z);
	free(raw);
	at = chunk(at, "IDAT", packed);
	at = chunk(at, "IEND", 0);
	*size = (size_t)(at - file);
	return file;
}
