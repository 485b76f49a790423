/* A way through time: what is the same, what is learned, what is another way. */
#include "infer/route.h"

#include "tap.h"

static struct route route;
static int64_t now;

static struct addr
addr(const char *text)
{
	struct addr a;

	if (addr_parse(&a, text) != 0)
		printf("Bail out! no address: %s\n", text), exit(1);
	return a;
}

/* A walk: "*" is silent, "=" the target, which one without it did not reach. */
static struct hops
walk(const char *hops)
{
	struct hops p = { .target = 1, .address = addr("8.8.8.8") };
	char copy[512], *rest = copy, *word;

	snprintf(copy, sizeof copy, "%s", hops);
	while ((word = strsep(&rest, " ")) != NULL && *word != '\0') {
		struct hop *h = &p.hop[p.count++];
		struct addr a;

		*h = (struct hop){ .ttl = p.count,
			.sent = 10,
			.min_ns = -1,
			.median_ns = -1,
			.max_ns = -1 };
		if (strcmp(word, "*") == 0)
			continue;
		h->answered = 10;
		h->min_ns = h->median_ns = h->max_ns = 1000 * p.count;
		if (strcmp(word, "=") == 0) {
			h->flags = HOP_TARGET;
			p.flags |= HOPS_REACHED;
			word = (char *)"8.8.8.8";
		}
		a = addr(word);
		hop_add_address(h, &a);
	}
	return p;
}

/* Take a walk a minute later. */
static void
next(const char *hops, enum route_news want, const char *what)
{
	struct hops p = walk(hops);

	now += 60;
	is_int(route_take(&route, &p, now), want, what);
}

static void
begin(void)
{
	route_free(&route);
	route = (struct route){ 0 };
	now = 1000000;
}

static void
change(int64_t time, unsigned ttl, const char *from, const char *to)
{
	char a[ADDR_TEXT], b[ADDR_TEXT];

	is_int(route.change.time, time, "the first walk that differed tells when");
	is_int(route.change.ttl, ttl, "and where");
	is_str(addr_text(&route.change.from, a), from, "from whom");
	is_str(addr_text(&route.change.to, b), to, "to whom");
}

static void
same(void)
{
	begin();
	next("10.0.0.1 10.0.0.2 * 10.0.0.4 =", ROUTE_FIRST, "the first walk");
	next("10.0.0.1 10.0.0.2 * 10.0.0.4 =", ROUTE_SAME, "the same again");
	next("10.0.0.1 * * 10.0.0.4 =", ROUTE_SAME, "silence is no other way");
	next("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 =", ROUTE_LEARNED,
	    "who was silent speaks");
	is_int(route.way.hop[2].addresses, 1, "and is known now");
	is_int(route.changes, 0, "none of it is a change");
	is_int(route.way.hop[1].sent, 40, "probes add up");
	is_int(route.way.hop[1].answered, 30, "and so do answers");
	for (int i = 0; i < 50; i++)
		next("10.0.0.1 * 10.0.0.3 10.0.0.4 =", ROUTE_SAME, "a hop is lost");
	ok(route.way.hop[1].sent <= ROUTE_PROBES, "old probes are forgotten");
	is_int(route.way.hop[1].answered, 0, "with their answers");
	is_int(route.way.hop[1].min_ns, -1, "and times");
}

static void
another(void)
{
	begin();
	next("10.0.0.1 10.0.0.2 10.0.0.3 =", ROUTE_FIRST, "a way");
	int64_t since = now;
	next("10.0.0.1 10.0.0.2 10.0.0.3 =", ROUTE_SAME, "as it is");
	next("10.0.0.1 10.9.0.2 10.9.0.3 10.9.0.4 =", ROUTE_ODD, "another one");
	int64_t first = now;
	next("10.0.0.1 10.9.0.2 10.9.0.3 10.9.0.4 =", ROUTE_ODD, "is not sure yet");
	next("10.0.0.1 * * * =", ROUTE_ODD, "silence says nothing");
	is_int(route.since, since, "until then the old one is in force");
	for (unsigned i = 3; i < ROUTE_WALKS; i++)
		next("10.0.0.1 10.9.0.2 * 10.9.0.4 =", ROUTE_ODD, "again");
	next("10.0.0.1 10.9.0.2 10.9.0.3 10.9.0.4 =", ROUTE_CHANGED, "and now it is");
	change(first, 2, "10.0.0.2", "10.9.0.2");
	is_int(route.since, first, "in force since then");
	is_int(route.changes, 1, "one change");
	is_int(route.way.count, 5, "it is the new way that is kept");
	now += ROUTE_FLAP_S;
	next("10.0.0.1 10.0.0.2 10.0.0.3 =", ROUTE_ODD, "back to the old one, later");
	for (unsigned i = 2; i < ROUTE_WALKS; i++)
		next("10.0.0.1 10.0.0.2 10.0.0.3 =", ROUTE_ODD, "not sure again");
	next("10.0.0.1 10.0.0.2 10.0.0.3 =", ROUTE_CHANGED, "is a change, too");
	is_int(route.changes, 2, "the second");
}

