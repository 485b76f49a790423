/* What happened: what is asked for, and the pages. */
#include "web/incidents.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "infer/segment.h"
#include "web/access.h"
#include "web/blockades.h"
#include "web/effects.h"
#include "web/eventlog.h"
#include "web/figure.h"
#include "web/headline.h"
#include "web/page.h"
#include "web/query.h"
#include "web/report.h"
#include "web/request.h"
#include "web/row.h"
#include "web/silences.h"
#include "web/talkers.h"
#include "web/vantage.h"
#include "web/veil.h"
#include "web/when.h"

#define OPEN_SHOWN 200
#define PAGE_ROWS 50
#define TARGET_ROWS 10
#define GATHERED_S 60	  /* from the first to the last of the same notes */
#define GATHERED_NAMED 4  /* of whom they are about, */
#define GATHERED_ROWS 500 /* and so many rows are looked at for them */
#define VEILED                                                                         \
	"One of the own hosts is under attack; which one is for those who know the "    \
	"password"
#define GLANCED 4	     /* incidents in short, */
#define GLANCE_LOOKED 40     /* among so many */
#define GLANCE_S (7 * 86400) /* and, where none is open, of so long ago */
#define TALK_AROUND_S 300 /* shown of traffic around what happened */

const char *const incidents_kind[INCIDENTS_KINDS] = { "loss", "alert", "backscatter",
	"attack", "congestion", "gap", "note", "loadtest", "verdict" };

/* KIND to people. */
static const char *
incidents_said(const char *kind)
{
	return strcmp(kind, "loadtest") == 0 ? "load test" : kind;
}

/* --- what is asked for ------------------------------------------------------------ */

/* Argument open: yes or no. 0, or -1 after having answered. */
static int
parse_open(struct request *r, struct eventlog_query *q)
{
	const char *text = request_arg(r, "open");

	if (text == NULL || *text == '\0')
		return 0;
	if (strcmp(text, "yes") == 0)
		q->which = EVENTLOG_OPEN;
	else if (strcmp(text, "no") == 0)
		q->which = EVENTLOG_CLOSED;
	else {
		reply_error(r, 400, "parameter open: expected yes or no");
		return -1;
	}
	return 0;
}

static int
parse_kind(struct request *r, struct eventlog_query *q)
{
	const char *text = request_arg(r, "kind");

	if (text == NULL || *text == '\0')
		return 0;
	for (unsigned i = 0; i < INCIDENTS_KINDS; i++)
		if (strcmp(text, incidents_kind[i]) == 0) {
			q->kind = incidents_kind[i];
			return 0;
		}
	reply_error(r, 400,
	    "parameter kind: expected loss, alert, backscatter, attack, "
	    "congestion, gap, note, loadtest or verdict");
	return -1;
}

/* Argument id: of one incident. 0, or -1 after having answered. */
static int
parse_id(struct request *r, struct eventlog_query *q)
{
	const char *text = request_arg(r, "id");

	if (text == NULL || *text == '\0')
		return 0;
	if (strlen(text) > 18 || text[strspn(text, "0123456789")] != '\0' ||
	    atoll(text) == 0) {
		reply_error(r, 400, "parameter id: expected an incident's number");
		return -1;
	}
	q->id = atoll(text);
	return 0;
}

int
incidents_query(struct request *r, struct eventlog_query *q)
{
	const char *subject = request_arg(r, "subject");
	const char *concerning = request_arg(r, "concerning");
	const char *after = request_arg(r, "after");

	if (request_time(r, "start", 0, &q->start) < 0 ||
	    request_time(r, "end", 0, &q->end) < 0 || parse_kind(r, q) < 0 ||
	    parse_open(r, q) < 0 || parse_id(r, q) < 0)
		return -1;
	if (q->end > 0 && q->start > q->end) {
		reply_error(r, 400, "parameter start: expected a time before end");
		return -1;
	}
	if (subject != NULL && *subject != '\0')
		q->subject = subject;
	if (concerning != NULL && *concerning != '\0') {
		q->subject = concerning;
		q->with_all = true;
	}
	if (after != NULL && *after != '\0') {
		if (strlen(after) > 18 || after[strspn(after, "0123456789")] != '\0' ||
		    atoll(after) == 0) {
			reply_error(r, 400,
			    "parameter after: expected the next of the page before");
			return -1;
		}
		q->after = atoll(after);
	}
	return 0;
}

