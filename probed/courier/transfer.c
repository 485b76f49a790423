#include "courier/transfer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "config.h"
#include "courier/service.h"
#include "link/multi.h"

#define CONNECT_S 10L
#define SMTP_CONNECT_S 5L /* SmokePing's, as there may be another server to try */
#define TOTAL_S 30L
#define ANSWER_KEPT 200	 /* bytes of an answer, to say why */
#define ANSWER_MAX 65536 /* more than that is no answer */
#define AFTER_MAX 3600L

struct transfer {
	const struct address *address; /* borrowed: it outlives the transfer */
	CURL *easy;
	struct curl_slist *headers, *recipients;
	char *body;
	size_t len, sent;     /* of body, for mail */
	char *servers, *next; /* of mail, to be tried */
	const char *host;
	char answer[ANSWER_KEPT + 1];
	size_t answered;
	char why[CURL_ERROR_SIZE];
	outcome_fn done;
	void *ctx;
};

static struct multi *multi;

/* --- the end ---------------------------------------------------------------------- */

static void
forget_easy(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->recipients);
	t->easy = NULL;
	t->headers = t->recipients = NULL;
}

static void
transfer_free(struct transfer *t)
{
	forget_easy(t);
	free(t->body);
	free(t->servers);
	free(t);
}

void
transfer_cancel(struct transfer *t)
{
	multi_remove(multi, t->easy);
	transfer_free(t);
}

/* What a server answered, as one line for people. */
static void
add_answer(const struct transfer *t, char *text, size_t size)
{
	size_t len = strlen(text);
	char clean[ANSWER_KEPT + 1];
	size_t n = 0;

	for (const char *p = t->answer; *p != '\0'; p++)
		if (isprint((unsigned char)*p) && (*p != ' ' || n > 0))
			clean[n++] = *p;
	clean[n] = '\0';
	if (n > 0)
		snprintf(text + len, size - len, ": %s", clean);
}

/* What HTTP's STATUS means. Of all others, some are temporary and the rest has to be
 * put right here: the letter waits for that. */
static enum fate
http_fate(long status)
{
	if (status >= 200 && status < 300)
		return FATE_DELIVERED;
	return status == 400 || status == 413 || status == 422 ? FATE_REFUSED
							       : FATE_LATER;
}

static void
http_outcome(struct transfer *t, struct outcome *o)
{
	long status = 0;
	curl_off_t after = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &after);
	o->fate = http_fate(status);
	if (o->fate == FATE_DELIVERED)
		return;
	o->after_s = after > AFTER_MAX ? AFTER_MAX : after > 0 ? (long)after : 0;
	snprintf(o->text, sizeof o->text, "the answer is status %ld%s", status,
	    status == 401 || status == 403 ? ", expected the right token"
	    : status / 100 == 3		   ? ", expected the URL that it leads to"
					   : "");
	add_answer(t, o->text, sizeof o->text);
}

static void
failure(struct transfer *t, CURLcode result, struct outcome *o)
{
	const char *why = t->why[0] != '\0' ? t->why : curl_easy_strerror(result);
	long code = 0;

	o->fate = FATE_LATER;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
	snprintf(o->text, sizeof o->text, "%s", why);
	if (t->recipients == NULL)
		return;
	/* Who does not let us in does not speak of this letter. */
	if (code / 100 == 5 && result != CURLE_LOGIN_DENIED &&
	    result != CURLE_USE_SSL_FAILED)
		o->fate = FATE_REFUSED;
}

static void mail_try(struct transfer *t);

static void
on_done(CURL *easy, CURLcode result)
{
	struct outcome o = { .fate = FATE_DELIVERED };
	struct transfer *t = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
	if (result != CURLE_OK)
		failure(t, result, &o);
	else if (t->recipients == NULL)
		http_outcome(t, &o);
	/* Another server may be there, where this one was not reached. */
	if (o.fate == FATE_LATER && t->next != NULL) {
		forget_easy(t);
		mail_try(t);
		return;
	}
	address_hide(t->address, o.text, sizeof o.text);
	outcome_fn done = t->done;
	void *ctx = t->ctx;
	transfer_free(t);
	done(ctx, &o);
}

/* --- the beginning ---------------------------------------------------------------- */

static size_t
take_answer(char *data, size_t one, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t kept = t->answered < ANSWER_KEPT ? t->answered : ANSWER_KEPT;
	size_t room = ANSWER_KEPT - kept;

	memcpy(t->answer + kept, data, n * one < room ? n * one : room);
	t->answered += n * one;
	return t->answered > ANSWER_MAX ? 0 : n * one;
}

