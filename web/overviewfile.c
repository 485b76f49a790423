/* The front page as a file: the sentence, the smoke, and how each target is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/zone.h"
#include "web/access.h"
#include "web/look.h"
#include "web/page.h"
#include "web/paper.h"
#include "web/request.h"
#include "web/row.h"
#include "web/vantage.h"
#include "web/verdictshow.h"
#include "web/viewfile.h"
#include "web/warm.h"

#define ROWS 10000
#define SHOWN 200   /* for people */
#define PICTURED 16 /* whose smoke is drawn */

static const char *const tables[] = { "targets", NULL };

/* T and what is measured below it, at most MOST. */
static size_t
list_targets(const struct conf_target *t, const struct conf_target **list, size_t most)
{
	size_t n = 0;

	if (most > 0 && t->kind != CONF_GROUP && t->kind != CONF_MULTIHOST &&
	    row_listed(t))
		list[n++] = t;
	for (const struct conf_target *k = t->first; k != NULL && n < most; k = k->next)
		if (!k->hide)
			n += list_targets(k, list + n, most - n);
	return n;
}

static void
put_target(struct viewfile *f, const struct conf_target *t)
{
	const struct live *live = state_live(t->id);
	char address[ADDR_TEXT] = "", why[256] = "", *trail = row_trail(t);
	bool known = live != NULL && live->measured;

	if (live != NULL)
		addr_text(&live->target.address, address);
	viewfile_str(f, t->path);
	viewfile_str(f, trail);
	viewfile_str(f, t->host);
	viewfile_str(f, *address != '\0' ? address : NULL);
	viewfile_str(f, look_word(look_of(t, why, sizeof why)));
	viewfile_str(f, why);
	viewfile_int(f, known ? live->row : 0);
	viewfile_num(f, known ? live->median : NAN);
	viewfile_num(f, known ? live->jitter : NAN);
	viewfile_num(f, known ? live->loss_ratio : NAN);
	free(trail);
}

static void
put_sentence(FILE *paper, bool hosts)
{
	const struct msg_verdict *v = verdictshow();

	if (v == NULL)
		return;
	char *sentence = hosts ? mem_str(v->sentence) : msg_verdict_veiled(v);
	paper_printf(paper, PAPER_TEXT, "%s", sentence);
	free(sentence);
}

static void
put_smoke(FILE *paper, const struct conf_target *t, int64_t start, int64_t end)
{
	struct msg_draw *d = mem_zero(1, sizeof *d);
	char *trail = row_trail(t);

	d->target = t->id;
	snprintf(d->zone, sizeof d->zone, "%s", zone_used());
	snprintf(d->slave, sizeof d->slave, "%s", vantage_first(state_conf(), t));
	d->start = start;
	d->end = end;
	d->width = 680;
	d->height = 50;
	d->kind = DRAW_STRIP;
	paper_graph(paper, d, trail);
	free(trail);
	free(d);
}

static void
draw(FILE *paper, const struct conf_target *const *list, size_t count, bool hosts)
{
	int64_t now = clock_wall_s(), span = row_span();
	char from[VIEWFILE_WHEN], to[VIEWFILE_WHEN];

	put_sentence(paper, hosts);
	if (count == 0)
		return;
	paper_printf(paper, PAPER_HEADING, "Smoke, %s – %s",
	    viewfile_when(from, now - span, false), viewfile_when(to, now, true));
	for (size_t i = 0; i < count && i < PICTURED; i++)
		put_smoke(paper, list[i], now - span, now);
	if (count > PICTURED)
		paper_printf(paper, PAPER_SMALL,
		    "And %zu more targets, which are in the table.", count - PICTURED);
}

void
overviewfile_handle(struct request *r)
{
	static const struct viewfile_column column[] = {
		{ "target", NULL, VIEWFILE_TEXT }, { "name", "target", VIEWFILE_TEXT },
		{ "host", "host", VIEWFILE_TEXT }, { "address", NULL, VIEWFILE_TEXT },
		{ "state", "state", VIEWFILE_WORD }, { "why", NULL, VIEWFILE_TEXT },
		{ "time", NULL, VIEWFILE_TIME }, { "median", "median", VIEWFILE_RTT },
		{ "jitter", "jitter", VIEWFILE_RTT },
		{ "loss_ratio", "loss", VIEWFILE_RATIO }
	};
	const char *below = request_arg(r, "below");
	const struct conf_target *top = state_conf()->targets, **list;
	size_t count;

	if (below != NULL && *below != '\0')
		top = conf_target_by_path(state_conf(), below);
	if (top == NULL) {
		reply_error(r, 404, "parameter below: no group is called %s", below);
		return;
	}
	char *trail = row_trail(top);
	struct viewfile *f =
	    viewfile_new(r, "overview", *trail != '\0' ? trail : "All targets", tables);
	free(trail);
	if (f == NULL)
		return;
	list = mem_alloc(ROWS * sizeof *list);
	count = list_targets(top, list, viewfile_paper(f) != NULL ? SHOWN : ROWS);
	if (viewfile_paper(f) == NULL || !warm_begin(r, list, count, row_span())) {
		if (viewfile_paper(f) != NULL)
			draw(viewfile_paper(f), list, count, access_hosts(r));
		viewfile_table(f, "targets", "Now", column,
		    sizeof column / sizeof column[0], true);
		for (size_t i = 0; i < count; i++)
			put_target(f, list[i]);
		viewfile_answer(f);
	} else {
		viewfile_free(f);
	}
	free(list);
}
