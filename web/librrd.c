#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "web/librrd.h"

#include <stdlib.h>
#include <string.h>

#ifdef WITH_SANITIZERS
#include <sanitizer/lsan_interface.h>
#endif

#include <cairo.h>

#include "base/mem.h"
#include "web/png.h"
#include "web/series.h"

/* Called by librrd in cairo's place, since a program's own functions come before those
 * of libraries. Cairo's packs true colour with all of libpng's filters, which takes as
 * long as all the drawing. */
cairo_status_t
cairo_surface_write_to_png_stream(
    cairo_surface_t *surface, cairo_write_func_t write, void *closure)
{
	size_t size;

	cairo_surface_flush(surface);
	if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
		return cairo_surface_status(surface);
	if (cairo_surface_get_type(surface) != CAIRO_SURFACE_TYPE_IMAGE ||
	    cairo_image_surface_get_format(surface) != CAIRO_FORMAT_ARGB32)
		return CAIRO_STATUS_SURFACE_TYPE_MISMATCH;
	const void *pixel = cairo_image_surface_get_data(surface);
	uint8_t *file =
	    png_pack(pixel, (unsigned)cairo_image_surface_get_width(surface),
		(unsigned)cairo_image_surface_get_height(surface),
		(size_t)cairo_image_surface_get_stride(surface) / 4, &size);
	if (file == NULL)
		return CAIRO_STATUS_NO_MEMORY;
	cairo_status_t status = write(closure, file, (unsigned)size);
	free(file);
	return status;
}

#ifdef WITH_SANITIZERS
/* Pango asks fontconfig in a thread of its own, which no switch of ours reaches. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libpango\nleak:libglib\n";
}

const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}
#endif

/* What librrd and its libraries never give back (135 bytes a picture, the font caches)
 * is not ours to mend; everything of ours is still looked for. */
static rrd_info_t *
graph_once(int argc, char **argv)
{
#ifdef WITH_SANITIZERS
	__lsan_disable();
	rrd_info_t *info = rrd_graph_v(argc, argv);
	__lsan_enable();
	return info;
#else
	return rrd_graph_v(argc, argv);
#endif
}

rrd_info_t *
librrd_graph(const struct args *a)
{
	/* Its option parser permutes what it is given. */
	size_t bytes = ((size_t)a->count + 1) * sizeof *a->v;
	char **scratch = mem_alloc(bytes);
	unsigned tries = 0;
	rrd_info_t *info;

	/* An old error makes the next call fail. */
	rrd_clear_error();
	do {
		memcpy(scratch, a->v, bytes);
		info = graph_once(a->count, scratch);
	} while (info == NULL && series_locked(&tries));
	free(scratch);
	return info;
}
