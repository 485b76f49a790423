#include "web/server.h"

#include <sys/queue.h>
#include <sys/socket.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>
#include <microhttpd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/http.h"
#include "web/tls.h"

#define CONNECTIONS 1000 /* per listening TCP socket: above, somebody has to go */
#define CONNECTIONS_MOST (CONNECTIONS + 64) /* until they are gone */
#define CONNECTIONS_LOCAL 64		    /* on probectl's */
#define DEAF_S 15 /* without having taken a whole answer, when there is no room */
#define CONNECTION_MEMORY (24 * 1024)
#define FLOW_BUFFER (32 * 1024) /* bytes of an endless answer that the kernel keeps */
#define ANSWER_S 60 /* from the headers to the last byte taken */

/* A client's line. SINCE is when its present request or pause began. */
struct connection {
	struct listener *listener;
	struct MHD_Connection *mhd;
	int64_t since_ns;
	bool answering; /* the headers of a request came */
	bool whole;	/* all of it came */
	bool flows;	/* its answer has no end */
	bool cut;
	TAILQ_ENTRY(connection) link;
};

struct listener {
	struct MHD_Daemon *daemon;
	struct event *ready, *timer;
	bool local, tls;
	unsigned connections;
	LIST_ENTRY(listener) link;
};

static struct {
	struct event_base *base;
	struct event *sweep;
	LIST_HEAD(, listener) listeners;
	TAILQ_HEAD(, connection) connections;
	unsigned busy;
	bool stopping;
} server;

/* Let libmicrohttpd work, then ask when it wants to be called without any event: its
 * epoll set is edge-triggered, and without that timer requests would hang. */
static void
listener_run(struct listener *l)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(l->daemon);
	if (MHD_get_timeout(l->daemon, &ms) == MHD_YES) {
		struct timeval tv = { (time_t)(ms / 1000),
			(suseconds_t)(ms % 1000 * 1000) };
		evtimer_add(l->timer, &tv);
	} else {
		evtimer_del(l->timer);
	}
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	listener_run(arg);
}

static void
cut(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info != NULL)
		shutdown(info->connect_fd, SHUT_RDWR);
}

/* Is there more to be lost by cutting A than B? Who has sent no whole request loses
 * nothing, a pause between requests included. */
static bool
is_dearer(const struct connection *a, const struct connection *b)
{
	return a->whole != b->whole ? a->whole : a->since_ns > b->since_ns;
}

/* Thousands of lines on which nothing is said, from one address or from many, must not
 * keep out who has something to ask; nor may an address have a share of its own, since
 * a proxy in front is one. So whoever lets us wait longest makes room. */
static void
make_room(const struct listener *l)
{
	struct connection *c, *least = NULL;
	int64_t now = clock_mono_ns();

	TAILQ_FOREACH(c, &server.connections, link) {
		if (c->listener != l || c->flows || c->cut ||
		    (c->whole && now - c->since_ns < DEAF_S * CLOCK_NS_PER_S))
			continue;
		if (least == NULL || is_dearer(least, c))
			least = c;
	}
	if (least != NULL) {
		least->cut = true;
		cut(least->mhd);
	}
}

/* One byte every few seconds would hold a slot forever if only idleness counted. */
static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c;
	int64_t now = clock_mono_ns();

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_FOREACH(c, &server.connections, link) {
		int64_t limit = c->answering ? ANSWER_S : HTTP_IDLE_S;

		if (!c->flows && now - c->since_ns >= limit * CLOCK_NS_PER_S)
			cut(c->mhd);
	}
}

static void
on_connection(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		struct connection *c = mem_zero(1, sizeof *c);
		c->listener = cls;
		c->mhd = mhd;
		c->since_ns = clock_mono_ns();
		TAILQ_INSERT_TAIL(&server.connections, c, link);
		*context = c;
		if (++c->listener->connections > CONNECTIONS)
			make_room(c->listener);
	} else if (*context != NULL) {
		struct connection *c = *context;
		c->listener->connections--;
		TAILQ_REMOVE(&server.connections, c, link);
		free(c);
		*context = NULL;
	}
}

