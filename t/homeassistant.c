/* What Home Assistant is told: topics, descriptions, figures. */
#include "courier/homeassistant.h"

#include <jansson.h>

#include "base/mem.h"
#include "tap.h"

static const struct conf_sink sink = {
	.name = "ha",
	.url = "mqtt://broker",
	.mqtt = true,
	.topic = "home/smoke-box",
	.discovery = "homeassistant",
	.device = "The \"box\"",
	.targets = "",
};
static struct conf_target root = { .path = "", .menu = "Top" };
static struct conf_target group = {
	.path = "A",
	.menu = "Zürich \\ \"x\"\n",
	.parent = &root,
};
static struct conf_target target = {
	.id = 0x00c0ffee12345678,
	.path = "A.B-1",
	.menu = "{{ states('lock') }}",
	.host = "192.0.2.1",
	.step = 60,
	.parent = &group,
};

static void
is_freed(char *got, const char *want, const char *what)
{
	is_str(got, want, what);
	free(got);
}

static void
topics(void)
{
	is_freed(ha_node(&sink), "home_smoke-box", "a name without slashes");
	is_freed(
	    ha_status_topic(&sink), "home/smoke-box/status", "whether it is there");
	is_freed(ha_state_topic(&sink, "A.B-1"), "home/smoke-box/target/A/B-1",
	    "figures by the path");
	is_freed(ha_state_topic(&sink, NULL), "home/smoke-box/verdict", "the verdict");
	is_freed(ha_config_topic(&sink, target.id, 0),
	    "homeassistant/sensor/home_smoke-box/00c0ffee12345678_median/config",
	    "a description by the id");
	is_freed(ha_config_topic(&sink, target.id, 3),
	    "homeassistant/binary_sensor/home_smoke-box/00c0ffee12345678_reachable/"
	    "config",
	    "another");
	is_freed(ha_config_topic(&sink, 0, 0),
	    "homeassistant/sensor/home_smoke-box/verdict/config", "of the box");
	is_freed(ha_sweep_filter(&sink), "homeassistant/+/home_smoke-box/+/config",
	    "what to look through");
}

static void
found(void)
{
	static const char *const others[] = { "", "/", "homeassistant",
		"homeassistant/", "homeassistant/sensor/home_smoke-box",
		"homeassistant/sensor/home_smoke-box/x",
		"homeassistant/sensor/home_smoke-box/x/configs",
		"homeassistant/sensor/home_smoke-box/x/y/config",
		"homeassistant/sensor/home_smoke-box2/x/config",
		"homeassistant2/sensor/home_smoke-box/x/config",
		"homeassistant/a/sensor/home_smoke-box/x/config" };
	static const char *const named[] = { "home/smoke-box/target/A/B-1",
		"home/smoke-box/target/#", "home/smoke-box/target/+/B",
		"home/smoke-box/status", "other/target/A" };
	char *payload;

	for (unsigned i = 0; i < HA_OF_TARGET; i++) {
		char *topic = ha_config_topic(&sink, target.id, i);

		ok(ha_is_ours(&sink, topic), "%s is ours", topic);
		ok(ha_id_of(&sink, topic) == target.id, "with its id");
		free(topic);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ok(!ha_is_ours(&sink, others[i]), "'%s' is not", others[i]);
	ok(ha_id_of(&sink, "homeassistant/sensor/home_smoke-box/verdict/config") == 0,
	    "the verdict has no id");
	ok(ha_id_of(&sink, "homeassistant/sensor/home_smoke-box/00c0ffee/config") == 0,
	    "half an id is none");
	ok(ha_is_state(&sink, named[0], "A.B-1"), "figures of a target");
	ok(!ha_is_state(&sink, named[0], "A.B-12"), "not of a longer one");
	ok(!ha_is_state(&sink, named[0], "A.B"), "nor of a shorter one");
	for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
		payload = mem_printf("{\"state_topic\":\"%s\"}", named[i]);
		is_freed(ha_named_state(&sink, payload, strlen(payload)),
		    i == 0 ? named[i] : NULL, named[i]);
		free(payload);
	}
	is_freed(
	    ha_named_state(&sink, "{\"state_topic\":", 15), NULL, "half a payload");
	is_freed(ha_named_state(&sink, "[1]", 3), NULL, "another payload");
	is_freed(ha_named_state(&sink, "{\"state_topic\":7}", 17), NULL, "a number");
	is_freed(ha_named_state(&sink, "\xff\0\x01", 3), NULL, "no text");
}

static void
is_member(json_t *from, const char *key, const char *want)
{
	is_str(json_string_value(json_object_get(from, key)), want, key);
}

static json_t *
read_freed(char *payload)
{
	json_t *root_of = json_loads(payload, JSON_REJECT_DUPLICATES, NULL);

	ok(json_is_object(root_of), "JSON: %.60s...", payload);
	free(payload);
	return root_of;
}

