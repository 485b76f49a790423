#include "recorder/lines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "infer/congestion.h"
#include "recorder/found.h"

#define SPANS 512	   /* of counters that pings are looked up in */
#define PENDING 1024	   /* pings that wait for their span */
#define SPACING_MS 1000	   /* pings of a line that are looked at are so far apart */
#define SPAN_MAX_MS 120000 /* in a longer one nobody knows when it was full */
#define JUDGE_S 15
#define TELL_S 60
#define UNHEARD_S 600
/* Nothing is told of it for so long, and it goes; what one that leads out has learned
 * is kept over holidays. */
#define UNUSED_S 86400
#define UNUSED_OUT_S (30LL * 86400)
#define CLEARS 3 /* pings, or minutes, that are fine again */
#define CLEARS_MINUTES 3
#define SUBJECT_MAX 96

#define SOURCE_LINE "line"
#define SOURCE_COUNTERS "counters"

struct span {
	int64_t begin_ms, end_ms;
	double rate[IF_WAYS];
};

struct waiting {
	int64_t time_ms;
	double rtt_ms;
};

/* One that leads out. */
struct out {
	uint64_t target;
	char path[MSG_LINE_TARGET];
	struct bloat bloat;
	struct bloat_result result;
	int64_t judged_s, told_s, taken_ms;
	unsigned spans, first; /* of SPAN, a ring */
	struct span span[SPANS];
	unsigned waiting; /* of PING, in the order of time */
	struct waiting ping[PENDING];
};

struct line {
	UT_hash_handle hh;
	struct if_key key;
	struct lineload load;
	double speed[IF_WAYS];
	char subject[SUBJECT_MAX], name[2 * INTERFACE_TEXT + 8];
	int64_t now_ms, minute_ms; /* of the newest spans */
	int64_t heard_s;
	int64_t used_s;	 /* when something was told of it last; 0: since the last tick */
	struct out *out; /* NULL: it does not lead out */
};

/* An incident of before a restart. */
struct before {
	char subject[SUBJECT_MAX];
	char source[16];
};

struct lines {
	struct conditions *cs;
	void (*tell)(void *ctx, const struct msg_line *m);
	void *ctx;
	const struct conf *conf;
	struct line *all;
	unsigned outs;
	uint64_t beyond; /* of UPnP's */
	int64_t began_s;
	struct before *before;
	unsigned befores;
	bool (*own)(void *ctx, int64_t begin, int64_t end);
	void *own_ctx;
};

/* --- which ones ------------------------------------------------------------------- */

static struct line *
find(const struct lines *l, const struct if_key *key)
{
	struct line *e;

	HASH_FIND(hh, l->all, key, sizeof *key, e);
	return e;
}

static struct line *
find_or_add(struct lines *l, const struct if_key *key)
{
	struct line *e = find(l, key);
	char text[ADDR_TEXT];

	if (e != NULL)
		e->used_s = 0;
	if (e != NULL || HASH_COUNT(l->all) >= LINES_MAX)
		return e;
	e = mem_zero(1, sizeof *e);
	e->key = *key;
	snprintf(e->subject, sizeof e->subject, "%s/%u",
	    flow_ip_text(&key->device, text), (unsigned)key->index);
	HASH_ADD(hh, l->all, key, sizeof e->key, e);
	return e;
}

/* What the operator says of it; NULL: nothing. */
static const struct conf_section *
words_of(const struct lines *l, const struct msg_interface *m)
{
	const struct conf_section *group =
	    conf_child(conf_top(l->conf, "Collector"), "interfaces");
	char text[ADDR_TEXT];

	flow_ip_text(&m->key.device, text);
	for (const struct conf_section *s = group == NULL ? NULL : group->first;
	     s != NULL; s = s->next) {
		const char *index = conf_value(s, "index", NULL),
			   *name = conf_value(s, "name", NULL);

		if (strcmp(conf_value(s, "device", ""), text) == 0 &&
		    (index != NULL ? strtoul(index, NULL, 10) == m->key.index
				   : name != NULL && strcmp(name, m->names.name) == 0))
			return s;
	}
	return NULL;
}

