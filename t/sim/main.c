/* simnet: the simulated network on a TUN device of the namespace that it was started
 * in, which the caller made. See --help and t/sim/rules.c. */
#include "t/sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define READS_PER_TURN 64 /* then what is due goes out first */

static struct {
	const char *device, *rules, *log, *stats, *ready;
	size_t queue;
	int64_t spin_ns, grain_ns;
	bool fifo, arrival;
} option = { .device = "sim0", .queue = 1 << 20 };

static volatile sig_atomic_t want_flush, want_rules, want_end;
static int tun = -1;

static void
on_signal(int sig)
{
	if (sig == SIGUSR1)
		want_flush = 1;
	else if (sig == SIGHUP)
		want_rules = 1;
	else
		want_end = 1;
}

/* Run "ip WORD..."; a failure ends the program. */
static void
run_ip(const char *const *words)
{
	const char *argv[16] = { "ip" };
	int status;

	for (size_t i = 0; words[i] != NULL && i + 2 < 16; i++)
		argv[i + 1] = words[i];
	pid_t pid = fork();
	if (pid == 0) {
		execvp("ip", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		fatalx("'ip %s %s %s' failed", words[0], words[1], words[2]);
}

#define IP(...) run_ip((const char *const[]){ __VA_ARGS__, NULL })

static void
open_device(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tun < 0)
		fatal("cannot open /dev/net/tun");
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", option.device);
	if (ioctl(tun, TUNSETIFF, &ifr) != 0)
		fatal("cannot make device %s", option.device);
	IP("link", "set", option.device, "mtu", "1500", "txqueuelen", "20000", "up");
	IP("addr", "add", SIM_LOCAL4 "/32", "dev", option.device);
	IP("route", "add", SIM_NET4, "dev", option.device, "src", SIM_LOCAL4);
	IP("-6", "addr", "add", SIM_LOCAL6 "/128", "dev", option.device, "nodad");
	IP("-6", "route", "add", SIM_NET6, "dev", option.device, "src", SIM_LOCAL6);
}

/* The packet of R leaves, or is noted as not leaving. */
static void
send_later(
    const struct request *r, struct answer *a, int64_t delay_ns, enum sim_what what)
{
	static uint8_t packet[SIM_PACKET];
	struct record record = r->record;

	record.what = (uint8_t)what;
	size_t len = a == NULL ? 0 : packet_finish(a, packet);
	if (len == 0) {
		record_add(&record);
		return;
	}
	struct pending *p = mem_alloc(sizeof *p + len);
	p->due_ns = clock_mono_ns() - (clock_wall_ns() - r->in_ns) + delay_ns;
	p->record = record;
	p->len = len;
	memcpy(p->data, packet, len);
	if (!queue_add(p, option.queue)) {
		record_totals.overflow++;
		record.what = SIM_OVERFLOW;
		record_add(&record);
		free(p);
	}
}

static void
release_due(void)
{
	struct pending *p;
	int64_t now = 0;

	while ((p = queue_first()) != NULL &&
	       (p->due_ns <= now || p->due_ns <= (now = clock_mono_ns()))) {
		queue_take();
		record_behind(now - p->due_ns);
		p->record.out_ns = clock_wall_ns();
		if (write(tun, p->data, p->len) != (ssize_t)p->len) {
			record_totals.write_failed++;
			p->record.what = SIM_WRITE_FAILED;
			p->record.out_ns = 0;
		}
		record_add(&p->record);
		free(p);
	}
}

/* Read what waits, at most READS_PER_TURN packets; false when nothing is left. All are
 * read and stamped before the first is answered, so that none waits for the others. */
static bool
read_some(void)
{
	static struct {
		int64_t in_ns;
		size_t len;
		uint8_t data[SIM_PACKET];
	} came[READS_PER_TURN];
	static struct request r;
	unsigned count = 0;

	for (; count < READS_PER_TURN; count++) {
		ssize_t n = read(tun, came[count].data, sizeof came[count].data);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0)
			fatal("cannot read from %s", option.device);
		came[count].in_ns = clock_wall_ns();
		came[count].len = (size_t)n;
	}
	record_totals.received += count;
	for (unsigned i = 0; i < count; i++) {
		r.in_ns = arrival_of(came[i].data, came[i].len, came[i].in_ns);
		if (packet_read(&r, came[i].data, came[i].len) == 0)
			packet_answer(&r, send_later);
		else
			record_totals.ignored++;
	}
	return count == READS_PER_TURN;
}

static void
handle_signals(void)
{
	if (want_flush) {
		want_flush = 0;
		record_flush(option.device);
	}
	if (want_rules) {
		want_rules = 0;
		rules_load(option.rules);
		record_flush(option.device);
	}
}

/* Sleep to the end of this grain: a hundred packets cost one wake-up, and each is read
 * and sent late by a grain at most, which its stamps tell. */
static void
rest_a_grain(const sigset_t *unblocked)
{
	int64_t now = clock_mono_ns();
	int64_t ns = option.grain_ns - now % option.grain_ns;
	struct timespec ts = { .tv_sec = ns / CLOCK_NS_PER_S,
		.tv_nsec = ns % CLOCK_NS_PER_S };

	if (ppoll(NULL, 0, &ts, unblocked) < 0 && errno != EINTR)
		fatal("ppoll");
}

