/* The commands of probectl that live in files of their own. Each is called with its own
 * name as argv[0] and returns an exit status. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

/* probectl ping [-c N] [-p MS] [-t MS] HOST...: pings from here, without a daemon.
 * Lines as of fping -C, and its exit status: 0 all answered, 1 some did not, 2 a name
 * was not found, 3 bad usage, 4 no socket. */
int ctl_ping(int argc, char **argv);

#endif