static void
descriptions(void)
{
	json_t *j = read_freed(ha_config(&sink, &target, 0)), *d;

	is_member(j, "name", "Zürich \\ \"x\"\n {{ states('lock') }} median");
	is_member(j, "unique_id", "home_smoke-box_00c0ffee12345678_median");
	is_member(j, "state_topic", "home/smoke-box/target/A/B-1");
	is_member(j, "availability_topic", "home/smoke-box/status");
	is_member(j, "unit_of_measurement", "ms");
	is_member(j, "state_class", "measurement");
	is_member(j, "value_template", "{{ value_json.median }}");
	ok(json_integer_value(json_object_get(j, "expire_after")) == 210,
	    "three rounds and a little");
	d = json_object_get(j, "device");
	is_member(d, "name", "The \"box\"");
	is_str(json_string_value(json_array_get(json_object_get(d, "identifiers"), 0)),
	    "home_smoke-box", "one device");
	json_decref(j);
	j = read_freed(ha_config(&sink, &target, 1));
	is_member(j, "unit_of_measurement", "%");
	json_decref(j);
	j = read_freed(ha_config(&sink, &target, 3));
	is_member(j, "device_class", "connectivity");
	is_member(j, "unit_of_measurement", NULL);
	is_member(j, "state_class", NULL);
	json_decref(j);
	j = read_freed(ha_config(&sink, NULL, 0));
	is_member(j, "unique_id", "home_smoke-box_verdict");
	is_member(j, "json_attributes_topic", "home/smoke-box/verdict");
	ok(json_object_get(j, "expire_after") == NULL, "what stands goes on to stand");
	json_decref(j);
	j = read_freed(ha_config(&sink, NULL, 3));
	is_member(j, "device_class", "problem");
	json_decref(j);
}

/* The figures of the pings in WORD: digits answer in that many ms, T times out, X is
 * not sent. */
static char *
figures(const char *word)
{
	struct round r = { .row = 1700000010, .step = 10 };

	r.count = (uint16_t)strlen(word);
	for (size_t i = 0; word[i] != '\0'; i++) {
		r.ping[i].rtt_ns = -1;
		r.ping[i].outcome = word[i] == 'X' ? PING_NOT_SENT : PING_TIMEOUT;
		if (word[i] >= '0' && word[i] <= '9') {
			r.ping[i].outcome = PING_ANSWERED;
			r.ping[i].rtt_ns = (word[i] - '0') * 1000000LL;
		}
	}
	return ha_round(&r);
}

static void
rounds(void)
{
	is_freed(figures("3142"),
	    "{\"median\":3,\"loss\":0,\"jitter\":2.333,\"reachable\":\"ON\","
	    "\"time\":\"2023-11-14T22:13:30Z\"}",
	    "a round");
	is_freed(figures("T5T"),
	    "{\"median\":5,\"loss\":66.667,\"jitter\":null,\"reachable\":\"ON\","
	    "\"time\":\"2023-11-14T22:13:30Z\"}",
	    "lost ones");
	is_freed(figures("TT"),
	    "{\"median\":null,\"loss\":100,\"jitter\":null,\"reachable\":\"OFF\","
	    "\"time\":\"2023-11-14T22:13:30Z\"}",
	    "all lost: not reachable");
	is_freed(figures("XXX1"),
	    "{\"median\":null,\"loss\":null,\"jitter\":null,\"reachable\":null,"
	    "\"time\":\"2023-11-14T22:13:30Z\"}",
	    "unknown is neither lost nor unreachable");
	is_freed(ha_round(NULL),
	    "{\"median\":null,\"loss\":null,\"jitter\":null,\"reachable\":null,"
	    "\"time\":null}",
	    "no round yet");
}

static void
verdicts(void)
{
	static struct msg_verdict v = { .confidence = CONFIDENCE_LIKELY,
		.segment = SEGMENT_ACCESS,
		.begin = 1700000010,
		.cause = "bufferbloat",
		.sentence = "192.0.2.7, port 443 fills the line.",
		.name = { "192.0.2.7, port 443" } };
	struct conf_sink open = sink;
	json_t *j;

	open.hosts = true;
	is_freed(ha_verdict(&sink, &v),
	    "{\"verdict\":\"a device fills the line.\",\"segment\":\"access\","
	    "\"confidence\":\"likely\",\"problem\":\"ON\","
	    "\"sentence\":\"a device fills the line.\",\"cause\":\"bufferbloat\","
	    "\"since\":\"2023-11-14T22:13:30Z\"}",
	    "hosts are not named");
	j = read_freed(ha_verdict(&open, &v));
	is_member(j, "verdict", v.sentence);
	json_decref(j);
	v.fine = true;
	j = read_freed(ha_verdict(&sink, &v));
	is_member(j, "problem", "OFF");
	is_member(j, "segment", "none");
	is_member(j, "cause", NULL);
	json_decref(j);
	v.name[0][0] = '\0';
	for (size_t i = 0; i + 2 < sizeof v.sentence; i += 2)
		memcpy(v.sentence + i, "ü", 2);
	j = read_freed(ha_verdict(&sink, &v));
	is_int((long long)json_string_length(json_object_get(j, "verdict")), 503,
	    "a long sentence is cut at a whole character");
	is_member(j, "sentence", v.sentence);
	json_decref(j);
	v.confidence = CONFIDENCE_NONE;
	for (int i = 0; i < 2; i++)
		is_freed(ha_verdict(&sink, i == 0 ? &v : NULL),
		    "{\"verdict\":null,\"segment\":null,\"confidence\":null,"
		    "\"problem\":null,\"sentence\":null,\"cause\":null,"
		    "\"since\":null}",
		    "nothing to be said");
}

int
main(void)
{
	topics();
	found();
	descriptions();
	rounds();
	verdicts();
	return tap_done();
}
