#include "web/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/access.h"
#include "web/eventlog.h"
#include "web/history.h"
#include "web/page.h"
#include "web/query.h"
#include "web/reportparts.h"
#include "web/request.h"
#include "web/row.h"
#include "web/veil.h"
#include "web/ways.h"

#define SPAN_DEFAULT (30 * 86400)
#define SPAN_LEAST 900 /* in which a young box has rows of its step */
#define YOUNG 20 /* a report begins later by so much of it, or not */
#define SPAN_MAX (400LL * 86400)
#define AROUND_S (2 * 3600) /* read around an incident, at least */

bool
report_tells(const char *kind)
{
	static const char *const kinds[] = { "loss", "alert", "congestion", "verdict" };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

/* --- what is in it ---------------------------------------------------------------- */

static void
add_target(struct report *p, const struct conf_target *t)
{
	for (size_t i = 0; i < p->targets; i++)
		if (p->target[i] == t)
			return;
	if (p->targets == REPORT_TARGETS)
		p->more = true;
	else
		p->target[p->targets++] = t;
}

/* T, or what is measured below it. */
static void
add_below(struct report *p, const struct conf_target *t)
{
	if (t->kind != CONF_GROUP && t->kind != CONF_MULTIHOST && t->note == NULL)
		add_target(p, t);
	for (const struct conf_target *c = t->first; c != NULL && !p->more; c = c->next)
		if (!c->hide)
			add_below(p, c);
}

/* The way out, rung by rung, which is what a provider can mend: what is fine on it is
 * evidence, too. */
static void
add_ladder(struct report *p)
{
	static const enum rung rungs[] = { RUNG_GATEWAY, RUNG_ACCESS, RUNG_PROVIDER,
		RUNG_FAR };
	const struct conf *conf = state_conf();
	const struct ladder *l = ways_ladder();

	for (size_t k = 0; l != NULL && k < sizeof rungs / sizeof rungs[0]; k++)
		for (size_t i = 0; i < conf->target_count; i++) {
			const struct conf_target *t = conf->target[i];
			const struct ladder_role *role = ladder_role(l, t->id);
			if (role != NULL && role->rung == rungs[k] && !row_hidden(t) &&
			    t->kind != CONF_MULTIHOST && p->targets < REPORT_TARGETS)
				add_target(p, t);
		}
}

static void
take_incident(void *ctx, const struct eventlog_row *row)
{
	struct report *p = ctx;

	if (row->id != p->id || p->summary != NULL)
		return;
	p->begin = row->begin;
	p->open = row->end == 0;
	p->over = p->open ? clock_wall_s() : row->end;
	p->kind = mem_str(row->kind);
	p->subject = mem_str(row->subject);
	p->confidence = mem_str(row->confidence);
	p->summary = p->hosts ? mem_str(row->summary)
			      : veil_summary(row->summary, row->evidence);
}

static int
parse_incident(struct request *r, struct report *p, const char *text)
{
	struct eventlog_query q = { .limit = 1 };
	struct err err;

	if (strlen(text) > 18 || text[strspn(text, "0123456789")] != '\0' ||
	    (q.id = p->id = atoll(text)) == 0) {
		reply_error(
		    r, 400, "parameter incident: expected an incident's number");
		return -1;
	}
	if (eventlog_each(&q, take_incident, p, &err) < 0) {
		reply_error(r, 503, "incidents cannot be read: %s", err.text);
		return -1;
	}
	/* Of traffic, and so of hosts, this tells nothing. */
	if (p->summary == NULL || strcmp(p->kind, "attack") == 0 ||
	    strcmp(p->kind, "backscatter") == 0 || strcmp(p->kind, "note") == 0) {
		reply_error(
		    r, 404, "There is no incident %s that could be reported.", text);
		return -1;
	}
	int64_t around = (p->over - p->begin) / 2;
	if (around < AROUND_S)
		around = AROUND_S;
	p->start = p->begin - around;
	p->end = p->over + around;
	if (p->end > clock_wall_s())
		p->end = clock_wall_s();
	if (p->end - p->start > SPAN_MAX)
		p->start = p->end - SPAN_MAX;
	return 0;
}

static int
parse_span(struct request *r, struct report *p)
{
	int64_t now = clock_wall_s();

	if (request_time(r, "end", now, &p->end) != 0 ||
	    request_time(r, "start", p->end - SPAN_DEFAULT, &p->start) != 0)
		return -1;
	if (p->start > 315532800 && p->start < p->end && p->end - p->start <= SPAN_MAX)
		return 0;
	reply_error(
	    r, 400, "parameter start: expected a time before end, by at most 400 days");
	return -1;
}

static int
parse_targets(struct request *r, struct report *p)
{
	const char *path = request_arg(r, "target");
	const struct conf_target *t;

	if (path != NULL && *path != '\0') {
		t = conf_target_by_path(state_conf(), path);
		if (t == NULL) {
			reply_error(
			    r, 404, "parameter target: no target is called %s", path);
			return -1;
		}
		add_below(p, t);
	} else {
		const char *whose = p->subject != NULL ? p->subject : "";
		char *subject = mem_strn(whose, strcspn(whose, "~"));
		t = conf_target_by_path(state_conf(), subject);
		free(subject);
		if (t != NULL && t != state_conf()->targets)
			add_below(p, t);
		p->named = p->targets == 1 && p->target[0] == t;
		add_ladder(p);
	}
	if (p->targets == 0)
		add_below(p, state_conf()->targets);
	if (p->targets > 0)
		return 0;
	reply_error(r, 404, "Nothing is measured there that could be reported.");
	return -1;
}

/* When the first begins that is known of T within SPAN seconds before NOW; 0: nothing
 * is. Rows that cover a month are long, and a young box has none of them yet. */
static int64_t
first_known(const struct conf_target *t, int64_t now, int64_t span)
{
	for (; span > SPAN_LEAST; span /= 8) {
		const struct history *past =
		    history_of(t, now - span, now, HISTORY_LIST);
		if (past->first != 0)
			return past->first - past->step;
	}
	int64_t first = row_first(t, SPAN_LEAST);
	return first != 0 ? first - t->step : 0;
}

/* Where nobody says from when on, a young box tells of the time that it knows: of a
 * month it would have measured "0 %". */
static void
begin_with_history(struct report *p)
{
	int64_t first = p->end;

	for (size_t i = 0; i < p->targets; i++) {
		int64_t known = first_known(p->target[i], p->end, p->end - p->start);
		if (known != 0 && known < first)
			first = known;
	}
	if (first - p->start < (p->end - p->start) / YOUNG || first == p->end)
		return;
	p->start = first;
	p->young = true;
}

int
report_take(struct request *r, struct report *p)
{
	const char *incident = request_arg(r, "incident");
	const char *hosts = request_arg(r, "hosts");

	if (hosts != NULL && strcmp(hosts, "yes") == 0) {
		if (!access_hosts(r)) {
			reply_error(r, 403,
			    "parameter hosts: which hosts there are is told to who has "
			    "logged in");
			return -1;
		}
		p->hosts = true;
	} else if (hosts != NULL && *hosts != '\0' && strcmp(hosts, "no") != 0) {
		reply_error(r, 400, "parameter hosts: expected yes or no");
		return -1;
	}
	if (incident != NULL && *incident != '\0') {
		if (parse_incident(r, p, incident) != 0)
			return -1;
	} else if (parse_span(r, p) != 0) {
		return -1;
	}
	if (parse_targets(r, p) != 0)
		return -1;
	if (p->id == 0 && request_arg(r, "start") == NULL &&
	    request_arg(r, "end") == NULL)
		begin_with_history(p);
	return 0;
}

void
report_free(struct report *p)
{
	free(p->kind);
	free(p->subject);
	free(p->confidence);
	free(p->summary);
}

/* --- the answer ------------------------------------------------------------------- */

/* "/report.pdf?..." with the arguments of R, NAME of which is VALUE. */
static void
put_link(struct html *page, const char *value_name, const struct request *r,
    const char *path, const char *name, const char *value)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s%s", request_base(), path);
	request_link(r, out, name, value);
	mem_stream_end(out);
	html_text(page, value_name, text);
	free(text);
}

static void
show_page(struct request *r, const struct report *p, char *text)
{
	struct html *page = page_new(r, "Report", NULL);

	html_text(page, "refresh", "");
	report_show(page, text);
	static const char *const suffix[] = { "pdf", "png", "svg", "csv", "json" };
	for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
		char *path = mem_printf("/report.%s", suffix[i]);
		put_link(page, suffix[i], r, path, "hosts", p->hosts ? "yes" : "no");
		free(path);
	}
	if (p->hosts || access_hosts(r)) {
		put_link(page, "other_hosts", r, "/report", "hosts",
		    p->hosts ? "no" : "yes");
		html_text(page, "other_word",
		    p->hosts ? "without addresses of the house"
			     : "with addresses of the house");
	}
	page_send(r, page, 200, "report.html");
}

void
report_handle(struct request *r)
{
	struct report p = { 0 };
	char *text = NULL;
	size_t len;

	if (report_take(r, &p) == 0) {
		p.out = mem_stream(&text, &len);
		report_write(&p);
		mem_stream_end(p.out);
		show_page(r, &p, text);
	}
	free(text);
	report_free(&p);
}
