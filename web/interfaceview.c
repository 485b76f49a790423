/* The part of the page of traffic that is about interfaces: how full they are, what the
 * month comes to, a small picture of each. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/figure.h"
#include "web/interfaces.h"
#include "web/state.h"
#include "web/trafficchart.h"
#include "web/trafficview.h"
#include "web/usage.h"
#include "web/viewfile.h"
#include "web/when.h"

#define SHOWN 32
#define POINTS 130
#define WIDTH 260 /* of a picture, in its own units; two for a point */
#define HALF 20	  /* height of each direction */

/* --- the picture ----------------------------------------------------------------- */

static double
bits_at(const struct usage *u, size_t k, enum if_way way)
{
	return u->value[k * INTERFACE_DS + (IF_OCTETS * IF_WAYS + way)] * 8;
}

/* One direction as bars that stand on the line (in) or hang from it (out); what is not
 * known leaves a gap. */
static void
put_bars(FILE *out, const struct usage *u, enum if_way way, double top)
{
	double wide = (double)WIDTH / (double)u->count;

	fprintf(out, "<path class=\"%s\" d=\"", way == IF_IN ? "if-in" : "if-out");
	for (size_t k = 0; k < u->count; k++) {
		double v = bits_at(u, k, way);

		if (isnan(v) || v <= 0)
			continue;
		double high = v >= top ? HALF : v / top * HALF;
		fprintf(out, "M%.1f %dv%.2fh%.1fv%.2fz", (double)k * wide, HALF,
		    way == IF_IN ? -high : high, wide, way == IF_IN ? high : -high);
	}
	fputs("\"/>", out);
}

/* What is not known, shaded. */
static void
put_gaps(FILE *out, const struct usage *u)
{
	double wide = (double)WIDTH / (double)u->count;

	fputs("<path class=\"if-gap\" d=\"", out);
	for (size_t k = 0; k < u->count; k++)
		if (isnan(bits_at(u, k, IF_IN)) && isnan(bits_at(u, k, IF_OUT)))
			fprintf(out, "M%.1f 0v%dh%.1fv-%dz", (double)k * wide, 2 * HALF,
			    wide, 2 * HALF);
	fputs("\"/>", out);
}

/* Malloced, its height as a rate to HIGH; NULL when there is no history. */
static char *
picture(const struct interface *i, const struct traffic_view *v, char high[32])
{
	struct usage u;
	struct err err;
	double top = 0;
	char *text;
	size_t len;

	high[0] = '\0';
	if (!i->is.counted && !i->is.flows)
		return NULL;
	if (usage_read(&u, &i->is.key, !i->is.counted, v->start, v->end, v->now, POINTS,
		&err) < 0)
		return NULL;
	for (size_t k = 0; k < u.count; k++)
		for (unsigned way = 0; way < IF_WAYS; way++)
			top = fmax(top, bits_at(&u, k, (enum if_way)way));
	if (u.count == 0 || top <= 0) {
		usage_free(&u);
		return NULL;
	}
	FILE *out = mem_stream(&text, &len);
	fprintf(out,
	    "<svg class=\"if-use\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
	    "role=\"img\" aria-label=\"in above the line, out below it, up to %s\">",
	    WIDTH, 2 * HALF, traffic_rate(high, 32, top));
	put_gaps(out, &u);
	put_bars(out, &u, IF_IN, top);
	put_bars(out, &u, IF_OUT, top);
	fprintf(out, "<path class=\"if-zero\" d=\"M0 %dH%d\"/></svg>", HALF, WIDTH);
	mem_stream_end(out);
	usage_free(&u);
	return text;
}

/* --- rows ------------------------------------------------------------------------ */

static double
now_bits(const struct interface *i, enum if_way way)
{
	const struct if_span *s = interface_now(i);

	return s == NULL ? NAN : 8 * if_rate(s, IF_OCTETS, way);
}

