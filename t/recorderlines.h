/* The real probed-recorder, fed over its lines as the parent, the prober and web
 * would. */
#ifndef T_RECORDERLINES_H
#define T_RECORDERLINES_H

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

static inline void
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
static inline bool
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

static inline bool
expect_round(int64_t row)
{
	struct msg_in in;

	return expect(rec.web, MSG_ROUND, &in, WAIT_MS) &&
	       msg_get_round(&in, &seen) == 0 && msg_done(&in) == 0 && seen.row == row;
}

/* The text of the next trouble. */
static inline const char *
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

static inline int
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

static inline void
write_text(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		printf("# cannot write %s\n", name);
	close(fd);
}

/* Three files of a configuration directory, through the parser, to the recorder. */
static inline void
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
static inline bool
configured(void)
{
	struct msg_in in;

	while (expect(rec.control, MSG_BEAT, &in, WAIT_MS))
		if (wire_u32(&in.wire) == rec.generation)
			return true;
	return false;
}

static inline bool
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

static inline void
hang_up(void)
{
	close(rec.control);
	close(rec.prober);
	close(rec.web);
}

/* Returns the exit status, or -1 when it was killed. */
static inline int
stop(void)
{
	int status = -1;

	msg_begin(&out, MSG_STOP);
	send_fd(rec.control, -1);
	waitpid(rec.pid, &status, 0);
	hang_up();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void
slay(void)
{
	kill(rec.pid, SIGKILL);
	waitpid(rec.pid, NULL, 0);
	hang_up();
}

/* --- rounds ---------------------------------------------------------------------- */

static inline void
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

static inline void
send_round(const char *path, int64_t row, unsigned pings)
{
	static struct round r;

	make(&r, path, row, pings);
	msg_begin(&out, MSG_ROUND);
	msg_put_round(&out, &r);
	send_fd(rec.prober, -1);
}

static inline int64_t
last_of(const char *file)
{
	struct store_rrd rrd;

	if (store_rrd_read(file, &rrd, NULL) < 0)
		return -1;
	store_rrd_free(&rrd);
	return rrd.last;
}

/* Is FILE's median at ROW that of make()? */
static inline bool
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

/* --- a test ---------------------------------------------------------------------- */

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level == 0 ? 0 : remove(path);
}

/* A data directory and one of its configuration; the recorder that BUILD names. */
static inline void
begin(void)
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
}

/* All that lies in the data directory goes. */
static inline void
empty(void)
{
	if (chdir(dir) == 0)
		nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void
end(void)
{
	if (chdir(conf_dir) == 0)
		nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (chdir("/") == 0) {
		rmdir(conf_dir);
		rmdir(dir);
	}
}

#endif
