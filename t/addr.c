/* Addresses as text and back. */
#include "base/addr.h"

#include <net/if.h>

#include "tap.h"

static void
literals(void)
{
	static const struct {
		const char *in, *out; /* out NULL: no literal */
	} row[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "::", "::" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "fe80::1%4000000", "fe80::1%4000000" },
		{ "192.0.2.256", NULL },
		{ "192.0.2", NULL },
		{ "192.0.2.1 ", NULL },
		{ "", NULL },
		{ "fe80::1%", NULL },
		{ "fe80::1%no-such-interface", NULL },
		{ "2001:db8::1::2", NULL },
		{ "localhost", NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL },
	};
	char text[ADDR_TEXT];
	struct addr a;

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int rc = addr_parse(&a, row[i].in);
		if (row[i].out == NULL)
			ok(rc == -1, "'%s' is no literal", row[i].in);
		else
			ok(rc == 0 && strcmp(addr_text(&a, text), row[i].out) == 0,
			    "'%s' reads as %s", row[i].in, row[i].out);
	}
}

static void
listeners(void)
{
	static const struct {
		const char *in, *out, *complaint;
	} row[] = {
		{ "127.0.0.1:8080", "127.0.0.1:8080", NULL },
		{ "[::1]:0", "[::1]:0", NULL },
		{ ":80", "[::]:80", NULL },
		{ "*:65535", "[::]:65535", NULL },
		{ "8080", NULL, "'8080' has no port, expected ADDRESS:PORT" },
		{ "127.0.0.1:65536", NULL,
		    "'127.0.0.1:65536' has no port from 0 to 65535 behind its colon, "
		    "expected ADDRESS:PORT" },
		{ "127.0.0.1:", NULL,
		    "'127.0.0.1:' has no port from 0 to 65535 behind its colon, "
		    "expected ADDRESS:PORT" },
		{ "127.0.0.1:80x", NULL,
		    "'127.0.0.1:80x' has no port from 0 to 65535 behind its colon, "
		    "expected ADDRESS:PORT" },
		{ "[127.0.0.1]:80", NULL,
		    "'[127.0.0.1]:80' is no IPv6 address, expected [ADDRESS]:PORT" },
		{ "localhost:80", NULL,
		    "'localhost:80' is no IP address with port, expected e.g. "
		    "127.0.0.1:8080 or [::]:8080" },
	};
	char text[ADDR_TEXT];
	struct addr a;
	struct err err;

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int rc = addr_parse_listen(&a, row[i].in, &err);
		if (row[i].out != NULL)
			ok(rc == 0 && strcmp(addr_text_port(&a, text), row[i].out) == 0,
			    "'%s' listens on %s", row[i].in, row[i].out);
		else
			is_str(rc == 0 ? "accepted" : err.text, row[i].complaint,
			    row[i].in);
	}
}

static void
scopes(void)
{
	static const char *const wrong[] = { "fe80::1", "fe80::1%2", "fe80::1%",
		"192.0.2.1%eth0", "%eth0", "fe80::x%eth0", "fe80::1%sixteenletters16" };
	char name[ADDR_INTERFACE];
	struct addr a;

	ok(addr_parse_scoped(&a, "fe80::1%nowhere0", name) == 0 &&
		strcmp(name, "nowhere0") == 0 && a.v6.sin6_scope_id == 0 &&
		a.v6.sin6_addr.s6_addr[15] == 1,
	    "an address with an interface that is not here");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(addr_parse_scoped(&a, wrong[i], name) != 0, "not so '%s'", wrong[i]);
	ok(addr_interface("lo") != 0 && addr_interface("nowhere0") == 0,
	    "interfaces are found by name");
}

/* Who is locked in asks for no interface. */
static void
locked(void)
{
	char text[ADDR_TEXT];
	struct addr a;

	ok(addr_parse(&a, "fe80::1%lo") == 0 &&
		strcmp(addr_text(&a, text), "fe80::1%lo") == 0,
	    "an interface by its name");
	unsigned lo = a.v6.sin6_scope_id;
	addr_lock_in();
	is_int(addr_interface("lo"), 0, "locked in, none is known");
	ok(addr_parse(&a, "fe80::1%lo") != 0, "nor read");
	ok(addr_parse(&a, "fe80::1%1") == 0 && a.v6.sin6_scope_id == 1 &&
		strcmp(addr_text(&a, text), "fe80::1%1") == 0,
	    "but by its number (%u)", lo);
}

static void
comparison(void)
{
	struct addr a, b;

	addr_parse_listen(&a, "192.0.2.1:80", NULL);
	addr_parse_listen(&b, "192.0.2.1:81", NULL);
	ok(addr_same_host(&a, &b) && !addr_same(&a, &b), "the port sets them apart");
	addr_parse(&b, "::ffff:192.0.2.1");
	ok(!addr_same_host(&a, &b), "a mapped address is another family");
	addr_parse(&a, "fe80::1%7");
	addr_parse(&b, "fe80::1%8");
	ok(!addr_same_host(&a, &b), "scopes set link-local addresses apart");
	addr_parse(&b, "fe80::1");
	ok(addr_same_host(&a, &b), "an unset scope matches any");
	addr_parse(&a, "127.1.2.3");
	addr_parse(&b, "::1");
	ok(addr_is_loopback(&a) && addr_is_loopback(&b), "both loopbacks");
	addr_parse(&a, "::ffff:127.0.0.1");
	addr_parse(&b, "128.0.0.1");
	ok(addr_is_loopback(&a) && !addr_is_loopback(&b), "mapped loopback; not 128/8");
	unsigned len;
	ok(addr_bytes(&b, &len)[0] == 128 && len == 4, "bytes of a v4 address");
}

static void private(void)
{
	static const struct {
		const char *text;
		bool is;
	} row[] = {
		{ "10.0.0.1", true },
		{ "9.255.255.255", false },
		{ "11.0.0.0", false },
		{ "172.15.255.255", false },
		{ "172.16.0.0", true },
		{ "172.31.255.255", true },
		{ "172.32.0.0", false },
		{ "192.168.255.1", true },
		{ "192.169.0.1", false },
		{ "169.254.9.9", true },
		{ "100.64.0.1", false },
		{ "127.0.0.1", false },
		{ "fc00::1", true },
		{ "fd12::1", true },
		{ "fe80::1", true },
		{ "febf::1", true },
		{ "fec0::1", false },
		{ "2001:db8::1", false },
	};
	struct addr a = { .sa = { .sa_family = AF_UNSPEC } };

	ok(!addr_is_private(&a), "no address is not private");
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		ok(addr_parse(&a, row[i].text) == 0 && addr_is_private(&a) == row[i].is,
		    "%s is %s", row[i].text, row[i].is ? "private" : "not private");
}

int
main(void)
{
	literals();
	private();
	listeners();
	scopes();
	comparison();
	locked();
	return tap_done();
}
