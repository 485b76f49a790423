/* One receiver of news over an outbox, with a clock that is turned and a way that the
 * test is: order, pauses, parcels that stay what they are over a death, digests,
 * bounds. */
#include "t/tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/mem.h"
#include "courier/receiver.h"
#include "store.h"

#define S CLOCK_NS_PER_S
#define T0 1764000000LL

/* --- the way: what was sent, and what is to be answered --------------------------- */

static struct {
	outcome_fn done;
	void *ctx;
	char id[PARCEL_ID], summaries[2000];
	size_t count;
	unsigned started;
	const struct address *address;
} way;

struct dispatch *
dispatch_start(
    const struct address *a, const struct parcel *p, outcome_fn done, void *ctx)
{
	way.done = done;
	way.ctx = ctx;
	way.count = p->count;
	way.address = a;
	way.started++;
	parcel_id(p, way.id);
	way.summaries[0] = '\0';
	for (size_t i = 0; i < p->count; i++)
		snprintf(way.summaries + strlen(way.summaries),
		    sizeof way.summaries - strlen(way.summaries), "%s%s",
		    i > 0 ? "," : "", p->letter[i].summary);
	return (struct dispatch *)&way;
}

void
dispatch_cancel(struct dispatch *d)
{
	(void)d;
	way.done = NULL;
}

const char *
dispatch_obstacle(const struct address *a)
{
	return a->cannot;
}

size_t
dispatch_room(const struct address *a)
{
	(void)a;
	return 600;
}

bool
dispatch_single(const struct address *a)
{
	return a->way == WAY_COMMAND;
}

static void
answer(enum fate fate, long after_s)
{
	struct outcome o = { .fate = fate, .after_s = after_s };
	outcome_fn done = way.done;

	if (fate != FATE_DELIVERED)
		snprintf(o.text, sizeof o.text, "no");
	way.done = NULL;
	done(way.ctx, &o);
}

/* --- the outbox ------------------------------------------------------------------- */

static sqlite3 *db;

static void
sql(const char *text)
{
	char *why = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
		printf("Bail out! %s: %s\n", text, why);
		exit(1);
	}
}

/* As it is for a moment, while the recorder makes it. */
static void
outbox_begin(void)
{
	unlink(STORE_EVENTS);
	unlink(STORE_EVENTS "-wal");
	unlink(STORE_EVENTS "-shm");
	sqlite3_open(STORE_EVENTS, &db);
	sql("PRAGMA journal_mode = WAL");
}

static void
outbox_make(void)
{
	outbox_begin();
	sql("CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER, "
	    "incident INTEGER, what TEXT, receivers TEXT, body TEXT)");
	sql("CREATE TABLE incident (id INTEGER PRIMARY KEY, kind TEXT, \"begin\" INTEGER, "
	    "\"end\" INTEGER, evidence TEXT)");
}

/* A row for RECEIVERS (JSON) that says NAME, now. */
static void
put(const char *receivers, const char *name, const char *more)
{
	char *text =
	    mem_printf("INSERT INTO outbox (time, incident, what, receivers, body) "
		       "VALUES (%lld, 1, 'open', '%s', '{\"kind\":\"loss\","
		       "\"summary\":\"%s\"%s}')",
		(long long)(clock_wall_ns() / S), receivers, name, more);
	sql(text);
	free(text);
}

/* --- the configuration ------------------------------------------------------------ */

static struct conf *
configured(const char *actions)
{
	struct conf_report report = { 0 };
	char *text = mem_printf("#@ checked 1\n*** General ***\ndatadir = .\ncgiurl = "
				"http://a/s.cgi\nmailhost = m\n*** Actions ***\n%s",
	    actions);
	struct conf *conf = conf_parse_checked(text, strlen(text), &report);

	if (conf == NULL)
		conf_report_print(&report, stdout);
	conf_report_free(&report);
	free(text);
	return conf;
}

static struct outbox *outbox;
static unsigned recoveries;

static void
recovered(void)
{
	recoveries++;
}

static void
step(struct receiver *r)
{
	int64_t newest;

	outbox_look(outbox, &newest);
	receiver_step(r, recovered);
}

static void
turn(double seconds)
{
	clock_fake_advance((int64_t)(seconds * (double)S));
}

/* --- tests ------------------------------------------------------------------------ */

