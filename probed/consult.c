#include "consult.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "spawn.h"

#define PARTS                                                                          \
	(CONF_GENERAL | CONF_DATABASE | CONF_PROBES | CONF_TARGETS | CONF_OVERRIDES |  \
	    CONF_PACE | CONF_PATH | CONF_REFLECTOR | CONF_LOADTEST | CONF_SECRETS)

static const struct {
	enum module_home home;
	enum room room;
} asked[] = { { MODULE_PROBER, ROOM_PROBER }, { MODULE_FETCHER, ROOM_FETCHER },
	{ MODULE_RUNNER, ROOM_RUNNER } };
#define ASKED (sizeof asked / sizeof asked[0])

void
consult_open(struct consult *c)
{
	struct err err;

	for (size_t i = 0; i < ASKED; i++) {
		c->program[i] = spawn_find(asked[i].room, &err);
		if (c->program[i] < 0)
			log_warnx("%s", err.text);
	}
}

/* CONF as workers are told it, or -1. */
static int
text_of(const struct conf *conf)
{
	int fd = memfd_create("configuration", MFD_CLOEXEC);
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	if (out == NULL)
		return -1;
	conf_write_checked(conf, PARTS, out);
	if (ferror(out) == 0 && fclose(out) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Run PROGRAM, that of ROOM; its exit status, or -1. */
static int
ask(enum room room, int program, int text, int out)
{
	char name[32];
	char check[] = "--check", *argv[] = { name, check, NULL };
	int status;
	pid_t pid;

	snprintf(name, sizeof name, "probed-%s", room_name(room));
	pid = fork();
	if (pid == 0) {
		if (lseek(text, 0, SEEK_SET) == 0 && dup2(text, 0) == 0 &&
		    dup2(out, 2) == 2)
			spawn_exec(program, argv, environ);
		_exit(126);
	}
	while (pid > 0 && waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool
consult_workers(const struct consult *c, const struct conf *conf, int out)
{
	int text = text_of(conf);
	unsigned homes = 0;
	bool fine = true;

	for (size_t i = 0; i < conf->target_count; i++)
		if (conf_target_is_pinged(conf->target[i]))
			homes |= 1U << conf_target_home(conf, conf->target[i]);
	fflush(NULL);
	for (size_t i = 0; i < ASKED; i++) {
		int status = -1;

		if ((homes & 1U << asked[i].home) == 0)
			continue;
		if (text >= 0 && c->program[i] >= 0)
			status = ask(asked[i].room, c->program[i], text, out);
		if (status != 0 && status != 1)
			log_warnx("probed-%s cannot be asked about the settings of its "
				  "targets",
			    room_name(asked[i].room));
		fine &= status == 0;
	}
	if (text >= 0)
		close(text);
	return fine;
}
