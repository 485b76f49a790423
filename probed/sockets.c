#include "sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/icmpsock.h"
#include "base/log.h"
#include "base/mem.h"

#define HTTP_DEFAULT "[::]:8080"
#define HTTP_BACKLOG 128
/* A burst of a few thousand flow datagrams. */
#define FLOW_RECEIVE (8 << 20)

/* sFlow, NetFlow, IPFIX; any of the protocols on each. */
#define FLOW_DEFAULT "[::]:6343 [::]:2055 [::]:4739"

struct handed {
	enum msg_socket kind;
	enum room room;
	unsigned index, rung;
	int fd;
	char why[ICMPSOCK_WHY];
};

static struct handed *sockets;
static unsigned socket_count;
static char **notes;
static unsigned note_count;

static struct handed *
keep(enum msg_socket kind, enum room room, unsigned index, int fd)
{
	sockets = mem_grow(sockets, socket_count + 1, sizeof *sockets);
	struct handed *s = &sockets[socket_count++];
	*s = (struct handed){ .kind = kind, .room = room, .index = index, .fd = fd };
	return s;
}

static void
note(char *text)
{
	log_warnx("%s", text);
	notes = mem_grow(notes, note_count + 1, sizeof *notes);
	notes[note_count++] = text;
}

/* A socket of TYPE bound to A. -1 with errno. On a host without IPv6, "all addresses"
 * are those of IPv4. */
static int
bound(struct addr *a, int type)
{
	int on = 1, off = 0;
	int fd = socket(a->sa.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 && errno == EAFNOSUPPORT && a->sa.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr)) {
		unsigned port = addr_port(a);
		memset(a, 0, sizeof *a);
		a->sa.sa_family = AF_INET;
		addr_set_port(a, port);
		return bound(a, type);
	}
	if (fd < 0)
		return -1;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, &a->sa, addr_len(a)) != 0) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* --- HTTP ------------------------------------------------------------------------ */

static const char *
what_to_do(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "end the program that has it, or use --listen with another port";
	case EACCES:
		return "use --listen with a port from 1024, or give CAP_NET_BIND_SERVICE";
	case EADDRNOTAVAIL:
		return "this host does not have that address, expected one of its own "
		       "in --listen";
	default:
		return "use --listen ADDR:PORT with another address";
	}
}

static int
open_http(const char *text, unsigned index, struct err *err)
{
	struct addr a;
	char buf[ADDR_TEXT];
	int fd;

	if (addr_parse_listen(&a, text, err) != 0)
		return -1;
	fd = bound(&a, SOCK_STREAM);
	if (fd < 0 || listen(fd, HTTP_BACKLOG) != 0) {
		int saved = errno;
		if (fd >= 0)
			close(fd);
		return err_set(err, "cannot serve HTTP on %s: %s; %s",
		    addr_text_port(&a, buf), strerror(saved), what_to_do(saved));
	}
	keep(SOCKET_HTTP, ROOM_WEB, index, fd);
	log_info("HTTP on %s", addr_text_port(&a, buf));
	return 0;
}

/* Several addresses may stand in one value, parted by spaces or commas. */
static int
open_list(const char *list, int (*open_one)(const char *, unsigned, struct err *),
    struct err *err)
{
	char *copy = mem_str(list), *save = NULL;
	unsigned index = 0;
	int r = 0;

	for (char *one = strtok_r(copy, " ,\t", &save); one != NULL && r == 0;
	     one = strtok_r(NULL, " ,\t", &save))
		r = open_one(one, index++, err);
	free(copy);
	return r;
}

int
sockets_http(
    const struct conf *conf, const char *const *listen, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (open_http(listen[i], (unsigned)i, err) != 0)
			return -1;
	if (count > 0)
		return 0;
	return open_list(
	    conf_value(conf_top(conf, "Web"), "listen", HTTP_DEFAULT), open_http, err);
}

void
sockets_probectl(int fd)
{
	for (unsigned i = 0; i < socket_count; i++)
		if (sockets[i].kind == SOCKET_PROBECTL) {
			close(sockets[i].fd);
			sockets[i].fd = fd;
			return;
		}
	keep(SOCKET_PROBECTL, ROOM_WEB, 0, fd);
}

/* --- measuring ------------------------------------------------------------------- */

static void
open_icmp(enum msg_socket kind, int family)
{
	const char *name = family == AF_INET ? "ICMP" : "ICMPv6";
	struct icmpsock s;
	struct handed *h;

	if (icmpsock_open(&s, family) != 0)
		note(mem_printf("%s cannot be measured: %s", name, s.why));
	else
		log_info("%s by %s socket%s%s", name,
		    s.rung == ICMP_RAW ? "raw" : "datagram", *s.why ? ", " : "", s.why);
	h = keep(kind, ROOM_PROBER, 0, s.fd);
	h->rung = s.rung;
	snprintf(h->why, sizeof h->why, "%s", s.why);
}

static int
open_flow(const char *text, unsigned index, struct err *err)
{
	int size = FLOW_RECEIVE, on = 1;
	char buf[ADDR_TEXT];
	struct addr a;
	int fd;

	if (addr_parse_listen(&a, text, err) != 0) {
		note(mem_printf("*** Collector ***: listen: %s", err->text));
		return 0;
	}
	fd = bound(&a, SOCK_DGRAM);
	if (fd < 0) {
		note(mem_printf("no flows are received on UDP %s: %s",
		    addr_text_port(&a, buf), strerror(errno)));
		return 0;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
	keep(SOCKET_FLOW, ROOM_COLLECTOR, index, fd);
	return 0;
}

void
sockets_measure(const struct conf *conf)
{
	struct err err;

	open_icmp(SOCKET_ICMP4, AF_INET);
	open_icmp(SOCKET_ICMP6, AF_INET6);
	open_list(conf_value(conf_top(conf, "Collector"), "listen", FLOW_DEFAULT),
	    open_flow, &err);
}

/* --- handing over ---------------------------------------------------------------- */

void
sockets_for(enum room room,
    void (*send)(void *ctx, enum msg_socket kind, unsigned index, unsigned rung,
	const char *why, int fd),
    void *ctx)
{
	for (unsigned i = 0; i < socket_count; i++) {
		const struct handed *s = &sockets[i];
		if (s->room == room)
			send(ctx, s->kind, s->index, s->rung, s->why, s->fd);
	}
}

const char *
sockets_note(unsigned i)
{
	return i < note_count ? notes[i] : NULL;
}
