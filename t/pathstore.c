/* The ways to targets as the recorder keeps them: on disk across starts, told to web,
 * noted when they change, walked when a round is bad. */
#include "recorder/path.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "link/msghere.h"
#include "pathfile.h"
#include "tap.h"

static struct conf *conf;
static struct paths *paths;
static int64_t now;

/* What paths said last. */
static struct msg_trace trace;
static struct msg_path told;
static unsigned traces, tolds, heres, notes, troubles;
static char note_subject[256], note_text[512], note_proof[512];
static int64_t note_time;

static void
on_walk(void *ctx, const struct msg_trace *t)
{
	(void)ctx;
	trace = *t;
	traces++;
}

/* What is told must be what web's reader takes. */
static void
on_tell(void *ctx, const struct msg_path *m)
{
	static struct msg_out out;
	struct msg_in in;

	(void)ctx;
	tolds++;
	msg_begin(&out, MSG_PATH);
	msg_put_path(&out, m);
	if (msg_parse(&in, out.data, msg_end(&out), -1) != 0 ||
	    msg_get_path(&in, &told) != 0)
		ok(false, "what is told is believed");
}

static void
on_here(void *ctx, const struct here *h)
{
	(void)ctx;
	(void)h;
	heres++;
}

static void
on_note(void *ctx, const char *subject, int64_t time, const char *text,
    const char *evidence)
{
	(void)ctx;
	notes++;
	note_time = time;
	snprintf(note_subject, sizeof note_subject, "%s", subject);
	snprintf(note_text, sizeof note_text, "%s", text);
	snprintf(note_proof, sizeof note_proof, "%s", evidence);
}

static void
on_trouble(void *ctx, const char *text)
{
	(void)ctx;
	printf("# %s\n", text);
	troubles++;
}

static const struct paths_ops ops = { on_walk, on_tell, on_here, on_note, on_trouble };

/* --- what comes ------------------------------------------------------------------- */

static struct addr
addr(const char *text)
{
	struct addr a;

	if (addr_parse(&a, text) != 0)
		printf("Bail out! no address: %s\n", text), exit(1);
	return a;
}

/* Targets A, B ... with the addresses 192.0.2.1, 2 ... */
static void
configure(unsigned targets)
{
	struct conf_report report = { 0 };
	FILE *out;
	struct conf *next;

	mkdir("conf", 0755);
	out = fopen("conf/Targets", "w");
	if (out == NULL)
		printf("Bail out! conf\n"), exit(1);
	fprintf(out, "*** Targets ***\nprobe = FPing\nmenu = m\ntitle = t\n");
	for (unsigned i = 0; i < targets; i++)
		fprintf(
		    out, "+ T%u\nmenu = m\ntitle = t\nhost = 192.0.2.%u\n", i, i + 1);
	fclose(out);
	next = conf_load("conf", &report);
	if (next == NULL) {
		conf_report_print(&report, stdout);
		printf("Bail out! no configuration\n"), exit(1);
	}
	conf_report_free(&report);
	paths_configure(paths, next, now);
	conf_free(conf);
	conf = next;
}

static uint64_t
id(unsigned target)
{
	char path[16];

	snprintf(path, sizeof path, "T%u", target);
	return conf_target_id(path);
}

/* A walk to TARGET: "*" is silent, "=" the target itself. */
static struct hops
walk(unsigned target, enum hops_reason reason, const char *hops)
{
	struct hops p = { .target = id(target), .reason = (uint8_t)reason };
	char copy[512], *rest = copy, *word, own[32];

	snprintf(own, sizeof own, "192.0.2.%u", target + 1);
	p.address = addr(own);
	p.start_ns = p.end_ns = now * 1000000000;
	snprintf(copy, sizeof copy, "%s", hops);
	while ((word = strsep(&rest, " ")) != NULL && *word != '\0') {
		struct hop *h = &p.hop[p.count++];
		struct addr a;

		*h = (struct hop){ .ttl = p.count,
			.sent = 3,
			.min_ns = -1,
			.median_ns = -1,
			.max_ns = -1 };
		if (strcmp(word, "*") == 0)
			continue;
		h->answered = 2;
		h->min_ns = h->median_ns = h->max_ns = 1000 * p.count;
		if (strcmp(word, "=") == 0) {
			h->flags = HOP_TARGET;
			p.flags |= HOPS_REACHED;
			word = own;
		}
		a = addr(word);
		hop_add_address(h, &a);
	}
	return p;
}

static void
take(unsigned target, enum hops_reason reason, const char *hops)
{
	static struct msg_out out;
	struct hops p = walk(target, reason, hops);
	struct msg_in in;

	msg_begin(&out, MSG_HOPS);
	msg_put_hops(&out, &p);
	if (msg_parse(&in, out.data, msg_end(&out), -1) != 0 ||
	    paths_message(paths, &in, now) != 0)
		ok(false, "a walk is taken");
}

