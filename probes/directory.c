/* LDAP, EchoPingLDAP: from the first packet of a connection to the end of a search, by
 * libldap's asynchronous calls. It gets a socket that is connected, never one to
 * connect or a name to look up, since it would wait for those; TLS is ours as well.
 * What it does when it is first used, asking for this host's own name, is left to a
 * thread. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/directoryio.h"
#include "probes/directoryopts.h"
#include "probes/net.h"
#include "probes/ports.h"
#include "probes/trust.h"

/* Searches at once, all runs together. */
#define DIRECTORY_SEARCHES 200
/* Messages in one turn of the loop, and in one answer. */
#define DIRECTORY_TURN 32
#define DIRECTORY_ENTRIES 10000
/* What a ping waits for libldap to be ready. */
#define DIRECTORY_WAIT_NS CLOCK_NS_PER_S
#define DIRECTORY_LOOK_US 10000

enum directory_state {
	DIRECTORY_WAITING, /* for libldap */
	DIRECTORY_DIALLING,
	DIRECTORY_STARTING, /* TLS, by a word in the clear */
	DIRECTORY_SHAKING,
	DIRECTORY_BINDING,
	DIRECTORY_SEARCHING,
};

static const char *const directory_words[] = {
	[DIRECTORY_WAITING] = "libldap is not ready",
	[DIRECTORY_DIALLING] = "no connection in time",
	[DIRECTORY_STARTING] = "no answer to start_tls in time",
	[DIRECTORY_SHAKING] = "the TLS handshake was not over in time",
	[DIRECTORY_BINDING] = "no answer to the bind in time",
	[DIRECTORY_SEARCHING] = "the search was not over in time",
};

struct directory_search {
	struct probe_run *run;
	unsigned seq;
	enum directory_state state;
	struct event ev;
	struct directoryio io;
	LDAP *ld;
	int id; /* of the request under way */
	unsigned entries;
	int64_t begun_ns, connected_ns, shaken_ns, asked_ns;
	LIST_ENTRY(directory_search) of_run;
};

LIST_HEAD(directory_state_of_run, directory_search);

static unsigned directory_count;

static void directory_on_event(evutil_socket_t fd, short what, void *ctx);

/* --- libldap's beginning ---------------------------------------------------------- */

enum {
	LIBRARY_UNTOUCHED,
	LIBRARY_COMING,
	LIBRARY_THERE,
	LIBRARY_BROKEN
};
static atomic_int directory_library;

/* It asks nscd by a Unix socket first, which the lock refuses: then files and DNS. */
static void *
directory_load(void *ctx)
{
	LDAP *ld = NULL;
	bool good = ldap_initialize(&ld, "ldap://127.0.0.1:1/") == LDAP_SUCCESS;

	if (ld != NULL)
		ldap_unbind_ext(ld, NULL, NULL);
	atomic_store(&directory_library, good ? LIBRARY_THERE : LIBRARY_BROKEN);
	return ctx;
}

static void
directory_want_library(void)
{
	pthread_t thread;

	if (atomic_load(&directory_library) != LIBRARY_UNTOUCHED)
		return;
	atomic_store(&directory_library, LIBRARY_COMING);
	if (pthread_create(&thread, NULL, directory_load, NULL) != 0)
		atomic_store(&directory_library, LIBRARY_BROKEN);
	else
		pthread_detach(thread);
}

/* --- lives ----------------------------------------------------------------------- */

static void
directory_drop(struct directory_search *s)
{
	event_del(&s->ev);
	if (s->ld != NULL)
		ldap_unbind_ext(s->ld, NULL, NULL);
	tlsline_free(s->io.tls);
	if (s->io.fd >= 0)
		close(s->io.fd);
	LIST_REMOVE(s, of_run);
	directory_count--;
	free(s);
}

static void
directory_lost(struct directory_search *s, enum ping_outcome outcome, const char *why)
{
	struct probe_run *run = s->run;
	unsigned seq = s->seq;
	char text[256];

	snprintf(text, sizeof text, "%s", why != NULL ? why : "");
	directory_drop(s);
	probe_detail(run, text[0] != '\0' ? text : NULL);
	probe_lost(run, seq, outcome, true);
}