static void clear(struct lines *l, const char *subject, const char *source,
    int64_t time, unsigned hold);

/* No ping beyond it will tell any more that what is open is over. */
static void
no_out(struct lines *l, struct line *e)
{
	if (e->out == NULL)
		return;
	if (e->heard_s != 0)
		clear(l, e->subject, SOURCE_LINE, e->heard_s, 0);
	free(e->out);
	e->out = NULL;
	l->outs--;
}

/* E leads out, and TARGET lies behind it; what was learned by another target goes. */
static void
be_out(struct lines *l, struct line *e, const struct conf_target *target)
{
	if (target == NULL || strlen(target->path) >= MSG_LINE_TARGET) {
		no_out(l, e);
		return;
	}
	if (e->out != NULL && strcmp(e->out->path, target->path) != 0)
		no_out(l, e);
	if (e->out == NULL) {
		if (l->outs >= LINES_OUT_MAX)
			return;
		e->out = mem_zero(1, sizeof *e->out);
		l->outs++;
	}
	e->out->target = target->id;
	snprintf(e->out->path, sizeof e->out->path, "%s", target->path);
}

/* How it is called, how fast it is, what lies behind it. */
static void
describe(struct lines *l, struct line *e, const struct msg_interface *m)
{
	const struct conf_section *words = words_of(l, m);
	const char *speed = words != NULL ? conf_value(words, "speed", NULL) : NULL;
	const char *title = words != NULL ? conf_value(words, "title", NULL) : NULL;
	const char *path = words != NULL ? conf_value(words, "beyond", NULL) : NULL;
	uint64_t bits[IF_WAYS] = { m->names.speed[IF_IN], m->names.speed[IF_OUT] };
	char text[ADDR_TEXT], number[24];

	snprintf(number, sizeof number, "interface %u", (unsigned)m->key.index);
	if (title != NULL)
		snprintf(e->name, sizeof e->name, "%s", title);
	else
		snprintf(e->name, sizeof e->name, "%s of %s",
		    m->names.name[0] != '\0' ? m->names.name : number,
		    m->names.device[0] != '\0' ? m->names.device
					       : flow_ip_text(&m->key.device, text));
	if (speed != NULL)
		(void)if_speed_parse(speed, bits);
	for (unsigned way = 0; way < IF_WAYS; way++)
		e->speed[way] = (double)bits[way];
	if (path != NULL)
		be_out(l, e, conf_target_by_path(l->conf, path));
	else if (m->source == IF_UPNP)
		be_out(l, e, conf_target_by_id(l->conf, l->beyond));
	else
		no_out(l, e);
	/* A port's speed is not that of the line behind it: only who knows the line
	 * says that. */
	for (unsigned way = 0; e->out != NULL && way < IF_WAYS; way++)
		e->out->bloat.speed[way] =
		    speed != NULL || m->source == IF_UPNP ? e->speed[way] : 0;
}

/* --- incidents -------------------------------------------------------------------- */

static struct congestion_line
question(const struct line *e, int64_t now)
{
	const struct out *o = e->out;

	return (struct congestion_line){ .subject = e->subject,
		.name = e->name,
		.probe = o != NULL ? o->path : NULL,
		.bloat = o != NULL ? &o->bloat : NULL,
		.load = &e->load,
		.speed = { o != NULL ? o->bloat.speed[IF_IN] : e->speed[IF_IN],
		    o != NULL ? o->bloat.speed[IF_OUT] : e->speed[IF_OUT] },
		.now = now };
}

static void
clear(struct lines *l, const char *subject, const char *source, int64_t time,
    unsigned hold)
{
	static struct infer_finding f;

	finding_init(&f, CONGESTION_KIND, subject, source);
	found_clear(l->cs, &f, time, hold);
}

static bool
is_own(const struct lines *l, int64_t begin, int64_t end)
{
	return l->own != NULL && l->own(l->own_ctx, begin, end);
}

