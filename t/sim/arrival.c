/* When a packet reached the device, by the kernel's own tap on it: reading it happens a
 * wake-up later, which says nothing about whoever sent it. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "t/sim/sim.h"

#define COMPARED 64 /* bytes of a packet, by which its copy is found */
#define BUFFER (16 << 20)

static int tap = -1;

/* Only what leaves this machine. */
static void
filter_outgoing(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, COMPARED),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	if (setsockopt(tap, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) !=
	    0)
		fatal("cannot filter the tap");
}

void
arrival_open(const char *device)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(device) };
	int on = 1, size = BUFFER;

	tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (tap < 0)
		fatal("cannot tap %s", device);
	filter_outgoing();
	(void)setsockopt(tap, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	if (setsockopt(tap, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
	    bind(tap, (struct sockaddr *)&at, sizeof at) != 0)
		fatal("cannot tap %s", device);
}

/* Read the next copy into DATA (COMPARED bytes): its length and *WALL_NS, or -1. */
static ssize_t
next_copy(uint8_t *data, int64_t *wall_ns)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct timespec))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { data, COMPARED };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	ssize_t n = recvmsg(tap, &m, 0);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&m);

	if (c == NULL || c->cmsg_type != SCM_TIMESTAMPNS)
		return -1;
	*wall_ns = clock_stamp_ns((const void *)CMSG_DATA(c));
	return n;
}

int64_t
arrival_of(const uint8_t *packet, size_t len, int64_t read_ns)
{
	uint8_t data[COMPARED];
	int64_t wall_ns;
	ssize_t n;

	if (tap < 0)
		return read_ns;
	/* Copies are in the order of the packets themselves. */
	while ((n = next_copy(data, &wall_ns)) >= 0)
		if ((size_t)n == (len < COMPARED ? len : COMPARED) &&
		    memcmp(data, packet, (size_t)n) == 0)
			return wall_ns;
	record_totals.untapped++;
	return read_ns;
}
