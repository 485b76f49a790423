/* Which target goes on with whose history. */
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "recorder/aside.h"
#include "recorder/identity.h"
#include "recorder/ledger.h"
#include "recorder/renamed.h"
#include "t/tap.h"

static char dir[] = "/tmp/smokebox-ledger-XXXXXX";
static struct ledger ledger;

static void
write_text(const char *name, const char *text)
{
	FILE *f = aside_parents(name) < 0 ? NULL : fopen(name, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		printf("Bail out! %s: %s\n", name, strerror(errno));
}

/* The configuration with these targets below "*** Targets ***". */
static struct conf *
configured(const char *targets)
{
	struct conf_report report = { 0 };
	char *text = mem_printf("*** Targets ***\nprobe = FPing\nmenu = Top\n"
				"title = Top\n%s",
	    targets);

	write_text("conf/Database", "*** Database ***\nstep = 10\npings = 5\n"
				    "AVERAGE 0.5 1 100\n");
	write_text("conf/Probes", "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n"
				  "+ DNS\nbinary = /usr/bin/dig\nlookup = a.example\n");
	write_text("conf/Targets", text);
	free(text);
	struct conf *conf = conf_load("conf", &report);
	if (conf == NULL) {
		conf_report_print(&report, stdout);
		printf("Bail out! a configuration of this test is wrong\n");
		exit(1);
	}
	conf_report_free(&report);
	return conf;
}

/* A ledger as after having worked with TARGETS, all of which have files. */
static void
worked_with(const char *targets)
{
	struct conf *conf = configured(targets);
	char file[STORE_PATH];

	ledger_free(&ledger);
	ledger_settle(&ledger, conf);
	for (struct ledger_entry *e = ledger.entry; e != NULL; e = e->hh.next)
		if (store_rrd_path(file, e->path) == 0)
			write_text(file, "history");
	conf_free(conf);
}

static int
by_from(const void *a, const void *b)
{
	const struct ledger_move *x = a, *y = b;
	int r = strcmp(x->from, y->from);

	return r != 0 ? r : strcmp(x->to, y->to);
}

/* What TARGETS would make of it: "A.b=C.b ?A.d=C.e", with ? where it is not certain. */
static const char *
moves(const char *targets)
{
	static char text[1024];
	struct conf *conf = configured(targets);
	size_t count, at = 0;
	struct ledger_move *m = ledger_moves(&ledger, conf, &count);

	text[0] = '\0';
	if (count != 0)
		qsort(m, count, sizeof *m, by_from);
	for (size_t i = 0; i < count && at < sizeof text; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%s%s=%s",
		    i == 0 ? "" : " ", m[i].certain ? "" : "?", m[i].from, m[i].to);
	free(m);
	conf_free(conf);
	return text;
}

static int delete (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level == 0 ? 0 : remove(path);
}

static void
start(const char *targets)
{
	nftw(".", delete, 16, FTW_DEPTH | FTW_PHYS);
	worked_with(targets);
}

#define ONE "+ A\n++ b\nhost = 10.0.0.1\n++ c\nhost = 10.0.0.2\n"

static void
certain(void)
{
	start(ONE);
	is_str(moves(ONE), "", "nothing changed");
	is_str(moves("+ X\n++ b\nhost = 10.0.0.1\n++ c\nhost = 10.0.0.2\n"),
	    "A.b=X.b A.c=X.c", "a group has another name");
	is_str(moves("+ A\n++ new\nhost = 10.0.0.1\n++ c\nhost = 10.0.0.2\n"),
	    "A.b=A.new", "a target has");
	is_str(moves("+ A\n++ new\nhost = 10.0.0.9\n++ c\nhost = 10.0.0.2\n"), "",
	    "another host is another target");
	is_str(
	    moves("+ A\n++ new\nprobe = DNS\nhost = 10.0.0.1\n++ c\nhost = 10.0.0.2\n"),
	    "?A.b=A.new", "another probe is asked about");
	is_str(moves(ONE "++ new\nhost = 10.0.0.1\n"), "",
	    "one more of the same host takes nothing away");
	write_text("X/b.rrd", "of its own");
	is_str(moves("+ X\n++ b\nhost = 10.0.0.1\n++ c\nhost = 10.0.0.2\n"), "A.c=X.c",
	    "what has a file is not new");
	start("+ A\nprobe = DNS\n++ b\nhost = 10.0.0.1\nlookup = b.example\n");
	is_str(moves("+ A\nprobe = DNS\n++ x\nhost = 10.0.0.1\nlookup = b.example\n"
		     "pings = 7\n"),
	    "A.b=A.x", "how it is measured may change at once");
	is_str(moves("+ A\nprobe = DNS\n++ x\nhost = 10.0.0.1\nlookup = c.example\n"),
	    "?A.b=A.x", "what is asked for may not");
	start("+ A\n++ b\nhost = 10.0.0.1\n");
	unlink("A/b.rrd");
	is_str(
	    moves("+ X\n++ b\nhost = 10.0.0.1\n"), "", "nor has what is gone left any");
	write_text("A/b~far.rrd", "a slave's");
	is_str(moves("+ X\n++ b\nhost = 10.0.0.1\n"), "A.b=X.b", "but for a slave's");
}

static void
uncertain(void)
{
	start("+ A\n++ b\nhost = 10.0.0.1\n++ c\nhost = 10.0.0.1\n");
	is_str(moves("+ X\n++ b\nhost = 10.0.0.1\n++ c\nhost = 10.0.0.1\n"),
	    "A.b=X.b A.c=X.c", "two of the same host are told by their names");
	is_str(moves("+ X\n++ d\nhost = 10.0.0.1\n"), "?A.b=X.d ?A.c=X.d",
	    "without a name in common they are asked about");
	is_str(moves("+ X\n++ b\nhost = 10.0.0.1\n++ d\nhost = 10.0.0.1\n"),
	    "A.b=X.b A.c=X.d", "the last two belong together");
	is_str(moves("+ X\n++ b\nhost = 10.0.0.1\n+ Y\n++ b\nhost = 10.0.0.1\n"),
	    "?A.b=X.b ?A.b=Y.b ?A.c=X.b ?A.c=Y.b", "two new ones of one name");
	start("+ A\n++ b\nhost = DYNAMIC\n++ c\nhost = 10.0.0.2\n");
	is_str(moves("+ X\n++ new\nhost = DYNAMIC\n++ c\nhost = 10.0.0.2\n"), "A.c=X.c",
	    "a host that tells its address itself is no identity");
}

static void
on_disk(void)
{
	struct ledger again = { 0 };
	char text[RENAMED_TEXT];

	start(ONE);
	struct ledger_entry *e = ledger_find(&ledger, "A.b");
	ledger_set_table(&ledger, e, 42);
	ok(ledger_write(&ledger) == 0 && !ledger.changed, "written");
	ledger_read(&again);
	struct ledger_entry *f = ledger_find(&again, "A.b");
	ok(f != NULL && f->what == e->what && f->host == e->host && f->table == 42 &&
		strcmp(f->words, "10.0.0.1 FPing") == 0 && HASH_COUNT(again.entry) == 2,
	    "and read again");
	ledger_free(&again);
	is_int(renamed("A.b", "X.Y.b", text), 0, "moved");
	ledger_rename(&ledger, "A.b", "X.Y.b");
	ok(access("X/Y/b.rrd", F_OK) == 0 && ledger_find(&ledger, "A.b") == NULL &&
		ledger_find(&ledger, "X.Y.b")->table == 42,
	    "with what is known of it");
	is_int(renamed("A.c", "X.Y.b", text), -1, "nothing is replaced");
	write_text(
	    LEDGER, "smokebox files 1\nnonsense\n../x 1 2 A.b\n1 2 3 A.b words\n");
	ledger_read(&again);
	ok(HASH_COUNT(again.entry) == 1 && ledger_find(&again, "A.b")->host == 2,
	    "broken lines are left out");
	ledger_free(&again);
}

/* A group of ten thousand, all of the same host, has another name. */
static void
many(void)
{
	enum {
		COUNT = 10000
	};
	struct timespec from, to;
	size_t count, good = 0;
	char *text[2], *at;

	for (unsigned k = 0; k < 2; k++) {
		at = text[k] = mem_alloc(COUNT * 40);
		at += sprintf(at, "+ G%u\n", k);
		for (unsigned i = 0; i < COUNT; i++)
			at += sprintf(at, "++ h%u\nhost = 10.0.0.1\n", i);
	}
	start(text[0]);
	struct conf *conf = configured(text[1]);
	clock_gettime(CLOCK_MONOTONIC, &from);
	struct ledger_move *m = ledger_moves(&ledger, conf, &count);
	clock_gettime(CLOCK_MONOTONIC, &to);
	for (size_t i = 0; i < count; i++)
		good += m[i].certain && strcmp(m[i].from + 3, m[i].to + 3) == 0;
	is_int((long long)good, COUNT, "ten thousand of one host by their names");
	printf("# in %.0f ms\n", (double)(to.tv_sec - from.tv_sec) * 1e3 +
				     (double)(to.tv_nsec - from.tv_nsec) / 1e6);
	free(m);
	conf_free(conf);
	free(text[0]);
	free(text[1]);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	certain();
	uncertain();
	on_disk();
	many();
	ledger_free(&ledger);
	nftw(".", delete, 16, FTW_DEPTH | FTW_PHYS);
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
