#include "ctl/mailout.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/mem.h"

#define SENDMAIL "/usr/lib/sendmail"
#define CONNECT_S 5L /* as SmokePing waits for a host before it takes the next */
#define TOTAL_S 60L
#define ADDRESSES 64

/* The addresses in TO, which is cut in place. How many. */
static size_t
addresses(char *to, char *address[ADDRESSES])
{
	size_t n = 0;
	char *save = NULL;

	for (char *one = strtok_r(to, ", \t", &save); one != NULL && n < ADDRESSES;
	     one = strtok_r(NULL, ", \t", &save))
		if (strchr(one, '@') != NULL && one[0] != '|' && one[0] != '-')
			address[n++] = one;
	return n;
}

/* --- by SMTP --------------------------------------------------------------------- */

/* TEXT with CR LF at the ends of its lines. */
static char *
with_crlf(const char *text)
{
	char *out = mem_alloc(2 * strlen(text) + 1), *to = out;

	for (; *text != '\0'; text++) {
		if (*text == '\n')
			*to++ = '\r';
		*to++ = *text;
	}
	*to = '\0';
	return out;
}

static int
by_smtp(const struct conf *conf, const char *host, const char *from,
    char *const *address, size_t count, const char *text, struct err *err)
{
	const struct conf_section *general = conf_top(conf, "General");
	const char *user = conf_value(general, "mailuser", NULL);
	const char *pass = conf_value(general, "mailpass", NULL);
	CURL *e = curl_easy_init();
	struct curl_slist *to = NULL;
	char *url = mem_printf("smtp://%s", host), *letter = with_crlf(text);
	FILE *in = fmemopen(letter, strlen(letter), "r");
	char why[CURL_ERROR_SIZE] = "";
	CURLcode r;

	if (e == NULL || in == NULL)
		fatalx("out of memory");
	for (size_t i = 0; i < count; i++)
		to = curl_slist_append(to, address[i]);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(e, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(e, CURLOPT_READDATA, in);
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(e, CURLOPT_TIMEOUT, TOTAL_S);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp");
	if (user != NULL && pass != NULL) {
		/* A password travels encrypted or not at all. */
		curl_easy_setopt(e, CURLOPT_USERNAME, user);
		curl_easy_setopt(e, CURLOPT_PASSWORD, pass);
		curl_easy_setopt(e, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	}
	r = curl_easy_perform(e);
	if (r != CURLE_OK)
		err_set(
		    err, "%s: %s", host, why[0] != '\0' ? why : curl_easy_strerror(r));
	curl_easy_cleanup(e);
	curl_slist_free_all(to);
	fclose(in);
	free(letter);
	free(url);
	return r == CURLE_OK ? 0 : -1;
}

/* --- by a program ---------------------------------------------------------------- */

/* Write all of TEXT into FD. */
static int
feed(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int
by_program(const char *program, const char *from, char *const *address, size_t count,
    const char *text, struct err *err)
{
	const char *argv[ADDRESSES + 4] = { program, "-f", from };
	int fd[2], status = 0;
	pid_t pid;

	for (size_t i = 0; i < count; i++)
		argv[3 + i] = address[i];
	if (pipe(fd) != 0)
		return err_set(err, "pipe: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		dup2(fd[0], STDIN_FILENO);
		close(fd[0]);
		close(fd[1]);
		execv(program, (char *const *)(uintptr_t)argv);
		fprintf(stderr, "probectl: %s: %s\n", program, strerror(errno));
		_exit(127);
	}
	close(fd[0]);
	if (pid < 0) {
		close(fd[1]);
		return err_set(err, "fork: %s", strerror(errno));
	}
	bool fed = feed(fd[1], text) == 0;
	close(fd[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, "%s ended with status %d", program,
		    WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return fed ? 0 : err_set(err, "%s did not read the letter", program);
}

/* --- all ------------------------------------------------------------------------- */

int
mailout(const struct conf *conf, const char *from, const char *to, const char *text,
    struct err *err)
{
	const struct conf_section *general = conf_top(conf, "General");
	const char *program = conf_value(general, "sendmail", SENDMAIL);
	char *hosts = mem_str(conf_value(general, "mailhost", "")), *save = NULL;
	char *copy = mem_str(to), *address[ADDRESSES];
	size_t count = addresses(copy, address);
	int r = -1;

	if (count == 0)
		err_set(err, "'%s' is no address, expected one such as you@example.net",
		    to);
	else if (*hosts == '\0' && access(program, X_OK) != 0)
		err_set(err,
		    "%s: %s; expected General's mailhost or sendmail (or leave --to "
		    "out, and pipe what is printed into a program of your own)",
		    program, strerror(errno));
	else if (*hosts == '\0')
		r = by_program(program, from, address, count, text, err);
	for (char *host = count == 0 ? NULL : strtok_r(hosts, ", \t", &save);
	     host != NULL && r != 0; host = strtok_r(NULL, ", \t", &save))
		r = by_smtp(conf, host, from, address, count, text, err);
	free(hosts);
	free(copy);
	return r;
}
