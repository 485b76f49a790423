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
#include "icmpneed.h"
#include "mirror.h"

#define HTTP_DEFAULT "[::]:8080"
#define HTTP_BACKLOG 4096 /* thousands may knock at once */
#define REFLECTORS 16
/* A burst of a few thousand flow datagrams. */
#define FLOW_RECEIVE (16 << 20)

/* sFlow, NetFlow, IPFIX; any of the protocols on each. */
#define FLOW_DEFAULT "[::]:6343 [::]:2055 [::]:4739"

struct handed {
	enum msg_socket kind;
	enum room room;
	unsigned index, rung;
	int fd;
	char why[ICMPSOCK_WHY];
	struct icmpsock_class class; /* of an ICMP socket */
	char *interface;	     /* of a packet socket */
};

static struct handed *sockets;
static unsigned socket_count;
static char **notes;
static unsigned note_count;
static unsigned rmem_noted; /* bytes of the largest advice given */

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
	for (unsigned i = 0; i < note_count; i++)
		if (strcmp(notes[i], text) == 0) {
			free(text);
			return;
		}
	notes = mem_grow(notes, note_count + 1, sizeof *notes);
	notes[note_count++] = text;
}

/* What was wrong is mended. */
static void
note_end(const char *text)
{
	for (unsigned i = 0; i < note_count; i++)
		if (strcmp(notes[i], text) == 0) {
			free(notes[i]);
			notes[i] = notes[--note_count];
			return;
		}
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
open_web(const char *text, unsigned index, enum msg_socket kind, struct err *err)
{
	const char *name = kind == SOCKET_HTTPS ? "HTTPS" : "HTTP";
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
		return err_set(err, "cannot serve %s on %s: %s; %s", name,
		    addr_text_port(&a, buf), strerror(saved),
		    kind == SOCKET_HTTPS && saved != EADDRINUSE
			? "listen_tls in *** Web *** says so"
			: what_to_do(saved));
	}
	keep(kind, ROOM_WEB, index, fd);
	log_info("%s on %s", name, addr_text_port(&a, buf));
	return 0;
}

static int
open_http(const char *text, unsigned index, struct err *err)
{
	return open_web(text, index, SOCKET_HTTP, err);
}

