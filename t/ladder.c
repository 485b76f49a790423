/* The path ladder, found from ways as they are met: homes of all kinds, containers,
 * tunnels, routers that say little. */
#include "infer/ladder.h"

#include <sys/resource.h>

#include "base/mem.h"
#include "tap.h"

static struct here here;
static struct hops ways[LADDER_TARGETS];
static struct ladder_target targets[LADDER_TARGETS];
static size_t count;
static struct ladder *ladder;

static struct addr
addr(const char *text)
{
	struct addr a = { .sa.sa_family = AF_UNSPEC };

	if (strcmp(text, "-") != 0 && addr_parse(&a, text) != 0)
		printf("Bail out! no address: %s\n", text), exit(1);
	return a;
}

/* A host with one network, and a way out of it. */
static void
host(enum here_link link, const char *own, unsigned bits, const char *gateway)
{
	bool v6 = strchr(own, ':') != NULL;

	here = (struct here){ .gateway = { addr("-"), addr("-") } };
	here.link[v6] = (uint8_t)link;
	here.gateway[v6] = addr(gateway);
	here.address[0] =
	    (struct here_address){ .address = addr(own), .bits = (uint8_t)bits };
	here.addresses = 1;
	count = 0;
}

/* A target at ADDRESS. HOPS: "*" is silent, "a|b" are several, the last one "=" is the
 * target; "": its way is not known. Ids are 1, 2, 3 ... */
static void
to(const char *address, const char *hops)
{
	struct hops *p = &ways[count];
	struct ladder_target *t = &targets[count++];
	char copy[1024], *rest = copy, *word;

	memset(p, 0, sizeof *p);
	p->address = addr(address);
	snprintf(copy, sizeof copy, "%s", hops);
	while ((word = strsep(&rest, " ")) != NULL && *word != '\0') {
		struct hop *h = &p->hop[p->count++];
		char *one;

		h->ttl = p->count;
		if (strcmp(word, "=") == 0) {
			h->flags = HOP_TARGET;
			p->flags |= HOPS_REACHED;
			hop_add_address(h, &p->address);
		} else
			while (strcmp(word, "*") != 0 &&
			       (one = strsep(&word, "|")) != NULL) {
				struct addr a = addr(one);
				hop_add_address(h, &a);
				if (word == NULL)
					break;
			}
	}
	*t = (struct ladder_target){
		.id = count, .address = p->address, .way = *hops != '\0' ? p : NULL
	};
}

static void
look(void)
{
	ladder_free(ladder);
	ladder = ladder_make(&here, targets, count);
}

/* The anchor at RUNG: "seen 2 100.64.0.1", "hidden near". */
static void
anchor(bool v6, enum rung rung, const char *want, const char *what)
{
	static const char *const why[HIDDEN_KINDS] = { "", " near", " tunnel",
		" hops" };
	const struct ladder_anchor *a = ladder_anchor(ladder, v6, rung);
	char got[1024], text[ADDR_TEXT];
	int len = snprintf(got, sizeof got, "%s%s",
	    ladder_sight_word((enum ladder_sight)a->sight), why[a->hidden]);

	if (a->ttl > 0)
		len += snprintf(got + len, sizeof got - (size_t)len, " %u", a->ttl);
	for (unsigned i = 0; i < a->addresses; i++)
		len += snprintf(got + len, sizeof got - (size_t)len, " %s",
		    addr_text(&a->address[i], text));
	is_str(got, want, what);
}

static void
role(uint64_t id, enum rung want, const char *what)
{
	const struct ladder_role *r = ladder_role(ladder, id);

	is_str(r != NULL ? rung_word((enum rung)r->rung) : "none at all",
	    rung_word(want), what);
}

/* Three far ends behind PREFIX, which share the core 203.0.113.9. */
static void
three_far(const char *prefix)
{
	static const char *const far[] = { "8.8.8.8", "9.9.9.9", "1.1.1.1" };
	char hops[256];

	for (int i = 0; i < 3; i++) {
		snprintf(hops, sizeof hops,
		    "%s 203.0.113.5 203.0.113.9 4.%d.0.1 * =", prefix, i + 1);
		to(far[i], hops);
	}
}

