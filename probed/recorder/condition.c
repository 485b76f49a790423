#include "recorder/condition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "culprit.h"
#include "recorder/incident.h"
#include "recorder/scrub.h"

/* Words and figures of an open incident that change all the time are written so often
 * at most; a kill loses no more of them. */
#define REWRITE_S 60
/* What is over and comes again so soon, for the second time and more often, is told to
 * be over only once it stayed so for that long, and not told to begin meanwhile. */
#define AGAIN_S 5400
#define VERDICT "verdict"
#define HINT "hint"  /* of confidence */
#define DEPTH_MAX 16 /* of what explains what */
#define NAMED 5	     /* of those that one letter tells of */
/* What a letter is called that waits; and where others have it: */
#define OPENS "open"
#define OPENS_REST "rest"
#define ENDED "close"
#define ENDS "close %u" /* of what came so often */
#define ENDS_OTHERS "others %u"
#define OVER "over %lld" /* of what ended then, and was not told before */
#define ANEW "{}" /* in place of its words: those of the incident as it is by then */

/* Why a condition is the matter: ids of open incidents, 0 where there is none, and how
 * long one may still come. */
struct reason {
	int64_t behind, verdict;
	int64_t guess; /* a verdict that is no more than that */
	unsigned behind_grace, verdict_grace;
};

/* One that is open, or might become so. */
struct condition {
	UT_hash_handle hh; /* by key */
	UT_hash_handle by_id;
	char *key; /* kind, subject, source: each behind a NUL */
	size_t key_len;
	char *kind, *subject, *source, *confidence, *summary, *evidence;
	int64_t id; /* 0: not open */
	int64_t begin;
	double worst;
	int64_t priority, suppressed_by;
	unsigned raises, clears; /* in a row */
	int64_t cleared;	 /* time of the first of them */
	int64_t written;	 /* when its row was, last */
	bool dirty;
	bool total;	 /* as of the finding */
	bool waits;	 /* on the list, with the letter: */
	char *receivers; /* NULL: nobody is to be told */
	char *body;	 /* NULL: it tells the incident as it is when it goes */
	int64_t since;	 /* when it began to wait for what may still be known */
	bool back;   /* what explained it is over; it may be over in a moment as well */
	bool asked;  /* a guess that is all that is known of several */
	unsigned askers;   /* of a guess: how many would be told of it, at this tick */
	struct reason why; /* of one that waits, as of this tick */
	bool parted; /* who is told of no verdicts has had it */
	TAILQ_ENTRY(condition) link;
	/* What came and went, and may come again: */
	struct {
		unsigned times; /* that it began, each soon after its last end */
		int64_t end;	/* the last; 0: there was none */
		/* Of whom was told that it began, and not yet that it is over: */
		enum {
			NOBODY,
			OTHERS,
			ALL
		} told;
		int64_t id, begin; /* by a letter of this incident; */
		unsigned since;	   /* it came so often from then on */
		bool total;	   /* they were told that it is dead */
	} bout;
	/* What it was the last time, and is over. Where its letter waits to see what
	 * explains it, and what else was the matter then, to whom it goes; NULL: that
	 * it began was told. */
	struct {
		int64_t id; /* 0: nothing is to be told of it */
		int64_t begin, end, since;
		char *receivers;
	} past;
	bool rests; /* on the list of what may come again */
	TAILQ_ENTRY(condition) resting;
};

struct conditions {
	struct events *ev;
	const struct conditions_ops *ops;
	void *ctx;
	struct condition *all, *by_id;
	TAILQ_HEAD(, condition) waiting, resting;
};

/* --- finding --------------------------------------------------------------------- */

static char *
make_key(const char *kind, const char *subject, const char *source, size_t *len)
{
	size_t a = strlen(kind) + 1, b = strlen(subject) + 1, c = strlen(source) + 1;
	char *key = mem_alloc(a + b + c);

	memcpy(key, kind, a);
	memcpy(key + a, subject, b);
	memcpy(key + a + b, source, c);
	*len = a + b + c;
	return key;
}

static struct condition *
find(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	struct condition *c;
	size_t len;
	char *key = make_key(kind, subject, source, &len);

	HASH_FIND(hh, cs->all, key, len, c);
	free(key);
	return c;
}

static struct condition *
find_id(const struct conditions *cs, int64_t id)
{
	struct condition *c;

	HASH_FIND(by_id, cs->by_id, &id, sizeof id, c);
	return c;
}

static struct condition *
condition_new(
    struct conditions *cs, const char *kind, const char *subject, const char *source)
{
	struct condition *c = mem_zero(1, sizeof *c);

	c->key = make_key(kind, subject, source, &c->key_len);
	c->kind = c->key;
	c->subject = c->kind + strlen(kind) + 1;
	c->source = c->subject + strlen(subject) + 1;
	c->worst = NAN;
	HASH_ADD_KEYPTR(hh, cs->all, c->key, c->key_len, c);
	return c;
}

