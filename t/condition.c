/* The machine of conditions: when incidents open and close, who is told and who not. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "recorder/condition.h"
#include "store.h"
#include "t/eventsread.h"
#include "t/tap.h"

#define MS CLOCK_NS_PER_MS
#define T0 1700000000LL
#define AGAIN 5400 /* what is over so long does not come again */

static char dir[] = "/tmp/smokebox-condition-XXXXXX";
static struct events *ev;
static struct conditions *cs;
/* What the configuration would say. */
static const char *silent_subject, *asked_kind;
/* Of who asked for it: is that one told of verdicts, too; and is there one who is not?
 */
static bool hears_verdicts, other_asks;
static struct {
	const char *subject, *behind;
} lies[4];

static void
trouble(void *ctx, const char *text)
{
	(void)ctx;
	printf("# %s\n", text);
}

static const char *
behind(void *ctx, const char *subject, unsigned *grace)
{
	(void)ctx;
	*grace = 20;
	for (unsigned i = 0; i < 4; i++)
		if (lies[i].subject != NULL && strcmp(lies[i].subject, subject) == 0)
			return lies[i].behind;
	return NULL;
}

/* Who judges the path. */
static struct {
	const char *subject;
	int64_t by;
	unsigned grace;
} judged;

static int64_t
explained(void *ctx, const char *subject, int64_t since, unsigned *grace)
{
	(void)ctx;
	(void)since;
	*grace = judged.subject != NULL && (strcmp(judged.subject, subject) == 0 ||
					       strcmp(judged.subject, "*") == 0)
		     ? judged.grace
		     : 0;
	return *grace > 0 ? judged.by : 0;
}

/* What was named first in the alphabet is nearer. */
static unsigned
distance(void *ctx, const char *subject)
{
	(void)ctx;
	return (unsigned char)subject[0];
}

static bool
silent(void *ctx, const char *subject, int64_t now)
{
	(void)ctx;
	(void)now;
	return silent_subject != NULL && strcmp(silent_subject, subject) == 0;
}

static char *
audience(void *ctx, const char *kind, enum condition_ears ears)
{
	bool asker = ears != (hears_verdicts ? EARS_NO_VERDICT : EARS_VERDICT);
	bool other = other_asks && ears != EARS_VERDICT;

	(void)ctx;
	if (asked_kind == NULL || strstr(asked_kind, kind) == NULL || !(asker || other))
		return NULL;
	return mem_str(asker && other ? "[\"asker\",\"other\"]"
		       : asker	      ? "[\"asker\"]"
				      : "[\"other\"]");
}

static const struct events_ops events_ops = { trouble };
/* What belongs to it, while somebody has something to say. */
static bool talks;

static char *
evidence(void *ctx, const struct incident *in)
{
	(void)ctx;
	return talks ? mem_printf("{\"talkers\":{\"during\":{\"end\":%lld}}}",
			   (long long)in->end)
		     : NULL;
}

static const struct conditions_ops ops = { behind, explained, distance, silent,
	audience, evidence };

static void
write_out(void)
{
	while (events_work(ev, 100 * MS) >= 0)
		;
}

static void
up(void)
{
	ev = events_open(&events_ops, NULL, EVENTS_QUEUE_MAX);
	cs = conditions_new(ev, &ops, NULL);
}

static void
down(void)
{
	write_out();
	conditions_free(cs);
	events_close(ev);
}

static const char *
query(const char *sql)
{
	write_out();
	return events_query(sql);
}

/* Those of LEAF alone, and to whom: "what to". */
static const char *
leaf_letters(void)
{
	return query(
	    "SELECT what || ':' || receivers FROM outbox JOIN incident ON "
	    "incident.id = incident WHERE subject = 'leaf' ORDER BY outbox.id");
}

/* Letters that are in the outbox: "what of incident". */
static const char *
letters(void)
{
	return query("SELECT what || ':' || subject FROM outbox JOIN incident "
		     "ON incident.id = incident ORDER BY outbox.id");
}

static void
fresh(void)
{
	if (cs != NULL)
		down();
	events_clean();
	memset(lies, 0, sizeof lies);
	silent_subject = asked_kind = NULL;
	hears_verdicts = true;
	other_asks = false;
	memset(&judged, 0, sizeof judged);
	up();
}