/* The busiest direction now; what is not known comes last. */
static double
busy(const struct interface *i)
{
	double in = now_bits(i, IF_IN), out = now_bits(i, IF_OUT);

	return isnan(in) && isnan(out) ? -1
				       : fmax(isnan(in) ? 0 : in, isnan(out) ? 0 : out);
}

static int
by_use(const void *a, const void *b)
{
	double x = busy(*(struct interface *const *)a),
	       y = busy(*(struct interface *const *)b);

	return (x < y) - (x > y);
}

static void
put_rate(struct html *h, const char *name, double bits)
{
	char text[32];

	html_text(h, name, isnan(bits) ? "" : traffic_rate(text, sizeof text, bits));
}

/* What is used of the line, where its speed is known. */
static void
put_use(struct html *h, const char *name, const struct interface *i, enum if_way way)
{
	uint64_t speed = i->is.names.speed[way];
	double bits = now_bits(i, way);

	figure_percent(h, name, speed > 0 ? bits / (double)speed : NAN);
}

static void
put_bill(struct html *h, const char *in, const char *out, const char *sub,
    const struct bill *b)
{
	char month[16];

	put_rate(h, in, b->rate[IF_IN]);
	put_rate(h, out, b->rate[IF_OUT]);
	html_text(h, sub, "");
	if (b->known > 0)
		html_printf(h, sub, "%s%s, %u of %u five-minute averages",
		    bill_month_text(b->begin, month),
		    b->estimate ? ", an estimate from flows" : "", b->known, b->passed);
}

static void
put_check(struct html *h, const struct msg_interface *m)
{
	html_text(h, "i_check", "");
	if (m->check != IF_CHECK_FACTOR)
		return;
	if (isnan(m->factor))
		html_text(h, "i_check",
		    "Its counters count, and flows tell of nothing: is a direction not "
		    "exported?");
	else
		html_printf(h, "i_check",
		    "Its counters say %.2f ± %.2f times what flows say: the sampling rate "
		    "or a direction is probably wrong.",
		    m->factor, isnan(m->factor_error) ? 0 : m->factor_error);
}

/* "120 kB", "1.2 MB" */
static const char *
octets_text(char *buf, size_t size, double octets)
{
	snprintf(buf, size, octets < 1e6 ? "%.0f kB" : "%.1f MB",
	    octets < 1e6 ? octets / 1e3 : octets / 1e6);
	return buf;
}

/* What one way adds while it is full, with what that is from. */
static void
put_added(FILE *out, const struct bloat_way *w, enum if_way way)
{
	char text[32];

	if (isnan(w->rise_ms))
		return;
	/* By less than it varies it may be quicker: nothing is added then. */
	fprintf(out, " +%.0f ms while %s (%u pings)", fmax(w->rise_ms, 0),
	    way == IF_IN ? "downloading" : "uploading", w->loaded);
	if (!isnan(w->buffer))
		fprintf(out, ", the queue holds %s",
		    octets_text(text, sizeof text, w->buffer));
	if (!isnan(w->shaper))
		fprintf(out, ", a shaper at %s keeps it empty",
		    traffic_rate(text, sizeof text, w->shaper));
	if (w->measured)
		fprintf(out, ", of the most that was seen, %s",
		    traffic_rate(text, sizeof text, w->rate));
	putc(';', out);
}

static void
put_bloat(struct html *h, const struct msg_line *line)
{
	const struct bloat_result *r = line != NULL ? &line->bloat : NULL;
	char *text;
	size_t len;

	html_text(h, "i_grade", "");
	html_text(h, "i_bloat", "");
	if (r == NULL)
		return;
	if (r->grade == BLOAT_UNKNOWN) {
		html_printf(h, "i_bloat",
		    "How much it delays while it is full is not known yet: %u pings to "
		    "%s while it was idle, %u and %u while it was full; 10 of each are "
		    "needed",
		    r->idle, line->target, r->way[IF_IN].loaded, r->way[IF_OUT].loaded);
		return;
	}
	FILE *out = mem_stream(&text, &len);
	for (unsigned way = 0; way < IF_WAYS; way++)
		put_added(out, &r->way[way], (enum if_way)way);
	fprintf(out, " against %.1f ms idle (%u pings) to %s", r->idle_ms, r->idle,
	    line->target);
	mem_stream_end(out);
	html_text(h, "i_grade", bloat_grade_word(r->grade));
	html_text(h, "i_bloat", text);
	free(text);
}