/* The request line came: the request begins its life. */
static void *
on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct listener *l = cls;
	struct request *r = mem_zero(1, sizeof *r);

	r->mhd = mhd;
	r->local = l->local;
	r->target = mem_str(target);
	server.busy++;
	return r;
}

static void
on_completed(void *cls, struct MHD_Connection *mhd, void **context,
    enum MHD_RequestTerminationCode why)
{
	struct request *r = *context;

	(void)cls;
	(void)mhd;
	(void)why;
	if (r == NULL)
		return;
	if (r->on != NULL) {
		r->on->since_ns = clock_mono_ns();
		r->on->answering = false;
		r->on->whole = false;
		r->on->flows = false;
	}
	server.busy--;
	request_free(r);
	*context = NULL;
}

/* What decides where a request ends, and whom it is for. */
struct frame {
	unsigned hosts, lengths, codings;
};

static enum MHD_Result
count_header(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct frame *f = ctx;

	(void)kind;
	(void)value;
	f->hosts += strcasecmp(name, "Host") == 0;
	f->lengths += strcasecmp(name, "Content-Length") == 0;
	f->codings += strcasecmp(name, "Transfer-Encoding") == 0;
	return MHD_YES;
}

/* What may be read in two ways is not read at all: a proxy in front may have read the
 * other one. */
static bool
is_plain(const struct request *r, const char *version)
{
	struct frame f = { 0 };

	MHD_get_connection_values(r->mhd, MHD_HEADER_KIND, count_header, &f);
	return f.lengths + f.codings <= 1 && f.hosts <= 1 &&
	       (f.hosts == 1 || r->local || strcmp(version, "HTTP/1.0") == 0);
}

static void
begin(struct request *r, struct MHD_Connection *mhd, const char *method,
    const char *version)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	r->begun = true;
	r->post = strcmp(method, "POST") == 0;
	r->head = strcmp(method, "HEAD") == 0;
	r->odd = !is_plain(r, version);
	if (r->post && !r->odd)
		request_choose_upload(r);
	if (info != NULL && info->socket_context != NULL) {
		r->on = info->socket_context;
		r->on->answering = true;
		r->on->since_ns = clock_mono_ns();
	}
	if (!r->post && !r->head && strcmp(method, "GET") != 0) {
		request_set_header(r, "Allow", "GET, HEAD, POST");
		reply_error(r, 405, "method %.20s is not offered here", method);
	}
}

/* libmicrohttpd calls this with the headers, for every piece of body, at the end, and
 * once more when a parked request goes on. */
