/* TelnetIOSPing and TelnetJunOSPing: a router pings, asked over telnet. One dialogue is
 * one round: log in, ask, read the times. */
#include "probes/telnet.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "prober/schedule.h"
#include "probes/answers.h"
#include "probes/net.h"
#include "probes/sockets.h"
#include "probes/turns.h"

#define TELNET_PORT 23
#define TELNET_STEPS 20
#define TELNET_PASSWORD 1   /* the step that says it */
#define TELNET_HEARD 131072 /* bytes between two steps */
#define TELNET_CHUNK 4096
#define TELNET_EARLY_NS (150 * CLOCK_NS_PER_MS)

/* Wait for this, then say that. */
struct step {
	enum telnet_wait wait;
	const char *text; /* of what is waited for, and what it is called */
	char *say;	  /* NULL: the times are there */
};

struct probe_opts {
	char *source; /* the router */
	struct step step[TELNET_STEPS];
	unsigned steps;
	void (*read)(struct times *t, const char *text);
	unsigned pings;
	int64_t timeout, limit; /* of one step; of all of it */
	struct turns *turns;
};

struct talk {
	struct answers answers;
	struct turn turn;
	struct event ev, timer;	 /* timer: of a step, or to the telling */
	int64_t until, deadline; /* of the round; of the talk */
	int fd;
	bool connected, ended;
	unsigned step;
	struct telnet telnet;
	char *heard; /* since the last step; HEARD_LEN bytes, a NUL behind them */
	size_t heard_len;
};

/* --- the end -------------------------------------------------------------------------
 */

static void
talk_hang_up(struct talk *k)
{
	if (k->fd < 0)
		return;
	event_del(&k->ev);
	sockets_reset(k->fd);
	k->fd = -1;
}

static void
talk_end(struct talk *k, const struct times *t)
{
	talk_hang_up(k);
	turns_give(&k->turn);
	answers_take(&k->answers, t);
	k->ended = true;
	net_timer(&k->timer, ANSWERS_SETTLE_NS);
}

static const struct step *
talk_step(const struct talk *k)
{
	return &k->answers.run->opts->step[k->step];
}

/* The pings are under way: what is waited for is the prompt behind their times. */
static bool
talk_pings(const struct talk *k)
{
	return k->step + 1 == k->answers.run->opts->steps;
}

/* The last line with anything in it that was heard, but not one in which a router says
 * our password again. */
