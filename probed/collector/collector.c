/* The collector: takes flow datagrams from its sockets, decodes them, and tells how
 * many of what came from whom. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "collector/counting.h"
#include "collector/exporter.h"
#include "collector/gateway.h"
#include "collector/lessons.h"
#include "collector/marks.h"
#include "collector/mirror.h"
#include "collector/radios.h"
#include "collector/sampling.h"
#include "collector/senders.h"
#include "collector/settings.h"
#include "collector/template.h"
#include "collector/watch.h"
#include "link/keep.h"
#include "link/msgflow.h"
#include "link/msghost.h"
#include "link/msgminute.h"
#include "link/msgtaught.h"
#include "link/worker.h"

/* Datagrams taken in one turn of the loop, and at once. */
#define TURN 512
#define TURN_NS (20 * CLOCK_NS_PER_MS)
#define BATCH 32
#define DATAGRAM_MAX 65535
#define TELL_S 60
#define QUEUE_MAX (16u << 20)
#define KEEP_MAX (8u << 20) /* while the recorder is away: some minutes */
/* Minutes that are not over yet are told again so often. */
#define TELL_OPEN_MS 10000
#define TAUGHT_MS 60000
#define TAUGHT_STILL_MS (10 * 60000)
/* What waits in the sockets waits so long for what exporters taught the one before us:
 * without it much of it would be lost, or be counted as if it were not sampled. */
static const struct timeval patience = { 5, 0 };

static int *sockets;
static struct event **readable; /* of each socket */
static uint32_t *overflow; /* of each socket, as the kernel last said */
static unsigned socket_count;
static int *packets; /* sockets that see packets, until there is who reads them */
static unsigned packet_count;

static struct {
	struct exporters *exporters;
	struct senders senders;
	struct mirrors *mirrors;
	char gateway[GATEWAY_TEXT]; /* of the container that we are in, or "" */
	struct tally *tally;
	struct windows *windows;
	uint64_t suspicions;
	struct watch *watch;
	struct marks *marks;
	struct radios *radios;
	struct tally_settings settings;
	int64_t now_ms, told_ms;
	uint64_t drops, taught; /* lessons that were told to the recorder ... */
	int64_t taught_ms;	/* ... when */
	uint32_t taught_set;
	uint32_t taught_left; /* and that had no room in what was told */
	bool taught_heard; /* what the recorder had */
	bool reading;	   /* the sockets */
	struct event *report, *tick, *impatient;
	struct keep keep; /* what the recorder must have */
	struct log_limit stranger, fault;
	const struct addr *fault_from; /* of the datagram being decoded */
	struct msg_out out;
} collector;

static const struct timeval report_every = { 2, 0 };
static const struct timeval tick_every = { 1, 0 };

/* --- in --------------------------------------------------------------------------- */

/* Where datagrams are read to: one batch at a time. */
static struct {
	uint8_t (*data)[DATAGRAM_MAX];
	struct addr from[BATCH];
	struct iovec iov[BATCH];
	uint8_t control[BATCH][CMSG_SPACE(sizeof(uint32_t))];
	struct mmsghdr message[BATCH];
} in;

static void
on_fault(void *ctx, enum flow_fault fault, size_t offset, const char *text)
{
	unsigned skipped;
	char from[ADDR_TEXT];

	(void)ctx;
	/* Templates come later than data whenever one of us begins: no fault to tell.
	 */
	if (fault == FAULT_FLOW_NO_TEMPLATE ||
	    !log_allowed(&collector.fault, TELL_S, &skipped))
		return;
	addr_text_port(collector.fault_from, from);
	if (skipped == 0)
		log_info("%s byte %zu: %s", from, offset, text);
	else
		log_info("%s byte %zu: %s (%u more faults of flow datagrams)", from,
		    offset, text, skipped);
}

static void
on_flow(void *ctx, const struct flow *flow)
{
	(void)ctx;
	tally_flow(collector.tally, flow, collector.now_ms);
	watch_flow(collector.watch, flow, collector.now_ms);
	marks_flow(collector.marks, flow, collector.now_ms);
}

