/* Below the figures of traffic: how far they can be trusted, who tells them, and what
 * to type into a router so that somebody does. */
#include "web/trafficview.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "config/conf.h"
#include "web/exporters.h"
#include "web/figure.h"
#include "web/host.h"
#include "web/page.h"
#include "web/request.h"
#include "web/state.h"
#include "web/usage.h"
#include "web/when.h"

/* An exporter's clock that is off by more is worth a word. */
#define CLOCK_OFF_MS 5000
/* So is such a part of an exporter's octets that came too late. */
#define LATE_SHARE 0.01
/* And such a part of an agent's samples that it threw away. */
#define DROPS_SHARE 0.01
/* And octets whose sampling nobody told. */
#define UNKNOWN_SHARE 0.001

__attribute__((format(printf, 3, 4))) static void
say(struct html *page, const char *tone, const char *fmt, ...)
{
	struct html *h = html_item(page, "trust");
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	html_text(h, "t_text", text);
	html_text(h, "t_tone", tone);
}

/* Datagrams that were numbered and did not come, in percent of all that were sent. */
static double
lost_percent(const struct msg_exporter *x)
{
	bool packets = x->protocol == FLOW_PACKETS; /* which are what is counted */
	uint64_t heard = x->lost_datagrams || packets ? x->datagrams : x->records;
	double all = (double)(heard + x->lost);

	return all > 0 ? (double)x->lost / all * 100 : 0;
}

static void
trust_coverage(struct html *page, const struct traffic_view *v)
{
	double share = talkers_coverage(&v->t);

	if (v->t.covered_s == 0)
		return;
	if (share < 0.01)
		say(page, "warn",
		    "Less than 1 %% of this time was tallied; of the rest nothing is known, and "
		    "rates are those of the part that is known.");
	else if (share < TALKERS_ALL)
		say(page, "warn",
		    "%.0f %% of this time was tallied; of the rest nothing is known, and rates "
		    "are those of the part that is known.",
		    floor(share * 100));
	else
		say(page, "good", "All of this time was tallied.");
	if (v->t.growing)
		say(page, "",
		    "The last minutes still grow: an exporter tells of a flow when it is over, "
		    "or a minute old.");
}

static void
trust_sampling(struct html *page, const struct traffic_view *v)
{
	const struct minute_sum *sum = &v->t.total;
	double all = (double)minute_octets(sum);
	bool unknown = (double)sum->unknown_octets >= all * UNKNOWN_SHARE;

	if (all == 0)
		return;
	if (unknown)
		say(page, "warn",
		    "%.1f %% of the octets are from exporters of which nobody told the "
		    "sampling rate. They are counted as they came: if those sample, the "
		    "truth is a multiple.",
		    (double)sum->unknown_octets / all * 100);
	if (sum->octets_var > 0)
		say(page, "",
		    "Exporters sample, so these are estimates: the total is within "
		    "\xc2\xb1%.2g %% with 99 %% confidence, a row within what stands beside it.",
		    talkers_octets_interval(sum) / all * 100);
	else if (!unknown)
		say(page, "good",
		    "Nothing was sampled: these are counts, not estimates.");
}

/* Agents of sFlow that choose more packets than they have time to tell of. */
static void
trust_samples(struct html *page)
{
	size_t count;
	const struct msg_exporter *x = exporters_list(&count), *worst = NULL;
	double most = DROPS_SHARE;

	for (size_t i = 0; i < count; i++) {
		double all = (double)x[i].samples + (double)x[i].sample_drops;

		if (all > 0 && (double)x[i].sample_drops / all >= most) {
			most = (double)x[i].sample_drops / all;
			worst = &x[i];
		}
	}
	if (worst != NULL)
		say(page, "warn",
		    "%s throws %.0f %% of its samples away before it sends them: its "
		    "figures are scaled by how many packets it had to choose from, and "
		    "bursts are missing in them. Have it look at fewer: one packet in more.",
		    worst->agent[0] != '\0' ? worst->agent : worst->address,
		    most * 100);
}

