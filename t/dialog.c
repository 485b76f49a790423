/* Dialogs with a service, each against a peer that follows a script: what counts as an
 * answer, what is timed, and how every way of misbehaving ends. */
#include "t/peer.h"
#include "t/tap.h"
#include "t/testhost.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/sockets.h"

#define MS CLOCK_NS_PER_MS

/* --- by the table ---------------------------------------------------------------- */

struct talk {
	const char *what, *module;
	const char *vars[9];
	const char *script[14];
	enum ping_outcome outcome; /* PING_OPEN: left to the host's timeout */
	const char *detail;	   /* NULL: none */
};

#define GREETING "say:SSH-2.0-Test_1 comment\r\n"

/* clang-format off */
static const struct talk talks[] = {
	{ "SSH", "SSH", { NULL }, { GREETING }, PING_ANSWERED, NULL },
	{ "SSH with lines in front", "SSH", { NULL },
	    { "say:Welcome\r\nto this host\n", "pause:20", GREETING }, PING_ANSWERED, NULL },
	{ "SSH byte for byte", "SSH", { NULL },
	    { "bytes:SSH-2.0-Test\r\n" }, PING_ANSWERED, NULL },
	{ "SSH that is something else", "SSH", { NULL },
	    { "say:220 mail.example.org\r\n", "hangup" }, PING_BAD_ANSWER,
	    "it does not speak SSH, but says '220 mail.example.org'" },
	{ "SSH that never comes to the point", "SSH", { NULL },
	    { "much:this is line after line after line\n" }, PING_BAD_ANSWER,
	    "no SSH greeting in 50 lines, the last is 'this is line after line after line'" },
	{ "SSH in one endless line", "SSH", { NULL }, { "much:xxxxxxxxxxxxxxxx" },
	    PING_BAD_ANSWER, "its greeting has more than 4096 bytes in one piece" },
	{ "SSH with NULs", "SSH", { NULL }, { "nul", "say:\n", "hangup" }, PING_BAD_ANSWER,
	    "it does not speak SSH, but says '\?\?\?\?'" },
	{ "SSH that is silent", "SSH", { NULL }, { NULL }, PING_OPEN,
	    "connected, but no greeting within 0.5 s" },
	{ "SSH that is something else and waits", "SSH", { NULL },
	    { "say:HTTP/1.0 400\r\n" }, PING_OPEN, "no SSH greeting, but 'HTTP/1.0 400'" },
	{ "SSH that drips", "SSH", { NULL },
	    { "bytes:SSH-2.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	    PING_OPEN, "connected, but no greeting within 0.5 s" },
	{ "SSH that hangs up", "SSH", { NULL }, { "hangup" }, PING_CUT_OFF,
	    "it hung up before its greeting" },
	{ "SSH that resets", "SSH", { NULL }, { "say:SSH-2", "pause:20", "reset" },
	    PING_CUT_OFF, "it reset the connection before its greeting" },

	{ "AnotherSSH", "AnotherSSH", { NULL },
	    { GREETING, "hear", "say:Protocol mismatch.\r\n", "hangup" }, PING_ANSWERED, NULL },
	{ "AnotherSSH that only hangs up", "AnotherSSH", { NULL },
	    { GREETING, "hear", "hangup" }, PING_ANSWERED, NULL },
	{ "AnotherSSH that resets", "AnotherSSH", { NULL },
	    { GREETING, "hear", "reset" }, PING_ANSWERED, NULL },
	{ "AnotherSSH by bytes", "AnotherSSH", { NULL },
	    { "bytes:SSH-1.99-x\r\n", "hear", "hangup" }, PING_ANSWERED, NULL },
	{ "AnotherSSH that is something else", "AnotherSSH", { NULL },
	    { "say:HTTP/1.0 400\r\n" }, PING_BAD_ANSWER,
	    "it does not speak SSH, but says 'HTTP/1.0 400'" },
	{ "AnotherSSH that leaves it at that", "AnotherSSH", { NULL }, { GREETING },
	    PING_OPEN, "connected, but no answer to ours within 0.5 s" },
	{ "AnotherSSH that said more than its greeting before we spoke", "AnotherSSH", { NULL },
	    { GREETING "a packet of key exchange" },
	    PING_OPEN, "connected, but no answer to ours within 0.5 s" },

	{ "Echo", "EchoPing", { NULL }, { "echo:256" }, PING_ANSWERED, NULL },
	{ "Echo of 60000 bytes", "EchoPing", { "size", "60000", "fill", "x" },
	    { "echo:60000" }, PING_ANSWERED, NULL },
	{ "Echo of something else", "EchoPing", { "fill", "x" },
	    { "say:xxxyxxxx" }, PING_BAD_ANSWER, "byte 3 of the echo is not what was said" },
	{ "Echo that ends early", "EchoPing", { NULL }, { "echo:100", "hangup" },
	    PING_CUT_OFF, "it hung up before its whole echo" },
	{ "Chargen", "EchoPingChargen", { "size", "5000" },
	    { "much: !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ\r\n" },
	    PING_ANSWERED, NULL },
	{ "Chargen that ends", "EchoPingChargen", { NULL }, { "say:abc", "hangup" },
	    PING_CUT_OFF, "it hung up before its last character" },
	{ "Discard", "EchoPingDiscard", { "udp", "yes" }, { NULL }, PING_ANSWERED, NULL },

	{ "Whois", "EchoPingWhois", { "whois_request", "example.org" },
	    { "hear", "say:domain: ", "pause:20", "say:example.org\r\n", "hangup" },
	    PING_ANSWERED, NULL },
	{ "Whois by EchoPingPlugin", "EchoPingPlugin",
	    { "plugin", "/usr/lib/echoping/whois.so", "pluginargs", "example.org" },
	    { "hear", "say:none\r\n", "hangup" }, PING_ANSWERED, NULL },
	{ "Whois without a word", "EchoPingWhois", { "whois_request", "example.org" },
	    { "hear", "hangup" }, PING_CUT_OFF, "it hung up before its answer's end" },
	{ "Whois cut off", "EchoPingWhois", { "whois_request", "example.org" },
	    { "hear", "say:domain", "pause:20", "reset" }, PING_CUT_OFF,
	    "it reset the connection before its answer's end" },
	{ "Whois without end", "EchoPingWhois", { "whois_request", "example.org" },
	    { "hear", "much:domain: example.org\r\n" }, PING_BAD_ANSWER,
	    "it says more than 262144 bytes" },

	{ "SMTP greeting", "EchoPingSmtp", { NULL },
	    { "say:220-mail.example.org\r\n", "pause:20", "say:220 ESMTP\r\n", "hear",
	      "say:221 bye\r\n", "hangup" }, PING_ANSWERED, NULL },
	{ "SMTP that hangs up after it", "EchoPingSmtp", { NULL },
	    { "say:220 mail.example.org\r\n", "pause:30", "reset" }, PING_ANSWERED, NULL },
	{ "SMTP that refuses", "EchoPingSmtp", { NULL },
	    { "say:554 no service\r\n", "hangup" }, PING_BAD_ANSWER,
	    "the server says '554 no service'" },
	{ "SMTP that is something else", "EchoPingSmtp", { NULL }, { GREETING },
	    PING_BAD_ANSWER, "no mail server says 'SSH-2.0-Test_1 comment'" },
	{ "SMTP greeting without end", "EchoPingSmtp", { NULL }, { "much:220-line\r\n" },
	    PING_BAD_ANSWER, "a reply of more than 100 lines" },

	{ "mail", "SendEmail", { "from", "a@example.org", "to", "<b@example.net>" },
	    { "say:220 x\r\n", "hear", "say:250-x\r\n250-SIZE\r\n250 DSN\r\n", "hear",
	      "say:250 ok\r\n", "hear", "say:250 ok\r\n", "hear", "say:354 go\r\n",
	      "hear:\r\n.\r\n", "say:250 queued\r\n", "hear" }, PING_OPEN,
	    "connected, but no goodbye within 0.5 s" },
	{ "mail to one who knows HELO only", "SendEmail",
	    { "from", "a@example.org", "to", "b@example.net" },
	    { "say:220 x\r\n", "hear", "say:500 what?\r\n", "hear", "say:250 x\r\n", "hear",
	      "say:550 not you\r\n" }, PING_BAD_ANSWER, "the server says '550 not you'" },
	{ "mail that is not wanted", "SendEmail",
	    { "from", "a@example.org", "to", "b@example.net" },
	    { "say:220 x\r\n", "hear", "say:250 x\r\n", "hear", "say:250 x\r\n", "hear",
	      "say:452 full\r\n" }, PING_BAD_ANSWER, "the server says '452 full'" },
	{ "mail to one who hangs up", "SendEmail",
	    { "from", "a@example.org", "to", "b@example.net" },
	    { "say:220 x\r\n", "hear", "say:250 x\r\n", "hear", "hangup" }, PING_CUT_OFF,
	    "it hung up before its answer to MAIL FROM" },
};
/* clang-format on */

static struct test_run *
run_for(const char *module, const char *port, const char *const *more)
{
	static const char *vars[24];
	size_t n = 0;
	struct err err;

	vars[n++] = "port";
	vars[n++] = port;
	for (size_t i = 0; more[i] != NULL; i++)
		vars[n++] = more[i];
	vars[n] = NULL;
	struct test_run *r = testhost_run(module, "127.0.0.1", NULL, vars, &err);
	if (r == NULL) {
		printf("Bail out! %s: %s\n", module, err.text);
		exit(1);
	}
	return r;
}

/* Until nothing is under way any more. */
static void
settle(void)
{
	for (int i = 0; i < 100 && sockets_used() > 0; i++)
		testhost_loop(30, NULL);
}

static void
test_talk(const struct talk *t)
{
	struct peer p = peer_stream("127.0.0.1", t->script);
	struct test_run *r = run_for(t->module, p.port, t->vars);

	if (t->outcome == PING_OPEN)
		r->run.timeout_ns = 500 * MS;
	struct test_ping *ping =
	    testhost_ping(r, 0, t->outcome == PING_OPEN ? 600 : 5000);
	if (!ok(ping->outcome == t->outcome, "%s: %s", t->what,
		ping_outcome_word(ping->outcome)))
		printf("# expected %s\n", ping_outcome_word(t->outcome));
	if (t->detail != NULL)
		is_str(r->run.detail, t->detail, "and says so");
	else
		ok(r->run.detail == NULL, "%s: nothing to say", t->what);
	if (ping->outcome == PING_ANSWERED)
		ok(ping->rtt_ns > 0 && ping->rtt_ns < 5000 * MS && ping->replies == 1,
		    "after %.3f ms", (double)ping->rtt_ns / MS);
	settle();
	is_int(sockets_used(), 0, "nothing stays open");
	testhost_end(r);
	peer_end(&p, NULL, 0);
}

/* --- what is timed --------------------------------------------------------------- */

static double
timed(const char *interval)
{
	static const char *const script[] = { "pause:100", GREETING, "hear",
		"pause:400", "hangup", NULL };
	const char *const vars[] = { "interval", interval, NULL };
	struct peer p = peer_stream("127.0.0.1", script);
	struct test_run *r = run_for("AnotherSSH", p.port, vars);

	double ms = (double)testhost_ping(r, 0, 5000)->rtt_ns / MS;
	printf("# %s: %.1f ms\n", interval, ms);
	testhost_end(r);
	peer_end(&p, NULL, 0);
	return ms;
}

static void
test_timed(void)
{
	static const char *const script[] = { "pause:100", "say:220-x\r\n", "pause:200",
		"say:220 x\r\n", "hear", NULL };
	static const char *const none[] = { NULL };
	double ms = timed("connect");

	ok(ms >= 100 && ms < 400, "connect: until the greeting");
	ms = timed("established");
	ok(ms >= 400 && ms < 500, "established: from ours to the end");
	ms = timed("complete");
	ok(ms >= 500 && ms < 5000, "complete: all of it");

	struct peer p = peer_stream("127.0.0.1", script);
	struct test_run *r = run_for("EchoPingSmtp", p.port, none);
	struct test_ping *ping = testhost_ping(r, 0, 5000);
	ms = (double)ping->rtt_ns / MS;
	ok(ms >= 300 && ms < 5000, "the whole greeting (%.1f ms)", ms);
	ok(ping->stamp == STAMP_KERNEL_RX, "by the kernel's stamp");
	ok(r->extras[EXTRA_CONNECT] == 1 && r->extra[EXTRA_CONNECT] > 0 &&
		r->extra[EXTRA_CONNECT] < 0.1,
	    "the connection apart");
	ok(r->extras[EXTRA_FIRST_BYTE] == 1 && r->extra[EXTRA_FIRST_BYTE] >= 0.09 &&
		r->extra[EXTRA_FIRST_BYTE] < 0.3,
	    "and the first byte");
	testhost_end(r);
	peer_end(&p, NULL, 0);
}

static void
keep_place(struct socket_place *place)
{
	(void)place;
}

static void
test_budget(void)
{
	static struct socket_place place[SOCKETS_MAX];
	static const char *const none[] = { NULL };
	static const char *const script[] = { GREETING, NULL };
	struct peer p = peer_stream("127.0.0.1", script);
	struct test_run *r = run_for("SSH", p.port, none);

	for (unsigned i = 0; i < SOCKETS_MAX; i++)
		sockets_take(&place[i], INT64_MAX, keep_place);
	ok(testhost_ping(r, 0, 5000)->outcome == PING_NOT_SENT,
	    "without a socket left nothing is sent, which is our fault");
	is_str(r->run.detail, "Too many open files", "and said so");
	for (unsigned i = 0; i < SOCKETS_MAX; i++)
		sockets_give(&place[i]);
	ok(testhost_ping(r, 1, 5000)->outcome == PING_ANSWERED, "then it is");
	settle();
	testhost_end(r);
	peer_end(&p, NULL, 0);
}

static void
test_refused(void)
{
	static const char *const none[] = { NULL };
	struct peer p = peer_stream("127.0.0.1", none);

	peer_end(&p, NULL, 0);
	struct test_run *r = run_for("SSH", p.port, none);
	ok(testhost_ping(r, 0, 5000)->outcome == PING_REFUSED, "nobody listens");
	testhost_end(r);
}

/* --- the mail -------------------------------------------------------------------- */

static void
test_mail(void)
{
	static const char *const script[] = { "say:220 x\r\n", "hear",
		"say:250-x\r\n250 DSN\r\n", "hear", "say:250 ok\r\n", "hear",
		"say:250 ok\r\n", "hear", "say:354 go\r\n", "hear:\r\n.\r\n",
		"say:250 queued\r\n", "hear", "say:221 bye\r\n", "hangup", NULL };
	static const char *const vars[] = { "from", "a@example.org", "to",
		"b@example.net", "subject", "How long?", "bodysize", "170", NULL };
	char text[2048], name[256] = "", expected[2048], as[80] = "";
	struct peer p = peer_stream("127.0.0.1", script);
	struct test_run *r = run_for("SendEmail", p.port, vars);

	ok(testhost_ping(r, 0, 5000)->outcome == PING_ANSWERED, "a whole mail");
	settle();
	testhost_end(r);
	peer_end(&p, text, sizeof text);
	gethostname(name, sizeof name - 1);
	memset(as, 'A', 79);
	snprintf(expected, sizeof expected,
	    "EHLO %s\r\nMAIL FROM:<a@example.org>\r\n"
	    "RCPT TO:<b@example.net> NOTIFY=NEVER\r\nDATA\r\n"
	    "From: <a@example.org>\r\nTo: <b@example.net>\r\nSubject: How long?\r\n\r\n"
	    "%s\r\n%s\r\nAAAAAAAAAA\r\n.\r\nQUIT\r\n",
	    name, as, as);
	is_str(text, expected, "is what was said");
}

/* --- datagrams ------------------------------------------------------------------- */

static ssize_t
same(const uint8_t *heard, size_t len, uint8_t *out, size_t room, unsigned times)
{
	(void)times;
	if (len > room)
		return 0;
	memcpy(out, heard, len);
	return (ssize_t)len;
}

static ssize_t
other(const uint8_t *heard, size_t len, uint8_t *out, size_t room, unsigned times)
{
	ssize_t n = same(heard, len, out, room, times);

	out[n - 1] ^= 1;
	return n;
}

static ssize_t
cached(const uint8_t *heard, size_t len, uint8_t *out, size_t room, unsigned times)
{
	ssize_t n = same(heard, len, out, room, times) - 4;

	memcpy(out + 20, heard + 24, (size_t)n - 20);
	out[0] = 3; /* miss */
	out[2] = (uint8_t)(n >> 8);
	out[3] = (uint8_t)n;
	return n;
}

static void
test_datagrams(const char *address)
{
	static const char *const udp[] = { "udp", "yes", "size", "1000", NULL };
	static const char *const url[] = { "url", "http://example.org/", NULL };
	struct peer p = peer_answers(address, SOCK_DGRAM, same);
	struct test_run *r = run_for("EchoPing", p.port, udp);

	addr_parse(&r->run.address, address);
	struct test_ping *ping = testhost_ping(r, 0, 5000);
	ok(ping->outcome == PING_ANSWERED && ping->stamp == STAMP_KERNEL,
	    "%s: UDP echo, by the kernel's stamps", address);
	testhost_end(r);
	peer_end(&p, NULL, 0);
	p = peer_answers(address, SOCK_DGRAM, other);
	r = run_for("EchoPing", p.port, udp);
	addr_parse(&r->run.address, address);
	ok(testhost_ping(r, 0, 100)->outcome == PING_OPEN && r->forged == 1,
	    "something else is no echo");
	testhost_end(r);
	peer_end(&p, NULL, 0);
	r = run_for("EchoPing", p.port, udp);
	addr_parse(&r->run.address, address);
	ok(testhost_ping(r, 0, 5000)->outcome == PING_REFUSED, "nobody listens");
	testhost_end(r);

	p = peer_answers(address, SOCK_DGRAM, cached);
	r = run_for("EchoPingIcp", p.port, url);
	addr_parse(&r->run.address, address);
	ok(testhost_ping(r, 0, 5000)->outcome == PING_ANSWERED, "%s: ICP", address);
	testhost_end(r);
	peer_end(&p, NULL, 0);
	p = peer_answers(address, SOCK_DGRAM, same);
	r = run_for("EchoPingIcp", p.port, url);
	addr_parse(&r->run.address, address);
	ok(testhost_ping(r, 0, 100)->outcome == PING_OPEN && r->forged == 1,
	    "our own question is no answer");
	testhost_end(r);
	peer_end(&p, NULL, 0);
}

/* --- options --------------------------------------------------------------------- */

static void
refuses(const char *module, const char *key, const char *value, const char *why)
{
	const char *const vars[] = { key, value, NULL };
	struct err err = { "" };
	struct test_run *r = testhost_run(module, "127.0.0.1", NULL, vars, &err);

	ok(r == NULL, "%s: %s = %s", module, key, value);
	is_str(err.text, why, "is refused");
	if (r != NULL)
		testhost_end(r);
}

static void
test_options(void)
{
	refuses("EchoPing", "extraopts", "-z",
	    "extraopts = -z: the program echoping is not used, expected none of its "
	    "options");
	refuses("EchoPing", "size", "70000",
	    "size = 70000: expected a number from 1 to 65507");
	refuses("EchoPingPlugin", "plugin", "random",
	    "plugin = random: a program of echoping's that is not built in, expected "
	    "whois");
	refuses("EchoPingPlugin", "plugin", "dns",
	    "plugin = dns: measured as EchoPingDNS, expected that module");
	refuses("EchoPingWhois", "plugin", "/x/y.so",
	    "plugin = /x/y.so: programs of echoping are not used, expected whois");
	refuses(
	    "SendEmail", "from", "me too", "from = me too: expected a mail address");
	refuses("AnotherSSH", "interval", "all",
	    "interval = all: expected connect, established or complete");
	refuses("SSH", "ssh_af", "5", "ssh_af = 5: expected 4 or 6");
	refuses("EchoPingIcp", "port", "3130", "url: expected 1 to 1400 letters");
}

int
main(void)
{
	bool netns = testhost_netns();

	(void)netns;
	testhost_open(&probe_dialog);
	for (size_t i = 0; i < sizeof talks / sizeof *talks; i++)
		test_talk(&talks[i]);
	test_timed();
	test_budget();
	test_refused();
	test_mail();
	test_datagrams("127.0.0.1");
	test_datagrams("::1");
	test_options();
	testhost_close();
	return tap_done();
}
