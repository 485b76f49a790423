#include "recorder/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/statefile.h"
#include "base/stats.h"
#include "recorder/found.h"
#include "store.h"

#define FILE_BYTES (4UL * 1024 * 1024) /* more than VERDICT_SERIES of them take */
#define ROLES_S 10		       /* places on the path are looked up so often */
#define KEEP_S 3600
#define RESTORED_MAX (VERDICT_SERIES + SEGMENTS) /* ends, and segments of the path */
/* Windows that show whether what was open before, and is not again, is the matter,
 * after which it ends; in which a hint may become more; and in which it may be known
 * what is the matter with the path: of a hop that limits its answers it takes so many
 * until it provably gives none. */
#define SETTLED 6
#define MORE 5
#define DECIDED 10
#define GIVEN_UP_S 86400 /* of what no window shows for so long nobody knows more */

/* What is remembered of a series that is judged. */
struct seat {
	UT_hash_handle hh;
	uint64_t id;
	enum verdict_role role;
	struct addr address; /* of its last round */
	uint8_t ttl;
	bool seen; /* by the last look at the ladder */
};

struct judge {
	const struct judge_ops *ops;
	void *ctx;
	struct paths *paths;
	struct conditions *cs;
	const struct conf *conf;
	struct verdict *v;
	struct seat *seat;
	int64_t looked, kept; /* epoch seconds */
	struct msg_verdict told;
	/* Verdicts that were open before the start, and are not again. */
	struct {
		char *subject;
		int64_t shown; /* since when windows show whether it is, epoch seconds;
				* 0: they do not */
	} restored[RESTORED_MAX];
	unsigned restoreds;
	int64_t begun;
	struct log_limit trouble, crowd;
	unsigned left_out; /* targets that are not judged, as it was told */
	double rtt[ROUND_MAX_PINGS];
};

/* --- what comes out --------------------------------------------------------------- */

static void
forget_restored(struct judge *j, const char *subject)
{
	for (unsigned i = 0; i < j->restoreds; i++)
		if (strcmp(j->restored[i].subject, subject) == 0) {
			free(j->restored[i].subject);
			j->restored[i] = j->restored[--j->restoreds];
			return;
		}
}

static void
hear(void *ctx, const struct infer_finding *f, int64_t time, bool over)
{
	struct judge *j = ctx;

	if (j->cs == NULL)
		return;
	forget_restored(j, f->subject);
	if (over)
		found_clear(j->cs, f, time, 0);
	else
		found_raise(j->cs, f, time, 0);
}

/* When the first began of what was open before the start, and of which it is not known
 * yet whether it still is; 0: nothing is. */
static int64_t
unsettled(const struct judge *j)
{
	int64_t first = 0;

	for (unsigned i = 0; i < j->restoreds; i++) {
		int64_t begin = condition_begin(
		    j->cs, VERDICT_KIND, j->restored[i].subject, VERDICT_SOURCE);
		if (begin != 0 && (first == 0 || begin < first))
			first = begin;
	}
	return first;
}

static void
tell_now(struct judge *j, bool always)
{
	static struct infer_finding f;
	struct msg_verdict m;

	memset(&m, 0, sizeof m);
	m.fine = verdict_now(j->v, &f);
	int64_t before = m.fine ? unsettled(j) : 0;
	if (before != 0) {
		verdict_tell_before(j->v, before, &f);
		m.fine = false;
	}
	m.confidence = (uint8_t)f.confidence;
	m.segment = (uint8_t)f.segment;
	m.begin = f.begin;
	if (!m.fine && f.confidence != CONFIDENCE_NONE && j->cs != NULL)
		m.incident = condition_open(j->cs, f.kind, f.subject, f.source);
	snprintf(m.cause, sizeof m.cause, "%s", f.cause);
	snprintf(m.sentence, sizeof m.sentence, "%s", f.sentence);
	for (unsigned i = 0; i < VERDICT_NAMES; i++)
		snprintf(m.name[i], sizeof m.name[i], "%s",
		    finding_fact_of(&f, finding_private(i)));
	for (unsigned i = 0; i < SEGMENTS; i++)
		m.level[i] = (uint8_t)verdict_level(j->v, (enum segment)i);
	if (!always && memcmp(&m, &j->told, sizeof m) == 0)
		return;
	j->told = m;
	j->ops->tell(j->ctx, &j->told);
}

void
judge_tell(struct judge *j)
{
	tell_now(j, true);
}

