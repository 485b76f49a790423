/* Records of the same flow within a second, gathered: the tables of a minute are many,
 * so what can be added up before them costs one look-up instead of ten. Nothing is
 * forgotten here: what is gathered is taken over, and then there is room again. */
#ifndef COLLECTOR_GATHER_H
#define COLLECTOR_GATHER_H

#include <stdbool.h>
#include <stdint.h>

/* Flows. Where a minute begins, each may be there twice, for both minutes. Not more
 * than a slot's 16 bits can number. */
#define GATHER_MOST 65535

/* What tells two flows apart. No padding: it is hashed and compared as words. */
struct gather_key {
	uint64_t src[2], dst[2]; /* as they lie in memory, IPv4 mapped; 0: none */
	uint32_t minute;	 /* since the epoch */
	uint16_t sport, dport;
	uint32_t in, out; /* interfaces */
	uint32_t src_as, dst_as;
	uint32_t exporter;  /* a number of the tally's */
	uint8_t proto, tos; /* TOS without ECN */
	uint8_t span;	    /* a class of the tally's: how long its records last */
	uint8_t kind;	    /* bits of the tally's */
};

struct gather_sum {
	uint64_t octets, packets, unknown_octets;
	double octets_var, packets_var;
	uint32_t flows;
	uint32_t samples; /* packets that were looked at */
};

struct gathered {
	_Alignas(64) struct gather_key key;
	_Alignas(64) struct gather_sum sum;
};
_Static_assert(sizeof(struct gather_key) == 64, "a key is one cache line");
_Static_assert(sizeof(struct gathered) == 128, "two cache lines");

struct gather;

/* SECRET: nobody outside should be able to have keys collide. */
struct gather *gather_new(uint64_t secret);
void gather_free(struct gather *g);
/* A key to be filled in, and its sum; gather_add() takes them. */
struct gathered *gather_next(struct gather *g);
/* False: it is full, and all has to be taken, by gather_take(), before the next. */
bool gather_add(struct gather *g);
/* Call TAKE for each, and begin anew. */
void gather_take(
    struct gather *g, void (*take)(void *ctx, const struct gathered *), void *ctx);

/* A hash of COUNT words, by multiplication of 64 by 64 bits (after Wang Yi's wyhash).
 */
static inline uint64_t
gather_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t
gather_hash(const uint64_t *word, unsigned count, uint64_t secret)
{
	uint64_t hash = secret;

	for (unsigned i = 0; i + 1 < count; i += 2)
		hash = gather_mix(word[i] ^ 0xa0761d6478bd642fULL ^ secret,
		    word[i + 1] ^ 0xe7037ed1a0b428dbULL ^ hash);
	if (count % 2 != 0)
		hash =
		    gather_mix(word[count - 1] ^ 0x8ebc6af09c88c6e3ULL ^ secret, hash);
	return gather_mix(hash, 0x589965cc75374cc3ULL ^ secret);
}

#endif
