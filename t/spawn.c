/* A worker's program is run by its descriptor, also by an interpreter of the kernel's:
 * a script's, as an emulator of another architecture. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

/* How a child ends that becomes PROGRAM with one argument. */
static int
end_of(int program)
{
	char name[] = "probed-test", code[] = "7";
	char *argv[] = { name, code, NULL }, *env[] = { NULL };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		spawn_exec(program, argv, env);
		_exit(errno == ENOEXEC ? 100 : 101);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A descriptor of a new file with TEXT, closed by exec as those of workers are. */
static int
program_of(const char *text)
{
	char name[] = "spawn.XXXXXX";
	int out = mkstemp(name);
	size_t length = strlen(text);

	if (out < 0 || write(out, text, length) != (ssize_t)length ||
	    fchmod(out, 0700) != 0 || close(out) != 0)
		abort();
	int program = open(name, O_RDONLY | O_CLOEXEC);
	if (program < 0 || unlink(name) != 0)
		abort();
	return program;
}

int
main(void)
{
	int script = program_of("#!/bin/sh\nexit $1\n");
	int none = program_of("\x01 not a program\n");
	int self = open("/bin/true", O_RDONLY | O_CLOEXEC);

	ok(end_of(self) == 0, "what the kernel runs itself");
	ok(end_of(script) == 7, "what it hands to an interpreter, with its arguments");
	ok(fcntl(script, F_GETFD) == FD_CLOEXEC, "the descriptor here is as before");
	ok(end_of(none) == 100, "what is no program is refused");
	close(self);
	close(script);
	close(none);
	return tap_done();
}
