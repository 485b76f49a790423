/* Prefixes: parsed, told apart, and held against addresses of both kinds. */
#include "base/prefix.h"

#include "tap.h"

static struct err err;

static bool
holds(const char *prefix, const char *address)
{
	struct prefix p;
	struct addr a;

	return prefix_parse(&p, prefix, &err) == 0 && addr_parse(&a, address) == 0 &&
	       prefix_holds(&p, &a);
}

static bool
meet(const char *a, const char *b)
{
	struct prefix p, q;

	return prefix_parse(&p, a, &err) == 0 && prefix_parse(&q, b, &err) == 0 &&
	       prefix_meets(&p, &q) && prefix_meets(&q, &p);
}

static void
bad(const char *text, const char *why)
{
	struct prefix p;

	ok(prefix_parse(&p, text, &err) != 0, "%s is refused", text);
	is_str(err.text, why, "with the reason");
}

int
main(void)
{
	ok(holds("192.0.2.0/24", "192.0.2.255"), "the last of a prefix");
	ok(!holds("192.0.2.0/24", "192.0.3.0"), "the one behind it");
	ok(holds("192.0.2.128/25", "192.0.2.200"), "a part of an octet");
	ok(!holds("192.0.2.128/25", "192.0.2.127"), "in front of it");
	ok(holds("0.0.0.0/0", "8.8.8.8"), "all of IPv4");
	ok(!holds("0.0.0.0/0", "2001:db8::1"), "has nothing of IPv6");
	ok(holds("::/0", "2001:db8::1"), "all of IPv6");
	ok(!holds("::/0", "8.8.8.8"), "has nothing of IPv4");
	ok(holds("10.0.0.0/8", "::ffff:10.1.2.3"), "IPv4 as a socket of both tells it");
	ok(!holds("::/0", "::ffff:10.1.2.3"), "is not IPv6");
	ok(holds("2001:db8::/47", "2001:db8:1:ffff::1"), "IPv6");
	ok(!holds("2001:db8::/47", "2001:db8:2::1"), "behind it");
	ok(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.6"),
	    "an address alone");
	bad("192.0.2.0/33", "192.0.2.0/33, expected a length of 0 to 32");
	bad("::/129", "::/129, expected a length of 0 to 128");
	bad("192.0.2.0/", "192.0.2.0/, expected a length of 0 to 32");
	bad("192.0.2.1/24",
	    "192.0.2.1/24 has bits behind its length, expected zeros there");
	bad("example.net/8", "example.net/8, expected a prefix such as 192.0.2.0/24 or "
			     "2001:db8::/32");

	struct prefixes list = { NULL, 0 };
	struct addr a;
	is_int(prefixes_parse(&list, "192.0.2.0/24, 2001:db8::/32\t10.0.0.1", &err), 0,
	    "a list");
	is_int((long long)list.count, 3, "of three");
	(void)addr_parse(&a, "2001:db8:9::1");
	ok(prefixes_hold(&list, &a), "one of which holds it");
	is_int(prefixes_parse(&list, "10.0.0.0/8 nothing", &err), -1, "a bad one");
	ok(prefixes_hold(&list, &a), "changes nothing");
	is_int(prefixes_parse(&list, NULL, &err), 0, "none");
	ok(!prefixes_hold(&list, &a), "hold nothing");
	prefixes_free(&list);
	ok(meet("192.0.2.0/24", "192.0.2.9"), "an address within a prefix is of both");
	ok(meet("2001:db8::/32", "2001:db8:1::/48"), "so is a prefix");
	ok(meet("0.0.0.0/0", "203.0.113.0/24"), "and whatever is within all");
	ok(!meet("192.0.2.0/24", "192.0.3.0/24"), "neighbours have none in common");
	ok(!meet("::/96", "192.0.2.0/24"), "nor have IPv4 and IPv6");
	return tap_done();
}
