#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "ctl/report.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rrd.h>

#include "base/mem.h"
#include "store.h"

#ifdef WITH_SANITIZERS
/* What librrd's libraries keep is not ours to give back. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libpango\nleak:libglib\nleak:librrd\n";
}

const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}
#endif

/* --- files ----------------------------------------------------------------------- */

struct walk {
	enum report_slaves slaves;
	void (*each)(void *ctx, const struct conf_target *t, const char *path);
	void *ctx;
};

static void
slaves_of(const struct walk *w, const struct conf_target *t)
{
	char *list = mem_str(conf_value(t->section, "slaves", "")), *save = NULL;

	for (char *one = strtok_r(list, " \t", &save); one != NULL;
	     one = strtok_r(NULL, " \t", &save)) {
		char *path = mem_printf("%s~%s", t->path, one);
		w->each(w->ctx, t, path);
		free(path);
	}
	free(list);
}

static void
walk(const struct walk *w, const struct conf_target *t)
{
	for (const struct conf_target *c = t->first; c != NULL; c = c->next)
		walk(w, c);
	if (t->kind != CONF_MEASURED && t->kind != CONF_DYNAMIC)
		return;
	if (!t->nomasterpoll)
		w->each(w->ctx, t, t->path);
	if (w->slaves == SLAVES_TOO)
		slaves_of(w, t);
}

void
report_files(const struct conf *conf, enum report_slaves slaves,
    void (*each)(void *ctx, const struct conf_target *t, const char *path), void *ctx)
{
	struct walk w = { slaves, each, ctx };

	walk(&w, conf->targets);
}

/* --- figures --------------------------------------------------------------------- */

/* TEXT with FILE in the place of the word FILE. */
static char *
with_file(const char *text, const char *file)
{
	const char *at = strstr(text, "FILE");

	if (at == NULL)
		return mem_str(text);
	return mem_printf("%.*s%s%s", (int)(at - text), text, file, at + 4);
}

/* What "print[N]" says. */
static void
take(const rrd_info_t *info, double *value, size_t count)
{
	for (const rrd_info_t *i = info; i != NULL; i = i->next) {
		unsigned n;

		if (i->type == RD_I_STR && sscanf(i->key, "print[%u]", &n) == 1 &&
		    n < count)
			value[n] = strtod(i->value.u_str, NULL);
	}
}

int
report_print(const char *path, const char *start, const char *end, unsigned step,
    const char *const *element, double *value, size_t count, struct err *err)
{
	char file[STORE_PATH];
	char *argv[64], *scratch[64];
	int argc = 0;
	rrd_info_t *info;

	for (size_t i = 0; i < count; i++)
		value[i] = NAN;
	if (store_rrd_path(file, path) < 0)
		return err_set(err, "%s: no name of a file", path);
	if (store_rrd_sound(file, err) < 0)
		return -1;
	argv[argc++] = mem_str("graph");
	argv[argc++] = mem_str("-"); /* no picture: nothing is drawn */
	argv[argc++] = mem_printf("--start=%s", start);
	argv[argc++] = mem_printf("--end=%s", end);
	if (step > 0)
		argv[argc++] = mem_printf("--step=%u", step);
	for (size_t i = 0; element[i] != NULL && argc < 63; i++)
		argv[argc++] = with_file(element[i], file);
	argv[argc] = NULL;
	memcpy(scratch, argv, sizeof scratch); /* its option parser permutes them */
	rrd_clear_error();
	info = rrd_graph_v(argc, scratch);
	take(info, value, count);
	if (info == NULL)
		err_set(err, "%s: %s", path, rrd_get_error());
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	if (info == NULL)
		return -1;
	rrd_info_free(info);
	return 0;
}

/* --- the program ----------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(const struct report *r, int argc, char **argv);
} commands[] = {
	{ "smokeinfo", report_smokeinfo },
	{ "tsmoke", report_tsmoke },
	{ "email", report_email },
};

/* The configuration that is meant when none is named. */
static const char *
find_config(void)
{
	static const char *const place[] = { SYSCONFDIR "/smokebox/config",
		"run/config", "/config" };

	for (size_t i = 0; i < sizeof place / sizeof place[0]; i++)
		if (access(place[i], F_OK) == 0)
			return place[i];
	return NULL;
}

struct conf *
report_open(const struct report *r, const char *config)
{
	struct conf_report report = { 0 };
	const char *path = config != NULL      ? config
			   : r->config != NULL ? r->config
					       : find_config();
	struct conf *conf = path == NULL ? NULL : conf_load(path, &report);

	if (path == NULL)
		fprintf(
		    stderr, "probectl: which configuration? Expected --config PATH\n");
	else if (conf == NULL)
		conf_report_print(&report, stderr);
	conf_report_free(&report);
	if (conf == NULL)
		return NULL;
	if (chdir(r->data != NULL ? r->data : conf->datadir) == 0)
		return conf;
	fprintf(stderr, "probectl: data directory %s: %s\n",
	    r->data != NULL ? r->data : conf->datadir, strerror(errno));
	conf_free(conf);
	return NULL;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "config", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	struct report r = { 0 };
	int c;

	log_init("probectl", LOG_LEVEL_WARN);
	while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		if (c == 'd')
			r.data = optarg;
		else if (c == 'c')
			r.config = optarg;
		else
			return REPORT_USAGE;
	}
	argc -= optind;
	argv += optind;
	optind = 0; /* the command reads its own options from the start */
	for (size_t i = 0; argc > 0 && i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(&r, argc, argv);
	fprintf(stderr, "probectl-report is run by probectl, not by hand\n");
	return REPORT_USAGE;
}
