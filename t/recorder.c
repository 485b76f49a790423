/* The real probed-recorder, fed over its lines as the parent, the prober and web
 * would. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rrd.h>

#include "config/conf.h"
#include "link/msg.h"
#include "link/msghere.h"
#include "link/msgminute.h"
#include "link/msgwifi.h"
#include "minutering.h"
#include "rawring.h"
#include "store.h"
#include "t/tap.h"

#define STEP 10
#define PINGS 5
#define WAIT_MS 8000

static char dir[] = "/tmp/smokebox-recorder-XXXXXX";
static char conf_dir[] = "/tmp/smokebox-recorder-conf-XXXXXX";
static char program[1024];
static int64_t base; /* a row in the near past, on the grid */

/* One recorder and our ends of its lines. */
static struct {
	pid_t pid;
	int control, prober, web;
	unsigned generation;
} rec;
static struct msg_out out;
static struct round seen;

/* --- lines ----------------------------------------------------------------------- */

static void
send_fd(int line, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	size_t len = msg_end(&out);
	struct iovec iov = { out.data, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		mh.msg_control = &control;
		mh.msg_controllen = sizeof control;
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	if (len == 0 || sendmsg(line, &mh, MSG_NOSIGNAL) != (ssize_t)len)
		printf("# sending: %s\n", strerror(errno));
}

/* The next message of TYPE on LINE; others are passed over. False after WAIT_MS. */
static bool
expect(int line, enum msg_type type, struct msg_in *in, unsigned wait_ms)
{
	static uint8_t data[MSG_MAX];
	struct pollfd p = { line, POLLIN, 0 };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t end = now.tv_sec * 1000 + now.tv_nsec / 1000000 + wait_ms;
	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		int64_t left = end - now.tv_sec * 1000 - now.tv_nsec / 1000000;
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		ssize_t n = recv(line, data, sizeof data, MSG_DONTWAIT);
		if (n <= 0)
			return false;
		if (msg_parse(in, data, (size_t)n, -1) == 0 && in->type == type)
			return true;
	}
}

static bool
expect_round(int64_t row)
{
	struct msg_in in;

	return expect(rec.web, MSG_ROUND, &in, WAIT_MS) &&
	       msg_get_round(&in, &seen) == 0 && msg_done(&in) == 0 && seen.row == row;
}

/* The text of the next trouble. */
static const char *
expect_trouble(unsigned wait_ms)
{
	static char text[4096];
	struct msg_in in;

	if (!expect(rec.web, MSG_TROUBLE, &in, wait_ms))
		return "(none)";
	wire_u64(&in.wire);
	wire_i64(&in.wire);
	msg_get_str(&in, text, sizeof text);
	return msg_done(&in) == 0 ? text : "(bad message)";
}

static uint32_t last_line;

static int
give_line(enum room room)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	msg_begin(&out, MSG_PEER);
	pack_u8(&out.pack, (uint8_t)room);
	pack_u32(&out.pack, ++last_line);
	send_fd(rec.control, pair[1]);
	close(pair[1]);
	return pair[0];
}

static void
write_text(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		printf("# cannot write %s\n", name);
	close(fd);
}

/* Three files of a configuration directory, through the parser, to the recorder. */
static void
give_config(const char *targets, unsigned pings)
{
	struct conf_report report = { 0 };
	static char text[32768];
	char name[sizeof conf_dir + 16];
	int fd = memfd_create("config", MFD_CLOEXEC);
	FILE *f = fdopen(dup(fd), "w");

	snprintf(name, sizeof name, "%s/Database", conf_dir);
	snprintf(text, sizeof text,
	    "*** Database ***\nstep = %u\npings = %u\n"
	    "AVERAGE 0.5 1 500\nAVERAGE 0.5 12 40\nMIN 0.5 12 40\nMAX 0.5 12 40\n",
	    STEP, pings);
	write_text(name, text);
	snprintf(name, sizeof name, "%s/Probes", conf_dir);
	write_text(name, "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n");
	snprintf(name, sizeof name, "%s/Targets", conf_dir);
	snprintf(text, sizeof text,
	    "*** Targets ***\nprobe = FPing\nmenu = Top\ntitle = Top\n%s", targets);
	write_text(name, text);

	struct conf *conf = conf_load(conf_dir, &report);
	if (conf == NULL)
		conf_report_print(&report, stdout);
	else
		conf_write_checked(conf, CONF_DATABASE | CONF_PROBES | CONF_TARGETS, f);
	fclose(f);
	conf_free(conf);
	conf_report_free(&report);
	msg_begin(&out, MSG_CONFIG);
	pack_u32(&out.pack, ++rec.generation);
	send_fd(rec.control, fd);
	close(fd);
}

/* Wait until the recorder's beat says that the configuration is in force. */
static bool
configured(void)
{
	struct msg_in in;

	while (expect(rec.control, MSG_BEAT, &in, WAIT_MS))
		if (wire_u32(&in.wire) == rec.generation)
			return true;
	return false;
}

