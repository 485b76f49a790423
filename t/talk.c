/* Who filled the line: in memory, out of the ring, in incidents, and how somebody is
 * forgotten everywhere. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "culprit.h"
#include "recorder/condition.h"
#include "recorder/culprits.h"
#include "recorder/minutes.h"
#include "recorder/scrub.h"
#include "recorder/talk.h"
#include "store.h"
#include "t/conditionops.h"
#include "t/eventsread.h"
#include "t/tap.h"

#define T0 INT64_C(1700002800) /* an hour */

static char dir[] = "/tmp/smokebox-talk-XXXXXX";
static struct talk *t;
static struct minutes *ring;

/* --- traffic that is made up ------------------------------------------------------- */

static struct flow_ip
ip(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return (struct flow_ip){ 4,
		{ (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d } };
}

static void
give(enum minute_by by, int64_t begin, const struct minute_row *row, uint16_t rows)
{
	struct minute_part part = {
		.begin_s = begin, .final = true, .by = by, .parts = 1, .rows = rows
	};
	struct err err;

	if (t != NULL)
		talk_minute(t, &part, row);
	minutes_take(ring, &part, row, begin + 300);
	if (minutes_flush(ring, &err) != 0)
		printf("# %s\n", err.text);
}

/* A minute in which 192.168.1.30 sends OCTETS by HTTPS, 192.168.1.31 a tenth of it by
 * something else, and 192.168.1.32 receives RECEIVED from the port 443. */
static void
minute(int64_t begin, uint64_t octets, uint64_t received)
{
	struct minute_row total = { .sum.octets = { received, octets + octets / 10 } };
	struct minute_row host[3] = {
		{ .key.a = ip(192, 168, 1, 31), .sum.octets[MINUTE_OUT] = octets / 10 },
		{ .key.a = ip(192, 168, 1, 30), .sum.octets[MINUTE_OUT] = octets },
		{ .key.a = ip(192, 168, 1, 32), .sum.octets[MINUTE_IN] = received }
	};
	struct minute_row flow[4] = {
		{ .key = { .a = ip(192, 168, 1, 30), .b = ip(20, 0, 0, 1), .proto = 6,
		      .sport = 50000, .dport = 443 },
		    .sum.octets[MINUTE_OUT] = octets / 2 },
		{ .key = { .a = ip(192, 168, 1, 30), .b = ip(20, 0, 0, 2), .proto = 6,
		      .sport = 50001, .dport = 443 },
		    .sum.octets[MINUTE_OUT] = octets / 2 },
		{ .key = { .a = ip(192, 168, 1, 31), .b = ip(20, 0, 0, 2), .proto = 17,
		      .sport = 50001, .dport = 51820 },
		    .sum.octets[MINUTE_OUT] = octets / 10 },
		{ .key = { .a = ip(20, 0, 0, 3), .b = ip(192, 168, 1, 32), .proto = 6,
		      .sport = 443, .dport = 50002 },
		    .sum.octets[MINUTE_IN] = received },
	};

	give(MINUTE_TOTAL, begin, &total, 1);
	give(MINUTE_HOST, begin, host, 3);
	give(MINUTE_FLOW, begin, flow, 4);
}

static const char *
top(int64_t begin, int64_t end, bool out)
{
	static char text[96];

	talk_top(t, begin, end, out, text, sizeof text);
	return text;
}

/* --- tests ------------------------------------------------------------------------- */

static void
test_top(void)
{
	char text[96];

	is_str(top(T0, T0 + 600, true), "", "at first nobody talks");
	for (int i = 0; i < 10; i++)
		minute(T0 + i * 60, 1000000, 5000000);
	is_str(top(T0, T0 + 600, true), "192.168.1.30, port 443", "who sends most, by what");
	is_str(top(T0, T0 + 600, false), "192.168.1.32, port 443",
	    "who receives most: the service's port, not the client's");
	is_close(talk_top(t, T0, T0 + 600, true, text, sizeof text), 10 / 11., 1e-3,
	    "its share");
	is_str(top(T0 - 6000, T0 - 600, true), "", "nobody is known of before");
	/* The same minute told again is in place of what was. */
	minute(T0 + 540, 1000000, 5000000);
	is_close(talk_top(t, T0, T0 + 600, true, text, sizeof text), 10 / 11., 1e-3,
	    "a minute that is told again counts once");
	struct minute_row host[4];
	memset(host, 0, sizeof host);
	for (unsigned i = 0; i < 4; i++) {
		host[i].key.a = ip(192, 168, 1, 40 + i);
		host[i].sum.octets[MINUTE_OUT] = 1000;
	}
	struct minute_row total = { .sum.octets[MINUTE_OUT] = 4000 };
	give(MINUTE_TOTAL, T0 + 1200, &total, 1);
	give(MINUTE_HOST, T0 + 1200, host, 4);
	is_str(top(T0 + 1200, T0 + 1260, true), "", "where nobody stands out nobody is named");
	host[0].sum.octets[MINUTE_OUT] = 8000;
	total.sum.octets[MINUTE_OUT] = 11000;
	give(MINUTE_TOTAL, T0 + 1200, &total, 1);
	give(MINUTE_HOST, T0 + 1200, host, 4);
	is_str(top(T0 + 1200, T0 + 1260, true), "192.168.1.40",
	    "without flows the port is not known");
}

static void
test_evidence(void)
{
	struct incident in = { .kind = "verdict",
		.subject = "access",
		.begin = T0 + 300,
		.end = T0 + 600,
		.evidence = "{\"cause\":\"bufferbloat\"}" };
	char *text = culprits_evidence(t, &in, T0 + 700);

	ok(text != NULL && strstr(text,
			       "{\"cause\":\"bufferbloat\",\"talkers\":{\"during\":{\"start\":"
			       "1700003100,\"end\":1700003400,\"coverage\":1,") == text,
	    "an incident has who talked");
	ok(strstr(text, "\"bps_in\":666667,\"bps_out\":146667") != NULL, "how much");
	ok(strstr(text, "{\"host\":\"192.168.1.32\",\"bps_in\":666667,") != NULL,
	    "by host");
	ok(strstr(text, "\"before\":{\"start\":1700002200,\"end\":1700003100,") != NULL,
	    "and who did before");
	in.evidence = text;
	char *again = culprits_evidence(t, &in, T0 + 700);
	is_str(again, text, "once, however often it is put");
	is_int((long long)culprit_without(text), strlen("{\"cause\":\"bufferbloat\"}"),
	    "which can be taken off again");
	free(again);
	in.evidence = "{}";
	again = culprits_evidence(t, &in, T0 + 700);
	ok(strncmp(again, "{\"talkers\":{\"during\":", 21) == 0, "also where it is all");
	is_int((long long)culprit_without(again), 2, "and off again");
	free(again);
	free(text);
	/* Of whatever is slow or lost: alerts may be of delays, and so may verdicts. */
	static const char *const kinds[] = { "alert", "verdict", "loss", "congestion" };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		in.kind = kinds[i];
		again = culprits_evidence(t, &in, T0 + 700);
		ok(again != NULL && strstr(again, "\"during\":{") != NULL &&
			strstr(again, "\"before\":{") != NULL,
		    "so has a %s", kinds[i]);
		free(again);
	}
	in.kind = "note";
	ok(culprits_evidence(t, &in, T0 + 700) == NULL, "a note is not explained");
	in.kind = "loss";
	in.begin = T0 - 7200;
	in.end = T0 - 3600;
	ok(culprits_evidence(t, &in, T0 + 700) == NULL, "nor what nobody counted at");
}

