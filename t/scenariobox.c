#include "t/scenariobox.h"

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/conf.h"
#include "link/msgflow.h"
#include "link/msghere.h"
#include "link/msghops.h"
#include "link/msghost.h"
#include "link/msgwifi.h"
#include "recorder/court.h"
#include "recorder/found.h"
#include "recorder/raw.h"
#include "store.h"

#define INTERFACE 2
#define PROBES 3      /* of a walk, to every hop */
#define WALKS 64      /* that wait */
#define WALK_LATER 20 /* of one whose round is bad, to the next of three */
/* From one walk since answers come with another TTL to the next. */
#define WALK_CHANGED 600
#define TTL 64
/* An attack is told of every second at first, then so often. */
#define ATTACK_SECONDS 120
#define ATTACK_LOOK 5
/* So often the recorder looks about when something is on its way; else each step. */
#define BUSY_LOOK 3
#define BUSY_LENGTH (4 * HOUR)
#define IN_LINE 50e6
#define OUT_LINE 10e6

struct walk {
	unsigned node;
	enum hops_reason reason;
	double due;
};

struct box {
	struct world *w;
	const struct scenario *sc;
	const struct box_ears *ears;
	void *ctx;
	struct court *court; /* NULL: smokebox does not run */
	struct conf *conf;
	double now; /* of the world; the clock may be behind */
	uint64_t id[NODES];
	unsigned order[NODES], nodes; /* those there are, by when they are measured */
	struct walk walk[WALKS];
	unsigned walks;
	struct {
		int64_t row;	  /* of its last round that was stored */
		uint8_t ttl;	  /* that its answers came with */
		unsigned home;	  /* address of its last round */
		double changed;	  /* when it was walked to for another TTL */
		bool slept;	  /* a suspend came between its last round, */
		int64_t began_ns; /* that began then, and now */
	} last[NODES];
	double looked, counted, walked;
	double attacked; /* since when, or last when it was not */
	bool work, told_congestion, told_attack;
	struct msg_out out;
	struct round round;
};

/* --- addresses -------------------------------------------------------------------- */

static struct addr
parse(const char *text)
{
	struct addr a;

	if (addr_parse(&a, text) != 0)
		fatalx("no address: %s", text);
	return a;
}

/* That of NODE, of which HOME is which. */
static struct addr
address_of(const struct box *b, unsigned node, unsigned home)
{
	static const char *const hop[] = { "172.17.0.1", "192.168.1.50", "192.168.1.1",
		"84.116.7.1", "84.116.200.9", "84.116.250.53" };
	static const char *const hop6[] = { "2a02:8100:1::1", "2a02:8100:aa::1",
		"2a02:8100:bb::9" };
	char text[64];

	if (node == ACCESS && b->w->carrier_nat)
		return parse("100.64.0.1");
	if (node < END)
		return parse(hop[node]);
	if (node >= GATEWAY6)
		return parse(hop6[node - GATEWAY6]);
	snprintf(text, sizeof text,
	    world_family(b->w, node) == 6 ? "26%02u:100:%u::7" : "15%u.0.%u.7",
	    node - END, home);
	return parse(text);
}

/* The router between the provider and NODE; another one where the way has turned. */
static struct addr
peer_of(const struct box *b, unsigned node)
{
	enum link on_way[LINKS];
	char text[64];

	world_way(b->w, node, on_way);
	snprintf(text, sizeof text,
	    world_family(b->w, node) == 6 ? "2001:7f8:%u::%u" : "80.81.%u.%u",
	    on_way[4] - PEER1 + 1, b->w->turn != 0 && world_turns(b->w, node) ? 9 : 1);
	return parse(text);
}

/* --- the clock, and what happens -------------------------------------------------- */

static int64_t
wall_s(void)
{
	return clock_wall_ns() / CLOCK_NS_PER_S;
}

/* It is T; the world is as it is then. */
static void
turn(struct box *b, double t)
{
	b->now = t;
	world_calm(b->w);
	b->sc->at(b->w, t - b->w->onset);
	int64_t run = llround((t - START + HOUR) * 1e9);
	clock_fake(run, llround((t - b->w->set_back) * 1e9), run);
}