static void
directory_answered(struct directory_search *s)
{
	const double second = CLOCK_NS_PER_S;
	int64_t now = clock_mono_ns();
	struct probe_run *run = s->run;
	unsigned seq = s->seq;
	int64_t rtt = now - s->begun_ns;

	if (run->lookup_ns > 0)
		probe_extra(run, EXTRA_LOOKUP, (double)run->lookup_ns / second);
	probe_extra(run, EXTRA_CONNECT, (double)s->connected_ns / second);
	if (s->shaken_ns > 0)
		probe_extra(run, EXTRA_TLS, (double)s->shaken_ns / second);
	probe_extra(run, EXTRA_QUERY, (double)(now - s->asked_ns) / second);
	directory_drop(s);
	probe_detail(run, NULL);
	probe_reply(run, seq, rtt, STAMP_USER);
}

/* libldap can go on no more: why, as far as the connection knows. */
static void
directory_broke(struct directory_search *s)
{
	static const char garbage[] = "what the server answers is no LDAP, or too long";

	if (s->io.error == EPROTO)
		directory_lost(s, PING_BAD_ANSWER, s->io.why);
	else if (s->io.error != 0)
		directory_lost(s,
		    net_errno(s->io.error, NULL) == PING_NOT_SENT
			? PING_CUT_OFF
			: net_errno(s->io.error, NULL),
		    strerror(s->io.error));
	else if (s->io.ended)
		directory_lost(s, PING_CUT_OFF,
		    "the server closes the connection before its answer is over");
	else
		directory_lost(s, PING_BAD_ANSWER, garbage);
}

/* --- the course ------------------------------------------------------------------- */

/* Wait for WHAT, no longer than the ping's time. */
static void
directory_watch(struct directory_search *s, short what)
{
	int64_t left = s->begun_ns + s->run->timeout_ns - clock_mono_ns();

	event_del(&s->ev);
	event_assign(&s->ev, s->run->host->base, s->io.fd, what, directory_on_event, s);
	net_timer(&s->ev, left > CLOCK_NS_PER_MS ? left : CLOCK_NS_PER_MS);
}

/* A request went out with the result CODE. */
static void
directory_asked(struct directory_search *s, enum directory_state state, int code)
{
	char why[200];

	s->state = state;
	if (code == LDAP_SUCCESS) {
		directory_watch(s, EV_READ);
		return;
	}
	if (s->io.error != 0 || code == LDAP_SERVER_DOWN) {
		directory_broke(s);
		return;
	}
	snprintf(why, sizeof why,
	    code == LDAP_FILTER_ERROR
		? "filter = %.100s: %s, expected e.g. (objectClass=*)"
		: "%.100s: %s",
	    s->run->opts->filter, ldap_err2string(code));
	directory_lost(s, PING_CANNOT, why);
}

static void
directory_search(struct directory_search *s)
{
	const struct probe_opts *o = s->run->opts;

	s->asked_ns = clock_mono_ns();
	directory_asked(s, DIRECTORY_SEARCHING,
	    ldap_search_ext(s->ld, o->base, o->scope, o->filter, o->attrs, 0, NULL,
		NULL, NULL, LDAP_NO_LIMIT, &s->id));
}

static void
directory_bind(struct directory_search *s)
{
	const struct probe_opts *o = s->run->opts;
	struct berval secret = { 0, NULL };

	if (o->password != NULL)
		secret = (struct berval){ strlen(o->password), o->password };
	directory_asked(s, DIRECTORY_BINDING,
	    ldap_sasl_bind(s->ld, o->binddn != NULL ? o->binddn : "", LDAP_SASL_SIMPLE,
		&secret, NULL, NULL, &s->id));
}

/* The connection is there, and TLS if it comes first: libldap takes over. */
static void
directory_begin(struct directory_search *s)
{
	const struct probe_opts *o = s->run->opts;
	int code;

	if (s->ld == NULL)
		s->ld = directoryio_open(&s->io, o->version, &code);
	if (s->ld == NULL)
		directory_lost(s, PING_NOT_SENT, ldap_err2string(code));
	else if (o->start_tls && s->io.tls == NULL)
		directory_asked(s, DIRECTORY_STARTING,
		    ldap_extended_operation(
			s->ld, LDAP_EXOP_START_TLS, NULL, NULL, NULL, &s->id));
	else
		directory_bind(s);
}