static void
talk_last(const struct talk *k, char *out, size_t size)
{
	const char *password = k->answers.run->opts->step[TELNET_PASSWORD].say;
	const char *end = k->heard + k->heard_len, *begin;

	while (end > k->heard && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	for (begin = end; begin > k->heard && begin[-1] != '\n'; begin--)
		;
	if (memmem(begin, (size_t)(end - begin), password, strlen(password)) != NULL)
		begin = end;
	snprintf(out, size, "%.*s", (int)(end - begin), begin);
}

static void
talk_fail(struct talk *k, enum ping_outcome why, const char *what)
{
	static struct times t;

	times_clear(&t);
	answers_blame(&t, k->answers.run->opts->source, why, what);
	talk_end(k, &t);
}

/* What is waited for does not come, because the router WHAT ("hung up"). */
static void
talk_missing(struct talk *k, const char *what)
{
	const struct step *step = talk_step(k);
	char text[160], last[70];

	talk_last(k, last, sizeof last);
	snprintf(text, sizeof text, "%s where %s was expected%s%s", what,
	    step->wait == TELNET_PROMPT ? "its prompt" : step->text,
	    last[0] == '\0' ? "" : ", after: ", last);
	talk_fail(
	    k, talk_pings(k) && k->connected ? PING_TIMEOUT : PING_NOT_SENT, text);
}

/* --- talking -------------------------------------------------------------------------
 */

static bool
talk_send(struct talk *k, const void *data, size_t len)
{
	return len == 0 ||
	       send(k->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

static void
talk_say(struct talk *k, const char *text)
{
	char *line = mem_printf("%s\r\n", text);

	/* So few bytes find room, or the connection is broken. */
	if (!talk_send(k, line, strlen(line)))
		talk_missing(k, "it does not listen");
	free(line);
}

/* Until when the step at hand has to be done. */
static void
talk_step_timer(struct talk *k)
{
	int64_t now = clock_mono_ns();
	int64_t at = now + k->answers.run->opts->timeout;

	if (talk_pings(k) || at > k->deadline)
		at = k->deadline;
	net_timer(&k->timer, at - now);
}

static void
talk_times(struct talk *k)
{
	static struct times t;
	char last[100];

	times_clear(&t);
	k->answers.run->opts->read(&t, k->heard);
	if (!t.tried) {
		times_say(&t, k->heard);
		snprintf(last, sizeof last, "%.90s", t.text);
		answers_blame(&t, k->answers.run->opts->source, PING_NOT_SENT, last);
	}
	talk_send(k, "quit\r\n", 6);
	event_del(&k->ev);
	sockets_part(k->answers.run->host->base, k->fd);
	k->fd = -1;
	talk_end(k, &t);
}

/* Something more was heard: go on as far as that goes. */
static void
talk_listen(struct talk *k)
{
	const char *line = strrchr(k->heard, '\n');
	const struct step *step = talk_step(k);

	line = line == NULL ? k->heard : line + 1;
	if (!telnet_came(step->wait, step->text, line))
		return;
	if (step->say == NULL) {
		talk_times(k);
		return;
	}
	k->heard_len = 0;
	k->heard[0] = '\0';
	k->step++;
	talk_step_timer(k);
	talk_say(k, step->say);
}

static void
talk_read(struct talk *k)
{
	uint8_t in[TELNET_CHUNK], reply[TELNET_CHUNK];
	size_t replies;
	ssize_t n = recv(k->fd, in, sizeof in, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		talk_missing(k, "it hung up");
		return;
	}
	if (k->heard_len + (size_t)n > TELNET_HEARD) {
		talk_missing(k, "it spoke without end");
		return;
	}
	k->heard = mem_grow(k->heard, k->heard_len + (size_t)n + 1, 1);
	k->heard_len += telnet_text(&k->telnet, in, (size_t)n, k->heard + k->heard_len,
	    reply, sizeof reply, &replies);
	k->heard[k->heard_len] = '\0';
	if (!talk_send(k, reply, replies))
		talk_missing(k, "it does not listen");
	else
		talk_listen(k);
}

static void
talk_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct talk *k = ctx;
	int error = 0;
	socklen_t len = sizeof error;

	(void)what;
	if (k->connected) {
		talk_read(k);
		return;
	}
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		talk_fail(k, PING_NOT_SENT, strerror(error));
		return;
	}
	k->connected = true;
	event_del(&k->ev);
	event_assign(&k->ev, k->answers.run->host->base, fd, EV_READ | EV_PERSIST,
	    talk_on_event, k);
	event_add(&k->ev, NULL);
}

/* It is this talk's turn: connect. */
static void
talk_go(void *ctx)
{
	struct talk *k = ctx;
	const struct probe_opts *o = k->answers.run->opts;
	struct addr to = k->answers.run->address;

	k->deadline = clock_mono_ns() + o->limit;
	if (k->deadline > k->until)
		k->deadline = k->until;
	addr_set_port(&to, TELNET_PORT);
	k->fd = socket(to.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (k->fd < 0 ||
	    (connect(k->fd, &to.sa, addr_len(&to)) != 0 && errno != EINPROGRESS)) {
		int error = errno;

		if (k->fd >= 0)
			close(k->fd);
		k->fd = -1;
		talk_fail(k, PING_NOT_SENT, strerror(error));
		return;
	}
	event_assign(
	    &k->ev, k->answers.run->host->base, k->fd, EV_WRITE, talk_on_event, k);
	event_add(&k->ev, NULL);
	talk_step_timer(k);
}

static void
talk_on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct talk *k = ctx;

	(void)fd;
	(void)what;
	if (k->ended)
		answers_tell(&k->answers);
	else if (k->fd < 0)
		talk_fail(k, PING_NOT_SENT,
		    "it had to wait for others of this probe (see forks)");
	else if (!k->connected)
		talk_fail(k, PING_NOT_SENT, "no connection in time");
	else
		talk_missing(k, "nothing came in time");
}

/* --- the type ------------------------------------------------------------------------
 */

static void
telnet_ping(struct probe_run *run, unsigned seq)
{
	struct talk *k = run->state;

	if (k == NULL) {
		run->state = k = mem_zero(1, sizeof *k);
		k->answers.run = run;
		k->answers.pings = run->opts->pings;
		k->fd = -1;
		k->heard = mem_zero(1, 1);
		k->until = clock_mono_ns() + run->timeout_ns - TELNET_EARLY_NS;
		k->turn.go = talk_go;
		k->turn.ctx = k;
		event_assign(&k->timer, run->host->base, -1, 0, talk_on_timer, k);
		net_timer(&k->timer, k->until - clock_mono_ns());
		turns_take(run->opts->turns, &k->turn);
	}
	answers_ask(&k->answers, seq);
}

static void
telnet_end(struct probe_run *run)
{
	struct talk *k = run->state;

	if (k == NULL)
		return;
	event_del(&k->timer);
	talk_hang_up(k);
	turns_give(&k->turn);
	answers_free(&k->answers);
	free(k->heard);
	free(k);
	run->state = NULL;
}

static void
telnet_plan(const struct probe_opts *o, struct plan *plan)
{
	(void)o;
	plan->sampler = SAMPLER_WHOLE;
}

static void
telnet_wants(const struct probe_opts *o, const char **host, int *family)
{
	(void)family;
	*host = o->source;
}

/* --- what is said --------------------------------------------------------------------
 */

static void
add(struct probe_opts *o, enum telnet_wait wait, const char *text, const char *say)
{
	if (o->steps == TELNET_STEPS)
		abort();
	o->step[o->steps++] = (struct step){ wait, text, mem_str(say) };
}

static void
add_printed(struct probe_opts *o, enum telnet_wait wait, const char *text, char *say)
{
	add(o, wait, text, say);
	free(say);
}

static void
read_ios(struct times *t, const char *text)
{
	times_ios(t, text);
}

static void
read_junos(struct times *t, const char *text)
{
	times_ping(t, text, 0);
}

static void
build_ios(struct probe_opts *o, const struct conf *conf, const struct conf_target *t)
{
	const char *size = net_var(conf, t, "packetsize"),
		   *vrf = net_var(conf, t, "vrf");
	const char *from = net_var(conf, t, "psource");

	add(o, TELNET_PROMPT, "", "terminal length 0");
	add_printed(o, TELNET_PROMPT, "",
	    mem_printf("ping%s%s", vrf == NULL ? "" : " vrf ", vrf == NULL ? "" : vrf));
	add(o, TELNET_ENDS, "Protocol [ip]: ", "");
	add(o, TELNET_ENDS, "Target IP address: ", t->host);
	add_printed(o, TELNET_ENDS, "Repeat count [5]: ", mem_printf("%u", o->pings));
	add(o, TELNET_ENDS, "Datagram size [100]: ", size == NULL ? "56" : size);
	add(o, TELNET_ENDS, "Timeout in seconds [2]: ", "");
	add(o, TELNET_ENDS, "Extended commands [n]: ", "y");
	add(o, TELNET_ENDS, "Source address or interface: ", from == NULL ? "" : from);
	add(o, TELNET_ENDS, "Type of service [0]: ", "");
	add(o, TELNET_ENDS, "Set DF bit in IP header? [no]: ", "");
	add(o, TELNET_ENDS, "Validate reply data? [no]: ", "");
	add(o, TELNET_ENDS, "Data pattern [0xABCD]: ", "");
	add(o, TELNET_ENDS, "Loose, Strict, Record, Timestamp, Verbose[none]: ", "v");
	add(o, TELNET_ENDS, "Loose, Strict, Record, Timestamp, Verbose[V]: ", "");
	add(o, TELNET_HAS, "Sweep range of sizes", "n");
	o->read = read_ios;
}

static void
build_junos(struct probe_opts *o, const struct conf *conf, const struct conf_target *t)
{
	const char *size = net_var(conf, t, "packetsize");
	const char *from = net_var(conf, t, "psource");

	add(o, TELNET_PROMPT, "", "set cli screen-length 0");
	add_printed(o, TELNET_PROMPT, "",
	    mem_printf("ping %s count %u size %s%s%s", t->host, o->pings,
		size == NULL ? "100" : size, from == NULL ? "" : " source ",
		from == NULL ? "" : from));
	o->read = read_junos;
}

static void
telnet_free(struct probe_opts *o)
{
	for (unsigned i = 0; i < o->steps; i++)
		free(o->step[i].say);
	free(o->source);
	if (o->turns != NULL)
		turns_drop(o->turns);
	free(o);
}

static int
telnet_read(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	bool ios = strcmp(t->probe->module, "TelnetIOSPing") == 0;
	const char *user = net_var(conf, t, ios ? "iosuser" : "junosuser");
	const char *password = net_var(conf, t, ios ? "iospass" : "junospass");
	const char *source = net_var(conf, t, "source");
	long timeout;

	if (user == NULL || password == NULL || source == NULL)
		return err_set(err, "%s is not set",
		    source == NULL ? "source"
		    : user == NULL ? (ios ? "iosuser" : "junosuser")
				   : (ios ? "iospass" : "junospass"));
	if (net_var_number(conf, t, "timeout", 1, 3600, 5, &timeout, err) != 0)
		return -1;
	o->source = mem_str(source);
	o->pings = t->pings;
	o->timeout = (ios ? timeout : 60) * CLOCK_NS_PER_S;
	o->limit = (o->pings * timeout + 1) * CLOCK_NS_PER_S;
	add(o, TELNET_LOGIN, "the question for the user", user);
	add(o, TELNET_HAS, "word:", password);
	if (ios)
		build_ios(o, conf, t);
	else
		build_junos(o, conf, t);
	add(o, TELNET_PROMPT, "", NULL);
	o->turns = turns_of(conf, t, err);
	return o->turns == NULL ? -1 : 0;
}

static struct probe_opts *
telnet_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	if (telnet_read(o, conf, t, err) == 0)
		return o;
	telnet_free(o);
	return NULL;
}

const struct probe_type probe_telnet = {
	.name = "telnet",
	.needs = PROBE_ADDRESS,
	.options = telnet_options,
	.free_opts = telnet_free,
	.wants = telnet_wants,
	.plan = telnet_plan,
	.ping = telnet_ping,
	.end = telnet_end,
};
