/* The STAMP sender against a reflector that answers, lies, is slow or is not there. */
#include "t/tap.h"
#include "t/testhost.h"

#include <unistd.h>

#include "base/clock.h"
#include "probes/stampwire.h"

#define MS CLOCK_NS_PER_MS

static const struct stamp_key plain;
static const struct stamp_key key = { 13, "correct-horse" };

enum act {
	ANSWER,
	SILENT, /* loses it before it counts */
	BACK,	/* after */
	TWICE,
	WRONG_SEQ, /* what follows answers wrongly first, and rightly 30 ms later */
	WRONG_STAMP,
	WRONG_SSID,
	SHORT,
	BAD_HMAC,
	OTHER_PORT,
	NO_SSID,
	MAD, /* stamps that make no sense */
};

static struct {
	int fd, other;
	unsigned port;
	struct event *ev;
	const struct stamp_key *key;
	const enum act *act; /* by the sender's numbers */
	int64_t offset;	     /* of its clock */
	int64_t held;	     /* claims to have had it for so long */
	uint32_t count;
	size_t len; /* of the last question */
	bool synced;
} peer;

static void
answer(const uint8_t *question, size_t len, const struct stamp_answer *a,
    const struct stamp_key *by, int fd, const struct addr *to)
{
	uint8_t buf[STAMP_MAX];

	memcpy(buf, question, len);
	stamp_write_answer(buf, len, a, by);
	(void)sendto(fd, buf, len, 0, &to->sa, addr_len(to));
}

static void
lie(enum act act, const uint8_t *buf, size_t len, struct stamp_answer a,
    const struct addr *from)
{
	struct stamp_key wrong = { 3, "abc" };

	a.asked.seq += act == WRONG_SEQ;
	a.asked.sent += act == WRONG_STAMP;
	a.ssid ^= act == WRONG_SSID;
	if (act == SHORT)
		(void)sendto(peer.fd, buf, 20, 0, &from->sa, addr_len(from));
	else
		answer(buf, len, &a, act == BAD_HMAC ? &wrong : peer.key,
		    act == OTHER_PORT ? peer.other : peer.fd, from);
	usleep(30000);
}

static void
on_question(evutil_socket_t fd, short what, void *ctx)
{
	uint8_t buf[STAMP_MAX];
	struct addr from;
	socklen_t size = sizeof from;
	struct stamp_question q;
	ssize_t len = recvfrom(fd, buf, sizeof buf, 0, &from.sa, &size);
	int64_t now = clock_wall_ns() + peer.offset;

	(void)what, (void)ctx;
	if (len < 0 ||
	    stamp_read_question(&q, buf, (size_t)len, peer.key) != STAMP_GOOD)
		return;
	peer.len = (size_t)len;
	enum act act = peer.act == NULL ? ANSWER : peer.act[q.seq];
	if (act == SILENT)
		return;
	struct stamp_answer a = { .seq = peer.count++,
		.received = stamp_from_ns(now),
		.sent = stamp_from_ns(act == MAD ? now - MS : now + peer.held),
		.error = STAMP_ERROR_1MS | (peer.synced ? STAMP_SYNCED : 0),
		.ssid = act == NO_SSID ? 0 : q.ssid,
		.asked = q,
		.ttl = 64 };
	if (act == BACK)
		return;
	if (act >= WRONG_SEQ && act <= OTHER_PORT)
		lie(act, buf, (size_t)len, a, &from);
	answer(buf, (size_t)len, &a, peer.key, peer.fd, &from);
	if (act == TWICE)
		answer(buf, (size_t)len, &a, peer.key, peer.fd, &from);
}

static int
listen_on(const char *text, unsigned *port)
{
	struct addr a;
	socklen_t len = sizeof a;
	struct err err;

	if (addr_parse_listen(&a, text, &err) != 0)
		exit(1);
	int fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, &a.sa, addr_len(&a)) != 0 ||
	    getsockname(fd, &a.sa, &len) != 0)
		exit(1);
	*port = addr_port(&a);
	return fd;
}

