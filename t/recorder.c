/* The real probed-recorder: rounds become history, whatever happens to it. */
#include "t/recorderlines.h"

/* --- the tests ------------------------------------------------------------------- */

static int
count_round(void *ctx, const struct round *r)
{
	(void)r;
	++*(size_t *)ctx;
	return 0;
}

static void
basics(void)
{
	static struct round r;
	struct msg_in in;
	struct msg_target t = { .target = conf_target_id("A.B"),
		.state = TARGET_NO_NAME,
		.text = "no such name" },
			  got_t;
	struct msg_counters c = { .room = ROOM_PROBER, .rounds_measured = 42 }, got_c;
	struct msg_store s;
	size_t n = 0;

	ok(start(TWO, PINGS), "it starts");
	send_round("A.B", base, PINGS);
	ok(expect_round(base), "a round comes out at web");
	make(&r, "A.B", base, PINGS);
	ok(seen.target == r.target && seen.count == r.count &&
		seen.ping[4].rtt_ns == r.ping[4].rtt_ns &&
		addr_same_host(&seen.address, &r.address),
	    "as it was");
	ok(holds("A/B.rrd", base), "and is in its file");

	send_round("A.B", base, PINGS);
	send_round("A.X", base + STEP, PINGS);
	send_round("A.B", base + STEP, PINGS + 1);
	send_round("A.B", base + STEP + 1, PINGS);
	send_round("A.B", base + 1000000000, PINGS);
	send_round("A.B", base + 2 * STEP, PINGS);
	ok(expect_round(base + 2 * STEP), "strangers and nonsense are left out");
	/* It tells every 3 s, the first time perhaps in the midst of these. */
	bool told = false;
	for (unsigned i = 0; i < 3 && (!told || s.failed < 4); i++)
		told = expect(rec.web, MSG_STORE, &in, WAIT_MS) &&
		       msg_get_store(&in, &s) == 0 && msg_done(&in) == 0;
	ok(told, "it tells its counters");
	is_int((long long)s.rows_written, 2, "rows written");
	is_int((long long)s.failed, 4,
	    "rounds left out; the same row again is not counted");
	is_int((long long)s.queued, 0, "none waits");

	msg_begin(&out, MSG_TARGET);
	msg_put_target(&out, &t);
	send_fd(rec.prober, -1);
	ok(expect(rec.web, MSG_TARGET, &in, WAIT_MS) &&
		msg_get_target(&in, &got_t) == 0 && got_t.state == TARGET_NO_NAME,
	    "a target's state is passed on");
	msg_begin(&out, MSG_COUNTERS);
	msg_put_counters(&out, &c);
	send_fd(rec.prober, -1);
	ok(expect(rec.web, MSG_COUNTERS, &in, WAIT_MS) &&
		msg_get_counters(&in, &got_c) == 0 && got_c.rounds_measured == 42,
	    "counters are passed on");

	close(rec.web);
	rec.web = give_line(ROOM_WEB);
	ok(expect(rec.web, MSG_COUNTERS, &in, WAIT_MS) &&
		msg_get_counters(&in, &got_c) == 0 && got_c.rounds_measured == 42,
	    "a new web hears the counters");
	ok(expect(rec.web, MSG_TARGET, &in, WAIT_MS) &&
		msg_get_target(&in, &got_t) == 0 &&
		strcmp(got_t.text, "no such name") == 0,
	    "the target's state");
	ok(expect_round(base + 2 * STEP), "and its last round");
	is_int((long long)rawring_read(
		   conf_target_id("A.B"), 0, INT64_MAX, count_round, &n),
	    3, "the raw ring has every round of the target");

	msg_begin(&out, MSG_PICTURE);
	send_fd(rec.prober, -1);
	ok(expect(rec.control, MSG_NONSENSE, &in, WAIT_MS),
	    "nonsense from the prober is reported");
	ok(expect(rec.control, MSG_LINE_DOWN, &in, WAIT_MS) &&
		wire_u8(&in.wire) == ROOM_PROBER && wire_u32(&in.wire) <= last_line,
	    "and that the line to it is closed");
	close(rec.prober);
	rec.prober = give_line(ROOM_PROBER);
	send_round("A.B", base + 3 * STEP, PINGS);
	ok(expect_round(base + 3 * STEP), "and a new prober is listened to");
	is_int(stop(), 0, "it leaves when told to");
}

