/* Packets in and out: IP headers, echo, ICMP errors, and the order in which a host's
 * behaviour is applied. */
#include "t/sim/sim.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/wire.h"

#define AFTER_NS 1000000 /* how far behind the answer comes what comes after it */
#define ROUTER 1	 /* the host that sends ICMP errors for the others */

/* Packets seen by every host: the number that its dice are thrown with. */
static uint32_t *seen;
uint64_t packet_seed;

void
packet_host_address(uint8_t family, uint32_t host, uint8_t *addr)
{
	memset(addr, 0, 16);
	if (family == 4) {
		addr[0] = 10;
		addr[1] = (uint8_t)(host >> 16);
		addr[2] = (uint8_t)(host >> 8);
		addr[3] = (uint8_t)host;
		return;
	}
	static const uint8_t prefix[8] = { 0xfd, 0x00, 0x00, 0x10 };
	memcpy(addr, prefix, sizeof prefix);
	for (unsigned i = 0; i < 4; i++)
		addr[15 - i] = (uint8_t)(host >> 8 * i);
}

/* The host that ADDR belongs to; -1: none of ours. */
static int64_t
host_of(uint8_t family, const uint8_t *addr)
{
	uint8_t mine[16];
	uint32_t host = (uint32_t)addr[1] << 16 | (uint32_t)addr[2] << 8 | addr[3];

	if (family == 6)
		host = (uint32_t)addr[13] << 16 | (uint32_t)addr[14] << 8 | addr[15];
	packet_host_address(family, host, mine);
	return memcmp(mine, addr, family == 4 ? 4 : 16) == 0 ? (int64_t)host : -1;
}

static int
read_v4(struct request *r, struct wire *w)
{
	unsigned ihl = (wire_u8(w) & 15) * 4;

	wire_skip(w, 1);
	unsigned total = wire_u16(w);
	wire_skip(w, 2);
	bool fragment = (wire_u16(w) & 0x3fff) != 0;
	r->ttl = wire_u8(w);
	r->proto = wire_u8(w);
	wire_skip(w, 2);
	const uint8_t *addrs = wire_bytes(w, 8);
	if (addrs == NULL || ihl < 20 || total < ihl || total > r->ip_len || fragment)
		return -1;
	memcpy(r->src, addrs, 4);
	memcpy(r->dst, addrs + 4, 4);
	r->data = r->ip + ihl;
	r->len = total - ihl;
	return 0;
}

static int
read_v6(struct request *r, struct wire *w)
{
	wire_skip(w, 4);
	r->len = wire_u16(w);
	r->proto = wire_u8(w);
	r->ttl = wire_u8(w);
	const uint8_t *addrs = wire_bytes(w, 32);
	if (addrs == NULL || r->len > wire_left(w))
		return -1;
	memcpy(r->src, addrs, 16);
	memcpy(r->dst, addrs + 16, 16);
	r->data = r->ip + 40;
	return 0;
}

int
packet_read(struct request *r, const uint8_t *data, size_t len)
{
	struct wire w;

	if (len == 0)
		return -1;
	wire_init(&w, data, len);
	r->ip = data;
	r->ip_len = len;
	r->family = data[0] >> 4;
	if ((r->family == 4	 ? read_v4(r, &w)
		: r->family == 6 ? read_v6(r, &w)
				 : -1) != 0)
		return -1;
	int64_t host = host_of(r->family, r->dst);
	if (host < 0)
		return -1;
	r->host = (uint32_t)host;
	r->does = rules_find(r->host);
	r->record = (struct record){ .in_ns = r->in_ns,
		.host = r->host,
		.family = r->family,
		.proto = r->proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP : r->proto };
	return 0;
}

static uint32_t
add_up(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	if (len != 0)
		sum += (uint32_t)p[0] << 8;
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return sum;
}

static void
put_sum(uint8_t *at, uint32_t sum, bool zero_is_none)
{
	sum = ~sum & 0xffff;
	if (sum == 0 && zero_is_none)
		sum = 0xffff;
	at[0] = (uint8_t)(sum >> 8);
	at[1] = (uint8_t)sum;
}

/* The checksum of what stands above IP (RFC 792, 4443, 768, 9293). */
static void
put_payload_sum(const struct answer *a, uint8_t *data)
{
	size_t at = a->proto == IPPROTO_TCP ? 16 : a->proto == IPPROTO_UDP ? 6 : 2;
	size_t bytes = a->family == 4 ? 4 : 16;
	uint32_t sum = 0;

	if (a->proto != IPPROTO_ICMP) {
		sum = add_up(a->src, bytes, sum);
		sum = add_up(a->dst, bytes, sum);
		sum += (uint32_t)a->len + a->proto;
	}
	data[at] = data[at + 1] = 0;
	put_sum(data + at, add_up(data, a->len, sum), a->proto == IPPROTO_UDP);
	if (a->corrupt)
		data[at] ^= 0x55;
}

