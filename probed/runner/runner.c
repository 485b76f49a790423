/* The runner will execute the external programs that a configuration names. It is
 * started only where one does; as yet it runs none and says so. */
#include "base/log.h"
#include "link/worker.h"

static void
run(void *ctx)
{
	(void)ctx;
	log_warnx("programs that the configuration names (alerts with '|', sendmail) "
		  "are not run yet");
}

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_RUNNER,
		.sandbox = SANDBOX_RUNNER,
		.run = run,
	};

	worker_main(&ops);
}