static void
restarts(void)
{
	ok(start(TWO, PINGS), "it starts again");
	send_round("A.B", base + 4 * STEP, PINGS);
	ok(expect_round(base + 4 * STEP), "and goes on");
	ok(holds("A/B.rrd", base + 2 * STEP) && holds("A/B.rrd", base + 4 * STEP),
	    "in the same file");
	/* What is in the line when it is told to stop is written. */
	for (int i = 5; i < 405; i++) {
		send_round("A.B", base + i * STEP, PINGS);
		send_round("A.C", base + i * STEP, PINGS);
		if (i % 20 == 0) /* what web is told must be read */
			expect_round(base + i * STEP);
	}
	is_int(stop(), 0, "stopped with rounds in its line");
	is_int(last_of("A/B.rrd"), base + 404 * STEP, "all of one target are on disk");
	is_int(last_of("A/C.rrd"), base + 404 * STEP, "and of the other");
	ok(holds("A/C.rrd", base + 233 * STEP), "whole");

	bool good = true;
	for (int k = 1; k <= 10; k++) {
		good &= start(TWO, PINGS);
		for (int i = 0; i < 50; i++)
			send_round("A.B", base + (400 + k * 50 + i) * STEP, PINGS);
		good &= expect_round(base + (400 + k * 50) * STEP);
		slay();
		good &= store_rrd_sound("A/B.rrd", NULL) == 0;
		good &= last_of("A/B.rrd") >= base + (400 + k * 50) * STEP;
	}
	ok(good, "killed ten times while writing: the file is sound, what was said to "
		 "be stored is stored");
	base += 2000 * STEP;
}

static void
mishaps(void)
{
	struct stat st;

	write_text("A/B.rrd", "");
	ok(start(TWO, PINGS), "it starts with a file of zero bytes");
	send_round("A.B", base, PINGS);
	send_round("A.C", base, PINGS);
	const char *text = expect_trouble(WAIT_MS);
	if (!ok(strncmp(text,
		    "A/B.rrd: is empty (zero bytes); it is kept as "
		    ".smokebox/set-aside/A/B.rrd-20",
		    75) == 0,
		"which is told"))
		printf("# %s\n", text);
	ok(expect_round(base) && expect_round(base), "both targets go on");
	ok(holds("A/B.rrd", base) && holds("A/C.rrd", base), "in good files");

	/* The whole data directory is emptied. */
	nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS);
	ok(stat("A", &st) < 0 && stat(STORE_DIR, &st) < 0, "everything is deleted");
	send_round("A.B", base + STEP, PINGS);
	ok(expect_round(base + STEP), "the next round");
	ok(holds("A/B.rrd", base + STEP), "is in a new file");
	size_t n = 0;
	send_round("A.B", base + 2 * STEP, PINGS);
	ok(expect_round(base + 2 * STEP), "and the one after it");
	rawring_read(0, (base - 9 * STEP) * 1000000000LL, INT64_MAX, count_round, &n);
	is_int((long long)n, 2, "so is the raw ring");
	is_int(stop(), 0, "it leaves");
}

/* Root without capabilities is held up by modes like anybody else. */
static void
no_permission(void)
{
	ok(start(TWO, PINGS), "it starts");
	chmod("A", 0555);
	send_round("A.C", base + 3 * STEP, PINGS);
	send_round("A.B", base + 3 * STEP, PINGS);
	const char *text = expect_trouble(WAIT_MS);
	if (!ok(strstr(text, "A/C.rrd") != NULL &&
		    strstr(text, "Permission denied") != NULL &&
		    strstr(text, "kept in memory") != NULL,
		"a directory that is not writable is told"))
		printf("# %s\n", text);
	send_round("A.C", base + 4 * STEP, PINGS);
	is_str(expect_trouble(1500), "(none)", "once");
	chmod("A", 0755);
	ok(expect_round(base + 3 * STEP) && expect_round(base + 4 * STEP),
	    "its rounds are written when it is mended");
	is_int(stop(), 0, "it leaves");
	ok(holds("A/B.rrd", base + 3 * STEP) && holds("A/C.rrd", base + 3 * STEP) &&
		holds("A/C.rrd", base + 4 * STEP),
	    "none is missing");
}

static void
locked(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	struct msg_in in;
	struct msg_store s = { 0 };

	start(TWO, PINGS);
	int fd = open("A/B.rrd", O_RDONLY);
	fcntl(fd, F_SETLK, &lock);
	for (int i = 5; i < 60; i++)
		send_round("A.B", base + i * STEP, PINGS);
	send_round("A.C", base + 5 * STEP, PINGS);
	ok(expect_round(base + 5 * STEP) && seen.target == conf_target_id("A.C"),
	    "a locked file does not hold up another");
	close(fd);
	bool good = true;
	for (int i = 5; i < 60; i++)
		good &= expect_round(base + i * STEP);
	ok(good, "when the lock is gone all its rounds are written");
	ok(expect(rec.web, MSG_STORE, &in, WAIT_MS) && msg_get_store(&in, &s) == 0 &&
		s.retries > 0 && s.queued == 0,
	    "retries are counted");
	is_int(stop(), 0, "it leaves");
}

