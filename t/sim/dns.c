/* A name server in every host: tN.sim leads to host N, v4-N.sim and v6-N.sim only by
 * that family, other names below sim do not exist, all other names are the host that
 * was asked. */
#include "t/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"

enum {
	TYPE_A = 1,
	TYPE_SOA = 6,
	TYPE_TXT = 16,
	TYPE_AAAA = 28
};

struct question {
	uint16_t id;
	bool recursion;
	const uint8_t *raw; /* name, type, class as they came */
	size_t raw_len;
	char name[256]; /* lower case, dots between */
	uint16_t type;
};

static int
read_question(struct question *q, const uint8_t *query, size_t len)
{
	struct wire w;
	size_t at = 0;

	wire_init(&w, query, len);
	q->id = wire_u16(&w);
	uint16_t flags = wire_u16(&w);
	uint16_t count = wire_u16(&w);
	wire_skip(&w, 6);
	q->recursion = (flags & 0x0100) != 0;
	q->raw = w.at;
	if (!wire_ok(&w) || (flags & 0x8000) != 0 || count != 1)
		return -1;
	for (uint8_t n; (n = wire_u8(&w)) != 0;) {
		const uint8_t *label = wire_bytes(&w, n);
		if (label == NULL || n > 63 || at + n + 2 > sizeof q->name)
			return -1;
		if (at != 0)
			q->name[at++] = '.';
		for (uint8_t i = 0; i < n; i++)
			q->name[at++] =
			    (char)(label[i] >= 'A' && label[i] <= 'Z' ? label[i] + 32
								      : label[i]);
	}
	q->name[at] = '\0';
	q->type = wire_u16(&w);
	wire_skip(&w, 2);
	q->raw_len = (size_t)(w.at - q->raw);
	return wire_ok(&w) ? 0 : -1;
}

/* The host that NAME leads to by FAMILY; -1: no such name, -2: none of that kind. */
static int64_t
find_name(const char *name, uint8_t family, uint32_t asked)
{
	size_t len = strlen(name);
	char *end;
	uint8_t only = 0;

	if (len < 4 || strcmp(name + len - 4, ".sim") != 0)
		return asked;
	const char *digits = name + 1;
	if (strncmp(name, "v4-", 3) == 0 || strncmp(name, "v6-", 3) == 0) {
		only = (uint8_t)(name[1] - '0');
		digits = name + 3;
	} else if (name[0] != 't') {
		return -1;
	}
	unsigned long n = strtoul(digits, &end, 10);
	if (end == digits || strcmp(end, ".sim") != 0 || n >= SIM_HOSTS)
		return -1;
	if (only != 0 && only != family)
		return -2;
	const struct behaviour *b = rules_find((uint32_t)n);
	return b->moved < SIM_HOSTS ? b->moved : (int64_t)n;
}

static void
put_record(struct pack *p, uint16_t type, const void *data, size_t len)
{
	pack_u16(p, 0xc00c); /* the question's name */
	pack_u16(p, type);
	pack_u16(p, 1);
	pack_u32(p, 60);
	pack_u16(p, (uint16_t)len);
	pack_bytes(p, data, len);
}

static unsigned
rcode_for(enum sim_dns kind)
{
	switch (kind) {
	case SIM_DNS_FORMERR:
		return 1;
	case SIM_DNS_SERVFAIL:
		return 2;
	case SIM_DNS_NXDOMAIN:
		return 3;
	case SIM_DNS_REFUSED:
		return 5;
	default:
		return 0;
	}
}

static void
put_data(struct pack *p, const struct question *q, uint32_t host)
{
	uint8_t addr[16];

	switch (q->type) {
	case TYPE_A:
		packet_host_address(4, host, addr);
		put_record(p, TYPE_A, addr, 4);
		break;
	case TYPE_AAAA:
		packet_host_address(6, host, addr);
		put_record(p, TYPE_AAAA, addr, 16);
		break;
	case TYPE_TXT:
		put_record(p, TYPE_TXT, "\x09simulated", 10);
		break;
	case TYPE_SOA:
		put_record(p, TYPE_SOA,
		    "\0\0\0\0\0\1\0\0\x0e\x10\0\0\2\x58\0\1\x51\x80\0\0\0\x3c", 22);
		break;
	default:
		break;
	}
}

static size_t
write_answer(const struct request *r, struct question *q, enum sim_dns kind,
    uint8_t *out, size_t size)
{
	uint8_t family = q->type == TYPE_AAAA ? 6 : 4;
	int64_t host = find_name(q->name, family, r->host);
	unsigned rcode = host == -1 ? 3 : rcode_for(kind);
	bool some = rcode == 0 && host >= 0 && kind != SIM_DNS_TRUNCATED &&
		    (q->type == TYPE_A || q->type == TYPE_AAAA || q->type == TYPE_TXT ||
			q->type == TYPE_SOA);
	struct pack p;

	pack_init(&p, out, size);
	pack_u16(&p, (uint16_t)(kind == SIM_DNS_WRONG_ID ? q->id ^ 0x1111 : q->id));
	pack_u16(&p, (uint16_t)(0x8080 | (q->recursion ? 0x0100 : 0) |
				(kind == SIM_DNS_TRUNCATED ? 0x0200 : 0) | rcode));
	pack_u16(&p, 1);
	pack_u16(&p, some);
	pack_u32(&p, 0);
	pack_bytes(&p, q->raw, q->raw_len);
	if (kind == SIM_DNS_WRONG_NAME && pack_ok(&p))
		out[13] ^= 1;
	if (some)
		put_data(&p, q, (uint32_t)host);
	if (!pack_ok(&p))
		return 0;
	return kind == SIM_DNS_SHORT ? pack_len(&p) - 5 : pack_len(&p);
}

size_t
dns_answer(const struct request *r, const uint8_t *query, size_t len, uint8_t *out,
    size_t size)
{
	enum sim_dns kind = r->does->dns;
	struct question q;

	if (kind == SIM_DNS_SILENT)
		return 0;
	if (kind == SIM_DNS_GARBAGE) {
		struct dice d = { .state = len };
		for (size_t i = 0; i < 100; i++)
			out[i] = (uint8_t)dice_bits(&d);
		return 100;
	}
	if (read_question(&q, query, len) != 0)
		return 0;
	return write_answer(r, &q, kind, out, size);
}
