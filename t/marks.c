/* What ECN says of packets that pass interfaces, minute by minute. */
#include <string.h>

#include "collector/exporter.h"
#include "collector/marks.h"
#include "link/msgline.h"
#include "t/tap.h"

#define T0 INT64_C(1700000040000) /* a minute's begin, ms */

static struct msg_marks told[8];
static unsigned tellings;

static void
tell(void *ctx, const struct msg_marks *of)
{
	(void)ctx;
	if (tellings < 8)
		told[tellings] = *of;
	tellings++;
}

static struct exporter exporter;

static struct flow
packet(uint8_t tos, uint32_t in, bool egress)
{
	return (struct flow){ .exporter = &exporter,
		.protocol = FLOW_SFLOW5,
		.has = FLOW_HAS_TOS,
		.tos = tos,
		.in = in,
		.out = 7,
		.egress = egress };
}

static void
count(struct marks *m, unsigned n, struct flow f, int64_t now)
{
	for (unsigned i = 0; i < n; i++)
		marks_flow(m, &f, now);
}

static void
test_counting(void)
{
	struct marks *m = marks_new();

	exporter.agent = (struct flow_ip){ 4, { 192, 0, 2, 1 } };
	marks_tick(m, T0, tell, NULL);
	count(m, 100, packet(0x02, 2, false), T0 + 1);
	count(m, 5, packet(0xb8 | 3, 2, false), T0 + 2);
	count(m, 7, packet(0x01, 2, false), T0 + 3);
	count(m, 9, packet(0x10, 2, false), T0 + 3);
	count(m, 4, packet(0x03, 2, true), T0 + 4);
	struct flow other = packet(3, 2, false);
	other.protocol = FLOW_NETFLOW9;
	count(m, 50, other, T0 + 5);
	other = packet(3, 2, false);
	other.has = 0;
	count(m, 50, other, T0 + 5);
	count(m, 50, packet(3, 0, false), T0 + 5);
	marks_tick(m, T0 + 59999, tell, NULL);
	is_int(tellings, 0, "nothing before the minute is over");
	marks_tick(m, T0 + 60000, tell, NULL);
	is_int(tellings, 2, "two interfaces in it");
	const struct msg_marks *in = told[0].key.index == 2 ? &told[0] : &told[1];
	const struct msg_marks *out = told[0].key.index == 2 ? &told[1] : &told[0];
	const struct lineload_marks *of = &in->of[IF_IN];
	ok(in->begin_s == T0 / 1000 && of->ect0 == 100 && of->ect1 == 7 &&
		of->ce == 5 && of->not_capable == 9 && in->of[IF_OUT].ce == 0,
	    "by what each packet says");
	ok(out->key.index == 7 && out->of[IF_OUT].ce == 4, "on its way out likewise");
	tellings = 0;
	marks_tick(m, T0 + 120000, tell, NULL);
	is_int(tellings, 0, "a minute without any is not told");
	for (uint32_t i = 1; i <= MARKS_MAX + 10; i++)
		count(m, 1, packet(2, i, false), T0 + 120001);
	marks_tick(m, T0 + 180000, tell, NULL);
	is_int(tellings, MARKS_MAX, "so many interfaces, and no more");
	is_int((long long)marks_crowded(m), 10, "packets of the others are counted");
	for (unsigned minute = 3; minute < 5; minute++) { /* each begins anew */
		exporter.guest = true;
		for (uint32_t i = 1; i <= MARKS_MAX; i++)
			count(m, 1, packet(2, i, false), T0 + minute * 60000);
		exporter.guest = false;
		for (uint32_t i = 1; i <= MARKS_MAX; i++)
			count(m, 1, packet(2, 100000 + i, false), T0 + minute * 60000);
		tellings = 0;
		marks_tick(m, T0 + (minute + 1) * 60000, tell, NULL);
		is_int(tellings, MARKS_MAX, "guests who come first");
		is_int((long long)marks_crowded(m), 10 + (minute - 2) * 1024,
		    "leave three quarters to who is named");
	}
	marks_free(m);
}

static int
read_back(const struct msg_marks *m, struct msg_marks *got)
{
	static struct msg_out out;
	struct msg_in in;

	msg_begin(&out, MSG_MARKS);
	msg_put_marks(&out, m);
	size_t len = msg_end(&out);
	return msg_parse(&in, out.data, len, -1) == 0 ? msg_get_marks(&in, got) : -1;
}

static void
test_message(void)
{
	static const struct flow_ip ip = { 4, { 192, 0, 2, 1 } };
	struct msg_marks m = { .key = if_key(&ip, 2),
		.begin_s = T0 / 1000,
		.of = { { 1, 2, 3, 4 }, { 5, 6, 7, UINT32_MAX } } },
			 got;

	memset(&got, 0, sizeof got);
	ok(read_back(&m, &got) == 0 && memcmp(&m.of, &got.of, sizeof m.of) == 0 &&
		got.begin_s == m.begin_s,
	    "a message arrives as it was sent");
	m.begin_s++;
	ok(read_back(&m, &got) != 0, "one of no minute is not believed");
	m.begin_s = T0 / 1000;
	m.of[IF_IN].ce = (uint64_t)UINT32_MAX + 1;
	ok(read_back(&m, &got) != 0, "nor one of too many packets");
}

int
main(void)
{
	test_counting();
	test_message();
	return tap_done();
}
