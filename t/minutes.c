/* The ring of minutes: written, read, torn, damaged, summed up, bounded, forgotten in;
 * and what a sum over many minutes says of its own errors. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "minutering.h"
#include "recorder/minutes.h"
#include "t/tap.h"
#include "toplist.h"

#define H0 1700002800LL /* an hour */
#define DAY 86400

static void
bail(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

static char dir[] = "/tmp/smokebox-minutes-XXXXXX";
static char troubles[8][512];
static unsigned trouble_count;

static void
trouble(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(troubles[trouble_count++ % 8], sizeof troubles[0], "%s", text);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
empty_dir(void)
{
	nftw(STORE_DIR, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	trouble_count = 0;
}

/* --- traffic that is made up ------------------------------------------------------ */

static struct minute_key
host(unsigned n)
{
	struct minute_key key = { .a = {
				      4, { 10, 0, (uint8_t)(n >> 8), (uint8_t)n } } };

	return key;
}

static struct minute_row
make_row(struct minute_key key, uint64_t octets)
{
	struct minute_row row = { .key = key };

	row.sum.octets[MINUTE_IN] = octets;
	row.sum.octets[MINUTE_OUT] = octets / 10;
	row.sum.packets[MINUTE_IN] = octets / 1000 + 1;
	row.sum.flows = 3;
	row.sum.octets_var = (double)octets;
	return row;
}

static void
take(struct minutes *m, int64_t begin, enum minute_by by, const struct minute_row *row,
    unsigned rows, uint64_t rest)
{
	struct minute_part part = { .begin_s = begin,
		.final = true,
		.by = by,
		.parts = 1,
		.rows = (uint16_t)rows };

	part.rest.octets[MINUTE_IN] = rest;
	part.rest_rows = rest != 0;
	minutes_take(m, &part, row, begin + 60);
}

/* A minute: a total, two hosts, a flow. */
static void
take_minute(struct minutes *m, int64_t begin, uint64_t octets)
{
	struct minute_row total = make_row((struct minute_key){ 0 }, octets * 3),
			  hosts[] = { make_row(host(1), octets * 2),
				  make_row(host(2), octets) };
	struct minute_row flow = make_row(host(1), octets);

	flow.key.b = (struct flow_ip){ 4, { 192, 0, 2, 7 } };
	flow.key.proto = 6;
	flow.key.dport = 443;
	take(m, begin, MINUTE_TOTAL, &total, 1, 0);
	take(m, begin, MINUTE_HOST, hosts, 2, 0);
	take(m, begin, MINUTE_FLOW, &flow, 1, octets * 2);
}

struct seen {
	uint64_t forgotten, unlisted;
	unsigned tables, sums, rows;
	uint64_t octets; /* into the network */
	uint64_t of_one; /* of host 1 */
};

static int
see(void *ctx, const struct minutetable *t)
{
	struct seen *s = ctx;
	struct minute_key one = host(1);

	s->tables++;
	s->sums += t->minutes != 0;
	s->rows += (unsigned)t->rows;
	for (size_t i = 0; i < t->rows; i++) {
		s->octets += t->row[i].sum.octets[MINUTE_IN];
		if (memcmp(&t->row[i].key, &one, sizeof one) == 0)
			s->of_one += t->row[i].sum.octets[MINUTE_IN];
	}
	s->octets += t->rest.octets[MINUTE_IN];
	s->forgotten += t->forgotten;
	s->unlisted += t->unlisted;
	return 0;
}

static struct minutering_damage damage;

static struct seen
look(enum minute_by by, int64_t start, int64_t end, bool fine)
{
	struct seen s = { 0 };

	minutering_read(1U << by, start, end, fine, see, &s, &damage);
	return s;
}

static uint64_t
size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void
work(struct minutes *m, int64_t now)
{
	while (minutes_work(m, now))
		;
}

#define FIRST STORE_FLOWS "/1700002800.minutes"
#define FIRST_SUM STORE_FLOWS "/1700002800.hour"

/* --- written and read ------------------------------------------------------------- */

static void
ring(void)
{
	struct err err;
	struct stat st;
	struct minutes *m = minutes_open(trouble, NULL);

	is_int(minutes_flush(m, &err), 0, "nothing to write is no fault");
	for (int k = 0; k < 60; k++)
		take_minute(m, H0 + k * 60, 1000);
	is_int(minutes_flush(m, &err), 0, "an hour is written");
	struct seen s = look(MINUTE_HOST, H0, H0 + 3600, false);
	is_int(s.tables, 60, "its minutes are read");
	is_int((long long)s.octets, 60 * 3000, "all octets are there");
	s = look(MINUTE_FLOW, H0 + 600, H0 + 1200, false);
	is_int(s.tables, 10, "of ten minutes ten are read");
	is_int((long long)s.octets, 10 * 3000, "with what the rows do not tell");
	is_int(look(MINUTE_AS, H0, H0 + 3600, false).tables, 0,
	    "another table is not there");
	ok(stat(FIRST, &st) == 0 && (st.st_mode & 07777) == 0600,
	    "only the owner reads the file");
	ok(stat(STORE_FLOWS, &st) == 0 && (st.st_mode & 07777) == 0700,
	    "nor the directory");

	struct minute_part part = {
		.begin_s = H0 + 3600, .by = MINUTE_HOST, .parts = 1
	};
	minutes_take(m, &part, NULL, H0 + 3600);
	minutes_flush(m, &err);
	is_int(look(MINUTE_HOST, H0 + 3600, H0 + 7200, false).tables, 0,
	    "what is not final is not kept");
	minutes_close(m);

	m = minutes_open(trouble, NULL);
	take_minute(m, H0 + 59 * 60, 500);
	minutes_flush(m, &err);
	s = look(MINUTE_HOST, H0, H0 + 3600, false);
	is_int((long long)s.octets, 60 * 3000 + 1500,
	    "a minute told in two halves is both");
	is_int(trouble_count, 0, "nothing is the matter");
	minutes_close(m);
	empty_dir();
}

static void
parts(void)
{
	struct minuteparts p = { 0 };
	static struct minute_row row[300];
	struct minute_part part = {
		.begin_s = H0, .final = true, .by = MINUTE_HOST, .parts = 3, .rows = 100
	};

	for (unsigned i = 0; i < 300; i++)
		row[i] = make_row(host(i), 1000 - i);
	part.rest.octets[MINUTE_IN] = 5000;
	part.rest_rows = 9;
	for (part.part = 0; part.part < 3; part.part++)
		ok(minuteparts_take(&p, &part, row + 100 * part.part) ==
			(part.part == 2),
		    "part %u", part.part);
	is_int((long long)p.table.rows, 300, "three parts are a table");
	uint64_t all = 5000;
	for (unsigned i = 0; i < 300; i++)
		all += minute_octets(&row[i].sum);
	is_int((long long)p.table.unlisted, 701 + 70 + (long long)(all / 1024),
	    "who is not listed had no more than the least who is");
	part.part = 0;
	minuteparts_take(&p, &part, row);
	part.part = 2;
	ok(!minuteparts_take(&p, &part, row), "without its second part it is none");
	is_int((long long)p.torn, 1, "and is counted");
	part.part = 1;
	ok(!minuteparts_take(&p, &part, row), "nor does a part alone make one");
	part.part = 0;
	part.parts = 1;
	part.rest.octets[MINUTE_IN] = 50;
	ok(minuteparts_take(&p, &part, row) && p.table.unlisted == 50,
	    "nor more than all others had");
	/* The greatest was taken out. */
	part.rest.octets[MINUTE_IN] = 5050;
	part.forgotten = 5000;
	ok(minuteparts_take(&p, &part, row) && p.table.unlisted == 50 &&
		p.table.forgotten == 5000,
	    "what is forgotten is nobody else's");
	minuteparts_free(&p);
}

/* --- killed while writing --------------------------------------------------------- */

static void
torn(void)
{
	struct err err;
	struct minutes *m = minutes_open(trouble, NULL);
	int wrong = 0, lost = 0;

	take_minute(m, H0, 1000);
	minutes_flush(m, &err);
	uint64_t whole = size_of(FIRST);
	take_minute(m, H0 + 60, 1000);
	minutes_flush(m, &err);
	minutes_close(m);
	uint64_t all = size_of(FIRST);
	int fd = open(FIRST, O_RDONLY);
	uint8_t *saved = mem_alloc(all);
	ok(all > whole && read(fd, saved, all) == (ssize_t)all, "two minutes");
	close(fd);
	/* Cut anywhere in the second: the first is there, and the next goes on behind
	 * it. */
	for (uint64_t cut = whole; cut < all; cut++) {
		empty_dir();
		mkdir(STORE_DIR, 0755);
		mkdir(STORE_FLOWS, 0700);
		fd = open(FIRST, O_WRONLY | O_CREAT, 0600);
		if (write(fd, saved, cut) != (ssize_t)cut)
			bail("cannot write");
		close(fd);
		wrong += look(MINUTE_TOTAL, H0, H0 + 3600, false).octets < 3000;
		m = minutes_open(trouble, NULL);
		take_minute(m, H0 + 120, 7);
		minutes_flush(m, &err);
		minutes_close(m);
		wrong += damage.count > 1;
		struct seen s = look(MINUTE_FLOW, H0, H0 + 3600, false);
		lost += s.octets != 3000 + 21 && s.octets != 6000 + 21;
		wrong += damage.count != 0;
	}
	is_int(wrong, 0,
	    "cut at any byte, what is before is read, and the rest is cut off");
	is_int(lost, 0, "what comes later is read, too");
	free(saved);
	empty_dir();
}

static void
flip(const char *name, uint64_t at)
{
	int fd = open(name, O_RDWR);
	uint8_t byte = 0;

	if (pread(fd, &byte, 1, (off_t)at) != 1)
		bail("cannot read a byte");
	byte ^= 0x40;
	if (pwrite(fd, &byte, 1, (off_t)at) != 1)
		bail("cannot write a byte");
	close(fd);
}

static void
damaged(void)
{
	struct err err;
	struct minutes *m = minutes_open(trouble, NULL);

	for (int k = 0; k < 3; k++)
		take_minute(m, H0 + k * 60, 1000);
	minutes_flush(m, &err);
	minutes_close(m);
	uint64_t all = size_of(FIRST);
	int crashed = 0, silent = 0;
	for (uint64_t at = 0; at < all; at++) {
		uint64_t octets = 0;
		flip(FIRST, at);
		unsigned count = 0;
		for (unsigned by = 0; by < MINUTE_BYS; by++) {
			octets += look((enum minute_by)by, H0, H0 + 3600, false).octets;
			count += damage.count;
		}
		/* Behind a broken length nothing is found: the tables are fewer. */
		count += octets < 3 * 3 * 3000;
		crashed += octets > 3 * 3 * 3000;
		silent += count == 0;
		flip(FIRST, at);
	}
	is_int(crashed, 0, "a wrong bit anywhere makes nothing up");
	is_int(silent, 0, "and is noticed");
	/* In the rows of the second minute's hosts. */
	struct seen s = look(MINUTE_HOST, H0, H0 + 3600, false);
	is_int(s.tables, 3, "mended, it is whole again");
	flip(FIRST, all / 2);
	uint64_t before = size_of(FIRST);
	m = minutes_open(trouble, NULL);
	take_minute(m, H0 + 180, 1000);
	minutes_flush(m, &err);
	ok(size_of(FIRST) > before, "behind a damaged record the file goes on");
	ok(trouble_count == 1 && strstr(troubles[0], FIRST) != NULL &&
		strstr(troubles[0], "left out") != NULL,
	    "which is named: %s", troubles[0]);
	s = look(MINUTE_TOTAL, H0, H0 + 3600, false);
	ok(s.tables >= 3, "the other records are read (%u)", s.tables);
	minutes_close(m);

	/* A file that is none of ours. */
	empty_dir();
	mkdir(STORE_DIR, 0755);
	mkdir(STORE_FLOWS, 0700);
	int fd = open(FIRST, O_WRONLY | O_CREAT, 0600);
	ok(write(fd, "nonsense", 8) == 8, "another file");
	close(fd);
	s = look(MINUTE_TOTAL, H0, H0 + 3600, false);
	ok(s.tables == 0 && damage.count == 1 && strstr(damage.what, FIRST) != NULL,
	    "is left out and named: %s", damage.what);
	empty_dir();
}

/* --- hours ------------------------------------------------------------------------ */

static void
hours(void)
{
	struct err err;
	struct minutes *m = minutes_open(trouble, NULL);

	for (int k = 0; k < 120; k++)
		take_minute(m, H0 + k * 60, 1000 + (uint64_t)k);
	minutes_flush(m, &err);
	work(m, H0 + 3600 + 500);
	is_int(
	    (long long)size_of(FIRST_SUM), 0, "an hour that was over just now waits");
	uint64_t by_minutes = look(MINUTE_HOST, H0, H0 + 7200, false).octets;
	work(m, H0 + 2 * 3600 + 700);
	struct seen s = look(MINUTE_HOST, H0, H0 + 7200, false);
	is_int(s.sums, 2, "then it is summed up");
	is_int((long long)s.octets, (long long)by_minutes, "to the same octets");
	is_int(s.rows, 4, "in fewer rows");
	s = look(MINUTE_HOST, H0 + 60, H0 + 7200, false);
	ok(s.tables == 60 && s.sums == 1, "part of an hour is still minutes");
	s = look(MINUTE_HOST, H0, H0 + 7200, true);
	ok(s.tables == 120 && s.sums == 0, "and so is what is to be fine");
	take_minute(m, H0 + 600, 5);
	minutes_flush(m, &err);
	s = look(MINUTE_HOST, H0, H0 + 7200, false);
	is_int((long long)s.octets, (long long)by_minutes + 15,
	    "a late minute counts at once");
	is_int(s.sums, 1, "its hour is not summed up any more");
	work(m, H0 + 2 * 3600 + 740);
	s = look(MINUTE_HOST, H0, H0 + 7200, false);
	ok(s.sums == 2 && s.octets == by_minutes + 15, "but soon again");
	flip(FIRST_SUM, 100);
	for (unsigned by = 0; by < MINUTE_BYS; by++)
		look((enum minute_by)by, H0, H0 + 3600, false);
	s = look(MINUTE_TOTAL, H0, H0 + 3600, false);
	is_int(s.tables + look(MINUTE_HOST, H0, H0 + 3600, false).tables, 61 + 1,
	    "a damaged sum is made good by its minutes");
	minutes_close(m);
	is_int((long long)size_of(STORE_FLOWS "/1700002800.new"), 0,
	    "nothing is half made");
	empty_dir();
}

/* --- bounds ----------------------------------------------------------------------- */

static size_t
hours_kept(unsigned kind)
{
	size_t count, n = 0;
	struct minutering_hour *list = minutering_list(&count);

	for (size_t i = 0; i < count; i++)
		n += list[i].bytes[kind] != 0;
	free(list);
	return n;
}

static uint64_t
all_bytes(void)
{
	size_t count;
	uint64_t n = 0;
	struct minutering_hour *list = minutering_list(&count);

	for (size_t i = 0; i < count; i++)
		n += list[i].bytes[0] + list[i].bytes[1];
	free(list);
	return n;
}

static void
bounds(void)
{
	struct err err;
	struct minutes *m = minutes_open(trouble, NULL);
	int64_t now = H0 + 20 * 3600;

	for (int h = 0; h < 20; h++)
		for (int k = 0; k < 60; k += 5)
			take_minute(m, H0 + h * 3600 + k * 60, 1000);
	minutes_flush(m, &err);
	work(m, now);
	is_int((long long)hours_kept(0), 20, "seven days keep twenty hours");
	is_int((long long)hours_kept(1), 19, "all but the last are summed up");
	uint64_t bytes = all_bytes();
	minutes_limit(m, 7 * DAY, bytes - 1);
	work(m, now + 60);
	is_int(
	    (long long)hours_kept(0), 19, "too large by a byte: the oldest minutes go");
	is_int((long long)hours_kept(1), 19, "their sum stays");
	struct seen s = look(MINUTE_HOST, H0 + 600, H0 + 1200, false);
	ok(s.sums == 1 && s.octets == 12 * 3000,
	    "and answers for a part of the hour, as a whole");
	minutes_limit(m, 7 * DAY, 1);
	work(m, now + 120);
	is_int((long long)(hours_kept(0) + hours_kept(1)), 1,
	    "the newest hour stays always");
	take_minute(m, H0 + 30 * 3600, 1000);
	minutes_flush(m, &err);
	minutes_limit(m, 3600, 1 << 20);
	work(m, H0 + 30 * 3600 + 60);
	is_int((long long)hours_kept(0), 1, "what is older than keep_talkers goes");
	is_int((long long)look(MINUTE_HOST, H0, H0 + 40 * 3600, false).octets, 3000,
	    "what is younger is there");
	minutes_close(m);
	empty_dir();

	/* A disk that takes nothing: kept for a while, then counted. */
	fclose(fopen(STORE_DIR, "w"));
	m = minutes_open(trouble, NULL);
	take_minute(m, H0, 1000);
	ok(minutes_flush(m, &err) == -1, "no directory: %s", err.text);
	remove(STORE_DIR);
	is_int(minutes_flush(m, &err), 0, "later there is one");
	is_int((long long)look(MINUTE_HOST, H0, H0 + 3600, false).octets, 3000,
	    "and nothing is lost");
	nftw(STORE_DIR, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	take_minute(m, H0 + 60, 1000);
	minutes_flush(m, &err);
	is_int((long long)look(MINUTE_HOST, H0, H0 + 3600, false).octets, 3000,
	    "deleted behind its back, it begins anew");
	minutes_close(m);
	empty_dir();
}

/* --- forgetting ------------------------------------------------------------------- */

static uint64_t forgotten_rows;
static char forgotten_text[512];
static unsigned forgotten_count;

static void
forgotten(void *ctx, uint64_t rows, const char *text)
{
	(void)ctx;
	forgotten_count++;
	forgotten_rows = rows;
	snprintf(forgotten_text, sizeof forgotten_text, "%s", text != NULL ? text : "");
}

/* Does any file have these bytes, packed or not? */
static bool
anywhere(const uint8_t *bytes, size_t len)
{
	struct minutering_damage d = { 0 };
	size_t count;
	bool found = false;
	struct minutering_hour *list = minutering_list(&count);

	for (size_t i = 0; i < count * 2; i++) {
		struct minutering_file *f = minutering_open(
		    (enum minutering_kind)(i % 2), list[i / 2].hour, &d, NULL);
		struct minutetable t;
		while (f != NULL && minutering_next(f, &t)) {
			if (!minutering_rows(f, &t))
				continue;
			for (size_t k = 0; k < t.rows; k++)
				found |= memmem(&t.row[k].key, sizeof t.row[k].key,
					     bytes, len) != NULL;
			minutetable_free(&t);
		}
		minutering_close(f);
	}
	free(list);
	return found;
}

static void
forgetting(void)
{
	static const uint8_t one[] = { 10, 0, 0, 1 }, two[] = { 10, 0, 0, 2 };
	struct err err;
	struct prefix p;
	struct stat st;
	struct minutes *m = minutes_open(trouble, NULL);

	for (int k = 0; k < 120; k++)
		take_minute(m, H0 + k * 60, 1000);
	minutes_flush(m, &err);
	work(m, H0 + 3600 + 700);
	struct seen before = look(MINUTE_HOST, H0, H0 + 7200, true);
	ok(anywhere(one, 4), "an address is there");
	take_minute(m, H0 + 7200, 1000); /* waits to be written */
	prefix_parse(&p, "10.0.0.1", &err);
	ok(minutes_forget(m, &p, forgotten, NULL), "it is to be forgotten");
	ok(!minutes_forget(m, &p, forgotten, NULL), "one at a time");
	work(m, H0 + 3600 + 700);
	is_int(forgotten_count, 1, "told once");
	is_str(forgotten_text, "", "it went well");
	is_int((long long)forgotten_rows, 121 * 2 + 2,
	    "rows of minutes, among hosts and flows, and of an hour");
	ok(!anywhere(one, 4), "it is nowhere any more");
	ok(anywhere(two, 4), "the other one is");
	struct seen after = look(MINUTE_HOST, H0, H0 + 7200, true);
	ok(after.octets == before.octets && after.of_one == 0,
	    "what it had counts as that of others");
	ok(before.forgotten == 0 && after.forgotten == before.of_one / 10 * 11 &&
		after.unlisted == before.unlisted,
	    "and apart, so that nobody else can have had it");
	ok(stat(FIRST, &st) == 0 && (st.st_mode & 07777) == 0600,
	    "still only the owner reads");
	take_minute(m, H0 + 7260, 1000);
	is_int(minutes_flush(m, &err), 0, "writing goes on");
	is_int((long long)look(MINUTE_HOST, H0 + 7200, H0 + 7320, false).tables, 2,
	    "in the new file");
	prefix_parse(&p, "192.0.2.0/24", &err);
	minutes_forget(m, &p, forgotten, NULL);
	work(m, H0 + 3600 + 700);
	is_int((long long)forgotten_rows, 1, "a prefix is forgotten as well");
	prefix_parse(&p, "203.0.113.9", &err);
	minutes_forget(m, &p, forgotten, NULL);
	work(m, H0 + 3600 + 700);
	is_int((long long)forgotten_rows, 0, "of whom nothing is known, nothing goes");
	/* Damage may hide it. */
	flip(FIRST, size_of(FIRST) - 3);
	prefix_parse(&p, "203.0.113.9", &err);
	minutes_forget(m, &p, forgotten, NULL);
	work(m, H0 + 3600 + 700);
	look(MINUTE_FLOW, H0, H0 + 3600, true);
	is_int((long long)damage.count, 0, "what cannot be read goes with it");
	minutes_close(m);
	empty_dir();
}

/* --- how wrong can a sum be? ------------------------------------------------------ */

#define KEYS 400
#define LISTED 40

static int
greater(const void *a, const void *b)
{
	const struct minute_row *x = a, *y = b;
	uint64_t p = minute_octets(&x->sum), q = minute_octets(&y->sum);

	return p < q ? 1 : p > q ? -1 : 0;
}

/* A minute of which only the greatest rows are listed, some with too many octets. */
static void
truncated(struct toplist *l, uint64_t truth[KEYS], unsigned seed, struct toplist *hour)
{
	static struct minute_row row[KEYS];
	struct minuteparts p = { 0 };
	struct minute_part part = { .begin_s = H0,
		.final = true,
		.by = MINUTE_HOST,
		.parts = 1,
		.rows = LISTED };
	unsigned state = seed * 2654435761U + 1;

	for (unsigned k = 0; k < KEYS; k++) {
		state = state * 1664525 + 1013904223;
		uint64_t octets =
		    state >> 16 & 1 ? 0 : (state >> 8) % (100000 / (k + 1) + 10);
		memset(&row[k], 0, sizeof row[k]);
		row[k].key = host(k);
		row[k].sum.octets[MINUTE_OUT] = octets;
		truth[k] += octets;
	}
	qsort(row, KEYS, sizeof row[0], greater);
	for (unsigned k = LISTED; k < KEYS; k++) {
		minute_add(&part.rest, &row[k].sum);
		part.rest_rows += row[k].sum.octets[MINUTE_OUT] != 0;
	}
	/* Of the last two something was forgotten, as much as a table of 2048 rows may.
	 */
	uint64_t all = minute_octets(&part.rest);
	for (unsigned k = 0; k < LISTED; k++)
		all += minute_octets(&row[k].sum);
	for (unsigned k = LISTED - 2; k < LISTED; k++) {
		uint64_t less = all / 1024;
		if (less > row[k].sum.octets[MINUTE_OUT])
			less = row[k].sum.octets[MINUTE_OUT];
		row[k].sum.octets[MINUTE_OUT] -= less;
		row[k].octets_error = less;
		part.rest.octets[MINUTE_OUT] += less;
	}
	minuteparts_take(&p, &part, row);
	toplist_add(l, &p.table);
	if (hour != NULL)
		toplist_add(hour, &p.table);
	minuteparts_free(&p);
}

static unsigned
outside(const struct toplist_row *top, size_t n, const uint64_t truth[KEYS],
    uint64_t unlisted, unsigned *high)
{
	unsigned wrong = 0;
	bool listed[KEYS] = { false };

	*high = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned k = top[i].key.a.bytes[2] * 256U + top[i].key.a.bytes[3];
		uint64_t octets = minute_octets(&top[i].sum);
		listed[k] = true;
		wrong += truth[k] < octets || truth[k] > octets + top[i].missing;
		*high += top[i].missing > 0;
	}
	for (unsigned k = 0; k < KEYS; k++)
		wrong += !listed[k] && truth[k] > unlisted;
	return wrong;
}

static void
errors(void)
{
	uint64_t truth[KEYS] = { 0 }, sum = 0, all = 0, unlisted, keys;
	struct toplist *l = toplist_new(MINUTE_HOST),
		       *by_hours = toplist_new(MINUTE_HOST), *hour = NULL;
	struct minute_sum rest;
	size_t n;
	unsigned known;

	for (unsigned minute = 0; minute < 600; minute++) {
		if (minute % 60 == 0)
			hour = toplist_new(MINUTE_HOST);
		truncated(l, truth, minute, hour);
		if (minute % 60 < 59)
			continue;
		struct minutetable t = toplist_hour(
		    hour, MINUTE_HOST, H0 + minute / 60 * 3600, (1ULL << 60) - 1, 30);
		size_t len;
		uint8_t *bytes = minutetable_write(&t, &len);
		struct minutetable again;
		if (minutetable_read(bytes, len, &again) != 0)
			bail("an hour is not read");
		toplist_add(by_hours, &again);
		minutetable_free(&again);
		minutetable_free(&t);
		free(bytes);
		toplist_free(hour);
	}
	struct toplist_row *top = toplist_top(l, 20, &n, &rest, &keys, &unlisted);
	is_int((long long)n, 20, "the greatest twenty of ten hours");
	is_int(outside(top, n, truth, unlisted, &known), 0,
	    "the truth lies within what they say of their errors");
	ok(top[0].missing < minute_octets(&top[0].sum) / 10,
	    "which is not much for the first (%llu of %llu)",
	    (unsigned long long)top[0].missing,
	    (unsigned long long)minute_octets(&top[0].sum));
	for (unsigned k = 0; k < KEYS; k++)
		all += truth[k];
	for (size_t i = 0; i < n; i++)
		sum += minute_octets(&top[i].sum);
	is_int((long long)(sum + minute_octets(&rest)), (long long)all,
	    "no octet is lost");
	ok(keys >= KEYS / 2 - 20, "at least so many others: %llu",
	    (unsigned long long)keys);
	free(top);
	top = toplist_top(by_hours, 20, &n, &rest, &keys, &unlisted);
	is_int(outside(top, n, truth, unlisted, &known), 0, "by way of hours, too");
	ok(known > 0, "which know less");
	sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += minute_octets(&top[i].sum);
	is_int(
	    (long long)(sum + minute_octets(&rest)), (long long)all, "nor is one lost");
	free(top);
	toplist_free(l);
	toplist_free(by_hours);
}

/* More keys than there is room for. */
static void
crowd(void)
{
	struct toplist *l = toplist_new(MINUTE_HOST);
	struct minute_row *row = mem_zero(1000, sizeof *row);
	struct minutetable t = {
		.begin_s = H0, .by = MINUTE_HOST, .rows = 1000, .row = row
	};
	uint64_t all = 0, sum = 0, unlisted, keys;
	struct minute_sum rest;
	size_t n;

	for (unsigned i = 0; i < 100; i++) {
		for (unsigned k = 0; k < 1000; k++) {
			row[k] = make_row(host(0), k == 0 ? 100000 : i + k % 7 + 1);
			if (k > 0)
				row[k].key.number = i * 1000 + k;
			all += minute_octets(&row[k].sum);
		}
		toplist_add(l, &t);
	}
	struct toplist_row *top = toplist_top(l, 10, &n, &rest, &keys, &unlisted);
	ok(minute_octets(&top[0].sum) == 100 * 110000 && top[0].missing == 0,
	    "of a hundred thousand keys the greatest is exact");
	for (size_t i = 0; i < n; i++)
		sum += minute_octets(&top[i].sum);
	is_int((long long)(sum + minute_octets(&rest)), (long long)all, "and the sum");
	free(top);
	top = toplist_top(l, 1000000, &n, NULL, NULL, NULL);
	ok(n <= TOPLIST_KEYS, "though no more than %d are kept (%zu)", TOPLIST_KEYS, n);
	free(top);
	free(row);
	toplist_free(l);
}

int
main(void)
{
	log_init("minutes", LOG_LEVEL_WARN);
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		bail(dir);
	ring();
	parts();
	torn();
	damaged();
	hours();
	bounds();
	forgetting();
	errors();
	crowd();
	if (chdir("/") < 0 || nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) < 0)
		printf("# %s stays\n", dir);
	return tap_done();
}
