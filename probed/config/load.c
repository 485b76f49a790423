/* Files: finding them, reading them, noticing that they changed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/certificate.h"
#include "config/charset.h"
#include "config/grammar.h"
#include "config/keyfile.h"
#include "config/secretfile.h"
#include "config/secrets.h"
#include "config/source.h"
#include "config/template.h"
#include "config/tree.h"

#define FILE_MAX (256 * 1024 * 1024)
#define FILES_MAX 10000 /* includes of one load */
#define INCLUDE_DEPTH 32

struct load {
	struct conf_tree *tree;
	struct conf_report *report;
	struct grammar grammar;
	struct defines defines;
	bool alone;	  /* nothing but this file is read */
	const char *base; /* directory that was asked for, "DIR/"; NULL: a file was */
	char *main_dir;	  /* where the main file lies, "DIR/" */
	struct conf_file *file;
	size_t files;
	unsigned depth;
};

/* The part of PATH up to its last slash, with it; "" when there is none. */
static char *
directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? mem_str("") : mem_strn(path, (size_t)(slash - path) + 1);
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* PATH as the user would write it: relative to the directory that was asked for. */
static const char *
shown(struct load *load, const char *path)
{
	size_t len = load->base != NULL ? strlen(load->base) : 0;
	char *name;

	if (load->base != NULL && strncmp(path, load->base, len) == 0)
		path += len;
	name = arena_str(&load->tree->arena, path);
	for (char *p = name; *p != '\0'; p++) /* it goes into lines of text */
		if ((unsigned char)*p < ' ')
			*p = '?';
	return name;
}

static void
stat_file(struct conf_file *file, const struct stat *st)
{
	file->mtime_ns =
	    st == NULL ? 0
		       : (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
	file->ctime_ns =
	    st == NULL ? 0
		       : (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
	file->size = st == NULL ? -1 : (int64_t)st->st_size;
	file->inode = st == NULL ? 0 : (int64_t)st->st_ino;
}

static void
note_file(struct load *load, const char *path, const struct stat *st)
{
	struct conf_file *file;

	load->file = mem_grow(load->file, load->files + 1, sizeof(*load->file));
	file = &load->file[load->files++];
	*file = (struct conf_file){ .path = arena_str(&load->tree->arena, path) };
	stat_file(file, st);
}

/* All of the file at PATH in allocated memory; NULL with errno. */
static char *
read_file(struct load *load, const char *path, size_t *len)
{
	int fd = source_open(
	    path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (load->alone ? O_NOFOLLOW : 0));
	struct stat st;
	struct text text = { 0 };
	char buf[65536];
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
		close(fd);
		errno = EISDIR;
		return NULL;
	}
	text_add(&text, "", 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0 && text.len < FILE_MAX)
		text_add(&text, buf, (size_t)n);
	if (n != 0) {
		int saved = n > 0 ? EFBIG : errno;

		text_free(&text);
		close(fd);
		errno = saved;
		return NULL;
	}
	close(fd);
	note_file(load, path, &st);
	*len = text.len;
	return text.s;
}

static void load_text(struct load *load, const char *path, const char *name,
    const char *data, size_t len);

/* --- includes -------------------------------------------------------------------- */

/* Where an absolute include that is not there may be meant: the same name beside the
 * including file, or its last two parts, or the last one, below the main file. NULL
 * when it is nowhere. */
static char *
moved(const struct load *load, const char *wanted, const char *from)
{
	char *dir = directory(from), *parent = directory(wanted), *path[3];
	char *found = NULL;

	parent[strlen(parent) - 1] = '\0'; /* WANTED is absolute */
	path[0] = mem_printf("%s%s", dir, last_part(wanted));
	path[1] =
	    mem_printf("%s%s/%s", load->main_dir, last_part(parent), last_part(wanted));
	path[2] = mem_printf("%s%s", load->main_dir, last_part(wanted));
	for (size_t i = 0; i < 3; i++) {
		struct stat st;

		/* A file that includes its own name elsewhere is not meant to include
		 * itself. */
		if (found == NULL && strcmp(path[i], from) != 0 &&
		    source_stat(path[i], &st) == 0 && S_ISREG(st.st_mode))
			found = path[i];
		else
			free(path[i]);
	}
	free(dir);
	free(parent);
	return found;
}

static char *
include_path(struct load *load, const char *wanted, const char *from, struct place at)
{
	char *dir, *path, *other;
	struct stat st;

	if (wanted[0] != '/') {
		dir = directory(from);
		path = mem_printf("%s%s", dir, wanted);
		free(dir);
		return path;
	}
	if (source_stat(wanted, &st) == 0 ||
	    (other = moved(load, wanted, from)) == NULL)
		return mem_str(wanted);
	report_warning(load->report, at, "there is no %s: %s is read instead", wanted,
	    shown(load, other));
	note_file(load, wanted, NULL);
	return other;
}

static void
include(struct load *load, const char *wanted, const char *from, struct place at)
{
	char *path = include_path(load, wanted, from, at), *data;
	size_t len;

	if (load->depth >= INCLUDE_DEPTH || load->files >= FILES_MAX) {
		report_error(load->report, at,
		    "can't open %s: too many includes inside each other, expected at "
		    "most %d",
		    path, INCLUDE_DEPTH);
	} else if ((data = read_file(load, path, &len)) == NULL) {
		report_error(load->report, at, "can't open %s: %s, expected a file%s",
		    path, strerror(errno),
		    strpbrk(path, "\"'") != NULL ? " (a closing quote is taken as part "
						   "of its name)"
						 : "");
	} else {
		load_text(load, path, shown(load, path), data, len);
		free(data);
	}
	free(path);
}

/* --- one file -------------------------------------------------------------------- */

/* The word behind "@include" or "@define", NULL when LINE is no such directive. */
static char *
directive(char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len) != 0 || !lex_space(line[len]))
		return NULL;
	for (line += len; lex_space(*line); line++)
		continue;
	return line;
}