/* Is something on its way now that is about moments? */
static bool
is_busy(const struct box *b)
{
	double t = b->now - b->w->onset;

	return b->sc->segment != SEGMENT_NONE && t > -3 * b->w->step - 120 &&
	       t < BUSY_LENGTH;
}

static double
pace(const struct box *b)
{
	if (b->w->step < BUSY_LOOK)
		return 1;
	if (b->w->attack > 0 || b->w->scan > 0)
		return b->now - b->attacked < ATTACK_SECONDS ? 1 : ATTACK_LOOK;
	return is_busy(b) ? BUSY_LOOK : fmax(b->w->step, 30);
}

/* When the counters of the line are next told. Each minute, but for those weeks in
 * which only what is usual is learned. */
static double
count_at(struct box *b)
{
	double every = b->sc->segment == SEGMENT_NONE || is_busy(b) ? 60 : 600;

	if (b->counted + every < b->looked - 60)
		b->counted = floor(b->looked / 60) * 60;
	return b->counted + every;
}

static void
give(struct box *b)
{
	struct msg_in in;

	if (msg_parse(&in, b->out.data, msg_end(&b->out), -1) != 0 ||
	    court_message(b->court, &in) != 0)
		fatalx("a message is not believed");
}

/* --- ways ------------------------------------------------------------------------- */

static void
want_walk(struct box *b, unsigned node, enum hops_reason reason, double due)
{
	if (b->walks < WALKS)
		b->walk[b->walks++] = (struct walk){ node, reason, due };
}

/* What came back of PROBES probes to the hop at A, each of which took RTT or is lost.
 */
static struct hop *
add_hop(struct hops *p, const struct addr *a, const double rtt[PROBES])
{
	struct hop *h = &p->hop[p->count++];
	double least = INFINITY, most = 0;

	*h = (struct hop){ .ttl = p->count, .sent = PROBES };
	h->min_ns = h->median_ns = h->max_ns = -1;
	for (unsigned i = 0; i < PROBES; i++)
		if (rtt[i] >= 0) {
			least = fmin(least, rtt[i]);
			most = fmax(most, rtt[i]);
			h->answered++;
		}
	if (h->answered == 0)
		return h;
	h->min_ns = llround(least * 1e9);
	h->max_ns = llround(most * 1e9);
	h->median_ns = (h->min_ns + h->max_ns) / 2;
	h->reply_ttl = TTL;
	hop_add_address(h, a);
	return h;
}

/* NODE, which is itself on the way to others. One that is not measured is one that does
 * not answer. */
static struct hop *
add_node(struct box *b, struct hops *p, unsigned node)
{
	struct addr a = address_of(b, node, b->w->home);
	double rtt[PROBES];

	for (unsigned i = 0; i < PROBES; i++)
		rtt[i] =
		    b->w->there[node] || node >= GATEWAY6 ? world_ping(b->w, node) : -1;
	return add_hop(p, &a, rtt);
}

static void
add_peer(struct box *b, struct hops *p, unsigned node)
{
	struct addr a = peer_of(b, node);
	double rtt[PROBES];

	for (unsigned i = 0; i < PROBES; i++)
		rtt[i] = world_probe(b->w, node, 5);
	add_hop(p, &a, rtt);
}

static void
walk(struct box *b, unsigned node, enum hops_reason reason)
{
	static const struct addr own = { .sa.sa_family = AF_INET };
	bool v6 = world_family(b->w, node) == 6;
	struct hops *p = mem_zero(1, sizeof *p);
	unsigned self = node >= GATEWAY6 ? node - GATEWAY6 + GATEWAY : node;

	p->target = b->id[node];
	p->address = address_of(b, node, b->w->home);
	p->reason = (uint8_t)reason;
	p->end_ns = clock_wall_ns();
	p->start_ns = p->end_ns - 500 * CLOCK_NS_PER_MS;
	if (b->w->there[BRIDGE] && !v6 && self != BRIDGE)
		add_node(b, p, BRIDGE);
	if (self != PRINTER)
		for (unsigned n = GATEWAY; n <= PROVIDER && n < self; n++)
			add_node(b, p, v6 ? n - GATEWAY + GATEWAY6 : n);
	if (self >= END)
		add_peer(b, p, node);
	struct hop *last = add_node(b, p, node);
	if (last->answered > 0) {
		last->flags |= HOP_TARGET;
		p->flags |= HOPS_REACHED;
	} else
		p->flags |= HOPS_CUT;
	hops_judge(p, &own);
	msg_begin(&b->out, MSG_HOPS);
	msg_put_hops(&b->out, p);
	give(b);
	free(p);
}

