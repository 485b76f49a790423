/* The sockets of the ICMP probe: what one inherits, how targets are spread over
 * several, and who takes whose id. */
#include "t/icmpfar.h"

/* COUNT replies that are nobody's, into the first socket in use. */
static void
flood(int fd, unsigned count)
{
	uint8_t reply[64] = { ICMP_ECHOREPLY };
	struct addr self;

	reply[4] = (uint8_t)(icmp_io_id(0) >> 8);
	reply[5] = (uint8_t)icmp_io_id(0);
	reply[2] = (uint8_t)~reply[4]; /* the checksum: nothing else is in it */
	reply[3] = (uint8_t)~reply[5];
	(void)addr_parse(&self, "127.0.0.1");
	while (count-- > 0)
		(void)sendto(fd, reply, sizeof reply, 0, &self.sa, addr_len(&self));
}

/* A prober that is started again gets the socket of the one before. */
static void
inherited(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP), small = 1;
	struct icmpsock s;

	(void)icmpsock_open(&s, AF_INET);
	(void)setsockopt(s.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	flood(fd, 100);
	take_socket(&s);
	flood(fd, 1);
	probe_icmp.receive(&host);
	is_int((long long)counters.overflow, 0, "what it lost before is not ours");
	flood(fd, 100);
	probe_icmp.receive(&host);
	flood(fd, 1);
	probe_icmp.receive(&host);
	ok(counters.overflow > 0, "what is lost from now on is");
	close_host();
	close(fd);
}

/* One more round of one ping, by a clock turned by hand: it goes on when the far end
 * has heard the ping, and we the answer if there is one. */
static void
next_round(struct far *far)
{
	uint64_t begun = counters.rounds_scheduled;
	unsigned done = dones, heard = far->heard, seen = far->seen;
	clock_t give_up = clock() + 5 * CLOCKS_PER_SEC;

	while (counters.rounds_scheduled == begun && clock() < give_up)
		turn(10 * MS);
	while (far->heard == heard && clock() < give_up)
		far_turn(far, false);
	while (far->seen != seen && dones == done && clock() < give_up)
		runs_tick();
	while (dones == done && clock() < give_up)
		turn(10 * MS);
}

/* Rounds until UNTIL are done, one a second. */
static void
rounds(struct far *far, unsigned until)
{
	for (unsigned i = dones; i < until; i++)
		next_round(far);
}

static struct run *
every_second(uint64_t target, int64_t phase)
{
	struct run_spec spec = { .target = target,
		.path = "A",
		.name = "a",
		.type = &probe_icmp,
		.opts = probe_icmp.options(NULL, NULL, NULL),
		.plan = { .step = CLOCK_NS_PER_S,
		    .sampler = SAMPLER_BURST,
		    .count = 1,
		    .gap = 5 * MS,
		    .timeout = 50 * MS } };

	spec.plan.phase = phase;
	plan_settle(&spec.plan);
	dones = 0;
	return run_add(&spec);
}

/* A host that does not answer its own calls: that one target is silent while another
 * one answers by another id does not say that the first one's id was taken. */
static void
no_theft(void)
{
	struct far far = { .family = AF_INET,
		.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) };

	(void)addr_parse(&to, "127.0.0.1");
	clock_fake(1000 * CLOCK_NS_PER_S, BEGIN, 1000 * CLOCK_NS_PER_S);
	open_hosts(3);
	far.deaf = icmp_io_id(0);
	struct run *silent = every_second(2, 0);
	struct run *other = every_second(1, 150 * MS);
	rounds(&far, 4);
	ok(!answered[0] && answered[1] && !answered[2] && answered[3],
	    "one is silent, another one is not");
	is_int((long long)counters.new_ids, 0, "nobody has taken an id");
	run_remove(silent);
	run_remove(other);
	close_host();
	close(far.fd);
	clock_real();
}

/* Somebody on the way remembers a session of ours that leads nowhere any more. */
static void
new_id(void)
{
	struct far far = { .family = AF_INET,
		.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) };

	(void)addr_parse(&to, "127.0.0.1");
	clock_fake(1000 * CLOCK_NS_PER_S, BEGIN, 1000 * CLOCK_NS_PER_S);
	open_hosts(2);
	uint16_t first = icmp_io_id(0), second = icmp_io_id(1);
	ok(first != second, "each with an id of its own");
	struct run *run = every_second(1, 0);
	rounds(&far, 1);
	ok(answered[0], "an answer");
	far.deaf = first;
	rounds(&far, 5);
	ok(!answered[1] && !answered[2] && !answered[3], "three rounds of silence");
	ok(answered[4], "and an answer by another id");
	is_int((long long)counters.new_ids, 1, "which is counted");
	far.deaf = second;
	rounds(&far, 9);
	ok(!answered[7] && answered[8], "the next time it goes back to the first");
	far.silent = true;
	rounds(&far, 14);
	is_int(
	    (long long)counters.new_ids, 3, "who is silent for long moves only once");
	run_remove(run);
	close_host();
	close(far.fd);
	clock_real();
}

/* Another program takes our id, and gets all answers: no loss. False when we were put
 * aside meanwhile and have stalled by ourselves. */
