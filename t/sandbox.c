/* What each profile may and may not do, tried for real in a child. */
#include "config.h"

#include "link/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sys/capability.h>

#include "base/addr.h"
#include "base/log.h"
#include "tap.h"

/* --- things to try: 0 fine, else errno ------------------------------------------- */

static int
try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int
read_datadir(void)
{
	return try_open("history", O_RDONLY);
}

static int
write_datadir(void)
{
	return try_open("new", O_WRONLY | O_CREAT);
}

static int
write_draft(void)
{
	return try_open(".smokebox/state/draft/new", O_WRONLY | O_CREAT);
}

static int
rename_datadir(void)
{
	if (try_open("a", O_WRONLY | O_CREAT) != 0 || rename("a", "b") != 0)
		return errno;
	return unlink("b") == 0 ? 0 : errno;
}

static int
read_outside(void)
{
	return try_open("../outside", O_RDONLY);
}

static int
read_extra(void)
{
	return try_open("../extra", O_RDONLY);
}

static int
read_hosts(void)
{
	return try_open("/etc/hosts", O_RDONLY);
}

static int
read_zone(void)
{
	return try_open("/usr/share/zoneinfo/UTC", O_RDONLY);
}

static int
a_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int
inet_socket(void)
{
	return a_socket(AF_INET6, SOCK_STREAM);
}

static int
unix_socket(void)
{
	return a_socket(AF_UNIX, SOCK_STREAM);
}

static int
packet_socket(void)
{
	return a_socket(AF_PACKET, SOCK_RAW);
}

static int
code(void)
{
	void *p = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : errno;
}

static int
more_files(void)
{
	struct rlimit limit = { 4, 4 };

	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : errno;
}

static int
a_process(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return errno;
	waitpid(pid, NULL, 0);
	return 0;
}

static int
new_way(void)
{
	return syscall(SYS_clone3, NULL, 0) == 0 ? 0 : errno;
}

static int
execute(void)
{
	char name[] = "true";
	char *argv[] = { name, NULL };

	execve("/bin/true", argv, argv + 1);
	return errno;
}

static int
trace(void)
{
	return syscall(SYS_ptrace, 0, 0, 0, 0) == 0 ? 0 : errno;
}

static int
become_root(void)
{
	return setuid(0) == 0 ? 0 : errno;
}

