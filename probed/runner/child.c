#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "runner/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define CHILD_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CHILD_FILES 1024
#define CHILD_FILE_SIZE (256U << 20)
/* Go programs reserve much and use little. */
#define CHILD_MEMORY ((rlim_t)8 << 30)

static const char *
child_home(void)
{
	static char *home; /* asked once: a directory service may take its time */
	const struct passwd *pw;

	if (home == NULL) {
		pw = getpwuid(geteuid());
		home = mem_str(pw != NULL && pw->pw_dir != NULL ? pw->pw_dir : "/");
	}
	return home;
}

char **
child_env(const char *const *more)
{
	const char *zone = getenv("TZ");
	size_t n = 0, extra = 0;

	while (more != NULL && more[extra] != NULL)
		extra++;
	char **env = mem_zero(extra + 5, sizeof *env);
	env[n++] = mem_str(CHILD_PATH);
	env[n++] = mem_str("LC_ALL=C");
	env[n++] = mem_printf("HOME=%s", child_home());
	if (zone != NULL)
		env[n++] = mem_printf("TZ=%s", zone);
	for (size_t i = 0; i < extra; i++)
		env[n++] = mem_str(more[i]);
	return env;
}

void
child_env_free(char **env)
{
	for (size_t i = 0; env != NULL && env[i] != NULL; i++)
		free(env[i]);
	free(env);
}

static void
child_limit(int what, rlim_t most)
{
	struct rlimit l = { most, most }, now;

	if (getrlimit((__rlimit_resource_t)what, &now) == 0 && now.rlim_max < most)
		l.rlim_cur = l.rlim_max = now.rlim_max;
	setrlimit((__rlimit_resource_t)what, &l);
}

static void
child_limits(const struct child *c)
{
	child_limit(RLIMIT_CORE, 0);
	child_limit(RLIMIT_NOFILE, CHILD_FILES);
	child_limit(RLIMIT_FSIZE, CHILD_FILE_SIZE);
	child_limit(RLIMIT_CPU, c->cpu_seconds);
#ifndef WITH_SANITIZERS
	/* Their shadow memory alone is larger. */
	child_limit(RLIMIT_AS, CHILD_MEMORY);
#endif
}

/* All signals as a fresh program has them. Those that its starter ignored would stay
 * ignored. */
static void
child_signals(void)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &normal, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* FD above the four that are about to be given their numbers. */
static int
child_lift(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 10);
}

static int
child_descriptors(const struct child *c)
{
	int fd[4] = { child_lift(c->in), child_lift(c->out), child_lift(c->err),
		child_lift(c->status) };

	for (int i = 0; i < 4; i++)
		if (fd[i] < 0 || dup3(fd[i], i, i == 3 ? O_CLOEXEC : 0) < 0)
			return -1;
	if (close_range(4, ~0U, 0) == 0)
		return 0;
	for (int i = 4; i < 4096; i++)
		close(i);
	return 0;
}

void
child_run(const struct child *c)
{
	int status = c->status;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != c->parent)
		_exit(127);
	child_signals();
	umask(022);
	if (child_descriptors(c) == 0) {
		status = 3;
		child_limits(c);
		if (chdir("/") == 0)
			execve(c->argv[0], c->argv, c->env);
	}
	int error = errno;
	if (write(status, &error, sizeof error) != sizeof error)
		_exit(126);
	_exit(127);
}
