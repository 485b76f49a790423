/* The worker that measures, and answers others that do. */
#include "probes/reflector.h"
#include "prober/checkup.h"
#include "prober/prober.h"
#include "prober/walker.h"

int
main(int argc, char **argv)
{
	static const struct prober_guest reflector = { .kind = SOCKET_STAMP,
		.socket = reflector_socket,
		.open = reflector_open,
		.configure = reflector_configure,
		.listen = reflector_listen,
		.close = reflector_close };

	checkup_main(argc, argv, MODULE_PROBER);
	prober_main(ROOM_PROBER, SANDBOX_PROBER, MODULE_PROBER, &reflector, &walker);
}