static enum MHD_Result
on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **context)
{
	struct request *r = *context;

	(void)cls;
	(void)url;
	if (r == NULL)
		return MHD_NO;
	if (!r->begun) {
		begin(r, mhd, method, version);
		return MHD_YES;
	}
	if (*size > 0) {
		r->uploaded += *size;
		if (r->upload_max != 0)
			upload_add(r, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (r->on != NULL)
		r->on->whole = true;
	if (r->response == NULL && !r->parked)
		request_dispatch(r);
	if (r->response == NULL) {
		MHD_suspend_connection(mhd);
		return MHD_YES;
	}
	return MHD_queue_response(mhd, r->status, r->response);
}

void
server_resume(struct request *r)
{
	struct listener *l = NULL;

	MHD_resume_connection(r->mhd);
	if (r->on != NULL)
		l = r->on->listener;
	/* From outside MHD_run() nothing else would wake it. */
	if (l != NULL && !server.stopping)
		event_active(l->timer, EV_TIMEOUT, 1);
}

void
server_flows(struct request *r)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	int room = FLOW_BUFFER;

	if (r->on != NULL)
		r->on->flows = true;
	/* The kernel would keep megabytes for who does not read. */
	if (info != NULL)
		setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

void
server_cut(struct request *r)
{
	cut(r->mhd);
}

bool
server_has_tls(void)
{
	struct listener *l;
	bool has = false;

	LIST_FOREACH(l, &server.listeners, link)
	has = has || l->tls;
	return has;
}

bool
server_is_tls(const struct request *r)
{
	return r->on != NULL && r->on->listener != NULL && r->on->listener->tls;
}

bool
server_peer(const struct request *r, struct addr *peer)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	memset(peer, 0, sizeof *peer);
	if (info == NULL || info->client_addr == NULL)
		return false;
	if (info->client_addr->sa_family == AF_INET)
		memcpy(&peer->v4, info->client_addr, sizeof peer->v4);
	else if (info->client_addr->sa_family == AF_INET6)
		memcpy(&peer->v6, info->client_addr, sizeof peer->v6);
	return peer->sa.sa_family != AF_UNSPEC;
}

bool
server_peer_is_loopback(const struct request *r)
{
	struct addr peer;

	return server_peer(r, &peer) && addr_is_loopback(&peer);
}

void
server_peer_text(const struct request *r, char *buf)
{
	struct addr peer;

	if (server_peer(r, &peer))
		addr_text(&peer, buf);
	else
		snprintf(buf, ADDR_TEXT, "probectl");
}

/* Its messages are about clients, who must not be able to fill our log. */
static void
on_guest_log(void *cls, const char *fmt, va_list ap)
{
	char text[512];

	(void)cls;
	vsnprintf(text, sizeof text, fmt, ap);
	text[strcspn(text, "\r\n")] = '\0';
	log_debug("http: %s", text);
}

void
server_init(struct event_base *base)
{
	struct timeval second = { 1, 0 };

	server.base = base;
	LIST_INIT(&server.listeners);
	TAILQ_INIT(&server.connections);
	server.sweep = event_new(base, -1, EV_PERSIST, on_sweep, NULL);
	if (server.sweep == NULL || event_add(server.sweep, &second) != 0)
		fatalx("cannot make a timer");
	signal(SIGPIPE, SIG_IGN);
}

static struct MHD_Daemon *
daemon_start(struct listener *l, int fd)
{
	static struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

	return MHD_start_daemon(l->tls ? flags | MHD_USE_TLS : flags, 0, NULL, NULL,
	    on_request, l, MHD_OPTION_ARRAY, l->tls ? tls_options() : none,
	    MHD_OPTION_EXTERNAL_LOGGER, on_guest_log, NULL, MHD_OPTION_LISTEN_SOCKET,
	    fd, MHD_OPTION_CONNECTION_LIMIT,
	    l->local ? CONNECTIONS_LOCAL : CONNECTIONS_MOST,
	    MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, l, MHD_OPTION_NOTIFY_COMPLETED,
	    on_completed, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target, l,
	    MHD_OPTION_END);
}

static void
listener_close(struct listener *l)
{
	LIST_REMOVE(l, link);
	event_free(l->ready);
	event_free(l->timer);
	MHD_stop_daemon(l->daemon);
	free(l);
}

/* Probectl's sockets whose name is gone, as soon as nobody is on them. */
static void
close_former(void)
{
	struct listener *next;

	for (struct listener *l = LIST_FIRST(&server.listeners); l != NULL; l = next) {
		next = LIST_NEXT(l, link);
		if (l->local &&
		    MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
			    ->num_connections == 0)
			listener_close(l);
	}
}

bool
server_listen(int fd, enum server_way way)
{
	bool local = way == SERVER_LOCAL;

	if (local)
		close_former();

	struct listener *l = mem_zero(1, sizeof *l);

	l->local = local;
	l->tls = way == SERVER_TLS;
	evutil_make_socket_nonblocking(fd);
	l->daemon = daemon_start(l, fd);
	if (l->daemon == NULL) {
		log_warnx("cannot serve listening socket %d", fd);
		close(fd);
		free(l);
		return false;
	}
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	l->ready =
	    event_new(server.base, info->epoll_fd, EV_READ | EV_PERSIST, on_ready, l);
	l->timer = evtimer_new(server.base, on_ready, l);
	if (l->ready == NULL || l->timer == NULL || event_add(l->ready, NULL) != 0)
		fatalx("cannot watch a listening socket");
	LIST_INSERT_HEAD(&server.listeners, l, link);
	listener_run(l);
	return true;
}

void
server_stop(void)
{
	struct listener *l;

	server.stopping = true;
	/* A sleeping connection would outlive its daemon. */
	request_release_parked();
	if (server.sweep != NULL)
		event_free(server.sweep);
	server.sweep = NULL;
	while ((l = LIST_FIRST(&server.listeners)) != NULL)
		listener_close(l);
}

unsigned
server_busy(void)
{
	return server.busy;
}
