/* probectl, the operator's tool: its commands and what they share. Each is called with
 * its own name as argv[0] and returns an exit status. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/log.h"

/* Where the daemon is to be found, as the options say; NULL: not said. */
struct ctl {
	const char *data, *config, *url;
};

/* The data directory of the daemon that is meant; the caller's to free. NULL with ERR. */
char *ctl_data(const struct ctl *ctl, struct err *err);
/* Fetch PATH ("/api/v1/status") from the daemon. BODY is the caller's to free and ends
 * with a NUL. Returns the HTTP status, or -1 with ERR saying what is wrong and what to
 * do. */
int ctl_get(const struct ctl *ctl, const char *path, char **body, struct err *err);
/* Likewise, but post there, and wait up to a minute for what comes of it. */
int ctl_post(const struct ctl *ctl, const char *path, char **body, struct err *err);

/* These ask the daemon: 0, 1 (it does not answer, or is not well), 2 bad usage. */
#define CTL_FAILED 1
#define CTL_USAGE 2
int ctl_status(const struct ctl *ctl, int argc, char **argv);
int ctl_health(const struct ctl *ctl, int argc, char **argv);
int ctl_targets(const struct ctl *ctl, int argc, char **argv);
int ctl_events(const struct ctl *ctl, int argc, char **argv);
int ctl_explain(const struct ctl *ctl, int argc, char **argv);
/* events --replay: when would PATTERN have held at TARGET? */
int ctl_replay(const struct ctl *ctl, const char *pattern, const char *target);
int ctl_note(const struct ctl *ctl, int argc, char **argv);
int ctl_silence(const struct ctl *ctl, int argc, char **argv);
int ctl_notify(const struct ctl *ctl, int argc, char **argv);
int ctl_password(const struct ctl *ctl, int argc, char **argv);
int ctl_traffic(const struct ctl *ctl, int argc, char **argv);
int ctl_loadtest(const struct ctl *ctl, int argc, char **argv);
int ctl_forget(const struct ctl *ctl, int argc, char **argv);

/* probectl migrate [--apply [FROM=TO...]], parity OLD NEW: these read files, no daemon
 * is needed. Statuses as above. */
int ctl_migrate(const struct ctl *ctl, int argc, char **argv);
int ctl_parity(const struct ctl *ctl, int argc, char **argv);
/* probectl smokeinfo, tsmoke: becomes the program probectl-report. */
int ctl_report(const struct ctl *ctl, int argc, char **argv);

/* probectl ping [-c N] [-p MS] [-t MS] HOST...: pings from here, without a daemon.
 * Lines as of fping -C, and its exit status: 0 all answered, 1 some did not, 2 a name
 * was not found, 3 bad usage, 4 no socket. */
int ctl_ping(int argc, char **argv);

/* probectl path [...] HOST: the hops on the way there, without a daemon: 0 it answers, 1
 * it does not, 2 its name was not found, 3 bad usage, 4 no socket. */
int ctl_path(int argc, char **argv);
/* path --targets: print, behind hashes, what is proposed to be added to Targets. */
int ctl_way_targets(const struct ctl *ctl);
/* path TARGET: print what the daemon knows of the way to its target NAME. 0, or -1 and
 * nothing printed: there is no daemon, or it has no such target, or no way to it, when
 * its host is in *HOST, to be freed; else NULL. */
int ctl_way(const struct ctl *ctl, const char *name, char **host);

/* probectl decode [--format tsv|json] [--counters] FILE...: flows in capture files, without
 * a daemon: 0, 1 (a file cannot be read), 2 bad usage. */
int ctl_decode(int argc, char **argv);

/* probectl analyze ... FILE...: what captures of flows or packets prove, without a daemon.
 * Statuses as above. */
int ctl_analyze(const struct ctl *ctl, int argc, char **argv);

#endif