/* What the figures of now are from. */
static void
put_source(struct html *h, const struct interface *i)
{
	const struct if_span *s = interface_now(i);
	char when[WHEN_TEXT];

	if (s != NULL && s == &i->growing) {
		when_text(when, sizeof when, s->begin_ms / 1000, false);
		html_printf(h, "i_source", "flows of %s, still growing", when);
	} else
		html_text(h, "i_source",
		    i->is.bits == 0 ? "flows"
				    : if_source_word((enum if_source)i->is.source));
}

static void
put_row(struct html *page, struct interface *i, const struct traffic_view *v)
{
	struct html *h = html_item(page, "port");
	const struct msg_interface *m = &i->is;
	char name[INTERFACE_TEXT], device[ADDR_TEXT], high[32];
	int64_t begin, end;
	char *svg = picture(i, v, high);

	flow_ip_text(&m->key.device, device);
	html_text(h, "i_name", interface_name(i, name));
	html_text(h, "i_alias", i->titled ? m->names.name : m->names.alias);
	html_text(h, "i_device", m->names.device[0] != '\0' ? m->names.device : device);
	put_source(h, i);
	put_rate(h, "i_in", now_bits(i, IF_IN));
	put_rate(h, "i_out", now_bits(i, IF_OUT));
	put_use(h, "i_in_use", i, IF_IN);
	put_use(h, "i_out_use", i, IF_OUT);
	put_rate(h, "i_speed_in",
	    m->names.speed[IF_IN] > 0 ? (double)m->names.speed[IF_IN] : NAN);
	html_text(h, "i_speed_out", "");
	if (m->names.speed[IF_OUT] != m->names.speed[IF_IN])
		put_rate(h, "i_speed_out",
		    m->names.speed[IF_OUT] > 0 ? (double)m->names.speed[IF_OUT] : NAN);
	bill_month(v->now, 0, &begin, &end);
	put_bill(h, "i_bill_in", "i_bill_out", "i_bill_sub",
	    bill_get(&i->bill, &m->key, m->counted, m->flows, begin, end, v->now));
	bill_month(v->now, 1, &begin, &end);
	put_bill(h, "i_past_in", "i_past_out", "i_past_sub",
	    bill_get(&i->bill, &m->key, m->counted, m->flows, begin, end, v->now));
	put_check(h, m);
	put_bloat(h, i->line);
	html_text(h, "i_high", high);
	html_printf(h, "i_csv",
	    "device=%s&index=%u&start=%" PRId64 "&end=%" PRId64 "&format=csv", device,
	    m->key.index, v->start, v->end);
	html_markup(h, "i_picture", svg != NULL ? svg : "");
	free(svg);
}

/* --- all ------------------------------------------------------------------------- */

static void
put_pollers(struct html *page)
{
	size_t count;
	const struct msg_poller *p = interfaces_pollers(&count);

	for (size_t k = 0; k < count; k++) {
		if (p[k].text[0] == '\0')
			continue;
		struct html *h = html_item(page, "asked");
		/* Nobody named it, and another may be called "router". */
		html_text(h, "a_name", p[k].source == IF_UPNP ? "UPnP" : p[k].name);
		html_text(h, "a_address", p[k].address);
		html_text(h, "a_text", p[k].text);
	}
}

/* Those that tell something, the fullest first; COUNTING of them are asked. To be
 * freed.
 */
static struct interface **
list_order(size_t *kept, size_t *counting)
{
	size_t count;
	struct interface *const *list = interfaces_list(&count);
	struct interface **order = mem_zero(count + 1, sizeof *order);

	*kept = *counting = 0;
	for (size_t k = 0; k < count; k++) {
		const struct msg_interface *m = &list[k]->is;

		if (!m->counted && !m->flows && !list[k]->growing.known_ms)
			continue;
		order[(*kept)++] = list[k];
		*counting += m->source == IF_SNMP || m->source == IF_UPNP;
	}
	qsort(order, *kept, sizeof *order, by_use);
	return order;
}

