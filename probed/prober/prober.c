/* One subject per target of the configuration that is measured here: its run, the name
 * that it needs, and what was last said about it. */
#include "prober/prober.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "prober/flight.h"
#include "prober/report.h"
#include "prober/resolve.h"
#include "prober/run.h"
#include "prober/surround.h"
#include "prober/target.h"
#include "prober/tick.h"
#include "prober/urgent.h"
#include "store.h"

#define PROBER_COUNTERS_S 5
#define PROBER_SHOWN 100 /* pings in a line */
/* The sockets' stamping wakes up lazily: nothing that counts goes out before. */
#define PROBER_FIRST_NS (100 * CLOCK_NS_PER_MS)
/* New targets have their immediate round one behind the other. */
#define PROBER_STAGGER_NS (20 * CLOCK_NS_PER_MS)

struct subject;

/* A name that subjects need. */
struct prober_name {
	struct resolve_name *name;
	LIST_HEAD(, subject) subjects;
	UT_hash_handle hh; /* by the pointer NAME */
};

struct subject {
	uint64_t id;
	char *identity;
	struct run *run;
	struct prober_name *name; /* NULL: it needs no address */
	LIST_ENTRY(subject) same_name;
	int64_t row;   /* of the last round that was reported */
	bool kept;     /* found in the new configuration */
	bool measured; /* there was a round that was not unknown */
	bool skipped;  /* the last round was left out: see ADVICE */
	char *advice;  /* its rounds take longer than its step; NULL: they do not */
	uint8_t told_state;
	struct addr told_address;
	char *told_text;
	UT_hash_handle hh; /* by ID */
};

/* Where a dynamic host is. */
struct told {
	uint64_t id; /* of the target */
	char address[ADDR_TEXT];
	UT_hash_handle hh;
};

static struct {
	struct worker *w;
	enum module_home home;
	const struct prober_guest *guest;
	const struct prober_walker *walker;
	struct probe_host host;
	struct msg_counters counters;
	uint8_t key[16];
	struct resolver *resolver;
	struct subject *subjects;
	struct prober_name *names;
	struct told *told;
	struct event *tell;
	const struct probe_type *opened[16];
	size_t types;
	bool locked; /* the data directory is out of sight */
	bool hurry;  /* counters were not told since the start */
} prober;

/* --- telling ---------------------------------------------------------------------- */

static enum target_state
prober_state(const struct subject *s, struct addr *address, const char **why)
{
	*why = run_probe(s->run)->detail;
	*address = (struct addr){ .sa.sa_family = AF_UNSPEC };
	if (run_cannot(s->run) != NULL) {
		*why = run_cannot(s->run);
		return TARGET_CANNOT;
	}
	if (s->name != NULL) {
		const char *text = NULL;
		enum resolve_state state = resolve_get(s->name->name, address, &text);

		if (state == RESOLVE_FAILED || state == RESOLVE_STALE)
			*why = text;
		if (state == RESOLVE_FAILED)
			return TARGET_NO_NAME;
		if (state == RESOLVE_STALE)
			return TARGET_STALE;
	}
	if (s->skipped && *why == NULL)
		*why = s->advice;
	return s->measured ? TARGET_OK : TARGET_WAITING;
}

/* Tell how S is, where that changed or ANYWAY. */
static void
prober_tell(struct subject *s, bool anyway)
{
	struct msg_target m = { .target = s->id };
	const char *why;

	m.state = (uint8_t)prober_state(s, &m.address, &why);
	if (why == NULL)
		why = "";
	if (!anyway && s->told_text != NULL && m.state == s->told_state &&
	    addr_same(&m.address, &s->told_address) && strcmp(why, s->told_text) == 0)
		return;
	if (prober.walker != NULL && m.state != TARGET_CANNOT)
		prober.walker->target(s->id, &m.address, run_probe(s->run));
	s->told_state = m.state;
	s->told_address = m.address;
	free(s->told_text);
	s->told_text = mem_str(why);
	strncpy(m.text, why, sizeof m.text - 1);
	report_target(&m);
}

static void
prober_tell_counters(void)
{
	tick_times(prober.counters.loop_ns);
	report_counters(&prober.counters);
	if (prober.home == MODULE_PROBER)
		report_here();
}

static void
prober_on_tell(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	prober_tell_counters();
}

/* --- what runs ask and say -------------------------------------------------------- */

