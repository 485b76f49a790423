#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sys/capability.h>

#include "base/mem.h"

#define CONTROL_FD 3
#define FILES_MAX 65536

/* --- the program ----------------------------------------------------------------- */

/* The directory of our own executable into BUF. */
static int
own_dir(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);
	char *slash;

	if (n <= 0)
		return -1;
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	if (slash == NULL)
		return -1;
	*slash = '\0';
	return 0;
}

/* Open DIR/probed-ROOM. */
static int
try_dir(const char *dir, const char *below, enum room room)
{
	char path[4200];

	snprintf(path, sizeof path, "%s%s/probed-%s", dir, below, room_name(room));
	return open(path, O_PATH | O_CLOEXEC);
}

int
spawn_find(enum room room, struct err *err)
{
	char dir[4000];
	int fd = -1;

	if (own_dir(dir, sizeof dir) == 0) {
		size_t len = strlen(dir);
		fd = try_dir(dir, "", room);
		/* In the build tree we are probed/probed, and they are in the top. */
		if (fd < 0 && len > 7 && strcmp(dir + len - 7, "/probed") == 0)
			fd = try_dir(dir, "/..", room);
	}
	if (fd < 0)
		fd = try_dir(LIBEXECDIR, "/smokebox", room);
	if (fd < 0)
		return err_set(err,
		    LIBEXECDIR "/smokebox/probed-%s: %s, nor is it beside probed "
			       "itself; expected what 'make install' puts there",
		    room_name(room), strerror(errno));
	return fd;
}

/* --- the child ------------------------------------------------------------------- */

/* What passes through, if set; everything else stays here: a proxy or a preloaded
 * library is not for a process that talks to strangers. */
static const char *const passed[] = {
	"TZ",
	"JOURNAL_STREAM",
	"SMOKEBOX_TEST",
#ifdef WITH_SANITIZERS
	"ASAN_OPTIONS",
	"UBSAN_OPTIONS",
	"LSAN_OPTIONS",
#endif
};

#define PASSED (sizeof passed / sizeof passed[0])

/* Built before the fork, as is everything that allocates. */
static char **
environment(void)
{
	char **env = mem_zero(PASSED + 4, sizeof *env);
	size_t n = 0;

	env[n++] = mem_str("PATH=/usr/local/bin:/usr/bin:/bin");
	env[n++] = mem_str("LC_ALL=C.UTF-8");
	env[n++] = mem_str("HOME=/nonexistent");
	for (size_t i = 0; i < PASSED; i++)
		if (getenv(passed[i]) != NULL)
			env[n++] = mem_printf("%s=%s", passed[i], getenv(passed[i]));
	return env;
}

static void
environment_free(char **env)
{
	for (size_t i = 0; env[i] != NULL; i++)
		free(env[i]);
	free(env);
}

/* Let all descriptors behind the control socket vanish at exec, one by one. */
static int
mark_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		int fd = atoi(entry->d_name); /* . and .. are 0, which stays */
		if (fd > CONTROL_FD && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
			closedir(dir);
			return -1;
		}
	}
	closedir(dir);
	return 0;
}

/* 0 1 2 and the control socket as 3; all others vanish at exec. PROGRAM moves too. */
static int
arrange_descriptors(int control, int *program)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* All out of the way of 0 to 3 first. */
	control = fcntl(control, F_DUPFD_CLOEXEC, CONTROL_FD + 1);
	*program = fcntl(*program, F_DUPFD_CLOEXEC, CONTROL_FD + 1);
	if (control < 0 || *program < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(control, CONTROL_FD) < 0)
		return -1;
	if (close_range(CONTROL_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	/* Linux before 5.11, or a container that does not know the call. */
	return mark_descriptors();
}

static void
raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_max > FILES_MAX)
		limit.rlim_max = FILES_MAX;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* So that not even a program with file capabilities gets one back: matters for the
 * runner, which cannot set no-new-privileges. */
static void
empty_bounding_set(void)
{
	for (cap_value_t c = 0; c < cap_max_bits(); c++)
		if (cap_drop_bound(c) != 0)
			return;
}

void
spawn_exec(int program, char *const argv[], char *const env[])
{
	fexecve(program, argv, env);
	/* What the kernel hands to an interpreter goes by the name of the descriptor,
	 * so by one that is closed then: fexecve(3), BUGS. */
	if (errno == ENOENT && fcntl(program, F_SETFD, 0) == 0)
		fexecve(program, argv, env);
}

/* Between fork and exec. What went wrong, or does not return. */
static const char *
child(const struct spawn *s, char *const argv[], char *const env[])
{
	int program = s->program;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fchdir(s->datadir) != 0)
		return "data directory";
	if (arrange_descriptors(s->control, &program) != 0)
		return "descriptors";
	if (s->nice != 0)
		setpriority(PRIO_PROCESS, 0, s->nice);
	raise_files();
	umask(022);
	empty_bounding_set();
	if (rights_become(s->rights) != 0)
		return "changing to the workers' uid";
	spawn_exec(program, argv, env);
	return "exec";
}

pid_t
spawn(const struct spawn *s)
{
	char name[32];
	char *argv[] = { name, NULL };
	char **env = environment();
	pid_t pid;

	snprintf(name, sizeof name, "probed-%s", room_name(s->room));
	pid = fork();
	if (pid == 0) {
		const char *failed = child(s, argv, env);
		log_warn("%s: %s", name, failed);
		_exit(126);
	}
	environment_free(env);
	return pid;
}

int
spawn_urge(pid_t pid)
{
	static const struct sched_param lowest = { .sched_priority = 1 };

	if (sched_getscheduler(pid) == SCHED_FIFO)
		return 0;
	return sched_setscheduler(pid, SCHED_FIFO, &lowest) == 0;
}
