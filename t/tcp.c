/* The TCP probe on loopback: open, closed, full and unreachable ports. */
#include "t/tap.h"
#include "t/testhost.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/ports.h"
#include "probes/sockets.h"

static char port[8];

static int
serve(const char *address, int backlog)
{
	struct addr a;
	socklen_t len = sizeof a;

	addr_parse(&a, address);
	int fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, &a.sa, addr_len(&a)) != 0 || listen(fd, backlog) != 0) {
		close(fd);
		return -1;
	}
	getsockname(fd, &a.sa, &len);
	snprintf(port, sizeof port, "%u", addr_port(&a));
	return fd;
}

/* The connection that waits at FD; -1 when there is none for 2 s. */
static int
take(int fd, struct addr *peer)
{
	struct pollfd p = { fd, POLLIN, 0 };
	socklen_t len = sizeof *peer;

	if (poll(&p, 1, 2000) != 1)
		return -1;
	return peer == NULL ? accept(fd, NULL, NULL) : accept(fd, &peer->sa, &len);
}

static struct test_run *
target(const char *address, const char *refused)
{
	static const char *vars[5] = { "port", port, "refused_is" };
	struct err err;

	vars[3] = refused;
	if (refused == NULL)
		vars[2] = NULL;
	else
		vars[2] = "refused_is";
	struct test_run *r = testhost_run("TCPPing", address, NULL, vars, &err);
	if (r == NULL) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return r;
}

static struct test_ping
dial(const char *address, const char *refused)
{
	struct test_run *r = target(address, refused);
	struct test_ping p = *testhost_ping(r, 0, 4000);

	testhost_end(r);
	return p;
}

/* Up to three more variables. */
static struct test_run *
target_with(const char *const *more)
{
	static const char *vars[9];
	struct err err;

	vars[0] = "port";
	vars[1] = port;
	for (unsigned i = 0; i < 7; i++)
		vars[i + 2] = NULL;
	for (unsigned i = 0; i < 6 && more[i] != NULL; i++)
		vars[i + 2] = more[i];
	struct test_run *r = testhost_run("TCPPing", "127.0.0.1", NULL, vars, &err);
	if (r == NULL) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return r;
}

/* How many sockets the namespace keeps in TIME-WAIT. */
static int
time_waits(void)
{
	char line[512];
	int count = 0;
	FILE *in = fopen("/proc/self/net/tcp", "r");

	while (in != NULL && fgets(line, sizeof line, in) != NULL)
		count += strstr(line, " 06 ") != NULL;
	if (in != NULL)
		fclose(in);
	return count;
}

static void
test_open(const char *address)
{
	int fd = serve(address, 16);
	char byte;

	if (fd < 0) {
		ok(true, "# SKIP no %s", address);
		return;
	}
	struct test_ping p = dial(address, NULL);
	ok(p.outcome == PING_ANSWERED && p.stamp == STAMP_KERNEL && p.rtt_ns > 0 &&
		p.rtt_ns < 100 * CLOCK_NS_PER_MS && p.replies == 1,
	    "%s: an open port answers, by the kernel's time", address);
	int peer = accept(fd, NULL, NULL);
	ssize_t n = recv(peer, &byte, 1, 0);
	ok(n < 0 && errno == ECONNRESET, "the connection is reset, nothing was sent");
	close(peer);
	close(fd);
	p = dial(address, NULL);
	ok(p.outcome == PING_ANSWERED && p.stamp == STAMP_USER && p.rtt_ns > 0,
	    "%s: a closed port is a reply", address);
	ok(dial(address, "reply").outcome == PING_ANSWERED, "refused_is = reply");
	ok(dial(address, "loss").outcome == PING_REFUSED, "refused_is = loss");
}

