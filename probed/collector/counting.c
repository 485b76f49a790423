#include "collector/counting.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "collector/exporter.h"
#include "collector/ifcount.h"
#include "collector/snmp.h"
#include "collector/snmpwalk.h"
#include "collector/upnp.h"
#include "link/keep.h"

#define NAMES_RATE 200 /* names of interfaces a second */
#define NAMES_BURST 5000

static struct {
	struct ifcount *table;
	struct keep *keep;
	struct bucket names;
	struct snmp *snmp;
	struct upnp *upnp;
	struct msg_out out;
} counting;

static void
on_span(void *ctx, const struct msg_ifcounters *m)
{
	(void)ctx;
	msg_begin(&counting.out, MSG_IFCOUNTERS);
	msg_put_ifcounters(&counting.out, m);
	/* Of a minute there is no other word; what was seen last is said again. */
	keep_send(counting.keep, &counting.out,
	    m->span.minute ? LINK_MUST : LINK_DROPPABLE);
}

void
counting_sample(void *ctx, const struct flow_counters *counters)
{
	(void)ctx;
	ifcount_sflow(counting.table, counters);
}

void
counting_option(void *ctx, const struct flow_option *option)
{
	char name[INTERFACE_TEXT];

	(void)ctx;
	if (option->interface == 0)
		return;
	if_text(name, option->name, option->name_len);
	if (name[0] == '\0')
		return;
	/* Each is told: a flood of them must not fill the line to the recorder. */
	if (!bucket_take(&counting.names, NAMES_RATE, NAMES_BURST,
		clock_wall_ns() / CLOCK_NS_PER_MS))
		return;
	struct flow_ip device = exporter_device(option->exporter);
	struct if_key key = if_key(&device, option->interface);
	ifcount_name(counting.table, &key, name);
}

static void
send_poller(void *ctx, const struct msg_poller *m)
{
	msg_begin(&counting.out, MSG_POLLER);
	msg_put_poller(&counting.out, m);
	link_send(ctx, &counting.out, -1, LINK_DROPPABLE);
}

void
counting_report(struct link *link, int64_t now_ms)
{
	struct msg_iftotals totals = { 0 };

	ifcount_sweep(counting.table, now_ms);
	if (link == NULL)
		return;
	ifcount_totals(counting.table, &totals);
	msg_begin(&counting.out, MSG_IFTOTALS);
	msg_put_iftotals(&counting.out, &totals);
	link_send(link, &counting.out, -1, LINK_DROPPABLE);
	snmp_tell(counting.snmp, send_poller, link);
	upnp_tell(counting.upnp, send_poller, link);
}

void
counting_configure(const struct conf *conf)
{
	snmp_configure(counting.snmp, conf);
	upnp_configure(counting.upnp, conf);
}

void
counting_start(struct event_base *base, struct keep *keep)
{
	counting.keep = keep;
	snmpwalk_init();
	counting.table = ifcount_new(on_span, NULL);
	counting.snmp = snmp_new(base, counting.table);
	counting.upnp = upnp_new(base, counting.table);
}
