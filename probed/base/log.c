#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/zone.h"

static const char *log_name = "smokebox";
static enum log_level log_threshold = LOG_LEVEL_INFO;
static bool log_journal;

/* The variable is inherited far beyond: what counts is whether its stream, "DEV:INODE",
 * is ours. */
static bool
log_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long dev, inode;
	struct stat st;

	return text != NULL && sscanf(text, "%llu:%llu", &dev, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == inode;
}

void
log_init(const char *name, enum log_level level)
{
	log_name = name;
	log_threshold = level;
	log_journal = log_is_journal();
}

void
log_set_level(enum log_level level)
{
	log_threshold = level;
}

enum log_level
log_get_level(void)
{
	return log_threshold;
}

int
log_to_file(const char *file)
{
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	int ok = dup2(fd, STDERR_FILENO);
	close(fd);
	log_journal = false;
	return ok < 0 ? -1 : 0;
}

/* One write() per line, so that lines of several processes do not mix. */
static void
log_line(enum log_level level, int err, const char *fmt, va_list ap)
{
	static const int priority[] = { 4, 6, 7 };
	char line[2048];
	size_t at = 0, room = sizeof line - 1;

	if (log_journal) {
		at += (size_t)snprintf(line, room, "<%d>", priority[level]);
	} else {
		time_t now = (time_t)(clock_wall_s());
		char reader[ZONE_NAME];
		struct tm tm;
		/* The log keeps its zone, whoever is being answered. */
		snprintf(reader, sizeof reader, "%s", zone_used());
		zone_use("");
		localtime_r(&now, &tm);
		zone_use(reader);
		at += strftime(line, room, "%Y-%m-%d %H:%M:%S ", &tm);
	}
	at += (size_t)snprintf(line + at, room - at, "%s: %s", log_name,
	    level == LOG_LEVEL_WARN ? "warning: " : "");
	int n = vsnprintf(line + at, room - at, fmt, ap);
	at = n < 0 || (size_t)n >= room - at ? room - 1 : at + (size_t)n;
	if (err != 0 && at < room - 1) {
		n = snprintf(line + at, room - at, ": %s", strerror(err));
		at = n < 0 || (size_t)n >= room - at ? room - 1 : at + (size_t)n;
	}
	/* What an outsider sent must not forge a second line. */
	for (size_t i = 0; i < at; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	line[at++] = '\n';
	ssize_t written = write(STDERR_FILENO, line, at);
	(void)written; /* nowhere left to complain */
}

#define LOG_BODY(level, err)                                                           \
	do {                                                                           \
		int saved_ = errno;                                                    \
		if ((level) <= log_threshold) {                                        \
			va_list ap_;                                                   \
			va_start(ap_, fmt);                                            \
			log_line((level), (err), fmt, ap_);                            \
			va_end(ap_);                                                   \
		}                                                                      \
		errno = saved_;                                                        \
	} while (0)

void
log_warn(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_WARN, errno);
}

void
log_warnx(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_WARN, 0);
}

void
log_info(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_INFO, 0);
}

void
log_debug(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_DEBUG, 0);
}

void
fatal(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_WARN, errno);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_WARN, 0);
	exit(1);
}

bool
log_allowed(struct log_limit *limit, unsigned seconds, unsigned *skipped)
{
	int64_t now = clock_mono_ns();

	if (now < limit->next_ns) {
		limit->skipped++;
		return false;
	}
	if (skipped != NULL)
		*skipped = limit->skipped;
	limit->skipped = 0;
	limit->next_ns = now + seconds * CLOCK_NS_PER_S;
	return true;
}

int
err_set(struct err *err, const char *fmt, ...)
{
	if (err != NULL) {
		int saved = errno;
		va_list ap;
		va_start(ap, fmt);
		vsnprintf(err->text, sizeof err->text, fmt, ap);
		va_end(ap);
		errno = saved;
	}
	return -1;
}