static void
reloads(void)
{
	start(TWO, PINGS);
	send_round("A.B", base + 100 * STEP, PINGS);
	ok(expect_round(base + 100 * STEP), "before a reload");
	give_config("+ A\n++ B\nhost = 127.0.0.1\n+ D\nhost = 127.0.0.1\n", PINGS);
	ok(configured(), "a target goes, another comes");
	send_round("A.C", base + 101 * STEP, PINGS);
	send_round("D", base + 101 * STEP, PINGS);
	ok(expect_round(base + 101 * STEP) && seen.target == conf_target_id("D"),
	    "the new one is stored, the old one is not");
	send_round("A.B", base + 101 * STEP, PINGS);
	ok(expect_round(base + 101 * STEP), "the one that stays goes on");

	/* The prober knows of a new target first, web last. */
	struct msg_in in;
	struct msg_target t = { .target = conf_target_id("E"), .state = TARGET_OK };
	msg_begin(&out, MSG_TARGET);
	msg_put_target(&out, &t);
	send_fd(rec.prober, -1);
	bool told = expect(rec.web, MSG_TARGET, &in, WAIT_MS);
	give_config("+ A\n++ B\nhost = 127.0.0.1\n+ E\nhost = 127.0.0.1\n", PINGS);
	ok(told && configured() && expect(rec.web, MSG_TARGET, &in, WAIT_MS) &&
		msg_get_target(&in, &t) == 0 && t.target == conf_target_id("E"),
	    "what was said of a new target is said again after the reload");

	give_config("+ A\n++ B\nhost = 127.0.0.1\n", 7);
	ok(configured(), "other pings");
	send_round("A.B", base + 102 * STEP, 7);
	ok(expect_round(base + 102 * STEP), "its round is stored");
	struct store_rrd rrd = { 0 };
	store_rrd_read("A/B.rrd", &rrd, NULL);
	is_int(rrd.pings, 7, "in a file with so many");
	store_rrd_free(&rrd);
	ok(holds("A/B.rrd", base + 101 * STEP), "which has the rounds before it too");
	is_int(stop(), 0, "it leaves");
}

/* Rounds of targets that have their files do not wait for new files. */
enum {
	NEW = 300
};

static const char *
many_targets(void)
{
	static char targets[NEW * 40];
	size_t at = (size_t)snprintf(targets, sizeof targets, "%s", TWO);

	for (unsigned i = 0; i < NEW; i++)
		at += (size_t)snprintf(
		    targets + at, sizeof targets - at, "+ N%u\nhost = 127.0.0.1\n", i);
	return targets;
}

static void
send_many(int64_t row, unsigned pings)
{
	char path[20];

	for (unsigned i = 0; i < NEW; i++) {
		snprintf(path, sizeof path, "N%u", i);
		send_round(path, row, pings);
	}
}

/* How many rounds of others are stored before one of PATH; NEW when none comes. */
static unsigned
stored_before(const char *path)
{
	static struct round r;
	struct msg_in in;

	for (unsigned n = 0; n < NEW; n++)
		if (!expect(rec.web, MSG_ROUND, &in, WAIT_MS) ||
		    msg_get_round(&in, &r) != 0)
			return NEW;
		else if (r.target == conf_target_id(path))
			return n;
	return NEW;
}

static void
many_new(void)
{
	struct msg_in in;

	start(many_targets(), PINGS);
	send_round("A.B", base + 200 * STEP, PINGS);
	ok(expect_round(base + 200 * STEP), "a target that has its file");
	send_many(base + 201 * STEP, PINGS);
	send_round("A.B", base + 201 * STEP, PINGS);
	unsigned before = stored_before("A.B");
	bool came = before < NEW;
	ok(before < NEW / 2, "is not kept waiting by %u new ones (%u before it)",
	    (unsigned)NEW, before);
	for (unsigned i = before; i < NEW && came; i++)
		came = expect(rec.web, MSG_ROUND, &in, WAIT_MS);
	ok(last_of("N0.rrd") == base + 201 * STEP &&
		last_of("N299.rrd") == base + 201 * STEP,
	    "which are all stored");
	is_int(stop(), 0, "it leaves");
}

