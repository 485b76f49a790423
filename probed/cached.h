/* A line to rrdcached, which keeps updates of RRD files in memory for a while: what is
 * written goes through it, and a file is flushed before it is read. The parent opens
 * the line; with a line that breaks, it is asked for another, which first hears the
 * last rows once more: one that was killed has lost some of them. One line a process.
 */
#ifndef CACHED_H
#define CACHED_H

#include <stdbool.h>
#include <stddef.h>

/* Rows longer than this are no command for rrdcached. */
#define CACHED_ROW_MAX 3000

/* From now on the rrdcached at ADDRESS is used (NULL: none); AGAIN asks for a line to
 * it, and is called at most once a second. */
void cached_use(const char *address, void (*again)(void));
bool cached_used(void);
/* A line, which is taken over. */
void cached_line(int fd);

enum cached_answer {
	CACHED_DONE,
	CACHED_AWAY,	/* there is no line, or no answer on it */
	CACHED_REFUSED, /* it says what is wrong */
};

/* Add ROW ("time:value:...") to FILE, a path relative to the working directory. WHY
 * gets what is wrong, SIZE bytes. */
enum cached_answer cached_update(
    const char *file, const char *row, char *why, size_t size);
/* Have what is known of FILE written; CACHED_DONE at once where rrdcached is not used.
 * A file that it does not know is no fault. */
enum cached_answer cached_flush(const char *file, char *why, size_t size);

/* The path of the socket that ADDRESS ("unix:/path" or "/path") means; NULL when it
 * means something else. */
const char *cached_path(const char *address);
/* Connect to the socket at PATH: a descriptor, or -1 with errno. */
int cached_connect(const char *path);

#endif
