#include "infer/congestion.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "infer/odds.h"
#include "infer/share.h"

#define LEVEL 0.95 /* of intervals */
/* Score from which on it is suspected, and sure. */
#define SUSPECTED 3
#define SURE 5
#define NOW_PAIRS 3	/* pings in a row that are late under load */
#define WORKING_MS 50.0 /* of working latency that count by themselves */
#define POLICED 0.02	/* share lost at 80 % of the rate and more, */
#define POLICED_P 0.01
#define FLAT_MS 10.0  /* and no queue that would be longer */
#define SHIFT_BINS 2  /* quarters of an hour */
#define LIKELY_MS 5.0 /* what rises less is a hint only */

/* --- items ------------------------------------------------------------------------ */

struct score {
	struct infer_finding *f;
	int sum;
	bool active, passive;
};

/* An item that counts when HOLDS; it is listed either way, unless it is not known:
 * NULL. */
static struct finding_number *
item(struct score *s, const char *name, const char *unit, double value,
    double threshold, bool active, int weight, bool holds)
{
	struct finding_number *n;

	if (isnan(value))
		return NULL;
	n = finding_number_of(s->f, name, unit, "", value, threshold);
	n->weight = holds ? weight : 0;
	if (!holds)
		return n;
	s->sum += weight;
	/* What weighs nothing proves nothing. */
	if (weight > 0)
		*(active ? &s->active : &s->passive) = true;
	return n;
}

/* What interfaces counted is so. N may be NULL. */
static void
counted(struct finding_number *n)
{
	if (n != NULL)
		finding_interval(n, n->value, n->value, 1);
}

/* N is the median delay now; NULL allowed. */
static void
as_delayed(struct finding_number *n, const struct bloat_now *now)
{
	if (n != NULL)
		finding_interval(n, now->low_ms, now->high_ms, now->level);
}

/* N is the share that W's pings lost under load; NULL allowed. */
static void
as_lost(struct finding_number *n, const struct bloat_way *w)
{
	double low, high;

	if (n == NULL || isnan(w->loss))
		return;
	odds_exact(
	    (uint64_t)llround(w->loss * w->loaded), w->loaded, LEVEL, &low, &high);
	finding_interval(n, low, high, LEVEL);
}

static enum confidence
sureness(const struct score *s)
{
	if (s->sum >= SURE && s->active && s->passive)
		return CONFIDENCE_SURE;
	return s->sum >= SUSPECTED ? CONFIDENCE_LIKELY : CONFIDENCE_HINT;
}

/* --- words ------------------------------------------------------------------------ */

/* "bufferbloat", "line full", ...: the finding's cause. */
static const char *
congestion_cause_word(enum congestion_cause cause)
{
	static const char *const words[] = {
		[CONGESTION_NONE] = "",
		[CONGESTION_OWN] = "bufferbloat",
		[CONGESTION_FULL] = "line full",
		[CONGESTION_DROPS] = "queue overflow",
		[CONGESTION_BURSTS] = "short bursts",
		[CONGESTION_POLICER] = "policer",
		[CONGESTION_UPSTREAM] = "upstream congestion",
		[CONGESTION_FAULT] = "broken packets",
		[CONGESTION_MANAGED] = "managed queue",
	};

	return words[cause];
}

/* "9.6 Mbit/s" */
static const char *
rate_text(char buf[32], double bits)
{
	static const char *const units[] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s" };
	unsigned i = 0;

	while (bits >= 999.5 && i < 3) {
		bits /= 1000;
		i++;
	}
	snprintf(buf, 32, "%.3g %s", bits, units[i]);
	return buf;
}

/* "225 kB" */
static const char *
octets_text(char buf[32], double octets)
{
	static const char *const units[] = { "B", "kB", "MB", "GB" };
	unsigned i = 0;

	while (octets >= 999.5 && i < 3) {
		octets /= 1000;
		i++;
	}
	snprintf(buf, 32, "%.3g %s", octets, units[i]);
	return buf;
}

