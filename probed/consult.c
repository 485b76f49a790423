#include "consult.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "spawn.h"

/* Run PROGRAM, that of ROOM; its exit status, or -1. */
static int
ask(enum room room, int program, const char *path)
{
	char name[32];
	char check[] = "--check", *argv[] = { name, check, (char *)path, NULL };
	int status;
	pid_t pid;

	snprintf(name, sizeof name, "probed-%s", room_name(room));
	pid = fork();
	if (pid == 0) {
		syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
		_exit(126);
	}
	while (pid > 0 && waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool
consult(enum room room, const char *path)
{
	struct err err;
	int program = spawn_find(room, &err);
	int status = -1;

	if (program >= 0) {
		status = ask(room, program, path);
		close(program);
	} else
		log_warnx("%s", err.text);
	if (status != 0 && status != 1)
		log_warnx("probed-%s cannot be asked about the settings of its targets",
		    room_name(room));
	return status == 0;
}

bool
consult_workers(const char *path, const struct conf *conf)
{
	static const struct {
		enum module_home home;
		enum room room;
	} asked[] = { { MODULE_PROBER, ROOM_PROBER }, { MODULE_FETCHER, ROOM_FETCHER },
		{ MODULE_RUNNER, ROOM_RUNNER } };
	unsigned homes = 0;
	bool fine = true;

	for (size_t i = 0; i < conf->target_count; i++)
		if (conf_target_is_pinged(conf->target[i]))
			homes |= 1U << conf_target_home(conf, conf->target[i]);
	fflush(NULL);
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
		if ((homes & 1U << asked[i].home) != 0 && !consult(asked[i].room, path))
			fine = false;
	return fine;
}
