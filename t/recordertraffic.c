/* The real probed-recorder: minutes of traffic, who is to be forgotten, radios. */
#include "t/recorderlines.h"

/* --- traffic --------------------------------------------------------------------- */

static struct minute_row traffic_row[MSG_MINUTE_ROWS];
static uint8_t net = 1; /* of hosts 192.168.NET.1 and .2 */

static void
send_minute(int line, int64_t begin, bool final, uint64_t octets)
{
	struct minute_part part = { .begin_s = begin,
		.final = final,
		.by = MINUTE_HOST,
		.parts = 1,
		.rows = 2 };

	for (unsigned i = 0; i < 2; i++) {
		memset(&traffic_row[i], 0, sizeof traffic_row[i]);
		traffic_row[i].key.a =
		    (struct flow_ip){ 4, { 192, 168, net, (uint8_t)(i + 1) } };
		traffic_row[i].sum.octets[MINUTE_IN] = octets;
	}
	msg_begin(&out, MSG_MINUTE);
	msg_put_minute(&out, &part, traffic_row);
	send_fd(line, -1);
}

static bool
expect_minute(int64_t begin, bool final)
{
	struct minute_part part;
	struct msg_in in;

	return expect(rec.web, MSG_MINUTE, &in, WAIT_MS) &&
	       msg_get_minute(&in, &part, traffic_row) == 0 && part.begin_s == begin &&
	       part.final == final && part.rows == 2;
}

static int
add_octets(void *ctx, const struct minutetable *t)
{
	uint64_t *sum = ctx;

	for (size_t i = 0; i < t->rows; i++)
		*sum += minute_octets(&t->row[i].sum);
	return 0;
}

/* What ADD makes of all tables of hosts of the hour from HOUR on. */
static uint64_t
sum_of(int64_t hour, int (*add)(void *ctx, const struct minutetable *t))
{
	struct minutering_damage damage;
	uint64_t sum = 0;

	minutering_read(
	    1U << MINUTE_HOST, hour, hour + 3600, false, add, &sum, &damage);
	return sum;
}

static uint64_t
kept_octets(int64_t hour)
{
	return sum_of(hour, add_octets);
}

static void
traffic(void)
{
	int64_t hour = base - base % 3600 - 7200, later = hour + 360 * 86400;
	struct msg_forget f = { .ticket = 7 };
	struct minute_part part;
	struct msg_forgotten done;
	struct msg_in in;

	ok(start(TWO, PINGS), "with a collector");
	int collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour, false, 500);
	ok(expect_minute(hour, false), "web is told of a minute as it grows");
	is_int((long long)kept_octets(hour), 0, "which is not kept yet");
	send_minute(collector, hour, true, 1000);
	ok(expect_minute(hour, true), "and when it is final");
	for (int i = 0; i < 600 && kept_octets(hour) == 0; i++)
		usleep(100000);
	is_int((long long)kept_octets(hour), 2000, "then it is kept");

	prefix_parse(&f.prefix, "192.168.1.2", NULL);
	msg_begin(&out, MSG_FORGET);
	msg_put_forget(&out, &f);
	send_fd(rec.web, -1);
	ok(expect(rec.web, MSG_FORGOTTEN, &in, WAIT_MS) &&
		msg_get_forgotten(&in, &done) == 0 && done.ticket == 7 &&
		done.rows >= 1 && done.text[0] == '\0',
	    "an address is forgotten when web asks for it");
	is_int((long long)kept_octets(hour), 1000, "it is not in the files any more");
	send_minute(collector, hour, true, 1000);
	ok(expect(rec.web, MSG_MINUTE, &in, WAIT_MS) &&
		msg_get_minute(&in, &part, traffic_row) == 0 && part.rows == 1,
	    "nor in a minute that had begun by then");
	/* What waits at the end is written. */
	send_minute(collector, later, true, 10);
	ok(expect_minute(later, true), "a later one has it again");
	is_int(stop(), 0, "it leaves");
	close(collector);
	is_int((long long)kept_octets(hour), 2000, "with all that it has");
	is_int((long long)kept_octets(later), 20, "up to the last");
}

