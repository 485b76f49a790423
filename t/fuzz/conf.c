/* Configuration text, as a user's file and as checked text: both are bytes from outside
 * for whoever parses them. */
#include "t/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/conf.h"

/* Read everything that was derived, so that a bad pointer is met here. */
static void
visit(const struct conf *conf)
{
	char *text = NULL;
	size_t len = 0, begin;
	FILE *out = open_memstream(&text, &len);
	struct conf_report report = { 0 };
	struct conf *second;

	if (out == NULL)
		fatal("open_memstream");
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];

		if (conf_target_by_id(conf, t->id) == NULL)
			abort();
		fprintf(out, "%s %s %s\n", t->path, t->menu, t->title);
		for (size_t m = 0; m < t->members; m++)
			fprintf(out, "%s\n", t->member[m]);
		conf_target_value(conf, t, "timeout", NULL);
	}
	fflush(out);
	begin = len;
	conf_write_checked(conf, ~0U, out);
	if (fclose(out) != 0)
		fatal("open_memstream");
	/* What we wrote ourselves must be read. */
	second = conf_parse_checked(text + begin, len - begin, &report);
	if (second == NULL) {
		conf_report_print(&report, stderr);
		abort();
	}
	conf_free(second);
	conf_report_free(&report);
	free(text);
}

/* A file needs a place; it is the same one every time. */
static const char *
write_source(const uint8_t *data, size_t size)
{
	static char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/smokebox-fuzz-conf.%d", (int)getpid());
	f = fopen(path, "we");
	if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		fatal("%s", path);
	return path;
}

int
fuzz_conf(const uint8_t *data, size_t size)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_parse_checked((const char *)data, size, &report);
	const char *path;

	if (conf != NULL)
		visit(conf);
	conf_free(conf);
	conf_report_free(&report);
	/* An include would read this machine's files. */
	if (memmem(data, size, "@include", 8) != NULL)
		return 0;
	path = write_source(data, size);
	conf = conf_load(path, &report);
	unlink(path);
	if (conf != NULL)
		visit(conf);
	conf_free(conf);
	conf_report_free(&report);
	return 0;
}
