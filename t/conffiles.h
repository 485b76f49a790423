/* Files of a configuration to be read, in a directory of the test's own, and what is
 * complained of in them. */
#ifndef T_CONFFILES_H
#define T_CONFFILES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/conf.h"
#include "t/tap.h"

#define GENERAL                                                                        \
	"*** General ***\nowner = o\ncontact = a@b\ncgiurl = http://x/\ndatadir = /d\n"
#define DATABASE "*** Database ***\nstep = 300\npings = 20\nAVERAGE 0.5 1 100\n"
#define PRESENTATION                                                                   \
	"*** Presentation ***\n+ overview\nwidth = 60\nheight = 50\n"                  \
	"+ detail\nwidth = 60\nheight = 50\n"
#define PROBES                                                                         \
	"*** Probes ***\n+ FPing\n+ DNS\npings = 5\nstep = 60\n"                       \
	"+ Curl\n++ Web\nurlformat = http://%host%/\n++ Any\n"
#define TARGETS "*** Targets ***\nprobe = FPing\nmenu = m\ntitle = t\n"
#define HEAD GENERAL DATABASE PRESENTATION PROBES TARGETS
#define HEAD_LINES 29 /* in HEAD */

static char conf_dir[] = "/tmp/smokebox-conf.XXXXXX";

/* The file NAME. */
static inline void
put(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", conf_dir, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
}

static inline void
drop(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", conf_dir, name);
	unlink(path);
}

/* Each complaint a line; to be freed. */
static inline char *
report_text(const struct conf_report *report)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	conf_report_print(report, out);
	fclose(out);
	return text;
}

/* Load what is there; *TEXT, where TEXT is not NULL, gets the complaints. */
static inline struct conf *
load(char **text)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_load(conf_dir, &report);

	if (text != NULL)
		*text = report_text(&report);
	conf_report_free(&report);
	return conf;
}

/* True when a line of WANT is no warning. */
static inline bool
has_error(const char *want)
{
	bool error = false;

	for (; *want != '\0'; want += strcspn(want, "\n") + 1) {
		const char *warning = strstr(want, ": warning: ");

		error |= warning == NULL || warning > want + strcspn(want, "\n");
	}
	return error;
}

/* A tree of one main file; its complaints must be WANT. */
static inline void
complains(const char *main_text, const char *want, const char *what)
{
	char *text;
	struct conf *conf;

	put("config", main_text);
	conf = load(&text);
	is_str(text, want, what);
	ok((conf == NULL) == has_error(want), "%s: %s", what,
	    conf == NULL ? "refused" : "accepted");
	free(text);
	conf_free(conf);
	drop("config");
}

/* One of which nothing wrong is said. */
static inline struct conf *
good(const char *main_text)
{
	char *text;
	struct conf *conf;

	put("config", main_text);
	conf = load(&text);
	if (!ok(conf != NULL, "a good configuration"))
		printf("# %s\n", text);
	free(text);
	drop("config");
	return conf;
}

/* CONF for who needs PARTS; to be freed. */
static inline char *
checked_text(const struct conf *conf, unsigned parts)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	conf_write_checked(conf, parts, out);
	fclose(out);
	return text;
}

static inline void
sweep(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char *inner = mem_printf("%s/%s", path, e->d_name);

		if (e->d_name[0] != '.')
			unlink(inner);
		free(inner);
	}
	if (d != NULL)
		closedir(d);
	rmdir(path);
}

static inline void
conf_begin(void)
{
	if (mkdtemp(conf_dir) == NULL)
		tap_skip_all("no directory for files");
}

static inline void
conf_end(void)
{
	char *fresh = mem_printf("%s/fresh", conf_dir);

	sweep(fresh);
	free(fresh);
	sweep(conf_dir);
}

#endif
