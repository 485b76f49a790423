#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "link/sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include <sys/capability.h>

#include "base/addr.h"
#include "base/log.h"
#include "link/landlock.h"
#include "link/seccomp.h"

/* Empty every capability set. The bounding set needs a capability to be emptied: where
 * the parent had it, it is empty already. */
static void
drop_capabilities(void)
{
	cap_t none;

	for (cap_value_t c = 0; c < cap_max_bits(); c++)
		if (cap_drop_bound(c) != 0)
			break;
	if (cap_reset_ambient() != 0)
		log_debug("ambient capabilities: %s", strerror(errno));
	none = cap_init();
	if (none == NULL || cap_set_proc(none) != 0)
		fatal("cannot give up capabilities");
	cap_free(none);
}

static void
add(char *how, size_t size, const char *fmt, ...)
{
	size_t len = strlen(how);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(how + len, size - len, fmt, ap);
	va_end(ap);
}

static void
add_seccomp(enum sandbox_profile profile, char *how, size_t size)
{
#ifdef WITH_SANITIZERS
	/* Their runtime makes calls that no list of ours should have. */
	(void)profile;
	add(how, size, ", no seccomp (built with sanitizers)");
#else
	unsigned calls = seccomp_enter(profile);
	if (calls == 0)
		add(how, size, ", no seccomp in this kernel");
	else
		add(how, size, ", seccomp %u calls", calls);
#endif
}

void
sandbox_enter(enum sandbox_profile profile, char *how, size_t size)
{
	int abi;

	how[0] = '\0';
	if (profile == SANDBOX_RUNNER) {
		drop_capabilities();
		add(how, size, "no capabilities");
		return;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fatal("no-new-privs");
	drop_capabilities();
	add(how, size, "no-new-privs, no capabilities");
	abi = landlock_enter(profile);
	if (abi == 0)
		add(how, size, ", no landlock in this kernel");
	else
		add(how, size, ", landlock %d", abi);
	add_seccomp(profile, how, size);
	if (!seccomp_leaves_sockets(profile))
		addr_lock_in();
}
