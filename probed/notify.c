#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"

static int notify_fd = -1;
static struct sockaddr_un manager;
static socklen_t manager_len;

void
notify(const char *state)
{
	if (notify_fd < 0)
		return;
	if (sendto(notify_fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
		(struct sockaddr *)&manager, manager_len) < 0)
		log_debug("service manager: %s", strerror(errno));
}

static void
on_pat(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	notify("WATCHDOG=1");
}

static void
start_patting(struct event_base *base)
{
	const char *text = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	long long usec = text == NULL ? 0 : atoll(text) / 2;
	struct timeval every = { usec / 1000000, usec % 1000000 };
	struct event *ev;

	if (usec <= 0 || (pid != NULL && atol(pid) != (long)getpid()))
		return;
	ev = event_new(base, -1, EV_PERSIST, on_pat, NULL);
	if (ev == NULL || event_add(ev, &every) != 0)
		fatalx("no timer for the watchdog");
}

void
notify_init(struct event_base *base)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path == NULL ? 0 : strlen(path);

	if (len > 1 && len < sizeof manager.sun_path &&
	    (path[0] == '/' || path[0] == '@')) {
		manager.sun_family = AF_UNIX;
		memcpy(manager.sun_path, path, len);
		if (path[0] == '@')
			manager.sun_path[0] = '\0'; /* an abstract name */
		manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
		notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		start_patting(base);
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}
