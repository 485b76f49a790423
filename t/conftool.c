/* conftool check PATH         complaints about a configuration, as probed --check has
 * conftool targets PATH       one line a target: path, kind, probe, step, pings, note
 * conftool checked PATH       the checked text
 * conftool default DIR DATA   write the default configuration
 * For tests of the configuration that need no running program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/conf.h"

static int
write_default(const char *dir, const char *datadir)
{
	struct err err;

	if (conf_write_default(dir, datadir, &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return 1;
}

static void
print_targets(const struct conf *conf)
{
	static const char *const kind[] = { "group", "measured", "multihost",
		"dynamic" };

	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];

		printf("%s\t%s\t%s\t%u\t%u\t%s\n", t->path, kind[t->kind],
		    t->probe != NULL ? t->probe->name : "-", t->step, t->pings,
		    t->note != NULL ? t->note : "-");
	}
}

int
main(int argc, char **argv)
{
	struct conf_report report = { 0 };
	struct conf *conf;
	int rc;

	log_init("conftool", LOG_LEVEL_WARN);
	if (argc == 4 && strcmp(argv[1], "default") == 0)
		return write_default(argv[2], argv[3]);
	if (argc != 3)
		fatalx("usage: conftool check|targets|checked PATH");
	conf = conf_load(argv[2], &report);
	conf_report_print(&report, stderr);
	if (conf != NULL && strcmp(argv[1], "targets") == 0)
		print_targets(conf);
	if (conf != NULL && strcmp(argv[1], "checked") == 0)
		conf_write_checked(conf, ~0U, stdout);
	rc = conf == NULL;
	conf_report_free(&report);
	conf_free(conf);
	return rc;
}