/* Exporters that tell of long flows when most of their minutes are over: in the last
 * hour, so that whoever mends that sees it end. */
static void
trust_late(struct html *page)
{
	size_t count;
	const struct msg_exporter *x = exporters_list(&count), *worst = NULL;
	double most = LATE_SHARE;

	for (size_t i = 0; i < count; i++)
		if (x[i].hour_octets > 0 &&
		    (double)x[i].hour_late_octets / (double)x[i].hour_octets >= most) {
			most = (double)x[i].hour_late_octets / (double)x[i].hour_octets;
			worst = &x[i];
		}
	if (worst != NULL)
		say(page, "warn",
		    "%s tells of long flows so late that %.0f %% of its octets, in the "
		    "last hour, are in no minute: what its interfaces carry, and their 95th percentile, is too "
		    "small by as much, where no counters are asked. Have it tell sooner: "
		    "active timeout 60 s (Cisco: ip flow-cache timeout active 1).",
		    worst->address, most * 100);
}

static void
trust_losses(struct html *page, const struct traffic_view *v)
{
	size_t count;
	const struct msg_exporter *x = exporters_list(&count);
	const struct msg_flows *f = exporters_totals();
	double worst = 0;
	const char *who = "", *several = NULL;

	for (size_t i = 0; i < count; i++)
		if (x[i].mixed > 0)
			several = x[i].address;
	for (size_t i = 0; i < count; i++)
		if (lost_percent(&x[i]) > worst) {
			worst = lost_percent(&x[i]);
			who = x[i].address;
		}
	if (worst >= 0.1)
		say(page, "warn",
		    "Datagrams get lost: up to %.1f %% of those of %s, since it was first heard. "
		    "The figures are too small by as much.",
		    worst, who);
	else if (count > 0)
		say(page, "good",
		    "By their numbers, hardly a datagram of an exporter was lost.");
	if (several != NULL)
		say(page, "warn",
		    "Several senders behind %s count their datagrams each by itself and under "
		    "one name: what of theirs is lost can't be told. Another source or domain "
		    "id for each, in their settings, tells them apart.",
		    several);
	if (f->drops > 0)
		say(page, "warn",
		    "%" PRIu64
		    " datagrams found no room in this machine's receive buffer.",
		    f->drops);
	if (v->t.damage.count > 0)
		say(page, "warn",
		    "%u records of the history of traffic are damaged: %s",
		    v->t.damage.count, v->t.damage.what);
}

void
trafficview_trust(struct html *page, const struct traffic_view *v)
{
	trust_coverage(page, v);
	trust_sampling(page, v);
	trust_losses(page, v);
	trust_late(page);
	trust_samples(page);
}

/* --- exporters -------------------------------------------------------------------- */

static const char *
origin(const struct msg_exporter *x)
{
	static const char *const words[SAMPLING_SOURCES] = {
		[SAMPLING_UNKNOWN] = "nobody told",
		[SAMPLING_INTERFACE] = "as configured for the interface",
		[SAMPLING_OPERATOR] = "as configured",
		[SAMPLING_PROTOCOL] = "in every datagram",
		[SAMPLING_POOL] = "its agent's pool",
		[SAMPLING_RECORD] = "in the record",
		[SAMPLING_SAMPLER] = "its sampler",
		[SAMPLING_ONLY_SAMPLER] = "its only sampler",
		[SAMPLING_OTHER_DOMAIN] = "its other domains",
		[SAMPLING_DEFAULT] = "the configured default",
	};

	return x->rate_from < SAMPLING_SOURCES && words[x->rate_from] != NULL
		   ? words[x->rate_from]
		   : flow_sampling_word((enum flow_sampling)x->rate_from);
}

