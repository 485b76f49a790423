/* events.db: what is put is there after a kill, in order, with its letter or not at
 * all; whatever lies at its place, and however full the disk. */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "recorder/events.h"
#include "store.h"
#include "t/eventsread.h"
#include "t/tap.h"

#define MS CLOCK_NS_PER_MS
#define T0 1700000000LL

static char dir[] = "/tmp/smokebox-events-XXXXXX";
static char said[2000];
static unsigned troubles;

static void
trouble(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(said, sizeof said, "%s", text);
	troubles++;
}

static const struct events_ops ops = { trouble };

static struct events *
start(void)
{
	said[0] = '\0';
	troubles = 0;
	return events_open(&ops, NULL, EVENTS_QUEUE_MAX);
}

/* Work until nothing waits; false when something still does after many turns. */
static bool
work(struct events *ev)
{
	for (int i = 0; i < 20000; i++)
		if (events_work(ev, 10 * MS) < 0)
			return true;
	return false;
}

static struct incident
incident(const char *kind, const char *subject)
{
	return (struct incident){ .kind = kind,
		.subject = subject,
		.source = "test",
		.begin = T0,
		.confidence = "sure",
		.summary = "it's \"bad\"",
		.worst = 12.5,
		.evidence = "{\"lost\":3}",
		.priority = 2 };
}

static const struct letter letter = { .what = "open",
	.receivers = "[\"a@example.net\"]",
	.body = "{\"alert\":\"loss\"}" };

/* Of the file, its log and their index. */
static bool
for_us_alone(void)
{
	static const char *const names[] = { STORE_EVENTS, STORE_EVENTS "-wal",
		STORE_EVENTS "-shm" };
	bool alone = true;
	struct stat st;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		bool good = stat(names[i], &st) == 0 && (st.st_mode & 07777) == 0600;
		if (!good)
			printf("# %s: %04o\n", names[i], (unsigned)st.st_mode & 07777);
		alone &= good;
	}
	return alone;
}

static void
readers(void)
{
	struct incident in = incident("loss", "A.B");
	struct events *ev = start();

	events_put(ev, &in, &letter);
	work(ev);
	ok(for_us_alone(), "nobody else reads the file, its log, or their index");
	events_close(ev);
	chmod(STORE_EVENTS, 0644);
	chmod(STORE_EVENTS "-wal", 0644);
	chmod(STORE_EVENTS "-shm", 0664);
	ev = start();
	events_put(ev, &in, NULL);
	work(ev);
	ok(for_us_alone(), "nor one that an earlier one of us has made");
	events_close(ev);
	events_clean();
}

