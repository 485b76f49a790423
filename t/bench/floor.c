/* floor RATE SECONDS HOSTS: what the kernel alone takes for a ping. RATE echo requests
 * a second to HOSTS addresses from 10.0.1.0 on, a batch each millisecond, with transmit
 * and receive stamps of the kernel, as an ICMP probe sends and reads them, and nothing
 * else: no schedule, no check, nothing kept. Prints what was sent, answered and
 * stamped, and the processor time for each. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/net_tstamp.h>

#include "base/icmpsock.h"

#define BATCH 256
#define FIRST 0x0a000100u /* 10.0.1.0 */
#define PAYLOAD 56
#define TURN_NS 1000000LL

static struct {
	struct mmsghdr message[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in to[BATCH];
	uint8_t data[BATCH][128];
	uint8_t control[BATCH][256];
} out, in;
static unsigned long sent, answered, stamped;

static int64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void
send_batch(int fd, unsigned count, unsigned long hosts)
{
	static unsigned long next;
	static uint16_t seq;

	for (unsigned i = 0; i < count; i++) {
		out.to[i] = (struct sockaddr_in){ .sin_family = AF_INET,
			.sin_addr.s_addr = htonl(FIRST + (uint32_t)(next++ % hosts)) };
		memset(out.data[i], 0, 8 + PAYLOAD);
		out.data[i][0] = 8; /* echo request */
		seq++;
		memcpy(out.data[i] + 6, &seq, sizeof seq);
		out.iov[i] = (struct iovec){ out.data[i], 8 + PAYLOAD };
		out.message[i].msg_hdr = (struct msghdr){ .msg_name = &out.to[i],
			.msg_namelen = sizeof out.to[i],
			.msg_iov = &out.iov[i],
			.msg_iovlen = 1 };
	}
	int n = sendmmsg(fd, out.message, count, 0);
	if (n > 0)
		sent += (unsigned)n;
}

static unsigned long
read_all(int fd, int flags)
{
	unsigned long total = 0;
	int n;

	do {
		for (unsigned i = 0; i < BATCH; i++) {
			in.iov[i] = (struct iovec){ in.data[i], sizeof in.data[i] };
			in.message[i].msg_hdr = (struct msghdr){ .msg_name = &in.to[i],
				.msg_namelen = sizeof in.to[i],
				.msg_iov = &in.iov[i],
				.msg_iovlen = 1,
				.msg_control = in.control[i],
				.msg_controllen = sizeof in.control[i] };
		}
		n = recvmmsg(fd, in.message, BATCH, flags | MSG_DONTWAIT, NULL);
		total += n > 0 ? (unsigned)n : 0;
	} while (n == BATCH);
	return total;
}

int
main(int argc, char **argv)
{
	struct icmpsock s;
	int stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
		     SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
		     SOF_TIMESTAMPING_OPT_TSONLY;

	if (argc != 4 || atol(argv[1]) <= 0 || atol(argv[2]) <= 0 ||
	    atol(argv[3]) <= 0) {
		fprintf(stderr, "usage: floor RATE SECONDS HOSTS\n");
		return 2;
	}
	double each = (double)atol(argv[1]) / 1000;
	unsigned long hosts = strtoul(argv[3], NULL, 10);
	if (icmpsock_open(&s, AF_INET) != 0 ||
	    setsockopt(s.fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps) !=
		0) {
		fprintf(stderr, "floor: no ICMP socket with stamps: %s\n", s.why);
		return 1;
	}
	int64_t begin = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	long turns = atol(argv[2]) * 1000;
	for (long turn = 0; turn < turns; turn++) {
		int64_t due = begin + turn * TURN_NS;
		struct timespec until = { due / 1000000000, due % 1000000000 };
		unsigned long wanted = (unsigned long)((double)(turn + 1) * each);

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
		       EINTR)
			;
		if (wanted > sent)
			send_batch(s.fd,
			    wanted - sent > BATCH ? BATCH : (unsigned)(wanted - sent),
			    hosts);
		answered += read_all(s.fd, 0);
		stamped += read_all(s.fd, MSG_ERRQUEUE);
	}
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("sent %lu\nanswered %lu\nstamped %lu\nus_per_ping %.2f\n", sent,
	    answered, stamped, sent ? (double)cpu / 1000 / (double)sent : 0);
	return 0;
}
