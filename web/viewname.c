#include "web/viewname.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "web/request.h"

#define WHAT_MAX 120 /* bytes; file systems take 255 of a name */

/* The time in a file name: no colon, which not every file system takes. */
static void
put_time(char *buf, size_t size, int64_t when)
{
	time_t at = (time_t)when;
	struct tm tm;

	if (localtime_r(&at, &tm) == NULL ||
	    strftime(buf, size, "%Y-%m-%d_%H%M", &tm) == 0)
		snprintf(buf, size, "%lld", (long long)when);
}

void
viewname_set(struct request *r, enum view_use use, const char *what, int64_t start,
    int64_t end, const char *ext)
{
	char name[WHAT_MAX + 1], from[40], to[40], text[sizeof name + 160];
	size_t len = 0;

	for (; *what != '\0' && len < WHAT_MAX; what++)
		if (isalnum((unsigned char)*what) || strchr("._~-", *what) != NULL)
			name[len++] = *what;
	name[len] = '\0';
	put_time(from, sizeof from, start);
	put_time(to, sizeof to, end);
	snprintf(text, sizeof text, "%s; filename=\"%s%s%s_to_%s.%s\"",
	    use == VIEW_SHOWN ? "inline" : "attachment", name, len > 0 ? "_" : "", from,
	    to, ext);
	request_set_header(r, "Content-Disposition", text);
}