static const char *
way_text(unsigned way)
{
	return way == 0 ? "downloading" : "uploading";
}

/* --- a line of one's own ---------------------------------------------------------- */

/* What is seen of one. */
struct seen {
	struct bloat_result bloat;
	struct bloat_now now;
	struct lineload_is load[BLOAT_WAYS];
	unsigned way; /* the fuller one */
};

static void
look(const struct congestion_line *l, struct seen *s)
{
	memset(s, 0, sizeof *s);
	for (unsigned way = 0; way < BLOAT_WAYS; way++)
		lineload_judge(l->load, way, l->now, &s->load[way]);
	s->way = s->load[1].use > s->load[0].use ||
		 (isnan(s->load[0].use) && !isnan(s->load[1].use));
	if (l->bloat == NULL)
		return;
	bloat_judge(l->bloat, &s->bloat);
	bloat_now(l->bloat, &s->bloat, l->now, &s->now);
	if (s->now.pairs >= NOW_PAIRS)
		s->way = s->now.way;
}

static bool
drops(const struct lineload_is *is)
{
	return is->discards >= LINELOAD_DISCARDS &&
	       is->discards_n >= LINELOAD_DISCARDS_MIN;
}

static bool
broken(const struct lineload_is *is)
{
	return is->errors >= LINELOAD_ERRORS && is->errors_n >= LINELOAD_ERRORS_MIN;
}

static bool
marked(const struct lineload_is *is)
{
	return is->marks_low >= LINELOAD_MARKS;
}

static bool
is_policed(const struct seen *s)
{
	const struct bloat_way *w = &s->bloat.way[s->way];

	return s->bloat.idle > 0 && w->loaded >= 2 * BLOAT_MIN && w->loss >= POLICED &&
	       w->p_loss < POLICED_P && w->rise_ms < FLAT_MS;
}

/* The table of signatures: what it is by what goes together. */
static enum congestion_cause
cause_of(const struct seen *s)
{
	const struct lineload_is *is = &s->load[s->way];

	if (s->now.pairs >= NOW_PAIRS)
		return CONGESTION_OWN;
	for (unsigned way = 0; way < BLOAT_WAYS; way++)
		if (broken(&s->load[way]))
			return CONGESTION_FAULT;
	if (drops(is) && is->use >= LINELOAD_BUSY)
		return CONGESTION_DROPS;
	if (is_policed(s) && is->use >= LINELOAD_BUSY)
		return CONGESTION_POLICER;
	if (is->full >= LINELOAD_MINUTES)
		return CONGESTION_FULL;
	for (unsigned way = 0; way < BLOAT_WAYS; way++)
		if (s->load[way].bursts)
			return CONGESTION_BURSTS;
	/* Marks where nothing is late: a queue that is looked after. */
	return marked(&s->load[0]) || marked(&s->load[1]) ? CONGESTION_MANAGED
							  : CONGESTION_NONE;
}

/* All numbers are of the way that it is about, which need not be the fuller one. */
static void
turn(struct seen *s, enum congestion_cause cause)
{
	const struct lineload_is *is = &s->load[s->way];

	if ((cause == CONGESTION_FAULT && !broken(is)) ||
	    (cause == CONGESTION_BURSTS && !is->bursts))
		s->way = !s->way;
}

