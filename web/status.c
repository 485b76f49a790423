/* The status page: for those who share the line, in plain words. A sentence, then each
 * group of targets with how it is now, its last outage, and the last days. No hosts, no
 * addresses, nothing of the traffic: whoever may read pages may read this. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/figure.h"
#include "web/history.h"
#include "web/page.h"
#include "web/request.h"
#include "web/row.h"
#include "web/trouble.h"
#include "web/verdictshow.h"
#include "web/warm.h"
#include "web/when.h"

#define DAYS 30
#define SPAN (DAYS * 86400)
#define TARGETS 200  /* of a group whose histories are looked at */
#define GROUPS 40    /* on the page */
#define NAMED 3	     /* of those that do not answer */
#define REFRESH "30" /* seconds, without scripts */

/* A group, or a target that is in none. */
struct part {
	const struct conf_target *top;
	const struct conf_target *target[TARGETS];
	size_t count;
	unsigned look[LOOKS];
	char names[256]; /* of those that do not answer */
	bool more;	 /* than are named */
};

enum state {
	STATE_FINE,
	STATE_SHAKY,
	STATE_PARTLY,
	STATE_DOWN,
	STATE_UNKNOWN,
	STATE_WAITING
};
static const struct {
	const char *word, *tone, *sign;
} states[] = {
	[STATE_FINE] = { "fine", "good", "✓" },
	[STATE_SHAKY] = { "shaky", "warn", "~" },
	[STATE_PARTLY] = { "partly down", "warn", "!" },
	[STATE_DOWN] = { "down", "bad", "✕" },
	[STATE_UNKNOWN] = { "not known", "calm", "?" },
	[STATE_WAITING] = { "being found out", "calm", "…" },
};

static int64_t
now_s(void)
{
	return clock_wall_ns() / CLOCK_NS_PER_S;
}

/* --- which ------------------------------------------------------------------------ */

static void
gather(struct part *p, const struct conf_target *t)
{
	if (t->hide)
		return;
	if (t->kind != CONF_GROUP && t->kind != CONF_MULTIHOST && p->count < TARGETS)
		p->target[p->count++] = t;
	for (const struct conf_target *k = t->first; k != NULL; k = k->next)
		gather(p, k);
}

static void
look_at(struct part *p)
{
	char why[512];
	unsigned named = 0;

	for (size_t i = 0; i < p->count; i++) {
		enum look look = state_look(p->target[i], why, sizeof why);
		p->look[look]++;
		if (look != LOOK_DOWN)
			continue;
		if (named++ == NAMED) {
			p->more = true;
			continue;
		}
		if (named > NAMED)
			continue;
		char *menu = html_strip(p->target[i]->menu);
		size_t len = strlen(p->names);
		snprintf(p->names + len, sizeof p->names - len, "%s%.60s",
		    len > 0 ? ", " : "", menu);
		free(menu);
	}
}

static enum state
state_of(const struct part *p)
{
	unsigned known = p->look[LOOK_FINE] + p->look[LOOK_LOSS] + p->look[LOOK_DOWN];

	if (known == 0)
		return p->look[LOOK_WAITING] > 0 ? STATE_WAITING : STATE_UNKNOWN;
	if (p->look[LOOK_DOWN] == known)
		return STATE_DOWN;
	if (p->look[LOOK_DOWN] > 0)
		return STATE_PARTLY;
	return p->look[LOOK_LOSS] > 0 ? STATE_SHAKY : STATE_FINE;
}

/* --- the last days ---------------------------------------------------------------- */

static bool
is_known(const struct conf_target *t, int64_t span)
{
	int64_t now = now_s();

	return history_known(t, now - span, now, HISTORY_PAGE);
}

static void
read_now(const struct conf_target *t, int64_t span)
{
	int64_t now = now_s();

	history_of(t, now - span, now, HISTORY_PAGE);
}

static const struct warm_kind warm_days = { is_known, read_now };

/* What share of the last days P's targets were reached, were down, and is not known,
 * the mean of all; from when on incidents and rounds are known. */
