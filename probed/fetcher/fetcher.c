/* The worker that measures what is heavy: the prober once more, with other kinds of
 * measurement. */
#include "fetcher/loadtest.h"
#include "prober/checkup.h"
#include "prober/prober.h"

int
main(int argc, char **argv)
{
	checkup_main(argc, argv, MODULE_FETCHER);
	prober_main(
	    ROOM_FETCHER, SANDBOX_PROBER, MODULE_FETCHER, &loadtest_guest, NULL);
}
