#include "prober/resolve.h"

#include <ares.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "prober/hosts.h"

#define RESOLVE_CONF "/etc/resolv.conf"
#define RESOLVE_HOSTS "/etc/hosts"
/* Ten thousand names at start must not look like an attack on the resolver. */
#define RESOLVE_IN_FLIGHT 50
#define RESOLVE_TRIES 2

enum resolve_step {
	STEP_IDLE,    /* its timer tells when it is looked up next */
	STEP_QUEUED,  /* waits for a place among those in flight */
	STEP_ASKED,   /* c-ares has it */
	STEP_DECIDED, /* c-ares answered; not told yet */
};

struct resolve_name {
	struct resolver *r;
	char *host;
	int family;
	unsigned refs, failures;
	enum resolve_state state;
	enum resolve_step step;
	struct addr addr;
	char *why;
	char interface[ADDR_INTERFACE]; /* of a literal with one; "" for none */
	struct event due;		/* next lookup */

	/* The lookup under way. */
	int asking; /* AF_INET or AF_INET6 */
	int status; /* of c-ares */
	bool again; /* the channel was closed under it: nobody's failure */
	int64_t asked_ns, took_ns;
	struct addr found;
	unsigned ttl_s;

	TAILQ_ENTRY(resolve_name) link; /* queued, asked or decided */
	UT_hash_handle hh;
	char key[]; /* "4 HOST" */
};
TAILQ_HEAD(resolve_list, resolve_name);

/* A socket of c-ares'. */
struct resolve_watch {
	struct event ev;
	evutil_socket_t fd;
	LIST_ENTRY(resolve_watch) link;
};

struct resolver {
	struct event_base *base;
	void (*changed)(void *ctx, struct resolve_name *name);
	void *ctx;
	struct resolve_times times;
	ares_channel channel;
	bool open, closing;
	struct stat conf; /* of resolv.conf, as the channel knows it */
	struct hosts *hosts;
	struct event timeout; /* of c-ares */
	struct event work;    /* names are decided, or places are free */
	struct event check;   /* for changed files */
	LIST_HEAD(, resolve_watch) watches;
	struct resolve_name *names; /* by key */
	struct resolve_list queued, asked, decided;
	unsigned in_flight;
};

static const struct resolve_times resolve_default_times = {
	.ttl_min_ms = 60 * 1000,
	.ttl_max_ms = 3600 * 1000,
	.retry_min_ms = 5 * 1000,
	.retry_max_ms = 300 * 1000,
	.check_ms = 5 * 1000,
	.timeout_ms = 2 * 1000,
};

static void
resolve_arm(struct event *ev, unsigned ms)
{
	struct timeval tv = { ms / 1000, (suseconds_t)(ms % 1000) * 1000 };

	evtimer_add(ev, &tv);
}

/* --- c-ares on libevent ---------------------------------------------------------- */

/* c-ares wants to be called again when its next try is due: after every call. */
static void
resolve_rearm(struct resolver *r)
{
	struct timeval most = { 5, 0 }, tv;

	if (!r->open || TAILQ_EMPTY(&r->asked)) {
		evtimer_del(&r->timeout);
		return;
	}
	evtimer_add(&r->timeout, ares_timeout(r->channel, &most, &tv));
}

static void
resolve_on_timeout(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;

	(void)fd, (void)what;
	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	resolve_rearm(r);
}

