#include "courier/broker.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/tcp.h>
#include <netinet/in.h>

#include <event2/event.h>
#include <mosquitto.h>

#include "base/log.h"
#include "base/mem.h"

#define KEEPALIVE_S 30
/* From the TCP connection to the broker's welcome. */
static const struct timeval welcome_in = { 20, 0 };
static const struct timeval look_every = { 5, 0 };
#define PAUSE_MAX_S 60
/* One that is up so long is well: the next pause is a short one again. */
#define WELL_LOOKS 6
/* What a broker may say between two looks. All that it keeps of ours is far less. It is
 * looked at after each call of libmosquitto, which reads on while there is something to
 * read: a packet, 256 MB at most, from a broker that is as quick as we are. */
#define SAYS_MAX (16U << 20)
#define WHY_MAX 200

/* One try to connect; lives on without its broker until its thread is through. */
struct attempt {
	struct broker *broker; /* NULL: nobody waits for it any more */
	struct mosquitto *mosq;
	char *host;
	int port;
	pthread_t thread;
	evutil_socket_t line[2]; /* the thread's end tells of its end */
	struct event *done;
	int rc, error;
	char why[WHY_MAX]; /* what libmosquitto last complained of */
};

enum phase {
	PHASE_PAUSED,
	PHASE_CONNECTING, /* the thread has it */
	PHASE_GREETING,
	PHASE_UP,
	PHASE_OVER /* said farewell */
};

struct broker {
	struct event_base *base;
	char *host, *user, *password, *ca, *id, *status;
	int port;
	bool tls;
	const struct broker_ops *ops;
	void *ctx;
	enum phase phase;
	struct attempt *attempt; /* not NULL from CONNECTING on */
	struct event *timer, *line;
	short watched; /* what LINE waits for */
	unsigned pause_s, looks;
	uint64_t heard; /* bytes, at the last look */
	int refused;	/* the broker's word for why; 0: none */
	bool greeted;	/* it has welcomed us, and up() was not called yet */
	int failed;	/* of a call in room(); 0: none */
	bool last;
};

/* --- URL -------------------------------------------------------------------------- */

/* HOST (malloced) and port of URL; 0 is the usual one. False when it is no URL of a
 * broker. */
static bool
broker_parse(const char *url, char **host, int *port, bool *tls)
{
	const char *at, *end;
	long number = 0;
	char *rest;

	*tls = strncmp(url, "mqtts://", 8) == 0;
	if (!*tls && strncmp(url, "mqtt://", 7) != 0)
		return false;
	at = url + (*tls ? 8 : 7);
	if (*at == '[')
		end = strchr(++at, ']');
	else
		end = at + strcspn(at, ":/");
	if (end == NULL || end == at)
		return false;
	const char *tail = end + (*end == ']');
	if (*tail == ':') {
		number = strtol(tail + 1, &rest, 10);
		if (rest == tail + 1 || number < 1 || number > 65535)
			return false;
		tail = rest;
	}
	if (*tail != '\0' && strcmp(tail, "/") != 0)
		return false;
	*host = mem_strn(at, (size_t)(end - at));
	*port = number != 0 ? (int)number : *tls ? 8883 : 1883;
	return true;
}

/* --- one try ---------------------------------------------------------------------- */

static void
attempt_free(struct attempt *a)
{
	if (a == NULL)
		return;
	if (a->done != NULL)
		event_free(a->done);
	evutil_closesocket(a->line[0]);
	evutil_closesocket(a->line[1]);
	mosquitto_destroy(a->mosq);
	free(a->host);
	free(a);
}

/* Waits for names and for the other end: the one thing that no loop may do. */
static void *
connecting(void *arg)
{
	struct attempt *a = arg;

	errno = 0;
	a->rc = mosquitto_connect(a->mosq, a->host, a->port, KEEPALIVE_S);
	a->error = errno;
	if (write(a->line[1], "", 1) != 1)
		fatal("cannot tell of a connection");
	return NULL;
}