/* Row 1 of one part of a table and row 2 of the other. */
static void
send_parts(int line, int64_t begin, uint64_t octets)
{
	struct minute_part part = { .begin_s = begin,
		.final = true,
		.by = MINUTE_HOST,
		.parts = 2,
		.rows = 1 };

	for (; part.part < part.parts; part.part++) {
		traffic_row[0] = (struct minute_row){
			.key.a = { 4, { 192, 168, net, (uint8_t)(2 - part.part) } }
		};
		traffic_row[0].sum.octets[MINUTE_IN] = octets;
		msg_begin(&out, MSG_MINUTE);
		msg_put_minute(&out, &part, traffic_row);
		send_fd(line, -1);
	}
}

/* What rows and rests have together. */
static int
add_all(void *ctx, const struct minutetable *t)
{
	uint64_t *sum = ctx;

	*sum += minute_octets(&t->rest);
	return add_octets(ctx, t);
}

static bool
kept_at_last(int64_t hour, uint64_t octets)
{
	for (int i = 0; i < 600 && kept_octets(hour) != octets; i++)
		usleep(100000);
	return kept_octets(hour) == octets;
}

/* How many rows told of ADDRESS; -1: it failed. */
static long long
forget(const char *address)
{
	static uint32_t ticket = 100;
	struct msg_forget f = { .ticket = ++ticket };
	struct msg_forgotten done;
	struct msg_in in;

	prefix_parse(&f.prefix, address, NULL);
	msg_begin(&out, MSG_FORGET);
	msg_put_forget(&out, &f);
	send_fd(rec.web, -1);
	if (!expect(rec.web, MSG_FORGOTTEN, &in, WAIT_MS) ||
	    msg_get_forgotten(&in, &done) != 0 || done.ticket != ticket)
		return -1;
	if (done.text[0] != '\0')
		printf("# %s\n", done.text);
	return done.text[0] == '\0' ? (long long)done.rows : -1;
}

/* Whoever dies in the middle of it. */
static void
forgetting(void)
{
	int64_t hour = base - base % 3600 - 36000;
	struct msg_in in;

	/* Of others than those who are forgotten already. */
	net = 2;
	ok(start(TWO, PINGS), "with a collector again");
	int collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour, false, 300);
	ok(expect_minute(hour, false), "of a minute that grows");
	is_int(forget("192.168.2.2"), 1, "the row is forgotten, and counted");
	is_int(forget("192.168.2.2"), 0, "once");
	send_parts(collector, hour + 60, 500);
	ok(kept_at_last(hour, 500), "of a table in parts the others stay");
	is_int((long long)sum_of(hour, add_all), 1000, "and what it had is theirs");
	slay();
	close(collector);

	ok(start(TWO, PINGS), "killed in the midst of traffic, and again there");
	collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour + 120, true, 700);
	ok(kept_at_last(hour, 1200),
	    "who was forgotten before is so in what comes late");
	is_int((long long)sum_of(hour, add_all), 2400, "with all octets");
	slay();
	close(collector);

	/* As it is when the kill comes right behind the question: nothing is done yet.
	 */
	static const uint8_t asked[] = "smokebox forget 1\n"
				       "\1"
				       "\0\0\0\0\0\0\0\0\0\0\377\377\300\250\2\1\200"
				       "\0\0\0\0\1\1\1\1"
				       "\1";
	int fd = open(
	    STORE_STATE "/forgotten", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ok(fd >= 0 && write(fd, asked, sizeof asked - 1) == (ssize_t)sizeof asked - 1,
	    "asked, and killed");
	close(fd);
	ok(start(TWO, PINGS), "again there");
	ok(kept_at_last(hour, 0), "it goes on without being asked");
	struct stat st;
	for (int i = 0;
	     i < 600 && (stat(STORE_STATE "/forgotten", &st) < 0 || st.st_size != 19);
	     i++)
		usleep(100000);
	is_int((long long)st.st_size, 19,
	    "and keeps nobody's name for longer than it takes");

	/* Minutes that grow when the collector dies. */
	collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour + 180, false, 40);
	send_minute(collector, hour + 240, false, 50);
	send_minute(collector, hour + 180, false, 41);
	ok(expect_minute(hour + 180, false) && expect_minute(hour + 240, false) &&
		expect_minute(hour + 180, false),
	    "minutes grow");
	is_int((long long)kept_octets(hour), 0, "they are not kept yet");
	close(collector);
	ok(kept_at_last(hour, 182), "the collector dies: what it told last is kept");
	ok(expect(rec.web, MSG_MINUTE, &in, WAIT_MS), "and web hears of it");
	collector = give_line(ROOM_COLLECTOR);
	send_minute(collector, hour + 240, true, 5);
	ok(kept_at_last(hour, 192), "another one tells the other half");
	is_int(stop(), 0, "it leaves");
	close(collector);
	is_int((long long)kept_octets(hour), 192, "nothing counts twice");
}

