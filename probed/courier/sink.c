#include "courier/sink.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config.h"
#include "courier/sinkline.h"
#include "link/multi.h"

/* A batch is sent when it is so old, or so large. */
static const struct timeval gather = { 1, 0 };
#define BATCH_BYTES (256 * 1024)
/* Of all batches of a sink: the oldest go first. A round of 20 pings is about 600
 * bytes. */
#define QUEUE_BYTES (16 * 1024 * 1024)
#define PAUSE_MAX_S 60
#define TELL_S 300
#define ANSWER_MAX 300 /* bytes of an answer, for a message */

struct batch {
	TAILQ_ENTRY(batch) next;
	char *text;
	size_t size;
	unsigned lines;
};

struct sink {
	char *name, *url, *endpoint; /* which has the path of the API */
	struct conf_sink conf;	     /* copies */
	struct multi *multi;
	struct event *timer; /* to close a batch, or to try again */
	struct curl_slist *headers;
	CURL *easy; /* under way */
	char why[CURL_ERROR_SIZE];
	char answer[ANSWER_MAX];
	size_t answered;
	FILE *out; /* the batch that is being gathered; NULL none */
	struct batch *open;
	TAILQ_HEAD(, batch) queue; /* the first one is under way when EASY is */
	size_t queued, waiting;	   /* bytes, lines; with the open one */
	unsigned pause_s;
	bool paused, last;
	struct log_limit stuck;
	bool stuck_told;
	struct msg_sink told;
};

/* --- batches --------------------------------------------------------------------- */

static void
batch_free(struct sink *s, struct batch *b)
{
	TAILQ_REMOVE(&s->queue, b, next);
	s->queued -= b->size;
	s->waiting -= b->lines;
	free(b->text);
	free(b);
}

/* The batch that is being gathered goes to the queue's end. */
static void
batch_close(struct sink *s)
{
	if (s->out == NULL)
		return;
	mem_stream_end(s->out);
	s->out = NULL;
	TAILQ_INSERT_TAIL(&s->queue, s->open, next);
	s->queued += s->open->size;
	s->open = NULL;
}

/* Let the oldest go that is not under way, while there is too much. */
static void
make_room(struct sink *s)
{
	struct batch *b;

	while (s->queued > QUEUE_BYTES) {
		b = TAILQ_FIRST(&s->queue);
		if (s->easy != NULL)
			b = TAILQ_NEXT(b, next);
		if (b == NULL)
			return;
		s->told.dropped += b->lines;
		batch_free(s, b);
	}
}

/* --- one request ----------------------------------------------------------------- */

static size_t
on_answer(char *data, size_t size, size_t n, void *ctx)
{
	struct sink *s = ctx;
	size_t room = sizeof s->answer - 1 - s->answered;
	size_t take = size * n < room ? size * n : room;

	memcpy(s->answer + s->answered, data, take);
	s->answered += take;
	s->answer[s->answered] = '\0';
	return size * n;
}

static void
send_first(struct sink *s)
{
	const struct batch *b = TAILQ_FIRST(&s->queue);
	CURL *e;

	if (b == NULL || s->easy != NULL || s->paused)
		return;
	e = s->easy = curl_easy_init();
	if (e == NULL)
		fatalx("out of memory");
	s->answered = 0;
	s->answer[0] = s->why[0] = '\0';
	curl_easy_setopt(e, CURLOPT_URL, s->endpoint);
	curl_easy_setopt(e, CURLOPT_PRIVATE, s);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->why);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(e, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)b->size);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, b->text);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(e, CURLOPT_TIMEOUT, (long)s->conf.timeout);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	if (s->conf.user != NULL) {
		curl_easy_setopt(e, CURLOPT_USERNAME, s->conf.user);
		curl_easy_setopt(e, CURLOPT_PASSWORD,
		    s->conf.password != NULL ? s->conf.password : "");
	}
	if (multi_add(s->multi, e) != 0)
		fatalx("libcurl does not start a transfer");
}

static void
arm(struct sink *s, const struct timeval *tv)
{
	if (event_add(s->timer, tv) != 0)
		fatalx("no timer");
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sink *s = arg;

	(void)fd;
	(void)what;
	s->paused = false;
	batch_close(s);
	make_room(s);
	send_first(s);
}

/* What the other end says goes into logs and pages: one line, nothing that steers. */
static void
tame(char *text)
{
	text[strcspn(text, "\r\n")] = '\0';
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static void
note_failure(struct sink *s, CURLcode result, long status)
{
	char *text = s->told.error;
	size_t size = sizeof s->told.error;

	tame(s->answer);
	tame(s->why);
	if (result != CURLE_OK)
		snprintf(text, size, "%s",
		    s->why[0] != '\0' ? s->why : curl_easy_strerror(result));
	else
		snprintf(text, size, "the server answers with status %ld%s%s", status,
		    s->answer[0] != '\0' ? ": " : "", s->answer);
	s->told.failed++;
	s->told.failed_at = clock_wall_s();
	if (log_allowed(&s->stuck, TELL_S, NULL)) {
		log_warnx("sink %s, %s: %s (%zu lines wait)", s->name, s->url, text,
		    s->waiting);
		s->stuck_told = true;
	}
}

static void
pause_sink(struct sink *s)
{
	struct timeval tv;

	s->pause_s = s->pause_s == 0 ? 1 : s->pause_s * 2;
	if (s->pause_s > PAUSE_MAX_S)
		s->pause_s = PAUSE_MAX_S;
	tv = (struct timeval){ s->pause_s, 0 };
	s->paused = true;
	arm(s, &tv);
}

/* Would the same lines be refused again, whatever changes at the other end? */
static bool
is_final(long status)
{
	return status == 400 || status == 413 || status == 422;
}

void
sink_done(CURL *easy, CURLcode result)
{
	struct sink *s = NULL;
	struct batch *b;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &s);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	s->easy = NULL;
	b = TAILQ_FIRST(&s->queue);
	if (result == CURLE_OK && status >= 200 && status < 300) {
		s->told.sent += b->lines;
		s->told.sent_at = clock_wall_s();
		batch_free(s, b);
		if (s->stuck_told)
			log_info("sink %s: lines arrive again", s->name);
		s->stuck_told = false;
		s->stuck = (struct log_limit){ 0 };
		s->pause_s = 0;
		send_first(s);
		return;
	}
	note_failure(s, result, status);
	if (result == CURLE_OK && is_final(status)) {
		s->told.dropped += b->lines;
		batch_free(s, b);
	}
	if (!s->last)
		pause_sink(s);
}