/* What libmosquitto says, also in the thread. */
static void
on_log(struct mosquitto *mosq, void *ctx, int level, const char *text)
{
	struct attempt *a = ctx;

	(void)mosq;
	if (level == MOSQ_LOG_ERR)
		snprintf(a->why, sizeof a->why, "%s", text);
}

static void
on_connect(struct mosquitto *mosq, void *ctx, int code)
{
	struct attempt *a = ctx;

	(void)mosq;
	a->broker->refused = code;
	a->broker->greeted = code == 0;
}

static void
on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *m)
{
	struct attempt *a = ctx;
	struct broker *b = a->broker;

	(void)mosq;
	b->ops->message(b->ctx, m->topic, m->payload != NULL ? m->payload : "",
	    m->payloadlen > 0 ? (size_t)m->payloadlen : 0);
}

static void on_connected(evutil_socket_t fd, short what, void *arg);

static struct attempt *
attempt_new(struct broker *b)
{
	struct attempt *a = mem_zero(1, sizeof *a);

	a->broker = b;
	a->host = mem_str(b->host);
	a->port = b->port;
	a->mosq = mosquitto_new(b->id, true, a);
	if (a->mosq == NULL || evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, a->line) != 0)
		fatal("cannot make a client of MQTT");
	evutil_make_socket_closeonexec(a->line[0]);
	evutil_make_socket_closeonexec(a->line[1]);
	mosquitto_log_callback_set(a->mosq, on_log);
	mosquitto_connect_callback_set(a->mosq, on_connect);
	mosquitto_message_callback_set(a->mosq, on_message);
	if (b->user != NULL)
		mosquitto_username_pw_set(a->mosq, b->user, b->password);
	if (b->status != NULL)
		mosquitto_will_set(
		    a->mosq, b->status, strlen("offline"), "offline", 1, true);
	/* Without one of them it would go on without TLS. */
	if (b->tls && b->ca != NULL)
		a->rc = mosquitto_tls_set(a->mosq, b->ca, NULL, NULL, NULL, NULL);
	else if (b->tls)
		a->rc = mosquitto_int_option(a->mosq, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
	if (a->rc != MOSQ_ERR_SUCCESS)
		snprintf(a->why, sizeof a->why, "%s cannot be read",
		    b->ca != NULL ? b->ca : "the system's certificates");
	a->done = event_new(b->base, a->line[0], EV_READ, on_connected, a);
	if (a->done == NULL || event_add(a->done, NULL) != 0)
		fatalx("no event");
	return a;
}

/* --- up and down ------------------------------------------------------------------ */

static void
arm(struct broker *b, const struct timeval *tv)
{
	if (event_add(b->timer, tv) != 0)
		fatalx("no timer");
}

static void
unwatch(struct broker *b)
{
	if (b->line != NULL)
		event_free(b->line);
	b->line = NULL;
	b->watched = 0;
}

