/* What happened, as a file. */
#include <math.h>
#include <stdlib.h>

#include "web/access.h"
#include "web/eventlog.h"
#include "web/incidents.h"
#include "web/request.h"
#include "web/viewfile.h"

struct filing {
	struct viewfile *f;
	bool hosts; /* the reader may see which there are */
};

static void
file_row(void *ctx, const struct eventlog_row *row)
{
	const struct filing *g = ctx;
	char *summary = incidents_summary(row, g->hosts);

	viewfile_int(g->f, row->id);
	viewfile_str(g->f, row->kind);
	viewfile_str(g->f, incidents_veiled(row, g->hosts) ? "" : row->subject);
	viewfile_int(g->f, row->begin);
	viewfile_int(g->f, row->end);
	viewfile_num(g->f, row->end != 0 ? (double)(row->end - row->begin) : NAN);
	viewfile_str(g->f, summary);
	viewfile_str(g->f, row->confidence);
	viewfile_num(g->f, row->suppressed_by != 0 ? (double)row->suppressed_by : NAN);
	free(summary);
}

void
incidents_file(struct request *r)
{
	static const char *const tables[] = { "incidents", NULL };
	static const struct viewfile_column column[] = { { "id", "no.",
							     VIEWFILE_NUMBER },
		{ "kind", "kind", VIEWFILE_WORD }, { "subject", "of", VIEWFILE_TEXT },
		{ "begin", "begin", VIEWFILE_TIME }, { "end", "end", VIEWFILE_TIME },
		{ "duration", "duration", VIEWFILE_LENGTH },
		{ "summary", "what", VIEWFILE_TEXT },
		{ "confidence", "sure?", VIEWFILE_WORD },
		{ "suppressed_by", NULL, VIEWFILE_NUMBER } };
	struct filing g = { viewfile_new(r, "incidents", "Incidents", tables),
		access_hosts(r) };
	struct eventlog_query q = { .limit = INCIDENTS_MOST };
	struct err err;

	if (g.f == NULL)
		return;
	if (incidents_query(r, &q) < 0) {
		viewfile_free(g.f);
		return;
	}
	viewfile_table(g.f, "incidents", q.subject != NULL ? q.subject : "All", column,
	    sizeof column / sizeof column[0], true);
	if (eventlog_each(&q, file_row, &g, &err) < 0) {
		reply_error(r, 503, "incidents cannot be read: %s", err.text);
		viewfile_free(g.f);
		return;
	}
	viewfile_answer(g.f);
}
