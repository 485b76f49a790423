/* The courier carries things off the box. As yet no configuration names a receiver that
 * it serves, so it keeps its place: locked in, beating, with its line to the recorder.
 */
#include "link/worker.h"

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_COURIER,
		.sandbox = SANDBOX_COURIER,
	};

	worker_main(&ops);
}