static void
put_shares(struct html *item, const struct part *p, int64_t events)
{
	int64_t now = now_s(), first = 0;
	double up = 0, down = 0, unknown = 0;
	size_t n = 0;
	char since[32];

	for (size_t i = 0; i < p->count; i++) {
		const struct conf_target *t = p->target[i];
		const struct history *past =
		    history_of(t, now - SPAN, now, HISTORY_PAGE);
		struct trouble own;
		struct err err;
		if (past->first == 0 || events == 0)
			continue;
		int64_t begin = past->first - (int64_t)past->step;
		begin = begin < events ? events : begin;
		begin = begin < now - SPAN ? now - SPAN : begin;
		if (begin >= now - 60 ||
		    trouble_read(&own, t->path, begin, now, &err) != 0)
			continue;
		double all = (double)(now - begin);
		double lost =
		    (double)trouble_within(&own, TROUBLE_DOWN, begin, now) / all;
		/* The share of rows that are known goes by all of the span. */
		double known = past->known * SPAN / all;
		trouble_free(&own);
		known = known > 1 ? 1 : known;
		lost = lost > known ? known : lost;
		down += lost;
		up += known - lost;
		unknown += 1 - known;
		first = first == 0 || begin < first ? begin : first;
		n++;
	}
	/* The mean of some alone would be no word on all of them. */
	unsigned known = p->look[LOOK_FINE] + p->look[LOOK_LOSS] + p->look[LOOK_DOWN];
	html_flag(item, "shares", n > 0 && n >= known);
	if (n == 0 || n < known) {
		html_text(item, "no_shares",
		    p->look[LOOK_CANNOT] + p->look[LOOK_FILTERED] == p->count
			? "There is no history yet."
			: "How much of the time it answered is told after the first "
			  "hours.");
		return;
	}
	/* A little that was not reached is not rounded away. */
	up = floor(1000 * up / (double)n + 1e-6) / 10;
	html_printf(item, "up", "%.*f", up == 100 ? 0 : 1, up);
	figure_percent(item, "lost", down / (double)n);
	/* The round that is under way is no gap. */
	unknown /= (double)n;
	figure_percent(item, "unknown", unknown < 0.0005 ? 0 : unknown);
	if (first > now - SPAN + 86400) {
		when_text(since, sizeof since, first, false);
		html_printf(item, "since", "since %s", since);
	} else {
		html_printf(item, "since", "in the last %d days", DAYS);
	}
}

/* One cell for each day, today the last. */
static void
put_days(struct html *item, const struct trouble *t)
{
	time_t now = (time_t)now_s();
	struct tm tm;

	localtime_r(&now, &tm);
	for (int i = DAYS - 1; i >= 0; i--) {
		struct html *cell = html_item(item, "day");
		struct tm a = { .tm_year = tm.tm_year,
			.tm_mon = tm.tm_mon,
			.tm_mday = tm.tm_mday - i,
			.tm_isdst = -1 },
			  b = a;
		b.tm_mday++;
		int64_t begin = (int64_t)mktime(&a), end = (int64_t)mktime(&b);
		end = end > (int64_t)now ? (int64_t)now : end;
		char date[32], span[32];
		strftime(date, sizeof date, "%a %d %b", &a);
		int64_t down = trouble_within(t, TROUBLE_DOWN, begin, end);
		if (!trouble_known(t, begin, end)) {
			html_text(cell, "d_level", "heat-none");
			html_printf(cell, "d_words", "%s: not known", date);
			continue;
		}
		figure_age(span, sizeof span, down);
		html_printf(cell, "d_level", "heat%u", trouble_level(down));
		html_printf(cell, "d_words", "%s: %s%s", date,
		    down > 0 ? "down for " : "fine", down > 0 ? span : "");
	}
}

static void
put_outage(struct html *item, const struct trouble *t)
{
	struct trouble_span last;
	char when[32], span[32];
	int64_t now = now_s();

	if (t->first == 0) {
		html_text(item, "outage", "Of outages nothing is known yet.");
	} else if (!trouble_last(t, TROUBLE_DOWN, &last)) {
		when_text(when, sizeof when, t->first, false);
		if (t->first > now - SPAN)
			html_printf(item, "outage", "No outage since %s.", when);
		else
			html_printf(
			    item, "outage", "No outage in the last %d days.", DAYS);
	} else {
		when_text(when, sizeof when, last.begin, false);
		figure_age(span, sizeof span, last.end - last.begin);
		if (last.end >= now - 1)
			html_printf(
			    item, "outage", "Outage since %s, for %s.", when, span);
		else
			html_printf(
			    item, "outage", "Last outage: %s, for %s.", when, span);
	}
}

