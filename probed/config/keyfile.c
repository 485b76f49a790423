#include "config/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/source.h"

struct keyfile {
	struct conf_tree *tree;
	struct conf_report *report;
	const char *dir;
	void (*note)(void *ctx, const char *path, const struct stat *st);
	void *ctx;
};

/* Is TEXT, LEN letters, a key? What would mean something in a configuration is not in
 * it. */
static bool
keyfile_good(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '#' ||
		    text[i] == '\\')
			return false;
	return len > 0 && len <= KEYFILE_MAX;
}

/* The key in the file at PATH into BUF; NULL, or what is wrong. */
static const char *
keyfile_read(struct keyfile *k, const char *path, char buf[KEYFILE_MAX + 1])
{
	char text[KEYFILE_MAX + 8];
	int fd = source_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		const char *why = fd < 0 ? strerror(errno) : "no ordinary file";

		k->note(k->ctx, path, NULL);
		if (fd >= 0)
			close(fd);
		return why;
	}
	k->note(k->ctx, path, &st);
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n < 0)
		return strerror(errno);
	text[n] = '\0';
	size_t len = strcspn(text, "\r\n");
	if (!keyfile_good(text, len) || text[len + strspn(text + len, " \r\n")] != '\0')
		return "expected one line of at most 256 letters without blanks, # and "
		       "backslash";
	memcpy(buf, text, len);
	buf[len] = '\0';
	return NULL;
}

static void
keyfile_section(struct keyfile *k, struct conf_section *s)
{
	const struct conf_var *file = conf_var(s, "keyfile");
	char key[KEYFILE_MAX + 1] = "";

	if (file == NULL || file->inherited || *file->value == '\0')
		return;
	const struct conf_var *own = conf_var(s, "key");
	if (own != NULL && !own->inherited) {
		report_warning(k->report, file->at,
		    "both key and keyfile are set: keyfile is not read");
		return;
	}
	char *path =
	    mem_printf("%s%s", file->value[0] == '/' ? "" : k->dir, file->value);
	const char *wrong = keyfile_read(k, path, key);
	if (wrong != NULL)
		report_warning(
		    k->report, file->at, "no key can be read from %s: %s", path, wrong);
	free(path);

	struct arena *arena = &k->tree->arena;
	struct conf_var *vars = arena_zero(arena, (s->vars + 1) * sizeof *vars);
	size_t n = 0;
	for (size_t i = 0; i < s->vars; i++)
		if (&s->var[i] != own)
			vars[n++] = s->var[i];
	vars[n++] = (struct conf_var){ "key", arena_str(arena, key), file->at, false };
	s->var = vars;
	s->vars = n;
}

static void
keyfile_tree(struct keyfile *k, struct conf_section *s)
{
	keyfile_section(k, s);
	for (struct conf_section *c = s->first; c != NULL; c = c->next)
		keyfile_tree(k, c);
}

void
keyfile_read_all(struct conf_tree *tree, struct conf_report *report, const char *dir,
    void (*note)(void *ctx, const char *path, const struct stat *st), void *ctx)
{
	static const char *const tops[] = { "Probes", "Targets", "Reflector" };
	struct keyfile k = { tree, report, dir, note, ctx };

	for (struct conf_section *s = tree->conf.root->first; s != NULL; s = s->next)
		for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
			if (strcmp(s->name, tops[i]) == 0)
				keyfile_tree(&k, s);
}
