#include "courier/homeassistant.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "config.h"

#define PAYLOAD_MAX (64 * 1024)
/* The longest state that Home Assistant takes is 255 characters. */
#define STATE_MAX 250
/* Rounds that may be missing before a figure is called unavailable. */
#define PATIENCE_ROUNDS 3
#define PATIENCE_S 30

/* --- entities --------------------------------------------------------------------- */

struct entity {
	const char *component, *key; /* in the payload too */
	const char *name, *icon;
	const char *unit;  /* of a figure; NULL: it is a word */
	const char *class; /* NULL: none */
	int digits;
};

static const struct entity of_target[HA_OF_TARGET] = {
	{ "sensor", "median", "median", "mdi:timer-outline", "ms", NULL, 1 },
	{ "sensor", "loss", "loss", "mdi:package-variant-remove", "%", NULL, 0 },
	{ "sensor", "jitter", "jitter", "mdi:pulse", "ms", NULL, 1 },
	{ "binary_sensor", "reachable", "reachable", NULL, NULL, "connectivity", 0 },
};

static const struct entity of_box[HA_OF_BOX] = {
	{ "sensor", "verdict", "verdict", "mdi:scale-balance", NULL, NULL, 0 },
	{ "sensor", "segment", "segment", "mdi:map-marker-path", NULL, NULL, 0 },
	{ "sensor", "confidence", "confidence", "mdi:help-circle-outline", NULL, NULL,
	    0 },
	{ "binary_sensor", "problem", "problem", NULL, NULL, "problem", 0 },
};

static const struct entity *
entity_of(bool target, unsigned i)
{
	return target ? &of_target[i] : &of_box[i];
}

/* --- topics ----------------------------------------------------------------------- */

char *
ha_node(const struct conf_sink *c)
{
	char *node = mem_str(c->topic);

	for (char *s = node; *s != '\0'; s++)
		if (*s == '/')
			*s = '_';
	return node;
}

char *
ha_status_topic(const struct conf_sink *c)
{
	return mem_printf("%s/status", c->topic);
}

char *
ha_birth_topic(const struct conf_sink *c)
{
	return mem_printf("%s/status", c->discovery);
}

char *
ha_state_topic(const struct conf_sink *c, const char *path)
{
	if (path == NULL)
		return mem_printf("%s/verdict", c->topic);
	char *topic = mem_printf("%s/target/%s", c->topic, path);
	for (char *s = topic + strlen(c->topic); *s != '\0'; s++)
		if (*s == '.')
			*s = '/';
	return topic;
}

/* What a unique id and a topic have in common: the path's hash, so that an entity stays
 * the same whatever a target is called on pages. */
static char *
object_of(uint64_t id, const struct entity *e)
{
	if (id == 0)
		return mem_str(e->key);
	return mem_printf("%016" PRIx64 "_%s", id, e->key);
}

char *
ha_config_topic(const struct conf_sink *c, uint64_t id, unsigned i)
{
	const struct entity *e = entity_of(id != 0, i);
	char *node = ha_node(c), *object = object_of(id, e);
	char *topic =
	    mem_printf("%s/%s/%s/%s/config", c->discovery, e->component, node, object);

	free(node);
	free(object);
	return topic;
}

char *
ha_sweep_filter(const struct conf_sink *c)
{
	char *node = ha_node(c);
	char *filter = mem_printf("%s/+/%s/+/config", c->discovery, node);

	free(node);
	return filter;
}

bool
ha_is_ours(const struct conf_sink *c, const char *topic)
{
	size_t len = strlen(c->discovery);
	char *node = ha_node(c), *middle = mem_printf("/%s/", node);
	const char *at, *end;
	bool ours = false;

	if (strlen(topic) < HA_TOPIC_MAX && strncmp(topic, c->discovery, len) == 0 &&
	    topic[len] == '/' && (at = strchr(topic + len + 1, '/')) != NULL &&
	    strncmp(at, middle, strlen(middle)) == 0 &&
	    (end = strchr(at + strlen(middle), '/')) != NULL)
		ours = strcmp(end, "/config") == 0;
	free(middle);
	free(node);
	return ours;
}

