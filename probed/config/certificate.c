#include "config/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/source.h"

struct certificate {
	struct conf_tree *tree;
	struct conf_report *report;
	const char *dir;
	void (*note)(void *ctx, const char *path, const struct stat *st);
	void *ctx;
};

/* The file at PATH as text, to be freed; NULL with WRONG. */
static char *
read_text(struct certificate *c, const char *path, struct stat *st, const char **wrong)
{
	int fd = source_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	ssize_t n;

	if (fd < 0 || fstat(fd, st) != 0)
		*wrong = strerror(errno);
	else if (!S_ISREG(st->st_mode))
		*wrong = "no ordinary file";
	else if (st->st_size > CERTIFICATE_MAX)
		*wrong = "too large, expected at most 128 kB";
	c->note(c->ctx, path, *wrong == NULL ? st : NULL);
	if (*wrong == NULL) {
		text = mem_zero((size_t)st->st_size + 1, 1);
		n = pread(fd, text, (size_t)st->st_size, 0);
		text[n > 0 ? n : 0] = '\0';
	}
	if (fd >= 0)
		close(fd);
	return text;
}

/* Is LEN bytes of TEXT what a block of PEM is made of? */
static bool
is_pem(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\r' && text[i] != '\n' &&
		    (text[i] < ' ' || text[i] > '~' ||
			strchr("|#\\\"", text[i]) != NULL))
			return false;
	return true;
}

char *
certificate_blocks(const char *text, const char *kind)
{
	static const char begin[] = "-----BEGIN ", end[] = "\n-----END ";
	/* A block ends with one byte more, and has twenty at least. */
	size_t room = strlen(text) + strlen(text) / 20 + 2;
	char *all = mem_zero(room, 1), *to = all;
	const char *at = text;

	while ((at = strstr(at, begin)) != NULL) {
		const char *name = at + sizeof begin - 1, *tail = strstr(name, "-----");
		const char *last = strstr(name, end);
		const char *stop =
		    last == NULL ? NULL : strstr(last + sizeof end - 1, "-----");

		if (tail == NULL || stop == NULL || tail > last)
			break;
		stop += 5;
		size_t len = strlen(kind);
		if ((size_t)(tail - name) >= len &&
		    strncmp(tail - len, kind, len) == 0 &&
		    is_pem(at, (size_t)(stop - at))) {
			for (; at < stop; at++)
				if (*at != '\r')
					*to++ = *at == '\n' ? CERTIFICATE_LINE : *at;
			*to++ = CERTIFICATE_LINE;
		}
		at = stop;
	}
	*to = '\0';
	return all;
}

/* What the file of VAR holds of KIND, to be freed, "" after a warning. */
static char *
pem_of(struct certificate *c, const struct conf_var *var, const char *kind, bool secret)
{
	char *path = mem_printf("%s%s", var->value[0] == '/' ? "" : c->dir, var->value);
	const char *wrong = NULL;
	struct stat st;
	char *text = read_text(c, path, &st, &wrong), *pem = NULL;

	if (text != NULL)
		pem = certificate_blocks(text, kind);
	if (wrong == NULL && secret && strstr(pem, "ENCRYPTED") != NULL) {
		*pem = '\0';
		wrong = "expected a key without a passphrase";
	} else if (wrong == NULL && *pem == '\0')
		wrong = secret ? "expected a private key in PEM"
			       : "expected certificates in PEM, our own first";
	else if (wrong == NULL && secret && (st.st_mode & S_IROTH) != 0)
		report_warning(c->report, var->at,
		    "%s can be read by everybody, expected chmod o-r", path);
	if (wrong != NULL)
		report_warning(c->report, var->at, "%s %s: %s; nobody is served by TLS",
		    var->key, path, wrong);
	if (text != NULL) {
		explicit_bzero(text, strlen(text));
		free(text);
	}
	free(path);
	return pem != NULL ? pem : mem_str("");
}

static void
give(struct certificate *c, struct conf_section *s, const struct conf_var *from,
    const char *key, const char *value)
{
	struct arena *arena = &c->tree->arena;
	struct conf_var *vars = arena_zero(arena, (s->vars + 1) * sizeof *vars);

	memcpy(vars, s->var, s->vars * sizeof *vars);
	vars[s->vars] =
	    (struct conf_var){ key, arena_str(arena, value), from->at, false };
	s->var = vars;
	s->vars++;
}

void
certificate_read(struct conf_tree *tree, struct conf_report *report, const char *dir,
    void (*note)(void *ctx, const char *path, const struct stat *st), void *ctx)
{
	struct certificate c = { tree, report, dir, note, ctx };
	struct conf_section *s = tree->conf.root->first;

	while (s != NULL && strcmp(s->name, "Web") != 0)
		s = s->next;
	const struct conf_var *listen = conf_var(s, "listen_tls"),
			      *chain = conf_var(s, "certificate"),
			      *key = conf_var(s, "certificate_key");
	if (listen == NULL || *listen->value == '\0')
		return;
	if (chain == NULL || key == NULL) {
		report_error(report, listen->at,
		    "listen_tls needs 'certificate' and 'certificate_key', files in PEM");
		return;
	}
	char *pem = pem_of(&c, chain, "CERTIFICATE", false),
	     *secret = pem_of(&c, key, "PRIVATE KEY", true);
	give(&c, s, chain, "certificate_pem", pem);
	give(&c, s, key, "key_pem", secret);
	explicit_bzero(secret, strlen(secret));
	free(pem);
	free(secret);
}