static void
send_wifi(int line, const struct msg_wifi *m)
{
	msg_begin(&out, MSG_WIFI);
	msg_put_wifi(&out, m);
	send_fd(line, -1);
}

/* The next word on radios. */
static bool
expect_wifi(struct msg_wifi *m)
{
	struct msg_in in;

	return expect(rec.web, MSG_WIFI, &in, WAIT_MS) && msg_get_wifi(&in, m) == 0;
}

/* The value of data source DS in the only row of FILE that ends at END; NAN. */
static double
row_value(const char *file, int64_t end, unsigned ds)
{
	time_t begin = (time_t)end - 60, stop = (time_t)end;
	unsigned long step = 60, count = 0;
	char **names = NULL;
	rrd_value_t *data = NULL;
	double v = NAN;

	if (rrd_fetch_r(
		file, "AVERAGE", &begin, &stop, &step, &count, &names, &data) == 0) {
		v = ds < count ? data[ds] : NAN;
		for (unsigned long i = 0; i < count; i++)
			free(names[i]);
		free(names);
		free(data);
	}
	rrd_clear_error();
	return v;
}

static void
radios(void)
{
	int64_t minute = base - base % 60;
	struct here h = { .link = { HERE_PLAIN, HERE_NONE }, .interface = { 3, 0 } };
	struct msg_wifi m = { .wifi = { .name = "wlan0",
				  .index = 3,
				  .linked = true,
				  .width = 80,
				  .span = { .begin_ms = minute * 1000,
				      .known_ms = 10000,
				      .count = { 100, 45, 1, 0 },
				      .level = { -78, 5180, 86e6, NAN } } } };
	struct msg_wifi told;

	ok(start(TWO, PINGS), "with a radio");
	int collector = give_line(ROOM_COLLECTOR);
	send_wifi(collector, &m);
	ok(expect_wifi(&told) && strcmp(told.wifi.name, "wlan0") == 0 &&
		told.wifi.span.level[WIFI_SIGNAL] == -78 && !told.leads,
	    "web is told of it; nobody knows yet what it leads to");
	msg_begin(&out, MSG_HERE);
	msg_put_here(&out, &h);
	send_fd(rec.prober, -1);
	/* Its line and the collector's are two. */
	struct msg_in in;
	ok(expect(rec.web, MSG_HERE, &in, WAIT_MS), "it is the way out");
	send_wifi(collector, &m);
	ok(expect_wifi(&told) && told.leads, "so web is told");
	m.wifi.span.minute = true;
	m.wifi.span.known_ms = 30000;
	send_wifi(collector, &m);
	const char *file = STORE_TRAFFIC "/wifi/wlan0.rrd";
	for (int i = 0; i < 100 && isnan(row_value(file, minute + 60, 0)); i++)
		usleep(100000);
	is_close(row_value(file, minute + 60, WIFI_SIGNAL), -78, 1e-6,
	    "its minute is kept: the signal");
	is_close(row_value(file, minute + 60, WIFI_LEVELS + WIFI_RETRIES), 90, 1e-6,
	    "and what was counted in half of it, per minute");
	ok(isnan(row_value(file, minute + 60, WIFI_RECEIVE_RATE)),
	    "what is not known is not");
	m = (struct msg_wifi){ .sight = WIFI_NO_RADIO };
	send_wifi(collector, &m);
	ok(expect_wifi(&told) && told.sight == WIFI_NO_RADIO, "it is gone");
	/* A new web. */
	close(rec.web);
	rec.web = give_line(ROOM_WEB);
	ok(expect_wifi(&told) && told.sight == WIFI_NO_RADIO, "a new web is told");
	is_int(stop(), 0, "it leaves");
	close(collector);
}

int
main(void)
{
	begin();
	traffic();
	forgetting();
	radios();
	empty();
	end();
	return tap_done();
}
