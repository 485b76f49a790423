/* What may be done against an attack, and in what words: never against what is protected,
 * never more than may be, and with nothing of an attacker's in it. */
#include "courier/blockade.h"
#include "t/tap.h"

static struct conf_var vars[12];
static struct conf_section section = { .name = "block", .var = vars };

static const char *
key(const char *name, const char *value)
{
	for (size_t i = 0; i < section.vars; i++)
		if (strcmp(vars[i].key, name) == 0) {
			vars[i].value = (char *)(uintptr_t)value;
			return value;
		}
	vars[section.vars].key = (char *)(uintptr_t)name;
	vars[section.vars++].value = (char *)(uintptr_t)value;
	return value;
}

static const char evidence[] =
    "{\"host\":\"198.51.100.7\",\"type\":\"amplification\",\"direction\":\"incoming\","
    "\"pps\":12345.6,\"bps\":1e8,\"protocol\":17,\"port\":123,\"source_port\":true,"
    "\"exporter\":\"10.0.0.1\",\"quality\":{\"learned\":true}}";

static struct onslaught o;
static struct prefixes own;

static const char *
refusal(unsigned active)
{
	const char *why = blockade_refusal(&section, &o, &own, active);

	return why != NULL ? why : "";
}

static void
test_words(void)
{
	char text[BLOCKADE_TEXT];

	key("type", "exabgp");
	is_str(blockade_text(&section, &o, false, text),
	    "announce route 198.51.100.7/32 next-hop 192.0.2.1 community [65535:666]",
	    "ExaBGP's line");
	is_str(blockade_text(&section, &o, true, text),
	    "withdraw route 198.51.100.7/32 next-hop 192.0.2.1", "and its end");
	key("type", "gobgp");
	is_str(blockade_text(&section, &o, false, text),
	    "global rib add -a ipv4 198.51.100.7/32 nexthop 192.0.2.1 community 65535:666",
	    "GoBGP's words");
	key("type", "bird");
	is_str(blockade_text(&section, &o, false, text),
	    "route 198.51.100.7/32 blackhole { bgp_community.add((65535,666)); };",
	    "BIRD's route");
	key("type", "nftables");
	is_str(blockade_text(&section, &o, false, text),
	    "add element inet smokebox attacked4 { 198.51.100.7 timeout 14400s }",
	    "an element for nftables");
	is_str(blockade_text(&section, &o, true, text),
	    "add element inet smokebox attacked4 { 198.51.100.7 }\n"
	    "delete element inet smokebox attacked4 { 198.51.100.7 }",
	    "which can be taken away though it timed out");
	key("type", "fastnetmon");
	is_str(blockade_text(&section, &o, false, text),
	    "198.51.100.7 incoming 12346 ban", "FastNetMon's arguments");
	key("announce", "match { destination {prefix}; protocol ={protocol}; source-port "
			"={port}; } {unknown} \\n{type}");
	is_str(blockade_text(&section, &o, false, text),
	    "match { destination 198.51.100.7/32; protocol =17; source-port =123; } "
	    "{unknown} \namplification",
	    "an operator's own words, braces and all");
	snprintf(o.host, sizeof o.host, "2001:db8::7");
	key("announce", "{prefix} {nexthop} {version}");
	is_str(blockade_text(&section, &o, false, text), "2001:db8::7/128 100::1 6",
	    "IPv6 has its own next hop");
	key("nexthop", "203.0.113.9");
	is_str(blockade_text(&section, &o, false, text), "2001:db8::7/128 100::1 6",
	    "also where only another one is set");
	key("nexthop", "203.0.113.9 2001:db8::9");
	is_str(blockade_text(&section, &o, false, text),
	    "2001:db8::7/128 2001:db8::9 6", "or the one that is set");
	char much[BLOCKADE_TEXT];
	memset(much, 'x', sizeof much - 1);
	much[sizeof much - 1] = '\0';
	key("announce", much);
	ok(blockade_text(&section, &o, false, text) != NULL, "a text that just fits");
	memcpy(much, "{prefix}", 8);
	ok(blockade_text(&section, &o, false, text) == NULL,
	    "half of one that does not is none");
	char *json = blockade_json(&o, "ban");
	ok(strstr(json, "\"action\":\"ban\",\"ip\":\"2001:db8::7\"") != NULL &&
		strstr(json, "\"evidence\":{\"host\"") != NULL,
	    "JSON has the evidence");
	free(json);
}

static void
test_refusals(void)
{
	struct err err;

	ok(blockade_is_dry(&section), "it is a dry run unless the operator says no");
	is_str(refusal(0), "", "nothing is against it");
	is_str(refusal(16), "there are as many as may be", "but not too many");
	key("max", "1");
	is_str(refusal(1), "there are as many as may be", "of those that may be");
	key("protect", "198.51.100.0/29");
	is_str(refusal(0), "the address is protected", "nothing that is protected");
	key("protect", "198.51.100.8/29 192.0.2.0/24");
	is_str(refusal(0), "", "only that");
	key("protect", "no prefix");
	is_str(refusal(0), "the address is protected", "a list that is none is all");
	key("protect", "192.0.2.0/24");
	prefixes_parse(&own, "10.0.0.1 198.51.100.7", &err);
	is_str(refusal(0), "it is this host or its gateway", "not ourselves");
	is_str(blockade_forbidden(&section, o.host, &own),
	    "it is this host or its gateway", "nor where it stands already");
	is_str(blockade_refusal(&section, &o, NULL, 0),
	    "it is not known which addresses are this host's",
	    "not before they are known");
	ok(blockade_forbidden(&section, o.host, NULL) == NULL,
	    "which is no reason to withdraw what stands");
	prefixes_parse(&own, "10.0.0.1", &err);
	snprintf(o.exporter, sizeof o.exporter, "198.51.100.7");
	is_str(refusal(0), "it is the exporter that tells of it", "not the exporter");
	o.exporter[0] = '\0';
	o.learned = false;
	is_str(refusal(0), "it is not learned yet what is usual", "not before that");
	o.learned = true;
	o.out = true;
	is_str(refusal(0), "it is for what comes in", "not what goes out");
	key("direction", "both");
	is_str(refusal(0), "", "but where it is wanted");
	o.out = false;
	o.host[0] = '\0';
	is_str(refusal(0), "it is the network as a whole", "and never all");
}

int
main(void)
{
	key("type", "exabgp");
	is_int(onslaught_read(&o, 5, 1700000000, evidence), 0, "an incident is read");
	ok(o.pps > 12345 && o.port == 123 && o.source_port && o.learned && !o.out,
	    "with its figures");
	struct onslaught bad;
	is_int(onslaught_read(&bad, 5, 0, "{\"host\":\"1.2.3.4; reboot\"}"), -1,
	    "a host that is no address is refused");
	is_int(onslaught_read(&bad, 5, 0, "{\"type\":\"a;b\"}"), -1, "as is such a type");
	is_int(onslaught_read(&bad, 5, 0, "[]"), -1, "and what is no object");
	test_refusals();
	onslaught_read(&o, 5, 1700000000, evidence);
	section.vars = 1;
	test_words();
	prefixes_free(&own);
	return tap_done();
}