/* A run with N pings against a peer that does as ACTS says; more variables in VARS. */
static struct test_run *
ask(unsigned n, const enum act *acts, const struct stamp_key *k,
    const char *const vars[8])
{
	static char port[8];
	static const char *all[12];
	struct err err;

	snprintf(port, sizeof port, "%u", peer.port);
	all[0] = "port";
	all[1] = port;
	for (unsigned i = 0; i < 8; i++)
		all[2 + i] = vars == NULL ? NULL : vars[i];
	if (vars == NULL || vars[0] == NULL)
		all[2] = NULL;
	peer.act = acts;
	peer.key = k;
	peer.count = 0;
	struct test_run *r = testhost_run("STAMP", "127.0.0.1", NULL, all, &err);
	if (r == NULL) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	for (unsigned i = 0; i < n; i++)
		testhost_ping(r, i,
		    acts != NULL && acts[i] <= BACK && acts[i] > ANSWER ? 20 : 500);
	testhost_loop(20, NULL);
	r->run.type->figures(&r->run);
	return r;
}

static void
answers(void)
{
	struct test_run *r = ask(40, NULL, &plain, NULL);
	unsigned good = 0, kernel = 0;

	for (unsigned i = 0; i < 40; i++) {
		good += r->ping[i].outcome == PING_ANSWERED && r->ping[i].rtt_ns > 0 &&
			r->ping[i].rtt_ns < 50 * MS;
		kernel += r->ping[i].stamp != STAMP_USER;
	}
	is_int(good, 40, "all are answered");
	is_int(kernel, 40, "by a kernel's stamps");
	is_close(r->extra[EXTRA_FORWARD_LOSS], 0, 0, "no loss there");
	is_close(r->extra[EXTRA_BACKWARD_LOSS], 0, 0, "nor back");
	is_int(r->extras[EXTRA_FORWARD_VARIATION], 1, "variation there");
	is_int(r->extras[EXTRA_BACKWARD_VARIATION], 1, "and back");
	is_int(r->extras[EXTRA_CLOCK_OFFSET], 0, "clocks say nothing");
	is_int(peer.len, 44, "in packets of 44 octets");
	testhost_end(r);

	static const char *const longer[8] = { "size", "172", "key", "correct-horse" };
	r = ask(3, NULL, &key, longer);
	is_int(r->ping[2].outcome, PING_ANSWERED, "with a key, too");
	is_int(peer.len, 172, "and longer ones");
	testhost_end(r);

	static const char *const voice[8] = { "sampler", "voice", "codec", "g729" };
	r = ask(1, NULL, &plain, voice);
	is_int(peer.len, 44, "a codec's packets, or as short as it gets");
	testhost_end(r);
	static const char *const g711[8] = { "sampler", "voice", "gap", "30 ms" };
	r = ask(1, NULL, &plain, g711);
	is_int(peer.len, 252, "12 of RTP and 8 a millisecond");
	testhost_end(r);
}

static void
lies(void)
{
	static const enum act acts[] = { WRONG_SEQ, WRONG_STAMP, WRONG_SSID, SHORT,
		BAD_HMAC, OTHER_PORT, NO_SSID, TWICE, ANSWER };
	static const char *const vars[8] = { "key", "correct-horse" };
	struct test_run *r = ask(9, acts, &key, vars);
	unsigned late = 0;

	for (unsigned i = 0; i < 6; i++)
		late +=
		    r->ping[i].outcome == PING_ANSWERED && r->ping[i].rtt_ns >= 30 * MS;
	is_int(late, 6, "lies are not believed, what follows them is");
	is_int(r->forged, 5, "five are forged");
	is_int(r->wrong_source, 1, "one came from somewhere else");
	is_int(r->ping[6].outcome, PING_ANSWERED,
	    "a reflector need not know of session ids");
	is_int(r->ping[7].replies, 2, "duplicates are the gate's");
	is_close(r->extra[EXTRA_BACKWARD_LOSS], 0, 0, "and count as one");
	testhost_end(r);
	r = ask(2, NULL, &plain, vars);
	is_int(r->ping[1].outcome, PING_OPEN, "a peer without our key does not answer");
	is_int(r->extras[EXTRA_FORWARD_LOSS], 0, "of which no way can be told");
	testhost_end(r);
}