/* A full backlog drops SYNs. */
static void
test_lost_syn(void)
{
	int fd = serve("127.0.0.1", 0);
	struct test_run *r = target("127.0.0.1", NULL);
	int dropped = 0;

	for (unsigned i = 0; i < 4; i++)
		probe_tcp.ping(&r->run, i);
	testhost_loop(300, NULL);
	for (unsigned i = 0; i < 4; i++)
		dropped += r->ping[i].outcome == PING_OPEN;
	ok(dropped >= 2, "a full backlog: %d handshakes hang", dropped);
	/* make room before the kernel tries again, for one of them */
	for (struct pollfd p = { fd, POLLIN, 0 }; poll(&p, 1, 0) == 1;)
		close(accept(fd, NULL, NULL));
	testhost_loop(1500, NULL);
	int lost = 0;
	for (unsigned i = 0; i < 4; i++)
		lost += r->ping[i].outcome == PING_SYN_LOST;
	ok(lost >= 1, "a repeated SYN is a lost one (%d)", lost);
	close(fd);
	testhost_end(r);
}

static int
peer_port(int server, struct addr *peer)
{
	int fd = take(server, peer);

	close(fd);
	return fd < 0 ? -1 : (int)addr_port(peer);
}

static void
test_ports(const char *how)
{
	static const char *const plain[] = { NULL };
	int fd = serve("127.0.0.1", 16);
	struct test_run *r = target_with(plain);
	struct addr peer;
	int before = 0, same_step = 0;

	for (unsigned i = 0; i < TESTHOST_PINGS; i++) {
		testhost_ping(r, i, 4000);
		int now = peer_port(fd, &peer);
		same_step += now == before + 1;
		before = now;
	}
	/* somebody else's port is passed over, and the last leads to the first */
	ok(same_step >= TESTHOST_PINGS - 4, "%s: port after port (%d of %d)", how,
	    same_step, TESTHOST_PINGS);
	testhost_end(r);
	close(fd);
}

static void
test_via(void)
{
	static const char *const from[] = { "sourceaddress", "127.0.0.5", "tos", "0xb8",
		"ttl", "77", NULL };
	static const char *const nowhere[] = { "sourceaddress", "192.0.2.9", NULL };
	static const char *const device[] = { "interface", "lo", NULL };
	static const char *const nodevice[] = { "interface", "nosuch0", NULL };
	int fd = serve("127.0.0.1", 16), on = 1;
	unsigned char syn[64];
	socklen_t len = sizeof syn;
	struct addr peer;
	char text[ADDR_TEXT];

	setsockopt(fd, IPPROTO_TCP, TCP_SAVE_SYN, &on, sizeof on);
	struct test_run *r = target_with(from);
	testhost_ping(r, 0, 4000);
	testhost_end(r);
	int conn = take(fd, &peer);
	ok(getsockopt(conn, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len) == 0 && len >= 20,
	    "the SYN is there to look at");
	is_int(syn[1], 0xb8, "tos");
	is_int(syn[8], 77, "ttl");
	is_str(addr_text(&peer, text), "127.0.0.5", "sourceaddress");
	close(conn);
	r = target_with(device);
	ok(testhost_ping(r, 0, 4000)->outcome == PING_ANSWERED, "interface");
	testhost_end(r);
	r = target_with(nowhere);
	ok(testhost_ping(r, 0, 4000)->outcome == PING_NOT_SENT,
	    "an address that is not ours");
	is_str(r->run.detail, "Cannot assign requested address", "is our fault");
	testhost_end(r);
	r = target_with(nodevice);
	ok(testhost_ping(r, 0, 4000)->outcome == PING_NOT_SENT, "no such interface");
	is_str(r->run.detail, "No such device", "is our fault");
	testhost_end(r);
	close(fd);
}