static const struct flow_sink collector_sink = { .flow = on_flow,
	.counters = counting_sample,
	.option = counting_option,
	.fault = on_fault };

static void
refuse(const struct addr *from, const uint8_t *data, size_t len, int64_t now_ms)
{
	const struct stranger *t =
	    senders_refuse(&collector.senders, from, data, len, now_ms);
	char text[ADDR_TEXT], line[SENDERS_LINE];

	if (!log_allowed(&collector.stranger, TELL_S, NULL))
		return;
	addr_text(from, text);
	senders_line(&collector.senders, t, line);
	if (t->proxy)
		log_warnx("%s passes on flow datagrams, and who sent them cannot be "
			  "seen: " GATEWAY_ADVICE "; or let all of them in by *** "
			  "Collector *** %s",
		    text, line);
	else
		log_info("%s sends flows and is not allowed to; to allow it, name it: "
			 "*** Collector *** %s",
		    text, line);
}

static void
take_datagram(const struct addr *from, const uint8_t *data, size_t len, int64_t now_ms)
{
	struct datagram d = {
		.from = *from, .arrived_ms = now_ms, .data = data, .len = len
	};
	enum sender who = senders_judge(&collector.senders, from);

	if (who == SENDER_STRANGER || who == SENDER_PROXY) {
		refuse(from, data, len, now_ms);
		return;
	}
	d.guest = who == SENDER_GUEST;
	d.by_port = senders_by_port(&collector.senders, from);
	collector.now_ms = now_ms;
	collector.fault_from = from;
	flow_decode(collector.exporters, &d, &collector_sink);
}

/* What the kernel says with M: how many were dropped for want of room since the socket
 * was opened. */
static void
count_drops(const struct msghdr *m, unsigned index)
{
	struct msghdr *h = (struct msghdr *)m;
	uint32_t dropped;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
			continue;
		memcpy(&dropped, CMSG_DATA(c), sizeof dropped);
		collector.drops += dropped - overflow[index];
		overflow[index] = dropped;
	}
}

static int
read_batch(int fd)
{
	for (unsigned i = 0; i < BATCH; i++) {
		in.iov[i] = (struct iovec){ in.data[i], DATAGRAM_MAX };
		in.message[i].msg_hdr = (struct msghdr){ .msg_name = &in.from[i],
			.msg_namelen = sizeof in.from[i],
			.msg_iov = &in.iov[i],
			.msg_iovlen = 1,
			.msg_control = in.control[i],
			.msg_controllen = sizeof in.control[i] };
	}
	return recvmmsg(fd, in.message, BATCH, MSG_DONTWAIT, NULL);
}

static void
on_datagrams(evutil_socket_t fd, short what, void *arg)
{
	unsigned index = (unsigned)(uintptr_t)arg;
	int64_t end = clock_mono_ns() + TURN_NS;
	int n = BATCH;

	(void)what;
	for (unsigned turn = 0;
	     turn < TURN / BATCH && n == BATCH && clock_mono_ns() < end; turn++) {
		n = read_batch(fd);
		int64_t now_ms = clock_wall_ns() / CLOCK_NS_PER_MS;

		for (int i = 0; i < n; i++) {
			count_drops(&in.message[i].msg_hdr, index);
			/* A socket of both families maps IPv4; nobody writes it so. */
			addr_unmap(&in.from[i]);
			take_datagram(
			    &in.from[i], in.data[i], in.message[i].msg_len, now_ms);
		}
	}
}

static void
begin_reading(void)
{
	if (collector.reading)
		return;
	collector.reading = true;
	event_del(collector.impatient);
	for (unsigned i = 0; i < socket_count; i++)
		if (event_add(readable[i], NULL) != 0)
			fatalx("no event for a flow socket");
}

static void
on_impatient(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_info("the recorder does not say what exporters had taught: flows are read "
		 "without it");
	begin_reading();
}

/* --- out -------------------------------------------------------------------------- */