/* Its counters of a minute. */
static void
judge_minute(struct lines *l, struct line *e, int64_t now)
{
	static struct infer_finding f;
	struct congestion_line q = question(e, now);

	/* Five minutes are looked at together. */
	if (is_own(l, now - (int64_t)LINELOAD_MINUTES * 60, now))
		return;
	switch (congestion_line(&q, &f)) {
	case CONGESTION_NONE:
	case CONGESTION_MANAGED:
	case CONGESTION_OWN: /* which pings open and close */
		clear(l, e->subject, SOURCE_COUNTERS, now, CLEARS_MINUTES);
		break;
	default:
		found_raise(l->cs, &f, now, 0);
	}
}

static void
tell(struct lines *l, const struct line *e)
{
	struct msg_line m = { .key = e->key, .bloat = e->out->result };

	snprintf(m.target, sizeof m.target, "%s", e->out->path);
	l->tell(l->ctx, &m);
}

/* Judge what was learned of E by TIME, and tell of it, at once where its grade is
 * another. */
static void
grade(struct lines *l, struct line *e, int64_t time)
{
	struct out *o = e->out;
	enum bloat_grade before = o->result.grade;

	bloat_judge(&o->bloat, &o->result);
	o->judged_s = time;
	if (o->result.grade == before && time - o->told_s < TELL_S && time >= o->told_s)
		return;
	o->told_s = time;
	tell(l, e);
}

/* A ping beyond it. */
static void
judge_pair(struct lines *l, struct line *e, int64_t time)
{
	static struct infer_finding f;
	struct out *o = e->out;
	struct bloat_now now;

	if (time - o->judged_s >= JUDGE_S || time < o->judged_s)
		grade(l, e, time);
	bloat_now(&o->bloat, &o->result, time, &now);
	/* What a load test delays is learned, and nobody's fault. */
	if (now.pairs > 0 && is_own(l, now.since, time))
		return;
	struct congestion_line q = question(e, time);
	if (now.pairs > 0 && congestion_line(&q, &f) == CONGESTION_OWN)
		found_raise(l->cs, &f, time, 0);
	else if (now.pairs == 0)
		clear(l, e->subject, SOURCE_LINE, time, CLEARS);
}

/* --- pings and counters ----------------------------------------------------------- */

static const struct span *
span_at(const struct out *o, int64_t ms)
{
	for (unsigned i = 0; i < o->spans; i++) {
		const struct span *s = &o->span[(o->first + i) % SPANS];

		if (ms >= s->begin_ms && ms < s->end_ms)
			return s;
	}
	return NULL;
}

/* Bring pings and spans together, as far as spans go. */
static void
pair_up(struct lines *l, struct line *e)
{
	struct out *o = e->out;
	unsigned done = 0;

	if (o->spans == 0)
		return;
	int64_t until = o->span[(o->first + o->spans - 1) % SPANS].end_ms;
	for (; done < o->waiting && o->ping[done].time_ms < until; done++) {
		const struct waiting *p = &o->ping[done];
		const struct span *s = span_at(o, p->time_ms);

		if (s == NULL || p->time_ms - o->taken_ms < SPACING_MS)
			continue;
		o->taken_ms = p->time_ms;
		bloat_add(&o->bloat, p->time_ms / 1000, p->rtt_ms, s->rate);
		judge_pair(l, e, p->time_ms / 1000);
	}
	o->waiting -= done;
	memmove(o->ping, o->ping + done, o->waiting * sizeof o->ping[0]);
}