static struct finding
finding(const char *kind, const char *subject, const char *source, int64_t at)
{
	return (struct finding){ .kind = kind,
		.subject = subject,
		.source = source,
		.time = T0 + at,
		.summary = "it is bad",
		.worst = NAN };
}

/* An alert that tells somebody. */
static int64_t
alert(const char *subject, int64_t at, bool bad)
{
	struct finding f = finding("alert", subject, "big", at);

	f.receivers = "[\"me\"]";
	f.body = bad ? "{\"n\":1}" : "{\"n\":0}";
	return bad ? condition_raise(cs, &f) : condition_clear(cs, &f);
}

/* An outage, which names nobody. */
static int64_t
outage(const char *subject, int64_t at, bool bad)
{
	struct finding f =
	    finding(CONDITION_DOWN_KIND, subject, CONDITION_DOWN_SOURCE, at);

	return bad ? condition_raise(cs, &f) : condition_clear(cs, &f);
}

static void
life(void)
{
	struct finding f = finding("loss", "A.B", "down", 0);

	fresh();
	f.hold = 3;
	f.worst = 20;
	is_int(condition_clear(cs, &f), 0, "all is well: nothing happens");
	is_int(condition_raise(cs, &f), 0, "seen once of three times");
	f.time = T0 + 10;
	is_int(condition_raise(cs, &f), 0, "twice");
	f.time = T0 + 20;
	is_int(condition_clear(cs, &f), 0, "well in between");
	for (int i = 3; i < 6; i++) {
		f.time = T0 + i * 10;
		f.worst = 10 + i;
		ok((condition_raise(cs, &f) != 0) == (i == 5), "round %d", i);
	}
	is_int(condition_open(cs, "loss", "A.B", "down"), 1, "it is open");
	is_int(condition_open(cs, "loss", "A.B", "else"), 0, "another source is not");
	is_str(
	    query("SELECT \"begin\" - 1700000000, \"end\", worst, evidence, confidence "
		  "FROM incident"),
	    "30|NULL|15.0|{}|sure", "it began with the first of the three");
	f.worst = 50;
	f.evidence = "{\"lost\":5}";
	f.time = T0 + 60;
	condition_raise(cs, &f);
	is_str(
	    query("SELECT worst FROM incident"), "15.0", "news of it are not written");
	f.time = T0 + 130;
	condition_raise(cs, &f);
	is_str(query("SELECT worst, evidence FROM incident"), "50.0|{\"lost\":5}",
	    "more than once a minute");
	f.worst = 30;
	for (int i = 14; i < 17; i++) {
		f.time = T0 + i * 10;
		ok((condition_clear(cs, &f) != 0) == (i == 16), "well, round %d", i);
	}
	is_str(query("SELECT \"end\" - 1700000000, worst FROM incident"), "140|50.0",
	    "it ended with the first good one, the worst stays");
	is_int(condition_open(cs, "loss", "A.B", "down"), 0, "and is open no more");
	is_str(letters(), "", "nobody was told");
	f.hold = 0;
	is_int(condition_raise(cs, &f), 2, "the next one is another");
	conditions_flush(cs);
}

static void
told(void)
{
	fresh();
	ok(alert("A", 0, true) == 1, "an alert");
	is_str(query("SELECT what, receivers, body FROM outbox"),
	    "open|[\"me\"]|{\"n\":1}", "is told in its own words");
	alert("A", 10, true);
	is_int(alert("A", 20, false), 1, "it is over");
	is_str(letters(), "open:A update:A close:A", "and every call was told");
	struct finding f = finding("attack", "192.0.2.1", "rate", 30);
	f.receivers = "[\"me\"]";
	f.worst = 1e6;
	f.evidence = "{\"pps\":1000000}";
	condition_raise(cs, &f);
	is_str(query("SELECT body FROM outbox ORDER BY id DESC LIMIT 1"),
	    "{\"kind\":\"attack\",\"subject\":\"192.0.2.1\",\"source\":\"rate\","
	    "\"begin\":1700000030,\"end\":null,\"confidence\":\"sure\","
	    "\"summary\":\"it is bad\",\"worst\":1000000,\"priority\":null,"
	    "\"evidence\":{\"pps\":1000000}}",
	    "without words of one's own the letter says what there is");
}

