/* flowsink PORT: flow datagrams that come to 127.0.0.1, decoded by the collector's own
 * decoders. A line for each flow, tab separated: protocol, source, destination, IP
 * protocol, ports (of ICMP 0), octets, packets (as exported), rate. Ends when standard
 * input does. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "collector/decode.h"
#include "collector/exporter.h"

static void
on_flow(void *ctx, const struct flow *f)
{
	char src[ADDR_TEXT], dst[ADDR_TEXT];
	bool ports = f->proto != IPPROTO_ICMP && f->proto != IPPROTO_ICMPV6;

	(void)ctx;
	printf("%s\t%s\t%s\t%u\t%u\t%u\t%llu\t%llu\t%u\n",
	    flow_protocol_word(f->protocol), flow_ip_text(&f->src, src),
	    flow_ip_text(&f->dst, dst), f->proto, ports ? f->sport : 0,
	    ports ? f->dport : 0, (unsigned long long)f->octets,
	    (unsigned long long)f->packets, f->rate);
}

static void
on_fault(void *ctx, enum flow_fault fault, size_t offset, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%s at byte %zu: %s\n", flow_fault_word(fault), offset, text);
}

int
main(int argc, char **argv)
{
	static const struct flow_sink sink = { .flow = on_flow, .fault = on_fault };
	static uint8_t data[65536];
	struct exporters *e = exporters_new();
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 256 << 20;
	struct pollfd wait[] = { { fd, POLLIN, 0 }, { 0, POLLIN, 0 } };

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0) {
		perror("flowsink");
		return 1;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	while (poll(wait, 2, -1) > 0) {
		struct datagram d = { .data = data, .arrived_ms = time(NULL) * 1000LL };
		socklen_t len = sizeof d.from;
		ssize_t n;

		/* All that came before the end of standard input. */
		while ((n = recvfrom(fd, data, sizeof data, MSG_DONTWAIT, &d.from.sa,
			    &len)) >= 0) {
			d.len = (size_t)n;
			flow_decode(e, &d, &sink);
		}
		fflush(stdout);
		if (wait[1].revents != 0)
			break;
	}
	for (const struct exporter *x = e->all; x != NULL; x = x->hh.next)
		printf("# %s lost %llu no_template %llu\n",
		    flow_protocol_word(x->protocol),
		    (unsigned long long)numbering_told(&x->numbering).lost,
		    (unsigned long long)x->no_template);
	exporters_free(e);
	return 0;
}
