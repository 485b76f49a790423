/* What is said of the hops of a way: whose silence and loss is its own, and when
 * routers are hidden. */
#include "hops.h"

#include "tap.h"

static struct addr
address(const char *text)
{
	struct addr a;

	if (addr_parse(&a, text) != 0)
		abort();
	return a;
}

static void
add(struct hops *p, unsigned sent, unsigned answered, int64_t ms)
{
	struct hop *h = &p->hop[p->count++];

	h->ttl = p->count;
	h->sent = (uint16_t)sent;
	h->answered = (uint16_t)answered;
	h->min_ns = h->median_ns = h->max_ns = answered > 0 ? ms * 1000000 : -1;
}

static void
marks(void)
{
	struct addr here = address("192.0.2.1");
	struct hops p = { .address = address("198.51.100.1") };

	add(&p, 10, 10, 1);
	add(&p, 10, 5, 2); /* its loss does not go on */
	add(&p, 10, 0, 0); /* silent */
	add(&p, 0, 0, 0);  /* of another's way */
	add(&p, 10, 9, 5); /* its loss goes on ... */
	add(&p, 10, 9, 5); /* ... to the target */
	add(&p, 10, 0, 0); /* nobody is behind it */
	p.hop[3].flags = HOP_SHARED;
	hops_judge(&p, &here);
	is_int(p.hop[0].flags, 0, "a hop that answers always");
	is_int(p.hop[1].flags, HOP_LIMITED, "one whose loss does not go on");
	is_int(p.hop[2].flags, HOP_SILENT, "one that is silent");
	is_int(p.hop[3].flags, HOP_SHARED, "one that was not asked");
	is_int(p.hop[4].flags, 0, "one whose loss goes on");
	is_int(p.hop[6].flags, 0, "silence at the end is the way's");
	p.hop[4].answered = 8;
	p.hop[1].answered = 7;
	hops_judge(&p, &here);
	is_int(p.hop[4].flags, 0, "a little more may be chance");
	is_int(p.hop[1].flags, 0, "marks are made anew");
	p.hop[1].answered = 1;
	hops_judge(&p, &here);
	is_int(p.hop[1].flags, HOP_LIMITED, "one answer of ten is seldom");
	memset(&p, 0, sizeof p);
	add(&p, 3, 1, 1);
	add(&p, 3, 3, 2);
	hops_judge(&p, &here);
	is_int(p.hop[0].flags, 0, "of three nothing can be said");
}

static bool
near(double a, double b)
{
	return a - b < 1e-9 && b - a < 1e-9;
}

/* Against sums by hand: 0.9^10, 1 - 0.9^10 - 10 * 0.1 * 0.9^9, 0.5^4. */
static void
chance(void)
{
	ok(near(hops_chance(0, 10, 0.1), 1), "none or more are sure");
	ok(near(hops_chance(1, 10, 0.1), 0.6513215599), "one or more");
	ok(near(hops_chance(2, 10, 0.1), 0.2639010709), "two or more");
	ok(near(hops_chance(4, 4, 0.5), 0.0625), "all");
	ok(near(hops_chance(3, 3, 1), 1), "what is always lost");
	ok(near(hops_chance(1, 3, 0), 0), "and never");
}

static void
blind(void)
{
	static const struct {
		const char *from, *to;
		int64_t hop[3];
		bool want;
		const char *what;
	} ways[] = {
		{ "172.17.0.2", "198.51.100.1", { 0, 20, -1 }, true,
		    "a container in a virtual machine" },
		{ "172.17.0.2", "198.51.100.1", { 20, -1, -1 }, true,
		    "which has no gateway" },
		{ "fd00::2", "2001:db8::1", { 0, 20, -1 }, true, "over IPv6" },
		{ "192.0.2.1", "198.51.100.1", { 0, 20, -1 }, false,
		    "a public address needs no translation" },
		{ "172.17.0.2", "192.168.1.1", { 0, 20, -1 }, false,
		    "a private target may be near" },
		{ "192.168.1.2", "198.51.100.1", { 0, 1, -1 }, false,
		    "a quick one too" },
		{ "192.168.1.2", "198.51.100.1", { 18, 19, -1 }, false,
		    "or what is slow before it" },
		{ "192.168.1.2", "198.51.100.1", { 0, 9, 20 }, false,
		    "a router is seen" },
	};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct addr from = address(ways[i].from);
		struct hops p = { .address = address(ways[i].to) };

		for (unsigned k = 0; k < 3 && ways[i].hop[k] >= 0; k++)
			add(&p, 3, 3, ways[i].hop[k]);
		p.hop[p.count - 1].flags = HOP_TARGET;
		hops_judge(&p, &from);
		is_int(
		    p.flags & HOPS_BLIND, ways[i].want ? HOPS_BLIND : 0, ways[i].what);
		p.hop[p.count - 1].flags = 0;
		hops_judge(&p, &from);
		is_int(p.flags & HOPS_BLIND, 0, "not before the target answers");
	}
}

static void
addresses(void)
{
	struct hop h = { 0 };
	struct addr a = address("192.0.2.1"), b = address("192.0.2.2");

	addr_set_port(&a, 33434);
	ok(hop_add_address(&h, &a) && !hop_add_address(&h, &a), "once");
	ok(hop_has_address(&h, &a) && !hop_has_address(&h, &b), "known");
	is_int(addr_port(&h.address[0]), 0, "without its port");
	for (unsigned i = 2; i < 9; i++) {
		b.v4.sin_addr.s_addr = htonl(0xc0000200 + i);
		hop_add_address(&h, &b);
	}
	is_int(h.addresses, HOP_ADDRESSES, "as many as there is room for");
}

static void
words(void)
{
	for (unsigned i = 0; i < HOPS_METHODS; i++)
		is_int(hops_method_of(hops_method_word(i)), i, hops_method_word(i));
	is_int(hops_method_of("sctp"), HOPS_METHODS, "no method");
	is_str(hops_reason_word(HOPS_WATCH), "watch", "the last reason has a word");
}

int
main(void)
{
	marks();
	chance();
	blind();
	addresses();
	words();
	return tap_done();
}