void
trafficview_interfaces(struct html *page, const struct traffic_view *v)
{
	const char *upnp =
	    conf_value(conf_top(state_conf(), "Collector"), "upnp", "no");
	size_t pollers, kept, counting;
	struct interface **order = list_order(&kept, &counting);

	interfaces_pollers(&pollers);
	html_flag(page, "ports", kept > 0 || pollers > 0);
	html_flag(page, "no_ports", kept == 0 && pollers == 0);
	html_flag(page, "how_full", counting > 0);
	html_flag(page, "upnp_off", strcmp(upnp, "no") == 0);
	html_text(page, "more_ports", "");
	if (kept > SHOWN)
		html_printf(page, "more_ports", "%zu", kept - SHOWN);
	for (size_t k = 0; k < kept && k < SHOWN; k++)
		put_row(page, order[k], v);
	put_pollers(page);
	free(order);
}

/* --- as a file -------------------------------------------------------------------- */

static void
file_bill(struct viewfile *f, struct interface *i, unsigned back, int64_t now)
{
	int64_t begin, end;

	bill_month(now, back, &begin, &end);
	const struct bill *b =
	    bill_get(&i->bill, &i->is.key, i->is.counted, i->is.flows, begin, end, now);
	viewfile_num(f, b->known > 0 ? b->rate[IF_IN] : NAN);
	viewfile_num(f, b->known > 0 ? b->rate[IF_OUT] : NAN);
}

static void
file_row(struct viewfile *f, struct interface *i, int64_t now)
{
	const struct msg_interface *m = &i->is;
	char name[INTERFACE_TEXT], device[ADDR_TEXT];

	flow_ip_text(&m->key.device, device);
	viewfile_str(f, device);
	viewfile_int(f, m->key.index);
	viewfile_str(f, interface_name(i, name));
	viewfile_str(f, i->titled ? m->names.name : m->names.alias);
	viewfile_str(
	    f, m->bits == 0 ? "flows" : if_source_word((enum if_source)m->source));
	viewfile_num(f, now_bits(i, IF_IN));
	viewfile_num(f, now_bits(i, IF_OUT));
	for (unsigned way = 0; way < IF_WAYS; way++)
		viewfile_num(
		    f, m->names.speed[way] > 0 ? (double)m->names.speed[way] : NAN);
	file_bill(f, i, 0, now);
	file_bill(f, i, 1, now);
}

void
trafficview_interfaces_file(struct viewfile *f, const struct traffic_view *v)
{
	static const struct viewfile_column column[] = { { "device", "device",
							     VIEWFILE_TEXT },
		{ "index", NULL, VIEWFILE_NUMBER },
		{ "name", "interface", VIEWFILE_TEXT }, { "alias", "", VIEWFILE_TEXT },
		{ "source", "by", VIEWFILE_TEXT }, { "in", "in now", VIEWFILE_RATE },
		{ "out", "out now", VIEWFILE_RATE },
		{ "speed_in", NULL, VIEWFILE_RATE },
		{ "speed_out", NULL, VIEWFILE_RATE },
		{ "percentile95_in", "95 % in", VIEWFILE_RATE },
		{ "percentile95_out", "95 % out", VIEWFILE_RATE },
		{ "percentile95_before_in", NULL, VIEWFILE_RATE },
		{ "percentile95_before_out", NULL, VIEWFILE_RATE } };
	size_t kept, counting;
	struct interface **order = list_order(&kept, &counting);

	viewfile_table(f, "interfaces",
	    "Interfaces, with the 95th percentile of this month", column,
	    sizeof column / sizeof column[0], false);
	for (size_t k = 0; k < kept; k++)
		file_row(f, order[k], v->now);
	free(order);
}
