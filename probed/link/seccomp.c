#include "link/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/log.h"

/* Four tiers:
 *
 * 1. What a profile needs is allowed, where it matters only with harmless arguments.
 * 2. What C libraries merely try first, having an older way, gets ENOSYS, as from an
 *    older kernel, so that they take that way.
 * 3. What no code of ours and no library of ours ever calls, but an intruder would,
 *    ends the process at once; the parent logs "killed by signal 31" and starts a fresh
 *    one.
 * 4. All else gets EPERM and a line in the kernel's audit log. Not a death: the list
 * was found with the libraries of today, and a call that an update of one of them adds
 * in a rare path should make that path fail, not a worker die again and again and leave
 *    a gap in every graph. For an intruder the two are the same: the call is not made.
 *
 * Tests set SMOKEBOX_TEST=seccomp=kill, which makes tier 4 deadly, to find what is
 * missing from tier 1. */

#define ON(profile) (1U << SANDBOX_##profile)
#define ON_LOCKED (ON(RUNNER) - 1) /* all but the runner, which is last */
#define ON_INET (ON(PROBER) | ON(COURIER))
#define ON_SOCKETS (ON_INET | ON(COLLECTOR))
#define ON_WRITERS (ON(RECORDER) | ON(WEB) | ON(COURIER))

/* Tier 1, calls with any arguments. To let a worker make one more call, add its name. A
 * name that this architecture or libseccomp does not have is passed over. */
static const struct {
	unsigned profiles;
	const char *calls;
} allowed[] = {
	/* Memory, clocks, threads' locks, signals to itself, the end. */
	{ ON_LOCKED,
	    "brk munmap mremap madvise msync mlock munlock "
	    "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times "
	    "futex futex_time64 clock_gettime64 set_robust_list get_robust_list "
	    "rseq membarrier sched_yield sched_getaffinity getcpu getrandom "
	    "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait "
	    "sigaltstack sigreturn exit exit_group restart_syscall "
	    "getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid "
	    "getgroups getpgrp getpgid getsid getpriority getrusage sysinfo uname "
	    "getrlimit ugetrlimit capget" },
	/* The event loop, and lines to other workers. */
	{ ON_LOCKED,
	    "poll ppoll select _newselect pselect6 epoll_create epoll_create1 epoll_ctl "
	    "epoll_wait epoll_pwait eventfd eventfd2 timerfd_create timerfd_settime "
	    "timerfd_gettime pipe pipe2 recvmsg sendmsg recvfrom sendto recv send "
	    "shutdown getsockname getpeername getsockopt setsockopt" },
	/* Descriptors and reading files; openat has its own rule. */
	{ ON_LOCKED,
	    "read readv pread64 preadv write writev pwrite64 pwritev lseek _llseek close "
	    "close_range dup dup2 dup3 fcntl fcntl64 fstat fstat64 newfstatat fstatat64 "
	    "stat stat64 lstat lstat64 statx access faccessat readlink readlinkat getcwd "
	    "getdents getdents64 fstatfs fstatfs64 statfs statfs64 fadvise64 umask "
	    "memfd_create ftruncate ftruncate64" },
	/* Writing below the paths that Landlock leaves. */
	{ ON_WRITERS,
	    "mkdir mkdirat unlink unlinkat rmdir rename renameat renameat2 link linkat "
	    "fsync fdatasync sync_file_range fallocate chmod fchmod fchmodat utimensat "
	    "futimesat utimes flock truncate truncate64 copy_file_range sendfile "
	    "sendfile64 readahead syncfs" },
	/* SQLite gives its log the owner of its file, where it is root. */
	{ ON(RECORDER), "fchown" },
	/* Sockets of its own: socket has its own rule. */
	{ ON_SOCKETS, "recvmmsg sendmmsg recvmmsg_time64 connect bind" },
	{ ON_INET | ON(PAINTER), "socketpair" },
	/* HTTP. */
	{ ON(WEB), "accept accept4 sendfile sendfile64" },
	/* Children that draw, each within a time. */
	{ ON(PAINTER), "wait4 waitid alarm setitimer" },
	/* Threads: libcurl's resolver, pango's font thread; clone has its own rule. */
	{ ON_INET | ON(PAINTER),
	    "set_tid_address sched_getattr sched_setattr sched_getparam "
	    "sched_getscheduler sched_get_priority_min sched_get_priority_max" },
};

/* Tier 2. */
static const char absent[] = "clone3 openat2 faccessat2 epoll_pwait2 futex_waitv "
			     "io_uring_setup memfd_secret rseq_slice_yield";

/* Tier 3. */
static const char deadly[] =
    "execve execveat fork vfork ptrace process_vm_readv process_vm_writev "
    "process_madvise pidfd_getfd mount umount umount2 pivot_root chroot unshare setns "
    "fsopen fsmount move_mount open_tree init_module finit_module delete_module "
    "kexec_load kexec_file_load bpf perf_event_open keyctl add_key request_key "
    "userfaultfd personality setuid setgid setreuid setregid setresuid setresgid "
    "setfsuid setfsgid setgroups capset swapon swapoff reboot iopl ioperm acct quotactl "
    "settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname "
    "open_by_handle_at mknod mknodat modify_ldt";

/* All that fork() asks clone() for. */
#define FORK_FLAGS ((scmp_datum_t)(CSIGNAL | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))

static scmp_filter_ctx filter;
static unsigned count;

/* The number of CALL here, or a negative one. */
static int
number(const char *call)
{
	int nr = seccomp_syscall_resolve_name(call);

	return nr == __NR_SCMP_ERROR ? -1 : nr;
}