static void
send_totals(struct link *link)
{
	const struct exporters *e = collector.exporters;
	const struct tally_counts *c = tally_counts(collector.tally);
	struct msg_flows f = { .drops = collector.drops,
		.strangers = collector.senders.refused,
		.evicted = e->evicted,
		.lessons_left = collector.taught_left,
		.exporters = e->count,
		.tallied = c->flows,
		.late = c->late,
		.early = c->early,
		.cut = c->cut,
		.own = c->own,
		.twice = c->twice,
		.others = c->others,
		.absurd = c->absurd,
		.unknown = c->unknown,
		.guest_interfaces = c->guest_interfaces,
		.new_guest_interfaces = c->new_guest_interfaces,
		.late_octets = c->late_octets,
		.suspicions = collector.suspicions,
		.crowded = windows_crowded(collector.windows),
		.unmarked = marks_crowded(collector.marks),
		.watched = windows_count(collector.windows) };

	memcpy(f.datagrams, e->by_protocol, sizeof f.datagrams);
	memcpy(f.records, e->records, sizeof f.records);
	memcpy(f.faults, e->faults, sizeof f.faults);
	memcpy(f.no_room, e->no_room, sizeof f.no_room);
	msg_begin(&collector.out, MSG_FLOWS);
	msg_put_flows(&collector.out, &f);
	link_send(link, &collector.out, -1, LINK_DROPPABLE);
}

/* The templates of X that were used longest ago. */
static void
tell_templates(struct msg_exporter *m, const struct exporter *x)
{
	for (const struct template *first = x->templates; first != NULL;
	     first = first->hh.next)
		for (const struct template *t = first; t != NULL; t = t->older) {
			unsigned at = m->template_count;

			if (at == MSG_TEMPLATES) {
				if (m->template[at - 1].used_ms <= t->used_ms)
					continue;
				at--;
			} else {
				m->template_count++;
			}
			for (; at > 0 && m->template[at - 1].used_ms > t->used_ms; at--)
				m->template[at] = m->template[at - 1];
			m->template[at].id = t->id;
			m->template[at].options = t->options;
			m->template[at].used_ms = t->used_ms;
		}
}

static void
send_exporter(struct link *link, const struct exporter *x)
{
	struct sequence_told told = numbering_told(&x->numbering);
	struct msg_exporter m = { .protocol = (uint8_t)x->protocol,
		.domain = x->domain,
		.datagrams = x->datagrams,
		.records = x->flows,
		.options = x->options,
		.counters = x->counters,
		.discards = x->discards,
		.no_template = x->no_template,
		.lost = told.lost,
		.reordered = told.reordered,
		.restarts = told.restarts,
		.mixed = told.mixed,
		.lost_datagrams =
		    strcmp(numbering_unit(&x->numbering), "datagrams") == 0,
		.templates = HASH_COUNT(x->templates),
		.rate = x->rate,
		.rate_from = (uint8_t)x->rate_from,
		.last_ms = x->last_ms,
		.port = x->key.port,
		.guest = x->guest,
		.agent_elsewhere = x->agent_elsewhere,
		.ahead_ms = exporter_ahead_ms(x),
		.active_s = x->active_s,
		.inactive_s = x->inactive_s,
		.flood = x->faults[FAULT_FLOW_FLOOD],
		.cut_short = x->cut_short,
		.tells = tally_tells(collector.tally, x) };

	if (x->samples != NULL) {
		m.samples = x->samples->taken;
		m.sample_drops = x->samples->dropped;
		m.samples_lost = x->samples->lost;
		m.samples_untracked = x->samples->untracked;
	}
	_Static_assert(EXPORTER_DISCARDS_MAX <= MSG_DISCARDS, "they fit");
	for (unsigned i = 0; i < x->discarded_count; i++) {
		m.discarded[i].interface = x->discarded[i].interface;
		m.discarded[i].reason = x->discarded[i].reason;
		m.discarded[i].count = x->discarded[i].count;
	}
	m.discarded_count = (uint8_t)x->discarded_count;
	m.octets = tally_octets(collector.tally, x, &m.late_octets);
	m.hour_octets = tally_hour(collector.tally, x, &m.hour_late_octets);
	addr_text(&x->address, m.address);
	flow_ip_text(&x->agent, m.agent);
	if (x->interface[0] != '\0')
		memcpy(m.agent, x->interface, sizeof x->interface);
	for (unsigned i = 0; i < FLOW_FAULTS; i++)
		m.faults += x->faults[i];
	memcpy(m.fault, x->faults, sizeof m.fault);
	tell_templates(&m, x);
	if (x->waits_ms != 0 && x->last_ms - x->waited_ms <= EXPORTER_WAITS_MS) {
		m.waits_for = x->waits_for;
		m.waits_ms = x->waits_ms;
	}
	msg_begin(&collector.out, MSG_EXPORTER);
	msg_put_exporter(&collector.out, &m);
	link_send(link, &collector.out, -1, LINK_DROPPABLE);
}

