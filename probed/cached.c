#include "cached.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* A disk may be slow, and a reader waits. */
#define PATIENCE_NS (2 * CLOCK_NS_PER_S)
#define AGAIN_NS CLOCK_NS_PER_S
/* One that takes lines and does not answer is left alone for so long. */
#define HANGS_NS (10 * CLOCK_NS_PER_S)
#define LINE_MAX_BYTES 4096 /* rrdcached's own limit, both ways */
/* Its journal goes through a buffer of stdio, of a block of the file system, and is not
 * flushed: what it took last is lost when it is killed (rrdcached 1.7). At least half
 * of this is said again to the next one. */
#define TAKEN_BYTES (64 * 1024)

static struct {
	char *address; /* NULL: not used */
	void (*again)(void);
	int64_t asked_ns;
	int fd;
	char buf[LINE_MAX_BYTES];
	size_t have;
	char *taken; /* the last updates that it took, a line each; NULL: none yet */
	size_t taken_len;
	bool again_due; /* they are to be said to this line first */
} self = { .fd = -1 };

/* --- the line -------------------------------------------------------------------- */

static void
lose(void)
{
	if (self.fd >= 0)
		close(self.fd);
	self.fd = -1;
	self.have = 0;
}

void
cached_line(int fd)
{
	lose();
	self.fd = fd;
	self.again_due = self.taken_len != 0;
}

void
cached_use(const char *address, void (*again)(void))
{
	bool same = address != NULL && self.address != NULL &&
		    strcmp(address, self.address) == 0;

	self.again = again;
	if (same)
		return;
	/* At the start the line comes first. */
	if (address == NULL || self.address != NULL)
		lose();
	free(self.address);
	self.taken_len = 0; /* the one before still has them */
	self.address = mem_str(address);
	self.asked_ns = 0;
}

bool
cached_used(void)
{
	return self.address != NULL;
}

static bool
have_line(void)
{
	int64_t now = clock_mono_ns();

	if (self.fd >= 0)
		return true;
	if (self.again != NULL &&
	    (self.asked_ns == 0 || now - self.asked_ns > AGAIN_NS)) {
		self.asked_ns = now;
		self.again();
	}
	return self.fd >= 0;
}

/* Wait for EVENTS until UNTIL_NS. */
static bool
ready(short events, int64_t until_ns)
{
	struct pollfd p = { self.fd, events, 0 };

	for (;;) {
		int64_t left = (until_ns - clock_mono_ns()) / CLOCK_NS_PER_MS;
		int r = poll(&p, 1, left > 0 ? (int)left : 0);

		if (r >= 0 || errno != EINTR)
			return r > 0;
	}
}

static bool
put(const char *text, size_t len, int64_t until_ns)
{
	while (len > 0) {
		ssize_t n = send(self.fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
		} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (!ready(POLLOUT, until_ns))
				return false;
		} else {
			return false;
		}
	}
	return true;
}