/* What came of a round, as fping -C says it. */
static void
prober_show(const struct run *run, const struct round *r)
{
	char text[PROBER_SHOWN * 16], address[ADDR_TEXT] = "";
	unsigned i = 0;

	if (r->address.sa.sa_family != AF_UNSPEC)
		addr_text(&r->address, address);
	while (r->state == ROUND_MEASURED && i < r->count) {
		size_t at = 0;

		for (unsigned end = i + PROBER_SHOWN; i < r->count && i < end; i++)
			at += r->ping[i].outcome == PING_ANSWERED
				  ? (size_t)snprintf(text + at, sizeof text - at,
					" %.4g", (double)r->ping[i].rtt_ns / 1e6)
				  : (size_t)snprintf(text + at, sizeof text - at, " -");
		log_info("%s: %s :%s", run_path(run),
		    address[0] != '\0' ? address : run_probe(run)->name, text);
	}
	if (r->state == ROUND_UNKNOWN)
		log_info("%s: unknown: %s", run_path(run),
		    run_cannot(run) != NULL ? run_cannot(run)
					    : ping_outcome_text(r->cause));
}

static void
prober_done(void *ctx, struct run *run, const struct round *round)
{
	struct subject *s = run_tag(run);

	(void)ctx;
	if (run_is_paced(run))
		prober_show(run, round);
	if (round->row > s->row)
		report_round(round);
	s->row = round->row;
	if (round->state == ROUND_MEASURED)
		s->measured = true;
	s->skipped = s->advice != NULL && round->state == ROUND_UNKNOWN &&
		     round->cause == PING_NOT_SENT;
	prober_tell(s, false);
	if (prober.hurry)
		prober_tell_counters();
	prober.hurry = false;
}

static void
prober_moved(void *ctx, struct run *run)
{
	const struct subject *s = run_tag(run);

	(void)ctx;
	if (prober.walker != NULL)
		prober.walker->moved(s->id);
}

static enum run_address
prober_address(void *ctx, struct run *run, struct addr *address)
{
	struct subject *s = run_tag(run);

	(void)ctx;
	if (s->name == NULL)
		return RUN_ADDRESS_NONE;
	enum resolve_state state = resolve_get(s->name->name, address, NULL);
	run_set_lookup(run, resolve_took(s->name->name));
	if (address->sa.sa_family != AF_UNSPEC)
		return RUN_ADDRESS_HERE;
	return state == RESOLVE_PENDING ? RUN_ADDRESS_LATER : RUN_ADDRESS_NONE;
}

static void
prober_name_changed(void *ctx, struct resolve_name *name)
{
	struct prober_name *n;
	struct subject *s;
	struct addr address;

	(void)ctx;
	HASH_FIND_PTR(prober.names, &name, n);
	if (n == NULL)
		return;
	(void)resolve_get(name, &address, NULL);
	LIST_FOREACH(s, &n->subjects, same_name)
	{
		if (address.sa.sa_family != AF_UNSPEC || run_is_paced(s->run))
			run_wake(s->run);
		prober_tell(s, false);
	}
	tick_again();
}

/* --- subjects --------------------------------------------------------------------- */

static void
prober_take_name(struct subject *s, const char *host, int family)
{
	struct resolve_name *name = resolve_want(prober.resolver, host, family);
	struct prober_name *n;

	HASH_FIND_PTR(prober.names, &name, n);
	if (n == NULL) {
		n = mem_zero(1, sizeof *n);
		n->name = name;
		LIST_INIT(&n->subjects);
		HASH_ADD_PTR(prober.names, name, n);
	}
	s->name = n;
	LIST_INSERT_HEAD(&n->subjects, s, same_name);
}

static void
prober_leave_name(struct subject *s)
{
	struct prober_name *n = s->name;

	if (n == NULL)
		return;
	LIST_REMOVE(s, same_name);
	resolve_unwant(prober.resolver, n->name);
	if (LIST_EMPTY(&n->subjects)) {
		HASH_DEL(prober.names, n);
		free(n);
	}
	s->name = NULL;
}

static void
prober_remove(struct subject *s)
{
	if (prober.walker != NULL)
		prober.walker->forget(s->id);
	run_remove(s->run);
	prober_leave_name(s);
	HASH_DEL(prober.subjects, s);
	free(s->identity);
	free(s->advice);
	free(s->told_text);
	free(s);
}

/* Does T's history go on without a gap, so that it needs no immediate round? Behind the
 * lock nobody can tell, and one short round too many does no harm. */
static bool
prober_goes_on(const struct conf_target *t)
{
	char path[STORE_PATH];
	struct stat st;

	return !prober.locked && store_rrd_path(path, t->path) == 0 &&
	       stat(path, &st) == 0 &&
	       st.st_mtime > clock_wall_s() - 2 * (int64_t)t->step;
}