static void
directory_shaken(struct directory_search *s)
{
	struct probe_run *run = s->run;
	char why[256] = "";
	double days;
	bool good = trust_check(run->opts->insecure ? NULL : trust_system(),
	    tlsline_session(s->io.tls), run->name, &days, why, sizeof why);

	probe_extra(run, EXTRA_CERT_DAYS, days);
	s->shaken_ns = clock_mono_ns() - s->shaken_ns;
	if (good)
		directory_begin(s);
	else
		directory_lost(s, PING_BAD_ANSWER, why);
}

static void
directory_shake(struct directory_search *s)
{
	char why[TLSLINE_WHY] = "";

	switch (tlsline_shake(s->io.tls, why)) {
	case TLSLINE_DONE:
		directory_shaken(s);
		break;
	case TLSLINE_READ:
		directory_watch(s, EV_READ);
		break;
	case TLSLINE_WRITE:
		directory_watch(s, EV_WRITE);
		break;
	case TLSLINE_CUT:
		directory_lost(s, PING_CUT_OFF,
		    "the server ends the connection inside the TLS handshake");
		break;
	case TLSLINE_BAD:
		directory_lost(s, PING_BAD_ANSWER, why);
		break;
	}
}

static void
directory_start_tls(struct directory_search *s)
{
	s->state = DIRECTORY_SHAKING;
	s->shaken_ns = clock_mono_ns();
	s->io.tls = tlsline_new(s->io.fd, s->run->name);
	directory_shake(s);
}

/* The end of an answer, which says how it went. */
static void
directory_result(struct directory_search *s, LDAPMessage *message)
{
	static const char *const of[] = {
		[DIRECTORY_STARTING] = "start_tls",
		[DIRECTORY_BINDING] = "bind",
		[DIRECTORY_SEARCHING] = "search",
	};
	int code = LDAP_OTHER;
	char *words = NULL, why[256];

	if (ldap_parse_result(s->ld, message, &code, NULL, &words, NULL, NULL, 1) !=
	    LDAP_SUCCESS)
		code = LDAP_DECODING_ERROR;
	snprintf(why, sizeof why, "%s: %s%s%.100s", of[s->state], ldap_err2string(code),
	    words != NULL && *words != '\0' ? ": " : "", words != NULL ? words : "");
	ldap_memfree(words);
	if (code != LDAP_SUCCESS)
		directory_lost(s, PING_BAD_ANSWER, why);
	else if (s->state == DIRECTORY_STARTING)
		directory_start_tls(s);
	else if (s->state == DIRECTORY_BINDING)
		directory_search(s);
	else
		directory_answered(s);
}

/* One message of an answer. True when there may be more of it here. */
static bool
directory_message(struct directory_search *s, LDAPMessage *message, int type)
{
	bool entry = type == LDAP_RES_SEARCH_ENTRY || type == LDAP_RES_SEARCH_REFERENCE;

	if (!entry) {
		directory_result(s, message);
		return false;
	}
	ldap_msgfree(message);
	if (++s->entries <= DIRECTORY_ENTRIES)
		return true;
	directory_lost(s, PING_BAD_ANSWER, "the answer has more than 10000 entries");
	return false;
}

static void
directory_read(struct directory_search *s)
{
	for (int i = 0; i < DIRECTORY_TURN; i++) {
		struct timeval now = { 0, 0 };
		LDAPMessage *message = NULL;
		int type = ldap_result(s->ld, s->id, LDAP_MSG_ONE, &now, &message);
		if (type < 0) {
			directory_broke(s);
			return;
		}
		if (type == 0) {
			directory_watch(s, EV_READ);
			return;
		}
		if (!directory_message(s, message, type))
			return;
	}
	directory_watch(s, EV_READ);
	event_active(&s->ev, EV_READ, 0); /* some may be here that the kernel gave */
}

