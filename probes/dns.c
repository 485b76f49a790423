/* DNS and AnotherDNS: one query per ping over its own UDP socket with a port of the
 * kernel's choice and a random id, no retries. Nothing is hidden: what is not the
 * answer to this very question is counted as forged and the waiting goes on. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/dnswire.h"
#include "probes/net.h"

#define DNS_EDNS 1232 /* fits every path, DNS flag day 2020 */
/* Sockets that wait for answers, all runs together. When a whole network is down
 * those that lost their ping already, and stay for late answers only, give way. */
#define DNS_SOCKETS 4000
/* Datagrams read in one turn: a flood must not hold the loop. */
#define DNS_READS 16

struct probe_opts {
	struct dnswire_question question;
	char *server; /* NULL: the target's host */
	char *expect; /* in an answer record's text; NULL: anything */
	int family;
	unsigned port, edns, answers;
	bool authoritative, noerror, nxdomain;
};

/* One query in flight. */
struct dns_query {
	struct probe_run *run;
	struct event ev;
	unsigned seq;
	uint16_t id;
	int fd;
	int64_t sent_mono, sent_wall, tx_wall;
	LIST_ENTRY(dns_query) of_run;
	TAILQ_ENTRY(dns_query) of_all;
};

LIST_HEAD(dns_state, dns_query);

/* In order of sending. */
static TAILQ_HEAD(, dns_query) dns_queries = TAILQ_HEAD_INITIALIZER(dns_queries);
static unsigned dns_count;
/* Never used: while it is open the kernel goes on stamping what arrives. It begins to a
 * moment after the first socket asked for it, and ends with the last. */
static int dns_stamped = -1;

/* --- options --------------------------------------------------------------------- */

static void
dns_free_opts(struct probe_opts *o)
{
	if (o == NULL)
		return;
	free(o->server);
	free(o->expect);
	free(o);
}

/* What only AnotherDNS has. */
static int
dns_options_another(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *protocol = net_var(conf, t, "protocol");
	const char *expect = net_var(conf, t, "expect_text");
	long answers;

	if (protocol != NULL && strcasecmp(protocol, "udp") != 0)
		return err_set(err,
		    "protocol = %s: DNS is measured over UDP only, expected udp",
		    protocol);
	if (net_var_family(conf, t, "ipversion", &o->family, err) != 0 ||
	    net_var_number(
		conf, t, "require_answers", 0, UINT16_MAX, 0, &answers, err) != 0)
		return -1;
	if (o->family == AF_UNSPEC)
		o->family = AF_INET;
	o->answers = (unsigned)answers;
	o->authoritative = net_var_true(conf, t, "authoritative");
	o->noerror = net_var_true(conf, t, "require_noerror");
	o->nxdomain = net_var_true(conf, t, "require_nxdomain");
	if (o->noerror && o->nxdomain)
		return err_set(err,
		    "require_noerror and require_nxdomain exclude each other, expected "
		    "at most one of them");
	o->expect = mem_str(expect);
	return 0;
}

static int
dns_options_read(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	bool another = strcmp(t->probe->module, "AnotherDNS") == 0;
	const char *lookup = net_var(conf, t, "lookup");
	const char *type = net_var(conf, t, "recordtype");
	const char *server = net_var(conf, t, "server");
	struct err why;
	long port;

	if (dnswire_ask(&o->question, lookup != NULL ? lookup : t->host,
		type != NULL ? type : "A", &why) != 0)
		return err_set(err, "lookup or recordtype: %s", why.text);
	if (net_var_number(conf, t, "port", 1, 65535, 53, &port, err) != 0)
		return -1;
	o->port = (unsigned)port;
	o->server = mem_str(server);
	/* as dig asks, and as Net::DNS does */
	o->edns = another ? 0 : DNS_EDNS;
	return another ? dns_options_another(o, conf, t, err) : 0;
}

static struct probe_opts *
dns_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);

	o->family = AF_UNSPEC;
	if (dns_options_read(o, conf, t, err) == 0)
		return o;
	dns_free_opts(o);
	return NULL;
}