static void
take_now(struct lines *l, struct line *e, const struct if_span *now)
{
	struct out *o = e->out;
	struct span s = { .begin_ms = now->begin_ms,
		.end_ms = now->begin_ms + now->known_ms };

	if (o == NULL || now->known_ms > SPAN_MAX_MS)
		return;
	/* A clock that went back begins anew. */
	if (o->spans > 0 &&
	    s.begin_ms < o->span[(o->first + o->spans - 1) % SPANS].begin_ms) {
		o->spans = o->waiting = 0;
		o->taken_ms = 0;
	}
	for (unsigned way = 0; way < IF_WAYS; way++)
		s.rate[way] = 8 * if_rate(now, IF_OCTETS, (enum if_way)way);
	if (o->spans == SPANS)
		o->first = (o->first + 1) % SPANS;
	else
		o->spans++;
	o->span[(o->first + o->spans - 1) % SPANS] = s;
	pair_up(l, e);
	/* Also while no ping comes. */
	int64_t end_s = s.end_ms / 1000;
	if (end_s - o->told_s >= TELL_S || end_s < o->told_s)
		grade(l, e, end_s);
}

static void
take_minute(struct lines *l, struct line *e, const struct if_span *s)
{
	struct lineload_minute of[IF_WAYS];
	double minutes = s->known_ms / 60000.0;

	/* What is known of half a minute stands for all of it. */
	if (minutes < 0.5)
		return;
	for (unsigned way = 0; way < IF_WAYS; way++) {
		double bits = 8 * if_rate(s, IF_OCTETS, (enum if_way)way);

		of[way] = (struct lineload_minute){
			.use = e->speed[way] > 0 ? bits / e->speed[way] : NAN,
			.packets = s->count[IF_PACKETS][way] / minutes,
			.discards = s->count[IF_DISCARDS][way] / minutes,
			.errors = s->count[IF_ERRORS][way] / minutes
		};
	}
	lineload_add(&e->load, s->begin_ms / 1000, of);
	judge_minute(l, e, s->begin_ms / 1000 + 60);
}

void
lines_interface(struct lines *l, const struct msg_interface *m)
{
	struct line *e = m->bits != 0 ? find_or_add(l, &m->key) : NULL;

	if (e == NULL)
		return;
	describe(l, e, m);
	if (m->now.known_ms > 0 && m->now.begin_ms != e->now_ms) {
		e->now_ms = m->now.begin_ms;
		e->heard_s = (m->now.begin_ms + m->now.known_ms) / 1000;
		take_now(l, e, &m->now);
	}
	if (m->minute.known_ms > 0 && m->minute.begin_ms != e->minute_ms) {
		e->minute_ms = m->minute.begin_ms;
		take_minute(l, e, &m->minute);
	}
}

void
lines_marks(struct lines *l, const struct if_key *key, int64_t begin,
    const struct lineload_marks of[IF_WAYS])
{
	struct line *e = find_or_add(l, key);

	if (e != NULL)
		lineload_mark(&e->load, begin, of);
}

/* The pings of R were sent evenly between its begin and its end. */
void
lines_round(struct lines *l, const struct round *r)
{
	int64_t begin = r->begin_ns / CLOCK_NS_PER_MS;
	int64_t long_ms = (r->end_ns - r->begin_ns) / CLOCK_NS_PER_MS;
	struct line *e, *next;

	if (r->state != ROUND_MEASURED || r->suspect || long_ms < 0)
		return;
	HASH_ITER(hh, l->all, e, next) {
		struct out *o = e->out;

		if (o == NULL || o->target != r->target)
			continue;
		for (unsigned i = 0; i < r->count; i++) {
			const struct ping *p = &r->ping[i];
			bool answered = p->outcome == PING_ANSWERED;

			if (!answered && !ping_is_loss((enum ping_outcome)p->outcome))
				continue;
			/* Who has no counters has no use for them. */
			if (o->waiting == PENDING) {
				o->waiting--;
				memmove(o->ping, o->ping + 1,
				    o->waiting * sizeof o->ping[0]);
			}
			o->ping[o->waiting++] =
			    (struct waiting){ .time_ms = begin + long_ms * i / r->count,
				    .rtt_ms =
					answered ? (double)p->rtt_ns / 1e6 : NAN };
		}
		pair_up(l, e);
	}
}

/* --- the rest --------------------------------------------------------------------- */

