/* Asked by rtnetlink: routes of every kind, as rules and marks choose them, and what an
 * interface is. No rights are needed. */
#include "prober/surround.h"

#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/rtnetlink.h"

/* Somewhere far: the kernel is asked for its way there. An address of a root name
 * server, to which nobody has a route of its own. */
static const char *const far[2] = { "198.41.0.4", "2001:503:ba3e::2:30" };

#define STUB "127.0.0.53" /* systemd-resolved; whom it asks stands elsewhere */
#define TRIES 4		  /* to read addresses that change meanwhile */

static bool inside, is_card;

/* What a way out goes through. */
struct way {
	struct addr gateway;
	int interface;
};

void
surround_open(void)
{
	const char *test = getenv("SMOKEBOX_TEST");

	inside = container_inside();
	/* Networks that tests make are no cards. */
	is_card = test != NULL && strstr(test, "card") != NULL;
}

/* --- ways out --------------------------------------------------------------------- */

/* A gateway of the other family (RTA_VIA) is none that a ladder could show. */
static void
take_route(const struct nlmsghdr *m, void *arg)
{
	struct way *w = arg;
	const struct rtmsg *route = NLMSG_DATA(m);
	const struct rtattr *a = RTM_RTA(route);
	int left = (int)RTM_PAYLOAD(m);

	if (m->nlmsg_type != RTM_NEWROUTE || route->rtm_type != RTN_UNICAST)
		return;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_GATEWAY)
			w->gateway = rtnetlink_address(
			    route->rtm_family, RTA_DATA(a), RTA_PAYLOAD(a));
		else if (a->rta_type == RTA_OIF && RTA_PAYLOAD(a) == sizeof(int))
			memcpy(&w->interface, RTA_DATA(a), sizeof(int));
	}
}

static struct way
way_out(bool v6)
{
	struct way w = { .gateway.sa.sa_family = AF_UNSPEC };
	struct rtnetlink_question q = { .head = {
					    .nlmsg_len = NLMSG_LENGTH(sizeof q.route),
					    .nlmsg_type = RTM_GETROUTE,
					    .nlmsg_flags = NLM_F_REQUEST } };
	struct addr to;
	unsigned len;

	if (addr_parse(&to, far[v6]) != 0)
		return w;
	const uint8_t *bytes = addr_bytes(&to, &len);
	q.route.rtm_family = v6 ? AF_INET6 : AF_INET;
	q.route.rtm_dst_len = (uint8_t)(len * 8);
	rtnetlink_add(&q, RTA_DST, bytes, len);
	(void)rtnetlink_ask(&q, take_route, &w);
	if (v6 && w.gateway.sa.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&w.gateway.v6.sin6_addr))
		w.gateway.v6.sin6_scope_id = (unsigned)w.interface;
	return w;
}

/* --- interfaces ------------------------------------------------------------------- */

struct link_kind {
	unsigned short type; /* ARPHRD_... */
	char kind[16];	     /* "veth"; "" for a card */
};

static void
take_kind(struct link_kind *k, const struct rtattr *info)
{
	const struct rtattr *a = RTA_DATA(info);
	int left = (int)RTA_PAYLOAD(info);

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_INFO_KIND)
			snprintf(k->kind, sizeof k->kind, "%.*s", (int)RTA_PAYLOAD(a),
			    (const char *)RTA_DATA(a));
}

static void
take_link(const struct nlmsghdr *m, void *arg)
{
	struct link_kind *k = arg;
	const struct ifinfomsg *link = NLMSG_DATA(m);
	const struct rtattr *a = IFLA_RTA(link);
	int left = (int)IFLA_PAYLOAD(m);

	if (m->nlmsg_type != RTM_NEWLINK)
		return;
	k->type = link->ifi_type;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if ((a->rta_type & NLA_TYPE_MASK) == IFLA_LINKINFO)
			take_kind(k, a);
}

