/* The timing wheel against the plainest model of one: a list of due times. */
#include "prober/wheel.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

#define TIMERS 400

struct timer {
	struct wheel_entry entry;
	int64_t due; /* of the model; -1 when it is not in */
};

static struct timer timer[TIMERS];

/* Turn W to NOW; true when exactly those fired that the model says. */
static bool
turn(struct wheel *w, int64_t now)
{
	struct wheel_entry *e, *ahead[3] = { NULL };
	bool right = true;
	unsigned n = 0;

	while ((e = wheel_take(w, now)) != NULL) {
		struct timer *t = (struct timer *)e;

		/* It is the one that was the next, and the one before showed it. */
		right = right && (n == 0 || ahead[0] == e);
		if (n > 1)
			memmove(ahead, ahead + 1, (n - 1) * sizeof *ahead);
		struct wheel_entry *now_ahead[3];
		unsigned more = wheel_ahead(w, now_ahead, 3);
		for (unsigned i = 0; i + 1 < n && i < more; i++)
			right = right && now_ahead[i] == ahead[i];
		right = right && more + 1 >= n;
		n = more;
		memcpy(ahead, now_ahead, n * sizeof *ahead);
		right = right && t->due >= 0 && t->due <= now;
		t->due = -1;
	}
	for (unsigned i = 0; i < TIMERS; i++)
		right = right && (timer[i].due < 0 || timer[i].due > now);
	return right;
}

static int64_t
model_next(void)
{
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < TIMERS; i++)
		if (timer[i].due >= 0 && timer[i].due < next)
			next = timer[i].due;
	return next;
}

static void
one_by_one(void)
{
	static const int64_t due[] = { 1, 255, 256, 257, 511, 512, 65535, 65536, 65537,
		16777215, 16777216, 16777217, 4294967295, 4294967296, 5000000000 };
	struct wheel *w = wheel_new(0);
	struct wheel_entry e = { 0 };

	for (unsigned i = 0; i < sizeof due / sizeof *due; i++) {
		int64_t start = i * 7919;
		bool right = true;

		(void)wheel_take(w, start);
		wheel_add(w, &e, start + due[i]);
		right = wheel_take(w, start + due[i] - 1) == NULL;
		right = right && wheel_take(w, start + due[i]) == &e;
		right = right && wheel_next(w) == INT64_MAX;
		ok(right, "%lld ticks ahead: not before, not after", (long long)due[i]);
		wheel_free(w);
		w = wheel_new(start);
		memset(&e, 0, sizeof e);
	}
	wheel_free(w);
}

static void
at_random(unsigned seed)
{
	int64_t now = seed * 1000003LL;
	struct wheel *w = wheel_new(now);
	bool right = true, never_late = true;

	srandom(seed);
	memset(timer, 0, sizeof timer);
	for (unsigned i = 0; i < TIMERS; i++)
		timer[i].due = -1;
	for (unsigned step = 0; step < 20000; step++) {
		struct timer *t = &timer[random() % TIMERS];

		if (random() % 4 == 0) {
			wheel_del(w, &t->entry);
			t->due = -1;
		} else {
			t->due = now + random() % (1LL << random() % 26);
			wheel_add(w, &t->entry, t->due);
		}
		never_late = never_late && wheel_next(w) <= model_next();
		if (random() % 3 == 0) {
			/* Often to the moment that the wheel itself names. */
			int64_t next = wheel_next(w);
			now = random() % 2 == 0 && next != INT64_MAX && next > now
				  ? next
				  : now + random() % (1LL << random() % 20);
			right = turn(w, now) && right;
		}
	}
	ok(right, "seed %u: what is due fires, and nothing else", seed);
	ok(never_late, "seed %u: the next tick is never named too late", seed);
	wheel_free(w);
}

int
main(void)
{
	struct wheel *w = wheel_new(1000);
	struct wheel_entry a = { 0 }, b = { 0 }, c = { 0 };

	is_int(wheel_next(w), INT64_MAX, "an empty wheel wants no turn");
	wheel_del(w, &a);
	ok(wheel_take(w, 1001) == NULL, "what is not in can be taken out");
	wheel_add(w, &a, 900);
	wheel_add(w, &b, 1001);
	ok(wheel_take(w, 1001) == &a && wheel_take(w, 1001) == &b,
	    "what is past fires at once, in order");
	wheel_add(w, &a, 1010);
	wheel_add(w, &b, 1010);
	wheel_add(w, &c, 1010);
	wheel_del(w, &b);
	wheel_add(w, &a, 1011);
	is_int(wheel_next(w), 1010, "the next tick is known");
	ok(wheel_take(w, 5000) == &c && wheel_take(w, 5000) == &a &&
		wheel_take(w, 5000) == NULL,
	    "one is removed, one moved");
	wheel_free(w);
	one_by_one();
	for (unsigned seed = 1; seed <= 5; seed++)
		at_random(seed);
	return tap_done();
}
