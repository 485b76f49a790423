#include "courier/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "config.h"

#define JSON "application/json"

/* --- pieces ----------------------------------------------------------------------- */

/* What P is about, cut where it is no title any more. */
static char *
title_of(const struct parcel *p)
{
	char *text = NULL;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	parcel_title(p, out);
	mem_stream_end(out);
	if (len > SERVICE_TITLE) {
		for (len = SERVICE_TITLE; ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
		text[len] = '\0';
	}
	return text;
}

/* The page of the first letter, for a click; to be freed, NULL where there is none. */
static char *
click_of(const struct address *a, const struct parcel *p)
{
	char *text = NULL;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	letter_url(&p->letter[0], a->url_base, out);
	mem_stream_end(out);
	if (len > 0)
		return text;
	free(text);
	return NULL;
}

static void
put(struct json *j, const char *key, const char *value)
{
	if (value == NULL)
		return;
	jw_key(j, key);
	jw_str(j, value);
}

/* Title and text in one, for who has no titles. */
static char *
both(const struct address *a, const struct parcel *p)
{
	char *title = title_of(p);
	char *text = parcel_text(p, a->service->max - strlen(title) - 1);
	char *all = mem_printf("%s\n%s", title, text);

	free(title);
	free(text);
	return all;
}

/* Begin an object with what most have: a title and a text under these keys. */
static void
begin(struct json *j, FILE *out, const struct address *a, const struct parcel *p,
    const char *title_key, const char *text_key)
{
	char *title = title_of(p), *text = parcel_text(p, a->service->max);

	jw_init(j, out);
	jw_object(j);
	put(j, title_key, title);
	put(j, text_key, text);
	free(title);
	free(text);
}

/* How urgent P is, of HIGH ... LOW: what is over is not, and SmokePing's priority 1 is
 * the highest. */
static int
urgency(const struct parcel *p, int high, int normal, int low)
{
	if (parcel_is_over(p))
		return low;
	for (size_t i = 0; i < p->count; i++)
		if (p->letter[i].priority == 1 && !letter_is_over(&p->letter[i]))
			return high;
	return normal;
}

/* --- bodies ----------------------------------------------------------------------- */

static void
ntfy_body(const struct address *a, const struct parcel *p, FILE *out)
{
	const char *topic = strrchr(a->url, '/');
	char *click = click_of(a, p);
	struct json j;

	begin(&j, out, a, p, "title", "message");
	put(&j, "topic", topic + 1);
	jw_key(&j, "priority");
	jw_int(&j, urgency(p, 5, 4, 3));
	jw_key(&j, "tags");
	jw_array(&j);
	jw_str(&j, parcel_is_over(p) ? "white_check_mark" : "warning");
	jw_array_end(&j);
	put(&j, "click", click);
	jw_object_end(&j);
	free(click);
}

static void
gotify_body(const struct address *a, const struct parcel *p, FILE *out)
{
	char *click = click_of(a, p);
	struct json j;

	begin(&j, out, a, p, "title", "message");
	jw_key(&j, "priority");
	jw_int(&j, urgency(p, 8, 5, 3));
	if (click != NULL) {
		jw_key(&j, "extras");
		jw_object(&j);
		jw_key(&j, "client::notification");
		jw_object(&j);
		jw_key(&j, "click");
		jw_object(&j);
		put(&j, "url", click);
		jw_object_end(&j);
		jw_object_end(&j);
		jw_object_end(&j);
	}
	jw_object_end(&j);
	free(click);
}

/* Slack reads &, < and > as the beginning of something. */
static void
slack_body(const struct address *a, const struct parcel *p, FILE *out)
{
	char *text = both(a, p), *escaped = NULL;
	size_t len;
	FILE *copy = mem_stream(&escaped, &len);
	struct json j;

	for (const char *c = text; *c != '\0'; c++)
		if (*c == '&' || *c == '<' || *c == '>')
			fputs(*c == '&' ? "&amp;" : *c == '<' ? "&lt;" : "&gt;", copy);
		else
			putc(*c, copy);
	mem_stream_end(copy);
	jw_init(&j, out);
	jw_object(&j);
	put(&j, "text", escaped);
	jw_object_end(&j);
	free(escaped);
	free(text);
}

static void
discord_body(const struct address *a, const struct parcel *p, FILE *out)
{
	char *text = both(a, p);
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	put(&j, "content", text);
	/* A comment with @everyone in it wakes nobody. */
	jw_key(&j, "allowed_mentions");
	jw_object(&j);
	jw_key(&j, "parse");
	jw_array(&j);
	jw_array_end(&j);
	jw_object_end(&j);
	jw_object_end(&j);
	free(text);
}

static void
telegram_body(const struct address *a, const struct parcel *p, FILE *out)
{
	char *text = both(a, p);
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	put(&j, "chat_id", a->chat);
	put(&j, "text", text);
	jw_key(&j, "disable_web_page_preview");
	jw_bool(&j, true);
	jw_object_end(&j);
	free(text);
}

static void
put_field(FILE *out, const char *key, const char *value, bool first)
{
	char *escaped = value == NULL ? NULL : curl_easy_escape(NULL, value, 0);

	if (escaped == NULL)
		return;
	fprintf(out, "%s%s=%s", first ? "" : "&", key, escaped);
	curl_free(escaped);
}

static void
pushover_body(const struct address *a, const struct parcel *p, FILE *out)
{
	char *title = title_of(p), *text = parcel_text(p, a->service->max);
	char *click = click_of(a, p), priority[8];

	/* Its emergency priority, 2, would ask for an acknowledgement again and again.
	 */
	snprintf(priority, sizeof priority, "%d", urgency(p, 1, 0, -1));
	put_field(out, "token", a->token, true);
	put_field(out, "user", a->user, false);
	put_field(out, "title", title, false);
	put_field(out, "message", text, false);
	put_field(out, "priority", priority, false);
	put_field(out, "url", click, false);
	free(title);
	free(text);
	free(click);
}

static void
apprise_body(const struct address *a, const struct parcel *p, FILE *out)
{
	struct json j;

	begin(&j, out, a, p, "title", "body");
	put(&j, "type", parcel_is_over(p) ? "success" : "warning");
	put(&j, "format", "text");
	put(&j, "urls", a->urls);
	put(&j, "tag", a->tag);
	jw_object_end(&j);
}

/* --- the table -------------------------------------------------------------------- */

static const struct service services[] = {
	/* clang-format off */
	{ .type = "webhook", .content = JSON, .max = 256 * 1024, .body = webhook_body,
	  .auth = "Authorization: Bearer %s" },
	{ .type = "ntfy", .content = JSON, .max = 3900, .body = ntfy_body,
	  .auth = "Authorization: Bearer %s", .rate = "30/m" },
	{ .type = "gotify", .content = JSON, .max = 16000, .body = gotify_body,
	  .path = "/message", .auth = "X-Gotify-Key: %s" },
	{ .type = "slack", .content = JSON, .max = 3000, .body = slack_body,
	  .rate = "30/m" },
	{ .type = "discord", .content = JSON, .max = 1990, .body = discord_body,
	  .rate = "20/m" },
	{ .type = "telegram", .content = JSON, .max = 4000, .body = telegram_body,
	  .url = "https://api.telegram.org", .path = "/bot%s/sendMessage",
	  .rate = "15/m" },
	{ .type = "pushover", .content = "application/x-www-form-urlencoded",
	  .max = 1000, .body = pushover_body,
	  .url = "https://api.pushover.net/1/messages.json", .rate = "30/m" },
	{ .type = "apprise", .content = JSON, .max = 16000, .body = apprise_body,
	  .auth = "Authorization: Bearer %s" },
	/* clang-format on */
};

const struct service *
service_find(const char *type)
{
	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (strcmp(services[i].type, type) == 0)
			return &services[i];
	return NULL;
}

/* --- requests --------------------------------------------------------------------- */

/* FORMAT, a row's, with TOKEN in the place of its "%s". */
static char *
fill(const char *format, const char *token)
{
	const char *hole = strstr(format, "%s");

	if (hole == NULL)
		return mem_str(format);
	return mem_printf("%.*s%s%s", (int)(hole - format), format,
	    token == NULL ? "" : token, hole + 2);
}

char *
service_url(const struct address *a)
{
	size_t len = strlen(a->url);

	/* ntfy takes JSON at its root and the topic in it. */
	if (a->service->body == ntfy_body)
		return mem_printf(
		    "%.*s", (int)(strrchr(a->url, '/') + 1 - a->url), a->url);
	if (a->service->path == NULL)
		return mem_str(a->url);
	while (len > 0 && a->url[len - 1] == '/')
		len--;
	char *path = fill(a->service->path, a->token);
	char *url = mem_printf("%.*s%s", (int)len, a->url, path);
	free(path);
	return url;
}

static struct curl_slist *
add(struct curl_slist *list, char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (longer == NULL)
		fatalx("out of memory");
	explicit_bzero(line, strlen(line));
	free(line);
	return longer;
}

struct curl_slist *
service_headers(
    const struct address *a, const struct parcel *p, const char *body, size_t len)
{
	struct curl_slist *list = NULL;
	char id[PARCEL_ID], hex[WEBHOOK_HMAC];

	parcel_id(p, id);
	list = add(list, mem_printf("Content-Type: %s", a->service->content));
	list = add(list, mem_printf("Idempotency-Key: %s", id));
	list = add(list, mem_printf("X-Smokebox-Id: %s", id));
	list = add(list, mem_str("Expect:"));
	if (a->service->auth != NULL && a->token != NULL)
		list = add(list, fill(a->service->auth, a->token));
	if (a->secret != NULL) {
		webhook_hmac(a->secret, body, len, hex);
		list = add(list, mem_printf("X-Smokebox-Signature: sha256=%s", hex));
	}
	return list;
}
