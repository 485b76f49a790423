/* TraceroutePing: the time to a router on the way to another host. A datagram that may
 * live for so many hops is answered by the router where it dies (RFC 792, RFC 4443).
 * No rights are needed: the kernel hands such errors to the socket they belong to.
 *
 * Once the router's distance is known a ping is one datagram. When nobody, or somebody
 * else, answers there, the whole way is walked, as traceroute does for every ping. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "prober/resolve.h"
#include "probes/hoperr.h"
#include "probes/net.h"
#include "probes/sockets.h"
#include "probes/via.h"

/* The port says how far a datagram was to go, since old routers quote no more of it:
 * traceroute's ports, one for each distance. */
#define TRACE_PORT 33434
#define TRACE_HOPS 255
#define TRACE_SIZE 32 /* bytes of a datagram */
#define TRACE_TAG 8   /* of them random */
/* From one datagram of a walk to the next. */
#define TRACE_STEP_NS (50 * CLOCK_NS_PER_MS)
/* Pings without an answer after which the distance is taken for unknown. */
#define TRACE_SILENT 3
/* The first pings wait so long for the other host's name. */
#define TRACE_NAME_NS (2 * CLOCK_NS_PER_S)
#define TRACE_READS 32 /* in one turn, of each queue */

struct probe_opts {
	char *desthost;
	unsigned least, most; /* hops */
	int64_t wait_ns;      /* for an answer */
	int family;
	struct via via;
	/* Learned. */
	struct resolve_name *dest;
	int dest_family;
	unsigned hop;	 /* where the router was last; 0: not known */
	unsigned silent; /* pings in a row that nobody answered there */
};

/* One datagram. */
struct trace_probe {
	int64_t sent_mono, sent_wall, tx_wall; /* 0: not sent, no stamp */
	bool answered;
};

/* One ping. */
struct trace {
	struct socket_place place; /* first */
	struct probe_run *run;
	unsigned seq;
	struct event ev, timer;
	int fd; /* -1: none yet */
	struct addr to;
	bool walking;
	unsigned next;	       /* of the walk */
	unsigned ended;	       /* no datagram gets farther than so many hops */
	enum ping_outcome why; /* what whoever ends the way says; TIMEOUT: nothing */
	int64_t asked_mono;
	uint8_t tag[TRACE_TAG];
	struct trace_probe probe[TRACE_HOPS + 1]; /* by hops */
	uint8_t order[TRACE_HOPS + 1];		  /* hops of what was sent, in order */
	unsigned sent;
	LIST_ENTRY(trace) of_run;
};

LIST_HEAD(trace_state, trace);

static struct resolver *trace_resolver; /* made when first needed */
/* Never used: while it is open the kernel goes on stamping what arrives. */
static int trace_stamped = -1;

/* --- options --------------------------------------------------------------------- */

static void
trace_free_opts(struct probe_opts *o)
{
	if (o == NULL)
		return;
	if (o->dest != NULL)
		resolve_unwant(trace_resolver, o->dest);
	free(o->desthost);
	free(o);
}

static int
trace_options_read(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *dest = net_var(conf, t, "desthost");
	const char *wait = net_var(conf, t, "wait");
	long least, most;
	char *end;

	if (dest == NULL)
		return err_set(err,
		    "desthost is not set, expected a host on whose way %s is", t->host);
	if (net_var_number(conf, t, "minttl", 1, TRACE_HOPS, 1, &least, err) != 0 ||
	    net_var_number(conf, t, "maxttl", 1, TRACE_HOPS, 30, &most, err) != 0)
		return -1;
	if (least > most)
		return err_set(err, "minttl = %ld is above maxttl = %ld", least, most);
	double seconds = wait != NULL ? strtod(wait, &end) : 1;
	if (wait != NULL && (end == wait || end[strspn(end, " \t")] != '\0' ||
				!(seconds > 0 && seconds <= 60)))
		return err_set(
		    err, "wait = %s: expected seconds, above 0 up to 60", wait);
	o->desthost = mem_str(dest);
	o->least = (unsigned)least;
	o->most = (unsigned)most;
	o->wait_ns = (int64_t)(seconds * (double)CLOCK_NS_PER_S);
	if (via_read(&o->via, conf, t, &o->family, err) != 0)
		return -1;
	o->via.ttl = -1; /* which is what this is about */
	return 0;
}