/* What tells it from another row: the domain, where it has one, or another has. */
static void
put_domain(struct html *h, const struct msg_exporter *x)
{
	size_t count, alike = 0;
	const struct msg_exporter *o = exporters_list(&count);

	for (size_t i = 0; i < count; i++)
		alike += o[i].protocol == x->protocol &&
			 strcmp(o[i].address, x->address) == 0;
	html_text(h, "x_domain", "");
	if (x->domain != 0 || (alike > 1 && x->port == 0))
		html_printf(h, "x_domain", "%s %" PRIu64,
		    x->protocol == FLOW_SFLOW5 ? "sub-agent"
		    : x->protocol == FLOW_NETFLOW5 || x->protocol == FLOW_NETFLOW7
			? "engine"
			: "domain",
		    x->domain);
	html_text(h, "x_port", "");
	if (x->port != 0)
		html_printf(h, "x_port", "port %u", (unsigned)x->port);
}

/* "template 3, short 2": what was not understood, by reason. */
static void
put_faults(struct html *h, const struct msg_exporter *x)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	for (unsigned i = 0, some = 0; i < FLOW_FAULTS; i++)
		if (x->fault[i] > 0)
			fprintf(out, "%s%s %" PRIu64, some++ > 0 ? ", " : "",
			    i == FAULT_FLOW_NO_TEMPLATE
				? "without template"
				: flow_fault_word((enum flow_fault)i),
			    x->fault[i]);
	mem_stream_end(out);
	html_text(h, "x_faults", text);
	free(text);
}

#define CHART_POINTS 60
#define CHART_WIDTH 120 /* two for a point */
#define CHART_HIGH 24

/* The records of X a second over the time of V, as bars; nothing where nobody knows. */
static void
put_chart(struct html *h, const struct msg_exporter *x, const struct traffic_view *v)
{
	char path[EXPORTER_PATH], *svg;
	struct usage u;
	struct err err;
	double top = 0;
	size_t len;

	html_text(h, "x_top", "");
	html_markup(h, "x_chart", "");
	if (!exporter_path(x, path) || access(path, F_OK) != 0 ||
	    usage_read_file(&u, path, v->start, v->end, v->now, CHART_POINTS, &err) < 0)
		return;
	for (size_t k = 0; k < u.count; k++)
		top = fmax(top, u.value[k * INTERFACE_DS + 1]);
	if (top > 0) {
		double wide = (double)CHART_WIDTH / (double)u.count;
		FILE *out = mem_stream(&svg, &len);

		fprintf(out,
		    "<svg class=\"x-use\" viewBox=\"0 0 %d %d\" "
		    "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"records a "
		    "second, up to %.3g\"><path class=\"if-in\" d=\"",
		    CHART_WIDTH, CHART_HIGH, top);
		for (size_t k = 0; k < u.count; k++) {
			double value = u.value[k * INTERFACE_DS + 1];

			if (value > 0)
				fprintf(out, "M%.1f %dv%.2fh%.1fV%dz", (double)k * wide,
				    CHART_HIGH, -value / top * CHART_HIGH, wide,
				    CHART_HIGH);
		}
		fputs("\"/></svg>", out);
		mem_stream_end(out);
		html_markup(h, "x_chart", svg);
		html_printf(h, "x_top", "%.3g a second", top);
		free(svg);
	}
	usage_free(&u);
}

static void
put_exporter(
    struct html *page, const struct msg_exporter *x, const struct traffic_view *v)
{
	int64_t now = v->now;
	struct html *h = html_item(page, "exporter");
	char when[32];
	double lost = lost_percent(x);