/* Open what TYPE shares among its runs, once. */
static int
prober_open_type(const struct probe_type *type, struct err *err)
{
	for (size_t i = 0; i < prober.types; i++)
		if (prober.opened[i] == type)
			return 0;
	if (type->open != NULL && type->open(&prober.host, err) != 0)
		return -1;
	if (prober.types == sizeof prober.opened / sizeof prober.opened[0])
		fatalx("more kinds of measurement than places for them");
	prober.opened[prober.types++] = type;
	return 0;
}

/* What keeps many targets from being measured is said once, and how many they are. */
static struct {
	char *why;
	size_t more;
} unmeasured;

static void
prober_log_more(void)
{
	if (unmeasured.more > 0)
		log_info("%zu more %s: cannot measure: %s", unmeasured.more,
		    unmeasured.more == 1 ? "target" : "targets", unmeasured.why);
	free(unmeasured.why);
	unmeasured.why = NULL;
	unmeasured.more = 0;
}

static void
prober_log_cannot(const char *path, const char *why)
{
	if (unmeasured.why != NULL && strcmp(unmeasured.why, why) == 0) {
		unmeasured.more++;
		return;
	}
	prober_log_more();
	unmeasured.why = mem_str(why);
	log_info("%s: cannot measure: %s", path, why);
}

/* Rounds of S take longer than its step? Keep what to say of it, and say it of the
 * first such target; MANY counts them. */
static void
prober_advise(
    struct subject *s, const char *path, const struct plan *plan, size_t *many)
{
	char text[256];

	if (!plan_advice(plan, text, sizeof text))
		return;
	s->advice = mem_str(text);
	if ((*many)++ == 0)
		log_warnx("%s: %s", path, text);
}

static void
prober_add(const struct conf_target *t, struct target *target, int64_t first_at,
    size_t *long_ones)
{
	struct subject *s = mem_zero(1, sizeof *s);

	s->id = t->id;
	s->kept = true;
	s->identity = target->identity;
	target->identity = NULL;
	if (target->spec.cannot == NULL &&
	    prober_open_type(target->spec.type, &target->cannot) != 0)
		target->spec.cannot = target->cannot.text;
	target->spec.first_at =
	    target->spec.pace == RUN_BY_STEP && prober_goes_on(t) ? 0 : first_at;
	s->run = run_add(&target->spec);
	run_set_tag(s->run, s);
	if (target->resolve != NULL && target->spec.cannot == NULL)
		prober_take_name(s, target->resolve, target->spec.family);
	HASH_ADD(hh, prober.subjects, id, sizeof s->id, s);
	if (target->spec.cannot != NULL)
		prober_log_cannot(t->path, target->spec.cannot);
	else
		prober_advise(s, t->path, &target->spec.plan, long_ones);
	prober_tell(s, false);
}

/* Is T measured by this process? What nobody measures is told of by the prober. */
static bool
prober_is_ours(const struct conf *conf, const struct conf_target *t)
{
	enum module_home home = conf_target_home(conf, t);

	return conf_target_is_pinged(t) &&
	       (home == prober.home ||
		   (home == MODULE_NOBODY && prober.home == MODULE_PROBER));
}

/* --- dynamic hosts ---------------------------------------------------------------- */

/* The configuration is ours alone: what a host has told stands in it. */
static void
prober_place(const struct conf *conf, const struct conf_target *t, const char *address)
{
	conf_set_address((struct conf *)conf, t, address);
}

static void
prober_place_all(const struct conf *conf)
{
	for (const struct told *told = prober.told; told != NULL;
	     told = told->hh.next) {
		const struct conf_target *t = conf_target_by_id(conf, told->id);

		if (t != NULL)
			prober_place(conf, t, told->address);
	}
}

/* How many targets of T's probe that are ours stand before it. */
static unsigned
prober_position(const struct conf *conf, const struct conf_target *t)
{
	unsigned n = 0;

	for (size_t i = 0; i < conf->target_count && conf->target[i] != t; i++)
		n += conf->target[i]->probe == t->probe &&
		     prober_is_ours(conf, conf->target[i]);
	return n;
}

/* The host of T is somewhere else now. */
static void
prober_renew(const struct conf_target *t)
{
	const struct conf *conf = prober.w->conf;
	struct target target;
	struct subject *s;
	size_t long_ones = 0;

	HASH_FIND(hh, prober.subjects, &t->id, sizeof t->id, s);
	if (s == NULL)
		return;
	prober_remove(s);
	target_read(&target, conf, t, &prober.host, prober.w->icmp_why,
	    prober_position(conf, t));
	prober_add(t, &target, clock_mono_ns(), &long_ones);
	prober_log_more();
	target_free(&target);
	tick_again();
}