static struct probe_opts *
trace_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	o->family = AF_UNSPEC;
	if (trace_options_read(o, conf, t, err) == 0)
		return o;
	trace_free_opts(o);
	return NULL;
}

static void
trace_wants(const struct probe_opts *o, const char **host, int *family)
{
	(void)host;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}

/* --- a ping's life --------------------------------------------------------------- */

static void
trace_drop(struct trace *t)
{
	event_del(&t->timer);
	if (t->fd >= 0) {
		event_del(&t->ev);
		close(t->fd);
		sockets_give(&t->place);
	}
	LIST_REMOVE(t, of_run);
	free(t);
}

static void
trace_drop_place(struct socket_place *place)
{
	trace_drop((struct trace *)place);
}

static void
trace_lost(struct trace *t, enum ping_outcome why, const char *text)
{
	struct probe_run *run = t->run;
	unsigned seq = t->seq;

	trace_drop(t);
	if (text != NULL)
		probe_detail(run, text);
	probe_lost(run, seq, why, true);
}

/* Nobody is waited for any more, and the router did not answer. */
static void
trace_missed(struct trace *t)
{
	struct probe_opts *o = t->run->opts;
	char text[256];
	bool all = true;

	if (!t->walking && ++o->silent >= TRACE_SILENT)
		o->hop = 0;
	for (unsigned hop = o->least; hop <= o->most && hop < t->ended; hop++)
		all = all && t->probe[hop].answered;
	snprintf(text, sizeof text,
	    t->walking && all ? "the way to %s does not lead over %s"
			      : "on the way to %s no answer comes from %s",
	    o->desthost, t->run->name);
	trace_lost(t, t->walking && all ? PING_BAD_ANSWER : t->why, text);
}

/* --- sending --------------------------------------------------------------------- */

/* Send the datagram that gets HOPS far. 0, or -1 when T is lost, and gone. */
static int
trace_send(struct trace *t, unsigned hops)
{
	uint8_t data[TRACE_SIZE] = { 0 };
	struct trace_probe *p = &t->probe[hops];

	memcpy(data, t->tag, TRACE_TAG);
	data[TRACE_TAG] = (uint8_t)hops;
	addr_set_port(&t->to, TRACE_PORT + hops);
	p->sent_wall = clock_wall_ns();
	p->sent_mono = clock_mono_ns();
	t->order[t->sent++] = (uint8_t)hops;
	/* The host's timeout counts from the last datagram, and as long it needs its
	 * place. */
	probe_sent(t->run, t->seq);
	t->place.spare_at = p->sent_mono + t->run->timeout_ns + CLOCK_NS_PER_S;
	if (hoperr_send(t->fd, &t->to, hops, data, sizeof data) == 0)
		return 0;
	trace_lost(t, net_errno(errno, NULL), NULL);
	return -1;
}

/* Is there another datagram of the walk to be sent? */
static bool
trace_goes_on(const struct trace *t)
{
	return t->walking && t->next <= t->run->opts->most && t->next < t->ended;
}

static void
trace_step(struct trace *t)
{
	if (t->probe[t->next].sent_mono != 0)
		t->next++;
	if (!trace_goes_on(t)) {
		net_timer(&t->timer, t->run->opts->wait_ns);
		return;
	}
	if (trace_send(t, t->next) != 0)
		return;
	t->next++;
	net_timer(&t->timer, trace_goes_on(t) ? TRACE_STEP_NS : t->run->opts->wait_ns);
}

/* Go all the way. */
static void
trace_walk(struct trace *t)
{
	t->walking = true;
	t->next = t->run->opts->least;
	trace_step(t);
}

