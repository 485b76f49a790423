#include "recorder/rawlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define LOG_S 60
#define STAMP_MAX 128

/* "A/B.DATE.csv"; NULL where FORMAT makes no name of it. */
static char *
name_of(const char *file, const char *format, int64_t epoch)
{
	time_t when = (time_t)epoch;
	char stamp[STAMP_MAX];
	size_t stem = strlen(file) - strlen(".rrd");
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL ||
	    strftime(stamp, sizeof stamp, format, &tm) == 0)
		return NULL;
	for (char *p = stamp; *p != '\0'; p++)
		if (*p == '/' || (unsigned char)*p < ' ')
			*p = '-';
	return mem_printf("%.*s.%s.csv", (int)stem, file, stamp);
}

void
rawlog_add(const char *file, const char *format, int64_t when, const char *row)
{
	static struct log_limit limit;
	char *name = name_of(file, format, when), *line;
	size_t len;
	int fd;

	if (name == NULL) {
		if (log_allowed(&limit, LOG_S, NULL))
			log_warnx(
			    "%s: rawlog = %s makes no name of a file", file, format);
		return;
	}
	line = mem_printf("%s\n", row);
	len = strlen(line);
	for (char *p = line; *p != '\0'; p++)
		if (*p == ':')
			*p = '\t';
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
	errno = fd < 0 ? errno : ENOSPC; /* of a write that is short */
	if ((fd < 0 || write(fd, line, len) != (ssize_t)len) &&
	    log_allowed(&limit, LOG_S, NULL))
		log_warn("rawlog: %s", name);
	if (fd >= 0)
		close(fd);
	free(line);
	free(name);
}
