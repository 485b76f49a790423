#include "infer/vector.h"

#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define TCP_SYN 0x02
#define TCP_ACK 0x10
#define QUIC_PORT 443

/* One side of an interval with 5 % outside of it on each. */
#define Z95 1.645
/* Fewer samples are no normal distribution. */
#define SAMPLES_LEAST 25
/* So many others are many. */
#define ENDS_MANY 10
/* Answers to amplifiers' requests are large. */
#define AMPLIFIED_OCTETS 200
/* TCP that carries nothing is smaller. */
#define BARE_OCTETS 100
/* What of the less certain kinds counts for. */
#define WEAK (1.0 / 3)

/* UDP services whose answers are larger than the questions (US-CERT's TA14-017A and what
 * was seen since). Those of games, VPNs and telephones are not here: there they are
 * themselves what somebody uses. */
static const struct {
	uint16_t port;
	const char *name;
} amplifiers[] = {
	{ 17, "QOTD" },
	{ 19, "CharGEN" },
	{ 53, "DNS" },
	{ 69, "TFTP" },
	{ 111, "portmap" },
	{ 123, "NTP" },
	{ 137, "NetBIOS" },
	{ 161, "SNMP" },
	{ 389, "CLDAP" },
	{ 427, "SLP" },
	{ 520, "RIP" },
	{ 1434, "MSSQL" },
	{ 1900, "SSDP" },
	{ 3283, "ARD" },
	{ 3702, "WS-Discovery" },
	{ 5353, "mDNS" },
	{ 5683, "CoAP" },
	{ 10074, "TP-240" },
	{ 11211, "memcached" },
	{ 27960, "Quake" },
	{ 32414, "Plex" },
	{ 37810, "DVR-IP" },
};

/* "NTP" of 123; NULL when no amplifier is known by that port. */
static const char *
vector_amplifier(uint16_t port)
{
	for (size_t i = 0; i < sizeof amplifiers / sizeof *amplifiers; i++)
		if (amplifiers[i].port == port)
			return amplifiers[i].name;
	return NULL;
}

static enum vector_class
udp_class(uint16_t port, bool has_ports)
{
	if (!has_ports)
		return CLASS_FRAGMENT;
	if (port == QUIC_PORT)
		return CLASS_QUIC;
	return vector_amplifier(port) != NULL ? CLASS_AMPLIFIER : CLASS_UDP;
}