/* --- answers --------------------------------------------------------------------- */

static void
trace_answered(struct trace *t, unsigned hops, int64_t wall_ns)
{
	const struct trace_probe *p = &t->probe[hops];
	struct probe_run *run = t->run;
	unsigned seq = t->seq;
	enum ping_stamp stamp;
	int64_t rtt = net_rtt(p->tx_wall, wall_ns, p->sent_wall, p->sent_mono, &stamp);

	run->opts->hop = hops;
	run->opts->silent = 0;
	trace_drop(t);
	probe_detail(run, NULL);
	probe_extra(run, EXTRA_HOPS, hops);
	probe_reply(run, seq, rtt, stamp);
}

/* Does error E belong to a datagram of T that waits for its answer? */
static bool
trace_matches(const struct trace *t, const struct hoperr *e, unsigned hops)
{
	return hops >= 1 && hops <= TRACE_HOPS && addr_same_host(&e->to, &t->to) &&
	       t->probe[hops].sent_mono != 0 &&
	       (e->quoted_len < TRACE_TAG ||
		   memcmp(e->quoted, t->tag, TRACE_TAG) == 0) &&
	       (e->quoted_len <= TRACE_TAG || e->quoted[TRACE_TAG] == hops);
}

/* An ICMP error came. True when T is gone. */
static bool
trace_error(struct trace *t, const struct hoperr *e)
{
	struct probe_run *run = t->run;
	int family = t->to.sa.sa_family;
	unsigned port = addr_port(&e->to);
	unsigned hops = port > TRACE_PORT ? port - TRACE_PORT : 0;
	enum ping_outcome why = net_icmp(family, e->type, e->code);

	if (!trace_matches(t, e, hops)) {
		probe_forged(run);
		return false;
	}
	if (t->probe[hops].answered)
		return false;
	t->probe[hops].answered = true;
	if (addr_same_host(&e->from, &run->address)) {
		trace_answered(t, hops, e->wall_ns);
		return true;
	}
	if (why != PING_TTL_EXCEEDED) {
		/* Its end, or somebody who lets nothing pass. */
		if (hops < t->ended)
			t->ended = hops;
		if (why != PING_REFUSED) {
			t->why = why;
			probe_lost(run, t->seq, why, false);
		}
	}
	if (!t->walking) {
		trace_walk(t);
		return true; /* look again when something comes */
	}
	return false;
}

/* Has everybody answered who was asked, and nobody is left to ask? */
static bool
trace_is_over(const struct trace *t)
{
	if (!t->walking || trace_goes_on(t))
		return false;
	for (unsigned hop = t->run->opts->least;
	     hop <= t->run->opts->most && hop <= t->ended; hop++)
		if (t->probe[hop].sent_mono != 0 && !t->probe[hop].answered)
			return false;
	return true;
}

static void
trace_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct trace *t = ctx;
	struct hoperr e;
	char ignored[64];

	(void)what;
	for (int i = 0; i < TRACE_READS && hoperr_read(fd, &e) == 0; i++) {
		if (e.sent) {
			if (e.id < t->sent)
				t->probe[t->order[e.id]].tx_wall = e.wall_ns;
		} else if (e.icmp && trace_error(t, &e))
			return;
	}
	/* A service at one of these ports; it is no router. */
	for (int i = 0; i < TRACE_READS; i++)
		if (recv(fd, ignored, sizeof ignored, MSG_DONTWAIT) < 0)
			break;
	if (trace_is_over(t))
		trace_missed(t);
}

/* --- the beginning --------------------------------------------------------------- */

