/* The pixels of a PNG as cairo writes it: 8 bits a channel, not interlaced. Enough for
 * tests to look at a picture. */
#ifndef PNG_H
#define PNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

struct png {
	unsigned width, height;
	uint32_t *pixel; /* 0xrrggbb, row by row */
};

static uint32_t
png_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint8_t
png_paeth(int a, int b, int c)
{
	int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);

	return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* Undo the filter of one line of LEN bytes; PREV is the line above. */
static void
png_unfilter(uint8_t *line, const uint8_t *prev, size_t len, unsigned bpp, int filter)
{
	for (size_t i = 0; i < len; i++) {
		int a = i >= bpp ? line[i - bpp] : 0, b = prev[i];
		int c = i >= bpp ? prev[i - bpp] : 0;

		line[i] = (uint8_t)(line[i] + (filter == 1	? a
						  : filter == 2 ? b
						  : filter == 3 ? (a + b) / 2
						  : filter == 4 ? png_paeth(a, b, c)
								: 0));
	}
}

/* All IDAT chunks together. */
static size_t
png_gather(const uint8_t *data, size_t size, uint8_t *out)
{
	size_t at = 8, len = 0;

	while (at + 12 <= size) {
		uint32_t n = png_u32(data + at);

		if (n > size - at - 12)
			break;
		if (memcmp(data + at + 4, "IDAT", 4) == 0) {
			memcpy(out + len, data + at + 8, n);
			len += n;
		}
		at += n + 12;
	}
	return len;
}

/* False when DATA is no such PNG. Free pixel. */
static bool
png_read(struct png *png, const uint8_t *data, size_t size)
{
	static const uint8_t magic[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

	memset(png, 0, sizeof *png);
	if (size < 33 || memcmp(data, magic, 8) != 0 || data[24] != 8 ||
	    data[28] != 0 || (data[25] != 2 && data[25] != 6))
		return false;
	unsigned bpp = data[25] == 2 ? 3 : 4;
	png->width = png_u32(data + 16);
	png->height = png_u32(data + 20);
	size_t line = (size_t)png->width * bpp;
	uLongf want = (uLongf)((line + 1) * png->height);
	uint8_t *packed = malloc(size), *raw = malloc(want), *zero = calloc(1, line);
	size_t len = png_gather(data, size, packed);
	bool fine = uncompress(raw, &want, packed, (uLong)len) == Z_OK &&
		    want == (line + 1) * png->height;

	png->pixel = calloc((size_t)png->width * png->height, sizeof *png->pixel);
	for (unsigned y = 0; fine && y < png->height; y++) {
		uint8_t *row = raw + y * (line + 1);

		png_unfilter(row + 1, y ? row - line : zero, line, bpp, row[0]);
		for (unsigned x = 0; x < png->width; x++)
			png->pixel[y * png->width + x] =
			    (uint32_t)row[1 + x * bpp] << 16 |
			    (uint32_t)row[2 + x * bpp] << 8 | row[3 + x * bpp];
	}
	free(packed);
	free(raw);
	free(zero);
	return fine;
}

#endif
