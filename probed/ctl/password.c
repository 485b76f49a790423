/* probectl password: set, or take away, what has to be known for seeing whose traffic
 * it is. Its hash goes into the data directory, where the web worker reads it. */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/ctl.h"
#include "store.h"

#define LINE 300
#define LONGEST 256
#define SHORTEST 8
#define NEW_NAME STORE_PASSWORD ".new"

/* A line of standard input into BUF, without showing it where that is a terminal. */
static bool
ask(const char *what, char buf[LINE])
{
	bool terminal = isatty(STDIN_FILENO);
	struct termios before, quiet;

	if (terminal) {
		fprintf(stderr, "%s: ", what);
		if (tcgetattr(STDIN_FILENO, &before) < 0)
			return false;
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	bool good = fgets(buf, LINE, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	if (good)
		buf[strcspn(buf, "\r\n")] = '\0';
	return good;
}

/* The new password into BUF; from a terminal it has to be typed twice. */
static bool
ask_twice(char buf[LINE])
{
	char again[LINE];

	if (!ask("New password", buf))
		return false;
	size_t len = strlen(buf);
	if (len < SHORTEST || len > LONGEST) {
		fprintf(stderr, "probectl: %zu bytes, expected %d to %d\n", len,
		    SHORTEST, LONGEST);
		return false;
	}
	if (!isatty(STDIN_FILENO))
		return true;
	bool same = ask("Again", again) && strcmp(buf, again) == 0;
	explicit_bzero(again, sizeof again);
	if (!same)
		fprintf(stderr, "probectl: those are not the same\n");
	return same;
}

/* HASH into the file, for the uid of the workers, whose directory it is. */
static int
put_hash(const char *hash)
{
	struct stat dir;

	if (stat(STORE_STATE, &dir) < 0)
		return -1;
	unlink(NEW_NAME);
	int fd =
	    open(NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	bool good = (geteuid() != 0 || fchown(fd, dir.st_uid, dir.st_gid) == 0) &&
		    dprintf(fd, "%s\n", hash) > 0 && fsync(fd) == 0;
	if (close(fd) == 0 && good && rename(NEW_NAME, STORE_PASSWORD) == 0)
		return 0;
	int why = errno;
	unlink(NEW_NAME);
	errno = why;
	return -1;
}

static int
set_password(void)
{
	char password[LINE], setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data = mem_zero(1, sizeof *data);
	int status = CTL_FAILED;

	if (ask_twice(password)) {
		/* yescrypt, of the strength that crypt(5) takes by itself. */
		const char *hash =
		    crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof setting) != NULL
			? crypt_r(password, setting, data)
			: NULL;
		if (hash == NULL || hash[0] == '*')
			fprintf(stderr, "probectl: crypt does not work here\n");
		else if (put_hash(hash) < 0)
			fprintf(stderr, "probectl: " STORE_PASSWORD ": %s\n",
			    strerror(errno));
		else
			status = 0;
	}
	explicit_bzero(password, sizeof password);
	explicit_bzero(data, sizeof *data);
	free(data);
	return status;
}

int
ctl_password(const struct ctl *ctl, int argc, char **argv)
{
	bool away = argc == 2 && strcmp(argv[1], "--remove") == 0;
	struct err err;

	if (argc != 1 && !away) {
		fprintf(stderr, "probectl: expected password [--remove]\n");
		return CTL_USAGE;
	}
	char *data = ctl_data(ctl, &err);
	if (data == NULL || chdir(data) < 0) {
		fprintf(stderr, "probectl: %s%s%s\n", data != NULL ? data : err.text,
		    data != NULL ? ": " : "", data != NULL ? strerror(errno) : "");
		free(data);
		return CTL_FAILED;
	}
	free(data);
	if (!away)
		return set_password();
	if (unlink(STORE_PASSWORD) == 0 || errno == ENOENT)
		return 0;
	fprintf(stderr, "probectl: " STORE_PASSWORD ": %s\n", strerror(errno));
	return CTL_FAILED;
}