static bool
try_theft(const char *target, bool last)
{
	struct icmpsock s[2];
	struct err err;
	struct addr self;
	socklen_t size = sizeof self;
	static const struct run_ops ops = { .done = on_done, .address = on_address };
	int64_t give_up = clock_mono_ns() + 60 * CLOCK_NS_PER_S, watch = 0;
	int thief = -1;
	bool calm = false;

	(void)addr_parse(&to, target);
	int family = to.sa.sa_family;
	memset(&counters, 0, sizeof counters);
	runs_open(&host, &ops);
	for (unsigned i = 0; i < 2; i++)
		ok(icmpsock_open(&s[i], family) == 0 &&
			probe_icmp.socket(s[i].fd, &err) == 0,
		    "socket %u", i);
	(void)probe_icmp.open(&host, &err);
	struct run_spec spec = { .target = 1,
		.path = "A",
		.name = "a",
		.type = &probe_icmp,
		.opts = probe_icmp.options(NULL, NULL, NULL),
		.plan = { .step = 100000 * CLOCK_NS_PER_S,
		    .sampler = SAMPLER_BURST,
		    .count = 60,
		    .gap = 20 * MS,
		    .timeout = 200 * MS } };
	spec.plan.phase = (clock_wall_ns() + 60 * MS) % spec.plan.step;
	plan_settle(&spec.plan);
	free(got);
	got = NULL;
	struct run *run = run_add(&spec);
	int64_t take_at = clock_mono_ns() + 300 * MS;
	while (got == NULL && clock_mono_ns() < give_up) {
		if (thief < 0 && clock_mono_ns() > take_at) {
			thief = socket(family, SOCK_DGRAM | SOCK_CLOEXEC,
			    family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
			ok(getsockname(s[0].fd, &self.sa, &size) == 0 &&
				bind(thief, &self.sa, size) == 0,
			    "somebody binds to our id");
		}
		if (runs_next() <= clock_mono_ns())
			runs_tick();
		calm = put_aside(&watch) < ASIDE;
		usleep(200);
	}
	if (!calm && !last) {
		run_remove(run);
		close_host();
		close(thief);
		return false;
	}
	unsigned lost = 0, stalled = 0;
	for (unsigned i = 0; got != NULL && i < got->count; i++) {
		lost += ping_is_loss(got->ping[i].outcome);
		stalled += got->ping[i].outcome == PING_STALLED;
	}
	ok(got != NULL && got->ping[5].outcome == PING_ANSWERED &&
		got->ping[59].outcome == PING_ANSWERED,
	    "answers come before and after");
	is_int(lost, 0, "nothing is lost");
	ok(stalled > 5 && stalled < 40, "%u pings are unknown", stalled);
	is_int((long long)counters.new_ids, 1, "the target has another id");
	run_remove(run);
	close_host();
	close(thief);
	return true;
}

static void
theft(const char *target)
{
	for (unsigned i = 0; i < TRIES && !try_theft(target, i == TRIES - 1); i++)
		;
}

/* Answers of a target come by its socket; what another one loses is not its fault. */
static void
apart(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	unsigned by[4] = { 0 };
	struct icmpsock_class class = { .family = AF_INET };

	open_hosts(4);
	for (unsigned i = 0; i < 300; i++)
		by[icmp_io_choose(&class, i)]++;
	ok(by[0] == 100 && by[1] == 100 && by[2] == 100 && by[3] == 0,
	    "targets are spread over all but the last socket");
	is_int(icmp_io_other(1, 5), 3, "which is for those who need another id");
	is_int(icmp_io_other(3, 5), 2, "who goes away from there goes home");
	class.df = true;
	is_int(icmp_io_choose(&class, 0), -1, "none is of another class");
	(void)icmp_io_overflow(0);
	flood(fd, 1);
	probe_icmp.receive(&host);
	flood(fd, 200000);
	probe_icmp.receive(&host);
	flood(fd, 1);
	probe_icmp.receive(&host);
	ok(counters.overflow > 0 && *icmp_io_overflow(0) > 0 &&
		*icmp_io_overflow(1) < 0 && *icmp_io_overflow(2) < 0,
	    "one that overflows does so alone");
	close_host();
	close(fd);
}

/* A socket tells by itself of what class it is. */
static void
classes(void)
{
	static const struct icmpsock_class all[] = { { AF_INET, false, 0 },
		{ AF_INET, true, 0 }, { AF_INET6, false, 0 }, { AF_INET6, true, 0 },
		{ AF_INET, false, 0x80000001 }, { AF_INET6, true, 7 } };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct icmpsock_class class;
		enum icmp_rung rung;
		struct icmpsock s;

		if (icmpsock_open_class(&s, &all[i]) != 0) {
			ok(false, "class %zu: %s", i, s.why);
			continue;
		}
		ok(icmpsock_read(s.fd, &class, &rung) == 0 &&
			icmpsock_same(&class, &all[i]) && rung == s.rung,
		    "class %zu is read back", i);
		close(s.fd);
	}
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct err err;
	ok(icmp_io_open(fd, &err) != 0, "no ICMP socket: %s", err.text);
}

int
main(void)
{
	enter_world();
	allow_datagrams(false);
	inherited();
	apart();
	classes();
	allow_datagrams(true);
	inherited();
	apart();
	no_theft();
	new_id();
	classes();
	(void)write_file("/proc/sys/net/ipv4/icmp_echo_ignore_all", "0");
	(void)write_file("/proc/sys/net/ipv6/icmp/echo_ignore_all", "0");
	theft("127.0.0.1");
	theft("::1");
	free(got);
	return tap_done();
}
