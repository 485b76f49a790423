#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "rawcode.h"
#include "rawring.h"
#include "recorder/raw.h"
#include "store.h"
#include "t/tap.h"

#define T0 1700000000LL
#define S CLOCK_NS_PER_S

static char dir[] = "/tmp/smokebox-raw-XXXXXX";
static struct round round_of, seen;
static int64_t seen_rows[100000];

/* Round K of TARGET: five pings that are all different. */
static const struct round *
make(uint64_t target, int64_t k)
{
	struct round *r = &round_of;

	memset(r, 0, sizeof *r);
	r->target = target;
	r->step = 10;
	r->row = T0 + k * 10;
	r->begin_ns = (T0 + k * 10 - 9) * S;
	r->end_ns = (T0 + k * 10) * S;
	r->count = 5;
	r->state = ROUND_MEASURED;
	r->duplicates = 1;
	r->late = 2;
	r->forged = 3;
	r->wrong_source = 4;
	r->truncated = 65535;
	r->suspect = true;
	r->reordered = 5;
	r->ttl_changes = 6;
	r->ttl = 64;
	r->extras = 2;
	r->extra[0] = (struct round_extra){ EXTRA_TLS, 0.25 };
	r->extra[1] = (struct round_extra){ EXTRA_STATUS, 404 };
	r->address.v4.sin_family = AF_INET;
	r->address.v4.sin_addr.s_addr = htonl(0x7f000001);
	r->ping[0] = (struct ping){ 127, PING_ANSWERED, STAMP_KERNEL };
	r->ping[1] = (struct ping){ -1, PING_TIMEOUT, STAMP_USER };
	r->ping[2] = (struct ping){ 3000000000LL + k, PING_LATE, STAMP_KERNEL_RX };
	r->ping[3] = (struct ping){ INT64_MAX, PING_ANSWERED, STAMP_USER };
	r->ping[4] = (struct ping){ 0, PING_ANSWERED, STAMP_KERNEL };
	return r;
}

static bool
same_round(const struct round *a, const struct round *b)
{
	for (unsigned i = 0; i < a->count; i++)
		if (a->ping[i].rtt_ns != b->ping[i].rtt_ns ||
		    a->ping[i].outcome != b->ping[i].outcome ||
		    a->ping[i].stamp != b->ping[i].stamp)
			return false;
	for (unsigned i = 0; i < a->extras; i++)
		if (a->extra[i].kind != b->extra[i].kind ||
		    a->extra[i].value != b->extra[i].value)
			return false;
	return a->reordered == b->reordered && a->ttl_changes == b->ttl_changes &&
	       a->ttl == b->ttl && a->extras == b->extras && a->target == b->target &&
	       a->row == b->row && a->step == b->step && a->begin_ns == b->begin_ns &&
	       a->end_ns == b->end_ns && a->count == b->count && a->state == b->state &&
	       a->cause == b->cause && a->duplicates == b->duplicates &&
	       a->late == b->late && a->forged == b->forged &&
	       a->wrong_source == b->wrong_source && a->truncated == b->truncated &&
	       a->suspect == b->suspect && addr_same_host(&a->address, &b->address);
}