static int
give_up(void)
{
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* Tried with a list that kills: it must not ask the kernel for the interface's name. */
static int
scope(void)
{
	struct addr a = { .v6 = { .sin6_family = AF_INET6, .sin6_scope_id = 1 } };
	char text[ADDR_TEXT];

	return strcmp(addr_text(&a, text), "::%1") != 0 ||
	       addr_parse(&a, "fe80::1%lo") == 0;
}

static int
named_scope(void)
{
	struct addr a = { .v6 = { .sin6_family = AF_INET6, .sin6_scope_id = 1 } };
	char text[ADDR_TEXT];

	return strcmp(addr_text(&a, text), "::%lo");
}

/* --- running them ---------------------------------------------------------------- */

#define KILLED(signal) (1000 + (signal))

static char how[160];
static int how_pipe[2];

/* Try WHAT locked in as PROFILE, below DATADIR. */
static int
attempt(enum sandbox_profile profile, int (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (what == scope || what == named_scope)
			setenv("SMOKEBOX_TEST", "seccomp=kill", 1);
		sandbox_read("../extra");
		sandbox_enter(profile, how, sizeof how);
		if (write(how_pipe[1], how, sizeof how) != sizeof how)
			_exit(255);
		_exit(what == NULL ? 0 : what());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid ||
	    read(how_pipe[0], how, sizeof how) != sizeof how)
		abort();
	return WIFSIGNALED(status) ? KILLED(WTERMSIG(status)) : WEXITSTATUS(status);
}

static int
sets_are_empty(void)
{
	cap_t now = cap_get_proc(), none = cap_init();
	int r = cap_compare(now, none);

	cap_free(now);
	cap_free(none);
	return r != 0;
}

static int
no_new_privs(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

enum needs {
	LANDLOCK = 1,
	SECCOMP = 2
};

static const struct {
	enum sandbox_profile profile;
	int (*what)(void);
	int want; /* 0, an errno, or KILLED() */
	unsigned needs;
	const char *name;
} tries[] = {
	/* clang-format off */
	{ SANDBOX_PROBER, sets_are_empty, 0, 0, "prober: has no capabilities" },
	{ SANDBOX_PROBER, no_new_privs, 0, 0, "prober: gets no new privileges" },
	{ SANDBOX_PROBER, read_hosts, 0, 0, "prober: reads /etc/hosts" },
	{ SANDBOX_PROBER, read_zone, 0, 0, "prober: reads time zones" },
	{ SANDBOX_PROBER, read_extra, 0, 0, "prober: reads what it asked for" },
	{ SANDBOX_PROBER, inet_socket, 0, 0, "prober: makes internet sockets" },
	{ SANDBOX_PROBER, named_scope, 0, 0, "prober: names interfaces" },
	{ SANDBOX_PROBER, read_datadir, EACCES, LANDLOCK, "prober: not history" },
	{ SANDBOX_PROBER, read_outside, EACCES, LANDLOCK, "prober: nor other files" },
	{ SANDBOX_PROBER, unix_socket, EAFNOSUPPORT, SECCOMP, "prober: no Unix sockets" },
	{ SANDBOX_PROBER, packet_socket, EPERM, 0, "prober: no packet sockets" },
	{ SANDBOX_PROBER, code, EPERM, SECCOMP, "prober: no new code" },
	{ SANDBOX_PROBER, a_process, EPERM, SECCOMP, "prober: no new process" },
	{ SANDBOX_PROBER, more_files, EPERM, SECCOMP, "prober: no change of limits" },
	{ SANDBOX_PROBER, new_way, ENOSYS, SECCOMP, "prober: clone3 is of the future" },
	{ SANDBOX_PROBER, execute, KILLED(SIGSYS), SECCOMP, "prober: dies executing" },
	{ SANDBOX_PROBER, trace, KILLED(SIGSYS), SECCOMP, "prober: dies tracing" },
	{ SANDBOX_PROBER, become_root, KILLED(SIGSYS), SECCOMP, "prober: and of setuid" },
	{ SANDBOX_PROBER, give_up, KILLED(SIGABRT), SECCOMP, "prober: may abort" },

	{ SANDBOX_RECORDER, read_datadir, 0, 0, "recorder: reads history" },
	{ SANDBOX_RECORDER, write_datadir, 0, 0, "recorder: writes it" },
	{ SANDBOX_RECORDER, rename_datadir, 0, 0, "recorder: renames and removes" },
	{ SANDBOX_RECORDER, read_hosts, EACCES, LANDLOCK, "recorder: not /etc" },
	{ SANDBOX_RECORDER, read_outside, EACCES, LANDLOCK, "recorder: nor beside" },
	{ SANDBOX_RECORDER, inet_socket, EPERM, SECCOMP, "recorder: no sockets" },
	{ SANDBOX_RECORDER, scope, 0, 0, "recorder: numbers interfaces" },
	{ SANDBOX_RECORDER, execute, KILLED(SIGSYS), SECCOMP, "recorder: no programs" },

	{ SANDBOX_WEB, read_datadir, 0, 0, "web: reads history" },
	{ SANDBOX_WEB, write_draft, 0, 0, "web: writes drafts" },
	{ SANDBOX_WEB, write_datadir, EACCES, LANDLOCK, "web: nothing else" },
	{ SANDBOX_WEB, read_hosts, EACCES, LANDLOCK, "web: not /etc" },
	{ SANDBOX_WEB, inet_socket, EPERM, SECCOMP, "web: no sockets" },
	{ SANDBOX_WEB, scope, 0, 0, "web: numbers interfaces" },
	{ SANDBOX_WEB, execute, KILLED(SIGSYS), SECCOMP, "web: no programs" },

	{ SANDBOX_PAINTER, read_datadir, 0, 0, "painter: reads history" },
	{ SANDBOX_PAINTER, write_datadir, EPERM, SECCOMP, "painter: does not write" },
	{ SANDBOX_PAINTER, write_draft, EPERM, SECCOMP, "painter: not even drafts" },
	{ SANDBOX_PAINTER, inet_socket, EPERM, SECCOMP, "painter: no sockets" },
	{ SANDBOX_PAINTER, execute, KILLED(SIGSYS), SECCOMP, "painter: no programs" },

	{ SANDBOX_COURIER, inet_socket, 0, 0, "courier: makes internet sockets" },
	{ SANDBOX_COURIER, unix_socket, EAFNOSUPPORT, SECCOMP,
	    "courier: no Unix sockets, and no death where one is tried" },
	{ SANDBOX_COURIER, read_datadir, 0, 0, "courier: reads events" },
	{ SANDBOX_COURIER, write_datadir, EACCES, LANDLOCK, "courier: writes none" },

	{ SANDBOX_COLLECTOR, read_datadir, EACCES, LANDLOCK, "collector: no history" },
	{ SANDBOX_COLLECTOR, read_hosts, EACCES, LANDLOCK, "collector: no /etc" },
	{ SANDBOX_COLLECTOR, inet_socket, 0, 0, "collector: makes internet sockets" },

	{ SANDBOX_RUNNER, sets_are_empty, 0, 0, "runner: has no capabilities" },
	{ SANDBOX_RUNNER, execute, 0, 0, "runner: executes" },
	/* clang-format on */
};

static void
try_all(void)
{
	attempt(SANDBOX_PAINTER, NULL);
	bool landlock = strstr(how, "no landlock") == NULL;
	bool seccomp = strstr(how, "no seccomp") == NULL;
	printf("# %s\n", how);

	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		if ((tries[i].needs & LANDLOCK && !landlock) ||
		    (tries[i].needs & SECCOMP && !seccomp)) {
			printf("# left out: %s\n", tries[i].name);
			continue;
		}
		is_int(attempt(tries[i].profile, tries[i].what), tries[i].want,
		    tries[i].name);
	}
}

/* A place like the one that workers have. */
static void
make_place(char *top)
{
	if (mkdtemp(top) == NULL || chdir(top) != 0 || mkdir("data", 0755) != 0 ||
	    try_open("outside", O_WRONLY | O_CREAT) != 0 ||
	    try_open("extra", O_WRONLY | O_CREAT) != 0 || chdir("data") != 0 ||
	    mkdir(".smokebox", 0755) != 0 || mkdir(".smokebox/state", 0755) != 0 ||
	    mkdir(".smokebox/state/draft", 0755) != 0 ||
	    try_open("history", O_WRONLY | O_CREAT) != 0 || pipe(how_pipe) != 0) {
		perror(top);
		exit(1);
	}
}

static void
remove_place(void)
{
	static const char *const names[] = { "data/.smokebox/state/draft/new",
		"data/.smokebox/state/draft", "data/.smokebox/state", "data/.smokebox",
		"data/history", "data/new", "data", "outside", "extra" };

	if (chdir("..") != 0)
		return;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		remove(names[i]);
}

int
main(void)
{
	char top[] = "/tmp/smokebox-sandbox.XXXXXX";

	log_init("t/sandbox", LOG_LEVEL_WARN);
	make_place(top);
	try_all();
	remove_place();
	rmdir(top);
	return tap_done();
}