static void
weigh(const struct congestion_line *l, const struct seen *s, struct score *score)
{
	const struct lineload_is *is = &s->load[s->way];
	const struct bloat_way *w = &s->bloat.way[s->way];
	bool late = s->now.pairs >= NOW_PAIRS, full = is->use >= LINELOAD_FULL;
	/* Counters of the pairs themselves, where the minute is not over yet. */
	double use = isnan(is->use) && late ? s->now.use : is->use;

	if (late && l->speed[s->way] > 0)
		use = fmax(use, s->now.use);
	full |= use >= LINELOAD_FULL;
	as_delayed(item(score, "added_delay", "ms", late ? s->now.added_ms : NAN,
		       s->now.threshold_ms, true, 2, true),
	    &s->now);
	as_delayed(item(score, "working_latency", "ms", late ? s->now.added_ms : NAN,
		       WORKING_MS, true, 1, s->now.added_ms > WORKING_MS),
	    &s->now);
	item(score, "load_delay_correlation", "rho", late ? s->now.correlation : NAN,
	    0.6, true, 1, s->now.correlation > 0.6);
	as_lost(item(score, "loss_at_rate", "ratio", is_policed(s) ? w->loss : NAN,
		    POLICED, true, 2, true),
	    w);
	counted(item(score, "use", "ratio", l->speed[s->way] > 0 || !late ? use : NAN,
	    LINELOAD_BUSY, false, full ? 2 : 1, use >= LINELOAD_BUSY));
	item(score, "use_of_most_seen", "ratio",
	    l->speed[s->way] > 0 || !late ? NAN : s->now.use, 0.7, false, 0, true);
	counted(item(score, "minutes_full", "count", is->full, LINELOAD_MINUTES, false,
	    1, is->full >= LINELOAD_MINUTES));
	counted(item(score, "discards", "ratio", is->discards, LINELOAD_DISCARDS, false,
	    2, drops(is)));
	for (unsigned way = 0; way < BLOAT_WAYS; way++) {
		struct finding_number *n =
		    item(score, way == 0 ? "ce_marks_in" : "ce_marks_out", "ratio",
			s->load[way].marks, LINELOAD_MARKS, false,
			s->load[way].l4s ? 1 : 2, marked(&s->load[way]));

		if (n != NULL)
			finding_interval(
			    n, s->load[way].marks_low, s->load[way].marks_high, LEVEL);
	}
	counted(item(score, "errors", "ratio", is->errors, LINELOAD_ERRORS, false, 0,
	    broken(is)));
}

/* What the queue is, as numbers without a weight. */
static void
tell_queue(const struct seen *s, struct infer_finding *f)
{
	const struct bloat_way *w = &s->bloat.way[s->way];
	char name[FINDING_WORD];

	finding_number(f, "rate", "bit/s", s->now.rate);
	finding_number(f, "line_rate", "bit/s", w->rate);
	finding_number(f, "idle_delay", "ms", s->bloat.idle_ms);
	finding_number(f, "buffer", "B", w->buffer);
	finding_number(f, "shaper_rate", "bit/s", w->shaper);
	as_lost(finding_number(f, "loss_under_load", "ratio", w->loss), w);
	for (unsigned i = 0; i < BLOAT_TENTHS; i++) {
		if (isnan(w->added_ms[i]))
			continue;
		snprintf(name, sizeof name, "added_delay_load_%u", i * 10);
		finding_number(f, name, "ms", w->added_ms[i]);
	}
	if (s->bloat.grade != BLOAT_UNKNOWN)
		finding_fact(f, "grade", "%s", bloat_grade_word(s->bloat.grade));
	finding_fact(f, "direction", "%s", s->way == 0 ? "in" : "out");
	finding_fact(f, "line_rate_from", "%s",
	    w->measured ? "the most that was seen" : "what is known of the line");
}

static void
say_own(const struct congestion_line *l, const struct seen *s, struct infer_finding *f)
{
	const struct bloat_way *w = &s->bloat.way[s->way];
	enum bloat_grade grade = bloat_grade(s->now.added_ms);
	char rate[32], line[32], held[32], shaper[32], more[200] = "";

	if (!isnan(w->buffer))
		snprintf(more, sizeof more,
		    "; its queue holds about %s, a shaper at %s would keep it empty",
		    octets_text(held, w->buffer), rate_text(shaper, w->shaper));
	finding_sentence(f,
	    "%s is filled by its own traffic: while %s at %s of %s%s everything waits "
	    "%.0f ms longer (grade %s)%s",
	    l->name, way_text(s->way), rate_text(rate, s->now.rate),
	    rate_text(line, w->rate), w->measured ? " (the most that was seen)" : "",
	    s->now.added_ms, bloat_grade_word(grade), more);
	f->begin = s->now.since;
	f->worst = s->now.added_ms;
	f->quality.samples = s->bloat.idle + w->loaded;
	f->quality.baseline_s = (double)(l->now - s->bloat.since);
	tell_queue(s, f);
}