/* WRITTEN: its letter is in the file, and nobody else sees to that. */
static void
stop_waiting(struct conditions *cs, struct condition *c, bool written)
{
	if (!c->waits)
		return;
	TAILQ_REMOVE(&cs->waiting, c, link);
	c->waits = false;
	if (written && c->receivers != NULL)
		events_drop_held(cs->ev, c->id);
	free(c->receivers);
	free(c->body);
	c->receivers = c->body = NULL;
}

static void
condition_free(struct conditions *cs, struct condition *c)
{
	stop_waiting(cs, c, false);
	if (c->rests)
		TAILQ_REMOVE(&cs->resting, c, resting);
	free(c->past.receivers);
	HASH_DEL(cs->all, c);
	if (c->id != 0)
		HASH_DELETE(by_id, cs->by_id, c);
	free(c->key);
	free(c->confidence);
	free(c->summary);
	free(c->evidence);
	free(c);
}

/* --- rows ------------------------------------------------------------------------ */

static struct incident
row_of(const struct condition *c, int64_t end)
{
	return (struct incident){ .id = c->id,
		.kind = c->kind,
		.subject = c->subject,
		.source = c->source,
		.begin = c->begin,
		.end = end,
		.confidence = c->confidence,
		.summary = c->summary,
		.worst = c->worst,
		.evidence = c->evidence,
		.suppressed_by = c->suppressed_by,
		.priority = c->priority };
}

/* Write IN, the row of C, and LETTER (NULL: none). */
static void
put_row(struct conditions *cs, struct condition *c, const struct incident *in,
    const struct letter *letter)
{
	int64_t id = events_put(cs->ev, in, letter);

	if (c->id == 0) {
		c->id = id;
		HASH_ADD(by_id, cs->by_id, id, sizeof c->id, c);
	}
	c->dirty = false;
}

/* The row of C, which ended at END (0: is open), with LETTER (NULL: none). */
static void
put(struct conditions *cs, struct condition *c, int64_t end,
    const struct letter *letter)
{
	struct incident in = row_of(c, end);

	put_row(cs, c, &in, letter);
}

/* The row of C as it opens, or ended at END, with all that belongs to it; *MORE is to
 * be freed. */
static struct incident
whole_row(const struct conditions *cs, const struct condition *c, int64_t end, char **more)
{
	struct incident in = row_of(c, end);

	*more = cs->ops->evidence != NULL ? cs->ops->evidence(cs->ctx, &in) : NULL;
	if (*more != NULL)
		in.evidence = *more;
	return in;
}

/* Is C of what comes and goes, as where a line is bad? Alerts go to whom SmokePing
 * would tell, each time; what others find has a hold of its own. */
static bool
may_come_again(const struct condition *c)
{
	return strcmp(c->kind, CONDITION_DOWN_KIND) == 0 ||
	       strcmp(c->kind, VERDICT) == 0;
}

/* The words of a letter about IN, the row of C. Malloced. */
static char *
words_of(const struct condition *c, struct incident in)
{
	char *summary = NULL;

	if (in.end == 0 && c->bout.times > 1 && may_come_again(c)) {
		summary = mem_printf("%s (again: its end is told when that lasts for "
				     "%d minutes)",
		    in.summary, AGAIN_S / 60);
		in.summary = summary;
	}
	char *body = incident_body(&in);
	free(summary);
	return body;
}

/* The same, with a letter called WHAT to RECEIVERS (NULL: nobody) in the words of BODY
 * (NULL: those of the row). WAITED: it does not any more. */
static void
put_and_tell(struct conditions *cs, struct condition *c, int64_t end, const char *what,
    const char *receivers, const char *body, bool waited)
{
	char *more;
	struct incident in = whole_row(cs, c, end, &more);
	char *made = receivers != NULL && body == NULL ? words_of(c, in) : NULL;
	struct letter letter = { .what = what,
		.receivers = receivers,
		.body = made != NULL ? made : body,
		.waited = waited };

	put_row(cs, c, &in, receivers != NULL ? &letter : NULL);
	free(made);
	free(more);
}

/* Take one of F's texts in place of *OLD. True when it is another one. */
static bool
take_text(char **old, const char *text, const char *fallback)
{
	if (text == NULL)
		text = *old != NULL ? *old : fallback;
	if (*old != NULL && strcmp(*old, text) == 0)
		return false;
	char *copy = mem_str(text);
	free(*old);
	*old = copy;
	return true;
}

static void
take(struct condition *c, const struct finding *f)
{
	bool changed = take_text(&c->summary, f->summary, "");

	changed |= take_text(&c->evidence, f->evidence, "{}");
	changed |= take_text(&c->confidence, f->confidence, "sure");
	if (f->worst > c->worst || (isnan(c->worst) && !isnan(f->worst))) {
		c->worst = f->worst;
		changed = true;
	}
	c->priority = f->priority != 0 ? f->priority : c->priority;
	c->total = f->total;
	c->dirty |= changed;
}

