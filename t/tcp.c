/* The TCP probe on loopback: open, closed, full and unreachable ports. */
#include "t/tap.h"
#include "t/testhost.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

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
	struct err err;

	ok(testhost_run("TCPPing", "127.0.0.1", NULL, bad_port, &err) == NULL,
	    "port 70000");
	is_str(err.text, "port = 70000: expected a number from 1 to 65535", "refused");
	ok(testhost_run("TCPPing", "127.0.0.1", NULL, bad_word, &err) == NULL,
	    "refused_is fine");
	is_str(err.text, "refused_is = fine: expected reply or loss", "refused");
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
	if (netns) {
		is_int(time_waits(), 0, "nothing is left in TIME-WAIT");
		test_unreachable();
		test_no_port();
	}
	testhost_close();
	return tap_done();
}