size_t
packet_finish(const struct answer *a, uint8_t *out)
{
	static uint16_t ident;
	struct pack p;

	pack_init(&p, out, SIM_PACKET);
	if (a->family == 4) {
		pack_u16(&p, 0x4500);
		pack_u16(&p, (uint16_t)(20 + a->len));
		pack_u16(&p, ++ident);
		pack_u16(&p, 0);
		pack_u8(&p, a->ttl);
		pack_u8(&p, a->proto);
		pack_u16(&p, 0);
		pack_bytes(&p, a->src, 4);
		pack_bytes(&p, a->dst, 4);
		put_sum(out + 10, add_up(out, 20, 0), false);
	} else {
		pack_u32(&p, 0x60000000);
		pack_u16(&p, (uint16_t)a->len);
		pack_u8(&p, a->proto);
		pack_u8(&p, a->ttl);
		pack_bytes(&p, a->src, 16);
		pack_bytes(&p, a->dst, 16);
	}
	size_t head = pack_len(&p);
	pack_bytes(&p, a->data, a->len);
	if (!pack_ok(&p))
		return 0;
	put_payload_sum(a, out + head);
	return head + a->len;
}

/* An answer from the one who was asked to the one who asked. */
static void
answer_begin(const struct request *r, struct answer *a)
{
	a->family = r->family;
	a->proto = r->proto;
	memcpy(a->src, r->dst, sizeof a->src);
	memcpy(a->dst, r->src, sizeof a->dst);
	a->ttl = (uint8_t)r->does->ttl;
	a->corrupt = false;
	a->len = 0;
}

/* clang-format off */
static const struct {
	uint8_t type4, code4, type6, code6;
} icmp_errors[SIM_ERRORS] = {
	[SIM_ERROR_NET]        = {  3,  0, 1, 0 },
	[SIM_ERROR_HOST]       = {  3,  1, 1, 3 },
	[SIM_ERROR_PORT]       = {  3,  3, 1, 4 },
	[SIM_ERROR_PROHIBITED] = {  3, 13, 1, 1 },
	[SIM_ERROR_TTL]        = { 11,  0, 3, 0 },
	[SIM_ERROR_BIG]        = {  3,  4, 2, 0 },
	[SIM_ERROR_PARAMETER]  = { 12,  0, 4, 0 },
	[SIM_ERROR_REASSEMBLY] = { 11,  1, 3, 1 },
	[SIM_ERROR_REDIRECT]   = {  5,  1, 137, 0 },
	/* There is none in IPv6: an error for experiments (RFC 4443 2.1). */
	[SIM_ERROR_QUENCH]     = {  4,  0, 100, 0 },
};
/* clang-format on */

/* Append what an error quotes of R (RFC 1812 4.3.2.3: up to 576 bytes in all). */
static void
put_quote(const struct request *r, struct pack *p)
{
	size_t head = (size_t)(r->data - r->ip) + 8;
	size_t quote = r->does->quote == SIM_QUOTE_SHORT ? head : 528;

	if (quote > r->ip_len)
		quote = r->ip_len;
	if (r->does->quote != SIM_QUOTE_FORGED) {
		pack_bytes(p, r->ip, quote);
		return;
	}
	pack_bytes(p, r->ip, head < quote ? head : quote);
	for (size_t i = head; i < quote; i++)
		pack_u8(p, r->ip[i] ^ 0x55);
}

/* A neighbour's redirect to ROUTER (RFC 4861 4.5). */
static void
put_redirect6(const struct request *r, struct pack *p, struct answer *a)
{
	static const uint8_t zeroes[8];
	uint8_t router[16];
	size_t from = pack_len(p);

	packet_host_address(6, ROUTER, router);
	pack_bytes(p, router, 16);
	pack_bytes(p, r->dst, 16);
	size_t len = (8 + r->ip_len + 7) / 8;
	pack_u8(p, 4);
	pack_u8(p, (uint8_t)len);
	pack_bytes(p, zeroes, 6);
	pack_bytes(p, r->ip, r->ip_len);
	pack_bytes(p, zeroes, from + 32 + len * 8 - pack_len(p));
	memset(a->src, 0, 16);
	a->src[0] = 0xfe;
	a->src[1] = 0x80;
	a->src[15] = 1;
	a->ttl = 255;
}

