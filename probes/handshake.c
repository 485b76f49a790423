#include "probes/handshake.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/net.h"
#include "probes/ports.h"

/* Between the kernel's time and ours: it counts milliseconds, and we wake up late. */
#define HANDSHAKE_SLACK_NS (300 * CLOCK_NS_PER_MS)

int
handshake_read(struct handshake_opts *o, const struct conf *conf,
    const struct conf_target *t, unsigned fallback, int *family, struct err *err)
{
	const char *repeated = net_var(conf, t, "syn_retrans");
	long port;

	if (net_var_number(conf, t, "port", 1, 65535, fallback, &port, err) != 0)
		return -1;
	o->port = (unsigned)port;
	o->repeated_is_time = repeated != NULL && strcmp(repeated, "time") == 0;
	if (repeated != NULL && !o->repeated_is_time && strcmp(repeated, "loss") != 0)
		return err_set(
		    err, "syn_retrans = %s: expected loss or time", repeated);
	return via_read(&o->via, conf, t, family, err);
}

int
handshake_socket(const struct handshake_opts *o, int family)
{
	int on = 1, once = 1;
	int fd =
	    socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return -1;
	/* One retransmission at least is the kernel's least; it is seen and judged. */
	setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &once, sizeof once);
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
	else
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
	if (via_apply(&o->via, fd, family) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
handshake_connect(const struct handshake_opts *o, int fd, struct addr to)
{
	addr_set_port(&to, o->port);
	return ports_connect(fd, &o->via, &to);
}

/* --- judging --------------------------------------------------------------------- */

/* An ICMP error tells more than errno. */
static enum ping_outcome
handshake_failed(int fd, int family, int error)
{
	struct net_packet icmp = net_read_error(fd);
	enum ping_outcome why;

	if (icmp.len < 0 || !icmp.icmp)
		return net_errno(error, NULL);
	why = net_icmp(family, icmp.type, icmp.code);
	return why == PING_REFUSED ? PING_PORT_UNREACHABLE : why;
}

/* H took more than one SYN; the kernel's RTT is KERNEL_NS, 0 where it has none. */
static void
handshake_repeated(
    struct handshake *h, const struct handshake_opts *o, int64_t kernel_ns)
{
	if (o->repeated_is_time)
		return;
	if (kernel_ns > 0 && h->rtt_ns - kernel_ns < HANDSHAKE_SLACK_NS) {
		h->rtt_ns = kernel_ns;
		h->stamp = STAMP_KERNEL;
		return;
	}
	h->outcome = PING_SYN_LOST;
	if (kernel_ns == 0)
		h->why = "handshake repeated: a packet was lost, or the answer took "
			 "more than a second; without TCP time stamps at the other end "
			 "nobody can tell";
}

struct handshake
handshake_judge(
    const struct handshake_opts *o, int fd, int family, int error, int64_t sent_ns)
{
	struct handshake h = {
		.outcome =
		    error == 0 ? PING_ANSWERED : handshake_failed(fd, family, error),
		.rtt_ns = clock_mono_ns() - sent_ns,
		.stamp = STAMP_USER,
	};
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (h.outcome == PING_NOT_SENT)
		h.why = strerror(error);
	if ((error != 0 && h.outcome != PING_REFUSED) ||
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return h;
	int64_t kernel = error == 0 ? info.tcpi_rtt * CLOCK_NS_PER_US : 0;
	if (info.tcpi_total_retrans > 0)
		handshake_repeated(&h, o, kernel);
	else if (kernel > 0 && kernel <= h.rtt_ns + CLOCK_NS_PER_MS) {
		h.rtt_ns = kernel;
		h.stamp = STAMP_KERNEL;
	}
	return h;
}