/* The recorder knows of each dynamic host where it is, whoever measures it. */
static int
prober_take_address(struct msg_in *in)
{
	const struct conf_target *t;
	struct told *told;
	struct addr a;
	uint64_t id;

	if (msg_get_address(in, &id, &a) < 0)
		return -1;
	t = conf_target_by_id(prober.w->conf, id);
	HASH_FIND(hh, prober.told, &id, sizeof id, told);
	if (a.sa.sa_family == AF_UNSPEC) {
		if (told != NULL) {
			HASH_DEL(prober.told, told);
			free(told);
		}
		if (t != NULL)
			prober_place(prober.w->conf, t, NULL);
	} else {
		if (told == NULL) {
			told = mem_zero(1, sizeof *told);
			told->id = id;
			HASH_ADD(hh, prober.told, id, sizeof told->id, told);
		}
		addr_text(&a, told->address);
		if (t != NULL)
			prober_place(prober.w->conf, t, told->address);
	}
	if (t != NULL && t->kind == CONF_DYNAMIC)
		prober_renew(t);
	return 0;
}

/* --- configuration ---------------------------------------------------------------- */

/* Go over to CONF: what did not change goes on as if nothing had happened. */
static void
prober_adopt(const struct conf *conf)
{
	struct subject *s, *next;
	unsigned *position = mem_zero(conf->probe_count + 1, sizeof *position);
	int64_t first_at = clock_mono_ns() + PROBER_FIRST_NS;
	size_t long_ones = 0;

	prober_place_all(conf);
	runs_hold(first_at);
	HASH_ITER(hh, prober.subjects, s, next) {
		s->kept = false;
	}
	/* First those that go, so that their names and places are free. */
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];

		HASH_FIND(hh, prober.subjects, &t->id, sizeof t->id, s);
		if (s == NULL || !prober_is_ours(conf, t))
			continue;
		char *identity = target_identity(conf, t);
		/* What cannot be measured is tried anew: its program may be there now.
		 */
		s->kept =
		    strcmp(identity, s->identity) == 0 && run_cannot(s->run) == NULL;
		free(identity);
	}
	HASH_ITER(hh, prober.subjects, s, next) {
		if (!s->kept)
			prober_remove(s);
	}
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		struct target target;

		if (!prober_is_ours(conf, t))
			continue;
		size_t probe = t->probe == NULL ? conf->probe_count
						: (size_t)(t->probe - conf->probe);
		unsigned at = position[probe]++;
		HASH_FIND(hh, prober.subjects, &t->id, sizeof t->id, s);
		if (s != NULL)
			continue;
		target_read(&target, conf, t, &prober.host, prober.w->icmp_why, at);
		prober_add(t, &target, first_at, &long_ones);
		first_at += PROBER_STAGGER_NS;
		target_free(&target);
	}
	prober_log_more();
	if (long_ones > 1)
		log_warnx(
		    "%zu more targets have rounds that are longer than their step",
		    long_ones - 1);
	free(position);
}

/* --- the worker ------------------------------------------------------------------- */

static void
prober_socket(enum msg_socket kind, unsigned index, unsigned rung, int fd)
{
	const struct probe_row *row = probe_rows;
	unsigned side = kind == SOCKET_ICMP6;
	struct err err;

	if (prober.guest != NULL && kind == prober.guest->kind) {
		prober.guest->socket(fd);
		if (prober.w != NULL)
			prober.guest->listen(prober.w->base);
		return;
	}
	while (row->module != NULL && row->type->socket == NULL)
		row++;
	if ((kind != SOCKET_ICMP4 && kind != SOCKET_ICMP6) || row->module == NULL) {
		close(fd);
		return;
	}
	if (row->type->socket(fd, &err) != 0)
		log_warnx("ICMP socket %u: %s", index, err.text);
	else if (prober.host.icmp_rung[side] == ICMP_NONE)
		prober.host.icmp_rung[side] = (uint8_t)rung;
}