static void
trace_begin(struct trace *t)
{
	struct probe_run *run = t->run;
	const struct probe_opts *o = run->opts;
	int family = t->to.sa.sa_family;
	int fd = -1;

	errno = EMFILE;
	if (sockets_take(&t->place, t->asked_mono + run->timeout_ns + CLOCK_NS_PER_S,
		trace_drop_place) &&
	    (fd = hoperr_socket(family)) < 0)
		sockets_give(&t->place);
	if (fd < 0) {
		trace_lost(t, net_errno(errno, NULL), NULL);
		return;
	}
	t->fd = fd;
	event_assign(
	    &t->ev, run->host->base, fd, EV_READ | EV_PERSIST, trace_on_event, t);
	if (via_apply(&o->via, fd, family) != 0 ||
	    via_bind(&o->via, fd, family, 0) != 0) {
		trace_lost(t, net_errno(errno, NULL), NULL);
		return;
	}
	event_add(&t->ev, NULL);
	if (o->hop < o->least || o->hop > o->most)
		trace_walk(t);
	else if (trace_send(t, o->hop) == 0)
		net_timer(&t->timer, o->wait_ns);
}

/* The other host's address is needed before anything else. */
static void
trace_look_up(struct trace *t)
{
	struct probe_opts *o = t->run->opts;
	struct probe_run *run = t->run;
	int family = run->address.sa.sa_family;
	const char *why = NULL;

	if (trace_resolver == NULL)
		trace_resolver = resolve_new(run->host->base, NULL, NULL);
	/* The router's name may get an address of the other family one day. */
	if (o->dest != NULL && o->dest_family != family) {
		resolve_unwant(trace_resolver, o->dest);
		o->dest = NULL;
		o->hop = 0;
	}
	if (o->dest == NULL)
		o->dest = resolve_want(trace_resolver, o->desthost, family);
	o->dest_family = family;
	switch (resolve_get(o->dest, &t->to, &why)) {
	case RESOLVE_PENDING:
		if (clock_mono_ns() - t->asked_mono > TRACE_NAME_NS)
			trace_lost(
			    t, PING_NO_NAME, "desthost does not resolve in time");
		else
			net_timer(&t->timer, TRACE_STEP_NS);
		break;
	case RESOLVE_FAILED:
		trace_lost(t, PING_NO_NAME, why);
		break;
	default:
		trace_begin(t);
	}
}

static void
trace_on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct trace *t = ctx;

	(void)fd, (void)what;
	if (t->fd < 0)
		trace_look_up(t);
	else if (trace_goes_on(t))
		trace_step(t);
	else
		trace_missed(t);
}

static void
trace_ping(struct probe_run *run, unsigned seq)
{
	struct trace *t = mem_zero(1, sizeof *t);

	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct trace_state));
		LIST_INIT((struct trace_state *)run->state);
	}
	t->run = run;
	t->seq = seq;
	t->fd = -1;
	t->ended = TRACE_HOPS + 1;
	t->why = PING_TIMEOUT;
	t->asked_mono = clock_mono_ns();
	if (getrandom(t->tag, sizeof t->tag, 0) != sizeof t->tag)
		fatal("getrandom");
	LIST_INSERT_HEAD((struct trace_state *)run->state, t, of_run);
	evtimer_assign(&t->timer, run->host->base, trace_on_timer, t);
	trace_look_up(t);
}

static void
trace_end(struct probe_run *run)
{
	struct trace_state *state = run->state;
	struct trace *t;

	while (state != NULL && (t = LIST_FIRST(state)) != NULL)
		trace_drop(t);
	free(state);
	run->state = NULL;
}

static int
trace_open(struct probe_host *host, struct err *err)
{
	(void)host, (void)err;
	trace_stamped = hoperr_socket(AF_INET);
	return 0;
}

static void
trace_close(struct probe_host *host)
{
	(void)host;
	if (trace_stamped >= 0)
		close(trace_stamped);
	trace_stamped = -1;
	resolve_free(trace_resolver);
	trace_resolver = NULL;
}

const struct probe_type probe_trace = {
	.name = "trace",
	.needs = PROBE_ADDRESS,
	.options = trace_options,
	.free_opts = trace_free_opts,
	.wants = trace_wants,
	.open = trace_open,
	.ping = trace_ping,
	.end = trace_end,
	.close = trace_close,
};