static void
take_here(void)
{
	static struct msg_out out;
	struct here h = { .gateway[0] = addr("10.0.0.1"),
		.link = { HERE_PLAIN, HERE_NONE },
		.addresses = 1,
		.address[0] = { addr("10.0.0.20"), 24 } };
	struct msg_in in;

	msg_begin(&out, MSG_HERE);
	msg_put_here(&out, &h);
	ok(msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&
		paths_message(paths, &in, now) == 0,
	    "what this host is in is taken");
}

/* A round of ten pings of MS, LOST of which are lost. */
static void
round_of(unsigned target, unsigned lost, int64_t ms)
{
	struct round *r = mem_zero(1, sizeof *r);

	r->target = id(target);
	r->step = 60;
	r->count = 10;
	r->state = ROUND_MEASURED;
	for (unsigned i = 0; i < 10; i++) {
		r->ping[i].outcome = i < lost ? PING_TIMEOUT : PING_ANSWERED;
		r->ping[i].rtt_ns = i < lost ? -1 : ms * 1000000;
	}
	paths_round(paths, r, now);
	free(r);
}

static void
start(unsigned targets)
{
	paths = paths_new(&ops, NULL);
	configure(targets);
}

static void
stop(void)
{
	paths_free(paths);
	paths = NULL;
}

/* --- on disk ---------------------------------------------------------------------- */

static unsigned kinds[PATH_KINDS];
static struct path_record last[PATH_KINDS];

static void
on_record(void *ctx, const struct path_record *r)
{
	(void)ctx;
	kinds[r->kind]++;
	last[r->kind] = *r;
}

static void
read_file(unsigned target)
{
	memset(kinds, 0, sizeof kinds);
	pathfile_read(id(target), on_record, NULL);
}

static off_t
file_size(unsigned target)
{
	char name[PATHFILE_NAME];
	struct stat st;

	return stat(pathfile_name(id(target), name), &st) == 0 ? st.st_size : -1;
}

/* --- tests ------------------------------------------------------------------------ */

#define WAY "10.0.0.1 100.64.0.1 203.0.113.5 ="
#define OTHER "10.0.0.1 100.64.0.1 203.0.113.9 ="

static void
changes(void)
{
	char text[ADDR_TEXT];

	start(2);
	ok(paths_ladder(paths, now) == NULL, "no ladder before this host is known");
	take_here();
	is_int(heres, 1, "web hears of it");
	take_here();
	is_int(heres, 2, "and again when it is told again");
	take(0, HOPS_NEW, WAY);
	int64_t begun = now;
	is_int(told.way.count, 4, "a way is told");
	is_int(told.since, begun, "since when it is so");
	ok(file_size(0) > 0, "and is on disk");
	is_int(paths_message(paths, &(struct msg_in){ .type = MSG_HOPS }, now), -1,
	    "nonsense is refused");

	now += 3600;
	int64_t changed = now;
	unsigned before = traces;
	for (unsigned i = 1; i < ROUTE_WALKS; i++, now += 20) {
		take(0, HOPS_WATCH, OTHER);
		is_int(notes, 0, "one that differs is no change yet");
	}
	ok(traces > before, "more walks are asked for");
	is_int((long long)trace.target, (long long)id(0), "to that target");
	is_int(trace.reason, HOPS_ASKED, "to be sure sooner");
	take(0, HOPS_WATCH, OTHER);
	paths_tick(paths, now);
	is_int(notes, 0, "a change waits for others like it");
	now += 100;
	paths_tick(paths, now);
	is_int(notes, 1, "and is noted");
	is_str(note_subject, "T0", "of its target");
	is_int(note_time, changed, "at the first walk that differed");
	is_str(note_text,
	    "The way to T0 changed at hop 3, from 203.0.113.5 to 203.0.113.9.",
	    "in words");
	is_str(note_proof,
	    "{\"hop\":3,\"from\":\"203.0.113.5\",\"to\":\"203.0.113.9\",\"count\":1,"
	    "\"targets\":[\"T0\"]}",
	    "with its figures");
	is_int(told.since, changed, "web hears of it");
	is_int(told.changes, 1, "as the first");
	read_file(0);
	is_int(kinds[PATH_CHANGE], 1, "it is on disk");
	is_str(
	    addr_text(&last[PATH_CHANGE].from, text), "203.0.113.5", "with who it was");
	is_int(last[PATH_NOW].since, changed, "and how it is now");
	const struct ladder *l = paths_ladder(paths, now);
	is_str(rung_word((enum rung)ladder_role(l, id(0))->rung), "far",
	    "a ladder is made");
	is_str(rung_word((enum rung)ladder_role(l, id(1))->rung), "far",
	    "with targets that were not walked to");
	stop();

	/* Another start. */
	now += 60;
	unsigned seen = tolds;
	start(2);
	is_int(tolds, seen + 1, "another start: what was known is told at once");
	is_int(told.since, changed, "since when it is so");
	take(0, HOPS_NEW, OTHER);
	is_int(tolds, seen + 2, "the same way, walked again");
	is_int(told.since, changed, "is as old as it was");
	is_int(told.changes, 1, "and its change not forgotten");
	paths_tell(paths);
	is_int(tolds, seen + 3, "a new web hears all");
	configure(1);
	ok(paths_route(paths, id(0)) != NULL, "a reload keeps it");
	configure(0);
	ok(paths_route(paths, id(0)) == NULL, "a target that is gone is forgotten");
	ok(file_size(0) > 0, "its file is not");
	take(0, HOPS_WATCH, WAY);
	ok(paths_route(paths, id(0)) == NULL, "what comes late is left out");
	configure(1);
	ok(paths_route(paths, id(0)) != NULL, "one that comes back has its file");
	stop();
}

