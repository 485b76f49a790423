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
#include "web/look.h"
#include "web/page.h"
#include "web/paper.h"
#include "web/request.h"
#include "web/row.h"
#include "web/trouble.h"
#include "web/verdictshow.h"
#include "web/viewfile.h"
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
		enum look look = look_of(p->target[i], why, sizeof why);
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
	int64_t now = clock_wall_s();

	return history_known(t, now - span, now, HISTORY_PAGE);
}

static void
read_now(const struct conf_target *t, int64_t span)
{
	int64_t now = clock_wall_s();

	history_of(t, now - span, now, HISTORY_PAGE);
}

static const struct warm_kind warm_days = { is_known, read_now };

/* What share of the last days targets were reached, were down, and is not known: the
 * mean of all. */
struct shares {
	bool known; /* of enough of them to be a word on all */
	double up, down, unknown;
	int64_t first; /* from when on incidents and rounds are known */
};

static struct shares
shares_of(const struct part *p, int64_t events)
{
	struct shares s = { .first = 0 };
	int64_t now = clock_wall_s();
	size_t n = 0;

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
		s.down += lost;
		s.up += known - lost;
		s.unknown += 1 - known;
		s.first = s.first == 0 || begin < s.first ? begin : s.first;
		n++;
	}
	/* The mean of some alone would be no word on all of them. */
	unsigned known = p->look[LOOK_FINE] + p->look[LOOK_LOSS] + p->look[LOOK_DOWN];
	s.known = n > 0 && n >= known;
	if (n > 0) {
		s.up /= (double)n;
		s.down /= (double)n;
		s.unknown /= (double)n;
	}
	/* The round that is under way is no gap. */
	if (s.unknown < 0.0005)
		s.unknown = 0;
	return s;
}

static void
put_shares(struct html *item, const struct part *p, int64_t events)
{
	struct shares s = shares_of(p, events);
	char since[32];

	html_flag(item, "shares", s.known);
	if (!s.known) {
		html_text(item, "no_shares",
		    p->look[LOOK_CANNOT] + p->look[LOOK_FILTERED] == p->count
			? "There is no history yet."
			: "How much of the time it answered is told after the first "
			  "hours.");
		return;
	}
	/* A little that was not reached is not rounded away. */
	double up = floor(1000 * s.up + 1e-6) / 10;
	html_printf(item, "up", "%.*f", up == 100 ? 0 : 1, up);
	figure_percent(item, "lost", s.down);
	figure_percent(item, "unknown", s.unknown);
	if (s.first > clock_wall_s() - SPAN + 86400) {
		when_text(since, sizeof since, s.first, false);
		html_printf(item, "since", "since %s", since);
	} else {
		html_printf(item, "since", "in the last %d days", DAYS);
	}
}

/* The I-th of the last days (DAYS - 1: today): begin and end, which is not to come. */
static void
day_span(int i, int64_t *begin, int64_t *end)
{
	time_t now = (time_t)clock_wall_s();
	struct tm tm;

	localtime_r(&now, &tm);
	struct tm a = { .tm_year = tm.tm_year,
		.tm_mon = tm.tm_mon,
		.tm_mday = tm.tm_mday - (DAYS - 1 - i),
		.tm_isdst = -1 },
		  b = a;
	b.tm_mday++;
	*begin = (int64_t)mktime(&a);
	*end = (int64_t)mktime(&b);
	*end = *end > (int64_t)now ? (int64_t)now : *end;
}

