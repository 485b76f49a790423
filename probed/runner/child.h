/* From the fork to the program: what a child does to itself before it becomes one. */
#ifndef RUNNER_CHILD_H
#define RUNNER_CHILD_H

#include <stdint.h>
#include <sys/types.h>

struct child {
	char *const *argv, *const *env; /* as execve() wants them */
	int in, out, err;		/* its 0, 1 and 2 */
	int status; /* errno as an int comes here when it cannot be started */
	unsigned cpu_seconds;
	pid_t parent;
};

/* The environment of every program: PATH, LC_ALL, HOME, TZ where we have one, then
 * MORE (NULL allowed). One allocation per string and one for the list. */
char **child_env(const char *const *more);
void child_env_free(char **env);

/* In the child of a fork() that was made with all signals blocked: become the program.
 * Uses only what is allowed behind a fork. */
void child_run(const struct child *c) __attribute__((noreturn));

#endif
