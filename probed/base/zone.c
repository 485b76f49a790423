#include "base/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

static char used[ZONE_NAME];

bool
zone_is_name(const char *name)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_+-/";
	size_t len = strlen(name);

	/* Zones below right/ count leap seconds, which clocks do not. */
	return len > 0 && len < ZONE_NAME && strspn(name, letters) == len &&
	       name[0] != '/' && strncmp(name, "right/", strlen("right/")) != 0;
}

void
zone_use(const char *name)
{
	static char *own;
	static bool known;

	if (strcmp(name, used) == 0)
		return;
	if (!known && getenv("TZ") != NULL)
		own = mem_str(getenv("TZ"));
	known = true;
	snprintf(used, sizeof used, "%s", name);
	if (*name != '\0')
		setenv("TZ", name, 1);
	else if (own != NULL)
		setenv("TZ", own, 1);
	else
		unsetenv("TZ");
	tzset();
}

const char *
zone_used(void)
{
	return used;
}