/* Whoever judges names nobody, and somebody has asked for what he judges. */
static void
asked(void)
{
	fresh();
	asked_kind = CONDITION_DOWN_KIND;
	outage("A", 0, true);
	outage("A", 10, true);
	outage("A", 130, true);
	is_str(letters(), "open:A", "who asks for a kind hears that it began, once");
	is_str(query("SELECT receivers FROM outbox"), "[\"asker\"]", "and nobody else");
	alert("A", 130, true);
	struct finding f = finding("attack", "192.0.2.1", "rate", 140);
	condition_raise(cs, &f);
	outage("A", 150, false);
	is_str(letters(), "open:A open:A close:A",
	    "and that it is over; not of other kinds");
	is_str(query("SELECT receivers FROM outbox"),
	    "[\"asker\"] [\"me\"] [\"asker\"]", "others are told as they are named");
	lies[0].subject = "leaf";
	lies[0].behind = "gate";
	outage("gate", 200, true);
	outage("leaf", 200, true);
	conditions_tick(cs, T0 + 300);
	outage("leaf", 300, false);
	outage("gate", 310, false);
	conditions_tick(cs, T0 + 400);
	is_str(query("SELECT what || ':' || subject FROM outbox JOIN incident ON "
		     "incident.id = incident WHERE outbox.id > 3 ORDER BY outbox.id"),
	    "open:gate close:gate", "what lies behind it is not told of");
}

static void
restarted(void)
{
	fresh();
	alert("A", 0, true);
	silent_subject = "S";
	alert("S", 0, true);
	down();
	up();
	is_int(
	    condition_open(cs, "alert", "A", "big"), 1, "open again after a restart");
	alert("A", 10, true);
	is_int(alert("A", 20, false), 1, "and closed as the same");
	is_str(letters(), "open:A update:A close:A", "the silent one still waits");
	silent_subject = NULL;
	conditions_tick(cs, T0 + 30);
	is_str(letters(), "open:A update:A close:A open:S",
	    "and is told when the silence is over");
	is_str(query("SELECT count(*) FROM held"), "0", "nothing waits");
	is_str(query("SELECT body FROM outbox ORDER BY id DESC LIMIT 1"), "{\"n\":1}",
	    "in its own words");
}

static bool
is_not_a(void *ctx, const struct incident *in)
{
	(void)ctx;
	return strcmp(in->subject, "A") != 0;
}

static bool
is_not_b(void *ctx, const struct incident *in)
{
	(void)ctx;
	return strcmp(in->subject, "B") != 0;
}

static bool
is_not_e(void *ctx, const struct incident *in)
{
	(void)ctx;
	return strcmp(in->subject, "E") != 0;
}

/* The last letter: what it says, of which incident, from when to when. */
static const char *
last_letter(void)
{
	return query("SELECT json_extract(body, '$.summary'), incident, "
		     "json_extract(body, '$.begin') - 1700000000, "
		     "json_extract(body, '$.end') - 1700000000 FROM outbox ORDER BY id "
		     "DESC LIMIT 1");
}

/* Down for a minute of three: once more is told, and then that it is over, for good. */
static void
flapping(void)
{
	int64_t at;

	fresh();
	asked_kind = CONDITION_DOWN_KIND;
	outage("A", 0, true);
	outage("A", 60, false);
	conditions_tick(cs, T0 + 61);
	is_str(letters(), "open:A close:A", "the first time it is told at once");
	for (at = 180; at < 36000; at += 180) {
		outage("A", at, true);
		conditions_tick(cs, T0 + at + 1);
		outage("A", at + 60, false);
		conditions_tick(cs, T0 + at + 61);
		if (at == 180)
			is_str(last_letter(),
			    "it is bad (again: its end is told when that lasts for 90 "
			    "minutes)|2|180|NULL",
			    "the second time it says what to expect");
	}
	is_str(letters(), "open:A close:A open:A", "of two hundred times two are told");
	is_str(query("SELECT count(*), sum(\"end\" - \"begin\") FROM incident"),
	    "200|12000", "each is an incident");
	down();
	up();
	conditions_tick(cs, T0 + 36000);
	outage("A", 36000, true);
	outage("A", 36060, false);
	conditions_tick(cs, T0 + 36060 + AGAIN - 1);
	is_str(letters(), "open:A close:A open:A", "after a restart, too");
	conditions_tick(cs, T0 + 36060 + AGAIN);
	is_str(letters(), "open:A close:A open:A close:A", "then it is over");
	is_str(last_letter(), "it is bad (200 times)|2|180|36060",
	    "by one letter, of the one that was told, with their number");
	is_str(query("SELECT count(*) FROM held"), "0", "and nothing waits");
	outage("A", 50000, true);
	outage("A", 50060, false);
	is_str(letters(), "open:A close:A open:A close:A open:A close:A",
	    "the next is another");

	/* Its end waits when smokebox ends. */
	outage("A", 50100, true);
	outage("A", 50160, false);
	down();
	up();
	conditions_tick(cs, T0 + 50160 + AGAIN);
	is_str(last_letter(), "it is bad|203|50100|50160", "an end that waits is told");
	outage("A", 60000, true);
	outage("A", 60060, false);
	outage("A", 60100, true);
	outage("A", 60160, false);
	outage("A", 60200, true);
	conditions_end(cs, is_not_a, NULL, T0 + 60210, "the target was removed");
	is_str(query("SELECT count(*) FROM held"), "0",
	    "of what nobody looks after any more nothing waits");
}

