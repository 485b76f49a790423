#include "web/wish.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo"

bool
wish_zone_exists(const char *name)
{
	char path[sizeof ZONES + ZONE_NAME], magic[4] = "";

	if (!zone_is_name(name))
		return false;
	snprintf(path, sizeof path, "%s/%s", ZONES, name);
	/* Lists and folders are there as well. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
		  memcmp(magic, "TZif", sizeof magic) == 0;
	if (fd >= 0)
		close(fd);
	return is;
}

static void
parse(struct wish *w, const char *value)
{
	static const char *const themes[] = { "light", "dark" };
	size_t len = strcspn(value, ":; ");

	for (size_t i = 0; i < sizeof themes / sizeof themes[0]; i++)
		if (strlen(themes[i]) == len && strncmp(themes[i], value, len) == 0)
			snprintf(w->theme, sizeof w->theme, "%s", themes[i]);
	if (value[len] != ':')
		return;
	value += len + 1;
	len = strcspn(value, ":; ");
	if (len < sizeof w->zone) {
		memcpy(w->zone, value, len);
		w->zone[len] = '\0';
		if (!wish_zone_exists(w->zone))
			w->zone[0] = '\0';
	}
	for (value += len; *value == ':'; value += len) {
		value++;
		len = strcspn(value, ":; ");
		w->renew = w->renew || (len == 5 && strncmp(value, "renew", len) == 0);
		w->safe = w->safe || (len == 4 && strncmp(value, "safe", len) == 0);
	}
}

void
wish_find(struct wish *w, const char *cookies)
{
	const char *at = cookies;

	*w = (struct wish){ 0 };
	while (
	    at != NULL && strncmp(at, WISH_COOKIE "=", strlen(WISH_COOKIE "=")) != 0) {
		at = strchr(at, ';');
		at = at != NULL ? at + 1 + strspn(at + 1, " ") : NULL;
	}
	if (at != NULL)
		parse(w, at + strlen(WISH_COOKIE "="));
}