static bool
start(const char *targets, unsigned pings)
{
	int pair[2];
	struct msg_in in;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	fflush(stdout);
	rec.pid = fork();
	if (rec.pid == 0) {
		dup2(pair[1], 3);
		execl(program, "probed-recorder", (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	rec.control = pair[0];
	give_config(targets, pings);
	rec.prober = give_line(ROOM_PROBER);
	rec.web = give_line(ROOM_WEB);
	msg_begin(&out, MSG_START);
	send_fd(rec.control, -1);
	if (!expect(rec.control, MSG_READY, &in, WAIT_MS))
		return false;
	char how[200];
	msg_get_str(&in, how, sizeof how);
	printf("# locked in: %s\n", how);
	return true;
}

static void
hang_up(void)
{
	close(rec.control);
	close(rec.prober);
	close(rec.web);
}

/* Returns the exit status, or -1 when it was killed. */
static int
stop(void)
{
	int status = -1;

	msg_begin(&out, MSG_STOP);
	send_fd(rec.control, -1);
	waitpid(rec.pid, &status, 0);
	hang_up();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
slay(void)
{
	kill(rec.pid, SIGKILL);
	waitpid(rec.pid, NULL, 0);
	hang_up();
}

/* --- rounds ---------------------------------------------------------------------- */

static void
make(struct round *r, const char *path, int64_t row, unsigned pings)
{
	memset(r, 0, sizeof *r);
	r->target = conf_target_id(path);
	r->row = row;
	r->step = STEP;
	r->begin_ns = (row - STEP) * 1000000000LL;
	r->end_ns = row * 1000000000LL;
	r->count = (uint16_t)pings;
	r->state = ROUND_MEASURED;
	r->address.v4.sin_family = AF_INET;
	r->address.v4.sin_addr.s_addr = htonl(0x7f000001);
	for (unsigned i = 0; i < pings; i++)
		r->ping[i] = (struct ping){ 1000000 + i + row % 1000 * 1000,
			PING_ANSWERED, STAMP_KERNEL };
}

static void
send_round(const char *path, int64_t row, unsigned pings)
{
	static struct round r;

	make(&r, path, row, pings);
	msg_begin(&out, MSG_ROUND);
	msg_put_round(&out, &r);
	send_fd(rec.prober, -1);
}

static int64_t
last_of(const char *file)
{
	struct store_rrd rrd;

	if (store_rrd_read(file, &rrd, NULL) < 0)
		return -1;
	store_rrd_free(&rrd);
	return rrd.last;
}

/* Is FILE's median at ROW that of make()? */
static bool
holds(const char *file, int64_t row)
{
	time_t from = (time_t)row - 1, to = (time_t)row;
	unsigned long step = 1, ds;
	char **names;
	rrd_value_t *data;

	for (int i = 0; i < 2000; i++) {
		rrd_clear_error();
		if (rrd_fetch_r(
			file, "AVERAGE", &from, &to, &step, &ds, &names, &data) == 0)
			break;
		if (i == 1999) {
			printf("# %s: %s\n", file, rrd_get_error());
			return false;
		}
		usleep(1000); /* locked by the recorder at this moment */
	}
	double want = (1000000 + 2 + (double)(row % 1000) * 1000) / 1e9;
	double got = NAN;
	if (from + (time_t)step == (time_t)row)
		got = data[STORE_DS_MEDIAN];
	for (unsigned long i = 0; i < ds; i++)
		free(names[i]);
	free(names);
	free(data);
	if (!(fabs(got - want) < 1e-12))
		printf(
		    "# %s at %lld: %g, expected %g\n", file, (long long)row, got, want);
	return fabs(got - want) < 1e-12;
}

#define TWO "+ A\n++ B\nhost = 127.0.0.1\n++ C\nhost = 127.0.0.1\n"

/* --- the tests ------------------------------------------------------------------- */

static int
count_round(void *ctx, const struct round *r)
{
	(void)r;
	++*(size_t *)ctx;
	return 0;
}

static void
basics(void)
{
	static struct round r;
	struct msg_in in;
	struct msg_target t = { .target = conf_target_id("A.B"),
		.state = TARGET_NO_NAME,
		.text = "no such name" },
			  got_t;
	struct msg_counters c = { .room = ROOM_PROBER, .rounds_measured = 42 }, got_c;
	struct msg_store s;
	size_t n = 0;

	ok(start(TWO, PINGS), "it starts");
	send_round("A.B", base, PINGS);
	ok(expect_round(base), "a round comes out at web");
	make(&r, "A.B", base, PINGS);
	ok(seen.target == r.target && seen.count == r.count &&
		seen.ping[4].rtt_ns == r.ping[4].rtt_ns &&
		addr_same_host(&seen.address, &r.address),
	    "as it was");
	ok(holds("A/B.rrd", base), "and is in its file");

	send_round("A.B", base, PINGS);
	send_round("A.X", base + STEP, PINGS);
	send_round("A.B", base + STEP, PINGS + 1);
	send_round("A.B", base + STEP + 1, PINGS);
	send_round("A.B", base + 1000000000, PINGS);
	send_round("A.B", base + 2 * STEP, PINGS);
	ok(expect_round(base + 2 * STEP), "strangers and nonsense are left out");
	/* It tells every 3 s, the first time perhaps in the midst of these. */
	bool told = false;
	for (unsigned i = 0; i < 3 && (!told || s.failed < 4); i++)
		told = expect(rec.web, MSG_STORE, &in, WAIT_MS) &&
		       msg_get_store(&in, &s) == 0 && msg_done(&in) == 0;
	ok(told, "it tells its counters");
	is_int((long long)s.rows_written, 2, "rows written");
	is_int((long long)s.failed, 4,
	    "rounds left out; the same row again is not counted");
	is_int((long long)s.queued, 0, "none waits");

	msg_begin(&out, MSG_TARGET);
	msg_put_target(&out, &t);
	send_fd(rec.prober, -1);
	ok(expect(rec.web, MSG_TARGET, &in, WAIT_MS) &&
		msg_get_target(&in, &got_t) == 0 && got_t.state == TARGET_NO_NAME,
	    "a target's state is passed on");
	msg_begin(&out, MSG_COUNTERS);
	msg_put_counters(&out, &c);
	send_fd(rec.prober, -1);
	ok(expect(rec.web, MSG_COUNTERS, &in, WAIT_MS) &&
		msg_get_counters(&in, &got_c) == 0 && got_c.rounds_measured == 42,
	    "counters are passed on");

	close(rec.web);
	rec.web = give_line(ROOM_WEB);
	ok(expect(rec.web, MSG_COUNTERS, &in, WAIT_MS) &&
		msg_get_counters(&in, &got_c) == 0 && got_c.rounds_measured == 42,
	    "a new web hears the counters");
	ok(expect(rec.web, MSG_TARGET, &in, WAIT_MS) &&
		msg_get_target(&in, &got_t) == 0 &&
		strcmp(got_t.text, "no such name") == 0,
	    "the target's state");
	ok(expect_round(base + 2 * STEP), "and its last round");
	is_int((long long)rawring_read(
		   conf_target_id("A.B"), 0, INT64_MAX, count_round, &n),
	    3, "the raw ring has every round of the target");

	msg_begin(&out, MSG_PICTURE);
	send_fd(rec.prober, -1);
	ok(expect(rec.control, MSG_NONSENSE, &in, WAIT_MS),
	    "nonsense from the prober is reported");
	ok(expect(rec.control, MSG_LINE_DOWN, &in, WAIT_MS) &&
		wire_u8(&in.wire) == ROOM_PROBER && wire_u32(&in.wire) <= last_line,
	    "and that the line to it is closed");
	close(rec.prober);
	rec.prober = give_line(ROOM_PROBER);
	send_round("A.B", base + 3 * STEP, PINGS);
	ok(expect_round(base + 3 * STEP), "and a new prober is listened to");
	is_int(stop(), 0, "it leaves when told to");
}

static void
restarts(void)
{
	ok(start(TWO, PINGS), "it starts again");
	send_round("A.B", base + 4 * STEP, PINGS);
	ok(expect_round(base + 4 * STEP), "and goes on");
	ok(holds("A/B.rrd", base + 2 * STEP) && holds("A/B.rrd", base + 4 * STEP),
	    "in the same file");
	/* What is in the line when it is told to stop is written. */
	for (int i = 5; i < 405; i++) {
		send_round("A.B", base + i * STEP, PINGS);
		send_round("A.C", base + i * STEP, PINGS);
		if (i % 20 == 0) /* what web is told must be read */
			expect_round(base + i * STEP);
	}
	is_int(stop(), 0, "stopped with rounds in its line");
	is_int(last_of("A/B.rrd"), base + 404 * STEP, "all of one target are on disk");
	is_int(last_of("A/C.rrd"), base + 404 * STEP, "and of the other");
	ok(holds("A/C.rrd", base + 233 * STEP), "whole");

	bool good = true;
	for (int k = 1; k <= 10; k++) {
		good &= start(TWO, PINGS);
		for (int i = 0; i < 50; i++)
			send_round("A.B", base + (400 + k * 50 + i) * STEP, PINGS);
		good &= expect_round(base + (400 + k * 50) * STEP);
		slay();
		good &= store_rrd_sound("A/B.rrd", NULL) == 0;
		good &= last_of("A/B.rrd") >= base + (400 + k * 50) * STEP;
	}
	ok(good, "killed ten times while writing: the file is sound, what was said to "
		 "be stored is stored");
	base += 2000 * STEP;
}

static int delete (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level == 0 ? 0 : remove(path);
}

static void
mishaps(void)
{
	struct stat st;

	write_text("A/B.rrd", "");
	ok(start(TWO, PINGS), "it starts with a file of zero bytes");
	send_round("A.B", base, PINGS);
	send_round("A.C", base, PINGS);
	const char *text = expect_trouble(WAIT_MS);
	if (!ok(strncmp(text,
		    "A/B.rrd: is empty (zero bytes); it is kept as "
		    ".smokebox/set-aside/A/B.rrd-20",
		    75) == 0,
		"which is told"))
		printf("# %s\n", text);
	ok(expect_round(base) && expect_round(base), "both targets go on");
	ok(holds("A/B.rrd", base) && holds("A/C.rrd", base), "in good files");

	/* The whole data directory is emptied. */
	nftw(".", delete, 16, FTW_DEPTH | FTW_PHYS);
	ok(stat("A", &st) < 0 && stat(STORE_DIR, &st) < 0, "everything is deleted");
	send_round("A.B", base + STEP, PINGS);
	ok(expect_round(base + STEP), "the next round");
	ok(holds("A/B.rrd", base + STEP), "is in a new file");
	size_t n = 0;
	send_round("A.B", base + 2 * STEP, PINGS);
	ok(expect_round(base + 2 * STEP), "and the one after it");
	rawring_read(0, (base - 9 * STEP) * 1000000000LL, INT64_MAX, count_round, &n);
	is_int((long long)n, 2, "so is the raw ring");
	is_int(stop(), 0, "it leaves");
}

/* Root without capabilities is held up by modes like anybody else. */
static void
no_permission(void)
{
	ok(start(TWO, PINGS), "it starts");
	chmod("A", 0555);
	send_round("A.C", base + 3 * STEP, PINGS);
	send_round("A.B", base + 3 * STEP, PINGS);
	const char *text = expect_trouble(WAIT_MS);
	if (!ok(strstr(text, "A/C.rrd") != NULL &&
		    strstr(text, "Permission denied") != NULL &&
		    strstr(text, "kept in memory") != NULL,
		"a directory that is not writable is told"))
		printf("# %s\n", text);
	send_round("A.C", base + 4 * STEP, PINGS);
	is_str(expect_trouble(1500), "(none)", "once");
	chmod("A", 0755);
	ok(expect_round(base + 3 * STEP) && expect_round(base + 4 * STEP),
	    "its rounds are written when it is mended");
	is_int(stop(), 0, "it leaves");
	ok(holds("A/B.rrd", base + 3 * STEP) && holds("A/C.rrd", base + 3 * STEP) &&
		holds("A/C.rrd", base + 4 * STEP),
	    "none is missing");
}

static void
locked(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	struct msg_in in;
	struct msg_store s = { 0 };

	start(TWO, PINGS);
	int fd = open("A/B.rrd", O_RDONLY);
	fcntl(fd, F_SETLK, &lock);
	for (int i = 5; i < 60; i++)
		send_round("A.B", base + i * STEP, PINGS);
	send_round("A.C", base + 5 * STEP, PINGS);
	ok(expect_round(base + 5 * STEP) && seen.target == conf_target_id("A.C"),
	    "a locked file does not hold up another");
	close(fd);
	bool good = true;
	for (int i = 5; i < 60; i++)
		good &= expect_round(base + i * STEP);
	ok(good, "when the lock is gone all its rounds are written");
	ok(expect(rec.web, MSG_STORE, &in, WAIT_MS) && msg_get_store(&in, &s) == 0 &&
		s.retries > 0 && s.queued == 0,
	    "retries are counted");
	is_int(stop(), 0, "it leaves");
}

static void
reloads(void)
{
	start(TWO, PINGS);
	send_round("A.B", base + 100 * STEP, PINGS);
	ok(expect_round(base + 100 * STEP), "before a reload");
	give_config("+ A\n++ B\nhost = 127.0.0.1\n+ D\nhost = 127.0.0.1\n", PINGS);
	ok(configured(), "a target goes, another comes");
	send_round("A.C", base + 101 * STEP, PINGS);
	send_round("D", base + 101 * STEP, PINGS);
	ok(expect_round(base + 101 * STEP) && seen.target == conf_target_id("D"),
	    "the new one is stored, the old one is not");
	send_round("A.B", base + 101 * STEP, PINGS);
	ok(expect_round(base + 101 * STEP), "the one that stays goes on");

	/* The prober knows of a new target first, web last. */
	struct msg_in in;
	struct msg_target t = { .target = conf_target_id("E"), .state = TARGET_OK };
	msg_begin(&out, MSG_TARGET);
	msg_put_target(&out, &t);
	send_fd(rec.prober, -1);
	bool told = expect(rec.web, MSG_TARGET, &in, WAIT_MS);
	give_config("+ A\n++ B\nhost = 127.0.0.1\n+ E\nhost = 127.0.0.1\n", PINGS);
	ok(told && configured() && expect(rec.web, MSG_TARGET, &in, WAIT_MS) &&
		msg_get_target(&in, &t) == 0 && t.target == conf_target_id("E"),
	    "what was said of a new target is said again after the reload");

	give_config("+ A\n++ B\nhost = 127.0.0.1\n", 7);
	ok(configured(), "other pings");
	send_round("A.B", base + 102 * STEP, 7);
	ok(expect_round(base + 102 * STEP), "its round is stored");
	struct store_rrd rrd = { 0 };
	store_rrd_read("A/B.rrd", &rrd, NULL);
	is_int(rrd.pings, 7, "in a file with so many");
	store_rrd_free(&rrd);
	ok(holds("A/B.rrd", base + 101 * STEP), "which has the rounds before it too");
	is_int(stop(), 0, "it leaves");
}

/* Rounds of targets that have their files do not wait for new files. */
enum {
	NEW = 300
};

static const char *
many_targets(void)
{
	static char targets[NEW * 40];
	size_t at = (size_t)snprintf(targets, sizeof targets, "%s", TWO);

	for (unsigned i = 0; i < NEW; i++)
		at += (size_t)snprintf(
		    targets + at, sizeof targets - at, "+ N%u\nhost = 127.0.0.1\n", i);
	return targets;
}

static void
send_many(int64_t row, unsigned pings)
{
	char path[20];

	for (unsigned i = 0; i < NEW; i++) {
		snprintf(path, sizeof path, "N%u", i);
		send_round(path, row, pings);
	}
}

/* How many rounds of others are stored before one of PATH; NEW when none comes. */
static unsigned
stored_before(const char *path)
{
	static struct round r;
	struct msg_in in;

	for (unsigned n = 0; n < NEW; n++)
		if (!expect(rec.web, MSG_ROUND, &in, WAIT_MS) ||
		    msg_get_round(&in, &r) != 0)
			return NEW;
		else if (r.target == conf_target_id(path))
			return n;
	return NEW;
}

static void
many_new(void)
{
	struct msg_in in;

	start(many_targets(), PINGS);
	send_round("A.B", base + 200 * STEP, PINGS);
	ok(expect_round(base + 200 * STEP), "a target that has its file");
	send_many(base + 201 * STEP, PINGS);
	send_round("A.B", base + 201 * STEP, PINGS);
	unsigned before = stored_before("A.B");
	bool came = before < NEW;
	ok(before < NEW / 2, "is not kept waiting by %u new ones (%u before it)",
	    (unsigned)NEW, before);
	for (unsigned i = before; i < NEW && came; i++)
		came = expect(rec.web, MSG_ROUND, &in, WAIT_MS);
	ok(last_of("N0.rrd") == base + 201 * STEP &&
		last_of("N299.rrd") == base + 201 * STEP,
	    "which are all stored");
	is_int(stop(), 0, "it leaves");
}

/* Nor for old ones that are carried over; and a kill in the midst of that. */
static void
many_old(void)
{
	struct store_rrd rrd;
	struct msg_in in;
	char name[20];
	bool sound = true, came = true;
	unsigned old = 0;
	DIR *dir_new;

	start(many_targets(), PINGS + 2);
	send_round("A.B", base + 202 * STEP, PINGS + 2);
	ok(expect_round(base + 202 * STEP), "other pings: a target that comes first");
	send_many(base + 203 * STEP, PINGS + 2);
	send_round("A.B", base + 203 * STEP, PINGS + 2);
	unsigned before = stored_before("A.B");
	ok(before < NEW / 2, "is not kept waiting by %u old files (%u before it)",
	    (unsigned)NEW, before);
	slay();
	for (unsigned i = 0; i < NEW; i++) {
		snprintf(name, sizeof name, "N%u.rrd", i);
		if (store_rrd_read(name, &rrd, NULL) < 0) {
			sound = false;
			continue;
		}
		sound &= rrd.pings == PINGS || rrd.pings == PINGS + 2;
		old += rrd.pings == PINGS;
		store_rrd_free(&rrd);
	}
	ok(sound && old > 0,
	    "killed in the midst: every file is the old or the new one (%u old)", old);
	start(many_targets(), PINGS + 2);
	send_many(base + 204 * STEP, PINGS + 2);
	for (unsigned i = 0; i < NEW && came; i++)
		came = expect(rec.web, MSG_ROUND, &in, WAIT_MS);
	ok(came, "a new recorder carries on");
	is_int(stop(), 0, "it leaves");
	for (unsigned i = 0; i < NEW; i++) {
		snprintf(name, sizeof name, "N%u.rrd", i);
		came &= last_of(name) == base + 204 * STEP &&
			holds(name, base + 201 * STEP);
	}
	ok(came, "and every file has its rounds of before");
	unsigned left = 0;
	if ((dir_new = opendir(STORE_NEW)) != NULL) {
		while (readdir(dir_new) != NULL)
			left++;
		closedir(dir_new);
	}
	ok(left <= 3, "nothing half made is left"); /* ., .., perhaps a blank one */
}

/* --- traffic --------------------------------------------------------------------- */

static struct minute_row traffic_row[MSG_MINUTE_ROWS];
static uint8_t net = 1; /* of hosts 192.168.NET.1 and .2 */

static void
send_minute(int line, int64_t begin, bool final, uint64_t octets)
{
	struct minute_part part = { .begin_s = begin,
		.final = final,
		.by = MINUTE_HOST,
		.parts = 1,
		.rows = 2 };

	for (unsigned i = 0; i < 2; i++) {
		memset(&traffic_row[i], 0, sizeof traffic_row[i]);
		traffic_row[i].key.a =
		    (struct flow_ip){ 4, { 192, 168, net, (uint8_t)(i + 1) } };
		traffic_row[i].sum.octets[MINUTE_IN] = octets;
	}
	msg_begin(&out, MSG_MINUTE);
	msg_put_minute(&out, &part, traffic_row);
	send_fd(line, -1);
}

static bool
expect_minute(int64_t begin, bool final)
{
	struct minute_part part;
	struct msg_in in;

	return expect(rec.web, MSG_MINUTE, &in, WAIT_MS) &&
	       msg_get_minute(&in, &part, traffic_row) == 0 && part.begin_s == begin &&
	       part.final == final && part.rows == 2;
}

static int
add_octets(void *ctx, const struct minutetable *t)
{
	uint64_t *sum = ctx;

	for (size_t i = 0; i < t->rows; i++)
		*sum += minute_octets(&t->row[i].sum);
	return 0;
}

static uint64_t
kept_octets(int64_t hour)
{
	struct minutering_damage damage;
	uint64_t sum = 0;

	minutering_read(
	    1U << MINUTE_HOST, hour, hour + 3600, false, add_octets, &sum, &damage);
	return sum;
}

static void
traffic(void)
{
	int64_t hour = base - base % 3600 - 7200, later = hour + 360 * 86400;
	struct msg_forget f = { .ticket = 7 };
	struct minute_part part;
	struct msg_forgotten done;
	struct msg_in in;

	ok(start(TWO, PINGS), "with a collector");
	int collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour, false, 500);
	ok(expect_minute(hour, false), "web is told of a minute as it grows");
	is_int((long long)kept_octets(hour), 0, "which is not kept yet");
	send_minute(collector, hour, true, 1000);
	ok(expect_minute(hour, true), "and when it is final");
	for (int i = 0; i < 600 && kept_octets(hour) == 0; i++)
		usleep(100000);
	is_int((long long)kept_octets(hour), 2000, "then it is kept");

	prefix_parse(&f.prefix, "192.168.1.2", NULL);
	msg_begin(&out, MSG_FORGET);
	msg_put_forget(&out, &f);
	send_fd(rec.web, -1);
	ok(expect(rec.web, MSG_FORGOTTEN, &in, WAIT_MS) &&
		msg_get_forgotten(&in, &done) == 0 && done.ticket == 7 &&
		done.rows >= 1 && done.text[0] == '\0',
	    "an address is forgotten when web asks for it");
	is_int((long long)kept_octets(hour), 1000, "it is not in the files any more");
	send_minute(collector, hour, true, 1000);
	ok(expect(rec.web, MSG_MINUTE, &in, WAIT_MS) &&
		msg_get_minute(&in, &part, traffic_row) == 0 && part.rows == 1,
	    "nor in a minute that had begun by then");
	/* What waits at the end is written. */
	send_minute(collector, later, true, 10);
	ok(expect_minute(later, true), "a later one has it again");
	is_int(stop(), 0, "it leaves");
	close(collector);
	is_int((long long)kept_octets(hour), 2000, "with all that it has");
	is_int((long long)kept_octets(later), 20, "up to the last");
}

/* Row 1 of one part of a table and row 2 of the other. */
static void
send_parts(int line, int64_t begin, uint64_t octets)
{
	struct minute_part part = { .begin_s = begin,
		.final = true,
		.by = MINUTE_HOST,
		.parts = 2,
		.rows = 1 };

	for (; part.part < part.parts; part.part++) {
		traffic_row[0] = (struct minute_row){
			.key.a = { 4, { 192, 168, net, (uint8_t)(2 - part.part) } }
		};
		traffic_row[0].sum.octets[MINUTE_IN] = octets;
		msg_begin(&out, MSG_MINUTE);
		msg_put_minute(&out, &part, traffic_row);
		send_fd(line, -1);
	}
}

/* What rows and rests have together. */
static int
add_all(void *ctx, const struct minutetable *t)
{
	uint64_t *sum = ctx;

	*sum += minute_octets(&t->rest);
	return add_octets(ctx, t);
}

static uint64_t
all_octets(int64_t hour)
{
	struct minutering_damage damage;
	uint64_t sum = 0;

	minutering_read(
	    1U << MINUTE_HOST, hour, hour + 3600, false, add_all, &sum, &damage);
	return sum;
}

static bool
kept_at_last(int64_t hour, uint64_t octets)
{
	for (int i = 0; i < 600 && kept_octets(hour) != octets; i++)
		usleep(100000);
	return kept_octets(hour) == octets;
}

/* How many rows told of ADDRESS; -1: it failed. */
static long long
forget(const char *address)
{
	static uint32_t ticket = 100;
	struct msg_forget f = { .ticket = ++ticket };
	struct msg_forgotten done;
	struct msg_in in;

	prefix_parse(&f.prefix, address, NULL);
	msg_begin(&out, MSG_FORGET);
	msg_put_forget(&out, &f);
	send_fd(rec.web, -1);
	if (!expect(rec.web, MSG_FORGOTTEN, &in, WAIT_MS) ||
	    msg_get_forgotten(&in, &done) != 0 || done.ticket != ticket)
		return -1;
	if (done.text[0] != '\0')
		printf("# %s\n", done.text);
	return done.text[0] == '\0' ? (long long)done.rows : -1;
}

/* Whoever dies in the middle of it. */
static void
forgetting(void)
{
	int64_t hour = base - base % 3600 - 36000;
	struct msg_in in;

	/* Of others than those who are forgotten already. */
	net = 2;
	ok(start(TWO, PINGS), "with a collector again");
	int collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour, false, 300);
	ok(expect_minute(hour, false), "of a minute that grows");
	is_int(forget("192.168.2.2"), 1, "the row is forgotten, and counted");
	is_int(forget("192.168.2.2"), 0, "once");
	send_parts(collector, hour + 60, 500);
	ok(kept_at_last(hour, 500), "of a table in parts the others stay");
	is_int((long long)all_octets(hour), 1000, "and what it had is theirs");
	slay();
	close(collector);

	ok(start(TWO, PINGS), "killed in the midst of traffic, and again there");
	collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour + 120, true, 700);
	ok(kept_at_last(hour, 1200),
	    "who was forgotten before is so in what comes late");
	is_int((long long)all_octets(hour), 2400, "with all octets");
	slay();
	close(collector);

	/* As it is when the kill comes right behind the question: nothing is done yet.
	 */
	static const uint8_t asked[] = "smokebox forget 1\n"
				       "\1"
				       "\0\0\0\0\0\0\0\0\0\0\377\377\300\250\2\1\200"
				       "\0\0\0\0\1\1\1\1"
				       "\1";
	int fd = open(
	    STORE_STATE "/forgotten", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ok(fd >= 0 && write(fd, asked, sizeof asked - 1) == (ssize_t)sizeof asked - 1,
	    "asked, and killed");
	close(fd);
	ok(start(TWO, PINGS), "again there");
	ok(kept_at_last(hour, 0), "it goes on without being asked");
	struct stat st;
	for (int i = 0;
	     i < 600 && (stat(STORE_STATE "/forgotten", &st) < 0 || st.st_size != 19);
	     i++)
		usleep(100000);
	is_int((long long)st.st_size, 19,
	    "and keeps nobody's name for longer than it takes");

	/* Minutes that grow when the collector dies. */
	collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour + 180, false, 40);
	send_minute(collector, hour + 240, false, 50);
	send_minute(collector, hour + 180, false, 41);
	ok(expect_minute(hour + 180, false) && expect_minute(hour + 240, false) &&
		expect_minute(hour + 180, false),
	    "minutes grow");
	is_int((long long)kept_octets(hour), 0, "they are not kept yet");
	close(collector);
	ok(kept_at_last(hour, 182), "the collector dies: what it told last is kept");
	ok(expect(rec.web, MSG_MINUTE, &in, WAIT_MS), "and web hears of it");
	collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour + 240, true, 5);
	ok(kept_at_last(hour, 192), "another one tells the other half");
	is_int(stop(), 0, "it leaves");
	close(collector);
	is_int((long long)kept_octets(hour), 192, "nothing counts twice");
}