/* Do enough windows show that restored verdict I is not the matter any more? */
static bool
is_settled(struct judge *j, unsigned i, int64_t now)
{
	int64_t *shown = &j->restored[i].shown;
	int64_t window = verdict_window(j->v);

	if (now - j->begun >= GIVEN_UP_S)
		return true;
	if (!verdict_shows(j->v, j->restored[i].subject))
		*shown = 0;
	else if (*shown == 0)
		*shown = now;
	return *shown != 0 && now - *shown >= SETTLED * window;
}

/* What was open before the start and is not the matter any more, since that shows. */
static void
settle(struct judge *j, int64_t now)
{
	struct infer_finding *f;

	/* From when places are known: before, nothing is judged. */
	if (verdict_window(j->v) == 0 || now < j->begun)
		j->begun = now;
	if (j->restoreds == 0 || verdict_window(j->v) == 0)
		return;
	f = mem_alloc(sizeof *f);
	for (unsigned i = j->restoreds; i > 0; i--) {
		if (!is_settled(j, i - 1, now))
			continue;
		const char *subject = j->restored[i - 1].subject;
		int64_t shown = j->restored[i - 1].shown;
		finding_init(f, VERDICT_KIND, subject, VERDICT_SOURCE);
		f->begin =
		    condition_begin(j->cs, VERDICT_KIND, subject, VERDICT_SOURCE);
		found_clear(j->cs, f, shown != 0 ? shown : now, 0);
		forget_restored(j, f->subject);
	}
	free(f);
}

/* --- what goes in ----------------------------------------------------------------- */

static struct seat *
find(const struct judge *j, uint64_t id)
{
	struct seat *p;

	HASH_FIND(hh, j->seat, &id, sizeof id, p);
	return p;
}

static void
forget(struct judge *j, struct seat *p)
{
	verdict_forget(j->v, p->id);
	HASH_DEL(j->seat, p);
	free(p);
}

/* Modules whose time is that of packets: what others measure holds the time of a
 * service as well, which says nothing of the way in front of it. */
static bool
is_echo(const char *module)
{
	return strncmp(module, "FPing", 5) == 0 || strcmp(module, "TCPPing") == 0 ||
	       strcmp(module, "Ping") == 0;
}

static bool
asks_names(const char *module)
{
	return strcmp(module, "DNS") == 0 || strcmp(module, "AnotherDNS") == 0 ||
	       strcmp(module, "EchoPingDNS") == 0;
}

static enum verdict_role
role_of(const struct conf_target *t, const struct ladder *l,
    const struct ladder_role *r, bool v6)
{
	static const enum verdict_role roles[RUNGS] = {
		[RUNG_BRIDGE] = VERDICT_BRIDGE,
		[RUNG_HOME] = VERDICT_HOME,
		[RUNG_GATEWAY] = VERDICT_GATEWAY,
		[RUNG_ACCESS] = VERDICT_ACCESS,
		[RUNG_PROVIDER] = VERDICT_PROVIDER,
		[RUNG_TRANSIT] = VERDICT_HOP,
		[RUNG_FAR] = VERDICT_FAR,
	};
	const char *module = t->probe != NULL ? t->probe->module : "";

	if (asks_names(module))
		return VERDICT_RESOLVER;
	if (r == NULL)
		return VERDICT_OTHER;
	enum verdict_role role = roles[r->rung];
	/* Behind hops that never say a word it may be the provider's second as well:
	 * who blames the line for what lies in front of it knows too much. */
	if (role == VERDICT_ACCESS && ladder_anchor(l, v6, RUNG_ACCESS)->before > 0)
		role = VERDICT_PROVIDER;
	/* The host of a container may be the router itself. */
	if (role == VERDICT_BRIDGE &&
	    ladder_anchor(l, v6, RUNG_GATEWAY)->sight == LADDER_ABSENT)
		role = VERDICT_GATEWAY;
	return is_echo(module) || role == VERDICT_FAR ? role : VERDICT_OTHER;
}

static uint8_t
family_of(const struct seat *p)
{
	return p->address.sa.sa_family == AF_INET    ? 4
	       : p->address.sa.sa_family == AF_INET6 ? 6
						     : 0;
}

