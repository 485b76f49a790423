#include "courier/own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rtnetlink.h"

/* After messages that were lost, routes are read again so often at most: a router with
 * all of the internet's loses many, and has many to be read. */
#define LOST_NS (60 * CLOCK_NS_PER_S)
#define TRIES 4 /* to read what changes meanwhile */

static struct {
	struct event *heard;
	int fd;
	bool stale[2]; /* addresses, gateways: there is news */
	bool lost;     /* news, maybe of gateways */
	bool known[2];
	int64_t routes_ns;	    /* when routes were read last */
	char *addresses, *gateways; /* as text */
	struct prefixes list;
	struct log_limit silent;
} own = { .fd = -1 };

/* --- what is told ----------------------------------------------------------------- */

static void
look_at(const struct nlmsghdr *m)
{
	const struct rtmsg *route = NLMSG_DATA(m);

	if (m->nlmsg_type == RTM_NEWADDR || m->nlmsg_type == RTM_DELADDR)
		own.stale[0] = true;
	else if ((m->nlmsg_type == RTM_NEWROUTE || m->nlmsg_type == RTM_DELROUTE) &&
		 m->nlmsg_len >= NLMSG_LENGTH(sizeof *route) && route->rtm_dst_len == 0)
		own.stale[1] = true;
}

static void
on_heard(evutil_socket_t fd, short what, void *arg)
{
	static union {
		uint8_t bytes[32768];
		struct nlmsghdr head;
	} in;
	ssize_t n;

	(void)what, (void)arg;
	while ((n = recv(fd, in.bytes, sizeof in.bytes, MSG_DONTWAIT)) > 0 ||
	       (n < 0 && errno == ENOBUFS)) {
		const struct nlmsghdr *m = &in.head;
		unsigned left = n > 0 ? (unsigned)n : 0;

		if (n < 0)
			own.stale[0] = own.lost = true;
		for (; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left))
			look_at(m);
	}
}

/* --- what is so ------------------------------------------------------------------- */

static void
add(char **list, const struct addr *a)
{
	char text[ADDR_TEXT], *longer;

	if (a->sa.sa_family == AF_UNSPEC)
		return;
	addr_text(a, text);
	text[strcspn(text, "%")] = '\0';
	longer = mem_printf("%s %s", *list, text);
	free(*list);
	*list = longer;
}

static void
take_address(const struct nlmsghdr *m, void *arg)
{
	const struct ifaddrmsg *is = NLMSG_DATA(m);
	const struct rtattr *a = IFA_RTA(is);
	int left = (int)IFA_PAYLOAD(m);

	if (m->nlmsg_type != RTM_NEWADDR)
		return;
	/* Of a line from point to point both ends. */
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFA_LOCAL || a->rta_type == IFA_ADDRESS) {
			struct addr address = rtnetlink_address(
			    is->ifa_family, RTA_DATA(a), RTA_PAYLOAD(a));

			add(arg, &address);
		}
}

/* A gateway among the attributes of a route, or of one of its next hops. */
static void
take_gateway(int family, const struct rtattr *a, int left, char **list)
{
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		const struct rtvia *via = RTA_DATA(a);
		size_t len = RTA_PAYLOAD(a);
		struct addr address = { .sa.sa_family = AF_UNSPEC };

		if (a->rta_type == RTA_GATEWAY)
			address = rtnetlink_address(family, RTA_DATA(a), len);
		else if (a->rta_type == RTA_VIA && len >= sizeof *via)
			address = rtnetlink_address(
			    via->rtvia_family, via->rtvia_addr, len - sizeof *via);
		add(list, &address);
	}
}

static void
take_hops(int family, const struct rtattr *multipath, char **list)
{
	const struct rtnexthop *hop = RTA_DATA(multipath);
	int left = (int)RTA_PAYLOAD(multipath);

	for (; RTNH_OK(hop, left); hop = RTNH_NEXT(hop)) {
		take_gateway(family, RTNH_DATA(hop),
		    (int)(hop->rtnh_len - RTNH_LENGTH(0)), list);
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
	}
}

