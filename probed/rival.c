#include "rival.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define ARGS_MAX 8192

/* The command line of PID into BUF, each argument with its NUL and one more. */
static bool
read_args(long pid, char *buf)
{
	char name[64];
	ssize_t n = 0, got = 0;
	int fd;

	snprintf(name, sizeof name, "/proc/%ld/cmdline", pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (got < ARGS_MAX - 2 &&
	       (n = read(fd, buf + got, (size_t)(ARGS_MAX - 2 - got))) > 0)
		got += n;
	close(fd);
	buf[got] = buf[got + 1] = '\0';
	return got > 0;
}

/* Who started PID, whatever a set-user-ID bit made of it. False when it is gone. */
static bool
read_starter(long pid, uid_t *uid)
{
	char name[64], line[256];
	unsigned long real;
	bool found = false;

	snprintf(name, sizeof name, "/proc/%ld/status", pid);
	FILE *f = fopen(name, "re");
	if (f == NULL)
		return false;
	while (!found && fgets(line, sizeof line, f) != NULL)
		found = sscanf(line, "Uid: %lu", &real) == 1;
	fclose(f);
	if (found)
		*uid = (uid_t)real;
	return found;
}

/* May UID write to DATADIR? Others can call any process of theirs smokeping, and must
 * not keep us from starting by that. */
static bool
may_write(uid_t uid, const char *datadir)
{
	struct stat st;

	return uid == 0 || uid == geteuid() ||
	       (stat(datadir, &st) == 0 && st.st_uid == uid);
}

static bool
is_smokeping(const char *arg)
{
	const char *slash = strrchr(arg, '/');
	const char *name = slash == NULL ? arg : slash + 1;

	/* It may write what it is at behind its name: "smokeping [FPing]". */
	return strncmp(name, "smokeping", 9) == 0 &&
	       (name[9] == '\0' || name[9] == ' ');
}

static const char *
behind(const char *arg)
{
	return arg + strlen(arg) + 1;
}

/* Perl, perhaps options of its, and then the program; or the program alone. */
static const char *
program_args(const char *args)
{
	const char *slash = strrchr(args, '/'), *p = args;

	if (strncmp(slash == NULL ? args : slash + 1, "perl", 4) == 0)
		for (p = behind(p); *p == '-'; p = behind(p))
			;
	return is_smokeping(p) ? p : NULL;
}

/* The value of "--NAME=VALUE" or "--NAME VALUE" in ARGS; NULL when it is not there. */
static const char *
argument(const char *args, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = args; *p != '\0'; p = behind(p)) {
		const char *q = p + strspn(p, "-");
		if (q == p || strncmp(q, name, len) != 0)
			continue;
		if (q[len] == '=')
			return q + len + 1;
		if (q[len] == '\0')
			return q + len + 1; /* "" at the end */
	}
	return NULL;
}

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Does the configuration at PATH of another process keep its data in DATADIR? */
static bool
works_on(const struct conf *conf, const char *path, const char *datadir)
{
	struct conf_report report = { 0 };
	struct conf *other;
	bool same;

	if (conf->files > 0 && same_file(path, conf->file[0].path))
		return same_file(conf->datadir, datadir);
	other = conf_load(path, &report);
	same = other != NULL && same_file(other->datadir, datadir);
	conf_free(other);
	conf_report_free(&report);
	return same;
}

/* PATH as process PID means it. */
static char *
path_of(long pid, const char *path)
{
	return path[0] == '/' ? mem_str(path)
			      : mem_printf("/proc/%ld/cwd/%s", pid, path);
}

/* Does the pid file of our configuration name PID? */
static bool
in_pid_file(const struct conf *conf, long pid)
{
	const char *dir[] = { conf_value(conf_top(conf, "General"), "piddir", NULL),
		"/run/smokeping" };
	bool found = false;

	for (size_t i = 0; i < 2 && !found; i++) {
		char *name =
		    dir[i] == NULL ? NULL : mem_printf("%s/smokeping.pid", dir[i]);
		FILE *f = name == NULL ? NULL : fopen(name, "re");
		long number;
		found = f != NULL && fscanf(f, "%ld", &number) == 1 && number == pid;
		if (f != NULL)
			fclose(f);
		free(name);
	}
	return found;
}

/* It measures for a master elsewhere, or writes no history. */
static bool
is_harmless(const char *args)
{
	static const char *const options[] = { "master-url", "check", "static",
		"static-pages", "man", "help", "version", "makepod" };

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (argument(args, options[i]) != NULL)
			return true;
	return false;
}

static bool
is_rival(const struct conf *conf, const char *datadir, long pid, char *who, size_t size)
{
	static const char installed[] = "/etc/smokeping/config";
	char args[ARGS_MAX];
	const char *own, *config;
	uid_t starter;
	bool found;

	if (!read_args(pid, args) || (own = program_args(args)) == NULL ||
	    is_harmless(own) || !read_starter(pid, &starter) ||
	    !may_write(starter, datadir))
		return false;
	config = argument(own, "config");
	char *path =
	    path_of(pid, config != NULL && *config != '\0' ? config : installed);
	found = works_on(conf, path, datadir);
	if (!found && config == NULL)
		found = same_file(conf->datadir, datadir) && in_pid_file(conf, pid);
	free(path);
	snprintf(who, size, "smokeping (pid %ld%s%.200s)", pid,
	    config != NULL ? ", configuration " : "", config != NULL ? config : "");
	return found;
}

long
rival_find(const struct conf *conf, const char *datadir, char *who, size_t size)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	long found = 0;

	while (d != NULL && found == 0 && (e = readdir(d)) != NULL) {
		long pid = isdigit((unsigned char)e->d_name[0]) ? atol(e->d_name) : 0;
		if (pid > 0 && pid != getpid() &&
		    is_rival(conf, datadir, pid, who, size))
			found = pid;
	}
	if (d != NULL)
		closedir(d);
	return found;
}