static void
plain_home(void)
{
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	here.resolver[here.resolvers++] = addr("192.168.1.1");
	here.resolver[here.resolvers++] = addr("9.9.9.9");
	three_far("192.168.1.1 84.116.1.1");
	to("192.168.1.1", "=");
	to("84.116.1.1", "192.168.1.1 =");
	to("203.0.113.5", "192.168.1.1 84.116.1.1 =");
	to("203.0.113.9", "192.168.1.1 84.116.1.1 203.0.113.5 =");
	to("4.1.0.1", "192.168.1.1 84.116.1.1 203.0.113.5 203.0.113.9 =");
	to("192.168.1.50", "=");
	to("127.0.0.1", "=");
	to("192.168.1.20", "");
	to("193.0.6.139", "");
	to("-", "");
	look();
	anchor(false, RUNG_HOST, "seen 192.168.1.20", "a home: this host");
	anchor(false, RUNG_BRIDGE, "absent", "no bridge");
	anchor(false, RUNG_GATEWAY, "seen 1 192.168.1.1", "its gateway");
	anchor(false, RUNG_ACCESS, "seen 2 84.116.1.1", "the access hop");
	anchor(false, RUNG_PROVIDER, "seen 4 203.0.113.9",
	    "the core is the last hop that three share");
	anchor(true, RUNG_GATEWAY, "unknown", "of IPv6 nothing is known");
	anchor(true, RUNG_ACCESS, "unknown", "nor of its access");
	role(1, RUNG_FAR, "a far end");
	role(4, RUNG_GATEWAY, "the gateway as a target");
	ok(ladder_role(ladder, 4)->resolver, "which is the resolver, too");
	ok(ladder_role(ladder, 2)->resolver, "as is a far one");
	ok(!ladder_role(ladder, 1)->resolver, "and another is not");
	role(5, RUNG_ACCESS, "the access hop as a target");
	role(6, RUNG_PROVIDER, "a router of the provider");
	role(7, RUNG_PROVIDER, "the core");
	role(8, RUNG_TRANSIT, "a router behind it");
	role(9, RUNG_HOME, "a neighbour");
	role(10, RUNG_HOST, "the loopback address");
	role(11, RUNG_HOST, "an own address");
	role(12, RUNG_FAR, "a far end to which no way is known");
	ok(!ladder_role(ladder, 12)->walked, "which is said");
	ok(ladder_role(ladder, 13) == NULL, "one without an address has no role");
	ok(ladder_role(ladder, 99) == NULL, "nor has one that is not there");
	is_int(ladder_far_networks(ladder, false), 4, "far ends of four networks");
}

static void
two_networks(void)
{
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 203.0.113.9 4.1.0.1 =");
	to("8.8.4.4", "192.168.1.1 84.116.1.1 203.0.113.9 4.1.0.1 =");
	to("9.9.9.9", "192.168.1.1 84.116.1.1 203.0.113.9 =");
	look();
	anchor(false, RUNG_PROVIDER, "unknown", "two networks are not three");
	/* Four of ten go on together: that is not the provider's core any more. */
	for (int i = 0; i < 7; i++) {
		char to_text[32], hops[128];

		snprintf(to_text, sizeof to_text, "%d.0.0.1", 30 + i);
		snprintf(hops, sizeof hops, "192.168.1.1 84.116.1.1 203.0.113.9 %s =",
		    i < 3 ? "4.1.0.1" : "5.5.5.5");
		to(to_text, hops);
	}
	look();
	anchor(false, RUNG_PROVIDER, "seen 3 203.0.113.9",
	    "what a part of them share is behind the core");
}

static void
cgnat(void)
{
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	three_far("192.168.1.1 100.64.0.1 10.20.0.1");
	to("10.20.0.1", "192.168.1.1 100.64.0.1 =");
	look();
	anchor(
	    false, RUNG_ACCESS, "seen 2 100.64.0.1", "100.64.0.0/10 is the provider's");
	role(4, RUNG_PROVIDER, "and a private address behind it as well");
}

static void
double_nat(void)
{
	host(HERE_PLAIN, "192.168.8.20", 24, "192.168.8.1");
	three_far("192.168.8.1 192.168.1.1 84.116.1.1");
	to("192.168.1.1", "192.168.8.1 =");
	look();
	anchor(
	    false, RUNG_GATEWAY, "seen 1 192.168.8.1", "two routers: the first is it");
	anchor(false, RUNG_ACCESS, "seen 3 84.116.1.1", "access is behind the second");
	role(4, RUNG_HOME, "which is still home");
}