enum vector_class
vector_class(uint8_t proto, uint16_t flags, uint16_t port, bool has_ports,
    bool fragment, bool echo_reply)
{
	if (fragment)
		return CLASS_FRAGMENT;
	switch (proto) {
	case IPPROTO_TCP:
		return (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN ? CLASS_SYN : CLASS_TCP;
	case IPPROTO_UDP:
		return udp_class(port, has_ports);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return echo_reply ? CLASS_ECHO_REPLY : CLASS_ICMP;
	default:
		return CLASS_OTHER;
	}
}

/* --- what is answered ------------------------------------------------------------- */

/* The most that S may be: upper end of a one-sided 95 % interval, about (a square root
 * makes a Poisson count nearly normal). UNIT is what one sample stands for where S has
 * none to tell it; 0: nothing is sampled. */
static double
most(const struct vector_sum *s, double unit)
{
	double root;

	if (s->packets_var > 0 && s->packets > 0)
		unit = s->packets_var / s->packets;
	if (unit <= 0)
		return s->packets;
	root = sqrt(s->packets / unit + 1) + Z95 / 2;
	return root * root * unit;
}

/* Is S answered by less than LIMIT of its packets, of which BACK are? */
static bool
is_unanswered(
    const struct vector_sum *s, const struct vector_sum *back, double limit)
{
	double unit = s->packets > 0 ? s->packets_var / s->packets : 0;

	return most(back, unit) <= limit * s->packets;
}

static double
mean_octets(const struct vector_sum *s)
{
	return s->packets > 0 ? s->octets / s->packets : 0;
}

/* --- what looks like one ---------------------------------------------------------- */

/* As answers a server that many use, and who uploads: with more than came. Resets and
 * refusals are no more than that. */
static bool
is_bare(const struct vector_sum *tcp, const struct vector_sum *tcp_back,
    const struct vector_sum *syn_back)
{
	return mean_octets(tcp) < BARE_OCTETS &&
	       tcp_back->octets + syn_back->octets <= tcp->octets;
}

/* UDP and what has no connections either. */
static double
weigh_datagrams(const struct vector_sum *s, const struct vector_sum *back,
    double answered_by_many)
{
	if (s->ends >= ENDS_MANY)
		return is_unanswered(s, back, answered_by_many) ? 1 : 0;
	/* One camera or tunnel may well send and hear nothing. */
	return is_unanswered(s, back, 0.01) ? WEAK : 0;
}

static double
weigh_in(const struct own_host *h, enum vector_class c)
{
	const struct vector_sum *in = h->way[0].class, *s = &in[c];
	const struct vector_sum *out = h->way[1].class;
	bool many = s->ends >= ENDS_MANY;

	switch (c) {
	case CLASS_SYN:
		/* A scan tries many ports, from few. */
		if (!many)
			return s->port_rules ? WEAK : 0;
		/* Where connections follow, it may be that many came at once. */
		return s->packets >= 3 * in[CLASS_TCP].packets ? 1 : WEAK;
	case CLASS_TCP:
		return many && is_bare(s, &out[CLASS_TCP], &out[CLASS_SYN]) ? 1 : 0;
	case CLASS_AMPLIFIER:
		return many && mean_octets(s) >= AMPLIFIED_OCTETS &&
			       is_unanswered(s, &out[c], 0.1)
			   ? 1
			   : 0;
	case CLASS_QUIC:
		return weigh_datagrams(s, &out[c], 0.01);
	case CLASS_UDP:
	case CLASS_OTHER:
		return weigh_datagrams(s, &out[c], 0.1);
	case CLASS_ICMP:
		return 1;
	case CLASS_ECHO_REPLY:
		return many && is_unanswered(s, &out[CLASS_ICMP], 0.5) ? 1 : 0;
	case CLASS_FRAGMENT:
		return many ? 1 : 0;
	default:
		return 0;
	}
}

/* What an own host does to others: to few, since many are a scan's. */
static double
weigh_out(const struct own_host *h, enum vector_class c)
{
	const struct vector_sum *out = h->way[1].class, *s = &out[c];
	const struct vector_sum *in = h->way[0].class;

	if (s->ends >= ENDS_MANY)
		return 0;
	switch (c) {
	case CLASS_SYN:
		return s->packets >= 3 * out[CLASS_TCP].packets ? WEAK : 0;
	case CLASS_TCP:
		return is_bare(s, &in[CLASS_TCP], &in[CLASS_SYN]) ? WEAK : 0;
	case CLASS_AMPLIFIER:
	case CLASS_QUIC:
	case CLASS_UDP:
	case CLASS_OTHER:
		return is_unanswered(s, &in[c], 0.01) ? WEAK : 0;
	case CLASS_ICMP:
		return is_unanswered(s, &in[CLASS_ECHO_REPLY], 0.1) ? 1 : 0;
	default:
		return 0;
	}
}

static double
low(double value, double var)
{
	double v = value - Z95 * sqrt(var);

	return v > 0 ? v : 0;
}

/* Fragments follow what they are pieces of. */
static bool
is_greater(const struct vector_sum *s, enum vector_class c, double weight,
    const struct vector_sum *than, enum vector_class best, double best_weight)
{
	double a = weight * s->octets, b = best_weight * than->octets;

	if (best == VECTOR_CLASSES)
		return true;
	if (c == CLASS_FRAGMENT && best == CLASS_AMPLIFIER)
		return b < a / 10;
	/* Octets weigh as much as packets of an ordinary size do. */
	return a + 500 * weight * s->packets > b + 500 * best_weight * than->packets;
}

/* How much of the threshold each class of H counts for; the greatest of them goes to V. */
static void
weigh(const struct own_host *h, bool out, double weight[VECTOR_CLASSES], struct vector *v)
{
	const struct vector_sum *class = h->way[out].class;

	for (enum vector_class c = 0; c < VECTOR_CLASSES; c++) {
		const struct vector_sum *s = &class[c];

		weight[c] = s->packets <= 0 ? 0 : out ? weigh_out(h, c) : weigh_in(h, c);
		if (weight[c] <= 0 ||
		    !is_greater(s, c, weight[c], &class[v->class % VECTOR_CLASSES],
			v->class, v->weight))
			continue;
		v->class = c;
		v->weight = weight[c];
		v->ends = s->ends;
		v->port = s->port_rules ? s->port : 0;
	}
}

struct vector
vector_look(const struct own_host *h, bool out)
{
	const struct vector_sum *class = h->way[out].class;
	struct vector v = { .class = VECTOR_CLASSES };
	double packets_var = 0, octets_var = 0, all = 0, weight[VECTOR_CLASSES];

	weigh(h, out, weight, &v);
	for (unsigned c = 0; c < VECTOR_CLASSES; c++) {
		const struct vector_sum *s = &class[c];

		all += s->packets;
		if (v.class == VECTOR_CLASSES || weight[c] < v.weight)
			continue;
		v.packets += s->packets;
		v.octets += s->octets;
		packets_var += s->packets_var;
		octets_var += s->octets_var;
		v.samples += s->samples;
	}
	v.flows = v.packets >= 0.5 * all ? h->way[out].flows : 0;
	v.high_packets = v.packets + Z95 * sqrt(packets_var);
	v.high_octets = v.octets + Z95 * sqrt(octets_var);
	if (packets_var > 0 && v.samples < SAMPLES_LEAST)
		return v;
	v.low_packets = low(v.packets, packets_var);
	v.low_octets = low(v.octets, octets_var);
	return v;
}

/* --- words ------------------------------------------------------------------------ */

static const struct {
	const char *name, *word;
} words[VECTOR_CLASSES + 1] = {
	[CLASS_SYN] = { "SYN flood", "syn_flood" },
	[CLASS_TCP] = { "flood of bare TCP packets", "tcp_flood" },
	[CLASS_AMPLIFIER] = { "amplification", "amplification" },
	[CLASS_QUIC] = { "UDP flood", "udp_flood" },
	[CLASS_UDP] = { "UDP flood", "udp_flood" },
	[CLASS_ICMP] = { "ICMP flood", "icmp_flood" },
	[CLASS_ECHO_REPLY] = { "flood of ping replies", "icmp_flood" },
	[CLASS_FRAGMENT] = { "flood of fragments", "ip_fragmentation" },
	[CLASS_OTHER] = { "flood of other protocols", "unknown" },
	[VECTOR_CLASSES] = { "nothing", "unknown" },
};

const char *
vector_name(const struct vector *v, char *buf)
{
	const char *of =
	    v->class == CLASS_AMPLIFIER ? vector_amplifier(v->port) : NULL;

	snprintf(buf, VECTOR_NAME, "%s%s%s", of != NULL ? of : "",
	    of != NULL ? " " : "", words[v->class].name);
	return buf;
}

const char *
vector_word(const struct vector *v)
{
	return words[v->class].word;
}

uint8_t
vector_proto(const struct vector *v, bool six)
{
	switch (v->class) {
	case CLASS_SYN:
	case CLASS_TCP:
		return IPPROTO_TCP;
	case CLASS_AMPLIFIER:
	case CLASS_QUIC:
	case CLASS_UDP:
		return IPPROTO_UDP;
	case CLASS_ICMP:
	case CLASS_ECHO_REPLY:
		return six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	default:
		return 0;
	}
}
