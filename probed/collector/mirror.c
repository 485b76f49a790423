#include "collector/mirror.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>
#undef PACKET_LOOPBACK /* of our packet.h it is a link */
#include <net/if.h>
#include <net/if_arp.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/ring.h"
#include "collector/decode.h"
#include "collector/exporter.h"
#include "collector/flowcache.h"

#define ETHERNET_HEAD 14

struct mirror {
	struct mirrors *all;
	struct mirror *next;
	int fd;
	uint32_t index; /* ifIndex */
	char name[IF_NAMESIZE];
	bool loopback;
	enum packet_link link;
	uint8_t *ring;
	struct event *ev;
	uint64_t packets, dropped, bad;
	struct log_limit down;
};

struct mirrors {
	struct event_base *base;
	struct exporters *exporters;
	const struct flow_sink *sink;
	struct flowcache *cache; /* NULL until there is an interface */
	struct mirror *first;
	int64_t now_ms; /* while flows go */
};

/* --- flows ------------------------------------------------------------------------ */

/* The exporter of the packets of interface INDEX: this host. */
static struct exporter *
exporter_of(struct mirrors *m, uint32_t index, int64_t now_ms)
{
	struct addr here = { .v4.sin_family = AF_INET };
	struct exporter_key key;
	struct exporter *x;

	here.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	key = exporter_key(&here, FLOW_PACKETS, NULL, index);
	x = exporters_get(m->exporters, &key, false, now_ms);
	if (x == NULL)
		return NULL;
	x->address = here;
	x->active_s = FLOWCACHE_ACTIVE_MS / 1000;
	x->inactive_s = FLOWCACHE_IDLE_MS / 1000;
	return x;
}

static void
on_flow(void *ctx, struct flow *f)
{
	struct mirrors *m = ctx;
	struct exporter *x = exporter_of(m, f->in != 0 ? f->in : f->out, m->now_ms);

	if (x == NULL)
		return;
	f->exporter = x;
	f->protocol = FLOW_PACKETS;
	x->flows++;
	x->rate = f->rate;
	x->rate_from = f->rate_from;
	m->exporters->records[FLOW_PACKETS]++;
	if (m->sink->flow != NULL)
		m->sink->flow(m->sink->ctx, f);
}

/* --- packets ---------------------------------------------------------------------- */

/* Bytes of packet P from its IP header on, which says how many; but what it says is no
 * more than there was. */
static uint32_t
octets_of(const struct mirror *k, const struct packet *p, const struct tpacket3_hdr *h)
{
	uint32_t head = k->link == PACKET_ETHERNET ? ETHERNET_HEAD : 0;

	uint32_t most = h->tp_len > head ? h->tp_len - head : 0;

	return p->ip_length != 0 && p->ip_length < most ? p->ip_length : most;
}

static void
take_frame(struct mirror *k, const struct tpacket3_hdr *h)
{
	const struct sockaddr_ll *from =
	    (const void *)((const uint8_t *)h + TPACKET_ALIGN(sizeof *h));
	struct packet p;

	k->packets++;
	/* On the loopback interface all is seen twice. */
	if (k->loopback && from->sll_pkttype == PACKET_OUTGOING)
		return;
	if (packet_read(&p, k->link,
		(const uint8_t *)h +
		    (k->link == PACKET_ETHERNET ? h->tp_mac : h->tp_net),
		h->tp_snaplen) != 0)
		k->bad++;
	/* Whatever lies behind its IP header, it went to whom that says. */
	if (!(p.has & FLOW_HAS_PROTO))
		return;
	/* The card or the kernel has taken the tag out. */
	if (h->tp_status & TP_STATUS_VLAN_VALID) {
		p.vlan = (uint16_t)(h->hv1.tp_vlan_tci & 0xfff);
		p.has |= FLOW_HAS_VLAN;
	}
	bool out = from->sll_pkttype == PACKET_OUTGOING;
	struct flowcache_seen seen = { .packet = &p,
		.octets = octets_of(k, &p, h),
		.in = out ? 0 : k->index,
		.out = out ? k->index : 0,
		.now_ms = h->tp_sec * 1000LL + h->tp_nsec / 1000000 };
	k->all->now_ms = seen.now_ms;
	flowcache_add(k->all->cache, &seen);
}

/* Frames of one block: the kernel has written it, but its own lengths are checked,
 * since a read behind the ring would be the end. */
static void
take_block(struct mirror *k, uint8_t *block)
{
	const struct tpacket_block_desc *desc = (const void *)block;
	uint32_t at = desc->hdr.bh1.offset_to_first_pkt;

	for (uint32_t i = 0; i < desc->hdr.bh1.num_pkts; i++) {
		const struct tpacket3_hdr *h = (const void *)(block + at);

		if (at > RING_BLOCK - sizeof *h - sizeof(struct sockaddr_ll) ||
		    h->tp_snaplen > RING_BLOCK || at + h->tp_mac > RING_BLOCK ||
		    at + h->tp_net + h->tp_snaplen > RING_BLOCK)
			return;
		take_frame(k, h);
		if (h->tp_next_offset == 0)
			return;
		at += h->tp_next_offset;
	}
}

/* The block that is to be read next: of those that are handed over, the oldest. Its
 * place is not remembered, since one before us may have read from this ring. */
