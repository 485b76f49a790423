/* Turns: so many at once, in order, and no depth of stack for each of them. */
#include "probes/turns.h"

#include "t/tap.h"

#define MANY 20000

static struct conf_probe probe = { .name = "Telnet" };
static const struct conf_target target = { .probe = &probe };
static struct turn turn[MANY];
static unsigned gone, depth, deepest;

/* forks is not set */
const char *
conf_target_value(const struct conf *conf, const struct conf_target *t, const char *key,
    struct place *at)
{
	(void)conf, (void)t, (void)key, (void)at;
	return NULL;
}

static void
stays(void *ctx)
{
	(void)ctx;
	gone++;
}

/* As one whose connection fails at once. */
static void
fails(void *ctx)
{
	gone++;
	if (++depth > deepest)
		deepest = depth;
	turns_give(ctx);
	depth--;
}

int
main(void)
{
	struct err err;
	struct turns *turns = turns_of(NULL, &target, &err);

	for (unsigned i = 0; i < MANY; i++) {
		turn[i] = (struct turn){ .go = i < 6 ? stays : fails, .ctx = &turn[i] };
		turns_take(turns, &turn[i]);
	}
	is_int(gone, 5, "five act, the others wait");
	turns_give(&turn[7]);
	is_int(gone, 5, "one may go away while it waits");
	turns_give(&turn[0]);
	is_int(gone, 6, "the next one takes the place of one that is done");
	turns_give(&turn[1]);
	is_int(gone, MANY - 1, "and so do all that are done at once");
	is_int(deepest, 1, "one behind the other, not within");
	turns_take(turns, &turn[7]);
	is_int(gone, MANY, "there is a place for later ones");
	for (unsigned i = 2; i < 6; i++)
		turns_give(&turn[i]);
	turns_drop(turns);
	return tap_done();
}
