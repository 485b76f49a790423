#include "probes/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "link/sandbox.h"
#include "probes/net.h"

#define BLANK " \t\r\n"

/* --- lines ----------------------------------------------------------------------- */

/* The password in LINE, "HOST:USER:PASSWORD", if it is that of USER at HOST. Perl's
 * split takes what stands before a further colon. */
static char *
secrets_of_user(char *line, const char *host, const char *user)
{
	char *h = strsep(&line, ":"), *u = strsep(&line, ":"), *p = strsep(&line, ":");

	if (p == NULL || strcmp(h, host) != 0 || strcmp(u, user) != 0)
		return NULL;
	p[strcspn(p, "\r\n")] = '\0';
	return mem_str(p);
}

/* The secret in LINE, "HOST SECRET", if it is HOST's. */
static char *
secrets_of_host(char *line, const char *host, const char *user)
{
	char *save = NULL;
	char *h = strtok_r(line, BLANK, &save);
	char *s = strtok_r(NULL, BLANK, &save);

	(void)user;
	return s != NULL && strcmp(h, host) == 0 ? mem_str(s) : NULL;
}

/* --- files ----------------------------------------------------------------------- */

/* What is looked for, and how. */
struct secrets {
	const char *key, *file_key;
	const char *host, *user;
	char *(*find)(char *line, const char *host, const char *user);
};

static void
secrets_wipe(char *text, size_t size)
{
	explicit_bzero(text, size);
	free(text);
}

/* The last line that fits counts, as in SmokePing. */
static char *
secrets_search(const struct secrets *s, FILE *in)
{
	char *line = NULL, *found = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, in)) >= 0) {
		const char *first = line + strspn(line, BLANK);
		if (*first == '\0' || *first == '#')
			continue;
		char *value = s->find(line, s->host, s->user);
		if (value == NULL)
			continue;
		if (found != NULL)
			secrets_wipe(found, strlen(found));
		found = value;
	}
	if (line != NULL)
		secrets_wipe(line, room);
	return found;
}

/* Look in the file at PATH. NULL without an error: it is not in there. */
static int
secrets_file(const struct secrets *s, const char *path, char **value, char **remark,
    struct err *err)
{
	struct stat st;

	/* Read again after a change of the configuration, behind the lock. */
	sandbox_read(path);
	/* A pipe without a writer must not hold us: what is no file is refused. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == EACCES)
		return err_set(err,
		    "%s %s: permission denied; it has to be readable for the user of "
		    "the workers, and one outside of /etc that is new, or replaced "
		    "another one, is read after a restart of probed",
		    s->file_key, path);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	if (in == NULL)
		return err_set(err, "%s %s: %s", s->file_key, path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*value = secrets_search(s, in);
		if ((st.st_mode & S_IROTH) && *remark == NULL)
			*remark = mem_printf(
			    "%s %s can be read by everybody, expected chmod o-r",
			    s->file_key, path);
		fclose(in);
		return 0;
	}
	fclose(in);
	return err_set(err, "%s %s: expected a file", s->file_key, path);
}

static char *
secrets_find(const struct conf *conf, const struct conf_target *t,
    const struct secrets *s, char **remark, struct err *err)
{
	const char *path = net_var(conf, t, s->file_key);
	const char *own = conf_target_value(conf, t, s->key, NULL);
	const char *common = conf_value(t->probe->section, s->key, NULL);
	char *value = NULL;

	if (own != NULL && (common == NULL || strcmp(own, common) != 0))
		return mem_str(own);
	if (path != NULL && secrets_file(s, path, &value, remark, err) != 0)
		return NULL;
	if (value != NULL)
		return value;
	if (own != NULL)
		return mem_str(own);
	if (path == NULL)
		err_set(err, "no %s: expected the variable %s, or a file named by %s",
		    s->key, s->key, s->file_key);
	else
		err_set(err,
		    "no %s: expected the variable %s, or a line for %s%s%s in %s",
		    s->key, s->key, s->user, *s->user == '\0' ? "" : " at ", s->host,
		    path);
	return NULL;
}

char *
secrets_password(const struct conf *conf, const struct conf_target *t, const char *user,
    char **remark, struct err *err)
{
	const struct secrets s = { "password", "passwordfile", t->host, user,
		secrets_of_user };

	return secrets_find(conf, t, &s, remark, err);
}

char *
secrets_secret(const struct conf *conf, const struct conf_target *t, char **remark,
    struct err *err)
{
	const struct secrets s = { "secret", "secretfile", t->host, "",
		secrets_of_host };

	return secrets_find(conf, t, &s, remark, err);
}