/* In words what RC, of a call of ATTEMPT's, means. */
static void
explain(const struct broker *b, int rc, char why[WHY_MAX])
{
	const struct attempt *a = b->attempt;

	if (b->refused != 0)
		snprintf(why, WHY_MAX, "the broker refuses us: %s",
		    mosquitto_connack_string(b->refused));
	else if (a->why[0] != '\0')
		snprintf(why, WHY_MAX, "%s", a->why);
	else if (rc == MOSQ_ERR_EAI)
		snprintf(why, WHY_MAX, "%s: %s", b->host, gai_strerror(a->error));
	else if (rc == MOSQ_ERR_ERRNO)
		snprintf(why, WHY_MAX, "%s", strerror(a->error));
	else if (rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_SUCCESS)
		snprintf(why, WHY_MAX, "the broker hung up");
	else
		snprintf(why, WHY_MAX, "%s", mosquitto_strerror(rc));
	for (char *s = why; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = s[1] == '\0' ? '\0' : ' ';
}

/* Give the line up and try again later. */
static void
lose(struct broker *b, const char *why)
{
	struct timeval tv = { 0, 0 };

	unwatch(b);
	attempt_free(b->attempt);
	b->attempt = NULL;
	if (b->last) {
		b->phase = PHASE_OVER;
		event_del(b->timer);
		return;
	}
	if (b->looks >= WELL_LOOKS)
		b->pause_s = 0;
	b->pause_s = b->pause_s == 0 ? 1 : b->pause_s * 2;
	if (b->pause_s > PAUSE_MAX_S)
		b->pause_s = PAUSE_MAX_S;
	b->phase = PHASE_PAUSED;
	tv.tv_sec = b->pause_s;
	arm(b, &tv);
	b->ops->down(b->ctx, why, b->pause_s);
}

static void
lose_by(struct broker *b, int rc)
{
	char why[WHY_MAX];

	explain(b, rc, why);
	lose(b, why);
}

static void on_line(evutil_socket_t fd, short what, void *arg);

/* Wait for what libmosquitto waits for. */
static void
watch(struct broker *b)
{
	short want = EV_READ | EV_PERSIST;

	if (mosquitto_want_write(b->attempt->mosq))
		want |= EV_WRITE;
	if (b->line != NULL && b->watched == want)
		return;
	unwatch(b);
	b->line =
	    event_new(b->base, mosquitto_socket(b->attempt->mosq), want, on_line, b);
	if (b->line == NULL || event_add(b->line, NULL) != 0)
		fatalx("cannot watch a socket");
	b->watched = want;
}

/* Bytes that came in over this line; 0 where the kernel does not tell. */
static uint64_t
heard(const struct broker *b)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (getsockopt(mosquitto_socket(b->attempt->mosq), IPPROTO_TCP, TCP_INFO, &info,
		&len) != 0)
		return 0;
	return info.tcpi_bytes_received;
}

/* A call of libmosquitto's ended with RC: what follows from it. */
static void
go_on(struct broker *b, int rc)
{
	if (rc == MOSQ_ERR_ERRNO)
		b->attempt->error = errno;
	if (rc != MOSQ_ERR_SUCCESS || b->refused != 0 ||
	    mosquitto_socket(b->attempt->mosq) < 0) {
		lose_by(b, rc);
		return;
	}
	if (heard(b) - b->heard > SAYS_MAX) {
		lose(b, "the broker says more than is sense");
		return;
	}
	if (b->greeted) {
		b->greeted = false;
		b->phase = PHASE_UP;
		b->looks = 0;
		arm(b, &look_every);
		b->ops->up(b->ctx);
	}
	if (b->phase == PHASE_UP && !b->last && b->failed == 0 &&
	    !mosquitto_want_write(b->attempt->mosq))
		b->ops->room(b->ctx);
	if (b->failed != 0 || mosquitto_socket(b->attempt->mosq) < 0)
		lose_by(b, b->failed);
	else
		watch(b);
}

static void
on_line(evutil_socket_t fd, short what, void *arg)
{
	struct broker *b = arg;
	int rc = MOSQ_ERR_SUCCESS;

	(void)fd;
	if ((what & EV_READ) != 0)
		rc = mosquitto_loop_read(b->attempt->mosq, 1);
	if (rc == MOSQ_ERR_SUCCESS && (what & EV_WRITE) != 0 &&
	    mosquitto_socket(b->attempt->mosq) >= 0)
		rc = mosquitto_loop_write(b->attempt->mosq, 1);
	go_on(b, rc);
}

/* The thread is through. */
static void
on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;
	struct broker *b = a->broker;

	(void)fd;
	(void)what;
	pthread_join(a->thread, NULL);
	if (b == NULL) {
		attempt_free(a);
		return;
	}
	b->phase = PHASE_GREETING;
	if (a->rc != MOSQ_ERR_SUCCESS || b->last) {
		lose_by(b, a->rc);
		return;
	}
	b->heard = 0;
	arm(b, &welcome_in);
	go_on(b, MOSQ_ERR_SUCCESS);
}