static void
walk_due(struct box *b)
{
	for (unsigned i = 0; i < b->walks;) {
		struct walk one = b->walk[i];
		if (one.due > b->now) {
			i++;
			continue;
		}
		b->walk[i] = b->walk[--b->walks];
		walk(b, one.node, one.reason);
	}
	if (b->now - b->walked < DAY)
		return;
	b->walked = b->now;
	for (unsigned i = 0; i < b->nodes; i++)
		walk(b, b->order[i], HOPS_DAILY);
}

static void
tell_here(struct box *b)
{
	struct here h = { .gateway = { parse(
			      b->w->there[BRIDGE] ? "172.17.0.1" : "192.168.1.1") },
		.link = { b->w->there[BRIDGE] ? HERE_BRIDGE : HERE_PLAIN },
		.interface = { INTERFACE },
		.addresses = 1,
		.address = { { parse(
				   b->w->there[BRIDGE] ? "172.17.0.2" : "192.168.1.20"),
		    b->w->there[BRIDGE] ? 16 : 24 } },
		.resolvers = 1,
		.resolver = { address_of(b, RESOLVER, 0) } };

	h.gateway[1].sa.sa_family = AF_UNSPEC;
	if (b->w->dual) {
		h.gateway[1] = address_of(b, GATEWAY6, 0);
		h.link[1] = HERE_PLAIN;
		h.interface[1] = INTERFACE;
		h.address[h.addresses++] =
		    (struct here_address){ parse("2a02:8100:1::20"), 64 };
	}
	msg_begin(&b->out, MSG_HERE);
	msg_put_here(&b->out, &h);
	give(b);
}

/* --- what the collector tells ----------------------------------------------------- */

static void
tell_wifi(struct box *b)
{
	const struct world *w = b->w;
	struct msg_wifi m = { .sight = WIFI_SEEN,
		.wifi = { .name = "wlan0",
		    .index = INTERFACE,
		    .linked = !w->unlinked,
		    .span = { .begin_ms = (wall_s() - 10) * 1000,
			.known_ms = 10000,
			.count = { NAN, NAN, NAN, 0 },
			.level = { NAN, NAN, NAN, NAN } } } };
	struct wifi_span *s = &m.wifi.span;

	if (!w->wireless)
		return;
	if (w->signal != 0) {
		s->count[WIFI_FRAMES] = 200;
		s->count[WIFI_RETRIES] = 200 * w->retries / (1 - w->retries);
		s->count[WIFI_FAILED] = 200 * w->failed;
		s->level[WIFI_SIGNAL] = w->signal;
		s->level[WIFI_FREQUENCY] = 5180;
		s->level[WIFI_SEND_RATE] = 86e6;
	}
	msg_begin(&b->out, MSG_WIFI);
	msg_put_wifi(&b->out, &m);
	give(b);
}

/* What the router counted of its line in the minute up to now, as UPnP tells it. */
static void
tell_line(struct box *b)
{
	const struct addr router = parse("192.168.1.1");
	struct flow_ip ip = flow_ip_of(&router);
	double end = b->now, carried[IF_WAYS] = { 0 };
	struct msg_interface m = { .key = if_key(&ip, 0),
		.counted = true,
		.source = IF_UPNP,
		.bits = 32,
		.names = { .device = "router",
		    .name = "line",
		    .speed = { (uint64_t)IN_LINE, (uint64_t)OUT_LINE } } };

	for (double t = end - 55; t < end; t += 10) {
		turn(b, t);
		carried[IF_IN] += b->w->in * IN_LINE / 8 * 10;
		carried[IF_OUT] += b->w->out * OUT_LINE / 8 * 10;
	}
	turn(b, end);
	m.minute.minute = true;
	m.minute.begin_ms = (wall_s() - 60) * 1000;
	m.minute.known_ms = 60000;
	for (unsigned way = 0; way < IF_WAYS; way++) {
		m.minute.count[IF_OCTETS][way] = carried[way];
		m.minute.count[IF_PACKETS][way] = carried[way] / 900;
	}
	m.now = m.minute;
	m.now.minute = false;
	court_interface(b->court, &m);
}