/* Give T its place, if it is a far end as FAR says; false: there is no room for it. */
static bool
place(struct judge *j, const struct ladder *l, const struct conf_target *t, bool far)
{
	if (!conf_target_is_pinged(t))
		return true;
	const struct ladder_role *r = ladder_role(l, t->id);
	struct seat *p = find(j, t->id);
	enum verdict_role role =
	    role_of(t, l, r, p != NULL && p->address.sa.sa_family == AF_INET6);

	if (p != NULL)
		p->seen = true;
	if (role == VERDICT_OTHER || (role == VERDICT_FAR) != far)
		return true;
	if (p == NULL) {
		if (HASH_COUNT(j->seat) >= VERDICT_SERIES)
			return false;
		p = mem_zero(1, sizeof *p);
		p->id = t->id;
		p->seen = true;
		HASH_ADD(hh, j->seat, id, sizeof p->id, p);
	}
	p->role = role;
	verdict_series(j->v, &(struct verdict_series){ .id = t->id,
				 .path = t->path,
				 .role = role,
				 .network = r != NULL ? r->network : 0,
				 .family = family_of(p),
				 .step = t->step > 0 ? t->step : j->conf->step,
				 .pings = t->pings });
	return true;
}

/* Where targets are, by the ladder as it is now. One whose place cannot be told any
 * more keeps the one it had: a way that is broken is no reason to forget it. */
static void
look(struct judge *j, int64_t now)
{
	const struct ladder *l;
	struct seat *p, *next;
	unsigned left_out = 0;

	if (j->conf == NULL || (now >= j->looked && now - j->looked < ROLES_S))
		return;
	j->looked = now;
	l = paths_ladder(j->paths, now);
	if (l == NULL)
		return;
	HASH_ITER(hh, j->seat, p, next)
		p->seen = false;
	/* Hops first: of far ends there may be more than can be judged. */
	for (size_t i = 0; i < j->conf->target_count; i++)
		left_out += !place(j, l, j->conf->target[i], false);
	for (size_t i = 0; i < j->conf->target_count; i++)
		left_out += !place(j, l, j->conf->target[i], true);
	if (left_out > j->left_out && log_allowed(&j->crowd, KEEP_S, NULL))
		log_warnx("%u targets are not judged: a verdict is of %d at most",
		    left_out, VERDICT_SERIES);
	j->left_out = left_out;
	verdict_left_out(j->v, left_out);
	HASH_ITER(hh, j->seat, p, next)
		if (!p->seen)
			forget(j, p);
}

static enum verdict_error
error_of(enum ping_outcome outcome)
{
	switch (outcome) {
	case PING_NO_ROUTE:
		return VERDICT_NO_ROUTE;
	case PING_HOST_UNREACHABLE:
	case PING_TTL_EXCEEDED:
		return VERDICT_UNREACHABLE;
	case PING_PROHIBITED:
		return VERDICT_PROHIBITED;
	case PING_REFUSED:
	case PING_PORT_UNREACHABLE:
		return VERDICT_REFUSED;
	case PING_NO_NEIGHBOUR:
		return VERDICT_NO_NEIGHBOUR;
	case PING_NEVER_LEFT:
		return VERDICT_NEVER_LEFT;
	case PING_BAD_ANSWER:
	case PING_CUT_OFF:
		return VERDICT_BAD_ANSWER;
	default:
		return VERDICT_TIMEOUT;
	}
}

static enum verdict_unknown
unknown_of(enum ping_outcome outcome)
{
	return outcome == PING_NOT_SENT	 ? VERDICT_NOT_SENT
	       : outcome == PING_NO_NAME ? VERDICT_NO_NAME
	       : outcome == PING_STALLED ? VERDICT_STALLED
					 : VERDICT_CANNOT;
}

/* Count R's pings into V: how they ended, and why most of the others did not. */
static void
count(struct judge *j, const struct round *r, struct verdict_round *v)
{
	unsigned errors[VERDICT_ERRORS] = { 0 }, unknowns[VERDICT_UNKNOWNS] = { 0 };
	size_t n = 0;

	for (unsigned i = 0; i < r->count; i++) {
		enum ping_outcome o = r->ping[i].outcome;
		if (o == PING_ANSWERED)
			j->rtt[n++] = (double)r->ping[i].rtt_ns / 1e9;
		else if (ping_is_loss(o)) {
			v->lost++;
			if (++errors[error_of(o)] > errors[v->error])
				v->error = error_of(o);
		} else if (ping_is_unknown(o)) {
			v->unknown++;
			if (++unknowns[unknown_of(o)] > unknowns[v->why])
				v->why = unknown_of(o);
		}
	}
	v->sent = (uint32_t)n + v->lost + v->unknown;
	stats_sort(j->rtt, n);
	v->median = stats_median_upper(j->rtt, n);
	v->p90 = stats_quantile(j->rtt, n, 0.9);
}

/* A suspend: rounds that it took away are missed by nobody, but of the one that was
 * under way then it can be seen how long it was. */
