/* /traffic: how full the line is, who filled it, and how far the figures can be
 * trusted. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "web/access.h"
#include "web/exporters.h"
#include "web/figure.h"
#include "web/loadtests.h"
#include "web/page.h"
#include "web/radios.h"
#include "web/request.h"
#include "web/talkername.h"
#include "web/talkers.h"
#include "web/trafficchart.h"
#include "web/trafficview.h"
#include "web/when.h"

#define SPAN_DEFAULT 3600
#define JUST_NOW 300 /* seconds */
#define REFRESH_S 10
/* A host of whom only those who know the password see the name. */
#define DEVICE "device %zu"
/* Units of the course: of a letter on a desk's screen and on a phone's. */
#define WIDE 1100
#define NARROW 340

/* What is shown by, in this order. */
static const struct section {
	enum minute_by by;
	const char *title, *what;
	unsigned rows;
} sections[] = {
	{ MINUTE_HOST, "Hosts here", "host", 10 },
	{ MINUTE_PORT, "Services", "service", 10 },
	{ MINUTE_PEER, "Peers outside", "peer", 10 },
	{ MINUTE_FLOW, "Who with whom", "flow", 10 },
	{ MINUTE_PROTOCOL, "Protocols", "protocol", 6 },
	{ MINUTE_AS, "Networks outside", "network", 8 },
	{ MINUTE_DSCP, "Classes of service", "class", 6 },
};
#define SECTIONS (sizeof sections / sizeof sections[0])

const char *
traffic_bytes(char *buf, size_t size, double octets)
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	unsigned u = 0;

	while (octets >= 999.5 && u < 6) {
		octets /= 1000;
		u++;
	}
	snprintf(buf, size, "%.*f %s",
	    octets >= 99.5 || u == 0 ? 0
	    : octets >= 9.95	     ? 1
				     : 2,
	    octets, unit[u]);
	return buf;
}

/* --- rows ------------------------------------------------------------------------- */

/* "9.61" and "Mbit/s" apart, so that the unit may be paler; nothing for nothing. */
static void
put_rate(struct html *h, const char *name, const char *unit, uint64_t octets,
    int64_t seconds)
{
	char text[32];

	html_text(h, name, "");
	html_text(h, unit, "");
	if (seconds <= 0 || octets == 0)
		return;
	traffic_rate(text, sizeof text, (double)octets * 8 / (double)seconds);
	char *blank = strchr(text, ' ');
	*blank = '\0';
	html_text(h, name, text);
	html_text(h, unit, blank + 1);
}

static void
put_bytes(struct html *h, const char *name, const char *unit, double octets)
{
	char text[32];

	traffic_bytes(text, sizeof text, octets);
	char *blank = strchr(text, ' ');
	*blank = '\0';
	html_text(h, name, text);
	html_text(h, unit, blank + 1);
}

/* How wrong the sum of a row can be, in percent of it: by sampling on both sides, and
 * by what lists leave out. */
static void
put_errors(struct html *h, const struct toplist_row *row)
{
	double octets = (double)minute_octets(&row->sum), bound;
	char text[32];

	html_text(h, "r_interval", "");
	html_text(h, "r_under", "");
	if (octets == 0)
		return;
	bound = talkers_octets_interval(&row->sum) / octets * 100;
	if (bound > 0)
		html_printf(h, "r_interval", "%.*f", bound < 9.95 ? 1 : 0, bound);
	if ((double)row->missing > octets / 200)
		html_text(h, "r_under",
		    traffic_bytes(text, sizeof text, (double)row->missing));
}

static void
put_sum(struct html *h, const struct minute_sum *sum, const struct traffic_view *v)
{
	double all = (double)minute_octets(&v->t.total);
	double share = all > 0 ? (double)minute_octets(sum) / all : 0;

	put_bytes(h, "r_bytes", "r_bytes_unit", (double)minute_octets(sum));
	put_rate(h, "r_in", "r_in_unit", sum->octets[MINUTE_IN], v->t.covered_s);
	put_rate(h, "r_out", "r_out_unit", sum->octets[MINUTE_OUT], v->t.covered_s);
	figure_percent(h, "r_share", share > 1 ? 1 : share);
	html_printf(h, "r_width", "%.1f", (share > 1 ? 1 : share) * 100);
}

static void
put_row(struct html *section, const struct traffic_view *v, enum minute_by by,
    const struct toplist_row *row, size_t place)
{
	struct html *h = html_item(section, "row");
	char name[TALKERNAME], more[TALKERNAME];

	talker_name(by, &row->key, name, more);
	if (!v->hosts && access_is_private(by)) {
		snprintf(name, sizeof name, DEVICE, place + 1);
		more[0] = '\0';
	}
	html_text(h, "r_name", name);
	html_text(h, "r_more", more);
	html_text(h, "r_colour", "");
	if (by == MINUTE_HOST && place < TALKERS_DRAWN)
		html_printf(h, "r_colour", "k%zu", place + 1);
	put_sum(h, &row->sum, v);
	put_errors(h, row);
}