static void
together(void)
{
	start(6);
	notes = 0;
	for (unsigned t = 0; t < 6; t++)
		take(t, HOPS_NEW, "10.0.0.1 100.64.0.1 203.0.113.5 198.51.100.1 =");
	now += 3600;
	for (unsigned i = 0; i < ROUTE_WALKS; i++, now += 20)
		for (unsigned t = 1; t < 6; t++)
			take(t, HOPS_WATCH,
			    "10.0.0.1 100.64.0.1 203.0.113.6 198.51.100.1 =");
	now += 100;
	paths_tick(paths, now);
	is_int(notes, 1, "one router's change is one note");
	is_str(note_subject, "", "of all");
	is_str(note_text,
	    "The way to T1, T2, T3 and 2 more changed at hop 3, from 203.0.113.5 to "
	    "203.0.113.6.",
	    "that counts whom it is about");
	stop();
}

static void
bad_rounds(void)
{
	char text[ADDR_TEXT];

	start(8);
	now += 600;
	take(7, HOPS_NEW, WAY);
	traces = 0;
	for (unsigned i = 0; i < 5; i++, now += 60)
		round_of(7, i % 2, 5);
	is_int(traces, 0, "good rounds, and one ping lost: nobody walks");
	round_of(7, 4, 5);
	is_int(traces, 1, "four lost: the way is walked at once");
	is_int(trace.reason, HOPS_BAD, "because of that");
	now += 60;
	round_of(7, 10, 5);
	is_int(traces, 1, "a bad one behind a bad one is nothing new");
	round_of(7, 0, 5);
	round_of(7, 0, 40);
	is_int(traces, 2, "a slow one is bad, too");
	round_of(7, 0, 5);
	now += 10;
	round_of(7, 10, 5);
	is_int(traces, 2, "not more often than once a minute");

	ok(paths_bad(paths, id(7)) == NULL, "no walk came of it yet");
	take(7, HOPS_BAD, "10.0.0.1 * * *");
	const struct path_bad *b = paths_bad(paths, id(7));
	ok(b != NULL && !b->same && !b->elsewhere && b->ttl == 2,
	    "one that ends says where");
	is_str(addr_text(&b->from, text), "10.0.0.1", "behind whom");
	is_str(addr_text(&b->to, text), "100.64.0.1", "in front of whom");
	read_file(7);
	is_int(kinds[PATH_BAD], 1, "and is kept");
	is_int(last[PATH_BAD].way.reason, HOPS_BAD, "with its reason");
	is_int(last[PATH_BAD].way.count, 4, "as it was walked");
	is_int(paths_route(paths, id(7))->way.hop[2].addresses, 1,
	    "beside the last good one");
	now += 30;
	take(7, HOPS_BAD, OTHER);
	b = paths_bad(paths, id(7));
	ok(b->elsewhere && b->ttl == 3, "one that leads elsewhere says where");
	now += 30;
	take(7, HOPS_BAD, WAY);
	ok(paths_bad(paths, id(7))->same, "one that is as always says so");
	read_file(7);
	is_int(kinds[PATH_BAD], 2, "and is not kept once more");

	/* When the line is bad, all are: few walks are enough. */
	configure(200);
	for (unsigned t = 3; t < 200; t++)
		take(t, HOPS_NEW, WAY);
	now += 600;
	traces = 0;
	for (unsigned t = 3; t < 200; t++)
		round_of(t, 10, 5);
	ok(traces > 0 && traces <= 8, "of 197 at once %u are walked to", traces);
	stop();
}