static void
rule(uint32_t action, const char *call, const struct scmp_arg_cmp *arg)
{
	int nr = number(call);
	int r;

	if (nr < 0)
		return;
	r = seccomp_rule_add_array(filter, action, nr, arg == NULL ? 0 : 1, arg);
	if (r != 0 && r != -EEXIST && r != -EACCES) {
		errno = -r;
		fatal("seccomp: rule for %s", call);
	}
	count += action == SCMP_ACT_ALLOW && r == 0;
}

/* One rule for each of the names in LIST, which spaces part. */
static void
rules(uint32_t action, const char *list)
{
	char call[64];

	while (*list != '\0') {
		size_t len = strcspn(list, " ");
		if (len < sizeof call) {
			memcpy(call, list, len);
			call[len] = '\0';
			rule(action, call, NULL);
		}
		list += len + strspn(list + len, " ");
	}
}

static void
allow_if(const char *call, struct scmp_arg_cmp arg)
{
	rule(SCMP_ACT_ALLOW, call, &arg);
}

/* Opening files: for who has nothing to write, the flags must say so. */
static void
allow_open(unsigned profile)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;

	if (profile & ON_WRITERS) {
		rules(SCMP_ACT_ALLOW, "open openat");
		return;
	}
	allow_if("open", SCMP_A1_64(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	allow_if("openat", SCMP_A2_64(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
}

/* No memory becomes code any more. */
static void
allow_memory(void)
{
	static const char *const calls[] = { "mmap", "mmap2", "mprotect" };

	for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++)
		allow_if(calls[i], SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

/* Internet sockets, and rtnetlink, by which the C library sorts addresses. No Unix
 * sockets: they lead to other daemons of this machine. */
static void
allow_sockets(void)
{
	static const int families[] = { AF_INET, AF_INET6, AF_NETLINK };

	for (unsigned i = 0; i < sizeof families / sizeof families[0]; i++)
		allow_if(
		    "socket", SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
	/* The C library's resolver asks for the name service's cache first; without one
	 * it asks the name servers itself. */
	const struct scmp_arg_cmp unix_socket = SCMP_A0_64(SCMP_CMP_EQ, AF_UNIX, 0);
	rule(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", &unix_socket);
}

static void
allow_ioctl(void)
{
	static const unsigned long requests[] = { FIONBIO, FIONREAD, FIOCLEX, TCGETS,
		SIOCOUTQ, SIOCGIFNAME, SIOCGIFINDEX };

	for (unsigned i = 0; i < sizeof requests / sizeof requests[0]; i++)
		allow_if("ioctl", SCMP_A1_64(SCMP_CMP_EQ, requests[i], 0));
}

static void
allow_prctl(void)
{
	static const int options[] = { PR_SET_NAME, PR_GET_NAME, PR_SET_TIMERSLACK,
		PR_GET_TIMERSLACK, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS };

	for (unsigned i = 0; i < sizeof options / sizeof options[0]; i++)
		allow_if("prctl", SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)options[i], 0));
}

static void
allow_by_argument(unsigned profile)
{
	allow_open(profile);
	allow_memory();
	allow_ioctl();
	allow_prctl();
	/* abort(), and asking for limits, not setting them. */
	allow_if("tgkill", SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	allow_if("prlimit64", SCMP_A2_64(SCMP_CMP_EQ, 0, 0));
	if (profile & ON(PROBER)) /* urgent.c */
		allow_if("prlimit64", SCMP_A1_64(SCMP_CMP_EQ, RLIMIT_RTTIME, 0));
	if (profile & ON_SOCKETS)
		allow_sockets();
	if (profile & (ON_INET | ON(PAINTER)))
		allow_if("clone",
		    SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	/* fork(), with no memory, descriptors or namespaces of another kind. */
	if (profile & ON(PAINTER))
		allow_if("clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, ~FORK_FLAGS, 0));
}

static uint32_t
default_action(void)
{
	const char *test = getenv("SMOKEBOX_TEST");

	if (test != NULL && strstr(test, "seccomp=kill") != NULL)
		return SCMP_ACT_KILL_PROCESS;
	return SCMP_ACT_ERRNO(EPERM);
}

static void
set(enum scmp_filter_attr attribute, uint32_t value)
{
	int r = seccomp_attr_set(filter, attribute, value);

	/* An older kernel or library may lack these; the filter works without. */
	if (r != 0)
		log_debug("seccomp: attribute %d: %s", (int)attribute, strerror(-r));
}

bool
seccomp_leaves_sockets(enum sandbox_profile profile)
{
	return profile == SANDBOX_RUNNER || (ON_SOCKETS & 1U << profile) != 0;
}

unsigned
seccomp_enter(enum sandbox_profile profile)
{
	int r;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		return 0;
	filter = seccomp_init(default_action());
	if (filter == NULL)
		fatalx("seccomp: no filter");
	set(SCMP_FLTATR_CTL_NNP, 0); /* is set */
	set(SCMP_FLTATR_CTL_TSYNC, 1);
	set(SCMP_FLTATR_CTL_LOG, 1);
	set(SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: few comparisons per call */
	count = 0;
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
		if (allowed[i].profiles & 1U << profile)
			rules(SCMP_ACT_ALLOW, allowed[i].calls);
	allow_by_argument(1U << profile);
	rules(SCMP_ACT_ERRNO(ENOSYS), absent);
	rules(SCMP_ACT_KILL_PROCESS, deadly);
	r = seccomp_load(filter);
	if (r != 0) {
		errno = -r;
		fatal("seccomp");
	}
	seccomp_release(filter);
	return count;
}
