#include "collector/ifset.h"

#include <stdlib.h>

#include "base/mem.h"

/* Where NUMBER is, or would be; there is always a free slot. Hashed by multiplication
 * with a secret odd number (Dietzfelbinger et al. 1997). */
static unsigned
find(const struct ifset *s, uint32_t number, uint64_t secret)
{
	unsigned at = (unsigned)(number * (secret | 1) >> 32) % s->slots;

	while (s->slot[at] != 0 && s->slot[at] != number)
		at = (at + 1) % s->slots;
	return at;
}

static void
grow(struct ifset *s, uint64_t secret)
{
	struct ifset old = *s;

	s->slots = old.slots == 0 ? 16 : 2 * old.slots;
	s->slot = mem_zero(s->slots, sizeof *s->slot);
	for (unsigned i = 0; i < old.slots; i++)
		if (old.slot[i] != 0)
			s->slot[find(s, old.slot[i], secret)] = old.slot[i];
	free(old.slot);
}

void
ifset_add(struct ifset *s, uint32_t number, uint64_t secret)
{
	if (number == 0 || ifset_has(s, number, secret) || s->count >= IFSET_MAX)
		return;
	if (2 * s->count >= s->slots)
		grow(s, secret);
	s->slot[find(s, number, secret)] = number;
	s->count++;
}

bool
ifset_has(const struct ifset *s, uint32_t number, uint64_t secret)
{
	return s->count > 0 && number != 0 &&
	       s->slot[find(s, number, secret)] == number;
}

void
ifset_clear(struct ifset *s)
{
	free(s->slot);
	*s = (struct ifset){ 0 };
}
