/* probectl migrate: what the configuration would do to the files of history, and doing
 * it while no daemon runs. Reads configuration and files by itself. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/ctl.h"
#include "recorder/aside.h"
#include "recorder/fit.h"
#include "recorder/identity.h"
#include "recorder/ledger.h"
#include "recorder/migrate.h"
#include "recorder/renamed.h"
#include "store.h"

static struct {
	struct conf *conf;
	struct ledger ledger;
	struct archives table;
	bool apply;
	char **pair; /* "FROM=TO" of the command line */
	int pairs;
	struct archives shown; /* the archives that were printed last */
	unsigned changes, moves, questions, failed;
	double before, after; /* bytes */
} plan;

/* --- words ----------------------------------------------------------------------- */

static void
print_span(double seconds)
{
	if (seconds >= 2 * 86400)
		printf("%.4g days", seconds / 86400);
	else if (seconds >= 2 * 3600)
		printf("%.4g hours", seconds / 3600);
	else
		printf("%.4g minutes", seconds / 60);
}

static void
print_archives(const struct store_rrd *was, unsigned step, const struct archives *want)
{
	if (archives_equal(&plan.shown, want))
		return;
	archives_copy(&plan.shown, want->rra, want->count);
	for (size_t i = 0; i < want->count; i++) {
		const struct conf_rra *a = &want->rra[i];
		printf("    %s", a->cf);
		if (i < was->rra_count) {
			const struct store_rra *b = &was->rra[i];
			printf(" %lu x %lu s, ", b->rows, b->steps * was->step);
			print_span((double)b->rows * (double)(b->steps * was->step));
		} else {
			printf(" none");
		}
		printf(" -> %u x %lu s, ", a->rows, (unsigned long)a->steps * step);
		print_span((double)a->rows * a->steps * step);
		putchar('\n');
	}
}

/* --- files that change ----------------------------------------------------------- */

static void
do_change(const char *file, const char *under, const struct conf_target *t,
    const struct archives *want)
{
	struct err err;
	struct migration *m = migrate_begin(file, under, t->step, t->pings, want, &err);

	if (m != NULL && migrate_work(m, INT64_MAX / 2, &err) == MIGRATE_DONE) {
		printf("%s\n", migrate_text(m));
		struct ledger_entry *e = ledger_find(&plan.ledger, t->path);
		if (e != NULL)
			ledger_set_table(&plan.ledger, e, archives_hash(&plan.table));
	} else {
		fprintf(stderr, "probectl: %s\n", err.text);
		plan.failed++;
	}
	migrate_free(m);
}

/* What T's configuration makes of FILE. WANT is filled when it is to be changed. */
static enum fit
judge(const char *file, const struct conf_target *t, struct store_rrd *rrd,
    struct archives *want, char *why, size_t size)
{
	const struct ledger_entry *e = ledger_find(&plan.ledger, t->path);
	bool changed =
	    e != NULL && e->table != 0 && e->table != archives_hash(&plan.table);
	struct err err;

	if (store_rrd_read(file, rrd, &err) < 0) {
		if (errno != ENOENT) {
			printf("%s\n", err.text);
			plan.failed++;
		}
		return FIT_FOREIGN;
	}
	return fit_judge(
	    file, rrd, t->step, t->pings, &plan.table, changed, want, why, size);
}

static void
plan_target(const struct conf_target *t)
{
	struct archives want = { 0 };
	struct store_rrd rrd = { 0 };
	char file[STORE_PATH], why[512];

	if (store_rrd_path(file, t->path) < 0)
		return;
	if (judge(file, t, &rrd, &want, why, sizeof why) == FIT_CHANGE) {
		off_t size = migrate_size(t->pings, &want);
		plan.changes++;
		plan.before += (double)rrd.size;
		plan.after += (double)size;
		if (plan.apply) {
			do_change(file, NULL, t, &want);
		} else {
			printf("%s: %lld bytes to %lld\n", why, (long long)rrd.size,
			    (long long)size);
			print_archives(&rrd, t->step, &want);
		}
	}
	store_rrd_free(&rrd);
	archives_free(&want);
}