static void
send_stranger(struct link *link, const struct stranger *t)
{
	struct msg_stranger m = { .proxy = t->proxy,
		.protocol = (uint8_t)t->protocol,
		.datagrams = t->datagrams,
		.first_ms = t->first_ms,
		.last_ms = t->last_ms };

	addr_text(&t->from, m.address);
	senders_line(&collector.senders, t, m.line);
	msg_begin(&collector.out, MSG_STRANGER);
	msg_put_stranger(&collector.out, &m);
	link_send(link, &collector.out, -1, LINK_DROPPABLE);
}

static void
send_part(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	msg_begin(&collector.out, MSG_MINUTE);
	msg_put_minute(&collector.out, part, row);
	(void)ctx;
	keep_send(
	    &collector.keep, &collector.out, part->final ? LINK_MUST : LINK_DROPPABLE);
}

static void
send_suspicion(void *ctx, const struct msg_suspicion *s)
{
	collector.suspicions++;
	msg_begin(&collector.out, MSG_SUSPICION);
	msg_put_suspicion(&collector.out, s);
	link_send(ctx, &collector.out, -1, LINK_DROPPABLE);
}

static void
send_host(void *ctx, const struct own_host *h)
{
	msg_begin(&collector.out, MSG_HOST);
	msg_put_host(&collector.out, h);
	link_send(ctx, &collector.out, -1, LINK_DROPPABLE);
}

static void
send_victim(void *ctx, const struct msg_victim *v)
{
	msg_begin(&collector.out, MSG_VICTIM);
	msg_put_victim(&collector.out, v);
	link_send(ctx, &collector.out, -1, LINK_DROPPABLE);
}

static void
send_marks(void *ctx, const struct msg_marks *m)
{
	msg_begin(&collector.out, MSG_MARKS);
	msg_put_marks(&collector.out, m);
	link_send(ctx, &collector.out, -1, LINK_DROPPABLE);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = worker_link(ROOM_RECORDER);
	int64_t now_ms = clock_wall_ns() / CLOCK_NS_PER_MS;

	(void)fd;
	(void)what;
	(void)arg;
	link_hold(link);
	tally_tick(collector.tally, now_ms, send_part, link);
	windows_tick(collector.windows, now_ms, send_suspicion, link);
	marks_tick(collector.marks, now_ms, send_marks, link);
	if (now_ms - collector.told_ms >= TELL_OPEN_MS || now_ms < collector.told_ms) {
		tally_tell(collector.tally, send_part, link);
		watch_tell(collector.watch, now_ms, send_victim, link);
		collector.told_ms = now_ms;
	}
	link_release(link);
}

/* What exporters have taught is told so often that a restart costs little: when there
 * is more of it, and when it is used still, since what nobody uses ages. */
