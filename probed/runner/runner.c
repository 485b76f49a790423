/* The runner will execute the external programs that a configuration names. It is
 * started only where one does; as yet it runs none and says so. */
#include <stdlib.h>

#include "base/log.h"
#include "link/worker.h"

static void
run(void *ctx)
{
	(void)ctx;
	log_warnx("programs that the configuration names (alerts with '|', sendmail) "
		  "are not run yet");
}

static int
message(void *ctx, struct link *link, struct msg_in *in)
{
	(void)ctx;
	(void)link;
	(void)in;
	return -1; /* nobody has anything to say to it yet */
}

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_RUNNER,
		.sandbox = SANDBOX_RUNNER,
		.run = run,
		.message = message,
	};

	worker_main(&ops);
}
