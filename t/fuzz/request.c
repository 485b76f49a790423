/* What is sent to web, byte for byte: the whole of it answers, without the workers
 * behind it. The first byte says from where: probectl's socket, this machine, or
 * somewhere. An answer is one of HTTP, has no header that we do not make, and no markup
 * of the asker's. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <netinet/in.h>

#include "base/log.h"
#include "config/conf.h"
#include "t/fuzz.h"
#include "web/edit.h"
#include "web/http.h"
#include "web/picture.h"
#include "web/server.h"
#include "web/sheets.h"
#include "web/skin.h"
#include "web/state.h"
#include "web/stream.h"
#include "web/warm.h"

#define ANSWER_MAX (4 * 1024 * 1024)
#define TURNS_QUIET 4 /* of the loop, in which nothing comes, when all is said */
#define TURNS_MOST 400

static const char text[] =
    "*** General ***\nowner = x\ncgiurl = http://x.example/\ncontact = x@y.example\n"
    "datadir = /nonexistent/data\nimgcache = /nonexistent/img\nimgurl = img\n"
    "*** Database ***\nstep = 60\npings = 5\nAVERAGE 0.5 1 1000\n"
    "*** Presentation ***\ncharset = utf-8\n+ overview\nwidth = 600\nheight = 50\nrange = 1h\n"
    "+ detail\nwidth = 600\nheight = 200\n\"Hours\" 3h\n\"Days\" 10d\n"
    "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n"
    "*** Targets ***\nprobe = FPing\nmenu = Top\ntitle = Top\n"
    "+ A\nmenu = A\ntitle = A\n++ B\nmenu = B\ntitle = B\nhost = 127.0.0.1\n"
    "++ C\nmenu = C\ntitle = C\nhost = 127.0.0.2\n"
    "+ M\nmenu = M\ntitle = M\nhost = /A/B /A/C\n";

static struct event_base *base;
static struct sockaddr_storage at[3];
static socklen_t at_len[3];

static const struct conf *
configuration(void)
{
	struct conf_report report = { 0 };
	char name[40];
	int fd = memfd_create("conf", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1)
		fatal("memfd");
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	struct conf *conf = conf_load(name, &report);
	if (conf == NULL) {
		conf_report_print(&report, stderr);
		fatalx("the configuration of this target is refused");
	}
	conf_report_free(&report);
	close(fd);
	return conf;
}

/* Listen on the address AT[I], a port of this machine or a socket without a name. */
static void
listen_at(int i, int family, enum server_way way)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int status = family == AF_INET
			 ? bind(fd, (struct sockaddr *)&in, sizeof in)
			 : bind(fd, (struct sockaddr *)&un, sizeof un.sun_family);

	at_len[i] = sizeof at[i];
	if (status < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at[i], &at_len[i]) < 0 ||
	    !server_listen(fd, way))
		fatal("a listening socket");
}

static void
start(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	base = event_base_new();
	state_init(configuration());
	skin_allow();
	server_init(base);
	edit_init(base);
	picture_init(base);
	sheets_init(base);
	warm_init(base);
	stream_init(base);
	state_tell(stream_round);
	listen_at(0, AF_UNIX, SERVER_LOCAL);
	listen_at(1, AF_INET, SERVER_PLAIN);
	listen_at(2, AF_UNIX, SERVER_PLAIN);
}

/* --- what comes back -------------------------------------------------------------- */

static void
wrong(const char *what, const char *line, size_t len)
{
	fprintf(stderr, "%s: %.*s\n", what, (int)(len < 200 ? len : 200), line);
	abort();
}

static bool
is_ours(const char *name, size_t len)
{
	static const char *const ours[] = { "Accept-Ranges", "Allow", "Cache-Control",
		"Connection", "Content-Disposition", "Content-Encoding",
		"Content-Length", "Content-Security-Policy", "Content-Type",
		"Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Date",
		"ETag", "Location", "Referrer-Policy", "Retry-After", "Set-Cookie",
		"Smokebox-Plot", "Transfer-Encoding", "Vary", "X-Accel-Buffering",
		"X-Content-Type-Options", "X-Frame-Options" };

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (strlen(ours[i]) == len && strncasecmp(name, ours[i], len) == 0)
			return true;
	return false;
}

/* The head of the first answer. */
static void
judge(const char *answer, size_t len)
{
	const char *end = memmem(answer, len, "\r\n\r\n", 4), *line = answer, *next;

	if (len == 0)
		return;
	if (len < 9 || memcmp(answer, "HTTP/1.", 7) != 0 || end == NULL)
		wrong("no answer of HTTP", answer, len);
	while ((next = memmem(line, (size_t)(end + 2 - line), "\r\n", 2)) != NULL &&
	       next < end) {
		line = next + 2;
		const char *colon = memchr(line, ':', (size_t)(end - line));
		if (colon == NULL || !is_ours(line, (size_t)(colon - line)))
			wrong("a header that is not ours", line, (size_t)(end - line));
	}
	if (memmem(answer, len, "<qZ7x", 5) != NULL &&
	    memmem(answer, (size_t)(end - answer), "text/html", 9) != NULL)
		wrong("the asker's markup", answer, len);
}

/* --- the conversation ------------------------------------------------------------- */

/* Send what is left of DATA from *SENT on, and read what came behind *LEN of BUF.
 * False: nothing moved. */
static bool
exchange(int fd, const uint8_t *data, size_t size, size_t *sent, char *buf, size_t *len)
{
	ssize_t n = 0, got;

	if (*sent < size &&
	    (n = send(fd, data + *sent, size - *sent, MSG_NOSIGNAL)) > 0)
		*sent += (size_t)n;
	got = recv(fd, buf + *len, ANSWER_MAX - *len, 0);
	if (got > 0)
		*len += (size_t)got;
	return n > 0 || got > 0;
}

int
fuzz_request(const uint8_t *data, size_t size)
{
	static char answer[ANSWER_MAX];
	const struct linger at_once = { 1, 0 };
	size_t sent = 1, len = 0;
	unsigned quiet = 0;

	if (size < 2)
		return 0;
	if (base == NULL)
		start();
	int way = data[0] % 3;
	int fd = socket(at[way].ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at[way], at_len[way]) < 0)
		fatal("connect");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	for (unsigned turn = 0; turn < TURNS_MOST && quiet < TURNS_QUIET; turn++) {
		bool moved = exchange(fd, data, size, &sent, answer, &len);
		event_base_loop(base, EVLOOP_NONBLOCK);
		quiet = moved ? 0 : quiet + 1;
		/* What waits for the painter, or flows, has its end now. */
		if (quiet == TURNS_QUIET && server_busy() > 0 &&
		    turn < TURNS_MOST / 2) {
			request_release_parked();
			quiet = 0;
			turn = TURNS_MOST / 2;
		}
	}
	close(fd);
	for (unsigned turn = 0; turn < TURNS_QUIET; turn++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	judge(answer, len);
	return 0;
}