/* What is told anew is that nothing gets through any more. */
static void
worse(void)
{
	struct finding f = finding("verdict", "access", "verdict", 0);

	fresh();
	asked_kind = "verdict";
	for (int i = 0; i < 4; i++) {
		f.time = T0 + i * 600;
		condition_raise(cs, &f);
		f.time += 60;
		condition_clear(cs, &f);
	}
	is_str(letters(), "open:access close:access open:access", "it is lossy, again");
	f.time = T0 + 2400;
	f.summary = "it is dead";
	f.total = true;
	condition_raise(cs, &f);
	is_str(letters(),
	    "open:access close:access open:access close:access open:access",
	    "and dead");
	for (int i = 5; i < 9; i++) {
		f.time = T0 + i * 600;
		condition_clear(cs, &f);
		f.time += 60;
		f.total = i % 2 == 0;
		condition_raise(cs, &f);
	}
	is_str(letters(),
	    "open:access close:access open:access close:access open:access", "once");
}

/* A row whose evidence something has spoilt does not spoil a letter. */
static void
spoilt(void)
{
	struct finding f = finding("loss", "A", "down", 0);

	fresh();
	condition_raise(cs, &f);
	down();
	sqlite3 *db = NULL;
	ok(sqlite3_open(STORE_EVENTS, &db) == SQLITE_OK &&
		sqlite3_exec(db, "UPDATE incident SET evidence = '\",oops'", NULL, NULL,
		    NULL) == SQLITE_OK,
	    "evidence is spoilt");
	sqlite3_close(db);
	up();
	f = finding("loss", "A", "down", 20);
	f.receivers = "[\"me\"]";
	condition_clear(cs, &f);
	is_str(query("SELECT what, json_valid(body), json_extract(body, '$.evidence') "
		     "FROM outbox ORDER BY id DESC LIMIT 1"),
	    "close|1|{}", "damaged evidence is left out");
}

static void
silences(void)
{
	fresh();
	silent_subject = "A";
	is_int(alert("A", 0, true), 1, "in a silence the incident is there");
	alert("A", 10, true);
	conditions_tick(cs, T0 + 15);
	alert("A", 20, false);
	is_str(letters(), "", "and nobody is told, nor that it is over");
	is_str(query("SELECT \"end\" - \"begin\" FROM incident"), "20",
	    "it has its length");
	silent_subject = NULL;
	alert("A", 30, true);
	silent_subject = "A";
	alert("A", 40, true);
	is_int(alert("A", 50, false), 2, "one that was told before the silence");
	is_str(letters(), "open:A close:A", "is told to be over");
	is_str(query("SELECT count(*) FROM held"), "0", "nothing waits");
}

