/* Traffic as a file: its course, and who filled the line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/access.h"
#include "web/paper.h"
#include "web/radios.h"
#include "web/request.h"
#include "web/talkername.h"
#include "web/talkers.h"
#include "web/trafficchart.h"
#include "web/trafficview.h"
#include "web/viewfile.h"

#define ROWS 1000 /* of one table, for programs */
#define SHOWN 15  /* for people */

static const struct kind {
	enum minute_by by;
	const char *title, *what;
} kinds[] = {
	{ MINUTE_HOST, "Hosts here", "host" },
	{ MINUTE_PORT, "Services", "service" },
	{ MINUTE_PEER, "Peers outside", "peer" },
	{ MINUTE_FLOW, "Who with whom", "flow" },
	{ MINUTE_PROTOCOL, "Protocols", "protocol" },
	{ MINUTE_AS, "Networks outside", "network" },
	{ MINUTE_DSCP, "Classes of service", "class" },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static const char *const tables[] = { "course", "host", "port", "peer", "flow",
	"protocol", "as", "dscp", "interfaces", "radios", NULL };
static const char *const titles[] = { "course", "hosts", "services", "peers", "flows",
	"protocols", "networks", "classes", "interfaces", "wifi" };

#define TABLES (sizeof titles / sizeof titles[0])

/* --- the course ------------------------------------------------------------------- */

static double
rate(const struct talkers_slot *s, enum minute_way way)
{
	return s->known && s->seconds > 0 ? (double)s->all[way] * 8 / s->seconds : NAN;
}

static void
put_course(struct viewfile *f, const struct traffic_view *v)
{
	static const struct viewfile_column column[] = {
		{ "time", NULL, VIEWFILE_TIME }, { "seconds", NULL, VIEWFILE_NUMBER },
		{ "in", NULL, VIEWFILE_RATE }, { "out", NULL, VIEWFILE_RATE }
	};
	static struct talkers_course course;
	struct minute_key key[TALKERS_DRAWN] = { 0 };
	char name[TALKERS_DRAWN][TALKERNAME], more[TALKERNAME];
	const char *names[TALKERS_DRAWN];
	FILE *paper = viewfile_paper(f);
	size_t count = 0;

	if (paper != NULL) {
		struct toplist_row *row = toplist_top(
		    v->t.list[MINUTE_HOST], TALKERS_DRAWN, &count, NULL, NULL, NULL);
		for (size_t i = 0; i < count; i++) {
			key[i] = row[i].key;
			talker_name(MINUTE_HOST, &key[i], name[i], more);
			names[i] = v->hosts ? name[i] : "a device";
		}
		free(row);
	}
	talkers_course(
	    &course, MINUTE_HOST, key, (unsigned)count, v->t.start, v->t.end, v->now);
	viewfile_table(f, "course", "", column, 4, false);
	for (unsigned i = 0; i < course.slots; i++) {
		const struct talkers_slot *s = &course.slot[i];
		if (course.start + i * course.step >= v->now)
			break;
		viewfile_int(f, course.start + (i + 1) * course.step);
		viewfile_num(f, s->known ? s->seconds : 0);
		viewfile_num(f, rate(s, MINUTE_IN));
		viewfile_num(f, rate(s, MINUTE_OUT));
	}
	if (paper != NULL)
		traffic_drawing(paper, &course, (unsigned)count, v->now, names);
}

/* --- who -------------------------------------------------------------------------- */

static void
put_row(struct viewfile *f, const struct traffic_view *v, enum minute_by by,
    const struct toplist_row *row)
{
	double octets = (double)minute_octets(&row->sum),
	       all = (double)minute_octets(&v->t.total),
	       bound = talkers_octets_interval(&row->sum),
	       seconds = v->t.covered_s > 0 ? (double)v->t.covered_s : NAN;
	char name[TALKERNAME], more[TALKERNAME];

	talker_name(by, &row->key, name, more);
	viewfile_str(f, name);
	viewfile_str(f, more);
	viewfile_num(f, octets);
	viewfile_num(f, (double)row->sum.octets[MINUTE_IN]);
	viewfile_num(f, (double)row->sum.octets[MINUTE_OUT]);
	viewfile_num(f, (double)row->sum.octets[MINUTE_IN] * 8 / seconds);
	viewfile_num(f, (double)row->sum.octets[MINUTE_OUT] * 8 / seconds);
	viewfile_num(f, all > 0 ? fmin(1, octets / all) : NAN);
	viewfile_num(f, fmax(0, rint(octets - bound)));
	viewfile_num(f, rint(octets + bound));
	viewfile_num(f, (double)row->missing);
}

static void
put_kind(struct viewfile *f, const struct traffic_view *v, const struct kind *k)
{
	const struct viewfile_column column[] = { { "name", k->what, VIEWFILE_TEXT },
		{ "detail", "", VIEWFILE_TEXT },
		{ "octets", "volume", VIEWFILE_OCTETS },
		{ "octets_in", NULL, VIEWFILE_OCTETS },
		{ "octets_out", NULL, VIEWFILE_OCTETS }, { "in", "in", VIEWFILE_RATE },
		{ "out", "out", VIEWFILE_RATE }, { "share", "share", VIEWFILE_RATIO },
		{ "octets_low", NULL, VIEWFILE_OCTETS },
		{ "octets_high", NULL, VIEWFILE_OCTETS },
		{ "missing", NULL, VIEWFILE_OCTETS } };
	size_t count;
	struct toplist_row *row = toplist_top(v->t.list[k->by],
	    viewfile_paper(f) != NULL ? SHOWN : ROWS, &count, NULL, NULL, NULL);

	viewfile_table(f, minute_by_word(k->by), k->title, column,
	    sizeof column / sizeof column[0], false);
	for (size_t i = 0; i < count; i++)
		put_row(f, v, k->by, &row[i]);
	free(row);
}

static void
put_sentence(FILE *paper, const struct traffic_view *v)
{
	char from[VIEWFILE_WHEN], to[VIEWFILE_WHEN], in[32], out[32];

	paper_printf(paper, PAPER_TEXT, "%s – %s",
	    viewfile_when(from, v->t.start, false),
	    viewfile_when(to, v->t.until, true));
	if (v->t.covered_s <= 0) {
		paper_printf(paper, PAPER_TEXT, "Nothing is known of this time.");
		return;
	}
	traffic_rate(in, sizeof in,
	    (double)v->t.total.octets[MINUTE_IN] * 8 / (double)v->t.covered_s);
	traffic_rate(out, sizeof out,
	    (double)v->t.total.octets[MINUTE_OUT] * 8 / (double)v->t.covered_s);
	paper_printf(paper, PAPER_TEXT, "%s in and %s out, the mean of %.0f %% of it.",
	    in, out, 100 * talkers_coverage(&v->t));
}

void
trafficfile_handle(struct request *r)
{
	struct viewfile *f = viewfile_new(r, "traffic", "Traffic", tables);
	const char *table = request_arg(r, "table");
	struct traffic_view v;
	unsigned wanted = 0;

	if (f == NULL)
		return;
	if (traffic_parse(r, &v) < 0) {
		viewfile_free(f);
		return;
	}
	for (size_t i = 0; i < KINDS; i++) {
		const char *word = minute_by_word(kinds[i].by);
		if (viewfile_wants(f, word))
			wanted |= 1U << kinds[i].by;
		if (!v.hosts && access_is_private(kinds[i].by) && table != NULL &&
		    strcmp(table, word) == 0) {
			reply_error(r, 403,
			    "parameter table: who it is, and with whom, is for those who know "
			    "the password");
			viewfile_free(f);
			return;
		}
	}
	talkers_ask(&v.t, wanted, v.start, v.end, v.now);
	viewfile_span(f, v.t.start, v.t.until);
	if (viewfile_paper(f) != NULL)
		put_sentence(viewfile_paper(f), &v);
	if (viewfile_wants(f, "course"))
		put_course(f, &v);
	for (size_t i = 0; i < KINDS; i++)
		if ((wanted & 1U << kinds[i].by) != 0 &&
		    (v.hosts || !access_is_private(kinds[i].by)))
			put_kind(f, &v, &kinds[i]);
	if (viewfile_wants(f, "interfaces"))
		trafficview_interfaces_file(f, &v);
	if (viewfile_wants(f, "radios"))
		radios_file(f);
	talkers_free(&v.t);
	viewfile_answer(f);
}

static bool
no_radio(void)
{
	size_t count;

	radios_list(&count);
	return count == 0;
}

void
trafficfile_links(struct html *page, const struct request *r)
{
	const char *open[TABLES + 1], *words[TABLES];
	size_t count = 0;

	for (size_t i = 0; tables[i] != NULL; i++) {
		enum minute_by by = minute_by_of(tables[i]);
		bool closed =
		    by != MINUTE_BYS && access_is_private(by) && !access_hosts(r);
		if (closed || (strcmp(tables[i], "radios") == 0 && no_radio()))
			continue;
		words[count] = titles[i];
		open[count++] = tables[i];
	}
	open[count] = NULL;
	viewfile_links(page, r, "/traffic", open, words, true);
}
