/* Minutes of traffic that grow, in web: an interface of an exporter that tells of
 * others carried nothing, unless that cannot be known. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "link/msgif.h"
#include "link/msgminute.h"
#include "t/tap.h"
#include "web/interfaces.h"
#include "web/livetraffic.h"
#include "web/state.h"

static struct msg_out out;

static struct flow_ip
device(unsigned n)
{
	struct addr a;
	char text[ADDR_TEXT];

	snprintf(text, sizeof text, "192.0.2.%u", n);
	addr_parse(&a, text);
	return flow_ip_of(&a);
}

static int
give(int (*take)(struct msg_in *in))
{
	struct msg_in in;
	size_t len = msg_end(&out);

	return msg_parse(&in, out.data, len, -1) == 0 ? take(&in) : -1;
}

static void
interface(unsigned n, uint32_t index, bool named)
{
	struct flow_ip ip = device(n);
	struct msg_interface m = {
		.key = if_key(&ip, index), .flows = true, .named = named
	};

	msg_begin(&out, MSG_INTERFACE);
	msg_put_interface(&out, &m);
	if (give(interfaces_message) != 0)
		ok(false, "an interface is refused");
}

/* The minute at BEGIN: interface 1 of device 1, and GUESTS of device 2. */
static void
minute(int64_t begin, unsigned guests)
{
	static struct minute_row row[MINUTE_GUEST_INTERFACES + 1];
	struct minute_part part = { .begin_s = begin, .by = MINUTE_INTERFACE };

	part.parts = (uint16_t)(guests / MSG_MINUTE_ROWS + 1);
	memset(row, 0, sizeof row);
	for (unsigned i = 0; i <= guests; i++) {
		row[i].key = (struct minute_key){ .a = device(i == 0 ? 1 : 2),
			.number = i == 0 ? 1 : i };
		row[i].sum.octets[MINUTE_IN] = 1000;
	}
	for (unsigned at = 0; at <= guests; part.part++) {
		unsigned n = guests + 1 - at;

		part.rows = (uint16_t)(n < MSG_MINUTE_ROWS ? n : MSG_MINUTE_ROWS);
		msg_begin(&out, MSG_MINUTE);
		msg_put_minute(&out, &part, row + at);
		if (give(livetraffic_message) != 0)
			ok(false, "a minute is refused");
		at += part.rows;
	}
}

/* Octets of the minute that grows; -1: it is not known. */
static int
grows(unsigned n, uint32_t index)
{
	size_t count;
	struct interface *const *list = interfaces_list(&count);
	struct flow_ip ip = device(n);
	struct if_key key = if_key(&ip, index);

	for (size_t i = 0; i < count; i++)
		if (memcmp(&list[i]->is.key, &key, sizeof key) == 0 &&
		    list[i]->growing.known_ms > 0)
			return (int)list[i]->growing.count[IF_OCTETS][IF_IN];
	return -1;
}

int
main(void)
{
	static const char text[] = "#@ checked 1\n*** General ***\ndatadir = .\n";
	struct conf_report report = { 0 };
	struct conf *conf = conf_parse_checked(text, strlen(text), &report);
	int64_t now = clock_wall_ns() / CLOCK_NS_PER_S, begin = now - now % MINUTE_S;

	if (conf == NULL) {
		conf_report_print(&report, stdout);
		return 1;
	}
	state_init(conf);
	interface(1, 1, true);
	interface(1, 2, true);
	interface(2, 1, false);
	interface(2, 1000, false);
	/* Whatever minute it is when they are asked for, it has the one before last. */
	for (int k = -4; k <= 0; k++)
		minute(begin + k * MINUTE_S, 1);
	is_int(grows(1, 1), 1000, "one that is told of has what it carried");
	is_int(grows(1, 2), 0, "one that is not carried nothing");
	is_int(grows(2, 1000), 0, "a guest's, too");
	for (int k = -4; k <= 0; k++)
		minute(begin + k * MINUTE_S, MINUTE_GUEST_INTERFACES);
	is_int(grows(2, 1000), -1,
	    "but where a guest has as many as may be that is not known");
	is_int(grows(1, 2), 0, "which is nothing to who is named");
	interfaces_forget();
	livetraffic_free();
	conf_free(conf);
	conf_report_free(&report);
	return tap_done();
}