/* By when there is something to say of P. */
static const char *
first_words(const struct part *p)
{
	static char text[80];
	char when[WHEN_TEXT];
	int64_t first = 0, at;

	for (size_t i = 0; i < p->count; i++)
		if ((at = state_expected(p->target[i])) != 0 &&
		    (first == 0 || at < first))
			first = at;
	if (first == 0)
		return "The first round is under way.";
	when_text(when, sizeof when, first, true);
	snprintf(text, sizeof text, "The first results are there by %s.", when);
	return text;
}

/* --- the page --------------------------------------------------------------------- */

static enum state
put_part(struct html *page, struct part *p)
{
	struct html *item = html_item(page, "part");
	char *name = html_strip(p->top->menu);
	int64_t now = now_s();
	struct trouble t;
	struct err err;

	look_at(p);
	enum state state = state_of(p);
	unsigned answer = p->look[LOOK_FINE] + p->look[LOOK_LOSS];
	html_text(item, "name", name);
	free(name);
	html_text(item, "state", states[state].word);
	html_text(item, "tone", states[state].tone);
	html_text(item, "sign", states[state].sign);
	if (p->look[LOOK_DOWN] > 0)
		html_printf(item, "words", "%s%s %s not answer.", p->names,
		    p->more ? " and others" : "",
		    p->look[LOOK_DOWN] == 1 ? "does" : "do");
	else if (state == STATE_SHAKY)
		html_printf(item, "words", "Some of what is sent gets lost.");
	else if (state == STATE_FINE)
		html_printf(item, "words",
		    p->count == 1 ? "It answers." : "%u of %zu answer.", answer,
		    p->count);
	else
		html_text(item, "words",
		    state == STATE_WAITING ? first_words(p)
					   : "Nothing is measured just now.");
	if (trouble_read(&t, p->top->path, now - SPAN, now, &err) != 0) {
		log_warnx("%s", err.text);
		t = (struct trouble){ 0 };
	}
	put_outage(item, &t);
	put_days(item, &t);
	put_shares(item, p, t.first);
	trouble_free(&t);
	return state;
}

/* What all of it comes to, where the judge of the path has no sentence. */
static void
put_headline(struct html *page, const unsigned *count, size_t parts)
{
	unsigned wrong = count[STATE_SHAKY] + count[STATE_PARTLY] + count[STATE_DOWN];

	html_text(page, "tone",
	    count[STATE_DOWN] > 0		      ? "bad"
	    : wrong > 0				      ? "warn"
	    : count[STATE_FINE] == parts && parts > 0 ? "good"
						      : "calm");
	html_text(page, "headline",
	    parts == 0			 ? "There is nothing to measure yet."
	    : count[STATE_DOWN] == parts ? "Nothing answers."
	    : count[STATE_DOWN] > 0	 ? "Some of it is down."
	    : count[STATE_PARTLY] > 0	 ? "Not all of it answers."
	    : count[STATE_SHAKY] > 0   ? "It works, but some of what is sent gets lost."
	    : count[STATE_FINE] > 0    ? "All is fine."
	    : count[STATE_WAITING] > 0 ? "It is being found out."
				       : "Nothing can be said just now.");
}

void
page_status(struct request *r)
{
	static struct part part[GROUPS];
	static const struct conf_target *all[GROUPS * TARGETS];
	unsigned count[STATE_WAITING + 1] = { 0 };
	size_t parts = 0, n = 0;

	for (const struct conf_target *t = state_conf()->targets->first;
	     t != NULL && parts < GROUPS; t = t->next) {
		struct part *p = &part[parts];
		*p = (struct part){ .top = t };
		gather(p, t);
		for (size_t i = 0; i < p->count; i++)
			all[n++] = p->target[i];
		parts += p->count > 0;
	}
	if (warm_of(r, &warm_days, all, n, SPAN))
		return;
	struct html *page = page_new(r, "Status", "status");
	for (size_t i = 0; i < parts; i++)
		count[put_part(page, &part[i])]++;
	put_headline(page, count, parts);
	html_printf(page, "days", "%d", DAYS);
	/* Whoever reads it: names are veiled. */
	verdictshow_line(page, false,
	    count[STATE_DOWN] + count[STATE_PARTLY] + count[STATE_SHAKY] > 0);
	html_text(page, "verdict_href", "");
	html_text(page, "refresh", REFRESH);
	page_send(r, page, 200, "status.html");
}