static void
change(const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	if (sqlite3_open(STORE_EVENTS, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		printf("# %s: %s\n", sql, why != NULL ? why : "cannot be opened");
	sqlite3_free(why);
	sqlite3_close(db);
}

static unsigned opens;

static void
count_open(void *ctx, const struct incident *in, const struct letter *held)
{
	(void)held;
	opens++;
	*(int64_t *)ctx = in->id;
	ok(strcmp(in->kind, "loss") == 0 && strcmp(in->subject, "A.B") == 0 &&
		strcmp(in->summary, "it's \"bad\"") == 0 && in->worst == 12.5 &&
		in->begin == T0 && in->priority == 2 &&
		strcmp(in->evidence, "{\"lost\":3}") == 0,
	    "an open incident comes back as it was");
}

static void
rows(void)
{
	struct events *ev = start();
	struct incident in = incident("loss", "A.B"), note = incident("note", "");
	int64_t last = 0;

	is_str(said, "", "a new file begins without a word");
	in.id = events_put(ev, &in, &letter);
	note.end = note.begin;
	note.worst = NAN;
	note.priority = 0;
	is_int(events_put(ev, &note, NULL), 2, "ids count up");
	is_int((long long)events_counts(ev).queued, 3, "all wait");
	ok(work(ev), "and are written");
	is_str(events_query("SELECT * FROM incident"),
	    "1|loss|A.B|test|1700000000|NULL|sure|it's \"bad\"|12.5|{\"lost\":3}|NULL|2 "
	    "2|note||test|1700000000|1700000000|sure|it's \"bad\"|NULL|{\"lost\":3}|NULL|"
	    "NULL",
	    "rows, for a reader while the writer has it open");
	is_str(events_query("SELECT id,incident,what,receivers,body FROM outbox"),
	    "1|1|open|[\"a@example.net\"]|{\"alert\":\"loss\"}", "and the letter");
	events_close(ev);

	ev = start();
	events_each_open(ev, count_open, &last);
	ok(opens == 1 && last == 1, "only one is open");
	in.end = T0 + 60;
	in.worst = 99;
	events_put(ev, &in, NULL);
	in = incident("alert", "C");
	is_int(events_put(ev, &in, NULL), 3, "ids go on after a restart");
	work(ev);
	is_str(events_query("SELECT id,\"end\",worst FROM incident WHERE id <> 2"),
	    "1|1700000060|99.0 3|NULL|12.5", "it was closed");
	is_str(events_query("PRAGMA user_version"), "1", "the form is told");
	events_close(ev);
}

static void
take_text(void *ctx, int64_t begin, int64_t end, const char *prefix, const char *reason)
{
	snprintf(ctx, 200, "%lld %lld %s %s", (long long)begin, (long long)end, prefix,
	    reason);
}

static void
take_target(void *ctx, const struct events_target *t)
{
	snprintf(ctx, 200, "%s %s %s %s %lld %lld", t->path, t->host, t->address,
	    t->probe, (long long)t->step, (long long)t->pings);
}

static void
others(void)
{
	struct events *ev = start();
	struct events_target t = { "A.B", "host", "192.0.2.1", "FPing", 300, 20 };
	char text[200] = "";

	/* What is two weeks old is pruned. */
	clock_fake(clock_mono_ns(), T0 * CLOCK_NS_PER_S, clock_boot_ns());
	events_silence(ev, T0, T0 + 10, "A", "old");
	events_silence(ev, T0, T0 + 100, "A.B", "work");
	events_set_meta(ev, "boot", "x");
	events_set_meta(ev, "boot", "y");
	events_set_target(ev, &t);
	t.pings = 10;
	events_set_target(ev, &t);
	events_letter(ev, T0, 0,
	    &(struct letter){ .what = "test", .receivers = "[\"x\"]", .body = "{}" });
	work(ev);
	events_close(ev);
	ev = start();
	events_each_silence(ev, T0 + 50, take_text, text);
	is_str(text, "1700000000 1700000100 A.B work", "silences that last");
	events_each_target(ev, take_target, text);
	is_str(text, "A.B host 192.0.2.1 FPing 300 10", "targets as they were");
	text[0] = '\0';
	events_one_target(ev, "A.C", take_target, text);
	is_str(text, "", "none that is not there");
	char *boot = events_meta(ev, "boot");
	is_str(boot, "y", "words about the box");
	free(boot);
	is_str(
	    events_query("SELECT incident,what FROM outbox ORDER BY id DESC LIMIT 1"),
	    "NULL|test", "a letter of no incident");
	events_close(ev);
	clock_real();
}

/* --- kills ------------------------------------------------------------------------ */

static void
killed(void)
{
	int line[2];
	char seen[16] = "";

	events_clean();
	if (pipe(line) < 0)
		return;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct events *ev = start();
		for (unsigned n = 1;; n++) {
			struct incident in = incident("loss", "A");
			in.id = events_put(ev, &in, &letter);
			work(ev);
			in.end = T0 + 1;
			events_put(ev, &in, &letter);
			work(ev);
			if (n == 50 && write(line[1], "50", 2) != 2)
				_exit(1);
		}
	}
	close(line[1]);
	if (read(line[0], seen, sizeof seen - 1) <= 0)
		printf("# nothing came\n");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(line[0]);
	/* A reader comes before the next writer. */
	ok(atoi(events_query("SELECT count(*) FROM incident")) >= 50,
	    "killed: a reader finds what was written before");
	struct events *ev = start();
	is_str(said, "", "and the next writer goes on without a word");
	is_str(events_query("SELECT count(*) FROM incident i WHERE "
			    "(SELECT count(*) FROM outbox WHERE incident = i.id) <> "
			    "1 + (\"end\" IS NOT NULL)"),
	    "0", "no incident without its letter, and none the other way");
	is_str(events_query("SELECT quick_check FROM pragma_quick_check"), "ok",
	    "it is whole");
	events_close(ev);
}

/* A letter that cannot be written takes its incident with it. */
static void
together(void)
{
	struct incident in = incident("loss", "A");

	events_clean();
	struct events *ev = start();
	events_put(ev, &in, NULL);
	work(ev);
	change("CREATE TRIGGER no BEFORE INSERT ON outbox "
	       "BEGIN SELECT RAISE(ABORT, 'not this one'); END");
	in = incident("loss", "B");
	events_put(ev, &in, &letter);
	in = incident("loss", "C");
	events_put(ev, &in, NULL);
	ok(work(ev), "an entry that is refused does not stop those behind it");
	is_str(events_query("SELECT subject FROM incident"), "A C",
	    "and takes with it what it belongs to");
	ok(strstr(said, "not this one") != NULL, "which is told");
	is_int((long long)events_counts(ev).lost, 2, "and counted");
	events_close(ev);
}

/* --- what lies at its place ------------------------------------------------------- */

static void
write_noise(const char *name, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	for (size_t i = 0; i < len; i++)
		if (write(fd, &(char){ (char)(i * 7919 >> 3) }, 1) != 1)
			break;
	close(fd);
}

/* It was set aside for WHY, kept, and a new one works. */
static void
aside(const char *why, const char *what)
{
	struct events *ev = start();
	struct incident in = incident("loss", "new");
	char name[200] = "";
	const char *at = strstr(said, "it is kept as ");
	struct stat st;

	if (!ok(at != NULL && strstr(said, why) != NULL, "%s: told", what))
		printf("# %s\n", said);
	if (at != NULL)
		sscanf(at + strlen("it is kept as "), "%199s", name);
	ok(strncmp(name, STORE_ASIDE "/.smokebox/events.db-20", 40) == 0 &&
		stat(name, &st) == 0 && st.st_size > 0,
	    "%s: kept by name", what);
	events_put(ev, &in, NULL);
	work(ev);
	is_str(events_query("SELECT subject FROM incident"), "new",
	    "and a new one is written");
	is_int((long long)events_counts(ev).set_aside, 1, "it is counted");
	events_close(ev);
	events_clean();
}

static void
foreign(void)
{
	struct events *ev;

	events_clean();
	mkdir(STORE_DIR, 0755);
	write_noise(STORE_EVENTS, 10000);
	aside("not a database", "noise");

	mkdir(STORE_DIR, 0755);
	change("CREATE TABLE incident(x)");
	aside("another program's database", "a stranger");

	ev = start();
	work(ev);
	events_close(ev);
	change("PRAGMA user_version = 7");
	aside("of a newer smokebox", "a file of the future");

	ev = start();
	for (int i = 0; i < 2000; i++) {
		struct incident in = incident("loss", "A.B.C.D");
		events_put(ev, &in, &letter);
	}
	work(ev);
	events_close(ev);
	change("PRAGMA wal_checkpoint(TRUNCATE)");
	int fd = open(STORE_EVENTS, O_WRONLY);
	for (off_t at = 5 * 4096; at < 40 * 4096; at += 4096)
		if (pwrite(fd, "garbage of a disk that forgets", 30, at) != 30)
			break;
	close(fd);
	aside("", "damage in the middle");

	/* Cut off while it is in use: found when it is read next. */
	write_noise(STORE_DIR, 0);
	unlink(STORE_DIR);
	mkdir(STORE_DIR, 0755);
	write_noise(STORE_EVENTS, 0);
	ev = start();
	is_str(said, "", "an empty file is a new one");
	events_close(ev);
	events_clean();
}

static void
deleted(void)
{
	struct incident in = incident("loss", "A");
	struct events *ev = start();

	events_put(ev, &in, NULL);
	work(ev);
	events_clean();
	in = incident("loss", "B");
	is_int(events_put(ev, &in, NULL), 2, "deleted while in use: ids go on");
	ok(work(ev), "and so does writing");
	is_str(events_query("SELECT id,subject FROM incident"), "2|B", "in a new file");
	events_close(ev);
}

/* --- no room ---------------------------------------------------------------------- */

static void
bounded(void)
{
	struct incident in = incident("loss", "A");

	events_clean();
	mkdir(STORE_DIR, 0755);
	mkdir(STORE_EVENTS, 0755); /* nothing can be opened here */
	said[0] = '\0';
	struct events *ev = events_open(&ops, NULL, 20000);
	ok(strstr(said, "kept in memory") != NULL, "what cannot be opened is told");
	int64_t first = events_put(ev, &in, &letter);
	ok(first > 1000000, "and ids are none that the file could have");
	for (int i = 0; i < 1000; i++)
		events_put(ev, &in, &letter);
	ok(events_counts(ev).queued < 100 && events_counts(ev).lost > 1000,
	    "what waits is bounded");
	ok(strstr(said, "the oldest incidents are lost") != NULL, "which is told");
	rmdir(STORE_EVENTS);
	ok(events_work(ev, 10 * MS) > 0, "it is not tried all the time");
	clock_fake(clock_mono_ns() + 3000 * MS, clock_wall_ns(), clock_boot_ns());
	ok(work(ev), "when it can be opened, what waits is written");
	clock_real();
	is_str(events_query(
		   "SELECT count(*) = (SELECT count(*) FROM outbox) FROM incident"),
	    "1", "whole pairs of it");
	is_str(events_query(
		   "SELECT max(id) - 1000 = (SELECT min(id) FROM incident) - 1000 + "
		   "count(*) - 1 FROM incident"),
	    "1", "the newest, in order");
	events_close(ev);
}

static void
full(void)
{
	static char block[65536];
	struct incident in = incident("loss", "A");

	events_clean();
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=755") < 0 || chdir(dir) < 0) {
		ok(true, "# SKIP a full disk needs the right to mount");
		return;
	}
	struct events *ev = start();
	events_put(ev, &in, &letter);
	ok(work(ev), "on a disk with room");
	int fd = open("filler", O_WRONLY | O_CREAT, 0644);
	while (write(fd, block, sizeof block) > 0)
		;
	while (write(fd, block, 1) > 0)
		;
	for (int i = 0; i < 200; i++)
		events_put(ev, &in, &letter);
	for (int i = 0; i < 20; i++)
		events_work(ev, 10 * MS);
	ok(events_counts(ev).queued > 0, "on a full one what happens waits");
	if (!ok(strstr(said, "full") != NULL && strstr(said, "kept in memory") != NULL,
		"which is told"))
		printf("# %s\n", said);
	if (ftruncate(fd, 0) == 0)
		close(fd);
	clock_fake(clock_mono_ns() + 3000 * MS, clock_wall_ns(), clock_boot_ns());
	ok(work(ev), "with room again it is written");
	clock_real();
	is_str(events_query("SELECT count(*) FROM incident"), "201", "all of it");
	is_str(events_query("SELECT count(*) FROM outbox"), "201", "with its letters");
	events_close(ev);
	if (chdir("/") == 0)
		umount(dir);
	if (chdir(dir) < 0)
		printf("# lost my way\n");
}

