/* The line to rrdcached: what it took last is said again to the next one. The other end
 * is a child that writes down what it hears before it answers. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "cached.h"
#include "t/tap.h"

#define HEARD "heard"
#define MANY 3000

static char why[512];
static pid_t other;

/* Answer each line that comes on FD with ANSWER, and write it down. */
static void
serve(int fd, const char *answer)
{
	int log = open(HEARD, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char line[512];
	size_t len = 0;

	while (read(fd, line + len, 1) == 1) {
		if (line[len++] != '\n' && len < sizeof line)
			continue;
		if (write(log, line, len) != (ssize_t)len ||
		    write(fd, answer, strlen(answer)) < 0)
			_exit(1);
		len = 0;
	}
	_exit(0);
}

/* A new line, whose other end says ANSWER to everything. */
static void
new_line(const char *answer)
{
	pid_t before = other;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		perror("socketpair");
		exit(1);
	}
	cached_line(pair[0]); /* ends the one before */
	if (before != 0)
		waitpid(before, NULL, 0);
	other = fork();
	if (other == 0) {
		close(pair[0]);
		serve(pair[1], answer);
	}
	close(pair[1]);
}

/* The file of what the other end heard; the caller frees. */
static char *
heard(size_t *len)
{
	int fd = open(HEARD, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		perror(HEARD);
		exit(1);
	}
	char *text = mem_zero((size_t)st.st_size + 1, 1);
	if (read(fd, text, (size_t)st.st_size) != st.st_size)
		perror(HEARD);
	close(fd);
	*len = (size_t)st.st_size;
	return text;
}

/* What it heard is WANTED, with "#" for the directory in front of the files. */
static void
heard_is(const char *wanted, const char *what)
{
	char dir[4096], *out;
	size_t len;
	char *text = heard(&len), *to = text;

	if (getcwd(dir, sizeof dir) == NULL)
		dir[0] = '\0';
	while ((out = strstr(to, dir)) != NULL) {
		*out = '#';
		memmove(out + 1, out + strlen(dir), strlen(out + strlen(dir)) + 1);
		to = out + 1;
	}
	is_str(text, wanted, what);
	free(text);
}

static bool
put(const char *file, int row)
{
	char text[64];

	snprintf(text, sizeof text, "%d:U:0", row);
	return cached_update(file, text, why, sizeof why) == CACHED_DONE;
}

static void
again(void)
{
	new_line("0 errors\n");
	ok(put("a", 1) && put("b", 1) && put("a", 2), "three rows");
	heard_is(
	    "UPDATE #/a 1:U:0\nUPDATE #/b 1:U:0\nUPDATE #/a 2:U:0\n", "are heard once");
	new_line("0 errors\n");
	ok(put("b", 2), "one more, on another line");
	heard_is("UPDATE #/a 1:U:0\nUPDATE #/b 1:U:0\nUPDATE #/a 2:U:0\n"
		 "UPDATE #/b 2:U:0\n",
	    "which hears those before it first");
	ok(put("b", 3), "and another one");
	is_int(cached_flush("b", why, sizeof why), CACHED_DONE, "a file is written");
	new_line("-1 illegal attempt to update using time 1\n");
	is_int(cached_update("a", "3:U:0", why, sizeof why), CACHED_REFUSED,
	    "one that has all refuses all");
	heard_is("UPDATE #/a 1:U:0\nUPDATE #/a 2:U:0\nUPDATE #/a 3:U:0\n",
	    "and hears nothing of what was written");
	new_line("0 errors\n");
	ok(put("a", 3), "what was refused was not taken");
	heard_is("UPDATE #/a 1:U:0\nUPDATE #/a 2:U:0\nUPDATE #/a 3:U:0\n",
	    "and is not said again by itself");
}

/* A line that ends in the midst of it, and one that does not answer in words. */
static void
broken(void)
{
	new_line("what?\n");
	is_int(cached_update("a", "4:U:0", why, sizeof why), CACHED_AWAY,
	    "no answer that can be understood");
	new_line("0 errors\n");
	ok(put("a", 4), "the next line");
	heard_is("UPDATE #/a 1:U:0\nUPDATE #/a 2:U:0\nUPDATE #/a 3:U:0\n"
		 "UPDATE #/a 4:U:0\n",
	    "hears all of it");
}

static void
bounded(void)
{
	bool good = true;
	size_t len;
	int row = 0, at;

	for (int i = 1; i <= MANY; i++)
		good = good && put("many", i);
	ok(good, "%d rows", MANY);
	new_line("0 errors\n");
	ok(put("many", MANY + 1), "and a new line");
	char *text = heard(&len);
	ok(len > 32000 && len < 66000, "hears the last of them: %zu bytes", len);
	good = true;
	for (char *line = text, *end; good && *line != '\0'; line = end + 1) {
		const char *file = strstr(line, "/many ");

		end = strchr(line, '\n');
		good = end != NULL && file != NULL && file < end;
		at = good ? atoi(file + strlen("/many ")) : 0;
		good = good && (row == 0 || at == row + 1);
		row = at;
		if (end == NULL)
			break;
	}
	ok(good && row == MANY + 1, "in order, and whole");
	free(text);
}

static void
another_one(void)
{
	cached_use("unix:/another", NULL);
	new_line("0 errors\n");
	ok(put("a", 9), "another rrdcached");
	heard_is("UPDATE #/a 9:U:0\n", "hears nothing of what this one has");
}

int
main(void)
{
	char dir[] = "/tmp/smokebox-cached.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	cached_use("unix:/one", NULL);
	again();
	broken();
	bounded();
	another_one();
	cached_line(-1);
	waitpid(other, NULL, 0);
	unlink(HEARD);
	rmdir(dir);
	return tap_done();
}