static void
say_line(const struct congestion_line *l, const struct seen *s,
    enum congestion_cause cause, struct infer_finding *f)
{
	const struct lineload_is *is = &s->load[s->way];

	f->quality.samples = LINELOAD_MINUTES;
	f->begin = l->now;
	switch (cause) {
	case CONGESTION_DROPS:
		finding_sentence(f,
		    "%s overflows while %s: %.2g %% of its packets are thrown away, "
		    "at %.0f %% of its speed",
		    l->name, way_text(s->way), 100 * is->discards, 100 * is->use);
		f->worst = is->discards;
		break;
	case CONGESTION_POLICER:
		finding_sentence(f,
		    "%s loses %.2g %% of all pings while %s at its rate and delays none: "
		    "somebody drops what is above it",
		    l->name, 100 * s->bloat.way[s->way].loss, way_text(s->way));
		f->worst = s->bloat.way[s->way].loss;
		break;
	case CONGESTION_FULL:
		finding_sentence(f,
		    "%s is full: %.0f %% of its speed while %s, for %u minutes%s",
		    l->name, 100 * is->use, way_text(s->way), is->full,
		    l->probe == NULL ? "; whether it delays is not measured" : "");
		f->begin = l->now - is->full * 60;
		f->worst = is->use;
		break;
	case CONGESTION_BURSTS:
		finding_sentence(f,
		    "%s throws %.2g %% of its packets away though it is %.0f %% full over "
		    "the minute: bursts that are shorter overflow its queue",
		    l->name, 100 * is->discards, 100 * is->use);
		f->worst = is->discards;
		break;
	default:
		finding_sentence(f,
		    "On %s %.2g %% of all packets are broken: that is no congestion, but a "
		    "cable, a plug or a radio",
		    l->name, 100 * is->errors);
		f->worst = is->errors;
	}
}

enum congestion_cause
congestion_line(const struct congestion_line *l, struct infer_finding *f)
{
	struct seen s;
	struct score score = { .f = f };

	look(l, &s);
	enum congestion_cause cause = cause_of(&s);
	if (cause == CONGESTION_NONE || cause == CONGESTION_MANAGED)
		return cause;
	turn(&s, cause);
	/* Two conditions: pings open and close the one, minutes the other. */
	finding_init(f, CONGESTION_KIND, l->subject,
	    cause == CONGESTION_OWN ? "line" : "counters");
	finding_cause(f, congestion_cause_word(cause));
	f->segment = cause == CONGESTION_OWN ? SEGMENT_ACCESS : SEGMENT_NONE;
	weigh(l, &s, &score);
	finding_number(f, "score", "points", score.sum)->threshold = SURE;
	f->confidence = sureness(&score);
	if (cause == CONGESTION_OWN) {
		if (l->probe != NULL)
			finding_fact(f, "measured_to", "%s", l->probe);
		say_own(l, &s, f);
	} else {
		say_line(l, &s, cause, f);
	}
	/* Errors are counted, not inferred; bursts are, from averages. */
	if (cause == CONGESTION_FAULT)
		f->confidence = CONFIDENCE_SURE;
	return cause;
}

/* --- links of others -------------------------------------------------------------- */

/* Why no more can be said than likely. */
#define WHY_LIKELY                                                                      \
	"nobody counts for us on that link: only probes say so, and that is likely at " \
	"best"