static void
dns_wants(const struct probe_opts *o, const char **host, int *family)
{
	if (o->server != NULL)
		*host = o->server;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}

/* --- queries --------------------------------------------------------------------- */

static void
dns_drop(struct dns_query *q)
{
	event_del(&q->ev);
	close(q->fd);
	LIST_REMOVE(q, of_run);
	TAILQ_REMOVE(&dns_queries, q, of_all);
	dns_count--;
	free(q);
}

/* Room for one more socket: the oldest goes if its ping is lost anyway. */
static bool
dns_room(void)
{
	struct dns_query *q = TAILQ_FIRST(&dns_queries);

	if (dns_count < DNS_SOCKETS)
		return true;
	if (clock_mono_ns() - q->sent_mono <= q->run->timeout_ns)
		return false;
	dns_drop(q);
	return true;
}

/* --- answers --------------------------------------------------------------------- */

/* Does an answer record's text hold what is expected? -1 when the message breaks. */
static int
dns_expected(const struct probe_opts *o, struct dnswire_answer *a)
{
	struct dnswire_record rr;
	bool found = false;
	int more;

	while ((more = dnswire_next(a, &rr)) == 1) {
		char *text = NULL;
		size_t size = 0;
		if (o->expect == NULL || found || rr.section != 0)
			continue;
		FILE *out = open_memstream(&text, &size);
		if (out == NULL)
			return -1;
		int sane = dnswire_print(&rr, out);
		fclose(out);
		found = sane == 0 && strstr(text, o->expect) != NULL;
		free(text);
		if (sane != 0)
			return -1;
	}
	/* What did not fit was cut by the server, and says so. */
	if (more < 0 && !a->truncated)
		return -1;
	return o->expect == NULL || found;
}

/* Meets the answer A what is required? If not, WHY tells. */
static bool
dns_accept(const struct probe_opts *o, struct dnswire_answer *a, char *why, size_t size)
{
	char rcode[16];
	int expected = dns_expected(o, a); /* completes the RCODE */

	dnswire_rcode_text(a->rcode, rcode);
	if (expected < 0)
		snprintf(why, size, "the server's answer is broken");
	else if (o->noerror && a->rcode != DNSWIRE_NOERROR)
		snprintf(why, size, "the server answers %s, not NOERROR", rcode);
	else if (o->nxdomain && a->rcode != DNSWIRE_NXDOMAIN)
		snprintf(why, size, "the server answers %s, not NXDOMAIN", rcode);
	else if (o->authoritative && !a->authoritative)
		snprintf(why, size, "the answer is not authoritative");
	else if (a->records < o->answers)
		snprintf(why, size, "the answer has %u records, %u are required",
		    a->records, o->answers);
	else if (expected == 0)
		snprintf(why, size, "no answer record holds '%s'", o->expect);
	else
		return true;
	return false;
}

/* True when the datagram decided Q, which is gone then. */
static bool
dns_datagram(struct dns_query *q, const void *data, const struct net_packet *p)
{
	struct probe_run *run = q->run;
	struct dnswire_answer a;
	unsigned seq = q->seq;
	enum ping_stamp stamp;
	char why[128];

	if (dnswire_match(&a, data, (size_t)p->len, q->id, &run->opts->question) != 0) {
		probe_forged(run);
		return false;
	}
	int64_t rtt =
	    net_rtt(q->tx_wall, p->wall_ns, q->sent_wall, q->sent_mono, &stamp);
	bool good = dns_accept(run->opts, &a, why, sizeof why);
	dns_drop(q);
	probe_detail(run, good ? NULL : why);
	if (good)
		probe_reply(run, seq, rtt, stamp);
	else
		probe_lost(run, seq, PING_BAD_ANSWER, true);
	return true;
}

