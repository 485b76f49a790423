#include "config/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/source.h"

#define FILE_MAX_BYTES (1024 * 1024)

bool
secrets_open_to_all(const struct stat *st)
{
	return (st->st_mode & (S_IROTH | S_IWOTH)) != 0;
}

/* The text of PATH, or NULL after a warning at AT. */
static char *
read_text(struct conf_report *report, const char *path, struct place at,
    void (*note)(void *ctx, const char *path, const struct stat *st), void *ctx)
{
	int fd = source_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		const char *why = fd < 0 ? strerror(errno) : "no ordinary file";

		note(ctx, path, NULL);
		if (fd >= 0)
			close(fd);
		report_warning(report, at,
		    "the slaves' secrets cannot be read from %s: %s", path, why);
		return NULL;
	}
	note(ctx, path, &st);
	if (secrets_open_to_all(&st) || st.st_size > FILE_MAX_BYTES) {
		close(fd);
		report_warning(report, at,
		    secrets_open_to_all(&st)
			? "File '%s' is world-readable or writable, refusing it"
			: "%s is too large for a file of secrets, expected at most 1 MB",
		    path);
		return NULL;
	}
	char *text = mem_zero((size_t)st.st_size + 1, 1);
	ssize_t n = pread(fd, text, (size_t)st.st_size, 0);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* The word behind "NAME:" at the beginning of a line of TEXT: the first one counts.
 * Its length; 0: there is none. */
static size_t
find_secret(const char *text, const char *name, const char **secret)
{
	size_t len = strlen(name);

	for (const char *line = text; *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		*secret = line + len + 1;
		return strcspn(*secret, " \t\r\n\v\f");
	}
	return 0;
}

static void
give(struct conf_tree *tree, struct conf_section *s, const char *secret, size_t len,
    struct place at)
{
	struct conf_var *vars = arena_zero(&tree->arena, (s->vars + 1) * sizeof *vars);

	if (s->vars > 0)
		memcpy(vars, s->var, s->vars * sizeof *vars);
	vars[s->vars] = (struct conf_var){ "secret",
		arena_strn(&tree->arena, secret, len), at, false };
	s->var = vars;
	s->vars++;
}

void
secrets_read(struct conf_tree *tree, struct conf_report *report, const char *dir,
    void (*note)(void *ctx, const char *path, const struct stat *st), void *ctx)
{
	const struct conf_section *top = conf_top(&tree->conf, "Slaves");
	const struct conf_var *file = conf_var(top, "secrets");

	if (file == NULL || *file->value == '\0')
		return;
	char *path =
	    mem_printf("%s%s", file->value[0] == '/' ? "" : dir, file->value);
	char *text = read_text(report, path, file->at, note, ctx);
	for (struct conf_section *s = top->first; s != NULL; s = s->next) {
		const char *secret = "";
		size_t len;

		if (conf_var(s, "secret") != NULL || text == NULL)
			continue;
		len = find_secret(text, s->name, &secret);
		if (len > 0)
			give(tree, s, secret, len, file->at);
		else
			report_warning(report, s->at,
			    "there is no secret for slave %s in %s, expected a line "
			    "%s:SECRET",
			    s->name, path, s->name);
	}
	free(text);
	free(path);
}