/* --- many ------------------------------------------------------------------------- */

static void
many(void)
{
	char path[40];
	int64_t longest = 0, all = 0;
	int turns = 0;

	events_clean();
	struct events *ev = start();
	work(ev);
	for (int i = 0; i < 10000; i++) {
		snprintf(path, sizeof path, "Group%d.Target%d", i / 100, i);
		struct incident in = incident("loss", path);
		events_put(ev, &in, &letter);
	}
	int64_t next = 0;
	while (next >= 0 && turns < 10000) {
		int64_t begin = clock_mono_ns();
		next = events_work(ev, 10 * MS);
		int64_t took = clock_mono_ns() - begin;
		longest = took > longest ? took : longest;
		all += took;
		turns++;
	}
	printf(
	    "# 10000 incidents with letters: %.0f ms in %d turns, the longest %.1f ms\n",
	    (double)all / 1e6, turns, (double)longest / 1e6);
	is_str(events_query("SELECT count(*) FROM incident"), "10000",
	    "ten thousand at once");
	ok(turns > 3 && turns < 5000, "in batches, with turns for others between them");
	events_close(ev);
}

static void
pruned(void)
{
	events_clean();
	struct events *ev = start();
	work(ev);
	events_close(ev);
	change("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE "
	       "i<1200) INSERT INTO outbox(time,what,receivers,body) SELECT "
	       "1600000000+i,'open','[]','{}' FROM n");
	change("INSERT INTO outbox(time,what,receivers,body) VALUES(4000000000,'open',"
	       "'[]','{}')");
	change(
	    "INSERT INTO incident VALUES(1,'loss','A','',1,NULL,'sure','',0,'{}',NULL,"
	    "NULL),(2,'loss','A','',1,2,'sure','',0,'{}',NULL,NULL),"
	    "(900000,'loss','A','',1,2,'sure','',0,'{}',NULL,NULL)");
	clock_fake(clock_mono_ns(), clock_wall_ns(), clock_boot_ns());
	ev = start();
	for (int i = 0; i < 20; i++) {
		work(ev);
		clock_fake_advance(500 * MS);
	}
	clock_real();
	is_str(events_query("SELECT count(*),max(time) FROM outbox"), "1|4000000000",
	    "old letters go, in pieces");
	is_str(events_query("SELECT id FROM incident"), "1 900000",
	    "old incidents go when they are too many, but no open one");
	events_close(ev);
}