/* The error queue: transmit stamps and ICMP errors. True when Q is decided. */
static bool
dns_errors(struct dns_query *q)
{
	struct probe_run *run = q->run;
	unsigned seq = q->seq;

	for (int i = 0; i < DNS_READS; i++) {
		struct net_packet p = net_read_error(q->fd);
		if (p.len < 0)
			break;
		if (!p.icmp) {
			if (q->tx_wall == 0)
				q->tx_wall = p.wall_ns;
			continue;
		}
		enum ping_outcome why =
		    net_icmp(run->address.sa.sa_family, p.type, p.code);
		bool final = why == PING_REFUSED;
		if (final)
			dns_drop(q);
		probe_lost(run, seq, why, final);
		if (final)
			return true;
	}
	return false;
}

static void
dns_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct dns_query *q = ctx;
	uint8_t buf[4096];

	(void)what;
	if (dns_errors(q))
		return;
	for (int i = 0; i < DNS_READS; i++) {
		struct net_packet p = net_read(fd, buf, sizeof buf);
		/* An error here was reported through the error queue already. */
		if (p.len < 0 || dns_datagram(q, buf, &p))
			return;
	}
}

/* --- sending --------------------------------------------------------------------- */

/* A connected socket to where RUN goes; -1 with errno set. */
static int
dns_socket(const struct probe_run *run)
{
	struct addr to = run->address;
	int fd = socket(
	    to.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	if (fd < 0)
		return -1;
	addr_set_port(&to, run->opts->port);
	net_stamps(fd, to.sa.sa_family);
	if (connect(fd, &to.sa, addr_len(&to)) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static struct dns_query *
dns_new(struct probe_run *run, unsigned seq, int fd)
{
	struct dns_query *q = mem_zero(1, sizeof *q);

	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct dns_state));
		LIST_INIT((struct dns_state *)run->state);
	}
	q->run = run;
	q->seq = seq;
	q->fd = fd;
	if (getrandom(&q->id, sizeof q->id, 0) != sizeof q->id)
		fatal("getrandom");
	event_assign(
	    &q->ev, run->host->base, fd, EV_READ | EV_PERSIST, dns_on_event, q);
	LIST_INSERT_HEAD((struct dns_state *)run->state, q, of_run);
	TAILQ_INSERT_TAIL(&dns_queries, q, of_all);
	dns_count++;
	return q;
}

static void
dns_ping(struct probe_run *run, unsigned seq)
{
	const struct probe_opts *o = run->opts;
	uint8_t buf[DNSWIRE_QUERY_MAX];
	int fd = -1;

	errno = EMFILE;
	if (!dns_room() || (fd = dns_socket(run)) < 0) {
		probe_lost(run, seq, net_errno(errno, NULL), true);
		return;
	}
	struct dns_query *q = dns_new(run, seq, fd);
	size_t len =
	    dnswire_query(buf, q->id, &o->question, !o->authoritative, o->edns);
	q->sent_wall = clock_wall_ns();
	q->sent_mono = clock_mono_ns();
	if (send(fd, buf, len, 0) != (ssize_t)len) {
		enum ping_outcome why = net_errno(errno, NULL);
		dns_drop(q);
		probe_lost(run, seq, why, true);
		return;
	}
	event_add(&q->ev, NULL);
}

static void
dns_end(struct probe_run *run)
{
	struct dns_state *state = run->state;
	struct dns_query *q;

	while (state != NULL && (q = LIST_FIRST(state)) != NULL)
		dns_drop(q);
	free(state);
	run->state = NULL;
}

static int
dns_open(struct probe_host *host, struct err *err)
{
	(void)host, (void)err;
	dns_stamped = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (dns_stamped >= 0)
		net_stamps(dns_stamped, AF_INET);
	return 0;
}

static void
dns_close(struct probe_host *host)
{
	(void)host;
	if (dns_stamped >= 0)
		close(dns_stamped);
	dns_stamped = -1;
}

const struct probe_type probe_dns = {
	.name = "dns",
	.needs = PROBE_ADDRESS,
	.options = dns_options,
	.free_opts = dns_free_opts,
	.wants = dns_wants,
	.open = dns_open,
	.ping = dns_ping,
	.end = dns_end,
	.close = dns_close,
};
