/* FTPtransfer: the time that a file takes, logging in not included (RFC 959, RFC 2428).
 *
 * Not by libcurl: its multi interface waits for the word that ends a transfer, and for
 * that to QUIT, up to a minute each, and all others with it. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/ftpopts.h"
#include "probes/ftpwire.h"
#include "probes/net.h"
#include "probes/ports.h"

/* Transfers at once, all runs together. */
#define FTP_TRANSFERS 50
/* Of data in one turn of the loop. */
#define FTP_TURN 16
#define FTP_PIECE (32 * 1024)
/* A transfer that moved nothing for so long is in nobody's way. */
#define FTP_STILL_NS CLOCK_NS_PER_S

enum ftp_state {
	FTP_DIALLING,
	FTP_GREETING,
	FTP_USER,
	FTP_PASS,
	FTP_TYPE,
	FTP_PASSIVE,  /* PASV */
	FTP_EXTENDED, /* EPSV */
	FTP_MOVING,   /* RETR or STOR */
};

static const char *const ftp_words[] = {
	[FTP_DIALLING] = "no connection in time",
	[FTP_GREETING] = "no greeting in time",
	[FTP_USER] = "no answer to USER in time",
	[FTP_PASS] = "no answer to PASS in time",
	[FTP_TYPE] = "no answer to TYPE in time",
	[FTP_PASSIVE] = "no answer to PASV in time",
	[FTP_EXTENDED] = "no answer to EPSV in time",
	[FTP_MOVING] = "the transfer was not over in time",
};

struct ftp_transfer {
	struct probe_run *run;
	unsigned seq;
	enum ftp_state state;
	struct event control, data;
	int control_fd, data_fd; /* data_fd -1: not yet, or no more */
	struct ftpwire wire;
	bool done;  /* all data went over */
	bool ended; /* ... and the server said so */
	size_t moved;
	int64_t begun_ns, connected_ns;
	int64_t asked_ns, first_ns, last_ns; /* of the file: timed from there; data */
	LIST_ENTRY(ftp_transfer) of_run;
};

LIST_HEAD(ftp_transfers, ftp_transfer);

static unsigned ftp_count;

static void ftp_on_control(evutil_socket_t fd, short what, void *ctx);
static void ftp_on_data(evutil_socket_t fd, short what, void *ctx);

/* --- lives ----------------------------------------------------------------------- */

static void
ftp_close_data(struct ftp_transfer *f)
{
	event_del(&f->data);
	if (f->data_fd >= 0)
		close(f->data_fd);
	f->data_fd = -1;
}

static void
ftp_drop(struct ftp_transfer *f)
{
	static const char quit[] = "QUIT\r\n";

	ftp_close_data(f);
	event_del(&f->control);
	/* in peace, as far as it goes without waiting for a goodbye */
	if (f->control_fd >= 0 && f->state > FTP_GREETING)
		(void)!send(f->control_fd, quit, sizeof quit - 1, MSG_NOSIGNAL);
	if (f->control_fd >= 0)
		close(f->control_fd);
	LIST_REMOVE(f, of_run);
	ftp_count--;
	free(f);
}

static void
ftp_lost(struct ftp_transfer *f, enum ping_outcome outcome, const char *why)
{
	struct probe_run *run = f->run;
	unsigned seq = f->seq;
	char text[200];

	snprintf(text, sizeof text, "%s", why != NULL ? why : "");
	ftp_drop(f);
	probe_detail(run, text[0] != '\0' ? text : NULL);
	probe_lost(run, seq, outcome, true);
}

/* The connection ended in the middle, or broke by ERROR (0: it ended). */
static void
ftp_cut(struct ftp_transfer *f, int error)
{
	enum ping_outcome outcome = error == 0 ? PING_CUT_OFF : net_errno(error, NULL);

	ftp_lost(f, outcome == PING_NOT_SENT ? PING_CUT_OFF : outcome,
	    error == 0 ? "the server closes the connection before all is said"
		       : strerror(error));
}