static void
test_fin(void)
{
	static const char *const fin[] = { "close", "fin", NULL };
	int fd = serve("127.0.0.1", 16);
	struct test_run *r = target_with(fin);
	unsigned done = 0;
	char byte;

	ok(testhost_ping(r, 0, 4000)->outcome == PING_ANSWERED, "close = fin");
	int conn = take(fd, NULL);
	is_int(recv(conn, &byte, 1, 0), 0, "the connection ends in peace");
	testhost_end(r);
	is_int(sockets_used(), 1, "and waits for the other end");
	close(conn);
	testhost_loop(100, &done);
	is_int(sockets_used(), 0, "which closes as well");

	r = target_with(fin);
	testhost_ping(r, 0, 4000);
	testhost_end(r);
	conn = take(fd, NULL);
	is_int(recv(conn, &byte, 1, 0), 0, "the other end that does not close");
	for (int i = 0; i < 40 && sockets_used() > 0; i++)
		testhost_loop(100, NULL);
	is_int(sockets_used(), 0, "is not waited for long");
	ok(send(conn, "x", 1, MSG_NOSIGNAL) < 0 &&
		(errno == EPIPE || errno == ECONNRESET),
	    "nothing half-open is left");
	close(conn);
	close(fd);
}

/* What a banner server says, in pieces; then it hangs up unless SILENT. */
static struct test_ping
banner(const char *const *piece, bool silent, char why[200])
{
	static const char *const expect[] = { "expect", "220 ready", NULL };
	int fd = serve("127.0.0.1", 16);
	struct test_run *r = target_with(expect);

	probe_tcp.ping(&r->run, 0);
	int conn = take(fd, NULL);
	for (unsigned i = 0; piece[i] != NULL; i++) {
		ok(send(conn, piece[i], strlen(piece[i]), MSG_NOSIGNAL) > 0, "(said)");
		testhost_loop(10, NULL);
	}
	if (!silent)
		shutdown(conn, SHUT_WR);
	testhost_loop(50, NULL);
	struct test_ping p = r->ping[0];
	snprintf(why, 200, "%s", r->run.detail == NULL ? "" : r->run.detail);
	testhost_end(r);
	close(conn);
	close(fd);
	return p;
}

static void
test_expect(void)
{
	static const char *const whole[] = { "220 ready to serve\r\n", NULL };
	static const char *const bytes[] = { "2", "2", "0 ", "re", "ad", "y", NULL };
	static const char *const wrong[] = { "554 go away\r\n", NULL };
	static const char *const none[] = { NULL };
	static char longest[5000];
	const char *endless[] = { longest, NULL };
	char why[200];

	struct test_ping p = banner(whole, true, why);
	ok(p.outcome == PING_ANSWERED && p.stamp == STAMP_KERNEL,
	    "expect: the banner holds it, the time is the handshake's");
	ok(banner(bytes, true, why).outcome == PING_ANSWERED, "in bytes");
	ok(banner(wrong, false, why).outcome == PING_CUT_OFF, "another one");
	is_str(why, "no '220 ready' in what it said before it hung up", "why");
	ok(banner(none, true, why).outcome == PING_OPEN, "silence is waited for");
	memset(longest, 'x', sizeof longest - 1);
	ok(banner(endless, true, why).outcome == PING_BAD_ANSWER, "an endless one");
	is_str(why, "no '220 ready' in the first 4096 bytes", "why");
}

static unsigned dropped;

static void
drop_place(struct socket_place *place)
{
	sockets_give(place);
	dropped++;
}

static void
test_budget(void)
{
	static struct socket_place place[SOCKETS_MAX];
	static const char *const plain[] = { NULL };
	int fd = serve("127.0.0.1", 16);
	struct test_run *r = target_with(plain);
	int64_t now = clock_mono_ns();

	for (unsigned i = 0; i < SOCKETS_MAX; i++)
		if (!sockets_take(&place[i], i == 3 ? now : INT64_MAX, drop_place))
			break;
	is_int(sockets_used(), SOCKETS_MAX, "all places are taken");
	ok(testhost_ping(r, 0, 4000)->outcome == PING_ANSWERED && dropped == 1,
	    "one that is spare gives way");
	ok(sockets_take(&place[3], INT64_MAX, drop_place), "which is taken again");
	ok(testhost_ping(r, 1, 4000)->outcome == PING_NOT_SENT && dropped == 1,
	    "with all in use nothing is sent, which is our fault");
	for (unsigned i = 0; i < SOCKETS_MAX; i++)
		sockets_give(&place[i]);
	testhost_end(r);
	close(fd);
}