/* Ports come and go, and others want their room. */
static void
forget_unused(struct lines *l, int64_t now)
{
	struct line *e, *next;

	HASH_ITER(hh, l->all, e, next) {
		if (e->used_s == 0 || e->used_s > now)
			e->used_s = now;
		if (now - e->used_s < (e->out != NULL ? UNUSED_OUT_S : UNUSED_S))
			continue;
		no_out(l, e);
		clear(l, e->subject, SOURCE_COUNTERS, e->used_s, 0);
		HASH_DEL(l->all, e);
		free(e);
	}
}

void
lines_tick(struct lines *l, int64_t now)
{
	struct line *e, *next;

	HASH_ITER(hh, l->all, e, next) {
		if (e->heard_s == 0 || now - e->heard_s < UNHEARD_S)
			continue;
		clear(l, e->subject, SOURCE_LINE, e->heard_s, 0);
		clear(l, e->subject, SOURCE_COUNTERS, e->heard_s, 0);
		e->heard_s = 0;
	}
	forget_unused(l, now);
	if (l->befores == 0 || now - l->began_s < UNHEARD_S)
		return;
	for (unsigned i = 0; i < l->befores; i++) {
		bool heard = false;

		HASH_ITER(hh, l->all, e, next)
			heard |= e->heard_s != 0 &&
				 (e->out != NULL ||
				     strcmp(l->before[i].source, SOURCE_LINE) != 0) &&
				 strcmp(e->subject, l->before[i].subject) == 0;
		if (!heard)
			clear(l, l->before[i].subject, l->before[i].source, l->began_s,
			    0);
	}
	l->befores = 0;
}

void
lines_tell(struct lines *l)
{
	struct line *e, *next;

	HASH_ITER(hh, l->all, e, next)
		if (e->out != NULL)
			tell(l, e);
}

double
lines_use(const struct lines *l, int64_t now)
{
	const struct line *e, *next;
	double most = NAN;

	HASH_ITER(hh, l->all, e, next) {
		if (e->out == NULL || now - e->load.minute >= 180)
			continue;
		for (unsigned way = 0; way < IF_WAYS; way++) {
			struct lineload_is is;

			lineload_judge(&e->load, way, now, &is);
			if (!isnan(is.use) && !(most >= is.use))
				most = is.use;
		}
	}
	return most;
}

/* The rates of the last minute of spans. */
static bool
last_minute(const struct out *o, struct lines_busy *b)
{
	double sum[IF_WAYS] = { 0 };
	int64_t ms = 0;

	if (o->spans == 0)
		return false;
	const struct span *last = &o->span[(o->first + o->spans - 1) % SPANS];
	for (unsigned i = 0; i < o->spans; i++) {
		const struct span *s = &o->span[(o->first + o->spans - 1 - i) % SPANS];
		if (s->begin_ms < last->end_ms - 60000 && ms > 0)
			break;
		for (unsigned way = 0; way < IF_WAYS; way++)
			sum[way] += s->rate[way] * (double)(s->end_ms - s->begin_ms);
		ms += s->end_ms - s->begin_ms;
	}
	b->time = last->end_ms / 1000;
	for (unsigned way = 0; way < IF_WAYS; way++)
		b->bps[way] = ms > 0 ? sum[way] / (double)ms : NAN;
	return ms > 0;
}

static double
fuller(const struct lines_busy *b)
{
	return fmax(b->use[IF_IN], b->use[IF_OUT]);
}

bool
lines_busy(const struct lines *l, int64_t now, struct lines_busy *b)
{
	const struct line *e, *next;
	bool any = false;

	HASH_ITER(hh, l->all, e, next) {
		struct lines_busy one;

		if (e->out == NULL || !last_minute(e->out, &one) ||
		    now - one.time > 120)
			continue;
		for (unsigned way = 0; way < IF_WAYS; way++) {
			const struct bloat_way *w = &e->out->result.way[way];
			double known = e->out->bloat.speed[way];

			/* The most that was seen may be little; where a queue delays,
			 * it is what the line can. */
			one.line[way] = known > 0	     ? known
					: w->sustained > 0 ? w->sustained
							     : NAN;
			one.use[way] = fmin(1, one.bps[way] / one.line[way]);
			if (isnan(one.bps[way]) || isnan(one.line[way]))
				one.use[way] = NAN;
			one.holds[way] = w->buffer;
		}
		if (!any || fuller(&one) > fuller(b) || isnan(fuller(b)))
			*b = one;
		any = true;
	}
	return any;
}

