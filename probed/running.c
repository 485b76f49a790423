#include "running.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store.h"

/* An end may take 5 s. */
#define END_TRIES 80
#define END_PAUSE_NS 100000000L

/* Who holds a lock on the file ST, as the kernel says: what stands in the file is the
 * workers' to write, and we may be root. 0: nobody that we see. */
static pid_t
holder(const struct stat *st)
{
	FILE *in = fopen("/proc/locks", "re");
	char line[256];
	pid_t found = 0;

	while (in != NULL && found == 0 && fgets(line, sizeof line, in) != NULL) {
		unsigned major_nr, minor_nr;
		unsigned long inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major_nr,
			&minor_nr, &inode) == 4 &&
		    inode == st->st_ino && major_nr == major(st->st_dev) &&
		    minor_nr == minor(st->st_dev))
			found = pid > 0 ? pid : 0;
	}
	if (in != NULL)
		fclose(in);
	return found;
}

/* Its process. -1 with ERR when there is none here. */
static pid_t
running_pid(const char *datadir, struct err *err)
{
	char *path = mem_printf("%s/" STORE_LOCK, datadir);
	struct stat st;
	pid_t pid;

	if (lstat(path, &st) != 0) {
		err_set(err, "no probed runs on %s: %s: %s", datadir, path,
		    strerror(errno));
		free(path);
		return -1;
	}
	free(path);
	pid = holder(&st);
	if (pid != 0)
		return pid;
	return err_set(err,
	    "no probed runs on %s; one in another container is told by its own means, "
	    "such as 'docker kill -s HUP'",
	    datadir);
}

static int
tell(pid_t pid, int sig, struct err *err)
{
	if (kill(pid, sig) == 0)
		return 0;
	return err_set(err, "probed, pid %ld: %s", (long)pid, strerror(errno));
}

int
running_reload(const char *datadir, struct err *err)
{
	pid_t pid = running_pid(datadir, err);

	if (pid < 0 || tell(pid, SIGHUP, err) != 0)
		return -1;
	printf("probed, pid %ld, looks at its configuration: its messages and "
	       "'probectl status' tell the outcome\n",
	    (long)pid);
	return 0;
}

int
running_end(const char *datadir, struct err *err)
{
	static const struct timespec pause = { 0, END_PAUSE_NS };
	pid_t pid = running_pid(datadir, err), now = pid;

	if (pid < 0)
		return 0;
	if (tell(pid, SIGTERM, err) != 0)
		return -1;
	for (unsigned i = 0; i < END_TRIES && now == pid; i++) {
		nanosleep(&pause, NULL);
		now = running_pid(datadir, NULL);
	}
	if (now == pid)
		return err_set(err, "probed, pid %ld, does not end", (long)pid);
	return 0;
}
