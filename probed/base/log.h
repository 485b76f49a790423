/* Messages to the operator, and the error text that rooms hand upwards. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

enum log_level {
	LOG_LEVEL_WARN,	 /* someone should look */
	LOG_LEVEL_INFO,	 /* life cycle */
	LOG_LEVEL_DEBUG, /* per round */
};

/* Where a complaint belongs. FILE may be NULL; it must outlive the holder. */
struct place {
	const char *file;
	unsigned line;
};

/* One complaint: what is wrong and what was expected. Filled by the room that
 * found it, printed by the room that knows whom to tell. */
struct err {
	char text[512];
};

/* Name this process NAME (kept, not copied) in every line that follows and let
 * lines up to LEVEL through to standard error. Where that is systemd's journal (as
 * JOURNAL_STREAM says) lines carry a priority prefix, elsewhere the time. */
void log_init(const char *name, enum log_level level);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* Reopen standard error onto FILE, appending. 0, or -1 with errno set. */
int log_to_file(const char *file);

/* The x-forms leave out errno's text. errno survives every call. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Log and leave with exit status 1. For faults after which this process has no
 * honest way to go on. */
void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void fatalx(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* True at most once per SECONDS for one LIMIT, which starts zeroed and belongs to
 * the call site: an outsider must not be able to write our log for us. SKIPPED, if
 * not NULL, tells how many calls were refused since the last one let through. */
struct log_limit {
	long long next_ns;
	unsigned skipped;
};
bool log_allowed(struct log_limit *limit, unsigned seconds, unsigned *skipped);

/* Write a complaint into ERR (which may be NULL) and return -1, so that a caller
 * can say: return err_set(err, ...). */
int err_set(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
