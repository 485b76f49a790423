#include "courier/blockade.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "base/mem.h"

#define NEXTHOP "192.0.2.1 100::1" /* discarded, as RFC 6666 and many a router have it */
#define COMMUNITY "65535:666"	   /* BLACKHOLE, RFC 7999 */
#define MAX "16"
#define LIMIT "14400"

/* Two lines for nftables: an element that has timed out by itself can't be deleted, one
 * that is there can be added. */
static const struct {
	const char *type, *announce, *withdraw;
} usual[] = {
	{ "fastnetmon", NULL, NULL },
	{ "exabgp",
	    "announce route {prefix} next-hop {nexthop} community [{community}]",
	    "withdraw route {prefix} next-hop {nexthop}" },
	{ "gobgp",
	    "global rib add -a {family} {prefix} nexthop {nexthop} community "
	    "{community}",
	    "global rib del -a {family} {prefix} nexthop {nexthop}" },
	{ "bird",
	    "route {prefix} blackhole { bgp_community.add(({community_pair})); };",
	    "" },
	{ "nftables",
	    "add element inet smokebox attacked{version} { {ip} timeout {limit}s }",
	    "add element inet smokebox attacked{version} { {ip} }\n"
	    "delete element inet smokebox attacked{version} { {ip} }" },
};

static int
kind_of(const char *type)
{
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (strcmp(usual[i].type, type) == 0)
			return (int)i;
	return -1;
}

/* What the type says where the configuration has no text of its own; NULL: it speaks by
 * its arguments. */
static const char *
blockade_usual(const char *type, bool withdraw)
{
	int kind = kind_of(type);

	if (kind < 0)
		return NULL;
	return withdraw ? usual[kind].withdraw : usual[kind].announce;
}

bool
blockade_is(const struct conf_section *s)
{
	return conf_action_blocks(s);
}

bool
blockade_is_dry(const struct conf_section *s)
{
	return strcmp(conf_value(s, "dry_run", "yes"), "no") != 0;
}

int64_t
blockade_limit_s(const struct conf_section *s)
{
	return strtol(conf_value(s, "limit", LIMIT), NULL, 10);
}

static unsigned
blockade_max(const struct conf_section *s)
{
	return (unsigned)strtoul(conf_value(s, "max", MAX), NULL, 10);
}

/* --- attacks ---------------------------------------------------------------------- */

static void
take_text(const json_t *e, const char *key, char *buf, size_t size)
{
	const char *text = json_string_value(json_object_get(e, key));

	snprintf(buf, size, "%s", text != NULL ? text : "");
}

static double
take_number(const json_t *e, const char *key, double most)
{
	double v = json_number_value(json_object_get(e, key));

	return v >= 0 && v <= most ? v : 0;
}

int
onslaught_read(
    struct onslaught *o, int64_t incident, int64_t begin, const char *evidence)
{
	json_t *e = json_loads(evidence, JSON_REJECT_DUPLICATES, NULL);
	char direction[16];
	struct prefix p;
	struct err err;

	memset(o, 0, sizeof *o);
	if (!json_is_object(e)) {
		json_decref(e);
		return -1;
	}
	o->incident = incident;
	o->begin = begin;
	o->evidence = evidence;
	take_text(e, "host", o->host, sizeof o->host);
	take_text(e, "type", o->type, sizeof o->type);
	take_text(e, "exporter", o->exporter, sizeof o->exporter);
	take_text(e, "direction", direction, sizeof direction);
	o->out = strcmp(direction, "outgoing") == 0;
	o->pps = take_number(e, "pps", 1e15);
	o->bps = take_number(e, "bps", 1e15);
	o->protocol = (unsigned)take_number(e, "protocol", 255);
	o->port = (unsigned)take_number(e, "port", 65535);
	o->source_port = json_is_true(json_object_get(e, "source_port"));
	o->learned =
	    json_is_true(json_object_get(json_object_get(e, "quality"), "learned"));
	json_decref(e);
	/* It goes into commands of routers. */
	if (o->host[0] != '\0' && prefix_parse(&p, o->host, &err) != 0)
		return -1;
	for (const char *c = o->type; *c != '\0'; c++)
		if (*c != '_' && (*c < 'a' || *c > 'z'))
			return -1;
	return 0;
}

/* --- what may be done ------------------------------------------------------------- */

/* Is HOST in LIST? */
static bool
is_in(const struct prefixes *list, const char *host)
{
	struct prefix p;
	struct err err;

	if (prefix_parse(&p, host, &err) != 0)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct prefix *q = &list->prefix[i];
		unsigned whole = q->bits / 8, rest = q->bits % 8;

		if (memcmp(p.bytes, q->bytes, whole) == 0 &&
		    (rest == 0 ||
			((p.bytes[whole] ^ q->bytes[whole]) & (0xff00 >> rest)) == 0))
			return true;
	}
	return false;
}

static bool
is_protected(const struct conf_section *s, const char *host)
{
	struct prefixes list = { 0 };
	struct err err;
	/* What can't be read protects everything. */
	bool in = prefixes_parse(&list, conf_value(s, "protect", NULL), &err) != 0 ||
		  is_in(&list, host);

	prefixes_free(&list);
	return in;
}

static bool
is_its_way(const struct conf_section *s, bool out)
{
	const char *way = conf_value(s, "direction", "in");

	return strcmp(way, "both") == 0 || strcmp(way, out ? "out" : "in") == 0;
}

const char *
blockade_forbidden(
    const struct conf_section *s, const char *host, const struct prefixes *own)
{
	if (is_protected(s, host))
		return "the address is protected";
	if (own != NULL && is_in(own, host))
		return "it is this host or its gateway";
	return NULL;
}