static void
test_order(const struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "hook", outbox);

	step(r);
	is_int((long long)way.started, 0, "nothing is sent where nothing is");
	put("[\"hook\"]", "one", "");
	put("[\"other\"]", "for another", "");
	put("[\"hook\"]", "two", "");
	step(r);
	is_str(way.summaries, "one", "the first letter goes first");
	step(r);
	is_int((long long)way.started, 1, "one at a time");
	answer(FATE_DELIVERED, 0);
	is_str(way.summaries, "two", "the second follows, what is for others does not");
	answer(FATE_DELIVERED, 0);
	is_int((long long)way.started, 2, "then there is no more");
	is_int((long long)r->sent, 2, "two were sent");
	put("[\"hook\"]", "three", "");
	step(r);
	is_str(way.summaries, "three", "a later one goes at once");
	answer(FATE_DELIVERED, 0);
	put("no JSON", "broken list", "");
	put("[\"hook\"]", "four", "");
	step(r);
	is_str(way.summaries, "four", "a list of receivers that is none is nobody's");
	answer(FATE_DELIVERED, 0);
	put("[\"hook\"]", "five", "");
	step(r);
	put("[\"hook\"]", "six", "");
	answer(FATE_DELIVERED, 0);
	is_str(way.summaries, "six", "one that came while another was on its way follows");
	answer(FATE_DELIVERED, 0);
	is_int((long long)way.started, 6, "and none goes again after it");
	receiver_free(r);
}

static void
test_pauses(const struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "hook", outbox);
	unsigned before = way.started;
	double waited = 0;

	put("[\"hook\"]", "five", "");
	step(r);
	for (int tries = 0; tries < 8; tries++) {
		answer(FATE_LATER, 0);
		double pause = (double)(r->next_ns - clock_mono_ns()) / (double)S;
		ok(pause > 0 && pause <= 20, "pause %d: %g s", tries, pause);
		waited += pause;
		turn(pause - 0.01);
		step(r);
		is_int(way.started, before + 1 + tries, "no try before its end");
		turn(0.02);
		step(r);
		is_int(way.started, before + 2 + tries, "one behind it");
	}
	ok(waited > 2 + 4 + 8 + 16 && waited <= 2 + 4 + 8 + 16 + 4 * 20,
	    "they grow up to the ceiling (%g s in all)", waited);
	answer(FATE_LATER, 120);
	is_close((double)(r->next_ns - clock_mono_ns()) / (double)S, 120, 0.1,
	    "a receiver's own wish counts where it is longer");
	is_str(r->error, "no", "it is told why");
	receiver_hurry(r);
	step(r);
	recoveries = 0;
	answer(FATE_DELIVERED, 0);
	is_int(recoveries, 1, "that it is reached again is told");
	is_str(r->error, "", "and nothing is wrong any more");
	receiver_free(r);
}

static void
test_death_and_digest(const struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "hook", outbox);
	char first[PARCEL_ID], digest[PARCEL_ID];

	put("[\"hook\"]", "a", "");
	step(r);
	memcpy(first, way.id, sizeof first);
	answer(FATE_LATER, 0);
	turn(300);
	put("[\"hook\"]", "b", "");
	put("[\"hook\"]", "c", "");
	receiver_free(r); /* nothing is told to anybody: a death */

	turn(300);
	r = receiver_new(conf, "hook", outbox);
	put("[\"hook\"]", "d", "");
	step(r);
	is_str(way.summaries, "a",
	    "after a death the letter that was on its way goes first");
	is_str(way.id, first, "with the same id");
	answer(FATE_DELIVERED, 0);
	is_str(way.summaries, "b,c,d", "what waited goes together");
	memcpy(digest, way.id, sizeof digest);
	put("[\"hook\"]", "e", "");
	receiver_free(r);

	r = receiver_new(conf, "hook", outbox);
	step(r);
	is_str(way.summaries, "b,c,d", "a digest stays what it is over another death");
	is_str(way.id, digest, "with the same id");
	answer(FATE_DELIVERED, 0);
	is_str(way.summaries, "e", "and what is fresh goes alone");
	answer(FATE_DELIVERED, 0);
	receiver_free(r);
	r = receiver_new(conf, "hook", outbox);
	unsigned before = way.started;
	step(r);
	is_int(way.started, before, "nothing is told twice");
	receiver_free(r);
}

