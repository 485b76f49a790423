/* The name of a picture, and of a target and who measures it, from strangers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/fuzz.h"
#include "web/imgcache.h"
#include "web/wanted.h"

static const char text[] =
    "#@ checked 1\n*** General ***\nimgurl = ../smokeping/images\n"
    "cgiurl = http://a.example/cgi-bin/smokeping.cgi\n"
    "*** Presentation ***\n+ overview\nwidth = 600\nheight = 50\nrange = 10h\n"
    "*** Probes ***\n+ FPing\n*** Slaves ***\nsecrets = /s\n"
    "+ far\ndisplay_name = Far\ncolor = 00ff00\n"
    "*** Targets ***\nprobe = FPing\nmenu = m\ntitle = t\n+ A\n++ B\nhost = b\n"
    "slaves = far\n++ C\nhost = /A/B /A/B~far\n";

int
fuzz_picture(const uint8_t *data, size_t size)
{
	static struct conf *conf;
	struct conf_report report = { 0 };
	char slave[VANTAGE_NAME];
	struct wanted w;

	if (conf == NULL)
		conf = conf_parse_checked(text, sizeof text - 1, &report);
	conf_report_free(&report);
	char *path = conf != NULL ? malloc(size + 1) : NULL;
	if (path == NULL)
		abort();
	memcpy(path, data, size);
	path[size] = '\0';
	if (imgcache_parse(conf, path, &w) &&
	    (w.target == NULL || w.target->kind == CONF_GROUP || w.span <= 0 ||
		memchr(w.slave, '\0', sizeof w.slave) == NULL))
		abort();
	const struct conf_target *t = vantage_parse(conf, path, '/', slave);
	char file[4096];
	/* Whatever is meant, its file is below the data directory. */
	if (t != NULL && t->path[0] != '\0' && vantage_file(file, t, slave) == 0 &&
	    (file[0] == '/' || strstr(file, "..") != NULL))
		abort();
	free(path);
	return 0;
}