bool
incidents_veiled(const struct eventlog_row *row, bool hosts)
{
	return !hosts && strcmp(row->kind, "attack") == 0;
}

char *
incidents_summary(const struct eventlog_row *row, bool hosts)
{
	if (incidents_veiled(row, hosts))
		return mem_str(VEILED);
	return hosts ? mem_str(row->summary) : veil_summary(row->summary, row->evidence);
}

/* --- for people ------------------------------------------------------------------- */

/* Facts of an incident as they are put: some are told twice in its evidence, once for
 * programs, once with their units. */
struct facts {
	struct html *item;
	char host[256];	 /* what it said of the host, */
	char seen[4096]; /* and all, a line each */
};

/* "1795846183 to 1795846185: why" in the words of people. */
static char *
span_text(const char *value)
{
	long long begin, end;
	char from[WHEN_TEXT], to[WHEN_TEXT];
	int at = 0;

	if (sscanf(value, "%lld to %lld%n", &begin, &end, &at) != 2)
		return mem_str(value);
	when_text(from, sizeof from, begin, true);
	when_text(to, sizeof to, end, true);
	return mem_printf("%s to %s%s", from, to, value + at);
}

/* Was it put already? */
static bool
is_repeated(struct facts *f, const char *word, const char *value)
{
	size_t len = strlen(f->seen);
	char *line = mem_printf("\n%s %s\n", word, value);
	bool repeated = strstr(f->seen, line) != NULL ||
			(strcmp(word, "address") == 0 && strcmp(value, f->host) == 0);

	if (strcmp(word, "host") == 0)
		snprintf(f->host, sizeof f->host, "%s", value);
	if (!repeated && len + strlen(line) < sizeof f->seen)
		memcpy(f->seen + len, line, strlen(line) + 1);
	free(line);
	return repeated;
}

static void
put_fact(void *ctx, const char *key, const char *value)
{
	struct facts *f = ctx;
	char *word = mem_str(key);
	bool is_span = strcmp(key, "gap") == 0 || strcmp(key, "outage") == 0 ||
		       strcmp(key, "phase") == 0;
	char *text = is_span ? span_text(value) : mem_str(value);

	for (char *p = word; *p != '\0'; p++)
		if (*p == '_')
			*p = ' ';
	if (!is_repeated(f, word, text)) {
		struct html *fact = html_item(f->item, "fact");
		html_text(fact, "f_word", word);
		html_text(fact, "f_value", text);
	}
	free(word);
	free(text);
}

struct page_list {
	struct html *page;
	const char *name;
	const char *explained; /* the list of those that a greater one speaks for; NULL:
				  the same */
	unsigned shown, limit;
	int64_t last;
	bool more, with_subject;
	bool hosts;    /* the reader may see which there are */
	bool unfolded; /* with the evidence in sight */
	bool brief; /* a line each, of what somebody has to know of */
	const struct conf_target *of; /* whose page it is; NULL: nobody's */
	struct gathered *gathered;    /* NULL: each note stands alone */
};

/* A note that was put last, and whom else it is about in the same words at the same
 * time: what a takeover writes beside each target is one line of the list. */
struct gathered {
	struct html *item; /* NULL: none was */
	char *summary, *names;
	int64_t begin;
	unsigned count;
};

static void
put_span(struct html *item, const struct eventlog_row *row)
{
	char when[40], span[32];
	int64_t end = row->end != 0 ? row->end : clock_wall_s();

	when_text(when, sizeof when, row->begin, false);
	html_text(item, "i_begin", when);
	html_flag(item, "i_open", row->end == 0);
	if (row->end != 0 && row->end == row->begin)
		return;
	if (row->end != 0) {
		when_until(when, sizeof when, row->begin, row->end);
		html_text(item, "i_end", when);
	}
	int64_t length = end > row->begin ? end - row->begin : 0;
	/* What goes on is not told to the second once it is long. */
	if (row->end == 0)
		figure_age(span, sizeof span, length);
	else
		figure_span(span, sizeof span, length);
	html_text(item, "i_span", span);
}

