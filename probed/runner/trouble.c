#include "runner/trouble.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probes/answers.h"

/* It could not be started, for lack of something that we share with it? */
static bool
is_shortage(int error)
{
	return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

void
trouble_of(struct times *t, const char *program, const struct exec_result *r)
{
	enum ping_outcome why = PING_NOT_SENT;
	char what[120] = "";

	switch (r->end) {
	case EXEC_EXITED:
		return;
	case EXEC_SIGNALLED:
		snprintf(what, sizeof what, "it was ended by signal %d (%s)", r->code,
		    strsignal(r->code));
		break;
	case EXEC_TIMEOUT:
		why = PING_TIMEOUT;
		snprintf(what, sizeof what, "timeout (%.0f s) reached, killing it",
		    (double)r->ran_ns / CLOCK_NS_PER_S);
		break;
	case EXEC_FLOODED:
		snprintf(what, sizeof what, "it wrote without end, killing it");
		break;
	case EXEC_WAITED:
		snprintf(what, sizeof what,
		    "it had to wait for others of this probe (see forks)");
		break;
	case EXEC_FAILED:
		why = is_shortage(r->code) ? PING_NOT_SENT : PING_CANNOT;
		snprintf(what, sizeof what, "%s", strerror(r->code));
		break;
	}
	answers_blame(t, program, why, what);
}
