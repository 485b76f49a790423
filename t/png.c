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

static uint32_t seed;

static unsigned
draw_lot(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Areas of some colours, crossed by lines, with a repeated letter of many colours. */
static bool
is_read_back(unsigned width, unsigned height, unsigned colors, unsigned run)
{
	size_t stride = width + 5, size;
	uint32_t *in = malloc(stride * height * sizeof *in), color = 0xff000000;
	unsigned left = 0, other = 0;
	struct png png;

	for (size_t i = 0; i < stride * height; i++) {
		if (left-- == 0) {
			left = draw_lot(run);
			color = 0xff000000 | draw_lot(colors) * 0x10203;
		}
		size_t x = i % stride, y = i / stride;
		in[i] = y > 0 && draw_lot(3) == 0 ? in[i - stride]
			: x % 9 < 5 && draw_lot(50) == 0
			    ? 0xff000000 | (uint32_t)(x * y)
			    : color;
	}
	uint8_t *file = png_pack(in, width, height, stride, &size);
	bool read =
	    png_read(&png, file, size) && png.width == width && png.height == height;
	for (size_t i = 0; read && i < (size_t)width * height; i++)
		other +=
		    png.pixel[i] != (in[i / width * stride + i % width] & 0xffffff);
	if (read)
		free(png.pixel);
	free(file);
	free(in);
	return read && other == 0;
}

static void
test_any(void)
{
	static const struct {
		unsigned width, height, colors, run;
	} some[] = { { 1, 1, 1, 1 }, { 1, 300, 2, 5 }, { 2, 2, 1, 9 },
		{ 86, 3, 1, 9999 }, { 87, 90, 3, 200 }, { 700, 300, 1, 50 },
		{ 700, 300, 255, 20 }, { 700, 90, 65536, 1 }, { 4000, 60, 9, 90 },
		{ 10922, 4, 30, 40 }, { 10923, 4, 30, 40 }, { 40000, 3, 30, 60 } };

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		bool good = true;

		for (seed = 1; seed < 5 && good; seed++) {
			uint32_t was = seed;
			good = is_read_back(
			    some[i].width, some[i].height, some[i].colors, some[i].run);
			seed = was;
		}
		ok(good, "%u x %u pixels are read back", some[i].width, some[i].height);
	}
}

int
main(void)
{
	size_t size;

	test_opaque();
	test_alpha();
	test_any();
	ok(png_pack(pixel, 0, 5, 0, &size) == NULL, "nothing wide is no picture");
	ok(png_pack(pixel, 5, 0, 5, &size) == NULL, "nothing high is none");
	ok(png_pack(pixel, 1U << 20, 1U << 20, 5, &size) == NULL, "nor is a huge one");
	return tap_done();
}