/* All data is over, and the server has said so? Then F is answered, and gone. */
static void
ftp_finish(struct ftp_transfer *f)
{
	const double second = CLOCK_NS_PER_S;
	struct probe_run *run = f->run;
	unsigned seq = f->seq;
	int64_t now = clock_mono_ns(), rtt = now - f->asked_ns;

	if (!f->done || !f->ended)
		return;
	if (run->lookup_ns > 0)
		probe_extra(run, EXTRA_LOOKUP, (double)run->lookup_ns / second);
	probe_extra(run, EXTRA_CONNECT, (double)f->connected_ns / second);
	if (f->first_ns != 0) {
		probe_extra(run, EXTRA_FIRST_BYTE,
		    (double)(f->first_ns - f->asked_ns) / second);
		probe_extra(run, EXTRA_TRANSFER, (double)(now - f->first_ns) / second);
	}
	ftp_drop(f);
	probe_detail(run, run->opts->remark);
	probe_reply(run, seq, rtt, STAMP_USER);
}

/* --- control --------------------------------------------------------------------- */

static void
ftp_watch(struct ftp_transfer *f, short what)
{
	int64_t left = f->begun_ns + f->run->timeout_ns - clock_mono_ns();

	event_del(&f->control);
	event_assign(
	    &f->control, f->run->host->base, f->control_fd, what, ftp_on_control, f);
	net_timer(&f->control, left > CLOCK_NS_PER_MS ? left : CLOCK_NS_PER_MS);
}

/* Say COMMAND with WORD, and wait for the answer in STATE. True when F is gone. */
static bool
ftp_say(
    struct ftp_transfer *f, enum ftp_state state, const char *command, const char *word)
{
	char *line = word != NULL ? mem_printf("%s %s\r\n", command, word)
				  : mem_printf("%s\r\n", command);
	size_t len = strlen(line);
	ssize_t n = send(f->control_fd, line, len, MSG_NOSIGNAL);
	int error = n < 0 ? errno : EPIPE;

	explicit_bzero(line, len);
	free(line);
	f->state = state;
	if (n == (ssize_t)len)
		return false;
	ftp_cut(f, error);
	return true;
}

/* Open the data connection to the server's PORT and ask for the file. True when F is
 * gone. */
static bool
ftp_move(struct ftp_transfer *f, unsigned port)
{
	const struct probe_opts *o = f->run->opts;
	struct handshake_opts to = o->to;
	int family = f->run->address.sa.sa_family;

	if (port == 0) {
		ftp_lost(f, PING_BAD_ANSWER,
		    "the server names no port for the data, expected one in ()");
		return true;
	}
	to.port = port;
	f->data_fd = handshake_socket(&to, family);
	if (f->data_fd < 0 ||
	    (handshake_connect(&to, f->data_fd, f->run->address) != 0 &&
		errno != EINPROGRESS)) {
		int error = errno;
		ftp_lost(f, net_errno(error, NULL), strerror(error));
		return true;
	}
	event_assign(&f->data, f->run->host->base, f->data_fd,
	    (o->put ? EV_WRITE : EV_READ) | EV_PERSIST, ftp_on_data, f);
	event_add(&f->data, NULL);
	return ftp_say(f, FTP_MOVING, o->put ? "STOR" : "RETR", o->remote);
}

/* The server says no, or something that has no place here. */
static void
ftp_refused(struct ftp_transfer *f)
{
	static const char *const to[] = {
		[FTP_GREETING] = "greeting",
		[FTP_USER] = "USER",
		[FTP_PASS] = "PASS",
		[FTP_TYPE] = "TYPE",
		[FTP_PASSIVE] = "PASV",
		[FTP_EXTENDED] = "EPSV",
		[FTP_MOVING] = "file",
	};
	char why[200];

	snprintf(why, sizeof why, "%s: the server answers %.150s", to[f->state],
	    f->wire.line);
	ftp_lost(f, PING_BAD_ANSWER, why);
}

/* The user is logged in, and the mode is set: from now on it is timed. */
static bool
ftp_ask(struct ftp_transfer *f)
{
	bool v6 = f->run->address.sa.sa_family == AF_INET6;

	f->asked_ns = clock_mono_ns();
	return ftp_say(f, v6 ? FTP_EXTENDED : FTP_PASSIVE, v6 ? "EPSV" : "PASV", NULL);
}

