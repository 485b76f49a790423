/* The worker that executes the programs that a configuration names; the only one that
 * may. It measures with them as the prober does with its sockets, and runs for the courier
 * those that are told of news. */
#include "prober/checkup.h"
#include "prober/prober.h"
#include "runner/askpass.h"
#include "runner/errands.h"

int
main(int argc, char **argv)
{
	askpass_main(argc, argv);
	checkup_main(argc, argv, MODULE_RUNNER);
	prober_main(ROOM_RUNNER, SANDBOX_RUNNER, MODULE_RUNNER, &errands, NULL);
}