static void
tell_pause(struct judge *j, const struct round *r)
{
	int64_t begin = r->begin_ns / CLOCK_NS_PER_S, end = r->end_ns / CLOCK_NS_PER_S;

	if (r->state == ROUND_UNKNOWN && r->cause == PING_STALLED &&
	    end - begin > 2 * (int64_t)r->step)
		verdict_gap(j->v, begin, end, "this box stood still");
}

void
judge_round(struct judge *j, const struct round *r, int64_t now)
{
	struct seat *p = find(j, r->target);
	const struct route *way;

	/* Windows end between rounds, not with the next look at the clock. */
	verdict_tick(j->v, now);
	if (p == NULL)
		return;
	struct verdict_round v = { .id = r->target,
		.time = r->end_ns / CLOCK_NS_PER_S,
		.suspect = r->suspect };
	count(j, r, &v);
	tell_pause(j, r);
	if (r->address.sa.sa_family != AF_UNSPEC) {
		v.moved = p->address.sa.sa_family != AF_UNSPEC &&
			  !addr_same_host(&p->address, &r->address);
		p->address = r->address;
	}
	/* Answers of several ways within a round are ways that are shared, no other. */
	if (r->ttl != 0 && r->ttl_changes == 0) {
		v.route_changed = p->ttl != 0 && p->ttl != r->ttl;
		p->ttl = r->ttl;
	}
	way = paths_route(j->paths, r->target);
	if (way != NULL && way->change.time != 0 &&
	    way->change.time >= r->begin_ns / CLOCK_NS_PER_S - 2 * (int64_t)r->step)
		v.route_changed = true;
	verdict_round(j->v, &v);
}

void
judge_hear(struct judge *j, const struct infer_finding *f, bool over)
{
	if (strcmp(f->kind, VERDICT_KIND) == 0)
		return;
	verdict_neighbour(j->v, f, over);
}

void
judge_busy(struct judge *j, const struct lines_busy *b)
{
	struct verdict_use u = { .time = b->time,
		.in = b->use[IF_IN],
		.out = b->use[IF_OUT],
		.in_bps = b->bps[IF_IN],
		.out_bps = b->bps[IF_OUT],
		.in_line = fmax(0, b->line[IF_IN]),
		.out_line = fmax(0, b->line[IF_OUT]),
		.in_holds = fmax(0, b->holds[IF_IN]),
		.out_holds = fmax(0, b->holds[IF_OUT]) };

	verdict_use(j->v, &u);
}

void
judge_talkers(struct judge *j, verdict_talker_fn talker, void *ctx)
{
	verdict_talkers(j->v, talker, ctx);
}

void
judge_load(struct judge *j, int64_t begin)
{
	verdict_own_load(j->v, begin);
}

void
judge_medium(struct judge *j, enum verdict_medium medium)
{
	verdict_medium(j->v, medium);
}

void
judge_gap(struct judge *j, int64_t begin, int64_t end, const char *why)
{
	verdict_gap(j->v, begin, end, why);
}

/* --- who is explained ------------------------------------------------------------- */

/* Was a verdict about the path open before the start of which it is not known yet
 * whether it still holds? */
static bool
is_settling(const struct judge *j)
{
	for (unsigned i = 0; i < j->restoreds; i++)
		if (conf_target_by_path(j->conf, j->restored[i].subject) == NULL)
			return true;
	return false;
}

int64_t
judge_explains(struct judge *j, const char *subject, int64_t since, unsigned *grace)
{
	const struct conf_target *t =
	    j->conf != NULL ? conf_target_by_path(j->conf, subject) : NULL;
	const struct seat *p = t != NULL ? find(j, t->id) : NULL;
	uint32_t window = verdict_window(j->v);

	*grace = 0;
	/* What explained it before a restart is not seen again at once. */
	if (is_settling(j))
		*grace = SETTLED * (window > 0 ? window : VERDICT_WINDOW_S);
	if (p == NULL || j->cs == NULL)
		return 0;
	const char *by = verdict_explains(j->v, t->id);
	if (by != NULL) {
		*grace = *grace > MORE * window ? *grace : MORE * window;
		return condition_open(j->cs, VERDICT_KIND, by, VERDICT_SOURCE);
	}
	/* Only where others share the way, of which one may be about to show it, or, of a
	 * gateway, that it is no more than the first of what is dead. */
	if (p->role >= VERDICT_GATEWAY && verdict_may_explain(j->v, t->id, since))
		*grace = DECIDED * window;
	return 0;
}

