#include "courier/snpp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "base/mem.h"
#include "link/multi.h"

#define TOTAL_S 60
#define REPLY_MAX 1000 /* bytes of a line */

/* What was said last, and waits for its answer. */
enum said {
	SAID_NOTHING, /* it greets */
	SAID_PAGE,
	SAID_DATA,
	SAID_TEXT,
	SAID_SEND,
};

struct snpp {
	CURL *easy;
	char *pager, *title, *text;
	enum said said;
	char *out; /* what is to be said, from SENT on not yet */
	size_t len, sent;
	char reply[REPLY_MAX + 1];
	size_t got;
	struct event *line, *patience; /* LINE: NULL until it is connected */
	outcome_fn done;
	void *ctx;
};

static struct {
	struct event_base *base;
	struct multi *multi;
} room;

static void
snpp_free(struct snpp *s)
{
	if (s->line != NULL)
		event_free(s->line);
	event_free(s->patience);
	multi_remove(room.multi, s->easy);
	curl_easy_cleanup(s->easy);
	free(s->pager);
	free(s->title);
	free(s->text);
	free(s->out);
	free(s);
}

void
snpp_cancel(struct snpp *s)
{
	snpp_free(s);
}

static void __attribute__((format(printf, 3, 4)))
end(struct snpp *s, enum fate fate, const char *fmt, ...)
{
	struct outcome o = { .fate = fate };
	outcome_fn done = s->done;
	void *ctx = s->ctx;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(o.text, sizeof o.text, fmt, ap);
	va_end(ap);
	snpp_free(s);
	done(ctx, &o);
}

/* --- talking ---------------------------------------------------------------------- */

static void wait_for(struct snpp *s, short what);

/* Say what is left of what is to be said. */
static void
go_on(struct snpp *s)
{
	size_t n;

	while (s->sent < s->len) {
		CURLcode r =
		    curl_easy_send(s->easy, s->out + s->sent, s->len - s->sent, &n);
		if (r == CURLE_AGAIN) {
			wait_for(s, EV_WRITE);
			return;
		}
		if (r != CURLE_OK) {
			end(s, FATE_LATER, "%s", curl_easy_strerror(r));
			return;
		}
		s->sent += n;
	}
	wait_for(s, EV_READ);
}

/* TEXT, which is taken over. */
static void
say(struct snpp *s, enum said said, char *text)
{
	free(s->out);
	s->out = text;
	s->len = strlen(text);
	s->sent = 0;
	s->said = said;
	go_on(s);
}

/* The text as lines that end as they have to, and with a dot. */
static char *
lines_of(const char *text)
{
	char *all = NULL;
	size_t len;
	FILE *out = mem_stream(&all, &len);

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		fprintf(out, "%s%.*s\r\n", *text == '.' ? "." : "", (int)n, text);
		text += n;
		text += *text == '\n';
	}
	fputs(".\r\n", out);
	mem_stream_end(out);
	return all;
}

static void
refuse(struct snpp *s, int code)
{
	/* A pager that nobody has: it will hardly ever be there. */
	bool never = s->said == SAID_PAGE && code / 10 == 55;

	end(s, never ? FATE_REFUSED : FATE_LATER, "the pager's server said %.200s",
	    s->reply);
}

/* The server has said a line: CODE begins it. */
static void
on_reply(struct snpp *s, int code)
{
	bool good = code / 100 == 2;

	if (s->said == SAID_DATA && code / 100 == 5)
		/* One of level 1 takes a line. */
		say(s, SAID_TEXT, mem_printf("MESS %s\r\n", s->title));
	else if (s->said == SAID_DATA && code / 100 == 3)
		say(s, SAID_TEXT, lines_of(s->text));
	else if (!good || s->said == SAID_DATA)
		refuse(s, code);
	else if (s->said == SAID_NOTHING)
		say(s, SAID_PAGE, mem_printf("PAGE %s\r\n", s->pager));
	else if (s->said == SAID_PAGE)
		say(s, SAID_DATA, mem_str("DATA\r\n"));
	else if (s->said == SAID_TEXT)
		say(s, SAID_SEND, mem_str("SEND\r\n"));
	else {
		size_t n;

		/* It is taken, whatever comes of the farewell. */
		(void)curl_easy_send(s->easy, "QUIT\r\n", 6, &n);
		end(s, FATE_DELIVERED, "%s", "");
	}
}