static void
send_wifi(int line, const struct msg_wifi *m)
{
	msg_begin(&out, MSG_WIFI);
	msg_put_wifi(&out, m);
	send_fd(line, -1);
}

/* The next word on radios. */
static bool
expect_wifi(struct msg_wifi *m)
{
	struct msg_in in;

	return expect(rec.web, MSG_WIFI, &in, WAIT_MS) && msg_get_wifi(&in, m) == 0;
}

/* The value of data source DS in the only row of FILE that ends at END; NAN. */
static double
row_value(const char *file, int64_t end, unsigned ds)
{
	time_t begin = (time_t)end - 60, stop = (time_t)end;
	unsigned long step = 60, count = 0;
	char **names = NULL;
	rrd_value_t *data = NULL;
	double v = NAN;

	if (rrd_fetch_r(
		file, "AVERAGE", &begin, &stop, &step, &count, &names, &data) == 0) {
		v = ds < count ? data[ds] : NAN;
		for (unsigned long i = 0; i < count; i++)
			free(names[i]);
		free(names);
		free(data);
	}
	rrd_clear_error();
	return v;
}

static void
radios(void)
{
	int64_t minute = base - base % 60;
	struct here h = { .link = { HERE_PLAIN, HERE_NONE }, .interface = { 3, 0 } };
	struct msg_wifi m = { .wifi = { .name = "wlan0",
				  .index = 3,
				  .linked = true,
				  .width = 80,
				  .span = { .begin_ms = minute * 1000,
				      .known_ms = 10000,
				      .count = { 100, 45, 1, 0 },
				      .level = { -78, 5180, 86e6, NAN } } } };
	struct msg_wifi told;

	ok(start(TWO, PINGS), "with a radio");
	int collector = give_line(ROOM_COLLECTOR);
	send_wifi(collector, &m);
	ok(expect_wifi(&told) && strcmp(told.wifi.name, "wlan0") == 0 &&
		told.wifi.span.level[WIFI_SIGNAL] == -78 && !told.leads,
	    "web is told of it; nobody knows yet what it leads to");
	msg_begin(&out, MSG_HERE);
	msg_put_here(&out, &h);
	send_fd(rec.prober, -1);
	/* Its line and the collector's are two. */
	struct msg_in in;
	ok(expect(rec.web, MSG_HERE, &in, WAIT_MS), "it is the way out");
	send_wifi(collector, &m);
	ok(expect_wifi(&told) && told.leads, "so web is told");
	m.wifi.span.minute = true;
	m.wifi.span.known_ms = 30000;
	send_wifi(collector, &m);
	const char *file = STORE_TRAFFIC "/wifi/wlan0.rrd";
	for (int i = 0; i < 100 && isnan(row_value(file, minute + 60, 0)); i++)
		usleep(100000);
	is_close(row_value(file, minute + 60, WIFI_SIGNAL), -78, 1e-6,
	    "its minute is kept: the signal");
	is_close(row_value(file, minute + 60, WIFI_LEVELS + WIFI_RETRIES), 90, 1e-6,
	    "and what was counted in half of it, per minute");
	ok(isnan(row_value(file, minute + 60, WIFI_RECEIVE_RATE)),
	    "what is not known is not");
	m = (struct msg_wifi){ .sight = WIFI_NO_RADIO };
	send_wifi(collector, &m);
	ok(expect_wifi(&told) && told.sight == WIFI_NO_RADIO, "it is gone");
	/* A new web. */
	close(rec.web);
	rec.web = give_line(ROOM_WEB);
	ok(expect_wifi(&told) && told.sight == WIFI_NO_RADIO, "a new web is told");
	is_int(stop(), 0, "it leaves");
	close(collector);
}