/* Nor for old ones that are carried over; and a kill in the midst of that. */
static void
many_old(void)
{
	struct store_rrd rrd;
	struct msg_in in;
	char name[20];
	bool sound = true, came = true;
	unsigned old = 0;
	DIR *dir_new;

	start(many_targets(), PINGS + 2);
	send_round("A.B", base + 202 * STEP, PINGS + 2);
	ok(expect_round(base + 202 * STEP), "other pings: a target that comes first");
	send_many(base + 203 * STEP, PINGS + 2);
	send_round("A.B", base + 203 * STEP, PINGS + 2);
	unsigned before = stored_before("A.B");
	ok(before < NEW / 2, "is not kept waiting by %u old files (%u before it)",
	    (unsigned)NEW, before);
	slay();
	for (unsigned i = 0; i < NEW; i++) {
		snprintf(name, sizeof name, "N%u.rrd", i);
		if (store_rrd_read(name, &rrd, NULL) < 0) {
			sound = false;
			continue;
		}
		sound &= rrd.pings == PINGS || rrd.pings == PINGS + 2;
		old += rrd.pings == PINGS;
		store_rrd_free(&rrd);
	}
	ok(sound && old > 0,
	    "killed in the midst: every file is the old or the new one (%u old)", old);
	start(many_targets(), PINGS + 2);
	send_many(base + 204 * STEP, PINGS + 2);
	for (unsigned i = 0; i < NEW && came; i++)
		came = expect(rec.web, MSG_ROUND, &in, WAIT_MS);
	ok(came, "a new recorder carries on");
	is_int(stop(), 0, "it leaves");
	for (unsigned i = 0; i < NEW; i++) {
		snprintf(name, sizeof name, "N%u.rrd", i);
		came &= last_of(name) == base + 204 * STEP &&
			holds(name, base + 201 * STEP);
	}
	ok(came, "and every file has its rounds of before");
	unsigned left = 0;
	if ((dir_new = opendir(STORE_NEW)) != NULL) {
		while (readdir(dir_new) != NULL)
			left++;
		closedir(dir_new);
	}
	ok(left <= 3, "nothing half made is left"); /* ., .., perhaps a blank one */
}

/* In a file system of our own that is full. */
static void
full(void)
{
	static char block[65536];
	struct stat st;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=755") < 0 || chdir(dir) < 0) {
		ok(true, "# SKIP a full disk needs the right to mount");
		return;
	}
	start(TWO, PINGS);
	send_round("A.B", base, PINGS);
	ok(expect_round(base), "on a disk with room");
	int fd = open("filler", O_WRONLY | O_CREAT, 0644);
	while (write(fd, block, sizeof block) > 0)
		;
	send_round("A.C", base, PINGS);
	send_round("A.C", base + STEP, PINGS);
	send_round("A.B", base + STEP, PINGS);
	const char *text = expect_trouble(WAIT_MS);
	for (int i = 0; i < 2 && strstr(text, "A/C.rrd") == NULL; i++)
		text = expect_trouble(WAIT_MS);
	if (!ok(strstr(text, "A/C.rrd") != NULL &&
		    strstr(text, "No space left on device") != NULL,
		"on a full one: said"))
		printf("# %s\n", text);
	ok(stat("A/C.rrd", &st) < 0, "no half-made file");
	if (ftruncate(fd, 0) == 0)
		close(fd);
	struct msg_in in;
	for (int i = 0; i < 3; i++)
		expect(rec.web, MSG_ROUND, &in, WAIT_MS);
	is_int(stop(), 0, "it leaves");
	ok(holds("A/C.rrd", base) && holds("A/C.rrd", base + STEP) &&
		holds("A/B.rrd", base + STEP),
	    "with room again everything is written");

	/* So full that a file should not be carried over. */
	start(TWO, PINGS + 2);
	fd = open("filler", O_WRONLY | O_CREAT, 0644);
	for (int i = 0; i < 12 && write(fd, block, sizeof block) > 0; i++)
		;
	send_round("A.B", base + 2 * STEP, PINGS + 2);
	text = expect_trouble(WAIT_MS);
	if (!ok(strstr(text, "A/B.rrd: needs a new file of") != NULL &&
		    strstr(text, "less than 20 % of the disk free") != NULL,
		"too full for other pings: said"))
		printf("# %s\n", text);
	ok(holds("A/B.rrd", base + STEP), "the old file stays");
	if (ftruncate(fd, 0) == 0)
		close(fd);
	ok(expect_round(base + 2 * STEP), "its round waited until there is room");
	is_int(stop(), 0, "it leaves");
	ok(holds("A/B.rrd", base + STEP) && last_of("A/B.rrd") == base + 2 * STEP,
	    "with its history");
	if (chdir("/") == 0)
		umount(dir);
}

int
main(void)
{
	begin();
	basics();
	restarts();
	mishaps();
	no_permission();
	locked();
	reloads();
	many_new();
	many_old();
	empty();
	full();
	end();
	return tap_done();
}
