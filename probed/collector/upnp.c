#include "collector/upnp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "collector/igd.h"
#include "collector/soap.h"

#define SEARCH_MS 60000 /* between two searches that found nothing */
#define ANSWERS_MS 4000 /* for which answers to a search are taken */
#define SPEED_ROUNDS 15 /* link rates are asked for so often */
#define AGAIN_MS 2000	/* after a failure; after that many: */
#define FAILURES_ANEW 4
#define TELL_S 600
#define SSDP_PORT 1900
#define SSDP_GROUP "239.255.255.250"

/* The questions of a round, in their order. */
enum question {
	ASK_DESCRIPTION,
	ASK_SPEED,
	ASK_UPTIME,
	ASK_RECEIVED,
	ASK_SENT,
	ASK_PACKETS_RECEIVED,
	ASK_PACKETS_SENT,
	QUESTIONS
};

struct upnp {
	struct event_base *base;
	struct ifcount *table;
	char *how; /* as configured; NULL: no */
	struct soap *soap;
	struct event *turn;
	int search; /* the socket while searching, or -1 */
	struct event *found;
	struct igd_url description; /* host "": not known yet */
	struct igd igd;		    /* common.type "": not read yet */
	enum question asking;	    /* QUESTIONS: nothing */
	unsigned rounds, failed;
	struct ifcount_sample sample;
	struct if_names names;
	bool silent_packets; /* it does not count packets: not asked again */
	uint64_t answers, failures;
	int64_t last_s;
	struct log_limit limit;
	char text[256];
};

static void
again_in(struct upnp *u, unsigned ms)
{
	struct timeval when = { ms / 1000, ms % 1000 * 1000 };

	event_add(u->turn, &when);
}

static void
trouble(struct upnp *u, const char *what)
{
	snprintf(u->text, sizeof u->text, "%s", what);
	if (log_allowed(&u->limit, TELL_S, NULL))
		log_warnx("UPnP: %s", what);
}

/* --- searching ------------------------------------------------------------------- */

static void
stop_search(struct upnp *u)
{
	if (u->search < 0)
		return;
	event_free(u->found);
	close(u->search);
	u->found = NULL;
	u->search = -1;
}

/* It tells of its own description alone: nobody can send us elsewhere. */
static void
on_found(evutil_socket_t fd, short what, void *arg)
{
	struct upnp *u = arg;
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	char data[2048], host[INET_ADDRSTRLEN];
	struct igd_url url;
	ssize_t n = recvfrom(
	    fd, data, sizeof data, MSG_DONTWAIT, (struct sockaddr *)&from, &size);

	(void)what;
	if (n <= 0 || from.sin_family != AF_INET ||
	    igd_location(data, (size_t)n, &url) != 0 ||
	    inet_ntop(AF_INET, &from.sin_addr, host, sizeof host) == NULL ||
	    strcmp(host, url.host) != 0)
		return;
	u->description = url;
	stop_search(u);
	again_in(u, 0);
}

/* Ask on the network behind INDEX. */
static bool
ask_network(int fd, int index)
{
	static const char *const targets[] = {
		"urn:schemas-upnp-org:device:InternetGatewayDevice:1",
		"urn:schemas-upnp-org:device:InternetGatewayDevice:2",
	};
	struct ip_mreqn on = { .imr_ifindex = index };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(SSDP_PORT) };
	char text[256];
	bool sent = false;

	inet_pton(AF_INET, SSDP_GROUP, &to.sin_addr);
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &on, sizeof on) != 0)
		return false;
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		int n = snprintf(text, sizeof text,
		    "M-SEARCH * HTTP/1.1\r\nHOST: " SSDP_GROUP ":1900\r\n"
		    "MAN: \"ssdp:discover\"\r\nMX: 2\r\nST: %s\r\n\r\n",
		    targets[i]);

		sent |= sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&to,
			    sizeof to) == n;
	}
	return sent;
}

static bool
ask_all(int fd)
{
	struct ifaddrs *all, *a;
	const unsigned need = IFF_UP | IFF_MULTICAST;
	bool sent = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (a = all; a != NULL; a = a->ifa_next)
		if (a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_INET &&
		    (a->ifa_flags & (need | IFF_LOOPBACK)) == need)
			sent |= ask_network(fd, (int)if_nametoindex(a->ifa_name));
	freeifaddrs(all);
	return sent;
}

static void
search(struct upnp *u)
{
	u->search = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (u->search < 0) {
		trouble(u, strerror(errno));
		return;
	}
	u->found = event_new(u->base, u->search, EV_READ | EV_PERSIST, on_found, u);
	if (u->found == NULL || event_add(u->found, NULL) != 0)
		fatalx("no event for UPnP");
	if (!ask_all(u->search)) {
		stop_search(u);
		trouble(u, "there is no network to search for a router");
		again_in(u, SEARCH_MS);
		return;
	}
	again_in(u, ANSWERS_MS);
}