/* The way to who filled the line then, with some minutes around it. False: none. */
static bool
put_talk(struct html *item, const struct eventlog_row *row)
{
	int64_t end = row->end != 0 ? row->end : clock_wall_s();

	html_text(item, "i_talk", "");
	if (strcmp(row->kind, "note") == 0 || !talkers_known())
		return false;
	html_printf(item, "i_talk", "%s/traffic?start=%" PRId64 "&end=%" PRId64,
	    request_base(), row->begin - TALK_AROUND_S, end + TALK_AROUND_S);
	return true;
}

/* The way to a report for those who can mend it. False: none. */
static bool
put_report(struct html *item, const struct eventlog_row *row)
{
	html_text(item, "i_report", "");
	if (!report_tells(row->kind))
		return false;
	html_printf(
	    item, "i_report", "%s/report?incident=%" PRId64, request_base(), row->id);
	return true;
}

/* Has somebody to know of it who only glances? */
static bool
is_news(const struct eventlog_row *row)
{
	return row->suppressed_by == 0 && strcmp(row->kind, "note") != 0 &&
	       strcmp(row->kind, "gap") != 0 && strcmp(row->kind, "loadtest") != 0;
}

/* Who it is about, as the reader calls it: "Rooms › Kitchen from Far" by the menus of
 * T, the last one alone where that is to be BRIEF. To be freed. */
static char *
name_of(const struct eventlog_row *row, const struct conf_target *t, const char *slave,
    bool brief)
{
	const char *label =
	    strcmp(row->kind, "verdict") == 0 ? segment_label(row->subject) : NULL;
	struct vantage v;

	if (t == NULL || t->parent == NULL)
		return mem_str(label != NULL	       ? label
			       : *row->subject != '\0' ? row->subject
						       : "all targets");
	bool named = *slave != '\0' && vantage_find(state_conf(), slave, &v);
	char *menu = brief ? html_strip(t->menu) : row_trail(t);
	char *name =
	    mem_printf("%s%s%s", menu, named ? " from " : "", named ? v.display : "");
	free(menu);
	return name;
}

/* --- the same note about many ----------------------------------------------------- */

/* ROW, about T and put as ITEM, is a note that others may have in the same words. */
static void
gather_begin(struct gathered *g, struct html *item, const struct eventlog_row *row,
    const struct conf_target *t, const char *slave)
{
	free(g->summary);
	free(g->names);
	*g = (struct gathered){ .item = NULL };
	if (strcmp(row->kind, "note") != 0 || t == NULL || t->parent == NULL)
		return;
	g->item = item;
	g->summary = mem_str(row->summary);
	g->names = name_of(row, t, slave, true);
	g->begin = row->begin;
	g->count = 1;
}

/* Is ROW, about T, that note once more? Then it is told with it. */
static bool
gather(struct gathered *g, const struct eventlog_row *row, const struct conf_target *t,
    const char *slave)
{
	if (g->item == NULL || strcmp(row->kind, "note") != 0 || t == NULL ||
	    t->parent == NULL || strcmp(row->summary, g->summary) != 0 ||
	    g->begin - row->begin > GATHERED_S)
		return false;
	if (g->count++ < GATHERED_NAMED) {
		char *name = name_of(row, t, slave, true);
		char *names = mem_printf("%s, %s", g->names, name);
		free(name);
		free(g->names);
		g->names = names;
	}
	if (g->count > GATHERED_NAMED)
		html_printf(g->item, "i_name", "%s and %u more", g->names,
		    g->count - GATHERED_NAMED);
	else
		html_text(g->item, "i_name", g->names);
	html_text(g->item, "i_href", "");
	return true;
}

static void
gather_end(struct gathered *g)
{
	free(g->summary);
	free(g->names);
}