/* --- what comes again ------------------------------------------------------------ */

/* Those who were told that C began, and not yet that it is over: a JSON array, to be
 * freed; NULL: nobody. */
static char *
who_was_told(const struct conditions *cs, const struct condition *c)
{
	return c->bout.told == NOBODY
		   ? NULL
		   : cs->ops->audience(cs->ctx, c->kind,
			 c->bout.told == OTHERS ? EARS_NO_VERDICT : EARS_ALL);
}

/* The words of the letter that C's bout is over: from its first letter to its last end.
 * Malloced. */
static char *
end_of_bout(const struct condition *c)
{
	struct incident in = row_of(c, c->bout.end);
	char *summary = c->bout.since > 1
			    ? mem_printf("%s (%u times)", c->summary, c->bout.since)
			    : mem_str(c->summary);

	in.begin = c->bout.begin;
	in.summary = summary;
	char *body = incident_body(&in);
	free(summary);
	return body;
}

/* C is over, and may come again: it is told when it did not. */
static void
hold_end(struct conditions *cs, const struct condition *c)
{
	char *who = who_was_told(cs, c), *body = end_of_bout(c);
	char *what =
	    mem_printf(c->bout.told == ALL ? ENDS : ENDS_OTHERS, c->bout.since);

	if (who != NULL)
		events_letter(cs->ev, 0, c->bout.id,
		    &(struct letter){ .what = what,
			.receivers = who,
			.body = body,
			.due = c->bout.end + AGAIN_S });
	free(what);
	free(who);
	free(body);
}

static void
forget_told(struct condition *c)
{
	c->bout.told = NOBODY;
	c->bout.id = 0;
	c->bout.since = 0;
}

/* It is told to be over. */
static void
end_bout(struct conditions *cs, struct condition *c)
{
	char *who = who_was_told(cs, c);

	if (who != NULL) {
		char *body = end_of_bout(c);
		events_letter(cs->ev, clock_wall_ns() / CLOCK_NS_PER_S, c->bout.id,
		    &(struct letter){ .what = ENDED,
			.receivers = who,
			.body = body,
			.waited = true });
		free(body);
		free(who);
	}
	forget_told(c);
}

/* C ended, and may come again. */
static void
rest(struct conditions *cs, struct condition *c)
{
	HASH_DELETE(by_id, cs->by_id, c);
	c->id = c->suppressed_by = c->priority = 0;
	c->raises = c->clears = 0;
	c->back = c->asked = c->parted = c->dirty = false;
	if (!c->rests)
		TAILQ_INSERT_TAIL(&cs->resting, c, resting);
	c->rests = true;
}

/* C, which was over, stayed so. */
static void
look_at_resting(struct conditions *cs, struct condition *c, int64_t now)
{
	/* Of a clock that was set back it is not known how long it is. */
	if (c->id != 0 || c->past.receivers != NULL ||
	    llabs(now - c->bout.end) < AGAIN_S)
		return;
	end_bout(cs, c);
	condition_free(cs, c);
}

/* That C is dead, by F, is more than was told of it. */
static bool
is_news(const struct condition *c, const struct finding *f)
{
	return c->bout.told != NOBODY && c->bout.id != c->id && f->total &&
	       !c->bout.total;
}

/* C opens, by F: is it the same again? */
static void
begin_bout(struct conditions *cs, struct condition *c, const struct finding *f)
{
	bool again = c->bout.times > 0 && f->time - c->bout.end < AGAIN_S;

	if (!again || is_news(c, f))
		end_bout(cs, c);
	if (!again) {
		c->bout.times = 0;
		c->bout.total = false;
	}
	c->bout.times++;
	c->bout.since += c->bout.told != NOBODY;
}

/* WHO are told that C began, by a letter of incident ID, which began at BEGIN. */
static void
note_told(struct condition *c, int64_t id, int64_t begin, int who)
{
	if (c->bout.told == NOBODY) {
		c->bout.id = id;
		c->bout.begin = begin;
		c->bout.since = 1;
	}
	if (who > (int)c->bout.told)
		c->bout.told = who;
	c->bout.total |= c->total;
}

/* --- who is not told ------------------------------------------------------------- */

/* Is what C is about also what explains ID? Two that lie behind each other are a slip
 * of the configuration's, and no reason to tell nobody. */
static bool
explains(const struct conditions *cs, const struct condition *c, int64_t id)
{
	for (unsigned i = 0; id != 0 && i < DEPTH_MAX; i++) {
		const struct condition *up = find_id(cs, id);
		if (up == NULL)
			break;
		if (strcmp(up->subject, c->subject) == 0)
			return true;
		id = up->suppressed_by;
	}
	return false;
}