static void
take_route(const struct nlmsghdr *m, void *arg)
{
	const struct rtmsg *route = NLMSG_DATA(m);
	const struct rtattr *a = RTM_RTA(route);
	int left = (int)RTM_PAYLOAD(m), rest = left;

	if (m->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len != 0 ||
	    route->rtm_type != RTN_UNICAST)
		return;
	take_gateway(route->rtm_family, a, left, arg);
	for (; RTA_OK(a, rest); a = RTA_NEXT(a, rest))
		if (a->rta_type == RTA_MULTIPATH)
			take_hops(route->rtm_family, a, arg);
}

/* All addresses, or all gateways, into LIST; false: it is as it was. Where they change
 * all the time nothing that was heard of is left out: one too many is only safer. */
static bool
read_all(
    char **list, unsigned short type, void (*each)(const struct nlmsghdr *m, void *arg))
{
	struct rtnetlink_question q = { .head = { .nlmsg_type = type,
					    .nlmsg_flags =
						NLM_F_REQUEST | NLM_F_DUMP } };
	char *next = mem_str("");
	int changed = 1;

	q.head.nlmsg_len = type == RTM_GETADDR ? NLMSG_LENGTH(sizeof q.address)
					       : NLMSG_LENGTH(sizeof q.route);
	for (unsigned i = 0; i < TRIES && changed == 1; i++)
		changed = rtnetlink_ask(&q, each, &next);
	if (changed < 0) {
		free(next);
		if (log_allowed(&own.silent, 3600, NULL))
			log_warnx("the kernel does not tell which addresses are this "
				  "host's or its gateways'");
		return false;
	}
	free(*list);
	*list = next;
	return true;
}

const struct prefixes *
own_addresses(void)
{
	bool news = false;
	struct err err;

	if (own.fd < 0)
		own.stale[0] = own.lost = true;
	if (own.lost && clock_mono_ns() - own.routes_ns >= LOST_NS)
		own.stale[1] = true;
	if (own.stale[0] && read_all(&own.addresses, RTM_GETADDR, take_address)) {
		own.stale[0] = false;
		own.known[0] = news = true;
	}
	if (own.stale[1]) {
		own.routes_ns = clock_mono_ns();
		own.lost = false;
		if (read_all(&own.gateways, RTM_GETROUTE, take_route)) {
			own.stale[1] = false;
			own.known[1] = news = true;
		}
	}
	if (!own.known[0] || !own.known[1])
		return NULL;
	if (news) {
		char *both = mem_printf("%s %s", own.addresses, own.gateways);

		if (prefixes_parse(&own.list, both, &err) != 0)
			log_warnx("addresses of this host: %s", err.text);
		free(both);
	}
	return &own.list;
}

/* --- life ------------------------------------------------------------------------- */

void
own_open(struct event_base *base)
{
	static const struct sockaddr_nl groups = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };

	own.addresses = mem_str("");
	own.gateways = mem_str("");
	own.stale[0] = own.stale[1] = true;
	own.fd =
	    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (own.fd < 0 ||
	    bind(own.fd, (const struct sockaddr *)&groups, sizeof groups) != 0) {
		log_warn("no news of addresses from the kernel: it is asked each time");
		if (own.fd >= 0)
			close(own.fd);
		own.fd = -1;
	} else {
		own.heard =
		    event_new(base, own.fd, EV_READ | EV_PERSIST, on_heard, NULL);
		if (own.heard == NULL || event_add(own.heard, NULL) != 0)
			fatalx("no event for addresses");
	}
	(void)own_addresses();
}

void
own_close(void)
{
	if (own.heard != NULL)
		event_free(own.heard);
	own.heard = NULL;
	if (own.fd >= 0)
		close(own.fd);
	own.fd = -1;
	free(own.addresses);
	free(own.gateways);
	own.addresses = own.gateways = NULL;
	prefixes_free(&own.list);
}