static void
put_section(struct html *page, const struct traffic_view *v, const struct section *s)
{
	uint64_t others, unlisted;
	struct minute_sum rest;
	size_t count;
	char text[32];
	struct toplist_row *row =
	    toplist_top(v->t.list[s->by], s->rows, &count, &rest, &others, &unlisted);

	if (count > 0 &&
	    (v->hosts || !access_is_private(s->by) || s->by == MINUTE_HOST)) {
		struct html *section = html_item(page, "section");
		html_text(section, "s_title", s->title);
		html_text(section, "s_word", minute_by_word(s->by));
		html_text(section, "s_what", s->what);
		for (size_t i = 0; i < count; i++)
			put_row(section, v, s->by, &row[i], i);
		html_text(section, "s_rest", "");
		if (minute_octets(&rest) > 0) {
			struct html *h = html_item(section, "others");
			uint64_t gone = toplist_forgotten(v->t.list[s->by]);
			html_text(
			    h, "r_name", gone > 0 ? "others and forgotten" : "others");
			if (gone > 0)
				html_text(h, "r_gone",
				    traffic_bytes(text, sizeof text, (double)gone));
			html_text(h, "r_more", "");
			if (others > 0)
				html_printf(h, "r_more", "%" PRIu64 " or more", others);
			put_sum(h, &rest, v);
			if (unlisted > 0)
				html_text(h, "r_most",
				    traffic_bytes(text, sizeof text, (double)unlisted));
		}
	}
	free(row);
}

static void
put_sections(struct html *page, const struct traffic_view *v)
{
	for (size_t i = 0; i < SECTIONS; i++)
		put_section(page, v, &sections[i]);
	html_flag(page, "hidden", !v->hosts);
}

/* --- the sentence ----------------------------------------------------------------- */

/* "9.6 Mbit/s in and 0.4 Mbit/s out" */
static void
line_use(char *buf, size_t size, const struct talkers *t)
{
	char in[32], out[32];
	double seconds = t->covered_s > 0 ? (double)t->covered_s : 1;

	snprintf(buf, size, "%s in and %s out",
	    traffic_rate(
		in, sizeof in, (double)t->total.octets[MINUTE_IN] * 8 / seconds),
	    traffic_rate(
		out, sizeof out, (double)t->total.octets[MINUTE_OUT] * 8 / seconds));
}

/* Who had most of it, if one had much; "" else. ONE: what to call a device whose name
 * is not shown. */
static void
name_first(char *buf, size_t size, const struct traffic_view *v,
    const struct talkers *t, const char *one)
{
	char name[TALKERNAME], more[TALKERNAME];
	double all = (double)minute_octets(&t->total);
	size_t count;
	struct toplist_row *row =
	    toplist_top(t->list[MINUTE_HOST], 1, &count, NULL, NULL, NULL);

	buf[0] = '\0';
	if (count == 1 && all > 0 && (double)minute_octets(&row->sum) > all / 4) {
		double share = (double)minute_octets(&row->sum) / all * 100;
		talker_name(MINUTE_HOST, &row->key, name, more);
		snprintf(buf, size, "%s has %.0f %% of it", v->hosts ? name : one,
		    share > 100 ? 100 : share);
	}
	free(row);
}

static void
put_sentence(struct html *page, const struct traffic_view *v)
{
	struct talkers just;
	char text[128], who[TALKERNAME + 32], just_text[128], just_who[TALKERNAME + 32];

	html_flag(page, "some", v->t.covered_s > 0);
	html_text(page, "known", "");
	if (talkers_coverage(&v->t) < TALKERS_ALL) {
		figure_span(text, sizeof text, v->t.covered_s);
		html_text(page, "known", text);
	}
	line_use(text, sizeof text, &v->t);
	html_text(page, "use", text);
	name_first(who, sizeof who, v, &v->t, "One device");
	html_text(page, "who", who);
	if (!v->live)
		return;
	talkers_ask(&just, 1U << MINUTE_HOST, v->now - JUST_NOW, v->now, v->now);
	if (just.covered_s > 0) {
		line_use(just_text, sizeof just_text, &just);
		name_first(just_who, sizeof just_who, v, &just, "one device");
		/* Not the same once more. */
		if (strcmp(text, just_text) != 0 || strcasecmp(who, just_who) != 0) {
			html_text(page, "just_use", just_text);
			html_text(page, "just_who", just_who);
		}
	}
	talkers_free(&just);
}

/* --- the course ------------------------------------------------------------------- */