const char *
blockade_refusal(const struct conf_section *s, const struct onslaught *o,
    const struct prefixes *own, unsigned active)
{
	if (o->host[0] == '\0')
		return "it is the network as a whole";
	if (!is_its_way(s, o->out))
		return o->out ? "it is for what comes in" : "it is for what goes out";
	const char *why = blockade_forbidden(s, o->host, own);
	if (why != NULL)
		return why;
	if (own == NULL)
		return "it is not known which addresses are this host's";
	if (strcmp(o->host, o->exporter) == 0)
		return "it is the exporter that tells of it";
	if (active >= blockade_max(s))
		return "there are as many as may be";
	if (!o->learned)
		return "it is not learned yet what is usual";
	return NULL;
}

/* --- what is said ----------------------------------------------------------------- */

/* The word of the list that is of the family: with a colon, or without. */
static void
next_hop(const struct conf_section *s, bool six, char *buf, size_t size)
{
	const char *at = conf_value(s, "nexthop", NEXTHOP);

	for (unsigned round = 0; round < 2; round++, at = NEXTHOP)
		while (*(at += strspn(at, " \t,")) != '\0') {
			size_t len = strcspn(at, " \t,");

			if ((memchr(at, ':', len) != NULL) == six) {
				snprintf(buf, size, "%.*s", (int)len, at);
				return;
			}
			at += len;
		}
}

/* The value of the placeholder NAME into BUF; false: there is none. */
static bool
value_of(const struct conf_section *s, const struct onslaught *o, const char *name,
    char *buf, size_t size)
{
	bool six = strchr(o->host, ':') != NULL;
	const char *community = conf_value(s, "community", COMMUNITY);

	if (strcmp(name, "ip") == 0)
		snprintf(buf, size, "%s", o->host);
	else if (strcmp(name, "prefix") == 0)
		snprintf(buf, size, "%s/%d", o->host, six ? 128 : 32);
	else if (strcmp(name, "version") == 0)
		snprintf(buf, size, "%d", six ? 6 : 4);
	else if (strcmp(name, "family") == 0)
		snprintf(buf, size, "ipv%d", six ? 6 : 4);
	else if (strcmp(name, "direction") == 0)
		snprintf(buf, size, "%s", o->out ? "outgoing" : "incoming");
	else if (strcmp(name, "pps") == 0)
		snprintf(buf, size, "%.0f", o->pps);
	else if (strcmp(name, "bps") == 0)
		snprintf(buf, size, "%.0f", o->bps);
	else if (strcmp(name, "type") == 0)
		snprintf(buf, size, "%s", o->type);
	else if (strcmp(name, "protocol") == 0)
		snprintf(buf, size, "%u", o->protocol);
	else if (strcmp(name, "port") == 0)
		snprintf(buf, size, "%u", o->port);
	else if (strcmp(name, "incident") == 0)
		snprintf(buf, size, "%lld", (long long)o->incident);
	else if (strcmp(name, "limit") == 0)
		snprintf(buf, size, "%lld", (long long)blockade_limit_s(s));
	else if (strcmp(name, "nexthop") == 0)
		next_hop(s, six, buf, size);
	else if (strcmp(name, "community") == 0)
		snprintf(buf, size, "%s", community);
	else if (strcmp(name, "community_pair") == 0) {
		snprintf(buf, size, "%s", community);
		for (char *c = buf; *c != '\0'; c++)
			if (*c == ':')
				*c = ',';
	} else
		return false;
	return true;
}

/* TEMPLATE with its placeholders filled in; other braces are what they are. */
static void
fill(const struct conf_section *s, const struct onslaught *o, const char *template,
    FILE *out)
{
	char name[24], value[128];

	for (const char *at = template; *at != '\0';) {
		size_t len = *at == '{' ? strcspn(at + 1, "{} ") : 0;

		if (len > 0 && len < sizeof name && at[1 + len] == '}') {
			snprintf(name, sizeof name, "%.*s", (int)len, at + 1);
			if (value_of(s, o, name, value, sizeof value)) {
				fputs(value, out);
				at += len + 2;
				continue;
			}
		}
		/* A line's end in a configuration of lines. */
		if (at[0] == '\\' && at[1] == 'n') {
			putc('\n', out);
			at += 2;
			continue;
		}
		putc(*at++, out);
	}
}

const char *
blockade_text(const struct conf_section *s, const struct onslaught *o, bool withdraw,
    char *buf)
{
	const char *type = conf_value(s, "type", "");
	const char *template = blockade_usual(type, withdraw);
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	template = conf_value(s, withdraw ? "withdraw" : "announce", template);
	if (template == NULL)
		template = withdraw ? "{ip} {direction} {pps} unban"
				    : "{ip} {direction} {pps} ban";
	fill(s, o, template, out);
	mem_stream_end(out);
	bool fits = len < BLOCKADE_TEXT;
	snprintf(buf, BLOCKADE_TEXT, "%s", fits ? text : "");
	free(text);
	return fits ? buf : NULL;
}

char *
blockade_json(const struct onslaught *o, const char *action)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	jw_put_str(&j, "action", action);
	jw_put_str(&j, "ip", o->host);
	jw_put_str(&j, "direction", o->out ? "outgoing" : "incoming");
	jw_put_str(&j, "attack_type", o->type);
	jw_put_num(&j, "pps", o->pps);
	jw_put_num(&j, "bps", o->bps);
	jw_put_int(&j, "incident", o->incident);
	jw_put_int(&j, "begin", o->begin);
	jw_key(&j, "evidence");
	json_raw(&j, o->evidence != NULL ? o->evidence : "null");
	jw_object_end(&j);
	fputs("\n", out);
	mem_stream_end(out);
	return text;
}