/* Is PATH, of LEN, the subject of C itself, as where a whole group lies behind one in
 * it? */
static bool
is_itself(const struct condition *c, const char *path, size_t len)
{
	return strncmp(c->subject, path, len) == 0 && c->subject[len] == '\0';
}

/* The open incident that C lies behind, or 0. GRACE: as of the ops, 0 where it lies
 * behind nothing. */
static int64_t
is_behind(const struct conditions *cs, const struct condition *c, unsigned *grace)
{
	char path[1024];
	const char *at = cs->ops->behind(cs->ctx, c->subject, grace);
	bool any = false;

	if (at == NULL)
		at = "";
	while (*(at += strspn(at, " \t,")) != '\0') {
		size_t len = strcspn(at, " \t,");
		if (len < sizeof path && !is_itself(c, at, len)) {
			any = true;
			memcpy(path, at, len);
			path[len] = '\0';
			const struct condition *up =
			    find(cs, CONDITION_DOWN_KIND, path, CONDITION_DOWN_SOURCE);
			if (up != NULL && up->id != 0 && up != c &&
			    !explains(cs, c, up->id))
				return up->id;
		}
		at += len;
	}
	if (!any)
		*grace = 0;
	return 0;
}

/* A guess at whose fault it is: worth a look, and no letter. */
static bool
is_guess(const struct condition *c)
{
	return strcmp(c->kind, VERDICT) == 0 && strcmp(c->confidence, HINT) == 0;
}

/* The open verdict that says why C is the matter since SINCE. An alarm may wait for
 * that; a verdict does not wait for itself, and an alert not for it: it goes to whom
 * SmokePing would tell. */
static void
look_for_verdict(const struct conditions *cs, const struct condition *c, int64_t since,
    struct reason *why)
{
	if (cs->ops->explained == NULL || strcmp(c->kind, CONDITION_DOWN_KIND) != 0)
		return;
	int64_t id =
	    cs->ops->explained(cs->ctx, c->subject, since, &why->verdict_grace);
	const struct condition *up = find_id(cs, id);
	if (up != NULL && up != c)
		*(is_guess(up) ? &why->guess : &why->verdict) = id;
}

static struct reason
reason_of(const struct conditions *cs, const struct condition *c, int64_t since)
{
	struct reason why = { 0 };

	why.behind = is_behind(cs, c, &why.behind_grace);
	/* What lies behind something that is down is not judged for itself. */
	if (why.behind == 0)
		look_for_verdict(cs, c, since, &why);
	return why;
}

static int64_t
reason_id(const struct reason *why)
{
	return why->behind != 0 ? why->behind : why->verdict;
}

static unsigned
longest(const struct reason *why)
{
	return why->behind_grace > why->verdict_grace ? why->behind_grace
						      : why->verdict_grace;
}

/* The reasons of all that wait, and how many ask for each guess. */
static void
look_for_reasons(struct conditions *cs)
{
	struct condition *c, *guess;

	TAILQ_FOREACH(c, &cs->waiting, link)
		c->why = reason_of(cs, c, c->begin);
	TAILQ_FOREACH(c, &cs->resting, resting)
		if (c->past.receivers != NULL)
			c->why = reason_of(cs, c, c->past.begin);
	TAILQ_FOREACH(c, &cs->waiting, link)
		if ((guess = find_id(cs, c->why.guess)) != NULL)
			guess->askers = 0;
	TAILQ_FOREACH(c, &cs->waiting, link)
		if ((guess = find_id(cs, c->why.guess)) != NULL)
			guess->askers++;
}

/* Is ID, a guess, all that is known of why several are the matter? Then it is what is
 * told, and not each of these. */
static bool
is_all_known(const struct conditions *cs, int64_t id)
{
	const struct condition *guess = find_id(cs, id);

	return guess->asked || guess->askers > 1;
}

/* Write the row of C and the letter that waits for it. */
static void
put_waiting(struct conditions *cs, struct condition *c)
{
	struct letter letter = { .what = c->parted ? OPENS_REST : OPENS,
		.receivers = c->receivers,
		.body = c->body != NULL ? c->body : ANEW,
		.due = c->since };

	put(cs, c, 0, c->receivers != NULL ? &letter : NULL);
}

/* C is open, and F's letter has to wait since SINCE; or, where nobody is to be told, it
 * may be found what explains it. */
static void
put_and_wait(
    struct conditions *cs, struct condition *c, const struct finding *f, int64_t since)
{
	if (f->receivers != NULL) {
		c->receivers = mem_str(f->receivers);
		c->body = f->body != NULL ? mem_str(f->body) : NULL;
	}
	c->since = since;
	c->waits = true;
	TAILQ_INSERT_TAIL(&cs->waiting, c, link);
	put_waiting(cs, c);
}