static struct tpacket_block_desc *
next_block(const struct mirror *k)
{
	struct tpacket_block_desc *best = NULL;

	for (unsigned i = 0; i < RING_BLOCKS; i++) {
		struct tpacket_block_desc *d =
		    (void *)(k->ring + (size_t)i * RING_BLOCK);

		if ((__atomic_load_n(&d->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
			TP_STATUS_USER) != 0 &&
		    (best == NULL || d->hdr.bh1.seq_num < best->hdr.bh1.seq_num))
			best = d;
	}
	return best;
}

static void
on_packets(evutil_socket_t fd, short what, void *arg)
{
	struct mirror *k = arg;
	struct tpacket_block_desc *d;
	int error = 0;
	socklen_t len = sizeof error;

	(void)what;
	/* An interface that went down wakes us until its error is read. */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error != 0 &&
	    log_allowed(&k->down, 60, NULL))
		log_warnx("packets of %s: %s", k->name, strerror(error));
	for (unsigned i = 0; i < RING_BLOCKS && (d = next_block(k)) != NULL; i++) {
		take_block(k, (uint8_t *)d);
		__atomic_store_n(
		    &d->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	}
}

/* --- life ------------------------------------------------------------------------- */

struct mirrors *
mirrors_new(
    struct event_base *base, struct exporters *exporters, const struct flow_sink *sink)
{
	struct mirrors *m = mem_zero(1, sizeof *m);

	m->base = base;
	m->exporters = exporters;
	m->sink = sink;
	return m;
}

static void
tell_name(struct mirror *k)
{
	struct flow_option o = { .exporter =
				     exporter_of(k->all, k->index, k->all->now_ms),
		.interface = k->index,
		.name = (const uint8_t *)k->name,
		.name_len = strlen(k->name) };

	if (o.exporter != NULL && k->all->sink->option != NULL)
		k->all->sink->option(k->all->sink->ctx, &o);
}

/* What FD is bound to. */
static int
learn_interface(struct mirror *k)
{
	struct sockaddr_ll at = { 0 };
	socklen_t len = sizeof at, size = sizeof(int);
	struct ifreq r = { 0 };
	int type;

	if (getsockname(k->fd, (struct sockaddr *)&at, &len) != 0 ||
	    at.sll_family != AF_PACKET || at.sll_ifindex <= 0 ||
	    getsockopt(k->fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
		return -1;
	k->index = (uint32_t)at.sll_ifindex;
	k->loopback = at.sll_hatype == ARPHRD_LOOPBACK;
	k->link = type == SOCK_RAW ? PACKET_ETHERNET : PACKET_IP;
	/* By FD itself: we may be locked in already, and open no other. */
	r.ifr_ifindex = at.sll_ifindex;
	if (ioctl(k->fd, SIOCGIFNAME, &r) != 0)
		return -1;
	snprintf(k->name, sizeof k->name, "%s", r.ifr_name);
	return 0;
}

/* The one of that NAME, which has come back as another. */
static void
drop_name(struct mirrors *m, const char *name)
{
	for (struct mirror **at = &m->first, *k; (k = *at) != NULL; at = &k->next) {
		if (strcmp(k->name, name) != 0)
			continue;
		*at = k->next;
		event_free(k->ev);
		munmap(k->ring, RING_BYTES);
		close(k->fd);
		free(k);
		return;
	}
}

int
mirrors_add(struct mirrors *m, int fd)
{
	struct mirror *k = mem_zero(1, sizeof *k);

	k->all = m;
	k->fd = fd;
	k->ring = MAP_FAILED;
	if (learn_interface(k) == 0)
		k->ring =
		    mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (k->ring == MAP_FAILED) {
		log_warn("packets of %s", k->name);
		close(fd);
		free(k);
		return -1;
	}
	k->ev = event_new(m->base, fd, EV_READ | EV_PERSIST, on_packets, k);
	if (k->ev == NULL || event_add(k->ev, NULL) != 0)
		fatalx("no event for packets");
	drop_name(m, k->name);
	if (m->cache == NULL)
		m->cache = flowcache_new(FLOWCACHE_ROOM, on_flow, m);
	k->next = m->first;
	m->first = k;
	return 0;
}

void
mirrors_flush(struct mirrors *m, int64_t now_ms)
{
	m->now_ms = now_ms;
	if (m->cache != NULL)
		flowcache_flush(m->cache);
}

/* What the kernel had no room for since it was asked last. */
static void
count_drops(struct mirror *k)
{
	struct tpacket_stats_v3 stats;
	socklen_t len = sizeof stats;

	if (getsockopt(k->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		k->dropped += stats.tp_drops;
}

void
mirrors_sweep(struct mirrors *m, int64_t now_ms)
{
	m->now_ms = now_ms;
	if (m->cache != NULL)
		flowcache_sweep(m->cache, now_ms);
	for (struct mirror *k = m->first; k != NULL; k = k->next) {
		struct exporter *x = exporter_of(m, k->index, now_ms);

		count_drops(k);
		if (x == NULL)
			continue;
		if (x->datagrams == 0 || x->interface[0] == '\0') {
			snprintf(x->interface, sizeof x->interface, "%s", k->name);
			tell_name(k);
		}
		if (k->packets != x->datagrams)
			x->last_ms = now_ms;
		x->datagrams = k->packets;
		x->numbering.first.told.lost = k->dropped;
		x->faults[FAULT_FLOW_HEADER] = k->bad;
		x->cut_short = m->cache == NULL ? 0 : flowcache_evicted(m->cache);
	}
}