static void
plan_changes(void)
{
	for (size_t i = 0; i < plan.conf->target_count; i++)
		if (identity_has_file(plan.conf->target[i]))
			plan_target(plan.conf->target[i]);
	if (plan.changes == 0 || plan.apply)
		return;
	printf(
	    "%u files to be carried over: %.1f MiB to %.1f MiB, and the old ones are "
	    "kept below " STORE_ASIDE "\n",
	    plan.changes, plan.before / 1048576, plan.after / 1048576);
	struct err err;
	if (migrate_room(".", (off_t)plan.after, &err) < 0)
		printf("together they do not fit: %s\n", err.text);
}

/* --- files that move ------------------------------------------------------------- */

static void
do_move(const char *from, const char *to)
{
	char text[RENAMED_TEXT];

	if (renamed(from, to, text) < 0) {
		fprintf(stderr, "probectl: %s\n", text);
		plan.failed++;
		return;
	}
	printf("%s\n", text);
	ledger_rename(&plan.ledger, from, to);
}

/* Files that the ledger knows and no target has, though one of the same host may have
 * begun a file of its own meanwhile. */
static void
ask_about_gone(const struct ledger_entry *e)
{
	unsigned named = 0;

	for (size_t i = 0; i < plan.conf->target_count && named < 8; i++) {
		const struct conf_target *t = plan.conf->target[i];
		if (!identity_has_file(t) || identity_host(t) != e->host)
			continue;
		printf("%s was %s, as is %s; if that is to have its history: "
		       "probectl migrate --apply %s=%s\n",
		    e->path, e->words, t->path, e->path, t->path);
		plan.questions++;
		named++;
	}
	if (named == 0)
		printf("%s (%s) has history, and is no target any more\n", e->path,
		    e->words);
}

static void
plan_gone(const struct ledger_move *move, size_t count)
{
	for (const struct ledger_entry *e = plan.ledger.entry; e != NULL;
	     e = e->hh.next) {
		const struct conf_target *t = conf_target_by_path(plan.conf, e->path);
		char file[STORE_PATH];
		bool told = t != NULL && identity_has_file(t);
		for (size_t i = 0; i < count && !told; i++)
			told = strcmp(move[i].from, e->path) == 0;
		if (!told && store_rrd_path(file, e->path) == 0 &&
		    access(file, F_OK) == 0)
			ask_about_gone(e);
	}
}

static void
plan_moves(void)
{
	size_t count;
	struct ledger_move *move = ledger_moves(&plan.ledger, plan.conf, &count);

	for (size_t i = 0; i < count; i++) {
		const struct ledger_entry *e = ledger_find(&plan.ledger, move[i].from);
		if (move[i].certain && plan.apply) {
			do_move(move[i].from, move[i].to);
		} else if (move[i].certain) {
			printf("%s goes on as %s: the same host, probe and parameters "
			       "(%s)\n",
			    move[i].from, move[i].to, e->words);
			plan.moves++;
		} else {
			printf("%s may go on as %s: the same host (it was %s); if so: "
			       "probectl migrate --apply %s=%s\n",
			    move[i].from, move[i].to, e->words, move[i].from,
			    move[i].to);
			plan.questions++;
		}
	}
	if (!plan.apply)
		plan_gone(move, count);
	free(move);
}

/* The target that DATADIR's FILE is called after, "A/B.rrd"; the caller frees. NULL
 * when it can be none's, or a slave's. */
