/* Print the echo requests that an interface gets, one line each, until somebody ends
 *it:
 *
 *	sniffer INTERFACE
 *	4 172.30.0.1 172.30.0.2 tos 184 ttl 7 df 1 fragment 0 bytes 128 id 5 sum 1a2b
 */
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "base/addr.h"
#include "base/wire.h"

static void
print_echo(int family, const uint8_t *data, size_t len)
{
	struct wire w;

	wire_init(&w, data, len);
	unsigned type = wire_u8(&w);
	wire_skip(&w, 1);
	unsigned sum = wire_u16(&w), id = wire_u16(&w);
	if (wire_ok(&w) && type == (family == 4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST))
		printf(" id %u sum %04x", id, sum);
	putchar('\n');
	fflush(stdout);
}

static void
print_v4(const uint8_t *data, size_t len)
{
	struct addr from = { .sa.sa_family = AF_INET }, to = from;
	char a[ADDR_TEXT], b[ADDR_TEXT];
	struct iphdr ip;

	if (len < sizeof ip)
		return;
	memcpy(&ip, data, sizeof ip);
	size_t head = ip.ihl * 4U;
	if (ip.protocol != IPPROTO_ICMP || head > len)
		return;
	from.v4.sin_addr.s_addr = ip.saddr;
	to.v4.sin_addr.s_addr = ip.daddr;
	unsigned off = ntohs(ip.frag_off);
	printf("4 %s %s tos %u ttl %u df %d fragment %d bytes %u", addr_text(&from, a),
	    addr_text(&to, b), ip.tos, ip.ttl, (off & IP_DF) != 0,
	    (off & (IP_MF | IP_OFFMASK)) != 0, ntohs(ip.tot_len));
	print_echo(4, data + head, (off & IP_OFFMASK) == 0 ? len - head : 0);
}

static void
print_v6(const uint8_t *data, size_t len)
{
	struct addr from = { .sa.sa_family = AF_INET6 }, to = from;
	char a[ADDR_TEXT], b[ADDR_TEXT];
	struct ip6_hdr ip;

	if (len < sizeof ip)
		return;
	memcpy(&ip, data, sizeof ip);
	unsigned next = ip.ip6_nxt;
	if (next != IPPROTO_ICMPV6 && next != IPPROTO_FRAGMENT)
		return;
	from.v6.sin6_addr = ip.ip6_src;
	to.v6.sin6_addr = ip.ip6_dst;
	printf("6 %s %s tos %u ttl %u df 1 fragment %d bytes %u", addr_text(&from, a),
	    addr_text(&to, b), ntohl(ip.ip6_flow) >> 20 & 255, ip.ip6_hlim,
	    next == IPPROTO_FRAGMENT, ntohs(ip.ip6_plen));
	print_echo(6, data + sizeof ip, next == IPPROTO_ICMPV6 ? len - sizeof ip : 0);
}

int
main(int argc, char **argv)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	struct sockaddr_ll on = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL) };
	uint8_t data[2048];

	if (argc == 2)
		on.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (on.sll_ifindex == 0 ||
	    bind(fd, (struct sockaddr *)(void *)&on, sizeof on) != 0) {
		fprintf(stderr, "usage: sniffer INTERFACE\n");
		return 2;
	}
	for (;;) {
		struct sockaddr_ll from;
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(
		    fd, data, sizeof data, 0, (struct sockaddr *)(void *)&from, &size);

		if (n < 0)
			return 1;
		if (from.sll_pkttype == PACKET_OUTGOING)
			continue;
		if (ntohs(from.sll_protocol) == ETH_P_IP)
			print_v4(data, (size_t)n);
		else if (ntohs(from.sll_protocol) == ETH_P_IPV6)
			print_v6(data, (size_t)n);
	}
}
