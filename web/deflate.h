/* Rows of pixels packed as zlib's format has it (RFC 1950, 1951), for pictures of
 * areas, lines and letters: compared by pixels, with what is left of them, above them,
 * and the same few pixels before. Takes half of zlib's time for about the size of its
 * level 3. */
#ifndef WEB_DEFLATE_H
#define WEB_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

/* The most bytes that deflate_rows() makes of such rows. */
size_t deflate_bound(unsigned width, unsigned height);

/* Pack HEIGHT rows of WIDTH pixels 0xffrrggbb, STRIDE of them apart, each as a byte 0
 * and then r, g, b of all, into OUT. How many bytes that are. */
size_t deflate_rows(uint8_t *out, const uint32_t *pixel, unsigned width,
    unsigned height, size_t stride);

#endif