/* What memory does not hold any more is in the ring, and after a start all is. */
static void
test_ring(void)
{
	struct talk_span s;

	for (int i = 20; i < 100; i++)
		minute(T0 + i * 60, 1000000, 0);
	talk_span(t, T0, T0 + 6000, &s);
	is_int(s.covered_s, 90 * 60, "each minute counts once, from the ring or memory");
	/* Of the ring, what was told twice are two halves. */
	is_int((long long)s.total.octets[MINUTE_OUT], 91 * 1100000 + 15000,
	    "with its octets");
	talk_span_free(&s);
	talk_free(t);
	t = talk_new();
	talk_begin(t, T0 + 6000);
	is_str(top(T0 + 5000, T0 + 6000, true), "192.168.1.30, port 443",
	    "a start knows the last hour");
	talk_span(t, T0, T0 + 6000, &s);
	is_int(s.covered_s, 90 * 60, "and the ring the rest");
	talk_span_free(&s);
}

static void
is_scrubbed(const char *text, const char *prefix, const char *want)
{
	struct prefix p;
	struct err err;
	char *copy = mem_str(text);

	if (prefix_parse(&p, prefix, &err) != 0)
		printf("# %s\n", err.text);
	bool any = scrub(copy, &p);
	ok(any == (strcmp(text, want) != 0) && strcmp(copy, want) == 0, "%s: %s", prefix,
	    want);
	if (strcmp(copy, want) != 0)
		printf("# got: %s\n", copy);
	free(copy);
}