/* --- from outside ---------------------------------------------------------------- */

void
sink_put(struct sink *s, const struct conf_target *t, const char *slave,
    const struct round *r)
{
	if (s->out == NULL) {
		s->open = mem_zero(1, sizeof *s->open);
		s->out = mem_stream(&s->open->text, &s->open->size);
		if (!s->paused)
			arm(s, &gather);
	}
	if (!sinkline(s->out, t, slave, r, s->conf.loss_tags))
		return;
	s->open->lines++;
	s->waiting++;
	if (ftell(s->out) >= BATCH_BYTES) {
		batch_close(s);
		make_room(s);
		send_first(s);
	}
}

void
sink_last(struct sink *s)
{
	s->last = true;
	s->paused = false;
	event_del(s->timer);
	batch_close(s);
	send_first(s);
}

bool
sink_idle(const struct sink *s)
{
	return s->easy == NULL;
}

void
sink_tell(const struct sink *s, struct msg_sink *m)
{
	*m = s->told;
	m->waiting = s->waiting;
}

bool
sink_is(const struct sink *s, const struct conf_sink *c)
{
	const struct conf_sink *o = &s->conf;

	return mem_same(o->name, c->name) && mem_same(o->url, c->url) &&
	       mem_same(o->database, c->database) && mem_same(o->user, c->user) &&
	       mem_same(o->password, c->password) && mem_same(o->bucket, c->bucket) &&
	       mem_same(o->org, c->org) && mem_same(o->token, c->token) &&
	       o->timeout == c->timeout && o->loss_tags == c->loss_tags;
}

/* --- life ------------------------------------------------------------------------ */

/* URL with the API's path and question. */
static char *
endpoint_of(const struct conf_sink *c)
{
	size_t len = strlen(c->url);
	char *db = curl_easy_escape(NULL, c->database != NULL ? c->database : "", 0);
	char *org = curl_easy_escape(NULL, c->org != NULL ? c->org : "", 0);
	char *bucket = curl_easy_escape(NULL, c->bucket != NULL ? c->bucket : "", 0);
	char *endpoint;

	while (len > 0 && c->url[len - 1] == '/')
		len--;
	if (c->bucket != NULL)
		endpoint = mem_printf("%.*s/api/v2/write?org=%s&bucket=%s&precision=ms",
		    (int)len, c->url, org, bucket);
	else
		endpoint = mem_printf("%.*s/write?%s%s%sprecision=ms", (int)len, c->url,
		    *db != '\0' ? "db=" : "", db, *db != '\0' ? "&" : "");
	curl_free(db);
	curl_free(org);
	curl_free(bucket);
	return endpoint;
}

struct sink *
sink_new(struct event_base *base, struct multi *multi, const struct conf_sink *c)
{
	struct sink *s = mem_zero(1, sizeof *s);

	s->conf = *c;
	s->conf.name = s->name = mem_str(c->name);
	s->conf.url = s->url = mem_str(c->url);
	s->conf.database = mem_str(c->database);
	s->conf.user = mem_str(c->user);
	s->conf.password = mem_str(c->password);
	s->conf.bucket = mem_str(c->bucket);
	s->conf.org = mem_str(c->org);
	s->conf.token = mem_str(c->token);
	s->multi = multi;
	TAILQ_INIT(&s->queue);
	s->endpoint = endpoint_of(c);
	s->headers =
	    curl_slist_append(s->headers, "Content-Type: text/plain; charset=utf-8");
	s->headers = curl_slist_append(s->headers, "Expect:");
	if (c->token != NULL) {
		char *line = mem_printf("Authorization: Token %s", c->token);
		s->headers = curl_slist_append(s->headers, line);
		explicit_bzero(line, strlen(line));
		free(line);
	}
	snprintf(s->told.name, sizeof s->told.name, "%s", c->name);
	snprintf(s->told.url, sizeof s->told.url, "%s", c->url);
	s->timer = event_new(base, -1, 0, on_timer, s);
	if (s->timer == NULL)
		fatalx("no timer");
	return s;
}

void
sink_free(struct sink *s)
{
	struct batch *b;

	if (s->easy != NULL) {
		multi_remove(s->multi, s->easy);
		curl_easy_cleanup(s->easy);
	}
	batch_close(s);
	if (s->waiting > 0)
		log_info("sink %s: %zu lines were not sent", s->name, s->waiting);
	while ((b = TAILQ_FIRST(&s->queue)) != NULL)
		batch_free(s, b);
	event_free(s->timer);
	curl_slist_free_all(s->headers);
	free(s->endpoint);
	const char *const own[] = { s->conf.name, s->conf.url, s->conf.database,
		s->conf.user, s->conf.password, s->conf.bucket, s->conf.org,
		s->conf.token };
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		free((char *)(uintptr_t)own[i]);
	free(s);
}
