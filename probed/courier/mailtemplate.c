/* SmokePing's mail templates. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "courier/mail.h"

static void
put_stamp(FILE *out, const struct letter *l)
{
	time_t t = (time_t)l->time;
	char text[64];
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL &&
	    strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm) != 0)
		fputs(text, out);
}

/* What stands for KEYWORD; false when it is none. */
static bool
put_keyword(FILE *out, const char *keyword, size_t len, const struct parcel *p)
{
	const struct letter *l = &p->letter[0];
	const struct {
		const char *name, *value;
	} plain[] = {
		{ "ALERT", l->alert },
		{ "WHAT", letter_state(l) },
		{ "LINE", l->subject },
		{ "PAT", l->pattern },
		{ "LOSS", l->loss },
		{ "RTT", l->rtt },
		{ "COMMENT", l->comment },
		{ "HOST", l->host },
		{ "SUMMARY", l->summary },
	};

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (strlen(plain[i].name) == len &&
		    memcmp(plain[i].name, keyword, len) == 0) {
			fputs(plain[i].value, out);
			return true;
		}
	if (len == 3 && memcmp(keyword, "URL", 3) == 0)
		letter_url(l, p->url_base, out);
	else if (len == 5 && memcmp(keyword, "STAMP", 5) == 0)
		put_stamp(out, l);
	else if (len == 8 && memcmp(keyword, "PRIORITY", 8) == 0) {
		if (l->priority > 0)
			fprintf(out, "%ld", l->priority);
	} else
		return false;
	return true;
}

char *
mailtemplate_fill(const char *text, const struct parcel *p)
{
	char *filled = NULL;
	size_t len;
	FILE *out = mem_stream(&filled, &len);

	while (*text != '\0') {
		const char *end =
		    strncmp(text, "<##", 3) == 0 ? strstr(text + 3, "##>") : NULL;

		if (end != NULL &&
		    put_keyword(out, text + 3, (size_t)(end - text) - 3, p))
			text = end + 3;
		else
			putc(*text++, out);
	}
	mem_stream_end(out);
	return filled;
}

int
mailtemplate_check(const char *text, struct err *err)
{
	bool subject = false;

	for (unsigned line = 1; *text != '\0' && *text != '\n'; line++) {
		size_t len = strcspn(text, "\n"), word = strcspn(text, " \t\n");

		if (word < 2 || text[word - 1] != ':' || text[word] != ' ')
			return err_set(err,
			    "line %u: expected header lines (NAME: VALUE), then an empty "
			    "one",
			    line);
		subject = subject || strncmp(text, "Subject: ", 9) == 0;
		text += len;
		text += *text == '\n';
	}
	return subject ? 0 : err_set(err, "expected a line Subject: ... at its top");
}

char *
mailtemplate_read(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0) {
		err_set(err, "%s: %s", path, strerror(errno));
		return NULL;
	}
	char *text = mem_alloc(TEMPLATE_MAX + 1);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		errno = EINVAL, n = -1;
	while (n >= 0 && len < TEMPLATE_MAX &&
	       (n = read(fd, text + len, TEMPLATE_MAX - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		err_set(err, "%s: %s", path, strerror(errno));
	close(fd);
	text[len] = '\0';
	struct err wrong;
	if (n == 0 && strlen(text) == len && mailtemplate_check(text, &wrong) == 0)
		return text;
	if (n > 0 || strlen(text) != len)
		err_set(
		    err, "%s: expected text of less than %d bytes", path, TEMPLATE_MAX);
	else if (n == 0)
		err_set(err, "%s: %.300s", path, wrong.text);
	free(text);
	return NULL;
}
