/* What web keeps of rounds that are under way: the last of each target, of not too
 * many, until it is over. */
#include "web/flight.h"

#include <string.h>

#include "base/clock.h"
#include "round.h"
#include "t/tap.h"

static struct msg_out out;

/* Hear of a round of TARGET that began at BEGIN, SENT pings so far. */
static int
hear(uint64_t target, int64_t begin, uint16_t sent)
{
	static struct msg_flight f;
	struct msg_in in;

	f = (struct msg_flight){ target, begin, 5, sent,
		{ 12345678, FLIGHT_LOST, FLIGHT_UNKNOWN, FLIGHT_OPEN } };
	msg_begin(&out, MSG_FLIGHT);
	msg_put_flight(&out, &f);
	return msg_parse(&in, out.data, msg_end(&out), -1) == 0 ? flight_message(&in)
								: -1;
}

static size_t
count(uint64_t number)
{
	size_t n = 0;

	for (const struct flight *f = flight_after(number); f != NULL;
	     f = flight_next(f))
		n++;
	return n;
}

static void
test_one(void)
{
	const struct conf_target t = { .id = 7, .step = 10 },
				 other = { .id = 8, .step = 10 };
	static struct round r = { .target = 7 };
	int64_t now = clock_wall_ns();

	ok(flight_of(&t) == NULL && count(0) == 0, "nothing is under way");
	is_int(hear(7, now, 2), 0, "a round is");
	const struct flight *f = flight_of(&t);
	ok(f != NULL && f->sent == 2 && f->count == 5 && f->begin_ns == now,
	    "as it is");
	ok(flight_of(&other) == NULL, "of no other target");
	uint64_t number = f->number;
	is_int((long long)count(number), 0, "no news since");
	hear(7, now, 4);
	is_int((long long)count(number), 1, "then there is");
	char want[160];
	snprintf(want, sizeof want,
	    "{\"target\":\"A.one\",\"begin\":%.15g,\"pings\":5,\"sent\":4,\"answered\":1,"
	    "\"ping\":[1.2345678,null,null,null],\"lost\":[1],\"open\":[3]}",
	    (double)(now / CLOCK_NS_PER_MS) / 1e3);
	is_str(flight_text(flight_of(&t), "A.one"), want, "its words");
	r.begin_ns = now - 1;
	flight_over(&r);
	ok(flight_of(&t) != NULL, "the round before it is over: it goes on");
	r.begin_ns = now;
	flight_over(&r);
	ok(flight_of(&t) == NULL && count(0) == 0, "it is over");
	hear(7, now - 41 * CLOCK_NS_PER_S, 1);
	ok(flight_of(&t) == NULL, "one that cannot be any more is not");
	flight_stop();
}

static void
test_many(void)
{
	int64_t now = clock_wall_ns();

	for (uint64_t i = 0; i < 5000; i++)
		hear(1000 + i, now, 1);
	is_int((long long)count(0), 4096, "no more are kept than that");
	const struct conf_target first = { .id = 1000, .step = 10 },
				 last = { .id = 5999, .step = 10 };
	ok(flight_of(&first) == NULL && flight_of(&last) != NULL,
	    "those that were heard of last");
	flight_stop();
	is_int((long long)count(0), 0, "and none at the end");
}

static void
test_nonsense(void)
{
	is_int(hear(7, -1, 1), -1, "no round begins before the epoch");
	is_int(hear(7, 1, 6), -1, "none has more pings than it has");
	is_int((long long)count(0), 0, "and nothing of it is kept");
}

int
main(void)
{
	test_one();
	test_many();
	test_nonsense();
	return tap_done();
}