/* A host that is attacked, by answers of amplifiers or a SYN flood, or scanned; and
 * that who exports its flows is there. */
static void
tell_host(struct box *b)
{
	const struct world *w = b->w;
	const struct addr host = parse("192.168.1.30"), router = parse("192.168.1.1");
	struct msg_exporter x = { .address = "192.168.1.1",
		.protocol = FLOW_IPFIX,
		.last_ms = clock_wall_ns() / CLOCK_NS_PER_MS };
	struct own_host h = { .host = flow_ip_of(&host),
		.exporter = flow_ip_of(&router),
		.time_ms = x.last_ms,
		.window_ms = 5000 };
	bool much = w->attack >= 10e6;
	struct vector_sum *s =
	    &h.way[0].class[w->attack > 0 && much ? CLASS_AMPLIFIER : CLASS_SYN];

	if (w->attack == 0 && w->scan == 0 && !b->told_attack)
		return;
	if (!b->told_attack || w->attack + w->scan == 0)
		b->attacked = b->now;
	b->told_attack = true;
	journal_exporter(court_journal(b->court), &x);
	if (w->attack == 0 && w->scan == 0)
		return;
	s->octets = (w->attack > 0 ? w->attack : w->scan) / 8;
	s->packets = s->octets / (much ? 1200 : 60);
	s->samples = (uint32_t)(s->packets * 5);
	s->ends = w->attack > 0 ? 2000 : 1;
	s->port = much ? 123 : 80;
	s->port_rules = w->attack > 0;
	h.way[0].flows = w->attack > 0 ? 0.1 * s->packets : s->packets;
	msg_begin(&b->out, MSG_HOST);
	msg_put_host(&b->out, &h);
	give(b);
}

/* What it takes weeks to find. */
static void
tell_congestion(struct box *b)
{
	struct conditions *cs = journal_conditions(court_journal(b->court));

	if (b->w->is_congested == b->told_congestion)
		return;
	b->told_congestion = b->w->is_congested;
	if (b->w->is_congested)
		found_raise(cs, &b->w->congestion, wall_s(), 0);
	else
		found_clear(cs, &b->w->congestion, wall_s(), 0);
}

/* --- who hears -------------------------------------------------------------------- */

static void
ignore_path(void *ctx, const struct msg_path *m)
{
	(void)ctx;
	(void)m;
}

static void
ignore_here(void *ctx, const struct here *h)
{
	(void)ctx;
	(void)h;
}

static void
ignore_line(void *ctx, const struct msg_line *m)
{
	(void)ctx;
	(void)m;
}

static void
ignore_wifi(void *ctx, const struct msg_wifi *m)
{
	(void)ctx;
	(void)m;
}

/* What web would not believe is as wrong as what it would. */
static void
hear_verdict(void *ctx, const struct msg_verdict *v)
{
	static struct msg_out out;
	struct box *b = ctx;
	struct msg_verdict heard;
	struct msg_in in;

	msg_begin(&out, MSG_VERDICT);
	msg_put_verdict(&out, v);
	if (msg_parse(&in, out.data, msg_end(&out), -1) != 0 ||
	    msg_get_verdict(&in, &heard) != 0)
		fatalx("what is told is not believed");
	b->ears->verdict(b->ctx, &heard);
}

static void
hear_found(void *ctx, const struct infer_finding *f, bool over)
{
	struct box *b = ctx;

	b->ears->found(b->ctx, f, over, b->now);
}

static void
hear_trouble(void *ctx, const char *text)
{
	(void)ctx;
	printf("# trouble: %s\n", text);
}

static void
hear_wish(void *ctx, const struct msg_trace *trace)
{
	struct box *b = ctx;

	for (unsigned i = 0; i < b->nodes; i++)
		if (b->id[b->order[i]] == trace->target)
			for (unsigned k = 0; k < (trace->reason == HOPS_BAD ? 3 : 1);
			     k++)
				want_walk(b, b->order[i],
				    (enum hops_reason)trace->reason,
				    b->now + 1 + WALK_LATER * k);
}

static void
hear_work(void *ctx)
{
	struct box *b = ctx;

	b->work = true;
}

