#include "probes/echo.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/icmp.h>
#include <sodium.h>

#include "base/wire.h"

int
echo_read(struct echo *e, const void *data, size_t len, int family, bool with_ip)
{
	struct wire w;

	*e = (struct echo){ .kind = ECHO_OTHER };
	wire_init(&w, data, len);
	if (with_ip) {
		unsigned first = wire_u8(&w);

		if (first >> 4 != 4 || (first & 15) < 5)
			return -1;
		wire_skip(&w, (first & 15) * 4 - 1);
	}
	unsigned type = wire_u8(&w);
	unsigned code = wire_u8(&w);
	wire_skip(&w, 2);
	e->id = wire_u16(&w);
	e->seq = wire_u16(&w);
	if (!wire_ok(&w))
		return -1;
	if (code == 0 && type == (family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST))
		e->kind = ECHO_REQUEST;
	if (code == 0 &&
	    type == (family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY))
		e->kind = ECHO_REPLY;
	e->payload = wire_left(&w);
	e->marked = e->payload >= ECHO_MARK;
	if (e->marked) {
		e->slot = wire_u32(&w);
		memcpy(e->tag, wire_bytes(&w, ECHO_TAG), ECHO_TAG);
	}
	return 0;
}

static void
echo_sign(uint8_t tag[ECHO_TAG], const uint8_t key[16], const struct echo_proof *proof)
{
	uint8_t text[4 + 4 + 2 + 2 + 16];
	struct pack p;
	unsigned len;
	const uint8_t *bytes = addr_bytes(&proof->to, &len);

	pack_init(&p, text, sizeof text);
	pack_u32(&p, proof->slot);
	pack_u32(&p, proof->serial);
	pack_u16(&p, proof->id);
	pack_u16(&p, proof->seq);
	pack_bytes(&p, bytes, len);
	_Static_assert(crypto_shorthash_BYTES == ECHO_TAG, "SipHash-2-4 gives the tag");
	crypto_shorthash(tag, text, pack_len(&p), key);
}

bool
echo_proves(
    const uint8_t tag[ECHO_TAG], const uint8_t key[16], const struct echo_proof *proof)
{
	uint8_t want[ECHO_TAG];

	echo_sign(want, key, proof);
	return sodium_memcmp(tag, want, ECHO_TAG) == 0;
}

/* The ones' complement sum (RFC 1071) of an even number of bytes. */
static uint16_t
echo_sum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

void
echo_write(
    uint8_t *head, const uint8_t key[16], const struct echo_proof *proof, size_t size)
{
	bool v4 = proof->to.sa.sa_family == AF_INET;
	struct pack p;

	pack_init(&p, head, ECHO_SENT);
	pack_u8(&p, v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST);
	pack_u8(&p, 0);
	pack_u16(&p, 0);
	pack_u16(&p, proof->id);
	pack_u16(&p, proof->seq);
	pack_u32(&p, proof->slot);
	echo_sign(head + ECHO_HEADER + 4, key, proof);
	uint8_t *level = head + ECHO_HEADER + ECHO_MARK;
	level[0] = level[1] = 0;
	uint16_t sum = echo_sum(head, ECHO_SENT);
	if (proof->constant && size >= ECHO_MARK + ECHO_LEVEL) {
		/* Another id gets another checksum, so that it gets another way too. */
		uint32_t want = (proof->id ^ 0x5a5aU) % 0xffff + 0xffff;
		uint16_t missing = (uint16_t)((want - sum) % 0xffff);

		level[0] = (uint8_t)(missing >> 8);
		level[1] = (uint8_t)missing;
		sum = echo_sum(head, ECHO_SENT);
	}
	if (!v4) /* the kernel fills in an ICMPv6 checksum */
		return;
	sum = (uint16_t)~sum;
	head[2] = (uint8_t)(sum >> 8);
	head[3] = (uint8_t)sum;
}
