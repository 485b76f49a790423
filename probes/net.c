#include "probes/net.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "base/clock.h"
#include "base/dscp.h"

/* --- errors ---------------------------------------------------------------------- */

enum ping_outcome
net_errno(int error, bool *final)
{
	bool ignored;

	if (final == NULL)
		final = &ignored;
	*final = true;
	switch (error) {
	case ECONNREFUSED:
		return PING_REFUSED;
	case ETIMEDOUT:
		return PING_TIMEOUT;
	case ECONNRESET:
	case EPIPE:
		return PING_CUT_OFF;
	case ENETUNREACH:
	case ENONET:
		return PING_NO_ROUTE;
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return PING_HOST_UNREACHABLE;
	case ENOPROTOOPT:
		return PING_PORT_UNREACHABLE;
	case EMSGSIZE:
		return PING_TOO_BIG;
	case EPROTO:
		return PING_ICMP_OTHER;
	default: /* no port, no descriptor, no buffer, our own firewall ... */
		return PING_NOT_SENT;
	}
}

static enum ping_outcome
net_icmp4(unsigned type, unsigned code)
{
	if (type == ICMP_TIME_EXCEEDED)
		return PING_TTL_EXCEEDED;
	if (type != ICMP_DEST_UNREACH)
		return PING_ICMP_OTHER;
	switch (code) {
	case ICMP_NET_UNREACH:
	case ICMP_NET_UNKNOWN:
	case ICMP_NET_UNR_TOS:
		return PING_NO_ROUTE;
	case ICMP_PORT_UNREACH:
	case ICMP_PROT_UNREACH:
		return PING_REFUSED;
	case ICMP_FRAG_NEEDED:
		return PING_TOO_BIG;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
	case ICMP_PREC_VIOLATION:
	case ICMP_PREC_CUTOFF:
		return PING_PROHIBITED;
	default:
		return PING_HOST_UNREACHABLE;
	}
}

static enum ping_outcome
net_icmp6(unsigned type, unsigned code)
{
	if (type == ICMP6_TIME_EXCEEDED)
		return PING_TTL_EXCEEDED;
	if (type == ICMP6_PACKET_TOO_BIG)
		return PING_TOO_BIG;
	if (type != ICMP6_DST_UNREACH)
		return PING_ICMP_OTHER;
	switch (code) {
	case ICMP6_DST_UNREACH_NOROUTE:
	case 6: /* reject route */
		return PING_NO_ROUTE;
	case ICMP6_DST_UNREACH_NOPORT:
		return PING_REFUSED;
	case ICMP6_DST_UNREACH_ADMIN:
	case 5: /* source address failed policy */
		return PING_PROHIBITED;
	default:
		return PING_HOST_UNREACHABLE;
	}
}

enum ping_outcome
net_icmp(int family, unsigned type, unsigned code)
{
	return family == AF_INET6 ? net_icmp6(type, code) : net_icmp4(type, code);
}

/* --- datagram sockets ------------------------------------------------------------ */

static void
net_stamps_as(int fd, int family, int more)
{
	int on = 1;
	int what = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE |
		   SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY | more;

	/* Without them the stamp is worse, or the error is a plain errno: no fault. */
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &what, sizeof what) != 0)
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
	else
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
}

void
net_stamps(int fd, int family)
{
	net_stamps_as(fd, family, 0);
}

void
net_stamps_numbered(int fd, int family)
{
	net_stamps_as(fd, family, SOF_TIMESTAMPING_OPT_ID);
}