static void
test_unreadable(const struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "hook", outbox);
	char digest[PARCEL_ID];

	put("[\"hook\"]", "u", "");
	step(r);
	answer(FATE_LATER, 0);
	put("[\"hook\"]", "v", "");
	put("[\"hook\"]", "w", "");
	turn(300);
	step(r);
	answer(FATE_DELIVERED, 0);
	is_str(way.summaries, "v,w", "a digest is on its way");
	memcpy(digest, way.id, sizeof digest);
	receiver_free(r); /* a death */

	unsigned before = way.started;
	r = receiver_new(conf, "hook", outbox);
	put("[\"hook\"]", "x", "");
	sql("ALTER TABLE outbox RENAME COLUMN body TO gone");
	receiver_step(r, recovered);
	is_int(way.started, before, "while the outbox cannot be read nothing is sent");
	sql("ALTER TABLE outbox RENAME COLUMN gone TO body");
	step(r);
	is_str(way.summaries, "v,w", "then the digest as it was");
	is_str(way.id, digest, "with the same id");
	answer(FATE_DELIVERED, 0);
	is_str(way.summaries, "x", "and what follows");
	answer(FATE_DELIVERED, 0);
	receiver_free(r);
}

static void
test_large_digest(const struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "hook", outbox);
	char got[4000] = "", name[60];
	unsigned parcels = 0;

	put("[\"hook\"]", "x", "");
	step(r);
	answer(FATE_LATER, 0);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "thing %02d of many that are told", i);
		put("[\"hook\"]", name, "");
	}
	turn(600);
	step(r);
	answer(FATE_DELIVERED, 0);
	while (way.done != NULL && parcels < 100) {
		parcels++;
		strcat(got, way.summaries);
		strcat(got, ",");
		answer(FATE_DELIVERED, 0);
	}
	bool all = true;
	const char *at = got;
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "thing %02d", i);
		at = at == NULL ? NULL : strstr(at, name);
		all = all && at != NULL;
	}
	ok(all, "forty letters, all of them, in order");
	ok(parcels >= 3 && parcels <= 15, "in as many digests as have room (%u)",
	    parcels);
	receiver_free(r);
}

static void
test_command(const struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "|/bin/true", outbox);

	put("[\"|/bin/true\"]", "one", "");
	put("[\"|/bin/true\"]", "two", "");
	turn(600);
	step(r);
	is_str(
	    way.summaries, "one", "a program gets one after the other, however late");
	answer(FATE_REFUSED, 0);
	is_str(way.summaries, "two", "one that it did not like is not told again");
	is_int((long long)r->failed, 1, "but counted");
	answer(FATE_DELIVERED, 0);
	receiver_free(r);
}

static void
test_refused(const struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "hook", outbox);
	unsigned tries = 0;

	put("[\"hook\"]", "poison", "");
	put("[\"hook\"]", "good", "");
	step(r);
	while (strcmp(way.summaries, "poison") == 0 && tries < 200) {
		answer(FATE_REFUSED, 0);
		tries++;
		turn(21);
		step(r);
	}
	ok(tries >= 5 && tries < 100, "what is refused is tried for a while (%u times)",
	    tries);
	is_str(way.summaries, "good", "then what is behind it gets its turn");
	is_int((long long)r->failed, 1, "the other is counted");
	answer(FATE_DELIVERED, 0);
	receiver_free(r);
}

static void
test_choice(const struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "picky", outbox);

	put("[\"picky\"]", "of a kind", "");
	put("[\"picky\"]", "low", ",\"kind\":\"alert\",\"priority\":4");
	put("[\"picky\"]", "high", ",\"kind\":\"alert\",\"priority\":2");
	put("[\"picky\"]", "without", ",\"kind\":\"attack\"");
	step(r);
	is_str(way.summaries, "high",
	    "kinds and priorities that are not wanted are left out");
	answer(FATE_DELIVERED, 0);
	is_str(way.summaries, "without", "no priority is good enough");
	answer(FATE_DELIVERED, 0);
	receiver_free(r);
}

static void
test_rate(const struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "slow", outbox);
	char name[20];

	unsigned before = way.started;
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof name, "n%d", i);
		put("[\"slow\"]", name, "");
	}
	step(r);
	answer(FATE_DELIVERED, 0);
	answer(FATE_DELIVERED, 0);
	is_int(way.started, before + 2, "two in a minute, and no more");
	turn(20);
	step(r);
	is_int(way.started, before + 2, "not yet");
	turn(11);
	step(r);
	is_str(way.summaries, "n2,n3,n4,n5", "then the rest, together");
	answer(FATE_DELIVERED, 0);
	receiver_free(r);
}