static const struct court_ops ops = { ignore_path, ignore_here, hear_verdict,
	ignore_line, ignore_wifi, hear_trouble, hear_wish, hear_work, hear_found };

/* --- rounds ----------------------------------------------------------------------- */

/* How a ping of NODE ends now. */
static struct ping
one_ping(const struct box *b, unsigned node)
{
	static const uint8_t outcome[VERDICT_ERRORS] = {
		[VERDICT_TIMEOUT] = PING_TIMEOUT,
		[VERDICT_UNREACHABLE] = PING_HOST_UNREACHABLE,
		[VERDICT_PROHIBITED] = PING_PROHIBITED,
		[VERDICT_REFUSED] = PING_REFUSED,
	};
	const struct world *w = b->w;
	struct ping p = { .rtt_ns = -1 };

	if (w->stalled || w->cannot_send) {
		p.outcome = w->stalled ? PING_STALLED : PING_NOT_SENT;
		return p;
	}
	double rtt = w->no_route ? -1 : world_ping(w, node);
	if (rtt >= 0)
		p.rtt_ns = llround(rtt * 1e9);
	else if (w->no_route)
		p.outcome = PING_NO_ROUTE;
	else
		p.outcome = node == w->victim || node == RESOLVER ? outcome[w->error]
								  : PING_TIMEOUT;
	return p;
}

/* Where answers come with another TTL the prober walks anew, and where the name leads
 * to another address. */
static void
see_change(struct box *b, unsigned node)
{
	const struct round *r = &b->round;

	if (b->last[node].home != b->w->home && node == b->w->victim) {
		b->last[node].home = b->w->home;
		want_walk(b, node, HOPS_NEW, b->now + 1);
	}
	if (r->ttl == 0)
		return;
	if (b->last[node].ttl != 0 && b->last[node].ttl != r->ttl &&
	    b->now - b->last[node].changed > WALK_CHANGED) {
		b->last[node].changed = b->now;
		want_walk(b, node, HOPS_CHANGED, b->now + 1);
	}
	b->last[node].ttl = r->ttl;
}

/* The round of NODE that ends at END: false where the box was off. */
static bool
measure(struct box *b, unsigned node, double end)
{
	struct world *w = b->w;
	struct round *r = &b->round;
	const double step = world_step(w, node);
	double since = end - step - w->onset;
	unsigned unknown = 0;
	bool whole = since > step && since + step < w->length - step;

	whole |= since + step < 0;
	memset(r, 0, offsetof(struct round, ping));
	r->target = b->id[node];
	r->step = (uint32_t)step;
	r->count = (uint16_t)w->pings;
	for (unsigned i = 0; i < w->pings; i++) {
		double t = end - step + step * i / w->pings;
		/* Once a round will do where nothing begins or ends within it. */
		if (i == 0 || (!w->bursts && (b->sc->segment == SEGMENT_NONE ||
						 !whole || w->restless)))
			turn(b, t);
		if (i == 0)
			r->begin_ns = clock_wall_ns();
		if (w->off)
			return false;
		r->suspect |= w->overflow;
		r->ping[i] = one_ping(b, node);
		unknown += ping_is_unknown((enum ping_outcome)r->ping[i].outcome);
		if (r->ping[i].outcome != PING_ANSWERED)
			continue;
		uint8_t ttl = (uint8_t)(TTL - 8 - (world_turns(w, node) ? w->turn : 0));
		r->ttl_changes += r->ttl != 0 && r->ttl != ttl;
		r->ttl = ttl;
	}
	turn(b, end);
	if (b->last[node].slept) {
		b->last[node].slept = false;
		r->begin_ns = b->last[node].began_ns;
		for (unsigned i = 0; i < w->pings; i++)
			r->ping[i] = (struct ping){ -1, PING_STALLED, STAMP_USER };
		unknown = w->pings;
	}
	r->state = unknown * 2 > w->pings ? ROUND_UNKNOWN : ROUND_MEASURED;
	r->cause = r->state == ROUND_UNKNOWN ? r->ping[0].outcome : 0;
	r->end_ns = clock_wall_ns();
	if (r->end_ns < r->begin_ns)
		r->begin_ns = r->end_ns;
	r->row = wall_s() / r->step * r->step;
	r->address = address_of(b, node, node == w->victim ? w->home : 0);
	return true;
}