static void
losses(void)
{
	static const enum act acts[] = { ANSWER, SILENT, ANSWER, BACK, SILENT, ANSWER,
		BACK, BACK, ANSWER, ANSWER };
	static const char *const stateless[8] = { "mode", "stateless" };
	struct test_run *r = ask(10, acts, &plain, NULL);

	is_close(r->extra[EXTRA_FORWARD_LOSS], 0.2, 1e-12, "two of ten there");
	is_close(r->extra[EXTRA_BACKWARD_LOSS], 3 / 8.0, 1e-12, "three of eight back");
	testhost_end(r);
	r = ask(10, acts, &plain, stateless);
	is_int(r->extras[EXTRA_FORWARD_LOSS], 0, "a stateless peer cannot tell");
	testhost_end(r);
}

static void
clocks(void)
{
	static const char *const synced[8] = { "synchronised", "yes" };
	static const enum act mad[] = { MAD };

	peer.held = 100 * MS;
	struct test_run *r = ask(3, NULL, &plain, NULL);
	ok(r->ping[0].rtt_ns > 0 && r->ping[0].rtt_ns < 50 * MS,
	    "more than it was away is not taken off");
	is_str(r->run.detail, "the reflector's stamps make no sense", "and said so");
	testhost_end(r);
	peer.held = 0;
	r = ask(1, mad, &plain, NULL);
	is_int(r->ping[0].outcome, PING_ANSWERED, "sent before it came: an answer");
	is_int(r->extras[EXTRA_FORWARD_VARIATION] > 0 &&
		   isfinite(r->extra[EXTRA_FORWARD_VARIATION]),
	    0, "whose stamps are of no use");
	testhost_end(r);

	peer.offset = -3600 * CLOCK_NS_PER_S;
	r = ask(5, NULL, &plain, synced);
	ok(r->extra[EXTRA_FORWARD_VARIATION] < 0.02,
	    "an hour's offset is no variation");
	is_int(r->extras[EXTRA_CLOCK_OFFSET], 0, "only one clock is said to be right");
	testhost_end(r);
	peer.synced = true;
	peer.offset = 250 * MS;
	r = ask(5, NULL, &plain, synced);
	is_close(
	    r->extra[EXTRA_CLOCK_OFFSET], 0.25, 0.005, "both: their offset is told");
	testhost_end(r);
	peer.offset = 0;
}

static void
nobody(void)
{
	struct err err;
	unsigned port = peer.port;
	int fd = listen_on("127.0.0.1:0", &peer.port);

	close(fd);
	struct test_run *r = ask(3, NULL, &plain, NULL);
	is_int(r->ping[0].hint, PING_PORT_UNREACHABLE, "a closed port");
	is_int(r->ping[2].hint, PING_PORT_UNREACHABLE, "of every ping");
	is_str(r->run.detail, "no reflector listens there", "is said in words");
	testhost_end(r);
	peer.port = port;

	static const char *const bad[][3] = { { "size", "20" }, { "port", "0" },
		{ "keyfile", "/nowhere" } };
	static const char *const why[] = {
		"size = 20: expected a number from 44 to 1472",
		"port = 0: expected a number from 1 to 65535",
		"no key could be read from keyfile /nowhere",
	};
	for (unsigned i = 0; i < 3; i++) {
		ok(testhost_run("STAMP", "127.0.0.1", NULL, bad[i], &err) == NULL,
		    "%s = %s is refused", bad[i][0], bad[i][1]);
		is_str(err.text, why[i], "with the reason");
	}
}

int
main(void)
{
	testhost_open(&probe_stamp);
	peer.fd = listen_on("127.0.0.1:0", &peer.port);
	unsigned ignored;
	peer.other = listen_on("127.0.0.1:0", &ignored);
	peer.ev =
	    event_new(testhost_base, peer.fd, EV_READ | EV_PERSIST, on_question, NULL);
	event_add(peer.ev, NULL);
	answers();
	lies();
	losses();
	clocks();
	nobody();
	event_free(peer.ev);
	testhost_close();
	return tap_done();
}