static void
test_new_outbox(const struct conf *conf)
{
	struct receiver *r;

	sqlite3_close(db);
	turn(5);
	outbox_make();
	r = receiver_new(conf, "hook", outbox);
	put("[\"hook\"]", "new", "");
	step(r);
	is_str(
	    way.summaries, "new", "an outbox that begins again is read from its start");
	answer(FATE_DELIVERED, 0);
	receiver_free(r);
}

static void
test_unmade_outbox(void)
{
	struct stat said = { .st_size = -1 };
	int64_t newest;

	sqlite3_close(db);
	turn(5);
	outbox_begin();
	sql("SELECT 1 FROM sqlite_schema"); /* makes the log */
	log_to_file("said");
	ok(!outbox_look(outbox, &newest), "an outbox without tables is none yet");
	ok(stat("said", &said) == 0 && said.st_size == 0, "of which nothing is said");
	sqlite3_close(db);
	outbox_make();
	put("[\"hook\"]", "first", "");
	ok(outbox_look(outbox, &newest) && newest == 1, "until it is one");
}

static void
test_unreachable(struct conf *conf)
{
	struct receiver *r = receiver_new(conf, "later", outbox);
	unsigned before = way.started;

	put("[\"later\"]", "kept", "");
	step(r);
	is_int(way.started, before, "who is not in the configuration gets nothing");
	struct conf *next = configured("+ later\ntype = webhook\nurl = http://b/\n");
	receiver_configure(r, next);
	step(r);
	is_str(way.summaries, "kept", "and all of it once he is");
	answer(FATE_DELIVERED, 0);
	receiver_free(r);
	conf_free(next);
}

static void
test_cursor(void)
{
	struct cursor c = { 12, T0, 15 }, got;
	static const char *const bad[] = { "", "smokebox courier 1\n",
		"smokebox courier 1\ndone 1 2\nparcel 0\nname b\n",
		"smokebox courier 1\ndone 1 2\nparcel 1\nname a\n",
		"smokebox courier 1\ndone -1 2\nparcel 0\nname a\n",
		"smokebox courier 1\ndone 99999999999999999999 2\nparcel 0\nname a\n",
		"smokebox courier 1\ndone 1 2\nparcel 0\nname a\nmore\n" };
	struct err err;

	is_int(cursor_save("a b@c", &c, &err), 0, "a cursor is written");
	is_int(cursor_load("a b@c", &got, &err), 0, "and read");
	ok(got.done == 12 && got.done_time == T0 && got.parcel == 15, "as it was");
	is_int(cursor_load("nobody", &got, &err), 0, "one that was never there");
	is_int(got.done, 0, "is at the start");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		is_int(cursor_parse(bad[i], strlen(bad[i]), "a", &got), -1,
		    "what is not ours is refused");
}

int
main(void)
{
	char dir[] = "/tmp/smokebox-courier.XXXXXX";
	struct conf *conf = configured(
	    "+ hook\ntype = webhook\nurl = http://a/\nretry = 20\n"
	    "+ slow\ntype = webhook\nurl = http://a/\nrate = 2/m\n"
	    "+ picky\ntype = webhook\nurl = http://a/\nkinds = alert, attack\n"
	    "min_priority = 3\n");

	if (conf == NULL || mkdtemp(dir) == NULL || chdir(dir) != 0 ||
	    mkdir(".smokebox", 0755) != 0 || mkdir(CURSOR_DIR, 0755) != 0) {
		puts("Bail out! no place to work in");
		return 1;
	}
	log_init("courier.t", LOG_LEVEL_WARN);
	clock_fake(1000 * S, T0 * S, 1000 * S);
	outbox_make();
	outbox = outbox_new();
	test_order(conf);
	test_pauses(conf);
	test_death_and_digest(conf);
	test_unreadable(conf);
	test_large_digest(conf);
	test_command(conf);
	test_refused(conf);
	test_choice(conf);
	test_rate(conf);
	test_new_outbox(conf);
	test_unreachable(conf);
	test_cursor();
	test_unmade_outbox();
	outbox_free(outbox);
	sqlite3_close(db);
	conf_free(conf);
	if (chdir("/") == 0) {
		char *rm = mem_printf("rm -r %s", dir);
		ok(system(rm) == 0, "cleaned up");
		free(rm);
	}
	return tap_done();
}
