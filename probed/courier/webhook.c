/* The body that receivers of Prometheus' Alertmanager know (version 4), and its
 * signature. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nettle/hmac.h>

#include "base/fnv.h"
#include "base/json.h"
#include "base/mem.h"
#include "courier/service.h"

static void
put(struct json *j, const char *key, const char *value)
{
	if (*value == '\0')
		return;
	jw_key(j, key);
	jw_str(j, value);
}

/* RFC 3339; Go's zero time for 0. */
static void
put_time(struct json *j, const char *key, int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[40] = "0001-01-01T00:00:00Z";
	struct tm tm;

	if (seconds > 0 && gmtime_r(&t, &tm) != NULL)
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	jw_key(j, key);
	jw_str(j, text);
}

static const char *
status_of(const struct letter *l)
{
	return letter_is_over(l) ? "resolved" : "firing";
}

static const char *
name_of(const struct letter *l)
{
	return *l->alert != '\0' ? l->alert : *l->kind != '\0' ? l->kind : "incident";
}

static void
put_labels(struct json *j, const struct letter *l)
{
	char priority[24];

	jw_key(j, "labels");
	jw_object(j);
	put(j, "alertname", name_of(l));
	put(j, "kind", l->kind);
	put(j, "target", l->subject);
	put(j, "host", l->host);
	snprintf(priority, sizeof priority, "%ld", l->priority);
	if (l->priority > 0)
		put(j, "priority", priority);
	jw_object_end(j);
}

static void
put_annotations(struct json *j, const struct letter *l)
{
	char id[PARCEL_ID];
	const struct parcel one = { .letter = (struct letter *)l, .count = 1 };

	parcel_id(&one, id);
	jw_key(j, "annotations");
	jw_object(j);
	if (*l->summary != '\0') {
		put(j, "summary", l->summary);
	} else {
		char *text = mem_printf("%s %s%s%s", name_of(l), letter_state(l),
		    *l->subject != '\0' ? " on " : "", l->subject);
		put(j, "summary", text);
		free(text);
	}
	put(j, "description", l->comment);
	put(j, "state", letter_state(l));
	put(j, "pattern", l->pattern);
	put(j, "loss", l->loss);
	put(j, "rtt", l->rtt);
	put(j, "id", id);
	jw_object_end(j);
}

/* The same for all that is told of one thing. */
static uint64_t
fingerprint(const struct letter *l)
{
	const char *parts[] = { name_of(l), l->subject };
	uint64_t h = FNV_BEGIN;

	for (size_t i = 0; i < 2; i++)
		h = fnv(h, parts[i], strlen(parts[i]) + 1);
	return h;
}

static void
put_alert(struct json *j, const struct letter *l, const char *url_base)
{
	char *url = NULL, print[20];
	size_t len;
	FILE *out = mem_stream(&url, &len);

	letter_url(l, url_base, out);
	mem_stream_end(out);
	jw_object(j);
	put(j, "status", status_of(l));
	put_labels(j, l);
	put_annotations(j, l);
	put_time(j, "startsAt", l->begin > 0 ? l->begin : l->time);
	put_time(j, "endsAt", !letter_is_over(l) ? 0 : l->end > 0 ? l->end : l->time);
	jw_key(j, "generatorURL");
	jw_str(j, url);
	snprintf(print, sizeof print, "%016" PRIx64, fingerprint(l));
	put(j, "fingerprint", print);
	/* What Alertmanager does not have, nor its receivers look for. */
	put(j, "confidence", l->confidence);
	if (l->evidence != NULL) {
		jw_key(j, "evidence");
		json_raw(j, l->evidence);
	}
	jw_object_end(j);
	free(url);
}

void
webhook_body(const struct address *a, const struct parcel *p, FILE *out)
{
	char id[PARCEL_ID];
	struct json j;

	parcel_id(p, id);
	jw_init(&j, out);
	jw_object(&j);
	put(&j, "version", "4");
	put(&j, "groupKey", id);
	jw_key(&j, "truncatedAlerts");
	jw_int(&j, 0);
	put(&j, "status", parcel_is_over(p) ? "resolved" : "firing");
	put(&j, "receiver", p->receiver);
	jw_key(&j, "groupLabels");
	jw_object(&j);
	jw_object_end(&j);
	jw_key(&j, "commonLabels");
	jw_object(&j);
	jw_object_end(&j);
	jw_key(&j, "commonAnnotations");
	jw_object(&j);
	jw_object_end(&j);
	jw_key(&j, "externalURL");
	jw_str(&j, a->url_base);
	jw_key(&j, "alerts");
	jw_array(&j);
	for (size_t i = 0; i < p->count; i++)
		put_alert(&j, &p->letter[i], a->url_base);
	jw_array_end(&j);
	jw_object_end(&j);
}

void
webhook_hmac(const char *secret, const void *body, size_t len, char hex[WEBHOOK_HMAC])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, strlen(secret), (const uint8_t *)secret);
	hmac_sha256_update(&ctx, len, body);
	hmac_sha256_digest(&ctx, sizeof digest, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	explicit_bzero(&ctx, sizeof ctx);
}
