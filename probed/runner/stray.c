#include "runner/stray.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

void
strays_end(bool (*ours)(pid_t pid))
{
	static struct log_limit limit;
	pid_t stray[STRAYS_MAX * 4];
	unsigned n = 0;
	char path[64];
	int pid;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	FILE *in = fopen(path, "re");
	if (in == NULL)
		return;
	while (n < sizeof stray / sizeof stray[0] && fscanf(in, "%d", &pid) == 1)
		if (!ours(pid))
			stray[n++] = pid;
	fclose(in);
	if (n <= STRAYS_MAX)
		return;
	if (log_allowed(&limit, 60, NULL))
		log_warnx("%u processes were left behind by programs: ended", n);
	while (n > 0)
		kill(stray[--n], SIGKILL);
}
