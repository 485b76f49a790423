/* The front page, a group, or a place in a hierarchy as a file: the sentence, the
 * smoke, and how each target is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/zone.h"
#include "web/access.h"
#include "web/hierarchy.h"
#include "web/html.h"
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

/* What hangs at P and below it, at most MOST. */
static size_t
list_place(const struct spot *p, const struct conf_target **list, size_t most)
{
	size_t n = 0;

	if (p->target != NULL && p->target->hide)
		return 0;
	if (most > 0 && p->target != NULL && p->target->kind != CONF_MULTIHOST &&
	    row_listed(p->target))
		list[n++] = p->target;
	for (const struct spot *k = p->first; k != NULL && n < most; k = k->next)
		n += list_place(k, list + n, most - n);
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

/* What is asked for: PLACE in a hierarchy, or GROUP; malloced TITLE. */
struct wanted {
	const struct spot *place;
	const struct conf_target *group;
	char *title;
};

static int
read_wanted(struct request *r, struct wanted *w)
{
	const char *below = request_arg(r, "below"), *id = request_arg(r, "hierarchy");

	*w = (struct wanted){ .group = state_conf()->targets };
	if (below == NULL)
		below = "";
	if (id != NULL && *id != '\0') {
		const struct spot *root = hierarchy_root(id);

		w->place = root != NULL ? hierarchy_spot(root, below) : NULL;
		if (root == NULL)
			reply_error(
			    r, 404, "parameter hierarchy: none is called %s", id);
		else if (w->place == NULL)
			reply_error(r, 404,
			    "parameter below: there is no %s in hierarchy %s", below,
			    id);
		else
			w->title = html_strip(w->place->parent != NULL
						  ? spot_menu(w->place)
						  : page_hierarchy_title(id));
		return w->place != NULL ? 0 : -1;
	}
	if (*below != '\0')
		w->group = conf_target_by_path(state_conf(), below);
	if (w->group == NULL) {
		reply_error(r, 404, "parameter below: no group is called %s", below);
		return -1;
	}
	w->title = row_trail(w->group);
	return 0;
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
	const struct conf_target **list;
	struct wanted w;

	if (read_wanted(r, &w) < 0)
		return;
	struct viewfile *f = viewfile_new(
	    r, "overview", *w.title != '\0' ? w.title : "All targets", tables);
	free(w.title);
	if (f == NULL)
		return;
	size_t most = viewfile_paper(f) != NULL ? SHOWN : ROWS;
	list = mem_alloc(ROWS * sizeof *list);
	size_t count = w.place != NULL ? list_place(w.place, list, most)
				       : list_targets(w.group, list, most);
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
