/* Lines for the operator, and for the journal. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/tap.h"

static char path[] = "/tmp/smokebox-log.XXXXXX";
static char line[4096];

/* What log_warnx() writes of TEXT, under JOURNAL_STREAM=STREAM. */
static const char *
warned(const char *stream, const char *text)
{
	int fd = open(path, O_RDWR | O_TRUNC), before = dup(STDERR_FILENO);

	setenv("JOURNAL_STREAM", stream, 1);
	dup2(fd, STDERR_FILENO);
	log_init("test", LOG_LEVEL_INFO);
	errno = EMLINK;
	log_warnx("%s", text);
	ok(errno == EMLINK, "errno survives");
	dup2(before, STDERR_FILENO);
	ssize_t n = pread(fd, line, sizeof line - 1, 0);
	line[n < 0 ? 0 : n] = '\0';
	close(before);
	close(fd);
	return line;
}

int
main(void)
{
	char own[64], text[4000];
	struct stat st;
	int fd = mkstemp(path);

	fstat(fd, &st);
	close(fd);
	snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	is_str(warned(own, "hello"), "<4>test: warning: hello\n",
	    "in the journal a line has its priority");
	ok(warned("1:2", "hello")[0] == '2', "elsewhere its time");
	is_str(line + 20, "test: warning: hello\n", "and the same text");
	ok(warned("nonsense", "hello")[0] == '2', "whatever the variable says");
	is_str(warned(own, "a\nb\033[1m"), "<4>test: warning: a b [1m\n",
	    "what is quoted makes no second line and steers no terminal");
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	is_int((long long)strlen(warned(own, text)), 2047, "a long one is cut");
	is_str(line + 2044, "xx\n", "but ended");
	unlink(path);
	return tap_done();
}