static int
open_https(const char *text, unsigned index, struct err *err)
{
	return open_web(text, index, SOCKET_HTTPS, err);
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
	const struct conf_section *web = conf_top(conf, "Web");
	const char *fallback = getenv(SOCKETS_LISTEN_ENV);

	if (open_list(conf_value(web, "listen_tls", ""), open_https, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (open_http(listen[i], (unsigned)i, err) != 0)
			return -1;
	if (count > 0)
		return 0;
	if (fallback == NULL || *fallback == '\0')
		fallback = HTTP_DEFAULT;
	return open_list(conf_value(web, "listen", fallback), open_http, err);
}

/* FD is the one of KIND, which is ROOM's. */
static void
keep_one(enum msg_socket kind, enum room room, int fd)
{
	for (unsigned i = 0; i < socket_count; i++)
		if (sockets[i].kind == kind) {
			sockets[i].fd = fd;
			return;
		}
	keep(kind, room, 0, fd);
}

/* -1: there is none. */
static int
the_one(enum msg_socket kind)
{
	for (unsigned i = 0; i < socket_count; i++)
		if (sockets[i].kind == kind)
			return sockets[i].fd;
	return -1;
}

void
sockets_probectl(int fd)
{
	int old = the_one(SOCKET_PROBECTL);

	if (old >= 0)
		close(old);
	keep_one(SOCKET_PROBECTL, ROOM_WEB, fd);
}

void
sockets_keep_brokers(int fd)
{
	keep_one(SOCKET_BROKERS, ROOM_COURIER, fd);
}

int
sockets_brokers(void)
{
	return the_one(SOCKET_BROKERS);
}

/* --- measuring ------------------------------------------------------------------- */

/* Sockets of CLASS that were opened, or tried to be. */
static unsigned
count_icmp(const struct icmpsock_class *class)
{
	unsigned n = 0;

	for (unsigned i = 0; i < socket_count; i++)
		n += (sockets[i].kind == SOCKET_ICMP4 ||
			 sockets[i].kind == SOCKET_ICMP6) &&
		     icmpsock_same(&sockets[i].class, class);
	return n;
}

/* How many there are of KIND, which is the next one's index. */
static unsigned
count_kind(enum msg_socket kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < socket_count; i++)
		n += sockets[i].kind == kind;
	return n;
}

static struct handed *
keep_icmp(const struct icmpsock_class *class, const struct icmpsock *s)
{
	enum msg_socket kind = class->family == AF_INET ? SOCKET_ICMP4 : SOCKET_ICMP6;
	struct handed *h = keep(kind, ROOM_PROBER, count_kind(kind), s->fd);

	h->rung = s->rung;
	h->class = *class;
	snprintf(h->why, sizeof h->why, "%s", s->why);
	return h;
}

/* Open the first one of CLASS, or keep that there is none. */
static void
open_icmp_first(const struct icmpsock_class *class)
{
	bool plain = !class->df && class->mark == 0;
	const char *name = class->family == AF_INET ? "ICMP" : "ICMPv6";
	struct icmpsock s;
	int r = icmpsock_open_class(&s, class);
	struct handed *h = keep_icmp(class, &s);

	if (r != 0) {
		/* Where there is no plain one, one sentence is enough. */
		if (plain || class->mark != 0)
			note(mem_printf("%s cannot be measured: %s", name, s.why));
		if (!plain) /* the prober shows why there is no plain one */
			h->room = ROOM_PARENT;
	} else if (plain) {
		log_info("%s by %s sockets%s%s", name,
		    s.rung == ICMP_RAW ? "raw" : "datagram", *s.why ? ", " : "", s.why);
	}
}

static void
advise_icmp(const struct icmpneed *need, unsigned rmem)
{
	if (rmem <= rmem_noted)
		return;
	note(mem_printf(
	    "%.0f pings per second may overflow the receive buffers of %s: as root: sysctl "
	    "-w net.core.rmem_max=%u, or give CAP_NET_ADMIN",
	    need->rate, need->class.family == AF_INET ? "ICMP" : "ICMPv6", rmem));
	rmem_noted = rmem;
}

/* Open what NEED is still short of. */
static void
open_icmp(const struct icmpneed *need)
{
	unsigned have = count_icmp(&need->class), buffer = 0, rmem;
	struct icmpsock s;

	if (have == 0) {
		open_icmp_first(&need->class);
		have = 1;
	}
	for (unsigned i = 0; i < socket_count && buffer == 0; i++)
		if (sockets[i].fd >= 0 && sockets[i].room == ROOM_PROBER &&
		    icmpsock_same(&sockets[i].class, &need->class))
			buffer = icmpsock_buffer(sockets[i].fd);
	if (buffer == 0)
		return;
	unsigned want = icmpneed_sockets(need->rate, buffer, &rmem);
	advise_icmp(need, rmem);
	for (; have < want && icmpsock_open_class(&s, &need->class) == 0; have++)
		keep_icmp(&need->class, &s);
}

/* Every ping of another host takes up a place for 30 s where this host tracks
 * connections. */
static void
advise_tracking(size_t hosts)
{
	static bool noted;
	FILE *file = fopen("/proc/sys/net/netfilter/nf_conntrack_max", "re");
	unsigned long most = 0;

	if (file == NULL)
		return;
	if (fscanf(file, "%lu", &most) == 1 && hosts > most / 2 && !noted) {
		noted = true;
		note(mem_printf(
		    "%zu pinged hosts may fill the table of tracked "
		    "connections, net.netfilter.nf_conntrack_max = %lu: raise "
		    "it, or exempt ICMP (notrack)",
		    hosts, most));
	}
	fclose(file);
}

void
sockets_icmp(const struct conf *conf)
{
	struct icmpneed need[ICMPNEED_CLASSES];
	size_t missed, echoes, count = icmpneed_read(conf, need, &missed, &echoes);

	for (size_t i = 0; i < count; i++)
		open_icmp(&need[i]);
	advise_tracking(echoes);
	if (missed != 0)
		note(mem_printf(
		    "%zu targets have no ICMP socket of their own kind: more "
		    "than %d combinations of protocol, df and fwmark",
		    missed, ICMPNEED_CLASSES));
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

/* --- packets ---------------------------------------------------------------------- */

static bool
has_packets(const char *interface)
{
	for (unsigned i = 0; i < socket_count; i++)
		if (sockets[i].kind == SOCKET_PACKETS &&
		    strcmp(sockets[i].interface, interface) == 0)
			return true;
	return false;
}

/* An interface that went away and came back is another one, and its socket sees nothing
 * any more. */
static void
drop_dead_packets(void)
{
	for (unsigned i = 0; i < socket_count; i++) {
		struct handed *h = &sockets[i];

		if (h->kind != SOCKET_PACKETS || mirror_alive(h->fd, h->interface))
			continue;
		close(h->fd);
		free(h->interface);
		memmove(h, h + 1, (--socket_count - i) * sizeof *h);
		i--;
	}
}

static void
open_packets(void *ctx, const char *interface, const char *filter, bool promiscuous,
    struct place at)
{
	/* Why each could not be opened, to say it once and take it back. */
	static struct {
		char *interface, *why;
	} failed[MIRRORS_MAX];
	struct err err;
	unsigned i = 0;

	(void)ctx;
	if (has_packets(interface))
		return;
	while (i < MIRRORS_MAX - 1 && failed[i].interface != NULL &&
	       strcmp(failed[i].interface, interface) != 0)
		i++;
	int fd = mirror_open(interface, filter, promiscuous, &err);
	char *why = fd >= 0
			? NULL
			: mem_printf("%s:%u: packets: %s", at.file, at.line, err.text);
	if (failed[i].why != NULL && (why == NULL || strcmp(why, failed[i].why) != 0)) {
		note_end(failed[i].why);
		free(failed[i].why);
		failed[i].why = NULL;
	}
	if (failed[i].interface == NULL)
		failed[i].interface = mem_str(interface);
	if (why != NULL && failed[i].why == NULL) {
		failed[i].why = mem_str(why);
		note(mem_str(why));
	}
	free(why);
	if (fd < 0)
		return;
	keep(SOCKET_PACKETS, ROOM_COLLECTOR, count_kind(SOCKET_PACKETS), fd)
	    ->interface = mem_str(interface);
	log_info("packets of %s", interface);
}

unsigned
sockets_packets(const struct conf *conf)
{
	drop_dead_packets();
	unsigned before = socket_count;
	mirror_each(conf, open_packets, NULL);
	return before;
}

/* --- reflecting ------------------------------------------------------------------- */

static int
open_reflector(const char *text, unsigned index, struct err *err)
{
	static struct addr open[REFLECTORS];
	static unsigned count;
	char buf[ADDR_TEXT];
	struct addr a;

	if (addr_parse_listen(&a, text, err) != 0)
		return 0; /* was complained of */
	for (unsigned i = 0; i < count; i++)
		if (addr_same(&open[i], &a))
			return 0;
	if (count == REFLECTORS) {
		note(mem_printf("no STAMP reflector on %s: more than %d addresses",
		    addr_text_port(&a, buf), REFLECTORS));
		return 0;
	}
	struct addr wanted = a;
	int fd = bound(&a, SOCK_DGRAM);
	if (fd < 0) {
		int saved = errno;

		note(mem_printf("no STAMP reflector on UDP %s: %s%s",
		    addr_text_port(&a, buf), strerror(saved),
		    saved == EACCES ? "; choose a port from 1024, or give "
				      "CAP_NET_BIND_SERVICE"
				    : ""));
		return 0;
	}
	open[count++] = wanted;
	log_info("STAMP reflector on UDP %s", addr_text_port(&a, buf));
	keep(SOCKET_STAMP, ROOM_PROBER, index, fd);
	return 0;
}

void
sockets_reflector(const struct conf *conf)
{
	struct err err;

	open_list(conf_value(conf_top(conf, "Reflector"), "listen", ""), open_reflector,
	    &err);
}

void
sockets_measure(const struct conf *conf)
{
	struct err err;

	sockets_icmp(conf);
	sockets_reflector(conf);
	open_list(conf_value(conf_top(conf, "Collector"), "listen", FLOW_DEFAULT),
	    open_flow, &err);
	sockets_packets(conf);
}

/* --- handing over ---------------------------------------------------------------- */

unsigned
sockets_count(void)
{
	return socket_count;
}

void
sockets_for(enum room room, unsigned first,
    void (*send)(void *ctx, enum msg_socket kind, unsigned index, unsigned rung,
	const char *why, int fd),
    void *ctx)
{
	for (unsigned i = first; i < socket_count; i++) {
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