static void
suppressed(void)
{
	char many[40];

	fresh();
	lies[0].subject = "leaf";
	lies[0].behind = "gate other";
	outage("gate", 0, true);
	alert("gate", 0, true);
	alert("leaf", 1, true);
	is_str(letters(), "open:gate", "what lies behind something down is not told");
	is_str(query("SELECT suppressed_by FROM incident WHERE subject = 'leaf'"), "1",
	    "and says why");
	conditions_tick(cs, T0 + 100);
	alert("leaf", 110, false);
	is_str(letters(), "open:gate", "nor that it is over");

	alert("leaf", 120, true);
	outage("gate", 130, false);
	conditions_tick(cs, T0 + 131);
	conditions_tick(cs, T0 + 140);
	is_str(letters(), "open:gate", "when the way is back it gets a moment");
	conditions_tick(cs, T0 + 152);
	is_str(letters(), "open:gate open:leaf", "then it is told");
	is_str(query("SELECT suppressed_by FROM incident WHERE subject = 'leaf' AND "
		     "\"end\" IS NULL"),
	    "NULL", "as its own fault");
	alert("leaf", 160, false);
	is_str(letters(), "open:gate open:leaf close:leaf", "and to be over");

	/* The leaf is seen first. */
	alert("leaf", 200, true);
	conditions_tick(cs, T0 + 205);
	outage("gate", 210, true);
	conditions_tick(cs, T0 + 230);
	is_str(letters(), "open:gate open:leaf close:leaf",
	    "what is seen before its cause waits for it");
	down();
	up();
	conditions_tick(cs, T0 + 240);
	is_str(letters(), "open:gate open:leaf close:leaf", "over a restart, too");
	outage("gate", 250, false);
	conditions_tick(cs, T0 + 251);
	is_str(
	    query("SELECT count(*) FROM incident WHERE suppressed_by IS NOT NULL AND "
		  "\"end\" IS NULL"),
	    "1", "it is explained as long as it has a moment to come back");
	alert("leaf", 252, false);
	is_str(
	    letters(), "open:gate open:leaf close:leaf", "both are back: not a word");

	alert("leaf", 300, true);
	alert("leaf", 310, false);
	is_str(letters(), "open:gate open:leaf close:leaf open:leaf close:leaf",
	    "a short one of its own is told, later");

	/* Fifty behind one. */
	fresh();
	outage("gate", 0, true);
	alert("gate", 0, true);
	for (int i = 0; i < 50; i++) {
		snprintf(many, sizeof many, "leaf%d", i);
		lies[0].subject = many;
		lies[0].behind = "gate";
		alert(many, 1, true);
	}
	is_str(query("SELECT count(*) FROM outbox"), "1", "fifty are one alarm");
	is_str(query("SELECT count(*) FROM incident WHERE suppressed_by = 1"), "50",
	    "and fifty incidents");

	/* Outages tell nobody, and are explained all the same, whichever is seen first.
	 */
	fresh();
	lies[0].subject = "leaf";
	lies[0].behind = "gate";
	outage("leaf", 0, true);
	outage("gate", 5, true);
	conditions_tick(cs, T0 + 6);
	is_str(query("SELECT suppressed_by FROM incident WHERE subject = 'leaf'"), "2",
	    "an outage is explained by one that is seen later");
	outage("gate", 20, false);
	conditions_tick(cs, T0 + 21);
	conditions_tick(cs, T0 + 60);
	outage("leaf", 70, false);
	is_str(query("SELECT count(*) FROM outbox, held"), "0", "without a letter");

	/* A slip: each behind the other. */
	fresh();
	lies[0].subject = lies[1].behind = "X";
	lies[1].subject = lies[0].behind = "Y";
	outage("X", 0, true);
	outage("Y", 0, true);
	alert("X", 0, true);
	alert("Y", 0, true);
	conditions_tick(cs, T0 + 100);
	ok(letters()[0] != '\0', "two behind each other do not keep each other quiet");
}

static void
ended(void)
{
	struct finding f = finding("loss", "B", "down", 0);

	fresh();
	alert("A", 0, true);
	f.evidence = "{\"lost\":5}";
	condition_raise(cs, &f);
	alert("B", 0, true);
	conditions_end(cs, is_not_b, NULL, T0 + 50, "the target was removed");
	is_str(
	    query("SELECT source, \"end\" - 1700000000, evidence FROM incident WHERE "
		  "subject = 'B' ORDER BY id"),
	    "down|50|{\"lost\":5,\"closed\":\"the target was removed\"} "
	    "big|50|{\"closed\":\"the target was removed\"}",
	    "nobody looks after it any more: closed");
	is_int(condition_open(cs, "alert", "B", "big"), 0, "it is not open");
	is_int(condition_open(cs, "alert", "A", "big"), 1, "the other one is");
}

/* By who judges the path: who is told of a verdict is not told of what it explains, nor
 * of that before it is known that none will. */