static void
put_course(struct html *page, const struct traffic_view *v)
{
	static struct talkers_course course;
	struct minute_key key[TALKERS_DRAWN];
	char name[TALKERNAME], more[TALKERNAME], text[32], label[128];
	size_t count;
	struct toplist_row *row = toplist_top(
	    v->t.list[MINUTE_HOST], TALKERS_DRAWN, &count, NULL, NULL, NULL);

	for (size_t i = 0; i < count; i++) {
		struct html *h = html_item(page, "drawn");
		key[i] = row[i].key;
		talker_name(MINUTE_HOST, &key[i], name, more);
		if (!v->hosts)
			snprintf(name, sizeof name, DEVICE, i + 1);
		html_text(h, "d_name", name);
		html_printf(h, "d_colour", "k%zu", i + 1);
	}
	free(row);
	talkers_course(
	    &course, MINUTE_HOST, key, (unsigned)count, v->t.start, v->t.end, v->now);
	figure_span(text, sizeof text, course.step);
	if (strncmp(text, "1 ", 2) == 0)
		memmove(text, text + 2, strlen(text + 2) + 1);
	html_text(page, "c_step", text);
	snprintf(label, sizeof label,
	    "Traffic into the network above the line, out of it below, by the %s",
	    text);
	char *svg = traffic_chart(&course, (unsigned)count, v->now, WIDE, label);
	html_markup(page, "course", svg);
	free(svg);
	svg = traffic_chart(&course, (unsigned)count, v->now, NARROW, label);
	html_markup(page, "course_narrow", svg);
	html_flag(page, "c_rest", count > 0);
	free(svg);
}

/* --- the frame -------------------------------------------------------------------- */

static void
put_form(struct html *page, struct request *r, const struct traffic_view *v)
{
	static const struct {
		const char *word, *start;
		int64_t seconds;
	} preset[] = { { "15 min", "now-15min", 900 }, { "1 h", "now-1h", 3600 },
		{ "3 h", "now-3h", 10800 }, { "1 d", "now-1d", 86400 },
		{ "7 d", "now-7d", 7 * 86400 } };
	const char *start = request_arg(r, "start"), *end = request_arg(r, "end");
	char from[WHEN_TEXT], to[WHEN_TEXT], span[32];

	for (size_t i = 0; i < sizeof preset / sizeof preset[0]; i++) {
		struct html *h = html_item(page, "preset");
		html_text(h, "p_word", preset[i].word);
		html_text(h, "p_start", preset[i].start);
		html_flag(
		    h, "chosen", v->live && v->end - v->start == preset[i].seconds);
	}
	html_text(page, "f_start", start != NULL && *start != '\0' ? start : "now-1h");
	html_text(page, "f_end", end != NULL && *end != '\0' ? end : "now");
	when_text(from, sizeof from, v->t.start, false);
	when_text(to, sizeof to, v->t.until, false);
	html_text(page, "from_text", from);
	html_text(page, "to_text", v->live ? "now" : to);
	figure_span(span, sizeof span, v->end - v->start);
	html_text(page, "span", span);
	html_printf(page, "start", "%" PRId64, v->start);
	html_printf(page, "end", "%" PRId64, v->end);
	html_flag(page, "live", v->live);
	html_printf(page, "step", "%d", REFRESH_S);
	if (!v->live)
		html_text(page, "refresh", "");
}

int
traffic_parse(struct request *r, struct traffic_view *v)
{
	*v = (struct traffic_view){ .now = clock_wall_s() };
	if (request_short_time(r, "end", v->now, &v->end) < 0 ||
	    request_short_time(r, "start", v->end - SPAN_DEFAULT, &v->start) < 0)
		return -1;
	if (v->start >= v->end || v->start < 0) {
		reply_error(r, 400, "parameter start: expected a time before end");
		return -1;
	}
	v->hosts = access_hosts(r);
	v->live = v->end >= v->now - MINUTE_S;
	return 0;
}

void
page_traffic(struct request *r)
{
	struct traffic_view v;
	unsigned tables = 0;

	if (traffic_parse(r, &v) < 0)
		return;
	for (size_t i = 0; i < SECTIONS; i++)
		tables |= 1U << sections[i].by;
	talkers_ask(&v.t, tables, v.start, v.end, v.now);
	struct html *page = page_new(r, "Traffic", "traffic");
	put_form(page, r, &v);
	put_sentence(page, &v);
	if (v.t.covered_s > 0) {
		put_course(page, &v);
		put_sections(page, &v);
		trafficfile_links(page, r);
	}
	trafficview_interfaces(page, &v);
	radios_page(page);
	loadtests_put(page, r);
	trafficview_trust(page, &v);
	trafficview_exporters(page, r, &v);
	talkers_free(&v.t);
	page_send(r, page, 200, "traffic.html");
}