static void
codec(void)
{
	static uint8_t buf[RAWCODE_HEAD + RAWCODE_MAX];

	size_t len = rawcode_put(buf, make(7, 3)) - RAWCODE_HEAD;
	ok(rawcode_get(buf + RAWCODE_HEAD, len, &seen) == 0 &&
		same_round(&seen, &round_of),
	    "a round comes back as it was");
	bool refused = true;
	size_t pings = len - 6 - 2 * 9; /* where a record of the first version ends */
	for (size_t cut = 0; cut < len; cut++)
		refused &=
		    cut == pings || rawcode_get(buf + RAWCODE_HEAD, cut, &seen) == -1;
	ok(refused, "none of its beginnings is a round");
	ok(rawcode_get(buf + RAWCODE_HEAD, pings, &seen) == 0 && seen.extras == 0 &&
		seen.ttl == 0 && seen.reordered == 0,
	    "but one without extras, as they were first");
	buf[RAWCODE_HEAD + pings + 6] = EXTRAS;
	is_int(rawcode_get(buf + RAWCODE_HEAD, len, &seen), -1, "no unknown extra");
	is_int(rawcode_get(buf + RAWCODE_HEAD, len + 1, &seen), -1, "nor is more");
	struct round *r = &round_of;
	r->address.v6.sin6_family = AF_INET6;
	memset(&r->address.v6.sin6_addr, 0xab, 16);
	r->count = ROUND_MAX_PINGS;
	for (unsigned i = 0; i < r->count; i++)
		r->ping[i] = (struct ping){ INT64_MAX, PING_LATE, STAMP_KERNEL };
	r->extras = ROUND_MAX_EXTRAS;
	for (unsigned i = 0; i < r->extras; i++)
		r->extra[i] = (struct round_extra){ i % EXTRAS, i };
	len = rawcode_put(buf, r) - RAWCODE_HEAD;
	is_int((long long)len, RAWCODE_MAX, "the largest round fills the maximum");
	ok(rawcode_get(buf + RAWCODE_HEAD, len, &seen) == 0 && same_round(&seen, r),
	    "and comes back");
	is_int((long long)rawcode_crc((const uint8_t *)"123456789", 9), 0xcbf43926,
	    "CRC-32 as of zip");
}

static int
take(void *ctx, const struct round *r)
{
	size_t *n = ctx;

	seen = *r;
	if (*n < sizeof seen_rows / sizeof seen_rows[0])
		seen_rows[*n] = r->row;
	(*n)++;
	return 0;
}

static size_t
read_all(uint64_t target, int64_t from, int64_t to)
{
	size_t n = 0;

	rawring_read(target, from * S, to * S, take, &n);
	return n;
}

static void
add(struct raw *raw, int64_t from, int64_t to)
{
	for (int64_t k = from; k < to; k++) {
		raw_add(raw, make(1, k));
		raw_add(raw, make(2, k));
	}
}

static void
ring(void)
{
	struct err err = { "" };
	struct raw *raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);

	is_int((long long)raw_bytes(raw), 0, "nothing there at first");
	is_int(raw_flush(raw, &err), 0, "nothing to write is no fault");
	add(raw, 0, 100);
	is_int((long long)read_all(1, T0, T0 + 2000), 0, "nothing before a flush");
	is_int(raw_flush(raw, &err), 0, "flush");
	is_int((long long)read_all(1, T0, T0 + 2000), 100, "rounds of one target");
	is_int((long long)read_all(0, T0, T0 + 2000), 200, "rounds of all");
	is_int((long long)read_all(3, T0, T0 + 2000), 0, "rounds of nobody");
	is_int((long long)read_all(2, T0 + 100, T0 + 200), 10, "a span, end excluded");
	is_int(seen_rows[0], T0 + 100, "its first");
	is_int(seen_rows[9], T0 + 190, "its last");
	ok(same_round(&seen, make(2, 19)), "whole");
	/* Reading is possible while it is written, and after a restart. */
	add(raw, 100, 110);
	raw_flush(raw, &err);
	is_int((long long)read_all(1, T0, T0 + 2000), 110, "what was appended");
	raw_close(raw);
	raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	add(raw, 110, 120);
	raw_flush(raw, &err);
	is_int((long long)read_all(1, T0, T0 + 2000), 120, "a restart goes on");
	struct stat st;
	ok(stat(STORE_RAW "/0000000001.raw", &st) == 0 &&
		(uint64_t)st.st_size == raw_bytes(raw),
	    "in the same segment, and knows its size");
	ok(stat(STORE_RAW "/0000000002.raw", &st) < 0, "there is no other");
	raw_close(raw);
}

/* --- broken rings ---------------------------------------------------------------- */

#define FIRST STORE_RAW "/0000000001.raw"

static char *saved;
static size_t saved_len;

static void
save(void)
{
	int fd = open(FIRST, O_RDONLY);

	saved_len = (size_t)lseek(fd, 0, SEEK_END);
	saved = malloc(saved_len);
	if (saved == NULL || pread(fd, saved, saved_len, 0) != (ssize_t)saved_len)
		printf("Bail out! cannot read %s\n", FIRST);
	close(fd);
}