/* As the files of history have it: what is not newer than their last row is refused. */
static void
take_round(struct box *b, unsigned node)
{
	const struct round *r = &b->round;

	if (r->row <= b->last[node].row)
		court_refused(b->court, r);
	else {
		b->last[node].row = r->row;
		court_round(b->court, r);
	}
	see_change(b, node);
}

/* --- life ------------------------------------------------------------------------- */

static FILE *
file(const char *name)
{
	FILE *f = fopen(name, "we");

	if (f == NULL)
		fatal("%s", name);
	return f;
}

static const char *
probe_of(const struct box *b, unsigned node)
{
	return node == RESOLVER		       ? "AnotherDNS"
	       : world_family(b->w, node) == 6 ? "FPing6"
	       : b->w->seldoms[node]	       ? "Seldom"
					       : "Often";
}

static void
add_target(const struct box *b, FILE *f, const char *name, unsigned node)
{
	const struct addr a = address_of(b, node, 0);
	char text[ADDR_TEXT];

	fprintf(f, "++ %s\nmenu = m\ntitle = t\nprobe = %s\nhost = %s\n", name,
	    probe_of(b, node), addr_text(&a, text));
}

static void
write_targets(const struct box *b)
{
	static const char *const names[] = { "bridge", "printer", "gateway", "access",
		"core", "resolver" };
	static const char *const names6[] = { "gateway6", "access6", "core6" };
	FILE *f = file("conf/Targets");

	fprintf(f, "*** Targets ***\nprobe = Often\nmenu = Top\ntitle = Top\n"
		   "+ Net\nmenu = Net\ntitle = Net\n");
	for (unsigned i = 0; i < END; i++)
		if (b->w->there[i])
			add_target(b, f, names[i], i);
	for (unsigned i = GATEWAY6; i < NODES; i++)
		if (b->w->there[i])
			add_target(b, f, names6[i - GATEWAY6], i);
	fprintf(f, "+ Far\nmenu = Far\ntitle = Far\n");
	for (unsigned i = 0; i < b->w->fars; i++) {
		const char name[] = { (char)('a' + i), '\0' };
		add_target(b, f, name, END + i);
	}
	fclose(f);
}

static void
write_conf(const struct box *b)
{
	if (mkdir("conf", 0755) != 0)
		fatal("conf");
	write_targets(b);
	FILE *f = file("conf/Database");
	fprintf(f, "*** Database ***\nstep = %.0f\npings = %u\nAVERAGE 0.5 1 1008\n",
	    b->w->step, b->w->pings);
	fclose(f);
	f = file("conf/Probes");
	fprintf(f,
	    "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n"
	    "++ Often\nstep = %.0f\n++ Seldom\nstep = %.0f\n"
	    "+ FPing6\nbinary = /usr/bin/fping\nprotocol = 6\n"
	    "+ AnotherDNS\nlookup = name.example\n",
	    b->w->step, b->w->step * fmax(1, b->w->seldom));
	fclose(f);
	f = file("conf/smokebox");
	fprintf(
	    f, "*** Actions ***\n+ ops\ntype = webhook\nurl = https://192.0.2.1/\n");
	fclose(f);
}

static void
name_nodes(struct box *b)
{
	for (size_t i = 0; i < b->conf->target_count; i++) {
		const struct conf_target *t = b->conf->target[i];
		for (unsigned n = 0; n < NODES; n++) {
			const struct addr a = address_of(b, n, 0);
			char text[ADDR_TEXT];
			if (b->w->there[n] && t->host != NULL &&
			    strcmp(addr_text(&a, text), t->host) == 0)
				b->id[n] = t->id;
		}
	}
}

static void
load(struct box *b)
{
	struct conf_report report = { 0 };

	write_conf(b);
	b->conf = conf_load("conf", &report);
	if (b->conf == NULL) {
		conf_report_print(&report, stdout);
		fatalx("no configuration");
	}
	conf_report_free(&report);
	name_nodes(b);
}

/* Smokebox starts: what is known of before is in its files. */
static void
start(struct box *b)
{
	b->court = court_new(&ops, b);
	court_begin(b->court, b->conf);
	court_configure(b->court, b->conf);
	b->looked = b->now;
	b->counted = floor(b->now / 60) * 60;
	b->walked = b->now;
	b->walks = 0;
	tell_here(b);
	for (unsigned i = 0; i < b->nodes; i++)
		want_walk(b, b->order[i], HOPS_NEW, b->now + 1);
}