static void
net_control(struct net_packet *p, const struct cmsghdr *c)
{
	struct sock_extended_err ee;
	struct timespec ts;

	if (c->cmsg_level == SOL_SOCKET) {
		/* of three stamps the first is the software one */
		if ((c->cmsg_type == SO_TIMESTAMPING ||
			c->cmsg_type == SO_TIMESTAMPNS) &&
		    c->cmsg_len >= CMSG_LEN(sizeof ts)) {
			memcpy(&ts, CMSG_DATA(c), sizeof ts);
			p->wall_ns = clock_stamp_ns(&ts);
		}
		return;
	}
	bool error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		     (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
	if (!error || c->cmsg_len < CMSG_LEN(sizeof ee))
		return;
	memcpy(&ee, CMSG_DATA(c), sizeof ee);
	p->icmp =
	    ee.ee_origin == SO_EE_ORIGIN_ICMP || ee.ee_origin == SO_EE_ORIGIN_ICMP6;
	p->number = ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING ? ee.ee_data : 0;
	p->type = ee.ee_type;
	p->code = ee.ee_code;
}

static struct net_packet
net_receive(int fd, void *buf, size_t size, int flags)
{
	union {
		char room[512];
		struct cmsghdr align;
	} control;
	struct iovec iov = { buf, size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	struct net_packet p = { .from.sa.sa_family = AF_UNSPEC };

	msg.msg_name = &p.from;
	msg.msg_namelen = sizeof p.from;
	p.len = recvmsg(fd, &msg, flags | MSG_DONTWAIT);
	if (p.len < 0)
		return p;
	p.truncated = (msg.msg_flags & MSG_TRUNC) != 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		net_control(&p, c);
	return p;
}

struct net_packet
net_read(int fd, void *buf, size_t size)
{
	return net_receive(fd, buf, size, 0);
}

struct net_packet
net_read_quoted(int fd, void *buf, size_t size)
{
	return net_receive(fd, buf, size, MSG_ERRQUEUE);
}

struct net_packet
net_read_error(int fd)
{
	uint8_t quoted[64];

	return net_read_quoted(fd, quoted, sizeof quoted);
}

int64_t
net_rtt(int64_t tx_wall_ns, int64_t rx_wall_ns, int64_t sent_wall_ns,
    int64_t sent_mono_ns, enum ping_stamp *stamp)
{
	int64_t user = clock_mono_ns() - sent_mono_ns;
	int64_t moved = clock_wall_ns() - sent_wall_ns - user;
	int64_t from = tx_wall_ns != 0 ? tx_wall_ns : sent_wall_ns;
	int64_t rtt = rx_wall_ns - from;

	*stamp = tx_wall_ns != 0 ? STAMP_KERNEL : STAMP_KERNEL_RX;
	/* The kernel's interval lies within ours. One that is shorter, because the wall
	 * clock was set back meanwhile, would look as good as any. */
	if (rx_wall_ns != 0 && rtt >= 0 && rtt <= user + CLOCK_NS_PER_MS &&
	    llabs(moved) <= CLOCK_NS_PER_MS)
		return rtt;
	*stamp = STAMP_USER;
	return user;
}

/* --- time ------------------------------------------------------------------------ */

void
net_timer(struct event *ev, int64_t ns)
{
	if (ns < 0)
		ns = 0;
	const struct timeval tv = { ns / CLOCK_NS_PER_S,
		ns % CLOCK_NS_PER_S / CLOCK_NS_PER_US };

	event_add(ev, &tv);
}

void
net_random(void *buf, size_t size)
{
	if (getrandom(buf, size, 0) != (ssize_t)size)
		fatal("getrandom");
}

/* --- variables ------------------------------------------------------------------- */

const char *
net_var(const struct conf *conf, const struct conf_target *t, const char *key)
{
	const char *v = conf_target_value(conf, t, key, NULL);

	return v == NULL || v[strspn(v, " \t")] == '\0' ? NULL : v;
}

int
net_var_number(const struct conf *conf, const struct conf_target *t, const char *key,
    long low, long high, long fallback, long *out, struct err *err)
{
	const char *v = net_var(conf, t, key);
	char *end;

	*out = fallback;
	if (v == NULL)
		return 0;
	errno = 0;
	*out = strtol(v, &end, 10);
	if (end == v || end[strspn(end, " \t")] != '\0' || errno != 0 || *out < low ||
	    *out > high)
		return err_set(err, "%s = %s: expected a number from %ld to %ld", key,
		    v, low, high);
	return 0;
}

int
net_var_tos(
    const struct conf *conf, const struct conf_target *t, int *out, struct err *err)
{
	const char *dscp = net_var(conf, t, "dscp"), *tos = net_var(conf, t, "tos");

	*out = dscp != NULL ? dscp_point(dscp) : tos != NULL ? dscp_tos(tos) : -1;
	if (*out >= 0 || (dscp == NULL && tos == NULL))
		return 0;
	if (dscp != NULL)
		return err_set(
		    err, "dscp = %s: expected 0 to 63, or ef, af41 ...", dscp);
	return err_set(err, "tos = %s: expected 0 to 255, or ef, af41 ...", tos);
}

bool
net_var_true(const struct conf *conf, const struct conf_target *t, const char *key)
{
	const char *v = net_var(conf, t, key);

	return v != NULL && strcmp(v, "0") != 0 && strcasecmp(v, "no") != 0 &&
	       strcasecmp(v, "false") != 0;
}

int
net_var_family(const struct conf *conf, const struct conf_target *t, const char *key,
    int *out, struct err *err)
{
	const char *v = net_var(conf, t, key);

	*out = AF_UNSPEC;
	if (v == NULL)
		return 0;
	if (strcmp(v, "4") == 0)
		*out = AF_INET;
	else if (strcmp(v, "6") == 0)
		*out = AF_INET6;
	else
		return err_set(err, "%s = %s: expected 4 or 6", key, v);
	return 0;
}
