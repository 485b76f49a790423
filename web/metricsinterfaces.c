#include <config.h>

#include <math.h>

#include "web/exposition.h"
#include "web/interfaces.h"
#include "web/metricsparts.h"
#include "web/radios.h"

/* The labels of one interface; more may follow. */
static void
interface_labels(FILE *out, const char *family_name, const struct interface *i)
{
	char text[ADDR_TEXT], index[12];

	fprintf(out, "%s{", family_name);
	expo_label(out, "device", flow_ip_text(&i->is.key.device, text), true);
	snprintf(index, sizeof index, "%u", (unsigned)i->is.key.index);
	expo_label(out, "index", index, false);
	expo_label(out, "name", i->is.names.name, false);
}

/* A gauge of all interfaces in both directions. */
static void
per_interface(const struct exposition *p, const char *name, const char *help,
    double (*value)(const struct interface *i, enum if_way way))
{
	size_t count;
	struct interface *const *list = interfaces_list(&count);

	expo_family(p, name, "gauge", help);
	for (size_t k = 0; k < count; k++)
		for (unsigned way = 0; way < IF_WAYS; way++) {
			double v = value(list[k], (enum if_way)way);

			if (isnan(v))
				continue;
			interface_labels(p->out, name, list[k]);
			expo_label(p->out, "way", way == IF_IN ? "in" : "out", false);
			fputc('}', p->out);
			expo_number(p->out, v);
		}
}

static double
interface_rate(const struct interface *i, enum if_count count, enum if_way way)
{
	const struct if_span *s = interface_now(i);

	return s == NULL ? NAN : if_rate(s, count, way);
}

static double
interface_bits(const struct interface *i, enum if_way way)
{
	return 8 * interface_rate(i, IF_OCTETS, way);
}

static double
interface_packets(const struct interface *i, enum if_way way)
{
	return interface_rate(i, IF_PACKETS, way);
}

static double
interface_discards(const struct interface *i, enum if_way way)
{
	return interface_rate(i, IF_DISCARDS, way);
}

static double
interface_errors(const struct interface *i, enum if_way way)
{
	return interface_rate(i, IF_ERRORS, way);
}

static double
interface_speed(const struct interface *i, enum if_way way)
{
	return i->is.names.speed[way] > 0 ? (double)i->is.names.speed[way] : NAN;
}

/* Of the line behind I, which leads out; NULL where nothing is known. */
static const struct bloat_way *
line_way(const struct interface *i, enum if_way way)
{
	return i->line != NULL ? &i->line->bloat.way[way] : NULL;
}

static double
line_added(const struct interface *i, enum if_way way)
{
	const struct bloat_way *w = line_way(i, way);

	return w != NULL ? w->rise_ms / 1000 : NAN;
}

static double
line_buffer(const struct interface *i, enum if_way way)
{
	const struct bloat_way *w = line_way(i, way);

	return w != NULL ? w->buffer : NAN;
}

static double
line_shaper(const struct interface *i, enum if_way way)
{
	const struct bloat_way *w = line_way(i, way);

	return w != NULL ? w->shaper : NAN;
}

/* How the devices that are asked are, and the collector's table. */
static void
counting(const struct exposition *p)
{
	const struct msg_iftotals *t = interfaces_totals();
	const struct {
		const char *name, *help;
		uint64_t value;
	} totals[] = {
		{ "smokebox_interface_samples_total", "Samples of counters.",
		    t->samples },
		{ "smokebox_interface_resets_total", "Counters that began anew.",
		    t->resets },
		{ "smokebox_interface_wraps_total", "Counters that ran over.",
		    t->wraps },
		{ "smokebox_interface_gaps_total", "Too long between two samples.",
		    t->gaps },
		{ "smokebox_interface_doubts_total",
		    "Jumps of counters that are not believed.", t->doubts },
	};
	size_t count;
	const struct msg_poller *x = interfaces_pollers(&count);

	for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
		expo_family(p, totals[i].name, "counter", totals[i].help);
		expo_plain(p, totals[i].name, (double)totals[i].value);
	}
	expo_family(p, "smokebox_poller_up", "gauge",
	    "Does the device answer that is asked for its counters?");
	for (size_t i = 0; i < count; i++) {
		fprintf(p->out, "smokebox_poller_up{");
		expo_label(p->out, "name", x[i].name, true);
		expo_label(p->out, "source",
		    if_source_word((enum if_source)x[i].source), false);
		fprintf(p->out, "} %d\n", x[i].answers > 0 && x[i].text[0] == '\0');
	}
}