static void
directory_dialled(struct directory_search *s)
{
	const struct probe_opts *o = s->run->opts;
	int error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(s->io.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	struct handshake h = handshake_judge(
	    &o->to, s->io.fd, s->run->address.sa.sa_family, error, s->begun_ns);
	s->connected_ns = h.rtt_ns;
	if (h.outcome != PING_ANSWERED)
		directory_lost(s, h.outcome, h.why);
	else if (o->tls)
		directory_start_tls(s);
	else
		directory_begin(s);
}

static void
directory_dial(struct directory_search *s)
{
	const struct probe_opts *o = s->run->opts;

	s->state = DIRECTORY_DIALLING;
	s->io.fd = handshake_socket(&o->to, s->run->address.sa.sa_family);
	s->begun_ns = clock_mono_ns();
	if (s->io.fd < 0 ||
	    (handshake_connect(&o->to, s->io.fd, s->run->address) != 0 &&
		errno != EINPROGRESS)) {
		int error = errno;
		directory_lost(s, net_errno(error, NULL), strerror(error));
		return;
	}
	directory_watch(s, EV_WRITE);
}

/* Is libldap there? */
static void
directory_wait(struct directory_search *s)
{
	int library = atomic_load(&directory_library);

	if (library == LIBRARY_THERE)
		directory_dial(s);
	else if (library == LIBRARY_BROKEN)
		directory_lost(s, PING_CANNOT, "libldap does not start");
	else if (clock_mono_ns() - s->begun_ns > DIRECTORY_WAIT_NS)
		directory_lost(s, PING_NOT_SENT, directory_words[s->state]);
	else
		net_timer(&s->ev, DIRECTORY_LOOK_US * CLOCK_NS_PER_US);
}

static void
directory_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct directory_search *s = ctx;

	(void)fd;
	if (s->state == DIRECTORY_WAITING)
		directory_wait(s);
	else if ((what & (EV_READ | EV_WRITE)) == 0)
		directory_lost(s, PING_TIMEOUT, directory_words[s->state]);
	else if (s->state == DIRECTORY_DIALLING)
		directory_dialled(s);
	else if (s->state == DIRECTORY_SHAKING)
		directory_shake(s);
	else
		directory_read(s);
}

/* --- the type -------------------------------------------------------------------- */

static int
directory_open(struct probe_host *host, struct err *err)
{
	(void)host;
	ports_open();
	/* No settings of somebody's home, no timeouts from /etc/ldap/ldap.conf. */
	if (setenv("LDAPNOINIT", "1", 1) != 0)
		return err_set(err, "the environment cannot be set");
	return 0;
}

static void
directory_close(struct probe_host *host)
{
	(void)host;
	trust_close();
}

static void
directory_wants(const struct probe_opts *o, const char **host, int *family)
{
	(void)host;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}

static void
directory_ping(struct probe_run *run, unsigned seq)
{
	struct directory_search *s;

	if (directory_count >= DIRECTORY_SEARCHES) {
		probe_detail(run, "too many searches at once");
		probe_lost(run, seq, PING_NOT_SENT, true);
		return;
	}
	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct directory_state_of_run));
		LIST_INIT((struct directory_state_of_run *)run->state);
	}
	s = mem_zero(1, sizeof *s);
	s->run = run;
	s->seq = seq;
	s->io.fd = -1;
	s->begun_ns = clock_mono_ns();
	evtimer_assign(&s->ev, run->host->base, directory_on_event, s);
	LIST_INSERT_HEAD((struct directory_state_of_run *)run->state, s, of_run);
	directory_count++;
	directory_want_library();
	directory_wait(s);
}

static void
directory_end(struct probe_run *run)
{
	struct directory_state_of_run *state = run->state;
	struct directory_search *s;

	while (state != NULL && (s = LIST_FIRST(state)) != NULL)
		directory_drop(s);
	free(state);
	run->state = NULL;
}

const struct probe_type probe_directory = {
	.name = "ldap",
	.needs = PROBE_ADDRESS,
	.options = directoryopts_read,
	.free_opts = directoryopts_free,
	.wants = directory_wants,
	.open = directory_open,
	.ping = directory_ping,
	.end = directory_end,
	.close = directory_close,
};