uint64_t
ha_id_of(const struct conf_sink *c, const char *topic)
{
	uint64_t id = 0;
	unsigned digits = 0;

	topic = strchr(topic + strlen(c->discovery) + 1, '/');
	topic += 1 + strlen(c->topic) + 1;
	for (; digits < 16; digits++, topic++) {
		static const char hex[] = "0123456789abcdef";
		const char *digit = *topic == '\0' ? NULL : strchr(hex, *topic);

		if (digit == NULL)
			return 0;
		id = id << 4 | (uint64_t)(digit - hex);
	}
	return *topic == '_' ? id : 0;
}

bool
ha_is_state(const struct conf_sink *c, const char *topic, const char *path)
{
	size_t len = strlen(c->topic);

	if (strncmp(topic, c->topic, len) != 0 ||
	    strncmp(topic + len, "/target/", 8) != 0)
		return false;
	for (topic += len + 8; *path != '\0'; path++, topic++)
		if (*topic != (*path == '.' ? '/' : *path))
			return false;
	return *topic == '\0';
}

char *
ha_named_state(const struct conf_sink *c, const void *payload, size_t len)
{
	json_t *root = len > PAYLOAD_MAX
			   ? NULL
			   : json_loadb(payload, len, JSON_REJECT_DUPLICATES, NULL);
	const char *topic = json_string_value(json_object_get(root, "state_topic"));
	char *prefix = mem_printf("%s/target/", c->topic), *named = NULL;

	if (topic != NULL && strlen(topic) < HA_TOPIC_MAX &&
	    strncmp(topic, prefix, strlen(prefix)) == 0 && strpbrk(topic, "+#") == NULL)
		named = mem_str(topic);
	free(prefix);
	json_decref(root);
	return named;
}

/* --- payloads --------------------------------------------------------------------- */

/* Begin a payload; its text is TEXT once finish() was called. */
static void
begin(struct json *j, char **text, size_t *len)
{
	FILE *out = mem_stream(text, len);

	jw_init(j, out);
	jw_object(j);
}

static void
finish(struct json *j)
{
	jw_object_end(j);
	mem_stream_end(j->out);
}

/* The menu's words from the top down: "Home Gateway". */
static void
write_way(FILE *out, const struct conf_target *t)
{
	if (t->parent == NULL || *t->path == '\0')
		return;
	write_way(out, t->parent);
	fprintf(out, "%s ", t->menu);
}

static char *
name_of(const struct conf_target *t, const struct entity *e)
{
	char *name = NULL;
	size_t len;
	FILE *out = mem_stream(&name, &len);

	if (t != NULL)
		write_way(out, t);
	fputs(e->name, out);
	mem_stream_end(out);
	return name;
}

static void
put_device(struct json *j, const struct conf_sink *c, const char *node)
{
	jw_key(j, "device");
	jw_object(j);
	jw_key(j, "identifiers");
	jw_array(j);
	jw_str(j, node);
	jw_array_end(j);
	jw_put_str(j, "name", c->device);
	jw_put_str(j, "manufacturer", PACKAGE_NAME);
	jw_put_str(j, "model", "probed");
	jw_put_str(j, "sw_version", PACKAGE_VERSION);
	jw_object_end(j);
	jw_key(j, "origin");
	jw_object(j);
	jw_put_str(j, "name", PACKAGE_NAME);
	jw_put_str(j, "sw_version", PACKAGE_VERSION);
	jw_object_end(j);
}

/* Put KEY with FMT filled in. */
static void __attribute__((format(printf, 3, 4)))
put(struct json *j, const char *key, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	jw_put_str(j, key, text);
}