static enum here_link
link_of(int interface)
{
	static const char *const tunnels[] = { "tun", "wireguard", "ipip", "sit", "gre",
		"gretap", "ip6gre", "ip6tnl", "vti", "vti6", "xfrm", "ipsec", "fou",
		"geneve", "vxlan" };
	struct link_kind k = { 0 };
	struct rtnetlink_question q = { .head = {
					    .nlmsg_len = NLMSG_LENGTH(sizeof q.link),
					    .nlmsg_type = RTM_GETLINK,
					    .nlmsg_flags = NLM_F_REQUEST } };

	q.link.ifi_family = AF_UNSPEC;
	q.link.ifi_index = interface;
	(void)rtnetlink_ask(&q, take_link, &k);
	if (is_card)
		return HERE_PLAIN;
	/* Engines connect a container by a pair, or a tun that a program of theirs
	 * serves. On its host's own network it has the host's card. */
	if (inside && (strcmp(k.kind, "veth") == 0 || strcmp(k.kind, "tun") == 0))
		return HERE_BRIDGE;
	if (k.type == ARPHRD_PPP)
		return HERE_POINT;
	for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++)
		if (strcmp(k.kind, tunnels[i]) == 0)
			return HERE_TUNNEL;
	return HERE_PLAIN;
}

/* --- own addresses ---------------------------------------------------------------- */

static void
take_address(const struct nlmsghdr *m, void *arg)
{
	struct here *h = arg;
	const struct ifaddrmsg *own = NLMSG_DATA(m);
	const struct rtattr *a = IFA_RTA(own);
	int left = (int)IFA_PAYLOAD(m);
	struct addr address = { .sa.sa_family = AF_UNSPEC };
	bool local = false;

	if (m->nlmsg_type != RTM_NEWADDR || own->ifa_scope == RT_SCOPE_LINK ||
	    own->ifa_scope == RT_SCOPE_HOST || h->addresses == HERE_ADDRESSES)
		return;
	/* On a line from point to point IFA_ADDRESS is the other end's. */
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFA_LOCAL ||
		    (a->rta_type == IFA_ADDRESS && !local)) {
			address = rtnetlink_address(
			    own->ifa_family, RTA_DATA(a), RTA_PAYLOAD(a));
			local |= a->rta_type == IFA_LOCAL;
		}
	unsigned most = address.sa.sa_family == AF_INET ? 32 : 128;
	if (address.sa.sa_family != AF_UNSPEC && own->ifa_prefixlen <= most)
		h->address[h->addresses++] = (struct here_address){ .address = address,
			.bits = own->ifa_prefixlen };
}

static void
look_addresses(struct here *h)
{
	struct rtnetlink_question q = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof q.address),
		    .nlmsg_type = RTM_GETADDR,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP }
	};

	q.address.ifa_family = AF_UNSPEC;
	for (unsigned i = 0; i < TRIES; i++) {
		h->addresses = 0;
		if (rtnetlink_ask(&q, take_address, h) != 1)
			return;
	}
}

/* --- resolvers -------------------------------------------------------------------- */

static void
read_resolvers(struct here *h, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512], word[ADDR_TEXT];

	while (f != NULL && h->resolvers < HERE_RESOLVERS &&
	       fgets(line, sizeof line, f) != NULL) {
		struct addr *a = &h->resolver[h->resolvers];

		if (sscanf(line, " nameserver %79s", word) == 1 &&
		    addr_parse(a, word) == 0)
			h->resolvers++;
	}
	if (f != NULL)
		fclose(f);
}

static void
look_resolvers(struct here *h)
{
	char text[ADDR_TEXT];

	read_resolvers(h, "/etc/resolv.conf");
	if (h->resolvers == 1 && strcmp(addr_text(&h->resolver[0], text), STUB) == 0) {
		h->resolvers = 0;
		read_resolvers(h, "/run/systemd/resolve/resolv.conf");
	}
}

void
surround_look(struct here *h)
{
	memset(h, 0, sizeof *h); /* padding too: who looks again compares */
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct way w = way_out(v6 == 1);

		h->gateway[v6] = w.gateway;
		h->interface[v6] = (uint32_t)w.interface;
		h->link[v6] =
		    w.interface > 0 ? (uint8_t)link_of(w.interface) : HERE_NONE;
	}
	look_addresses(h);
	look_resolvers(h);
}