static int
date(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const int64_t now = clock_wall_ns();
	const struct timespec ts = { now / CLOCK_NS_PER_S, now % CLOCK_NS_PER_S };
	const struct timespec both[2] = { ts, ts };

	(void)st;
	(void)at;
	return type == FTW_F ? utimensat(AT_FDCWD, path, both, 0) : 0;
}

/* It ends; the ring of single pings tells when there were rounds last, by the times of
 * its files, which the kernel would have by the clock that is turned here. */
static void
stop(struct box *b)
{
	struct raw *raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	struct err err;

	raw_add(raw, &b->round);
	if (raw_flush(raw, &err) != 0)
		fatalx("%s", err.text);
	raw_close(raw);
	if (nftw(STORE_RAW, date, 4, FTW_PHYS) != 0)
		fatal(STORE_RAW);
	/* Who starts it next is another parent, which only this tells from now. */
	events_set_meta(journal_events(court_journal(b->court)), "parent", "1:1");
	court_end(b->court);
	b->court = NULL;
}

/* The recorder looks about, as often as it has to, until T. */
static void
look_until(struct box *b, double t)
{
	while (b->court != NULL) {
		/* Not before now, where it looks about more often from now on. */
		double next = fmax(b->looked + pace(b), b->now);
		double count = fmax(count_at(b), b->now);
		bool minute = !isnan(b->w->in) && count <= fmin(next, t);

		if (!minute && next > t)
			break;
		if (minute)
			next = b->counted = count;
		turn(b, next);
		if (b->w->off)
			break;
		if (minute) {
			tell_line(b);
			continue;
		}
		b->looked = next;
		tell_wifi(b);
		tell_host(b);
		tell_congestion(b);
		walk_due(b);
		court_tick(b->court);
		court_look(b->court);
		if (b->work && court_work(b->court) < 0)
			b->work = false;
	}
	turn(b, t);
}

/* Off, or on again? */
static void
see_power(struct box *b)
{
	if (b->w->off && b->w->restarts && b->court != NULL)
		stop(b);
	if (!b->w->off && b->court == NULL)
		start(b);
	if (b->w->off || b->now - b->looked > 1000)
		b->looked = b->now;
}

void
box_run(struct box *b, double end)
{
	struct world *w = b->w;
	unsigned steps = 0;

	for (double t = START; t < end; t += w->step, steps++)
		for (unsigned i = 0; i < b->nodes; i++) {
			unsigned node = b->order[i];
			if (w->seldoms[node] && (steps + node) % w->seldom != 0)
				continue;
			look_until(b, t + w->phase[node]);
			see_power(b);
			if (measure(b, node, t + w->phase[node]) && b->court != NULL)
				take_round(b, node);
			else if (!b->last[node].slept && !w->restarts) {
				b->last[node].slept = true;
				b->last[node].began_ns = b->round.begin_ns;
			}
			turn(b, t + w->phase[node]);
		}
}

static void
put_in_order(struct box *b)
{
	const double *phase = b->w->phase;

	for (unsigned i = 0; i < NODES; i++) {
		if (!b->w->there[i])
			continue;
		unsigned k = b->nodes++;
		for (; k > 0 && phase[i] < phase[b->order[k - 1]]; k--)
			b->order[k] = b->order[k - 1];
		b->order[k] = i;
	}
}

struct box *
box_new(
    struct world *w, const struct scenario *sc, const struct box_ears *ears, void *ctx)
{
	static const char *const dirs[] = { STORE_DIR, STORE_STATE, STORE_PATHS,
		STORE_RAW, STORE_ASIDE };
	struct box *b = mem_zero(1, sizeof *b);

	b->w = w;
	b->sc = sc;
	b->ears = ears;
	b->ctx = ctx;
	put_in_order(b);
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
		if (mkdir(dirs[i], 0755) != 0)
			fatal("%s", dirs[i]);
	load(b);
	turn(b, START);
	start(b);
	return b;
}

void
box_free(struct box *b)
{
	if (b->court != NULL)
		court_end(b->court);
	conf_free(b->conf);
	clock_real();
	free(b);
}