static void
tell_hours(const struct tslp_result *r, struct infer_finding *f)
{
	double low, high;

	finding_fact(f, "hours", "%02u:%02u-%02u:%02u", r->begin_min / 60,
	    r->begin_min % 60, r->end_min / 60, r->end_min % 60);
	finding_number(f, "days_congested", "count", r->congested)->threshold = 3;
	finding_number(f, "days_known", "count", r->days)->threshold = 5;
	finding_number(f, "days_left_out", "count", r->stepped);
	finding_number(f, "days_congested_of_last_7", "count", r->recent);
	odds_exact(r->congested, r->days, LEVEL, &low, &high);
	finding_interval(finding_number(f, "share_of_days", "ratio",
			     (double)r->congested / fmax(1, r->days)),
	    low, high, LEVEL);
	finding_number_of(f, "rise_far", "ms", "", r->rise_ms, r->threshold_ms);
	finding_number_of(f, "rise_near", "ms", "", r->near_ms, r->rise_ms / 2);
	finding_number(f, "noise", "ms", r->noise_ms);
	finding_number(f, "share_of_time", "ratio", r->level);
	finding_number_of(f, "chance", "p", "", r->p, 1e-3);
	finding_number(f, "targets_behind", "count", r->behinds);
	finding_number(f, "targets_behind_slow", "count", r->behinds_slow);
	finding_number_of(f, "rise_behind", "ratio", "", r->behind_ratio, 0.7);
	finding_number_of(f, "own_line_busy", "ratio", "", r->own_share, 0.5);
	finding_number(f, "loss", "ratio", r->loss);
	finding_number(f, "loss_else", "ratio", r->loss_else);
	finding_number_of(f, "chance_loss", "p", "", r->p_loss, 0.05);
	finding_number_of(f, "chance_loss_near", "p", "", r->p_loss_near, 0.05);
}

static void
put_left_out(const struct congestion_link *l, struct infer_finding *f)
{
	size_t n = strlen(f->quality.note);

	if (l->left_out > 0)
		snprintf(f->quality.note + n, sizeof f->quality.note - n,
		    "; %u targets are not watched", l->left_out);
}

static void
put_between(const struct congestion_link *l, char *buf, size_t size)
{
	size_t n =
	    (size_t)(l->near != NULL
			 ? snprintf(buf, size, "between %s and %s", l->near, l->far)
			 : snprintf(buf, size, "on the way to %s", l->far));

	if (l->others > 0 && n < size)
		snprintf(
		    buf + n, size - n, " (and %u more behind %s)", l->others, l->hop);
}

bool
congestion_recurring(const struct congestion_link *l, const struct tslp_result *r,
    struct infer_finding *f)
{
	char where[300];
	bool lossy = r->p_loss < 0.05 && r->p_loss_near < 0.05;

	if (r->verdict != TSLP_CONGESTED)
		return false;
	finding_init(f, CONGESTION_KIND, l->subject, "recurring");
	finding_cause(f, congestion_cause_word(CONGESTION_UPSTREAM));
	f->segment = !l->near_beyond_line ? SEGMENT_BEYOND : SEGMENT_TRANSIT;
	/* Delay alone that may be the far end's own is a hint. */
	f->confidence =
	    l->near != NULL && r->rise_ms >= LIKELY_MS && (r->behinds_slow > 0 || lossy)
		? CONFIDENCE_LIKELY
		: CONFIDENCE_HINT;
	f->begin = l->now;
	f->worst = r->rise_ms;
	f->quality.samples = (uint64_t)r->days * TSLP_DAY_BINS;
	f->quality.unknown = fmax(0, 1 - r->days / 14.0);
	f->quality.baseline_s = r->days * 86400.0;
	snprintf(f->quality.note, sizeof f->quality.note, "%s%s", WHY_LIKELY,
	    r->behinds == 0 ? "; nothing behind it is measured" : "");
	put_left_out(l, f);
	put_between(l, where, sizeof where);
	finding_sentence(f,
	    "On %u of %u days delay rises by %.0f ms from about %02u:%02u to %02u:%02u "
	    "%s%s, while it does not before it: a link there is full at these hours. "
	    "Counters of it cannot be seen from here, so this is %s",
	    r->congested, r->days, r->rise_ms, r->begin_min / 60, r->begin_min % 60,
	    r->end_min / 60, r->end_min % 60, where,
	    lossy ? ", and packets are lost" : "",
	    f->confidence == CONFIDENCE_LIKELY ? "likely at best" : "a hint");
	tell_hours(r, f);
	if (l->others > 0) {
		finding_number(f, "cut", "hops", l->cut);
		finding_fact(f, "cut", "%s", l->hop);
		finding_fact(f, "also", "%s", l->also);
	}
	return true;
}