/* @include and @define; true when LINE was one. */
static bool
load_directive(struct load *load, char *line, const char *path, struct place at)
{
	char *word = directive(line, "@include"), *value;

	if (word != NULL) {
		word += *word == '"' || *word == '\'';
		load->depth++;
		include(load, word, path, at);
		load->depth--;
		load->grammar.file_name = last_part(path);
		return true;
	}
	if ((word = directive(line, "@define")) == NULL)
		return false;
	for (value = word; *value != '\0' && !lex_space(*value); value++)
		continue;
	if (*value == '\0')
		return false;
	for (*value++ = '\0'; lex_space(*value); value++)
		continue;
	defines_add(&load->defines, word, value);
	return true;
}

/* Read DATA, which came from PATH and is called NAME in messages. */
static void
load_text(
    struct load *load, const char *path, const char *name, const char *data, size_t len)
{
	struct place at = { name, 0 };
	struct lex lex;
	const char *zero = memchr(data, '\0', len);

	if (zero != NULL) {
		for (const char *p = data; p < zero; p++)
			at.line += *p == '\n';
		at.line++;
		report_error(load->report, at, "a zero byte, expected text");
		len = (size_t)(zero - data);
	}
	load->grammar.file_name = last_part(path);
	load->grammar.fresh_file = true;
	lex_init(&lex, data, len, false);
	while (lex_next(&lex)) {
		at.line = lex.line;
		if (!load->alone && load_directive(load, lex.text.s, path, at))
			continue;
		if (!defines_apply(&load->defines, &lex.text)) {
			report_error(load->report, at,
			    "this line grows without end, expected @define values "
			    "that do not hold their own name");
			continue;
		}
		grammar_line(&load->grammar, lex.text.s, at);
	}
	lex_free(&lex);
}

/* --- a directory, a main file ---------------------------------------------------- */

/* The file smokebox beside the main one, if there is one. */
static void
load_ours(struct load *load)
{
	char *path = mem_printf("%ssmokebox", load->main_dir), *data;
	struct place at = { shown(load, path), 0 };
	size_t len;

	for (size_t i = 0; i < load->files; i++)
		if (strcmp(load->file[i].path, path) == 0) {
			free(path); /* included by hand */
			return;
		}
	data = read_file(load, path, &len);
	if (data == NULL && errno == ENOENT) {
		note_file(load, path, NULL);
	} else if (data == NULL &&
		   errno != EISDIR) { /* a directory is something else */
		report_error(load->report, at, "can't open %s: %s, expected a file",
		    at.file, strerror(errno));
	} else if (data != NULL) {
		grammar_top(&load->grammar);
		load->grammar.ours = true;
		load_text(load, path, at.file, data, len);
		load->grammar.ours = false;
		free(data);
	}
	free(path);
}

static void
load_main(struct load *load, const char *path)
{
	struct place at = { shown(load, path), 0 };
	size_t len;
	char *data = read_file(load, path, &len);

	if (data == NULL) {
		report_error(load->report, at,
		    "can't open %s: %s, expected a configuration", path,
		    strerror(errno));
		return;
	}
	load_text(load, path, at.file, data, len);
	free(data);
	load_ours(load);
	grammar_finish(&load->grammar, at);
}

/* Our text for a file that a directory lacks. */
static void
load_default(struct load *load, const char *path)
{
	char *text = default_text(last_part(path), LOCALSTATEDIR "/lib/smokebox");

	note_file(load, path, NULL);
	if (text == NULL)
		return;
	load_text(load, path,
	    arena_printf(&load->tree->arena, "built-in %s", last_part(path)), text,
	    strlen(text));
	free(text);
}

/* Does the directory that was asked for hold things, and none of them ours? */
static bool
holds_others(const struct load *load)
{
	DIR *dir = opendir(load->base);
	const struct dirent *entry;
	bool others = false, ours = false;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		ours = ours || strcmp(entry->d_name, "smokebox") == 0;
		others = others || entry->d_name[0] != '.';
	}
	if (dir != NULL)
		closedir(dir);
	return others && !ours;
}

