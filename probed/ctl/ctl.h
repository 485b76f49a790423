/* probectl, the operator's tool: its commands and what they share. Each is called with
 * its own name as argv[0] and returns an exit status. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/log.h"

/* Where the daemon is to be found, as the options say; NULL: not said. */
struct ctl {
	const char *data, *config, *url;
};

/* Fetch PATH ("/api/v1/status") from the daemon. BODY is the caller's to free and ends
 * with a NUL. Returns the HTTP status, or -1 with ERR saying what is wrong and what to
 * do. */
int ctl_get(const struct ctl *ctl, const char *path, char **body, struct err *err);

/* These ask the daemon: 0, 1 (it does not answer, or is not well), 2 bad usage. */
#define CTL_FAILED 1
#define CTL_USAGE 2
int ctl_status(const struct ctl *ctl, int argc, char **argv);
int ctl_health(const struct ctl *ctl, int argc, char **argv);
int ctl_targets(const struct ctl *ctl, int argc, char **argv);

/* probectl ping [-c N] [-p MS] [-t MS] HOST...: pings from here, without a daemon.
 * Lines as of fping -C, and its exit status: 0 all answered, 1 some did not, 2 a name
 * was not found, 3 bad usage, 4 no socket. */
int ctl_ping(int argc, char **argv);

#endif