/* The complaint about R of its router, or of its host itself. */
static void
make_error(const struct request *r, uint32_t error, struct answer *a)
{
	bool v4 = r->family == 4;
	uint8_t type, code;
	uint32_t rest = 0;
	struct pack p;

	if ((error & SIM_ERROR_RAW) != 0) {
		type = (uint8_t)(error >> 8);
		code = (uint8_t)error;
	} else {
		type = v4 ? icmp_errors[error].type4 : icmp_errors[error].type6;
		code = v4 ? icmp_errors[error].code4 : icmp_errors[error].code6;
	}
	answer_begin(r, a);
	if (!r->does->self)
		packet_host_address(r->family, ROUTER, a->src);
	a->proto = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	if (v4 ? type == 3 && code == 4 : type == 2)
		rest = r->does->mtu != 0 ? r->does->mtu : v4 ? 576 : 1280;
	if (v4 && type == 5)
		rest = 10U << 24 | ROUTER;
	pack_init(&p, a->data, sizeof a->data);
	pack_u8(&p, type);
	pack_u8(&p, code);
	pack_u16(&p, 0);
	pack_u32(&p, rest);
	if (!v4 && type == 137)
		put_redirect6(r, &p, a);
	else
		put_quote(r, &p);
	a->len = pack_len(&p);
}

static bool
is_echo(const struct request *r)
{
	return r->len >= 8 && r->data[1] == 0 &&
	       (r->family == 4 ? r->proto == IPPROTO_ICMP && r->data[0] == 8
			       : r->proto == IPPROTO_ICMPV6 && r->data[0] == 128);
}

static void
make_echo(const struct request *r, struct answer *a)
{
	answer_begin(r, a);
	memcpy(a->data, r->data, r->len);
	a->data[0] = r->family == 4 ? 0 : 129;
	a->len = r->len;
}

/* 0 bytes: the host keeps silent. */
static void
make_udp(const struct request *r, struct answer *a)
{
	answer_begin(r, a);
	size_t len = dns_answer(r, r->data + 8, r->len - 8, a->data + 8, 1400);
	if (len == 0)
		return;
	a->len = len + 8;
	memcpy(a->data, r->data + 2, 2);
	memcpy(a->data + 2, r->data, 2);
	a->data[4] = (uint8_t)(a->len >> 8);
	a->data[5] = (uint8_t)a->len;
}

/* What kind of packet is R? Fills the record's id, seq and port. False: nothing that
 * anybody answers. */
static bool
classify(struct request *r)
{
	struct wire w;

	wire_init(&w, r->data, r->len);
	if (is_echo(r)) {
		wire_skip(&w, 4);
		r->record.id = wire_u16(&w);
		r->record.seq = wire_u16(&w);
		return true;
	}
	r->record.id = wire_u16(&w);
	r->record.port = wire_u16(&w);
	if (r->proto == IPPROTO_UDP && r->len >= 8) {
		wire_skip(&w, 4);
		r->record.seq = wire_left(&w) >= 2 ? wire_u16(&w) : 0;
		return true;
	}
	if (r->proto == IPPROTO_TCP && r->len >= 20) {
		r->record.seq = r->data[13];
		return tcp_read(r) != 0;
	}
	return false;
}

static int64_t
choose_delay(const struct request *r, struct dice *d)
{
	const struct behaviour *b = r->does;
	int64_t ns = b->delay_ns + b->slope_ns * ((int64_t)r->host - b->slope_from);

	if (b->uniform_ns > 0)
		ns += (int64_t)((double)b->uniform_ns * dice_unit(d));
	if (b->normal_ns > 0) {
		double x = dice_normal(d) * (double)b->normal_ns;
		ns += (int64_t)(x < 0 ? -x : x);
	}
	return ns;
}

static bool
is_dropped(const struct request *r, uint32_t number, struct dice *d)
{
	const struct behaviour *b = r->does;

	if (b->drop_of > 0 && number % b->drop_of < b->drop)
		return true;
	return dice_chance(d, b->loss);
}

/* Where the payload begins that a forger or a short answer changes. */
static size_t
payload_at(const struct answer *a)
{
	return a->proto == IPPROTO_UDP ? 8 : a->proto == IPPROTO_TCP ? 20 : 8;
}

/* The last echo that each of two hosts got, by family: [0] the newer one. */
static struct echo_seen {
	uint32_t host;
	size_t len;
	uint8_t data[2048];
} echoes[2][2];