void
lines_own(
    struct lines *l, bool (*own)(void *ctx, int64_t begin, int64_t end), void *ctx)
{
	l->own = own;
	l->own_ctx = ctx;
}

void
lines_beyond(struct lines *l, uint64_t target)
{
	l->beyond = target;
}

void
lines_configure(struct lines *l, const struct conf *conf)
{
	struct line *e, *next;

	l->conf = conf;
	/* Targets keep their id as long as they keep their path. */
	HASH_ITER(hh, l->all, e, next)
		if (e->out != NULL)
			be_out(l, e, conf_target_by_path(conf, e->out->path));
}

static void
restore(void *ctx, const struct incident *in, const struct letter *held)
{
	struct lines *l = ctx;

	(void)held;
	if (strcmp(in->kind, CONGESTION_KIND) != 0 ||
	    strlen(in->subject) >= SUBJECT_MAX ||
	    (strcmp(in->source, SOURCE_LINE) != 0 &&
		strcmp(in->source, SOURCE_COUNTERS) != 0) ||
	    l->befores >= 2 * LINES_MAX)
		return;
	l->before = mem_grow(l->before, l->befores + 1, sizeof *l->before);
	snprintf(l->before[l->befores].subject, SUBJECT_MAX, "%s", in->subject);
	snprintf(
	    l->before[l->befores].source, sizeof l->before->source, "%s", in->source);
	l->befores++;
}

struct lines *
lines_new(struct conditions *cs, struct events *ev,
    void (*tell_line)(void *ctx, const struct msg_line *m), void *ctx, int64_t now)
{
	struct lines *l = mem_zero(1, sizeof *l);

	l->cs = cs;
	l->tell = tell_line;
	l->ctx = ctx;
	l->began_s = now;
	if (ev != NULL)
		events_each_open(ev, restore, l);
	return l;
}

void
lines_free(struct lines *l)
{
	struct line *e, *next;

	if (l == NULL)
		return;
	HASH_ITER(hh, l->all, e, next) {
		HASH_DEL(l->all, e);
		free(e->out);
		free(e);
	}
	free(l->before);
	free(l);
}

/* --- what they learned ------------------------------------------------------------ */

void
lines_put(const struct lines *l, struct pack *p)
{
	const struct line *e, *next;

	HASH_ITER(hh, l->all, e, next) {
		if (e->out == NULL)
			continue;
		pack_u8(p, 1);
		if_put_key(p, &e->key);
		pack_u16(p, (uint16_t)strlen(e->out->path));
		pack_bytes(p, e->out->path, strlen(e->out->path));
		bloat_put(&e->out->bloat, p);
	}
	pack_u8(p, 0);
}

void
lines_get(struct lines *l, struct wire *w)
{
	struct bloat *b = mem_zero(1, sizeof *b);

	for (unsigned n = 0; wire_u8(w) == 1 && n < LINES_OUT_MAX; n++) {
		char path[MSG_LINE_TARGET];
		struct if_key key;

		if_get_key(w, &key);
		unsigned len = wire_u16(w);
		const uint8_t *text = wire_bytes(w, len);
		if (text == NULL || len >= sizeof path) {
			w->bad = true;
			break;
		}
		memcpy(path, text, len);
		path[len] = '\0';
		bloat_get(b, w);
		if (!wire_ok(w))
			break;
		/* Whether it still leads out, and whereto, its next counters say. */
		struct line *e = find_or_add(l, &key);
		if (e == NULL || e->out != NULL)
			continue;
		e->out = mem_zero(1, sizeof *e->out);
		l->outs++;
		e->out->bloat = *b;
		snprintf(e->out->path, sizeof e->out->path, "%s", path);
		bloat_judge(&e->out->bloat, &e->out->result);
	}
	free(b);
}