/* The ring as saved, but only its first LEN bytes. */
static void
restore(size_t len)
{
	int fd = open(FIRST, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (write(fd, saved, len) != (ssize_t)len)
		printf("Bail out! cannot write %s\n", FIRST);
	close(fd);
}

/* Cut the segment everywhere inside its last two records. */
static void
torn(void)
{
	bool before = true, after = true;
	size_t had = read_all(0, T0, T0 + 2000);

	save();
	for (size_t cut = 1; cut < 150; cut++) {
		restore(saved_len - cut);
		size_t n = read_all(0, T0, T0 + 2000);
		before &= n == had - 1 || n == had - 2;
		struct raw *raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
		raw_add(raw, make(9, 5));
		raw_flush(raw, NULL);
		after &= read_all(0, T0, T0 + 2000) == n + 1;
		after &= read_all(9, T0, T0 + 2000) == 1;
		raw_close(raw);
	}
	ok(before, "readers stop at a torn record");
	ok(after, "a writer cuts it off and goes on");
}

/* One wrong byte anywhere costs some rounds, never the reader. */
static void
spoilt(void)
{
	size_t had, worst = 0;

	restore(saved_len);
	had = read_all(0, T0, T0 + 2000);
	for (size_t at = 0; at < 500; at++) {
		saved[at] ^= 0x10;
		restore(saved_len);
		size_t n = read_all(0, T0, T0 + 2000);
		if (n > had)
			worst = n;
		saved[at] ^= 0x10;
	}
	is_int((long long)worst, 0, "a wrong byte never adds a round");
	saved[RAWCODE_HEAD + 32 + 20] ^= 1; /* inside the first record's body */
	restore(saved_len);
	is_int((long long)read_all(0, T0, T0 + 2000), (long long)had - 1,
	    "a record with a wrong sum is left out, the rest is read");
	saved[RAWCODE_HEAD + 32 + 20] ^= 1;
	/* All zeroes behind the end, as after a power failure. */
	restore(saved_len);
	if (truncate(FIRST, (off_t)saved_len + 4096) == 0)
		is_int((long long)read_all(0, T0, T0 + 2000), (long long)had,
		    "a tail of zeroes is no round");
	struct raw *raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	is_int((long long)raw_bytes(raw), (long long)saved_len, "and is cut off");
	raw_close(raw);
	/* Foreign files are none of ours, and are left alone. */
	restore(10);
	raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	raw_add(raw, make(1, 1));
	is_int(raw_flush(raw, NULL), 0, "a foreign first segment is no hindrance");
	is_int((long long)read_all(0, T0, T0 + 2000), 1, "another one is begun");
	raw_close(raw);
}

static size_t
segments(void)
{
	DIR *d = opendir(STORE_RAW);
	size_t n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n < 2 ? 0 : n - 2;
}

static void
clear(void)
{
	char name[64];

	for (int i = 1; i < 1000; i++) {
		snprintf(name, sizeof name, STORE_RAW "/%010d.raw", i);
		unlink(name);
	}
	rmdir(STORE_RAW);
	rmdir(STORE_DIR);
}

static void
bounds(void)
{
	struct raw *raw = raw_open(64 * 1024, RAW_KEEP_S);
	bool within = true;

	clear();
	for (int k = 0; k < 4000; k += 10) {
		add(raw, k, k + 10);
		if (raw_flush(raw, NULL) < 0)
			within = false;
		within &= raw_bytes(raw) <= 64 * 1024 + 8 * 1024;
	}
	ok(within, "the ring keeps to its size");
	ok(segments() >= 12 && segments() <= 18, "in some sixteen segments");
	size_t n = read_all(1, T0, T0 + 100000);
	ok(n > 200 && seen_rows[n - 1] == T0 + 39990, "the newest rounds are there");
	bool consecutive = true;
	for (size_t i = 1; i < n; i++)
		consecutive &= seen_rows[i] == seen_rows[i - 1] + 10;
	ok(consecutive, "in order, none missing");
	/* Everything deleted while it is running. */
	clear();
	add(raw, 0, 5);
	is_int(raw_flush(raw, NULL), 0, "a deleted ring");
	is_int((long long)read_all(1, T0, T0 + 100000), 5, "begins again at once");
	raw_close(raw);
	clear();
}

/* --- following ------------------------------------------------------------------- */

/* As take(), and there it is enough. */
static int
take_one(void *ctx, const struct round *r)
{
	take(ctx, r);
	return 1;
}

/* Rounds FROM to TO, five of them to a segment. */
static void
add_segments(struct raw *raw, int from, int to)
{
	for (int k = from; k < to; k += 5) {
		for (int i = k; i < k + 5; i++)
			raw_add(raw, make(1, i));
		raw_flush(raw, NULL);
		clock_fake_advance(3601 * S);
	}
}

static void
follows(void)
{
	struct rawring_place place = { 0 };
	size_t n = 0, given;
	struct raw *raw;

	clock_fake(0, T0 * S, 0);
	raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	add_segments(raw, 0, 15);
	raw_close(raw);
	is_int((long long)segments(), 3, "three segments");
	while (n < 15 && rawring_follow(&place, 1000, take_one, &n) == 1)
		;
	is_int((long long)n, 15, "whoever stops inside a segment goes on there");
	bool consecutive = true;
	for (size_t i = 0; i < n; i++)
		consecutive &= seen_rows[i] == T0 + (int64_t)i * 10;
	ok(consecutive, "and gets every round once");
	is_int((long long)rawring_follow(&place, 1000, take, &n), 0, "no more for now");
	/* The ring begins anew: first its numbers lie behind the place ... */
	clear();
	raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	n = 0;
	is_int((long long)rawring_follow(&place, 1000, take, &n), 0, "an empty ring");
	add_segments(raw, 20, 25);
	is_int((long long)rawring_follow(&place, 1000, take, &n), 5,
	    "one that began anew is read from its begin");
	is_int(seen_rows[0], T0 + 200, "from the first round on");
	is_int((long long)place.segment, 1, "whose number is 1");
	raw_close(raw);
	/* ... then the number is the same and the segment shorter. */
	clear();
	raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	raw_add(raw, make(1, 30));
	raw_flush(raw, NULL);
	n = 0;
	given = rawring_follow(&place, 1000, take, &n);
	is_int((long long)given, 1, "another segment of the same number as well");
	is_int(seen_rows[0], T0 + 300, "from its first round on");
	raw_close(raw);
	clock_real();
	clear();
}

static void
ages(void)
{
	struct raw *raw;

	clock_fake(0, T0 * S, 0);
	raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	for (int hour = 0; hour < 30; hour++) {
		add(raw, hour * 360, hour * 360 + 1);
		raw_flush(raw, NULL);
		clock_fake_advance(3600 * S);
	}
	ok(segments() >= 24 && segments() <= 26, "a day in hourly segments");
	size_t n = read_all(1, T0, T0 + 200000);
	ok(n >= 24 && n <= 26, "older rounds are gone");
	raw_close(raw);
	clock_real();
	clear();
}

/* A place where nothing can be written: STORE_DIR is a file. */
static void
no_room(void)
{
	struct err err = { "" };
	int fd = open(STORE_DIR, O_WRONLY | O_CREAT, 0644);
	struct raw *raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);

	close(fd);
	add(raw, 0, 1);
	is_int(raw_flush(raw, &err), -1, "no directory to be had");
	is_str(err.text, ".smokebox/raw: Not a directory", "is said");
	add(raw, 1, 2);
	unlink(STORE_DIR);
	is_int(raw_flush(raw, &err), 0, "when it is mended");
	is_int((long long)read_all(1, T0, T0 + 1000), 2, "nothing was lost");
	raw_close(raw);
	clear();
	fd = open(STORE_DIR, O_WRONLY | O_CREAT, 0644);
	close(fd);
	raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	for (int k = 0; k < 60000; k++)
		raw_add(raw, make(1, k));
	ok(raw_lost(raw) > 0 && raw_lost(raw) < 30000, "what waits is bounded");
	unlink(STORE_DIR);
	is_int(raw_flush(raw, &err), 0, "and is written in the end");
	is_int((long long)(read_all(1, 0, T0 + 1000000) + raw_lost(raw)), 60000,
	    "every round was written or counted");
	raw_close(raw);
	clear();
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	log_set_level(LOG_LEVEL_WARN);
	codec();
	clock_fake(0, T0 * S, 0);
	ring();
	torn();
	spoilt();
	bounds();
	no_room();
	ages();
	follows();
	free(saved);
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