/* In a file system of our own that is full. */
static void
full(void)
{
	static char block[65536];
	struct stat st;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=755") < 0 || chdir(dir) < 0) {
		ok(true, "# SKIP a full disk needs the right to mount");
		return;
	}
	start(TWO, PINGS);
	send_round("A.B", base, PINGS);
	ok(expect_round(base), "on a disk with room");
	int fd = open("filler", O_WRONLY | O_CREAT, 0644);
	while (write(fd, block, sizeof block) > 0)
		;
	send_round("A.C", base, PINGS);
	send_round("A.C", base + STEP, PINGS);
	send_round("A.B", base + STEP, PINGS);
	const char *text = expect_trouble(WAIT_MS);
	for (int i = 0; i < 2 && strstr(text, "A/C.rrd") == NULL; i++)
		text = expect_trouble(WAIT_MS);
	if (!ok(strstr(text, "A/C.rrd") != NULL &&
		    strstr(text, "No space left on device") != NULL,
		"on a full one: said"))
		printf("# %s\n", text);
	ok(stat("A/C.rrd", &st) < 0, "no half-made file");
	if (ftruncate(fd, 0) == 0)
		close(fd);
	struct msg_in in;
	for (int i = 0; i < 3; i++)
		expect(rec.web, MSG_ROUND, &in, WAIT_MS);
	is_int(stop(), 0, "it leaves");
	ok(holds("A/C.rrd", base) && holds("A/C.rrd", base + STEP) &&
		holds("A/B.rrd", base + STEP),
	    "with room again everything is written");

	/* So full that a file should not be carried over. */
	start(TWO, PINGS + 2);
	fd = open("filler", O_WRONLY | O_CREAT, 0644);
	for (int i = 0; i < 12 && write(fd, block, sizeof block) > 0; i++)
		;
	send_round("A.B", base + 2 * STEP, PINGS + 2);
	text = expect_trouble(WAIT_MS);
	if (!ok(strstr(text, "A/B.rrd: needs a new file of") != NULL &&
		    strstr(text, "less than 20 % of the disk free") != NULL,
		"too full for other pings: said"))
		printf("# %s\n", text);
	ok(holds("A/B.rrd", base + STEP), "the old file stays");
	if (ftruncate(fd, 0) == 0)
		close(fd);
	ok(expect_round(base + 2 * STEP), "its round waited until there is room");
	is_int(stop(), 0, "it leaves");
	ok(holds("A/B.rrd", base + STEP) && last_of("A/B.rrd") == base + 2 * STEP,
	    "with its history");
	if (chdir("/") == 0)
		umount(dir);
}

int
main(void)
{
	const char *build = getenv("BUILD");

	snprintf(
	    program, sizeof program, "%s/probed-recorder", build != NULL ? build : ".");
	char *real = realpath(program, NULL);
	if (real != NULL)
		snprintf(program, sizeof program, "%s", real);
	free(real);
	if (mkdtemp(conf_dir) == NULL || mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	base = (int64_t)time(NULL) / STEP * STEP - 5000 * STEP;
	basics();
	restarts();
	mishaps();
	no_permission();
	locked();
	reloads();
	many_new();
	many_old();
	traffic();
	forgetting();
	radios();
	if (chdir(dir) == 0)
		nftw(".", delete, 16, FTW_DEPTH | FTW_PHYS);
	full();
	if (chdir(conf_dir) == 0)
		nftw(".", delete, 16, FTW_DEPTH | FTW_PHYS);
	if (chdir("/") == 0) {
		rmdir(conf_dir);
		rmdir(dir);
	}
	return tap_done();
}