static void
remember_echo(const struct request *r)
{
	struct echo_seen *e = echoes[r->family == 6];

	if (r->len > sizeof e[0].data)
		return;
	if (e[0].len != 0 && e[0].host != r->host)
		e[1] = e[0];
	e[0].host = r->host;
	e[0].len = r->len;
	memcpy(e[0].data, r->data, r->len);
}

static void
garble(struct answer *a, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < a->len; i++)
		a->data[i] ^= 0x55;
}

static void
shorten(struct answer *a, size_t len)
{
	if (len < a->len)
		a->len = len;
	if (a->proto == IPPROTO_UDP) {
		a->data[4] = (uint8_t)(a->len >> 8);
		a->data[5] = (uint8_t)a->len;
	}
}

/* Do TRICK with A, the answer to R: what it is then. SIM_SILENT: nothing to send. */
static enum sim_what
play(const struct request *r, enum sim_trick trick, struct answer *a)
{
	size_t at = payload_at(a);
	const struct echo_seen *other = &echoes[r->family == 6][1];

	switch (trick) {
	case SIM_TRICK_PAYLOAD:
		garble(a, at, a->len);
		return SIM_FORGED;
	case SIM_TRICK_TAG:
		garble(a, at + 4, at + 12);
		return SIM_FORGED;
	case SIM_TRICK_SEQ:
		a->data[6] = (uint8_t)(a->data[6] + 5000 / 256);
		return SIM_FORGED;
	case SIM_TRICK_ID:
		garble(a, 4, 6);
		return SIM_FORGED;
	case SIM_TRICK_CODE:
		a->data[1] = 1;
		return SIM_FORGED;
	case SIM_TRICK_TARGET:
		if (other->len == 0)
			return SIM_SILENT;
		a->len = other->len;
		memcpy(a->data, other->data, a->len);
		a->data[0] = r->family == 4 ? 0 : 129;
		return SIM_SOURCE;
	case SIM_TRICK_SOURCE:
		packet_host_address(r->family, r->host + 1, a->src);
		return SIM_SOURCE;
	case SIM_TRICK_CUT:
		shorten(a, at + (a->len - at) / 2);
		return SIM_CUT;
	case SIM_TRICK_STUMP:
		shorten(a, at + 6);
		return SIM_CUT;
	case SIM_TRICK_REQUEST:
		a->data[0] = r->family == 4 ? 8 : 128;
		return SIM_LOOPED;
	case SIM_TRICK_CORRUPT:
		a->corrupt = true;
		return SIM_CORRUPT;
	default:
		return SIM_ANSWERED;
	}
}

/* The answer as R's host gives it; false when it gives none. */
static bool
make_answer(const struct request *r, unsigned k, struct answer *a, enum sim_what *what)
{
	*what = SIM_ANSWERED;
	if (r->proto == IPPROTO_TCP) {
		answer_begin(r, a);
		tcp_segment(r, k, a);
		if (tcp_is_reset(r))
			*what = SIM_RESET;
		return true;
	}
	if (r->does->silent)
		return false;
	if (is_echo(r)) {
		make_echo(r, a);
		return true;
	}
	if (r->record.port != 53) {
		make_error(r, SIM_ERROR_PORT, a);
		*what = SIM_ERROR;
		return true;
	}
	make_udp(r, a);
	return a->len != 0;
}

/* One packet besides the answer. */
static void
send_extra(const struct request *r, enum sim_trick trick, int64_t delay,
    packet_send_fn send, struct answer *a)
{
	enum sim_what what;

	if (!make_answer(r, 0, a, &what))
		return;
	what = play(r, trick, a);
	if (what != SIM_SILENT)
		send(r, a, delay, what);
}

/* What comes besides the answer, ahead of it, as an attacker's would. */
static void
send_extras(const struct request *r, struct dice *d, int64_t delay, packet_send_fn send,
    struct answer *a)
{
	const struct behaviour *b = r->does;

	if (dice_chance(d, b->error_extra_p)) {
		make_error(r, b->error_extra, a);
		send(r, a, delay / 2, SIM_ERROR);
	}
	if (dice_chance(d, b->forge_extra))
		send_extra(r, SIM_TRICK_PAYLOAD, delay / 2, send, a);
	if (dice_chance(d, b->source_extra))
		send_extra(r, SIM_TRICK_SOURCE, delay / 2, send, a);
	if (dice_chance(d, b->before_p))
		send_extra(r, b->before, delay / 2, send, a);
	if (dice_chance(d, b->after_p))
		send_extra(r, b->after, delay + AFTER_NS, send, a);
}