static void
blamed(void)
{
	struct finding f = finding("verdict", "access", "verdict", 0);

	fresh();
	asked_kind = CONDITION_DOWN_KIND;
	judged.subject = "leaf";
	judged.grace = 100;
	outage("leaf", 0, true);
	conditions_tick(cs, T0 + 50);
	is_str(letters(), "", "an alarm that a verdict may explain waits");
	judged.by = condition_raise(cs, &f);
	conditions_tick(cs, T0 + 90);
	conditions_tick(cs, T0 + 300);
	is_str(letters(), "", "and is not told once one does");
	is_int(atoll(query("SELECT suppressed_by FROM incident WHERE subject = 'leaf'")),
	    judged.by, "its row says by which");
	outage("leaf", 310, false);
	condition_clear(cs, &f);
	is_str(letters(), "", "nor that it is over");
	judged.by = 0;
	outage("leaf", 400, true);
	judged.grace = 0;
	conditions_tick(cs, T0 + 410);
	is_str(letters(), "open:leaf", "it goes as soon as none will come");

	/* An alert is told as SmokePing would, whatever a verdict says. */
	fresh();
	f = finding("verdict", "access", "verdict", 0);
	judged.subject = "leaf";
	judged.grace = 100;
	judged.by = condition_raise(cs, &f);
	alert("leaf", 0, true);
	is_str(letters(), "open:leaf", "an alert waits for no verdict");
}

/* A guess at whose fault it is is worth a look, and no letter. */
static void
guesses(void)
{
	struct finding f = finding("verdict", "access", "verdict", 0);

	fresh();
	asked_kind = "verdict";
	f.confidence = "hint";
	f.summary = "perhaps";
	condition_raise(cs, &f);
	f.time = T0 + 600;
	condition_raise(cs, &f);
	conditions_tick(cs, T0 + 600);
	is_str(letters(), "", "a verdict that is a hint is not told");
	f.time = T0 + 660;
	condition_clear(cs, &f);
	is_str(letters(), "", "nor that it is over");
	f.time = T0 + 700;
	condition_raise(cs, &f);
	down();
	up();
	f.time = T0 + 760;
	f.confidence = "likely";
	f.summary = "it is";
	condition_raise(cs, &f);
	conditions_tick(cs, T0 + 760);
	is_str(
	    letters(), "open:access", "what is more by and by is, after a restart too");
	is_int(atoi(query("SELECT count(*) FROM outbox WHERE body LIKE '%it is%'")), 1,
	    "with what is known by then");
	asked_kind = NULL;
}

/* Of several targets a guess is all that is known: it is told, and none of them. */
static void
guessed(void)
{
	struct finding f = finding("verdict", "home", "verdict", 0);

	fresh();
	asked_kind = "verdict loss";
	judged.subject = "*";
	judged.grace = 100;
	outage("A", 0, true);
	f.confidence = "hint";
	f.summary = "perhaps";
	judged.by = condition_raise(cs, &f);
	conditions_tick(cs, T0 + 50);
	is_str(letters(), "", "a guess may become more");
	conditions_tick(cs, T0 + 101);
	is_str(letters(), "open:A", "of a single target it is no reason");
	outage("A", 110, false);

	outage("A", 200, true);
	outage("B", 210, true);
	conditions_tick(cs, T0 + 250);
	is_str(letters(), "open:A close:A", "two wait as one does");
	conditions_tick(cs, T0 + 301);
	conditions_tick(cs, T0 + 302);
	is_str(letters(), "open:A close:A open:home", "for both there is one letter");
	is_int(atoi(query("SELECT count(*) FROM outbox WHERE body LIKE '%perhaps%'")),
	    1, "with what is known");
	outage("C", 303, true);
	conditions_tick(cs, T0 + 311);
	conditions_tick(cs, T0 + 404);
	is_int(atoi(query("SELECT count(*) FROM incident WHERE suppressed_by = 2")), 3,
	    "which all of them say");
	down();
	up();
	f.time = T0 + 500;
	condition_clear(cs, &f);
	judged.by = 0;
	judged.grace = 0;
	outage("A", 501, false);
	outage("B", 501, false);
	conditions_tick(cs, T0 + 502);
	conditions_tick(cs, T0 + 503);
	is_str(letters(), "open:A close:A open:home close:home open:C",
	    "its end is told, and of what is left");
}