static void
put_item(void *ctx, const struct eventlog_row *row)
{
	struct page_list *l = ctx;

	if (l->brief && !is_news(row))
		return;
	char slave[VANTAGE_NAME] = "";
	const struct conf_target *t =
	    vantage_parse(state_conf(), row->subject, '.', slave);
	/* Of a slave that is no more, the target is still known. */
	if (t == NULL) {
		char *path = mem_strn(row->subject, strcspn(row->subject, "~"));
		t = conf_target_by_path(state_conf(), path);
		free(path);
	}
	if (!l->more && l->gathered != NULL && gather(l->gathered, row, t, slave)) {
		l->last = row->id;
		return;
	}
	if (l->shown == l->limit) {
		l->more = true;
		return;
	}
	l->shown++;
	l->last = row->id;
	bool apart = row->suppressed_by != 0 && l->explained != NULL;
	struct html *item = html_item(l->page, apart ? l->explained : l->name);
	if (apart)
		html_flag(l->page, "explained_shown", true);
	html_text(item, "i_kind", incidents_said(row->kind));
	html_printf(item, "i_tone", "%s",
	    row->suppressed_by != 0 ? "explained"
	    : row->end == 0	    ? "bad"
				    : "past");
	bool veiled = incidents_veiled(row, l->hosts);
	char *summary = incidents_summary(row, l->hosts);
	html_text(item, "i_summary", summary);
	free(summary);
	html_flag(item, "i_about", l->with_subject && !veiled);
	char *name = name_of(row, t, slave, l->brief);
	html_text(item, "i_name", name);
	free(name);
	if (l->gathered != NULL)
		gather_begin(l->gathered, item, row, t, slave);
	if (t != NULL && t->parent != NULL)
		row_href(item, "i_href", t);
	if (strcmp(row->confidence, "sure") != 0)
		html_text(item, "i_confidence", row->confidence);
	if (row->suppressed_by != 0)
		html_printf(item, "i_suppressed", "%" PRId64, row->suppressed_by);
	put_span(item, row);
	if (l->brief)
		return;
	bool talk = put_talk(item, row), report = put_report(item, row);
	html_flag(item, "i_ways", talk || report);
	html_printf(item, "i_id", "%" PRId64, row->id);
	html_flag(item, "i_unfolded", l->unfolded);
	if (l->of != NULL)
		effects_put(item, l->of, row);
	html_flag(item, "facts", !veiled && strcmp(row->evidence, "{}") != 0);
	if (veiled)
		return;
	char *evidence = l->hosts ? mem_str(row->evidence) : veil_evidence(row->evidence);
	struct facts facts = { .item = item };
	eventlog_facts(evidence, put_fact, &facts);
	free(evidence);
	blockades_facts(row->id, put_fact, &facts);
}

/* Put what Q asks for into LIST of PAGE. False when it cannot be read, which the page
 * says. */
static bool
put_list(struct page_list *l, struct eventlog_query *q)
{
	struct err err;
	int count;

	q->limit = l->gathered != NULL ? GATHERED_ROWS : l->limit + 1;
	count = eventlog_each(q, put_item, l, &err);
	l->more |= count == (int)q->limit;
	if (count >= 0)
		return true;
	html_printf(l->page, "unreadable", "Incidents cannot be read: %s", err.text);
	return false;
}

/* The same page without AFTER and KIND, and with those. */
static void
put_link(struct html *h, const char *name, const struct eventlog_query *q,
    const char *kind, int64_t after)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s/incidents", request_base());
	char sep = '?';
	if (kind != NULL) {
		fprintf(out, "%ckind=%s", sep, kind);
		sep = '&';
	}
	if (q->subject != NULL) {
		fprintf(out, "%csubject=", sep);
		query_encode(out, q->subject);
		sep = '&';
	}
	if (after != 0)
		fprintf(out, "%cafter=%" PRId64, sep, after);
	mem_stream_end(out);
	html_text(h, name, text);
	free(text);
}

static void
put_kinds(struct html *page, const struct eventlog_query *q)
{
	struct html *item = html_item(page, "choice");

	html_text(item, "c_word", "all");
	html_flag(item, "c_chosen", q->kind == NULL);
	put_link(item, "c_href", q, NULL, 0);
	for (unsigned i = 0; i < INCIDENTS_KINDS; i++) {
		item = html_item(page, "choice");
		html_text(item, "c_word", incidents_said(incidents_kind[i]));
		html_flag(item, "c_chosen", q->kind == incidents_kind[i]);
		put_link(item, "c_href", q, incidents_kind[i], 0);
	}
}

/* The same as a file: FORMAT "csv" or "json". */
static void
put_file(struct html *page, const char *name, const struct eventlog_query *q,
    const char *format)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s/api/v1/incidents?format=%s&limit=%d", request_base(), format,
	    INCIDENTS_MOST);
	if (q->kind != NULL)
		fprintf(out, "&kind=%s", q->kind);
	if (q->id != 0)
		fprintf(out, "&id=%" PRId64, q->id);
	if (q->start != 0)
		fprintf(out, "&start=%" PRId64, q->start);
	if (q->end != 0)
		fprintf(out, "&end=%" PRId64, q->end);
	if (q->subject != NULL) {
		fputs("&subject=", out);
		query_encode(out, q->subject);
	}
	mem_stream_end(out);
	html_text(page, name, text);
	free(text);
}