/* --- asking ---------------------------------------------------------------------- */

static void
ask(struct upnp *u, enum question question)
{
	static const char *const actions[QUESTIONS] = {
		[ASK_SPEED] = "GetCommonLinkProperties",
		[ASK_UPTIME] = "GetStatusInfo",
		[ASK_RECEIVED] = "GetTotalBytesReceived",
		[ASK_SENT] = "GetTotalBytesSent",
		[ASK_PACKETS_RECEIVED] = "GetTotalPacketsReceived",
		[ASK_PACKETS_SENT] = "GetTotalPacketsSent",
	};

	u->asking = question;
	if (question == ASK_DESCRIPTION)
		soap_get(u->soap, &u->description);
	else
		soap_call(u->soap,
		    question == ASK_UPTIME ? &u->igd.connection : &u->igd.common,
		    actions[question]);
}

static void
give(struct upnp *u)
{
	struct ifcount_sample *s = &u->sample;
	struct flow_ip ip = { .len = 4 };

	inet_pton(AF_INET, u->igd.common.control.host, ip.bytes);
	s->key = if_key(&ip, 0);
	s->source = IF_UPNP;
	for (unsigned raw = 0; raw < RAWS; raw++)
		s->bits[raw] = 32;
	/* Some count on in 64 bits. */
	for (unsigned way = 0; way < IF_WAYS; way++)
		if (s->raw[RAW_OCTETS][way] != UINT64_MAX &&
		    s->raw[RAW_OCTETS][way] > UINT32_MAX)
			s->bits[RAW_OCTETS] = 64;
	snprintf(u->names.device, sizeof u->names.device, "%.63s", u->igd.name);
	snprintf(u->names.name, sizeof u->names.name, "WAN");
	s->names = &u->names;
	ifcount_take(u->table, s);
	/* How fast the line is may have been told just now. */
	again_in(u, igd_pause_ms(u->names.speed));
	if (u->text[0] != '\0' && u->answers > 0)
		log_info("UPnP: %s answers", u->igd.common.control.host);
	u->text[0] = '\0';
	u->failed = 0;
	u->answers++;
	u->last_s = clock_wall_s();
}

/* The round goes on behind QUESTION. */
static void
next(struct upnp *u, enum question question)
{
	do
		question++;
	while ((question == ASK_SPEED && u->rounds % SPEED_ROUNDS != 0) ||
	       (question == ASK_UPTIME && u->igd.connection.type[0] == '\0') ||
	       (question >= ASK_PACKETS_RECEIVED && question < QUESTIONS &&
		   u->silent_packets));
	if (question < QUESTIONS) {
		ask(u, question);
		return;
	}
	u->asking = QUESTIONS;
	u->rounds++;
	give(u);
}

static void
begin_round(struct upnp *u)
{
	u->sample = (struct ifcount_sample){ .time_ms = 0 };
	memset(u->sample.raw, 0xff, sizeof u->sample.raw);
	if (u->igd.common.type[0] == '\0')
		ask(u, ASK_DESCRIPTION);
	else
		next(u, ASK_DESCRIPTION);
}

static void
fail(struct upnp *u, const char *why)
{
	char text[sizeof u->text];

	u->asking = QUESTIONS;
	u->failures++;
	snprintf(text, sizeof text, "%s: %.200s", u->description.host, why);
	trouble(u, text);
	again_in(u, AGAIN_MS);
	if (++u->failed < FAILURES_ANEW)
		return;
	again_in(u, SEARCH_MS);
	/* It may be another router now, or have moved its description. */
	u->failed = 0;
	u->igd.common.type[0] = '\0';
	if (strcmp(u->how, "yes") == 0)
		u->description.host[0] = '\0';
}

static void
take_description(struct upnp *u, const void *data, size_t len)
{
	struct err err;

	if (igd_describe(&u->igd, data, len, &u->description, &err) != 0) {
		fail(u, err.text);
		return;
	}
	log_info("UPnP: %s, %s, is asked how much passed its WAN", u->igd.name,
	    u->igd.common.control.host);
	u->rounds = 0;
	u->silent_packets = false;
	next(u, ASK_DESCRIPTION);
}

static uint64_t
number(const void *data, size_t len, const char *name)
{
	uint64_t v;

	return data != NULL && igd_number(data, len, name, &v) == 0 ? v : UINT64_MAX;
}