static void
prepare(struct transfer *t, const char *url, long connect_s)
{
	CURL *e = t->easy = curl_easy_init();

	if (e == NULL)
		fatalx("out of memory");
	t->why[0] = '\0';
	t->answered = 0;
	memset(t->answer, 0, sizeof t->answer);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, connect_s);
	curl_easy_setopt(e, CURLOPT_TIMEOUT, TOTAL_S);
	/* Days may pass between two letters. */
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Names are resolved by a thread; without this the loop would wait for one
	 * whose transfer has ended, as long as the resolver takes. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
	if (t->address->ca != NULL) {
		curl_easy_setopt(e, CURLOPT_CAINFO, t->address->ca);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
}

static void
start(struct transfer *t)
{
	if (multi_add(multi, t->easy) != 0)
		fatalx("libcurl does not start a transfer");
}

struct transfer *
transfer_post(
    const struct address *a, const struct parcel *p, outcome_fn done, void *ctx)
{
	struct transfer *t = mem_zero(1, sizeof *t);
	char *url = service_url(a);
	FILE *out = mem_stream(&t->body, &t->len);

	a->service->body(a, p, out);
	mem_stream_end(out);
	t->address = a;
	t->done = done;
	t->ctx = ctx;
	t->headers = service_headers(a, p, t->body, t->len);
	prepare(t, url, CONNECT_S);
	curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->len);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body);
	curl_easy_setopt(t->easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	explicit_bzero(url, strlen(url));
	free(url);
	start(t);
	return t;
}

/* --- mail ------------------------------------------------------------------------- */

static size_t
give_message(char *data, size_t one, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t left = t->len - t->sent, room = one * n;

	if (left > room)
		left = room;
	memcpy(data, t->body + t->sent, left);
	t->sent += left;
	return left;
}

static void
prepare_trust(struct transfer *t, const char *url)
{
	const struct address *a = t->address;
	bool tls = strncmp(url, "smtps:", 6) == 0;

	if (a->tls == TLS_NONE)
		return;
	curl_easy_setopt(t->easy, CURLOPT_USE_SSL,
	    a->tls == TLS_REQUIRED ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
	/* Better to somebody unknown by TLS than to everybody without it. */
	if (a->tls == TLS_TRY && !tls && a->ca == NULL) {
		curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

/* Begin with the next server. */
static void
mail_try(struct transfer *t)
{
	const struct address *a = t->address;
	char *url = strsep(&t->next, " ");
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	/* libcurl says behind EHLO what stands in the path. */
	char *full = mem_printf("%.*s/%s", (int)len, url, t->host);
	prepare(t, full, SMTP_CONNECT_S);
	char *from = address_bare(a->from), *to = address_bare(a->to);
	t->sent = 0;
	t->recipients = curl_slist_append(NULL, to);
	curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(t->easy, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_RCPT, t->recipients);
	curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, give_message);
	curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
	if (a->user != NULL && a->password != NULL) {
		curl_easy_setopt(t->easy, CURLOPT_USERNAME, a->user);
		curl_easy_setopt(t->easy, CURLOPT_PASSWORD, a->password);
	}
	prepare_trust(t, url);
	free(full);
	free(from);
	free(to);
	start(t);
}

/* Lines of mail end with CR and LF. */
static char *
with_returns(char *message, size_t *len)
{
	size_t lines = 0, n = 0;

	for (size_t i = 0; i < *len; i++)
		lines += message[i] == '\n';
	char *out = mem_alloc(*len + lines + 1);
	for (size_t i = 0; i < *len; i++) {
		if (message[i] == '\n')
			out[n++] = '\r';
		out[n++] = message[i];
	}
	free(message);
	*len = n;
	return out;
}

struct transfer *
transfer_mail(const struct address *a, char *message, size_t len, const char *host,
    outcome_fn done, void *ctx)
{
	struct transfer *t = mem_zero(1, sizeof *t);

	t->address = a;
	t->done = done;
	t->ctx = ctx;
	t->host = host;
	t->body = with_returns(message, &len);
	t->len = len;
	t->next = t->servers = mem_str(a->url);
	mail_try(t);
	return t;
}

/* --- the room --------------------------------------------------------------------- */

void
transfer_open(struct event_base *base)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		fatalx("libcurl cannot start");
	multi = multi_new(base, on_done);
}

void
transfer_close(void)
{
	multi_free(multi);
	multi = NULL;
	curl_global_cleanup();
}
