#include "probes/times.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TIMES_MS_MAX 1e8

void
times_clear(struct times *t)
{
	t->count = t->answered = 0;
	t->why = PING_TIMEOUT;
	t->tried = false;
	t->text[0] = '\0';
}

void
times_add(struct times *t, int64_t ns)
{
	if (t->count > ROUND_MAX_PINGS)
		return;
	t->ns[t->count++] = ns;
	t->answered += ns >= 0;
}

void
times_put(struct times *t, unsigned at, int64_t ns)
{
	if (at > ROUND_MAX_PINGS || ns < 0)
		return;
	while (t->count <= at)
		times_add(t, -1);
	t->answered += t->ns[at] < 0;
	t->ns[at] = ns;
}

void
times_say(struct times *t, const char *text)
{
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, "\r\n");
		size_t n = len < sizeof t->text - 1 ? len : sizeof t->text - 1;
		for (size_t i = 0; i < n; i++)
			if (isalpha((unsigned char)text[i])) {
				memcpy(t->text, text, n);
				t->text[n] = '\0';
				return;
			}
		text += len + strspn(text + len, "\r\n");
	}
}

/* --- reading text ----------------------------------------------------------------- */

/* The digits at *AT, or -1; *AT moves behind them. */
static long
read_whole(const char **at)
{
	long n = 0;

	if (!isdigit((unsigned char)**at))
		return -1;
	for (; isdigit((unsigned char)**at); (*at)++)
		n = n < 100000000 ? n * 10 + (**at - '0') : n;
	return n;
}

/* A decimal number of milliseconds at *AT in ns, or -1; *AT moves behind it. */
static int64_t
read_ms(const char **at)
{
	double ms, unit = 1;

	if (!isdigit((unsigned char)**at))
		return -1;
	for (ms = 0; isdigit((unsigned char)**at); (*at)++)
		ms = ms * 10 + (**at - '0');
	if (**at == '.')
		for ((*at)++; isdigit((unsigned char)**at); (*at)++)
			ms += (unit /= 10) * (**at - '0');
	return ms < TIMES_MS_MAX ? (int64_t)llround(ms * 1e6) : -1;
}

/* WORD stands at *AT: go behind it. */
static bool
read_word(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

static void
read_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

/* The line at *TEXT in a buffer of its own, without its end; *TEXT moves to the next
 * one. NULL behind the last. Free it. */
static char *
read_line(const char **text)
{
	size_t len = strcspn(*text, "\n");
	char *line;

	if (**text == '\0')
		return NULL;
	line = mem_strn(*text, len);
	*text += len + ((*text)[len] == '\n');
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	return line;
}

/* --- fping ------------------------------------------------------------------------ */

static void
fping_line(struct times *t, const char *line, const char *host)
{
	const char *at = line;

	if (!read_word(&at, host) || !isspace((unsigned char)*at))
		return;
	read_blanks(&at);
	if (!read_word(&at, ": ") || (*at != '-' && !isdigit((unsigned char)*at)))
		return;
	times_clear(t);
	t->tried = true;
	while (*at != '\0') {
		read_blanks(&at);
		if (*at == '-')
			times_add(t, -1);
		else if (isdigit((unsigned char)*at))
			times_add(t, read_ms(&at));
		at += strcspn(at, " \t");
	}
}

void
times_fping(struct times *t, const char *text, const char *host)
{
	char *line;

	while ((line = read_line(&text)) != NULL) {
		fping_line(t, line, host);
		free(line);
	}
}

/* --- routers ---------------------------------------------------------------------- */

void
times_ios(struct times *t, const char *text)
{
	char *line;

	while ((line = read_line(&text)) != NULL) {
		const char *at = line;
		long seq;
		int64_t ns;

		t->tried |= strncmp(line, "Sending ", 8) == 0;
		if (read_word(&at, "Reply to request ") &&
		    (seq = read_whole(&at)) >= 0 && read_word(&at, " (") &&
		    (ns = read_ms(&at)) >= 0 && read_word(&at, " ms)")) {
			t->tried = true;
			times_put(t, (unsigned)seq, ns);
		}
		free(line);
	}
}

static void
ping_line(struct times *t, const char *line, unsigned first)
{
	const char *at = line;
	long seq;
	int64_t ns;

	if (read_whole(&at) < 0 || !read_word(&at, " bytes from ") ||
	    (at = strstr(at, ": icmp_")) == NULL)
		return;
	at += strlen(": icmp_");
	if (!read_word(&at, "seq=") && !read_word(&at, "req="))
		return;
	if ((seq = read_whole(&at)) < (long)first || !read_word(&at, " ttl=") ||
	    read_whole(&at) < 0 || !read_word(&at, " time=") ||
	    (ns = read_ms(&at)) < 0 || strcmp(at, " ms") != 0)
		return;
	t->tried = true;
	times_put(t, (unsigned)(seq - (long)first), ns);
}

void
times_ping(struct times *t, const char *text, unsigned first)
{
	char *line;

	while ((line = read_line(&text)) != NULL) {
		t->tried |= strncmp(line, "PING ", 5) == 0;
		ping_line(t, line, first);
		free(line);
	}
}

/* --- sipsak ----------------------------------------------------------------------- */

/* A blank, one of sipsak's two ways to say what took so long, and the milliseconds. */
static int64_t
sipsak_time(const char *item)
{
	for (const char *p = item; *p != '\0'; p++) {
		const char *at = p + 1;

		if (!isspace((unsigned char)*p) ||
		    (!read_word(&at, "and ") && !read_word(&at, "received after ")))
			continue;
		int64_t ns = read_ms(&at);
		if (ns >= 0 && read_word(&at, " ms") && isspace((unsigned char)*at))
			return ns;
	}
	return -1;
}

#define SIPSAK_REPLY "** reply"

void
times_sipsak(struct times *t, const char *text, unsigned pings, bool final)
{
	const char *filter = final ? "final received" : "provisional received";
	unsigned replies = 0;

	for (const char *p = text; (p = strstr(p, SIPSAK_REPLY)) != NULL; p++)
		replies++;
	text = strstr(text, SIPSAK_REPLY);
	while (text != NULL) {
		const char *next = strstr(text + 1, SIPSAK_REPLY);
		char *item =
		    mem_strn(text, next == NULL ? strlen(text) : (size_t)(next - text));
		int64_t ns = sipsak_time(item + strlen("** reply"));

		t->tried = true;
		if (ns >= 0 && (replies <= pings || strstr(item, filter) != NULL))
			times_add(t, ns);
		free(item);
		text = next;
	}
}