static void
test_unreachable(void)
{
	struct test_ping p = dial("192.0.2.1", NULL);

	ok(p.outcome == PING_NO_ROUTE, "no route: %s", ping_outcome_word(p.outcome));
	p = dial("2001:db8::1", NULL);
	ok(p.outcome == PING_NO_ROUTE || p.outcome == PING_NOT_SENT,
	    "no route for IPv6: %s", ping_outcome_word(p.outcome));
}

/* With no port left the fault is ours. */
static void
test_no_port(void)
{
	int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "61000 61001", 11) != 11) {
		ok(true, "# SKIP the port range cannot be set");
		return;
	}
	close(fd);
	int server = serve("127.0.0.1", 16), held[4];
	struct addr a;
	addr_parse(&a, "127.0.0.1");
	addr_set_port(&a, (unsigned)atoi(port));
	for (int i = 0; i < 4; i++) {
		held[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(held[i], &a.sa, addr_len(&a)) != 0)
			continue;
	}
	struct test_ping p = dial("127.0.0.1", NULL);
	ok(p.outcome == PING_NOT_SENT, "no port left: %s",
	    ping_outcome_word(p.outcome));
	for (int i = 0; i < 4; i++)
		close(held[i]);
	close(server);
}

static void
test_end(void)
{
	int fd = serve("127.0.0.1", 0);
	struct test_run *r = target("127.0.0.1", NULL);

	for (unsigned i = 0; i < 30; i++)
		probe_tcp.ping(&r->run, i);
	testhost_end(r);
	testhost_loop(50, NULL);
	ok(true, "a run may end with handshakes under way");
	close(fd);
}

static void
test_options(void)
{
	static const char *const bad_port[] = { "port", "70000", NULL };
	static const char *const bad_word[] = { "refused_is", "fine", NULL };
	static const char *const bad_source[] = { "sourceaddress", "here", NULL };
	static const char *const bad_tos[] = { "tos", "256", NULL };
	static const char *const bad_repeat[] = { "syn_retrans", "never", NULL };
	struct err err;

	ok(testhost_run("TCPPing", "127.0.0.1", NULL, bad_port, &err) == NULL,
	    "port 70000");
	is_str(err.text, "port = 70000: expected a number from 1 to 65535", "refused");
	ok(testhost_run("TCPPing", "127.0.0.1", NULL, bad_word, &err) == NULL,
	    "refused_is fine");
	is_str(err.text, "refused_is = fine: expected reply or loss", "refused");
	ok(testhost_run("TCPPing", "127.0.0.1", NULL, bad_source, &err) == NULL,
	    "sourceaddress here");
	is_str(err.text, "sourceaddress = here: expected an IP address", "refused");
	ok(testhost_run("TCPPing", "127.0.0.1", NULL, bad_tos, &err) == NULL,
	    "tos 256");
	is_str(err.text, "tos = 256: expected 0 to 255, or ef, af41 ...", "refused");
	ok(testhost_run("TCPPing", "127.0.0.1", NULL, bad_repeat, &err) == NULL,
	    "syn_retrans never");
	is_str(err.text, "syn_retrans = never: expected loss or time", "refused");
}

int
main(void)
{
	bool netns = testhost_netns();

	testhost_open(&probe_tcp);
	test_open("127.0.0.1");
	test_open("::1");
	test_lost_syn();
	test_end();
	test_options();
	test_expect();
	test_budget();
	if (!ports_by_range())
		ok(true, "# SKIP no ports by range: Linux before 6.3");
	else
		test_ports("by range");
	if (netns) {
		is_int(time_waits(), 0, "nothing is left in TIME-WAIT");
		test_via();
		test_unreachable();
	}
	test_fin();
	if (netns)
		test_no_port();
	ports_bind_them();
	test_open("127.0.0.1");
	test_ports("by binding");
	if (netns)
		test_via();
	testhost_close();
	return tap_done();
}