static void
send_taught(struct link *link, int64_t now_ms, bool last)
{
	static uint8_t bytes[LESSONS_MAX];
	_Static_assert(LESSONS_MAX <= TAUGHT_MAX, "they fit into the messages");
	const struct exporters *e = collector.exporters;
	int64_t passed = now_ms - collector.taught_ms;

	/* Not before it is known what the recorder has: that would be lost. */
	if (link == NULL || !collector.taught_heard || e->lessons == 0 ||
	    (!last && passed >= 0 &&
		passed <
		    (e->lessons != collector.taught ? TAUGHT_MS : TAUGHT_STILL_MS)))
		return;
	collector.taught = e->lessons;
	collector.taught_ms = now_ms;
	msg_send_taught(link, &collector.out, ++collector.taught_set, bytes,
	    lessons_write(e, bytes, sizeof bytes, &collector.taught_left));
}

static bool
may_send(void *ctx, const struct addr *from, bool *guest)
{
	enum sender who = senders_judge(&collector.senders, from);

	(void)ctx;
	*guest = who == SENDER_GUEST;
	return who == SENDER_NAMED || who == SENDER_GUEST;
}

static int
on_message(void *ctx, struct link *link, struct msg_in *message)
{
	static struct msg_taught taught;
	struct err err;

	(void)ctx;
	if (link_peer(link) != ROOM_RECORDER || message->type != MSG_TAUGHT)
		return -1;
	int whole = msg_take_taught(&taught, message);
	if (whole <= 0)
		return whole;
	collector.taught_heard = true;
	if (taught.len > 0 &&
	    lessons_read(collector.exporters, taught.data, taught.len,
		clock_wall_ns() / CLOCK_NS_PER_MS, may_send, NULL, &err) != 0)
		log_warnx(
		    "what exporters had taught is not all known again: %s", err.text);
	msg_taught_free(&taught);
	begin_reading();
	return 0;
}

static void
peer(void *ctx, enum room room, struct link *link)
{
	(void)ctx;
	if (room == ROOM_RECORDER)
		keep_line(&collector.keep, link);
}

static void
on_stop(void *ctx)
{
	(void)ctx;
	collector.now_ms = clock_wall_ns() / CLOCK_NS_PER_MS;
	mirrors_flush(collector.mirrors, collector.now_ms);
	tally_close(collector.tally, send_part, worker_link(ROOM_RECORDER));
	send_taught(worker_link(ROOM_RECORDER), collector.now_ms, true);
	worker_exit();
}

static void
on_report(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = worker_link(ROOM_RECORDER);
	int64_t now_ms = clock_wall_ns() / CLOCK_NS_PER_MS;

	(void)fd;
	(void)what;
	(void)arg;
	exporters_sweep(collector.exporters, now_ms);
	senders_sweep(&collector.senders, now_ms);
	collector.now_ms = now_ms;
	mirrors_sweep(collector.mirrors, now_ms);
	counting_report(link, now_ms);
	if (link == NULL)
		return;
	send_taught(link, now_ms, false);
	send_totals(link);
	for (const struct exporter *x = collector.exporters->all; x != NULL;
	     x = x->hh.next)
		send_exporter(link, x);
	for (unsigned i = 0; i < collector.senders.strangers; i++)
		send_stranger(link, &collector.senders.stranger[i]);
}

/* --- life ------------------------------------------------------------------------- */

/* Interfaces may come while we work. */
static void
take_packets(int fd)
{
	if (collector.mirrors != NULL) {
		mirrors_add(collector.mirrors, fd);
		return;
	}
	packets = mem_grow(packets, packet_count + 1, sizeof *packets);
	packets[packet_count++] = fd;
}

static void
take_socket(enum msg_socket kind, unsigned index, unsigned rung, int fd)
{
	(void)index;
	(void)rung;
	if (kind == SOCKET_PACKETS) {
		take_packets(fd);
		return;
	}
	sockets = mem_grow(sockets, socket_count + 1, sizeof *sockets);
	overflow = mem_grow(overflow, socket_count + 1, sizeof *overflow);
	overflow[socket_count] = 0;
	sockets[socket_count++] = fd;
}