/* A reply with CODE to what was said last. True when F is gone. */
static bool
ftp_reply(struct ftp_transfer *f, int code)
{
	const struct probe_opts *o = f->run->opts;
	int class = code / 100;

	if (f->state == FTP_GREETING && class == 1)
		return false; /* 120: in a moment */
	if (f->state == FTP_GREETING && class == 2)
		return ftp_say(f, FTP_USER, "USER", o->user);
	if (f->state == FTP_USER && code == 331)
		return ftp_say(f, FTP_PASS, "PASS", o->password);
	if ((f->state == FTP_USER || f->state == FTP_PASS) && class == 2)
		return ftp_say(f, FTP_TYPE, "TYPE", "I");
	if (f->state == FTP_TYPE && class == 2)
		return ftp_ask(f);
	if (f->state == FTP_PASSIVE && class == 2)
		return ftp_move(f, ftpwire_pasv(f->wire.line));
	if (f->state == FTP_PASSIVE && code >= 500 && code < 530)
		return ftp_say(f, FTP_EXTENDED, "EPSV", NULL);
	if (f->state == FTP_EXTENDED && code == 229)
		return ftp_move(f, ftpwire_epsv(f->wire.line));
	if (f->state == FTP_MOVING && class == 1)
		return false;
	if (f->state == FTP_MOVING && class == 2) {
		bool gone = f->done;
		f->ended = true;
		ftp_finish(f);
		return gone;
	}
	ftp_refused(f);
	return true;
}

static void
ftp_hear(struct ftp_transfer *f)
{
	uint8_t buf[4096];
	ssize_t n = recv(f->control_fd, buf, sizeof buf, 0);
	const uint8_t *at = buf;
	size_t left = n > 0 ? (size_t)n : 0;
	enum ftpwire_turn turn = FTPWIRE_MORE;
	int code = 0;

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		ftp_cut(f, n == 0 ? 0 : errno);
		return;
	}
	while (left > 0 &&
	       (turn = ftpwire_take(&f->wire, &at, &left, &code)) == FTPWIRE_REPLY)
		if (ftp_reply(f, code))
			return;
	if (turn == FTPWIRE_BAD)
		ftp_lost(f, PING_BAD_ANSWER,
		    "what the server says is no FTP, or has no end");
	else
		ftp_watch(f, EV_READ);
}

/* --- data ------------------------------------------------------------------------ */

/* Read what came. -1: there is more; 0: that was the end, or an errno. */
static int
ftp_get(struct ftp_transfer *f)
{
	static uint8_t piece[FTP_PIECE]; /* nobody looks at it */
	ssize_t n = recv(f->data_fd, piece, sizeof piece, 0);

	if (n < 0)
		return errno;
	if (n == 0)
		return 0;
	f->moved += (size_t)n;
	return -1;
}

/* Likewise: write a piece of what is left. */
static int
ftp_put(struct ftp_transfer *f)
{
	const struct probe_opts *o = f->run->opts;
	size_t left = o->len - f->moved;
	ssize_t n = 0;

	if (left > 0)
		n = send(f->data_fd, o->data + f->moved,
		    left < FTP_PIECE ? left : FTP_PIECE, MSG_NOSIGNAL);
	if (n < 0)
		return errno;
	f->moved += (size_t)n;
	return f->moved == o->len ? 0 : -1;
}

static void
ftp_on_data(evutil_socket_t fd, short what, void *ctx)
{
	struct ftp_transfer *f = ctx;
	const struct probe_opts *o = f->run->opts;
	size_t before = f->moved;
	int end = -1;

	(void)fd, (void)what;
	for (int i = 0; i < FTP_TURN && end == -1; i++)
		end = o->put ? ftp_put(f) : ftp_get(f);
	if (f->moved > before) {
		f->last_ns = clock_mono_ns();
		f->first_ns = f->first_ns == 0 ? f->last_ns : f->first_ns;
	}
	if (f->moved > o->most) {
		ftp_lost(f, PING_BAD_ANSWER, "the file is larger than max_body");
		return;
	}
	if (end == -1 || end == EAGAIN || end == EINTR)
		return;
	if (end != 0) {
		char why[200];
		snprintf(why, sizeof why, "data: %s", strerror(end));
		enum ping_outcome outcome = net_errno(end, NULL);
		ftp_lost(f, outcome == PING_NOT_SENT ? PING_CUT_OFF : outcome, why);
		return;
	}
	ftp_close_data(f);
	f->done = true;
	ftp_finish(f);
}

