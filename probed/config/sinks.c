/* Where rounds go: as lines by SmokePing's section InfluxDB and ours, to a broker by
 * ours. */
#include <stdio.h>
#include <string.h>

#include "config/tree.h"
#include "config/view.h"

#define PORT "8086"
#define TIMEOUT_S 15
#define BLANKS " \t,"

static const char *
text(const struct conf_section *s, const char *key)
{
	const char *value = conf_value(s, key, "");

	return *value == '\0' ? NULL : value;
}

/* SmokePing's: plain HTTP, the first API of InfluxDB, loss among the tags. */
static void
view_influx(struct view *v, struct conf_sink *sink, const struct conf_section *s)
{
	const char *host = conf_value(s, "host", "");
	bool v6 = strchr(host, ':') != NULL && host[0] != '[';

	sink->name = s->name;
	sink->url = arena_printf(&v->tree->arena, "http://%s%s%s:%s", v6 ? "[" : "",
	    host, v6 ? "]" : "", conf_value(s, "port", PORT));
	sink->database = text(s, "database");
	/* As SmokePing has it: only both together. */
	if (text(s, "username") != NULL && text(s, "password") != NULL) {
		sink->user = text(s, "username");
		sink->password = text(s, "password");
	}
	sink->timeout = view_number(conf_value(s, "timeout", NULL), TIMEOUT_S);
	sink->loss_tags = true;
}

/* What is for the one way of sending and stands at the other, where nobody reads it. */
static void
check_kind(struct view *v, const struct conf_sink *sink, const struct conf_section *s)
{
	static const char *const of_lines[] = { "database", "bucket", "org", "token",
		"timeout", "loss_tags" };
	static const char *const of_mqtt[] = { "ca", "topic", "discovery", "device",
		"targets", "hosts" };
	const char *const *key = sink->mqtt ? of_lines : of_mqtt;

	for (size_t i = 0; i < sizeof of_lines / sizeof *of_lines; i++) {
		const struct conf_var *var = conf_var(s, key[i]);

		if (var != NULL)
			report_warning(v->report, var->at,
			    "%s is not used in Sinks/%s, expected it only with url = "
			    "%s",
			    var->key, s->name,
			    sink->mqtt ? "http://..." : "mqtt://...");
	}
}

/* Do the targets of S exist? */
static void
check_targets(struct view *v, const struct conf_section *s)
{
	const struct conf_var *var = conf_var(s, "targets");
	const char *at = var == NULL ? "" : var->value;
	char path[1024];

	while (*(at += strspn(at, BLANKS)) != '\0') {
		size_t len = strcspn(at, BLANKS);

		snprintf(path, sizeof path, "%.*s", (int)len, at);
		if (conf_target_by_path(&v->tree->conf, path) == NULL)
			report_warning(v->report, var->at,
			    "there is no target or group %s for Sinks/%s, expected a "
			    "path such as Group.Host",
			    path, s->name);
		at += len;
	}
}

static void
view_mqtt(struct conf_sink *sink, const struct conf_section *s)
{
	sink->mqtt = true;
	sink->ca = text(s, "ca");
	sink->topic = text(s, "topic");
	sink->discovery = conf_value(s, "discovery", "homeassistant");
	sink->device = text(s, "device");
	if (sink->device == NULL)
		sink->device = "Smokebox";
	sink->targets = conf_value(s, "targets", "");
	sink->hosts = strcmp(conf_value(s, "hosts", "no"), "yes") == 0;
}

static void
view_sink(struct view *v, struct conf_sink *sink, const struct conf_section *s)
{
	sink->name = s->name;
	sink->url = conf_value(s, "url", "");
	sink->database = text(s, "database");
	sink->user = text(s, "username");
	sink->password = text(s, "password");
	sink->bucket = text(s, "bucket");
	sink->org = text(s, "org");
	sink->token = text(s, "token");
	sink->timeout = view_number(conf_value(s, "timeout", NULL), TIMEOUT_S);
	sink->loss_tags = strcmp(conf_value(s, "loss_tags", "no"), "yes") == 0;
	if (strncmp(sink->url, "mqtt", 4) == 0)
		view_mqtt(sink, s);
	if (v->quiet)
		return;
	check_kind(v, sink, s);
	check_targets(v, s);
	if (sink->mqtt && sink->password != NULL && sink->user == NULL)
		report_error(v->report, s->at,
		    "mandatory variable 'username' not defined in Sinks/%s, expected "
		    "username = whose password it is",
		    s->name);
	if (sink->mqtt)
		return;
	if (sink->bucket != NULL && sink->database != NULL)
		report_error(v->report, s->at,
		    "both bucket and database are set in Sinks/%s, expected a bucket "
		    "(write API 2) or a database (write API 1)",
		    s->name);
	else if (sink->bucket != NULL && sink->org == NULL)
		report_error(v->report, s->at,
		    "mandatory variable 'org' not defined in Sinks/%s, expected org = "
		    "the organisation that the bucket belongs to",
		    s->name);
}

void
sinks_build(struct view *v)
{
	struct conf *conf = &v->tree->conf;
	const struct conf_section *influx = conf_top(conf, "InfluxDB"),
				  *ours = conf_top(conf, "Sinks");
	struct conf_sink *sink;
	size_t count = influx != NULL;

	for (const struct conf_section *s = ours == NULL ? NULL : ours->first;
	     s != NULL; s = s->next)
		count++;
	sink = arena_zero(&v->tree->arena, (count + 1) * sizeof *sink);
	conf->sink = sink;
	conf->sinks = count;
	conf->rrdcached = text(ours, "rrdcached");
	if (influx != NULL)
		view_influx(v, sink++, influx);
	for (const struct conf_section *s = ours == NULL ? NULL : ours->first;
	     s != NULL; s = s->next)
		view_sink(v, sink++, s);
}
