#include "ctl/capture.h"

#include <string.h>

#include <pcap/pcap.h>

#include "collector/exporter.h"
#include "collector/flowcache.h"
#include "collector/packet.h"
#include "collector/sampling.h"

#define SLL2_TO_TYPE 20

/* Which link layer a file has: its name, and bytes in front to be skipped. */
static int
capture_link(int type, enum packet_link *link)
{
	switch (type) {
	case DLT_EN10MB:
		*link = PACKET_ETHERNET;
		return 0;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		*link = PACKET_IP;
		return 0;
	case DLT_LINUX_SLL:
		*link = PACKET_SLL;
		return 0;
	case DLT_LINUX_SLL2:
		*link = PACKET_IP;
		return SLL2_TO_TYPE;
	case DLT_NULL:
	case DLT_LOOP:
		*link = PACKET_LOOPBACK;
		return 0;
	case DLT_PPP:
		*link = PACKET_PPP;
		return 0;
	default:
		return -1;
	}
}

static struct addr
capture_from(const struct packet *p)
{
	struct addr a = { .sa.sa_family = AF_UNSPEC };

	if (p->src.len == 4) {
		a.v4.sin_family = AF_INET;
		memcpy(&a.v4.sin_addr, p->src.bytes, 4);
	} else {
		a.v6.sin6_family = AF_INET6;
		memcpy(&a.v6.sin6_addr, p->src.bytes, 16);
	}
	addr_set_port(&a, p->sport);
	return a;
}

/* The datagram in packet P, into D. False, counted, when it has none that is whole. */
static bool
capture_datagram(
    const struct packet *p, bool cut, struct capture_count *count, struct datagram *d)
{
	if (p->proto != IPPROTO_UDP || p->src.len == 0) {
		count->others++;
		return false;
	}
	if (p->has & FLOW_HAS_FRAGMENT) {
		count->fragments++;
		return false;
	}
	if (cut || p->payload == NULL) {
		count->cut++;
		return false;
	}
	d->from = capture_from(p);
	d->data = p->payload;
	d->len = p->payload_len;
	return true;
}

/* Milliseconds since 1970; 0 where no clock has it, as in a file that somebody made up.
 */
static int64_t
stamp_ms(const struct timeval *ts)
{
	if (ts->tv_sec < 0 || ts->tv_sec > INT32_MAX * 8LL)
		return 0;
	return ts->tv_sec * 1000LL + ts->tv_usec / 1000;
}

int
capture_read(const char *file, const struct capture_sink *sink,
    struct capture_count *count, struct err *err)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(file, text);
	struct pcap_pkthdr *head;
	const u_char *bytes;
	enum packet_link link;
	int skip, got;

	memset(count, 0, sizeof *count);
	/* Of some things it says itself what file they are of. */
	if (in == NULL && strncmp(text, file, strlen(file)) == 0)
		return err_set(err, "%s", text);
	if (in == NULL)
		return err_set(err, "%s: %s", file, text);
	skip = capture_link(pcap_datalink(in), &link);
	if (skip < 0) {
		err_set(err, "%s: its link layer is %s, expected Ethernet or IP", file,
		    pcap_datalink_val_to_name(pcap_datalink(in)));
		pcap_close(in);
		return -1;
	}
	while ((got = pcap_next_ex(in, &head, &bytes)) == 1) {
		struct packet p;
		struct datagram d = { .arrived_ms = stamp_ms(&head->ts) };

		count->packets++;
		if (head->caplen < (unsigned)skip ||
		    (packet_read(
			 &p, link, bytes + skip, head->caplen - (unsigned)skip) != 0 &&
			!(p.has & FLOW_HAS_PROTO))) {
			count->others++;
			continue;
		}
		if (sink->packet != NULL)
			sink->packet(sink->ctx, &p, d.arrived_ms);
		if (!capture_datagram(&p, head->caplen < head->len, count, &d))
			continue;
		count->datagrams++;
		if (sink->datagram != NULL)
			sink->datagram(sink->ctx, &d, count->packets);
	}
	if (got == -1)
		err_set(err, "%s: packet %lu: %s", file, count->packets + 1,
		    pcap_geterr(in));
	pcap_close(in);
	return got == -1 ? -1 : 0;
}

void
capture_flow(const struct packet *p, int64_t at_ms, const struct exporter *here,
    struct flowcache *cache, struct flow *f)
{
	*f = (struct flow){ .exporter = here,
		.start_ms = at_ms,
		.end_ms = at_ms,
		.packets = 1,
		.octets = p->ip_length,
		.rate = 1,
		.rate_from = SAMPLING_PROTOCOL,
		.has = FLOW_HAS_START | FLOW_HAS_END | FLOW_HAS_PACKETS |
		       FLOW_HAS_OCTETS };
	packet_to_flow(p, f);
	if (cache != NULL)
		f->more = !flowcache_add(
		    cache, &(struct flowcache_seen){
			       .packet = p, .octets = p->ip_length, .now_ms = at_ms });
}