unsigned
judge_distance(const struct judge *j, const char *subject)
{
	const struct conf_target *t =
	    j->conf != NULL ? conf_target_by_path(j->conf, subject) : NULL;
	const struct seat *p = t != NULL ? find(j, t->id) : NULL;

	return p != NULL && p->role != VERDICT_OTHER ? p->role : VERDICT_ROLES;
}

/* --- the file --------------------------------------------------------------------- */

static void
keep(struct judge *j)
{
	struct err err;
	size_t len;
	uint8_t *data = verdict_save(j->v, &len);

	if (data == NULL)
		return;
	if (statefile_write(STORE_USUAL, data, len, &err) != 0 &&
	    log_allowed(&j->trouble, KEEP_S, NULL))
		log_warnx("what is usual cannot be kept: %s", err.text);
	free(data);
}

static void
read_file(struct judge *j)
{
	struct err err;
	void *data;
	ssize_t len = statefile_read(STORE_USUAL, FILE_BYTES, &data, &err);

	if (len < 0)
		log_warnx(STORE_USUAL ": what is usual is learned anew: %s", err.text);
	else if (len > 0 && verdict_load(j->v, data, (size_t)len) < 0)
		log_warnx(STORE_USUAL ": broken: what is usual is learned anew");
	free(data);
}

/* --- life ------------------------------------------------------------------------- */

void
judge_tick(struct judge *j, int64_t now)
{
	look(j, now);
	verdict_tick(j->v, now);
	settle(j, now);
	tell_now(j, false);
	if (j->kept == 0 || now < j->kept)
		j->kept = now;
	if (now - j->kept >= KEEP_S) {
		j->kept = now;
		keep(j);
	}
}

void
judge_configure(struct judge *j, const struct conf *next)
{
	struct seat *p, *after;

	j->conf = next;
	j->looked = 0;
	HASH_ITER(hh, j->seat, p, after)
		if (conf_target_by_id(next, p->id) == NULL)
			forget(j, p);
}

static void
restore(void *ctx, const struct incident *in, const struct letter *held)
{
	struct judge *j = ctx;

	(void)held;
	if (strcmp(in->kind, VERDICT_KIND) == 0 &&
	    strcmp(in->source, VERDICT_SOURCE) == 0 && j->restoreds < RESTORED_MAX)
		j->restored[j->restoreds++].subject = mem_str(in->subject);
}

void
judge_begin(struct judge *j, struct conditions *cs, struct events *ev)
{
	j->cs = cs;
	j->begun = clock_wall_ns() / CLOCK_NS_PER_S;
	events_each_open(ev, restore, j);
	read_file(j);
}

static int64_t
begin_of(void *ctx, const char *subject, const char *cause, bool *same)
{
	const struct judge *j = ctx;

	if (j->cs == NULL)
		return 0;
	const char *evidence =
	    condition_evidence(j->cs, VERDICT_KIND, subject, VERDICT_SOURCE);
	*same = evidence != NULL && finding_is_of(evidence, cause);
	return condition_begin(j->cs, VERDICT_KIND, subject, VERDICT_SOURCE);
}

/* Where usual ways part, by the ladder. */
static unsigned
cut(void *ctx, const uint64_t *bad, size_t bads, const uint64_t *good, size_t goods,
    char hop[VERDICT_HOP])
{
	_Static_assert(ADDR_TEXT <= VERDICT_HOP, "an address fits");
	const struct judge *j = ctx;
	const struct ladder *l = paths_ladder(j->paths, j->looked);
	struct addr a;
	unsigned ttl = l != NULL ? ladder_cut(l, bad, bads, good, goods, &a) : 0;

	if (ttl != 0)
		addr_text(&a, hop);
	return ttl;
}

struct judge *
judge_new(const struct judge_ops *ops, void *ctx, struct paths *paths)
{
	struct judge *j = mem_zero(1, sizeof *j);

	j->ops = ops;
	j->ctx = ctx;
	j->paths = paths;
	j->v = verdict_new(hear, j);
	verdict_cuts(j->v, cut, j);
	verdict_begins(j->v, begin_of, j);
	return j;
}

void
judge_free(struct judge *j)
{
	struct seat *p, *next;

	if (j == NULL)
		return;
	if (j->cs != NULL)
		keep(j);
	/* What is open stays open in events.db: it goes on behind the restart. */
	HASH_ITER(hh, j->seat, p, next) {
		HASH_DEL(j->seat, p);
		free(p);
	}
	verdict_free(j->v);
	while (j->restoreds > 0)
		free(j->restored[--j->restoreds].subject);
	free(j);
}