static void
resolve_on_socket(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;

	ares_process_fd(r->channel, (what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
	    (what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	resolve_rearm(r);
}

/* c-ares opened, closed or wants something else of a socket. */
static void
resolve_socket_state(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct resolver *r = ctx;
	struct resolve_watch *w;
	short what = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

	LIST_FOREACH(w, &r->watches, link)
	{
		if (w->fd == fd)
			break;
	}
	if (w != NULL)
		event_del(&w->ev);
	if (what == 0) {
		if (w != NULL) {
			LIST_REMOVE(w, link);
			free(w);
		}
		return;
	}
	if (w == NULL) {
		w = mem_zero(1, sizeof *w);
		w->fd = fd;
		LIST_INSERT_HEAD(&r->watches, w, link);
	}
	event_assign(&w->ev, r->base, fd, what | EV_PERSIST, resolve_on_socket, r);
	event_add(&w->ev, NULL);
}

static bool
resolve_conf_changed(struct resolver *r)
{
	struct stat now = { 0 };

	if (stat(RESOLVE_CONF, &now) != 0)
		memset(&now, 0, sizeof now);
	if (now.st_ino == r->conf.st_ino && now.st_dev == r->conf.st_dev &&
	    now.st_size == r->conf.st_size &&
	    now.st_mtim.tv_sec == r->conf.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == r->conf.st_mtim.tv_nsec)
		return false;
	r->conf = now;
	return true;
}

/* Open the channel if it is not: c-ares reads resolv.conf now and never again. False
 * when it cannot be (then names fail, and are tried again). */
static bool
resolve_open(struct resolver *r)
{
	char lookups[] = "b"; /* the hosts file is ours */
	struct ares_options options = {
		.timeout = (int)r->times.timeout_ms,
		.tries = RESOLVE_TRIES,
		.lookups = lookups,
		.sock_state_cb = resolve_socket_state,
		.sock_state_cb_data = r,
	};

	if (r->open)
		return true;
	resolve_conf_changed(r);
	int status = ares_init_options(&r->channel, &options,
	    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
		ARES_OPT_SOCK_STATE_CB);
	if (status != ARES_SUCCESS) {
		static struct log_limit limit;
		if (log_allowed(&limit, 60, NULL))
			log_warnx(
			    "resolver: %s: %s", RESOLVE_CONF, ares_strerror(status));
		return false;
	}
	r->open = true;
	return true;
}

/* --- one lookup ------------------------------------------------------------------- */

static void
resolve_name_free(struct resolve_name *n)
{
	evtimer_del(&n->due);
	free(n->host);
	free(n->why);
	free(n);
}

/* Move N to STEP and its list; idle names are on none. */
static void
resolve_move(struct resolve_name *n, enum resolve_step step)
{
	struct resolver *r = n->r;
	struct resolve_list *list[] = {
		[STEP_IDLE] = NULL,
		[STEP_QUEUED] = &r->queued,
		[STEP_ASKED] = &r->asked,
		[STEP_DECIDED] = &r->decided,
	};

	if (list[n->step] != NULL)
		TAILQ_REMOVE(list[n->step], n, link);
	n->step = step;
	if (list[step] != NULL)
		TAILQ_INSERT_TAIL(list[step], n, link);
	if (step == STEP_QUEUED || step == STEP_DECIDED)
		event_active(&r->work, EV_TIMEOUT, 0);
}

/* Of several addresses the one in use stays in use: a round robin is no news. */
static void
resolve_choose(struct resolve_name *n, const struct ares_addrinfo *res)
{
	unsigned ttl = (unsigned)-1;

	n->found.sa.sa_family = AF_UNSPEC;
	for (const struct ares_addrinfo_node *at = res->nodes; at; at = at->ai_next) {
		struct addr a = { 0 };
		if (at->ai_family != n->asking || at->ai_addrlen > sizeof a)
			continue;
		memcpy(&a, at->ai_addr, at->ai_addrlen);
		addr_set_port(&a, 0);
		if (n->found.sa.sa_family == AF_UNSPEC || addr_same_host(&a, &n->addr))
			n->found = a;
		if (at->ai_ttl >= 0 && (unsigned)at->ai_ttl < ttl)
			ttl = (unsigned)at->ai_ttl;
	}
	n->ttl_s = ttl;
}

static void
resolve_answered(void *ctx, int status, int timeouts, struct ares_addrinfo *res)
{
	struct resolve_name *n = ctx;
	struct resolver *r = n->r;

	(void)timeouts;
	r->in_flight--;
	n->status = status;
	n->again = status == ARES_EDESTRUCTION || status == ARES_ECANCELLED;
	n->took_ns = clock_mono_ns() - n->asked_ns;
	if (res != NULL) {
		resolve_choose(n, res);
		ares_freeaddrinfo(res);
	}
	if (status == ARES_SUCCESS && n->found.sa.sa_family == AF_UNSPEC)
		n->status = ARES_ENODATA;
	/* We may be deep inside c-ares, even inside ares_getaddrinfo(). */
	resolve_move(n, STEP_DECIDED);
}

static void
resolve_ask(struct resolve_name *n, int family)
{
	const struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = family,
		.ai_socktype = SOCK_DGRAM,
	};

	n->asking = family;
	n->found.sa.sa_family = AF_UNSPEC;
	resolve_move(n, STEP_ASKED);
	n->r->in_flight++;
	if (!resolve_open(n->r)) {
		resolve_answered(n, ARES_ENOTINITIALIZED, 0, NULL);
		return;
	}
	ares_getaddrinfo(n->r->channel, n->host, NULL, &hints, resolve_answered, n);
}

/* A lookup found ADDR, good for MS. True when that is news. */
static bool
resolve_found(struct resolve_name *n, const struct addr *addr, unsigned ms)
{
	bool news = n->state != RESOLVE_FRESH || !addr_same_host(&n->addr, addr);

	n->addr = *addr;
	n->state = RESOLVE_FRESH;
	n->failures = 0;
	free(n->why);
	n->why = NULL;
	resolve_arm(&n->due, ms);
	return news;
}

/* A lookup failed, and WHY. An address that was known stays. True when that is news. */
static bool
resolve_failed(struct resolve_name *n, const char *why)
{
	const struct resolve_times *t = &n->r->times;
	enum resolve_state state =
	    n->addr.sa.sa_family == AF_UNSPEC ? RESOLVE_FAILED : RESOLVE_STALE;
	char *text = mem_printf("%s: %s", n->host, why);
	bool news = state != n->state || n->why == NULL || strcmp(text, n->why) != 0;
	uint64_t wait = (uint64_t)t->retry_min_ms
			<< (n->failures < 16 ? n->failures : 16);

	free(n->why);
	n->why = text;
	n->state = state;
	n->failures++;
	resolve_arm(&n->due, wait > t->retry_max_ms ? t->retry_max_ms : (unsigned)wait);
	return news;
}

static const char *
resolve_status_text(const struct resolve_name *n)
{
	switch (n->status) {
	case ARES_ENOTFOUND:
		return "no such name";
	case ARES_ENODATA:
		return n->family == AF_INET    ? "the name has no IPv4 address"
		       : n->family == AF_INET6 ? "the name has no IPv6 address"
					       : "the name has no address";
	case ARES_EBADNAME:
	case ARES_EFORMERR:
		return "not a valid name, expected letters, digits, '-' and '.'";
	case ARES_ECONNREFUSED: /* c-ares says so too after SERVFAIL and REFUSED */
		return "no resolver could be reached or could find out";
	case ARES_ETIMEOUT:
		return "the resolver does not answer";
	case ARES_ESERVFAIL:
		return "the resolver could not find out (SERVFAIL)";
	case ARES_EREFUSED:
		return "the resolver refuses to answer (REFUSED)";
	case ARES_EBADRESP:
		return "the resolver answers garbage";
	default:
		return ares_strerror(n->status);
	}
}

/* c-ares has decided N's query. True when that is news. */
static bool
resolve_settle(struct resolve_name *n)
{
	const struct resolve_times *t = &n->r->times;

	if (n->again) {
		n->again = false;
		resolve_move(n, STEP_QUEUED);
		return false;
	}
	if (n->status == ARES_SUCCESS) {
		uint64_t ms = (uint64_t)n->ttl_s * 1000;
		resolve_move(n, STEP_IDLE);
		return resolve_found(n, &n->found,
		    ms < t->ttl_min_ms	 ? t->ttl_min_ms
		    : ms > t->ttl_max_ms ? t->ttl_max_ms
					 : (unsigned)ms);
	}
	if (n->family == AF_UNSPEC && n->asking == AF_INET &&
	    (n->status == ARES_ENODATA || n->status == ARES_ENOTFOUND)) {
		resolve_ask(n, AF_INET6);
		return false;
	}
	resolve_move(n, STEP_IDLE);
	return resolve_failed(n, resolve_status_text(n));
}

/* Look N up: here if that is possible, else by asking. True when there is news. */
static bool
resolve_begin(struct resolve_name *n)
{
	struct addr addr;

	/* fe80::1%wlan0 before wlan0 is there: nothing that a resolver could know */
	if (strchr(n->host, ':') != NULL) {
		resolve_move(n, STEP_IDLE);
		if (addr_parse(&addr, n->host) == 0)
			return resolve_found(n, &addr, n->r->times.ttl_max_ms);
		return resolve_failed(
		    n, "no IPv6 address, or its interface is missing");
	}
	n->asked_ns = clock_mono_ns();
	if (hosts_find(n->r->hosts, n->host, n->family, &addr)) {
		n->took_ns = 0;
		resolve_move(n, STEP_IDLE);
		return resolve_found(n, &addr, n->r->times.ttl_min_ms);
	}
	resolve_ask(n, n->family == AF_INET6 ? AF_INET6 : AF_INET);
	return false;
}

static void
resolve_tell(struct resolver *r, struct resolve_name *n)
{
	if (r->changed != NULL)
		r->changed(r->ctx, n);
}

/* The one place where lookups end and begin, never inside c-ares or a caller. */
static void
resolve_work(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;
	struct resolve_name *n;

	(void)fd, (void)what;
	while ((n = TAILQ_FIRST(&r->decided)) != NULL) {
		if (n->refs == 0) {
			resolve_move(n, STEP_IDLE);
			resolve_name_free(n);
		} else if (resolve_settle(n))
			resolve_tell(r, n);
	}
	/* A bounded number per turn: a hosts file may answer thousands. */
	for (unsigned turn = 0; turn < RESOLVE_IN_FLIGHT; turn++) {
		if (r->in_flight >= RESOLVE_IN_FLIGHT ||
		    (n = TAILQ_FIRST(&r->queued)) == NULL)
			break;
		if (resolve_begin(n))
			resolve_tell(r, n);
	}
	if (!TAILQ_EMPTY(&r->decided) ||
	    (r->in_flight < RESOLVE_IN_FLIGHT && !TAILQ_EMPTY(&r->queued)))
		event_active(&r->work, EV_TIMEOUT, 0);
	resolve_rearm(r);
}

static void
resolve_on_due(evutil_socket_t fd, short what, void *ctx)
{
	struct resolve_name *n = ctx;

	(void)fd, (void)what;
	if (n->step == STEP_IDLE)
		resolve_move(n, STEP_QUEUED);
}

/* --- files that change ------------------------------------------------------------ */

/* A laptop that came into another network: what failed has a new chance now. */
static void
resolve_retry_failed(struct resolver *r)
{
	struct resolve_name *n, *next;

	HASH_ITER(hh, r->names, n, next) {
		bool waits = n->state == RESOLVE_FAILED || n->state == RESOLVE_STALE;
		if (waits && evtimer_pending(&n->due, NULL) && n->step == STEP_IDLE) {
			evtimer_del(&n->due);
			n->failures = 0;
			resolve_move(n, STEP_QUEUED);
		}
	}
}

static void
resolve_close(struct resolver *r)
{
	if (r->open)
		ares_destroy(r->channel);
	r->open = false;
	resolve_rearm(r);
}

static void
resolve_on_check(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;
	bool hosts = hosts_refresh(r->hosts), conf = resolve_conf_changed(r);

	(void)fd, (void)what;
	if (conf)
		resolve_close(r); /* its queries come back as "again" */
	if (hosts || conf)
		resolve_retry_failed(r);
	resolve_arm(&r->check, r->times.check_ms);
}

/* --- what the host calls ---------------------------------------------------------- */

struct resolver *
resolve_new(struct event_base *base,
    void (*changed)(void *ctx, struct resolve_name *name), void *ctx)
{
	struct resolver *r = mem_zero(1, sizeof *r);

	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		fatalx("c-ares cannot start");
	r->base = base;
	r->changed = changed;
	r->ctx = ctx;
	r->times = resolve_default_times;
	r->hosts = hosts_new(RESOLVE_HOSTS);
	TAILQ_INIT(&r->queued);
	TAILQ_INIT(&r->asked);
	TAILQ_INIT(&r->decided);
	evtimer_assign(&r->timeout, base, resolve_on_timeout, r);
	evtimer_assign(&r->work, base, resolve_work, r);
	evtimer_assign(&r->check, base, resolve_on_check, r);
	resolve_arm(&r->check, r->times.check_ms);
	return r;
}

void
resolve_set_times(struct resolver *r, const struct resolve_times *times)
{
	r->times = *times;
	resolve_arm(&r->check, r->times.check_ms);
}

void
resolve_free(struct resolver *r)
{
	struct resolve_name *n, *next;
	struct resolve_watch *w;

	if (r == NULL)
		return;
	resolve_close(r);
	HASH_ITER(hh, r->names, n, next) {
		HASH_DEL(r->names, n);
		n->refs = 0;
		if (n->step != STEP_DECIDED)
			resolve_name_free(n);
	}
	while ((n = TAILQ_FIRST(&r->decided)) != NULL) {
		TAILQ_REMOVE(&r->decided, n, link);
		resolve_name_free(n);
	}
	while ((w = LIST_FIRST(&r->watches)) != NULL) {
		LIST_REMOVE(w, link);
		event_del(&w->ev);
		free(w);
	}
	evtimer_del(&r->timeout);
	event_del(&r->work);
	evtimer_del(&r->check);
	hosts_free(r->hosts);
	free(r);
	ares_library_cleanup();
}

/* A literal needs no lookup, now or ever. */
static void
resolve_literal(struct resolve_name *n, const struct addr *addr)
{
	int family = addr->sa.sa_family;

	if (n->family != AF_UNSPEC && n->family != family) {
		n->state = RESOLVE_FAILED;
		n->why = mem_printf("%s: not an %s address", n->host,
		    n->family == AF_INET ? "IPv4" : "IPv6");
		return;
	}
	n->state = RESOLVE_FRESH;
	n->addr = *addr;
}

struct resolve_name *
resolve_want(struct resolver *r, const char *host, int family)
{
	char *key = mem_printf("%c %s",
	    family == AF_INET	 ? '4'
	    : family == AF_INET6 ? '6'
				 : '-',
	    host);
	size_t len = strlen(key);
	struct resolve_name *n;
	struct addr addr;

	HASH_FIND(hh, r->names, key, len, n);
	if (n == NULL) {
		n = mem_zero(1, sizeof *n + len + 1);
		memcpy(n->key, key, len + 1);
		n->r = r;
		n->host = mem_str(host);
		n->family = family;
		evtimer_assign(&n->due, r->base, resolve_on_due, n);
		HASH_ADD(hh, r->names, key, len, n);
		if (addr_parse_scoped(&addr, host, n->interface) == 0) {
			resolve_literal(n, &addr);
			if (n->why == NULL)
				n->why =
				    mem_printf("%s: its interface is not here", host);
		} else if (addr_parse(&addr, host) == 0)
			resolve_literal(n, &addr);
		else
			resolve_move(n, STEP_QUEUED);
	}
	n->refs++;
	free(key);
	return n;
}

void
resolve_unwant(struct resolver *r, struct resolve_name *n)
{
	if (n == NULL || --n->refs > 0)
		return;
	HASH_DEL(r->names, n);
	evtimer_del(&n->due);
	/* A single query cannot be called back: its answer will free the name. */
	if (n->step == STEP_ASKED || n->step == STEP_DECIDED)
		return;
	resolve_move(n, STEP_IDLE);
	resolve_name_free(n);
}

enum resolve_state
resolve_get(const struct resolve_name *n, struct addr *addr, const char **why)
{
	*addr = n->addr;
	if (why != NULL)
		*why = n->why != NULL ? n->why : "";
	if (n->interface[0] == '\0' || n->state != RESOLVE_FRESH)
		return n->state;
	/* An interface may go and come back as another one of the same name. */
	addr->v6.sin6_scope_id = addr_interface(n->interface);
	if (addr->v6.sin6_scope_id == 0) {
		*addr = (struct addr){ .sa.sa_family = AF_UNSPEC };
		return RESOLVE_FAILED;
	}
	if (why != NULL)
		*why = "";
	return RESOLVE_FRESH;
}

int64_t
resolve_took(const struct resolve_name *n)
{
	return n->took_ns;
}