/* --- the course ------------------------------------------------------------------- */

static void
ftp_dialled(struct ftp_transfer *f)
{
	int error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(f->control_fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	struct handshake h = handshake_judge(&f->run->opts->to, f->control_fd,
	    f->run->address.sa.sa_family, error, f->begun_ns);
	f->connected_ns = h.rtt_ns;
	if (h.outcome != PING_ANSWERED) {
		ftp_lost(f, h.outcome, h.why);
		return;
	}
	f->state = FTP_GREETING;
	ftp_watch(f, EV_READ);
}

static void
ftp_on_control(evutil_socket_t fd, short what, void *ctx)
{
	struct ftp_transfer *f = ctx;

	(void)fd;
	if ((what & (EV_READ | EV_WRITE)) == 0)
		ftp_lost(f, PING_TIMEOUT,
		    f->done ? "no word that the transfer is over in time"
			    : ftp_words[f->state]);
	else if (f->state == FTP_DIALLING)
		ftp_dialled(f);
	else
		ftp_hear(f);
}

static void
ftp_dial(struct ftp_transfer *f)
{
	const struct probe_opts *o = f->run->opts;

	f->begun_ns = clock_mono_ns();
	f->control_fd = handshake_socket(&o->to, f->run->address.sa.sa_family);
	if (f->control_fd < 0 ||
	    (handshake_connect(&o->to, f->control_fd, f->run->address) != 0 &&
		errno != EINPROGRESS)) {
		int error = errno;
		ftp_lost(f, net_errno(error, NULL), strerror(error));
		return;
	}
	ftp_watch(f, EV_WRITE);
}

/* Is one of TRANSFERS on its way, so that another one would take its bandwidth? */
static bool
ftp_busy(const struct ftp_transfers *transfers)
{
	int64_t now = clock_mono_ns();
	const struct ftp_transfer *f;

	LIST_FOREACH(f, transfers, of_run)
	{
		if (f->last_ns != 0 && !f->done && now - f->last_ns < FTP_STILL_NS)
			return true;
	}
	return false;
}

/* --- the type -------------------------------------------------------------------- */

static void
ftp_wants(const struct probe_opts *o, const char **host, int *family)
{
	(void)host;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}

static void
ftp_ping(struct probe_run *run, unsigned seq)
{
	struct ftp_transfers *transfers = run->state;
	struct ftp_transfer *f;

	if (transfers == NULL) {
		run->state = transfers = mem_zero(1, sizeof *transfers);
		LIST_INIT(transfers);
	}
	bool busy = ftp_busy(transfers);
	if (busy || ftp_count >= FTP_TRANSFERS) {
		probe_detail(run, busy ? "the transfer before is not over: expected "
					 "fewer pings, or a longer step"
				       : "too many transfers at once");
		probe_lost(run, seq, PING_NOT_SENT, true);
		return;
	}
	f = mem_zero(1, sizeof *f);
	f->run = run;
	f->seq = seq;
	f->control_fd = f->data_fd = -1;
	evtimer_assign(&f->control, run->host->base, ftp_on_control, f);
	evtimer_assign(&f->data, run->host->base, ftp_on_data, f);
	LIST_INSERT_HEAD(transfers, f, of_run);
	ftp_count++;
	ftp_dial(f);
}

static void
ftp_end(struct probe_run *run)
{
	struct ftp_transfers *transfers = run->state;
	struct ftp_transfer *f;

	while (transfers != NULL && (f = LIST_FIRST(transfers)) != NULL)
		ftp_drop(f);
	free(transfers);
	run->state = NULL;
}

static int
ftp_open(struct probe_host *host, struct err *err)
{
	(void)host, (void)err;
	ports_open();
	return 0;
}

const struct probe_type probe_ftp = {
	.name = "ftp",
	.needs = PROBE_ADDRESS,
	.options = ftpopts_read,
	.free_opts = ftpopts_free,
	.wants = ftp_wants,
	.open = ftp_open,
	.ping = ftp_ping,
	.end = ftp_end,
};