/* A level that moved for good is usual after a while; a single slow round is not. */
static void
levels(void)
{
	unsigned slow = 0;

	start(8);
	now += 600;
	take(7, HOPS_NEW, WAY);
	for (unsigned i = 0; i < 5; i++, now += 120)
		round_of(7, 0, 5);
	round_of(7, 0, 3000);
	now += 120;
	traces = 0;
	round_of(7, 0, 5);
	round_of(7, 0, 40);
	is_int(traces, 1, "behind a very slow round a slow one is still bad");
	for (now += 120; slow < 200; now += 120, slow++) {
		unsigned before = traces;

		round_of(7, 0, 40);
		round_of(7, 10, 0);
		if (traces > before)
			break;
	}
	ok(slow > 10 && slow < 60,
	    "forty ms that last are usual after %u rounds: an outage is news then", slow);
	now += 120;
	round_of(7, 0, 5);
	for (unsigned i = 0; i < 40; i++)
		round_of(7, 0, 5);
	traces = 0;
	round_of(7, 0, 40);
	is_int(traces, 1, "and no longer, when they are over");
	stop();
}

/* A reload takes a target away whose way has just changed. */
static void
gone(void)
{
	start(8);
	notes = 0;
	take(6, HOPS_NEW, WAY);
	now += 3600;
	for (unsigned i = 0; i < ROUTE_WALKS; i++, now += 20)
		take(6, HOPS_WATCH, OTHER);
	is_int(notes, 0, "a change waits for others like it");
	configure(1);
	is_int(notes, 1, "not until its target has no name any more");
	is_str(note_subject, "T6", "which it is about");
	stop();
}

/* A file that a crash left, and one that grows for ever. */
static void
files(void)
{
	char name[PATHFILE_NAME];
	struct path_record *r = mem_zero(1, sizeof *r);
	struct err err;
	FILE *f;

	read_file(0);
	off_t size = file_size(0);
	unsigned before = kinds[PATH_CHANGE];
	static const char half[] = "\0\0\1\0PAT1 half a record";
	f = fopen(pathfile_name(id(0), name), "a");
	fwrite(half, 1, sizeof half, f);
	fclose(f);
	read_file(0);
	is_int(kinds[PATH_CHANGE], before, "what is half written is left out");
	start(1);
	take(0, HOPS_NEW, WAY);
	is_int(file_size(0), size, "and taken off at the next start");
	stop();

	/* A change each, for years; bad walks in between. */
	r->way = walk(0, HOPS_WATCH, WAY);
	r->from = addr("203.0.113.5");
	r->to = addr("203.0.113.9");
	off_t most = 0;
	for (unsigned i = 0; i < 2000; i++) {
		r->kind = i % 10 == 0 ? PATH_CHANGE : i % 10 == 5 ? PATH_NOW : PATH_BAD;
		r->time = r->since = now + i;
		r->changes = i;
		if (pathfile_add(r, &err) != 0)
			ok(false, "a record is written: %s", err.text);
		if (file_size(0) > most)
			most = file_size(0);
	}
	ok(most <= PATHFILE_MAX, "2000 records: never more than %ld bytes",
	    PATHFILE_MAX);
	read_file(0);
	is_int(last[PATH_BAD].time, now + 1999, "the newest is there");
	is_int(last[PATH_NOW].changes, 1995, "how it was last is there");
	ok(kinds[PATH_CHANGE] >= 50, "%u changes are", kinds[PATH_CHANGE]);
	printf("# %u changes, %u bad walks, %u ways\n", kinds[PATH_CHANGE],
	    kinds[PATH_BAD], kinds[PATH_NOW]);
	is_int(pathfile_mend(id(0), true, &err), 0, "it is made smaller");
	read_file(0);
	is_int(kinds[PATH_NOW], 1, "with one way as it is now");
	ok(file_size(0) <= PATHFILE_KEEP + 4096, "to what is kept");
	free(r);

	/* A disk that refuses. */
	unsigned was = troubles;
	start(203);
	if (chmod(".smokebox/path", 0500) == 0 && geteuid() != 0) {
		take(202, HOPS_NEW, WAY);
		is_int(troubles, was + 1, "a disk that refuses is told");
	}
	chmod(".smokebox/path", 0755);
	pathfile_name(id(201), name);
	mkdir(name, 0755);
	take(201, HOPS_NEW, WAY);
	ok(troubles > was, "a directory in place of a file is told");
	ok(paths_route(paths, id(201)) != NULL, "and the way known nevertheless");
	rmdir(name);
	stop();
}

int
main(void)
{
	char dir[] = "/tmp/pathstore.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	now = 1800000000;
	changes();
	together();
	bad_rounds();
	levels();
	gone();
	files();
	conf_free(conf);
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", dir);
	if (chdir("/") != 0 || system(command) != 0)
		return 1;
	return tap_done();
}
