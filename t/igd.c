/* What a router says of itself, in the words of several, and what is none. */
#include <string.h>

#include "collector/igd.h"
#include "t/tap.h"

static const struct igd_url from = { "192.168.1.1", 5000, "/dir/rootDesc.xml" };

static bool
url_is(const char *text, const struct igd_url *base, const char *host, unsigned port,
    const char *path)
{
	struct igd_url u;

	return igd_url_parse(&u, text, base) == 0 && strcmp(u.host, host) == 0 &&
	       u.port == port && strcmp(u.path, path) == 0;
}

static void
test_urls(void)
{
	static const char *const none[] = { "ftp://192.168.1.1/",
		"https://192.168.1.1/", "http://router.lan/", "http://192.168.1.1:0/",
		"http://192.168.1.1:70000/", "http://192.168.1.1:/",
		"http://192.168.1.1/a b", "http://192.168.1.1/a\r\nX: y",
		"http://192.168.1.2/ctl", "http://user@192.168.1.1/", "http://[::1]/" };
	struct igd_url u;
	char longer[IGD_PATH + 20];
	unsigned taken = 0;

	ok(url_is("http://192.168.1.1/a?b", NULL, "192.168.1.1", 80, "/a?b"),
	    "an address");
	ok(url_is("HTTP://192.168.1.1:49152", NULL, "192.168.1.1", 49152, "/"),
	    "without path");
	ok(url_is("/ctl", &from, "192.168.1.1", 5000, "/ctl"), "from the top");
	ok(url_is("ctl", &from, "192.168.1.1", 5000, "/dir/ctl"),
	    "beside the description");
	ok(url_is("http://192.168.1.1:80/x", &from, "192.168.1.1", 80, "/x"),
	    "another port of the same router");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		taken += igd_url_parse(&u, none[i], &from) == 0;
	is_int(
	    taken, 0, "names, other hosts, other schemes and broken ones are refused");
	memset(longer, 'a', sizeof longer);
	longer[0] = '/';
	longer[sizeof longer - 1] = '\0';
	ok(igd_url_parse(&u, longer, &from) != 0, "so is one that is too long");
}

static int
location(const char *text, struct igd_url *u)
{
	return igd_location(text, strlen(text), u);
}

static void
test_search(void)
{
	struct igd_url u;

	ok(location(
	       "HTTP/1.1 200 OK\r\nST: x\r\nlocation:\thttp://10.0.0.1:5431/d.xml  \r\n\r\n",
	       &u) == 0 &&
		strcmp(u.host, "10.0.0.1") == 0 && u.port == 5431 &&
		strcmp(u.path, "/d.xml") == 0,
	    "an answer to a search");
	ok(location("NOTIFY * HTTP/1.1\r\nLOCATION: http://10.0.0.1/\r\n\r\n", &u) != 0,
	    "what was not asked for is none");
	ok(location("HTTP/1.1 200 OK\r\nST: x\r\n\r\n", &u) != 0,
	    "nor one without a place");
	ok(location("HTTP/1.1 200 OK\r\nLOCATION: http://evil.example/\r\n\r\n", &u) !=
		0,
	    "nor one with a name");
}

#define SERVICE(type, url)                                                             \
	"<service><serviceType>urn:schemas-upnp-org:service:" type                     \
	"</serviceType><controlURL>" url "</controlURL></service>"

static int
describe(struct igd *igd, const char *text)
{
	struct err err = { "" };
	int status = igd_describe(igd, text, strlen(text), &from, &err);

	if (status != 0)
		printf("# %s\n", err.text);
	return status;
}