char *
ha_config(const struct conf_sink *c, const struct conf_target *t, unsigned i)
{
	const struct entity *e = entity_of(t != NULL, i);
	char *node = ha_node(c), *object = object_of(t == NULL ? 0 : t->id, e);
	char *state = ha_state_topic(c, t == NULL ? NULL : t->path);
	char *status = ha_status_topic(c), *name = name_of(t, e), *text = NULL;
	struct json j;
	size_t len;

	begin(&j, &text, &len);
	jw_put_str(&j, "name", name);
	put(&j, "unique_id", "%s_%s", node, object);
	jw_put_str(&j, "state_topic", state);
	put(&j, "value_template", "{{ value_json.%s }}", e->key);
	jw_put_str(&j, "availability_topic", status);
	if (e->unit != NULL) {
		jw_put_str(&j, "unit_of_measurement", e->unit);
		jw_put_str(&j, "state_class", "measurement");
		jw_put_int(&j, "suggested_display_precision", e->digits);
	}
	if (e->class != NULL)
		jw_put_str(&j, "device_class", e->class);
	if (e->icon != NULL)
		jw_put_str(&j, "icon", e->icon);
	if (t != NULL)
		jw_put_int(&j, "expire_after",
		    PATIENCE_ROUNDS * (int64_t)t->step + PATIENCE_S);
	else if (i == 0)
		jw_put_str(&j, "json_attributes_topic", state);
	put_device(&j, c, node);
	finish(&j);
	free(name);
	free(status);
	free(state);
	free(object);
	free(node);
	return text;
}

/* V with three digits behind the point. */
static double
rounded(double v)
{
	return isnan(v) ? v : round(v * 1000) / 1000;
}

static void
put_time(struct json *j, const char *key, int64_t s)
{
	time_t when = (time_t)s;
	char text[32];
	struct tm tm;

	if (s <= 0 || gmtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		jw_put_str(j, key, NULL);
	else
		jw_put_str(j, key, text);
}

char *
ha_round(const struct round *r)
{
	struct round_row row = { .median = NAN, .loss = NAN };
	double jitter = NAN, loss = NAN;
	char *text = NULL;
	struct json j;
	size_t len;

	if (r != NULL)
		round_row(r, &row);
	if (!isnan(row.loss)) {
		jitter = round_jitter(r);
		loss = row.loss * 100 / r->count;
	}
	begin(&j, &text, &len);
	jw_put_num(&j, "median", rounded(row.median * 1000));
	jw_put_num(&j, "loss", rounded(loss));
	jw_put_num(&j, "jitter", rounded(jitter * 1000));
	jw_put_str(&j, "reachable",
	    isnan(row.loss)    ? NULL
	    : row.answered > 0 ? "ON"
			       : "OFF");
	put_time(&j, "time", r == NULL ? 0 : r->row);
	finish(&j);
	return text;
}

/* At most STATE_MAX characters of TEXT, whole ones. */
static char *
state_of(const char *text)
{
	size_t len = 0;

	for (unsigned n = 0; text[len] != '\0'; len++)
		if (((unsigned char)text[len] & 0xc0) != 0x80 && ++n > STATE_MAX)
			return mem_printf("%.*s...", (int)len, text);
	return mem_str(text);
}

char *
ha_verdict(const struct conf_sink *c, const struct msg_verdict *v)
{
	char *text = NULL, *sentence = NULL, *state = NULL;
	struct json j;
	size_t len;

	if (v != NULL && v->confidence == CONFIDENCE_NONE)
		v = NULL;
	if (v != NULL) {
		sentence = c->hosts ? mem_str(v->sentence) : msg_verdict_veiled(v);
		state = state_of(sentence);
	}
	begin(&j, &text, &len);
	jw_put_str(&j, "verdict", state);
	jw_put_str(&j, "segment",
	    v == NULL ? NULL
	    : v->fine || v->segment == SEGMENT_NONE
		? "none"
		: segment_word((enum segment)v->segment));
	jw_put_str(&j, "confidence",
	    v == NULL ? NULL : confidence_word((enum confidence)v->confidence));
	jw_put_str(&j, "problem", v == NULL ? NULL : v->fine ? "OFF" : "ON");
	jw_put_str(&j, "sentence", sentence);
	jw_put_str(&j, "cause", v == NULL || v->fine ? NULL : v->cause);
	put_time(&j, "since", v == NULL ? 0 : v->begin);
	finish(&j);
	free(state);
	free(sentence);
	return text;
}