/* Nothing but a verdict, or that there may be one, holds the letter of C back: who is
 * told of none has it now. */
static void
tell_others(struct conditions *cs, struct condition *c)
{
	if (c->parted || c->receivers == NULL)
		return;
	char *others = cs->ops->audience(cs->ctx, c->kind, EARS_NO_VERDICT);
	if (others == NULL)
		return;
	char *rest = cs->ops->audience(cs->ctx, c->kind, EARS_VERDICT);

	put_and_tell(cs, c, 0, OPENS, others, c->body, rest == NULL);
	note_told(c, c->id, c->begin, OTHERS);
	c->parted = true;
	free(c->receivers);
	c->receivers = rest;
	put_waiting(cs, c);
	free(others);
}

/* The letter that waited goes, with the row as it is now. */
static void
send_waiting(struct conditions *cs, struct condition *c)
{
	put_and_tell(cs, c, 0, OPENS, c->receivers, c->body, true);
	if (c->receivers != NULL)
		note_told(c, c->id, c->begin, ALL);
	stop_waiting(cs, c, false);
}

static void
look_at_waiting(struct conditions *cs, struct condition *c, int64_t now)
{
	const struct reason why = c->why;

	if (cs->ops->silent(cs->ctx, c->subject, now) || (is_guess(c) && !c->asked))
		return;
	int64_t id = reason_id(&why);
	/* What had to be waited for may be known not to come. */
	bool early = now < c->since + longest(&why);
	if (id == 0 && why.guess != 0 && !early && is_all_known(cs, why.guess)) {
		id = why.guess;
		find_id(cs, id)->asked = true;
	}
	if ((why.verdict != 0 || why.guess != 0 || why.verdict_grace > 0) &&
	    now >= c->since + why.behind_grace)
		tell_others(cs, c);
	if (id != 0) {
		c->back = false;
		if (id == c->suppressed_by)
			return;
		c->suppressed_by = id;
		put_waiting(cs, c);
		return;
	}
	/* When what was down is back, its followers may need a round, too. */
	if (c->suppressed_by != 0 && !c->back) {
		c->back = true;
		c->since = now;
		early = longest(&why) > 0;
	}
	if (early)
		return;
	c->suppressed_by = 0;
	send_waiting(cs, c);
}

/* --- what is over before it was told ---------------------------------------------- */

/* C is over since END, and its letter goes on waiting. */
static void
keep_waiting(struct conditions *cs, struct condition *c, int64_t end)
{
	char *what = mem_printf(OVER, (long long)end);

	c->past.since = c->since;
	c->past.receivers = c->receivers;
	c->receivers = NULL;
	events_letter(cs->ev, 0, c->id,
	    &(struct letter){ .what = what,
		.receivers = c->past.receivers,
		.body = ANEW,
		.due = c->since });
	free(what);
	stop_waiting(cs, c, false);
}

/* What C was is told, or will not be. */
static void
drop_past(struct conditions *cs, struct condition *c)
{
	if (c->past.receivers != NULL)
		events_drop_held(cs->ev, c->past.id);
	free(c->past.receivers);
	memset(&c->past, 0, sizeof c->past);
}

/* Were A and B, which are over, the matter together? Each of them noticed within a
 * round of its own, and none is shorter than that. */
static bool
is_with(const struct condition *a, const struct condition *b)
{
	int64_t of_a = a->past.end - a->past.begin, of_b = b->past.end - b->past.begin;

	return a->past.id != 0 && a->past.begin < b->past.end &&
	       b->past.begin < a->past.end &&
	       llabs(a->past.begin - b->past.begin) <= (of_a < of_b ? of_a : of_b);
}

/* May it still be found what explains C, or what else was the matter when it was? */
static bool
is_past_early(const struct conditions *cs, const struct condition *c, int64_t now)
{
	const struct condition *o;

	if (now < c->past.since + longest(&c->why))
		return true;
	TAILQ_FOREACH(o, &cs->waiting, link)
		if (o->begin < c->past.end && o->receivers != NULL &&
		    now < o->since + longest(&o->why))
			return true;
	TAILQ_FOREACH(o, &cs->resting, resting)
		if (o->past.receivers != NULL && is_with(o, c) &&
		    now < o->past.since + longest(&o->why))
			return true;
	return false;
}

/* Of those that were the matter with C one that was told; else the nearest, and of them
 * the first. */
static struct condition *
lead_of(const struct conditions *cs, struct condition *c)
{
	struct condition *o, *best = c;
	unsigned least = cs->ops->distance(cs->ctx, c->subject);

	TAILQ_FOREACH(o, &cs->resting, resting) {
		if (!is_with(o, c))
			continue;
		if (o->past.receivers == NULL)
			return o;
		unsigned far = cs->ops->distance(cs->ctx, o->subject);
		if (far > least || (far == least && o->past.begin >= best->past.begin))
			continue;
		best = o;
		least = far;
	}
	return best;
}

