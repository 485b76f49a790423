/* What happened, for programs: as JSON, or as a table. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "culprit.h"
#include "web/access.h"
#include "web/api.h"
#include "web/blockades.h"
#include "web/csv.h"
#include "web/culprits.h"
#include "web/eventlog.h"
#include "web/incidents.h"
#include "web/request.h"
#include "web/veil.h"
#include "web/viewname.h"

#define LIMIT_DEFAULT 100
/* So many of a list say who filled the line. */
#define EXPLAINED 10

struct list {
	struct json j;
	unsigned put, limit;
	int64_t last, next; /* next 0: there are no more */
	unsigned explained;
	bool hosts; /* the reader may see which there are */
};

/* With who filled the line then, and what is done against an attack. */
static void
put_evidence(struct list *l, const struct eventlog_row *row)
{
	struct json *j = &l->j;
	size_t len = culprit_without(row->evidence);
	bool attack = strcmp(row->kind, "attack") == 0;
	bool explain = l->explained < EXPLAINED && culprits_wanted(row);

	jw_key(j, "evidence");
	if (incidents_veiled(row, l->hosts)) {
		jw_object(j);
	} else if (len < 2) {
		json_raw(j, row->evidence);
		return;
	} else {
		/* "{...}" without its end, and without what is told anew. */
		char *whole = mem_printf("%.*s}", (int)(len - 1), row->evidence);
		char *shown = l->hosts ? mem_str(whole) : veil_evidence(whole);
		shown[strlen(shown) - 1] = '\0';
		json_raw(j, shown);
		j->comma = shown[1] != '\0';
		free(shown);
		free(whole);
	}
	if (explain) {
		l->explained++;
		culprits_put(j, row, clock_wall_s(), l->hosts);
	}
	if (attack && !incidents_veiled(row, l->hosts))
		blockades_put(j, row->id, l->hosts);
	jw_object_end(j);
}

void
incidents_put_head(struct json *j, const struct eventlog_row *row, bool hosts)
{
	char *summary = incidents_summary(row, hosts);

	jw_put_some(j, "id", row->id);
	jw_put_str(j, "kind", row->kind);
	jw_put_str(j, "subject", incidents_veiled(row, hosts) ? "" : row->subject);
	jw_put_str(j, "source", row->source);
	jw_put_some(j, "begin", row->begin);
	jw_put_some(j, "end", row->end);
	jw_put_str(j, "confidence", row->confidence);
	jw_put_str(j, "summary", summary);
	jw_put_num(j, "worst", row->worst);
	jw_put_some(j, "suppressed_by", row->suppressed_by);
	jw_put_some(j, "priority", row->priority);
	free(summary);
}

static void
put_row(void *ctx, const struct eventlog_row *row)
{
	struct list *l = ctx;
	struct json *j = &l->j;

	if (l->put == l->limit) {
		l->next = l->last;
		return;
	}
	l->put++;
	l->last = row->id;
	jw_object(j);
	incidents_put_head(j, row, l->hosts);
	put_evidence(l, row);
	jw_object_end(j);
}

/* --- as a table ------------------------------------------------------------------- */

struct table {
	FILE *out;
	bool hosts; /* as in struct list */
};

static void
csv_row(void *ctx, const struct eventlog_row *row)
{
	struct table *t = ctx;
	char *summary = incidents_summary(row, t->hosts);

	fprintf(t->out, "%" PRId64 ",%s,", row->id, row->kind);
	csv_text(t->out, incidents_veiled(row, t->hosts) ? "" : row->subject);
	fprintf(t->out, ",%" PRId64 ",", row->begin);
	if (row->end != 0)
		fprintf(t->out, "%" PRId64, row->end);
	fprintf(t->out, ",%s,", row->confidence);
	csv_text(t->out, summary);
	putc(',', t->out);
	if (row->suppressed_by != 0)
		fprintf(t->out, "%" PRId64, row->suppressed_by);
	fputs("\r\n", t->out);
	free(summary);
}

static void
answer_csv(struct request *r, const struct eventlog_query *q)
{
	struct table t = { request_out(r), access_hosts(r) };
	int64_t now = clock_wall_s();
	struct err err;

	fputs("id,kind,subject,begin,end,confidence,summary,suppressed_by\r\n", t.out);
	if (eventlog_each(q, csv_row, &t, &err) < 0) {
		reply_error(r, 503, "incidents cannot be read: %s", err.text);
		return;
	}
	viewname_set(r, VIEW_KEPT, "incidents", now, now, "csv");
	request_set_header(r, "Cache-Control", "no-store");
	reply(r, 200, "text/csv; charset=utf-8; header=present");
}

void
incidents_handle(struct request *r)
{
	struct eventlog_query q = { 0 };
	struct list l = { .put = 0 };
	struct err err;
	long limit;
	bool csv;

	if (request_format(r, &csv) < 0 || incidents_query(r, &q) < 0 ||
	    request_int(r, "limit", csv ? INCIDENTS_MOST : LIMIT_DEFAULT, 1,
		INCIDENTS_MOST, &limit) < 0)
		return;
	if (csv) {
		q.limit = (unsigned)limit;
		answer_csv(r, &q);
		return;
	}
	l.limit = (unsigned)limit;
	l.hosts = access_hosts(r);
	q.limit = l.limit + 1;
	jw_init(&l.j, request_out(r));
	jw_object(&l.j);
	jw_key(&l.j, "incidents");
	jw_array(&l.j);
	if (eventlog_each(&q, put_row, &l, &err) < 0) {
		reply_error(r, 503, "incidents cannot be read: %s", err.text);
		return;
	}
	jw_array_end(&l.j);
	jw_put_some(&l.j, "next", l.next);
	jw_object_end(&l.j);
	api_answer(r);
}
