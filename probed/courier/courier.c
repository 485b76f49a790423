/* The courier carries things off the box. As yet no configuration names a receiver that
 * it serves, so it keeps its place: locked in, beating, with its line to the recorder.
 */
#include <stdlib.h>

#include "link/worker.h"

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
		.room = ROOM_COURIER,
		.sandbox = SANDBOX_COURIER,
		.message = message,
	};

	worker_main(&ops);
}