static void
start(struct broker *b)
{
	int error;

	b->refused = 0;
	b->greeted = false;
	b->failed = 0;
	b->attempt = attempt_new(b);
	if (b->attempt->rc != MOSQ_ERR_SUCCESS) {
		lose_by(b, b->attempt->rc);
		return;
	}
	b->phase = PHASE_CONNECTING;
	error = pthread_create(&b->attempt->thread, NULL, connecting, b->attempt);
	if (error == 0)
		return;
	b->attempt->error = error;
	lose_by(b, MOSQ_ERR_ERRNO);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct broker *b = arg;

	(void)fd;
	(void)what;
	switch (b->phase) {
	case PHASE_PAUSED:
		start(b);
		break;
	case PHASE_GREETING:
		lose(b, "the broker does not answer");
		break;
	case PHASE_UP:
		b->looks++;
		b->heard = heard(b);
		arm(b, &look_every);
		go_on(b, mosquitto_loop_misc(b->attempt->mosq));
		break;
	case PHASE_CONNECTING:
	case PHASE_OVER:
		break;
	}
}

/* --- from outside ----------------------------------------------------------------- */

bool
broker_is_up(const struct broker *b)
{
	return b->phase == PHASE_UP;
}

void
broker_subscribe(struct broker *b, const char *filter)
{
	int rc = mosquitto_subscribe(b->attempt->mosq, NULL, filter, 0);

	if (rc != MOSQ_ERR_SUCCESS && b->failed == 0)
		b->failed = rc;
}

bool
broker_publish(struct broker *b, const char *topic, const char *payload)
{
	size_t len = strlen(payload);
	int rc;

	if (b->phase != PHASE_UP || b->failed != 0 ||
	    mosquitto_want_write(b->attempt->mosq))
		return false;
	rc = mosquitto_publish(
	    b->attempt->mosq, NULL, topic, (int)len, len > 0 ? payload : NULL, 0, true);
	if (rc != MOSQ_ERR_SUCCESS) {
		b->attempt->error = errno;
		b->failed = rc;
	}
	return rc == MOSQ_ERR_SUCCESS;
}

void
broker_ask(struct broker *b)
{
	if (b->phase == PHASE_UP && b->line != NULL)
		event_active(b->line, EV_TIMEOUT, 0);
}

void
broker_last(struct broker *b)
{
	b->last = true;
	if (b->phase == PHASE_UP) {
		if (b->status != NULL)
			mosquitto_publish(b->attempt->mosq, NULL, b->status,
			    strlen("offline"), "offline", 0, true);
		go_on(b, mosquitto_disconnect(b->attempt->mosq));
	} else if (b->phase != PHASE_CONNECTING)
		lose(b, "");
}

bool
broker_idle(const struct broker *b)
{
	/* Nobody waits for a thread that waits for names. */
	return b->phase == PHASE_OVER || (b->last && b->phase == PHASE_CONNECTING);
}

struct broker *
broker_new(struct event_base *base, const struct broker_setup *setup,
    const struct broker_ops *ops, void *ctx)
{
	static const struct timeval at_once = { 0, 0 };
	static bool ready;
	struct broker *b = mem_zero(1, sizeof *b);

	if (!ready && mosquitto_lib_init() != MOSQ_ERR_SUCCESS)
		fatalx("libmosquitto cannot start");
	ready = true;
	if (!broker_parse(setup->url, &b->host, &b->port, &b->tls))
		b->host = mem_str("");
	b->base = base;
	b->user = mem_str(setup->user);
	b->password = mem_str(setup->password);
	b->ca = mem_str(setup->ca);
	b->id = mem_str(setup->id);
	b->status = mem_str(setup->status);
	b->ops = ops;
	b->ctx = ctx;
	b->timer = event_new(base, -1, 0, on_timer, b);
	if (b->timer == NULL)
		fatalx("no timer");
	arm(b, &at_once);
	return b;
}

void
broker_free(struct broker *b)
{
	if (b == NULL)
		return;
	if (b->phase == PHASE_UP)
		broker_last(b);
	unwatch(b);
	if (b->phase == PHASE_CONNECTING)
		b->attempt->broker = NULL;
	else
		attempt_free(b->attempt);
	event_free(b->timer);
	free(b->host);
	free(b->user);
	if (b->password != NULL)
		explicit_bzero(b->password, strlen(b->password));
	free(b->password);
	free(b->ca);
	free(b->id);
	free(b->status);
	free(b);
}
