#include "config/secretfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/source.h"

struct secretfile {
	struct conf_tree *tree;
	struct conf_report *report;
	const char *dir;
	void (*note)(void *ctx, const char *path, const struct stat *st);
	void *ctx;
	bool strict; /* a file that others may read is refused */
};

/* Can TEXT be a value: one line, not empty, no blank at its ends? */
static bool
good(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return len > 0 && len <= SECRETFILE_MAX && text[0] != ' ' &&
	       text[len - 1] != ' ';
}

/* What the file behind FD holds into BUF, without the end of its line. NULL, or what is
 * wrong. */
static const char *
read_line(int fd, char buf[SECRETFILE_MAX + 3])
{
	size_t len = 0;
	ssize_t n;

	while (len < SECRETFILE_MAX + 2 &&
	       (n = read(fd, buf + len, SECRETFILE_MAX + 2 - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return strerror(errno);
		len += (size_t)n;
	}
	buf[len] = '\0';
	if (strlen(buf) != len)
		return "expected text";
	while (len > 0 && (buf[len - 1] == '\n' || buf[len - 1] == '\r'))
		buf[--len] = '\0';
	return good(buf)
		   ? NULL
		   : "expected one line that is not empty, without blanks at its ends";
}

/* The secret in the file that VAR names. */
static void
from_file(struct secretfile *f, const struct conf_var *var, char *buf)
{
	char *path = mem_printf("%s%s", var->value[0] == '/' ? "" : f->dir, var->value);
	int fd = source_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	const char *wrong = NULL;

	if (fd < 0 || fstat(fd, &st) != 0)
		wrong = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		wrong = "no ordinary file";
	f->note(f->ctx, path, wrong == NULL ? &st : NULL);
	if (wrong == NULL && f->strict && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		wrong = "others than its owner may read or change it, expected "
			"chmod 600; it is not used";
	else if (wrong == NULL && (st.st_mode & S_IROTH) != 0)
		report_warning(f->report, var->at,
		    "%s can be read by everybody, expected chmod o-r", path);
	if (wrong == NULL)
		wrong = read_line(fd, buf);
	if (wrong != NULL) {
		buf[0] = '\0';
		report_warning(f->report, var->at, "%s %s: %s", var->key, path, wrong);
	}
	if (fd >= 0)
		close(fd);
	free(path);
}

static void
from_environment(struct secretfile *f, const struct conf_var *var, char *buf)
{
	const char *value = getenv(var->value);

	buf[0] = '\0';
	if (value == NULL)
		report_warning(f->report, var->at,
		    "%s: the environment of probed has no variable %s", var->key,
		    var->value);
	else if (!good(value))
		report_warning(f->report, var->at,
		    "%s: the variable %s is empty or has more than one line", var->key,
		    var->value);
	else
		strcpy(buf, value);
}

/* Add "KEY = VALUE" to S, as if it stood at AT. */
static void
add(struct secretfile *f, struct conf_section *s, const char *key, const char *value,
    struct place at)
{
	struct arena *arena = &f->tree->arena;
	struct conf_var *vars = arena_zero(arena, (s->vars + 1) * sizeof *vars);

	/* In front of an inherited one. */
	if (s->vars > 0)
		memcpy(vars + 1, s->var, s->vars * sizeof *vars);
	vars[0] = (struct conf_var){ arena_str(arena, key), arena_str(arena, value), at,
		false };
	s->var = vars;
	s->vars++;
}

static void
read_secret(struct secretfile *f, struct conf_section *s, const char *name)
{
	char buf[SECRETFILE_MAX + 3], file_key[32], env_key[32];

	snprintf(file_key, sizeof file_key, "%s_file", name);
	snprintf(env_key, sizeof env_key, "%s_env", name);
	const struct conf_var *file = conf_var(s, file_key),
			      *env = conf_var(s, env_key);
	const struct conf_var *plain = conf_var(s, name);
	/* What stands here is meant, not what a section around it says. */
	if ((plain != NULL && !plain->inherited) ||
	    (file != NULL && !file->inherited) || (env != NULL && !env->inherited)) {
		plain = plain != NULL && plain->inherited ? NULL : plain;
		file = file != NULL && file->inherited ? NULL : file;
		env = env != NULL && env->inherited ? NULL : env;
	}
	const struct conf_var *from = file != NULL ? file : env;
	if (from == NULL)
		return;
	if ((file != NULL && env != NULL) || plain != NULL) {
		report_error(f->report, from->at,
		    "more than one of %s, %s_file and %s_env is set, expected one",
		    name, name, name);
		return;
	}
	if (from == file)
		from_file(f, file, buf);
	else
		from_environment(f, env, buf);
	add(f, s, name, buf, from->at);
	explicit_bzero(buf, sizeof buf);
}

void
secretfile_read_all(struct conf_tree *tree, struct conf_report *report, const char *dir,
    void (*note)(void *ctx, const char *path, const struct stat *st), void *ctx)
{
	static const char *const names[] = { "url", "token", "password", "secret",
		"user", "urls" };
	static const char *const snmp[] = { "community", "auth_password",
		"privacy_password" };
	struct secretfile f = { tree, report, dir, note, ctx, false };

	for (struct conf_section *top = tree->conf.root->first; top != NULL;
	     top = top->next) {
		if (strcmp(top->name, "Actions") != 0 &&
		    strcmp(top->name, "Sinks") != 0)
			continue;
		for (struct conf_section *s = top->first; s != NULL; s = s->next)
			for (size_t i = 0; i < sizeof names / sizeof *names; i++)
				read_secret(&f, s, names[i]);
	}
	const struct conf_section *group =
	    conf_child(conf_top(&tree->conf, "Collector"), "snmp");
	f.strict = true;
	for (struct conf_section *s = group == NULL ? NULL : group->first; s != NULL;
	     s = s->next)
		for (size_t i = 0; i < sizeof snmp / sizeof *snmp; i++)
			read_secret(&f, s, snmp[i]);
}