static void
sharing(void)
{
	static const char *const way[2] = { "10.0.0.1 10.0.0.2 10.0.0.3 =",
		"10.0.0.1 10.9.0.2 10.9.0.3 =" };
	uint32_t seed = 7;

	begin();
	next(way[0], ROUTE_FIRST, "routers that share the load: one");
	next(way[1], ROUTE_ODD, "the other");
	next(way[0], ROUTE_LEARNED, "the first again: both are the way");
	is_int(route.way.hop[1].addresses, 2, "with two addresses");
	next(way[1], ROUTE_SAME, "nothing is new any more");

	/* Each of 1000 starts, walked at random for an hour: none takes it for a
	 * change for good. */
	unsigned changes = 0, odd = 0;
	for (int i = 0; i < 1000; i++) {
		begin();
		for (int k = 0; k < 60; k++) {
			struct hops p;

			seed = seed * 1103515245 + 12345;
			p = walk(way[seed >> 16 & 1]);
			now += 60;
			route_take(&route, &p, now);
		}
		changes += route.changes;
		odd += route.way.hop[1].addresses != 2;
	}
	printf("# 1000 load shared ways: %u taken for changed at first\n", changes);
	ok(changes < 80, "a change by chance is rare");
	is_int(odd, 0, "in the end all know both routers");
}

/* A change that was none: the old router is back at once. */
static void
flapping(void)
{
	begin();
	next("10.0.0.1 10.0.0.2 =", ROUTE_FIRST, "a way");
	for (unsigned i = 1; i < ROUTE_WALKS; i++)
		next("10.0.0.1 10.9.0.2 =", ROUTE_ODD, "another");
	next("10.0.0.1 10.9.0.2 =", ROUTE_CHANGED, "that seems to be new");
	next("10.0.0.1 10.0.0.2 =", ROUTE_LEARNED, "is beside the old one");
	next("10.0.0.1 10.9.0.2 =", ROUTE_SAME, "both are the way");
	is_int(route.changes, 1, "which is no change any more");
}

/* One walk that differs, and silence at that place ever after. */
static void
once(void)
{
	begin();
	next("10.0.0.1 10.0.0.2 10.0.0.3 =", ROUTE_FIRST, "a way");
	next("10.0.0.1 10.9.0.2 10.0.0.3 =", ROUTE_ODD, "another, once");
	int64_t odd = now;
	while (now + 60 <= odd + ROUTE_FLAP_S)
		next("10.0.0.1 * 10.0.0.3 =", ROUTE_ODD, "silence there is open");
	next("10.0.0.1 * 10.0.0.3 =", ROUTE_SAME, "for a while only");
	is_int(route.seen, now, "then the way is seen again");
	next("10.0.0.1 10.9.0.2 10.0.0.3 =", ROUTE_ODD, "another once more");
	next("10.0.0.1 10.0.0.2 10.0.0.3 =", ROUTE_LEARNED, "shares the load");

	/* Walked seldom, it is confirmed all the same. */
	begin();
	next("10.0.0.1 10.0.0.2 =", ROUTE_FIRST, "a way that is walked seldom");
	for (unsigned i = 1; i < ROUTE_WALKS; i++, now += ROUTE_FLAP_S - 120)
		next("10.0.0.1 10.9.0.2 =", ROUTE_ODD, "another");
	next("10.0.0.1 10.9.0.2 =", ROUTE_CHANGED, "is a change at last");
}

static void
broken(void)
{
	struct hops p;
	struct addr from, to;
	char text[ADDR_TEXT];

	begin();
	next("10.0.0.1 10.0.0.2 10.0.0.3 =", ROUTE_FIRST, "a way");
	next("10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.2", ROUTE_BROKEN, "a loop");
	next("10.0.0.1 10.0.0.2 * *", ROUTE_BROKEN, "an end");
	is_int(route.changes, 0, "are no other way");
	is_int(route.way.hop[3].answered, 10, "a loop says nothing of the target");
	p = walk("10.0.0.1 10.0.0.2 * *");
	is_int(route_break(&route.way, &p, &from, &to), 3, "where it ends");
	is_str(addr_text(&from, text), "10.0.0.2", "behind whom");
	is_str(addr_text(&to, text), "10.0.0.3", "in front of whom");
	p = walk("* *");
	is_int(route_break(&route.way, &p, &from, &to), 1, "it may end at once");
	is_int(from.sa.sa_family, AF_UNSPEC, "behind nobody");
	p = walk("10.0.0.1 10.0.0.2 10.0.0.3 =");
	is_int(route_break(&route.way, &p, &from, &to), 0, "or not at all");

	begin();
	next("10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.2", ROUTE_FIRST, "begun in an outage");
	next("10.0.0.1 10.0.0.2 10.0.0.3 =", ROUTE_FIRST, "the whole way is the first");
	is_int(route.changes, 0, "and no change");
}

static void
shorter(void)
{
	begin();
	next("10.0.0.1 * * =", ROUTE_FIRST, "a target behind silent hops");
	next("10.0.0.1 * =", ROUTE_LEARNED, "is nearer");
	is_int(route.way.count, 3, "and nothing behind it");
	struct hops p = walk("10.0.0.1 * =");
	p.address = addr("9.9.9.9");
	is_int(
	    route_take(&route, &p, now), ROUTE_FIRST, "another address, another way");
}

/* More routers than can be kept. */
static void
many(void)
{
	char text[64];

	begin();
	for (int i = 0; i < 40; i++) {
		struct hops p;

		snprintf(text, sizeof text, "10.0.0.1 10.0.1.%d =", i % 8);
		p = walk(text);
		route_take(&route, &p, now += 10);
	}
	ok(route.changes <= 1, "eight routers in turn are one change at most");
}

int
main(void)
{
	same();
	another();
	sharing();
	flapping();
	once();
	broken();
	shorter();
	many();
	route_free(&route);
	return tap_done();
}