/* Take the first line of what came. False when it is not all there. */
static bool
take_line(struct snpp *s)
{
	char *newline = memchr(s->reply, '\n', s->got);
	char line[REPLY_MAX + 1];

	if (newline == NULL)
		return false;
	size_t len = (size_t)(newline - s->reply), rest = s->got - len - 1;
	memcpy(line, s->reply, len);
	memmove(s->reply, newline + 1, rest);
	s->got = rest;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || (unsigned char)line[i] > '~')
			line[i] = ' ';
	line[len] = '\0';
	bool more = len > 3 && line[3] == '-';
	int code = strspn(line, "0123456789") == 3 ? atoi(line) : 0;
	if (more)
		return take_line(s);
	/* Nothing is said before we ask. */
	snprintf(s->reply, sizeof s->reply, "%s", line);
	s->got = 0;
	on_reply(s, code);
	return true;
}

static void
on_line(evutil_socket_t fd, short what, void *arg)
{
	struct snpp *s = arg;
	size_t n;

	(void)fd;
	if ((what & EV_WRITE) != 0) {
		go_on(s);
		return;
	}
	CURLcode r = curl_easy_recv(s->easy, s->reply + s->got, REPLY_MAX - s->got, &n);
	if (r == CURLE_AGAIN) {
		wait_for(s, EV_READ);
		return;
	}
	if (r != CURLE_OK || n == 0) {
		end(s, FATE_LATER, "the pager's server hung up");
		return;
	}
	s->got += n;
	if (take_line(s))
		return;
	if (s->got == REPLY_MAX)
		end(s, FATE_LATER, "the pager's server says more than is sense");
	else
		wait_for(s, EV_READ);
}

static void
wait_for(struct snpp *s, short what)
{
	curl_socket_t fd;

	if (s->line != NULL)
		event_free(s->line);
	s->line = NULL;
	if (curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
	    fd == CURL_SOCKET_BAD) {
		end(s, FATE_LATER, "the pager's server hung up");
		return;
	}
	s->line = event_new(room.base, fd, what, on_line, s);
	if (s->line == NULL || event_add(s->line, NULL) != 0)
		fatalx("cannot watch a socket");
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	end(arg, FATE_LATER, "the pager's server did not answer in %d s", TOTAL_S);
}

/* --- a call ----------------------------------------------------------------------- */

static void
on_connected(CURL *easy, CURLcode result)
{
	struct snpp *s;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s);
	if (result != CURLE_OK)
		end(s, FATE_LATER, "%s", curl_easy_strerror(result));
	else
		wait_for(s, EV_READ);
}

void
snpp_open(struct event_base *base)
{
	room.base = base;
	room.multi = multi_new(base, on_connected);
	multi_keep(room.multi);
}

void
snpp_close(void)
{
	multi_free(room.multi);
	room.multi = NULL;
}

static char *
title_of(const struct parcel *p)
{
	char *title = NULL;
	size_t len;
	FILE *out = mem_stream(&title, &len);

	parcel_title(p, out);
	mem_stream_end(out);
	return title;
}

struct snpp *
snpp_send(const struct address *a, const struct parcel *p, outcome_fn done, void *ctx)
{
	static const struct timeval patience = { TOTAL_S, 0 };
	struct snpp *s = mem_zero(1, sizeof *s);
	char *text = parcel_text(p, SNPP_ROOM);

	s->done = done;
	s->ctx = ctx;
	s->pager = mem_str(a->to);
	s->title = title_of(p);
	s->text = mem_printf("%s\n%s", s->title, text);
	free(text);
	s->easy = curl_easy_init();
	s->patience = event_new(room.base, -1, 0, on_patience, s);
	if (s->easy == NULL || s->patience == NULL)
		fatalx("libcurl cannot start");
	event_add(s->patience, &patience);
	/* No more than its names and connections: what is said is ours. */
	curl_easy_setopt(s->easy, CURLOPT_URL, a->url);
	curl_easy_setopt(s->easy, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(s->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(s->easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(s->easy, CURLOPT_CONNECTTIMEOUT, (long)TOTAL_S);
	curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
	if (multi_add(room.multi, s->easy) < 0)
		fatalx("libcurl cannot call");
	return s;
}
