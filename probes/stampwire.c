#include "probes/stampwire.h"

#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/wire.h"

#define STAMP_HMAC 16
#define STAMP_1900 2208988800LL /* seconds from 1900 to 1970 */

/* TLVs, RFC 8972 section 4. */
#define TLV_UNKNOWN 0x80
#define TLV_MALFORMED 0x40
#define TLV_HEAD 4
#define TLV_PADDING 1

/* --- stamps ----------------------------------------------------------------------- */

uint64_t
stamp_from_ns(int64_t wall_ns)
{
	int64_t s = wall_ns / CLOCK_NS_PER_S;
	uint64_t ns = (uint64_t)(wall_ns % CLOCK_NS_PER_S);

	/* Rounded, so that it comes back as the same nanosecond. */
	uint64_t fraction = ((ns << 32) + CLOCK_NS_PER_S / 2) / CLOCK_NS_PER_S;
	return ((uint64_t)(s + STAMP_1900) << 32) + fraction;
}

int64_t
stamp_to_ns(uint64_t stamp, uint16_t error, int64_t near_ns)
{
	bool ptp = (error & STAMP_PTP) != 0;
	uint32_t seconds = (uint32_t)(stamp >> 32), rest = (uint32_t)stamp;
	int64_t near = near_ns / CLOCK_NS_PER_S;
	/* Seconds wrap every 136 years: NTP's in 2036. */
	int32_t away = (int32_t)(seconds - (uint32_t)(near + (ptp ? 0 : STAMP_1900)));
	int64_t ns =
	    ptp ? rest
		: (int64_t)(((uint64_t)rest * CLOCK_NS_PER_S + (1U << 31)) >> 32);

	return (near + away) * CLOCK_NS_PER_S + ns;
}

/* --- the seal --------------------------------------------------------------------- */

static void
stamp_hmac(const uint8_t *data, const struct stamp_key *key, uint8_t hmac[STAMP_HMAC])
{
	uint8_t full[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key->octets, key->len);
	crypto_auth_hmacsha256_update(&state, data, STAMP_SEALED - STAMP_HMAC);
	crypto_auth_hmacsha256_final(&state, full);
	memcpy(hmac, full, STAMP_HMAC);
}

static void
stamp_seal(uint8_t *buf, const struct stamp_key *key)
{
	if (key->len > 0)
		stamp_hmac(buf, key, buf + STAMP_SEALED - STAMP_HMAC);
}

/* Is DATA of LEN a packet of the mode of KEY, and sealed with it? */
static enum stamp_verdict
stamp_check(const uint8_t *data, size_t len, const struct stamp_key *key)
{
	uint8_t hmac[STAMP_HMAC];

	if (len < (key->len > 0 ? STAMP_SEALED : STAMP_PLAIN) || len > STAMP_MAX)
		return STAMP_SHORT;
	if (key->len == 0)
		return STAMP_GOOD;
	stamp_hmac(data, key, hmac);
	return sodium_memcmp(hmac, data + STAMP_SEALED - STAMP_HMAC, sizeof hmac) == 0
		   ? STAMP_GOOD
		   : STAMP_FORGED;
}

/* --- the sender's ----------------------------------------------------------------- */

/* Fill with one padding TLV from AT to END, as far as one fits. */
static void
stamp_pad(uint8_t *at, const uint8_t *end)
{
	struct pack p;

	if (end - at < TLV_HEAD)
		return;
	pack_init(&p, at, (size_t)(end - at));
	pack_u8(&p, 0);
	pack_u8(&p, TLV_PADDING);
	pack_u16(&p, (uint16_t)(end - at - TLV_HEAD));
}

size_t
stamp_write_question(uint8_t buf[STAMP_MAX], size_t size,
    const struct stamp_question *q, const struct stamp_key *key)
{
	size_t base = key->len > 0 ? STAMP_SEALED : STAMP_PLAIN;
	static const uint8_t zero[12];
	struct pack p;

	if (size < base + TLV_HEAD)
		size = base;
	if (size > STAMP_MAX)
		size = STAMP_MAX;
	memset(buf, 0, size);
	pack_init(&p, buf, base);
	pack_u32(&p, q->seq);
	if (key->len > 0)
		pack_bytes(&p, zero, 12);
	pack_u64(&p, q->sent);
	pack_u16(&p, q->error);
	pack_u16(&p, q->ssid);
	stamp_seal(buf, key);
	stamp_pad(buf + base, buf + size);
	return size;
}