static char *
path_of(const char *file)
{
	size_t len = strlen(file);
	char again[STORE_PATH], *path;

	if (len < sizeof ".rrd" || strcmp(file + len - 4, ".rrd") != 0 ||
	    strchr(file, '~') != NULL)
		return NULL;
	path = mem_strn(file, len - 4);
	for (char *p = path; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	if (store_rrd_path(again, path) == 0 && strcmp(again, file) == 0)
		return path;
	free(path);
	return NULL;
}

/* Which targets without history could be that one? Those of the same name. */
static void
ask_about(const char *path)
{
	const char *dot = strrchr(path, '.'), *name = dot == NULL ? path : dot + 1;
	unsigned named = 0;

	for (size_t i = 0; i < plan.conf->target_count && named < 8; i++) {
		const struct conf_target *t = plan.conf->target[i];
		char file[STORE_PATH];
		if (!identity_has_file(t) || strcmp(t->name, name) != 0 ||
		    store_rrd_path(file, t->path) < 0 || access(file, F_OK) == 0)
			continue;
		printf("%s may go on as %s: the same name; if so: "
		       "probectl migrate --apply %s=%s\n",
		    path, t->path, path, t->path);
		plan.questions++;
		named++;
	}
	if (named == 0)
		printf("%s has history, and is no target any more\n", path);
}

static int
on_file(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	const char *file = strncmp(name, "./", 2) == 0 ? name + 2 : name;

	(void)st;
	if (type == FTW_D && ftw->level == 1 && (file[0] == '.' || file[0] == '_'))
		return FTW_SKIP_SUBTREE;
	if (type != FTW_F)
		return FTW_CONTINUE;
	char *path = path_of(file);
	if (path != NULL && ledger_find(&plan.ledger, path) == NULL) {
		const struct conf_target *t = conf_target_by_path(plan.conf, path);
		if (t == NULL || !identity_has_file(t))
			ask_about(path);
	}
	free(path);
	return FTW_CONTINUE;
}

/* "FROM=TO": history of the one goes on as the other, below what that has by now. */
static void
do_pair(char *pair)
{
	char *equal = strchr(pair, '='), from_file[STORE_PATH], to_file[STORE_PATH];
	const char *from = pair, *to = equal + 1;
	const struct conf_target *t;
	struct archives want = { 0 };
	struct store_rrd rrd = { 0 };
	char why[512], kept[STORE_PATH + 64];

	*equal = '\0';
	t = conf_target_by_path(plan.conf, to);
	if (t == NULL || !identity_has_file(t) || store_rrd_path(to_file, to) < 0 ||
	    store_rrd_path(from_file, from) < 0) {
		fprintf(stderr,
		    "probectl: %s=%s: expected a file's old path and a measured target, "
		    "such as Old.Name=New.Name\n",
		    from, to);
		plan.failed++;
		return;
	}
	if (access(to_file, F_OK) != 0) {
		do_move(from, to);
		return;
	}
	enum fit fit = judge(to_file, t, &rrd, &want, why, sizeof why);
	if (fit == FIT_GOOD || fit == FIT_SIZES)
		fit_same(&want, &rrd);
	if (want.count != 0) {
		unsigned failed = plan.failed;
		do_change(to_file, from_file, t, &want);
		if (plan.failed == failed &&
		    aside_move(from_file, kept, sizeof kept) == 0)
			printf("%s: is kept as %s\n", from_file, kept);
	} else {
		fprintf(stderr, "probectl: %s: %s\n", to_file, why);
		plan.failed++;
	}
	store_rrd_free(&rrd);
	archives_free(&want);
}

/* --- one writer ------------------------------------------------------------------ */

/* Be who owns the data directory, so that what is made belongs to it, and hold its lock
 * until the end: 0. 1 when a daemon holds it, -1 after having complained. */
static int
become_writer(const char *data)
{
	struct stat st;
	int fd;

	if (stat(".", &st) == 0 && geteuid() == 0 && st.st_uid != 0 &&
	    (setgroups(0, NULL) != 0 || setgid(st.st_gid) != 0 ||
		setuid(st.st_uid) != 0)) {
		fprintf(stderr, "probectl: cannot become uid %u, the owner of %s: %s\n",
		    (unsigned)st.st_uid, data, strerror(errno));
		return -1;
	}
	umask(022);
	if ((mkdir(STORE_DIR, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(STORE_STATE, 0755) < 0 && errno != EEXIST)) {
		fprintf(stderr, "probectl: %s/" STORE_STATE ": %s\n", data,
		    strerror(errno));
		return -1;
	}
	fd = open(STORE_DIR "/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (fd < 0) {
		fprintf(stderr, "probectl: %s/" STORE_DIR "/lock: %s\n", data,
		    strerror(errno));
		return -1;
	}
	close(fd);
	return 1;
}

/* "FROM=TO" by the daemon that works here. */
static void
ask_for_pair(char *pair)
{
	const struct ctl here = { .data = "." };
	char *equal = strchr(pair, '='), file[STORE_PATH], *path, *body = NULL;
	struct err err;

	*equal = '\0';
	if (store_rrd_path(file, pair) < 0 || store_rrd_path(file, equal + 1) < 0) {
		fprintf(stderr, "probectl: %s=%s: expected paths such as Group.Host\n",
		    pair, equal + 1);
		plan.failed++;
		return;
	}
	path = mem_printf("/api/v1/merge?from=%s&target=%s", pair, equal + 1);
	int status = ctl_post(&here, path, &body, &err);
	if (status == 200)
		printf("%s: asked the running probed for it; its messages, and "
		       "'probectl status', tell what becomes of it\n",
		    equal + 1);
	else
		fprintf(stderr, "probectl: the daemon answers %s with %d %s\n", path,
		    status, status < 0 ? err.text : body);
	plan.failed += status != 200;
	free(body);
	free(path);
}

/* --- all ------------------------------------------------------------------------- */

static int
usage(void)
{
	fputs(
	    "usage: probectl [--config PATH] [--data DIR] migrate [--apply [FROM=TO...]]\n",
	    stderr);
	return CTL_USAGE;
}

static int
read_options(int argc, char **argv)
{
	static const struct option longs[] = { { "apply", no_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'a')
			return usage();
		plan.apply = true;
	}
	plan.pair = argv + optind;
	plan.pairs = argc - optind;
	for (int i = 0; i < plan.pairs; i++)
		if (!plan.apply || strchr(plan.pair[i], '=') == NULL)
			return usage();
	return 0;
}

static struct conf *
load(const struct ctl *ctl)
{
	static const char *const places[] = { SYSCONFDIR "/smokebox/config",
		"run/config", "/config" };
	const char *path = ctl->config;
	struct conf_report report = { 0 };
	struct conf *conf;

	for (size_t i = 0; path == NULL && i < sizeof places / sizeof places[0]; i++)
		if (access(places[i], F_OK) == 0)
			path = places[i];
	if (path == NULL) {
		fputs("probectl: no configuration is found, expected --config PATH\n",
		    stderr);
		return NULL;
	}
	conf = conf_load(path, &report);
	if (conf == NULL) {
		conf_report_print(&report, stderr);
		fprintf(stderr, "probectl: %s cannot be used\n", path);
	}
	conf_report_free(&report);
	return conf;
}

static void
make_plan(void)
{
	plan_moves();
	plan_changes();
	if (!plan.apply)
		nftw(".", on_file, 16, FTW_PHYS | FTW_ACTIONRETVAL);
	if (!plan.apply && plan.changes + plan.moves + plan.questions == 0)
		puts("every file of history fits the configuration");
}

int
ctl_migrate(const struct ctl *ctl, int argc, char **argv)
{
	const char *data;
	int status = read_options(argc, argv);

	if (status != 0)
		return status;
	plan.conf = load(ctl);
	if (plan.conf == NULL)
		return CTL_FAILED;
	data = ctl->data != NULL ? ctl->data : plan.conf->datadir;
	if (chdir(data) < 0) {
		fprintf(stderr, "probectl: %s: %s\n", data, strerror(errno));
		return CTL_FAILED;
	}
	int writer = plan.apply ? become_writer(data) : 0;
	if (writer == 1 && plan.pairs == 0)
		fprintf(stderr,
		    "probectl: a probed works on %s and is its only writer: it carries "
		    "files over by itself, each with its next round, and moves them when "
		    "it takes a configuration over\n",
		    data);
	if (writer < 0 || (writer == 1 && plan.pairs == 0))
		return CTL_FAILED;
	ledger_read(&plan.ledger);
	archives_take(&plan.table, plan.conf);
	for (int i = 0; i < plan.pairs; i++)
		writer == 1 ? ask_for_pair(plan.pair[i]) : do_pair(plan.pair[i]);
	if (plan.pairs == 0)
		make_plan();
	if (plan.apply && plan.ledger.changed && ledger_write(&plan.ledger) < 0)
		log_warn("%s", LEDGER);
	ledger_free(&plan.ledger);
	archives_free(&plan.table);
	archives_free(&plan.shown);
	conf_free(plan.conf);
	return plan.failed != 0 ? CTL_FAILED : 0;
}
