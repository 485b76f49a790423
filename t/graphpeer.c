/* For t/graphpeer.sh.t: draw one graph of TARGET ("A.B", "A.B~slave") and tell librrd's
 * arguments and, in PICTURE.plot, where the plot is; or count the pixels in which two
 * pictures differ.
 *
 *	t/graphpeer KIND CONFIG TARGET LABEL SECONDS END PICTURE > ARGUMENTS
 *	t/graphpeer differ A B LEFT UPPER WIDTH HEIGHT
 *
 * KIND is detail, overview or navigator.
 */
#include "web/graph.h"

#include <dlfcn.h>
#include <rrd.h>
#include <unistd.h>

#include "base/mem.h"

#include "png.h"
#include "tap.h"

/* In front of librrd's own: print what a graph is made of, then go on to it. */
rrd_info_t *
rrd_graph_v(int argc, char **argv)
{
	rrd_info_t *(*real)(int, char **) = dlsym(RTLD_NEXT, "rrd_graph_v");
	bool smoke = false;

	for (int i = 0; i < argc; i++)
		smoke |= strncmp(argv[i], "DEF:ping1=", 10) == 0 ||
			 strncmp(argv[i], "DEF:median1=", 12) == 0;
	for (int i = 0; smoke && i < argc; i++)
		puts(argv[i]);
	return real(argc, argv);
}

static void
write_file(const char *name, const void *data, size_t size)
{
	FILE *out = fopen(name, "w");

	if (out == NULL || fwrite(data, 1, size, out) != size || fclose(out) != 0) {
		perror(name);
		exit(1);
	}
}

static void
write_plot(const char *picture, const struct msg_picture *p)
{
	char *name = mem_printf("%s.plot", picture);
	char *text = mem_printf("%u %u %u %u\n", p->left + 1, p->upper + 1,
	    p->plot_width - 2U, p->plot_height - 2U);

	write_file(name, text, strlen(text));
	free(name);
	free(text);
}

static int
draw(enum draw_kind kind, char **argv)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_load(argv[0], &report);
	struct msg_draw ask = { .kind = (uint8_t)kind,
		.zoom = 1,
		.width = 600,
		.height = kind == DRAW_OVERVIEW ? 100 : 200 };
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
	char *slave = strchr(argv[1], '~');
	if (slave != NULL) {
		*slave++ = '\0';
		snprintf(ask.slave, sizeof ask.slave, "%s", slave);
	}
	ask.target = conf_target_id(argv[1]);
	snprintf(ask.label, sizeof ask.label, "%s", argv[2]);
	ask.end = atoll(argv[4]);
	ask.start = ask.end - atoll(argv[3]);
	if (graph_draw(&g, conf, &ask, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	write_file(argv[5], g.data, g.size);
	write_plot(argv[5], &g.head);
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
	static const char *const kinds[] = { "detail", "overview", "navigator" };

	for (unsigned k = 0; argc == 8 && k < 3; k++)
		if (strcmp(argv[1], kinds[k]) == 0)
			return draw(k, argv + 2);
	if (argc == 8 && strcmp(argv[1], "differ") == 0)
		return differ(argv + 2);
	return 2;
}