/* All that wait and were the matter with C go silent under LEAD. Returns the words of
 * its letter, malloced, and into *BEGIN and *END from when to when they were. */
static char *
take_in(struct conditions *cs, const struct condition *c, const struct condition *lead,
    int64_t *begin, int64_t *end)
{
	const struct condition with = { .past = c->past };
	struct condition *o;
	unsigned others = 0;
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	*begin = lead->past.begin;
	*end = lead->past.end;
	fputs(lead->summary, out);
	TAILQ_FOREACH(o, &cs->resting, resting) {
		if (o == lead || o->past.receivers == NULL || !is_with(o, &with))
			continue;
		*begin = o->past.begin < *begin ? o->past.begin : *begin;
		*end = o->past.end > *end ? o->past.end : *end;
		if (others++ < NAMED)
			fprintf(out, "%s%s", others == 1 ? "; down with it: " : ", ",
			    o->subject);
		events_explain(cs->ev, o->past.id, lead->past.id);
		drop_past(cs, o);
	}
	if (others > NAMED)
		fprintf(out, " and %u more", others - NAMED);
	mem_stream_end(out);
	return text;
}

/* One letter tells of C, which is over, and of all that were the matter with it: of the
 * nearest. Where that came before, it is told as what comes again is. */
static void
send_past(struct conditions *cs, struct condition *c)
{
	struct condition *lead = lead_of(cs, c);
	int64_t begin, end;
	char *summary = take_in(cs, c, lead, &begin, &end), *more;

	if (lead->past.receivers != NULL) {
		bool again = lead->bout.times > 1;
		struct incident in = whole_row(cs, lead, end, &more);
		in.id = lead->past.id;
		in.begin = begin;
		in.end = again ? 0 : end;
		in.summary = summary;
		char *body = words_of(lead, in);
		events_letter(cs->ev, clock_wall_s(), in.id,
		    &(struct letter){ .what = again ? OPENS : ENDED,
			.receivers = lead->past.receivers,
			.body = body,
			.waited = true });
		if (again) {
			note_told(lead, in.id, begin, ALL);
			hold_end(cs, lead);
		}
		free(lead->past.receivers);
		lead->past.receivers = NULL;
		free(body);
		free(more);
	}
	free(summary);
}

static void
look_at_past(struct conditions *cs, struct condition *c, int64_t now)
{
	const struct condition *up = find_id(cs, reason_id(&c->why));

	if (c->past.receivers == NULL)
		return;
	if (cs->ops->silent(cs->ctx, c->subject, now)) {
		drop_past(cs, c);
	} else if (up != NULL && up->begin <= c->past.end) {
		events_explain(cs->ev, c->past.id, up->id);
		drop_past(cs, c);
	} else if (!is_past_early(cs, c, now)) {
		send_past(cs, c);
	}
}

void
conditions_tick(struct conditions *cs, int64_t now)
{
	struct condition *c, *next;

	look_for_reasons(cs);
	for (c = TAILQ_FIRST(&cs->waiting); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		look_at_waiting(cs, c, now);
	}
	TAILQ_FOREACH(c, &cs->resting, resting)
		look_at_past(cs, c, now);
	for (c = TAILQ_FIRST(&cs->resting); c != NULL; c = next) {
		next = TAILQ_NEXT(c, resting);
		look_at_resting(cs, c, now);
	}
}

/* --- opening, closing ------------------------------------------------------------ */

/* Whom nobody has told yet that C opens, where F names nobody: to be freed. */
static char *
who_opens(
    const struct conditions *cs, const struct condition *c, const struct finding *f)
{
	if (f->receivers != NULL || c->bout.told == ALL)
		return NULL;
	return cs->ops->audience(
	    cs->ctx, c->kind, c->bout.told == OTHERS ? EARS_VERDICT : EARS_ALL);
}

static void
open_it(struct conditions *cs, struct condition *c, const struct finding *finding)
{
	bool silent = cs->ops->silent(cs->ctx, c->subject, finding->time);
	struct reason why = reason_of(cs, c, c->begin);
	char *who = who_opens(cs, c, finding);
	struct finding told = *finding, *f = &told;
	int64_t since = c->past.receivers != NULL ? c->past.since : f->time;

	drop_past(cs, c);

	if (who != NULL)
		told.receivers = who;
	c->parted = c->bout.told == OTHERS;
	c->suppressed_by = reason_id(&why);
	c->written = f->time;
	if (longest(&why) != 0 ||
	    (f->receivers != NULL &&
		(silent || is_guess(c) || c->suppressed_by != 0))) {
		put_and_wait(cs, c, f, since);
		if (!silent && why.behind == 0 && why.behind_grace == 0)
			tell_others(cs, c);
	} else {
		put_and_tell(cs, c, 0, OPENS, f->receivers, f->body, false);
		if (f->receivers != NULL)
			note_told(c, c->id, c->begin, ALL);
	}
	free(who);
}