/* The next line of an answer into LINE, which is LINE_MAX_BYTES. */
static bool
get_line(char *line, int64_t until_ns)
{
	for (;;) {
		char *end = memchr(self.buf, '\n', self.have);

		if (end != NULL) {
			size_t len = (size_t)(end - self.buf);

			memcpy(line, self.buf, len);
			line[len] = '\0';
			self.have -= len + 1;
			memmove(self.buf, end + 1, self.have);
			return true;
		}
		if (self.have == sizeof self.buf || !ready(POLLIN, until_ns))
			return false;
		ssize_t n = recv(self.fd, self.buf + self.have,
		    sizeof self.buf - self.have, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (n > 0)
			self.have += (size_t)n;
	}
}

/* Send COMMAND on the line that there is; its answer is a line with a number (of lines
 * that follow, or below 0 for a fault) and words. */
static enum cached_answer
talk(const char *command, size_t len, char *why, size_t size)
{
	int64_t until_ns = clock_mono_ns() + PATIENCE_NS;
	char line[LINE_MAX_BYTES], *words;
	long more;

	if (!put(command, len, until_ns) || !get_line(line, until_ns))
		goto away;
	more = strtol(line, &words, 10);
	if (words == line)
		goto away;
	if (more < 0) {
		snprintf(why, size, "rrdcached: %s", words + (*words == ' '));
		return CACHED_REFUSED;
	}
	for (; more > 0; more--)
		if (!get_line(line, until_ns))
			goto away;
	return CACHED_DONE;
away:
	if (clock_mono_ns() >= until_ns)
		self.asked_ns = clock_mono_ns() + HANGS_NS;
	snprintf(why, size, "rrdcached does not answer");
	lose();
	return CACHED_AWAY;
}

/* --- what it took ---------------------------------------------------------------- */

/* It took the update LINE, of LEN bytes. */
static void
keep_taken(const char *line, size_t len)
{
	if (self.taken == NULL)
		self.taken = mem_alloc(TAKEN_BYTES);
	if (self.taken_len + len > TAKEN_BYTES) {
		const char *from = self.taken + self.taken_len - TAKEN_BYTES / 2;
		const char *end = self.taken + self.taken_len;

		from = memchr(from, '\n', (size_t)(end - from));
		self.taken_len = (size_t)(end - (from + 1));
		memmove(self.taken, from + 1, self.taken_len);
	}
	memcpy(self.taken + self.taken_len, line, len);
	self.taken_len += len;
}

/* What begins with START, an update of one file, is on the disk now. */
static void
forget_taken(const char *start, size_t len)
{
	size_t to = 0, next;

	for (size_t at = 0; at < self.taken_len; at = next) {
		const char *line = self.taken + at;
		const char *end = memchr(line, '\n', self.taken_len - at);

		next = (size_t)(end + 1 - self.taken);
		if (next - at > len && memcmp(line, start, len) == 0)
			continue;
		memmove(self.taken + to, line, next - at);
		to += next - at;
	}
	self.taken_len = to;
}

/* Say all of it to a new line, which refuses what it has; false when the line is lost
 * over it. */
static bool
say_again(char *why, size_t size)
{
	size_t next;

	for (size_t at = 0; self.again_due && at < self.taken_len; at = next) {
		const char *line = self.taken + at;
		const char *end = memchr(line, '\n', self.taken_len - at);

		next = (size_t)(end + 1 - self.taken);
		if (talk(line, next - at, why, size) == CACHED_AWAY)
			return false;
	}
	self.again_due = false;
	return true;
}

static enum cached_answer
exchange(const char *command, size_t len, char *why, size_t size)
{
	if (!have_line()) {
		snprintf(why, size, "rrdcached is away");
		return CACHED_AWAY;
	}
	return say_again(why, size) ? talk(command, len, why, size) : CACHED_AWAY;
}

/* --- commands -------------------------------------------------------------------- */

/* "VERB /data/A/B.rrd REST\n"; -1 when it does not fit. Paths of ours have no blanks,
 * but those of others, in front, may: a backslash stands before these. */
static int
command(char *out, size_t size, const char *verb, const char *file, const char *rest)
{
	char dir[2048];
	size_t at;

	if (getcwd(dir, sizeof dir) == NULL)
		return -1;
	at = (size_t)snprintf(out, size, "%s ", verb);
	for (const char *p = dir; *p != '\0'; p++) {
		if (at + 3 > size)
			return -1;
		if (*p == ' ' || *p == '\\')
			out[at++] = '\\';
		out[at++] = *p;
	}
	int n = snprintf(
	    out + at, size - at, "/%s%s%s\n", file, rest[0] != '\0' ? " " : "", rest);
	return n < 0 || (size_t)n >= size - at ? -1 : (int)at + n;
}

enum cached_answer
cached_update(const char *file, const char *row, char *why, size_t size)
{
	char line[LINE_MAX_BYTES];
	int len = command(line, sizeof line, "UPDATE", file, row);

	if (len < 0) {
		snprintf(why, size, "%s: its row is too long for rrdcached", file);
		return CACHED_REFUSED;
	}
	enum cached_answer answer = exchange(line, (size_t)len, why, size);
	if (answer == CACHED_DONE)
		keep_taken(line, (size_t)len);
	return answer;
}

enum cached_answer
cached_flush(const char *file, char *why, size_t size)
{
	char line[LINE_MAX_BYTES];
	enum cached_answer answer;
	int len;

	if (self.address == NULL)
		return CACHED_DONE;
	len = command(line, sizeof line, "FLUSH", file, "");
	if (len < 0)
		return CACHED_DONE; /* nor can it have been updated */
	answer = exchange(line, (size_t)len, why, size);
	if (answer == CACHED_REFUSED && strstr(why, "No such file") != NULL)
		answer = CACHED_DONE;
	len = command(line, sizeof line, "UPDATE", file, "");
	if (answer == CACHED_DONE && len > 0) {
		line[len - 1] = ' '; /* was the end of the line */
		forget_taken(line, (size_t)len);
	}
	return answer;
}

/* --- connecting ------------------------------------------------------------------ */

const char *
cached_path(const char *address)
{
	if (strncmp(address, "unix:", 5) == 0)
		address += 5;
	return address[0] == '/' &&
		       strlen(address) < sizeof((struct sockaddr_un *)NULL)->sun_path
		   ? address
		   : NULL;
}

int
cached_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&sun, sizeof sun) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}
