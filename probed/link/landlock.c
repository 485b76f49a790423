#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "link/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

/* The kernel's interface, written out because the build machine's headers are often
 * older than the kernel that runs it (linux/landlock.h; the numbers are the same on
 * every architecture). */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446
#define CREATE_VERSION 1U
#define RULE_PATH_BENEATH 1

struct ruleset {
	uint64_t fs, net, scoped; /* 8, 16, 24 bytes as of ABI 1, 4, 6 */
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_REFER = 1 << 13,    /* ABI 2 */
	FS_TRUNCATE = 1 << 14, /* ABI 3 */
	FS_ABI_1 = (1 << 13) - 1,
	FS_ABI_2 = (1 << 14) - 1,
	FS_ABI_3 = (1 << 15) - 1,
	FS_ABI_5 = (1 << 16) - 1, /* and IOCTL_DEV, which nobody is given */
	FS_OF_FILE = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE,

	NET_BIND = 1 << 0, /* TCP; ABI 4 */
	NET_CONNECT = 1 << 1,

	SCOPE_ALL = 3, /* abstract Unix sockets, signals; ABI 6 */

	/* What the table below grants. */
	READ = FS_READ_FILE | FS_READ_DIR,
	WRITE = READ | FS_WRITE_FILE | FS_TRUNCATE | FS_REMOVE_FILE | FS_REMOVE_DIR |
		FS_MAKE_DIR | FS_MAKE_REG | FS_REFER,
	DEVICE = FS_READ_FILE | FS_WRITE_FILE,
};

#define ON(profile) (1U << SANDBOX_##profile)
#define ON_LOCKED (ON(RUNNER) - 1) /* all but the runner, which is last */
#define ON_INET (ON(PROBER) | ON(COURIER))
#define ON_SOCKETS (ON_INET | ON(COLLECTOR)) /* which asks by addresses, not names */

/* To let a worker reach one more thing, add a row. Paths that do not exist are passed
 * over. Relative ones lie below DATADIR. */
static const struct {
	const char *path;
	unsigned profiles;
	uint64_t allowed;
} rules[] = {
	/* clang-format off */
	/* Time zones and locale, for time stamps in logs and on graphs. */
	{ "/etc/localtime",               ON_LOCKED,     READ },
	{ "/usr/share/zoneinfo",          ON_LOCKED,     READ },
	{ "/usr/lib/locale",              ON_LOCKED,     READ },
	{ "/usr/share/locale",            ON_LOCKED,     READ },
	{ "/dev/null",                    ON_LOCKED,     DEVICE },
	{ "/dev/urandom",                 ON_LOCKED,     FS_READ_FILE },

	/* Names: resolv.conf, hosts, nsswitch.conf, services. The directories, not the
	 * files, because resolv.conf is replaced by rename whenever a laptop changes its
	 * network, and a rule for the old inode would leave the worker without names. */
	{ "/etc",                         ON_INET,       READ },
	{ "/run/systemd/resolve",         ON_INET,       READ },
	{ "/run/resolvconf",              ON_INET,       READ },
	{ "/run/NetworkManager",          ON_INET,       READ },
	{ "/run/connman",                 ON_INET,       READ },
	/* Certificates; /etc/ssl is in the above. */
	{ "/usr/share/ca-certificates",   ON_INET,       READ },
	{ "/usr/local/share/ca-certificates", ON_INET,   READ },
	{ "/usr/lib/ssl",                 ON_INET,       READ },

	/* History and state. */
	{ ".",                            ON(RECORDER),  WRITE },
	{ ".",                            ON(WEB) | ON(PAINTER) | ON(COURIER), READ },
	{ ".smokebox/state/draft",        ON(WEB),       WRITE },
	{ ".smokebox/courier",            ON(COURIER),   WRITE },
	{ "/proc/mounts",                 ON(RECORDER),  FS_READ_FILE },

	/* Fonts: fontconfig, pango and cairo. */
	{ "/etc/fonts",                   ON(PAINTER),   READ },
	{ "/etc/pango",                   ON(PAINTER),   READ },
	{ "/usr/share/fontconfig",        ON(PAINTER),   READ },
	{ "/usr/share/fonts",             ON(PAINTER),   READ },
	{ "/usr/local/share/fonts",       ON(PAINTER),   READ },
	{ "/usr/share/xml/fontconfig",    ON(PAINTER),   READ },
	{ "/var/cache/fontconfig",        ON(PAINTER),   READ },

#ifdef WITH_SANITIZERS
	/* The leak check at exit lists threads and mappings, a report reads symbols. */
	{ "/proc",                        ON_LOCKED,     READ },
	{ "/usr",                         ON_LOCKED,     READ },
	{ "/lib",                         ON_LOCKED,     READ },
#endif
	/* clang-format on */
};

/* What only the configuration names: sandbox_read(), sandbox_write(). */
static struct {
	char *path;
	uint64_t allowed;
} * extra;
static size_t extras;
static bool entered;

static void
add_extra(const char *path, uint64_t allowed)
{
	if (entered)
		return;
	extra = mem_grow(extra, extras + 1, sizeof *extra);
	extra[extras].path = mem_str(path);
	extra[extras++].allowed = allowed;
}

void
sandbox_read(const char *path)
{
	add_extra(path, READ);
}

void
sandbox_write(const char *path)
{
	add_extra(path, WRITE);
}

/* The file rights that this kernel knows; denied unless a rule grants them. */
static uint64_t
fs_rights(int abi)
{
	return abi >= 5	  ? FS_ABI_5
	       : abi >= 3 ? FS_ABI_3
	       : abi == 2 ? FS_ABI_2
			  : FS_ABI_1;
}

static void
allow(int ruleset, int abi, const char *path, uint64_t allowed)
{
	struct path_beneath rule = { allowed & fs_rights(abi), -1 };
	struct stat st;

	rule.parent = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent < 0)
		return;
	if (fstat(rule.parent, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= FS_OF_FILE;
	if (syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0)
		fatal("landlock: rule for %s", path);
	close(rule.parent);
}

static int
new_ruleset(enum sandbox_profile profile, int abi)
{
	/* Without any rule for a port, TCP is out of reach altogether: right for all
	 * whose sockets were given to them. Whom the others may talk to is what the
	 * configuration says, so theirs stays open. */
	bool net = abi >= 4 && (ON_SOCKETS & 1U << profile) == 0;
	struct ruleset attr = {
		.fs = fs_rights(abi),
		.net = net ? NET_BIND | NET_CONNECT : 0,
		.scoped = abi >= 6 ? SCOPE_ALL : 0,
	};
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
	int fd = (int)syscall(CALL_CREATE_RULESET, &attr, size, 0);

	if (fd < 0)
		fatal("landlock: ruleset");
	return fd;
}

int
landlock_enter(enum sandbox_profile profile)
{
	int abi = (int)syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_VERSION);

	entered = true;
	if (abi <= 0)
		return 0;
	int ruleset = new_ruleset(profile, abi);
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (rules[i].profiles & 1U << profile)
			allow(ruleset, abi, rules[i].path, rules[i].allowed);
	for (size_t i = 0; i < extras; i++) {
		allow(ruleset, abi, extra[i].path, extra[i].allowed);
		free(extra[i].path);
	}
	free(extra);
	extra = NULL;
	extras = 0;
	if (syscall(CALL_RESTRICT_SELF, ruleset, 0) != 0)
		fatal("landlock");
	close(ruleset);
	return abi;
}