static void
on_answer(void *ctx, const void *data, size_t len, const char *why)
{
	struct upnp *u = ctx;
	struct ifcount_sample *s = &u->sample;
	uint64_t v, *to = NULL;
	const char *name = "";

	if (why != NULL)
		data = NULL;
	switch (u->asking) {
	case ASK_DESCRIPTION:
		if (why != NULL)
			fail(u, why);
		else
			take_description(u, data, len);
		return;
	case ASK_SPEED: /* not all know */
		v = number(data, len, "NewLayer1DownstreamMaxBitRate");
		u->names.speed[IF_IN] = v != UINT64_MAX ? v : 0;
		v = number(data, len, "NewLayer1UpstreamMaxBitRate");
		u->names.speed[IF_OUT] = v != UINT64_MAX ? v : 0;
		break;
	case ASK_UPTIME: /* nor this */
		v = number(data, len, "NewUptime");
		s->has_uptime = v <= UINT32_MAX && v > 0;
		s->uptime = (uint32_t)v;
		s->uptime_per_s = 1;
		break;
	case ASK_RECEIVED:
		name = "NewTotalBytesReceived";
		to = &s->raw[RAW_OCTETS][IF_IN];
		s->time_ms = clock_wall_ns() / CLOCK_NS_PER_MS;
		break;
	case ASK_SENT:
		name = "NewTotalBytesSent";
		to = &s->raw[RAW_OCTETS][IF_OUT];
		break;
	case ASK_PACKETS_RECEIVED:
		s->raw[RAW_UNICAST][IF_IN] =
		    number(data, len, "NewTotalPacketsReceived");
		u->silent_packets = s->raw[RAW_UNICAST][IF_IN] == UINT64_MAX;
		break;
	case ASK_PACKETS_SENT:
		s->raw[RAW_UNICAST][IF_OUT] = number(data, len, "NewTotalPacketsSent");
		break;
	case QUESTIONS:
		return;
	}
	if (to != NULL) {
		*to = number(data, len, name);
		if (*to == UINT64_MAX) {
			fail(u, why != NULL ? why
					    : "an answer without the number asked for");
			return;
		}
	}
	next(u, u->asking);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct upnp *u = arg;

	(void)fd;
	(void)what;
	if (u->search >= 0) {
		stop_search(u);
		trouble(u,
		    "no router was found; if there is one, give the address of its "
		    "description: upnp = http://...");
		u->failures++;
		again_in(u, SEARCH_MS);
	} else if (u->description.host[0] == '\0') {
		search(u);
	} else {
		again_in(u, igd_pause_ms(u->names.speed));
		if (u->asking == QUESTIONS)
			begin_round(u);
	}
}

/* --- life ------------------------------------------------------------------------ */

static void
stop(struct upnp *u)
{
	stop_search(u);
	soap_stop(u->soap);
	event_del(u->turn);
	free(u->how);
	u->how = NULL;
	u->description = (struct igd_url){ .host = "" };
	u->igd = (struct igd){ .name = "" };
	u->asking = QUESTIONS;
	u->failed = u->rounds = 0;
	u->answers = u->failures = 0;
	u->last_s = 0;
	u->text[0] = '\0';
}

void
upnp_configure(struct upnp *u, const struct conf *conf)
{
	const char *how = conf_value(conf_top(conf, "Collector"), "upnp", "no");

	if (u->how != NULL && strcmp(u->how, how) == 0)
		return;
	stop(u);
	if (strcmp(how, "no") == 0)
		return;
	u->how = mem_str(how);
	if (strcmp(how, "yes") != 0 && igd_url_parse(&u->description, how, NULL) != 0) {
		trouble(u, "upnp: expected yes, no, or http://ADDRESS:PORT/...");
		return;
	}
	again_in(u, 0);
}

void
upnp_tell(const struct upnp *u, void (*each)(void *ctx, const struct msg_poller *m),
    void *ctx)
{
	struct msg_poller m = { .source = IF_UPNP,
		.answers = u->answers,
		.failures = u->failures,
		.last_s = u->last_s,
		.interfaces = u->answers > 0 };

	if (u->how == NULL)
		return;
	snprintf(m.name, sizeof m.name, "%.63s",
	    u->igd.name[0] != '\0' ? u->igd.name : "router");
	if (u->description.host[0] != '\0')
		snprintf(m.address, sizeof m.address, "%s:%u", u->description.host,
		    (unsigned)u->description.port);
	memcpy(m.text, u->text, sizeof m.text);
	each(ctx, &m);
}

struct upnp *
upnp_new(struct event_base *base, struct ifcount *table)
{
	struct upnp *u = mem_zero(1, sizeof *u);

	u->base = base;
	u->table = table;
	u->search = -1;
	u->asking = QUESTIONS;
	u->soap = soap_new(base, on_answer, u);
	u->turn = event_new(base, -1, 0, on_turn, u);
	if (u->turn == NULL)
		fatalx("no timer for UPnP");
	return u;
}