int64_t
condition_raise(struct conditions *cs, const struct finding *f)
{
	struct condition *c = find(cs, f->kind, f->subject, f->source);

	if (c == NULL)
		c = condition_new(cs, f->kind, f->subject, f->source);
	c->clears = 0;
	if (c->id == 0 && c->raises++ == 0) {
		c->begin = f->time;
		c->worst = NAN;
	}
	bool opens = c->id == 0 && c->raises >= f->hold;
	bool news = c->id != 0 && is_news(c, f);
	if (opens)
		begin_bout(cs, c, f);
	else if (news) {
		end_bout(cs, c);
		stop_waiting(cs, c, false);
	}
	take(c, f);
	if (opens || news)
		open_it(cs, c, f);
	if (c->id == 0 || opens || news)
		return c->id;
	/* While its first letter waits, there is nothing to be told anew. */
	bool tell = f->receivers != NULL && (!c->waits || c->receivers == NULL) &&
		    !cs->ops->silent(cs->ctx, c->subject, f->time);
	if (!tell && (!c->dirty || f->time - c->written < REWRITE_S))
		return c->id;
	c->written = f->time;
	if (tell)
		put_and_tell(cs, c, 0, "update", f->receivers, f->body, false);
	else
		put(cs, c, 0, NULL);
	return c->id;
}

/* C, whose letter waits, is over since END: is it told that it began? */
static bool
end_waiting(struct conditions *cs, struct condition *c, int64_t now, int64_t end)
{
	bool silent = cs->ops->silent(cs->ctx, c->subject, now);
	struct reason why = reason_of(cs, c, c->begin);

	if (!silent && why.behind == 0 && c->suppressed_by == 0 &&
	    (reason_id(&why) != 0 || why.verdict_grace > 0))
		tell_others(cs, c);
	if (c->receivers == NULL || c->suppressed_by != 0 || reason_id(&why) != 0 ||
	    silent || (is_guess(c) && !c->asked)) {
		stop_waiting(cs, c, true);
		return false;
	}
	/* It waits to see whether something else explains it, or is over with it. */
	if (why.verdict_grace > 0) {
		keep_waiting(cs, c, end);
		return false;
	}
	/* That did not come, so both letters go. */
	send_waiting(cs, c);
	return true;
}

static int64_t
close_it(struct conditions *cs, struct condition *c, const struct finding *f)
{
	int64_t id = c->id, end = c->cleared > c->begin ? c->cleared : c->begin;
	bool told = !c->waits || end_waiting(cs, c, f->time, end);
	char *who = f->receivers == NULL ? who_was_told(cs, c) : NULL;
	const char *receivers = who != NULL ? who : told ? f->receivers : NULL;
	bool again = who != NULL && c->bout.times > 1 && may_come_again(c);

	take(c, f);
	c->bout.end = end;
	if (c->bout.told == ALL || c->past.receivers != NULL) {
		c->past.id = id;
		c->past.begin = c->begin;
		c->past.end = end > c->begin ? end : end + 1;
	}
	if (again)
		hold_end(cs, c);
	put_and_tell(cs, c, end, ENDED, again ? NULL : receivers, f->body, false);
	if (!again)
		forget_told(c);
	if (may_come_again(c))
		rest(cs, c);
	else
		condition_free(cs, c);
	free(who);
	return id;
}

int64_t
condition_clear(struct conditions *cs, const struct finding *f)
{
	struct condition *c = find(cs, f->kind, f->subject, f->source);

	if (c == NULL)
		return 0;
	if (c->id == 0 && c->rests) {
		c->raises = 0;
		return 0;
	}
	if (c->id == 0) {
		condition_free(cs, c);
		return 0;
	}
	if (c->clears++ == 0)
		c->cleared = f->time;
	if (c->clears < f->hold)
		return 0;
	return close_it(cs, c, f);
}

int64_t
condition_open(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	const struct condition *c = find(cs, kind, subject, source);

	return c != NULL ? c->id : 0;
}

int64_t
condition_begin(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	const struct condition *c = find(cs, kind, subject, source);

	return c != NULL && c->id != 0 ? c->begin : 0;
}

const char *
condition_evidence(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	const struct condition *c = find(cs, kind, subject, source);

	return c != NULL && c->id != 0 ? c->evidence : NULL;
}