/* A server on the internet itself, whose provider numbers its routers privately. */
static void
public_host(void)
{
	host(HERE_PLAIN, "192.0.2.1", 24, "192.0.2.254");
	three_far("192.0.2.254 10.0.3.1 10.0.3.2");
	to("10.0.0.100", "192.0.2.254 10.0.3.1 10.0.3.2 =");
	look();
	anchor(false, RUNG_GATEWAY, "seen 1 192.0.2.254", "a public host: its gateway");
	anchor(false, RUNG_ACCESS, "seen 2 10.0.3.1",
	    "private routers are the provider's");
	role(4, RUNG_FAR, "and a private target behind them is far");
}

static void
container(void)
{
	host(HERE_BRIDGE, "172.17.0.2", 16, "172.17.0.1");
	three_far("172.17.0.1 192.168.1.1 84.116.1.1");
	to("192.168.1.1", "172.17.0.1 =");
	to("192.168.1.50", "172.17.0.1 =");
	look();
	anchor(false, RUNG_BRIDGE, "seen 1 172.17.0.1", "a container: its bridge");
	anchor(false, RUNG_GATEWAY, "seen 2 192.168.1.1", "then the gateway");
	anchor(false, RUNG_ACCESS, "seen 3 84.116.1.1", "then access");
	role(4, RUNG_GATEWAY, "the gateway as a target");
	role(5, RUNG_HOME, "a neighbour of the engine's host");

	host(HERE_BRIDGE, "172.17.0.2", 16, "172.17.0.1");
	three_far("172.17.0.1 84.116.1.1");
	look();
	anchor(false, RUNG_GATEWAY, "absent", "the engine's host may be the router");
	anchor(false, RUNG_ACCESS, "seen 2 84.116.1.1", "with access behind it");

	host(HERE_BRIDGE, "172.17.0.2", 16, "172.17.0.1");
	three_far("172.17.0.1 * 84.116.1.1");
	look();
	anchor(false, RUNG_GATEWAY, "silent 2", "a gateway may say nothing");
	anchor(false, RUNG_ACCESS, "seen 3 84.116.1.1", "and access behind it speak");
	is_int(ladder_anchor(ladder, false, RUNG_ACCESS)->before, 1,
	    "of which one is in front");

	host(HERE_BRIDGE, "172.17.0.2", 16, "172.17.0.1");
	look();
	anchor(false, RUNG_GATEWAY, "unknown", "without any way nothing is known");
}

static void
virtual_machine(void)
{
	host(HERE_BRIDGE, "172.17.0.2", 16, "172.17.0.1");
	to("8.8.8.8", "172.17.0.1 =");
	to("9.9.9.9", "172.17.0.1 =");
	look();
	anchor(false, RUNG_BRIDGE, "seen 1 172.17.0.1", "Docker Desktop: the bridge");
	anchor(false, RUNG_GATEWAY, "hidden near", "behind it all is hidden");
	anchor(false, RUNG_ACCESS, "hidden near", "access, too");
	anchor(false, RUNG_PROVIDER, "hidden near", "and the provider");
	role(1, RUNG_FAR, "far ends are far nevertheless");

	host(HERE_BRIDGE, "172.17.0.2", 16, "172.17.0.1");
	to("8.8.8.8", "172.17.0.1 192.168.65.1 =");
	to("9.9.9.9", "172.17.0.1 192.168.65.1 =");
	look();
	anchor(false, RUNG_GATEWAY, "hidden near",
	    "a virtual machine's router is no home's gateway");

	host(HERE_PLAIN, "10.0.2.15", 24, "10.0.2.2");
	to("8.8.8.8", "=");
	to("8.8.4.4", "=");
	look();
	anchor(false, RUNG_ACCESS, "silent", "one network is no proof");
	ways[0].flags |= HOPS_BLIND;
	look();
	anchor(false, RUNG_ACCESS, "hidden near", "but for what its times say");
	ways[0].flags = HOPS_REACHED;
	to("9.9.9.9", "=");
	look();
	anchor(false, RUNG_ACCESS, "hidden near", "two are");
	anchor(false, RUNG_GATEWAY, "seen 1 10.0.2.2", "the route is known");
}