static void
configure(const struct conf *conf)
{
	const struct conf_section *s = conf_top(conf, "Collector");
	struct windows_thresholds thresholds;
	struct err err;

	if (senders_configure(&collector.senders, conf_value(s, "allow", NULL),
		conf_value(s, "proxy", collector.gateway), &err) != 0)
		log_warnx("*** Collector ***: allow, proxy: %s; as before", err.text);
	sampling_configure(&collector.exporters->rates, conf);
	settings_tally(&collector.settings, conf);
	tally_configure(collector.tally, &collector.settings);
	settings_thresholds(&thresholds, conf);
	windows_configure(collector.windows, &thresholds);
	counting_configure(conf);
	settings_watch(collector.watch, conf, &collector.settings,
	    clock_wall_ns() / CLOCK_NS_PER_MS);
}

static void
reload(void *ctx, const struct conf *old, const struct conf *next)
{
	(void)ctx;
	(void)old;
	configure(next);
}

/* The ports that flows come to: what goes there is no traffic to be tallied. */
static void
note_ports(struct tally_settings *set)
{
	for (unsigned i = 0; i < socket_count && set->ports < TALLY_PORTS; i++) {
		struct addr a;
		socklen_t len = sizeof a;

		if (getsockname(sockets[i], &a.sa, &len) == 0)
			set->port[set->ports++] = (uint16_t)addr_port(&a);
	}
}

static uint64_t
secret(void)
{
	uint64_t s;

	if (getrandom(&s, sizeof s, 0) != sizeof s)
		fatalx("no random numbers");
	return s;
}

static struct event *
timer(struct worker *w, event_callback_fn fn, const struct timeval *every)
{
	struct event *ev = event_new(w->base, -1, EV_PERSIST, fn, NULL);

	if (ev == NULL || event_add(ev, every) != 0)
		fatalx("no timer");
	return ev;
}

static void *
start(struct worker *w)
{
	collector.now_ms = clock_wall_ns() / CLOCK_NS_PER_MS;
	collector.exporters = exporters_new();
	collector.tally = tally_new(secret());
	collector.windows = windows_new(secret());
	windows_note(collector.windows, send_host);
	tally_watch(collector.tally, collector.windows);
	collector.watch = watch_new();
	collector.marks = marks_new();
	in.data = mem_zero(BATCH, sizeof *in.data);
	gateway_of_container(collector.gateway);
	settings_begin();
	note_ports(&collector.settings);
	keep_init(&collector.keep, KEEP_MAX);
	counting_start(w->base, &collector.keep);
	collector.radios = radios_new(w->base, &collector.keep);
	configure(w->conf);
	readable = mem_zero(socket_count + 1, sizeof(struct event *));
	for (unsigned i = 0; i < socket_count; i++) {
		readable[i] = event_new(w->base, sockets[i], EV_READ | EV_PERSIST,
		    on_datagrams, (void *)(uintptr_t)i);
		if (readable[i] == NULL)
			fatalx("no event for a flow socket");
	}
	collector.impatient = event_new(w->base, -1, 0, on_impatient, NULL);
	if (collector.impatient == NULL ||
	    event_add(collector.impatient, &patience) != 0)
		fatalx("no timer");
	collector.mirrors = mirrors_new(w->base, collector.exporters, &collector_sink);
	for (unsigned i = 0; i < packet_count; i++)
		mirrors_add(collector.mirrors, packets[i]);
	collector.report = timer(w, on_report, &report_every);
	collector.tick = timer(w, on_tick, &tick_every);
	return &collector;
}

/* Locked in: what the kernel says of radios needs no rights. */
static void
run(void *ctx)
{
	(void)ctx;
	radios_begin(collector.radios);
}

/* Six minutes that close at once, while the recorder waits for a disk. */
static size_t
queue_max(enum room room)
{
	return room == ROOM_RECORDER ? QUEUE_MAX : 0;
}

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_COLLECTOR,
		.sandbox = SANDBOX_COLLECTOR,
		.socket = take_socket,
		.start = start,
		.run = run,
		.reload = reload,
		.peer = peer,
		.message = on_message,
		.stop = on_stop,
		.queue_max = queue_max,
	};

	worker_main(&ops);
}
