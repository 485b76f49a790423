#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "web/librrd.h"

#include <stdlib.h>
#include <string.h>

#ifdef WITH_SANITIZERS
#include <sanitizer/lsan_interface.h>
#endif

#include "base/mem.h"
#include "web/series.h"

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