static void
tunnel(void)
{
	host(HERE_TUNNEL, "10.8.0.6", 24, "-");
	three_far("10.8.0.1 45.9.1.1");
	look();
	anchor(false, RUNG_TUNNEL, "seen 1 10.8.0.1", "a VPN: its far end");
	anchor(false, RUNG_GATEWAY, "hidden tunnel", "the home's gateway is hidden");
	anchor(false, RUNG_ACCESS, "hidden tunnel", "and so is its access");
	anchor(false, RUNG_PROVIDER, "seen 4 203.0.113.9", "behind it ways are shared");
	role(1, RUNG_FAR, "with far ends");
	is_int(ladder_far_networks(ladder, false), 3, "of three networks");

	host(HERE_POINT, "84.1.2.3", 32, "-");
	three_far("84.116.1.1");
	look();
	anchor(false, RUNG_GATEWAY, "absent", "on a PPP line this host is the gateway");
	anchor(false, RUNG_ACCESS, "seen 1 84.116.1.1", "and access is next");
}

static void
quiet_routers(void)
{
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 203.0.113.5 203.0.113.9 4.1.0.1 =");
	to("9.9.9.9", "192.168.1.1 * 203.0.113.5 * 4.2.0.1 =");
	to("1.1.1.1", "* * 203.0.113.5 203.0.113.9 * =");
	to("7.7.7.7", "192.168.1.1 * 203.0.113.5 203.0.113.9 4.2.0.1 =");
	look();
	anchor(false, RUNG_ACCESS, "seen 2 84.116.1.1", "a limited hop is found again");
	is_int(ladder_anchor(ladder, false, RUNG_ACCESS)->ways, 4, "in all ways");
	anchor(false, RUNG_PROVIDER, "seen 4 203.0.113.9", "as is a limited core");

	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "* * * * 203.0.113.5 =");
	to("9.9.9.9", "* * * * 203.0.113.5 =");
	look();
	anchor(
	    false, RUNG_GATEWAY, "seen 1 192.168.1.1", "a silent gateway has a route");
	anchor(false, RUNG_ACCESS, "seen 5 203.0.113.5", "what speaks first");
	is_int(ladder_anchor(ladder, false, RUNG_ACCESS)->before, 3,
	    "with silent hops in front");

	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 * * * * * =");
	to("9.9.9.9", "192.168.1.1 * * * * =");
	look();
	anchor(false, RUNG_ACCESS, "silent", "nobody speaks behind the gateway");
	anchor(false, RUNG_PROVIDER, "unknown", "nor is a core known");

	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 * * *");
	look();
	anchor(false, RUNG_ACCESS, "unknown", "a way that leads nowhere says nothing");
}

/* A router that is measured, and seldom says a word, is no far end. */
static void
quiet_targets(void)
{
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 84.116.200.9 4.1.0.1 =");
	to("9.9.9.9", "192.168.1.1 84.116.1.1 * 4.2.0.1 =");
	to("84.116.200.9", "192.168.1.1 84.116.1.1 =");
	look();
	role(3, RUNG_TRANSIT, "a target that is on the way to another is no end");

	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 * 4.1.0.1 =");
	to("9.9.9.9", "192.168.1.1 84.116.1.1 * 4.2.0.1 =");
	to("84.116.200.9", "192.168.1.1 84.116.1.1 =");
	to("84.116.200.10", "192.168.1.1 84.116.1.1 *");
	to("84.116.200.11", "192.168.1.1 84.116.1.1 * =");
	to("5.5.5.5", "192.168.1.1 84.116.1.1 =");
	look();
	role(3, RUNG_TRANSIT, "nor is one that is where others' ways are silent");
	role(4, RUNG_TRANSIT, "though it says nothing itself");
	role(5, RUNG_FAR, "one that is farther is,");
	role(6, RUNG_FAR, "and one of another network");
}

static void
labels(void)
{
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 =");
	to("9.9.9.9", "192.168.1.1 84.116.1.1 =");
	to("1.1.1.1", "192.168.1.1 84.116.1.1 =");
	look();
	anchor(false, RUNG_ACCESS, "seen 2 84.116.1.1", "MPLS: access is there");
	anchor(false, RUNG_PROVIDER, "hidden hops", "and no hop of the core counts");

	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 4.1.0.1 =");
	to("9.9.9.9", "192.168.1.1 84.116.1.1 4.2.0.1 =");
	to("1.1.1.1", "192.168.1.1 84.116.1.1 4.3.0.1 =");
	look();
	anchor(false, RUNG_PROVIDER, "absent", "ways may part right behind access");
}

