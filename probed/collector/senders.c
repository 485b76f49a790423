#include "collector/senders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Private, shared and link-local addresses and this host's own (RFC 1918, 6598, 3927,
 * 4193, 4291). */
#define NEIGHBOURS                                                                     \
	"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 "        \
	"127.0.0.0/8 fc00::/7 fe80::/10 ::1"
#define FORGET_MS (24 * 3600 * 1000LL)

int
senders_configure(
    struct senders *s, const char *allow, const char *proxy, struct err *err)
{
	struct prefixes named = { 0 }, proxies = { 0 };
	bool private = false;
	char *rest;

	if (allow == NULL)
		allow = SENDERS_PRIVATE;
	rest = prefixes_without(allow, SENDERS_PRIVATE, &private);
	if (prefixes_parse(&named, rest, err) != 0 ||
	    prefixes_parse(&proxies, proxy, err) != 0 ||
	    (s->neighbours.count == 0 &&
		prefixes_parse(&s->neighbours, NEIGHBOURS, err) != 0)) {
		free(rest);
		prefixes_free(&named);
		prefixes_free(&proxies);
		return -1;
	}
	free(rest);
	prefixes_free(&s->named);
	prefixes_free(&s->proxies);
	free(s->allow);
	s->named = named;
	s->proxies = proxies;
	s->private = private;
	s->allow = mem_str(allow);
	return 0;
}

void
senders_free(struct senders *s)
{
	prefixes_free(&s->named);
	prefixes_free(&s->neighbours);
	prefixes_free(&s->proxies);
	free(s->allow);
	memset(s, 0, sizeof *s);
}

enum sender
senders_judge(const struct senders *s, const struct addr *from)
{
	if (prefixes_hold(&s->named, from))
		return SENDER_NAMED;
	if (prefixes_hold(&s->proxies, from))
		return SENDER_PROXY;
	return s->private && prefixes_hold(&s->neighbours, from) ? SENDER_GUEST
								 : SENDER_STRANGER;
}

bool
senders_by_port(const struct senders *s, const struct addr *from)
{
	return s->proxies.count != 0 && prefixes_hold(&s->proxies, from);
}

/* What LEN bytes at DATA seem to speak: nothing of it is believed. */
static enum flow_protocol
protocol_of(const uint8_t *data, size_t len)
{
	static const enum flow_protocol protocol[] = { [1] = FLOW_NETFLOW1,
		[5] = FLOW_NETFLOW5,
		[7] = FLOW_NETFLOW7,
		[9] = FLOW_NETFLOW9,
		[10] = FLOW_IPFIX };
	unsigned version = len < 4 ? 0 : (unsigned)data[0] << 8 | data[1];

	if (version == 0 && len >= 4)
		return data[2] == 0 && data[3] == 5 ? FLOW_SFLOW5 : FLOW_UNKNOWN;
	return version < sizeof protocol / sizeof *protocol ? protocol[version]
							    : FLOW_UNKNOWN;
}

const struct stranger *
senders_refuse(struct senders *s, const struct addr *from, const uint8_t *data,
    size_t len, int64_t now_ms)
{
	struct stranger *t = s->stranger, *least = s->stranger;

	s->refused++;
	while (t < s->stranger + s->strangers && !addr_same_host(&t->from, from)) {
		if (t->datagrams < least->datagrams)
			least = t;
		t++;
	}
	if (t == s->stranger + STRANGERS_MAX)
		t = least;
	else if (t == s->stranger + s->strangers)
		s->strangers++;
	if (!addr_same_host(&t->from, from))
		*t = (struct stranger){ .first_ms = now_ms };
	t->from = *from;
	t->proxy = senders_by_port(s, from);
	enum flow_protocol protocol = protocol_of(data, len);
	if (++t->of[protocol] >= t->of[t->protocol])
		t->protocol = protocol;
	t->datagrams++;
	t->last_ms = now_ms;
	return t;
}

void
senders_sweep(struct senders *s, int64_t now_ms)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < s->strangers; i++) {
		enum sender who = senders_judge(s, &s->stranger[i].from);

		if (now_ms - s->stranger[i].last_ms > FORGET_MS ||
		    who == SENDER_NAMED || who == SENDER_GUEST)
			continue;
		s->stranger[kept++] = s->stranger[i];
	}
	memset(s->stranger + kept, 0, (s->strangers - kept) * sizeof *s->stranger);
	s->strangers = kept;
}

const char *
senders_line(
    const struct senders *s, const struct stranger *stranger, char buf[SENDERS_LINE])
{
	char who[ADDR_TEXT], *scope;
	bool fits = strlen(s->allow) + ADDR_TEXT + 16 < SENDERS_LINE;

	addr_text(&stranger->from, who);
	scope = strchr(who, '%'); /* a prefix has none */
	if (scope != NULL)
		*scope = '\0';
	snprintf(buf, SENDERS_LINE, "allow = %s %s", fits ? s->allow : "...", who);
	return buf;
}