static void
test_scrub(void)
{
	is_scrubbed("at 9.6 of 10 Mbit/s (192.168.1.30, port 443): it", "192.168.1.30",
	    "at 9.6 of 10 Mbit/s (gone, port 443): it");
	is_scrubbed("192.168.1.30 192.168.1.3 192.168.1.300 192.168.1.30.", "192.168.1.30",
	    "gone 192.168.1.3 192.168.1.300 gone.");
	is_scrubbed("{\"host\":\"192.168.1.30\",\"a\":[1.5,2]}", "192.168.1.0/24",
	    "{\"host\":\"gone\",\"a\":[1.5,2]}");
	is_scrubbed("192.168.1.30:443 x192.168.1.30 192.168.1.30x", "192.168.1.30",
	    "gone:443 x192.168.1.30 192.168.1.30x");
	is_scrubbed("2001:db8::17 and [2001:db8::18]", "2001:db8::/32", "gone and [gone]");
	is_scrubbed("a ::1 b feed: dead face", "::1", "a - b feed: dead face");
	is_scrubbed("nothing of 10.0.0.0/8 here", "192.0.2.1",
	    "nothing of 10.0.0.0/8 here");
	is_scrubbed("", "192.0.2.1", "");
}

/* --- events.db --------------------------------------------------------------------- */

static struct events *ev;
static struct conditions *cs;

static char *
audience(void *ctx, const char *kind, enum condition_ears ears)
{
	(void)ears;
	(void)ctx;
	(void)kind;
	return mem_str("[\"me\"]");
}

static char *
evidence(void *ctx, const struct incident *in)
{
	(void)ctx;
	return culprits_evidence(t, in, T0 + 700);
}

static const char *
query(const char *sql)
{
	while (events_work(ev, CLOCK_NS_PER_S) >= 0)
		;
	return events_query(sql);
}

static void
forget(const char *text)
{
	struct prefix p;
	struct err err = { "" };
	int64_t at = 0;
	uint64_t rows = 0;
	int more;

	prefix_parse(&p, text, &err);
	talk_forget(t, &p);
	conditions_forget(cs, &p);
	while ((more = events_forget(ev, &p, &at, &rows, &err)) > 0)
		;
	ok(more == 0, "%s is forgotten (%llu rows) %s", text, (unsigned long long)rows,
	    err.text);
}

#define HAS(WHAT) "SELECT count(*) FROM " WHAT

/* Do the bytes of the file NAME have TEXT anywhere? */
static bool
has_bytes(const char *name, const char *text)
{
	static char data[1 << 20];
	FILE *in = fopen(name, "re");
	size_t len = in != NULL ? fread(data, 1, sizeof data, in) : 0;

	if (in != NULL)
		fclose(in);
	return memmem(data, len, text, strlen(text)) != NULL;
}

