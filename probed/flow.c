#include "flow.h"

#include <arpa/inet.h>
#include <string.h>

const char *
flow_protocol_word(enum flow_protocol protocol)
{
	static const char *const word[FLOW_PROTOCOLS] = { [FLOW_UNKNOWN] = "unknown",
		[FLOW_SFLOW5] = "sflow5",
		[FLOW_NETFLOW1] = "netflow1",
		[FLOW_NETFLOW5] = "netflow5",
		[FLOW_NETFLOW7] = "netflow7",
		[FLOW_NETFLOW9] = "netflow9",
		[FLOW_IPFIX] = "ipfix",
		[FLOW_PACKETS] = "packets" };

	return word[protocol];
}

const char *
flow_fault_word(enum flow_fault fault)
{
	static const char *const word[FLOW_FAULTS] = { [FAULT_FLOW_VERSION] = "version",
		[FAULT_FLOW_SHORT] = "short",
		[FAULT_FLOW_COUNT] = "count",
		[FAULT_FLOW_SET] = "set",
		[FAULT_FLOW_TEMPLATE] = "template",
		[FAULT_FLOW_NO_TEMPLATE] = "no_template",
		[FAULT_FLOW_ADDRESS] = "address",
		[FAULT_FLOW_HEADER] = "header",
		[FAULT_FLOW_RATE] = "rate",
		[FAULT_FLOW_TIME] = "time",
		[FAULT_FLOW_FULL] = "full",
		[FAULT_FLOW_CLOCK] = "clock",
		[FAULT_FLOW_FLOOD] = "flood" };

	return word[fault];
}

const char *
flow_discard_word(uint32_t reason)
{
	static const char *const icmp[] = { "net unreachable", "host unreachable",
		"protocol unreachable", "port unreachable", "fragmentation needed",
		"source route failed", "net unknown", "host unknown", "host isolated",
		"net prohibited", "host prohibited", "net unreachable for this TOS",
		"host unreachable for this TOS", "prohibited", "precedence violated",
		"precedence cut off" };
	static const char *const others[] = { "unknown", "TTL exceeded", "ACL",
		"no buffer space", "RED", "rate limit", "too big" };

	if (reason < sizeof icmp / sizeof *icmp)
		return icmp[reason];
	if (reason >= 256 && reason - 256 < sizeof others / sizeof *others)
		return others[reason - 256];
	return NULL;
}

const char *
flow_ceiling_word(enum flow_ceiling ceiling)
{
	static const char *const word[FLOW_CEILINGS] = { [CEILING_VARIANTS] =
							     "template_variants",
		[CEILING_SAMPLERS] = "samplers",
		[CEILING_DISCARDS] = "discards",
		[CEILING_SOURCES] = "sample_sources",
		[CEILING_BEGINS] = "firewall_flows" };

	return word[ceiling];
}

const char *
flow_sampling_word(enum flow_sampling source)
{
	static const char *const word[SAMPLING_SOURCES] = { [SAMPLING_UNKNOWN] =
								"unknown",
		[SAMPLING_INTERFACE] = "interface",
		[SAMPLING_OPERATOR] = "operator",
		[SAMPLING_PROTOCOL] = "protocol",
		[SAMPLING_POOL] = "pool",
		[SAMPLING_RECORD] = "record",
		[SAMPLING_SAMPLER] = "sampler",
		[SAMPLING_ONLY_SAMPLER] = "only sampler",
		[SAMPLING_OTHER_DOMAIN] = "other domain",
		[SAMPLING_DEFAULT] = "default" };

	return word[source];
}

const char *
flow_ip_text(const struct flow_ip *ip, char *buf)
{
	buf[0] = '\0';
	if (ip->len != 0)
		inet_ntop(ip->len == 4 ? AF_INET : AF_INET6, ip->bytes, buf, ADDR_TEXT);
	return buf;
}

struct flow_ip
flow_ip_of(const struct addr *a)
{
	struct flow_ip ip = { 0 };
	unsigned len;
	const uint8_t *bytes = addr_bytes(a, &len);

	ip.len = (uint8_t)len;
	memcpy(ip.bytes, bytes, len);
	return ip;
}

bool
flow_ip_same(const struct flow_ip *a, const struct flow_ip *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool
flow_ip_in(const struct flow_ip *ip, const struct prefix *p)
{
	struct addr a = { 0 };

	if (ip->len == 4) {
		a.v4.sin_family = AF_INET;
		memcpy(&a.v4.sin_addr, ip->bytes, 4);
	} else if (ip->len == 16) {
		a.v6.sin6_family = AF_INET6;
		memcpy(&a.v6.sin6_addr, ip->bytes, 16);
	}
	return ip->len != 0 && prefix_holds(p, &a);
}

void
flow_ip_put(struct pack *p, const struct flow_ip *ip)
{
	pack_u8(p, ip->len);
	pack_bytes(p, ip->bytes, ip->len);
}

void
flow_ip_get(struct wire *w, struct flow_ip *ip)
{
	uint8_t len = wire_u8(w);
	const uint8_t *bytes = NULL;

	*ip = (struct flow_ip){ 0 };
	if (len == 0 || len == 4 || len == 16)
		bytes = wire_bytes(w, len);
	else
		w->bad = true;
	if (bytes == NULL)
		return;
	ip->len = len;
	memcpy(ip->bytes, bytes, len);
}
