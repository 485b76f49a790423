/* Congestion in the recorder: rounds and counters become incidents, what was learned
 * outlives a restart, what nobody tells of any more ends. */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "config/conf.h"
#include "recorder/congestions.h"
#include "recorder/found.h"
#include "store.h"
#include "t/conditionops.h"
#include "t/eventsread.h"
#include "t/tap.h"

#define T0 INT64_C(1700000100) /* a quarter's begin */
#define MEGA 1e6

static char dir[] = "/tmp/smokebox-congestions-XXXXXX";
static struct events *ev;
static struct conditions *cs;
static struct congestions *c;
static struct conf *conf;
static struct msg_line told;
static unsigned tellings, troubles;
static int64_t now = T0;

/* --- dice ---------------------------------------------------------------------- */

static uint64_t dice = 5;

static double
chance(void) /* splitmix64 */
{
	uint64_t z = dice += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

/* --- who listens ---------------------------------------------------------------- */

/* What is open, as the judge of the path hears it. */
static char heard[8][400];

static void
hear(void *ctx, const struct infer_finding *f, bool over)
{
	char name[400];
	unsigned room = 8;

	(void)ctx;
	snprintf(name, sizeof name, "%s %s", f->subject, f->source);
	for (unsigned i = 0; i < 8; i++)
		if (strcmp(heard[i], name) == 0 || (heard[i][0] == '\0' && room == 8))
			room = i;
	if (room < 8)
		snprintf(heard[room], sizeof heard[room], "%s", over ? "" : name);
}

static bool
is_heard(const char *subject, const char *source)
{
	char name[400];

	snprintf(name, sizeof name, "%s %s", subject, source);
	for (unsigned i = 0; i < 8; i++)
		if (strcmp(heard[i], name) == 0)
			return true;
	return false;
}

/* --- what it needs ---------------------------------------------------------------- */

static void
trouble(void *ctx, const char *text)
{
	(void)ctx;
	printf("# %s\n", text);
	troubles++;
}

static const struct events_ops events_ops = { trouble };
static const struct conditions_ops conditions_ops = { behind_nothing, NULL, NULL,
	never_silent, nobody_asks, NULL };

/* By its path: "A.Gateway" and so on. */
static enum links_place
place(void *ctx, uint64_t target, bool *crosses)
{
	static const struct {
		const char *path;
		enum links_place place;
	} places[] = { { "A.Gateway", LINKS_GATEWAY }, { "A.Access", LINKS_ACCESS },
		{ "A.Core", LINKS_PROVIDER }, { "A.Far1", LINKS_FAR },
		{ "A.Far2", LINKS_FAR }, { "A.Far3", LINKS_FAR } };
	const struct conf_target *t = conf_target_by_id(conf, target);

	(void)ctx;
	*crosses = true;
	if (t != NULL && strncmp(t->path, "A.Many", 6) == 0)
		return LINKS_FAR;
	for (size_t i = 0; t != NULL && i < sizeof places / sizeof places[0]; i++)
		if (strcmp(t->path, places[i].path) == 0)
			return places[i].place;
	return LINKS_NOWHERE;
}

static void
on_tell(void *ctx, const struct msg_line *m)
{
	(void)ctx;
	told = *m;
	tellings++;
}

static struct lines_busy busy;
static int64_t load_since; /* of a load test; 0: none runs */

static void
on_busy(void *ctx, const struct lines_busy *b)
{
	(void)ctx;
	busy = *b;
}

static bool
own(void *ctx, int64_t begin, int64_t end)
{
	(void)ctx;
	(void)begin;
	return load_since != 0 && end >= load_since;
}

/* The ways to Far1 and Far2 are one behind the core. */
static unsigned
cut(void *ctx, const uint64_t *bad, size_t bads, const uint64_t *good, size_t goods,
    char hop[ADDR_TEXT])
{
	(void)ctx;
	(void)good;
	(void)goods;
	for (size_t i = 0; i < bads; i++) {
		const struct conf_target *t = conf_target_by_id(conf, bad[i]);
		if (t == NULL ||
		    (strcmp(t->path, "A.Far1") != 0 && strcmp(t->path, "A.Far2") != 0))
			return 0;
	}
	snprintf(hop, ADDR_TEXT, "203.0.113.9");
	return 7;
}

static const struct congestions_ops ops = { place, on_tell, trouble, on_busy, own,
	cut };

static void
write_text(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		printf("# cannot write %s\n", name);
}

#define TARGET(name) "++ " name "\nmenu = m\ntitle = t\nhost = 192.0.2.9\n"

static void
load(const char *far)
{
	struct conf_report report = { 0 };
	char text[8000];

	mkdir("conf", 0755);
	write_text("conf/Probes", "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n");
	snprintf(text, sizeof text,
	    "*** Targets ***\nprobe = FPing\nmenu = Top\ntitle = Top\n+ A\nmenu = A\n"
	    "title = A\n" TARGET("Gateway") TARGET("Access") TARGET("Core")
		TARGET("Far1") TARGET("Far2") "%s",
	    far);
	write_text("conf/Targets", text);
	write_text("conf/smokebox",
	    "*** Collector ***\n+ interfaces\n++ wan\ndevice = 192.168.1.1\nindex = 2\n"
	    "speed = 50M/10M\ntitle = The line\nbeyond = A.Access\n");
	conf = conf_load("conf", &report);
	if (conf == NULL)
		conf_report_print(&report, stdout);
	conf_report_free(&report);
}

static void
up(void)
{
	ev = events_open(&events_ops, NULL, EVENTS_QUEUE_MAX);
	cs = conditions_new(ev, &conditions_ops, NULL);
	c = congestions_new(cs, ev, &ops, NULL, now);
	congestions_configure(c, conf);
}

static void
down(void)
{
	congestions_free(c);
	conditions_flush(cs);
	conditions_free(cs);
	while (events_work(ev, CLOCK_NS_PER_S) >= 0)
		;
	events_close(ev);
}

static const char *
query(const char *sql)
{
	conditions_flush(cs);
	while (events_work(ev, CLOCK_NS_PER_S) >= 0)
		;
	return events_query(sql);
}

/* --- what comes ------------------------------------------------------------------- */

/* A round of PINGS of PATH that took LONG_S; each takes RTT, and some noise. */
static void
measure(const char *path, int64_t begin, unsigned long_s, unsigned pings, double rtt_ms)
{
	static struct round r;

	memset(&r, 0, sizeof r);
	r.target = conf_target_by_path(conf, path)->id;
	r.state = ROUND_MEASURED;
	r.begin_ns = begin * CLOCK_NS_PER_S;
	r.end_ns = r.begin_ns + (int64_t)long_s * CLOCK_NS_PER_S;
	r.count = (uint16_t)pings;
	(void)addr_parse(&r.address, "192.0.2.9");
	r.ttl = 60;
	for (unsigned i = 0; i < pings; i++) {
		r.ping[i].outcome = PING_ANSWERED;
		r.ping[i].rtt_ns = (int64_t)((rtt_ms - 0.8 * log(chance())) * 1e6);
	}
	congestions_round(c, &r);
}

static struct msg_interface port = { .source = IF_SNMP,
	.bits = 64,
	.names = { .name = "eth1", .speed = { 1000000000, 1000000000 } } };

/* Ten seconds at so much of 50 and 10 Mbit/s, one ping each two, and what counters say
 * of it; ten bits of a minute's discards are DROPPED. */
static void
ten_seconds(double in, double out, double dropped)
{
	double rtt = 12 + (in > 0.9 ? 80 : 0) + (out > 0.9 ? 180 : 0);
	struct if_span s = { .begin_ms = now * 1000, .known_ms = 10000 };
	struct flow_ip ip = { 4, { 192, 168, 1, 1 } };

	port.key = if_key(&ip, 2);
	for (unsigned count = 0; count < IF_COUNTS; count++)
		s.count[count][IF_IN] = s.count[count][IF_OUT] = 0;
	s.count[IF_OCTETS][IF_IN] = in * 50 * MEGA / 8 * 10;
	s.count[IF_OCTETS][IF_OUT] = out * 10 * MEGA / 8 * 10;
	s.count[IF_PACKETS][IF_IN] = s.count[IF_OCTETS][IF_IN] / 1000;
	s.count[IF_PACKETS][IF_OUT] = s.count[IF_OCTETS][IF_OUT] / 1000;
	port.now = s;
	if (now % 60 == 0) {
		s.begin_ms -= 60000;
		s.known_ms = 60000;
		s.minute = true;
		for (unsigned way = 0; way < IF_WAYS; way++) {
			s.count[IF_OCTETS][way] *= 6;
			s.count[IF_PACKETS][way] *= 6;
		}
		s.count[IF_DISCARDS][IF_OUT] = dropped;
		port.minute = s;
	}
	measure("A.Access", now, 10, 5, rtt);
	congestions_interface(c, &port);
	now += 10;
	congestions_tick(c, now);
}

static void
minutes(unsigned n, double in, double out, double dropped)
{
	for (unsigned i = 0; i < 6 * n; i++)
		ten_seconds(in, out, dropped);
}

static int64_t
is_open(const char *subject, const char *source)
{
	return condition_open(cs, "congestion", subject, source);
}

#define WAN "192.168.1.1/2"

static void
test_line(void)
{
	for (unsigned i = 0; i < 3; i++) {
		minutes(4, 0.05, 0.02, 0);
		minutes(2, 0.4, 0.1, 0);
		minutes(2, 0.98, 0.1, 0);
	}
	minutes(3, 0.05, 0.02, 0);
	ok(is_open(WAN, "line") == 0, "nothing is the matter with an idle line");
	ten_seconds(0.05, 0.98, 0);
	ok(is_open(WAN, "line") != 0, "ten seconds of an upload that delays are");
	minutes(3, 0.05, 0.98, 0);
	ok(is_open(WAN, "line") != 0, "as long as it lasts");
	ok(is_heard(WAN, "line"), "the judge of the path hears of it");
	printf("# %s\n", query("SELECT summary FROM incident WHERE source = 'line'"));
	ok(strstr(query("SELECT summary FROM incident WHERE \"end\" IS NULL"),
	       "The line is filled by its own traffic: while uploading") != NULL,
	    "the sentence says so");
	is_str(query("SELECT kind || ' ' || confidence FROM incident WHERE \"end\" IS "
		     "NULL AND source = 'line'"),
	    "congestion sure", "by probes and counters: sure");
	ten_seconds(0.05, 0.02, 0);
	ok(is_open(WAN, "line") == 0, "and it ends with it");
	ok(!is_heard(WAN, "line"), "which is heard, too");
	is_str(query("SELECT count(*) FROM incident WHERE source = 'line'"), "4",
	    "three downloads were, too");

	ok(tellings > 0 && told.bloat.grade == BLOAT_C &&
		strcmp(told.target, "A.Access") == 0 && told.key.index == 2,
	    "web is told the grade");
	is_close(told.bloat.way[IF_OUT].rise_ms, 180, 8, "the added delay");
	is_close(told.bloat.way[IF_OUT].buffer, 220e3, 20e3, "the queue");
	is_close(told.bloat.way[IF_OUT].shaper, 8.8e6, 0.2e6, "a rate for a shaper");

	minutes(2, 0.05, 0.02, 0);
	ok(busy.time > now - 30 && busy.use[IF_OUT] < 0.1, "the judge hears what it carries");
	is_close(busy.line[IF_OUT], 10e6, 1, "of how much");
	load_since = now;
	minutes(2, 0.05, 0.98, 0);
	ok(is_open(WAN, "line") == 0, "what a load test fills is not congested");
	is_close(busy.use[IF_OUT], 0.98, 0.01, "though it is full");
	is_close(busy.bps[IF_OUT], 9.8e6, 1e5, "in figures");
	is_close(busy.holds[IF_OUT], 220e3, 20e3, "and a queue waits");
	minutes(1, 0.05, 0.02, 0);
	load_since = 0;
	minutes(2, 0.05, 0.02, 0);
	ok(is_open(WAN, "line") == 0 && is_open(WAN, "counters") == 0, "nor behind it");
	minutes(1, 0.05, 0.98, 0);
	ok(is_open(WAN, "line") != 0, "the next upload is");
	minutes(1, 0.05, 0.02, 0);

	minutes(6, 0.05, 0.85, 900);
	ok(is_open(WAN, "counters") != 0, "what is thrown away at 85 %% is told");
	minutes(6, 0.05, 0.02, 0);
	ok(is_open(WAN, "counters") == 0, "until it is not");
	ok(!is_heard(WAN, "counters"), "for whoever listens");
}

static void
test_silence(void)
{
	minutes(1, 0.05, 0.98, 0);
	ok(is_open(WAN, "line") != 0, "it is full");
	for (unsigned i = 0; i < 60; i++)
		congestions_tick(c, now += 11);
	ok(is_open(WAN, "line") == 0, "who is not heard of is not full any more");
	minutes(1, 0.05, 0.98, 0);
	down();
	up();
	ok(is_open(WAN, "line") != 0, "an incident outlives a restart");
	for (unsigned i = 0; i < 60; i++)
		congestions_tick(c, now += 11);
	ok(is_open(WAN, "line") == 0, "and ends where nothing is heard of it");
}

/* A reload by which the line leads nowhere any more. */
static void
test_unled(void)
{
	struct conf_report report = { 0 };
	struct conf *before = conf;

	minutes(1, 0.05, 0.98, 0);
	ok(is_open(WAN, "line") != 0, "it is full again");
	write_text("conf/smokebox", "*** Collector ***\n+ interfaces\n++ wan\n"
				    "device = 192.168.1.1\nindex = 2\n");
	conf = conf_load("conf", &report);
	conf_report_free(&report);
	congestions_configure(c, conf);
	ten_seconds(0.05, 0.98, 0);
	ok(is_open(WAN, "line") == 0,
	    "what no ping beyond it can end is ended when none is beyond it");
	conf_free(conf);
	conf = before;
	congestions_configure(c, conf);
	minutes(20, 0.05, 0.02, 0);
	for (unsigned i = 0; i < 3; i++) {
		minutes(2, 0.98, 0.1, 0);
		minutes(1, 0.05, 0.98, 0);
	}
	minutes(3, 0.05, 0.02, 0);
}

static void
test_kept(void)
{
	struct stat st;
	char damaged[] = "X";

	ok(stat(STORE_STATE "/congestion", &st) == 0 && (st.st_mode & 077) == 0,
	    "what was learned is in a file of our own");
	tellings = 0;
	congestions_tell(c);
	ok(tellings == 1 && told.bloat.grade == BLOAT_C &&
		told.bloat.way[IF_OUT].loaded > 20,
	    "after a restart it is known");
	down();
	FILE *f = fopen(STORE_STATE "/congestion", "r+");
	fseek(f, 100, SEEK_SET);
	fputs(damaged, f);
	fclose(f);
	troubles = 0;
	up();
	tellings = 0;
	congestions_tell(c);
	ok(tellings == 0 && troubles == 1, "a damaged one is not used, which is told");
}

/* --- links ------------------------------------------------------------------------ */

/* DAYS of rounds, two in a quarter; between 18 and 21 UTC what lies behind the core has
 * so much more. */
static void
weeks(unsigned days, double core, double far, bool all)
{
	int64_t end = now + days * 86400;

	for (; now < end; now += TSLP_BIN_S / 2) {
		bool evening = now % 86400 >= 18 * 3600 && now % 86400 < 21 * 3600;

		measure("A.Gateway", now, 300, 10, 1);
		measure("A.Access", now, 300, 10, 8);
		measure("A.Core", now, 300, 10, 14 + (evening ? core : 0));
		measure("A.Far1", now, 300, 10, 20 + (evening ? far : 0));
		measure("A.Far2", now, 300, 10, 30 + (evening ? far : 0));
		measure("A.Far3", now, 300, 10, 40 + (evening && all ? far : 0));
		for (unsigned i = 0; i < 8 && now % 3600 < TSLP_BIN_S / 2; i++)
			congestions_tick(c, now + 100 + i);
	}
}

static void
test_links(void)
{
	now = now / 86400 * 86400 + 86400;
	weeks(9, 0, 15, true);
	ok(is_open("A.Far1", "recurring") != 0 && is_open("A.Far3", "recurring") != 0,
	    "far ends that are slow each evening");
	ok(is_open("A.Core", "recurring") == 0 && is_open("A.Access", "recurring") == 0,
	    "what lies before is not");
	ok(is_open("A.Far2", "recurring") == 0 && !is_heard("A.Far2", "recurring"),
	    "of two behind one link one tells");
	ok(strstr(query("SELECT summary FROM incident WHERE subject = 'A.Far1' AND "
			"source = 'recurring'"),
	       "between A.Core and A.Far1 (and 1 more behind 203.0.113.9)") != NULL,
	    "and names the other");
	printf("# %s\n",
	    query("SELECT summary FROM incident WHERE subject = 'A.Far1' AND source = "
		  "'recurring'"));
	ok(strstr(query("SELECT summary FROM incident WHERE subject = 'A.Far1' AND "
			"source = 'recurring'"),
	       "between A.Core and A.Far1") != NULL,
	    "it says between whom");
	is_str(query("SELECT DISTINCT confidence FROM incident WHERE source = "
		     "'recurring' AND subject = 'A.Far1'"),
	    "likely", "others are slow alike: likely");

	down();
	up();
	weeks(1, 0, 15, true);
	ok(is_open("A.Far1", "recurring") != 0, "a restart forgets nothing");
	weeks(12, 0, 0, true);
	ok(!is_heard("A.Far1", "recurring") && !is_heard("A.Far3", "recurring"),
	    "nor is it heard of any more");
	ok(is_open("A.Far1", "recurring") == 0 && is_open("A.Far3", "recurring") == 0,
	    "twelve good days end it");

	weeks(9, 15, 0, true);
	ok(is_open("A.Core", "recurring") == 0,
	    "a core that answers late itself is no congestion");
	weeks(9, 15, 15, true);
	ok(is_open("A.Core", "recurring") != 0,
	    "one that has everything behind it late is");
	struct conf *before = conf;
	load("");
	congestions_configure(c, conf);
	conf_free(before);
	ok(is_open("A.Core", "recurring") != 0, "it stays over a reload");
	ok(strstr(query("SELECT subject FROM incident WHERE \"end\" IS NULL AND kind = "
			"'congestion'"),
	       "A.Far3") == NULL,
	    "nothing is said of a target that is gone");
}

/* --- what a restart finds --------------------------------------------------------- */

static void
open_one(const char *subject, const char *source)
{
	struct finding f = { .kind = "congestion",
		.subject = subject,
		.source = source,
		.summary = "s",
		.evidence = "{}",
		.confidence = "likely",
		.time = now,
		.worst = NAN };

	condition_raise(cs, &f);
}

static void
test_left_open(void)
{
	open_one("A.Gone", "recurring");
	open_one("A.Nowhere", "shift");
	ok(is_open("A.Gone", "recurring") != 0 && is_open("A.Nowhere", "shift") != 0 &&
		is_open("A.Core", "recurring") != 0,
	    "three are open");
	down();
	struct conf *before = conf;
	load(TARGET("Far3") TARGET("Nowhere"));
	conf_free(before);
	up();
	weeks(2, 15, 15, true);
	ok(is_open("A.Gone", "recurring") == 0, "that of a target that is gone ends");
	ok(is_open("A.Nowhere", "shift") == 0, "that of one without a place, too");
	ok(is_open("A.Core", "recurring") != 0, "one that is judged stays");
}

/* --- many ------------------------------------------------------------------------- */

/* Minutes of interface INDEX of 10.0.0.HOST that is full and throws away. */
static void
full_port(uint8_t host, uint32_t index, unsigned n)
{
	struct flow_ip ip = { 4, { 10, 0, 0, host } };
	struct msg_interface m = { .source = IF_SFLOW,
		.bits = 64,
		.names = { .name = "eth", .speed = { 1000000000, 1000000000 } } };

	m.key = if_key(&ip, index);
	for (unsigned i = 0; i < n; i++) {
		m.minute = (struct if_span){
			.begin_ms = (now - 60) * 1000, .known_ms = 60000, .minute = true
		};
		m.minute.count[IF_OCTETS][IF_OUT] = 0.95 * 1e9 / 8 * 60;
		m.minute.count[IF_PACKETS][IF_OUT] = 1e6;
		m.minute.count[IF_DISCARDS][IF_OUT] = 1e4;
		congestions_interface(c, &m);
		now += 60;
		congestions_tick(c, now);
	}
}

static void
test_many(void)
{
	now += 60 - now % 60;
	for (uint32_t i = 1; i <= LINES_MAX; i++) {
		struct flow_ip ip = { 4, { 10, 0, 0, 1 } };
		struct msg_interface m = { .source = IF_SFLOW, .bits = 64 };

		m.key = if_key(&ip, i);
		congestions_interface(c, &m);
	}
	full_port(2, 1, 10);
	ok(is_open("10.0.0.2/1", "counters") == 0, "more interfaces have no room");
	for (unsigned hour = 0; hour < 22; hour++)
		congestions_tick(c, now += 3600);
	full_port(2, 1, 10);
	ok(is_open("10.0.0.2/1", "counters") == 0, "nor a day later, nearly");
	for (unsigned hour = 0; hour < 2; hour++)
		congestions_tick(c, now += 3600);
	full_port(2, 1, 10);
	ok(is_open("10.0.0.2/1", "counters") != 0,
	    "but when of others nothing was told for a day");
	for (unsigned hour = 0; hour < 25; hour++)
		congestions_tick(c, now += 3600);
	ok(is_open("10.0.0.2/1", "counters") == 0, "what is forgotten is not open");
}

/* More far ends than there is room for, and they come first. */
static void
test_crowd(void)
{
	char text[6000];
	size_t n = 0;
	struct conf *before = conf;

	for (unsigned i = 10; i < 90; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
		    "++ Many%u\nmenu = m\ntitle = t\nhost = 192.0.2.9\n", i);
	n += (size_t)snprintf(text + n, sizeof text - n, TARGET("Far3"));
	down();
	unlink(STORE_STATE "/congestion");
	load(text);
	conf_free(before);
	up();
	now = now / 86400 * 86400 + 86400;
	measure("A.Far1", now, 300, 10, 20);
	measure("A.Far2", now, 300, 10, 30);
	measure("A.Far3", now, 300, 10, 40);
	for (unsigned i = 10; i < 90; i++) {
		snprintf(text, sizeof text, "A.Many%u", i);
		measure(text, now, 300, 10, 20);
	}
	weeks(9, 15, 15, true);
	for (unsigned i = 0; i < 3 * LINKS_MAX; i++)
		congestions_tick(c, now + 3600 * (i / LINKS_MAX));
	ok(is_open("A.Core", "recurring") != 0, "hops have room before far ends");
	ok(strstr(query("SELECT evidence FROM incident WHERE subject = 'A.Core' AND "
			"source = 'recurring' AND \"end\" IS NULL"),
	       "; 22 targets are not watched") != NULL,
	    "how many have none is told");
}

/* Whatever was found has numbers, one with a threshold and one with its interval, and
 * says what the data were worth. */
static void
test_evidence(void)
{
	is_str(query("SELECT count(*) > 4 FROM incident WHERE kind = 'congestion'"),
	    "1", "several were found");
	is_str(query("SELECT group_concat(source || ': ' || coalesce(evidence, '')) "
		     "FROM incident WHERE kind = 'congestion' AND "
		     /* which were put there by hand */
		     "subject NOT IN ('A.Gone', 'A.Nowhere') AND NOT ("
		     "EXISTS(SELECT 1 FROM json_each(evidence, '$.numbers') WHERE "
		     "json_extract(value, '$.threshold') IS NOT NULL) AND "
		     "EXISTS(SELECT 1 FROM json_each(evidence, '$.numbers') WHERE "
		     "json_extract(value, '$.interval') IS NOT NULL AND "
		     "json_extract(value, '$.level') IS NOT NULL) AND "
		     "json_extract(evidence, '$.quality.samples') > 0 AND "
		     "json_type(evidence, '$.quality.unknown') IS NOT NULL)"),
	    "NULL", "each with threshold, interval and quality");
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		tap_skip_all("no directory of its own");
	mkdir(STORE_DIR, 0755);
	mkdir(STORE_STATE, 0755);
	load(TARGET("Far3"));
	if (conf == NULL)
		return 1;
	found_listen(hear, NULL);
	up();
	test_line();
	test_silence();
	test_unled();
	test_kept();
	test_links();
	test_left_open();
	test_many();
	test_crowd();
	test_evidence();
	down();
	conf_free(conf);
	events_clean();
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