static void
test_forget(void)
{
	static const struct events_ops events_ops = { print_trouble };
	static const struct conditions_ops ops = { behind_nothing, NULL, NULL,
		never_silent, audience, evidence };
	struct finding f = { .kind = "verdict",
		.subject = "access",
		.source = "verdict",
		.time = T0 + 300,
		.summary = "at 9.6 of 10 Mbit/s (192.168.1.30, port 443)",
		.worst = NAN,
		.evidence = "{\"facts\":[{\"name\":\"talker\",\"text\":\"192.168.1.30, "
			    "port 443\"}]}" };

	ev = events_open(&events_ops, NULL, EVENTS_QUEUE_MAX);
	cs = conditions_new(ev, &ops, NULL);
	talk_free(t);
	t = talk_new();
	for (int i = 0; i < 10; i++)
		minute(T0 + i * 60, 1000000, 5000000);
	condition_raise(cs, &f);
	is_str(query("SELECT json_extract(body, '$.evidence.talkers.before.hosts[0].host') "
		     "FROM outbox"),
	    "192.168.1.32", "the letter of its opening has who talked before");
	f.time = T0 + 600;
	condition_clear(cs, &f);
	is_str(query("SELECT json_extract(evidence, '$.talkers.during.hosts[1].host') FROM "
		     "incident"),
	    "192.168.1.30", "once it is over, it has who talked meanwhile");
	is_str(query("SELECT json_extract(body, '$.evidence.talkers.during.hosts[1].host') "
		     "FROM outbox WHERE what = 'close'"),
	    "192.168.1.30", "so has the letter");

	f.subject = "open";
	condition_raise(cs, &f);
	f.kind = "attack";
	f.subject = "192.168.1.30";
	f.summary = "192.168.1.30 is under attack";
	condition_raise(cs, &f);
	forget("192.168.1.30");
	is_str(query(HAS("incident WHERE kind = 'verdict' AND (summary || evidence) LIKE "
			 "'%192.168.1.30%'")),
	    "0", "no incident tells of it");
	is_str(query(HAS("outbox WHERE body LIKE '%192.168.1.30%'")), "0", "no letter");
	is_str(query("SELECT summary FROM incident WHERE subject = 'access'"),
	    "at 9.6 of 10 Mbit/s (gone, port 443)", "but that there was somebody");
	is_str(query(HAS("incident WHERE evidence LIKE '%192.168.1.32%'")), "2",
	    "others stay");
	is_str(query("SELECT subject FROM incident WHERE kind = 'attack'"), "192.168.1.30",
	    "an attack on it that goes on would not be known again");
	is_str(top(T0, T0 + 600, true), "",
	    "and nobody talks of it any more");
	f.time = T0 + 900;
	condition_clear(cs, &f);
	forget("192.168.1.0/24");
	is_str(query("SELECT subject || summary FROM incident WHERE kind = 'attack'"),
	    "gonegone is under attack", "one that is over tells nothing");
	ok(!has_bytes(STORE_EVENTS, "192.168.1.3") &&
		!has_bytes(STORE_EVENTS "-wal", "192.168.1.3"),
	    "nor do unused pages, or the log");
	ok(has_bytes(STORE_EVENTS, "gone"), "where all is");
	f.kind = "verdict";
	f.subject = "open";
	f.summary = f.evidence = NULL;
	condition_clear(cs, &f);
	is_str(query(HAS("incident WHERE (summary || evidence) LIKE '%192.168.1.3%'")),
	    "0", "nor does it come back with the end of one that was open");
}

static void
test_keep(void)
{
	/* Two that ended longer ago than talkers are kept, and just now. */
	struct incident in = { .kind = "verdict",
		.subject = "access",
		.source = "verdict",
		.begin = clock_wall_ns() / CLOCK_NS_PER_S - 8 * 86400,
		.confidence = "sure",
		.summary = "by 10.9.9.9, port 80",
		.worst = NAN,
		.evidence =
		    "{\"facts\":[{\"name\":\"gap\",\"text\":\"x\"},{\"name\":\"talker\","
		    "\"text\":\"10.9.9.9, port 80\"}],\"talkers\":{\"during\":{\"bps_in\":5,"
		    "\"hosts\":[{\"host\":\"10.9.9.9\"}]},\"before\":{}}}" };

	in.end = in.begin + 60;
	events_put(ev, &in, NULL);
	in.begin += 7 * 86400;
	in.end = in.begin + 60;
	events_put(ev, &in, NULL);
	while (events_work(ev, CLOCK_NS_PER_S) >= 0)
		;
	events_keep_talkers(ev, 7 * 86400);
	is_str(query("SELECT summary || evidence FROM incident WHERE (summary || evidence) "
		     "LIKE '%by a device%'"),
	    "by a device{\"facts\":[{\"name\":\"gap\",\"text\":\"x\"}],\"talkers\":{"
	    "\"during\":{\"bps_in\":5},\"before\":{}}}",
	    "of whom is kept no longer than keep_talkers, how much is");
	is_str(query(HAS("incident WHERE evidence LIKE '%10.9.9.9%'")), "1",
	    "what is younger stays");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	ring = minutes_open(NULL, NULL);
	t = talk_new();
	test_top();
	test_evidence();
	test_ring();
	test_scrub();
	test_forget();
	test_keep();
	talk_free(t);
	minutes_close(ring);
	conditions_free(cs);
	events_close(ev);
	events_clean();
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