bool
congestion_shift(const struct congestion_link *l, const struct tslp_shift *s,
    unsigned behind, unsigned behind_slow, struct infer_finding *f)
{
	char where[300];

	/* Near rises as well, or what is behind does not: it is not that link. */
	if (s->bins < SHIFT_BINS || s->step || s->near_ms >= s->rise_ms / 2 ||
	    (behind > 0 && 3 * behind_slow < 2 * behind) || !l->near_beyond_line)
		return false;
	finding_init(f, CONGESTION_KIND, l->subject, "shift");
	finding_cause(f, congestion_cause_word(CONGESTION_UPSTREAM));
	f->segment = SEGMENT_TRANSIT;
	f->confidence = s->rise_ms >= LIKELY_MS && behind_slow > 0 && l->near != NULL
			    ? CONFIDENCE_LIKELY
			    : CONFIDENCE_HINT;
	f->begin = s->begin;
	f->worst = s->rise_ms;
	f->quality.samples = s->bins;
	f->quality.baseline_s = 86400;
	snprintf(f->quality.note, sizeof f->quality.note, "%s", WHY_LIKELY);
	put_left_out(l, f);
	put_between(l, where, sizeof where);
	finding_sentence(f,
	    "For %u minutes delay is %.0f ms higher %s and not before it: a queue that "
	    "stands. Counters of it cannot be seen from here, so this is %s",
	    s->bins * (TSLP_BIN_S / 60), s->rise_ms, where,
	    f->confidence == CONFIDENCE_LIKELY ? "likely at best" : "a hint");
	finding_interval(
	    finding_number_of(f, "rise_far", "ms", "", s->rise_ms, s->threshold_ms),
	    s->low_ms, s->high_ms, s->level);
	finding_number_of(f, "rise_near", "ms", "", s->near_ms, s->rise_ms / 2);
	finding_number(f, "base", "ms", s->base_ms);
	finding_number_of(f, "quarters", "count", "", s->bins, SHIFT_BINS);
	finding_number(f, "targets_behind", "count", behind);
	finding_number(f, "targets_behind_slow", "count", behind_slow);
	return true;
}

/* --- what is always told ---------------------------------------------------------- */

void
congestion_bloat_json(struct json *j, const struct bloat_result *r, const char *target)
{
	jw_object(j);
	jw_put_str(j, "target", target);
	jw_put_str(
	    j, "grade", r->grade != BLOAT_UNKNOWN ? bloat_grade_word(r->grade) : NULL);
	jw_put_num(j, "added_ms", r->rise_ms);
	jw_put_num(j, "idle_ms", r->idle_ms);
	jw_put_int(j, "idle_pairs", r->idle);
	jw_put_some(j, "since", r->since);
	for (unsigned way = 0; way < BLOAT_WAYS; way++) {
		const struct bloat_way *w = &r->way[way];

		jw_key(j, way == 0 ? "in" : "out");
		jw_object(j);
		jw_put_num(j, "line_rate", w->rate > 0 ? w->rate : NAN);
		jw_put_bool(j, "line_rate_measured", w->measured);
		jw_put_int(j, "loaded_pairs", w->loaded);
		jw_put_num(j, "added_ms", w->rise_ms);
		jw_put_num(j, "added_p90_ms", w->high_ms);
		jw_put_num(j, "loss", w->loss);
		jw_put_num(j, "sustained", w->sustained);
		jw_put_num(j, "buffer", w->buffer);
		jw_put_num(j, "shaper", w->shaper);
		jw_key(j, "tenths");
		jw_array(j);
		for (unsigned i = 0; i < BLOAT_TENTHS; i++)
			jw_num(j, w->added_ms[i]);
		jw_array_end(j);
		jw_object_end(j);
	}
	jw_object_end(j);
}