void
conditions_end(struct conditions *cs,
    bool (*watched)(void *ctx, const struct incident *in), void *ctx, int64_t now,
    const char *why)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next) {
		struct incident in = row_of(c, 0);
		if (watched(ctx, &in))
			continue;
		if (c->id != 0) {
			char *evidence = incident_evidence(c->evidence, why);
			free(c->evidence);
			c->evidence = evidence;
			stop_waiting(cs, c, true);
			put(cs, c, now > c->begin ? now : c->begin, NULL);
		}
		drop_past(cs, c);
		if (c->bout.told != NOBODY && c->bout.id != c->id)
			events_drop_held(cs->ev, c->bout.id);
		condition_free(cs, c);
	}
}

void
conditions_forget(struct conditions *cs, const struct prefix *p)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next) {
		if (!culprit_explains(c->kind) || strcmp(c->kind, "attack") == 0)
			continue;
		bool found = c->summary != NULL && scrub(c->summary, p);
		found |= c->evidence != NULL && scrub(c->evidence, p);
		found |= c->body != NULL && scrub(c->body, p);
		c->dirty |= found;
		if (found && c->id != 0)
			c->waits ? put_waiting(cs, c) : put(cs, c, 0, NULL);
	}
}

void
conditions_flush(struct conditions *cs)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next)
		if (c->id != 0 && c->dirty)
			put(cs, c, 0, NULL);
}

/* --- life ------------------------------------------------------------------------ */

/* Take IN, with the letter HELD that tells that it is over; false: that is not one. */
static bool
restore_bout(struct condition *c, const struct incident *in, const struct letter *held)
{
	unsigned since;
	bool others = sscanf(held->what, ENDS_OTHERS, &since) == 1;

	if (!others && sscanf(held->what, ENDS, &since) != 1)
		return false;
	c->bout.times = 2;
	c->bout.end = held->due - AGAIN_S;
	c->bout.told = others ? OTHERS : ALL;
	c->bout.id = in->id;
	c->bout.begin = in->begin;
	c->bout.since = since + (c->id != 0 && c->id != in->id);
	return true;
}

/* The same with one that is over and was not told; of what is open already it will be
 * told. */
static bool
restore_past(struct condition *c, const struct incident *in, const struct letter *held)
{
	long long end;

	if (c->id != 0 || sscanf(held->what, OVER, &end) != 1)
		return false;
	c->bout.times = c->bout.times > 0 ? c->bout.times : 1;
	c->bout.end = end;
	c->past.id = in->id;
	c->past.begin = in->begin;
	c->past.end = end;
	c->past.since = held->due;
	c->past.receivers = mem_str(held->receivers);
	return true;
}

static struct condition *
restore_row(struct conditions *cs, const struct incident *in)
{
	struct condition *c = condition_new(cs, in->kind, in->subject, in->source);

	c->begin = c->written = in->begin;
	c->confidence = mem_str(in->confidence);
	c->summary = mem_str(in->summary);
	c->evidence = mem_str(in->evidence);
	c->worst = in->worst;
	c->priority = in->priority;
	c->suppressed_by = in->suppressed_by;
	return c;
}

static void
restore(void *ctx, const struct incident *in, const struct letter *held)
{
	struct conditions *cs = ctx;

	if (find(cs, in->kind, in->subject, in->source) != NULL)
		return;
	struct condition *c = restore_row(cs, in);
	c->id = in->id;
	HASH_ADD(by_id, cs->by_id, id, sizeof c->id, c);
	c->bout.times = 1;
	if (held != NULL && restore_bout(c, in, held))
		return;
	c->parted = held != NULL && strcmp(held->what, OPENS_REST) == 0;
	if (held == NULL || c->parted)
		note_told(c, c->id, c->begin, c->parted ? OTHERS : ALL);
	if (held == NULL)
		return;
	c->receivers = mem_str(held->receivers);
	c->body = strcmp(held->body, ANEW) != 0 ? mem_str(held->body) : NULL;
	c->since = held->due;
	c->waits = true;
	TAILQ_INSERT_TAIL(&cs->waiting, c, link);
}

/* What is over and may come again, or did. */
static void
restore_over(void *ctx, const struct incident *in, const struct letter *held)
{
	struct conditions *cs = ctx;
	struct condition *c = find(cs, in->kind, in->subject, in->source);

	if (c == NULL)
		c = restore_row(cs, in);
	if (!restore_past(c, in, held) && !restore_bout(c, in, held))
		return;
	if (c->rests)
		return;
	c->rests = true;
	TAILQ_INSERT_TAIL(&cs->resting, c, resting);
}

struct conditions *
conditions_new(struct events *ev, const struct conditions_ops *ops, void *ctx)
{
	struct conditions *cs = mem_zero(1, sizeof *cs);

	cs->ev = ev;
	cs->ops = ops;
	cs->ctx = ctx;
	TAILQ_INIT(&cs->waiting);
	TAILQ_INIT(&cs->resting);
	events_each_open(ev, restore, cs);
	events_each_over(ev, restore_over, cs);
	return cs;
}

void
conditions_free(struct conditions *cs)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next)
		condition_free(cs, c);
	free(cs);
}