	html_text(h, "x_address", x->address);
	html_text(h, "x_agent", strcmp(x->agent, x->address) != 0 ? x->agent : "");
	put_domain(h, x);
	put_faults(h, x);
	put_chart(h, x, v);
	html_text(h, "x_protocol", flow_protocol_word((enum flow_protocol)x->protocol));
	html_printf(h, "x_records", "%" PRIu64, x->records);
	html_text(h, "x_templates", "");
	if (x->protocol == FLOW_NETFLOW9 || x->protocol == FLOW_IPFIX)
		html_printf(h, "x_templates", "%u", x->templates);
	html_text(h, "x_oldest", "");
	if (x->template_count > 0) {
		int64_t used_s = x->template[0].used_ms / 1000;

		figure_age(when, sizeof when, now > used_s ? now - used_s : 0);
		html_printf(
		    h, "x_oldest", "%u last used %s ago", x->template[0].id, when);
	}
	html_text(h, "x_waits", "");
	if (x->waits_ms != 0) {
		int64_t since_s = x->waits_ms / 1000;

		figure_age(when, sizeof when, now > since_s ? now - since_s : 0);
		html_printf(h, "x_waits", "data have waited for template %u for %s",
		    x->waits_for, when);
	}
	html_text(h, "x_rate", "");
	html_text(h, "x_origin", "");
	html_flag(h, "x_unknown", false);
	if (x->rate != 0) {
		bool unknown = x->rate_from == SAMPLING_UNKNOWN;
		html_flag(h, "x_unknown", unknown);
		if (unknown)
			html_text(h, "x_rate", "unknown");
		else if (x->rate == 1)
			html_text(h, "x_rate", "all packets");
		else
			html_printf(h, "x_rate", "1 in %u", x->rate);
		html_text(h, "x_origin", unknown ? "" : origin(x));
	}
	html_printf(
	    h, "x_lost", "%.*f\xc2\xa0%%", lost > 0 && lost < 9.95 ? 1 : 0, lost);
	html_flag(h, "x_lossy", lost >= 0.1);
	html_printf(h, "x_undecoded", "%" PRIu64, x->faults);
	html_flag(h, "x_faulty", x->faults > 0);
	figure_age(
	    when, sizeof when, now * 1000 > x->last_ms ? now - x->last_ms / 1000 : 0);
	html_printf(h, "x_last", "%s ago", when);
	html_text(h, "x_clock", "");
	if (x->ahead_ms != INT64_MIN &&
	    (x->ahead_ms > CLOCK_OFF_MS || x->ahead_ms < -CLOCK_OFF_MS)) {
		figure_span(when, sizeof when,
		    (x->ahead_ms > 0 ? x->ahead_ms : -x->ahead_ms) / 1000);
		html_printf(h, "x_clock", "its clock is %s %s", when,
		    x->ahead_ms > 0 ? "ahead" : "behind");
	}
	html_flag(h, "x_elsewhere", x->agent_elsewhere);
}

/* The name or address that the reader uses for this box, for lines that can be copied.
 */
static void
put_box(struct html *page, const struct request *r)
{
	const char *header = request_header(r, "Host");
	char name[256] = "";

	if (header == NULL || !host_name(header, name, sizeof name) ||
	    strcmp(name, "localhost") == 0 || strncmp(name, "127.", 4) == 0 ||
	    strcmp(name, "::1") == 0)
		snprintf(name, sizeof name, "THIS-BOX");
	html_text(page, "box", name);
	html_flag(page, "box_unknown", strcmp(name, "THIS-BOX") == 0);
	html_text(page, "udp_ports",
	    conf_value(
		conf_top(state_conf(), "Collector"), "listen", "6343, 2055 and 4739"));
}

void
trafficview_exporters(
    struct html *page, struct request *r, const struct traffic_view *v)
{
	size_t count, strangers;
	const struct msg_exporter *x = exporters_list(&count);
	const struct msg_stranger *s = exporters_strangers(&strangers);

	for (size_t i = 0; i < count; i++)
		put_exporter(page, &x[i], v);
	html_flag(page, "exporters", count > 0);
	html_flag(page, "unheard", count == 0);
	for (size_t i = 0; i < strangers; i++) {
		struct html *h = html_item(page, "stranger");
		html_text(h, "s_address", s[i].address);
		html_printf(h, "s_datagrams", "%" PRIu64, s[i].datagrams);
		html_flag(h, "s_proxy", s[i].proxy);
		html_text(h, "s_line", s[i].line);
	}
	html_flag(page, "strangers", strangers > 0);
	put_box(page, r);
}