/* One cell for each day, today the last. */
static void
put_days(struct html *item, const struct trouble *t)
{
	for (int i = 0; i < DAYS; i++) {
		struct html *cell = html_item(item, "day");
		int64_t begin, end;
		char date[32], span[32];
		struct tm tm;

		day_span(i, &begin, &end);
		time_t at = (time_t)begin;
		localtime_r(&at, &tm);
		strftime(date, sizeof date, "%a %d %b", &tm);
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
	int64_t now = clock_wall_s();

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
		if ((at = look_expected(p->target[i])) != 0 &&
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
	int64_t now = clock_wall_s();
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

/* The parts of the configuration, read. 0, or -1 where R is to come again. */
static int
gather_all(struct request *r, struct part *part, size_t *parts)
{
	static const struct conf_target *all[GROUPS * TARGETS];
	size_t n = 0;

	*parts = 0;
	for (const struct conf_target *t = state_conf()->targets->first;
	     t != NULL && *parts < GROUPS; t = t->next) {
		struct part *p = &part[*parts];
		*p = (struct part){ .top = t };
		gather(p, t);
		for (size_t i = 0; i < p->count; i++)
			all[n++] = p->target[i];
		*parts += p->count > 0;
	}
	return warm_of(r, &warm_days, all, n, SPAN) ? -1 : 0;
}

static struct part part[GROUPS];
static const char *const tables[] = { "parts", "days", NULL };
static const char *const titles[] = { "parts", "days" };

void
page_status(struct request *r)
{
	unsigned count[STATE_WAITING + 1] = { 0 };
	size_t parts;

	if (gather_all(r, part, &parts) < 0)
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
	viewfile_links(page, r, "/status", tables, titles, true);
	page_send(r, page, 200, "status.html");
}

/* --- as a file -------------------------------------------------------------------- */

#define LETTER 12
#define ROW_HEIGHT 44.0
#define DAY_WIDTH ((double)PAPER_WIDTH / DAYS)

static void
file_part(struct viewfile *f, const struct part *p, const struct trouble *t)
{
	struct shares s = shares_of(p, t->first);
	struct trouble_span last = { 0, 0 };
	char *name = html_strip(p->top->menu);
	bool any = trouble_last(t, TROUBLE_DOWN, &last);

	viewfile_str(f, name);
	viewfile_str(f, states[state_of(p)].word);
	viewfile_int(f, (int64_t)p->count);
	viewfile_num(f, s.known ? s.up : NAN);
	viewfile_num(f, s.known ? s.down : NAN);
	viewfile_num(f, s.known ? s.unknown : NAN);
	viewfile_int(f, s.known ? s.first : 0);
	viewfile_int(f, any ? last.begin : 0);
	/* What goes on has no end. */
	viewfile_int(f, any && last.end < clock_wall_s() - 1 ? last.end : 0);
	free(name);
}

static void
file_days(struct viewfile *f, const struct part *p, const struct trouble *t)
{
	char *name = html_strip(p->top->menu);

	for (int i = 0; i < DAYS; i++) {
		int64_t begin, end;
		day_span(i, &begin, &end);
		viewfile_str(f, name);
		viewfile_int(f, begin);
		viewfile_num(
		    f, trouble_known(t, begin, end)
			   ? (double)trouble_within(t, TROUBLE_DOWN, begin, end)
			   : NAN);
	}
	free(name);
}

/* Its name and how it is, and a cell a day. */
static void
draw_part(FILE *out, const struct part *p, const struct trouble *t, double y)
{
	enum state state = state_of(p);
	char *name = html_strip(p->top->menu);

	paper_word(out, INK_TEXT, 0, y + 14, ANCHOR_LEFT, LETTER, name);
	paper_word(out,
	    state == STATE_FINE				       ? INK_GOOD
	    : state == STATE_DOWN			       ? INK_BAD
	    : state == STATE_UNKNOWN || state == STATE_WAITING ? INK_PALE
							       : INK_WARN,
	    PAPER_WIDTH, y + 14, ANCHOR_RIGHT, LETTER, states[state].word);
	for (int i = 0; i < DAYS; i++) {
		int64_t begin, end;
		day_span(i, &begin, &end);
		bool known = trouble_known(t, begin, end);
		unsigned level =
		    trouble_level(trouble_within(t, TROUBLE_DOWN, begin, end));
		paper_box(out, known ? FORM_BOX : FORM_HATCH,
		    known ? INK_HEAT + level : INK_GAP, i * DAY_WIDTH, y + 20,
		    DAY_WIDTH - 2, 14);
	}
	free(name);
}

void
status_file(struct request *r)
{
	static const struct viewfile_column parts_column[] = { { "name", "part",
								   VIEWFILE_TEXT },
		{ "state", "now", VIEWFILE_WORD }, { "targets", NULL, VIEWFILE_NUMBER },
		{ "up", "answered", VIEWFILE_RATIO },
		{ "down", "down", VIEWFILE_RATIO },
		{ "unknown", "not known", VIEWFILE_RATIO },
		{ "since", "since", VIEWFILE_TIME },
		{ "outage_begin", "last outage", VIEWFILE_TIME },
		{ "outage_end", "its end", VIEWFILE_TIME } },
					    days_column[] = { { "name", NULL,
								  VIEWFILE_TEXT },
						    { "begin", NULL, VIEWFILE_TIME },
						    { "down", NULL, VIEWFILE_LENGTH } };
	static struct trouble trouble[GROUPS];
	struct viewfile *f = viewfile_new(r, "status", "Status", tables);
	int64_t now = clock_wall_s();
	struct err err;
	size_t parts;

	if (f == NULL)
		return;
	if (gather_all(r, part, &parts) < 0) {
		viewfile_free(f);
		return;
	}
	viewfile_span(f, now - SPAN, now);
	for (size_t i = 0; i < parts; i++) {
		look_at(&part[i]);
		if (trouble_read(
			&trouble[i], part[i].top->path, now - SPAN, now, &err) != 0) {
			log_warnx("%s", err.text);
			trouble[i] = (struct trouble){ 0 };
		}
	}
	FILE *paper = viewfile_paper(f);
	if (paper != NULL && parts > 0) {
		paper_printf(paper, PAPER_TEXT,
		    "The last %d days, one cell a day: pale "
		    "is fine, the stronger the longer it was "
		    "down, hatched is not known.",
		    DAYS);
		for (size_t i = 0; i < parts; i++)
			draw_part(paper, &part[i], &trouble[i], (double)i * ROW_HEIGHT);
		paper_drawing(paper, PAPER_WIDTH, (double)parts * ROW_HEIGHT, "");
	}
	viewfile_table(f, "parts", "Figures", parts_column, 9, true);
	for (size_t i = 0; i < parts; i++)
		file_part(f, &part[i], &trouble[i]);
	viewfile_table(f, "days", "", days_column, 3, false);
	for (size_t i = 0; i < parts; i++)
		file_days(f, &part[i], &trouble[i]);
	for (size_t i = 0; i < parts; i++)
		trouble_free(&trouble[i]);
	viewfile_answer(f);
}
