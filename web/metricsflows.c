#include <config.h>

#include <inttypes.h>

#include "web/exporters.h"
#include "web/exposition.h"
#include "web/metricsparts.h"

/* One family of the collector's, a sample for each protocol that it knows. */
static void
per_protocol(const struct exposition *p, const char *name, const char *help,
    const uint64_t value[FLOW_PROTOCOLS])
{
	expo_family(p, name, "counter", help);
	for (int i = FLOW_UNKNOWN + 1; i < FLOW_PROTOCOLS; i++)
		expo_labelled(p, name, "protocol",
		    flow_protocol_word((enum flow_protocol)i), value[i]);
}

void
metrics_flows(const struct exposition *p)
{
	const struct msg_flows *f = exporters_totals();
	size_t count;
	const struct msg_exporter *x = exporters_list(&count);
	char who[2 * ADDR_TEXT + 32];

	per_protocol(p, "smokebox_collector_datagrams_total",
	    "Datagrams of flows that came.", f->datagrams);
	per_protocol(p, "smokebox_collector_records_total",
	    "Flow records that were decoded.", f->records);
	expo_family(p, "smokebox_collector_errors_total", "counter",
	    "What was not understood in datagrams, by reason.");
	for (int i = 0; i < FLOW_FAULTS; i++)
		expo_labelled(p, "smokebox_collector_errors_total", "reason",
		    flow_fault_word((enum flow_fault)i), f->faults[i]);
	expo_family(p, "smokebox_collector_drops_total", "counter",
	    "Datagrams that the sockets had no room for.");
	expo_plain(p, "smokebox_collector_drops_total", (double)f->drops);
	expo_family(p, "smokebox_collector_strangers_total", "counter",
	    "Datagrams of senders that are not allowed to send.");
	expo_plain(p, "smokebox_collector_strangers_total", (double)f->strangers);
	expo_family(p, "smokebox_collector_tallied_total", "counter",
	    "Flow records by what the tallies did with them: counted, or left out.");
	const struct {
		const char *word;
		uint64_t count;
	} tally[] = { { "counted", f->tallied }, { "own", f->own },
		{ "twice", f->twice }, { "others", f->others },
		{ "absurd", f->absurd } };
	for (size_t i = 0; i < sizeof tally / sizeof *tally; i++)
		expo_labelled(p, "smokebox_collector_tallied_total", "as",
		    tally[i].word, tally[i].count);
	expo_family(p, "smokebox_collector_misdated_total", "counter",
	    "Flows that ended before the oldest open minute or shares of such (late), that "
	    "ended after now (early) or lasted longer than can be (cut).");
	expo_labelled(p, "smokebox_collector_misdated_total", "how", "late", f->late);
	expo_labelled(p, "smokebox_collector_misdated_total", "how", "early", f->early);
	expo_labelled(p, "smokebox_collector_misdated_total", "how", "cut", f->cut);
	expo_family(p, "smokebox_collector_late_octets_total", "counter",
	    "Octets of long flows whose minutes were over when they were told of: in no "
	    "minute.");
	expo_plain(p, "smokebox_collector_late_octets_total", (double)f->late_octets);
	expo_family(p, "smokebox_collector_unknown_sampling_total", "counter",
	    "Flow records of exporters that do not say how they sample.");
	expo_plain(p, "smokebox_collector_unknown_sampling_total", (double)f->unknown);
	expo_family(p, "smokebox_collector_guest_interfaces_total", "counter",
	    "Flows of interfaces that had no room, told of by senders that are not "
	    "named.");
	expo_plain(p, "smokebox_collector_guest_interfaces_total",
	    (double)f->guest_interfaces);
	expo_family(p, "smokebox_collector_new_guest_interfaces_total", "counter",
	    "Flows of interfaces that had no room, told of by senders that are not "
	    "named and were first heard within ten minutes.");
	expo_plain(p, "smokebox_collector_new_guest_interfaces_total",
	    (double)f->new_guest_interfaces);
	expo_family(p, "smokebox_collector_no_room_total", "counter",
	    "What exporters told and there was no more room for.");
	expo_labelled(
	    p, "smokebox_collector_no_room_total", "what", "templates", f->evicted);
	for (int i = 0; i < FLOW_CEILINGS; i++)
		expo_labelled(p, "smokebox_collector_no_room_total", "what",
		    flow_ceiling_word((enum flow_ceiling)i), f->no_room[i]);
	expo_family(p, "smokebox_collector_lessons_left", "gauge",
	    "Exporters and templates that would not be known after a restart, for want "
	    "of room.");
	expo_plain(p, "smokebox_collector_lessons_left", f->lessons_left);
	expo_family(p, "smokebox_collector_unmarked_total", "counter",
	    "Packets whose ECN bits no interface had room for.");
	expo_plain(p, "smokebox_collector_unmarked_total", (double)f->unmarked);
	expo_family(p, "smokebox_collector_suspicions_total", "counter",
	    "Seconds in which a host had more traffic than a threshold.");
	expo_plain(p, "smokebox_collector_suspicions_total", (double)f->suspicions);
	expo_family(p, "smokebox_collector_lost_total", "counter",
	    "What an exporter sent and never came, by its sequence numbers.");
	for (size_t i = 0; i < count; i++) {
		snprintf(who, sizeof who, "%s/%" PRIu64,
		    x[i].agent[0] != '\0' ? x[i].agent : x[i].address, x[i].domain);
		fprintf(p->out, "smokebox_collector_lost_total{");
		expo_label(p->out, "exporter", who, true);
		expo_label(p->out, "protocol",
		    flow_protocol_word((enum flow_protocol)x[i].protocol), false);
		expo_label(p->out, "unit",
		    x[i].protocol == FLOW_PACKETS ? "packets"
		    : x[i].lost_datagrams	  ? "datagrams"
						  : "records",
		    false);
		/* Two may name the same agent, or be behind one address. */
		expo_label(p->out, "source", x[i].address, false);
		snprintf(who, sizeof who, "%u", (unsigned)x[i].port);
		if (x[i].port != 0)
			expo_label(p->out, "port", who, false);
		fprintf(p->out, "} %" PRIu64 "\n", x[i].lost);
	}
}