static void
load_sharing(void)
{
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 203.0.113.5|203.0.113.6 4.1.0.1 =");
	to("9.9.9.9", "192.168.1.1 84.116.1.1 203.0.113.6 4.2.0.1 =");
	to("1.1.1.1", "192.168.1.1 84.116.1.1 203.0.113.7 4.3.0.1 =");
	to("7.7.7.7", "192.168.1.1 84.116.1.1 203.0.113.7|203.0.113.5 4.4.0.1 =");
	look();
	anchor(false, RUNG_PROVIDER, "seen 3 203.0.113.5 203.0.113.6 203.0.113.7",
	    "routers that share the load are one place");
	is_int(ladder_shared(ladder, 2, 3, NULL), 3, "which two ways share");

	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 4.1.0.1 =");
	to("9.9.9.9", "192.168.1.1 84.116.2.2 4.2.0.1 =");
	look();
	anchor(false, RUNG_ACCESS, "seen 2 84.116.1.1 84.116.2.2",
	    "two lines to the provider are both access");

	/* Branches of different length: what is one hop behind is not beside. */
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 4.0.0.2|4.0.0.3 4.0.0.3 =");
	to("9.9.9.9", "192.168.1.1 84.116.1.1 4.0.0.2 =");
	to("1.1.1.1", "192.168.1.1 84.116.1.1 4.0.0.2 4.0.0.9 =");
	look();
	anchor(
	    false, RUNG_PROVIDER, "seen 3 4.0.0.2 4.0.0.3", "nearest distances count");
}

static void
ipv6(void)
{
	struct addr a;

	host(HERE_PLAIN, "2001:db8:a0:1::20", 64, "fe80::1%lo");
	to("2001:4860::8", "2001:db8:a0:1::1 2001:db8:a0:2::1 2a00:1::1 2a00:2::1 =");
	to("2620:fe::9", "2001:db8:a0:1::1 2001:db8:a0:2::1 2a00:1::1 2a00:2::1 =");
	to("2606:4700::1", "2001:db8:a0:1::1 2001:db8:a0:2::1 2a00:1::1 2a00:2::1 =");
	to("fe80::1%lo", "=");
	to("2001:db8:a0:1::1", "=");
	to("2001:db8:a0:2::1", "2001:db8:a0:1::1 =");
	to("192.168.1.1", "");
	look();
	anchor(true, RUNG_GATEWAY, "seen 1 fe80::1%lo 2001:db8:a0:1::1",
	    "a link-local gateway has another address on the way");
	anchor(true, RUNG_ACCESS, "seen 3 2a00:1::1", "a home's /56 is home");
	anchor(true, RUNG_PROVIDER, "seen 4 2a00:2::1", "the core");
	role(4, RUNG_GATEWAY, "the gateway by its route");
	role(5, RUNG_GATEWAY, "by its answer");
	role(6, RUNG_HOME, "the second router");
	role(7, RUNG_HOME, "a private address is home as far as we know");
	a = addr("fe80::1");
	is_str(rung_word(ladder_rung_of(ladder, &a)), "gateway",
	    "whatever its interface is called");
	anchor(false, RUNG_ACCESS, "unknown", "IPv4 is another ladder");
}

static void
sharing(void)
{
	struct addr a;
	char text[ADDR_TEXT];
	uint64_t bad[2] = { 1, 2 }, good[2] = { 3, 4 };

	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 203.0.113.9 4.1.0.1 4.1.0.2 =");
	to("9.9.9.9", "192.168.1.1 84.116.1.1 203.0.113.9 4.1.0.1 4.1.0.3 =");
	to("1.1.1.1", "192.168.1.1 84.116.1.1 203.0.113.9 5.1.0.1 =");
	to("7.7.7.7", "192.168.1.1 84.116.1.1 203.0.113.9 5.1.0.1 =");
	to("192.168.1.1", "=");
	look();
	is_int(ladder_shared(ladder, 1, 2, &a), 4, "two ways share four hops");
	is_str(addr_text(&a, text), "4.1.0.1", "the last of them");
	is_int(ladder_shared(ladder, 1, 3, &a), 3, "others three");
	is_int(ladder_shared(ladder, 1, 5, NULL), 0, "or none");
	is_int(ladder_shared(ladder, 1, 77, NULL), 0, "as do strangers");
	is_int(
	    ladder_cut(ladder, bad, 2, good, 2, &a), 4, "bad ones have one in common");
	is_str(addr_text(&a, text), "4.1.0.1", "that no good one has");
	bad[1] = 3;
	is_int(ladder_cut(ladder, bad, 2, good + 1, 1, NULL), 0, "or have none");
	is_int(ladder_cut(ladder, bad, 0, good, 2, NULL), 0, "nor has nobody");
}

