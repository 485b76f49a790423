#include "infer/recent.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "base/mem.h"

#define WAYS 8

/* A fingerprint of 0 marks an empty place. */
struct corner {
	uint64_t print[WAYS];
	uint32_t at_s[WAYS];
};

struct recent {
	struct corner *corner;
	size_t mask; /* corners - 1 */
	/* Secret: nobody outside can choose keys that meet in one corner. */
	uint8_t secret[crypto_shorthash_KEYBYTES];
};

struct recent *
recent_new(size_t capacity)
{
	struct recent *r = mem_zero(1, sizeof *r);
	size_t corners = 1;

	if (sodium_init() < 0)
		fatalx("libsodium cannot be used");
	while (corners * WAYS < capacity)
		corners *= 2;
	r->corner = mem_zero(corners, sizeof *r->corner);
	r->mask = corners - 1;
	crypto_shorthash_keygen(r->secret);
	return r;
}

void
recent_free(struct recent *r)
{
	if (r == NULL)
		return;
	free(r->corner);
	free(r);
}

static uint64_t
print_of(const struct recent *r, const void *key, size_t len)
{
	uint8_t hash[crypto_shorthash_BYTES];
	uint64_t print;

	crypto_shorthash(hash, key, len, r->secret);
	memcpy(&print, hash, sizeof print);
	return print != 0 ? print : 1;
}

static int
find(const struct corner *c, uint64_t print)
{
	for (int i = 0; i < WAYS; i++)
		if (c->print[i] == print)
			return i;
	return -1;
}

/* Clocks may step back: what lies ahead is recent. */
static bool
within(uint32_t at_s, uint32_t now_s, uint32_t ttl_s)
{
	return at_s >= now_s || now_s - at_s <= ttl_s;
}

bool
recent_has(
    const struct recent *r, const void *key, size_t len, uint32_t now_s, uint32_t ttl_s)
{
	uint64_t print = print_of(r, key, len);
	const struct corner *c = &r->corner[print & r->mask];
	int at = find(c, print);

	return at >= 0 && within(c->at_s[at], now_s, ttl_s);
}

/* Where a newcomer goes: an empty place, else that of the oldest. */
static int
place(const struct corner *c)
{
	int oldest = 0;

	for (int i = 0; i < WAYS; i++) {
		if (c->print[i] == 0)
			return i;
		if (c->at_s[i] < c->at_s[oldest])
			oldest = i;
	}
	return oldest;
}

bool
recent_note(
    struct recent *r, const void *key, size_t len, uint32_t now_s, uint32_t ttl_s)
{
	uint64_t print = print_of(r, key, len);
	struct corner *c = &r->corner[print & r->mask];
	int at = find(c, print);
	bool was = at >= 0 && within(c->at_s[at], now_s, ttl_s);

	if (at < 0) {
		at = place(c);
		c->print[at] = print;
	}
	c->at_s[at] = now_s;
	return was;
}