/* What is over while it waits for a verdict: one letter for all that were down. */
static void
brief(void)
{
	struct finding f = finding("verdict", "access", "verdict", 70);

	fresh();
	asked_kind = "verdict loss";
	judged.subject = "*";
	judged.grace = 100;
	outage("C", 0, true);
	outage("A", 20, true);
	outage("B", 40, true);
	outage("C", 60, false);
	outage("A", 80, false);
	outage("B", 90, false);
	for (int at = 61; at < 140; at++)
		conditions_tick(cs, T0 + at);
	is_str(letters(), "", "a letter waits for what may explain it, over or not");
	is_str(query("SELECT count(*), count(\"end\") FROM incident"), "3|3",
	    "the incidents are over");
	down();
	up();
	conditions_tick(cs, T0 + 139);
	is_str(letters(), "", "over a restart, too, and until all are known");
	conditions_tick(cs, T0 + 140);
	conditions_tick(cs, T0 + 141);
	is_str(letters(), "close:A", "then there is one, of the nearest");
	is_str(last_letter(), "it is bad; down with it: C, B|2|0|90",
	    "which names the others, and from when to when");
	is_str(query("SELECT suppressed_by FROM incident ORDER BY id"), "2 NULL 2",
	    "and explains them");
	is_str(query("SELECT count(*) FROM held"), "0", "nothing waits");

	/* Again: as what comes and goes. */
	outage("A", 300, true);
	outage("A", 330, false);
	conditions_tick(cs, T0 + 401);
	is_str(letters(), "close:A open:A", "the second time says what to expect");
	conditions_tick(cs, T0 + 330 + AGAIN);
	is_str(letters(), "close:A open:A close:A", "and is over for good later");

	/* It goes on again before it was told. */
	outage("B", 20000, true);
	outage("B", 20030, false);
	outage("B", 20060, true);
	conditions_tick(cs, T0 + 20099);
	is_int(atoi(query("SELECT count(*) FROM outbox")), 3, "once more: it waits");
	conditions_tick(cs, T0 + 20101);
	is_str(query("SELECT what, incident FROM outbox ORDER BY id DESC LIMIT 1"),
	    "open|6", "no longer than the first, and is one letter");
	outage("B", 20110, false);
	conditions_tick(cs, T0 + 40000);

	/* A verdict that came meanwhile explains it, one of later does not. */
	fresh();
	asked_kind = "verdict loss";
	judged.subject = "*";
	judged.grace = 100;
	outage("A", 0, true);
	outage("A", 80, false);
	judged.by = condition_raise(cs, &f);
	conditions_tick(cs, T0 + 90);
	condition_clear(cs, &f);
	conditions_tick(cs, T0 + 200);
	is_str(letters(), "open:access close:access", "a verdict of then explains it");
	is_str(query("SELECT suppressed_by FROM incident WHERE subject = 'A'"), "2",
	    "which its row says");
	judged.by = 0;
	outage("A", 1000, true);
	outage("A", 1030, false);
	f.time = T0 + 1040;
	judged.by = condition_raise(cs, &f);
	conditions_tick(cs, T0 + 1050);
	judged.by = 0;
	conditions_tick(cs, T0 + 1101);
	is_str(query("SELECT what || ':' || subject FROM outbox JOIN incident ON "
		     "incident.id = incident WHERE outbox.id > 2 ORDER BY outbox.id"),
	    "open:access open:A", "one of later does not");

	/* Two that were down one after the other. */
	fresh();
	asked_kind = "verdict loss";
	judged.subject = "*";
	judged.grace = 100;
	outage("A", 0, true);
	outage("A", 30, false);
	outage("B", 31, true);
	outage("B", 60, false);
	conditions_tick(cs, T0 + 101);
	conditions_tick(cs, T0 + 132);
	is_str(letters(), "close:A close:B", "are two");
	outage("C", 10000, true);
	silent_subject = "C";
	outage("C", 10020, false);
	outage("D", 10030, true);
	outage("D", 10040, false);
	silent_subject = "D";
	conditions_tick(cs, T0 + 10200);
	outage("E", 10300, true);
	outage("E", 10310, false);
	conditions_end(cs, is_not_e, NULL, T0 + 10320, "the target was removed");
	conditions_tick(cs, T0 + 10500);
	is_str(letters(), "close:A close:B",
	    "in a silence nobody is told, nor of what left the configuration");
	is_str(query("SELECT count(*) FROM held"), "0", "and nothing waits");
}