static void
put_pdf(struct html *page, const struct request *r)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s/incidents.pdf", request_base());
	request_link(r, out, "after", NULL);
	mem_stream_end(out);
	html_text(page, "pdf", text);
	free(text);
}

/* The way to the same as a calendar. */
static void
put_calendar(struct html *page, const char *subject)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s/calendar", request_base());
	if (subject != NULL && conf_target_by_path(state_conf(), subject) != NULL) {
		fputs("?target=", out);
		query_encode(out, subject);
	}
	mem_stream_end(out);
	html_text(page, "calendar", text);
	free(text);
}

/* Whose they are. */
static void
put_subject(struct html *page, const char *subject)
{
	char *trail = row_trail(conf_target_by_path(state_conf(), subject));

	html_text(page, "of_subject", *trail != '\0' ? trail : subject);
	free(trail);
}

void
page_incidents(struct request *r)
{
	struct eventlog_query q = { 0 };

	if (incidents_query(r, &q) < 0)
		return;
	struct html *page = page_new(r, "Incidents", "incidents");
	struct page_list open = { .page = page,
		.name = "open",
		.explained = "explained",
		.limit = OPEN_SHOWN,
		.with_subject = true,
		.hosts = access_hosts(r) };
	struct gathered notes = { .item = NULL };
	struct page_list past = { .page = page,
		.name = "past",
		.gathered = &notes,
		.limit = PAGE_ROWS,
		.with_subject = true,
		.hosts = access_hosts(r) };
	unsigned asked = q.which;

	open.unfolded = past.unfolded = q.id != 0;

	put_kinds(page, &q);
	if (q.after == 0)
		silences_put(page);
	if (q.subject != NULL)
		put_subject(page, q.subject);
	put_calendar(page, q.subject);
	put_file(page, "csv", &q, "csv");
	put_file(page, "json", &q, "json");
	put_pdf(page, r);
	if (q.after == 0 && asked != EVENTLOG_CLOSED) {
		q.which = EVENTLOG_OPEN;
		put_list(&open, &q);
		headline_beginning(page);
		html_flag(page, "none_open", open.shown == 0 && q.kind == NULL);
		html_flag(page, "first_page", true);
		html_flag(page, "open_shown", open.shown > 0);
		html_flag(page, "open_more", open.more);
	}
	if (asked != EVENTLOG_OPEN) {
		q.which = EVENTLOG_CLOSED;
		put_list(&past, &q);
		gather_end(&notes);
		html_flag(page, "none_past", past.shown == 0);
		html_flag(page, "one_open", q.id != 0 && open.shown > 0);
		if (past.more)
			put_link(page, "older", &q, q.kind, past.last);
	}
	page_send(r, page, 200, "incidents.html");
}

void
incidents_of(struct html *page, const struct conf_target *t, int64_t start, int64_t end)
{
	struct page_list l = {
		.page = page, .name = "incident", .limit = TARGET_ROWS, .of = t
	};
	struct eventlog_query q = {
		.start = start, .end = end, .subject = t->path, .with_all = true
	};

	put_list(&l, &q);
	html_flag(page, "incidents", l.shown > 0);
	q.with_all = false;
	put_calendar(page, t->path);
	if (l.more)
		put_link(page, "i_more", &q, NULL, 0);
}

void
incidents_glance(struct html *page, bool hosts)
{
	struct page_list l = { .page = page,
		.name = "g_item",
		.limit = GLANCED,
		.with_subject = true,
		.hosts = hosts,
		.brief = true };
	struct eventlog_query q = { .which = EVENTLOG_OPEN, .limit = GLANCE_LOOKED };
	unsigned open = eventlog_open_count();
	struct err err;

	if (open > 0) {
		html_printf(page, "g_open", "%u", open);
		eventlog_each(&q, put_item, &l, &err);
		return;
	}
	html_text(page, "g_none", "No incident is open.");
	q.which = EVENTLOG_CLOSED;
	q.start = clock_wall_s() - GLANCE_S;
	eventlog_each(&q, put_item, &l, &err);
}
