/* PNG files: every pixel is read back, by another reader, as it was. */
#include "web/png.h"

#include "tap.h"

#include "png.h"

#define WIDTH 64
#define HEIGHT 64
#define STRIDE (WIDTH + 3) /* what lies between rows is none of the picture */

static uint32_t pixel[STRIDE * HEIGHT];

static void
fill(uint32_t (*color)(unsigned i))
{
	for (unsigned i = 0; i < STRIDE * HEIGHT; i++)
		pixel[i] = 0x12345678 + i;
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
		pixel[i / WIDTH * STRIDE + i % WIDTH] = color(i);
}

static uint32_t
opaque(unsigned i)
{
	return 0xff000000 | i * 0x4321;
}

/* The first pixel is opaque, the next clear, half and nearly opaque. */
static uint32_t
veiled(unsigned i)
{
	static const uint32_t some[] = { 0xff804020, 0, 0x80402010, 0xfe804020 };

	return some[i % 4];
}

static void
test_opaque(void)
{
	size_t size;
	struct png png;
	unsigned other = 0;

	fill(opaque);
	uint8_t *file = png_pack(pixel, WIDTH, HEIGHT, STRIDE, &size);
	if (!ok(png_read(&png, file, size), "an opaque picture can be read"))
		return;
	is_int(png.width, WIDTH, "width");
	is_int(png.height, HEIGHT, "height");
	is_int(file[25], 2, "no alpha where all is opaque");
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
		other += png.pixel[i] != (opaque(i) & 0xffffff);
	is_int(other, 0, "every pixel is as it was");
	free(png.pixel);
	free(file);
}

static void
test_alpha(void)
{
	static const uint32_t want[] = { 0x804020, 0, 0x804020, 0x814020 };
	size_t size;
	struct png png;
	unsigned other = 0;

	fill(veiled);
	uint8_t *file = png_pack(pixel, WIDTH, HEIGHT, STRIDE, &size);
	if (!ok(png_read(&png, file, size), "a transparent picture can be read"))
		return;
	is_int(file[25], 6, "with alpha");
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
		other += png.pixel[i] != want[i % 4];
	is_int(other, 0, "colours are without their alpha");
	free(png.pixel);
	free(file);
}

int
main(void)
{
	size_t size;

	test_opaque();
	test_alpha();
	ok(png_pack(pixel, 0, 5, 0, &size) == NULL, "nothing wide is no picture");
	ok(png_pack(pixel, 5, 0, 5, &size) == NULL, "nothing high is none");
	ok(png_pack(pixel, 1U << 20, 1U << 20, 5, &size) == NULL, "nor is a huge one");
	return tap_done();
}
