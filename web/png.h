/* Pixels as a PNG file, quickly. */
#ifndef WEB_PNG_H
#define WEB_PNG_H

#include <stddef.h>
#include <stdint.h>

/* WIDTH x HEIGHT pixels, rows STRIDE pixels apart, 0xaarrggbb with colours multiplied
 * by their alpha as cairo has them; the file has alpha only where some pixel is not
 * opaque. Malloced, of SIZE bytes; NULL where it is no picture (nothing wide or high,
 * more than 2^26 pixels). */
uint8_t *png_pack(const uint32_t *pixel, unsigned width, unsigned height, size_t stride,
    size_t *size);

#endif