/* The answer itself, or what a bad network makes of it. */
static void
send_answer(const struct request *r, unsigned k, struct dice *d, int64_t delay,
    packet_send_fn send, struct answer *a)
{
	const struct behaviour *b = r->does;
	enum sim_what what;

	if (!make_answer(r, k, a, &what)) {
		send(r, NULL, 0, SIM_SILENT);
		return;
	}
	if (dice_chance(d, b->forge)) {
		what = play(r, SIM_TRICK_PAYLOAD, a);
	} else if (dice_chance(d, b->source)) {
		what = play(r, SIM_TRICK_SOURCE, a);
	} else if (dice_chance(d, b->truncate)) {
		what = play(r, SIM_TRICK_CUT, a);
	} else if (dice_chance(d, b->late)) {
		delay += b->late_ns;
		what = SIM_LATE;
	} else if (dice_chance(d, b->instead_p)) {
		what = play(r, b->instead, a);
	}
	send(r, what == SIM_SILENT ? NULL : a, delay, what);
	if (dice_chance(d, b->dup))
		for (uint32_t i = 0; i < b->copies; i++)
			send(r, a, delay, SIM_DUPLICATE);
}

/* The label stack of a router that shows LABEL (RFC 4884, RFC 4950): what is quoted is
 * made 128 bytes long, and its length told in the header. */
static void
put_label(struct answer *a, uint32_t label)
{
	uint8_t *ext = a->data + 8 + 128;
	struct pack p;

	if (a->len < 8 + 128)
		memset(a->data + a->len, 0, 8 + 128 - a->len);
	a->data[a->family == 4 ? 5 : 4] = a->family == 4 ? 128 / 4 : 128 / 8;
	pack_init(&p, ext, 12);
	pack_u32(&p, 0x20000000);
	pack_u16(&p, 8);
	pack_u8(&p, 1);
	pack_u8(&p, 1);
	pack_u32(&p, label << 12 | 1 << 8 | 1);
	put_sum(ext + 2, add_up(ext, 12, 0), false);
	a->len = 8 + 128 + 12;
}

/* What the routers in front of R's host do with it. True when it does not get there. */
static bool
answer_by_router(struct request *r, packet_send_fn send, struct answer *a)
{
	static uint64_t number;
	struct dice d;
	enum router_does does;

	dice_throw(&d, packet_seed, r->host, ++number << 32);
	unsigned hop = router_ends(r, &d, &does);
	if (hop == 0)
		return false;
	const struct behaviour *target = r->does;
	uint32_t host = router_at(r, hop);
	r->record.host = host;
	r->does = rules_find(target->via + hop - 1);
	int64_t delay = choose_delay(r, &d);
	if (does == ROUTER_LOSES || is_dropped(r, seen[host]++, &d) ||
	    !router_may_answer(host, r->in_ns)) {
		send(r, NULL, 0, SIM_DROPPED);
		return true;
	}
	if (r->does->silent) {
		send(r, NULL, 0, SIM_SILENT);
		return true;
	}
	make_error(r, does == ROUTER_EXPIRED ? SIM_ERROR_TTL : r->does->error, a);
	packet_host_address(r->family, host, a->src);
	if (does == ROUTER_EXPIRED && r->does->mpls != 0)
		put_label(a, r->does->mpls);
	send(r, a, delay, SIM_ERROR);
	return true;
}

void
packet_answer(struct request *r, packet_send_fn send)
{
	static struct answer a;
	struct dice dice;

	if (!classify(r)) {
		record_totals.ignored++;
		return;
	}
	if (seen == NULL) {
		seen = mmap(NULL, SIM_HOSTS * sizeof *seen, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (seen == MAP_FAILED)
			fatal("no room to count packets");
	}
	if (r->does->hops > 0 && answer_by_router(r, send, &a))
		return;
	uint32_t number = seen[r->host]++;
	dice_throw(&dice, packet_seed, r->host, number);
	int64_t delay = choose_delay(r, &dice);
	if (r->does->hold_of > 0 && number % r->does->hold_of < r->does->hold)
		delay += r->does->hold_ns;
	if (is_echo(r))
		remember_echo(r);
	if (is_dropped(r, number, &dice)) {
		send(r, NULL, 0, SIM_DROPPED);
		return;
	}
	send_extras(r, &dice, delay, send, &a);
	if (r->does->error != SIM_ERROR_NONE && dice_chance(&dice, r->does->error_p)) {
		make_error(r, r->does->error, &a);
		send(r, &a, delay, SIM_ERROR);
		return;
	}
	unsigned count = r->proto == IPPROTO_TCP ? tcp_read(r) : 1;
	for (unsigned k = 0; k < count; k++)
		send_answer(r, k, &dice, delay, send, &a);
}
