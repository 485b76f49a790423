#include "base/container.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
container_inside(void)
{
	const char *test = getenv("SMOKEBOX_TEST");

	return access("/.dockerenv", F_OK) == 0 ||
	       access("/run/.containerenv", F_OK) == 0 ||
	       (test != NULL && strstr(test, "container") != NULL);
}