static void *
prober_start(struct worker *w)
{
	static const struct run_ops ops = { .done = prober_done,
		.address = prober_address,
		.moved = prober_moved };
	struct msg_counters *c = &prober.counters;

	if (sodium_init() < 0)
		fatalx("no random numbers");
	urgent_guard();
	surround_open();
	prober.w = w;
	randombytes_buf(prober.key, sizeof prober.key);
	prober.host.base = w->base;
	prober.host.key = prober.key;
	prober.host.counters = c;
	c->icmp4 = prober.host.icmp_rung[0];
	c->icmp6 = prober.host.icmp_rung[1];
	memcpy(c->icmp4_why, w->icmp_why[0], sizeof c->icmp4_why);
	memcpy(c->icmp6_why, w->icmp_why[1], sizeof c->icmp6_why);
	prober.hurry = true;
	prober.resolver = resolve_new(w->base, prober_name_changed, NULL);
	runs_open(&prober.host, &ops);
	if (prober.walker != NULL)
		prober.walker->open(w->base, w->conf);
	prober_adopt(w->conf);
	if (prober.guest != NULL) {
		prober.guest->open(c);
		prober.guest->configure(w->conf);
	}
	prober.locked = true;
	return &prober;
}

static void
prober_after_tick(void *ctx)
{
	(void)ctx;
	report_gathered(false);
	flight_news();
}

static void
prober_run(void *ctx)
{
	static const struct timeval every = { PROBER_COUNTERS_S, 0 };

	(void)ctx;
	prober.tell = event_new(prober.w->base, -1, EV_PERSIST, prober_on_tell, NULL);
	if (prober.tell == NULL || event_add(prober.tell, &every) != 0)
		fatalx("no timer for the counters");
	if (prober.guest != NULL)
		prober.guest->listen(prober.w->base);
	flight_open(prober.w->base);
	tick_start(prober.w->base, prober_after_tick, NULL);
	prober_tell_counters();
	log_info("%zu targets", runs_count());
}

static void
prober_peer(void *ctx, enum room room, struct link *link)
{
	struct subject *s, *next;

	(void)ctx;
	if (room != ROOM_RECORDER) {
		if (prober.guest != NULL && prober.guest->peer != NULL)
			prober.guest->peer(room, link);
		return;
	}
	report_to(link);
	if (link == NULL)
		return;
	HASH_ITER(hh, prober.subjects, s, next) {
		prober_tell(s, true);
	}
	prober_tell_counters();
}

static int
prober_message(void *ctx, struct link *link, struct msg_in *in)
{
	(void)ctx;
	if (link_peer(link) == ROOM_RECORDER && in->type == MSG_ADDRESS)
		return prober_take_address(in);
	if (link_peer(link) == ROOM_RECORDER && in->type == MSG_TRACE)
		return prober.walker != NULL ? prober.walker->message(in) : -1;
	if (link_peer(link) == ROOM_RECORDER &&
	    (in->type != MSG_LOADTEST || prober.home != MODULE_FETCHER))
		return -1;
	if (prober.guest == NULL || prober.guest->message == NULL)
		return -1;
	return prober.guest->message(link, in);
}

static void
prober_reload(void *ctx, const struct conf *old, const struct conf *next)
{
	(void)ctx;
	(void)old;
	prober_adopt(next);
	if (prober.guest != NULL)
		prober.guest->configure(next);
	if (prober.walker != NULL)
		prober.walker->configure(next);
	tick_again();
	log_info("%zu targets", runs_count());
}

/* Rounds that are open are dropped: what is not known is not told. */
static void
prober_stop(void *ctx)
{
	struct subject *s, *next;
	struct told *told, *more;

	(void)ctx;
	report_gathered(true);
	prober_tell_counters();
	tick_stop();
	flight_close();
	event_free(prober.tell);
	if (prober.guest != NULL)
		prober.guest->close();
	HASH_ITER(hh, prober.subjects, s, next) {
		prober_remove(s);
	}
	if (prober.walker != NULL)
		prober.walker->close();
	for (size_t i = 0; i < prober.types; i++)
		if (prober.opened[i]->close != NULL)
			prober.opened[i]->close(&prober.host);
	runs_close();
	HASH_ITER(hh, prober.told, told, more) {
		HASH_DEL(prober.told, told);
		free(told);
	}
	resolve_free(prober.resolver);
	report_free();
	worker_exit();
}

static size_t
prober_queue_max(enum room peer)
{
	return peer == ROOM_RECORDER ? REPORT_MAX : 0;
}

void
prober_main(enum room room, enum sandbox_profile sandbox, enum module_home home,
    const struct prober_guest *guest, const struct prober_walker *walker)
{
	const struct worker_ops ops = { .room = room,
		.sandbox = sandbox,
		.socket = prober_socket,
		.start = prober_start,
		.run = prober_run,
		.peer = prober_peer,
		.message = prober_message,
		.reload = prober_reload,
		.stop = prober_stop,
		.queue_max = prober_queue_max };

	prober.home = home;
	prober.guest = guest;
	prober.walker = walker;
	prober.counters.room = (uint8_t)room;
	worker_main(&ops);
}