static void
test_description(void)
{
	struct igd igd;
	static char deep[8192], large[IGD_BYTES_MAX + 100];

	ok(describe(&igd,
	       "<?xml version=\"1.0\"?><root><device>"
	       "<friendlyName> Fritz &amp; Box </friendlyName><x><serviceList>" SERVICE(
		   "WANCommonInterfaceConfig:1", " /ctl/Common ")
		   SERVICE("WANPPPConnection:1",
		       "ppp") "</serviceList></x></device></root>") == 0,
	    "a description");
	is_str(igd.name, "Fritz & Box", "its name");
	is_str(igd.common.control.path, "/ctl/Common", "where to ask how much");
	is_int(igd.common.control.port, 5000, "on the port of the description");
	is_str(igd.connection.control.path, "/dir/ppp", "where to ask since when");
	ok(describe(&igd, "<root><URLBase>http://192.168.1.1:49000/</URLBase>" SERVICE(
			      "WANCommonInterfaceConfig:1", "igd/ctl") "</root>") ==
		    0 &&
		igd.common.control.port == 49000 &&
		strcmp(igd.common.control.path, "/igd/ctl") == 0,
	    "relative to its own base");
	ok(describe(&igd, "<root><URLBase>http://10.9.9.9/</URLBase>" SERVICE(
			      "WANCommonInterfaceConfig:1", "/c") "</root>") == 0 &&
		strcmp(igd.common.control.host, "192.168.1.1") == 0,
	    "a base elsewhere is left out");
	ok(describe(&igd, "<root>" SERVICE("WANCommonInterfaceConfig:1",
			      "http://10.9.9.9/c") "</root>") != 0,
	    "a service elsewhere is none");
	ok(describe(&igd, "<root>" SERVICE("WANCommonInterfaceConfig:1\" x=\"",
			      "/c") "</root>") != 0,
	    "nor is one whose name would break a header");
	ok(describe(&igd, "<root>" SERVICE("WANIPConnection:1", "/c") "</root>") != 0,
	    "without bytes to count it is of no use");
	ok(describe(&igd, "<root><a></root>") != 0, "broken XML");
	ok(describe(&igd, "<!DOCTYPE a [<!ENTITY b 'b'>]><root>&b;</root>") != 0,
	    "XML with declarations");
	ok(describe(&igd, "") != 0, "nothing");
	for (unsigned i = 0; i < 200; i++)
		strcat(deep, "<a>");
	ok(describe(&igd, deep) != 0, "XML that is too deep");
	memset(large, ' ', sizeof large - 1);
	ok(describe(&igd, large) != 0, "XML that is too large");
}

#define ANSWER(name, value)                                                            \
	"<s:Envelope xmlns:s=\"s\"><s:Body><u:R xmlns:u=\"u\"><" name ">" value        \
	"</" name "></u:R></s:Body></s:Envelope>"

static int
answer(const char *text, uint64_t *v)
{
	return igd_number(text, strlen(text), "NewTotalBytesSent", v);
}

static void
test_answers(void)
{
	static const char *const none[] = { ANSWER("NewTotalBytesSent", ""),
		ANSWER("NewTotalBytesSent", "-1"), ANSWER("NewTotalBytesSent", "12 34"),
		ANSWER("NewTotalBytesSent", "0x10"),
		ANSWER("NewTotalBytesSent", "99999999999999999999"),
		ANSWER("NewTotalBytesReceived", "5"), "no XML", "<a/>",
		ANSWER("NewTotalBytesSent", "5") "more" };
	uint64_t v = 0;
	unsigned taken = 0;

	ok(answer(ANSWER("NewTotalBytesSent", " 4294967295\n"), &v) == 0 &&
		v == 4294967295,
	    "a number");
	ok(answer(ANSWER("m:NewTotalBytesSent", "18446744073709551615"), &v) == 0 &&
		v == UINT64_MAX,
	    "64 bits, with a prefix");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		taken += answer(none[i], &v) == 0;
	is_int(taken, 0, "what is no number is none");
}

/* 2^32 octets are 34 s of a Gbit/s. */
static void
test_pause(void)
{
	static const uint64_t unknown[2], slow[2] = { 100000000, 20000000 },
					  fast[2] = { 1000000000, 2500000000 },
					  most[2] = { 100000000000, 0 };

	is_int(igd_pause_ms(unknown), 20000, "a line of unknown speed: every 20 s");
	is_int(igd_pause_ms(slow), 20000, "so a slow one");
	is_int(igd_pause_ms(fast), 6871, "before 2.5 Gbit/s run over 32 bits twice");
	is_int(igd_pause_ms(most), 1000, "but not without a pause");
}

int
main(void)
{
	test_urls();
	test_search();
	test_description();
	test_answers();
	test_pause();
	return tap_done();
}