/* Sleep until a packet comes, the next is due (up to spin_ns earlier), or a signal. */
static void
rest(int ep, const sigset_t *unblocked)
{
	struct epoll_event ev;
	struct timespec ts = { .tv_sec = 3600 };
	const struct pending *next = queue_first();

	if (next != NULL) {
		int64_t ns = next->due_ns - clock_mono_ns() - option.spin_ns;
		if (ns < 0)
			ns = 0;
		ts.tv_sec = ns / CLOCK_NS_PER_S;
		ts.tv_nsec = ns % CLOCK_NS_PER_S;
	}
	if (epoll_pwait2(ep, &ev, 1, &ts, unblocked) < 0 && errno != EINTR)
		fatal("epoll_pwait2");
}

static void
say_ready(void)
{
	if (option.ready == NULL)
		return;
	int fd = open(option.ready, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		fatal("%s", option.ready);
	close(fd);
}

static void
loop(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct epoll_event ev = { .events = EPOLLIN };
	sigset_t blocked, unblocked;
	static const int sigs[] = { SIGUSR1, SIGHUP, SIGTERM, SIGINT };

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++) {
		sigaction(sigs[i], &sa, NULL);
		sigaddset(&blocked, sigs[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	int ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, tun, &ev) != 0)
		fatal("epoll");
	say_ready();
	while (!want_end) {
		if (option.grain_ns > 0)
			rest_a_grain(&unblocked);
		else
			rest(ep, &unblocked);
		handle_signals();
		do
			release_due();
		while (read_some() && !want_end);
		release_due();
	}
	close(ep);
}

/* As exact as this machine permits; what is refused is said, not hidden. */
static void
be_precise(void)
{
	struct sched_param param = { .sched_priority = 50 };

	prctl(PR_SET_TIMERSLACK, 1);
	if (!option.fifo)
		return;
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) != 0)
		log_warn("no SCHED_FIFO");
	if (mlockall(MCL_CURRENT) != 0)
		log_warn("cannot lock memory");
}

static void
usage(FILE *out)
{
	fputs(
	    "usage: simnet [--device NAME] [--rules FILE] [--log FILE] [--stats FILE]\n"
	    "              [--ready FILE] [--seed N] [--queue PACKETS] [--spin US]\n"
	    "              [--grain US] [--fifo] [--arrival]\n"
	    "       simnet --print LOG\n"
	    "Makes a TUN device here (use a namespace of your own) and answers for\n" SIM_NET4
	    " and " SIM_NET6 ". SIGUSR1 writes the log and the counters out,\n"
	    "SIGHUP reads the rules again, SIGTERM ends. FILE of --ready appears once\n"
	    "packets are answered. --print shows a log as tab separated text. --arrival stamps\n"
	    "a packet when it reached the device instead of when it was read.\n",
	    out);
}

/* Returns an exit status, or -1 to go on. */
static int
read_options(int argc, char **argv)
{
	static const struct option longs[] = { { "device", 1, NULL, 'd' },
		{ "rules", 1, NULL, 'r' }, { "log", 1, NULL, 'l' },
		{ "stats", 1, NULL, 's' }, { "ready", 1, NULL, 'y' },
		{ "seed", 1, NULL, 'e' }, { "queue", 1, NULL, 'q' },
		{ "spin", 1, NULL, 'p' }, { "grain", 1, NULL, 'g' },
		{ "fifo", 0, NULL, 'f' }, { "arrival", 0, NULL, 'a' },
		{ "print", 1, NULL, 'P' }, { "help", 0, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };

	for (int c; (c = getopt_long(argc, argv, "h", longs, NULL)) != -1;)
		switch (c) {
		case 'd':
			option.device = optarg;
			break;
		case 'r':
			option.rules = optarg;
			break;
		case 'l':
			option.log = optarg;
			break;
		case 's':
			option.stats = optarg;
			break;
		case 'y':
			option.ready = optarg;
			break;
		case 'e':
			packet_seed = strtoull(optarg, NULL, 0);
			break;
		case 'q':
			option.queue = strtoul(optarg, NULL, 0);
			break;
		case 'p':
			option.spin_ns = strtol(optarg, NULL, 0) * CLOCK_NS_PER_US;
			break;
		case 'g':
			option.grain_ns = strtol(optarg, NULL, 0) * CLOCK_NS_PER_US;
			break;
		case 'a':
			option.arrival = true;
			break;
		case 'f':
			option.fifo = true;
			break;
		case 'P':
			return record_print(optarg) != 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	if (optind < argc) {
		usage(stderr);
		return 2;
	}
	return -1;
}

int
main(int argc, char **argv)
{
	log_init("simnet", LOG_LEVEL_INFO);
	int status = read_options(argc, argv);
	if (status >= 0)
		return status;
	if (rules_load(option.rules) != 0 || record_open(option.log, option.stats) != 0)
		return 1;
	open_device();
	if (option.arrival)
		arrival_open(option.device);
	be_precise();
	loop();
	record_flush(option.device);
	struct pending *p;
	while ((p = queue_take()) != NULL)
		free(p);
	return 0;
}