/* A name that points elsewhere now: the old way says nothing. */
static void
moved(void)
{
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	to("8.8.8.8", "192.168.1.1 84.116.1.1 =");
	targets[0].address = addr("8.8.4.4");
	look();
	anchor(false, RUNG_ACCESS, "unknown", "a way to an older address is left out");
	ok(!ladder_role(ladder, 1)->walked, "as not walked");
}

static double
cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6;
}

/* Many ways, half of their hops silent, and every address a hostile one: it ends, and
 * takes its time by the square at most. */
static void
many(void)
{
	uint32_t seed = 1;
	double begin;

	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	for (unsigned i = 0; i < 500; i++) {
		char to_text[32], hops[1024] = "", one[32];

		snprintf(to_text, sizeof to_text, "%u.%u.0.1", 20 + i % 60, i / 60);
		for (unsigned k = 1; k < 20; k++) {
			seed = seed * 1103515245 + 12345;
			if (seed >> 16 & 1)
				snprintf(one, sizeof one, "* ");
			else
				snprintf(one, sizeof one, "4.%u.0.%u ", k,
				    k < 5 ? 1 : (seed >> 20) % 250);
			strcat(hops, one);
		}
		strcat(hops, "=");
		to(to_text, hops);
	}
	begin = cpu_s();
	look();
	printf("# 500 ways: %.0f ms\n", (cpu_s() - begin) * 1e3);
	anchor(false, RUNG_ACCESS, "seen 2 4.2.0.1", "500 ways with silent hops");
	anchor(false, RUNG_PROVIDER, "seen 4 4.4.0.1", "have a core");
	for (unsigned i = 0; i < LADDER_TARGETS; i++)
		targets[i] = (struct ladder_target){ i + 1, targets[0].address, NULL };
	ladder_free(ladder);
	ladder = ladder_make(&here, targets, LADDER_TARGETS);
	ok(ladder_role(ladder, LADDER_TARGETS) != NULL, "as many as there may be");
	ladder_free(ladder);
	ladder = ladder_make(&here, NULL, 0);
	anchor(false, RUNG_ACCESS, "unknown", "and none at all");
}

/* As many ways as there may be that are alike up to the core, behind a hop that nobody
 * has heard of and one that few have. */
static void
alike(void)
{
	host(HERE_PLAIN, "192.168.1.20", 24, "192.168.1.1");
	for (unsigned i = 0; i < LADDER_TARGETS; i++) {
		char to_text[32], hops[256];

		snprintf(to_text, sizeof to_text, "%u.%u.0.1", 20 + i % 60, i / 60);
		snprintf(hops, sizeof hops,
		    "192.168.1.1 * %s 4.4.0.1 * 5.%u.%u.1 * =",
		    i == LADDER_TARGETS / 2 ? "4.3.0.1" : "*", i >> 8, i & 255);
		to(to_text, hops);
	}
	double begin = cpu_s();
	look();
	double took = cpu_s() - begin;
	printf("# %u ways that are alike: %.0f ms\n", LADDER_TARGETS, took * 1e3);
	anchor(false, RUNG_ACCESS, "seen 3 4.3.0.1", "one that spoke once speaks for all");
	is_int(ladder_anchor(ladder, false, RUNG_ACCESS)->ways, LADDER_TARGETS,
	    "on every way");
	anchor(false, RUNG_PROVIDER, "seen 4 4.4.0.1", "in front of the core");
}

int
main(void)
{
	plain_home();
	two_networks();
	cgnat();
	double_nat();
	public_host();
	container();
	virtual_machine();
	tunnel();
	quiet_routers();
	quiet_targets();
	labels();
	load_sharing();
	ipv6();
	sharing();
	moved();
	many();
	alike();
	ladder_free(ladder);
	return tap_done();
}