static void
interfaces(const struct exposition *p)
{
	size_t count;
	struct interface *const *list = interfaces_list(&count);

	per_interface(p, "smokebox_interface_bits_per_second",
	    "What the interface carries, by counters, else by flows, of which some may be "
	    "told later.",
	    interface_bits);
	per_interface(p, "smokebox_interface_packets_per_second",
	    "Packets through the interface.", interface_packets);
	per_interface(p, "smokebox_interface_discards_per_second",
	    "Packets that the interface discarded.", interface_discards);
	per_interface(p, "smokebox_interface_errors_per_second", "Packets with errors.",
	    interface_errors);
	per_interface(p, "smokebox_interface_speed_bits_per_second",
	    "What the interface can carry.", interface_speed);
	per_interface(p, "smokebox_interface_added_delay_seconds",
	    "Median delay that the line adds while it carries 80 % of its rate or more.",
	    line_added);
	per_interface(p, "smokebox_interface_queue_bytes",
	    "What the queue in front of the line holds.", line_buffer);
	per_interface(p, "smokebox_interface_shaper_bits_per_second",
	    "A rate for a shaper that keeps that queue empty.", line_shaper);
	expo_family(p, "smokebox_interface_flow_factor", "gauge",
	    "What counters say by what flows say, over an hour.");
	for (size_t k = 0; k < count; k++) {
		if (list[k]->is.check == IF_CHECK_NONE || isnan(list[k]->is.factor))
			continue;
		interface_labels(p->out, "smokebox_interface_flow_factor", list[k]);
		fputc('}', p->out);
		expo_number(p->out, list[k]->is.factor);
	}
	counting(p);
}

static double
radio_retries(const struct wifi *w)
{
	return wifi_retry_share(&w->span);
}

static double
radio_failed(const struct wifi *w)
{
	return wifi_failed_share(&w->span);
}

static double
radio_linked(const struct wifi *w)
{
	return w->linked;
}

static double
radio_signal(const struct wifi *w)
{
	return w->span.level[WIFI_SIGNAL];
}

static double
radio_frequency(const struct wifi *w)
{
	return w->span.level[WIFI_FREQUENCY] * 1e6;
}

static double
radio_send_rate(const struct wifi *w)
{
	return w->span.level[WIFI_SEND_RATE];
}

static double
radio_receive_rate(const struct wifi *w)
{
	return w->span.level[WIFI_RECEIVE_RATE];
}

/* What the radios of this host tell; nothing where there is none. */
static void
radios(const struct exposition *p)
{
	static const struct {
		const char *name, *help;
		double (*value)(const struct wifi *w);
	} shown[] = {
		{ "smokebox_wifi_connected", "Is it connected to an access point?",
		    radio_linked },
		{ "smokebox_wifi_signal_dbm", "Mean signal of the access point.",
		    radio_signal },
		{ "smokebox_wifi_frequency_hertz", "Frequency of the channel.",
		    radio_frequency },
		{ "smokebox_wifi_send_bits_per_second", "Rate of the last frames sent.",
		    radio_send_rate },
		{ "smokebox_wifi_receive_bits_per_second",
		    "Rate of the last frames received.", radio_receive_rate },
		{ "smokebox_wifi_retry_ratio",
		    "Share of transmissions that are repetitions.", radio_retries },
		{ "smokebox_wifi_failed_ratio",
		    "Share of frames that were never acknowledged.", radio_failed },
	};
	size_t count;
	const struct msg_wifi *m = radios_list(&count);

	for (size_t i = 0; count > 0 && i < sizeof shown / sizeof *shown; i++) {
		expo_family(p, shown[i].name, "gauge", shown[i].help);
		for (size_t k = 0; k < count; k++) {
			double v = shown[i].value(&m[k].wifi);

			if (isnan(v))
				continue;
			fprintf(p->out, "%s{", shown[i].name);
			expo_label(p->out, "interface", m[k].wifi.name, true);
			fputc('}', p->out);
			expo_number(p->out, v);
		}
	}
}

void
metrics_interfaces(const struct exposition *p)
{
	interfaces(p);
	radios(p);
}
