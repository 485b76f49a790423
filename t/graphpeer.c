/* For t/graphpeer.sh.t: draw one detail graph and tell librrd's arguments, or count the
 * pixels in which two pictures differ.
 *
 *	t/graphpeer draw CONFIG TARGET LABEL SECONDS END PICTURE > ARGUMENTS
 *	t/graphpeer differ A B LEFT UPPER WIDTH HEIGHT
 */
#include "web/graph.h"

#include <dlfcn.h>
#include <rrd.h>
#include <unistd.h>

#include "png.h"
#include "tap.h"

/* In front of librrd's own: print what a graph is made of, then go on to it. */
rrd_info_t *
rrd_graph_v(int argc, char **argv)
{
	rrd_info_t *(*real)(int, char **) = dlsym(RTLD_NEXT, "rrd_graph_v");
	bool smoke = false;

	for (int i = 0; i < argc; i++)
		smoke |= strncmp(argv[i], "DEF:ping1=", 10) == 0;
	for (int i = 0; smoke && i < argc; i++)
		puts(argv[i]);
	return real(argc, argv);
}

static int
draw(char **argv)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_load(argv[0], &report);
	struct msg_draw ask = {
		.kind = DRAW_DETAIL, .zoom = 1, .width = 600, .height = 200
	};
	struct graph g;
	struct err err;

	if (conf == NULL) {
		conf_report_print(&report, stderr);
		conf_report_free(&report);
		return 1;
	}
	conf_report_free(&report);
	if (chdir(conf->datadir) < 0)
		return 1;
	ask.target = conf_target_id(argv[1]);
	snprintf(ask.label, sizeof ask.label, "%s", argv[2]);
	ask.end = atoll(argv[4]);
	ask.start = ask.end - atoll(argv[3]);
	if (graph_draw(&g, conf, &ask, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	FILE *out = fopen(argv[5], "w");
	fwrite(g.data, 1, g.size, out);
	fclose(out);
	graph_free(&g);
	conf_free(conf);
	return 0;
}

static bool
load(struct png *png, const char *file)
{
	static uint8_t data[4 << 20];
	FILE *in = fopen(file, "r");

	if (in == NULL)
		return false;
	size_t size = fread(data, 1, sizeof data, in);
	fclose(in);
	return png_read(png, data, size);
}

static int
differ(char **argv)
{
	unsigned left = (unsigned)atoi(argv[2]), upper = (unsigned)atoi(argv[3]);
	unsigned width = (unsigned)atoi(argv[4]), height = (unsigned)atoi(argv[5]);
	struct png a, b;
	unsigned differs = 0;

	if (!load(&a, argv[0]) || !load(&b, argv[1]) || a.width != b.width ||
	    a.height < upper + height || b.height < upper + height ||
	    a.width < left + width)
		return 1;
	for (unsigned y = upper; y < upper + height; y++)
		for (unsigned x = left; x < left + width; x++)
			differs += a.pixel[y * a.width + x] != b.pixel[y * b.width + x];
	printf("%u\n", differs);
	free(a.pixel);
	free(b.pixel);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 8 && strcmp(argv[1], "draw") == 0)
		return draw(argv + 2);
	if (argc == 8 && strcmp(argv[1], "differ") == 0)
		return differ(argv + 2);
	return 2;
}