/* How many incidents say whose traffic it was. */
static const char *
named(void)
{
	return events_query("SELECT group_concat(id) FROM incident WHERE evidence LIKE "
			    "'%\"hosts\":[%'");
}

/* Whatever an incident's length, who filled the line is known for so long behind its
 * end, also while the program goes on. */
static void
talkers_pruned(void)
{
	static const int64_t day = 86400;
	int64_t now = clock_wall_ns() / CLOCK_NS_PER_S;
	char text[800];

	events_clean();
	struct events *ev = start();
	events_keep_talkers(ev, 7 * day);
	work(ev);
	clock_fake(clock_mono_ns(), clock_wall_ns(), clock_boot_ns());
	/* Days ago: of a month, of a week, of no time; one that is open. */
	static const struct {
		int64_t begin, end;
	} span[] = { { 40, 3 }, { 10, 3 }, { 4, 4 }, { 40, 0 } };
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof text,
		    "INSERT INTO incident VALUES(%d,'loss','A','',%lld,nullif(%lld,%lld),"
		    "'sure','',0,'{\"talkers\":{\"during\":{\"bps_in\":1,\"hosts\":"
		    "[{\"host\":\"h\"}]}}}',NULL,NULL)",
		    i + 1, (long long)(now - span[i].begin * day),
		    (long long)(now - span[i].end * day), (long long)now);
		change(text);
	}
	work(ev);
	is_str(named(), "1,2,3,4", "who filled the line is kept for a week");
	for (int hour = 0; hour < 84; hour++) {
		clock_fake_advance(3600 * CLOCK_NS_PER_S);
		work(ev);
	}
	is_str(named(), "1,2,4", "after it nobody is named of what ended before");
	for (int hour = 0; hour < 24; hour++) {
		clock_fake_advance(3600 * CLOCK_NS_PER_S);
		work(ev);
	}
	is_str(named(), "4", "however long it was, but of what is open");
	is_str(
	    events_query("SELECT json_extract(evidence,'$.talkers.during.bps_in') FROM "
			 "incident WHERE id=1"),
	    "1", "how much it was stays");
	clock_real();
	events_close(ev);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	umask(022);
	readers();
	rows();
	others();
	killed();
	together();
	foreign();
	deleted();
	bounded();
	many();
	pruned();
	talkers_pruned();
	full();
	events_clean();
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