/* Who is told of no verdicts would hear nothing at all. */
static void
others(void)
{
	struct finding f = finding("verdict", "access", "verdict", 0);

	fresh();
	asked_kind = CONDITION_DOWN_KIND;
	other_asks = true;
	judged.subject = "leaf";
	judged.grace = 100;
	outage("leaf", 0, true);
	is_str(leaf_letters(), "open:[\"other\"]",
	    "who is told of no verdicts does not wait for one");
	judged.by = condition_raise(cs, &f);
	conditions_tick(cs, T0 + 50);
	is_str(leaf_letters(), "open:[\"other\"]", "once");
	down();
	up();
	conditions_tick(cs, T0 + 60);
	outage("leaf", 100, false);
	is_str(leaf_letters(), "open:[\"other\"] close:[\"other\"]",
	    "and hears its end, over a restart, too; nobody else does");
	is_str(query("SELECT count(*) FROM held"), "0", "nothing waits");

	/* No verdict comes: each hears both. */
	judged.by = 0;
	outage("leaf", 200, true);
	conditions_tick(cs, T0 + 310);
	outage("leaf", 320, false);
	conditions_tick(cs, T0 + 320 + AGAIN);
	is_str(query("SELECT what || receivers FROM outbox WHERE id > 2 ORDER BY id"),
	    "open[\"other\"] open[\"asker\"] close[\"asker\",\"other\"]",
	    "where none comes all hear that it began, and that it ended");

	/* Nobody is told of verdicts. */
	fresh();
	asked_kind = CONDITION_DOWN_KIND;
	hears_verdicts = false;
	judged.subject = "leaf";
	judged.grace = 100;
	judged.by = condition_raise(cs, &f);
	outage("leaf", 0, true);
	is_str(query("SELECT count(*) FROM held"), "0", "nobody waits");
	is_int(
	    atoll(query("SELECT suppressed_by FROM incident WHERE subject = 'leaf'")),
	    judged.by, "it is explained all the same");
	down();
	up();
	conditions_tick(cs, T0 + 10);
	outage("leaf", 20, false);
	is_str(leaf_letters(), "open:[\"asker\"] close:[\"asker\"]", "and told");

	/* Behind something that is down, or in a silence, nobody is told. */
	fresh();
	asked_kind = CONDITION_DOWN_KIND;
	other_asks = true;
	lies[0].subject = "leaf";
	lies[0].behind = "gate";
	judged.subject = "leaf";
	judged.grace = 5;
	judged.by = condition_raise(cs, &f);
	outage("leaf", 0, true);
	conditions_tick(cs, T0 + 10);
	is_str(leaf_letters(), "", "what lies behind another one waits for that");
	conditions_tick(cs, T0 + 21);
	is_str(leaf_letters(), "open:[\"other\"]", "but no longer");
	outage("leaf", 30, false);
	outage("gate", 40, true);
	outage("leaf", 41, true);
	conditions_tick(cs, T0 + 100);
	outage("leaf", 110, false);
	is_str(leaf_letters(), "open:[\"other\"] close:[\"other\"]",
	    "if that is down, nobody is told");
	silent_subject = "leaf";
	outage("leaf", 120, true);
	conditions_tick(cs, T0 + 130);
	outage("leaf", 140, false);
	is_str(
	    leaf_letters(), "open:[\"other\"] close:[\"other\"]", "nor in a silence");
}

/* What belongs to an incident is in its row, and not in what is put
 * while it goes on. */
static void
explained_by_traffic(void)
{
	fresh();
	talks = true;
	outage("leaf", 0, true);
	is_str(query("SELECT json_extract(evidence, '$.talkers.during.end') FROM incident"),
	    "0", "the row has it as it opens");
	outage("leaf", 60, false);
	is_str(query("SELECT json_extract(evidence, '$.talkers.during.end') = \"end\" FROM "
		     "incident"),
	    "1", "and once it is over");
	talks = false;
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	umask(022);
	life();
	told();
	asked();
	restarted();
	flapping();
	worse();
	spoilt();
	silences();
	suppressed();
	ended();
	blamed();
	others();
	guesses();
	guessed();
	brief();
	explained_by_traffic();
	down();
	events_clean();
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