enum stamp_verdict
stamp_read_question(
    struct stamp_question *q, const void *data, size_t len, const struct stamp_key *key)
{
	enum stamp_verdict verdict = stamp_check(data, len, key);
	struct wire w;

	if (verdict != STAMP_GOOD)
		return verdict;
	wire_init(&w, data, len);
	q->seq = wire_u32(&w);
	if (key->len > 0)
		wire_skip(&w, 12);
	q->sent = wire_u64(&w);
	q->error = wire_u16(&w);
	q->ssid = wire_u16(&w);
	return wire_ok(&w) ? STAMP_GOOD : STAMP_SHORT;
}

/* --- the reflector's -------------------------------------------------------------- */

/* Mark the TLVs in LEN octets at AT. */
static void
stamp_mark(uint8_t *at, size_t len)
{
	while (len >= TLV_HEAD) {
		size_t size = (size_t)at[2] << 8 | at[3];

		at[0] = 0;
		if (size > len - TLV_HEAD) {
			at[0] = TLV_MALFORMED;
			return;
		}
		if (at[1] != TLV_PADDING)
			at[0] = TLV_UNKNOWN;
		at += TLV_HEAD + size;
		len -= TLV_HEAD + size;
	}
}

void
stamp_write_answer(
    uint8_t *buf, size_t len, const struct stamp_answer *a, const struct stamp_key *key)
{
	bool sealed = key->len > 0;
	size_t base = sealed ? STAMP_SEALED : STAMP_PLAIN;
	static const uint8_t zero[16];
	struct pack p;

	pack_init(&p, buf, base);
	pack_u32(&p, a->seq);
	pack_bytes(&p, zero, sealed ? 12 : 0);
	pack_u64(&p, a->sent);
	pack_u16(&p, a->error);
	pack_u16(&p, a->ssid);
	pack_bytes(&p, zero, sealed ? 4 : 0);
	pack_u64(&p, a->received);
	pack_bytes(&p, zero, sealed ? 8 : 0);
	pack_u32(&p, a->asked.seq);
	pack_bytes(&p, zero, sealed ? 12 : 0);
	pack_u64(&p, a->asked.sent);
	pack_u16(&p, a->asked.error);
	pack_bytes(&p, zero, sealed ? 6 : 2);
	pack_u8(&p, a->ttl);
	pack_bytes(&p, zero, sealed ? 15 : 3);
	stamp_seal(buf, key);
	if (len > base)
		stamp_mark(buf + base, len - base);
}

enum stamp_verdict
stamp_read_answer(
    struct stamp_answer *a, const void *data, size_t len, const struct stamp_key *key)
{
	enum stamp_verdict verdict = stamp_check(data, len, key);
	bool sealed = key->len > 0;
	struct wire w;

	if (verdict != STAMP_GOOD)
		return verdict;
	wire_init(&w, data, len);
	a->seq = wire_u32(&w);
	wire_skip(&w, sealed ? 12 : 0);
	a->sent = wire_u64(&w);
	a->error = wire_u16(&w);
	a->ssid = wire_u16(&w);
	wire_skip(&w, sealed ? 4 : 0);
	a->received = wire_u64(&w);
	wire_skip(&w, sealed ? 8 : 0);
	a->asked.seq = wire_u32(&w);
	wire_skip(&w, sealed ? 12 : 0);
	a->asked.sent = wire_u64(&w);
	a->asked.error = wire_u16(&w);
	a->asked.ssid = 0;
	wire_skip(&w, sealed ? 6 : 2);
	a->ttl = wire_u8(&w);
	return wire_ok(&w) ? STAMP_GOOD : STAMP_SHORT;
}
