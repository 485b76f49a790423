/* probectl ping alone, for tests that need no other command. */
#include "base/log.h"
#include "ctl/ctl.h"

int
main(int argc, char **argv)
{
	log_init("ping", LOG_LEVEL_WARN);
	return ctl_ping(argc, argv);
}