static void
load_directory(struct load *load)
{
	static const char *const part[] = { "General", "Alerts", "Database",
		"Presentation", "Probes", "Slaves", "Targets" };
	struct place at = { NULL, 0 };
	unsigned missing = 0;

	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++) {
		char *path = mem_printf("%s%s", load->base, part[i]), *data;
		size_t len;

		grammar_top(&load->grammar);
		if ((data = read_file(load, path, &len)) != NULL) {
			load_text(load, path, part[i], data, len);
		} else if (errno == ENOENT) {
			load_default(load, path);
			missing++;
		} else {
			at.file = part[i];
			report_error(load->report, at,
			    "can't open %s: %s, expected a file", path,
			    strerror(errno));
		}
		free(data);
		free(path);
	}
	load_ours(load);
	at.file = arena_str(&load->tree->arena, load->base);
	/* The defaults would hide that it is the wrong directory. */
	if (missing == sizeof(part) / sizeof(*part) && holds_others(load))
		report_error(load->report, at,
		    "holds none of SmokePing's files, expected config, or some of "
		    "General Alerts Database Presentation Probes Slaves Targets, "
		    "or an empty directory");
	grammar_finish(&load->grammar, at);
}

static void
load_note(void *ctx, const char *path, const struct stat *st)
{
	struct load *load = ctx;

	note_file(load, path, st);
	load->file[load->files - 1].key = true;
}

/* The end of every load: derive what is derived, hand out. */
static struct conf *
load_end(struct load *load, size_t errors)
{
	struct conf *conf = &load->tree->conf;

	if (load->report->errors == errors && !load->alone) {
		keyfile_read_all(
		    load->tree, load->report, load->main_dir, load_note, load);
		secretfile_read_all(
		    load->tree, load->report, load->main_dir, load_note, load);
		secrets_read(
		    load->tree, load->report, load->main_dir, load_note, load);
		certificate_read(
		    load->tree, load->report, load->main_dir, load_note, load);
		template_read(
		    load->tree, load->report, load->main_dir, load_note, load);
	}
	if (load->report->errors == errors) {
		charset_apply(load->tree, load->report);
		view_build(load->tree, load->report, false);
	}
	conf->file =
	    arena_copy(&load->tree->arena, load->file, load->files * sizeof(*load->file));
	conf->files = load->files;
	grammar_free(&load->grammar);
	defines_free(&load->defines);
	free(load->file);
	free(load->main_dir);
	if (load->report->errors == errors)
		return conf;
	conf_free(conf);
	return NULL;
}

struct conf *
conf_load_alone(const char *path, struct conf_report *report)
{
	struct load load = { .report = report, .alone = true };
	size_t errors = report->errors, len;
	struct place at = { NULL, 0 };
	char *data;

	load.tree = mem_zero(1, sizeof(*load.tree));
	load.main_dir = directory(path);
	grammar_init(&load.grammar, load.tree, report, false);
	at.file = shown(&load, path);
	data = read_file(&load, path, &len);
	if (data == NULL)
		report_error(report, at, "can't open %s: %s, expected a configuration",
		    path, strerror(errno));
	else
		load_text(&load, path, at.file, data, len);
	free(data);
	grammar_finish(&load.grammar, at);
	return load_end(&load, errors);
}

struct conf *
conf_load(const char *path, struct conf_report *report)
{
	struct load load = { .report = report };
	size_t errors = report->errors;
	struct stat st;
	char *dir = NULL, *file = NULL;

	load.tree = mem_zero(1, sizeof(*load.tree));
	grammar_init(&load.grammar, load.tree, report, false);
	if (source_stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		size_t len = strlen(path);

		while (len > 1 && path[len - 1] == '/')
			len--;
		dir = mem_printf(
		    "%.*s%s", (int)len, path, path[len - 1] == '/' ? "" : "/");
		file = mem_printf("%sconfig", dir);
		load.base = dir;
	}
	load.main_dir = dir != NULL ? mem_str(dir) : directory(path);
	if (dir != NULL && source_stat(file, &st) < 0 && errno == ENOENT) {
		note_file(&load, file, NULL);
		load_directory(&load);
	} else if (dir != NULL && S_ISDIR(st.st_mode)) {
		note_file(&load, file, &st);
		load_directory(&load);
	} else {
		load_main(&load, file != NULL ? file : path);
	}
	free(dir);
	free(file);
	return load_end(&load, errors);
}

bool
conf_changed(const struct conf *conf)
{
	for (size_t i = 0; i < conf->files; i++) {
		const struct conf_file *old = &conf->file[i];
		struct conf_file now = { 0 };
		struct stat st;

		stat_file(&now, stat(old->path, &st) == 0 ? &st : NULL);
		if (now.size != old->size || now.mtime_ns != old->mtime_ns ||
		    now.ctime_ns != old->ctime_ns || now.inode != old->inode)
			return true;
	}
	return false;
}
